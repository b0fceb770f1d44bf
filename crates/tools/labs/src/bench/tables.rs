//! The kernel's tables of sockets, as it tells them over netlink: sock_diag(7). `/proc/net/tcp` says the same, but to read it
//! takes milliseconds on a machine with much memory, and that is asked often here.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use labkit::Transport;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP};
use netlink_packet_sock_diag::inet::{self, ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags};
use netlink_packet_sock_diag::unix::{self, ShowFlags, UnixRequest};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr};

/// A socket. Of an IPv6 socket that takes IPv4 too, the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// This end; 0.0.0.0 is any.
    pub local: SocketAddrV4,
    /// The other end; 0.0.0.0:0 without.
    pub remote: SocketAddrV4,
    /// Bytes that the other end has not got yet.
    pub unsent: u32,
    /// Bytes that nobody has read yet.
    pub unread: u32,
}

/// The sockets of this network that wait: those that listen, or are bound and have no peer (TCP_CLOSE, the kernel calls that). It walks
/// through the whole of its table for them.
pub fn waiting(transport: Transport) -> io::Result<Vec<Row>> {
    let (protocol, states) = match transport {
        Transport::Tcp => (IPPROTO_TCP, StateFlags::LISTEN),
        Transport::Udp => (IPPROTO_UDP, StateFlags::CLOSE),
    };
    let mut rows = dump(AF_INET, protocol, states.clone())?;
    rows.extend(dump(AF_INET6, protocol, states)?);
    Ok(rows)
}

/// The socket that waits for what comes to `addr`. The kernel looks it up, as it does then.
pub fn waits_at(transport: Transport, addr: SocketAddrV4) -> io::Result<Option<Row>> {
    let nobody = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let rows = match transport {
        Transport::Tcp => look_up(IPPROTO_TCP, addr, nobody)?,
        // Of UDP, the kernel takes the two the other way round, "for historical reasons": net/ipv4/udp_diag.c.
        Transport::Udp => look_up(IPPROTO_UDP, nobody, addr)?,
    };
    Ok(rows.into_iter().find(|row| row.local.port() == addr.port() && row.remote == nobody))
}

/// The UDP sockets of this network that are connected: TCP_ESTABLISHED, the kernel calls that.
pub fn udp_connected() -> io::Result<Vec<Row>> {
    let mut rows = dump(AF_INET, IPPROTO_UDP, StateFlags::ESTABLISHED)?;
    rows.extend(dump(AF_INET6, IPPROTO_UDP, StateFlags::ESTABLISHED)?);
    Ok(rows)
}

/// The end of a TCP connection that is `local`; none if it is gone.
pub(super) fn tcp_connection(local: SocketAddrV4, remote: SocketAddrV4) -> io::Result<Option<Row>> {
    let rows = look_up(IPPROTO_TCP, local, remote)?;
    // Where there is no such connection, but somebody listens, it tells of that.
    Ok(rows.into_iter().find(|row| row.remote == remote))
}

fn look_up(protocol: u8, local: SocketAddrV4, remote: SocketAddrV4) -> io::Result<Vec<Row>> {
    let id = SocketId {
        source_port: local.port(),
        destination_port: remote.port(),
        source_address: (*local.ip()).into(),
        destination_address: (*remote.ip()).into(),
        interface_id: 0,
        cookie: [0xFF; 8], // INET_DIAG_NOCOOKIE
    };
    ask(request(AF_INET, protocol, StateFlags::all(), id), NLM_F_REQUEST)
}

fn dump(family: u8, protocol: u8, states: StateFlags) -> io::Result<Vec<Row>> {
    let id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
    ask(request(family, protocol, states, id), NLM_F_REQUEST | NLM_F_DUMP)
}

fn request(family: u8, protocol: u8, states: StateFlags, socket_id: SocketId) -> InetRequest {
    InetRequest { family, protocol, extensions: ExtensionFlags::empty(), states, socket_id }
}

fn ask(request: InetRequest, flags: u16) -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    each_answer(SockDiagMessage::InetRequest(request), flags, |answer| {
        if let SockDiagMessage::InetResponse(response) = answer {
            rows.push(row(&response));
        }
    })?;
    Ok(rows)
}

/// The memory that the kernel keeps for what is on its way between those sockets of this network whose inodes are `theirs`: of each,
/// what it has received and not given yet, what it has sent and nobody has taken, and what it holds ready. Of a UNIX socket, as much
/// as it may send.
pub(super) fn socket_memory(theirs: impl Fn(u32) -> bool) -> io::Result<u64> {
    let mut sum = 0;
    let mut add = |parts: [u32; 4]| sum += parts.into_iter().map(u64::from).sum::<u64>();
    for family in [AF_INET, AF_INET6] {
        for protocol in [IPPROTO_TCP, IPPROTO_UDP] {
            let id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
            let extensions = ExtensionFlags::SKMEMINFO;
            let request = InetRequest { extensions, ..request(family, protocol, StateFlags::all(), id) };
            each_answer(SockDiagMessage::InetRequest(request), NLM_F_REQUEST | NLM_F_DUMP, |answer| {
                if let SockDiagMessage::InetResponse(response) = answer
                    && theirs(response.header.inode)
                {
                    response.nlas.iter().for_each(|nla| {
                        if let inet::nlas::Nla::MemInfo(info) = nla {
                            add([info.receive_queue, info.send_queue, info.bottom_send_queues, info.cache]);
                        }
                    });
                }
            })?;
        }
    }
    let request = UnixRequest {
        state_flags: unix::StateFlags::from_bits_retain(u32::MAX),
        inode: 0,
        show_flags: ShowFlags::MEMINFO,
        cookie: [0xFF; 8],
    };
    each_answer(SockDiagMessage::UnixRequest(request), NLM_F_REQUEST | NLM_F_DUMP, |answer| {
        if let SockDiagMessage::UnixResponse(response) = answer
            && theirs(response.header.inode)
        {
            response.nlas.iter().for_each(|nla| {
                if let unix::nlas::Nla::MemInfo(info) = nla {
                    add([info.max_datagram_size, 0, 0, 0]);
                }
            });
        }
    })?;
    Ok(sum)
}

fn each_answer(
    request: SockDiagMessage,
    flags: u16,
    mut each: impl FnMut(SockDiagMessage),
) -> io::Result<()> {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    let mut message = NetlinkMessage::new(header, request.into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    // It is put back when the answer has been read to its end: after an error the rest would be taken for the next one.
    let socket = SOCKET.take().map_or_else(open, Ok)?;
    socket.send(&bytes, 0)?;

    let mut answer = Vec::with_capacity(MOST_AT_ONCE);
    loop {
        answer.clear();
        socket.recv(&mut answer, 0)?;
        let mut rest = &answer[..];
        while !rest.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest).map_err(io::Error::other)?;
            let length = message.header.length as usize;
            let last = match message.payload {
                NetlinkPayload::InnerMessage(told) => {
                    each(told);
                    flags & NLM_F_DUMP == 0
                }
                NetlinkPayload::Done(done) if done.code < 0 => {
                    return Err(io::Error::from_raw_os_error(-done.code));
                }
                NetlinkPayload::Done(_) => true,
                NetlinkPayload::Error(error) if error.raw_code() == -libc::ENOENT => true,
                NetlinkPayload::Error(error) => return Err(error.to_io()),
                other => return Err(io::Error::other(format!("no answer of sock_diag(7): {other:?}"))),
            };
            if last {
                SOCKET.set(Some(socket));
                return Ok(());
            }
            // Messages begin at multiples of four bytes: netlink(7).
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// The kernel gives at most so many bytes of an answer at once: `netlink_recvmsg`, net/netlink/af_netlink.c.
const MOST_AT_ONCE: usize = 32 << 10;

thread_local! {
    /// The socket over which a thread asks the kernel, which it does often. It belongs to the network in which it was opened: who
    /// enters another one does so before the first question.
    static SOCKET: Cell<Option<Socket>> = const { Cell::new(None) };
}

/// Opens a socket to the kernel's tables.
fn open() -> io::Result<Socket> {
    let socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

fn row(response: &InetResponse) -> Row {
    let header = &response.header;
    let id = &header.socket_id;
    Row {
        local: SocketAddrV4::new(v4(id.source_address), id.source_port),
        remote: SocketAddrV4::new(v4(id.destination_address), id.destination_port),
        unsent: header.send_queue,
        unread: header.recv_queue,
    }
}

fn v4(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => address.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    /// Do a lookup and the whole table find somebody who waits at this port of all addresses?
    fn found(transport: Transport, port: u16) -> [bool; 2] {
        let all = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
        let rows = waiting(transport).unwrap();
        [waits_at(transport, all).unwrap().is_some(), rows.iter().any(|row| row.local.port() == port)]
    }

    #[test]
    fn who_waits_at_all_addresses_is_looked_up_and_who_waits_at_one_is_in_the_table() {
        for (address, expected) in [("0.0.0.0:0", [true, true]), ("127.0.0.1:0", [false, true])] {
            let tcp = TcpListener::bind(address).unwrap();
            assert_eq!(found(Transport::Tcp, tcp.local_addr().unwrap().port()), expected, "TCP {address}");
            let udp = UdpSocket::bind(address).unwrap();
            assert_eq!(found(Transport::Udp, udp.local_addr().unwrap().port()), expected, "UDP {address}");
        }
    }

    #[test]
    fn who_has_a_peer_waits_for_nobody() {
        let [here, there] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        here.connect(there.local_addr().unwrap()).unwrap();
        assert_eq!(found(Transport::Udp, here.local_addr().unwrap().port()), [false, false]);
    }
}
