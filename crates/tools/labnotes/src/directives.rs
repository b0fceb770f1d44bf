//! What stands for the directives of a page. Every one that asks for something that isn't there is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use labs::words::Lang;
use maud::{Markup, html};
use mirror::steps::{self, Step};
use stepper::lang::bytes;
use stepper::recording::{Protocol, Recording, Role};
use stepper::titles;
use stepper::wire::crossings;

use crate::code;
use crate::data::{self, Data, Table, cell_slides, tables};
use crate::figures;
use crate::glossary::{Glossary, Prose, Term};
use crate::ladder;
use crate::pages::{Page, Piece, slide_numbers};
use crate::play::Script;
use crate::questions::Questions;
use crate::real::{Real, Seen, Wanted, program, scene};
use crate::states;
use crate::teaching;

/// All that pages are made of.
pub(crate) struct Sources<'a> {
    pub(crate) root: &'a Path,
    pub(crate) data: &'a Data,
    pub(crate) real: &'a Real,
    pub(crate) questions: &'a Questions,
    pub(crate) glossary: &'a Glossary,
    /// Korean, English.
    pub(crate) prose: &'a [Vec<Prose>; 2],
    /// For each slide the pages that are its home, in the order of the book.
    pub(crate) homes: &'a BTreeMap<u8, Vec<String>>,
    /// A page's title in each language: Korean, English.
    pub(crate) titles: &'a BTreeMap<String, [String; 2]>,
    /// The programs of each page.
    pub(crate) programs: &'a BTreeMap<String, Vec<&'static str>>,
}

/// What a page shows of runs.
pub(crate) fn wanted(page: &Page, questions: &Questions) -> Result<Vec<Wanted>> {
    let mut wanted = Vec::new();
    for piece in page.pieces()? {
        match piece {
            Piece::Directive { name, arguments, .. } => match name.as_str() {
                "calls" => wanted.push(Wanted::Calls(program(&arguments).with_context(|| page.file())?)),
                "ask" => {
                    let name = arguments.split(' ').next().unwrap_or_default();
                    wanted.push(Wanted::Scene(scene(name).with_context(|| page.file())?.name));
                }
                "player" | "ladder" | "segments" | "states" => {
                    for one in arguments.split(", ") {
                        wanted.push(Wanted::Scene(scene(one).with_context(|| page.file())?.name));
                    }
                    if name == "player" {
                        wanted.extend(questions.wanted(&arguments)?);
                    }
                }
                _ => {}
            },
            Piece::Fence { info, lines } if info.split(' ').next() == Some("practice") => {
                wanted.push(Wanted::Transcript(Script::parse(&info, &lines).with_context(|| page.file())?));
            }
            _ => {}
        }
    }
    Ok(wanted)
}

/// The page with everything in its place, still Markdown.
pub(crate) fn expand(page: &Page, sources: &Sources) -> Result<String> {
    let mut out = String::new();
    for piece in page.pieces()? {
        match piece {
            Piece::Line(line) => out += &slides_in(&line, page.language, sources)?,
            Piece::Fence { info, lines } => {
                out += &fence(&info, &lines, page.language, sources)
                    .with_context(|| format!("```{info}"))?
                    .into_string();
            }
            Piece::Directive { name, arguments, body } => {
                let text = directive(page, &name, &arguments, &body, sources)
                    .with_context(|| format!("{{{{#{name} {arguments}}}}}"))?;
                out += &text;
            }
        }
        out.push('\n');
    }
    Ok(out)
}

/// `{{#slide 14}}` in running text.
fn slides_in(line: &str, language: Lang, sources: &Sources) -> Result<String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("{{#") {
        let (before, tail) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('\\') {
            out += before;
            out += "{{#";
            rest = &tail[3..];
            continue;
        }
        out += before;
        let (directive, after) =
            tail[3..].split_once("}}").with_context(|| format!("`{tail}` is not closed"))?;
        let Some(number) = directive.strip_prefix("slide ") else {
            bail!("`{{{{#{directive}}}}}` has to stand on a line of its own, or there is no such directive")
        };
        let number: u8 = number.trim().parse().with_context(|| format!("`{number}` is no slide"))?;
        out += &slide(number, language, sources)?.into_string();
        rest = after;
    }
    Ok(out + rest)
}

fn slide(number: u8, language: Lang, sources: &Sources) -> Result<Markup> {
    slide_called(&format!("{} {number}", language.of("슬라이드", "slide")), number, language, sources)
}

/// A link to a slide's home, with this text.
fn slide_called(text: &str, number: u8, language: Lang, sources: &Sources) -> Result<Markup> {
    let title = sources.data.slide(number, language)?;
    let home = sources.homes.get(&number).and_then(|homes| homes.first());
    Ok(html! {
        @if let Some(home) = home { a class="slide" title=(title) href={ (home) ".html" } { (text) } }
        @else { span class="slide" title=(title) { (text) } }
    })
}

fn directive(page: &Page, name: &str, arguments: &str, body: &[String], sources: &Sources) -> Result<String> {
    let language = page.language;
    let html = match name {
        "slides" => slides(arguments, language, sources)?,
        "program" => header(program(arguments)?, language, sources)?,
        "steps" => return steps_with_notes(program(arguments)?, body, language, sources),
        "calls" => calls(program(arguments)?, language, sources)?,
        "ladder" => picture(arguments, language, sources)?,
        "player" => player(arguments, language, sources)?,
        "segments" => segments(arguments, language, sources)?,
        "states" => state_diagram(arguments, language, sources)?,
        "fact" => fact(arguments, language, sources)?,
        "facts" => {
            ensure!(arguments.is_empty(), "takes no arguments");
            let mut names: Vec<&String> = sources.data.facts.keys().collect();
            names.sort_by_key(|name| name[1..].parse::<u8>().unwrap_or(0));
            let facts: Result<Vec<Markup>> =
                names.into_iter().map(|name| fact(name, language, sources)).collect();
            html! { @for fact in facts? { (fact) } }
        }
        "departures" => departures(page, arguments, sources)?,
        "lab" => return lab(arguments, sources, language),
        "rules" => return statement("rules", language, sources.root),
        "shared" => shared(arguments, sources.root)?,
        "mutations" => mutations(language, sources.root)?,
        "causes" | "similar" => measured(name, language, sources.root)?,
        "notes" => return notes_from_outside(arguments, language, sources.root),
        "answer" => teaching::answer(arguments, language, sources.root)?,
        "ask" => teaching::ask(arguments, language, sources.root, sources.questions, sources.real)?,
        "mistakes" => teaching::mistakes(language, sources.root, sources.titles)?,
        "map" => map(language, sources)?,
        "glossary" => glossary(language, sources)?,
        "bytes" => figures::bytes(arguments, language)?,
        "sockaddr" => figures::sockaddr(arguments, language)?,
        _ => bail!("there is no such directive"),
    };
    Ok(html.into_string())
}

/// The slides of a page, under its title.
fn slides(arguments: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let numbers = slide_numbers(arguments)?;
    let mut titles = Vec::new();
    for number in numbers {
        titles.push((number, sources.data.slide(number, language)?));
    }
    Ok(html! {
        ul class="slides" aria-label=(language.of("슬라이드", "Slides")) {
            @for (number, title) in titles { li id={ "slide-" (number) } { b { (number) } " " (title) } }
        }
    })
}

/// The header of a program's source as a box.
fn header(name: &'static str, language: Lang, sources: &Sources) -> Result<Markup> {
    let [c, rust] = steps::files(sources.root, name);
    let text = fs::read_to_string(&rust).with_context(|| rust.display().to_string())?;
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut field = "";
    for line in text.lines().map_while(|line| line.strip_prefix("//!")) {
        for label in ["Run:", "Watch:", "See:"] {
            if line.trim_start().starts_with(label) {
                field = label;
            }
        }
        if !field.is_empty() {
            let line = line.trim().strip_prefix(field).unwrap_or(line).trim();
            fields.entry(field).or_default().push(line.to_string());
        }
    }
    let field =
        |label: &str| fields.get(label).cloned().with_context(|| format!("{}: no {label}", rust.display()));
    let (watch, see) = (field("Watch:")?.join(" "), field("See:")?.join(" "));
    let watch = sources.data.header(&watch, language)?;
    let mut run = Vec::new();
    for line in &field("Run:")? {
        let (command, note) = split_note(line);
        run.push((command.to_string(), sources.data.header(note, language)?.to_string()));
    }
    let relative = |path: &Path| path.strip_prefix(sources.root).unwrap_or(path).display().to_string();
    Ok(html! {
        dl class="program" {
            dt { (language.of("파일", "Files")) }
            dd { code { (relative(&c)) } br; code { (relative(&rust)) } }
            dt { (language.of("실행", "Run")) }
            dd { @for (command, note) in run {
                div { code { (command) } @if !note.is_empty() { " " span class="aside" { (note) } } } } }
            dt { (language.of("눈여겨볼 것", "Watch")) } dd { (code::inline(watch)) }
            dt { (language.of("매뉴얼", "Manual")) }
            dd { (see) }
        }
    })
}

/// `cargo run -p tcp_echoserv                in one terminal` as its two parts.
fn split_note(line: &str) -> (&str, &str) {
    line.split_once("  ").map_or((line, ""), |(command, note)| (command, note.trim()))
}

fn steps_with_notes(
    name: &'static str,
    body: &[String],
    language: Lang,
    sources: &Sources,
) -> Result<String> {
    let mut faults = Vec::new();
    let [c, rust] = steps::twins(sources.root, name, &mut faults)?;
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    let titles = |steps: &[Step]| steps.iter().map(|step| step.title.clone()).collect::<Vec<_>>();
    ensure!(titles(&c) == titles(&rust), "C and Rust have different steps");
    let notes = notes(body)?;
    for (i, step) in c.iter().enumerate() {
        let number = i + 1;
        ensure!(notes.get(i).is_some_and(|note| note.0 == number), "no note for step `{}`", step.title);
    }
    if let Some((number, _)) = notes.get(c.len()) {
        bail!("a note for step {number}, but {name} has {} steps", c.len());
    }

    let files = steps::files(sources.root, name);
    let mut whole = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file)?;
        whole.push(if language == Lang::Ko { titles::in_korean(&text) } else { text });
    }
    let file = |path: &Path| path.strip_prefix(sources.root).unwrap_or(path).display().to_string();
    let columns = code::columns(c.iter().zip(&rust).map(|(c, rust)| [c.code.as_str(), &rust.code]));
    let mut out = html! {
        div class="steps-head" aria-hidden="true" { span { "C" } span { "Rust" } }
    }
    .into_string();
    out = format!("<div class=\"steps\" style=\"{columns}\">{out}\n");
    for ((c, rust), (number, note)) in c.iter().zip(&rust).zip(&notes) {
        let title = c.title.split_once(". ").map_or(c.title.as_str(), |(_, title)| title);
        let title = data::step(title, language)?;
        let id = format!("{name}-{number}");
        let row = html! {
            p class="step-title" { a href={ "#" (id) } class="step-number" { (number) } span { (title) } }
            (code::twins(&c.code, &rust.code))
        };
        write!(
            out,
            "<div class=\"step\" id=\"{id}\" tabindex=\"-1\">{}<div class=\"note\">\n\n",
            row.into_string()
        )?;
        for line in note {
            out += &slides_in(line, language, sources)?;
            out.push('\n');
        }
        out += "\n</div></div>\n";
    }
    let whole = html! {
        details class="whole" style=(code::columns([[whole[0].as_str(), &whole[1]]].into_iter())) {
            summary { (language.of("두 파일 전체", "Both files, whole")) }
            p class="files" {
                code { (file(&files[0])) } " · " code { (file(&files[1])) }
                (language.of(". 파일에는 단계의 제목과 주석이 영어로 적혀 있어요.", ""))
            }
            (code::twins(whole[0].trim_end(), whole[1].trim_end()))
        }
    };
    out += &whole.into_string();
    out += "</div>\n";
    Ok(out)
}

/// `1. …` and what is indented under it.
fn notes(body: &[String]) -> Result<Vec<(usize, Vec<String>)>> {
    let mut notes: Vec<(usize, Vec<String>)> = Vec::new();
    for line in body {
        let item = line.split_once(". ").and_then(|(number, text)| Some((number.parse().ok()?, text)));
        match (item, notes.last_mut()) {
            (Some((number, text)), _) => notes.push((number, vec![text.to_string()])),
            (None, Some((_, note))) if line.is_empty() || line.starts_with("   ") => {
                note.push(line.strip_prefix("   ").unwrap_or("").to_string());
            }
            _ => ensure!(line.is_empty(), "`{line}` belongs to no note: `1. …`, further lines indented by 3"),
        }
    }
    Ok(notes)
}

fn calls(name: &'static str, language: Lang, sources: &Sources) -> Result<Markup> {
    let Seen::Calls(calls) = sources.real.get(&Wanted::Calls(name))? else { bail!("no calls") };
    let count = calls.len();
    Ok(html! {
        figure class="calls" {
            figcaption {
                (match count {
                    0 => language.of(
                        "출력 말고는 시스템 콜이 없어요. C 프로그램도 Rust 프로그램도 마찬가지예요.".to_string(),
                        "Apart from output, no system call: neither in the C program nor in the Rust program.".to_string(),
                    ),
                    1 => language.of(
                        "시스템 콜 1개. C 프로그램과 Rust 프로그램이 같은 인자로 불렀어요.".to_string(),
                        "1 system call. The C program and the Rust program made it with the same arguments.".to_string(),
                    ),
                    _ => language.of(
                        format!("시스템 콜 {count}개. C 프로그램과 Rust 프로그램이 같은 순서로, 같은 인자로 불렀어요."),
                        format!("{count} system calls. The C program and the Rust program made them in the same order, with the same arguments."),
                    ),
                })
            }
            ol tabindex="0" {
                @for call in &calls {
                    @let (name, rest) = call.split_at(call.find('(').unwrap_or(0));
                    li class=[call.contains(") = -1").then_some("failed")] {
                        code { b { (name) } (rest.strip_suffix("= ?").unwrap_or(rest))
                            @if rest.ends_with("= ?") { i { (language.of("(기다리는 중)", "(still waiting)")) } } }
                    }
                }
            }
        }
    })
}

/// A scene, recorded in C and in Rust.
fn recorded(name: &str, sources: &Sources) -> Result<Box<[Recording; 2]>> {
    let Seen::Scene(both) = sources.real.get(&Wanted::Scene(scene(name)?.name))? else { bail!("no scene") };
    Ok(both)
}

/// The ladder of a scene.
fn picture(name: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let [_, rust] = *recorded(name, sources)?;
    let rungs = stepper::ladder::rungs(&rust, language.of(stepper::lang::Lang::Ko, stepper::lang::Lang::En));
    let of = |role: Role| {
        let mut programs: Vec<&str> = Vec::new();
        for process in rust.processes.iter().filter(|process| process.role == role) {
            let program = process.program.split(' ').next().unwrap_or_default();
            if !programs.contains(&program) {
                programs.push(program);
            }
        }
        programs.join(", ")
    };
    let (client, server) = (of(Role::Client), of(Role::Server));
    ensure!(rungs.iter().any(|rung| !rung.wire.is_empty()), "nothing crosses the wire: no ladder");
    let label = match &server[..] {
        "" => language.of(
            format!("클라이언트({client})가 부른 시스템 콜과 주고받은 것"),
            format!("The calls of {client}, and what crossed the wire"),
        ),
        _ => language.of(
            format!("클라이언트({client})와 서버({server})가 부른 시스템 콜과 주고받은 것"),
            format!("The calls of {client} and {server}, and what crossed the wire"),
        ),
    };
    Ok(html! {
        figure class="picture" {
            div class="scroll" tabindex="0" { (ladder::svg(&rungs, [&client, &server], &label)) }
            figcaption {
                (language.of(
                    "실제로 실행하면서 캡처(capture)한 세그먼트로 그린 그림이에요. ACK만 있는 세그먼트는 핸드쉐이크의 것만 그렸어요.",
                    "Drawn from a real run, from the segments that were captured. Those that only acknowledge are left out, but for the handshake's.",
                ))
            }
        }
    })
}

/// The player of a scene; without JavaScript, and on paper, its ladder, or its calls where nothing crosses the wire.
fn player(name: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let both = recorded(name, sources)?;
    let crosses = both[1].steps.iter().any(|step| !step.segments.is_empty());
    let fallback = if crosses {
        picture(name, language, sources)?
    } else {
        html! { ol class="calls" { @for step in &both[1].steps { li { code { (step.text()) } } } } }
    };
    let recordings = [("C", &both[0]), ("Rust", &both[1])];
    let questions = sources.questions.of(name, sources.real)?;
    Ok(stepper::html::player(name, &recordings, language.code(), questions.as_ref(), &fallback))
}

/// Every segment of a scene with the numbers that it had on the wire, and what they are counted from: X and Y, those of the two SYNs.
fn segments(name: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let [_, rust] = *recorded(name, sources)?;
    let mut rows = Vec::new();
    for (index, step) in rust.steps.iter().enumerate() {
        for crossing in crossings(&rust, index) {
            ensure!(crossing.segment.protocol == Protocol::Tcp, "only TCP counts bytes");
            let by = &rust.processes[step.process].name;
            rows.push((format!("{by}: {}", short_name(step)), crossing));
        }
    }
    ensure!(!rows.is_empty(), "nothing crosses the wire");
    let from = |base: &str, count: u32| if count == 0 { base.to_string() } else { format!("{base}+{count}") };
    let client = language.of("클라이언트 → 서버", "client → server");
    let server = language.of("서버 → 클라이언트", "server → client");
    Ok(html! {
        figure class="segments" {
            div class="scroll" tabindex="0" { table {
                thead { tr {
                    th { "#" } th { (language.of("시스템 콜", "During")) } th { (language.of("방향", "Direction")) }
                    th { (language.of("플래그", "Flags")) } th { (language.of("순서 번호", "Sequence number")) }
                    th { (language.of("확인 응답 번호", "Acknowledges")) } th { (language.of("데이터", "Data")) }
                } }
                tbody { @for (i, (call, crossing)) in rows.iter().enumerate() {
                    @let (own, other) = if crossing.to_server { ("X", "Y") } else { ("Y", "X") };
                    tr {
                        td { (i + 1) } td { code { (call) } }
                        td { (if crossing.to_server { client } else { server }) }
                        td { (crossing.segment.flags) }
                        td { (crossing.segment.seq) " = " b { (from(own, crossing.seq)) } }
                        td { @if let Some(ack) = crossing.ack { (crossing.segment.ack) " = " b { (from(other, ack)) } } @else { "–" } }
                        td { @if crossing.segment.len > 0 { (bytes(crossing.segment.len)[language as usize]) } @else { "–" } }
                    }
                } }
            } }
            figcaption {
                (language.of(
                    "실제로 실행하면서 캡처(capture)한 모든 세그먼트와 그 번호예요. X와 Y는 커널이 연결마다 새로 고르므로, 책을 만들 때마다 달라요.",
                    "All segments of a real run, with the numbers that were in them. The kernel chooses X and Y anew for each connection, so they differ each time that this book is built.",
                ))
            }
        }
    })
}

/// `write(4)`
fn short_name(step: &stepper::recording::Step) -> String {
    let descriptor = step.args.first().and_then(|argument| argument.split('<').next()).unwrap_or_default();
    format!("{}({descriptor})", step.call)
}

/// The states of TCP, and the ways that the connections of these scenes took.
fn state_diagram(names: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let mut scenes = Vec::new();
    for name in names.split(", ") {
        let [_, rust] = *recorded(name, sources)?;
        scenes.push((scene(name)?.about, rust));
    }
    let scenes: Vec<(&str, &Recording)> =
        scenes.iter().map(|([ko, en], recording)| (language.of(*ko, *en), recording)).collect();
    states::diagram(&scenes, language)
}

fn fact(name: &str, language: Lang, sources: &Sources) -> Result<Markup> {
    let (fact, tests) = sources.data.fact(name)?;
    let said = language.of(&fact.ko, &fact.en);
    let mut slides = Vec::new();
    for number in &fact.slides {
        slides.push(slide(*number, language, sources)?);
    }
    Ok(html! {
        aside class="fact" id=(name.to_lowercase()) {
            p class="fact-head" { b { (name) } @for slide in slides { " " (slide) } }
            dl {
                dt { (language.of("슬라이드", "The slide")) } dd { (code::inline(&said.says)) }
                dt { (language.of("실제로는", "What is so")) } dd { (code::inline(&said.is)) }
                dt { (language.of("출처", "Source")) } dd { (fact.source) }
            }
            details { summary { (language.of("확인 방법", "Shown by")) " (" (tests.len()) ")" }
                ul { @for test in tests { li { code { (test) } } } } }
        }
    })
}

/// A departure of at most so many slides is a page's.
const FEW_SLIDES: usize = 7;

fn departures(page: &Page, which: &str, sources: &Sources) -> Result<Markup> {
    let language = page.language;
    let tables = &sources.data.departures[language.of(0, 1)];
    let here = page.slides()?;
    let all = || tables.iter().flat_map(|table| &table.rows);
    let mut about_many = false;
    let rows: Vec<&Vec<String>> = match which {
        "ours" => tables[0].rows.iter().collect(),
        "linux" => tables[1].rows.iter().collect(),
        "here" => {
            ensure!(!here.is_empty(), "this page is no slide's home");
            let concerned = all().filter(|row| cell_slides(&row[0]).iter().any(|slide| here.contains(slide)));
            let (many, few) = concerned.partition::<Vec<_>, _>(|row| cell_slides(&row[0]).len() > FEW_SLIDES);
            about_many = !many.is_empty();
            few
        }
        _ => bail!("it is ours, linux or here"),
    };
    if rows.is_empty() && !about_many {
        return Ok(html! { p { (language.of("슬라이드와 다른 점이 없어요.", "None.")) } });
    }
    Ok(html! {
        div class="departures" {
            @for row in rows {
                @let [slides, says, so, tests, source] = cells(row);
                div class="departure" {
                    p class="where" { (language.of("슬라이드 ", "Slide ")) (slides) }
                    p class="says" { (code::inline(says)) }
                    p class="so" { (code::inline(so)) @if !source.is_empty() { " " span class="source" { (code::inline(source)) } } }
                    @if !tests.is_empty() {
                        details { summary { (language.of("확인하는 테스트", "Shown by")) } p { (code::inline(tests)) } }
                    }
                }
            }
        }
        @if about_many {
            p { (language.of("오타처럼 여러 슬라이드에 해당하는 것은 ", "What concerns many slides, such as typing errors, is among ")) a href="departures.html" { (title_of("departures", language, sources)) } (language.of("에 있어요.", ".")) }
        }
    })
}

fn cells(row: &[String]) -> [&str; 5] {
    std::array::from_fn(|i| row.get(i).map_or("", String::as_str))
}

fn statement(name: &str, language: Lang, root: &Path) -> Result<String> {
    let path = root.join(format!("crates/tools/labs/statements/{name}.{}.md", language.code()));
    let text = fs::read_to_string(&path).with_context(|| format!("there is no lab `{name}`"))?;
    Ok(text.trim_end().to_string())
}

/// A Markdown file of `lab-notes/` that stands outside the book too, without its title and the link to its twin. Links to
/// files, which would lead nowhere from here, become their text.
fn notes_from_outside(name: &str, language: Lang, root: &Path) -> Result<String> {
    ensure!(!name.is_empty() && !name.contains(['/', '.']), "`{name}` is no file's name");
    let notes = root.join("lab-notes");
    let paths = [notes.join(format!("{name}.{}.md", language.code())), notes.join(format!("{name}.md"))];
    let path = paths.iter().find(|path| path.exists());
    let path = path.with_context(|| format!("there is no lab-notes/{name}.md"))?;
    let text = fs::read_to_string(path)?;
    let is_link = |line: &str| line.starts_with('[') && line.ends_with(".md)");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# ") && !is_link(line)).collect();
    // They stand under a heading of the page.
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| if line.starts_with("##") { format!("#{line}") } else { line.to_string() })
        .collect();
    Ok(without_links_to_files(&lines.join("\n")))
}

fn without_links_to_files(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("](") {
        let (target, after) = tail.split_once(')').unwrap_or((tail, ""));
        match before.rfind('[') {
            Some(at) if !target.starts_with("https://") => {
                out += &before[..at];
                out += &before[at + 1..];
            }
            _ => {
                out += before;
                out += "](";
                out += target;
                out.push(')');
            }
        }
        rest = after;
    }
    out + rest
}

/// A lab: its statement, what the grader looks at and what that is worth, how to begin and how to grade it.
fn lab(name: &str, sources: &Sources, language: Lang) -> Result<String> {
    let lab = labs::find(name).with_context(|| format!("there is no lab `{name}`"))?;
    let statement = statement(name, language, sources.root)?;
    let mut checks = Vec::new();
    for check in lab.checks.iter().filter(|check| check.points > 0) {
        let slides: Result<Vec<Markup>> = slide_numbers(check.slide)?
            .into_iter()
            .map(|number| slide_called(&number.to_string(), number, language, sources))
            .collect();
        checks.push((check, slides?));
    }
    let head = html! { p class="lab-head" { (language.of("과제: ", "Lab: ")) code { (name) } } };
    let checks = html! {
        table class="checks" {
            thead { tr {
                th { (language.of("검사", "Check")) }
                th { (language.of("배점", "Points")) } th { (language.of("슬라이드", "Slides")) }
            } }
            tbody { @for (check, slides) in checks {
                tr {
                    td { (code::inline(check.title(language))) } td class="points" { (check.points) }
                    td { @for (i, slide) in slides.iter().enumerate() { @if i > 0 { ", " } (slide) } }
                }
            } }
        }
    };
    let commands = [
        (language.of("시작하기", "Begin"), format!("scripts/new-lab {name} --lang c my_{name}")),
        (language.of("채점하기", "Grade it"), format!("cargo run -p grade -- check {name} my_{name}")),
    ];
    let commands = html! { p class="grade" { @for (what, command) in commands { span { (what) } " " code { (command) } br; } } };
    Ok(format!(
        "<div class=\"lab\">{}\n\n{statement}\n\n{}\n{}</div>\n",
        head.into_string(),
        checks.into_string(),
        commands.into_string()
    ))
}

/// A function of sockcommon, in C and in Rust, with the comment above it.
fn shared(name: &str, root: &Path) -> Result<Markup> {
    let folder = root.join("crates/sockcommon");
    let function = |file: &str, starts: fn(&str) -> bool| -> Result<String> {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let lines: Vec<&str> = text.lines().collect();
        let is_it = |line: &&str| starts(line) && line.contains(&format!(" {name}"));
        let found =
            lines.iter().position(is_it).with_context(|| format!("{}: no `{name}`", path.display()))?;
        let above = lines[..found].iter().rev().take_while(|line| line.starts_with("//")).count();
        let end = lines[found..].iter().position(|line| *line == "}").context("it has no end")?;
        Ok(lines[found - above..=found + end].join("\n"))
    };
    ensure!(!name.is_empty(), "which function?");
    let c = function("sockcommon.h", |line| line.starts_with("static inline "))?;
    let rust = function("src/lib.rs", |line| line.starts_with("pub fn "))?;
    let columns = code::columns([[c.as_str(), &rust]].into_iter());
    Ok(html! { div class="shared" style=(columns) { (code::twins(&c, &rust)) } })
}

/// Of every check of every lab what it is worth and which mistakes it catches, from the table that the grader's tests keep.
fn mutations(language: Lang, root: &Path) -> Result<Markup> {
    let tables = tables(&root.join("lab-notes/mutations.md"))?;
    let mut caught: BTreeMap<[&str; 2], &str> = BTreeMap::new();
    for row in tables.iter().flat_map(|table| &table.rows) {
        let [lab, check, _, mistakes] = &row[..] else { bail!("lab-notes/mutations.md: {row:?}") };
        caught.insert([lab, check], mistakes);
    }
    let mut labs = Vec::new();
    for lab in labs::ALL {
        let mut checks = Vec::new();
        for check in lab.checks.iter().filter(|check| check.points > 0) {
            let mistakes = caught.get(&[lab.name, check.id]);
            let mistakes =
                mistakes.with_context(|| format!("{} {}: not in the table", lab.name, check.id))?;
            checks.push((check, mistakes));
        }
        labs.push((lab.name, checks));
    }
    Ok(html! {
        table class="checks" {
            thead { tr {
                th { (language.of("검사", "Check")) } th { (language.of("배점", "Points")) }
                th { (language.of("잡아낸 실수", "Mistakes that it catches")) }
            } }
            @for (name, checks) in labs {
                tbody {
                    tr { th colspan="3" { a href={ (name) ".html#exercises" } { (name) } } }
                    @for (check, mistakes) in checks {
                        tr { td { (code::inline(check.title(language))) } td class="points" { (check.points) } td { code { (mistakes) } } }
                    }
                }
            }
        }
    })
}

/// The tables of `lab-notes/NAME.md`, which the grader's tests keep, in one language. A long one is folded.
fn measured(name: &str, language: Lang, root: &Path) -> Result<Markup> {
    let cell = |cell: &str| code::inline(&in_language(cell, language));
    let tables = tables(&root.join(format!("lab-notes/{name}.md")))?;
    ensure!(!tables.is_empty(), "lab-notes/{name}.md has no table");
    let shown = tables.iter().map(|Table { head, rows }| {
        let table = html! {
            table class="checks" {
                thead { tr { @for head in head { th { (cell(head)) } } } }
                tbody { @for row in rows { tr {
                    @match &row[..] {
                        [title, rest @ ..] if rest.iter().all(String::is_empty) => {
                            th colspan=(row.len()) { (cell(title.trim_matches('*'))) }
                        }
                        row => { @for text in row { td { (cell(text)) } } }
                    }
                } } }
            }
        };
        html! {
            @if rows.len() > 30 {
                details class="more" { summary { (language.of(format!("표의 {}줄 보기", rows.len()), format!("Show the table's {} rows", rows.len()))) } (table) }
            } @else { (table) }
        }
    });
    Ok(html! { @for table in shown { (table) } })
}

/// Of a cell in both languages, one. The Korean stands before ` · `, or without one ends with the last Korean letter; so it is in the
/// parentheses of `no_close (… · …); …`, too.
fn in_language(cell: &str, language: Lang) -> String {
    let one = |part: &str| {
        let (before, both, after) = match part.split_once(" (").zip(part.strip_suffix(')')) {
            Some(((name, _), open)) if part.contains(" · ") => {
                (&part[..name.len() + 2], &open[name.len() + 2..], ")")
            }
            _ => ("", part, ""),
        };
        let korean_ends = both.rfind(|c| ('가'..='힣').contains(&c)).map(|at| at + '가'.len_utf8());
        let (ko, en) =
            both.split_once(" · ").or_else(|| Some(both.split_at(korean_ends?))).unwrap_or((both, ""));
        let chosen = if en.is_empty() { ko } else { language.of(ko, en) };
        format!("{before}{}{after}", chosen.trim())
    };
    cell.split("; ").map(one).collect::<Vec<_>>().join("; ")
}

/// Slide → page → program.
fn map(language: Lang, sources: &Sources) -> Result<Markup> {
    let none = Vec::new();
    let mut rows = Vec::new();
    for number in sources.data.slides.keys() {
        rows.push((
            number,
            sources.data.slide(*number, language)?,
            sources.homes.get(number).unwrap_or(&none),
        ));
    }
    Ok(html! {
        table class="map" {
            thead { tr {
                th { "#" } th { (language.of("슬라이드", "Slide")) } th { (language.of("페이지", "Page")) }
                th { (language.of("프로그램", "Program")) }
            } }
            tbody {
                @for (number, title, homes) in rows {
                    tr id={ "slide-" (number) } {
                        td { (number) } td { (title) }
                        td { @for (i, home) in homes.iter().enumerate() {
                            @if i > 0 { br; }
                            a href={ (home) ".html" } { (title_of(home, language, sources)) }
                        } }
                        td { @for program in homes.iter().filter_map(|home| sources.programs.get(home)).flatten() { code { (program) } " " } }
                    }
                }
            }
        }
    })
}

/// Every term: its word in both languages, the deck's word, a sentence, and the pages. In the order of the alphabet.
fn glossary(language: Lang, sources: &Sources) -> Result<Markup> {
    let met = sources.glossary.met_at(&sources.prose[0])?;
    let mut terms: Vec<(&Term, String)> = sources.glossary.term.iter().zip(met).collect();
    terms.sort_by_key(|(term, _)| term.word(language).to_lowercase());
    let mut rows = Vec::new();
    for (term, met) in terms {
        let slides: Result<Vec<Markup>> = term
            .slides
            .iter()
            .map(|slide| slide_called(&slide.to_string(), *slide, language, sources))
            .collect();
        rows.push((term, slides?, met));
    }
    Ok(html! {
        dl class="glossary" { @for (term, slides, met) in rows {
            @let ([ko, ko_is], [en, en_is]) = (&term.ko, &term.en);
            dt id=(term.id()) { b { (language.of(ko, en)) } @if ko != en { " " i lang=(language.of("en", "ko")) { (language.of(en, ko)) } } }
            dd {
                (code::inline(language.of(ko_is, en_is)))
                p class="aside" {
                    @if !slides.is_empty() {
                        (language.of("슬라이드 ", "Slides "))
                        @for (i, slide) in slides.iter().enumerate() { @if i > 0 { ", " } (slide) }
                        @if let Some(deck) = &term.deck { ": " span lang="ko" { "“" (deck) "”" } }
                        " · "
                    }
                    (language.of("처음 나오는 곳 ", "First met in "))
                    a href={ (met) ".html" } { (title_of(&met, language, sources)) }
                    @if let Some(page) = &term.explained {
                        @let name = page.split(".md").next().unwrap_or_default();
                        " · " (language.of("설명 ", "Explained in "))
                        a href=(page.replacen(".md", ".html", 1)) { (title_of(name, language, sources)) }
                    }
                }
            }
        } }
    })
}

fn title_of<'a>(page: &'a str, language: Lang, sources: &'a Sources) -> &'a str {
    sources.titles.get(page).map_or(page, |[ko, en]| language.of(ko, en))
}

fn fence(info: &str, lines: &[String], language: Lang, sources: &Sources) -> Result<Markup> {
    let code = lines.join("\n");
    let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
    Ok(match kind {
        "practice" => {
            let script = Script::parse(info, lines)?;
            let Seen::Transcript(screens) = sources.real.get(&Wanted::Transcript(script))? else {
                bail!("no transcript")
            };
            let opens = match rest {
                "outside" => None,
                "no-servers" => Some("scripts/lab --no-servers"),
                _ => Some("scripts/lab"),
            };
            code::transcript(opens, &screens, language)
        }
        "sh" => {
            let reason = not_run(rest)?;
            html! {
                figure class="command" {
                    (code::block("", &code))
                    @if let Some(reason) = reason { figcaption { (language.of("책을 만들 때 실행하지 않는 명령이에요: ", "Not run when the book is built: ")) (reason) } }
                }
            }
        }
        "rust" | "c" | "toml" | "text" => {
            ensure!(rest.is_empty(), "nothing may stand after `{kind}`");
            code::block(if kind == "text" { "" } else { kind }, &code)
        }
        "ladder" => {
            ensure!(rest.is_empty(), "nothing may stand after `{kind}`");
            figures::drawn_ladder(lines)?
        }
        _ => bail!("a fence is practice, sh, rust, c, toml, text or ladder"),
    })
}

/// `not-run="needs a second computer"`
pub(crate) fn not_run(rest: &str) -> Result<Option<&str>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let reason = rest.strip_prefix("not-run=\"").and_then(|rest| rest.strip_suffix('"'));
    let reason =
        reason.filter(|reason| !reason.is_empty()).context("it is ```sh or ```sh not-run=\"reason\"")?;
    Ok(Some(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_numbers() {
        let body: Vec<String> = ["1. one", "   and more", "", "2. two"].map(String::from).into();
        let notes = notes(&body).unwrap();
        assert_eq!(
            notes,
            [(1, vec!["one".into(), "and more".into(), String::new()]), (2, vec!["two".into()])]
        );
        assert!(super::notes(&["loose".into()]).is_err());
    }

    #[test]
    fn links_to_files_become_their_text() {
        let text = "see [it](../x.md), [RFC](https://rfc-editor.org), `[a]`, [more](similar.md)";
        assert_eq!(without_links_to_files(text), "see it, [RFC](https://rfc-editor.org), `[a]`, more");
    }

    #[test]
    fn of_a_cell_in_two_languages_one_is_taken() {
        for (cell, ko, en) in [
            ("과제 Lab", "과제", "Lab"),
            ("`for`를 `while`로 · loops", "`for`를 `while`로", "loops"),
            ("C를 C++처럼 · C to C++", "C를 C++처럼", "C to C++"),
            ("23/25", "23/25", "23/25"),
            (
                "a_b (말해요 · it says (so)); c (그래요 · so)",
                "a_b (말해요); c (그래요)",
                "a_b (it says (so)); c (so)",
            ),
            ("a_b (its calls show it)", "a_b (its calls show it)", "a_b (its calls show it)"),
        ] {
            assert_eq!([Lang::Ko, Lang::En].map(|lang| in_language(cell, lang)), [ko, en]);
        }
    }

    #[test]
    fn a_command_that_is_not_run_has_a_reason() {
        assert_eq!(not_run("").unwrap(), None);
        assert_eq!(not_run("not-run=\"needs root\"").unwrap(), Some("needs root"));
        assert!(not_run("not-run=\"\"").is_err());
        assert!(not_run("ignore").is_err());
    }
}
