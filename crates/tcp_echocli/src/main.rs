//! tcp_echocli: sends one line to an echo server and shows what comes back (slides 28-32, 34).
//! C original: tcp_echocli.c
//!
//! Run:    cargo run -p tcp_echoserv                in one terminal
//!         cargo run -p tcp_echocli -- 127.0.0.1    in another
//! Watch:  TCP is a stream of bytes: the echo may come in pieces, so read goes on until all of it is there.
//! See:    socket(2), connect(2), write(2), read(2), fgets(3), RFC 862

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{AF_INET, SIG_IGN, SIGPIPE, htons, sa_family_t, signal, sockaddr_in};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket};
use nix::unistd::{close, read};
use sockcommon::{Error, MAXLINE, OrFail as _, get_line, inet_pton, parse_args, run, writen};

fn main() -> ExitCode {
    run(tcp_echocli)
}

fn tcp_echocli() -> Result<(), Error> {
    // 1. arguments: the server's address; echo is port 7
    let args = parse_args("tcp_echocli IP [PORT=7]")?;

    // 2. signal: a server that has gone is an error of write, not the end of this program
    // SAFETY: ignoring a signal needs no handler.
    unsafe { signal(SIGPIPE, SIG_IGN) };

    // 3. socket: open a stream socket
    let s = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;

    // 4. servaddr: the server's address and port, in network byte order
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    // SAFETY: args.ip ends in NUL and sin_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut servaddr.sin_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }
    servaddr.sin_port = htons(args.port_or_well_known(7));

    // 5. connect: ask the server for a connection
    connect(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("connect fail")?;

    // 6. get_line: read one line from the keyboard
    let mut buf = [0; MAXLINE];
    let mut stdout = io::stdout();
    write!(stdout, "입력 : ")?;
    stdout.flush()?;
    let n = get_line(&mut buf)?;
    if n == 0 {
        return Ok(()); // the end of input
    }

    // 7. write: send the line to the server
    writen(&s, &buf[..n]).or_fail("write fail")?;

    // 8. read: until as many bytes are back, or the server closes
    let mut nread = 0;
    while nread < n {
        match read(&s, &mut buf[nread..n]).or_fail("read fail")? {
            0 => break,
            r => nread += r,
        }
    }

    // 9. printf: show the echo, or how much of it is missing
    if nread < n {
        let missing = n - nread;
        return Err(Error::Own(format!("서버가 연결을 먼저 닫아서 {missing}바이트를 받지 못했습니다.")));
    }
    write!(stdout, "수신 : ")?;
    stdout.write_all(&buf[..n])?;

    // 10. close: the connection is over
    close(s).or_fail("close fail")?;
    Ok(())
}
