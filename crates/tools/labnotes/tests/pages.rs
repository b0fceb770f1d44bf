//! The pages as they are written: alike in both languages, none left behind, every link and slide and command there.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use labkit::root;
use labnotes::book::Notes;
use labnotes::check::departures_unlike;
use labnotes::pages::Piece;
use labnotes::questions::Questions;

fn notes() -> Notes {
    Notes::read(&root().canonicalize().unwrap()).unwrap()
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn both_languages_have_the_same_pages_headings_directives_and_commands() {
    none(&notes().unlike().unwrap());
}

#[test]
fn every_heading_has_an_id_of_its_own() {
    none(&notes().headings());
}

#[test]
fn no_english_page_is_left_behind() {
    none(&notes().behind());
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_in_both_summaries() {
    none(&notes().lost().unwrap());
}

#[test]
fn every_command_in_the_text_names_a_program() {
    none(&notes().commands_without_program().unwrap());
}

#[test]
fn the_departures_are_alike_in_both_languages() {
    none(&departures_unlike(&notes().data));
}

#[test]
fn every_slide_has_a_home() {
    let homeless = notes().homeless();
    assert!(homeless.is_empty(), "slides without a page: {homeless:?}");
}

#[test]
fn every_fact_is_told() {
    let notes = notes();
    for number in 1..=26 {
        notes.data.fact(&format!("F{number}")).unwrap();
    }
}

#[test]
fn the_map_has_every_slide() {
    let map = notes().map();
    assert_eq!(map.lines().count(), 49);
    assert!(map.contains("byte_order"), "{map}");
}

#[test]
fn every_player_has_three_to_six_questions() {
    let notes = notes();
    let mut shown = BTreeSet::new();
    // The front page shows another page's.
    for page in notes.pages[0].iter().filter(|page| page.name != "index") {
        for piece in page.pieces().unwrap() {
            if let Piece::Directive { name, arguments, .. } = piece
                && name == "player"
            {
                assert!(shown.insert(arguments.clone()), "{}: {arguments} is shown twice", page.file());
            }
        }
    }
    let count = notes.questions.count();
    assert_eq!(shown, count.keys().map(ToString::to_string).collect(), "scenes shown, scenes with questions");
    for (scene, questions) in &count {
        assert!((3..=6).contains(questions), "{scene}: {questions} questions");
    }
    assert!(count.values().sum::<usize>() >= 44, "{count:?}");
}

#[test]
fn questions_that_cannot_be_asked_are_found() {
    let text = fs::read_to_string(root().join("lab-notes/questions.toml")).unwrap();
    let (before, rest) = text.split_once("[[question]]").unwrap();
    let first = format!("[[question]]{}", rest.split("[[question]]").next().unwrap());
    let error =
        |text: String| format!("{:#}", Questions::parse(&text).err().unwrap_or_else(|| panic!("{text}")));
    let changed = |from: &str, to: &str| {
        let text = format!("{before}{first}").replacen(from, to, 1);
        assert!(text.contains(to), "{from}");
        error(text)
    };
    assert!(changed("scene = \"open_socket\"", "scene = \"opensocket\"").contains("no scene `opensocket`"));
    assert!(changed("scene = \"tcp_echocli\"", "scene = \"no_such_run\"").contains("nor is there a [[run]]"));
    assert!(changed("scene = \"tcp_echocli\"", "scene = \"open_socket\"").contains("not from its own"));
    assert!(changed("program socket 1", "program socket").contains("`program socket` is no step"));
    assert!(changed("asks = \"returns\"", "asks = \"colour\"").contains("colour"));
    assert!(changed("name = \"no_htons\"", "name = \"half_close\"").contains("a name that is taken"));
    assert!(error(format!("{before}{first}{first}")).contains("is asked twice"));
    let (alone, _) = first.split_once("[[question.wrong]]").unwrap();
    assert!(error(format!("{before}{alone}")).contains("has no wrong choice"));
}

/// Blocks with `fn main` are whole programs, of the standard library alone.
#[test]
fn rust_programs_on_the_pages_compile() {
    let folder = tempfile::tempdir().unwrap();
    let mut compiled = Vec::new();
    for page in notes().pages.iter().flatten() {
        for piece in page.pieces().unwrap() {
            let Piece::Fence { info, lines } = piece else { continue };
            let code = lines.join("\n");
            if info != "rust" || !code.contains("fn main") || compiled.contains(&code) {
                continue;
            }
            compile(folder.path(), &code).unwrap_or_else(|error| panic!("{}: {error}", page.file()));
            compiled.push(code);
        }
    }
    assert!(!compiled.is_empty());
}

fn compile(folder: &Path, code: &str) -> Result<(), String> {
    let file = folder.join("page.rs");
    fs::write(&file, code).unwrap();
    let rustc = Command::new("rustc")
        .args(["--edition=2024", "--emit=metadata", "-D", "warnings", "--out-dir"])
        .args([folder, &file])
        .output()
        .unwrap();
    if rustc.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&rustc.stderr).into_owned()) }
}

// ---- The checks themselves: each finds what it is for ----

/// A copy of lab-notes with a Korean page changed.
fn changed(page: &str, change: impl Fn(String) -> String) -> (tempfile::TempDir, Notes) {
    let copy = copy();
    let file = copy.path().join(format!("lab-notes/ko/src/{page}.md"));
    fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
    let notes = Notes::read(copy.path()).unwrap();
    (copy, notes)
}

fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let cp = Command::new("cp").arg("-r").arg(root().join("lab-notes")).arg(copy.path()).status().unwrap();
    assert!(cp.success());
    for folder in ["crates", "scripts"] {
        symlink(root().canonicalize().unwrap().join(folder), copy.path().join(folder)).unwrap();
    }
    copy
}

#[test]
fn a_changed_korean_page_leaves_its_english_page_behind_until_that_is_blessed() {
    let (copy, notes) = changed("map", |text| text + "\n새 문장이에요.\n");
    let of_map = |notes: &Notes| -> Vec<String> {
        notes.behind().into_iter().filter(|fault| fault.contains("en/src/map.md")).collect()
    };
    let behind = of_map(&notes);
    assert_eq!(behind.len(), 1);
    assert!(behind[0].contains("cargo run -p labnotes -- bless map"), "{behind:?}");
    assert_eq!(notes.bless(&["map".into()]).unwrap(), ["lab-notes/en/src/map.md"]);
    let notes = Notes::read(copy.path()).unwrap();
    none(&of_map(&notes));
    let en = notes.pages[1].iter().find(|page| page.name == "map").unwrap();
    assert_eq!(en.text.matches("follows").count(), 1, "{}", en.text);
}

#[test]
fn pages_that_differ_are_found() {
    let differs = |change: fn(String) -> String| changed("index", change).1.unlike().unwrap().concat();
    assert!(differs(|text| text.replace("{#lab}", "{#shell}")).contains("headings"));
    assert!(differs(|text| text.replace("> abcdefg", "> abc")).contains("directives and commands"));
    assert!(differs(|text| text + "\n{{#slide 3}}\n").contains("slides"));
    assert!(differs(|text| text + "\n## 더 {#more}\n").contains("more"));
}

#[test]
fn headings_without_an_id_or_with_a_second_one_are_found() {
    let headings = |change: fn(String) -> String| changed("index", change).1.headings().concat();
    assert!(headings(|text| text.replace(" {#lab}", "")).contains("has no {#id}"));
    assert!(headings(|text| text.replace("{#lab}", "{#promise}")).contains("two {#promise}"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let lost = |change: fn(String) -> String| changed("index", change).1.lost().unwrap().concat();
    assert!(lost(|text| text + "\n[x](nowhere.md)\n").contains("nowhere.md leads nowhere"));
    assert!(lost(|text| text + "\n[x](map.md#nowhere)\n").contains("map.md#nowhere leads nowhere"));
    assert!(lost(|text| text + "\n[x](http://example.org)\n").contains("leads nowhere"));
    assert_eq!(lost(|text| text + "\n[x](map.md#slide-3) [y](tcp_echoserv.md#tcp_echoserv-9)\n"), "");
    assert!(lost(|text| text + "\n[x](tcp_echoserv.md#tcp_echoserv-10)\n").contains("leads nowhere"));
}

#[test]
fn commands_that_name_no_program_are_found() {
    let (_copy, notes) = changed("index", |text| text + "\n`cargo run -p tcp_echosrv`\n");
    assert_eq!(
        notes.commands_without_program().unwrap(),
        ["lab-notes/ko/src/index.md: cargo run -p tcp_echosrv"]
    );
}
