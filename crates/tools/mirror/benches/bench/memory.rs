//! How much memory a program has had at most.

use std::process::Command;
use std::{fs, io};

use labkit::{Program, Running, until};
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// KiB that a running program has had at most: VmHWM of proc(5).
pub(crate) fn peak(pid: i32) -> io::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
    peak.ok_or_else(|| io::Error::other(format!("process {pid} has no VmHWM")))
}

/// The same of a program that soon ends: it is stopped on its way out. (`ru_maxrss` would count what it was before it
/// became this program.)
pub(crate) fn peak_at_exit(program: &Program, arg: &str) -> io::Result<f64> {
    // The shell waits for a line, and then becomes the program.
    let mut shell = Command::new("sh");
    shell.args(["-c", "read -r line && exec \"$0\" \"$1\""]).arg(&program.path).arg(arg);
    let mut shell = Running::start(&mut shell)?;
    let pid = Pid::from_raw(shell.pid());
    ptrace::seize(pid, Options::PTRACE_O_TRACEEXIT)?;
    shell.write(b"\n");
    until("the program's end", || match waitpid(pid, Some(WaitPidFlag::WNOHANG))? {
        WaitStatus::PtraceEvent(..) => Ok(Some(())),
        WaitStatus::StillAlive => Ok(None),
        other => Err(io::Error::other(format!("{}: {other:?}", program.name()))),
    })?;
    let peak = peak(pid.as_raw())?;
    ptrace::detach(pid, None)?;
    let output = shell.finish()?;
    if output.code == Some(0) { Ok(peak) } else { Err(io::Error::other(output.stderr_text())) }
}
