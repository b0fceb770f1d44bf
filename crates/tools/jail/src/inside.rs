//! The keeper and the init: what goes in, shuts the door, and starts the program.

use std::convert::Infallible;
use std::ffi::CString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{FromRawFd as _, RawFd};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::{fs, mem};

use caps::CapSet;
use labkit::doings::children;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, chdir, execvpe, fork, pivot_root, setgroups, sethostname, setresgid,
    setresuid, setsid,
};

use crate::cgroup::fork_into;
use crate::jail::{Ended, JAIL, Jail, USER};
use crate::tier::{Tier, tried};
use crate::{filter, reduced};

/// What strace has started: the keeper, or where there are cgroups a waiter, which forks it into one.
pub(crate) fn keep_traced() -> io::Result<()> {
    let jail = std::env::var(JAIL).map_err(io::Error::other)?;
    let jail: Jail = serde_json::from_str(&jail)?;
    // Whoever started this is gone: so is the program.
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    close_others(jail.tier, jail.status)?;
    if jail.cgroup.is_none() {
        return keep(&jail, None);
    }
    // As who made it, before it becomes another, and the root of what the program sees of cgroups.
    let waiter = std::process::id();
    match tried("cgroup", fork_into(jail.cgroup.as_deref(), 0))? {
        ForkResult::Child => {
            tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
            keep(&jail, Some(waiter))
        }
        ForkResult::Parent { child } => {
            tried("close", nix::unistd::close(jail.status))?;
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(())
        }
    }
}

/// Starts the program and waits for its end. This process has one thread, its descriptors are the run's alone, and if there is a cgroup,
/// it is in there. Who had that done is told of the `waiter`, if there is one.
pub(crate) fn keep(jail: &Jail, waiter: Option<u32>) -> io::Result<()> {
    // Where memory runs out, the kernel takes the program first: proc(5).
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    if jail.tier == Tier::Full {
        if let Some(uid) = jail.uid {
            become_user(uid)?;
            // A process that has changed its user is nobody's to look at, not even its own: proc(5).
            tried("prctl", prctl::set_dumpable(true))?;
        }
        let everything = CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP;
        tried("unshare", unshare(everything))?;
        map_to(USER, jail.outer, jail.outer)?;
    }
    if waiter.is_some_and(|waiter| waiter != parent_id()) {
        return Err(io::Error::other("the waiter was gone before the kernel was told to watch it"));
    }
    let (wait, mut go) = io::pipe()?;
    // SAFETY: this process has one thread, so that the child may do whatever it likes.
    match tried("fork", unsafe { fork() })? {
        ForkResult::Parent { child } => {
            drop(wait);
            // An error means that the caller was gone before the kernel was told to watch it.
            let waiter = waiter.map(|waiter| format!("{waiter} ")).unwrap_or_default();
            tried("the caller", tell(jail.status, &format!("{waiter}{} {child}\n", std::process::id())))?;
            tried("close", nix::unistd::close(jail.status))?;
            go.write_all(b"!")?;
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(())
        }
        ForkResult::Child => {
            drop(go);
            match init(jail, wait) {
                Ok(never) => match never {},
                Err(error) => Err(error),
            }
        }
    }
}

/// Closes all descriptors but stdin, stdout, stderr, this one, and the lock where there is one: what the caller was started with is
/// none of the program's.
pub(crate) fn close_others(tier: Tier, own: RawFd) -> io::Result<()> {
    let mut keep = vec![own];
    if tier == Tier::Reduced {
        keep.push(reduced::LOCK);
    }
    keep.push(RawFd::MAX);
    keep.sort_unstable();
    let mut first = 3;
    for fd in keep {
        // SAFETY: three numbers. Nothing in this process uses what is closed.
        let result = unsafe { libc::syscall(libc::SYS_close_range, first, fd - 1, 0) };
        // Between neighbours there is nothing.
        if first < fd {
            tried("close_range", Errno::result(result))?;
        }
        first = fd.saturating_add(1);
    }
    Ok(())
}

/// Becomes another user, for good, without further groups.
fn become_user(uid: u32) -> io::Result<()> {
    tried("setgroups", setgroups(&[]))?;
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(uid));
    tried("setresgid", setresgid(gid, gid, gid))?;
    tried("setresuid", setresuid(uid, uid, uid))?;
    // With the user, this was forgotten: prctl(2).
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))
}

/// Makes this process user and group `inner` in its user namespace, who is `uid` and `gid` outside: user_namespaces(7).
pub(crate) fn map_to(inner: u32, uid: u32, gid: u32) -> io::Result<()> {
    tried("/proc/self/setgroups", fs::write("/proc/self/setgroups", "deny"))?;
    tried("/proc/self/uid_map", fs::write("/proc/self/uid_map", format!("{inner} {uid} 1")))?;
    tried("/proc/self/gid_map", fs::write("/proc/self/gid_map", format!("{inner} {gid} 1")))
}

/// Process 1 of the program's namespace; where there is none, who inherits all that it starts.
fn init(jail: &Jail, mut wait: io::PipeReader) -> io::Result<Infallible> {
    if jail.tier == Tier::Full {
        tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    } else {
        // Where no kernel ends the others with it, this process has to.
        tried("sigprocmask", signals().thread_block())?;
        tried("prctl", prctl::set_pdeathsig(Signal::SIGTERM))?;
    }
    // The keeper was still there after that, and the caller knows of this process.
    wait.read_exact(&mut [0])?;
    drop(wait);
    if jail.tier == Tier::Full {
        enter(jail)?;
        drop_capabilities()?;
    } else {
        tried("prctl", prctl::set_child_subreaper(true))?;
    }
    tried("setsid", setsid())?;
    tried("chdir", chdir(&jail.folder))?;
    tried("prctl", prctl::set_no_new_privs())?;
    if jail.tier == Tier::Full {
        filter::landlock(jail)?;
        filter::forbid_keepers()?;
    }
    // Nobody in here may look into this process or stop it. In tier none that would be strace as well, which has no more rights
    // there than the program: it has to see how that starts.
    if jail.tier != Tier::None {
        tried("prctl", prctl::set_dumpable(false))?;
    }
    // SAFETY: this process has one thread, so that the child may do whatever it likes.
    match tried("fork", unsafe { fork() })? {
        ForkResult::Child => {
            prepare(jail)?;
            let Err(errno) = run(jail);
            report(jail.status, Ended::NotStarted(errno as i32));
            std::process::exit(127);
        }
        ForkResult::Parent { child } => {
            let ended = wait_for(child, jail.tier);
            match (jail.tier, jail.uid) {
                // The kernel ends whoever is left in the namespace: pid_namespaces(7).
                (Tier::Full, _) => {}
                (Tier::Reduced, Some(uid)) => {
                    reduced::end_all_of(uid)?;
                    // Not collected, they would count among the next run's processes.
                    end_children();
                }
                _ => end_children(),
            }
            if let Some(ended) = ended {
                report(jail.status, ended);
            }
            std::process::exit(0);
        }
    }
}

/// Ends all that this process has started or inherited, and what they start meanwhile.
fn end_children() {
    loop {
        for child in children(std::process::id().cast_signed()) {
            let _ = nix::sys::signal::kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
}

/// What an init waits for that has no namespace: that somebody ended, and that its keeper did.
fn signals() -> SigSet {
    SigSet::from_iter([Signal::SIGCHLD, Signal::SIGTERM])
}

/// Collects whoever ends, until `child` does. None if nobody wants to know any more.
fn wait_for(child: Pid, tier: Tier) -> Option<Ended> {
    let how = if tier == Tier::Full { WaitPidFlag::empty() } else { WaitPidFlag::WNOHANG };
    loop {
        match waitpid(None, Some(how | WaitPidFlag::__WALL)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => return Some(Ended::Exited(status)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                return Some(Ended::Killed(signal as i32));
            }
            Ok(WaitStatus::StillAlive) if signals().wait() != Ok(Signal::SIGCHLD) => return None,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// The last that the child does as the caller's: the rest of the doors, and its limits.
fn prepare(jail: &Jail) -> io::Result<()> {
    if jail.tier == Tier::Reduced {
        // As root: the rules name what is to be opened, wherever it is.
        filter::landlock(jail)?;
        drop_bounding_set();
        become_user(jail.uid.ok_or_else(|| io::Error::other("no other user"))?)?;
        filter::forbid_keepers()?;
    }
    for &fd in &jail.occupied {
        // SAFETY: a C string with an end, and flags.
        let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) };
        // SAFETY: two numbers; whatever `fd` was is not ours to keep here.
        tried("dup2", Errno::result(unsafe { libc::dup2(null, fd) }))?;
        if null != fd {
            tried("close", nix::unistd::close(null))?;
        }
    }
    if jail.without_stdin {
        tried("close", nix::unistd::close(0))?;
    }
    // SAFETY: two numbers. The program doesn't get init's descriptor.
    tried("fcntl", Errno::result(unsafe { libc::fcntl(jail.status, libc::F_SETFD, libc::FD_CLOEXEC) }))?;
    // SAFETY: two numbers. Nor the lock, where there is one.
    let _ = unsafe { libc::fcntl(reduced::LOCK, libc::F_SETFD, libc::FD_CLOEXEC) };
    tried("sigprocmask", SigSet::all().thread_unblock())?;
    // Rust's runtime ignores SIGPIPE, and who is started inherits that: a program starts as from a shell.
    // SAFETY: the default action is no handler of ours.
    tried("signal", unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) })?;
    // It sleeps as exactly as there, too: prctl(2). The grader asks for more.
    tried("prctl", prctl::set_timerslack(50_000))?;
    jail.limits.apply(jail.tier)
}

/// Becomes the program.
fn run(jail: &Jail) -> Result<Infallible, Errno> {
    let c_string = |text: &String| CString::new(text.as_str()).map_err(|_| Errno::EINVAL);
    let argv: Vec<CString> = jail.argv.iter().map(c_string).collect::<Result<_, _>>()?;
    let env: Vec<CString> = jail
        .env
        .iter()
        .map(|(name, value)| c_string(&format!("{name}={value}")))
        .collect::<Result<_, _>>()?;
    tell(jail.status, "ready\n").map_err(|_| Errno::EPIPE)?;
    execvpe(argv.first().ok_or(Errno::EINVAL)?, &argv, &env)
}

fn report(status: RawFd, ended: Ended) {
    if let Ok(text) = serde_json::to_string(&ended) {
        // An error means that it is gone, and then so is this process soon.
        let _ = tell(status, &format!("{text}\n"));
    }
}

/// Tells the caller. An error means that it is gone.
fn tell(status: RawFd, text: &str) -> io::Result<()> {
    // SAFETY: the descriptor that the caller gave this process for nothing else; it stays open.
    let mut pipe = mem::ManuallyDrop::new(unsafe { fs::File::from_raw_fd(status) });
    pipe.write_all(text.as_bytes())
}

/// Leaves the caller's file system for the program's own.
fn enter(jail: &Jail) -> io::Result<()> {
    let none: Option<&str> = None;
    let root = jail.root.as_path();
    tried("mount", mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))?;
    tried("mount", mount(Some(root), root, none, MsFlags::MS_BIND | MsFlags::MS_REC, none))?;
    read_only(root)?;
    if !jail.building {
        read_only(&root.join("work"))?;
    }
    for (folder, options) in [
        ("tmp", "size=64m,nr_inodes=8k,mode=1777"),
        ("home", "size=64m,nr_inodes=8k,mode=755"),
        ("dev/shm", "size=16m,nr_inodes=1k,mode=1777"),
    ] {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        tried(folder, mount(Some("tmpfs"), &root.join(folder), Some("tmpfs"), flags, Some(options)))?;
    }
    // Where parts of the outer /proc are covered (in a container) the kernel refuses another one: then there is none.
    // Read-only: oom_score_adj stays what it is. And nobody sees this process.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY;
    match mount(Some("proc"), &root.join("proc"), Some("proc"), flags, Some("hidepid=2")) {
        Err(Errno::EPERM) => {}
        mounted => tried("mount /proc", mounted)?,
    }
    tried("chdir", chdir(root))?;
    tried("pivot_root", pivot_root(".", "."))?;
    tried("umount", umount2(".", MntFlags::MNT_DETACH))?;
    tried("chdir", chdir("/"))?;
    tried("sethostname", sethostname("jail"))
}

fn read_only(path: &Path) -> io::Result<()> {
    let none: Option<&str> = None;
    let flags =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    tried("remount", mount(none, path, none, flags, none))
}

/// None now, and none to be had: capabilities(7).
fn drop_capabilities() -> io::Result<()> {
    drop_bounding_set();
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        tried("capset", caps::clear(None, set))?;
    }
    Ok(())
}

/// No program that is started gets any: not one that only a later kernel knows either.
fn drop_bounding_set() {
    for capability in 0..64 {
        // SAFETY: three numbers.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } < 0 {
            break; // the last one that this kernel knows was the one before
        }
    }
}
