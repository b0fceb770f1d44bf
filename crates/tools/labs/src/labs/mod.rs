//! The labs: the thirteen lecture programs.

mod ascii_ip;
mod byte_order;
mod causes;
mod connected_udp;
mod get_host_byaddr;
mod get_hostent;
mod getdtablesize;
mod hosts;
mod mydaytime;
mod open_socket;
mod port_number;
mod printed;
mod servers;
mod tcp_client;
mod tcp_echocli;
mod tcp_echoserv;
mod udp_client;
mod udp_echocli;
mod udp_echoserv;

pub use printed::prints_all;

use crate::lab::Lab;
use crate::words::Lang;

/// All of them, in the order of the slides.
pub static ALL: &[&Lab] = &[
    &open_socket::LAB,
    &getdtablesize::LAB,
    &byte_order::LAB,
    &ascii_ip::LAB,
    &get_hostent::LAB,
    &get_host_byaddr::LAB,
    &mydaytime::LAB,
    &tcp_echocli::LAB,
    &port_number::LAB,
    &tcp_echoserv::LAB,
    &udp_echocli::LAB,
    &udp_echoserv::LAB,
    &connected_udp::LAB,
];

/// The lab of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lab> {
    ALL.iter().copied().find(|lab| lab.name == name)
}

/// What all statements say, as Markdown.
#[must_use]
pub fn rules(lang: Lang) -> &'static str {
    match lang {
        Lang::Ko => include_str!("../../statements/rules.ko.md"),
        Lang::En => include_str!("../../statements/rules.en.md"),
    }
}

#[cfg(test)]
mod tests {
    use jail::{Allowed, Limits};

    use super::*;

    #[test]
    fn the_rules_name_the_limits() {
        let Limits { cpu, memory, processes, open_files, file_size, output, asleep, dozing, .. } =
            Limits::RUN;
        let [asleep, dozing, in_all] = [asleep, dozing, Allowed::USUAL.in_all].map(|samples| samples / 50);
        let [memory, file_size, output] = [memory, file_size, output as u64].map(|bytes| bytes >> 20);
        let (files, _) = open_files;
        for (lang, seconds) in [(Lang::Ko, "초"), (Lang::En, " seconds")] {
            let rules = rules(lang);
            for n in [asleep, dozing, in_all, cpu] {
                assert!(rules.contains(&format!(" {n}{seconds}")), "{n}{seconds}");
            }
            for n in [memory, file_size, output] {
                assert!(rules.contains(&format!(" {n} MiB")), "{n} MiB");
            }
            assert!(rules.contains(&format!(" {processes}")) && rules.contains(&format!(" {files}")));
        }
    }
}
