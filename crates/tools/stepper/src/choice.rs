//! Which of a program's calls are steps: those that its own text makes, without what a runtime does for itself.

use crate::decode::Entered;
use crate::tracee::Tracee;

/// Is it a call of the runtimes, not of the programs: memory, threads, the process's own affairs?
#[must_use]
pub fn is_runtime(call: &str) -> bool {
    RUNTIME.contains(&call)
}

const RUNTIME: [&str; 23] = [
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "arch_prctl",
    "prctl",
    "rseq",
    "futex",
    "getrandom",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "set_robust_list",
    "set_tid_address",
    "sched_getaffinity",
    "sched_yield",
    "gettid",
    "getpid",
    "tgkill",
    "clock_gettime",
    "restart_syscall",
];

/// Calls by which a program that says nothing of its text is followed: sockets, other processes, waiting.
const TALK: [&str; 37] = [
    "socket",
    "socketpair",
    "bind",
    "listen",
    "connect",
    "accept",
    "accept4",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "shutdown",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "fork",
    "vfork",
    "clone",
    "clone3",
    "wait4",
    "waitid",
    "kill",
    "execve",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "nanosleep",
    "clock_nanosleep",
    "pause",
    "alarm",
];

/// Calls that are steps if their first argument is a socket, or the keyboard.
const WITH_DESCRIPTOR: [&str; 10] =
    ["read", "write", "readv", "writev", "close", "dup", "dup2", "dup3", "fcntl", "sendfile"];

/// What there is to know of one process's calls until now.
#[derive(Clone, Default)]
pub(crate) struct Choice {
    /// It has made an internet socket. What it does before, where its text is not to be had, is how a shell or an interpreter
    /// starts; a shell asks by a socket of another family who its user is: nscd(8).
    talks: bool,
    /// perror(3) of the C library writes to a copy of stderr: its number, while there is one.
    copy_of_stderr: Option<i64>,
}

impl Choice {
    /// Is the call, which a process that stands still is about to enter, a step? `own` says whether the program's own text makes
    /// it, and is asked only if that counts; none if its text is not to be had.
    pub(crate) fn takes(
        &mut self,
        call: &Entered,
        tracee: &Tracee,
        own: impl FnOnce() -> Option<bool>,
    ) -> bool {
        let name = call.name();
        self.talks |= name == "socket" && [libc::AF_INET, libc::AF_INET6].contains(&(call.arg(0) as i32));
        let fd = i64::from(call.arg(0) as i32);
        if self.copy_of_stderr == Some(fd) && (WITH_DESCRIPTOR.contains(&name) || asks(name)) {
            if name == "close" {
                self.copy_of_stderr = None;
            }
            return false;
        }
        // The C library's own two signals, which it sets up before the first thread.
        if name == "rt_sigaction" && (32..=33).contains(&call.arg(0)) {
            return false;
        }
        let socket = || tracee.link(fd).to_string_lossy().starts_with("socket:");
        if is_runtime(name) || prints(name, fd) && !socket() {
            return false;
        }
        match own() {
            // The C library's table of frames ends where it makes a thread.
            Some(own) => own || name == "clone3",
            None if !self.talks => false,
            None if WITH_DESCRIPTOR.contains(&name) => socket() || name == "read" && fd == 0,
            None => TALK.contains(&name),
        }
    }

    /// A call has returned.
    pub(crate) fn returned(&mut self, call: &Entered, result: i64) {
        let copies = matches!(call.name(), "dup" | "fcntl") && call.arg(0) == 2;
        if copies && result > 2 && self.copy_of_stderr.is_none() {
            self.copy_of_stderr = Some(result);
        }
    }
}

/// Anything with stdout or stderr: what is printed counts, not the calls. The C library asks what kind of file all three are.
fn prints(name: &str, fd: i64) -> bool {
    asks(name) && (0..=2).contains(&fd) || matches!(name, "write" | "writev") && (1..=2).contains(&fd)
}

fn asks(name: &str) -> bool {
    matches!(name, "newfstatat" | "fstat" | "ioctl" | "statx" | "dup" | "fcntl")
}
