//! `stepper`: records both ends of a conversation, one system call at a time.

mod live;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use labkit::{Workspace, missing_program};
use stepper::lang::Lang;
use stepper::recording::{Recording, Segment};
use stepper::scenes::{self, Language};
use stepper::{html, pcapng};

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
    #[command(flatten)]
    files: Files,
}

/// Where a recording goes.
#[derive(Args)]
pub(crate) struct Files {
    /// The recording as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The recording with its player, as one page that opens from disk
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The segments for Wireshark, each with the call that caused it
    #[arg(long, value_name = "FILE")]
    pcapng: Option<PathBuf>,
    /// The language of the screen and the page, if not that of the locale
    #[arg(long, value_enum, value_name = "ko|en")]
    lang: Option<Lang>,
}

impl Files {
    fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(Lang::of_locale)
    }
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
                writeln!(
                    stdout,
                    "{:<18}{}",
                    scene.name,
                    Lang::of_locale().of(scene.about[0], scene.about[1])
                )?;
            }
            Ok(())
        }
        Command::Live(options) => live::live(&options),
        Command::Record(record) => {
            let recording = self::record(&record)?;
            let files = &record.files;
            if files.json.is_none() && files.html.is_none() && files.pcapng.is_none() {
                print(&recording)?;
            }
            keep(files, &recording)
        }
    }
}

/// The workspace, built, and with all that recording needs.
fn workspace() -> io::Result<Workspace> {
    for tool in ["cc", "ip", "unshare"] {
        if let Some(missing) = missing_program(tool) {
            return Err(io::Error::other(format!("{missing}; scripts/setup installs it")));
        }
    }
    let workspace = Workspace::here()?;
    workspace.build()?;
    Ok(workspace)
}

fn record(options: &Record) -> io::Result<Recording> {
    let workspace = workspace()?;
    let language = if options.c { Language::C } else { Language::Rust };
    let Some(name) = &options.scene else {
        let words = |line: &Option<String>| line.as_deref().map(shell_words::split).transpose();
        let words = |line| words(line).map_err(io::Error::other);
        let (server, client) = (words(&options.server)?, words(&options.client)?);
        return scenes::record_own(
            &workspace,
            server.as_deref(),
            client.as_deref(),
            &options.typed,
            language,
        );
    };
    let scene = scenes::named(name).ok_or_else(|| {
        io::Error::other(format!("there is no scene {name}; `cargo run -p stepper -- scenes` lists them"))
    })?;
    scenes::record(&workspace, &scene, language)
}

/// Writes the recording where it is wanted.
fn keep(files: &Files, recording: &Recording) -> io::Result<()> {
    let write = |file: &PathBuf, bytes: &[u8]| {
        fs::write(file, bytes)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
    };
    if let Some(file) = &files.json {
        write(file, (serde_json::to_string_pretty(recording)? + "\n").as_bytes())?;
    }
    if let Some(file) = &files.html {
        let language =
            recording.processes.iter().map(|process| process.language.as_str()).find(|l| !l.is_empty());
        let page = html::page(&[(language.unwrap_or_default(), recording)], files.lang().of("ko", "en"));
        write(file, page.as_bytes())?;
    }
    if let Some(file) = &files.pcapng {
        let mut bytes = Vec::new();
        pcapng::write(recording, &mut bytes)?;
        write(file, &bytes)?;
    }
    Ok(())
}

/// The recording as text: a call a line, and under it what crossed the wire.
fn print(recording: &Recording) -> io::Result<()> {
    let mut stdout = io::stdout();
    for step in &recording.steps {
        let who = &recording.processes[step.process].name;
        let waits = if step.waits() { " …" } else { "" };
        writeln!(stdout, "{:>3}  {who:<10} {}{waits}", step.n, step.text())?;
        for segment in &step.segments {
            let Segment { from, to, flags, data, .. } = segment;
            writeln!(stdout, "       {from} -> {to}  {flags} {data}")?;
        }
    }
    Ok(())
}
