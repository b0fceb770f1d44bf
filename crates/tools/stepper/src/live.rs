//! `stepper live`: a scene, or somebody's own programs, in the terminal.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use labkit::{Workspace, missing_program};
use stepper::recording::Role;
use stepper::scenes::{self, Language};
use stepper::screen;
use stepper::stage::{Player, Stage};

use crate::{Files, keep};

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
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(io::Error::other("this needs a terminal"));
    }
    for tool in ["cc", "ip", "unshare"] {
        if let Some(missing) = missing_program(tool) {
            return Err(io::Error::other(format!("{missing}; scripts/setup installs it")));
        }
    }
    let workspace = Workspace::here()?;
    workspace.build()?;
    let (scene, cast) = cast(&workspace, options)?;
    let mut stage = Stage::new(scene, &workspace.root)?;
    for Part { name, role, path, args } in &cast {
        stage.start(&Player { name, role: *role, path, args })?;
    }
    let seen = screen::run(&mut stage, options.files.lang());
    // However it has ended: what has happened has happened.
    keep(&options.files, &stage.finish())?;
    seen
}

/// The name of the scene, and who takes part.
fn cast(workspace: &Workspace, options: &Live) -> io::Result<(&'static str, Vec<Part>)> {
    let language = if options.c { Language::C } else { Language::Rust };
    if let [name] = &options.what[..]
        && let Some(scene) = scenes::named(name)
    {
        let parts = scene.cast.iter().map(|part| {
            let args = part.args.iter().map(ToString::to_string).collect();
            let path = scenes::executable(workspace, part.program, language)?.path;
            Ok(Part { name: part.name, role: part.role, path, args })
        });
        return Ok((scene.name, parts.collect::<io::Result<_>>()?));
    }
    let mut halves = options.what.splitn(2, |word| word == "--");
    let mut part = |name, role| {
        let words = halves.next().unwrap_or_default();
        let (path, args) = scenes::program(workspace, words, language)?;
        Ok::<_, io::Error>(Part { name, role, path, args })
    };
    if !options.what.iter().any(|word| word == "--") {
        return Ok(("own", vec![part("program", Role::Client)?]));
    }
    Ok(("own", vec![part("server", Role::Server)?, part("client", Role::Client)?]))
}
