//! What slides 13-15 and 36-44 say of socket addresses, of the order of calls, and of servers.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd};

use labkit::{DEADLINE, twins};
use libc::{AF_INET, AF_UNIX, PF_INET, in_addr, sockaddr, sockaddr_in, socklen_t};
use nix::errno::Errno;
#[cfg(target_os = "linux")]
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{AcceptConn, ReceiveTimeout, ReuseAddr, SendTimeout};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, accept, bind, connect,
    getpeername, getsockname, getsockopt, listen, recv, send, setsockopt, shutdown, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};
use nix::unistd::close;

const NO_FLAGS: MsgFlags = MsgFlags::empty();

/// The tests run at the same time, and the servers of F18 should not inherit the others' sockets.
#[cfg(target_os = "linux")]
const CLOEXEC: SockFlag = SockFlag::SOCK_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const CLOEXEC: SockFlag = SockFlag::empty();

fn deadline<Fd: AsFd>(s: &Fd) {
    let deadline = TimeVal::seconds(DEADLINE.as_secs().cast_signed());
    setsockopt(s, ReceiveTimeout, &deadline).unwrap();
    setsockopt(s, SendTimeout, &deadline).unwrap();
}

fn stream() -> OwnedFd {
    let s = socket(AddressFamily::Inet, SockType::Stream, CLOEXEC, None).unwrap();
    deadline(&s);
    s
}

fn loopback(port: u16) -> SockaddrIn {
    SockaddrIn::new(127, 0, 0, 1, port)
}

fn local(s: &OwnedFd) -> SockaddrIn {
    getsockname(s.as_raw_fd()).unwrap()
}

fn peer(s: &OwnedFd) -> SockaddrIn {
    getpeername(s.as_raw_fd()).unwrap()
}

/// A socket that listens at a loopback port that the system chooses.
fn listening(backlog: i32) -> OwnedFd {
    let s = stream();
    bind(s.as_raw_fd(), &loopback(0)).unwrap();
    listen(&s, Backlog::new(backlog).unwrap()).unwrap();
    s
}

fn connected(addr: &SockaddrIn) -> OwnedFd {
    let s = stream();
    connect(s.as_raw_fd(), addr).unwrap();
    s
}

fn accepted(listen_sock: &OwnedFd) -> OwnedFd {
    let accp_sock = accept(listen_sock.as_raw_fd()).unwrap();
    // SAFETY: accept has just opened this descriptor, so nobody else owns it.
    let accp_sock = unsafe { OwnedFd::from_raw_fd(accp_sock) };
    deadline(&accp_sock);
    accp_sock
}

/// Reads `n` bytes; fewer if the peer closes.
fn readn(s: &OwnedFd, n: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < n {
        let mut buf = vec![0; n - all.len()];
        match recv(s.as_raw_fd(), &mut buf, NO_FLAGS).unwrap() {
            0 => break,
            came => all.extend(&buf[..came]),
        }
    }
    all
}

// ---- F7, F8: slides 13, 14 ----

#[test]
fn f7_sockaddr_and_sockaddr_in_are_16_bytes() {
    assert_eq!((size_of::<sockaddr>(), size_of::<sockaddr_in>()), (16, 16));
    assert_eq!(offset_of!(sockaddr, sa_data), 2);
}

#[test]
fn f7_the_port_is_at_2_the_address_at_4_and_8_bytes_of_padding_at_8() {
    assert_eq!(offset_of!(sockaddr_in, sin_port), 2);
    assert_eq!(offset_of!(sockaddr_in, sin_addr), 4);
    assert_eq!(offset_of!(sockaddr_in, sin_zero), 8);
    assert_eq!(size_of::<sockaddr_in>() - offset_of!(sockaddr_in, sin_zero), 8);
}

/// Not as C sees it, but as the kernel writes it.
#[test]
fn f7_the_kernel_writes_those_16_bytes() {
    let s = listening(5);
    let mut bytes = [0xAA_u8; 100];
    let mut addrlen = size_of_val(&bytes) as socklen_t;
    // SAFETY: addrlen says how much room there is in bytes.
    let result = unsafe { libc::getsockname(s.as_raw_fd(), bytes.as_mut_ptr().cast(), &raw mut addrlen) };
    assert_eq!((result, addrlen), (0, 16));
    assert_eq!(bytes[2..4], local(&s).port().to_be_bytes());
    assert_eq!(bytes[4..8], [127, 0, 0, 1]);
    assert_eq!(bytes[8..16], [0; 8]);
    assert_eq!(bytes[16..], [0xAA; 84]);
    // BSD and macOS have made two of the first two bytes: length and family.
    let family = if cfg!(target_os = "linux") { 2_u16.to_ne_bytes() } else { [16, 2] };
    assert_eq!(bytes[..2], family);
}

/// Slide 14: `u_long s_addr` and "32비트". A long has 64 bits on today's machines; `sin_family` is no short either.
#[test]
fn f7_s_addr_is_no_u_long_and_sin_family_no_short() {
    assert_eq!(size_of::<in_addr>(), 4);
    #[cfg(target_pointer_width = "64")]
    assert_eq!(size_of::<libc::c_ulong>(), 8);
    let _: fn(&in_addr) -> u32 = |addr| addr.s_addr;
    #[cfg(target_os = "linux")]
    let _: fn(&sockaddr_in) -> u16 = |addr| addr.sin_family;
}

#[test]
fn f8_pf_inet_and_af_inet_are_2() {
    assert_eq!((PF_INET, AF_INET), (2, 2));
    assert_ne!(AF_UNIX, AF_INET);
    // What socket() took as PF_INET comes back as AF_INET.
    assert_eq!(local(&listening(5)).as_ref().sin_family, AF_INET as libc::sa_family_t);
}

// ---- F9: slides 15, 28, 37 ----

/// Slides 15 and 37: socket, bind, listen. Without bind, listen lets the system choose the port, and nobody knows it.
#[test]
fn f9_a_server_without_bind_listens_at_a_port_that_nobody_knows() {
    let s = stream();
    assert_eq!(local(&s).port(), 0);
    assert_eq!(listen(&s, Backlog::new(5).unwrap()), Ok(()));
    let port = local(&s).port();
    assert!(port != 0);
    // Whoever is told the port can connect.
    let client = connected(&loopback(port));
    assert_eq!(peer(&accepted(&s)), local(&client));
}

#[test]
fn f9_accept_without_listen_fails() {
    let s = stream();
    bind(s.as_raw_fd(), &loopback(0)).unwrap();
    assert_eq!(accept(s.as_raw_fd()), Err(Errno::EINVAL));
}

#[test]
fn f9_connect_without_a_listen_on_the_other_side_is_refused() {
    let s = stream();
    bind(s.as_raw_fd(), &loopback(0)).unwrap();
    assert_eq!(connect(stream().as_raw_fd(), &local(&s)), Err(Errno::ECONNREFUSED));
}

#[test]
fn f9_send_and_recv_without_connect_fail() {
    let s = stream();
    // POSIX says ENOTCONN here as well, and macOS does it.
    let unconnected = if cfg!(target_os = "linux") { Errno::EPIPE } else { Errno::ENOTCONN };
    assert_eq!(send(s.as_raw_fd(), b"abc", NO_FLAGS), Err(unconnected));
    assert_eq!(recv(s.as_raw_fd(), &mut [0; 10], NO_FLAGS), Err(Errno::ENOTCONN));
}

#[test]
fn f9_a_second_bind_or_connect_fails() {
    let server = listening(5);
    assert_eq!(bind(server.as_raw_fd(), &loopback(0)), Err(Errno::EINVAL));
    let client = connected(&local(&server));
    assert_eq!(connect(client.as_raw_fd(), &local(&server)), Err(Errno::EISCONN));
}

// ---- F18: slides 36, 44 ----

#[test]
fn f18_the_second_client_waits_until_the_first_closes_and_loses_nothing() {
    for program in twins(env!("CARGO_BIN_EXE_tcp_echoserv")).unwrap() {
        let server = program.serve(&[]).unwrap();
        let addr = SockaddrIn::from(server.addr());

        let first = connected(&addr);
        send(first.as_raw_fd(), b"first", NO_FLAGS).unwrap();
        assert_eq!(readn(&first, 5), b"first");

        // The second is connected and may send, but the server has not accepted it.
        let second = connected(&addr);
        let sent: Vec<u8> = (0..10_000_u32).map(|i| (i % 251) as u8).collect();
        assert_eq!(send(second.as_raw_fd(), &sent, NO_FLAGS), Ok(10_000));
        shutdown(second.as_raw_fd(), Shutdown::Write).unwrap();
        #[cfg(target_os = "linux")]
        waits_in_the_queue(server.pid(), &second, 10_000);
        send(first.as_raw_fd(), b"again", NO_FLAGS).unwrap();
        assert_eq!(readn(&first, 5), b"again");
        let nothing_yet = recv(second.as_raw_fd(), &mut [0], MsgFlags::MSG_DONTWAIT);
        assert_eq!(nothing_yet, Err(Errno::EAGAIN));
        #[cfg(target_os = "linux")]
        waits_in_the_queue(server.pid(), &second, 10_000);

        close(first).unwrap();
        assert_eq!(readn(&second, 10_001), sent);
    }
}

/// Waits until the server's kernel has `bytes` from the client, and checks that no process has that connection: it has
/// no inode yet. proc(5), `/proc/net/tcp`.
#[cfg(target_os = "linux")]
fn waits_in_the_queue(server: i32, client: &OwnedFd, bytes: usize) {
    let ends = [format!(":{:04X}", peer(client).port()), format!(":{:04X}", local(client).port())];
    // All of it, and the end of input, which counts as one more.
    let queue = format!(":{:08X}", bytes + 1);
    let inode = labkit::until("the second client's bytes in the server's kernel", || {
        let table = std::fs::read_to_string(format!("/proc/{server}/net/tcp"))?;
        let inode = table.lines().find_map(|line| {
            // sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, remote, _, queues, _, _, _, _, inode, ..] = fields[..] else { return None };
            let it = local.ends_with(&ends[0]) && remote.ends_with(&ends[1]) && queues.ends_with(&queue);
            it.then(|| inode.to_owned())
        });
        Ok(inode)
    });
    assert_eq!(inode.unwrap(), "0");
}

#[test]
fn f18_clients_are_served_in_the_order_in_which_they_came() {
    for program in twins(env!("CARGO_BIN_EXE_tcp_echoserv")).unwrap() {
        let server = program.serve(&["-v"]).unwrap();
        let addr = SockaddrIn::from(server.addr());
        let clients = [connected(&addr), connected(&addr), connected(&addr), connected(&addr)];
        let addresses: Vec<String> = clients.iter().map(|client| local(client).to_string()).collect();
        let expected = addresses.join("\n") + "\n";
        // The last one sends first.
        for client in clients.iter().rev() {
            send(client.as_raw_fd(), b"abc", NO_FLAGS).unwrap();
        }
        for client in clients {
            assert_eq!(readn(&client, 3), b"abc");
            close(client).unwrap();
        }
        assert_eq!(server.wait_stdout(&expected).unwrap(), expected);
    }
}

// ---- F19: slide 39 ----

/// Linux takes all of 127.0.0.0/8 as its own; macOS has 127.0.0.1 alone.
#[cfg(target_os = "linux")]
#[test]
fn f19_inaddr_any_takes_what_comes_to_any_local_address() {
    let s = stream();
    bind(s.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, 0)).unwrap();
    listen(&s, Backlog::new(5).unwrap()).unwrap();
    let port = local(&s).port();
    for addr in [loopback(port), SockaddrIn::new(127, 0, 0, 2, port), SockaddrIn::new(127, 1, 2, 3, port)] {
        let client = connected(&addr);
        let accp_sock = accepted(&s);
        assert_eq!(local(&accp_sock), addr); // the socket for one client knows which address it was
        assert_eq!(peer(&accp_sock), local(&client));
    }
    assert_eq!(local(&s), SockaddrIn::new(0, 0, 0, 0, port));
}

/// Slide 39 has the other choice too, in the line after: one of the host's addresses.
#[cfg(target_os = "linux")]
#[test]
fn f19_a_server_at_one_address_is_not_at_the_others() {
    let s = listening(5);
    let other = SockaddrIn::new(127, 0, 0, 2, local(&s).port());
    assert_eq!(connect(stream().as_raw_fd(), &other), Err(Errno::ECONNREFUSED));
    connected(&local(&s));
}

// ---- F20: slide 41 ----

#[test]
fn f20_listen_makes_a_socket_passive() {
    let s = stream();
    bind(s.as_raw_fd(), &loopback(0)).unwrap();
    assert_eq!(getsockopt(&s, AcceptConn), Ok(false));
    listen(&s, Backlog::new(5).unwrap()).unwrap();
    assert_eq!(getsockopt(&s, AcceptConn), Ok(true));
    // A passive one asks nobody for a connection.
    let server = listening(5);
    let result = connect(s.as_raw_fd(), &local(&server));
    assert!(matches!(result, Err(Errno::EISCONN | Errno::EOPNOTSUPP)), "{result:?}");
}

/// tcp(7), TCP_INFO. Of a listening socket it says how many wait in the queue for accept, and the backlog; ss(8) shows
/// both.
#[cfg(target_os = "linux")]
fn tcp_info(s: &OwnedFd) -> libc::tcp_info {
    // SAFETY: tcp_info is plain integers; all zeros is a valid value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut len = size_of_val(&info) as socklen_t;
    // SAFETY: len says how much room there is in info.
    let result = unsafe {
        libc::getsockopt(
            s.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut len,
        )
    };
    assert_eq!(result, 0);
    info
}

#[cfg(target_os = "linux")]
fn waiting(listen_sock: &OwnedFd) -> u32 {
    tcp_info(listen_sock).tcpi_unacked
}

/// Slide 41: "연결을 기다리는 클라이언트의 최대 수". listen(2): on Linux, of those whose handshake is done; and Linux takes
/// one more. Other systems count in other ways.
#[cfg(target_os = "linux")]
#[test]
fn f20_the_queue_takes_the_backlog_and_one_more() {
    // At the same time: a client that gets no answer waits seconds before it tries again.
    std::thread::scope(|scope| {
        for backlog in [0, 1, 5] {
            scope.spawn(move || takes_one_more_than(backlog));
        }
    });
}

#[cfg(target_os = "linux")]
fn takes_one_more_than(backlog: i32) {
    let server = listening(backlog);
    let clients: Vec<OwnedFd> = (0..=backlog).map(|_| connected(&local(&server))).collect();
    let full = u32::try_from(clients.len()).unwrap();
    labkit::until("a full queue", || Ok((waiting(&server) == full).then_some(()))).unwrap();

    // The next one is not refused. Its SYN gets no answer, and it tries again.
    let late =
        socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_NONBLOCK | CLOEXEC, None).unwrap();
    assert_eq!(connect(late.as_raw_fd(), &local(&server)), Err(Errno::EINPROGRESS));
    labkit::until("a second SYN", || Ok((tcp_info(&late).tcpi_total_retrans > 0).then_some(()))).unwrap();
    assert_eq!(tcp_info(&late).tcpi_state, 2); // TCP_SYN_SENT
    assert_eq!(waiting(&server), full);

    // When there is room, the next try succeeds.
    accepted(&server);
    let mut watched = [PollFd::new(late.as_fd(), PollFlags::POLLOUT)];
    assert_eq!(poll(&mut watched, PollTimeout::try_from(DEADLINE).unwrap()), Ok(1));
    assert_eq!(peer(&late), local(&server));
}

/// listen(2): a larger backlog is silently cut to `/proc/sys/net/core/somaxconn`.
#[cfg(target_os = "linux")]
#[test]
fn f20_somaxconn_cuts_the_backlog() {
    let somaxconn: u32 =
        std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    let s = listening(1);
    assert_eq!(tcp_info(&s).tcpi_sacked, 1); // the backlog
    // SAFETY: listen touches no memory.
    assert_eq!(unsafe { libc::listen(s.as_raw_fd(), i32::MAX) }, 0);
    assert_eq!(tcp_info(&s).tcpi_sacked, somaxconn);
}

/// Slide 41's queue is full, and nobody makes room: the client doesn't try for ever. tcp(7): as often as `tcp_syn_retries`
/// says, which TCP_SYNCNT sets for one socket.
#[cfg(target_os = "linux")]
#[test]
fn f20_who_finds_no_room_gives_up_with_etimedout() {
    let server = listening(0);
    let _takes_the_room = connected(&local(&server));
    labkit::until("a full queue", || Ok((waiting(&server) == 1).then_some(()))).unwrap();

    let late = stream();
    let retries: libc::c_int = 1;
    // SAFETY: TCP_SYNCNT takes one integer.
    let result = unsafe {
        libc::setsockopt(
            late.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_SYNCNT,
            (&raw const retries).cast(),
            size_of_val(&retries) as socklen_t,
        )
    };
    assert_eq!(result, 0);
    assert_eq!(connect(late.as_raw_fd(), &local(&server)), Err(Errno::ETIMEDOUT));
    assert_eq!(waiting(&server), 1);
}

// ---- F21: slides 42, 43 ----

#[test]
fn f21_accept_gives_a_new_socket_with_the_same_local_port() {
    let listen_sock = listening(5);
    let client = connected(&local(&listen_sock));
    let accp_sock = accepted(&listen_sock);
    assert_ne!(accp_sock.as_raw_fd(), listen_sock.as_raw_fd());
    assert_eq!(local(&accp_sock), local(&listen_sock));
    assert_eq!(local(&accp_sock), peer(&client));
    // The new one is for this client alone and no passive one.
    assert_eq!(getsockopt(&accp_sock, AcceptConn), Ok(false));
    assert_eq!(getsockopt(&listen_sock, AcceptConn), Ok(true));
    assert_eq!(getpeername::<SockaddrIn>(listen_sock.as_raw_fd()), Err(Errno::ENOTCONN));
}

#[test]
fn f21_the_listening_socket_goes_on() {
    let listen_sock = listening(5);
    let clients = [connected(&local(&listen_sock)), connected(&local(&listen_sock))];
    let [first, second] = [accepted(&listen_sock), accepted(&listen_sock)];
    assert_eq!([peer(&first), peer(&second)], clients.each_ref().map(local));
    // Four numbers make a connection, so two can have the same local port, each with its own data.
    assert_eq!(local(&first), local(&second));
    send(clients[0].as_raw_fd(), b"from the first", NO_FLAGS).unwrap();
    send(clients[1].as_raw_fd(), b"from the second", NO_FLAGS).unwrap();
    assert_eq!(readn(&second, 15), b"from the second");
    assert_eq!(readn(&first, 14), b"from the first");

    // The end of one is not the end of the other, nor of the listening one.
    close(first).unwrap();
    send(second.as_raw_fd(), b"abc", NO_FLAGS).unwrap();
    assert_eq!(readn(&clients[1], 3), b"abc");
    let third = connected(&local(&listen_sock));
    assert_eq!(peer(&accepted(&listen_sock)), local(&third));
}

/// Slide 43's picture: what accept writes into `cliaddr`.
#[test]
fn f21_the_peers_address_is_the_clients_getsockname() {
    let listen_sock = listening(5);
    let client = connected(&local(&listen_sock));
    // SAFETY: sockaddr_in is plain integers; all zeros is a valid value.
    let mut cliaddr: sockaddr_in = unsafe { std::mem::zeroed() };
    let mut addrlen = size_of_val(&cliaddr) as socklen_t;
    // SAFETY: addrlen says how much room there is in cliaddr.
    let accp_sock =
        unsafe { libc::accept(listen_sock.as_raw_fd(), (&raw mut cliaddr).cast(), &raw mut addrlen) };
    assert!(accp_sock >= 0);
    // SAFETY: accept has just opened this descriptor, so nobody else owns it.
    let accp_sock = unsafe { OwnedFd::from_raw_fd(accp_sock) };
    assert_eq!(addrlen, 16);
    assert_eq!(SockaddrIn::from(cliaddr), local(&client));
    assert_eq!(peer(&accp_sock), local(&client));
}

/// accept(2) says that Linux passes errors of the new connection on as accept's own. A reset is none of them: accept
/// succeeds, and the read that comes next is told.
#[cfg(target_os = "linux")]
#[test]
fn f21_after_a_reset_accept_succeeds_and_read_gives_econnreset() {
    let listen_sock = listening(5);
    let client = connected(&local(&listen_sock));
    let (server_port, client_addr) = (local(&listen_sock).port(), local(&client));
    labkit::until("a connection", || Ok(state(server_port, client_addr.port())?.map(|_| ()))).unwrap();
    let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
    setsockopt(&client, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
    close(client).unwrap();
    // No longer in the table of connections: the reset has come.
    let gone = || Ok(state(server_port, client_addr.port())?.is_none().then_some(()));
    labkit::until("a reset connection", gone).unwrap();

    assert_eq!(waiting(&listen_sock), 1);
    let accp_sock = accepted(&listen_sock);
    assert_eq!(recv(accp_sock.as_raw_fd(), &mut [0; 10], NO_FLAGS), Err(Errno::ECONNRESET));
}

/// Slide 42: -1.
#[test]
fn f21_accept_gives_minus_1_when_it_fails() {
    let s = stream();
    // SAFETY: without room for an address accept writes none.
    let result = unsafe { libc::accept(s.as_raw_fd(), std::ptr::null_mut(), std::ptr::null_mut()) };
    assert_eq!((result, Errno::last()), (-1, Errno::EINVAL));
}

// ---- SO_REUSEADDR: socket(7), tcp(7) ----

#[cfg(target_os = "linux")]
const ESTABLISHED: &str = "01";
#[cfg(target_os = "linux")]
const TIME_WAIT: &str = "06";

/// The state of the connection between a server's port on this machine and a client's: proc(5), `/proc/net/tcp`.
#[cfg(target_os = "linux")]
fn state(server: u16, client: u16) -> std::io::Result<Option<String>> {
    let table = std::fs::read_to_string("/proc/self/net/tcp")?;
    Ok(table.lines().find_map(|line| {
        // sl local_address rem_address st …
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, ..] = fields[..] else { return None };
        let it = local.ends_with(&format!(":{server:04X}")) && remote.ends_with(&format!(":{client:04X}"));
        it.then(|| state.to_owned())
    }))
}

/// A server's socket, with the option or without; every connection that it accepts has it too.
fn server_socket(reuse: bool, addr: &SockaddrIn) -> nix::Result<OwnedFd> {
    let s = stream();
    setsockopt(&s, ReuseAddr, &reuse)?;
    bind(s.as_raw_fd(), addr)?;
    listen(&s, Backlog::new(5)?)?;
    Ok(s)
}

/// Can a new server have the port of an old one that has ended, and left a connection in this state?
#[cfg(target_os = "linux")]
fn starts_again(left: &str, old: bool, new: bool) -> nix::Result<()> {
    let listen_sock = server_socket(old, &loopback(0))?;
    let addr = local(&listen_sock);
    let client = connected(&addr);
    let accp_sock = accepted(&listen_sock);
    close(listen_sock)?;
    let client_port = local(&client).port();
    let _still_open = if left == TIME_WAIT {
        close(accp_sock)?; // first
        assert_eq!(recv(client.as_raw_fd(), &mut [0], NO_FLAGS), Ok(0));
        close(client)?;
        None
    } else {
        Some((client, accp_sock))
    };
    let is_left = || Ok((state(addr.port(), client_port)?.as_deref() == Some(left)).then_some(()));
    labkit::until("what the old server leaves", is_left).unwrap();
    server_socket(new, &addr).map(drop)
}

/// The new server's option alone is of no use: what is left of the old one must have it as well. Then bind passes beside
/// connections in any state.
#[cfg(target_os = "linux")]
#[test]
fn so_reuseaddr_is_needed_on_the_new_socket_and_on_what_is_left_of_the_old_one() {
    for left in [ESTABLISHED, TIME_WAIT] {
        for (old, new) in [(false, false), (false, true), (true, false)] {
            assert_eq!(starts_again(left, old, new), Err(Errno::EADDRINUSE), "{left}: {old}, {new}");
        }
        assert_eq!(starts_again(left, true, true), Ok(()), "{left}");
    }
}

#[test]
fn so_reuseaddr_gives_nobody_the_port_of_a_socket_that_listens() {
    let listen_sock = server_socket(true, &loopback(0)).unwrap();
    assert_eq!(server_socket(true, &local(&listen_sock)).map(drop), Err(Errno::EADDRINUSE));
}
