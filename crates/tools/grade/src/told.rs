//! What a report tells, whatever format it is told in.

use std::io;

use labs::words::Lang;

use crate::report::{CheckResult, Report, Status};

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
            let why = report.lang.of(
                "채점기 쪽 오류로 점수를 매기지 않았어요",
                "the grader itself failed, so there is no mark",
            );
            Err(if faults.is_empty() { why.into() } else { format!("{why}: {}", faults.join(", ")) })
        }
    }
}

/// What a platform of marks is told instead of them.
pub(crate) fn no_marks(report: &Report, format: &str, why: &str) -> io::Error {
    io::Error::other(format!("{}: not graded, so nothing is written for {format}: {why}", report.submission))
}

/// Text of a submission's making, fit to be shown: control characters, which could move a terminal's cursor or which XML
/// cannot hold, and characters that reorder or break a line or that nobody sees, appear as `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}' => shown.extend(c.escape_unicode()),
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// All that a student is told of one check, as plain text.
pub(crate) fn story(check: &CheckResult, lang: Lang) -> String {
    let mut lines = Vec::new();
    if !check.message.is_empty() {
        lines.push(visible(&check.message));
    }
    if !check.hint.is_empty() {
        lines.push(format!("{}: {}", lang.of("힌트", "hint"), visible(&check.hint)));
    }
    if !lines.is_empty() && !check.slide.is_empty() {
        lines.push(format!("{} {}", lang.of("슬라이드", "slide"), check.slide));
    }
    lines.join("\n")
}
