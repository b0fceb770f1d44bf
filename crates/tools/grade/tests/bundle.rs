//! The autograder for Gradescope: what is in its zip, and its run_autograder where Gradescope runs it, in `/autograder`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;

use labkit::{missing_program, root, run_waiting_trials, trial};
use serde_json::Value;
use tempfile::TempDir;

fn bundle(args: &[&str], folder: &Path) -> Output {
    let mut bundle = Command::new(root().join("scripts/gradescope-bundle"));
    bundle.args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The zip for a lab.
fn zip_of(lab: &str, folder: &Path) -> PathBuf {
    let output = bundle(&[lab, "--lang", "en", "--out", "bundle.zip"], folder);
    assert!(output.status.success(), "{}", text(&output.stderr));
    folder.join("bundle.zip")
}

/// That of tcp_echoserv, made once for all.
static ZIP: OnceLock<Vec<u8>> = OnceLock::new();

fn python(script: &str, args: &[&Path]) -> String {
    let output = Command::new("python3").args(["-c", script]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

// ---- The zip ----

fn at_the_top_of_the_zip_are_gradescopes_two_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let zip = zip_of("tcp_echocli", folder.path());
    let listing = "import sys, zipfile\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): \
                   print(oct(i.external_attr >> 16 & 0o777), i.filename)";
    let listed = python(listing, &[&zip]);
    let files: BTreeMap<&str, &str> =
        listed.lines().map(|line| line.split_once(' ').unwrap()).map(|(mode, name)| (name, mode)).collect();
    assert_eq!([files["setup.sh"], files["run_autograder"]], ["0o755"; 2]);
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        "crates/tools/grade/Cargo.toml",
        "crates/sockcommon/sockcommon.h",
        "scripts/setup",
    ] {
        assert!(files.contains_key(needed), "{needed} is missing:\n{listed}");
    }
    // What the stepper, with which the grader makes pages, takes from elsewhere when it is compiled.
    for source in fs::read_dir(root().join("crates/tools/stepper/src")).unwrap() {
        let source = fs::read_to_string(source.unwrap().path()).unwrap_or_default();
        for taken in source.split("include_str!(\"../../../../").skip(1) {
            let taken = taken.split('"').next().unwrap();
            assert!(files.contains_key(taken), "{taken} is missing:\n{listed}");
        }
    }
    // Gradescope takes 100 MB; this goes over a conference network.
    assert!(fs::metadata(&zip).unwrap().len() < 2 << 20);

    let show = "import sys, zipfile\nprint(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode())";
    let run = python(show, &[&zip, Path::new("run_autograder")]);
    assert!(run.contains("\nLAB=tcp_echocli ") && run.contains("\nLANGUAGE=en\n"), "{run}");
    let setup = python(show, &[&zip, Path::new("setup.sh")]);
    assert!(setup.contains("\nLAB=tcp_echocli "), "{setup}");
}

fn the_same_commit_gives_the_same_zip() {
    let folder = tempfile::tempdir().unwrap();
    let zips = ["UTC", "Asia/Seoul"].map(|zone| {
        let out = folder.path().join(zone.replace('/', "-"));
        let mut bundle = Command::new(root().join("scripts/gradescope-bundle"));
        let output = bundle.arg("tcp_echoserv").arg("--out").arg(&out).env("TZ", zone).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::read(out).unwrap()
    });
    assert!(zips[0] == zips[1], "the zips differ");
}

fn what_is_changed_and_not_committed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    let from = format!("file://{}", root().display());
    let git = Command::new("git").args(["clone", "-q", "--depth=1", &from]).arg(&clone).output().unwrap();
    assert!(git.status.success(), "{}", text(&git.stderr));
    fs::copy(root().join("scripts/gradescope-bundle"), clone.join("scripts/gradescope-bundle")).unwrap();
    let said = || {
        let mut bundle = Command::new(clone.join("scripts/gradescope-bundle"));
        let output =
            bundle.args(["tcp_echoserv", "--out", "bundle.zip"]).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert_eq!(said(), "");
    for name in ["Cargo.toml", "LICENSE", "crates/open_socket/open_socket.c", "scripts/setup"] {
        let committed = fs::read(clone.join(name)).unwrap();
        fs::write(clone.join(name), [&committed[..], b"\n"].concat()).unwrap();
        assert!(said().contains("what is not committed is not in the zip"), "{name}");
        fs::write(clone.join(name), committed).unwrap();
    }
}

fn every_lab_has_one_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = bundle(&["tcp_ehcoserv"], folder.path());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("tcp_ehcoserv: no such lab; there are "), "{said}");
    let (_, there) = said.trim().split_once("there are ").unwrap();
    let there: Vec<&str> = there.split(' ').collect();
    for lab in labs::ALL {
        assert!(there.contains(&lab.name), "{said}");
    }
    for args in [&[][..], &["tcp_echoserv", "--lang", "fr"], &["tcp_echoserv", "--out"], &["--zip"]] {
        let output = bundle(args, folder.path());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a zip all the same");
}

// ---- run_autograder ----

/// Lays `/autograder` and `/opt` over this machine's, in a mount namespace of its own, and starts what Gradescope starts.
/// Its argument: the folder with both. pivot_root(2) rather than chroot(2), in which there are no user namespaces.
const STAGE: &str = r#"set -eu
PATH=$PATH:/usr/sbin:/sbin # where pivot_root is, and not everybody looks
mount -t tmpfs root "$1/root"
cd "$1/root"
for entry in /*; do
    name=${entry#/}
    case $name in autograder | etc | opt) continue ;; esac
    if [ -L "$entry" ]; then cp -P "$entry" .
    elif [ -d "$entry" ]; then mkdir "$name" && mount --rbind "$entry" "$name"
    fi
done
# Where the grader writes to these, it is to these.
cp -a /etc . 2>/dev/null || true
mount -t tmpfs lib var/lib
mkdir autograder opt
mount --bind "$1/autograder" autograder
mount --bind "$1/opt" opt
pivot_root . .
umount -l .
cd /autograder
if [ "$2" = none ]; then echo 0 >/proc/sys/user/max_user_namespaces; fi
exec ./run_autograder"#;

/// How well the machine that Gradescope runs on can shut a submission in.
#[derive(Clone, Copy, PartialEq)]
enum Machine {
    Namespaces,
    /// A container's root, as Gradescope has it: other users there are, namespaces there are not.
    Container,
    Nothing,
}

/// A folder to be staged: what Gradescope and setup.sh have made.
struct Autograder {
    folder: TempDir,
    machine: Machine,
}

/// What has come of it: of results.json, all that was written there.
#[derive(Debug)]
struct Graded {
    status: Option<i32>,
    results: Option<Value>,
    said: String,
}

impl Autograder {
    fn new(machine: Machine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        for name in
            ["root", "autograder/source", "autograder/submission", "autograder/results", "opt/grade/release"]
        {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        let zip = path.join("bundle.zip");
        fs::write(&zip, ZIP.get_or_init(|| fs::read(zip_of("tcp_echoserv", path)).unwrap())).unwrap();
        let unpack = "import sys, zipfile\nzipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
        python(unpack, &[&zip, &path.join("autograder/source")]);
        let run = path.join("autograder/run_autograder");
        fs::copy(path.join("autograder/source/run_autograder"), &run).unwrap();
        fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
        // What setup.sh would have built.
        fs::copy(env!("CARGO_BIN_EXE_grade"), path.join("opt/grade/release/grade")).unwrap();
        fs::write(path.join("opt/grade/CACHEDIR.TAG"), "").unwrap();
        // Of an earlier submission, and full marks.
        fs::write(path.join("autograder/results/results.json"), FAKE).unwrap();
        Autograder { folder, machine }
    }

    fn submission(&self) -> PathBuf {
        self.folder.path().join("autograder/submission")
    }

    /// Hands in a file of this text.
    fn hand_in(self, name: &str, text: &str) -> Self {
        fs::write(self.submission().join(name), text).unwrap();
        self
    }

    fn run(self) -> Graded {
        let mut staged = if self.machine == Machine::Container {
            in_container(self.folder.path())
        } else {
            let machine = if self.machine == Machine::Nothing { "none" } else { "" };
            let mut unshare = Command::new("unshare");
            unshare.args(["--map-root-user", "--mount", "sh", "-c", STAGE, "sh"]);
            unshare.arg(self.folder.path()).arg(machine);
            (unshare.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), None)
        };
        let mut said = String::new();
        if let Some(mut rest) = staged.1.take() {
            rest.read_to_string(&mut said).unwrap();
        }
        let output = staged.0.wait_with_output().unwrap();
        said += &text(&output.stdout);
        said += &text(&output.stderr);
        let results = fs::read(self.folder.path().join("autograder/results/results.json")).ok();
        let results = results.map(|results| serde_json::from_slice(&results).unwrap());
        Graded { status: output.status.code(), results, said }
    }
}

/// As root of a user namespace with all of the machine's users, which has none below it.
fn in_container(folder: &Path) -> (Child, Option<BufReader<ChildStdout>>) {
    let mut command = Command::new("unshare");
    let wait = r#"echo here; read -r go; exec unshare --mount sh -c "$1" sh "$2" none"#;
    let args: [OsString; 6] = ["--user", "sh", "-c", wait, "sh", STAGE].map(OsString::from);
    command.args(args).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let everybody = fs::read_to_string("/proc/self/uid_map").unwrap();
    let number = everybody.split_whitespace().nth(2).unwrap();
    for map in ["uid_map", "gid_map"] {
        fs::write(format!("/proc/{}/{map}", child.id()), format!("0 0 {number}")).unwrap();
    }
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    (child, Some(stdout))
}

/// Full marks that nobody earned.
const FAKE: &str = r#"{"score": 100, "tests": []}"#;

/// Our own, without a slide's comment.
fn good() -> String {
    fs::read_to_string(root().join("crates/tcp_echoserv/tcp_echoserv.c")).unwrap()
}

/// A server that sends nothing back, prints full marks, and writes them wherever results may be.
const HOSTILE: &str = r#"
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char **argv) {
    const char *fake = "{\"score\": 100, \"tests\": []}";
    const char *files[] = {"/autograder/results/results.json", "../../autograder/results/results.json", "results.json"};
    puts(fake);
    fputs(fake, stderr);
    fflush(stdout);
    for (int i = 0; i < 3; i++) {
        int f = open(files[i], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (f >= 0) { write(f, fake, strlen(fake)); close(f); }
    }
    if (open("/autograder/source/Cargo.toml", O_RDONLY) >= 0) puts("the grader's files can be read");
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 5) < 0) exit(1);
    for (;;) close(accept(s, 0, 0));
}"#;

impl Graded {
    /// The score that was given; fails where there is none, and shows why in a few lines.
    #[track_caller]
    fn score(&self) -> u64 {
        assert_eq!(self.status, Some(0), "{self}");
        let results = self.results.as_ref().unwrap_or_else(|| panic!("no results.json: {self}"));
        // Ours, and not the one that a submission would like.
        assert!(results["extra_data"]["seed"].is_u64(), "{self}");
        results["score"].as_u64().unwrap()
    }
}

/// What was said, and of the results the tests without their points.
impl fmt::Display for Graded {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "exit status {:?}: {:.1000}", self.status, self.said)?;
        let Some(results) = &self.results else { return Ok(()) };
        for test in results["tests"].as_array().into_iter().flatten() {
            if test["score"] != test["max_score"] {
                let output = test["output"].as_str().unwrap_or_default();
                writeln!(f, "{} {}/{}: {output:.300}", test["name"], test["score"], test["max_score"])?;
            }
        }
        write!(f, "{} points", results["score"])
    }
}

fn one_file_gets_full_marks() {
    let graded = Autograder::new(Machine::Namespaces).hand_in("tcp_echoserv.c", &good()).run();
    assert_eq!(graded.score(), 100, "{graded}");
    assert_eq!(graded.results.unwrap()["extra_data"]["tier"], "full");
}

fn several_files_are_one_submission() {
    let autograder = Autograder::new(Machine::Namespaces).hand_in("README.md", "It echoes.");
    let graded = autograder.hand_in("tcp_echoserv.c", &good()).run();
    assert_eq!(graded.score(), 100, "{graded}");
}

fn less_than_full_marks_is_a_result() {
    let deaf = good().replace("INADDR_ANY", "INADDR_LOOPBACK");
    let graded = Autograder::new(Machine::Namespaces).hand_in("echo.c", &deaf).run();
    assert!((50..100).contains(&graded.score()), "{graded}");
    // Nothing that can be graded is the student's failure too.
    let graded = Autograder::new(Machine::Namespaces).run();
    assert_eq!(graded.score(), 0, "{graded}");
}

fn a_submission_writes_no_results() {
    let graded = Autograder::new(Machine::Namespaces).hand_in("echo.c", HOSTILE).run();
    assert!(graded.score() < 50, "{graded}");
    assert!(!graded.said.contains("can be read"), "{graded}");
}

fn a_link_hands_in_nothing() {
    let autograder = Autograder::new(Machine::Namespaces);
    let ours = "/autograder/source/crates/tcp_echoserv/tcp_echoserv.c";
    symlink(ours, autograder.submission().join("echo.c")).unwrap();
    assert_eq!(autograder.run().score(), 0);
}

fn where_the_grader_fails_there_are_no_points() {
    let autograder = Autograder::new(Machine::Namespaces).hand_in("tcp_echoserv.c", &good());
    // A judge that cannot be: the grader starts itself for that.
    let grade = autograder.folder.path().join("opt/grade/release/grade");
    fs::rename(&grade, grade.with_extension("real")).unwrap();
    let broken = "#!/bin/sh\n/opt/grade/release/grade.real \"$@\" 2>&1 | head -c 1 >/dev/null\nexit 2\n";
    fs::write(&grade, broken).unwrap();
    fs::set_permissions(&grade, fs::Permissions::from_mode(0o755)).unwrap();
    assert_ungraded(&autograder.run());
}

fn assert_ungraded(graded: &Graded) {
    assert_eq!(graded.status, Some(2), "{graded}");
    assert!(graded.results.is_none(), "{graded}");
    assert!(graded.said.contains("not graded"), "{graded}");
}

fn without_a_sandbox_nothing_is_graded() {
    let graded = Autograder::new(Machine::Nothing).hand_in("echo.c", HOSTILE).run();
    assert_ungraded(&graded);
    assert!(graded.said.contains("no sandbox"), "{graded}");
}

fn in_a_container_another_user_is_graded() {
    let graded = Autograder::new(Machine::Container).hand_in("tcp_echoserv.c", &good()).run();
    assert_eq!(graded.score(), 100, "{graded}");
    assert_eq!(graded.results.unwrap()["extra_data"]["tier"], "reduced");
    let graded = Autograder::new(Machine::Container).hand_in("echo.c", HOSTILE).run();
    assert!(graded.score() < 50, "{graded}");
}

// ---- The workflow ----

/// What the workflow `grade` runs, with what a caller says in its variables, in a folder with the grader and the caller's
/// repository: its exit status, the step's outputs, and the files of results.
fn job(lab: &str, submission: &str, format: &str, source: &str) -> (Option<i32>, String, Vec<String>) {
    let workflow = fs::read_to_string(root().join(".github/workflows/grade.yml")).unwrap();
    let (_, script) = workflow.split_once("        run: |\n").unwrap();
    let (script, _) = script.split_once("\n      - ").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir_all(path.join("grader/target/release")).unwrap();
    fs::create_dir(path.join("caller")).unwrap();
    symlink(env!("CARGO_BIN_EXE_grade"), path.join("grader/target/release/grade")).unwrap();
    fs::write(path.join("caller/echo.c"), source).unwrap();
    // Links that a student may have put there.
    fs::write(path.join("grader/ours.c"), good()).unwrap();
    let ours = root().join("crates/tcp_echoserv");
    for (link, target) in [
        ("own.c", Path::new("echo.c")),
        ("up.c", Path::new("../grader/ours.c")),
        ("file.c", &ours.join("tcp_echoserv.c")),
        ("folder", &ours),
    ] {
        symlink(target, path.join("caller").join(link)).unwrap();
    }
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", script]).current_dir(path);
    bash.envs([("LAB", lab), ("SUBMISSION", submission), ("FORMAT", format), ("LANGUAGE", "en")]);
    bash.env("GITHUB_OUTPUT", path.join("output")).env("GITHUB_STEP_SUMMARY", path.join("summary"));
    let status = bash.output().unwrap().status.code();
    let summary = fs::read_to_string(path.join("summary")).unwrap_or_default();
    assert!(summary.lines().all(|line| line.starts_with("    ")), "{summary}");
    let results = fs::read_dir(path.join("results")).unwrap();
    let mut results: Vec<String> =
        results.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    results.sort();
    (status, fs::read_to_string(path.join("output")).unwrap_or_default(), results)
}

fn a_job_gives_the_score() {
    let (status, output, results) = job("tcp_echoserv", ".", "junit", &good());
    assert_eq!((status, output.as_str()), (Some(0), "score=100\n"));
    assert_eq!(results, ["grade.json", "junit"]);
    let deaf = good().replace("INADDR_ANY", "INADDR_LOOPBACK");
    let (status, output, results) = job("tcp_echoserv", "echo.c", "classroom50", &deaf);
    assert_eq!((status, output.as_str()), (Some(0), "score=95\n"));
    assert_eq!(results, ["classroom50", "grade.json"]);
}

fn a_job_fails_where_the_grader_does() {
    for (lab, submission) in
        [("$(id)", "."), ("--help", "."), ("tcp_echoserv", "`id`"), ("tcp_echoserv", "nothing")]
    {
        let (status, output, _) = job(lab, submission, "json", &good());
        assert_eq!((status, output.as_str()), (Some(2), ""), "{lab} {submission}");
    }
}

fn in_a_job_a_link_leads_to_nothing_but_the_callers_own() {
    let deaf = good().replace("INADDR_ANY", "INADDR_LOOPBACK");
    for link in ["up.c", "file.c", "folder", "folder/", "folder/tcp_echoserv.c", "../grader/ours.c"] {
        let (status, output, _) = job("tcp_echoserv", link, "json", &deaf);
        assert_eq!((status, output.as_str()), (Some(2), ""), "{link}");
    }
    for own in ["own.c", "."] {
        let (status, output, _) = job("tcp_echoserv", own, "json", &deaf);
        assert_eq!((status, output.as_str()), (Some(0), "score=95\n"), "{own}");
    }
}

/// What unshare(1) says where it may not make a stage.
fn no_stage() -> Option<String> {
    missing_program("unshare").or_else(|| {
        let stage = "mount -t tmpfs stage /mnt && echo 0 >/proc/sys/user/max_user_namespaces";
        let output = Command::new("unshare").args(["--map-root-user", "--mount", "sh", "-c", stage]).output();
        let output = output.ok().filter(|output| !output.status.success())?;
        Some(format!("a mount namespace is refused: {}", text(&output.stderr).trim()))
    })
}

/// Only root can give a namespace all users.
fn no_container() -> Option<String> {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap();
    let all = map.split_whitespace().nth(2).and_then(|number| number.parse::<u64>().ok()) > Some(1 << 31);
    let root = nix::unistd::geteuid().is_root();
    (!(root && all)).then(|| "needs root, and all users".into()).or_else(no_stage).or_else(|| {
        let refused = jail::possible(jail::Tier::Reduced).err()?;
        Some(format!("tier reduced is refused: {refused}"))
    })
}

fn main() {
    if let Some(code) = grade::judge::dispatch() {
        std::process::exit(code.into());
    }
    let python = missing_program("python3").or_else(|| missing_program("git"));
    let stage = python.clone().or_else(no_stage);
    let container = python.clone().or_else(no_container);
    let sandbox = missing_program("jq")
        .or_else(|| (jail::best_tier() == jail::Tier::None).then(|| "there is no sandbox here".into()));
    let mut trials = Vec::new();
    macro_rules! trials {
        ($missing:ident: $($test:ident),+) => {
            $(trials.push(trial(stringify!($test), $missing.clone(), $test));)+
        };
    }
    trials! { python: at_the_top_of_the_zip_are_gradescopes_two_scripts, the_same_commit_gives_the_same_zip,
    what_is_changed_and_not_committed_is_said, every_lab_has_one_and_nothing_else }
    trials! { stage: one_file_gets_full_marks, several_files_are_one_submission, less_than_full_marks_is_a_result,
    a_submission_writes_no_results, a_link_hands_in_nothing, where_the_grader_fails_there_are_no_points,
    without_a_sandbox_nothing_is_graded }
    trials! { sandbox: a_job_gives_the_score, a_job_fails_where_the_grader_does,
    in_a_job_a_link_leads_to_nothing_but_the_callers_own }
    trials! { container: in_a_container_another_user_is_graded }
    run_waiting_trials(trials);
}
