//! port_number: which port the system gives a client that asked for none (slide 35).
//! C original: port_number.c
//!
//! Run:    cargo run -p port_number                 alone: it is its own server, on loopback
//!         cargo run -p port_number -- 127.0.0.1    with tcp_echoserv in another terminal
//! Watch:  the stream socket has its port after connect, the datagram socket after its first sendto.
//! See:    getsockname(2), connect(2), sendto(2), ip(7)

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{AF_INET, INADDR_LOOPBACK, htonl, htons, ntohs, sa_family_t, sockaddr_in};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind, connect, getsockname, listen,
    sendto, socket,
};
use nix::unistd::close;
use sockcommon::{Error, OrFail as _, inet_pton, parse_args, run};

fn main() -> ExitCode {
    run(port_number)
}

fn port_number() -> Result<(), Error> {
    // 1. arguments: a server's address, or none
    let args = parse_args("port_number [IP [PORT=7]]")?;
    let mut stdout = io::stdout();

    // 2. servaddr: the server's address and port, or loopback and the system's choice
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    servaddr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if !args.ip.is_empty() {
        // SAFETY: args.ip ends in NUL and sin_addr has the four bytes that AF_INET writes.
        if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut servaddr.sin_addr).cast()) } != 1 {
            return Err(Error::Usage(args.usage));
        }
        servaddr.sin_port = htons(args.port_or_well_known(7));
    }

    // 3. listen: without a server's address, be the server too
    let mut listen_sock = None;
    if args.ip.is_empty() {
        let s =
            socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;
        bind(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("bind fail")?;
        Backlog::new(5).and_then(|backlog| listen(&s, backlog)).or_fail("listen fail")?;
        servaddr = *getsockname::<SockaddrIn>(s.as_raw_fd()).or_fail("getsockname fail")?.as_ref();
        listen_sock = Some(s);
    }

    // 4. connect: now the stream socket has a port
    let stream_sock =
        socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;
    connect(stream_sock.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("connect fail")?;

    // 5. getsockname: which port it is
    let cliaddr: SockaddrIn = getsockname(stream_sock.as_raw_fd()).or_fail("getsockname fail")?;
    writeln!(stdout, "스트림 소켓 포트번호 = {}", ntohs(cliaddr.as_ref().sin_port))?;

    // 6. sendto: now the datagram socket has a port
    let dgram_sock =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).or_fail("socket fail")?;
    sendto(dgram_sock.as_raw_fd(), b"", &SockaddrIn::from(servaddr), MsgFlags::empty())
        .or_fail("sendto fail")?;

    // 7. getsockname: which port it is
    let cliaddr: SockaddrIn = getsockname(dgram_sock.as_raw_fd()).or_fail("getsockname fail")?;
    writeln!(stdout, "데이터그램 소켓 포트번호 = {}", ntohs(cliaddr.as_ref().sin_port))?;

    // 8. close: all of them
    close(stream_sock).or_fail("close fail")?;
    close(dgram_sock).or_fail("close fail")?;
    listen_sock.map_or(Ok(()), close).or_fail("close fail")?;
    Ok(())
}
