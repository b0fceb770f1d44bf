//! What crossed the wire in a step, as people speak of it: from whom to whom, numbers counted from 0.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use crate::recording::{Protocol, Recording, Role, Segment, State};

/// A segment with its direction and its relative numbers.
pub struct Crossing<'a> {
    /// As it was captured.
    pub segment: &'a Segment,
    /// From the client's side to the server's.
    pub to_server: bool,
    /// Counted from that of its direction's SYN.
    pub seq: u32,
    /// Counted from that of the other direction's SYN; none without ACK.
    pub ack: Option<u32>,
}

/// What crossed in the step at this index.
#[must_use]
pub fn crossings(recording: &Recording, step: usize) -> Vec<Crossing<'_>> {
    let mut first: HashMap<(SocketAddr, SocketAddr), u32> = HashMap::new();
    let mut asking: HashSet<(SocketAddr, SocketAddr)> = HashSet::new();
    let mut crossings = Vec::new();
    for (index, past) in recording.steps.iter().enumerate().take(step + 1) {
        let servers = server_ports(recording, &past.state);
        for segment in &past.segments {
            let (there, back) = ((segment.from, segment.to), (segment.to, segment.from));
            let tcp = segment.protocol == Protocol::Tcp;
            let has = |flag: &str| segment.flags.split(' ').any(|name| name == flag);
            if tcp && has("SYN") {
                first.insert(there, segment.seq);
                if !has("ACK") {
                    // The same two ports as of an earlier connection may come again.
                    first.remove(&back);
                }
            }
            // Of two whom nobody knows, the one who speaks first asks.
            if !asking.contains(&back) {
                asking.insert(there);
            }
            if index == step {
                let known = |end: SocketAddr| servers.contains(&end.port());
                let to_server = match (known(segment.from), known(segment.to)) {
                    (false, true) => true,
                    (true, false) => false,
                    _ => asking.contains(&there),
                };
                let base = first.get(&there).copied().unwrap_or(segment.seq);
                let seq = segment.seq.wrapping_sub(base);
                let base = first.get(&back).copied().unwrap_or(0);
                let ack = (tcp && has("ACK")).then(|| segment.ack.wrapping_sub(base));
                crossings.push(Crossing { segment, to_server, seq, ack });
            }
        }
    }
    crossings
}

/// The ports of the sockets that server processes have.
pub(crate) fn server_ports(recording: &Recording, state: &State) -> HashSet<u16> {
    let servers = recording.processes.iter().zip(&state.processes).filter(|(it, _)| it.role == Role::Server);
    let held: HashSet<usize> =
        servers.flat_map(|(_, it)| &it.descriptors).filter_map(|descriptor| descriptor.socket).collect();
    let sockets = state.sockets.iter().filter(|socket| held.contains(&socket.id));
    sockets.filter_map(|socket| Some(socket.local?.port())).collect()
}
