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
    /// Where namespaces are refused, and for root alone: another uid, Landlock, seccomp, limits. The network is shared.
    Reduced,
    /// Limits alone: for a program that one trusts, one's own.
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
