//! What must be so in the pages themselves, before anything is built. Each check gives what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use labs::words::Lang;

use crate::book::Notes;
use crate::data::{Data, SLIDES};
use crate::pages::{self, Page, Piece};

impl Notes {
    fn pair(&self) -> Vec<(&Page, Option<&Page>)> {
        self.pages[0].iter().map(|ko| (ko, self.pages[1].iter().find(|en| en.name == ko.name))).collect()
    }

    /// Pages that only one language has, and pages whose headings, directives or commands differ.
    pub fn unlike(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for en in &self.pages[1] {
            if !self.pages[0].iter().any(|ko| ko.name == en.name) {
                faults.push(format!("{}: there is no Korean page", en.file()));
            }
        }
        for (ko, en) in self.pair() {
            let Some(en) = en else {
                faults.push(format!("{}: there is no English page", ko.file()));
                continue;
            };
            let ids = |page: &Page| -> Vec<String> {
                let id = |id: Option<String>| id.unwrap_or_default();
                page.headings().into_iter().map(|h| format!("h{} {{#{}}}", h.level, id(h.id))).collect()
            };
            faults.extend(first_difference("headings", ko, ids(ko), ids(en)));
            faults.extend(first_difference("directives and commands", ko, shared(ko)?, shared(en)?));
            faults.extend(first_difference("slides", ko, slide_references(ko), slide_references(en)));
        }
        Ok(faults)
    }

    /// Headings without an explicit id, or with one that the page has already; pages without one title.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for page in self.pages.iter().flatten() {
            let headings = page.headings();
            let titles = headings.iter().filter(|heading| heading.level == 1).count();
            if titles != 1 {
                faults.push(format!("{}: {titles} titles", page.file()));
            }
            let mut seen = BTreeSet::new();
            for heading in headings {
                match heading.id {
                    None => faults.push(format!("{}: `{}` has no {{#id}}", page.file(), heading.text)),
                    Some(id) if !seen.insert(id.clone()) => {
                        faults.push(format!("{}: two {{#{id}}}", page.file()));
                    }
                    Some(_) => {}
                }
            }
        }
        faults
    }

    /// English pages that follow an older Korean page.
    #[must_use]
    pub fn behind(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (ko, en) in self.pair() {
            let Some(en) = en else { continue };
            if en.follows() != Some(&ko.revision()) {
                faults.push(format!(
                    "{} follows {} of the Korean page, which is now {}. Translate what has changed, then: \
                     cargo run -p labnotes -- bless {}",
                    en.file(),
                    en.follows().unwrap_or("nothing"),
                    ko.revision(),
                    ko.name
                ));
            }
        }
        faults
    }

    /// Notes in these English pages which Korean revision they follow.
    pub fn bless(&self, names: &[String]) -> Result<Vec<String>> {
        let mut blessed = Vec::new();
        for name in names {
            if !self.pages[0].iter().any(|page| page.name == *name) {
                bail!("there is no page {name}");
            }
        }
        for (ko, en) in self.pair() {
            let Some(en) = en else { continue };
            let revision = ko.revision();
            if !names.contains(&ko.name) || en.follows() == Some(&revision) {
                continue;
            }
            let text = if en.follows().is_some() {
                en.text.split_once('\n').map_or("", |(_, text)| text)
            } else {
                en.text.as_str()
            };
            fs::write(self.root.join(en.file()), format!("<!-- follows: {revision} -->\n{text}"))?;
            blessed.push(en.file());
        }
        Ok(blessed)
    }

    /// Links to pages or sections that aren't there, and pages that no SUMMARY.md has, or only one.
    pub fn lost(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        let mut order = Vec::new();
        for (language, pages) in Lang::ALL.into_iter().zip(&self.pages) {
            let file = pages::folder(&self.root, language).join("SUMMARY.md");
            let summary = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let listed = Page { name: "SUMMARY".into(), language, text: summary }.links();
            for page in pages {
                if !listed.contains(&format!("{}.md", page.name)) {
                    faults.push(format!("{} is not in SUMMARY.md", page.file()));
                }
            }
            order.push(listed);
            let ids: BTreeMap<&str, BTreeSet<String>> =
                pages.iter().map(|page| (page.name.as_str(), ids(page, &self.root))).collect();
            for link in self.glossary.term.iter().filter_map(|term| term.explained.as_ref()) {
                if !pages.first().is_some_and(|page| leads_somewhere(link, page, &ids)) {
                    faults.push(format!("lab-notes/glossary.toml: {link} leads nowhere"));
                }
            }
            for page in pages {
                for link in page.links() {
                    if !leads_somewhere(&link, page, &ids) {
                        faults.push(format!("{}: {link} leads nowhere", page.file()));
                    }
                }
            }
        }
        if order[0] != order[1] {
            faults.push("the SUMMARY.md of the two languages list other pages, or in another order".into());
        }
        Ok(faults)
    }

    /// Slides that no page is the home of.
    #[must_use]
    pub fn homeless(&self) -> Vec<u8> {
        (1..=SLIDES).filter(|slide| !self.homes.contains_key(slide)).collect()
    }

    /// Commands in running text that name a program that isn't there.
    pub fn commands_without_program(&self) -> Result<Vec<String>> {
        let folders = labkit::crate_folders(&self.root)?;
        let mut faults = Vec::new();
        for page in self.pages.iter().flatten() {
            for command in page.text.split("cargo run -p ").skip(1) {
                let name = command.split([' ', '`', '\n']).next().unwrap_or_default();
                if !folders.iter().any(|folder| folder.ends_with(name)) {
                    faults.push(format!("{}: cargo run -p {name}", page.file()));
                }
            }
        }
        Ok(faults)
    }

    /// The ```sh blocks that have to run, with the page that has each. Those of both languages are the same.
    pub fn commands(&self) -> Result<Vec<(String, String)>> {
        let mut commands = Vec::new();
        for page in &self.pages[0] {
            for piece in page.pieces()? {
                if let Piece::Fence { info, lines } = piece
                    && info == "sh"
                {
                    commands.push((page.file(), lines.join("\n")));
                }
            }
        }
        Ok(commands)
    }
}

/// Cells that the departures of the two languages must share: slides, tests, sources.
#[must_use]
pub fn departures_unlike(data: &Data) -> Vec<String> {
    let mut faults = Vec::new();
    for (ko, en) in data.departures[0].iter().zip(&data.departures[1]) {
        if ko.rows.len() != en.rows.len() {
            faults.push(format!(
                "departures: {} rows in Korean, {} in English",
                ko.rows.len(),
                en.rows.len()
            ));
        }
        for (ko, en) in ko.rows.iter().zip(&en.rows) {
            for cell in [0, 3, 4] {
                if ko[cell] != en[cell] {
                    faults.push(format!("departures: `{}` in Korean, `{}` in English", ko[cell], en[cell]));
                }
            }
        }
    }
    faults
}

/// Everything that both languages have word for word: directives, and what is typed.
fn shared(page: &Page) -> Result<Vec<String>> {
    let mut shared = Vec::new();
    for piece in page.pieces()? {
        match piece {
            Piece::Directive { name, arguments, .. } => shared.push(format!("{{{{#{name} {arguments}}}}}")),
            Piece::Fence { info, lines } => {
                let kind = info.split(' ').next().unwrap_or_default().to_string();
                // A reason that stands behind ```sh is in the page's language.
                shared.push(match kind.as_str() {
                    "practice" => format!("```{info}\n{}", lines.join("\n")),
                    "sh" => format!("```{kind}\n{}", lines.join("\n")),
                    _ => format!("```{kind}"),
                });
            }
            Piece::Line(_) => {}
        }
    }
    Ok(shared)
}

/// The slides that running text names, whatever their order in a sentence.
fn slide_references(page: &Page) -> Vec<String> {
    let numbers = page.text.split("{{#slide ").skip(1);
    let numbers: BTreeSet<&str> = numbers.filter_map(|rest| rest.split("}}").next()).collect();
    numbers.into_iter().map(String::from).collect()
}

fn first_difference(what: &str, page: &Page, ko: Vec<String>, en: Vec<String>) -> Option<String> {
    let (mut ko, mut en) = (ko.into_iter(), en.into_iter());
    loop {
        match (ko.next(), en.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => return Some(format!("{}: {what}: Korean has {a:?}, English has {b:?}", page.name)),
        }
    }
}

/// The ids that links may lead to: headings, steps, slides, facts.
fn ids(page: &Page, root: &Path) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = page.headings().into_iter().filter_map(|heading| heading.id).collect();
    for piece in page.pieces().unwrap_or_default() {
        let Piece::Directive { name, arguments, .. } = piece else { continue };
        match name.as_str() {
            "steps" => {
                if let Ok([c, _]) = mirror::steps::twins(root, &arguments, &mut Vec::new()) {
                    ids.extend((1..=c.len()).map(|number| format!("{arguments}-{number}")));
                }
            }
            "fact" => ids.extend([arguments.to_lowercase()]),
            "facts" => ids.extend((1..=26).map(|number| format!("f{number}"))),
            "map" => ids.extend((1..=SLIDES).map(|number| format!("slide-{number}"))),
            "slides" => {
                let slides = pages::slide_numbers(&arguments).unwrap_or_default();
                ids.extend(slides.iter().map(|number| format!("slide-{number}")));
            }
            _ => {}
        }
    }
    ids
}

fn leads_somewhere(link: &str, page: &Page, ids: &BTreeMap<&str, BTreeSet<String>>) -> bool {
    if link.contains("://") {
        return link.starts_with("https://");
    }
    let (file, id) = link.split_once('#').map_or((link, None), |(file, id)| (file, Some(id)));
    let name = if file.is_empty() { Some(page.name.as_str()) } else { file.strip_suffix(".md") };
    let Some(known) = name.and_then(|name| ids.get(name)) else { return false };
    id.is_none_or(|id| known.contains(id))
}
