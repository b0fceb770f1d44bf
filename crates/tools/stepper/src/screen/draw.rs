//! What stands where: time above, the two sides, the wire between them, what to do next, the keys.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Paragraph};

use super::moment::{Moment, Paint, Time, name_of, reads_input, role_name};
use super::side;
use super::text::{clip, columns, plain};
use super::turns::{Note, Screen};
use crate::lang::{Lang, bytes};
use crate::recording::{Protocol, Recording, Role};
use crate::stage::Turn;
use crate::wire::{self, Crossing};

/// Smaller than this nobody could read it.
const SMALLEST: (u16, u16) = (80, 24);
/// From so many rows on there is room for everything.
const ROOMY: u16 = 30;

impl Screen {
    /// Draws all of it.
    pub fn draw(&self, frame: &mut Frame, recording: &Recording) {
        draw(frame, self, recording);
    }
}

/// Draws all of it.
fn draw(frame: &mut Frame, screen: &Screen, recording: &Recording) {
    let area = frame.area();
    let lang = screen.lang;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(frame, lang);
        return;
    }
    let roomy = area.height >= ROOMY;
    let rows = [
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(if roomy { 5 } else { 4 }),
        Constraint::Length(1),
        Constraint::Length(1),
    ];
    let [time, sides, wire, said, keys] = Layout::vertical(rows).areas(area);
    let moment = Moment {
        lang,
        paint: Paint(screen.colour),
        recording,
        step: screen.shown(recording),
        turns: if screen.looks_back() { None } else { Some(&screen.turns) },
        time: screen.time,
        next: screen.next(recording),
        chosen: screen.chosen && !screen.looks_back(),
    };
    draw_time(frame, time, &moment);
    let roles = roles(recording);
    let sides = Layout::horizontal(roles.iter().map(|_| Constraint::Fill(1))).split(sides);
    for (role, area) in roles.iter().zip(&*sides) {
        side::draw(frame, *area, &moment, *role);
    }
    draw_wire(frame, wire, &moment);
    frame.render_widget(draw_said(screen, &moment, said.width.into()), said);
    frame.render_widget(draw_keys(screen, &moment), keys);
    if screen.help {
        draw_help(frame, &moment);
    }
}

/// The sides on which somebody stands, from left to right.
fn roles(recording: &Recording) -> Vec<Role> {
    let stands = |role: &Role| recording.processes.iter().any(|it| it.role == *role);
    [Role::Client, Role::Server].into_iter().filter(stands).collect()
}

fn too_small(frame: &mut Frame, lang: Lang) {
    let (width, height) = (frame.area().width, frame.area().height);
    let (least_width, least_height) = SMALLEST;
    let lines = lang.of(
        vec![
            format!("창이 작아요: {width}×{height}"),
            format!("{least_width}×{least_height}부터 볼 수 있어요."),
            "창을 키우거나 글자 크기를 줄이세요.".to_owned(),
        ],
        vec![
            format!("The window is small: {width}×{height}"),
            format!("{least_width}×{least_height} is enough."),
            "Make it larger, or the letters smaller.".to_owned(),
        ],
    );
    let lines: Vec<_> = lines.into_iter().map(|line| Line::from(clip(&line, width.into()))).collect();
    frame.render_widget(Paragraph::new(lines), frame.area());
}

/// The line of time: a lane a side, a mark a step.
fn draw_time(frame: &mut Frame, area: Rect, moment: &Moment) {
    let Moment { lang, paint, recording, .. } = *moment;
    let count = recording.steps.len();
    let roles = roles(recording);
    let label = |role| {
        let name = if let [_] = &recording.processes[..] {
            name_of(recording, 0, lang)
        } else {
            role_name(role, lang).to_owned()
        };
        format!(" {name} ")
    };
    let margin = roles.iter().map(|role| columns(&label(*role))).max().unwrap_or(0);
    let at = moment.step.map_or(0, |step| step + 1);
    let number = lang.of(format!(" {at}/{count} 단계"), format!(" step {at}/{count}"));
    let past = lang.of(" 지나간 단계 ", " in the past ");
    let right = columns(&number).max(columns(past)) + 1;
    let room = usize::from(area.width).saturating_sub(margin + 1 + right).max(1);
    let first = at.saturating_sub(room * 3 / 4).min(count.saturating_sub(room));

    let lane_of = |role| {
        let label = label(role);
        let blanks = " ".repeat(margin - columns(&label));
        let mut lane = vec![Span::styled(label + &blanks, paint.side(role)), Span::raw(" ")];
        for (index, step) in recording.steps.iter().enumerate().skip(first).take(room) {
            let its = recording.processes.get(step.process).is_some_and(|it| it.role == role);
            let mark = match step {
                _ if !its => "·",
                _ if step.ends() => "×",
                _ if step.waits() => "○",
                _ if !step.segments.is_empty() => "◆",
                _ => "●",
            };
            let style = match moment.step == Some(index) {
                true if its => paint.side(role),
                true => Paint::bold(),
                false => Style::new(),
            };
            lane.push(Span::styled(mark, style));
        }
        Line::from(lane)
    };
    let lanes: Vec<_> = roles.iter().map(|role| lane_of(*role)).collect();
    frame.render_widget(Paragraph::new(lanes), area);
    let place = Rect { height: 1, ..area };
    frame.render_widget(Line::styled(number, Paint::bold()).alignment(Alignment::Right), place);
    if moment.turns.is_none() {
        let place = Rect { y: area.y + 1, height: 1, ..area };
        frame.render_widget(
            Line::from(Span::styled(past, paint.changed())).alignment(Alignment::Right),
            place,
        );
    }
}

/// What crossed the wire in this step.
fn draw_wire(frame: &mut Frame, area: Rect, moment: &Moment) {
    let Moment { lang, recording, .. } = *moment;
    let crossings = moment.step.map(|step| wire::crossings(recording, step)).unwrap_or_default();
    let title = match crossings.len() {
        0 if moment.step.is_none() => lang.of(" 네트워크 ".to_owned(), " the wire ".to_owned()),
        0 => lang.of(
            " 네트워크: 이 단계에서는 아무것도 오가지 않았어요 ".to_owned(),
            " the wire: nothing crossed it in this step ".to_owned(),
        ),
        1 => lang.of(
            " 네트워크: 이 단계에서 하나가 오갔어요 ".to_owned(),
            " the wire: one crossed it in this step ".to_owned(),
        ),
        n => lang.of(
            format!(" 네트워크: 이 단계에서 {n}개가 오갔어요 "),
            format!(" the wire: {n} crossed it in this step "),
        ),
    };
    let block = Block::new().borders(Borders::TOP).title(Line::styled(title, Paint::bold()));
    let inner = block.inner(area);
    frame.render_widget(block, area);

    let room = usize::from(inner.height);
    let fits = if crossings.len() > room { room.saturating_sub(1) } else { room };
    let ends = |left: bool| {
        let texts =
            crossings.iter().map(|it| if it.to_server == left { it.segment.from } else { it.segment.to });
        texts.map(|it| columns(&it.to_string())).max().unwrap_or(0)
    };
    let margins = (ends(true), ends(false));
    let mut lines: Vec<_> =
        crossings.iter().take(fits).map(|it| arrow(it, moment, margins, inner.width.into())).collect();
    if crossings.len() > fits {
        let more = crossings.len() - fits;
        lines.push(Line::from(lang.of(format!(" … 외 {more}개"), format!(" … and {more} more"))));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `127.0.0.1:40000 ──── SYN  seq 0 ────▶ 127.0.0.1:7`
fn arrow(crossing: &Crossing, moment: &Moment, margins: (usize, usize), width: usize) -> Line<'static> {
    let Moment { lang, paint, .. } = *moment;
    let Crossing { segment, to_server, seq, ack } = crossing;
    let (from, to) = (segment.from.to_string(), segment.to.to_string());
    let (left, right) = if *to_server { (from, to) } else { (to, from) };
    let flags = match segment.protocol {
        Protocol::Tcp => format!(" {} ", segment.flags),
        Protocol::Udp => " UDP ".to_owned(),
        Protocol::Icmp => format!(" ICMP {} ", segment.flags),
    };
    let mut words = vec![String::new()];
    if segment.protocol == Protocol::Tcp {
        words.push(format!("seq {seq}"));
    }
    words.extend(ack.map(|ack| format!("ack {ack}")));
    if segment.len > 0 || segment.protocol == Protocol::Udp {
        let [ko, en] = bytes(segment.len);
        words.push(lang.of(ko, en));
    }
    let mut words = words.join(" ");
    let dropped = lang.of(" 버려짐 ", " dropped ");
    // The margins with their blanks, a line of two columns on either side, the data's quotes.
    let taken = margins.0 + margins.1 + 12 + columns(&flags) + columns(&words);
    let taken = if segment.dropped { taken + columns(dropped) } else { taken };
    let room = width.saturating_sub(taken);
    let data = clip(&plain(&segment.data), room);
    if segment.len > 0 && room > 0 {
        words = format!("{words} \"{data}\"");
    }
    words.push(' ');

    let role = if *to_server { Role::Client } else { Role::Server };
    let mut middle = vec![Span::styled(flags, paint.side(role)), Span::raw(words)];
    if segment.dropped {
        middle.push(Span::styled(dropped, paint.wrong()));
    }
    let taken: usize = middle.iter().map(|span| columns(&span.content)).sum();
    let line = width.saturating_sub(margins.0 + margins.1 + 4 + taken);
    let (before, after) = (line / 2, line - line / 2);
    let tip = if segment.dropped {
        "╳"
    } else if *to_server {
        "▶"
    } else {
        "◀"
    };
    let mut spans = vec![Span::raw(format!(" {left:>0$} ", margins.0))];
    if *to_server {
        spans.push(Span::raw("─".repeat(before)));
        spans.append(&mut middle);
        spans.push(Span::raw("─".repeat(after.saturating_sub(1)) + tip));
    } else {
        spans.push(Span::raw(tip.to_owned() + &"─".repeat(before.saturating_sub(1))));
        spans.append(&mut middle);
        spans.push(Span::raw("─".repeat(after)));
    }
    spans.push(Span::raw(format!(" {right}")));
    Line::from(spans)
}

/// One row for the prompt, for what has to be said, or for what comes next.
fn draw_said(screen: &Screen, moment: &Moment, width: usize) -> Line<'static> {
    let Moment { lang, paint, recording, .. } = *moment;
    let name = |process| name_of(recording, process, lang);
    if let Some(prompt) = &screen.prompt {
        let label = lang
            .of(format!(" {}의 입력 ", name(prompt.process)), format!(" input of {} ", name(prompt.process)));
        let room = width.saturating_sub(columns(&label) + 2).max(8);
        // Its end is what is being typed.
        let line = plain(&prompt.line);
        let mut tail = line.as_str();
        while columns(tail) > room {
            tail = tail.char_indices().nth(1).map_or("", |(at, _)| &tail[at..]);
        }
        let typed = if prompt.proposed { Paint::block() } else { Paint::bold() };
        return Line::from(vec![
            Span::styled(
                label,
                paint.side(recording.processes.get(prompt.process).map_or(Role::Client, |it| it.role)),
            ),
            Span::raw(" "),
            Span::styled(tail.to_owned(), typed),
            Span::styled("▏", Paint::bold()),
        ]);
    }
    let text = match &screen.note {
        Some(Note::Failed(error)) => {
            return Line::styled(clip(&format!(" {} ", plain(error)), width), paint.wrong());
        }
        Some(Note::Typed(process, line)) => lang.of(
            format!("{}에 한 줄을 입력했어요: \"{}\"", name(*process), plain(line)),
            format!("{} has been given \"{}\".", name(*process), plain(line)),
        ),
        Some(Note::NoMoreInput(process)) => lang.of(
            format!("{}의 입력이 끝났어요.", name(*process)),
            format!("{} has no more input.", name(*process)),
        ),
        Some(Note::Waits(process)) => {
            let call =
                recording.steps.iter().rfind(|it| it.process == *process).map_or("", |it| it.call.as_str());
            lang.of(
                format!(
                    "{}: 아직 {call}에서 기다려요. 올 것이 오지 않았어요. Tab으로 차례를 넘기세요.",
                    name(*process)
                ),
                format!(
                    "{} waits in {call} for what has not come yet. Tab passes the turn on.",
                    name(*process)
                ),
            )
        }
        None if moment.turns.is_none() => lang.of(
            "지나간 단계를 보고 있어요. →: 한 단계 앞으로, End: 지금 단계로".to_owned(),
            "This is in the past. → goes one step forward, End goes to now.".to_owned(),
        ),
        None => what_next(moment),
    };
    Line::styled(clip(&format!(" {text}"), width), Paint::bold())
}

fn what_next(moment: &Moment) -> String {
    let Moment { lang, recording, next, .. } = *moment;
    let turns = moment.turns.unwrap_or_default();
    let name = name_of(recording, next, lang);
    let waits: Vec<_> = (0..turns.len()).filter(|&it| turns[it] == Turn::Waits).collect();
    match turns.get(next) {
        Some(Turn::Ready) => {
            lang.of(format!("Enter: {name}의 다음 호출"), format!("Enter: the next call of {name}"))
        }
        Some(Turn::Waits) if reads_input(recording, next) => {
            lang.of(format!("Enter: {name}에 한 줄을 입력해요"), format!("Enter: type a line for {name}"))
        }
        _ if waits.is_empty() => lang.of(
            "모두 끝났어요. b로 되짚어 보고, q로 끝내세요.".to_owned(),
            "All have ended. b goes back, q quits.".to_owned(),
        ),
        _ => {
            let names: Vec<_> = waits.iter().map(|&it| name_of(recording, it, lang)).collect();
            let names = names.join(", ");
            if moment.time == Time::Passes {
                return lang.of(
                    format!("기다림: {names}. 정한 시간이 지나면 이어서 할 수 있어요."),
                    format!("Waiting: {names}, until the time allowed is over."),
                );
            }
            lang.of(
                format!("기다림: {names}. 더 올 것이 없어요. b로 되짚어 보고, q로 끝내세요."),
                format!("Waiting: {names}. Nothing more can come. b goes back, q quits."),
            )
        }
    }
}

fn draw_keys(screen: &Screen, moment: &Moment) -> Line<'static> {
    let lang = moment.lang;
    let keys: &[(&str, &str)] = match (screen.prompt.is_some(), lang) {
        (true, Lang::Ko) => {
            &[("Enter", "보내기"), ("Ctrl-D", "입력 끝"), ("Esc", "닫기"), ("Tab", "차례 넘기기")]
        }
        (true, Lang::En) => {
            &[("Enter", "send"), ("Ctrl-D", "end of input"), ("Esc", "close"), ("Tab", "pass the turn")]
        }
        (false, Lang::Ko) if screen.looks_back() => {
            &[("Enter →", "앞으로"), ("b ←", "뒤로"), ("End", "지금으로"), ("?", "도움말"), ("q", "끝")]
        }
        (false, Lang::En) if screen.looks_back() => {
            &[("Enter →", "forward"), ("b ←", "back"), ("End", "to now"), ("?", "help"), ("q", "quit")]
        }
        (false, Lang::Ko) => &[
            ("Enter →", "다음 호출"),
            ("Tab", "차례"),
            ("b ←", "뒤로"),
            ("t", "입력"),
            ("?", "도움말"),
            ("q", "끝"),
        ],
        (false, Lang::En) => &[
            ("Enter →", "next call"),
            ("Tab", "turn"),
            ("b ←", "back"),
            ("t", "type"),
            ("?", "help"),
            ("q", "quit"),
        ],
    };
    let mut spans = Vec::new();
    for (key, what) in keys {
        spans.push(Span::styled(format!(" {key} "), Paint::block()));
        spans.push(Span::raw(format!(" {what} ")));
    }
    Line::from(spans)
}

fn draw_help(frame: &mut Frame, moment: &Moment) {
    let Moment { lang, paint, .. } = *moment;
    let key = |key: &str, what: &str| {
        Line::from(vec![Span::styled(format!(" {key} "), Paint::block()), Span::raw(format!(" {what}"))])
    };
    let mark = |mark: &str, style, what: &str| {
        Line::from(vec![Span::styled(format!(" {mark} "), style), Span::raw(format!(" {what}"))])
    };
    let plain = Style::new();
    let lines = match lang {
        Lang::Ko => vec![
            key("Enter, →", "차례인 프로그램이 다음 호출을 실제로 실행해요"),
            key("Tab", "차례를 다른 프로그램에 넘겨요"),
            key("b, ←", "지나간 단계로 돌아가요"),
            key("Home, End", "첫 단계로, 지금 단계로"),
            key("t", "한 줄을 입력해요 (Ctrl-D: 입력 끝)"),
            key("q", "끝내요"),
            Line::default(),
            mark("● ◆", plain, "호출이 돌아왔어요 / 네트워크로 오간 것이 있어요"),
            mark("○ ×", plain, "기다리기 시작했어요 / 프로그램이 끝났어요"),
            mark("값", paint.changed(), "이 단계에서 바뀌었어요"),
            mark("▶", paint.here(), "이 단계의 소스 줄"),
            mark("–", plain, "디스크립터 없음: accept 전이거나 닫힌 뒤"),
            mark("① ② ③ ④ ⑤", plain, "프로토콜, 자신의 IP 주소와 포트,"),
            mark("         ", plain, "상대방의 IP 주소와 포트"),
        ],
        Lang::En => vec![
            key("Enter, →", "whose turn it is makes its next call, really"),
            key("Tab", "passes the turn on"),
            key("b, ←", "goes back through what has happened"),
            key("Home, End", "to the first step, to now"),
            key("t", "types a line (Ctrl-D: end of input)"),
            key("q", "quits"),
            Line::default(),
            mark("● ◆", plain, "a call returned; something crossed the wire"),
            mark("○ ×", plain, "a wait begins; a program ends"),
            mark("value", paint.changed(), "changed in this step"),
            mark("▶", paint.here(), "the line of this step"),
            mark("–", plain, "no descriptor: not accepted yet, or closed"),
            mark("① ② ③ ④ ⑤", plain, "protocol, own IP address and port,"),
            mark("         ", plain, "the other's IP address and port"),
        ],
    };
    let area = frame.area();
    let (width, height) = (60.min(area.width), lines.len() as u16 + 2);
    let place = Rect {
        x: (area.width - width) / 2,
        y: area.height.saturating_sub(height) / 2,
        width,
        height: height.min(area.height),
    };
    // A wide character that begins before it would cover its border.
    frame.render_widget(Clear, Rect { x: place.x.saturating_sub(1), width: width + 1, ..place });
    let title = lang.of(" 도움말 (아무 키나 누르면 닫혀요) ", " Help (any key closes it) ");
    let block = Block::bordered().border_type(BorderType::Thick).title(Line::styled(title, Paint::bold()));
    frame.render_widget(Paragraph::new(lines).block(block), place);
}
