//! Who is in a class: the roster, and whose of it a submission is.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::files::composed;
use crate::handed_in::{Platform, Who};
use crate::sheet::Sheet;

/// Somebody in a class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Numbers and user names that are this person's alone; the first is shown.
    pub ids: Vec<String>,
    /// The name.
    pub name: String,
}

impl Person {
    /// The number that is shown.
    #[must_use]
    pub fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }
}

/// All who are in a class.
#[derive(Clone, Debug, Default)]
pub struct Roster(pub Vec<Person>);

/// Whose a submission is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This one's.
    One(usize),
    /// One of these has handed it in, and nothing says who: two of one name.
    Unclear(Vec<usize>),
    /// Nobody's here.
    Nobody,
}

impl Roster {
    /// Reads a roster: a table with the columns `id` (학번) and `name` (이름). Errors name line and column.
    pub fn read(path: &Path) -> io::Result<Self> {
        let sheet = Sheet::read(path)?;
        Self::of(&sheet).map_err(|why| io::Error::other(format!("{}: {why}", path.display())))
    }

    fn of(sheet: &Sheet) -> Result<Self, String> {
        let column = |names: &[&str]| {
            sheet.column(names).ok_or_else(|| {
                format!(
                    "line 1: no column `{}`; there are: {}",
                    names.join("` or `"),
                    sheet.header.join(", ")
                )
            })
        };
        let (id, name) = (column(&["id", "학번"])?, column(&["name", "이름"])?);
        let mut people: Vec<Person> = Vec::new();
        let mut first: BTreeMap<String, u64> = BTreeMap::new();
        for (line, row) in &sheet.rows {
            let cell = |column: usize| {
                let place =
                    || format!("line {line}, column {} ({})", column + 1, sheet.header[column].trim());
                let text = row.get(column).map_or("", |cell| cell.trim());
                if text.is_empty() {
                    Err(format!("{}: empty", place()))
                } else {
                    Ok((text.to_string(), place()))
                }
            };
            if row.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let ((id, place), (name, _)) = (cell(id)?, cell(name)?);
            if let Some(first) = first.insert(id.clone(), *line) {
                return Err(format!("{place}: {id} is in line {first}, too"));
            }
            people.push(Person { ids: vec![id], name });
        }
        if people.is_empty() { Err("nobody in it".into()) } else { Ok(Roster(people)) }
    }

    /// Finds out whose a submission is: by a number in its name, else by the name, if no other has it. A number and a name
    /// of two people are nobody's.
    #[must_use]
    pub fn find(&self, student: &str, who: &Who) -> Found {
        // A platform's own number is none of the roster's, but Blackboard's is the user name.
        let text = match who.platform {
            Some(Platform::Moodle | Platform::Canvas) => &who.name,
            Some(Platform::Blackboard) => &who.id,
            None => student,
        };
        let all = || self.0.iter().enumerate();
        let numbered: Vec<usize> =
            all().filter(|(_, one)| one.ids.iter().any(|id| has(text, id))).map(|(at, _)| at).collect();
        let lengths = all().filter_map(|(at, one)| Some((named(text, &one.name)?, at)));
        let lengths: Vec<(usize, usize)> = lengths.collect();
        // Of `Kim Lee` and `Kim Lee Park` it is the longer, if both are there.
        let longest = lengths.iter().map(|(length, _)| *length).max();
        let named: Vec<usize> =
            lengths.into_iter().filter(|(length, _)| Some(*length) == longest).map(|(_, at)| at).collect();
        let both: Vec<usize> = numbered.iter().copied().filter(|at| named.contains(at)).collect();
        match (&both[..], &numbered[..], &named[..]) {
            ([one], ..) | ([], [one], []) | ([], [], [one]) => Found::One(*one),
            ([], [], []) => Found::Nobody,
            ([], numbered, named) => Found::Unclear([numbered, named].concat()),
            (both, ..) => Found::Unclear(both.to_vec()),
        }
    }
}

/// Is a name in a text, whichever part comes first, however it is spaced?
#[must_use]
pub fn has_name(text: &str, name: &str) -> bool {
    named(text, name).is_some() || orders(text).contains(&words(name).concat())
}

/// Is this number or user name in a text, and not a part of a longer one?
fn has(text: &str, id: &str) -> bool {
    let (text, id) = (plain(text), plain(id));
    let digits = id.chars().all(|c| c.is_ascii_digit());
    let longer = |c: char| if digits { c.is_ascii_digit() } else { c.is_alphanumeric() };
    !id.is_empty()
        && text
            .match_indices(&id)
            .any(|(at, _)| !text[..at].ends_with(longer) && !text[at + id.len()..].starts_with(longer))
}

/// How long a name is that is in a text as words of it, in any order; None if it isn't there.
fn named(text: &str, name: &str) -> Option<usize> {
    let (words, orders) = (words(text), orders(name));
    let mut runs = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| from..to));
    runs.find(|run| orders.contains(&words[run.clone()].concat()))
        .and_then(|_| orders.first().map(String::len))
}

/// A name's words as one, whichever comes first: Canvas has `honggildong` for `Gildong Hong`.
fn orders(name: &str) -> Vec<String> {
    let mut words = words(name);
    let mut all = Vec::new();
    for _ in 0..words.len() {
        all.push(words.concat());
        words.rotate_left(1);
    }
    all
}

/// The words of letters, small.
fn words(text: &str) -> Vec<String> {
    let text = plain(text);
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(String::from).collect()
}

fn plain(text: &str) -> String {
    composed(text).to_lowercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn roster(people: &[(&str, &str)]) -> Roster {
        let person = |(id, name): &(&str, &str)| Person { ids: vec![(*id).into()], name: (*name).into() };
        Roster(people.iter().map(person).collect())
    }

    #[test]
    fn a_submission_is_somebodys_by_number_or_name() {
        let class = roster(&[
            ("20261201", "김철수"),
            ("20261202", "김철수"),
            ("20261203", "Hong, Gildong"),
            ("20261204", "이지은"),
            ("kim.cs", "박 영희"),
        ]);
        let plain = |name: &str| class.find(name, &Who::default());
        assert_eq!(plain("20261201_김철수.c"), Found::One(0));
        assert_eq!(plain("20261202김철수"), Found::One(1));
        assert_eq!(plain("김철수.c"), Found::Unclear(vec![0, 1]));
        assert_eq!(plain("gildong hong.zip"), Found::One(2));
        assert_eq!(plain("이지은.c"), Found::One(3));
        assert_eq!(
            plain("\u{110b}\u{1175}\u{110c}\u{1175}\u{110b}\u{1173}\u{11ab}.c"),
            Found::One(3),
            "macOS"
        );
        assert_eq!(plain("박영희"), Found::One(4));
        assert_eq!(plain("KIM.CS.zip"), Found::One(4));
        assert_eq!(plain("120261204"), Found::Nobody, "a longer number");
        assert_eq!(plain("이지은별.c"), Found::Nobody, "a longer name");
        assert_eq!(plain("20261204_박영희.c"), Found::Unclear(vec![3, 4]), "one's number, another's name");
        let of = |platform, id: &str, name: &str| {
            class.find("x", &Who { platform: Some(platform), id: id.into(), name: name.into() })
        };
        assert_eq!(of(Platform::Canvas, "20261204", "honggildong"), Found::One(2), "Canvas' own number");
        assert_eq!(of(Platform::Moodle, "7", "이지은"), Found::One(3));
        assert_eq!(of(Platform::Blackboard, "20261204", ""), Found::One(3));
    }

    #[test]
    fn of_two_names_the_longer_is_meant() {
        let class = roster(&[("1", "Kim Lee"), ("2", "Kim Lee Park")]);
        assert_eq!(class.find("Kim Lee Park.c", &Who::default()), Found::One(1));
        assert!(has_name("honggildong", "Hong, Gildong") && has_name("Gildong Hong", "Hong Gildong"));
        assert!(has_name("1분반-김 철수", "김철수") && has_name("Hong, Gildong", "gildonghong"));
        assert!(!has_name("김철", "김철수") && !has_name("김철수", "김철"));
    }
}
