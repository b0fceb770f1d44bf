//! Measures the lecture programs: Rust (release build) against C (cc -O2), and against servers that others wrote.
//! Everything is measured in one run, in turn, A B A B, so that whatever else the machine does meets all alike.
//!
//! Run:    scripts/bench            or, in seconds and without verdicts: scripts/bench --smoke
//! Watch:  each table has one figure; beside it how it compares, round by round.

mod clients;
mod machine;
#[cfg(target_os = "linux")]
mod memory;
mod programs;
mod report;

use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{fs, io};

use clap::Parser;
use labkit::{DEADLINE, Program, missing_program};

use clients::{Send, connections, datagrams, round_trips, startup, throughput};
use programs::{EchoServer, LANGUAGES, Programs};
use report::{Comparison, Contestant, Measurement, Report, Target};

/// Measures the Rust programs against their C twins, and both against xinetd, socat and ncat.
#[derive(Debug, Parser)]
#[command(bin_name = "scripts/bench")]
struct Options {
    /// One short round of everything, without verdicts
    #[arg(long)]
    smoke: bool,
    /// How often each figure is taken
    #[arg(long, value_name = "N", default_value_t = 61, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Where the tables go, from the workspace's root [default: target/bench.txt]; a .json beside it has the samples
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What `cargo bench` adds. `cargo test --benches` does not: then it is only tried out.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much one figure takes. Few enough connections that those in TIME_WAIT leave ports to spare.
struct Amount {
    round_trips: u32,
    mebibytes: u32,
    connections: u32,
    bursts: u32,
    starts: u32,
}

const FULL: Amount = Amount { round_trips: 1500, mebibytes: 64, connections: 100, bursts: 200, starts: 10 };
const SMOKE: Amount = Amount { round_trips: 200, mebibytes: 8, connections: 20, bursts: 20, starts: 5 };

/// Of Rust to C, where more is better.
const AS_FAST: Option<Target> = Some(Target::AtLeast(0.97));
/// Of Rust to what others wrote, where more is better.
const AHEAD: Option<Target> = Some(Target::AtLeast(1.0));

const THROUGHPUT_NOTES: [&str; 2] = [
    "socat copies 4096 bytes at a time: with its 8192 it now and then fills its own pipe and waits for ever.",
    "ncat passes everything to cat and back through two pipes, and waits for ever once both are full.",
];
const UDP_NOTES: [&str; 3] = [
    "eight datagrams are under way at a time.",
    "xinetd is left out: its UDP echo stops answering after a few datagrams.",
    "ncat is left out: its pipe to cat joins datagrams.",
];
const START_NOTES: [&str; 3] = [
    "more than half of the difference is libgcc_s, a second library for the dynamic linker: Rust's own library needs it.",
    "the rest is mostly that Rust, before main, reads /proc/self/maps: where does the stack end? (pthread_getattr_np)",
    "an empty fn main() {} takes about as long as ascii_ip.",
];

fn main() -> ExitCode {
    match bench(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> io::Result<()> {
    let smoke = options.smoke || !options.bench;
    let (rounds, amount) = if smoke { (1, SMOKE) } else { (options.rounds, FULL) };
    // Cargo has made this folder, in the target folder.
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = scratch.parent().unwrap_or(scratch);
    let out = labkit::root().join(options.out.as_deref().unwrap_or(&target.join("bench.txt")));

    eprintln!("Building the lecture programs as they are released.");
    let programs = Programs::build(target)?;
    let mut report = Report::new(rounds, !smoke);
    tcp(&mut report, &programs.tcp_echo(scratch), &amount)?;
    udp(&mut report, &programs.udp_echo(), &amount)?;
    start(&mut report, &programs, &amount)?;
    #[cfg(target_os = "linux")]
    memory(&mut report, &programs)?;
    size(&mut report, &programs, scratch)?;
    report.print_verdict();

    let json = out.with_extension("json");
    write(&out, report.text())?;
    write(&json, &serde_json::to_string_pretty(&report)?)?;
    eprintln!("Written: {} and {}", out.display(), json.display());
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Round trips, throughput and connections of every TCP echo server.
fn tcp(report: &mut Report, servers: &[EchoServer], amount: &Amount) -> io::Result<()> {
    let mut measure = |title, unit, notes, sample: &dyn Fn(SocketAddrV4, Duration) -> io::Result<f64>| {
        let contestants: Vec<Contestant> =
            servers.iter().map(|server| server.contestant(server.name.into(), sample)).collect();
        report.measure(
            Measurement { title, unit, timed: true, notes },
            &contestants,
            &[
                Comparison { name: "Rust/C", of: "Rust", to: "C", target: AS_FAST },
                Comparison { name: "Rust/xinetd", of: "Rust", to: "xinetd", target: None },
                Comparison { name: "Rust/socat", of: "Rust", to: "socat", target: AHEAD },
                Comparison { name: "Rust/ncat", of: "Rust", to: "ncat", target: AHEAD },
            ],
        )
    };
    measure(
        "Round trips: 64 bytes to the server and back, over one TCP connection",
        "round trips/s",
        &[],
        &|addr, patience| round_trips(addr, patience, amount.round_trips),
    )?;
    measure(
        "Throughput: messages of 1 MiB, echoed over one TCP connection",
        "MiB/s",
        &THROUGHPUT_NOTES,
        &|addr, patience| throughput(addr, patience, amount.mebibytes),
    )?;
    measure(
        "Connections: connect, 64 bytes to the server and back, close",
        "connections/s",
        &[],
        &|addr, patience| connections(addr, patience, amount.connections),
    )
}

/// Datagrams of every UDP echo server, from a connected socket and from an unconnected one (slide 49, F26).
fn udp(report: &mut Report, servers: &[EchoServer], amount: &Amount) -> io::Result<()> {
    for (title, size) in [
        ("Datagrams of 64 bytes, echoed: connect and send against sendto (slide 49)", 64),
        ("Datagrams of 8 KiB, echoed: connect and send against sendto (slide 49)", 8192),
    ] {
        let mut contestants = Vec::new();
        for (call, send) in [("send", Send::Connected), ("sendto", Send::Unconnected)] {
            contestants.extend(servers.iter().map(|s| {
                s.contestant(format!("{}, {call}", s.name), move |addr, patience| {
                    datagrams(addr, patience, size, amount.bursts, send)
                })
            }));
        }
        report.measure(
            Measurement { title, unit: "datagrams/s", timed: true, notes: &UDP_NOTES },
            &contestants,
            &[
                Comparison { name: "Rust/C", of: "Rust, send", to: "C, send", target: AS_FAST },
                Comparison { name: "Rust/socat", of: "Rust, send", to: "socat, send", target: AHEAD },
                Comparison { name: "send/sendto", of: "Rust, send", to: "Rust, sendto", target: None },
                Comparison { name: "Rust/C", of: "Rust, sendto", to: "C, sendto", target: AS_FAST },
                Comparison { name: "send/sendto", of: "C, send", to: "C, sendto", target: None },
                Comparison { name: "Rust/socat", of: "Rust, sendto", to: "socat, sendto", target: AHEAD },
            ],
        )?;
    }
    Ok(())
}

/// From the start of `ascii_ip 210.115.36.231` to its end.
fn start(report: &mut Report, programs: &Programs, amount: &Amount) -> io::Result<()> {
    let title = "Start-up: ascii_ip 210.115.36.231, from its start to its end";
    let measurement = Measurement { title, unit: "µs", timed: true, notes: &START_NOTES };
    each(report, measurement, &[&programs.ascii_ip], Some(Target::AtMost(1.3)), &|program| {
        startup(program, amount.starts)
    })
}

/// What the programs have in memory at most. Servers that start a process for each client are left out.
#[cfg(target_os = "linux")]
fn memory(report: &mut Report, programs: &Programs) -> io::Result<()> {
    let title = "Peak memory (VmHWM): the servers after some work, ascii_ip at its end";
    let measurement = Measurement { title, unit: "KiB", timed: false, notes: &[] };
    each(report, measurement, &programs.all(), Some(Target::AtMost(2.0)), &|program| {
        if program.name() == "ascii_ip" {
            return memory::peak_at_exit(program, "210.115.36.231");
        }
        let server = program.serve(&[])?;
        if program.name() == "udp_echoserv" {
            datagrams(server.addr(), DEADLINE, 8192, 20, Send::Unconnected)?;
        } else {
            round_trips(server.addr(), DEADLINE, 100)?;
            throughput(server.addr(), DEADLINE, 1)?;
        }
        memory::peak(server.pid())
    })
}

/// The size of each binary, as it is built and without its symbols.
fn size(report: &mut Report, programs: &Programs, scratch: &Path) -> io::Result<()> {
    let kib = |path: &Path| {
        let kib = u32::try_from(fs::metadata(path)?.len().div_ceil(1024));
        kib.map(f64::from).map_err(io::Error::other)
    };
    let built = Measurement { title: "Binaries as built", unit: "KiB", timed: false, notes: &[] };
    each(report, built, &programs.all(), None, &|program| kib(&program.path))?;
    if missing_program("strip").is_some() {
        return Ok(());
    }
    let stripped =
        Measurement { title: "Binaries without symbols (strip)", unit: "KiB", timed: false, notes: &[] };
    each(report, stripped, &programs.all(), None, &|program| {
        let file = scratch.join("stripped");
        let strip = Command::new("strip").arg("-o").arg(&file).arg(&program.path).output()?;
        if strip.status.success() {
            kib(&file)
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&strip.stderr)))
        }
    })
}

/// A row for each program in each language, and of each pair the ratio.
fn each(
    report: &mut Report,
    measurement: Measurement,
    programs: &[&[Program; 2]],
    target: Option<Target>,
    sample: &dyn Fn(&Program) -> io::Result<f64>,
) -> io::Result<()> {
    let name = |program: &Program, language: &str| format!("{}, {language}", program.name());
    let contestants: Vec<Contestant> = programs
        .iter()
        .flat_map(|twins| LANGUAGES.into_iter().zip(*twins))
        .map(|(language, program)| Contestant {
            name: name(program, language),
            absent: None,
            ours: true,
            sample: Box::new(|| sample(program)),
        })
        .collect();
    let comparisons: Vec<Comparison> = contestants
        .chunks(2)
        .map(|pair| Comparison { name: "Rust/C", of: &pair[0].name, to: &pair[1].name, target })
        .collect();
    report.measure(measurement, &contestants, &comparisons)
}
