//! What the server of a TCP client may do, and whoever starts it. The model: all that the server has sent is printed, in one
//! piece; the status says whether that was all.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use labkit::Transport;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as _, any};
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

use super::client::{self, Failing, Starting, interrupt, printed, refused, sizes, succeeded};
use super::tcp_server::differ;
use super::{Told, answer as any_answer, explore, learns_waits, mix, pause, rests_after_act, works};
use crate::bench::{Bench, Listener, Peer, Run, bytes, ensure_success, waiting};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// The client is started, and a line is typed.
    Start(Starting),
    /// It is started, and two lines are typed at once.
    TwoLines,
    /// It is started without a server, or without an address.
    Fail { how: Failing },
    /// The server sends some of what is owed, and the client reads it.
    Send { bytes: usize },
    /// The client is stopped (SIGSTOP) and goes on (SIGCONT): what it waits in may return EINTR, signal(7).
    Interrupt,
    /// For so many milliseconds the server does nothing.
    Pause { milliseconds: u64 },
    /// The server sends all that is left, and closes its sending side, so that both come together.
    SendAndClose,
    /// The server closes its sending side.
    Close,
    /// The server resets the connection.
    Reset,
    /// The server is gone when the client sends.
    Gone { bytes: usize },
}

/// The check of the echo client: as many bytes come back as were typed.
pub(crate) fn echo(bench: &mut Bench) -> Verdict {
    if !works(bench, "sends") {
        // Nothing is left to look for.
        return Ok(());
    }
    learns_waits(bench, &[Act::Start(Starting::line(20, true)), Act::Send { bytes: 1 }], echoes)?;
    let works = |check: &str| works(bench, check);
    let sizes = sizes(bench, &[1, 2, 3, 20, 28]);
    let starts = client::starts(bench, sizes).prop_map(Act::Start).boxed();
    let mut once: Vec<_> = Starting::rare(bench).into_iter().map(Act::Start).collect();
    once.push(Act::TwoLines);
    if works("end_of_input") {
        once.push(Act::Start(Starting::NOTHING));
    }
    if works("bad_address") {
        let fails = [Failing::NoAddress, Failing::TooLarge, Failing::LeftOver, Failing::NoArgument];
        once.extend(fails.map(|how| Act::Fail { how }));
    }
    let early = works("early_close");
    if early {
        once.push(Act::Gone { bytes: 20 });
        // Who writes it in pieces writes to a broken connection.
        once.extend(works("long").then_some(Act::Gone { bytes: 4096 }));
    }
    let usual = (Starting::line(20, true), starts);
    search(bench, usual, once, early, works("pieces"), vec![1, 2, 10, 100, 1000], echoes)
}

/// The check of the daytime client: whatever the server sends until it closes.
pub(crate) fn daytime(bench: &mut Bench) -> Verdict {
    learns_waits(bench, &[Act::Start(Starting::NOTHING), Act::Send { bytes: 1 }], says_the_time)?;
    let works = |check: &str| works(bench, check);
    let mut sizes = vec![1, 2, 2, 2, 12, 26, 100];
    if works("long") {
        sizes.extend([127, 128, 129, 1000, 1024, 1025, 4096, 4097, 70_001]);
    }
    let start = any::<bool>().prop_map(|elsewhere| Act::Start(Starting { elsewhere, ..Starting::NOTHING }));
    let mut once = Vec::new();
    if works("bad_address") {
        let fails = [Failing::NoAddress, Failing::TooLarge, Failing::LeftOver];
        once.extend(fails.map(|how| Act::Fail { how }));
    }
    if works("no_argument") {
        once.push(Act::Fail { how: Failing::NoArgument });
    }
    let pieces = works("pieces") && works("until_close");
    let usual = (Starting::NOTHING, start.boxed());
    search(bench, usual, once, works("reset"), pieces, sizes, says_the_time)
}

fn echoes(bench: &mut Bench, acts: &[Act], told: &mut Told) -> Verdict {
    play(bench, &ECHO, acts, told)
}

fn says_the_time(bench: &mut Bench, acts: &[Act], told: &mut Told) -> Verdict {
    play(bench, &DAYTIME, acts, told)
}

fn search(
    bench: &mut Bench,
    (start, starts): (Starting, BoxedStrategy<Act>),
    mut once: Vec<Act>,
    early: bool,
    pieces: bool,
    sizes: Vec<usize>,
    play: super::Play<Act>,
) -> Verdict {
    if works(bench, "refused") {
        once.push(Act::Fail { how: Failing::NoServer });
        // Who asks before it connects ends without having tried.
        if works(bench, "calls") {
            once.push(Act::Fail { how: Failing::NothingAtAll });
        }
    }
    let mut acts = vec![(1, Just(Act::Interrupt).boxed()), (1, Just(Act::SendAndClose).boxed())];
    if pieces {
        acts.push((4, select(sizes).prop_map(|bytes| Act::Send { bytes }).boxed()));
    }
    if early {
        acts.extend([(2, Just(Act::Close).boxed()), (1, Just(Act::Reset).boxed())]);
    }
    let case = (starts, vec(mix(acts), 0..6)).prop_map(|(start, acts)| [vec![start], acts].concat());
    let mut once: Vec<_> = once.into_iter().map(|act| vec![act]).collect();
    if pieces {
        // A piece of one byte, and one that ends as a line does, though it is not the last: see `any_answer`.
        once.extend([1, 14].map(|bytes| vec![Act::Start(start), Act::Send { bytes }]));
    }
    if let Some(milliseconds) = pause(bench) {
        let (start, pause) = (Act::Start(start), Act::Pause { milliseconds });
        if pieces {
            once.push(vec![start.clone(), Act::Send { bytes: 1 }, pause.clone()]);
        }
        once.push(vec![start, pause]);
    }
    explore(bench, 20, &case.boxed(), once, play)
}

/// What a client asks its server for.
struct Service {
    port: u16,
    /// Is a line typed?
    typed: bool,
    /// The check that knows those who end with a wrong status.
    status: &'static str,
    /// The check that knows those who read to the end of a line.
    several_lines: &'static str,
}

static ECHO: Service = Service { port: 7, typed: true, status: "end_of_input", several_lines: "last_line" };
static DAYTIME: Service = Service { port: 13, typed: false, status: "empty", several_lines: "until_close" };

/// A client that has connected, and its server.
struct Client {
    service: &'static Service,
    run: Run,
    server: Peer,
    _listener: Listener,
    /// What the server has sent.
    sent: Vec<u8>,
    /// A whole line was typed.
    line: bool,
    /// So many bytes more make the answer whole; of a daytime client that is not known.
    owed: Option<usize>,
}

fn play(bench: &mut Bench, service: &'static Service, acts: &[Act], told: &mut Told) -> Verdict {
    let mut client = None;
    for act in acts {
        told.next();
        if matches!(act, Act::Start(_) | Act::TwoLines | Act::Fail { .. } | Act::Gone { .. }) {
            if let Some(client) = client.take() {
                ends_well(client, bench, told)?;
            }
            told.forget();
        }
        client = match (act, client) {
            (Act::Start(how), _) => start(bench, service, *how, told)?,
            (Act::TwoLines, _) => {
                two_lines(bench, service.port, told)?;
                None
            }
            (Act::Gone { bytes }, _) => {
                gone(bench, service.port, *bytes, told)?;
                None
            }
            (Act::Fail { how }, _) => {
                fails(bench, service.port, *how, told)?;
                None
            }
            (act, Some(client)) => answer(client, bench, act, told)?,
            (_, None) => None,
        };
        if let Some(client) = &client {
            rests_after_act(&client.run)?;
        }
    }
    client.map_or(Ok(()), |client| ends_well(client, bench, told))
}

/// Starts it. None if that is all: nothing was typed.
fn start(
    bench: &mut Bench,
    service: &'static Service,
    how: Starting,
    told: &mut Told,
) -> Verdict<Option<Client>> {
    let ip = how.address(bench);
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, service.port)?;
    let (run, line) = if service.typed {
        how.starts(bench, ip, told)?
    } else {
        told.tell(words!("`{ip}` 주소로 실행", "started with `{ip}`"));
        let run = bench.start(&[&ip.to_string()])?;
        run.close_stdin();
        (run, Vec::new())
    };
    let wanted = SocketAddrV4::new(ip, service.port);
    let server = listener.accept(&run)?;
    if service.typed && line.is_empty() {
        // It may connect before it asks.
        if let Some(mut server) = server {
            differ(&run, b"", &server.receive_all(&run)?.0)?;
        }
        ensure_success(Words::default(), &run.finish()?)?;
        return Ok(None);
    }
    let Some(mut server) = server else {
        let failure = Failure {
            expected: words!("{wanted}에 연결해야 해요", "a connection to {wanted}"),
            got: words!("연결이 오지 않았어요", "no connection came"),
            ..Failure::default()
        };
        return Err(run.explain(failure).into());
    };
    let to = server.local_addr()?;
    ensure(to == wanted, || Failure {
        expected: words!("{wanted}에 연결해야 해요", "a connection to {wanted}"),
        got: words!("{to}에 연결했어요", "a connection to {to}"),
        ..Failure::default()
    })?;
    let got = server.receive(&run, line.len())?;
    differ(&run, &line, &got)?;
    let owed = service.typed.then_some(line.len());
    Ok(Some(Client { service, run, server, _listener: listener, sent: Vec::new(), line: how.newline, owed }))
}

/// Before the answer has come, no more than a line is sent. What a client does with the next line afterwards is its own matter.
fn two_lines(bench: &mut Bench, port: u16, told: &mut Told) -> Verdict {
    let ip = bench.loopback();
    let listener = bench.listen(ip, port)?;
    let (run, [first, second]) = client::types_two_lines(bench, ip, told)?;
    let Some(mut server) = listener.accept(&run)? else { return Ok(()) };
    let got = server.receive(&run, first.len())?;
    differ(&run, &first, &got)?;
    run.settle()?;
    let shown = bytes(&second);
    ensure(!server.has_more(), || Failure {
        expected: words!("한 줄을 읽어 그 줄만 보내야 해요", "one line is read and sent, and no more"),
        got: words!("두 번째 줄도 보냈어요: {shown}", "the second line was sent as well: {shown}"),
        ..Failure::default()
    })
}

/// Its server closes the connection at once, with what was sent to it unread.
fn gone(bench: &mut Bench, port: u16, bytes: usize, told: &mut Told) -> Verdict {
    let ip = bench.loopback();
    let addr = SocketAddrV4::new(ip, port);
    let listener = bench.listen(ip, port)?;
    let line = bench.line(bytes);
    let run = bench.start(&[&ip.to_string()])?;
    let (n, s) = (line.len(), words::s(line.len()));
    told.tell(words!(
        "`{ip}` 주소로 실행하고, 서버가 accept하자마자 연결을 닫은 뒤, {n}바이트 한 줄을 입력",
        "started with `{ip}`; the server accepts and closes at once; a line of {n} byte{s} is typed"
    ));
    run.settle()?;
    let has_connected = waiting(Transport::Tcp)?.iter().any(|row| row.local == addr && row.unread > 0);
    if has_connected {
        // To its first write the answer is a reset, to the next EPIPE: tcp(7).
        drop(listener.accept(&run)?);
        run.write(&line);
    } else {
        // It asks before it connects.
        run.write(&line);
        if let Some(server) = listener.accept(&run)? {
            server.reset()?;
        }
    }
    run.close_stdin();
    refused(&run.finish()?)
}

/// It is started with what can't go well.
fn fails(bench: &mut Bench, port: u16, how: Failing, told: &mut Told) -> Verdict {
    let listener = if how.has_server() { Some(bench.listen(Ipv4Addr::UNSPECIFIED, port)?) } else { None };
    let run = how.starts(bench, told)?;
    let connected = listener.is_some_and(|listener| listener.accept(&run).is_ok_and(|peer| peer.is_some()));
    ensure(!connected, || Failure {
        expected: words!("연결하지 않아야 해요", "no connection"),
        got: words!("이 컴퓨터에 연결했어요", "it connected to this machine"),
        ..Failure::default()
    })?;
    refused(&run.finish()?)
}

/// What the server does. None if that was the end.
fn answer(mut client: Client, bench: &mut Bench, act: &Act, told: &mut Told) -> Verdict<Option<Client>> {
    match *act {
        Act::Send { bytes } => {
            let n = client.owed.map_or(bytes, |owed| bytes.min(owed));
            if n == 0 {
                return Ok(Some(client));
            }
            let s = words::s(n);
            told.tell(words!(
                "서버: {n}바이트를 보내고 클라이언트가 읽기를 기다림",
                "server: sends {n} byte{s} and waits until all is read"
            ));
            client.sends(bench, n)?;
            client.server.taken(&client.run)?;
            // Whoever has the whole answer is done.
            if client.owed == Some(0) {
                return ends(client, bench, true).map(|()| None);
            }
            Ok(Some(client))
        }
        Act::Interrupt => {
            interrupt(&client.run, told)?;
            Ok(Some(client))
        }
        Act::Pause { milliseconds } => {
            told.tell(words!(
                "서버: {milliseconds}밀리초 동안 아무것도 보내지 않음",
                "server: does nothing for {milliseconds} ms"
            ));
            client.run.lets_pass(Duration::from_millis(milliseconds))?;
            Ok(Some(client))
        }
        Act::SendAndClose => {
            let n = client.owed.unwrap_or(26);
            let s = words::s(n);
            told.tell(words!(
                "서버: {n}바이트를 보내고 곧바로 연결을 닫음(FIN)",
                "server: sends {n} byte{s} and closes at once (FIN)"
            ));
            let sent = client.piece(bench, n);
            let Client { run, server, .. } = &mut client;
            run.while_stopped(|| {
                server.send(run, &sent)?;
                server.half_close()
            })?;
            client.sent.extend(sent);
            ends(client, bench, true).map(|()| None)
        }
        Act::Close => {
            told.tell(words!("서버: 연결을 닫음(FIN)", "server: closes (FIN)"));
            client.server.half_close()?;
            let whole = client.owed.is_none_or(|owed| owed == 0);
            ends(client, bench, whole).map(|()| None)
        }
        Act::Reset => {
            told.tell(words!("서버: 연결을 강제로 끊음(RST)", "server: resets the connection (RST)"));
            let Client { run, server, .. } = client;
            server.reset()?;
            refused(&run.finish()?)?;
            Ok(None)
        }
        Act::Start(_) | Act::TwoLines | Act::Fail { .. } | Act::Gone { .. } => Ok(Some(client)),
    }
}

impl Client {
    /// So many bytes of the answer: the last of an echo ends as the line did.
    fn piece(&self, bench: &mut Bench, n: usize) -> Vec<u8> {
        if self.owed.is_none() && n == 2 {
            // A daytime server may begin with an empty line.
            return b"\r\n".to_vec();
        }
        let several_lines = works(bench, self.service.several_lines);
        let mut piece = any_answer(bench, n, several_lines);
        if self.owed == Some(n)
            && self.line
            && let Some(last) = piece.last_mut()
        {
            *last = b'\n';
        }
        piece
    }

    fn sends(&mut self, bench: &mut Bench, n: usize) -> Verdict {
        let piece = self.piece(bench, n);
        self.server.send(&self.run, &piece)?;
        self.sent.extend(piece);
        self.owed = self.owed.map(|owed| owed - n);
        Ok(())
    }
}

/// The server sends what is left. An echo server leaves the connection open; a daytime server closes.
fn ends_well(mut client: Client, bench: &mut Bench, told: &mut Told) -> Verdict {
    let n = client.owed.unwrap_or(26);
    let s = words::s(n);
    client.sends(bench, n)?;
    if client.owed.is_none() {
        told.tell(words!(
            "서버: {n}바이트를 보내고 연결을 닫음(FIN)",
            "server: sends {n} byte{s} and closes (FIN)"
        ));
        client.server.half_close()?;
    } else {
        told.tell(words!(
            "서버: {n}바이트를 보내고 연결을 닫지는 않음",
            "server: sends {n} byte{s}, and doesn't close"
        ));
    }
    ends(client, bench, true)
}

/// It has printed what came, and its status says whether that was all.
fn ends(client: Client, bench: &Bench, whole: bool) -> Verdict {
    let Client { service, run, sent, server, .. } = client;
    let finished = run.finish()?;
    drop(server);
    if !whole {
        return refused(&finished);
    }
    printed(&finished, &sent)?;
    succeeded(bench, &finished, service.status)
}
