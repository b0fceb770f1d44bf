use std::io::{self, BufRead, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

#[repr(C)]
struct SockAddr {
    family: u16,
    data: [u8; 14],
}

const AF_UNSPEC: u16 = 0;

extern "C" {
    fn connect(fd: i32, addr: *const SockAddr, len: u32) -> i32;
}

fn disconnect(s: &UdpSocket) -> io::Result<()> {
    let none = SockAddr { family: AF_UNSPEC, data: [0; 14] };
    let rc = unsafe { connect(s.as_raw_fd(), &none, std::mem::size_of::<SockAddr>() as u32) };
    if rc < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn talk(ip: Ipv4Addr) -> io::Result<()> {
    let s = UdpSocket::bind("0.0.0.0:0")?;
    s.connect((ip, 7))?;
    let mut out = io::stdout();
    out.write_all("입력 : ".as_bytes())?;
    out.flush()?;
    let mut line = vec![];
    io::stdin().lock().read_until(b'\n', &mut line)?;
    if !line.is_empty() {
        s.send(&line)?;
        let mut buf = vec![0; 65536];
        let n = s.recv(&mut buf)?;
        out.write_all("수신 : ".as_bytes())?;
        out.write_all(&buf[..n])?;
        out.flush()?;
    }
    disconnect(&s)
}

fn main() {
    let mut args = std::env::args().skip(1);
    let ip = match args.next().map(|a| a.parse::<Ipv4Addr>()) {
        Some(Ok(ip)) => ip,
        Some(Err(e)) => {
            eprintln!("{e}");
            std::process::exit(2);
        }
        None => {
            eprintln!("usage: connected_udp IP");
            std::process::exit(2);
        }
    };
    if let Err(e) = talk(ip) {
        eprintln!("connected_udp: {e}");
        std::process::exit(1);
    }
}
