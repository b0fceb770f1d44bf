//! mydaytime: asks a daytime server for the time (slide 33).
//! C original: mydaytime.c
//!
//! Run:    cargo run -p daytimeserv                 in one terminal
//!         cargo run -p mydaytime -- 127.0.0.1      in another
//! Watch:  nobody says how long the answer is; it ends when the server closes.
//! See:    socket(2), connect(2), read(2), inet_pton(3), RFC 867

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{AF_INET, htons, sa_family_t, sockaddr_in};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket};
use nix::unistd::{close, read};
use sockcommon::{Error, MAXLINE, OrFail as _, inet_pton, parse_args, run};

fn main() -> ExitCode {
    run(mydaytime)
}

fn mydaytime() -> Result<(), Error> {
    // 1. arguments: the server's address; daytime is port 13
    let args = parse_args("mydaytime IP [PORT=13]")?;

    // 2. socket: open a stream socket
    let s = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;

    // 3. servaddr: the server's address and port, in network byte order
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    // SAFETY: args.ip ends in NUL and sin_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut servaddr.sin_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }
    servaddr.sin_port = htons(args.port_or_well_known(13));

    // 4. connect: ask the server for a connection
    connect(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("connect fail")?;

    // 5. read: until the server closes
    let mut buf = [0; MAXLINE];
    loop {
        match read(&s, &mut buf).or_fail("read fail")? {
            0 => break,
            n => io::stdout().write_all(&buf[..n])?,
        }
    }

    // 6. close: this side too
    close(s).or_fail("close fail")?;
    Ok(())
}
