//! Hosts that nobody else knows, in the submission's `/etc/hosts` (hosts(5)).

use std::io;
use std::net::Ipv4Addr;

use super::printed::{anothers, says, too_much};
use crate::bench::{Bench, Finished, output};
use crate::verdict::{Failure, Verdict, ensure};
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
}

impl Asked {
    /// Fails unless it printed these words, and nothing of the other host.
    pub(super) fn ensure_says(&self, wanted: &[impl AsRef<str>], expected: Words, cause: Words) -> Verdict {
        let (text, another) = (self.finished.text(), &self.another);
        let addresses: Vec<String> = another.addresses.iter().map(ToString::to_string).collect();
        let mut of_another = another.aliases.iter().chain(&addresses).chain([&another.name]);
        let both = of_another.any(|word| says(&text, [word.as_str()]));
        ensure(says(&text, wanted.iter().map(AsRef::as_ref)) && !both, || {
            let cause = if both { anothers() } else { too_much(&text).unwrap_or(cause) };
            Failure { did: self.did.clone(), expected, got: output(&self.finished), cause }
        })
    }
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
