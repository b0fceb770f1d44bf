//! How a client is started, be it one of TCP or of UDP, and how it ends: what came is printed, in one piece, and the status says whether
//! all went well.

use std::net::Ipv4Addr;
use std::time::Duration;

use proptest::prelude::{Just, Strategy as _, any};
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

use super::{Told, pause, text, works};
use crate::bench::{Bench, Finished, LONGEST_LINE, Run, bytes, ensure_refused, ensure_success, output};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// How it is started: with which address, and with how many bytes that are typed, a newline at their end or none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Starting {
    pub(super) elsewhere: bool,
    pub(super) bytes: usize,
    pub(super) newline: bool,
    pub(super) typing: Typing,
}

/// How a line is typed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Typing {
    /// All at once.
    AtOnce,
    /// The second half when the first has been read.
    InTwo,
    /// After so many milliseconds, the first time.
    Late { milliseconds: u64 },
}

/// With what no client can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failing {
    NoServer,
    /// And nothing is typed.
    NothingAtAll,
    NoAddress,
    TooLarge,
    /// An address, and a letter.
    LeftOver,
    /// The kernel sends no datagram there without being asked twice: EACCES, ip(7).
    Broadcast,
    NoArgument,
}

/// How long a line may be: as short as these, or longer, unless that is known to fail.
pub(super) fn sizes(bench: &Bench, short: &[usize]) -> Vec<usize> {
    let mut sizes = short.to_vec();
    if works(bench, "long") {
        sizes.extend([30, 64, 127, 128, 129, 255, 256, 257, 1000, 1023, 1024, 1025, 2048, 4095, 4096]);
    }
    sizes
}

/// Starts with lines of these sizes; typed late, too, if a client is known to wait for something only for a while.
pub(super) fn starts(bench: &Bench, sizes: Vec<usize>) -> BoxedStrategy<Starting> {
    let newline = if works(bench, "last_line") { any::<bool>().boxed() } else { Just(true).boxed() };
    let late = pause(bench).map(|milliseconds| Typing::Late { milliseconds });
    let typing = [Typing::AtOnce, Typing::InTwo].into_iter().chain(late).collect::<Vec<_>>();
    (any::<bool>(), select(sizes), newline, select(typing))
        .prop_map(|(elsewhere, bytes, newline, typing)| Starting { elsewhere, bytes, newline, typing })
        .boxed()
}

impl Starting {
    /// Nothing is typed: the input ends at once.
    pub(super) const NOTHING: Starting =
        Starting { elsewhere: false, bytes: 0, newline: false, typing: Typing::AtOnce };

    /// The address of its server.
    pub(super) fn address(self, bench: &mut Bench) -> Ipv4Addr {
        if self.elsewhere { bench.place.address } else { bench.loopback() }
    }

    /// A line of so many bytes with the newline at its end, or without.
    pub(super) fn line(bytes: usize, newline: bool) -> Self {
        Starting { elsewhere: false, bytes, newline, typing: Typing::AtOnce }
    }

    /// What chance seldom draws: an empty line, a last line of one character, and a longest line, if no check has typed one.
    pub(super) fn rare(bench: &Bench) -> Vec<Self> {
        let mut rare = Vec::new();
        if works(bench, "last_line") {
            rare.extend([true, false].map(|newline| Starting::line(1, newline)));
        }
        if !bench.has_tried("long") {
            rare.push(Starting::line(LONGEST_LINE, true));
        }
        rare
    }

    /// Starts it with that address and types the line, which it gives.
    pub(super) fn starts(self, bench: &mut Bench, ip: Ipv4Addr, told: &mut Told) -> Verdict<(Run, Vec<u8>)> {
        let run = bench.start(&[&ip.to_string()])?;
        let mut line = text(bench, self.bytes);
        if self.newline
            && let Some(last) = line.last_mut()
        {
            *last = b'\n';
        }
        let (n, s) = (line.len(), words::s(line.len()));
        told.tell(if self.newline {
            words!(
                "`{ip}` 주소로 실행하고 {n}바이트 한 줄을 입력",
                "started with `{ip}`, a line of {n} byte{s} typed"
            )
        } else {
            words!(
                "`{ip}` 주소로 실행하고 줄바꿈 없이 {n}바이트를 입력한 뒤 Ctrl-D",
                "started with `{ip}`, {n} byte{s} typed without a newline, then Ctrl-D"
            )
        });
        self.typing.types(&run, &line, told)?;
        Ok((run, line))
    }
}

/// Two lines are typed one right after the other: one is read. Gives both, with the beginnings of a run.
pub(super) fn types_two_lines(
    bench: &mut Bench,
    ip: Ipv4Addr,
    told: &mut Told,
) -> Verdict<(Run, [Vec<u8>; 2])> {
    let run = bench.start(&[&ip.to_string()])?;
    let lines = [bench.line(20), bench.line(20)];
    told.tell(words!(
        "`{ip}` 주소로 실행하고 20바이트인 줄 두 개를 한꺼번에 입력",
        "started with `{ip}`, two lines of 20 bytes typed at once"
    ));
    run.write(&lines.concat());
    run.close_stdin();
    Ok((run, lines))
}

impl Typing {
    /// Types a line, and ends the input.
    fn types(self, run: &Run, line: &[u8], told: &mut Told) -> Verdict {
        match self {
            Typing::AtOnce => run.write(line),
            Typing::Late { .. } if told.late => run.write(line),
            Typing::InTwo => {
                let (first, second) = line.split_at(line.len() / 2);
                run.write(first);
                run.settle()?;
                run.write(second);
                if !first.is_empty() {
                    told.tell(words!("그 줄을 둘로 나누어 입력함", "the line comes in two halves"));
                }
            }
            Typing::Late { milliseconds } => {
                told.late = true;
                told.tell(words!("{milliseconds}밀리초 뒤에 입력", "it is typed after {milliseconds} ms"));
                run.lets_pass(Duration::from_millis(milliseconds))?;
                run.write(line);
            }
        }
        run.close_stdin();
        Ok(())
    }
}

impl Failing {
    /// Whoever asks one all the same asks one that is there.
    pub(super) fn has_server(self) -> bool {
        !matches!(self, Failing::NoServer | Failing::NothingAtAll)
    }

    /// Starts it like that.
    pub(super) fn starts(self, bench: &mut Bench, told: &mut Told) -> Verdict<Run> {
        let ip = bench.loopback().to_string();
        let (too_large, left_over) = (format!("{}.0.0.1", bench.rng.u16(256..1000)), format!("{ip}x"));
        let args: &[&str] = match self {
            Failing::NoServer | Failing::NothingAtAll => &[&ip],
            Failing::NoAddress => &["server"],
            Failing::TooLarge => &[&too_large],
            Failing::LeftOver => &[&left_over],
            Failing::Broadcast => &["255.255.255.255"],
            Failing::NoArgument => &[],
        };
        let line = if self == Failing::NothingAtAll { Vec::new() } else { bench.line(20) };
        let run = bench.start(args)?;
        run.write(&line);
        run.close_stdin();
        let argument = args.join(" ");
        told.tell(match self {
            Failing::NoServer => {
                words!(
                    "서버가 없는 `{argument}` 주소로 실행",
                    "started with `{argument}`, where no server is"
                )
            }
            Failing::NothingAtAll => words!(
                "서버가 없는 `{argument}` 주소로 실행하고 곧바로 Ctrl-D",
                "started with `{argument}`, where no server is, and Ctrl-D at once"
            ),
            Failing::NoArgument => words!("인자 없이 실행", "started without an argument"),
            _ => words!("`{argument}`만 인자로 주고 실행", "started with `{argument}`"),
        });
        Ok(run)
    }
}

/// It is stopped and goes on.
pub(super) fn interrupt(run: &Run, told: &mut Told) -> Verdict {
    told.tell(words!(
        "클라이언트를 멈추었다가(SIGSTOP) 다시 실행(SIGCONT)",
        "the client is stopped (SIGSTOP) and goes on (SIGCONT)"
    ));
    Ok(run.while_stopped(|| Ok(()))?)
}

/// It has ended with an error, and has said so.
pub(super) fn refused(finished: &Finished) -> Verdict {
    ensure_refused(Words::default(), finished)?;
    // A prompt says nothing: it is short and no line.
    let said = finished.stdout.trim_ascii();
    let prompt = said.len() <= PROMPT && (said.is_empty() || !finished.stdout.ends_with(b"\n"));
    let silent = finished.stderr.is_empty() && prompt;
    ensure(!silent, || Failure {
        expected: words!("무엇이 실패했는지 한 줄로 알려야 해요", "a line that says what has failed"),
        got: output(finished),
        ..Failure::default()
    })
}

/// So many bytes has the prompt, `입력 :`, in UTF-8.
const PROMPT: usize = 8;

/// It ends with status 0, unless it is known not to: by the check of its lab that looks at that.
pub(super) fn succeeded(bench: &Bench, finished: &Finished, status: &str) -> Verdict {
    if works(bench, status) { ensure_success(Words::default(), finished) } else { Ok(()) }
}

/// What came is printed, in one piece, but for the end of the line; and once, with no more than a few words behind it.
pub(super) fn printed(finished: &Finished, sent: &[u8]) -> Verdict {
    let text = sent.trim_ascii_end();
    let failure = |expected| Failure { expected, got: output(finished), ..Failure::default() };
    let shown = bytes(sent);
    let at = finished.stdout.windows(text.len().max(1)).position(|window| window == text);
    let Some(at) = at.or(text.is_empty().then_some(0)) else {
        return Err(failure(words!("stdout에 이것이 있어야 해요: {shown}", "{shown} on stdout")).into());
    };
    let (before, behind) = (&finished.stdout[..at], &finished.stdout[at + text.len()..]);
    let has_label =
        |part: &[u8]| LABELS.iter().any(|label| part.windows(label.len()).any(|window| window == *label));
    ensure(text.len() < WORD || has_label(before) || !has_label(behind), || {
        failure(words!("`수신 :` 뒤에 이것이 있어야 해요: {shown}", "{shown} after 수신 :"))
    })?;
    let again = behind.windows(text.len().max(1)).any(|window| window == text);
    let little = !again && behind.len() <= FAREWELL + sent.len() - text.len();
    ensure(text.len() < WORD || little, || {
        failure(words!("stdout에 이것이 한 번만 있어야 해요: {shown}", "{shown} on stdout, once and no more"))
    })
}

/// 수신, in UTF-8 and in EUC-KR.
const LABELS: [&[u8]; 2] = ["수신".as_bytes(), b"\xBC\xF6\xBD\xC5"];

/// What is shorter may stand anywhere.
const WORD: usize = 10;

/// So many bytes may stand behind what came: a prompt, a word of farewell.
const FAREWELL: usize = 200;
