//! Takes the figures in turn, and says what they come to: a table for each measurement, and the same for machines.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io, thread};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use crate::machine::Time;

/// What is measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Measurement {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    /// Is it a matter of time? Then it says little about a busy machine.
    pub(crate) timed: bool,
    /// Why a figure is what it is, or is missing.
    pub(crate) notes: &'static [&'static str],
}

/// How much of the processors others may have while the lecture programs are measured, in percent.
const BUSY: i64 = 10;

/// Who is measured.
pub(crate) struct Contestant<'a> {
    pub(crate) name: String,
    /// Why it cannot take part.
    pub(crate) absent: Option<String>,
    /// Is it a lecture program? Then it may not fail.
    pub(crate) ours: bool,
    /// Takes one figure.
    pub(crate) sample: Box<dyn Fn() -> io::Result<f64> + 'a>,
}

/// A ratio of two contestants' figures, and what it should be: the median of each round's ratio, for what slows a round
/// down slows both of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) name: &'static str,
    pub(crate) of: &'a str,
    pub(crate) to: &'a str,
    pub(crate) target: Option<Target>,
}

/// What a ratio should be.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn met(self, ratio: f64) -> bool {
        match self {
            Target::AtLeast(least) => ratio >= least,
            Target::AtMost(most) => ratio <= most,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Target::AtLeast(least) => write!(f, "at least {least}"),
            Target::AtMost(most) => write!(f, "at most {most}"),
        }
    }
}

/// Everything that one run has measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Vec<String>,
    rounds: u32,
    results: Vec<Results>,
    /// One round says nothing about time.
    #[serde(skip)]
    verdicts: bool,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Serialize)]
struct Results {
    #[serde(flatten)]
    measurement: Measurement,
    rows: Vec<Row>,
    /// How much of the processors others had while the lecture programs were measured, in percent.
    others: i64,
}

#[derive(Debug, Default, Serialize)]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
    median: f64,
    min: f64,
    max: f64,
    samples: Vec<f64>,
    ratios: Vec<Ratio>,
}

#[derive(Debug, Serialize)]
struct Ratio {
    name: &'static str,
    value: f64,
    target: Option<Target>,
    /// None without a target, and on a busy machine.
    met: Option<bool>,
}

impl Report {
    /// With `verdicts`, says of each target whether it was met.
    pub(crate) fn new(rounds: u32, verdicts: bool) -> Self {
        let machine = machine();
        let how = match rounds {
            1 => "One round, for trying out".into(),
            _ => format!(
                "{rounds} rounds of everything, in turn: the median figure, and the median of each round's ratio"
            ),
        };
        let header = format!("{}\n{how}.\n", machine.join("\n"));
        let mut report = Report { machine, rounds, results: Vec::new(), verdicts, text: String::new() };
        report.print(&header);
        report
    }

    /// All that has been printed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A closed stdout is no reason to end: the file still gets everything.
    fn print(&mut self, text: &str) {
        let _ = writeln!(io::stdout(), "{text}");
        self.text += text;
        self.text.push('\n');
    }

    /// Takes each contestant's figure, in turn, in every round, and prints the table.
    pub(crate) fn measure(
        &mut self,
        measurement: Measurement,
        contestants: &[Contestant],
        comparisons: &[Comparison],
    ) -> io::Result<()> {
        let mut rows: Vec<Row> = contestants
            .iter()
            .map(|c| Row { name: c.name.clone(), absent: c.absent.clone(), ..Row::default() })
            .collect();
        let mut time = Time::default();
        for _ in 0..self.rounds {
            for (contestant, row) in contestants.iter().zip(&mut rows) {
                if row.absent.is_none() {
                    let before = Time::now();
                    row.take(contestant).map_err(|error| {
                        let what = format!("{}: {}: {error}", measurement.title, contestant.name);
                        io::Error::new(error.kind(), what)
                    })?;
                    // The processes that others' servers start are not this program's to count.
                    if let (true, Some(before), Some(after)) = (contestant.ours, before, Time::now()) {
                        time.add(before, after);
                    }
                }
            }
        }
        rows.iter_mut().for_each(Row::sum_up);
        let others = time.others();
        let busy = measurement.timed && others > BUSY;
        for comparison in comparisons {
            let target = comparison.target.filter(|_| self.verdicts);
            comparison.add(&mut rows, target, !busy);
        }

        let results = Results { measurement, rows, others };
        self.print(&results.to_string());
        self.results.push(results);
        Ok(())
    }

    /// The last line: how many targets were met.
    pub(crate) fn print_verdict(&mut self) {
        let ratios = self.results.iter().flat_map(|results| &results.rows).flat_map(|row| &row.ratios);
        let verdicts: Vec<Option<bool>> =
            ratios.filter(|ratio| ratio.target.is_some()).map(|ratio| ratio.met).collect();
        let count = |verdict| verdicts.iter().filter(|met| **met == verdict).count();
        let not_judged = match count(None) {
            0 => String::new(),
            n => format!(", {n} not judged: the machine was busy"),
        };
        if self.verdicts {
            self.print(&format!("{} of {} targets met{not_judged}", count(Some(true)), verdicts.len()));
        }
    }
}

impl Row {
    /// One more figure. A server that others wrote may fail, and then takes part no longer.
    fn take(&mut self, contestant: &Contestant) -> io::Result<()> {
        match (contestant.sample)() {
            Ok(figure) => self.samples.push(figure),
            Err(error) if contestant.ours => return Err(error),
            Err(error) => {
                self.absent = Some(match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "gave up: no answer".into(),
                    _ => format!("gave up: {error}"),
                });
            }
        }
        Ok(())
    }

    fn sum_up(&mut self) {
        self.median = median(&self.samples);
        self.min = self.samples.iter().copied().fold(f64::INFINITY, f64::min);
        self.max = self.samples.iter().copied().fold(0.0, f64::max);
    }
}

impl Comparison<'_> {
    /// Adds the ratio to the row that it compares with, if both took part.
    fn add(&self, rows: &mut [Row], target: Option<Target>, judged: bool) {
        let place = |name| rows.iter().position(|row| row.name == name && row.absent.is_none());
        if let Some((of, to)) = place(self.of).zip(place(self.to)) {
            let in_each_round = rows[of].samples.iter().zip(&rows[to].samples).map(|(of, to)| of / to);
            let value = median(&in_each_round.collect::<Vec<_>>());
            let met = target.filter(|_| judged).map(|target| target.met(value));
            rows[to].ratios.push(Ratio { name: self.name, value, target, met });
        }
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Measurement { title, unit, timed: _, notes } = self.measurement;
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header(["", unit, "least - most", "ratio", "target"]);
        for row in &self.rows {
            let lines =
                |line: fn(&Ratio) -> String| row.ratios.iter().map(line).collect::<Vec<_>>().join("\n");
            let (median, range) = match &row.absent {
                Some(absent) => (absent.clone(), String::new()),
                None => (number(row.median), spread(row.min, row.max)),
            };
            table.add_row([
                Cell::new(&row.name),
                right(median),
                right(range),
                right(lines(|ratio| format!("{} {:.3}", ratio.name, ratio.value))),
                Cell::new(lines(Ratio::verdict)),
            ]);
        }
        writeln!(f, "{title}\n{table}")?;
        if self
            .rows
            .iter()
            .flat_map(|row| &row.ratios)
            .any(|ratio| ratio.target.is_some() && ratio.met.is_none())
        {
            writeln!(f, "Not judged: the machine was busy (others had {} % of its processors)", self.others)?;
        }
        notes.iter().try_for_each(|note| writeln!(f, "Note: {note}"))
    }
}

impl Ratio {
    fn verdict(&self) -> String {
        match (self.target, self.met) {
            (Some(target), Some(true)) => format!("{target}: met"),
            (Some(target), Some(false)) => format!("{target}: MISSED"),
            (Some(target), None) => format!("{target}: not judged"),
            (None, _) => String::new(),
        }
    }
}

/// The middle one, or between the two in the middle.
fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
    }
}

/// Three digits at a time; a decimal where there are few.
fn number(figure: f64) -> String {
    if figure < 100.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nothing if there is none.
fn spread(min: f64, max: f64) -> String {
    if min < max { format!("{} - {}", number(min), number(max)) } else { String::new() }
}

/// What it was measured on: processors, kernel, compilers.
fn machine() -> Vec<String> {
    let proc = |file: &str| fs::read_to_string(Path::new("/proc").join(file)).unwrap_or_default();
    let cpuinfo = proc("cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let load = proc("loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    vec![
        format!(
            "{processors} processors: {}; load {load} before the first round",
            model.unwrap_or("model unknown")
        ),
        format!("Kernel: {}", first_line("uname", "-sr")),
        format!("Rust: {}, release profile", first_line("rustc", "--version")),
        format!("C: {}, -O2", first_line(&env::var("CC").unwrap_or_else(|_| "cc".into()), "--version")),
    ]
}

fn first_line(command: &str, arg: &str) -> String {
    let output = Command::new(command).arg(arg).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").into()
}
