//! What a keeper is told: what to run, and how to shut it in.

use std::collections::BTreeMap;
use std::os::fd::RawFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::tier::Tier;

/// The user that a program runs as, where it is alone.
pub(crate) const USER: u32 = 1000;

/// The variable of the keeper's environment where its [`Jail`] is, as JSON. Not an argument: in `/proc` everybody may read
/// those.
pub(crate) const JAIL: &str = "JAIL";

/// What to run, and how to shut it in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Jail {
    /// How well.
    pub tier: Tier,
    /// The file system that the program sees (tier full), or the folder that it may write to.
    pub root: PathBuf,
    /// The user that the keeper becomes (tier full) or the program does (tier reduced); none if it stays who it is.
    pub uid: Option<u32>,
    /// Its user and group in the caller's namespace.
    pub outer: u32,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it starts.
    pub folder: PathBuf,
    /// All of its environment.
    pub env: BTreeMap<String, String>,
    /// How much it may have.
    pub limits: Limits,
    /// The cgroup that the kernel counts it in, where there is one.
    pub cgroup: Option<PathBuf>,
    /// May it write to its own folder? Only while it is built.
    pub building: bool,
    /// Descriptors to open before it starts, of /dev/null: 3, 4, …
    pub occupied: Vec<RawFd>,
    /// Is its stdin closed, as after `<&-` in a shell?
    pub without_stdin: bool,
    /// What it may read beside the system's own (tier reduced).
    pub shared: Shared,
    /// The descriptor of what the caller is told: a line with the process ids of waiter (where there is one), keeper and init, a line
    /// `ready` when all doors are shut, and how the program [`Ended`]; what comes after that says only how its process did.
    pub status: RawFd,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It could not be started: errno.
    NotStarted(i32),
}

/// What can be bound into the file system of a program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Shared {
    /// Folder outside, folder inside: read-only.
    pub folders: Vec<(PathBuf, String)>,
}
