//! results.json of a Gradescope autograder: <https://gradescope-autograders.readthedocs.io/en/latest/specs/>.
//!
//! Every string is declared `text`: Gradescope renders none of it as HTML, Markdown or colours.

use std::io;

use labs::words::Lang;
use serde_json::{Value, json};

use crate::report::{CheckResult, Report, Status};
use crate::told::{marks, no_marks, story, visible};

pub(super) fn render(report: &Report) -> io::Result<String> {
    let score = marks(report).map_err(|why| no_marks(report, "Gradescope", &why))?;
    let tests: Vec<Value> = report.checks.iter().map(|check| test(check, report.lang)).collect();
    let results = json!({
        "score": score,
        "execution_time": seconds(report.duration_ms),
        "output": output(report),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": { "lab": report.lab, "seed": report.seed, "tier": report.tier, "graded_at": report.graded_at },
        "tests": tests,
    });
    Ok(serde_json::to_string_pretty(&results)? + "\n")
}

fn test(check: &CheckResult, lang: Lang) -> Value {
    let skipped =
        lang.of("건너뛰었어요. 앞의 검사를 먼저 통과해야 해요", "skipped: it needs an earlier check to pass");
    let output = match (check.status, story(check, lang)) {
        (Status::Skipped, story) if story.is_empty() => skipped.to_string(),
        (_, story) => story,
    };
    json!({
        "score": check.score,
        "max_score": check.points,
        // Gradescope knows two.
        "status": if check.status == Status::Passed { "passed" } else { "failed" },
        "name": visible(&check.title),
        "name_format": "text",
        "output": output,
        "output_format": "text",
        "tags": [check.id],
        "visibility": "visible",
        "extra_data": { "status": check.status, "slide": check.slide, "duration_ms": check.duration_ms },
    })
}

fn output(report: &Report) -> String {
    let mut output = format!("{}: seed {}, tier {}", report.lab, report.seed, report.tier.name());
    for note in &report.notes {
        output = format!("{output}\n• {}", visible(note));
    }
    if !report.build_log.is_empty() {
        output = format!("{output}\n\n{}", visible(&report.build_log));
    }
    output
}

fn seconds(milliseconds: u64) -> f64 {
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}
