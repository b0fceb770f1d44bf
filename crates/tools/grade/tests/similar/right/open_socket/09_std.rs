use std::fs::File;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

fn run() -> std::io::Result<()> {
    let passwd = File::open("/etc/passwd")?;
    // std has no bare socket(): bound to any free port
    let stream = std::net::TcpListener::bind("0.0.0.0:0")?;
    let dgram = UdpSocket::bind("0.0.0.0:0")?;
    let hosts = File::open("/etc/hosts")?;
    println!("/etc/passwd's file descriptor = {}", passwd.as_raw_fd());
    println!("stream socket descriptor = {}", stream.as_raw_fd());
    println!("datagram socket descriptor = {}", dgram.as_raw_fd());
    println!("/etc/host's file descriptor = {}", hosts.as_raw_fd());
    drop((hosts, dgram, stream, passwd));
    Ok(())
}

fn main() {
    if let Err(e) = run() {
        eprintln!("open_socket: {e}");
        std::process::exit(1);
    }
}
