use std::fs;
use std::process::ExitCode;

fn lookup(text: &str, name: &str, proto: &str) -> Option<u16> {
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("");
        let mut w = line.split_whitespace();
        let (Some(first), Some(pp)) = (w.next(), w.next()) else { continue };
        let Some((port, pr)) = pp.split_once('/') else { continue };
        if pr != proto || !(first == name || w.any(|a| a == name)) {
            continue;
        }
        if let Ok(p) = port.parse() {
            return Some(p);
        }
    }
    None
}

fn main() -> ExitCode {
    let text = fs::read("/etc/services").unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let Some(port) = lookup(&text, "echo", "udp") else {
        println!("서비스 정보를 얻을 수 없음");
        return ExitCode::from(1);
    };
    println!("UDP 에코 포트번호(네트워크 순서) : {}", port.to_be());
    println!("UDP 에코 포트번호(호스트 순서) : {port}");
    ExitCode::SUCCESS
}
