#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::pipe;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use labkit::{Program, twins};

const OUTPUT: &str = "\
/etc/passwd's file descriptor = 3
stream socket descriptor = 4
datagram socket descriptor = 5
/etc/host's file descriptor = 6
";

#[test]
fn the_four_descriptors_are_3_4_5_6() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        let output = program.run([""; 0], b"").unwrap();
        assert_eq!(
            (output.stdout_text().as_str(), output.stderr_text().as_str(), output.code),
            (OUTPUT, "", Some(0))
        );
    }
}

#[test]
fn also_from_a_shell() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        let output = Program::at("sh").run(["-c".as_ref(), program.path.as_os_str()], b"").unwrap();
        assert_eq!(output.stdout_text(), OUTPUT);
    }
}

#[test]
fn a_failing_call_is_perrors_line_and_exit_status_1() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        // 0 to 4 may be open: the datagram socket is one too many.
        let script = format!("ulimit -n 5; exec {}", program.path.display());
        let output = Program::at("sh").run(["-c", &script], b"").unwrap();
        assert_eq!(output.stderr_text(), "socket fail: Too many open files\n");
        assert_eq!(output.code, Some(1));
    }
}

#[test]
fn a_closed_stdout_ends_it_without_a_panic() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = Command::new(&program.path);
        let output =
            command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.signal(), Some(libc::SIGPIPE));
    }
}

#[test]
#[cfg(target_os = "linux")] // /dev/full is Linux's
fn what_cannot_be_written_is_an_error() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        let script = format!("exec {} > /dev/full", program.path.display());
        let output = Program::at("sh").run(["-c", &script], b"").unwrap();
        assert_eq!(output.stderr_text(), "stdout fail: No space left on device\n");
        assert_eq!(output.code, Some(1));
    }
}
