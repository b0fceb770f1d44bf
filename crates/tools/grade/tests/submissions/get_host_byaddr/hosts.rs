use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::ExitCode;

fn main() -> ExitCode {
    let want: Ipv4Addr = match std::env::args().nth(1).map(|a| a.parse()) {
        Some(Ok(a)) => a,
        Some(Err(e)) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
        None => {
            eprintln!("usage: get_host_byaddr IP");
            return ExitCode::from(2);
        }
    };
    let file = match std::fs::File::open("/etc/hosts") {
        Ok(f) => f,
        Err(e) => {
            eprintln!("/etc/hosts: {e}");
            return ExitCode::from(3);
        }
    };
    for line in BufReader::new(file).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut words = line.split('#').next().unwrap().split_whitespace();
        let (Some(ip), Some(name)) = (words.next(), words.next()) else { continue };
        if ip.parse() == Ok(want) {
            println!("호스트 이름 : {name}");
            return ExitCode::SUCCESS;
        }
    }
    eprintln!("{want}: no name");
    ExitCode::from(1)
}
