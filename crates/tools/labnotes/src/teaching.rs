//! What the page for teachers and the exercises are made of: model answers, questions to ask in class, mistakes that students make.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use labs::words::Lang;
use maud::{Markup, html};
use serde::Deserialize;

use crate::code;
use crate::pages;
use crate::questions::Questions;
use crate::real::Real;

/// Where the answers are that the tests try.
const ANSWERS: &str = "crates/tools/labnotes/tests/exercises";

/// The answer to an exercise: a program (`.c`), or what changes in one of the book's (`.diff`), as the tests have tried it.
pub(crate) fn answer(name: &str, language: Lang, root: &Path) -> Result<Markup> {
    ensure!(!name.is_empty() && !name.contains(['/', '.']), "`{name}` is no exercise's name");
    let file = format!("{ANSWERS}/{name}.c");
    if let Ok(program) = fs::read_to_string(root.join(&file)) {
        return Ok(html! {
            figure class="answer" { figcaption { code { (file) } } (code::block("c", program.trim_end())) }
        });
    }
    let diff = format!("{ANSWERS}/{name}.diff");
    let text = fs::read_to_string(root.join(&diff)).with_context(|| diff.clone())?;
    let (changed, hunks) = text
        .split_once("\n@@")
        .and_then(|(head, hunks)| Some((head.strip_prefix("--- a/")?.lines().next()?, hunks)))
        .with_context(|| format!("{diff}: it begins with `--- a/FILE`, then come the hunks"))?;
    // Line numbers tell a reader nothing.
    let hunks: Vec<&str> = hunks.split("\n@@").filter_map(|hunk| Some(hunk.split_once('\n')?.1)).collect();
    let hunks = hunks.join("\n…\n");
    Ok(html! {
        figure class="answer" {
            figcaption { code { (changed) } (language.of("에서 바뀌는 곳. 적용하기: ", ": what changes. To apply it: ")) code { "git apply " (diff) } }
            (code::block("diff", hunks.trim_end()))
        }
    })
}

/// A question to ask in class, which the player asks as well, with a link to its step and with its answer: `SCENE PROCESS CALL NUMBER`.
pub(crate) fn ask(
    arguments: &str,
    language: Lang,
    root: &Path,
    questions: &Questions,
    real: &Real,
) -> Result<Markup> {
    let (scene, at) = arguments.split_once(' ').context("it is SCENE PROCESS CALL NUMBER")?;
    let asked = questions.to_ask(scene, at, real)?;
    let [question, answer, why] = asked.said.map(|said| said[language as usize].clone());
    let player = format!("{{{{#player {scene}}}}}");
    let pages = pages::read(root, language)?;
    let page = pages.iter().find(|page| page.text.lines().any(|line| line == player));
    let page = page.with_context(|| format!("no page has {player}"))?;
    let step =
        language.of(format!("{scene} 장면 {}단계", asked.step), format!("{scene}, step {}", asked.step));
    Ok(html! {
        div class="fact ask" {
            p class="fact-head" { a href={ (page.name) ".html#" (scene) "-step-" (asked.step) } { (step) } }
            dl {
                dt { (language.of("물음", "Question")) } dd { (code::inline(&question)) }
                dt { (language.of("답", "Answer")) } dd { b { (answer) } br; (code::inline(&why)) }
            }
        }
    })
}

/// `lab-notes/mistakes.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

/// A mistake that a teacher meets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    /// `tcp_echoserv no_htons`: a lab, and the name in its `bad.toml`.
    of: String,
    /// The check that fails for it.
    check: String,
    /// Words of that check's hint, if those in `bad.toml` stand in no message of the grader's, or in several.
    says: Option<String>,
    /// Where the book explains it: `byte_order.md#steps`.
    page: String,
    ko: Told,
    en: Told,
}

/// It, in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    mistake: String,
    sees: String,
}

/// The grader's known-bad submissions of a lab.
#[derive(Debug, Deserialize)]
struct BadOnes {
    bad: Vec<Bad>,
}

/// One of them, so far as it matters here.
#[derive(Debug, Deserialize)]
struct Bad {
    name: String,
    fails: Vec<String>,
    #[serde(default)]
    hints: BTreeMap<String, String>,
}

/// The mistakes of `lab-notes/mistakes.toml`: what a student sees, and what the grader says. What it says is looked up: the check in
/// its lab, the hint in the grader's sources.
pub(crate) fn mistakes(
    language: Lang,
    root: &Path,
    titles: &BTreeMap<String, [String; 2]>,
) -> Result<Markup> {
    const FILE: &str = "lab-notes/mistakes.toml";
    let rows = rows(&fs::read_to_string(root.join(FILE)).context(FILE)?, root).context(FILE)?;
    Ok(html! {
        table class="mistakes" {
            thead { tr {
                th { (language.of("실수", "Mistake")) } th { (language.of("학생이 보는 것", "What the student sees")) }
                th { (language.of("채점기의 검사와 힌트", "The grader's check and hint")) }
            } }
            @for lab in labs::ALL {
                @let of_lab = rows.iter().filter(|(mistake, _)| mistake.lab() == lab.name);
                @if of_lab.clone().next().is_some() {
                    tbody {
                        tr { th colspan="3" { a href={ (lab.name) ".html#exercises" } { (lab.name) } } }
                        @for (mistake, (title, hint)) in of_lab {
                            @let told = language.of(&mistake.ko, &mistake.en);
                            @let (page, id) = mistake.page.split_once(".md").unwrap_or((&mistake.page, ""));
                            @let name = titles.get(page).map_or(page, |[ko, en]| language.of(ko, en));
                            tr {
                                td { (code::inline(&told.mistake)) " → " a href={ (page) ".html" (id) } { (name) } }
                                td { (code::inline(&told.sees)) }
                                td { b { (code::inline(title[language as usize])) } br; (code::inline(&hint[language as usize])) }
                            }
                        }
                    }
                }
            }
        }
    })
}

/// A check's title, and a hint: each in Korean and in English.
type Says = ([&'static str; 2], [String; 2]);

/// Each mistake with what the grader says.
fn rows(text: &str, root: &Path) -> Result<Vec<(Mistake, Says)>> {
    let Mistakes { mistake: mistakes } = toml::from_str(text)?;
    let said = said(root)?;
    let mut rows = Vec::new();
    for mistake in mistakes {
        let says = says(&mistake, root, &said).with_context(|| mistake.of.clone())?;
        rows.push((mistake, says));
    }
    Ok(rows)
}

impl Mistake {
    fn lab(&self) -> &str {
        self.of.split(' ').next().unwrap_or_default()
    }
}

/// What the grader says of a mistake.
fn says(mistake: &Mistake, root: &Path, said: &[[String; 2]]) -> Result<Says> {
    let (lab, name) = mistake.of.split_once(' ').context("it is LAB NAME")?;
    let lab = labs::find(lab).context("there is no such lab")?;
    let check = lab.check(&mistake.check).with_context(|| format!("there is no check {}", mistake.check))?;
    let file = root.join(format!("crates/tools/grade/tests/submissions/{}/bad.toml", lab.name));
    let bad: BadOnes =
        toml::from_str(&fs::read_to_string(&file).with_context(|| file.display().to_string())?)?;
    let bad = bad.bad.into_iter().find(|bad| bad.name == name).context("bad.toml has no such mistake")?;
    ensure!(bad.fails.contains(&mistake.check), "it fails {:?}, not {}", bad.fails, mistake.check);
    let words = mistake.says.as_ref().or_else(|| bad.hints.get(&mistake.check)).context("it gets no hint")?;
    let mut found = said.iter().filter(|[_, en]| en.contains(words));
    let (Some(hint), None) = (found.next(), found.next()) else {
        bail!("{words:?} stands in no message of the grader's, or in several: `says` is to be longer")
    };
    Ok((check.title, hint.clone()))
}

/// All that the grader may say, each in Korean and in English: `words!("…", "…")` in the sources of the labs. What differs from run to
/// run is `…`.
fn said(root: &Path) -> Result<Vec<[String; 2]>> {
    let mut said = Vec::new();
    for folder in ["bench", "labs", "search"] {
        for file in fs::read_dir(root.join("crates/tools/labs/src").join(folder))? {
            let text = fs::read_to_string(file?.path())?;
            for rest in text.split("words!(").skip(1) {
                if let Some((ko, rest)) = literal(rest)
                    && let Some((en, _)) = rest.split_once(',').and_then(|(_, rest)| literal(rest))
                {
                    said.push([ko, en]);
                }
            }
        }
    }
    said.sort();
    said.dedup();
    Ok(said)
}

/// The string literal that Rust text begins with, and what follows. A placeholder in it becomes `…`.
fn literal(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start().strip_prefix('"')?;
    let mut value = String::new();
    let mut rest = text.char_indices();
    while let Some((at, char)) = rest.next() {
        match char {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match rest.next()?.1 {
                'n' => value.push('\n'),
                char => value.push(char),
            },
            '{' if rest.as_str().starts_with('{') => value.extend(rest.next().map(|(_, char)| char)),
            '}' => value.extend(rest.next().map(|(_, char)| char)),
            '{' => {
                rest.by_ref().take_while(|(_, char)| *char != '}').for_each(drop);
                value.push('…');
            }
            char => value.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_HTONS: &str = r#"[[mistake]]
of = "tcp_echoserv no_htons"
check = "listens"
says = "sin_port takes htons(port)"
page = "byte_order.md#failures"
ko = { mistake = "", sees = "" }
en = { mistake = "", sees = "" }"#;

    fn fault(text: &str) -> String {
        format!("{:#}", rows(text, &labkit::root()).unwrap_err())
    }

    #[test]
    fn the_grader_is_quoted() {
        let rows = rows(NO_HTONS, &labkit::root()).unwrap();
        let (mistake, (title, [ko, en])) = &rows[0];
        assert_eq!(mistake.lab(), "tcp_echoserv");
        assert!(
            !title[0].is_empty() && ko.contains("htons") && en.contains("swapped"),
            "{title:?} {ko} {en}"
        );
    }

    #[test]
    fn all_of_the_books_mistakes_are_the_graders() {
        let text = fs::read_to_string(labkit::root().join("lab-notes/mistakes.toml")).unwrap();
        assert!(rows(&text, &labkit::root()).unwrap().len() > 35);
    }

    #[test]
    fn a_mistake_that_is_none_is_found() {
        assert!(fault(&NO_HTONS.replace("no_htons", "no_ntohs")).contains("bad.toml has no such mistake"));
        assert!(fault(&NO_HTONS.replace("tcp_echoserv", "echoserv")).contains("no such lab"));
        assert!(fault(&NO_HTONS.replace("\"listens\"", "\"listen\"")).contains("no check listen"));
        assert!(fault(&NO_HTONS.replace("\"listens\"", "\"echoes\"")).contains("not echoes"));
        assert!(fault(&NO_HTONS.replace("takes htons(port)", "takes it")).contains("in no message"));
        assert!(fault(&NO_HTONS.replace("sin_port takes htons(port)", "htons(")).contains("in several"));
    }

    #[test]
    fn a_literal_is_read_as_rust_reads_it() {
        let (value, rest) = literal(r#" "a \"b\" '\\0' {n:?} {{c}}", d"#).unwrap();
        assert_eq!((value.as_str(), rest), (r#"a "b" '\0' … {c}"#, ", d"));
        assert_eq!(literal("x"), None);
    }
}
