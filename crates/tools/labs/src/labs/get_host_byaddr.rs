//! get_host_byaddr: the name of a host from its address.

use std::net::Ipv4Addr;

use super::causes::{PLAIN_AND_FORMAT, almost, of_format, of_odd_number};
use super::hosts::{self, Asked, Host};
use super::printed::{addresses, after, anothers, labelled, says};
use crate::bench::{Bench, Finished, command_line, ensure_refused, ensure_success, output};
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "get_host_byaddr",
    usage: "get_host_byaddr IP",
    slides: "23, 24, 26",
    statement: statement!("get_host_byaddr"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["출력하고 종료 상태 0으로 끝나요", "It prints and exits with status 0"],
            points: 5,
            needs: &["build"],
            slide: "26",
            run: ends,
        },
        Check {
            id: "name",
            title: ["그 주소의 공식 이름을 출력해요", "It prints the official name of that address"],
            points: 20,
            needs: &["build"],
            slide: "24, 26",
            run: name,
        },
        Check {
            id: "every_host",
            title: [
                "어떤 호스트든 찾아요(긴 이름, 두 번째 주소, 127로 시작하는 주소, 다른 호스트의 별명이기도 한 이름)",
                "Whatever the host: a long name, a second address, one that begins with 127, a name that is another's alias",
            ],
            points: 10,
            needs: &["name"],
            slide: "24, 26",
            run: every_host,
        },
        Check {
            id: "byte_order",
            title: ["주소의 바이트 순서를 바꾸지 않아요", "It leaves the address's bytes in their order"],
            points: 15,
            needs: &["name"],
            slide: "18, 26",
            run: byte_order,
        },
        Check {
            id: "lines",
            title: ["슬라이드와 같은 줄을 출력해요", "The line is the slide's"],
            points: 10,
            needs: &["build"],
            slide: "26",
            run: lines,
        },
        Check {
            id: "unknown",
            title: ["이름이 없는 주소이면 오류로 끝나요", "An address without a name"],
            points: 20,
            needs: &["ends"],
            slide: "26",
            run: unknown,
        },
        Check {
            id: "bad_address",
            title: [
                "올바르지 않은 주소이면 오류로 끝나요(255.255.255.255는 올바른 주소예요)",
                "What is no address, and 255.255.255.255, which is one",
            ],
            points: 15,
            needs: &["ends"],
            slide: "21, 26",
            run: bad_address,
        },
        Check {
            id: "no_argument",
            title: ["인자가 없으면 오류로 끝나요", "Without an argument"],
            points: 5,
            needs: &["ends"],
            slide: "26",
            run: hosts::no_argument,
        },
    ],
};

/// A host whose address reads the same from behind: the order of its bytes is another check's matter.
fn host(bench: &mut Bench) -> Host {
    let [a, b, ..] = hosts::address(bench).octets();
    Host::new(bench, &[Ipv4Addr::new(a, b, b, a)])
}

/// The address on the slide.
const SLIDE: Ipv4Addr = Ipv4Addr::new(211, 32, 119, 151);

/// Asks for that, where there are others, too: those that are found by mistake.
fn asked(bench: &mut Bench) -> Verdict<Asked> {
    let host = host(bench);
    let ip = host.addresses[0].to_string();
    // The four bytes at the beginning of the text.
    let text = Ipv4Addr::from(*ip.as_bytes().first_chunk().unwrap_or(&[0; 4]));
    let others = [
        (hosts::address(bench), anothers()),
        (
            text,
            words!(
                "{text}의 이름을 출력했어요. 주소 문자열 {ip}의 처음 네 글자를 4바이트로 읽은 주소예요. gethostbyaddr에 argv[1]이 아니라 inet_pton이 채운 &in.s_addr를 주세요.",
                "It printed the name of {text}: these four bytes are the first four characters of {ip}. Give gethostbyaddr &in.s_addr, which inet_pton has filled, not argv[1]."
            ),
        ),
        (
            SLIDE,
            words!(
                "{SLIDE}의 이름을 출력했어요. 슬라이드의 주소가 아니라 인자로 받은 주소(argv[1])의 이름을 찾으세요.",
                "It printed the name of {SLIDE}, the slide's address. Look for the name of the argument's address (argv[1])."
            ),
        ),
    ];
    let others = others.map(|(address, cause)| (Host::new(bench, &[address]), cause));
    let [first, second, third] = others.each_ref().map(|(another, _)| another);
    hosts::known(bench, &[first, second, third, &host])?;
    let unfound = words!(
        "그 주소에는 이름이 있는데 프로그램이 오류로 끝났어요. gethostbyaddr의 세 인자를 확인하세요. inet_pton이 argv[1]을 변환해 채운 4바이트의 포인터(문자열이 아니라 &in.s_addr), 그 길이 4(sizeof(in.s_addr)), AF_INET이어야 해요.",
        "That address has a name, and the program ended with an error. Look at gethostbyaddr's three arguments: where the 4 bytes are that inet_pton made of argv[1] (&in.s_addr, not the text), their length 4 (sizeof(in.s_addr)), AF_INET."
    );
    Ok(Asked {
        host,
        others: others.into(),
        did: ran(&ip),
        finished: bench.run(&[&ip], b"")?,
        unfound,
        labels: vec![LABEL.into()],
    })
}

const LABEL: &str = "호스트 이름 :";

fn ran(ip: &str) -> Words {
    let line = command_line("get_host_byaddr", &[ip]);
    words!("`{line}` 실행", "ran `{line}`")
}

fn ends(bench: &mut Bench) -> Verdict {
    let host = host(bench);
    hosts::known(bench, &[&host])?;
    let ip = host.addresses[0].to_string();
    ensure_success(ran(&ip), &bench.run_at_terminal(&[&ip])?)
}

fn name(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    ensure_name(&asked, || {
        let ip = asked.host.addresses[0].to_string();
        if asked.host.aliases.iter().any(|alias| asked.says(alias)) {
            Some(words!(
                "별명을 출력했어요. 공식 이름은 h_aliases가 아니라 myhost->h_name에 있어요.",
                "It printed an alias. The official name is in myhost->h_name, not in h_aliases."
            ))
        } else {
            by_name(&asked.finished, &ip)
        }
    })?;
    asked.ensure_ended_well(bench)
}

fn ensure_name(asked: &Asked, cause: impl FnOnce() -> Option<Words>) -> Verdict {
    let name = &asked.host.name;
    asked.ensure_says(
        LABEL,
        &[name],
        words!("공식 이름을 출력해야 해요: {name}", "the official name: {name}"),
        cause,
    )
}

/// What is to be said of a program that printed the address where the name has to stand.
fn by_name(finished: &Finished, ip: &str) -> Option<Words> {
    let printed = after(&finished.text(), LABEL).iter().any(|rest| addresses(rest).contains(&ip));
    printed.then(|| words!(
        "이름이 아니라 주소를 출력했어요. gethostbyname과 getnameinfo(NI_NAMEREQD 없이)처럼 이름을 찾지 못하면 주소를 그대로 돌려주는 함수도 있어요. 주소의 이름은 gethostbyaddr로 찾으세요.",
        "It printed the address, not a name. Some functions give an address back as it is where there is no name (gethostbyname, and getnameinfo without NI_NAMEREQD): look for an address's name with gethostbyaddr."
    ))
}

fn every_host(bench: &mut Bench) -> Verdict {
    let (a, b, digit) = (bench.rng.u8(11..=24), bench.rng.u8(128..=254), bench.rng.u8(0..=9));
    let mut large = Host::large(bench, 2, 33);
    let first = bench.rng.u8(30..=90);
    large.addresses = vec![Ipv4Addr::new(first, b, b, first), Ipv4Addr::new(a, b, b, a)];
    // Two addresses whose text contains that one's.
    let longer = [Ipv4Addr::new(a, b, b, 10 * a + digit), Ipv4Addr::new(100 + a, b, b, a)];
    let [another, third] = longer.map(|address| Host::new(bench, &[address]));
    let alias = format!("{}.ac.kr", hosts::word(bench, 5));
    let own = Host::small(bench, vec![alias], Ipv4Addr::new(127, b, b, 127));
    // Its name is an alias of one that comes before.
    let mut before = another.clone();
    before.aliases.push(own.name.clone());
    hosts::known_among_others(bench, &[&before, &third, &own, &large])?;
    for (host, nth) in [(&large, 0), (&large, 1), (&own, 0)] {
        let ip = host.addresses[nth].to_string();
        let finished = bench.run(&[&ip], b"")?;
        let (did, others) = (ran(&ip), vec![(another.clone(), anothers())]);
        let (unfound, labels) = (hosts::unfound(), vec![LABEL.into()]);
        let asked = Asked { host: host.clone(), others, did, finished, unfound, labels };
        ensure_name(&asked, || asked.cut()).map_err(|fault| {
            if !(before.aliases.contains(&asked.host.name) && asked.says(&before.name)) {
                return fault;
            }
            fault.surely_because(words!(
                "그 주소의 이름은 다른 호스트의 별명이기도 해요. 이름을 gethostbyname으로 다시 찾지 말고 gethostbyaddr가 돌려준 h_name을 출력하세요.",
                "That address's name is an alias of another host as well. Print the h_name that gethostbyaddr gave, and don't look that name up again with gethostbyname."
            ))
        })?;
        asked.ensure_ended_well(bench)?;
    }
    Ok(())
}

fn byte_order(bench: &mut Bench) -> Verdict {
    let address = hosts::address(bench);
    let [a, b, c, d] = address.octets();
    let (host, reversed) = (Host::new(bench, &[address]), Host::new(bench, &[Ipv4Addr::new(d, c, b, a)]));
    hosts::known(bench, &[&reversed, &host])?;
    let finished = bench.run(&[&address.to_string()], b"")?;
    let name = &host.name;
    let (text, swapped) = (finished.text(), reversed.name.as_str());
    ensure(says(&text, [name.as_str()]) && !says(&text, [swapped]), || Failure {
        did: ran(&address.to_string()),
        expected: words!("공식 이름을 출력해야 해요: {name}", "the official name: {name}"),
        got: output(&finished),
        cause: if says(&text, [swapped]) {
            words!(
                "{d}.{c}.{b}.{a}의 이름이에요. inet_pton이 채운 4바이트는 이미 네트워크 바이트 순서예요. htonl로 바꾸거나 수를 직접 만들지 말고 그대로 주세요.",
                "That is the name of {d}.{c}.{b}.{a}. The 4 bytes that inet_pton gives are in network order already: pass them on as they are, without htonl or a number of your own."
            )
        } else {
            Words::default()
        },
    })
}

fn lines(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    labelled(&asked.did, &asked.finished, &[(LABEL, &asked.host.name)])
}

fn unknown(bench: &mut Bench) -> Verdict {
    let (nobody, address) = (hosts::address(bench), hosts::address(bench));
    let host = Host::new(bench, &[address]);
    hosts::known(bench, &[&host])?;
    let finished = bench.run(&[&nobody.to_string()], b"")?;
    let nobody = nobody.to_string();
    ensure_refused(ran(&nobody), &finished).map_err(|fault| match by_name(&finished, &nobody) {
        Some(cause) => fault.surely_because(cause),
        None => fault,
    })
}

fn bad_address(bench: &mut Bench) -> Verdict {
    let [a, b, c, d] = hosts::address(bench).octets();
    // Whoever doesn't look takes them for one of these, and these have names: 300 is 44 in a byte, 10.1.2 may be 10.1.0.2, and
    // nothing at all is 0 or -1.
    let mistaken =
        [Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(a, b, 0, c), Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST];
    let hosts = mistaken.map(|address| Host::new(bench, &[address]));
    hosts::known_among_others(bench, &hosts.each_ref())?;
    let high = 256 + u16::from(a);
    let (too_high, fewer) = (format!("{high}.{b}.{c}.{d}"), format!("{a}.{b}.{c}"));
    let almost = almost(mistaken[0]);
    for bad in [&too_high, &fewer, "yahoo", "::1"]
        .into_iter()
        .chain(almost.iter().map(String::as_str))
        .chain(PLAIN_AND_FORMAT)
    {
        let finished = bench.run(&[bad], b"").map_err(|fault| of_format(bad, fault))?;
        let did = words!("올바르지 않은 주소(`{bad}`)로 실행", "started with `{bad}`, which is no address");
        let text = finished.text();
        let found = mistaken.iter().zip(&hosts).find(|(_, host)| says(&text, [host.name.as_str()]));
        ensure_refused(did, &finished).map_err(|fault| match found {
            Some((address, _)) => {
                fault.surely_because(of_odd_number(bad).unwrap_or_else(|| taken_for(*address)))
            }
            None => fault,
        })?;
    }

    let ip = Ipv4Addr::BROADCAST.to_string();
    ensure_success(ran(&ip), &bench.run(&[&ip], b"")?).map_err(|fault| fault.surely_because(words!(
        "255.255.255.255는 INADDR_NONE과 4바이트가 같지만 올바른 주소예요. inet_pton의 반환값이 1인지 확인하세요.",
        "255.255.255.255 has the same four bytes as INADDR_NONE, but is an address. Look whether inet_pton returns 1."
    )))
}

/// What is to be said of a program that took what is no address for this one, and found its name.
fn taken_for(address: Ipv4Addr) -> Words {
    let how = if address.is_unspecified() {
        words!(
            "올바르지 않은 주소이면 inet_pton은 0을 돌려주고 in을 채우지 않아요. 반환값이 1인지 확인하세요.",
            "For what is none inet_pton returns 0 and leaves in as it was. Look whether it returns 1."
        )
    } else if address.is_broadcast() {
        words!(
            "올바르지 않은 주소이면 inet_addr는 INADDR_NONE, 곧 255.255.255.255를 돌려줘요. inet_pton의 반환값이 1인지 확인하세요.",
            "For what is none inet_addr returns INADDR_NONE, which is 255.255.255.255. Use inet_pton, and look whether it returns 1."
        )
    } else {
        words!(
            "inet_addr와 inet_aton은 네 부분이 되지 않아도 주소로 받아들이고, sscanf는 범위를 넘는 수와 뒤에 남은 문자를 확인하지 않아요. inet_pton의 반환값이 1인지 확인하세요.",
            "inet_addr and inet_aton take fewer parts for an address, sscanf doesn't see a number that is too large, or letters behind it. Use inet_pton, and look whether it returns 1."
        )
    };
    let Words { ko, en } = how;
    words!("{address}의 이름을 찾았어요. {ko}", "It found the name of {address}. {en}")
}
