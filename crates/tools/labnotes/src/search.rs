//! The index of the book's own search. mdBook's knows no Hangul; ours looks for parts of words in the text of every
//! section, so that 소켓 is found in 소켓을.

use anyhow::Result;
use labs::words::Lang;
use mdbook_markdown::new_cmark_parser;
use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use serde::Serialize;

use crate::pages;

#[derive(Serialize)]
struct Section {
    /// Where it is: `tcp_echoserv.html#run`.
    url: String,
    /// The page's title.
    page: String,
    /// The section's heading.
    heading: String,
    /// All of its text.
    text: String,
}

/// A script that sets `bookIndex`, so that the search works from a file as well as from a server.
pub(crate) fn index(pages: &[(String, String)], language: Lang) -> Result<String> {
    let mut sections = Vec::new();
    for (name, markdown) in pages {
        sections.extend(of_page(name, markdown));
    }
    let json = serde_json::to_string(&sections)?.replace("</", "<\\/");
    Ok(format!("window.bookIndex = {json}; // {}\n", language.code()))
}

fn of_page(name: &str, markdown: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut title = String::new();
    let mut in_heading = false;
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
                    text: String::new(),
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                if let [first] = &mut sections[..] {
                    title.clone_from(&first.heading);
                    first.page.clone_from(&title);
                }
            }
            Event::Text(text) | Event::Code(text) => {
                let Some(section) = sections.last_mut() else { continue };
                if in_heading { section.heading += &text } else { section.text += &text }
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                if let Some(section) = sections.last_mut() {
                    section.text.push(' ');
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                if let Some(section) = sections.last_mut() {
                    section.text += &without_tags(&html);
                }
            }
            _ => {}
        }
    }
    for section in &mut sections {
        section.text = section.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    sections
}

/// The text of HTML that we have made ourselves.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text += before;
        let Some((name, after)) = tag.split_once('>') else { break };
        // Words in neighbouring blocks are two words, and `<b>accept</b>(3)` is one.
        if !matches!(name.trim_start_matches('/').split(' ').next(), Some("b" | "tspan" | "a" | "span")) {
            text.push(' ');
        }
        let end = if name == "style" { after.find("</style>") } else { None };
        rest = &after[end.unwrap_or(0)..];
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
        let text = "# 에코 {#e}\n소켓을\n## 실행 {#run}\n<div><style>.a{b:c}</style><p><b>accept</b>(3) &lt; 4</p></div>\n\n`listen`";
        let sections = of_page("echo", text);
        let found: Vec<_> = sections
            .iter()
            .map(|s| (s.url.as_str(), s.page.as_str(), s.heading.as_str(), s.text.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("echo.html", "에코", "에코", "소켓을"),
                ("echo.html#run", "에코", "실행", "accept(3) < 4 listen")
            ]
        );
    }
}
