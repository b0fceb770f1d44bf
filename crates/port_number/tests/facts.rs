//! What slides 6 and 35 say of port numbers.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsFd as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use labkit::{DEADLINE, run_trials, trial, until};
use nix::errno::Errno;
#[cfg(target_os = "linux")]
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{ReceiveTimeout, SendTimeout};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, accept, bind, connect, getsockname,
    listen, recv, send, sendto, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};

macro_rules! fact {
    ($test:ident, $missing:expr) => {
        trial(stringify!($test), $missing, $test)
    };
}

fn main() {
    run_trials(vec![
        fact!(f2_tcp_and_udp_use_the_same_port_at_the_same_time, None),
        #[cfg(target_os = "linux")]
        fact!(f3_ports_up_to_1023_need_a_privilege_to_bind_if_the_machine_does_not_say_otherwise, None),
        #[cfg(target_os = "linux")]
        fact!(f3_with_the_privilege_every_port_can_be_bound, no_privilege()),
        fact!(f17_the_stream_socket_has_port_0_before_connect_and_the_systems_choice_after, None),
        fact!(f17_the_datagram_socket_has_port_0_before_sendto_and_the_systems_choice_after, None),
        #[cfg(target_os = "linux")]
        fact!(f17_connect_chooses_the_port_before_it_succeeds, None),
        fact!(f17_sendto_chooses_the_port_even_if_it_fails, None),
        fact!(f17_the_choice_can_be_had_from_bind_too, None),
    ]);
}

fn open(kind: SockType) -> OwnedFd {
    let s = socket(AddressFamily::Inet, kind, SockFlag::empty(), None).unwrap();
    let deadline = TimeVal::seconds(DEADLINE.as_secs().cast_signed());
    setsockopt(&s, ReceiveTimeout, &deadline).unwrap();
    setsockopt(&s, SendTimeout, &deadline).unwrap();
    s
}

fn loopback(port: u16) -> SockaddrIn {
    SockaddrIn::new(127, 0, 0, 1, port)
}

fn local(s: &OwnedFd) -> SockaddrIn {
    getsockname(s.as_raw_fd()).unwrap()
}

/// A socket at a loopback port that the system chooses.
fn bound(kind: SockType) -> OwnedFd {
    let s = open(kind);
    bind(s.as_raw_fd(), &loopback(0)).unwrap();
    s
}

/// The ports that the system chooses from: ip(7).
#[cfg(target_os = "linux")]
fn systems_choice() -> std::ops::RangeInclusive<u16> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let mut ends = range.split_whitespace().map(|port| port.parse().unwrap());
    ends.next().unwrap()..=ends.next().unwrap()
}

/// macOS: the defaults of `sysctl net.inet.ip.portrange`, lowfirst aside.
#[cfg(not(target_os = "linux"))]
fn systems_choice() -> std::ops::RangeInclusive<u16> {
    1024..=65535
}

// ---- F2, F3: slide 6 ----

fn f2_tcp_and_udp_use_the_same_port_at_the_same_time() {
    // Another program may have the TCP port of the number that UDP got: then with the next number.
    let (tcp, udp) = until("a port that is free for both", || {
        let (tcp, udp) = (open(SockType::Stream), bound(SockType::Datagram));
        match bind(tcp.as_raw_fd(), &local(&udp)) {
            Ok(()) => Ok(Some((tcp, udp))),
            Err(Errno::EADDRINUSE) => Ok(None),
            Err(errno) => Err(io::Error::from(errno)),
        }
    })
    .unwrap();
    listen(&tcp, Backlog::new(5).unwrap()).unwrap();
    let addr = local(&tcp);
    assert_eq!(addr, local(&udp));

    // Each gets its own.
    let (tcp_client, udp_client) = (open(SockType::Stream), open(SockType::Datagram));
    connect(tcp_client.as_raw_fd(), &addr).unwrap();
    send(tcp_client.as_raw_fd(), b"by TCP", MsgFlags::empty()).unwrap();
    sendto(udp_client.as_raw_fd(), b"by UDP", &addr, MsgFlags::empty()).unwrap();
    let mut buf = [0; 100];
    let n = recv(udp.as_raw_fd(), &mut buf, MsgFlags::empty()).unwrap();
    assert_eq!(&buf[..n], b"by UDP");
    // SAFETY: accept has just opened this descriptor, so nobody else owns it.
    let accepted = unsafe { OwnedFd::from_raw_fd(accept(tcp.as_raw_fd()).unwrap()) };
    setsockopt(&accepted, ReceiveTimeout, &TimeVal::seconds(DEADLINE.as_secs().cast_signed())).unwrap();
    let n = recv(accepted.as_raw_fd(), &mut buf, MsgFlags::empty()).unwrap();
    assert_eq!(&buf[..n], b"by TCP");

    // A second one of the same transport can't have it.
    for kind in [SockType::Stream, SockType::Datagram] {
        assert_eq!(bind(open(kind).as_raw_fd(), &addr), Err(Errno::EADDRINUSE));
    }
}

/// The ports below this one need a privilege: 1024, if nobody has set it, ip(7). macOS has let every user bind every
/// port of the address 0.0.0.0 since version 10.14, so both tests of F3 are Linux's.
#[cfg(target_os = "linux")]
fn first_free_for_all() -> u16 {
    let start = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    start.trim().parse().unwrap()
}

/// May this thread bind the port? Whether it is taken is another question.
#[cfg(target_os = "linux")]
fn may_bind(kind: SockType, port: u16) -> bool {
    let result = bind(open(kind).as_raw_fd(), &loopback(port));
    assert!(matches!(result, Ok(()) | Err(Errno::EADDRINUSE | Errno::EACCES)), "{result:?}");
    result != Err(Errno::EACCES)
}

#[cfg(target_os = "linux")]
fn f3_ports_up_to_1023_need_a_privilege_to_bind_if_the_machine_does_not_say_otherwise() {
    let without_privilege = std::thread::spawn(|| {
        let mut header = [0x2008_0522_u32, 0]; // _LINUX_CAPABILITY_VERSION_3, and 0 for this thread
        let none = [0_u32; 6];
        // SAFETY: version 3 has a header of two integers and sets of six.
        let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), none.as_ptr()) };
        assert_eq!(result, 0);
        for kind in [SockType::Stream, SockType::Datagram] {
            for port in [2, 512, 1023, 1024] {
                assert_eq!(may_bind(kind, port), port >= first_free_for_all(), "port {port}");
            }
        }
    });
    without_privilege.join().unwrap();
}

#[cfg(target_os = "linux")]
fn no_privilege() -> Option<String> {
    (!may_bind(SockType::Stream, 2)).then(|| "port 2 needs CAP_NET_BIND_SERVICE".into())
}

#[cfg(target_os = "linux")]
fn f3_with_the_privilege_every_port_can_be_bound() {
    for kind in [SockType::Stream, SockType::Datagram] {
        for port in [2, 512, 1023, 1024] {
            assert!(may_bind(kind, port), "port {port}");
        }
    }
}

// ---- F17: slide 35 ----

fn f17_the_stream_socket_has_port_0_before_connect_and_the_systems_choice_after() {
    let listen_sock = bound(SockType::Stream);
    listen(&listen_sock, Backlog::new(5).unwrap()).unwrap();

    let s = open(SockType::Stream);
    assert_eq!(local(&s), SockaddrIn::new(0, 0, 0, 0, 0));
    connect(s.as_raw_fd(), &local(&listen_sock)).unwrap();
    assert!(systems_choice().contains(&local(&s).port()), "{}", local(&s));
    // The address too is now known: the one on the way to the server.
    assert_eq!(local(&s), loopback(local(&s).port()));
}

fn f17_the_datagram_socket_has_port_0_before_sendto_and_the_systems_choice_after() {
    let receiver = bound(SockType::Datagram);

    let s = open(SockType::Datagram);
    assert_eq!(local(&s), SockaddrIn::new(0, 0, 0, 0, 0));
    sendto(s.as_raw_fd(), b"", &local(&receiver), MsgFlags::empty()).unwrap();
    let port = local(&s).port();
    assert!(systems_choice().contains(&port), "{port}");
    // The next datagram may go another way, so the address stays open.
    assert_eq!(local(&s), SockaddrIn::new(0, 0, 0, 0, port));

    // The second sendto keeps the port.
    sendto(s.as_raw_fd(), b"", &local(&receiver), MsgFlags::empty()).unwrap();
    assert_eq!(local(&s).port(), port);
}

/// Slide 35: after connect has succeeded. The first segment, the SYN, has the port in it already. A queue that is full
/// answers no SYN on Linux; elsewhere it may refuse the connection.
#[cfg(target_os = "linux")]
fn f17_connect_chooses_the_port_before_it_succeeds() {
    let listen_sock = bound(SockType::Stream);
    listen(&listen_sock, Backlog::new(0).unwrap()).unwrap();
    let first = open(SockType::Stream);
    connect(first.as_raw_fd(), &local(&listen_sock)).unwrap();
    let mut queue = [PollFd::new(listen_sock.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut queue, PollTimeout::try_from(DEADLINE).unwrap()), Ok(1)); // now it is full

    let s = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_NONBLOCK, None).unwrap();
    assert_eq!(connect(s.as_raw_fd(), &local(&listen_sock)), Err(Errno::EINPROGRESS));
    assert!(systems_choice().contains(&local(&s).port()), "{}", local(&s));
    // Not connected yet, and for the port it makes no difference.
    assert_eq!(send(s.as_raw_fd(), b"abc", MsgFlags::empty()), Err(Errno::EAGAIN));
}

/// Slide 35: after sendto has succeeded.
fn f17_sendto_chooses_the_port_even_if_it_fails() {
    let receiver = bound(SockType::Datagram);
    let s = open(SockType::Datagram);
    let too_long = vec![0; 65_508];
    assert_eq!(sendto(s.as_raw_fd(), &too_long, &local(&receiver), MsgFlags::empty()), Err(Errno::EMSGSIZE));
    assert!(local(&s).port() != 0);
}

/// What the tests here do with every server.
fn f17_the_choice_can_be_had_from_bind_too() {
    for kind in [SockType::Stream, SockType::Datagram] {
        let s = bound(kind);
        assert!(systems_choice().contains(&local(&s).port()), "{}", local(&s));
    }
}
