use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};

fn main() -> Result<(), Box<dyn Error>> {
    let ip: Ipv4Addr = env::args().nth(1).ok_or("usage: mydaytime IP")?.parse()?;
    let mut s = TcpStream::connect((ip, 13))?;
    let mut stdout = io::stdout().lock();
    io::copy(&mut s, &mut stdout)?;
    stdout.flush()?;
    Ok(())
}
