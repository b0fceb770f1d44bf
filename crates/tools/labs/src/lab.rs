//! Labs: what is asked for, and what is checked.

use crate::bench::Bench;
use crate::verdict::Verdict;
use crate::words::Lang;

/// One lab: a lecture program that students write themselves.
#[derive(Debug)]
pub struct Lab {
    /// `tcp_echoserv`: the program's name.
    pub name: &'static str,
    /// How it is started: `tcp_echoserv PORT`.
    pub usage: &'static str,
    /// The slides it comes from: `15, 36-44`.
    pub slides: &'static str,
    /// What to hand in and what it must do, as Markdown: Korean, English.
    pub statement: [&'static str; 2],
    /// In the order in which they are tried: a check comes after those it needs. Their points add up to 100.
    pub checks: &'static [Check],
}

impl Lab {
    /// Its statement in a language.
    #[must_use]
    pub fn statement(&self, lang: Lang) -> &'static str {
        self.statement[lang as usize]
    }

    /// The check with this id.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&'static Check> {
        self.checks.iter().find(|check| check.id == id)
    }
}

/// One thing that a lab checks.
#[derive(Debug)]
pub struct Check {
    /// `half_close`
    pub id: &'static str,
    /// What it looks at, in a few words: Korean, English.
    pub title: [&'static str; 2],
    /// What it is worth.
    pub points: u32,
    /// The ids of the checks without which this one says nothing.
    pub needs: &'static [&'static str],
    /// The slides to read: `39`, `31, 34`.
    pub slide: &'static str,
    /// How to find out.
    pub run: fn(&mut Bench) -> Verdict,
}

impl Check {
    /// Its title in a language.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &'static str {
        self.title[lang as usize]
    }
}

/// The first check of every lab. The judge has built the submission before it asks.
pub(crate) const BUILD: Check = Check {
    id: "build",
    title: ["컴파일해서 실행할 수 있어요", "It compiles, and can be started"],
    points: 0,
    needs: &[],
    slide: "12",
    run: |_| Ok(()),
};

/// Both statements of a lab.
macro_rules! statement {
    ($name:literal) => {
        [
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/statements/", $name, ".ko.md")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/statements/", $name, ".en.md")),
        ]
    };
}
pub(crate) use statement;
