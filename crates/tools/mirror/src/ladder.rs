//! A client and its server side by side: the calls of both, and what goes over the wire between them. Time runs down; a
//! call that waited stands where it returned.

use std::io;

use labkit::Workspace;
use labkit::trace::Call;

use crate::own;
use crate::scenes;

/// One rung: a call of the client, or one of the server, or both ends of what crosses the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The client's call; empty if this is the server's.
    pub client: String,
    /// What crosses the wire with it; empty if nothing does.
    pub wire: Wire,
    /// The server's call; empty if this is the client's.
    pub server: String,
}

/// What crosses the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Nothing.
    Nothing,
    /// From the client to the server.
    Right(String),
    /// From the server to the client.
    Left(String),
    /// There and back again: the handshake.
    Both(String),
}

/// Who talks to whom: a client's server.
#[must_use]
pub fn server_of(client: &str) -> Option<&'static str> {
    match client {
        "tcp_echocli" | "port_number" => Some("tcp_echoserv"),
        "udp_echocli" | "connected_udp" => Some("udp_echoserv"),
        "mydaytime" => Some("daytimeserv"),
        _ => None,
    }
}

/// Runs `client` and its server, both in Rust or both in C, and gives their ladder. A server's name gives that of its
/// client.
///
/// # Errors
/// The program has no partner; strace can't be run; something doesn't happen in time.
pub fn ladder(workspace: &Workspace, name: &'static str, in_c: bool) -> io::Result<Vec<Rung>> {
    let client = match name {
        "tcp_echoserv" => "tcp_echocli",
        "udp_echoserv" => "udp_echocli",
        "daytimeserv" => "mydaytime",
        client => client,
    };
    let server =
        server_of(client).ok_or_else(|| io::Error::other(format!("{name} talks to nobody: no ladder")))?;
    let program = |name| if in_c { workspace.c(name) } else { Ok(workspace.rust(name)) };
    let (server_program, client_program) = (program(server)?, program(client)?);

    let (mut serving, port) = server_program.trace_server(&[], &[])?;
    let scene = scenes::of(client).swap_remove(0);
    let port_text = port.to_string();
    let asking =
        client_program.trace(["127.0.0.1", port_text.as_str()], &[])?.typed(&scene.stdin).finish()?;
    // The server is done with this client when it waits for the next one and has returned from a wait before.
    let waits = if server.starts_with("udp_") { "recvfrom" } else { "accept" };
    let done = |calls: &[Call]| {
        let waiting = |call: &&Call| call.name == waits;
        calls.last().is_some_and(|call| call.name == waits && call.result == "?")
            && calls.iter().filter(waiting).count() > 1
    };
    serving.until(|serving| Ok(done(&serving.calls()?).then_some(())))?;
    let serving = serving.stop()?;
    for (name, trace) in [(client, &asking), (server, &serving)] {
        if trace.hang.is_some() {
            let last = own::calls(&trace.calls).last().map(|call| short(call)).unwrap_or_default();
            return Err(io::Error::other(format!("{name} hangs, its last call {last}: no ladder")));
        }
    }
    Ok(rungs(&asking.calls, &serving.calls, port))
}

/// The ladder of two runs, with the server at `port`. Clocks don't order them well enough (strace itself takes time), so
/// that the order is what must have been: nothing is received before it was sent.
#[must_use]
pub fn rungs(client: &[Call], server: &[Call], port: u16) -> Vec<Rung> {
    let side =
        |calls| own::calls(calls).into_iter().filter(|call| call.result != "?" && is_talk(call)).peekable();
    let (mut client, mut server) = (side(client), side(server));
    let mut wire = State { port, ..State::default() };
    let mut rungs = Vec::new();
    loop {
        let clients_turn = match (client.peek(), server.peek()) {
            (None, None) => return rungs,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(c), Some(s)) => match (wire.may_return(c, true), wire.may_return(s, false)) {
                (true, false) => true,
                (false, true) => false,
                // What has been sent is received before anything else happens.
                _ if receives(c) != receives(s) => receives(c),
                _ => c.entered < s.entered,
            },
        };
        let next = if clients_turn { client.next() } else { server.next() };
        let Some(call) = next else { return rungs };
        let (wire, text) = (wire.after(call, clients_turn), short(call));
        let (client, server) = if clients_turn { (text, String::new()) } else { (String::new(), text) };
        rungs.push(Rung { client, wire, server });
    }
}

/// Calls with sockets, and what is typed; not the files that the C library reads.
fn is_talk(call: &Call) -> bool {
    let file = call.args.iter().any(|arg| arg.contains("</") || arg.starts_with("AT_FDCWD"));
    !file && call.name != "newfstatat" && call.name != "fstat"
}

/// What has crossed the wire so far.
#[derive(Default)]
struct State {
    port: u16,
    /// Where the client's sockets are connected to: a descriptor and a port.
    peer: Vec<(i32, u16)>,
    connected: usize,
    accepted: usize,
    /// Bytes (for datagrams that plus one each) sent and received by the client, and by the server.
    sent: [usize; 2],
    received: [usize; 2],
    closed: [bool; 2],
}

impl State {
    /// Can this call return yet: has what it waits for been sent?
    fn may_return(&self, call: &Call, client: bool) -> bool {
        let (me, other) = (usize::from(!client), usize::from(client));
        let Some(n) = call.value().and_then(|n| usize::try_from(n).ok()) else { return true };
        match call.name.as_str() {
            "accept" => self.accepted < self.connected,
            "recvfrom" => self.received[me] + n < self.sent[other],
            "read" if is_socket(call) && n > 0 => self.received[me] + n <= self.sent[other],
            "read" if is_socket(call) => self.closed[other],
            _ => true,
        }
    }

    /// The call returns: what it puts on the wire.
    fn after(&mut self, call: &Call, client: bool) -> Wire {
        let me = usize::from(!client);
        let there = |text: String| if client { Wire::Right(text) } else { Wire::Left(text) };
        let stream = call.args.first().is_some_and(|arg| arg.contains("TCP"));
        let fd = call.descriptor().map_or(-1, |descriptor| descriptor.number);
        let Some(n) = call.value().and_then(|n| usize::try_from(n).ok()) else { return Wire::Nothing };
        match call.name.as_str() {
            "connect" => {
                self.peer.retain(|(other, _)| *other != fd);
                self.peer.extend(call.args.get(1).and_then(|arg| port(arg)).map(|port| (fd, port)));
                if !stream {
                    return Wire::Nothing;
                }
                self.connected += 1;
                Wire::Both("SYN, SYN+ACK, ACK".into())
            }
            "accept" => {
                self.accepted += 1;
                Wire::Nothing
            }
            "write" | "sendto" => {
                let to = call.args.get(4).and_then(|arg| port(arg));
                let to =
                    to.or_else(|| self.peer.iter().find(|(other, _)| *other == fd).map(|(_, port)| *port));
                let what = format!("{} ({n} bytes)", printable(&call.bytes(1).unwrap_or_default(), DATA));
                if client && to != Some(self.port) {
                    return there(format!("{what}: port unreachable (ICMP)"));
                }
                self.sent[me] += n + usize::from(!stream);
                there(what)
            }
            "recvfrom" => {
                self.received[me] += n + 1;
                Wire::Nothing
            }
            "read" if is_socket(call) => {
                self.received[me] += n;
                Wire::Nothing
            }
            "close" if stream && self.connected > 0 => {
                self.closed[me] = true;
                there("FIN".into())
            }
            _ => Wire::Nothing,
        }
    }
}

fn receives(call: &Call) -> bool {
    call.name == "accept" || is_socket(call) && matches!(call.name.as_str(), "read" | "recvfrom")
}

fn is_socket(call: &Call) -> bool {
    call.args.first().is_some_and(|arg| arg.contains("TCP") || arg.contains("UDP"))
}

/// The port of `{sa_family=AF_INET, sin_port=htons(7), …}`.
fn port(arg: &str) -> Option<u16> {
    arg.split_once("htons(")?.1.split(')').next()?.parse().ok()
}

/// Characters of data that are shown, and of a path.
const DATA: usize = 26;
const PATH: usize = 60;

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
