//! Runs a check again that failed, as a report tells of it: the same acts, the same bytes.

use std::io;
use std::path::{Path, PathBuf};

use jail::{Allowed, Tier};
use labs::lab::{Check, Lab};
use labs::words;
use labs::words::Lang;
use stepper::html;

use crate::judge::{Again, Options, replay};
use crate::report::{CheckResult, Status};
use crate::results::Entry;
use crate::told::{story, visible};

/// What a report tells of a check, and the submission that it tells of.
#[derive(Debug)]
pub struct Told {
    /// The report.
    pub entry: Entry,
    lab: &'static Lab,
    check: &'static Check,
    submission: PathBuf,
}

/// What came of it the second time.
#[derive(Debug)]
pub struct Replay {
    /// All that there is to tell.
    pub text: String,
    /// It failed again, after the same acts and where the same was expected; but for numbers, as those of ports.
    pub as_told: bool,
    /// What happened, as a page, if it was asked for.
    pub page: Option<String>,
}

impl Told {
    /// Reads a report. The submission, unless it is said, has the report's name for it and lies beside the report. What is wrong is said,
    /// and what to type.
    pub fn read(result: &Path, id: &str, submission: Option<PathBuf>) -> io::Result<Self> {
        let at = result.display();
        let entry = Entry::read(result)?;
        let report = &entry.report;
        let lab = labs::find(&report.lab)
            .ok_or_else(|| io::Error::other(format!("{at}: no such lab: {}", report.lab)))?;
        let check = lab.check(id).filter(|check| check.id != lab.checks[0].id).ok_or_else(|| {
            let ids = lab.checks.iter().skip(1).map(|check| check.id).collect::<Vec<_>>().join(", ");
            io::Error::other(format!("{} has no check {id} to replay; it has {ids}", lab.name))
        })?;
        let status = report.checks.iter().find(|check| check.id == id).map(|check| check.status);
        if status != Some(Status::Failed) {
            let failed = report.checks.iter().filter(|check| check.status == Status::Failed);
            let failed = failed.map(|check| check.id.as_str()).collect::<Vec<_>>().join(", ");
            let failed = if failed.is_empty() { "none" } else { &failed };
            return Err(io::Error::other(format!("{at}: {id} did not fail; failed: {failed}")));
        }
        let submission = match submission {
            Some(submission) => submission,
            None => beside(result, &report.submission).ok_or_else(|| {
                io::Error::other(format!(
                    "{} is not beside {at}; say where it is: grade replay {at} {id} --submission PATH",
                    report.submission
                ))
            })?,
        };
        Ok(Told { entry, lab, check, submission })
    }

    /// Runs the check again.
    pub fn replay(&self, tier: Tier, lang: Lang, recorded: bool) -> io::Result<Replay> {
        let report = &self.entry.report;
        let before = report.checks.iter().take_while(|check| check.id != self.check.id);
        let then = self.result(&report.checks)?;
        let again = Again {
            acts: then.acts.clone(),
            failed: before
                .filter(|check| check.status != Status::Passed)
                .map(|check| check.id.clone())
                .collect(),
            recorded,
        };
        let only = Some(self.check.id.to_string());
        let options = Options { seed: report.seed, tier, lang, allowed: Allowed::USUAL, only };
        let (now, replayed) = replay(self.lab, &self.submission, &options, &again);
        if !now.error.is_empty() {
            return Err(io::Error::other(now.error));
        }
        if let Some(stopped) = now.checks.iter().find(|check| matches!(check.status, Status::Error)) {
            return Err(io::Error::other(format!("{}: {}", stopped.id, stopped.message)));
        }
        let result = self.result(&now.checks)?;
        if result.status == Status::Skipped {
            return Err(io::Error::other(format!(
                "{}: it can't be built\n{}",
                now.submission, now.build_log
            )));
        }
        let (old, new) = (&then.message, replayed.told.in_lang(report.lang));
        let failed = result.status == Status::Failed;
        let came = report.lang.of("\n결과: ", "\nCame: ");
        let parts = |told: &str| without_numbers(told.split(came).next().unwrap_or_default());
        let as_told = failed && parts(old) == parts(new);
        let verdict = match (failed, as_told) {
            (false, _) => words!("통과했어요. 결과 파일과 달라요.", "It passes: not as told."),
            (true, false) => words!(
                "또 실패했지만 결과 파일에 적힌 것과는 달라요.",
                "It fails again, but otherwise than told."
            ),
            (true, true) if old == new => words!("결과 파일에 적힌 그대로예요.", "Just as told."),
            (true, true) if without_numbers(old) == without_numbers(new) => {
                words!("숫자 말고는 결과 파일에 적힌 그대로예요.", "As told, but for numbers.")
            }
            (true, true) => words!(
                "결과 파일에 적힌 곳에서 또 실패했지만 결과는 달라요.",
                "It fails where it was told to, but what came is not the same."
            ),
        };
        let mut text =
            format!("{} {} · {}\n", self.lab.name, visible(&now.submission), self.check.title(lang));
        for part in [story(result, lang), verdict.in_lang(lang).into()] {
            text.extend([part.as_str(), if part.is_empty() { "" } else { "\n" }]);
        }
        let page = replayed
            .recording
            .map(|recording| html::page_at(&[("", &recording)], lang.code(), Some(recording.steps.len())));
        Ok(Replay { text, as_told, page })
    }

    fn result<'a>(&self, checks: &'a [CheckResult]) -> io::Result<&'a CheckResult> {
        let result = checks.iter().find(|check| check.id == self.check.id);
        result.ok_or_else(|| io::Error::other(format!("nothing was said of {}", self.check.id)))
    }
}

/// What has this name beside a file.
fn beside(file: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let path = file.with_file_name(name.file_name().filter(|last| name.as_os_str() == *last)?);
    path.exists().then_some(path)
}

/// A text with every number the same, `3` and `0.5` and `127.0.0.1`.
fn without_numbers(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    for c in text.chars() {
        let in_number = without.ends_with('0');
        match c {
            '.' if in_number => {}
            c if !c.is_ascii_digit() => without.push(c),
            _ if in_number => {}
            _ => without.push('0'),
        }
    }
    without
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_not_what_tells_two_failures_apart() {
        let told = [
            "asleep for 3 s, client 12 at 127.0.0.1:7",
            "asleep for 0.5 s, client 1 at 198.51.100.112:12654",
        ];
        assert_eq!(told.map(without_numbers), ["asleep for 0 s, client 0 at 0:0"; 2]);
    }
}
