//! The stage: holds all processes of a scene and lets one of them run at a time, to its next step.

mod run;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use labkit::while_none_starts;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::choice::Choice;
use crate::console::Console;
use crate::decode::{Entered, Memory as _, signal_name};
use crate::kernel::{self, Asked, Kernel};
use crate::lines::Lines;
use crate::network::{Network, deafen, pidfd_of_thread, pidfd_open, with_copy};
use crate::recording::{Process, Recording, Role, Segment, Source, Step, VERSION};
use crate::tracee::{Doing, Stop, Tracee};
use crate::wait::{Wait, timed_out, wakes_by_itself, would_wait};

/// A program is in a loop that has worked for so many seconds of processor time without a step.
const MOST_WORK: u64 = 3;

/// A program is in a loop that has stood still so often before and after calls, none of which was a step.
const MOST_STOPS: usize = 100_000;

/// Who prints stands still at each line, and may three times as often; but not when it has printed more bytes than these.
const MOST_PRINTED: usize = 4 << 20;

/// More processes and threads than so many at once are too many to be looked at.
const MOST_TASKS: usize = 64;

/// So long, in all, [`Stage::run`] waits for those who wake up by themselves: longer than a client of the lecture waits for a
/// datagram, so that a scene never meets it, and short for a student whose program sleeps for an hour. What counts are the pauses
/// between the looks, as long as they were meant to be: a loaded machine uses up nothing.
const MOST_WAITING: Duration = Duration::from_secs(10);

/// What the kernel returns from a call that a signal has interrupted and that may begin again: ERESTARTSYS and its like.
const RESTARTS: [i64; 4] = [-512, -513, -514, -516];

/// Whose turn can it be?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It can make its next step now.
    Ready,
    /// It is in a call that cannot return yet.
    Waits,
    /// It has ended.
    Ended,
}

/// A program that is to be started.
pub struct Player<'a> {
    /// What it is called: `server`, `client 2`.
    pub name: &'a str,
    /// On which side it stands.
    pub role: Role,
    /// The executable.
    pub path: &'a Path,
    /// Its arguments.
    pub args: &'a [String],
}

/// Processes in a private network, all of which stand still. All are gone when this is.
pub struct Stage {
    tasks: Vec<Task>,
    consoles: Vec<Console>,
    kernel: Kernel,
    lines: Lines,
    root: PathBuf,
    /// Under which name [`Recording::files`] has the text of a file.
    names: HashMap<PathBuf, String>,
    crossed: Vec<Segment>,
    /// All requests for a connection: from, to, and the sequence number.
    asked: HashSet<(SocketAddr, SocketAddr, u32)>,
    /// How many requests for a connection the kernel has dropped.
    dropped: u64,
    /// How long [`Stage::run`] still waits for those who wake up by themselves.
    patience: Duration,
    recording: Recording,
    network: Network,
}

/// One process, or a thread of one.
struct Task {
    tracee: Tracee,
    pidfd: Rc<OwnedFd>,
    /// Another process has made it.
    child: bool,
    console: usize,
    at: At,
    choice: Choice,
    /// The call that it is in.
    call: Option<Inside>,
    signals: Vec<String>,
    /// What it has printed since its last step.
    printed: String,
    /// A step says that it waits.
    waits: bool,
    /// It has set a timer of its own: alarm(2) and its like.
    timer: bool,
    /// A stop that has been seen and not been dealt with.
    stop: Option<Stop>,
    /// A signal has interrupted this call, and it may begin again, as if nothing had been: signal(7).
    interrupted: Option<Interrupted>,
}

/// A call that a signal has interrupted.
struct Interrupted {
    inside: Inside,
    result: i64,
    /// A step says that it waits.
    waited: bool,
}

/// A call that a process is in.
struct Inside {
    call: Entered,
    step: bool,
    source: Option<Source>,
}

/// Where a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// It stands still outside any call, or before a call that would not wait.
    Still,
    /// It stands still before a call that would wait.
    Held,
    /// It sleeps in a call.
    Asleep,
    /// A signal has stopped it, and SIGCONT has not come.
    Stopped,
    /// It has ended.
    Ended,
}

impl Stage {
    /// Makes a private network with nobody in it. Sources under `root` are named from there.
    pub fn new(scene: &str, root: &Path) -> io::Result<Self> {
        Ok(Stage {
            tasks: Vec::new(),
            consoles: Vec::new(),
            kernel: Kernel::default(),
            lines: Lines::new(),
            root: root.canonicalize()?,
            names: HashMap::new(),
            crossed: Vec::new(),
            asked: HashSet::new(),
            dropped: 0,
            patience: MOST_WAITING,
            recording: Recording {
                version: VERSION,
                scene: scene.into(),
                processes: Vec::new(),
                steps: Vec::new(),
                files: BTreeMap::new(),
            },
            network: Network::new()?,
        })
    }

    /// Starts a program, which stands before its first instruction. Gives its number.
    pub fn start(&mut self, player: &Player) -> io::Result<usize> {
        let mut command = Command::new(player.path);
        command.args(player.args).env("PRACTICE_NETWORK", "1").process_group(0);
        self.network.enter(&mut command);
        let parent = std::process::id();
        // SAFETY: between fork and exec only prctl, getppid and ptrace are called, which are bare system calls.
        unsafe {
            command.pre_exec(move || {
                // Until its options are set, the end of its tracer is not its own: ptrace(2).
                labkit::die_with(parent)?;
                Ok(ptrace::traceme()?)
            })
        };
        let mut console = Console::new(&mut command)?;
        let mut child = while_none_starts(|| command.spawn())
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", player.path.display())))?;
        let pid = Pid::from_raw(child.id().cast_signed());
        let tracee = Tracee::first(pid)?;
        let pidfd = pidfd_open(pid)
            .and_then(|pidfd| console.started(child.stdin.take()).map(|()| pidfd))
            .inspect_err(|_| tracee.kill())?;
        self.consoles.push(console);
        let name = player.path.file_name().unwrap_or_default().to_string_lossy();
        let words: Vec<&str> =
            std::iter::once(&*name).chain(player.args.iter().map(String::as_str)).collect();
        self.recording.processes.push(Process {
            name: player.name.into(),
            program: words.join(" "),
            language: String::new(),
            role: player.role,
        });
        self.tasks.push(Task::new(tracee, Rc::new(pidfd), self.consoles.len() - 1));
        Ok(self.tasks.len() - 1)
    }

    /// Everything until now.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Types into a process.
    pub fn type_line(&mut self, process: usize, line: &[u8]) -> io::Result<()> {
        self.consoles[self.tasks[process].console].type_bytes(line)
    }

    /// The end of what is typed into a process.
    pub fn end_of_input(&mut self, process: usize) {
        self.consoles[self.tasks[process].console].close();
    }

    /// Sends a process a signal, as kill(1) does. It takes effect when the process goes on.
    pub fn signal(&mut self, process: usize, signal: Signal) -> io::Result<()> {
        Ok(nix::sys::signal::kill(self.tasks[process].tracee.tid, signal)?)
    }

    /// Lets nothing reach what a process listens at any more, or lets it again.
    pub fn deafen(&mut self, process: usize, deaf: bool) -> io::Result<()> {
        let Some(Step { state, .. }) = self.recording.steps.last() else { return Ok(()) };
        let listens = |id| state.sockets.iter().any(|socket| socket.id == id && socket.backlog.is_some());
        for descriptor in &state.processes[process].descriptors {
            if descriptor.socket.is_some_and(listens) {
                with_copy(&self.tasks[process].pidfd, descriptor.fd, |socket| deafen(socket, deaf))?;
            }
        }
        Ok(())
    }

    /// Whose turn can it be?
    pub fn turn(&mut self, process: usize) -> io::Result<Turn> {
        let ready = match self.tasks[process].at {
            At::Ended => return Ok(Turn::Ended),
            At::Still => true,
            At::Held => self.may_enter(process)?,
            At::Asleep => self.awake(process)?,
            At::Stopped => self.tasks[process].continues()?,
        };
        Ok(if ready { Turn::Ready } else { Turn::Waits })
    }

    /// Lets a process run to its next step, which is recorded: until a call returns, or it begins to wait, or ends. Does
    /// nothing if it waits for something that has not come.
    pub fn step(&mut self, process: usize) -> io::Result<()> {
        if self.turn(process)? != Turn::Ready {
            return Ok(());
        }
        let steps = self.recording.steps.len();
        let ticks_at_first = self.tasks[process].tracee.doing().1;
        let mut stood = 0;
        let does = loop {
            if self.tasks[process].stop.is_none() {
                self.tasks[process].tracee.go_on()?;
            }
            let Some(stop) = self.next_stop(process, ticks_at_first)? else {
                self.tasks[process].at = At::Asleep;
                return self.begins_to_wait(process);
            };
            self.tasks[process].at = At::Still;
            self.stopped(process, stop)?;
            if self.recording.steps.len() > steps || self.tasks[process].at != At::Still {
                return Ok(());
            }
            stood += 1;
            let printed = self.tasks[process].printed.len();
            if stood >= MOST_STOPS && printed == 0 {
                break "makes call after call, and none that can be shown";
            }
            if stood >= 3 * MOST_STOPS || printed > MOST_PRINTED {
                break "prints and prints";
            }
        };
        let name = &self.recording.processes[process].name;
        Err(io::Error::other(format!("{name} {does}: it is in a loop")))
    }

    /// A process without a step: has it worked longer than any should?
    fn has_worked(&self, process: usize, ticks_at_first: u64) -> io::Result<()> {
        let ticks = self.tasks[process].tracee.doing().1.saturating_sub(ticks_at_first);
        if ticks <= MOST_WORK * labkit::doings::ticks_per_second() {
            return Ok(());
        }
        let name = &self.recording.processes[process].name;
        Err(io::Error::other(format!(
            "{name} has worked for {MOST_WORK} seconds without a call that can be shown: it is in a loop"
        )))
    }

    /// Ends all, and gives everything that has happened. What crosses after the last step, sent again by a timer, is no step's.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        let mut recording = std::mem::take(&mut self.recording);
        // Of a child that nobody saw do anything, nothing is to be shown.
        for process in (0..recording.processes.len()).rev() {
            if !self.tasks[process].child || recording.steps.iter().any(|step| step.process == process) {
                continue;
            }
            recording.processes.remove(process);
            for step in &mut recording.steps {
                step.process -= usize::from(step.process > process);
                if process < step.state.processes.len() {
                    step.state.processes.remove(process);
                }
            }
        }
        recording
    }

    /// Nobody can go on at once. Lets time pass for those who wait no longer than some time; which of them wakes up,
    /// [`Stage::turn`] tells. False if there are none.
    pub fn let_time_pass(&mut self) -> io::Result<bool> {
        let all: Vec<usize> = (0..self.tasks.len()).collect();
        Ok(!self.fall_asleep(&all)?.is_empty())
    }

    /// Lets those fall asleep who will wake up by themselves, and gives their numbers.
    fn fall_asleep(&mut self, processes: &[usize]) -> io::Result<Vec<usize>> {
        let mut waiting = Vec::new();
        for process in processes.iter().copied() {
            let task = &self.tasks[process];
            let Some(call) = task.call.as_ref().map(|inside| inside.call.clone()) else { continue };
            match task.at {
                At::Held => {
                    let timed = would_wait(&call, &task.tracee, &task.pidfd)? == Some(Wait::ForATime);
                    if timed || task.timer {
                        self.tasks[process].tracee.go_on()?;
                        self.tasks[process].at = At::Asleep;
                        waiting.push(process);
                    }
                }
                At::Asleep if task.timer || wakes_by_itself(&call, &task.tracee, &task.pidfd) => {
                    waiting.push(process);
                }
                _ => {}
            }
        }
        Ok(waiting)
    }

    /// Its next stop; none if it sleeps.
    fn next_stop(&mut self, process: usize, ticks_at_first: u64) -> io::Result<Option<Stop>> {
        if let Some(stop) = self.tasks[process].stop.take() {
            return Ok(Some(stop));
        }
        for round in 0.. {
            for _ in 0..4 {
                Tracee::let_run(round);
                if let Some(stop) = self.tasks[process].tracee.stop()? {
                    return Ok(Some(stop));
                }
            }
            let task = &self.tasks[process];
            let doing = task.tracee.doing().0;
            let replaces_threads = || {
                task.call.as_ref().is_some_and(|inside| inside.call.name().starts_with("execve"))
                    && self.has_threads(process)
            };
            if doing == Doing::Gone || doing == Doing::Waits && replaces_threads() {
                // The others come to their ends when it is their turn.
                return self.tasks[process].tracee.stop();
            } else if doing == Doing::Sleeps {
                // What is on its way to it may wake it.
                self.settle()?;
                if let Some(stop) = self.tasks[process].tracee.stop()? {
                    return Ok(Some(stop));
                }
                if self.tasks[process].tracee.doing().0 == Doing::Sleeps {
                    // It may have printed more than a terminal holds.
                    if self.hear(process).is_empty() {
                        return Ok(None);
                    }
                }
            } else {
                self.has_worked(process, ticks_at_first)?;
            }
        }
        Ok(None)
    }

    /// Are there other threads of its process?
    fn has_threads(&self, process: usize) -> bool {
        let folder = format!("/proc/{}/task", self.tasks[process].tracee.tid);
        fs::read_dir(folder).is_ok_and(|threads| threads.count() > 1)
    }

    /// Does one who was asleep stand still now?
    fn awake(&mut self, process: usize) -> io::Result<bool> {
        let task = &mut self.tasks[process];
        for round in 0.. {
            if task.stop.is_some() {
                break;
            }
            task.stop = task.tracee.stop()?;
            if task.stop.is_none() && task.tracee.doing().0 != Doing::Runs {
                return Ok(false);
            }
            Tracee::let_run(round);
        }
        Ok(true)
    }

    /// Would one who is held before a call return from it now?
    fn may_enter(&self, process: usize) -> io::Result<bool> {
        let task = &self.tasks[process];
        let Some(doing) = &task.call else { return Ok(true) };
        if would_wait(&doing.call, &task.tracee, &task.pidfd)?.is_none() {
            return Ok(true);
        }
        // A signal that is not ignored comes first.
        let masks = task.tracee.signals(&["SigBlk", "SigIgn", "SigCgt"]);
        let of = |name: &str| masks.get(name).copied().unwrap_or(0);
        let ignored_by_default = [libc::SIGCHLD, libc::SIGURG, libc::SIGWINCH, libc::SIGCONT];
        let mut harmless = of("SigBlk") | of("SigIgn");
        for signal in ignored_by_default {
            harmless |= bit(signal) & !of("SigCgt");
        }
        Ok(task.pending() & !harmless != 0)
    }

    /// Deals with a stop; maybe that is a step.
    fn stopped(&mut self, process: usize, stop: Stop) -> io::Result<()> {
        match stop {
            Stop::Entry(call) => self.enters(process, call),
            Stop::Exit(result) => self.returns(process, result),
            Stop::Child { tid, vfork } => self.has_child(process, tid, vfork),
            Stop::Exec(tid) => {
                // Of several threads the one that has called it goes on as the first.
                if let Some(caller) = self.tasks.iter_mut().find(|task| task.tracee.tid == tid) {
                    let (call, choice) = (caller.call.take(), caller.choice.clone());
                    self.tasks[process].call = call;
                    self.tasks[process].choice = choice;
                }
                Ok(())
            }
            Stop::Replaced => {
                self.tasks[process].at = At::Ended;
                Ok(())
            }
            Stop::Foreign => {
                let name = &self.recording.processes[process].name;
                Err(io::Error::other(format!(
                    "{name} is a program for another processor, 32-bit maybe: its system calls are others"
                )))
            }
            Stop::Signal(signal) => {
                let task = &mut self.tasks[process];
                // alarm(2) is over; a timer that goes off again and again keeps a process waiting no longer than all are waited for.
                task.timer &= signal != libc::SIGALRM;
                let ignored = task.tracee.signals(&["SigIgn"]);
                let ignored = ignored.values().any(|mask| mask & bit(signal) != 0);
                // Two are the C library's own: pthreads(7).
                if !ignored && signal != libc::SIGTRAP && !(32..=33).contains(&signal) {
                    task.signals.push(signal_name(signal));
                }
                Ok(())
            }
            Stop::Stopped(signal) => {
                self.tasks[process].at = At::Stopped;
                self.record(process, "stopped".into(), vec![signal_name(signal)], None, true, None)
            }
            Stop::Exited(code) => {
                // A thread may have ended for itself. If another one has ended the process, this one was in some other call.
                let inside = self.tasks[process].call.as_ref().map(|inside| inside.call.name());
                let call = if inside == Some("exit") { "exit" } else { "exit_group" };
                self.ends(process, call.into(), code.to_string())
            }
            Stop::Killed(signal) => self.ends(process, "killed".into(), signal_name(signal)),
        }
    }

    fn enters(&mut self, process: usize, call: Entered) -> io::Result<()> {
        if let Some(Interrupted { inside, result, waited }) = self.tasks[process].interrupted.take() {
            if call.name() == "restart_syscall" {
                // The kernel goes on with what is left of the time.
                self.tasks[process].waits = waited;
                self.tasks[process].call = Some(inside);
                return Ok(());
            }
            if inside.call.name() == call.name() && (0..6).all(|i| inside.call.arg(i) == call.arg(i)) {
                self.tasks[process].waits = waited;
            } else {
                self.returned(process, inside, result, waited)?;
            }
        }
        let flags = match call.name() {
            "clone" => call.arg(0),
            "clone3" => {
                let first = self.tasks[process].tracee.read(call.arg(0), 8);
                first.try_into().map_or(0, u64::from_ne_bytes)
            }
            _ => 0,
        };
        if flags & libc::CLONE_UNTRACED as u64 != 0 {
            let name = &self.recording.processes[process].name;
            return Err(io::Error::other(format!(
                "{name} makes a process that nobody may follow: CLONE_UNTRACED"
            )));
        }
        let task = &mut self.tasks[process];
        let (tid, lines) = (task.tracee.tid, &mut self.lines);
        let mut place = None;
        let step = task.choice.takes(&call, &task.tracee, || {
            place = lines.place(tid);
            if place.is_some() || lines.has_lines(tid) { Some(place.is_some()) } else { None }
        });
        match call.name() {
            "alarm" => task.timer = call.arg(0) != 0,
            "setitimer" | "timer_settime" | "timerfd_settime" => task.timer = true,
            _ => {}
        }
        let source =
            if step { place.and_then(|(path, line)| self.source(process, &path, line?)) } else { None };
        let task = &self.tasks[process];
        let held = step && would_wait(&call, &task.tracee, &task.pidfd)?.is_some();
        self.tasks[process].call = Some(Inside { call, step, source });
        if held {
            self.tasks[process].at = At::Held;
            self.begins_to_wait(process)?;
        }
        Ok(())
    }

    /// Records that a process waits, once a call.
    fn begins_to_wait(&mut self, process: usize) -> io::Result<()> {
        let task = &mut self.tasks[process];
        let Some(doing) = &task.call else { return Ok(()) };
        // One who has ended and whose other threads have not doesn't wait.
        if task.waits || !doing.step || doing.call.name().starts_with("exit") {
            return Ok(());
        }
        task.waits = true;
        let (name, args) = (doing.call.name().to_string(), doing.call.args());
        let source = doing.source.clone();
        self.record(process, name, args, None, true, source)
    }

    fn returns(&mut self, process: usize, result: i64) -> io::Result<()> {
        let task = &mut self.tasks[process];
        let Some(inside) = task.call.take() else { return Ok(()) }; // a child returns from its parent's fork
        task.choice.returned(&inside.call, result);
        let waited = std::mem::take(&mut task.waits);
        if RESTARTS.contains(&result) {
            task.interrupted = Some(Interrupted { inside, result, waited });
            return Ok(());
        }
        self.returned(process, inside, result, waited)
    }

    fn returned(&mut self, process: usize, inside: Inside, result: i64, waited: bool) -> io::Result<()> {
        if !inside.step {
            return Ok(());
        }
        let (args, text) = inside.call.finished(&self.tasks[process].tracee, result);
        self.record(process, inside.call.name().into(), args, Some(text), waited, inside.source)
    }

    fn has_child(&mut self, process: usize, tid: Pid, vfork: bool) -> io::Result<()> {
        let tracee = Tracee::child(tid)?;
        let parent = &self.tasks[process];
        let thread = Path::new(&format!("/proc/{}/task/{tid}", parent.tracee.tid)).exists();
        if self.tasks.iter().filter(|task| task.at != At::Ended).count() >= MOST_TASKS {
            tracee.kill();
            let name = &self.recording.processes[process].name;
            return Err(io::Error::other(format!(
                "{name} makes more than {MOST_TASKS} processes and threads"
            )));
        }
        let pidfd = if thread {
            pidfd_of_thread(tid).map_or_else(|_| Rc::clone(&parent.pidfd), Rc::new)
        } else {
            Rc::new(pidfd_open(tid).inspect_err(|_| tracee.kill())?)
        };
        let console = parent.console;
        let of = self.recording.processes[process].clone();
        let kind = if thread { "thread" } else { "child" };
        let name = format!("{}'s {kind}", of.name);
        let taken = |name: &str| self.recording.processes.iter().any(|process| process.name == name);
        let numbered = (2..).map(|n| format!("{name} {n}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name);
        self.recording.processes.push(Process { name, ..of });
        let choice = parent.choice.clone();
        self.tasks.push(Task { choice, child: true, ..Task::new(tracee, pidfd, console) });
        if vfork {
            // It sleeps until the child lets it go on.
            self.tasks[process].tracee.go_on()?;
            self.tasks[process].at = At::Asleep;
            self.begins_to_wait(process)?;
        }
        Ok(())
    }

    fn ends(&mut self, process: usize, call: String, how: String) -> io::Result<()> {
        self.tasks[process].at = At::Ended;
        self.tasks[process].call = None;
        // A child of which nothing was seen has nothing to end.
        if self.tasks[process].child && self.recording.steps.iter().all(|step| step.process != process) {
            return Ok(());
        }
        self.record(process, call, vec![how], None, false, None)
    }

    /// What a program's console shows that has not been recorded.
    fn hear(&mut self, process: usize) -> String {
        let console = self.tasks[process].console;
        let text = self.consoles[console].printed();
        self.tasks[process].printed.push_str(&text);
        text
    }

    fn settle(&mut self) -> io::Result<()> {
        self.crossed.extend(self.network.settle()?);
        Ok(())
    }

    fn record(
        &mut self,
        process: usize,
        call: String,
        args: Vec<String>,
        result: Option<String>,
        blocked: bool,
        source: Option<Source>,
    ) -> io::Result<()> {
        self.hear(process);
        // The kernel's timers go on while the programs stand still, and what they send crosses between two looks: of such looks
        // the state says one thing and the segments another.
        let (dropped, state) = loop {
            self.settle()?;
            let seen = self.crossed.len();
            let dropped = kernel::dropped(self.network.pid())?;
            let asked: Vec<Asked> = self.tasks.iter().map(Task::asked).collect();
            let state = self.kernel.state(&asked, self.network.pid())?;
            self.settle()?;
            if self.crossed.len() == seen {
                break (dropped, state);
            }
        };
        let requests = self.crossed.iter_mut().rev().filter(|segment| segment.flags == "SYN");
        requests.take((dropped - self.dropped) as usize).for_each(|segment| segment.dropped = true);
        self.dropped = dropped;
        let crossed = without_repeats(std::mem::take(&mut self.crossed), &mut self.asked);
        let task = &mut self.tasks[process];
        self.recording.steps.push(Step {
            n: self.recording.steps.len() + 1,
            process,
            call,
            args,
            result,
            source,
            blocked,
            printed: std::mem::take(&mut task.printed),
            signals: std::mem::take(&mut task.signals),
            segments: crossed,
            state,
        });
        Ok(())
    }

    /// A place in a program's text, with the step of the comment above it; its text is kept. A program can name any file as its
    /// text: only those are taken that are called as sources are.
    fn source(&mut self, process: usize, path: &Path, line: usize) -> Option<Source> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let language = match path.extension().and_then(|ending| ending.to_str())? {
            "c" | "h" => "C",
            "rs" => "Rust",
            "cpp" | "cc" | "cxx" | "hpp" => "C++",
            "go" => "Go",
            _ => return None,
        };
        let name = self.text(&path)?;
        self.recording.processes[process].language = language.into();
        let above = self.recording.files[&name].lines().take(line).collect::<Vec<_>>();
        if above.len() < line {
            return None; // the file is not the one that was compiled
        }
        let step = above.iter().rev().find_map(|line| {
            let (number, _) = line.trim_start().strip_prefix("// ")?.split_once(". ")?;
            number.parse().ok()
        });
        Some(Source { file: name, line, step })
    }

    /// Keeps the text of a file, and gives the name under which it does: from the root on, or, outside, as much of the end of the
    /// path as no other file has.
    fn text(&mut self, path: &Path) -> Option<String> {
        if let Some(name) = self.names.get(path) {
            return Some(name.clone());
        }
        let text = fs::read(path).ok()?;
        let name = if let Ok(inside) = path.strip_prefix(&self.root) {
            inside.display().to_string()
        } else {
            let ends = path.ancestors().skip(1).filter_map(|folder| path.strip_prefix(folder).ok());
            ends.map(|end| end.display().to_string()).find(|name| !self.recording.files.contains_key(name))?
        };
        self.recording.files.insert(name.clone(), String::from_utf8_lossy(&text).into_owned());
        self.names.insert(path.to_path_buf(), name.clone());
        Some(name)
    }
}

impl Task {
    fn new(tracee: Tracee, pidfd: Rc<OwnedFd>, console: usize) -> Self {
        Task {
            tracee,
            pidfd,
            child: false,
            console,
            at: At::Still,
            choice: Choice::default(),
            call: None,
            signals: Vec::new(),
            printed: String::new(),
            waits: false,
            timer: false,
            stop: None,
            interrupted: None,
        }
    }

    /// Does one who is stopped go on? SIGCONT has come, or the end.
    fn continues(&mut self) -> io::Result<bool> {
        if self.stop.is_none() {
            self.stop = self.tracee.stop()?;
        }
        Ok(self.stop.is_some() || self.pending() & bit(libc::SIGCONT) != 0)
    }

    /// Has it waited as long as it wanted, and for nothing?
    fn woken_by_time(&self) -> bool {
        match (&self.call, &self.stop) {
            (Some(inside), Some(Stop::Exit(result))) => timed_out(&inside.call, *result),
            _ => false,
        }
    }

    /// The signals that have come and not reached it.
    fn pending(&self) -> u64 {
        self.tracee.signals(&["SigPnd", "ShdPnd"]).values().fold(0, |all, some| all | some)
    }

    fn asked(&self) -> Asked<'_> {
        let alive = self.at != At::Ended;
        Asked { pid: self.tracee.tid.as_raw(), pidfd: alive.then_some(&*self.pidfd) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Of a process, what is left waits for the end of its threads, which have come after it.
        for task in self.tasks.iter().rev().filter(|task| task.at != At::Ended) {
            task.tracee.kill();
        }
    }
}

/// A signal's bit in the masks of `/proc/PID/status`.
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// What has crossed in one step, without what the clock repeats: of a request for a connection that is sent again and again, a step
/// has the last, and only if it is the first step to have it, or if the answer is in this step, too.
fn without_repeats(
    mut crossed: Vec<Segment>,
    asked: &mut HashSet<(SocketAddr, SocketAddr, u32)>,
) -> Vec<Segment> {
    let answered: HashSet<_> = crossed.iter().map(|answer| (answer.to, answer.from)).collect();
    let mut in_this_step = HashSet::new();
    crossed.reverse();
    crossed.retain(|Segment { from, to, flags, seq, .. }| {
        let request = (*from, *to, *seq);
        let matters = !asked.contains(&request) || answered.contains(&(*from, *to));
        flags != "SYN" || in_this_step.insert(request) && matters
    });
    crossed.reverse();
    asked.extend(in_this_step);
    crossed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Protocol;

    const CLIENT: &str = "192.0.2.2:40000";
    const SERVER: &str = "192.0.2.1:7";

    fn segment(from: &str, to: &str, flags: &str) -> Segment {
        Segment {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            protocol: Protocol::Tcp,
            flags: flags.into(),
            seq: 1000,
            ack: 0,
            len: 0,
            data: String::new(),
            dropped: false,
            packet: Vec::new(),
            time: Duration::ZERO,
        }
    }

    /// However often the clock had a request sent again, a step has the same segments.
    #[test]
    fn a_request_that_is_sent_again_is_shown_once() {
        let syn = || segment(CLIENT, SERVER, "SYN");
        let answer = || segment(SERVER, CLIENT, "SYN ACK");
        for again in 0..4 {
            let mut asked = HashSet::new();
            let mut step = |crossed: Vec<Segment>| without_repeats(crossed, &mut asked);
            let syns = |n| vec![syn(); n];
            assert_eq!(step(syns(1 + again)), [syn()], "the first step, {again} again");
            assert_eq!(step(syns(again)), [], "a step of waiting, {again} again");
            let answered = [syns(1 + again), vec![answer()]].concat();
            assert_eq!(step(answered), [syn(), answer()], "the step of the answer, {again} again");
        }
    }

    /// Of a request that was dropped and then answered, all in one step, it is the answered one that is shown.
    #[test]
    fn the_request_that_was_answered_is_shown() {
        let dropped = Segment { dropped: true, ..segment(CLIENT, SERVER, "SYN") };
        let (syn, answer) = (segment(CLIENT, SERVER, "SYN"), segment(SERVER, CLIENT, "SYN ACK"));
        let crossed = vec![dropped, syn.clone(), answer.clone()];
        assert_eq!(without_repeats(crossed, &mut HashSet::new()), [syn, answer]);
    }

    /// Another client's request is another's, and so is one with another number.
    #[test]
    fn requests_of_others_are_no_repeats() {
        let all = [
            segment(CLIENT, SERVER, "SYN"),
            segment("192.0.2.3:40000", SERVER, "SYN"),
            Segment { seq: 2000, ..segment(CLIENT, SERVER, "SYN") },
        ];
        assert_eq!(without_repeats(all.to_vec(), &mut HashSet::new()), all);
    }
}
