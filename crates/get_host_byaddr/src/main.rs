//! get_host_byaddr: the name of a host from its address (slide 26).
//! C original: get_host_byaddr.c
//!
//! Run:    cargo run -p get_host_byaddr -- 211.32.119.151       (in scripts/lab: offline)
//! Watch:  the resolver wants the four bytes of the address, not its text.
//! See:    gethostbyaddr(3), inet_pton(3), hosts(5)

use std::ffi::CStr;
use std::process::ExitCode;

use libc::{AF_INET, in_addr, socklen_t};
use sockcommon::{Error, gethostbyaddr, h_errno, inet_pton, parse_args, print_text, run};

fn main() -> ExitCode {
    run(get_host_byaddr)
}

fn get_host_byaddr() -> Result<(), Error> {
    // 1. arguments: an address in dotted decimal
    let args = parse_args("get_host_byaddr IP")?;

    // 2. inet_pton: the address as four bytes, in network byte order
    let mut in_ = in_addr { s_addr: 0 };
    // SAFETY: args.ip ends in NUL and s_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut in_.s_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }

    // 3. gethostbyaddr: ask the resolver
    let len = size_of_val(&in_.s_addr) as socklen_t;
    // SAFETY: s_addr has len bytes, and no other thread calls gethostbyaddr.
    let myhost = unsafe { gethostbyaddr((&raw const in_.s_addr).cast(), len, AF_INET) };
    // SAFETY: a hostent that is not NULL stays valid until the next gethostbyaddr.
    let Some(myhost) = (unsafe { myhost.as_ref() }) else {
        return Err(Error::Lookup { what: "Error at gethostbyaddr()", h_errno: h_errno() });
    };

    // 4. h_name: the official name
    // SAFETY: h_name ends in NUL and stays until the next gethostbyaddr.
    let name = unsafe { CStr::from_ptr(myhost.h_name) };
    print_text("호스트 이름 : ", name)
}
