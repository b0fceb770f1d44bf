//! `stepper live`: a scene, or somebody's own programs, in the terminal.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use labkit::Workspace;
use stepper::recording::{Recording, Role};
use stepper::scenes::{self, Act, Language};
use stepper::screen;
use stepper::stage::{Player, Stage, Turn};

use crate::{Files, keep, workspace};

#[derive(Args)]
pub(crate) struct Live {
    /// The lecture programs in C instead of Rust
    #[arg(long)]
    c: bool,
    #[command(flatten)]
    files: Files,
    /// A scene; or a server with its arguments, and after `--` a client with its own
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SCENE | SERVER [ARG]... [-- CLIENT [ARG]...]"
    )]
    what: Vec<String>,
}

/// Somebody who takes part.
struct Part {
    name: &'static str,
    role: Role,
    path: PathBuf,
    args: Vec<String>,
}

/// Shows it, and afterwards writes what is wanted of it.
pub(crate) fn live(options: &Live) -> io::Result<()> {
    let lang = options.files.lang();
    if let Some(late) = late_option(&options.what) {
        return Err(io::Error::other(lang.of(
            format!("옵션은 장면 이름보다 앞에 입력하세요: {late}"),
            format!("the option {late} comes before the scene"),
        )));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(io::Error::other(lang.of("터미널에서 실행하세요", "this needs a terminal")));
    }
    let workspace = workspace()?;
    let (scene, cast, later) = cast(&workspace, options)?;
    let numbers = vec![0; cast.len()];
    let mut run = Run { stage: Stage::new(scene, &workspace.root)?, cast, numbers, later };
    for part in 0..run.cast.len() {
        if !run.later.iter().any(|act| matches!(act, Act::Start(later) if *later == part)) {
            run.start(part)?;
        }
    }
    let seen = screen::run(&mut run, lang);
    // However it has ended: what has happened has happened.
    seen.and(keep(&options.files, &run.stage.finish()))
}

/// An option of our own that stands behind a scene's name, where it would be the program's.
fn late_option(what: &[String]) -> Option<&String> {
    let (scene, rest) = what.split_first()?;
    let ours = |word: &&String| {
        let name = word.split('=').next().unwrap_or_default();
        ["--c", "--lang", "--json", "--html", "--pcapng"].contains(&name)
    };
    scenes::named(scene)?;
    rest.iter().find(ours)
}

/// A stage, and what happens on it once nobody can go on.
struct Run {
    stage: Stage,
    cast: Vec<Part>,
    /// The number of each part's process.
    numbers: Vec<usize>,
    later: VecDeque<Act>,
}

impl Run {
    fn start(&mut self, part: usize) -> io::Result<()> {
        let Part { name, role, path, args } = &self.cast[part];
        self.numbers[part] = self.stage.start(&Player { name, role: *role, path, args })?;
        Ok(())
    }
}

impl screen::Live for Run {
    fn recording(&self) -> &Recording {
        self.stage.recording()
    }

    fn turn(&mut self, process: usize) -> io::Result<Turn> {
        self.stage.turn(process)
    }

    fn step(&mut self, process: usize) -> io::Result<()> {
        self.stage.step(process)
    }

    fn let_time_pass(&mut self) -> io::Result<bool> {
        match self.later.pop_front() {
            Some(Act::Start(part)) => self.start(part)?,
            Some(Act::Kill(part, signal)) => self.stage.signal(self.numbers[part], signal)?,
            _ => return self.stage.let_time_pass(),
        }
        Ok(true)
    }

    fn type_line(&mut self, process: usize, line: &[u8]) -> io::Result<()> {
        self.stage.type_line(process, line)
    }

    fn end_of_input(&mut self, process: usize) -> io::Result<()> {
        self.stage.end_of_input(process);
        Ok(())
    }
}

/// The name of the scene, who takes part, and what happens from the first signal on: all before it is for whoever sits there.
fn cast(workspace: &Workspace, options: &Live) -> io::Result<(&'static str, Vec<Part>, VecDeque<Act>)> {
    let language = if options.c { Language::C } else { Language::Rust };
    if let [name] = &options.what[..]
        && let Some(scene) = scenes::named(name)
    {
        let parts = scene.cast.iter().map(|part| {
            let args = part.args.iter().map(ToString::to_string).collect();
            let path = scenes::executable(workspace, part.program, language)?.path;
            Ok(Part { name: part.name, role: part.role, path, args })
        });
        let later = scene.acts.iter().copied().skip_while(|act| !matches!(act, Act::Kill(..)));
        let later = later.filter(|act| matches!(act, Act::Kill(..) | Act::Start(_)));
        return Ok((scene.name, parts.collect::<io::Result<_>>()?, later.collect()));
    }
    let mut halves = options.what.splitn(2, |word| word == "--");
    let mut part = |name, role| {
        let words = halves.next().unwrap_or_default();
        let (path, args) = scenes::program(workspace, words, language)?;
        Ok::<_, io::Error>(Part { name, role, path, args })
    };
    if !options.what.iter().any(|word| word == "--") {
        return Ok(("own", vec![part("program", Role::Client)?], VecDeque::new()));
    }
    Ok(("own", vec![part("server", Role::Server)?, part("client", Role::Client)?], VecDeque::new()))
}
