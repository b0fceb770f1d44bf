//! What the clients of a TCP echo server may do. The model: a client that waits for others has its bytes when they have gone, at
//! the latest; whoever is being served has them now; and nobody leaves anything behind.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use labkit::Transport;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as _, any};
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

use super::{
    Port, Told, explore, keeps_nothing, learns_waits, mix, pause, ports, rests_after_act, starts_no_other,
    works,
};

use crate::bench::{Bench, End, Exchange, Peer, Run, Start, compare, has_ended, waits_at};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// One act. `who` counts round and round those that are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// All that are there leave, and others come.
    Anew,
    /// A client connects, to the loopback address or to another one of this machine.
    Connect { elsewhere: bool },
    /// It sends this many bytes and reads them as they come back: now, if it is being served.
    Send { who: u8, bytes: usize },
    /// Whoever is being served sends until the server takes no more, and reads only now, or after so many milliseconds; or closes its
    /// sending side and then reads; or goes.
    SendLate {
        bytes: usize,
        #[serde(default)]
        pause: u64,
        then: Option<Leaving>,
    },
    /// It sends and doesn't read.
    SendUnread { who: u8, bytes: usize },
    /// It closes its sending side.
    HalfClose { who: u8 },
    /// It closes the connection.
    Close { who: u8 },
    /// It resets it.
    Reset { who: u8 },
    /// It sends, and goes like this before the server has read.
    Leave { who: u8, bytes: usize, how: Leaving },
    /// The server is stopped (SIGSTOP) and goes on (SIGCONT): what it waits in may return EINTR, signal(7).
    Interrupt,
    /// For so many milliseconds nobody does anything.
    Pause { milliseconds: u64 },
    /// While clients come, no descriptor is free.
    NoDescriptor,
    /// Where each client has a process of its own, many come and end while the server is stopped, and many once more.
    EndTogether,
    /// While one sends and doesn't read, another one sends and reads; then the first leaves.
    Overlap,
    /// While much is owed to one, another one leaves and a new one comes.
    Replace,
    /// Another one is started, with an argument that is no port, or with a port that somebody has.
    Start { port: Port },
}

/// How a client goes that has just sent something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leaving {
    HalfClose,
    Close,
    Reset,
    /// Closes its sending side, and resets when the server has seen that.
    GiveUp,
}

impl Leaving {
    /// How it is told.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Leaving::HalfClose => ("보내는 방향을 닫음(shutdown)", "closes its sending side (shutdown)"),
            Leaving::Close => ("읽지 않고 연결을 닫음(close)", "closes without reading"),
            Leaving::Reset => {
                ("읽지 않고 연결을 강제로 끊음(RST)", "resets the connection without reading (RST)")
            }
            Leaving::GiveUp => (
                "보내는 방향을 닫고(shutdown) 잠시 뒤 연결을 강제로 끊음(RST)",
                "closes its sending side (shutdown), and then resets the connection (RST)",
            ),
        }
    }
}

/// What is in the buffers of the kernel for a client that doesn't read, or is not being served, at the most.
const UNREAD: usize = 2048;

/// So many clients have come and not been served, those that have left again among them: with a backlog of 5 there is room for them.
const CLIENTS: usize = 5;

/// A client: what it has sent and not got back.
struct Client {
    name: usize,
    peer: Peer,
    owed: Vec<u8>,
    half_closed: bool,
    reads: bool,
}

/// Does the server stand a reset, as far as is known? A client that leaves with something unread resets the connection.
fn may_break(bench: &Bench) -> bool {
    works(bench, "reset") && works(bench, "sigpipe")
}

/// The acts, but for those that a check before has found to fail: a mistake is found once.
fn acts(bench: &Bench) -> BoxedStrategy<Act> {
    let works = |check: &str| works(bench, check);
    let who = || any::<u8>();
    let short = || select(vec![1_usize, 2, 30, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025]);
    let long = select(vec![1_usize, 1024, 1025, 4096, 4097, 65_507]);
    let elsewhere = works("any_address");
    let mut ways = Vec::new();
    let mut kinds = vec![
        (5, any::<bool>().prop_map(move |other| Act::Connect { elsewhere: other && elsewhere }).boxed()),
        (4, (who(), short()).prop_map(|(who, bytes)| Act::Send { who, bytes }).boxed()),
        (2, who().prop_map(|who| Act::Close { who }).boxed()),
        (1, Just(Act::Interrupt).boxed()),
    ];
    if works("long") {
        kinds.push((2, (who(), long).prop_map(|(who, bytes)| Act::Send { who, bytes }).boxed()));
    }
    if may_break(bench) {
        ways.extend([Leaving::Reset, Leaving::Close]);
        kinds.push((2, who().prop_map(|who| Act::Reset { who }).boxed()));
        kinds.push((2, (who(), short()).prop_map(|(who, bytes)| Act::SendUnread { who, bytes }).boxed()));
    }
    // One that does not close a client's socket is known not to answer that.
    if works("half_close") && works("close") {
        ways.push(Leaving::HalfClose);
        kinds.push((2, who().prop_map(|who| Act::HalfClose { who }).boxed()));
    }
    if !ways.is_empty() {
        let leave = (who(), short(), select(ways));
        kinds.push((4, leave.prop_map(|(who, bytes, how)| Act::Leave { who, bytes, how }).boxed()));
    }
    mix(kinds)
}

/// The check.
pub(crate) fn search(bench: &mut Bench) -> Verdict {
    learns_waits(bench, &[Act::Connect { elsewhere: false }, Act::Send { who: 0, bytes: 30 }], play)?;
    let case = vec(acts(bench), 4..12)
        .prop_map(|acts| [vec![Act::Anew, Act::Connect { elsewhere: false }], acts].concat());
    let connect = Act::Connect { elsewhere: false };
    let mut once = Vec::new();
    if works(bench, "close") {
        once.push(vec![Act::Anew, Act::EndTogether]);
    }
    if works(bench, "accept_fails") && works(bench, "close") {
        // Whoever rests after that does so while others are started.
        once.push(vec![Act::Anew, Act::NoDescriptor]);
    }
    once.extend(ports(bench).into_iter().map(|port| vec![Act::Start { port }]));
    if works(bench, "long") {
        let late = |then| Act::SendLate { bytes: MUCH, pause: 0, then };
        once.push(vec![Act::Anew, connect.clone(), late(None)]);
        once.push(vec![Act::Anew, Act::Overlap]);
        let half_close = works(bench, "half_close") && works(bench, "close");
        if half_close {
            once.push(vec![Act::Anew, connect.clone(), late(Some(Leaving::HalfClose))]);
        }
        // A write that has written some when its time is over says so, and the next one waits as long again.
        if let Some(pause) = pause(bench).map(|pause| 2 * pause).filter(|pause| *pause <= LONG_PAUSE) {
            once.push(vec![Act::Anew, connect.clone(), Act::SendLate { bytes: MUCH, pause, then: None }]);
        }
        if may_break(bench) {
            once.push(vec![Act::Anew, Act::Replace]);
            // What it was owed is not for the one behind it.
            let reset = late(Some(Leaving::Reset));
            let behind = Act::Send { who: 0, bytes: 30 };
            once.push(vec![Act::Anew, connect.clone(), connect.clone(), reset, behind]);
            if half_close {
                once.push(vec![Act::Anew, connect.clone(), late(Some(Leaving::GiveUp))]);
            }
        }
    }
    // When the first one leaves, the next that comes gets its descriptor, and whoever has come before it is still there.
    let two_and_another = [connect.clone(), connect.clone(), Act::Close { who: 0 }, connect.clone()];
    once.push([&[Act::Anew][..], &two_and_another, &[Act::Send { who: 0, bytes: 30 }]].concat());
    if let Some(milliseconds) = pause(bench) {
        once.push(vec![Act::Anew, connect, Act::Pause { milliseconds }, Act::Send { who: 0, bytes: 30 }]);
    }
    explore(bench, 20, &case.boxed(), once, play)
}

/// The server, and those that are there.
struct Scene<'a> {
    bench: &'a mut Bench,
    run: Run,
    port: u16,
    clients: Vec<Client>,
    /// Their names, in the order in which they came, and those of some that have left.
    line: Vec<usize>,
    come: usize,
    /// Descriptors and processes when nobody is there: the fewest that were seen.
    at_rest: Option<(usize, usize)>,
    /// And the memory.
    memory: Option<u64>,
}

fn play(bench: &mut Bench, acts: &[Act], told: &mut Told) -> Verdict {
    let (run, port) = bench.serve_tcp(&Start::default())?;
    // A server has no keyboard.
    run.close_stdin();
    let mut scene = Scene {
        bench,
        run,
        port,
        clients: Vec::new(),
        line: Vec::new(),
        come: 0,
        at_rest: None,
        memory: None,
    };
    for act in acts {
        told.next();
        scene.act(act, told)?;
        scene.serve()?;
        rests_after_act(&scene.run)?;
    }
    scene.act(&Act::Anew, told)
}

impl Scene<'_> {
    /// Does what an act says, if it can be done.
    fn act(&mut self, act: &Act, told: &mut Told) -> Verdict {
        match *act {
            Act::Anew => {
                while let Some(client) = self.clients.pop() {
                    let name = client.name;
                    told.tell(words!("클라이언트 {name}: 연결을 닫음(close)", "client {name}: close"));
                }
                self.rests(told)
            }
            Act::Connect { elsewhere } if self.line() < self.most_clients() => self.connect(elsewhere, told),
            Act::Pause { milliseconds } => {
                told.tell(words!(
                    "{milliseconds}밀리초 동안 어느 클라이언트도 아무것도 보내지 않음",
                    "nobody does anything for {milliseconds} ms"
                ));
                Ok(self.run.lets_pass(Duration::from_millis(milliseconds))?)
            }
            Act::Start { port } => self.start_another(port, told),
            Act::Interrupt => {
                told.tell(words!(
                    "서버를 멈추었다가(SIGSTOP) 다시 실행(SIGCONT)",
                    "the server is stopped (SIGSTOP) and goes on (SIGCONT)"
                ));
                Ok(self.run.while_stopped(|| Ok(()))?)
            }
            Act::NoDescriptor => self.no_descriptor(told),
            Act::EndTogether => self.end_together(told),
            Act::Overlap => self.overlap(told),
            Act::Replace => self.replace(told),
            Act::Connect { .. } => Ok(()),
            Act::SendLate { bytes, pause, then } => self.send_late(bytes, pause, then, told),
            Act::Send { who, .. }
            | Act::SendUnread { who, .. }
            | Act::HalfClose { who }
            | Act::Close { who }
            | Act::Reset { who }
            | Act::Leave { who, .. } => {
                let n = self.clients.len();
                if n == 0 { Ok(()) } else { self.client(usize::from(who) % n, act, told) }
            }
        }
    }

    /// How many stand in line: whoever is being served, and all that have come after it, be they still there or not.
    fn line(&mut self) -> usize {
        let first = self.clients.first().map(|client| client.name);
        self.line.retain(|name| first.is_some_and(|first| *name >= first));
        self.line.len()
    }

    /// Of those who wait for each other some may leave with something unread; and the queue may be known to be too short.
    fn most_clients(&self) -> usize {
        if may_break(self.bench) && works(self.bench, "backlog") { CLIENTS } else { 1 }
    }

    fn connect(&mut self, elsewhere: bool, told: &mut Told) -> Verdict {
        // Those that have left leave the queue only when the server takes them.
        let waiting = self.line().saturating_sub(1);
        let ip = if elsewhere { self.bench.place.address } else { Ipv4Addr::LOCALHOST };
        let addr = SocketAddrV4::new(ip, self.port);
        let queue = || waits_at(Transport::Tcp, addr);
        self.run.until(|| Ok((queue()?.is_none_or(|row| row.unread as usize <= waiting)).then_some(())))?;
        self.come += 1;
        let name = self.come;
        self.line.push(name);
        told.tell(words!("클라이언트 {name}: {addr}에 연결(connect)", "client {name}: connects to {addr}"));
        // To one with little room a server's write can't always write all.
        let peer = Peer::connect_narrow(&self.run, addr, 4096)?;
        self.clients.push(Client { name, peer, owed: Vec::new(), half_closed: false, reads: true });
        Ok(())
    }

    fn send_late(&mut self, bytes: usize, pause: u64, then: Option<Leaving>, told: &mut Told) -> Verdict {
        let Scene { run, bench, clients, .. } = self;
        let Some(client) = clients.first_mut().filter(|client| !client.half_closed) else { return Ok(()) };
        client.gets_what_is_owed(run)?;
        client.reads = true;
        let (name, s) = (client.name, words::s(bytes));
        told.tell(words!(
            "클라이언트 {name}: {bytes}바이트를 서버가 더 받지 못할 때까지 읽지 않고 보냄",
            "client {name}: sends {bytes} byte{s}, and reads nothing until the server takes no more"
        ));
        let sent = any_bytes(bench, bytes);
        let mut n = client.peer.send_unread(run, &sent)?;
        let Some(then) = then else {
            if pause > 0 {
                told.tell(words!(
                    "클라이언트 {name}: {pause}밀리초씩 두 번 쉬고, 그사이에 더 보낸 뒤 읽기 시작함",
                    "client {name}: waits {pause} ms, sends until the server takes no more, waits as long again, and begins to read"
                ));
                run.lets_pass(Duration::from_millis(pause))?;
                // The kernel may have made room meanwhile.
                n += client.peer.send_unread(run, &sent[n..])?;
                run.lets_pass(Duration::from_millis(pause))?;
            }
            let mut exchange = Exchange { sent: n, ..Exchange::of(&sent) };
            client.peer.go_on(run, &mut run.patience(), &mut exchange)?;
            return differ(run, &sent, &exchange.came);
        };
        let (ko, en) = then.words();
        told.tell(words!("클라이언트 {name}: {ko}", "client {name}: {en}"));
        client.owed = sent[..n].to_vec();
        match then {
            Leaving::HalfClose => {
                client.half_closed = true;
                client.peer.half_close()?;
            }
            Leaving::Close => drop(clients.remove(0)),
            Leaving::Reset => clients.remove(0).peer.reset()?,
            Leaving::GiveUp => {
                client.peer.half_close()?;
                run.settle()?;
                clients.remove(0).peer.reset()?;
            }
        }
        Ok(())
    }

    /// What a client that is there does.
    fn client(&mut self, i: usize, act: &Act, told: &mut Told) -> Verdict {
        let Scene { run, bench, clients, .. } = self;
        let client = &mut clients[i];
        let name = client.name;
        let room = UNREAD.saturating_sub(client.owed.len());
        match *act {
            Act::Send { bytes, .. } if !client.half_closed => {
                client.reads = true;
                if i == 0 {
                    client.gets_what_is_owed(run)?;
                    let s = words::s(bytes);
                    told.tell(words!(
                        "클라이언트 {name}: {bytes}바이트를 보내고 에코를 받음",
                        "client {name}: sends {bytes} byte{s} and reads back as many"
                    ));
                    let sent = any_bytes(bench, bytes);
                    let got = client.peer.exchange(run, &sent)?;
                    return differ(run, &sent, &got);
                }
                client.sends(run, bench, bytes.min(room), told)
            }
            Act::SendUnread { bytes, .. } if !client.half_closed => {
                client.reads = false;
                client.sends(run, bench, bytes.min(room), told)
            }
            Act::HalfClose { .. } if !client.half_closed => {
                told.tell(words!(
                    "클라이언트 {name}: 보내는 방향을 닫음(shutdown)",
                    "client {name}: closes its sending side (shutdown)"
                ));
                client.half_closed = true;
                client.reads = true;
                Ok(client.peer.half_close()?)
            }
            Act::Close { .. } => {
                told.tell(words!("클라이언트 {name}: 연결을 닫음(close)", "client {name}: close"));
                clients.remove(i);
                Ok(())
            }
            Act::Reset { .. } => {
                told.tell(words!(
                    "클라이언트 {name}: 연결을 강제로 끊음(RST)",
                    "client {name}: resets the connection (RST)"
                ));
                Ok(clients.remove(i).peer.reset()?)
            }
            Act::Leave { bytes, how, .. } if !client.half_closed => {
                let bytes = bytes.min(room);
                let ((ko, en), s) = (how.words(), words::s(bytes));
                told.tell(words!(
                    "클라이언트 {name}: {bytes}바이트를 보내고 곧바로 {ko}",
                    "client {name}: sends {bytes} byte{s} and at once {en}"
                ));
                let sent = any_bytes(bench, bytes);
                let mut client = clients.remove(i);
                // When the server reads, all of it has come.
                let stays = run.while_stopped(|| {
                    client.peer.send(run, &sent)?;
                    if how != Leaving::Close {
                        client.peer.half_close()?;
                    }
                    if matches!(how, Leaving::Reset | Leaving::GiveUp) {
                        client.peer.reset()?;
                        return Ok(None);
                    }
                    Ok((how == Leaving::HalfClose).then_some(client))
                })?;
                if let Some(mut client) = stays {
                    client.owed.extend(sent);
                    client.half_closed = true;
                    client.reads = true;
                    clients.insert(i, client);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whoever has come first is being served, and gets what it is owed; after it the next.
    fn serve(&mut self) -> Verdict {
        while let Some(client) = self.clients.first_mut() {
            if client.reads {
                client.gets_what_is_owed(&self.run)?;
            }
            if !client.half_closed {
                break;
            }
            let (more, end) = client.peer.receive_all(&self.run)?;
            differ(&self.run, b"", &more)?;
            ensure(end == End::Closed, || {
                self.run.explain(Failure {
                    expected: words!(
                        "서버도 그 소켓을 닫아야 해요(FIN)",
                        "the server closes that socket too (FIN)"
                    ),
                    got: end.words(),
                    ..Failure::default()
                })
            })?;
            self.clients.remove(0);
        }
        Ok(())
    }

    /// Clients come while no descriptor is free; when there are some again, others are served.
    fn no_descriptor(&mut self, told: &mut Told) -> Verdict {
        if !self.clients.is_empty() {
            return Ok(());
        }
        told.tell(words!(
            "디스크립터가 모자라는 동안(EMFILE) 클라이언트 둘이 연결했다가 닫음",
            "two clients come and go while no descriptor is free (EMFILE)"
        ));
        let one = || {
            let _client = Peer::connect(&self.run, SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port))?;
            Ok(self.run.settle()?)
        };
        self.run.without_descriptors(|| (0..2).try_for_each(|_| one()))?;
        // Whoever makes room by dropping a client may drop the next one that comes.
        one()
    }

    /// The end of many children at once may be one SIGCHLD: signal(7). Whoever waits for one child each time has more zombies each
    /// time; who waits for one with each accept has as many as before.
    fn end_together(&mut self, told: &mut Told) -> Verdict {
        if !self.clients.is_empty() {
            return Ok(());
        }
        let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port);
        let [mut first, mut then] = [0; 2];
        for left in [&mut first, &mut then] {
            let server = self.run.processes();
            let mut clients = Vec::new();
            for _ in 0..MANY {
                let (mut client, line) = (Peer::connect(&self.run, addr)?, self.bench.line(30));
                differ(&self.run, &line, &client.exchange(&self.run, &line)?)?;
                clients.push(client);
                if self.run.processes().len() < server.len() + clients.len() {
                    return Ok(()); // not one of its own for each
                }
            }
            told.tell(words!(
                "클라이언트 {MANY}개가 30바이트씩 보내고 에코를 받은 뒤, 서버를 멈춘 사이에(SIGSTOP) 모두 연결을 닫음(close)",
                "{MANY} clients send 30 bytes each and read them back; while the server is stopped (SIGSTOP) all of them close"
            ));
            let children = || self.run.processes().into_iter().filter(|pid| !server.contains(pid));
            self.run.while_these_are_stopped(
                || server.clone(),
                || {
                    drop(clients);
                    self.run.until(|| Ok(children().all(has_ended).then_some(())))
                },
            )?;
            self.run.settle()?;
            *left = self.run.processes().len();
        }
        ensure(then <= first + FEW, || Failure {
            expected: words!(
                "끝난 자식 프로세스를 모두 wait해야 해요(처음 한꺼번에 끝났을 때 프로세스 {first}개)",
                "all children that have ended are waited for (the first time {first} processes were left)"
            ),
            got: words!("다음에는 {then}개가 되었어요(좀비)", "the next time {then} (zombies)"),
            cause: words!(
                "자식 여럿이 한꺼번에 끝나면 SIGCHLD는 한 번만 올 수 있어요. 핸들러에서 waitpid(-1, NULL, WNOHANG)를 양수를 돌려주는 동안 반복하세요.",
                "Where several children end at once, there may be one SIGCHLD: in its handler, repeat waitpid(-1, NULL, WNOHANG) as long as it returns a positive number."
            ),
            ..Failure::default()
        })
    }

    /// While the server is in the middle of a write to one client, another one's bytes are read: each has a buffer of its own. A server
    /// may come to the other one only when the first has gone.
    fn overlap(&mut self, told: &mut Told) -> Verdict {
        if !self.clients.is_empty() {
            return Ok(());
        }
        told.tell(words!(
            "클라이언트 둘이 연결함. 하나는 서버가 더 받지 못할 때까지 읽지 않고 보내고, 다른 하나는 {ANOTHERS}바이트를 보내고 에코를 받음. 첫 클라이언트가 읽기 시작함. 서버를 멈추었다가(SIGSTOP) 다시 실행(SIGCONT)하면서 되풀이함",
            "two clients connect; one sends, and reads nothing until the server takes no more; the other sends {ANOTHERS} bytes and reads them back; the first begins to read; and once more, while the server is stopped (SIGSTOP) and goes on (SIGCONT)"
        ));
        let Scene { run, bench, port, .. } = self;
        let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, *port);
        let (mut first, mut second) = (Peer::connect_narrow(run, addr, 4096)?, Peer::connect(run, addr)?);
        let line = bench.line(30);
        differ(run, &line, &first.exchange(run, &line)?)?;
        let (much, others) = (any_bytes(bench, MUCH), any_bytes(bench, ANOTHERS));
        let mut with_first = Exchange::of(&much);
        let mut with_second = Exchange::of(&line);
        if serves(run, &mut second, &mut with_second, &much)? {
            for round in 0..4 {
                with_first.sent += first.send_unread(run, &much[with_first.sent..])?;
                with_second = Exchange::of(&others);
                if !serves(run, &mut second, &mut with_second, &much)? {
                    break;
                }
                if round > 0 {
                    // A write that has written some says so, and the rest is written anew: signal(7).
                    run.while_stopped(|| Ok(()))?;
                }
                with_first.came.extend(first.receive_until_asleep(run, PART)?);
                run.settle()?;
            }
            let unread = with_first.sent.saturating_sub(with_first.came.len());
            with_first.came.extend(first.receive_until_asleep(run, unread)?);
            // Bytes that are missing after such a write are no buffer's fault.
            if has_others(&with_first, &others) {
                differ_by_others(run, &with_first)?;
            }
        }
        told.tell(words!("첫 번째 클라이언트가 연결을 닫음(close)", "the first closes"));
        drop(first);
        if !may_break(bench) {
            // A server that ends with the first is known. But the second is not to leave with something unread.
            return Ok(second.go_on(run, &mut run.patience_of_a_nap(), &mut with_second)?);
        }
        second.go_on(run, &mut run.patience(), &mut with_second)?;
        judge(run, "2", &with_second, &much)?;
        let mut once_more = Exchange::of(&line);
        second.go_on(run, &mut run.patience(), &mut once_more)?;
        judge(run, "2", &once_more, &much)
    }

    /// While the server owes much to one client, one leaves that has come before it, and others come: what is owed stays with whom it
    /// is owed to.
    fn replace(&mut self, told: &mut Told) -> Verdict {
        if !self.clients.is_empty() {
            return Ok(());
        }
        told.tell(words!(
            "클라이언트 1과 2가 연결해서 30바이트씩 보내고 에코를 받음",
            "clients 1 and 2 connect, send 30 bytes each and read them back"
        ));
        let Scene { run, bench, port, .. } = self;
        let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, *port);
        let (mut first, mut second) = (Peer::connect(run, addr)?, Peer::connect_narrow(run, addr, 4096)?);
        let [begins, leaves, third, fourth] = [(); 4].map(|()| bench.line(30));
        let much = any_bytes(bench, MUCH);
        differ(run, &begins, &first.exchange(run, &begins)?)?;
        if !serves(run, &mut second, &mut Exchange::of(&begins), &[])? {
            return Ok(());
        }
        told.tell(words!(
            "클라이언트 2: 서버가 더 받지 못할 때까지 읽지 않고 보냄",
            "client 2: sends, and reads nothing until the server takes no more"
        ));
        let mut with_second = Exchange::of(&much);
        with_second.sent = second.send_unread(run, &much)?;
        told.tell(words!(
            "클라이언트 1: 30바이트를 보내고 연결을 강제로 끊음(RST)",
            "client 1: sends 30 bytes and resets the connection (RST)"
        ));
        first.send(run, &leaves)?;
        run.settle()?;
        first.reset()?;
        run.settle()?;
        told.tell(words!(
            "클라이언트 3과 4: 연결해서 30바이트씩 보냄",
            "clients 3 and 4: connect and send 30 bytes each"
        ));
        let mut others = Vec::new();
        for (name, line) in [("3", &third), ("4", &fourth)] {
            let (mut peer, mut exchange) = (Peer::connect(run, addr)?, Exchange::of(line));
            exchange.sent = peer.send(run, line)?;
            run.settle()?;
            others.push((name, peer, exchange));
        }
        told.tell(words!(
            "클라이언트 2: 에코를 모두 받고 연결을 닫음(close)",
            "client 2: reads all of it and closes"
        ));
        second.go_on(run, &mut run.patience(), &mut with_second)?;
        judge(run, "2", &with_second, &leaves)?;
        drop(second);
        for (name, mut peer, mut exchange) in others {
            told.tell(words!("클라이언트 {name}: 에코를 받음", "client {name}: reads"));
            peer.go_on(run, &mut run.patience(), &mut exchange)?;
            exchange.came.extend(peer.receive_until_asleep(run, MUCH)?);
            let left = has_others(&exchange, &leaves);
            judge(run, name, &exchange, &much)
                .map_err(|fault| fault.because(if left { of_who_has_left() } else { Words::default() }))?;
        }
        Ok(())
    }

    /// Another server is started with a port that it can't have: it ends with an error.
    fn start_another(&mut self, port: Port, told: &mut Told) -> Verdict {
        let free = self.bench.free_port()?;
        let _taken =
            if port == Port::Taken { Some(self.bench.listen(Ipv4Addr::UNSPECIFIED, free)?) } else { None };
        starts_no_other(self.bench, port, self.port, free, Transport::Tcp, told)
    }

    /// Nobody is there: a new client is served, and when it has gone nothing is left of all that were there.
    fn rests(&mut self, told: &mut Told) -> Verdict {
        if self.come == 0 {
            return Ok(());
        }
        self.connect(false, told)?;
        let line = self.bench.line(30);
        let run = &self.run;
        let Some(mut client) = self.clients.pop() else { return Ok(()) };
        let name = client.name;
        told.tell(words!(
            "클라이언트 {name}: 30바이트를 보내고 에코를 받은 뒤 연결을 닫음(close)",
            "client {name}: sends 30 bytes, reads them back, and closes"
        ));
        let got = client.peer.exchange(run, &line)?;
        differ(run, &line, &got)?;
        drop(client);
        if !works(self.bench, "close") {
            return Ok(());
        }
        let now = || (run.descriptors(), run.processes().len());
        let Some((descriptors, processes)) = self.at_rest else {
            // A runtime may open something of its own for the first clients.
            run.settle()?;
            self.at_rest = Some(now());
            return Ok(());
        };
        let rests =
            run.until_asleep(|| Ok((now().0 <= descriptors && now().1 <= processes + FEW).then_some(())))?;
        ensure(rests.is_some(), || {
            let (open, there) = now();
            let failure = |expected, got| Failure { expected, got, ..Failure::default() };
            if open > descriptors {
                return failure(
                    words!(
                        "연결이 모두 끝나면 디스크립터가 처음만큼이어야 해요({descriptors}개)",
                        "when nobody is there, {descriptors} descriptors are open, as before"
                    ),
                    words!("{open}개가 열려 있었어요", "{open}"),
                );
            }
            failure(
                words!(
                    "프로세스가 늘지 않아야 해요(처음 {processes}개)",
                    "no more processes than before ({processes})"
                ),
                words!(
                    "{there}개가 있었어요. 끝난 자식 프로세스도 wait할 때까지 남아 있어요(좀비)",
                    "{there}; a child that has ended stays until somebody waits for it (zombie)"
                ),
            )
        })?;
        self.at_rest = Some((descriptors.min(now().0), processes));
        if works(self.bench, "long") {
            let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port);
            let bench = &mut *self.bench;
            keeps_nothing(run, &mut self.memory, MUCH, |run| {
                let much = any_bytes(bench, MUCH);
                let got = Peer::connect(run, addr)?.exchange(run, &much)?;
                differ(run, &much, &got)
            })?;
        }
        told.forget();
        Ok(())
    }
}

/// For so many milliseconds a client that has sent much reads nothing, at the most.
const LONG_PAUSE: u64 = 2000;

/// What is much to send, and more than a server should keep.
const MUCH: usize = 1_000_000;

/// Less than what is on its way to who does not read, and no multiple of what a server writes at once.
const PART: usize = 10_007;

/// As much as a server reads at once, and more.
const ANOTHERS: usize = 128 << 10;

/// Processes that have ended may wait for the next client until somebody asks for them.
const FEW: usize = 8;

/// So many clients that, if one of each such many is waited for, more than a few are left.
const MANY: usize = 12;

impl Client {
    fn sends(&mut self, run: &Run, bench: &mut Bench, n: usize, told: &mut Told) -> Verdict {
        if n == 0 {
            return Ok(());
        }
        let (name, s) = (self.name, words::s(n));
        told.tell(words!(
            "클라이언트 {name}: {n}바이트를 보내고 읽지는 않음",
            "client {name}: sends {n} byte{s}, and doesn't read yet"
        ));
        let sent = any_bytes(bench, n);
        let taken = self.peer.send(run, &sent)?;
        self.owed.extend_from_slice(&sent[..taken]);
        Ok(())
    }

    fn gets_what_is_owed(&mut self, run: &Run) -> Verdict {
        let owed = std::mem::take(&mut self.owed);
        let got = self.peer.receive(run, owed.len())?;
        differ(run, &owed, &got).map_err(|fault| {
            let name = self.name;
            fault.to(&words!("클라이언트 {name}에 돌아오는 것은 ", "to client {name}: "))
        })
    }
}

/// Sends and wants back what an exchange has, if the server comes to this client now; false if it has not, or not to all of it.
/// Another client has sent `others`.
fn serves(run: &Run, client: &mut Peer, exchange: &mut Exchange, others: &[u8]) -> Verdict<bool> {
    let bytes = exchange.bytes;
    exchange.sent = client.send(run, &bytes[..bytes.len().min(30)])?;
    run.settle()?;
    if client.is_unread()? {
        return Ok(false);
    }
    client.go_on(run, &mut run.patience_of_a_nap(), exchange)?;
    if has_others(exchange, others) {
        differ_by_others(run, exchange)?;
    } else if !bytes.starts_with(&exchange.came) {
        differ(run, bytes, &exchange.came)?;
    }
    Ok(exchange.came.len() == bytes.len())
}

/// All has come back to this client, and nothing else. Another one has sent `others`.
fn judge(run: &Run, name: &str, exchange: &Exchange, others: &[u8]) -> Verdict {
    let verdict = if has_others(exchange, others) {
        differ_by_others(run, exchange)
    } else {
        differ(run, exchange.bytes, &exchange.came)
    };
    verdict.map_err(|fault| fault.to(&words!("클라이언트 {name}에 돌아오는 것은 ", "to client {name}: ")))
}

/// Why something of a client that has left comes to another one.
fn of_who_has_left() -> Words {
    words!(
        "연결이 이미 끝난 클라이언트에 보낼 데이터였어요. 클라이언트의 연결이 끝나면 보낼 데이터도 함께 버리고, 그다음에 그 자리(배열의 칸, 디스크립터 번호)를 다른 클라이언트에 배정하세요.",
        "That was for a client that has left. When one leaves, forget what it is owed, and only then give its place (a slot, the number of a descriptor) to another."
    )
}

fn differ_by_others(run: &Run, exchange: &Exchange) -> Verdict {
    differ(run, &exchange.bytes[..exchange.sent], &exchange.came).map_err(|fault| {
        fault.because(words!(
            "다른 클라이언트의 데이터를 돌려보냈어요. 클라이언트들이 버퍼 하나를 함께 사용하지 않도록, 버퍼를 클라이언트마다(스레드라면 지역 변수로) 두세요.",
            "That is the other client's. Clients must not share a buffer: each needs one of its own, of a thread a local variable."
        ))
    })
}

/// Is there something of the other one's in what has come, from where it is not as it was sent?
fn has_others(exchange: &Exchange, others: &[u8]) -> bool {
    const PIECE: usize = 12;
    let Exchange { bytes, came, .. } = exchange;
    let Some(wrong) = bytes.iter().zip(came).position(|(sent, came)| sent != came) else { return false };
    let pieces: HashSet<&[u8]> = others.windows(PIECE).collect();
    came[wrong..].windows(PIECE).any(|piece| pieces.contains(piece))
}

/// Bytes of any value, unless that is known to fail. A single one is `0`, which some take for false, unless that is known.
pub(super) fn any_bytes(bench: &mut Bench, n: usize) -> Vec<u8> {
    if n == 1 && works(bench, "pieces") {
        return b"0".to_vec();
    }
    if !works(bench, "bytes") {
        return bench.line(n);
    }
    let mut bytes = vec![0; n];
    bench.rng.fill(&mut bytes);
    bytes
}

pub(super) fn differ(run: &Run, wanted: &[u8], got: &[u8]) -> Verdict {
    compare(Words::default(), wanted, got).map_or(Ok(()), |failure| Err(Fault::from(run.explain(failure))))
}
