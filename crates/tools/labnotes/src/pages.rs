//! The pages as they are written: their headings, directives, fences and links.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use mdbook_markdown::pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use sha2::{Digest as _, Sha256};

use labs::words::Lang;

/// A page in one language.
#[derive(Clone, Debug)]
pub struct Page {
    /// `tcp_echoserv`: the file's name without `.md`, in both languages.
    pub name: String,
    /// Its language.
    pub language: Lang,
    /// Its Markdown, as it is in the file.
    pub text: String,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 for the page's title.
    pub level: u8,
    /// Its explicit id.
    pub id: Option<String>,
    /// What it says.
    pub text: String,
}

/// One piece of a page, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Markdown, one line, outside fences and directives.
    Line(String),
    /// `{{#name arguments}}` on a line of its own.
    Directive {
        /// `steps`
        name: String,
        /// `tcp_echoserv`
        arguments: String,
        /// What stands between it and its `{{/steps}}`; empty for others.
        body: Vec<String>,
    },
    /// A fenced block.
    Fence {
        /// What stands after the backticks: `practice no-servers`.
        info: String,
        /// Its lines.
        lines: Vec<String>,
    },
}

/// The folder of a language's pages.
#[must_use]
pub fn folder(root: &Path, language: Lang) -> PathBuf {
    root.join("lab-notes").join(language.code()).join("src")
}

/// All pages of a language, by name.
pub fn read(root: &Path, language: Lang) -> Result<Vec<Page>> {
    let folder = folder(root, language);
    let mut pages = Vec::new();
    for file in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "md") || name == "SUMMARY" {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        pages.push(Page { name, language, text });
    }
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pages)
}

impl Page {
    /// `ko/src/tcp_echoserv.md`, for messages.
    #[must_use]
    pub fn file(&self) -> String {
        format!("lab-notes/{}/src/{}.md", self.language.code(), self.name)
    }

    /// What an English page says it follows, and what it has to say: the Korean page's [`revision`].
    #[must_use]
    pub fn follows(&self) -> Option<&str> {
        self.text.lines().next()?.strip_prefix("<!-- follows: ")?.strip_suffix(" -->")
    }

    /// Twelve hexadecimal digits of the SHA-256 of its text.
    #[must_use]
    pub fn revision(&self) -> String {
        let digest = Sha256::digest(self.text.as_bytes());
        let start = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{start:012x}")
    }

    /// Its pieces. An error names what is not closed.
    pub fn pieces(&self) -> Result<Vec<Piece>> {
        pieces(&self.text).with_context(|| self.file())
    }

    /// Its headings, in order.
    #[must_use]
    pub fn headings(&self) -> Vec<Heading> {
        headings(&self.text)
    }

    /// The slides that it is the home of: `{{#slides 15, 36-44}}`.
    pub fn slides(&self) -> Result<Vec<u8>> {
        let mut slides = Vec::new();
        for piece in self.pieces()? {
            if let Piece::Directive { name, arguments, .. } = piece
                && name == "slides"
            {
                slides.extend(slide_numbers(&arguments).with_context(|| self.file())?);
            }
        }
        Ok(slides)
    }

    /// Where its links lead to, images included.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        for event in new_cmark_parser(&self.text, &options()) {
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
                links.push(dest_url.to_string());
            }
        }
        links
    }
}

/// How the book's Markdown is read: `--` stays `--`.
#[must_use]
pub fn options() -> MarkdownOptions {
    let mut options = MarkdownOptions::default();
    options.smart_punctuation = false;
    options
}

/// The headings of Markdown.
#[must_use]
pub fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut inside = false;
    for event in new_cmark_parser(text, &options()) {
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                inside = true;
                let level = level_number(level);
                headings.push(Heading { level, id: id.map(|id| id.to_string()), text: String::new() });
            }
            Event::End(TagEnd::Heading(_)) => inside = false,
            Event::Text(text) | Event::Code(text) if inside => {
                if let Some(heading) = headings.last_mut() {
                    heading.text += &text;
                }
            }
            _ => {}
        }
    }
    headings
}

fn level_number(level: HeadingLevel) -> u8 {
    level as u8
}

/// `15, 36-44` as numbers.
pub fn slide_numbers(text: &str) -> Result<Vec<u8>> {
    let mut numbers = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let parse =
            |number: &str| number.trim().parse::<u8>().with_context(|| format!("`{part}` is no slide"));
        let (first, last) = (parse(first)?, parse(last)?);
        ensure!(first <= last, "`{part}` runs backwards");
        numbers.extend(first..=last);
    }
    Ok(numbers)
}

fn pieces(text: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let indent = line.len() - line.trim_start().len();
            let mut body = Vec::new();
            loop {
                let Some(line) = lines.next() else { bail!("a fence is not closed: ```{info}") };
                if line.trim() == "```" {
                    break;
                }
                body.push(line.get(indent..).unwrap_or(line.trim_start()).to_string());
            }
            pieces.push(Piece::Fence { info: info.trim().into(), lines: body });
        } else if let Some(directive) = line.trim().strip_prefix("{{#")
            && let Some(directive) = directive.strip_suffix("}}")
            && !directive.contains("}}")
            && !directive.starts_with("slide ")
        {
            let (name, arguments) = directive.split_once(' ').unwrap_or((directive, ""));
            let mut body = Vec::new();
            if name == "steps" {
                loop {
                    let Some(line) = lines.next() else { bail!("{{{{#steps}}}} without {{{{/steps}}}}") };
                    if line.trim() == "{{/steps}}" {
                        break;
                    }
                    body.push(line.to_string());
                }
            }
            pieces.push(Piece::Directive { name: name.into(), arguments: arguments.trim().into(), body });
        } else {
            pieces.push(Piece::Line(line.into()));
        }
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_pieces() {
        let text = "# A {#a}\n{{#slides 1, 3-4}}\n```practice\n$ true\n```\n{{#steps x}}\n1. one\n{{/steps}}\nsee {{#slide 3}}";
        let pieces = pieces(text).unwrap();
        assert_eq!(pieces.len(), 5);
        assert_eq!(pieces[2], Piece::Fence { info: "practice".into(), lines: vec!["$ true".into()] });
        assert!(
            matches!(&pieces[3], Piece::Directive { name, body, .. } if name == "steps" && body.len() == 1)
        );
        assert_eq!(slide_numbers("1, 3-4").unwrap(), [1, 3, 4]);
    }

    #[test]
    fn what_is_not_closed_is_an_error() {
        assert!(super::pieces("```practice\n$ true").is_err());
        assert!(super::pieces("{{#steps x}}\n1. one").is_err());
        assert!(slide_numbers("4-3").is_err());
        assert!(slide_numbers("").is_err());
    }
}
