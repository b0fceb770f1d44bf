//! Recordings are the same every time and in both languages, and whatever is recorded leaves nothing behind.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "laws/check.rs"]
mod check;
mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::record;
use labkit::{run_trials, trial};
use serde_json::Value;
use stepper::normal;
use stepper::scenes::{self, Language, Scene};

fn main() {
    let missing = common::missing();
    let mut trials = vec![trial(
        "a_hundred_recordings_beside_each_other_are_the_same",
        missing.clone(),
        a_hundred_are_the_same,
    )];
    for scene in scenes::all() {
        let name = format!("{}_could_be_and_is_the_same_in_c_and_in_rust_and_every_time", scene.name);
        trials.push(trial(&name, missing.clone(), move || same_in_both(&scene)));
    }
    run_trials(trials);
}

/// The first step in which two normal forms differ.
fn difference(one: &Value, other: &Value) -> Option<String> {
    normal::difference(one, other).1
}

fn same_in_both(scene: &Scene) {
    let [c, again, rust] = [Language::C, Language::C, Language::Rust].map(|language| record(scene, language));
    for recording in [&c, &rust] {
        let wrong = check::check(recording);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    assert_eq!(difference(&c.normal().unwrap(), &again.normal().unwrap()), None, "C and C again");
    assert_eq!(difference(&c.mirrored().unwrap(), &rust.mirrored().unwrap()), None, "C and Rust");
}

/// Eight at a time, on whatever processors there are: each is a load for the others.
fn a_hundred_are_the_same() {
    let scene = scenes::named("tcp_echoserv").unwrap();
    let first = record(&scene, Language::C).normal().unwrap();
    let left = AtomicUsize::new(99);
    let one_more = |n: usize| n.checked_sub(1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok() {
                    let again = record(&scene, Language::C).normal().unwrap();
                    assert_eq!(difference(&first, &again), None);
                }
            });
        }
    });
}
