//! One run of a submission: its input, its output, its calls, its end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::io::{self, PipeReader, PipeWriter, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use jail::{
    Ended, How, Keeper, Limits, Place, Spent, Started, Tier, end_all_of, leave, limit_files,
    wait_for_the_left,
};
use labkit::Transport;
use labkit::doings::{all_asleep, descendants, doings};
use labkit::trace::{self, Call};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::Process;
use tempfile::TempDir;

use super::show::{bytes, in_utf8, last_lines, lines};
use super::tables::{waiting, waits_at};
use super::watch::{INTERVAL, Seen, Watch, Watched};
use crate::calls::{asks_for_broadcast, longest_wait, ready_made};
use crate::verdict::{Failure, Fault, Verdict};
use crate::words;
use crate::words::Words;

/// A program that sleeps in so many samples in a row has nothing to do at the moment.
const NAP: u64 = 5;

/// And one that is awake in between for a moment, again and again.
const DOZE: u64 = 50;

/// A submission that was started. It and all its processes are gone when this is.
#[derive(Debug)]
pub struct Run {
    keeper: Keeper,
    stdin: RefCell<Option<Input>>,
    /// So many pieces of its input are not in the pipe yet.
    unwritten: Arc<AtomicUsize>,
    stdout: Stream,
    stderr: Stream,
    status: RefCell<Status>,
    watch: Arc<Watch>,
    limits: Limits,
    /// What it and the others cost: [`Place::spent`], and how much that may be. Building costs nothing.
    spent: Arc<Spent>,
    in_all: u64,
    /// Those between this process and the program, from outside in, but for the one that it has started: waiter, keeper, init.
    inside: Vec<Pid>,
    /// The user that is this run's alone.
    user: Option<u32>,
    calls: Option<TempDir>,
    /// Its [`super::Bench::converted`].
    pub(super) converted: Arc<AtomicBool>,
    /// Its [`super::Bench::traced`].
    pub(super) traced: Rc<RefCell<Traced>>,
    /// Its [`super::Bench::tape`].
    pub(super) tape: Option<Rc<RefCell<Tape>>>,
    /// How it was started.
    argv: Vec<String>,
}

/// What has happened, taken down. Times are seconds since 1970, as a trace has them.
#[derive(Debug, Default)]
pub struct Tape {
    /// What the tester did, and when.
    pub acts: Vec<(f64, Words)>,
    /// How each run was started, in the order in which they ended, and its calls.
    pub runs: Vec<(Vec<String>, Vec<Call>)>,
}

/// What traced runs show of a program.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    /// How long it waits for its peers at the most: 0 is for ever. None if there was no such run.
    pub(crate) waits: Option<Duration>,
    /// The programs that do such labs' work and that it has started: `socat`.
    pub(crate) ready_made: BTreeSet<String>,
    /// Has it asked for the right to send to everybody (`SO_BROADCAST`, socket(7))? Go's runtime does so for each UDP socket.
    pub(crate) broadcasts: bool,
}

impl Traced {
    /// Adds what the calls of a run show.
    fn see(&mut self, calls: &[Call]) {
        self.waits = self.waits.max(Some(longest_wait(calls).unwrap_or_default()));
        self.ready_made.extend(ready_made(calls));
        self.broadcasts |= calls.iter().any(asks_for_broadcast);
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// What a run has left behind.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// All of its stdout.
    pub stdout: Vec<u8>,
    /// All of its stderr.
    pub stderr: Vec<u8>,
    /// Its calls, if it was traced, in the order in which they were entered: from its own start on, all its processes'.
    pub calls: Vec<Call>,
    /// Its [`super::Bench::converted`].
    converted: Arc<AtomicBool>,
}

impl Finished {
    /// Its exit status, unless a signal ended it.
    #[must_use]
    pub fn exit_status(&self) -> Option<i32> {
        match self.ended {
            Ended::Exited(status) => Some(status),
            _ => None,
        }
    }

    /// Its stdout as text: UTF-8, or EUC-KR line by line; what is neither shows as U+FFFD. Not for what a peer sent, whose bytes are
    /// to be there as they came.
    #[must_use]
    pub fn text(&self) -> String {
        self.read(&self.stdout)
    }

    /// Its stderr as text, in the same way.
    #[must_use]
    pub fn errors(&self) -> String {
        self.read(&self.stderr)
    }

    fn read(&self, printed: &[u8]) -> String {
        let text = in_utf8(printed);
        if text != printed {
            self.converted.store(true, Ordering::Relaxed);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// The output of a program that has ended, line by line: the beginning of stdout, and the end of stderr if there is any.
#[must_use]
pub fn output(finished: &Finished) -> Words {
    let mut text = format!("stdout: {}", lines(&in_utf8(&finished.stdout)));
    if !finished.stderr.is_empty() {
        text.extend(["\nstderr: ", &last_lines(&in_utf8(&finished.stderr))]);
    }
    Words { ko: text.clone(), en: text }
}

/// Where its input goes: only for who is given some, a thread waits until it is read.
#[derive(Debug)]
enum Input {
    Pipe(PipeWriter),
    Thread(Sender<Vec<u8>>),
}

/// What its init says: [`jail::Jail::status`]. That fits into the pipe: nobody waits until it is read.
#[derive(Debug)]
struct Status {
    pipe: PipeReader,
    text: Vec<u8>,
}

impl Status {
    /// Reads what is there. Is that all that will ever come?
    fn closed(&mut self) -> bool {
        // An error means that there is nothing at the moment.
        self.pipe.read_to_end(&mut self.text).is_ok()
    }
}

/// What comes out of a pipe, collected as it comes, up to a limit. What is beyond that is read and forgotten: a server may print all
/// that it receives.
#[derive(Clone, Debug, Default)]
struct Stream {
    so_far: Arc<Mutex<(Vec<u8>, bool)>>,
}

/// What is kept of more than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Beginning,
    /// And up to as much before it.
    End,
}

impl Stream {
    /// Collects what comes out of two pipes, in one thread.
    fn collect(pipes: [(PipeReader, Kept); 2], limit: usize) -> [Self; 2] {
        let streams = [Stream::default(), Stream::default()];
        let mut open: Vec<_> = pipes.into_iter().zip(streams.clone()).collect();
        thread::spawn(move || {
            let mut buf = [0; 8192];
            while !open.is_empty() {
                let mut fds = Vec::new();
                for ((pipe, _), _) in &open {
                    fds.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
                }
                if poll(&mut fds, PollTimeout::NONE).is_err() {
                    continue; // EINTR
                }
                let mut ready = fds.iter().map(|fd| fd.any() == Some(true)).collect::<Vec<_>>().into_iter();
                open.retain_mut(|((pipe, kept), stream)| {
                    ready.next() == Some(false) || stream.read(pipe, &mut buf, limit, *kept)
                });
            }
        });
        streams
    }

    /// Reads once. False at the end.
    fn read(&self, pipe: &mut impl Read, buf: &mut [u8], limit: usize, kept: Kept) -> bool {
        let n = match pipe.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            n => n.unwrap_or(0),
        };
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let room = if kept == Kept::End { n } else { limit.saturating_sub(so_far.0.len()) };
        so_far.0.extend_from_slice(&buf[..n.min(room)]);
        if so_far.0.len() > 2 * limit {
            let before = so_far.0.len() - limit;
            so_far.0.drain(..before);
        }
        so_far.1 = n == 0;
        n > 0
    }

    fn so_far(&self) -> Vec<u8> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn closed(&self) -> bool {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Run {
    /// Starts `argv` in a place; with `trace`, under strace with these faults injected.
    pub fn start(
        place: &Place,
        argv: Vec<String>,
        mut how: How,
        trace: Option<&[String]>,
    ) -> io::Result<Self> {
        let calls = trace.map(|_| place.scratch()).transpose()?;
        if let (Some(inject), Some(calls)) = (trace, &calls) {
            let strace = labkit::find_program("strace").ok_or_else(|| {
                io::Error::other("strace is not installed (Debian: apt-get install strace)")
            })?;
            how.strace = vec![strace.display().to_string()];
            how.strace.extend(trace::options(calls.path(), inject));
        }
        let on_a_disk = place.tier != Tier::Full && how.building;
        let folder = on_a_disk.then(|| place.folder().canonicalize()).transpose()?;
        let (its_stdin, stdin) = io::pipe()?;
        let (stdout, its_stdout) = io::pipe()?;
        let (stderr, its_stderr) = io::pipe()?;
        let (mut status, writer) = io::pipe()?;
        let fds = [its_stdin.as_fd(), its_stdout.as_fd(), its_stderr.as_fd(), writer.as_fd()];
        let Started { mut keeper, user, cgroup } = place.start(&argv, &how, fds)?;
        drop((its_stdin, its_stdout, its_stderr, writer));

        let watch = Watch::start(Watched {
            keeper: keeper.pid().as_raw(),
            limits: how.limits,
            cgroup,
            own_network: place.tier == Tier::Full,
            trace: calls.as_ref().map(|folder| folder.path().to_path_buf()),
            folder,
        });
        // What a compiler says first tells most; of a run, its last words.
        let kept = if how.building { Kept::Beginning } else { Kept::End };
        let pipes = [(stdout, Kept::Beginning), (stderr, kept)];
        let [stdout, stderr] = Stream::collect(pipes, how.limits.output);
        let Some(processes) = ready(&mut status)? else {
            // Before the submission could do anything: what is on stderr is the grader's own.
            keeper.wait();
            watch.finish();
            read_out(&[&stderr], LAST_LOOKS);
            let why = String::from_utf8_lossy(&stderr.so_far()).trim().to_string();
            return Err(io::Error::other(format!("the sandbox could not be closed: {why}")));
        };
        let inside = processes.into_iter().map(Pid::from_raw).filter(|pid| *pid != keeper.pid()).collect();
        fcntl(&status, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let limits = how.limits;
        let (spent, in_all) = if how.building {
            (Arc::default(), u64::MAX)
        } else {
            (Arc::clone(&place.spent), place.allowed.in_all)
        };
        Ok(Run {
            keeper,
            stdin: RefCell::new(Some(Input::Pipe(stdin))),
            unwritten: Arc::default(),
            stdout,
            stderr,
            status: RefCell::new(Status { pipe: status, text: Vec::new() }),
            watch,
            limits,
            spent,
            in_all,
            inside,
            user,
            calls,
            converted: Arc::default(),
            traced: Rc::default(),
            tape: None,
            argv,
        })
    }

    /// Gives it `bytes` on its stdin, as it reads them.
    pub fn write(&self, bytes: &[u8]) {
        let Some(input) = self.stdin.take() else { return };
        let writer = match input {
            Input::Thread(writer) => writer,
            Input::Pipe(pipe) => self.writer(pipe),
        };
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        let _ = writer.send(bytes.to_vec());
        self.stdin.replace(Some(Input::Thread(writer)));
    }

    /// A thread that writes what it is sent.
    fn writer(&self, mut pipe: PipeWriter) -> Sender<Vec<u8>> {
        let (writer, pieces) = mpsc::channel::<Vec<u8>>();
        let left = Arc::clone(&self.unwritten);
        thread::spawn(move || {
            for bytes in pieces {
                // What it will not read is lost.
                let _ = pipe.write_all(&bytes);
                left.fetch_sub(1, Ordering::Release);
            }
        });
        writer
    }

    /// The end of its input.
    pub fn close_stdin(&self) {
        self.stdin.take();
    }

    /// Looks again and again until `observe` sees it. None if it never will: because the program has ended, or sleeps
    /// though nothing is on its way to it, or dozes. One that keeps busy has its processor time.
    pub fn until<T>(&self, observe: impl FnMut() -> io::Result<Option<T>>) -> io::Result<Option<T>> {
        self.until_within(&mut self.patience(), observe)
    }

    /// Looks until it waits for peers at this port, of whatever address. False if it never will.
    pub fn waits_at(&self, transports: &[Transport], port: u16) -> io::Result<bool> {
        let all = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
        let mut looks = 0;
        let mut look = |last: bool| -> io::Result<bool> {
            looks += 1;
            for transport in transports {
                // For one that waits at a single address the kernel's whole table is needed: that takes long.
                let whole =
                    || waiting(*transport).map(|rows| rows.iter().any(|row| row.local.port() == port));
                if waits_at(*transport, all)?.is_some() || (last || looks % 16 == 0) && whole()? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let seen = self.until(|| Ok(look(false)?.then_some(())))?;
        Ok(seen.is_some() || look(true)?)
    }

    /// As [`Run::until`], for what may well never be: gives up as soon as the program is seen asleep.
    pub fn until_asleep<T>(&self, observe: impl FnMut() -> io::Result<Option<T>>) -> io::Result<Option<T>> {
        self.until_within(&mut self.patience_of_a_nap(), observe)
    }

    /// Patience for what may well never be.
    pub fn patience_of_a_nap(&self) -> Patience {
        Patience { most_asleep: NAP, most_dozing: DOZE, costs: false, ..self.patience() }
    }

    /// Waits until it has done what it was woken for: all of it has slept at one moment, it has worked for a while, or has ended.
    pub fn settle(&self) -> io::Result<()> {
        self.rests().map(drop)
    }

    /// As [`Run::settle`]; false if it has worked for a while, and goes on.
    pub(super) fn rests(&self) -> io::Result<bool> {
        let (begun, mut worked) = (self.watch.seen(), None);
        // The last of those that are ours is the init: who is above it only waits for it.
        let Some(init) = self.inside.last() else { return Ok(self.over()) };
        let mut last = None;
        self.until(|| {
            let written = self.unwritten.load(Ordering::Acquire) == 0;
            let asleep = if written { all_asleep(init.as_raw()) } else { None };
            let settled = asleep.is_some() && asleep == last;
            last = asleep;
            // What it has worked until the next sample it may have worked before.
            let seen = self.watch.seen();
            if worked.is_none() && seen.samples() != begun.samples() {
                worked = Some(seen.worked);
            }
            let works = worked.is_some_and(|worked| seen.worked > worked + 1);
            Ok((settled || works || self.over()).then_some(settled || self.over()))
        })
        .map(|rests| rests.unwrap_or(true))
    }

    /// Lets so much time pass, unless it ends before, and then lets it do what it does after that time.
    pub fn lets_pass(&self, time: Duration) -> io::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < time && !self.over() {
            thread::sleep(INTERVAL);
        }
        self.settle()
    }

    /// As [`Run::until`], for one step of many: all of them together may take this much patience.
    pub(super) fn until_within<T>(
        &self,
        patience: &mut Patience,
        mut observe: impl FnMut() -> io::Result<Option<T>>,
    ) -> io::Result<Option<T>> {
        let mut looks = 0;
        loop {
            // Before `observe`, which then sees all that was done until here.
            let (over, seen) = (self.over(), self.watch.seen());
            if let Some(seen) = observe()? {
                patience.asleep = 0;
                return Ok(Some(seen));
            }
            if over {
                return Ok(None);
            }
            let before = patience.dozing;
            let ends = patience.ends(seen);
            if patience.costs {
                self.spent.slept(patience.dozing - before);
                match (ends, patience.dozed()) {
                    (true, true) => self.spent.cut(),
                    (true, false) => self.spent.use_up(),
                    (false, _) => {}
                }
            }
            if ends {
                return Ok(None);
            }
            // Most of it comes at once; for what takes long, seldom.
            thread::sleep(if looks < 8 { LOOK / 10 } else { LOOK * (1 << (looks / 64).min(4)) });
            looks += 1;
        }
    }

    /// Patience for one thing, with as many steps as it takes.
    pub fn patience(&self) -> Patience {
        let Limits { asleep, dozing, .. } = self.limits;
        let most_dozing = self.spent.left_here(dozing, self.in_all);
        let last = self.watch.seen();
        Patience { last, most_asleep: asleep, most_dozing, costs: true, asleep: 0, dozing: 0 }
    }

    /// Has it ended?
    #[must_use]
    pub fn over(&self) -> bool {
        self.status.borrow_mut().closed()
    }

    /// Its calls so far, if it is traced. Of one that has not begun, none.
    pub fn calls_so_far(&self) -> io::Result<Vec<Call>> {
        Ok(self.own_calls()?.unwrap_or_default())
    }

    /// The calls that are its own; none if its start is not among those that strace has written down.
    fn own_calls(&self) -> io::Result<Option<Vec<Call>>> {
        let Some(folder) = &self.calls else { return Ok(Some(Vec::new())) };
        Ok(own(trace::read_calls(folder.path())?, &self.argv))
    }

    /// The processes of the submission itself, as the grader numbers them.
    #[must_use]
    pub fn processes(&self) -> Vec<i32> {
        // The last of those that are ours is the init, whose number is its own until it has ended.
        self.inside.last().filter(|_| !self.over()).map(|init| descendants(init.as_raw())).unwrap_or_default()
    }

    /// How many descriptors its processes have open, all together, but for a few pipes: `/proc/PID/fd`, proc(5).
    #[must_use]
    pub fn descriptors(&self) -> usize {
        // Of a process that has ended, none, though nobody may have waited for it yet.
        // One by one: the size of that folder counts the number, too, that accept has set aside while it waits.
        let open = |pid| fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let living = self.processes().into_iter().filter(|pid| !has_ended(*pid));
        let is_pipe = |link: &DirEntry| {
            fs::read_link(link.path()).is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"pipe:"))
        };
        let (pipes, others): (Vec<_>, Vec<_>) = living.flat_map(open).partition(is_pipe);
        others.len() + pipes.len() - pipes.len().saturating_sub(STANDARD_STREAMS).min(SPARE_PIPES)
    }

    /// How much memory its processes have that no file stands for, in bytes: `RssAnon`, `RssShmem` and `VmPTE`, proc_pid_status(5).
    #[must_use]
    pub fn memory(&self) -> u64 {
        doings(self.keeper.pid().as_raw()).memory
    }

    /// Stops it in its tracks (SIGSTOP, signal(7)) while `much` is done to its sockets, and lets it go on.
    pub fn while_stopped<T>(&self, much: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.while_these_are_stopped(|| self.processes(), much)
    }

    /// As [`Run::while_stopped`], but the others go on.
    pub fn while_these_are_stopped<T>(
        &self,
        pids: impl Fn() -> Vec<i32>,
        much: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let all = |signal| {
            for pid in pids() {
                // One that has ended meanwhile needs no signal.
                let _ = kill(Pid::from_raw(pid), signal);
            }
        };
        all(Signal::SIGSTOP);
        self.until(|| Ok(pids().into_iter().all(stopped).then_some(())))?;
        let done = much();
        all(Signal::SIGCONT);
        done
    }

    /// While `much` is done, its processes get no new descriptor: EMFILE (`RLIMIT_NOFILE`, setrlimit(2)).
    pub fn without_descriptors(&self, much: impl FnOnce() -> Verdict) -> Verdict {
        // One that is about to be closed would be free.
        self.settle()?;
        let (soft, hard) = self.limits.open_files;
        let limit = |pid: i32, most: u64| limit_files(pid, self.user, (most, hard));
        for pid in self.processes() {
            let open: Vec<i32> = Process::new(pid)
                .and_then(|process| process.fd()?.map(|fd| fd.map(|fd| fd.fd)).collect())
                .unwrap_or_default();
            let free = (0..=open.len() as i32).find(|fd| !open.contains(fd)).unwrap_or(0);
            limit(pid, free as u64)?;
        }
        let done = much();
        for pid in self.processes() {
            limit(pid, soft)?;
        }
        done
    }

    /// Closes its stdin and waits for its end. Fails if it doesn't end by itself, or dies from a signal.
    pub fn finish(self) -> Verdict<Finished> {
        self.close_stdin();
        self.finish_unread()
    }

    /// As [`Run::finish`], but its stdin stays open: a terminal's, where nobody types.
    pub fn finish_unread(self) -> Verdict<Finished> {
        if self.until(|| Ok(self.over().then_some(())))?.is_none() {
            return Err(self.hangs().into());
        }
        if let Some(reason) = self.watch.stopped() {
            let did = self.did();
            let expected = words!("스스로 끝나야 해요", "it ends by itself");
            return Err(Failure { did, expected, got: reason, cause: Words::default() }.into());
        }
        let (did, arguments) = (self.did(), self.argv.len() > 1);
        let finished = self.collected()?;
        match finished.ended {
            Ended::Exited(_) => Ok(finished),
            Ended::Killed(signal) => Err(Fault::Died(Box::new(killed(did, signal, arguments)))),
            Ended::NotStarted(errno) => Err(not_started(did, errno).into()),
        }
    }

    /// Waits for the end of a compiler, however busy: how it ended, and what it said. A failure if it was stopped because it
    /// took too much.
    pub fn finish_building(self) -> io::Result<Result<(Ended, String), Failure>> {
        self.close_stdin();
        let ended = self.until(|| Ok(self.over().then_some(())))?;
        if let Some(got) = self.watch.stopped() {
            return Ok(Err(Failure { did: self.did(), got, ..Failure::default() }));
        }
        if ended.is_none() {
            return Ok(Err(Failure { cause: Words::default(), ..self.hangs() }));
        }
        let finished = self.collected()?;
        let said = String::from_utf8_lossy(&[finished.stdout, finished.stderr].concat()).into_owned();
        Ok(Ok((finished.ended, said)))
    }

    /// Ends it, for those that never end, and gives all that it did.
    pub fn stop(mut self) -> io::Result<Finished> {
        self.end();
        self.collected()
    }

    /// The failure of a program that died, hangs or was stopped where it should have gone on; none if it is still there and
    /// well.
    #[must_use]
    pub fn misfortune(&self) -> Option<Failure> {
        if let Some(reason) = self.watch.stopped() {
            return Some(Failure { did: self.did(), got: reason, ..Failure::default() });
        }
        let ended = self.ended()?;
        // Its last words may still be on the way.
        read_out(&[&self.stderr], LAST_LOOKS);
        match ended {
            Ended::Killed(signal) => Some(killed(self.did(), signal, self.argv.len() > 1)),
            Ended::Exited(status) => {
                let stderr = last_lines(&self.stderr.so_far());
                let got = words!(
                    "프로그램이 끝났어요(종료 상태 {status}). stderr: {stderr}",
                    "the program has ended (exit status {status}). stderr: {stderr}"
                );
                Some(Failure { did: self.did(), got, ..Failure::default() })
            }
            Ended::NotStarted(errno) => Some(not_started(self.did(), errno)),
        }
    }

    /// Has it ended by itself, with whatever status?
    #[must_use]
    pub fn exited(&self) -> bool {
        matches!(self.ended(), Some(Ended::Exited(_))) && self.watch.stopped().is_none()
    }

    fn ended(&self) -> Option<Ended> {
        // What was killed with everything around it could not say so.
        self.over().then(|| {
            let status = self.status.borrow();
            let first = status.text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            serde_json::from_slice(first).unwrap_or(Ended::Killed(libc::SIGKILL))
        })
    }

    fn hangs(&self) -> Failure {
        let seconds = |samples: u64| (INTERVAL * samples as u32).as_secs_f32();
        let (asleep, dozing) = (seconds(self.limits.asleep), seconds(self.limits.dozing));
        let shown = bytes(&self.stdout.so_far());
        Failure {
            did: self.did(),
            expected: words!("스스로 끝나야 해요", "it ends by itself"),
            got: words!(
                "끝나지 않고 기다리고 있어요({asleep}초 동안 아무 일도 하지 않았거나, 대기와 실행을 되풀이하며 {dozing}초를 넘겼어요). 여기까지의 출력: {shown}",
                "it doesn't end (asleep for {asleep} s, or for {dozing} s with breaks). Its output so far: {shown}"
            ),
            cause: words!(
                "오지 않을 것을 기다리는 read, recv, accept가 있는지, 끝나지 않는 반복문이 있는지 확인하세요.",
                "Look for a read, recv or accept that waits for what never comes, or a loop that never ends."
            ),
        }
    }

    /// The same failure; if the program died or was stopped, with that as what came, and its likely cause.
    #[must_use]
    pub fn explain(&self, failure: Failure) -> Failure {
        // Who is about to die may still be on the way.
        let _ = self.until_asleep(|| Ok(self.over().then_some(())));
        let Some(misfortune) = self.misfortune() else { return failure };
        let both =
            |came: &str, why: &str| if came.is_empty() { why.to_string() } else { format!("{came}\n{why}") };
        let got = Words {
            ko: both(&failure.got.ko, &misfortune.got.ko),
            en: both(&failure.got.en, &misfortune.got.en),
        };
        let cause = if misfortune.cause.ko.is_empty() { failure.cause } else { misfortune.cause };
        Failure { got, cause, ..failure }
    }

    /// "ran `tcp_echocli 127.1.2.3`"
    #[must_use]
    pub fn did(&self) -> Words {
        /// Of a path, the name: of the program, and of what runs it.
        fn shown(arg: &str) -> &str {
            if arg.starts_with('/') { arg.rsplit('/').next().unwrap_or_default() } else { arg }
        }
        let line = self.argv.iter().map(|arg| shown(arg)).collect::<Vec<_>>().join(" ");
        words!("`{line}` 실행", "ran `{line}`")
    }

    /// Ends it, if it has not ended.
    fn end(&mut self) {
        self.watch.finish();
        self.keeper.end();
        // The end of each is the end of the next, and the init's of all in its namespace: PR_SET_PDEATHSIG. Nobody of them does much
        // any more; that they give back what they had takes a while, for which only the judge's end waits.
        leave(self.inside.drain(..));
        if self.watch.stopped().is_some() {
            // It had too much of something: the next run must not be blamed for what is still there.
            wait_for_the_left();
        }
        if let Some(Err(error)) = self.user.take().map(end_all_of) {
            eprintln!("{error}");
        }
    }

    fn collected(mut self) -> io::Result<Finished> {
        if self.over() {
            // It has ended, and strace is about to: it has more to write.
            self.watch.finish();
            self.keeper.wait();
        }
        self.end();
        // All who could write to the pipes are gone; their readers are about to see it.
        wait_for_the_left();
        read_out(&[&self.stdout, &self.stderr], LAST_LOOKS);
        let ended = self.ended().unwrap_or(Ended::Killed(libc::SIGKILL));
        let calls = match (self.own_calls()?, ended) {
            (Some(calls), _) => calls,
            (None, Ended::NotStarted(_)) => Vec::new(),
            // Nothing can be said of calls that were not seen: neither that they are missing, nor that they are not.
            (None, _) => return Err(io::Error::other("strace did not see the program start")),
        };
        let (stdout, stderr) = (self.stdout.so_far(), self.stderr.so_far());
        Ok(Finished { ended, stdout, stderr, calls, converted: Arc::clone(&self.converted) })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
        let (worked, cpu) = (self.watch.seen().worked, Duration::from_secs(self.limits.cpu));
        self.spent.worked(worked);
        if INTERVAL * worked as u32 >= cpu || self.ended() == Some(Ended::Killed(libc::SIGXCPU)) {
            self.spent.use_up();
        }
        // Whichever way it came to its end.
        if self.calls.is_some()
            && let Ok(Some(calls)) = self.own_calls()
        {
            self.traced.borrow_mut().see(&calls);
            if let Some(tape) = self.tape.take() {
                tape.borrow_mut().runs.push((std::mem::take(&mut self.argv), calls));
            }
        }
    }
}

/// How long to wait for a run: in samples in which it could have done something and did not. A look that saw nothing is worth one
/// at the most: where nobody had the time to look, nobody has waited.
#[derive(Debug)]
pub struct Patience {
    last: Seen,
    /// In a row, and the most of them.
    asleep: u64,
    most_asleep: u64,
    /// All in all, and the most of them.
    dozing: u64,
    most_dozing: u64,
    /// Does it cost the submission of its own?
    costs: bool,
}

impl Patience {
    /// There was another look, and nothing to see. Has it come to an end?
    fn ends(&mut self, seen: Seen) -> bool {
        let (busy, naps) = (seen.busy != self.last.busy, seen.naps != self.last.naps);
        let asleep = seen.asleep != self.last.asleep;
        self.last = seen;
        if busy || naps {
            self.asleep = 0;
        } else {
            self.asleep += u64::from(asleep);
        }
        self.dozing += u64::from(!busy && (naps || asleep));
        self.asleep > self.most_asleep || self.dozed()
    }

    /// Has it come to an end though something came now and then?
    pub(super) fn dozed(&self) -> bool {
        self.dozing > self.most_dozing
    }
}

/// Waits until all doors are shut. Gives the process ids of waiter, keeper and init; none if that failed.
fn ready(status: &mut impl Read) -> io::Result<Option<Vec<i32>>> {
    let mut text = Vec::new();
    // Two lines, and no byte of what comes after them.
    let mut lines = 0;
    while lines < 2 {
        let mut byte = [0];
        match status.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => {
                lines += usize::from(byte == *b"\n");
                text.push(byte[0]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(text.lines().next().map(|line| line.split(' ').flat_map(str::parse).collect()))
}

/// The calls that are the program's own: what its keeper and its init did before is not. None if it was not seen to start.
fn own(calls: Vec<Call>, argv: &[String]) -> Option<Vec<Call>> {
    let program = argv.first()?.as_bytes();
    let is_start = |call: &Call| {
        call.name == "execve" && call.value() == Some(0) && call.bytes(0).is_some_and(|path| path == program)
    };
    let start = calls.iter().position(is_start)?;
    let main = calls[start].pid;
    let before: Vec<i32> = calls[..start].iter().map(|call| call.pid).filter(|pid| *pid != main).collect();
    Some(calls.into_iter().skip(start + 1).filter(|call| !before.contains(&call.pid)).collect())
}

/// Between two looks at what wakes nobody up when it happens; what is waited for is always observed.
const LOOK: Duration = Duration::from_micros(300);

/// So often the end of what a program has written is looked for, when the program is gone: some two seconds. Looks are counted, so
/// that a machine which is slow to read what was written has longer.
const LAST_LOOKS: usize = 6000;

/// Waits until these are read to their end, but not for ever: a pipe stays open if it was sent over a socket that was sent over
/// itself, and that nobody has any more: unix(7).
fn read_out(streams: &[&Stream], looks: usize) {
    for _ in 0..looks {
        if streams.iter().all(|stream| stream.closed()) {
            return;
        }
        // Closing any such socket, the kernel looks for those that nobody has.
        drop(UnixStream::pair());
        thread::sleep(LOOK);
    }
}

/// Its stdin, stdout and stderr are pipes.
const STANDARD_STREAMS: usize = 3;

/// So many ends of pipes a runtime may keep for later: Go's has a pair for each of those that it has served at once, for splice(2).
const SPARE_PIPES: usize = 2 * 5;

/// Is a process stopped, or gone? proc(5).
fn stopped(pid: i32) -> bool {
    has_ended(pid) || in_state(pid, &['T', 't'])
}

/// Has a process ended, though nobody may have waited for it yet?
pub(crate) fn has_ended(pid: i32) -> bool {
    in_state(pid, &['Z', 'X'])
}

/// Is it in one of these states of proc(5), or gone?
fn in_state(pid: i32, states: &[char]) -> bool {
    let stat = Process::new(pid).and_then(|process| process.stat());
    stat.ok().is_none_or(|stat| states.contains(&stat.state))
}

/// The kernel would not start it.
fn not_started(did: Words, errno: i32) -> Failure {
    let why = io::Error::from_raw_os_error(errno);
    let got = words!("시작할 수 없었어요: {why}", "it could not be started: {why}");
    Failure { did, got, ..Failure::default() }
}

/// The failure of a program that was started with arguments, or without, and died from a signal.
fn killed(did: Words, signal: i32, arguments: bool) -> Failure {
    let name = nix::sys::signal::Signal::try_from(signal).map_or("?", nix::sys::signal::Signal::as_str);
    let cause = match signal {
        libc::SIGSEGV | libc::SIGBUS | libc::SIGABRT if arguments => words!(
            "잘못된 메모리 주소에 접근했어요. 함수가 돌려준 NULL을 그대로 사용하지 않았는지, 배열의 범위를 벗어나지 않았는지 확인하세요.",
            "It used an address that isn't its own: the NULL that a function returned, the end of an array?"
        ),
        libc::SIGSEGV | libc::SIGBUS | libc::SIGABRT => words!(
            "잘못된 메모리 주소에 접근했어요. 함수가 돌려준 NULL이나 없는 argv[1]을 그대로 사용하지 않았는지, 배열의 범위를 벗어나지 않았는지 확인하세요.",
            "It used an address that isn't its own: the NULL that a function returned, a missing argv[1], the end of an array?"
        ),
        libc::SIGPIPE => words!(
            "연결이 없거나 끊긴 스트림 소켓(TCP)에 write하면 SIGPIPE가 발생해요. UDP 소켓(SOCK_DGRAM)에서는 발생하지 않아요. signal(SIGPIPE, SIG_IGN)을 부르거나 send에 MSG_NOSIGNAL을 주면 시그널 없이 EPIPE로 실패하기만 해요.",
            "Writing to a stream socket (TCP) without a connection, or with a broken one, raises SIGPIPE; a UDP socket (SOCK_DGRAM) has no such. With signal(SIGPIPE, SIG_IGN), or MSG_NOSIGNAL for send, write only fails with EPIPE."
        ),
        libc::SIGXCPU => words!(
            "CPU 시간을 모두 사용했어요. 끝나지 않는 반복문이 있나요?",
            "Its processor time is used up. A loop that never ends?"
        ),
        _ => Words::default(),
    };
    Failure {
        did,
        expected: words!("시그널로 종료되지 않아야 해요", "it doesn't die from a signal"),
        got: words!("{name} 시그널로 종료되었어요", "it died from {name}"),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> Patience {
        Patience { last: Seen::default(), asleep: 0, most_asleep: 2, dozing: 0, most_dozing: 4, costs: true }
    }

    #[test]
    fn a_program_that_sleeps_is_waited_for_until_that_was_seen_often_enough() {
        let (mut patience, seen) = (patience(), |asleep| Seen { asleep, ..Seen::default() });
        // The same sample again, a thousand that nobody had the time to look at, and one more.
        let ends = [1, 1, 1, 1001, 1001, 1002].map(|asleep| patience.ends(seen(asleep)));
        assert_eq!(ends, [false, false, false, false, false, true]);
    }

    #[test]
    fn a_pipe_that_somebody_keeps_open_is_not_waited_for_for_ever() {
        let ((pipe, mut kept_open), (other, _)) = (io::pipe().unwrap(), io::pipe().unwrap());
        kept_open.write_all(b"abc").unwrap();
        let [stream, other] = Stream::collect([(pipe, Kept::Beginning), (other, Kept::Beginning)], 100);
        read_out(&[&other], LAST_LOOKS);
        labkit::until("what is in the pipe", || Ok((stream.so_far() == b"abc").then_some(()))).unwrap();
        read_out(&[&stream], 100);
        assert_eq!((stream.closed(), other.closed()), (false, true));
        drop(kept_open);
        read_out(&[&stream], LAST_LOOKS);
        assert!(stream.closed());
    }

    #[test]
    fn of_too_much_the_beginning_is_kept_or_the_end() {
        let all: Vec<u8> = (0..50_000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        let (pipes, writers): (Vec<_>, Vec<_>) = (0..2).map(|_| io::pipe().unwrap()).unzip();
        let [beginning, end] = Stream::collect(
            pipes.into_iter().zip([Kept::Beginning, Kept::End]).collect::<Vec<_>>().try_into().unwrap(),
            10_000,
        );
        for mut writer in writers {
            writer.write_all(&all).unwrap();
        }
        read_out(&[&beginning, &end], LAST_LOOKS);
        let (beginning, end) = (beginning.so_far(), end.so_far());
        assert!(all.starts_with(&beginning) && beginning.len() == 10_000, "{}", beginning.len());
        assert!(all.ends_with(&end) && (10_000..=20_000).contains(&end.len()), "{}", end.len());
    }

    #[test]
    fn a_program_that_dozes_is_waited_for_longer_and_one_that_works_as_long_as_it_does() {
        let mut dozes = patience();
        let ends = [1, 2, 3, 4, 5].map(|naps| dozes.ends(Seen { naps, ..Seen::default() }));
        assert_eq!(ends, [false, false, false, false, true]);
        assert!(dozes.dozed());

        let mut works = patience();
        // Whoever has worked since the last look has not slept, whatever else was seen meanwhile.
        assert!((1..1000).all(|n| !works.ends(Seen { busy: n, naps: 2 * n, asleep: 2 * n, worked: n })));
    }
}
