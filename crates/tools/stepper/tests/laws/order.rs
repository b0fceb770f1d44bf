//! What must be so of steps, descriptors and what calls return, whatever crosses the wire.

use std::collections::{HashMap, HashSet};

use super::{Moment, descriptor, find, held, is_at};
use stepper::recording::{Protocol, Socket, State, Step};

/// Linux: net.core.somaxconn, the most that listen gives.
const SOMAXCONN: usize = 4096;

/// What the steps up to now have told.
#[derive(Default)]
pub(super) struct Order {
    /// The call that each process waits in.
    waits: HashMap<usize, String>,
    ended: HashSet<usize>,
    /// Which protocol each socket has that was ever there, and whether it is gone.
    known: HashMap<usize, (Protocol, bool)>,
    /// Sockets that a descriptor has stood for.
    had: HashSet<usize>,
    /// Of each listening socket: connections that ended before anybody accepted them. The queue goes on counting them.
    lost: HashMap<usize, usize>,
}

impl Order {
    pub(super) fn look(&mut self, moment: &Moment, wrong: &mut Vec<String>) {
        numbers(moment, wrong);
        self.turns(moment, wrong);
        descriptors(moment, wrong);
        self.identities(moment, wrong);
        moment.after.sockets.iter().for_each(|socket| fields(moment.after, socket, wrong));
        results(moment, wrong);
        self.queues(moment, wrong);
    }

    /// A process that waits goes on with the same call, only what has waited is said to have, and the dead rest.
    fn turns(&mut self, moment: &Moment, wrong: &mut Vec<String>) {
        let Step { process, call, result, blocked, .. } = moment.step;
        let name = moment.recording.processes.get(*process).map_or("?", |process| &process.name);
        if self.ended.contains(process) {
            wrong.push(format!("{name} has ended, and calls {call}"));
        }
        // Another thread may end the process, and a signal may stop it, wherever it waits.
        let threads = moment.recording.processes.iter().any(|process| process.name.contains("'s thread"));
        let dies = call == "killed" || call == "exit_group" && threads;
        match self.waits.remove(process) {
            Some(waits) if waits != *call && waits != "stopped" && call != "stopped" && !dies => {
                wrong.push(format!("{name} waits in {waits}, and calls {call}"));
            }
            None if *blocked && result.is_some() => wrong.push(format!("{name} has not waited in {call}")),
            _ => {}
        }
        if moment.step.waits() {
            self.waits.insert(*process, call.clone());
        }
        if dies || call == "exit" || call == "exit_group" {
            self.ended.insert(*process);
        }
        for process in &self.ended {
            if moment.after.processes.get(*process).is_some_and(|one| !one.descriptors.is_empty()) {
                wrong.push(format!("process {process} has ended, and has descriptors"));
            }
        }
    }

    /// A number stands for one socket, and for no other when that is gone.
    fn identities(&mut self, moment: &Moment, wrong: &mut Vec<String>) {
        let mut seen = HashSet::new();
        for Socket { id, protocol, .. } in &moment.after.sockets {
            if !seen.insert(*id) {
                wrong.push(format!("socket {id} is there twice"));
            }
            let known = self.known.entry(*id).or_insert((*protocol, false));
            if *known != (*protocol, false) {
                wrong.push(format!("socket {id} was another one before"));
            }
        }
        for (id, (_, gone)) in &mut self.known {
            *gone |= !seen.contains(id);
        }
        self.had.extend(seen.into_iter().filter(|id| held(moment.after, *id)));
    }

    /// The queue of a listening socket holds its children that nobody has accepted.
    fn queues(&mut self, moment: &Moment, wrong: &mut Vec<String>) {
        for listening in moment.after.sockets.iter().filter(|socket| socket.state == "LISTEN") {
            let waiting = |state: &State| -> Vec<usize> {
                let child = |socket: &&Socket| {
                    socket.remote.is_some()
                        && socket.state != "SYN_RECV"
                        && !self.had.contains(&socket.id)
                        && socket.local.is_some_and(|local| is_at(listening, local))
                };
                state.sockets.iter().filter(child).map(|socket| socket.id).collect()
            };
            let now = waiting(moment.after);
            let lost = self.lost.entry(listening.id).or_default();
            *lost += waiting(moment.before).iter().filter(|id| find(moment.after, **id).is_none()).count();
            let queue = listening.accept_queue.unwrap_or_default();
            if queue < now.len() || queue > now.len() + *lost {
                let id = listening.id;
                wrong.push(format!(
                    "socket {id} has {queue} in its queue, and sockets {now:?} wait for accept"
                ));
            }
        }
    }
}

/// Steps count from 1, and each is of a process that has begun.
fn numbers(moment: &Moment, wrong: &mut Vec<String>) {
    let Step { n, process, .. } = moment.step;
    if *n != moment.index + 1 {
        wrong.push(format!("it calls itself {n}"));
    }
    let begun = moment.after.processes.len();
    if *process >= begun || begun > moment.recording.processes.len() || begun < moment.before.processes.len()
    {
        wrong.push(format!(
            "process {process} of {} makes it, and {begun} have begun",
            moment.recording.processes.len()
        ));
    }
}

/// Descriptors are in order, and what they stand for is there.
fn descriptors(moment: &Moment, wrong: &mut Vec<String>) {
    for (process, one) in moment.after.processes.iter().enumerate() {
        if !one.descriptors.is_sorted_by(|a, b| a.fd < b.fd) {
            wrong.push(format!("the descriptors of process {process} are not in order"));
        }
        for one in &one.descriptors {
            if let Some(id) = one.socket
                && find(moment.after, id).is_none()
            {
                wrong.push(format!("descriptor {} stands for socket {id}, which is not there", one.fd));
            }
        }
    }
}

/// What a socket has agrees with its state.
fn fields(state: &State, socket: &Socket, wrong: &mut Vec<String>) {
    let Socket { id, local, remote, accept_queue, backlog, .. } = socket;
    let has = (local.is_some(), remote.is_some());
    let (fits, orphan) = match (socket.protocol, socket.state.as_str()) {
        (Protocol::Udp, "unbound") => (has == (false, false), false),
        (Protocol::Udp, "bound") | (Protocol::Tcp, "LISTEN") => (has == (true, false), false),
        (Protocol::Udp, "connected") => (has == (true, true), false),
        (Protocol::Tcp, "CLOSED") => (true, false), // it may be bound, or have been connected
        (
            Protocol::Tcp,
            "SYN_SENT" | "SYN_RECV" | "ESTABLISHED" | "FIN_WAIT1" | "FIN_WAIT2" | "CLOSE_WAIT" | "LAST_ACK"
            | "CLOSING" | "TIME_WAIT",
        ) => (has == (true, true), true),
        _ => (false, true),
    };
    if !fits {
        wrong.push(format!("socket {id} is {}, with local {local:?}, remote {remote:?}", socket.state));
    }
    let listens = socket.state == "LISTEN";
    if accept_queue.is_some() != listens || backlog.is_some() != listens {
        wrong.push(format!("socket {id} is {}, with queue {accept_queue:?} of {backlog:?}", socket.state));
    }
    let Socket { recv_queue, send_queue, .. } = socket;
    let (sends, receives) = match socket.state.as_str() {
        "LISTEN" | "SYN_SENT" | "SYN_RECV" | "unbound" => (false, false),
        "CLOSED" | "bound" | "connected" => (false, true), // what has come before a reset can still be read
        _ => (true, true),
    };
    if (*send_queue > 0 && !sends) || (*recv_queue > 0 && !receives) {
        wrong.push(format!(
            "socket {id} is {}, with {recv_queue} to read and {send_queue} to send",
            socket.state
        ));
    }
    if !orphan && !held(state, *id) {
        wrong.push(format!("socket {id} is {}, and no descriptor stands for it", socket.state));
    }
}

/// What a call returned is so.
fn results(moment: &Moment, wrong: &mut Vec<String>) {
    let Some(returned) = moment.returned() else { return };
    let Step { process, call, args, .. } = moment.step;
    let argument = |n: usize| args.get(n).map_or("", String::as_str);
    let fd = returned as i32;
    // A program may have closed what it had there, by a call that is no step: a shell, its script.
    let is_new = || {
        let of = |state: &State| {
            let process = state.processes.get(*process);
            process.and_then(|one| one.descriptors.iter().find(|one| one.fd == fd).cloned())
        };
        of(moment.after).is_some_and(|descriptor| of(moment.before).as_ref() != Some(&descriptor))
    };
    let new = descriptor(moment.after, *process, fd).and_then(|id| find(moment.after, id));
    let about = moment.socket();
    let inet = argument(0).starts_with("AF_INET");
    let holds = match call.as_str() {
        "socket" if inet => {
            let unborn = |socket: &Socket| {
                find(moment.before, socket.id).is_none()
                    && ["CLOSED", "unbound"].contains(&socket.state.as_str())
            };
            is_new() && (new.is_some_and(unborn) || argument(1).starts_with("SOCK_RAW"))
        }
        "socket" => is_new(),
        "accept" | "accept4" => {
            let child =
                |new: &Socket| about.is_some_and(|parent| new.local.is_none_or(|local| is_at(parent, local)));
            let inet = about.is_some();
            is_new() && (!inet || new.is_some_and(|new| new.protocol == Protocol::Tcp && child(new)))
        }
        "dup" | "dup2" | "dup3" => new.map(|new| new.id) == about.map(|about| about.id),
        "close" => {
            let closed = moment.fd(0);
            moment
                .after
                .processes
                .get(*process)
                .is_some_and(|one| one.descriptors.iter().all(|one| Some(one.fd) != closed))
        }
        "bind" => about.is_none_or(|about| about.local.is_some()),
        "listen" => about.is_none_or(|about| {
            let asked = argument(1).parse::<i32>().map(|asked| SOMAXCONN.min(asked as u32 as usize));
            about.state == "LISTEN" && about.backlog == asked.ok()
        }),
        "connect" => about.is_none_or(|about| about.remote.is_some() || argument(1).contains("AF_UNSPEC")),
        _ => true,
    };
    if !holds {
        wrong.push(format!("{} has returned, and that is not so", moment.step.text()));
    }
}
