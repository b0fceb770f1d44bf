//! The book as it is built, once for all that is tried of it: what it shows of runs, and what a browser makes of its pages.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod browser;
#[path = "../chromium/mod.rs"]
mod chromium;
#[path = "../common/mod.rs"]
mod common;
mod runs;

use labkit::run_trials;

fn main() {
    let mut trials = browser::trials();
    trials.extend(runs::trials());
    run_trials(trials);
}
