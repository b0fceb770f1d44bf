//! The page for teachers: its plan fills the hours and has all slides, its commands are tried, its mistakes are explained somewhere.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use labkit::root;
use labnotes::book::Notes;
use labnotes::data::SLIDES;
use labnotes::pages::{Page, Piece, slide_numbers};

fn pages(language: usize) -> Vec<Page> {
    Notes::read(&root().canonicalize().unwrap()).unwrap().pages[language].clone()
}

/// A row of the plan.
#[derive(Debug)]
struct Row {
    hour: String,
    minutes: u32,
    slides: Vec<u8>,
    commands: Vec<String>,
    /// The page that it leads to.
    page: String,
}

/// The rows of all hours of a page.
fn plan(page: &Page) -> Vec<Row> {
    let mut rows = Vec::new();
    for hour in page.text.split("\n### ").filter(|section| section.contains("{#hour-")) {
        for line in hour.lines().filter(|line| line.starts_with("| ")) {
            let line = line.replace("\\|", "\u{1}");
            let cells: Vec<String> = line.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
            let Ok(minutes) = cells[1].parse() else { continue }; // the head
            rows.push(Row {
                hour: hour.lines().next().unwrap().into(),
                minutes,
                slides: if cells[2].is_empty() { Vec::new() } else { slide_numbers(&cells[2]).unwrap() },
                commands: cells[4].split('`').skip(1).step_by(2).map(String::from).collect(),
                page: cells[5].split("](").nth(1).unwrap().split(".md").next().unwrap().into(),
            });
        }
    }
    rows
}

fn teachers(pages: &[Page]) -> Vec<Row> {
    plan(pages.iter().find(|page| page.name == "instructors").unwrap())
}

#[test]
fn every_hour_has_fifty_minutes_and_every_slide_its_hour() {
    let both = [0, 1].map(|language| teachers(&pages(language)));
    for rows in &both {
        let mut hours: BTreeMap<&str, u32> = BTreeMap::new();
        for row in rows {
            *hours.entry(&row.hour).or_default() += row.minutes;
        }
        assert_eq!(hours.len(), 6, "{hours:?}");
        assert!(hours.values().all(|minutes| *minutes == 50), "{hours:?}");
        let slides: BTreeSet<u8> = rows.iter().flat_map(|row| row.slides.clone()).collect();
        assert!(slides.iter().copied().eq(1..=SLIDES), "{slides:?}");
    }
    let alike = |row: &Row| (row.minutes, row.slides.clone(), row.commands.clone(), row.page.clone());
    assert!(both[0].iter().map(alike).eq(both[1].iter().map(alike)), "Korean and English differ");
}

/// In a transcript of the page that its row leads to, or in a block that the book's tests know.
#[test]
fn every_command_of_the_plan_is_tried() {
    let pages = pages(0);
    let typed = |name: Option<&str>| -> Vec<String> {
        let mut typed = Vec::new();
        for page in pages.iter().filter(|page| name.is_none_or(|name| page.name == name)) {
            for piece in page.pieces().unwrap() {
                let Piece::Fence { info, lines } = piece else { continue };
                match info.split(' ').next().unwrap() {
                    "practice" if name.is_some() => {
                        typed.extend(
                            lines.iter().filter_map(|line| line.strip_prefix("$ ").map(String::from)),
                        );
                    }
                    "sh" => typed.extend(lines),
                    _ => {}
                }
            }
        }
        typed
    };
    let known = typed(None);
    for row in teachers(&pages) {
        let here = typed(Some(&row.page));
        for command in row.commands {
            assert!(
                here.contains(&command) || known.contains(&command),
                "{}: {command}: not on {}",
                row.hour,
                row.page
            );
        }
    }
}

#[test]
fn every_lab_has_mistakes_that_teachers_meet_and_pages_that_explain_them() {
    let both = [pages(0), pages(1)];
    let mut all = 0;
    for lab in labs::ALL {
        let file = format!("crates/tools/grade/tests/submissions/{}/bad.toml", lab.name);
        let table: toml::Table = toml::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap();
        let bad = table["bad"].as_array().unwrap();
        let seen: Vec<_> = bad.iter().filter_map(|bad| bad.get("seen")).collect();
        assert!(!seen.is_empty(), "{}: a lab without a mistake", lab.name);
        all += seen.len();
        for mistake in seen {
            let (page, id) = mistake["page"].as_str().unwrap().split_once(".md#").unwrap();
            for pages in &both {
                let page = pages.iter().find(|known| known.name == page);
                let page = page.unwrap_or_else(|| panic!("{mistake}: no such page"));
                let ids: Vec<_> = page.headings().into_iter().filter_map(|heading| heading.id).collect();
                assert!(ids.iter().any(|known| known == id), "{mistake}: {} has no {id}", page.file());
            }
        }
    }
    assert!((35..=60).contains(&all), "{all}");
}
