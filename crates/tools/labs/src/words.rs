//! What is said to people, in Korean and in English.

use std::env;

use serde::{Deserialize, Serialize};

/// The language of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Korean.
    #[default]
    Ko,
    /// English.
    En,
}

impl Lang {
    /// Both, Korean first.
    pub const ALL: [Lang; 2] = [Lang::Ko, Lang::En];

    /// That of the locale: English where it says so (`LC_ALL`, `LC_MESSAGES`, `LANG`: locale(7)), else Korean.
    #[must_use]
    pub fn of_locale() -> Self {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = variables.iter().filter_map(|name| env::var(name).ok()).find(|value| !value.is_empty());
        if locale.is_some_and(|locale| locale.starts_with("en")) { Lang::En } else { Lang::Ko }
    }

    /// Its code (ISO 639): `ko`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.of("ko", "en")
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

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

impl Words {
    /// In one of them.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> &str {
        lang.of(&self.ko, &self.en)
    }
}

/// The end of an English plural: `{n} byte{s}`.
#[must_use]
pub fn s(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// `words!("{n}바이트", "{n} bytes")`: two format strings.
#[macro_export]
macro_rules! words {
    ($ko:literal, $en:literal) => {
        $crate::words::Words { ko: format!($ko), en: format!($en) }
    };
}
