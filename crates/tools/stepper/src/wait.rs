//! Which calls wait, and whether one would wait now.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::time::TimeValLike as _;

use crate::decode::Entered;
use crate::network::pidfd_getfd;

/// What a call waits for on its first argument, a descriptor; none if it waits for nothing there.
fn waits_for(call: &Entered) -> Option<PollFlags> {
    let flags = |i: usize| call.arg(i) as i32;
    match call.name() {
        "read" | "readv" | "accept" | "accept4" => Some(PollFlags::POLLIN),
        "recvfrom" if flags(3) & libc::MSG_DONTWAIT == 0 => Some(PollFlags::POLLIN),
        "recvmsg" if flags(2) & libc::MSG_DONTWAIT == 0 => Some(PollFlags::POLLIN),
        "write" | "writev" => Some(PollFlags::POLLOUT),
        "sendto" if flags(3) & libc::MSG_DONTWAIT == 0 => Some(PollFlags::POLLOUT),
        "sendmsg" if flags(2) & libc::MSG_DONTWAIT == 0 => Some(PollFlags::POLLOUT),
        _ => None,
    }
}

/// A call that is held before it is entered, since it would wait.
pub(crate) struct Held {
    /// It would wait no longer than some time: SO_RCVTIMEO, SO_SNDTIMEO.
    pub timed: bool,
}

/// Would the call wait if the process entered it now, or, if it `waits` already, go on waiting? None if it would return at once.
pub(crate) fn would_wait(call: &Entered, pidfd: &OwnedFd, waits: bool) -> io::Result<Option<Held>> {
    let Some(events) = waits_for(call) else { return Ok(None) };
    let Ok(fd) = pidfd_getfd(pidfd, call.arg(0) as i32) else { return Ok(None) }; // EBADF is at once
    // So is accept where nobody listens, and anything else with a socket that listens: ENOTCONN, EINVAL.
    let accepts = call.name().starts_with("accept");
    if getsockopt(&fd, sockopt::AcceptConn).is_ok_and(|listens| listens != accepts) {
        return Ok(None);
    }
    let mut fds = [PollFd::new(fd.as_fd(), events)];
    if poll(&mut fds, PollTimeout::ZERO)? > 0 {
        return Ok(None);
    }
    // Who waits for room is woken up when there is much of it, as poll says; who comes takes what there is.
    if events == PollFlags::POLLOUT && !waits && has_room(&fd) {
        return Ok(None);
    }
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    if flags.contains(OFlag::O_NONBLOCK) {
        return Ok(None);
    }
    let timeout = if events == PollFlags::POLLIN {
        getsockopt(&fd, sockopt::ReceiveTimeout)
    } else {
        getsockopt(&fd, sockopt::SendTimeout)
    };
    Ok(Some(Held { timed: timeout.is_ok_and(|timeout| timeout.num_microseconds() > 0) }))
}

/// Is there any room in a socket's send buffer, and nothing wrong with it? The kernel's sk_stream_memory_free and
/// sock_alloc_send_pskb ask so.
fn has_room(fd: &OwnedFd) -> bool {
    let mut info = [0_u32; 9];
    let mut size = size_of_val(&info) as libc::socklen_t;
    // SAFETY: size says how much room there is.
    let asked = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            info.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    let of = |which: libc::c_int| info[which as usize];
    asked == 0
        && of(libc::SK_MEMINFO_WMEM_QUEUED).max(of(libc::SK_MEMINFO_WMEM_ALLOC)) < of(libc::SK_MEMINFO_SNDBUF)
}

/// Does a process that sleeps in this call wake up by itself, after a time?
pub(crate) fn wakes_by_itself(call: &Entered) -> bool {
    match call.name() {
        "nanosleep" | "clock_nanosleep" | "connect" | "rt_sigtimedwait" | "restart_syscall" => true,
        // Below 0 there is no limit.
        "poll" => (call.arg(2) as u32).cast_signed() >= 0,
        "epoll_wait" | "epoll_pwait" => (call.arg(3) as u32).cast_signed() >= 0,
        "ppoll" => call.arg(2) != 0,
        "futex" | "epoll_pwait2" => call.arg(3) != 0,
        "select" | "pselect6" | "recvmmsg" => call.arg(4) != 0,
        _ => false,
    }
}

/// Has a process returned from this call since the time was over?
pub(crate) fn timed_out(call: &Entered, result: i64) -> bool {
    match call.name() {
        "nanosleep" | "clock_nanosleep" | "poll" | "ppoll" | "select" | "pselect6" | "epoll_wait"
        | "epoll_pwait" | "epoll_pwait2" => result == 0,
        _ => [Errno::EAGAIN, Errno::ETIMEDOUT].iter().any(|errno| result == -(*errno as i64)),
    }
}
