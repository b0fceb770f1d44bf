//! What a student sees of the four acts of a connected datagram socket.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use labkit::peers::{
    READER_GONE, datagram_at, redirected, refusing_datagrams, seen, stop, stop_and_continue,
};
use labkit::{Output, Program, Running};

const TOO_LONG: &str = "한 줄은 65536바이트까지입니다(MAXLINE). 아무것도 보내지 않았습니다.\n";

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_connected_udp")).unwrap()
}

/// Its stdout up to and with the prompt.
fn up_to_prompt(port: u16) -> String {
    format!(
        "1. connect(127.0.0.1:1) : 성공. 이 포트에는 서버가 없습니다.\n   \
            send() : 성공, recv() : Connection refused\n\
         2. connect(127.0.0.1:{port}) : 성공. 통신 상대가 바뀌었습니다.\n\
         3. send()와 recv()에는 주소가 필요 없습니다.\n\
         입력 : "
    )
}

/// All of its stdout when `answer` was the answer.
fn all_acts(port: u16, answer: &str) -> String {
    up_to_prompt(port)
        + &format!(
            "수신 : {answer}\
             4. connect(AF_UNSPEC) : 성공. getpeername() : Transport endpoint is not connected\n"
        )
}

/// What `client` leaves behind when `typed` is its input, `server` its server, and its stdio redirected as by a shell; and
/// the server's port.
fn with_redirection(
    client: &Program,
    redirection: &str,
    typed: &[u8],
    server: impl Fn(&UdpSocket, i32),
) -> (Output, u16) {
    let socket = datagram_at(0).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut command = redirected(client, redirection);
    let mut running = Running::start(command.args(["127.0.0.1", &port.to_string()])).unwrap();
    running.write(typed);
    running.close_stdin();
    server(&socket, running.pid());
    let output = running.finish().unwrap();
    // Nothing is left that the server has not taken.
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 8]).is_err());
    (output, port)
}

fn with_server(typed: &[u8], server: impl Fn(&UdpSocket)) -> [(Output, u16); 2] {
    twins().map(|client| with_redirection(&client, "", typed, |socket, _| server(socket)))
}

/// A server that never hears of the client.
fn unasked(_: &UdpSocket) {}

/// Takes one datagram, which is exactly `line`, and says who sent it.
fn take(socket: &UdpSocket, line: &[u8]) -> SocketAddr {
    let mut buf = vec![0; 65_536];
    let (n, from) = socket.recv_from(&mut buf).unwrap();
    assert!(&buf[..n] == line);
    from
}

/// A line of `len` bytes, its newline included.
fn line(len: usize) -> Vec<u8> {
    let mut line = vec![b'x'; len];
    line[len - 1] = b'\n';
    line
}

#[test]
fn shows_all_four_acts() {
    let server = Program::c("udp_echoserv").unwrap().serve(&[]).unwrap();
    for client in twins() {
        let output = client.run(["127.0.0.1", &server.port.to_string()], b"abcdefg\n").unwrap();
        assert_eq!(seen(&output), (0, all_acts(server.port, "abcdefg\n"), String::new()));
    }
}

#[test]
fn shows_the_prompt_before_anything_is_typed() {
    for client in twins() {
        let socket = datagram_at(0).unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut running = client.start(["127.0.0.1", &port.to_string()]).unwrap();
        assert_eq!(running.wait_stdout("입력 : ").unwrap(), up_to_prompt(port));
        running.write("가나다\n".as_bytes());
        let from = take(&socket, "가나다\n".as_bytes());
        socket.send_to("가나다\n".as_bytes(), from).unwrap();
        assert_eq!(seen(&running.finish().unwrap()), (0, all_acts(port, "가나다\n"), String::new()));
    }
}

#[test]
fn a_stranger_is_not_heard() {
    let outputs = with_server(b"abcdefg\n", |socket| {
        let from = take(socket, b"abcdefg\n");
        let stranger = datagram_at(0).unwrap();
        stranger.send_to(b"stranger\n", from).unwrap();
        socket.send_to(b"abcdefg\n", from).unwrap();
    });
    for (output, port) in outputs {
        assert_eq!(seen(&output), (0, all_acts(port, "abcdefg\n"), String::new()));
    }
}

#[test]
fn nobody_listens_at_the_servers_port_either() {
    let (_held, port) = refusing_datagrams().unwrap();
    for client in twins() {
        let stderr = "recv fail: Connection refused\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 \
            실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
        let output = client.run(["127.0.0.1", &port.to_string()], b"abcdefg\n").unwrap();
        assert_eq!(seen(&output), (1, up_to_prompt(port), stderr.into()));
    }
}

#[test]
fn without_an_answer_it_gives_up_after_5_seconds() {
    let silent = datagram_at(0).unwrap();
    let port = silent.local_addr().unwrap().port();
    thread::scope(|threads| {
        for client in twins() {
            threads.spawn(move || {
                let stderr = "recv fail: Resource temporarily unavailable\n\
                    5초 동안 응답이 없었습니다. IP 주소와 포트가 맞는지, 서버가 실행 중인지 확인하세요.\n";
                let output = client.run(["127.0.0.1", &port.to_string()], b"abcdefg\n").unwrap();
                assert_eq!(seen(&output), (1, up_to_prompt(port), stderr.into()));
            });
        }
    });
    take(&silent, b"abcdefg\n");
    take(&silent, b"abcdefg\n");
}

/// The server is there, and answers; but from 127.0.0.1, which is not the peer.
#[test]
#[cfg(target_os = "linux")] // elsewhere there is no 127.0.0.2
fn an_answer_from_another_address_of_the_server_is_not_heard() {
    let server = Program::c("udp_echoserv").unwrap().serve(&["-v"]).unwrap();
    let port = server.port.to_string();
    thread::scope(|threads| {
        for client in twins() {
            let port = &port;
            threads.spawn(move || {
                let (status, _, stderr) = seen(&client.run(["127.0.0.2", port], b"abcdefg\n").unwrap());
                assert_eq!(status, 1);
                assert!(stderr.starts_with("recv fail: Resource temporarily unavailable\n"), "{stderr}");
            });
        }
    });
    // It has printed who asked: two clients.
    let (_, clients, stderr) = seen(&stop(server).unwrap());
    assert_eq!((clients.lines().count(), stderr.lines().count()), (2, 1), "{clients}{stderr}");
}

#[test]
fn one_datagram_is_the_whole_answer() {
    for answer in ["", "abc\n", "abcdefg\nhijklmn\n"] {
        let outputs = with_server(b"abcdefg", |socket| {
            let from = take(socket, b"abcdefg");
            socket.send_to(answer.as_bytes(), from).unwrap();
        });
        for (output, port) in outputs {
            assert_eq!(seen(&output), (0, all_acts(port, answer), String::new()));
        }
    }
}

#[test]
#[cfg(target_os = "linux")] // elsewhere the system may want less in a datagram
fn the_longest_datagram_comes_back_whole() {
    let typed = line(65_507);
    let outputs = with_server(&typed, |socket| {
        let from = take(socket, &typed);
        socket.send_to(&typed, from).unwrap();
    });
    for (output, port) in outputs {
        assert_eq!((output.code, output.stderr_text().as_str()), (Some(0), ""));
        assert!(output.stdout_text() == all_acts(port, &String::from_utf8(typed.clone()).unwrap()));
    }
}

#[test]
fn what_it_cannot_send_is_an_error() {
    let too_long_for_a_datagram = "send fail: Message too long\n\
        데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요.\n";
    for (typed, stderr) in [
        (line(65_508), too_long_for_a_datagram),
        (line(65_536), too_long_for_a_datagram),
        (line(65_537), TOO_LONG),
        (line(1 << 20), TOO_LONG),
    ] {
        for (output, port) in with_server(&typed, unasked) {
            assert_eq!(seen(&output), (1, up_to_prompt(port), stderr.into()));
        }
    }
}

#[test]
fn end_of_input_at_the_prompt_is_no_error() {
    for (output, port) in with_server(b"", unasked) {
        assert_eq!(seen(&output), (0, up_to_prompt(port), String::new()));
    }
}

#[test]
fn a_closed_stdin_is_the_end_of_input_in_rust() {
    // C's socket would be its stdin: open_socket's f1.
    let (output, port) = with_redirection(&twins()[0], "<&-", b"", |_, _| {});
    assert_eq!(seen(&output), (0, up_to_prompt(port), String::new()));
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_z_and_fg_do_not_end_it() {
    // With SO_RCVTIMEO a stop and continue makes recv fail with EINTR: signal(7).
    for client in twins() {
        let (output, port) = with_redirection(&client, "", b"abcdefg\n", |socket, pid| {
            let from = take(socket, b"abcdefg\n");
            stop_and_continue(pid).unwrap();
            socket.send_to(b"abcdefg\n", from).unwrap();
        });
        assert_eq!(seen(&output), (0, all_acts(port, "abcdefg\n"), String::new()));
    }
}

#[test]
fn a_stdout_that_nobody_reads_ends_it() {
    for client in twins() {
        let (output, _) = with_redirection(&client, READER_GONE, b"abcdefg\n", |_, _| {});
        assert_eq!(seen(&output), (128 + 13, String::new(), String::new())); // SIGPIPE
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    for client in twins() {
        let (output, _) = with_redirection(&client, ">/dev/full", b"abcdefg\n", |_, _| {});
        assert_eq!(seen(&output), (1, String::new(), "stdout fail: No space left on device\n".into()));
    }
}

#[test]
fn a_closed_stdout_is_no_error_in_rust() {
    // C's socket would be its stdout: open_socket's f1.
    let (output, _) = with_redirection(&twins()[0], ">&-", b"", |_, _| {});
    assert_eq!(seen(&output), (0, String::new(), String::new()));
}
