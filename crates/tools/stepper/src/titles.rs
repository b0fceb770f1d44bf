//! What the programs' steps are called in Korean. In the sources their titles are English.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static KOREAN: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../lab-notes/steps.ko.toml")).unwrap_or_default() // a test reads it
});

/// Each title with its Korean, as `lab-notes/steps.ko.toml` has them.
#[must_use]
pub fn korean() -> &'static BTreeMap<String, String> {
    &KOREAN
}

/// `bind: …` of a line `// 5. bind: …`
#[must_use]
pub fn of_line(line: &str) -> Option<&str> {
    let (number, title) = line.trim().strip_prefix("// ")?.split_once(". ")?;
    number.parse::<u8>().ok().map(|_| title)
}

/// A program's text with its steps' titles in Korean. Those of other people's programs stay as they are.
#[must_use]
pub fn in_korean(text: &str) -> String {
    let translated = text.split_inclusive('\n').map(|line| {
        let of = of_line(line).and_then(|title| Some((title, KOREAN.get(title)?)));
        of.map_or_else(|| line.into(), |(title, korean)| line.replacen(title, korean, 1))
    });
    translated.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_titles_of_our_steps_are_translated() {
        let others = "    bind(s); // 5. bind\n    // In 5. bind: x\n    // 5. bind: my own\n";
        let title = "    // 5. bind: give the socket its address\n";
        let korean = "    // 5. bind: 소켓과 소켓주소(IP 주소, 포트 번호) 연결\n";
        assert_eq!(in_korean(&(title.to_string() + others)), korean.to_string() + others);
    }
}
