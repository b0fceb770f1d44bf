//! What the server of a UDP client may do, and whoever starts it. The model: the line goes out in one datagram, and what comes
//! back is printed, whatever its length.

use std::net::{Ipv4Addr, SocketAddrV4};

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as _, any};
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use super::tcp_client::{Typing, printed, refused, succeeded, typing};
use super::tcp_server::differ;
use super::{Told, answer as any_answer, explore, mix, text, works};
use crate::bench::{Bench, Datagrams, Run, ensure_success};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// The client is started, and this many bytes are typed; with a newline at their end, or without.
    Start { elsewhere: bool, bytes: usize, newline: bool, typing: Typing },
    /// It is started without a server, or without an address.
    Fail { how: Failing },
    /// The client is stopped (SIGSTOP) and goes on (SIGCONT): what it waits in may return EINTR, signal(7).
    Interrupt,
    /// Somebody else sends it a datagram, which the kernel keeps out.
    Stranger { bytes: usize },
    /// The server answers.
    Answer { bytes: usize },
}

/// With what no client can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failing {
    NoServer,
    NoAddress,
    TooLarge,
    /// The kernel sends no datagram there without being asked twice: EACCES, ip(7).
    Broadcast,
    NoArgument,
}

/// The check of the client whose socket is not connected.
pub(crate) fn unconnected(bench: &mut Bench) -> Verdict {
    search(bench, false)
}

/// The check of the client whose socket is connected.
pub(crate) fn connected(bench: &mut Bench) -> Verdict {
    search(bench, true)
}

fn search(bench: &mut Bench, connected: bool) -> Verdict {
    if !works(bench, "sends") || !works(bench, "reply_length") {
        // Nothing is left to look for.
        return Ok(());
    }
    let works = |check: &str| works(bench, check);
    let mut sizes = vec![2_usize, 3, 20, 28];
    if works("last_line") {
        sizes.extend([1, 1, 1]);
    }
    if works("long") {
        sizes.extend([30, 64, 127, 128, 129, 255, 256, 257, 1000, 1023, 1024, 1025, 2048, 4095, 4096]);
    }
    let newline = if works("last_line") { any::<bool>().boxed() } else { Just(true).boxed() };
    let typed = (any::<bool>(), select(sizes.clone()), newline, typing(bench));
    let mut starts = vec![(
        8,
        typed
            .prop_map(|(elsewhere, bytes, newline, typing)| Act::Start { elsewhere, bytes, newline, typing })
            .boxed(),
    )];
    if !connected && works("end_of_input") {
        starts.push((
            1,
            Just(Act::Start { elsewhere: false, bytes: 0, newline: false, typing: Typing::AtOnce }).boxed(),
        ));
    }
    let mut fails = Vec::new();
    if works("bad_address") {
        fails.extend([Failing::NoAddress, Failing::TooLarge, Failing::Broadcast, Failing::NoArgument]);
    }
    if connected && works("refused") {
        fails.push(Failing::NoServer);
    }
    if !fails.is_empty() {
        starts.push((3, select(fails).prop_map(|how| Act::Fail { how }).boxed()));
    }
    if works("empty_reply") && !connected {
        sizes.extend([0, 0]);
    }
    let mut acts = vec![
        (1, Just(Act::Interrupt).boxed()),
        (4, select(sizes.clone()).prop_map(|bytes| Act::Answer { bytes }).boxed()),
    ];
    if connected && works("stranger") {
        acts.push((2, select(sizes).prop_map(|bytes| Act::Stranger { bytes }).boxed()));
    }
    let case = (mix(starts), vec(mix(acts), 0..4)).prop_map(|(start, acts)| [vec![start], acts].concat());
    explore(bench, 20, &case.boxed(), play)
}

/// A client that has sent its line, and its server.
struct Client {
    run: Run,
    server: Datagrams,
    line: Vec<u8>,
    from: SocketAddrV4,
}

/// The slide's port.
const ECHO: u16 = 7;

fn play(bench: &mut Bench, acts: &[Act], told: &mut Told) -> Verdict {
    let mut client = None;
    for act in acts {
        told.next();
        if matches!(act, Act::Start { .. } | Act::Fail { .. }) {
            if let Some(client) = client.take() {
                echoed(client, bench, told)?;
            }
            told.forget();
        }
        client = match (act, client) {
            (Act::Start { elsewhere, bytes, newline, typing }, _) => {
                start(bench, *elsewhere, (*bytes, *newline, *typing), told)?
            }
            (Act::Fail { how }, _) => {
                fails(bench, *how, told)?;
                None
            }
            (act, Some(client)) => answer(client, bench, act, told)?,
            (_, None) => None,
        };
    }
    client.map_or(Ok(()), |client| echoed(client, bench, told))
}

/// The server answers with as many bytes as it got.
fn echoed(client: Client, bench: &mut Bench, told: &mut Told) -> Verdict {
    let bytes = client.line.len();
    answer(client, bench, &Act::Answer { bytes }, told).map(drop)
}

/// Starts it. None if that is all: nothing was typed.
fn start(
    bench: &mut Bench,
    elsewhere: bool,
    (bytes, newline, typing): (usize, bool, Typing),
    told: &mut Told,
) -> Verdict<Option<Client>> {
    let ip = if elsewhere { bench.place.address } else { bench.loopback() };
    let server = bench.datagrams(ip, ECHO)?;
    let run = bench.start(&[&ip.to_string()])?;
    let mut line = text(bench, bytes);
    if newline && let Some(last) = line.last_mut() {
        *last = b'\n';
    }
    let n = line.len();
    told.tell(if newline {
        words!("`{ip}`로 실행하고 {n}바이트 한 줄을 입력", "started with `{ip}`, a line of {n} bytes typed")
    } else {
        words!(
            "`{ip}`로 실행하고 줄바꿈 없이 {n}바이트를 입력한 뒤 Ctrl-D",
            "started with `{ip}`, {n} bytes typed without a newline, then Ctrl-D"
        )
    });
    typing.types(&run, &line, told)?;
    let came = server.receive(&run)?;
    if bytes == 0 {
        let sent = came.map(|(sent, _)| sent.len());
        ensure(sent.is_none(), || Failure {
            expected: words!("아무것도 보내지 않기", "it sends nothing"),
            got: words!("{sent:?}바이트 데이터그램", "a datagram of {sent:?} bytes"),
            ..Failure::default()
        })?;
        ensure_success(Words::default(), &run.finish()?)?;
        return Ok(None);
    }
    let Some((got, from)) = came else {
        let failure = Failure {
            expected: words!("{ip}:{ECHO}로 가는 데이터그램", "a datagram to {ip}:{ECHO}"),
            got: words!("아무것도 오지 않았어요", "nothing came"),
            ..Failure::default()
        };
        return Err(run.explain(failure).into());
    };
    differ(&run, &line, &got)?;
    Ok(Some(Client { run, server, line, from }))
}

/// Starts it with what can't go well.
fn fails(bench: &mut Bench, how: Failing, told: &mut Told) -> Verdict {
    let ip = bench.loopback().to_string();
    let too_large = format!("{}.0.0.1", bench.rng.u16(256..1000));
    let args: &[&str] = match how {
        Failing::NoServer => &[&ip],
        Failing::NoAddress => &["server"],
        Failing::TooLarge => &[&too_large],
        Failing::Broadcast => &["255.255.255.255"],
        Failing::NoArgument => &[],
    };
    let server =
        if how == Failing::NoServer { None } else { Some(bench.datagrams(Ipv4Addr::UNSPECIFIED, ECHO)?) };
    let line = bench.line(20);
    let run = bench.start(args)?;
    run.write(&line);
    run.close_stdin();
    let argument = args.join(" ");
    told.tell(match how {
        Failing::NoServer => {
            words!("서버가 없는 `{argument}`로 실행", "started with `{argument}`, where no server is")
        }
        Failing::NoArgument => words!("인자 없이 실행", "started without an argument"),
        _ => words!("`{argument}`로 실행", "started with `{argument}`"),
    });
    let sent = || server.as_ref().is_some_and(Datagrams::has_more);
    run.until(|| Ok((run.over() || sent()).then_some(())))?;
    ensure(!sent(), || Failure {
        expected: words!("보내지 않기", "it sends nothing"),
        got: words!("이 컴퓨터로 데이터그램을 보냈어요", "it sent a datagram to this machine"),
        ..Failure::default()
    })?;
    refused(&run.finish()?)
}

/// What the server does. None if that was the end.
fn answer(client: Client, bench: &mut Bench, act: &Act, told: &mut Told) -> Verdict<Option<Client>> {
    match *act {
        Act::Interrupt => {
            told.tell(words!(
                "클라이언트를 멈추었다가(SIGSTOP) 다시 실행(SIGCONT)",
                "the client is stopped (SIGSTOP) and goes on (SIGCONT)"
            ));
            client.run.while_stopped(|| Ok(()))?;
            Ok(Some(client))
        }
        Act::Stranger { bytes } => {
            let stranger = bench.datagrams(Ipv4Addr::UNSPECIFIED, 0)?;
            told.tell(words!("다른 소켓이 {bytes}바이트를 보냄", "another socket sends {bytes} bytes"));
            stranger.send_to(&text(bench, bytes), client.from)?;
            Ok(Some(client))
        }
        Act::Answer { bytes } => {
            told.tell(words!("서버: {bytes}바이트로 답함", "server: answers with {bytes} bytes"));
            let sent = any_answer(bench, bytes);
            client.server.send_to(&sent, client.from)?;
            let finished = client.run.finish()?;
            printed(&finished, &sent)?;
            // What stood in the buffer before is not what came.
            let rest = client.line.get(sent.len()..).unwrap_or_default().trim_ascii_end();
            let stale = [&sent[..], rest].concat();
            let shown = rest.len() > 1
                && !sent.is_empty()
                && finished.stdout.windows(stale.len()).any(|window| window == stale);
            ensure(!shown, || Failure {
                expected: words!("온 {bytes}바이트만", "the {bytes} bytes that came, and no more"),
                got: crate::bench::output(&finished),
                ..Failure::default()
            })?;
            succeeded(bench, &finished)?;
            Ok(None)
        }
        Act::Start { .. } | Act::Fail { .. } => Ok(Some(client)),
    }
}
