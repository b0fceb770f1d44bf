use std::env;
use std::error::Error;
use std::net::Ipv4Addr;

fn main() -> Result<(), Box<dyn Error>> {
    let ip = env::args().nth(1).ok_or("usage: ascii_ip IP")?;
    println!("* 입력한 dotted decimal IP 주소 : {ip}\n");
    let address: Ipv4Addr = ip.parse()?;
    let number = u32::from_ne_bytes(address.octets());
    println!("inet_pton({ip}) = {number:#X}");
    println!("inet_ntop({number:#X}) = {}", Ipv4Addr::from(number.to_ne_bytes()));
    Ok(())
}
