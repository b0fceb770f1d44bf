use std::net::Ipv4Addr;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arg = match std::env::args().nth(1) {
        Some(a) => a,
        None => {
            eprintln!("usage: ascii_ip IP");
            return ExitCode::FAILURE;
        }
    };
    match arg.parse::<Ipv4Addr>() {
        Ok(a) => {
            let n = u32::from_ne_bytes(a.octets());
            println!("* 입력한 dotted decimal IP 주소 : {arg}\n");
            println!("inet_pton({arg}) = 0x{n:X}");
            println!("inet_ntop(0x{n:X}) = {}", Ipv4Addr::from(n.to_ne_bytes()));
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{arg}: {e}");
            ExitCode::FAILURE
        }
    }
}
