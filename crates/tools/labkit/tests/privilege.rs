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
        trial("without_a_port_anybody_gets_10000_more", missing.clone(), anybody),
        trial(
            "without_a_port_it_is_7_where_everybody_may_bind_it",
            missing.clone(),
            where_everybody_may_bind_it,
        ),
        trial("without_a_port_it_is_7_in_the_practice_network", missing, in_the_practice_network),
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
    let stderr = "bind fail: Permission denied\n이 포트에 bind하려면 권한(CAP_NET_BIND_SERVICE, 보통 root)이 필요합니다. \
        1024번 이상의 포트를 인자로 주거나 scripts/lab 안에서 실행하세요.\n";
    for name in ["tcp_echoserv", "udp_echoserv", "daytimeserv"] {
        for program in [Program::rust(name).unwrap(), Program::c(name).unwrap()] {
            let output = run_as_ordinary_user(&program, &["1"]).unwrap();
            assert_eq!(seen(&output), (1, String::new(), stderr.into()), "{}", program.path.display());
        }
    }
}

/// Whoever they are: the server may be root's, who could have port 7, and the client anybody's.
fn anybody() {
    for (server, waits_for, client, port) in PAIRS {
        let says = format!(
            "{port}번 포트에 bind하려면 권한이 필요하므로(연결할 때는 필요 없음) 서버와 클라이언트 모두 {}번을 사용합니다.\n",
            10_000 + port
        );
        let waits = format!("0.0.0.0:{}에서 {waits_for} 기다립니다.\n", 10_000 + port);
        for setup in ["", "drop='unshare --user'"] {
            meet(server, client, setup, &says, &waits);
        }
    }
}

fn where_everybody_may_bind_it() {
    let everybody = "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start; drop='unshare --user'";
    for (server, waits_for, client, port) in PAIRS {
        let waits = format!("0.0.0.0:{port}에서 {waits_for} 기다립니다.\n");
        meet(server, client, everybody, "", &waits);
    }
}

fn in_the_practice_network() {
    for (server, waits_for, client, port) in PAIRS {
        let waits = format!("0.0.0.0:{port}에서 {waits_for} 기다립니다.\n");
        meet(server, client, "export PRACTICE_NETWORK=1", "", &waits);
    }
}

/// Both are started without a port after `setup`, the client by `$drop`. Both say of it what they have to, and the server
/// that it waits.
fn meet(server: &str, client: &str, setup: &str, says: &str, waits: &str) {
    let both = |name| [Program::rust(name).unwrap(), Program::c(name).unwrap()];
    for (server, client) in both(server).into_iter().zip(both(client)) {
        let mut shell = private_shell().unwrap();
        shell.write(format!("{setup}\n'{}' &\n", server.path.display()).as_bytes());
        assert_eq!(shell.wait_stderr("기다립니다.\n").unwrap(), format!("{says}{waits}"));
        shell.write(format!("echo abcdefg | $drop '{}' 127.0.0.1\n", client.path.display()).as_bytes());
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
