//! What the UDP echo server's clients see, whatever they send.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddrV4, UdpSocket};
use std::process::Command;

use labkit::peers::{MESSAGES_UNREAD, READER_GONE, datagram_at, redirected, seen, steady, stop};
use labkit::{Program, Server, Transport};

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_udp_echoserv")).unwrap()
}

fn listening(port: u16) -> String {
    format!("0.0.0.0:{port}에서 데이터그램을 기다립니다.\n")
}

fn sender() -> UdpSocket {
    datagram_at(0).unwrap()
}

/// One datagram of `len` bytes of all values, from `first` on, there and back.
fn echo(sender: &UdpSocket, server: SocketAddrV4, len: usize, first: usize) {
    let datagram: Vec<u8> = (first..first + len).map(|i| (i ^ (i >> 8)) as u8).collect();
    assert_eq!(sender.send_to(&datagram, server).unwrap(), len);
    let mut buf = [0; 65_536];
    let (n, from) = sender.recv_from(&mut buf).unwrap();
    assert_eq!((n, from), (len, server.into()));
    assert!(buf[..n] == datagram, "datagram {first} of {len} bytes has changed");
}

/// Lets the clients of `scenario` loose on each twin: a few of them, then `n`. The many leave the server no more
/// descriptors and memory than the few did, and it complains of nothing.
fn survives(n: usize, scenario: impl Fn(SocketAddrV4, usize)) {
    for program in twins() {
        let server = program.serve(&[]).unwrap();
        echo(&sender(), server.addr(), 65_507, 0); // it has used all of its buffer
        scenario(server.addr(), n / 100);
        steady(server.pid(), || {
            scenario(server.addr(), n);
        })
        .unwrap();

        let stderr = listening(server.port);
        assert_eq!(seen(&stop(server).unwrap()), (143, String::new(), stderr));
    }
}

/// A thousand datagrams of `len` bytes from two senders in turn.
fn echoes_a_thousand(len: usize) {
    survives(1000, |server, n| {
        let senders = [sender(), sender()];
        for i in 0..n {
            echo(&senders[i % 2], server, len, i);
        }
    });
}

#[test]
fn echoes_a_thousand_datagrams_of_0_bytes_from_two_senders() {
    echoes_a_thousand(0);
}

#[test]
fn echoes_a_thousand_datagrams_of_1_byte_from_two_senders() {
    echoes_a_thousand(1);
}

#[test]
fn echoes_a_thousand_datagrams_of_1472_bytes_from_two_senders() {
    echoes_a_thousand(1472);
}

#[test]
fn echoes_a_thousand_datagrams_of_65507_bytes_from_two_senders() {
    echoes_a_thousand(65_507);
}

#[test]
fn serves_ten_thousand_clients_in_a_row() {
    survives(10_000, |server, n| (0..n).for_each(|i| echo(&sender(), server, 8, i)));
}

#[test]
#[cfg(target_os = "linux")] // elsewhere there is no 127.0.0.2
fn outlives_clients_that_do_not_wait_for_their_echo() {
    survives(1000, |server, n| {
        for i in 0..n {
            // At an address of its own: an echo that finds its sender gone must not find the next socket at that port.
            UdpSocket::bind(("127.0.0.2", 0)).unwrap().send_to(b"abcdefg\n", server).unwrap();
            echo(&sender(), server, 8, i);
        }
    });
}

#[test]
fn two_senders_that_both_wait_get_each_its_own() {
    survives(1000, |server, n| {
        let senders = [sender(), sender()];
        for _ in 0..n {
            senders[0].send_to(b"first\n", server).unwrap();
            senders[1].send_to(b"second\n", server).unwrap();
            for (sender, expected) in senders.iter().zip(["first\n", "second\n"]) {
                let mut buf = [0; 16];
                let n = sender.recv(&mut buf).unwrap();
                assert_eq!(&buf[..n], expected.as_bytes());
            }
        }
    });
}

#[test]
fn with_v_it_prints_each_clients_address() {
    for program in twins() {
        for v_first in [true, false] {
            let server = Server::start(Transport::Udp, |port| {
                let mut command = Command::new(&program.path);
                let port = port.to_string();
                command.args(if v_first { ["-v", &port] } else { [&port, "-v"] });
                command
            })
            .unwrap();
            let addresses = [0, 1, 1472].map(|len| {
                let sender = sender();
                echo(&sender, server.addr(), len, 0);
                format!("{}\n", sender.local_addr().unwrap())
            });
            let listening = listening(server.port);
            assert_eq!(seen(&stop(server).unwrap()), (143, addresses.concat(), listening));
        }
    }
}

/// INADDR_ANY takes the question; which address the answer comes from is then for the kernel to choose, by the way to the
/// client. Of this server's addresses it is another one than was asked.
#[test]
#[cfg(target_os = "linux")] // elsewhere there is no 127.0.0.2
fn asked_at_127_0_0_2_it_answers_from_127_0_0_1() {
    for program in twins() {
        let server = program.serve(&[]).unwrap();
        let client = sender();
        assert_eq!(client.send_to(b"abcdefg\n", ("127.0.0.2", server.port)).unwrap(), 8);
        let (n, from) = client.recv_from(&mut [0; 16]).unwrap();
        assert_eq!((n, from), (8, server.addr().into()));
    }
}

#[test]
fn outlives_whoever_read_its_messages() {
    for program in twins() {
        let server = Server::start(Transport::Udp, |port| {
            let mut command = redirected(&program, MESSAGES_UNREAD);
            command.arg(port.to_string());
            command
        })
        .unwrap();
        echo(&sender(), server.addr(), 8, 0);
    }
}

/// How it ends: its status, and what it says beyond where it listens.
fn with_v_it_ends(redirection: &str, status: i32, error: &str) {
    for program in twins() {
        let server = Server::start(Transport::Udp, |port| {
            let mut command = redirected(&program, redirection);
            command.args(["-v", &port.to_string()]);
            command
        })
        .unwrap();
        let stderr = format!("{}{error}", listening(server.port));
        sender().send_to(b"abcdefg\n", server.addr()).unwrap();
        assert_eq!(seen(&server.into_running().finish().unwrap()), (status, String::new(), stderr));
    }
}

#[test]
fn with_v_it_ends_when_nobody_reads() {
    with_v_it_ends(READER_GONE, 128 + 13, ""); // SIGPIPE
}

#[test]
#[cfg(target_os = "linux")]
fn with_v_it_ends_when_the_disk_is_full() {
    with_v_it_ends(">/dev/full", 1, "stdout fail: No space left on device\n");
}

#[test]
fn says_that_its_port_is_in_use() {
    let other = datagram_at(0).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    for program in twins() {
        let stderr = "bind fail: Address already in use\n다른 서버가 이 포트를 사용하고 있거나, TCP라면 \
            방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요.\n";
        assert_eq!(seen(&program.run([&port], b"").unwrap()), (1, String::new(), stderr.into()));
    }
}
