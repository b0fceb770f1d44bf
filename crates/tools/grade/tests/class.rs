//! What an instructor finds in RESULTS.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use grade::class::{ClassOptions, Summary, class, student_seed};
use grade::handed_in::Who;
use grade::pages;
use grade::report::{Report, Status};
use grade::results::{Class, Entry, file_stem, files, student_name};
use grade::similar::Prints;
use grade::told::visible;
use labs::lab::Lab;
use labs::words::Lang;
use sample::{ECHO, found, options};
use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Grades with `found` and says who was graded.
fn graded(dir: &Path, out: &Path, options: &ClassOptions) -> Vec<String> {
    let names = Mutex::new(Vec::new());
    let grade = |submission: &Path, seed| {
        names.lock().unwrap().push(student_name(submission.file_name().unwrap()));
        found(submission, seed)
    };
    class(&ECHO, dir, out, options, &|_| (), &grade).unwrap();
    let mut names = names.into_inner().unwrap();
    names.sort();
    names
}

fn csv(out: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(out.join("class.csv")).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(Into::into).collect()).collect()
}

fn grade(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grade")).args(args).env("LC_ALL", "en_US.UTF-8").output().unwrap()
}

fn entry(student: &str, report: Report) -> Entry {
    Entry {
        student: student.into(),
        who: Who::default(),
        digest: String::new(),
        grader: None,
        report,
        prints: Prints::default(),
    }
}

/// `class.html` and a student's page.
fn html_of(entries: &[Entry]) -> (String, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..entries.len()).map(|i| dir.path().join(format!("{i}.json"))).collect();
    for (entry, path) in entries.iter().zip(&paths) {
        entry.write(path).unwrap();
    }
    let (class, _) = Class::read(&paths, &mut |said| panic!("{said}")).unwrap();
    pages::write(&class, dir.path(), Lang::En).unwrap();
    let page = |row: &grade::results::Row| {
        fs::read_to_string(dir.path().join("students").join(format!("{}.html", row.stem))).unwrap()
    };
    (fs::read_to_string(dir.path().join("class.html")).unwrap(), class.rows.iter().map(page).collect())
}

#[test]
fn each_entry_is_a_student_and_a_row() {
    let (dir, out) =
        (sample::class_of(&["kim", "이지은", "park.c", ".hidden"]), tempfile::tempdir().unwrap());
    assert_eq!(graded(dir.path(), out.path(), &options()), ["kim", "park.c", "이지은"]);
    let table = csv(out.path());
    let header =
        ["student", "score", "max_score", "listens", "echo", "many", "seed", "tier", "graded_at", "error"];
    assert_eq!(table[0], header);
    assert_eq!(table[1][..6], ["kim", "60", "100", "passed", "failed", "skipped"]);
    assert_eq!(table[3][0], "이지은");
    assert_eq!(table[1][6], student_seed(1, "kim").to_string());
    assert!(
        out.path().join("results/이지은.json").is_file() && out.path().join("students/이지은.html").is_file()
    );
}

#[test]
fn every_student_has_a_seed_of_their_own_and_always_the_same() {
    assert_eq!(student_seed(1, "kim"), student_seed(1, "kim"));
    assert_ne!(student_seed(1, "kim"), student_seed(1, "lee"));
    assert_ne!(student_seed(1, "kim"), student_seed(2, "kim"));
    // Written down, so that a later version gives the same: printf '1\0kim' | sha256sum
    assert_eq!(student_seed(1, "kim"), 0x266c_d9cd);
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was() {
    let (dir, out) = (sample::class_of(&["a", "b", "c", "d"]), tempfile::tempdir().unwrap());
    // What two finished submissions and a kill in the middle of the third leave behind.
    let before = tempfile::tempdir().unwrap();
    graded(dir.path(), before.path(), &options());
    fs::create_dir(out.path().join("results")).unwrap();
    for name in ["a.json", "b.json"] {
        fs::copy(before.path().join("results").join(name), out.path().join("results").join(name)).unwrap();
    }
    fs::write(out.path().join("results/.grade-x1"), "{\"student\": \"c").unwrap();
    fs::write(out.path().join("results/d.json"), "{\"student\": \"d").unwrap();

    assert_eq!(graded(dir.path(), out.path(), &options()), ["c", "d"]);
    assert_eq!(csv(out.path()), csv(before.path()));
    assert_eq!(graded(dir.path(), out.path(), &options()), [""; 0]);
    assert_eq!(graded(dir.path(), out.path(), &ClassOptions { fresh: true, ..options() }).len(), 4);
}

/// What was unpacked of a class may be gigabytes.
#[test]
fn what_a_run_that_was_killed_has_unpacked_is_removed_by_the_next() {
    let (temporary, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = out.path().join("class.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("kim.c", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    // Where it waits: nobody opens the other end.
    assert!(Command::new("mkfifo").arg(out.path().join(".grade-lock")).status().unwrap().success());
    let mut grade = Command::new(env!("CARGO_BIN_EXE_grade"));
    grade.args(["class", "getdtablesize", "--tier=none", "--unsafe", "--out"]).arg(out.path()).arg(&path);
    grade.env("TMPDIR", temporary.path()).stderr(Stdio::piped());
    let mut killed = grade.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(killed.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("students: 1"), "{said}");
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Even one that finds no class.
    fs::remove_file(path).unwrap();
    grade.output().unwrap();
    let find = Command::new("find").arg(temporary.path()).args(["-type", "f"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&find.stdout), "");
}

#[test]
fn a_submission_that_has_changed_is_graded_again() {
    let (dir, out) = (sample::class_of(&["a", "b"]), tempfile::tempdir().unwrap());
    fs::create_dir(dir.path().join("c")).unwrap();
    fs::write(dir.path().join("c/main.c"), "int main;").unwrap();
    graded(dir.path(), out.path(), &options());
    let same_length = fs::read_to_string(dir.path().join("a")).unwrap().replace('0', "1");
    fs::write(dir.path().join("a"), same_length).unwrap();
    fs::rename(dir.path().join("c/main.c"), dir.path().join("c/mine.c")).unwrap();
    assert_eq!(graded(dir.path(), out.path(), &options()), ["a", "c"]);
    // Asked for in another way, it is another result.
    assert_eq!(graded(dir.path(), out.path(), &ClassOptions { seed: Some(2), ..options() }).len(), 3);
    assert_eq!(graded(dir.path(), out.path(), &ClassOptions { seed: None, ..options() }).len(), 0);
    assert_eq!(
        graded(dir.path(), out.path(), &ClassOptions { lang: Lang::Ko, seed: Some(2), ..options() }).len(),
        3
    );
}

#[test]
fn what_another_version_of_the_grader_gave_is_graded_again() {
    let (dir, out) = (sample::class_of(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    graded(dir.path(), out.path(), &options());
    for (name, grader) in [("a", Some("another")), ("b", None)] {
        let path = out.path().join("results").join(name).with_extension("json");
        let entry = Entry::read(&path).unwrap();
        Entry { grader: grader.map(Into::into), ..entry }.write(&path).unwrap();
    }
    assert_eq!(graded(dir.path(), out.path(), &options()), ["a", "b"]);
    assert_eq!(graded(dir.path(), out.path(), &options()), [""; 0]);
}

#[test]
fn of_two_runs_at_the_same_results_one_is_refused() {
    let (dir, out) = (sample::class_of(&["a", "b"]), tempfile::tempdir().unwrap());
    let link = dir.path().with_extension("link");
    symlink(out.path(), &link).unwrap();
    let (refused, jobs) = (Mutex::new(Vec::new()), 1.try_into().unwrap());
    let grade = |submission: &Path, seed| {
        let second =
            class(&ECHO, dir.path(), &link, &ClassOptions { fresh: true, ..options() }, &|_| (), &found);
        refused.lock().unwrap().push(second.unwrap_err().to_string());
        found(submission, seed)
    };
    class(&ECHO, dir.path(), out.path(), &ClassOptions { jobs, ..options() }, &|_| (), &grade).unwrap();
    fs::remove_file(&link).unwrap();
    let refused = refused.into_inner().unwrap();
    assert!(refused.len() == 2 && refused[0].contains("another run is at work there"), "{refused:?}");
    // And when it is over, nobody is.
    assert_eq!(graded(dir.path(), out.path(), &options()), [""; 0]);
}

#[test]
fn what_was_not_graded_is_tried_again() {
    let (dir, out) = (sample::class_of(&["a", "b"]), tempfile::tempdir().unwrap());
    let faulty = |_: &Path, seed| Report { seed, ..sample::faulty() };
    class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &faulty).unwrap();
    let table = csv(out.path());
    assert_eq!(table[1][1], "", "the grader's fault gave marks");
    assert_eq!(table[1][9], "the grader itself failed, so there is no mark: echo");
    assert_eq!(graded(dir.path(), out.path(), &options()), ["a", "b"]);
}

#[test]
fn a_grader_that_crashes_on_one_goes_on_with_the_next() {
    let (dir, out) = (sample::class_of(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    let grade = |submission: &Path, seed| {
        assert!(!submission.ends_with("b"), "index out of bounds");
        found(submission, seed)
    };
    let Summary { class, .. } = class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &grade).unwrap();
    let marks: Vec<Option<u32>> = class.rows.iter().map(|row| row.marks.clone().ok()).collect();
    assert_eq!(marks, [Some(60), None, Some(60)]);
    assert!(csv(out.path())[2][9].contains("crashed: index out of bounds"), "{:?}", csv(out.path())[2]);
}

#[test]
fn a_link_is_not_followed() {
    let (dir, out) = (sample::class_of(&["kim"]), tempfile::tempdir().unwrap());
    symlink("kim", dir.path().join("lee")).unwrap();
    symlink("/etc/passwd", dir.path().join("park")).unwrap();
    assert_eq!(graded(dir.path(), out.path(), &options()), ["kim"]);
    assert_eq!(csv(out.path())[2][..2], ["lee", ""]);
    assert!(csv(out.path())[2][9].contains("symbolic link"));
}

#[test]
fn any_name_is_a_student_with_files_of_their_own() {
    let names: [&[u8]; 9] =
        [b"a b", b"a_b", b"..x", b"<script>", b"\xff", b"\\xff", b"=1+1", b"a\nb", "가 나%2F".as_bytes()];
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in names {
        fs::write(dir.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    let graded = graded(dir.path(), out.path(), &options());
    assert_eq!(graded.len(), 8, "hidden entries are nobody: {graded:?}");
    assert!(graded.contains(&"\\xff".into()) && graded.contains(&"\\\\xff".into()));
    for folder in ["results", "students"] {
        assert_eq!(fs::read_dir(out.path().join(folder)).unwrap().count(), 8, "{folder}");
    }
    // Each link of the table leads to a page.
    let html = fs::read_to_string(out.path().join("class.html")).unwrap();
    let links: Vec<&str> =
        html.split("href=\"students/").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(links.len() >= 8);
    for link in links {
        assert!(out.path().join("students").join(link).is_file(), "{link}");
    }
}

#[test]
fn nobody_can_choose_the_name_of_anothers_files() {
    let name = "Kim Chulsoo.c";
    let (dir, out) = (sample::class_of(&[name, &file_stem(name)]), tempfile::tempdir().unwrap());
    let mut both = vec![name.to_string(), file_stem(name)];
    both.sort();
    assert_eq!(graded(dir.path(), out.path(), &options()), both);
    assert_eq!(csv(out.path()).len(), 3);
    // Not even where a file system takes both for the same.
    assert_ne!(file_stem("KIM.c").to_lowercase(), file_stem("kim.c"));
    // So much is not found by trying.
    assert!(file_stem(name).rsplit('~').next().unwrap().len() >= 32, "{}", file_stem(name));
}

/// Where two result files are one all the same.
#[test]
fn a_clash_costs_one_result_and_stops_nobody() {
    let (dir, out) = (sample::class_of(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fs::create_dir(out.path().join("results")).unwrap();
    fs::write(out.path().join("results/a.json"), "").unwrap();
    symlink("a.json", out.path().join("results/b.json")).unwrap();
    let Summary { class, missing, .. } =
        class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &found).unwrap();
    let [missing] = &missing[..] else { panic!("{missing:?}") };
    let names: Vec<&str> = class.rows.iter().map(|row| row.student.as_str()).collect();
    assert!(
        names == ["a", "c"] && missing.starts_with("b: ")
            || names == ["b", "c"] && missing.starts_with("a: ")
    );
    assert_eq!(csv(out.path()).len(), 3);
    assert!(out.path().join("class.html").is_file());
}

#[test]
fn no_name_leads_out_of_the_folder() {
    for name in ["", ".", "..", "../../etc/passwd", "/etc", ".ssh", "a/b", "a\0b", "CON:", &"가".repeat(300)]
    {
        let stem = file_stem(name);
        assert!(
            !stem.is_empty()
                && stem.len() < 200
                && !stem.starts_with('.')
                && !stem.contains(['/', '\0', ':']),
            "{stem}"
        );
    }
    assert_ne!(file_stem("a b"), file_stem("a_b"));
    assert_ne!(file_stem("a b"), file_stem("a?b"));
    assert_eq!(file_stem("20231234_김철수"), "20231234_김철수");
}

#[test]
fn a_spreadsheet_takes_no_cell_for_a_formula() {
    let (dir, out) = (
        sample::class_of(&[
            "=HYPERLINK(\"http:x\")",
            "+1",
            "-1",
            "@SUM",
            "\tx",
            "\nx",
            " =1+1",
            "＝1+1",
            "＠SUM",
        ]),
        tempfile::tempdir().unwrap(),
    );
    let grade = |submission: &Path, seed| Report {
        score: None,
        error: "=cmd|' /C calc'!A1".into(),
        ..found(submission, seed)
    };
    class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &grade).unwrap();
    for row in &csv(out.path())[1..] {
        for cell in row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{row:?}");
        }
        assert!(row[0].starts_with('\''), "{row:?}");
    }
}

/// `cat class.csv` moves no cursor, rings no bell, and shows what is there.
#[test]
fn a_terminal_shows_the_tables_as_they_are() {
    let reorders = "\u{1b}]0;x\u{7}\u{202e}\u{61c}\u{2028}\u{200b}\u{feff}";
    let (dir, out) = (sample::class_of(&[reorders, "kim"]), tempfile::tempdir().unwrap());
    let grade =
        |submission: &Path, seed| Report { score: None, error: reorders.into(), ..found(submission, seed) };
    class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &grade).unwrap();
    for name in ["class.csv", "class.html"] {
        let table = fs::read_to_string(out.path().join(name)).unwrap();
        // At the start it is for Excel.
        let table = table.strip_prefix('\u{feff}').unwrap_or(&table);
        assert!(!reorders.chars().any(|c| !c.is_ascii_graphic() && table.contains(c)), "{table}");
    }
    assert_eq!(csv(out.path())[1][9], "\\u{1b}]0;x\\u{7}\\u{202e}\\u{61c}\\u{2028}\\u{200b}\\u{feff}");
    // A name in any script stays itself.
    let names = "김철수 José jose\u{301} 王　明 👍🏽";
    assert_eq!(visible(names), names);
}

#[test]
fn nothing_of_a_students_becomes_html() {
    let name = "<script>alert(1)</script>\"'&";
    let (overview, students) = html_of(&[entry(name, sample::hostile()), entry("kim", sample::ungraded())]);
    for page in students.iter().chain([&overview]) {
        assert_eq!(page.matches("<script").count(), usize::from(page == &overview), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") || page.contains(">kim<"), "{page}");
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    }
}

#[test]
fn the_pages_need_nothing_but_themselves() {
    let (overview, students) = html_of(&[entry("kim", sample::report()), entry("lee", sample::ungraded())]);
    for page in students.iter().chain([&overview]) {
        assert!(page.contains("<html lang=\"en\">"));
        assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"), "{page}");
        assert!(
            !page.contains("http:")
                && !page.contains("https:")
                && !page.contains(" src=")
                && !page.contains(" style=")
        );
    }
    assert!(overview.contains("aria-sort") && overview.contains("<svg"));
    assert!(
        overview.contains("href=\"students/kim.html\"") && students[0].contains("href=\"../class.html\"")
    );
}

#[test]
fn the_pages_own_style_and_script_are_the_only_ones_allowed() {
    let (overview, students) = html_of(&[entry("kim", sample::report())]);
    let within = |tag: &str| {
        let (_, rest) = overview.split_once(&format!("<{tag}>")).unwrap();
        let text = rest.split_once(&format!("</{tag}>")).unwrap().0;
        format!("{tag}-src 'sha256-{}';", BASE64_STANDARD.encode(Sha256::digest(text)))
    };
    assert!(overview.contains(&within("style")) && overview.contains(&within("script")), "{overview}");
    assert!(students[0].contains(&within("style")) && students[0].contains("script-src 'none';"));
}

#[test]
fn a_students_page_tells_what_the_terminal_tells() {
    let (_, students) =
        html_of(&[entry("kim", Report { build_log: "warning: x".into(), ..sample::report() })]);
    for part in [
        "60<span class=\"soft\">/100",
        "got: 3 bytes",
        "read until recv gives 0",
        "slide 39",
        "warning: x",
        "seed 42",
        "SO_REUSEADDR",
    ] {
        assert!(students[0].contains(part), "{part}: {}", students[0]);
    }
}

#[test]
fn results_of_two_machines_are_one_report_and_the_later_one_counts() {
    let [one, two, out] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let later =
        Report { graded_at: "2026-06-01T07:00:00-09:00".into(), score: Some(100), ..sample::report() };
    entry("kim", sample::report()).write(&one.path().join("kim.json")).unwrap();
    entry("lee", sample::report()).write(&one.path().join("lee.json")).unwrap();
    fs::create_dir(two.path().join("results")).unwrap();
    entry("kim", later).write(&two.path().join("results/kim.json")).unwrap();
    for order in [[&one, &two], [&two, &one]] {
        let paths = order.map(|dir| dir.path().to_str().unwrap());
        let output = grade(&["report", paths[0], paths[1], "--out", out.path().to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("kim: twice; kept the later one"), "{said}");
        let rows: Vec<_> = csv(out.path())[1..].iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        assert_eq!(rows, [("kim".into(), "100".into()), ("lee".into(), "60".into())]);
    }
}

/// A slip in `--out` writes over nobody's marks.
#[test]
fn results_of_another_lab_are_not_written_over() {
    let (dir, out) = (sample::class_of(&["kim.c"]), tempfile::tempdir().unwrap());
    graded(dir.path(), out.path(), &options());
    let other = Lab { name: "udp_echoserv", ..ECHO };
    let run = |options| class(&other, dir.path(), out.path(), &options, &|_| (), &found);
    let refused = run(options()).unwrap_err().to_string();
    assert!(
        refused.contains("results of tcp_echoserv are there") && refused.contains("--fresh"),
        "{refused}"
    );
    run(ClassOptions { fresh: true, ..options() }).unwrap();
}

#[test]
fn results_of_two_labs_are_no_class() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    entry("kim", sample::report()).write(&dir.path().join("a.json")).unwrap();
    entry("kim", Report { lab: "mydaytime".into(), ..sample::report() })
        .write(&dir.path().join("b.json"))
        .unwrap();
    let output = grade(&["report", dir.path().to_str().unwrap(), "--out", out.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("results of two labs: tcp_echoserv") && said.contains("mydaytime"), "{said}");
    assert!(!out.path().join("class.csv").exists());
}

#[test]
fn a_broken_result_is_said_and_the_others_are_reported() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    entry("kim", sample::report()).write(&dir.path().join("a.json")).unwrap();
    fs::write(dir.path().join("b.json"), "{\"student\"").unwrap();
    let output = grade(&["report", dir.path().to_str().unwrap(), "--out", out.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("b.json: not a result of grade"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 of 2 graded"));
    assert_eq!(csv(out.path()).len(), 2);
}

#[test]
fn a_report_that_check_wrote_is_a_result_too() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let json = grade::formats::render(&sample::report(), grade::formats::Format::Json, false).unwrap();
    let path = dir.path().join("kim.json");
    fs::write(&path, json).unwrap();
    assert_eq!(files(&path).unwrap(), std::slice::from_ref(&path));
    let output = grade(&["report", path.to_str().unwrap(), "--out", out.path().to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(csv(out.path())[1][..2], ["kim.c", "60"]);
}

#[test]
fn a_full_disk_is_said_and_nothing_written_is_lost() {
    let Some(disk) = sample::on_a_disk_of("400k", "a_full_disk_is_said_and_nothing_written_is_lost") else {
        return;
    };
    let (dir, out) = (sample::class_of(&["a", "b", "c", "d", "e", "f", "g", "h"]), disk.join("out"));
    let count = AtomicUsize::new(0);
    let grade = |submission: &Path, seed| {
        count.fetch_add(1, Ordering::Relaxed);
        Report { build_log: "x".repeat(100_000), ..found(submission, seed) }
    };
    let error = class(&ECHO, dir.path(), &out, &options(), &|_| (), &grade).unwrap_err().to_string();
    assert!(error.contains("No space left on device") && error.contains("free some space"), "{error}");
    assert!(error.contains(" of 8 submissions have no result yet"), "{error}");
    let kept = files(&out).unwrap();
    assert!(!kept.is_empty() && kept.len() < 8);
    for file in kept {
        assert_eq!(Entry::read(&file).unwrap().report.checks[0].status, Status::Passed);
    }
    assert!(count.load(Ordering::Relaxed) < 8, "graded on, with nowhere to write");
    // A disk that is full from the start is said before anything is graded.
    let _ = fs::write(disk.join("fill"), vec![0; 1 << 20]);
    let before = count.load(Ordering::Relaxed);
    let error = class(&ECHO, dir.path(), &out, &options(), &|_| (), &grade).unwrap_err().to_string();
    assert!(error.contains("No space left on device"), "{error}");
    assert_eq!(count.into_inner(), before, "graded, with nowhere to write");
}

#[test]
fn wrong_folders_are_a_clear_error() {
    let (dir, empty) = (sample::class_of(&["kim"]), tempfile::tempdir().unwrap());
    let run =
        |dir: &Path, out: &Path| class(&ECHO, dir, out, &options(), &|_| (), &found).unwrap_err().to_string();
    assert!(run(Path::new("/nowhere"), empty.path()).starts_with("/nowhere: No such file"));
    assert!(run(empty.path(), dir.path()).contains("no submissions in it"));
    for out in [dir.path().join("out/more"), dir.path().into()] {
        assert!(run(dir.path(), &out).contains("it would be taken for a submission"));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "it has left something there");
}

#[test]
fn similar_submissions_are_listed() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = include_str!("submissions/tcp_echoserv/poll.c");
    let copied = source.replace("listen_sock", "fd");
    fs::write(dir.path().join("kim.c"), source).unwrap();
    fs::create_dir(dir.path().join("lee")).unwrap();
    fs::write(dir.path().join("lee/=server.c"), format!("// mine\n\n\n{copied}")).unwrap();
    fs::write(dir.path().join("park.c"), include_str!("submissions/tcp_echoserv/threads.c")).unwrap();
    graded(dir.path(), out.path(), &options());
    let similar = fs::read_to_string(out.path().join("similar.csv")).unwrap();
    let lines: Vec<&str> = similar.lines().collect();
    assert_eq!(lines.len(), 2, "{similar}");
    assert!(lines[0].ends_with(",longest_in_student,longest_in_other"), "{similar}");
    assert!(lines[1].starts_with("kim.c,lee,false,1.000,1.000,"), "{similar}");
    // Where to look, in both; and no formula.
    let [there, here] = lines[1].rsplitn(3, ',').take(2).collect::<Vec<_>>()[..] else { panic!("{similar}") };
    let lines_of = |place: &str, name: &str| -> [usize; 2] {
        let lines = place.strip_prefix(name).unwrap_or_else(|| panic!("{similar}"));
        let (first, last) = lines.split_once('-').unwrap();
        [first.parse().unwrap(), last.parse().unwrap()]
    };
    let [first, last] = lines_of(here, "kim.c:");
    assert_eq!(lines_of(there, "'=server.c:"), [first + 3, last + 3]);
    assert!(last > first + 10, "{similar}");
    let page = fs::read_to_string(out.path().join("class.html")).unwrap();
    assert!(
        page.contains("not a verdict") && page.contains("Longest common part") && page.contains(here),
        "{page}"
    );
    // Nor is it if everybody was given it.
    let given = Some(dir.path().join("kim.c"));
    assert_eq!(graded(dir.path(), out.path(), &ClassOptions { given, ..options() }), [""; 0]);
    assert_eq!(fs::read_to_string(out.path().join("similar.csv")).unwrap().lines().count(), 1);
}

/// Who hands in the program of the slides has copied it from nobody.
#[test]
fn the_slides_are_nobodys_own() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for student in ["kim", "lee"] {
        let slides = include_str!("../../../tcp_echoserv/tcp_echoserv.c");
        fs::write(dir.path().join(student).with_extension("c"), format!("{slides}// {student}\n")).unwrap();
    }
    graded(dir.path(), out.path(), &options());
    let similar = fs::read_to_string(out.path().join("similar.csv")).unwrap();
    assert_eq!(similar.lines().count(), 1, "{similar}");
}

/// In a class too small to have anything that most of it has.
#[test]
fn a_starter_is_nobodys_own() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for student in ["kim", "lee"] {
        for lang in ["c", "rust"] {
            let folder = dir.path().join(format!("{student}-{lang}"));
            let mut starter = Command::new(labkit::root().join("scripts/new-lab"));
            assert!(
                starter.args([ECHO.name, "--lang", lang]).arg(&folder).output().unwrap().status.success()
            );
            // Their own, and different.
            let own = if lang == "c" { "tcp_echoserv.c" } else { "src/main.rs" };
            let text = fs::read_to_string(folder.join(own)).unwrap();
            fs::write(folder.join(own), format!("{text}// {student}\n")).unwrap();
        }
    }
    graded(dir.path(), out.path(), &options());
    let similar = fs::read_to_string(out.path().join("similar.csv")).unwrap();
    assert_eq!(similar.lines().count(), 1, "{similar}");
}
