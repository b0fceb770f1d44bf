//! What slides 4, 9 and 10 say of descriptors, protocol families and kinds of sockets.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::os::fd::{AsRawFd as _, OwnedFd};

use labkit::{DEADLINE, Program, run_trials, trial, twins};
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, bind, getsockname,
    listen, recvfrom, sendto, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};

/// The tests run at the same time, and those of F1 count what a program inherits.
#[cfg(target_os = "linux")]
const CLOEXEC: SockFlag = SockFlag::SOCK_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const CLOEXEC: SockFlag = SockFlag::empty();

macro_rules! fact {
    ($test:ident, $missing:expr) => {
        trial(stringify!($test), $missing, $test)
    };
}

fn main() {
    run_trials(vec![
        fact!(f1_descriptors_are_given_in_order_to_files_and_sockets_alike, None),
        fact!(f1_the_lowest_free_number_comes_first, None),
        fact!(f1_0_1_and_2_are_taken_by_the_standard_streams, None),
        fact!(f5_the_pf_names_equal_the_af_names, None),
        #[cfg(target_os = "linux")]
        fact!(f5_linux_has_no_xerox_family, None),
        fact!(f5_a_stream_socket_listens_and_sends_only_when_connected, None),
        fact!(f5_a_datagram_socket_sends_at_once_and_never_listens, None),
        fact!(f5_a_raw_socket_needs_a_privilege_and_the_others_none, root_cannot_drop()),
        #[cfg(target_os = "linux")]
        fact!(f5_a_raw_socket_writes_and_reads_below_udp, no_raw_socket()),
    ]);
}

// ---- F1: slides 4 and 10 ----

/// The descriptors that open_socket prints when a shell starts it after `redirections`. It starts with 0, 1, 2 alone.
fn descriptors(program: &Program, redirections: &str) -> Vec<i32> {
    let script = format!("exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; {redirections} exec \"$0\"");
    let output = Program::at("sh").run(["-c", &script, program.path.to_str().unwrap()], b"").unwrap();
    let text = output.stdout_text();
    text.lines().map(|line| line.split_once(" = ").unwrap().1.parse().unwrap()).collect()
}

fn f1_descriptors_are_given_in_order_to_files_and_sockets_alike() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        assert_eq!(descriptors(&program, ""), [3, 4, 5, 6]);
    }
}

fn f1_the_lowest_free_number_comes_first() {
    for program in twins(env!("CARGO_BIN_EXE_open_socket")).unwrap() {
        assert_eq!(descriptors(&program, "exec 3</dev/null 5</dev/null;"), [4, 6, 7, 8]);
    }
}

fn f1_0_1_and_2_are_taken_by_the_standard_streams() {
    let [rust, c] = twins(env!("CARGO_BIN_EXE_open_socket")).unwrap();
    for without in ["exec 0<&-;", "exec 0<&- 2>&-;"] {
        // Before main, Rust's runtime opens /dev/null in the place of one that is missing.
        assert_eq!(descriptors(&rust, without), [3, 4, 5, 6]);
    }
    // In C it is the lowest free number.
    assert_eq!(descriptors(&c, "exec 0<&-;"), [0, 3, 4, 5]);
    assert_eq!(descriptors(&c, "exec 0<&- 2>&-;"), [0, 2, 3, 4]);
}

// ---- F5: slide 9 ----

/// Does the C compiler take `declaration` after the headers of slide 12?
fn compiles(declaration: &str) -> bool {
    let source = format!("#include <sys/types.h>\n#include <sys/socket.h>\n{declaration}\n");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let output = Program::at(compiler).run(["-fsyntax-only", "-xc", "-"], source.as_bytes()).unwrap();
    output.code == Some(0)
}

fn f5_the_pf_names_equal_the_af_names() {
    for name in ["INET", "INET6", "UNIX"] {
        assert!(compiles(&format!("_Static_assert(PF_{name} == AF_{name}, \"\");")), "{name}");
    }
    // Packet capture is Linux's own.
    assert_eq!(compiles("_Static_assert(PF_PACKET == AF_PACKET, \"\");"), cfg!(target_os = "linux"));
}

/// macOS still has the name.
#[cfg(target_os = "linux")]
fn f5_linux_has_no_xerox_family() {
    assert!(!compiles("int family = PF_NS;"));
    assert!(!compiles("int family = AF_NS;"));
    assert!(compiles("int family = PF_INET;"));
}

fn open(kind: SockType) -> nix::Result<OwnedFd> {
    let protocol = (kind == SockType::Raw).then_some(SockProtocol::Udp);
    let s = socket(AddressFamily::Inet, kind, CLOEXEC, protocol)?;
    setsockopt(&s, ReceiveTimeout, &TimeVal::seconds(DEADLINE.as_secs().cast_signed()))?;
    Ok(s)
}

/// A datagram socket at a loopback port that the system chooses, and its address.
fn receiver() -> (OwnedFd, SockaddrIn) {
    let s = open(SockType::Datagram).unwrap();
    bind(s.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let addr = getsockname(s.as_raw_fd()).unwrap();
    (s, addr)
}

fn f5_a_stream_socket_listens_and_sends_only_when_connected() {
    let (_receiver, addr) = receiver();
    let s = open(SockType::Stream).unwrap();
    let unconnected = if cfg!(target_os = "linux") { Errno::EPIPE } else { Errno::ENOTCONN };
    assert_eq!(sendto(s.as_raw_fd(), b"abc", &addr, MsgFlags::empty()), Err(unconnected));
    assert_eq!(listen(&s, Backlog::new(5).unwrap()), Ok(()));
}

fn f5_a_datagram_socket_sends_at_once_and_never_listens() {
    let (receiver, addr) = receiver();
    let s = open(SockType::Datagram).unwrap();
    assert_eq!(sendto(s.as_raw_fd(), b"abc", &addr, MsgFlags::empty()), Ok(3));
    let mut buf = [0; 10];
    assert_eq!(recvfrom::<SockaddrIn>(receiver.as_raw_fd(), &mut buf).unwrap().0, 3);
    assert_eq!(listen(&s, Backlog::new(5).unwrap()), Err(Errno::EOPNOTSUPP));
}

/// Runs `test` in a thread without privileges: on Linux each thread has its own, capabilities(7).
#[cfg(target_os = "linux")]
fn unprivileged(test: fn()) {
    let thread = std::thread::spawn(move || {
        let mut header = [0x2008_0522_u32, 0]; // _LINUX_CAPABILITY_VERSION_3, and 0 for this thread
        let none = [0_u32; 6];
        // SAFETY: version 3 has a header of two integers and sets of six.
        let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), none.as_ptr()) };
        assert_eq!(result, 0);
        test();
    });
    thread.join().unwrap();
}

#[cfg(not(target_os = "linux"))]
fn unprivileged(test: fn()) {
    test();
}

/// Elsewhere than on Linux no single thread can give up root's privileges.
fn root_cannot_drop() -> Option<String> {
    let root = !cfg!(target_os = "linux") && nix::unistd::geteuid().is_root();
    root.then(|| "root has the privilege, and only on Linux can one thread give it up".into())
}

fn f5_a_raw_socket_needs_a_privilege_and_the_others_none() {
    unprivileged(|| {
        assert!(open(SockType::Stream).is_ok());
        assert!(open(SockType::Datagram).is_ok());
        assert_eq!(open(SockType::Raw).err(), Some(Errno::EPERM));
        #[cfg(target_os = "linux")]
        assert_eq!(
            socket(AddressFamily::Packet, SockType::Raw, CLOEXEC, SockProtocol::EthAll).err(),
            Some(Errno::EPERM)
        );
    });
}

#[cfg(target_os = "linux")]
fn no_raw_socket() -> Option<String> {
    open(SockType::Raw).err().map(|errno| format!("no raw socket without CAP_NET_RAW ({errno})"))
}

/// On BSD and macOS no raw socket gets a copy of what UDP has taken.
#[cfg(target_os = "linux")]
fn f5_a_raw_socket_writes_and_reads_below_udp() {
    let (receiver, addr) = receiver();
    let raw = open(SockType::Raw).unwrap();

    // The UDP header is this program's own: from port 7, which nobody has bound, 8 + 2 bytes, no checksum.
    let mut packet = vec![0, 7];
    packet.extend(addr.port().to_be_bytes());
    packet.extend([0, 10, 0, 0]);
    packet.extend(b"hi");
    assert_eq!(sendto(raw.as_raw_fd(), &packet, &addr, MsgFlags::empty()), Ok(10));

    let mut buf = [0; 1500];
    let (n, sender) = recvfrom::<SockaddrIn>(receiver.as_raw_fd(), &mut buf).unwrap();
    assert_eq!((&buf[..n], sender.unwrap()), (&b"hi"[..], SockaddrIn::new(127, 0, 0, 1, 7)));

    // The raw socket gets every UDP datagram of this host, with its headers: 20 bytes of IP, 8 of UDP.
    let packet_with_ip = loop {
        let (n, _) = recvfrom::<SockaddrIn>(raw.as_raw_fd(), &mut buf).unwrap();
        if buf[20..n].starts_with(&packet[..4]) {
            break &buf[..n];
        }
    };
    assert_eq!(packet_with_ip[0], 0x45); // IPv4, five words of header
    assert_eq!(packet_with_ip[9], 17); // UDP
    assert_eq!(packet_with_ip[12..20], [127, 0, 0, 1, 127, 0, 0, 1]);
    assert_eq!(packet_with_ip[20..], packet);
}
