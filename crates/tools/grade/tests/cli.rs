//! The command line, where things go wrong.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

fn grade(args: &[&str]) -> Command {
    let mut grade = Command::new(env!("CARGO_BIN_EXE_grade"));
    grade.args(args).env("LC_ALL", "en_US.UTF-8");
    grade
}

/// Exit status 2 and no panic; what was said.
fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn the_labs_are_listed() {
    let output = grade(&["labs"]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && listed.contains("slides"), "{listed}");
    for lab in labs::ALL {
        assert!(listed.contains(lab.usage), "{listed}");
        let output = grade(&["labs", lab.name, "--lang", "ko"]).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains(lab.statement[0].trim()), "{shown}");
        for check in lab.checks {
            assert!(shown.contains(check.id), "{shown}");
        }
    }
}

#[test]
fn an_unknown_lab_is_told_the_labs_there_are() {
    for args in [vec!["labs", "tcp_ehcoserv"], vec!["check", "tcp_ehcoserv", "a.c"]] {
        let said = refused(&grade(&args).output().unwrap());
        assert!(said.contains("invalid value 'tcp_ehcoserv'"), "{said}");
        for lab in labs::ALL {
            assert!(said.contains(lab.name), "{said}");
        }
        assert!(said.contains("a similar value exists: 'tcp_echoserv'"), "{said}");
    }
}

#[test]
fn wrong_arguments_are_explained() {
    for args in [
        &["check"][..],
        &["check", "x", "y", "--format", "pdf"],
        &["class", "x", "y"],
        &["class", "tcp_echoserv", "y", "--out", "z", "--shard", "9/8"],
        // Of a part of the class, most of the roster would be missing.
        &["class", "tcp_echoserv", "y", "--out", "z", "--shard", "1/8", "--roster", "r.csv"],
        &["report"],
        &["labs", "--lang", "fr"],
    ] {
        assert!(refused(&grade(args).output().unwrap()).contains("error:"), "{args:?}");
    }
}

#[test]
fn nobody_reading_is_no_fault_and_a_full_disk_is() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = grade(&["labs"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));

    let full = File::options().write(true).open("/dev/full").unwrap();
    let said = refused(&grade(&["labs"]).stdout(full).output().unwrap());
    assert!(said.contains("No space left on device"), "{said}");
}

#[test]
fn a_file_name_moves_no_cursor() {
    let said = refused(&grade(&["report", "/nowhere/\u{1b}[2J", "--out", "/tmp"]).output().unwrap());
    assert!(said.contains("\\u{1b}[2J: No such file") && !said.contains('\u{1b}'), "{said}");
}

/// A submission that leaves a trace where it is run; run in tier none, which is nobody's unless asked for.
#[test]
fn nothing_is_run_without_a_sandbox_unless_told_to() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (witness, results) = (out.path().join("witness"), out.path().join("results"));
    let submission = dir.path().join("kim");
    fs::write(&submission, format!("#!/bin/sh\n: >{}\n", witness.display())).unwrap();
    let [dir, submission, results] = [dir.path(), &submission, &results].map(|path| path.to_str().unwrap());
    let check = ["check", "open_socket", submission, "--tier", "none"];
    let class = ["class", "open_socket", dir, "--out", results, "--tier", "none"];
    for args in [&check[..], &class] {
        let said = refused(&grade(args).output().unwrap());
        assert!(said.contains("your own rights") && said.contains("--unsafe"), "{said}");
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "{args:?}");
    }
    for args in [&check[..], &class] {
        grade(args).arg("--unsafe").output().unwrap();
        fs::remove_file(&witness).unwrap();
    }
}

/// Under a strace that writes nothing down.
#[test]
fn calls_that_nobody_saw_are_the_graders_fault_and_never_a_mark() {
    let dir = tempfile::tempdir().unwrap();
    let scripts = [
        ("strace", "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n"),
        ("kim", "#!/bin/sh\n"),
    ];
    let [strace, submission] = scripts.map(|(name, text)| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    });
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", strace.parent().unwrap().display());
    let check = ["check", "open_socket", submission.to_str().unwrap(), "--tier", "none", "--unsafe"];
    let output = grade(&check).args(["--format", "json"]).env("PATH", path).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["score"]), (Some(2), &serde_json::Value::Null), "{report}");
    assert!(report.to_string().contains("strace did not see the program start"), "{report}");
}

#[test]
fn what_is_not_there_is_not_graded() {
    let Some(lab) = labs::ALL.first() else { return };
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("results.json");
    for format in ["text", "json", "gradescope", "classroom50", "junit"] {
        let args = ["check", lab.name, "/nowhere/a.c", "--format", format, "--out", file.to_str().unwrap()];
        let said = refused(&grade(&args).arg("--unsafe").output().unwrap());
        assert!(said.contains("a.c"), "{said}");
        assert_eq!(file.exists(), !matches!(format, "gradescope" | "classroom50"), "{format}");
        let _ = fs::remove_file(&file);
    }
}
