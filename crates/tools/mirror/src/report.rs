//! The verdict on a program: steps, size, behaviour, calls.

use std::{io, thread};

use labkit::Workspace;
use labkit::peers::{READER_GONE, READER_GONE_SIGPIPE_IGNORED};
use stepper::normal;
use stepper::scenes::Language;

use crate::scenes::{self, FULL, Scene};
use crate::stage::{Played, play};
use crate::steps;

/// What is wrong with one program, by kind; nothing is wrong where a list is empty.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its name.
    pub program: String,
    /// Steps that differ, code that belongs to none.
    pub steps: Vec<String>,
    /// Steps of Rust that are too long.
    pub size: Vec<String>,
    /// Scenes in which stdout, stderr or the end differ, or a program hangs.
    pub behaviour: Vec<String>,
    /// Scenes in which the calls differ.
    pub calls: Vec<String>,
    /// Scenes of the stepper in which the kernel says different things of the sockets, or the wire carries others.
    pub states: Vec<String>,
    /// Lines of code of C and of Rust.
    pub lines: (usize, usize),
    /// Scenes played.
    pub scenes: usize,
    /// Calls of its own that were compared.
    pub compared: usize,
    /// Steps after which all that the kernel says was compared.
    pub steps_compared: usize,
}

impl Report {
    /// Is everything the same?
    #[must_use]
    pub fn green(&self) -> bool {
        [&self.steps, &self.size, &self.behaviour, &self.calls, &self.states]
            .iter()
            .all(|faults| faults.is_empty())
    }

    /// For a program that could not be played to the end: a red row, and the others' rows stand.
    #[must_use]
    pub fn not_played(program: &str, error: &io::Error) -> Self {
        Report { program: program.into(), behaviour: vec![error.to_string()], ..Report::default() }
    }

    fn scene(&mut self, workspace: &Workspace, scene: &Scene) -> io::Result<()> {
        let (c, rust) = twins(workspace, scene)?;
        self.scenes += 1;
        let hangs: Vec<String> = [("C", &c.hangs), ("Rust", &rust.hangs)]
            .into_iter()
            .filter_map(|(language, hangs)| Some(format!("{}: {language} {}", scene.name, hangs.as_ref()?)))
            .collect();
        if !hangs.is_empty() {
            // What else differs comes of that.
            self.behaviour.extend(hangs);
            return Ok(());
        }
        for ((what, in_c), (_, in_rust)) in c.behaviour.iter().zip(&rust.behaviour) {
            if in_c != in_rust {
                self.behaviour.push(format!("{}: {what}: C {in_c:?}, Rust {in_rust:?}", scene.name));
            }
        }
        self.calls
            .extend(difference(scene, &c, &rust).map(|difference| format!("{}: {difference}", scene.name)));
        self.compared += c.calls.len();
        Ok(())
    }

    /// Records its own scene in both languages, with partners in C, and compares what stands after every step.
    fn states(&mut self, workspace: &Workspace) -> io::Result<()> {
        let Some(scene) = stepper::scenes::named(&self.program) else { return Ok(()) };
        let [c, rust] = [Language::C, Language::Rust].map(|language| {
            let of = |program: &str| if program == self.program { language } else { Language::C };
            stepper::scenes::record_each(workspace, &scene, of)?.mirrored()
        });
        let (steps, first) = normal::difference(&c?, &rust?);
        self.steps_compared += steps;
        self.states.extend(first);
        Ok(())
    }
}

/// Compares the two programs called `name`, whose Rust one is built; no further than the first fault if one is enough.
///
/// # Errors
/// A file can't be read, the C file doesn't compile, strace isn't there. What the programs do is never an error.
pub fn check(workspace: &Workspace, name: &'static str, stop_at_first: bool) -> io::Result<Report> {
    let text = steps::check(&workspace.root, name)?;
    let mut report = Report {
        program: name.into(),
        steps: text.steps,
        size: text.size,
        lines: text.lines,
        ..Report::default()
    };
    for scene in scenes::of(name) {
        report.scene(workspace, &scene)?;
        if stop_at_first && !report.green() {
            return Ok(report);
        }
    }
    // What hangs, or makes other calls, comes to other states, and says it better.
    if report.behaviour.is_empty() && report.calls.is_empty() {
        report.states(workspace)?;
    }
    Ok(report)
}

/// Plays a scene with the C program and with the Rust program, at the same time.
///
/// # Errors
/// As [`play`].
pub fn twins(workspace: &Workspace, scene: &Scene) -> io::Result<(Played, Played)> {
    let c = workspace.c(scene.program)?;
    let rust = workspace.rust(scene.program);
    thread::scope(|scope| {
        let c = scope.spawn(|| play(workspace, &c, scene, &[]));
        let rust = play(workspace, &rust, scene, &[])?;
        let c = c.join().map_err(|_| io::Error::other("a scene has panicked"))??;
        Ok((c, rust))
    })
}

/// The first call that differs, if one does.
#[must_use]
pub fn difference(scene: &Scene, c: &Played, rust: &Played) -> Option<String> {
    if [READER_GONE, READER_GONE_SIGPIPE_IGNORED, FULL].contains(&scene.redirection) {
        return None; // C meets it when its buffer is written, Rust at the first line: see MAY_DIFFER
    }
    let early = scene.ends_early || c.trace.output.code != Some(0);
    let calls = |played: &Played| {
        let mut calls = played.calls.clone();
        while early && calls.last().is_some_and(|call| call.starts_with("close(")) {
            calls.pop();
        }
        calls
    };
    let (c, rust) = (calls(c), calls(rust));
    let nothing = String::from("nothing");
    let pair = |i: usize| (c.get(i).unwrap_or(&nothing), rust.get(i).unwrap_or(&nothing));
    let first = (0..c.len().max(rust.len())).map(pair).find(|(c, rust)| c != rust);
    first.map(|(c, rust)| format!("C has {c}, Rust has {rust}"))
}
