use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let ip: Ipv4Addr = std::env::args().nth(1).ok_or("usage: tcp_echocli IP")?.parse()?;
    let mut stream = TcpStream::connect((ip, 7))?;

    print!("입력 : ");
    io::stdout().flush()?;
    let mut line = Vec::new();
    if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
        return Ok(());
    }
    stream.write_all(&line)?;

    let mut answer = vec![0; line.len()];
    stream.read_exact(&mut answer)?;
    drop(stream);
    let mut stdout = io::stdout().lock();
    stdout.write_all("수신 : ".as_bytes())?;
    stdout.write_all(&answer)?;
    stdout.flush()?;
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tcp_echocli: {error}");
            ExitCode::FAILURE
        }
    }
}
