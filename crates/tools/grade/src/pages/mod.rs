//! A class as pages that open from disk: `class.html` and `students/NAME.html`, with the tables beside them.
//!
//! Nothing is loaded from anywhere: the pages' own policy forbids it and allows the one style and the one script by their
//! digests, so that no text of a student's could become more than text.

use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use labs::words::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::changes::{self, Change};
use crate::files::{in_the_way, write_whole};
use crate::report::{CheckResult, Report, Status};
use crate::results::{self, Attendance, Class, Entry, Row, file_stem, status_name};
use crate::roster::Person;
use crate::sheet::Sheet;
use crate::similar::{self, Pair};
use crate::told::{marks, visible};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("sort.js");
/// So many pairs on the page; `similar.csv` has all.
const PAIRS: usize = 100;

/// Writes `class.csv`, `similar.csv`, `class.html` and a page a student into a folder, each whole or not at all. If there was a
/// `class.csv`, what has changed since is in `changes.csv`, and given.
pub fn write(class: &Class, out: &Path, lang: Lang) -> io::Result<Vec<Change>> {
    let students = out.join("students");
    fs::create_dir_all(&students).map_err(|error| in_the_way(&students, &error))?;
    for (file, row) in class.files.iter().zip(&class.rows) {
        let page = student(&Entry::read(file)?, lang);
        write_whole(&students.join(format!("{}.html", row.stem)), page.into_string().as_bytes())?;
    }
    let pairs = similar::pairs(class.submissions.clone());
    write_whole(&out.join("similar.csv"), &results::similar_csv(&pairs)?)?;
    let table = out.join("class.csv");
    let changes = Sheet::read(&table).map(|before| changes::since(&before, class)).ok();
    if let Some(changes) = &changes {
        write_whole(&out.join("changes.csv"), &changes::table(changes)?)?;
    }
    let changes = changes.unwrap_or_default();
    let page = overview(class, &changes, &pairs, lang);
    write_whole(&out.join("class.html"), page.into_string().as_bytes())?;
    // Last: what is in it counts as told.
    write_whole(&table, &results::class_csv(class, lang)?)?;
    Ok(changes)
}

fn page(title: &str, lang: Lang, script: bool, body: &Markup) -> Markup {
    let digest = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let scripts = if script { digest(SCRIPT) } else { "'none'".into() };
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {scripts}; base-uri 'none'; form-action 'none'",
        digest(STYLE)
    );
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                @if script { script { (PreEscaped(SCRIPT)) } }
            }
        }
    }
}

fn overview(class: &Class, changes: &[Change], pairs: &[Pair], lang: Lang) -> Markup {
    let mut scores: Vec<u32> = class.scores().collect();
    scores.sort_unstable();
    let not_graded: Vec<&Row> = class.rows.iter().filter(|row| row.marks.is_err()).collect();
    let body = html! {
        header {
            h1 { (class.lab) }
            p.soft { (latest(class)) }
            dl.facts {
                div { dt { (lang.of("제출물", "Submissions")) } dd { (class.rows.len()) } }
                @if let Some((mean, median)) = middle(&scores) {
                    div { dt { (lang.of("평균", "Mean")) } dd { (mean) span.soft { "/" (class.max_score) } } }
                    div { dt { (lang.of("중앙값", "Median")) } dd { (median) } }
                    @let full = scores.iter().filter(|score| **score == class.max_score).count();
                    div { dt { (lang.of("만점", "Full marks")) } dd { (full) } }
                }
            }
        }
        @if !not_graded.is_empty() {
            section.alert {
                strong.error { (lang.of("채점하지 못한 제출물: ", "Not graded: ")) (not_graded.len()) }
                ul {
                    @for row in not_graded {
                        li { (link(&row.student, "students/")) ": " (visible(row.marks.as_ref().err().map_or("", |why| why))) }
                    }
                }
            }
        }
        (attendance(class, lang))
        (changed(changes, lang))
        (without_work(class, lang))
        main {
            div.two {
                section {
                    h2 { (lang.of("점수 분포", "Scores")) }
                    (histogram(&scores, class.max_score, lang))
                }
                section {
                    h2 { (lang.of("검사별로 실패한 제출물", "Failed, by check")) }
                    (fails(class, lang))
                }
            }
            h2 { (lang.of("학생", "Students")) }
            (table(class, lang))
            (similar_pairs(pairs, lang))
        }
        footer {
            p { (lang.of("✔ 통과 · ✘ 실패 · – 건너뜀 · ! 채점기 쪽 오류(점수 없음)", "✔ passed · ✘ failed · – skipped · ! the grader's own fault (no mark)")) }
            p { a href="class.csv" { "class.csv" } " · " a href="similar.csv" { "similar.csv" } }
        }
    };
    page(&class.lab, lang, true, &body)
}

/// Who of the roster is missing, and who isn't in it.
fn attendance(class: &Class, lang: Lang) -> Markup {
    let Some(Attendance { absent, unlisted, twice }) = &class.attendance else { return html! {} };
    let named = |person: &Person| format!("{} {}", visible(person.id()), visible(&person.name));
    html! {
        @if !absent.is_empty() {
            section.alert {
                strong { (lang.of("제출하지 않은 학생(점수 없음): ", "Handed in nothing (no marks): ")) (absent.len()) }
                ul { @for person in absent { li { (named(person)) } } }
            }
        }
        @if !unlisted.is_empty() {
            section.alert {
                strong { (lang.of("명단에 없는 제출물: ", "Not in the roster: ")) (unlisted.len()) }
                ul {
                    @for (student, could_be) in unlisted {
                        li {
                            (link(student, "students/"))
                            @if !could_be.is_empty() {
                                " – " (lang.of("이 가운데 어느 학생인가요?", "who of these?")) " "
                                (could_be.iter().map(named).collect::<Vec<_>>().join(", "))
                            }
                        }
                    }
                }
            }
        }
        @if !twice.is_empty() {
            section.alert {
                strong { (lang.of("제출물이 둘 이상인 학생: ", "Handed in more than one: ")) (twice.len()) }
                ul {
                    @for (person, students) in twice {
                        li { (named(person)) ": " @for student in students { (link(student, "students/")) " " } }
                    }
                }
            }
        }
    }
}

/// Who may have marks without the work: the submissions that print many values in the place of one, and those that have other
/// programs do it.
fn without_work(class: &Class, lang: Lang) -> Markup {
    let prints_all: Vec<_> =
        class.rows.iter().filter(|row| row.prints_all).map(|row| (row, String::new())).collect();
    let has_others = class.rows.iter().filter(|row| !row.ready_made.is_empty());
    let has_others: Vec<_> =
        has_others.map(|row| (row, format!(": {}", row.ready_made.join(", ")))).collect();
    let alert = |title: &str, why: &str, rows: &[(&Row, String)]| {
        html! {
            @if !rows.is_empty() {
                section.alert {
                    strong { (title) ": " (rows.len()) }
                    p.soft { (why) }
                    ul { @for (row, what) in rows { li { (link(&row.student, "students/")) (visible(what)) } } }
                }
            }
        }
    };
    html! {
        (alert(
            lang.of("답이 될 만한 값을 모두 출력한 제출물", "Prints all that could be right"),
            lang.of("값 하나 대신 여러 값을 늘어놓아 실패한 검사가 있어요. 과제를 하지 않고 다른 점수를 얻었는지 살펴보라는 뜻일 뿐 판정은 아니에요.",
                "A check failed because many values were printed in the place of one. A hint to see whether other marks were got \
                 without the work, not a verdict."),
            &prints_all))
        (alert(
            lang.of("과제에서 할 일을 대신하는 다른 프로그램을 실행한 제출물", "Has other programs do the lab's work"),
            lang.of("규칙에서는 제출물이 시스템 콜을 직접 불러야 해요. 어떤 프로그램을 실행했는지 살펴보라는 뜻일 뿐 판정은 아니에요.",
                "The rules ask for a program that makes the calls itself. A hint to see what it has others do, not a verdict."),
            &has_others))
    }
}

/// What has changed since the last report.
fn changed(changes: &[Change], lang: Lang) -> Markup {
    let or_none =
        |marks: &str| if marks.is_empty() { lang.of("없음", "none").to_string() } else { visible(marks) };
    html! {
        @if !changes.is_empty() {
            section.alert {
                strong { (lang.of("지난번과 달라진 학생: ", "Changed since the last report: ")) (changes.len()) }
                ul {
                    @for Change { student, old, new, passed, lost } in changes {
                        li {
                            (link(student, "students/")) ": " (or_none(old)) " → " (or_none(new))
                            @for id in passed { " ✔ " (visible(id)) }
                            @for id in lost { " ✘ " (visible(id)) }
                        }
                    }
                }
                p { a href="changes.csv" { "changes.csv" } }
            }
        }
    }
}

/// When the last of them was graded.
fn latest(class: &Class) -> String {
    class
        .rows
        .iter()
        .map(|row| row.graded_at.as_str())
        .max()
        .unwrap_or_default()
        .replace('T', " ")
        .replace('Z', " UTC")
}

/// Mean, to a tenth, and median of sorted scores.
fn middle(scores: &[u32]) -> Option<(String, String)> {
    let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    let mean = f64::from(scores.iter().sum::<u32>()) / f64::from(count);
    let (low, high) = (scores.get((scores.len() - 1) / 2)?, scores.get(scores.len() / 2)?);
    let median = if (low + high) % 2 == 0 {
        ((low + high) / 2).to_string()
    } else {
        format!("{}.5", (low + high) / 2)
    };
    Some((format!("{mean:.1}"), median))
}

/// Ten bins and one of full marks.
fn histogram(scores: &[u32], max: u32, lang: Lang) -> Markup {
    let mut bins = [0u32; 11];
    for score in scores {
        bins[(score * 10 / max.max(1)).min(10) as usize] += 1;
    }
    let most = bins.iter().max().copied().unwrap_or(0).max(1);
    let label = |bin: u32| {
        if bin == 10 {
            max.to_string()
        } else {
            format!("{}–{}", max * bin / 10, (max * (bin + 1)).div_ceil(10).saturating_sub(1))
        }
    };
    html! {
        svg viewBox="0 0 440 180" role="img" aria-label=(lang.of("점수 분포 막대그래프", "histogram of scores")) {
            line x1="0" x2="440" y1="155" y2="155" {}
            @for (bin, count) in (0..).zip(bins) {
                @let height = count * 130 / most;
                @let x = bin * 40;
                g {
                    title { (label(bin)) ": " (count) }
                    rect x=(x + 4) y=(155 - height) width="32" height=(height) rx="2" {}
                    @if count > 0 { text x=(x + 20) y=(150 - height) { (count) } }
                    text x=(x + 20) y="172" { (label(bin)) }
                }
            }
        }
    }
}

/// How many failed each check, of those that came to it.
fn fails(class: &Class, lang: Lang) -> Markup {
    html! {
        ol.fails {
            @for (number, (id, title, _)) in (1..).zip(&class.checks) {
                @let with = |status| class.rows.iter().filter(|row| row.checks.get(id) == Some(&status)).count();
                @let (failed, skipped) = (with(Status::Failed), with(Status::Skipped));
                @let tried = failed + with(Status::Passed);
                li {
                    span.soft { (number) }
                    span { (visible(title)) }
                    span title=(lang.of("실패 / 검사한 제출물", "failed / tried")) {
                        (failed) span.soft { "/" (tried) @if skipped > 0 { " (–" (skipped) ")" } }
                    }
                    svg.bar aria-hidden="true" { rect width={ (failed * 100 / tried.max(1)) "%" } height="6" rx="3" {} }
                }
            }
        }
    }
}

fn table(class: &Class, lang: Lang) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(lang.of("학생별 결과", "results by student")) {
            table {
                thead {
                    tr {
                        th scope="col" aria-sort="ascending" { button { (lang.of("이름", "Name")) } }
                        th scope="col" { button { (lang.of("점수", "Score")) } }
                        @for (number, (_, title, points)) in (1..).zip(&class.checks) {
                            th scope="col" {
                                button title={ (visible(title)) " (" (points) ")" } {
                                    (number) span.visually-hidden { " " (visible(title)) }
                                }
                            }
                        }
                    }
                }
                tbody {
                    @for row in &class.rows {
                        tr {
                            th scope="row" { (link(&row.student, "students/")) }
                            @match &row.marks {
                                Ok(score) => td.number data-value=(score) { (score) },
                                Err(_) => td.number.error data-value="-1" { (lang.of("없음", "none")) },
                            }
                            @for (id, ..) in &class.checks {
                                @match row.checks.get(id) {
                                    Some(status) => td class=(status_name(*status)) data-value=(order(*status)) { (mark(*status, lang)) },
                                    None => td data-value="9" {},
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn similar_pairs(pairs: &[Pair], lang: Lang) -> Markup {
    let percent = |part: f64| format!("{:.0}%", part * 100.0);
    html! {
        h2 { (lang.of("닮은 제출물", "Similar submissions")) }
        p.soft {
            (lang.of("이름, 주석, 공백, 상수 값을 빼고 코드의 구조만 비교한 결과예요. 살펴보라는 뜻일 뿐 판정은 아니에요. 같은 슬라이드를 따라 작성하거나 함께 공부하면 비슷할 수 있어요.",
                "Compared by the shape of the code, without names, comments, spaces and values. A hint to look, not a verdict: \
                 whoever follows the same slides, or learns together, may write alike."))
        }
        @if pairs.is_empty() {
            p { (lang.of("없어요.", "None.")) }
        } @else {
            div.wide tabindex="0" role="region" aria-label=(lang.of("닮은 제출물", "similar submissions")) {
                table {
                    thead {
                        tr {
                            th scope="col" { button { (lang.of("한쪽", "One")) } }
                            th scope="col" { button { (lang.of("다른 쪽", "Other")) } }
                            th scope="col" { button { (lang.of("작은 쪽 기준", "Of the smaller")) } }
                            th scope="col" { button { (lang.of("전체 기준", "Of both")) } }
                            th scope="col" { (lang.of("가장 긴 공통 부분", "Longest common part")) }
                        }
                    }
                    tbody {
                        @for pair in pairs.iter().take(PAIRS) {
                            tr {
                                th scope="row" { (link(&pair.students[0], "students/")) }
                                td { (link(&pair.students[1], "students/")) }
                                @if pair.identical {
                                    td data-value="101" { (lang.of("바이트까지 같음", "same bytes")) }
                                    td data-value="101" { "100%" }
                                } @else {
                                    td { (percent(pair.containment)) }
                                    td { (percent(pair.jaccard)) }
                                }
                                td {
                                    @if let Some([one, other]) = &pair.longest {
                                        (visible(&one.to_string())) br; (visible(&other.to_string()))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if pairs.len() > PAIRS {
                p.soft { @match lang { Lang::Ko => { "전체 " (pairs.len()) "쌍: " }, Lang::En => { (pairs.len()) " pairs in all: " } } a href="similar.csv" { "similar.csv" } }
            }
        }
    }
}

fn student(entry: &Entry, lang: Lang) -> Markup {
    let report = &entry.report;
    let body = html! {
        nav { a href="../class.html" { "← " (report.lab) } }
        header {
            h1 { (visible(&entry.student)) }
            dl.facts {
                div {
                    dt { (lang.of("점수", "Score")) }
                    @match marks(report) {
                        Ok(score) => dd class=(if score == report.max_score { "passed" } else { "" }) {
                            (score) span.soft { "/" (report.max_score) }
                        },
                        Err(_) => dd.error { (lang.of("없음", "none")) },
                    }
                }
            }
        }
        @if let Err(why) = marks(report) {
            section.alert { strong.error { (lang.of("채점하지 못함", "Not graded")) } pre { (visible(&why)) } }
        }
        main {
            @if !report.checks.is_empty() { h2 { (lang.of("검사", "Checks")) } }
            @for check in &report.checks { (one_check(check, lang)) }
            @if !report.notes.is_empty() {
                h2 { (lang.of("참고 (점수와 무관)", "Notes (no points)")) }
                ul { @for note in &report.notes { li { (visible(note)) } } }
            }
            @if !report.build_log.is_empty() {
                h2 { (lang.of("빌드 기록", "Build log")) }
                details open[report.build_log.lines().count() <= 20] {
                    summary { (report.build_log.lines().count()) " " (lang.of("줄", "lines")) }
                    pre { (visible(&report.build_log)) }
                }
            }
        }
        (how(report, lang))
    };
    page(&format!("{} · {}", visible(&entry.student), report.lab), lang, false, &body)
}

fn one_check(check: &CheckResult, lang: Lang) -> Markup {
    html! {
        section class={ "check is-" (status_name(check.status)) } id=(check.id) {
            h3 {
                span class=(status_name(check.status)) { (mark(check.status, lang)) }
                span { (visible(&check.title)) }
                span.points {
                    @if check.status == Status::Error { "–" } @else { (check.score) }
                    "/" (check.points)
                }
            }
            @if !check.message.is_empty() { pre { (visible(&check.message)) } }
            @if !check.hint.is_empty() { p.hint { (visible(&check.hint)) } }
            @if matches!(check.status, Status::Failed | Status::Error) && !check.slide.is_empty() {
                p.soft { (lang.of("슬라이드", "slide")) " " (check.slide) }
            }
        }
    }
}

fn how(report: &Report, lang: Lang) -> Markup {
    html! {
        footer {
            p {
                (visible(&report.submission)) " · " (report.graded_at.replace('T', " ").replace('Z', " UTC")) " · "
                (lang.of("시드", "seed")) " " (report.seed) " · " (lang.of("격리", "tier")) " " (report.tier.name()) " · "
                (report.duration_ms / 1000) "." (report.duration_ms % 1000 / 100) " s"
            }
        }
    }
}

/// A link to a student's page; of what [`file_stem`] leaves, nothing means anything in a URL.
fn link(student: &str, folder: &str) -> Markup {
    html! { a href={ (folder) (file_stem(student)) ".html" } { (visible(student)) } }
}

/// A sign, and the word for who cannot see it.
fn mark(status: Status, lang: Lang) -> Markup {
    let (sign, word) = match status {
        Status::Passed => ("✔", lang.of("통과", "passed")),
        Status::Failed => ("✘", lang.of("실패", "failed")),
        Status::Skipped => ("–", lang.of("건너뜀", "skipped")),
        Status::Error => ("!", lang.of("채점기 오류", "grader's fault")),
    };
    html! { span aria-hidden="true" { (sign) } span.visually-hidden { (word) } }
}

/// The worst first.
fn order(status: Status) -> u8 {
    match status {
        Status::Error => 0,
        Status::Failed => 1,
        Status::Skipped => 2,
        Status::Passed => 3,
    }
}
