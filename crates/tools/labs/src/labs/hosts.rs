//! Hosts that nobody else knows, in the submission's `/etc/hosts` (hosts(5)).

use std::io;
use std::net::Ipv4Addr;

use crate::bench::Bench;

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
