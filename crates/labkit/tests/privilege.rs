//! Which port a program gets that is given none: slide 6. A server and its client meet, whoever starts them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::peers::{
    missing_private_shell, missing_privileged_ports, private_shell, run_as_ordinary_user, seen,
};
use labkit::{Program, run_trials, trial};

fn main() {
    let missing = missing_private_shell();
    run_trials(vec![
        trial("an_ordinary_user_may_not_bind_a_privileged_port", missing_privileged_ports(), denied),
        trial("without_a_port_an_ordinary_user_gets_10000_more", missing.clone(), ordinary_user),
        trial("without_a_port_who_may_bind_it_gets_port_7", missing, who_may_bind),
    ]);
}

/// A server, what it waits for, its client, and their port.
const PAIRS: [(&str, &str, &str, u16); 5] = [
    ("tcp_echoserv", "연결을", "tcp_echocli", 7),
    ("tcp_echoserv", "연결을", "port_number", 7),
    ("udp_echoserv", "데이터그램을", "udp_echocli", 7),
    ("udp_echoserv", "데이터그램을", "connected_udp", 7),
    ("daytimeserv", "연결을", "mydaytime", 13),
];

fn denied() {
    let stderr = "bind fail: Permission denied\n1023번 이하의 포트는 root만 쓸 수 있습니다. 1024번 이상의 포트를 \
        인자로 주거나 scripts/lab 안에서 실행하세요.\n";
    for name in ["tcp_echoserv", "udp_echoserv", "daytimeserv"] {
        for program in [Program::rust(name).unwrap(), Program::c(name).unwrap()] {
            let output = run_as_ordinary_user(&program, &["1"]).unwrap();
            assert_eq!(seen(&output), (1, String::new(), stderr.into()), "{}", program.path.display());
        }
    }
}

fn ordinary_user() {
    for (server, waits_for, client, port) in PAIRS {
        let says = format!("{port}번 포트는 root만 쓸 수 있으므로 {}번을 씁니다.\n", 10_000 + port);
        meet(
            server,
            client,
            false,
            &says,
            &format!("0.0.0.0:{}에서 {waits_for} 기다립니다.\n", 10_000 + port),
        );
    }
}

fn who_may_bind() {
    for (server, waits_for, client, port) in PAIRS {
        meet(server, client, true, "", &format!("0.0.0.0:{port}에서 {waits_for} 기다립니다.\n"));
    }
}

/// Both are started without a port. Both say of it what they have to, and the server that it waits.
fn meet(server: &str, client: &str, may_bind: bool, says: &str, waits: &str) {
    let both = |name| [Program::rust(name).unwrap(), Program::c(name).unwrap()];
    for (server, client) in both(server).into_iter().zip(both(client)) {
        let mut shell = private_shell(may_bind).unwrap();
        shell.write(format!("'{}' &\n", server.path.display()).as_bytes());
        assert_eq!(shell.wait_stderr("기다립니다.\n").unwrap(), format!("{says}{waits}"));
        shell.write(format!("echo abcdefg | '{}' 127.0.0.1\n", client.path.display()).as_bytes());
        let (status, stdout, stderr) = seen(&shell.finish().unwrap());
        assert_eq!((status, stderr), (0, format!("{says}{waits}{says}")), "{}", client.path.display());
        let answered = match client.name().as_str() {
            "mydaytime" => stdout.len() == 26 && stdout.ends_with("\r\n"),
            "port_number" => stdout.lines().count() == 2,
            _ => stdout.contains("수신 : abcdefg\n"),
        };
        assert!(answered, "{}: {stdout}", client.path.display());
    }
}
