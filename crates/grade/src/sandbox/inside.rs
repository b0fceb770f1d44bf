//! The keeper and the init: what goes in, shuts the door, and starts the submission.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{FromRawFd as _, RawFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, chdir, execvpe, fork, pivot_root, setgroups, sethostname, setresgid,
    setresuid, setsid,
};
use serde::{Deserialize, Serialize};

use super::{Limits, STUDENT, Tier, filter, tried};

/// What to run, and how to shut it in: the keeper's argument, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Jail {
    /// How well.
    pub tier: Tier,
    /// The file system that the submission sees (tier full), or the folder that it may write to.
    pub root: PathBuf,
    /// The user that the keeper becomes; none if it stays who it is.
    pub uid: Option<u32>,
    /// Its user and group in the judge's namespace.
    pub outer: u32,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it starts.
    pub folder: PathBuf,
    /// All of its environment.
    pub env: BTreeMap<String, String>,
    /// How much it may have.
    pub limits: Limits,
    /// May it write to its own folder? Only while it is built.
    pub building: bool,
    /// Descriptors to open before it starts, of /dev/null: 3, 4, …
    pub occupied: Vec<RawFd>,
    /// The descriptor where init writes how it [`Ended`].
    pub status: RawFd,
}

/// How a submission ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It could not be started: errno.
    NotStarted(i32),
}

/// Starts the submission and waits for its end. This process has one thread.
pub(super) fn keep(jail: &str) -> io::Result<()> {
    let jail: Jail = serde_json::from_str(jail)?;
    // Whoever started this is gone: so is the submission.
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    if let Some(uid) = jail.uid {
        tried("setgroups", setgroups(&[]))?;
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(uid));
        tried("setresgid", setresgid(gid, gid, gid))?;
        tried("setresuid", setresuid(uid, uid, uid))?;
        // A process that has changed its user is nobody's to look at, not even its own: proc(5). And its parent's end
        // no longer reaches it: prctl(2).
        tried("prctl", prctl::set_dumpable(true))?;
        tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    }
    if jail.tier == Tier::Full {
        let everything = CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP;
        tried("unshare", unshare(everything))?;
        map_to(STUDENT, jail.outer, jail.outer)?;
    }
    // SAFETY: this process has one thread, so that the child may do whatever it likes.
    match tried("fork", unsafe { fork() })? {
        ForkResult::Parent { child } => {
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(())
        }
        ForkResult::Child => match init(&jail) {
            Ok(never) => match never {},
            Err(error) => Err(error),
        },
    }
}

/// This process is user and group `inner` in its user namespace, and `uid` and `gid` outside: user_namespaces(7).
pub(super) fn map_to(inner: u32, uid: u32, gid: u32) -> io::Result<()> {
    tried("/proc/self/setgroups", fs::write("/proc/self/setgroups", "deny"))?;
    tried("/proc/self/uid_map", fs::write("/proc/self/uid_map", format!("{inner} {uid} 1")))?;
    tried("/proc/self/gid_map", fs::write("/proc/self/gid_map", format!("{inner} {gid} 1")))
}

/// Process 1 of the submission's namespace.
fn init(jail: &Jail) -> io::Result<Infallible> {
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    if jail.tier == Tier::Full {
        enter(jail)?;
        drop_capabilities()?;
    }
    tried("setsid", setsid())?;
    tried("chdir", chdir(&jail.folder))?;
    tried("prctl", prctl::set_no_new_privs())?;
    if jail.tier != Tier::None {
        filter::landlock(jail)?;
        filter::seccomp()?;
    }
    // Nobody in here may look into this process or stop it.
    tried("prctl", prctl::set_dumpable(false))?;
    // SAFETY: this process has one thread, so that the child may do whatever it likes.
    match tried("fork", unsafe { fork() })? {
        ForkResult::Child => {
            let Err(errno) = run(jail);
            report(jail.status, Ended::NotStarted(errno as i32));
            std::process::exit(127);
        }
        ForkResult::Parent { child } => {
            let ended = wait_for(child);
            if jail.tier == Tier::Reduced {
                // All that this user has left, but this process: kill(2).
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            if let Some(ended) = ended {
                report(jail.status, ended);
            }
            // The kernel ends whoever is left in the namespace: pid_namespaces(7).
            std::process::exit(0);
        }
    }
}

/// Collects whoever ends, until `child` does.
fn wait_for(child: Pid) -> Option<Ended> {
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => return Some(Ended::Exited(status)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                return Some(Ended::Killed(signal as i32));
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// Becomes the submission.
fn run(jail: &Jail) -> Result<Infallible, Errno> {
    for &fd in &jail.occupied {
        // SAFETY: a C string with an end, and flags.
        let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) };
        // SAFETY: two numbers; whatever `fd` was is not ours to keep here.
        Errno::result(unsafe { libc::dup2(null, fd) })?;
        if null != fd {
            nix::unistd::close(null)?;
        }
    }
    // SAFETY: two numbers. The submission doesn't get init's descriptor.
    Errno::result(unsafe { libc::fcntl(jail.status, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // Rust's runtime ignores SIGPIPE, and who is started inherits that: a submission starts as from a shell.
    // SAFETY: the default action is no handler of ours.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    jail.limits.apply().map_err(|_| Errno::last())?;
    let c_string = |text: &String| CString::new(text.as_str()).map_err(|_| Errno::EINVAL);
    let argv: Vec<CString> = jail.argv.iter().map(c_string).collect::<Result<_, _>>()?;
    let env: Vec<CString> = jail
        .env
        .iter()
        .map(|(name, value)| c_string(&format!("{name}={value}")))
        .collect::<Result<_, _>>()?;
    execvpe(argv.first().ok_or(Errno::EINVAL)?, &argv, &env)
}

/// Tells the judge. An error means that it is gone, and then so is this process soon.
fn report(status: RawFd, ended: Ended) {
    // SAFETY: the descriptor that the judge gave this process for nothing else.
    let mut pipe = unsafe { fs::File::from_raw_fd(status) };
    if let Ok(text) = serde_json::to_string(&ended) {
        let _ = pipe.write_all(text.as_bytes());
    }
}

/// Leaves the judge's file system for the submission's own.
fn enter(jail: &Jail) -> io::Result<()> {
    let none: Option<&str> = None;
    let root = jail.root.as_path();
    tried("mount", mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))?;
    tried("mount", mount(Some(root), root, none, MsFlags::MS_BIND | MsFlags::MS_REC, none))?;
    read_only(root)?;
    if !jail.building {
        read_only(&root.join("lab"))?;
    }
    for (folder, options) in
        [("tmp", "size=64m,mode=1777"), ("home", "size=64m,mode=755"), ("dev/shm", "size=16m,mode=1777")]
    {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        tried(folder, mount(Some("tmpfs"), &root.join(folder), Some("tmpfs"), flags, Some(options)))?;
    }
    // Where parts of the outer /proc are covered (in a container) the kernel refuses another one: then there is none.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    match mount(Some("proc"), &root.join("proc"), Some("proc"), flags, none) {
        Err(Errno::EPERM) => {}
        mounted => tried("mount /proc", mounted)?,
    }
    tried("chdir", chdir(root))?;
    tried("pivot_root", pivot_root(".", "."))?;
    tried("umount", umount2(".", MntFlags::MNT_DETACH))?;
    tried("chdir", chdir("/"))?;
    tried("sethostname", sethostname("lab"))
}

fn read_only(path: &Path) -> io::Result<()> {
    let none: Option<&str> = None;
    let flags =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    tried("remount", mount(none, path, none, flags, none))
}

/// _LINUX_CAPABILITY_VERSION_3: capset(2).
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// None now, and none to be had: capabilities(7).
fn drop_capabilities() -> io::Result<()> {
    for capability in 0..64 {
        // SAFETY: three numbers.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } < 0 {
            break; // the last one that this kernel knows was the one before
        }
    }
    // struct __user_cap_header_struct { version, pid }, and two of struct __user_cap_data_struct: capset(2)
    let header = [CAPABILITY_VERSION_3, 0];
    let data = [0_u32; 6];
    // SAFETY: a header and data of the size that this version has.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) };
    tried("capset", Errno::result(result)).map(drop)
}
