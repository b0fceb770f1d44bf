//! What is graded lies in what was handed in: a symbolic link leads to nothing else.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use grade::submission::{part_of, stage};
use labkit::{root, run_trials, trial, trial_with};

/// Our own, which gets full marks.
fn ours() -> PathBuf {
    root().join("crates/tcp_echoserv/tcp_echoserv.c")
}

fn a_link_is_no_submission() {
    let dir = tempfile::tempdir().unwrap();
    symlink(ours(), dir.path().join("file.c")).unwrap();
    symlink(ours().parent().unwrap(), dir.path().join("folder")).unwrap();
    for name in ["file.c", "folder", "folder/", "folder/.", "./folder//"] {
        let error = stage(&dir.path().join(name), "tcp_echoserv").unwrap_err().to_string();
        assert!(error.contains("a symbolic link"), "{name}: {error}");
    }
    // The folders above it are whoever's who says so.
    assert!(stage(&dir.path().join("folder/tcp_echoserv.c"), "tcp_echoserv").is_ok());
}

fn links_that_lead_out_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("kim");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("main.c"), "int main;").unwrap();
    fs::write(dir.path().join("lee.c"), "int main;").unwrap();
    let inside = [
        ("a.c", "main.c"),
        ("src/b.c", "../main.c"),
        ("here", "."),
        ("nowhere", "made/later"),
        ("loop", "loop"),
    ];
    let outside = [
        ("root", "/"),
        ("up", ".."),
        ("lee.c", "../lee.c"),
        ("src/lee.c", "../../lee.c"),
        // By way of a link within, and of one that is cut itself.
        ("src/way", "../here/../lee.c"),
        ("src/cut", "../up/lee.c"),
        // Its own folder, where it is now.
        ("self.c", folder.join("main.c").to_str().unwrap()),
    ]
    .map(|(link, target)| (link, target.to_string()));
    for (link, target) in inside.map(|(link, target)| (link, target.to_string())).iter().chain(&outside) {
        symlink(target, folder.join(link)).unwrap();
    }
    let staged = stage(&folder, "tcp_echoserv").unwrap();
    let names = |all: &[(&'static str, String)]| -> BTreeSet<String> {
        all.iter().map(|(link, _)| link.to_string()).collect()
    };
    assert_eq!(staged.cut.iter().cloned().collect::<BTreeSet<_>>(), names(&outside));
    let copy = staged.folder.path().join("submission");
    for (link, target) in inside {
        assert_eq!(fs::read_link(copy.join(link)).unwrap(), Path::new(target));
    }
    for (link, _) in &outside {
        assert!(fs::symlink_metadata(copy.join(link)).is_err(), "{link}");
    }
    // What was handed in is as it was.
    assert!(fs::symlink_metadata(folder.join("up")).is_ok());
}

fn a_part_lies_in_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    fs::create_dir(&whole).unwrap();
    fs::write(whole.join("main.c"), "").unwrap();
    symlink("main.c", whole.join("own.c")).unwrap();
    symlink(ours().parent().unwrap(), whole.join("folder")).unwrap();
    for name in [".", "main.c", "own.c", "folder/../whole/main.c"] {
        let part = part_of(&whole, &whole.join(name));
        assert_eq!(part.is_ok(), !name.starts_with("folder"), "{name}: {part:?}");
    }
    for name in ["..", "folder", "folder/tcp_echoserv.c", "../wholesale"] {
        part_of(&whole, &whole.join(name)).unwrap_err();
    }
}

/// Even where nothing shuts a submission in.
fn includes_lead_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("main.c"), "#include \"echo.inc\"\n").unwrap();
    symlink(ours(), dir.path().join("echo.inc")).unwrap();
    let mut grade = Command::new(env!("CARGO_BIN_EXE_grade"));
    grade.args(["check", "tcp_echoserv", "--tier=none", "--unsafe", "--lang=en"]).arg(dir.path());
    let output = grade.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("echo.inc: No such file") && said.contains("Total 0/100"), "{said}");
    assert!(said.contains("echo.inc: leads out of the submission, left out"), "{said}");
}

/// As the workflow calls it for other repositories, of which a link leads to a neighbour.
fn the_workflow_grades_what_is_the_callers() {
    let workflow = fs::read_to_string(root().join(".github/workflows/grade.yml")).unwrap();
    let check = workflow.lines().find(|line| line.trim_start().starts_with("check() {")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let [bin, caller] = ["grader/target/release", "caller"].map(|folder| dir.path().join(folder));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir(&caller).unwrap();
    symlink(env!("CARGO_BIN_EXE_grade"), bin.join("grade")).unwrap();
    fs::write(caller.join("own.c"), "int main;").unwrap();
    symlink(ours().parent().unwrap(), caller.join("folder")).unwrap();
    for (submission, status, words) in [
        ("folder/tcp_echoserv.c", 2, "caller/folder/tcp_echoserv.c: not in caller, but "),
        ("../grader/target/release/grade", 2, ": not in caller, but "),
        ("own.c", 1, ""),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{check}\ncheck --tier=none --unsafe")]).current_dir(dir.path());
        bash.envs([("LAB", "tcp_echoserv"), ("LANGUAGE", "en"), ("SUBMISSION", submission)]);
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{submission}: {said}");
        assert!(said.contains(words), "{submission}: {said}");
    }
}

fn main() {
    run_trials(vec![
        trial("a_link_is_no_submission", None, a_link_is_no_submission),
        trial("links_that_lead_out_are_cut", None, links_that_lead_out_are_cut),
        trial("a_part_lies_in_the_whole", None, a_part_lies_in_the_whole),
        trial_with(&["cc", "strace"], "includes_lead_nowhere", includes_lead_nowhere),
        trial_with(
            &["bash", "cc", "strace"],
            "the_workflow_grades_what_is_the_callers",
            the_workflow_grades_what_is_the_callers,
        ),
    ]);
}
