//! open_socket: files and sockets are numbered in one row (slides 4, 9, 10).
//! C original: open_socket.c
//!
//! Run:    cargo run -p open_socket
//! Watch:  0, 1 and 2 are taken, so the first is 3; a socket's number is a file descriptor like any other.
//! See:    open(2), socket(2), close(2)

use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;

use nix::fcntl::{OFlag, open};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::stat::Mode;
use nix::unistd::close;
use sockcommon::{Error, OrFail as _, parse_args, run};

fn main() -> ExitCode {
    run(open_socket)
}

fn open_socket() -> Result<(), Error> {
    // 1. arguments: none
    parse_args("open_socket")?;
    let mut stdout = io::stdout();

    // 2. open: the file /etc/passwd
    let fd1 = open("/etc/passwd", OFlag::O_RDONLY, Mode::empty()).or_fail("open fail")?;
    writeln!(stdout, "/etc/passwd's file descriptor = {}", fd1.as_raw_fd())?;

    // 3. socket: a stream socket
    let sd1 =
        socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).or_fail("socket fail")?;
    writeln!(stdout, "stream socket descriptor = {}", sd1.as_raw_fd())?;

    // 4. socket: a datagram socket
    let sd2 =
        socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).or_fail("socket fail")?;
    writeln!(stdout, "datagram socket descriptor = {}", sd2.as_raw_fd())?;

    // 5. open: the file /etc/hosts
    let fd2 = open("/etc/hosts", OFlag::O_RDONLY, Mode::empty()).or_fail("open fail")?;
    writeln!(stdout, "/etc/host's file descriptor = {}", fd2.as_raw_fd())?;

    // 6. close: files and sockets alike
    for fd in [fd1, sd1, sd2, fd2] {
        close(fd).or_fail("close fail")?;
    }
    Ok(())
}
