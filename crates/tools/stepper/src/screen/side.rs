//! One side of the conversation: a program, where it is in its text, what it has, what it has printed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding, Paragraph};

use super::moment::{Moment, Paint, name_of, role_name, waits_for_input};
use super::sockets::{descriptors, sockets};
use super::text::{clip, clip_line, columns, plain, wrap, wrap_call};
use crate::lang::Lang;
use crate::recording::{Role, Step};
use crate::stage::Turn;

/// Draws a side.
pub(super) fn draw(frame: &mut Frame, area: Rect, moment: &Moment, role: Role) {
    let Moment { lang, paint, recording, .. } = *moment;
    let process = moment.process_on(role);
    let has_turn = moment.turns.is_some() && process == Some(moment.next);
    let name = process.map_or_else(|| role_name(role, lang).to_owned(), |it| name_of(recording, it, lang));
    let program =
        process.and_then(|it| recording.processes.get(it)).map_or(String::new(), |it| plain(&it.program));
    let name = if has_turn { format!(" ▶ {name} ") } else { format!(" {name} ") };
    let program = format!(" {} ", clip(&program, usize::from(area.width).saturating_sub(columns(&name) + 4)));
    let mut block = Block::bordered()
        .padding(Padding::left(1))
        .title(Line::from(vec![Span::styled(name, paint.side(role)), Span::styled(program, Paint::bold())]));
    if has_turn {
        block = block.border_type(BorderType::Thick);
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if let Some(process) = process {
        let room = Room { width: inner.width.into(), height: inner.height.into() };
        frame.render_widget(Paragraph::new(content(moment, role, process, room)), inner);
    }
}

#[derive(Clone, Copy)]
struct Room {
    width: usize,
    height: usize,
}

/// So many rows as there are, each as wide as there is room.
fn content(moment: &Moment, role: Role, process: usize, room: Room) -> Vec<Line<'static>> {
    let last = moment.last_step_of(process);
    let mut rows = vec![status(moment, process)];
    rows.extend(others(moment, role, process));

    let call_rows = if room.height >= 18 { 3 } else { 2 };
    let now = last.is_some_and(|(index, _)| moment.step == Some(index));
    let mut call: Vec<_> = last.map(|(_, step)| call_text(step, room.width, call_rows)).unwrap_or_default();
    call.resize(call_rows, String::new());
    let style = if now { Paint::bold() } else { Style::new() };
    rows.extend(call.into_iter().map(|row| Line::styled(row, style)));

    let sockets = sockets(moment, role, process, room.width);
    // Two sockets always have room, so that the rest stays where it is.
    let fixed = rows.len() + 2;
    let for_sockets = sockets.len().max(4).min(room.height.saturating_sub(fixed + 3));
    let source_rows = room.height.saturating_sub(fixed + for_sockets);
    let mut source = source(moment, last.map(|(_, step)| step), now, source_rows, room.width);
    source.resize(source_rows, Line::default());
    rows.extend(source);
    rows.push(descriptors(moment, process, room.width));
    rows.extend(fill(sockets, for_sockets, moment.lang));
    rows.push(printed(moment, process));
    rows.into_iter().map(|row| clip_line(row, room.width)).collect()
}

/// Exactly so many rows; where they are too many, the last one says so.
fn fill(mut rows: Vec<Line<'static>>, count: usize, lang: Lang) -> Vec<Line<'static>> {
    if rows.len() > count {
        rows.truncate(count.saturating_sub(1));
        rows.push(Line::from(lang.of("… 소켓이 더 있어요", "… there are more sockets")));
    }
    rows.resize(count, Line::default());
    rows
}

/// What it is doing, in words.
fn status(moment: &Moment, process: usize) -> Line<'static> {
    let Moment { lang, paint, .. } = *moment;
    let Some((index, step)) = moment.last_step_of(process) else {
        return Line::from(lang.of("아직 아무 호출도 하지 않았어요", "has made no call yet"));
    };
    let call = plain(&step.call);
    let now = moment.step == Some(index);
    let come = moment.turns.and_then(|turns| turns.get(process)) == Some(&Turn::Ready);
    let error = step.result.as_deref().and_then(|result| result.strip_prefix("-1 "));
    let (chip, style, words) = match step.call.as_str() {
        "exit_group" => (
            lang.of("끝", "ended"),
            Paint::block(),
            lang.of("프로그램이 끝났어요".to_owned(), "the program has ended".to_owned()),
        ),
        "exit" => (
            lang.of("끝", "ended"),
            Paint::block(),
            lang.of("스레드가 끝났어요".to_owned(), "the thread has ended".to_owned()),
        ),
        "stopped" => (
            lang.of("멈춤", "stopped"),
            Paint::block(),
            lang.of("SIGCONT를 기다려요".to_owned(), "until SIGCONT comes".to_owned()),
        ),
        "killed" => (
            lang.of("끝", "ended"),
            paint.wrong(),
            lang.of("시그널을 받아 끝났어요".to_owned(), "by a signal".to_owned()),
        ),
        _ if step.waits() => {
            let words = match (come, waits_for_input(step)) {
                (true, _) => {
                    lang.of(format!("{call}, 돌아올 수 있어요"), format!("in {call}; it can return"))
                }
                (false, true) => {
                    lang.of(format!("{call} (키보드 입력)"), format!("in {call} for the keyboard"))
                }
                (false, false) => lang.of(call.clone(), format!("in {call}")),
            };
            (lang.of("기다림:", "waiting"), Paint::block(), words)
        }
        _ => match error {
            Some(error) if now => (lang.of("실패", "failed"), paint.wrong(), plain(error)),
            _ => ("", Style::new(), String::new()),
        },
    };
    let mut spans = Vec::new();
    if chip.is_empty() {
        let words = match (now, step.blocked) {
            (true, true) => {
                lang.of(format!("기다리던 {call}에서 돌아왔어요"), format!("{call} has waited, and returned"))
            }
            (true, false) => lang.of(format!("{call}에서 돌아왔어요"), format!("{call} has returned")),
            (false, _) => {
                lang.of("다음 호출 앞에서 멈춰 있어요".to_owned(), "held before its next call".to_owned())
            }
        };
        spans.push(Span::raw(words));
    } else {
        spans.push(Span::styled(format!(" {chip} "), style));
        spans.push(Span::raw(format!(" {words}")));
    }
    if now {
        spans.extend(
            step.signals.iter().map(|signal| Span::styled(format!(" {} ", plain(signal)), paint.wrong())),
        );
    }
    Line::from(spans)
}

/// The others on this side, in a row.
fn others(moment: &Moment, role: Role, process: usize) -> Option<Line<'static>> {
    let Moment { lang, recording, .. } = *moment;
    let mut words = Vec::new();
    for (other, it) in recording.processes.iter().enumerate() {
        let Some((_, step)) = moment.last_step_of(other).filter(|_| it.role == role && other != process)
        else {
            continue;
        };
        let call = plain(&step.call);
        let what = match step.call.as_str() {
            _ if step.ends() => lang.of("끝".to_owned(), "ended".to_owned()),
            "stopped" => lang.of("SIGCONT를 기다림".to_owned(), "stopped".to_owned()),
            _ if step.waits() => lang.of(format!("기다림: {call}"), format!("waiting in {call}")),
            _ => lang.of("멈춤".to_owned(), "held".to_owned()),
        };
        words.push(format!("{} ({what})", name_of(recording, other, lang)));
    }
    (!words.is_empty()).then(|| Line::from(format!("+ {}", words.join(", "))))
}

fn call_text(step: &Step, width: usize, rows: usize) -> Vec<String> {
    let call = format!("{}({})", step.call, step.args.join(", "));
    let result = match &step.result {
        Some(result) => format!(" = {result}"),
        None if step.waits() => " …".to_owned(),
        None => String::new(),
    };
    wrap_call(&plain(&call), &plain(&result), width, rows)
}

/// The lines around the one that makes the call, which is whole where it is too long for a row.
fn source(moment: &Moment, step: Option<&Step>, now: bool, count: usize, width: usize) -> Vec<Line<'static>> {
    let place = step.and_then(|step| step.source.as_ref());
    let text = place.and_then(|place| moment.recording.files.get(&place.file));
    let (Some(place), Some(text)) = (place, text) else {
        let word = moment.lang.of(
            "(이 호출이 소스의 어느 줄인지 알 수 없어요)",
            "(where the source makes this call is not known)",
        );
        // An end needs no place.
        let unknown = step.filter(|step| step.waits() || step.result.is_some());
        return unknown.map(|_| Line::from(word)).into_iter().collect();
    };
    let lines: Vec<_> = text.lines().map(plain).collect();
    let around = |count: usize| {
        let first = place.line.saturating_sub(1 + count / 2).min(lines.len().saturating_sub(count));
        first..(first + count).min(lines.len())
    };
    let blanks = |line: &&String| line.len() - line.trim_start().len();
    let coded = lines[around(count)].iter().filter(|line| !line.trim().is_empty());
    let indent = coded.map(|line| blanks(&line)).min().unwrap_or(0);
    let digits = lines.len().to_string().len();
    let room = width.saturating_sub(digits + 3);
    let code = |line: &String| line.get(indent..).unwrap_or("").to_owned();

    let here = place.line.checked_sub(1).and_then(|at| lines.get(at)).map_or(String::new(), code);
    // From its second row on it is indented as in the first.
    let margin = " ".repeat(blanks(&&here).min(room / 2));
    let here = wrap(here.trim_start(), room - margin.len());
    let style = if now { moment.paint.here() } else { Paint::bold().add_modifier(Modifier::UNDERLINED) };
    let mut rows = Vec::new();
    for index in around((count + 1).saturating_sub(here.len().max(1))) {
        let number = index + 1;
        if number == place.line {
            for (part, code) in here.iter().enumerate() {
                let sign = if part == 0 { format!("{number:digits$} ▶ ") } else { " ".repeat(digits + 3) };
                let sign = Span::styled(sign + &margin, Paint::bold());
                rows.push(Line::from(vec![sign, Span::styled(code.clone(), style)]));
            }
        } else {
            let code = clip(&code(&lines[index]), room);
            // `// 5. bind: …` is what a lecturer points at.
            let style = if code.trim_start().starts_with("// ") { Paint::bold() } else { Style::new() };
            rows.push(Line::from(vec![Span::raw(format!("{number:digits$}   ")), Span::styled(code, style)]));
        }
    }
    rows
}

/// The last line that it has printed.
fn printed(moment: &Moment, process: usize) -> Line<'static> {
    let steps = moment.step.and_then(|step| moment.recording.steps.get(..=step)).unwrap_or_default();
    let mut text = String::new();
    for step in steps.iter().filter(|step| step.process == process) {
        text += &step.printed;
        // Whoever types ends the line on the screen too.
        if step.call == "read" && step.args.first().is_some_and(|fd| fd == "0") && step.result.is_some() {
            text.push('\n');
        }
    }
    let Some(line) = text.lines().last() else { return Line::default() };
    let new = steps.last().is_some_and(|step| step.process == process && !step.printed.is_empty());
    let style = if new { moment.paint.changed() } else { Style::new() };
    Line::from(vec![
        Span::styled(moment.lang.of("출력", "out"), Paint::bold()),
        Span::raw("│"),
        Span::styled(plain(line), style),
    ])
}
