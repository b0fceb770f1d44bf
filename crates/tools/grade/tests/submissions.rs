//! The grader graded: known-good submissions get 100, in every run; known-bad ones lose points in the checks meant for their
//! mistake and nowhere else. `GRADE_RUNS=50 cargo test -p grade --test submissions` runs each of them 50 times, with 25 seeds,
//! each of them twice: the same seed has to give the same checks and the same causes, another the same points.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use grade::judge::{Options, dispatch, grade};
use grade::report::{CheckResult, Report, Status};
use jail::{Allowed, Limits, Tier, best_tier};
use labkit::{Program, missing_program, root, run_waiting_trials, trial};
use labs::lab::Lab;
use labs::words::Lang;
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

/// As usual, but many of the bad ones wait for what never comes, or never end: a second of sleep is enough to see it, and a few
/// of work.
const IMPATIENT: Allowed =
    Allowed { running: Limits { asleep: 50, cpu: 2, ..Limits::RUN }, ..Allowed::USUAL };

/// A known-bad submission: a good one with one mistake. Those that teachers often meet have a `seen` too, for the book: what a
/// student sees, and where the book explains it.
#[derive(Clone, Debug, Deserialize)]
struct Bad {
    name: String,
    /// What a student did wrong: in English, and in Korean.
    mistake: String,
    mistake_ko: String,
    #[serde(default = "plain")]
    base: String,
    /// What stands in the good one, exactly once, and what stands there instead.
    edits: Vec<[String; 2]>,
    /// The checks that fail because of it; the book quotes the hint of the first.
    fails: BTreeSet<String>,
    /// Words of the hint that each of these checks gives for it; empty if it gives none, for want of evidence.
    #[serde(default)]
    hints: BTreeMap<String, String>,
    /// What it gets, where it matters that it loses no more.
    score: Option<u32>,
    /// Why the search does not find it, in Korean and English; empty if it does.
    #[serde(default)]
    not_searched: String,
}

#[derive(Debug, Deserialize)]
struct BadOnes {
    bad: Vec<Bad>,
}

fn plain() -> String {
    "plain.c".into()
}

fn folder(lab: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/submissions").join(lab)
}

fn bad_ones(lab: &str) -> Vec<Bad> {
    let path = folder(lab).join("bad.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str::<BadOnes>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).bad
}

/// The files and folders of a lab beside `bad.toml`, and our own: the C file, the Rust file, the binary.
fn good_ones(lab: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(lab)).unwrap().map(|entry| entry.unwrap().path());
    let mut good: Vec<PathBuf> = entries.filter(|path| path.file_name().unwrap() != "bad.toml").collect();
    let own = root().join("crates").join(lab);
    good.extend([own.join(format!("{lab}.c")), own.join("src/main.rs"), Program::rust(lab).unwrap().path]);
    good.sort();
    good
}

fn graded(lab: &Lab, submission: &Path, allowed: Allowed) -> Report {
    graded_by(None, lab, submission, fastrand::u64(..), allowed)
}

/// As [`graded`], by one check alone, or with a seed that is given.
fn graded_by(only: Option<&str>, lab: &Lab, submission: &Path, seed: u64, allowed: Allowed) -> Report {
    let only = only.map(ToString::to_string);
    let options = Options { seed, tier: best_tier(), lang: Lang::En, allowed, only };
    let report = grade(lab, submission, &options);
    assert_eq!(report.error, "", "{}", submission.display());
    report
}

fn runs() -> u64 {
    std::env::var("GRADE_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1)
}

fn good(lab: &Lab, submission: &Path) -> Result<(), Failed> {
    for run in 0..runs() {
        let report = graded(lab, submission, Allowed::USUAL);
        let listed = report.checks.iter().any(|check| check.prints_all) || !report.ready_made.is_empty();
        if report.score != Some(100) || listed {
            return Err(format!("run {run}: {report}").into());
        }
    }
    Ok(())
}

/// The search finds a mistake by itself, though nobody has told it what to look for; or there is a reason why not.
fn searched(lab: &Lab, bad: &Bad) -> Result<(), Failed> {
    let (_place, submission) = written(lab, bad)?;
    let report = graded_by(Some("search"), lab, &submission, fastrand::u64(..), IMPATIENT);
    let found = report.checks.last().is_some_and(|check| check.status == Status::Failed);
    if found == bad.not_searched.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nfound: {found}, but not_searched is {:?}\n{report}", bad.mistake, bad.not_searched)
        .into())
}

/// A known-bad submission, and the folder that it is in.
fn written(lab: &Lab, bad: &Bad) -> Result<(tempfile::TempDir, PathBuf), Failed> {
    let base = folder(lab.name).join(&bad.base);
    let mut text = fs::read_to_string(&base)?;
    for [what, instead] in &bad.edits {
        if text.matches(what).count() != 1 {
            return Err(format!("{what:?} is not once in {}", base.display()).into());
        }
        text = text.replace(what, instead);
    }
    let place = tempfile::tempdir()?;
    let submission = place.path().join(base.file_name().unwrap_or_default());
    fs::write(&submission, text)?;
    fs::set_permissions(&submission, fs::Permissions::from_mode(0o755))?;
    Ok((place, submission))
}

fn bad(lab: &Lab, bad: &Bad) -> Result<(), Failed> {
    let (_place, submission) = written(lab, bad)?;
    let mut before: Option<Report> = None;
    for run in 0..runs() {
        let again = before.as_ref().filter(|_| run % 2 == 1).map(|before| before.seed);
        let report = graded_by(None, lab, &submission, again.unwrap_or_else(|| fastrand::u64(..)), IMPATIENT);
        as_meant(bad, &report)
            .and_then(|()| before.as_ref().map_or(Ok(()), |before| as_before(before, &report)))
            .map_err(|why| format!("run {run}: {}\n{why}\n{report}", bad.mistake))?;
        before = Some(report);
    }
    Ok(())
}

/// Every check gives what it gave before; with the same seed, for the same cause, too.
fn as_before(before: &Report, report: &Report) -> Result<(), String> {
    let same_seed = before.seed == report.seed;
    for (before, now) in before.checks.iter().zip(&report.checks) {
        let cause = |check: &CheckResult| if same_seed { check.hint.clone() } else { String::new() };
        let all = |check: &CheckResult| (check.id.clone(), check.status, check.score, cause(check));
        if all(before) != all(now) {
            return Err(format!("before it was {:?}", all(before)));
        }
    }
    Ok(())
}

/// It fails the checks that it should, and no other; with the words and the score that it should.
fn as_meant(bad: &Bad, report: &Report) -> Result<(), String> {
    let with = |status| report.checks.iter().filter(move |check| check.status == status);
    let failed: BTreeSet<String> = with(Status::Failed).map(|check| check.id.clone()).collect();
    if failed != bad.fails || with(Status::Error).next().is_some() {
        let wanted = &bad.fails;
        return Err(format!("meant for {wanted:?}, but failed {failed:?}"));
    }
    for (id, words) in &bad.hints {
        let says = |hint: &str| if words.is_empty() { hint.is_empty() } else { hint.contains(words) };
        if !report.checks.iter().any(|check| check.id == *id && says(&check.hint)) {
            return Err(format!("{id} does not say {words:?}"));
        }
    }
    let is_address = |word: &str| word.starts_with("0x") && word.len() > 10;
    let told = report.checks.iter().flat_map(|check| check.hint.split(|c: char| !c.is_ascii_alphanumeric()));
    if let Some(address) = told.into_iter().find(|word| is_address(word)) {
        return Err(format!("{address} is another place in each run"));
    }
    if bad.score.is_some() && report.score != bad.score {
        return Err(format!("meant to get {:?}", bad.score));
    }
    Ok(())
}

/// A program that doesn't do the task, but prints all that could be right: it gets little, and a class lists it.
fn little(lab: &Lab, submission: &Path, most: u32, is_listed: bool) -> Result<(), Failed> {
    let report = graded(lab, submission, IMPATIENT);
    if report.score.is_none_or(|score| score > most) {
        return Err(format!("more than {most}: {report}").into());
    }
    if report.checks.iter().any(|check| check.prints_all) != is_listed {
        return Err(format!("listed: {}: {report}", !is_listed).into());
    }
    Ok(())
}

/// Those, what they get at most, and whether a class lists them.
const LITTLE: [(&str, u32, bool); 15] = [
    // It prints its argument and a number: nothing is too much of it.
    ("ascii_ip.sh", 40, false),
    ("ascii_ip.both.sh", 40, true),
    ("byte_order.sh", 40, true),
    ("byte_order.both.sh", 40, true),
    ("connected_udp.c", 40, false),
    ("get_host_byaddr.sh", 40, true),
    ("get_hostent.sh", 40, true),
    ("getdtablesize.c", 40, true),
    ("mydaytime.c", 40, false),
    ("open_socket.c", 40, true),
    ("port_number.c", 40, true),
    ("tcp_echocli.c", 40, false),
    ("tcp_echoserv.c", 25, false),
    ("udp_echocli.c", 40, false),
    ("udp_echoserv.c", 20, false),
];

/// A program that has another one do its work: a class lists it, and it costs nothing.
fn ready_made(lab: &Lab, submission: &Path, program: &str, score: u32) -> Result<(), Failed> {
    let report = graded(lab, submission, IMPATIENT);
    if report.ready_made != [program] || report.score.is_none_or(|got| got < score) {
        return Err(format!("{:?}, not {program}: {report}", report.ready_made).into());
    }
    Ok(())
}

/// Those, the other program, and what they get at least.
const READY_MADE: [(&str, &str, u32); 4] = [
    ("byte_order.sh", "getent", 100),
    ("get_host_byaddr.sh", "getent", 100),
    ("mydaytime.sh", "nc", 0),
    ("tcp_echoserv.sh", "socat", 0),
];

/// Which bad ones each check catches: as Markdown, as the book has it.
fn table() -> String {
    let mut text = String::from(
        "| 과제 Lab | 검사 Check | 점 Points | 잡아낸 실수 Mistakes that it catches |\n|---|---|---|---|\n",
    );
    for lab in labs::ALL {
        let mut caught: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for bad in bad_ones(lab.name) {
            for check in bad.fails {
                caught.entry(check).or_default().push(bad.name.clone());
            }
        }
        for check in lab.checks {
            let names = caught.remove(check.id).unwrap_or_default().join(", ");
            text.extend(format!("| {} | {} | {} | {names} |\n", lab.name, check.id, check.points).chars());
        }
        assert!(caught.is_empty(), "{}: no such checks: {caught:?}", lab.name);
    }
    text
}

/// What the search finds by itself of the mistakes of each lab that it explores, and what not, and why: as Markdown.
fn search_table() -> String {
    let mut text = String::from(
        "| 과제 Lab | 탐색만으로 찾은 실수 Found by the search | 찾지 못한 실수 Not found |\n|---|---|---|\n",
    );
    let (mut all, mut all_found) = (0, 0);
    for lab in labs::ALL.iter().filter(|lab| lab.check("search").is_some()) {
        let bad = bad_ones(lab.name);
        let not_found: Vec<String> = (bad.iter().filter(|bad| !bad.not_searched.is_empty()))
            .map(|bad| format!("{} ({})", bad.name, bad.not_searched))
            .collect();
        let found = bad.len() - not_found.len();
        (all, all_found) = (all + bad.len(), all_found + found);
        text.extend(format!("| {} | {found}/{} | {} |\n", lab.name, bad.len(), not_found.join("; ")).chars());
    }
    assert!(all_found * 10 >= all * 9, "the search finds {all_found} of {all}");
    text
}

/// Which hint each mistake is given: as Markdown.
fn cause_table() -> String {
    let mut text = String::from(
        "\n| 과제와 실수 Lab and mistake | 검사와 힌트의 말 Check, and words of its hint |\n|---|---|\n",
    );
    for lab in labs::ALL {
        text.extend(format!("| **{}** | |\n", lab.name).chars());
        for bad in bad_ones(lab.name).into_iter().filter(|bad| !bad.hints.is_empty()) {
            let hints = bad.hints.iter().map(|(check, words)| match words.as_str() {
                "" => format!("{check}: -"),
                words => format!("{check}: “{}”", words.replace('|', "\\|")),
            });
            let hints = hints.collect::<Vec<_>>().join("; ");
            text.extend(format!("| {} | {hints} |\n", bad.name).chars());
        }
    }
    text
}

/// The tables are kept beside the book. `GRADE_BLESS=1` writes them anew.
fn table_is_kept() -> Result<(), Failed> {
    kept("lab-notes/mutations.md", &table())?;
    kept("lab-notes/causes.md", &(search_table() + &cause_table()))
}

fn kept(file: &str, table: &str) -> Result<(), Failed> {
    println!("{table}");
    let path = root().join(file);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    // What stands before the first table is written by hand.
    let (before, _) = kept.split_once("| 과제").unwrap_or((&kept, ""));
    if std::env::var_os("GRADE_BLESS").is_some() {
        fs::write(&path, format!("{before}{table}"))?;
    } else if !kept.ends_with(table) {
        return Err(format!("{file} is not what bad.toml says: run with GRADE_BLESS=1").into());
    }
    Ok(())
}

/// Enough of both kinds, and a mistake for every check that gives points.
fn enough() {
    let mut all_bad = 0;
    for lab in labs::ALL {
        assert_eq!(lab.checks.iter().map(|check| check.points).sum::<u32>(), 100, "{}", lab.name);
        let (good, bad) = (good_ones(lab.name), bad_ones(lab.name));
        all_bad += bad.len();
        assert!(good.len() >= 6, "{}: {} good ones", lab.name, good.len());
        assert!(bad.len() >= 8, "{}: {} bad ones", lab.name, bad.len());
        let names: BTreeSet<&String> = bad.iter().map(|bad| &bad.name).collect();
        assert_eq!(names.len(), bad.len(), "{}: two bad ones of the same name", lab.name);
        let is_korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for one in &bad {
            assert!(is_korean(&one.mistake_ko), "{}::{}: no mistake_ko", lab.name, one.name);
        }
        // Of a server, what it says is tested where it once was wrong.
        for one in bad.iter().filter(|_| !lab.name.ends_with("serv")) {
            let hinted: BTreeSet<&String> = one.hints.keys().collect();
            assert_eq!(hinted, one.fails.iter().collect(), "{}::{}: no words of a hint", lab.name, one.name);
        }
        for check in lab.checks.iter().filter(|check| check.points > 0) {
            assert!(
                bad.iter().any(|bad| bad.fails.contains(check.id)),
                "{}: nothing fails {}",
                lab.name,
                check.id
            );
        }
    }
    assert!(all_bad > 100, "{all_bad} bad ones");
}

fn main() -> ExitCode {
    // This program is the judge as well.
    if let Some(code) = dispatch() {
        return code.into();
    }
    // Tier none has a test of its own.
    let no_sandbox = best_tier() == Tier::None;
    let graded = |name: String, test: Box<dyn FnOnce() -> Result<(), Failed> + Send>| {
        let kind = if no_sandbox { "skipped: there is no sandbox here" } else { "" };
        Trial::test(name, test).with_kind(kind).with_ignored_flag(no_sandbox)
    };
    let mut trials = vec![trial("enough_of_them", None, enough), Trial::test("table_is_kept", table_is_kept)];
    for lab in labs::ALL {
        for submission in good_ones(lab.name) {
            let name = submission.strip_prefix(folder(lab.name)).unwrap_or(&submission);
            let name = name.strip_prefix(root()).unwrap_or(name).display().to_string();
            trials.push(graded(
                format!("good::{}::{name}", lab.name),
                Box::new(move || good(lab, &submission)),
            ));
        }
        for one in bad_ones(lab.name) {
            // One that the search finds beside the other checks need not be shown again.
            if lab.check("search").is_some() && !one.fails.contains("search") {
                let one = one.clone();
                let name = format!("search::{}::{}", lab.name, one.name);
                trials.push(graded(name, Box::new(move || searched(lab, &one))));
            }
            trials.push(graded(format!("bad::{}::{}", lab.name, one.name), Box::new(move || bad(lab, &one))));
        }
    }
    let beside = |folder: &str, name: &str| {
        let submission = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name);
        (labs::find(name.split('.').next().unwrap_or_default()).unwrap(), submission)
    };
    for (name, program, score) in READY_MADE {
        let (lab, submission) = beside("ready_made", name);
        let test = graded(
            format!("ready_made::{name}"),
            Box::new(move || ready_made(lab, &submission, program, score)),
        );
        trials.push(match missing_program(program) {
            Some(why) => test.with_kind(why).with_ignored_flag(true),
            None => test,
        });
    }
    for (name, most, is_listed) in LITTLE {
        let (lab, submission) = beside("little", name);
        trials.push(graded(
            format!("little::{name}"),
            Box::new(move || little(lab, &submission, most, is_listed)),
        ));
    }
    // Those that wait for seconds begin first: UDP clients for what was lost, and socat before it closes.
    let waiting = ["::udp_echocli::", "::connected_udp::", "ready_made::"];
    trials.sort_by_key(|trial| !waiting.iter().any(|name| trial.name().contains(name)));
    run_waiting_trials(trials)
}
