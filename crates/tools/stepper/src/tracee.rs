//! A process under ptrace(2): what it is told, and how it answers.

use std::collections::HashMap;
use std::fs;
use std::io::{self, IoSliceMut};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::sched_yield;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::decode::{Entered, Memory};

/// A page: reading goes on to the first one that isn't there.
const PAGE: u64 = 4096;

/// What linux/audit.h calls the system calls of this processor: `AUDIT_ARCH_X86_64`, `AUDIT_ARCH_AARCH64`.
const NATIVE: u32 = if cfg!(target_arch = "aarch64") { 0xc000_00b7 } else { 0xc000_003e };

/// A task of the kernel: a process's only thread, or one of several.
pub(crate) struct Tracee {
    /// Its id.
    pub tid: Pid,
    /// The number of the signal that reaches it when it goes on, or 0.
    pub signal: i32,
}

/// What it says when it stands still.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is about to enter a call.
    Entry(Entered),
    /// It has returned.
    Exit(i64),
    /// It is about to enter a call of another kind of processor, or has returned from one: of a 32-bit program, for instance.
    Foreign,
    /// It has a child, or another thread; with `vfork` it sleeps until that one lets it go on.
    Child { tid: Pid, vfork: bool },
    /// It is another program now. The thread that has made it so had this id before.
    Exec(Pid),
    /// The thread has made its process another program, and is that process's first thread from now on.
    Replaced,
    /// A signal reaches it as soon as it goes on. Like the others here it is a number: nix has no names for those of real time.
    Signal(i32),
    /// A signal has stopped it: SIGSTOP and its like. It stands still until SIGCONT.
    Stopped(i32),
    /// It has ended.
    Exited(i32),
    /// A signal has ended it.
    Killed(i32),
}

/// What it does if it doesn't stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It works, or wants to.
    Runs,
    /// It sleeps until something wakes it.
    Sleeps,
    /// It waits for a disk, for a child that it has lent its memory to, or for the end of its other threads.
    Waits,
    /// It has ended, and what is left of it waits for the end of its other threads.
    Gone,
}

impl Tracee {
    /// Takes over a child that has said `ptrace::traceme` and stands before its first instruction.
    pub(crate) fn first(tid: Pid) -> io::Result<Self> {
        waitpid(tid, Some(WaitPidFlag::__WALL))?;
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC;
        ptrace::setoptions(tid, options)?;
        Ok(Tracee { tid, signal: 0 })
    }

    /// Takes over the child of another one, which has the same options.
    pub(crate) fn child(tid: Pid) -> io::Result<Self> {
        waitpid(tid, Some(WaitPidFlag::__WALL))?; // its own SIGSTOP
        Ok(Tracee { tid, signal: 0 })
    }

    /// Lets it go on until it enters a call or returns from one.
    pub(crate) fn go_on(&mut self) -> io::Result<()> {
        let signal = libc::c_long::from(std::mem::take(&mut self.signal));
        // SAFETY: this request takes two numbers.
        let went = unsafe { libc::ptrace(libc::PTRACE_SYSCALL, self.tid.as_raw(), 0_usize, signal) };
        match Errno::result(went) {
            Err(Errno::ESRCH) => Ok(()), // it has been killed: that is its next stop
            result => Ok(result.map(drop)?),
        }
    }

    /// Its stop; none if it doesn't stand still.
    pub(crate) fn stop(&mut self) -> io::Result<Option<Stop>> {
        let mut status = 0;
        // SAFETY: status is an int.
        let waited =
            unsafe { libc::waitpid(self.tid.as_raw(), &raw mut status, libc::WNOHANG | libc::__WALL) };
        match Errno::result(waited) {
            Ok(0) | Err(Errno::EINTR) => Ok(None),
            Ok(_) => self.told(status).map(Some),
            Err(Errno::ECHILD) => Ok(Some(Stop::Replaced)),
            Err(errno) => Err(errno.into()),
        }
    }

    fn told(&mut self, status: i32) -> io::Result<Stop> {
        if libc::WIFEXITED(status) {
            return Ok(Stop::Exited(libc::WEXITSTATUS(status)));
        }
        if libc::WIFSIGNALED(status) {
            return Ok(Stop::Killed(libc::WTERMSIG(status)));
        }
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        let id = || Ok::<_, io::Error>(Pid::from_raw(ptrace::getevent(self.tid)? as i32));
        Ok(match event {
            0 if signal == libc::SIGTRAP | 0x80 => {
                let info = ptrace::syscall_info(self.tid)?;
                if info.arch != NATIVE {
                    return Ok(Stop::Foreign);
                }
                if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
                    // SAFETY: op says that this is the field.
                    let entry = unsafe { info.u.entry };
                    Stop::Entry(Entered::new(entry.nr, entry.args, self))
                } else {
                    // SAFETY: with this stop it is one or the other.
                    Stop::Exit(unsafe { info.u.exit }.sval)
                }
            }
            // It stops twice: before the signal reaches it, and since it has. Of the second stop there is nothing to ask.
            0 if ptrace::getsiginfo(self.tid) == Err(Errno::EINVAL) => Stop::Stopped(signal),
            0 => {
                self.signal = signal;
                Stop::Signal(signal)
            }
            libc::PTRACE_EVENT_EXEC => Stop::Exec(id()?),
            _ => Stop::Child { tid: id()?, vfork: event == libc::PTRACE_EVENT_VFORK },
        })
    }

    /// What it does, and its processor time in ticks of sysconf(_SC_CLK_TCK).
    pub(crate) fn doing(&self) -> (Doing, u64) {
        let stat = fs::read(format!("/proc/{}/stat", self.tid)).unwrap_or_default();
        let stat = String::from_utf8_lossy(&stat);
        // pid (name) state …; the name may have spaces and parentheses
        let mut fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
        let doing = match fields.next() {
            Some("S") => Doing::Sleeps,
            Some("D") => Doing::Waits,
            Some("Z" | "X") => Doing::Gone,
            _ => Doing::Runs, // also while it stops: its stop comes
        };
        let ticks = fields.skip(10).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        (doing, ticks)
    }

    /// Leaves the processor to it: at once for others that want it, and after some rounds for a tenth of a millisecond. Nothing
    /// hangs on how long; it only burns no processor that the program needs.
    pub(crate) fn let_run(round: usize) {
        if round < 8 {
            let _ = sched_yield();
        } else {
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Ends it, without its leave, and waits for that.
    pub(crate) fn kill(&self) {
        // Errors mean that it has ended.
        let _ = nix::sys::signal::kill(self.tid, Signal::SIGKILL);
        while !matches!(
            waitpid(self.tid, Some(WaitPidFlag::__WALL)),
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(Errno::ECHILD)
        ) {}
    }

    /// A numbered list of `/proc/TID/status` in hexadecimal: `SigCgt`.
    pub(crate) fn signals(&self, which: &[&str]) -> HashMap<String, u64> {
        let status = fs::read(format!("/proc/{}/status", self.tid)).unwrap_or_default();
        let lines = String::from_utf8_lossy(&status).into_owned();
        let mask = |line: &str| {
            let (name, mask) = line.split_once(":\t")?;
            Some((name.to_string(), u64::from_str_radix(mask, 16).ok()?)).filter(|_| which.contains(&name))
        };
        lines.lines().filter_map(mask).collect()
    }

    /// Where a descriptor leads: `socket:[4711]`.
    pub(crate) fn link(&self, fd: i64) -> PathBuf {
        fs::read_link(format!("/proc/{}/fd/{fd}", self.tid)).unwrap_or_default()
    }
}

impl Memory for Tracee {
    fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let mut done = 0;
        while done < len {
            // A call that goes past the last page reads nothing, so it is read page by page.
            let base = at.wrapping_add(done as u64);
            let n = (len - done).min((PAGE - base % PAGE) as usize);
            let remote = RemoteIoVec { base: base as usize, len: n };
            match process_vm_readv(self.tid, &mut [IoSliceMut::new(&mut bytes[done..done + n])], &[remote]) {
                Ok(read) if read > 0 => done += read,
                _ => break,
            }
        }
        bytes.truncate(done);
        bytes
    }
}
