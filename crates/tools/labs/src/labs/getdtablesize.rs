//! getdtablesize: how many descriptors, and so sockets, one process may have.

use std::fs;
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};

use super::printed::{after, all_numbers, ensure_labels, ensure_number, shown, tells};
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
            title: ["스스로 종료 상태 0으로 끝나요", "It ends by itself, with exit status 0"],
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
            title: ["한도가 FD_SETSIZE보다 커도 그 값을 출력해요", "A limit above FD_SETSIZE too"],
            points: 20,
            needs: &["build"],
            slide: "11",
            run: follows_limit,
        },
        Check {
            id: "soft_limit",
            title: ["현재 한도(soft limit)를 출력해요", "It prints the current (soft) limit"],
            points: 15,
            needs: &["build"],
            slide: "11",
            run: soft_limit,
        },
        Check {
            id: "lines",
            title: ["과제 설명대로 한 줄을 출력해요", "The line of output"],
            points: 15,
            needs: &["build"],
            slide: "11",
            run: lines,
        },
        Check {
            id: "asks_kernel",
            title: ["한도를 커널에서 알아내요", "It asks the kernel for the limit"],
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

/// Descriptors that it has inherited: more than anybody takes off for 0, 1 and 2.
const INHERITED: [i32; 5] = [3, 4, 5, 6, 7];

/// Runs it with these limits and inherited descriptors, and wants the soft one.
fn told(bench: &mut Bench, soft: u64, hard: u64, inherited: &[i32]) -> Verdict {
    let start = Start { open_files: Some((soft, hard)), occupied: inherited.to_vec(), ..Start::default() };
    let finished = bench.start_with(&[], &start)?.finish()?;
    let did = || {
        let Words { ko, en } = limited(soft, hard);
        if inherited.is_empty() {
            return Words { ko, en };
        }
        words!(
            "{ko}(디스크립터 {inherited:?}번이 이미 열린 상태)",
            "{en}, with the descriptors {inherited:?} already open"
        )
    };
    let (text, wanted) = (finished.text(), soft.cast_signed() + off(bench)?);
    if hard != soft && tells(&text, &[LABEL], LABEL, hard.cast_signed()) && is_go(bench) {
        return Ok(());
    }
    let verdict = ensure_number(did(), &text, &[LABEL], LABEL, wanted).map_err(|fault| {
        let tells = |number: i64| tells(&text, &[LABEL], LABEL, number);
        fault.because(if hard != soft && tells(hard.cast_signed()) {
            words!(
                "rlim_max(hard limit)를 출력했어요. 지금 적용되는 한도는 rlim_cur(soft limit)예요. rlim_max는 setrlimit으로 한도를 올릴 수 있는 최댓값이에요.",
                "It printed rlim_max, the hard limit. The limit in force is rlim_cur, the soft one: rlim_max is how far setrlimit may raise it."
            )
        } else if tells(FD_SETSIZE) {
            words!(
                "1024를 출력했어요. FD_SETSIZE(1024)는 select에 주는 집합(fd_set)의 크기이고, 한도는 실행할 때마다 다를 수 있어요. getdtablesize()의 반환값을 출력하세요.",
                "It printed 1024. FD_SETSIZE (1024) is the size of select's sets, and the limit may differ from run to run: print what getdtablesize() returns."
            )
        } else if (1..=3).any(|less| tells(wanted - less)) {
            words!(
                "한도보다 조금 작은 수예요. getdtablesize()의 반환값에서 빼지 말고 그대로 출력하세요.",
                "That is a little less than the limit. Print what getdtablesize() returns as it is, and take nothing off."
            )
        } else if !inherited.is_empty() && tells(wanted - inherited.len() as i64) {
            words!(
                "한도에서 이미 열려 있던 디스크립터 {inherited:?}의 수를 뺀 값이에요. 더 열 수 있는 수를 세지 말고 getdtablesize()의 반환값을 출력하세요.",
                "That is the limit without the descriptors {inherited:?}, which were open already. Don't count how many more can be opened: print what getdtablesize() returns."
            )
        } else if wanted > 0x7FFF && [i64::from(wanted as i16), wanted & 0xFFFF].into_iter().any(tells) {
            words!(
                "한도의 하위 16비트만 출력했어요. short가 아니라 int에 저장하세요.",
                "That is the limit's lowest 16 bits. Keep it in an int, not in a short."
            )
        } else if tells(wanted & 0xFF) {
            words!(
                "한도의 하위 8비트만 출력했어요. char가 아니라 int에 저장하세요.",
                "That is the limit's lowest 8 bits. Keep it in an int, not in a char."
            )
        } else {
            Words::default()
        })
    });
    // Whatever else it prints, that has been told.
    verdict.map_err(|fault| fault.unless_failed(&bench.failed, "value"))
}

/// Is the program one in Go? Since Go 1.19 it raises its soft limit to the hard one before main: then that is its limit. What such a file
/// has in it is said in the sources of `debug/buildinfo`.
fn is_go(bench: &Bench) -> bool {
    const MAGIC: &[u8] = b"\xff Go buildinf:";
    let program = bench.program.first().map(Path::new);
    let file = program.and_then(|program| program.strip_prefix(bench.place.work_inside()).ok());
    let bytes = file.and_then(|file| fs::read(bench.place.work().join(file)).ok()).unwrap_or_default();
    bytes.windows(MAGIC.len()).any(|window| window == MAGIC)
}

/// By how many its number is off where the limits are the same, if that is a few: that is another check's matter.
fn off(bench: &mut Bench) -> Verdict<i64> {
    if !bench.failed.contains(&"value") {
        return Ok(0);
    }
    let limit = 512 + bench.rng.u64(100..200);
    let start = Start { open_files: Some((limit, limit)), ..Start::default() };
    let text = bench.start_with(&[], &start)?.finish()?.text();
    Ok((-3..=3).find(|off| tells(&text, &[LABEL], LABEL, limit.cast_signed() + off)).unwrap_or(0))
}

/// select(2).
const FD_SETSIZE: i64 = 1024;

/// A limit above FD_SETSIZE, which is 1024, and where this machine allows it above what 16 bits hold. It has a 1 at the front and a 0 in
/// the middle and at the end; if none so high is allowed, it is as high as may be.
fn high(bench: &mut Bench) -> Verdict<u64> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|errno| Fault::Grader(errno.into()))?;
    let [thousands, tens] = [bench.rng.u64(1..=9), bench.rng.u64(1..=9)];
    let first = if most < 200_000 { 10_000 } else { 100_000 };
    Ok(most.min(first + 1000 * thousands + 10 * tens))
}

fn value(bench: &mut Bench) -> Verdict {
    // Its lowest 8 bits are no other limit of the submission's, as its 64 processes are.
    let limit = 512 + bench.rng.u64(100..200);
    told(bench, limit, limit, &[])
}

fn follows_limit(bench: &mut Bench) -> Verdict {
    let limit = high(bench)?;
    told(bench, limit, limit, &[])
}

fn soft_limit(bench: &mut Bench) -> Verdict {
    // Above the 64 processes that it may have, which is another limit.
    let (limit, hard) = (bench.rng.u64(70..100), high(bench)?);
    told(bench, limit, hard, &INHERITED)
}

/// Who has asked, in whatever way, prints something else when the limit is another. Its two limits are below FD_SETSIZE, differ in
/// their lowest 8 bits, and have a power of two between them.
fn asks_kernel(bench: &mut Bench) -> Verdict {
    let low = bench.rng.u64(300..400);
    let limits = [low, 2 * low + 1];
    let mut texts = Vec::new();
    for limit in limits {
        let start = Start { open_files: Some((limit, limit)), ..Start::default() };
        texts.push(bench.start_with(&[], &start)?.finish()?.text());
    }
    let told = texts.iter().map(|text| after(text, LABEL));
    let told: Vec<_> =
        told.zip(&texts).map(|(told, text)| if told.is_empty() { vec![&**text] } else { told }).collect();
    let [low, high] = limits;
    ensure(told[0] != told[1], || Failure {
        did: words!(
            "`ulimit -n {low}` 뒤에, 그리고 `ulimit -n {high}` 뒤에 실행",
            "ran after `ulimit -n {low}`, and after `ulimit -n {high}`"
        ),
        expected: words!("서로 다른 수를 출력해야 해요", "different numbers"),
        got: {
            let Words { ko, en } = shown(&texts[0], LABEL);
            Words { ko: format!("두 번 모두 같았어요: {ko}"), en: format!("both times {en}") }
        },
        cause: if all_numbers(&texts[0], &[LABEL]).is_empty() {
            Words::default()
        } else {
            words!(
                "한도는 프로세스마다 달라요. getdtablesize()의 반환값을 출력하세요.",
                "Each process has a limit of its own: print what getdtablesize() returns."
            )
        },
    })
}
