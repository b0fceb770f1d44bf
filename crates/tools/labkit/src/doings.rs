//! What processes do, as seen from outside: do they run, sleep, for how long have they worked? Asks proc(5).

use std::fs;
use std::iter;

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
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let children = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let children: Vec<String> = tasks.flatten().map(children).collect();
    children.iter().flat_map(|pids| pids.split_whitespace()).filter_map(|child| child.parse().ok()).collect()
}

/// What a process and all its descendants do: a process that ends meanwhile is none.
#[must_use]
pub fn doings(pid: i32) -> Doings {
    let mut sum = Doings::default();
    for pid in iter::once(pid).chain(descendants(pid)) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        // Of all threads, since the first may have ended: that of each is that of the process.
        let mut memory = 0;
        for task in tasks.flatten() {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let mut kilobytes: u64 = 0;
            for line in status.lines() {
                let Some((name, value)) = line.split_once(':') else { continue };
                let number =
                    || value.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
                match name {
                    "State" => {
                        sum.running |= value.trim().starts_with('R');
                        sum.waiting |= value.trim().starts_with('D');
                    }
                    "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => sum.switches += number(),
                    "RssAnon" | "RssShmem" | "VmPTE" => kilobytes += number(),
                    _ => {}
                }
            }
            memory = memory.max(kilobytes << 10);
        }
        sum.memory += memory;
        // pid (name) state ppid … utime (14) stime (15) cutime (16) cstime (17) …
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let number = |i: usize| fields.get(i - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        sum.ticks += (14..=17).map(number).sum::<u64>();
    }
    sum
}

/// How many ticks are a second.
#[must_use]
pub fn ticks_per_second() -> u32 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().map_or(100, |n| n as u32)
}
