//! udp_echoserv: the UDP echo server (slides 45, 46, 48).
//! C original: udp_echoserv.c
//!
//! Run:    cargo run -p udp_echoserv                in one terminal
//!         cargo run -p udp_echocli -- 127.0.0.1    in another
//! Watch:  no listen, no accept: one socket serves every client, and each datagram says who sent it.
//! See:    socket(2), bind(2), recvfrom(2), sendto(2), udp(7), RFC 862

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{
    AF_INET, INADDR_ANY, SIG_IGN, SIGPIPE, htonl, htons, recvfrom, sa_family_t, sockaddr_in, socklen_t,
};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, sendto, socket};
use sockcommon::{Error, MAXLINE, OrFail as _, parse_args, perror, rest, run, say, sock_ntop};

fn main() -> ExitCode {
    run(udp_echoserv)
}

fn udp_echoserv() -> Result<(), Error> {
    // 1. arguments: the port; echo is port 7
    let args = parse_args("udp_echoserv [-v] [PORT=7]")?;

    // 2. signal: if nobody reads its messages any more, the server goes on
    // SAFETY: ignoring a signal needs no handler.
    unsafe { libc::signal(SIGPIPE, SIG_IGN) };

    // 3. socket: open a datagram socket
    let s =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).or_fail("socket fail")?;

    // 4. servaddr: any local address, and the port, in network byte order
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(args.port_or_well_known(7));

    // 5. bind: give the socket its address
    bind(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("bind fail")?;
    say(format_args!("{}에서 데이터그램을 기다립니다.", sock_ntop(&servaddr)));

    // 6. recvfrom: take the next datagram and who sent it
    let mut buf = [0_u8; MAXLINE];
    loop {
        // SAFETY: as servaddr above.
        let mut cliaddr: sockaddr_in = unsafe { mem::zeroed() };
        let mut addrlen = size_of_val(&cliaddr) as socklen_t;
        let (from, fromlen) = ((&raw mut cliaddr).cast(), &raw mut addrlen);
        // SAFETY: buf has room for MAXLINE bytes, and addrlen says how much room there is in cliaddr.
        let nbyte = unsafe { recvfrom(s.as_raw_fd(), buf.as_mut_ptr().cast(), MAXLINE, 0, from, fromlen) };
        if nbyte < 0 {
            perror("recvfrom fail", Errno::last());
            rest(); // out of memory
            continue;
        }
        if args.verbose {
            writeln!(io::stdout(), "{}", sock_ntop(&cliaddr))?;
        }

        // 7. sendto: send it back, all of its 0 to 65507 bytes
        let datagram = &buf[..nbyte as usize];
        if let Err(errno) = sendto(s.as_raw_fd(), datagram, &SockaddrIn::from(cliaddr), MsgFlags::empty()) {
            perror("sendto fail", errno);
        }
    }
}
