//! What a program printed, read as kindly as a person reads: spaces, capitals, the kind of apostrophe and further lines
//! don't matter. Who prints all that could be right has said nothing.

use std::collections::BTreeSet;

use crate::bench::{Finished, bytes, output};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// What follows a label, wherever it stands.
pub(super) fn after<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let follows = |line: &'a str| -> Vec<&'a str> {
        let starts = line.char_indices().filter(|(_, c)| !c.is_whitespace());
        starts.filter_map(|(i, _)| strip(&line[i..], label)).collect()
    };
    text.lines().flat_map(follows).collect()
}

/// What is left of a text that starts with a label.
fn strip<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    label.chars().filter(|c| !c.is_whitespace()).try_fold(text, |rest, wanted| {
        let rest = rest.trim_start();
        let c = rest.chars().next()?;
        alike(c, wanted).then(|| &rest[c.len_utf8()..])
    })
}

fn alike(a: char, b: char) -> bool {
    let quote = |c| matches!(c, '\'' | '’' | '‘' | '`' | '´');
    a.eq_ignore_ascii_case(&b) || (quote(a) && quote(b))
}

/// The first whole number in a text: -1 in ` = -1 (0xFFFF)`.
pub(super) fn number(text: &str) -> Option<i64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number: i64 = rest[..end].parse().ok()?;
    Some(if text[..start].ends_with('-') { -number } else { number })
}

/// The number right behind a label: 7 in ` : 7`; none in ` of process 7`, nor in ` : 0x07`.
fn value(rest: &str) -> Option<i64> {
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":=".contains(c));
    if rest.starts_with("0x") || rest.starts_with("0X") {
        return None;
    }
    rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| number(rest))?
}

/// Does a list of several numbers begin behind a label? There it does in ` = (7, 9)`, ` : 7 / 9` and ` = 7 (9)`; not in ` = 7 (0x07)`,
/// nor in ` = 7 (2 bytes)`.
fn is_list(rest: &str) -> bool {
    let between = |c: char| c.is_whitespace() || ",;/|".contains(c);
    let Some(first) = number(rest) else { return false };
    let from = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let behind = rest[from..].trim_start_matches(|c: char| c.is_ascii_digit());
    let next = behind.trim_start_matches(between);
    let next = if let Some(inside) = next.strip_prefix('(') {
        inside.split_once(')').map(|(inside, _)| inside.trim())
    } else if next.len() < behind.len() {
        next.split(|c: char| !(c.is_alphanumeric() || c == '-')).next()
    } else {
        None
    };
    next.and_then(|next| next.parse().ok()).is_some_and(|next: i64| next != first)
}

/// The dotted decimal addresses in a text.
pub(super) fn addresses(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.filter(|word| word.matches('.').count() == 3).collect()
}

/// More words than a program needs to say what it was asked, and all that it wants to say besides.
const MOST_WORDS: usize = 100;

/// More numbers than stand in a lab's output, and a few besides.
const MOST_NUMBERS: usize = 5;

/// Its words: names, addresses, numbers.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
}

/// Are these words in a text, in this order? Others may stand between them, but not so many that any would.
pub(super) fn says<'a>(text: &str, wanted: impl IntoIterator<Item = &'a str>) -> bool {
    let mut words = words_of(text);
    words_of(text).nth(MOST_WORDS).is_none()
        && wanted.into_iter().all(|wanted| words.any(|word| word == wanted))
}

/// What is to be said of a text so long that nobody knows which of it is meant.
pub(super) fn too_much(text: &str) -> Option<Words> {
    words_of(text).nth(MOST_WORDS).map(|_| too_many_words())
}

fn too_many_words() -> Words {
    words!(
        "너무 많이 출력해서 어느 값이 답인지 가려낼 수 없어요({MOST_WORDS}단어까지).",
        "It prints so much that nobody knows which of it is the answer (at most {MOST_WORDS} words)."
    )
}

/// What is to be said of a label with several.
pub(super) fn one_value() -> Words {
    words!("항목 이름(label) 하나에는 값을 하나만 출력해야 해요.", "A label has one value.")
}

/// What is to be said of an answer with that to another question beside it.
pub(super) fn anothers() -> Words {
    words!(
        "인자로 주지 않은 호스트의 정보까지 출력했어요.",
        "It prints another host's, too, which it was not asked for."
    )
}

/// Is a check's cause that all was printed that could be right?
#[must_use]
pub fn prints_all(cause: &Words) -> bool {
    [too_many_words(), one_value(), anothers()].contains(cause)
}

/// Each of these values that was printed at all must stand behind its label, in a line of its own; if none was, the first label
/// before something else. What is missing is for other checks to say.
pub(super) fn labelled(did: &Words, finished: &Finished, lines: &[(&str, &str)]) -> Verdict {
    let text = finished.text();
    let has_label = |text: &str| lines.iter().any(|(label, _)| !after(text, label).is_empty());
    let stands = |(label, value): &&(&str, &str)| {
        let rests = after(&text, label).into_iter().map(str::trim).filter(|rest| !rest.is_empty());
        let is = |rest: &str| {
            rest.strip_prefix(value)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) && !has_label(rest))
        };
        // One label, one value.
        let all: Vec<bool> = rests.map(is).collect();
        all.contains(&true) && !all.contains(&false)
    };
    let bare = |label: &str| after(&text, label).iter().all(|rest| rest.trim().is_empty());
    let printed: Vec<_> = lines.iter().filter(|(_, value)| says(&text, [*value])).collect();
    let wrong = if printed.is_empty() {
        lines.first().filter(|(label, _)| bare(label))
    } else {
        printed.into_iter().find(|line| !stands(line))
    };
    let Some((label, value)) = wrong else { return Ok(()) };
    let misplaced = lines.iter().any(|(label, value)| {
        let others = lines.iter().filter(|(other, theirs)| other != label && theirs != value);
        after(&text, label).iter().any(|rest| others.clone().any(|(_, theirs)| rest.trim() == *theirs))
    });
    let two_in_a_line = text.lines().any(|line| {
        let labels = lines.iter().filter(|(label, _)| !after(line, label).is_empty());
        labels.count() > 1
    });
    Err(Failure {
        did: did.clone(),
        expected: words!("이 줄이 있어야 해요: `{label} {value}`", "in a line: `{label} {value}`"),
        got: output(finished),
        cause: if finished.text().contains('\u{fffd}') {
            no_encoding()
        } else if bare(label) && finished.exit_status() != Some(0) {
            // It ended before.
            Words::default()
        } else if two_in_a_line {
            words!(
                "여러 줄이 한 줄로 이어졌어요. printf의 형식 문자열을 \\n으로 끝내세요.",
                "Several lines have become one. End printf's format with \\n."
            )
        } else if misplaced {
            words!(
                "값이 다른 항목 이름 뒤에 있어요. 순번은 1부터 시작해요.",
                "The value stands behind another label. The first is number 1."
            )
        } else {
            words!(
                "printf의 형식 문자열을 슬라이드와 비교해 보세요.",
                "Compare printf's format with the slide's."
            )
        },
    }
    .into())
}

/// What is to be said of text in an encoding that nobody knows.
fn no_encoding() -> Words {
    words!(
        "출력이 UTF-8도 EUC-KR도 아니에요. 소스 파일을 UTF-8로 저장하세요.",
        "The output is neither UTF-8 nor EUC-KR. Save the source file as UTF-8."
    )
}

/// The numbers of a label: those right behind it; if there are none, the first in what follows.
fn values(labelled: &[&str]) -> BTreeSet<i64> {
    let right_behind: BTreeSet<i64> = labelled.iter().filter_map(|rest| value(rest)).collect();
    if right_behind.is_empty() {
        return labelled.iter().filter_map(|rest| number(rest)).collect();
    }
    right_behind
}

/// The numbers that stand by themselves in a text.
fn numbers_of(text: &str) -> impl Iterator<Item = i64> {
    words_of(text).filter_map(|word| word.parse().ok())
}

/// Is one of these labels not there?
fn one_is_missing(text: &str, labels: &[&str]) -> bool {
    labels.iter().any(|label| after(text, label).is_empty())
}

/// Has one of a lab's labels one value, in a text that is not too much? Where another is missing, a line may have been copied, and only
/// its value changed: then it has that one's too, and that one is missing is another check's matter.
fn has_one_value(text: &str, labels: &[&str], label: &str) -> bool {
    let labelled = after(text, label);
    too_much(text).is_none()
        && !labelled.iter().any(|rest| is_list(rest))
        && (values(&labelled).len() <= 1 || one_is_missing(text, labels))
}

/// The number of one of a lab's labels: the one behind it. Where it is missing, or another is and it has that one's too, its place
/// tells, if there are no more numbers than labels: that a label is missing is another check's matter.
fn number_of(text: &str, labels: &[&str], label: &str) -> Option<i64> {
    let labelled = after(text, label);
    if !has_one_value(text, labels, label) {
        return None;
    }
    let values = values(&labelled);
    if !labelled.is_empty() && values.len() <= 1 {
        return values.first().copied();
    }
    let numbers: Vec<i64> = numbers_of(text).take(labels.len() + 1).collect();
    let before = labels.len().checked_sub(numbers.len())?;
    let place = labels.iter().position(|one| *one == label)?;
    numbers.get(place.checked_sub(before)?).copied()
}

/// Fails unless it printed this number behind this one of the lab's labels, and no other.
pub(super) fn ensure_number(did: Words, text: &str, labels: &[&str], label: &str, wanted: i64) -> Verdict {
    ensure(tells(text, labels, label, wanted), || Failure {
        did,
        expected: words!("`{label}` 뒤에 이 수가 있어야 해요: {wanted}", "`{label}`: {wanted}"),
        got: shown(text, label),
        cause: too_much(text).or((!has_one_value(text, labels, label)).then(one_value)).unwrap_or_default(),
    })
}

/// Is this the number of this one of the lab's labels?
pub(super) fn tells(text: &str, labels: &[&str], label: &str, wanted: i64) -> bool {
    number_of(text, labels, label) == Some(wanted)
}

/// All numbers behind the labels, or anywhere if there is no label; none if they are more than a few.
pub(super) fn all_numbers(text: &str, labels: &[&str]) -> BTreeSet<i64> {
    let mut numbers: BTreeSet<i64> = labels.iter().flat_map(|label| values(&after(text, label))).collect();
    if labels.iter().all(|label| after(text, label).is_empty()) {
        numbers = numbers_of(text).take(MOST_NUMBERS + 1).collect();
    }
    if numbers.len() > MOST_NUMBERS { BTreeSet::new() } else { numbers }
}

/// Does the first word behind a label, where a line begins with it, differ from line to line? Not if one of the labels is missing:
/// see [`has_one_value`].
pub(super) fn has_several(text: &str, labels: &[&str], label: &str) -> bool {
    let begin = |line| str::trim_start_matches(line, |c: char| !c.is_alphanumeric());
    let labelled = text.lines().filter_map(|line| strip(begin(line), label));
    let words: BTreeSet<&str> = labelled.filter_map(|rest| words_of(rest).next()).collect();
    words.len() > 1 && !one_is_missing(text, labels)
}

/// The lines with a label, or all: the first ten.
pub(super) fn shown(text: &str, label: &str) -> Words {
    let labelled: Vec<&str> = text.lines().filter(|line| !after(line, label).is_empty()).collect();
    let lines = if labelled.is_empty() { text.lines().collect() } else { labelled };
    let lines = lines.into_iter().filter(|line| !line.trim().is_empty()).take(10);
    let lines: Vec<String> = lines.map(|line| bytes(line.as_bytes())).collect();
    if lines.is_empty() {
        return words!("stdout에 아무것도 출력되지 않았어요", "nothing on stdout");
    }
    let lines = lines.join("\n");
    words!("stdout: {lines}", "stdout: {lines}")
}

/// Fails unless every label is in what it printed, with one value.
pub(super) fn ensure_labels(did: &Words, finished: &Finished, text: &str, labels: &[&str]) -> Verdict {
    let unreadable = finished.text().contains('\u{fffd}');
    for label in labels {
        let labelled = after(text, label);
        ensure(!labelled.is_empty() && has_one_value(text, labels, label), || Failure {
            did: did.clone(),
            expected: words!("stdout에 이것이 있어야 해요: `{label}`", "`{label}` on stdout"),
            got: shown(text, label),
            cause: if let Some(too_much) = too_much(text) {
                too_much
            } else if !labelled.is_empty() {
                one_value()
            } else if unreadable {
                no_encoding()
            } else if finished.exit_status() != Some(0) || text.trim().is_empty() {
                // It may have ended before, or have lost what it had to say.
                Words::default()
            } else {
                words!(
                    "출력할 문장은 과제 설명에 있는 그대로 옮기세요. 공백은 달라도 돼요.",
                    "Take the words from the lab's statement as they stand there. Spaces don't matter."
                )
            },
        })?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::verdict::Fault;

    #[test]
    fn a_label_is_found_however_it_is_spaced() {
        assert_eq!(after("a\n* UDP  포트(망)  :7", "udp 포트 (망)"), ["  :7"]);
        assert_eq!(after("/etc/passwd’s fd = 3", "/etc/passwd's fd"), [" = 3"]);
        assert!(after("datagram socket = 5", "stream socket").is_empty());
    }

    #[test]
    fn numbers_have_signs_and_ends() {
        assert_eq!(number(" = -1 (0xFFFF)"), Some(-1));
        assert_eq!(number(": 65226 (0xFECA)"), Some(65226));
        assert_eq!(number("= cafe"), None);
    }

    #[test]
    fn a_number_counts_for_its_own_label() {
        let tells = |text, wanted| tells(text, &["net", "host"], "host", wanted);
        assert!(tells("net : 7\nhost : 8", 8));
        assert!(!tells("net : 7\nhost : 8", 7));
        assert!(tells("net : 7\nhost of 9\nhost : 8\nhost = 8\nhost : 0x08", 8));
        assert!(!tells("net : 7\nhost : 8\nhost : 7\nnet : 8", 8), "both of both");
        assert!(!tells("net x7\nhost x8\nhost x7", 8), "both, not right behind");
    }

    #[test]
    fn where_a_label_is_missing_the_place_tells() {
        let both = |text| ["net", "host"].map(|label| number_of(text, &["net", "host"], label));
        assert_eq!(both("7, 8"), [Some(7), Some(8)], "no label at all");
        assert_eq!(both("host : 7\nhost : 8"), [Some(7), Some(8)], "a line was copied");
        assert_eq!(both("n1 : 7\nhost : 8"), [Some(7), Some(8)]);
        assert_eq!(both("host : 8"), [None, Some(8)]);
        assert_eq!(both("8"), [None, Some(8)]);
        assert_eq!(both("host : \n8"), [None, None], "it is there, without a number");
        assert_eq!(both("host : 7\nhost : 8\nhost : 9"), [None, None], "many values");
        assert_eq!(both("7 8 7"), [None, None], "more numbers than labels");
    }

    #[test]
    fn a_list_is_not_one_value() {
        let tells = |text, wanted| tells(text, &["host"], "host", wanted);
        for list in [
            "host = (7, 9)",
            "host : 7 / 9",
            "host 7 9",
            "host=[7,9]",
            "host : 7, -9",
            "host = 7 (9)",
            "host 7(9)",
        ] {
            assert!(!tells(list, 7) && !tells(list, 9), "{list}");
        }
        assert!(!tells("7, 9", 7) && !tells("7, 9", 9), "two, and no label");
        for one in [
            "host = 7 (0x07)",
            "host : 7.",
            "host : 7 0x07",
            "host = (7, 7)",
            "host = 7 (of 9)",
            "host = 7 (2 bytes)",
            "host 7 (7)",
            "7",
        ] {
            assert!(tells(one, 7), "{one}");
        }
    }

    #[test]
    fn who_says_everything_says_nothing() {
        let all = "7 ".repeat(MOST_WORDS);
        assert!(says(&all, ["7"]) && too_much(&all).is_none());
        let more = format!("{all}and");
        assert!(!says(&more, ["7"]) && too_much(&more).is_some());
    }

    #[test]
    fn who_prints_all_that_could_be_right_is_told_so() {
        let cause = |text: &str| match ensure_number(Words::default(), text, &["host"], "host", 9) {
            Err(Fault::Failed(failure)) => prints_all(&failure.cause),
            other => panic!("{other:?}"),
        };
        assert!(cause("host : 7\nhost : 9"), "several values");
        assert!(cause(&format!("host : {}", "7 ".repeat(MOST_WORDS + 1))), "many words");
        assert!(cause(&format!("host : 9\n{}", "and\n".repeat(MOST_WORDS))), "many lines");
        assert!(!cause("host : 7"), "merely wrong");
    }

    #[test]
    fn a_line_of_ones_own_has_another_label() {
        let has_several = |text| has_several(text, &["name :", "type :"], "name :");
        assert!(has_several("name : a\n* name : b\ntype : 2"));
        assert!(!has_several("name : a (b)\nname : a\nyour name : b\ntype : 2"));
        assert!(!has_several("name : a\nname : 2"), "a line was copied");
    }

    #[test]
    fn addresses_have_three_dots() {
        assert_eq!(addresses("(0x1.2) = 210.115.36.231, v1.0"), ["210.115.36.231"]);
    }
}
