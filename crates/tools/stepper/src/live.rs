//! `stepper live`: a scene, or somebody's own programs, in the terminal.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;
use labkit::{Workspace, find_program, missing_program};
use stepper::lang::Lang;
use stepper::recording::{Recording, Role};
use stepper::scenes::{self, Language};
use stepper::screen;
use stepper::stage::{Player, Stage};

#[derive(Args)]
pub(crate) struct Live {
    /// The lecture programs in C instead of Rust
    #[arg(long)]
    c: bool,
    /// The language of the screen, if not that of the locale
    #[arg(long, value_enum, value_name = "ko|en")]
    lang: Option<Lang>,
    /// Where the recording goes as JSON, when the run is over
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
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
    let seen = screen::run(&mut stage, options.lang.unwrap_or_else(Lang::of_locale));
    // However it has ended: what has happened has happened.
    keep(options, &stage.finish())?;
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
    let server = own(workspace, language, halves.next().unwrap_or_default())?;
    let Some(client) = halves.next() else {
        return Ok(("own", vec![Part { name: "program", role: Role::Client, ..server }]));
    };
    let client = own(workspace, language, client)?;
    Ok(("own", vec![server, Part { name: "client", role: Role::Client, ..client }]))
}

/// A program as typed: a lecture program, or one of this machine's.
fn own(workspace: &Workspace, language: Language, words: &[String]) -> io::Result<Part> {
    let Some((program, args)) = words.split_first() else {
        return Err(io::Error::other("a program is missing before or after --"));
    };
    let lecture = workspace.root.join("crates").join(program).join(program).with_extension("c").exists();
    let path = if program.contains('/') {
        let path = Path::new(program);
        fs::metadata(path).map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        path.canonicalize()?
    } else if lecture {
        scenes::executable(workspace, program, language)?.path
    } else {
        find_program(program).ok_or_else(|| {
            io::Error::other(format!(
                "there is no scene and no program {program}; a file of this folder is ./{program}"
            ))
        })?
    };
    Ok(Part { name: "server", role: Role::Server, path, args: args.to_vec() })
}

fn keep(options: &Live, recording: &Recording) -> io::Result<()> {
    let Some(file) = &options.json else { return Ok(()) };
    let text = serde_json::to_string_pretty(recording)? + "\n";
    fs::write(file, text)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}
