use std::net::{Ipv4Addr, UdpSocket};

fn port() -> Result<u16, String> {
    let mut args = std::env::args().skip(1);
    let a = args.next().ok_or("usage: udp_echoserv PORT")?;
    match a.parse::<u16>() {
        Ok(0) => Err("port 0".into()),
        Ok(p) => Ok(p),
        Err(e) => Err(format!("{a}: {e}")),
    }
}

fn run() -> Result<(), String> {
    let s = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port()?)).map_err(|e| format!("bind: {e}"))?;
    let mut b = Box::new([0u8; 65536]);
    loop {
        match s.recv_from(&mut b[..]) {
            Ok((n, from)) => {
                if let Err(e) = s.send_to(&b[..n], from) {
                    eprintln!("{from}: {e}");
                }
            }
            Err(e) => eprintln!("recv_from: {e}"),
        }
    }
}

fn main() {
    if let Err(e) = run() {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
