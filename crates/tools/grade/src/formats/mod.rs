//! A report in the formats that people and platforms read.

mod classroom50;
mod gradescope;
mod json;
mod junit;
mod text;

use std::env;
use std::io;

use crate::report::Report;

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
