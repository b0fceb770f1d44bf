//! `grade`: grades lab submissions, one or a whole class.

use std::io::{self, ErrorKind, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use grade::changes::Change;
use grade::class::{ClassOptions, Shard, class, missing_parts, parts};
use grade::files::write_whole;
use grade::form::Form;
use grade::formats::{Format, render};
use grade::judge::{self, Options, dispatch};
use grade::no_sandbox::refusal;
use grade::pages;
use grade::replay::Told;
use grade::results::{Attendance, Class, files};
use grade::roster::{Person, Roster};
use grade::submission;
use grade::told::{marks, visible};
use jail::{Allowed, Tier, best_tier};
use labs::lab::Lab;
use labs::words::Lang;

/// Grades lab submissions: a student's own version of a lecture program, in any language.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The labs; or one lab's statement, checks and points
    Labs {
        /// Only this one
        #[arg(value_parser = lab())]
        lab: Option<&'static Lab>,
        #[command(flatten)]
        lang: InLang,
    },
    /// One submission: what passed, what failed, why, what to read. Exit status 0: full marks; 1: less; 2: not graded
    Check {
        /// Which lab; `grade labs` tells of each
        #[arg(value_parser = lab())]
        lab: &'static Lab,
        /// A source file, a folder, an archive (.zip, .tar.gz) or an executable: `grade labs LAB` says which; no symbolic link
        submission: PathBuf,
        /// The folder that was handed in, if the submission is a part of it: no link on the way may lead out of it
        #[arg(long, value_name = "FOLDER")]
        part_of: Option<PathBuf>,
        /// What the report is written as
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Write the report to a file, whole or not at all, instead of the standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        how: How,
    },
    /// A whole class, as Moodle, Canvas or Blackboard hands it out. Exit status 0: all were graded; 2: not all
    Class {
        /// Which lab
        #[arg(value_parser = lab())]
        lab: &'static Lab,
        /// The folder with the submissions, or its .zip: as a platform has named them, or each entry named after its student
        dir: PathBuf,
        /// Where the results go; a run that was stopped goes on from what is there
        #[arg(long, value_name = "RESULTS")]
        out: PathBuf,
        /// How many submissions at a time (default: two more than there are processors)
        #[arg(long, value_name = "N")]
        jobs: Option<NonZeroUsize>,
        /// Grade everything again, whatever results are there
        #[arg(long)]
        fresh: bool,
        /// Only this part of the class, the Kth of N; `report` makes one of all
        #[arg(long, value_name = "K/N", conflicts_with_all = ["roster", "into"])]
        shard: Option<Shard>,
        /// Code that every student was given (a file or folder) beside the starter and the slides' program: it makes nobody similar
        #[arg(long, value_name = "PATH")]
        given: Option<PathBuf>,
        #[command(flatten)]
        beside: Beside,
        #[command(flatten)]
        how: How,
    },
    /// One check that failed, once more, as a report tells of it. Exit status 0: it fails again as told; 1: it doesn't; 2: not tried
    Replay {
        /// A report: of `check --format json`, or a student's result file of `class`
        result: PathBuf,
        /// Which check
        check: String,
        /// What was handed in (default: what has the report's name for it, beside the report)
        #[arg(long, value_name = "PATH")]
        submission: Option<PathBuf>,
        /// The folder that was handed in, if the submission is a part of it: as for `check`
        #[arg(long, value_name = "FOLDER", requires = "submission")]
        part_of: Option<PathBuf>,
        /// Write what happens as a page, act by act and call by call: it opens where the program goes wrong
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        #[command(flatten)]
        shut_in: ShutIn,
        /// The language (default: the report's)
        #[arg(long, value_enum)]
        lang: Option<Lang>,
    },
    /// One report of the results of several runs or machines; of a student graded twice, the later counts
    Report {
        /// Folders that `class` wrote, or result files
        #[arg(required = true)]
        results: Vec<PathBuf>,
        /// Where the report goes
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        beside: Beside,
        #[command(flatten)]
        lang: InLang,
    },
}

/// What else there is of a class.
#[derive(Args)]
struct Beside {
    /// Who is in the class: a CSV file with the columns id (학번) and name (이름)
    #[arg(long, value_name = "FILE.csv")]
    roster: Option<PathBuf>,
    /// Moodle's grading worksheet or Canvas' gradebook, as exported: RESULTS gets a copy with the marks filled in
    #[arg(long, value_name = "FILE.csv")]
    into: Option<PathBuf>,
    /// The column that the marks are for, if that isn't clear
    #[arg(long, value_name = "NAME", requires = "into")]
    column: Option<String>,
}

impl Beside {
    /// Reads both: what is wrong with them is better known before an hour's work.
    fn read(&self) -> io::Result<(Option<Roster>, Option<Form>)> {
        let roster = self.roster.as_deref().map(Roster::read).transpose()?;
        let form = self.into.as_deref().map(|into| Form::read(into, self.column.as_deref())).transpose()?;
        Ok((roster, form))
    }
}

/// Takes the name of a lab.
fn lab() -> impl TypedValueParser<Value = &'static Lab> {
    let names = labs::ALL.iter().map(|lab| lab.name);
    PossibleValuesParser::new(names).try_map(|name| labs::find(&name).ok_or("no such lab"))
}

#[derive(Args)]
struct InLang {
    /// The language (default: the locale's)
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

impl InLang {
    fn or_locale(&self) -> Lang {
        self.lang.unwrap_or_else(Lang::of_locale)
    }
}

#[derive(Args)]
struct How {
    /// Repeats a run: the same names, ports, messages
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    shut_in: ShutIn,
    #[command(flatten)]
    lang: InLang,
}

impl How {
    fn options(&self) -> io::Result<Options> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u32(..).into());
        let lang = self.lang.or_locale();
        Ok(Options { seed, tier: self.shut_in.tier(lang)?, lang, allowed: Allowed::USUAL, only: None })
    }
}

#[derive(Args)]
struct ShutIn {
    /// How well submissions are isolated (default: as well as this machine can)
    #[arg(long, value_enum)]
    tier: Option<Tier>,
    /// Grade without a sandbox too, where there is none: what was handed in is built and run with your own rights
    #[arg(long)]
    r#unsafe: bool,
}

impl ShutIn {
    /// An error where a submission would have the user's rights, and the user has not said so.
    fn tier(&self, lang: Lang) -> io::Result<Tier> {
        let tier = self.tier.unwrap_or_else(best_tier);
        if tier == Tier::None && !self.r#unsafe {
            return Err(io::Error::other(refusal().in_lang(lang)));
        }
        Ok(tier)
    }
}

fn main() -> ExitCode {
    // Before there is any thread: this program is the judge and the keeper as well.
    if let Some(code) = dispatch() {
        return code.into();
    }
    let result = match Cli::parse().what {
        What::Labs { lab, lang } => show_labs(lab, lang.or_locale()),
        What::Check { lab, submission, part_of, format, out, how } => how
            .options()
            .and_then(|options| check(lab, &found(submission, part_of)?, format, out.as_deref(), &options)),
        What::Class { lab, dir, out, jobs, fresh, shard, given, beside, how } => {
            how.options().and_then(|Options { tier, lang, .. }| {
                let (roster, form) = beside.read()?;
                // While some wait for something, others are at work.
                let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
                let jobs = jobs.unwrap_or(processors.saturating_add(2));
                let options = ClassOptions { jobs, fresh, seed: how.seed, tier, lang, shard, roster, given };
                grade_class(lab, &dir, &out, &options, form)
            })
        }
        What::Replay { result, check, submission, part_of, html, shut_in, lang } => {
            let submission = submission.map(|submission| found(submission, part_of)).transpose();
            submission.and_then(|submission| Told::read(&result, &check, submission)).and_then(|told| {
                let lang = lang.unwrap_or(told.entry.report.lang);
                let replay = told.replay(shut_in.tier(lang)?, lang, html.is_some())?;
                if let (Some(file), Some(page)) = (html, &replay.page) {
                    write_whole(&file, page.as_bytes())?;
                }
                match print(&replay.text) {
                    Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
                    _ => Ok(u8::from(!replay.as_told)),
                }
            })
        }
        What::Report { results, out, beside, lang } => report(&results, &out, &beside, lang.or_locale()),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        // Nobody reads on (`| head`): nothing is wrong.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("grade: {error}"));
            ExitCode::from(2)
        }
    }
}

/// The submission, in the folder that was handed in if there is one said.
fn found(submission: PathBuf, part_of: Option<PathBuf>) -> io::Result<PathBuf> {
    match part_of {
        Some(folder) => submission::part_of(&folder, &submission),
        None => Ok(submission),
    }
}

/// A line on stderr; where that is closed, there is nobody to tell. A student's file name moves no cursor.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn show_labs(lab: Option<&Lab>, lang: Lang) -> io::Result<u8> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    let korean = lang == Lang::Ko;
    let Some(lab) = lab else {
        table.set_header(if korean {
            ["과제", "실행", "슬라이드", "배점"]
        } else {
            ["lab", "usage", "slides", "points"]
        });
        for lab in labs::ALL {
            table.add_row([lab.name, lab.usage, lab.slides, &points(lab).to_string()]);
        }
        print(&format!("{table}\n"))?;
        return Ok(0);
    };
    table.set_header(if korean {
        ["배점", "검사", "", "슬라이드"]
    } else {
        ["points", "check", "", "slides"]
    });
    for check in lab.checks {
        table.add_row([&check.points.to_string(), check.id, check.title(lang), check.slide]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let (statement, rules) = (lab.statement(lang).trim(), labs::rules(lang).trim());
    print(&format!("{}\n\n{statement}\n\n{rules}\n\n{table}\n", lab.usage))?;
    Ok(0)
}

fn points(lab: &Lab) -> u32 {
    lab.checks.iter().map(|check| check.points).sum()
}

fn check(
    lab: &Lab,
    submission: &Path,
    format: Format,
    out: Option<&Path>,
    options: &Options,
) -> io::Result<u8> {
    let report = judge::grade(lab, submission, options);
    let colour = out.is_none() && AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let text = render(&report, format, colour)?;
    // On stdout the text has said it.
    if let Err(why) = marks(&report)
        && !(format == Format::Text && out.is_none())
    {
        say(&format!("grade: {}: not graded: {why}", report.submission));
    }
    match out {
        Some(out) => write_whole(out, text.as_bytes())?,
        None => match print(&text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        },
    }
    Ok(report.exit_status())
}

fn grade_class(
    lab: &Lab,
    dir: &Path,
    out: &Path,
    options: &ClassOptions,
    form: Option<Form>,
) -> io::Result<u8> {
    let ClassOptions { tier, lang, .. } = *options;
    let grade = |submission: &Path, seed| {
        judge::grade(lab, submission, &Options { seed, tier, lang, allowed: Allowed::USUAL, only: None })
    };
    let summary = class(lab, dir, out, options, &|line| say(&format!("grade: {line}")), &grade)?;
    if summary.kept > 0 {
        say(&format!("grade: {} results of an earlier run kept (--fresh grades them again)", summary.kept));
    }
    if summary.kept < summary.class.rows.len() {
        say(&format!("grade: seed {}", summary.seed));
    }
    for why in &summary.missing {
        say(&format!("grade: not graded: {why}"));
    }
    conclude(&summary.class, &summary.changes, form, out, lang, summary.missing.len())
}

fn report(results: &[PathBuf], out: &Path, beside: &Beside, lang: Lang) -> io::Result<u8> {
    let (roster, form) = beside.read()?;
    let files: Vec<PathBuf> =
        results.iter().map(|results| files(results)).collect::<io::Result<Vec<_>>>()?.concat();
    if files.is_empty() {
        return Err(io::Error::other("no result files there"));
    }
    let missing = missing_parts(&results.iter().flat_map(|results| parts(results)).collect());
    for missing in &missing {
        say(&format!(
            "grade: missing: {missing}; whose students are there would stand as having handed in nothing"
        ));
    }
    let (mut class, unreadable) = Class::read(&files, &mut |said| say(&format!("grade: {said}")))?;
    if let Some(roster) = &roster {
        class.call(roster);
    }
    let changes = pages::write(&class, out, lang)?;
    let status = conclude(&class, &changes, form, out, lang, unreadable)?;
    Ok(if missing.is_empty() { status } else { 2 })
}

/// So many of a list on the terminal; `class.html` has all.
const SHOWN: usize = 10;

/// Says who is on a list, if anybody is.
fn say_list(what: &str, all: &[String]) {
    if !all.is_empty() {
        let more = if all.len() > SHOWN { ", …" } else { "" };
        say(&format!("grade: {what}: {}: {}{more}", all.len(), all[..all.len().min(SHOWN)].join(", ")));
    }
}

/// Who is missing, who nobody knows.
fn say_attendance(Attendance { absent, unlisted, twice }: &Attendance) {
    let named = |person: &Person| format!("{} {}", person.id(), person.name);
    say_list("handed in nothing", &absent.iter().map(named).collect::<Vec<_>>());
    let unlisted = unlisted.iter().map(|(student, could_be)| match &could_be[..] {
        [] => student.clone(),
        all => format!("{student} (who of {}?)", all.iter().map(named).collect::<Vec<_>>().join(", ")),
    });
    say_list("not in the roster", &unlisted.collect::<Vec<_>>());
    let twice = twice.iter().map(|(person, all)| format!("{} ({})", named(person), all.join(", ")));
    say_list("handed in more than one", &twice.collect::<Vec<_>>());
}

/// What has changed since the last report.
fn say_changes(changes: &[Change]) {
    let marks = |marks: &str| if marks.is_empty() { "none".to_string() } else { marks.to_string() };
    let said = changes.iter().map(|Change { student, old, new, passed, lost }| {
        let passed = passed.iter().map(|id| format!(" +{id}"));
        let checks: String = passed.chain(lost.iter().map(|id| format!(" -{id}"))).collect();
        format!("{student} {} → {}{checks}", marks(old), marks(new))
    });
    say_list("changed since the last report", &said.collect::<Vec<_>>());
}

/// How many got marks, who didn't and why, where to look.
fn conclude(
    class: &Class,
    changes: &[Change],
    form: Option<Form>,
    out: &Path,
    lang: Lang,
    unreadable: usize,
) -> io::Result<u8> {
    let mut missing = unreadable;
    for row in &class.rows {
        if let Err(why) = &row.marks {
            missing += 1;
            say(&format!("grade: {}: not graded: {why}", row.student));
        }
    }
    if let Some(attendance) = &class.attendance {
        say_attendance(attendance);
    }
    say_changes(changes);
    let prints_all = class.rows.iter().filter(|row| row.prints_all).map(|row| row.student.clone());
    say_list("prints all that could be right, look at it", &prints_all.collect::<Vec<_>>());
    let has_others = class.rows.iter().filter(|row| !row.ready_made.is_empty());
    let has_others = has_others.map(|row| format!("{} ({})", row.student, row.ready_made.join(", ")));
    say_list("has other programs do the lab's work, look at it", &has_others.collect::<Vec<_>>());
    if let Some(form) = form {
        let path = out.join(form.file_name());
        let (table, said) = form.filled(class, lang)?;
        for line in said {
            say(&format!("grade: {line}"));
        }
        write_whole(&path, &table)?;
    }
    let (graded, total) = (class.scores().count(), class.rows.len() + unreadable);
    let page = out.join("class.html");
    let line = format!("{}: {graded} of {total} graded; {}\n", class.lab, page.display());
    match print(&line) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(if missing == 0 { 0 } else { 2 }),
    }
}
