//! What a program asks of the kernel: runs under strace(1), with its calls as values.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::{Output, Program, Running, Server, Transport, until};

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

    /// When it returned: seconds since 1970. When it was entered if it never did.
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

    /// `accept(3<TCP:[0.0.0.0:7]>, …) = 4<…>`
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}({}) = {}", self.name, self.args.join(", "), self.result)
    }
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
}

/// What a traced program has left behind.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its output and its end.
    pub output: Output,
    /// All calls of all its processes, in the order in which they were entered.
    pub calls: Vec<Call>,
}

/// `strace` with everything that a trace is made of; `inject` is a list of its fault injections,
/// `accept:error=EINTR:when=1` (strace(1), --inject).
fn strace<S: AsRef<OsStr>>(
    folder: &TempDir,
    inject: &[String],
    program: &Program,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new("strace");
    command.args(options(folder.path(), inject)).arg("--").arg(&program.path).args(args);
    command
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
    /// Starts it under strace, with faults injected: see [`Trace`].
    pub fn trace<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        inject: &[String],
    ) -> io::Result<Traced> {
        let folder = tempfile::tempdir()?;
        let running = Running::start(&mut strace(&folder, inject, self, args))?;
        Ok(Traced { running, folder })
    }

    /// As [`Program::trace`], with a stdout that nobody reads.
    pub fn trace_unread<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        inject: &[String],
    ) -> io::Result<Traced> {
        let folder = tempfile::tempdir()?;
        let running = Running::start_unread(&mut strace(&folder, inject, self, args))?;
        Ok(Traced { running, folder })
    }

    /// As [`Program::serve`], under strace. The program is ready; gives its port too.
    pub fn trace_server(&self, options: &[&str], inject: &[String]) -> io::Result<(Traced, u16)> {
        let transport = if self.name().starts_with("udp_") { Transport::Udp } else { Transport::Tcp };
        let folder = tempfile::tempdir()?;
        let server = Server::start(transport, |port| {
            let port = port.to_string();
            strace(&folder, inject, self, options.iter().copied().chain([port.as_str()]))
        })?;
        let port = server.port;
        Ok((Traced { running: server.into_running(), folder }, port))
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
    pub fn finish(self) -> io::Result<Trace> {
        let output = self.running.finish()?;
        let calls = read_calls(self.folder.path())?;
        Ok(Trace { output, calls })
    }

    /// Ends the program (SIGTERM), for those that never end, and gives all that it did.
    pub fn stop(self) -> io::Result<Trace> {
        let strace = self.running.pid();
        // None are left if it has ended by itself.
        let children =
            fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).unwrap_or_default();
        for pid in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGTERM)?;
        }
        self.finish()
    }

    /// Waits until the program's calls so far satisfy `condition`.
    pub fn wait_for(&self, what: &str, condition: impl Fn(&[Call]) -> bool) -> io::Result<()> {
        until(what, || Ok(condition(&self.calls()?).then_some(())))
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
