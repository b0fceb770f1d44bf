//! What a program asks of the kernel: runs under strace(1), with its calls as values. strace also makes calls fail, which the
//! stepper's own tracer, which holds a program at each call and so can't be strace, has no need to.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::doings::{children, doings, ticks_per_second};
use crate::peers::redirected;
use crate::program::Program;
use crate::running::{OTHER_PORTS, Output, Running};
use crate::sockets::{Transport, free_port, listens};
use crate::wait::DEADLINE;

/// A program hangs that has slept through so much of a wait without a break, or twice as much with breaks. Longer than a client
/// waits for a datagram.
const ASLEEP: Duration = Duration::from_secs(7);

/// One is in a loop that has worked for so many seconds, strace included, or left so many bytes of calls.
const MOST_WORK: u64 = 3;
const MOST_CALLS: u64 = 4 << 20;

/// One system call, as strace shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Who made it.
    pub pid: i32,
    /// When it was entered: seconds since 1970.
    pub entered: f64,
    /// How long it took, in seconds; none if it never returned.
    pub seconds: Option<f64>,
    /// `accept`
    pub name: String,
    /// `3<TCP:[0.0.0.0:7]>`, `"abc\n"`, … one text an argument.
    pub args: Vec<String>,
    /// `4<TCP:[127.0.0.1:7->127.0.0.1:40000]>`, `-1 EINTR (Interrupted system call)`; `?` if it never returned.
    pub result: String,
}

/// A descriptor with what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Its number.
    pub number: i32,
    /// `TCP:[127.0.0.1:7->127.0.0.1:40000]`, `/etc/passwd`; empty if strace doesn't know.
    pub what: String,
}

impl Call {
    /// The number that it returned; none if it never did.
    #[must_use]
    pub fn value(&self) -> Option<i64> {
        let end = self.result.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(self.result.len());
        self.result[..end].parse().ok()
    }

    /// `EINTR` if it failed with that.
    #[must_use]
    pub fn errno(&self) -> Option<&str> {
        self.result.strip_prefix("-1 ")?.split(' ').next()
    }

    /// When it returned: seconds since 1970, too early by what strace took to write the arguments down. When it was entered if it
    /// never did.
    #[must_use]
    pub fn returned(&self) -> f64 {
        self.entered + self.seconds.unwrap_or(0.0)
    }

    /// The descriptor that is its first argument.
    #[must_use]
    pub fn descriptor(&self) -> Option<Descriptor> {
        descriptor(self.args.first()?)
    }

    /// The bytes that argument `i` (from 0) points to, if it is a string.
    #[must_use]
    pub fn bytes(&self, i: usize) -> Option<Vec<u8>> {
        unescape(self.args.get(i)?)
    }

    /// As a program would say it, descriptors as bare numbers: `accept(3, …) = 4`. Where something is in memory, which is another place
    /// in each run, is left out.
    #[must_use]
    pub fn text(&self) -> String {
        let bare = |text: &String| descriptor(text).map_or(text.clone(), |fd| fd.number.to_string());
        let shown = |text: &String| if is_address(text) { "…".into() } else { bare(text) };
        let args: Vec<String> = self.args.iter().map(shown).collect();
        format!("{}({}) = {}", self.name, args.join(", "), bare(&self.result))
    }
}

/// Is an argument a place in memory, `0x7ffeee45dab0`? The lowest that Linux gives a program is 0x400000 (x86-64) or above.
fn is_address(text: &str) -> bool {
    text.strip_prefix("0x")
        .is_some_and(|digits| digits.len() >= 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// `4<TCP:[…]>` or `4` as a descriptor.
#[must_use]
pub fn descriptor(text: &str) -> Option<Descriptor> {
    let (number, what) = text.split_once('<').unwrap_or((text, ""));
    Some(Descriptor {
        number: number.parse().ok()?,
        what: what.strip_suffix('>').unwrap_or(what).to_string(),
    })
}

/// The bytes of a string as strace writes it: `"a\n\0\354"`. None if it is none.
#[must_use]
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('"')?;
    let text = text.strip_suffix("...").unwrap_or(text).strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [escaped, tail @ ..] = rest else { return None };
        let octal = rest.iter().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
        if octal > 0 {
            bytes.push(
                rest[..octal].iter().fold(0, |value: u8, digit| value.wrapping_mul(8) + (digit - b'0')),
            );
            rest = &rest[octal..];
            continue;
        }
        bytes.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'v' => 0x0B,
            b'f' => 0x0C,
            other => *other,
        });
        rest = tail;
    }
    Some(bytes)
}

/// A program that runs under strace.
#[derive(Debug)]
pub struct Traced {
    /// strace, with the program's stdin, stdout and stderr. Gone, and the program with it, when this is.
    pub running: Running,
    folder: TempDir,
    hang: Option<Hang>,
}

/// How a program hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hang {
    /// It sleeps in its last call, and nobody wakes it.
    Asleep,
    /// It works and comes to no end.
    Busy,
}

/// What a traced program has left behind.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its output and its end.
    pub output: Output,
    /// All calls of all its processes, in the order in which they were entered.
    pub calls: Vec<Call>,
    /// How it hung, if it was ended because of that.
    pub hang: Option<Hang>,
}

/// strace's options for a trace that [`read_calls`] finds in `folder`, with these faults injected.
#[must_use]
pub fn options(folder: &Path, inject: &[String]) -> Vec<String> {
    let mut options: Vec<String> =
        ["-ff", "-yy", "-ttt", "-T", "-s", "1048576", "-qq", "-o"].map(String::from).into();
    options.push(folder.join("calls").display().to_string());
    options.extend(inject.iter().map(|fault| format!("--inject={fault}")));
    options
}

impl Program {
    /// Starts it under strace, with everything that a [`Trace`] is made of; `inject` is a list of strace's fault injections,
    /// `accept:error=EINTR:when=1` (strace(1), --inject).
    pub fn trace<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        inject: &[String],
    ) -> io::Result<Traced> {
        self.trace_redirected(args, "", inject)
    }

    /// As [`Program::trace`], with its stdio [`redirected`].
    pub fn trace_redirected<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        redirection: &str,
        inject: &[String],
    ) -> io::Result<Traced> {
        let folder = tempfile::tempdir()?;
        let mut command = redirected(&Program::at("strace"), redirection);
        command.args(options(folder.path(), inject)).arg("--").arg(&self.path).args(args);
        let running = Running::start(&mut command)?;
        Ok(Traced { running, folder, hang: None })
    }

    /// Starts a server under strace, on a port that is free, given as its last argument after `options`, and waits until it
    /// listens. Gives the port too. One that ends or hangs before is given as it is: its calls show it.
    pub fn trace_server(&self, options: &[&str], inject: &[String]) -> io::Result<(Traced, u16)> {
        let transport = if self.name().starts_with("udp_") { Transport::Udp } else { Transport::Tcp };
        let mut others = OTHER_PORTS;
        loop {
            let port = free_port()?;
            let port_text = port.to_string();
            let mut traced = self.trace(options.iter().copied().chain([port_text.as_str()]), inject)?;
            let pid = traced.running.pid();
            let ready = traced.until(|_| Ok(listens(pid, transport, port)?.then_some(())))?.is_some();
            let taken = |call: &Call| call.name == "bind" && call.errno() == Some("EADDRINUSE");
            if ready || others == 0 || !traced.calls()?.iter().any(taken) {
                return Ok((traced, port));
            }
            others -= 1; // somebody else was quicker
        }
    }
}

impl Traced {
    /// Gives it `bytes` on its stdin.
    #[must_use]
    pub fn typed(mut self, bytes: &[u8]) -> Self {
        self.running.write(bytes);
        self
    }

    /// Closes its stdin, waits for its end and gives all that it did.
    pub fn finish(mut self) -> io::Result<Trace> {
        self.running.close_stdin();
        self.until(|_| Ok(None::<()>))?;
        let output = self.running.finish()?;
        let calls = read_calls(self.folder.path())?;
        Ok(Trace { output, calls, hang: self.hang })
    }

    /// Ends the program (SIGTERM), for those that never end, and gives all that it did.
    pub fn stop(self) -> io::Result<Trace> {
        self.signal(Signal::SIGTERM);
        self.finish()
    }

    /// Sends the program a signal, unless it has ended.
    fn signal(&self, signal: Signal) {
        for pid in children(self.running.pid()) {
            // An error means that it has ended meanwhile.
            let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
        }
    }

    /// Looks again and again until `observe` sees it; none if the program ends first. One that hangs is ended. No clock decides
    /// that: what counts are the pauses between the looks in which the program slept, as long as they were meant to be, and
    /// its processor time.
    pub fn until<T>(
        &mut self,
        mut observe: impl FnMut(&Self) -> io::Result<Option<T>>,
    ) -> io::Result<Option<T>> {
        let mut before = doings(self.running.pid());
        let (mut waited, mut idle, mut asleep) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        loop {
            // Before `observe`, which then sees all that was done until here.
            let ended = self.running.ended()?;
            if let Some(seen) = observe(self)? {
                return Ok(Some(seen));
            }
            if ended {
                return Ok(None);
            }
            let pause = (waited / 8).clamp(Duration::from_millis(1), Duration::from_millis(20));
            thread::sleep(pause); // leaves the processor to what is being observed
            waited += pause;

            let now = doings(self.running.pid());
            let busy = now.running || now.ticks != before.ticks;
            idle += if busy { Duration::ZERO } else { pause };
            asleep = if busy || now.waiting || now.switches != before.switches {
                Duration::ZERO
            } else {
                asleep + pause
            };
            before = now;
            let hang = if now.ticks > MOST_WORK * ticks_per_second() || self.written()? > MOST_CALLS {
                Hang::Busy
            } else if asleep > ASLEEP || idle > 2 * ASLEEP {
                Hang::Asleep
            } else {
                continue;
            };
            if self.hang.is_none() {
                self.hang = Some(hang);
                self.signal(Signal::SIGKILL);
                (idle, asleep) = (Duration::ZERO, Duration::ZERO);
            } else if idle > DEADLINE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "strace does not end"));
            }
        }
    }

    /// How many bytes of calls there are.
    fn written(&self) -> io::Result<u64> {
        fs::read_dir(self.folder.path())?.map(|file| Ok(file?.metadata()?.len())).sum()
    }

    /// What it has done so far.
    pub fn calls(&self) -> io::Result<Vec<Call>> {
        read_calls(self.folder.path())
    }
}

/// All calls in a folder where strace writes with these [`options`], so far: a file for each process, `calls.PID`.
pub fn read_calls(folder: &Path) -> io::Result<Vec<Call>> {
    let mut calls = Vec::new();
    for file in fs::read_dir(folder)? {
        let path: PathBuf = file?.path();
        let Some(pid) = path.extension().and_then(|pid| pid.to_str()?.parse().ok()) else { continue };
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        calls.extend(text.lines().filter_map(|line| parse(pid, line)));
    }
    calls.sort_by(|a, b| a.entered.total_cmp(&b.entered));
    Ok(calls)
}

/// One line of strace's: `1700000000.123456 close(3</etc/hosts>) = 0 <0.000007>`. None for what is no call: signals, ends.
fn parse(pid: i32, line: &str) -> Option<Call> {
    let (entered, rest) = line.split_once(' ')?;
    let entered = entered.parse().ok()?;
    let (name, rest) = rest.split_once('(')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let (args, rest) = split_args(rest);
    let result = rest.trim_start().strip_prefix('=').unwrap_or("?").trim();
    let timed = result
        .rsplit_once(" <")
        .and_then(|(result, time)| Some((result, time.strip_suffix('>')?.parse().ok()?)));
    let (result, seconds) = timed.map_or((result, None), |(result, seconds)| (result, Some(seconds)));
    // `? ERESTARTSYS (…)`: a signal ended the program in this call.
    let (result, seconds) = if result.starts_with('?') { ("?", None) } else { (result, seconds) };
    Some(Call { pid, entered, seconds, name: name.into(), args, result: result.trim().into() })
}

/// The arguments up to the closing parenthesis, and what comes after it.
fn split_args(text: &str) -> (Vec<String>, &str) {
    let mut args = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_u32, false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if text[..i].ends_with('-') => {} // the arrow in [a->b]
            ')' if depth == 0 => {
                args.push(text[start..i].trim().to_string());
                args.retain(|arg| !arg.is_empty());
                return (args, &text[i + 1..]);
            }
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                args.push(text[start..i].trim().to_string());
                start = i + 1;
            }
            _ => {}
        }
    }
    // It never returned: `accept(3<TCP:[…]>, <unfinished ...>`
    args.push(text[start..].replace("<unfinished ...>", "").trim().to_string());
    args.retain(|arg| !arg.is_empty());
    (args, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_call() {
        let line = r#"1795360248.743028 read(4<TCP:[127.0.0.1:5017->127.0.0.1:46946]>, "a,(\"\n", 65536) = 6 <0.000012>"#;
        let call = parse(7, line).unwrap();
        assert_eq!((call.pid, call.name.as_str(), call.value(), call.errno()), (7, "read", Some(6), None));
        assert_eq!(call.args.len(), 3);
        assert_eq!(call.bytes(1).unwrap(), b"a,(\"\n");
        let descriptor = call.descriptor().unwrap();
        assert_eq!(
            (descriptor.number, descriptor.what.as_str()),
            (4, "TCP:[127.0.0.1:5017->127.0.0.1:46946]")
        );
        assert!((call.returned() - 1_795_360_248.743_04).abs() < 1e-6);
    }

    #[test]
    fn a_failing_call_has_an_errno() {
        let line = "1.5 accept(3<TCP:[0.0.0.0:7]>, 0x7ffe, [16]) = -1 EINTR (Interrupted system call) (INJECTED) <0.000003>";
        let call = parse(1, line).unwrap();
        assert_eq!((call.errno(), call.value()), (Some("EINTR"), Some(-1)));
    }

    #[test]
    fn a_call_is_told_without_what_is_another_number_in_each_run() {
        let line = "1.5 getsockname(4<UDP:[0.0.0.0:7]>, 0x7ffeee45dab0, [0x1000]) = -1 EINVAL (Invalid argument) <0.1>";
        let told = "getsockname(4, …, [0x1000]) = -1 EINVAL (Invalid argument)";
        assert_eq!(parse(1, line).unwrap().text(), told);
    }

    #[test]
    fn a_call_that_never_returned_has_no_result() {
        let restarted =
            "1.5 accept(3<TCP:[0.0.0.0:7]>, 0x7ffc, [16]) = ? ERESTARTSYS (To be restarted) <72.1>";
        for line in [
            "1.5 accept(3<TCP:[0.0.0.0:7]>, ",
            "1.5 accept(3<TCP:[0.0.0.0:7]>, <unfinished ...>) = ?",
            restarted,
        ] {
            let call = parse(1, line).unwrap();
            assert_eq!(
                (call.args[0].as_str(), call.result.as_str(), call.seconds),
                ("3<TCP:[0.0.0.0:7]>", "?", None)
            );
        }
        assert_eq!(parse(1, "1.5 exit_group(0) = ?").unwrap().value(), None);
    }

    #[test]
    fn ends_and_signals_are_no_calls() {
        assert_eq!(parse(1, "1.5 +++ exited with 0 +++"), None);
        assert_eq!(parse(1, "1.5 --- SIGPIPE {si_signo=SIGPIPE, si_code=SI_USER} ---"), None);
    }

    #[test]
    fn strings_are_bytes() {
        assert_eq!(unescape(r#""\354\227\220\0a\00012\\""#).unwrap(), b"\xec\x97\x90\0a\x0012\\");
        assert_eq!(unescape("NULL"), None);
    }
}
