// UDP echo client
use std::io::{stdin, stdout, BufRead, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::process::exit;

fn fail(what: &str, why: impl std::fmt::Display) -> ! {
    eprintln!("{what}: {why}");
    exit(1);
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() != 2 {
        fail("usage", "udp_echocli IP");
    }
    let ip: Ipv4Addr = match args[1].parse() {
        Ok(ip) => ip,
        Err(e) => fail(&args[1], e),
    };
    let sock = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap_or_else(|e| fail("socket", e));

    print!("입력 : ");
    stdout().flush().unwrap();
    let mut line = Vec::new();
    if let Err(e) = stdin().lock().read_until(b'\n', &mut line) {
        fail("keyboard", e);
    }
    if line.is_empty() {
        return;
    }
    if let Err(e) = sock.send_to(&line, (ip, 7)) {
        fail("sendto", e);
    }
    let mut buf = [0u8; 4096];
    match sock.recv_from(&mut buf) {
        Ok((n, from)) => {
            eprintln!("from {from}");
            print!("수신 : ");
            let mut out = stdout().lock();
            out.write_all(&buf[..n]).unwrap();
            out.flush().unwrap();
        }
        Err(e) => fail("recvfrom", e),
    }
}
