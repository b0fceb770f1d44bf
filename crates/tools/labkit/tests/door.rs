//! The door: what a newcomer types first. Where it would install something, or build for minutes, it meets programs of
//! these tests that only write down how they were called.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, iter};

use labkit::root;
use serde_json::Value;
use tempfile::TempDir;

/// Programs that are found before all others.
struct Machine {
    folder: TempDir,
}

/// What a script said, and how it ended.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Machine {
    /// Where everything is there; apt-get and sudo, which would ask for a password, write down that they were called.
    fn new() -> Self {
        let machine = Machine { folder: tempfile::Builder::new().prefix("with spaces ").tempdir().unwrap() };
        machine.has("apt-get", r#"echo "apt-get $*" >>"$CALLED""#).has("sudo", r#"shift; exec "$@""#)
    }

    /// With a compiler that finds none of the C library's files.
    fn without_c_library(self) -> Self {
        self.has("cc", "echo 'cannot open Scrt1.o' >&2; exit 1")
    }

    fn has(self, name: &str, script: &str) -> Self {
        let program = self.folder.path().join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A command that meets these programs.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = env::var_os("PATH").unwrap();
        let path = iter::once(self.folder.path().to_path_buf()).chain(env::split_paths(&path));
        let mut command = Command::new(program);
        command.env("PATH", env::join_paths(path).unwrap()).env("CALLED", self.called()).env_remove("CI");
        command.env("CARGO_TARGET_DIR", self.folder.path().join("target"));
        command
    }

    fn run(&self, script: &str, args: &[&str]) -> Said {
        let output = self.command(root().join("scripts").join(script)).args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn called(&self) -> PathBuf {
        self.folder.path().join("called.txt")
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.called()).unwrap_or_default()
    }
}

const INSTALLS_A_LINKER: &str = "apt-get update\napt-get install -y --no-install-recommends gcc libc6-dev\n";

#[test]
fn a_compiler_that_cannot_link_is_missing_however_often_it_is_asked() {
    let machine = Machine::new().without_c_library();
    for option in [&["--linker"][..], &[]] {
        let said = machine.run("setup", option);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        assert!(said.stderr.contains("installs what is missing: gcc libc6-dev"), "{}", said.stderr);
    }
    assert!(machine.calls().starts_with(&INSTALLS_A_LINKER.repeat(2)), "{}", machine.calls());
}

#[test]
fn where_nothing_may_be_installed_an_administrator_has_one_line_to_type() {
    let machine = Machine::new().without_c_library().has("apt-get", "exit 100");
    let said = machine.run("run", &["tcp_echoserv"]);
    assert_eq!(said.code, Some(1));
    let lines: Vec<&str> = said.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let [line] = lines[..] else { panic!("{}", said.stderr) };
    let machine = Machine::new();
    assert!(machine.command("sh").args(["-c", line]).status().unwrap().success());
    assert_eq!(machine.calls(), INSTALLS_A_LINKER);
}

#[test]
fn run_is_cargo_run_where_all_is_there() {
    let cargo = r#"echo "cargo $*" >>"$CALLED""#;
    let machine = Machine::new().has("cargo", cargo);
    assert_eq!(machine.run("run", &["tcp_echoserv", "-v", "5000"]).code, Some(0));
    assert_eq!(machine.calls(), "cargo run -p tcp_echoserv -- -v 5000\n");
    // And where it isn't, it is that after something was installed.
    let machine = Machine::new().has("cargo", cargo).without_c_library();
    assert_eq!(machine.run("run", &["byte_order"]).code, Some(0));
    assert!(machine.calls().starts_with(INSTALLS_A_LINKER), "{}", machine.calls());
    assert!(machine.calls().ends_with("cargo run -p byte_order --\n"), "{}", machine.calls());
    assert_eq!(machine.run("run", &[]).code, Some(2));
}

/// The parts that `scripts/check --ready` says can be used.
fn ready(said: &Said) -> Vec<&str> {
    said.stdout.lines().filter_map(|line| line.strip_prefix("ready ")?.trim().split("  ").next()).collect()
}

const PARTS: [&str; 6] = ["lecture programs", "practice network", "stepper", "book", "grader", "tests"];

#[test]
fn ready_says_what_is_there_what_is_missing_and_what_to_type_and_installs_nothing() {
    let machine = Machine::new();
    let said = machine.run("check", &["--ready"]);
    for tool in ["cc", "strace", "ip", "/usr/bin/python3", "tshark"] {
        assert!(
            said.stdout.lines().any(|line| line.split_whitespace().nth(1) == Some(tool)),
            "{}",
            said.stdout
        );
    }
    assert_eq!(said.code, Some(0), "these tests were compiled here: {}", said.stdout);
    // Without make, perl or the like it is ready all the same.
    if !said.stdout.contains("MISSING") {
        assert_eq!(ready(&said), PARTS, "{}", said.stdout);
    }

    let machine = machine.without_c_library();
    let said = machine.run("check", &["--ready"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("MISSING   cc "), "{}", said.stdout);
    assert!(ready(&said).is_empty(), "{}", said.stdout);
    assert!(said.stdout.contains("gcc"), "{}", said.stdout);
    assert_eq!(machine.calls(), "");
}

#[test]
fn ready_says_which_parts_a_machine_without_private_networks_has_and_why() {
    let machine = Machine::new().has("unshare", "echo 'unshare failed: Operation not permitted' >&2; exit 1");
    let said = machine.run("check", &["--ready"]);
    assert_eq!(said.code, Some(0), "the lecture programs need none: {}", said.stdout);
    for part in ["practice network", "stepper", "book"] {
        let line = format!("NOT READY {part:<17} lacks ");
        let mut lines = said.stdout.lines().filter_map(|said| said.strip_prefix(&*line));
        assert!(lines.next().is_some_and(|lacks| lacks.contains("private networks")), "{}", said.stdout);
    }
    assert!(ready(&said).contains(&"lecture programs"), "{}", said.stdout);
    assert!(
        said.stdout.contains("this machine refuses a practice network: unshare failed"),
        "{}",
        said.stdout
    );
}

#[test]
fn ready_on_another_system_means_the_lecture_programs() {
    let said = Machine::new().has("uname", "echo Darwin").run("check", &["--ready"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert_eq!(ready(&said), ["lecture programs", "tests"], "{}", said.stdout);
    assert!(said.stdout.contains("lacks Linux\n"), "{}", said.stdout);
}

#[test]
fn ready_says_what_mends_a_rust_that_cannot_be_used() {
    for (cargo, remedy) in [
        ("exit 1", "rustup default stable"),
        ("echo 'cargo 1.75.0 (1d8b05cdd 2023-11-20)'", "cargo 1.75.0 is older than 1."),
    ] {
        let said = Machine::new().has("cargo", cargo).run("check", &["--ready"]);
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        assert!(said.stdout.contains("\nNOT READY lecture programs  lacks Rust\n"), "{}", said.stdout);
        assert!(said.stdout.starts_with("MISSING   Rust "), "{}", said.stdout);
        assert!(said.stdout.contains(remedy), "{}", said.stdout);
    }
}

/// What is needed stands in scripts/setup alone: whoever else names it asks there, or says the same.
#[test]
fn everybody_takes_the_list_from_setup() {
    let read =
        |path: &str| fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let readme = read("README.md");
    for manager in ["apt-get", "dnf", "pacman", "macos"] {
        let line = Machine::new().run("setup", &["--line", manager]).stdout;
        assert!(readme.contains(&format!("`{}`", line.trim())), "README has another line than: {line}");
    }
    for path in [
        ".github/workflows/book.yml",
        ".github/workflows/grade.yml",
        ".devcontainer/Dockerfile",
        "crates/tools/grade/gradescope/setup.sh",
    ] {
        let text = read(path);
        assert!(text.contains("scripts/setup"), "{path}");
        for package in ["strace", "iproute2", "libc6-dev", "netbase"] {
            assert!(!text.contains(package), "{path} names {package} itself");
        }
    }
    assert!(read("scripts/gradescope-bundle").contains(" scripts/setup"), "the bundle lacks it");
}

/// An editor builds it from the Dockerfile, starts it with what `scripts/lab` says that a container takes, and is the user
/// that the Dockerfile makes.
#[test]
fn the_dev_container_is_one_thing() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let settings: Value = serde_json::from_str(&read(".devcontainer/devcontainer.json")).unwrap();
    let dockerfile = read(".devcontainer/Dockerfile");
    let [name, context] = ["dockerfile", "context"].map(|key| settings["build"][key].as_str().unwrap());
    assert_eq!((name, context), ("Dockerfile", ".."));
    for file in dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")?.split(' ').next()) {
        assert!(root().join(file).exists(), "the Dockerfile copies {file}");
    }
    let user = settings["remoteUser"].as_str().unwrap();
    assert!(dockerfile.contains(&format!("\nUSER {user}\n")), "{user} is not the Dockerfile's user");
    assert!(read("scripts/lab").contains("start the container with --privileged"));
    assert_eq!(settings["privileged"], true);
}

/// A minute's reading: where the Korean is, three lines, the two terminals, what to read then, what else there is, the
/// picture.
#[test]
fn readme_begins_with_what_a_newcomer_needs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("\n## 한국어\n"));
    assert!(
        readme.lines().nth(2).unwrap().contains("](#한국어)"),
        "line 3 doesn't lead to the Korean section"
    );
    let (beginning, _) = readme.split_once("\n## ").unwrap();
    let order = [
        "scripts/run tcp_echoserv",
        "cargo run -p tcp_echocli -- 127.0.0.1",
        "(crates/tcp_echoserv/tcp_echoserv.c) beside",
        "| You want | Run |",
        "(lab-notes/tcp_echoserv.svg)",
    ];
    let places =
        order.map(|what| beginning.find(what).unwrap_or_else(|| panic!("not at the beginning: {what}")));
    assert!(places.is_sorted(), "{order:?} are at {places:?}");
}

/// A `cargo test --no-run` that built these test programs, and an `ok` and a `FAILED` one.
fn two_test_files(machine: Machine) -> Machine {
    let folder = machine.folder.path().display().to_string();
    let artifact = |file: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"path+file:///w/crates/mine#0.1.0","manifest_path":"{folder}/mine/Cargo.toml","target":{{"kind":["test"],"crate_types":["bin"],"name":"{file}","src_path":"x","edition":"2024","doc":false,"doctest":false,"test":true}},"profile":{{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":true}},"features":[],"filenames":["x"],"executable":"{folder}/{file}","fresh":true}}"#
        )
    };
    fs::create_dir(machine.folder.path().join("mine")).unwrap();
    let cargo = format!(
        "case $1 in --version) echo cargo 1.99.0 ;; mutants) ;; test) echo '{}'; echo '{}' ;; *) exit 1 ;; esac",
        artifact("good"),
        artifact("flaky")
    );
    let good = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured";
    let bad = "---- now_and_then ----\\nthe cause\\n\\nfailures:\\n    now_and_then\\n\\n\
               test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured";
    machine
        .has("cargo", &cargo)
        .has("good", &format!("echo '{good}'"))
        // Every second time.
        .has(
            "flaky",
            &format!(
                "rmdir again 2>/dev/null && printf '%b\\n' '{bad}' && exit 101; mkdir again; echo '{good}'"
            ),
        )
}

#[test]
fn soak_says_what_failed_and_how_often_and_why() {
    let said = two_test_files(Machine::new()).run("soak", &["--runs", "4", "--busy", "1"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stdout.contains("      2 mine/flaky  now_and_then\n"), "{}", said.stdout);
    assert!(said.stdout.contains("    the cause\n"), "{}", said.stdout);
    assert!(said.stdout.ends_with("\n20 passed, 2 failed, 6 skipped\n"), "{}", said.stdout);

    let said = two_test_files(Machine::new()).run("soak", &["--runs", "2", "good"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.ends_with("\n6 passed, 0 failed, 2 skipped\n"), "{}", said.stdout);
    assert_eq!(two_test_files(Machine::new()).run("soak", &["nothing"]).code, Some(2));
}

/// CARGO_TARGET_DIR may be any folder.
#[test]
fn no_script_empties_a_folder_that_it_has_not_made() {
    for (script, argument) in [("soak", "good"), ("mutants", "byte_order")] {
        let machine = two_test_files(Machine::new());
        let mine = machine.folder.path().join("target").join(script).join("log/thesis.txt");
        fs::create_dir_all(mine.parent().unwrap()).unwrap();
        fs::write(&mine, "").unwrap();
        let said = machine.run(script, &[argument]);
        assert!(mine.exists(), "{script} has deleted it: {}", said.stderr);
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(said.stderr.contains("was not made by this script: not emptied"), "{}", said.stderr);
    }
    // And what it has made, it does.
    let machine = two_test_files(Machine::new());
    let old = machine.folder.path().join("target/soak/1/old.log");
    for _ in 0..2 {
        assert_eq!(machine.run("soak", &["--runs", "1", "good"]).code, Some(0));
        assert!(!old.exists());
        fs::write(&old, "").unwrap();
    }
}

#[test]
fn check_goes_on_after_a_failure_and_lists_all_that_failed_at_its_end() {
    let machine = two_test_files(Machine::new()).has("flaky", "exit 1");
    let said = machine.run("check", &[]);
    assert_eq!(said.code, Some(1));
    let (_, end) = said.stdout.split_once("\n== times\n").unwrap_or_else(|| panic!("{}", said.stdout));
    assert!(end.contains("C files     ok") && end.contains(" s  in all"), "{end}");
    assert!(end.contains("\n== failed: formatting, clippy, tests, sizes, benchmarks\n"), "{end}");
    assert!(end.contains("mine/flaky  (it ended before its tests did)"), "{end}");
}
