//! The player: a recording in a page. In the book, [`player`] stands in a page that has player.css and player.js; [`page`] is
//! one file that needs nothing else and opens from disk.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use serde_json::{Value, json};

use crate::recording::{Recording, State, Step};
use crate::scenes;
use crate::titles;

const SCRIPT: &str = include_str!("../../../../lab-notes/theme/player.js");
const STYLE: &str = include_str!("../../../../lab-notes/theme/player.css");
const BOOK: &str = include_str!("../../../../lab-notes/theme/book.css");
/// Where in the book's style sheet what every page needs begins and ends: colours, fonts; the colours of code.
const BASE: [(&str, &str); 2] =
    [(":root {", "/* ---- The bar at the top"), ("/* Colours of code", "/* ---- Terminals")];
/// What only such a page needs.
const OWN: &str = "\
    body { padding: 0.75rem clamp(0.5rem, 2vw, 2rem); } h1 { font-size: 1rem; margin: 0 1rem 0 0; }
    .about { margin: 0; font-size: 0.86rem; line-height: 1.4; color: var(--soft); }
    .about::first-letter { text-transform: uppercase; } h1, .about { display: inline-block; }
    .player { margin: 0.5rem auto; max-width: 96rem; }
    @media (max-width: 48rem) {
      body { padding-inline: 0; } h1, .about { display: block; padding-inline: 1rem; } .pl-ui { border-radius: 0; border-inline: 0; }
    }
    @media print { .pl-live > .fallback:has(> .all) { display: none; } }";

/// The element that player.js makes a player of, with all that it needs inside. `recordings` are of the same scene, each with
/// its language; the first is the one whose run is shown. Where `lang` is `ko`, the steps' titles in the sources are Korean.
/// Without JavaScript and on paper `fallback` is what is seen.
#[must_use]
pub fn player(
    id: &str,
    recordings: &[(&str, &Recording)],
    lang: &str,
    questions: Option<&Value>,
    fallback: &Markup,
) -> Markup {
    let recordings: Vec<(&str, Recording)> =
        recordings.iter().map(|(language, recording)| (*language, in_language(recording, lang))).collect();
    let first = recordings.first().map(|(_, recording)| recording);
    html! {
        div.player id={ "player-" (id) } data-scene=(id) data-lang=(lang) {
            div.fallback { (fallback) }
            @for (i, (language, recording)) in recordings.iter().enumerate() {
                @let small = match first {
                    Some(first) if i > 0 && same(first, recording) => sources(recording),
                    _ => thin(recording),
                };
                script.recording type="application/json" data-language=(language) { (inside_script(&small)) }
            }
            @if let Some(questions) = questions {
                script.questions type="application/json" { (inside_script(questions)) }
            }
        }
    }
}

/// A recording with the steps' titles in that language.
fn in_language(recording: &Recording, lang: &str) -> Recording {
    let mut recording = recording.clone();
    if lang == "ko" {
        recording.files.values_mut().for_each(|text| *text = titles::in_korean(text));
    }
    recording
}

/// A whole page in one file. `lang`: `ko` or `en`.
#[must_use]
pub fn page(recordings: &[(&str, &Recording)], lang: &str) -> String {
    page_at(recordings, lang, None)
}

/// The same; unless its address says another step, it opens at this one.
#[must_use]
pub fn page_at(recordings: &[(&str, &Recording)], lang: &str, step: Option<usize>) -> String {
    let first = recordings.first().map(|(_, recording)| *recording);
    let processes = first.map_or(&[][..], |recording| &recording.processes);
    let mut programs: Vec<_> = processes.iter().filter_map(|p| p.program.split(' ').next()).collect();
    programs.dedup();
    let title = programs.join(" · ");
    let id = first.map_or("run", |recording| recording.scene.as_str());
    let about = scenes::named(id).map(|scene| scene.about[usize::from(lang != "ko")]);
    let list = html! {
        @if let Some(recording) = first {
            ol.all { @for step in &recording.steps { li { (said(recording, step)) } } }
        }
    };
    let base = BASE.map(|(begin, end)| {
        let from = BOOK.find(begin).unwrap_or(BOOK.len());
        BOOK[from..].split(end).next().unwrap_or_default()
    });
    html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                style { @for part in base { (PreEscaped(part)) } (PreEscaped(STYLE)) (PreEscaped(OWN)) }
            }
            body {
                main {
                    h1 { (title) }
                    @if let Some(about) = about { p.about { (about) } }
                    (player(id, recordings, lang, None, &list))
                }
                @if let Some(n) = step {
                    // Before the player reads it.
                    script { "if (!location.hash) location.replace('#" (id) "-step-" (n) "');" }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// `server: bind(3, …) = 0`
fn said(recording: &Recording, step: &Step) -> String {
    let name = recording.processes.get(step.process).map_or("", |process| &process.name);
    format!("{name}: {}", step.text())
}

/// JSON that no `</script>` in it can end.
fn inside_script(value: &Value) -> PreEscaped<String> {
    PreEscaped(value.to_string().replace('<', "\\u003c"))
}

/// A recording whose states say only what is not as it was a step before: for what is, its place in the list there stands.
/// player.js reads whole ones too.
fn thin(recording: &Recording) -> Value {
    fn places<T: PartialEq + Serialize>(before: &[T], now: &[T]) -> Vec<Value> {
        now.iter()
            .map(|one| before.iter().position(|old| old == one).map_or_else(|| json!(one), Value::from))
            .collect()
    }
    let mut value = json!(recording);
    let mut before = &State::default();
    for (i, Step { state, .. }) in recording.steps.iter().enumerate() {
        value["steps"][i]["state"] = json!({
            "processes": places(&before.processes, &state.processes),
            "sockets": places(&before.sockets, &state.sockets),
        });
        before = state;
    }
    value
}

/// Of a recording that is the same as another but for its text: that text, and where in it each step is.
fn sources(recording: &Recording) -> Value {
    let sources: Vec<_> = recording.steps.iter().map(|step| &step.source).collect();
    json!({ "processes": recording.processes, "files": recording.files, "sources": sources })
}

/// They do the same step by step, and the kernel says the same of both after each.
fn same(a: &Recording, b: &Recording) -> bool {
    a.steps.len() == b.steps.len() && matches!((a.mirrored(), b.mirrored()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_books_colours_are_in_the_page_and_its_bar_is_not() {
        let page = page(&[], "ko");
        assert!(page.contains("--accent-soft: light-dark"));
        assert!(page.contains(".hljs-comment"));
        assert!(!page.contains("#contents"));
    }

    #[test]
    fn the_steps_of_a_korean_page_have_korean_titles() {
        let files = [("a.c".to_string(), "// 5. bind: give the socket its address\n".to_string())].into();
        let recording = Recording { files, ..Recording::default() };
        let page = |lang| page(&[("C", &recording)], lang);
        assert!(page("ko").contains("// 5. bind: 소켓") && !page("ko").contains("give the socket"));
        assert!(page("en").contains("// 5. bind: give the socket its address"));
    }

    #[test]
    fn no_text_of_a_recording_ends_its_script() {
        assert_eq!(inside_script(&json!("</script>")).0, r#""\u003c/script>""#);
    }
}
