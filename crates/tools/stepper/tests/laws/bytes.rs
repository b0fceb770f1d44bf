//! What calls say they have written and read is what crossed the wire, and what the kernel says is left of it.

use std::collections::{HashMap, HashSet, VecDeque};

use labkit::trace::unescape;

use super::{Moment, ends, find, held, is_at, plain};
use stepper::recording::{Protocol, Segment, Socket, State};

/// What the calls up to now have told of each socket.
#[derive(Default)]
pub(super) struct Bytes {
    written: HashMap<usize, usize>,
    read: HashMap<usize, usize>,
    /// Sockets that a descriptor has stood for.
    had: HashSet<usize>,
    /// Sockets in which a call has done what it has not told yet.
    untold: HashSet<usize>,
    /// The datagrams that wait in each socket.
    waiting: HashMap<usize, VecDeque<Vec<u8>>>,
}

/// What a call does with the bytes of its socket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Write,
    Read,
    Peek,
}

fn does(moment: &Moment) -> Option<Does> {
    let peeks = flags(moment).contains("MSG_PEEK");
    match moment.step.call.as_str() {
        "write" | "writev" | "send" | "sendto" | "sendmsg" | "sendfile" => Some(Does::Write),
        "read" | "readv" | "recv" | "recvfrom" | "recvmsg" if peeks => Some(Does::Peek),
        "read" | "readv" | "recv" | "recvfrom" | "recvmsg" => Some(Does::Read),
        _ => None,
    }
}

/// The flags that a call was given; not those that recvmsg gives back.
fn flags<'a>(moment: &Moment<'a>) -> &'a str {
    let place = match moment.step.call.as_str() {
        "recv" | "recvfrom" => 3,
        "recvmsg" => 2,
        _ => return "",
    };
    moment.step.args.get(place).map_or("", String::as_str)
}

/// How many bytes a call has room for, where that is an argument of its own.
fn room(moment: &Moment) -> Option<usize> {
    let room = ["read", "recv", "recvfrom"].contains(&moment.step.call.as_str());
    moment.step.args.get(2).filter(|_| room)?.parse().ok()
}

impl Bytes {
    pub(super) fn look(&mut self, moment: &Moment, wrong: &mut Vec<String>) {
        let sockets = moment.after.sockets.iter();
        self.had.extend(sockets.map(|socket| socket.id).filter(|id| held(moment.after, *id)));
        let mut datagrams = Vec::new();
        if let (Some(does), Some(socket)) = (does(moment), moment.socket()) {
            match socket.protocol {
                Protocol::Tcp => self.stream(does, socket, moment, wrong),
                _ => datagrams = self.datagram(does, socket, moment, wrong),
            }
        }
        for socket in moment.after.sockets.iter().filter(|socket| socket.protocol == Protocol::Tcp) {
            self.tcp(socket, moment, wrong);
        }
        self.udp(&datagrams, moment, wrong);
    }

    /// A call on a stream: its bytes are those of the wire.
    fn stream(&mut self, does: Does, socket: &Socket, moment: &Moment, wrong: &mut Vec<String>) {
        let id = socket.id;
        // A call that waits may have sent or taken a part, and a signal that kills it leaves that untold for ever.
        if moment.step.waits() {
            self.untold.insert(id);
            return;
        }
        self.untold.remove(&id);
        let Some(count) = moment.returned() else { return };
        let Some((local, remote)) = ends(socket) else { return };
        let (direction, told) = match does {
            Does::Write => ((local, remote), self.written.entry(id).or_default()),
            Does::Read | Does::Peek => ((remote, local), self.read.entry(id).or_default()),
        };
        let from = *told;
        if does != Does::Peek {
            *told += count;
        }
        let Some(direction) = moment.wire.direction(direction) else { return };
        let there = direction.bytes.get(from..).unwrap_or_default();
        if does != Does::Write && from + count > direction.arrived() {
            wrong.push(format!("socket {id} has read {count} bytes, and {} have arrived", there.len()));
        }
        let said = moment.step.args.get(1).and_then(|text| unescape(text)).unwrap_or_default();
        if said.iter().take(count).zip(there).any(|(said, there)| said != there) {
            wrong.push(format!("socket {id}: {} tells other bytes than the wire", moment.step.call));
        }
    }

    /// The numbers of a connection: written, captured and acknowledged; arrived, read and waiting.
    fn tcp(&self, socket: &Socket, moment: &Moment, wrong: &mut Vec<String>) {
        let Socket { id, send_queue, recv_queue, .. } = socket;
        let unconnected = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECV"].contains(&socket.state.as_str());
        if unconnected || self.untold.contains(id) {
            return;
        }
        let Some((local, remote)) = ends(socket) else { return };
        let (Some(out), Some(back)) =
            (moment.wire.direction((local, remote)), moment.wire.direction((remote, local)))
        else {
            wrong.push(format!("socket {id} is {}, and nothing crossed the wire", socket.state));
            return;
        };
        let written = self.written.get(id).copied().unwrap_or_default();
        let captured = out.bytes.len();
        if captured > written || (out.fin && captured != written) {
            wrong.push(format!("socket {id}: {written} bytes are written, {captured} captured"));
        }
        if written != out.acked() + send_queue {
            let acked = out.acked();
            wrong.push(format!(
                "socket {id}: {written} bytes are written, {acked} acknowledged, {send_queue} in the send queue"
            ));
        }
        // Nobody reads any more what comes after close.
        let read = self.read.get(id).copied().unwrap_or_default();
        if (held(moment.after, *id) || !self.had.contains(id)) && back.arrived() != read + recv_queue {
            let arrived = back.arrived();
            wrong.push(format!(
                "socket {id}: {arrived} bytes have arrived, {read} are read, {recv_queue} in the receive queue"
            ));
        }
    }

    /// A call on a socket of datagrams takes one or sends one. Gives the lengths that it sends.
    fn datagram(
        &mut self,
        does: Does,
        socket: &Socket,
        moment: &Moment,
        wrong: &mut Vec<String>,
    ) -> Vec<usize> {
        let Some(count) = moment.returned() else { return Vec::new() };
        if does == Does::Write {
            return vec![count];
        }
        let id = socket.id;
        let waiting = self.waiting.entry(id).or_default();
        let first = if does == Does::Read { waiting.pop_front() } else { waiting.front().cloned() };
        let Some(first) = first else {
            wrong.push(format!("socket {id} has read a datagram, and none has arrived"));
            return Vec::new();
        };
        let fits = room(moment).unwrap_or(count).min(first.len());
        let expected = if flags(moment).contains("MSG_TRUNC") { first.len() } else { fits };
        let said = moment.step.args.get(1).and_then(|text| unescape(text)).unwrap_or_default();
        if count != expected || said.iter().zip(&first).any(|(said, there)| said != there) {
            wrong.push(format!(
                "socket {id} has read another datagram than the next, of {} bytes",
                first.len()
            ));
        }
        Vec::new()
    }

    /// Each datagram is of this step's call; it waits in the socket that it is for, or ICMP says that there is none.
    fn udp(&mut self, written: &[usize], moment: &Moment, wrong: &mut Vec<String>) {
        let of = |protocol| moment.step.segments.iter().filter(move |segment| segment.protocol == protocol);
        let captured: Vec<_> = of(Protocol::Udp).map(|segment| segment.len).collect();
        if captured != written {
            wrong
                .push(format!("datagrams of {captured:?} bytes crossed the wire, the call sent {written:?}"));
        }
        let mut refused = Vec::new();
        for segment in of(Protocol::Udp).filter(|segment| !segment.dropped) {
            match receiver(moment.after, segment) {
                Some(socket) => {
                    let data = unescape(&format!("\"{}\"", segment.data)).unwrap_or_default();
                    if data.len() != segment.len {
                        wrong.push(format!("a datagram of {} bytes has {} of data", segment.len, data.len()));
                    }
                    self.waiting.entry(socket.id).or_default().push_back(data);
                }
                None => refused.push((segment.to, segment.from)),
            }
        }
        let told: Vec<_> = of(Protocol::Icmp).map(|segment| (segment.from, segment.to)).collect();
        if told != refused {
            wrong.push(format!("datagrams found nobody at {refused:?}, and ICMP tells of {told:?}"));
        }
        self.waiting.retain(|id, _| find(moment.after, *id).is_some());
        for socket in moment.after.sockets.iter().filter(|socket| socket.protocol == Protocol::Udp) {
            let first = self.waiting.get(&socket.id).and_then(VecDeque::front).map_or(0, Vec::len);
            if socket.recv_queue != first {
                let Socket { id, recv_queue, .. } = socket;
                wrong.push(format!(
                    "socket {id}: its first datagram has {first} bytes, its queue says {recv_queue}"
                ));
            }
        }
    }
}

/// The socket that gets a datagram: of those at its address, one that is connected to the sender before others.
fn receiver<'a>(state: &'a State, datagram: &Segment) -> Option<&'a Socket> {
    let here = |socket: &&Socket| {
        socket.protocol == Protocol::Udp
            && is_at(socket, datagram.to)
            && socket.remote.is_none_or(|remote| plain(remote) == plain(datagram.from))
    };
    state.sockets.iter().filter(here).max_by_key(|socket| socket.remote.is_some())
}
