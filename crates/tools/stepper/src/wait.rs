//! Which calls wait, and whether one would wait now.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use labkit::while_none_starts;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::decode::{Entered, Memory};
use crate::network::{pidfd_getfd, with_copy};

/// How long a call waits, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until something comes.
    ForEver,
    /// No longer than some time.
    ForATime,
}

/// More descriptors than so many no process has: fs.nr_open.
const MOST_DESCRIPTORS: usize = 1 << 20;

/// Does a call wait until there is something to be had from its first argument, a descriptor?
fn receives(call: &Entered, memory: &impl Memory) -> bool {
    const AT_ONCE: i32 = libc::MSG_DONTWAIT | libc::MSG_OOB | libc::MSG_ERRQUEUE;
    let waits = |flags: u64| flags as i32 & AT_ONCE == 0;
    match call.name() {
        "accept" | "accept4" => true,
        "read" => call.arg(2) > 0,
        "readv" => {
            // Of no bytes nothing is waited for.
            let parts = memory.read(call.arg(1), 16 * call.arg(2).min(1024) as usize);
            parts.chunks_exact(16).any(|part| part[8..].iter().any(|byte| *byte != 0))
        }
        "recvfrom" => waits(call.arg(3)),
        "recvmsg" => waits(call.arg(2)),
        _ => false,
    }
}

/// Which descriptors a process asks about in poll(2) and its like, and how long it waits for them; none if it doesn't.
fn asks(call: &Entered, memory: &impl Memory) -> Option<(Vec<(i32, PollFlags)>, Wait)> {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, i32::from_ne_bytes);
    let milliseconds = |i| match (call.arg(i) as u32).cast_signed() {
        0 => None,
        1.. => Some(Wait::ForATime),
        _ => Some(Wait::ForEver),
    };
    // Seconds, and what of one is left over; of a time that can't be the kernel says so at once.
    let time = |i| {
        let bytes = memory.read(call.arg(i), 16);
        let parts = bytes.chunks_exact(8).map(|part| part.try_into().map_or(-1, i64::from_ne_bytes));
        let parts: Vec<i64> = parts.collect();
        (parts.len() == 2 && parts.iter().all(|part| *part >= 0) && parts != [0, 0]).then_some(Wait::ForATime)
    };
    let limit = |i| if call.arg(i) == 0 { Some(Wait::ForEver) } else { time(i) };
    let polled = || {
        let size = size_of::<libc::pollfd>();
        let most = Some(call.arg(1) as u32 as usize).filter(|most| *most <= MOST_DESCRIPTORS)?;
        let asked = memory.read(call.arg(0), size * most);
        let asked = asked.chunks_exact(size);
        let asked = asked
            .map(|one| (word(&one[..4]), PollFlags::from_bits_retain(word(&[one[4], one[5], 0, 0]) as i16)));
        Some(asked.filter(|(fd, _)| *fd >= 0).collect())
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
    Some(match call.name() {
        "nanosleep" => (Vec::new(), time(0)?),
        "clock_nanosleep" => (Vec::new(), time(2)?),
        "poll" => (polled()?, milliseconds(2)?),
        "ppoll" => (polled()?, limit(2)?),
        "select" | "pselect6" => (selected(), limit(4)?),
        "epoll_wait" | "epoll_pwait" => (one(), milliseconds(3)?),
        "epoll_pwait2" => (one(), limit(3)?),
        _ => return None,
    })
}

/// How long the call would wait if the process entered it now. None if it would return at once, and of a call that sends: how much
/// room there is for it, only the kernel knows.
pub(crate) fn would_wait(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> io::Result<Option<Wait>> {
    while_none_starts(|| waits(call, memory, pidfd))
}

fn waits(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> io::Result<Option<Wait>> {
    if let Some((asked, wait)) = asks(call, memory) {
        let copies: Result<Vec<_>, _> = asked
            .iter()
            .map(|(fd, events)| Ok((pidfd_getfd(pidfd, *fd)?, *events)))
            .collect::<io::Result<_>>();
        let Ok(copies) = copies else { return Ok(None) }; // of a descriptor that is closed it hears at once
        let mut fds: Vec<PollFd> =
            copies.iter().map(|(fd, events)| PollFd::new(fd.as_fd(), *events)).collect();
        return Ok((poll(&mut fds, PollTimeout::ZERO)? == 0).then_some(wait));
    }
    if !receives(call, memory) {
        return Ok(None);
    }
    let Ok(fd) = pidfd_getfd(pidfd, call.arg(0) as i32) else { return Ok(None) }; // EBADF is at once
    // So are accept where nobody listens, anything else with a socket that listens, and both with what is no socket: EINVAL,
    // ENOTCONN, ENOTSOCK.
    match getsockopt(&fd, sockopt::AcceptConn) {
        Ok(listens) if listens != call.name().starts_with("accept") => return Ok(None),
        Err(Errno::ENOTSOCK) if !call.name().starts_with("read") => return Ok(None),
        _ => {}
    }
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    if flags.contains(OFlag::O_NONBLOCK) || flags & OFlag::O_ACCMODE == OFlag::O_WRONLY {
        return Ok(None);
    }
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    if poll(&mut fds, PollTimeout::ZERO)? > 0 {
        return Ok(None);
    }
    let timed = is_limit(getsockopt(&fd, sockopt::ReceiveTimeout));
    Ok(Some(if timed { Wait::ForATime } else { Wait::ForEver }))
}

/// Is SO_RCVTIMEO, or SO_SNDTIMEO, any time?
fn is_limit(limit: nix::Result<TimeVal>) -> bool {
    limit.is_ok_and(|limit| limit.num_microseconds() > 0)
}

/// Does a process that sleeps in this call wake up by itself, after a time?
pub(crate) fn wakes_by_itself(call: &Entered, memory: &impl Memory, pidfd: &OwnedFd) -> bool {
    if let Some((_, wait)) = asks(call, memory) {
        return wait == Wait::ForATime;
    }
    let limited = |limit: fn(&OwnedFd) -> nix::Result<TimeVal>| {
        with_copy(pidfd, call.arg(0) as i32, |fd| Ok(is_limit(limit(fd)))).unwrap_or(false)
    };
    match call.name() {
        "connect" | "rt_sigtimedwait" | "restart_syscall" => true,
        "futex" => call.arg(3) != 0,
        "recvmmsg" => call.arg(4) != 0,
        "write" | "writev" | "sendto" | "sendmsg" => limited(|fd| getsockopt(fd, sockopt::SendTimeout)),
        _ if receives(call, memory) => limited(|fd| getsockopt(fd, sockopt::ReceiveTimeout)),
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
