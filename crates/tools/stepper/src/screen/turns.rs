//! Whose turn it is, and what a key does.

use std::io;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::moment::{Time, reads_input};
use crate::lang::Lang;
use crate::recording::{Recording, Role};
use crate::stage::Turn;

/// Whoever makes the programs go on: the stage, or in tests a finished recording.
pub trait Live {
    /// Everything until now.
    fn recording(&self) -> &Recording;
    /// Whose turn can it be?
    fn turn(&mut self, process: usize) -> io::Result<Turn>;
    /// Lets a process run to its next step, really, now.
    fn step(&mut self, process: usize) -> io::Result<()>;
    /// Nobody can go on: lets time pass for those who wait no longer than some time. False if there are none.
    fn let_time_pass(&mut self) -> io::Result<bool>;
    /// Types a line into a process; `line` ends with its newline.
    fn type_line(&mut self, process: usize, line: &[u8]) -> io::Result<()>;
    /// The end of what is typed into a process.
    fn end_of_input(&mut self, process: usize) -> io::Result<()>;
}

/// What a prompt proposes: Enter takes it, any other key begins a line of one's own. It is what the slides type.
const PROPOSED: &str = "abcdefg";

/// What is on the screen, but for the run itself.
pub struct Screen {
    pub(super) lang: Lang,
    /// Whether there are colours; without, blocks in reverse say the same.
    pub(super) colour: bool,
    /// What each process can do.
    pub(super) turns: Vec<Turn>,
    pub(super) time: Time,
    /// The process whose turn it is.
    turn: usize,
    /// Tab has chosen it, so it keeps its turn although it waits.
    pub(super) chosen: bool,
    /// The index of the step that is looked at; none is the newest.
    back: Option<usize>,
    pub(super) prompt: Option<Prompt>,
    pub(super) note: Option<Note>,
    pub(super) help: bool,
}

/// A line that is being typed for a process.
pub(super) struct Prompt {
    pub(super) process: usize,
    pub(super) line: String,
    /// Nobody has typed yet: the line is what is proposed.
    pub(super) proposed: bool,
}

/// What is said once.
pub(super) enum Note {
    /// It is the turn of one who waits.
    Waits(usize),
    /// Its stdin has got this line.
    Typed(usize, String),
    /// Its stdin has ended.
    NoMoreInput(usize),
    /// Something that was asked for did not work.
    Failed(String),
}

impl Screen {
    /// Begins with the first process's turn.
    #[must_use]
    pub fn new(lang: Lang, colour: bool) -> Self {
        Self {
            lang,
            colour,
            turns: Vec::new(),
            time: Time::StandsStill,
            turn: 0,
            chosen: false,
            back: None,
            prompt: None,
            note: None,
            help: false,
        }
    }

    /// Looks who can go on; where nobody can, those go on whose time has come.
    pub fn look(&mut self, live: &mut impl Live) -> io::Result<()> {
        self.turns.clear();
        for process in 0..live.recording().processes.len() {
            self.turns.push(live.turn(process)?);
        }
        let passes = !self.turns.contains(&Turn::Ready) && live.let_time_pass()?;
        self.time = if passes { Time::Passes } else { Time::StandsStill };
        Ok(())
    }

    /// Does what a key means; false ends it.
    pub fn key(&mut self, live: &mut impl Live, key: KeyEvent) -> io::Result<bool> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            return Ok(false);
        }
        if self.help {
            self.help = false;
            return Ok(true);
        }
        self.note = None;
        if let Some(prompt) = self.prompt.take() {
            self.key_in_prompt(live, prompt, key)?;
            return Ok(true);
        }
        match key.code {
            KeyCode::Char('q') => return Ok(false),
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char(' ') => self.forward(live)?,
            KeyCode::Left | KeyCode::Char('b') => {
                self.go_to(live.recording(), self.shown(live.recording()).map(|it| it.saturating_sub(1)));
            }
            KeyCode::Home => self.go_to(live.recording(), Some(0)),
            KeyCode::End => self.back = None,
            KeyCode::Tab => self.next_turn(live.recording(), self.next(live.recording()), 1),
            KeyCode::BackTab => self.next_turn(
                live.recording(),
                self.next(live.recording()),
                self.turns.len().saturating_sub(1),
            ),
            KeyCode::Char('t') => self.prompt_for(self.who_reads(live.recording())),
            _ => {}
        }
        Ok(true)
    }

    fn key_in_prompt(&mut self, live: &mut impl Live, mut prompt: Prompt, key: KeyEvent) -> io::Result<()> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Ok(()),
            KeyCode::Tab => {
                self.next_turn(live.recording(), prompt.process, 1);
                return Ok(());
            }
            KeyCode::Enter => {
                let whole = format!("{}\n", prompt.line);
                let given = live.type_line(prompt.process, whole.as_bytes());
                return self.given(live, prompt.process, given, Note::Typed(prompt.process, prompt.line));
            }
            // In a terminal, Ctrl-D after something typed sends that; here it has to be sent or deleted first.
            KeyCode::Char('d') if control && (prompt.proposed || prompt.line.is_empty()) => {
                let given = live.end_of_input(prompt.process);
                return self.given(live, prompt.process, given, Note::NoMoreInput(prompt.process));
            }
            KeyCode::Char('u') if control => prompt.clear(),
            KeyCode::Backspace if prompt.proposed => prompt.clear(),
            KeyCode::Backspace => drop(prompt.line.pop()),
            KeyCode::Char(char) if !control => {
                if prompt.proposed {
                    prompt.clear();
                }
                prompt.line.push(char);
            }
            _ => {}
        }
        self.prompt = Some(prompt);
        Ok(())
    }

    /// After something has been typed: whoever has waited for it goes on at once, as in a terminal.
    fn given(
        &mut self,
        live: &mut impl Live,
        process: usize,
        given: io::Result<()>,
        note: Note,
    ) -> io::Result<()> {
        self.back = None;
        self.note = Some(match given {
            Ok(()) => note,
            Err(error) => Note::Failed(error.to_string()),
        });
        self.look(live)?;
        if reads_input(live.recording(), process) && self.can(process, Turn::Ready) {
            self.step(live, process)?;
        }
        Ok(())
    }

    /// Forward in what has happened; at its end, makes the next call happen.
    fn forward(&mut self, live: &mut impl Live) -> io::Result<()> {
        if let Some(back) = self.back {
            self.go_to(live.recording(), Some(back + 1));
            return Ok(());
        }
        let next = self.next(live.recording());
        if self.can(next, Turn::Ready) {
            return self.step(live, next);
        }
        if reads_input(live.recording(), next) {
            self.prompt_for(Some(next));
        } else if self.chosen {
            self.note = Some(Note::Waits(next));
        }
        self.chosen = false;
        Ok(())
    }

    fn step(&mut self, live: &mut impl Live, process: usize) -> io::Result<()> {
        live.step(process)?;
        self.turn = process;
        self.chosen = false;
        self.look(live)?;
        if reads_input(live.recording(), process) && self.can(process, Turn::Waits) {
            self.prompt_for(Some(process));
        }
        Ok(())
    }

    fn can(&self, process: usize, turn: Turn) -> bool {
        self.turns.get(process) == Some(&turn)
    }

    /// Who goes on with the next Enter: whose turn it is; where that one waits, another who can; else one who reads stdin.
    pub(super) fn next(&self, recording: &Recording) -> usize {
        if self.chosen {
            return self.turn;
        }
        let round = || (0..self.turns.len()).map(|it| (self.turn + it) % self.turns.len());
        let ready = round().find(|&it| self.can(it, Turn::Ready));
        let at_input = || round().find(|&it| self.can(it, Turn::Waits) && reads_input(recording, it));
        ready.or_else(at_input).unwrap_or(self.turn)
    }

    /// Gives the turn to the one who stands so many places after another.
    fn next_turn(&mut self, recording: &Recording, after: usize, by: usize) {
        let count = self.turns.len();
        self.back = None;
        // Whoever has ended has no turn.
        let mut round = (1..=count).map(|it| (after + it * by) % count);
        if let Some(turn) = round.find(|&it| !self.can(it, Turn::Ended)) {
            self.turn = turn;
            self.chosen = true;
            if self.can(turn, Turn::Waits) && !reads_input(recording, turn) {
                self.note = Some(Note::Waits(turn));
            }
        }
    }

    /// The one who waits for a line, else the one whose turn it is, if it is a client, else the first client.
    fn who_reads(&self, recording: &Recording) -> Option<usize> {
        let next = self.next(recording);
        let round = || (0..self.turns.len()).map(|it| (next + it) % self.turns.len());
        let there = || round().filter(|&it| !self.can(it, Turn::Ended));
        let client = |it: &usize| recording.processes.get(*it).is_some_and(|it| it.role == Role::Client);
        there().find(|&it| reads_input(recording, it)).or_else(|| there().find(client))
    }

    fn prompt_for(&mut self, process: Option<usize>) {
        self.prompt = process.map(|process| Prompt { process, line: PROPOSED.to_owned(), proposed: true });
    }

    fn go_to(&mut self, recording: &Recording, step: Option<usize>) {
        self.back = step.filter(|it| it + 1 < recording.steps.len());
    }

    /// The index of the step that is looked at; none before the first.
    pub(super) fn shown(&self, recording: &Recording) -> Option<usize> {
        self.back.or(recording.steps.len().checked_sub(1))
    }

    /// Looks at something that has been.
    pub(super) fn looks_back(&self) -> bool {
        self.back.is_some()
    }
}

impl Prompt {
    fn clear(&mut self) {
        self.line.clear();
        self.proposed = false;
    }
}
