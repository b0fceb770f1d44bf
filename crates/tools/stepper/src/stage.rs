//! The stage: holds all processes of a scene and lets one of them run at a time, to its next step.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::choice::Choice;
use crate::console::Console;
use crate::decode::Entered;
use crate::kernel::{self, Asked, Kernel};
use crate::lines::Lines;
use crate::network::{Network, pidfd_open};
use crate::recording::{Process, Recording, Role, Segment, Source, Step, VERSION};
use crate::tracee::{Doing, Stop, Tracee};
use crate::wait::{wakes_by_itself, would_wait};

/// A program is in a loop that has worked for so many seconds of processor time without a step.
const MOST_WORK: u64 = 3;

/// A scene that has so many steps comes to no end.
const MOST_STEPS: usize = 2000;

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
    crossed: Vec<Segment>,
    /// How many requests for a connection the kernel has dropped.
    dropped: u64,
    recording: Recording,
    network: Network,
}

/// One process, or a thread of one.
struct Task {
    tracee: Tracee,
    pidfd: Rc<OwnedFd>,
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
    interrupted: Option<(Inside, i64)>,
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
            crossed: Vec::new(),
            dropped: 0,
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
        // SAFETY: between fork and exec only ptrace is called, a bare system call.
        unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
        let mut console = Console::new(&mut command)?;
        let mut child = command
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", player.path.display())))?;
        console.started(child.stdin.take());
        let pid = Pid::from_raw(child.id().cast_signed());
        let tracee = Tracee::first(pid)?;
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
        self.tasks.push(Task::new(tracee, Rc::new(pidfd_open(pid)?), self.consoles.len() - 1));
        Ok(self.tasks.len() - 1)
    }

    /// Everything until now.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Runs a shell command in the network, as its root.
    pub fn shell(&self, script: &str) -> io::Result<()> {
        self.network.shell(script)
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

    /// Whose turn can it be?
    pub fn turn(&mut self, process: usize) -> io::Result<Turn> {
        let ready = match self.tasks[process].at {
            At::Ended => return Ok(Turn::Ended),
            At::Still => true,
            At::Held => self.may_enter(process)?,
            At::Asleep => self.awake(process)?,
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
        while self.recording.steps.len() == steps && self.tasks[process].at != At::Ended {
            if self.tasks[process].stop.is_none() {
                self.tasks[process].tracee.go_on()?;
            }
            let Some(stop) = self.next_stop(process)? else {
                self.tasks[process].at = At::Asleep;
                return self.begins_to_wait(process);
            };
            self.tasks[process].at = At::Still;
            self.stopped(process, stop)?;
        }
        Ok(())
    }

    /// Lets everybody run until nobody can: each as far as it comes, then the next one.
    pub fn run(&mut self) -> io::Result<()> {
        let mut current = 0;
        loop {
            let order = (current..self.tasks.len()).chain(0..current);
            let mut next = None;
            for process in order {
                if self.turn(process)? == Turn::Ready {
                    next = Some(process);
                    break;
                }
            }
            let Some(process) = next.map_or_else(|| self.wait_for_somebody(), |next| Ok(Some(next)))? else {
                return Ok(());
            };
            current = process;
            self.step(process)?;
            if self.recording.steps.len() > MOST_STEPS {
                return Err(io::Error::other(format!("more than {MOST_STEPS} steps, and no end")));
            }
        }
    }

    /// Lets one process run as far as it comes.
    pub fn run_alone(&mut self, process: usize) -> io::Result<()> {
        while self.turn(process)? == Turn::Ready {
            self.step(process)?;
        }
        Ok(())
    }

    /// Ends all, and gives everything that has happened.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        let mut recording = std::mem::take(&mut self.recording);
        // Of a child that nobody saw do anything, nothing is to be shown.
        for process in (0..recording.processes.len()).rev() {
            if recording.steps.iter().any(|step| step.process == process)
                || !recording.processes[process].name.contains("'s ")
            {
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

    /// Lets one process run until it has returned from `call`, or can't go on.
    pub fn run_until(&mut self, process: usize, call: &str) -> io::Result<()> {
        loop {
            let before = self.recording.steps.len();
            if self.turn(process)? == Turn::Waits && self.wait_for(&[process])?.is_none() {
                return Ok(());
            }
            self.step(process)?;
            let Some(step) = self.recording.steps[before..].last() else { return Ok(()) };
            if step.call == call && step.result.is_some() {
                return Ok(());
            }
        }
    }

    /// Nobody can go on at once. Waits for one who wakes up by himself; none if there is none.
    pub fn wait_for_somebody(&mut self) -> io::Result<Option<usize>> {
        let all: Vec<usize> = (0..self.tasks.len()).collect();
        self.wait_for(&all)
    }

    /// Nobody can go on at once. Lets time pass for those who wait no longer than some time; which of them wakes up,
    /// [`Stage::turn`] tells.
    pub fn let_time_pass(&mut self) -> io::Result<()> {
        let all: Vec<usize> = (0..self.tasks.len()).collect();
        self.fall_asleep(&all).map(drop)
    }

    /// Lets those fall asleep who will wake up by themselves, and gives their numbers.
    fn fall_asleep(&mut self, processes: &[usize]) -> io::Result<Vec<usize>> {
        let mut waiting = Vec::new();
        for process in processes.iter().copied() {
            let task = &self.tasks[process];
            let Some(call) = task.call.as_ref().map(|inside| inside.call.clone()) else { continue };
            match task.at {
                At::Held => {
                    let timed = would_wait(&call, &task.pidfd)?.is_some_and(|held| held.timed);
                    if timed || task.timer {
                        self.tasks[process].tracee.go_on()?;
                        self.tasks[process].at = At::Asleep;
                        waiting.push(process);
                    }
                }
                At::Asleep if task.timer || wakes_by_itself(&call) => waiting.push(process),
                _ => {}
            }
        }
        Ok(waiting)
    }

    fn wait_for(&mut self, processes: &[usize]) -> io::Result<Option<usize>> {
        let waiting = self.fall_asleep(processes)?;
        while !waiting.is_empty() {
            for process in &waiting {
                if self.awake(*process)? {
                    return Ok(Some(*process));
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(None)
    }

    /// Its next stop; none if it sleeps.
    fn next_stop(&mut self, process: usize) -> io::Result<Option<Stop>> {
        if let Some(stop) = self.tasks[process].stop.take() {
            return Ok(Some(stop));
        }
        let ticks_at_first = self.tasks[process].tracee.doing().1;
        loop {
            for _ in 0..4 {
                Tracee::let_run();
                if let Some(stop) = self.tasks[process].tracee.stop()? {
                    return Ok(Some(stop));
                }
            }
            let (doing, ticks) = self.tasks[process].tracee.doing();
            if doing == Doing::Sleeps {
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
            } else if ticks.saturating_sub(ticks_at_first) > MOST_WORK * labkit::doings::ticks_per_second() {
                let name = &self.recording.processes[process].name;
                return Err(io::Error::other(format!(
                    "{name} has worked for {MOST_WORK} seconds without a system call: it is in a loop"
                )));
            }
        }
    }

    /// Does one who was asleep stand still now?
    fn awake(&mut self, process: usize) -> io::Result<bool> {
        let task = &mut self.tasks[process];
        loop {
            if task.stop.is_some() {
                return Ok(true);
            }
            task.stop = task.tracee.stop()?;
            if task.stop.is_none() && task.tracee.doing().0 != Doing::Runs {
                return Ok(false);
            }
            Tracee::let_run();
        }
    }

    /// Would one who is held before a call return from it now?
    fn may_enter(&self, process: usize) -> io::Result<bool> {
        let task = &self.tasks[process];
        let Some(doing) = &task.call else { return Ok(true) };
        if would_wait(&doing.call, &task.pidfd)?.is_none() {
            return Ok(true);
        }
        // A signal that is not ignored comes first.
        let masks = task.tracee.signals(&["SigPnd", "ShdPnd", "SigBlk", "SigIgn"]);
        let of = |name: &str| masks.get(name).copied().unwrap_or(0);
        let ignored_by_default = [Signal::SIGCHLD, Signal::SIGURG, Signal::SIGWINCH, Signal::SIGCONT];
        let mut harmless = of("SigBlk") | of("SigIgn");
        let caught = task.tracee.signals(&["SigCgt"]).get("SigCgt").copied().unwrap_or(0);
        for signal in ignored_by_default {
            harmless |= (1 << (signal as i32 - 1)) & !caught;
        }
        Ok((of("SigPnd") | of("ShdPnd")) & !harmless != 0)
    }

    /// Deals with a stop; maybe that is a step.
    fn stopped(&mut self, process: usize, stop: Stop) -> io::Result<()> {
        match stop {
            Stop::Entry(call) => self.enters(process, call),
            Stop::Exit(result) => self.returns(process, result),
            Stop::Child { tid, vfork } => self.has_child(process, tid, vfork),
            Stop::Exec => {
                self.tasks[process].call = None;
                Ok(())
            }
            Stop::Signal(signal) => {
                let ignored = self.tasks[process].tracee.signals(&["SigIgn"]);
                let ignored = ignored.values().any(|mask| mask >> (signal as i32 - 1) & 1 == 1);
                if !ignored && signal != Signal::SIGTRAP && signal != Signal::SIGSTOP {
                    self.tasks[process].signals.push(signal.as_str().into());
                }
                Ok(())
            }
            Stop::Exited(code) => {
                let call = self.tasks[process]
                    .call
                    .as_ref()
                    .map_or("exit_group".into(), |inside| inside.call.name().into());
                self.ends(process, call, code.to_string())
            }
            Stop::Killed(signal) => self.ends(process, "killed".into(), signal.as_str().into()),
        }
    }

    fn enters(&mut self, process: usize, call: Entered) -> io::Result<()> {
        if let Some((inside, result)) = self.tasks[process].interrupted.take() {
            if inside.call.name() == call.name() && (0..6).all(|i| inside.call.arg(i) == call.arg(i)) {
                self.tasks[process].waits = true;
            } else {
                self.returned(process, inside, result, true)?;
            }
        }
        let tid = self.tasks[process].tracee.tid;
        let place = self.lines.place(tid);
        let own = if place.is_some() || self.lines.has_lines(tid) { Some(place.is_some()) } else { None };
        let task = &mut self.tasks[process];
        let step = task.choice.takes(&call, &task.tracee, own);
        task.timer |= matches!(call.name(), "alarm" | "setitimer" | "timer_settime");
        let source =
            if step { place.and_then(|(path, line)| self.source(process, &path, line?)) } else { None };
        let held = if step { would_wait(&call, &self.tasks[process].pidfd)?.is_some() } else { false };
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
        if task.waits || !doing.step {
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
        if RESTARTS.contains(&result) && waited {
            task.interrupted = Some((inside, result));
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
        let thread = fs::read_link(format!("/proc/{}/task/{tid}", parent.tracee.tid)).is_ok()
            || Path::new(&format!("/proc/{}/task/{tid}", parent.tracee.tid)).exists();
        let pidfd = if thread { Rc::clone(&parent.pidfd) } else { Rc::new(pidfd_open(tid)?) };
        let console = parent.console;
        let of = self.recording.processes[process].clone();
        let kind = if thread { "thread" } else { "child" };
        let name = format!("{}'s {kind}", of.name);
        let taken = |name: &str| self.recording.processes.iter().any(|process| process.name == name);
        let numbered = (2..).map(|n| format!("{name} {n}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name);
        self.recording.processes.push(Process { name, ..of });
        let choice = parent.choice.clone();
        self.tasks.push(Task { choice, ..Task::new(tracee, pidfd, console) });
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
        let child = process > 0 && self.recording.processes[process].name.contains("'s ");
        if child && self.recording.steps.iter().all(|step| step.process != process) {
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
        self.settle()?;
        self.hear(process);
        let dropped = kernel::dropped(self.network.pid())?;
        let requests = self.crossed.iter_mut().rev().filter(|segment| segment.flags == "SYN");
        requests.take((dropped - self.dropped) as usize).for_each(|segment| segment.dropped = true);
        self.dropped = dropped;
        let asked: Vec<Asked> = self.tasks.iter().map(Task::asked).collect();
        let state = self.kernel.state(&asked, self.network.pid())?;
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
            segments: std::mem::take(&mut self.crossed),
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
        let inside = path.strip_prefix(&self.root).ok();
        let name = inside.or_else(|| path.file_name().map(Path::new))?.display().to_string();
        if !self.recording.files.contains_key(&name) {
            let text = fs::read(&path).ok()?;
            self.recording.files.insert(name.clone(), String::from_utf8_lossy(&text).into_owned());
        }
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
}

impl Task {
    fn new(tracee: Tracee, pidfd: Rc<OwnedFd>, console: usize) -> Self {
        Task {
            tracee,
            pidfd,
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

    fn asked(&self) -> Asked<'_> {
        let alive = self.at != At::Ended;
        Asked { pid: self.tracee.tid.as_raw(), pidfd: alive.then_some(&*self.pidfd) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for task in self.tasks.iter().filter(|task| task.at != At::Ended) {
            task.tracee.kill();
        }
    }
}
