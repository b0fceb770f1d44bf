//! The scenes in which each program is watched, in C and in Rust: the normal one, each error, wrong arguments, a closed
//! stdout. `{port}` in an argument is the port of the program that it talks to.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use labkit::peers::{READER_GONE, READER_GONE_SIGPIPE_IGNORED};
use nix::sys::socket::{setsockopt, sockopt};

/// Where whoever talks to a program is: at no address that the program might have by itself.
pub const PEER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A stdout whose disk is full.
pub const FULL: &str = ">/dev/full";

/// Where a program's output doesn't arrive.
const REDIRECTIONS: [(&str, &str); 4] = [
    ("which nobody reads", READER_GONE),
    ("which nobody reads, with SIGPIPE ignored", READER_GONE_SIGPIPE_IGNORED),
    ("into a full disk", FULL),
    ("into a stdout that takes no bytes", "1</dev/null"),
];

/// One scene of one program.
#[derive(Clone)]
pub struct Scene {
    /// The lecture program that is watched.
    pub program: &'static str,
    /// What happens in it.
    pub name: String,
    /// Its arguments.
    pub args: Vec<&'static str>,
    /// What is typed.
    pub stdin: Vec<u8>,
    /// With whom it talks.
    pub with: With,
    /// Does it end before its last step, though with status 0?
    pub ends_early: bool,
    /// Where its stdout goes, as a shell has it: [`redirected`](labkit::peers::redirected). Empty if it is read.
    pub redirection: &'static str,
}

/// With whom a program talks.
#[derive(Clone)]
pub enum With {
    /// With nobody.
    Nobody,
    /// A client: with the C twin of this server.
    Server(&'static str),
    /// A client: with a port that somebody has but where nobody listens.
    NotListening,
    /// A TCP client: with a server that does this with its one connection.
    Tcp(fn(TcpStream)),
    /// A TCP client: with a server that sends this piece by piece, each when the one before has been read, and closes.
    Pieces(&'static [&'static [u8]]),
    /// A UDP client: with a server that never answers.
    Silent,
    /// A server: with these clients, one after another.
    Clients(Vec<Client>),
    /// A server: its port is taken.
    PortTaken,
    /// A server that ends before it serves, though its port is free.
    NoClients,
}

/// One client of a server that is watched.
#[derive(Clone)]
pub enum Client {
    /// The C twin of this program, `NAME 127.0.0.1 {port}`, with this typed.
    Program(&'static str, &'static [u8]),
    /// Somebody who connects and does this.
    Tcp(fn(TcpStream)),
    /// Somebody who sends this datagram and waits for its echo.
    Datagram(&'static [u8]),
    /// Somebody who sends this, and again until an answer comes.
    Again(&'static [u8]),
}

fn scene(program: &'static str, name: &'static str, args: &[&'static str], with: With) -> Scene {
    Scene {
        program,
        name: name.into(),
        args: args.to_vec(),
        stdin: b"abcdefg\n".to_vec(),
        with,
        ends_early: false,
        redirection: "",
    }
}

/// All scenes of a program, the normal one first.
#[must_use]
#[expect(clippy::too_many_lines, reason = "it is a list")]
pub fn of(program: &'static str) -> Vec<Scene> {
    let to_server = ["127.0.0.2", "{port}"];
    let scene = |name, args: &[&'static str], with| scene(program, name, args, with);
    let typed =
        |name, stdin: Vec<u8>, server| Scene { stdin, ..scene(name, &to_server, With::Server(server)) };
    let end_of_input = |server| Scene { ends_early: true, ..typed("end of input", Vec::new(), server) };
    let long_line = || [vec![b'a'; 65_536], vec![b'\n']].concat();

    let mut scenes = match program {
        "ascii_ip" => vec![
            scene("an address", &["210.115.36.231"], With::Nobody),
            scene("the longest", &["255.255.255.255"], With::Nobody),
            scene("all zeros", &["0.0.0.0"], With::Nobody),
            scene("no address", &["256.1.1.1"], With::Nobody),
        ],
        "get_hostent" => vec![
            scene("an address is its own name", &["192.0.2.10"], With::Nobody),
            scene("localhost", &["localhost"], With::Nobody),
            scene("no name", &["-x"], With::Nobody),
        ],
        "get_host_byaddr" => {
            vec![scene("loopback", &["127.0.0.1"], With::Nobody), scene("no address", &["1.2"], With::Nobody)]
        }
        "mydaytime" => vec![
            scene("the time", &to_server, With::Server("daytimeserv")),
            scene(
                "the answer comes in pieces",
                &to_server,
                With::Pieces(&[b"Mon Feb 26 ", b"11:00:21 2007", b"\r\n"]),
            ),
            scene("an empty answer", &to_server, With::Tcp(hang_up)),
            scene("a reset", &to_server, With::Tcp(reset)),
        ],
        "tcp_echocli" => vec![
            scene("a line", &to_server, With::Server("tcp_echoserv")),
            typed("a last line without its newline", b"abc".to_vec(), "tcp_echoserv"),
            end_of_input("tcp_echoserv"),
            typed("a line that is too long", long_line(), "tcp_echoserv"),
            scene("the echo comes in pieces", &to_server, With::Pieces(&[b"a", b"bcdef", b"g\n"])),
            scene("the server closes too early", &to_server, With::Tcp(answer_half)),
            scene("the server sends too much", &to_server, With::Tcp(answer_double)),
            scene("a reset", &to_server, With::Tcp(read_and_reset)),
        ],
        "udp_echocli" => vec![
            scene("a line", &to_server, With::Server("udp_echoserv")),
            end_of_input("udp_echoserv"),
            typed("a line that is too long for a datagram", vec![b'a'; 65_508], "udp_echoserv"),
            typed("a line that is too long", long_line(), "udp_echoserv"),
            scene("no answer", &to_server, With::Silent),
        ],
        "connected_udp" => vec![
            // The server answers from 127.0.0.1, and a connected socket takes the answer of nobody else.
            scene("the four acts", &["127.0.0.1", "{port}"], With::Server("udp_echoserv")),
            end_of_input("udp_echoserv"),
            scene("no answer", &to_server, With::Silent),
        ],
        "port_number" => vec![
            scene("alone", &[], With::Nobody),
            scene("with a server", &to_server, With::Server("tcp_echoserv")),
        ],
        "tcp_echoserv" => vec![
            scene(
                "three clients",
                &["-v"],
                With::Clients(vec![
                    Client::Program("tcp_echocli", b"abcdefg\n"),
                    Client::Tcp(half_close),
                    Client::Program("tcp_echocli", b"last\n"),
                ]),
            ),
            scene(
                "a client that resets",
                &[],
                With::Clients(vec![
                    Client::Tcp(echo_and_reset),
                    Client::Program("tcp_echocli", b"abcdefg\n"),
                ]),
            ),
        ],
        "udp_echoserv" => vec![scene(
            "three clients",
            &["-v"],
            With::Clients(vec![
                Client::Program("udp_echocli", b"abcdefg\n"),
                Client::Datagram(b""),
                Client::Program("udp_echocli", b"last\n"),
            ]),
        )],
        "daytimeserv" => vec![scene(
            "two clients",
            &[],
            With::Clients(vec![Client::Program("mydaytime", b""), Client::Program("mydaytime", b"")]),
        )],
        _ => vec![scene("alone", &[], With::Nobody)],
    };

    if program.ends_with("serv") {
        scenes.push(scene("the port is taken", &[], With::PortTaken));
        scenes.push(scene("no port", &["0"], With::Nobody));
    }
    if scenes.iter().any(|scene| scene.args.contains(&"{port}")) {
        scenes.push(scene("nobody listens", &to_server, With::NotListening));
        scenes.push(scene("no address", &["256.1.1.1", "{port}"], With::NotListening));
        scenes.push(scene("no port", &["127.0.0.1", "70000"], With::Nobody));
    }
    scenes.push(scene("too many arguments", &["127.0.0.1", "7", "7"], With::Nobody));
    let help = scene("help", &["--help"], With::Nobody);
    let mut printed = vec![help.clone()];
    if !program.ends_with("serv") {
        printed.push(scenes[0].clone());
    }
    scenes.push(help);
    for scene in printed {
        scenes.extend(REDIRECTIONS.map(|(what, redirection)| Scene {
            name: format!("{}, {what}", scene.name),
            redirection,
            ..scene.clone()
        }));
    }
    scenes
}

// What the peers do. A peer that fails does no more than hang up, which the watched program then shows.

fn read_line(peer: &mut TcpStream) -> Vec<u8> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") && peer.read(&mut byte).is_ok_and(|n| n == 1) {
        line.push(byte[0]);
    }
    line
}

fn answer_half(mut peer: TcpStream) {
    let line = read_line(&mut peer);
    let _ = peer.write_all(&line[..line.len() / 2]);
}

fn answer_double(mut peer: TcpStream) {
    let line = read_line(&mut peer);
    let _ = peer.write_all(&line.repeat(2));
    let _ = peer.read(&mut [0]); // until the client closes
}

fn hang_up(_: TcpStream) {}

fn reset(peer: TcpStream) {
    let no_linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let _ = setsockopt(&peer, sockopt::Linger, &no_linger);
    drop(peer);
}

fn read_and_reset(mut peer: TcpStream) {
    read_line(&mut peer);
    reset(peer);
}

fn half_close(mut peer: TcpStream) {
    let _ = peer.write_all(b"half\n");
    let _ = peer.shutdown(Shutdown::Write);
    read_line(&mut peer);
}

fn echo_and_reset(mut peer: TcpStream) {
    let _ = peer.write_all(b"reset\n");
    read_and_reset(peer);
}
