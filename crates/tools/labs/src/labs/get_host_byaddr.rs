//! get_host_byaddr: the name of a host from its address.

use std::net::Ipv4Addr;

use super::hosts::{self, Asked, Host};
use super::printed::{labelled, says};
use crate::bench::{Bench, command_line, ensure_refused, ensure_success, output};
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
            points: 30,
            needs: &["build"],
            slide: "24, 26",
            run: name,
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
            title: ["슬라이드와 같은 줄", "The line is the slide's"],
            points: 10,
            needs: &["ends"],
            slide: "26",
            run: lines,
        },
        Check {
            id: "unknown",
            title: ["이름이 없는 주소", "An address without a name"],
            points: 20,
            needs: &["ends"],
            slide: "26",
            run: unknown,
        },
        Check {
            id: "bad_address",
            title: ["올바르지 않은 주소", "What is no address"],
            points: 15,
            needs: &["ends"],
            slide: "21, 26",
            run: bad_address,
        },
        Check {
            id: "no_argument",
            title: ["인자가 없으면", "Without an argument"],
            points: 5,
            needs: &["ends"],
            slide: "26",
            run: no_argument,
        },
    ],
};

/// Asks for an address that reads the same from behind: the order of its bytes is another check's matter.
fn asked(bench: &mut Bench) -> Verdict<Asked> {
    let [a, b, ..] = hosts::address(bench).octets();
    let (host, another) = (Host::new(bench, &[Ipv4Addr::new(a, b, b, a)]), hosts::address(bench));
    let another = Host::new(bench, &[another]);
    hosts::known(bench, &[&another, &host])?;
    let ip = host.addresses[0].to_string();
    Ok(Asked { host, another, did: ran(&ip), finished: bench.run(&[&ip], b"")? })
}

fn ran(ip: &str) -> Words {
    let line = command_line("get_host_byaddr", &[ip]);
    words!("`{line}` 실행", "ran `{line}`")
}

fn ends(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    ensure_success(asked.did.clone(), &asked.finished)
}

fn name(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    let name = &asked.host.name;
    let expected = words!("공식 이름: {name}", "the official name: {name}");
    let cause = words!(
        "gethostbyaddr가 받는 것은 글자로 된 주소가 아니라 inet_pton이 in.s_addr에 넣은 4바이트예요. 공식 이름은 myhost->h_name이에요.",
        "gethostbyaddr takes the 4 bytes that inet_pton has put into in.s_addr, not the text of the address. The official name is myhost->h_name."
    );
    asked.ensure_says(&[name], expected, cause)
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
        expected: words!("공식 이름: {name}", "the official name: {name}"),
        got: output(&finished),
        cause: if says(&text, [swapped]) {
            words!(
                "{d}.{c}.{b}.{a}의 이름이에요. inet_pton이 준 4바이트는 이미 네트워크 순서이니 htonl로 바꾸지 마세요.",
                "That is the name of {d}.{c}.{b}.{a}. The 4 bytes that inet_pton gives are in network order already: no htonl."
            )
        } else {
            Words::default()
        },
    })
}

fn lines(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    labelled(&asked.did, &asked.finished, &[("호스트 이름 :", &asked.host.name)])
}

fn unknown(bench: &mut Bench) -> Verdict {
    let (nobody, address) = (hosts::address(bench), hosts::address(bench));
    let host = Host::new(bench, &[address]);
    hosts::known(bench, &[&host])?;
    let finished = bench.run(&[&nobody.to_string()], b"")?;
    ensure_refused(ran(&nobody.to_string()), &finished)
}

fn bad_address(bench: &mut Bench) -> Verdict {
    let [a, b, c, d] = hosts::address(bench).octets();
    // Whoever doesn't look takes them for one of these, and these have names: 300 is 44 in a byte, 10.1.2 may be 10.1.0.2, and
    // nothing at all is 0 or -1.
    let mistaken =
        [Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(a, b, 0, c), Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST];
    let hosts = mistaken.map(|address| Host::new(bench, &[address]));
    hosts::known(bench, &hosts.each_ref())?;
    let high = 256 + u16::from(a);
    for bad in
        [format!("{high}.{b}.{c}.{d}"), format!("{a}.{b}.{c}"), format!("{a}.{b}.{c}.{d}x"), "yahoo".into()]
    {
        let finished = bench.run(&[&bad], b"")?;
        let did = words!("올바르지 않은 주소 `{bad}`로 실행", "started with `{bad}`, which is no address");
        let text = finished.text();
        let taken = hosts.iter().any(|host| says(&text, [host.name.as_str()]));
        ensure_refused(did, &finished).map_err(|fault| if taken { fault.surely_because(words!(
                "주소로 여기고 이름을 찾았어요. inet_pton은 올바르지 않은 주소에 0을 돌려주고 in을 채우지 않아요. 반환값이 1인지 확인하세요.",
                "It took that for an address and found a name. For what is none inet_pton returns 0 and leaves in as it was. Look whether it returns 1."
            )) } else { fault })?;
    }
    Ok(())
}

fn no_argument(bench: &mut Bench) -> Verdict {
    ensure_refused(words!("인자 없이 실행", "started without an argument"), &bench.run(&[], b"")?)
}
