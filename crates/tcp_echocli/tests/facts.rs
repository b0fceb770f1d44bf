//! What slides 30-32 say of connect, of the four calls that move data, and of close.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd};

use labkit::DEADLINE;
use libc::{c_int, c_void, linger, size_t, ssize_t};
use nix::errno::Errno;
use nix::sys::socket::sockopt::{Linger, RcvBuf, ReceiveTimeout, SendTimeout, SndBuf};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, accept, bind, connect, getpeername,
    getsockname, listen, recv, send, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use nix::unistd::{close, read, write};

const NO_FLAGS: MsgFlags = MsgFlags::empty();

fn deadline<Fd: AsFd>(s: &Fd) {
    let deadline = TimeVal::seconds(DEADLINE.as_secs().cast_signed());
    setsockopt(s, ReceiveTimeout, &deadline).unwrap();
    setsockopt(s, SendTimeout, &deadline).unwrap();
}

fn open(kind: SockType) -> OwnedFd {
    let s = socket(AddressFamily::Inet, kind, SockFlag::empty(), None).unwrap();
    deadline(&s);
    s
}

/// A socket at a loopback port that the system chooses, and its address.
fn bound(kind: SockType) -> (OwnedFd, SockaddrIn) {
    let s = open(kind);
    bind(s.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let addr = getsockname(s.as_raw_fd()).unwrap();
    (s, addr)
}

fn listening() -> (OwnedFd, SockaddrIn) {
    let (s, addr) = bound(SockType::Stream);
    listen(&s, Backlog::new(5).unwrap()).unwrap();
    (s, addr)
}

fn accepted(listen_sock: &OwnedFd) -> OwnedFd {
    let accp_sock = accept(listen_sock.as_raw_fd()).unwrap();
    // SAFETY: accept has just opened this descriptor, so nobody else owns it.
    let accp_sock = unsafe { OwnedFd::from_raw_fd(accp_sock) };
    deadline(&accp_sock);
    accp_sock
}

/// Both ends of a connection, the client's first.
fn connection() -> (OwnedFd, OwnedFd) {
    let (listen_sock, addr) = listening();
    let s = open(SockType::Stream);
    connect(s.as_raw_fd(), &addr).unwrap();
    (s, accepted(&listen_sock))
}

// ---- F13: slide 30 ----

#[test]
fn f13_connect_gives_0_before_the_server_calls_accept() {
    let (listen_sock, addr) = listening();
    let s = open(SockType::Stream);
    // Nobody accepts: this is the only thread that knows of the server. Its kernel shakes hands.
    assert_eq!(connect(s.as_raw_fd(), &addr), Ok(()));
    assert_eq!(getpeername(s.as_raw_fd()), Ok(addr));
    // And takes data.
    assert_eq!(send(s.as_raw_fd(), b"abcdefg", NO_FLAGS), Ok(7));

    let accp_sock = accepted(&listen_sock);
    let mut buf = [0; 100];
    assert_eq!(recv(accp_sock.as_raw_fd(), &mut buf, NO_FLAGS), Ok(7));
    assert_eq!(&buf[..7], b"abcdefg");
}

#[test]
fn f13_connect_is_refused_where_nobody_listens() {
    // A bound socket keeps others from the port, and without listen() it accepts nobody itself.
    let (_not_listening, addr) = bound(SockType::Stream);
    assert_eq!(connect(open(SockType::Stream).as_raw_fd(), &addr), Err(Errno::ECONNREFUSED));
}

// ---- F14: slide 31 ----

fn by_read(s: &OwnedFd, buf: &mut [u8]) -> nix::Result<usize> {
    read(s, buf)
}

fn by_recv(s: &OwnedFd, buf: &mut [u8]) -> nix::Result<usize> {
    recv(s.as_raw_fd(), buf, NO_FLAGS)
}

fn by_write(s: &OwnedFd, buf: &[u8]) -> nix::Result<usize> {
    write(s, buf)
}

fn by_send(s: &OwnedFd, buf: &[u8]) -> nix::Result<usize> {
    send(s.as_raw_fd(), buf, NO_FLAGS)
}

#[test]
fn f14_read_write_and_recv_send_with_flags_0_do_the_same_on_a_socket() {
    for put in [by_write, by_send] {
        for get in [by_read, by_recv] {
            let (client, server) = connection();
            let mut buf = [0; 5];
            assert_eq!(put(&client, b"abcdefg"), Ok(7));
            // No more than there is room for, and then the rest.
            assert_eq!(get(&server, &mut buf), Ok(5));
            assert_eq!(&buf, b"abcde");
            assert_eq!(get(&server, &mut buf), Ok(2));
            assert_eq!(&buf[..2], b"fg");
            // The end.
            close(client).unwrap();
            assert_eq!(get(&server, &mut buf), Ok(0));
        }
    }
}

#[test]
fn f14_they_fail_alike_too() {
    let s = open(SockType::Stream);
    for get in [by_read, by_recv] {
        assert_eq!(get(&s, &mut [0; 5]), Err(Errno::ENOTCONN));
    }
    // POSIX says ENOTCONN here as well, and macOS does it.
    let unconnected = if cfg!(target_os = "linux") { Errno::EPIPE } else { Errno::ENOTCONN };
    for put in [by_write, by_send] {
        assert_eq!(put(&s, b"abcdefg"), Err(unconnected));
    }
}

/// What is no socket has no recv and no send.
#[test]
fn f14_only_read_and_write_work_on_files_too() {
    let null = OwnedFd::from(File::options().read(true).write(true).open("/dev/null").unwrap());
    assert_eq!((by_read(&null, &mut [0; 5]), by_write(&null, b"abc")), (Ok(0), Ok(3)));
    assert_eq!(by_recv(&null, &mut [0; 5]), Err(Errno::ENOTSOCK));
    assert_eq!(by_send(&null, b"abc"), Err(Errno::ENOTSOCK));
}

/// A difference, recv(2): read with room for nothing leaves a datagram where it is, recv takes it.
#[cfg(target_os = "linux")]
#[test]
fn f14_only_recv_of_0_bytes_takes_a_datagram() {
    let (receiver, addr) = bound(SockType::Datagram);
    let sender = open(SockType::Datagram);
    connect(sender.as_raw_fd(), &addr).unwrap();
    by_send(&sender, b"first").unwrap();
    by_send(&sender, b"second").unwrap();

    let mut buf = [0; 10];
    assert_eq!(by_read(&receiver, &mut []), Ok(0));
    assert_eq!(recv(receiver.as_raw_fd(), &mut buf, MsgFlags::MSG_PEEK), Ok(5)); // still the first
    assert_eq!(by_recv(&receiver, &mut []), Ok(0));
    assert_eq!(recv(receiver.as_raw_fd(), &mut buf, MsgFlags::MSG_PEEK), Ok(6)); // the second
}

/// The same difference on TCP: read with room for nothing doesn't even ask the socket; recv waits until something is there.
#[cfg(target_os = "linux")]
#[test]
fn f14_read_of_0_bytes_returns_at_once_and_recv_waits() {
    let unconnected = open(SockType::Stream);
    assert_eq!(by_read(&unconnected, &mut []), Ok(0));
    assert_eq!(by_recv(&unconnected, &mut []), Err(Errno::ENOTCONN));

    let (client, server) = connection();
    // MSG_DONTWAIT makes an error of what would be a wait.
    let recv_0 = || recv(server.as_raw_fd(), &mut [], MsgFlags::MSG_DONTWAIT);
    assert_eq!(by_read(&server, &mut []), Ok(0));
    assert_eq!(recv_0(), Err(Errno::EAGAIN));

    assert_eq!(by_send(&client, b"abc"), Ok(3));
    assert_eq!(recv(server.as_raw_fd(), &mut [0; 3], MsgFlags::MSG_PEEK), Ok(3)); // it is there
    assert_eq!((by_read(&server, &mut []), recv_0()), (Ok(0), Ok(0)));
    assert_eq!(by_recv(&server, &mut [0; 10]), Ok(3)); // and neither has taken anything
}

/// Both ends of a connection with room for some kilobytes only.
fn narrow_connection() -> (OwnedFd, OwnedFd) {
    let (client, server) = connection();
    setsockopt(&client, SndBuf, &8192).unwrap();
    setsockopt(&server, RcvBuf, &8192).unwrap();
    (client, server)
}

/// write(2) may transfer less than it is given. While it may wait, it doesn't, however little room there is.
#[test]
fn f14_a_write_that_may_wait_takes_all() {
    let (client, server) = narrow_connection();
    let all: Vec<u8> = (0..1 << 20).map(pattern).collect();
    std::thread::scope(|threads| {
        let reader = threads.spawn(move || drain(&server));
        assert_eq!(by_write(&client, &all), Ok(all.len()));
        close(client).unwrap();
        assert_eq!(reader.join().unwrap(), (all.len(), Ok(())));
    });
}

/// What makes it short: that it may not wait (O_NONBLOCK, MSG_DONTWAIT), or not for long (SO_SNDTIMEO, socket(7)). The
/// third is a signal; tcp_echoserv's tests stop a server in the middle of a write.
#[test]
fn f14_a_write_that_may_not_wait_is_short() {
    let all = vec![b'x'; 1 << 20];
    let short =
        |written: nix::Result<usize>| assert!((1..all.len()).contains(&written.unwrap()), "{written:?}");

    let (client, _server) = narrow_connection();
    short(send(client.as_raw_fd(), &all, MsgFlags::MSG_DONTWAIT));

    let (client, _server) = narrow_connection();
    setsockopt(&client, SendTimeout, &TimeVal::milliseconds(100)).unwrap();
    short(by_write(&client, &all));
}

/// Slide 31 has int for the lengths and for what is returned: 2 GiB at most. (It compiles, or it doesn't.)
#[test]
fn f14_they_take_a_size_t_and_return_a_ssize_t() {
    let _: unsafe extern "C" fn(c_int, *mut c_void, size_t) -> ssize_t = libc::read;
    let _: unsafe extern "C" fn(c_int, *const c_void, size_t) -> ssize_t = libc::write;
    let _: unsafe extern "C" fn(c_int, *mut c_void, size_t, c_int) -> ssize_t = libc::recv;
    let _: unsafe extern "C" fn(c_int, *const c_void, size_t, c_int) -> ssize_t = libc::send;
    assert_eq!(size_of::<ssize_t>(), size_of::<usize>());
    assert_eq!(size_of::<c_int>(), 4);
}

// ---- F15, F16: slide 32 ----

/// Byte number `i` of what these tests send: a byte lost or doubled anywhere shifts all the others.
fn pattern(i: usize) -> u8 {
    (i % 251) as u8
}

/// Sends until nothing more fits, while nobody reads; gives how many bytes the kernel has taken.
fn fill(s: &OwnedFd) -> usize {
    let mut sent = 0;
    loop {
        let chunk: Vec<u8> = (sent..sent + 100_000).map(pattern).collect();
        match send(s.as_raw_fd(), &chunk, MsgFlags::MSG_DONTWAIT) {
            Ok(n) => sent += n,
            Err(errno) => {
                assert_eq!(errno, Errno::EAGAIN);
                return sent;
            }
        }
    }
}

/// Bytes of `s` that the peer's kernel doesn't have yet: tcp(7), SIOCOUTQ.
#[cfg(target_os = "linux")]
fn send_buffer(s: &OwnedFd) -> usize {
    let mut bytes: c_int = 0;
    // SAFETY: TIOCOUTQ writes one integer.
    let result = unsafe { libc::ioctl(s.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    assert_eq!(result, 0);
    bytes as usize
}

/// Reads slowly, a page at a time, to the end or an error; gives how many bytes came, all in order, and the error.
fn drain(s: &OwnedFd) -> (usize, nix::Result<()>) {
    let mut buf = [0; 4096];
    let mut got = 0;
    loop {
        match recv(s.as_raw_fd(), &mut buf, NO_FLAGS) {
            Ok(0) => return (got, Ok(())),
            Ok(n) => {
                assert!(buf[..n].iter().enumerate().all(|(i, byte)| *byte == pattern(got + i)));
                got += n;
            }
            Err(errno) => return (got, Err(errno)),
        }
    }
}

#[test]
fn f15_what_is_in_the_send_buffer_at_close_still_arrives() {
    let (client, server) = connection();
    let sent = fill(&client);
    #[cfg(target_os = "linux")]
    assert!(send_buffer(&client) > 1_000_000, "of {sent}: {}", send_buffer(&client));
    close(client).unwrap();
    assert_eq!(drain(&server), (sent, Ok(())));
}

/// Slide 32 knows no exception. RFC 1122, 4.2.2.13: a close that throws away what has come says so by a reset.
#[cfg(target_os = "linux")]
#[test]
fn f15_it_is_lost_if_the_closing_side_has_not_read_what_came() {
    let (client, server) = connection();
    assert_eq!(send(server.as_raw_fd(), b"abcdefg", NO_FLAGS), Ok(7));
    assert_eq!(recv(client.as_raw_fd(), &mut [0; 7], MsgFlags::MSG_PEEK), Ok(7)); // it is there, and stays unread
    let sent = fill(&client);
    close(client).unwrap();
    let (got, end) = drain(&server);
    assert_eq!(end, Err(Errno::ECONNRESET));
    assert!(got < sent, "{got} of {sent}");
}

#[test]
fn f16_with_so_linger_0_it_is_thrown_away_and_the_peer_sees_a_reset() {
    let (client, server) = connection();
    setsockopt(&client, Linger, &linger { l_onoff: 1, l_linger: 0 }).unwrap();
    let sent = fill(&client);
    close(client).unwrap();
    let (got, end) = drain(&server);
    assert_eq!(end, Err(Errno::ECONNRESET));
    assert!(got < sent, "{got} of {sent}");
}
