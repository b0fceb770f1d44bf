//! The report as one JSON object.

use std::io;

use crate::report::Report;

pub(super) fn render(report: &Report) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
