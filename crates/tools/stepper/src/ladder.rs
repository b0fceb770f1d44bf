//! A client and its server side by side, from a recording: the calls of both, and what crossed the wire. Time runs down; a call
//! that waited stands where it returned.

use labkit::trace::{Call, unescape};

use crate::lang::{self, Lang};
use crate::recording::{Protocol, Recording, Role, Segment, Step};
use crate::wire::{Crossing, crossings};

/// One rung: a call of the client, or one of the server, and what crossed the wire with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// The client's call; empty if this is the server's.
    pub client: String,
    /// What crossed the wire with it, in order.
    pub wire: Vec<Arrow>,
    /// The server's call; empty if this is the client's.
    pub server: String,
}

/// One arrow from one side to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// From the client to the server.
    pub right: bool,
    /// `SYN+ACK`, `"abc\n" (4 bytes)`, in the language that was asked for.
    pub what: String,
}

/// Characters of data that are shown, and of a path.
const DATA: usize = 26;
const PATH: usize = 60;

/// The ladder of a recording: every call that returned, every signal that ended a process, and every segment but those that
/// only acknowledge. Where several stand on one side, each call says whose it is.
#[must_use]
pub fn rungs(recording: &Recording, lang: Lang) -> Vec<Rung> {
    let mut rungs = Vec::new();
    let on_side = |role| recording.processes.iter().filter(|process| process.role == role).count();
    let mut after_syn = false;
    for (index, step) in recording.steps.iter().enumerate() {
        let process = &recording.processes[step.process];
        let mut wire = Vec::new();
        for Crossing { segment, to_server, .. } in crossings(recording, index) {
            let handshake = after_syn;
            after_syn = segment.flags == "SYN ACK";
            if segment.protocol == Protocol::Tcp && segment.flags == "ACK" && segment.len == 0 && !handshake {
                continue;
            }
            wire.push(Arrow { right: to_server, what: what(segment, lang) });
        }
        if wire.is_empty() && step.result.is_none() && step.call != "killed" {
            continue;
        }
        let text = text(step);
        let text = if on_side(process.role) > 1 { format!("{}: {text}", process.name) } else { text };
        rungs.push(match process.role {
            Role::Client => Rung { client: text, wire, server: String::new() },
            Role::Server => Rung { client: String::new(), wire, server: text },
        });
    }
    rungs
}

fn what(segment: &Segment, lang: Lang) -> String {
    if segment.dropped {
        return format!("{}: {}", segment.flags, lang.of("버려짐", "dropped"));
    }
    let flags: Vec<&str> = segment.flags.split(' ').filter(|flag| !matches!(*flag, "PSH" | "")).collect();
    let control = match (segment.protocol, &flags[..]) {
        (Protocol::Icmp, _) => return format!("{} (ICMP)", segment.flags),
        (_, ["ACK"]) if segment.len > 0 => String::new(),
        (_, ["FIN", "ACK"]) => "FIN".into(),
        (_, ["RST", ..]) => "RST".into(),
        (_, flags) => flags.join("+"),
    };
    if segment.len == 0 && segment.protocol == Protocol::Tcp {
        return control;
    }
    let bytes = unescape(&format!("\"{}\"", segment.data)).unwrap_or_default();
    let [ko, en] = lang::bytes(segment.len);
    let data = format!("{} ({})", printable(&bytes, DATA), lang.of(ko, en));
    if control.is_empty() { data } else { format!("{data} {control}") }
}

/// A step's call as it fits in a column; what is no call as it is.
#[must_use]
pub fn text(step: &Step) -> String {
    match step.call.as_str() {
        "killed" => return format!("killed by {}", step.args.join(", ")),
        sentence if step.is_sentence() => return sentence.into(),
        _ => {}
    }
    short(&Call {
        pid: 0,
        entered: 0.0,
        seconds: None,
        name: step.call.clone(),
        args: step.args.clone(),
        result: step.result.clone().unwrap_or_else(|| "?".into()),
    })
}

/// Bytes as people read them: text as it is, newlines as `\n`, a long one cut.
fn printable(bytes: &[u8], longest: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut short = String::new();
    for c in text.chars().take(longest) {
        match c {
            '\0' => short += "\\0",
            c if c.is_control() => short.extend(c.escape_default()),
            c => short.push(c),
        }
    }
    if text.chars().count() > longest {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// A call as it fits in a column: `read(3, "abcdefg\n", 65536) = 8`.
#[must_use]
pub fn short(call: &Call) -> String {
    let transfer = matches!(call.name.as_str(), "read" | "write" | "sendto" | "recvfrom");
    let argument = |(i, arg): (usize, &String)| match call.bytes(i) {
        Some(bytes) if transfer => printable(&bytes, DATA),
        Some(path) => printable(&path, PATH),
        None if arg.starts_with("{sa_handler=") => {
            arg[12..].split(',').next().unwrap_or_default().to_string()
        }
        None if arg.starts_with('{') => address(arg),
        None if arg.starts_with("0x") => "…".into(),
        None => arg.split('<').next().unwrap_or(arg).to_string(),
    };
    let shown = if call.name == "rt_sigaction" { 2 } else { call.args.len() };
    let args: Vec<String> = call.args.iter().take(shown).enumerate().map(argument).collect();
    let result = call.result.split(['<', '(']).next().unwrap_or(&call.result).trim();
    format!("{}({}) = {result}", call.name, args.join(", "))
}

/// `{sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}` as `127.0.0.1:7`, a local socket's as its path;
/// anything else as `{…}`.
fn address(arg: &str) -> String {
    let between = |from: &str, to: char| arg.split_once(from).and_then(|(_, rest)| rest.split(to).next());
    match (between("inet_addr(\"", '"'), between("htons(", ')')) {
        (Some(ip), Some(port)) => format!("{ip}:{port}"),
        _ if arg.contains("AF_UNSPEC") => "AF_UNSPEC".into(),
        _ if arg.contains("AF_UNIX") => format!("{:?}", between("sun_path=\"", '"').unwrap_or_default()),
        _ => "{…}".into(),
    }
}
