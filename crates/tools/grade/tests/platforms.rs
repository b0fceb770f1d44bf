//! A class as learning platforms hand it out, and what goes back to them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

use grade::changes::Change;
use grade::class::{ClassOptions, Shard, Summary, class};
use grade::form::Form;
use grade::handed_in::Who;
use grade::report::{Report, Status};
use grade::results::{Attendance, Class, Entry};
use grade::roster::{Person, Roster};
use grade::similar::Prints;
use labs::words::Lang;
use sample::{ECHO, found, options};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Makes a folder with these files, whose text is their name.
fn folder_of(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::write(path, format!("// {name}\n")).unwrap();
        }
    }
    dir
}

/// The same as an archive, `class.zip` in a folder.
fn zip_of(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut zip = ZipWriter::new(File::create(dir.path().join("class.zip")).unwrap());
    for name in names {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).unwrap();
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            writeln!(zip, "// {name}").unwrap();
        }
    }
    zip.finish().unwrap();
    dir
}

/// What was graded of each student, a file's name or those in a folder; and what was said.
fn graded(dir: &Path) -> (BTreeMap<String, Vec<String>>, String) {
    let out = tempfile::tempdir().unwrap();
    graded_to(dir, out.path(), &options())
}

fn graded_to(dir: &Path, out: &Path, options: &ClassOptions) -> (BTreeMap<String, Vec<String>>, String) {
    let (seen, said) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    let grade = |path: &Path, seed| {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
        let names = if path.is_dir() {
            let names = fs::read_dir(path).unwrap().map(|entry| name(&entry.unwrap().path()));
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        } else {
            vec![name(path)]
        };
        seen.lock().unwrap().insert(seed, names);
        found(path, seed)
    };
    let say = |line: &str| said.lock().unwrap().push(line.to_string());
    let Summary { class, .. } = class(&ECHO, dir, out, options, &say, &grade).unwrap();
    let mut seen = seen.into_inner().unwrap();
    let of = |row: &grade::results::Row| (row.student.clone(), seen.remove(&row.seed).unwrap_or_default());
    (class.rows.iter().map(of).collect(), said.into_inner().unwrap().join("\n"))
}

fn told(students: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let text = |(student, files): &(&str, &[&str])| {
        (student.to_string(), files.iter().map(ToString::to_string).collect())
    };
    students.iter().map(text).collect()
}

const MOODLE: [&str; 6] = [
    "김 철수_1201_assignsubmission_file_/echo.c",
    "김 철수_1202_assignsubmission_file_/Makefile",
    "김 철수_1202_assignsubmission_file_/src/echo serv.c",
    "김 철수_1202_assignsubmission_onlinetext_/onlinetext.html",
    "Lee Young_1203_assignsubmission_file_/lab.zip",
    "박영희_1204_assignsubmission_onlinetext_/onlinetext.html",
];

#[test]
fn moodles_download_is_a_class() {
    let expected = told(&[
        ("김 철수_1201", &["echo.c"]),
        ("김 철수_1202", &["Makefile", "src"]),
        ("Lee Young_1203", &["lab.zip"]),
        ("박영희_1204", &["onlinetext.html"]),
    ]);
    let (dir, zip) = (folder_of(&MOODLE), zip_of(&MOODLE));
    for class in [dir.path(), &zip.path().join("class.zip")] {
        let (students, said) = graded(class);
        assert_eq!(students, expected);
        assert!(said.contains("named by Moodle; students: 4"), "{said}");
    }
    // Without folders, and one handed in nothing.
    let flat = folder_of(&[
        "김철수_7_assignsubmission_file_my echo.c",
        "이지은_8_assignsubmission_file_echo.c",
        "이지은_8_assignsubmission_file_echo.h",
        "빈손_9_assignsubmission_file_/",
    ]);
    let (students, _) = graded(flat.path());
    assert_eq!(
        students,
        told(&[("김철수_7", &["my echo.c"]), ("이지은_8", &["echo.c", "echo.h"]), ("빈손_9", &[])])
    );
}

#[test]
fn canvas_download_is_a_class() {
    let names = [
        "honggildong_LATE_11_901_echo.c",
        "김철수_12_902_echo-1.c",
        "김철수_12_903_echo-1.h",
        "김철수_12_904_Makefile-1",
        "김철수_13_905_echo serv.c",
    ];
    let (dir, zip) = (folder_of(&names), zip_of(&names));
    for class in [dir.path(), &zip.path().join("class.zip")] {
        let (students, said) = graded(class);
        assert!(said.contains("named by Canvas; students: 3"), "{said}");
        assert_eq!(
            students,
            told(&[
                ("honggildong_11", &["echo.c"]),
                ("김철수_12", &["Makefile", "echo.c", "echo.h"]),
                ("김철수_13", &["echo serv.c"])
            ])
        );
    }
}

#[test]
fn of_blackboards_download_the_last_attempt_is_graded() {
    let names = [
        "Lab 1_kim_attempt_2026-03-01-10-11-12.txt",
        "Lab 1_kim_attempt_2026-03-01-10-11-12_old.c",
        "Lab 1_kim_attempt_2026-03-02-10-11-12.txt",
        "Lab 1_kim_attempt_2026-03-02-10-11-12_new.c",
        "Lab 1_lee_attempt_2026-03-02-10-11-13.txt",
        "Lab 1_lee_attempt_2026-03-02-10-11-13_a.c",
        "Lab 1_lee_attempt_2026-03-02-10-11-13_b.c",
    ];
    let (students, said) = graded(&zip_of(&names).path().join("class.zip"));
    assert_eq!(students, told(&[("kim", &["new.c"]), ("lee", &["a.c", "b.c"])]));
    assert!(said.contains("named by Blackboard; students: 2"), "{said}");
    assert!(said.contains("kim: the last attempt counts, 2026-03-02-10-11-12; earlier ones left out: 1"));
}

#[test]
fn an_archive_of_plain_entries_is_a_folder_of_them() {
    let names = ["lab1/kim.zip", "lab1/이지은.c", "lab1/박/Makefile", "__MACOSX/lab1/x", "lab1/.DS_Store"];
    let (students, said) = graded(&zip_of(&names).path().join("class.zip"));
    assert_eq!(
        students,
        told(&[("kim.zip", &["kim.zip"]), ("이지은.c", &["이지은.c"]), ("박", &["Makefile"])])
    );
    assert!(said.contains("each a student's; students: 3"), "{said}");
}

#[test]
fn what_is_no_class_is_said() {
    let dir = folder_of(&["notes.txt"]);
    let run = |dir: &Path| {
        let out = tempfile::tempdir().unwrap();
        class(&ECHO, dir, out.path(), &options(), &|_| (), &found).unwrap_err().to_string()
    };
    let said = run(&dir.path().join("notes.txt"));
    assert!(
        said.contains("notes.txt: not a folder, and can't be unpacked: it is no .zip, .tar or .tar.gz"),
        "{said}"
    );
    let said = run(&zip_of(&[]).path().join("class.zip"));
    assert!(said.contains("no submissions in it"), "{said}");
}

/// Files of one student are put together; what is a link stays one, and what is too much costs only its student.
#[test]
fn a_link_in_a_platforms_folder_is_not_followed() {
    let names = ["kim_1_1_a.c", "kim_1_2_b.c", "lee_2_3_a.c"];
    let dir = folder_of(&names);
    let secret = folder_of(&["secret.c"]);
    symlink(secret.path().join("secret.c"), dir.path().join("kim_1_4_c.c")).unwrap();
    symlink("lee_2_3_a.c", dir.path().join("park_3_5_d.c")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let contents = Mutex::new(Vec::new());
    let grade = |path: &Path, seed| {
        if path.is_dir() {
            let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap()).collect();
            entries.sort_by_key(fs::DirEntry::file_name);
            *contents.lock().unwrap() = entries
                .iter()
                .map(|entry| {
                    (entry.file_name().into_string().unwrap(), entry.file_type().unwrap().is_symlink())
                })
                .collect();
        }
        found(path, seed)
    };
    let Summary { class, .. } = class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &grade).unwrap();
    let expected =
        [("a.c", false), ("b.c", false), ("c.c", true)].map(|(name, link)| (name.to_string(), link));
    assert_eq!(contents.into_inner().unwrap(), expected);
    let marks: Vec<_> = class.rows.iter().map(|row| (row.student.as_str(), row.marks.clone().ok())).collect();
    assert_eq!(marks, [("kim_1", Some(60)), ("lee_2", Some(60)), ("park_3", None)]);
}

/// The same submissions, downloaded again and unpacked elsewhere, are the same.
#[test]
fn a_class_downloaded_again_is_not_graded_again() {
    let out = tempfile::tempdir().unwrap();
    let names = ["kim_1_1_a.c", "kim_1_2_b.c", "lee_2_3_a.c"];
    let (first, again) = (zip_of(&names), zip_of(&names));
    assert_eq!(graded_to(&first.path().join("class.zip"), out.path(), &options()).0["kim_1"].len(), 2);
    let kept = graded_to(&again.path().join("class.zip"), out.path(), &options()).0;
    assert_eq!(kept, told(&[("kim_1", &[]), ("lee_2", &[])]));
}

/// With the same bytes: `echo.txt` was no program.
#[test]
fn a_file_of_another_name_is_graded_again() {
    let dir = folder_of(&["Kim_7_assignsubmission_file_/echo.txt", "Lee_8_assignsubmission_file_/echo.c"]);
    let out = tempfile::tempdir().unwrap();
    graded_to(dir.path(), out.path(), &options());
    let kim = dir.path().join("Kim_7_assignsubmission_file_");
    fs::rename(kim.join("echo.txt"), kim.join("echo.c")).unwrap();
    let again = graded_to(dir.path(), out.path(), &options()).0;
    assert_eq!(again, told(&[("Kim_7", &["echo.c"]), ("Lee_8", &[])]));
}

/// As macOS keeps them.
#[test]
fn names_that_are_taken_apart_are_put_together() {
    use unicode_normalization::UnicodeNormalization as _;
    let apart = |name: &str| name.nfd().collect::<String>();
    let names = ["josé_1_1_서버.c", "김철수_2_2_서버.c", "김철수_2_3_머리.h"];
    let unpacked = names.map(apart);
    let unpacked = folder_of(&unpacked.each_ref().map(String::as_str));
    let all = told(&[("josé_1", &["서버.c"]), ("김철수_2", &["머리.h", "서버.c"])]);
    assert_eq!(graded(unpacked.path()).0, all);
}

// ---- The roster ----

/// A roster's file of these bytes.
fn file_of(bytes: impl AsRef<[u8]>) -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("given.csv");
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

const ROSTER: &str =
    "번호,학번,이름\r\n1,20261201,김철수\r\n2,20261202,김철수\r\n3,20261203,이지은\r\n4,20261204,=박영희\r\n";

#[test]
fn a_roster_is_read_as_a_spreadsheet_has_saved_it() {
    let (cp949, _, _) = encoding_rs::EUC_KR.encode(ROSTER);
    let tabs = ROSTER.replace(',', "\t");
    let english = "Name,ID\n김철수,20261201\n\n김철수,20261202\n이지은,20261203\n=박영희,20261204";
    let marked = format!("\u{feff}{ROSTER}");
    for bytes in [ROSTER.as_bytes(), &cp949, tabs.as_bytes(), english.as_bytes(), marked.as_bytes()] {
        let (_dir, path) = file_of(bytes);
        let Roster(people) = Roster::read(&path).unwrap();
        let people: Vec<(&str, &str)> = people.iter().map(|one| (one.id(), one.name.as_str())).collect();
        assert_eq!(
            people,
            [("20261201", "김철수"), ("20261202", "김철수"), ("20261203", "이지은"), ("20261204", "=박영희")]
        );
    }
}

#[test]
fn a_header_may_have_any_of_the_marks_in_a_name() {
    for (table, name) in [
        ("id,name,Lab 1; echo\n1,김철수,x\n", "김철수"),
        ("\n\nid;\"name\";\"Lab 1, echo\"\n1;\"김, 철수\";x\n", "김, 철수"),
    ] {
        let (_dir, path) = file_of(table);
        let Roster(people) = Roster::read(&path).unwrap();
        assert_eq!((people[0].id(), &*people[0].name), ("1", name), "{table}");
    }
}

#[test]
fn of_a_bad_roster_the_place_is_said() {
    let run = |bytes: &[u8]| {
        let (_dir, path) = file_of(bytes);
        Roster::read(&path).unwrap_err().to_string()
    };
    for (bytes, said) in [
        (&b"id,name\n1,kim\n2,\n"[..], "given.csv: line 3, column 2 (name): empty"),
        (b"id,name\n1,kim\n2\n", "given.csv: line 3, column 2 (name): empty"),
        (b"name,id\nkim,7\n\nlee,7\n", "given.csv: line 4, column 2 (id): 7 is in line 2, too"),
        (b"number,name\n1,kim\n", "given.csv: line 1: no column `id` or `학번`; there are: number, name"),
        (b"id,name\n1,kim\n2,l\xffe\n", "given.csv: line 3, column 4: neither UTF-8 nor CP949"),
        (b"id,name\n", "given.csv: nobody in it"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0", "given.csv: a workbook; save it as CSV and give that"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0", "given.csv: a workbook; save it as CSV and give that"),
        (b"", "given.csv: nothing in it"),
    ] {
        assert!(run(bytes).ends_with(said), "{}", run(bytes));
    }
}

#[test]
fn who_is_missing_and_who_is_unknown_is_told() {
    let dir = folder_of(&["20261201_김철수.c", "20261203 이지은.c", "이지은/main.c", "stranger.c"]);
    let ((_roster, path), out) = (file_of(ROSTER), tempfile::tempdir().unwrap());
    let options = ClassOptions { roster: Some(Roster::read(&path).unwrap()), ..options() };
    let Summary { class, .. } = class(&ECHO, dir.path(), out.path(), &options, &|_| (), &found).unwrap();
    let Attendance { absent, unlisted, twice } = class.attendance.unwrap();
    let absent: Vec<&str> = absent.iter().map(Person::id).collect();
    assert_eq!(absent, ["20261202", "20261204"]);
    assert_eq!(unlisted, [("stranger.c".to_string(), vec![])]);
    let twice: Vec<(&str, &[String])> = twice.iter().map(|(one, all)| (one.id(), &all[..])).collect();
    assert_eq!(twice, [("20261203", &["20261203 이지은.c".to_string(), "이지은".into()][..])]);

    let table = fs::read_to_string(out.path().join("class.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("\u{feff}student,id,name,score,max_score,listens,echo,many,seed"),
        "{table}"
    );
    assert!(lines[1].starts_with("20261201_김철수.c,20261201,김철수,60,100,"), "{table}");
    // No mark, and not 0; and no formula.
    assert_eq!(lines[6], ",20261204,'=박영희,,100,,,,,,,not handed in");
    assert!(lines.iter().all(|line| line.matches(',').count() == lines[0].matches(',').count()), "{table}");
    let page = fs::read_to_string(out.path().join("class.html")).unwrap();
    for part in
        ["Handed in nothing (no marks): 2", "20261202 김철수", "Not in the roster: 1", "more than one: 1"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn two_of_one_name_are_not_taken_for_each_other() {
    let (dir, (_roster, path)) = (folder_of(&["김철수.c"]), file_of(ROSTER));
    let out = tempfile::tempdir().unwrap();
    let options = ClassOptions { roster: Some(Roster::read(&path).unwrap()), ..options() };
    let Summary { class, .. } = class(&ECHO, dir.path(), out.path(), &options, &|_| (), &found).unwrap();
    let Attendance { absent, unlisted, .. } = class.attendance.unwrap();
    assert_eq!(absent.len(), 2, "one of the two has handed in, so neither is missing");
    assert_eq!((unlisted.len(), unlisted[0].1.len()), (1, 2));
}

// ---- What goes back ----

fn entry(student: &str, who: Who, score: Option<u32>) -> Entry {
    let error = if score.is_some() { String::new() } else { "nothing".into() };
    let report = Report { score, error, ..sample::report() };
    let (digest, grader) = (String::new(), None);
    Entry { student: student.into(), who, digest, grader, report, prints: Prints::default() }
}

fn who(platform: grade::handed_in::Platform, id: &str, name: &str) -> Who {
    Who { platform: Some(platform), id: id.into(), name: name.into() }
}

fn class_of(entries: &[Entry]) -> Class {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..entries.len()).map(|i| dir.path().join(format!("{i}.json"))).collect();
    for (entry, path) in entries.iter().zip(&paths) {
        entry.write(path).unwrap();
    }
    Class::read(&paths, &mut |said| panic!("{said}")).unwrap().0
}

fn filled(table: &str, column: Option<&str>, class: &Class) -> Result<(String, String), String> {
    let (_dir, path) = file_of(table);
    let form = Form::read(&path, column).map_err(|error| error.to_string())?;
    let (table, said) = form.filled(class, Lang::En).unwrap();
    Ok((String::from_utf8(table).unwrap(), said.join("\n")))
}

const WORKSHEET: &str = "\u{feff}Identifier,\"Full name\",\"ID number\",Status,Grade,\"Maximum Grade\",\"Last modified (grade)\",\"Feedback comments\"
\"Participant 1201\",\"김 철수\",20261201,Submitted,,100.00,-,
\"Participant 1202\",\"김 철수\",20261202,Submitted,,100.00,-,\"well, done\"
\"Participant 1203\",이지은,20261203,Submitted,70.00,100.00,-,
\"Participant 1204\",박영희,20261204,Submitted,,100.00,-,
";

#[test]
fn moodles_worksheet_is_filled_in() {
    use grade::handed_in::Platform::Moodle;
    let class = class_of(&[
        entry("김 철수_1201", who(Moodle, "1201", "김 철수"), Some(60)),
        entry("김 철수_1202", who(Moodle, "1202", "김 철수"), Some(0)),
        entry("이지은_1203", who(Moodle, "1203", "이지은"), None),
        entry("박영수_1204", who(Moodle, "1204", "박영수"), Some(100)),
    ]);
    let (table, said) = filled(WORKSHEET, None, &class).unwrap();
    assert_eq!(
        table,
        "\u{feff}Identifier,Full name,ID number,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments
Participant 1201,김 철수,20261201,Submitted,60,100.00,-,failed: Sends back what came
Participant 1202,김 철수,20261202,Submitted,0,100.00,-,\"well, done\"
Participant 1203,이지은,20261203,Submitted,70.00,100.00,-,
Participant 1204,박영희,20261204,Submitted,,100.00,-,
"
    );
    assert!(said.contains("박영수_1204: not filled in: its number is 박영희's there"), "{said}");
    assert!(said.contains("moodle.csv: 2 of 3 filled in"), "{said}");
    // Of ten, and in another language: the column is said.
    let other =
        WORKSHEET.replace("100.00", "10,00").replace(",10,00,", ",\"10,00\",").replace("Grade,", "Note,");
    let other = other.replace("Identifier", "ID").replace("Maximum Grade", "Maximum grade");
    assert!(filled(&other, None, &class).unwrap_err().contains("--column"));
    let (table, said) = filled(&other, Some("Note"), &class).unwrap();
    assert!(table.contains("Submitted,6,\"10,00\""), "{table}");
    assert!(said.contains("full marks are 10 there, 100 here: scaled"), "{said}");
}

/// Where there are groups, Moodle has written theirs before the name; and a site's language has words of its own.
#[test]
fn moodles_groups_and_languages_are_no_obstacle() {
    use grade::handed_in::Platform::Moodle;
    let class = class_of(&[
        entry("1분반-김 철수_1201", who(Moodle, "1201", "1분반-김 철수"), Some(60)),
        entry("1분반-박영수_1204", who(Moodle, "1204", "1분반-박영수"), Some(70)),
    ]);
    let korean = WORKSHEET.replace("100.00", "20.00").replace("Maximum Grade", "최고 성적");
    let (table, said) = filled(&korean.replace("Grade,", "성적,"), None, &class).unwrap();
    assert!(table.contains("20261201,Submitted,12,20.00"), "{table}");
    assert!(table.contains("20261204,Submitted,,20.00"), "{table}");
    assert!(said.contains("full marks are 20 there, 100 here: scaled"), "{said}");
}

#[test]
fn a_plain_class_finds_its_rows_by_number_or_name() {
    let mut class = class_of(&[
        entry("20261202_echo.c", Who::default(), Some(60)),
        entry("이지은.c", Who::default(), Some(61)),
        entry("김철수.c", Who::default(), Some(62)),
        entry("stranger.c", Who::default(), Some(63)),
    ]);
    let (table, said) = filled(WORKSHEET, None, &class).unwrap();
    assert!(table.contains("20261202,Submitted,60,") && table.contains("20261203,Submitted,61,"), "{table}");
    assert!(table.contains("20261201,Submitted,,"), "{table}");
    assert!(said.contains("김철수.c: not filled in: it could be any of 2 there"), "{said}");
    assert!(said.contains("stranger.c: not filled in: nobody there"), "{said}");
    // Two submissions of one person: neither is chosen.
    class = class_of(&[
        entry("20261203.c", Who::default(), Some(60)),
        entry("이지은.c", Who::default(), Some(61)),
    ]);
    let (table, said) = filled(WORKSHEET, None, &class).unwrap();
    assert!(
        table.contains("20261203,Submitted,70.00,") && said.contains("one person's: 20261203.c, 이지은.c"),
        "{said}"
    );
    assert!(said.contains("0 of 2 filled in"), "{said}");
}

const GRADEBOOK: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (7),Echo server (8),Final Score
    Points Possible,,,,,10,50,(read only)
\"Hong, Gildong\",11,20261205,hong,A,9,,90
\"김, 철수\",12,20261201,kim1,A,8,3,80
\"김, 철수\",13,20261202,kim2,A,7,,70
\"Student, Test\",99,,,A,,,
";

#[test]
fn canvas_gradebook_is_filled_in() {
    use grade::handed_in::Platform::Canvas;
    let class = class_of(&[
        entry("honggildong_11", who(Canvas, "11", "honggildong"), Some(60)),
        entry("김철수_13", who(Canvas, "13", "김철수"), Some(55)),
    ]);
    let refused = filled(GRADEBOOK, None, &class).unwrap_err();
    assert!(refused.contains("Say it with --column. There are: Quiz (7), Echo server (8)"), "{refused}");
    for column in ["Echo server (8)", "Echo server"] {
        let (table, said) = filled(GRADEBOOK, Some(column), &class).unwrap();
        // Other assignments' marks, which may be others by now, are not in it.
        assert_eq!(
            table,
            "Student,ID,SIS User ID,SIS Login ID,Section,Echo server (8)
    Points Possible,,,,,50
\"Hong, Gildong\",11,20261205,hong,A,30
\"김, 철수\",12,20261201,kim1,A,3
\"김, 철수\",13,20261202,kim2,A,27.5
\"Student, Test\",99,,,A,
"
        );
        assert!(said.contains("canvas.csv: 2 of 2 filled in"), "{said}");
    }
    // Who is excused stays so.
    let excused = GRADEBOOK.replace("kim2,A,7,,", "kim2,A,7,EX,");
    let (table, said) = filled(&excused, Some("Echo server"), &class).unwrap();
    assert!(table.contains(",kim2,A,EX\n"), "{table}");
    assert!(
        said.contains("김철수_13: not filled in: excused") && said.contains("1 of 2 filled in"),
        "{said}"
    );
    // As it is exported where the decimal mark is a comma.
    let continental = GRADEBOOK.replace(',', ";").replace("; ", ", ").replace(";50;", ";50,00;");
    let (table, said) = filled(&continental, Some("Echo server"), &class).unwrap();
    assert!(table.contains(";hong;A;30\n"), "{table}");
    assert!(said.contains("full marks are 50 there"), "{said}");
}

fn grade(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grade")).args(args).env("LC_ALL", "en_US.UTF-8").output().unwrap()
}

#[test]
fn who_prints_all_that_could_be_right_or_calls_a_ready_program_is_listed() {
    let (results, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut sprays = entry("kim", Who::default(), Some(60));
    sprays.report.checks[1].prints_all = true;
    sprays.write(&results.path().join("kim.json")).unwrap();
    entry("lee", Who::default(), Some(60)).write(&results.path().join("lee.json")).unwrap();
    let mut calls = entry("park", Who::default(), Some(100));
    calls.report.ready_made = vec!["getent".into(), "socat".into()];
    calls.write(&results.path().join("park.json")).unwrap();
    let [from, to] = [results.path(), out.path()].map(|path| path.to_str().unwrap());
    let output = grade(&["report", from, "--out", to, "--lang", "en"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        said,
        "grade: prints all that could be right, look at it: 1: kim\n\
         grade: has other programs do the lab's work, look at it: 1: park (getent, socat)\n"
    );
    let page = fs::read_to_string(out.path().join("class.html")).unwrap();
    let (_, list) = page.split_once("Prints all that could be right: 1").unwrap();
    assert!(list.split_once("</ul>").unwrap().0.contains("students/kim.html"));
    let (_, list) = page.split_once("Has other programs do the lab's work: 1").unwrap();
    let (list, _) = list.split_once("</ul>").unwrap();
    assert!(list.contains("students/park.html") && list.contains(": getent, socat"), "{list}");
}

#[test]
fn a_bad_file_beside_is_said_before_anything_is_graded() {
    let (dir, out) = (folder_of(&["kim.c"]), tempfile::tempdir().unwrap());
    let (_file, bad) = file_of("id,name\n1,\n");
    let out_path = out.path().join("results");
    let [dir, bad, to] = [dir.path(), &bad, &out_path].map(|path| path.to_str().unwrap());
    for (option, said) in
        [("--roster", "line 2, column 2 (name): empty"), ("--into", "neither Moodle's grading")]
    {
        let output = grade(&["class", "tcp_echoserv", dir, "--out", to, "--unsafe", option, bad]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains(said), "{text}");
        assert!(!out_path.exists());
    }
}

#[test]
fn a_report_knows_the_roster_and_fills_in_the_form_too() {
    let (results, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    entry("20261202_echo.c", Who::default(), Some(60)).write(&results.path().join("a.json")).unwrap();
    let ((_a, roster), (_b, worksheet)) = (file_of(ROSTER), file_of(WORKSHEET));
    let [results, out_path, roster, worksheet] =
        [results.path(), out.path(), &roster, &worksheet].map(|path| path.to_str().unwrap());
    let output = grade(&["report", results, "--out", out_path, "--roster", roster, "--into", worksheet]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("handed in nothing: 3: 20261201 김철수, 20261203 이지은, 20261204 =박영희"),
        "{said}"
    );
    let table = fs::read_to_string(out.path().join("moodle.csv")).unwrap();
    assert!(table.contains("20261202,Submitted,60,"), "{table}");
}

// ---- Again, and in parts ----

#[test]
fn a_second_run_says_what_has_changed() {
    let (dir, out) = (sample::class_of(&["kim.c", "lee.c", "=park.c"]), tempfile::tempdir().unwrap());
    let run = |better: bool| {
        let grade = |path: &Path, seed| {
            let mut report = found(path, seed);
            if better {
                report.checks[0] = sample::check("listens", "", 60, Status::Failed);
                report.checks[1] = sample::check("echo", "", 30, Status::Passed);
                report.score = Some(30);
            }
            report
        };
        class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &grade).unwrap().changes
    };
    assert_eq!(run(true), [], "the first run");
    assert!(!out.path().join("changes.csv").exists());
    assert_eq!(run(false), [], "nothing was handed in again");
    fs::write(dir.path().join("=park.c"), "int main(void) { return 1; }").unwrap();
    fs::write(dir.path().join("new.c"), "int main(void) { return 2; }").unwrap();
    fs::remove_file(dir.path().join("lee.c")).unwrap();
    let one = |student: &str, old: &str, new: &str, passed: &[&str], lost: &[&str]| Change {
        student: student.into(),
        old: old.into(),
        new: new.into(),
        passed: passed.iter().map(ToString::to_string).collect(),
        lost: lost.iter().map(ToString::to_string).collect(),
    };
    let expected = [
        one("=park.c", "30", "60", &["listens"], &["echo"]),
        one("new.c", "", "60", &["listens"], &[]),
        one("lee.c", "30", "", &[], &[]),
    ];
    assert_eq!(run(false), expected);
    let table = fs::read_to_string(out.path().join("changes.csv")).unwrap();
    assert!(table.contains("\n'=park.c,30,60,listens,echo\n"), "{table}");
    let page = fs::read_to_string(out.path().join("class.html")).unwrap();
    assert!(page.contains("Changed since the last report: 3") && page.contains("30 → 60 ✔ listens ✘ echo"));
    assert_eq!(run(false), []);
}

/// Or else `report` would go on giving marks for it.
#[test]
fn what_was_withdrawn_is_no_longer_among_the_results() {
    let (dir, parts) = (sample::class_of(&["kim.c", "lee.c"]), tempfile::tempdir().unwrap());
    let out = parts.path().join("results");
    graded_to(dir.path(), &out, &options());
    fs::rename(dir.path().join("lee.c"), parts.path().join("lee.c")).unwrap();
    let (students, said) = graded_to(dir.path(), &out, &options());
    assert_eq!(students, told(&[("kim.c", &[])]));
    assert!(said.contains("no longer handed in: lee.c"), "{said}");
    let all = parts.path().join("all");
    let output = grade(&["report", out.to_str().unwrap(), "--out", all.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(": 1 of 1 graded"), "{output:?}");
    // It is not lost.
    assert_eq!(Entry::read(&out.join("withdrawn/lee.c.json")).unwrap().student, "lee.c");
    // Another part of the class is not withdrawn.
    fs::rename(parts.path().join("lee.c"), dir.path().join("lee.c")).unwrap();
    for part in ["1/2", "2/2"] {
        let shard: Option<Shard> = Some(part.parse().unwrap());
        graded_to(dir.path(), &out, &ClassOptions { shard, ..options() });
    }
    let output = grade(&["report", out.to_str().unwrap(), "--out", all.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(": 2 of 2 graded"), "{output:?}");
}

/// A run that was killed after some were graded again has still to say what has changed in all.
#[test]
fn a_run_that_was_killed_forgets_no_change() {
    let (dir, out) = (sample::class_of(&["kim.c"]), tempfile::tempdir().unwrap());
    let run = || class(&ECHO, dir.path(), out.path(), &options(), &|_| (), &found).unwrap();
    run();
    let result = out.path().join("results/kim.c.json");
    let kim = Entry::read(&result).unwrap();
    let report = Report { score: Some(90), ..kim.report.clone() };
    Entry { report, ..kim }.write(&result).unwrap();
    let Summary { kept, changes, .. } = run();
    assert_eq!((kept, changes.len(), changes[0].new.as_str()), (1, 1, "90"));
}

#[test]
fn the_parts_of_a_class_are_all_of_it_and_each_once() {
    let names: Vec<String> = (0..40).map(|n| format!("student {n}.c")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dir = sample::class_of(&names);
    let source = include_str!("submissions/tcp_echoserv/threads.c");
    fs::write(dir.path().join(names[3]), source).unwrap();
    fs::write(dir.path().join(names[4]), source.replace("server", "listener")).unwrap();
    let (parts, all) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut seen, mut sizes, mut args) = (Vec::new(), Vec::new(), vec!["report".to_string()]);
    for part in 1..=8 {
        let shard: Option<Shard> = Some(format!("{part}/8").parse().unwrap());
        let out = parts.path().join(part.to_string());
        let students = graded_to(dir.path(), &out, &ClassOptions { shard, ..options() }).0;
        // Whoever else hands in.
        fs::write(dir.path().join("late.c"), "int late;").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let again = graded_to(dir.path(), elsewhere.path(), &ClassOptions { shard, ..options() }).0;
        fs::remove_file(dir.path().join("late.c")).unwrap();
        assert!(students.keys().all(|student| again.contains_key(student)));
        sizes.push(students.len());
        seen.extend(students.into_keys());
        args.push(out.to_str().unwrap().into());
    }
    seen.sort();
    let mut expected = names.clone();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert!(sizes.iter().all(|size| *size < 20), "{sizes:?}");
    args.extend(["--out".into(), all.path().to_str().unwrap().into()]);
    let output = grade(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(String::from_utf8_lossy(&output.stdout).contains(": 40 of 40 graded"), "{output:?}");
    let similar = fs::read_to_string(all.path().join("similar.csv")).unwrap();
    assert!(similar.contains("student 3.c,student 4.c,false,1.000,1.000,"), "{similar}");
    for wrong in ["0/8", "9/8", "8", "1/0", "a/b"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
}

/// Of two students, some of eight machines have none.
#[test]
fn a_part_with_nobody_in_it_is_a_part() {
    let (dir, parts) = (sample::class_of(&["kim.c", "lee.c"]), tempfile::tempdir().unwrap());
    let mut args = vec!["report".to_string()];
    for part in 1..=8 {
        let shard: Option<Shard> = Some(format!("{part}/8").parse().unwrap());
        let out = parts.path().join(part.to_string());
        graded_to(dir.path(), &out, &ClassOptions { shard, ..options() });
        args.push(out.to_str().unwrap().into());
    }
    args.extend(["--out".into(), parts.path().join("all").to_str().unwrap().into()]);
    let output = grade(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("2 of 2 graded"),
        "{output:?}"
    );
}

/// Or else its students would be taken for such as have handed in nothing.
#[test]
fn a_part_that_is_missing_is_said() {
    let (dir, parts) = (sample::class_of(&["kim.c", "lee.c"]), tempfile::tempdir().unwrap());
    let path = |name: &str| parts.path().join(name).to_str().unwrap().to_string();
    let run = |part: &str, out: &str| {
        let shard: Option<Shard> = Some(part.parse().unwrap());
        graded_to(dir.path(), &parts.path().join(out), &ClassOptions { shard, ..options() });
    };
    let report = |folders: &[&str]| {
        let folders: Vec<String> = folders.iter().map(|name| path(name)).collect();
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let all = tempfile::tempdir().unwrap();
        let output = grade(&[&["report"][..], &folders, &["--out", all.path().to_str().unwrap()]].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for part in 1..=4 {
        run(&format!("{part}/4"), &part.to_string());
    }
    let (status, said) = report(&["1", "3", "4"]);
    assert!(status == Some(2) && said.contains("missing: part 2 of 4"), "{said}");
    assert_eq!(report(&["1", "2", "3", "4"]), (Some(0), String::new()));
    // Parts of another division are none of these.
    run("1/3", "other");
    let (status, said) = report(&["1", "2", "3", "4", "other"]);
    assert!(status == Some(2) && said.contains("missing: parts 2, 3 of 3"), "{said}");
    // One after another in one place.
    run("2/3", "other");
    run("3/3", "other");
    assert_eq!(report(&["other"]), (Some(0), String::new()));
    // And whole.
    run("1/3", "once");
    graded_to(dir.path(), &parts.path().join("once"), &options());
    assert_eq!(report(&["once"]), (Some(0), String::new()));
}
