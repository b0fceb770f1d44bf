//! daytimeserv: the daytime server that mydaytime asks and today's machines lack (for slide 33).
//! C original: daytimeserv.c
//!
//! Run:    cargo run -p daytimeserv                 in one terminal
//!         cargo run -p mydaytime -- 127.0.0.1      in another
//! Watch:  the server closes first: that is how the client knows that the answer is whole.
//! See:    accept(2), write(2), ctime(3), RFC 867

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::process::ExitCode;
use std::{mem, ptr};

use libc::{
    AF_INET, INADDR_ANY, SIG_IGN, SIGPIPE, accept, htonl, htons, sa_family_t, signal, sockaddr_in, socklen_t,
};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, socket};
use nix::unistd::close;
use sockcommon::{Error, OrFail as _, ctime_r, parse_args, perror, rest, run, say, sock_ntop, writen};

fn main() -> ExitCode {
    run(daytimeserv)
}

fn daytimeserv() -> Result<(), Error> {
    // 1. arguments: the port; daytime is port 13
    let args = parse_args("daytimeserv [PORT=13]")?;

    // 2. signal: a client that has gone is an error of write, not the end of the server
    // SAFETY: ignoring a signal needs no handler.
    unsafe { signal(SIGPIPE, SIG_IGN) };

    // 3. socket: open a stream socket
    let listen_sock =
        socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;

    // 4. servaddr: any local address, and the port, in network byte order
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    servaddr.sin_addr.s_addr = htonl(INADDR_ANY);
    servaddr.sin_port = htons(args.port_or_well_known(13));

    // 5. bind: give the socket its address
    bind(listen_sock.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("bind fail")?;

    // 6. listen: make the socket passive; the backlog is 5
    Backlog::new(5).and_then(|backlog| listen(&listen_sock, backlog)).or_fail("listen fail")?;
    say(format_args!("{}에서 연결을 기다립니다.", sock_ntop(&servaddr)));

    // 7. accept: take the next client that waits
    loop {
        // SAFETY: as servaddr above.
        let mut cliaddr: sockaddr_in = unsafe { mem::zeroed() };
        let mut addrlen = size_of_val(&cliaddr) as socklen_t;
        // SAFETY: addrlen says how much room there is in cliaddr.
        let accp_sock =
            unsafe { accept(listen_sock.as_raw_fd(), (&raw mut cliaddr).cast(), &raw mut addrlen) };
        if accp_sock < 0 {
            perror("accept fail", Errno::last());
            rest(); // out of descriptors or memory
            continue;
        }
        // SAFETY: accept has just opened this descriptor, so nobody else owns it.
        let accp_sock = unsafe { OwnedFd::from_raw_fd(accp_sock) };

        // 8. ctime: the time as one line, "Mon Feb 26 11:00:21 2007"
        let mut buf = [0_u8; 32];
        // SAFETY: with NULL, time only gives the time.
        let now = unsafe { libc::time(ptr::null_mut()) };
        // SAFETY: ctime_r writes 26 bytes: 24 characters, a newline, a NUL.
        unsafe { ctime_r(&raw const now, buf.as_mut_ptr().cast()) };

        // 9. write: the 24 characters and the end of the line
        buf[24..26].copy_from_slice(b"\r\n");
        if let Err(errno) = writen(&accp_sock, &buf[..26]) {
            perror("write fail", errno);
        }

        // 10. close: the end of the answer
        if let Err(errno) = close(accp_sock) {
            perror("close fail", errno);
        }
    }
}
