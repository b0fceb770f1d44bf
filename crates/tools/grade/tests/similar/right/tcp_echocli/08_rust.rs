use std::env;
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::ExitCode;

const ECHO_PORT: u16 = 7;

fn run() -> Result<(), Box<dyn Error>> {
    let arg = env::args().nth(1).ok_or("usage: tcp_echocli IP")?;
    let ip: Ipv4Addr = arg.parse()?;
    let mut stream = TcpStream::connect(SocketAddrV4::new(ip, ECHO_PORT))?;

    let mut out = io::stdout().lock();
    write!(out, "입력 : ")?;
    out.flush()?;

    let mut line = Vec::with_capacity(4096);
    io::stdin().lock().read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(());
    }
    stream.write_all(&line)?;

    let mut answer = vec![0u8; line.len()];
    stream.read_exact(&mut answer)?;
    write!(out, "수신 : ")?;
    out.write_all(&answer)?;
    out.flush()?;
    drop(stream); // close
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("tcp_echocli: {e}");
            ExitCode::FAILURE
        }
    }
}
