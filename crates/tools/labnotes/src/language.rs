//! The two languages, and the book's own words in both.

/// A language of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Korean, which is written first.
    Ko,
    /// English, which follows.
    En,
}

impl Language {
    /// Both, Korean first.
    pub const ALL: [Language; 2] = [Language::Ko, Language::En];

    /// Its folder in `lab-notes/`, and its `lang`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.of("ko", "en")
    }

    /// Where its pages are in the built book, from the root: Korean is the root.
    #[must_use]
    pub fn folder(self) -> &'static str {
        self.of("", "en/")
    }

    /// The one of the two that is in this language.
    #[must_use]
    pub fn of<T>(self, ko: T, en: T) -> T {
        match self {
            Language::Ko => ko,
            Language::En => en,
        }
    }
}
