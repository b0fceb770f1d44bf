//! The form in which two runs compare: what differs from run to run has a name.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::LazyLock;

use labkit::trace::Call;
use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::recording::{Protocol, Recording, Step};

impl Recording {
    /// The recording with names instead of ports, pointers, process ids and times, and sequence numbers from 0 on: the same for
    /// every run of a scene.
    ///
    /// # Errors
    /// None: the patterns are constants, and a recording is JSON.
    pub fn normal(&self) -> io::Result<Value> {
        let mut recording = self.clone();
        relative(&mut recording);
        let mut names = Names::new(None).map_err(io::Error::other)?;
        let files = std::mem::take(&mut recording.files);
        for step in &mut recording.steps {
            if step.call == "clock_nanosleep" && step.args.iter().any(|arg| arg == "TIMER_ABSTIME") {
                step.args.truncate(2); // until when
            }
            if HAS_PID.contains(&step.call.as_str()) {
                let status = |text: &&mut String| text.contains("WEXITSTATUS");
                for text in step.args.iter_mut().chain(&mut step.result).filter(|text| !status(text)) {
                    *text = names.patterns.number.replace_all(text, "pid").into_owned();
                }
            }
        }
        let mut value = serde_json::to_value(&recording)?;
        named(&mut value, &mut names);
        value["files"] = serde_json::to_value(files)?;
        Ok(value)
    }

    /// As [`Recording::normal`], without what may differ between C and Rust: the text, and that Rust closes what C leaves to the
    /// kernel when a program ends early.
    ///
    /// # Errors
    /// As [`Recording::normal`].
    pub fn mirrored(&self) -> io::Result<Value> {
        let mut recording = self.clone();
        recording.files.clear();
        recording.processes.iter_mut().for_each(|process| process.language.clear());
        let mut steps: Vec<Step> = Vec::new();
        for mut step in recording.steps {
            step.source = None;
            if step.call == "rt_sigaction" {
                step.args.truncate(2); // what was set before is the runtime's, or the shell's
            }
            let early = step.call == "exit_group" && step.args != ["0"];
            while early
                && let Some(last) = steps.pop_if(|last| last.call == "close" && last.process == step.process)
            {
                step.segments.splice(0..0, last.segments);
                step.printed.insert_str(0, &last.printed);
            }
            step.n = steps.len() + 1;
            steps.push(step);
        }
        recording.steps = steps;
        recording.normal()
    }
}

/// How many steps two normal forms have, and the first in which they differ.
#[must_use]
pub fn difference(one: &Value, other: &Value) -> (usize, Option<String>) {
    let steps = |value: &Value| value["steps"].as_array().cloned().unwrap_or_default();
    let (ones, others) = (steps(one), steps(other));
    let n = ones.len().max(others.len());
    let nothing = Value::Null;
    for i in 0..n {
        let (a, b) = (ones.get(i).unwrap_or(&nothing), others.get(i).unwrap_or(&nothing));
        let Some(field) = [
            "process", "call", "args", "result", "blocked", "printed", "signals", "segments", "state",
            "source",
        ]
        .into_iter()
        .find(|field| a[field] != b[field]) else {
            continue;
        };
        let call = a["call"].as_str().or(b["call"].as_str()).unwrap_or_default();
        return (n, Some(format!("step {}, {call}: {field}: {} and {}", i + 1, a[field], b[field])));
    }
    (n, (one != other).then(|| "the same steps of other programs".into()))
}

/// Calls whose numbers are processes.
const HAS_PID: [&str; 18] = [
    "fork",
    "vfork",
    "clone",
    "clone3",
    "wait4",
    "waitid",
    "kill",
    "tkill",
    "tgkill",
    "getpid",
    "getppid",
    "gettid",
    "setsid",
    "getsid",
    "setpgid",
    "getpgid",
    "getpgrp",
    "pidfd_open",
];

/// Sequence numbers from each direction's first one on.
fn relative(recording: &mut Recording) {
    let mut first: HashMap<(SocketAddr, SocketAddr), u32> = HashMap::new();
    for segment in recording.steps.iter_mut().flat_map(|step| &mut step.segments) {
        if segment.protocol != Protocol::Tcp {
            continue;
        }
        let (there, back) = ((segment.from, segment.to), (segment.to, segment.from));
        let (seq, ack) = (segment.seq, segment.ack);
        // A new connection between the same ports begins with a SYN of its own.
        let repeated = first.get(&there) == Some(&seq);
        if segment.flags.contains("SYN") && !repeated {
            first.insert(there, seq);
        }
        segment.seq = seq.wrapping_sub(*first.entry(there).or_insert(seq));
        if segment.flags.contains("ACK") {
            segment.ack = ack.wrapping_sub(*first.entry(back).or_insert(ack));
        }
    }
}

fn named(value: &mut Value, names: &mut Names) {
    match value {
        Value::String(text) => *text = names.text(text, true),
        Value::Array(values) => values.iter_mut().for_each(|value| named(value, names)),
        Value::Object(fields) => {
            // The state last: the calls before it give the ports their names.
            let state = fields.remove("state");
            fields.values_mut().for_each(|value| named(value, names));
            if let Some(mut state) = state {
                named(&mut state, names);
                fields.insert("state".into(), json!(state));
            }
        }
        _ => {}
    }
}

/// Gives what differs from run to run a name: ports, inodes, pointers, times.
pub struct Names {
    ports: HashMap<String, String>,
    patterns: &'static Patterns,
}

struct Patterns {
    named: [(Regex, &'static str); 8],
    port: Regex,
    number: Regex,
}

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        let named = [
            // An inode, or the addresses of both ends: strace no longer finds them when the peer has reset. The calls
            // that give a socket its addresses have them as arguments.
            (Regex::new(r"<((?-u:[\w-])+):\[[^\]]*\]>")?, "<$1>"),
            (Regex::new(r#"sa_data=".*?""#)?, "sa_data"), // of AF_UNSPEC: the kernel doesn't look at it
            (Regex::new(r"(?-u:\b)0x[0-9a-f]{5,}")?, "pointer"),
            (Regex::new(r"(?-u)\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}")?, "time"),
            (Regex::new(r"(?-u)u64=\d{10,}")?, "u64"), // of epoll's data: where a program sets less of it, the rest is as it was
            (Regex::new(r"left \{[^}]*\}")?, "left"),  // of a time limit, in select
            (Regex::new(r"(?-u)/proc/\d+/")?, "/proc/pid/"),
            (Regex::new(r"AT_FDCWD<[^>]*>")?, "AT_FDCWD"),
        ];
        Ok(Patterns {
            named,
            number: Regex::new(r"(?-u)\b\d{2,}\b")?,
            port: Regex::new(r"(?-u)(htons\(|\d\.\d+\.\d+\.\d+:|\]:|= )(\d+)")?,
        })
    }
}

impl Names {
    /// With a name for the port of the program that this one talks to.
    ///
    /// # Errors
    /// None: the patterns are constants.
    pub fn new(peer: Option<u16>) -> Result<Self, regex::Error> {
        // There are a thousand runs, and to compile the patterns takes longer than to look for them.
        static PATTERNS: LazyLock<Result<Patterns, regex::Error>> = LazyLock::new(Patterns::new);
        let patterns = PATTERNS.as_ref().map_err(Clone::clone)?;
        let ports = peer.map(|peer| (peer.to_string(), "PEER".to_string())).into_iter().collect();
        Ok(Names { ports, patterns })
    }

    /// A call as text.
    pub fn call(&mut self, call: &Call) -> String {
        let args = match call.name.as_str() {
            // The old action is what the runtime has set up, or the shell.
            "rt_sigaction" => call.args[..2].to_vec(),
            // What is in it is the kernel's to say, and it hasn't.
            _ if call.result == "?" => call.args[..1].to_vec(),
            _ => call.args.clone(),
        };
        let call = Call { args, ..call.clone() };
        // A port is one where it stands in an address; a result is never one.
        let (text, result) = (format!("{}({})", call.name, call.args.join(", ")), call.result);
        format!("{} = {}", self.text(&text, false), self.text(&result, false))
    }

    /// Any text. A number after `= ` is a port only if a call has shown it as one.
    pub fn output(&mut self, bytes: &[u8]) -> String {
        self.text(&String::from_utf8_lossy(bytes), true)
    }

    fn text(&mut self, text: &str, output: bool) -> String {
        let mut text = text.to_string();
        for (pattern, name) in &self.patterns.named {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        let ports = &mut self.ports;
        let name = |found: &Captures| {
            let (before, port) = (&found[1], &found[2]);
            let well_known = port.parse::<u16>().is_ok_and(|port| port < 1024);
            if before == "= " || well_known {
                let known = ports.get(port).filter(|_| output);
                return format!("{before}{}", known.map_or(port, String::as_str));
            }
            let next = format!("PORT{}", ports.len());
            format!("{before}{}", ports.entry(port.to_string()).or_insert(next))
        };
        self.patterns.port.replace_all(&text, name).into_owned()
    }
}
