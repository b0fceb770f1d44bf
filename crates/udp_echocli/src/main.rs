//! udp_echocli: sends one line as a datagram to an echo server and shows what comes back (slides 45-47).
//! C original: udp_echocli.c
//!
//! Run:    cargo run -p udp_echoserv                in one terminal
//!         cargo run -p udp_echocli -- 127.0.0.1    in another
//! Watch:  no connect, so nobody says that the server is missing: only the answer fails to come.
//! See:    socket(2), sendto(2), recvfrom(2), socket(7), RFC 862

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{AF_INET, htons, sa_family_t, sockaddr_in};
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, recvfrom, sendto, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use nix::unistd::close;
use sockcommon::{ANSWER_TIMEOUT, Error, MAXLINE, OrFail as _, get_line, inet_pton, parse_args, run};

fn main() -> ExitCode {
    run(udp_echocli)
}

fn udp_echocli() -> Result<(), Error> {
    // 1. arguments: the server's address; echo is port 7
    let args = parse_args("udp_echocli IP [PORT=7]")?;

    // 2. socket: open a datagram socket
    let s =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).or_fail("socket fail")?;

    // 3. setsockopt: a datagram may be lost, so don't wait for ever
    let timeout = TimeVal::seconds(ANSWER_TIMEOUT);
    setsockopt(&s, ReceiveTimeout, &timeout).or_fail("setsockopt fail")?;

    // 4. servaddr: the server's address and port, in network byte order
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    // SAFETY: args.ip ends in NUL and sin_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut servaddr.sin_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }
    servaddr.sin_port = htons(args.port_or_well_known(7));

    // 5. get_line: read one line from the keyboard
    let mut buf = [0; MAXLINE];
    let mut stdout = io::stdout();
    write!(stdout, "입력 : ")?;
    stdout.flush()?;
    let n = get_line(&mut buf)?;
    if n == 0 {
        return Ok(()); // the end of input
    }

    // 6. sendto: send the line to the server
    sendto(s.as_raw_fd(), &buf[..n], &SockaddrIn::from(servaddr), MsgFlags::empty())
        .or_fail("sendto fail")?;

    // 7. recvfrom: one datagram is the whole answer
    let (nbyte, _) = loop {
        match recvfrom::<SockaddrIn>(s.as_raw_fd(), &mut buf) {
            Err(Errno::EINTR) => {} // Ctrl+Z and fg: wait again
            answer => break answer.or_fail("recvfrom fail")?,
        }
    };

    // 8. printf: show the echo
    write!(stdout, "수신 : ")?;
    stdout.write_all(&buf[..nbyte])?;

    // 9. close: the socket is done with
    close(s).or_fail("close fail")?;
    Ok(())
}
