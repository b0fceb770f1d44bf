//! Which port port_number takes when it is given none: its server's, slide 6.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::peers::{missing_private_shell, private_shell, seen};
use labkit::{Program, run_trials, trial};

fn main() {
    let missing = missing_private_shell();
    run_trials(vec![
        trial(
            "without_a_port_an_ordinary_user_gets_10000_more",
            missing.clone(),
            default_port_of_ordinary_user,
        ),
        trial("without_a_port_who_may_bind_it_gets_port_7", missing, default_port),
    ]);
}

fn default_port_of_ordinary_user() {
    meets_its_server(false, "7번 포트는 root만 쓸 수 있으므로 10007번을 씁니다.\n");
}

fn default_port() {
    meets_its_server(true, "");
}

/// Both are started without a port; both say that of it.
fn meets_its_server(may_bind: bool, says: &str) {
    let server = Program::c("tcp_echoserv").unwrap();
    for client in labkit::twins(env!("CARGO_BIN_EXE_port_number")).unwrap() {
        let mut shell = private_shell(may_bind).unwrap();
        shell.write(format!("'{}' &\n", server.path.display()).as_bytes());
        let server_says = shell.wait_stderr("기다립니다.\n").unwrap();
        assert!(server_says.starts_with(says), "{server_says}");
        shell.write(format!("echo abcdefg | '{}' 127.0.0.1\n", client.path.display()).as_bytes());
        let (status, stdout, stderr) = seen(&shell.finish().unwrap());
        assert_eq!((status, stderr), (0, format!("{server_says}{says}")));
        assert_eq!(stdout.lines().count(), 2, "{stdout}");
    }
}
