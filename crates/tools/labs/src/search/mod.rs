//! The search: explores what a legal peer and the kernel may do, act by act, and holds the program against a model of the lab
//! after each. Where both part, the acts are shrunk to the fewest after which they still do, and told as a story.
//!
//! Which acts follow each other is the same for every seed, so that none is kinder than another: a seed picks the bytes.

mod client;
pub(crate) mod tcp_client;
pub(crate) mod tcp_server;
pub(crate) mod udp_client;
pub(crate) mod udp_server;

use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use jail::Limits;
use labkit::Transport;
use proptest::strategy::{BoxedStrategy, Just, Strategy as _, Union, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bench::{Bench, Run, ensure_refused, now, waiting};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// So many times acts are played again, to find the fewest.
const TRIES: usize = 30;

/// A story has so many lines at the most.
const LINES: usize = 6;

/// What is shrunk: a program that does nothing for so many samples has nothing to do.
const IMPATIENT: u64 = 10;

/// And one that works for so many seconds works for ever.
const WORK: u64 = 1;

/// Where a program and the model of its lab part.
#[derive(Clone, Debug)]
pub(crate) struct Parting {
    /// After so many acts.
    after: usize,
    failure: Failure,
}

/// Plays acts. Tells each as it is played, and gives where program and model part, if they do.
pub(crate) type Play<A> = fn(&mut Bench, &[A], &mut Told) -> Verdict;

/// What has been played.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// So many acts of those that there are; some may not have been possible.
    played: usize,
    /// When each was done, and what.
    lines: Vec<(f64, Words)>,
    /// The first so many are of no importance any more.
    forgotten: usize,
    /// A line was typed late: once is enough, it takes long.
    late: bool,
}

impl Told {
    /// The next act begins.
    pub(crate) fn next(&mut self) {
        self.played += 1;
    }

    /// It was possible, and this is what was done.
    pub(crate) fn tell(&mut self, line: Words) {
        self.lines.push((now(), line));
    }

    /// What came before is of no importance any more.
    pub(crate) fn forget(&mut self) {
        self.forgotten = self.lines.len();
    }

    /// A line each; of many the first and the last.
    fn story(&self) -> Words {
        let mut lines: Vec<Words> =
            self.lines[self.forgotten..].iter().map(|(_, line)| line.clone()).collect();
        let n = lines.len();
        if n > LINES {
            let left_out = n - LINES + 1;
            lines.splice(
                LINES / 2..LINES / 2 + left_out,
                [words!("… (그사이에 한 일 {left_out}가지)", "… ({left_out} more)")],
            );
        }
        let line = |(i, line): (usize, &Words)| {
            let Words { ko, en } = line;
            words!("\n{i}. {ko}", "\n{i}. {en}")
        };
        (1..)
            .zip(&lines)
            .map(line)
            .fold(Words::default(), |all, line| Words { ko: all.ko + &line.ko, en: all.en + &line.en })
    }
}

/// What a program does about one act doesn't mix with what it does about the next: that begins when the program rests.
pub(crate) fn rests_after_act(run: &Run) -> Verdict {
    Ok(run.settle()?)
}

/// A peer that is silent for longer than a program waits is still a peer. So long, in milliseconds, if a trace has shown that it does not
/// wait for ever; but nobody has to wait for hours.
pub(crate) fn pause(bench: &Bench) -> Option<u64> {
    let longest = Duration::from_secs(10);
    let waits = bench.traced.borrow().waits?;
    (!waits.is_zero() && waits <= longest).then(|| waits.as_millis() as u64 + 200)
}

/// Has one case traced, if no check before has traced anything: how long a program waits is not known otherwise.
pub(crate) fn learns_waits<A: Clone>(bench: &mut Bench, acts: &[A], play: Play<A>) -> Verdict {
    if bench.traced.borrow().waits.is_none() && bench.replay.is_none() {
        let usual = bench.tape.replace(Rc::default());
        let played = part(bench, acts, play);
        bench.tape = usual;
        played?;
    }
    Ok(())
}

/// What a line may have in it: blanks at its beginning, Korean, what a format would take for a conversion (as a format, it has no %s
/// or %n, which may do anything), a backslash, a carriage return; unless that is known to fail. A single character is `0`, which
/// some take for false.
pub(crate) fn text(bench: &mut Bench, n: usize) -> Vec<u8> {
    let mut text = bench.line(n + 1);
    text.truncate(n);
    if n == 1 {
        return b"0".to_vec();
    }
    if n > 12 && any_byte_does(bench) {
        text[..11].copy_from_slice(" 한%%d글\\".as_bytes());
        text[n - 2] = b'\r';
    }
    text
}

/// What an answer may have in it: the same, and of an odd number of bytes some that are no text; and the end of a line, if that is
/// `several_lines`.
pub(crate) fn answer(bench: &mut Bench, n: usize, several_lines: bool) -> Vec<u8> {
    let mut answer = text(bench, n);
    if n >= 14 && any_byte_does(bench) {
        if n % 2 == 1 {
            answer[11..13].copy_from_slice(&[0, 0xFF]);
        }
        if several_lines {
            answer[13] = b'\n';
        }
    }
    answer
}

/// Ports at which no server can wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Port {
    /// The tester has it.
    Taken,
    /// The server has it.
    Own,
    /// 65536
    JustTooLarge,
    /// So large that a free one is left of it in 16 bits.
    TooLarge,
    /// A free one, and a letter.
    NoNumber,
    /// -1
    Negative,
}

/// What is left to try. When all checks have run, that is the server's own port, which no other tries; a search that is run alone tries
/// all.
pub(crate) fn ports(bench: &Bench) -> Vec<Port> {
    let mut ports = Vec::new();
    if works(bench, "port_in_use") {
        ports.push(Port::Own);
    }
    if !bench.has_tried("port_in_use") {
        ports.push(Port::Taken);
    }
    if !bench.has_tried("bad_port") {
        ports.extend([Port::JustTooLarge, Port::TooLarge, Port::NoNumber, Port::Negative]);
    }
    ports
}

/// Another server is started with a port that it can't have: it must end with an error. `own` is the server's, `free` is nobody's, or
/// the tester's.
pub(crate) fn starts_no_other(
    bench: &Bench,
    port: Port,
    own: u16,
    free: u16,
    transport: Transport,
    told: &mut Told,
) -> Verdict {
    let (argument, mistaken) = match port {
        Port::Taken => (free.to_string(), free),
        Port::Own => (own.to_string(), own),
        Port::JustTooLarge => ("65536".into(), 0),
        Port::TooLarge => ((65_536 + u32::from(free)).to_string(), free),
        Port::NoNumber => (format!("{free}x"), free),
        Port::Negative => ("-1".into(), u16::MAX),
    };
    told.tell(words!(
        "`{argument}`만 인자로 주고 서버를 하나 더 실행",
        "another server is started with `{argument}`"
    ));
    let there =
        || Ok::<_, io::Error>(waiting(transport)?.iter().filter(|row| row.local.port() == mistaken).count());
    let before = there()?;
    let run = bench.start(&[&argument])?;
    run.until(|| Ok((run.over() || there()? > before).then_some(())))?;
    ensure(run.over() || there()? <= before, || Failure {
        did: Words::default(),
        expected: words!("0이 아닌 종료 상태로 끝나야 해요", "it exits with a status that is not 0"),
        got: words!("포트 {mistaken}에서 기다리고 있어요", "it waits at port {mistaken}"),
        cause: if port == Port::Own {
            words!(
                "SO_REUSEADDR(UDP)나 SO_REUSEPORT를 설정하면 두 서버가 같은 포트를 사용할 수 있어요.",
                "With SO_REUSEADDR (UDP) or SO_REUSEPORT two servers have the same port."
            )
        } else {
            Words::default()
        },
    })?;
    ensure_refused(Words::default(), &run.finish()?)
}

/// Nobody is there: does it still have what came? A program whose memory has grown by 256 KiB since `at_rest` is asked for `more` until
/// it has not: an allocator, or a collector of garbage, may keep some ready; who frees nothing never comes to an end.
pub(crate) fn keeps_nothing(
    run: &Run,
    at_rest: &mut Option<u64>,
    bytes: usize,
    mut more: impl FnMut(&Run) -> Verdict,
) -> Verdict {
    run.settle()?;
    let first = *at_rest.get_or_insert(run.memory());
    for _ in 0..ROUNDS {
        let memory = run.memory();
        if memory < at_rest.unwrap_or(memory) + MUCH {
            return Ok(());
        }
        *at_rest = Some(memory);
        more(run)?;
        run.settle()?;
    }
    let (first, now) = (first >> 10, run.memory() >> 10);
    Err(Failure {
        did: Words::default(),
        expected: words!(
            "돌려보낸 데이터의 메모리는 다시 사용하거나 free해야 해요(처음에 연결이 없을 때 {first} KiB)",
            "the memory of what was sent back is free or used again (when nobody was there, {first} KiB at first)"
        ),
        got: words!(
            "그 뒤로 {bytes}바이트를 {ROUNDS}번 더 돌려보내는 동안 매번 늘어 {now} KiB가 되었어요",
            "with {ROUNDS} times {bytes} bytes more it has grown each time, to {now} KiB"
        ),
        cause: Words::default(),
    }
    .into())
}

/// So often.
const ROUNDS: usize = 8;

/// What is not much memory.
const MUCH: u64 = 256 << 10;

/// Is a check not known to fail? In each lab a name may mean something else, and a lab may not have it: what labs share asks for none.
pub(crate) fn works(bench: &Bench, check: &str) -> bool {
    !bench.failed.contains(&check)
}

/// Does it do with more than letters and digits, as far as is known?
fn any_byte_does(bench: &Bench) -> bool {
    works(bench, "bytes") && works(bench, "percent")
}

/// Acts, some more often than others: `(weight, acts)`.
pub(crate) fn mix<A: Debug + Clone + 'static>(kinds: Vec<(u32, BoxedStrategy<A>)>) -> BoxedStrategy<A> {
    Union::new_weighted(kinds).boxed()
}

/// Explores so many cases, one after the other. The failure that it gives tells the fewest acts, and the bench keeps them. If it is
/// to replay some, these alone are played. What there are few kinds of, and what takes long, comes at the end: `once` each.
pub(crate) fn explore<A: Clone + Debug + Serialize + DeserializeOwned + 'static>(
    bench: &mut Bench,
    cases: u8,
    case: &BoxedStrategy<Vec<A>>,
    once: Vec<Vec<A>>,
    play: Play<A>,
) -> Verdict {
    if let Some(acts) = bench.replay.clone() {
        let acts: Vec<A> = acts
            .into_iter()
            .map(serde_json::from_value)
            .collect::<Result<_, _>>()
            .map_err(|error| io::Error::other(format!("the acts are none of this check's: {error}")))?;
        return match part(bench, &acts, play)? {
            Some(parting) => Err(found(bench, parting, &acts)),
            None => Ok(()),
        };
    }
    let once: Vec<_> = once.into_iter().map(|acts| Just(acts).boxed()).collect();
    let mut trees = Vec::new();
    for (number, case) in (0..).zip(iter::repeat_n(case, cases.into()).chain(&once)) {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[number; 32]);
        let tree = case.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng));
        trees.push(tree.map_err(|reason| io::Error::other(format!("search: {reason}")))?);
    }
    let all: Vec<Vec<A>> = trees.iter().map(ValueTree::current).collect();
    let Some(parting) = part(bench, &all.concat(), play)? else { return Ok(()) };
    if !bench.shrinks {
        return Err(found(bench, parting, &all.concat()));
    }

    let (mut number, mut until) = (0, all[0].len());
    while until < parting.after && number + 1 < all.len() {
        number += 1;
        until += all[number].len();
    }
    let mut fewest = all.concat();
    fewest.truncate(parting.after);
    let spent = Arc::clone(&bench.place.spent);
    let was_cut = spent.was_cut();
    let usual = bench.place.allowed.running;
    bench.place.allowed.running = Limits { asleep: IMPATIENT, cpu: WORK.min(usual.cpu), ..usual };
    let shrunk = shrink(bench, &mut fewest, &mut trees[number], play);
    bench.place.allowed.running = usual;
    shrunk?;
    // What is said of them was seen with all the patience that a check has; it is not to blame for what the tries before have taken.
    spent.begin();
    match part(bench, &fewest, play)? {
        Some(parting) if !spent.was_cut() => Err(found(bench, parting, &fewest)),
        _ => {
            spent.begin();
            if was_cut {
                spent.cut();
            }
            Err(found(bench, parting, &all.concat()))
        }
    }
}

/// The failure; the bench keeps the acts after which it came.
fn found<A: Serialize>(bench: &mut Bench, parting: Parting, acts: &[A]) -> Fault {
    match acts[..parting.after].iter().map(serde_json::to_value).collect() {
        Ok(acts) => {
            bench.acts = acts;
            parting.failure.into()
        }
        Err(error) => io::Error::from(error).into(),
    }
}

/// The fewest acts after which program and model still part, in place of `acts`.
fn shrink<A: Clone>(
    bench: &mut Bench,
    acts: &mut Vec<A>,
    tree: &mut impl ValueTree<Value = Vec<A>>,
    play: Play<A>,
) -> Verdict {
    let mut parts = |acts: &mut Vec<A>, fewer: Vec<A>| {
        let parting = part(bench, &fewer, play)?;
        if let Some(Parting { after, .. }) = parting {
            *acts = fewer;
            acts.truncate(after);
        }
        Ok::<bool, Fault>(parting.is_some())
    };
    if !parts(acts, tree.current())? {
        // It takes what was before: halves, quarters, … of that are left out.
        let mut size = acts.len() / 2;
        let mut tries = 0;
        while size > 0 && tries < TRIES {
            let mut from = 0;
            while from < acts.len() && tries < TRIES {
                let fewer = acts.iter().enumerate().filter(|(i, _)| !(from..from + size).contains(i));
                let fewer = fewer.map(|(_, act)| act.clone()).collect();
                tries += 1;
                if !parts(acts, fewer)? {
                    from += size;
                }
            }
            size /= 2;
        }
        return Ok(());
    }
    let mut changed = tree.simplify();
    for _ in 0..TRIES {
        if !changed {
            break;
        }
        changed = if parts(acts, tree.current())? { tree.simplify() } else { tree.complicate() };
    }
    Ok(())
}

/// Plays acts: where do program and model part?
fn part<A: Clone>(bench: &mut Bench, acts: &[A], play: Play<A>) -> Verdict<Option<Parting>> {
    let rng = bench.rng.clone();
    let mut told = Told::default();
    let verdict = play(bench, acts, &mut told);
    bench.rng = rng;
    if let Some(tape) = &bench.tape {
        tape.borrow_mut().acts.extend(told.lines.iter().cloned());
    }
    match verdict {
        Ok(()) => Ok(None),
        Err(Fault::Failed(failure) | Fault::Died(failure)) => {
            let after = told.played;
            Ok(Some(Parting { after, failure: Failure { did: told.story(), ..*failure } }))
        }
        Err(grader) => Err(grader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_has_at_most_six_lines() {
        for acts in 0..20 {
            let mut told = Told::default();
            for number in 1..=acts {
                told.tell(words!("{number}번", "act {number}"));
            }
            let story = told.story().en;
            let lines: Vec<&str> = story.lines().skip(1).collect();
            assert_eq!(lines.len(), acts.min(6), "{story}");
            // The first and the last are there, and how many are not.
            if acts > 6 {
                assert_eq!(lines[0], "1. act 1");
                assert_eq!(lines[3], format!("4. … ({} more)", acts - 5));
                assert_eq!(lines[5], format!("6. act {acts}"));
            }
        }
    }
}
