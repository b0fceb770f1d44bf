//! The book, built once for all tests of a file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use labkit::{Workspace, missing_program, root};
use labnotes::book::Notes;
use labnotes::real::Real;

/// The tools that scripts/setup installs and the book needs.
pub(crate) const TOOLS: [&str; 5] = ["strace", "cc", "unshare", "ip", "bash"];

/// Why this machine can't build the book, if it can't: no practice networks.
pub(crate) fn missing_lab() -> Option<String> {
    if let Some(missing) = TOOLS.into_iter().find_map(missing_program) {
        return Some(missing);
    }
    let workspace = Workspace::here().unwrap();
    let mut lab = Command::new(root().join("scripts/lab"));
    let lab = lab.args(["--no-servers", "true"]).env("CARGO_TARGET_DIR", workspace.target).output().unwrap();
    (!lab.status.success()).then(|| {
        let stderr = String::from_utf8_lossy(&lab.stderr).into_owned();
        stderr.lines().next().unwrap_or("scripts/lab fails").to_string()
    })
}

/// What programs really do, remembered.
pub(crate) fn real() -> Arc<Real> {
    static REAL: OnceLock<Arc<Real>> = OnceLock::new();
    let new = || {
        let workspace = Workspace::here().unwrap();
        Arc::new(Real::new(workspace, env!("CARGO_BIN_EXE_labnotes").into()).unwrap())
    };
    Arc::clone(REAL.get_or_init(new))
}

/// The folder of the built book.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn book() -> &'static Path {
    static BOOK: OnceLock<PathBuf> = OnceLock::new();
    BOOK.get_or_init(|| {
        let root = root().canonicalize().unwrap();
        let out = Workspace::here().unwrap().target.join("book-of-tests");
        Arc::new(Notes::read(&root).unwrap()).build(&real(), &out, &[]).unwrap();
        out
    })
}
