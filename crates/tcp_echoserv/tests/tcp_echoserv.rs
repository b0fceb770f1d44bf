//! What the TCP echo server's clients see, whatever they do.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::iter;
use std::net::{Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use labkit::peers::{READER_GONE, connect, receive_buffer, received, redirected, reset, seen, steady, stop};
use labkit::{Program, Server, Transport};

const IN_USE: &str = "bind fail: Address already in use\n다른 서버가 이 포트를 사용하고 있거나, TCP라면 \
    방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요.\n";
const RESET: &str = "read fail: Connection reset by peer";
/// What a write may say of a client that has reset.
const GONE: [&str; 2] = ["write fail: Connection reset by peer", "write fail: Broken pipe"];

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_tcp_echoserv")).unwrap()
}

fn listening(port: u16) -> String {
    format!("0.0.0.0:{port}에서 연결을 기다립니다.\n")
}

/// A client that sends a line, gets it back, and closes.
fn echo(addr: SocketAddrV4) {
    let mut client = connect(addr).unwrap();
    client.write_all(b"abcdefg\n").unwrap();
    let mut answer = [0; 8];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"abcdefg\n");
}

/// A client that says that it is done and is still served: whoever sees the end knows that the server has closed.
fn half_close(addr: SocketAddrV4) {
    let mut client = connect(addr).unwrap();
    client.write_all(b"abcdefg\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "abcdefg\n");
}

/// Lets the clients of `scenario` loose on each twin: a few of them, then `n`. Each time the next client is served, and
/// the many leave the server no more descriptors and memory than the few did. It complains of nothing but `complaints`.
fn survives(n: usize, complaints: &[&str], scenario: impl Fn(SocketAddrV4, usize) + Sync) {
    thread::scope(|threads| {
        for program in twins() {
            let scenario = &scenario;
            threads.spawn(move || {
                let server = program.serve(&[]).unwrap();
                use_all_of_its_buffer(server.addr());
                scenario(server.addr(), n.div_ceil(100));
                half_close(server.addr());
                steady(server.pid(), || {
                    scenario(server.addr(), n);
                    half_close(server.addr());
                })
                .unwrap();

                let port = server.port;
                let (status, stdout, stderr) = seen(&stop(server).unwrap());
                assert_eq!((status, stdout.as_str()), (143, ""));
                let rest = stderr.strip_prefix(&listening(port)).unwrap();
                assert!(rest.lines().all(|line| complaints.contains(&line)), "{rest}");
            });
        }
    });
}

/// A client whose data, `len` bytes of all values, comes back as it was sent, and then the end. It writes `write` bytes
/// at a time and reads `read`.
fn comes_back(client: &TcpStream, len: usize, write: usize, read: usize) {
    let data: Vec<u8> = (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect();
    let (mut reader, mut writer) = (client, client);
    thread::scope(|threads| {
        threads.spawn(|| {
            data.chunks(write).for_each(|piece| writer.write_all(piece).unwrap());
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut buf = vec![0; read];
        let mut so_far = 0;
        loop {
            match reader.read(&mut buf).unwrap() {
                0 => break,
                n => {
                    assert!(data[so_far..].starts_with(&buf[..n]), "after {so_far} bytes");
                    so_far += n;
                }
            }
        }
        assert_eq!(so_far, len);
    });
}

/// A client that is being served, and sends until nobody takes any more, because it reads nothing of what comes back.
fn full_client(server: SocketAddrV4) -> TcpStream {
    let mut client = connect(server).unwrap();
    client.write_all(b"abcdefg\n").unwrap();
    client.read_exact(&mut [0; 8]).unwrap();
    client.set_nonblocking(true).unwrap();
    let mut writes = iter::repeat_with(|| client.write(&[7; 65_536]));
    let error = writes.find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    client.set_nonblocking(false).unwrap();
    client
}

/// More waits for the server than its buffer has room for.
fn use_all_of_its_buffer(server: SocketAddrV4) {
    let mut client = full_client(server);
    client.shutdown(Shutdown::Write).unwrap();
    assert!(received(&mut client).unwrap().len() > 65_536);
}

#[test]
fn serves_ten_thousand_clients_in_a_row() {
    survives(10_000, &[], |server, n| (0..n).for_each(|_| echo(server)));
}

#[test]
fn gives_a_client_that_half_closes_everything() {
    survives(1000, &[], |server, n| (0..n).for_each(|_| half_close(server)));
}

#[test]
fn echoes_1_mib_in_1_byte_writes() {
    survives(1 << 20, &[], |server, n| comes_back(&connect(server).unwrap(), n, 1, 65_536));
}

#[test]
fn echoes_1_byte_segments() {
    survives(256 << 10, &[], |server, n| {
        let client = connect(server).unwrap();
        client.set_nodelay(true).unwrap();
        comes_back(&client, n, 1, 65_536);
    });
}

#[test]
fn echoes_8_mib_in_1_mib_writes_to_a_slow_reader() {
    survives(8 << 20, &[], |server, n| {
        for nodelay in [false, true] {
            let client = connect(server).unwrap();
            client.set_nodelay(nodelay).unwrap();
            receive_buffer(&client, 16_384).unwrap();
            comes_back(&client, n, 1 << 20, 1000);
        }
    });
}

/// Ctrl+Z and fg. A signal ends the wait of a write that has room for a part only: it gives less than it was given, and the
/// rest has to be written. On a blocking socket nothing else makes a write short, but a time-out and an error.
#[test]
#[cfg(target_os = "linux")] // where proc(5) shows in which call a process waits, and counts calls
fn finishes_a_write_that_a_stop_has_cut_short() {
    for program in twins() {
        let server = program.serve(&[]).unwrap();
        server.wait_stderr(&listening(server.port)).unwrap();
        let proc = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", server.pid()));
        let count = |calls| {
            let io = proc("io").unwrap();
            io.lines().find_map(|line| line.strip_prefix(calls)).unwrap().trim().parse::<u64>().unwrap()
        };
        let before = ["syscr:", "syscw:"].map(count);
        let in_write = format!("{} ", libc::SYS_write);
        let client = connect(server.addr()).unwrap();
        thread::scope(|threads| {
            let data: Vec<u8> = (0..16_usize << 20).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect();
            let (mut reader, mut writer, sent) = (&client, &client, data.clone());
            threads.spawn(move || {
                writer.write_all(&sent).unwrap();
                writer.shutdown(Shutdown::Write).unwrap();
            });
            let mut echo = Vec::new();
            for _ in 0..20 {
                let waits = || Ok(proc("syscall")?.starts_with(&in_write).then_some(()));
                labkit::until("a server that waits in write", waits).unwrap();
                labkit::peers::stop_and_continue(server.pid()).unwrap();
                reader.take(300_000).read_to_end(&mut echo).unwrap();
            }
            reader.read_to_end(&mut echo).unwrap();
            assert_eq!(echo.len(), data.len());
            assert!(echo == data);
        });
        let after = ["syscr:", "syscw:"].map(count);
        // The last read gives the end, and each other one is written: more writes than that finish one that was cut short.
        assert!(after[1] - before[1] >= after[0] - before[0], "none was cut short: {before:?}, {after:?}");
    }
}

#[test]
fn outlives_a_client_that_resets() {
    survives(1000, &[RESET], |server, n| {
        for _ in 0..n {
            let mut client = connect(server).unwrap();
            client.write_all(b"abcdefg\n").unwrap();
            client.read_exact(&mut [0; 8]).unwrap();
            reset(client).unwrap();
        }
    });
}

#[test]
fn outlives_a_client_that_resets_in_mid_transfer() {
    survives(100, &[RESET, GONE[0], GONE[1]], |server, n| {
        (0..n).for_each(|_| reset(full_client(server)).unwrap());
    });
}

#[test]
fn outlives_a_client_that_goes_while_the_server_writes() {
    survives(100, &[RESET, GONE[0], GONE[1]], |server, n| {
        for _ in 0..n {
            full_client(server).shutdown(Shutdown::Write).unwrap();
        }
    });
}

#[test]
fn outlives_a_client_that_goes_without_reading_its_echo() {
    survives(1000, &[RESET, GONE[0], GONE[1]], |server, n| {
        for _ in 0..n {
            connect(server).unwrap().write_all(b"abcdefg\n").unwrap();
            half_close(server); // so that no more wait than its backlog lets
        }
    });
}

#[test]
fn outlives_a_client_that_resets_while_it_waits() {
    survives(100, &[RESET, GONE[0], GONE[1]], |server, n| {
        for i in 0..n {
            let mut first = connect(server).unwrap();
            first.write_all(b"first\n").unwrap();
            first.read_exact(&mut [0; 6]).unwrap();

            // The server finds its line, and nobody to echo it to: SIGPIPE, if it said before that it was done.
            let mut second = connect(server).unwrap();
            second.write_all(b"second\n").unwrap();
            if i % 2 == 0 {
                second.shutdown(Shutdown::Write).unwrap();
            }
            reset(second).unwrap();
        }
    });
}

#[test]
fn a_client_that_waits_loses_nothing() {
    survives(100, &[], |server, n| {
        for _ in 0..n {
            let mut first = connect(server).unwrap();
            let mut second = connect(server).unwrap();
            second.write_all(b"second\n").unwrap();
            second.shutdown(Shutdown::Write).unwrap();

            // The first one has not sent anything so far; it is served all the same, and the second one is not.
            first.write_all(b"first\n").unwrap();
            let mut answer = [0; 6];
            first.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"first\n");
            second.set_nonblocking(true).unwrap();
            assert_eq!(second.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            second.set_nonblocking(false).unwrap();

            drop(first);
            assert_eq!(received(&mut second).unwrap(), b"second\n");
        }
    });
}

#[test]
fn with_v_it_prints_each_clients_address() {
    for program in twins() {
        for v_first in [true, false] {
            let server = Server::start(Transport::Tcp, |port| {
                let mut command = Command::new(&program.path);
                let port = port.to_string();
                command.args(if v_first { ["-v", &port] } else { [&port, "-v"] });
                command
            })
            .unwrap();
            let addresses = [(); 3].map(|()| {
                let client = connect(server.addr()).unwrap();
                comes_back(&client, 8, 8, 8);
                format!("{}\n", client.local_addr().unwrap())
            });
            let listening = listening(server.port);
            assert_eq!(seen(&stop(server).unwrap()), (143, addresses.concat(), listening));
        }
    }
}

#[test]
fn with_v_it_ends_when_nobody_reads() {
    let full = "stdout fail: No space left on device\n";
    for (redirection, status, error) in [(READER_GONE, 128 + libc::SIGPIPE, ""), (">/dev/full", 1, full)] {
        if redirection == ">/dev/full" && !cfg!(target_os = "linux") {
            continue;
        }
        for program in twins() {
            let server = Server::start(Transport::Tcp, |port| {
                let mut command = redirected(&program, redirection);
                command.args(["-v", &port.to_string()]);
                command
            })
            .unwrap();
            let stderr = format!("{}{error}", listening(server.port));
            let _client = connect(server.addr()).unwrap();
            assert_eq!(seen(&server.into_running().finish().unwrap()), (status, String::new(), stderr));
        }
    }
}

#[test]
fn says_that_its_port_is_in_use() {
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    for program in twins() {
        assert_eq!(seen(&program.run([&port], b"").unwrap()), (1, String::new(), IN_USE.into()));
    }
}

#[test]
fn finds_its_port_in_time_wait_when_it_is_started_again() {
    for program in twins() {
        let server = program.serve(&[]).unwrap();
        let (addr, port) = (server.addr(), server.port.to_string());
        let mut client = connect(addr).unwrap();
        client.write_all(b"abcdefg\n").unwrap();
        client.read_exact(&mut [0; 8]).unwrap();
        stop(server).unwrap(); // closes first, with this client
        assert_eq!(received(&mut client).unwrap(), b"");
        drop(client);
        assert_eq!(connect(addr).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(seen(&program.run([&port], b"").unwrap()), (1, String::new(), IN_USE.into()));
    }
}
