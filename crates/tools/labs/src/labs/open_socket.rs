//! open_socket: files and sockets are numbered in one row.

use labkit::trace::Call;

use super::printed::{ensure_labels, ensure_number, tells};
use crate::bench::{Bench, Finished, Start, ensure_refused, ensure_success};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "open_socket",
    usage: "open_socket",
    slides: "4, 9, 10",
    statement: statement!("open_socket"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["스스로 종료 상태 0으로 끝나요", "It ends by itself, with exit status 0"],
            points: 5,
            needs: &["build"],
            slide: "10",
            run: ends,
        },
        Check {
            id: "descriptors",
            title: ["네 가지를 슬라이드의 순서대로 열어요", "It opens the four things in the slide's order"],
            points: 15,
            needs: &["build"],
            slide: "4, 9, 10",
            run: descriptors,
        },
        Check {
            id: "numbers",
            title: ["커널이 돌려준 번호를 출력해요", "It prints the numbers that the kernel gave"],
            points: 25,
            needs: &["build"],
            slide: "4, 10",
            run: numbers,
        },
        Check {
            id: "lowest_free",
            title: [
                "이미 열려 있는 디스크립터가 다르면 번호도 달라져요",
                "Other numbers where other descriptors are open already",
            ],
            points: 25,
            needs: &["build"],
            slide: "4, 10",
            run: lowest_free,
        },
        Check {
            id: "lines",
            title: ["네 줄을 과제 설명대로 출력해요", "The four lines of output"],
            points: 10,
            needs: &["build"],
            slide: "10",
            run: lines,
        },
        Check {
            id: "close",
            title: ["넷을 모두 연 뒤 모두 close로 닫아요", "It closes all four when all are open"],
            points: 10,
            needs: &["build"],
            slide: "10",
            run: close,
        },
        Check {
            id: "socket_fails",
            title: ["하나라도 열 수 없으면 오류로 끝나요", "If one of them can't be opened"],
            points: 10,
            needs: &["ends"],
            slide: "9, 11",
            run: socket_fails,
        },
    ],
};

/// Something to open.
struct Thing {
    label: &'static str,
    opens: fn(&Call) -> bool,
}

/// In the slide's order.
const THINGS: [Thing; 4] = [
    Thing { label: "/etc/passwd's file descriptor", opens: |call| reads(call, "/etc/passwd") },
    Thing { label: "stream socket descriptor", opens: |call| calls::opens(call, "SOCK_STREAM") },
    Thing { label: "datagram socket descriptor", opens: |call| calls::opens(call, "SOCK_DGRAM") },
    Thing { label: "/etc/host's file descriptor", opens: |call| reads(call, "/etc/hosts") },
];

/// Does it open this file for reading?
fn reads(call: &Call, path: &str) -> bool {
    let flag = |argument: &String| argument.split('|').any(|flag| flag == "O_RDONLY");
    is_about(call, path) && calls::is(call, "open") && call.args.iter().any(flag)
}

fn is_about(call: &Call, path: &str) -> bool {
    (0..2).any(|i| call.bytes(i).is_some_and(|bytes| bytes == path.as_bytes()))
}

/// Where in its calls the four are opened. From the end backwards: a language's runtime may have opened such things before.
fn opened(calls: &[Call]) -> Option<[usize; 4]> {
    let mut at = [calls.len(); 4];
    for (i, thing) in THINGS.iter().enumerate().rev() {
        let end = at.get(i + 1).copied().unwrap_or(calls.len());
        at[i] = calls[..end].iter().rposition(thing.opens)?;
    }
    Some(at)
}

fn ran() -> Words {
    words!("`open_socket` 실행", "ran `open_socket`")
}

fn watched() -> Words {
    words!("strace로 시스템 콜 확인", "watched its system calls (strace)")
}

/// Its stdout; `/etc/hosts's` is welcome too: it mends a slip of the slide's pen.
fn text(finished: &Finished) -> String {
    finished.text().replace('’', "'").replace("hosts's", "host's").replace("hosts'", "host's")
}

fn plain(bench: &mut Bench) -> Verdict<Finished> {
    bench.run(&[], b"")
}

fn traced(bench: &mut Bench) -> Verdict<Finished> {
    bench.start_with(&[], &Start { traced: true, ..Start::default() })?.finish()
}

fn ends(bench: &mut Bench) -> Verdict {
    ensure_success(ran(), &bench.run_at_terminal(&[])?)
}

fn lines(bench: &mut Bench) -> Verdict {
    let finished = bench.once("plain", plain)?;
    ensure_labels(&ran(), &finished, &text(&finished), &THINGS.map(|thing| thing.label))
}

fn descriptors(bench: &mut Bench) -> Verdict {
    let finished = bench.once("traced", traced)?;
    let domain = |at: usize| finished.calls[at].args.first().map(String::as_str);
    let is_right = |[_, stream, datagram, _]: [usize; 4]| {
        [stream, datagram].into_iter().all(|at| domain(at) == Some("AF_INET"))
    };
    ensure(opened(&finished.calls).is_some_and(is_right), || {
        let of_interest = |call: &&Call| {
            call.name == "socket" || ["/etc/passwd", "/etc/hosts"].iter().any(|path| is_about(call, path))
        };
        let seen: Vec<String> = finished.calls.iter().filter(of_interest).map(Call::text).collect();
        let seen = if seen.is_empty() { "-".into() } else { seen.join("\n") };
        Failure {
            did: watched(),
            expected: words!(
                "open(\"/etc/passwd\", O_RDONLY), socket(AF_INET, SOCK_STREAM, …), socket(AF_INET, SOCK_DGRAM, …), open(\"/etc/hosts\", O_RDONLY)이 이 순서로 성공해야 해요",
                "open(\"/etc/passwd\", O_RDONLY), socket(AF_INET, SOCK_STREAM, …), socket(AF_INET, SOCK_DGRAM, …), open(\"/etc/hosts\", O_RDONLY): in this order, each with success"
            ),
            got: words!("이 시스템 콜들을 불렀어요: {seen}", "{seen}"),
            cause: words!(
                "순서, 소켓의 프로토콜 체계(PF_INET은 AF_INET과 값이 같아요)와 서비스 타입(SOCK_STREAM, SOCK_DGRAM), 파일을 여는 방식(O_RDONLY)을 슬라이드와 비교해 보세요.",
                "Compare the order, the sockets' protocol family (PF_INET is the same number as AF_INET) and types (SOCK_STREAM, SOCK_DGRAM), and the files' mode (O_RDONLY) with the slide."
            ),
        }
    })
}

/// The call that opened each of the four, if any did: as [`opened`], or in another order, which is another check's matter. Fails if
/// none was opened at all.
fn each_opened(did: &Words, finished: &Finished) -> Verdict<[Option<usize>; 4]> {
    let calls = &finished.calls;
    let each = opened(calls)
        .map_or_else(|| THINGS.each_ref().map(|thing| calls.iter().position(thing.opens)), |at| at.map(Some));
    ensure(each.iter().any(Option::is_some), || {
        let expected = words!("네 가지를 열어야 해요", "the four are opened");
        let got = words!("아무것도 열지 않았어요", "nothing was opened");
        Failure { did: did.clone(), expected, got, ..Failure::default() }
    })?;
    Ok(each)
}

/// Which of the four are printed with another number than the kernel's, where the usual descriptors are open? None, if all are
/// right.
fn wrong(bench: &mut Bench) -> Verdict<[bool; 4]> {
    if !bench.failed.contains(&"numbers") {
        return Ok([false; 4]);
    }
    let finished = bench.once("traced", traced)?;
    let (text, labels) = (text(&finished), THINGS.map(|thing| thing.label));
    let each = each_opened(&watched(), &finished)?;
    Ok(std::array::from_fn(|i| {
        let given = each[i].and_then(|at| calls::given(&finished.calls[at]));
        given.is_none_or(|given| !tells(&text, &labels, THINGS[i].label, given))
    }))
}

/// Fails unless the numbers that it printed are those that the kernel gave, but for those that are known to be wrong.
fn ensure_numbers(did: &Words, finished: &Finished, known: [bool; 4]) -> Verdict {
    let text = text(finished);
    let each = each_opened(did, finished)?;
    let labels = THINGS.map(|thing| thing.label);
    let given = |at: usize| calls::given(&finished.calls[at]).unwrap_or(-1);
    for ((thing, at), known) in THINGS.iter().zip(each).zip(known) {
        let Some(at) = at.filter(|_| !known) else { continue };
        let wanted = given(at);
        ensure_number(did.clone(), &text, &labels, thing.label, wanted).map_err(|fault| {
            let tells = |number: i64| tells(&text, &labels, thing.label, number);
            fault.because(if tells(0) || tells(1) {
                words!(
                    "0이나 1은 비교 연산의 결과예요. `fd = open(…) < 0`은 비교한 결과를 fd에 저장해요. `(fd = open(…)) < 0`처럼 괄호를 넣으세요.",
                    "0 or 1 is the result of a comparison: `fd = open(…) < 0` keeps that. Write `(fd = open(…)) < 0`."
                )
            } else if each.into_iter().flatten().map(given).any(|other| other != wanted && tells(other)) {
                words!(
                    "다른 파일이나 소켓의 번호예요. open과 socket의 반환값을 각각 다른 변수에 저장하고 그 변수를 출력하세요.",
                    "That is another one's number. Keep what each open and socket returns in a variable of its own, and print that."
                )
            } else {
                Words::default()
            })
        })?;
    }
    Ok(())
}

fn numbers(bench: &mut Bench) -> Verdict {
    let finished = bench.once("traced", traced)?;
    ensure_numbers(&watched(), &finished, [false; 4])
}

/// What is open already: none of the four follows another, and all but the first have two digits.
const OCCUPIED: [i32; 9] = [3, 4, 5, 6, 7, 8, 10, 12, 14];

fn among_others() -> Words {
    words!(
        "디스크립터 {OCCUPIED:?}번이 이미 열린 상태로 실행",
        "ran with the descriptors {OCCUPIED:?} already open"
    )
}

fn traced_among_others(bench: &mut Bench) -> Verdict<Finished> {
    let start = Start { occupied: OCCUPIED.to_vec(), traced: true, ..Start::default() };
    bench.start_with(&[], &start)?.finish()
}

fn lowest_free(bench: &mut Bench) -> Verdict {
    let known = wrong(bench).map_err(|fault| fault.unless_failed(&bench.failed, "numbers"))?;
    if known == [true; 4] {
        return Err(Fault::Unsaid("numbers"));
    }
    let finished = bench.once("traced_among_others", traced_among_others)?;
    ensure_numbers(&among_others(), &finished, known).map_err(|fault| {
        // Those that the kernel gave elsewhere were right.
        fault.surely_because(words!(
            "커널은 비어 있는 번호 가운데 가장 작은 것을 돌려줘요. 3, 4, 5, 6이라고 미리 정하지 말고 open과 socket의 반환값을 출력하세요.",
            "The kernel gives the lowest number that is free. Don't take 3, 4, 5, 6 for granted: print what open and socket return."
        ))
    })?;
    let start = Start { without_stdin: true, traced: true, ..Start::default() };
    let finished = bench.start_with(&[], &start)?.finish()?;
    let did = words!("stdin을 닫고 실행(`<&-`)", "ran with its stdin closed (`<&-`)");
    ensure_numbers(&did, &finished, known).map_err(|fault| {
        // It took that for a failure, and said so.
        if finished.exit_status() == Some(0) {
            return fault;
        }
        fault.surely_because(words!(
            "비어 있는 번호 가운데 가장 작은 것이 0이었어요. 0도 디스크립터예요. open과 socket은 실패하면 -1을 돌려주니 반환값이 0보다 작은지 확인하세요.",
            "The lowest number that was free was 0, and 0 is a descriptor like any other. When open and socket fail they return -1: look whether it is less than 0."
        ))
    })
}

/// Whatever their numbers are.
fn close(bench: &mut Bench) -> Verdict {
    ensure_closed(&watched(), &*bench.once("traced", traced)?)?;
    ensure_closed(&among_others(), &*bench.once("traced_among_others", traced_among_others)?)
}

/// Fails unless it closed all four, when all were open.
fn ensure_closed(did: &Words, finished: &Finished) -> Verdict {
    let calls = &finished.calls;
    let each = each_opened(did, finished)?;
    let last = each.into_iter().flatten().max().unwrap_or_default();
    for (thing, at) in THINGS.iter().zip(each) {
        let Some(at) = at else { continue };
        let number = calls::given(&calls[at]);
        let closed =
            |calls: &[Call]| calls.iter().any(|call| calls::is(call, "close") && calls::fd(call) == number);
        let (label, shown) = (thing.label, number.unwrap_or(-1));
        let failure = |got, cause| Failure {
            did: did.clone(),
            expected: words!(
                "넷을 모두 연 뒤 close({shown})을 불러야 해요({label})",
                "close({shown}) after all four were opened ({label})"
            ),
            got,
            cause,
        };
        ensure(!closed(&calls[at..last]), || {
            failure(
                words!("다음 것을 열기 전에 닫았어요", "it was closed before the next was opened"),
                words!(
                    "하나를 닫고 다음 것을 열면 같은 번호를 다시 받아요. 넷이 함께 열려 있어야 번호가 이어져요.",
                    "What is opened after a close gets the same number again. The numbers follow one another only while all four are open."
                ),
            )
        })?;
        ensure(closed(&calls[last..]), || {
            failure(
                words!("닫지 않고 끝났어요", "the program ended without closing it"),
                words!(
                    "프로그램이 끝나면 커널이 닫지만, 오래 실행되는 서버에서는 닫지 않은 만큼 디스크립터가 누수돼요(leak). 네 디스크립터를 하나씩 close하세요.",
                    "At the program's end the kernel closes it, but a server that runs for long leaks what it doesn't close. Close each of the four numbers."
                ),
            )
        })?;
    }
    Ok(())
}

/// Each of its sockets in turn can't be opened, and whatever it opens last.
fn socket_fails(bench: &mut Bench) -> Verdict {
    let finished = bench.once("traced", traced)?;
    let sockets: Vec<&Call> = finished.calls.iter().filter(|call| call.name == "socket").collect();
    let of_internet = |call: &Call| call.args.first().is_some_and(|domain| domain.starts_with("AF_INET"));
    ensure(sockets.iter().any(|call| of_internet(call)), || Failure {
        did: watched(),
        expected: words!("소켓을 열어야 해요", "it opens sockets"),
        got: words!("socket을 부르지 않았어요", "no call of socket"),
        cause: Words::default(),
    })?;
    for (i, call) in sockets.iter().enumerate().filter(|(_, call)| of_internet(call)) {
        // strace counts the calls of each process.
        let n = 1 + sockets[..i].iter().filter(|other| other.pid == call.pid).count();
        let start = Start { inject: vec![format!("socket:error=EMFILE:when={n}")], ..Start::default() };
        let shown = call.args.join(", ");
        let did = words!(
            "socket({shown})이 EMFILE(Too many open files)로 실패하게 함",
            "made socket({shown}) fail with EMFILE (Too many open files)"
        );
        ensure_refused(did, &bench.start_with(&[], &start)?.finish()?)?;
    }
    let opened = each_opened(&watched(), &finished)?.into_iter().flatten();
    let last = opened.filter_map(|at| calls::given(&finished.calls[at])).max().unwrap_or_default();
    let limit = last.unsigned_abs();
    let start = Start { open_files: Some((limit, limit)), ..Start::default() };
    let did = words!(
        "`ulimit -n {limit}` 뒤에 실행({last}번을 받을 호출이 EMFILE(Too many open files)로 실패함)",
        "ran after `ulimit -n {limit}`: what would get number {last} fails with EMFILE (Too many open files)"
    );
    ensure_refused(did, &bench.start_with(&[], &start)?.finish()?)
}
