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

#[cfg(target_os = "linux")]
pub mod doings;
pub mod peers;
mod program;
mod running;
mod sockets;
#[cfg(target_os = "linux")]
pub mod trace;
mod trial;
mod wait;

pub use program::{Program, Workspace, crate_folders, root, twins};
pub use running::{Output, Running, Server, while_none_starts};
#[cfg(target_os = "linux")]
pub use running::{die_with, inherit_nothing};
pub use sockets::{Transport, free_port, listens};
pub use trial::{
    Trial, find_program, missing_network, missing_program, run_trials, run_waiting_trials, trial, trial_with,
};
pub use wait::{DEADLINE, PATIENCE, until, until_within};
