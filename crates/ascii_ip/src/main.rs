//! ascii_ip: an IP address from text to its four bytes and back (slides 21, 22).
//! C original: ascii_ip.c
//!
//! Run:    cargo run -p ascii_ip -- 210.115.36.231
//! Watch:  D2 73 24 E7 in memory; a little-endian host prints the number 0xE72473D2.
//! See:    inet_pton(3), inet_ntop(3)

use std::ffi::CStr;
use std::io::{self, Write as _};
use std::process::ExitCode;

use libc::{AF_INET, in_addr, socklen_t};
use nix::errno::Errno;
use sockcommon::{Error, INET_ADDRSTRLEN, OrFail as _, inet_ntop, inet_pton, parse_args, run};

fn main() -> ExitCode {
    run(ascii_ip)
}

fn ascii_ip() -> Result<(), Error> {
    // 1. arguments: an address in dotted decimal
    let args = parse_args("ascii_ip IP")?;

    // 2. inet_pton: from presentation to number, in network byte order
    let mut inaddr = in_addr { s_addr: 0 };
    // SAFETY: args.ip ends in NUL and s_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut inaddr.s_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }
    let ip = args.ip.to_string_lossy();
    let mut stdout = io::stdout();
    writeln!(stdout, "* 입력한 dotted decimal IP 주소 : {ip}\n")?;
    writeln!(stdout, "inet_pton({ip}) = 0x{:X}", inaddr.s_addr)?;

    // 3. inet_ntop: from number to presentation
    let mut buf = [0_u8; INET_ADDRSTRLEN];
    let size = buf.len() as socklen_t;
    // SAFETY: s_addr has the four bytes that AF_INET reads, and buf has room for size bytes.
    let text =
        unsafe { inet_ntop(AF_INET, (&raw const inaddr.s_addr).cast(), buf.as_mut_ptr().cast(), size) };
    if text.is_null() {
        return Err(Errno::last()).or_fail("inet_ntop fail");
    }
    // SAFETY: text is buf, which inet_ntop has ended with a NUL.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    writeln!(stdout, "inet_ntop(0x{:X}) = {text}", inaddr.s_addr)?;
    Ok(())
}
