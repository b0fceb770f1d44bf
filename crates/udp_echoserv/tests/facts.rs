//! What slides 45, 46 and 48 say of datagrams.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::IoSliceMut;
use std::os::fd::{AsRawFd as _, OwnedFd};

use labkit::DEADLINE;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, getsockname, recv, recvfrom, recvmsg,
    sendto, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};

const NO_FLAGS: MsgFlags = MsgFlags::empty();

/// A datagram socket at a loopback port that the system chooses, and its address.
fn bound() -> (OwnedFd, SockaddrIn) {
    let s = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).unwrap();
    setsockopt(&s, ReceiveTimeout, &TimeVal::seconds(DEADLINE.as_secs().cast_signed())).unwrap();
    bind(s.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let addr = getsockname(s.as_raw_fd()).unwrap();
    (s, addr)
}

/// The next datagram, and who sent it.
fn next(s: &OwnedFd) -> (Vec<u8>, SockaddrIn) {
    let mut buf = vec![0; 65_536];
    let (n, sender) = recvfrom(s.as_raw_fd(), &mut buf).unwrap();
    buf.truncate(n);
    (buf, sender.unwrap())
}

#[test]
fn f22_datagrams_keep_their_boundaries() {
    let (server, addr) = bound();
    let (client, _) = bound();
    for datagram in [&b"abc"[..], b"", b"defghij", b"k"] {
        assert_eq!(sendto(client.as_raw_fd(), datagram, &addr, NO_FLAGS), Ok(datagram.len()));
    }
    // A stream would give all eleven bytes to the first call.
    for datagram in [&b"abc"[..], b"", b"defghij", b"k"] {
        assert_eq!(next(&server).0, datagram);
    }
}

/// Slide 45: not one to one.
#[test]
fn f22_datagrams_carry_their_sender_and_one_socket_serves_many() {
    let (server, addr) = bound();
    let clients = [bound(), bound(), bound()];
    for (client, _) in &clients {
        sendto(client.as_raw_fd(), b"abc", &addr, NO_FLAGS).unwrap();
    }
    for (_, client_addr) in &clients {
        let (datagram, sender) = next(&server);
        assert_eq!((&datagram[..], &sender), (&b"abc"[..], client_addr));
        sendto(server.as_raw_fd(), sender.to_string().as_bytes(), &sender, NO_FLAGS).unwrap();
    }
    // Each gets its own answer.
    for (client, client_addr) in &clients {
        assert_eq!(next(client), (client_addr.to_string().into_bytes(), addr));
    }
}

#[test]
fn f22_a_short_buffer_cuts_a_datagram_and_the_rest_is_gone() {
    let (server, addr) = bound();
    let (client, _) = bound();
    for datagram in [b"abcdefg", b"hijklmn", b"opqrstu"] {
        sendto(client.as_raw_fd(), datagram, &addr, NO_FLAGS).unwrap();
    }
    let mut buf = [0; 3];
    assert_eq!(recv(server.as_raw_fd(), &mut buf, NO_FLAGS), Ok(3)); // no error: nothing says that it was cut
    assert_eq!(&buf, b"abc");

    // Only recvmsg(2) tells.
    let mut iov = [IoSliceMut::new(&mut buf)];
    let message = recvmsg::<SockaddrIn>(server.as_raw_fd(), &mut iov, None, NO_FLAGS).unwrap();
    assert_eq!((message.bytes, message.flags), (3, MsgFlags::MSG_TRUNC));
    assert_eq!(&buf, b"hij");

    assert_eq!(next(&server).0, b"opqrstu");
}

/// macOS stops at `sysctl net.inet.udp.maxdgram`, 9,216 bytes unless it was raised.
#[cfg(target_os = "linux")]
#[test]
fn f22_the_largest_datagram_has_65507_bytes() {
    let (server, addr) = bound();
    let (client, _) = bound();
    let largest = vec![b'x'; 65_535 - 20 - 8]; // the 16 bits of IP's length, less the headers of IP and UDP
    assert_eq!(sendto(client.as_raw_fd(), &largest, &addr, NO_FLAGS), Ok(65_507));
    assert_eq!(next(&server).0, largest);
    let too_large = vec![b'x'; 65_508];
    assert_eq!(sendto(client.as_raw_fd(), &too_large, &addr, NO_FLAGS), Err(nix::errno::Errno::EMSGSIZE));
}

/// Slide 48: the peer must be in recvfrom() when sendto() is called. It need not: the kernel keeps the datagram.
#[test]
fn f22_a_datagram_waits_for_recvfrom() {
    let (server, addr) = bound();
    let (client, client_addr) = bound();
    sendto(client.as_raw_fd(), b"abc", &addr, NO_FLAGS).unwrap();
    drop(client); // even its sender may be gone
    assert_eq!(next(&server), (b"abc".to_vec(), client_addr));
}

/// What is true of slide 48: what finds no room is lost, and the sender doesn't learn of it. On macOS sendto may fail
/// with ENOBUFS.
#[cfg(target_os = "linux")]
#[test]
fn f22_datagrams_that_find_no_room_are_lost_without_a_word() {
    let (server, addr) = bound();
    let (client, _) = bound();
    setsockopt(&server, nix::sys::socket::sockopt::RcvBuf, &8192).unwrap();
    for _ in 0..100 {
        assert_eq!(sendto(client.as_raw_fd(), &[0; 1000], &addr, NO_FLAGS), Ok(1000));
    }
    let mut arrived = 0;
    while recv(server.as_raw_fd(), &mut [0; 1000], MsgFlags::MSG_DONTWAIT).is_ok() {
        arrived += 1;
    }
    // There is room again: this one comes, and behind all that may still be on the way.
    sendto(client.as_raw_fd(), b"end", &addr, NO_FLAGS).unwrap();
    while next(&server).0 != b"end" {
        arrived += 1;
    }
    assert!((1..100).contains(&arrived), "{arrived}");
}
