//! What a class's results are kept in, how results of several runs become one, and the tables made of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::DateTime;
use labs::words::Lang;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::files::{in_the_way, write_whole};
use crate::handed_in::Who;
use crate::report::{Report, Status};
use crate::roster::{Found, Person, Roster};
use crate::sheet::BOM;
use crate::similar::{Pair, Prints, Submission};
use crate::told::{marks, visible};

/// A student's result file: the report as `--format json` has it, and what a later run must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The name of the submission's file or folder, as text (see [`student_name`]). In a report that `check` wrote: none.
    #[serde(default)]
    pub student: String,
    /// What the platform has said of the student.
    #[serde(default)]
    pub who: Who,
    /// Of the submission's bytes: the same submission is not graded twice. Empty: unknown.
    #[serde(default)]
    pub digest: String,
    /// Which grader has graded it: another one may give other marks. None: unknown.
    #[serde(default)]
    pub grader: Option<String>,
    /// What grading has found.
    #[serde(flatten)]
    pub report: Report,
    /// What `similar` compares.
    #[serde(default)]
    pub prints: Prints,
}

impl Entry {
    /// Reads a result file. Errors name the path.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path).map_err(|error| in_the_way(path, &error))?;
        let entry: Self = serde_json::from_slice(&bytes).map_err(|error| {
            io::Error::other(format!("{}: not a result of grade: {error}", path.display()))
        })?;
        let student = if entry.student.is_empty() { entry.report.submission.clone() } else { entry.student };
        Ok(Entry { student, ..entry })
    }

    /// Writes it whole or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, (serde_json::to_string_pretty(self)? + "\n").as_bytes())
    }
}

/// A file's name as text: bytes that are no UTF-8 as `\xff`, a backslash doubled; so no two names become one.
#[must_use]
pub fn student_name(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text += &chunk.valid().replace('\\', "\\\\");
        for byte in chunk.invalid() {
            text.extend(["\\x", &format!("{byte:02x}")]);
        }
    }
    text
}

/// A name for a student's files: itself where that is harmless (letters and digits of any script, `-`, `_`, `.`, nothing in
/// capitals, which some file systems don't tell apart), else made so, and told apart by `~`, which no harmless name has, and
/// a digest. No separator, no leading dot, no more than a file system takes.
#[must_use]
pub fn file_stem(student: &str) -> String {
    let harmless = |(at, c): (usize, char)| {
        if c.is_alphanumeric() || matches!(c, '-' | '_') || c == '.' && at > 0 { c } else { '_' }
    };
    let stem: String = student.char_indices().map(harmless).take(50).collect();
    if stem == student && stem == stem.to_lowercase() && !stem.is_empty() {
        stem
    } else {
        // So long that nobody finds a name with another's digest.
        format!("{stem}~{}", &hex(&Sha256::digest(student))[..32])
    }
}

/// Bytes as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// One student's row in a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose.
    pub student: String,
    /// What the platform has said of the student.
    pub who: Who,
    /// Who that is in the roster, if there is one.
    pub person: Option<Person>,
    /// The stem of the student's page: `students/STEM.html`.
    pub stem: String,
    /// The marks; or why there are none.
    pub marks: Result<u32, String>,
    /// Each check's id and what became of it.
    pub checks: BTreeMap<String, Status>,
    /// A check found that it prints all that could be right.
    pub prints_all: bool,
    /// [`Report::ready_made`]
    pub ready_made: Vec<String>,
    /// Repeats the run.
    pub seed: u64,
    /// How the submission was shut in.
    pub tier: String,
    /// RFC 3339, UTC.
    pub graded_at: String,
}

/// A class in numbers: everything but the messages, which stay in the result files.
#[derive(Debug, Default)]
pub struct Class {
    /// `tcp_echoserv`
    pub lab: String,
    /// What a submission can get.
    pub max_score: u32,
    /// In the order of their names.
    pub rows: Vec<Row>,
    /// Id, title and points of each check, in the lab's order.
    pub checks: Vec<(String, String, u32)>,
    /// Who of the roster is missing, and who isn't in it; None: there is no roster.
    pub attendance: Option<Attendance>,
    /// What `similar` compares.
    pub submissions: Vec<Submission>,
    /// Where each row's entry is.
    pub files: Vec<PathBuf>,
}

/// A class beside its roster.
#[derive(Clone, Debug, Default)]
pub struct Attendance {
    /// Who has handed in nothing. That is no mark: what it means is the instructor's to say.
    pub absent: Vec<Person>,
    /// Submissions that are nobody's of the roster; or could be of each of these, and nothing says whose.
    pub unlisted: Vec<(String, Vec<Person>)>,
    /// Who has handed in more than one.
    pub twice: Vec<(Person, Vec<String>)>,
}

impl Class {
    /// Finds out who of the roster is who.
    pub fn call(&mut self, roster: &Roster) {
        let mut attendance = Attendance::default();
        let mut of: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut unclear = BTreeSet::new();
        let person = |at: &usize| roster.0[*at].clone();
        for row in &mut self.rows {
            let candidates = match roster.find(&row.student, &row.who) {
                Found::One(at) => {
                    row.person = Some(person(&at));
                    of.entry(at).or_default().push(row.student.clone());
                    continue;
                }
                Found::Unclear(all) => all,
                Found::Nobody => Vec::new(),
            };
            unclear.extend(candidates.iter().copied());
            attendance.unlisted.push((row.student.clone(), candidates.iter().map(person).collect()));
        }
        let absent = (0..roster.0.len()).filter(|at| !of.contains_key(at) && !unclear.contains(at));
        attendance.absent = absent.map(|at| person(&at)).collect();
        let twice = of.into_iter().filter(|(_, students)| students.len() > 1);
        attendance.twice = twice.map(|(at, students)| (person(&at), students)).collect();
        self.attendance = Some(attendance);
    }

    /// The marks there are.
    pub fn scores(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().filter_map(|row| row.marks.as_ref().ok().copied())
    }

    /// Reads result files, one at a time. The same student twice: the later `graded_at` is kept, and `said` is told.
    /// Files that cannot be read are told too and counted. Two labs are an error: their marks are no one's sum.
    pub fn read(files: &[PathBuf], said: &mut dyn FnMut(String)) -> io::Result<(Self, usize)> {
        let mut class = Class::default();
        let mut first = None;
        let mut unreadable = 0;
        let mut of_student: BTreeMap<String, (PathBuf, Row, Submission)> = BTreeMap::new();
        for file in files {
            let entry = match Entry::read(file) {
                Ok(entry) => entry,
                Err(error) => {
                    said(error.to_string());
                    unreadable += 1;
                    continue;
                }
            };
            let report = &entry.report;
            let first = first.get_or_insert_with(|| file.clone());
            if class.lab.is_empty() {
                class.lab.clone_from(&report.lab);
            } else if class.lab != report.lab {
                let (one, other) = (first.display(), file.display());
                return Err(io::Error::other(format!(
                    "results of two labs: {} ({one}) and {} ({other}); make a report of each",
                    class.lab, report.lab
                )));
            }
            class.max_score = class.max_score.max(report.max_score);
            if report.checks.len() > class.checks.len() {
                let columns = report.checks.iter().map(|c| (c.id.clone(), c.title.clone(), c.points));
                class.checks = columns.collect();
            }
            let row = row(&entry);
            if let Some((other, kept, _)) = of_student.get(&entry.student) {
                let later = time(&row.graded_at) > time(&kept.graded_at);
                let (kept, left) = if later { (file, other) } else { (other, file) };
                let (kept, left) = (kept.display(), left.display());
                said(format!("{}: twice; kept the later one, {kept}, and left {left}", entry.student));
                if !later {
                    continue;
                }
            }
            let Entry { student, digest, prints, .. } = entry;
            let submission = Submission { student: student.clone(), digest, prints };
            of_student.insert(student, (file.clone(), row, submission));
        }
        for (file, row, submission) in of_student.into_values() {
            class.files.push(file);
            class.rows.push(row);
            class.submissions.push(submission);
        }
        Ok((class, unreadable))
    }
}

fn row(entry: &Entry) -> Row {
    let report = &entry.report;
    Row {
        student: entry.student.clone(),
        who: entry.who.clone(),
        person: None,
        stem: file_stem(&entry.student),
        marks: marks(report),
        checks: report.checks.iter().map(|check| (check.id.clone(), check.status)).collect(),
        prints_all: report.checks.iter().any(|check| check.prints_all),
        ready_made: report.ready_made.clone(),
        seed: report.seed,
        tier: report.tier.name().into(),
        graded_at: report.graded_at.clone(),
    }
}

/// An instant that can be compared; of what is no time, the earliest.
fn time(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).map_or(i64::MIN, |time| time.timestamp_micros())
}

/// The result files of a folder that `class` wrote, or of any folder of such files; or one file.
pub fn files(results: &Path) -> io::Result<Vec<PathBuf>> {
    let at = |error: io::Error| in_the_way(results, &error);
    if fs::metadata(results).map_err(at)?.is_file() {
        return Ok(vec![results.to_path_buf()]);
    }
    let inside = results.join("results");
    let folder = if inside.is_dir() { inside } else { results.to_path_buf() };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    // Nobody may be in a part of a class.
    if files.is_empty() && folder == results {
        return Err(io::Error::other(format!("{}: no result files (*.json) in it", folder.display())));
    }
    Ok(files)
}

/// A table for a spreadsheet, which takes no cell of it for a formula, and Korean for Korean.
fn table() -> csv::Writer<Vec<u8>> {
    csv::Writer::from_writer(BOM.as_bytes().to_vec())
}

fn written(table: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    table.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// `class.csv`: a row a student. With a roster it says who that is, and has a row without marks for each who is missing.
pub fn class_csv(class: &Class, lang: Lang) -> io::Result<Vec<u8>> {
    let mut csv = table();
    let listed = |person: Option<&Person>| -> Vec<String> {
        let [id, name] = person.map_or(["", ""], |person| [person.id(), &person.name]);
        if class.attendance.is_some() { vec![cell(id), cell(name)] } else { Vec::new() }
    };
    let checks = class.checks.iter().map(|(id, ..)| id.as_str());
    let start = if class.attendance.is_some() { &["student", "id", "name"][..] } else { &["student"] };
    let header = start.iter().copied().chain(["score", "max_score"]).chain(checks);
    csv.write_record(header.chain(["seed", "tier", "graded_at", "error"]).map(cell))?;
    for row in &class.rows {
        let (score, error) = match &row.marks {
            Ok(score) => (score.to_string(), ""),
            Err(why) => (String::new(), why.as_str()),
        };
        let mut record = [vec![cell(&row.student)], listed(row.person.as_ref())].concat();
        record.extend([score, class.max_score.to_string()]);
        record.extend(
            class.checks.iter().map(|(id, ..)| {
                row.checks.get(id).map_or(String::new(), |status| status_name(*status).into())
            }),
        );
        record.extend([row.seed.to_string(), cell(&row.tier), cell(&row.graded_at), cell(error)]);
        csv.write_record(record)?;
    }
    for person in class.attendance.iter().flat_map(|attendance| &attendance.absent) {
        let mut record = [vec![String::new()], listed(Some(person))].concat();
        record.extend([String::new(), class.max_score.to_string()]);
        record.resize(record.len() + class.checks.len() + 3, String::new());
        record.push(lang.of("제출하지 않음", "not handed in").into());
        csv.write_record(record)?;
    }
    written(csv)
}

/// `changes.csv`: a row a student whose marks or checks are others than in the last report.
pub(crate) fn changes_csv<'a>(changes: impl Iterator<Item = [&'a str; 5]>) -> io::Result<Vec<u8>> {
    let mut csv = table();
    csv.write_record(["student", "old_score", "score", "passes_now", "passed_before"])?;
    for change in changes {
        csv.write_record(change.map(cell))?;
    }
    written(csv)
}

/// `similar.csv`: a row a pair.
pub fn similar_csv(pairs: &[Pair]) -> io::Result<Vec<u8>> {
    let mut csv = table();
    csv.write_record([
        "student",
        "other",
        "identical",
        "containment",
        "jaccard",
        "shared_fingerprints",
        "longest_in_student",
        "longest_in_other",
    ])?;
    for pair in pairs {
        let [one, other] = &pair.students;
        let part = |part: f64| format!("{part:.3}");
        let longest =
            |of: usize| pair.longest.as_ref().map_or(String::new(), |places| cell(&places[of].to_string()));
        csv.write_record([
            cell(one),
            cell(other),
            pair.identical.to_string(),
            part(pair.containment),
            part(pair.jaccard),
            pair.shared.to_string(),
            longest(0),
            longest(1),
        ])?;
    }
    written(csv)
}

/// Text that a spreadsheet leaves alone: OWASP, "CSV Injection".
pub(crate) fn cell(text: &str) -> String {
    let text = visible(text);
    let formula = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if text.starts_with(['\t', '\n']) || text.trim_start().starts_with(formula) {
        format!("'{text}")
    } else {
        text
    }
}

/// `passed`, as in JSON.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
        Status::Error => "error",
    }
}
