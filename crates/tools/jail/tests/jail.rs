//! Any program, shut in. What hostile ones try is tested where they are graded: grade's tests/hostile.rs and bombs.rs.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use jail::{Ended, How, Limits, Place, Shared, Tier, best_tier, dispatch};
use labkit::{run_trials, trial};

/// The part of this program that enters a place, and runs there what its arguments say.
const CALLER: &str = "__caller";

/// Runs a command of sh(1) in a place of its own, with the best tier that can be had. What it printed, and how it ended.
fn run(command: &str) -> (String, Ended) {
    run_as(command, "running")
}

fn run_as(command: &str, how: &str) -> (String, Ended) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args([CALLER, how, command])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (printed, ended) = said.rsplit_once('\n').unwrap_or_else(|| panic!("{output:?}"));
    (printed.to_string(), serde_json::from_str(ended).unwrap())
}

fn be_the_caller() -> io::Result<()> {
    let told: Vec<String> = env::args().skip(2).collect();
    let [how, command, folder] = &told[..] else { panic!("{told:?}") };
    let place =
        Place::enter(best_tier(), Path::new(folder), Ipv4Addr::new(198, 51, 100, 1), &Shared::default())?;
    let how = How {
        limits: Limits::RUN,
        building: how == "building",
        env: Vec::new(),
        occupied: Vec::new(),
        strace: Vec::new(),
    };
    let argv = ["sh", "-c", command].map(String::from);
    let argv = if command.is_empty() { &["/nowhere".to_string()][..] } else { &argv };
    let (mut status, writer) = io::pipe()?;
    let (mut command, _) = place.command(argv, &how, &writer)?;
    let keeper = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    drop(writer);
    let output = keeper.wait_with_output()?;
    let status = io::read_to_string(&mut status)?;
    print!("{}\n{}", String::from_utf8_lossy(&output.stdout), status.lines().nth(2).unwrap_or_default());
    Ok(())
}

fn its_end_is_told() {
    assert_eq!(run("echo abc; exit 3"), ("abc\n".into(), Ended::Exited(3)));
    assert_eq!(run("kill -9 $$").1, Ended::Killed(libc::SIGKILL));
    assert_eq!(run("").1, Ended::NotStarted(libc::ENOENT));
}

fn what_it_starts_ends_with_it() {
    let mark = format!("{}", 100_000_000 + std::process::id());
    assert_eq!(run(&format!("sleep {mark} >/dev/null & exit 0")).1, Ended::Exited(0));
    let there = fs::read_dir("/proc").unwrap().flatten();
    let lines = there.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    let left: Vec<String> = lines.filter(|line| line.starts_with("sleep") && line.contains(&mark)).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn only_what_is_built_writes_to_its_folder() {
    assert_eq!(run_as("echo abc >x && cat x", "building"), ("abc\n".into(), Ended::Exited(0)));
    assert_ne!(run("echo abc >x").1, Ended::Exited(0));
}

fn main() -> ExitCode {
    // This program is the keeper as well.
    if let Some(code) = dispatch(&[(CALLER, be_the_caller)]) {
        return code.into();
    }
    let missing = || (best_tier() == Tier::None).then(|| "there is no sandbox here".to_string());
    run_trials(vec![
        trial("its_end_is_told", missing(), its_end_is_told),
        trial("what_it_starts_ends_with_it", missing(), what_it_starts_ends_with_it),
        trial("only_what_is_built_writes_to_its_folder", missing(), only_what_is_built_writes_to_its_folder),
    ])
}
