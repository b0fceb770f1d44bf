//! The live face: both ends of a conversation in a terminal, where Enter makes the next call happen.

mod draw;
mod moment;
mod side;
mod sockets;
mod text;
mod turns;

use std::env;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::lang::Lang;
pub use turns::{Live, Screen};

/// How often the screen looks for what comes without a key: a signal, a time limit that ends a wait.
const LOOK: Duration = Duration::from_millis(100);

/// Shows a run in the terminal and lets the one who sits there drive it, until they have seen enough. The terminal is as
/// before afterwards, also after a panic or SIGTERM, SIGHUP and SIGINT, which are errors of the kind `Interrupted`.
pub fn run(live: &mut impl Live, lang: Lang) -> io::Result<()> {
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&signalled))?;
    }
    // Since https://no-color.org wants a value that isn't empty.
    let colour = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(lang, colour);

    let mut terminal = ratatui::try_init()?;
    let end = until_seen(&mut terminal, &mut screen, live, &signalled);
    ratatui::restore();
    end
}

fn until_seen(
    terminal: &mut DefaultTerminal,
    screen: &mut Screen,
    live: &mut impl Live,
    signalled: &AtomicBool,
) -> io::Result<()> {
    while !signalled.load(Ordering::Relaxed) {
        screen.look(live)?;
        terminal.draw(|frame| screen.draw(frame, live.recording()))?;
        if let Some(Event::Key(key)) = next_event()?
            && key.is_press()
            && !screen.key(live, key)?
        {
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::Interrupted, "ended by a signal"))
}

/// The next event, none if there was none for a moment. A terminal that has gone has no more; crossterm would look for one for ever.
fn next_event() -> io::Result<Option<Event>> {
    // Of many keys at once, crossterm has read all with the first.
    if event::poll(Duration::ZERO)? {
        return event::read().map(Some);
    }
    let stdin = io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    match poll(&mut fds, LOOK.as_millis() as u16) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    if fds[0].revents().is_some_and(|seen| seen.intersects(PollFlags::POLLHUP | PollFlags::POLLERR)) {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "the terminal has gone"));
    }
    Ok(if event::poll(Duration::ZERO)? { Some(event::read()?) } else { None })
}
