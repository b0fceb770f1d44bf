use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::exit;

use nix::errno::Errno;
use nix::sys::socket::*;

fn fail(what: &str, errno: Errno) -> ! {
    eprintln!("{what} fail: {}", errno.desc());
    exit(1)
}

fn echo(sock: &OwnedFd) -> nix::Result<()> {
    let mut buf = [0; 2048];
    loop {
        let n = match recv(sock.as_raw_fd(), &mut buf, MsgFlags::empty()) {
            Ok(0) => return Ok(()),
            Err(Errno::EINTR) => continue,
            got => got?,
        };
        let mut sent = 0;
        while sent < n {
            match send(sock.as_raw_fd(), &buf[sent..n], MsgFlags::MSG_NOSIGNAL) {
                Err(Errno::EINTR) => {}
                put => sent += put?,
            }
        }
    }
}

fn main() {
    let Some(port) = std::env::args().nth(1).and_then(|arg| arg.parse().ok()) else {
        eprintln!("usage: tcp_echoserv PORT");
        exit(2);
    };
    let listen_sock = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)
        .unwrap_or_else(|errno| fail("socket", errno));
    let servaddr = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: libc::htons(port),
        sin_addr: libc::in_addr { s_addr: libc::INADDR_ANY },
        sin_zero: [0; 8],
    };
    if let Err(errno) = bind(listen_sock.as_raw_fd(), &SockaddrIn::from(servaddr)) {
        fail("bind", errno);
    }
    if let Err(errno) = Backlog::new(5).and_then(|backlog| listen(&listen_sock, backlog)) {
        fail("listen", errno);
    }
    loop {
        match accept(listen_sock.as_raw_fd()) {
            Ok(accp_sock) => {
                // SAFETY: accept has just opened it, nobody else owns it.
                let accp_sock = unsafe { OwnedFd::from_raw_fd(accp_sock) };
                if let Err(errno) = echo(&accp_sock) {
                    eprintln!("echo fail: {}", errno.desc());
                }
            }
            Err(errno) => eprintln!("accept fail: {}", errno.desc()),
        }
    }
}
