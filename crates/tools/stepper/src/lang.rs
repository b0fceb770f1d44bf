//! The language of what is said to people. The labs have one like it: the only place below both is labkit, which the lecture programs'
//! tests are built with, and clap would be built with them.

use std::env;

/// So many bytes, in Korean and in English.
#[must_use]
pub fn bytes(n: usize) -> [String; 2] {
    [format!("{n}바이트"), if n == 1 { "1 byte".into() } else { format!("{n} bytes") }]
}

/// Korean or English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Korean.
    #[default]
    Ko,
    /// English.
    En,
}

impl Lang {
    /// That of the locale: English where it says so (`LC_ALL`, `LC_MESSAGES`, `LANG`: locale(7)), else Korean.
    #[must_use]
    pub fn of_locale() -> Self {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = variables.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.is_empty());
        if locale.is_some_and(|locale| locale.starts_with("en")) { Lang::En } else { Lang::Ko }
    }

    /// Gives the one of the two that is in this language.
    #[must_use]
    pub fn of<T>(self, ko: T, en: T) -> T {
        match self {
            Lang::Ko => ko,
            Lang::En => en,
        }
    }
}
