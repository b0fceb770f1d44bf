//! Runs any program under observation, for tests and tools: it is ready when the kernel says that it listens,
//! everything it does has a deadline, and it has ended for certain when its [`Running`] is gone.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! let server = labkit::Program::c("tcp_echoserv")?.serve(&["-v"])?;
//! let mut client = labkit::Program::c("tcp_echocli")?.start(["127.0.0.1", &server.port.to_string()])?;
//! client.write(b"abcdefg\n");
//! assert_eq!(client.finish()?.code, Some(0));
//! # Ok(())
//! # }
//! ```

pub mod peers;
mod program;
mod running;
mod sockets;
pub mod trace;
mod trial;

pub use program::{Program, Workspace, root, twins};
pub use running::{Output, Running, Server};
pub use sockets::{Transport, free_port, listens};
pub use trial::{find_program, missing_program, run_trials, trial, trial_with};

use std::io;
use std::time::{Duration, Instant};

/// How long anything that should happen at once may take before it counts as never. Long, so that a loaded machine
/// fails no test; nothing waits for it when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Looks again and again until `observe` sees it; an error that names `what` after [`DEADLINE`].
pub fn until<T>(what: &str, observe: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    until_within(DEADLINE, what, observe)
}

/// As [`until`], with another deadline.
pub fn until_within<T>(
    deadline: Duration,
    what: &str,
    mut observe: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(seen) = observe()? {
            return Ok(seen);
        }
        if Instant::now() > end {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{what}: not within {deadline:?}")));
        }
        // Not to wait for something, only to leave the processor to what is being observed.
        std::thread::sleep(Duration::from_millis(1));
    }
}
