//! What a student reads, and what Gradescope, Classroom 50 and a CI system are given.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use grade::files::write_whole;
use grade::formats::{Format, render};
use grade::report::{Report, Status};
use labs::words::Lang;
use quick_junit::{NonSuccessKind, TestCaseStatus};
use serde_json::Value;

fn text(report: &Report) -> String {
    render(report, Format::Text, false).unwrap()
}

fn json(report: &Report, format: Format) -> Value {
    serde_json::from_str(&render(report, format, false).unwrap()).unwrap()
}

#[test]
fn a_student_reads_what_failed_why_and_where() {
    let text = text(&sample::report());
    for line in [
        "  ✔ Listens on the port given  60/60",
        "  ✘ Sends back what came        0/30",
        "      expected: the same 5 bytes",
        "      got: 3 bytes",
        "      → read until recv gives 0",
        "      slide 39",
        "  – Many clients in a row       0/10",
        "    · SO_REUSEADDR isn't set",
        "  Total 60/100",
        "  seed 42 · tier full · 1.2 s",
    ] {
        assert!(text.lines().any(|shown| shown == line), "missing: {line:?} in\n{text}");
    }
}

#[test]
fn a_student_reads_it_in_korean_in_columns() {
    let mut report = Report { lang: Lang::Ko, ..sample::report() };
    report.checks[0].title = "포트에서 듣는다".into();
    report.checks[1].title = "온 것을 돌려준다".into();
    report.checks[2].title = "abc".into();
    let text = text(&report);
    assert!(text.contains("  합계 60/100\n"), "{text}");
    assert!(text.contains("✔ 포트에서 듣는다   60/60\n"), "{text}");
    assert!(text.contains("✘ 온 것을 돌려준다   0/30\n"), "{text}");
    assert!(text.contains("– abc                0/10\n"), "{text}");
}

#[test]
fn where_the_grader_failed_a_student_sees_no_mark() {
    for report in [sample::faulty(), sample::ungraded()] {
        let text = text(&report);
        assert!(text.contains("Not graded:") && !text.contains("Total"), "{text}");
    }
    assert!(text(&sample::ungraded()).contains("no such file or folder: kim.c"));
    assert!(
        text(&sample::faulty()).contains("! Sends back what came        -/30"),
        "{}",
        text(&sample::faulty())
    );
}

#[test]
fn colour_only_where_it_is_asked_for_and_none_from_a_student() {
    assert!(render(&sample::report(), Format::Text, true).unwrap().contains("\u{1b}[32m✔"));
    assert!(!text(&sample::hostile()).contains('\u{1b}'));
    assert!(text(&sample::hostile()).contains("\\u{1b}[31m"));
}

#[test]
fn json_is_the_report() {
    for report in [sample::report(), sample::faulty(), sample::hostile()] {
        let text = render(&report, Format::Json, false).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
    let object = json(&sample::report(), Format::Json);
    for field in ["lab", "submission", "seed", "tier", "score", "max_score", "checks"] {
        assert!(object.get(field).is_some(), "{field}");
    }
    for field in ["id", "title", "points", "score", "status", "message", "hint", "slide", "duration_ms"] {
        assert!(object["checks"][0].get(field).is_some(), "{field}");
    }
}

#[test]
fn gradescope_gets_what_its_specification_asks_for() {
    let results = json(&sample::report(), Format::Gradescope);
    assert_eq!(results["score"], 60);
    assert_eq!(results["execution_time"], 1.234);
    assert_eq!(results["output_format"], "text");
    assert_eq!(results["visibility"], "visible");
    assert_eq!(results["extra_data"]["seed"], 42);
    assert_eq!(results["extra_data"]["tier"], "full");
    let tests = results["tests"].as_array().unwrap();
    let statuses: Vec<&Value> = tests.iter().map(|test| &test["status"]).collect();
    assert_eq!(statuses, ["passed", "failed", "failed"]);
    assert_eq!(tests.iter().map(|test| test["max_score"].as_u64().unwrap()).sum::<u64>(), 100);
    assert_eq!(tests[0]["score"], 60);
    assert_eq!(tests[1]["name"], "Sends back what came");
    assert_eq!(tests[1]["output_format"], "text");
    let output = tests[1]["output"].as_str().unwrap();
    assert!(
        output.contains("got: 3 bytes") && output.contains("hint: read until") && output.contains("slide 39")
    );
    assert!(tests[2]["output"].as_str().unwrap().starts_with("skipped"));
}

#[test]
fn gradescope_renders_nothing_of_a_students() {
    let results = json(&sample::hostile(), Format::Gradescope);
    for test in results["tests"].as_array().unwrap() {
        assert_eq!([&test["name_format"], &test["output_format"]], ["text", "text"]);
        assert!(!test["output"].as_str().unwrap().contains('\u{1b}'));
    }
}

#[test]
fn classroom50_gets_what_its_schema_asks_for() {
    let result = json(&sample::report(), Format::Classroom50);
    let keys: Vec<&String> = result.as_object().unwrap().keys().collect();
    // The schema: these, and no others.
    let mut schema = vec![
        "assignment",
        "assignment_type",
        "classroom",
        "commit",
        "datetime",
        "graded_at",
        "max-score",
        "owner",
        "release",
        "review",
        "schema",
        "score",
        "submission",
        "tests",
    ];
    schema.sort_unstable();
    assert_eq!(keys, schema);
    assert_eq!(result["schema"], "classroom50/result/v1");
    assert!(result["submission"].as_str().unwrap().starts_with("submit/"));
    assert_eq!([&result["score"], &result["max-score"]], [60, 100]);
    let tests = result["tests"].as_array().unwrap();
    for test in tests {
        assert!(!test["test-name"].as_str().unwrap().is_empty());
        assert!(test["score"].as_u64() <= test["max-score"].as_u64());
    }
    let passed: Vec<bool> = tests.iter().map(|test| test["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [true, false, false]);
}

#[test]
fn the_graders_fault_is_never_made_into_marks() {
    let mut inconsistent = sample::faulty();
    inconsistent.score = Some(60);
    for report in [sample::faulty(), sample::ungraded(), inconsistent] {
        for format in [Format::Gradescope, Format::Classroom50] {
            let error = render(&report, format, false).unwrap_err().to_string();
            assert!(error.contains("not graded") && error.contains("kim.c"), "{error}");
        }
    }
    let error = render(&sample::faulty(), Format::Gradescope, false).unwrap_err().to_string();
    assert!(error.ends_with("the grader itself failed, so there is no mark: echo"), "{error}");
}

#[test]
fn junit_tells_the_students_failure_from_the_graders_error() {
    let parse = |report: &Report| {
        let xml = render(report, Format::Junit, false).unwrap();
        quick_junit::Report::deserialize_from_str(&xml).unwrap()
    };
    let junit = parse(&sample::report());
    assert_eq!((junit.tests, junit.failures, junit.errors), (3, 1, 0));
    let suite = &junit.test_suites[0];
    assert_eq!(suite.skipped, 1);
    let property =
        |name: &str| suite.properties.iter().find(|p| p.name.as_str() == name).map(|p| p.value.to_string());
    assert_eq!(property("score").as_deref(), Some("60"));
    assert_eq!(property("seed").as_deref(), Some("42"));
    assert_eq!(suite.test_cases[1].name.as_str(), "echo");
    let TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, description, .. } =
        &suite.test_cases[1].status
    else {
        panic!("{:?}", suite.test_cases[1])
    };
    assert!(description.as_ref().unwrap().contains("got: 3 bytes"));

    let junit = parse(&sample::faulty());
    assert_eq!((junit.failures, junit.errors), (0, 1));
    assert!(junit.test_suites[0].properties.iter().all(|property| property.name.as_str() != "score"));
    let junit = parse(&sample::ungraded());
    assert_eq!((junit.tests, junit.failures, junit.errors), (1, 0, 1));
}

#[test]
fn junit_is_xml_whatever_a_student_prints() {
    let xml = render(&sample::hostile(), Format::Junit, false).unwrap();
    assert!(xml.chars().all(
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    ));
    assert!(!xml.contains("<script>"));
    let junit = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    let TestCaseStatus::NonSuccess { description: Some(description), .. } =
        &junit.test_suites[0].test_cases[1].status
    else {
        panic!("{xml}")
    };
    assert!(
        description.contains("</pre><script>alert(1)</script> ]]> & \\u{1b}[31m \\u{0}"),
        "{description:?}"
    );
}

#[test]
fn every_format_can_say_every_status() {
    for status in [Status::Passed, Status::Failed, Status::Skipped] {
        let mut report = sample::report();
        report.checks = vec![sample::check("only", "Only one", 100, status)];
        for format in [Format::Text, Format::Json, Format::Gradescope, Format::Classroom50, Format::Junit] {
            assert!(render(&report, format, false).unwrap().contains("nly"), "{format:?} {status:?}");
        }
    }
}

#[test]
fn a_file_is_written_whole_over_an_old_one_and_readable_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.json");
    fs::write(&path, "an older, longer result").unwrap();
    write_whole(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_ne!(fs::metadata(&path).unwrap().permissions().mode() & 0o044, 0);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a temporary file is left");
    // Through a link, what it names is replaced, not the link.
    let link = dir.path().join("link");
    symlink("results.json", &link).unwrap();
    write_whole(&link, b"newer").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"newer");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_file_that_cannot_be_written_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = write_whole(&dir.path().join("missing/results.json"), b"x").unwrap_err().to_string();
    assert!(error.contains("missing/results.json") && error.ends_with("is the folder there?"), "{error}");
    // A device or a folder is never replaced by a file.
    assert!(
        write_whole(Path::new("/dev/null"), b"x")
            .unwrap_err()
            .to_string()
            .contains("/dev/null: not a regular file")
    );
    assert!(write_whole(dir.path(), b"x").is_err());
}

#[test]
fn on_a_full_disk_the_old_file_stays() {
    let Some(disk) = sample::on_a_disk_of("16k", "on_a_full_disk_the_old_file_stays") else { return };
    let path = disk.join("results.json");
    fs::write(&path, "old").unwrap();
    let error = write_whole(&path, &[b'x'; 100_000]).unwrap_err().to_string();
    assert!(
        error.contains("results.json: No space left on device") && error.contains("free some space"),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 1, "a temporary file is left");
}
