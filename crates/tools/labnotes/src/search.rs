//! The index of the book's own search. mdBook's knows no Hangul; ours looks for parts of words in the text of every
//! section, so that 소켓 is found in 소켓을. What a word is looked up for stands beside the text, for book.js to put first: the
//! slide that has it in its title, the section that names it in bold type, and before all the one that explains it, of a term.

use anyhow::Result;
use labs::words::Lang;
use mdbook_markdown::new_cmark_parser;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use serde::Serialize;

use crate::glossary::Term;
use crate::pages;

#[derive(Serialize)]
pub(crate) struct Section {
    /// Where it is: `tcp_echoserv.html#run`.
    url: String,
    /// The page's title.
    page: String,
    /// The section's heading.
    heading: String,
    /// The words that it explains: those in bold type.
    terms: Vec<String>,
    /// The terms of the glossary that are explained in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explains: Vec<String>,
    /// What its sentences say.
    text: String,
    /// What its code, its terminals and its pictures say.
    shown: String,
}

/// A script that sets `bookIndex`, so that the search works from a file as well as from a server.
pub(crate) fn index(
    pages: &[(String, String)],
    slides: Vec<Section>,
    terms: &[(&Term, String)],
    language: Lang,
) -> Result<String> {
    let mut sections = slides;
    for (name, markdown) in pages {
        sections.extend(of_page(name, markdown));
    }
    for (term, met) in terms {
        let place = term.explained.clone().unwrap_or_else(|| format!("{met}.md")).replacen(".md", ".html", 1);
        if let Some(section) = explaining(&mut sections, &place, term.word(language)) {
            section.explains.extend([term.ko[0].clone(), term.en[0].clone()]);
        }
    }
    let json = serde_json::to_string(&sections)?.replace("</", "<\\/");
    Ok(format!("window.bookIndex = {json}; // {}\n", language.code()))
}

/// A slide, which is found on the page that is its home.
pub(crate) fn slide(number: u8, title: &str, home: &str, page: &str, language: Lang) -> Section {
    Section {
        url: format!("{home}.html#slide-{number}"),
        page: page.into(),
        heading: format!("{} {number}: {title}", language.of("슬라이드", "Slide")),
        terms: Vec::new(),
        explains: Vec::new(),
        text: String::new(),
        shown: String::new(),
    }
}

/// The section at a place: `udp.html#loss`, or the first of a page that has the word.
fn explaining<'a>(sections: &'a mut [Section], place: &str, word: &str) -> Option<&'a mut Section> {
    let word = word.to_lowercase();
    let of_page = |section: &Section| section.url.split('#').next() == Some(place);
    let has_word = |section: &Section| of_page(section) && section.text.to_lowercase().contains(&word);
    let at = sections.iter().position(|section| section.url == place && section.url.contains('#'));
    let at = at.or_else(|| sections.iter().position(has_word));
    let at = at.or_else(|| sections.iter().position(of_page));
    sections.get_mut(at?)
}

fn of_page(name: &str, markdown: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut title = String::new();
    let mut in_heading = false;
    let mut bold = false;
    for event in new_cmark_parser(markdown, &pages::options()) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                in_heading = true;
                let url = id
                    .filter(|_| !sections.is_empty())
                    .map_or(format!("{name}.html"), |id| format!("{name}.html#{id}"));
                sections.push(Section {
                    url,
                    page: title.clone(),
                    heading: String::new(),
                    terms: Vec::new(),
                    explains: Vec::new(),
                    text: String::new(),
                    shown: String::new(),
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                if let [first] = &mut sections[..] {
                    title.clone_from(&first.heading);
                    first.page.clone_from(&title);
                }
            }
            Event::Start(Tag::Strong) => {
                bold = true;
                if let Some(section) = sections.last_mut() {
                    section.terms.push(String::new());
                }
            }
            Event::End(TagEnd::Strong) => bold = false,
            Event::Text(text) | Event::Code(text) => {
                let Some(section) = sections.last_mut() else { continue };
                if in_heading {
                    section.heading += &text;
                } else {
                    section.text += &text;
                }
                if bold && let Some(term) = section.terms.last_mut() {
                    *term += &text;
                }
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                if let Some(section) = sections.last_mut() {
                    section.text.push(' ');
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                if let Some(section) = sections.last_mut() {
                    section.shown += &without_tags(&html);
                }
            }
            _ => {}
        }
    }
    for section in &mut sections {
        for text in [&mut section.text, &mut section.shown] {
            *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
    sections
}

/// The text of HTML that we have made ourselves, without what a player plays, style sheets, and the command above each terminal.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text += before;
        let Some((name, after)) = tag.split_once('>') else { break };
        if let Some(end) =
            [("script", "</script>"), ("style", "</style>"), ("code class=\"opens\"", "</code>")]
                .into_iter()
                .find_map(|(tag, end)| name.starts_with(tag).then_some(end))
        {
            rest = after.split_once(end).map_or("", |(_, after)| after);
            continue;
        }
        // Words in neighbouring blocks are two words, and `<b>accept</b>(3)` is one.
        if !matches!(name.trim_start_matches('/').split(' ').next(), Some("b" | "tspan" | "a" | "span")) {
            text.push(' ');
        }
        rest = after;
    }
    text += rest;
    text.replace("&#10;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_their_text() {
        let text = "# 에코 {#e}\n**소켓**을\n## 실행 {#run}\n<div><style>.a{b:c}</style><code class=\"opens\">scripts/lab</code><p><b>accept</b>(3) &lt; 4</p><script>{\"a\":\"<b>\"}</script></div>\n\n`listen`";
        let sections = of_page("echo", text);
        let found: Vec<_> = sections
            .iter()
            .map(|s| [&s.url, &s.page, &s.heading, &s.text, &s.shown].map(String::as_str))
            .collect();
        assert_eq!(
            found,
            [
                ["echo.html", "에코", "에코", "소켓을", ""],
                ["echo.html#run", "에코", "실행", "listen", "accept(3) < 4"]
            ]
        );
        assert_eq!(sections[0].terms, ["소켓"]);
    }

    #[test]
    fn a_term_is_explained_in_one_section() {
        let mut sections =
            of_page("echo", "# 에코 {#e}\n소켓\n## 큐 {#queues}\n대기열이\n## 끝 {#end}\n그 대기열");
        let mut url = |place: &str, word: &str| {
            explaining(&mut sections, place, word).map(|section| section.url.clone()).unwrap_or_default()
        };
        assert_eq!(url("echo.html#end", "대기열"), "echo.html#end");
        assert_eq!(url("echo.html", "대기열"), "echo.html#queues");
        assert_eq!(url("echo.html", "없는 말"), "echo.html");
        assert_eq!(url("udp.html", "대기열"), "");
    }
}
