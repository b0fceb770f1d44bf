//! The processes of this crate: this program again, in other parts, and what they start.

use std::io;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getcpu, sched_setaffinity};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::cgroup;

/// The part that tries a tier out.
pub(crate) const PROBE: &str = "__probe";
/// The part that shuts a program in.
pub(crate) const KEEPER: &str = "__keeper";
/// The part that ends all processes of a user.
pub(crate) const SWEEPER: &str = "__sweeper";
/// The part that limits the descriptors of a process of a user.
pub(crate) const LIMITER: &str = "__limiter";

/// Where programs are looked for in a jail.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// This program, to be started again in another part: [`crate::dispatch`].
pub fn myself() -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// Keepers and inits that were told to end.
static LEFT: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Leaves these processes to [`wait_for_the_left`].
pub fn leave(pids: impl Iterator<Item = Pid>) {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner).extend(pids);
}

/// Waits until nothing is left of any run. Of each, whoever was nearest to this process comes first: when that is gone, the next is
/// this process's child, or has gone before.
pub fn wait_for_the_left() {
    for pid in LEFT.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        while waitpid(pid, None) == Err(Errno::EINTR) {}
    }
    cgroup::remove_empty();
}

/// Leaves this thread, and whoever it starts, only the processor on which it runs. Before ptrace(2) does anything with a process that
/// has stopped, the kernel waits until that has gone from its processor: from another one, that makes each stop cost five times as
/// much. The program, too, has one processor then. Two bare system calls.
pub(crate) fn stay_on_this_processor() -> io::Result<()> {
    let mut here = CpuSet::new();
    here.set(sched_getcpu()?)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &here)?)
}
