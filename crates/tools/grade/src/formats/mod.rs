//! A report in the formats that people and platforms read.

mod classroom50;
mod gradescope;
mod json;
mod junit;
mod text;

use std::fs::Permissions;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{env, fs};

use labs::words::Lang;

use crate::report::{Report, Status};

/// What a report is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, at a terminal
    #[default]
    Text,
    /// The report as one object
    Json,
    /// results.json, by Gradescope's autograder specification
    Gradescope,
    /// result.json, schema classroom50/result/v1
    Classroom50,
    /// JUnit XML, as CI systems read it
    Junit,
}

/// A report in a format; `colour` is for `Text` alone.
///
/// Gradescope and Classroom 50 know marks and nothing else: what the grader could not decide is an error there.
pub fn render(report: &Report, format: Format, colour: bool) -> io::Result<String> {
    match format {
        Format::Text => Ok(text::render(report, colour)),
        Format::Json => json::render(report),
        Format::Gradescope => gradescope::render(report),
        Format::Classroom50 => classroom50::render(report, &|name| env::var(name).ok()),
        Format::Junit => junit::render(report),
    }
}

/// The marks; or, in the report's language, why there are none: nothing graded, or the grader's own fault in a check.
pub fn marks(report: &Report) -> Result<u32, String> {
    if !report.error.is_empty() {
        return Err(report.error.clone());
    }
    let faults: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.status == Status::Error)
        .map(|check| check.id.as_str())
        .collect();
    match report.score {
        Some(score) if faults.is_empty() => Ok(score),
        _ => {
            let why = say(
                report.lang,
                "채점기 쪽 오류로 점수를 매기지 않았다",
                "the grader itself failed, so there is no mark",
            );
            Err(if faults.is_empty() { why.into() } else { format!("{why}: {}", faults.join(", ")) })
        }
    }
}

/// What a platform of marks is told instead of them.
fn no_marks(report: &Report, format: &str, why: &str) -> io::Error {
    io::Error::other(format!("{}: not graded, so nothing is written for {format}: {why}", report.submission))
}

/// Writes a file whole or not at all: a temporary file beside it, fsync(2), rename(2).
/// Whatever stood there before stays if anything fails. Errors name the path and say what to do.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        let path = match fs::metadata(path) {
            Ok(file) if file.is_file() => path.canonicalize()?,
            Ok(_) => return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file")),
            Err(_) => path.to_path_buf(),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // As open(2) makes files: what the umask leaves of rw-rw-rw-.
        let mode = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().prefix(".grade-").permissions(mode).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| in_the_way(path, &error))
}

/// An error of a path with what to do about it.
pub(crate) fn in_the_way(path: &Path, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; free some space, or choose another place",
        ErrorKind::NotFound => "; is the folder there?",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; choose a place that you may write to"
        }
        ErrorKind::InvalidInput | ErrorKind::IsADirectory => "; name a file, new or to be replaced",
        _ => "",
    };
    io::Error::new(error.kind(), format!("{}: {error}{advice}", path.display()))
}

/// The same in the language that is asked for.
pub(crate) fn say(lang: Lang, ko: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Ko => ko,
        Lang::En => en,
    }
}

/// Text of a submission's making, fit to be shown: control characters, which could move a terminal's cursor or which XML
/// cannot hold, and characters that reorder a line, appear as `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// All that a student is told of one check, as plain text.
fn story(check: &crate::report::CheckResult, lang: Lang) -> String {
    let mut lines = Vec::new();
    if !check.message.is_empty() {
        lines.push(visible(&check.message));
    }
    if !check.hint.is_empty() {
        lines.push(format!("{}: {}", say(lang, "힌트", "hint"), visible(&check.hint)));
    }
    if !lines.is_empty() && !check.slide.is_empty() {
        lines.push(format!("{} {}", say(lang, "슬라이드", "slide"), check.slide));
    }
    lines.join("\n")
}

/// `full`: the name of the tier, as on the command line.
pub(crate) fn tier_name(report: &Report) -> String {
    serde_json::to_value(report.tier).ok().and_then(|tier| tier.as_str().map(Into::into)).unwrap_or_default()
}
