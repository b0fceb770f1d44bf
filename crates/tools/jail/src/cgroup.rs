//! What the kernel itself counts of a run, where it lets this user ask for that: cgroups(7), version 2. Memory with the kernel's own
//! share, processor time with that of processes which nobody waits for, processes.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{io, mem};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};
use procfs::process::Process;

use crate::limits::Limits;
use crate::tier::tried;

/// How the names of runs' cgroups begin.
const GROUPS: &str = "grade-at-work-";

/// What a run's own file systems hold at most is no memory of its programs, but the kernel counts both together.
const FILES: u64 = 512 << 20;

/// The keeper and the init are in there as well.
const KEEPERS: u64 = 2;

/// The cgroups of this process's runs, and the locks that say so.
static MADE: Mutex<Vec<(PathBuf, Flock<File>)>> = Mutex::new(Vec::new());

/// The cgroup of one run: of its keeper (strace and the waiter are outside), and of all that comes of it.
#[derive(Clone, Debug)]
pub struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    /// Makes an empty one. It is gone when this process says [`remove_empty`] after its run, or else when the next caller looks.
    pub(crate) fn make(above: &Path, limits: &Limits) -> io::Result<Self> {
        loop {
            let folder = tried("cgroup", tempfile::Builder::new().prefix(GROUPS).tempdir_in(above))?.keep();
            // Somebody may have found it before it was locked.
            let Ok(lock) = lock(&folder) else { continue };
            if !folder.exists() {
                continue;
            }
            made().push((folder.clone(), lock));
            for (file, most) in [
                ("memory.max", limits.memory + FILES),
                ("memory.swap.max", 0),
                ("pids.max", limits.processes + KEEPERS),
            ] {
                let file = folder.join(file);
                if file.exists() {
                    tried("cgroup", fs::write(file, most.to_string()))?;
                }
            }
            return Ok(Cgroup { folder });
        }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its processor time so far, that of processes that are gone included.
    #[must_use]
    pub fn worked(&self) -> Duration {
        Duration::from_micros(self.numbers("cpu.stat").get("usage_usec").copied().unwrap_or(0))
    }

    /// Its memory in bytes, without what stands for files: 0 where the kernel doesn't count that here.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let numbers = self.numbers("memory.stat");
        let sum = |names: &[&str]| names.iter().filter_map(|name| numbers.get(*name)).sum::<u64>();
        let kernel = sum(&["kernel"]).saturating_sub(sum(&["slab_reclaimable"]));
        // Kernels before 5.18 have no sum of these.
        let parts = sum(&["kernel_stack", "pagetables", "slab_unreclaimable", "percpu"]);
        sum(&["anon", "sock"]) + kernel.max(parts)
    }

    /// Has the kernel ended one of its processes, because all together had too much memory? None where it doesn't count that.
    #[must_use]
    pub fn out_of_memory(&self) -> Option<bool> {
        self.numbers("memory.events").get("oom_kill").map(|times| *times > 0)
    }

    /// `NAME NUMBER`, a line each. None of a file that is not there.
    fn numbers(&self, file: &str) -> HashMap<String, u64> {
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        let numbers = text.lines().filter_map(|line| line.split_once(' '));
        numbers.filter_map(|(name, n)| Some((name.to_string(), n.parse().ok()?))).collect()
    }
}

/// clone(2). libc's constant of that name has 32 bits.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// fork(2) with flags of clone(2), but the child is in a cgroup from its first moment on, if it is to be in one: to move a process that
/// is there, the kernel waits until no other is about to fork or to end, which takes it up to 30 ms. This process has one thread.
pub(crate) fn fork_into(folder: Option<&Path>, flags: libc::c_int) -> io::Result<ForkResult> {
    if let Some(folder) = folder {
        let cgroup = File::open(folder)?;
        // SAFETY: a struct of numbers, which may all be 0.
        let mut args: libc::clone_args = unsafe { mem::zeroed() };
        args.flags = CLONE_INTO_CGROUP | flags as u64;
        // A child of this process's parent ends with the same signal as this process does, and none may be named.
        args.exit_signal = if flags & libc::CLONE_PARENT == 0 { libc::SIGCHLD as u64 } else { 0 };
        args.cgroup = cgroup.as_raw_fd() as u64;
        // SAFETY: the struct and its size; without a stack the child goes on as after fork. This process has one thread, so that
        // the child may do whatever it likes.
        let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, mem::size_of_val(&args)) };
        if child >= 0 {
            return Ok(forked(child));
        }
    }
    // Without a cgroup; before Linux 5.7, and in some containers.
    let (flags, none) = (flags | libc::SIGCHLD, null_mut::<u8>());
    // SAFETY: five numbers; the rest as above.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, 0) };
    let forked = forked(Errno::result(child)?);
    if let (ForkResult::Child, Some(folder)) = (forked, folder)
        && let Err(error) = fs::write(folder.join("cgroup.procs"), "0")
    {
        eprintln!("{}: {error}", folder.display());
        std::process::exit(2);
    }
    Ok(forked)
}

fn forked(child: libc::c_long) -> ForkResult {
    match child {
        0 => ForkResult::Child,
        child => ForkResult::Parent { child: Pid::from_raw(child as i32) },
    }
}

/// The nearest cgroup above this process's where it may make others, with its limits if there is one. This process has one thread.
pub(crate) fn above() -> io::Result<PathBuf> {
    let myself = tried("/proc/self", Process::myself())?;
    let mounts = tried("/proc/self/mountinfo", myself.mountinfo())?;
    let mount = mounts.into_iter().find(|mount| mount.fs_type == "cgroup2");
    let mount = mount.ok_or_else(|| io::Error::other("cgroup: no version 2 of it is mounted here"))?;
    let own = tried("/proc/self/cgroup", myself.cgroups())?.into_iter().find(|own| own.hierarchy == 0);
    let own = own.map(|own| own.pathname).unwrap_or_default();
    let own = Path::new(&own).strip_prefix(&mount.root).unwrap_or(Path::new(""));
    let own = mount.mount_point.join(own);
    let all = own.ancestors().take_while(|folder| folder.starts_with(&mount.mount_point));
    let (mut with, without): (Vec<&Path>, Vec<&Path>) = all.partition(|folder| counts(folder));
    with.extend(without);
    let mut last = io::Error::other("cgroup: none");
    for folder in with {
        match try_out(folder) {
            Ok(()) => return Ok(folder.to_path_buf()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Does the kernel count memory and processes of the cgroups in there?
pub(crate) fn counts(folder: &Path) -> bool {
    let controllers = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
    ["memory", "pids"].iter().all(|name| controllers.split_whitespace().any(|there| there == *name))
}

/// Makes one in there, and has a process join it. What callers have left that were killed is removed.
fn try_out(folder: &Path) -> io::Result<()> {
    for left in tried("cgroup", fs::read_dir(folder))?.flatten() {
        if left.file_name().as_bytes().starts_with(OsStr::new(GROUPS).as_bytes())
            && let Ok(_nobodys) = lock(&left.path())
        {
            // Where a process is still about to end, it is the next one's.
            let _ = fs::remove_dir(left.path());
        }
    }
    let group = Cgroup::make(folder, &Limits::RUN)?;
    let joined = match tried("cgroup", fork_into(Some(&group.folder), 0))? {
        ForkResult::Parent { child } => tried("waitpid", waitpid(child, None))?,
        ForkResult::Child => std::process::exit(0),
    };
    remove_empty();
    match joined {
        WaitStatus::Exited(_, 0) => Ok(()),
        _ => Err(io::Error::other(format!("cgroup: none can be joined in {}", folder.display()))),
    }
}

/// Removes the cgroups of the runs of which no process is left.
pub(crate) fn remove_empty() {
    made().retain(|(folder, _lock)| fs::remove_dir(folder).is_err());
}

fn made() -> std::sync::MutexGuard<'static, Vec<(PathBuf, Flock<File>)>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(folder: &Path) -> io::Result<Flock<File>> {
    Flock::lock(File::open(folder)?, FlockArg::LockExclusiveNonblock)
        .map_err(|(_, errno)| io::Error::from(errno))
}
