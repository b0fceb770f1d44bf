//! What slide 49 says of connected datagram sockets.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::mem;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use labkit::DEADLINE;
use libc::{AF_UNSPEC, sa_family_t, sockaddr_in};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, connect, getpeername, getsockname, recv,
    send, sendto, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use nix::unistd::read;

const NO_FLAGS: MsgFlags = MsgFlags::empty();

/// A datagram socket at a loopback port that the system chooses, and its address.
fn bound() -> (OwnedFd, SockaddrIn) {
    let s = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).unwrap();
    setsockopt(&s, ReceiveTimeout, &TimeVal::seconds(DEADLINE.as_secs().cast_signed())).unwrap();
    bind(s.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let addr = getsockname(s.as_raw_fd()).unwrap();
    (s, addr)
}

/// An address where nobody takes our datagrams: its socket keeps others from the port, and takes only its own.
fn nobody() -> (OwnedFd, SockaddrIn) {
    let (s, addr) = bound();
    connect(s.as_raw_fd(), &addr).unwrap();
    (s, addr)
}

fn next(s: &OwnedFd) -> nix::Result<Vec<u8>> {
    let mut buf = vec![0; 100];
    let n = recv(s.as_raw_fd(), &mut buf, NO_FLAGS)?;
    buf.truncate(n);
    Ok(buf)
}

/// Waits until `s` has a datagram or an error, and leaves it there.
fn wait(s: &OwnedFd) {
    let mut watched = [PollFd::new(s.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut watched, PollTimeout::try_from(DEADLINE).unwrap()), Ok(1));
}

/// Is nothing there, neither a datagram nor an error? What comes later is on the way through loopback behind it.
fn nothing_there(s: &OwnedFd) -> bool {
    recv(s.as_raw_fd(), &mut [0; 100], MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK) == Err(Errno::EAGAIN)
}

/// Slide 49: "sin_family = AF_UNSPEC로 설정하고 connect() 호출".
fn disconnect(s: &OwnedFd) {
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value.
    let mut addr: sockaddr_in = unsafe { mem::zeroed() };
    addr.sin_family = AF_UNSPEC as sa_family_t;
    let result = connect(s.as_raw_fd(), &SockaddrIn::from(addr));
    // BSD and macOS end the connection and complain about the family.
    assert!(
        result == Ok(()) || (!cfg!(target_os = "linux") && result == Err(Errno::EAFNOSUPPORT)),
        "{result:?}"
    );
}

// ---- F23 ----

#[test]
fn f23_connect_sends_nothing() {
    let (server, addr) = bound();
    let (client, _) = bound();
    connect(client.as_raw_fd(), &addr).unwrap();
    // Had connect sent anything, it would come before this.
    send(client.as_raw_fd(), b"the first", NO_FLAGS).unwrap();
    assert_eq!(next(&server).unwrap(), b"the first");
    assert!(nothing_there(&server));
}

#[test]
fn f23_connect_succeeds_where_nobody_listens_and_the_error_comes_at_the_next_recv() {
    let (_keeps_the_port, addr) = nobody();
    let (s, _) = bound();
    assert_eq!(connect(s.as_raw_fd(), &addr), Ok(()));
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Ok(3));
    assert_eq!(next(&s), Err(Errno::ECONNREFUSED));
    // read is told as well.
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Ok(3));
    assert_eq!(read(&s, &mut [0; 10]), Err(Errno::ECONNREFUSED));
}

/// Slide 49 has read() and recv(). The error waits for the next call, whichever it is, and is told once.
#[test]
fn f23_the_error_may_come_at_the_next_send_instead() {
    let (_keeps_the_port, addr) = nobody();
    let (s, _) = bound();
    connect(s.as_raw_fd(), &addr).unwrap();
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Ok(3));
    wait(&s);
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Err(Errno::ECONNREFUSED));
    assert!(nothing_there(&s));
}

#[test]
fn f23_an_unconnected_socket_is_never_told() {
    let (_keeps_the_port, addr) = nobody();
    let (unconnected, own_addr) = bound();
    assert_eq!(sendto(unconnected.as_raw_fd(), b"abc", &addr, NO_FLAGS), Ok(3));
    // What is later than the kernel's word to a connected socket is later than one to this socket would be.
    let (connected, _) = bound();
    connect(connected.as_raw_fd(), &addr).unwrap();
    send(connected.as_raw_fd(), b"abc", NO_FLAGS).unwrap();
    assert_eq!(next(&connected), Err(Errno::ECONNREFUSED));

    assert!(nothing_there(&unconnected));
    assert_eq!(sendto(unconnected.as_raw_fd(), b"abc", &own_addr, NO_FLAGS), Ok(3));
    assert_eq!(next(&unconnected).unwrap(), b"abc");
}

/// ip(7): only Linux has this option.
#[cfg(target_os = "linux")]
#[test]
fn f23_unless_it_has_asked_for_errors() {
    let (_keeps_the_port, addr) = nobody();
    let (s, _) = bound();
    setsockopt(&s, nix::sys::socket::sockopt::Ipv4RecvErr, &true).unwrap();
    assert_eq!(sendto(s.as_raw_fd(), b"abc", &addr, NO_FLAGS), Ok(3));
    assert_eq!(next(&s), Err(Errno::ECONNREFUSED));
}

/// Slide 49: a wrong address is no error of connect. It is one if this host alone can tell that it is wrong.
#[cfg(target_os = "linux")]
#[test]
fn f23_connect_fails_where_this_host_itself_says_no() {
    let (s, _) = bound();
    let broadcast = SockaddrIn::new(127, 255, 255, 255, 7);
    assert_eq!(connect(s.as_raw_fd(), &broadcast), Err(Errno::EACCES)); // needs SO_BROADCAST: ip(7)
}

// ---- F24 ----

#[test]
fn f24_a_connected_socket_takes_datagrams_from_its_peer_alone() {
    let ((s, addr), (peer, peer_addr), (stranger, _)) = (bound(), bound(), bound());
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    sendto(stranger.as_raw_fd(), b"from the stranger", &addr, NO_FLAGS).unwrap();
    sendto(peer.as_raw_fd(), b"from the peer", &addr, NO_FLAGS).unwrap();
    assert_eq!(next(&s).unwrap(), b"from the peer");
    assert!(nothing_there(&s));
}

#[test]
fn f24_a_stranger_is_told_that_nobody_listens() {
    let ((s, addr), (_peer, peer_addr), (stranger, _)) = (bound(), bound(), bound());
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    connect(stranger.as_raw_fd(), &addr).unwrap();
    send(stranger.as_raw_fd(), b"abc", NO_FLAGS).unwrap();
    assert_eq!(next(&stranger), Err(Errno::ECONNREFUSED));
}

#[test]
fn f24_a_second_connect_changes_the_peer() {
    let ((s, addr), (first, first_addr), (second, second_addr)) = (bound(), bound(), bound());
    connect(s.as_raw_fd(), &first_addr).unwrap();
    assert_eq!(getpeername(s.as_raw_fd()), Ok(first_addr));
    assert_eq!(connect(s.as_raw_fd(), &second_addr), Ok(())); // a stream socket would say EISCONN
    assert_eq!(getpeername(s.as_raw_fd()), Ok(second_addr));

    send(s.as_raw_fd(), b"to the second", NO_FLAGS).unwrap();
    assert_eq!(next(&second).unwrap(), b"to the second");
    assert!(nothing_there(&first));
    sendto(first.as_raw_fd(), b"from the first", &addr, NO_FLAGS).unwrap();
    sendto(second.as_raw_fd(), b"from the second", &addr, NO_FLAGS).unwrap();
    assert_eq!(next(&s).unwrap(), b"from the second");
    assert!(nothing_there(&s));
}

/// connect closes the door; it doesn't search the room.
#[test]
fn f24_what_came_before_connect_stays() {
    let ((s, addr), (_peer, peer_addr), (stranger, _)) = (bound(), bound(), bound());
    sendto(stranger.as_raw_fd(), b"from the stranger", &addr, NO_FLAGS).unwrap();
    wait(&s);
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    assert_eq!(next(&s).unwrap(), b"from the stranger");
}

/// Slide 49: "sendto로 데이터를 전송하는 순간 소켓과 커널이 내부적으로 연결". Nothing of it is left when sendto returns.
#[test]
fn f24_sendto_gives_a_socket_no_peer() {
    let ((s, addr), (receiver, receiver_addr), (stranger, _)) = (bound(), bound(), bound());
    sendto(s.as_raw_fd(), b"abc", &receiver_addr, NO_FLAGS).unwrap();
    assert_eq!(next(&receiver).unwrap(), b"abc");
    assert_eq!(getpeername::<SockaddrIn>(s.as_raw_fd()), Err(Errno::ENOTCONN));
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Err(Errno::EDESTADDRREQ));
    sendto(stranger.as_raw_fd(), b"from the stranger", &addr, NO_FLAGS).unwrap();
    assert_eq!(next(&s).unwrap(), b"from the stranger");
}

// ---- F25 ----

#[test]
fn f25_connect_with_af_unspec_ends_it() {
    let ((s, _), (_peer, peer_addr), (stranger, stranger_addr)) = (bound(), bound(), bound());
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    assert_eq!(getpeername(s.as_raw_fd()), Ok(peer_addr));
    disconnect(&s);
    assert_eq!(getpeername::<SockaddrIn>(s.as_raw_fd()), Err(Errno::ENOTCONN));
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Err(Errno::EDESTADDRREQ));

    // It sends anywhere and takes from anybody, as before connect.
    assert_eq!(sendto(s.as_raw_fd(), b"elsewhere", &stranger_addr, NO_FLAGS), Ok(9));
    assert_eq!(next(&stranger).unwrap(), b"elsewhere");
    let addr: SockaddrIn = getsockname(s.as_raw_fd()).unwrap();
    sendto(stranger.as_raw_fd(), b"from the stranger", &addr, NO_FLAGS).unwrap();
    assert_eq!(next(&s).unwrap(), b"from the stranger");
}

/// And so the port before and after it need not be the same, unless the program has named it at bind. BSD and macOS
/// keep it.
#[cfg(target_os = "linux")]
#[test]
fn f25_the_port_that_the_system_chose_ends_with_it() {
    let s = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).unwrap();
    let (_peer, peer_addr) = bound();
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    assert!(getsockname::<SockaddrIn>(s.as_raw_fd()).unwrap().port() != 0);
    disconnect(&s);
    assert_eq!(getsockname(s.as_raw_fd()), Ok(SockaddrIn::new(0, 0, 0, 0, 0)));
}

/// Slide 49: send() and recv() have to be used. On Linux sendto() with another address goes there all the same, and the
/// peer stays. POSIX allows that, and EISCONN, which is what macOS says.
#[test]
fn f25_while_connected_linux_sends_elsewhere_too() {
    let ((s, _), (peer, peer_addr), (other, other_addr)) = (bound(), bound(), bound());
    connect(s.as_raw_fd(), &peer_addr).unwrap();
    let result = sendto(s.as_raw_fd(), b"elsewhere", &other_addr, NO_FLAGS);
    if cfg!(target_os = "linux") {
        assert_eq!(result, Ok(9));
        assert_eq!(next(&other).unwrap(), b"elsewhere");
    } else {
        assert_eq!(result, Err(Errno::EISCONN));
    }
    assert_eq!(getpeername(s.as_raw_fd()), Ok(peer_addr));
    assert!(nothing_there(&peer));
}
