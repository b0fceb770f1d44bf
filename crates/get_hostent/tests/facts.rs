//! What slides 23-26 say of the resolver. Only names that it knows, or knows to be none, without asking anybody.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{CStr, c_int};
use std::sync::Mutex;

use libc::{AF_INET, hostent};
use sockcommon::{entries, gethostbyaddr, gethostbyname};

/// The resolver has one struct hostent for all callers: gethostbyname(3).
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What of a struct hostent these slides are about.
#[allow(clippy::struct_field_names, reason = "the slide's own names")]
#[derive(Debug, PartialEq)]
struct Host {
    h_name: String,
    h_addrtype: c_int,
    h_length: c_int,
    h_addr_list: Vec<[u8; 4]>,
}

fn host(hp: *const hostent) -> Option<Host> {
    // SAFETY: a hostent, if there is one, stays until the next call, and the caller keeps others from it.
    let hp = unsafe { hp.as_ref() }?;
    // SAFETY: h_name ends in NUL and stays as long as the hostent.
    let h_name = unsafe { CStr::from_ptr(hp.h_name) }.to_str().unwrap().to_owned();
    // SAFETY: h_addr_list ends in NULL and stays as long as the hostent.
    let list = unsafe { entries(hp.h_addr_list) };
    // SAFETY: an address of AF_INET has four bytes.
    let h_addr_list = list.map(|addr| unsafe { addr.cast::<[u8; 4]>().read() }).collect();
    Some(Host { h_name, h_addrtype: hp.h_addrtype, h_length: hp.h_length, h_addr_list })
}

fn by_name(name: &CStr) -> Option<Host> {
    // SAFETY: the name ends in NUL.
    host(unsafe { gethostbyname(name.as_ptr()) })
}

#[test]
fn f12_h_length_is_4_and_h_addrtype_2() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    let localhost = by_name(c"localhost").unwrap();
    assert_eq!((localhost.h_length, localhost.h_addrtype), (4, 2));
    assert_eq!(localhost.h_addrtype, AF_INET);
    assert!(localhost.h_addr_list.contains(&[127, 0, 0, 1]), "{localhost:?}");
}

/// gethostbyname(3): the text is copied to `h_name`, and nobody is asked.
#[test]
fn f12_an_address_is_its_own_name() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    let expected = Host {
        h_name: "192.0.2.10".into(),
        h_addrtype: AF_INET,
        h_length: 4,
        h_addr_list: vec![[192, 0, 2, 10]],
    };
    assert_eq!(by_name(c"192.0.2.10"), Some(expected));
}

/// glibc asks nobody about a name of digits and dots that is no address; another C library may.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn f12_the_error_is_in_h_errno_and_not_in_errno() {
    use nix::errno::Errno;
    const HOST_NOT_FOUND: c_int = 1; // netdb.h

    let _one = ONE_AT_A_TIME.lock().unwrap();
    for name in [c"256.1.1.1", c"1.2.3.4.5"] {
        Errno::EDOM.set(); // no call of the resolver's gives this
        assert_eq!(by_name(name), None);
        assert_eq!(sockcommon::h_errno(), HOST_NOT_FOUND);
        assert_eq!(Errno::last(), Errno::EDOM);
    }
}

/// Slide 26: /etc/hosts has this one on every machine.
#[test]
fn f12_gethostbyaddr_finds_the_name_of_four_bytes() {
    let _one = ONE_AT_A_TIME.lock().unwrap();
    let addr = [127_u8, 0, 0, 1];
    // SAFETY: addr has the four bytes that its length says.
    let localhost = host(unsafe { gethostbyaddr(addr.as_ptr().cast(), 4, AF_INET) }).unwrap();
    assert_eq!((localhost.h_length, localhost.h_addrtype), (4, 2));
    assert_eq!(localhost.h_addr_list, [addr]);
    assert!(!localhost.h_name.is_empty());
}
