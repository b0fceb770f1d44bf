//! Grades one submission: in a process of its own, the judge, which shares nothing with the others.

use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use jail::{Allowed, Alone, Place, Tier};
use labs::bench::Bench;
use labs::lab::{Check, Lab};
use labs::verdict::{Failure, Fault, Verdict};
use labs::words;
use labs::words::{Lang, Words};
use nix::sys::resource::{Resource, setrlimit};
use serde::{Deserialize, Serialize};
use stepper::recording::Recording;

use crate::no_sandbox::why_none;
use crate::recording;
use crate::report::{CheckResult, Report, Status};
use crate::submission::{self, Kind, Kit, Staged};

/// The part of this program that judges what its stdin tells.
const JUDGE: &str = "__judge";

/// A judge that takes so many seconds of processor time, itself and not its submission, is ended: something is wrong with it.
const MOST_WORK: u64 = 300;

/// How to grade.
#[derive(Clone, Debug)]
pub struct Options {
    /// Repeats a run.
    pub seed: u64,
    /// How well to shut the submission in.
    pub tier: Tier,
    /// The language of titles, messages and hints.
    pub lang: Lang,
    /// How much the submission may take.
    pub allowed: Allowed,
    /// Only this check, whatever it needs; what a search finds is told as it was found, with all its acts.
    pub only: Option<String>,
}

/// A check to be run again as it was before: [`Options::only`] says which.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Again {
    /// The acts to play; empty: whatever the check does.
    pub acts: Vec<serde_json::Value>,
    /// The ids of the checks before it that had not passed.
    pub failed: Vec<String>,
    /// Record what happens?
    pub recorded: bool,
}

/// What came of that.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Replayed {
    /// What is told of it, in both languages; empty if it passed.
    pub told: Words,
    /// What happened, if it was to be recorded.
    pub recording: Option<Recording>,
}

/// What a judge is told.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    lab: String,
    seed: u64,
    tier: Tier,
    lang: Lang,
    allowed: Allowed,
    only: Option<String>,
    again: Option<Again>,
    folder: PathBuf,
    kind: Kind,
    kit: Kit,
    /// Who asks.
    parent: u32,
}

/// What a judge says.
#[derive(Debug, Serialize, Deserialize)]
struct Judgement {
    checks: Vec<CheckResult>,
    build_log: String,
    notes: Vec<String>,
    ready_made: Vec<String>,
    replayed: Replayed,
}

/// Grades one submission. What hinders it is said in the report: `error`.
#[must_use]
pub fn grade(lab: &Lab, path: &Path, options: &Options) -> Report {
    judged(lab, path, options, None).0
}

/// Runs one check of a submission again, as it was in an earlier report.
#[must_use]
pub fn replay(lab: &Lab, path: &Path, options: &Options, again: &Again) -> (Report, Replayed) {
    judged(lab, path, options, Some(again))
}

fn judged(lab: &Lab, path: &Path, options: &Options, again: Option<&Again>) -> (Report, Replayed) {
    let start = Instant::now();
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut report = Report::new(lab, name, options.seed, options.tier, options.lang);
    let mut replayed = Replayed::default();
    match submission::stage(path, lab.name)
        .and_then(|staged| ask_judge(lab, &staged, options, again).map(|judgement| (staged, judgement)))
    {
        Ok((staged, judgement)) => {
            replayed = judgement.replayed;
            report.submission.clone_from(&staged.name);
            report.checks = judgement.checks;
            report.build_log = judgement.build_log;
            report.notes = judgement.notes;
            report.ready_made = judgement.ready_made;
            report.notes.extend(staged.cut.iter().map(|link| {
                let note = words!(
                    "{link}: 제출물 밖을 가리키는 링크라서 뺐어요",
                    "{link}: leads out of the submission, left out"
                );
                note.in_lang(options.lang).to_string()
            }));
            if report.checks.iter().all(|check| check.status != Status::Error) {
                report.score = Some(report.checks.iter().map(|check| check.score).sum());
            }
        }
        Err(error) => report.error = error.to_string(),
    }
    if options.tier == Tier::None {
        for check in report.checks.iter_mut().filter(|check| check.status == Status::Error) {
            check.hint = why_none().in_lang(options.lang).into();
        }
    }
    report.duration_ms = start.elapsed().as_millis() as u64;
    (report, replayed)
}

fn ask_judge(lab: &Lab, staged: &Staged, options: &Options, again: Option<&Again>) -> io::Result<Judgement> {
    let task = Task {
        lab: lab.name.into(),
        seed: options.seed,
        tier: options.tier,
        lang: options.lang,
        allowed: options.allowed,
        only: options.only.clone(),
        again: again.cloned(),
        folder: staged.folder.path().to_path_buf(),
        kind: staged.kind.clone(),
        kit: submission::kit(&staged.kind)?,
        parent: std::process::id(),
    };
    let alone = Alone::wait(options.tier)?;
    let mut judge = jail::myself()?;
    judge.arg(JUDGE);
    alone.lend_to(&mut judge);
    let mut judge = judge
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| io::Error::other(format!("the judge can't be started: {error}")))?;
    if let Some(mut stdin) = judge.stdin.take() {
        stdin.write_all(&serde_json::to_vec(&task)?)?;
    }
    let output = judge.wait_with_output()?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
        io::Error::other(format!("the grader has failed ({}): {said}", output.status))
    })
}

/// Does what `main` has to do first: if this process was started as a judge, or as a part of the jail, it is that. Gives its
/// exit status.
#[must_use]
pub fn dispatch() -> Option<u8> {
    jail::dispatch(&[(JUDGE, judge)])
}

/// The judge: reads its task from stdin, writes its judgement to stdout.
fn judge() -> io::Result<()> {
    let mut task = Vec::new();
    io::stdin().read_to_end(&mut task)?;
    let task: Task = serde_json::from_slice(&task)?;
    setrlimit(Resource::RLIMIT_CPU, MOST_WORK, MOST_WORK)?;
    // A look at what the program does waits for microseconds; the kernel would make 50 more of them: prctl(2).
    nix::sys::prctl::set_timerslack(1)?;
    let lab = labs::find(&task.lab).ok_or_else(|| io::Error::other(format!("no such lab: {}", task.lab)))?;
    let mut rng = fastrand::Rng::with_seed(task.seed);
    // TEST-NET-2 (RFC 5737): addresses that are nobody's.
    let address = Ipv4Addr::new(198, 51, 100, rng.u8(100..=254));
    let mut place = Place::enter(task.tier, &task.folder, address, &task.kit.shared)?;
    // From now on this process ends with its parent. If that has ended before, nobody asks any more.
    if std::os::unix::process::parent_id() != task.parent {
        return Err(io::Error::other("nobody asks for this any more"));
    }
    place.allowed = task.allowed;
    let judgement = judgement(lab, &task, place);
    jail::wait_for_the_left();
    io::stdout().write_all(&serde_json::to_vec(&judgement)?)
}

fn judgement(lab: &Lab, task: &Task, place: Place) -> Judgement {
    let begun = Instant::now();
    let spent = Arc::clone(&place.spent);
    let (built, build_log) = submission::build(&place, &task.folder, &task.kind, &task.kit, lab.name);
    let (program, verdict) = match built {
        Ok(program) => (program, Ok(())),
        Err(fault) => (Vec::new(), Err(fault)),
    };
    let mut bench = Bench::new(place, program);
    bench.shrinks = task.only.is_none();
    let mut replayed = Replayed::default();
    if let Some(again) = &task.again {
        bench.failed = again.failed.iter().filter_map(|id| Some(lab.check(id)?.id)).collect();
        bench.replay = (!again.acts.is_empty()).then(|| again.acts.clone());
        bench.tape = again.recorded.then(Rc::default);
    }
    let mut checks: Vec<CheckResult> = Vec::new();
    let mut building = Some((verdict, begun));
    let asked = |check: &&Check| {
        task.only.as_ref().is_none_or(|only| check.id == only || check.id == lab.checks[0].id)
    };
    for check in lab.checks.iter().filter(asked) {
        let needed = |id: &&str| {
            checks
                .iter()
                .find(|done| done.id == **id)
                .map_or(task.only.is_none(), |done| done.status != Status::Passed)
        };
        let missing = check.needs.iter().find(|id| needed(id));
        let start = Instant::now();
        let result = match (building.take(), missing) {
            // The first check is the building.
            (Some((verdict, start)), _) => result(lab, check, task.lang, &verdict, start),
            (None, Some(missing)) => skipped(lab, check, missing, task.lang),
            (None, None) if spent.left(task.allowed.in_all) == 0 => {
                result(lab, check, task.lang, &not_tried(), start)
            }
            (None, None) => {
                spent.begin();
                bench.rng = fastrand::Rng::with_seed(task.seed ^ fingerprint(check.id));
                let verdict = catch_unwind(AssertUnwindSafe(|| (check.run)(&mut bench)))
                    .unwrap_or_else(|_| Err(io::Error::other("the check panicked").into()));
                let verdict = if spent.was_cut() { verdict.map_err(cut) } else { verdict };
                let acts = std::mem::take(&mut bench.acts);
                if task.again.is_some() {
                    replayed = Replayed {
                        told: told_of(&verdict),
                        recording: recorded(lab, task.lang, &bench, &verdict),
                    };
                }
                CheckResult { acts, ..result(lab, check, task.lang, &verdict, start) }
            }
        };
        let done = if result.status == Status::Passed { &mut bench.passed } else { &mut bench.failed };
        done.push(check.id);
        checks.push(result);
    }
    let notes = bench.notes().iter().map(|note| note.in_lang(task.lang).to_string()).collect();
    Judgement { checks, build_log, notes, ready_made: bench.ready_made(), replayed }
}

/// What is told of a check that failed, in both languages.
fn told_of(verdict: &Verdict) -> Words {
    match verdict {
        Err(Fault::Failed(failure) | Fault::Died(failure)) => {
            Words { ko: told(failure, Lang::Ko), en: told(failure, Lang::En) }
        }
        _ => Words::default(),
    }
}

/// The recording of a check, if it was to be recorded.
fn recorded(lab: &Lab, lang: Lang, bench: &Bench, verdict: &Verdict) -> Option<Recording> {
    let failure = match verdict {
        Ok(()) => None,
        Err(Fault::Failed(failure) | Fault::Died(failure)) => Some(&**failure),
        Err(Fault::Unsaid(_) | Fault::Grader(_)) => return None,
    };
    Some(recording::recording(lab, lang, &bench.tape.as_ref()?.borrow(), failure))
}

fn not_tried() -> Verdict {
    let got = words!(
        "앞의 검사들이 시간을 모두 사용해서 이 검사는 하지 못했어요",
        "not tried, because the checks before took all of its time"
    );
    Err(Failure { got, cause: too_slow(), ..Failure::default() }.into())
}

/// A check that was not waited for to its end: what did not come in it might have come.
fn cut(fault: Fault) -> Fault {
    let fault = fault.surely_because(words!(
        "더 기다려도 오지 않았을 수도 있고, 프로그램에서 오래 쉬는 sleep 때문에 늦었을 수도 있어요.",
        "It may be that nothing more would have come, or that a long sleep in the program made it late."
    ));
    let Fault::Failed(mut failure) = fault else { return fault };
    let cut = words!(
        "대기와 실행을 되풀이하며 너무 오래 걸려서 더 기다리지 않았어요",
        "it took too long, asleep with breaks, and was waited for no longer"
    );
    failure.got.ko = format!("{}\n{}", failure.got.ko, cut.ko);
    failure.got.en = format!("{}\n{}", failure.got.en, cut.en);
    Fault::Failed(failure)
}

fn too_slow() -> Words {
    words!(
        "오래 걸린 검사부터 고치세요. 끝나지 않는 반복문이나 오래 쉬는 sleep이 있나요?",
        "First mend the checks that took long. Is there a loop that never ends, or a long sleep?"
    )
}

/// A number for a name, the same everywhere and always: FNV-1a.
fn fingerprint(name: &str) -> u64 {
    name.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn skipped(lab: &Lab, check: &Check, missing: &str, lang: Lang) -> CheckResult {
    let missing = lab.check(missing).map_or(missing, |check| check.title(lang));
    let message = match lang {
        Lang::Ko => format!("먼저 통과해야 하는 검사: {missing}"),
        Lang::En => format!("first this has to pass: {missing}"),
    };
    CheckResult { status: Status::Skipped, score: 0, message, ..blank(check, lang) }
}

fn result(lab: &Lab, check: &Check, lang: Lang, verdict: &Verdict, start: Instant) -> CheckResult {
    let blank = CheckResult { duration_ms: start.elapsed().as_millis() as u64, ..blank(check, lang) };
    match verdict {
        Ok(()) => CheckResult { status: Status::Passed, score: check.points, ..blank },
        Err(Fault::Failed(failure) | Fault::Died(failure)) => CheckResult {
            status: Status::Failed,
            message: told(failure, lang),
            hint: failure.cause.in_lang(lang).into(),
            prints_all: labs::prints_all(&failure.cause),
            ..blank
        },
        Err(Fault::Unsaid(missing)) => {
            CheckResult { duration_ms: blank.duration_ms, ..skipped(lab, check, missing, lang) }
        }
        Err(Fault::Grader(error)) => {
            CheckResult { status: Status::Error, message: error.to_string(), ..blank }
        }
    }
}

fn blank(check: &Check, lang: Lang) -> CheckResult {
    CheckResult {
        id: check.id.into(),
        title: check.title(lang).into(),
        points: check.points,
        score: 0,
        status: Status::Error,
        message: String::new(),
        hint: String::new(),
        prints_all: false,
        acts: Vec::new(),
        slide: check.slide.into(),
        duration_ms: 0,
    }
}

/// A line each for what was done, expected, and came.
fn told(failure: &Failure, lang: Lang) -> String {
    let line = |ko: &str, en: &str, words: &Words| {
        let (label, text) = match lang {
            Lang::Ko => (ko, &words.ko),
            Lang::En => (en, &words.en),
        };
        (!text.is_empty()).then(|| format!("{label}: {text}"))
    };
    let lines = [
        line("한 일", "Done", &failure.did),
        line("기대", "Expected", &failure.expected),
        line("결과", "Came", &failure.got),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
