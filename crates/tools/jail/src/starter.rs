//! The starter: a process of the caller's with one thread, which only forks. To start a keeper costs a fork then, and no exec of this
//! program anew.

use std::convert::Infallible;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, parent_id};
use std::process::Command;
use std::ptr::null_mut;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use serde::{Deserialize, Serialize};

use crate::inside::{close_others, keep};
use crate::jail::{JAIL, Jail};
use crate::place::PATH;
use crate::process::{KEEPER, myself, stay_on_this_processor};
use crate::tier::{Tier, tried};

/// A run: its jail, and strace with its options if it is traced.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) jail: Jail,
    pub(crate) strace: Vec<String>,
}

/// What a keeper gets: its stdin, stdout, stderr, and where it says what [`Jail::status`] is told.
pub(crate) type Descriptors<T> = [T; 4];

/// The caller's end of the starter.
#[derive(Debug)]
pub(crate) struct Starter {
    orders: Option<UnixStream>,
    pid: Pid,
}

impl Starter {
    /// Forks it. This process has one thread.
    pub(crate) fn fork(tier: Tier) -> io::Result<Self> {
        let (orders, theirs) = tried("socketpair", UnixStream::pair())?;
        let caller = std::process::id();
        // SAFETY: this process has one thread, so that the child may do whatever it likes.
        match tried("fork", unsafe { fork() })? {
            ForkResult::Parent { child } => Ok(Starter { orders: Some(orders), pid: child }),
            ForkResult::Child => {
                drop(orders);
                // Nobody to tell: the caller sees that it is gone.
                let _ = serve(theirs, tier, caller);
                std::process::exit(0);
            }
        }
    }

    /// Starts a keeper, which is the caller's child.
    pub(crate) fn start(&self, order: &Order, fds: Descriptors<BorrowedFd<'_>>) -> io::Result<Keeper> {
        let mut orders = self.orders.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let order = serde_json::to_vec(order)?;
        let length = (order.len() as u64).to_ne_bytes();
        let rights = fds.map(|fd| fd.as_raw_fd());
        let rights = [ControlMessage::ScmRights(&rights)];
        let fd = orders.as_raw_fd();
        let sent = sendmsg::<()>(fd, &[IoSlice::new(&length)], &rights, MsgFlags::MSG_NOSIGNAL, None)?;
        orders.write_all(&length[sent..])?;
        orders.write_all(&order)?;
        let mut answer = [0; size_of::<i32>()];
        orders.read_exact(&mut answer)?;
        match i32::from_ne_bytes(answer) {
            pid @ 1.. => Ok(Keeper { pid: Pid::from_raw(pid), is_over: false }),
            errno => Err(io::Error::from_raw_os_error(-errno)),
        }
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        self.orders = None;
        while waitpid(self.pid, None) == Err(Errno::EINTR) {}
    }
}

/// A keeper, for which nobody else waits.
#[derive(Debug)]
pub struct Keeper {
    pid: Pid,
    is_over: bool,
}

impl Keeper {
    /// Its process id, as long as nobody has waited for it.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for its end.
    pub fn wait(&mut self) {
        while !self.is_over {
            self.is_over = waitpid(self.pid, None) != Err(Errno::EINTR);
        }
    }

    /// Ends it, if it has not ended.
    pub fn end(&mut self) {
        if !self.is_over && waitpid(self.pid, Some(WaitPidFlag::WNOHANG)) == Ok(WaitStatus::StillAlive) {
            // A child of ours that nobody has waited for: its number is still its own.
            let _ = kill(self.pid, Signal::SIGKILL);
            self.wait();
        }
        self.is_over = true;
    }
}

/// The starter: starts keepers until nobody orders any more.
fn serve(mut orders: UnixStream, tier: Tier, caller: u32) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    close_others(tier, orders.as_raw_fd())?;
    loop {
        let mut length = [0; size_of::<u64>()];
        let Some((read, fds)) = receive(&orders, &mut length)? else { return Ok(()) };
        orders.read_exact(&mut length[read..])?;
        let mut order = vec![0; u64::from_ne_bytes(length) as usize];
        orders.read_exact(&mut order)?;
        // SAFETY: five numbers; without a stack the child goes on as after fork. This process has one thread, so that the child may
        // do whatever it likes. It is the caller's child, and not this one's: CLONE_PARENT, clone(2).
        let pid = unsafe {
            let flags = libc::CLONE_PARENT | libc::SIGCHLD;
            libc::syscall(libc::SYS_clone, flags, null_mut::<u8>(), null_mut::<u8>(), null_mut::<u8>(), 0)
        };
        if pid == 0 {
            let Err(error) = be_keeper(&order, &fds, caller);
            eprintln!("{error}");
            std::process::exit(2);
        }
        let answer = if pid > 0 { pid as i32 } else { -Errno::last_raw() };
        orders.write_all(&answer.to_ne_bytes())?;
    }
}

/// The beginning of an order, and its descriptors; none at the end.
fn receive(orders: &UnixStream, length: &mut [u8]) -> io::Result<Option<(usize, Descriptors<OwnedFd>)>> {
    let mut space = cmsg_space!(Descriptors<RawFd>);
    let mut buf = [IoSliceMut::new(length)];
    let message = loop {
        match recvmsg::<()>(orders.as_raw_fd(), &mut buf, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC) {
            Err(Errno::EINTR) => {}
            message => break message?,
        }
    };
    let mut fds = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(rights) = control {
            // SAFETY: the kernel has just given them to this process, and nobody else knows them.
            fds.extend(rights.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    if message.bytes == 0 {
        return Ok(None);
    }
    let fds = fds.try_into().map_err(|_| io::Error::other("an order without its descriptors"))?;
    Ok(Some((message.bytes, fds)))
}

/// The child: the keeper, or strace, which starts it.
fn be_keeper(order: &[u8], fds: &Descriptors<OwnedFd>, caller: u32) -> io::Result<Infallible> {
    let Order { jail, strace } = serde_json::from_slice(order)?;
    for (fd, number) in fds.iter().zip([0, 1, 2, jail.status]) {
        // SAFETY: two numbers. Nobody else in this process has such a high descriptor, and the first three are for this.
        tried("dup2", Errno::result(unsafe { libc::dup2(fd.as_raw_fd(), number) }))?;
    }
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    if parent_id() != caller {
        return Err(io::Error::other("the caller was gone before the kernel was told to watch it"));
    }
    let [tracer, options @ ..] = &strace[..] else {
        keep(&jail)?;
        std::process::exit(0);
    };
    // Where that is refused, it only takes longer.
    let _ = stay_on_this_processor();
    let mut command = Command::new(tracer);
    command.args(options).arg("--").arg(myself()?.get_program()).arg(KEEPER);
    Err(command.env_clear().env("PATH", PATH).env(JAIL, serde_json::to_string(&jail)?).exec())
}
