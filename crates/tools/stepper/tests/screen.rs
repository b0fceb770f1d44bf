//! The live face, read as a person reads it, over a conversation written by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "screen/replay.rs"]
mod replay;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;
use stepper::lang::Lang;
use stepper::screen::{Live as _, Screen};

use replay::{CLIENT, Replay, SERVER, echo};

const LECTURE_HALL: (u16, u16) = (100, 30);
const SMALLEST: (u16, u16) = (80, 24);

/// Somebody before a screen.
struct Watched {
    screen: Screen,
    live: Replay,
    terminal: Terminal<TestBackend>,
    /// What has been drawn. Not what the backend holds: it leaves behind what a wide character has covered.
    drawn: Buffer,
}

impl Watched {
    fn at((width, height): (u16, u16), lang: Lang) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut watched = Self {
            screen: Screen::new(lang, true),
            live: Replay::of(echo()),
            terminal,
            drawn: Buffer::default(),
        };
        watched.look();
        watched
    }

    fn look(&mut self) {
        self.screen.look(&mut self.live).unwrap();
        let Self { screen, live, terminal, drawn } = self;
        *drawn = terminal.draw(|frame| screen.draw(frame, live.recording())).unwrap().buffer.clone();
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> bool {
        let goes_on = self.screen.key(&mut self.live, KeyEvent::new(code, modifiers)).unwrap();
        self.look();
        goes_on
    }

    fn key(&mut self, code: KeyCode) {
        assert!(self.press(code, KeyModifiers::NONE), "{code:?} ended it");
    }

    fn keys(&mut self, text: &str) {
        text.chars().for_each(|char| self.key(KeyCode::Char(char)));
    }

    fn enter(&mut self, times: usize) {
        (0..times).for_each(|_| self.key(KeyCode::Enter));
    }

    fn steps(&self) -> usize {
        self.live.now.steps.len()
    }

    fn row_of(&self, columns: std::ops::Range<u16>, y: u16) -> String {
        let mut text = String::new();
        let mut x = columns.start;
        while x < columns.end {
            let symbol = self.drawn[(x, y)].symbol();
            text += symbol;
            x += Span::raw(symbol).width().max(1) as u16;
        }
        text
    }

    fn rows(&self) -> Vec<String> {
        let area = self.drawn.area;
        (0..area.height).map(|y| self.row_of(0..area.width, y)).collect()
    }

    fn text(&self) -> String {
        self.rows().join("\n")
    }

    fn panel(&self, side: usize) -> Vec<String> {
        let area = self.drawn.area;
        let middle = area.width / 2;
        let columns = if side == CLIENT { 0..middle } else { middle..area.width };
        let rows: Vec<_> = (0..area.height).map(|y| self.row_of(columns.clone(), y)).collect();
        let corner = |corners: [char; 2]| rows.iter().position(|row| row.starts_with(corners)).unwrap();
        rows[corner(['┌', '┏'])..=corner(['└', '┗'])].to_vec()
    }

    fn sees(&self, text: &str) {
        assert!(self.text().contains(text), "no {text:?} in:\n{}", self.text());
    }

    fn sees_on(&self, side: usize, text: &str) {
        let panel = self.panel(side).join("\n");
        assert!(panel.contains(text), "no {text:?} in:\n{panel}");
    }

    /// The first cell of a text.
    fn cell(&self, text: &str) -> &Cell {
        let rows = self.rows();
        let (y, row) = rows.iter().enumerate().find(|(_, row)| row.contains(text)).unwrap();
        let before = row.split(text).next().unwrap();
        &self.drawn[(Span::raw(before).width() as u16, y as u16)]
    }
}

const ALL: [((u16, u16), Lang); 4] =
    [(LECTURE_HALL, Lang::Ko), (LECTURE_HALL, Lang::En), (SMALLEST, Lang::Ko), (SMALLEST, Lang::En)];

/// The step in which the client connects.
const CONNECTED: usize = 6;

#[test]
fn enter_alone_goes_through_the_whole_conversation() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    let all = echo().steps.len();
    watched.enter(all);
    assert_eq!(watched.live.now.steps, echo().steps);
    assert_eq!(watched.live.typed, [(CLIENT, Some("abcdefg\n".to_owned()))]);
    watched.sees("기다림: 서버. 더 올 것이 없어요.");
    watched.enter(2);
    assert_eq!(watched.steps(), all);
}

#[test]
fn every_step_fits_in_both_languages() {
    for (size, lang) in ALL {
        let mut watched = Watched::at(size, lang);
        for _ in 0..echo().steps.len() {
            watched.enter(1);
            for side in [CLIENT, SERVER] {
                let panel = watched.panel(side);
                assert!(panel.last().unwrap().starts_with(['└', '┗']), "{}", watched.text());
                for row in &panel[1..panel.len() - 1] {
                    assert!(
                        row.starts_with(['│', '┃']) && row.ends_with(['│', '┃']),
                        "{row}\n{}",
                        watched.text()
                    );
                }
                // Only code may be too long for its row.
                let sockets =
                    panel.iter().skip_while(|row| !row[3..].starts_with(lang.of(" 디스크립터", " fd")));
                for row in sockets.chain(&panel[..2]) {
                    assert!(!row.contains('…'), "{row}\n{}", watched.text());
                }
            }
            let below = watched.panel(CLIENT).len() + 2;
            for row in &watched.rows()[below..] {
                assert!(!row.contains('…'), "{row}\n{}", watched.text());
            }
            let keys = watched.rows().pop().unwrap();
            let last = ["도움말  q  끝", "help  q  quit", "Tab  차례 넘기기", "Tab  pass the turn"];
            assert!(last.iter().any(|last| keys.trim_end().ends_with(last)), "{keys}");
        }
    }
}

#[test]
fn a_connection_is_seen_at_both_ends_and_on_the_wire() {
    for (size, lang) in ALL {
        let mut watched = Watched::at(size, lang);
        watched.enter(CONNECTED);
        let both = |ko, en| lang.of(ko, en);
        watched.sees_on(CLIENT, both("클라이언트  tcp_echocli 127.0.0.1", "client  tcp_echocli 127.0.0.1"));
        watched.sees_on(CLIENT, both("connect에서 돌아왔어요", "connect has returned"));
        watched.sees_on(CLIENT, "▶ if (connect(s, (struct sockaddr");
        watched.sees_on(CLIENT, " 3 → ESTABLISHED");
        watched.sees_on(CLIENT, both("수신 큐 0", "Recv-Q 0"));
        watched.sees_on(SERVER, both("서버  tcp_echoserv", "server  tcp_echoserv"));
        watched.sees_on(SERVER, both(" 기다림:  accept", " waiting  in accept"));
        watched.sees_on(SERVER, both("연결 대기 큐 1/5", "accept queue 1/5"));
        watched.sees_on(SERVER, "① TCP ② 0.0.0.0 ③ 7 ④ – ⑤ –");
        watched.sees_on(SERVER, " – → ESTABLISHED");
        for crossed in ["SYN  seq 0 ─", "◀", "SYN ACK  seq 0 ack 1 ─", " ACK  seq 1 ack 1 ─", "▶ 127.0.0.1:7"]
        {
            watched.sees(crossed);
        }
        if size == LECTURE_HALL {
            watched.sees_on(CLIENT, "① TCP ② 127.0.0.1 ③ 40000 ④ 127.0.0.1 ⑤ 7");
            watched.sees_on(CLIENT, r#"sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#);
            watched.sees_on(CLIENT, "// 5. connect: ask the server for a");
            watched.sees_on(SERVER, "▶     int accp_sock = accept(listen_sock,");
            watched.sees_on(SERVER, "          (struct sockaddr *)&cliaddr,");
        }
    }
}

#[test]
fn numbers_count_from_the_syn_although_they_begin_anew_at_their_end() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::En);
    let closes = echo().steps.iter().position(|step| step.call == "close").unwrap();
    watched.enter(closes + 1);
    watched.sees(" FIN ACK  seq 9 ack 9 ─");
    watched.sees(" ACK  seq 9 ack 10 ─");
}

#[test]
fn bytes_are_on_the_wire_and_then_in_the_queue() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    let writes = echo().steps.iter().position(|step| step.call == "write").unwrap();
    watched.enter(writes + 1);
    watched.sees(r#" PSH ACK  seq 1 ack 1 8바이트 "abcdefg\n" ─"#);
    watched.sees_on(SERVER, "수신 큐 8");
    assert_eq!(watched.cell("수신 큐 8").bg, Color::Yellow);
    assert_eq!(watched.cell("연결 대기 큐 1/5").bg, Color::Reset, "that has not changed");
    watched.enter(1);
    watched.sees_on(SERVER, "accept, 돌아올 수 있어요");
    watched.sees_on(SERVER, "▶ 서버");
}

#[test]
fn without_colours_the_same_is_in_reverse() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    watched.screen = Screen::new(Lang::Ko, false);
    watched.look();
    watched.enter(CONNECTED);
    assert!(watched.cell("연결 대기 큐 1/5").modifier.contains(Modifier::REVERSED));
    assert!(!watched.cell("LISTEN").modifier.contains(Modifier::REVERSED));
    for cell in watched.drawn.content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
    }
}

#[test]
fn tab_forces_a_turn_and_says_that_it_waits() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    watched.enter(4);
    watched.sees_on(CLIENT, "▶ 클라이언트");
    watched.key(KeyCode::Tab);
    watched.sees_on(SERVER, "▶ 서버");
    watched.sees("서버: 아직 accept에서 기다려요. 올 것이 오지 않았어요. Tab으로");
    watched.enter(1);
    assert_eq!(watched.steps(), 4);
    watched.sees("Tab으로 차례를 넘기세요.");
    watched.enter(1);
    assert_eq!(watched.live.now.steps[4].process, CLIENT);
}

#[test]
fn what_has_happened_can_be_looked_at_again() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    watched.enter(CONNECTED);
    let newest = watched.text();
    watched.keys("b");
    watched.key(KeyCode::Left);
    watched.sees("4/6 단계");
    watched.sees("지나간 단계");
    assert_eq!(watched.cell(" 서버        ●").bg, Color::Magenta);
    watched.sees_on(CLIENT, "아직 아무 호출도 하지 않았어요");
    watched.sees_on(SERVER, "연결 대기 큐 0/5");
    watched.key(KeyCode::Right);
    watched.sees("5/6 단계");
    watched.enter(1);
    assert_eq!(watched.text(), newest);
    assert_eq!(watched.steps(), CONNECTED);
    watched.key(KeyCode::Home);
    watched.keys("bb");
    watched.sees("1/6 단계");
    watched.key(KeyCode::End);
    assert_eq!(watched.text(), newest);
    watched.key(KeyCode::Right);
    assert_eq!(watched.steps(), CONNECTED + 1);
}

#[test]
fn a_line_of_ones_own_is_typed() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    watched.enter(CONNECTED + 1);
    watched.sees("클라이언트의 입력  abcdefg▏");
    watched.keys("소켓bq");
    watched.sees("클라이언트의 입력  소켓bq▏");
    watched.key(KeyCode::Backspace);
    watched.enter(1);
    assert_eq!(watched.live.typed, [(CLIENT, Some("소켓b\n".to_owned()))]);
    assert_eq!(watched.steps(), CONNECTED + 2, "its read returns at once");
    watched.sees("클라이언트에 한 줄을 입력했어요: \"소켓b\"");
}

#[test]
fn the_input_ends_and_a_prompt_can_be_left() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::En);
    watched.enter(CONNECTED + 1);
    watched.key(KeyCode::Esc);
    watched.sees("Enter: type a line for client");
    watched.keys("t");
    watched.sees("input of client  abcdefg▏");
    watched.keys("x");
    watched.press(KeyCode::Char('d'), KeyModifiers::CONTROL);
    assert_eq!(watched.live.typed, [], "something has been typed");
    watched.press(KeyCode::Char('u'), KeyModifiers::CONTROL);
    watched.press(KeyCode::Char('d'), KeyModifiers::CONTROL);
    assert_eq!(watched.live.typed, [(CLIENT, None)]);
    watched.sees("client has no more input.");
}

#[test]
fn a_window_that_is_too_small_says_what_is_enough() {
    for (size, lang, word) in [
        ((79, 24), Lang::Ko, "창이 작아요: 79×24"),
        ((80, 23), Lang::Ko, "80×24부터 볼 수 있어요."),
        ((40, 10), Lang::En, "The window is small: 40×10"),
        ((3, 2), Lang::Ko, "창"),
        ((1, 1), Lang::En, "…"),
    ] {
        Watched::at(size, lang).sees(word);
    }
}

#[test]
fn help_covers_nothing_for_longer_than_a_key() {
    let mut watched = Watched::at(LECTURE_HALL, Lang::Ko);
    watched.enter(CONNECTED);
    let before = watched.text();
    watched.keys("?");
    watched.sees("차례를 다른 프로그램에 넘겨요");
    // All of its border is there, also beside characters that are two columns wide.
    let left = (LECTURE_HALL.0 - 60) / 2;
    let border = |y: &u16| watched.row_of(0..left + 1, *y).ends_with(['┏', '┃', '┗']);
    assert_eq!((0..LECTURE_HALL.1).filter(border).count(), 16, "{}", watched.text());
    watched.keys("q");
    assert_eq!(watched.text(), before);
    assert!(!watched.press(KeyCode::Char('q'), KeyModifiers::NONE));
    assert!(!watched.press(KeyCode::Char('c'), KeyModifiers::CONTROL));
}
