//! The other side of a program under test: peers whose every call has a [`DEADLINE`], and what a shell can do to it.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Command};
use std::{env, fs, thread};

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, socket, sockopt};
use nix::unistd::Pid;

use crate::program::Program;
use crate::running::{Output, Running, Server};
use crate::trial::missing_program;
use crate::wait::{DEADLINE, until};

// ---- Sockets ----

/// A client's connection to `addr`.
pub fn connect(addr: SocketAddrV4) -> io::Result<TcpStream> {
    with_deadline(TcpStream::connect_timeout(&addr.into(), DEADLINE)?)
}

/// A server's socket on loopback, at a port of the system's choice, for [`accept`].
pub fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The next client of a [`listen`]ing socket.
pub fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let stream = until("a client", || match listener.accept() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        client => client.map(|(stream, _)| Some(stream)),
    })?;
    stream.set_nonblocking(false)?;
    with_deadline(stream)
}

fn with_deadline(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    Ok(stream)
}

/// A datagram socket on loopback, at `port` or, if that is 0, at one of the system's choice.
pub fn datagram_at(port: u16) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
    socket.set_read_timeout(Some(DEADLINE))?;
    socket.set_write_timeout(Some(DEADLINE))?;
    Ok(socket)
}

/// A TCP port where nobody listens, and nobody can while the socket is open: it is bound and no more.
pub fn refusing() -> io::Result<(OwnedFd, u16)> {
    // No other test's program may inherit it; macOS has no such flag.
    #[cfg(target_os = "linux")]
    let flags = SockFlag::SOCK_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = SockFlag::empty();
    let held = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
    bind(raw(&held), &SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)))?;
    let port = getsockname::<SockaddrIn>(raw(&held))?.port();
    Ok((held, port))
}

fn raw(fd: &OwnedFd) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(fd)
}

/// A UDP port where nobody listens, and nobody can while the socket is open: its peer is itself, so that it takes
/// nobody else's datagrams.
pub fn refusing_datagrams() -> io::Result<(UdpSocket, u16)> {
    let held = datagram_at(0)?;
    held.connect(held.local_addr()?)?;
    let port = held.local_addr()?.port();
    Ok((held, port))
}

/// Closes a connection with a reset: what was not sent yet is thrown away (SO_LINGER 0, socket(7)).
pub fn reset(stream: TcpStream) -> io::Result<()> {
    nix::sys::socket::setsockopt(&stream, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
    drop(stream);
    Ok(())
}

/// Gives a connection room for only `bytes` bytes that were not read yet (SO_RCVBUF, socket(7)).
pub fn receive_buffer(stream: &TcpStream, bytes: usize) -> io::Result<()> {
    Ok(nix::sys::socket::setsockopt(stream, sockopt::RcvBuf, &bytes)?)
}

/// All that comes until the other side closes the connection, or resets it.
pub fn received(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(bytes),
    }
}

/// Waits until the other side's program has read all that was sent to it. Looks only on Linux: proc(5).
pub fn taken(stream: &TcpStream) -> io::Result<()> {
    let (here, there) = (in_table(stream.local_addr()?), in_table(stream.peer_addr()?));
    let (this_end, that_end) = (format!(" {here} {there} "), format!(" {there} {here} "));
    until("a peer that reads", || {
        if !cfg!(target_os = "linux") {
            return Ok(Some(()));
        }
        // sl local_address rem_address st tx_queue:rx_queue …
        let table = fs::read_to_string("/proc/self/net/tcp")?;
        let waits = table.lines().any(|line| {
            let queues = line.split_whitespace().nth(4).unwrap_or_default();
            line.contains(&this_end) && !queues.starts_with("00000000:")
                || line.contains(&that_end) && !queues.ends_with(":00000000")
        });
        Ok((!waits).then_some(()))
    })
}

/// An IPv4 address as `/proc/net/tcp` has it: the bytes of the address as one number of this machine, and the port.
fn in_table(addr: SocketAddr) -> String {
    match addr {
        SocketAddr::V4(addr) => format!("{:08X}:{:04X}", u32::from_ne_bytes(addr.ip().octets()), addr.port()),
        SocketAddr::V6(addr) => addr.to_string(),
    }
}

// ---- Programs ----

/// What a student sees: the exit status as a shell tells it (128 and more for a signal), stdout, stderr.
#[must_use]
pub fn seen(output: &Output) -> (i32, String, String) {
    let status = output.code.unwrap_or_else(|| 128 + output.signal.unwrap_or(0));
    (status, output.stdout_text(), output.stderr_text())
}

/// Ends a server with SIGTERM.
pub fn stop(server: Server) -> io::Result<Output> {
    server.signal(Signal::SIGTERM)?;
    server.into_running().finish()
}

/// The redirection of [`redirected`] to a pipe that nobody reads any more.
pub const READER_GONE: &str = ">&4 4>&-";

/// The same, where whoever starts the program ignores SIGPIPE, as many a service does: what is ignored is inherited.
pub const READER_GONE_SIGPIPE_IGNORED: &str = "1>&4 4>&-";

/// [`READER_GONE`], of its stderr.
pub const MESSAGES_UNREAD: &str = "2>&4 4>&-";

/// A command that starts `program` as a shell does with a redirection such as `>&-` or `>/dev/full`. Arguments may be
/// added to it.
#[must_use]
pub fn redirected(program: &Program, redirection: &str) -> Command {
    const GONE: &str = "f=$(mktemp -u) && mkfifo $f && exec 3<>$f 4>$f 3>&- && rm $f &&";
    let before = match redirection {
        READER_GONE | MESSAGES_UNREAD => GONE.into(),
        READER_GONE_SIGPIPE_IGNORED => format!("trap '' PIPE && {GONE}"),
        _ => String::new(),
    };
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{before} exec \"$0\" \"$@\" {redirection}")).arg(&program.path);
    command
}

/// Does `much` to process `pid`, which is at rest before and after. An error if that leaves it other descriptors than it
/// had, or more memory of its own. Looks only on Linux: proc(5).
pub fn steady(pid: i32, much: impl FnOnce()) -> io::Result<()> {
    // malloc takes 132 KiB at a time from the system, which count page by page as they are first used: mallopt(3).
    const HEAP_STEP: u64 = 132;
    let before = footprint(pid)?;
    much();
    let after = footprint(pid)?;
    if after.0 != before.0 || after.1 > before.1 + HEAP_STEP {
        return Err(io::Error::other(format!("(descriptors, KiB): {before:?} before, {after:?} after")));
    }
    Ok(())
}

/// Does what Ctrl+Z and `fg` do to a process that waits in a call: stops it and lets it go on, until it waits again or has
/// ended. Linux: proc(5).
#[cfg(target_os = "linux")]
pub fn stop_and_continue(pid: i32) -> io::Result<()> {
    let becomes = |states: &[u8]| {
        until("the process to wait or to stop", || {
            let stat = fs::read(format!("/proc/{pid}/stat"))?;
            let name_end = stat.iter().rposition(|byte| *byte == b')').unwrap_or_default();
            Ok(stat.get(name_end + 2).is_some_and(|state| states.contains(state)).then_some(()))
        })
    };
    let process = Pid::from_raw(pid);
    becomes(b"S")?;
    kill(process, Signal::SIGSTOP)?;
    becomes(b"T")?;
    kill(process, Signal::SIGCONT)?;
    becomes(b"SZ")
}

/// A process's open descriptors, and the memory in KiB that is its own, in RAM or swapped out.
#[cfg(target_os = "linux")]
fn footprint(pid: i32) -> io::Result<(usize, u64)> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?.count();
    let memory = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?
        .lines()
        .filter_map(|line| line.strip_prefix("Anonymous:").or(line.strip_prefix("Swap:")))
        .filter_map(|size| size.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .sum();
    Ok((descriptors, memory))
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps, reason = "as on Linux")]
fn footprint(_: i32) -> io::Result<(usize, u64)> {
    Ok((0, 0))
}

// ---- Privileges ----

/// Why [`private_shell`] can't be had here, if it can't.
#[must_use]
pub fn missing_private_shell() -> Option<String> {
    missing_program("unshare").or_else(|| missing_program("ip")).or_else(|| {
        let output = private_shell().and_then(Running::finish);
        match output {
            Ok(output) if output.code == Some(0) => None,
            Ok(output) => Some(format!("no private network: {}", output.stderr_text().trim())),
            Err(error) => Some(format!("no private network: {error}")),
        }
    })
}

/// A shell that reads commands from its stdin, in a private network (network_namespaces(7)) where every port is free,
/// as its root; `unshare --user` in it makes an ordinary user.
pub fn private_shell() -> io::Result<Running> {
    let setup = "unset PRACTICE_NETWORK; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && exec sh";
    Program::at("unshare").start(["--user", "--map-root-user", "--net", "sh", "-c", setup])
}

/// Why [`run_as_ordinary_user`] would show nothing about privileged ports here, if so.
#[must_use]
pub fn missing_privileged_ports() -> Option<String> {
    match fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start") {
        Ok(start) if start.trim().parse().is_ok_and(|start: u16| start > 1) => None,
        Ok(start) => Some(format!("every user may bind ports from {}", start.trim())),
        Err(_) => Some("no ip_unprivileged_port_start here".into()),
    }
}

/// Runs a program to its end as a user without privileges: this one, or nobody if this one is root.
pub fn run_as_ordinary_user(program: &Program, args: &[&str]) -> io::Result<Output> {
    if !nix::unistd::geteuid().is_root() {
        return program.run(args, b"");
    }
    // Root's folders may be closed to nobody. cp, because a file that this process writes is busy while one of its
    // other threads starts a program.
    let folder = env::temp_dir().join(format!("labkit-{}-{:?}", process::id(), thread::current().id()));
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    let output = copy_and_run(program, args, &folder.join(program.name()));
    fs::remove_dir_all(&folder)?;
    output
}

fn copy_and_run(program: &Program, args: &[&str], copy: &Path) -> io::Result<Output> {
    Command::new("cp").arg(&program.path).arg(copy).status()?;
    fs::set_permissions(copy, fs::Permissions::from_mode(0o755))?;
    Running::start(Command::new(copy).args(args).current_dir("/").uid(65_534))?.finish()
}
