//! What the page for teachers and the exercises are made of: model answers, questions to ask in class, mistakes that students make.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use labs::lab::Lab;
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
                dt { (language.of("질문", "Question")) } dd { (code::inline(&question)) }
                dt { (language.of("답", "Answer")) } dd { b { (answer) } br; (code::inline(&why)) }
            }
        }
    })
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
    mistake: String,
    mistake_ko: String,
    /// Of a mistake that teachers often meet.
    seen: Option<ByStudent>,
    /// The checks that fail for it; the first one's hint is quoted.
    fails: Vec<String>,
    #[serde(default)]
    hints: BTreeMap<String, String>,
}

/// What a student sees of a mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByStudent {
    ko: String,
    en: String,
    /// Where the book explains it: `byte_order.md#steps`.
    page: String,
    /// Words of the hint, if those in `hints` stand in no message of the grader's, or in several.
    says: Option<String>,
}

/// The mistakes that the grader is tested with: first those that teachers often meet, with what a student sees and what the grader
/// says; then, lab by lab, all others.
pub(crate) fn mistakes(
    language: Lang,
    root: &Path,
    titles: &BTreeMap<String, [String; 2]>,
) -> Result<Markup> {
    let said = said(root)?;
    let mut labs = Vec::new();
    for lab in labs::ALL {
        labs.push((lab, bad_ones(lab, root)?));
    }
    Ok(html! {
        table class="mistakes" {
            thead { tr {
                th { (language.of("실수", "Mistake")) } th { (language.of("학생이 보는 것", "What the student sees")) }
                th { (language.of("채점기의 검사와 힌트", "The grader's check and hint")) }
            } }
            @for (lab, bad) in &labs {
                tbody {
                    tr { th colspan="3" { a href={ (lab.name) ".html#exercises" } { (lab.name) } } }
                    @for bad in bad {
                        @if let Some(seen) = &bad.seen {
                            @let (page, id) = seen.page.split_once(".md").unwrap_or((&seen.page, ""));
                            @let name = titles.get(page).map_or(page, |[ko, en]| language.of(ko, en));
                            @let (title, hint) = says(lab, bad, seen, &said)?;
                            tr {
                                td {
                                    code { (bad.name) } br; (bad.mistake(language)) " → "
                                    a href={ (page) ".html" (id) } { (name) }
                                }
                                td { (code::inline(language.of(&seen.ko, &seen.en))) }
                                td { b { (code::inline(title[language as usize])) } br; (code::inline(&hint[language as usize])) }
                            }
                        }
                    }
                }
            }
        }
        @for (lab, bad) in &labs {
            @let others: Vec<&Bad> = bad.iter().filter(|bad| bad.seen.is_none()).collect();
            details class="more" {
                summary {
                    (language.of(format!("{}의 나머지 실수 {}개", lab.name, others.len()), format!("{}: {} more mistakes", lab.name, others.len())))
                }
                table class="checks" {
                    thead { tr {
                        th { (language.of("이름", "Name")) } th { (language.of("실수", "Mistake")) }
                        th { (language.of("실패하는 검사", "Checks that fail")) }
                    } }
                    @for bad in others { tr {
                        td { code { (bad.name) } } td { (bad.mistake(language)) }
                        td { ul { @for check in &bad.fails { li { (code::inline(title(lab, check)?[language as usize])) } } } }
                    } }
                }
            }
        }
    })
}

fn bad_ones(lab: &Lab, root: &Path) -> Result<Vec<Bad>> {
    let file = format!("crates/tools/grade/tests/submissions/{}/bad.toml", lab.name);
    let text = fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
    Ok(toml::from_str::<BadOnes>(&text).context(file)?.bad)
}

impl Bad {
    fn mistake(&self, language: Lang) -> Markup {
        code::inline(language.of(&self.mistake_ko, &self.mistake))
    }
}

/// A check's title, in Korean and in English.
fn title(lab: &Lab, check: &str) -> Result<[&'static str; 2]> {
    let check = lab.check(check).with_context(|| format!("{}: there is no check {check}", lab.name))?;
    Ok(check.title)
}

/// What the grader says of a mistake: the title of a check, and its hint, which is looked up in all that the grader may say.
fn says(
    lab: &Lab,
    bad: &Bad,
    seen: &ByStudent,
    said: &[[String; 2]],
) -> Result<([&'static str; 2], [String; 2])> {
    let of = || format!("bad.toml of {}: {}", lab.name, bad.name);
    let check = bad.fails.first().with_context(of)?;
    let words =
        seen.says.as_ref().or_else(|| bad.hints.get(check)).context("it gets no hint").with_context(of)?;
    let mut found = said.iter().filter(|[_, en]| en.contains(words));
    let (Some(hint), None) = (found.next(), found.next()) else {
        bail!(
            "{}: {words:?} stands in no message of the grader's, or in several: `says` is to be longer",
            of()
        )
    };
    Ok((title(lab, check)?, hint.clone()))
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

    fn bad(lab: &Lab, name: &str) -> Bad {
        bad_ones(lab, &labkit::root()).unwrap().into_iter().find(|bad| bad.name == name).unwrap()
    }

    #[test]
    fn the_grader_is_quoted() {
        let lab = labs::find("tcp_echoserv").unwrap();
        let bad = bad(lab, "no_htons");
        let said = said(&labkit::root()).unwrap();
        let (title, [ko, en]) = says(lab, &bad, bad.seen.as_ref().unwrap(), &said).unwrap();
        assert!(
            !title[0].is_empty() && ko.contains("htons") && en.contains("swapped"),
            "{title:?} {ko} {en}"
        );
    }

    #[test]
    fn what_the_grader_does_not_say_is_not_quoted() {
        fn say(bad: &mut Bad, words: &str) {
            bad.seen.as_mut().unwrap().says = Some(words.into());
        }
        let lab = labs::find("tcp_echoserv").unwrap();
        let said = said(&labkit::root()).unwrap();
        let fault = |change: fn(&mut Bad)| {
            let mut bad = bad(lab, "no_htons");
            change(&mut bad);
            format!("{:#}", says(lab, &bad, bad.seen.as_ref().unwrap(), &said).unwrap_err())
        };
        assert!(fault(|bad| bad.fails[0] = "listen".into()).contains("no check listen"));
        assert!(
            fault(|bad| (bad.seen.as_mut().unwrap().says, bad.hints) = Default::default())
                .contains("no hint")
        );
        assert!(fault(|bad| say(bad, "sin_port takes it")).contains("in no message"));
        assert!(fault(|bad| say(bad, "htons(")).contains("in several"));
    }

    #[test]
    fn a_literal_is_read_as_rust_reads_it() {
        let (value, rest) = literal(r#" "a \"b\" '\\0' {n:?} {{c}}", d"#).unwrap();
        assert_eq!((value.as_str(), rest), (r#"a "b" '\0' … {c}"#, ", d"));
        assert_eq!(literal("x"), None);
    }
}
