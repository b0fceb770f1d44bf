//! Shuts any program in, and lets nothing of it be left when it is over.
//!
//! Several processes stand between a program and whoever runs it. The *caller* has entered a [`Place`], which has a network of
//! its own. For each run its *starter* forks a *keeper*, which enters namespaces of its own that lack everything else; and in there
//! an *init*, process 1, which starts the program and takes everything with it when that has ended. Where the kernel lets this
//! user have cgroups, each run has one of its own, from the keeper on. strace is not in there: what it starts is a *waiter*, which
//! forks the keeper into it and ends with it.
//! See namespaces(7), user_namespaces(7), pid_namespaces(7), seccomp(2), landlock(7), cgroups(7).

mod cgroup;
mod filter;
mod folder;
mod inside;
mod jail;
mod limits;
mod network;
mod place;
mod process;
mod reduced;
mod starter;
mod tier;

use std::fs;
use std::io;
use std::process::Stdio;
use std::sync::OnceLock;

pub use cgroup::Cgroup;
pub use folder::own_folder;
pub use jail::{Ended, Jail, Shared};
pub use limits::{Allowed, Limits, Spent};
pub use place::{How, Place, Started};
pub use process::{leave, myself, wait_for_the_left};
pub use reduced::{Alone, end_all_of, limit_files};
pub use starter::{Descriptors, Keeper};
pub use tier::Tier;

use process::{KEEPER, LIMITER, PROBE, SWEEPER};

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

/// A setting of the kernel (sysctl(8)): its name, the value that refuses a jail, and one that allows it.
pub type Setting = (&'static str, &'static str, &'static str);

/// Those that matter.
const SETTINGS: [Setting; 9] = [
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "10000"),
    ("user.max_net_namespaces", "0", "10000"),
    ("user.max_mnt_namespaces", "0", "10000"),
    ("user.max_pid_namespaces", "0", "10000"),
    ("user.max_ipc_namespaces", "0", "10000"),
    ("user.max_uts_namespaces", "0", "10000"),
    ("user.max_cgroup_namespaces", "0", "10000"),
];

/// Finds the settings that refuse a jail here.
pub fn refusals() -> impl Iterator<Item = Setting> {
    let now = |name: &str| fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/")));
    SETTINGS.into_iter().filter(move |(name, refusing, _)| now(name).is_ok_and(|now| now.trim() == *refusing))
}

/// Does a part of this program, from its first argument on.
pub type Part = fn() -> io::Result<()>;

/// Does what `main` has to do first: if this process was started as a keeper, a sweeper, a limiter or a probe, or as one of the
/// caller's own `parts`, it is that. Gives its exit status.
#[must_use]
pub fn dispatch(parts: &[(&str, Part)]) -> Option<u8> {
    let mut args = std::env::args();
    let part = args.nth(1)?;
    let argument = args.next().unwrap_or_default();
    let done = match part.as_str() {
        KEEPER => inside::keep_traced(),
        SWEEPER => reduced::sweep(&argument),
        LIMITER => reduced::limit(&argument),
        PROBE => place::probe(&argument),
        part => parts.iter().find(|(name, _)| *name == part)?.1(),
    };
    Some(done.map_or_else(
        |error| {
            eprintln!("{error}");
            2
        },
        |()| 0,
    ))
}
