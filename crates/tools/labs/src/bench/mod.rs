//! The tester's bench: starts a submission, is its peer, waits for what it does, and never waits for ever.

mod echo;
mod peer;
mod run;
mod show;
mod tables;
mod watch;

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jail::{How, Limits, Place};
use labkit::Transport;

pub use echo::Echo;
pub use peer::{Datagrams, End, Exchange, Listener, Peer};
pub(crate) use run::has_ended;
pub(crate) use run::now;
pub use run::{Finished, Patience, Run, Tape, output};
pub use show::{bytes, compare};
pub use tables::{Row, udp_connected, waiting, waits_at};

use run::Traced;

use crate::verdict::{Failure, Fault, Verdict};
use crate::words;
use crate::words::Words;

/// Everything that a check works with. What is random comes from [`Bench::rng`], which starts from the run's seed and the
/// check's id, so that each check meets the same values whichever checks ran before it.
#[derive(Debug)]
pub struct Bench {
    /// Where the submission lives.
    pub place: Place,
    /// How it is started, as it is in there: `["/work/tcp_echoserv"]`.
    pub program: Vec<String>,
    /// The source of what is random.
    pub rng: fastrand::Rng,
    notes: Vec<Words>,
    /// Was anything that it printed converted from EUC-KR before it was read?
    converted: Arc<AtomicBool>,
    /// The ids of the checks that have failed so far.
    pub failed: Vec<&'static str>,
    /// The ids of those that have passed.
    pub passed: Vec<&'static str>,
    /// What its traced runs have shown so far.
    pub(crate) traced: Rc<RefCell<Traced>>,
    /// Does a search that has found something look for the fewest acts?
    pub shrinks: bool,
    /// The fewest acts after which the last search saw the program and its model part.
    pub acts: Vec<serde_json::Value>,
    /// Such acts, to be played instead of a search. With the same seed and the same [`Bench::failed`] the bytes are the same too.
    pub replay: Option<Vec<serde_json::Value>>,
    /// Takes down what happens, if somebody wants to see it: then every run is traced.
    pub tape: Option<Rc<RefCell<Tape>>>,
    memory: HashMap<&'static str, Result<Rc<dyn Any>, Failure>>,
    /// Was the last [`Bench::server_address`] a loopback one?
    was_loopback: bool,
}

/// Ports that any user may bind, and that Linux chooses for nobody (`ip_local_port_range`, ip(7)).
const LOW_PORTS: RangeInclusive<u16> = 1024..=32767;

/// Such ports above those that it chooses from.
const HIGH_PORTS: RangeInclusive<u16> = 61_000..=65_535;

/// A line has at most so many bytes, newline included: the statements.
pub const LONGEST_LINE: usize = 4096;

/// Options of a start.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Descriptors that are open already: 3, 5.
    pub occupied: Vec<i32>,
    /// Is its stdin closed, as after `<&-` in a shell?
    pub without_stdin: bool,
    /// The soft and the hard limit of open descriptors, if not the usual ones.
    pub open_files: Option<(u64, u64)>,
    /// Look at its calls?
    pub traced: bool,
    /// Faults for strace to inject: `accept,accept4:error=EMFILE:when=2` (strace(1)). Implies `traced`.
    pub inject: Vec<String>,
}

impl Bench {
    /// For a submission that is built.
    #[must_use]
    pub fn new(place: Place, program: Vec<String>) -> Self {
        Bench {
            place,
            program,
            rng: fastrand::Rng::with_seed(0),
            notes: Vec::new(),
            converted: Arc::default(),
            failed: Vec::new(),
            passed: Vec::new(),
            traced: Rc::default(),
            shrinks: true,
            acts: Vec::new(),
            replay: None,
            tape: None,
            memory: HashMap::new(),
            was_loopback: false,
        }
    }

    /// Starts the submission with these arguments.
    pub fn start(&self, args: &[&str]) -> Verdict<Run> {
        self.start_with(args, &Start::default())
    }

    /// Starts the submission with these arguments, in special circumstances.
    pub fn start_with(&self, args: &[&str], start: &Start) -> Verdict<Run> {
        let command = self.program.iter().cloned().chain(args.iter().map(ToString::to_string)).collect();
        let limits = self.place.limits();
        let limits = Limits { open_files: start.open_files.unwrap_or(limits.open_files), ..limits };
        let how = How {
            limits,
            building: false,
            // The ports are the slides', as in scripts/lab.
            env: vec![("PRACTICE_NETWORK".into(), "1".into())],
            occupied: start.occupied.clone(),
            without_stdin: start.without_stdin,
            strace: Vec::new(),
        };
        let traced = start.traced || !start.inject.is_empty() || self.tape.is_some();
        let mut run = Run::start(&self.place, command, how, traced.then_some(&start.inject[..]))?;
        run.converted = Arc::clone(&self.converted);
        run.traced = Rc::clone(&self.traced);
        run.tape.clone_from(&self.tape);
        Ok(run)
    }

    /// Runs the submission to its end with `stdin` as its input. Fails if it doesn't end, or dies from a signal.
    pub fn run(&self, args: &[&str], stdin: &[u8]) -> Verdict<Finished> {
        let run = self.start(args)?;
        run.write(stdin);
        run.finish()
    }

    /// As [`Bench::run`], for what reads nothing: its stdin stays open and empty, as a terminal's where nobody types. Traced, so that
    /// which other programs it starts is seen in the labs without a peer, too.
    pub fn run_at_terminal(&self, args: &[&str]) -> Verdict<Finished> {
        self.start_with(args, &Start { traced: true, ..Start::default() })?.finish_unread()
    }

    /// Starts the submission, a TCP server, with a free port as its argument and waits until the kernel says that it listens
    /// there. Gives the port too.
    pub fn serve_tcp(&mut self, start: &Start) -> Verdict<(Run, u16)> {
        self.serve(start, Transport::Tcp)
    }

    /// As [`Bench::serve_tcp`], for a UDP server: one that is bound.
    pub fn serve_udp(&mut self, start: &Start) -> Verdict<(Run, u16)> {
        self.serve(start, Transport::Udp)
    }

    fn serve(&mut self, start: &Start, transport: Transport) -> Verdict<(Run, u16)> {
        let port = self.free_port()?;
        let (asked, other) = match transport {
            Transport::Tcp => (transport, Transport::Udp),
            Transport::Udp => (transport, Transport::Tcp),
        };
        // Others': of the tester's own, of a run that is about to be gone, or of somebody else where the network is not its own.
        let before = (waiting(asked)?, waiting(other)?);
        let run = self.start_with(&[&port.to_string()], start)?;
        if run.waits_at(&[asked], port)? {
            return Ok((run, port));
        }
        let new = |rows: Vec<Row>, before: &[Row]| -> Vec<u16> {
            rows.iter().filter(|row| !before.contains(row)).map(|row| row.local.port()).collect()
        };
        let (others, wrong_kind) = (new(waiting(asked)?, &before.0), new(waiting(other)?, &before.1));
        let transport = match asked {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        };
        let cause = if others.contains(&port.swap_bytes()) {
            words!(
                "{port}의 두 바이트가 뒤바뀐 포트에서 기다리고 있어요. sin_port에는 htons(port)를 넣으세요.",
                "It waits at {port} with its two bytes swapped. sin_port takes htons(port)."
            )
        } else if wrong_kind.contains(&port) {
            words!(
                "그 포트를 다른 프로토콜로 열었어요. socket의 종류는 TCP라면 SOCK_STREAM, UDP라면 SOCK_DGRAM이에요.",
                "It has that port of the other protocol. socket's type is SOCK_STREAM for TCP and SOCK_DGRAM for UDP."
            )
        } else if !others.is_empty() {
            words!("포트 번호는 인자로 받은 값이어야 해요.", "The port is the one that the argument says.")
        } else {
            Words::default()
        };
        let failure = Failure {
            did: run.did(),
            expected: words!(
                "{transport} 포트 {port}에서 기다려야 해요",
                "it waits at {transport} port {port}"
            ),
            got: if others.is_empty() {
                words!("기다리고 있는 {transport} 포트가 없어요", "it waits at no {transport} port")
            } else {
                words!(
                    "기다리고 있는 {transport} 포트는 이것뿐이에요: {others:?}",
                    "{transport} ports where it waits: {others:?}"
                )
            },
            cause,
        };
        Err(run.explain(failure).into())
    }

    /// What `find` found the first time that somebody asked for it under this name: for what several checks look at.
    pub fn once<T: 'static>(
        &mut self,
        name: &'static str,
        find: impl FnOnce(&mut Bench) -> Verdict<T>,
    ) -> Verdict<Rc<T>> {
        if !self.memory.contains_key(name) {
            let found: Result<Rc<dyn Any>, Failure> = match find(self) {
                Ok(found) => Ok(Rc::new(found)),
                Err(Fault::Failed(failure) | Fault::Died(failure)) => Err(*failure),
                Err(fault) => return Err(fault),
            };
            self.memory.insert(name, found);
        }
        match self.memory.get(name) {
            Some(Ok(found)) => Ok(Rc::clone(found)
                .downcast()
                .map_err(|_| io::Error::other(format!("{name}: two types under one name")))?),
            Some(Err(failure)) => Err(failure.clone().into()),
            None => Err(io::Error::other(name).into()),
        }
    }

    /// The programs that do such labs' work and that it was seen to start.
    #[must_use]
    pub fn ready_made(&self) -> Vec<String> {
        self.traced.borrow().ready_made.iter().cloned().collect()
    }

    /// Has a check had its turn, whatever came of it?
    #[must_use]
    pub fn has_tried(&self, check: &str) -> bool {
        self.passed.contains(&check) || self.failed.contains(&check)
    }

    /// What is worth saying and costs nothing.
    #[must_use]
    pub fn notes(&self) -> Vec<Words> {
        let converted = self.converted.load(Ordering::Relaxed).then(|| {
            words!(
                "출력이 UTF-8이 아니어서 EUC-KR(CP949)로 읽었어요. 점수를 잃지는 않아요.",
                "What it prints is not UTF-8, and was read as EUC-KR (CP949). It costs nothing."
            )
        });
        let ready_made = self.ready_made().join(", ");
        let calls_others = (!ready_made.is_empty()).then(|| {
            words!(
                "{ready_made}: 과제에서 할 일을 대신하는 다른 프로그램을 실행해요. 규칙에서는 제출물이 시스템 콜을 직접 불러야 해요.",
                "{ready_made}: it calls another program that does the lab's work. The rules ask for a program that makes the calls itself."
            )
        });
        self.notes.iter().cloned().chain(converted).chain(calls_others).collect()
    }

    /// Says something that costs nothing, once.
    pub fn note(&mut self, note: Words) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A port below 32768 that any user may bind, and nobody has; and with its two bytes swapped it is another one that any user may bind.
    pub fn free_port(&mut self) -> io::Result<u16> {
        self.free_port_of(LOW_PORTS)
    }

    /// As [`Bench::free_port`], for one from 61000 on.
    pub fn high_port(&mut self) -> io::Result<u16> {
        self.free_port_of(HIGH_PORTS)
    }

    fn free_port_of(&mut self, ports: RangeInclusive<u16>) -> io::Result<u16> {
        // However many are tried, what is random afterwards is the same.
        let mut rng = self.rng.fork();
        loop {
            let port = rng.u16(ports.clone());
            if !tells_swapped(port) {
                continue;
            }
            let addr = (Ipv4Addr::UNSPECIFIED, port);
            if std::net::TcpListener::bind(addr).is_ok() && std::net::UdpSocket::bind(addr).is_ok() {
                return Ok(port);
            }
        }
    }

    /// An address of this machine: a random loopback one and the other one that it has, in turn. No seed is without one of them.
    pub fn server_address(&mut self) -> Ipv4Addr {
        self.was_loopback = !self.was_loopback;
        if self.was_loopback { self.loopback() } else { self.place.address }
    }

    /// A random loopback address: 127.x.y.z, one byte with its highest bit set and one without.
    pub fn loopback(&mut self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.rng.u8(128..), self.rng.u8(1..128), self.rng.u8(2..=254))
    }

    /// A line of `n` bytes, the newline at its end included, of letters and digits.
    pub fn line(&mut self, n: usize) -> Vec<u8> {
        let mut line: Vec<u8> = (1..n).map(|_| self.rng.alphanumeric() as u8).collect();
        line.push(b'\n');
        line
    }

    /// A server's socket of the tester's.
    pub fn listen(&self, address: Ipv4Addr, port: u16) -> io::Result<Listener> {
        Listener::bind(SocketAddrV4::new(address, port))
    }

    /// A datagram socket of the tester's; at a port of the system's choice if it is 0.
    pub fn datagrams(&self, address: Ipv4Addr, port: u16) -> io::Result<Datagrams> {
        Datagrams::bind(SocketAddrV4::new(address, port))
    }

    /// TCP and UDP echo servers of the tester's.
    pub fn echo(&self, address: Ipv4Addr, port: u16) -> io::Result<Echo> {
        Echo::bind(SocketAddrV4::new(address, port))
    }
}

/// Is a port another one with its bytes swapped, and one that any user may bind as well? Else who forgets htons is lucky, or fails
/// for another reason.
fn tells_swapped(port: u16) -> bool {
    port.swap_bytes() >= 1024 && port.swap_bytes() != port
}

/// Started as a shell would show it: `tcp_echocli 127.1.2.3`.
#[must_use]
pub fn command_line(name: &str, args: &[&str]) -> String {
    std::iter::once(name).chain(args.iter().copied()).collect::<Vec<_>>().join(" ")
}

/// Fails unless a program that ended exited with another status than 0. Who checks and then calls exit(0) and who doesn't
/// check look the same from outside: the cause speaks of both.
pub fn ensure_refused(did: Words, finished: &Finished) -> Verdict {
    if finished.exit_status() != Some(0) {
        return Ok(());
    }
    let expected = words!("0이 아닌 종료 상태로 끝나야 해요", "an exit status that is not 0");
    let cause = words!(
        "슬라이드의 exit(0)은 셸에서 성공을 뜻해요. 호출이 실패하면 메시지를 출력하고 exit(1)로 끝내세요. 반환값을 확인하지 않은 호출이 있는지도 확인하세요.",
        "The slides' exit(0) means success to a shell. When a call fails, print a message and exit(1). And is there a call whose result the program doesn't look at?"
    );
    Err(Failure { did, expected, got: ended_with(0, finished), cause }.into())
}

/// The exit status and the output, as a failure shows them.
fn ended_with(status: i32, finished: &Finished) -> Words {
    let shown = output(finished);
    Words {
        ko: format!("프로그램이 끝났어요(종료 상태 {status})\n{}", shown.ko),
        en: format!("exit status {status}\n{}", shown.en),
    }
}

/// Fails unless a program that ended exited with status 0.
pub fn ensure_success(did: Words, finished: &Finished) -> Verdict {
    let status = match finished.exit_status() {
        Some(0) => return Ok(()),
        Some(status) => status,
        None => -1,
    };
    let expected = words!("종료 상태 0으로 끝나야 해요", "exit status 0");
    let got = ended_with(status, finished);
    let cause = words!(
        "성공했을 때 main은 return 0(또는 exit(0))으로 끝나야 해요. 실패했다는 메시지를 출력했다면 그 호출부터 확인하세요.",
        "main ends with return 0 (or exit(0)) when all went well. If it says that a call failed, look at that first."
    );
    Err(Failure { did, expected, got, cause }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_whose_bytes_are_alike_or_give_a_low_one_is_not_taken() {
        assert_eq!([0x1234, 0x1212, 0x1201, 0x1204].map(tells_swapped), [true, false, false, true]);
    }
}
