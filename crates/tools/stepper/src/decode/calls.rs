//! What there is to know of each call: what its arguments are, and the names of their values.

use std::mem::offset_of;

#[allow(clippy::enum_glob_use, reason = "a row of CALLS is to be read like the synopsis of a man page")]
use Kind::*;

/// What an argument, or a field that one points to, is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
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
    /// Those that depend on other arguments: of socket, setsockopt, fcntl, ioctl and epoll_ctl. A mode is there if that
    /// argument says `O_CREAT`.
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
    /// The kernel fills it in.
    pub(super) fn filled(self) -> bool {
        matches!(self, Filled(_) | Named(_, Filled(_)))
    }

    /// Of a call that has failed too there is something to be shown.
    pub(super) fn shown_of_a_failure(self) -> bool {
        matches!(self, Length(_) | Vector(_) | Message | Messages(_) | Rest | Clone3)
    }
}

/// A structure: of each field its name, where it begins, how many bytes wide it is, and what it is. One of width 0 is a
/// structure or a string itself; `...` stands for all that is not shown.
pub(super) type Fields = &'static [(&'static str, usize, usize, Kind)];

/// Values and their names, in the order in which strace writes flags; and what it says of one that has none.
#[derive(Debug)]
pub(super) struct Names(&'static str, &'static [(u64, &'static str)]);

impl Names {
    pub(super) fn of(&self, value: u64) -> Option<&'static str> {
        self.1.iter().find(|(known, _)| *known == value).map(|(_, name)| *name)
    }

    pub(super) fn one(&self, value: u64) -> String {
        self.of(value).map_or_else(|| format!("{} /* {} */", hex(value), self.0), Into::into)
    }

    pub(super) fn flags(&self, value: u64) -> String {
        let mut rest = value;
        let mut texts: Vec<String> = Vec::new();
        for &(flag, name) in self.1 {
            if rest & flag == flag && (flag != 0 || value == 0) {
                rest &= !flag;
                texts.push(name.into());
            }
        }
        match rest {
            0 if texts.is_empty() => return "0".into(),
            0 => {}
            _ if texts.is_empty() => return self.one(rest),
            _ => texts.push(hex(rest)),
        }
        texts.join("|")
    }
}

/// [`Names`] of libc's constants; of those that libc lacks, or knows by another name, the value is said.
macro_rules! names {
    ($table:ident, $unknown:literal: $($name:ident $(($value:expr))?)*) => {
        pub(super) static $table: Names =
            Names($unknown, &[$((names!(@ $name $($value)?) as u32 as u64, stringify!($name))),*]);
    };
    (@ $name:ident) => { libc::$name };
    (@ $name:ident $value:expr) => { $value };
}

names! { FAMILIES, "AF_???":
AF_UNSPEC AF_UNIX AF_INET AF_BRIDGE AF_INET6 AF_KEY AF_NETLINK AF_PACKET AF_CAN AF_TIPC AF_BLUETOOTH
AF_ALG AF_VSOCK AF_XDP(44) }
names! { SOCKETS, "SOCK_???":
SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_DCCP SOCK_PACKET(10) }
names! { SOCKET_FLAGS, "SOCK_???": SOCK_CLOEXEC SOCK_NONBLOCK }
names! { PROTOCOLS, "IPPROTO_???":
IPPROTO_IP IPPROTO_ICMP IPPROTO_IGMP IPPROTO_IPIP IPPROTO_TCP IPPROTO_EGP IPPROTO_PUP IPPROTO_UDP
IPPROTO_IDP IPPROTO_TP IPPROTO_DCCP IPPROTO_IPV6 IPPROTO_RSVP IPPROTO_GRE IPPROTO_ESP IPPROTO_AH
IPPROTO_ICMPV6 IPPROTO_MTP IPPROTO_ENCAP IPPROTO_PIM IPPROTO_COMP IPPROTO_SCTP IPPROTO_UDPLITE
IPPROTO_MPLS IPPROTO_RAW IPPROTO_MPTCP }
names! { NETLINKS, "NETLINK_???":
NETLINK_ROUTE NETLINK_USERSOCK NETLINK_FIREWALL NETLINK_SOCK_DIAG NETLINK_NFLOG NETLINK_XFRM
NETLINK_SELINUX NETLINK_ISCSI NETLINK_AUDIT NETLINK_FIB_LOOKUP NETLINK_CONNECTOR NETLINK_NETFILTER
NETLINK_KOBJECT_UEVENT NETLINK_GENERIC NETLINK_CRYPTO }
names! { LEVELS, "SOL_??":
SOL_IP SOL_SOCKET SOL_TCP SOL_UDP SOL_IPV6 SOL_ICMPV6 SOL_SCTP(132) SOL_UDPLITE(136) SOL_RAW SOL_PACKET
SOL_NETLINK SOL_ALG SOL_TLS }
names! { SO, "SO_???":
SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF SO_KEEPALIVE
SO_OOBINLINE SO_NO_CHECK SO_PRIORITY SO_LINGER SO_BSDCOMPAT SO_REUSEPORT SO_PASSCRED SO_PEERCRED
SO_RCVLOWAT SO_SNDLOWAT SO_RCVTIMEO(20) SO_SNDTIMEO(21) SO_BINDTODEVICE SO_ATTACH_FILTER
SO_DETACH_FILTER SO_PEERNAME SO_TIMESTAMP_OLD(29) SO_ACCEPTCONN SO_PEERSEC SO_SNDBUFFORCE SO_RCVBUFFORCE
SO_PASSSEC SO_TIMESTAMPNS_OLD(35) SO_MARK SO_TIMESTAMPING_OLD(37) SO_PROTOCOL SO_DOMAIN SO_RXQ_OVFL
SO_PEEK_OFF SO_LOCK_FILTER SO_BUSY_POLL SO_INCOMING_CPU SO_COOKIE(57) SO_ZEROCOPY SO_BINDTOIFINDEX(62) }
names! { SO_NUMBERS, "": SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF
SO_KEEPALIVE SO_OOBINLINE SO_PRIORITY SO_REUSEPORT SO_RCVLOWAT SO_SNDLOWAT SO_ACCEPTCONN SO_PROTOCOL SO_DOMAIN }
names! { TCP, "TCP_???":
TCP_NODELAY TCP_MAXSEG TCP_CORK TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_SYNCNT TCP_LINGER2
TCP_DEFER_ACCEPT TCP_WINDOW_CLAMP TCP_INFO TCP_QUICKACK TCP_CONGESTION TCP_MD5SIG TCP_USER_TIMEOUT
TCP_REPAIR TCP_FASTOPEN TCP_TIMESTAMP TCP_NOTSENT_LOWAT TCP_CC_INFO TCP_FASTOPEN_CONNECT TCP_ULP TCP_INQ }
names! { IP, "IP_???":
IP_TOS IP_TTL IP_HDRINCL IP_OPTIONS IP_RECVOPTS IP_PKTINFO IP_MTU_DISCOVER IP_RECVERR IP_RECVTTL
IP_RECVTOS IP_MTU IP_FREEBIND IP_TRANSPARENT IP_ORIGDSTADDR(20) IP_MINTTL IP_BIND_ADDRESS_NO_PORT
IP_MULTICAST_IF IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP IP_MULTICAST_ALL }
names! { IPV6, "IPV6_???":
IPV6_UNICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_ADD_MEMBERSHIP
IPV6_DROP_MEMBERSHIP IPV6_MTU_DISCOVER IPV6_MTU IPV6_RECVERR IPV6_V6ONLY IPV6_RECVPKTINFO IPV6_PKTINFO
IPV6_RECVTCLASS IPV6_TCLASS }
names! { UDP, "UDP_???": UDP_CORK UDP_SEGMENT UDP_GRO }
names! { SCM, "SCM_???": SCM_RIGHTS SCM_CREDENTIALS }
names! { SHUT, "SHUT_???": SHUT_RD SHUT_WR SHUT_RDWR }
names! { MSG, "MSG_???":
MSG_OOB MSG_PEEK MSG_DONTROUTE MSG_CTRUNC MSG_PROBE(0x10) MSG_TRUNC MSG_DONTWAIT MSG_EOR MSG_WAITALL
MSG_FIN MSG_SYN MSG_CONFIRM MSG_RST MSG_ERRQUEUE MSG_NOSIGNAL MSG_MORE MSG_WAITFORONE
MSG_ZEROCOPY(0x400_0000) MSG_FASTOPEN MSG_CMSG_CLOEXEC }
names! { ACCESSES, "O_???": O_RDONLY O_WRONLY O_RDWR O_ACCMODE }
names! { OPENS, "O_???":
O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_SYNC O_DSYNC O_DIRECT O_LARGEFILE(LARGEFILE)
O_NOFOLLOW O_NOATIME O_CLOEXEC O_PATH O_TMPFILE O_DIRECTORY FASYNC(libc::O_ASYNC) }
names! { FD, "FD_???": FD_CLOEXEC }
names! { FCNTLS, "F_???":
F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN F_SETSIG(10)
F_GETSIG(11) F_SETLEASE F_GETLEASE F_NOTIFY F_DUPFD_CLOEXEC F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS
F_GET_SEALS }
names! { LOCKS, "F_???": F_RDLCK F_WRLCK F_UNLCK }
names! { SEEKS, "SEEK_???": SEEK_SET SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE }
names! { FORMS, "S_IF???": S_IFSOCK S_IFLNK S_IFREG S_IFBLK S_IFDIR S_IFCHR S_IFIFO }
names! { SPECIAL, "": S_ISUID S_ISGID S_ISVTX }
names! { ATS, "AT_???":
AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_RECURSIVE }
names! { OKS, "?_OK": F_OK R_OK W_OK X_OK }
names! { REQUESTS, "":
TCGETS TCSBRK TIOCSCTTY TIOCGPGRP TIOCSPGRP TIOCOUTQ TIOCGWINSZ TIOCSWINSZ FIONREAD FIONBIO TIOCNOTTY
TIOCGSID(0x5429) TIOCGPTPEER(0x5441) TIOCGPTN(0x8004_5430) TIOCSPTLCK(0x4004_5431) FIONCLEX FIOCLEX
FIOASYNC SIOCATMARK(0x8905) SIOCGIFCONF(0x8912) SIOCGIFFLAGS(0x8913) SIOCGIFADDR(0x8915)
SIOCGIFINDEX(0x8933) SIOCETHTOOL(0x8946) }
names! { POLLS, "POLL???":
POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLMSG(0x400)
POLLREMOVE(0x1000) POLLRDHUP POLL_BUSY_LOOP(0x8000) }
names! { EPOLLS, "EPOLL???":
EPOLLIN EPOLLPRI EPOLLOUT EPOLLERR EPOLLHUP EPOLLRDNORM EPOLLRDBAND EPOLLWRNORM EPOLLWRBAND EPOLLMSG
EPOLLRDHUP EPOLLEXCLUSIVE EPOLLWAKEUP EPOLLONESHOT EPOLLET }
names! { EPOLL_CTL, "EPOLL_CTL_???": EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD }
names! { EPOLL_FLAGS, "EPOLL_???": EPOLL_CLOEXEC }
names! { EFD, "EFD_???": EFD_SEMAPHORE EFD_CLOEXEC EFD_NONBLOCK }
names! { MASKS, "SIG_???": SIG_BLOCK SIG_UNBLOCK SIG_SETMASK }
names! { SA, "SA_???":
SA_RESTORER(RESTORER) SA_ONSTACK SA_RESTART SA_NODEFER SA_RESETHAND SA_SIGINFO SA_NOCLDSTOP SA_NOCLDWAIT }
names! { SS, "SS_???": SS_ONSTACK SS_DISABLE }
names! { CLONES, "CLONE_???":
CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_PIDFD CLONE_PTRACE CLONE_VFORK CLONE_PARENT CLONE_THREAD
CLONE_NEWNS CLONE_SYSVSEM CLONE_SETTLS CLONE_PARENT_SETTID CLONE_CHILD_CLEARTID CLONE_UNTRACED
CLONE_CHILD_SETTID CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET
CLONE_IO }
names! { WAITS, "W???": WNOHANG WEXITED WSTOPPED WCONTINUED WNOWAIT __WCLONE __WALL __WNOTHREAD }
names! { IDS, "P_???": P_ALL P_PID P_PGID P_PIDFD }
names! { CLDS, "CLD_???": CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED CLD_STOPPED CLD_CONTINUED }
names! { CLOCKS, "CLOCK_???":
CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID CLOCK_THREAD_CPUTIME_ID CLOCK_MONOTONIC_RAW
CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE CLOCK_BOOTTIME CLOCK_REALTIME_ALARM CLOCK_BOOTTIME_ALARM
CLOCK_TAI }
names! { ABSTIME, "TIMER_???": TIMER_ABSTIME }
names! { ITIMERS, "ITIMER_???": ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF }
names! { RLIMITS, "RLIMIT_???":
RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_RSS RLIMIT_NPROC RLIMIT_NOFILE
RLIMIT_MEMLOCK RLIMIT_AS RLIMIT_LOCKS RLIMIT_SIGPENDING RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO
RLIMIT_RTTIME }
names! { PROTS, "PROT_???": PROT_NONE PROT_READ PROT_WRITE PROT_EXEC PROT_GROWSDOWN PROT_GROWSUP }
names! { MAPS, "MAP_???": MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE }
names! { MAP_FLAGS, "MAP_???":
MAP_FIXED MAP_ANONYMOUS MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_GROWSDOWN MAP_DENYWRITE MAP_EXECUTABLE
MAP_LOCKED MAP_STACK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE }
names! { ADVICE, "MADV_???":
MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_REMOVE MADV_DONTFORK
MADV_DOFORK MADV_MERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP }
names! { FUTEXES, "FUTEX_???":
FUTEX_WAIT FUTEX_WAKE FUTEX_FD FUTEX_REQUEUE FUTEX_CMP_REQUEUE FUTEX_WAKE_OP FUTEX_LOCK_PI FUTEX_UNLOCK_PI
FUTEX_TRYLOCK_PI FUTEX_WAIT_BITSET FUTEX_WAKE_BITSET FUTEX_WAIT_REQUEUE_PI FUTEX_CMP_REQUEUE_PI
FUTEX_LOCK_PI2(13) }
names! { MATCH_ANY, "FUTEX_???": FUTEX_BITSET_MATCH_ANY(u32::MAX) }
names! { GRND, "GRND_???": GRND_NONBLOCK GRND_RANDOM GRND_INSECURE }
names! { ARCHES, "ARCH_???": ARCH_SET_GS(0x1001) ARCH_SET_FS(0x1002) ARCH_GET_FS(0x1003) ARCH_GET_GS(0x1004) }
names! { IFLAGS, "":
IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IUCLC IXON IXANY IXOFF IMAXBEL IUTF8 }
names! { OFLAGS, "": OPOST OLCUC ONLCR OCRNL ONOCR ONLRET OFILL OFDEL }
names! { SPEEDS, "B???": B0 B9600 B19200 B38400 B57600 B115200 }
names! { CFLAGS, "": CSTOPB CREAD PARENB PARODD HUPCL CLOCAL CMSPAR CRTSCTS }
names! { LFLAGS, "":
ISIG ICANON ECHO ECHOE ECHOK ECHONL NOFLSH IEXTEN ECHOCTL ECHOPRT ECHOKE FLUSHO PENDIN TOSTOP EXTPROC }

/// What the kernel calls O_LARGEFILE, and libc 0; and SA_RESTORER, which libc keeps to itself.
const LARGEFILE: i32 = if cfg!(target_arch = "aarch64") { 0o400_000 } else { 0o100_000 };
pub(super) const RESTORER: i32 = 0x0400_0000;

pub(super) const SOCKET_TYPE: Kind = Mixed(15, &SOCKETS, &SOCKET_FLAGS);
pub(super) const OPEN: Kind = Mixed(3, &ACCESSES, &OPENS);
pub(super) const TIMESPEC: Fields = &[("tv_sec", 0, 8, Long), ("tv_nsec", 8, 8, Size)];
pub(super) const TIMEVAL: Fields = &[("tv_sec", 0, 8, Long), ("tv_usec", 8, 8, Size)];
pub(super) const ITIMERVAL: Fields =
    &[("it_interval", 0, 0, Struct(TIMEVAL)), ("it_value", 16, 0, Struct(TIMEVAL))];
pub(super) const RLIMIT: Fields = &[("rlim_cur", 0, 8, Limit), ("rlim_max", 8, 8, Limit)];
pub(super) const RUSAGE: Fields =
    &[("ru_utime", 0, 0, Struct(TIMEVAL)), ("ru_stime", 16, 0, Struct(TIMEVAL)), ("...", 0, 0, Int)];
pub(super) const UTSNAME: Fields = &[("sysname", 0, 0, Path), ("nodename", 65, 0, Path), ("...", 0, 0, Int)];
pub(super) const LINGER: Fields = &[("l_onoff", 0, 4, Int), ("l_linger", 4, 4, Int)];
pub(super) const UCRED: Fields = &[("pid", 0, 4, Int), ("uid", 4, 4, Int), ("gid", 8, 4, Int)];
pub(super) const FLOCK: Fields = FOUND.split_at(4).0;
pub(super) const FOUND: Fields = &[
    ("l_type", 0, 2, One(&LOCKS)),
    ("l_whence", 2, 2, One(&SEEKS)),
    ("l_start", 8, 8, Long),
    ("l_len", 16, 8, Long),
    ("l_pid", 24, 4, Int),
];
pub(super) const WINSIZE: Fields =
    &[("ws_row", 0, 2, Uint), ("ws_col", 2, 2, Uint), ("ws_xpixel", 4, 2, Uint), ("ws_ypixel", 6, 2, Uint)];
pub(super) const STACK: Fields =
    &[("ss_sp", 0, 8, Ptr), ("ss_flags", 8, 4, Flags(&SS)), ("ss_size", 16, 8, Size)];
pub(super) const POLLFD: Fields = &[("fd", 0, 4, Int), ("events", 4, 2, Flags(&POLLS))];
pub(super) const POLLED: Fields = &[("fd", 0, 4, Int), ("revents", 6, 2, Flags(&POLLS))];
pub(super) const EPOLL_DATA: Fields = &[("u32", 0, 4, Uint), ("u64", 0, 8, Size)];
pub(super) const EPOLL_EVENT: Fields =
    &[("events", 0, 4, Flags(&EPOLLS)), ("data", offset_of!(libc::epoll_event, u64), 0, Struct(EPOLL_DATA))];

pub(super) const CHILD: Fields = &[
    ("si_signo", 0, 4, Signal),
    ("si_code", 8, 4, One(&CLDS)),
    ("si_pid", 16, 4, Int),
    ("si_uid", 20, 4, Int),
];
pub(super) const CHILD_TIMES: Fields = &[("si_utime", 32, 8, Long), ("si_stime", 40, 8, Long)];

/// The calls that have the same arguments, and what those are.
const CALLS: &[(&str, &[Kind])] = &[
    ("socket", &[One(&FAMILIES), SOCKET_TYPE, Protocol]),
    ("socketpair", &[One(&FAMILIES), SOCKET_TYPE, Uint, Filled(&Pair)]),
    ("bind connect", &[Int, Addr(2), Int]),
    ("listen dup2 setpgid", &[Int, Int]),
    ("accept getsockname getpeername", &[Int, Filled(&Addr(2)), Filled(&Length(1))]),
    ("accept4", &[Int, Filled(&Addr(2)), Filled(&Length(1)), Flags(&SOCKET_FLAGS)]),
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
    ("close dup epoll_create exit exit_group fsync fdatasync getpgid getsid setuid setgid", &[Int]),
    ("dup3", &[Int, Int, Flags(&OPENS)]),
    ("fcntl", &[Int, One(&FCNTLS), Fcntl]),
    ("ioctl", &[Int, Request, Ioctl]),
    ("pipe", &[Filled(&Pair)]),
    ("pipe2", &[Filled(&Pair), Flags(&OPENS)]),
    ("poll", &[Poll(1), Uint, Int]),
    ("ppoll", &[Poll(1), Uint, Struct(TIMESPEC), SigSet, Size]),
    ("select", &[Int, Set, Set, Set, Struct(TIMEVAL)]),
    ("pselect6", &[Int, Set, Set, Set, Struct(TIMESPEC), SigSetAndSize]),
    ("epoll_create1", &[Flags(&EPOLL_FLAGS)]),
    ("epoll_ctl", &[Int, One(&EPOLL_CTL), Int, Event]),
    ("epoll_wait", &[Int, Filled(&Events), Int, Int]),
    ("epoll_pwait", &[Int, Filled(&Events), Int, Int, SigSet, Size]),
    ("eventfd2", &[Uint, Flags(&EFD)]),
    ("open", &[Path, OPEN, Mode(1)]),
    ("openat", &[Dir, Path, OPEN, Mode(2)]),
    ("newfstatat", &[Dir, Path, Filled(&Stat), Flags(&ATS)]),
    ("fstat", &[Int, Filled(&Stat)]),
    ("stat lstat", &[Path, Filled(&Stat)]),
    ("statx", &[Dir, Path, Raw, Raw, Ptr]),
    ("access", &[Path, Flags(&OKS)]),
    ("faccessat", &[Dir, Path, Flags(&OKS)]),
    ("faccessat2", &[Dir, Path, Flags(&OKS), Flags(&ATS)]),
    ("readlink", &[Path, Filled(&Bytes(2)), Size]),
    ("readlinkat", &[Dir, Path, Filled(&Bytes(3)), Size]),
    ("chdir unlink rmdir", &[Path]),
    ("rename", &[Path, Path]),
    ("unlinkat", &[Dir, Path, Flags(&ATS)]),
    ("mkdir chmod", &[Path, Octal]),
    ("getcwd", &[Filled(&Path), Size]),
    ("lseek", &[Int, Long, One(&SEEKS)]),
    ("rt_sigaction", &[Signal, Action, Filled(&Action), Size]),
    ("rt_sigprocmask", &[One(&MASKS), SigSet, Filled(&SigSet), Size]),
    ("rt_sigsuspend", &[SigSet, Size]),
    ("fork vfork pause rt_sigreturn sched_yield setsid", &[]),
    ("getpid getppid gettid getuid geteuid getgid getegid getpgrp", &[]),
    ("sigaltstack", &[Struct(STACK), Filled(&Struct(STACK))]),
    ("kill tkill", &[Int, Signal]),
    ("tgkill", &[Int, Int, Signal]),
    ("clone3", &[Filled(&Clone3), Size]),
    ("execve", &[Path, Strings, Environment]),
    ("wait4", &[Int, Filled(&Status), Flags(&WAITS), Filled(&Struct(RUSAGE))]),
    ("waitid", &[One(&IDS), Int, Filled(&SigInfo), Flags(&WAITS), Filled(&Struct(RUSAGE))]),
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
    ("brk set_tid_address sysinfo times", &[Ptr]),
    ("mmap", &[Ptr, Size, Flags(&PROTS), Mixed(15, &MAPS, &MAP_FLAGS), Int, Hex]),
    ("munmap set_robust_list", &[Ptr, Size]),
    ("mprotect", &[Ptr, Size, Flags(&PROTS)]),
    ("madvise", &[Ptr, Size, One(&ADVICE)]),
    ("mremap", &[Ptr, Size, Size, Raw, Ptr]),
    ("uname", &[Filled(&Struct(UTSNAME))]),
    ("getrandom", &[Filled(&Random), Size, Flags(&GRND)]),
    ("umask", &[Octal]),
    ("arch_prctl", &[One(&ARCHES), Ptr]),
    ("rseq", &[Ptr, Hex, Int, Hex]),
    ("prctl", &[Raw; 5]),
    ("ftruncate", &[Int, Long]),
    ("flock", &[Int, Raw]),
    ("getdents64", &[Int, Ptr, Size]),
    ("close_range", &[Uint, Uint, Raw]),
    ("sendfile", &[Int, Int, Ptr, Size]),
];

/// Of each argument that is shown: its register, and what it is. Six numbers of a call that nobody knows.
pub(super) fn kinds(name: &str, args: &[u64; 6]) -> Vec<(usize, Kind)> {
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
        _ => match CALLS.iter().find(|(names, _)| names.split(' ').any(|known| known == name)) {
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
pub(super) fn options(level: u64) -> Option<&'static Names> {
    match level as i32 {
        libc::SOL_SOCKET => Some(&SO),
        libc::SOL_TCP => Some(&TCP),
        libc::SOL_IP => Some(&IP),
        libc::SOL_IPV6 => Some(&IPV6),
        libc::SOL_UDP => Some(&UDP),
        _ => None,
    }
}

/// As C's `%#x`.
pub(super) fn hex(value: u64) -> String {
    if value == 0 { "0".into() } else { format!("{value:#x}") }
}
