//! A change to any one file of any program turns its row red: each change is made to a copy of the workspace, checked, and
//! undone. A change that nobody notices is a failing test.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Mutex;
use std::{fs, thread};

use labkit::{Workspace, root, run_trials, trial_with};
use mirror::PROGRAMS;
use mirror::report::{self, Report};

/// A program, the language of the file, what stands there, what is put in its place.
type Change = (&'static str, &'static str, &'static str, &'static str);

const CHANGES: [Change; 44] = [
    ("open_socket", "c", "socket(PF_INET, SOCK_STREAM, 0)", "socket(PF_INET, SOCK_DGRAM, 0)"),
    ("open_socket", "rust", "[fd1, sd1, sd2, fd2]", "[fd1, sd2, sd1, fd2]"),
    ("open_socket", "c", "// 3. socket: a stream socket", "// 3. socket: one stream socket"),
    ("open_socket", "rust", "    // 6. close: files and sockets alike\n", ""),
    ("open_socket", "rust", "\"/etc/hosts\"", "\"/etc/passwd\""),
    ("getdtablesize", "c", "getdtablesize() = %d", "getdtablesize = %d"),
    ("getdtablesize", "rust", "getdtablesize() }", "getdtablesize() + 1 }"),
    (
        "byte_order",
        "c",
        "(호스트 순서) : %d\\n\", ntohs(servent->s_port)",
        "(호스트 순서) : %d\\n\", servent->s_port",
    ),
    ("byte_order", "rust", "c\"echo\"", "c\"daytime\""),
    ("byte_order", "rust", "(네트워크 순서) : {}", "(네트워크 순서): {}"),
    ("ascii_ip", "c", "0x%X\\n\", args.ip", "0x%08X\\n\", args.ip"),
    ("ascii_ip", "rust", "INET_ADDRSTRLEN]", "INET_ADDRSTRLEN - 1]"),
    ("get_hostent", "c", "IP주소(%d번째) : %s\\n\", i + 1", "IP주소(%d번째) : %s\\n\", i"),
    ("get_hostent", "rust", "hp.h_length", "hp.h_addrtype"),
    ("get_host_byaddr", "c", "호스트 이름 : %s\\n", "호스트 이름 : %s"),
    ("get_host_byaddr", "rust", "호스트 이름 : ", "호스트 이름: "),
    ("mydaytime", "c", "read(s, buf, sizeof(buf))", "read(s, buf, sizeof(buf) - 1)"),
    ("mydaytime", "rust", "close(s).or_fail(\"close fail\")?;", "std::mem::forget(s);"),
    ("mydaytime", "c", "fail(\"connect fail\")", "fail(\"connect\")"),
    ("mydaytime", "rust", "            0 => break,\n", "            n if n < 26 => break,\n"),
    ("tcp_echocli", "c", "char buf[MAXLINE]", "char buf[MAXLINE / 2]"),
    ("tcp_echocli", "c", "if (writen(s, buf, n) < 0)", "if (send(s, buf, n, 0) < 0)"),
    ("tcp_echocli", "c", "signal(SIGPIPE, SIG_IGN);", "signal(SIGPIPE, SIG_DFL);"),
    ("tcp_echocli", "rust", "&mut buf[nread..n]", "&mut buf[nread..]"),
    ("tcp_echocli", "rust", "바이트를 받지 못했습니다", "바이트를 못 받았습니다"),
    ("tcp_echocli", "rust", "\"수신 : \"", "\"수신: \""),
    ("port_number", "c", "listen(listen_sock, 5)", "listen(listen_sock, 6)"),
    (
        "port_number",
        "c",
        "\"스트림 소켓 포트번호 = %d\\n\", ntohs(cliaddr.sin_port)",
        "\"스트림 소켓 포트번호 = %d\\n\", cliaddr.sin_port",
    ),
    (
        "port_number",
        "rust",
        "ntohs(cliaddr.as_ref().sin_port))?;\n\n    // 6",
        "cliaddr.as_ref().sin_port)?;\n\n    // 6",
    ),
    ("port_number", "rust", "b\"\", &SockaddrIn", "b\"?\", &SockaddrIn"),
    ("tcp_echoserv", "c", "read(accp_sock, buf, MAXLINE)", "read(accp_sock, buf, MAXLINE / 2)"),
    ("tcp_echoserv", "c", "listen(listen_sock, 5)", "listen(listen_sock, 10)"),
    ("tcp_echoserv", "c", "perror(\"echo fail\");", "fail(\"echo fail\");"),
    ("tcp_echoserv", "rust", "htonl(INADDR_ANY)", "htonl(libc::INADDR_LOOPBACK)"),
    (
        "tcp_echoserv",
        "rust",
        "if close(accp_sock).is_err() {",
        "std::mem::forget(accp_sock);\n        if false {",
    ),
    ("udp_echocli", "c", "setsockopt(s, SOL_SOCKET, SO_RCVTIMEO", "setsockopt(s, SOL_SOCKET, SO_SNDTIMEO"),
    ("udp_echocli", "rust", "buf.as_mut_ptr().cast(), MAXLINE, 0", "buf.as_mut_ptr().cast(), MAXLINE - 1, 0"),
    ("udp_echoserv", "c", "recvfrom(s, buf, MAXLINE, 0", "recvfrom(s, buf, 1024, 0"),
    ("udp_echoserv", "rust", "&buf[..nbyte as usize]", "&buf[..(nbyte as usize).saturating_sub(1)]"),
    ("connected_udp", "c", "#define NOBODY 1 ", "#define NOBODY 2 "),
    ("connected_udp", "rust", "AF_UNSPEC as sa_family_t", "AF_INET as sa_family_t"),
    ("connected_udp", "rust", "통신 상대가 바뀌었습니다", "상대가 바뀌었습니다"),
    ("daytimeserv", "c", "\"\\r\\n\", 2", "\"\\n\\n\", 2"),
    ("daytimeserv", "rust", "writen(&accp_sock, &buf[..26])", "writen(&accp_sock, &buf[..25])"),
];

fn main() {
    run_trials(vec![
        trial_with(&["strace", "cc"], "each_change_turns_its_row_red", each_change_turns_its_row_red),
        trial_with(&["strace", "cc"], "a_change_turns_no_other_row_red", a_change_turns_no_other_row_red),
    ])
}

/// A copy of the lecture programs, built.
fn copy(folder: &Path) -> Workspace {
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    copy_tree(&root().join("crates"), &folder.join("crates"));
    Workspace::at(folder)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Makes a change, runs `check`, undoes the change.
fn with_change<T>(workspace: &Workspace, change: &Change, check: impl FnOnce() -> T) -> T {
    let (program, language, from, to) = change;
    let file = if *language == "c" { format!("{program}.c") } else { "src/main.rs".into() };
    let path = workspace.root.join("crates").join(program).join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{change:?}: not in the file");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let result = check();
    fs::write(&path, text).unwrap();
    result
}

fn each_change_turns_its_row_red() {
    assert!(
        PROGRAMS.iter().all(|program| CHANGES.iter().any(|change| change.0 == *program)),
        "a program without changes"
    );
    let next = Mutex::new(CHANGES.iter());
    let survivors = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                let workspace = copy(folder.path());
                loop {
                    let Some(change) = next.lock().unwrap().next() else { break };
                    let report = with_change(&workspace, change, || {
                        if change.1 == "rust" {
                            workspace.build().unwrap();
                        }
                        report::check(&workspace, change.0, true)
                    });
                    // What no longer compiles is noticed too, but not by what this test is about.
                    let report = report.unwrap_or_else(|error| panic!("{change:?}: {error}"));
                    if report.green() {
                        survivors.lock().unwrap().push(change);
                    }
                }
            });
        }
    });
    let survivors = survivors.into_inner().unwrap();
    assert!(survivors.is_empty(), "nobody notices: {survivors:#?}");
}

fn a_change_turns_no_other_row_red() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = copy(folder.path());
    workspace.build().unwrap();
    let change = CHANGES.iter().find(|change| change.0 == "tcp_echoserv" && change.1 == "c").unwrap();
    let reports: Vec<Report> = with_change(&workspace, change, || {
        PROGRAMS.into_iter().map(|program| report::check(&workspace, program, true).unwrap()).collect()
    });
    let red: Vec<&Report> = reports.iter().filter(|report| !report.green()).collect();
    assert!(matches!(red[..], [report] if report.program == "tcp_echoserv"), "{red:#?}");
}
