//! The moment that is shown: one step of a recording, and how what it has changed is told apart.

use ratatui::style::{Color, Modifier, Style};

use super::text::plain;
use crate::lang::Lang;
use crate::recording::{Recording, Role, State, Step};
use crate::stage::Turn;

/// How things are told apart. Every colour has its own ground, so that all can be read on black and on white.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn on(self, ground: Color, text: Color) -> Style {
        if self.0 { Style::new().bg(ground).fg(text) } else { Style::new().add_modifier(Modifier::REVERSED) }
    }

    /// What this step has changed.
    pub(super) fn changed(self) -> Style {
        self.on(Color::Yellow, Color::Black)
    }

    /// The line that this step is at.
    pub(super) fn here(self) -> Style {
        self.on(Color::Cyan, Color::Black)
    }

    /// What has gone wrong.
    pub(super) fn wrong(self) -> Style {
        self.on(Color::Red, Color::White)
    }

    /// What belongs to one side.
    pub(super) fn side(self, role: Role) -> Style {
        match role {
            Role::Client => self.on(Color::Blue, Color::White),
            Role::Server => self.on(Color::Magenta, Color::White),
        }
    }

    /// A block of its own, such as a key's name.
    pub(super) fn block() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn bold() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
}

/// Whether time goes by while nobody can go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Nothing comes by itself.
    StandsStill,
    /// Somebody waits no longer than some time.
    Passes,
}

/// What is shown: one step of a recording.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) lang: Lang,
    pub(super) paint: Paint,
    pub(super) recording: &'a Recording,
    /// The step's index; none before the first.
    pub(super) step: Option<usize>,
    /// What each process can do; none of a moment in the past.
    pub(super) turns: Option<&'a [Turn]>,
    pub(super) time: Time,
    /// Who goes on next.
    pub(super) next: usize,
    /// Tab has given it the turn.
    pub(super) chosen: bool,
}

impl<'a> Moment<'a> {
    pub(super) fn last_step_of(&self, process: usize) -> Option<(usize, &'a Step)> {
        let steps = self.recording.steps.get(..=self.step?)?;
        steps.iter().enumerate().rfind(|(_, step)| step.process == process)
    }

    pub(super) fn state(&self) -> Option<&'a State> {
        Some(&self.recording.steps.get(self.step?)?.state)
    }

    pub(super) fn state_before(&self) -> Option<&'a State> {
        Some(&self.recording.steps.get(self.step?.checked_sub(1)?)?.state)
    }

    /// The process that stands on a side: who has just made a step, or been chosen; else who was there last.
    pub(super) fn process_on(&self, role: Role) -> Option<usize> {
        let steps = self.step.and_then(|step| self.recording.steps.get(..=step)).unwrap_or_default();
        let is = |process: &usize| self.recording.processes.get(*process).is_some_and(|it| it.role == role);
        let chosen = self.chosen.then_some(self.next).filter(is);
        let last = || steps.iter().rev().map(|step| step.process).find(is);
        chosen.or_else(last).or_else(|| (0..self.recording.processes.len()).find(is))
    }

    pub(super) fn mark(&self, changed: bool) -> Style {
        if changed { self.paint.changed() } else { Style::new() }
    }
}

/// What a role is called.
pub(super) fn role_name(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Client => lang.of("클라이언트", "client"),
        Role::Server => lang.of("서버", "server"),
    }
}

/// What a process is called: a recording says it in English.
pub(super) fn name_of(recording: &Recording, process: usize, lang: Lang) -> String {
    let name = recording.processes.get(process).map_or("", |it| it.name.as_str());
    match lang {
        Lang::En => plain(&name.replace("server again", "restarted server")),
        Lang::Ko => {
            let words = [
                ("server", "서버"),
                ("client", "클라이언트"),
                ("program", "프로그램"),
                (" again", " (다시)"),
                ("'s child", "의 자식"),
                ("'s thread", "의 스레드"),
            ];
            plain(&words.iter().fold(name.to_owned(), |name, (en, ko)| name.replace(en, ko)))
        }
    }
}

/// The process waits for a line on its stdin.
pub(super) fn reads_input(recording: &Recording, process: usize) -> bool {
    recording.steps.iter().rfind(|step| step.process == process).is_some_and(waits_for_input)
}

/// It waits in a call that looks at descriptor 0.
pub(super) fn waits_for_input(step: &Step) -> bool {
    let first = step.args.first().map_or("", String::as_str);
    step.waits()
        && match step.call.as_str() {
            "read" | "readv" => first == "0",
            "poll" | "ppoll" => first.contains("{fd=0,"),
            "select" | "pselect6" => {
                step.args.get(1).is_some_and(|set| set.starts_with("[0]") || set.starts_with("[0 "))
            }
            _ => false,
        }
}
