//! The list of changes that nobody can notice is about the programs as they are: scripts/mutants reads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    equivalent: Vec<Equivalent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    file: String,
    /// The line as it stands there, without its indentation.
    line: String,
    /// `replace < with <= in tcp_echoserv`
    change: String,
    reason: String,
}

#[test]
fn each_change_can_still_be_made_and_has_a_reason() {
    let list: List = toml::from_str(include_str!("../equivalents.toml")).unwrap();
    assert!(!list.equivalent.is_empty());
    for equivalent in list.equivalent {
        let Equivalent { file, line, change, reason } = &equivalent;
        let text = fs::read_to_string(labkit::root().join(file)).unwrap();
        let (change, function) = change.rsplit_once(" in ").unwrap();
        let (from, _) = change.strip_prefix("replace ").unwrap().split_once(" with ").unwrap();
        let body = text.split("\nfn ").find(|body| body.starts_with(&format!("{function}("))).unwrap();
        assert!(body.lines().any(|there| there.trim() == line), "no such line: {equivalent:#?}");
        assert!(line.contains(&format!(" {from} ")), "not in the line: {equivalent:#?}");
        assert!(reason.ends_with('.'), "no reason: {equivalent:#?}");
    }
}
