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

/// Korean with the particle 로 as numbers are read aloud: 으로 behind 0, 3 and 6, with a backtick between or without, if this format
/// has one behind a value. What is quoted stays as it is.
#[must_use]
pub fn as_read_aloud(format: &str, text: String) -> String {
    let mut spelled = text;
    if !["}로 ", "}`로 "].iter().any(|particle| format.contains(particle)) {
        return spelled;
    }
    for number in ["0", "3", "6", "0`", "3`", "6`"] {
        spelled = spelled.replace(&format!("{number}로 "), &format!("{number}으로 "));
    }
    spelled
}

/// `words!("{n}바이트", "{n} bytes")`: two format strings.
#[macro_export]
macro_rules! words {
    ($ko:literal, $en:literal) => {
        $crate::words::Words { ko: $crate::words::as_read_aloud($ko, format!($ko)), en: format!($en) }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_particle_follows_how_a_number_is_read() {
        let ko = |bad: &str| words!("`{bad}`로 실행", "started with `{bad}`").ko;
        assert_eq!(
            ["79846", "65540", "127.0.0.3"].map(ko),
            ["`79846`으로 실행", "`65540`으로 실행", "`127.0.0.3`으로 실행"]
        );
        assert_eq!(["5000x", "7", "-1"].map(ko), ["`5000x`로 실행", "`7`로 실행", "`-1`로 실행"]);
        let said = "포트 40000로 연결";
        assert_eq!(words!("stdout: {said}", "stdout: {said}").ko, "stdout: 포트 40000로 연결");
    }
}
