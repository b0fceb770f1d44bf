//! Reports to show: what a student may have got, and what a hostile one may have put into it.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use grade::class::ClassOptions;
use grade::report::{CheckResult, Report, Status};
use jail::Tier;
use labs::lab::Lab;
use labs::words::Lang;

pub(crate) static ECHO: Lab = Lab {
    name: "tcp_echoserv",
    usage: "tcp_echoserv PORT",
    slides: "36-44",
    statement: ["", ""],
    checks: &[],
};

pub(crate) fn check(id: &str, title: &str, points: u32, status: Status) -> CheckResult {
    let failed = status == Status::Failed;
    let message =
        if failed { "sent 5 bytes to 127.0.0.1:4000\nexpected: the same 5 bytes\ngot: 3 bytes" } else { "" };
    CheckResult {
        id: id.into(),
        title: title.into(),
        points,
        score: if status == Status::Passed { points } else { 0 },
        status,
        message: message.into(),
        hint: if failed { "read until recv gives 0".into() } else { String::new() },
        prints_all: false,
        acts: Vec::new(),
        slide: "39".into(),
        duration_ms: 120,
    }
}

/// 60 of 100: one passed, one failed, one skipped.
pub(crate) fn report() -> Report {
    Report {
        lab: "tcp_echoserv".into(),
        submission: "kim.c".into(),
        seed: 42,
        tier: Tier::Full,
        lang: Lang::En,
        score: Some(60),
        max_score: 100,
        checks: vec![
            check("listens", "Listens on the port given", 60, Status::Passed),
            check("echo", "Sends back what came", 30, Status::Failed),
            check("many", "Many clients in a row", 10, Status::Skipped),
        ],
        build_log: String::new(),
        notes: vec!["SO_REUSEADDR isn't set".into()],
        ready_made: Vec::new(),
        error: String::new(),
        graded_at: "2026-06-01T14:33:11Z".into(),
        duration_ms: 1234,
    }
}

/// The same with the grader's fault in a check: no mark.
pub(crate) fn faulty() -> Report {
    let mut report = report();
    report.checks[1] = check("echo", "Sends back what came", 30, Status::Error);
    report.score = None;
    report
}

/// The same where nothing could be graded.
pub(crate) fn ungraded() -> Report {
    Report { score: None, checks: vec![], error: "no such file or folder: kim.c".into(), ..report() }
}

/// The same with a student's bytes in every text.
pub(crate) fn hostile() -> Report {
    let bytes = "</pre><script>alert(1)</script> ]]> & \u{1b}[31m \u{0} \u{ffff} \u{202e} =1+1 **bold**";
    let mut report = report();
    report.submission = bytes.into();
    report.build_log = bytes.into();
    report.notes = vec![bytes.into()];
    for check in &mut report.checks {
        check.title = bytes.into();
        check.message = bytes.into();
        check.hint = bytes.into();
    }
    report
}

pub(crate) fn options() -> ClassOptions {
    let jobs = NonZeroUsize::new(2).unwrap();
    ClassOptions {
        jobs,
        fresh: false,
        seed: Some(1),
        tier: Tier::Full,
        lang: Lang::En,
        shard: None,
        roster: None,
        given: None,
    }
}

/// What a grader that gives everybody 60 finds.
pub(crate) fn found(submission: &Path, seed: u64) -> Report {
    let name = submission.file_name().unwrap().to_string_lossy().into_owned();
    Report { submission: name, seed, ..report() }
}

/// A folder with a class of small, different submissions.
pub(crate) fn class_of(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(dir.path().join(name), format!("// {name}\nint main(void) {{ return 0; }}\n")).unwrap();
    }
    dir
}

/// A disk so small, in memory, for one test: it is run again, alone, where there is such a disk. There, the disk; else
/// None, and the test has been run. Where namespaces are refused it isn't, and says so.
pub(crate) fn on_a_disk_of(size: &str, test: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os("SMALL_DISK") {
        return Some(disk.into());
    }
    let disk = tempfile::tempdir().unwrap();
    let unshare = |script: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args([
            "-rm",
            "sh",
            "-ec",
            &format!("mount -t tmpfs -o size={size} none \"$SMALL_DISK\"; {script}"),
        ]);
        unshare
            .env("SMALL_DISK", disk.path())
            .args(["sh"])
            .arg(env::current_exe().unwrap())
            .arg(test)
            .output()
    };
    if !unshare("true").is_ok_and(|output| output.status.success()) {
        eprintln!("not run: no mount namespaces here");
        return None;
    }
    let output = unshare("\"$1\" --exact \"$2\"").unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}
