//! What the server of a UDP client may do, and whoever starts it. The model: the line goes out in one datagram, and what comes
//! back is printed, whatever its length.

use std::net::{Ipv4Addr, SocketAddrV4};

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as _};
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use super::client::{self, Failing, Starting, interrupt, printed, refused, sizes, succeeded};
use super::tcp_server::differ;
use super::{Play, Told, answer as any_answer, explore, mix, rests_after_act, text, works};
use crate::bench::{Bench, Datagrams, Run, ensure_success, output};
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
    /// The client is stopped (SIGSTOP) and goes on (SIGCONT): what it waits in may return EINTR, signal(7).
    Interrupt,
    /// Somebody else sends it a datagram, which the kernel keeps out.
    Stranger { bytes: usize },
    /// The server answers.
    Answer { bytes: usize },
    /// And has another answer right behind it: one is asked for.
    AnswerTwice { bytes: usize },
}

/// The check of the client whose socket is not connected.
pub(crate) fn unconnected(bench: &mut Bench) -> Verdict {
    search(bench, false, |bench, acts, told| play(bench, "end_of_input", acts, told))
}

/// The check of the client whose socket is connected.
pub(crate) fn connected(bench: &mut Bench) -> Verdict {
    search(bench, true, |bench, acts, told| play(bench, "close", acts, told))
}

fn search(bench: &mut Bench, connected: bool, play: Play<Act>) -> Verdict {
    if !works(bench, "sends") || !works(bench, "reply_length") {
        // Nothing is left to look for.
        return Ok(());
    }
    let works = |check: &str| works(bench, check);
    let short: &[usize] = if works("last_line") { &[2, 3, 20, 28, 1, 1, 1] } else { &[2, 3, 20, 28] };
    let mut sizes = sizes(bench, short);
    let start = client::starts(bench, sizes.clone()).prop_map(Act::Start);
    let mut fails = Vec::new();
    if works("bad_address") {
        fails.extend([Failing::NoAddress, Failing::TooLarge, Failing::LeftOver, Failing::NoArgument]);
        if !bench.traced.borrow().broadcasts {
            fails.push(Failing::Broadcast);
        }
    }
    if connected && works("refused") {
        fails.push(Failing::NoServer);
    }
    if works("empty_reply") && !connected {
        sizes.extend([0, 0]);
    }
    let mut acts = vec![
        (1, Just(Act::Interrupt).boxed()),
        (4, select(sizes.clone()).prop_map(|bytes| Act::Answer { bytes }).boxed()),
    ];
    if works("empty_reply") && !connected {
        acts.push((1, select(sizes.clone()).prop_map(|bytes| Act::AnswerTwice { bytes }).boxed()));
    }
    if connected && works("stranger") {
        acts.push((2, select(sizes).prop_map(|bytes| Act::Stranger { bytes }).boxed()));
    }
    let case = (start, vec(mix(acts), 0..4)).prop_map(|(start, acts)| [vec![start], acts].concat());
    let mut once: Vec<_> = fails.into_iter().map(|how| vec![Act::Fail { how }]).collect();
    once.extend(Starting::rare(bench).into_iter().map(|start| vec![Act::Start(start)]));
    once.push(vec![Act::TwoLines]);
    if !connected && works("end_of_input") {
        once.push(vec![Act::Start(Starting::NOTHING)]);
    }
    explore(bench, 20, &case.boxed(), once, play)
}

/// A client that has sent its line, and its server.
struct Client {
    /// The check that knows those who end with a wrong status.
    status: &'static str,
    run: Run,
    server: Datagrams,
    line: Vec<u8>,
    from: SocketAddrV4,
}

/// The slide's port.
const ECHO: u16 = 7;

fn play(bench: &mut Bench, status: &'static str, acts: &[Act], told: &mut Told) -> Verdict {
    let mut client = None;
    for act in acts {
        told.next();
        if matches!(act, Act::Start(_) | Act::TwoLines | Act::Fail { .. }) {
            if let Some(client) = client.take() {
                echoed(client, bench, told)?;
            }
            told.forget();
        }
        client = match (act, client) {
            (Act::Start(how), _) => start(bench, status, *how, told)?,
            (Act::TwoLines, _) => {
                two_lines(bench, told)?;
                None
            }
            (Act::Fail { how }, _) => {
                fails(bench, *how, told)?;
                None
            }
            (act, Some(client)) => answer(client, bench, act, told)?,
            (_, None) => None,
        };
        if let Some(client) = &client {
            rests_after_act(&client.run)?;
        }
    }
    client.map_or(Ok(()), |client| echoed(client, bench, told))
}

/// The server answers with as many bytes as it got.
fn echoed(client: Client, bench: &mut Bench, told: &mut Told) -> Verdict {
    let bytes = client.line.len();
    answer(client, bench, &Act::Answer { bytes }, told).map(drop)
}

/// Starts it. None if that is all: nothing was typed.
fn start(bench: &mut Bench, status: &'static str, how: Starting, told: &mut Told) -> Verdict<Option<Client>> {
    let ip = how.address(bench);
    let server = bench.datagrams(ip, ECHO)?;
    let (run, line) = how.starts(bench, ip, told)?;
    let came = server.receive(&run)?;
    if line.is_empty() {
        let sent = came.map(|(sent, _)| sent.len());
        ensure(sent.is_none(), || Failure {
            expected: words!("아무것도 보내지 않아야 해요", "it sends nothing"),
            got: words!("{sent:?}바이트 데이터그램을 보냈어요", "a datagram of {sent:?} bytes"),
            ..Failure::default()
        })?;
        ensure_success(Words::default(), &run.finish()?)?;
        return Ok(None);
    }
    let Some((got, from)) = came else {
        let failure = Failure {
            expected: words!("{ip}:{ECHO}에 데이터그램을 보내야 해요", "a datagram to {ip}:{ECHO}"),
            got: words!("아무것도 오지 않았어요", "nothing came"),
            ..Failure::default()
        };
        return Err(run.explain(failure).into());
    };
    differ(&run, &line, &got)?;
    // A socket that is bound to a loopback address reaches nobody else: the kernel doesn't let it out.
    ensure(ip.is_loopback() || !from.ip().is_loopback(), || Failure {
        expected: words!("{ip}에서 데이터그램을 보내야 해요", "a datagram from {ip}"),
        got: words!("{from}에서 데이터그램을 보냈어요", "a datagram from {from}"),
        cause: words!(
            "루프백(loopback) 주소에 bind한 소켓으로는 다른 컴퓨터에 보낼 수 없어요.",
            "A socket that is bound to a loopback address can't send to another machine."
        ),
        ..Failure::default()
    })?;
    Ok(Some(Client { status, run, server, line, from }))
}

/// The first datagram is the first line. What a client does with the next line afterwards is its own matter.
fn two_lines(bench: &mut Bench, told: &mut Told) -> Verdict {
    let ip = bench.loopback();
    let server = bench.datagrams(ip, ECHO)?;
    let (run, [first, _]) = client::types_two_lines(bench, ip, told)?;
    server.receive(&run)?.map_or(Ok(()), |(got, _)| differ(&run, &first, &got))
}

/// It is started with what can't go well.
fn fails(bench: &mut Bench, how: Failing, told: &mut Told) -> Verdict {
    let server = if how.has_server() { Some(bench.datagrams(Ipv4Addr::UNSPECIFIED, ECHO)?) } else { None };
    let run = how.starts(bench, told)?;
    let sent = || server.as_ref().is_some_and(Datagrams::has_more);
    run.until(|| Ok((run.over() || sent()).then_some(())))?;
    ensure(!sent(), || Failure {
        expected: words!("보내지 않아야 해요", "it sends nothing"),
        got: words!("이 컴퓨터로 데이터그램을 보냈어요", "it sent a datagram to this machine"),
        ..Failure::default()
    })?;
    refused(&run.finish()?)
}

/// What the server does. None if that was the end.
fn answer(client: Client, bench: &mut Bench, act: &Act, told: &mut Told) -> Verdict<Option<Client>> {
    match *act {
        Act::Interrupt => {
            interrupt(&client.run, told)?;
            Ok(Some(client))
        }
        Act::Stranger { bytes } => {
            let stranger = bench.datagrams(Ipv4Addr::UNSPECIFIED, 0)?;
            let s = words::s(bytes);
            told.tell(words!("다른 소켓이 {bytes}바이트를 보냄", "another socket sends {bytes} byte{s}"));
            stranger.send_to(&text(bench, bytes), client.from)?;
            Ok(Some(client))
        }
        Act::Answer { bytes } | Act::AnswerTwice { bytes } => {
            let s = words::s(bytes);
            told.tell(words!("서버: {bytes}바이트로 응답함", "server: answers with {bytes} byte{s}"));
            let sent = any_answer(bench, bytes, true);
            let Client { run, server, from, .. } = &client;
            if matches!(act, Act::AnswerTwice { .. }) {
                told.tell(words!(
                    "서버: 곧바로 다른 응답을 하나 더 보냄",
                    "server: at once sends another answer"
                ));
                let other = any_answer(bench, 20, true);
                run.while_stopped(|| {
                    server.send_to(&sent, *from)?;
                    server.send_to(&other, *from)
                })?;
            } else {
                server.send_to(&sent, *from)?;
            }
            let finished = client.run.finish()?;
            printed(&finished, &sent)?;
            // What stood in the buffer before is not what came.
            let rest = client.line.get(sent.len()..).unwrap_or_default().trim_ascii_end();
            let stale = [&sent[..], rest].concat();
            let shown = rest.len() > 1
                && !sent.is_empty()
                && finished.stdout.windows(stale.len()).any(|window| window == stale);
            ensure(!shown, || Failure {
                expected: words!(
                    "받은 {bytes}바이트만 출력해야 해요",
                    "the {bytes} byte{s} that came, and no more"
                ),
                got: output(&finished),
                ..Failure::default()
            })?;
            succeeded(bench, &finished, client.status)?;
            Ok(None)
        }
        Act::Start(_) | Act::TwoLines | Act::Fail { .. } => Ok(Some(client)),
    }
}
