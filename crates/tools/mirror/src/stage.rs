//! Plays a scene: the program under strace, and everybody it talks to. A program that hangs is ended, and everybody with it.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::thread;

use labkit::trace::{Call, Hang, Trace, Traced};
use labkit::{Program, Workspace, free_port};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use stepper::normal::Names;

use crate::own;
use crate::scenes::{Client, PEER, Scene, With};

/// A client asks so often, since its first request may be the one that a fault loses.
const REQUESTS: usize = 3;

/// Of a program that never ended, so many calls are kept.
const MOST_CALLS: usize = 200;

/// What one program did in one scene.
#[derive(Debug)]
pub struct Played {
    /// Everything, as strace saw it.
    pub trace: Trace,
    /// Its own calls, one text each, comparable.
    pub calls: Vec<String>,
    /// stdout, stderr, the end; what its clients printed.
    pub behaviour: Vec<(&'static str, String)>,
    /// That it hangs, and in which call; none if it doesn't.
    pub hangs: Option<String>,
    /// The port of the server in it, or 0.
    pub port: u16,
}

/// Plays `scene` with `program`, with faults injected. Servers and clients beside it are the C programs of `workspace`.
///
/// # Errors
/// strace or a peer can't be started. What the program does is never an error, not even that it hangs.
pub fn play(
    workspace: &Workspace,
    program: &Program,
    scene: &Scene,
    inject: &[String],
) -> io::Result<Played> {
    let mut clients = Vec::new();
    let (trace, port) = match &scene.with {
        With::Nobody => (start(program, scene, 0, inject)?.finish()?, 0),
        With::Server(name) => {
            let server = workspace.c(name)?.serve(&[])?;
            (start(program, scene, server.port, inject)?.finish()?, server.port)
        }
        With::NotListening => {
            let (_taken, port) = taken_port()?;
            (start(program, scene, port, inject)?.finish()?, port)
        }
        With::Silent => {
            let silent = UdpSocket::bind((PEER, 0))?;
            let port = silent.local_addr()?.port();
            (start(program, scene, port, inject)?.finish()?, port)
        }
        With::Tcp(act) => {
            let listener = listen()?;
            let port = listener.local_addr()?.port();
            let mut traced = start(program, scene, port, inject)?;
            if let Some(peer) = traced.until(|_| accepted(&listener))? {
                beside(&mut traced, || act(peer))?;
            }
            (traced.finish()?, port)
        }
        With::Pieces(pieces) => {
            let listener = listen()?;
            let port = listener.local_addr()?.port();
            let mut traced = start(program, scene, port, inject)?;
            if let Some(mut peer) = traced.until(|_| accepted(&listener))? {
                for (i, piece) in pieces.iter().enumerate() {
                    // A program that has ended reads no more: that is for its calls to show.
                    let _ = peer.write_all(piece);
                    traced.until(|traced| Ok((pieces_read(&traced.calls()?) > i).then_some(())))?;
                }
            }
            (traced.finish()?, port)
        }
        With::PortTaken => {
            let (_taken, port) = taken_port()?;
            let port_text = port.to_string();
            (program.trace([port_text.as_str()], inject)?.finish()?, port)
        }
        With::NoClients => {
            let port = free_port()?;
            (program.trace([port.to_string()], inject)?.finish()?, port)
        }
        With::Clients(all) => {
            let waits = if program.name().starts_with("udp_") { "recvfrom" } else { "accept" };
            let (mut traced, port) = program.trace_server(&scene.args, inject)?;
            for client in all {
                // A server that has ended is for its calls to show.
                let printed = visit(workspace, client, &mut traced, port, waits);
                clients.push(printed.unwrap_or_else(|error| error.to_string()));
            }
            let done = |calls: &[Call]| served(calls, waits) >= all.len() && waits_again(calls, waits);
            traced.until(|traced| Ok(done(&traced.calls()?).then_some(())))?;
            (traced.stop()?, port)
        }
    };
    comparable(trace, port, &clients)
}

/// The trace and what was printed, with names for what differs from run to run.
fn comparable(trace: Trace, port: u16, clients: &[String]) -> io::Result<Played> {
    let mut names = Names::new((port != 0).then_some(port)).map_err(io::Error::other)?;
    let mut own = own::calls(&trace.calls);
    let last = own.last().map(|call| last(call)).unwrap_or_default();
    if trace.hang.is_some() {
        own.truncate(MOST_CALLS);
    }
    let calls = own.into_iter().map(|call| names.call(call)).collect();
    let hangs = trace.hang.map(|hang| {
        let last = names.output(last.as_bytes());
        match hang {
            Hang::Asleep => format!("hangs in {last}"),
            Hang::Busy => format!("never ends, up to {last}"),
        }
    });
    let output = &trace.output;
    let mut behaviour = vec![
        ("stdout", names.output(&output.stdout)),
        ("stderr", names.output(&output.stderr)),
        ("the end", format!("status {:?}, signal {:?}", output.code, output.signal)),
    ];
    behaviour.extend(clients.iter().map(|client| ("a client", names.output(client.as_bytes()))));
    Ok(Played { trace, calls, behaviour, hangs, port })
}

/// `read(3<TCP:[…]>)`: a call that didn't return, by what strace knew of it.
fn last(call: &Call) -> String {
    let known: Vec<&str> =
        call.args.iter().map(String::as_str).filter(|arg| !arg.starts_with("<unf")).collect();
    format!("{}({})", call.name, known.join(", "))
}

fn args(scene: &Scene, port: u16) -> Vec<String> {
    scene.args.iter().map(|arg| arg.replace("{port}", &port.to_string())).collect()
}

fn start(program: &Program, scene: &Scene, port: u16, inject: &[String]) -> io::Result<Traced> {
    let args = args(scene, port);
    Ok(program.trace_redirected(args, scene.redirection, inject)?.typed(&scene.stdin))
}

fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((PEER, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A connection of the program's, if it has made one.
fn accepted(listener: &TcpListener) -> io::Result<Option<TcpStream>> {
    match listener.accept() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        accepted => {
            let (peer, _) = accepted?;
            peer.set_nonblocking(false)?;
            Ok(Some(peer))
        }
    }
}

/// Lets a peer of the program's act. It needs no deadline of its own: a program that hangs is ended, and its sockets with it.
fn beside<T: Send>(traced: &mut Traced, act: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let acting = scope.spawn(act);
        traced.until(|_| Ok(acting.is_finished().then_some(())))?;
        acting.join().map_err(|_| io::Error::other("a peer has panicked"))
    })
}

/// How often the program has read something, or the end, from a connection.
fn pieces_read(calls: &[Call]) -> usize {
    let reads = calls.iter().filter(|call| call.name == "read" && call.args[0].contains("TCP"));
    reads.filter(|call| call.result != "?").count()
}

/// How many clients a server has taken, or datagrams.
fn served(calls: &[Call], waits: &str) -> usize {
    calls.iter().filter(|call| call.name == waits && call.value().is_some_and(|n| n >= 0)).count()
}

fn waits_again(calls: &[Call], waits: &str) -> bool {
    calls.last().is_some_and(|call| call.name == waits && call.result == "?")
}

/// A port that somebody has, for TCP and for UDP, and where nobody listens.
fn taken_port() -> io::Result<((OwnedFd, UdpSocket), u16)> {
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let port = udp.local_addr()?.port();
        // Connected to itself, it takes datagrams from nobody else: they are refused.
        udp.connect((Ipv4Addr::LOCALHOST, port))?;
        let tcp = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        match bind(tcp.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port)) {
            Err(Errno::EADDRINUSE) => {}
            bound => return Ok(bound.map(|()| ((tcp, udp), port))?),
        }
    }
}

/// A client comes, does what it came for, and goes. Gives what it printed.
fn visit(
    workspace: &Workspace,
    client: &Client,
    traced: &mut Traced,
    port: u16,
    waits: &str,
) -> io::Result<String> {
    match client {
        Client::Program(name, stdin) => {
            let client = workspace.c(name)?;
            let output = beside(traced, || client.run(["127.0.0.1", &port.to_string()], stdin))??;
            Ok(output.stdout_text() + &output.stderr_text())
        }
        Client::Tcp(act) => {
            let peer = connected(port)?;
            beside(traced, || act(peer))?;
            Ok(String::new())
        }
        Client::Datagram(datagram) => Ok(format!("{:?}", ask(traced, port, datagram, waits)?)),
        Client::Again(request) => {
            let answer = (0..REQUESTS).find_map(|_| match waits {
                "recvfrom" => ask(traced, port, request, waits).ok(),
                _ => beside(traced, || ask_stream(port, request)).and_then(|answer| answer).ok(),
            });
            Ok(answer.map_or("no answer".into(), |answer| String::from_utf8_lossy(&answer).into_owned()))
        }
    }
}

/// The answer to a datagram; an error if the server has taken it, waits for the next one, and none has come.
fn ask(traced: &mut Traced, port: u16, datagram: &[u8], waits: &str) -> io::Result<Vec<u8>> {
    let client = UdpSocket::bind((PEER, 0))?;
    client.set_nonblocking(true)?;
    let returned =
        |calls: &[Call]| calls.iter().filter(|call| call.name == waits && call.result != "?").count();
    let before = returned(&traced.calls()?);
    client.send_to(datagram, (Ipv4Addr::LOCALHOST, port))?;
    let mut answer = vec![0; 65_536];
    let n = traced.until(|traced| {
        // In this order: what is sent on loopback is there before the sender's call returns.
        let calls = traced.calls()?;
        match client.recv(&mut answer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Ok((returned(&calls) > before && waits_again(&calls, waits)).then_some(None))
            }
            n => n.map(|n| Some(Some(n))),
        }
    })?;
    answer.truncate(n.flatten().ok_or_else(|| io::Error::other("no answer"))?);
    Ok(answer)
}

/// A connection from [`PEER`] to the server.
fn connected(port: u16) -> io::Result<TcpStream> {
    let client = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(client.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(PEER, 0)))?;
    connect(client.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)))?;
    Ok(client.into())
}

/// The line that comes back for a line; an error if none does.
fn ask_stream(port: u16, line: &[u8]) -> io::Result<Vec<u8>> {
    let mut client = connected(port)?;
    client.write_all(line)?;
    let mut answer = vec![0; line.len()];
    client.read_exact(&mut answer)?;
    Ok(answer)
}
