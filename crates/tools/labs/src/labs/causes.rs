//! From evidence to cause: what the bytes that came, or that were printed, tell of the mistake that made them. What they don't tell
//! is not said.

use std::net::Ipv4Addr;

use crate::bench::LONGEST_LINE;
use crate::verdict::Fault;
use crate::words;
use crate::words::Words;

/// Why `got` came where `line` was typed, and `answer` was sent back, if the bytes tell.
pub(super) fn of_sent(line: &[u8], answer: &[u8], got: &[u8]) -> Option<Words> {
    again(line, answer, got)
        .or_else(|| nul_too(line, got))
        .or_else(|| whole_buffer(line, got))
        .or_else(|| without_newline(line, got))
        .or_else(|| last_byte(line, got))
        .or_else(|| small_buffer(line, got))
}

/// Why `stdout` is what was printed of an answer that came in these pieces, if it tells. `line` is what the client had sent.
pub(super) fn of_printed(line: &[u8], pieces: &[&[u8]], stdout: &[u8]) -> Option<Words> {
    let answer = pieces.concat();
    label_again(pieces, stdout)
        .or_else(|| one_read(pieces, stdout))
        .or_else(|| format_taken(&answer, stdout))
        .or_else(|| stops_at_nul(&answer, stdout))
        .or_else(|| own_line(line, &answer, stdout))
        .or_else(|| cut(&answer, stdout))
}

/// Two arguments that are no address, equally long. Whoever takes the second one for a format writes where the stack points to: a
/// few words of it, and one surely points nowhere. What comes before lets the format survive a write to its own beginning.
pub(super) const PLAIN_AND_FORMAT: [&str; 2] =
    ["localhost.x.x.x.x.x.x.x.x.x.x.x.x", "localhost%n%n%n%n%n%n%n%n%n%n%n%n"];

/// The fault of a program that lived on with the first of [`PLAIN_AND_FORMAT`]: if it died with the second, of the `%` in it.
pub(super) fn of_format(argument: &str, fault: Fault) -> Fault {
    match fault {
        Fault::Died(mut failure) if argument == PLAIN_AND_FORMAT[1] => {
            failure.cause = words!(
                "길이가 같은 다른 인자로는 종료되지 않았어요. printf(line)은 line에 들어 있는 인자의 %를 형식 지정자로 해석해요. printf(\"%s\", line)을 사용하세요.",
                "With another argument of that length it didn't die. printf(line) takes a % in line, from the argument, for a conversion. Use printf(\"%s\", line)."
            );
            Fault::Died(failure)
        }
        other => other,
    }
}

/// What is almost an address: one with a letter or another number behind it, with a sign, with a number as in a source file.
pub(super) fn almost(ip: Ipv4Addr) -> [String; 4] {
    let [first, rest @ ..] = ip.octets();
    let rest = rest.map(|byte| byte.to_string()).join(".");
    let as_in_a_source = format!("{}_{:02}.{rest}", first / 100, first % 100);
    [format!("{ip}x"), format!("{ip}.8"), format!("+{ip}"), as_in_a_source]
}

/// Why one with a sign or an underscore was taken for an address.
pub(super) fn of_odd_number(bad: &str) -> Option<Words> {
    bad.contains(['+', '_']).then(|| words!(
        "sscanf, strtol, int()는 부호가 붙은 수(+1)도 받고, 파이썬의 int()는 1_0도 받아요. inet_pton은 숫자만 받으니, 반환값이 1인지 확인하세요.",
        "sscanf, strtol and int() take a sign (+1), and int() of Python takes 1_0 as well. inet_pton takes digits alone: look whether it returns 1."
    ))
}

/// What is in the buffer once more, the last line or the answer that came into its place: a loop that asks feof.
pub(super) fn again(sent: &[u8], answer: &[u8], got: &[u8]) -> Option<Words> {
    let last = sent.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
    let more = got.strip_prefix(sent)?.trim_ascii_end();
    (!more.is_empty() && (more == last || more == answer.trim_ascii_end())).then(|| {
        words!(
            "입력이 끝났는데 버퍼에 있던 것을 한 번 더 보냈어요. feof(stdin)은 fgets가 NULL을 돌려준 다음에야 참이 돼요. while (fgets(…) != NULL)로 반복하세요.",
            "The input had ended, and it sent once more what was in the buffer. feof(stdin) is true only after fgets has returned NULL: loop with while (fgets(…) != NULL)."
        )
    })
}

/// The string's NUL, too.
pub(super) fn nul_too(wanted: &[u8], got: &[u8]) -> Option<Words> {
    (got.strip_prefix(wanted)? == b"\0").then(|| {
        words!(
            "문자열 끝의 '\\0'까지 보냈어요. 보낼 바이트 수는 strlen(buf)이에요. 1을 더하지 마세요.",
            "It sent the '\\0' behind the text, too. How many bytes to send is strlen(buf), without 1 more."
        )
    })
}

/// All of the buffer: what was wanted, and rubbish or zeros behind it.
pub(super) fn whole_buffer(wanted: &[u8], got: &[u8]) -> Option<Words> {
    let more = got.strip_prefix(wanted)?;
    let (n, all) = (wanted.len(), got.len());
    let is_rubbish = more.len() > 1 && more.iter().any(|byte| !matches!(byte, b'\n' | b' '..=b'~'));
    is_rubbish.then(|| {
        words!(
            "{n}바이트 뒤에 버퍼의 나머지까지 모두 {all}바이트를 보냈어요. 보낼 바이트 수는 sizeof(buf)가 아니라 버퍼에 들어 있는 데이터의 길이, 곧 strlen(buf)이나 read의 반환값 n이에요.",
            "Behind the {n} bytes it sent the rest of the buffer, {all} bytes in all. How many bytes to send is not sizeof(buf) but what is in it: strlen(buf), or the n that read returned."
        )
    })
}

/// All but the newline. Of a longest line, it may be that the buffer had no room for it.
pub(super) fn without_newline(line: &[u8], got: &[u8]) -> Option<Words> {
    (line.len() < LONGEST_LINE && line.strip_suffix(b"\n")? == got).then(|| {
        words!(
            "줄 끝의 줄바꿈이 빠졌어요. 읽은 줄을 줄바꿈까지 그대로 보내세요.",
            "The newline at the line's end is missing. Send the line as it was read, newline included."
        )
    })
}

/// All but the last byte, or another in its place, where that is no newline.
pub(super) fn last_byte(text: &[u8], got: &[u8]) -> Option<Words> {
    let (last, begin) = text.split_last()?;
    let changed =
        got == begin || got.strip_prefix(begin).is_some_and(|rest| rest.len() == 1 && rest[0] != *last);
    (*last != b'\n' && changed).then(|| {
        words!(
            "마지막 문자가 바뀌었어요. 마지막 문자가 항상 줄바꿈이라고 가정하지 말고, 읽은 strlen(buf)바이트를 그대로 보내세요.",
            "The last character was changed. Don't take it for a newline: send the strlen(buf) bytes that were read, as they are."
        )
    })
}

/// The beginning of a line: so much as the buffer has room for.
pub(super) fn small_buffer(line: &[u8], got: &[u8]) -> Option<Words> {
    let (n, len) = (got.len(), line.len());
    (n > 0 && n < len && (n + 1 < len || len >= LONGEST_LINE) && line.starts_with(got)).then(|| {
        words!(
            "{len}바이트 가운데 앞의 {n}바이트만 왔어요. 줄 전체와 '\\0'이 들어갈 만큼 버퍼가 큰가요? fgets(buf, 4096, stdin)은 4095바이트까지만 읽어요.",
            "Of {len} bytes only the first {n} came. Has the buffer room for the whole line and a '\\0'? fgets(buf, 4096, stdin) reads 4095 bytes at the most."
        )
    })
}

/// All up to the first NUL, and no further.
pub(super) fn stops_at_nul(wanted: &[u8], got: &[u8]) -> Option<Words> {
    let nul = wanted.iter().position(|byte| *byte == 0)?;
    let (before, after) = (&wanted[..nul], wanted[nul + 1..].trim_ascii());
    (contains(got, before) && !contains(got, after)).then(|| {
        words!(
            "NUL 앞에서 멈추었어요. %s와 strlen은 NUL을 문자열의 끝으로 봐요. 받은 n바이트를 fwrite(buf, 1, n, stdout)이나 write로 출력하세요.",
            "It stopped at the NUL, which %s and strlen take for the text's end. Put out the n bytes that came with fwrite(buf, 1, n, stdout), or write."
        )
    })
}

/// printf(buf): what the text has before its first % is there, the % and its conversion are not.
pub(super) fn format_taken(text: &[u8], stdout: &[u8]) -> Option<Words> {
    let text = text.trim_ascii_end();
    let at = text.iter().position(|byte| *byte == b'%')?;
    let taken = contains(stdout, &text[..at]) && !contains(stdout, &text[..text.len().min(at + 2)]);
    taken.then(|| {
        words!(
            "printf(buf)는 buf의 %를 형식 지정자로 해석해요. printf(\"%s\", buf)나 fwrite(buf, 1, n, stdout)을 사용하세요.",
            "printf(buf) takes a % in buf for a conversion. Use printf(\"%s\", buf), or fwrite(buf, 1, n, stdout)."
        )
    })
}

/// Something of the program's own stands between the pieces: as often as it has read.
pub(super) fn label_again(pieces: &[&[u8]], stdout: &[u8]) -> Option<Words> {
    let answer = pieces.concat();
    let mut rest = stdout;
    let mut between = Vec::new();
    for piece in pieces {
        let piece = piece.trim_ascii_end();
        let at = find(rest, piece)?;
        between.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    let own = between.get(1..)?.iter().map(|own| own.trim_ascii()).find(|own| !own.is_empty());
    if contains(stdout, answer.trim_ascii_end()) {
        return None;
    }
    let shown =
        own.map(|own| String::from_utf8_lossy(own).into_owned()).filter(|own| own.chars().count() < 40);
    Some(match shown {
        Some(own) => words!(
            "받은 조각 사이에 `{own}`도 출력되었어요. read할 때마다 출력하지 말고 한 번만 출력하고, 조각들은 이어서 출력하세요.",
            "Between the pieces stands `{own}`. Print that once and not at each read, and the pieces one right after the other."
        ),
        None => words!(
            "받은 조각 사이에 줄바꿈이나 다른 바이트가 출력되었어요. read로 받은 n바이트만, 줄바꿈 없이 이어서 출력하세요.",
            "Between the pieces stand a newline or other bytes. Print the n bytes that read returned and nothing else, one right after the other."
        ),
    })
}

/// The first of several pieces, and nothing of the next.
pub(super) fn one_read(pieces: &[&[u8]], stdout: &[u8]) -> Option<Words> {
    let (first, rest) = pieces.split_first()?;
    let next = rest.first()?.trim_ascii();
    (contains(stdout, first) && !next.is_empty() && !contains(stdout, next)).then(|| {
        words!(
            "첫 조각만 출력했어요. TCP는 바이트 스트림(byte stream)이라서 read 한 번으로 다 받는다는 보장이 없어요. 다 받을 때까지 read를 반복하세요.",
            "It printed the first piece alone. TCP is a stream of bytes, and one read need not get all of them: repeat read until all has come."
        )
    })
}

/// The client's own line, in the place of the answer.
pub(super) fn own_line(line: &[u8], answer: &[u8], stdout: &[u8]) -> Option<Words> {
    let line = line.trim_ascii();
    (!line.is_empty() && contains(stdout, line) && !contains(stdout, answer.trim_ascii_end())).then(|| {
        words!(
            "보낸 줄을 출력했어요. 서버의 응답, 곧 수신 버퍼에 받은 n바이트를 출력해야 해요.",
            "It printed the line that it had sent. What to print is the server's answer: the n bytes in the buffer that received."
        )
    })
}

/// The beginning of the answer: so much as was received.
pub(super) fn cut(answer: &[u8], stdout: &[u8]) -> Option<Words> {
    let answer = answer.trim_ascii_end();
    let begins = find(stdout, answer.get(..4)?)?;
    let alike = answer.iter().zip(&stdout[begins..]).take_while(|(a, b)| a == b).count();
    let (n, tail) = (answer.len(), stdout[begins + alike..].trim_ascii());
    (alike < n && tail.is_empty()).then(|| {
        words!(
            "응답 {n}바이트 가운데 앞의 {alike}바이트만 출력했어요. 거기까지만 받았는지(read 한 번, 가득 찬 버퍼, 세 번째 인자), 거기까지만 출력했는지 확인하세요.",
            "Of the answer's {n} bytes it printed the first {alike}. Did it receive no more (one read, a full buffer, the third argument), or print no more?"
        )
    })
}

/// Does `wanted` stand in `text` more than once?
pub(super) fn twice(text: &[u8], wanted: &[u8]) -> bool {
    !wanted.is_empty() && find(text, wanted).is_some_and(|at| contains(&text[at + wanted.len()..], wanted))
}

/// What is to be said then.
pub(super) fn once() -> Words {
    words!("받은 데이터는 한 번만 출력하세요.", "Print what has come once.")
}

/// Where `wanted` begins in `text`, first.
pub(super) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    match wanted {
        [] => Some(0),
        _ => text.windows(wanted.len()).position(|window| window == wanted),
    }
}

pub(super) fn contains(text: &[u8], wanted: &[u8]) -> bool {
    find(text, wanted).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(cause: Option<Words>, words: &str) -> bool {
        cause.is_some_and(|cause| cause.en.contains(words))
    }

    #[test]
    fn what_was_sent_tells_why() {
        let sent = |line: &str, got: &str| of_sent(line.as_bytes(), b"ABC\n", got.as_bytes());
        assert!(says(sent("abc\n", "abc\nabc\n"), "feof"));
        assert!(says(sent("abc\n", "abc\nABC\n"), "feof"));
        assert!(says(sent("a\nbc\n", "a\nbc\nbc\n"), "feof"));
        assert!(says(sent("abc\n", "abc\n\0"), "'\\0'"));
        assert!(says(sent("abc\n", "abc\n\0\0\0\0"), "sizeof(buf)"));
        assert!(says(sent("abc\n", "abc"), "newline"));
        assert!(says(sent("abc", "ab\n"), "last character"));
        assert!(says(sent("abc", "ab"), "last character"));
        assert!(says(sent("abcdefgh\n", "abcd"), "Of 9 bytes only the first 4"));
        assert_eq!(sent("abc\n", "xyz\n"), None);
        assert_eq!(sent("abc\n", ""), None);
        assert_eq!(sent("abc\n", "abc\nmore\n"), None);
    }

    #[test]
    fn what_was_printed_tells_why() {
        let printed = |pieces: &[&str], stdout: &str| {
            let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
            of_printed(b"typed line\n", &pieces, stdout.as_bytes())
        };
        assert!(says(printed(&["one", "two\n"], "수신 : one수신 : two\n"), "`수신 :`"));
        assert!(says(printed(&["one", "two\n"], "one\ntwo\n"), "a newline"));
        assert!(says(printed(&["one", "two\n"], "수신 : one"), "first piece alone"));
        assert!(says(printed(&["응답 50%% %x\n"], "수신 : 응답 50% 1f\n"), "printf(buf)"));
        assert!(says(printed(&["before\0after\n"], "수신 : before"), "NUL"));
        assert!(says(printed(&["the answer\n"], "수신 : typed line\n"), "had sent"));
        assert!(says(printed(&["the answer\n"], "수신 : the an\n"), "the first 6"));
        assert_eq!(printed(&["응답 50%% %x\n"], "수신 : ?? 50%% %x\n"), None);
        assert_eq!(printed(&["the answer\n"], "something else\n"), None);
        assert_eq!(printed(&["one", "two\n"], ""), None);
    }
}
