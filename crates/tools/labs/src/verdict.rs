//! Verdicts: what a check says of a submission.

use std::io;

use crate::words::Words;

/// What a check says of a submission.
pub type Verdict<T = ()> = Result<T, Fault>;

/// Why a check did not pass.
#[derive(Debug)]
pub enum Fault {
    /// The submission's: it loses the points.
    Failed(Box<Failure>),
    /// The same, and a signal ended the program.
    Died(Box<Failure>),
    /// Nobody's, for it says nothing: what came of it is what the check with this id has failed for. As if it had needed that one.
    Unsaid(&'static str),
    /// The grader's own: nobody loses anything, and there is no mark.
    Grader(io::Error),
}

/// What a student is told of a failed check. In Korean each field has one form, which a test keeps: `did` is a noun phrase
/// (…실행, …보냄), `expected` a sentence of what should be so (…여야 해요), `got` one of what was so (…했어요), or the evidence itself
/// (`stdout: …`, a system call), `cause` sentences.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// What was done: "sent 5 bytes to 127.0.0.1:4000 and closed the sending side".
    pub did: Words,
    /// What should have come of it.
    pub expected: Words,
    /// What came instead.
    pub got: Words,
    /// The likely cause, and what to try. Empty where there is none.
    pub cause: Words,
}

impl Fault {
    /// Adds a likely cause, unless there is one already.
    #[must_use]
    pub fn because(self, cause: Words) -> Self {
        self.changed(|failure| {
            if failure.cause == Words::default() {
                failure.cause = cause;
            }
        })
    }

    /// Puts this cause in place of a more general one, for a scene that shows it. A death keeps the cause that it has.
    #[must_use]
    pub fn surely_because(self, cause: Words) -> Self {
        match self {
            Fault::Failed(failure) => Failure { cause, ..*failure }.into(),
            other => other,
        }
    }

    /// The same, with when it was said before what was done: "client number 3: …".
    #[must_use]
    pub fn after(self, when: &Words) -> Self {
        self.changed(|failure| {
            failure.did.ko = format!("{}: {}", when.ko, failure.did.ko);
            failure.did.en = format!("{}: {}", when.en, failure.did.en);
        })
    }

    /// The same, with to whom before what was expected.
    #[must_use]
    pub fn to(self, whom: &Words) -> Self {
        self.changed(|failure| {
            failure.expected.ko.insert_str(0, &whom.ko);
            failure.expected.en.insert_str(0, &whom.en);
        })
    }

    /// Says nothing if this check has failed: its mistake would be told, and paid for, twice.
    #[must_use]
    pub fn unless_failed(self, failed: &[&'static str], check: &'static str) -> Self {
        match self {
            Fault::Failed(_) | Fault::Died(_) if failed.contains(&check) => Fault::Unsaid(check),
            other => other,
        }
    }

    fn changed(mut self, change: impl FnOnce(&mut Failure)) -> Self {
        if let Fault::Failed(failure) | Fault::Died(failure) = &mut self {
            change(failure);
        }
        self
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Grader(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Failed(Box::new(failure))
    }
}

/// Fails unless something is so.
pub fn ensure(so: bool, failure: impl FnOnce() -> Failure) -> Verdict {
    if so { Ok(()) } else { Err(failure().into()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The string that a text begins with.
    fn string(text: &str) -> Option<String> {
        let mut escaped = false;
        let inside = |c: &char| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            !ends
        };
        Some(text.trim_start().strip_prefix('"')?.chars().take_while(inside).collect())
    }

    /// The Korean of each `field` in the source files of a folder.
    fn korean(folder: &Path, field: &str) -> Vec<String> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let of = |path: PathBuf| {
            if path.is_dir() {
                return korean(&path, field);
            }
            let text = fs::read_to_string(path).unwrap();
            let starts = [": ", " = "].map(|is| format!("{field}{is}words!("));
            starts.iter().flat_map(|start| text.split(start).skip(1)).filter_map(string).collect()
        };
        paths.flat_map(of).collect()
    }

    #[test]
    fn each_field_of_a_failure_has_one_form() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let expected = korean(&src, "expected");
        assert!(expected.len() > 50, "{}", expected.len());
        for ko in expected {
            assert!(ko.contains("야 해요"), "not what should be so: {ko}");
        }
        let got = korean(&src, "got");
        assert!(got.len() > 30, "{}", got.len());
        for ko in got {
            assert!(ko.contains('요'), "not what was so: {ko}");
        }
    }
}
