//! A class as learning platforms hand it out, and what goes back to them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;

use grade::class::{ClassOptions, Summary, class};
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
            write!(zip, "// {name}\n").unwrap();
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
    let (seen, said) = (Mutex::new(BTreeMap::new()), Mutex::new(String::new()));
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
    let say = |line: &str| *said.lock().unwrap() += &format!("{line}\n");
    let Summary { class, .. } = class(&ECHO, dir, out, options, &say, &grade).unwrap();
    let mut seen = seen.into_inner().unwrap();
    let of = |row: &grade::results::Row| (row.student.clone(), seen.remove(&row.seed).unwrap_or_default());
    (class.rows.iter().map(of).collect(), said.into_inner().unwrap())
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
    assert!(said.contains("notes.txt: not a folder, and can't be unpacked"), "{said}");
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
