//! Who goes on: each as far as it comes, then the next one, and not for ever.

use std::io;
use std::thread;
use std::time::Duration;

use super::{At, Stage, Turn};
use crate::recording::{Protocol, Step};

/// A scene that has so many steps comes to no end.
const MOST_STEPS: usize = 2000;

/// Between two looks at those who sleep: what they wait for comes by itself, and nothing hangs on when it is seen.
const PAUSE: Duration = Duration::from_millis(1);

/// A process that makes the same steps so many times, and nothing changes, lets others go first: it asks in a loop.
const ASKS_AGAIN: usize = 2;

/// It has asked so often, and there was nobody else: nobody comes.
const ASKS_NO_MORE: usize = 20;

/// It has waited so often for the same, a while each time: nobody comes.
const WAITS_NO_MORE: usize = 3;

/// It has slept so often, and done nothing else: it does nothing else.
const SLEEPS_NO_MORE: usize = 20;

/// Steps of a loop that asks or waits; one that has more is no such loop.
const LONGEST_LOOP: usize = 16;

impl Stage {
    /// Lets everybody run until nobody can: each as far as it comes, then the next one. Those who ask or wait for the same again
    /// and again, and nothing changes, are as those who wait.
    pub fn run(&mut self) -> io::Result<()> {
        self.run_unless(|_| false)
    }

    /// As [`Stage::run`], but lets no time pass once somebody waits for connections or datagrams.
    pub fn run_to_serve(&mut self) -> io::Result<()> {
        self.run_unless(|stage| {
            let sockets = stage.recording.steps.last().map_or(&[][..], |step| &step.state.sockets);
            sockets.iter().any(|socket| {
                socket.accept_queue.is_some() || socket.protocol == Protocol::Udp && socket.local.is_some()
            })
        })
    }

    /// As [`Stage::run`], but lets no time pass once this process, or one that it has made, waits for what is typed.
    pub fn run_to_type(&mut self, process: usize) -> io::Result<()> {
        let console = self.tasks[process].console;
        self.run_unless(|stage| {
            stage.tasks.iter().filter(|task| task.console == console).any(|task| {
                let inside = task.call.as_ref().filter(|_| matches!(task.at, At::Held | At::Asleep));
                inside.is_some_and(|inside| inside.call.name() == "read" && inside.call.arg(0) == 0)
            })
        })
    }

    fn run_unless(&mut self, enough: impl Fn(&Self) -> bool) -> io::Result<()> {
        let mut current = 0;
        loop {
            let mut next = self.first_ready(current, false)?;
            if next.is_none() {
                if enough(self) {
                    return Ok(());
                }
                let hopeful = |process: &usize| !self.in_vain(*process, WAITS_NO_MORE, SLEEPS_NO_MORE);
                let hopeful: Vec<usize> = (0..self.tasks.len()).filter(hopeful).collect();
                let mut patience = self.patience;
                next = self.wait_for(&hopeful, &mut patience)?;
                self.patience = patience;
            }
            if next.is_none() {
                next = self.first_ready(current, true)?;
            }
            let Some(process) = next else { return Ok(()) };
            current = process;
            self.step(process)?;
            if self.recording.steps.len() > MOST_STEPS {
                let name = &self.recording.processes[process].name;
                return Err(io::Error::other(format!(
                    "more than {MOST_STEPS} steps, and no end: {name} goes on and on"
                )));
            }
        }
    }

    /// The first one from `current` on who can go on. No time passes for the others meanwhile, and who asks in vain has his turn
    /// when there is nobody else, and not for ever.
    fn first_ready(&mut self, current: usize, nobody_else: bool) -> io::Result<Option<usize>> {
        let most = if nobody_else { ASKS_NO_MORE } else { ASKS_AGAIN };
        for process in (current..self.tasks.len()).chain(0..current) {
            if self.turn(process)? != Turn::Ready {
                continue;
            }
            let task = &self.tasks[process];
            let goes = if task.at == At::Still {
                !self.in_vain(process, most, usize::MAX)
            } else {
                !task.woken_by_time()
            };
            if goes {
                return Ok(Some(process));
            }
        }
        Ok(None)
    }

    /// Has a process lately asked or waited for the same so many times, or slept so many, while nobody else did anything and
    /// nothing changed?
    fn in_vain(&self, process: usize, asked: usize, slept: usize) -> bool {
        let steps = &self.recording.steps;
        let own = steps.iter().rev().take_while(|step| step.process == process && step.segments.is_empty());
        let own = &steps[steps.len() - own.count()..];
        let nothing = |step: &Step| {
            let result = step.result.as_deref().unwrap_or_default();
            ["EAGAIN", "EALREADY", "(Timeout)"].iter().any(|nothing| result.contains(nothing))
        };
        let same = |(one, other): (&Step, &Step)| {
            (&one.call, &one.result, &one.state) == (&other.call, &other.result, &other.state)
                && (one.args == other.args || one.call == "clock_nanosleep") // until when may be given
        };
        (1..=LONGEST_LOOP.min(own.len())).any(|length| {
            let last = &own[own.len() - length..];
            let most = if last.iter().any(nothing) {
                asked
            } else if last.iter().any(Step::waits) {
                slept
            } else {
                return false;
            };
            own.rchunks_exact(length).take_while(|round| round.iter().zip(last).all(same)).count() >= most
        })
    }

    /// Lets one process run as far as it comes.
    pub fn run_alone(&mut self, process: usize) -> io::Result<()> {
        while self.turn(process)? == Turn::Ready {
            self.step(process)?;
        }
        Ok(())
    }

    /// Lets one process run until it has returned from `call`, or can't go on.
    pub fn run_until(&mut self, process: usize, call: &str) -> io::Result<()> {
        loop {
            let before = self.recording.steps.len();
            match self.turn(process)? {
                Turn::Ready => self.step(process)?,
                Turn::Waits if self.wait_for(&[process], &mut labkit::DEADLINE.clone())?.is_some() => {}
                Turn::Waits | Turn::Ended => return Ok(()),
            }
            let returned = |step: &Step| step.call == call && step.result.is_some();
            if self.recording.steps[before..].last().is_some_and(returned) {
                return Ok(());
            }
        }
    }

    /// Waits for one of them who wakes up by himself; none if there is none, or not so long.
    fn wait_for(&mut self, processes: &[usize], patience: &mut Duration) -> io::Result<Option<usize>> {
        let waiting = self.fall_asleep(processes)?;
        if waiting.is_empty() {
            return Ok(None);
        }
        loop {
            for process in waiting.iter().copied() {
                if self.awake(process)? {
                    return Ok(Some(process));
                }
            }
            if patience.is_zero() {
                return Ok(None);
            }
            thread::sleep(PAUSE);
            *patience = patience.saturating_sub(PAUSE);
        }
    }
}
