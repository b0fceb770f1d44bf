//! Hosts that nobody else knows, in the submission's `/etc/hosts` (hosts(5)).

use std::io;
use std::net::Ipv4Addr;

use labkit::trace::Call;

use super::printed::{anothers, says, too_much};
use super::tcp_client::asks_nobody;
use crate::bench::{Bench, Finished, Start, ensure_refused, output};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// A host as the resolver knows it.
#[derive(Debug)]
pub(super) struct Host {
    /// The official name.
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) addresses: Vec<Ipv4Addr>,
}

impl Host {
    /// A new one with two aliases at these addresses.
    pub(super) fn new(bench: &mut Bench, addresses: &[Ipv4Addr]) -> Self {
        let mut word = |n| (0..n).map(|_| bench.rng.lowercase()).collect::<String>();
        Host {
            name: format!("www.{}.ac.kr", word(7)),
            aliases: vec![word(6), format!("{}.kr", word(5))],
            addresses: addresses.to_vec(),
        }
    }
}

/// A host, and what the submission said when asked for it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) host: Host,
    /// Whom it was not asked for, though it knows it.
    pub(super) another: Host,
    pub(super) did: Words,
    pub(super) finished: Finished,
    /// What is to be said of a program that ended with an error, though there is that host.
    pub(super) unfound: Words,
}

impl Asked {
    /// Does it say this?
    pub(super) fn says(&self, word: &str) -> bool {
        says(&self.finished.text(), [word])
    }

    /// Fails unless it printed these words, and nothing of the other host. `cause` is what the output tells, if it has an end.
    pub(super) fn ensure_says(
        &self,
        wanted: &[impl AsRef<str>],
        expected: Words,
        cause: impl FnOnce() -> Option<Words>,
    ) -> Verdict {
        let (text, another) = (self.finished.text(), &self.another);
        let addresses: Vec<String> = another.addresses.iter().map(ToString::to_string).collect();
        let mut of_another = another.aliases.iter().chain(&addresses).chain([&another.name]);
        let both = of_another.any(|word| self.says(word));
        ensure(says(&text, wanted.iter().map(AsRef::as_ref)) && !both, || {
            let cause = if both {
                Some(anothers())
            } else if self.finished.exit_status() == Some(0) {
                too_much(&text).or_else(cause)
            } else {
                Some(self.unfound.clone())
            };
            let cause = cause.unwrap_or_default();
            Failure { did: self.did.clone(), expected, got: output(&self.finished), cause }
        })
    }
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
            "아무 호스트도 찾지 않고 0이 아닌 종료 상태로 끝나기",
            "it looks for no host, and exits with a status that is not 0"
        ),
        got: words!("/etc/hosts에서 호스트를 찾음(strace)", "it looked for a host in /etc/hosts (strace)"),
        cause: words!(
            "인자가 없는데 다른 호스트를 찾았어요. argc가 2가 아니면 사용법을 출력하고 exit(1)로 끝내세요.",
            "Without an argument it looked for another host. When argc is not 2, print the usage and exit(1)."
        ),
    })?;
    ensure_refused(did, &finished)
}

/// Any address, but none whose bytes read the same from behind.
pub(super) fn address(bench: &mut Bench) -> Ipv4Addr {
    let [first, last] = if bench.rng.bool() { [11..=60, 61..=126] } else { [61..=126, 11..=60] };
    Ipv4Addr::new(bench.rng.u8(first), bench.rng.u8(1..=254), bench.rng.u8(1..=254), bench.rng.u8(last))
}

/// Makes the resolver know these hosts, and no others.
pub(super) fn known(bench: &Bench, hosts: &[&Host]) -> io::Result<()> {
    let mut lines = vec!["127.0.0.1 localhost".to_string()];
    for Host { name, aliases, addresses } in hosts {
        let aliases = aliases.join(" ");
        // The resolver takes them from each line: in the first alone they are given once.
        lines.extend(addresses.iter().take(1).map(|address| format!("{address} {name} {aliases}")));
        lines.extend(addresses.iter().skip(1).map(|address| format!("{address} {name}")));
    }
    bench.place.etc("hosts", &(lines.join("\n") + "\n"))
}
