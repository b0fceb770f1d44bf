//! `grade replay`: what the search has found is found again by its acts alone, and shown call by call.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use grade::formats::{Format, render};
use grade::judge::{Options, dispatch, grade};
use grade::results::Entry;
use jail::{Allowed, Limits, Tier, best_tier};
use labkit::{missing_program, run_waiting_trials, trial};
use labs::words::Lang;
use serde_json::{Value, json};
use stepper::recording::{Recording, Role};
use tempfile::TempDir;

/// A submission with one mistake, and the report of its search alone.
struct Found {
    folder: TempDir,
    result: PathBuf,
}

impl Found {
    /// The known-bad submission of a lab that has this name.
    fn new(lab: &str, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let submission = folder.path().join("kim.c");
        let all: toml::Table = toml::from_str(&handed_in(lab, "bad.toml")).unwrap();
        let bad = all["bad"].as_array().unwrap().iter().find(|bad| bad["name"].as_str() == Some(name));
        let bad = bad.unwrap();
        let base = bad.get("base").and_then(toml::Value::as_str).unwrap_or("plain.c");
        let mut text = handed_in(lab, base);
        for edit in bad["edits"].as_array().unwrap() {
            text = text.replace(edit[0].as_str().unwrap(), edit[1].as_str().unwrap());
        }
        fs::write(&submission, text).unwrap();
        // A second of sleep is enough to see that nothing comes.
        let allowed = Allowed { running: Limits { asleep: 50, ..Limits::RUN }, ..Allowed::USUAL };
        let only = Some("search".into());
        let options = Options { seed: 7, tier: best_tier(), lang: Lang::En, allowed, only };
        let report = grade(labs::find(lab).unwrap(), &submission, &options);
        let result = folder.path().join("kim.json");
        fs::write(&result, render(&report, Format::Json, false).unwrap()).unwrap();
        let found = Found { folder, result };
        assert!(!found.search().acts.is_empty(), "{report}");
        found
    }

    fn search(&self) -> grade::report::CheckResult {
        let report = Entry::read(&self.result).unwrap().report;
        report.checks.into_iter().find(|check| check.id == "search").unwrap()
    }

    /// Changes what the report says.
    fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut report = serde_json::from_slice(&fs::read(&self.result).unwrap()).unwrap();
        change(&mut report);
        fs::write(&self.result, report.to_string()).unwrap();
    }

    fn replay(&self, more: &[&str]) -> (Option<i32>, String) {
        replay(&[&[self.result.to_str().unwrap(), "search"], more].concat())
    }
}

/// The exit status, and all that was said.
fn replay(args: &[&str]) -> (Option<i32>, String) {
    let mut grade = Command::new(env!("CARGO_BIN_EXE_grade"));
    let output = grade.arg("replay").args(args).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code(), said)
}

fn handed_in(lab: &str, name: &str) -> String {
    let submissions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/submissions");
    fs::read_to_string(submissions.join(lab).join(name)).unwrap()
}

/// It reads once, and then waits for another client.
fn one_read() -> Found {
    Found::new("tcp_echoserv", "one_read")
}

/// It prints what the first read brings.
fn client() -> Found {
    Found::new("tcp_echocli", "one_read")
}

/// Ports, and how many bytes came so far, need not be the same.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn fails_again(found: &Found) {
    let (status, said) = found.replay(&[]);
    assert_eq!(status, Some(0), "{said}");
    let told = found.search().message;
    let (story, _) = told.split_once("\nCame: ").unwrap();
    assert!(without_digits(&said).contains(&without_digits(story)), "{said}\n{told}");
    assert!(said.contains("told"), "{said}");
    let (status, said) = found.replay(&["--lang", "ko"]);
    assert!(status == Some(0) && said.contains("결과 파일에 적힌"), "{said}");
}

fn a_server_fails_again() {
    fails_again(&one_read());
}

fn a_client_fails_again() {
    fails_again(&client());
}

fn a_good_one_does_not() {
    let found = one_read();
    fs::write(found.folder.path().join("good.c"), handed_in("tcp_echoserv", "plain.c")).unwrap();
    let submission = found.folder.path().join("good.c");
    let (status, said) = found.replay(&["--submission", submission.to_str().unwrap()]);
    assert_eq!((status, said.contains("It passes: not as told.")), (Some(1), true), "{said}");
}

/// A search would find it again; the acts without the last one do not.
fn exactly_the_acts_are_played() {
    let found = one_read();
    found.edit(|report| {
        let search = report["checks"].as_array_mut().unwrap().last_mut().unwrap();
        search["acts"] = json!(["anew"]);
    });
    let (status, said) = found.replay(&[]);
    assert_eq!((status, said.contains("It passes: not as told.")), (Some(1), true), "{said}");
    found.edit(|report| {
        let search = report["checks"].as_array_mut().unwrap().last_mut().unwrap();
        search["acts"] = json!(["dance"]);
    });
    let (status, said) = found.replay(&[]);
    assert!(status == Some(2) && said.contains("none of this check's"), "{said}");
}

/// Where a check before it had found that not every byte comes back, the search sent letters and digits.
fn the_bytes_are_those_of_then() {
    let found = Found::new("tcp_echoserv", "eof_as_a_char");
    let (status, said) = found.replay(&[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Just as told.") || said.contains("As told, but for numbers."), "{said}");
    found.edit(|report| {
        let mut bytes = report["checks"][0].clone();
        (bytes["id"], bytes["status"]) = (json!("bytes"), json!("failed"));
        report["checks"].as_array_mut().unwrap().insert(1, bytes);
    });
    let (status, said) = found.replay(&[]);
    assert_eq!((status, said.contains("It passes: not as told.")), (Some(1), true), "{said}");
}

/// The recording in a page, whose states say only what is not as it was a step before; and the page.
fn page(found: &Found, lang: &str) -> (Recording, String) {
    let file = found.folder.path().join("page.html");
    let (status, said) = found.replay(&["--html", file.to_str().unwrap(), "--lang", lang]);
    assert_eq!(status, Some(0), "{said}");
    let page = fs::read_to_string(file).unwrap();
    let (_, script) = page.split_once("<script class=\"recording\"").unwrap();
    let (json, _) = script.split_once('>').unwrap().1.split_once("</script>").unwrap();
    let mut recording: Value = serde_json::from_str(json).unwrap();
    let mut before = json!({ "processes": [], "sockets": [] });
    for step in recording["steps"].as_array_mut().unwrap() {
        for list in ["processes", "sockets"] {
            for one in step["state"][list].as_array_mut().unwrap() {
                if let Some(at) = one.as_u64() {
                    *one = before[list][at as usize].clone();
                }
            }
        }
        before = step["state"].clone();
    }
    (serde_json::from_value(recording).unwrap(), page)
}

/// What the tester says, and what a process calls, in the order of the page.
fn steps(recording: &Recording) -> Vec<String> {
    let name = |process: usize| &recording.processes[process].name;
    recording.steps.iter().map(|step| format!("{}: {}", name(step.process), step.text())).collect()
}

/// Are these beginnings among the steps, in this order?
fn in_order(steps: &[String], beginnings: &[&str]) {
    let mut rest = steps.iter();
    for beginning in beginnings {
        assert!(rest.any(|step| step.starts_with(beginning)), "{beginning}: {steps:#?}");
    }
}

fn opens_at_its_end(recording: &Recording, page: &str) {
    let last = recording.steps.len();
    assert!(page.contains(&format!("location.replace('#replay-step-{last}')")), "{last}");
    let last = recording.steps.last().unwrap();
    assert!(last.is_sentence() && last.call.contains("; "), "{last:?}");
    assert!(recording.steps.iter().enumerate().all(|(i, step)| step.n == i + 1));
}

fn a_page_shows_a_server() {
    let found = one_read();
    let (recording, page) = page(&found, "en");
    opens_at_its_end(&recording, &page);
    let roles: Vec<_> =
        recording.processes.iter().map(|process| (process.name.as_str(), process.role)).collect();
    assert_eq!(roles, [("server", Role::Server), ("tester", Role::Client)]);
    let steps = steps(&recording);
    in_order(
        &steps,
        &[
            "server: socket(AF_INET, SOCK_STREAM, ",
            "server: bind(3, ",
            "server: listen(3, ",
            "tester: client 1: connects to 127.0.0.1:",
            "server: accept(3, ",
            "server: read(4, ",
            "tester: expected: ",
        ],
    );
    // Each line of the story, in its order.
    let told = found.search().message;
    let (story, _) = told.split_once("\nExpected: ").unwrap();
    let lines = story.lines().filter_map(|line| Some(line.split_once(". ")?.1));
    let said: Vec<_> = lines.map(|line| format!("tester: {}", line.split(':').next().unwrap())).collect();
    in_order(&steps, &said.iter().map(String::as_str).collect::<Vec<_>>());
    // After the last step its descriptors are those that it has not closed.
    let open = &recording.steps.last().unwrap().state.processes[0].descriptors;
    assert_eq!(open.iter().map(|one| one.fd).take(4).collect::<Vec<_>>(), [0, 1, 2, 3], "{open:?}");
    assert!(open[3].what.starts_with("TCP 0.0.0.0:"), "{open:?}");
}

fn a_page_shows_a_client() {
    let (recording, page) = page(&client(), "ko");
    opens_at_its_end(&recording, &page);
    let steps = steps(&recording);
    in_order(&steps, &["client: connect(3, ", "client: read(3, ", "client: exit_group("]);
    in_order(
        &steps,
        &["tester: `", "client: write(3, ", "tester: 서버: ", "client: read(3, ", "tester: 기대: "],
    );
    assert!(recording.steps.iter().any(|step| step.process == 0 && !step.printed.is_empty()), "{steps:#?}");
}

fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (result, wrong) = (path("kim.json"), path("wrong.json"));
    let checks = json!([
        { "id": "build", "title": "", "points": 0, "score": 0, "status": "passed", "message": "", "hint": "", "slide": "", "duration_ms": 1 },
        { "id": "echoes", "title": "", "points": 9, "score": 0, "status": "failed", "message": "", "hint": "", "slide": "", "duration_ms": 1 },
        { "id": "search", "title": "", "points": 5, "score": 5, "status": "passed", "message": "", "hint": "", "slide": "", "duration_ms": 1 },
    ]);
    let report = json!({
        "lab": "tcp_echoserv", "submission": "kim.c", "seed": 7, "tier": "full", "lang": "en", "score": 91, "max_score": 100,
        "checks": checks, "build_log": "", "notes": [], "error": "", "graded_at": "2026-06-01T14:33:11Z", "duration_ms": 1,
    });
    fs::write(&result, report.to_string()).unwrap();
    fs::write(&wrong, "<html>").unwrap();
    fs::create_dir(path("whole")).unwrap();
    for (args, said) in [
        (&[path("none.json").as_str(), "echoes"][..], "none.json: No such file"),
        (&[&wrong, "echoes"], "wrong.json: not a result of grade"),
        (&[&result, "serach"], "tcp_echoserv has no check serach to replay; it has "),
        (&[&result, "search"], "search did not fail; failed: echoes"),
        (&[&result, "echoes"], "kim.json echoes --submission PATH"),
        (&[&result, "echoes", "--submission", &path("lee.c")], "lee.c: No such file"),
        (&[&result, "echoes", "--submission", &wrong, "--part-of", &path("whole")], "wrong.json: not in "),
    ] {
        let (status, told) = replay(&[args, &["--unsafe"]].concat());
        assert!(status == Some(2) && told.contains(said), "{args:?}: {told}");
    }
    let (status, told) = replay(&[&result, "echoes", "--submission", &wrong, "--tier", "none"]);
    assert!(status == Some(2) && told.contains("your own rights"), "{told}");
}

fn main() -> ExitCode {
    // This program is the judge as well.
    if let Some(code) = dispatch() {
        return code.into();
    }
    // Tier none has a test of its own.
    let missing = (best_tier() == Tier::None).then(|| "there is no sandbox here".to_string());
    let missing = missing.or_else(|| missing_program("cc"));
    let untraced = missing.clone().or_else(|| missing_program("strace"));
    let trial = |name: &str, missing: &Option<String>, test: fn()| trial(name, missing.clone(), test);
    run_waiting_trials(vec![
        trial("a_server_fails_again", &missing, a_server_fails_again),
        trial("a_client_fails_again", &missing, a_client_fails_again),
        trial("a_good_one_does_not", &missing, a_good_one_does_not),
        trial("exactly_the_acts_are_played", &missing, exactly_the_acts_are_played),
        trial("the_bytes_are_those_of_then", &missing, the_bytes_are_those_of_then),
        trial("a_page_shows_a_server", &untraced, a_page_shows_a_server),
        trial("a_page_shows_a_client", &untraced, a_page_shows_a_client),
        trial("what_is_wrong_is_said", &None, what_is_wrong_is_said),
    ])
}
