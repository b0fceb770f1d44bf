//! A change to any one file of any program turns its row red. Each is made in a workspace of its own, which has all other
//! files, and all that is built of them, from this one. A change that nobody notices is a failing test.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use labkit::{Workspace, run_trials, trial_with};
use mirror::report;
use mirror::scenes::{self, Scene, With};
use mirror::{PROGRAMS, faults};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde_json::{Value, json};

/// A program, the language of the file, what stands there, what is put in its place.
type Change = (&'static str, &'static str, &'static str, &'static str);

const CHANGES: [Change; 64] = [
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
    ("ascii_ip", "rust", "inet_pton({ip}) = 0x{:X}", "inet_pton({ip}) = 0x{:x}"),
    ("get_hostent", "c", "IP주소(%d번째) : %s\\n\", i + 1", "IP주소(%d번째) : %s\\n\", i"),
    ("get_hostent", "rust", "hp.h_length", "hp.h_addrtype"),
    ("get_hostent", "c", "i = 0; hp->h_addr_list[i]", "i = 1; hp->h_addr_list[i]"),
    ("get_host_byaddr", "c", "호스트 이름 : %s\\n", "호스트 이름 : %s"),
    ("get_host_byaddr", "rust", "호스트 이름 : ", "호스트 이름: "),
    ("get_host_byaddr", "rust", ".cast()) } != 1 {", ".cast()) } == 1 {"),
    ("mydaytime", "c", "read(s, buf, sizeof(buf))", "read(s, buf, sizeof(buf) - 1)"),
    ("mydaytime", "rust", "close(s).or_fail(\"close fail\")?;", "std::mem::forget(s);"),
    ("mydaytime", "c", "fail(\"connect fail\")", "fail(\"connect\")"),
    ("mydaytime", "rust", "            0 => break,\n", "            n if n < 26 => break,\n"),
    ("mydaytime", "c", "&servaddr.sin_addr) != 1)", "&servaddr.sin_addr) < 0)"),
    ("mydaytime", "rust", "write_all(&buf[..n])", "write_all(&buf)"),
    ("tcp_echocli", "c", "char buf[MAXLINE]", "char buf[MAXLINE / 2]"),
    ("tcp_echocli", "c", "if (writen(s, buf, n) < 0)", "if (send(s, buf, n, 0) < 0)"),
    ("tcp_echocli", "c", "signal(SIGPIPE, SIG_IGN);", "signal(SIGPIPE, SIG_DFL);"),
    ("tcp_echocli", "rust", "&mut buf[nread..n]", "&mut buf[nread..]"),
    ("tcp_echocli", "rust", "바이트를 받지 못했습니다", "바이트를 못 받았습니다"),
    ("tcp_echocli", "rust", "\"수신 : \"", "\"수신: \""),
    ("tcp_echocli", "c", "htons(port_or_well_known(args.port, 7))", "port_or_well_known(args.port, 7)"),
    ("tcp_echocli", "c", "while (nread < n &&", "while (nread <= n &&"),
    ("tcp_echocli", "rust", "args.ip.as_ptr()", "c\"127.0.0.1\".as_ptr()"),
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
    ("port_number", "rust", "if !args.ip.is_empty() {", "if args.ip.is_empty() {"),
    ("port_number", "rust", "    close(dgram_sock).or_fail(\"close fail\")?;\n", ""),
    ("tcp_echoserv", "c", "read(accp_sock, buf, MAXLINE)", "read(accp_sock, buf, MAXLINE / 2)"),
    ("tcp_echoserv", "c", "listen(listen_sock, 5)", "listen(listen_sock, 10)"),
    ("tcp_echoserv", "c", "perror(\"read fail\");", "fail(\"read fail\");"),
    ("tcp_echoserv", "rust", "htonl(INADDR_ANY)", "htonl(libc::INADDR_LOOPBACK)"),
    (
        "tcp_echoserv",
        "rust",
        "if let Err(errno) = close(accp_sock) {",
        "std::mem::forget(accp_sock);\n        if let Err(errno) = Ok::<(), Errno>(()) {",
    ),
    ("tcp_echoserv", "c", "if (n < 0)\n            perror", "if (n <= 0)\n            perror"),
    ("tcp_echoserv", "rust", "size_of_val(&cliaddr) as socklen_t", "size_of_val(&cliaddr) as socklen_t - 1"),
    ("udp_echocli", "c", "setsockopt(s, SOL_SOCKET, SO_RCVTIMEO", "setsockopt(s, SOL_SOCKET, SO_SNDTIMEO"),
    ("udp_echocli", "rust", "(s.as_raw_fd(), &mut buf)", "(s.as_raw_fd(), &mut buf[1..])"),
    ("udp_echocli", "rust", "TimeVal::seconds", "TimeVal::milliseconds"),
    ("udp_echocli", "c", "    if (close(s) < 0)\n        fail(\"close fail\");\n", ""),
    ("udp_echoserv", "c", "recvfrom(s, buf, MAXLINE, 0", "recvfrom(s, buf, 1024, 0"),
    ("udp_echoserv", "rust", "&buf[..nbyte as usize]", "&buf[..(nbyte as usize).saturating_sub(1)]"),
    ("udp_echoserv", "c", "htonl(INADDR_ANY)", "htonl(INADDR_LOOPBACK)"),
    ("udp_echoserv", "rust", "if args.verbose {", "if !args.verbose {"),
    ("connected_udp", "c", "#define NOBODY 1 ", "#define NOBODY 2 "),
    ("connected_udp", "rust", "AF_UNSPEC as sa_family_t", "AF_INET as sa_family_t"),
    ("connected_udp", "rust", "통신 상대가 바뀌었습니다", "상대가 바뀌었습니다"),
    ("connected_udp", "c", "recv(s, buf, MAXLINE, 0)", "recv(s, buf, 1, 0)"),
    ("connected_udp", "rust", "&buf[..n], MsgFlags", "&buf[..n - 1], MsgFlags"),
    ("daytimeserv", "c", "\"\\r\\n\", 2", "\"\\n\\n\", 2"),
    ("daytimeserv", "rust", "writen(&accp_sock, &buf[..26])", "writen(&accp_sock, &buf[..25])"),
    ("daytimeserv", "rust", "copy_from_slice(b\"\\r\\n\")", "copy_from_slice(b\"\\n\\r\")"),
    (
        "daytimeserv",
        "c",
        "bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0",
        "bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr) - 1) < 0",
    ),
];

fn main() {
    run_trials(vec![
        trial_with(&["strace", "cc"], "each_change_turns_its_row_red", each_change_turns_its_row_red),
        trial_with(&["strace", "cc"], "a_change_turns_no_other_row_red", a_change_turns_no_other_row_red),
        trial_with(
            &["strace", "cc"],
            "a_program_that_waits_for_ever_is_red",
            a_program_that_waits_for_ever_is_red,
        ),
        trial_with(&["strace", "cc"], "a_program_that_never_stops_is_red", a_program_that_never_stops_is_red),
        trial_with(
            &["strace", "cc"],
            "a_server_that_forgets_its_client_is_red",
            a_server_that_forgets_its_client_is_red,
        ),
        trial_with(&["strace", "cc"], "a_fault_that_is_waited_out_is_red", a_fault_that_is_waited_out_is_red),
    ])
}

/// The lecture programs as they are, built, and what the compiler needs for another version of a Rust file.
struct Lectures {
    workspace: Workspace,
    rustc: Vec<String>,
}

static LECTURES: LazyLock<Lectures> = LazyLock::new(Lectures::build);

impl Lectures {
    fn build() -> Self {
        let workspace = Workspace::here().unwrap();
        workspace.build().unwrap();
        for program in PROGRAMS {
            workspace.c(program).unwrap();
        }
        // Nothing is left to build: cargo only tells where everything is.
        let cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--profile=observed", "--message-format=json", "--target-dir"])
            .arg(&workspace.target)
            .current_dir(&workspace.root)
            .output()
            .unwrap();
        let dependencies = workspace.target.join("observed/deps").display().to_string();
        // As the profile `observed` has it.
        let mut rustc = ["--edition=2024", "-Cdebug-assertions=off", "-L"].map(String::from).to_vec();
        rustc.push(format!("dependency={dependencies}"));
        for message in cargo.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let message: Value = serde_json::from_slice(message).unwrap();
            let target = &message["target"];
            if message["reason"] == "compiler-artifact" && target["kind"] == json!(["lib"]) {
                let (name, file) = (target["name"].as_str(), message["filenames"][0].as_str());
                rustc.push(format!("--extern={}={}", name.unwrap(), file.unwrap()));
            }
        }
        Lectures { workspace, rustc }
    }

    /// A workspace in `folder` with one file changed. Everything else, and what is built of it, is that of this one.
    fn with(&self, change: &Change, folder: &Path) -> Workspace {
        let (program, language, from, to) = change;
        let (here, changed) = (&self.workspace, Workspace::at(folder));
        let (file, other_c, other_rust) = match *language {
            "c" => (format!("{program}.c"), *program, ""),
            _ => ("src/main.rs".into(), "", *program),
        };
        let first = file.split('/').next().unwrap();
        let (crates, changed_crates) = (here.root.join("crates"), folder.join("crates"));
        links(&crates, &changed_crates, program);
        links(&crates.join(program), &changed_crates.join(program), first);
        links(&here.target.join("c"), &changed.target.join("c"), other_c);
        links(&here.target.join("observed"), &changed.target.join("observed"), other_rust);

        let text = fs::read_to_string(crates.join(program).join(&file)).unwrap();
        assert!(text.contains(from), "{change:?}: not in the file");
        let file = changed_crates.join(program).join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        if *language == "rust" {
            let mut rustc = Command::new("rustc");
            let rustc =
                rustc.args(&self.rustc).arg("-o").arg(changed.rust(program).path).arg(file).output().unwrap();
            // What no longer compiles is noticed too, but not by what this test is about.
            assert!(rustc.status.success(), "{change:?}: {}", String::from_utf8_lossy(&rustc.stderr));
        }
        changed
    }
}

/// Makes the folder `to` of all that is in `from` but for one name.
fn links(from: &Path, to: &Path, but: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != but) {
        symlink(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn each_change_turns_its_row_red() {
    assert!(
        PROGRAMS.iter().all(|program| CHANGES.iter().any(|change| change.0 == *program)),
        "a program without changes"
    );
    let survives = |change: &&Change| {
        let folder = tempfile::tempdir().unwrap();
        let workspace = LECTURES.with(change, folder.path());
        let report = report::check(&workspace, change.0, true);
        report.unwrap_or_else(|error| panic!("{change:?}: {error}")).green()
    };
    // A scene mostly waits.
    let few = ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let survivors: Vec<&Change> = few.install(|| CHANGES.par_iter().filter(survives).collect());
    assert!(survivors.is_empty(), "nobody notices: {survivors:#?}");
}

/// Not even in the scenes in which others talk to the changed program: both files meet the same change.
fn a_change_turns_no_other_row_red() {
    let change = CHANGES.iter().find(|change| change.0 == "tcp_echoserv" && change.1 == "c").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let workspace = LECTURES.with(change, folder.path());
    let talks = |scene: &Scene| matches!(scene.with, With::Server(name) if name == change.0);
    let scenes: Vec<Scene> = PROGRAMS.into_iter().flat_map(scenes::of).filter(talks).collect();
    for scene in &scenes {
        let (c, rust) = report::twins(&workspace, scene).unwrap();
        assert_eq!((c.behaviour, c.hangs), (rust.behaviour, rust.hangs), "{}: {}", scene.program, scene.name);
    }
    assert!(scenes.len() > 4, "{} scenes", scenes.len());
}

/// A program with a change, in the first of its scenes, hangs and says where.
fn hangs(change: &Change, says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = LECTURES.with(change, folder.path());
    let scene = scenes::of(change.0).swap_remove(0);
    let (_, rust) = report::twins(&workspace, &scene).unwrap();
    assert!(rust.hangs.as_ref().is_some_and(|hangs| hangs.starts_with(says)), "{:?}", rust.hangs);
}

/// It sends a byte less than it waits for.
fn a_program_that_waits_for_ever_is_red() {
    let change = ("tcp_echocli", "rust", "writen(&s, &buf[..n])", "writen(&s, &buf[..n - 1])");
    hangs(&change, "hangs in read(3<TCP>");
}

fn a_program_that_never_stops_is_red() {
    hangs(&("mydaytime", "rust", "0 => break", "0 => continue"), "never ends, up to read(3<TCP>");
}

/// Its client waits for the end of the answer, and it for the next client. The other scenes are played all the same.
fn a_server_that_forgets_its_client_is_red() {
    let change = ("daytimeserv", "c", "if (close(accp_sock) < 0)", "if (accp_sock < 0)");
    let folder = tempfile::tempdir().unwrap();
    let report = report::check(&LECTURES.with(&change, folder.path()), change.0, false).unwrap();
    let says = "two clients: C hangs in accept(3<TCP>";
    assert!(report.behaviour.iter().any(|fault| fault.starts_with(says)), "{report:#?}");
    assert_eq!(report.scenes, scenes::of(change.0).len());
}

/// A client that doesn't look whether it could write waits for the answer: without a fault nobody would know.
fn a_fault_that_is_waited_out_is_red() {
    let change = ("tcp_echocli", "c", "if (writen(s, buf, n) < 0)", "if (writen(s, buf, n) < -1)");
    let folder = tempfile::tempdir().unwrap();
    let workspace = LECTURES.with(&change, folder.path());
    assert!(report::check(&workspace, change.0, false).unwrap().green());
    let plans = faults::plans(&workspace, change.0).unwrap();
    let plan = plans.iter().find(|plan| plan.call.name == "write").unwrap();
    let fault = faults::fail(&workspace, plan).unwrap();
    assert!(fault.did.starts_with("hangs in read(3<TCP") && fault.wrong.is_some(), "{fault:#?}");
}
