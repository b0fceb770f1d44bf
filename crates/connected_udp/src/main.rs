//! connected_udp: what connect does to a datagram socket, in four acts (slide 49).
//! C original: connected_udp.c
//!
//! Run:    cargo run -p udp_echoserv                in one terminal
//!         cargo run -p connected_udp -- 127.0.0.1  in another
//! Watch:  connect sends nothing and so succeeds even where nobody listens; that comes out at recv.
//! See:    connect(2), send(2), recv(2), udp(7)

use std::io::{self, Write as _};
use std::mem;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use libc::{AF_INET, AF_UNSPEC, htons, sa_family_t, sockaddr_in, socklen_t};
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, getpeername, recv, send, setsockopt,
    socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use nix::unistd::close;
use sockcommon::{
    ANSWER_TIMEOUT, Error, MAXLINE, OrFail as _, get_line, inet_pton, parse_args, run, sock_ntop, strerror,
};

const NOBODY: u16 = 1; // tcpmux: no datagram server has ever had it

fn main() -> ExitCode {
    run(connected_udp)
}

fn connected_udp() -> Result<(), Error> {
    // 1. arguments: the server's address; echo is port 7
    let args = parse_args("connected_udp IP [PORT=7]")?;
    let mut stdout = io::stdout();

    // 2. socket: open a datagram socket that does not wait for ever
    let s =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).or_fail("socket fail")?;
    let timeout = TimeVal::seconds(ANSWER_TIMEOUT);
    setsockopt(&s, ReceiveTimeout, &timeout).or_fail("setsockopt fail")?;

    // 3. connect: to a port where nobody listens; no error
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value (the C file's bzero).
    let mut servaddr: sockaddr_in = unsafe { mem::zeroed() };
    servaddr.sin_family = AF_INET as sa_family_t;
    // SAFETY: args.ip ends in NUL and sin_addr has the four bytes that AF_INET writes.
    if unsafe { inet_pton(AF_INET, args.ip.as_ptr(), (&raw mut servaddr.sin_addr).cast()) } != 1 {
        return Err(Error::Usage(args.usage));
    }
    servaddr.sin_port = htons(NOBODY);
    connect(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("connect fail")?;
    writeln!(stdout, "1. connect({}) : 성공. 이 포트에는 서버가 없습니다.", sock_ntop(&servaddr))?;

    // 4. send, recv: here is the error
    let mut buf = [0; MAXLINE];
    send(s.as_raw_fd(), b"", MsgFlags::empty()).or_fail("send fail")?;
    let answer = recv(s.as_raw_fd(), &mut buf, MsgFlags::empty());
    writeln!(stdout, "   send() : 성공, recv() : {}", answer.map_or_else(strerror, |_| "성공".into()))?;

    // 5. connect: again, now to the server; the peer changes
    servaddr.sin_port = htons(args.port_or_well_known(7));
    connect(s.as_raw_fd(), &SockaddrIn::from(servaddr)).or_fail("connect fail")?;
    let peeraddr: SockaddrIn = getpeername(s.as_raw_fd()).or_fail("getpeername fail")?;
    writeln!(stdout, "2. connect({peeraddr}) : 성공. 통신 상대가 바뀌었습니다.")?;

    // 6. get_line: read one line from the keyboard
    write!(stdout, "3. send()와 recv()에는 주소가 필요 없습니다.\n입력 : ")?;
    stdout.flush()?;
    let n = get_line(&mut buf)?;
    if n == 0 {
        return Ok(()); // the end of input
    }

    // 7. send, recv: with the server, without an address
    send(s.as_raw_fd(), &buf[..n], MsgFlags::empty()).or_fail("send fail")?;
    let nbyte = loop {
        match recv(s.as_raw_fd(), &mut buf, MsgFlags::empty()) {
            Err(Errno::EINTR) => {} // Ctrl+Z and fg: wait again
            answer => break answer.or_fail("recv fail")?,
        }
    };
    write!(stdout, "수신 : ")?;
    stdout.write_all(&buf[..nbyte])?;

    // 8. connect: with AF_UNSPEC, the end of the connection (BSD and macOS say EAFNOSUPPORT and do it all the same)
    servaddr.sin_family = AF_UNSPEC as sa_family_t;
    let addrlen = size_of_val(&servaddr) as socklen_t;
    // SAFETY: servaddr has addrlen bytes. SockaddrIn, which has an address of AF_INET, can't say this.
    let ended = unsafe { libc::connect(s.as_raw_fd(), (&raw const servaddr).cast(), addrlen) };
    if ended < 0 && Errno::last() != Errno::EAFNOSUPPORT {
        return Err(Errno::last()).or_fail("connect fail");
    }
    let peer =
        getpeername::<SockaddrIn>(s.as_raw_fd()).map_or_else(strerror, |peeraddr| peeraddr.to_string());
    writeln!(stdout, "4. connect(AF_UNSPEC) : 성공. getpeername() : {peer}")?;

    // 9. close: the socket is done with
    close(s).or_fail("close fail")?;
    Ok(())
}
