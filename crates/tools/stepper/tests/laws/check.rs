//! Says everything in a recording that cannot be: by RFC 9293's state diagram, by the rules of sequence numbers, and by
//! what calls return. A recorder that misses a segment, mixes up two sockets or looks too early is found out here.

#[path = "bytes.rs"]
mod bytes;
#[path = "order.rs"]
mod order;
#[path = "wire.rs"]
mod wire;

use std::net::SocketAddr;

use stepper::recording::{Protocol, Recording, Socket, State, Step};
use wire::Wire;

/// What moves a connection from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its process called listen: the passive OPEN.
    Listen,
    /// Its process closed it, shut its sending side, or ended.
    Close,
    /// It sent a SYN of its own: the active OPEN.
    SentSyn,
    /// It sent a FIN. That alone leads nowhere, but comes only after [`Cause::Close`].
    SentFin,
    /// A SYN arrived.
    Syn,
    /// A SYN arrived that acknowledges its own.
    SynAck,
    /// Its SYN is acknowledged.
    AckOfSyn,
    /// Its FIN is acknowledged.
    AckOfFin,
    /// A FIN arrived, and everything before it.
    Fin,
    /// A RST arrived, or it sent one: the connection is no more.
    Reset,
    /// It has waited long enough.
    Timeout,
}

/// The arrows of figure 5 of RFC 9293, with the kernel's names of the states.
///
/// Its note 2, from FIN-WAIT-1 to TIME-WAIT at once, is two of these: one segment acknowledges the FIN and brings another.
#[rustfmt::skip]
pub(crate) const ARROWS: &[(&str, Cause, &str)] = &[
    ("CLOSED",      Cause::Listen,   "LISTEN"),
    ("CLOSED",      Cause::SentSyn,  "SYN_SENT"),
    ("LISTEN",      Cause::Syn,      "SYN_RECV"), // on Linux it goes on listening, and a child of it is in SYN_RECV
    ("LISTEN",      Cause::Close,    "CLOSED"),
    ("SYN_SENT",    Cause::Syn,      "SYN_RECV"),
    ("SYN_SENT",    Cause::SynAck,   "ESTABLISHED"),
    ("SYN_SENT",    Cause::Close,    "CLOSED"),
    ("SYN_RECV",    Cause::AckOfSyn, "ESTABLISHED"),
    ("SYN_RECV",    Cause::Close,    "FIN_WAIT1"),
    ("ESTABLISHED", Cause::Close,    "FIN_WAIT1"),
    ("ESTABLISHED", Cause::Fin,      "CLOSE_WAIT"),
    ("FIN_WAIT1",   Cause::AckOfFin, "FIN_WAIT2"),
    ("FIN_WAIT1",   Cause::Fin,      "CLOSING"),
    ("FIN_WAIT2",   Cause::Fin,      "TIME_WAIT"),
    ("CLOSING",     Cause::AckOfFin, "TIME_WAIT"),
    ("CLOSE_WAIT",  Cause::Close,    "LAST_ACK"),
    ("LAST_ACK",    Cause::AckOfFin, "CLOSED"),
    ("TIME_WAIT",   Cause::Timeout,  "CLOSED"),
    // The figure leaves RST out (its note 3). On Linux, close sends one while there is something unread. A child in
    // SYN_RECV does not go back to LISTEN: its parent has never left it.
    ("SYN_SENT",    Cause::Reset,    "CLOSED"),
    ("SYN_RECV",    Cause::Reset,    "CLOSED"),
    ("ESTABLISHED", Cause::Reset,    "CLOSED"),
    ("FIN_WAIT1",   Cause::Reset,    "CLOSED"),
    ("FIN_WAIT2",   Cause::Reset,    "CLOSED"),
    ("CLOSING",     Cause::Reset,    "CLOSED"),
    ("CLOSE_WAIT",  Cause::Reset,    "CLOSED"),
    ("LAST_ACK",    Cause::Reset,    "CLOSED"),
    ("TIME_WAIT",   Cause::Reset,    "CLOSED"),
    // Linux gives up: connect after tcp_syn_retries, a child after tcp_synack_retries or with its parent, a socket in
    // FIN_WAIT2 that no descriptor stands for (an orphan) after tcp_fin_timeout.
    ("SYN_SENT",    Cause::Timeout,  "CLOSED"),
    ("SYN_RECV",    Cause::Timeout,  "CLOSED"),
    ("FIN_WAIT2",   Cause::Timeout,  "CLOSED"),
];

/// Walks through a recording and says everything in it that cannot be, each with its step. Empty if all is well.
#[must_use]
pub(crate) fn check(recording: &Recording) -> Vec<String> {
    let mut wire = Wire::default();
    let mut order = order::Order::default();
    let mut bytes = bytes::Bytes::default();
    let mut before = &State::default();
    let mut wrong = Vec::new();
    for (index, step) in recording.steps.iter().enumerate() {
        let mut found = Vec::new();
        let arrivals = step.segments.iter().filter(|segment| segment.protocol == Protocol::Tcp);
        let happened = arrivals.flat_map(|segment| wire.carry(segment, &mut found)).collect::<Vec<_>>();
        let moment = Moment { recording, index, step, before, after: &step.state, wire: &wire };
        states(&moment, &happened, &mut found);
        order.look(&moment, &mut found);
        bytes.look(&moment, &mut found);
        wrong.extend(found.into_iter().map(|what| format!("step {}: {what}", index + 1)));
        before = &step.state;
    }
    wrong
}

/// One step, with what the kernel said before it and after.
struct Moment<'a> {
    recording: &'a Recording,
    index: usize,
    step: &'a Step,
    before: &'a State,
    after: &'a State,
    wire: &'a Wire,
}

impl Moment<'_> {
    /// The number that the call returned, unless it failed or waits.
    fn returned(&self) -> Option<usize> {
        self.step.result.as_deref()?.split_whitespace().next()?.parse().ok()
    }

    /// The descriptor that an argument of the call is.
    fn fd(&self, argument: usize) -> Option<i32> {
        Some(labkit::trace::descriptor(self.step.args.get(argument)?)?.number)
    }

    /// The socket that the call is about: its first argument stands for it.
    fn socket(&self) -> Option<&Socket> {
        let id = descriptor(self.before, self.step.process, self.fd(0)?)?;
        find(self.after, id).or_else(|| find(self.before, id))
    }
}

fn find(state: &State, id: usize) -> Option<&Socket> {
    state.sockets.iter().find(|socket| socket.id == id)
}

/// The socket that a descriptor stands for.
fn descriptor(state: &State, process: usize, fd: i32) -> Option<usize> {
    state.processes.get(process)?.descriptors.iter().find(|descriptor| descriptor.fd == fd)?.socket
}

/// Some descriptor stands for the socket.
fn held(state: &State, id: usize) -> bool {
    state.processes.iter().flat_map(|process| &process.descriptors).any(|one| one.socket == Some(id))
}

/// An address as it is on the wire: a socket of IPv6 that speaks IPv4 has `::ffff:127.0.0.1`.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Where a connection begins and where it ends.
fn ends(socket: &Socket) -> Option<(SocketAddr, SocketAddr)> {
    Some((plain(socket.local?), plain(socket.remote?)))
}

/// What is sent to this address reaches this socket, as far as its own address is concerned.
fn is_at(socket: &Socket, address: SocketAddr) -> bool {
    socket.local.is_some_and(|local| {
        local.port() == address.port() && (local.ip().is_unspecified() || plain(local) == plain(address))
    })
}

/// A segment as one end of the connection sees it.
struct Happened {
    /// The end that sees it, and the other one.
    ends: (SocketAddr, SocketAddr),
    cause: Cause,
}

/// Each socket's state follows from the one before along the arrows that this step's call and segments stand for.
fn states(moment: &Moment, happened: &[Happened], wrong: &mut Vec<String>) {
    let mut sockets: Vec<_> = moment.before.sockets.iter().collect();
    sockets.extend(moment.after.sockets.iter().filter(|socket| find(moment.before, socket.id).is_none()));
    for socket in sockets.into_iter().filter(|socket| socket.protocol == Protocol::Tcp) {
        let before = find(moment.before, socket.id);
        let after = find(moment.after, socket.id);
        // A socket that is not there yet is CLOSED, unless a listening one had it as its child; and one that is gone.
        let parent = moment.before.sockets.iter().chain(&moment.after.sockets).find(|parent| {
            parent.state == "LISTEN"
                && socket.remote.is_some()
                && socket.local.is_some_and(|local| is_at(parent, local))
        });
        let from = match (before, parent) {
            (Some(before), _) => &before.state,
            (None, Some(parent)) => &parent.state,
            (None, None) => "CLOSED",
        };
        let to = after.map_or("CLOSED", |after| &after.state);
        let its = after.and_then(ends).or_else(|| before.and_then(ends));
        let causes: Vec<_> =
            happened.iter().filter(|one| Some(one.ends) == its).map(|one| one.cause).collect();
        let call = call_cause(moment, socket.id, from);
        let mut possible = walks(from, call, &causes);
        let shakes = before.map_or(causes.contains(&Cause::Syn), |before| before.state == "SYN_RECV");
        if shakes && parent.is_some_and(|parent| parent.accept_queue > parent.backlog) {
            possible.push("SYN_RECV"); // Linux: while the accept queue is full, the last ACK of a handshake is dropped
        }
        if !held(moment.after, socket.id) || from == "SYN_SENT" {
            possible.extend(possible.clone().into_iter().map(|state| arrow(state, Cause::Timeout)));
        }
        if !possible.contains(&to) {
            let id = socket.id;
            let now = after.map_or("gone", |after| &after.state);
            let was =
                if before.is_some() { format!("was {from}") } else { format!("is new, out of {from},") };
            possible.dedup();
            wrong.push(format!(
                "socket {id} {was} and is {now}; {call:?} and {causes:?} lead to {possible:?}"
            ));
        }
    }
}

/// What the call of this step does to a socket's state by itself.
fn call_cause(moment: &Moment, id: usize, state: &str) -> Option<Cause> {
    if held(moment.before, id) && !held(moment.after, id) {
        return Some(Cause::Close);
    }
    if moment.socket()?.id != id || moment.returned() != Some(0) {
        return None;
    }
    let how = moment.step.args.get(1).map_or("", String::as_str);
    match (moment.step.call.as_str(), state) {
        ("listen", _) => Some(Cause::Listen),
        // Linux (inet_shutdown): a listening socket is closed by the end of its receiving side, a connecting one by any.
        ("shutdown", "LISTEN") => (how != "SHUT_WR").then_some(Cause::Close),
        ("shutdown", "SYN_SENT") => Some(Cause::Close),
        ("shutdown", _) => (how != "SHUT_RD").then_some(Cause::Close),
        _ => None,
    }
}

/// The states that the causes lead to; the call comes before, between or after them.
fn walks<'a>(from: &'a str, call: Option<Cause>, causes: &[Cause]) -> Vec<&'a str> {
    let places = if call.is_some() { 0..=causes.len() } else { 0..=0 };
    let mut ends: Vec<_> = places
        .filter_map(|place| {
            let (first, then) = causes.split_at(place);
            first.iter().chain(&call).chain(then).try_fold(from, |state, cause| match (state, cause) {
                ("SYN_RECV" | "ESTABLISHED" | "CLOSE_WAIT", Cause::SentFin) => None,
                _ => Some(arrow(state, *cause)),
            })
        })
        .collect();
    ends.dedup();
    ends
}

/// Where a cause leads to from a state: it stays if no arrow has both.
fn arrow(state: &str, cause: Cause) -> &str {
    ARROWS.iter().find(|arrow| (arrow.0, arrow.1) == (state, cause)).map_or(state, |arrow| arrow.2)
}
