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

#[test]
fn binaries_are_compared_byte_by_byte() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.out");
    fs::write(&file, b"\x7fELF\0\0main").unwrap();
    assert!(fingerprints(&file).unwrap().is_empty());
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
    fs::write(dir.path().join("target/a.rs"), lecture("tcp_echoserv")).unwrap();
    nix::unistd::mkfifo(&dir.path().join("pipe.c"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(fingerprints(dir.path()).unwrap().is_empty());
}

#[test]
fn a_source_that_is_no_program_does_no_harm() {
    for source in ["", "\"", "'", "/*", "r#\"", "'\\", "\u{1f600}\u{301}가'", "\\\r\n#", "b", "r", "br###"] {
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
