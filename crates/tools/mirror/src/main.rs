//! `mirror`: is each C file the same program as its Rust file?

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use labkit::{Workspace, missing_program};
use mirror::faults::{self, Fault, Plan};
use mirror::report::{self, Report};
use mirror::{PROGRAMS, own, scenes};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use stepper::ladder::{self, Rung};
use stepper::lang::Lang;
use stepper::scenes::Language;

/// Is each C file the same program as its Rust file? A table, one row a program; exit status 1 if any row is red.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
struct Options {
    /// Only these programs
    #[arg(value_parser = program())]
    programs: Vec<&'static str>,
    /// The calls of C and of Rust beside each other, scene by scene
    #[arg(long)]
    trace: bool,
    /// The calls of a client and its server, and what goes over the wire between them
    #[arg(long)]
    ladder: bool,
    /// What the programs do when a call fails that worked before: a table of every call and errno
    #[arg(long)]
    faults: bool,
    /// Nothing after the first difference: who only asks whether there is one needn't wait
    #[arg(long)]
    first: bool,
    /// Another folder with the lecture programs, such as a copy
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Takes the name of a lecture program.
fn program() -> impl TypedValueParser<Value = &'static str> {
    let known = |name: String| PROGRAMS.into_iter().find(|program| *program == name).ok_or("no such program");
    PossibleValuesParser::new(PROGRAMS).try_map(known)
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("mirror: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> io::Result<bool> {
    if let Some(missing) = missing_program("strace").or_else(|| missing_program("cc")) {
        return Err(io::Error::other(format!("{missing}; scripts/setup installs it")));
    }
    let chosen = if options.programs.is_empty() { &PROGRAMS[..] } else { &options.programs };
    let workspace = options.root.as_deref().map_or_else(Workspace::here, |root| Ok(Workspace::at(root)))?;
    workspace.build()?;

    if options.trace {
        for program in chosen {
            print_traces(&workspace, program)?;
        }
        return Ok(true);
    }
    if options.ladder {
        for program in chosen {
            let scene = stepper::scenes::named(program)
                .filter(|scene| scene.cast.len() > 1)
                .ok_or_else(|| io::Error::other(format!("{program} talks to nobody: no ladder")))?;
            let recording = stepper::scenes::record(&workspace, &scene, Language::Rust)?;
            println!("{}", ladder_table(&ladder::rungs(&recording, Lang::En)));
        }
        return Ok(true);
    }
    if options.faults {
        let plans = on_each(chosen, |program| faults::plans(&workspace, program), |_| false)?.concat();
        let fail =
            |plan: &Plan| Ok(faults::fail(&workspace, plan).unwrap_or_else(|error| plan.not_tried(&error)));
        let faults = on_each(&plans, fail, |fault| options.first && fault.wrong.is_some())?;
        println!("{}", fault_table(&faults));
        return Ok(faults.iter().all(|fault| fault.wrong.is_none()));
    }

    let check = |program: &&'static str| {
        let report = report::check(&workspace, program, options.first);
        Ok(report.unwrap_or_else(|error| Report::not_played(program, &error)))
    };
    let reports = on_each(chosen, check, |report| options.first && !report.green())?;
    println!("{}", table(&reports));
    for report in &reports {
        for (kind, faults) in [
            ("steps", &report.steps),
            ("size", &report.size),
            ("behaviour", &report.behaviour),
            ("calls", &report.calls),
            ("states", &report.states),
        ] {
            for fault in faults {
                println!("{}: {kind}: {fault}", report.program);
            }
        }
    }
    println!("What may differ:");
    for (what, why) in own::MAY_DIFFER {
        println!("  {what}: {why}");
    }
    Ok(reports.iter().all(Report::green))
}

/// Gives what `work` gives for each, in their order, until one is `enough`; a few at a time, since a scene mostly waits.
fn on_each<A: Sync, T: Send>(
    all: &[A],
    work: impl Fn(&A) -> io::Result<T> + Send + Sync,
    enough: impl Fn(&T) -> bool + Send + Sync,
) -> io::Result<Vec<T>> {
    let few = ThreadPoolBuilder::new().num_threads(4).build().map_err(io::Error::other)?;
    let done = AtomicBool::new(false);
    let work = |one| {
        let result = work(one);
        done.fetch_or(result.as_ref().is_ok_and(&enough), Ordering::Relaxed);
        result
    };
    few.install(|| all.par_iter().filter(|_| !done.load(Ordering::Relaxed)).map(work).collect())
}

/// C on the left, Rust on the right, a table a scene.
fn print_traces(workspace: &Workspace, program: &'static str) -> io::Result<()> {
    for scene in scenes::of(program) {
        let (c, rust) = report::twins(workspace, &scene)?;
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header([format!("{program}.c: {}", scene.name), format!("{program} in Rust")]);
        for i in 0..c.calls.len().max(rust.calls.len()) {
            let call = |calls: &[String]| calls.get(i).cloned().unwrap_or_default();
            table.add_row([call(&c.calls), call(&rust.calls)]);
        }
        if c.hangs.is_some() || rust.hangs.is_some() {
            table.add_row([c.hangs, rust.hangs].map(Option::unwrap_or_default));
        }
        println!("{table}");
    }
    Ok(())
}

fn ladder_table(rungs: &[Rung]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["client", "on the wire", "server"]);
    for rung in rungs {
        let arrow = |ladder::Arrow { right, what }: &ladder::Arrow| {
            if *right { format!("── {what} ─▶") } else { format!("◀─ {what} ──") }
        };
        let wire = rung.wire.iter().map(arrow).collect::<Vec<_>>().join("\n");
        table.add_row([&rung.client, &wire, &rung.server]);
    }
    table
}

fn fault_table(faults: &[Fault]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["program", "call", "fails with", "C and Rust", ""]);
    for fault in faults {
        let verdict = match &fault.wrong {
            None => Cell::new("green").fg(Color::Green),
            Some(wrong) => Cell::new(wrong).fg(Color::Red),
        };
        let cells = [fault.program, &fault.call, fault.errno, &fault.did].map(Cell::new);
        table.add_row(cells.into_iter().chain([verdict]));
    }
    table
}

fn table(reports: &[Report]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["program", "steps", "size (C, Rust)", "behaviour", "calls", "states", ""]);
    for report in reports {
        let cell = |good: String, faults: &[String]| match faults.len() {
            0 => Cell::new(good).fg(Color::Green),
            n => Cell::new(format!("{n} differ")).fg(Color::Red),
        };
        let (c, rust) = report.lines;
        table.add_row([
            Cell::new(&report.program),
            cell("same".into(), &report.steps),
            cell(format!("{c}, {rust} lines"), &report.size),
            cell(format!("same in {} scenes", report.scenes), &report.behaviour),
            cell(format!("{} the same", report.compared), &report.calls),
            cell(format!("same after {} steps", report.steps_compared), &report.states),
            if report.green() {
                Cell::new("green").fg(Color::Green)
            } else {
                Cell::new("red").fg(Color::Red)
            },
        ]);
    }
    table
}
