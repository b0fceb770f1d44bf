//! How much a program may have: setrlimit(2), and what no rlimit counts.

use std::io;

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
    /// Bytes of what strace writes down of its calls.
    pub trace: u64,
    /// Bytes on a disk, where there is no file system of its own.
    pub disk: u64,
    /// In so many samples in a row it may sleep, though nothing is on its way to it: 50 are a second.
    pub asleep: u64,
    /// In so many it may sleep, awake for a moment now and then, until what is waited for has come.
    pub dozing: u64,
}

/// What a program may take: while it is built, and in each of its runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// While it is built.
    pub building: Limits,
    /// In each of its runs.
    pub running: Limits,
    /// So many samples of the watch's in all, what its programs did and how long they were waited for in vain: 50 are a second.
    pub in_all: u64,
}

impl Allowed {
    /// What all programs may.
    pub const USUAL: Allowed = Allowed { building: Limits::BUILD, running: Limits::RUN, in_all: 15_000 };
}

impl Limits {
    /// For a program that is tested.
    pub const RUN: Limits = Limits {
        cpu: 20,
        memory: 512 << 20,
        processes: 64,
        open_files: (256, 1024),
        file_size: 16 << 20,
        output: 1 << 20,
        sockets: 1000,
        trace: 16 << 20,
        disk: 256 << 20,
        asleep: 150,
        dozing: 1500,
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
        trace: 16 << 20,
        disk: 256 << 20,
        asleep: 1500,
        dozing: 6000,
    };

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
