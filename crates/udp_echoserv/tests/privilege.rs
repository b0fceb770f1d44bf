//! Which port udp_echoserv gets from whom: slide 6.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::peers::{
    missing_private_shell, missing_privileged_ports, private_shell, run_as_ordinary_user, seen,
};
use labkit::{Program, run_trials, trial};

fn main() {
    let missing = missing_private_shell();
    run_trials(vec![
        trial("an_ordinary_user_may_not_bind_a_privileged_port", missing_privileged_ports(), denied),
        trial(
            "without_a_port_an_ordinary_user_gets_10000_more",
            missing.clone(),
            default_port_of_ordinary_user,
        ),
        trial("without_a_port_who_may_bind_it_gets_port_7", missing, default_port),
    ]);
}

fn twins() -> [Program; 2] {
    labkit::twins(env!("CARGO_BIN_EXE_udp_echoserv")).unwrap()
}

fn denied() {
    for program in twins() {
        let stderr = "bind fail: Permission denied\n1023번 이하의 포트는 root만 쓸 수 있습니다. 1024번 이상의 포트를 \
            인자로 주거나 scripts/lab 안에서 실행하세요.\n";
        let output = run_as_ordinary_user(&program, &["1"]).unwrap();
        assert_eq!(seen(&output), (1, String::new(), stderr.into()));
    }
}

fn default_port_of_ordinary_user() {
    let says = "7번 포트는 root만 쓸 수 있으므로 10007번을 씁니다.\n";
    for program in twins() {
        meets_its_client(
            &program,
            false,
            &format!("{says}0.0.0.0:10007에서 데이터그램을 기다립니다.\n"),
            says,
        );
    }
}

fn default_port() {
    for program in twins() {
        meets_its_client(&program, true, "0.0.0.0:7에서 데이터그램을 기다립니다.\n", "");
    }
}

/// Both are started without a port; the server says what is expected, and then the client.
fn meets_its_client(server: &Program, may_bind: bool, server_says: &str, client_says: &str) {
    let client = Program::c("udp_echocli").unwrap();
    let mut shell = private_shell(may_bind).unwrap();
    shell.write(format!("'{}' &\n", server.path.display()).as_bytes());
    assert_eq!(shell.wait_stderr("기다립니다.\n").unwrap(), server_says);
    shell.write(format!("echo abcdefg | '{}' 127.0.0.1\n", client.path.display()).as_bytes());
    let (status, stdout, stderr) = seen(&shell.finish().unwrap());
    assert_eq!((status, stderr), (0, format!("{server_says}{client_says}")));
    assert_eq!(stdout, "입력 : 수신 : abcdefg\n");
}
