//! A program that runs: its input, its output, its end.

use std::io::{self, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::{Deref, DerefMut};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::sockets::{Transport, free_port, listens};
use crate::wait::{DEADLINE, until, until_within};

/// A started program. It and all the processes it started in its process group are killed when this is dropped, and
/// when the thread that started it ends, however it ends.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdin: Option<Sender<Vec<u8>>>,
    stdout: Stream,
    stderr: Stream,
}

/// What a program has left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit status, or none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// All of its stdout.
    pub stdout: Vec<u8>,
    /// All of its stderr.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Its stdout as text; what is no UTF-8 shows as U+FFFD.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Its stderr as text; what is no UTF-8 shows as U+FFFD.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// One of a program's outputs, collected as it comes.
#[derive(Clone, Debug, Default)]
struct Stream {
    so_far: Arc<Mutex<(Vec<u8>, bool)>>,
}

impl Stream {
    /// Nothing, and no more.
    fn closed() -> Self {
        Stream { so_far: Arc::new(Mutex::new((Vec::new(), true))) }
    }

    fn collect(mut pipe: impl Read + Send + 'static) -> Self {
        let stream = Stream::default();
        let so_far = Arc::clone(&stream.so_far);
        thread::spawn(move || {
            let mut buf = [0; 8192];
            loop {
                let n = match pipe.read(&mut buf) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    n => n.unwrap_or(0),
                };
                let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
                so_far.0.extend_from_slice(&buf[..n]);
                if n == 0 {
                    so_far.1 = true;
                    break;
                }
            }
        });
        stream
    }

    /// What has come, and whether that is all.
    fn so_far(&self) -> (Vec<u8>, bool) {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn all(&self, what: &str) -> io::Result<Vec<u8>> {
        until(what, || {
            let (bytes, closed) = self.so_far();
            Ok(closed.then_some(bytes))
        })
    }

    fn wait_for(&self, text: &str) -> io::Result<String> {
        until(&format!("{text:?} in the output"), || {
            let (bytes, closed) = self.so_far();
            let output = String::from_utf8_lossy(&bytes).into_owned();
            if output.contains(text) {
                return Ok(Some(output));
            }
            if closed {
                return Err(io::Error::other(format!("the output ended without {text:?}: {output:?}")));
            }
            Ok(None)
        })
    }
}

/// Held by whoever starts a program.
static STARTING: Mutex<()> = Mutex::new(());

/// Does it while no program is being started. Between fork and exec a child has copies of all descriptors of this process: what
/// another thread closes then stays open a little longer.
pub fn while_none_starts<T>(work: impl FnOnce() -> T) -> T {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Writes whatever is sent, until the sender is gone or nobody reads any more.
fn feed(mut pipe: ChildStdin) -> Sender<Vec<u8>> {
    let (sender, bytes) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || bytes.iter().try_for_each(|bytes| pipe.write_all(&bytes)));
    sender
}

impl Running {
    /// Starts a command in a process group of its own.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        #[cfg(target_os = "linux")]
        // SAFETY: between fork and exec only prctl, getppid and close_range are called, which are bare system calls.
        unsafe {
            let parent = std::process::id();
            command.pre_exec(move || {
                inherit_nothing();
                die_with(parent)
            })
        };
        let mut child = while_none_starts(|| command.spawn()).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display()))
        })?;
        let stdin = child.stdin.take().map(feed);
        let stdout = child.stdout.take().map_or_else(Stream::closed, Stream::collect);
        let stderr = child.stderr.take().map_or_else(Stream::closed, Stream::collect);
        Ok(Running { child, stdin, stdout, stderr })
    }

    /// Its process id, which is also that of its process group.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Gives it `bytes` on its stdin, as it reads them. What it makes of its input, and whether it reads it at all, is
    /// for its output to say.
    pub fn write(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &self.stdin {
            let _ = stdin.send(bytes.to_vec());
        }
    }

    /// The end of its input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits until its stdout has `text`, and gives all of it so far. An error if it ends without.
    pub fn wait_stdout(&self, text: &str) -> io::Result<String> {
        self.stdout.wait_for(text)
    }

    /// Waits until its stderr has `text`, and gives all of it so far. An error if it ends without.
    pub fn wait_stderr(&self, text: &str) -> io::Result<String> {
        self.stderr.wait_for(text)
    }

    /// Has it ended?
    pub fn ended(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Closes its stdin and waits for its end.
    pub fn finish(self) -> io::Result<Output> {
        self.finish_within(DEADLINE)
    }

    /// As [`Running::finish`], with another deadline.
    pub fn finish_within(mut self, deadline: Duration) -> io::Result<Output> {
        self.close_stdin();
        let status = until_within(deadline, "its end", || self.child.try_wait())?;
        self.kill_group(); // whoever is left of its group still holds the pipes
        Ok(Output {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.all("the end of its stdout")?,
            stderr: self.stderr.all("the end of its stderr")?,
        })
    }

    /// Sends it, and it alone, a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(nix::sys::signal::kill(Pid::from_raw(self.pid()), signal)?)
    }

    fn kill_group(&self) {
        // An error means that nobody is left.
        let _ = killpg(Pid::from_raw(self.pid()), Signal::SIGKILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
        let _ = self.child.wait();
    }
}

/// Makes the end of the thread that started this process the end of this process: PR_SET_PDEATHSIG. An error if its parent, which was
/// `parent`, is gone already. Who becomes another user forgets it: prctl(2).
#[cfg(target_os = "linux")]
pub fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory.
    let result = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    Errno::result(result)?;
    if std::os::unix::process::parent_id() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
}

/// Marks as not to be inherited what whoever started the tests has left open (make its jobserver, an editor its sockets);
/// before Linux 5.11 that stays open.
#[cfg(target_os = "linux")]
pub fn inherit_nothing() {
    // SAFETY: three numbers; what is marked is closed by the exec that comes next.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// A server whose port somebody else was quicker to take is started at so many others.
pub(crate) const OTHER_PORTS: usize = 10;

/// A running program that listens.
#[derive(Debug)]
pub struct Server {
    running: Running,
    /// Where it listens, in host byte order.
    pub port: u16,
}

impl Server {
    /// Starts `command(port)` with a port that is free and waits until the kernel says that it listens there. Starts it
    /// again with another port if somebody else was quicker; an error if it ends for another reason.
    pub fn start(transport: Transport, command: impl Fn(u16) -> Command) -> io::Result<Self> {
        let mut others = OTHER_PORTS;
        loop {
            let port = free_port()?;
            let mut running = Running::start(&mut command(port))?;
            let ready = until("a server that listens", || {
                if listens(running.pid(), transport, port)? {
                    return Ok(Some(true));
                }
                Ok(running.ended()?.then_some(false))
            })?;
            if ready {
                return Ok(Server { running, port });
            }
            let output = running.finish()?;
            if others == 0 || !output.stderr_text().contains("Address already in use") {
                return Err(io::Error::other(format!("the server has ended: {}", output.stderr_text())));
            }
            others -= 1;
        }
    }

    /// Its address on loopback.
    #[must_use]
    pub fn addr(&self) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port)
    }

    /// The program, for [`Running::finish`].
    #[must_use]
    pub fn into_running(self) -> Running {
        self.running
    }
}

impl Deref for Server {
    type Target = Running;
    fn deref(&self) -> &Running {
        &self.running
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.running
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::unistd::gettid;

    use super::*;
    use crate::doings::status;

    /// A child that has not reached its exec yet, however long that takes, has no copy of what was closed before it began.
    #[test]
    fn what_is_closed_while_none_starts_is_closed_at_once() {
        let (reader, writer) = io::pipe().unwrap();
        let (mut told, mut tell) = io::pipe().unwrap();
        let mut slow = Command::new("true");
        // SAFETY: between fork and exec only read is called, a bare system call.
        unsafe { slow.pre_exec(move || told.read(&mut [0]).map(drop)) };
        let (sender, receiver) = mpsc::channel();
        let starter = while_none_starts(|| {
            let starter = thread::spawn(move || {
                sender.send(gettid()).unwrap();
                Running::start(&mut slow)
            });
            let (pid, starter_id) = (std::process::id().cast_signed(), receiver.recv().unwrap().as_raw());
            let sleeps = || status(pid, starter_id).is_some_and(|status| status.state.starts_with('S'));
            until("who waits to start", || Ok(sleeps().then_some(()))).unwrap();
            drop(writer);
            starter
        });
        Stream::collect(reader).all("the end of the pipe").unwrap();
        tell.write_all(b"!").unwrap();
        starter.join().unwrap().unwrap().finish().unwrap();
    }
}
