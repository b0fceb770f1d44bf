//! Transcripts: types what a page says into real terminals, in the practice network, and gives what they show.
//!
//! `labnotes play` runs inside it, so that its terminals share one network, and everything ends with it.

use std::io::{self, Read as _, Write as _};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, process, thread};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use labkit::doings::asleep;
use labkit::until_within;
use nix::mount::{MsFlags, mount};
use nix::sys::signal::{SigHandler, Signal, signal};
use pty_process::blocking::{Command, Pty};
use serde::{Deserialize, Serialize};

/// What a page's ```practice block says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Script {
    /// Do the network's servers run?
    pub servers: bool,
    /// What is typed, and where.
    pub acts: Vec<(String, Act)>,
}

/// One thing that is typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Act {
    /// `$ tcp_echoserv -v`: a command, at the prompt.
    Command(String),
    /// `> abcdefg`: a line, to the program that runs.
    Line(String),
    /// `^C`
    Key(char),
    /// `...`: wait until the command has ended.
    Wait,
}

/// What a terminal shows in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// `server`; empty if there is only one.
    pub name: String,
    /// From top to bottom.
    pub parts: Vec<Part>,
}

/// A piece of what a terminal shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The shell's prompt.
    Prompt,
    /// What a program, or the shell, has written.
    Output(String),
    /// What was typed, and when: counted from 1 over all terminals.
    Typed(String, usize),
}

impl Script {
    /// Reads a ```practice block.
    pub fn parse(info: &str, lines: &[String]) -> Result<Self> {
        let servers = match info.split_whitespace().collect::<Vec<_>>()[..] {
            ["practice"] => true,
            ["practice", "no-servers" | "outside"] => false,
            _ => bail!("```{info}: it is ```practice, ```practice no-servers or ```practice outside"),
        };
        let mut terminal = String::new();
        let mut acts = Vec::new();
        for line in lines {
            let act = if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                terminal = name.to_string();
                continue;
            } else if let Some(command) = line.strip_prefix("$ ") {
                Act::Command(command.into())
            } else if let Some(typed) = line.strip_prefix("> ") {
                Act::Line(typed.into())
            } else if let "^C" | "^D" = line.as_str() {
                Act::Key(line.chars().nth(1).unwrap_or('C'))
            } else if line == "..." {
                Act::Wait
            } else {
                bail!(
                    "```{info}: `{line}` is neither [terminal] nor `$ command` nor `> line` nor ^C nor `...`"
                )
            };
            acts.push((terminal.clone(), act));
        }
        ensure!(!acts.is_empty(), "```{info}: nothing is typed");
        Ok(Script { servers, acts })
    }
}

/// In how many looks in a row everything has to be quiet before the next thing is typed. Looks and not seconds: whoever is
/// kept from looking has seen nothing.
const QUIET: u32 = 12;
/// After how many it will never be.
const LOOKS: u32 = 30_000;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the kernel may take to pass on what was typed or printed.
const AT_ONCE: Duration = Duration::from_secs(5);
/// What the prompt begins with, so that nothing else looks like it.
const MARK: char = '\u{2}';
const PROMPT: &str = "\u{2}$ ";

/// Plays a script in the network that this process is in.
pub fn play(script: &Script) -> Result<Vec<Screen>> {
    let mut terminals = Terminals::default();
    let mut number = 0;
    for (name, act) in &script.acts {
        if !terminals.open.iter().any(|terminal| terminal.name == *name) {
            terminals.open.push(Terminal::new(name)?);
            terminals.settle()?;
        }
        let Some(at) = terminals.open.iter().position(|terminal| terminal.name == *name) else { continue };
        let at_prompt = || Ok(terminals.open[at].output().ends_with(PROMPT.as_bytes()));
        let (shown, bytes, echo) = match act {
            Act::Command(command) => {
                // All is quiet, but the prompt may still be on its way through the terminal.
                wait("a prompt", AT_ONCE, at_prompt).map_err(|_| {
                    anyhow!("`{command}`: the command before it has not ended; type ^C, or wait with `...`")
                })?;
                (command.clone(), format!("{command}\n"), format!("{command}\r\n"))
            }
            Act::Line(line) => {
                ensure!(!at_prompt()?, "`{line}`: nothing runs that it could be typed to");
                (line.clone(), format!("{line}\n"), format!("{line}\r\n"))
            }
            Act::Key('D') => ("^D".into(), "\u{4}".into(), String::new()),
            Act::Key(_) => ("^C".into(), "\u{3}".into(), "^C".into()),
            Act::Wait => {
                wait("the end of the command", PATIENCE, at_prompt)?;
                terminals.settle()?;
                continue;
            }
        };
        number += 1;
        let before = others()?;
        let terminal = &mut terminals.open[at];
        terminal.flush();
        (&*terminal.pty).write_all(bytes.as_bytes())?;
        wait(&format!("{echo:?} on the terminal"), PATIENCE, || Ok(terminal.echoes(echo.as_bytes())))?;
        terminal.parts.push(Part::Typed(shown, number));
        terminal.shown += echo.len();
        if act != &Act::Key('C') && !echo.is_empty() {
            terminal.parts.push(Part::Output("\n".into()));
        }
        // The terminal shows what was typed before it wakes whoever reads it; if nobody does, there is nobody to wait for.
        let _ = wait("somebody who reads it", AT_ONCE, || {
            let now = others()?;
            Ok(now.is_none() || now != before)
        });
        terminals.settle()?;
    }
    for terminal in &mut terminals.open {
        terminal.flush();
        if terminal.parts.last() == Some(&Part::Prompt) {
            terminal.parts.pop();
        }
    }
    Ok(terminals
        .open
        .iter_mut()
        .map(|terminal| Screen {
            name: terminal.name.clone(),
            parts: joined(std::mem::take(&mut terminal.parts)),
        })
        .collect())
}

/// Outputs that follow each other as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        if let (Some(Part::Output(before)), Part::Output(text)) = (joined.last_mut(), &part) {
            *before += text;
        } else {
            joined.push(part);
        }
    }
    joined
}

#[derive(Default)]
struct Terminals {
    open: Vec<Terminal>,
}

impl Terminals {
    /// Waits until nobody in this network runs, everybody waits, and no terminal shows anything new.
    fn settle(&self) -> Result<()> {
        let mut quiet = 0;
        let mut before = (Vec::new(), None);
        for _ in 0..LOOKS {
            let shown: Vec<usize> = self.open.iter().map(|terminal| terminal.output().len()).collect();
            let now = (shown, others()?);
            quiet = if now.1.is_none() || now != before { 0 } else { quiet + 1 };
            before = now;
            if quiet == QUIET {
                return Ok(());
            }
            // Between two looks those who are looked at, and the terminals' work in the kernel, get the processor.
            thread::sleep(Duration::from_millis(4));
        }
        bail!("not quiet in {LOOKS} looks")
    }
}

/// All other threads of this network, and how often each of them has been switched away from so far; none if one of them is awake.
fn others() -> Result<Option<Vec<(i32, u64)>>> {
    let own = process::id();
    ensure!(
        fs::read_link("/proc/self")?.as_os_str() == &*own.to_string(),
        "the practice network has no /proc of its own on this machine"
    );
    let numbers =
        fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let others = numbers.filter(|pid| *pid != own.cast_signed());
    Ok(others.map(asleep).collect::<Option<Vec<_>>>().map(|others| others.concat()))
}

fn wait(what: &str, patience: Duration, mut seen: impl FnMut() -> Result<bool>) -> Result<()> {
    Ok(until_within(patience, what, || Ok(seen().map_err(io::Error::other)?.then_some(())))?)
}

struct Terminal {
    name: String,
    pty: Arc<Pty>,
    so_far: Arc<Mutex<Vec<u8>>>,
    /// How much of it is in `parts`.
    shown: usize,
    parts: Vec<Part>,
    shell: Child,
}

impl Terminal {
    fn new(name: &str) -> Result<Self> {
        let (pty, pts) = pty_process::blocking::open()?;
        pty.resize(pty_process::Size::new(50, 240))?;
        let shell = Command::new("bash")
            .args(["--noprofile", "--norc", "--noediting", "-i"])
            .env("PS1", PROMPT)
            .env("HISTFILE", "/dev/null")
            .env("TERM", "dumb")
            .env("LC_ALL", "C.UTF-8")
            .spawn(pts)
            .context("bash")?;
        let (pty, so_far) = (Arc::new(pty), Arc::new(Mutex::new(Vec::new())));
        let (reader, collected) = (Arc::clone(&pty), Arc::clone(&so_far));
        thread::spawn(move || {
            let mut buf = [0; 4096];
            while let Ok(n @ 1..) = (&*reader).read(&mut buf) {
                collected.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buf[..n]);
            }
        });
        let terminal = Terminal { name: name.into(), pty, so_far, shown: 0, parts: Vec::new(), shell };
        wait("a prompt", PATIENCE, || Ok(terminal.output().ends_with(PROMPT.as_bytes())))?;
        Ok(terminal)
    }

    fn output(&self) -> Vec<u8> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has what was typed come back? What stands before it was printed before, and was only late on its way through the
    /// terminal. But of ^C the kernel sends the signal first, and then the shell's prompt can be quicker than the echo.
    fn echoes(&mut self, typed: &[u8]) -> bool {
        let so_far = Arc::clone(&self.so_far);
        let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let new = &mut so_far[self.shown..];
        let Some(at) = (0..=new.len()).find(|at| new[*at..].starts_with(typed)) else { return false };
        if typed == b"^C" {
            new[..at + typed.len()].rotate_right(typed.len());
        } else {
            self.show(&new[..at]);
        }
        true
    }

    /// What has come since then becomes parts.
    fn flush(&mut self) {
        let output = self.output();
        self.show(&output[self.shown..]);
    }

    /// What has come next becomes parts.
    fn show(&mut self, next: &[u8]) {
        let text = String::from_utf8_lossy(next).replace('\r', "");
        self.shown += next.len();
        for (i, piece) in text.split(MARK).enumerate() {
            let piece = if i == 0 {
                piece
            } else {
                self.parts.push(Part::Prompt);
                piece.strip_prefix("$ ").unwrap_or(piece)
            };
            if !piece.is_empty() {
                self.parts.push(Part::Output(piece.into()));
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// `labnotes play`: a [`Script`] as JSON on stdin, the [`Screen`]s on stdout.
pub fn main() -> Result<()> {
    // Whoever runs this in the background may have it ignore them, and so every program in the terminals: ^C is for those.
    for ignored in [Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: the default action needs no handler.
        unsafe { signal(ignored, SigHandler::SigDfl) }?;
    }
    // What a transcript leaves in /tmp goes with the network; unless what runs here is in there itself.
    let here = [labkit::root().canonicalize()?, std::env::current_exe()?];
    if !here.iter().any(|path| path.starts_with("/tmp")) {
        mount(Some("lab"), "/tmp", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    }
    let script: Script = serde_json::from_reader(io::stdin())?;
    serde_json::to_writer(io::stdout(), &play(&script)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(info: &str, text: &str) -> Result<Script> {
        Script::parse(info, &text.lines().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn an_echo_stands_before_the_prompt_that_was_quicker() {
        let mut terminal = Terminal::new("server").unwrap();
        terminal.flush();
        terminal.so_far.lock().unwrap().extend(b"\r\n\x02$ ^C");
        assert!(!terminal.echoes(b"^D"));
        assert!(terminal.echoes(b"^C"));
        assert_eq!(terminal.output()[terminal.shown..], *b"^C\r\n\x02$ ");
    }

    #[test]
    fn what_was_late_on_its_way_stands_before_what_was_typed() {
        let mut terminal = Terminal::new("client").unwrap();
        terminal.flush();
        terminal.so_far.lock().unwrap().extend("입력 : abcdefg\r\n".as_bytes());
        assert!(terminal.echoes(b"abcdefg\r\n"));
        assert_eq!(terminal.parts.last(), Some(&Part::Output("입력 : ".into())));
        assert_eq!(terminal.output()[terminal.shown..], *b"abcdefg\r\n");
    }

    #[test]
    fn a_block_is_a_script() {
        let script =
            script("practice no-servers", "[server]\n$ tcp_echoserv -v\n[client]\n> abc\n^C\n...").unwrap();
        assert!(!script.servers);
        assert_eq!(
            script.acts,
            [
                ("server".into(), Act::Command("tcp_echoserv -v".into())),
                ("client".into(), Act::Line("abc".into())),
                ("client".into(), Act::Key('C')),
                ("client".into(), Act::Wait),
            ]
        );
    }

    #[test]
    fn output_in_a_block_is_an_error() {
        let error = script("practice", "$ tcp_echocli 127.0.0.1\n입력 : ").unwrap_err().to_string();
        assert!(error.contains("`입력 : ` is neither"), "{error}");
        assert!(script("practice quiet", "$ true").is_err());
        assert!(script("practice", "").is_err());
    }
}
