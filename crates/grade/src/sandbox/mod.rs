//! Where a submission is built and run: shut in, and gone when it is over.
//!
//! Three processes stand between the grader and a submission. The *judge* (a process for each submission) has a network
//! of its own and tests from there. For each run it starts a *keeper*, which enters namespaces of its own that lack
//! everything else; and in there an *init*, process 1, which starts the submission and takes everything with it when that
//! has ended. See namespaces(7), user_namespaces(7), pid_namespaces(7), seccomp(2), landlock(7).

mod filter;
mod inside;
mod jail;
mod limits;
mod network;
mod reduced;

use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

pub use inside::{Ended, Jail};
pub use jail::{How, Place, STUDENT, Shared};
pub use limits::Limits;
pub use reduced::Alone;
pub(crate) use reduced::end_all_of;

/// How well a submission is shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Own user, network, mount, pid and ipc namespaces, no capabilities, Landlock, seccomp, limits.
    Full,
    /// Where namespaces are refused, and for root alone: another uid, Landlock, seccomp, limits. The network is shared.
    Reduced,
    /// Limits alone: for a program that one trusts, one's own.
    None,
}

impl Tier {
    /// `full`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tier::Full => "full",
            Tier::Reduced => "reduced",
            Tier::None => "none",
        }
    }
}

/// The best tier that can be had here, tried out once.
pub fn best_tier() -> Tier {
    static BEST: OnceLock<Tier> = OnceLock::new();
    *BEST.get_or_init(|| {
        [Tier::Full, Tier::Reduced].into_iter().find(|tier| possible(*tier).is_ok()).unwrap_or(Tier::None)
    })
}

/// Tries a tier out; an error that says what is refused.
pub fn possible(tier: Tier) -> io::Result<()> {
    let probe = myself()?.args([PROBE, tier.name()]).stdin(Stdio::null()).output()?;
    if probe.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&probe.stderr).trim().to_string()))
}

const PROBE: &str = "__probe";
const JUDGE: &str = "__judge";
const KEEPER: &str = "__keeper";
const SWEEPER: &str = "__sweeper";

/// This program, to be started again in another part: [`dispatch`].
pub(crate) fn myself() -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// The command that judges what its stdin tells: see [`crate::judge`].
pub(crate) fn judge_command() -> io::Result<Command> {
    let mut command = myself()?;
    command.arg(JUDGE);
    Ok(command)
}

/// What `main` does first: if this process was started as a judge, a keeper or a probe, be that. Gives its exit status.
#[must_use]
pub fn dispatch() -> Option<u8> {
    let mut args = std::env::args();
    let part = args.nth(1)?;
    let argument = args.next().unwrap_or_default();
    let done = match part.as_str() {
        KEEPER => inside::keep(),
        SWEEPER => reduced::sweep(&argument),
        JUDGE => crate::judge::judge(),
        PROBE => jail::probe(&argument),
        _ => return None,
    };
    Some(done.map_or_else(
        |error| {
            eprintln!("{error}");
            2
        },
        |()| 0,
    ))
}

/// Keepers and inits that were told to end.
static LEFT: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// These are to be waited for by [`wait_for_the_left`].
pub(crate) fn leave(pids: impl Iterator<Item = Pid>) {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner).extend(pids);
}

/// Waits until nothing is left of any run. Those whose parent has ended are this process's children; the others are gone.
pub(crate) fn wait_for_the_left() {
    for pid in LEFT.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        while waitpid(pid, None) == Err(Errno::EINTR) {}
    }
}

/// The children of a process: those of all its threads.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let children = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let children: Vec<String> = tasks.flatten().map(children).collect();
    children.iter().flat_map(|pids| pids.split_whitespace()).filter_map(|child| child.parse().ok()).collect()
}

/// An error that says what was tried.
fn tried<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> io::Result<T> {
    result.map_err(|error| io::Error::other(format!("{what}: {error}")))
}
