use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let ip: Ipv4Addr = std::env::args().nth(1).ok_or("usage: mydaytime IP")?.parse()?;
    let mut s = TcpStream::connect((ip, 13))?;
    let mut out = io::stdout().lock();
    io::copy(&mut s, &mut out)?;
    out.flush()?;
    Ok(())
}

fn main() {
    if let Err(e) = run() {
        eprintln!("mydaytime: {e}");
        std::process::exit(1);
    }
}
