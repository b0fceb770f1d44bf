//! get_hostent: what the resolver knows of a host's name (slides 23-25).
//! C original: get_hostent.c
//!
//! Run:    cargo run -p get_hostent -- www.kangwon.ac.kr       (in scripts/lab: offline)
//! Watch:  a host can have several addresses and several aliases; the error is in h_errno, not errno.
//! See:    gethostbyname(3), inet_ntop(3), hosts(5)

use std::ffi::CStr;
use std::io::{self, Write as _};
use std::process::ExitCode;

use libc::{AF_INET, in_addr, socklen_t};
use nix::errno::Errno;
use sockcommon::{
    Error, INET_ADDRSTRLEN, OrFail as _, entries, gethostbyname, h_errno, inet_ntop, parse_args, print_text,
    run,
};

fn main() -> ExitCode {
    run(get_hostent)
}

fn get_hostent() -> Result<(), Error> {
    // 1. arguments: the name of a host
    let args = parse_args("get_hostent NAME")?;
    let mut stdout = io::stdout();

    // 2. gethostbyname: ask the resolver
    // SAFETY: the name ends in NUL, and no other thread calls gethostbyname.
    let hp = unsafe { gethostbyname(args.name.as_ptr()) };
    // SAFETY: a hostent that is not NULL stays valid until the next gethostbyname.
    let Some(hp) = (unsafe { hp.as_ref() }) else {
        return Err(Error::Lookup { what: "gethostbyname fail", h_errno: h_errno() });
    };

    // 3. h_name, h_addrtype, h_length: the official name, 2 for AF_INET, 4 bytes
    // SAFETY: h_name ends in NUL and stays until the next gethostbyname.
    let name = unsafe { CStr::from_ptr(hp.h_name) };
    print_text("호스트 이름 : ", name)?;
    writeln!(stdout, "호스트 주소타입 번호 : {}", hp.h_addrtype)?;
    writeln!(stdout, "호스트 주소의 길이 : {}", hp.h_length)?;

    // 4. h_addr_list: every address, up to the NULL
    // SAFETY: h_addr_list ends in NULL and stays until the next gethostbyname.
    for (i, addr) in unsafe { entries(hp.h_addr_list) }.enumerate() {
        // SAFETY: an address of type AF_INET is the four bytes of an in_addr.
        let in_ = unsafe { addr.cast::<in_addr>().read_unaligned() };
        let mut buf = [0_u8; INET_ADDRSTRLEN];
        let size = buf.len() as socklen_t;
        // SAFETY: in_ has the four bytes that AF_INET reads, and buf has room for size bytes.
        let ip = unsafe { inet_ntop(AF_INET, (&raw const in_).cast(), buf.as_mut_ptr().cast(), size) };
        if ip.is_null() {
            return Err(Errno::last()).or_fail("inet_ntop fail");
        }
        // SAFETY: ip is buf, which inet_ntop has ended with a NUL.
        let ip = unsafe { CStr::from_ptr(ip) };
        writeln!(stdout, "IP주소({}번째) : {}", i + 1, ip.to_string_lossy())?;
    }

    // 5. h_aliases: every alias, up to the NULL
    // SAFETY: h_aliases ends in NULL and stays until the next gethostbyname.
    for (i, alias) in unsafe { entries(hp.h_aliases) }.enumerate() {
        // SAFETY: an alias ends in NUL and stays until the next gethostbyname.
        let alias = unsafe { CStr::from_ptr(alias) };
        print_text(&format!("호스트 별명({} 번째) : ", i + 1), alias)?;
    }
    Ok(())
}
