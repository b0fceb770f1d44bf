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
