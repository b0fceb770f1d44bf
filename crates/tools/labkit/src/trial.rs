//! Tests that need what not every machine has.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, thread};

use libtest_mimic::Arguments;
pub use libtest_mimic::Trial;

use crate::program::root;

/// One test of a file with `harness = false`. Where something is `missing`, it is reported as ignored, with that reason
/// beside its name, never as passed.
pub fn trial(name: &str, missing: Option<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    let trial = Trial::test(name, move || {
        test();
        Ok(())
    });
    match missing {
        Some(reason) => trial.with_kind(format!("skipped: {reason}")).with_ignored_flag(true),
        None => trial,
    }
}

/// As [`trial`], for a test that needs `tools` which scripts/setup installs: with CI set, a missing one is a failure.
pub fn trial_with(tools: &[&str], name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let missing = tools.iter().find_map(|tool| missing_program(tool));
    match missing {
        Some(missing) if env::var_os("CI").is_some() => Trial::test(name, move || Err(missing.into())),
        missing => trial(name, missing, test),
    }
}

/// What `main` of such a file does; takes cargo test's usual arguments.
pub fn run_trials(trials: Vec<Trial>) -> ! {
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}

/// As [`run_trials`], six times as many at a time: for tests that wait for seconds that no processor makes shorter.
pub fn run_waiting_trials(trials: Vec<Trial>) -> ! {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(6 * thread::available_parallelism().map_or(1, usize::from));
    libtest_mimic::run(&arguments, trials).exit()
}

/// Where a program is: on PATH, or in an sbin folder, which ordinary users' PATH leaves out.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| fs::metadata(program).is_ok_and(|file| file.is_file()))
}

/// `Some("… is not installed")` unless [`find_program`] finds it.
#[must_use]
pub fn missing_program(name: &str) -> Option<String> {
    find_program(name).is_none().then(|| format!("{name} is not installed"))
}

/// Why this machine makes no private networks, in the words of scripts/lab; none if it does, and has what they take.
#[must_use]
pub fn missing_network() -> Option<String> {
    let lab = Command::new(root().join("scripts/lab")).arg("--try").output();
    let lab = lab.map_err(|error| format!("scripts/lab: {error}"));
    match lab {
        Ok(lab) if lab.status.success() => None,
        Ok(lab) => Some(String::from_utf8_lossy(&lab.stderr).trim_end().into()),
        Err(error) => Some(error),
    }
}
