//! What those who send to a UDP echo server may do. The model: whoever sent a datagram is owed the same one, from the port that it
//! was sent to, and nobody else is owed anything.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use labkit::Transport;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as _, any};
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

use super::tcp_server::{any_bytes, differ};
use super::{Port, Told, explore, keeps_nothing, mix, pause, ports, rests_after_act, starts_no_other, works};
use crate::bench::{Bench, Datagrams, Run, Start};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;

/// One act. `who` counts round and round those that are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// Others send from now on.
    Anew,
    /// One sends a datagram, to the loopback address or to another one of this machine, and waits for it to come back.
    Send { who: u8, bytes: usize, elsewhere: bool },
    /// Several datagrams have come, of several senders, before the server looks at the first.
    Together { bytes: Vec<usize> },
    /// One sends a datagram and is gone before the answer comes.
    Leave { bytes: usize },
    /// The server is stopped (SIGSTOP) and goes on (SIGCONT): what it waits in may return EINTR, signal(7).
    Interrupt,
    /// For so many milliseconds nobody sends.
    Pause { milliseconds: u64 },
    /// Another one is started, with an argument that is no port, or with a port that somebody has.
    Start { port: Port },
}

/// So many send.
const SENDERS: usize = 4;

/// The first of those who have addresses of their own.
const LOCAL: usize = SENDERS - 2;

/// The acts, but for those that a check before has found to fail: a mistake is found once.
fn acts(bench: &Bench) -> BoxedStrategy<Act> {
    let works = |check: &str| works(bench, check);
    let mut sizes = vec![1_usize, 2, 30];
    if works("sizes") {
        sizes.extend([127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 1472, 1473]);
    }
    if works("empty") {
        sizes.extend([0, 0, 0]);
    }
    let few = select(sizes.clone());
    if works("sizes") {
        sizes.extend([4095, 4096, 4097, 8192, 65_506, 65_507]);
    }
    let elsewhere = works("any_address");
    let send = (any::<u8>(), select(sizes), any::<bool>());
    let mut kinds = vec![
        (
            8,
            send.prop_map(move |(who, bytes, other)| Act::Send { who, bytes, elsewhere: other && elsewhere })
                .boxed(),
        ),
        (1, Just(Act::Interrupt).boxed()),
    ];
    let together = vec(few.clone(), 2..6);
    kinds.push((2, together.prop_map(|bytes| Act::Together { bytes }).boxed()));
    if works("peer_gone") {
        kinds.push((1, few.prop_map(|bytes| Act::Leave { bytes }).boxed()));
    }
    mix(kinds)
}

/// The check.
pub(crate) fn search(bench: &mut Bench) -> Verdict {
    if !works(bench, "senders") {
        // Nothing is left to look for.
        return Ok(());
    }
    let case = vec(acts(bench), 4..10).prop_map(|acts| [vec![Act::Anew], acts].concat());
    let mut once: Vec<_> = ports(bench).into_iter().map(|port| vec![Act::Start { port }]).collect();
    once.extend(pause(bench).map(|milliseconds| vec![Act::Pause { milliseconds }]));
    explore(bench, 20, &case.boxed(), once, play)
}

/// The server, and those that send.
struct Scene<'a> {
    bench: &'a mut Bench,
    run: Run,
    port: u16,
    senders: Vec<Datagrams>,
    /// Descriptors and processes after the first datagrams.
    at_rest: Option<(usize, usize)>,
    /// And the memory.
    memory: Option<u64>,
}

fn play(bench: &mut Bench, acts: &[Act], told: &mut Told) -> Verdict {
    let (run, port) = bench.serve_udp(&Start::default())?;
    // A server has no keyboard.
    run.close_stdin();
    let mut scene = Scene { bench, run, port, senders: Vec::new(), at_rest: None, memory: None };
    scene.anew()?;
    for act in acts {
        told.next();
        scene.act(act, told)?;
        rests_after_act(&scene.run)?;
    }
    // Whatever was done, it answers.
    scene.act(&Act::Send { who: 0, bytes: 30, elsewhere: false }, told)?;
    scene.rests()
}

impl Scene<'_> {
    fn anew(&mut self) -> Verdict {
        let new = || self.bench.datagrams(Ipv4Addr::UNSPECIFIED, 0);
        self.senders = std::iter::repeat_with(new).take(SENDERS).collect::<Result<_, _>>()?;
        // Two are at addresses of their own, from which only loopback is near, and at the same port.
        let (ip, port) = (self.bench.loopback(), self.bench.free_port()?);
        self.senders[LOCAL] = self.bench.datagrams(ip, port)?;
        self.senders[LOCAL + 1] = self.bench.datagrams(Ipv4Addr::LOCALHOST, port)?;
        Ok(())
    }

    /// Where it is on the loopback address, or on another one of this machine.
    fn addr(&self, elsewhere: bool) -> SocketAddrV4 {
        let ip = if elsewhere { self.bench.place.address } else { Ipv4Addr::LOCALHOST };
        SocketAddrV4::new(ip, self.port)
    }

    fn act(&mut self, act: &Act, told: &mut Told) -> Verdict {
        match act {
            Act::Anew => {
                self.rests()?;
                self.anew()
            }
            Act::Send { who, bytes, elsewhere } => {
                let i = usize::from(*who) % SENDERS;
                let (name, to, n, s) = (i + 1, self.addr(*elsewhere && i < LOCAL), *bytes, words::s(*bytes));
                told.tell(words!(
                    "{name}번 발신자가 {to}에 {n}바이트 데이터그램을 보내고 응답을 기다림",
                    "number {name} sends a datagram of {n} byte{s} to {to} and waits for the answer"
                ));
                let sent = any_bytes(self.bench, n);
                self.senders[i].send_to(&sent, to)?;
                self.comes_back(i, to, &[sent])
            }
            Act::Together { bytes } => {
                let (to, shown) = (self.addr(false), format!("{bytes:?}"));
                told.tell(words!(
                    "서버를 멈춰 둔 동안 발신자 {SENDERS}개가 번갈아 {shown}바이트 데이터그램들을 보냄",
                    "{SENDERS} take turns and send datagrams of {shown} bytes while the server is stopped"
                ));
                let sent: Vec<Vec<u8>> = bytes.iter().map(|n| any_bytes(self.bench, *n)).collect();
                let senders = &self.senders;
                self.run.while_stopped(|| {
                    (0..).zip(&sent).try_for_each(|(i, sent)| senders[i % SENDERS].send_to(sent, to))
                })?;
                (0..SENDERS).try_for_each(|i| {
                    let theirs: Vec<_> = sent.iter().skip(i).step_by(SENDERS).cloned().collect();
                    self.comes_back(i, to, &theirs)
                })
            }
            Act::Leave { bytes } => {
                let s = words::s(*bytes);
                told.tell(words!(
                    "다른 소켓이 {bytes}바이트 데이터그램을 보내고 응답이 오기 전에 닫힘(close)",
                    "another socket sends a datagram of {bytes} byte{s} and closes before the answer comes"
                ));
                let (sent, to) = (any_bytes(self.bench, *bytes), self.addr(false));
                let gone = self.bench.datagrams(Ipv4Addr::UNSPECIFIED, 0)?;
                Ok(self.run.while_stopped(|| {
                    gone.send_to(&sent, to)?;
                    drop(gone);
                    Ok(())
                })?)
            }
            Act::Interrupt => {
                told.tell(words!(
                    "서버를 멈추었다가(SIGSTOP) 다시 실행(SIGCONT)",
                    "the server is stopped (SIGSTOP) and goes on (SIGCONT)"
                ));
                Ok(self.run.while_stopped(|| Ok(()))?)
            }
            Act::Pause { milliseconds } => {
                told.tell(words!(
                    "{milliseconds}밀리초 동안 아무것도 보내지 않음",
                    "nobody sends for {milliseconds} ms"
                ));
                Ok(self.run.lets_pass(Duration::from_millis(*milliseconds))?)
            }
            Act::Start { port } => {
                let free = self.bench.free_port()?;
                let _taken = match port {
                    Port::Taken => Some(self.bench.datagrams(Ipv4Addr::UNSPECIFIED, free)?),
                    _ => None,
                };
                starts_no_other(self.bench, *port, self.port, free, Transport::Udp, told)
            }
        }
    }

    /// What a sender has sent comes back, as it was and from where it went. In which order is not UDP's to say.
    fn comes_back(&self, i: usize, to: SocketAddrV4, sent: &[Vec<u8>]) -> Verdict {
        let (run, sender, name) = (&self.run, &self.senders[i], i + 1);
        let mut owed = sent.to_vec();
        while let Some(next) = owed.first() {
            let Some((got, from)) = sender.receive(run)? else {
                let (n, s) = (next.len(), words::s(next.len()));
                return Err(run
                    .explain(Failure {
                        expected: words!(
                            "{name}번 발신자에 {n}바이트 데이터그램이 돌아와야 해요",
                            "a datagram of {n} byte{s} to number {name}"
                        ),
                        got: words!("아무것도 오지 않았어요", "nothing came"),
                        ..Failure::default()
                    })
                    .into());
            };
            ensure(from.port() == to.port(), || Failure {
                expected: words!("{to}에서 응답해야 해요", "an answer from {to}"),
                got: words!("{from}에서 응답했어요", "an answer from {from}"),
                ..Failure::default()
            })?;
            let Some(at) = owed.iter().position(|owed| *owed == got) else {
                return differ(run, next, &got);
            };
            owed.remove(at);
        }
        ensure(!sender.has_more(), || Failure {
            expected: words!(
                "{name}번 발신자에 응답이 하나씩만 와야 해요",
                "one answer each to number {name}"
            ),
            got: words!("하나 더 왔어요", "another one came"),
            ..Failure::default()
        })
    }

    /// Nothing is left of the datagrams that were answered.
    fn rests(&mut self) -> Verdict {
        if !works(self.bench, "steady") {
            return Ok(());
        }
        let run = &self.run;
        let now = || (run.descriptors(), run.processes().len());
        let Some((descriptors, processes)) = self.at_rest else {
            // A runtime may open something of its own for the first ones.
            run.settle()?;
            self.at_rest = Some(now());
            return Ok(());
        };
        let more = |processes| processes + 8;
        let rests =
            run.until_asleep(|| Ok((now().0 <= descriptors && now().1 <= more(processes)).then_some(())))?;
        ensure(rests.is_some(), || {
            let ((open, there), was) = (now(), (descriptors, processes));
            run.explain(Failure {
                expected: words!(
                    "디스크립터와 프로세스의 수가 늘지 않아야 해요: {was:?}",
                    "as many descriptors and processes as before: {was:?}"
                ),
                got: words!("{open}개와 {there}개가 있었어요", "{open} and {there}"),
                ..Failure::default()
            })
        })?;
        if !works(self.bench, "sizes") {
            return Ok(());
        }
        let (mut memory, to) = (self.memory.take(), self.addr(false));
        let much = any_bytes(self.bench, LARGEST);
        let more = |_: &Run| {
            (0..MANY).try_for_each(|_| {
                self.senders[0].send_to(&much, to)?;
                self.comes_back(0, to, std::slice::from_ref(&much))
            })
        };
        keeps_nothing(&self.run, &mut memory, LARGEST * MANY, more)?;
        self.memory = memory;
        Ok(())
    }
}

/// The most that a datagram can have in it: RFC 768, RFC 791.
const LARGEST: usize = 65_507;

/// So many of them are sent to see whether they stay there.
const MANY: usize = 40;
