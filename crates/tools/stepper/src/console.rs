//! The terminal of one program: what is typed into it, and what it prints.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{ChildStdin, Command, Stdio};

use labkit::while_none_starts;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};

/// So much may have been typed that nobody has read yet, where pipe(7) gives as much; to an ordinary user who has many pipes it
/// does not.
const TYPED_AHEAD: i32 = 1 << 20;

/// A keyboard, which is a pipe, and a screen, which is a terminal: so programs print line by line, as they do for people.
pub(crate) struct Console {
    screen: File,
    /// Kept open, or the screen would be gone with the last process.
    _paper: OwnedFd,
    keyboard: Option<ChildStdin>,
    /// The beginning of a character whose end has not come yet.
    rest: Vec<u8>,
}

impl Console {
    /// Gives a command a console of its own, for when it is started.
    pub(crate) fn new(command: &mut Command) -> io::Result<Self> {
        let pty = openpty(None, None)?;
        let mut mode = tcgetattr(&pty.slave)?;
        cfmakeraw(&mut mode);
        tcsetattr(&pty.slave, SetArg::TCSANOW, &mode)?;
        fcntl(&pty.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        for fd in [pty.master.as_fd(), pty.slave.as_fd()] {
            fcntl(fd, FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
        }
        command.stdin(Stdio::piped()).stdout(pty.slave.try_clone()?).stderr(pty.slave.try_clone()?);
        Ok(Console { screen: pty.master.into(), _paper: pty.slave, keyboard: None, rest: Vec::new() })
    }

    /// Takes the keyboard of what has been started.
    pub(crate) fn started(&mut self, keyboard: Option<ChildStdin>) -> io::Result<()> {
        if let Some(keyboard) = &keyboard {
            let _ = fcntl(keyboard, FcntlArg::F_SETPIPE_SZ(TYPED_AHEAD));
            fcntl(keyboard, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        self.keyboard = keyboard;
        Ok(())
    }

    /// Types.
    pub(crate) fn type_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.keyboard {
            Some(keyboard) => match keyboard.write_all(bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()), // nobody will read it, as so often
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let most = fcntl(keyboard, FcntlArg::F_GETPIPE_SZ)?;
                    Err(io::Error::other(format!(
                        "no more than {most} bytes can be typed before they are read"
                    )))
                }
                result => result,
            },
            None => Err(io::Error::other("its input has ended")),
        }
    }

    /// The end of input.
    pub(crate) fn close(&mut self) {
        while_none_starts(|| self.keyboard = None);
    }

    /// What it has printed since this was last asked.
    pub(crate) fn printed(&mut self) -> String {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut buf = [0; 4096];
        while let Ok(n @ 1..) = self.screen.read(&mut buf) {
            bytes.extend_from_slice(&buf[..n]);
        }
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        self.rest = bytes.split_off(whole);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
