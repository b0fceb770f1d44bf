use std::io;
use std::net::{Ipv4Addr, TcpStream, ToSocketAddrs, UdpSocket};

pub fn stream(server: impl ToSocketAddrs) -> io::Result<u16> {
    let socket = TcpStream::connect(server)?;
    Ok(socket.local_addr()?.port())
}

pub fn datagram(server: impl ToSocketAddrs) -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.send_to(b"hello", server)?;
    Ok(socket.local_addr()?.port())
}
