//! The processes of this crate: this program again, in other parts, and what they start.

use std::io;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
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

/// Waits until nothing is left of any run. Those whose parent has ended are this process's children; the others are gone.
pub fn wait_for_the_left() {
    for pid in LEFT.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        while waitpid(pid, None) == Err(Errno::EINTR) {}
    }
    cgroup::remove_empty();
}
