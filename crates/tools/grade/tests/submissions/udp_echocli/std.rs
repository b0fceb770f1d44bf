use std::error::Error;
use std::io::{self, BufRead, Write};
use std::net::{Ipv4Addr, UdpSocket};

fn main() -> Result<(), Box<dyn Error>> {
    let ip: Ipv4Addr = std::env::args().nth(1).ok_or("usage: udp_echocli IP")?.parse()?;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let mut stdout = io::stdout();
    write!(stdout, "입력 : ")?;
    stdout.flush()?;

    let mut line = Vec::new();
    if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
        return Ok(());
    }
    socket.send_to(&line, (ip, 7))?;

    let mut answer = vec![0; 65536];
    let (length, _) = socket.recv_from(&mut answer)?;
    write!(stdout, "수신 : ")?;
    stdout.write_all(&answer[..length])?;
    stdout.flush()?;
    Ok(())
}
