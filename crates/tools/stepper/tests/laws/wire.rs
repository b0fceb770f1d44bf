//! Sequence numbers: each direction of a connection is one run of bytes between its SYN and its FIN.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

use labkit::trace::unescape;

use super::{Cause, Happened, plain};
use stepper::recording::Segment;

/// Everything that TCP has carried, by direction: from whom to whom.
#[derive(Default)]
pub(super) struct Wire(HashMap<(SocketAddr, SocketAddr), Direction>);

/// One direction of a connection. Positions are sequence numbers from its SYN on, which is 0.
#[derive(Default)]
pub(super) struct Direction {
    first: u32,
    /// What has been sent, each byte once.
    pub(super) bytes: Vec<u8>,
    /// Its end has been sent.
    pub(super) fin: bool,
    /// Up to here everything has arrived.
    arrived: usize,
    /// What has arrived beyond a gap.
    early: Vec<Range<usize>>,
    /// Up to here the other side has acknowledged, and this side knows it.
    acked: usize,
    /// The acknowledgement number that it sent last.
    last_ack: u32,
}

impl Direction {
    /// One past the last that has been sent.
    fn sent(&self) -> usize {
        1 + self.bytes.len() + usize::from(self.fin)
    }

    fn position(&self, number: u32) -> isize {
        number.wrapping_sub(self.first) as i32 as isize
    }

    /// How many bytes the other side's kernel has.
    pub(super) fn arrived(&self) -> usize {
        self.arrived.saturating_sub(1).min(self.bytes.len())
    }

    /// How many bytes are acknowledged.
    pub(super) fn acked(&self) -> usize {
        self.acked.saturating_sub(1).min(self.bytes.len())
    }

    fn arrive(&mut self, part: Range<usize>) {
        self.early.push(part);
        while let Some(next) =
            self.early.iter().find(|part| part.start <= self.arrived && self.arrived < part.end)
        {
            self.arrived = next.end;
        }
    }
}

impl Wire {
    pub(super) fn direction(&self, ends: (SocketAddr, SocketAddr)) -> Option<&Direction> {
        self.0.get(&ends)
    }

    /// Takes one segment, says what is wrong with it, and what it means for its sender and its receiver.
    pub(super) fn carry(&mut self, segment: &Segment, wrong: &mut Vec<String>) -> Vec<Happened> {
        let ends = (plain(segment.from), plain(segment.to));
        let back = (ends.1, ends.0);
        let has = |flag| segment.flags.split(' ').any(|one| one == flag);
        let (syn, fin, ack) = (has("SYN"), has("FIN"), has("ACK"));
        let mut complain = |what: &str| {
            wrong.push(format!(
                "{} {} {} from {}: {what}",
                segment.flags, segment.seq, segment.ack, segment.from
            ));
        };
        let mut sent = Vec::new();
        let mut received = Vec::new();

        let data = unescape(&format!("\"{}\"", segment.data)).unwrap_or_default();
        if data.len() != segment.len {
            complain(&format!("its data are {} bytes, its length says {}", data.len(), segment.len));
        }
        let last_ack = self.0.get(&back).map(|back| back.last_ack);
        let before = self.0.get(&ends).map_or(0, |known| known.arrived);
        if has("RST") {
            // RFC 9293, 3.5.2: after what it has sent; for what is not there, where the other expects it, or 0 with ACK.
            let next = self.0.get(&ends).map(|known| known.first.wrapping_add(known.sent() as u32));
            if !(Some(segment.seq) == next || Some(segment.seq) == last_ack || (segment.seq == 0 && ack)) {
                complain("no reset is expected with this number");
            }
            sent.push(Cause::Reset);
            received.push(Cause::Reset);
        } else {
            if syn && self.0.get(&ends).is_none_or(|known| known.first != segment.seq) {
                self.0.insert(ends, Direction { first: segment.seq, ..Direction::default() });
            }
            let Some(direction) = self.0.get_mut(&ends) else {
                complain("nothing comes before the SYN");
                return Vec::new();
            };
            let from = if syn { 1 } else { direction.position(segment.seq) };
            if let Err(what) = direction.send(from, &data, fin, syn) {
                complain(what);
            }
            if !segment.dropped {
                let from = if syn { 0 } else { from.max(0) as usize };
                direction.arrive(from..from + usize::from(syn) + data.len() + usize::from(fin));
            }
            sent.extend(fin.then_some(Cause::SentFin));
            if syn {
                sent.extend((!ack).then_some(Cause::SentSyn));
                received.push(if ack { Cause::SynAck } else { Cause::Syn });
            }
        }
        if ack {
            if let Some(direction) = self.0.get_mut(&ends) {
                direction.last_ack = segment.ack;
            }
            match self.0.get_mut(&back) {
                Some(back) => {
                    let position = back.position(segment.ack);
                    let upto = position.max(0) as usize;
                    if position < 1 || upto > back.arrived {
                        complain("it acknowledges what has not arrived");
                    } else if upto < back.acked {
                        complain("it acknowledges less than the one before");
                    } else if !segment.dropped {
                        back.acked = upto;
                        received.push(Cause::AckOfSyn);
                        received.extend((back.fin && upto == back.sent()).then_some(Cause::AckOfFin));
                    }
                }
                None => complain("it acknowledges what nobody has sent"),
            }
        }
        // A FIN counts once everything before it is there, and with whichever segment fills the last gap.
        if let Some(direction) = self.0.get(&ends)
            && direction.fin
            && direction.arrived == direction.sent()
            && before < direction.arrived
        {
            received.push(Cause::Fin);
        }
        if segment.dropped {
            received.clear();
        }
        let at = |ends, causes: Vec<Cause>| causes.into_iter().map(move |cause| Happened { ends, cause });
        at(ends, sent).chain(at(back, received)).collect()
    }
}

impl Direction {
    /// Adds what a segment carries at this position; what is there already must be the same.
    fn send(&mut self, from: isize, data: &[u8], fin: bool, syn: bool) -> Result<(), &'static str> {
        if data.is_empty() && !fin && !syn {
            // Without data it stands after all that has been sent; or it asks whether the other is still there, with the
            // number before (Linux: tcp_xmit_probe_skb).
            let probe = self.acked as isize - 1;
            return if from == self.sent() as isize || from == probe {
                Ok(())
            } else {
                Err("its number leaves a gap")
            };
        }
        let from = usize::try_from(from - 1).map_err(|_| "it begins before the SYN")?;
        let known = self.bytes.get(from..).ok_or("its number leaves a gap")?;
        let again = known.len().min(data.len());
        if known[..again] != data[..again] {
            return Err("it repeats something else than was sent");
        }
        let end = from + data.len();
        if (self.fin && end > self.bytes.len()) || (fin && end < self.bytes.len()) {
            return Err("something is sent after the FIN");
        }
        self.bytes.extend(&data[again..]);
        self.fin |= fin;
        Ok(())
    }
}
