//! Which of the files that a learning platform hands out are whose, by their names.
//!
//! What is known of the names is from Moodle's `mod/assign/classes/downloader.php` and Canvas' `lib/content_zipper.rb`; of
//! Blackboard's, whose source nobody sees, from what reads them: github.com/vangef/BBGradebookOrganiser, `utils/organiser.py`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use serde::{Deserialize, Serialize};

use crate::files::composed;

/// The platforms whose names are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// `Full Name_12345_assignsubmission_file_/…`, and without folders `Full Name_12345_assignsubmission_file_echo.c`.
    Moodle,
    /// `lastnamefirstname_12345_67890_echo.c`, late ones `lastnamefirstname_LATE_12345_67890_echo.c`.
    Canvas,
    /// `Assignment_username_attempt_2026-03-01-10-11-12_echo.c`, and `….txt` beside it.
    Blackboard,
}

impl Platform {
    /// What it calls itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Platform::Moodle => "Moodle",
            Platform::Canvas => "Canvas",
            Platform::Blackboard => "Blackboard",
        }
    }
}

/// Whom a platform has said a submission to be of. Of a folder's plain entry nothing is known but its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The platform whose number `id` is.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Its number of the student, in Moodle one for this assignment alone; Blackboard's is the user name. May be empty.
    #[serde(default)]
    pub id: String,
    /// As it writes the name. May be empty.
    #[serde(default)]
    pub name: String,
}

/// One student's entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    /// Unlike every other's: `Full Name_12345`; of a plain entry, its name.
    pub key: OsString,
    /// Who that is.
    pub who: Who,
    /// What was handed in.
    pub files: Vec<File>,
}

/// An entry, and what its student called it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The entry's name.
    pub entry: OsString,
    /// The student's own name for it. None: it is the entry's, or a folder that the platform has made around the files.
    pub own: Option<String>,
}

/// A class, as it was handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandedIn {
    /// Who has named the entries. None: each entry is one student's.
    pub platform: Option<Platform>,
    /// In the order of their keys.
    pub students: Vec<Student>,
    /// What an instructor must know of it.
    pub notes: Vec<String>,
}

/// What one name says.
#[derive(Debug)]
struct Named {
    /// What is the same in all entries of one student.
    whose: String,
    who: Who,
    own: Option<String>,
    /// Canvas' number of the file, which no other has.
    number: String,
    /// Of several attempts the greatest counts.
    attempt: String,
    /// Written by the platform, or typed into it: counts only where there is nothing else.
    aside: bool,
}

/// Finds out who has named the entries, and which are whose. All must be named so, but for one in ten; else each is one
/// student's, whatever some of them look like.
#[must_use]
pub fn recognise(entries: &[OsString]) -> HandedIn {
    let mut notes = Vec::new();
    for (platform, parse) in [
        (Platform::Moodle, moodle as fn(&str) -> Option<Named>),
        (Platform::Blackboard, blackboard),
        (Platform::Canvas, canvas),
    ] {
        let named: Vec<Option<Named>> =
            entries.iter().map(|entry| parse(&composed(entry.to_str()?))).collect();
        let fit = named.iter().flatten().count();
        if fit > 0 && (entries.len() - fit) * 10 <= entries.len() && consistent(platform, &named) {
            return grouped(platform, entries, named);
        }
        if fit * 2 > entries.len() {
            notes.push(format!(
                "{fit} of {} entries look as if {} had named them, but not all: each is taken for one student's",
                entries.len(),
                platform.name()
            ));
        }
    }
    let plain = |entry: &OsString| Student {
        key: entry.clone(),
        who: Who::default(),
        files: vec![File { entry: entry.clone(), own: None }],
    };
    HandedIn { platform: None, students: entries.iter().map(plain).collect(), notes }
}

/// Canvas' names have nothing of its own in them but two numbers, which a class that has agreed on names may have, too
/// (`echo_2026_20261234_kim.c`). In Canvas no two files have one number, no student two names, and a class has not all the same.
fn consistent(platform: Platform, named: &[Option<Named>]) -> bool {
    if platform != Platform::Canvas {
        return true;
    }
    let all = || named.iter().flatten();
    let mut numbers = BTreeSet::new();
    let all_differ = all().filter(|one| !one.number.is_empty()).all(|one| numbers.insert(&one.number));
    let mut name_of = BTreeMap::new();
    let one_name = all().all(|one| *name_of.entry(&one.who.id).or_insert(&one.who.name) == &one.who.name);
    let different: BTreeSet<&String> = all().map(|one| &one.who.name).collect();
    all_differ && one_name && (different.len() > 1 || all().count() == 1)
}

fn grouped(platform: Platform, entries: &[OsString], named: Vec<Option<Named>>) -> HandedIn {
    let mut notes = Vec::new();
    let mut of: BTreeMap<String, Vec<(Named, OsString)>> = BTreeMap::new();
    let mut keys: BTreeSet<OsString> = BTreeSet::new();
    let mut students = Vec::new();
    for (entry, named) in entries.iter().zip(named) {
        if let Some(named) = named {
            of.entry(named.whose.clone()).or_default().push((named, entry.clone()));
        } else {
            notes.push(format!(
                "{}: not named as {} names files; taken for one student's",
                entry.display(),
                platform.name()
            ));
            keys.insert(entry.clone());
            let files = vec![File { entry: entry.clone(), own: None }];
            students.push(Student { key: entry.clone(), who: Who::default(), files });
        }
    }
    let users = if platform == Platform::Blackboard { user_names(of.keys()) } else { BTreeMap::new() };
    for (whose, mut files) in of {
        let last = files.iter().map(|(named, _)| named.attempt.clone()).max().unwrap_or_default();
        let before: BTreeSet<String> =
            files.iter().map(|(named, _)| named.attempt.clone()).filter(|attempt| *attempt != last).collect();
        files.retain(|(named, _)| named.attempt == last);
        if files.iter().any(|(named, _)| !named.aside) {
            files.retain(|(named, _)| !named.aside);
        }
        let mut who = files.first().map(|(named, _)| named.who.clone()).unwrap_or_default();
        if let Some(user) = users.get(&whose) {
            who.id.clone_from(user);
        }
        let parts: Vec<&str> =
            [who.name.as_str(), who.id.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let mut key = OsString::from(parts.join("_"));
        while !keys.insert(key.clone()) {
            key.push("_");
        }
        if !before.is_empty() {
            let (key, before) = (key.display(), before.len());
            notes.push(format!("{key}: the last attempt counts, {last}; earlier ones left out: {before}"));
        }
        let own = own_names(platform, &files);
        let files = files.into_iter().zip(own).map(|((_, entry), own)| File { entry, own }).collect();
        students.push(Student { key, who, files });
    }
    students.sort_by(|one, other| one.key.cmp(&other.key));
    HandedIn { platform: Some(platform), students, notes }
}

/// The names of one student's files as the student gave them. Canvas appends `-1` to one that was handed in again.
fn own_names(platform: Platform, files: &[(Named, OsString)]) -> Vec<Option<String>> {
    let plain: Vec<Option<String>> = files.iter().map(|(named, _)| named.own.clone()).collect();
    if platform != Platform::Canvas {
        return plain;
    }
    let first: Vec<Option<String>> = plain.iter().map(|own| own.as_deref().map(first_name)).collect();
    let different: BTreeSet<&Option<String>> = first.iter().collect();
    if different.len() == first.len() { first } else { plain }
}

/// `echo.c` of `echo-1.c`.
fn first_name(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').map_or((name, ""), |(stem, _)| (stem, &name[stem.len()..]));
    match stem.rsplit_once('-') {
        Some((stem, number)) if !stem.is_empty() && is_number(number) => format!("{stem}{ending}"),
        _ => name.into(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a student has called a file, if it can be called so.
fn file_name(text: &str) -> Option<String> {
    (!text.is_empty() && text != "." && text != "..").then(|| text.into())
}

/// Moodle has no `_` in a name; who is in no group, and hands in for one, has no number.
fn moodle(entry: &str) -> Option<Named> {
    let (whose, rest) = entry.split_once("_assignsubmission_")?;
    let (kind, own) = rest.split_once('_').unwrap_or((rest, ""));
    let (name, id) = whose.rsplit_once('_').filter(|(_, id)| is_number(id)).unwrap_or((whose, ""));
    (!name.is_empty()).then(|| Named {
        whose: whose.into(),
        who: Who { platform: Some(Platform::Moodle), id: id.into(), name: name.into() },
        own: file_name(own),
        number: String::new(),
        attempt: String::new(),
        aside: kind != "file",
    })
}

/// Canvas writes names small and without spaces. Anonymous ones are `anon` and five letters and digits.
fn canvas(entry: &str) -> Option<Named> {
    let parts: Vec<&str> = entry.split('_').collect();
    let typed = |at: usize| parts.len() == at + 2 && ["text.html", "link.html"].contains(&parts[at + 1]);
    let uploaded = |at: usize| parts.len() > at + 2 && is_number(parts[at + 1]);
    let is_id = |at: usize| is_number(parts[at]) || parts[at - 1] == "anon" && parts[at].len() == 5;
    let at = (1..parts.len()).find(|at| is_id(*at) && (typed(*at) || uploaded(*at)))?;
    let name: Vec<&str> = parts[..at].iter().copied().filter(|part| *part != "LATE").collect();
    let name = name.join("_");
    if name.is_empty()
        || name != name.to_lowercase()
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return None;
    }
    let aside = typed(at);
    let own = if aside { parts[at + 1].into() } else { parts[at + 2..].join("_") };
    Some(Named {
        whose: format!("{name}_{}", parts[at]),
        who: Who { platform: Some(Platform::Canvas), id: parts[at].into(), name },
        own: file_name(&own),
        number: if aside { String::new() } else { parts[at + 1].into() },
        attempt: String::new(),
        aside,
    })
}

/// `Assignment_username` says whose it is; where one ends and the other begins, [`user_names`] tells.
fn blackboard(entry: &str) -> Option<Named> {
    const MARK: &str = "_attempt_";
    const TIME: &str = "0000-00-00-00-00-00";
    let is_time = |text: &str| {
        let same =
            |(byte, pattern): (u8, u8)| if pattern == b'0' { byte.is_ascii_digit() } else { byte == pattern };
        text.len() == TIME.len() && text.bytes().zip(TIME.bytes()).all(same)
    };
    entry.match_indices(MARK).find_map(|(at, _)| {
        let (whose, rest) = (&entry[..at], &entry[at + MARK.len()..]);
        let (attempt, rest) = rest.split_at_checked(TIME.len()).filter(|(time, _)| is_time(time))?;
        let own = rest.strip_prefix('_');
        (whose.contains('_') && (own.is_some() || [".txt", ""].contains(&rest))).then(|| Named {
            whose: whose.into(),
            who: Who { platform: Some(Platform::Blackboard), ..Who::default() },
            own: own.and_then(file_name),
            number: String::new(),
            attempt: attempt.into(),
            aside: rest == ".txt",
        })
    })
}

/// The user name in each `Assignment_username`: behind the last `_`; if two were the same then, behind what all of them share.
fn user_names<'a>(all: impl Iterator<Item = &'a String> + Clone) -> BTreeMap<String, String> {
    let behind = |whose: &str| whose.rsplit('_').next().unwrap_or(whose).to_string();
    let users: BTreeSet<String> = all.clone().map(|whose| behind(whose)).collect();
    if users.len() == all.clone().count() {
        return all.map(|whose| (whose.clone(), behind(whose))).collect();
    }
    let mut shared = all.clone().next().cloned().unwrap_or_default();
    while !all.clone().all(|whose| whose.starts_with(&shared)) || !shared.ends_with('_') && !shared.is_empty()
    {
        shared.pop();
    }
    all.map(|whose| (whose.clone(), whose[shared.len()..].to_string())).collect()
}

/// Is an entry of a folder or archive something that was handed in? Hidden ones are not, nor what macOS and
/// Windows add on their own.
#[must_use]
pub fn counts(entry: &OsStr) -> bool {
    !entry.as_encoded_bytes().starts_with(b".")
        && ["__MACOSX", "Thumbs.db", "desktop.ini"].iter().all(|system| entry != *system)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn of(entries: &[&str]) -> HandedIn {
        recognise(&entries.iter().map(OsString::from).collect::<Vec<_>>())
    }

    /// Key, number, name, and the files as their students called them.
    fn told(handed_in: &HandedIn) -> Vec<(String, &str, &str, Vec<&str>)> {
        fn told(one: &Student) -> (String, &str, &str, Vec<&str>) {
            let own = one.files.iter().map(|file| file.own.as_deref().unwrap_or("/")).collect();
            (one.key.to_str().unwrap().to_string(), &*one.who.id, &*one.who.name, own)
        }
        handed_in.students.iter().map(told).collect()
    }

    #[test]
    fn moodles_folders_and_files_are_its_students() {
        for ending in ["_", ""] {
            let handed_in = of(&[
                &format!("김 철수_1201_assignsubmission_file{ending}"),
                &format!("김 철수_1202_assignsubmission_file{ending}"),
                &format!("김 철수_1202_assignsubmission_onlinetext{ending}"),
            ]);
            assert_eq!(handed_in.platform, Some(Platform::Moodle));
            let expected = [("김 철수_1201", "1201"), ("김 철수_1202", "1202")]
                .map(|(key, id)| (key.to_string(), id, "김 철수", vec!["/"]));
            assert_eq!(told(&handed_in), expected);
        }
        let flat = of(&[
            "Kim Lee_7_assignsubmission_file_echo.c",
            "Kim Lee_7_assignsubmission_file_my_echo.h",
            "Team 3_assignsubmission_file_Makefile",
        ]);
        assert_eq!(
            told(&flat),
            [
                ("Kim Lee_7".into(), "7", "Kim Lee", vec!["echo.c", "my_echo.h"]),
                ("Team 3".into(), "", "Team 3", vec!["Makefile"])
            ]
        );
    }

    #[test]
    fn canvas_files_are_its_students() {
        let handed_in = of(&[
            "honggildong_LATE_11_901_echo.c",
            "honggildong_LATE_11_902_Makefile-2",
            "김철수_12_903_tcp_1_2_echo-1.c",
            "김철수_13_904_lab.tar.gz",
            "lee_14_text.html",
            "anon_a1B2c_905_x.c",
        ]);
        assert_eq!(handed_in.platform, Some(Platform::Canvas));
        assert_eq!(
            told(&handed_in),
            [
                ("anon_a1B2c".into(), "a1B2c", "anon", vec!["x.c"]),
                ("honggildong_11".into(), "11", "honggildong", vec!["echo.c", "Makefile"]),
                ("lee_14".into(), "14", "lee", vec!["text.html"]),
                ("김철수_12".into(), "12", "김철수", vec!["tcp_1_2_echo.c"]),
                ("김철수_13".into(), "13", "김철수", vec!["lab.tar.gz"]),
            ]
        );
        // Where both are there, both keep their names.
        let both = of(&["a_1_1_x.c", "a_1_2_x-1.c", "b_2_3_y.c"]);
        assert_eq!(told(&both)[0].3, ["x.c", "x-1.c"]);
    }

    #[test]
    fn of_blackboards_attempts_the_last_counts() {
        let handed_in = of(&[
            "Lab 1_kim_attempt_2026-03-01-10-11-12.txt",
            "Lab 1_kim_attempt_2026-03-01-10-11-12_old.c",
            "Lab 1_kim_attempt_2026-03-02-09-00-00.txt",
            "Lab 1_kim_attempt_2026-03-02-09-00-00_new.c",
            "Lab 1_kim_attempt_2026-03-02-09-00-00_my_attempt_.h",
            "Lab 1_20261234_attempt_2026-03-02-09-00-00.txt",
        ]);
        assert_eq!(handed_in.platform, Some(Platform::Blackboard));
        assert_eq!(
            told(&handed_in),
            [
                ("20261234".into(), "20261234", "", vec!["/"]),
                ("kim".into(), "kim", "", vec!["new.c", "my_attempt_.h"])
            ]
        );
        assert_eq!(
            handed_in.notes,
            ["kim: the last attempt counts, 2026-03-02-09-00-00; earlier ones left out: 1"]
        );
        let alike =
            ["Lab_1_kim_a", "Lab_1_lee_a"].map(|whose| format!("{whose}_attempt_2026-03-02-09-00-00_x.c"));
        let alike = of(&[&alike[0], &alike[1]]);
        assert_eq!(told(&alike).into_iter().map(|one| one.1).collect::<Vec<_>>(), ["kim_a", "lee_a"]);
    }

    #[test]
    fn a_name_that_merely_looks_so_is_one_student() {
        for plain in [
            &["kim_1_2_echo.c", "lee.c", "park.c"][..],
            // A class that has agreed on names: one year, one section.
            &["echo_2026_20261234_kim.c", "echo_2026_20261235_lee.c"],
            &["kim_2026_1_echo.c", "lee_2026_1_echo.c"],
            &["Kim_2026_1_echo.c", "Lee_2026_2_echo.c"],
            &["lab_attempt_1_x.c", "lab_attempt_2_x.c"],
            &["x_attempt_2026-03-01_a.c", "_1_2_3"],
            &["kim.zip", "lee.zip"],
        ] {
            let handed_in = of(plain);
            assert_eq!(handed_in.platform, None, "{plain:?}");
            let keys: Vec<&OsString> = handed_in.students.iter().map(|one| &one.key).collect();
            assert_eq!(keys, plain.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_fits_not_is_said() {
        let mut entries: Vec<String> = (0..10).map(|n| format!("K_{n}_assignsubmission_file_")).collect();
        entries.push("K_3".into());
        let named: Vec<&str> = entries.iter().map(String::as_str).collect();
        let handed_in = of(&named);
        assert_eq!((handed_in.platform, handed_in.students.len()), (Some(Platform::Moodle), 11));
        assert_eq!(handed_in.notes, ["K_3: not named as Moodle names files; taken for one student's"]);
        let keys: BTreeSet<&OsString> = handed_in.students.iter().map(|one| &one.key).collect();
        assert_eq!(keys.len(), 11, "two students have one key: {keys:?}");
        // One in three is too many.
        let mixed = of(&[named[0], named[1], "lee.c"]);
        assert_eq!((mixed.platform, mixed.students.len(), mixed.notes.len()), (None, 3, 1));
    }
}
