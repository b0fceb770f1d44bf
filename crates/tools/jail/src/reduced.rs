//! Tier reduced: root, where namespaces are refused (in most containers). The program is another user, of whom nothing is
//! left at the end; and as long as the caller is there, some files of `/etc` are the caller's.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use caps::{CapSet, Capability};
use labkit::doings::status;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Gid, Pid, Uid, getresuid, setgroups, setresgid, setresuid};
use procfs::process::all_processes;

use crate::process::{LIMITER, SWEEPER, myself};
use crate::tier::{Tier, tried};

/// How many users a caller needs: one that ends the others' processes, one that builds, the others for runs.
const USERS: u32 = 32;

/// The descriptor of the lock in callers, keepers and inits.
pub(crate) const LOCK: RawFd = 201;

/// The files of `/etc` that are replaced.
const REPLACED: [&str; 4] = ["hosts", "services", "host.conf", "nsswitch.conf"];

/// Where the system's own are kept meanwhile.
const KEPT: &str = "/var/lib/grade";

/// The only caller of tier reduced on this machine: the network, with its ports 7 and 13, is everybody's, and so is `/etc`.
/// In the other tiers one of many.
#[derive(Debug)]
pub struct Alone {
    lock: Option<Flock<File>>,
}

impl Alone {
    /// Waits until nobody else is. What one that was killed has left in `/etc` is put right.
    pub fn wait(tier: Tier) -> io::Result<Self> {
        if tier != Tier::Reduced {
            return Ok(Alone { lock: None });
        }
        tried(KEPT, fs::create_dir_all(KEPT))?;
        tried(KEPT, fs::set_permissions(KEPT, Permissions::from_mode(0o700)))?;
        let file = tried(KEPT, File::create(Path::new(KEPT).join("lock")))?;
        let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno);
        let lock = tried("flock", lock)?;
        put_back()?;
        Ok(Alone { lock: Some(lock) })
    }

    /// Lets a caller have the lock too, and those it starts: should this process be killed, they are still at work for a
    /// moment, and then end all processes of users that the next caller's program is going to be.
    pub fn lend_to(&self, caller: &mut Command) {
        let Some(lock) = self.lock.as_ref().map(|lock| lock.as_raw_fd()) else { return };
        let lend = move || {
            // SAFETY: two numbers. Nobody else in this program has such a high descriptor.
            Errno::result(unsafe { libc::dup2(lock, LOCK) }).map(drop).map_err(io::Error::from)
        };
        // SAFETY: between fork and exec only dup2 is called, which is a bare system call.
        unsafe { caller.pre_exec(lend) };
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if self.lock.is_some()
            && let Err(error) = put_back()
        {
            eprintln!("{error}");
        }
    }
}

/// A file of `/etc`, where it is kept, and where it says that there was none.
fn places(name: &str) -> (PathBuf, PathBuf, PathBuf) {
    let kept = Path::new(KEPT);
    (Path::new("/etc").join(name), kept.join(name), kept.join(format!("{name}.absent")))
}

/// Replaces `/etc/NAME`, in place: in a container it may be a mount point.
pub(crate) fn replace(name: &str, text: &str) -> io::Result<()> {
    if !REPLACED.contains(&name) {
        return Err(io::Error::other(format!("/etc/{name} can't be replaced in tier reduced")));
    }
    let (file, kept, absent) = places(name);
    let what = file.display().to_string();
    if !kept.exists() && !absent.exists() {
        match fs::read(&file) {
            Ok(bytes) => {
                let new = Path::new(KEPT).join("new");
                tried(KEPT, fs::write(&new, bytes).and_then(|()| fs::rename(&new, &kept)))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => tried(KEPT, fs::write(&absent, ""))?,
            Err(error) => return tried(&what, Err(error)),
        }
    }
    tried(&what, fs::write(&file, text))?;
    tried(&what, fs::set_permissions(&file, Permissions::from_mode(0o644)))
}

/// Puts the system's own files back where they were.
fn put_back() -> io::Result<()> {
    for name in REPLACED {
        let (file, kept, absent) = places(name);
        let what = file.display().to_string();
        match fs::read(&kept) {
            Ok(bytes) => tried(&what, fs::write(&file, bytes).and_then(|()| fs::remove_file(&kept)))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return tried(KEPT, Err(error)),
        }
        if absent.exists() {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => return tried(&what, Err(error)),
                _ => tried(KEPT, fs::remove_file(&absent))?,
            }
        }
    }
    Ok(())
}

/// An error where root may not look into other users' processes, as in many containers: strace would see no arguments of their calls,
/// and the watch nothing that they have open.
pub(crate) fn may_look() -> io::Result<()> {
    if tried("capget", caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_PTRACE))? {
        return Ok(());
    }
    let hint = "docker run --cap-add SYS_PTRACE";
    Err(io::Error::other(format!(
        "root lacks CAP_SYS_PTRACE here, and sees nothing of other users' processes ({hint})"
    )))
}

/// The first of [`USERS`] user ids that this system lets root become, and that nobody has.
pub(crate) fn users() -> io::Result<u32> {
    if !Uid::effective().is_root() {
        return Err(io::Error::other("only root can run a program as another user"));
    }
    let ranges = |map: &str| -> io::Result<Vec<(u64, u64)>> {
        let map = tried(map, fs::read_to_string(map))?;
        let numbers = |line: &str| -> Vec<u64> { line.split_whitespace().flat_map(str::parse).collect() };
        Ok(map.lines().map(numbers).filter_map(|n| Some((*n.first()?, n.first()? + n.get(2)?))).collect())
    };
    let (users, groups) = (ranges("/proc/self/uid_map")?, ranges("/proc/self/gid_map")?);
    let within = |ranges: &[(u64, u64)], first: u64| {
        ranges.iter().any(|(start, end)| *start <= first && first + u64::from(USERS) <= *end)
    };
    // Far away from everybody, or else the last but those that stand for nobody.
    let candidates = users.iter().map(|(_, end)| end.saturating_sub(64));
    [2_000_000_000]
        .into_iter()
        .chain(candidates)
        .find(|first| *first >= 10_000 && within(&users, *first) && within(&groups, *first))
        .map(|first| first as u32)
        .ok_or_else(|| io::Error::other("root has no other users here (/proc/self/uid_map)"))
}

/// The user that builds (0) and the users of runs, in turn: who still ends is not mistaken for who starts.
pub(crate) fn user(first: u32, run: u32) -> u32 {
    first + 1 + if run == 0 { 0 } else { 1 + (run - 1) % (USERS - 2) }
}

/// Ends all processes of a user of ours.
pub fn end_all_of(uid: u32) -> io::Result<()> {
    // One pass ends all that are there, one that forks just then included. What is found after it is about to end.
    loop {
        let swept = myself()?
            .args([SWEEPER, &uid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        if !swept.success() {
            return Err(io::Error::other(format!("the processes of user {uid} can't be ended")));
        }
        let left = processes_of(uid)?;
        if left.is_empty() {
            return Ok(());
        }
        for pid in left {
            // Those that are ours to collect.
            let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL));
        }
    }
}

fn processes_of(uid: u32) -> io::Result<Vec<i32>> {
    // A container's process 1 may not collect those that ended; they do nothing any more.
    let theirs = |pid: &i32| {
        status(*pid, *pid).is_some_and(|status| status.ruid == uid && !status.state.starts_with(['Z', 'X']))
    };
    Ok(tried("/proc", all_processes())?.flatten().map(|process| process.pid).filter(theirs).collect())
}

/// Becomes a process that may end all of user `uid`, and that they can't touch, and does so: kill(2). Its effective user is
/// theirs; its real and saved users, which decide who may signal it, are nobody else's.
pub(crate) fn sweep(uid: &str) -> io::Result<()> {
    let (first, uid): (u32, u32) = (users()?, uid.parse().map_err(io::Error::other)?);
    if !(first + 1..first + USERS).contains(&uid) {
        return Err(io::Error::other(format!("{uid} is no user of ours")));
    }
    let (sweeper, theirs, group) = (Uid::from_raw(first), Uid::from_raw(uid), Gid::from_raw(first));
    tried("setgroups", setgroups(&[]))?;
    tried("setresgid", setresgid(group, group, group))?;
    tried("setresuid", setresuid(sweeper, theirs, sweeper))?;
    tried("prctl", prctl::set_no_new_privs())?;
    let now = tried("getresuid", getresuid())?;
    if (now.real, now.effective, now.saved) != (sweeper, theirs, sweeper) {
        return Err(io::Error::other("this process is still somebody else"));
    }
    match kill(Pid::from_raw(-1), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => tried("kill", Err(errno)),
    }
}

/// Says how many descriptors a process may have (soft and hard: prlimit(2)). If it is of a user of its own, `user`, root itself may not
/// say so in most containers, which leave it no `CAP_SYS_RESOURCE`. One that has ended is limited in nothing.
pub fn limit_files(pid: i32, user: Option<u32>, (soft, hard): (u64, u64)) -> io::Result<()> {
    if let Some(user) = user {
        let limited = myself()?.arg(LIMITER).arg(format!("{user} {pid} {soft} {hard}")).output()?;
        return if limited.status.success() {
            Ok(())
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&limited.stderr).trim().to_string()))
        };
    }
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: `limit` lives until the call returns, and nothing is written back.
    let result = unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, &raw const limit, std::ptr::null_mut()) };
    match Errno::result(result) {
        Err(Errno::ESRCH) | Ok(_) => Ok(()),
        Err(errno) => tried("prlimit", Err(errno)),
    }
}

/// Becomes a process whose real user is `user`, which may limit that user's processes, and does so: prlimit(2). Its effective and saved
/// users stay root, so that they can look into nothing of it: ptrace(2).
pub(crate) fn limit(what: &str) -> io::Result<()> {
    let number =
        |at: usize| what.split(' ').nth(at).unwrap_or_default().parse::<u32>().map_err(io::Error::other);
    let (user, pid, limits) = (number(0)?, number(1)?, (number(2)?.into(), number(3)?.into()));
    let (root, group) = (Uid::effective(), Gid::effective());
    tried("setresgid", setresgid(Gid::from_raw(user), group, group))?;
    tried("setresuid", setresuid(Uid::from_raw(user), root, root))?;
    limit_files(pid.cast_signed(), None, limits)
}
