//! What slides 21 and 22 say of addresses as text and as four bytes.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{CStr, CString, c_int};

use libc::{AF_INET, AF_UNIX};
use nix::errno::Errno;
use sockcommon::{INET_ADDRSTRLEN, inet_ntop, inet_pton};

/// What inet_pton returns, and what is then in four bytes that were all 0xAA.
fn pton(text: &str) -> (c_int, [u8; 4]) {
    let text = CString::new(text).unwrap();
    let mut addr = [0xAA_u8; 4];
    // SAFETY: the text ends in NUL and addr has the four bytes that AF_INET writes.
    let result = unsafe { inet_pton(AF_INET, text.as_ptr(), addr.as_mut_ptr().cast()) };
    (result, addr)
}

/// What inet_ntop makes of an address in a buffer of `size` bytes.
fn ntop(addr: [u8; 4], size: usize) -> Result<String, Errno> {
    let mut buf = vec![0_u8; size];
    // SAFETY: addr has the four bytes that AF_INET reads and buf the size that it may write.
    let text = unsafe { inet_ntop(AF_INET, addr.as_ptr().cast(), buf.as_mut_ptr().cast(), size as u32) };
    if text.is_null() {
        return Err(Errno::last());
    }
    Ok(CStr::from_bytes_until_nul(&buf).unwrap().to_str().unwrap().to_owned())
}

#[test]
fn f11_inet_pton_gives_1_and_the_four_bytes_in_network_order() {
    assert_eq!(pton("210.115.36.231"), (1, [210, 115, 36, 231]));
    assert_eq!(pton("0.0.0.0"), (1, [0, 0, 0, 0]));
    assert_eq!(pton("255.255.255.255"), (1, [255, 255, 255, 255]));
    // Slide 22: 0xE72473D2, as a little-endian host reads them.
    let s_addr = u32::from_ne_bytes(pton("210.115.36.231").1);
    assert_eq!(s_addr, if cfg!(target_endian = "little") { 0xE724_73D2 } else { 0xD273_24E7 });
}

#[test]
fn f11_inet_pton_gives_0_and_never_a_partial_address() {
    let wrong = [
        "",
        "1",
        "1.2",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        ".1.2.3",
        "1..2.3",
        "256.1.1.1",
        "1.2.3.256",
        "1.2.3.-4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.0x4",
        "1.2.3.a",
        "::1",
        "localhost",
    ];
    for text in wrong {
        let (result, addr) = pton(text);
        assert_eq!(result, 0, "{text:?}");
        // musl writes as it reads; its 0 says all the same that there is no address.
        if !cfg!(target_env = "musl") {
            assert_eq!(addr, [0xAA; 4], "{text:?}");
        }
    }
}

/// The third answer is about the family, not about the text.
#[test]
fn f11_inet_pton_gives_minus_1_only_for_a_family_it_does_not_know() {
    let mut addr = [0_u8; 128];
    // SAFETY: the text ends in NUL; nothing is written for a family without such addresses.
    let result = unsafe { inet_pton(AF_UNIX, c"127.0.0.1".as_ptr(), addr.as_mut_ptr().cast()) };
    assert_eq!((result, Errno::last()), (-1, Errno::EAFNOSUPPORT));
}

/// Slide 21: a string of 15 characters. The NUL is the sixteenth.
#[test]
fn f11_inet_ntop_needs_16_bytes_for_the_longest() {
    let longest = [255, 255, 255, 255];
    assert_eq!(ntop(longest, 15), Err(Errno::ENOSPC));
    assert_eq!(ntop(longest, 16).unwrap(), "255.255.255.255");
    assert_eq!(INET_ADDRSTRLEN, 16);
    // A short one needs less.
    assert_eq!(ntop([1, 2, 3, 4], 7), Err(Errno::ENOSPC));
    assert_eq!(ntop([1, 2, 3, 4], 8).unwrap(), "1.2.3.4");
}

#[test]
fn f11_inet_ntop_undoes_inet_pton() {
    for text in ["210.115.36.231", "0.0.0.0", "127.0.0.1", "255.255.255.255", "1.20.255.4"] {
        assert_eq!(ntop(pton(text).1, INET_ADDRSTRLEN).unwrap(), text);
    }
}
