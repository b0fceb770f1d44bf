//! Bytes as a student can read them.

use encoding_rs::EUC_KR;

use crate::verdict::Failure;
use crate::words;
use crate::words::Words;

/// How many bytes of a long text are shown.
const SHOWN: usize = 80;

/// How many lines of a long output are shown.
const LINES: usize = 12;

/// `"abc\n"`, `"가\x00"`; of what is long the beginning, and how long it is.
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let mut cut = &bytes[..bytes.len().min(SHOWN)];
    // No character is cut in two.
    if cut.len() < bytes.len()
        && let Err(error) = std::str::from_utf8(cut)
        && error.error_len().is_none()
    {
        cut = &cut[..error.valid_up_to()];
    }
    let mut text = String::from("\"");
    for chunk in cut.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_control() => text.extend(format!("\\x{:02x}", u32::from(c)).chars()),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.extend(format!("\\x{byte:02x}").chars());
        }
    }
    text.push('"');
    if cut.len() < bytes.len() {
        text.extend(format!("… ({} bytes)", bytes.len()).chars());
    }
    text
}

/// What a program printed, in UTF-8: each line that is no UTF-8 but EUC-KR (CP949), as the course's older sources are, is converted.
/// A line that is neither stays as it is. Line by line, because what a peer sent has an encoding of its own.
pub(super) fn in_utf8(printed: &[u8]) -> Vec<u8> {
    let convert = |line: &[u8]| match EUC_KR.decode_without_bom_handling_and_without_replacement(line) {
        Some(text) if std::str::from_utf8(line).is_err() => text.into_owned().into_bytes(),
        _ => line.to_vec(),
    };
    printed.split_inclusive(|byte| *byte == b'\n').flat_map(convert).collect()
}

/// Each line of a text as [`bytes`] shows it; of many the first ones.
pub(super) fn lines(text: &[u8]) -> String {
    some_lines(text, |lines| {
        let n = lines.len();
        lines.truncate(LINES);
        lines.push(format!("… ({n} lines)"));
    })
}

/// As [`lines`], but of many the last ones: there stands what went wrong, in the languages that say how it came to that first.
pub(super) fn last_lines(text: &[u8]) -> String {
    some_lines(text, |lines| {
        let n = lines.len();
        lines.drain(..n - LINES);
        lines.insert(0, format!("({n} lines) …"));
    })
}

fn some_lines(text: &[u8], shorten: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines: Vec<String> = text.split_inclusive(|byte| *byte == b'\n').map(bytes).collect();
    if lines.is_empty() {
        return bytes(text);
    }
    if lines.len() > LINES {
        shorten(&mut lines);
    }
    lines.join("\n")
}

/// A failure if the bytes differ: both, and where they part.
#[must_use]
pub fn compare(did: Words, expected: &[u8], got: &[u8]) -> Option<Failure> {
    if expected == got {
        return None;
    }
    let same = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
    // From a little before the place where they part.
    let from = if same > SHOWN / 2 { same - SHOWN / 4 } else { 0 };
    let came = rest(got, from, ["아무것도 없었어요", "였어요"]);
    let alike = match same {
        0 => Words::default(),
        _ => words!(" (처음 {same}바이트는 같아요)", " (the first {same} alike)"),
    };
    Some(Failure {
        did,
        expected: rest(expected, from, ["아무것도 없어야 해요", "여야 해요"]),
        got: Words { ko: came.ko + &alike.ko, en: came.en + &alike.en },
        cause: Words::default(),
    })
}

/// How many bytes there are, and what they are from one of them on; as a Korean sentence with these endings.
fn rest(all: &[u8], from: usize, [none, so]: [&str; 2]) -> Words {
    let (n, s, shown) = (all.len(), words::s(all.len()), bytes(&all[from.min(all.len())..]));
    match (n, from) {
        (0, _) => words!("{none}", "nothing"),
        (_, 0) => words!("{n}바이트{so}: {shown}", "{n} byte{s}: {shown}"),
        _ => words!("{n}바이트{so}. {from}번째부터 {shown}", "{n} byte{s}, from byte {from} on {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_its_own_encoding() {
        let (korean, _, _) = EUC_KR.encode("포트\n뷁 : ");
        let peers = "답 😀\n".as_bytes();
        assert_eq!(in_utf8(&[&korean, &b"7\n"[..], peers].concat()), "포트\n뷁 : 7\n답 😀\n".as_bytes());
        for neither in [&b"\xff\xfe\n"[..], b"\xc6", b"\0\x80\n"] {
            assert_eq!(in_utf8(neither), neither);
        }
    }

    #[test]
    fn of_many_lines_the_first_or_the_last_are_shown() {
        let text = (1..=30).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        let (first, last) = (lines(text.as_bytes()), last_lines(text.as_bytes()));
        assert!(
            first.starts_with("\"line 1\\n\"\n") && first.ends_with("\"line 12\\n\"\n… (30 lines)"),
            "{first}"
        );
        assert!(
            last.starts_with("(30 lines) …\n\"line 19\\n\"\n") && last.ends_with("\"line 30\\n\""),
            "{last}"
        );
        assert_eq!((lines(b""), last_lines(b"a\nb")), ("\"\"".into(), "\"a\\n\"\n\"b\"".into()));
    }
}
