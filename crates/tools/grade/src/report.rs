//! What grading one submission has found: the values that every format is made of.

use std::fmt;

use jail::Tier;
use serde::{Deserialize, Serialize};

use labs::lab::Lab;
use labs::words::Lang;

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All its points.
    Passed,
    /// None of them.
    Failed,
    /// Not tried, because a check that it depends on did not pass: none of its points.
    Skipped,
    /// The grader's own fault: no mark at all.
    Error,
}

/// One check of one submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// `half_close`: the same in every run.
    pub id: String,
    /// What it looks at, in a few words.
    pub title: String,
    /// What it is worth.
    pub points: u32,
    /// What the submission got: all of the points or none; none too where nothing could be said (status `error`).
    pub score: u32,
    /// What became of it.
    pub status: Status,
    /// What was done, what was expected, what came: several lines. Empty if it passed and there is nothing to say.
    pub message: String,
    /// The likely cause, and what to try. Empty where there is none.
    pub hint: String,
    /// It printed all that could be right: an instructor should look at it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prints_all: bool,
    /// The fewest acts that show it, if it was searched for: `replay` plays them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<serde_json::Value>,
    /// The slides to read: `39`, `31, 34`.
    pub slide: String,
    /// How long it took.
    pub duration_ms: u64,
}

/// One submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `tcp_echoserv`
    pub lab: String,
    /// The name of the file or folder that was handed in, without the folders above it.
    pub submission: String,
    /// Repeats this run: `--seed`.
    pub seed: u64,
    /// How well the submission was shut in.
    pub tier: Tier,
    /// The language of titles, messages and hints.
    pub lang: Lang,
    /// The sum of the checks' scores; none where the grader failed: then there is no mark.
    pub score: Option<u32>,
    /// The sum of the checks' points: 100.
    pub max_score: u32,
    /// In the order in which the lab lists them.
    pub checks: Vec<CheckResult>,
    /// What the compiler said, if anything.
    pub build_log: String,
    /// What is worth saying and costs nothing: `SO_REUSEADDR`, `getaddrinfo`.
    pub notes: Vec<String>,
    /// Programs that do the lab's work and that it was seen to start (`socat`): an instructor should look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ready_made: Vec<String>,
    /// Why nothing could be graded at all; empty if it could: `no such file or folder: a.c`.
    pub error: String,
    /// When it was graded: RFC 3339, UTC.
    pub graded_at: String,
    /// How long all of it took.
    pub duration_ms: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(it: &bool) -> bool {
    !it
}

impl Report {
    /// One of a submission of which nothing is known yet.
    #[must_use]
    pub fn new(lab: &Lab, submission: String, seed: u64, tier: Tier, lang: Lang) -> Self {
        Report {
            lab: lab.name.into(),
            submission,
            seed,
            tier,
            lang,
            score: None,
            max_score: lab.checks.iter().map(|check| check.points).sum(),
            checks: Vec::new(),
            build_log: String::new(),
            notes: Vec::new(),
            ready_made: Vec::new(),
            error: String::new(),
            graded_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            duration_ms: 0,
        }
    }

    /// What `check` exits with: 0 full marks, 1 less, 2 not graded.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.score {
            Some(score) if score == self.max_score => 0,
            Some(_) => 1,
            None => 2,
        }
    }
}

/// For whoever tests the grader: in a few lines what came of it, and of each check that failed how what is said begins.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Report { lab, submission, seed, tier, error, .. } = self;
        let score = self.score.map_or("no".into(), |score| score.to_string());
        writeln!(f, "{lab}, {submission} (seed {seed}, tier {}): {score} points {error}", tier.name())?;
        let told = |check: &&CheckResult| matches!(check.status, Status::Failed | Status::Error);
        for check in self.checks.iter().filter(told) {
            let CheckResult { id, status, message, hint, .. } = check;
            writeln!(f, "{id} {status:?}: {message:.300}")?;
            if !hint.is_empty() {
                writeln!(f, "→ {hint:.300}")?;
            }
            if id == "build" {
                writeln!(f, "{:.1000}", self.build_log)?;
            }
        }
        Ok(())
    }
}
