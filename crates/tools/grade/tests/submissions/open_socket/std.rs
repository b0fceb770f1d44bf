//! With nothing but std: a listener is a stream socket, a UdpSocket a datagram socket. Dropping closes.
use std::fs::File;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsRawFd;

fn main() -> io::Result<()> {
    let passwd = File::open("/etc/passwd")?;
    println!("/etc/passwd's file descriptor = {}", passwd.as_raw_fd());
    let stream = TcpListener::bind("127.0.0.1:0")?;
    println!("stream socket descriptor = {}", stream.as_raw_fd());
    let datagram = UdpSocket::bind("127.0.0.1:0")?;
    println!("datagram socket descriptor = {}", datagram.as_raw_fd());
    let hosts = File::open("/etc/hosts")?;
    println!("/etc/host's file descriptor = {}", hosts.as_raw_fd());
    Ok(())
}
