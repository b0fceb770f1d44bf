//! Looks after a run from outside: is it doing anything, and does it keep to its limits? Asks proc(5).

use std::fs;
use std::iter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::Limits;
use crate::words;
use crate::words::Words;

/// How often.
const INTERVAL: Duration = Duration::from_millis(20);

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Watch {
    state: Mutex<State>,
    over: AtomicBool,
}

#[derive(Debug)]
struct State {
    /// For how long it has been watched. On a machine that stands still, or has no time for the watch, this stands still too.
    watched: Duration,
    /// [`State::watched`] when it was last seen doing something.
    busy: Duration,
    /// Why it was ended.
    stopped: Option<Words>,
}

/// A process's or all processes' doings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Doings {
    /// Somebody runs, or wants to.
    running: bool,
    /// How often somebody went to sleep or was interrupted.
    switches: u64,
    /// Processor time in ticks of sysconf(_SC_CLK_TCK).
    ticks: u64,
    /// Pages in RAM.
    pages: u64,
}

impl Watch {
    /// Watches process `keeper` and its descendants, and ends it if they take more than their limits, until told to stop.
    pub(super) fn start(keeper: i32, limits: Limits) -> Arc<Self> {
        let state = State { watched: Duration::ZERO, busy: Duration::ZERO, stopped: None };
        let watch = Arc::new(Watch { state: Mutex::new(state), over: AtomicBool::new(false) });
        let watcher = Arc::clone(&watch);
        thread::spawn(move || watcher.watch(keeper, limits));
        watch
    }

    fn watch(&self, keeper: i32, limits: Limits) {
        let start = Instant::now();
        let mut last = start;
        let mut before = Doings::default();
        while !self.over.load(Ordering::Relaxed) {
            let now = doings(keeper);
            {
                let mut state = self.lock();
                state.watched += last.elapsed().min(2 * INTERVAL);
                if now.running || now.switches != before.switches || now.ticks != before.ticks {
                    state.busy = state.watched;
                }
            }
            last = Instant::now();
            before = now;
            let seconds = now.ticks / ticks_per_second();
            let memory = now.pages * 4096;
            let (cpu, megabytes, wall) = (limits.cpu, limits.memory >> 20, limits.wall.as_secs());
            if seconds > limits.cpu {
                self.stop(
                    keeper,
                    words!("CPU 시간 {cpu}초를 다 썼어요", "it used up its {cpu} s of processor time"),
                );
            } else if memory > limits.memory {
                self.stop(
                    keeper,
                    words!(
                        "메모리 {megabytes} MiB를 넘었어요",
                        "it took more than {megabytes} MiB of memory"
                    ),
                );
            } else if start.elapsed() > limits.wall {
                self.stop(
                    keeper,
                    words!("{wall}초가 지나도 끝나지 않았어요", "it was still there after {wall} s"),
                );
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Ends the run for this reason.
    pub(super) fn stop(&self, keeper: i32, reason: Words) {
        let mut state = self.lock();
        if self.over.load(Ordering::Relaxed) {
            return;
        }
        state.stopped.get_or_insert(reason);
        // The keeper's end is the end of all: PR_SET_PDEATHSIG. It is a child of ours that nobody has waited for.
        let _ = kill(Pid::from_raw(keeper), Signal::SIGKILL);
    }

    /// The run is over: from now on the keeper's number may be somebody else's, and nothing is sent to it.
    pub(super) fn finish(&self) {
        let _state = self.lock();
        self.over.store(true, Ordering::Relaxed);
    }

    /// For how long has it been watched, and how long had it been when it was last seen doing something?
    pub(super) fn watched(&self) -> (Duration, Duration) {
        let state = self.lock();
        (state.watched, state.busy)
    }

    /// Why it was ended, if it was.
    pub(super) fn stopped(&self) -> Option<Words> {
        self.lock().stopped.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ticks_per_second() -> u64 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().map_or(100, i64::cast_unsigned)
}

/// The descendants of a process.
pub(super) fn descendants(pid: i32) -> Vec<i32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    all.split_off(1)
}

/// What a keeper, who may not be ready to start it yet, and all its descendants do: a process that ends meanwhile is none.
fn doings(keeper: i32) -> Doings {
    let mut sum = Doings::default();
    for pid in iter::once(keeper).chain(descendants(keeper)) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            for line in status.lines() {
                let Some((name, value)) = line.split_once(':') else { continue };
                match name {
                    // A process that strace has stopped is on its way.
                    "State" => sum.running |= value.trim().starts_with(['R', 'D', 't']),
                    "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => {
                        sum.switches += value.trim().parse().unwrap_or(0);
                    }
                    _ => {}
                }
            }
        }
        // pid (name) state ppid … utime (14) stime (15) … rss (24)
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let number = |i: usize| fields.get(i - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        sum.ticks += number(14) + number(15);
        sum.pages += number(24);
    }
    sum
}
