//! getdtablesize: how many descriptors, and so sockets, one process may have.

use labkit::trace::Call;
use nix::sys::resource::{Resource, getrlimit};

use super::printed::{after, ensure_labels, ensure_number, one_value, shown, tells};
use crate::bench::{Bench, Finished, Start, ensure_success};
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "getdtablesize",
    usage: "getdtablesize",
    slides: "11",
    statement: statement!("getdtablesize"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["스스로 끝나고 종료 상태가 0이에요", "It ends by itself, with exit status 0"],
            points: 10,
            needs: &["build"],
            slide: "11",
            run: ends,
        },
        Check {
            id: "value",
            title: ["`ulimit -n`의 값을 출력해요", "It prints the number of `ulimit -n`"],
            points: 30,
            needs: &["build"],
            slide: "11",
            run: value,
        },
        Check {
            id: "follows_limit",
            title: ["FD_SETSIZE보다 큰 한도도", "A limit above FD_SETSIZE too"],
            points: 20,
            needs: &["value"],
            slide: "11",
            run: follows_limit,
        },
        Check {
            id: "soft_limit",
            title: ["지금의 한도(soft limit)를 출력해요", "It prints the current (soft) limit"],
            points: 15,
            needs: &["value"],
            slide: "11",
            run: soft_limit,
        },
        Check {
            id: "lines",
            title: ["출력의 문장", "The line of output"],
            points: 15,
            needs: &["build"],
            slide: "11",
            run: lines,
        },
        Check {
            id: "asks_kernel",
            title: ["한도를 커널에 물어요", "It asks the kernel for the limit"],
            points: 10,
            needs: &["build"],
            slide: "11",
            run: asks_kernel,
        },
    ],
};

const LABEL: &str = "getdtablesize()";

fn plain(bench: &mut Bench) -> Verdict<Finished> {
    bench.run(&[], b"")
}

fn ran() -> Words {
    words!("`getdtablesize` 실행", "ran `getdtablesize`")
}

/// At a limit that is no multiple of 256: an exit status has 8 bits.
fn ends(bench: &mut Bench) -> Verdict {
    let limit = 256 * bench.rng.u64(1..4) - bench.rng.u64(1..100);
    let start = Start { open_files: Some((limit, limit)), ..Start::default() };
    ensure_success(limited(limit, limit), &bench.start_with(&[], &start)?.finish_unread()?)
}

fn limited(soft: u64, hard: u64) -> Words {
    words!(
        "`ulimit -Sn {soft}; ulimit -Hn {hard}` 뒤에 실행",
        "ran after `ulimit -Sn {soft}; ulimit -Hn {hard}`"
    )
}

fn lines(bench: &mut Bench) -> Verdict {
    let finished = bench.once("plain", plain)?;
    ensure_labels(&ran(), &finished, &finished.text(), &[LABEL])
}

/// Runs it with these limits, and wants the soft one.
fn told(bench: &mut Bench, soft: u64, hard: u64) -> Verdict {
    let start = Start { open_files: Some((soft, hard)), ..Start::default() };
    let finished = bench.start_with(&[], &start)?.finish()?;
    let (text, wanted) = (finished.text(), soft.cast_signed());
    ensure_number(limited(soft, hard), &text, LABEL, wanted).and_then(|()| {
        // There is one label, and so one line: none can have been copied.
        let both = hard != soft && !after(&text, LABEL).is_empty() && tells(&text, LABEL, hard.cast_signed());
        ensure(!both, || Failure {
            did: limited(soft, hard),
            expected: words!("`{LABEL}`: {soft}", "`{LABEL}`: {soft}"),
            got: shown(&text, LABEL),
            cause: one_value(),
        })
    }).map_err(|fault| {
        let tells = |number: i64| tells(&text, LABEL, number);
        fault.because(if hard != soft && tells(hard.cast_signed()) {
            words!(
                "rlim_max(hard limit)를 출력했어요. 지금 지켜야 하는 한도는 rlim_cur(soft limit)예요. rlim_max는 setrlimit로 올릴 수 있는 데까지예요.",
                "It printed rlim_max, the hard limit. The limit in force is rlim_cur, the soft one: rlim_max is how far setrlimit may raise it."
            )
        } else if tells(FD_SETSIZE) {
            words!(
                "1024를 출력했어요. FD_SETSIZE(1024)는 select의 집합의 크기이고, 한도는 실행할 때마다 다를 수 있어요. getdtablesize()가 돌려준 값을 출력하세요.",
                "It printed 1024. FD_SETSIZE (1024) is the size of select's sets, and the limit may differ from run to run: print what getdtablesize() returns."
            )
        } else if (1..=3).any(|less| tells(wanted - less)) {
            words!(
                "한도보다 조금 작은 수예요. getdtablesize()가 돌려준 값을 빼지 말고 그대로 출력하세요.",
                "That is a little less than the limit. Print what getdtablesize() returns as it is, and take nothing off."
            )
        } else if tells(wanted & 0xFF) {
            words!(
                "한도의 아래 8비트만 출력했어요. char에 담지 말고 int에 담으세요.",
                "That is the limit's lowest 8 bits. Keep it in an int, not in a char."
            )
        } else {
            Words::default()
        })
    })
}

/// select(2).
const FD_SETSIZE: i64 = 1024;

/// A limit above FD_SETSIZE, which is 1024: of five digits, with a 1 at the front and a 0 in the middle and at the end. If this
/// machine allows no such, as high a one as it does.
fn high(bench: &mut Bench) -> Verdict<u64> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|errno| Fault::Grader(errno.into()))?;
    let [thousands, tens] = [bench.rng.u64(1..=9), bench.rng.u64(1..=9)];
    Ok(most.min(10_000 + 1000 * thousands + 10 * tens))
}

fn value(bench: &mut Bench) -> Verdict {
    // Its lowest 8 bits are no other limit of the submission's, as its 64 processes are.
    let limit = 512 + bench.rng.u64(100..200);
    told(bench, limit, limit)
}

fn follows_limit(bench: &mut Bench) -> Verdict {
    let limit = high(bench)?;
    told(bench, limit, limit)
}

fn soft_limit(bench: &mut Bench) -> Verdict {
    let (limit, hard) = (bench.rng.u64(20..100), high(bench)?);
    told(bench, limit, hard)
}

fn asks_kernel(bench: &mut Bench) -> Verdict {
    let finished = bench.start_with(&[], &Start { traced: true, ..Start::default() })?.finish()?;
    // Whoever wants descriptors until the kernel says no has asked as well: open(2), fcntl(2), dup(2).
    let asks = |call: &Call| {
        call.args.iter().any(|argument| argument == "RLIMIT_NOFILE")
            || (0..2).any(|i| call.bytes(i).is_some_and(|path| is_limits(&path)))
            || matches!(
                (&*call.name, call.errno()),
                (_, Some("EMFILE")) | ("fcntl", Some("EINVAL")) | ("dup2" | "dup3", Some("EBADF"))
            )
    };
    ensure(finished.calls.iter().any(asks), || Failure {
        did: words!("시스템 콜을 봄(strace)", "watched its system calls (strace)"),
        expected: words!(
            "getrlimit(RLIMIT_NOFILE, …) (getdtablesize가 부르는 것)",
            "getrlimit(RLIMIT_NOFILE, …), which getdtablesize calls"
        ),
        got: words!("그런 호출이 없어요", "no such call"),
        cause: words!(
            "한도는 프로세스마다 달라요. 그것을 커널에 물어 알려 주는 것이 getdtablesize()예요.",
            "Each process has a limit of its own. What asks the kernel for it is getdtablesize()."
        ),
    })
}

/// `/proc/self/limits`: proc(5).
fn is_limits(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") && path.ends_with(b"/limits")
}
