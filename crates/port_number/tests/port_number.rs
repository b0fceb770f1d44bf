//! What a student sees of port_number: the ports that the other side sees, too.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};

use labkit::peers::{READER_GONE, listen, redirected, refusing, seen};
use labkit::{DEADLINE, Program, Running, until};

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_port_number")).unwrap()
}

fn stdout(stream: u16, datagram: u16) -> String {
    format!("스트림 소켓 포트번호 = {stream}\n데이터그램 소켓 포트번호 = {datagram}\n")
}

/// A server's address, which the program doesn't have by itself; elsewhere there is no other.
const SERVER: &str = if cfg!(target_os = "linux") { "127.0.0.2" } else { "127.0.0.1" };

/// A server with both kinds of socket at one port.
fn server() -> (TcpListener, UdpSocket, String) {
    until("a port that is free for TCP and UDP", || {
        let tcp = TcpListener::bind((SERVER, 0))?;
        tcp.set_nonblocking(true)?;
        let port = tcp.local_addr()?.port();
        match UdpSocket::bind((SERVER, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
            udp => Ok(Some((tcp, udp?, port.to_string()))),
        }
    })
    .unwrap()
}

#[test]
fn prints_the_ports_that_the_server_sees() {
    for client in twins() {
        let (tcp, udp, port) = server();
        let running = client.start([SERVER, &port]).unwrap();
        let stream = until("a client", || Ok(tcp.accept().ok())).unwrap().1.port();
        udp.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut datagram = [7; 8];
        let (n, from) = udp.recv_from(&mut datagram).unwrap();
        assert_eq!(n, 0);
        assert_eq!(seen(&running.finish().unwrap()), (0, stdout(stream, from.port()), String::new()));
    }
}

#[test]
fn runs_alone() {
    for program in twins() {
        let (status, text, stderr) = seen(&program.run([""; 0], b"").unwrap());
        let ports: Vec<u16> =
            text.lines().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        let [stream, datagram] = ports[..] else { panic!("{text}") };
        assert_eq!((status, text, stderr), (0, stdout(stream, datagram), String::new()));
        assert!(stream != 0 && datagram != 0);
    }
}

#[test]
fn needs_no_datagram_server() {
    for client in twins() {
        let tcp = listen().unwrap();
        let port = tcp.local_addr().unwrap().port().to_string();
        let (status, stdout, stderr) = seen(&client.run(["127.0.0.1", &port], b"").unwrap());
        assert_eq!((status, stdout.lines().count(), stderr.as_str()), (0, 2, ""));
    }
}

#[test]
fn nobody_listens() {
    let (_held, port) = refusing().unwrap();
    for client in twins() {
        let stderr = "connect fail: Connection refused\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 \
            실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
        let output = client.run(["127.0.0.1", &port.to_string()], b"").unwrap();
        assert_eq!(seen(&output), (1, String::new(), stderr.into()));
    }
}

/// What it leaves behind when it runs alone with a shell's redirection.
fn with_redirection(redirection: &str) -> [(i32, String, String); 2] {
    twins().map(|program| {
        seen(&Running::start(&mut redirected(&program, redirection)).unwrap().finish().unwrap())
    })
}

#[test]
fn a_stdout_that_nobody_reads_ends_it() {
    for seen in with_redirection(READER_GONE) {
        assert_eq!(seen, (128 + 13, String::new(), String::new())); // SIGPIPE
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    for seen in with_redirection(">/dev/full") {
        assert_eq!(seen, (1, String::new(), "stdout fail: No space left on device\n".into()));
    }
}

#[test]
fn a_closed_stdin_is_nothing_to_it() {
    for (status, stdout, stderr) in with_redirection("<&-") {
        assert_eq!((status, stdout.lines().count(), stderr.as_str()), (0, 2, ""));
    }
}

#[test]
fn with_a_closed_stdout_both_twins_end_alike() {
    let [rust, c] = with_redirection(">&-");
    assert_eq!(rust, c);
    assert_eq!(rust.2, "");
}
