//! Hosts that nobody else knows, in the submission's `/etc/hosts` (hosts(5)).

use std::io;
use std::iter::{once, repeat};
use std::net::Ipv4Addr;

use labkit::trace::Call;

use super::printed::{has_several, one_value, says, too_much};
use super::tcp_client::asks_nobody;
use crate::bench::{Bench, Finished, Start, ensure_refused, ensure_success, output};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// A host as the resolver knows it.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// The official name.
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) addresses: Vec<Ipv4Addr>,
}

impl Host {
    /// A new one with two aliases at these addresses.
    pub(super) fn new(bench: &mut Bench, addresses: &[Ipv4Addr]) -> Self {
        let [first, second] = [word_at(bench, 0, 6), word_at(bench, 1, 5)];
        Host {
            name: format!("www.{}.ac.kr", word(bench, 7)),
            aliases: vec![first, format!("{second}.kr")],
            addresses: addresses.to_vec(),
        }
    }

    /// One with so many addresses and aliases, and a name of 253 characters: RFC 1035 allows no more.
    pub(super) fn large(bench: &mut Bench, n_addresses: usize, n_aliases: usize) -> Self {
        let labels = [63, 63, 63, 55].map(|n| word(bench, n)).join(".");
        Host {
            name: format!("{labels}.ac.kr"),
            aliases: (0..n_aliases).map(|i| word_at(bench, i, 3 + i)).collect(),
            addresses: addresses(bench, n_addresses),
        }
    }

    /// One with a short name, which begins with a digit, and with these aliases.
    pub(super) fn small(bench: &mut Bench, aliases: Vec<String>, address: Ipv4Addr) -> Self {
        let name = format!("{}{}", bench.rng.u8(2..=9), word(bench, 4));
        Host { name, aliases, addresses: vec![address] }
    }

    /// What hosts(5) has of it.
    fn lines(&self) -> Vec<String> {
        let Host { name, aliases, addresses } = self;
        // The resolver takes the aliases from each line: in the first alone they are given once.
        let names = once([&[name.clone()][..], aliases].concat().join(" ")).chain(repeat(name.clone()));
        addresses.iter().zip(names).map(|(address, names)| format!("{address} {names}")).collect()
    }
}

/// Small letters.
pub(super) fn word(bench: &mut Bench, n: usize) -> String {
    (0..n).map(|_| bench.rng.lowercase()).collect()
}

/// The places by size of those that come one after another: two come the large one first, more in no order at all. The tenth has
/// the first's, and so on.
const ORDER: [u8; 9] = [7, 4, 8, 1, 6, 2, 0, 5, 3];

/// A word for the `i`-th place in [`ORDER`].
fn word_at(bench: &mut Bench, i: usize, n: usize) -> String {
    let first = b'a' + 2 * ORDER[i % ORDER.len()] + u8::from(bench.rng.bool());
    format!("{}{}", char::from(first), word(bench, n - 1))
}

/// Addresses for the first `n` places of [`ORDER`], by size as numbers or as words. Each has a byte with the highest bit set.
pub(super) fn addresses(bench: &mut Bench, n: usize) -> Vec<Ipv4Addr> {
    let at = |place: &u8| {
        let rest = [128..=254, 100..=127, 10..=24].map(|byte| bench.rng.u8(byte));
        Ipv4Addr::new(10 * place + bench.rng.u8(11..=19), rest[0], rest[1], rest[2])
    };
    ORDER.iter().cycle().take(n).map(at).collect()
}

/// A host, and what the submission said when asked for it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) host: Host,
    /// Whom it was not asked for, though the resolver knows them, and what is to be said of a program that prints what is theirs.
    pub(super) others: Vec<(Host, Words)>,
    pub(super) did: Words,
    pub(super) finished: Finished,
    /// What is to be said of a program that ended with an error, though there is that host.
    pub(super) unfound: Words,
    /// Those of all its lines.
    pub(super) labels: Vec<String>,
}

impl Asked {
    /// Does it say this?
    pub(super) fn says(&self, word: &str) -> bool {
        says(&self.finished.text(), [word])
    }

    /// Does it say anything of this host's?
    fn says_of(&self, Host { name, aliases, addresses }: &Host) -> bool {
        once(name).chain(aliases).any(|word| self.says(word))
            || addresses.iter().any(|address| self.says(&address.to_string()))
    }

    /// Fails unless it ended with status 0, if it is not known for never doing so.
    pub(super) fn ensure_ended_well(&self, bench: &Bench) -> Verdict {
        if bench.failed.contains(&"ends") {
            return Ok(());
        }
        ensure_success(self.did.clone(), &self.finished)
    }

    /// What is to be said if it printed no more than the beginning of the name.
    pub(super) fn cut(&self) -> Option<Words> {
        let beginning = self.host.name.get(..10)?;
        self.finished.text().contains(beginning).then(|| {
            words!(
                "이름이 잘렸어요. 이름은 253자까지예요.",
                "The name is cut. A name has up to 253 characters."
            )
        })
    }

    /// Fails unless it printed these words, nothing of the other hosts, and one value behind each label that begins like this.
    /// `cause` is what the output tells, if it has an end.
    pub(super) fn ensure_says(
        &self,
        label: &str,
        wanted: &[impl AsRef<str>],
        expected: Words,
        cause: impl FnOnce() -> Option<Words>,
    ) -> Verdict {
        let text = self.finished.text();
        let another = self.others.iter().find(|(another, _)| self.says_of(another)).map(|(_, cause)| cause);
        let labels: Vec<&str> = self.labels.iter().map(String::as_str).collect();
        let several = says(&text, wanted.iter().map(AsRef::as_ref))
            && labels.iter().any(|one| one.starts_with(label) && has_several(&text, &labels, one));
        ensure(says(&text, wanted.iter().map(AsRef::as_ref)) && another.is_none() && !several, || {
            let cause = another.cloned().or_else(|| {
                if several {
                    Some(one_value())
                } else if self.finished.exit_status() == Some(0) {
                    too_much(&text).or_else(cause)
                } else {
                    Some(self.unfound.clone())
                }
            });
            let cause = cause.unwrap_or_default();
            Failure { did: self.did.clone(), expected, got: output(&self.finished), cause }
        })
    }
}

/// What is to be said of a program that doesn't know such a host as hosts(5) allows.
pub(super) fn unfound() -> Words {
    words!(
        "이 호스트는 /etc/hosts에 있어요(hosts(5)). gethostbyname_r와 gethostbyaddr_r의 ERANGE는 버퍼가 작다는 뜻이에요.",
        "This host is in /etc/hosts: hosts(5). ERANGE of gethostbyname_r and gethostbyaddr_r means that the buffer is too small."
    )
}

/// Fails unless a program without an argument ends with an error, and asks the resolver for nobody.
pub(super) fn no_argument(bench: &mut Bench) -> Verdict {
    let finished = bench.start_with(&[], &Start { traced: true, ..Start::default() })?.finish()?;
    let did = words!("인자 없이 실행", "started without an argument");
    asks_nobody(&did, &finished.calls)?;
    let asks = |call: &Call| (0..2).any(|i| call.bytes(i).is_some_and(|path| path == b"/etc/hosts"));
    ensure(!finished.calls.iter().any(asks), || Failure {
        did: did.clone(),
        expected: words!(
            "호스트를 찾지 않고 0이 아닌 종료 상태로 끝나야 해요",
            "it looks for no host, and exits with a status that is not 0"
        ),
        got: words!(
            "/etc/hosts에서 호스트를 찾았어요(strace로 확인)",
            "it looked for a host in /etc/hosts (strace)"
        ),
        cause: words!(
            "인자가 없는데 다른 호스트를 찾았어요. argc가 2가 아니면 사용법을 출력하고 exit(1)로 끝내세요.",
            "Without an argument it looked for another host. When argc is not 2, print the usage and exit(1)."
        ),
    })?;
    ensure_refused(did, &finished)
}

/// An address of 15 characters, one of its bytes with the highest bit set; they don't read the same from behind.
pub(super) fn address(bench: &mut Bench) -> Ipv4Addr {
    let [first, second, third, last] =
        [100..=112, 128..=254, 100..=127, 113..=126].map(|byte| bench.rng.u8(byte));
    Ipv4Addr::new(first, second, third, last)
}

/// Makes the resolver know these hosts, and no others.
pub(super) fn known(bench: &Bench, hosts: &[&Host]) -> io::Result<()> {
    let mut lines = vec!["127.0.0.1 localhost".to_string()];
    lines.extend(hosts.iter().flat_map(|host| host.lines()));
    bench.place.etc("hosts", &(lines.join("\n") + "\n"))
}

/// As [`known`], with whatever else hosts(5) allows: comments, tabs, IPv6 addresses, a last line without its newline. Nothing
/// of what the comments say is so.
pub(super) fn known_among_others(bench: &Bench, hosts: &[&Host]) -> io::Result<()> {
    let mut lines = vec!["127.0.0.1\tlocalhost".to_string(), "::1\tlocalhost ip6-localhost".to_string()];
    let another = hosts.iter().flat_map(|host| host.lines()).next().unwrap_or_default();
    for (i, host) in hosts.iter().enumerate() {
        let name = &host.name;
        lines.extend([format!("#192.0.2.{i}\t{name}"), format!("fd00::{i:x}\t{name}")]);
        for line in host.lines() {
            let (address, names) = line.split_once(' ').unwrap_or_default();
            lines.push(format!("# {address}\tformerly.{name}"));
            lines.push(format!("{address}\t{names}\t# {another}"));
        }
    }
    bench.place.etc("hosts", &lines.join("\n"))
}
