//! `stepper`: records both ends of a conversation, one system call at a time.

mod live;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use labkit::{Workspace, missing_program};
use stepper::recording::Recording;
use stepper::scenes::{self, Language};

/// Records a client and its server one system call at a time, and shows both ends.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Records a scene, or two programs of your own, or one
    Record(Record),
    /// Shows a scene, or programs of your own, live in the terminal: scripts/step
    Live(live::Live),
    /// The names of the scenes, each with a line
    Scenes,
}

#[derive(Args)]
struct Record {
    /// The scene: `stepper scenes` lists them
    #[arg(required_unless_present_any = ["server", "client"])]
    scene: Option<String>,
    /// The lecture programs in C instead of Rust
    #[arg(long)]
    c: bool,
    /// A server of your own, with its arguments, as in a shell
    #[arg(long, value_name = "CMD", conflicts_with = "scene")]
    server: Option<String>,
    /// A client of your own, with its arguments, as in a shell
    #[arg(long, value_name = "CMD", conflicts_with = "scene")]
    client: Option<String>,
    /// What is typed into the client, a line each time
    #[arg(long = "type", value_name = "LINE", conflicts_with = "scene")]
    typed: Vec<String>,
    /// Where the recording goes as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stepper: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: Options) -> io::Result<()> {
    match options.command {
        Command::Scenes => {
            let mut stdout = io::stdout();
            for scene in scenes::all() {
                writeln!(stdout, "{:<18}{}", scene.name, scene.about[1])?;
            }
            Ok(())
        }
        Command::Live(options) => live::live(&options),
        Command::Record(record) => {
            for tool in ["cc", "ip", "unshare"] {
                if let Some(missing) = missing_program(tool) {
                    return Err(io::Error::other(format!("{missing}; scripts/setup installs it")));
                }
            }
            let recording = self::record(&record)?;
            keep(&record, &recording)
        }
    }
}

fn record(options: &Record) -> io::Result<Recording> {
    let workspace = Workspace::here()?;
    workspace.build()?;
    let Some(name) = &options.scene else { return Err(io::Error::other("not yet")) };
    let language = if options.c { Language::C } else { Language::Rust };
    let scene = scenes::named(name).ok_or_else(|| {
        io::Error::other(format!("there is no scene {name}; `cargo run -p stepper -- scenes` lists them"))
    })?;
    scenes::record(&workspace, &scene, language)
}

/// Writes the recording where it is wanted, or as text on stdout.
fn keep(options: &Record, recording: &Recording) -> io::Result<()> {
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(recording)? + "\n";
        return fs::write(file, text)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())));
    }
    let mut stdout = io::stdout();
    for step in &recording.steps {
        let who = &recording.processes[step.process].name;
        writeln!(stdout, "{:>3}  {who:<10} {}", step.n, step.text())?;
        for segment in &step.segments {
            writeln!(
                stdout,
                "       {} -> {}  {} {}",
                segment.from, segment.to, segment.flags, segment.data
            )?;
        }
    }
    Ok(())
}
