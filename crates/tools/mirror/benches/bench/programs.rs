//! Who is measured: the lecture programs in Rust and in C, and echo servers that others wrote.

use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, io};

use labkit::{DEADLINE, Program, Server, Transport, missing_program, root, twins};

use crate::report::Contestant;

/// The languages of a program's two files, in the order of [`labkit::twins`].
pub(crate) const LANGUAGES: [&str; 2] = ["Rust", "C"];

/// How long a server that others wrote may keep its client waiting; ours may [`DEADLINE`].
const PATIENCE: Duration = Duration::from_secs(2);

/// The lecture programs that are measured, each in Rust and in C.
pub(crate) struct Programs {
    pub(crate) tcp_echoserv: [Program; 2],
    pub(crate) udp_echoserv: [Program; 2],
    pub(crate) ascii_ip: [Program; 2],
}

impl Programs {
    /// Builds them into the folder `target`: the Rust files as `cargo build --release` does.
    pub(crate) fn build(target: &Path) -> io::Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "-p", "tcp_echoserv", "-p", "udp_echoserv", "-p", "ascii_ip"]);
        build.arg("--target-dir").arg(target).current_dir(root());
        if !build.status()?.success() {
            return Err(io::Error::other("cargo build --release has failed"));
        }
        let both = |name: &str| twins(&target.join("release").join(name).to_string_lossy());
        Ok(Programs {
            tcp_echoserv: both("tcp_echoserv")?,
            udp_echoserv: both("udp_echoserv")?,
            ascii_ip: both("ascii_ip")?,
        })
    }

    /// Each program, in both languages.
    pub(crate) fn all(&self) -> [&[Program; 2]; 3] {
        [&self.tcp_echoserv, &self.udp_echoserv, &self.ascii_ip]
    }

    /// Every TCP echo server. `scratch` is a folder for their files.
    pub(crate) fn tcp_echo<'a>(&'a self, scratch: &'a Path) -> Vec<EchoServer<'a>> {
        let mut servers = ours(&self.tcp_echoserv);
        servers.push(EchoServer {
            name: "xinetd",
            ours: false,
            absent: missing_program("xinetd"),
            patience: PATIENCE,
            start: Box::new(|| xinetd(scratch)),
        });
        // 4096 is PIPE_BUF: a larger block can be half in its pipe, and then socat waits for itself.
        servers.push(theirs("socat", Transport::Tcp, |port| {
            format!("-b4096 TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr PIPE")
        }));
        servers.push(theirs("ncat", Transport::Tcp, |port| format!("-lk 127.0.0.1 {port} --exec /bin/cat")));
        servers
    }

    /// Every UDP echo server.
    pub(crate) fn udp_echo(&self) -> Vec<EchoServer<'_>> {
        let mut servers = ours(&self.udp_echoserv);
        // Datagrams of cat's too: a pipe would join them.
        servers.push(theirs("socat", Transport::Udp, |port| {
            format!("-b65536 UDP-LISTEN:{port},bind=127.0.0.1,fork EXEC:cat,socktype=2")
        }));
        servers
    }
}

/// A server that sends back what it gets.
pub(crate) struct EchoServer<'a> {
    pub(crate) name: &'static str,
    /// Is it a lecture program?
    ours: bool,
    /// Why it cannot take part.
    absent: Option<String>,
    /// How long its client waits for it.
    patience: Duration,
    start: Box<dyn Fn() -> io::Result<Server> + 'a>,
}

impl EchoServer<'_> {
    /// It, taking part under this name: started anew, at a free port of loopback, for each figure that `sample` takes.
    pub(crate) fn contestant<'a>(
        &'a self,
        name: String,
        sample: impl Fn(SocketAddrV4, Duration) -> io::Result<f64> + 'a,
    ) -> Contestant<'a> {
        let sample = move || {
            let server = (self.start)()?;
            sample(server.addr(), self.patience)
        };
        Contestant { name, absent: self.absent.clone(), ours: self.ours, sample: Box::new(sample) }
    }
}

fn ours(twins: &[Program; 2]) -> Vec<EchoServer<'_>> {
    let server = |(name, program)| {
        let program: &Program = program;
        EchoServer {
            name,
            ours: true,
            absent: None,
            patience: DEADLINE,
            start: Box::new(|| program.serve(&[])),
        }
    };
    LANGUAGES.into_iter().zip(twins).map(server).collect()
}

/// A server with nothing to configure but its arguments.
fn theirs(name: &'static str, transport: Transport, args: fn(u16) -> String) -> EchoServer<'static> {
    let start = move || {
        Server::start(transport, |port| {
            let mut command = Command::new(name);
            command.args(args(port).split(' '));
            command
        })
    };
    EchoServer {
        name,
        ours: false,
        absent: missing_program(name),
        patience: PATIENCE,
        start: Box::new(start),
    }
}

/// xinetd's built-in echo, without its limits to connections.
fn xinetd(scratch: &Path) -> io::Result<Server> {
    let conf = scratch.join("xinetd.conf");
    let user = nix::unistd::geteuid();
    Server::start(Transport::Tcp, |port| {
        let service = format!(
            "service echo\n{{\n type = INTERNAL UNLISTED\n id = echo\n socket_type = stream\n protocol = tcp\n \
             wait = no\n user = {user}\n port = {port}\n bind = 127.0.0.1\n flags = IPv4\n \
             instances = UNLIMITED\n per_source = UNLIMITED\n cps = 1000000 1\n}}\n"
        );
        // If that fails, xinetd ends at once and says why.
        let _ = fs::write(&conf, service);
        let mut command = Command::new("xinetd");
        command.arg("-dontfork").arg("-f").arg(&conf);
        command.arg("-pidfile").arg(scratch.join("xinetd.pid"));
        command.arg("-filelog").arg(scratch.join("xinetd.log"));
        command
    })
}
