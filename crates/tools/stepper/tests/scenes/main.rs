//! Every scene, recorded once for all that is tried of it: the same every time and in both languages, and what Wireshark and a
//! browser make of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../laws/check.rs"]
mod check;
#[allow(dead_code, reason = "the book's tests do more with it")]
#[path = "../../../labnotes/tests/chromium/mod.rs"]
mod chromium;
mod pcapng;
mod player;
mod sample;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::thread;

use labkit::{Workspace, missing_network, missing_program, run_trials, trial};
use serde_json::Value;
use stepper::normal;
use stepper::recording::{Recording, Role};
use stepper::scenes::{self, Act, Language, Part, Scene};

fn main() {
    let mut trials = player::trials();
    trials.extend(pcapng::trials());
    for (n, scene) in SCENES.iter().enumerate() {
        let name = format!("{}_could_be_and_is_the_same_in_c_and_in_rust_and_every_time", scene.name);
        trials.push(trial(&name, missing(), move || same_in_both(n)));
    }
    let name = "a_hundred_recordings_beside_each_other_are_the_same";
    trials.push(trial(name, missing(), a_hundred_are_the_same));
    let name = "a_request_that_is_sent_again_comes_when_it_is_let_in";
    trials.push(trial(name, missing(), slow_is_the_same));
    run_trials(trials);
}

static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(scenes::all);

/// Why nothing can be recorded here; none if it can.
fn missing() -> Option<String> {
    static MISSING: LazyLock<Option<String>> =
        LazyLock::new(|| missing_program("cc").or_else(missing_network));
    MISSING.clone()
}

/// Records a scene. The Rust programs are built the first time.
fn record(scene: &Scene, language: Language) -> Recording {
    static BUILT: OnceLock<Workspace> = OnceLock::new();
    let workspace = BUILT.get_or_init(|| {
        let workspace = Workspace::here().unwrap();
        workspace.build().unwrap();
        workspace
    });
    scenes::record(workspace, scene, language).unwrap()
}

/// Scene `n` of [`SCENES`], recorded the first time.
fn recorded(n: usize, language: Language) -> &'static Recording {
    static RECORDED: LazyLock<Vec<[OnceLock<Recording>; 2]>> =
        LazyLock::new(|| SCENES.iter().map(|_| Default::default()).collect());
    RECORDED[n][language as usize].get_or_init(|| record(&SCENES[n], language))
}

/// The first step in which two normal forms differ.
fn difference(one: &Value, other: &Value) -> Option<String> {
    normal::difference(one, other).1
}

fn same_in_both(n: usize) {
    let (c, rust) = (recorded(n, Language::C), recorded(n, Language::Rust));
    let again = record(&SCENES[n], Language::C);
    for recording in [c, rust] {
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

/// The scene in which a kernel sends a request again, with nothing done for a while before and after there is room for it.
fn slow_is_the_same() {
    let scene = SCENES.iter().find(|scene| scene.name == "backlog_full").unwrap();
    let at_once = record(scene, Language::C);
    let mut slow = scene.clone();
    let (first, program) = (slow.cast.len(), "../tests/scenes/a_while");
    slow.acts = Vec::new();
    for act in &scene.acts {
        if let Act::Type(..) | Act::Deaf(_, false) = act {
            slow.acts.extend([Act::Start(slow.cast.len()), Act::Until(slow.cast.len(), "poll")]);
            slow.cast.push(Part { name: "pause", role: Role::Client, program, args: &[] });
        }
        slow.acts.push(*act);
    }
    let mut slow = record(&slow, Language::C);
    assert_eq!(slow.processes.split_off(first).len(), 2);
    slow.steps.retain(|step| step.process < first);
    for (i, step) in slow.steps.iter_mut().enumerate() {
        step.n = i + 1;
        step.state.processes.truncate(first);
    }
    slow.files.retain(|name, _| at_once.files.contains_key(name));
    assert_eq!(difference(&at_once.normal().unwrap(), &slow.normal().unwrap()), None);
}
