//! What the daytime server's clients see, whatever they do.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddrV4, TcpListener};
use std::process::Command;
use std::{mem, ptr};

use labkit::peers::{connect, received, reset, seen, steady, stop};
use labkit::{Program, Server, Transport};

const IN_USE: &str = "bind fail: Address already in use\n다른 서버가 이 포트를 사용하고 있거나, TCP라면 \
    방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요.\n";

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_daytimeserv")).unwrap()
}

fn listening(port: u16) -> String {
    format!("0.0.0.0:{port}에서 연결을 기다립니다.\n")
}

/// Seconds since 1970, from the server's own clock: SystemTime's is a few milliseconds ahead of it.
fn now() -> i64 {
    // SAFETY: with NULL, time only gives the time.
    unsafe { libc::time(ptr::null_mut()) }
}

/// `Mon Feb 26 11:00:21 2007` and the end of the line, for a time in UTC.
fn daytime(time: i64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // SAFETY: tm is plain integers and a pointer that may be null.
    let mut tm: libc::tm = unsafe { mem::zeroed() };
    // SAFETY: both live until gmtime_r returns.
    unsafe { libc::gmtime_r(&raw const time, &raw mut tm) };
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}\r\n",
        DAYS[tm.tm_wday as usize],
        MONTHS[tm.tm_mon as usize],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        1900 + tm.tm_year
    )
}

#[test]
fn the_slides_time_has_the_slides_form() {
    assert_eq!(daytime(1_172_487_621), "Mon Feb 26 11:00:21 2007\r\n");
    assert_eq!(daytime(0), "Thu Jan  1 00:00:00 1970\r\n");
}

/// A client that gets the time, `offset` seconds from UTC, as one line and then the end.
fn ask(server: SocketAddrV4, offset: i64) {
    let before = now();
    let answer = String::from_utf8(received(&mut connect(server).unwrap()).unwrap()).unwrap();
    let after = now();
    assert!((before..=after).any(|time| daytime(time + offset) == answer), "{answer:?}");
}

/// Starts a server in a time zone in the form of POSIX: tzset(3).
fn serve(program: &Program, tz: &str) -> Server {
    Server::start(Transport::Tcp, |port| {
        let mut command = Command::new(&program.path);
        command.env("TZ", tz).arg(port.to_string());
        command
    })
    .unwrap()
}

/// Lets the clients of `scenario` loose on each twin: a few of them, then `n`. Each time the next client is served, and
/// the many leave the server no more descriptors and memory than the few did. It complains of nothing but `complaints`.
fn survives(n: usize, complaints: &[&str], scenario: impl Fn(SocketAddrV4, usize)) {
    for program in twins() {
        let server = serve(&program, "UTC0");
        scenario(server.addr(), n / 100);
        ask(server.addr(), 0);
        steady(server.pid(), || {
            scenario(server.addr(), n);
            ask(server.addr(), 0);
        })
        .unwrap();

        let port = server.port;
        let (status, stdout, stderr) = seen(&stop(server).unwrap());
        assert_eq!((status, stdout.as_str()), (143, ""));
        let rest = stderr.strip_prefix(&listening(port)).unwrap();
        assert!(rest.lines().all(|line| complaints.contains(&line)), "{rest}");
    }
}

#[test]
fn tells_ten_thousand_clients_in_a_row_the_time() {
    survives(10_000, &[], |server, n| (0..n).for_each(|_| ask(server, 0)));
}

#[test]
fn tells_the_time_of_its_time_zone() {
    for (tz, offset) in [("UTC0", 0), ("KST-9", 9 * 3600), ("NST3:30", -3 * 3600 - 1800)] {
        for program in twins() {
            ask(serve(&program, tz).addr(), offset);
        }
    }
}

#[test]
fn throws_away_what_a_client_sends() {
    survives(1000, &[], |server, n| {
        for _ in 0..n {
            let mut client = connect(server).unwrap();
            // The server may have closed by now; it answers all the same.
            let _ = client.write_all(b"What time is it?\n");
            assert_eq!(received(&mut client).unwrap().len(), 26);
        }
    });
}

#[test]
fn outlives_clients_that_do_not_wait_for_their_answer() {
    let gone = ["write fail: Connection reset by peer", "write fail: Broken pipe"];
    survives(1000, &gone, |server, n| {
        for _ in 0..n {
            reset(connect(server).unwrap()).unwrap();
            drop(connect(server).unwrap());
            ask(server, 0); // so that no more wait than its backlog lets
        }
    });
}

#[test]
fn a_client_that_reads_nothing_keeps_nobody_waiting() {
    survives(1000, &[], |server, n| {
        for _ in 0..n {
            let mut first = connect(server).unwrap();
            ask(server, 0);
            assert_eq!(first.read(&mut [0; 64]).unwrap(), 26);
        }
    });
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
        let server = serve(&program, "UTC0");
        let port = server.port.to_string();
        ask(server.addr(), 0); // the server closes first, with every client
        stop(server).unwrap();
        assert_eq!(seen(&program.run([&port], b"").unwrap()), (1, String::new(), IN_USE.into()));
    }
}
