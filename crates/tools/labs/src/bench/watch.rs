//! Looks after a run from outside: is it doing anything, and does it keep to its limits? Asks proc(5).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, iter, thread};

use jail::{Cgroup, Limits};
use labkit::doings::{Doings, Worked, doings_of_each, ticks_per_second};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::Stat;

use super::tables::socket_memory;
use crate::words;
use crate::words::Words;

/// How often.
pub(super) const INTERVAL: Duration = Duration::from_millis(20);

/// More than a submission's files and those that come of building it.
const MOST_FILES: u64 = 20_000;

/// What is looked at.
#[derive(Debug)]
pub(super) struct Watched {
    /// Whose descendants, and who ends them all if it ends.
    pub(super) keeper: i32,
    /// What they may take.
    pub(super) limits: Limits,
    /// The kernel's own count, where there is one.
    pub(super) cgroup: Option<Cgroup>,
    /// Is the network their own, so that all of its sockets are theirs?
    pub(super) own_network: bool,
    /// Where strace writes.
    pub(super) trace: Option<PathBuf>,
    /// The folder on a disk to which they may write, without links on the way.
    pub(super) folder: Option<PathBuf>,
}

/// So many sockets hold little, whatever is in them; to count it takes a while, and most programs have fewer.
const FEW_SOCKETS: u64 = 20;

/// What a mapping takes of the kernel's memory: struct `vm_area_struct`, and its place among the others.
const MAPPING: u64 = 256;

/// So many mappings take little (16 MiB), and none is smaller than a page: to count them takes a while, and most programs have fewer pages.
const FEW_MAPPINGS: u64 = 65_536;

impl Watched {
    fn held(&self, processes: &[Stat]) -> Held {
        if self.folder.is_some() {
            // Closing any such socket, the kernel closes what is on its way over those that nobody has: unix(7).
            drop(UnixStream::pair());
        }
        Held::by(processes, !self.own_network, self.folder.as_deref())
    }

    fn sockets_open(&self, held: &Held) -> u64 {
        if self.own_network { sockets_open() } else { held.sockets.len() as u64 }
    }

    /// Memory of the kernel's for them that no process is said to have: of so many sockets, and of mappings.
    fn hidden_memory(&self, held: &Held, sockets: u64) -> u64 {
        let theirs = |inode| self.own_network || held.sockets.contains(&inode);
        // A kernel that doesn't tell has no such table to ask for.
        let sockets = if sockets > FEW_SOCKETS { socket_memory(theirs).unwrap_or(0) } else { 0 };
        sockets + MAPPING * held.mappings
    }
}

/// What processes have open and mapped. Of a process into which this one may not look, nothing: proc_pid_fd(5).
#[derive(Debug, Default)]
struct Held {
    mappings: u64,
    /// Of fcntl(2): those that they have, and those that they wait for.
    locks: usize,
    /// The inodes of their sockets.
    sockets: BTreeSet<u32>,
    /// Files that are open and in no folder any more, on the disk of the one that is looked after: inode and bytes.
    unlinked: BTreeMap<u64, u64>,
    /// The inodes of such files that are mapped. How large they are, the kernel tells hardly anybody.
    mapped: BTreeSet<u64>,
    /// Is a descriptor on its way over a socket? Of which file, the kernel tells nobody.
    in_flight: bool,
}

impl Held {
    fn by(processes: &[Stat], descriptors: bool, folder: Option<&Path>) -> Self {
        let mut held = Held::default();
        let disk = folder.and_then(|folder| Some(fs::metadata(folder).ok()?.dev()));
        let pids: Vec<i32> = processes.iter().map(|process| process.pid).collect();
        held.locks = locks(&pids);
        let pages = processes.iter().map(|process| process.vsize).sum::<u64>() / procfs::page_size();
        for pid in pids {
            if folder.is_some() || pages > FEW_MAPPINGS {
                held.see_mappings(pid, folder);
            }
            if descriptors {
                // Each thread may have some of its own. What a process runs, it needs neither name nor mapping for.
                let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
                let open = tasks.filter_map(|task| fs::read_dir(task.path().join("fd")).ok());
                let open = open.flatten().flatten().map(|open| open.path());
                open.chain(iter::once(format!("/proc/{pid}/exe").into()))
                    .for_each(|link| held.see(&link, disk));
            }
        }
        held
    }

    /// `ADDRESSES rw-s OFFSET DEVICE INODE PATH`, and of what has no name any more ` (deleted)`.
    fn see_mappings(&mut self, pid: i32, folder: Option<&Path>) {
        let maps = fs::File::open(format!("/proc/{pid}/maps"));
        for line in maps.into_iter().flat_map(|maps| BufReader::new(maps).split(b'\n').map_while(Result::ok))
        {
            self.mappings += 1;
            if let Some(folder) = folder
                && line.ends_with(b" (deleted)")
                && let line = String::from_utf8_lossy(&line)
                && line.find('/').is_some_and(|path| Path::new(&line[path..]).starts_with(folder))
            {
                self.mapped
                    .extend(line.split_whitespace().nth(4).and_then(|inode| inode.parse::<u64>().ok()));
            }
        }
    }

    /// What such a link leads to.
    fn see(&mut self, link: &Path, disk: Option<u64>) {
        let to = fs::read_link(link).unwrap_or_default();
        let inode =
            to.to_str().and_then(|to| to.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u32>().ok());
        self.sockets.extend(inode);
        let Some(disk) = disk else { return };
        if inode.is_some() {
            self.in_flight |= receives_descriptors(link);
        } else if let Ok(data) = fs::metadata(link)
            && (data.is_file() && data.nlink() == 0 && data.dev() == disk)
        {
            self.unlinked.insert(data.ino(), data.blocks() * 512);
        }
    }

    /// How much they have on the disk in files without a name, of which none has more than `most`.
    fn on_disk(&self, most: u64) -> u64 {
        let unseen = self.mapped.iter().filter(|inode| !self.unlinked.contains_key(inode)).count() as u64;
        self.unlinked.values().sum::<u64>().saturating_add(unseen.saturating_mul(most))
    }
}

/// How many locks these processes have and wait for, as far as the first of all are theirs: `1: POSIX  ADVISORY  WRITE PID …`, and
/// `1: -> POSIX …` of one who waits. proc(5)
fn locks(pids: &[i32]) -> usize {
    let locks = fs::File::open("/proc/locks").map(|locks| BufReader::new(locks.take(1 << 20)));
    let theirs = |line: &String| {
        let pid = line.split_whitespace().skip_while(|word| *word != "POSIX").nth(3);
        pid.and_then(|pid| pid.parse().ok()).is_some_and(|pid| pids.contains(&pid))
    };
    locks.into_iter().flat_map(|locks| locks.lines().map_while(Result::ok)).filter(theirs).count()
}

/// Are there descriptors in what was sent to this socket, or to those that wait to be accepted? `scm_fds`, since Linux 5.6.
fn receives_descriptors(link: &Path) -> bool {
    let (Some(task), Some(fd)) = (link.ancestors().nth(2), link.file_name()) else { return false };
    let info = fs::read_to_string(task.join("fdinfo").join(fd)).unwrap_or_default();
    info.lines().filter_map(|line| line.strip_prefix("scm_fds:")).any(|n| n.trim() != "0")
}

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Watch {
    keeper: i32,
    cgroup: Option<Cgroup>,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    /// Why it was ended.
    stopped: Option<Words>,
    /// From now on the keeper's number may be another's.
    over: bool,
}

/// What was seen of a run so far, in numbers of samples. No clock: a machine without time for the watch takes fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// In so many it ran, had run since the one before, or wanted to.
    pub(super) busy: u64,
    /// In so many it slept, but had been awake since the one before.
    pub(super) naps: u64,
    /// In so many it slept and had slept all the time.
    pub(super) asleep: u64,
    /// Its processor time would fill so many.
    pub(super) worked: u64,
}

impl Seen {
    /// In all.
    pub(super) fn samples(self) -> u64 {
        self.busy + self.naps + self.asleep
    }
}

impl Watch {
    /// Watches a run, and ends it if it takes more than its limits, until told to stop.
    pub(super) fn start(run: Watched) -> Arc<Self> {
        let watch = Arc::new(Watch {
            keeper: run.keeper,
            cgroup: run.cgroup.clone(),
            limits: run.limits,
            state: Mutex::default(),
        });
        let watcher = Arc::clone(&watch);
        thread::spawn(move || watcher.watch(&run));
        watch
    }

    fn watch(&self, run: &Watched) {
        let (mut before, mut each) = (Doings::default(), Worked::default());
        loop {
            // Limits and patience are counted in these samples. The first comes when the program has been there for so long: most
            // are over by then.
            thread::sleep(INTERVAL);
            if self.lock().over {
                return;
            }
            let (mut now, mut processes) = doings_of_each(run.keeper);
            for process in &processes {
                each.see(process);
            }
            // The keeper is the grader's.
            processes.retain(|process| process.pid != run.keeper);
            // Of those who are gone, each knows what the others don't.
            let ticks = now.ticks.max(each.ticks());
            let mut worked = Duration::from_secs(ticks) / ticks_per_second() as u32;
            let held = run.held(&processes);
            let sockets = run.sockets_open(&held);
            now.memory += run.hidden_memory(&held, sockets);
            if let Some(cgroup) = &run.cgroup {
                worked = worked.max(cgroup.worked());
                now.memory = now.memory.max(cgroup.memory());
            }
            {
                let mut state = self.lock();
                let seen = &mut state.seen;
                // A process that ended meanwhile may have taken its ticks with it.
                seen.worked = seen.worked.max(worked.div_duration_f64(INTERVAL) as u64);
                let kind = if now.running || now.ticks != before.ticks {
                    &mut seen.busy
                } else if now.waiting || now.switches != before.switches {
                    &mut seen.naps
                } else {
                    &mut seen.asleep
                };
                *kind += 1;
            }
            before = now;
            if let Some(reason) = too_much(run, now, &held, sockets, worked).or_else(|| self.stopped()) {
                self.stop(reason);
            }
        }
    }

    /// Ends the run for this reason.
    pub(super) fn stop(&self, reason: Words) {
        let mut state = self.lock();
        if state.over {
            return;
        }
        state.stopped.get_or_insert(reason);
        // The keeper's end is the end of all: PR_SET_PDEATHSIG. It is a child of ours that nobody has waited for.
        let _ = kill(Pid::from_raw(self.keeper), Signal::SIGKILL);
    }

    /// The run is over: from now on the keeper's number may be somebody else's, and nothing is sent to it.
    pub(super) fn finish(&self) {
        self.lock().over = true;
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        self.lock().seen
    }

    /// Why it was ended, if it was.
    pub(super) fn stopped(&self) -> Option<Words> {
        let killed = || self.cgroup.as_ref().and_then(Cgroup::out_of_memory) == Some(true);
        self.lock().stopped.clone().or_else(|| killed().then(|| too_much_memory(self.limits.memory)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which limit is passed.
fn too_much(watched: &Watched, now: Doings, held: &Held, open: u64, worked: Duration) -> Option<Words> {
    let Limits { cpu, memory, sockets, locks, trace, disk, file_size, .. } = watched.limits;
    if worked.as_secs() > cpu {
        return Some(words!(
            "CPU 시간 {cpu}초를 모두 사용했어요",
            "it used up its {cpu} s of processor time"
        ));
    }
    if open > sockets {
        return Some(words!("소켓을 {sockets}개 넘게 열었어요", "it opened more than {sockets} sockets"));
    }
    if held.locks > locks {
        return Some(words!(
            "파일 잠금(fcntl)이 {locks}개를 넘었어요",
            "it has more than {locks} locks of fcntl"
        ));
    }
    if now.memory > memory {
        return Some(too_much_memory(memory));
    }
    if watched.trace.as_ref().is_some_and(|folder| !fits(folder, trace)) {
        let trace = trace >> 20;
        return Some(words!(
            "시스템 콜이 끝없이 이어졌어요(기록이 {trace} MiB를 넘었어요)",
            "its system calls don't end (more than {trace} MiB of them were written down)"
        ));
    }
    if held.in_flight {
        return Some(words!(
            "빌드하면서 파일 디스크립터를 소켓으로 보냈어요(SCM_RIGHTS). 그렇게 보낸 파일의 크기는 확인할 수 없어요",
            "while it was built, it sent descriptors over a socket (SCM_RIGHTS), where nobody sees how large their files are"
        ));
    }
    let room = disk.checked_sub(held.on_disk(file_size));
    if watched.folder.as_ref().is_some_and(|folder| !room.is_some_and(|room| fits(folder, room))) {
        let disk = disk >> 20;
        return Some(words!(
            "디스크를 {disk} MiB 넘게 사용했어요",
            "it wrote more than {disk} MiB to the disk"
        ));
    }
    None
}

fn too_much_memory(most: u64) -> Words {
    let most = most >> 20;
    words!("메모리를 {most} MiB 넘게 사용했어요", "it took more than {most} MiB of memory")
}

/// How many sockets are open in this network, of all families: `TCP 2304 5 …`. Not what sockstat says: there, a socket that
/// was closed counts until the kernel finds the time to forget it, and the tester opens and closes many.
fn sockets_open() -> u64 {
    let text = fs::read_to_string("/proc/self/net/protocols").unwrap_or_default();
    let sockets = |line: &str| line.split_whitespace().nth(2).and_then(|n| n.parse::<u64>().ok());
    text.lines().skip(1).filter_map(sockets).sum()
}

/// Is there at most this much in a folder, and not too much to count? Somebody may be changing it meanwhile.
fn fits(folder: &Path, bytes: u64) -> bool {
    let mut room = bytes;
    let mut entries = MOST_FILES;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let inside = match fs::read_dir(folder) {
            // Too deep to look.
            Err(error) if error.raw_os_error() == Some(libc::ENAMETOOLONG) => return false,
            inside => inside,
        };
        for entry in inside.into_iter().flatten().flatten() {
            let Ok(data) = entry.metadata() else { continue };
            let (Some(bytes), Some(n)) = (room.checked_sub(data.blocks() * 512), entries.checked_sub(1))
            else {
                return false;
            };
            (room, entries) = (bytes, n);
            if data.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, IoSlice, Write as _};
    use std::os::fd::{AsRawFd as _, OwnedFd};
    use std::process::{Command, Stdio};

    use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

    use super::*;

    #[test]
    fn a_file_that_is_open_and_has_no_name_any_more_counts_once_as_long_as_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let script = "(exec 3>f 4>&3; rm f; head -c 1048576 /dev/zero >&3; echo; read line); echo; read line";
        let mut sh = Command::new("sh");
        let sh = sh.args(["-c", script]).current_dir(folder.path()).stdin(Stdio::piped());
        let mut sh = sh.stdout(Stdio::piped()).spawn().unwrap();
        let (pid, mut stdin) = (sh.id().cast_signed(), sh.stdin.take().unwrap());
        let mut stdout = BufReader::new(sh.stdout.take().unwrap());
        // A file system may need some more for it, or less.
        for (bytes, then) in [(1..2 << 20, "\n"), (0..1, "")] {
            stdout.read_line(&mut String::new()).unwrap();
            let on_disk = |folder| Held::by(&doings_of_each(pid).1, true, Some(folder)).on_disk(0);
            assert!(bytes.contains(&on_disk(folder.path())), "{bytes:?}");
            assert_eq!(on_disk(Path::new("/proc")), 0, "of another disk");
            stdin.write_all(then.as_bytes()).unwrap();
        }
        drop(stdin);
        sh.wait().unwrap();
    }

    #[test]
    fn sockets_count_whose_ever_the_network_is_and_a_descriptor_that_nobody_has_received_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (input, errors) = UnixStream::pair().unwrap();
        let end = |socket: &UnixStream| Stdio::from(OwnedFd::from(socket.try_clone().unwrap()));
        let mut sh = Command::new("sh");
        let sh = sh.args(["-c", "(echo; read line) 3>&2; true"]).stdin(end(&input)).stderr(end(&errors));
        let mut sh = sh.stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(sh.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let look = || {
            let held = Held::by(&doings_of_each(sh.id().cast_signed()).1, true, Some(folder.path()));
            (held.sockets.len(), held.in_flight)
        };
        assert_eq!(look(), (2, false));
        let descriptor = [input.as_raw_fd()];
        let rights = [ControlMessage::ScmRights(&descriptor)];
        sendmsg::<()>(input.as_raw_fd(), &[IoSlice::new(b"x")], &rights, MsgFlags::empty(), None).unwrap();
        assert_eq!(look(), (2, true));
        (&errors).write_all(b"\n").unwrap();
        sh.wait().unwrap();
    }
}
