//! What a student sees of the TCP echo client, whatever is typed and whatever the server does.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use labkit::peers::{READER_GONE, accept, listen, received, redirected, refusing, reset, seen, taken};
use labkit::{Output, Program, Running};

const PROMPT: &str = "입력 : ";
const MAXLINE: usize = 65_536;
const TOO_LONG: &str = "한 줄은 65536바이트까지입니다(MAXLINE). 아무것도 보내지 않았습니다.\n";

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_tcp_echocli")).unwrap()
}

fn port(listener: &TcpListener) -> String {
    listener.local_addr().unwrap().port().to_string()
}

/// What each twin leaves behind when `typed` is its input and `server` its server.
fn with_server(typed: &[u8], server: impl Fn(TcpStream)) -> [Output; 2] {
    twins().map(|client| {
        let listener = listen().unwrap();
        let mut running = client.start(["127.0.0.1", &port(&listener)]).unwrap();
        running.write(typed);
        running.close_stdin();
        server(accept(&listener).unwrap());
        running.finish().unwrap()
    })
}

/// Both twins have ended like this.
#[track_caller]
fn ended(outputs: &[Output; 2], status: i32, stdout: &str, stderr: &str) {
    for output in outputs {
        assert_eq!(seen(output), (status, stdout.into(), stderr.into()));
    }
}

/// Takes exactly `line` from the client.
fn take(stream: &mut TcpStream, line: &[u8]) {
    let mut buf = vec![0; line.len()];
    stream.read_exact(&mut buf).unwrap();
    assert!(buf == line);
}

/// A client that sends nothing and closes.
fn sends_nothing(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write); // it may have gone; if it waits for an answer, there is none
    assert_eq!(received(&mut stream).unwrap(), b"");
}

/// A line of `len` bytes, its newline included, of all values that a line can have.
fn line(len: usize) -> Vec<u8> {
    let values = (1..=255).filter(|byte| *byte != b'\n').cycle();
    values.take(len - 1).chain([b'\n']).collect()
}

#[test]
fn shows_the_echo_of_a_line() {
    let server = Program::c("tcp_echoserv").unwrap().serve(&[]).unwrap();
    for client in twins() {
        let output = client.run(["127.0.0.1", &server.port.to_string()], b"abcdefg\n").unwrap();
        assert_eq!(seen(&output), (0, "입력 : 수신 : abcdefg\n".into(), String::new()));
    }
}

#[test]
fn shows_the_prompt_before_anything_is_typed() {
    for client in twins() {
        let listener = listen().unwrap();
        let mut running = client.start(["127.0.0.1", &port(&listener)]).unwrap();
        running.wait_stdout(PROMPT).unwrap();
        running.write("가나다\n".as_bytes());
        let mut stream = accept(&listener).unwrap();
        take(&mut stream, "가나다\n".as_bytes());
        stream.write_all("가나다\n".as_bytes()).unwrap();
        let stdout = "입력 : 수신 : 가나다\n".to_string();
        assert_eq!(seen(&running.finish().unwrap()), (0, stdout, String::new()));
    }
}

#[test]
fn sends_one_line_and_no_more() {
    let outputs = with_server(b"abcdefg\nhijklmn\n", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        stream.write_all(b"abcdefg\n").unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg\n", "");
}

#[test]
fn nobody_listens() {
    let (_held, port) = refusing().unwrap();
    let stderr = "connect fail: Connection refused\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 \
        실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)\n";
    ended(
        &twins().map(|client| client.run(["127.0.0.1", &port.to_string()], b"abcdefg\n").unwrap()),
        1,
        "",
        stderr,
    );
}

#[test]
fn the_server_sends_one_byte_at_a_time() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        for byte in b"abcdefg\n".chunks(1) {
            stream.write_all(byte).unwrap();
            taken(&stream).unwrap();
        }
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg\n", "");
}

#[test]
fn the_server_sends_more_than_was_asked() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        stream.write_all(b"abcdefg\nhijklmn\n").unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg\n", "");
}

#[test]
fn the_server_sends_before_it_is_asked() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        stream.write_all(b"welcome to echo\n").unwrap();
        take(&mut stream, b"abcdefg\n");
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "입력 : 수신 : welcome ", "");
}

#[test]
fn the_server_says_at_once_that_it_has_nothing_to_say() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"abcdefg\n");
    });
    ended(&outputs, 1, PROMPT, "서버가 연결을 먼저 닫아서 8바이트를 받지 못했습니다.\n");
}

#[test]
fn the_server_closes_after_some_bytes() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        stream.write_all(b"abc").unwrap();
    });
    ended(&outputs, 1, PROMPT, "서버가 연결을 먼저 닫아서 5바이트를 받지 못했습니다.\n");
}

#[test]
fn the_server_closes_without_reading() {
    // Which call it is that fails first is for the two kernels to say.
    for typed in [line(8), line(MAXLINE)] {
        for output in with_server(&typed, drop) {
            let (status, stdout, stderr) = seen(&output);
            assert_eq!((status, stdout.as_str()), (1, PROMPT), "{stderr}");
            let missing = format!("서버가 연결을 먼저 닫아서 {}바이트를 받지 못했습니다.\n", typed.len());
            let failures = [
                "write fail: Connection reset by peer\n",
                "write fail: Broken pipe\n",
                "read fail: Connection reset by peer\n",
                &missing,
            ];
            assert!(failures.contains(&stderr.as_str()), "{stderr}");
        }
    }
}

#[test]
fn the_server_resets() {
    let outputs = with_server(b"abcdefg\n", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        reset(stream).unwrap();
    });
    ended(&outputs, 1, PROMPT, "read fail: Connection reset by peer\n");
}

#[test]
fn the_server_resets_in_the_middle_of_a_long_line() {
    for output in with_server(&line(MAXLINE), |mut stream| {
        stream.read_exact(&mut [0]).unwrap();
        reset(stream).unwrap();
    }) {
        let (status, stdout, stderr) = seen(&output);
        assert_eq!((status, stdout.as_str()), (1, PROMPT), "{stderr}");
        let failures = [
            "write fail: Connection reset by peer\n",
            "write fail: Broken pipe\n",
            "read fail: Connection reset by peer\n",
        ];
        assert!(failures.contains(&stderr.as_str()), "{stderr}");
    }
}

#[test]
fn end_of_input_at_the_prompt_is_no_error() {
    let outputs = with_server(b"", sends_nothing);
    ended(&outputs, 0, PROMPT, "");
}

#[test]
fn an_empty_line_is_a_line() {
    let outputs = with_server(b"\n", |mut stream| {
        take(&mut stream, b"\n");
        stream.write_all(b"\n").unwrap();
    });
    ended(&outputs, 0, "입력 : 수신 : \n", "");
}

#[test]
fn a_last_line_needs_no_newline() {
    let outputs = with_server(b"abcdefg", |mut stream| {
        take(&mut stream, b"abcdefg");
        stream.write_all(b"abcdefg").unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    ended(&outputs, 0, "입력 : 수신 : abcdefg", "");
}

#[test]
fn the_longest_line_comes_back_whole() {
    let with_newline = line(MAXLINE);
    let without = [&with_newline[..MAXLINE - 1], b"$"].concat();
    for typed in [with_newline, without] {
        let outputs = with_server(&typed, |mut stream| {
            take(&mut stream, &typed);
            stream.write_all(&typed).unwrap();
        });
        for output in outputs {
            assert_eq!((output.code, output.stderr_text().as_str()), (Some(0), ""));
            assert!(output.stdout == ["입력 : 수신 : ".as_bytes(), &typed].concat());
        }
    }
}

#[test]
fn of_a_line_that_is_too_long_nothing_is_sent() {
    for len in [MAXLINE + 1, MAXLINE + 2, 1 << 20] {
        let outputs = with_server(&line(len), sends_nothing);
        ended(&outputs, 1, PROMPT, TOO_LONG);
    }
}

#[test]
fn a_nul_is_a_byte_as_any_other() {
    for typed in [&b"abc\0efg\n"[..], b"\0\n", b"\0abcdefg\n", b"abcdefg\0\n", b"ab\0cd", b"\0"] {
        let outputs = with_server(typed, |mut stream| {
            take(&mut stream, typed);
            stream.write_all(typed).unwrap();
            assert_eq!(received(&mut stream).unwrap(), b"");
        });
        ended(&outputs, 0, &format!("입력 : 수신 : {}", str::from_utf8(typed).unwrap()), "");
    }
}

/// What `client` leaves behind with a shell's redirection.
fn with_redirection(client: &Program, redirection: &str, server: impl Fn(TcpStream)) -> Output {
    let listener = listen().unwrap();
    let mut command = redirected(client, redirection);
    let mut running = Running::start(command.args(["127.0.0.1", &port(&listener)])).unwrap();
    running.write(b"abcdefg\n");
    running.close_stdin();
    server(accept(&listener).unwrap());
    running.finish().unwrap()
}

#[test]
fn a_closed_stdin_is_the_end_of_input_in_rust() {
    // C's socket would be its stdin: open_socket's f1.
    let output = with_redirection(&twins()[0], "<&-", |mut stream| {
        let _ = stream.write_all(b"never typed\n"); // the client may have gone
        sends_nothing(stream);
    });
    assert_eq!(seen(&output), (0, PROMPT.into(), String::new()));
}

#[test]
fn a_stdin_that_cannot_be_read_is_an_error() {
    let outputs = twins().map(|client| with_redirection(&client, "</", sends_nothing));
    ended(&outputs, 1, PROMPT, "stdin fail: Is a directory\n");
}

#[test]
fn a_stdout_that_nobody_reads_ends_it() {
    let outputs = twins().map(|client| with_redirection(&client, READER_GONE, sends_nothing));
    ended(&outputs, 128 + 13, "", ""); // SIGPIPE
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let outputs = twins().map(|client| with_redirection(&client, ">/dev/full", sends_nothing));
    ended(&outputs, 1, "", "stdout fail: No space left on device\n");
}

#[test]
fn with_a_closed_stdout_the_server_gets_the_line_and_nothing_else_in_rust() {
    // C's socket would be its stdout: open_socket's f1.
    let output = with_redirection(&twins()[0], ">&-", |mut stream| {
        take(&mut stream, b"abcdefg\n");
        stream.write_all(b"abcdefg\n").unwrap();
        assert_eq!(received(&mut stream).unwrap(), b"");
    });
    assert_eq!(seen(&output), (0, String::new(), String::new()));
}
