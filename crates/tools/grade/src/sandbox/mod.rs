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

use crate::words;
use crate::words::{Lang, Words};

pub use inside::{Ended, Jail};
pub use jail::{How, Place, STUDENT, Shared};
pub use limits::{Allowed, Limits};
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

/// Settings of the kernel that refuse a sandbox, and with which value; and what allows it: sysctl(8).
const REFUSALS: [(&str, &str, &str); 7] = [
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "10000"),
    ("user.max_net_namespaces", "0", "10000"),
    ("user.max_mnt_namespaces", "0", "10000"),
    ("user.max_pid_namespaces", "0", "10000"),
    ("user.max_ipc_namespaces", "0", "10000"),
];

/// What tier none lacks, why it is that one, and what to type for a better one.
#[must_use]
pub fn why_none() -> Words {
    let mut lines = vec![words!(
        "격리가 없는 tier none이에요. 여기에는 제출물만의 네트워크와 /etc가 없어서, 1024보다 작은 포트나 자기만의 /etc가 필요한 검사는 하지 못해요.",
        "This is tier none, without a sandbox: no network and no /etc of the submission's own, so that checks which need ports below 1024 or such an /etc can't be done."
    )];
    let Err(refused) = possible(Tier::Full) else {
        lines.push(words!(
            "이 컴퓨터에서는 격리할 수 있어요. --tier none을 빼세요.",
            "This machine can have a sandbox: leave out --tier none."
        ));
        return joined(&lines);
    };
    let now = |name: &str| fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/")));
    for (name, value, remedy) in REFUSALS {
        if now(name).is_ok_and(|now| now.trim() == value) {
            lines.push(words!(
                "{name}의 값이 {value}이라 커널이 거절해요. 다음 부팅까지 허용하려면: sudo sysctl {name}={remedy}",
                "The kernel refuses one because {name} is {value}. To allow it until the next boot: sudo sysctl {name}={remedy}"
            ));
        }
    }
    if lines.len() == 1 {
        lines.push(words!(
            "거절된 것: {refused}. 컨테이너라면 컨테이너를 --privileged로 시작하세요.",
            "What was refused: {refused}. In a container, start the container with --privileged."
        ));
    }
    joined(&lines)
}

/// One below the other.
fn joined(lines: &[Words]) -> Words {
    let join = |lang| lines.iter().map(|line| line.in_lang(lang)).collect::<Vec<_>>().join("\n");
    Words { ko: join(Lang::Ko), en: join(Lang::En) }
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
