//! JUnit XML. A check that failed is a `failure`; the grader's own fault is an `error`, never a `failure`.

use std::io;
use std::time::Duration;

use chrono::DateTime;
use labs::words::Lang;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::report::{CheckResult, Report, Status};
use crate::told::{marks, story, visible};

pub(super) fn render(report: &Report) -> io::Result<String> {
    let score = marks(report);
    let mut suite = TestSuite::new(&report.lab);
    suite.set_time(Duration::from_millis(report.duration_ms));
    if let Ok(time) = DateTime::parse_from_rfc3339(&report.graded_at) {
        suite.set_timestamp(time);
    }
    suite.add_property(("submission", visible(&report.submission).as_str()));
    suite.add_property(("seed", report.seed.to_string().as_str()));
    suite.add_property(("tier", report.tier.name()));
    if let Ok(score) = &score {
        suite.add_property(("score", score.to_string().as_str()));
    }
    suite.add_property(("max_score", report.max_score.to_string().as_str()));
    suite.add_test_cases(report.checks.iter().map(|check| case(check, report)));
    if let Err(why) = &score
        && !report.checks.iter().any(|check| check.status == Status::Error)
    {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(visible(why)).set_type("grader");
        suite.add_test_case(TestCase::new("grade", status));
    }
    if !report.build_log.is_empty() {
        suite.set_system_out(visible(&report.build_log));
    }
    let notes: Vec<String> = report.notes.iter().map(|note| visible(note)).collect();
    if !notes.is_empty() {
        suite.set_system_err(notes.join("\n"));
    }

    let mut junit = quick_junit::Report::new("grade");
    junit.set_time(Duration::from_millis(report.duration_ms)).add_test_suite(suite);
    junit.to_string().map_err(io::Error::other)
}

fn case(check: &CheckResult, report: &Report) -> TestCase {
    let mut case = TestCase::new(&check.id, status(check, report.lang));
    case.set_classname(&report.lab).set_time(Duration::from_millis(check.duration_ms));
    case.add_property(("title", visible(&check.title).as_str()));
    if marks(report).is_ok() {
        case.add_property(("score", check.score.to_string().as_str()));
    }
    case.add_property(("points", check.points.to_string().as_str()));
    case.add_property(("slide", check.slide.as_str()));
    case
}

fn status(check: &CheckResult, lang: Lang) -> TestCaseStatus {
    let (mut status, kind) = match check.status {
        Status::Passed => return TestCaseStatus::success(),
        Status::Failed => (TestCaseStatus::non_success(NonSuccessKind::Failure), "submission"),
        Status::Skipped => (TestCaseStatus::skipped(), "needs"),
        Status::Error => (TestCaseStatus::non_success(NonSuccessKind::Error), "grader"),
    };
    status.set_message(visible(&check.title)).set_type(kind).set_description(story(check, lang));
    status
}
