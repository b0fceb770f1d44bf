//! byte_order: one port number in network and in host byte order.

use super::printed::{after, ensure_labels, ensure_number, says, tells};
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
            title: ["스스로 끝나고 종료 상태가 0이에요", "It ends by itself, with exit status 0"],
            points: 10,
            needs: &["build"],
            slide: "20",
            run: ends,
        },
        Check {
            id: "host_order",
            title: ["포트 번호를 호스트 순서로", "The port number in host byte order"],
            points: 25,
            needs: &["build"],
            slide: "17, 18, 20",
            run: host_order,
        },
        Check {
            id: "network_order",
            title: [
                "포트 번호를 네트워크 순서로 저장된 그대로",
                "The port number as it is stored, in network byte order",
            ],
            points: 25,
            needs: &["build"],
            slide: "17, 18, 20",
            run: network_order,
        },
        Check {
            id: "udp_entry",
            title: ["TCP가 아니라 UDP의 echo", "The echo of UDP, not that of TCP"],
            points: 10,
            needs: &["build"],
            slide: "19",
            run: udp_entry,
        },
        Check {
            id: "missing_service",
            title: ["목록에 echo가 없으면", "A list without echo"],
            points: 15,
            needs: &["ends"],
            slide: "20",
            run: missing_service,
        },
        Check {
            id: "says_so",
            title: ["목록에 없다고 말해요", "It says that there is none"],
            points: 5,
            needs: &["build"],
            slide: "20",
            run: says_so,
        },
        Check {
            id: "lines",
            title: ["출력의 두 줄", "The two lines of output"],
            points: 10,
            needs: &["build"],
            slide: "20",
            run: lines,
        },
    ],
};

const NETWORK: &str = "UDP 에코 포트번호(네트워크 순서)";
const HOST: &str = "UDP 에코 포트번호(호스트 순서)";
const NONE: &str = "서비스 정보를 얻을 수 없음";

/// What it does where `/etc/services` has echo at these ports, TCP's before UDP's.
fn with_echo(bench: &mut Bench, tcp: u16, udp: u16) -> Verdict<(Words, Finished)> {
    let did =
        words!("/etc/services의 echo: {tcp}/tcp, {udp}/udp", "echo in /etc/services: {tcp}/tcp, {udp}/udp");
    with_services(bench, did, &format!("echo\t\t{tcp}/tcp\necho\t\t{udp}/udp\n"))
}

/// What it does where `/etc/services` has no echo.
fn without_echo(bench: &mut Bench) -> Verdict<(Words, Finished)> {
    with_services(bench, words!("/etc/services에 echo가 없음", "no echo in /etc/services"), "")
}

fn with_services(bench: &mut Bench, did: Words, echo: &str) -> Verdict<(Words, Finished)> {
    let list = format!("# name\tport/protocol\n{echo}discard\t\t9/udp\t\tsink null\ndaytime\t\t13/udp\n");
    bench.place.etc("services", &list)?;
    let finished = bench.run(&[], b"").map_err(|fault| fault.after(&did))?;
    Ok((did, finished))
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
    let (did, finished) = with_echo(bench, port, port)?;
    Ok((port, did, finished))
}

fn ends(bench: &mut Bench) -> Verdict {
    let listed = bench.once("listed", listed)?;
    ensure_success(listed.1.clone(), &listed.2)
}

fn lines(bench: &mut Bench) -> Verdict {
    let listed = bench.once("listed", listed)?;
    ensure_labels(&listed.1, &listed.2, &listed.2.text(), &[NETWORK, HOST])
}

fn host_order(bench: &mut Bench) -> Verdict {
    let (port, did, finished) = &*bench.once("listed", listed)?;
    let (text, stored) = (finished.text(), port.to_be());
    ensure_number(did.clone(), &text, HOST, (*port).into()).map_err(|fault| {
        let by_ntohl = u32::from_be(stored.into());
        fault.because(if tells(&text, HOST, stored.into()) {
            words!(
                "저장된 순서(네트워크 순서) 그대로예요. ntohs(servent->s_port)로 바꾸어 출력하세요.",
                "That is in the order in which it is stored, the network's: print ntohs(servent->s_port)."
            )
        } else if [by_ntohl.into(), by_ntohl.cast_signed().into()].iter().any(|n| tells(&text, HOST, *n)) {
            words!(
                "ntohl은 32비트를 뒤집어요. 포트 번호는 16비트이므로 ntohs를 쓰세요.",
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
    ensure_number(did.clone(), &text, NETWORK, stored.into()).map_err(|fault| {
        fault.because(if tells(&text, NETWORK, (*port).into()) {
            words!(
                "호스트 순서로 바꾼 값이에요. 이 줄에는 s_port에 저장된 값을 바꾸지 말고 출력하세요.",
                "That is the number in host order. In this line, print what is stored in s_port, unchanged."
            )
        } else if tells(&text, NETWORK, stored.cast_signed().into()) {
            words!(
                "short에 담으면 32768부터는 음수가 돼요. int나 unsigned short에 담으세요.",
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

fn udp_entry(bench: &mut Bench) -> Verdict {
    let (tcp, udp) = (bench.rng.u16(1..1024), bench.rng.u16(1024..));
    let (did, finished) = with_echo(bench, tcp, udp)?;
    let text = finished.text();
    let tells = |port: u16| [HOST, NETWORK].iter().any(|label| tells(&text, label, port.into()));
    // How it is printed, in which order, and with which label, are other checks' matters.
    if tells(udp) || tells(udp.swap_bytes()) || in_hex(&text, udp) != Words::default() {
        return Ok(());
    }
    ensure_number(did, &text, HOST, udp.into()).map_err(|fault| {
        if !(tells(tcp) || tells(tcp.swap_bytes())) {
            return fault;
        }
        fault.because(words!(
            "TCP의 echo예요. getservbyname의 둘째 인자는 \"udp\"예요. NULL이면 처음 나오는 echo를 줘요.",
            "That is the echo of TCP. getservbyname's second argument is \"udp\". With NULL it gives the first echo that there is."
        ))
    })
}

fn missing_service(bench: &mut Bench) -> Verdict {
    let (did, finished) = &*bench.once("without_echo", without_echo)?;
    ensure_refused(did.clone(), finished)
}

fn says_so(bench: &mut Bench) -> Verdict {
    let (did, finished) = &*bench.once("without_echo", without_echo)?;
    let said = finished.text() + &finished.errors();
    ensure(!after(&said, NONE).is_empty(), || Failure {
        did: did.clone(),
        expected: words!("`{NONE}` 출력", "it prints `{NONE}`"),
        got: output(finished),
        cause: Words::default(),
    })
}
