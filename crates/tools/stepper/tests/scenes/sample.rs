//! Recordings written by hand, as Linux would give them: what the player is tried with, whatever a recorder can do. The
//! listings are the real files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use stepper::recording::{
    Descriptor, Descriptors, Process, Protocol, Recording, Role, Segment, Socket, Source, State, Step,
    VERSION,
};

const SERVER: usize = 0;
const CLIENT: usize = 1;
const SECOND: usize = 2;
/// What is typed at the client.
const TEXT: &str = r"abcdefg\n";

/// tcp_echocli and tcp_echoserv: one line there and back. Of both languages it is the same but for ports and text.
pub(crate) fn echo(language: &'static str) -> Recording {
    let mut scene = Scene::new(language, "tcp_echoserv", if language == "C" { 41234 } else { 41300 });
    scene.server_starts();
    scene.waits(SERVER, "accept", &["3"]);
    scene.prints("0.0.0.0:5000에서 연결을 기다립니다.\n");
    scene.client_connects(CLIENT, 2);
    scene.socket(1, |socket| socket.accept_queue = Some(1));
    scene.server_accepts(0);
    scene.waits(SERVER, "read", &["4"]);
    scene.client_writes();
    scene.server_echoes(true);
    scene.waits(SERVER, "read", &["4"]);
    scene.client_ends();
    scene.step(SERVER, "read", &["4", "\"\"", "65536"], "0", true);
    scene.step(SERVER, "close", &["4"], "0", false);
    scene.crosses(&[(false, "FIN ACK", ""), (true, "ACK", "")]);
    scene.closes(4);
    scene.after(|state| state.sockets.retain(|socket| socket.id != 3));
    scene.socket(2, |socket| socket.state = "TIME_WAIT".into());
    scene.waits(SERVER, "accept", &["3"]);
    scene.recording()
}

/// The server has not come to accept yet: two clients are connected all the same, and one has written (slide 36). The server
/// forks; the second client's connection is reset and its write ends it.
pub(crate) fn crowd() -> Recording {
    let mut scene = Scene::new("C", "second_client", 41234);
    scene.server_starts();
    scene.client_connects(CLIENT, 2);
    scene.socket(1, |socket| socket.accept_queue = Some(1));
    scene.client_writes();
    scene.port += 2;
    scene.client_connects(SECOND, 4);
    scene.socket(1, |socket| socket.accept_queue = Some(2));
    scene.port -= 2;
    scene.server_accepts(1);
    scene.step(SERVER, "fork", &[], "4711", false);
    scene.after(|state| {
        let parent = state.processes[SERVER].clone();
        state.processes.push(parent);
    });
    scene.step(SERVER, "close", &["4"], "0", false);
    scene.closes(4);
    scene.waits(SERVER, "accept", &["3"]);
    scene.port += 2;
    scene.step(SECOND, "write", &["3", r#""x""#, "1"], "1", false);
    scene.crosses(&[(true, "PSH ACK", "x"), (false, "RST", "")]);
    scene.socket(4, |socket| socket.state = "CLOSED".into());
    scene.after(|state| state.sockets.retain(|socket| socket.id != 5));
    scene.socket(1, |socket| socket.accept_queue = Some(0));
    scene.step(SECOND, "write", &["3", r#""x""#, "1"], "-1 EPIPE (Broken pipe)", false);
    scene.step(SECOND, "killed", &[], "", false);
    scene.steps.last_mut().unwrap().result = None;
    scene.steps.last_mut().unwrap().signals = vec!["SIGPIPE".into()];
    scene.after(|state| state.processes[SECOND] = Descriptors::default());
    scene.recording()
}

struct Scene {
    language: &'static str,
    name: &'static str,
    port: u16,
    steps: Vec<Step>,
    state: State,
    /// The next sequence number of each direction of a connection: of the client's port, from client and from server.
    next: BTreeMap<u16, [u32; 2]>,
}

const SERVER_PORT: u16 = 5000;

fn address(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn socket(id: usize, local: Option<SocketAddr>, remote: Option<SocketAddr>, state: &str) -> Socket {
    Socket {
        id,
        protocol: Protocol::Tcp,
        local,
        remote,
        state: state.into(),
        recv_queue: 0,
        send_queue: 0,
        accept_queue: None,
        backlog: None,
    }
}

fn sockaddr(ip: &str, port: u16) -> String {
    format!("{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr(\"{ip}\")}}")
}

fn quoted() -> String {
    format!("\"{TEXT}\"")
}

fn terminals() -> Descriptors {
    let all = ["keyboard", "screen", "screen"].into_iter().zip(0..);
    Descriptors {
        descriptors: all.map(|(what, fd)| Descriptor { fd, what: what.into(), socket: None }).collect(),
    }
}

/// Where the call of a step is in the program, by a piece of its line.
fn needle(process: usize, call: &str, rust: bool) -> Option<&'static str> {
    Some(match (process, call) {
        (_, "rt_sigaction") => "signal(SIGPIPE, SIG_IGN)",
        (SERVER, "socket") if rust => "socket(AddressFamily::Inet",
        (_, "socket") if rust => "let s = socket(AddressFamily::Inet",
        (_, "socket") => "= socket(PF_INET",
        (_, "bind") if rust => "bind(listen_sock.as_raw_fd()",
        (_, "bind") => "bind(listen_sock,",
        (_, "listen") if rust => "listen(&listen_sock, backlog)",
        (_, "listen") => "listen(listen_sock, 5)",
        (_, "accept") if rust => "unsafe { accept(",
        (_, "accept") => "= accept(listen_sock",
        (SERVER, "read") if rust => "match read(&accp_sock",
        (SERVER, "read") => "n = read(accp_sock",
        (SERVER, "write") if rust => "writen(&accp_sock",
        (SERVER, "write") => "writen(accp_sock",
        (SERVER, "close") => "close(accp_sock)",
        (_, "connect") if rust => "connect(s.as_raw_fd()",
        (_, "connect") => "if (connect(s,",
        (_, "read 0") if rust => "get_line(&mut buf)?",
        (_, "read 0") => "= get_line(buf",
        (_, "write") if rust => "writen(&s",
        (_, "write") => "writen(s, buf",
        (_, "read") if rust => "match read(&s",
        (_, "read") => "r = read(s, buf",
        (_, "close") => "close(s)",
        _ => return None,
    })
}

impl Scene {
    fn new(language: &'static str, name: &'static str, port: u16) -> Self {
        Scene { language, name, port, steps: Vec::new(), state: State::default(), next: BTreeMap::new() }
    }

    /// What the last step has changed.
    fn after(&mut self, change: impl FnOnce(&mut State)) {
        change(&mut self.state);
        self.steps.last_mut().unwrap().state = self.state.clone();
    }

    fn socket(&mut self, id: usize, change: impl FnOnce(&mut Socket)) {
        self.after(|state| change(state.sockets.iter_mut().find(|socket| socket.id == id).unwrap()));
    }

    fn file(&self, process: usize) -> (&'static str, &'static str) {
        match (process == SERVER, self.language) {
            (true, "C") => (
                "crates/tcp_echoserv/tcp_echoserv.c",
                include_str!("../../../../tcp_echoserv/tcp_echoserv.c"),
            ),
            (true, _) => {
                ("crates/tcp_echoserv/src/main.rs", include_str!("../../../../tcp_echoserv/src/main.rs"))
            }
            (false, "C") => {
                ("crates/tcp_echocli/tcp_echocli.c", include_str!("../../../../tcp_echocli/tcp_echocli.c"))
            }
            (false, _) => {
                ("crates/tcp_echocli/src/main.rs", include_str!("../../../../tcp_echocli/src/main.rs"))
            }
        }
    }

    fn source(&self, process: usize, call: &str) -> Option<Source> {
        let (file, text) = self.file(process);
        let needle = needle(process, call, self.language != "C")?;
        let line =
            text.lines().position(|line| line.contains(needle) && !line.trim_start().starts_with("use "));
        let line = 1 + line.unwrap_or_else(|| panic!("{needle} is not in {file}"));
        let steps =
            text.lines().take(line).filter_map(|line| line.trim().strip_prefix("// ")?.split_once(". "));
        let step = steps.filter_map(|(number, _)| number.parse().ok()).last();
        Some(Source { file: file.into(), line, step })
    }

    fn step(&mut self, process: usize, call: &str, args: &[&str], result: &str, blocked: bool) {
        let line = if call == "read" && args[0] == "0" { "read 0" } else { call };
        self.steps.push(Step {
            n: self.steps.len() + 1,
            process,
            call: call.into(),
            args: args.iter().map(ToString::to_string).collect(),
            result: Some(result.into()),
            source: self.source(process, line),
            blocked,
            printed: String::new(),
            signals: Vec::new(),
            segments: Vec::new(),
            state: self.state.clone(),
        });
    }

    fn waits(&mut self, process: usize, call: &str, args: &[&str]) {
        self.step(process, call, args, "", true);
        self.steps.last_mut().unwrap().result = None;
    }

    fn prints(&mut self, text: &str) {
        self.steps.last_mut().unwrap().printed = text.into();
    }

    fn opens(&mut self, fd: i32, socket: usize) {
        let process = self.steps.last().unwrap().process;
        let descriptor = Descriptor { fd, what: "socket".into(), socket: Some(socket) };
        self.after(|state| state.processes[process].descriptors.push(descriptor));
    }

    fn closes(&mut self, fd: i32) {
        let process = self.steps.last().unwrap().process;
        self.after(|state| state.processes[process].descriptors.retain(|descriptor| descriptor.fd != fd));
    }

    /// Segments of the last step: whether they come from the client, their flags and data.
    fn crosses(&mut self, segments: &[(bool, &str, &str)]) {
        let next = self.next.entry(self.port).or_insert([3_000_000_123, 17_000_456]);
        for (client, flags, data) in segments {
            let (own, other) = if *client { (0, 1) } else { (1, 0) };
            let len = data.replace(r"\n", "\n").len();
            let ends = [address(self.port), address(SERVER_PORT)];
            self.steps.last_mut().unwrap().segments.push(Segment {
                from: ends[own],
                to: ends[other],
                protocol: Protocol::Tcp,
                flags: (*flags).into(),
                seq: next[own],
                ack: if flags.contains("ACK") { next[other] } else { 0 },
                len,
                data: (*data).into(),
                dropped: false,
                packet: Vec::new(),
                time: Duration::ZERO,
            });
            next[own] +=
                u32::try_from(len).unwrap() + u32::from(flags.contains("SYN") || flags.contains("FIN"));
        }
    }

    fn begins(&mut self, process: usize) {
        let new = "{sa_handler=SIG_IGN, sa_mask=[PIPE], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x7f12}";
        let old = "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}";
        self.step(process, "rt_sigaction", &["SIGPIPE", new, old, "8"], "0", false);
        self.after(|state| state.processes.push(terminals()));
    }

    fn server_starts(&mut self) {
        self.begins(SERVER);
        self.step(SERVER, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_IP"], "3", false);
        self.after(|state| state.sockets.push(socket(1, None, None, "CLOSED")));
        self.opens(3, 1);
        self.step(SERVER, "bind", &["3", &sockaddr("0.0.0.0", SERVER_PORT), "16"], "0", false);
        self.socket(1, |socket| socket.local = Some(([0, 0, 0, 0], SERVER_PORT).into()));
        self.step(SERVER, "listen", &["3", "5"], "0", false);
        self.socket(1, |socket| {
            socket.state = "LISTEN".into();
            socket.accept_queue = Some(0);
            socket.backlog = Some(5);
        });
    }

    /// The client's socket gets the number `id`, that of its connection in the server the next.
    fn client_connects(&mut self, client: usize, id: usize) {
        self.begins(client);
        self.step(client, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_IP"], "3", false);
        self.after(|state| state.sockets.push(socket(id, None, None, "CLOSED")));
        self.opens(3, id);
        self.step(client, "connect", &["3", &sockaddr("127.0.0.1", SERVER_PORT), "16"], "0", false);
        self.crosses(&[(true, "SYN", ""), (false, "SYN ACK", ""), (true, "ACK", "")]);
        let (own, other) = (Some(address(self.port)), Some(address(SERVER_PORT)));
        self.after(|state| {
            *state.sockets.last_mut().unwrap() = socket(id, own, other, "ESTABLISHED");
            state.sockets.push(socket(id + 1, other, own, "ESTABLISHED"));
        });
    }

    fn server_accepts(&mut self, waiting: usize) {
        let blocked = self.steps.iter().rev().find(|step| step.process == SERVER).is_some_and(Step::waits);
        self.step(SERVER, "accept", &["3", &sockaddr("127.0.0.1", self.port), "[16]"], "4", blocked);
        self.opens(4, 3);
        self.socket(1, |socket| socket.accept_queue = Some(waiting));
    }

    fn client_writes(&mut self) {
        self.waits(CLIENT, "read", &["0"]);
        self.prints("입력 : ");
        self.step(CLIENT, "read", &["0", &quoted(), "4096"], "8", true);
        self.step(CLIENT, "write", &["3", &quoted(), "8"], "8", false);
        self.crosses(&[(true, "PSH ACK", TEXT), (false, "ACK", "")]);
        self.socket(3, |socket| socket.recv_queue = 8);
        self.waits(CLIENT, "read", &["3"]);
    }

    fn server_echoes(&mut self, blocked: bool) {
        self.step(SERVER, "read", &["4", &quoted(), "65536"], "8", blocked);
        self.socket(3, |socket| socket.recv_queue = 0);
        self.step(SERVER, "write", &["4", &quoted(), "8"], "8", false);
        self.crosses(&[(false, "PSH ACK", TEXT), (true, "ACK", "")]);
        self.socket(2, |socket| socket.recv_queue = 8);
    }

    fn client_ends(&mut self) {
        self.step(CLIENT, "read", &["3", &quoted(), "8"], "8", true);
        self.socket(2, |socket| socket.recv_queue = 0);
        self.step(CLIENT, "close", &["3"], "0", false);
        self.crosses(&[(true, "FIN ACK", ""), (false, "ACK", "")]);
        self.closes(3);
        self.socket(2, |socket| socket.state = "FIN_WAIT2".into());
        self.socket(3, |socket| socket.state = "CLOSE_WAIT".into());
        self.step(CLIENT, "exit_group", &["0"], "?", false);
        self.prints("수신 : abcdefg\n");
        self.after(|state| state.processes[CLIENT] = Descriptors::default());
    }

    fn recording(self) -> Recording {
        let port = SERVER_PORT;
        let all = [
            ("server", format!("tcp_echoserv {port}"), Role::Server),
            ("client", format!("tcp_echocli 127.0.0.1 {port}"), Role::Client),
            ("client 2", format!("tcp_echocli 127.0.0.1 {port}"), Role::Client),
            ("server's child", format!("tcp_echoserv {port}"), Role::Server),
        ];
        let began = self.state.processes.len();
        let processes = all.into_iter().take(began).map(|(name, program, role)| Process {
            name: name.into(),
            program,
            language: self.language.into(),
            role,
        });
        let files =
            [SERVER, CLIENT].map(|process| self.file(process)).map(|(file, text)| (file.into(), text.into()));
        Recording {
            version: VERSION,
            scene: self.name.into(),
            processes: processes.collect(),
            steps: self.steps,
            files: files.into(),
        }
    }
}
