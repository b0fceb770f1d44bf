//! How well a program can be shut in.

use std::fmt::Display;
use std::io;

use serde::{Deserialize, Serialize};

/// How well a program is shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Own user, network, mount, pid and ipc namespaces, no capabilities, Landlock, seccomp, limits.
    Full,
    /// Where namespaces are refused, and for root alone: another uid, Landlock, seccomp, limits. The network is shared, and what it
    /// takes is counted from outside. It writes to the disk only while it is built, and sends no descriptors then, of whose files
    /// nobody could tell how large they are. Of its sockets those count that some process has open: not those that wait to be accepted,
    /// nor those on their way over another, of which a user may have as many as descriptors.
    Reduced,
    /// Limits alone: for a program that one trusts, one's own. What it writes counts while it is built, and only in its own folder.
    None,
}

impl Tier {
    /// `full`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tier::Full => "full",
            Tier::Reduced => "reduced",
            Tier::None => "none",
        }
    }
}

/// An error that says what was tried.
pub(crate) fn tried<T, E: Display>(what: &str, result: Result<T, E>) -> io::Result<T> {
    result.map_err(|error| io::Error::other(format!("{what}: {error}")))
}
