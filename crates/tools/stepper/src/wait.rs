//! Which calls wait, and whether one would wait now.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::decode::{Entered, Memory};
use crate::network::pidfd_getfd;

/// Does a call wait until there is something to be had from its first argument, a descriptor?
fn receives(call: &Entered) -> bool {
    let flags = |i: usize| call.arg(i) as i32;
    match call.name() {
        "read" | "readv" | "accept" | "accept4" => true,
        "recvfrom" => flags(3) & libc::MSG_DONTWAIT == 0,
        "recvmsg" => flags(2) & libc::MSG_DONTWAIT == 0,
        _ => false,
    }
}

/// A call that is held before it is entered, since it would wait.
pub(crate) struct Held {
    /// It would wait no longer than some time.
    pub timed: bool,
}

/// Which descriptors a process asks about in poll(2) and its like, and whether it waits no longer than some time; none if it does
/// not wait.
fn asks(call: &Entered, memory: &impl Memory) -> Option<(Vec<(i32, PollFlags)>, bool)> {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, i32::from_ne_bytes);
    // None is no limit, and false is no time at all.
    let milliseconds = |i| {
        let limit = (call.arg(i) as u32).cast_signed();
        (limit >= 0).then_some(limit > 0)
    };
    let time = |i| {
        let at = call.arg(i);
        (at != 0).then(|| memory.read(at, 16).iter().any(|byte| *byte != 0))
    };
    let polled = || {
        let asked = memory.read(call.arg(0), size_of::<libc::pollfd>().saturating_mul(call.arg(1) as usize));
        let asked = asked.chunks_exact(size_of::<libc::pollfd>());
        let asked = asked
            .map(|one| (word(&one[..4]), PollFlags::from_bits_retain(word(&[one[4], one[5], 0, 0]) as i16)));
        asked.filter(|(fd, _)| *fd >= 0).collect()
    };
    let selected = || {
        let most = (call.arg(0) as usize).min(libc::FD_SETSIZE);
        let mut asked = Vec::new();
        for (i, events) in [(1, PollFlags::POLLIN), (2, PollFlags::POLLOUT), (3, PollFlags::POLLPRI)] {
            let set = memory.read(call.arg(i), most.div_ceil(8));
            let is_in = |fd: &usize| set.get(fd / 8).is_some_and(|byte| byte >> (fd % 8) & 1 != 0);
            asked.extend((0..most).filter(is_in).map(|fd| (fd as i32, events)));
        }
        asked
    };
    let one = || vec![(call.arg(0) as i32, PollFlags::POLLIN)];
    let (asked, limit) = match call.name() {
        "nanosleep" | "clock_nanosleep" => (Vec::new(), Some(true)),
        "poll" => (polled(), milliseconds(2)),
        "ppoll" => (polled(), time(2)),
        "select" | "pselect6" => (selected(), time(4)),
        "epoll_wait" | "epoll_pwait" => (one(), milliseconds(3)),
        "epoll_pwait2" => (one(), time(3)),
        _ => return None,
    };
    (limit != Some(false)).then_some((asked, limit.is_some()))
}

/// Would the call wait if the process entered it now? None if it would return at once, and of a call that sends: how much room
/// there is for it, only the kernel knows.
pub(crate) fn would_wait(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> io::Result<Option<Held>> {
    if let Some((asked, timed)) = asks(call, memory) {
        let copies: Result<Vec<_>, _> = asked
            .iter()
            .map(|(fd, events)| Ok((pidfd_getfd(pidfd, *fd)?, *events)))
            .collect::<io::Result<_>>();
        let Ok(copies) = copies else { return Ok(None) }; // of a descriptor that is closed it hears at once
        let mut fds: Vec<PollFd> =
            copies.iter().map(|(fd, events)| PollFd::new(fd.as_fd(), *events)).collect();
        return Ok((poll(&mut fds, PollTimeout::ZERO)? == 0).then_some(Held { timed }));
    }
    if !receives(call) {
        return Ok(None);
    }
    let Ok(fd) = pidfd_getfd(pidfd, call.arg(0) as i32) else { return Ok(None) }; // EBADF is at once
    // So is accept where nobody listens, and anything else with a socket that listens: ENOTCONN, EINVAL.
    let accepts = call.name().starts_with("accept");
    if getsockopt(&fd, sockopt::AcceptConn).is_ok_and(|listens| listens != accepts) {
        return Ok(None);
    }
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    if poll(&mut fds, PollTimeout::ZERO)? > 0 {
        return Ok(None);
    }
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    if flags.contains(OFlag::O_NONBLOCK) {
        return Ok(None);
    }
    Ok(Some(Held { timed: is_limit(getsockopt(&fd, sockopt::ReceiveTimeout)) }))
}

/// Is SO_RCVTIMEO, or SO_SNDTIMEO, any time?
fn is_limit(limit: nix::Result<TimeVal>) -> bool {
    limit.is_ok_and(|limit| limit.num_microseconds() > 0)
}

/// Does a process that sleeps in this call wake up by itself, after a time?
pub(crate) fn wakes_by_itself(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> bool {
    if let Some((_, timed)) = asks(call, memory) {
        return timed;
    }
    match call.name() {
        "connect" | "rt_sigtimedwait" | "restart_syscall" => true,
        "futex" => call.arg(3) != 0,
        "recvmmsg" => call.arg(4) != 0,
        "write" | "writev" | "sendto" | "sendmsg" => {
            let fd = pidfd_getfd(pidfd, call.arg(0) as i32);
            fd.is_ok_and(|fd| is_limit(getsockopt(&fd, sockopt::SendTimeout)))
        }
        _ if receives(call) => {
            let fd = pidfd_getfd(pidfd, call.arg(0) as i32);
            fd.is_ok_and(|fd| is_limit(getsockopt(&fd, sockopt::ReceiveTimeout)))
        }
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
