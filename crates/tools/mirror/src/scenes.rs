//! The scenes in which each program is watched, in C and in Rust: the normal one, each error, wrong arguments, a closed
//! stdout. `{port}` in an argument is the port of the program that it talks to.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use nix::sys::socket::{setsockopt, sockopt};

/// One scene of one program.
#[derive(Clone)]
pub struct Scene {
    /// The lecture program that is watched.
    pub program: &'static str,
    /// What happens in it.
    pub name: &'static str,
    /// Its arguments.
    pub args: Vec<&'static str>,
    /// What is typed.
    pub stdin: Vec<u8>,
    /// With whom it talks.
    pub with: With,
    /// Does it end before its last step, though with status 0?
    pub ends_early: bool,
    /// Is its stdout a pipe that nobody reads?
    pub unread: bool,
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
        name,
        args: args.to_vec(),
        stdin: b"abcdefg\n".to_vec(),
        with,
        ends_early: false,
        unread: false,
    }
}

/// All scenes of a program, the normal one first.
#[must_use]
#[expect(clippy::too_many_lines, reason = "it is a list")]
pub fn of(program: &'static str) -> Vec<Scene> {
    let to_server = ["127.0.0.1", "{port}"];
    // No program has this one by itself.
    let elsewhere = |server| {
        scene(program, "a server at another address", &["127.0.0.2", "{port}"], With::Server(server))
    };
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
            scene("an address is its own name", &["127.0.0.1"], With::Nobody),
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
            elsewhere("daytimeserv"),
            scene("an empty answer", &to_server, With::Tcp(hang_up)),
            scene("a reset", &to_server, With::Tcp(reset)),
        ],
        "tcp_echocli" => vec![
            scene("a line", &to_server, With::Server("tcp_echoserv")),
            elsewhere("tcp_echoserv"),
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
            elsewhere("udp_echoserv"),
            end_of_input("udp_echoserv"),
            typed("a line that is too long for a datagram", vec![b'a'; 65_508], "udp_echoserv"),
            typed("a line that is too long", long_line(), "udp_echoserv"),
            scene("no answer", &to_server, With::Silent),
        ],
        "connected_udp" => vec![
            scene("the four acts", &to_server, With::Server("udp_echoserv")),
            end_of_input("udp_echoserv"),
            scene("no answer", &to_server, With::Silent),
        ],
        "port_number" => vec![
            scene("alone", &[], With::Nobody),
            scene("with a server", &to_server, With::Server("tcp_echoserv")),
            elsewhere("tcp_echoserv"),
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
    } else {
        scenes.push(Scene { name: "nobody reads its stdout", unread: true, ..scenes[0].clone() });
    }
    if scenes.iter().any(|scene| scene.args.contains(&"{port}")) {
        scenes.push(scene("nobody listens", &to_server, With::NotListening));
        scenes.push(scene("no address", &["256.1.1.1", "{port}"], With::NotListening));
        scenes.push(scene("no port", &["127.0.0.1", "70000"], With::Nobody));
    }
    scenes.push(scene("too many arguments", &["127.0.0.1", "7", "7"], With::Nobody));
    scenes.push(scene("help", &["--help"], With::Nobody));
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
