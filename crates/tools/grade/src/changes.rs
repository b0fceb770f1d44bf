//! What has changed in a class since its last report.

use std::collections::BTreeMap;
use std::io;

use crate::report::Status;
use crate::results::{Class, cell, changes_csv, status_name};
use crate::sheet::Sheet;

/// One student's marks, before and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub student: String,
    /// The marks before; empty if there were none.
    pub old: String,
    /// The marks now; empty if there are none.
    pub new: String,
    /// The checks that pass only now.
    pub passed: Vec<String>,
    /// The checks that passed only before.
    pub lost: Vec<String>,
}

/// `changes.csv`.
pub(crate) fn table(changes: &[Change]) -> io::Result<Vec<u8>> {
    let lists: Vec<[String; 2]> =
        changes.iter().map(|one| [one.passed.join(" "), one.lost.join(" ")]).collect();
    let rows = changes.iter().zip(&lists);
    changes_csv(rows.map(|(one, [passed, lost])| [&*one.student, &one.old, &one.new, passed, lost]))
}

/// Compares a class with the `class.csv` of its last report. Of another lab's there is nothing to compare.
#[must_use]
pub fn since(last: &Sheet, class: &Class) -> Vec<Change> {
    let of = |name: &str| last.header.iter().position(|column| column == name);
    let (Some(student), Some(score)) = (of("student"), of("score")) else { return Vec::new() };
    let checks: Vec<(&String, usize)> =
        class.checks.iter().filter_map(|(id, ..)| Some((id, of(id)?))).collect();
    if checks.is_empty() {
        return Vec::new();
    }
    let text = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let mut rows: BTreeMap<String, &[String]> =
        last.rows.iter().map(|(_, row)| (text(row, student), row.as_slice())).collect();
    // Who had handed in nothing.
    rows.remove("");
    let mut changes = Vec::new();
    for row in &class.rows {
        let old = rows.remove(&cell(&row.student)).unwrap_or_default();
        let new = row.marks.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut change =
            Change { student: row.student.clone(), old: text(old, score), new, passed: vec![], lost: vec![] };
        for (id, at) in &checks {
            let passes = row.checks.get(*id) == Some(&Status::Passed);
            match (text(old, *at) == status_name(Status::Passed), passes) {
                (false, true) => change.passed.push((*id).clone()),
                (true, false) => change.lost.push((*id).clone()),
                _ => {}
            }
        }
        if change.old != change.new || !change.passed.is_empty() || !change.lost.is_empty() {
            changes.push(change);
        }
    }
    let gone = |(student, row): (String, &[String])| Change {
        student,
        old: text(row, score),
        new: String::new(),
        passed: Vec::new(),
        lost: Vec::new(),
    };
    changes.extend(rows.into_iter().map(gone));
    changes
}
