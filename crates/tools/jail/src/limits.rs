//! How much a program may have: setrlimit(2), and what no rlimit counts.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::resource::{Resource, setrlimit};
use serde::{Deserialize, Serialize};

use crate::tier::{Tier, tried};

/// Timers and signals on their way, of all processes together.
const SIGNALS: u64 = 1024;

/// What one run may take. The kernel holds it to the limits of a process; the caller looks after the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processor time, in seconds: of each process, and of all together.
    pub cpu: u64,
    /// Memory in bytes: written by each process (RLIMIT_DATA), and in RAM of all together.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Open descriptors of each process, soft and hard (RLIMIT_NOFILE).
    pub open_files: (u64, u64),
    /// Bytes in a file.
    pub file_size: u64,
    /// Bytes on stdout and on stderr.
    pub output: usize,
    /// Sockets in its network, the tester's few included.
    pub sockets: u64,
    /// Locks of fcntl(2), each of which is memory of the kernel's: more than a server has whose processes take turns.
    pub locks: usize,
    /// Bytes of what strace writes down of its calls.
    pub trace: u64,
    /// Bytes on a disk, where there is no file system of its own.
    pub disk: u64,
    /// In so many samples in a row it may sleep, though nothing is on its way to it: 50 are a second.
    pub asleep: u64,
    /// In so many it may sleep, awake for a moment now and then, while it is waited for in one check.
    pub dozing: u64,
}

/// What a program may take: while it is built, and in each of its runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// While it is built.
    pub building: Limits,
    /// In each of its runs.
    pub running: Limits,
    /// How many samples of the watch's all of its runs may cost: see [`Spent`].
    pub in_all: u64,
}

impl Allowed {
    /// What all programs may.
    pub const USUAL: Allowed = Allowed { building: Limits::BUILD, running: Limits::RUN, in_all: 1000 };
}

/// So much work a run may do and cost nothing: a runtime that starts.
const FREE: u64 = 50;

/// What the runs of a submission have cost beyond what those of others cost, in samples of the watch's, of which 50 are a second:
/// those in which it was waited for and slept, and those in which it worked beyond the first second of a run.
#[derive(Debug, Default)]
pub struct Spent {
    samples: AtomicU64,
    /// What was spent before this check.
    before: AtomicU64,
    used_up: AtomicBool,
    cut: AtomicBool,
}

impl Spent {
    /// Adds samples in which it was waited for and slept.
    pub fn slept(&self, samples: u64) {
        self.samples.fetch_add(samples, Ordering::Relaxed);
    }

    /// Adds the work of a run.
    pub fn worked(&self, samples: u64) {
        self.samples.fetch_add(samples.saturating_sub(FREE), Ordering::Relaxed);
    }

    /// How many of so many samples are left.
    #[must_use]
    pub fn left(&self, in_all: u64) -> u64 {
        in_all.saturating_sub(self.samples.load(Ordering::Relaxed))
    }

    /// How many samples this check may still cost, of so many that a check may and all may.
    #[must_use]
    pub fn left_here(&self, in_check: u64, in_all: u64) -> u64 {
        let here = self.samples.load(Ordering::Relaxed) - self.before.load(Ordering::Relaxed);
        in_check.saturating_sub(here).min(self.left(in_all))
    }

    /// Another check begins.
    pub fn begin(&self) {
        self.before.store(self.samples.load(Ordering::Relaxed), Ordering::Relaxed);
        self.cut.store(false, Ordering::Relaxed);
    }

    /// A run has used up its processor time, or was waited for in vain until there was no more patience: the next ones have less.
    pub fn use_up(&self) {
        self.used_up.store(true, Ordering::Relaxed);
    }

    /// A run that still did something was waited for no longer: what it did not do yet it might have done.
    pub fn cut(&self) {
        self.use_up();
        self.cut.store(true, Ordering::Relaxed);
    }

    /// Was one, in this check?
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// What the next run may take, if the first one might take this.
    pub(crate) fn next(&self, limits: Limits) -> Limits {
        if self.used_up.load(Ordering::Relaxed) { limits.less() } else { limits }
    }
}

impl Limits {
    /// For a program that is tested.
    pub const RUN: Limits = Limits {
        cpu: 8,
        memory: 512 << 20,
        processes: 64,
        open_files: (256, 1024),
        file_size: 16 << 20,
        output: 1 << 20,
        sockets: 1000,
        locks: 1000,
        trace: 16 << 20,
        disk: 256 << 20,
        asleep: 150,
        dozing: 400,
    };

    /// For a compiler.
    pub const BUILD: Limits = Limits {
        cpu: 60,
        memory: 2 << 30,
        processes: 128,
        open_files: (1024, 1024),
        file_size: 128 << 20,
        output: 1 << 20,
        sockets: 1000,
        locks: 1000,
        trace: 16 << 20,
        disk: 256 << 20,
        asleep: 1500,
        dozing: 6000,
    };

    /// For a program that was seen to use one of them up: still more than one that is right takes.
    fn less(self) -> Limits {
        Limits { cpu: self.cpu.div_ceil(3), asleep: self.asleep / 2, dozing: self.dozing / 2, ..self }
    }

    /// Puts this process under them.
    pub(crate) fn apply(&self, tier: Tier) -> io::Result<()> {
        let limit = |what, resource, soft, hard| tried(what, setrlimit(resource, soft, hard));
        limit("RLIMIT_CPU", Resource::RLIMIT_CPU, self.cpu, self.cpu + 1)?;
        limit("RLIMIT_DATA", Resource::RLIMIT_DATA, self.memory, self.memory)?;
        // Counted by user: in tier none the user's own programs would count too.
        if tier != Tier::None {
            limit("RLIMIT_NPROC", Resource::RLIMIT_NPROC, self.processes, self.processes)?;
            // Timers are signals that will be sent.
            limit("RLIMIT_SIGPENDING", Resource::RLIMIT_SIGPENDING, SIGNALS, SIGNALS)?;
        }
        limit("RLIMIT_FSIZE", Resource::RLIMIT_FSIZE, self.file_size, self.file_size)?;
        // 1 and not 0: that keeps the kernel from starting a program that collects core dumps, too (core(5)).
        limit("RLIMIT_CORE", Resource::RLIMIT_CORE, 1, 1)?;
        limit("RLIMIT_MEMLOCK", Resource::RLIMIT_MEMLOCK, 1 << 20, 1 << 20)?;
        // What the caller may, others need not: to keep the processors from everybody else.
        limit("RLIMIT_RTPRIO", Resource::RLIMIT_RTPRIO, 0, 0)?;
        limit("RLIMIT_NICE", Resource::RLIMIT_NICE, 0, 0)?;
        limit("RLIMIT_MSGQUEUE", Resource::RLIMIT_MSGQUEUE, 0, 0)?;
        limit("RLIMIT_NOFILE", Resource::RLIMIT_NOFILE, self.open_files.0, self.open_files.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_used_up_all_patience_has_less_from_then_on_and_who_did_not_keeps_it() {
        let spent = Spent::default();
        spent.slept(300);
        spent.worked(FREE + 100);
        assert_eq!(spent.next(Limits::RUN), Limits::RUN);
        spent.use_up();
        let next = spent.next(Limits::RUN);
        assert_eq!((next.cpu, next.asleep, next.dozing), (3, 75, 200));
        assert_eq!(Limits { cpu: 8, asleep: 150, dozing: 400, ..next }, Limits::RUN);
    }

    #[test]
    fn a_check_may_cost_so_much_and_all_together_so_much() {
        let spent = Spent::default();
        spent.slept(300);
        assert_eq!((spent.left(1000), spent.left_here(400, 1000)), (700, 100));
        spent.cut();
        assert!(spent.was_cut());
        spent.begin();
        assert_eq!((spent.left(1000), spent.left_here(400, 1000), spent.was_cut()), (700, 400, false));
        spent.slept(500);
        assert_eq!((spent.left(600), spent.left_here(400, 1000)), (0, 0));
    }
}
