//! What the kernel says of processes and their sockets while all of them stand still.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike as _, SockaddrStorage, getpeername, getsockname, getsockopt,
    sockopt,
};
use procfs::ProcError;
use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::{FDTarget, Process};

use crate::network::with_copy;
use crate::recording::{Descriptor, Descriptors, Protocol, Socket, State};

/// A process whose descriptors are asked for.
pub(crate) struct Asked<'a> {
    /// Its id.
    pub pid: i32,
    /// [`pidfd_open`](crate::network::pidfd_open) of it; none if it has ended.
    pub pidfd: Option<&'a OwnedFd>,
}

/// A socket as far as it tells itself from others: a descriptor's inode, or both its addresses.
#[derive(Clone, Debug)]
struct Known {
    id: usize,
    inode: u64,
    protocol: Protocol,
    ends: (Option<SocketAddr>, Option<SocketAddr>),
}

/// Gives sockets their numbers, which they keep from step to step.
#[derive(Default)]
pub(crate) struct Kernel {
    known: Vec<Known>,
    last: usize,
}

impl Kernel {
    /// What the kernel says now of these processes, and of all sockets in the network of `network`, a process.
    pub(crate) fn state(&mut self, processes: &[Asked], network: i32) -> io::Result<State> {
        let mut held: BTreeMap<u64, Socket> = BTreeMap::new();
        let mut opened = Vec::new();
        for process in processes {
            opened.push(match process.pidfd {
                Some(pidfd) => descriptors(process.pid, pidfd, &mut held)?,
                None => Vec::new(),
            });
        }

        let before = std::mem::take(&mut self.known);
        let network = Process::new(network).map_err(io::Error::other)?;
        let mut entries = network.tcp().map_err(io::Error::other)?;
        match network.tcp6() {
            Err(ProcError::NotFound(_)) => {} // there may be no IPv6
            sockets => entries.extend(sockets.map_err(io::Error::other)?),
        }
        let rest: Vec<Socket> =
            entries.iter().filter(|entry| entry.inode == 0).map(without_descriptor).collect();
        let mut sockets = Vec::new();
        for (inode, mut socket) in held {
            // getpeername has no answer before a connection is there, and none after its end; the table still knows it.
            let was = before.iter().find(|known| known.inode == inode).map(|known| known.ends);
            if socket.state == "SYN_SENT" {
                socket.remote = entries
                    .iter()
                    .find(|entry| entry.inode == inode)
                    .map(|entry| plain(entry.remote_address));
            } else if socket.state == "CLOSED"
                && let Some((local, remote @ Some(_))) = was
                && rest
                    .iter()
                    .any(|rest| rest.state == "TIME_WAIT" && (rest.local, rest.remote) == (local, remote))
            {
                // Linux frees the socket and keeps a small one, TIME-WAIT, that no descriptor stands for: tcp_time_wait.
                (socket.state, socket.local, socket.remote) = ("TIME_WAIT".into(), local, remote);
            }
            let socket = self.numbered(socket, inode, &before);
            sockets.push(socket);
        }
        for mut socket in rest {
            let ends = (socket.local, socket.remote);
            if !sockets
                .iter()
                .any(|held| held.protocol == socket.protocol && (held.local, held.remote) == ends)
            {
                socket = self.numbered(socket, 0, &before);
                sockets.push(socket);
            }
        }
        sockets.sort_by_key(|socket| socket.id);

        let id_of = |inode: u64| self.known.iter().find(|known| known.inode == inode).map(|known| known.id);
        let processes = opened
            .into_iter()
            .map(|opened| Descriptors {
                descriptors: opened
                    .into_iter()
                    .map(|(fd, what, inode)| Descriptor { fd, what, socket: inode.and_then(id_of) })
                    .collect(),
            })
            .collect();
        Ok(State { processes, sockets })
    }

    /// With the number that it had before: by its inode, or, where one of the two has none, by its addresses.
    fn numbered(&mut self, socket: Socket, inode: u64, before: &[Known]) -> Socket {
        let (protocol, ends) = (socket.protocol, (socket.local, socket.remote));
        let by_inode = before.iter().find(|known| inode != 0 && known.inode == inode);
        let by_ends = || {
            before.iter().find(|known| {
                known.protocol == protocol
                    && known.ends == ends
                    && (known.inode == 0 || inode == 0)
                    && ends.1.is_some()
            })
        };
        let id = by_inode.or_else(by_ends).map_or_else(
            || {
                self.last += 1;
                self.last
            },
            |known| known.id,
        );
        self.known.push(Known { id, inode, protocol, ends });
        Socket { id, ..socket }
    }
}

/// A process's descriptors, each with the inode of its socket; the sockets themselves go to `sockets`.
fn descriptors(
    pid: i32,
    pidfd: &OwnedFd,
    sockets: &mut BTreeMap<u64, Socket>,
) -> io::Result<Vec<(i32, String, Option<u64>)>> {
    let mut table = Vec::new();
    let entries = match Process::new(pid).and_then(|process| process.fd()) {
        Ok(entries) => entries,
        Err(_) if ended(pid) => return Ok(table),
        Err(error) => {
            return Err(io::Error::other(format!(
                "a program shows nothing of its descriptors, maybe since its executable can't be read: {error}"
            )));
        }
    };
    for entry in entries {
        let Ok(entry) = entry else { continue }; // closed meanwhile: there is no such one while all stand still
        let (what, inode) = match entry.target {
            FDTarget::Socket(inode) => {
                if !sockets.contains_key(&inode)
                    // Of other families, some have no answer.
                    && let Ok(Some(socket)) = with_copy(pidfd, entry.fd, internet_socket)
                {
                    sockets.insert(inode, socket);
                }
                ("socket".into(), Some(inode).filter(|inode| sockets.contains_key(inode)))
            }
            FDTarget::Pipe(_) if entry.fd == 0 => ("keyboard".into(), None),
            FDTarget::Pipe(_) => ("pipe".into(), None),
            FDTarget::Path(path) if path.starts_with("/dev/pts") => ("screen".into(), None),
            FDTarget::Path(path) => (path.display().to_string(), None),
            FDTarget::AnonInode(kind) => (kind, None),
            other => (format!("{other:?}"), None),
        };
        table.push((entry.fd, what, inode));
    }
    table.sort_by_key(|(fd, ..)| *fd);
    Ok(table)
}

/// Has it ended, though its parent, or the one who traces it, has not heard of that?
fn ended(pid: i32) -> bool {
    let stat = Process::new(pid).and_then(|process| process.stat());
    stat.map_or(true, |stat| matches!(stat.state, 'Z' | 'X'))
}

/// What the kernel says of the internet socket behind a descriptor; none if it is no such one.
fn internet_socket(fd: &OwnedFd) -> io::Result<Option<Socket>> {
    let local: SockaddrStorage = getsockname(fd.as_raw_fd())?;
    if !matches!(local.family(), Some(AddressFamily::Inet | AddressFamily::Inet6)) {
        return Ok(None);
    }
    let protocol = match getsockopt(fd, sockopt::SockType)? {
        SockType::Stream => Protocol::Tcp,
        SockType::Datagram => Protocol::Udp,
        _ => return Ok(None),
    };
    let local = address(&local).filter(|local| local.port() != 0 || !local.ip().is_unspecified());
    let remote = getpeername::<SockaddrStorage>(fd.as_raw_fd()).ok().as_ref().and_then(address);
    let mut socket = Socket {
        id: 0,
        protocol,
        local,
        remote,
        state: String::new(),
        recv_queue: 0,
        send_queue: 0,
        accept_queue: None,
        backlog: None,
    };
    if protocol == Protocol::Udp {
        socket.state = match (local, remote) {
            (_, Some(_)) => "connected",
            (Some(_), None) => "bound",
            (None, None) => "unbound",
        }
        .into();
        socket.recv_queue = queued(fd, libc::FIONREAD);
        return Ok(Some(socket));
    }
    let info = tcp_info(fd)?;
    socket.state = TcpState::from_u8(info.tcpi_state).map_or("", |of| state(&of)).into();
    if socket.state == "LISTEN" {
        // tcp(7) doesn't say so, but the kernel's tcp_get_info does: of a listening socket these two are its queue.
        socket.accept_queue = Some(info.tcpi_unacked as usize);
        socket.backlog = Some(info.tcpi_sacked as usize);
    } else {
        socket.recv_queue = queued(fd, libc::FIONREAD);
        socket.send_queue = unsent(&socket.state, queued(fd, libc::TIOCOUTQ));
    }
    Ok(Some(socket))
}

/// A connection that no descriptor stands for.
fn without_descriptor(entry: &TcpNetEntry) -> Socket {
    let state = state(&entry.state);
    Socket {
        id: 0,
        protocol: Protocol::Tcp,
        local: Some(plain(entry.local_address)),
        remote: Some(plain(entry.remote_address)),
        state: state.into(),
        // A FIN counts one there: one that has come, in CLOSE_WAIT; after close nobody reads.
        recv_queue: (entry.rx_queue as usize).saturating_sub(usize::from(state == "CLOSE_WAIT")),
        send_queue: unsent(state, entry.tx_queue as usize),
        accept_queue: None,
        backlog: None,
    }
}

/// The bytes in a send queue of which the kernel says this: it counts a FIN as one, and does not clear it at the end.
fn unsent(state: &str, queue: usize) -> usize {
    match state {
        "FIN_WAIT1" | "CLOSING" | "LAST_ACK" => queue.saturating_sub(1),
        "CLOSED" => 0,
        _ => queue,
    }
}

/// How many requests for a connection have been dropped in a network until now.
pub(crate) fn dropped(network: i32) -> io::Result<u64> {
    // Two lines a group: the names, and under them the numbers.
    let text = fs::read_to_string(format!("/proc/{network}/net/netstat"))?;
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, numbers) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let found = names.split(' ').zip(numbers.split(' ')).find(|(name, _)| *name == "ListenDrops");
    found.and_then(|(_, number)| number.parse().ok()).ok_or_else(|| io::Error::other("no ListenDrops"))
}

/// The names that netstat(8) gives the states of RFC 9293.
fn state(state: &TcpState) -> &'static str {
    match state {
        TcpState::Established => "ESTABLISHED",
        TcpState::SynSent => "SYN_SENT",
        TcpState::SynRecv | TcpState::NewSynRecv => "SYN_RECV",
        TcpState::FinWait1 => "FIN_WAIT1",
        TcpState::FinWait2 => "FIN_WAIT2",
        TcpState::TimeWait => "TIME_WAIT",
        TcpState::Close => "CLOSED",
        TcpState::CloseWait => "CLOSE_WAIT",
        TcpState::LastAck => "LAST_ACK",
        TcpState::Listen => "LISTEN",
        TcpState::Closing => "CLOSING",
    }
}

fn address(addr: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = addr.as_sockaddr_in().map(|addr| SocketAddr::from((addr.ip(), addr.port())));
    v4.or_else(|| addr.as_sockaddr_in6().map(|addr| plain(SocketAddr::from((addr.ip(), addr.port())))))
}

/// An IPv4 address as such where a socket of IPv6 has it.
fn plain(addr: SocketAddr) -> SocketAddr {
    SocketAddr::from((addr.ip().to_canonical(), addr.port()))
}

/// Bytes in one of a socket's queues: tcp(7), udp(7). 0 where the kernel has no answer.
fn queued(fd: &OwnedFd, request: libc::c_ulong) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: both requests write one int.
    let asked = unsafe { libc::ioctl(fd.as_raw_fd(), request as _, &raw mut bytes) };
    if asked < 0 { 0 } else { usize::try_from(bytes).unwrap_or(0) }
}

fn tcp_info(fd: &OwnedFd) -> io::Result<libc::tcp_info> {
    // SAFETY: plain integers; all zeros is a valid value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut size = size_of_val(&info) as libc::socklen_t;
    // SAFETY: size says how much room there is in info.
    let asked = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut size,
        )
    };
    Errno::result(asked)?;
    Ok(info)
}
