//! What slides 7 and 17-20 say of services and of the order of bytes.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::CStr;
use std::fs;
use std::sync::Mutex;

use labkit::{run_trials, trial};
use libc::{getservbyname, htonl, htons, ntohl, ntohs};

macro_rules! fact {
    ($test:ident, $missing:expr) => {
        trial(stringify!($test), $missing, $test)
    };
}

fn main() {
    run_trials(vec![
        fact!(f4_echo_is_at_port_7_for_tcp_and_udp, no_services()),
        fact!(f4_the_port_comes_in_network_order, no_services()),
        fact!(f4_an_alias_is_as_good_as_the_name, no_services()),
        fact!(f4_unknown_names_give_nothing, None),
        fact!(f10_0xc3e2_is_50146, None),
        fact!(f10_little_endian_hosts_store_e2_c3_and_the_network_c3_e2, None),
        fact!(f10_htons_and_htonl_are_their_own_inverse, None),
        fact!(f10_htonl_turns_four_bytes_although_a_long_may_have_eight, None),
    ]);
}

fn no_services() -> Option<String> {
    fs::metadata("/etc/services").err().map(|_| "/etc/services is missing (install netbase)".into())
}

// ---- F4: slides 7, 19, 20 ----

/// `s_port` of a service as it comes.
fn s_port(name: &CStr, proto: &CStr) -> Option<i32> {
    // getservbyname has one struct servent for all callers: getservbyname(3).
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap();
    // SAFETY: both names end in NUL.
    let servent = unsafe { getservbyname(name.as_ptr(), proto.as_ptr()) };
    // SAFETY: a servent, if there is one, stays until the next call.
    unsafe { servent.as_ref() }.map(|servent| servent.s_port)
}

fn port(name: &CStr, proto: &CStr) -> Option<u16> {
    s_port(name, proto).map(|s_port| ntohs(s_port as u16))
}

fn f4_echo_is_at_port_7_for_tcp_and_udp() {
    assert_eq!(port(c"echo", c"tcp"), Some(7));
    assert_eq!(port(c"echo", c"udp"), Some(7));
}

fn f4_the_port_comes_in_network_order() {
    // Slide 20: 1792 on a PC, 7 on a SPARC.
    let expected = if cfg!(target_endian = "little") { 1792 } else { 7 };
    assert_eq!(s_port(c"echo", c"udp"), Some(expected));
    // In memory it is the same on both: first 0, then 7.
    assert_eq!((expected as u16).to_ne_bytes(), [0, 7]);
}

/// Slide 7: `discard 9/tcp sink null`.
fn f4_an_alias_is_as_good_as_the_name() {
    assert_eq!(port(c"discard", c"tcp"), Some(9));
    assert_eq!(port(c"sink", c"tcp"), Some(9));
    assert_eq!(port(c"null", c"tcp"), Some(9));
}

fn f4_unknown_names_give_nothing() {
    assert_eq!(port(c"no-such-service", c"tcp"), None);
    assert_eq!(port(c"echo", c"no-such-protocol"), None);
    assert_eq!(port(c"", c"udp"), None);
}

// ---- F10: slides 17, 18 ----

fn f10_0xc3e2_is_50146() {
    assert_eq!(u16::from_be_bytes([0xC3, 0xE2]), 50_146);
    // What a host that forgets ntohs makes of it.
    if cfg!(target_endian = "little") {
        assert_eq!(htons(50_146), 0xE2C3);
    } else {
        assert_eq!(htons(50_146), 0xC3E2);
    }
}

fn f10_little_endian_hosts_store_e2_c3_and_the_network_c3_e2() {
    let host = 0xC3E2_u16.to_ne_bytes();
    assert_eq!(host, if cfg!(target_endian = "little") { [0xE2, 0xC3] } else { [0xC3, 0xE2] });
    assert_eq!(htons(0xC3E2).to_ne_bytes(), [0xC3, 0xE2]);
    assert_eq!(htonl(0xD273_24E7).to_ne_bytes(), [0xD2, 0x73, 0x24, 0xE7]);
}

fn f10_htons_and_htonl_are_their_own_inverse() {
    for n in 0..=u16::MAX {
        assert_eq!(htons(htons(n)), n);
        assert_eq!(htons(n), ntohs(n));
        let long = u32::from(n) * 65_521; // spread over all four bytes
        assert_eq!(htonl(htonl(long)), long);
        assert_eq!(htonl(long), ntohl(long));
    }
}

/// Slide 18: "unsigned long".
fn f10_htonl_turns_four_bytes_although_a_long_may_have_eight() {
    let htonl: extern "C" fn(u32) -> u32 = htonl;
    assert_eq!(size_of_val(&htonl(1)), 4);
    assert_eq!(size_of::<libc::c_ulong>(), size_of::<usize>());
}
