//! What processes do, as seen from outside: do they run, sleep, for how long have they worked? Asks proc(5).

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;

use procfs::process::{Stat, Status};
use procfs::{FromBufRead as _, FromRead as _};

pub use procfs::ticks_per_second;

/// What several processes do, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doings {
    /// Somebody runs, or wants to.
    pub running: bool,
    /// Somebody waits for a disk, or for a child that it has lent its memory to: vfork(2).
    pub waiting: bool,
    /// How often somebody went to sleep or was interrupted.
    pub switches: u64,
    /// Processor time in ticks of sysconf(_SC_CLK_TCK), that of children who have ended included.
    pub ticks: u64,
    /// Memory in bytes that no file stands for.
    pub memory: u64,
}

/// The descendants of a process.
#[must_use]
pub fn descendants(pid: i32) -> Vec<i32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        all.extend(children(pid));
    }
    all.split_off(1)
}

/// The children of a process: those of all its threads.
#[must_use]
pub fn children(pid: i32) -> Vec<i32> {
    threads(pid).flat_map(|tid| children_of(pid, tid)).collect()
}

/// Those of one thread.
fn children_of(pid: i32, tid: i32) -> Vec<i32> {
    let list = read(&format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
    String::from_utf8_lossy(&list).split(' ').filter_map(|pid| pid.parse().ok()).collect()
}

/// A file of proc(5), to its end; none if it is gone.
fn read(path: &str) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(4096);
    // Of a bare File, std asks for the size first, with two calls more: that is 0 here, and somebody looks again and again.
    fs::File::open(path).ok()?.take(u64::MAX).read_to_end(&mut text).ok()?;
    Some(text)
}

/// The threads of a process.
pub fn threads(pid: i32) -> impl Iterator<Item = i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok())
}

/// What the kernel says of a thread; none if it is gone. The name that a program gives itself need not be UTF-8.
#[must_use]
pub fn status(pid: i32, tid: i32) -> Option<Status> {
    let text = fs::read(format!("/proc/{pid}/task/{tid}/status")).ok()?;
    Status::from_buf_read(String::from_utf8_lossy(&text).as_bytes()).ok()
}

/// The processor time of processes, of each as it was seen last: of those, too, who ended and whom nobody waited for, so that
/// their time is nobody's: wait(2), SIGCHLD.
#[derive(Debug, Default)]
pub struct Worked {
    each: HashMap<(i32, u64), u64>,
}

impl Worked {
    /// Adds what is known of a process now.
    pub fn see(&mut self, process: &Stat) {
        // One that was there at all has worked for a moment, however short.
        self.each.insert((process.pid, process.starttime), (process.utime + process.stime).max(1));
    }

    /// Of all together, in ticks.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.each.values().sum()
    }
}

/// The threads of a process and of all its descendants, and how often each has gone to sleep or was interrupted; none if one of
/// them is awake. Who sees the same twice has seen a moment between the two at which all of them slept.
#[must_use]
pub fn all_asleep(pid: i32) -> Option<Vec<(i32, u64)>> {
    let mut all = Vec::new();
    let mut processes = vec![pid];
    while let Some(pid) = processes.pop() {
        let threads = asleep(pid)?;
        processes.extend(threads.iter().flat_map(|(tid, _)| children_of(pid, *tid)));
        all.extend(threads);
    }
    Some(all)
}

/// The threads of one process and how often each has gone to sleep or was interrupted; none if one of them is awake.
#[must_use]
pub fn asleep(pid: i32) -> Option<Vec<(i32, u64)>> {
    let mut asleep = Vec::new();
    for (tid, status) in statuses(pid) {
        match field(&status, "State").first() {
            // Stopped by SIGSTOP it does nothing either; by its tracer, it is about to.
            Some(b'S' | b'T') => {
                asleep.push((tid, switches(&status)));
            }
            Some(b'Z' | b'X') => {}
            _ => return None,
        }
    }
    Some(asleep)
}

/// The threads of a process, each with its status. Most have one, and its status is the process's.
fn statuses(pid: i32) -> Vec<(i32, Vec<u8>)> {
    match read(&format!("/proc/{pid}/status")) {
        Some(status) if field(&status, "Threads") == b"1" => vec![(pid, status)],
        _ => {
            let own = |tid| Some((tid, read(&format!("/proc/{pid}/task/{tid}/status"))?));
            threads(pid).filter_map(own).collect()
        }
    }
}

/// A line of a status, proc_pid_status(5), without its name.
fn field<'a>(status: &'a [u8], name: &str) -> &'a [u8] {
    let value = |line: &'a [u8]| line.strip_prefix(name.as_bytes())?.strip_prefix(b":\t");
    status.split(|byte| *byte == b'\n').find_map(value).unwrap_or_default()
}

/// How often a thread has gone to sleep or was interrupted.
fn switches(status: &[u8]) -> u64 {
    ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"].map(|name| number(status, name)).iter().sum()
}

/// The number in such a line; 0 where there is none.
fn number(status: &[u8], name: &str) -> u64 {
    let digits = field(status, name).trim_ascii_start().split(|byte| *byte == b' ').next();
    digits.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(0)
}

/// What a process and all its descendants do: a process that ends meanwhile is none.
#[must_use]
pub fn doings(pid: i32) -> Doings {
    doings_of_each(pid).0
}

/// As [`doings`], and what is known of each.
#[must_use]
pub fn doings_of_each(pid: i32) -> (Doings, Vec<Stat>) {
    let (mut sum, mut each) = (Doings::default(), Vec::new());
    let mut processes = vec![pid];
    while let Some(pid) = processes.pop() {
        // Of all threads, since the first may have ended: that of each is that of the process.
        let mut memory = 0;
        for (tid, status) in statuses(pid) {
            processes.extend(children_of(pid, tid));
            match field(&status, "State").first() {
                Some(b'R') => sum.running = true,
                Some(b'D') => sum.waiting = true,
                _ => {}
            }
            sum.switches += switches(&status);
            let kilobytes = ["RssAnon", "RssShmem", "VmPTE"].map(|name| number(&status, name));
            memory = memory.max(kilobytes.iter().sum::<u64>() << 10);
        }
        sum.memory += memory;
        if let Some(stat) = read(&format!("/proc/{pid}/stat"))
            && let Ok(stat) = Stat::from_read(&*stat)
        {
            sum.ticks += stat.utime + stat.stime + (stat.cutime + stat.cstime).unsigned_abs();
            each.push(stat);
        }
    }
    (sum, each)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proc_pid_stat(5), of a process that was started at a time and has worked for so many ticks.
    fn stat(pid: i32, started: u64, (user, system): (u64, u64)) -> Stat {
        let text = format!("{pid} (a b) S 1 1 1 0 -1 0 0 0 0 0 {user} {system} 9 9 20 0 1 0 {started}");
        Stat::from_read(format!("{text}{}\n", " 0".repeat(30)).as_bytes()).unwrap()
    }

    #[test]
    fn who_is_gone_has_worked_what_was_seen_last_and_who_has_its_number_now_works_beside() {
        let mut worked = Worked::default();
        let mut see = |stat| {
            worked.see(&stat);
            worked.ticks()
        };
        assert_eq!(see(stat(7, 100, (1, 2))), 3);
        assert_eq!(see(stat(7, 100, (4, 6))), 10, "seen again");
        assert_eq!(see(stat(8, 100, (0, 0))), 11, "there for a moment");
        assert_eq!(see(stat(7, 200, (5, 0))), 16, "another with that number");
        assert_eq!(see(stat(8, 100, (20, 0))), 35);
    }
}
