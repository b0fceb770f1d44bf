//! The live face: both ends of a conversation in a terminal, where Enter makes the next call happen.

mod draw;
mod side;
mod text;
mod turns;
mod wire;

use std::env;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::lang::Lang;
use crate::recording::Recording;
pub use turns::Screen;

/// Whoever makes the programs go on: the recorder, or in tests a finished recording.
pub trait Live {
    /// Everything until now.
    fn recording(&self) -> &Recording;
    /// Whether a process can make its next call now.
    fn turn(&self, process: usize) -> Turn;
    /// Lets a process run to its next step, really, now.
    fn step(&mut self, process: usize) -> io::Result<()>;
    /// Gives a process a line on its stdin; `line` ends with its newline.
    fn type_line(&mut self, process: usize, line: &[u8]) -> io::Result<()>;
    /// Tells a process that its stdin has ended.
    fn end_of_input(&mut self, process: usize) -> io::Result<()>;
}

/// What a process can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It can make its next call, or what it has waited for has come.
    Ready,
    /// It is in a call that can't return yet.
    Waits,
    /// It has ended.
    Ended,
}

/// How often the screen looks for what comes without a key: a signal, a time limit that ends a wait.
const LOOK: Duration = Duration::from_millis(100);

/// Shows a run in the terminal and lets the one who sits there drive it, until they have seen enough. The terminal is as
/// before afterwards, also after a panic or SIGTERM, SIGHUP and SIGINT, which are errors of the kind `Interrupted`.
pub fn run(live: &mut impl Live, lang: Lang) -> io::Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(io::Error::other(lang.of("터미널에서 실행해 주세요.", "this needs a terminal.")));
    }
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&signalled))?;
    }
    // Since https://no-color.org wants a value that isn't empty.
    let colour = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(lang, colour);

    let mut terminal = ratatui::try_init()?;
    let end = loop {
        if signalled.load(Ordering::Relaxed) {
            break Err(io::Error::new(io::ErrorKind::Interrupted, "ended by a signal"));
        }
        if let Err(error) = terminal.draw(|frame| screen.draw(frame, live)) {
            break Err(error);
        }
        match next_event() {
            Ok(Some(Event::Key(key))) if key.is_press() => match screen.key(live, key) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            },
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    ratatui::restore();
    end
}

/// The next event, none if there was none for a moment.
fn next_event() -> io::Result<Option<Event>> {
    Ok(if event::poll(LOOK)? { Some(event::read()?) } else { None })
}
