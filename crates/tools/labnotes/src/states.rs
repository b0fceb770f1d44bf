//! The states of a TCP connection, after figure 5 of RFC 9293, and on that picture the ways that recorded connections took. Each
//! step's way follows from the segments that were captured, and has to end in the state that the kernel gave.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use labs::words::Lang;
use maud::{Markup, PreEscaped, html};
use stepper::ladder;
use stepper::recording::{Protocol, Recording, Segment, State, Step};

/// What moves one end of a connection from a state to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Listen,
    SentSyn,
    Syn,
    SynAck,
    AckOfSyn,
    SentFin,
    Fin,
    AckOfFin,
    Reset,
    Timeout,
}

/// The state in which a connection ends: CLOSED too, but drawn at the other end of the picture.
const END: &str = "END";

/// The states, with the middle of the box that each is drawn as.
const STATES: [(&str, f64, f64); 12] = [
    ("CLOSED", 400.0, 30.0),
    ("LISTEN", 110.0, 120.0),
    ("SYN_SENT", 690.0, 120.0),
    ("SYN_RECV", 110.0, 230.0),
    ("ESTABLISHED", 400.0, 230.0),
    ("FIN_WAIT1", 110.0, 350.0),
    ("CLOSE_WAIT", 690.0, 350.0),
    ("FIN_WAIT2", 110.0, 460.0),
    ("CLOSING", 400.0, 460.0),
    ("LAST_ACK", 690.0, 460.0),
    ("TIME_WAIT", 400.0, 570.0),
    (END, 690.0, 570.0),
];
/// Half of a box.
const BOX: (f64, f64) = (62.0, 18.0);

/// From which state which event leads where, what is written at the arrow, and where from its middle; how far it is bent.
type Arrow = (&'static str, Event, &'static str, &'static str, (f64, f64), f64);

#[rustfmt::skip]
const ARROWS: [Arrow; 18] = [
    ("CLOSED",      Event::Listen,   "LISTEN",      "listen()",         (-34.0, -8.0), 0.0),
    ("CLOSED",      Event::SentSyn,  "SYN_SENT",    "connect(): SYN →", (-66.0, 24.0), 0.0),
    ("LISTEN",      Event::Syn,      "SYN_RECV",    "← SYN, SYN+ACK →", (66.0, 4.0),   0.0),
    ("SYN_SENT",    Event::SynAck,   "ESTABLISHED", "← SYN+ACK, ACK →", (72.0, 12.0),  0.0),
    ("SYN_RECV",    Event::AckOfSyn, "ESTABLISHED", "← ACK",            (0.0, -8.0),   0.0),
    ("ESTABLISHED", Event::SentFin,  "FIN_WAIT1",   "close(): FIN →",   (-62.0, -6.0), 0.0),
    ("ESTABLISHED", Event::Fin,      "CLOSE_WAIT",  "← FIN, ACK →",     (58.0, -8.0),  0.0),
    ("FIN_WAIT1",   Event::AckOfFin, "FIN_WAIT2",   "← ACK",            (-28.0, 4.0),  0.0),
    ("FIN_WAIT1",   Event::Fin,      "CLOSING",     "← FIN, ACK →",     (58.0, -6.0),  0.0),
    ("CLOSING",     Event::AckOfFin, "TIME_WAIT",   "← ACK",            (28.0, 4.0),   0.0),
    ("FIN_WAIT2",   Event::Fin,      "TIME_WAIT",   "← FIN, ACK →",     (40.0, -14.0), 0.0),
    ("CLOSE_WAIT",  Event::SentFin,  "LAST_ACK",    "close(): FIN →",   (-56.0, 4.0),  0.0),
    ("LAST_ACK",    Event::AckOfFin, END,           "← ACK",            (28.0, 4.0),   0.0),
    ("TIME_WAIT",   Event::Timeout,  END,           "60 s",             (0.0, -8.0),   0.0),
    ("SYN_SENT",    Event::Reset,    "CLOSED",      "← RST",            (44.0, -8.0),  46.0),
    ("ESTABLISHED", Event::Reset,    END,           "RST",              (-30.0, 0.0),  0.0),
    ("CLOSE_WAIT",  Event::Reset,    END,           "← RST",            (32.0, 4.0),   -150.0),
    ("FIN_WAIT2",   Event::Reset,    END,           "RST →",            (0.0, 18.0),   200.0),
];

/// One end of a connection: its own address, and the other's.
type End = (SocketAddr, SocketAddr);

/// The ends of connections, as far as the segments tell.
#[derive(Default)]
struct Ends {
    states: HashMap<End, &'static str>,
    /// The number that acknowledges the FIN that an end has sent.
    fins: HashMap<End, u32>,
    /// The ports at which something listens or has listened.
    listening: Vec<SocketAddr>,
    /// What happened in this step: whether on the server's side, and an index into [`ARROWS`].
    walked: Vec<(bool, usize)>,
}

/// A step in which some end changed its state.
struct Moment {
    /// `client: connect(…) = 0`
    call: String,
    /// Whether on the server's side, and an index into [`ARROWS`].
    walked: Vec<(bool, usize)>,
    /// Whether on the server's side, and where an end stands now.
    standing: Vec<(bool, &'static str)>,
}

impl Ends {
    /// On the server's side is what has the port of a listening socket.
    fn serves(&self, address: SocketAddr) -> bool {
        self.listening.iter().any(|listening| listening.port() == address.port())
    }

    fn happens(&mut self, end: End, event: Event) {
        let Some(state) = self.states.get(&end) else { return };
        let arrow = ARROWS.iter().position(|arrow| (arrow.0, arrow.1) == (*state, event));
        if let Some(arrow) = arrow {
            self.states.insert(end, ARROWS[arrow].2);
            self.walked.push((self.serves(end.0), arrow));
        }
    }

    /// A new connection begins in this state, unless the segment comes once more.
    fn begins(&mut self, end: End, state: &'static str, event: Event) {
        if self.states.get(&end).is_none_or(|state| matches!(*state, END | "CLOSED" | "TIME_WAIT")) {
            self.states.insert(end, state);
            self.happens(end, event);
        }
    }

    fn crosses(&mut self, segment: &Segment) {
        let (sender, receiver) = ((segment.from, segment.to), (segment.to, segment.from));
        let has = |flag: &str| segment.flags.split(' ').any(|name| name == flag);
        let asks = has("SYN") && !has("ACK");
        if asks {
            self.begins(sender, "CLOSED", Event::SentSyn);
        }
        if has("FIN") {
            let length = u32::try_from(segment.len).unwrap_or(u32::MAX);
            self.fins.insert(sender, segment.seq.wrapping_add(length).wrapping_add(1));
            self.happens(sender, Event::SentFin);
        }
        if has("RST") {
            self.happens(sender, Event::Reset);
        }
        if segment.dropped {
            return;
        }
        if asks && self.serves(segment.to) {
            self.begins(receiver, "LISTEN", Event::Syn);
        }
        if has("ACK") {
            self.happens(receiver, if has("SYN") { Event::SynAck } else { Event::AckOfSyn });
            if self.fins.get(&receiver) == Some(&segment.ack) {
                self.happens(receiver, Event::AckOfFin);
            }
        }
        if has("FIN") {
            self.happens(receiver, Event::Fin);
        }
        if has("RST") {
            self.happens(receiver, Event::Reset);
        }
    }

    /// The kernel has to say the same of every socket that it still has.
    fn agree(&self, state: &State) -> Result<()> {
        for socket in state.sockets.iter().filter(|socket| socket.protocol == Protocol::Tcp) {
            let (Some(local), Some(remote)) = (socket.local, socket.remote) else { continue };
            let Some(ours) = self.states.get(&(local, remote)) else { continue };
            let ours = if *ours == END { "CLOSED" } else { ours };
            ensure!(ours == socket.state, "{local} to {remote} is {}, and not {ours}", socket.state);
        }
        Ok(())
    }
}

/// The steps of a recording in which some end of a connection changed its state.
fn moments(recording: &Recording) -> Result<Vec<Moment>> {
    let mut ends = Ends::default();
    let mut moments = Vec::new();
    for step in &recording.steps {
        listens(&mut ends, step);
        for segment in step.segments.iter().filter(|segment| segment.protocol == Protocol::Tcp) {
            ends.crosses(segment);
        }
        ends.agree(&step.state).with_context(|| format!("step {}", step.n))?;
        let walked = std::mem::take(&mut ends.walked);
        if walked.is_empty() {
            continue;
        }
        let mut standing: Vec<(bool, &str)> =
            ends.states.iter().map(|(end, state)| (ends.serves(end.0), *state)).collect();
        if !ends.listening.is_empty() {
            standing.push((true, "LISTEN"));
        }
        let process = &recording.processes[step.process];
        moments.push(Moment { call: format!("{}: {}", process.name, ladder::text(step)), walked, standing });
    }
    Ok(moments)
}

/// The socket that began to listen in this step.
fn listens(ends: &mut Ends, step: &Step) {
    for socket in step.state.sockets.iter().filter(|socket| socket.state == "LISTEN") {
        if let Some(local) = socket.local
            && !ends.listening.contains(&local)
        {
            ends.listening.push(local);
            let arrow = ARROWS.iter().position(|arrow| arrow.1 == Event::Listen);
            ends.walked.extend(arrow.map(|arrow| (true, arrow)));
        }
    }
}

/// The diagram, and under it the steps of these recordings; what one of them did lights up when it is chosen.
pub(crate) fn diagram(scenes: &[(&str, &Recording)], language: Lang) -> Result<Markup> {
    let mut rules = String::new();
    let mut groups = Vec::new();
    let mut number = 0;
    for (about, recording) in scenes {
        let moments = moments(recording)?;
        ensure!(!moments.is_empty(), "{}: no connection changes its state", recording.scene);
        let first = number;
        for (at, moment) in moments.iter().enumerate() {
            number += 1;
            let earlier = moments[..at].iter().flat_map(|moment| &moment.walked);
            for (server, arrow) in earlier {
                rule(&mut rules, number, &format!("a{arrow}"), &lit(*server, "2.2"));
            }
            for (server, arrow) in &moment.walked {
                rule(&mut rules, number, &format!("a{arrow}"), &lit(*server, "4"));
            }
            for (server, state) in &moment.standing {
                let stands = if *server { "--server:var(--green)" } else { "--client:var(--mark)" };
                rule(&mut rules, number, &format!("s{state}"), stands);
            }
        }
        groups.push((*about, first, moments));
    }
    Ok(html! {
        figure class="picture states" {
            style { (PreEscaped(rules)) }
            div class="scroll" tabindex="0" { (picture(language)) }
            figcaption {
                (language.of(
                    "아래에서 단계를 하나 고르면(방향 키로도 넘길 수 있어요) 그 단계에 지나간 화살표가 굵어져요. 파란 화살표는 클라이언트 쪽, 초록 화살표는 서버 쪽이고, 가는 것은 앞 단계에서 지나간 것이에요. 칠한 상자는 지금 클라이언트 쪽 소켓의 상태, 초록 테두리는 서버 쪽 소켓의 상태예요. → 는 보낸 것, ← 는 받은 것이에요.",
                    "Choose a step below (the arrow keys move on too), and the arrows that it went along become thick: blue on the client's side, green on the server's; those of earlier steps are thinner. A filled box is the state of the client's socket now, a green frame that of the server's. → is sent, ← received.",
                ))
            }
            @for (about, first, moments) in &groups {
                fieldset {
                    legend { (about) }
                    @for (i, moment) in moments.iter().enumerate() {
                        @let id = format!("states-{}", first + i + 1);
                        label for=(id) {
                            input type="radio" name="states" id=(id) checked[first + i == 0];
                            " " code { (moment.call) } " " span class="ways" { (ways(&moment.walked, language)) }
                        }
                    }
                }
            }
        }
    })
}

fn lit(server: bool, width: &str) -> String {
    format!("--lit:var(--{});--w:{width}", if server { "green" } else { "accent" })
}

fn rule(rules: &mut String, number: usize, class: &str, what: &str) {
    // Writing to a string cannot fail.
    let _ = write!(rules, ".states:has(#states-{number}:checked) .{class}{{{what}}}");
}

/// `client's side CLOSED → SYN_SENT → ESTABLISHED; server's side LISTEN → SYN_RECV → ESTABLISHED`
fn ways(walked: &[(bool, usize)], language: Lang) -> String {
    let sides = [
        (false, language.of("클라이언트 쪽", "client's side")),
        (true, language.of("서버 쪽", "server's side")),
    ];
    let mut ways = Vec::new();
    for (server, side) in sides {
        let mut way: Vec<&str> = Vec::new();
        for (_, arrow) in walked.iter().filter(|(of, _)| *of == server) {
            let (from, to) = (shown(ARROWS[*arrow].0), shown(ARROWS[*arrow].2));
            if way.last() != Some(&from) {
                way.push(from);
            }
            way.push(to);
        }
        if !way.is_empty() {
            ways.push(format!("{side} {}", way.join(" → ")));
        }
    }
    ways.join("; ")
}

fn shown(state: &str) -> &str {
    if state == END { "CLOSED" } else { state }
}

fn middle(state: &str) -> (f64, f64) {
    STATES.iter().find(|one| one.0 == state).map_or((0.0, 0.0), |one| (one.1, one.2))
}

/// Where a line from the middle of a box towards a point leaves the box.
fn edge(from: (f64, f64), towards: (f64, f64)) -> (f64, f64) {
    let (x, y) = (towards.0 - from.0, towards.1 - from.1);
    let part = (BOX.0 / x.abs()).min(BOX.1 / y.abs());
    (from.0 + x * part, from.1 + y * part)
}

fn picture(language: Lang) -> Markup {
    html! {
        svg viewBox="0 0 840 650" width="840" height="650" role="img"
            aria-label=(language.of("TCP 연결의 상태와 상태 사이의 화살표", "The states of a TCP connection, and the arrows between them")) {
            @for (i, (from, _, to, label, (right, down), bend)) in ARROWS.iter().enumerate() {
                @let (from, to) = (middle(from), middle(to));
                @let (x, y) = (to.0 - from.0, to.1 - from.1);
                @let length = x.hypot(y);
                @let control = (f64::midpoint(from.0, to.0) - y / length * bend, f64::midpoint(from.1, to.1) + x / length * bend);
                @let (start, end) = (edge(from, control), edge(to, control));
                @let (x, y) = (end.0 - control.0, end.1 - control.1);
                @let length = x.hypot(y);
                @let (x, y) = (x / length * 10.0, y / length * 10.0);
                // The middle of the curve.
                @let at = (
                    f64::midpoint(f64::midpoint(start.0, end.0), control.0),
                    f64::midpoint(f64::midpoint(start.1, end.1), control.1),
                );
                g class={ "arrow a" (i) } {
                    path d=(format!("M{:.0} {:.0}Q{:.0} {:.0} {:.0} {:.0}", start.0, start.1, control.0, control.1, end.0 - x / 2.0, end.1 - y / 2.0)) {}
                    polygon points=(format!("{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}", end.0, end.1, end.0 - x - y / 2.0, end.1 - y + x / 2.0, end.0 - x + y / 2.0, end.1 - y - x / 2.0)) {}
                    text x=(format!("{:.0}", at.0 + right)) y=(format!("{:.0}", at.1 + down)) text-anchor="middle" { (label) }
                }
            }
            @for (state, x, y) in &STATES {
                g class={ "state s" (state) } {
                    rect x=(x - BOX.0) y=(y - BOX.1) width=(2.0 * BOX.0) height=(2.0 * BOX.1) rx="9" {}
                    text x=(x) y=(y + 4.5) text-anchor="middle" { (shown(state)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const CLIENT: &str = "127.0.0.1:40000";
    const SERVER: &str = "127.0.0.1:7";

    fn segment(out: bool, flags: &str, seq: u32, ack: u32) -> Segment {
        let (from, to) = if out { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        Segment {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            protocol: Protocol::Tcp,
            flags: flags.into(),
            seq,
            ack,
            len: 0,
            data: String::new(),
            dropped: false,
            packet: Vec::new(),
            time: Duration::ZERO,
        }
    }

    /// The client's end and the server's, after these segments.
    fn after(segments: &[Segment]) -> [&'static str; 2] {
        let mut ends = Ends { listening: vec!["0.0.0.0:7".parse().unwrap()], ..Ends::default() };
        for segment in segments {
            ends.crosses(segment);
        }
        let (client, server): End = (CLIENT.parse().unwrap(), SERVER.parse().unwrap());
        [(client, server), (server, client)].map(|end| ends.states.get(&end).copied().unwrap_or("-"))
    }

    #[test]
    fn a_connection_walks_from_its_syn_to_time_wait() {
        let all = [
            (segment(true, "SYN", u32::MAX, 0), ["SYN_SENT", "SYN_RECV"]),
            (segment(false, "SYN ACK", 500, 0), ["ESTABLISHED", "SYN_RECV"]),
            (segment(true, "ACK", 0, 501), ["ESTABLISHED", "ESTABLISHED"]),
            (segment(true, "FIN ACK", 0, 501), ["FIN_WAIT1", "CLOSE_WAIT"]),
            (segment(false, "ACK", 501, 1), ["FIN_WAIT2", "CLOSE_WAIT"]),
            (segment(false, "FIN ACK", 501, 1), ["TIME_WAIT", "LAST_ACK"]),
            (segment(true, "ACK", 1, 502), ["TIME_WAIT", END]),
        ];
        let segments: Vec<Segment> = all.iter().map(|(segment, _)| segment.clone()).collect();
        for (i, (_, states)) in all.iter().enumerate() {
            assert_eq!(after(&segments[..=i]), *states, "after {}", i + 1);
        }
        let mut reset = segments[..3].to_vec();
        reset.push(segment(false, "RST ACK", 501, 0));
        assert_eq!(after(&reset), [END, END]);
        // One segment acknowledges the FIN and brings another.
        let mut three = segments[..4].to_vec();
        three.push(segment(false, "FIN ACK", 501, 1));
        assert_eq!(after(&three), ["TIME_WAIT", "LAST_ACK"]);
    }

    #[test]
    fn a_state_that_the_kernel_does_not_give_is_an_error() {
        let mut ends = Ends { listening: vec!["0.0.0.0:7".parse().unwrap()], ..Ends::default() };
        ends.crosses(&segment(true, "SYN", 1, 0));
        let socket = |state: &str| stepper::recording::Socket {
            id: 1,
            protocol: Protocol::Tcp,
            local: CLIENT.parse().ok(),
            remote: SERVER.parse().ok(),
            state: state.into(),
            recv_queue: 0,
            send_queue: 0,
            accept_queue: None,
            backlog: None,
        };
        let kernel = |state| State { processes: Vec::new(), sockets: vec![socket(state)] };
        assert!(ends.agree(&kernel("SYN_SENT")).is_ok());
        let error = ends.agree(&kernel("ESTABLISHED")).unwrap_err().to_string();
        assert!(error.contains("is ESTABLISHED, and not SYN_SENT"), "{error}");
    }

    #[test]
    fn every_arrow_leads_from_a_box_to_another() {
        for (from, _, to, ..) in ARROWS {
            assert!(
                from != to && STATES.iter().any(|one| one.0 == from) && STATES.iter().any(|one| one.0 == to)
            );
        }
    }
}
