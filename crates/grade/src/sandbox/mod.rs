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

use std::io;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use inside::{Ended, Jail};
pub use jail::{How, Place, STUDENT, Shared};
pub use limits::Limits;

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
        KEEPER => inside::keep(&argument),
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

/// An error that says what was tried.
fn tried<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> io::Result<T> {
    result.map_err(|error| io::Error::other(format!("{what}: {error}")))
}
