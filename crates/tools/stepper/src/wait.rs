//! Which calls wait, and whether one would wait now.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::time::TimeValLike as _;

use crate::decode::{Entered, Memory};
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

/// Would the call wait if the process entered it now, or, if it `waits` already, go on waiting? None if it would return at once.
pub(crate) fn would_wait(
    call: &Entered,
    memory: &impl Memory,
    pidfd: &OwnedFd,
    waits: bool,
) -> io::Result<Option<Held>> {
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
    Ok(Some(Held { timed: has_limit(&fd, events) }))
}

/// Does a socket wait no longer than some time? SO_RCVTIMEO, SO_SNDTIMEO.
fn has_limit(fd: &OwnedFd, events: PollFlags) -> bool {
    let limit = if events == PollFlags::POLLIN {
        getsockopt(fd, sockopt::ReceiveTimeout)
    } else {
        getsockopt(fd, sockopt::SendTimeout)
    };
    limit.is_ok_and(|limit| limit.num_microseconds() > 0)
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
pub(crate) fn wakes_by_itself(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> bool {
    if let Some((_, timed)) = asks(call, memory) {
        return timed;
    }
    match call.name() {
        "connect" | "rt_sigtimedwait" | "restart_syscall" => true,
        "futex" => call.arg(3) != 0,
        "recvmmsg" => call.arg(4) != 0,
        _ => waits_for(call).is_some_and(|events| {
            pidfd_getfd(pidfd, call.arg(0) as i32).is_ok_and(|fd| has_limit(&fd, events))
        }),
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
