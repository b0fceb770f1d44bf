// Only the standard library; its connect can't take AF_UNSPEC, so that one call is the C library's.
use std::error::Error;
use std::ffi::c_int;
use std::io::{self, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

const AF_UNSPEC: u16 = 0;

#[repr(C)]
struct Sockaddr {
    family: u16,
    data: [u8; 14],
}

unsafe extern "C" {
    fn connect(s: RawFd, addr: *const Sockaddr, addrlen: u32) -> c_int;
}

fn disconnect(s: &UdpSocket) -> io::Result<()> {
    let nobody = Sockaddr { family: AF_UNSPEC, data: [0; 14] };
    // SAFETY: nobody lives during the call and is as long as it says.
    match unsafe { connect(s.as_raw_fd(), &nobody, 16) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let ip: Ipv4Addr = std::env::args().nth(1).ok_or("no IP")?.parse()?;
    let s = UdpSocket::bind("0.0.0.0:0")?;
    s.connect((ip, 7))?;

    print!("입력 : ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    s.send(line.as_bytes())?;

    let mut answer = [0; 65536];
    let length = s.recv(&mut answer)?;
    print!("수신 : ");
    io::stdout().write_all(&answer[..length])?;
    io::stdout().flush()?;
    disconnect(&s)?;
    drop(s);
    Ok(())
}
