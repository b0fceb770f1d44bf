//! byte_order: one port number in network and in host byte order.

use std::io;

use super::printed::{
    after, all_numbers, ensure_labels, ensure_number, one_value, says, shown, tells, too_much,
};
use crate::bench::{Bench, Finished, ensure_refused, ensure_success, output};
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "byte_order",
    usage: "byte_order",
    slides: "7, 17-20",
    statement: statement!("byte_order"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["스스로 종료 상태 0으로 끝나요", "It ends by itself, with exit status 0"],
            points: 10,
            needs: &["build"],
            slide: "20",
            run: ends,
        },
        Check {
            id: "host_order",
            title: ["포트 번호를 호스트 바이트 순서로 출력해요", "The port number in host byte order"],
            points: 25,
            needs: &["build"],
            slide: "17, 18, 20",
            run: host_order,
        },
        Check {
            id: "network_order",
            title: [
                "포트 번호를 네트워크 바이트 순서로 저장된 그대로 출력해요",
                "The port number as it is stored, in network byte order",
            ],
            points: 25,
            needs: &["build"],
            slide: "17, 18, 20",
            run: network_order,
        },
        Check {
            id: "udp_entry",
            title: [
                "TCP의 echo, 비슷한 이름, 주석이 아니라 UDP의 echo를 찾아요",
                "The echo of UDP: not TCP's, no similar name, no comment",
            ],
            points: 10,
            needs: &["build"],
            slide: "19",
            run: udp_entry,
        },
        Check {
            id: "missing_service",
            title: ["목록에 echo가 없으면 오류로 끝나요", "A list without echo"],
            points: 15,
            needs: &["ends"],
            slide: "20",
            run: missing_service,
        },
        Check {
            id: "says_so",
            title: ["목록에 없다고 출력해요", "It says that there is none"],
            points: 5,
            needs: &["build"],
            slide: "20",
            run: says_so,
        },
        Check {
            id: "lines",
            title: ["두 줄을 과제 설명대로 출력해요", "The two lines of output"],
            points: 10,
            needs: &["build"],
            slide: "20",
            run: lines,
        },
    ],
};

const NETWORK: &str = "UDP 에코 포트번호(네트워크 순서)";
const HOST: &str = "UDP 에코 포트번호(호스트 순서)";
/// In the order of their lines.
const LABELS: [&str; 2] = [NETWORK, HOST];
const NONE: &str = "서비스 정보를 얻을 수 없음";

/// Makes `/etc/services` have echo at these ports, TCP's before UDP's.
fn echo_at(bench: &Bench, tcp: u16, udp: u16) -> io::Result<Words> {
    services(bench, &format!("echo\t\t{tcp}/tcp\necho\t\t{udp}/udp\n{OTHERS}"))?;
    Ok(words!(
        "/etc/services의 echo를 {tcp}/tcp와 {udp}/udp로 설정",
        "echo in /etc/services: {tcp}/tcp, {udp}/udp"
    ))
}

/// Services that are nothing like echo.
const OTHERS: &str = "discard\t\t9/udp\t\tsink null\ndaytime\t\t13/udp\n";

fn services(bench: &Bench, lines: &str) -> io::Result<()> {
    bench.place.etc("services", &format!("# name\tport/protocol\n{lines}"))
}

/// What it does with the list that is there.
fn asked(bench: &Bench, did: Words) -> Verdict<(Words, Finished)> {
    let finished = bench.run(&[], b"").map_err(|fault| fault.after(&did))?;
    Ok((did, finished))
}

/// What it does where `/etc/services` has no echo.
fn without_echo(bench: &mut Bench) -> Verdict<(Words, Finished)> {
    services(bench, OTHERS)?;
    asked(bench, words!("/etc/services에서 echo를 삭제", "no echo in /etc/services"))
}

/// A port that is another one when its bytes are swapped, and a negative one in a short, either way round.
fn port(bench: &mut Bench) -> u16 {
    let high = bench.rng.u8(0x80..=0xFE);
    u16::from_be_bytes([high, bench.rng.u8(high + 1..)])
}

/// A list that has echo at one port: that port, what was done, what came of it.
type Listed = (u16, Words, Finished);

fn listed(bench: &mut Bench) -> Verdict<Listed> {
    let port = port(bench);
    let did = echo_at(bench, port, port)?;
    let (did, finished) = asked(bench, did)?;
    Ok((port, did, finished))
}

fn ends(bench: &mut Bench) -> Verdict {
    let port = port(bench);
    let did = echo_at(bench, port, port)?;
    let finished = bench.run_at_terminal(&[]).map_err(|fault| fault.after(&did))?;
    ensure_success(did, &finished)
}

fn lines(bench: &mut Bench) -> Verdict {
    let listed = bench.once("listed", listed)?;
    ensure_labels(&listed.1, &listed.2, &listed.2.text(), &LABELS)
}

fn host_order(bench: &mut Bench) -> Verdict {
    let (port, did, finished) = &*bench.once("listed", listed)?;
    let (text, stored) = (finished.text(), port.to_be());
    ensure_number(did.clone(), &text, &LABELS, HOST, (*port).into()).map_err(|fault| {
        let by_ntohl = u32::from_be(stored.into());
        fault.because(if tells(&text, &LABELS, HOST, stored.into()) {
            words!(
                "저장된 순서(네트워크 바이트 순서) 그대로예요. ntohs(servent->s_port)로 바꾸어 출력하세요.",
                "That is in the order in which it is stored, the network's: print ntohs(servent->s_port)."
            )
        } else if [by_ntohl.into(), by_ntohl.cast_signed().into()]
            .iter()
            .any(|n| tells(&text, &LABELS, HOST, *n))
        {
            words!(
                "ntohl은 32비트의 바이트 순서를 바꿔요. 포트 번호는 16비트이므로 ntohs를 사용하세요.",
                "ntohl turns 32 bits around. A port has 16: use ntohs."
            )
        } else {
            in_hex(&text, *port)
        })
    })
}

fn network_order(bench: &mut Bench) -> Verdict {
    let (port, did, finished) = &*bench.once("listed", listed)?;
    let (text, stored) = (finished.text(), port.to_be());
    ensure_number(did.clone(), &text, &LABELS, NETWORK, stored.into()).map_err(|fault| {
        fault.because(if tells(&text, &LABELS, NETWORK, (*port).into()) {
            words!(
                "호스트 바이트 순서로 바꾼 값이에요. 이 줄에는 s_port에 저장된 값을 바꾸지 말고 출력하세요.",
                "That is the number in host order. In this line, print what is stored in s_port, unchanged."
            )
        } else if tells(&text, &LABELS, NETWORK, stored.cast_signed().into()) {
            words!(
                "short에 저장하면 32768부터 음수가 돼요. int나 unsigned short에 저장하세요.",
                "In a short, 32768 and more are negative. Keep it in an int, or an unsigned short."
            )
        } else {
            in_hex(&text, *port)
        })
    })
}

/// What is to be said if a port, in one order or the other, was printed with %x.
fn in_hex(text: &str, port: u16) -> Words {
    let text = text.to_ascii_lowercase();
    if [port, port.swap_bytes()].iter().any(|port| says(&text, [format!("{port:x}").as_str()])) {
        return words!(
            "16진수(%x)로 출력했어요. %d로 출력하세요.",
            "It is printed with %x: print it with %d."
        );
    }
    Words::default()
}

/// Services that are not echo's, in whatever ways services(5) allows.
fn similar(bench: &mut Bench) -> String {
    let mut port = || bench.rng.u16(128..1024);
    format!(
        "#echo {}/udp\necholink\t{}/udp\nmy-echo {}/udp e # echo\nech {}/udp\n",
        port(),
        port(),
        port(),
        port()
    )
}

fn udp_entry(bench: &mut Bench) -> Verdict {
    // Neither is negative in a short, in neither order: that is another check's matter. Nor is TCP's the slide's 7, which who
    // prints that has not from the list.
    let (tcp, udp) =
        (bench.rng.u16(8..128), u16::from_be_bytes([64, 1].map(|least| bench.rng.u8(least..128))));
    let did = echo_at(bench, tcp, udp)?;
    let (did, finished) = asked(bench, did)?;
    let text = finished.text();
    // Who prints both has not said which it is.
    if prints(&text, tcp) && prints(&text, udp) {
        return Err(not_printed(did, &text, udp, one_value()).into());
    }
    ensure_port(did, &text, udp).map_err(|fault| {
        if !prints(&text, tcp) {
            return fault;
        }
        fault.because(words!(
            "TCP의 echo예요. getservbyname의 두 번째 인자는 \"udp\"여야 해요. NULL이면 처음 나오는 echo를 돌려줘요.",
            "That is the echo of TCP. getservbyname's second argument is \"udp\". With NULL it gives the first echo that there is."
        ))
    })?;

    // Before the one that it is.
    let similar = similar(bench);
    let alone = words!(
        "/etc/services의 마지막 줄을 `echo {udp}/udp`로 설정",
        "the last line of /etc/services: echo {udp}/udp"
    );
    let alias = words!(
        "/etc/services에 echo를 별명으로만 설정: ping {udp}/udp pong echo",
        "echo is only an alias in /etc/services: ping {udp}/udp pong echo"
    );
    let lists = [(alone, format!("echo\t{udp}/udp")), (alias, format!("ping\t{udp}/udp\tpong echo # 7\n"))];
    for (did, echo) in lists {
        services(bench, &format!("{similar}{echo}"))?;
        let (did, finished) = asked(bench, did)?;
        ensure_port(did, &finished.text(), udp).map_err(|fault| {
            fault.because(words!(
                "services(5)의 한 줄은 `이름 포트/프로토콜 별명 …`이고 #부터 줄 끝까지는 주석이에요. getservbyname은 이것을 모두 해석해요. TCP의 echo는 없을 수도 있어요.",
                "A line of services(5) is `NAME PORT/PROTOCOL ALIASES …`, and # begins a comment. getservbyname reads all that. There may be no echo of TCP."
            ))
        })?;
    }

    // services(5) sets no limit to a line: this one and the one before it are longer than many a buffer.
    let aliases = (0..99).map(|i| format!("ping-pong-{i}")).collect::<Vec<_>>().join(" ");
    let line = format!("ping {udp}/udp {aliases} echo\n");
    services(bench, &format!("{similar}ping {tcp}/tcp {aliases} echo\n{line}"))?;
    let bytes = line.len();
    let did = words!(
        "/etc/services의 마지막 줄({bytes}바이트)에 echo를 100번째 별명으로 설정: ping {udp}/udp ping-pong-0 … echo",
        "in the last line of /etc/services, of {bytes} bytes, echo is the 100th alias: ping {udp}/udp ping-pong-0 … echo"
    );
    let (did, finished) = asked(bench, did)?;
    ensure_port(did, &finished.text(), udp).map_err(|fault| {
        fault.because(words!(
            "짧은 줄에서는 echo를 찾았어요. services(5)의 줄은 길이에 제한이 없고(별명이 많을 수 있어요) getservbyname은 줄 끝까지 읽어요. getservbyname_r의 ERANGE는 버퍼가 작다는 뜻이에요.",
            "In short lines it found it. A line of services(5) may be of any length, with many aliases, and getservbyname reads all of it. ERANGE of getservbyname_r means that the buffer is too small."
        ))
    })
}

/// Fails unless it printed this port: how, in which order, and with which label, are other checks' matters.
fn ensure_port(did: Words, text: &str, port: u16) -> Verdict {
    let printed = prints(text, port) || in_hex(text, port) != Words::default();
    ensure(printed, || not_printed(did, text, port, too_much(text).unwrap_or_default()))
}

fn not_printed(did: Words, text: &str, port: u16, cause: Words) -> Failure {
    let expected = words!("`{HOST}`의 값으로 {port}번을 출력해야 해요", "`{HOST}`: {port}");
    Failure { did, expected, got: shown(text, HOST), cause }
}

/// Does it print this port, in one order or the other?
fn prints(text: &str, port: u16) -> bool {
    let numbers = all_numbers(text, &LABELS);
    [port, port.swap_bytes()].iter().any(|port| numbers.contains(&(*port).into()))
}

fn missing_service(bench: &mut Bench) -> Verdict {
    let (did, finished) = &*bench.once("without_echo", without_echo)?;
    ensure_refused(did.clone(), finished)?;
    if bench.failed.contains(&"udp_entry") {
        // It takes another one even where there is the right one.
        return Ok(());
    }
    let tcp = port(bench);
    let similar = similar(bench);
    services(bench, &format!("echo\t\t{tcp}/tcp\n{similar}{OTHERS}"))?;
    let did = words!(
        "/etc/services에 TCP의 echo({tcp}/tcp)만 설정",
        "echo in /etc/services is TCP's alone: {tcp}/tcp"
    );
    let (did, finished) = asked(bench, did)?;
    ensure_refused(did, &finished).map_err(|fault| {
        fault.surely_because(words!(
            "UDP의 echo가 없으면 오류예요. TCP의 echo나 이름이 비슷한 서비스로 대신하지 마세요.",
            "Where UDP has no echo, there is none. Don't take TCP's for it, nor one with a similar name."
        ))
    })
}

fn says_so(bench: &mut Bench) -> Verdict {
    let (did, finished) = &*bench.once("without_echo", without_echo)?;
    let said = finished.text() + &finished.errors();
    ensure(!after(&said, NONE).is_empty(), || Failure {
        did: did.clone(),
        expected: words!("이렇게 출력해야 해요: `{NONE}`", "it prints `{NONE}`"),
        got: output(finished),
        cause: Words::default(),
    })
}
