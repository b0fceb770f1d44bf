//! What may be handed in, and in which form: each of them gets full marks, and what can't be graded is told why.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod zips;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use encoding_rs::EUC_KR;
use flate2::Compression;
use flate2::write::GzEncoder;
use grade::judge::{Options, dispatch, grade};
use grade::report::{Report, Status};
use jail::{Allowed, Tier, best_tier};
use labkit::{find_program, missing_program, run_trials, trial};
use labs::words::Lang;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;
use zips::zip_of;

fn graded(lab: &str, submission: &Path) -> Report {
    graded_by(None, lab, submission)
}

/// As [`graded`], by one check alone.
fn graded_by(only: Option<&str>, lab: &str, submission: &Path) -> Report {
    let options = Options {
        seed: fastrand::u64(..),
        tier: best_tier(),
        lang: Lang::En,
        allowed: Allowed::USUAL,
        only: only.map(ToString::to_string),
    };
    grade(labs::find(lab).unwrap(), submission, &options)
}

#[track_caller]
fn gets_all(lab: &str, submission: &Path) {
    let report = graded(lab, submission);
    assert!(report.error.is_empty() && report.score == Some(100), "{}: {report}", submission.display());
}

/// It is built and run: all checks would say no more of that.
#[track_caller]
fn passes(check: &str, lab: &str, submission: &Path) {
    let report = graded_by(Some(check), lab, submission);
    let last = report.checks.last().unwrap();
    assert!((last.id.as_str(), last.status) == (check, Status::Passed), "{}: {report}", submission.display());
}

/// What is said of a submission that can't be built: all of its checks together.
#[track_caller]
fn why_not(lab: &str, submission: &Path) -> String {
    let report = graded(lab, submission);
    assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{report}");
    let build = report.checks.iter().find(|check| check.id == "build").unwrap();
    assert_eq!(build.status, Status::Failed, "{report}");
    format!("{}\n{}", build.message, build.hint)
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

/// A file of this test's.
fn ours(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms").join(name)).unwrap()
}

/// A known-good submission.
fn good(lab: &str, name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/submissions");
    fs::read_to_string(folder.join(lab).join(name)).unwrap()
}

/// A folder with these files in it, called `kim`.
fn folder(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let kim = dir.path().join("kim");
    fs::create_dir(&kim).unwrap();
    for (name, text) in files {
        let path = kim.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    (dir, kim)
}

/// One file alone.
fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let (dir, kim) = folder(&[(name, text)]);
    (dir, kim.join(name))
}

fn cpp() {
    for name in ["main.cpp", "main.cc"] {
        let (_dir, path) = file(name, &ours("getdtablesize.cpp"));
        gets_all("getdtablesize", &path);
    }
    // With C beside it.
    let c = "#include <unistd.h>\nint size(void) { return getdtablesize(); }\n";
    let main = ours("getdtablesize.cpp").replace("int main", "extern \"C\" int size(void);\n\nint main");
    let main = main.replace("<< getdtablesize()", "<< size()");
    let (_dir, kim) = folder(&[("main.cpp", &main), ("size.c", c)]);
    gets_all("getdtablesize", &kim);
}

fn python() {
    let text = good("getdtablesize", "python.py");
    let (_dir, path) = file("hw1.py", &text);
    gets_all("getdtablesize", &path);
    // A first line that names what is not there.
    for first in ["", "#!/usr/local/bin/python3.99\r\n"] {
        let (_dir, path) = file("hw1.py", &text.replace("#!/usr/bin/env python3\n", first));
        gets_all("getdtablesize", &path);
    }
    // Windows doesn't tell it from a small one.
    let (_dir, path) = file("HW1.PY", &text.replace("#!/usr/bin/env python3\n", ""));
    gets_all("getdtablesize", &path);
    let (_dir, kim) = folder(&[("HW1.C", &good("getdtablesize", "plain.c")), ("hw1.c.bak", "")]);
    gets_all("getdtablesize", &kim);
    let (_dir, kim) = folder(&[("getdtablesize.py", &text), ("helper.py", "raise SystemExit(1)\n")]);
    gets_all("getdtablesize", &kim);
    let (_dir, kim) = folder(&[("a.py", &text), ("b.py", &text)]);
    says(&why_not("getdtablesize", &kim), &["a.py, b.py", "called `getdtablesize`"]);
}

fn java() {
    let text = ours("MyDaytime.java");
    let (_dir, path) = file("MyDaytime.java", &text);
    gets_all("mydaytime", &path);
    // In a package, with another class that has a main, too, and one that has none.
    let packaged = format!("package hw;\n{text}");
    let other = "package hw;\nclass Test { public static void main(String[] args) { System.exit(1); } }\n";
    let (_dir, kim) =
        folder(&[("MyDaytime.java", &packaged), ("Test.java", other), ("None.java", "class None {}\n")]);
    passes("until_close", "mydaytime", &kim);
    // In a class each file is called as its student is.
    let (_dir, path) = file("김철수_1.java", &text);
    passes("until_close", "mydaytime", &path);
    let (_dir, path) = file("kim.java", &text.replace("int n;", ""));
    says(&why_not("mydaytime", &path), &["doesn't compile: submission/MyDaytime.java:15: error"]);
    let (_dir, path) = file("None.java", "class None {}\n");
    says(&why_not("mydaytime", &path), &["no class has a public static void main"]);
    let (_dir, path) = file("MyDaytime.java", &text.replace("int n;", ""));
    says(&why_not("mydaytime", &path), &["doesn't compile: submission/MyDaytime.java:15: error"]);
}

/// Java's runtime would raise the limit that it is asked for.
fn java_and_its_limit() {
    let (_dir, path) = file("Limit.java", &ours("Limit.java"));
    gets_all("getdtablesize", &path);
}

fn go() {
    let (_dir, path) = file("main.go", &ours("getdtablesize.go"));
    gets_all("getdtablesize", &path);
    let (_dir, kim) = folder(&[("main.go", &ours("getdtablesize.go")), ("go.mod", "module hw\n")]);
    gets_all("getdtablesize", &kim);
    let (_dir, path) = file("main.go", &ours("tcp_echoserv.go"));
    gets_all("tcp_echoserv", &path);
}

/// Where there is no go, there is no mark, and it is said why.
fn no_go() {
    let (_dir, path) = file("main.go", &ours("getdtablesize.go"));
    let report = graded("getdtablesize", &path);
    let build = report.checks.iter().find(|check| check.id == "build").unwrap();
    assert_eq!((report.score, build.status), (None, Status::Error), "{report}");
    says(&build.message, &["go is not installed on this machine", "a submission in Go", "golang-go"]);
}

fn folders_in_folders() {
    let text = good("getdtablesize", "plain.c");
    for name in ["lab/plain.c", "a/b/c/d/e/f/plain.c"] {
        let (_dir, kim) = folder(&[(name, &text)]);
        gets_all("getdtablesize", &kim);
    }
    // What macOS and editors leave beside it is nothing; another folder is.
    let (_dir, kim) =
        folder(&[("lab/plain.c", &text), ("__MACOSX/x", ""), (".DS_Store", ""), (".vscode/x", "")]);
    gets_all("getdtablesize", &kim);
    // Nor is a report.
    let (_dir, kim) = folder(&[("src/plain.c", &text), ("README.md", ""), ("보고서.HWP", "")]);
    gets_all("getdtablesize", &kim);
    let others = ["3/x", "1/x", "4/x", "2/x"].map(|name| (name, ""));
    let (_dir, kim) = folder(&[&[("lab/plain.c", &text[..]), ("doc/README", "")], &others[..]].concat());
    // In one order, whatever the file system's is.
    says(&why_not("getdtablesize", &kim), &["nothing that can be graded", "1/, 2/, 3/, 4/, doc/, lab/"]);
}

fn archives() {
    let text = good("getdtablesize", "plain.c");
    let files =
        [("실습 1/plain.c", &text[..]), ("실습 1/.DS_Store", ""), ("__MACOSX/실습 1/._plain.c", "\0")];
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("kim.zip");
    fs::write(&zip, zip_of(&files)).unwrap();
    gets_all("getdtablesize", &zip);

    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "plain.c", text.as_bytes()).unwrap();
    let tar = tar.into_inner().unwrap().finish().unwrap();
    fs::write(dir.path().join("kim.tar.gz"), &tar).unwrap();
    gets_all("getdtablesize", &dir.path().join("kim.tar.gz"));

    // A platform puts it into a folder.
    let kim = dir.path().join("kim");
    fs::create_dir(&kim).unwrap();
    fs::copy(&zip, kim.join("kim_attempt_1.zip")).unwrap();
    gets_all("getdtablesize", &kim);
    // With a report.
    fs::write(kim.join("report.pdf"), "%PDF").unwrap();
    gets_all("getdtablesize", &kim);
}

fn archives_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("kim.zip");
    fs::write(&zip, "Rar!").unwrap();
    says(&why_not("getdtablesize", &zip), &["it can't be unpacked", ".zip or .tar.gz"]);

    let mut bomb = ZipWriter::new(File::create(&zip).unwrap());
    bomb.start_file("plain.c", SimpleFileOptions::default()).unwrap();
    for _ in 0..65 {
        bomb.write_all(&[b' '; 1 << 20]).unwrap();
    }
    bomb.finish().unwrap();
    assert!(zip.metadata().unwrap().len() < 1 << 20);
    says(&why_not("getdtablesize", &zip), &["the submission is too large"]);

    // What would be outside is not there, and that is said.
    let text = good("getdtablesize", "plain.c");
    fs::write(&zip, zip_of(&[("plain.c", &text), ("../plain.c", &text)])).unwrap();
    let report = graded("getdtablesize", &zip);
    assert_eq!(report.notes, ["../plain.c: leads out of the submission, left out"], "{report}");
    assert_eq!(report.score, Some(100), "{report}");
}

/// The whole practice in one folder: each lab takes its own, and what has no main goes with both.
fn client_and_server() {
    let shared = "int shared(void) { return 0; }\n";
    let with_shared = |text: &str| {
        text.replace("int main", "int shared(void);\n\nint main").replace("return 0;", "return shared();")
    };
    let client = with_shared(&good("tcp_echocli", "plain.c"));
    let server = with_shared(&good("tcp_echoserv", "plain.c"));
    for (client_name, server_name) in [("tcp_echocli.c", "tcp_echoserv.c"), ("client.c", "server.c")] {
        let (_dir, kim) = folder(&[(client_name, &client), (server_name, &server), ("-shared.c", shared)]);
        gets_all("tcp_echocli", &kim);
        gets_all("tcp_echoserv", &kim);
    }
    let (_dir, kim) = folder(&[("a.c", &client), ("b.c", &server), ("shared.c", shared)]);
    let why = why_not("tcp_echoserv", &kim);
    says(&why, &["several programs: a.c, b.c", "The one called `tcp_echoserv` is graded", "serv"]);
    assert!(!why.contains("shared.c"), "{why}");
    let (_dir, kim) = folder(&[("a.c", shared), ("b.c", "int b;\n")]);
    says(&why_not("tcp_echoserv", &kim), &["undefined reference to `main'"]);
}

fn makefiles() {
    let makefile = |programs: &str| format!("all: {programs}\n");
    let (client, server) = (good("tcp_echocli", "plain.c"), good("tcp_echoserv", "plain.c"));
    let (_dir, kim) =
        folder(&[("Makefile", &makefile("client server")), ("client.c", &client), ("server.c", &server)]);
    gets_all("tcp_echocli", &kim);
    gets_all("tcp_echoserv", &kim);
    let (_dir, kim) = folder(&[("Makefile", &makefile("a b")), ("a.c", &client), ("b.c", &server)]);
    says(&why_not("tcp_echoserv", &kim), &["several programs: a, b", "The one called `tcp_echoserv`"]);
}

/// Whatever a Makefile calls the compiler, what is in a variable that nobody has set is no luck of the stack's.
fn what_a_makefile_compiles_is_filled() {
    let text = "#include <stdio.h>\n#include <unistd.h>\nint main(void) { volatile char buf[4096]; \
        for (int i = 0; i < 4096; i++) if (buf[i] == 0) return 1; \
        printf(\"getdtablesize() = %d\\n\", getdtablesize()); return 0; }\n";
    for compiler in ["$(CC)", "gcc", "$(CXX)"] {
        let makefile = format!("kim: kim.c\n\t{compiler} -w -o kim kim.c\n");
        let (_dir, kim) = folder(&[("Makefile", &makefile), ("kim.c", text)]);
        passes("ends", "getdtablesize", &kim);
    }
}

/// A file in the encoding of the course's older ones.
fn euc_kr(name: &str, text: &str) -> (TempDir, PathBuf) {
    let (dir, path) = file(name, "");
    let (bytes, _, unmappable) = EUC_KR.encode(text);
    assert!(!unmappable && std::str::from_utf8(&bytes).is_err());
    fs::write(&path, &bytes).unwrap();
    (dir, path)
}

fn sources_in_euc_kr() {
    let noted = |report: &Report| report.notes.iter().any(|note| note.contains("EUC-KR"));
    let (_dir, path) = euc_kr("plain.c", &good("byte_order", "plain.c"));
    let report = graded("byte_order", &path);
    assert!(report.score == Some(100) && noted(&report), "{report}");
    // What the peer sends is in UTF-8, behind labels that are not.
    let (_dir, path) = euc_kr("plain.c", &good("udp_echocli", "plain.c"));
    gets_all("udp_echocli", &path);
    let text = ours("MyDaytime.java").replace("public class", "// 데이타임 클라이언트\npublic class");
    let (_dir, path) = euc_kr("MyDaytime.java", &text);
    passes("until_close", "mydaytime", &path);
    // In UTF-8 there is nothing to say.
    let (_dir, path) = file("plain.c", &good("byte_order", "plain.c"));
    let report = graded("byte_order", &path);
    assert!(report.score == Some(100) && !noted(&report), "{report}");
}

/// As Notepad saves what is "Unicode".
fn sources_in_utf16() {
    let text: Vec<u8> = good("getdtablesize", "plain.c").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_dir, path) = file("plain.c", "");
    fs::write(&path, [&b"\xFF\xFE"[..], &text].concat()).unwrap();
    says(&why_not("getdtablesize", &path), &["plain.c is saved in UTF-16"]);
}

/// The label is neither.
fn no_encoding() {
    let text = good("byte_order", "plain.c").replace("UDP 에코 포트번호(네트워크 순서)", "\\xff\\xff");
    let (_dir, path) = euc_kr("plain.c", &text);
    let report = graded("byte_order", &path);
    let lines = report.checks.iter().find(|check| check.id == "lines").unwrap();
    assert_eq!(lines.status, Status::Failed, "{report}");
    says(&lines.hint, &["neither UTF-8 nor EUC-KR"]);
}

fn nothing() {
    let (_dir, path) = file("hw1.docx", "PK");
    let why = why_not("tcp_echoserv", &path);
    says(
        &why,
        &[
            "Files: hw1.docx",
            ".c",
            ".cpp",
            ".rs",
            ".py",
            ".java",
            ".go",
            "Makefile",
            "Cargo.toml",
            "#!",
            ".zip",
            ".tar.gz",
        ],
    );
}

/// Where an exception stands, after all that was written before.
fn the_end_of_stderr() {
    let text =
        "import sys\nsys.stderr.write('so far, so good\\n' * 200_000)\nraise ValueError('here it is')\n";
    let (_dir, path) = file("getdtablesize.py", text);
    let report = graded("getdtablesize", &path);
    assert_eq!(report.score, Some(0), "{report}");
    let ends = report.checks.iter().find(|check| check.id == "ends").unwrap();
    says(&ends.message, &["so far, so good", "line 3, in <module>", "ValueError: here it is"]);
}

fn main() -> ExitCode {
    // This program is the judge's too.
    if let Some(code) = dispatch() {
        return code.into();
    }
    let no_sandbox = (best_tier() == Tier::None).then(|| "there is no sandbox here".to_string());
    let without = |programs: &[&str]| {
        let needed = ["strace"].iter().chain(programs);
        needed.copied().find_map(missing_program).or_else(|| no_sandbox.clone())
    };
    let go_there = find_program("go").map(|_| "go is installed".to_string());
    run_trials(vec![
        trial("cpp", without(&["cc", "c++"]), cpp),
        trial("python", without(&["python3", "cc"]), python),
        trial("java", without(&["java", "javac"]), java),
        trial("java_and_its_limit", without(&["java", "javac"]), java_and_its_limit),
        trial("go", without(&["go"]), go),
        trial("no_go", without(&[]).or(go_there), no_go),
        trial("folders_in_folders", without(&["cc"]), folders_in_folders),
        trial("archives", without(&["cc"]), archives),
        trial("archives_that_are_none", without(&["cc"]), archives_that_are_none),
        trial("client_and_server", without(&["cc"]), client_and_server),
        trial("makefiles", without(&["cc", "make"]), makefiles),
        trial(
            "what_a_makefile_compiles_is_filled",
            without(&["gcc", "c++", "make"]),
            what_a_makefile_compiles_is_filled,
        ),
        trial("sources_in_euc_kr", without(&["cc", "java", "javac"]), sources_in_euc_kr),
        trial("sources_in_utf16", without(&["cc"]), sources_in_utf16),
        trial("no_encoding", without(&["cc"]), no_encoding),
        trial("nothing", without(&[]), nothing),
        trial("the_end_of_stderr", without(&["python3"]), the_end_of_stderr),
    ])
}
