//! Recordings are the same every time and in both languages, and whatever is recorded leaves nothing behind.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use labkit::{Workspace, missing_program, root, run_trials, trial};
use serde_json::Value;
use stepper::normal;
use stepper::recording::Recording;
use stepper::scenes::{self, Language, Scene};

fn main() {
    let missing = missing_program("cc").or_else(no_private_network);
    let mut trials = vec![trial(
        "a_hundred_recordings_beside_others_that_work_are_the_same",
        missing.clone(),
        a_hundred_are_the_same,
    )];
    for scene in scenes::all() {
        let name = format!("{}_is_the_same_in_c_and_in_rust_and_every_time", scene.name);
        trials.push(trial(&name, missing.clone(), move || same_in_both(&scene)));
    }
    run_trials(trials);
}

/// What scripts/lab says where this machine refuses private networks.
fn no_private_network() -> Option<String> {
    let lab = Command::new(root().join("scripts/lab")).arg("--try").output().unwrap();
    (!lab.status.success()).then(|| String::from_utf8_lossy(&lab.stderr).trim_end().to_string())
}

/// With its programs built.
fn workspace() -> &'static Workspace {
    static BUILT: OnceLock<Workspace> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Workspace::here().unwrap();
        workspace.build().unwrap();
        workspace
    })
}

fn record(scene: &Scene, language: Language) -> Recording {
    scenes::record(workspace(), scene, language).unwrap()
}

/// The first step in which two normal forms differ.
fn difference(one: &Value, other: &Value) -> Option<String> {
    normal::difference(one, other).1
}

fn same_in_both(scene: &Scene) {
    let [c, again, rust] = [Language::C, Language::C, Language::Rust].map(|language| record(scene, language));
    assert_eq!(difference(&c.normal().unwrap(), &again.normal().unwrap()), None, "C and C again");
    assert_eq!(difference(&c.mirrored().unwrap(), &rust.mirrored().unwrap()), None, "C and Rust");
}

fn a_hundred_are_the_same() {
    let scene = scenes::named("tcp_echoserv").unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let first = record(&scene, Language::C).normal().unwrap();
        let different =
            (1..100).find_map(|_| difference(&first, &record(&scene, Language::C).normal().unwrap()));
        done.store(true, Ordering::Relaxed);
        assert_eq!(different, None);
    });
}
