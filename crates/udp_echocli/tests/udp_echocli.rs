//! What a student sees of the UDP echo client, whatever is typed and whatever the server does.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use labkit::peers::{READER_GONE, datagram_at, redirected, refusing_datagrams, seen, stop_and_continue};
use labkit::{Output, Program, Running};

const PROMPT: &str = "입력 : ";
const TOO_LONG: &str = "한 줄은 65536바이트까지입니다(MAXLINE). 아무것도 보내지 않았습니다.\n";
const NO_ANSWER: &str = "recvfrom fail: Resource temporarily unavailable\n\
    5초 동안 응답이 없었습니다. IP 주소와 포트가 맞는지, 서버가 실행 중인지 확인하세요.\n";

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_udp_echocli")).unwrap()
}

/// What `client` leaves behind when `typed` is its input, `server` its server, and its stdio redirected as by a shell.
fn with_redirection(
    client: &Program,
    redirection: &str,
    typed: &[u8],
    server: impl Fn(&UdpSocket, i32),
) -> Output {
    let socket = datagram_at(0).unwrap();
    let port = socket.local_addr().unwrap().port().to_string();
    let mut command = redirected(client, redirection);
    let mut running = Running::start(command.args(["127.0.0.1", &port])).unwrap();
    running.write(typed);
    running.close_stdin();
    server(&socket, running.pid());
    let output = running.finish().unwrap();
    // Nothing is left that the server has not taken.
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 8]).is_err());
    output
}

fn with_server(typed: &[u8], server: impl Fn(&UdpSocket)) -> [Output; 2] {
    twins().map(|client| with_redirection(&client, "", typed, |socket, _| server(socket)))
}

/// A server that never hears of the client.
fn unasked(_: &UdpSocket) {}

/// Both twins have ended like this.
#[track_caller]
fn ended(outputs: &[Output; 2], status: i32, stdout: &str, stderr: &str) {
    for output in outputs {
        assert_eq!(seen(output), (status, stdout.into(), stderr.into()));
    }
}

/// Takes one datagram, which is exactly `line`, and says who sent it.
fn take(socket: &UdpSocket, line: &[u8]) -> SocketAddr {
    let mut buf = vec![0; 65_536];
    let (n, from) = socket.recv_from(&mut buf).unwrap();
    assert!(&buf[..n] == line);
    from
}

/// A line of `len` bytes, its newline included, of all values that a line can have.
fn line(len: usize) -> Vec<u8> {
    let values = (1..=255).filter(|byte| *byte != b'\n').cycle();
    values.take(len - 1).chain([b'\n']).collect()
}

#[test]
fn shows_the_echo_of_a_line() {
    let server = Program::c("udp_echoserv").unwrap().serve(&[]).unwrap();
    for client in twins() {
        let output = client.run(["127.0.0.1", &server.port.to_string()], b"abcdefg\n").unwrap();
        assert_eq!(seen(&output), (0, "입력 : 수신 : abcdefg\n".into(), String::new()));
    }
}

#[test]
fn shows_the_prompt_before_anything_is_typed() {
    for client in twins() {
        let socket = datagram_at(0).unwrap();
        let port = socket.local_addr().unwrap().port().to_string();
        let mut running = client.start(["127.0.0.1", &port]).unwrap();
        running.wait_stdout(PROMPT).unwrap();
        running.write("가나다\n".as_bytes());
        let from = take(&socket, "가나다\n".as_bytes());
        socket.send_to("가나다\n".as_bytes(), from).unwrap();
        let stdout = "입력 : 수신 : 가나다\n".to_string();
        assert_eq!(seen(&running.finish().unwrap()), (0, stdout, String::new()));
    }
}

#[test]
fn sends_one_line_as_one_datagram_and_no_more() {
    let outputs = with_server(b"abcdefg\nhijklmn\n", |socket| {
        let from = take(socket, b"abcdefg\n");
        socket.send_to(b"abcdefg\n", from).unwrap();
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg\n", "");
}

#[test]
fn one_datagram_is_the_whole_answer() {
    for answer in ["", "abc", "abcdefg\nhijklmn\n"] {
        let outputs = with_server(b"abcdefg\n", |socket| {
            let from = take(socket, b"abcdefg\n");
            socket.send_to(answer.as_bytes(), from).unwrap();
            // The client may have ended with the first one.
            let _ = socket.send_to(b"another datagram\n", from);
        });
        ended(&outputs, 0, &format!("입력 : 수신 : {answer}"), "");
    }
}

#[test]
fn without_an_answer_it_gives_up_after_5_seconds() {
    // The client has no connection, so it makes no difference whether somebody listens.
    let silent = datagram_at(0).unwrap();
    let silent = (silent.local_addr().unwrap().port(), silent);
    let nobody = refusing_datagrams().unwrap();
    thread::scope(|threads| {
        for client in twins() {
            for port in [silent.0, nobody.1] {
                let client = client.clone();
                threads.spawn(move || {
                    let start = Instant::now();
                    let output = client.run(["127.0.0.1", &port.to_string()], b"abcdefg\n").unwrap();
                    assert_eq!(seen(&output), (1, PROMPT.into(), NO_ANSWER.into()));
                    assert!(start.elapsed() >= Duration::from_secs(5));
                });
            }
        }
    });
    take(&silent.1, b"abcdefg\n");
    take(&silent.1, b"abcdefg\n");
}

#[test]
fn end_of_input_at_the_prompt_is_no_error() {
    ended(&with_server(b"", unasked), 0, PROMPT, "");
}

#[test]
fn an_empty_line_is_a_line() {
    let outputs = with_server(b"\n", |socket| {
        let from = take(socket, b"\n");
        socket.send_to(b"\n", from).unwrap();
    });
    ended(&outputs, 0, "입력 : 수신 : \n", "");
}

#[test]
fn a_last_line_needs_no_newline() {
    let outputs = with_server(b"abcdefg", |socket| {
        let from = take(socket, b"abcdefg");
        socket.send_to(b"abcdefg", from).unwrap();
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg", "");
}

#[test]
#[cfg(target_os = "linux")] // elsewhere the system may want less in a datagram
fn the_longest_datagram_comes_back_whole() {
    let typed = line(65_507);
    let outputs = with_server(&typed, |socket| {
        let from = take(socket, &typed);
        socket.send_to(&typed, from).unwrap();
    });
    for output in outputs {
        assert_eq!((output.code, output.stderr_text().as_str()), (Some(0), ""));
        assert!(output.stdout == ["입력 : 수신 : ".as_bytes(), &typed].concat());
    }
}

#[test]
fn a_line_that_no_datagram_can_carry_is_not_sent() {
    for len in [65_508, 65_536] {
        let stderr = "sendto fail: Message too long\n\
            데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요.\n";
        ended(&with_server(&line(len), unasked), 1, PROMPT, stderr);
    }
}

#[test]
fn of_a_line_that_is_too_long_nothing_is_sent() {
    for len in [65_537, 65_538, 1 << 20] {
        ended(&with_server(&line(len), unasked), 1, PROMPT, TOO_LONG);
    }
}

#[test]
fn a_nul_is_a_byte_as_any_other() {
    for typed in [&b"abc\0efg\n"[..], b"\0\n", b"\0abcdefg\n", b"abcdefg\0\n", b"ab\0cd", b"\0"] {
        let outputs = with_server(typed, |socket| {
            let from = take(socket, typed);
            socket.send_to(typed, from).unwrap();
        });
        ended(&outputs, 0, &format!("입력 : 수신 : {}", str::from_utf8(typed).unwrap()), "");
    }
}

#[test]
fn a_closed_stdin_is_the_end_of_input_in_rust() {
    // C's socket would be its stdin: open_socket's f1.
    let output = with_redirection(&twins()[0], "<&-", b"", |_, _| {});
    assert_eq!(seen(&output), (0, PROMPT.into(), String::new()));
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_z_and_fg_do_not_end_it() {
    // With SO_RCVTIMEO a stop and continue makes recvfrom fail with EINTR: signal(7).
    let outputs = twins().map(|client| {
        with_redirection(&client, "", b"abcdefg\n", |socket, pid| {
            let from = take(socket, b"abcdefg\n");
            stop_and_continue(pid).unwrap();
            socket.send_to(b"abcdefg\n", from).unwrap();
        })
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg\n", "");
}

#[test]
fn a_stdin_that_cannot_be_read_is_an_error() {
    ended(
        &twins().map(|client| with_redirection(&client, "</", b"", |_, _| {})),
        1,
        PROMPT,
        "stdin fail: Is a directory\n",
    );
}

#[test]
fn a_stdout_that_nobody_reads_ends_it() {
    let outputs = twins().map(|client| with_redirection(&client, READER_GONE, b"abcdefg\n", |_, _| {}));
    ended(&outputs, 128 + 13, "", ""); // SIGPIPE
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let outputs = twins().map(|client| with_redirection(&client, ">/dev/full", b"abcdefg\n", |_, _| {}));
    ended(&outputs, 1, "", "stdout fail: No space left on device\n");
}

#[test]
fn a_closed_stdout_is_no_error_in_rust() {
    // C's socket would be its stdout: open_socket's f1.
    let output = with_redirection(&twins()[0], ">&-", b"", |_, _| {});
    assert_eq!(seen(&output), (0, String::new(), String::new()));
}
