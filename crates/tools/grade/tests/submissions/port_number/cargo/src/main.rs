mod ports;

fn main() -> std::io::Result<()> {
    let server = ("127.0.0.1", 7);
    println!("스트림 소켓 포트번호 = {}", ports::stream(server)?);
    println!("데이터그램 소켓 포트번호 = {}", ports::datagram(server)?);
    Ok(())
}
