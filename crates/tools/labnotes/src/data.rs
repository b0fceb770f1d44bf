//! What is known of the slides: their titles, the facts on them, the departures from them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use labs::words::Lang;
use serde::Deserialize;
use stepper::titles;

use crate::pages;

/// Slides in the deck.
pub const SLIDES: u8 = 49;

/// All of it.
#[derive(Clone, Debug)]
pub struct Data {
    /// Slide 14 is at 14: its title in Korean and in English.
    pub slides: BTreeMap<u8, [String; 2]>,
    /// `F17` → the fact.
    pub facts: BTreeMap<String, Fact>,
    /// Every test of the workspace: its crate and its name.
    pub tests: Vec<(String, String)>,
    /// The tables of departures: Korean, English.
    pub departures: [Vec<Table>; 2],
    /// What the programs' headers say, in Korean.
    pub headers: BTreeMap<String, String>,
}

/// A statement of the slides that a machine can check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Where it is said.
    pub slides: Vec<u8>,
    /// Man page, RFC.
    pub source: String,
    /// What shows it where no test can: a file of the workspace, such as `scripts/bench`.
    pub shown_by: Option<String>,
    /// In Korean.
    pub ko: Said,
    /// In English.
    pub en: Said,
}

/// A fact in one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// What the slide says.
    pub says: String,
    /// What is so on today's Linux. Markdown.
    pub is: String,
}

/// A table of a Markdown file: the text of its cells.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its head.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Data {
    /// Reads `lab-notes/slides.toml`, `facts.toml`, `headers.ko.toml`, both departures, and the names of all tests.
    pub fn read(root: &Path) -> Result<Self> {
        let notes = root.join("lab-notes");
        let slides: BTreeMap<String, [String; 2]> = toml(&notes.join("slides.toml"))?;
        let slides: BTreeMap<u8, [String; 2]> =
            slides.into_iter().map(|(number, title)| Ok((number.parse()?, title))).collect::<Result<_>>()?;
        ensure!(slides.keys().copied().eq(1..=SLIDES), "lab-notes/slides.toml: not the slides 1 to {SLIDES}");
        let facts: BTreeMap<String, Fact> = toml(&notes.join("facts.toml"))?;
        for (name, fact) in &facts {
            let number = name.strip_prefix('F').and_then(|number| number.parse::<u8>().ok());
            ensure!(number.is_some(), "lab-notes/facts.toml: `{name}` is no fact's name");
            if let Some(file) = &fact.shown_by {
                ensure!(root.join(file).exists(), "lab-notes/facts.toml: {name}: there is no {file}");
            }
            for slide in &fact.slides {
                ensure!(
                    slides.contains_key(slide),
                    "lab-notes/facts.toml: {name}: there is no slide {slide}"
                );
            }
        }
        let departures = [tables(&notes.join("departures.ko.md"))?, tables(&notes.join("departures.md"))?];
        for tables in &departures {
            ensure!(tables.len() == 2, "lab-notes/departures: {} tables, not 2", tables.len());
        }
        let headers = toml(&notes.join("headers.ko.toml"))?;
        Ok(Data { slides, facts, tests: tests(root)?, departures, headers })
    }

    /// A slide's title.
    pub fn slide(&self, number: u8, language: Lang) -> Result<&str> {
        let Some([ko, en]) = self.slides.get(&number) else {
            bail!("there is no slide {number}; there are {SLIDES}")
        };
        Ok(language.of(ko, en))
    }

    /// What a program's header says, in a language; the header itself is English.
    pub fn header<'a>(&'a self, said: &'a str, language: Lang) -> Result<&'a str> {
        if language == Lang::En || said.is_empty() {
            return Ok(said);
        }
        korean(&self.headers, "headers", said)
    }

    /// A fact, and what shows it: tests such as `connected_udp::f23_…`, or its `shown_by`.
    pub fn fact(&self, name: &str) -> Result<(&Fact, Vec<String>)> {
        let fact = self
            .facts
            .get(name)
            .with_context(|| format!("there is no fact {name} in lab-notes/facts.toml"))?;
        let prefix = format!("{}_", name.to_lowercase());
        let shown: Vec<String> = self
            .tests
            .iter()
            .filter(|(_, test)| test.starts_with(&prefix))
            .map(|(folder, test)| format!("{folder}::{test}"))
            .chain(fact.shown_by.clone())
            .collect();
        ensure!(!shown.is_empty(), "no test is named after {name}: {prefix}…");
        Ok((fact, shown))
    }
}

/// A step's title without its number, in a language; in the sources it is English.
pub(crate) fn step(title: &str, language: Lang) -> Result<&str> {
    if language == Lang::En { Ok(title) } else { korean(titles::korean(), "steps", title) }
}

/// What is said in English, in the Korean of a file of `lab-notes/`.
fn korean<'a>(words: &'a BTreeMap<String, String>, file: &str, said: &str) -> Result<&'a str> {
    let korean = words.get(said).map(String::as_str);
    korean.with_context(|| format!("lab-notes/{file}.ko.toml has no Korean for `{said}`"))
}

pub(crate) fn toml<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    ::toml::from_str(&text).with_context(|| path.display().to_string())
}

/// The tables of a Markdown file.
pub(crate) fn tables(path: &Path) -> Result<Vec<Table>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut tables: Vec<Table> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
            inside = false;
            continue;
        };
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().to_string()).collect();
        if !inside {
            tables.push(Table { head: cells, rows: Vec::new() });
        } else if let Some(table) = tables.last_mut()
            && !row.starts_with("---")
        {
            ensure!(
                cells.len() == table.head.len(),
                "{}: not {} cells: {line}",
                path.display(),
                table.head.len()
            );
            table.rows.push(cells);
        }
        inside = true;
    }
    Ok(tables)
}

/// The slides in a cell such as `20, 25, 26`.
#[must_use]
pub fn cell_slides(cell: &str) -> Vec<u8> {
    pages::slide_numbers(cell).unwrap_or_default()
}

/// The names of all tests of the workspace, with their crates.
fn tests(root: &Path) -> Result<Vec<(String, String)>> {
    let mut tests = Vec::new();
    for folder in labkit::crate_folders(root)? {
        let Ok(files) = fs::read_dir(folder.join("tests")) else { continue };
        let package = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in files {
            let Ok(text) = fs::read_to_string(file?.path()) else { continue };
            for line in text.lines() {
                let Some(name) = line.trim().strip_prefix("fn ").and_then(|line| line.split_once("()"))
                else {
                    continue;
                };
                tests.push((package.clone(), name.0.to_string()));
            }
        }
    }
    tests.sort();
    tests.dedup();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mirror::{PROGRAMS, steps};

    use super::*;

    /// Steps that have no Korean, and Korean for what is no step of the programs, of the scenes, or of `scripts/new-lab`.
    fn unlike(korean: &BTreeMap<String, String>) -> [Vec<String>; 2] {
        let root = labkit::root();
        let mut files: Vec<_> = PROGRAMS.iter().flat_map(|name| steps::files(&root, name)).collect();
        let scenes = fs::read_dir(root.join("crates/tools/stepper/scenes")).unwrap();
        files.extend(scenes.map(|file| file.unwrap().path()));
        let mut titles = BTreeSet::new();
        for file in &files {
            let text = fs::read_to_string(file).unwrap();
            titles.extend(text.lines().filter_map(titles::of_line).map(String::from));
        }
        let starters = fs::read_to_string(root.join("scripts/new-lab")).unwrap();
        let missing = titles.iter().filter(|title| !korean.contains_key(*title)).cloned().collect();
        let lost = korean.keys().filter(|title| !titles.contains(*title) && !starters.contains(*title));
        [missing, lost.cloned().collect()]
    }

    #[test]
    fn every_step_has_its_korean_and_all_korean_its_step() {
        assert_eq!(unlike(titles::korean()), [const { Vec::<String>::new() }; 2]);
        for (english, korean) in titles::korean() {
            let call = |title: &str| title.split(": ").next().map(|call| call.replace("인자", "arguments"));
            assert_eq!(call(english), call(korean));
            assert!(korean.contains(|c| ('가'..='힣').contains(&c)), "{korean}");
        }
    }

    #[test]
    fn a_step_that_changes_leaves_its_korean_behind() {
        let (old, new) = ("bind: give the socket its address", "bind: give it an address");
        let mut korean = titles::korean().clone();
        let bind = korean.remove(old).unwrap();
        korean.insert(new.into(), bind);
        assert_eq!(unlike(&korean), [vec![old.to_string()], vec![new.to_string()]]);
        assert!(step(old, Lang::Ko).is_ok() && step(new, Lang::Ko).is_err());
    }
}
