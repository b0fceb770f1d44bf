//! Looks after a run from outside: is it doing anything, and does it keep to its limits? Asks proc(5).

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jail::{Cgroup, Limits};
use labkit::doings::{Doings, Worked, descendants, doings_of_each, ticks_per_second};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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
    /// The folder on a disk to which they may write.
    pub(super) folder: Option<PathBuf>,
}

/// So many sockets hold little, whatever is in them; to count it takes a while, and most programs have fewer.
const FEW_SOCKETS: u64 = 20;

/// What a mapping takes of the kernel's memory: struct `vm_area_struct`, and its place among the others.
const MAPPING: u64 = 256;

impl Watched {
    fn sockets_open(&self) -> u64 {
        if self.own_network { sockets_open() } else { 0 }
    }

    /// Memory of the kernel's for them that no process is said to have: of sockets and mappings.
    fn hidden_memory(&self) -> u64 {
        // A kernel that doesn't tell has no such table to ask for.
        let sockets = if self.sockets_open() > FEW_SOCKETS { socket_memory().unwrap_or(0) } else { 0 };
        sockets + MAPPING * descendants(self.keeper).into_iter().map(mappings).sum::<u64>()
    }
}

/// How many mappings a process has; none if it is gone.
fn mappings(pid: i32) -> u64 {
    let maps = fs::File::open(format!("/proc/{pid}/maps"));
    let lines = maps.into_iter().flat_map(|file| BufReader::new(file).split(b'\n').map_while(Result::ok));
    lines.count() as u64
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
        while !self.lock().over {
            let mut now = doings_of_each(run.keeper, |process| each.see(process));
            // Of those who are gone, each knows what the others don't.
            let ticks = now.ticks.max(each.ticks());
            let mut worked = Duration::from_secs(ticks) / ticks_per_second() as u32;
            now.memory += run.hidden_memory();
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
            if let Some(reason) = too_much(run, now, worked).or_else(|| self.stopped()) {
                self.stop(reason);
            }
            // Limits and patience are counted in these samples.
            thread::sleep(INTERVAL);
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
fn too_much(watched: &Watched, now: Doings, worked: Duration) -> Option<Words> {
    let Limits { cpu, memory, sockets, trace, disk, .. } = watched.limits;
    if worked.as_secs() > cpu {
        return Some(words!(
            "CPU 시간 {cpu}초를 모두 사용했어요",
            "it used up its {cpu} s of processor time"
        ));
    }
    if watched.sockets_open() > sockets {
        return Some(words!("소켓을 {sockets}개 넘게 열었어요", "it opened more than {sockets} sockets"));
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
    let room = |folder: &PathBuf| disk.checked_sub(unlinked(watched.keeper, folder));
    if watched.folder.as_ref().is_some_and(|folder| !room(folder).is_some_and(|room| fits(folder, room))) {
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

/// How much the descendants of a process have in files that are open and in no folder any more, on the disk of this one:
/// unlink(2). Of a process into which this one may not look, nothing: proc_pid_fd(5).
fn unlinked(pid: i32, folder: &Path) -> u64 {
    let Ok(disk) = fs::metadata(folder).map(|data| data.dev()) else { return 0 };
    // Each thread may have descriptors of its own.
    let tasks = descendants(pid).into_iter().filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
    let open = tasks.flatten().flatten().filter_map(|task| fs::read_dir(task.path().join("fd")).ok());
    let files = open.flatten().flatten().filter_map(|open| fs::metadata(open.path()).ok());
    let theirs = files.filter(|data| data.is_file() && data.nlink() == 0 && data.dev() == disk);
    // The same one may be open more than once.
    theirs.map(|data| (data.ino(), data.blocks() * 512)).collect::<BTreeMap<u64, u64>>().values().sum()
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
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

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
            assert!(bytes.contains(&unlinked(pid, folder.path())), "{bytes:?}");
            assert_eq!(unlinked(pid, Path::new("/proc")), 0, "of another disk");
            std::io::Write::write_all(&mut stdin, then.as_bytes()).unwrap();
        }
        drop(stdin);
        sh.wait().unwrap();
    }
}
