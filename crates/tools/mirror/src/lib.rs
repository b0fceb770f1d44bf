//! Proves that a lecture program's C file and its Rust file are the same program: the same steps, of the same size, with
//! the same behaviour and the same system calls in every scene.

pub mod faults;
pub mod own;
pub mod report;
pub mod scenes;
pub mod stage;
pub mod steps;

/// The lecture programs, in the order of the slides.
pub const PROGRAMS: [&str; 14] = [
    "open_socket",
    "getdtablesize",
    "byte_order",
    "ascii_ip",
    "get_hostent",
    "get_host_byaddr",
    "mydaytime",
    "tcp_echocli",
    "port_number",
    "tcp_echoserv",
    "udp_echocli",
    "udp_echoserv",
    "connected_udp",
    "daytimeserv",
];
