//! What is listed as near-identical, and what is not.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use grade::similar::{Pair, Submission, fingerprints, pairs};

/// The lecture's own programs, which real students' resemble.
fn lecture(program: &str) -> String {
    fs::read_to_string(labkit::root().join(format!("crates/{program}/{program}.c"))).unwrap()
}

fn prints(source: &str) -> BTreeSet<u32> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.c");
    fs::write(&file, source).unwrap();
    fingerprints(&file).unwrap()
}

fn submission(student: &str, source: &str) -> Submission {
    Submission { student: student.into(), digest: student.into(), fingerprints: prints(source) }
}

fn names(pairs: &[Pair]) -> Vec<[&str; 2]> {
    pairs.iter().map(|pair| pair.students.each_ref().map(String::as_str)).collect()
}

#[test]
fn renamed_reformatted_and_commented_it_is_the_same() {
    let source = lecture("tcp_echoserv");
    let disguised = source
        .replace("listen_sock", "a")
        .replace("servaddr", "b")
        .replace('{', "\n{\n")
        .replace('\n', " // mine\n   ");
    let found = pairs(vec![submission("kim", &source), submission("lee", &disguised)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(found[0].containment > 0.99 && !found[0].identical, "{found:?}");
}

#[test]
fn another_program_is_another() {
    let class = ["tcp_echoserv", "udp_echocli", "get_hostent", "mydaytime"];
    let class = class.iter().map(|program| submission(program, &lecture(program))).collect();
    assert_eq!(names(&pairs(class)), [[""; 2]; 0]);
}

#[test]
fn a_copy_inside_a_longer_program_is_found() {
    let longer = lecture("tcp_echoserv") + &lecture("get_hostent") + &lecture("port_number");
    let found = pairs(vec![submission("kim", &lecture("tcp_echoserv")), submission("lee", &longer)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(found[0].jaccard < 0.7 && found[0].containment > 0.9, "{found:?}");
}

#[test]
fn what_most_of_a_class_has_is_nobodys_own() {
    let given = lecture("tcp_echoserv");
    let mut class: Vec<Submission> = (0..8).map(|i| submission(&format!("s{i}"), &given)).collect();
    assert_eq!(names(&pairs(class.clone())), [[""; 2]; 0]);
    // Two of them have something in common that the others have not.
    let own = given.clone() + &lecture("get_hostent");
    class[2] = submission("s2", &own);
    class[5] = submission("s5", &own);
    assert_eq!(names(&pairs(class)), [["s2", "s5"]]);
}

/// Two sources that differ in what a compiler doesn't see.
fn hidden_from_nobody(disguised: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.c");
    fs::write(&file, disguised).unwrap();
    let found = fingerprints(&file).unwrap();
    assert_eq!(found, prints(&lecture("tcp_echoserv")));
}

#[test]
fn no_byte_and_no_length_hides_a_source() {
    let source = lecture("tcp_echoserv");
    hidden_from_nobody(format!("/* \0 */ {}", source.replace("; ", ";\0 ")).as_bytes());
    hidden_from_nobody(&[b"/*", &b"long ".repeat(500_000)[..], b"*/", source.as_bytes()].concat());
    hidden_from_nobody(&[b"// \xb1\xb3\xbc\xf6\n", source.as_bytes()].concat());
}

#[test]
fn no_name_hides_a_source() {
    let source = lecture("tcp_echoserv");
    let kim = submission("kim", &source);
    for name in [".real.h", "real.txt", "real", "target/real.h", ".hidden/deep/real.inc", "README.md"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(dir.path().join("main.c"), format!("#include \"{name}\"\n")).unwrap();
        fs::write(&file, &source).unwrap();
        let lee = Submission { fingerprints: fingerprints(dir.path()).unwrap(), ..submission("lee", "") };
        assert_eq!(names(&pairs(vec![kim.clone(), lee])), [["kim", "lee"]], "{name}");
    }
}

#[test]
fn prose_and_data_are_nobodys_code() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["README.md", "Cargo.toml", "Cargo.lock", "LICENSE"] {
        fs::copy(labkit::root().join(name), dir.path().join(name)).unwrap();
    }
    // A README has pieces of code, too.
    let (found, program) = (fingerprints(dir.path()).unwrap().len(), prints(&lecture("tcp_echoserv")).len());
    assert!(4 * found < program, "{found} of {program}");
}

#[test]
fn a_binary_with_one_more_byte_is_the_same_and_another_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let binary = |name: &str, bytes: &[u8]| {
        fs::write(dir.path().join(name), bytes).unwrap();
        let fingerprints = fingerprints(&dir.path().join(name)).unwrap();
        Submission { student: name.into(), digest: name.into(), fingerprints }
    };
    let grade = fs::read(env!("CARGO_BIN_EXE_grade")).unwrap();
    let this = fs::read(std::env::current_exe().unwrap()).unwrap();
    let more = [&grade[..], b"\n"].concat();
    let found = pairs(vec![binary("kim", &grade), binary("lee", &more), binary("park", &this)]);
    assert_eq!(names(&found), [["kim", "lee"]]);
    assert!(!found[0].identical);
}

#[test]
fn equal_bytes_are_equal() {
    let binary = |student: &str, digest: &str| Submission {
        student: student.into(),
        digest: digest.into(),
        ..Submission::default()
    };
    let found = pairs(vec![
        binary("kim", "1"),
        binary("lee", "2"),
        binary("park", "1"),
        binary("choi", ""),
        binary("an", ""),
    ]);
    assert_eq!(names(&found), [["kim", "park"]]);
    assert!(found[0].identical);
}

#[test]
fn a_link_a_pipe_and_a_build_folder_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", dir.path().join("etc.c")).unwrap();
    fs::create_dir(dir.path().join("target")).unwrap();
    fs::write(dir.path().join("Cargo.toml"), "").unwrap();
    fs::write(dir.path().join("target/a.rs"), lecture("tcp_echoserv")).unwrap();
    nix::unistd::mkfifo(&dir.path().join("pipe.c"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(fingerprints(dir.path()).unwrap().is_empty());
}

#[test]
fn a_source_that_is_no_program_does_no_harm() {
    for source in [
        "",
        "\"",
        "'",
        "/*",
        "r#\"",
        "'\\",
        "\u{1f600}\u{301}가'",
        "\\\r\n#",
        "b",
        "r",
        "br###",
        "\0",
        "\x7fELF",
        "\x7fELF\x02\x01\x01",
    ] {
        prints(source);
    }
}

#[test]
fn two_hundred_submissions_are_compared() {
    let programs = ["tcp_echoserv", "udp_echoserv", "tcp_echocli", "get_hostent", "mydaytime", "port_number"];
    let class: Vec<Submission> = (0..200)
        .map(|i| {
            let mut source = String::new();
            for (at, program) in programs.iter().enumerate().filter(|(at, _)| (i >> at) & 1 == 1) {
                let _ = writeln!(source, "{}", lecture(program).replace(';', &";;".repeat(i % (at + 2))));
            }
            submission(&format!("s{i}"), &source)
        })
        .collect();
    let start = Instant::now();
    let found = pairs(class);
    assert!(!found.is_empty());
    println!("200 submissions: {} pairs in {:?}", found.len(), start.elapsed());
}
