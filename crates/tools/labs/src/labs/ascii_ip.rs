//! ascii_ip: an IP address from text to its four bytes and back.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::causes::{PLAIN_AND_FORMAT, almost, of_format, of_odd_number};
use super::printed::{addresses, after, ensure_labels, one_value, shown};
use crate::bench::{Bench, Finished, ensure_refused, ensure_success};
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "ascii_ip",
    usage: "ascii_ip IP",
    slides: "21, 22",
    statement: statement!("ascii_ip"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["스스로 종료 상태 0으로 끝나요", "It ends by itself, with exit status 0"],
            points: 5,
            needs: &["build"],
            slide: "22",
            run: ends,
        },
        Check {
            id: "hex",
            title: ["inet_pton으로 문자열을 4바이트 주소로 바꿔요", "From text to four bytes: inet_pton"],
            points: 25,
            needs: &["build"],
            slide: "21, 22",
            run: hex,
        },
        Check {
            id: "back",
            title: ["inet_ntop으로 4바이트 주소를 문자열로 바꿔요", "From four bytes to text: inet_ntop"],
            points: 20,
            needs: &["build"],
            slide: "21, 22",
            run: back,
        },
        Check {
            id: "high_bytes",
            title: ["0, 16보다 작은 바이트, 255가 든 주소도 바꿔요", "Addresses with 0, small bytes and 255"],
            points: 15,
            needs: &["hex"],
            slide: "21, 22",
            run: high_bytes,
        },
        Check {
            id: "bad_address",
            title: ["올바르지 않은 주소이면 오류로 끝나요", "What is no address"],
            points: 20,
            needs: &["ends"],
            slide: "21",
            run: bad_address,
        },
        Check {
            id: "no_argument",
            title: ["인자가 없으면 오류로 끝나요", "No argument"],
            points: 5,
            needs: &["ends"],
            slide: "22",
            run: no_argument,
        },
        Check {
            id: "lines",
            title: ["세 줄을 과제 설명대로 출력해요", "The three lines of output"],
            points: 10,
            needs: &["build"],
            slide: "22",
            run: lines,
        },
    ],
};

/// An address that is another one backwards, of less than 15 characters, without a byte below 16.
fn address(bench: &mut Bench) -> Ipv4Addr {
    let mut byte = |from, to| bench.rng.u8(from..=to);
    Ipv4Addr::new(byte(128, 223), byte(16, 99), byte(16, 99), byte(224, 254))
}

/// Runs it with an address.
fn convert(bench: &mut Bench, ip: Ipv4Addr) -> Verdict<Finished> {
    bench.run(&[&ip.to_string()], b"")
}

fn ran(ip: Ipv4Addr) -> Words {
    words!("`ascii_ip {ip}` 실행", "ran `ascii_ip {ip}`")
}

/// An address, and what it does with it.
fn plain(bench: &mut Bench) -> Verdict<(Ipv4Addr, Finished)> {
    let ip = address(bench);
    Ok((ip, convert(bench, ip)?))
}

fn ends(bench: &mut Bench) -> Verdict {
    let ip = address(bench);
    ensure_success(ran(ip), &bench.run_at_terminal(&[&ip.to_string()])?)
}

fn lines(bench: &mut Bench) -> Verdict {
    let (ip, finished) = &*bench.once("plain", plain)?;
    let (did, text) = (ran(*ip), finished.text());
    let (given, pton) = (format!("입력한 dotted decimal IP 주소 : {ip}"), format!("inet_pton({ip}) ="));
    ensure_labels(&did, finished, &text, &[&given, &pton, "inet_ntop("])?;
    let equals =
        |rest: &&str| rest.split_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('='));
    ensure(after(&text, "inet_ntop(0x").iter().any(equals), || Failure {
        did,
        expected: words!(
            "stdout에 이런 줄이 있어야 해요: `inet_ntop(0x…) = …`",
            "`inet_ntop(0x…) = …` on stdout"
        ),
        got: shown(&text, "inet_ntop"),
        cause: Words::default(),
    })
}

/// Fails unless it printed the bytes of `ip` as this machine's number: with `%X`, `%08X` or `%#x`.
fn ensure_hex(ip: Ipv4Addr, finished: &Finished) -> Verdict {
    let (text, label) = (finished.text(), format!("inet_pton({ip})"));
    let wanted = u32::from_ne_bytes(ip.octets());
    let labelled = after(&text, &label);
    let numbers: BTreeSet<u32> = if labelled.is_empty() {
        // Another check is for the label.
        let printed =
            words_of(&text).filter(|word| word.starts_with("0x")).filter_map(|word| hex_number(&word));
        printed.filter(|number| [wanted, wanted.swap_bytes()].contains(number)).collect()
    } else {
        // In decimal as well, it is the same value.
        let decimal = [wanted.to_string(), wanted.cast_signed().unsigned_abs().to_string()];
        let words = labelled.iter().filter_map(|rest| words_of(rest).next());
        let number = |word: String| hex_number(&word).filter(|n| *n == wanted || !decimal.contains(&word));
        words.filter_map(number).collect()
    };
    ensure(numbers == BTreeSet::from([wanted]), || Failure {
        did: ran(ip),
        expected: words!("`{label}` 뒤에 이 수가 있어야 해요: 0x{wanted:X}", "`{label}` = 0x{wanted:X}"),
        got: shown(&text, &label),
        cause: if numbers.contains(&wanted) {
            one_value()
        } else {
            why_not(ip, finished, &labelled).unwrap_or_default()
        },
    })
}

/// What was printed behind the label tells why it is not the number.
fn why_not(ip: Ipv4Addr, finished: &Finished, labelled: &[&str]) -> Option<Words> {
    if labelled.is_empty() {
        return (ip.is_broadcast() && finished.exit_status() != Some(0)).then(|| {
            words!(
                "255.255.255.255는 INADDR_NONE과 4바이트가 같아요. INADDR_NONE인지로 오류를 판단하지 말고 inet_pton의 반환값이 1인지 확인하세요.",
                "255.255.255.255 has the same four bytes as INADDR_NONE. Don't look for that to see an error, but whether inet_pton returns 1."
            )
        });
    }
    let number = u32::from_ne_bytes(ip.octets());
    let words: Vec<String> = labelled.iter().filter_map(|rest| words_of(rest).next()).collect();
    let is = |wanted: String| words.iter().any(|word| word.trim_start_matches("0x") == wanted);
    let parts = |format: fn(u8) -> String| number.to_be_bytes().map(format).concat();
    if words.iter().any(|word| hex_number(word) == Some(number.swap_bytes())) {
        Some(words!(
            "바이트 순서가 거꾸로예요. s_addr를 ntohl로 바꾸거나 바이트를 하나씩 출력하지 말고, s_addr를 수 하나로 보고 %X로 출력하세요.",
            "The bytes are the wrong way round. Print s_addr as one number with %X: no ntohl, and not byte by byte."
        ))
    } else if labelled.iter().any(|rest| {
        [number.to_string(), number.cast_signed().to_string()].iter().any(|n| rest.contains(n.as_str()))
    }) {
        Some(words!("십진수로 출력했어요. %X로 출력하세요.", "It is printed in decimal: print it with %X."))
    } else if words.iter().any(|word| word.trim_start_matches("0x").len() > 8) {
        Some(words!(
            "바이트를 char로 읽으면 128부터 음수가 되어 FFFFFF가 붙어요. 4바이트를 수 하나(s_addr)로 출력하세요.",
            "A byte that is read as a char is negative from 128 on, which shows as FFFFFF. Print the four bytes as one number, s_addr."
        ))
    } else if is(parts(|byte| format!("{byte:x}"))) {
        Some(words!(
            "바이트를 하나씩 %X로 출력하면 16보다 작은 바이트가 한 자리로 줄어요. 4바이트를 수 하나(s_addr)로 출력하세요.",
            "Byte by byte with %X, one below 16 shrinks to one digit. Print the four bytes as one number, s_addr."
        ))
    } else if first_line(ip) != number && words.iter().any(|word| hex_number(word) == Some(first_line(ip))) {
        Some(words!(
            "바이트 10 뒤의 바이트가 없어요. fgets처럼 문자열을 읽는 함수는 10('\\n')을 줄의 끝으로 봐요. 주소의 4바이트는 문자열이 아니니 read나 fread로 읽으세요.",
            "The bytes behind a byte 10 are missing. To fgets and whatever reads text, a 10 ('\\n') is the end of a line. The 4 bytes are no text: get them with read, or fread."
        ))
    } else {
        None
    }
}

/// The number that is left of an address if what comes behind its first byte 10 is lost.
fn first_line(ip: Ipv4Addr) -> u32 {
    let mut bytes = ip.octets();
    bytes.iter_mut().skip_while(|byte| **byte != b'\n').skip(1).for_each(|byte| *byte = 0);
    u32::from_ne_bytes(bytes)
}

/// Its words of letters and digits, with small letters.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase)
}

fn hex_number(word: &str) -> Option<u32> {
    u32::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok()
}

fn hex(bench: &mut Bench) -> Verdict {
    let (ip, finished) = &*bench.once("plain", plain)?;
    ensure_hex(*ip, finished)
}

fn high_bytes(bench: &mut Bench) -> Verdict {
    let mut small = || bench.rng.u8(1..16);
    let addresses = [
        Ipv4Addr::BROADCAST,
        Ipv4Addr::UNSPECIFIED,
        Ipv4Addr::new(0, 0, 0, small()),
        Ipv4Addr::new(small(), 0, 0, small()),
        Ipv4Addr::new(255, small(), small(), 128),
        // What is special in text: the ends of lines, of a string, and a %.
        Ipv4Addr::new(b'\n', b'\r', 0, b'%'),
    ];
    for ip in addresses {
        ensure_hex(ip, &convert(bench, ip)?)?;
    }
    Ok(())
}

fn back(bench: &mut Bench) -> Verdict {
    let longest = Ipv4Addr::new(bench.rng.u8(100..=199), 100, bench.rng.u8(100..), bench.rng.u8(200..));
    for ip in [address(bench), longest] {
        let finished = convert(bench, ip)?;
        let (text, wanted) = (finished.text(), ip.to_string());
        let (label, reversed) = ("inet_ntop", Ipv4Addr::from(u32::from(ip).swap_bytes()).to_string());
        // From the four bytes, which it shows in one order or the other, and not from the argument.
        let bytes = u32::from(ip);
        let four_bytes = |word: String| {
            let numbers = [hex_number(&word), word.parse().ok()];
            numbers.into_iter().flatten().any(|number| number == bytes || number == bytes.swap_bytes())
        };
        let back: BTreeSet<&str> =
            after(&text, label).iter().filter_map(|rest| addresses(rest).last().copied()).collect();
        let numbers_behind = |label: &str| -> BTreeSet<u32> {
            after(&text, label).into_iter().filter_map(|rest| hex_number(&words_of(rest).next()?)).collect()
        };
        let numbers = numbers_behind("inet_ntop(0x");
        // If it is wrong in the line before, too, that is another check's matter.
        let before = numbers_behind(&format!("inet_pton({ip})"));
        let another = !numbers.iter().all(|n| *n == u32::from_ne_bytes(ip.octets()) || before.contains(n));
        let several = back.contains(&*wanted) && (back.len() > 1 || numbers.len() > 1);
        let said = words_of(&text).any(four_bytes) && back.contains(&*wanted) && !several && !another;
        ensure(said, || Failure {
            did: ran(ip),
            expected: words!(
                "`inet_ntop(…)` 뒤에 이 주소가 있어야 해요: {wanted}",
                "`inet_ntop(…)` = {wanted}"
            ),
            got: shown(&text, label),
            cause: if several {
                one_value()
            } else if another && back.contains(&*wanted) {
                words!(
                    "바로 앞 줄의 16진수와 달라요. 두 줄의 16진수는 같은 4바이트(s_addr)예요.",
                    "The number is not the one in the line before: both are the same four bytes, s_addr."
                )
            } else if back.contains(&*reversed) {
                words!(
                    "바이트 순서가 거꾸로예요. inet_pton이 채운 4바이트를 순서를 바꾸지 말고 inet_ntop에 주세요.",
                    "The bytes are the wrong way round. inet_ntop takes the four bytes as inet_pton has filled them."
                )
            } else if wanted.len() == 15
                && !text.contains(&format!("= {wanted}"))
                && finished.exit_status() != Some(0)
            {
                words!(
                    "15자인 주소가 들어가기에 버퍼가 작지 않나요? 버퍼는 INET_ADDRSTRLEN(16)바이트여야 해요(15자와 끝의 NUL).",
                    "Is there no room for an address of 15 characters? The buffer has INET_ADDRSTRLEN (16) bytes: 15 characters and a NUL."
                )
            } else {
                Words::default()
            },
        })?;
    }
    Ok(())
}

fn bad_address(bench: &mut Bench) -> Verdict {
    let ip = address(bench);
    let [a, b, c, _] = ip.octets();
    let fewer = format!("{a}.{b}.{c}");
    let almost = almost(ip);
    // What it makes of an address that has nothing to do with these: the same, if it doesn't look at its argument.
    let (other, converted) = &*bench.once("plain", plain)?;
    let text = converted.text();
    let always =
        after(&text, "inet_ntop").iter().find_map(|rest| addresses(rest).last().map(ToString::to_string));
    let always = always.filter(|address| *address != other.to_string()).unwrap_or_default();
    for bad in ["256.1.1.1", "1.2", "100.100.100.1005", "::1", "localhost", &fewer]
        .into_iter()
        .chain(almost.iter().map(String::as_str))
        .chain(PLAIN_AND_FORMAT)
    {
        let finished = bench.run(&[bad], b"").map_err(|fault| of_format(bad, fault))?;
        let did = words!("`ascii_ip {bad}` 실행", "ran `ascii_ip {bad}`");
        let text = finished.text();
        let back: Vec<&str> = after(&text, "inet_ntop").iter().flat_map(|rest| addresses(rest)).collect();
        let begin = back.iter().find(|address| bad.starts_with(**address));
        ensure(back.is_empty() || finished.exit_status() != Some(0), || Failure {
            did: did.clone(),
            expected: words!(
                "오류 메시지를 출력하고 0이 아닌 종료 상태로 끝나야 해요",
                "an error, and an exit status that is not 0"
            ),
            got: shown(&text, "inet_ntop"),
            cause: if back.contains(&&*always) {
                words!(
                    "인자가 달라도 같은 주소를 출력해요. argv[1]을 변환하세요.",
                    "It is the same address, whatever the argument is. What to convert is argv[1]."
                )
            } else if bad == "1.2" || bad == fewer {
                words!(
                    "inet_aton과 inet_addr는 네 부분이 되지 않는 것도 주소로 받아들여요. inet_pton의 반환값이 1인지 확인하세요.",
                    "inet_aton and inet_addr take what has fewer parts for an address as well. Use inet_pton, and look whether it returns 1."
                )
            } else if let Some(odd) = of_odd_number(bad) {
                odd
            } else if let Some(begin) = begin {
                words!(
                    "앞의 {begin}만 보고 그 뒤의 문자는 확인하지 않았어요. sscanf와 strtol은 읽을 수 없는 문자 앞에서 멈춰요. inet_pton은 문자열 전체가 주소일 때만 1을 돌려줘요.",
                    "It took the {begin} in front and didn't look at what comes behind. sscanf and strtol stop before what they can't read; inet_pton returns 1 only if the whole text is an address."
                )
            } else if bad == "localhost" && back.contains(&"127.0.0.1") {
                words!(
                    "localhost는 호스트 이름이에요. gethostbyname과 getaddrinfo는 이름의 주소를 찾아 주지만, inet_pton은 주소만 받아들여요.",
                    "localhost is a host's name. gethostbyname and getaddrinfo find its address; inet_pton takes nothing but addresses."
                )
            } else if bad == "256.1.1.1" && back.contains(&"0.1.1.1") {
                words!(
                    "256의 하위 8비트만 남아 0이 되었어요. 주소의 한 부분은 0에서 255까지이고, inet_pton은 256이 있으면 0을 돌려줘요.",
                    "256 has become 0, its lowest 8 bits. A part of an address is 0 to 255: for a text with 256 inet_pton returns 0."
                )
            } else if !back.iter().any(|address| UNSET.contains(address)) {
                Words::default()
            } else {
                words!(
                    "inet_pton은 올바른 주소이면 1, 아니면 0을 돌려줘요(-1이 아니에요). 반환값이 1인지 확인하세요.",
                    "inet_pton returns 1 for an address and 0 for none (not -1). Look whether it returns 1."
                )
            },
        })?;
        ensure_refused(did, &finished)?;
    }
    Ok(())
}

/// What a variable is taken for to which inet_pton wrote nothing: all bytes as gcc or clang fill it, or 0.
const UNSET: [&str; 3] = ["254.254.254.254", "170.170.170.170", "0.0.0.0"];

fn no_argument(bench: &mut Bench) -> Verdict {
    let finished = bench.run(&[], b"")?;
    ensure_refused(words!("인자 없이 실행", "started without an argument"), &finished)
}
