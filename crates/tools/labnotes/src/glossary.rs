//! The book's terms, from `lab-notes/glossary.toml`: on which page each is named first, and which words stand nowhere because
//! the book has another.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use labs::words::Lang;
use mdbook_markdown::new_cmark_parser;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use serde::Deserialize;

use crate::data::{SLIDES, toml};
use crate::pages::{self, Page, Piece};

const FILE: &str = "lab-notes/glossary.toml";

/// All of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glossary {
    /// In the order of the deck.
    pub term: Vec<Term>,
    /// A word that stands nowhere in the project → the book's.
    pub instead: BTreeMap<String, String>,
    /// What programs print with such a word in it, because a slide does → that slide.
    pub printed: BTreeMap<String, u8>,
}

/// One term.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// In Korean, and what it is, in a sentence.
    pub ko: [String; 2],
    /// In English, and the same sentence.
    pub en: [String; 2],
    /// The slides that are about it; none where only the book needs it.
    #[serde(default)]
    pub slides: Vec<u8>,
    /// What these slides call it, where the book has another word.
    pub deck: Option<String>,
    /// Where it is explained, if not where it is named first: `connection.md#queues`.
    pub explained: Option<String>,
}

impl Term {
    /// Its word in a language.
    #[must_use]
    pub fn word(&self, language: Lang) -> &str {
        let [word, _] = language.of(&self.ko, &self.en);
        word
    }

    /// How a Korean page begins to name it: `대기열(queue`. What has no other name in English is named by being there.
    #[must_use]
    pub fn named(&self) -> String {
        let ([ko, _], [en, _]) = (&self.ko, &self.en);
        if ko == en { ko.clone() } else { format!("{ko}({en}") }
    }

    /// Its id on the page of the glossary.
    #[must_use]
    pub fn id(&self) -> String {
        self.en[0].to_lowercase().replace(' ', "-")
    }
}

/// What a page's sentences say, without its headings.
#[derive(Clone, Debug)]
pub struct Prose {
    /// The page's name.
    pub page: String,
    /// Is it one of a chapter, or does it stand before the first?
    pub in_chapter: bool,
    text: String,
    /// Where the text is that of a link, which leads to where the word is explained.
    links: Vec<Range<usize>>,
}

impl Prose {
    /// All pages of a language, in the order of its SUMMARY.md.
    pub fn of_all(root: &Path, language: Lang, pages: &[Page]) -> Result<Vec<Prose>> {
        let file = pages::folder(root, language).join("SUMMARY.md");
        let summary = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut all = Vec::new();
        for line in summary.lines() {
            let name = line.rsplit_once("](").and_then(|(_, link)| link.strip_suffix(".md)"));
            let Some(page) = pages.iter().find(|page| name == Some(&page.name)) else { continue };
            all.push(Prose::of(page, line.starts_with("- "))?);
        }
        Ok(all)
    }

    /// What the sentences of one page say.
    pub fn of(page: &Page, in_chapter: bool) -> Result<Prose> {
        let mut markdown = String::new();
        for piece in page.pieces()? {
            match piece {
                Piece::Line(line) => markdown += &line,
                Piece::Directive { body, .. } => markdown += &body.join("\n"),
                Piece::Fence { .. } => {}
            }
            markdown.push('\n');
        }
        let (mut text, mut links, mut in_heading) = (String::new(), Vec::new(), false);
        for event in new_cmark_parser(&markdown, &pages::options()) {
            match event {
                Event::Start(Tag::Heading { .. }) => in_heading = true,
                Event::End(TagEnd::Heading(_)) => in_heading = false,
                Event::Start(Tag::Link { .. }) => links.push(text.len()..text.len()),
                Event::End(TagEnd::Link) => {
                    if let Some(link) = links.last_mut() {
                        link.end = text.len();
                    }
                }
                Event::Text(words) | Event::Code(words) if !in_heading => text += &words,
                // **소켓**(socket) is one word.
                Event::End(end) if !matches!(end, TagEnd::Strong | TagEnd::Emphasis) => text.push(' '),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        // As long as before, so that what is found is where it was.
        text.make_ascii_lowercase();
        Ok(Prose { page: page.name.clone(), in_chapter, text, links })
    }

    /// Does it have this word?
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.find(word).is_some()
    }

    fn find(&self, word: &str) -> Option<usize> {
        self.text.find(&word.to_ascii_lowercase())
    }

    /// Where a word is used first: neither in a link nor as part of a longer one of these.
    fn first_use(&self, word: &str, words: &[&str]) -> Option<usize> {
        let mut longer = Vec::new();
        for other in words.iter().filter(|other| other.len() > word.len()) {
            for (before, _) in other.match_indices(word) {
                longer.push((before, *other));
            }
        }
        let stands = |at: usize, word: &str| self.text.get(at..).is_some_and(|text| text.starts_with(word));
        let is_part = |at: usize| {
            longer.iter().any(|(before, other)| at.checked_sub(*before).is_some_and(|at| stands(at, other)))
        };
        let linked = |at: usize| self.links.iter().any(|link| link.contains(&at));
        self.text.match_indices(word).map(|(at, _)| at).find(|at| !linked(*at) && !is_part(*at))
    }

    /// What stands at a place.
    fn at(&self, at: usize) -> String {
        self.text[at..].chars().take(30).collect()
    }
}

impl Glossary {
    /// Reads `lab-notes/glossary.toml`.
    pub fn read(root: &Path) -> Result<Self> {
        let glossary: Glossary = toml(&root.join(FILE))?;
        for Term { ko: [word, _], slides, deck, .. } in &glossary.term {
            ensure!(slides.iter().all(|slide| (1..=SLIDES).contains(slide)), "{FILE}: {word}: no such slide");
            ensure!(deck.is_none() || !slides.is_empty(), "{FILE}: {word}: which slide calls it so?");
        }
        Ok(glossary)
    }

    /// The page that names a term first, and where.
    fn met<'a>(term: &Term, korean: &'a [Prose]) -> Option<(&'a Prose, usize)> {
        let named = term.named();
        korean.iter().find_map(|page| Some((page, page.find(&named)?)))
    }

    /// For each term the page that names it first.
    pub fn met_at(&self, korean: &[Prose]) -> Result<Vec<String>> {
        let met = self.term.iter().map(|term| {
            let met = Self::met(term, korean);
            let (page, _) = met.with_context(|| format!("{FILE}: no page has `{})`", term.named()))?;
            Ok(page.page.clone())
        });
        met.collect()
    }

    /// Terms that a chapter uses before any page has named them, and those that the English page doesn't name.
    #[must_use]
    pub fn unnamed(&self, korean: &[Prose], english: &[Prose]) -> Vec<String> {
        let words: Vec<String> = self.term.iter().map(|term| term.ko[0].to_ascii_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut faults = Vec::new();
        for (term, word) in self.term.iter().zip(&words) {
            let Some((met, named_at)) = Self::met(term, korean) else {
                faults.push(format!("no page has `{})`", term.named()));
                continue;
            };
            for page in korean.iter().take_while(|page| page.page != met.page).filter(|page| page.in_chapter)
            {
                if let Some(at) = page.first_use(word, &words) {
                    faults.push(format!(
                        "{}: `{}` comes before `{})`, which is on {}",
                        page.page,
                        page.at(at),
                        term.named(),
                        met.page
                    ));
                }
            }
            if let Some(at) = met.first_use(word, &words).filter(|at| *at < named_at) {
                faults.push(format!("{}: `{}` comes before `{})`", met.page, met.at(at), term.named()));
            }
            let twin = english.iter().find(|page| page.page == met.page);
            if !twin.is_some_and(|page| page.has(&term.en[0])) {
                faults.push(format!("{}: no `{}` in English", met.page, term.en[0]));
            }
        }
        faults
    }

    /// Words of a file for which the book has another. What a slide prints is none of ours.
    #[must_use]
    pub fn forbidden(&self, text: &str) -> Vec<String> {
        let there: Vec<_> = self.instead.iter().filter(|(word, _)| text.contains(word.as_str())).collect();
        if there.is_empty() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = self.printed.keys().fold(line.to_string(), |line, printed| line.replace(printed, ""));
            for (word, ours) in there.iter().filter(|(word, _)| line.contains(word.as_str())) {
                faults.push(format!("line {}: {word}, where the book says {ours}", number + 1));
            }
        }
        faults
    }
}
