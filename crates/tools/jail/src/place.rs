//! The caller's own surroundings: its namespaces, and the file system that the program is going to see.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd as _, BorrowedFd, RawFd};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Uid, fork};

use crate::cgroup::{self, Cgroup};
use crate::filter::java_settings;
use crate::inside::map_to;
use crate::jail::{Ended, Jail, Shared, USER};
use crate::limits::{Allowed, Limits, Spent};
use crate::process::PATH;
use crate::starter::{Descriptors, Keeper, Order, Starter};
use crate::tier::{Tier, tried};
use crate::{folder, network, reduced};

/// The descriptor where init reports: out of the way of those that a program gets.
const STATUS: RawFd = 200;

/// Where programs of one caller are built and run.
#[derive(Debug)]
pub struct Place {
    /// How well they are shut in.
    pub tier: Tier,
    /// An address of this machine beside 127.0.0.0/8, as the slides' servers have one. Loopback where there is no network
    /// of one's own.
    pub address: Ipv4Addr,
    /// What is `/` in there (tier full), or the folder that is theirs.
    root: PathBuf,
    /// Who it is in the caller's user namespace; in tier reduced, the first of [`reduced::users`].
    uid: Option<u32>,
    outer: u32,
    shared: Shared,
    /// What the program may take.
    pub allowed: Allowed,
    runs: AtomicU32,
    /// Where the cgroups of runs are made, if they may be.
    cgroups: Option<PathBuf>,
    starter: Starter,
    /// What all runs have cost so far.
    pub spent: Arc<Spent>,
}

impl Place {
    /// Enters it, with `folder`, which is empty, as the place for everything. This process has one thread.
    pub fn enter(tier: Tier, folder: &Path, address: Ipv4Addr, shared: &Shared) -> io::Result<Self> {
        tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
        // The init of a keeper that was killed becomes a child of this process, so that its end can be waited for.
        tried("prctl", prctl::set_child_subreaper(true))?;
        // Before it is somebody else's, in the eyes of the files there.
        let cgroups = cgroup::above().ok();
        let mut place = match tier {
            Tier::Full => Self::enter_namespaces(folder, address, shared)?,
            Tier::Reduced => Self::for_other_users(folder, shared)?,
            Tier::None => {
                let place = Self::in_folder(tier, folder, None, shared)?;
                for path in [place.root.clone(), place.root.join("work"), place.root.join("tmp")] {
                    tried("the place", fs::create_dir(&path))?;
                }
                place
            }
        };
        place.cgroups = cgroups;
        Ok(place)
    }

    /// What the next run may take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.spent.next(self.allowed.running)
    }

    fn in_folder(tier: Tier, folder: &Path, uid: Option<u32>, shared: &Shared) -> io::Result<Self> {
        Ok(Place {
            tier,
            address: Ipv4Addr::LOCALHOST,
            root: folder.join("place"),
            uid,
            outer: 0,
            shared: shared.clone(),
            allowed: Allowed::USUAL,
            runs: AtomicU32::new(1),
            cgroups: None,
            starter: Starter::fork(tier)?,
            spent: Arc::default(),
        })
    }

    fn enter_namespaces(folder: &Path, address: Ipv4Addr, shared: &Shared) -> io::Result<Self> {
        let uid = unshare_as_root()?;
        let none: Option<&str> = None;
        tried("mount", mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))?;
        tried("the network", network::bring_up(address))?;
        let root = folder.join("root");
        fs::create_dir(&root)?;
        let (outer, shared) = (uid.unwrap_or(0), shared.clone());
        let (runs, spent) = (AtomicU32::new(1), Arc::default());
        let (tier, allowed) = (Tier::Full, Allowed::USUAL);
        let (cgroups, starter) = (None, Starter::fork(tier)?);
        let place = Place { tier, address, root, uid, outer, shared, allowed, runs, cgroups, starter, spent };
        place.furnish()?;
        Ok(place)
    }

    fn for_other_users(folder: &Path, shared: &Shared) -> io::Result<Self> {
        let first = reduced::users()?;
        reduced::may_look()?;
        for (folder, _) in &shared.folders {
            open_to_all(folder)?;
        }
        let place = Self::in_folder(Tier::Reduced, folder, Some(first), shared)?;
        let builder = Some(reduced::user(first, 0));
        for path in [place.root.clone(), place.root.join("work"), place.root.join("tmp")] {
            tried("the place", fs::create_dir(&path))?;
            tried("the place", fs::set_permissions(&path, Permissions::from_mode(0o755)))?;
            tried("chown", chown(&path, builder, builder))?;
        }
        // Where /etc can't be written to, `etc` says so to whoever needs it.
        for (name, text) in ETC {
            let _ = reduced::replace(name, text);
        }
        // To go through, not to look at; the name is random.
        tried("the place", fs::set_permissions(folder, Permissions::from_mode(0o711)))?;
        Ok(place)
    }

    /// Builds what will be `/`: the system's programs, and nothing that is anybody's.
    fn furnish(&self) -> io::Result<()> {
        tmpfs(&self.root, "size=64m,nr_inodes=10k,mode=755")?;
        for name in ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            let outside = Path::new("/").join(name);
            match fs::read_link(&outside) {
                Ok(target) => symlink(target, self.root.join(name))?,
                Err(_) if outside.is_dir() => self.bind(&outside, name)?,
                Err(_) => {}
            }
        }
        if self.root.join("usr/src").is_dir() {
            tmpfs(&self.root.join("usr/src"), "size=4k,mode=555")?;
        }
        for name in ["etc", "dev", "dev/shm", "proc", "tmp", "home", "work", "opt"] {
            fs::create_dir(self.root.join(name))?;
        }
        for name in
            ["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "perl", "python3"]
        {
            let outside = Path::new("/etc").join(name);
            if outside.exists() {
                self.bind(&fs::canonicalize(&outside)?, &format!("etc/{name}"))?;
            }
        }
        for settings in java_settings() {
            self.bind(&settings, settings.display().to_string().trim_start_matches('/'))?;
        }
        for (name, text) in ETC {
            self.etc(name, text)?;
        }
        // Not /dev/zero: mapped, it is memory that is nobody's, and that no limit counts.
        for device in ["null", "full", "random", "urandom"] {
            let inside = self.root.join("dev").join(device);
            fs::write(&inside, "")?;
            bind(&Path::new("/dev").join(device), &inside, MsFlags::empty())?;
        }
        for (name, target) in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
            symlink(format!("/proc/self/{target}"), self.root.join("dev").join(name))?;
        }
        let owner = self.outer;
        tmpfs(&self.root.join("work"), &format!("size=256m,nr_inodes=20k,mode=755,uid={owner},gid={owner}"))?;
        for (outside, inside) in &self.shared.folders {
            self.bind(outside, inside.trim_start_matches('/'))?;
        }
        Ok(())
    }

    /// A file or folder from outside, read-only.
    fn bind(&self, outside: &Path, inside: &str) -> io::Result<()> {
        let inside = self.root.join(inside);
        if outside.is_dir() {
            fs::create_dir_all(&inside)?;
        } else {
            fs::write(&inside, "")?;
        }
        bind(outside, &inside, MsFlags::MS_RDONLY | MsFlags::MS_NODEV)
    }

    /// Gives the program a file `/etc/NAME`: `hosts`, `services`. An error where it sees the system's own.
    pub fn etc(&self, name: &str, text: &str) -> io::Result<()> {
        match self.tier {
            Tier::Full => tried(&format!("/etc/{name}"), fs::write(self.root.join("etc").join(name), text)),
            Tier::Reduced => reduced::replace(name, text),
            Tier::None => Err(io::Error::other(format!(
                "in tier none a program has no /etc/{name} of its own, and this needs one"
            ))),
        }
    }

    /// From now on the system has only these ports to choose from, for who names none. An error where the network is not the
    /// caller's own, or its settings can't be changed (in a container).
    pub fn system_chooses_from(&self, ports: &RangeInclusive<u16>) -> io::Result<()> {
        if self.tier == Tier::Full {
            network::choose_from(ports)
        } else {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    /// A new folder of the caller's own, which is gone when the program's are.
    pub fn scratch(&self) -> io::Result<tempfile::TempDir> {
        tempfile::tempdir_in(self.root.parent().unwrap_or(&self.root))
    }

    /// All of the program's, where the caller sees it.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Where the program's `/work` is for the caller.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Where `/work` is for the program.
    #[must_use]
    pub fn work_inside(&self) -> String {
        if self.tier == Tier::Full { "/work".into() } else { self.work().to_string_lossy().into_owned() }
    }

    /// The paths in a text as they are for the program, who in the tiers without a file system of its own has no `/opt`.
    #[must_use]
    pub fn translated(&self, text: &str) -> String {
        if self.tier == Tier::Full {
            return text.into();
        }
        self.shared.folders.iter().fold(text.to_string(), |text, (outside, inside)| {
            text.replace(inside, &outside.display().to_string())
        })
    }

    /// Makes a file or folder in `/work` the program's own.
    pub fn give(&self, path: &Path) -> io::Result<()> {
        let uid = match (self.tier, self.uid) {
            (_, None) => return Ok(()),
            (Tier::Reduced, Some(first)) => reduced::user(first, 0),
            (_, Some(uid)) => uid,
        };
        std::os::unix::fs::lchown(path, Some(uid), Some(uid))?;
        if path.is_dir() && !path.is_symlink() {
            for entry in fs::read_dir(path)? {
                self.give(&entry?.path())?;
            }
        }
        Ok(())
    }

    /// Starts `argv` in there, under strace if there is such a prefix.
    pub fn start(&self, argv: &[String], how: &How, fds: Descriptors<BorrowedFd<'_>>) -> io::Result<Started> {
        let home = if self.tier == Tier::Full {
            "/home".into()
        } else {
            self.root.join("tmp").display().to_string()
        };
        let temporary = if self.tier == Tier::Full { "/tmp" } else { &home };
        let mut env: BTreeMap<String, String> = [
            ("PATH", PATH),
            ("HOME", &home),
            ("TMPDIR", temporary),
            ("USER", "student"),
            ("LANG", "C.UTF-8"),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
        env.extend(how.env.iter().map(|(name, value)| (name.clone(), self.translated(value))));
        let run = if how.building { 0 } else { self.runs.fetch_add(1, Ordering::Relaxed) };
        let user = self.uid.filter(|_| self.tier == Tier::Reduced).map(|first| reduced::user(first, run));
        let cgroup = self.cgroups.as_ref().map(|above| Cgroup::make(above, &how.limits)).transpose()?;
        let jail = Jail {
            tier: self.tier,
            root: self.root.clone(),
            uid: user.or(self.uid),
            outer: self.outer,
            argv: argv.iter().map(|arg| self.translated(arg)).collect(),
            folder: if self.tier == Tier::Full { "/work".into() } else { self.work() },
            env,
            limits: how.limits,
            cgroup: cgroup.as_ref().map(|cgroup| cgroup.folder().to_path_buf()),
            building: how.building,
            occupied: how.occupied.clone(),
            without_stdin: how.without_stdin,
            shared: self.shared.clone(),
            status: STATUS,
        };
        let keeper = self.starter.start(&Order { jail, strace: how.strace.clone() }, fds)?;
        Ok(Started { keeper, user, cgroup })
    }
}

/// A run that was started.
#[derive(Debug)]
pub struct Started {
    /// Its keeper; if it is traced, strace.
    pub keeper: Keeper,
    /// The user that it runs as, if that is its alone.
    pub user: Option<u32>,
    /// Its cgroup, where there is one.
    pub cgroup: Option<Cgroup>,
}

/// How to run something in a [`Place`].
#[derive(Clone, Debug)]
pub struct How {
    /// How much it may have.
    pub limits: Limits,
    /// May it write to `/work`?
    pub building: bool,
    /// Further environment variables.
    pub env: Vec<(String, String)>,
    /// Descriptors to open before it starts.
    pub occupied: Vec<RawFd>,
    /// Close its stdin?
    pub without_stdin: bool,
    /// strace and its options; empty without.
    pub strace: Vec<String>,
}

/// What `/etc` has in there, beside what the loader needs.
const ETC: [(&str, &str); 9] = [
    ("passwd", "root:x:0:0:root:/:/bin/sh\nstudent:x:1000:1000:student:/home:/bin/sh\n"),
    ("group", "root:x:0:\nstudent:x:1000:\n"),
    ("hosts", "127.0.0.1 localhost\n"),
    ("host.conf", "multi on\n"),
    ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"),
    ("resolv.conf", ""),
    ("services", "echo 7/tcp\necho 7/udp\ndaytime 13/tcp\ndaytime 13/udp\n"),
    ("protocols", "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n"),
    ("hostname", "jail\n"),
];

fn tmpfs(path: &Path, options: &str) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    tried(&path.display().to_string(), mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(options)))
}

/// mount(2): the flags of a bind mount are given in a second call, and those it has already can't be taken away.
fn bind(outside: &Path, inside: &Path, flags: MsFlags) -> io::Result<()> {
    let none: Option<&str> = None;
    let what = outside.display().to_string();
    tried(&what, mount(Some(outside), inside, none, MsFlags::MS_BIND, none))?;
    let had = tried(&what, statvfs(inside))?.flags();
    let mut flags = flags | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOSUID;
    for (fs_flag, flag) in [
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
    ] {
        if had.contains(fs_flag) {
            flags |= flag;
        }
    }
    tried(&what, mount(none, inside, none, flags, none))
}

/// Can every user read what is in this folder, as far as the folders above it go?
fn open_to_all(folder: &Path) -> io::Result<()> {
    for path in tried(&folder.display().to_string(), fs::canonicalize(folder))?.ancestors() {
        if tried(&path.display().to_string(), fs::metadata(path))?.permissions().mode() & 0o001 == 0 {
            return Err(io::Error::other(format!(
                "{} is needed to build this program, but in tier reduced it is another user who does so, and {} is closed to others",
                folder.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// New user, network, mount and ipc namespaces, with this process as their root. Root has room for a second user there,
/// whom it gives; for another user the program is still that user, who in there owns nothing.
fn unshare_as_root() -> io::Result<Option<u32>> {
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC;
    let (uid, gid) = (Uid::effective(), Gid::effective());
    let map = fs::read_to_string("/proc/self/uid_map")?;
    let all_users = map.split_whitespace().nth(2).and_then(|n| n.parse::<u64>().ok()) > Some(1 << 31);
    if !(uid.is_root() && all_users) {
        tried("unshare", unshare(flags))?;
        map_to(0, uid.as_raw(), gid.as_raw())?;
        return Ok(None);
    }
    // Only a process outside may map two users: a child that stays behind.
    let caller = std::process::id();
    let (go, ready) = io::pipe()?;
    // SAFETY: this process has one thread, so that the child may do whatever it likes.
    match tried("fork", unsafe { fork() })? {
        ForkResult::Child => {
            drop(ready);
            let mut go = go;
            let _ = io::Read::read(&mut go, &mut [0]);
            let map = format!("0 0 1\n{USER} {} 1\n", 2_000_000_000 + caller);
            let written = fs::write(format!("/proc/{caller}/uid_map"), &map)
                .and_then(|()| fs::write(format!("/proc/{caller}/gid_map"), &map));
            std::process::exit(i32::from(written.is_err()));
        }
        ForkResult::Parent { child } => {
            tried("unshare", unshare(flags))?;
            drop(ready);
            match tried("waitpid", waitpid(child, None))? {
                WaitStatus::Exited(_, 0) => Ok(Some(USER)),
                _ => Err(io::Error::other("/proc/self/uid_map: can't map a second user")),
            }
        }
    }
}

/// Tries a tier out: enters it and runs `true`.
pub(crate) fn probe(tier: &str) -> io::Result<()> {
    let tier = match tier {
        "full" => Tier::Full,
        "reduced" => Tier::Reduced,
        _ => Tier::None,
    };
    // Tier reduced changes files of /etc, which are put back at the end.
    let _alone = reduced::Alone::wait(tier)?;
    let (folder, _lock) = folder::own_folder()?;
    let place = Place::enter(tier, folder.path(), Ipv4Addr::new(198, 51, 100, 1), &Shared::default())?;
    let how = How {
        limits: Limits::RUN,
        building: false,
        env: Vec::new(),
        occupied: Vec::new(),
        without_stdin: false,
        strace: Vec::new(),
    };
    let (mut reader, writer) = io::pipe()?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let (mut errors, theirs) = io::pipe()?;
    let fds = [null.as_fd(), null.as_fd(), theirs.as_fd(), writer.as_fd()];
    let mut keeper = place.start(&["true".into()], &how, fds)?.keeper;
    drop((writer, theirs));
    let (said, why) = (io::read_to_string(&mut reader)?, io::read_to_string(&mut errors)?);
    keeper.wait();
    cgroup::remove_empty();
    // A mount point can't be removed with its folder.
    let _ = umount2(&place.root, MntFlags::MNT_DETACH);
    let ended = said.lines().nth(2).and_then(|ended| serde_json::from_str(ended).ok());
    if ended == Some(Ended::Exited(0)) {
        return Ok(());
    }
    Err(io::Error::other(format!("true could not be run in tier {}: {}", tier.name(), why.trim())))
}
