//! Reads /etc/services itself (services(5)): a name, PORT/PROTOCOL, aliases, `#` and a comment.
use std::fs;
use std::process::ExitCode;

fn port(services: &str, wanted_name: &str, wanted_protocol: &str) -> Option<u16> {
    services.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (name, (port, protocol)) = (words.next()?, words.next()?.split_once('/')?);
        let named = name == wanted_name || words.any(|alias| alias == wanted_name);
        if named && protocol == wanted_protocol { port.parse().ok() } else { None }
    })
}

fn main() -> ExitCode {
    let services = fs::read_to_string("/etc/services").unwrap_or_default();
    let Some(host) = port(&services, "echo", "udp") else {
        eprintln!("서비스 정보를 얻을 수 없음");
        return ExitCode::FAILURE;
    };
    let network = u16::from_ne_bytes(host.to_be_bytes());
    println!("UDP 에코 포트번호(네트워크 순서) : {network}");
    println!("UDP 에코 포트번호(호스트 순서) : {host}");
    ExitCode::SUCCESS
}
