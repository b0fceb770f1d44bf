//! `stepper live` in a real terminal: real programs go on with each key, and nothing is left behind, however it ends.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use labkit::{Workspace, missing_network, missing_program, run_trials, trial, until};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Pty, open};
use stepper::recording::Recording;
use tempfile::TempDir;

fn main() {
    // Whoever runs this in the background may have it ignore them, and so all that it starts.
    for ignored in [Signal::SIGINT, Signal::SIGHUP] {
        // SAFETY: the default action needs no handler.
        unsafe { signal(ignored, SigHandler::SigDfl) }.unwrap();
    }
    let missing = missing_program("cc").or_else(missing_network);
    let live = |name, test: fn()| trial(name, missing.clone(), test);
    run_trials(vec![
        live("enter_alone_drives_two_real_programs_to_their_end", to_the_end),
        live("programs_of_ones_own_go_on_too", own_programs),
        live("a_signal_ends_it_and_leaves_the_terminal_as_it_was", signals),
        live("a_wait_with_a_limit_ends_while_nobody_presses_a_key", time_passes),
        live("what_is_wrong_is_said", what_is_wrong),
    ]);
}

// ---- A terminal with it inside ----

struct Terminal {
    pty: Arc<Pty>,
    before: Termios,
    drawn: Arc<Mutex<vt100::Parser>>,
    /// How many times all of it has been drawn.
    frames: Arc<AtomicUsize>,
    child: Child,
    /// In the environment of all that it starts.
    mark: String,
    temporary: TempDir,
}

fn live(arguments: &[&str]) -> Terminal {
    let (pty, pts) = open().unwrap();
    pty.resize(Size::new(30, 100)).unwrap();
    let before = tcgetattr(&pty).unwrap();
    let mark = format!("{}-{:?}", std::process::id(), thread::current().id());
    let temporary = tempfile::tempdir().unwrap();
    let child = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_stepper"))
        .args(["live", "--lang=ko", "--json"])
        .arg(temporary.path().join("run.json"))
        .args(arguments)
        .env("LIVE_MARK", &mark)
        .env("TERM", "xterm")
        .spawn(pts)
        .unwrap();
    let size = [30, 100].map(|size| size.try_into().unwrap());
    let (pty, drawn) = (Arc::new(pty), Arc::new(Mutex::new(vt100::Parser::new(size[0], size[1], 0))));
    let frames = Arc::new(AtomicUsize::new(0));
    let (from, to, drawings) = (Arc::clone(&pty), Arc::clone(&drawn), Arc::clone(&frames));
    thread::spawn(move || {
        // Each drawing ends with this: it hides the cursor.
        let end = b"\x1b[?25l";
        let (mut buf, mut all) = ([0; 4096], Vec::new());
        while let Ok(n @ 1..) = (&*from).read(&mut buf) {
            to.lock().unwrap().process(&buf[..n]);
            all.extend_from_slice(&buf[..n]);
            drawings.store(all.windows(end.len()).filter(|bytes| bytes == end).count(), Ordering::SeqCst);
        }
    });
    let terminal = Terminal { pty, before, drawn, frames, child, mark, temporary };
    terminal.see(" 0/0 단계");
    terminal
}

impl Terminal {
    fn screen(&self) -> String {
        self.drawn.lock().unwrap().screen().contents()
    }

    fn see(&self, text: &str) {
        let seen = until(text, || Ok(self.screen().contains(text).then_some(())));
        seen.unwrap_or_else(|error| panic!("{error}\n{}", self.screen()));
    }

    fn types(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// Presses Enter, and waits until that has changed something, and all of it is drawn.
    fn enter(&self) {
        let before = self.screen();
        self.types("\r");
        until("a change", || Ok((self.screen() != before).then_some(()))).unwrap();
        let frames = self.frames.load(Ordering::SeqCst);
        until("all of it", || Ok((self.frames.load(Ordering::SeqCst) > frames).then_some(()))).unwrap();
    }

    fn enter_until(&self, text: &str) {
        for _ in 0..100 {
            if self.screen().contains(text) {
                return;
            }
            self.enter();
        }
        panic!("no {text:?} after so many steps:\n{}", self.screen());
    }

    /// Waits for its end, and that of all that it has started; the terminal is as it was. Gives its exit status and the
    /// recording.
    fn end(mut self) -> (Option<i32>, Recording) {
        let status = until("its end", || self.child.try_wait()).unwrap();
        until("the end of all of it", || Ok(self.processes().is_empty().then_some(()))).unwrap();
        assert_eq!(tcgetattr(&*self.pty).unwrap(), self.before);
        until("the screen from before", || {
            let drawn = self.drawn.lock().unwrap();
            Ok((!drawn.screen().alternate_screen() && !drawn.screen().hide_cursor()).then_some(()))
        })
        .unwrap();
        let json = fs::read(self.temporary.path().join("run.json")).unwrap();
        (status.code(), serde_json::from_slice(&json).unwrap())
    }

    /// The ids of all that it has started and that still runs.
    fn processes(&self) -> Vec<String> {
        let mark = format!("LIVE_MARK={}", self.mark);
        let marked = |all: &[u8]| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes());
        let pids =
            fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        pids.filter(|pid| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| marked(&all))).collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- The tests ----

fn to_the_end() {
    let terminal = live(&["--c", "tcp_echoserv"]);
    terminal.enter_until("클라이언트의 입력  abcdefg");
    assert!(terminal.processes().len() > 2, "{:?}", terminal.processes());
    // The server's turn, although the client waits for a line.
    terminal.types("\t");
    terminal.see("▶ 서버");
    terminal.enter();
    terminal.see("기다리던 accept에서 돌아왔어요");
    terminal.enter_until("클라이언트의 입력  abcdefg");
    terminal.types("소켓\r");
    terminal.see("클라이언트에 한 줄을 입력했어요: \"소켓\"");
    terminal.enter_until("수신 : 소켓");
    terminal.enter_until("더 올 것이 없어요");
    terminal.types("b");
    terminal.see("지나간 단계를 보고 있어요");
    terminal.types("\x1b[C");
    terminal.see("더 올 것이 없어요");
    terminal.types("q");
    let (code, recording) = terminal.end();
    assert_eq!(code, Some(0));
    let calls: Vec<_> = recording.steps.iter().map(|step| step.call.as_str()).collect();
    for call in ["socket", "bind", "listen", "accept", "connect", "read", "write", "close", "exit_group"] {
        assert!(calls.contains(&call), "no {call} in {calls:?}");
    }
}

fn own_programs() {
    let workspace = Workspace::here().unwrap();
    let server = workspace.c("tcp_echoserv").unwrap().path;
    let terminal = live(&[server.to_str().unwrap(), "-v", "5000", "--", "tcp_echocli", "127.0.0.1", "5000"]);
    terminal.see("서버  tcp_echoserv -v 5000 ");
    terminal.see("클라이언트  tcp_echocli 127.0.0.1 5000 ");
    terminal.enter_until("③ 5000");
    terminal.enter_until("수신 : abcdefg");
    terminal.types("\x03");
    let (code, recording) = terminal.end();
    assert_eq!((code, recording.scene.as_str()), (Some(0), "own"));
}

fn signals() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let terminal = live(&["tcp_echoserv"]);
        terminal.enter_until(" → LISTEN");
        kill(Pid::from_raw(terminal.child.id().cast_signed()), signal).unwrap();
        let (code, recording) = terminal.end();
        assert_eq!(code, Some(2), "{signal}");
        assert!(recording.steps.iter().any(|step| step.call == "listen"), "{signal}");
    }
}

/// udp_echocli waits for 5 s for an answer, and nobody answers.
fn time_passes() {
    let terminal = live(&["udp_refused"]);
    terminal.enter_until("기다림:  recvfrom");
    terminal.see("정한 시간이 지나면 이어서 할 수 있어요");
    terminal.see("recvfrom, 돌아올 수 있어요");
    terminal.enter();
    terminal.types("q");
    let (code, recording) = terminal.end();
    assert_eq!(code, Some(0));
    let last = recording.steps.iter().rfind(|step| step.call == "recvfrom").unwrap();
    assert!(last.blocked && last.result.is_some(), "{last:?}");
}

fn what_is_wrong() {
    let wrong = [
        (&["tcp_echoserv"][..], "this needs a terminal"),
        (&["tcp_echoserv", "--html", "run.html"], "the option --html comes before the scene"),
    ];
    for (arguments, word) in wrong {
        let mut stepper = Command::new(env!("CARGO_BIN_EXE_stepper"));
        let output =
            stepper.args(["live", "--lang=en"]).args(arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("stepper: {word}\n"));
    }
}
