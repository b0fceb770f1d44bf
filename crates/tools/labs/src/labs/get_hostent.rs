//! get_hostent: what the resolver knows of a host's name.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::hosts::{self, Asked, Host};
use super::printed::{addresses as dotted, after, anothers, labelled, says, shown};
use crate::bench::{Bench, Finished, command_line, ensure_refused, ensure_success};
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "get_hostent",
    usage: "get_hostent NAME",
    slides: "23-25",
    statement: statement!("get_hostent"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["출력하고 종료 상태 0으로 끝나요", "It prints and exits with status 0"],
            points: 5,
            needs: &["build"],
            slide: "25",
            run: ends,
        },
        Check {
            id: "name",
            title: [
                "인자가 별명이어도 공식 이름을 출력해요",
                "Asked for an alias, it prints the official name",
            ],
            points: 15,
            needs: &["build"],
            slide: "24, 25",
            run: name,
        },
        Check {
            id: "type_length",
            title: [
                "주소 타입 번호와 주소의 길이를 출력해요",
                "The address type's number and the length of an address",
            ],
            points: 10,
            needs: &["build"],
            slide: "24, 25",
            run: type_length,
        },
        Check {
            id: "addresses",
            title: ["모든 IP 주소를 순서대로 출력해요", "All IP addresses, in order"],
            points: 20,
            needs: &["build"],
            slide: "24, 25",
            run: addresses,
        },
        Check {
            id: "aliases",
            title: ["모든 별명을 순서대로 출력해요", "All aliases, in order"],
            points: 10,
            needs: &["build"],
            slide: "24, 25",
            run: aliases,
        },
        Check {
            id: "every_host",
            title: [
                "어떤 호스트든 찾아요(긴 이름, 많은 주소와 별명, 별명이 없는 호스트, IPv6 주소도 있는 호스트, 별명인 인자)",
                "Whatever the host: a long name, many addresses and aliases, no alias, an IPv6 address too, asked for by an alias",
            ],
            points: 10,
            needs: &["name", "type_length", "addresses", "aliases"],
            slide: "24, 25",
            run: every_host,
        },
        Check {
            id: "lines",
            title: ["슬라이드와 같은 줄을 출력해요", "The lines are the slide's"],
            points: 10,
            needs: &["build"],
            slide: "25",
            run: lines,
        },
        Check {
            id: "unknown",
            title: ["그런 호스트가 없으면 오류로 끝나요", "A host that there isn't"],
            points: 15,
            needs: &["ends"],
            slide: "25",
            run: unknown,
        },
        Check {
            id: "no_argument",
            title: ["인자가 없으면 오류로 끝나요", "Without an argument"],
            points: 5,
            needs: &["ends"],
            slide: "25",
            run: hosts::no_argument,
        },
    ],
};

/// Asks for a host with several addresses by its official name.
fn asked(bench: &mut Bench) -> Verdict<Asked> {
    let addresses = hosts::addresses(bench, 3);
    let host = Host::new(bench, &addresses);
    ask(bench, host, |host| &host.name)
}

fn ask(bench: &mut Bench, host: Host, by: fn(&Host) -> &str) -> Verdict<Asked> {
    let mut at_one_address = || {
        let address = hosts::address(bench);
        Host::new(bench, &[address])
    };
    let (another, slide) = (at_one_address(), Host { name: SLIDE.into(), ..at_one_address() });
    hosts::known(bench, &[&another, &slide, &host])?;
    let finished = bench.run(&[by(&host)], b"")?;
    let did = ran(by(&host));
    let unfound = words!(
        "그 호스트가 있는데 프로그램이 오류로 끝났어요. 인자로 받은 이름(argv[1])을 찾는지 확인하세요. gethostname은 이 컴퓨터의 이름을 돌려줘요.",
        "There is that host, and the program ended with an error. Does it look for the argument's name (argv[1])? gethostname only gives this machine's."
    );
    let of_slide = words!(
        "{SLIDE}의 정보를 출력했어요. 슬라이드의 호스트가 아니라 인자로 받은 호스트(argv[1])를 찾으세요.",
        "It printed what is known of {SLIDE}, the slide's host. Look for the host that the argument names (argv[1])."
    );
    let (others, labels) = (vec![(another, anothers()), (slide, of_slide)], labels(&host));
    Ok(Asked { host, others, did, finished, unfound, labels })
}

/// The host on the slide.
const SLIDE: &str = "www.kangwon.ac.kr";

const NAME: &str = "호스트 이름 :";
const TYPE: &str = "호스트 주소타입 번호 :";
const LENGTH: &str = "호스트 주소의 길이 :";

fn nth_address(i: usize) -> String {
    format!("IP주소({i}번째) :")
}

fn nth_alias(i: usize) -> String {
    format!("호스트 별명({i} 번째) :")
}

/// Those of all lines for a host.
fn labels(host: &Host) -> Vec<String> {
    let mut labels: Vec<String> = [NAME, TYPE, LENGTH].map(String::from).into();
    labels.extend((1..=host.addresses.len()).map(nth_address));
    labels.extend((1..=host.aliases.len()).map(nth_alias));
    labels
}

fn ran(name: &str) -> Words {
    let line = command_line("get_hostent", &[name]);
    words!("`{line}` 실행", "ran `{line}`")
}

fn ends(bench: &mut Bench) -> Verdict {
    let address = hosts::address(bench);
    let host = Host::new(bench, &[address]);
    hosts::known(bench, &[&host])?;
    ensure_success(ran(&host.name), &bench.run_at_terminal(&[&host.name])?)
}

fn name(bench: &mut Bench) -> Verdict {
    let address = hosts::address(bench);
    let host = Host::new(bench, &[address]);
    let asked = ask(bench, host, |host| &host.aliases[0])?;
    ensure_name(&asked, || {
        asked.host.aliases.iter().any(|alias| asked.says(alias)).then(|| {
            words!(
                "공식 이름은 argv[1]이나 h_aliases가 아니라 hp->h_name에 있어요. 사용자는 별명을 입력할 수도 있어요.",
                "The official name is in hp->h_name, not in argv[1] or h_aliases: a user may type an alias."
            )
        })
    })?;
    asked.ensure_ended_well(bench)
}

fn ensure_name(asked: &Asked, cause: impl FnOnce() -> Option<Words>) -> Verdict {
    let name = &asked.host.name;
    asked.ensure_says(
        NAME,
        &[name],
        words!("공식 이름을 출력해야 해요: {name}", "the official name: {name}"),
        cause,
    )
}

/// The only two numbers that every host has in common: 2 for AF_INET, 4 bytes.
const TYPE_AND_LENGTH: [&str; 2] = ["2", "4"];

fn type_length(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    ensure_type_length(&asked, || {
        let [kind, length] = TYPE_AND_LENGTH;
        says(&asked.finished.text(), [length, kind]).then(|| {
            words!(
                "타입과 길이의 자리가 바뀌었어요. 타입은 hp->h_addrtype, 길이는 hp->h_length예요.",
                "Type and length have changed places. The type is hp->h_addrtype, the length hp->h_length."
            )
        })
    })
}

fn ensure_type_length(asked: &Asked, cause: impl FnOnce() -> Option<Words>) -> Verdict {
    let expected = words!(
        "주소 타입 번호 2(AF_INET)와 주소의 길이 4를 이 순서로 출력해야 해요",
        "the address type's number 2 (AF_INET), then the length of an address, 4"
    );
    asked.ensure_says("호스트 주소", &TYPE_AND_LENGTH, expected, cause)
}

fn addresses(bench: &mut Bench) -> Verdict {
    ensure_addresses(&*bench.once("asked", asked)?)
}

fn ensure_addresses(asked: &Asked) -> Verdict {
    let addresses: Vec<String> = asked.host.addresses.iter().map(ToString::to_string).collect();
    let (n, list) = (addresses.len(), addresses.join(", "));
    let expected =
        words!("주소 {n}개를 이 순서로 출력해야 해요: {list}", "{n} addresses in this order: {list}");
    asked.ensure_says("IP주소", &addresses, expected, || {
        let reversed = |address: &Ipv4Addr| Ipv4Addr::from(u32::from(*address).swap_bytes()).to_string();
        let text = asked.finished.text();
        let printed = dotted(&text);
        if addresses.iter().all(|address| asked.says(address)) {
            Some(not_in_order())
        } else if n > 1 && printed.len() == n && printed.iter().all(|address| Some(*address) == addresses.last().map(String::as_str)) {
            Some(words!(
                "모두 마지막 주소예요. inet_ntoa는 부를 때마다 같은 버퍼에 새 문자열을 저장하고 그 포인터를 돌려줘요. 다음 주소를 변환하기 전에 출력하거나, inet_ntop에 주소마다 다른 버퍼를 주세요.",
                "All of them are the last address. inet_ntoa writes each text into the same buffer and returns a pointer to it: print one before the next is converted, or give inet_ntop a buffer for each."
            ))
        } else if text.contains(".-") {
            Some(words!(
                "바이트를 char로 읽으면 128부터 음수가 돼요. unsigned char로 읽거나, 4바이트를 inet_ntop으로 변환하세요.",
                "A byte that is read as a char is negative from 128 on. Read it as an unsigned char, or let inet_ntop convert the four bytes."
            ))
        } else if addresses.iter().any(|address| asked.says(address)) {
            Some(words!(
                "h_addr_list는 NULL로 끝나는 배열이에요. h_addr_list[i]가 NULL이 될 때까지 순서대로 모두 출력하세요.",
                "h_addr_list is an array that ends with NULL: go on, in order, until h_addr_list[i] is NULL."
            ))
        } else if asked.host.addresses.iter().any(|address| asked.says(&reversed(address))) {
            Some(words!(
                "주소의 바이트가 거꾸로예요. h_addr_list[i]가 가리키는 4바이트는 이미 네트워크 바이트 순서이고 inet_ntop도 그 순서의 값을 받아요. ntohl은 필요 없어요.",
                "The addresses have their bytes the wrong way round. The 4 bytes at h_addr_list[i] are in network order already, and so inet_ntop wants them: no ntohl."
            ))
        } else if !printed.is_empty() {
            Some(words!(
                "이 호스트의 주소가 아니에요. 주소는 포인터 h_addr_list[i] 자체가 아니라 이 포인터가 가리키는 4바이트예요.",
                "These are not the host's addresses. An address is not the pointer h_addr_list[i] itself, but the 4 bytes that it points to."
            ))
        } else {
            None
        }
    })
}

fn aliases(bench: &mut Bench) -> Verdict {
    ensure_aliases(&*bench.once("asked", asked)?)
}

fn ensure_aliases(asked: &Asked) -> Verdict {
    let aliases = &asked.host.aliases;
    let (n, list) = (aliases.len(), aliases.join(", "));
    let expected =
        words!("별명 {n}개를 이 순서로 출력해야 해요: {list}", "{n} aliases in this order: {list}");
    asked.ensure_says("호스트 별명", aliases, expected, || {
        if aliases.iter().all(|alias| asked.says(alias)) {
            return Some(not_in_order());
        }
        aliases.iter().any(|alias| asked.says(alias)).then(|| {
            words!(
                "h_aliases도 NULL로 끝나는 배열이에요. 반복문의 조건은 hp->h_aliases[i]예요(슬라이드에는 그 뒤가 ;가 아니라 ,로 되어 있어요).",
                "h_aliases is an array that ends with NULL, too. The loop's condition is hp->h_aliases[i] (the slide has a comma after it for a semicolon)."
            )
        })
    })
}

fn not_in_order() -> Words {
    words!("목록에 있는 순서대로 출력하세요.", "Print them in the order in which the list has them.")
}

/// Fails if it printed one more than the `n` that there are. Where none is number 1, all numbers are others: [`lines`] looks at them.
fn ensure_no_more(asked: &Asked, label: fn(usize) -> String, n: usize) -> Verdict {
    let text = asked.finished.text();
    let (first, next) = (label(1), label(n + 1));
    let more: Vec<&str> = after(&text, &next).into_iter().map(str::trim).collect();
    let counts_from_1 = n == 0 || !after(&text, &first).is_empty();
    ensure(more.is_empty() || !counts_from_1, || Failure {
        did: asked.did.clone(),
        expected: words!("{n}개뿐이므로 이것은 없어야 해요: `{next}`", "no `{next}`: there are {n}"),
        got: shown(&text, &next),
        cause: if more.iter().any(|more| more.parse::<Ipv6Addr>().is_ok()) {
            words!(
                "IPv6 주소예요. 이 과제에서는 IPv4 주소만 출력해요.",
                "That is an IPv6 address. Here only IPv4 addresses are printed."
            )
        } else {
            words!(
                "목록은 NULL에서 끝나요. 출력하기 전에 NULL인지 확인하세요. 첫 항목부터 NULL일 수도 있어요.",
                "A list ends at its NULL, which may be its first entry: look before you print."
            )
        },
    })
}

/// More than the arrays have room for that programs of old copy them to. Of both together it would be more than a program may print.
const MANY_ADDRESSES: usize = 17;
const MANY_ALIASES: usize = 33;

fn every_host(bench: &mut Bench) -> Verdict {
    let address = hosts::address(bench);
    let large = Host::large(bench, MANY_ADDRESSES, 9);
    // More aliases than addresses: these are two lists.
    let many = Host::large(bench, 2, MANY_ALIASES);
    let small = Host::small(bench, Vec::new(), address);
    // Another host at its address, and two with names that contain its name.
    let namesakes = [format!("{}.kr", small.name), format!("my-{}", small.name)];
    let mut others = vec![Host::new(bench, &[address])];
    for name in namesakes {
        let address = hosts::address(bench);
        others.push(Host { name, aliases: Vec::new(), addresses: vec![address] });
    }
    let address = hosts::address(bench);
    let asked_for = Host::new(bench, &[address]);
    let by_name: fn(&Host) -> &str = |host| &host.name;
    // The last one: what was asked for is often printed before the rest.
    let by_alias: fn(&Host) -> &str = |host| &host.aliases[1];
    for (host, by) in [(large, by_name), (many, by_name), (small, by_name), (asked_for, by_alias)] {
        let unfound = if host.name.starts_with(|c: char| c.is_ascii_digit()) {
            words!(
                "이 호스트는 이름이 숫자로 시작하고(RFC 1123) 별명이 없어요. 둘 다 오류가 아니에요.",
                "This host's name begins with a digit (RFC 1123), and it has no alias: neither is an error."
            )
        } else {
            hosts::unfound()
        };
        let known: Vec<&Host> = others.iter().chain([&host]).collect();
        hosts::known_among_others(bench, &known)?;
        let finished = bench.run(&[by(&host)], b"")?;
        let another = Host { addresses: Vec::new(), ..others[0].clone() };
        let (did, others, labels) = (ran(by(&host)), vec![(another, anothers())], labels(&host));
        let asked = Asked { host, others, did, finished, unfound, labels };
        ensure_type_length(&asked, || {
            says(&asked.finished.text(), ["10", "16"]).then(|| {
                words!(
                    "IPv6 주소(AF_INET6은 10, 16바이트)예요. gethostbyname은 IPv4 주소를 돌려줘요.",
                    "That is an IPv6 address (AF_INET6 is 10, with 16 bytes). gethostbyname gives the IPv4 ones."
                )
            })
        })?;
        ensure_name(&asked, || asked.cut())?;
        ensure_addresses(&asked)?;
        ensure_aliases(&asked).map_err(|fault| {
            if !lists_all_but(&asked, by(&asked.host)) {
                return fault;
            }
            fault.surely_because(words!(
                "인자로 받은 별명이 목록에서 빠졌어요. 이 별명도 h_aliases에 있으니 모두 출력하세요.",
                "Of the aliases, the one that was asked for is missing. It is one of h_aliases like the others: print all."
            ))
        })?;
        let [addresses, aliases] = [asked.host.addresses.len(), asked.host.aliases.len()];
        ensure_no_more(&asked, nth_address, addresses)?;
        ensure_no_more(&asked, nth_alias, aliases)?;
        asked.ensure_ended_well(bench)?;
    }
    Ok(())
}

/// Does it list all aliases but the one that it was asked for?
fn lists_all_but(asked: &Asked, alias: &str) -> bool {
    let text = asked.finished.text();
    let listed = after(&text, "호스트 별명(");
    let (its, others): (Vec<&String>, Vec<&String>) =
        asked.host.aliases.iter().partition(|one| *one == alias);
    let is_listed = |one: &&String| listed.iter().any(|rest| says(rest, [one.as_str()]));
    !its.is_empty() && !its.iter().any(is_listed) && others.iter().all(is_listed)
}

fn lines(bench: &mut Bench) -> Verdict {
    let asked = bench.once("asked", asked)?;
    let mut lines = vec![(NAME.to_string(), asked.host.name.clone())];
    if says(&asked.finished.text(), TYPE_AND_LENGTH) {
        lines.push((TYPE.into(), "2".into()));
        lines.push((LENGTH.into(), "4".into()));
    }
    let addresses = asked.host.addresses.iter().map(ToString::to_string).collect();
    for (i, address) in (1..).zip(as_printed(&asked.finished, addresses)) {
        lines.push((nth_address(i), address));
    }
    for (i, alias) in (1..).zip(as_printed(&asked.finished, asked.host.aliases.clone())) {
        lines.push((nth_alias(i), alias));
    }
    let lines: Vec<(&str, &str)> = lines.iter().map(|(label, value)| (&**label, &**value)).collect();
    labelled(&asked.did, &asked.finished, &lines)
}

/// In the order in which it printed them, if it printed all: whether that is the right one is another check's matter.
fn as_printed(finished: &Finished, mut values: Vec<String>) -> Vec<String> {
    let text = finished.text();
    if values.iter().all(|value| text.contains(value)) {
        values.sort_by_key(|value| text.find(value));
    }
    values
}

fn unknown(bench: &mut Bench) -> Verdict {
    let address = hosts::address(bench);
    let (host, nobody) = (Host::new(bench, &[address]), Host::new(bench, &[]));
    hosts::known(bench, &[&host])?;
    let finished = bench.run(&[&nobody.name], b"")?;
    ensure_refused(ran(&nobody.name), &finished)
}
