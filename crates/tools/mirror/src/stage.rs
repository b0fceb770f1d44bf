//! Plays a scene: the program under strace, and everybody it talks to.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use labkit::trace::{Call, Trace, Traced};
use labkit::{DEADLINE, Program, Workspace, free_port, peers, until};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, socket};

use crate::own::{self, Names};
use crate::scenes::{Client, Scene, With};

/// What one program did in one scene.
#[derive(Debug)]
pub struct Played {
    /// Everything, as strace saw it.
    pub trace: Trace,
    /// Its own calls, one text each, comparable.
    pub calls: Vec<String>,
    /// stdout, stderr, the end; what its clients printed.
    pub behaviour: Vec<(&'static str, String)>,
    /// The port of the server in it, or 0.
    pub port: u16,
}

/// Plays `scene` with `program`, with faults injected. Servers and clients beside it are the C programs of `workspace`.
///
/// # Errors
/// strace or a peer can't be started, or something doesn't happen in time.
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
            let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = silent.local_addr()?.port();
            (start(program, scene, port, inject)?.finish()?, port)
        }
        With::Tcp(act) => {
            let listener = peers::listen()?;
            let port = listener.local_addr()?.port();
            let traced = start(program, scene, port, inject)?;
            // A program that never comes has ended.
            let came = until("the program, or its end", || match listener.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    Ok(ended(&traced.calls()?).then_some(None))
                }
                accepted => accepted.map(|(peer, _)| Some(Some(peer))),
            })?;
            if let Some(peer) = came {
                peer.set_nonblocking(false)?;
                act(patient(peer));
            }
            (traced.finish()?, port)
        }
        With::Pieces(pieces) => {
            let listener = peers::listen()?;
            let port = listener.local_addr()?.port();
            let traced = start(program, scene, port, inject)?;
            let mut peer = peers::accept(&listener)?;
            for (i, piece) in pieces.iter().enumerate() {
                // A program that has ended reads no more: that is for its calls to show.
                let _ = peer.write_all(piece);
                traced.wait_for("a piece to be read", |calls| {
                    let reads =
                        calls.iter().filter(|call| call.name == "read" && call.args[0].contains("TCP"));
                    reads.filter(|call| call.result != "?").count() > i || ended(calls)
                })?;
            }
            drop(peer);
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
            let (traced, port) = program.trace_server(&scene.args, inject)?;
            let waits = if program.name().starts_with("udp_") { "recvfrom" } else { "accept" };
            for client in all {
                // A server that has ended is for its calls to show.
                clients.push(
                    visit(workspace, client, port, waits == "recvfrom")
                        .unwrap_or_else(|error| error.to_string()),
                );
            }
            let done = |calls: &[Call]| {
                let returned =
                    calls.iter().filter(|call| call.name == waits && call.value().is_some_and(|n| n >= 0));
                let waits_again = calls.last().is_some_and(|call| call.name == waits && call.result == "?");
                (returned.count() >= all.len() && waits_again)
                    || calls.iter().any(|call| call.name == "exit_group")
            };
            traced.wait_for("the server to be done with its clients", done)?;
            (traced.stop()?, port)
        }
    };
    comparable(trace, port, &clients)
}

/// The trace and what was printed, with names for what differs from run to run.
fn comparable(trace: Trace, port: u16, clients: &[String]) -> io::Result<Played> {
    let mut names = Names::new((port != 0).then_some(port)).map_err(io::Error::other)?;
    let calls = own::calls(&trace.calls).into_iter().map(|call| names.call(call)).collect();
    let output = &trace.output;
    let mut behaviour = vec![
        ("stdout", names.output(&output.stdout)),
        ("stderr", names.output(&output.stderr)),
        ("the end", format!("status {:?}, signal {:?}", output.code, output.signal)),
    ];
    behaviour.extend(clients.iter().map(|client| ("a client", names.output(client.as_bytes()))));
    Ok(Played { trace, calls, behaviour, port })
}

fn args(scene: &Scene, port: u16) -> Vec<String> {
    scene.args.iter().map(|arg| arg.replace("{port}", &port.to_string())).collect()
}

fn start(program: &Program, scene: &Scene, port: u16, inject: &[String]) -> io::Result<Traced> {
    let args = args(scene, port);
    let traced = if scene.unread { program.trace_unread(args, inject) } else { program.trace(args, inject) };
    Ok(traced?.typed(&scene.stdin))
}

fn ended(calls: &[Call]) -> bool {
    calls.iter().any(|call| call.name == "exit_group")
}

fn patient(peer: TcpStream) -> TcpStream {
    // An error means that the peer has gone already, which its reads will show.
    let _ = peer.set_read_timeout(Some(DEADLINE));
    peer
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
fn visit(workspace: &Workspace, client: &Client, port: u16, udp: bool) -> io::Result<String> {
    match client {
        Client::Program(name, stdin) => {
            let output = workspace.c(name)?.run(["127.0.0.1", &port.to_string()], stdin)?;
            Ok(output.stdout_text() + &output.stderr_text())
        }
        Client::Tcp(act) => {
            act(patient(TcpStream::connect((Ipv4Addr::LOCALHOST, port))?));
            Ok(String::new())
        }
        Client::Datagram(datagram) => Ok(format!("{:?}", ask(port, datagram, DEADLINE)?)),
        Client::Again(request) => until("an answer", || {
            let answer =
                if udp { ask(port, request, Duration::from_millis(100)) } else { ask_stream(port, request) };
            Ok(answer.ok().map(|answer| String::from_utf8_lossy(&answer).into_owned()))
        }),
    }
}

/// The answer to a datagram, if one comes within `patience`.
fn ask(port: u16, datagram: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    client.set_read_timeout(Some(patience))?;
    client.send_to(datagram, (Ipv4Addr::LOCALHOST, port))?;
    let mut answer = vec![0; 65_536];
    let n = client.recv(&mut answer)?;
    answer.truncate(n);
    Ok(answer)
}

/// The line that comes back for a line; an error if none does.
fn ask_stream(port: u16, line: &[u8]) -> io::Result<Vec<u8>> {
    let mut client = patient(TcpStream::connect((Ipv4Addr::LOCALHOST, port))?);
    client.write_all(line)?;
    let mut answer = vec![0; line.len()];
    client.read_exact(&mut answer)?;
    Ok(answer)
}
