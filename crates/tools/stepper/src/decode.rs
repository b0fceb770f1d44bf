//! Writes a system call as strace(1) does, from what ptrace(2) tells at its entry and its exit. A process can have only one
//! tracer, so whoever stops it at each call cannot ask strace.
//!
//! A call is a row of [`CALLS`]: what each of its arguments is. What the kernel fills in is [`Filled`] there, and read when the
//! call returns; all else is read at entry, before the kernel or another thread can change it.

use std::cell::Cell;
use std::mem::offset_of;
use std::net::{Ipv4Addr, Ipv6Addr};

use nix::errno::Errno;
use nix::sys::signal::Signal as Known;
use syscalls::Sysno;

use self::Kind::*;

/// A process's memory: as many bytes of `len` from `at` as can be read.
pub trait Memory {
    /// Reads them; fewer, or none, where they end.
    fn read(&self, at: u64, len: usize) -> Vec<u8>;
}

/// A call that has been entered.
#[derive(Clone, Debug)]
pub struct Entered {
    name: String,
    args: [u64; 6],
    /// Argument by argument: which of the registers, what it is, and its text, unless the kernel fills it in.
    known: Vec<(usize, Kind, Option<String>)>,
    /// The length that a buffer's owner said, where the kernel puts the length that it needed.
    length: Option<i32>,
}

impl Entered {
    /// Reads what is known at entry: `number` and `args` are those of `PTRACE_GET_SYSCALL_INFO`.
    pub fn new(number: u64, args: [u64; 6], memory: &impl Memory) -> Self {
        let known = usize::try_from(number).ok().and_then(Sysno::new);
        let name = known.map_or_else(|| format!("syscall_{number:#x}"), |known| known.name().into());
        let look = Look::new(args, memory);
        let kinds = kinds(&name, &args);
        let length = kinds.iter().find_map(|&(i, kind)| match kind {
            Filled(Length(_)) => look.number(args[i], 4),
            Filled(Message) => look.number(args[i].wrapping_add(8), 4),
            _ => None,
        });
        let text = |i: usize, kind: &Kind| (!kind.filled()).then(|| look.text(kind, args[i]));
        let known = kinds.into_iter().map(|(i, kind)| (i, kind, text(i, &kind))).collect();
        Entered { name, args, known, length: length.map(|length| length as i32) }
    }

    /// `accept`; `syscall_0x1c7` if it has no name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Argument `i` as the kernel gets it.
    #[must_use]
    pub fn arg(&self, i: usize) -> u64 {
        self.args[i]
    }

    /// The arguments while it has not returned, up to the first that the kernel fills in: `["3"]` of accept or read.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        self.known.iter().map_while(|(.., text)| text.clone()).collect()
    }

    /// All arguments once it has returned, and its result, which is a negative errno if it failed: `4`,
    /// `-1 EINTR (Interrupted system call)`, `? ERESTARTSYS (To be restarted if SA_RESTART is set)`. Only rt_sigreturn lacks
    /// what strace finds on the stack.
    #[must_use]
    pub fn finished(&self, memory: &impl Memory, result: i64) -> (Vec<String>, String) {
        let look = Look { result: Some(result), length: self.length, ..Look::new(self.args, memory) };
        let text = |(i, kind, text): &(usize, Kind, Option<String>)| {
            text.clone().unwrap_or_else(|| look.text(kind, self.args[*i]))
        };
        (self.known.iter().map(text).collect(), look.result_text(&self.name, result))
    }
}

/// What an argument, or a field that one points to, is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Numbers: of 32 bits, of 64, decimal if it is small, `0x…`, `NULL` or `0x…`, `0644`.
    Int,
    Uint,
    Long,
    Size,
    Raw,
    Hex,
    Ptr,
    Octal,
    /// Numbers with names: `SIGINT`, `AT_FDCWD`, `8192*1024`, one of a list, flags.
    Signal,
    Dir,
    Limit,
    One(&'static Names),
    Flags(&'static Names),
    /// One of a list in the bits of this mask, and flags in the others.
    Mixed(u64, &'static Names, &'static Names),
    /// The flags of clone, an operation on a futex.
    Clones,
    FutexOp,
    /// Those that depend on other arguments: of socket, setsockopt, fcntl, ioctl, epoll_ctl; a mode is there if that argument says
    /// `O_CREAT`.
    Protocol,
    OptName,
    SetOpt,
    GetOpt,
    Fcntl,
    Request,
    Ioctl,
    Event,
    Mode(usize),
    /// Pointers to strings: one with an end, as many bytes as that argument says, the same in hexadecimal, argv, envp.
    Path,
    Bytes(usize),
    Random,
    Strings,
    Environment,
    /// Pointers to structures. The number is that of the argument with its length or count.
    At(&'static Kind),
    Pair,
    Struct(Fields),
    Addr(usize),
    Length(usize),
    Vector(usize),
    Message,
    Messages(usize),
    Poll(usize),
    Events,
    Set,
    Cpus,
    SigSet,
    SigSetAndSize,
    Action,
    Stat,
    Status,
    SigInfo,
    Rest,
    Clone3,
    Terminal,
    /// The kernel fills it in; where it has failed, the pointer is shown.
    Filled(&'static Kind),
    /// `flags=…`
    Named(&'static str, &'static Kind),
}

impl Kind {
    fn filled(&self) -> bool {
        matches!(self, Filled(_) | Named(_, Filled(_)))
    }
}

/// A structure: of each field its name, where it begins, and how many bytes wide it is; those of width 0 are a structure or text
/// of their own. `...` stands for the rest.
type Fields = &'static [(&'static str, u64, usize, Kind)];

/// Values and their names, in the order in which strace writes flags; and what it says of one that has none.
#[derive(Debug)]
struct Names(&'static str, &'static [(u64, &'static str)]);

impl Names {
    fn of(&self, value: u64) -> Option<&'static str> {
        self.1.iter().find(|(known, _)| *known == value).map(|(_, name)| *name)
    }

    fn one(&self, value: u64) -> String {
        self.of(value).map_or_else(|| format!("{} /* {} */", hex(value), self.0), Into::into)
    }

    fn flags(&self, value: u64) -> String {
        let mut rest = value;
        let mut texts: Vec<String> = Vec::new();
        for &(flag, name) in self.1 {
            if rest & flag == flag && (flag != 0 || value == 0) {
                rest &= !flag;
                texts.push(name.into());
            }
        }
        match (rest, texts.is_empty()) {
            (0, true) => return "0".into(),
            (0, false) => {}
            (_, true) => return self.one(rest),
            (_, false) => texts.push(hex(rest)),
        }
        texts.join("|")
    }
}

/// [`Names`] of libc's constants; of those that libc lacks, or knows by another name, the value is said.
macro_rules! names {
    ($table:ident, $unknown:literal: $($name:ident $(($value:expr))?)*) => {
        static $table: Names = Names($unknown, &[$((names!(@ $name $($value)?) as u32 as u64, stringify!($name))),*]);
    };
    (@ $name:ident) => { libc::$name };
    (@ $name:ident $value:expr) => { $value };
}

names! { FAMILIES, "AF_???": AF_UNSPEC AF_UNIX AF_INET AF_BRIDGE AF_INET6 AF_KEY AF_NETLINK AF_PACKET AF_CAN AF_TIPC AF_BLUETOOTH
AF_ALG AF_VSOCK AF_XDP(44) }
names! { SOCKETS, "SOCK_???": SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_DCCP SOCK_PACKET(10) }
names! { SOCKET_FLAGS, "SOCK_???": SOCK_CLOEXEC SOCK_NONBLOCK }
names! { PROTOCOLS, "IPPROTO_???": IPPROTO_IP IPPROTO_ICMP IPPROTO_IGMP IPPROTO_IPIP IPPROTO_TCP IPPROTO_EGP IPPROTO_PUP IPPROTO_UDP
IPPROTO_IDP IPPROTO_TP IPPROTO_DCCP IPPROTO_IPV6 IPPROTO_RSVP IPPROTO_GRE IPPROTO_ESP IPPROTO_AH IPPROTO_ICMPV6 IPPROTO_MTP
IPPROTO_ENCAP IPPROTO_PIM IPPROTO_COMP IPPROTO_SCTP IPPROTO_UDPLITE IPPROTO_MPLS IPPROTO_RAW IPPROTO_MPTCP }
names! { NETLINKS, "NETLINK_???": NETLINK_ROUTE NETLINK_USERSOCK NETLINK_FIREWALL NETLINK_SOCK_DIAG NETLINK_NFLOG NETLINK_XFRM
NETLINK_SELINUX NETLINK_ISCSI NETLINK_AUDIT NETLINK_FIB_LOOKUP NETLINK_CONNECTOR NETLINK_NETFILTER NETLINK_KOBJECT_UEVENT
NETLINK_GENERIC NETLINK_CRYPTO }
names! { LEVELS, "SOL_??": SOL_IP SOL_SOCKET SOL_TCP SOL_UDP SOL_IPV6 SOL_ICMPV6 SOL_SCTP(132) SOL_UDPLITE(136) SOL_RAW SOL_PACKET SOL_NETLINK
SOL_ALG SOL_TLS }
names! { SO, "SO_???": SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF SO_KEEPALIVE SO_OOBINLINE
SO_NO_CHECK SO_PRIORITY SO_LINGER SO_BSDCOMPAT SO_REUSEPORT SO_PASSCRED SO_PEERCRED SO_RCVLOWAT SO_SNDLOWAT
SO_RCVTIMEO_OLD(20) SO_SNDTIMEO_OLD(21) SO_BINDTODEVICE SO_ATTACH_FILTER SO_DETACH_FILTER SO_PEERNAME SO_TIMESTAMP_OLD(29)
SO_ACCEPTCONN SO_PEERSEC SO_SNDBUFFORCE SO_RCVBUFFORCE SO_PASSSEC SO_TIMESTAMPNS_OLD(35) SO_MARK SO_TIMESTAMPING_OLD(37)
SO_PROTOCOL SO_DOMAIN SO_RXQ_OVFL SO_PEEK_OFF SO_LOCK_FILTER SO_BUSY_POLL SO_INCOMING_CPU SO_COOKIE(57) SO_ZEROCOPY
SO_BINDTOIFINDEX(62) }
names! { TCP, "TCP_???": TCP_NODELAY TCP_MAXSEG TCP_CORK TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_SYNCNT TCP_LINGER2 TCP_DEFER_ACCEPT
TCP_WINDOW_CLAMP TCP_INFO TCP_QUICKACK TCP_CONGESTION TCP_MD5SIG TCP_USER_TIMEOUT TCP_REPAIR TCP_FASTOPEN TCP_TIMESTAMP
TCP_NOTSENT_LOWAT TCP_CC_INFO TCP_FASTOPEN_CONNECT TCP_ULP TCP_INQ }
names! { IP, "IP_???": IP_TOS IP_TTL IP_HDRINCL IP_OPTIONS IP_RECVOPTS IP_PKTINFO IP_MTU_DISCOVER IP_RECVERR IP_RECVTTL IP_RECVTOS IP_MTU
IP_FREEBIND IP_TRANSPARENT IP_ORIGDSTADDR(20) IP_MINTTL IP_BIND_ADDRESS_NO_PORT IP_MULTICAST_IF IP_MULTICAST_TTL IP_MULTICAST_LOOP
IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP IP_MULTICAST_ALL }
names! { IPV6, "IPV6_???": IPV6_UNICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_ADD_MEMBERSHIP
IPV6_DROP_MEMBERSHIP IPV6_MTU_DISCOVER IPV6_MTU IPV6_RECVERR IPV6_V6ONLY IPV6_RECVPKTINFO IPV6_PKTINFO IPV6_RECVTCLASS IPV6_TCLASS }
names! { UDP, "UDP_???": UDP_CORK UDP_SEGMENT UDP_GRO }
names! { SCM, "SCM_???": SCM_RIGHTS SCM_CREDENTIALS }
names! { SHUT, "SHUT_???": SHUT_RD SHUT_WR SHUT_RDWR }
names! { MSG, "MSG_???": MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_CTRUNC MSG_PROBE(0x10) MSG_TRUNC MSG_DONTWAIT MSG_EOR MSG_WAITALL MSG_FIN
MSG_SYN MSG_CONFIRM MSG_RST MSG_ERRQUEUE MSG_NOSIGNAL MSG_MORE MSG_WAITFORONE MSG_ZEROCOPY(0x400_0000) MSG_FASTOPEN
MSG_CMSG_CLOEXEC }
names! { ACCESSES, "O_???": O_RDONLY O_WRONLY O_RDWR O_ACCMODE }
names! { OPENS, "O_???": O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_SYNC O_DSYNC O_DIRECT O_LARGEFILE(LARGEFILE) O_NOFOLLOW
O_NOATIME O_CLOEXEC O_PATH O_TMPFILE O_DIRECTORY FASYNC(libc::O_ASYNC) }
names! { FD, "FD_???": FD_CLOEXEC }
names! { FCNTLS, "F_???": F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN F_SETSIG(10) F_GETSIG(11)
F_SETLEASE F_GETLEASE F_NOTIFY F_DUPFD_CLOEXEC F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS }
names! { LOCKS, "F_???": F_RDLCK F_WRLCK F_UNLCK }
names! { SEEKS, "SEEK_???": SEEK_SET SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE }
names! { FORMS, "S_IF???": S_IFSOCK S_IFLNK S_IFREG S_IFBLK S_IFDIR S_IFCHR S_IFIFO }
names! { BITS, "": S_ISUID S_ISGID S_ISVTX }
names! { ATS, "AT_???": AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_RECURSIVE }
names! { OKS, "?_OK": F_OK R_OK W_OK X_OK }
names! { REQUESTS, "": TCGETS TCSBRK TIOCSCTTY TIOCGPGRP TIOCSPGRP TIOCOUTQ TIOCGWINSZ TIOCSWINSZ
FIONREAD FIONBIO TIOCNOTTY TIOCGSID(0x5429) TIOCGPTPEER(0x5441) TIOCGPTN(0x8004_5430) TIOCSPTLCK(0x4004_5431) FIONCLEX FIOCLEX
FIOASYNC SIOCATMARK(0x8905) SIOCGIFCONF(0x8912) SIOCGIFFLAGS(0x8913) SIOCGIFADDR(0x8915) SIOCGIFINDEX(0x8933) SIOCETHTOOL(0x8946) }
names! { POLLS, "POLL???": POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLMSG(0x400)
POLLREMOVE(0x1000) POLLRDHUP POLL_BUSY_LOOP(0x8000) }
names! { EPOLLS, "EPOLL???": EPOLLIN EPOLLPRI EPOLLOUT EPOLLERR EPOLLHUP EPOLLRDNORM EPOLLRDBAND EPOLLWRNORM EPOLLWRBAND EPOLLMSG
EPOLLRDHUP EPOLLEXCLUSIVE EPOLLWAKEUP EPOLLONESHOT EPOLLET }
names! { EPOLL_CTL, "EPOLL_CTL_???": EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD }
names! { EPOLL_FLAGS, "EPOLL_???": EPOLL_CLOEXEC }
names! { EFD, "EFD_???": EFD_SEMAPHORE EFD_CLOEXEC EFD_NONBLOCK }
names! { MASKS, "SIG_???": SIG_BLOCK SIG_UNBLOCK SIG_SETMASK }
names! { SA, "SA_???": SA_RESTORER(RESTORER) SA_ONSTACK SA_RESTART SA_NODEFER SA_RESETHAND SA_SIGINFO SA_NOCLDSTOP SA_NOCLDWAIT }
names! { SS, "SS_???": SS_ONSTACK SS_DISABLE }
names! { CLONES, "CLONE_???": CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_PIDFD CLONE_PTRACE CLONE_VFORK CLONE_PARENT CLONE_THREAD
CLONE_NEWNS CLONE_SYSVSEM CLONE_SETTLS CLONE_PARENT_SETTID CLONE_CHILD_CLEARTID CLONE_UNTRACED CLONE_CHILD_SETTID
CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET CLONE_IO }
names! { WAITS, "W???": WNOHANG WEXITED WSTOPPED WCONTINUED WNOWAIT __WCLONE __WALL __WNOTHREAD }
names! { IDS, "P_???": P_ALL P_PID P_PGID P_PIDFD }
names! { CLDS, "CLD_???": CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED CLD_STOPPED CLD_CONTINUED }
names! { CLOCKS, "CLOCK_???": CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID CLOCK_THREAD_CPUTIME_ID CLOCK_MONOTONIC_RAW
CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE CLOCK_BOOTTIME CLOCK_REALTIME_ALARM CLOCK_BOOTTIME_ALARM CLOCK_TAI }
names! { ABSTIME, "TIMER_???": TIMER_ABSTIME }
names! { ITIMERS, "ITIMER_???": ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF }
names! { RLIMITS, "RLIMIT_???": RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_RSS RLIMIT_NPROC RLIMIT_NOFILE
RLIMIT_MEMLOCK RLIMIT_AS RLIMIT_LOCKS RLIMIT_SIGPENDING RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME }
names! { PROTS, "PROT_???": PROT_NONE PROT_READ PROT_WRITE PROT_EXEC PROT_GROWSDOWN PROT_GROWSUP }
names! { MAPS, "MAP_???": MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE }
names! { MAP_FLAGS, "MAP_???": MAP_FIXED MAP_ANONYMOUS MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_GROWSDOWN MAP_DENYWRITE
MAP_EXECUTABLE MAP_LOCKED MAP_STACK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE }
names! { ADVICE, "MADV_???": MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_REMOVE MADV_DONTFORK
MADV_DOFORK MADV_MERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP }
names! { FUTEXES, "FUTEX_???": FUTEX_WAIT FUTEX_WAKE FUTEX_FD FUTEX_REQUEUE FUTEX_CMP_REQUEUE FUTEX_WAKE_OP FUTEX_LOCK_PI FUTEX_UNLOCK_PI
FUTEX_TRYLOCK_PI FUTEX_WAIT_BITSET FUTEX_WAKE_BITSET FUTEX_WAIT_REQUEUE_PI FUTEX_CMP_REQUEUE_PI FUTEX_LOCK_PI2(13) }
names! { MATCH_ANY, "FUTEX_???": FUTEX_BITSET_MATCH_ANY(u32::MAX) }
names! { GRND, "GRND_???": GRND_NONBLOCK GRND_RANDOM GRND_INSECURE }
names! { ARCHES, "ARCH_???": ARCH_SET_GS(0x1001) ARCH_SET_FS(0x1002) ARCH_GET_FS(0x1003) ARCH_GET_GS(0x1004) }
names! { IFLAGS, "": IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IUCLC IXON IXANY IXOFF IMAXBEL IUTF8 }
names! { OFLAGS, "": OPOST OLCUC ONLCR OCRNL ONOCR ONLRET OFILL OFDEL }
names! { SPEEDS, "B???": B0 B9600 B19200 B38400 B57600 B115200 }
names! { CFLAGS, "": CSTOPB CREAD PARENB PARODD HUPCL CLOCAL CMSPAR CRTSCTS }
names! { LFLAGS, "": ISIG ICANON ECHO ECHOE ECHOK ECHONL NOFLSH IEXTEN ECHOCTL ECHOPRT ECHOKE FLUSHO PENDIN TOSTOP EXTPROC }

/// What the kernel calls O_LARGEFILE, and libc 0; and SA_RESTORER, which libc keeps to itself.
const LARGEFILE: i32 = if cfg!(target_arch = "aarch64") { 0o400_000 } else { 0o100_000 };
const RESTORER: i32 = 0x0400_0000;

/// The options of SOL_SOCKET that are numbers.
const SO_NUMBERS: &[i32] = &[
    libc::SO_DEBUG,
    libc::SO_REUSEADDR,
    libc::SO_TYPE,
    libc::SO_ERROR,
    libc::SO_DONTROUTE,
    libc::SO_BROADCAST,
    libc::SO_SNDBUF,
    libc::SO_RCVBUF,
    libc::SO_KEEPALIVE,
    libc::SO_OOBINLINE,
    libc::SO_PRIORITY,
    libc::SO_REUSEPORT,
    libc::SO_RCVLOWAT,
    libc::SO_SNDLOWAT,
    libc::SO_ACCEPTCONN,
    libc::SO_PROTOCOL,
    libc::SO_DOMAIN,
];

const SOCKET_TYPE: Kind = Mixed(15, &SOCKETS, &SOCKET_FLAGS);
const OPEN: Kind = Mixed(3, &ACCESSES, &OPENS);
const TIMESPEC: Fields = &[("tv_sec", 0, 8, Long), ("tv_nsec", 8, 8, Size)];
const TIMEVAL: Fields = &[("tv_sec", 0, 8, Long), ("tv_usec", 8, 8, Size)];
const ITIMERVAL: Fields = &[("it_interval", 0, 0, Struct(TIMEVAL)), ("it_value", 16, 0, Struct(TIMEVAL))];
const RLIMIT: Fields = &[("rlim_cur", 0, 8, Limit), ("rlim_max", 8, 8, Limit)];
const RUSAGE: Fields =
    &[("ru_utime", 0, 0, Struct(TIMEVAL)), ("ru_stime", 16, 0, Struct(TIMEVAL)), ("...", 0, 0, Int)];
const UTSNAME: Fields = &[("sysname", 0, 0, Path), ("nodename", 65, 0, Path), ("...", 0, 0, Int)];
const LINGER: Fields = &[("l_onoff", 0, 4, Int), ("l_linger", 4, 4, Int)];
const UCRED: Fields = &[("pid", 0, 4, Int), ("uid", 4, 4, Int), ("gid", 8, 4, Int)];
const FLOCK: Fields = FOUND.split_at(4).0;
const FOUND: Fields = &[
    ("l_type", 0, 2, One(&LOCKS)),
    ("l_whence", 2, 2, One(&SEEKS)),
    ("l_start", 8, 8, Long),
    ("l_len", 16, 8, Long),
    ("l_pid", 24, 4, Int),
];
const WINSIZE: Fields =
    &[("ws_row", 0, 2, Uint), ("ws_col", 2, 2, Uint), ("ws_xpixel", 4, 2, Uint), ("ws_ypixel", 6, 2, Uint)];
const STACK: Fields = &[("ss_sp", 0, 8, Ptr), ("ss_flags", 8, 4, Flags(&SS)), ("ss_size", 16, 8, Size)];
const POLLFD: Fields = &[("fd", 0, 4, Int), ("events", 4, 2, Flags(&POLLS))];
const POLLED: Fields = &[("fd", 0, 4, Int), ("revents", 6, 2, Flags(&POLLS))];
const EPOLL_DATA: Fields = &[("u32", 0, 4, Uint), ("u64", 0, 8, Size)];
const EPOLL_EVENT: Fields = &[
    ("events", 0, 4, Flags(&EPOLLS)),
    ("data", offset_of!(libc::epoll_event, u64) as u64, 0, Struct(EPOLL_DATA)),
];

/// What the arguments of each call are.
const CALLS: &[(&str, &[Kind])] = &[
    ("socket", &[One(&FAMILIES), SOCKET_TYPE, Protocol]),
    ("socketpair", &[One(&FAMILIES), SOCKET_TYPE, Uint, Filled(&Pair)]),
    ("bind", &[Int, Addr(2), Int]),
    ("connect", &[Int, Addr(2), Int]),
    ("listen", &[Int, Int]),
    ("accept", &[Int, Filled(&Addr(2)), Filled(&Length(1))]),
    ("accept4", &[Int, Filled(&Addr(2)), Filled(&Length(1)), Flags(&SOCKET_FLAGS)]),
    ("getsockname", &[Int, Filled(&Addr(2)), Filled(&Length(1))]),
    ("getpeername", &[Int, Filled(&Addr(2)), Filled(&Length(1))]),
    ("setsockopt", &[Int, One(&LEVELS), OptName, SetOpt, Int]),
    ("getsockopt", &[Int, One(&LEVELS), OptName, Filled(&GetOpt), Filled(&Length(4))]),
    ("shutdown", &[Int, One(&SHUT)]),
    ("read", &[Int, Filled(&Bytes(2)), Size]),
    ("write", &[Int, Bytes(2), Size]),
    ("pread64", &[Int, Filled(&Bytes(2)), Size, Long]),
    ("pwrite64", &[Int, Bytes(2), Size, Long]),
    ("readv", &[Int, Filled(&Vector(2)), Size]),
    ("writev", &[Int, Vector(2), Size]),
    ("recvfrom", &[Int, Filled(&Bytes(2)), Size, Flags(&MSG), Filled(&Addr(5)), Filled(&Length(4))]),
    ("sendto", &[Int, Bytes(2), Size, Flags(&MSG), Addr(5), Int]),
    ("recvmsg", &[Int, Filled(&Message), Flags(&MSG)]),
    ("sendmsg", &[Int, Message, Flags(&MSG)]),
    ("sendmmsg", &[Int, Filled(&Messages(2)), Uint, Flags(&MSG)]),
    ("close", &[Int]),
    ("dup", &[Int]),
    ("dup2", &[Int, Int]),
    ("dup3", &[Int, Int, Flags(&OPENS)]),
    ("fcntl", &[Int, One(&FCNTLS), Fcntl]),
    ("ioctl", &[Int, Request, Ioctl]),
    ("pipe", &[Filled(&Pair)]),
    ("pipe2", &[Filled(&Pair), Flags(&OPENS)]),
    ("poll", &[Poll(1), Uint, Int]),
    ("ppoll", &[Poll(1), Uint, Struct(TIMESPEC), SigSet, Size]),
    ("select", &[Int, Set, Set, Set, Struct(TIMEVAL)]),
    ("pselect6", &[Int, Set, Set, Set, Struct(TIMESPEC), SigSetAndSize]),
    ("epoll_create", &[Int]),
    ("epoll_create1", &[Flags(&EPOLL_FLAGS)]),
    ("epoll_ctl", &[Int, One(&EPOLL_CTL), Int, Event]),
    ("epoll_wait", &[Int, Filled(&Events), Int, Int]),
    ("epoll_pwait", &[Int, Filled(&Events), Int, Int, SigSet, Size]),
    ("eventfd2", &[Uint, Flags(&EFD)]),
    ("open", &[Path, OPEN, Mode(1)]),
    ("openat", &[Dir, Path, OPEN, Mode(2)]),
    ("newfstatat", &[Dir, Path, Filled(&Stat), Flags(&ATS)]),
    ("fstat", &[Int, Filled(&Stat)]),
    ("stat", &[Path, Filled(&Stat)]),
    ("lstat", &[Path, Filled(&Stat)]),
    ("statx", &[Dir, Path, Raw, Raw, Ptr]),
    ("access", &[Path, Flags(&OKS)]),
    ("faccessat", &[Dir, Path, Flags(&OKS)]),
    ("faccessat2", &[Dir, Path, Flags(&OKS), Flags(&ATS)]),
    ("readlink", &[Path, Filled(&Bytes(2)), Size]),
    ("readlinkat", &[Dir, Path, Filled(&Bytes(3)), Size]),
    ("chdir", &[Path]),
    ("unlink", &[Path]),
    ("unlinkat", &[Dir, Path, Flags(&ATS)]),
    ("mkdir", &[Path, Octal]),
    ("getcwd", &[Filled(&Path), Size]),
    ("lseek", &[Int, Long, One(&SEEKS)]),
    ("rt_sigaction", &[Signal, Action, Filled(&Action), Size]),
    ("rt_sigprocmask", &[One(&MASKS), SigSet, Filled(&SigSet), Size]),
    ("rt_sigsuspend", &[SigSet, Size]),
    ("rt_sigreturn", &[]),
    ("sigaltstack", &[Struct(STACK), Filled(&Struct(STACK))]),
    ("kill", &[Int, Signal]),
    ("tkill", &[Int, Signal]),
    ("tgkill", &[Int, Int, Signal]),
    ("pause", &[]),
    ("fork", &[]),
    ("vfork", &[]),
    ("clone3", &[Filled(&Clone3), Size]),
    ("execve", &[Path, Strings, Environment]),
    ("exit", &[Int]),
    ("exit_group", &[Int]),
    ("wait4", &[Int, Filled(&Status), Flags(&WAITS), Filled(&Struct(RUSAGE))]),
    ("waitid", &[One(&IDS), Int, Filled(&SigInfo), Flags(&WAITS), Filled(&Struct(RUSAGE))]),
    ("getpid", &[]),
    ("getppid", &[]),
    ("gettid", &[]),
    ("getuid", &[]),
    ("geteuid", &[]),
    ("getgid", &[]),
    ("getegid", &[]),
    ("getpgrp", &[]),
    ("setsid", &[]),
    ("setpgid", &[Int, Int]),
    ("sched_yield", &[]),
    ("sched_getaffinity", &[Int, Size, Filled(&Cpus)]),
    ("nanosleep", &[Struct(TIMESPEC), Filled(&Rest)]),
    ("clock_nanosleep", &[One(&CLOCKS), Flags(&ABSTIME), Struct(TIMESPEC), Filled(&Rest)]),
    ("clock_gettime", &[One(&CLOCKS), Filled(&Struct(TIMESPEC))]),
    ("gettimeofday", &[Filled(&Struct(TIMEVAL)), Ptr]),
    ("alarm", &[Uint]),
    ("setitimer", &[One(&ITIMERS), Struct(ITIMERVAL), Filled(&Struct(ITIMERVAL))]),
    ("getitimer", &[One(&ITIMERS), Filled(&Struct(ITIMERVAL))]),
    ("getrlimit", &[One(&RLIMITS), Filled(&Struct(RLIMIT))]),
    ("setrlimit", &[One(&RLIMITS), Struct(RLIMIT)]),
    ("prlimit64", &[Int, One(&RLIMITS), Struct(RLIMIT), Filled(&Struct(RLIMIT))]),
    ("brk", &[Ptr]),
    ("mmap", &[Ptr, Size, Flags(&PROTS), Mixed(15, &MAPS, &MAP_FLAGS), Int, Hex]),
    ("munmap", &[Ptr, Size]),
    ("mprotect", &[Ptr, Size, Flags(&PROTS)]),
    ("madvise", &[Ptr, Size, One(&ADVICE)]),
    ("mremap", &[Ptr, Size, Size, Raw, Ptr]),
    ("uname", &[Filled(&Struct(UTSNAME))]),
    ("getrandom", &[Filled(&Random), Size, Flags(&GRND)]),
    ("umask", &[Octal]),
    ("arch_prctl", &[One(&ARCHES), Ptr]),
    ("set_tid_address", &[Ptr]),
    ("set_robust_list", &[Ptr, Size]),
    ("rseq", &[Ptr, Hex, Int, Hex]),
    ("prctl", &[Raw; 5]),
    ("getdents64", &[Int, Ptr, Size]),
    ("close_range", &[Uint, Uint, Raw]),
    ("sendfile", &[Int, Int, Ptr, Size]),
];

/// Of each argument that is shown: its register, and what it is. Six numbers of a call that nobody knows.
fn kinds(name: &str, args: &[u64; 6]) -> Vec<(usize, Kind)> {
    const VALUE: [(usize, Kind); 3] = [(0, Ptr), (1, FutexOp), (2, Uint)];
    let has = |flag: i32| args[0] & u64::from(flag.cast_unsigned()) != 0;
    match name {
        "futex" => match args[1] as i32 & 0x7F {
            libc::FUTEX_WAIT => [&VALUE[..], &[(3, Struct(TIMESPEC))]].concat(),
            libc::FUTEX_WAKE | libc::FUTEX_FD => VALUE.into(),
            libc::FUTEX_REQUEUE => [&VALUE[..], &[(3, Uint), (4, Ptr)]].concat(),
            libc::FUTEX_CMP_REQUEUE => [&VALUE[..], &[(3, Uint), (4, Ptr), (5, Uint)]].concat(),
            libc::FUTEX_WAIT_BITSET => [&VALUE[..], &[(3, Struct(TIMESPEC)), (5, One(&MATCH_ANY))]].concat(),
            libc::FUTEX_WAKE_BITSET => [&VALUE[..], &[(5, One(&MATCH_ANY))]].concat(),
            _ => [&VALUE[..], &[(3, Hex), (4, Hex), (5, Hex)]].concat(),
        },
        "clone" => {
            // Only x86-64 has the child's tid before its tls.
            let (child, tls) = if cfg!(target_arch = "x86_64") { (3, 4) } else { (4, 3) };
            let mut kinds = vec![(1, Named("child_stack", &Ptr)), (0, Named("flags", &Clones))];
            if has(libc::CLONE_PARENT_SETTID) {
                kinds.push((2, Named("parent_tid", &Filled(&At(&Int)))));
            }
            if has(libc::CLONE_SETTLS) {
                kinds.push((tls, Named("tls", &Ptr)));
            }
            if has(libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) {
                kinds.push((child, Named("child_tidptr", &Ptr)));
            }
            kinds
        }
        _ => match CALLS.iter().find(|(known, _)| *known == name) {
            Some((_, kinds)) => {
                kinds.iter().enumerate().filter_map(|(i, kind)| Some((i, resolved(*kind, args)?))).collect()
            }
            None if name.starts_with("syscall_") => (0..6).map(|i| (i, Hex)).collect(),
            None => (0..6).map(|i| (i, Raw)).collect(),
        },
    }
}

/// What an argument is in view of the others; none if the call doesn't have it then.
fn resolved(kind: Kind, args: &[u64; 6]) -> Option<Kind> {
    Some(match kind {
        Protocol => match args[0] as i32 {
            libc::AF_INET | libc::AF_INET6 => One(&PROTOCOLS),
            libc::AF_NETLINK => One(&NETLINKS),
            _ => Uint,
        },
        OptName => options(args[1]).map_or(Uint, One),
        Mode(flags) if args[flags] & libc::O_CREAT as u64 != 0 => Octal,
        Mode(flags) if args[flags] & libc::O_TMPFILE as u64 == libc::O_TMPFILE as u64 => Octal,
        Mode(_) => return None,
        Fcntl => match FCNTLS.of(u64::from(args[1] as u32)).unwrap_or_default() {
            "F_DUPFD" | "F_DUPFD_CLOEXEC" | "F_SETOWN" | "F_SETPIPE_SZ" => Int,
            "F_SETFD" => Flags(&FD),
            "F_SETFL" => OPEN,
            "F_SETSIG" => Signal,
            "F_SETLK" | "F_SETLKW" => Struct(FLOCK),
            "F_GETLK" => Filled(&Struct(FOUND)),
            name if name.starts_with("F_GET") => return None,
            _ => Hex,
        },
        Ioctl => match REQUESTS.of(u64::from(args[1] as u32)).unwrap_or_default() {
            "FIONREAD" | "TIOCOUTQ" | "TIOCGPGRP" | "TIOCGPTN" | "SIOCATMARK" => Filled(&At(&Int)),
            "FIONBIO" | "FIOASYNC" | "TIOCSPGRP" | "TIOCSPTLCK" => At(&Int),
            "TIOCGWINSZ" => Filled(&Struct(WINSIZE)),
            "TIOCSWINSZ" => Struct(WINSIZE),
            "TCGETS" => Filled(&Terminal),
            "FIOCLEX" | "FIONCLEX" | "TIOCNOTTY" => return None,
            _ => Hex,
        },
        Event if args[1] as i32 == libc::EPOLL_CTL_DEL => Ptr,
        Event => Struct(EPOLL_EVENT),
        other => other,
    })
}

/// The options of a level of setsockopt.
fn options(level: u64) -> Option<&'static Names> {
    match level as i32 {
        libc::SOL_SOCKET => Some(&SO),
        libc::SOL_TCP => Some(&TCP),
        libc::SOL_IP => Some(&IP),
        libc::SOL_IPV6 => Some(&IPV6),
        libc::SOL_UDP => Some(&UDP),
        _ => None,
    }
}

/// What is read of one string; twice as much is read for one call.
const MOST: usize = 1 << 20;

/// A look at a call: at entry, or with its result.
struct Look<'a> {
    args: [u64; 6],
    memory: &'a dyn Memory,
    result: Option<i64>,
    /// [`Entered::length`]
    length: Option<i32>,
    /// How many bytes may still be read: a pointer to garbage may stand for gigabytes.
    left: Cell<usize>,
}

impl<'a> Look<'a> {
    fn new(args: [u64; 6], memory: &'a dyn Memory) -> Self {
        Look { args, memory, result: None, length: None, left: Cell::new(2 * MOST) }
    }

    fn failed(&self) -> bool {
        self.result.is_some_and(|result| result < 0)
    }

    /// How many bytes, or entries, the kernel has filled in.
    fn got(&self) -> Option<usize> {
        self.result.and_then(|result| usize::try_from(result).ok())
    }

    /// All of these bytes, or none.
    fn bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        let left = self.left.get().checked_sub(len)?;
        let bytes = if len == 0 { Vec::new() } else { self.memory.read(at, len) };
        self.left.set(left);
        (bytes.len() == len).then_some(bytes)
    }

    fn number(&self, at: u64, width: usize) -> Option<u64> {
        let bytes = self.bytes(at, width)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The bytes up to the first zero, and whether there is one within [`MOST`].
    fn c_string(&self, at: u64) -> Option<(Vec<u8>, bool)> {
        for most in [256, 4096, MOST] {
            let mut bytes = self.memory.read(at, most.min(self.left.get()));
            if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
                bytes.truncate(end);
                self.left.set(self.left.get().saturating_sub(end));
                return Some((bytes, true));
            }
            if bytes.len() == MOST {
                self.left.set(self.left.get().saturating_sub(MOST));
                return Some((bytes, false));
            }
        }
        None
    }

    /// `NULL`, or the address where nothing can be read, or what `read` makes of it.
    fn pointed(&self, at: u64, read: impl FnOnce() -> Option<String>) -> String {
        if at == 0 { None } else { read() }.unwrap_or_else(|| pointer(at))
    }

    fn string(&self, at: u64, len: usize, write: fn(&[u8]) -> String) -> String {
        self.pointed(at, || {
            let bytes = self.bytes(at, len.min(MOST))?;
            Some(write(&bytes) + if len > MOST { "..." } else { "" })
        })
    }

    fn structure(&self, at: u64, fields: Fields) -> Option<String> {
        let field = |&(name, offset, width, kind): &(&str, u64, usize, Kind)| {
            let at = at.wrapping_add(offset);
            Some(match name {
                "..." => name.into(),
                _ if width == 0 && self.number(at, 1).is_none() => return None,
                _ => format!(
                    "{name}={}",
                    self.text(&kind, if width == 0 { at } else { self.number(at, width)? })
                ),
            })
        };
        Some(braces(&fields.iter().map(field).collect::<Option<Vec<_>>>()?))
    }

    /// `[…, …]` of `count` entries that begin so many bytes apart.
    fn array(&self, at: u64, count: usize, size: u64, entry: impl Fn(u64) -> Option<String>) -> String {
        self.pointed(at, || {
            let count = u64::try_from(count).ok()?;
            let entries: Option<Vec<_>> =
                (0..count).map(|i| entry(at.wrapping_add(i.wrapping_mul(size)))).collect();
            Some(format!("[{}]", entries?.join(", ")))
        })
    }

    fn text(&self, kind: &Kind, value: u64) -> String {
        match *kind {
            Int => (value as i32).to_string(),
            Uint => (value as u32).to_string(),
            Long => (value as i64).to_string(),
            Size => value.to_string(),
            Raw if (-4096..65536).contains(&(value as i64)) => (value as i64).to_string(),
            Raw | Hex => hex(value),
            Ptr => pointer(value),
            Octal => format!("0{value:02o}"),
            Signal => signal(value as u32),
            Dir if value as i32 == libc::AT_FDCWD => "AT_FDCWD".into(),
            Dir => (value as i32).to_string(),
            Limit if value == u64::MAX => "RLIM64_INFINITY".into(),
            Limit if value > 1024 && value % 1024 == 0 => format!("{}*1024", value / 1024),
            Limit => value.to_string(),
            One(names) => names.one(u64::from(value as u32)),
            Flags(names) => names.flags(u64::from(value as u32)),
            Mixed(mask, one, flags) => {
                let value = u64::from(value as u32);
                match (one.of(value & mask), value & !mask) {
                    (Some(name), 0) => name.into(),
                    (Some(name), rest) => format!("{name}|{}", flags.flags(rest)),
                    (None, _) => flags.flags(value),
                }
            }
            Clones => match (value & !0xFF, value & 0xFF) {
                (flags, 0) => CLONES.flags(flags),
                (0, number) => signal(number as u32),
                (flags, number) => format!("{}|{}", CLONES.flags(flags), signal(number as u32)),
            },
            FutexOp => futex_op(value),
            Request => {
                let request = u64::from(value as u32);
                REQUESTS.of(request).map_or_else(|| ioctl_request(request), Into::into)
            }
            Path => self.pointed(value, || {
                let (bytes, ended) = self.c_string(value)?;
                Some(quoted(&bytes) + if ended { "" } else { "..." })
            }),
            Bytes(len) => {
                let len = self.args[len] as usize;
                self.string(value, self.got().map_or(len, |got| got.min(len)), quoted)
            }
            Random => self.string(value, self.got().unwrap_or_default(), quoted_hex),
            Strings => self.pointed(value, || {
                let (strings, readable) = self.pointers(value);
                let strings: Vec<_> = strings.iter().map(|at| self.text(&Path, *at)).collect();
                (readable || !strings.is_empty()).then(|| format!("[{}]", strings.join(", ")))
            }),
            Environment => self.pointed(value, || {
                let (strings, readable) = self.pointers(value);
                let s = if strings.len() == 1 { "" } else { "s" };
                let and_more = if readable { "" } else { ", unterminated" };
                (readable || !strings.is_empty())
                    .then(|| format!("{} /* {} var{s}{and_more} */", pointer(value), strings.len()))
            }),
            At(kind) => {
                self.pointed(value, || Some(format!("[{}]", self.text(kind, self.number(value, 4)?))))
            }
            Pair => self.array(value, 2, 4, |at| Some(self.text(&Int, self.number(at, 4)?))),
            Struct(fields) => self.pointed(value, || self.structure(value, fields)),
            Addr(len) if self.result.is_none() => self.address(value, self.args[len] as i32),
            Addr(len) => {
                let filled = self.number(self.args[len], 4).unwrap_or_default() as i32;
                let room = self.length.unwrap_or_default();
                self.address(value, filled.min(room))
            }
            // Where nobody asks for the address, nobody asks for its length.
            Length(address) if self.args[address] == 0 => pointer(value),
            Length(_) => self.length_text(value),
            Vector(count) => self.vector(value, self.args[count] as usize, self.result.is_some()),
            Message => self.pointed(value, || self.message(value, self.result.is_some())),
            Messages(count) => self.array(value, self.args[count] as u32 as usize, 64, |at| {
                let header = self.message(at, false)?;
                let sent = self.number(at.wrapping_add(56), 4)?;
                let len = if self.failed() { String::new() } else { format!(", msg_len={sent}") };
                Some(format!("{{msg_hdr={header}{len}}}"))
            }),
            SetOpt => self.option(value, self.args[4] as i32, false),
            GetOpt => self.option(value, self.number(self.args[4], 4).unwrap_or_default() as i32, true),
            Poll(count) => self.array(value, self.args[count] as u32 as usize, 8, |at| {
                if self.number(at, 4)? as i32 >= 0 {
                    self.structure(at, POLLFD)
                } else {
                    self.structure(at, &POLLFD[..1])
                }
            }),
            Events => {
                let size = size_of::<libc::epoll_event>() as u64;
                self.array(value, self.got().unwrap_or_default(), size, |at| self.structure(at, EPOLL_EVENT))
            }
            Set => self.pointed(value, || self.set(value)),
            Cpus => self.pointed(value, || Some(bits(&self.bytes(value, self.got()?)?, usize::MAX))),
            SigSet => self.pointed(value, || Some(signals(self.number(value, 8)?))),
            SigSetAndSize => self.pointed(value, || {
                let set = self.text(&SigSet, self.number(value, 8)?);
                Some(format!("{{sigmask={set}, sigsetsize={}}}", self.number(value.wrapping_add(8), 8)?))
            }),
            Action => self.pointed(value, || self.action(value)),
            Stat => self.pointed(value, || self.stat(value)),
            Status if self.result == Some(0) => pointer(value),
            Status => {
                self.pointed(value, || Some(format!("[{{{}}}]", status(self.number(value, 4)? as i32))))
            }
            SigInfo => self.pointed(value, || self.child_info(value)),
            // Only a wait that a signal has broken off leaves a rest, and only of one that was a span.
            Rest => match self.result {
                Some(-516 | -4) => self.pointed(value, || self.structure(value, TIMESPEC)),
                _ => pointer(value),
            },
            Clone3 => self.pointed(value, || self.clone3(value)),
            Terminal => self.pointed(value, || self.terminal(value)),
            Filled(kind) => match kind {
                Length(_) | Vector(_) | Message | Messages(_) | Rest | Clone3 => self.text(kind, value),
                _ if self.failed() => pointer(value),
                _ => self.text(kind, value),
            },
            Named(name, kind) => format!("{name}={}", self.text(kind, value)),
            Protocol | OptName | Event | Mode(_) | Fcntl | Ioctl => self.text(&Raw, value),
        }
    }

    /// The pointers up to the first that is NULL, and whether there is one.
    fn pointers(&self, at: u64) -> (Vec<u64>, bool) {
        let mut pointers = Vec::new();
        loop {
            match self.number(at.wrapping_add(8 * pointers.len() as u64), 8) {
                Some(0) => return (pointers, true),
                Some(pointer) => pointers.push(pointer),
                None => return (pointers, false),
            }
        }
    }

    fn address(&self, at: u64, len: i32) -> String {
        self.pointed(at, || {
            let bytes = self.bytes(at, usize::try_from(len).ok()?.min(128))?;
            let (family, data) = bytes.split_first_chunk::<2>()?;
            let family = u64::from(u16::from_ne_bytes(*family));
            let port = data.first_chunk().map(|port| u16::from_be_bytes(*port)).unwrap_or_default();
            let word = |i: usize| {
                data.get(i..i + 4).and_then(|word| Some(u32::from_ne_bytes(word.try_into().ok()?)))
            };
            let rest = match (family as i32, data) {
                (_, []) => String::new(),
                (libc::AF_INET, [_, _, a, b, c, d, _, _, _, _, _, _, _, _, ..]) => {
                    let ip = Ipv4Addr::new(*a, *b, *c, *d);
                    format!(", sin_port=htons({port}), sin_addr=inet_addr(\"{ip}\")")
                }
                (libc::AF_INET6, [_, _, _, _, _, _, rest @ ..]) if rest.len() >= 16 => {
                    let ip = Ipv6Addr::from(*rest.first_chunk::<16>()?);
                    let flow = u32::from_be(word(2)?);
                    let scope = word(22).map(|scope| format!(", sin6_scope_id={scope}")).unwrap_or_default();
                    format!(
                        ", sin6_port=htons({port}), sin6_flowinfo=htonl({flow}), \
                         inet_pton(AF_INET6, \"{ip}\", &sin6_addr){scope}"
                    )
                }
                (libc::AF_UNIX, [0, name @ ..]) => format!(", sun_path=@{}", quoted(name)),
                (libc::AF_UNIX, path) => {
                    format!(", sun_path={}", quoted(path.split(|byte| *byte == 0).next().unwrap_or_default()))
                }
                (libc::AF_NETLINK, _) if data.len() >= 10 => {
                    let groups = match word(6)? {
                        0 => "00000000".into(),
                        groups => format!("{groups:#08x}"),
                    };
                    format!(", nl_pid={}, nl_groups={groups}", word(2)?)
                }
                _ => format!(", sa_data={}", quoted(data)),
            };
            Some(format!("{{sa_family={}{rest}}}", FAMILIES.one(family)))
        })
    }

    /// A length before the call and after it, if they differ.
    fn length_text(&self, at: u64) -> String {
        self.pointed(at, || {
            let now = self.number(at, 4)? as i32;
            Some(match self.length {
                Some(before) if before != now => format!("[{before} => {now}]"),
                _ => format!("[{now}]"),
            })
        })
    }

    /// Buffers; of those that were to be `received`, as much as has come.
    fn vector(&self, at: u64, count: usize, received: bool) -> String {
        let left = Cell::new(self.got().filter(|_| received).unwrap_or(usize::MAX));
        let failed = received && self.failed();
        self.array(at, count, 16, |at| {
            let (base, len) = (self.number(at, 8)?, self.number(at.wrapping_add(8), 8)?);
            let shown = left.get().min(len as usize);
            left.set(left.get() - shown);
            let base = if failed { pointer(base) } else { self.string(base, shown, quoted) };
            Some(format!("{{iov_base={base}, iov_len={len}}}"))
        })
    }

    /// A msghdr; of one that was `received`, as much as has come.
    fn message(&self, at: u64, received: bool) -> Option<String> {
        let field = |offset: u64, width| self.number(at.wrapping_add(offset), width);
        let (name, name_len) = (field(0, 8)?, field(8, 4)? as i32);
        if received && self.failed() {
            return Some(format!("{{msg_namelen={name_len}}}"));
        }
        let before = self.length.filter(|before| received && *before != name_len);
        let before = before.map(|before| format!("{before} => ")).unwrap_or_default();
        let name = self.address(name, name_len);
        let (vector, count, control, control_len) =
            (field(16, 8)?, field(24, 8)?, field(32, 8)?, field(40, 8)?);
        let vector = self.vector(vector, count as usize, received);
        let control = match control_len {
            0 => String::new(),
            len => format!("msg_control={}, ", self.control(control, len as usize)),
        };
        let flags = MSG.flags(field(48, 4)?);
        Some(format!(
            "{{msg_name={name}, msg_namelen={before}{name_len}, msg_iov={vector}, msg_iovlen={count}, \
             {control}msg_controllen={control_len}, msg_flags={flags}}}"
        ))
    }

    fn control(&self, at: u64, len: usize) -> String {
        self.pointed(at, || {
            let bytes = self.bytes(at, len)?;
            let mut rest = bytes.as_slice();
            let mut texts = Vec::new();
            while let Some((header, data)) = rest.split_first_chunk::<16>() {
                let [a, b, c, d, e, f, g, h, level @ .., i, j, k, l] = *header;
                let (len, level) = (u64::from_ne_bytes([a, b, c, d, e, f, g, h]), u32::from_ne_bytes(level));
                let kind = u64::from(u32::from_ne_bytes([i, j, k, l]));
                let names = if level as i32 == libc::SOL_SOCKET { Some(&SCM) } else { options(level.into()) };
                let name = names.map_or_else(|| hex(kind), |names| names.one(kind));
                let data = usize::try_from(len).ok().and_then(|len| data.get(..len.checked_sub(16)?));
                let text = match data {
                    None | Some([]) => String::new(),
                    Some(data) if name == "SCM_RIGHTS" => {
                        let (fds, _) = data.as_chunks::<4>();
                        let fds: Vec<_> = fds.iter().map(|fd| i32::from_ne_bytes(*fd).to_string()).collect();
                        format!(", cmsg_data=[{}]", fds.join(", "))
                    }
                    Some(data) => format!(", cmsg_data={}", quoted(data)),
                };
                let level = LEVELS.one(level.into());
                texts.push(format!("{{cmsg_len={len}, cmsg_level={level}, cmsg_type={name}{text}}}"));
                rest = data
                    .and_then(|data| rest.get((16 + data.len()).next_multiple_of(8)..))
                    .unwrap_or_default();
            }
            (!texts.is_empty()).then(|| format!("[{}]", texts.join(", ")))
        })
    }

    /// The option that argument 3 points to; `len` is what the caller or the kernel says of it.
    fn option(&self, at: u64, len: i32, got: bool) -> String {
        let (level, name) = (self.args[1] as i32, self.args[2] as i32);
        let fields = |fields: Fields| fields.get(..len as usize / 4).unwrap_or(fields);
        match (level, name) {
            _ if len < 0 => pointer(at),
            (libc::SOL_SOCKET, libc::SO_LINGER) if len < 4 || (len < 8 && !got) => pointer(at),
            (libc::SOL_SOCKET, libc::SO_LINGER) => self.pointed(at, || self.structure(at, fields(LINGER))),
            (libc::SOL_SOCKET, libc::SO_PEERCRED) if got => {
                self.pointed(at, || self.structure(at, fields(UCRED)))
            }
            (libc::SOL_SOCKET, libc::SO_ERROR) if got && len >= 4 => self.pointed(at, || {
                let errno = self.number(at, 4)? as i32;
                Some(if errno == 0 { "[0]".into() } else { format!("[{:?}]", Errno::from_raw(errno)) })
            }),
            (libc::SOL_SOCKET, name) if SO_NUMBERS.contains(&name) => match len {
                4.. => self.text(&At(&Int), at),
                1.. if got => self.string(at, len as usize, quoted_hex),
                _ => pointer(at),
            },
            _ if len == 4 => self.text(&At(&Int), at),
            _ => self.string(at, len as usize, quoted),
        }
    }

    fn set(&self, at: u64) -> Option<String> {
        let most = usize::try_from(self.args[0] as i32).ok()?;
        Some(bits(&self.bytes(at, most.div_ceil(64) * 8)?, most))
    }

    fn action(&self, at: u64) -> Option<String> {
        let field = |offset: u64| self.number(at.wrapping_add(offset), 8);
        let (handler, flags, restorer, mask) = (field(0)?, field(8)?, field(16)?, field(24)?);
        let handler = match handler {
            0 => "SIG_DFL".into(),
            1 => "SIG_IGN".into(),
            handler => hex(handler),
        };
        let restorer = match flags & u64::from(RESTORER.cast_unsigned()) {
            0 => String::new(),
            _ => format!(", sa_restorer={}", pointer(restorer)),
        };
        let (mask, flags) = (signals(mask), SA.flags(flags));
        Some(format!("{{sa_handler={handler}, sa_mask={mask}, sa_flags={flags}{restorer}}}"))
    }

    fn stat(&self, at: u64) -> Option<String> {
        let field = |offset: usize, width| self.number(at.wrapping_add(offset as u64), width);
        let mode = field(offset_of!(libc::stat, st_mode), 4)? as u32;
        let form = mode & libc::S_IFMT;
        let special = BITS.flags(u64::from(mode & 0o7000)) + "|";
        let special = if mode & 0o7000 == 0 { "" } else { &special };
        let what = if [libc::S_IFCHR, libc::S_IFBLK].contains(&form) {
            let device = field(offset_of!(libc::stat, st_rdev), 8)?;
            let (major, minor) = (libc::major(device), libc::minor(device));
            format!("st_rdev=makedev({}, {})", hex(major.into()), hex(minor.into()))
        } else {
            format!("st_size={}", field(offset_of!(libc::stat, st_size), 8)? as i64)
        };
        Some(format!("{{st_mode={}|{special}0{:02o}, {what}, ...}}", FORMS.one(form.into()), mode & 0o777))
    }

    /// What waitid tells of a child; nothing if none has changed.
    fn child_info(&self, at: u64) -> Option<String> {
        const EXITED: Fields = &[
            ("si_signo", 0, 4, Signal),
            ("si_code", 8, 4, One(&CLDS)),
            ("si_pid", 16, 4, Int),
            ("si_uid", 20, 4, Int),
            ("si_status", 24, 4, Int),
            ("si_utime", 32, 8, Long),
            ("si_stime", 40, 8, Long),
        ];
        match (self.number(at, 4)?, self.number(at.wrapping_add(8), 4)? as i32) {
            (0, _) => Some("{}".into()),
            (_, libc::CLD_EXITED) => self.structure(at, EXITED),
            _ => {
                let number = self.number(at.wrapping_add(24), 4)? as u32;
                let status = |status| format!("si_status={status},");
                Some(
                    self.structure(at, EXITED)?.replace(&status(number.to_string()), &status(signal(number))),
                )
            }
        }
    }

    fn clone3(&self, at: u64) -> Option<String> {
        if self.args[1] < 64 {
            return None;
        }
        let field = |i: u64| self.number(at.wrapping_add(8 * i), 8);
        let flags = field(0)?;
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        let mut texts = vec![format!("flags={}", CLONES.flags(flags))];
        if has(libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) {
            texts.push(format!("child_tid={}", pointer(field(2)?)));
        }
        if has(libc::CLONE_PARENT_SETTID) {
            texts.push(format!("parent_tid={}", pointer(field(3)?)));
        }
        texts.push(format!("exit_signal={}", signal(field(4)? as u32)));
        texts.push(format!("stack={}", pointer(field(5)?)));
        texts.push(format!("stack_size={}", hex(field(6)?)));
        if has(libc::CLONE_SETTLS) {
            texts.push(format!("tls={}", pointer(field(7)?)));
        }
        let parent = match field(3)? {
            parent if has(libc::CLONE_PARENT_SETTID) && !self.failed() => {
                format!(" => {{parent_tid={}}}", self.text(&At(&Int), parent))
            }
            _ => String::new(),
        };
        Some(format!("{{{}}}{parent}", texts.join(", ")))
    }

    /// What TCGETS tells: four words of flags, the sixth bit field of the second being delays, and of the third the speed.
    fn terminal(&self, at: u64) -> Option<String> {
        let word = |i: u64| self.number(at.wrapping_add(4 * i), 4);
        let (input, output, control, local) = (word(0)?, word(1)?, word(2)?, word(3)?);
        let tab = match output >> 11 & 3 {
            3 => "XTABS".into(),
            tab => format!("TAB{tab}"),
        };
        Some(format!(
            "{{c_iflag={}, c_oflag=NL{}|CR{}|{tab}|BS{}|VT{}|FF{}|{}, c_cflag={}|CS{}|{}, c_lflag={}, ...}}",
            IFLAGS.flags(input),
            output >> 8 & 1,
            output >> 9 & 3,
            output >> 13 & 1,
            output >> 14 & 1,
            output >> 15 & 1,
            OFLAGS.flags(output & 0xFF),
            SPEEDS.one(control & 0o10_017),
            5 + (control >> 4 & 3),
            CFLAGS.flags(control & !0o10_077),
            LFLAGS.flags(local),
        ))
    }

    /// What the kernel has left of the time that argument `i` points to.
    fn time_left(&self, i: usize, time: Fields) -> Option<String> {
        let at = self.args[i];
        if at == 0 { None } else { Some(format!("left {}", self.structure(at, time)?)) }
    }

    fn result_text(&self, name: &str, result: i64) -> String {
        if let Ok(errno @ 1..4096) = i32::try_from(result.saturating_neg()) {
            return match errno {
                512 => "? ERESTARTSYS (To be restarted if SA_RESTART is set)".into(),
                513 => "? ERESTARTNOINTR (To be restarted)".into(),
                514 => "? ERESTARTNOHAND (To be restarted if no handler)".into(),
                516 => "? ERESTART_RESTARTBLOCK (Interrupted by signal)".into(),
                _ => {
                    let text = std::io::Error::from_raw_os_error(errno).to_string();
                    let text = text.split(" (os error").next().unwrap_or_default();
                    match Errno::from_raw(errno) {
                        Errno::UnknownErrno => format!("-1 (errno {errno})"),
                        errno => format!("-1 {errno:?} ({text})"),
                    }
                }
            };
        }
        let with = |what: String| format!("{result} ({what})");
        match name {
            "brk" | "mmap" | "mremap" => hex(result as u64),
            "umask" => self.text(&Octal, result as u64),
            "fcntl" => match self.args[1] as i32 {
                libc::F_GETFL => {
                    format!("{} (flags {})", hex(result as u64), self.text(&OPEN, result as u64))
                }
                libc::F_GETFD if result != 0 => {
                    format!("{} (flags {})", hex(result as u64), FD.flags(result as u64))
                }
                _ => result.to_string(),
            },
            "poll" | "ppoll" | "select" | "pselect6" if result == 0 => with("Timeout".into()),
            "poll" | "ppoll" => {
                let entries = (0..self.args[1] as u32).map(|i| self.args[0].wrapping_add(u64::from(i) * 8));
                let polled: Vec<_> = entries
                    .map_while(|at| Some((at, self.number(at.wrapping_add(6), 2)?)))
                    .filter(|(_, revents)| *revents != 0)
                    .filter_map(|(at, _)| self.structure(at, POLLED))
                    .collect();
                let polled = Some(format!("[{}]", polled.join(", ")));
                let left = if name == "ppoll" { self.time_left(2, TIMESPEC) } else { None };
                with([polled, left].into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            "select" | "pselect6" => {
                let set = |i: usize, name: &str| {
                    let set = if self.args[i] == 0 { None } else { self.set(self.args[i]) };
                    set.filter(|set| set != "[]").map(|set| format!("{name} {set}"))
                };
                let time = if name == "select" { TIMEVAL } else { TIMESPEC };
                let sets = [set(1, "in"), set(2, "out"), set(3, "except"), self.time_left(4, time)];
                with(sets.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            _ => result.to_string(),
        }
    }
}

fn braces(fields: &[String]) -> String {
    format!("{{{}}}", fields.join(", "))
}

/// As C's `%#x`.
fn hex(value: u64) -> String {
    if value == 0 { "0".into() } else { format!("{value:#x}") }
}

fn pointer(at: u64) -> String {
    if at == 0 { "NULL".into() } else { hex(at) }
}

/// Bytes as strace writes a string, without the quotes.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let quoted = quoted(bytes);
    quoted[1..quoted.len() - 1].into()
}

/// A string with strace's escapes: octal ones as short as the next character allows.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            0x0B => text.push_str("\\v"),
            0x0C => text.push_str("\\f"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ if matches!(bytes.get(i + 1), Some(b'0'..=b'7')) => text.push_str(&format!("\\{byte:03o}")),
            _ => text.push_str(&format!("\\{byte:o}")),
        }
    }
    text.push('"');
    text
}

fn quoted_hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{digits}\"")
}

fn signal(number: u32) -> String {
    match number {
        32 => "SIGRTMIN".into(),
        33..=64 => format!("SIGRT_{}", number - 32),
        _ => Known::try_from(number as i32)
            .map_or_else(|_| (number as i32).to_string(), |known| known.as_str().into()),
    }
}

/// A set of signals; where most are in it, those that are not.
fn signals(mask: u64) -> String {
    let (not, mask) = if mask.count_ones() >= 42 { ("~", !mask) } else { ("", mask) };
    let names: Vec<_> = (1..=64).filter(|number| mask >> (number - 1) & 1 == 1).map(signal).collect();
    format!("{not}[{}]", names.join(" ").replace("SIG", ""))
}

/// The bits that are set, of so many.
fn bits(bytes: &[u8], most: usize) -> String {
    let set = |bit: &usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
    let numbers: Vec<_> = (0..(8 * bytes.len()).min(most)).filter(set).map(|bit| bit.to_string()).collect();
    format!("[{}]", numbers.join(" "))
}

fn status(status: i32) -> String {
    if libc::WIFEXITED(status) {
        format!("WIFEXITED(s) && WEXITSTATUS(s) == {}", libc::WEXITSTATUS(status))
    } else if libc::WIFSTOPPED(status) {
        format!("WIFSTOPPED(s) && WSTOPSIG(s) == {}", signal(libc::WSTOPSIG(status).cast_unsigned()))
    } else if libc::WIFCONTINUED(status) {
        "WIFCONTINUED(s)".into()
    } else {
        let dumped = if libc::WCOREDUMP(status) { " && WCOREDUMP(s)" } else { "" };
        format!("WIFSIGNALED(s) && WTERMSIG(s) == {}{dumped}", signal(libc::WTERMSIG(status).cast_unsigned()))
    }
}

fn futex_op(op: u64) -> String {
    let Some(name) = FUTEXES.of(op & 0x7F) else { return FUTEXES.one(op) };
    let private = if op & 0x80 == 0 { "" } else { "_PRIVATE" };
    let clock = if op & 0x100 == 0 { "" } else { "|FUTEX_CLOCK_REALTIME" };
    format!("{name}{private}{clock}")
}

/// A request of ioctl that has no name here.
fn ioctl_request(request: u64) -> String {
    let way = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"][(request >> 30 & 3) as usize];
    let [size, kind, number] = [request >> 16 & 0x3FFF, request >> 8 & 0xFF, request & 0xFF].map(hex);
    format!("_IOC({way}, {kind}, {number}, {size})")
}
