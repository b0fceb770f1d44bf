//! The terms: each is named where it is met first, and a word for which the book has another stands nowhere.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use labkit::root;
use labnotes::book::Notes;
use labnotes::glossary::{Glossary, Prose};
use labnotes::pages::Page;
use labs::words::Lang;

fn notes() -> Notes {
    Notes::read(&root().canonicalize().unwrap()).unwrap()
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_term_is_named_where_it_is_met_first() {
    let notes = notes();
    none(&notes.glossary.unnamed(&notes.prose[0], &notes.prose[1]));
}

#[test]
fn words_for_which_the_book_has_another_stand_nowhere() {
    let (root, glossary) = (root().canonicalize().unwrap(), notes().glossary);
    let mut faults = Vec::new();
    for (file, text) in texts(&root) {
        faults.extend(glossary.forbidden(&text).into_iter().map(|fault| format!("{file}, {fault}")));
    }
    none(&faults);
}

/// What is let pass is still printed, and would not pass by itself.
#[test]
fn what_slides_print_is_printed() {
    let (root, mut glossary) = (root().canonicalize().unwrap(), notes().glossary);
    let programs = labkit::crate_folders(&root).unwrap();
    let sources: Vec<String> =
        programs.iter().filter_map(|folder| fs::read_to_string(folder.join("src/main.rs")).ok()).collect();
    for printed in std::mem::take(&mut glossary.printed).into_keys() {
        assert!(sources.iter().any(|source| source.contains(&printed)), "no program prints `{printed}`");
        assert!(!glossary.forbidden(&printed).is_empty(), "`{printed}` needs no leave");
    }
}

/// All texts of the project. The list of the words itself has them, and what students hand in is in their words.
fn texts(root: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut paths: Vec<PathBuf> = [".devcontainer", ".github", "README.md", "crates", "lab-notes", "scripts"]
        .map(|path| root.join(path))
        .into();
    while let Some(path) = paths.pop() {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let handed_in = ["similar/", "submissions/"]
            .iter()
            .any(|folder| name.starts_with(&format!("crates/tools/grade/tests/{folder}")))
            && Path::new(&name).extension() != Some("toml".as_ref());
        if name != "lab-notes/glossary.toml"
            && !handed_in
            && let Ok(text) = fs::read_to_string(&path)
        {
            texts.push((name, text));
        }
    }
    texts
}

#[test]
fn all_kinds_of_texts_are_searched() {
    let files: Vec<String> =
        texts(&root().canonicalize().unwrap()).into_iter().map(|(file, _)| file).collect();
    for file in [
        "README.md",
        "scripts/lab",
        "lab-notes/ko/src/sockets.md",
        "lab-notes/facts.toml",
        "lab-notes/theme/player.js",
        "crates/tcp_echoserv/tcp_echoserv.c",
        "crates/tools/labs/statements/tcp_echoserv.ko.md",
        "crates/tools/labs/src/labs/tcp_echoserv.rs",
        "crates/tools/grade/src/main.rs",
        "crates/tools/grade/tests/similar.rs",
        "crates/tools/grade/tests/submissions/tcp_echoserv/bad.toml",
        "crates/tools/stepper/src/lang.rs",
    ] {
        assert!(files.iter().any(|found| found == file), "{file} is not searched");
    }
}

// ---- The checks themselves: each finds what it is for ----

fn few(terms: &str) -> Glossary {
    toml::from_str(&format!("{terms}\n[instead]\n\"틀린말\" = \"바른말\"\n[printed]\n\"틀린말 목록\" = 19\n"))
        .unwrap()
}

fn prose(name: &str, language: Lang, text: &str) -> Prose {
    Prose::of(&Page { name: name.into(), language, text: text.into() }, name != "front").unwrap()
}

fn faults(glossary: &Glossary, pages: &[(&str, &str)]) -> Vec<String> {
    let korean: Vec<Prose> = pages.iter().map(|(name, text)| prose(name, Lang::Ko, text)).collect();
    let english: Vec<Prose> =
        pages.iter().map(|(name, _)| prose(name, Lang::En, "A Queue of waiting sockets.")).collect();
    glossary.unnamed(&korean, &english)
}

#[test]
fn a_term_that_is_used_before_it_is_named_is_found() {
    let glossary = few("[[term]]\nko = [\"대기열\", \"\"]\nen = [\"queue\", \"\"]");
    none(&faults(
        &glossary,
        &[("front", "대기열"), ("a", "# 대기열\n[대기열](b.md)"), ("b", "**대기열**(queue)")],
    ));
    none(&faults(&glossary, &[("a", "대기열(queue)의 대기열"), ("b", "대기열")]));
    let late = [("a", "그 대기열에"), ("b", "대기열(queue)")];
    assert_eq!(faults(&glossary, &late), ["a: `대기열에 ` comes before `대기열(queue)`, which is on b"]);
    assert_eq!(faults(&glossary, &[("a", "대기열, 대기열(queue)")]).len(), 1);
    let noted = "{{#steps x}}\n1. 대기열\n{{/steps}}\n대기열(queue)";
    assert_eq!(faults(&glossary, &[("a", noted)]).len(), 1);
    assert_eq!(faults(&glossary, &[("a", "대기열")]), ["no page has `대기열(queue)`"]);
}

#[test]
fn a_term_within_a_longer_one_is_not_used() {
    let glossary = few(
        "[[term]]\nko = [\"소켓\", \"\"]\nen = [\"socket\", \"\"]\n[[term]]\nko = [\"대기 소켓\", \"\"]\nen = [\"waiting socket\", \"\"]",
    );
    none(&faults(&glossary, &[("a", "대기 소켓(waiting socket), 소켓(socket)")]));
    assert_eq!(faults(&glossary, &[("a", "대기 소켓(waiting socket), 그 소켓, 소켓(socket)")]).len(), 1);
}

#[test]
fn a_term_that_the_english_page_does_not_name_is_found() {
    let glossary = few("[[term]]\nko = [\"줄\", \"\"]\nen = [\"line\", \"\"]");
    assert_eq!(faults(&glossary, &[("a", "줄(line)")]), ["a: no `line` in English"]);
}

#[test]
fn a_word_for_which_the_book_has_another_is_found() {
    let glossary = few("term = []");
    assert_eq!(glossary.forbidden("바른말\n그 틀린말은"), ["line 2: 틀린말, where the book says 바른말"]);
    none(&glossary.forbidden("printf(\"틀린말 목록\")"));
}
