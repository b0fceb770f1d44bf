//! An echo conversation written by hand, and a `Live` that plays it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use stepper::recording::{
    Descriptor, Descriptors, Process, Protocol, Recording, Role, Segment, Socket, Source, State, Step,
    VERSION,
};
use stepper::screen::Live;
use stepper::stage::Turn;

/// Plays a recording: the next step can be made by the process that makes it there, and by nobody else.
pub(crate) struct Replay {
    pub(crate) now: Recording,
    rest: VecDeque<Step>,
    /// What has been typed, of whom; none is the end of input.
    pub(crate) typed: Vec<(usize, Option<String>)>,
}

impl Replay {
    pub(crate) fn of(mut recording: Recording) -> Self {
        let rest = std::mem::take(&mut recording.steps).into();
        Self { now: recording, rest, typed: Vec::new() }
    }

    fn last(&self, process: usize) -> Option<&Step> {
        self.now.steps.iter().rfind(|step| step.process == process)
    }

    /// How many lines it has waited for; as many have to be typed.
    fn reads(&self, process: usize) -> usize {
        self.now.steps.iter().filter(|it| it.process == process && it.waits() && reads_input(it)).count()
    }

    fn has_typed(&self, process: usize) -> usize {
        self.typed.iter().filter(|(it, _)| *it == process).count()
    }
}

fn reads_input(step: &Step) -> bool {
    step.call == "read" && step.args[0] == "0"
}

impl Live for Replay {
    fn recording(&self) -> &Recording {
        &self.now
    }

    fn turn(&mut self, process: usize) -> io::Result<Turn> {
        let last = self.last(process);
        if last.is_some_and(|step| step.call == "exit_group") {
            return Ok(Turn::Ended);
        }
        let needs_line = last.is_some_and(|step| step.waits() && reads_input(step));
        let has_it = self.has_typed(process) >= self.reads(process);
        let next = self.rest.front().is_some_and(|step| step.process == process);
        Ok(if next && (!needs_line || has_it) { Turn::Ready } else { Turn::Waits })
    }

    fn step(&mut self, process: usize) -> io::Result<()> {
        assert_eq!(self.turn(process)?, Turn::Ready, "nobody may let {process} go on");
        self.now.steps.extend(self.rest.pop_front());
        Ok(())
    }

    fn let_time_pass(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn type_line(&mut self, process: usize, line: &[u8]) -> io::Result<()> {
        self.typed.push((process, Some(String::from_utf8_lossy(line).into_owned())));
        Ok(())
    }

    fn end_of_input(&mut self, process: usize) -> io::Result<()> {
        self.typed.push((process, None));
        Ok(())
    }
}

pub(crate) const SERVER: usize = 0;
pub(crate) const CLIENT: usize = 1;

const SERVER_C: &str = "crates/tcp_echoserv/tcp_echoserv.c";
const CLIENT_C: &str = "crates/tcp_echocli/tcp_echocli.c";

/// What is being written: the steps so far, and what the kernel would say.
struct Pen {
    recording: Recording,
    state: State,
}

impl Pen {
    fn step(&mut self, process: usize, call: &str, args: &[&str], result: Option<&str>) -> &mut Step {
        let n = self.recording.steps.len() + 1;
        self.recording.steps.push(Step {
            n,
            process,
            call: call.into(),
            args: args.iter().map(ToString::to_string).collect(),
            result: result.map(Into::into),
            source: None,
            blocked: result.is_none(),
            printed: String::new(),
            signals: Vec::new(),
            segments: Vec::new(),
            state: self.state.clone(),
        });
        self.recording.steps.last_mut().unwrap()
    }

    fn open(&mut self, process: usize, fd: i32, what: &str, socket: Option<usize>) {
        self.state.processes[process].descriptors.push(Descriptor { fd, what: what.into(), socket });
    }

    fn close(&mut self, process: usize, fd: i32) {
        self.state.processes[process].descriptors.retain(|it| it.fd != fd);
    }

    fn socket(&mut self, id: usize) -> &mut Socket {
        if !self.state.sockets.iter().any(|it| it.id == id) {
            self.state.sockets.push(Socket {
                id,
                protocol: Protocol::Tcp,
                local: None,
                remote: None,
                state: "CLOSED".into(),
                recv_queue: 0,
                send_queue: 0,
                accept_queue: None,
                backlog: None,
            });
        }
        self.state.sockets.iter_mut().find(|it| it.id == id).unwrap()
    }
}

trait Written {
    fn at(&mut self, file: &str, text: &str) -> &mut Self;
    fn after_waiting(&mut self) -> &mut Self;
    fn prints(&mut self, text: &str) -> &mut Self;
    fn segment(&mut self, from: &str, to: &str, flags: &str, seq: u32, ack: u32, data: &str) -> &mut Self;
}

impl Written for Step {
    fn at(&mut self, file: &str, text: &str) -> &mut Self {
        let source = text_of(file);
        let line = source.lines().position(|line| line.contains(text)).unwrap() + 1;
        self.source = Some(Source { file: file.into(), line, step: None });
        self
    }

    fn after_waiting(&mut self) -> &mut Self {
        self.blocked = true;
        self
    }

    fn prints(&mut self, text: &str) -> &mut Self {
        self.printed = text.into();
        self
    }

    fn segment(&mut self, from: &str, to: &str, flags: &str, seq: u32, ack: u32, data: &str) -> &mut Self {
        self.segments.push(Segment {
            from: addr(from),
            to: addr(to),
            protocol: Protocol::Tcp,
            flags: flags.into(),
            seq,
            ack,
            len: data.replace("\\n", "\n").len(),
            data: data.into(),
            dropped: false,
            packet: Vec::new(),
            time: Duration::ZERO,
        });
        self
    }
}

fn text_of(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(file)).unwrap()
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn process(name: &str, program: &str, role: Role) -> Process {
    Process { name: name.into(), program: program.into(), language: "C".into(), role }
}

const SERVED: &str = "127.0.0.1:7";
const ASKED: &str = "127.0.0.1:40000";
/// Initial sequence numbers, one of which is soon at its end.
const ISN: (u32, u32) = (u32::MAX - 2, 2_000_000_000);

/// tcp_echoserv and tcp_echocli with one line, the client's connection waiting until the line has been written.
pub(crate) fn echo() -> Recording {
    let mut pen = Pen {
        recording: Recording {
            version: VERSION,
            scene: "tcp_echoserv".into(),
            processes: vec![
                process("server", "tcp_echoserv", Role::Server),
                process("client", "tcp_echocli 127.0.0.1", Role::Client),
            ],
            steps: Vec::new(),
            files: [SERVER_C, CLIENT_C].map(|file| (file.to_owned(), text_of(file))).into(),
        },
        state: State { processes: vec![Descriptors::default(); 2], sockets: Vec::new() },
    };
    for process in [SERVER, CLIENT] {
        for fd in 0..3 {
            let what = if fd == 0 { "keyboard" } else { "screen" };
            pen.open(process, fd, what, None);
        }
    }
    opening(&mut pen);
    asking(&mut pen);
    answering(&mut pen);
    pen.recording
}

fn opening(pen: &mut Pen) {
    pen.open(SERVER, 3, "socket", Some(1));
    pen.socket(1);
    pen.step(SERVER, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_IP"], Some("3"))
        .at(SERVER_C, "int listen_sock = socket(");
    pen.socket(1).local = Some(addr("0.0.0.0:7"));
    let any = r#"{sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("0.0.0.0")}"#;
    pen.step(SERVER, "bind", &["3", any, "16"], Some("0")).at(SERVER_C, "if (bind(");
    let listening = pen.socket(1);
    listening.state = "LISTEN".into();
    listening.accept_queue = Some(0);
    listening.backlog = Some(5);
    pen.step(SERVER, "listen", &["3", "5"], Some("0")).at(SERVER_C, "if (listen(");
    pen.step(SERVER, "accept", &["3"], None)
        .at(SERVER_C, "int accp_sock = accept(")
        .prints("0.0.0.0:7에서 연결을 기다립니다.\n");

    pen.open(CLIENT, 3, "socket", Some(2));
    pen.socket(2);
    pen.step(CLIENT, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_IP"], Some("3"))
        .at(CLIENT_C, "int s = socket(");
    let asked = pen.socket(2);
    asked.state = "ESTABLISHED".into();
    asked.local = Some(addr(ASKED));
    asked.remote = Some(addr(SERVED));
    let served = pen.socket(3);
    served.state = "ESTABLISHED".into();
    served.local = Some(addr(SERVED));
    served.remote = Some(addr(ASKED));
    pen.socket(1).accept_queue = Some(1);
    let there = r#"{sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}"#;
    pen.step(CLIENT, "connect", &["3", there, "16"], Some("0"))
        .at(CLIENT_C, "if (connect(")
        .segment(ASKED, SERVED, "SYN", ISN.0, 0, "")
        .segment(SERVED, ASKED, "SYN ACK", ISN.1, ISN.0.wrapping_add(1), "")
        .segment(ASKED, SERVED, "ACK", ISN.0.wrapping_add(1), ISN.1 + 1, "");
}

fn asking(pen: &mut Pen) {
    pen.step(CLIENT, "read", &["0"], None).at(CLIENT_C, "size_t n = get_line(").prints("입력 : ");
    pen.step(CLIENT, "read", &["0", r#""abcdefg\n""#, "4096"], Some("8"))
        .after_waiting()
        .at(CLIENT_C, "size_t n = get_line(");
    pen.socket(3).recv_queue = 8;
    pen.step(CLIENT, "write", &["3", r#""abcdefg\n""#, "8"], Some("8"))
        .at(CLIENT_C, "if (writen(")
        .segment(ASKED, SERVED, "PSH ACK", ISN.0.wrapping_add(1), ISN.1 + 1, "abcdefg\\n")
        .segment(SERVED, ASKED, "ACK", ISN.1 + 1, ISN.0.wrapping_add(9), "");
    pen.step(CLIENT, "read", &["3"], None).at(CLIENT_C, "while (nread < n");
}

fn answering(pen: &mut Pen) {
    pen.open(SERVER, 4, "socket", Some(3));
    pen.socket(1).accept_queue = Some(0);
    let who = r#"{sa_family=AF_INET, sin_port=htons(40000), sin_addr=inet_addr("127.0.0.1")}"#;
    pen.step(SERVER, "accept", &["3", who, "[16]"], Some("4"))
        .after_waiting()
        .at(SERVER_C, "int accp_sock = accept(");
    pen.socket(3).recv_queue = 0;
    pen.step(SERVER, "read", &["4", r#""abcdefg\n""#, "65536"], Some("8")).at(SERVER_C, "while ((n = read(");
    pen.socket(2).recv_queue = 8;
    pen.step(SERVER, "write", &["4", r#""abcdefg\n""#, "8"], Some("8"))
        .at(SERVER_C, "if (writen(")
        .segment(SERVED, ASKED, "PSH ACK", ISN.1 + 1, ISN.0.wrapping_add(9), "abcdefg\\n")
        .segment(ASKED, SERVED, "ACK", ISN.0.wrapping_add(9), ISN.1 + 9, "");
    pen.step(SERVER, "read", &["4"], None).at(SERVER_C, "while ((n = read(");

    pen.socket(2).recv_queue = 0;
    pen.step(CLIENT, "read", &["3", r#""abcdefg\n""#, "8"], Some("8"))
        .after_waiting()
        .at(CLIENT_C, "while (nread < n");
    pen.socket(2).state = "FIN_WAIT2".into();
    pen.socket(3).state = "CLOSE_WAIT".into();
    pen.close(CLIENT, 3);
    pen.step(CLIENT, "close", &["3"], Some("0"))
        .at(CLIENT_C, "if (close(s)")
        .segment(ASKED, SERVED, "FIN ACK", ISN.0.wrapping_add(9), ISN.1 + 9, "")
        .segment(SERVED, ASKED, "ACK", ISN.1 + 9, ISN.0.wrapping_add(10), "");
    pen.state.processes[CLIENT].descriptors.clear();
    pen.step(CLIENT, "exit_group", &["0"], None).prints("수신 : abcdefg\n").blocked = false;

    pen.step(SERVER, "read", &["4", r#""""#, "65536"], Some("0"))
        .after_waiting()
        .at(SERVER_C, "while ((n = read(");
    pen.close(SERVER, 4);
    pen.state.sockets.retain(|it| it.id != 3);
    pen.socket(2).state = "TIME_WAIT".into();
    pen.step(SERVER, "close", &["4"], Some("0"))
        .at(SERVER_C, "if (close(accp_sock)")
        .segment(SERVED, ASKED, "FIN ACK", ISN.1 + 9, ISN.0.wrapping_add(10), "")
        .segment(ASKED, SERVED, "ACK", ISN.0.wrapping_add(10), ISN.1 + 10, "");
    pen.step(SERVER, "accept", &["3"], None).at(SERVER_C, "int accp_sock = accept(");
}
