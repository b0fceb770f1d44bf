//! What a student sees of the daytime client, whatever the server does.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::net::TcpStream;

use labkit::peers::{READER_GONE, accept, listen, received, redirected, refusing, reset, seen, taken};
use labkit::{Output, Program, Running};

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_mydaytime")).unwrap()
}

/// What each twin leaves behind when `server` is its server and its stdio is redirected as by a shell.
fn with_redirection(redirection: &str, server: impl Fn(TcpStream)) -> [Output; 2] {
    twins().map(|client| {
        let listener = listen().unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let running = Running::start(redirected(&client, redirection).args(["127.0.0.1", &port])).unwrap();
        server(accept(&listener).unwrap());
        running.finish().unwrap()
    })
}

fn with_server(server: impl Fn(TcpStream)) -> [Output; 2] {
    with_redirection("", server)
}

/// Both twins have ended like this.
#[track_caller]
fn ended(outputs: &[Output; 2], status: i32, stdout: &str, stderr: &str) {
    for output in outputs {
        assert_eq!(seen(output), (status, stdout.into(), stderr.into()));
    }
}

#[test]
fn shows_the_time_of_daytimeserv() {
    let server = Program::c("daytimeserv").unwrap().serve(&[]).unwrap();
    for client in twins() {
        let output = client.run(["127.0.0.1", &server.port.to_string()], b"").unwrap();
        let (status, stdout, stderr) = seen(&output);
        assert_eq!((status, stderr.as_str()), (0, ""));
        assert_eq!(stdout.len(), "Mon Feb 26 11:00:21 2007\r\n".len());
        assert!(stdout.ends_with("\r\n"), "{stdout:?}");
    }
}

#[test]
fn nobody_listens() {
    let (_held, port) = refusing().unwrap();
    let stderr = "connect fail: Connection refused\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 \
        실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
    let outputs = twins().map(|client| client.run(["127.0.0.1", &port.to_string()], b"").unwrap());
    ended(&outputs, 1, "", stderr);
}

#[test]
fn the_answer_comes_in_pieces() {
    let outputs = with_server(|mut stream| {
        for piece in b"Mon Feb 26 11:00:21 2007\r\n".chunks(8) {
            stream.write_all(piece).unwrap();
            taken(&stream).unwrap();
        }
    });
    ended(&outputs, 0, "Mon Feb 26 11:00:21 2007\r\n", "");
}

/// A pipe is no terminal: C's printf keeps what it has until its buffer is full or the program ends, Rust's stdout gives
/// each line away. Who is killed before the server's end shows which.
#[test]
#[cfg(target_os = "linux")] // where proc(5) shows that it waits again
fn into_a_pipe_rust_prints_each_line_at_once_and_c_at_the_end() {
    let printed = twins().map(|client| {
        let listener = listen().unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let running = client.start(["127.0.0.1", &port]).unwrap();
        let mut stream = accept(&listener).unwrap();
        stream.write_all(b"Mon Feb 26 11:00:21 2007\r\n").unwrap();
        taken(&stream).unwrap();
        let stat = format!("/proc/{}/stat", running.pid());
        let waits = || Ok(std::fs::read_to_string(&stat)?.contains(") S ").then_some(()));
        labkit::until("a client that waits for more", waits).unwrap();
        running.signal(nix::sys::signal::Signal::SIGKILL).unwrap();
        running.finish().unwrap().stdout_text()
    });
    assert_eq!(printed, ["Mon Feb 26 11:00:21 2007\r\n", ""]);
}

#[test]
fn the_answer_has_no_newline() {
    let outputs = with_server(|mut stream| stream.write_all(b"Mon Feb 26").unwrap());
    ended(&outputs, 0, "Mon Feb 26", "");
}

#[test]
fn the_answer_is_empty() {
    ended(&with_server(drop), 0, "", "");
}

#[test]
fn the_answer_is_1_mib_of_all_byte_values() {
    let answer: Vec<u8> = (0..1 << 20).map(|i: usize| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect();
    for output in with_server(|mut stream| stream.write_all(&answer).unwrap()) {
        assert_eq!((output.code, output.stderr_text().as_str()), (Some(0), ""));
        assert!(output.stdout == answer);
    }
}

#[test]
fn it_sends_nothing() {
    let outputs = with_server(|mut stream| {
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "", "");
}

#[test]
fn the_server_resets() {
    let outputs = with_server(|stream| reset(stream).unwrap());
    ended(&outputs, 1, "", "read fail: Connection reset by peer\n");
}

#[test]
fn a_closed_stdin_is_nothing_to_it() {
    let outputs = with_redirection("<&-", |mut stream| stream.write_all(b"now\r\n").unwrap());
    ended(&outputs, 0, "now\r\n", "");
}

#[test]
fn a_stdout_that_nobody_reads_ends_it() {
    // It takes SIGPIPE as any program that is not told otherwise.
    for len in [26, 1 << 20] {
        let outputs = with_redirection(READER_GONE, |mut stream| {
            let _ = stream.write_all(&vec![b'x'; len]); // it need not read all of that
        });
        ended(&outputs, 128 + 13, "", "");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    for len in [26, 1 << 20] {
        let outputs = with_redirection(">/dev/full", |mut stream| {
            let _ = stream.write_all(&vec![b'x'; len]); // as above
        });
        ended(&outputs, 1, "", "stdout fail: No space left on device\n");
    }
}

#[test]
fn with_a_closed_stdout_it_sends_nothing_to_the_server() {
    let outputs = with_redirection(">&-", |mut stream| {
        stream.write_all(b"Mon Feb 26 11:00:21 2007\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, outputs[0].code.unwrap(), "", "");
}
