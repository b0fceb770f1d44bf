//! An echo server with std::net: one thread a client.
use std::net::{TcpListener, TcpStream};
use std::{env, io, process, thread};

fn echo(stream: TcpStream) {
    if let Err(error) = io::copy(&mut &stream, &mut &stream) {
        eprintln!("echo: {error}");
    }
}

fn main() {
    let Some(port) = env::args().nth(1).and_then(|port| port.parse::<u16>().ok()) else {
        eprintln!("usage: tcp_echoserv PORT");
        process::exit(2);
    };
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap_or_else(|error| {
        eprintln!("bind: {error}");
        process::exit(1);
    });
    for stream in listener.incoming() {
        let served = stream.and_then(|stream| thread::Builder::new().spawn(move || echo(stream)));
        if let Err(error) = served {
            eprintln!("accept: {error}");
        }
    }
}
