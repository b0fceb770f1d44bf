use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

extern "C" {
    fn listen(fd: i32, backlog: i32) -> i32;
}

fn echo(mut s: TcpStream) -> std::io::Result<u64> {
    let mut buf = vec![0u8; 3000];
    let mut total = 0;
    loop {
        match s.read(&mut buf) {
            Ok(0) => return Ok(total),
            Ok(n) => {
                s.write_all(&buf[..n])?;
                total += n as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn main() -> ExitCode {
    let port = match std::env::args().nth(1).map(|a| a.parse::<u16>()) {
        Some(Ok(p)) if p != 0 => p,
        _ => {
            eprintln!("usage: tcp_echoserv PORT");
            return ExitCode::FAILURE;
        }
    };
    let l = match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(l) => l,
        Err(e) => {
            eprintln!("bind: {e}");
            return ExitCode::from(3);
        }
    };
    // std listens with its own backlog; the lab wants 5
    unsafe { listen(l.as_raw_fd(), 5) };
    for c in l.incoming() {
        match c {
            Ok(c) => match echo(c) {
                Ok(n) => eprintln!("{n} bytes"),
                Err(e) => eprintln!("client: {e}"),
            },
            Err(e) => {
                eprintln!("accept: {e}");
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
    ExitCode::SUCCESS
}
