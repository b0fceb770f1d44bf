//! What the instructors' pages say of the points. `GRADE_BLESS=1 cargo test -p grade --test points` writes it anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::{env, fs};

use labs::words::Lang;

/// What has changed since `points_before.toml`: as Markdown.
fn table(lang: Lang) -> String {
    type Points = BTreeMap<String, u32>;
    let mut before: BTreeMap<String, Points> = toml::from_str(include_str!("points_before.toml")).unwrap();
    let mut text =
        lang.of("| 프로그램 | 검사 | 전 | 지금 |\n", "| Program | Check | Before | Now |\n").to_string();
    text += "|---|---|---|---|\n";
    for lab in labs::ALL {
        let mut gone = before.remove(lab.name).unwrap_or_default();
        assert_eq!(gone.values().sum::<u32>(), 100, "{}", lab.name);
        let points = |points: Option<u32>| points.map_or("–".to_string(), |points| points.to_string());
        let mut row = |check: &str, before: Option<u32>, now: Option<u32>| {
            if before != now {
                text.extend([format!(
                    "| {} | `{check}` | {} | {} |\n",
                    lab.name,
                    points(before),
                    points(now)
                )]);
            }
        };
        for check in lab.checks.iter().filter(|check| check.points > 0) {
            row(check.id, gone.remove(check.id), Some(check.points));
        }
        for (check, before) in gone {
            row(&check, Some(before), None);
        }
    }
    assert!(before.is_empty(), "no such labs: {before:?}");
    text
}

#[test]
fn the_pages_say_what_changed_in_points() {
    for lang in Lang::ALL {
        let path = labkit::root().join(format!("lab-notes/instructors.{}.md", lang.code()));
        let page = fs::read_to_string(&path).unwrap();
        let table = table(lang);
        // All rows that stand below this head.
        let (head, _) = table.split_once('\n').unwrap();
        let start = page.find(head).unwrap();
        let length: usize =
            page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
        if env::var_os("GRADE_BLESS").is_some() {
            fs::write(&path, [&page[..start], &table, &page[start + length..]].concat()).unwrap();
        } else {
            assert_eq!(page[start..][..length], table, "{}: run with GRADE_BLESS=1", path.display());
        }
    }
}
