//! scripts/demo in a real terminal: what a class sees, and that nothing is left of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use labkit::{Workspace, find_program, missing_program, root, run_trials, trial, until};
use mirror::PROGRAMS;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Pty, open};
use tempfile::TempDir;

fn main() {
    // Whoever runs this in the background may have it ignore them, and so every demo.
    for ignored in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP] {
        // SAFETY: the default action needs no handler.
        unsafe { signal(ignored, SigHandler::SigDfl) }.unwrap();
    }
    let missing = common::missing_lab().or_else(|| missing_program("tmux"));
    let demo = |name, test: fn()| trial(name, missing.clone(), test);
    run_trials(vec![
        demo("every_program_is_shown_with_its_calls", every_program),
        demo("server_client_and_calls_are_on_one_screen", one_screen),
        demo("a_client_starts_again_and_again", again),
        demo("nothing_is_left_when_it_is_left", nothing_is_left),
        demo("what_is_wrong_is_said", what_is_wrong),
    ]);
}

struct Scene {
    program: &'static str,
    /// The client that is typed in.
    client: &'static str,
    /// Does a server run?
    server: bool,
    /// What is typed to the client.
    typed: &'static str,
    /// What one then sees: something that was printed, and one of the program's calls.
    seen: [&'static str; 2],
}

const SCENES: &[Scene] = &[
    Scene {
        program: "open_socket",
        client: "open_socket",
        server: false,
        typed: "",
        seen: ["datagram socket descriptor = 5", "socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 5"],
    },
    Scene {
        program: "getdtablesize",
        client: "getdtablesize",
        server: false,
        typed: "",
        seen: ["getdtablesize() = ", "prlimit64(0, RLIMIT_NOFILE"],
    },
    Scene {
        program: "byte_order",
        client: "byte_order",
        server: false,
        typed: "",
        seen: ["UDP 에코 포트번호(호스트 순서) : 7", "\"/etc/services\""],
    },
    Scene {
        program: "ascii_ip",
        client: "ascii_ip 210.115.36.231",
        server: false,
        typed: "",
        seen: [") = 210.115.36.231", "write(1, \"inet_ntop("],
    },
    Scene {
        program: "get_hostent",
        client: "get_hostent www.kangwon.ac.kr",
        server: false,
        typed: "",
        seen: ["IP주소(1번째) : 192.0.2.10", "\"/etc/hosts\""],
    },
    Scene {
        program: "get_host_byaddr",
        client: "get_host_byaddr 211.32.119.151",
        server: false,
        typed: "",
        seen: ["호스트 이름 : yahoo.co.kr", "\"/etc/hosts\""],
    },
    Scene {
        program: "mydaytime",
        client: "mydaytime 211.221.225.175",
        server: true,
        typed: "",
        seen: [" 20", "connect(3, {sa_family=AF_INET, sin_port=htons(13)"],
    },
    Scene {
        program: "tcp_echocli",
        client: "tcp_echocli 127.0.0.1",
        server: true,
        typed: "abcdefg\r",
        seen: ["수신 : abcdefg", "write(3, \"abcdefg\\n\", 8)"],
    },
    Scene {
        program: "port_number",
        client: "port_number 127.0.0.1",
        server: true,
        typed: "",
        seen: ["데이터그램 소켓 포트번호 = ", "getsockname("],
    },
    Scene {
        program: "tcp_echoserv",
        client: "tcp_echocli 127.0.0.1",
        server: true,
        typed: "abcdefg\r",
        seen: ["수신 : abcdefg", "accept(3, {sa_family=AF_INET"],
    },
    Scene {
        program: "udp_echocli",
        client: "udp_echocli 127.0.0.1",
        server: true,
        typed: "abcdefg\r",
        seen: ["수신 : abcdefg", "sendto(3, \"abcdefg\\n\", 8"],
    },
    Scene {
        program: "udp_echoserv",
        client: "udp_echocli 127.0.0.1",
        server: true,
        typed: "abcdefg\r",
        seen: ["수신 : abcdefg", "recvfrom(3, \"abcdefg\\n\""],
    },
    Scene {
        program: "connected_udp",
        client: "connected_udp 127.0.0.1",
        server: true,
        typed: "abcdefg\r",
        seen: ["4. connect(AF_UNSPEC) : 성공.", "connect(3, {sa_family=AF_UNSPEC"],
    },
    Scene {
        program: "daytimeserv",
        client: "mydaytime 211.221.225.175",
        server: true,
        typed: "",
        seen: [" 20", "accept(3, {sa_family=AF_INET"],
    },
];

// ---- A terminal with a demo in it ----

struct Demo {
    pty: Arc<Pty>,
    drawn: Arc<Mutex<vt100::Parser>>,
    child: Child,
    /// In the environment of all that it starts.
    mark: String,
    temporary: TempDir,
}

/// A demo that has begun: the server is there, and the client typed in.
fn demo(scene: &Scene) -> Demo {
    let (pty, pts) = open().unwrap();
    let [rows, columns] = [40, 130].map(|size| NonZero::new(size).unwrap());
    pty.resize(Size::new(rows.get(), columns.get())).unwrap();
    let mark = format!("{}-{:?}", std::process::id(), thread::current().id());
    let temporary = tempfile::tempdir().unwrap();
    let child = pty_process::blocking::Command::new(root().join("scripts/demo"))
        .arg(scene.program)
        .env("CARGO_TARGET_DIR", Workspace::here().unwrap().target)
        .env("DEMO_MARK", &mark)
        .env("TERM", "xterm")
        .env("TMPDIR", temporary.path())
        .spawn(pts)
        .unwrap();
    let (pty, drawn) = (Arc::new(pty), Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0))));
    let (from, to) = (Arc::clone(&pty), Arc::clone(&drawn));
    thread::spawn(move || {
        let mut buf = [0; 4096];
        while let Ok(n @ 1..) = (&*from).read(&mut buf) {
            to.lock().unwrap().process(&buf[..n]);
        }
    });
    let demo = Demo { pty, drawn, child, mark, temporary };
    demo.see(&format!("$ {}", scene.client));
    if scene.server {
        demo.see("기다립니다.");
    }
    demo
}

impl Demo {
    fn screen(&self) -> String {
        self.drawn.lock().unwrap().screen().contents()
    }

    /// Waits until it is on the screen.
    fn see(&self, text: &str) {
        let seen = until(text, || Ok(self.screen().contains(text).then_some(())));
        seen.unwrap_or_else(|error| panic!("{error}\n{}", self.screen()));
    }

    fn types(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// Waits for its end, and that of all that it has started. No file is left. Gives its exit status; none if a signal ended it.
    fn end(mut self) -> Option<i32> {
        let status = until("its end", || self.child.try_wait()).unwrap();
        until("the end of all of it", || Ok(self.processes().is_empty().then_some(()))).unwrap();
        assert_eq!(fs::read_dir(self.temporary.path()).unwrap().count(), 0, "temporary files");
        status.code()
    }

    /// The ids of all that it has started and that still runs.
    fn processes(&self) -> Vec<String> {
        let mark = format!("DEMO_MARK={}", self.mark);
        let marked =
            |environment: &[u8]| environment.split(|byte| *byte == 0).any(|one| one == mark.as_bytes());
        let pids =
            fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        pids.filter(|pid| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| marked(&all))).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scene(program: &str) -> &'static Scene {
    SCENES.iter().find(|scene| scene.program == program).unwrap()
}

// ---- The tests ----

fn every_program() {
    assert_eq!(SCENES.iter().map(|scene| scene.program).collect::<Vec<_>>(), PROGRAMS);
    thread::scope(|scope| {
        for scene in SCENES {
            scope.spawn(move || {
                let demo = demo(scene);
                demo.types("\r");
                if !scene.typed.is_empty() {
                    demo.see("입력 : ");
                    demo.types(scene.typed);
                }
                demo.see(scene.seen[0]);
                demo.see(scene.seen[1]);
                demo.see("$ ");
                demo.types("exit\r");
                assert_eq!(demo.end(), Some(0), "{}", scene.program);
            });
        }
    });
}

fn one_screen() {
    let demo = demo(scene("tcp_echoserv"));
    demo.types("\r");
    demo.see("입력 : ");
    demo.types("abcdefg\r");
    demo.see("close(4)");
    let screen = demo.screen();
    // Side by side, and below them the calls, without those before main.
    let top = screen.lines().next().unwrap();
    assert!(top.contains("서버") && top.contains("클라이언트"), "{screen}");
    assert!(
        screen
            .lines()
            .any(|line| line.contains("$ tcp_echoserv -v") && line.contains("$ tcp_echocli 127.0.0.1")),
        "{screen}"
    );
    let (_, calls) = screen.split_once("tcp_echoserv의 시스템 콜").unwrap();
    let names: Vec<&str> = calls
        .lines()
        .filter_map(|line| Some(line.split_once('(')?.0))
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(
        names,
        [
            "rt_sigaction",
            "socket",
            "bind",
            "listen",
            "write",
            "accept",
            "write",
            "read",
            "write",
            "read",
            "close"
        ],
        "{screen}"
    );
    demo.types("exit\r");
    assert_eq!(demo.end(), Some(0));
}

/// Also after Ctrl-C: the demo goes on.
fn again() {
    let demo = demo(scene("tcp_echocli"));
    demo.types("\r");
    demo.see("입력 : ");
    demo.types("\u{3}");
    demo.see("+++ killed by SIGINT +++");
    for (line, connects) in [("first", 2), ("second", 3)] {
        demo.types("tcp_echocli 127.0.0.1\r");
        // What is typed before it runs, the shell gets.
        let runs = || Ok((demo.screen().matches("connect(3").count() == connects).then_some(()));
        until("another connect", runs).unwrap();
        demo.types(&format!("{line}\r"));
        demo.see(&format!("수신 : {line}"));
        demo.see(&format!("read(3, \"{line}\\n\""));
    }
    demo.types("exit\r");
    assert_eq!(demo.end(), Some(0));
}

/// Whether it is left by exit, by detaching from tmux, or by closing the terminal's window.
fn nothing_is_left() {
    let scene = scene("udp_echoserv");
    for keys in ["\u{15}exit\r", "\u{2}d"] {
        let demo = demo(scene);
        assert!(demo.processes().len() > 5, "{:?}", demo.processes());
        demo.types(keys);
        assert_eq!(demo.end(), Some(0), "{keys:?}");
    }
    let demo = demo(scene);
    kill(Pid::from_raw(demo.child.id().cast_signed()), Signal::SIGHUP).unwrap();
    demo.end();
    assert!(!fs::exists("/dev/shm/calls").unwrap() && !fs::exists("/dev/shm/tmux").unwrap());
}

fn what_is_wrong() {
    let demo = |arguments: &[&str], path: &str| {
        let mut demo = Command::new(find_program("bash").unwrap());
        let output = demo
            .arg(root().join("scripts/demo"))
            .args(arguments)
            .env("PATH", path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let path = std::env::var("PATH").unwrap();
    let (code, stderr) = demo(&["tcp_server"], &path);
    let all = PROGRAMS.iter().all(|program| stderr.contains(program));
    assert!(code == Some(1) && all && stderr.starts_with("demo: tcp_server: no such program."), "{stderr}");
    assert_eq!(demo(&["byte_order"], &path), (Some(1), "demo: needs a terminal.\n".into()));
    for arguments in [&[][..], &["byte_order", "ascii_ip"]] {
        let (code, stderr) = demo(arguments, &path);
        assert!(code == Some(2) && stderr.starts_with("usage: scripts/demo PROGRAM\n"), "{stderr}");
    }
    // Of the tools only the script's own are to be had.
    let tools = tempfile::tempdir().unwrap();
    for tool in ["realpath", "bash"] {
        std::os::unix::fs::symlink(find_program(tool).unwrap(), tools.path().join(tool)).unwrap();
    }
    let missing = "demo: tmux is missing: install the package tmux.\n";
    assert_eq!(demo(&["byte_order"], tools.path().to_str().unwrap()), (Some(1), missing.into()));
}
