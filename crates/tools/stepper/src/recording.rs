//! What a recorder gives: who took part, every step, and after each step what the kernel said of all of them.
//! `recording.schema.json` beside it is the same for other languages.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The version of this form. It grows with every change that a reader of the old one would notice.
pub const VERSION: u32 = 1;

/// One run of a scene, whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Recording {
    /// [`VERSION`]
    pub version: u32,
    /// The scene's name; `own` for programs that are no scene of ours.
    pub scene: String,
    /// Who took part, in the order in which they were started.
    pub processes: Vec<Process>,
    /// Everything that happened, in order: only one process runs at a time, so the order is a fact.
    pub steps: Vec<Step>,
    /// The text of every file that a [`Source`] names.
    pub files: BTreeMap<String, String>,
}

/// A process, or a thread of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Process {
    /// What it is called here: `server`, `client`, `client 2`, `server's child`.
    pub name: String,
    /// The program and its arguments, as typed.
    pub program: String,
    /// `C`, `Rust`, `Python`, …; empty if that is unknown.
    pub language: String,
    /// On which side it is drawn.
    pub role: Role,
}

/// On which side of the wire a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It asks.
    Client,
    /// It answers.
    Server,
}

/// One system call of one process: it returns, or begins to wait in it; or the process ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// From 1 on.
    pub n: usize,
    /// An index into [`Recording::processes`].
    pub process: usize,
    /// `accept`; `exit_group` where the process ends itself, `killed` where a signal ends it, `stopped` where one stops it. A sentence
    /// where it is no call: what a tester does.
    pub call: String,
    /// As strace writes them: `3`, `"abc\n"`, `{sa_family=AF_INET, …}`. Those that the kernel fills in are there once it has.
    pub args: Vec<String>,
    /// `4`, `-1 EINTR (Interrupted system call)`; none as long as it has not returned.
    pub result: Option<String>,
    /// Where the program's own text makes the call; none where that cannot be had.
    pub source: Option<Source>,
    /// It could not return at once. With a result: it has waited, and what it waited for has come. Without: it begins to wait.
    pub blocked: bool,
    /// What the process has printed since its last step, this one included.
    pub printed: String,
    /// The signals that reached it since its last step: `SIGPIPE`.
    pub signals: Vec<String>,
    /// What crossed the wire in this step, in order. Each was captured. A SYN that was sent again and again got no answer is left out.
    pub segments: Vec<Segment>,
    /// What the kernel says afterwards.
    pub state: State,
}

/// A place in a program's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Source {
    /// A key of [`Recording::files`]: `crates/tcp_echoserv/tcp_echoserv.c`.
    pub file: String,
    /// From 1 on.
    pub line: usize,
    /// The number of the step that the line belongs to, of the comment `// 5. bind: …` above it; none without such comments.
    pub step: Option<u8>,
}

/// A segment of TCP, a datagram of UDP, or a message of ICMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Segment {
    /// Where it comes from. Of ICMP: the port is that of the datagram that it speaks of.
    pub from: SocketAddr,
    /// Where it goes.
    pub to: SocketAddr,
    /// What it is.
    pub protocol: Protocol,
    /// `SYN`, `SYN ACK`, `FIN ACK`, `RST`, `PSH ACK`; of ICMP `port unreachable`; empty for a datagram.
    pub flags: String,
    /// The sequence number of its first byte, as on the wire; 0 unless it is TCP.
    pub seq: u32,
    /// The acknowledgement number, as on the wire; 0 unless it is TCP with ACK.
    pub ack: u32,
    /// Bytes of data.
    pub len: usize,
    /// These bytes as strace writes a string, without the quotes: `abc\n`.
    pub data: String,
    /// The kernel dropped it when it came, since its queue was full, and counts it as such: `ListenDrops` of nstat(8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// The packet from its IP header on, for a pcapng.
    #[serde(skip)]
    pub packet: Vec<u8>,
    /// When it arrived, since 1970, for a pcapng.
    #[serde(skip)]
    pub time: Duration,
}

/// A transport protocol, or ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 9293
    Tcp,
    /// RFC 768
    Udp,
    /// RFC 792
    Icmp,
}

/// What the kernel says at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct State {
    /// One an entry of [`Recording::processes`] that has begun: its descriptors; empty once it has ended.
    pub processes: Vec<Descriptors>,
    /// Every socket of the private network, in the order in which they appeared.
    pub sockets: Vec<Socket>,
}

/// The descriptors of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Descriptors {
    /// Those that are open, in the order of their numbers.
    pub descriptors: Vec<Descriptor>,
}

/// One descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Descriptor {
    /// Its number.
    pub fd: i32,
    /// `keyboard`, `screen`, `socket`, `pipe`, or a path.
    pub what: String,
    /// The [`Socket::id`] that it stands for, if it is an internet socket.
    pub socket: Option<usize>,
}

/// A socket, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Socket {
    /// Its number in this recording, from 1 on: that of the same socket is the same in every step.
    pub id: usize,
    /// ① the protocol
    pub protocol: Protocol,
    /// ② and ③: its own address and port; none as long as it has neither.
    pub local: Option<SocketAddr>,
    /// ④ and ⑤: the other's address and port; none as long as it is not connected.
    pub remote: Option<SocketAddr>,
    /// `CLOSED`, `LISTEN`, `ESTABLISHED`, … as RFC 9293 has them; of UDP `bound`, `connected` or `unbound`.
    pub state: String,
    /// Bytes that have arrived and that nobody has read; of UDP those of the first datagram.
    pub recv_queue: usize,
    /// Bytes that have been written and that the other has not acknowledged.
    pub send_queue: usize,
    /// Of a listening socket: connections that wait for accept.
    pub accept_queue: Option<usize>,
    /// Of a listening socket: how many may wait, by the number that listen gave.
    pub backlog: Option<usize>,
}

impl Socket {
    /// Its state as a reader knows it: that of RFC 9293 as it is, of UDP the call that gives it. Korean, English.
    #[must_use]
    pub fn state_names(&self) -> [&str; 2] {
        match &*self.state {
            "unbound" => ["bind 전", "unbound"],
            "bound" => ["bind됨", "bound"],
            "connected" => ["connect됨", "connected"],
            state => [state, state],
        }
    }
}

impl Step {
    /// `accept(3, {…}, [16]) = 4`; `read(4)` as long as it has not returned; a sentence as it is.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_sentence() {
            return self.call.clone();
        }
        let args = self.args.join(", ");
        match &self.result {
            Some(result) => format!("{}({args}) = {result}", self.call),
            None => format!("{}({args})", self.call),
        }
    }

    /// It is no call, but says in words what was done.
    #[must_use]
    pub fn is_sentence(&self) -> bool {
        self.call.contains(' ')
    }

    /// The process waits in this call from here on.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.blocked && self.result.is_none()
    }

    /// The process, or the thread, has ended.
    #[must_use]
    pub fn ends(&self) -> bool {
        matches!(self.call.as_str(), "exit" | "exit_group" | "killed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_beside_this_file_is_that_of_these_types() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recording.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Recording)).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(file, &schema).unwrap();
        }
        assert!(std::fs::read_to_string(file).unwrap() == schema, "{file}: run this test with BLESS=1");
    }
}
