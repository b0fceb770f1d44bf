//! Code and terminals as HTML. All of it on one line, since in Markdown an empty line ends HTML.

use labs::words::Lang;
use maud::{Markup, PreEscaped, html};
use mdbook_markdown::new_cmark_parser;
use mdbook_markdown::pulldown_cmark::{self, Event, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use crate::pages;
use crate::play::{Part, Screen};

/// Text in a `<pre>`.
pub(crate) fn text(text: &str) -> PreEscaped<String> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    PreEscaped(escaped.replace('\n', "&#10;"))
}

/// A block of code. `language` is highlight.js's name for it, or empty.
pub(crate) fn block(language: &str, code: &str) -> Markup {
    html! {
        pre class="code" tabindex="0" { code data-code=(language) { (text(code)) } }
    }
}

/// C on the left, Rust on the right.
pub(crate) fn twins(c: &str, rust: &str) -> Markup {
    html! {
        div class="twins" {
            div class="twin" data-twin="C" { (block("c", c)) }
            div class="twin" data-twin="Rust" { (block("rust", rust)) }
        }
    }
}

/// How wide C and Rust are, in columns: with it the style sheet finds the size of type at which no line is wrapped.
pub(crate) fn columns<'a>(twins: impl Iterator<Item = [&'a str; 2]>) -> String {
    let wide = |code: &str| code.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let most = twins.fold([0, 0], |[c, rust], twin| [c.max(wide(twin[0])), rust.max(wide(twin[1]))]);
    format!("--c:{};--rust:{}", most[0], most[1])
}

/// One line of Markdown as HTML without a paragraph around it.
pub(crate) fn inline(markdown: &str) -> PreEscaped<String> {
    let events = new_cmark_parser(markdown, &pages::options())
        .filter(|event| !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)));
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    PreEscaped(html.replace('\n', " "))
}

/// A transcript: the terminals side by side, with numbers that tell in which order things were typed. Each has the command that
/// opens its shell: `opens` the first one's, if that is a lab shell.
pub(crate) fn transcript(opens: Option<&str>, screens: &[Screen], language: Lang) -> Markup {
    let several = screens.len() > 1;
    html! {
        div class={ "terminals" @if several { " several" } } {
            @for (i, screen) in screens.iter().enumerate() {
                figure class="terminal" {
                    @let is_one_of_some = several || !screen.name.is_empty();
                    @if is_one_of_some || opens.is_some() {
                        figcaption {
                            @if is_one_of_some {
                                (language.of("터미널", "Terminal")) " " (i + 1)
                                @if !screen.name.is_empty() { span class="name" { (name(&screen.name, language)) } }
                            }
                            @if let Some(first) = opens { code class="opens" { (if i == 0 { first } else { "scripts/lab --join" }) } }
                        }
                    }
                    pre tabindex="0" {
                        @for part in &screen.parts {
                            @match part {
                                Part::Prompt => { span class="prompt" { "$ " } }
                                Part::Output(output) => { (text(output)) }
                                Part::Typed(typed, number) => {
                                    kbd { (typed) }
                                    @if several { span class="order" { (number) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `client2` as the book's reader knows it.
fn name(name: &str, language: Lang) -> String {
    if language == Lang::En {
        return name.replace("client", "client ").replace("server", "server ").trim().to_string();
    }
    name.replace("client", "클라이언트 ").replace("server", "서버 ").trim().to_string()
}
