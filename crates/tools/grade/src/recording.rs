//! Makes a recording for the stepper's player of a check that was run again: what the tester did and what the submission's processes
//! called, in the order of their times: a call that may wait for others where its process went on, any other where it was entered.
//!
//! What a trace does not tell is not in it: the sockets' states and queues, and what crossed the wire. The descriptors are those that
//! the calls gave and closed, each with what strace said of it last; one that execve(2) closed stays.

use std::collections::{BTreeMap, HashMap};
use std::mem;

use labkit::trace::{Call, descriptor};
use labs::bench::Tape;
use labs::calls::family;
use labs::lab::Lab;
use labs::verdict::Failure;
use labs::words;
use labs::words::{Lang, Words};
use stepper::choice::is_runtime;
use stepper::recording::{Descriptor, Descriptors, Process, Recording, Role, State, Step, VERSION};

/// What a recording's scene is called, and so the addresses of its steps: `#replay-step-7`.
const SCENE: &str = "replay";

/// So much of a string is shown.
const SHOWN: usize = 200;

/// What may wait for others.
const WAITS: [&str; 14] = [
    "accept",
    "read",
    "connect",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "wait4",
    "waitid",
    "nanosleep",
    "clock_nanosleep",
];

/// What asks about a file, and is of no interest where that is no socket.
const ASKS: [&str; 5] = ["fstat", "newfstatat", "statx", "ioctl", "lseek"];

/// A process while steps are made.
#[derive(Default)]
struct Lived {
    parent: Option<usize>,
    thread: bool,
    /// Its descriptors, once it has begun; a thread's are its parent's.
    open: Option<BTreeMap<i32, String>>,
}

/// What happened at a time.
struct Event<'a> {
    at: f64,
    /// An index into the recording's processes.
    process: usize,
    call: &'a Call,
}

/// Makes the recording of what was taken down. Its last step says that nothing was amiss, or where program and model part.
pub(crate) fn recording(lab: &Lab, lang: Lang, tape: &Tape, failure: Option<&Failure>) -> Recording {
    let serves = lab.name.ends_with("serv");
    let (name, role, other) =
        if serves { ("server", Role::Server, Role::Client) } else { ("client", Role::Client, Role::Server) };
    let mut runs: Vec<&(Vec<String>, Vec<Call>)> =
        tape.runs.iter().filter(|(_, calls)| !calls.is_empty()).collect();
    runs.sort_by(|(_, a), (_, b)| a[0].entered.total_cmp(&b[0].entered));

    let mut made = Made::default();
    for (i, (argv, calls)) in runs.into_iter().enumerate() {
        let name = if i == 0 { name.into() } else { format!("{name} {}", i + 1) };
        made.run(&name, role, argv, calls);
    }
    made.events.sort_by(|a, b| a.at.total_cmp(&b.at));

    let tester = made.processes.len();
    let program = "grade replay".into();
    made.processes.push(Process { name: "tester".into(), program, language: String::new(), role: other });
    let mut acts = tape.acts.iter().peekable();
    for Event { at, process, call } in mem::take(&mut made.events) {
        while let Some((_, act)) = acts.next_if(|(then, _)| *then < at) {
            made.say(tester, act.in_lang(lang));
        }
        made.step(process, call);
    }
    acts.for_each(|(_, act)| made.say(tester, act.in_lang(lang)));
    made.say(tester, end(failure).in_lang(lang));
    Recording {
        version: VERSION,
        scene: SCENE.into(),
        processes: made.processes,
        steps: made.steps,
        files: BTreeMap::new(),
    }
}

/// What the last step says.
fn end(failure: Option<&Failure>) -> Words {
    let Some(Failure { expected, got, .. }) = failure else {
        return words!("모두 기대한 대로였어요", "all of it is as expected");
    };
    let one_line = |text: &str| text.lines().collect::<Vec<_>>().join(" / ");
    let both = |expected: &str, got: &str, [label, came]: [&str; 2]| {
        let said = [(label, one_line(expected)), (came, one_line(got))];
        let said = said.iter().filter(|(_, text)| !text.is_empty());
        said.map(|(label, text)| format!("{label}: {text}")).collect::<Vec<_>>().join("; ")
    };
    Words {
        ko: both(&expected.ko, &got.ko, ["기대", "결과"]),
        en: both(&expected.en, &got.en, ["expected", "came"]),
    }
}

/// When the process of each call entered its next one. A trace doesn't say when a call returned: how long it took counts from a
/// moment after that at which it was entered.
fn nexts(calls: &[Call]) -> Vec<Option<f64>> {
    let mut next = HashMap::new();
    let mut nexts: Vec<_> = calls.iter().rev().map(|call| next.insert(call.pid, call.entered)).collect();
    nexts.reverse();
    nexts
}

/// What there is of a recording so far.
#[derive(Default)]
struct Made<'a> {
    processes: Vec<Process>,
    lived: Vec<Lived>,
    events: Vec<Event<'a>>,
    steps: Vec<Step>,
}

impl<'a> Made<'a> {
    /// Takes in a run's processes, and those of their calls that are steps.
    fn run(&mut self, name: &str, role: Role, argv: &[String], calls: &'a [Call]) {
        let program = argv.iter().map(|arg| shown(arg)).collect::<Vec<_>>().join(" ");
        let mut numbers: HashMap<i32, usize> = HashMap::new();
        // The numbers in a trace's results are those of the submission's own namespace: the order tells who made whom.
        let mut forks = calls.iter().filter(|call| forks(call));
        let mut talks = false;
        for (call, next) in calls.iter().zip(nexts(calls)) {
            let process = *numbers.entry(call.pid).or_insert(self.processes.len());
            if process == self.processes.len() {
                let fork = if numbers.len() == 1 { None } else { forks.next() };
                let parent = fork.and_then(|fork| numbers.get(&fork.pid)).copied();
                let thread = fork.is_some_and(|fork| fork.args.join(" ").contains("CLONE_THREAD"));
                let before =
                    self.lived.iter().filter(|other| parent.is_some() && other.parent == parent).count();
                let number = if before == 0 { String::new() } else { format!(" {}", before + 1) };
                let kind = if thread { "thread" } else { "child" };
                let name = parent.map_or(name.into(), |parent| {
                    format!("{}'s {kind}{number}", self.processes[parent].name)
                });
                self.processes.push(Process {
                    name,
                    program: program.clone(),
                    language: String::new(),
                    role,
                });
                self.lived.push(Lived { parent, thread, open: None });
            }
            talks |= call.name == "socket"
                && call.args.first().is_some_and(|family| family.starts_with("AF_INET"));
            if is_step(call, talks) {
                let at = if WAITS.contains(&family(&call.name)) && call.seconds.is_some() {
                    next.unwrap_or(call.returned())
                } else {
                    call.entered
                };
                self.events.push(Event { at, process, call });
            }
        }
    }

    /// Whose table of descriptors a process has.
    fn owner(&self, process: usize) -> usize {
        match self.lived[process] {
            Lived { parent: Some(parent), thread: true, .. } => self.owner(parent),
            _ => process,
        }
    }

    /// The descriptors of a process. It begins with its parent's, or with the keyboard and the screen.
    fn open(&mut self, process: usize) -> &mut BTreeMap<i32, String> {
        if self.lived[process].open.is_none() {
            let open = match self.lived[process].parent {
                Some(_) if self.lived[process].thread => BTreeMap::new(),
                Some(parent) => self.open(parent).clone(),
                None => {
                    [(0, "keyboard"), (1, "screen"), (2, "screen")].map(|(fd, what)| (fd, what.into())).into()
                }
            };
            self.lived[process].open = Some(open);
        }
        let owner = self.owner(process);
        self.lived[owner].open.get_or_insert_default()
    }

    /// A call of the submission's.
    fn step(&mut self, process: usize, call: &Call) {
        let succeeded = call.value().is_some_and(|value| value >= 0);
        let open = self.open(process);
        // Both of pipe and socketpair, what the call is about, what it gave.
        let pair = call.args.iter().filter_map(|arg| arg.strip_prefix('[')?.strip_suffix(']'));
        let named = pair.flat_map(|pair| pair.split(", ")).chain(call.args.first().map(String::as_str));
        for descriptor in named.chain([call.result.as_str()]).filter_map(descriptor) {
            if descriptor.number > 2 && !descriptor.what.is_empty() {
                open.insert(descriptor.number, what(&descriptor.what));
            }
        }
        if call.name == "close"
            && succeeded
            && let Some(closed) = call.descriptor()
        {
            open.remove(&closed.number);
        }
        let ends = matches!(call.name.as_str(), "exit" | "exit_group");
        if call.name == "exit_group" {
            open.clear();
        }
        if forks(call) {
            let child =
                self.lived.iter().position(|child| child.parent == Some(process) && child.open.is_none());
            child.map(|child| self.open(child));
        }
        let prints = writes(call) && succeeded;
        let printed = call.bytes(1).filter(|_| prints).unwrap_or_default();
        let result = (call.result != "?").then(|| plain(&call.result));
        self.push(Step {
            process,
            call: call.name.clone(),
            // Of clone's arguments only the flags say anything.
            args: call
                .args
                .iter()
                .filter(|arg| call.name != "clone" || arg.starts_with("flags="))
                .map(|arg| plain(arg))
                .collect(),
            blocked: result.is_none() && !ends,
            result,
            printed: String::from_utf8_lossy(&printed).into_owned(),
            ..nothing()
        });
    }

    /// What is no call.
    fn say(&mut self, process: usize, sentence: &str) {
        self.push(Step { process, call: sentence.into(), ..nothing() });
    }

    fn push(&mut self, step: Step) {
        let begun = self.lived.iter().rposition(|lived| lived.open.is_some()).map_or(0, |last| last + 1);
        let descriptors = |process| {
            let open = self.lived[self.owner(process)].open.iter().flatten();
            let all = open.map(|(fd, what)| Descriptor { fd: *fd, what: what.clone(), socket: None });
            Descriptors { descriptors: all.collect() }
        };
        let state = State { processes: (0..begun).map(descriptors).collect(), sockets: Vec::new() };
        self.steps.push(Step { n: self.steps.len() + 1, state, ..step });
    }
}

/// A step in which nothing is said.
fn nothing() -> Step {
    Step {
        n: 0,
        process: 0,
        call: String::new(),
        args: Vec::new(),
        result: None,
        source: None,
        blocked: false,
        printed: String::new(),
        signals: Vec::new(),
        segments: Vec::new(),
        state: State::default(),
    }
}

/// Does it make a process, or a thread?
fn forks(call: &Call) -> bool {
    matches!(call.name.as_str(), "fork" | "vfork" | "clone" | "clone3") && call.value() > Some(0)
}

fn writes(call: &Call) -> bool {
    call.name == "write" && call.descriptor().is_some_and(|on| matches!(on.number, 1 | 2))
}

/// Is it shown? What a program does before it has an internet socket is how it starts, but for what it reads and prints.
fn is_step(call: &Call, talks: bool) -> bool {
    let on = call.descriptor();
    let typed = family(&call.name) == "read" && on.as_ref().is_some_and(|on| on.number == 0);
    let socket = on.is_some_and(|on| on.what.starts_with("TCP") || on.what.starts_with("UDP"));
    let asks = ASKS.contains(&call.name.as_str()) && !socket;
    // The C library asks for newer calls that the sandbox has not, and then does without them.
    if call.errno() == Some("ENOSYS") {
        return false;
    }
    typed || writes(call) || call.name == "exit_group" || talks && !is_runtime(&call.name) && !asks
}

/// Of a path, the name.
fn shown(arg: &str) -> &str {
    if arg.starts_with('/') { arg.rsplit('/').next().unwrap_or_default() } else { arg }
}

/// What a descriptor stands for, without what nobody can read: `TCP:[127.0.0.1:7->127.0.0.1:40000]`, `TCP:[12345]`, `pipe:[12345]`.
fn what(strace: &str) -> String {
    match strace.split_once(":[") {
        Some((kind, rest)) => {
            let ends = rest.trim_end_matches(']').replace("->", " → ");
            if ends.contains(':') { format!("{kind} {ends}") } else { kind.into() }
        }
        None => strace.into(),
    }
}

/// An argument or a result without what strace says of its descriptors, `3<TCP:[…]>`, and a long string cut.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    if text.starts_with('"') && text.chars().count() > SHOWN {
        plain.extend(text.chars().take(SHOWN));
        // No half of an escape.
        let odd = plain.chars().rev().take_while(|c| *c == '\\').count() % 2;
        plain.truncate(plain.len() - odd);
        return plain + "\"...";
    }
    let (mut quoted, mut escaped, mut inside, mut last) = (false, false, false, ' ');
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if !inside => quoted = !quoted,
            '<' if !quoted && last.is_alphanumeric() => inside = true,
            _ => {}
        }
        if !inside {
            plain.push(c);
        }
        inside &= c != '>' || last == '-';
        last = c;
    }
    plain
}
