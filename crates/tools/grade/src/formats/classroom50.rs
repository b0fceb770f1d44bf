//! result.json of a Classroom 50 autograder, schema `classroom50/result/v1`:
//! <https://github.com/foundation50/classroom50/wiki/Advanced-Autograding>.
//!
//! Whose submission it is, the runner says in the environment, checks against the repository and stamps itself.
//! Elsewhere (a try at home) those fields say `local`, which the runner would refuse. The schema is closed at the top:
//! what it has no field for goes with each test.

use std::io;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::report::{Report, Status};
use crate::told::{marks, no_marks, story, visible};

pub(super) fn render(report: &Report, variable: &dyn Fn(&str) -> Option<String>) -> io::Result<String> {
    let score = marks(report).map_err(|why| no_marks(report, "Classroom 50", &why))?;
    let runner = |names: &[&str], else_: &str| {
        let mut values = names.iter().filter_map(|name| variable(name));
        values.find(|value| !value.is_empty()).unwrap_or_else(|| else_.into())
    };
    let graded_at = whole_seconds(&report.graded_at);
    let tests: Vec<Value> = report
        .checks
        .iter()
        .map(|check| {
            json!({
                "test-name": visible(&check.title),
                "passed": check.status == Status::Passed,
                "score": check.score,
                "max-score": check.points,
                "id": check.id,
                "status": check.status,
                "output": story(check, report.lang),
                "seed": report.seed,
                "tier": report.tier,
            })
        })
        .collect();
    let result = json!({
        "schema": "classroom50/result/v1",
        "classroom": runner(&["CLASSROOM"], "local"),
        "assignment": runner(&["ASSIGNMENT"], &report.lab),
        "assignment_type": runner(&["ASSIGNMENT_TYPE"], "individual"),
        "owner": runner(&["OWNER", "USERNAME"], "local"),
        "submission": runner(&["SUBMISSION_TAG"], "submit/local"),
        "commit": runner(&["COMMIT_URL"], "local"),
        "release": runner(&["RELEASE_URL"], "local"),
        "review": runner(&["REVIEW_URL", "COMMIT_URL"], "local"),
        "datetime": graded_at,
        "graded_at": graded_at,
        "score": score,
        "max-score": report.max_score,
        "tests": tests,
    });
    Ok(serde_json::to_string_pretty(&result)? + "\n")
}

/// The schema's one form of a time: `2026-06-01T14:32:01Z`.
fn whole_seconds(time: &str) -> String {
    let parsed = DateTime::parse_from_rfc3339(time);
    parsed.map_or_else(|_| time.into(), |time| time.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::whole_seconds;

    #[test]
    fn a_time_has_the_only_form_that_the_schema_takes() {
        assert_eq!(whole_seconds("2026-06-01T14:32:01.25Z"), "2026-06-01T14:32:01Z");
        assert_eq!(whole_seconds("2026-06-01T14:32:01+09:00"), "2026-06-01T05:32:01Z");
    }
}
