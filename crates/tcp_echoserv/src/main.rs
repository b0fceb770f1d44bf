//! tcp_echoserv: the iterative TCP echo server (slides 15, 36-44).
//! C original: tcp_echoserv.c
//!
//! Run:    cargo run -p tcp_echoserv                in one terminal
//!         cargo run -p tcp_echocli -- 127.0.0.1    in another
//! Watch:  one client at a time: a second one connects at once but waits for its echo until the first has closed.
//! See:    socket(2), bind(2), listen(2), accept(2), read(2), write(2), RFC 862

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::process::ExitCode;

use libc::{
    AF_INET, INADDR_ANY, SIG_IGN, SIGPIPE, accept, htonl, htons, sa_family_t, signal, sockaddr_in, socklen_t,
};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, socket};
use nix::unistd::{close, read};
use sockcommon::{Error, MAXLINE, OrFail as _, parse_args, perror, rest, run, say, sock_ntop, writen};

fn main() -> ExitCode {
    run(tcp_echoserv)
}

fn tcp_echoserv() -> Result<(), Error> {
    // 1. arguments: the port; echo is port 7
    let args = parse_args("tcp_echoserv [-v] [PORT=7]")?;

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
    servaddr.sin_port = htons(args.port_or_well_known(7));

    // 5. bind: give the socket its address
    bind(listen_sock.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("bind fail")?;

    // 6. listen: make the socket passive; the backlog is 5
    Backlog::new(5).and_then(|backlog| listen(&listen_sock, backlog)).or_fail("listen fail")?;
    say(format_args!("{}에서 연결을 기다립니다.", sock_ntop(&servaddr)));

    // 7. accept: take the next client that waits
    let mut buf = [0; MAXLINE];
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
        if args.verbose {
            writeln!(io::stdout(), "{}", sock_ntop(&cliaddr))?;
        }

        // 8. read, write: echo whatever comes, until the client closes
        loop {
            let n = match read(&accp_sock, &mut buf) {
                Ok(0) => break,
                Ok(n) => n,
                Err(errno) => break perror("read fail", errno),
            };
            if let Err(errno) = writen(&accp_sock, &buf[..n]) {
                break perror("write fail", errno);
            }
        }

        // 9. close: this client is done, the server goes on
        if let Err(errno) = close(accp_sock) {
            perror("close fail", errno);
        }
    }
}
