//! What strace says of a program and what the decoder says of it, from a tracer of its own: the same, line by line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::IoSliceMut;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use labkit::{Program, run_trials, trial, trial_with};
use nix::sys::ptrace::{self, Options};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use regex::{Captures, Regex};
use stepper::decode::{Entered, Memory};

fn main() {
    let lectures = [
        ("open_socket", vec![]),
        ("getdtablesize", vec![]),
        ("byte_order", vec![]),
        ("ascii_ip", vec!["1.2.3.4"]),
        ("get_hostent", vec!["localhost"]),
        ("get_host_byaddr", vec!["127.0.0.1"]),
        ("tcp_echocli", vec!["127.0.0.1", "1"]),
        ("udp_echocli", vec!["127.0.0.1", "1"]),
        ("connected_udp", vec!["127.0.0.1", "1"]),
    ];
    let lectures = lectures.into_iter().map(|(name, args)| {
        trial_with(&["strace", "cc"], &format!("{name}_is_as_strace_says"), move || {
            assert_same(&Program::c(name).unwrap().path, &args);
            assert_same(&Program::rust(name).unwrap().path, &args);
        })
    });
    // Each strace writes some rare calls otherwise than the one before it: those of the lecture programs are as they were.
    let calls = match other_strace() {
        None => trial_with(&["strace", "cc"], "every_call_is_as_strace_says", every_call),
        other => trial("every_call_is_as_strace_says", other, every_call),
    };
    run_trials([calls].into_iter().chain(lectures).collect())
}

/// The version of strace, if it is there and not the one whose texts are compared.
fn other_strace() -> Option<String> {
    let output = Command::new("strace").arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.lines().next()?.rsplit(' ').next()?;
    (version != "6.1").then(|| format!("compares with strace 6.1, and this is {version}"))
}

fn every_call() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("calls");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/calls.c");
    // Much of what it does is wrong, and meant to be.
    let cc =
        Command::new("cc").args(["-std=gnu11", "-w", "-o"]).arg(&program).args([source, "-lutil"]).output();
    let cc = cc.unwrap();
    assert!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
    assert_same(&program, &[]);
}

/// Of each process, in the order in which they began: its calls.
type Calls = BTreeMap<i32, Vec<String>>;

fn assert_same(program: &Path, args: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stdin"), "abc\n").unwrap();
    let command = |start: &Path| {
        let mut command = Command::new(start);
        let stdin = File::open(folder.path().join("stdin")).unwrap();
        command.current_dir(folder.path()).stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut under_strace = command(Path::new("strace"));
    under_strace.args(["-ff", "-s", "1048576", "-o", "calls"]).arg(program).args(args);
    let theirs = strace(under_strace, folder.path());
    let mut own = command(program);
    own.args(args);
    let ours = traced(own);

    let [theirs, ours] =
        [theirs, ours].map(|calls| calls.into_values().map(|calls| normal(&calls)).collect::<Vec<_>>());
    for (theirs, ours) in theirs.iter().zip(&ours) {
        let differences: Vec<_> = theirs
            .iter()
            .zip(ours)
            .filter(|(a, b)| a != b)
            .map(|(a, b)| format!("strace {a}\nours   {b}\n"))
            .take(5)
            .collect();
        assert!(differences.is_empty(), "{}", differences.concat());
        assert_eq!(theirs.len(), ours.len());
    }
    assert_eq!(theirs.len(), ours.len(), "processes");
}

fn strace(mut command: Command, folder: &Path) -> Calls {
    assert!(command.status().is_ok());
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let calls = files.filter_map(|path| {
        let pid = path.extension()?.to_str()?.parse().ok()?;
        let text = fs::read_to_string(&path).unwrap();
        let calls = text.lines().filter(|line| !line.starts_with("---") && !line.starts_with("+++"));
        Some((pid, calls.map(Into::into).collect()))
    });
    let mut calls: Calls = calls.collect();
    // Our own tracer comes to see the program once it is there.
    calls.first_entry().unwrap().get_mut().remove(0);
    calls
}

struct Process(Pid);

impl Memory for Process {
    fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let remote = RemoteIoVec { base: at as usize, len };
        // Not /proc/PID/mem, where a tracer reads even what the process itself may not.
        let n = process_vm_readv(self.0, &mut [IoSliceMut::new(&mut bytes)], &[remote]).unwrap_or(0);
        bytes.truncate(n);
        bytes
    }
}

/// Runs it to its end, and everything that it starts.
#[allow(clippy::zombie_processes, reason = "waitpid sees the ends of all")]
fn traced(mut command: Command) -> Calls {
    // SAFETY: between fork and exec only ptrace is called, which is a bare system call.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    let child = command.spawn().unwrap();
    let first = Pid::from_raw(child.id().cast_signed());
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_EXITKILL
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE;
    let mut calls = Calls::new();
    let mut entered: BTreeMap<i32, Entered> = BTreeMap::new();
    let line = |entered: &Entered, args: &[String], result: &str| {
        format!("{:<39} = {result}", format!("{}({})", entered.name(), args.join(", ")))
    };
    loop {
        // Of this thread's children only: those of other tests are none of its business.
        let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
        let status = match status {
            Err(nix::Error::ECHILD) => return calls,
            status => status.unwrap(),
        };
        let pid = status.pid().unwrap();
        let new = !calls.contains_key(&pid.as_raw());
        let of = calls.entry(pid.as_raw()).or_default();
        let signal = match status {
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                let unfinished = entered.remove(&pid.as_raw());
                of.extend(unfinished.map(|entered| line(&entered, &entered.args(), "?")));
                continue;
            }
            WaitStatus::Stopped(..) if new => {
                if pid == first {
                    ptrace::setoptions(pid, options).unwrap();
                }
                None
            }
            WaitStatus::Stopped(_, signal) => Some(signal),
            WaitStatus::PtraceSyscall(_) => {
                let memory = Process(pid);
                let info = ptrace::syscall_info(pid).unwrap();
                if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
                    // SAFETY: at an entry this member of the union is filled in.
                    let entry = unsafe { info.u.entry };
                    entered.insert(pid.as_raw(), Entered::new(entry.nr, entry.args, &memory));
                } else if let Some(entered) = entered.remove(&pid.as_raw()) {
                    // SAFETY: at an exit this member of the union is filled in.
                    let exit = unsafe { info.u.exit };
                    let (args, result) = entered.finished(&memory, exit.sval);
                    of.push(line(&entered, &args, &result));
                }
                None
            }
            _ => None,
        };
        // An error means that it has been killed, and the next status says so.
        let _ = ptrace::syscall(pid, signal);
    }
}

/// Without what no two runs have in common: addresses, process ids, ports, randomness, how late a clock was.
fn normal(calls: &[String]) -> Vec<String> {
    let varying = [
        r"^(?:getp?pid|gettid|setsid|set_tid_address|v?fork|clone3?|wait4)\(.* = (\d{2,})$",
        r"^(?:wait4\(|waitid\(P_PID, |t?kill\(|sched_getaffinity\()(\d{2,}),",
        r"^rt_sigreturn\((\{mask=[^)]*|)\)", // on the stack, and no argument
        r#"^read\(\d+, "(.* rw-p .*)", \d+"#, // of /proc/self/maps
        r"^tgkill\((\d+), (\d+),",
        r"(?:\bpid|si_pid|parent_tid)=\[?(\d{2,})",
        r"/(\d{2,})/",
        r"htons\((\d{4,5})\)",
        r#"^getrandom\("([^"]*)""#,
        r"left \{(tv_sec=\d+, tv_[un]sec=\d+)\}",
        r"it_value=\{(tv_sec=9\d\d, tv_usec=\d+)\}",
        r"^alarm\(0\) += (\d+)",
        r"makedev\(0x88, (0x[0-9a-f]+|0)\)",
        r"TIOCGPTN, \[(\d+)\]",
        r"SO_(?:RCV|SND)(TIMEO[^)]*), ", // a time, where strace shows the bytes
    ]
    .map(|varying| Regex::new(varying).unwrap());
    let pointer = Regex::new(r"0x[0-9a-f]{11,12}\b").unwrap();
    let mut pointers: Vec<String> = Vec::new();
    let mut normal = |call: &String| {
        let call = varying.iter().fold(call.clone(), |call, varying| {
            let once = |found: &Captures| {
                let (mut text, start) = (found[0].to_string(), found.get(0).unwrap().start());
                let groups: Vec<_> = found.iter().skip(1).flatten().collect();
                for group in groups.iter().rev() {
                    text.replace_range(group.start() - start..group.end() - start, "…");
                }
                text
            };
            varying.replace_all(&call, once).into_owned()
        });
        // The first address is another in each run; where it comes again, it must be the same.
        let pointer = pointer.replace_all(&call, |found: &Captures| {
            let known = pointers.iter().position(|pointer| *pointer == found[0]).unwrap_or_else(|| {
                pointers.push(found[0].to_string());
                pointers.len() - 1
            });
            format!("P{known}")
        });
        Regex::new(r" {2,}= ").unwrap().replace(&pointer, " = ").into_owned()
    };
    calls.iter().map(&mut normal).collect()
}
