//! A private network for one recording: its own loopback, on which every packet is captured, and which stands still when
//! nobody runs.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, IntoRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{Icmpv4Type, Icmpv6Type, LaxSlicedPacket, NetSlice, SlicedPacket, TransportSlice, icmpv6};
use labkit::{Running, while_none_starts};
use nix::errno::Errno;
use nix::sched::{CloneFlags, CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity, setns};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn, bind, connect, recv, recvmsg, send, setsockopt, sockopt,
};
use nix::sys::time::{TimeSpec, TimeVal};
use nix::unistd::Pid;

use crate::decode::escape;
use crate::recording::{Protocol, Segment};

/// The protocol of the network's own marks, above IP: RFC 3692 keeps it for experiments, and it has no ports that a program might
/// want.
const MARKS: libc::c_int = 253;
/// A mark that is so many seconds on its way is lost.
const LONGEST: i64 = 10;

/// Makes the network the child of another one, which says how large its table of TCP connections is: `tcp_child_ehash_entries`, ip-sysctl
/// in the kernel's documentation. Otherwise, and before Linux 6.1, all networks share one that grows with the machine's memory, and to
/// look through it takes longer than all else that a step is. Half as many connections may be in TIME-WAIT.
const SMALL_TABLE: &str = "\
(echo 4096 >/proc/sys/net/ipv4/tcp_child_ehash_entries) 2>/dev/null || :
exec unshare --net sh -ec \"$0\"";

/// Loopback as everybody has it. Data is acknowledged at once and never by a timer, so that every run sends the same segments.
const SET_UP: &str = "\
ip -batch - <<EOF
link set lo up
route replace table local local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 quickack 1
route replace table local local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 quickack 1
EOF
ip -6 route replace table local local ::1 dev lo proto kernel metric 0 quickack 1 2>/dev/null || :
echo ready
exec cat";

/// A private network. It is gone when this is.
pub(crate) struct Network {
    holder: Running,
    namespaces: OwnedFd,
    packets: OwnedFd,
    marks: OwnedFd,
    cpus: CpuSet,
    /// Where a packet is read into.
    packet: Vec<u8>,
}

impl Network {
    /// Makes one, and keeps this thread, and what it starts from now on, on one processor.
    pub(crate) fn new() -> io::Result<Self> {
        let mut unshare = Command::new("unshare");
        let path = std::env::var("PATH").unwrap_or_default();
        unshare.args(["--user", "--map-root-user", "--net", "sh", "-ec", SMALL_TABLE, SET_UP]);
        unshare.env("PATH", format!("{path}:/usr/sbin:/sbin")).env("LC_ALL", "C");
        let holder = Running::start(&mut unshare)?;
        if holder.wait_stdout("ready").is_err() {
            let said = holder.finish()?.stderr_text();
            return Err(io::Error::other(format!(
                "no private network can be made here: {}. `scripts/lab --try` says what this machine refuses",
                said.trim_end()
            )));
        }
        let namespaces = pidfd_open(Pid::from_raw(holder.pid()))?;
        let [packets, marks] = Opener::start(&namespaces)?.sockets()?;
        let cpus = sched_getaffinity(Pid::from_raw(0))?;
        let mut one = CpuSet::new();
        one.set(sched_getcpu()?)?;
        sched_setaffinity(Pid::from_raw(0), &one)?;
        Ok(Network { holder, namespaces, packets, marks, cpus, packet: vec![0; 1 << 17] })
    }

    /// Makes a command start in it.
    pub(crate) fn enter(&self, command: &mut Command) {
        let namespaces = self.namespaces.as_raw_fd();
        // SAFETY: between fork and exec only bare system calls are made; the descriptor is open as long as self is.
        unsafe {
            command.pre_exec(move || {
                labkit::inherit_nothing();
                join(namespaces)
            })
        };
    }

    /// A process in it, whose `/proc/PID/net` is the network's.
    pub(crate) fn pid(&self) -> i32 {
        self.holder.pid()
    }

    /// Waits until all that has been sent has arrived, and gives it. A mark of our own goes the same way behind it: when it is
    /// back, all before it has been dealt with; and again, until nothing came before the mark.
    pub(crate) fn settle(&mut self) -> io::Result<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            send(self.marks.as_raw_fd(), b"mark", MsgFlags::empty()).map_err(silent)?;
            retry(|| recv(self.marks.as_raw_fd(), &mut [0; 64], MsgFlags::empty())).map_err(silent)?;
            let before = segments.len();
            while let Some((n, time)) = captured(&self.packets, &mut self.packet)? {
                let packet = &self.packet[..n];
                segments.extend(parse(packet).map(|found| Segment {
                    packet: packet.to_vec(),
                    time,
                    ..found
                }));
            }
            if segments.len() == before {
                return match missed(&self.packets)? {
                    0 => Ok(segments),
                    n => Err(io::Error::other(format!(
                        "{n} segments were too many for the capture: send less in one call"
                    ))),
                };
            }
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // An error means that the thread stays where it is.
        let _ = sched_setaffinity(Pid::from_raw(0), &self.cpus);
    }
}

/// Enters the user and network namespaces of a process.
fn join(namespaces: RawFd) -> io::Result<()> {
    // SAFETY: the descriptor is open as long as the network is there.
    let namespaces = unsafe { std::os::fd::BorrowedFd::borrow_raw(namespaces) };
    Ok(setns(namespaces, CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?)
}

/// A process that opens sockets in the network and does nothing else. They are fetched from it, since nobody enters a user
/// namespace who has several threads.
struct Opener(Child);

/// Where the opener has them, which prints nothing.
const PACKETS: RawFd = libc::STDOUT_FILENO;
const MARKED: RawFd = libc::STDERR_FILENO;

impl Opener {
    fn start(namespaces: &OwnedFd) -> io::Result<Self> {
        let namespaces = namespaces.as_raw_fd();
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec only bare system calls are made.
        unsafe {
            cat.pre_exec(move || {
                join(namespaces)?;
                keep(&packet_socket()?, PACKETS)?;
                keep(&mark_socket()?, MARKED)
            })
        };
        Ok(Opener(while_none_starts(|| cat.spawn())?))
    }

    fn sockets(&mut self) -> io::Result<[OwnedFd; 2]> {
        let process = pidfd_open(Pid::from_raw(self.0.id().cast_signed()))?;
        Ok([pidfd_getfd(&process, PACKETS)?, pidfd_getfd(&process, MARKED)?])
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        while_none_starts(|| drop(self.0.stdin.take())); // the end of cat's input, and of cat
        let _ = self.0.wait();
    }
}

/// Leaves a descriptor to the program that comes, as its stdout or stderr.
fn keep(fd: &OwnedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: nobody in this process uses either any more.
    let _ = unsafe { nix::unistd::dup2_raw(fd, number)? }.into_raw_fd();
    Ok(())
}

/// Captures what arrives, from the IP header on.
fn packet_socket() -> io::Result<OwnedFd> {
    let protocol = i32::from((libc::ETH_P_ALL as u16).to_be());
    // SAFETY: three numbers.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_DGRAM, protocol) };
    Errno::result(fd)?;
    // SAFETY: socket has just opened it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let on: libc::c_int = 1;
    // SAFETY: the option is an int, and its size is given.
    let set = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_IGNORE_OUTGOING,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    Errno::result(set)?;
    setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
    // Room for what a step sends. The kernel gives what it gives: what didn't fit is missed in `settle`.
    setsockopt(&fd, sockopt::RcvBuf, &(64 << 20))?;
    Ok(fd)
}

/// How many packets did not fit into the socket since this was last asked: packet(7).
fn missed(packets: &OwnedFd) -> io::Result<u32> {
    let mut statistics = [0_u32; 2]; // tp_packets, tp_drops
    let mut size = size_of_val(&statistics) as libc::socklen_t;
    // SAFETY: size says how much room there is.
    let asked = unsafe {
        libc::getsockopt(
            packets.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            statistics.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    Errno::result(asked)?;
    Ok(statistics[1])
}

/// Talks to itself.
fn mark_socket() -> io::Result<OwnedFd> {
    // SAFETY: three numbers.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, MARKS) };
    Errno::result(fd)?;
    // SAFETY: socket has just opened it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let addr = SockaddrIn::new(127, 0, 0, 1, 0);
    bind(fd.as_raw_fd(), &addr)?;
    connect(fd.as_raw_fd(), &addr)?;
    setsockopt(&fd, sockopt::ReceiveTimeout, &TimeVal::new(LONGEST, 0))?;
    Ok(fd)
}

/// The mark does not come back. In their network the programs are root, and may take its loopback down.
fn silent(errno: Errno) -> io::Error {
    io::Error::other(format!("the private network doesn't work any more: {}", errno.desc()))
}

/// The next packet of those that have been captured: its length, and when it arrived. None if there is no more.
fn captured(packets: &OwnedFd, packet: &mut [u8]) -> io::Result<Option<(usize, Duration)>> {
    let mut parts = [IoSliceMut::new(packet)];
    let mut control = nix::cmsg_space!(TimeSpec);
    let fd = packets.as_raw_fd();
    match retry(|| {
        recvmsg::<()>(fd, &mut parts, Some(&mut control), MsgFlags::MSG_DONTWAIT).map(|of| {
            let time = of.cmsgs().ok().and_then(|mut all| {
                all.find_map(|one| match one {
                    ControlMessageOwned::ScmTimestampns(time) => Some(time.into()),
                    _ => None,
                })
            });
            (of.bytes, time.unwrap_or_default())
        })
    }) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// What a packet is; none if it is a mark of ours, or nothing that a program sends.
fn parse(packet: &[u8]) -> Option<Segment> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let (source, destination): (IpAddr, IpAddr) = match sliced.net.as_ref()? {
        NetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Arp(_) => return None,
    };
    let addr = |ip: IpAddr, port| SocketAddr::from((ip, port));
    match sliced.transport? {
        TransportSlice::Tcp(tcp) => {
            let (from, to) = (addr(source, tcp.source_port()), addr(destination, tcp.destination_port()));
            let flags = [
                (tcp.syn(), "SYN"),
                (tcp.fin(), "FIN"),
                (tcp.rst(), "RST"),
                (tcp.psh(), "PSH"),
                (tcp.ack(), "ACK"),
                (tcp.urg(), "URG"),
            ];
            let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
            Some(Segment {
                flags: flags.join(" "),
                seq: tcp.sequence_number(),
                ack: if tcp.ack() { tcp.acknowledgment_number() } else { 0 },
                ..blank(from, to, Protocol::Tcp, tcp.payload())
            })
        }
        TransportSlice::Udp(udp) => {
            let (from, to) = (addr(source, udp.source_port()), addr(destination, udp.destination_port()));
            Some(blank(from, to, Protocol::Udp, udp.payload()))
        }
        TransportSlice::Icmpv4(icmp) => {
            let flags = match icmp.icmp_type() {
                Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Port) => "port unreachable",
                Icmpv4Type::DestinationUnreachable(_) => "destination unreachable",
                _ => "ICMP",
            };
            Some(Segment { flags: flags.into(), ..icmp_of(icmp.payload(), source, destination) })
        }
        TransportSlice::Icmpv6(icmp) => {
            let flags = match icmp.icmp_type() {
                Icmpv6Type::DestinationUnreachable(icmpv6::DestUnreachableCode::Port) => "port unreachable",
                Icmpv6Type::DestinationUnreachable(_) => "destination unreachable",
                Icmpv6Type::EchoRequest(_) | Icmpv6Type::EchoReply(_) => "ICMP",
                _ => return None, // how neighbours find each other
            };
            Some(Segment { flags: flags.into(), ..icmp_of(icmp.payload(), source, destination) })
        }
        TransportSlice::Igmp(_) => None,
    }
}

/// A message of ICMP, which speaks of the datagram whose beginning it carries.
fn icmp_of(datagram: &[u8], source: IpAddr, destination: IpAddr) -> Segment {
    let of = LaxSlicedPacket::from_ip(datagram).ok();
    let ports = of.and_then(|of| match of.transport? {
        TransportSlice::Udp(udp) => Some((udp.destination_port(), udp.source_port())),
        _ => None,
    });
    let (here, there) = ports.unwrap_or_default();
    blank((source, here).into(), (destination, there).into(), Protocol::Icmp, &[])
}

/// A segment of which no more is known.
fn blank(from: SocketAddr, to: SocketAddr, protocol: Protocol, data: &[u8]) -> Segment {
    Segment {
        from,
        to,
        protocol,
        flags: String::new(),
        seq: 0,
        ack: 0,
        len: data.len(),
        data: escape(data),
        dropped: false,
        packet: Vec::new(),
        time: Duration::ZERO,
    }
}

/// A descriptor of a process, for the calls below.
pub(crate) fn pidfd_open(pid: Pid) -> io::Result<OwnedFd> {
    pidfd(pid, 0)
}

/// As [`pidfd_open`], for a thread that may outlive the first one of its process: Linux 6.9 has it.
pub(crate) fn pidfd_of_thread(tid: Pid) -> io::Result<OwnedFd> {
    pidfd(tid, libc::O_EXCL) // PIDFD_THREAD
}

fn pidfd(pid: Pid, flags: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: two numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), flags) };
    // SAFETY: pidfd_open has just opened it.
    Ok(unsafe { OwnedFd::from_raw_fd(Errno::result(fd)? as RawFd) })
}

/// Does something with a copy of another process's descriptor, and lets no program that is started meanwhile have it, too: the process
/// may close its own at once, and be the last that has it.
pub(crate) fn with_copy<T>(
    process: &OwnedFd,
    fd: RawFd,
    work: impl FnOnce(&OwnedFd) -> io::Result<T>,
) -> io::Result<T> {
    while_none_starts(|| work(&pidfd_getfd(process, fd)?))
}

/// A copy of another process's descriptor: pidfd_getfd(2).
pub(crate) fn pidfd_getfd(process: &OwnedFd, fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: three numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_fd().as_raw_fd(), fd, 0) };
    // SAFETY: pidfd_getfd has just opened it.
    Ok(unsafe { OwnedFd::from_raw_fd(Errno::result(fd)? as RawFd) })
}

/// Throws away whatever comes to a socket, or no longer: `SO_ATTACH_FILTER` with a filter that keeps 0 bytes, socket(7).
pub(crate) fn deafen(socket: &OwnedFd, deaf: bool) -> io::Result<()> {
    let mut keeps_nothing =
        libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: 0 };
    let filter = libc::sock_fprog { len: 1, filter: &raw mut keeps_nothing };
    let option = if deaf { libc::SO_ATTACH_FILTER } else { libc::SO_DETACH_FILTER };
    // SAFETY: the kernel copies the filter, which is there until it has returned.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const filter).cast(),
            size_of_val(&filter) as libc::socklen_t,
        )
    };
    Ok(Errno::result(done).map(drop)?)
}

fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
