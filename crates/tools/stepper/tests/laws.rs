//! The laws that recordings are held to: each sees what breaks it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "laws/check.rs"]
mod check;

use std::collections::BTreeSet;

use check::Cause;
use labkit::{run_trials, trial};
use stepper::recording::{
    Descriptor, Descriptors, Process, Protocol, Recording, Role, Segment, Socket, State, Step,
};

fn main() {
    let mut trials = vec![
        trial("a_conversation_by_tcp_could_be", None, || assert_eq!(check::check(&tcp()), [""; 0])),
        trial("a_reset_could_be", None, || assert_eq!(check::check(&reset()), [""; 0])),
        trial("a_full_queue_could_be", None, || assert_eq!(check::check(&full()), [""; 0])),
        trial("both_may_close_at_once", None, || assert_eq!(check::check(&both_close()), [""; 0])),
        trial("a_socket_may_connect_to_itself", None, || assert_eq!(check::check(&oneself()), [""; 0])),
        trial("a_conversation_by_udp_could_be", None, || assert_eq!(check::check(&udp()), [""; 0])),
        trial("the_diagram_is_whole", None, the_diagram_is_whole),
    ];
    for &(name, change, said) in CHANGES {
        trials.push(trial(&format!("seen: {name}"), None, move || {
            let wrong = changed(change);
            assert!(wrong.iter().any(|one| one.contains(said)), "{said} is not in {wrong:#?}");
        }));
    }
    run_trials(trials)
}

const SERVER: &str = "127.0.0.1:7";
const CLIENT: &str = "127.0.0.1:40000";

/// A recording that is written by hand, step by step.
struct Script {
    recording: Recording,
    state: State,
}

impl Script {
    fn new() -> Self {
        let process = |name: &str, role| Process {
            name: name.into(),
            program: name.into(),
            language: "C".into(),
            role,
        };
        Script {
            recording: Recording {
                processes: vec![process("server", Role::Server), process("client", Role::Client)],
                ..Default::default()
            },
            state: State { processes: vec![Descriptors::default(); 2], sockets: Vec::new() },
        }
    }

    /// `1 read(3, "abc", 3) = 3` is a step of process 1; with `*` before its name it has waited, or begins to.
    fn step(&mut self, text: &str, segments: &[Segment], change: impl FnOnce(&mut State)) {
        change(&mut self.state);
        let (process, text) = text.split_once(' ').unwrap();
        let (call, text) = text.split_once('(').unwrap();
        let (args, result) = text.rsplit_once(')').unwrap();
        self.recording.steps.push(Step {
            n: self.recording.steps.len() + 1,
            process: process.parse().unwrap(),
            call: call.trim_start_matches('*').into(),
            args: args.split(", ").map(String::from).collect(),
            result: result.strip_prefix(" = ").map(String::from),
            source: None,
            blocked: call.starts_with('*'),
            printed: String::new(),
            signals: Vec::new(),
            segments: segments.to_vec(),
            state: self.state.clone(),
        });
    }
}

fn segment(protocol: Protocol, from: &str, to: &str, flags: &str, seq: u32, ack: u32, data: &str) -> Segment {
    Segment {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        protocol,
        flags: flags.into(),
        seq,
        ack,
        len: data.replace("\\n", "n").len(),
        data: data.into(),
        dropped: false,
        packet: Vec::new(),
        time: std::time::Duration::ZERO,
    }
}

/// Of the client.
fn out(flags: &str, seq: u32, ack: u32, data: &str) -> Segment {
    segment(Protocol::Tcp, CLIENT, SERVER, flags, seq, ack, data)
}

/// Of the server.
fn back(flags: &str, seq: u32, ack: u32, data: &str) -> Segment {
    segment(Protocol::Tcp, SERVER, CLIENT, flags, seq, ack, data)
}

fn socket(id: usize, protocol: Protocol, state: &str, local: &str, remote: &str) -> Socket {
    Socket {
        id,
        protocol,
        local: local.parse().ok(),
        remote: remote.parse().ok(),
        state: state.into(),
        recv_queue: 0,
        send_queue: 0,
        accept_queue: (state == "LISTEN").then_some(0),
        backlog: (state == "LISTEN").then_some(1),
    }
}

/// A change of the state: a descriptor for a socket.
fn open(state: &mut State, process: usize, fd: i32, id: usize) {
    state.processes[process].descriptors.push(Descriptor { fd, what: "socket".into(), socket: Some(id) });
}

fn set(state: &mut State, id: usize, to: &str) {
    state.sockets[id - 1].state = to.into();
}

/// The server listens with socket 1; the client's socket 2 connects to it and gives it the child 3.
fn connected(backlog: usize) -> Script {
    let mut script = Script::new();
    let tcp = Protocol::Tcp;
    script.step("0 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3", &[], |state| {
        state.sockets.push(socket(1, tcp, "CLOSED", "", ""));
        open(state, 0, 3, 1);
    });
    script.step("0 bind(3, {sa_family=AF_INET}, 16) = 0", &[], |state| {
        state.sockets[0].local = "0.0.0.0:7".parse().ok();
    });
    script.step(&format!("0 listen(3, {backlog}) = 0"), &[], |state| {
        state.sockets[0] = Socket { backlog: Some(backlog), ..socket(1, tcp, "LISTEN", "0.0.0.0:7", "") };
    });
    script.step("1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3", &[], |state| {
        state.sockets.push(socket(2, tcp, "CLOSED", "", ""));
        open(state, 1, 3, 2);
    });
    let handshake = [out("SYN", 100, 0, ""), back("SYN ACK", u32::MAX, 101, ""), out("ACK", 101, 0, "")];
    script.step("1 connect(3, {sa_family=AF_INET}, 16) = 0", &handshake, |state| {
        state.sockets[1] = socket(2, tcp, "ESTABLISHED", CLIENT, SERVER);
        state.sockets.push(socket(3, tcp, "ESTABLISHED", SERVER, CLIENT));
        state.sockets[0].accept_queue = Some(1);
    });
    script
}

/// Steps 1 to 5 are [`connected`]. An echo whose answer is lost once; then the client shuts its sending side.
fn tcp() -> Recording {
    let mut script = connected(1);
    let data = [out("PSH ACK", 101, 0, r"ab\n"), back("ACK", 0, 104, "")];
    script.step(r#"1 write(3, "ab\n", 3) = 3"#, &data, |state| state.sockets[2].recv_queue = 3);
    script.step("0 accept(3, NULL, NULL) = 4", &[], |state| {
        open(state, 0, 4, 3);
        state.sockets[0].accept_queue = Some(0);
    });
    script.step(r#"0 read(4, "ab\n", 4096) = 3"#, &[], |state| state.sockets[2].recv_queue = 0);
    let lost = Segment { dropped: true, ..back("PSH ACK", 0, 104, r"AB\n") };
    script.step(r#"0 write(4, "AB\n", 3) = 3"#, &[lost], |state| state.sockets[2].send_queue = 3);
    script.step("1 *read(3)", &[], |_| {});
    let again = [back("PSH ACK", 0, 104, r"AB\n"), out("ACK", 104, 3, "")];
    script.step("0 *read(4)", &again, |state| {
        (state.sockets[2].send_queue, state.sockets[1].recv_queue) = (0, 3);
    });
    script.step(r#"1 *read(3, "AB\n", 4096) = 3"#, &[], |state| state.sockets[1].recv_queue = 0);
    let end = [out("FIN ACK", 104, 3, ""), back("ACK", 3, 105, "")];
    script.step("1 shutdown(3, SHUT_WR) = 0", &end, |state| {
        set(state, 2, "FIN_WAIT2");
        set(state, 3, "CLOSE_WAIT");
    });
    script.step(r#"0 *read(4, "", 4096) = 0"#, &[], |_| {});
    let end = [back("FIN ACK", 3, 105, ""), out("ACK", 105, 4, "")];
    script.step("0 close(4) = 0", &end, |state| {
        state.processes[0].descriptors.pop();
        state.sockets.pop();
        set(state, 2, "TIME_WAIT");
    });
    script.step("1 exit_group(0)", &[], |state| state.processes[1].descriptors.clear());
    script.step("0 exit_group(0)", &[], |state| {
        state.processes[0].descriptors.clear();
        state.sockets.clear();
    });
    script.recording
}

/// The server dies before it has accepted what the client has written.
fn reset() -> Recording {
    let mut script = connected(1);
    let data = [out("PSH ACK", 101, 0, r"ab\n"), back("ACK", 0, 104, "")];
    script.step(r#"1 write(3, "ab\n", 3) = 3"#, &data, |state| state.sockets[2].recv_queue = 3);
    script.step("0 killed() = SIGTERM", &[back("RST ACK", 0, 104, "")], |state| {
        state.processes[0].descriptors.clear();
        state.sockets = vec![socket(2, Protocol::Tcp, "CLOSED", CLIENT, "")];
    });
    script.step("1 write(3, \"x\", 1) = -1 ECONNRESET (Connection reset by peer)", &[], |_| {});
    script.recording
}

/// With one in a queue of 0, the second client's handshake is not finished for the server.
fn full() -> Recording {
    let mut script = connected(0);
    script.step("1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4", &[], |state| {
        state.sockets.push(socket(4, Protocol::Tcp, "CLOSED", "", ""));
        open(state, 1, 4, 4);
    });
    let mut handshake = [out("SYN", 900, 0, ""), back("SYN ACK", 700, 901, ""), out("ACK", 901, 701, "")];
    let other: std::net::SocketAddr = "127.0.0.1:40001".parse().unwrap();
    (handshake[0].from, handshake[1].to, handshake[2].from) = (other, other, other);
    script.step("1 connect(4, {sa_family=AF_INET}, 16) = 0", &handshake, |state| {
        state.sockets[3] = socket(4, Protocol::Tcp, "ESTABLISHED", "127.0.0.1:40001", SERVER);
        state.sockets.push(socket(5, Protocol::Tcp, "SYN_RECV", SERVER, "127.0.0.1:40001"));
    });
    script.recording
}

/// The client's FIN is lost, so that the server's crosses it.
fn both_close() -> Recording {
    let mut script = connected(1);
    script.step("0 accept(3, NULL, NULL) = 4", &[], |state| {
        open(state, 0, 4, 3);
        state.sockets[0].accept_queue = Some(0);
    });
    let lost = Segment { dropped: true, ..out("FIN ACK", 101, 0, "") };
    script.step("1 shutdown(3, SHUT_WR) = 0", &[lost], |state| set(state, 2, "FIN_WAIT1"));
    let end = [back("FIN ACK", 0, 101, ""), out("ACK", 102, 1, "")];
    script.step("0 shutdown(4, SHUT_RDWR) = 0", &end, |state| {
        set(state, 2, "CLOSING");
        set(state, 3, "FIN_WAIT2");
    });
    let again = [out("FIN ACK", 101, 1, ""), back("ACK", 1, 102, "")];
    script.step("1 *read(3)", &again, |state| {
        set(state, 2, "TIME_WAIT");
        set(state, 3, "TIME_WAIT");
    });
    script.recording
}

/// Its SYN comes back to it: the simultaneous open, with itself.
fn oneself() -> Recording {
    let itself = |flags, seq, ack, data| segment(Protocol::Tcp, CLIENT, CLIENT, flags, seq, ack, data);
    let mut script = Script::new();
    script.step("1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3", &[], |state| {
        state.sockets.push(socket(1, Protocol::Tcp, "CLOSED", "", ""));
        open(state, 1, 3, 1);
    });
    let handshake = [itself("SYN", 100, 0, ""), itself("SYN ACK", 100, 101, ""), itself("ACK", 101, 101, "")];
    script.step("1 connect(3, {sa_family=AF_INET}, 16) = 0", &handshake, |state| {
        state.sockets[0] = socket(1, Protocol::Tcp, "ESTABLISHED", CLIENT, CLIENT);
    });
    let data = [itself("PSH ACK", 101, 101, "x"), itself("ACK", 102, 102, "")];
    script.step(r#"1 write(3, "x", 1) = 1"#, &data, |state| state.sockets[0].recv_queue = 1);
    script.step(r#"1 read(3, "x", 9) = 1"#, &[], |state| state.sockets[0].recv_queue = 0);
    let end = [itself("FIN ACK", 102, 102, ""), itself("ACK", 103, 103, "")];
    script.step("1 close(3) = 0", &end, |state| {
        state.processes[1].descriptors.clear();
        set(state, 1, "TIME_WAIT");
    });
    script.recording
}

/// A datagram that is cut, one that nobody waits for, and one to a connected socket.
fn udp() -> Recording {
    let udp = Protocol::Udp;
    let datagram = |from, to, data| segment(udp, from, to, "", 0, 0, data);
    let mut script = Script::new();
    script.step("0 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3", &[], |state| {
        state.sockets.push(socket(1, udp, "unbound", "", ""));
        open(state, 0, 3, 1);
    });
    script.step("0 bind(3, {sa_family=AF_INET}, 16) = 0", &[], |state| {
        state.sockets[0] = socket(1, udp, "bound", "0.0.0.0:7", "");
    });
    script.step("1 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3", &[], |state| {
        state.sockets.push(socket(2, udp, "unbound", "", ""));
        open(state, 1, 3, 2);
    });
    script.step(r#"1 sendto(3, "abcd", 4, 0, {}, 16) = 4"#, &[datagram(CLIENT, SERVER, "abcd")], |state| {
        state.sockets[1] = socket(2, udp, "bound", CLIENT, "");
        state.sockets[0].recv_queue = 4;
    });
    script.step(r#"0 recvfrom(3, "ab", 2, 0, {}, [16]) = 2"#, &[], |state| state.sockets[0].recv_queue = 0);
    let nobody = [
        datagram(CLIENT, "127.0.0.1:9", "x"),
        segment(Protocol::Icmp, "127.0.0.1:9", CLIENT, "port unreachable", 0, 0, ""),
    ];
    script.step(r#"1 sendto(3, "x", 1, 0, {}, 16) = 1"#, &nobody, |_| {});
    script.step("1 connect(3, {sa_family=AF_INET}, 16) = 0", &[], |state| {
        state.sockets[1] = socket(2, udp, "connected", CLIENT, SERVER);
    });
    script.step(r#"0 sendto(3, "", 0, 0, {}, 16) = 0"#, &[datagram(SERVER, CLIENT, "")], |_| {});
    script.step(r#"1 recv(3, "", 100, 0) = 0"#, &[], |_| {});
    script.recording
}

type Arrow = (&'static str, Cause, &'static str);

/// What is changed in which recording; a step is named by its number less one.
type Change = (&'static str, fn(&mut All), &'static str);

struct All {
    tcp: Recording,
    reset: Recording,
    full: Recording,
    udp: Recording,
}

fn changed(change: fn(&mut All)) -> Vec<String> {
    let mut all = All { tcp: tcp(), reset: reset(), full: full(), udp: udp() };
    change(&mut all);
    [all.tcp, all.reset, all.full, all.udp].iter().flat_map(check::check).collect()
}

/// Each of these breaks one law.
const CHANGES: &[Change] = &[
    // the diagram
    (
        "a state that no arrow leads to",
        |all| all.tcp.steps[12].state.sockets[1].state = "CLOSING".into(),
        r#"step 13: socket 2 was ESTABLISHED and is CLOSING; Some(Close) and [SentFin, AckOfSyn, AckOfFin] lead to ["FIN_WAIT2"]"#,
    ),
    (
        "a FIN that was not captured",
        |all| all.tcp.steps[12].segments.clear(),
        "socket 3 was ESTABLISHED and is CLOSE_WAIT",
    ),
    (
        "a state that comes too late",
        |all| all.tcp.steps[12].state.sockets[2].state = "ESTABLISHED".into(),
        "socket 3 was ESTABLISHED and is ESTABLISHED",
    ),
    (
        "a FIN that was lost and came all the same",
        |all| all.tcp.steps[12].segments[0].dropped = true,
        "socket 3 was ESTABLISHED and is CLOSE_WAIT",
    ),
    (
        "half of the connection is shut by its receiving side",
        |all| all.tcp.steps[12].args[1] = "SHUT_RD".into(),
        "socket 2 was ESTABLISHED and is FIN_WAIT2",
    ),
    (
        "a FIN without close",
        |all| all.tcp.steps[12].call = "fcntl".into(),
        "socket 2 was ESTABLISHED and is FIN_WAIT2; None and [SentFin, AckOfSyn, AckOfFin] lead to []",
    ),
    (
        "an accepted child that misses what arrives",
        |all| {
            all.tcp.steps[11..=12].iter_mut().for_each(|step| step.state.sockets[0].accept_queue = Some(2));
            all.tcp.steps[12].state.sockets[2].state = "ESTABLISHED".into();
        },
        "socket 3 was ESTABLISHED and is ESTABLISHED",
    ),
    (
        "a child without a handshake",
        |all| {
            all.tcp.steps[4].segments.truncate(1);
        },
        "socket 3 is new, out of LISTEN, and is ESTABLISHED",
    ),
    (
        "a socket that listens without listen",
        |all| all.tcp.steps[2].call = "setsockopt".into(),
        "socket 1 was CLOSED and is LISTEN",
    ),
    (
        "a connection that is gone without a word",
        |all| {
            all.tcp.steps[7].state.sockets.pop();
        },
        "socket 3 was ESTABLISHED and is gone",
    ),
    (
        "a reset that was not captured",
        |all| all.reset.steps[6].segments.clear(),
        "socket 2 was ESTABLISHED and is CLOSED",
    ),
    (
        "a child in SYN_RECV while there is room",
        |all| all.full.steps[5..].iter_mut().for_each(|step| step.state.sockets[0].backlog = Some(5)),
        "socket 5 is new, out of LISTEN, and is SYN_RECV",
    ),
    (
        "TIME_WAIT of a socket that never closed",
        |all| all.tcp.steps[7].state.sockets[1].state = "TIME_WAIT".into(),
        "socket 2 was ESTABLISHED and is TIME_WAIT",
    ),
    // sequence numbers
    ("a gap", |all| all.tcp.steps[5].segments[0].seq += 1, "its number leaves a gap"),
    ("an ACK with a gap", |all| all.tcp.steps[5].segments[1].seq += 7, "its number leaves a gap"),
    ("a FIN with a gap", |all| all.tcp.steps[12].segments[0].seq += 1, "its number leaves a gap"),
    (
        "another repetition",
        |all| all.tcp.steps[10].segments[0].data = r"AC\n".into(),
        "it repeats something else",
    ),
    (
        "data after the FIN",
        |all| all.tcp.steps[14].segments[1] = out("PSH ACK", 104, 4, "x"),
        "something is sent after the FIN",
    ),
    (
        "an ACK of what was not sent",
        |all| all.tcp.steps[5].segments[1].ack = 105,
        "it acknowledges what has not arrived",
    ),
    (
        "an ACK of what was lost",
        |all| all.tcp.steps[9].segments.push(out("ACK", 104, 3, "")),
        "it acknowledges what has not arrived",
    ),
    ("an ACK that takes back", |all| all.tcp.steps[8].segments[0].ack = 102, "it acknowledges less"),
    (
        "an ACK of nothing",
        |all| all.tcp.steps[4].segments[0].flags = "SYN ACK".into(),
        "it acknowledges what nobody has sent",
    ),
    (
        "no SYN",
        |all| {
            all.tcp.steps[4].segments.remove(0);
        },
        "nothing comes before the SYN",
    ),
    (
        "a length that is not that of the data",
        |all| all.tcp.steps[5].segments[0].len = 4,
        "its data are 3 bytes, its length says 4",
    ),
    (
        "a reset out of nowhere",
        |all| all.reset.steps[6].segments[0].seq = 77,
        "no reset is expected with this number",
    ),
    // bytes
    (
        "written and not captured",
        |all| all.tcp.steps[5].result = Some("4".into()),
        "socket 2: 4 bytes are written, 3 acknowledged, 0 in",
    ),
    (
        "captured and not written",
        |all| all.tcp.steps[5].result = Some("2".into()),
        "socket 2: 2 bytes are written, 3 captured",
    ),
    (
        "lost in the send queue",
        |all| all.tcp.steps[8].state.sockets[2].send_queue = 0,
        "3 bytes are written, 0 acknowledged, 0 in",
    ),
    (
        "lost in the receive queue",
        |all| all.tcp.steps[5].state.sockets[2].recv_queue = 4,
        "3 bytes have arrived, 0 are read, 4 in",
    ),
    (
        "read before it has arrived",
        |all| all.tcp.steps[7].result = Some("5".into()),
        "has read 5 bytes, and 3 have arrived",
    ),
    (
        "other bytes are written",
        |all| all.tcp.steps[5].args[1] = r#""xb\n""#.into(),
        "write tells other bytes than the wire",
    ),
    (
        "other bytes are read",
        |all| all.tcp.steps[7].args[1] = r#""xb\n""#.into(),
        "read tells other bytes than the wire",
    ),
    // datagrams
    (
        "a datagram that was not captured",
        |all| all.udp.steps[3].segments.clear(),
        "datagrams of [] bytes crossed the wire, the call sent [4]",
    ),
    (
        "a datagram that nobody sent",
        |all| all.udp.steps[8].segments = all.udp.steps[7].segments.clone(),
        "datagrams of [0] bytes crossed the wire, the call sent []",
    ),
    (
        "a datagram of another length",
        |all| all.udp.steps[3].segments[0].len = 3,
        "a datagram of 3 bytes has 4 of data",
    ),
    (
        "more is read than there is room",
        |all| all.udp.steps[4].result = Some("3".into()),
        "another datagram than the next",
    ),
    (
        "another datagram is read",
        |all| all.udp.steps[4].args[1] = r#""xb""#.into(),
        "another datagram than the next",
    ),
    (
        "a datagram is read twice",
        |all| all.udp.steps[5] = Step { n: 6, ..all.udp.steps[4].clone() },
        "none has arrived",
    ),
    (
        "a datagram's queue",
        |all| all.udp.steps[3].state.sockets[0].recv_queue = 2,
        "its first datagram has 4 bytes, its queue says 2",
    ),
    (
        "ICMP that was not captured",
        |all| {
            all.udp.steps[5].segments.pop();
        },
        "ICMP tells of []",
    ),
    (
        "ICMP for a datagram that arrived",
        |all| {
            let told = all.udp.steps[5].segments[1].clone();
            all.udp.steps[3].segments.push(told);
        },
        "datagrams found nobody at []",
    ),
    // steps
    ("steps count from 1", |all| all.tcp.steps[0].n = 0, "it calls itself 0"),
    ("a step of nobody", |all| all.tcp.steps[0].process = 2, "process 2 of 2 makes it"),
    (
        "who waits calls nothing else",
        |all| all.tcp.steps[11].call = "recv".into(),
        "client waits in read, and calls recv",
    ),
    ("who has waited began to", |all| all.tcp.steps[5].blocked = true, "client has not waited in write"),
    (
        "the dead rest",
        |all| {
            let last = all.tcp.steps.len() - 1;
            all.tcp.steps[last].process = 1;
        },
        "client has ended, and calls",
    ),
    (
        "the dead have nothing",
        |all| all.tcp.steps[15].state.processes[1] = all.tcp.steps[14].state.processes[1].clone(),
        "process 1 has ended, and has descriptors",
    ),
    // descriptors and sockets
    (
        "a descriptor without its socket",
        |all| all.tcp.steps[6].state.processes[0].descriptors[1].socket = Some(9),
        "descriptor 4 stands for socket 9, which is not there",
    ),
    (
        "descriptors out of order",
        |all| all.tcp.steps[6].state.processes[0].descriptors.reverse(),
        "are not in order",
    ),
    (
        "a socket twice",
        |all| {
            let again = all.tcp.steps[5].state.sockets[1].clone();
            all.tcp.steps[5].state.sockets.push(again);
        },
        "socket 2 is there twice",
    ),
    (
        "a number that comes again",
        |all| {
            let old = all.tcp.steps[13].state.sockets[2].clone();
            all.tcp.steps[15].state.sockets.push(old);
        },
        "socket 3 was another one before",
    ),
    (
        "a socket of nobody",
        |all| all.tcp.steps[1].state.processes[0].descriptors.clear(),
        "socket 1 is CLOSED, and no descriptor",
    ),
    (
        "connected to nobody",
        |all| all.tcp.steps[5].state.sockets[1].remote = None,
        "socket 2 is ESTABLISHED, with local",
    ),
    (
        "bound without an address",
        |all| all.udp.steps[1].state.sockets[0].local = None,
        "socket 1 is bound, with local None",
    ),
    (
        "something to send after the end",
        |all| all.reset.steps[6].state.sockets[0].send_queue = 1,
        "socket 2 is CLOSED, with 0 to read and 1 to send",
    ),
    (
        "something to read from nobody",
        |all| all.tcp.steps[2].state.sockets[0].recv_queue = 1,
        "socket 1 is LISTEN, with 1 to read",
    ),
    (
        "a queue of what doesn't listen",
        |all| all.tcp.steps[5].state.sockets[1].accept_queue = Some(0),
        "socket 2 is ESTABLISHED, with queue",
    ),
    (
        "a queue that counts too much",
        |all| all.tcp.steps[6].state.sockets[0].accept_queue = Some(1),
        "socket 1 has 1 in its queue, and sockets [] wait",
    ),
    (
        "a queue that counts too little",
        |all| all.tcp.steps[5].state.sockets[0].accept_queue = Some(0),
        "socket 1 has 0 in its queue, and sockets [3] wait",
    ),
    // results
    (
        "socket gives no descriptor",
        |all| all.tcp.steps[0].result = Some("5".into()),
        "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 5 has returned, and",
    ),
    (
        "accept gives an old one",
        |all| all.tcp.steps[6].result = Some("3".into()),
        "accept(3, NULL, NULL) = 3 has returned, and",
    ),
    (
        "accept gives the client's",
        |all| all.tcp.steps[6].state.processes[0].descriptors[1].socket = Some(2),
        "accept(3, NULL, NULL) = 4 has returned, and",
    ),
    (
        "close leaves it",
        |all| all.tcp.steps[14].state.processes[0] = all.tcp.steps[13].state.processes[0].clone(),
        "close(4) = 0 has returned, and",
    ),
    (
        "bind gives no address",
        |all| all.tcp.steps[1].state.sockets[0].local = None,
        "bind(3, {sa_family=AF_INET}, 16) = 0 has returned, and",
    ),
    ("another backlog", |all| all.tcp.steps[2].args[1] = "2".into(), "listen(3, 2) = 0 has returned, and"),
    (
        "connect gives no other end",
        |all| all.udp.steps[6].state.sockets[1].remote = None,
        "connect(3, {sa_family=AF_INET}, 16) = 0 has returned, and",
    ),
];

fn the_diagram_is_whole() {
    let mut rows: Vec<_> = check::ARROWS.iter().map(|(from, cause, _)| format!("{from} {cause:?}")).collect();
    rows.sort();
    rows.dedup();
    assert_eq!(rows.len(), check::ARROWS.len(), "two arrows with one cause");
    let reach = |to: fn(&Arrow) -> (&'static str, &'static str)| {
        let mut reached = BTreeSet::from(["CLOSED"]);
        for _ in check::ARROWS {
            for (from, to) in check::ARROWS.iter().map(to) {
                if reached.contains(from) {
                    reached.insert(to);
                }
            }
        }
        reached
    };
    let all = BTreeSet::from([
        "CLOSED",
        "CLOSE_WAIT",
        "CLOSING",
        "ESTABLISHED",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "LAST_ACK",
        "LISTEN",
        "SYN_RECV",
        "SYN_SENT",
        "TIME_WAIT",
    ]);
    assert_eq!(reach(|arrow| (arrow.0, arrow.2)), all, "from CLOSED");
    assert_eq!(reach(|arrow| (arrow.2, arrow.0)), all, "to CLOSED");
    for state in all.iter().filter(|state| !["CLOSED", "LISTEN"].contains(state)) {
        assert!(check::ARROWS.contains(&(state, Cause::Reset, "CLOSED")), "{state}");
    }
}
