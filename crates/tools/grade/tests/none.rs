//! Tier none, where namespaces are refused: right programs get full marks there too, or the grader says what it lacks and what
//! to type. Each test makes such a machine for itself, and starts this program there.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::process::{Command, ExitCode};

use grade::judge::{Options, dispatch, grade};
use grade::report::Status;
use jail::{Allowed, Tier, best_tier};
use labkit::{missing_program, root, run_trials, trial};
use labs::words::Lang;

/// What this program is told to be there: whose marks it gives.
const PART: &str = "__in_tier_none";

/// As [`PART`]: whose ports are wrong.
const PORTS: &str = "__ports_in_tier_none";

/// The labs that need nothing but the program.
const WITHOUT_RIGHTS: [&str; 5] =
    ["open_socket", "getdtablesize", "ascii_ip", "tcp_echoserv", "udp_echoserv"];

/// Those whose servers are at the slides' ports, 7 and 13.
const WITH_PORTS: [&str; 5] = ["mydaytime", "tcp_echocli", "port_number", "udp_echocli", "connected_udp"];

/// A network and users of one's own, but no more of them.
const STAGE: &str =
    "PATH=$PATH:/usr/sbin:/sbin && ip link set lo up && echo 0 >/proc/sys/user/max_user_namespaces";

/// Root without another user, who has all ports.
fn as_root() -> Command {
    staged(&["--map-root-user"], "exec \"$0\" \"$@\"")
}

/// Somebody with no rights at all: not even to look into one's own processes that don't let themselves be looked into.
fn as_ordinary_user() -> Command {
    let without = "exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all \"$0\" \"$@\"";
    staged(&["--map-user=1000", "--map-group=1000", "--keep-caps"], without)
}

fn staged(options: &[&str], rest: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--net"]).args(options).args(["sh", "-c", &format!("{STAGE} && {rest}")]);
    command
}

/// A right C file of every lab is graded, as whoever is started by `command`. These get full marks, and the others too or an error
/// of the grader's: what needs an `/etc` of its own, and for whoever has no right to ports 7 and 13, what needs them.
fn graded(mut command: Command, full_marks: &[&str]) {
    let output = command.arg(std::env::current_exe().unwrap()).arg(PART).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let full: BTreeSet<&str> = said.lines().filter_map(|line| line.strip_suffix(" 100")).collect();
    assert_eq!(full, full_marks.iter().copied().collect(), "{said}");
    assert_eq!(said.lines().count(), labs::ALL.len(), "{said}");
}

fn an_ordinary_user() {
    graded(as_ordinary_user(), &WITHOUT_RIGHTS);
}

fn with_ports() {
    graded(as_root(), &[&WITHOUT_RIGHTS[..], &WITH_PORTS].concat());
}

/// Grades them all, a line each. No check fails.
fn grade_all() -> ExitCode {
    assert_eq!(best_tier(), Tier::None);
    for lab in labs::ALL {
        let options =
            Options { seed: 1, tier: Tier::None, lang: Lang::En, allowed: Allowed::USUAL, only: None };
        let submission = format!("crates/tools/grade/tests/submissions/{}/plain.c", lab.name);
        let report = grade(lab, &root().join(submission), &options);
        for check in &report.checks {
            let said = format!("{}: {}: {}\n{}", lab.name, check.id, check.message, check.hint);
            assert_ne!(check.status, Status::Failed, "{said}");
            if check.status == Status::Error {
                assert!(check.hint.contains("sudo sysctl user.max_user_namespaces=10000"), "{said}");
            }
        }
        println!("{} {}", lab.name, report.score.map_or("not graded".into(), |score| score.to_string()));
    }
    ExitCode::SUCCESS
}

fn ports_of_both_kinds() {
    let output = as_root().arg(std::env::current_exe().unwrap()).arg(PORTS).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Who prints another port if the low byte is 128 or more never gets full marks, nor who does so if it is less: here nobody can tell
/// the system which ports to give.
fn grade_ports() -> ExitCode {
    assert_eq!(best_tier(), Tier::None);
    let good = root().join("crates/tools/grade/tests/submissions/port_number/plain.c");
    let good = std::fs::read_to_string(good).unwrap();
    let place = tempfile::tempdir().unwrap();
    let submission = place.path().join("port_number.c");
    let port = "ntohs(cliaddr.sin_port)";
    for wrong in [format!("{port} - 2 * ({port} & 128)"), format!("{port} + 2 * (~{port} & 128)")] {
        std::fs::write(&submission, good.replace(port, &wrong)).unwrap();
        for seed in 1..=5 {
            let options =
                Options { seed, tier: Tier::None, lang: Lang::En, allowed: Allowed::USUAL, only: None };
            let report = grade(labs::find("port_number").unwrap(), &submission, &options);
            let failed = report.checks.iter().filter(|check| check.status == Status::Failed);
            let failed: Vec<&str> = failed.map(|check| &*check.id).collect();
            assert_eq!(failed, ["stream_port", "dgram_port"], "{report}");
        }
    }
    ExitCode::SUCCESS
}

/// Who names no tier where there is no sandbox is told so; a submission that leaves a trace where it is run leaves none.
fn nothing_is_run_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let [submission, witness] = ["kim", "witness"].map(|name| dir.path().join(name));
    std::fs::write(&submission, format!("#!/bin/sh\n: >{}\n", witness.display())).unwrap();
    let check = || {
        let mut command = as_root();
        command.arg(env!("CARGO_BIN_EXE_grade")).args(["check", "open_socket", "--lang=en"]).arg(&submission);
        command
    };
    let output = check().output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("--unsafe"), "{said}");
    assert!(!witness.exists());
    assert_eq!(check().arg("--unsafe").output().unwrap().status.code(), Some(1));
    assert!(witness.exists());
}

/// `scripts/check --ready` has to know without a grader.
fn the_same_tier() {
    let ready = Command::new(root().join("scripts/setup")).arg("--ready").output().unwrap();
    let said = String::from_utf8_lossy(&ready.stdout).into_owned();
    assert!(said.contains(&format!("\ntier {} ", best_tier().name())), "{said}");
}

fn main() -> ExitCode {
    // This program is the judge as well.
    if let Some(code) = dispatch() {
        return code.into();
    }
    match std::env::args().nth(1).as_deref() {
        Some(PART) => return grade_all(),
        Some(PORTS) => return grade_ports(),
        _ => {}
    }
    let refused = |mut command: Command| {
        let tools = ["unshare", "setpriv", "ip", "strace", "cc"].into_iter().find_map(missing_program);
        tools.or_else(|| match command.arg("true").output() {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_string()),
            Err(error) => Some(error.to_string()),
        })
    };
    run_trials(vec![
        trial("an_ordinary_user", refused(as_ordinary_user()), an_ordinary_user),
        trial("root", refused(as_root()), with_ports),
        trial("ports_of_both_kinds", refused(as_root()), ports_of_both_kinds),
        trial("nothing_is_run_by_itself", refused(as_root()), nothing_is_run_by_itself),
        trial("scripts_setup_says_the_same_tier", None, the_same_tier),
    ])
}
