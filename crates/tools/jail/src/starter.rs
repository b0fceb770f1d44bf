//! The starter, a fork server: a process of the caller's with one thread, which only forks. To start a keeper costs a fork then, and
//! no exec of this program anew.

use std::convert::Infallible;
use std::env;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, parent_id};
use std::process::Command;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use serde::{Deserialize, Serialize};

use crate::inside::{close_others, keep};
use crate::jail::{JAIL, Jail};
use crate::process::{KEEPER, PATH, myself, stay_on_this_processor};
use crate::tier::{Tier, tried};
use crate::{cgroup, filter};

/// A run: its jail, and strace with its options if it is traced.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) jail: Jail,
    pub(crate) strace: Vec<String>,
}

/// What a keeper gets: its stdin, stdout, stderr, and the writing end of a pipe for what [`Jail::status`] says.
pub type Descriptors<T> = [T; 4];

/// The caller's end of the starter, for one thread.
#[derive(Debug)]
pub(crate) struct Starter {
    orders: UnixStream,
    pid: Pid,
}

impl Starter {
    /// Forks it. This process has one thread.
    pub(crate) fn fork(tier: Tier) -> io::Result<Self> {
        let (orders, theirs) = tried("socketpair", UnixStream::pair())?;
        let caller = std::process::id();
        // SAFETY: this process has one thread, so that the child may do whatever it likes.
        match tried("fork", unsafe { fork() })? {
            ForkResult::Parent { child } => Ok(Starter { orders, pid: child }),
            ForkResult::Child => {
                drop(orders);
                let served = serve(theirs, tier, caller);
                if let Err(error) = &served {
                    eprintln!("the starter: {error}");
                }
                std::process::exit(i32::from(served.is_err()));
            }
        }
    }

    /// Starts a keeper, which is the caller's child.
    pub(crate) fn start(&self, order: &Order, fds: Descriptors<BorrowedFd<'_>>) -> io::Result<Keeper> {
        let answer = tried("the starter", self.order(&serde_json::to_vec(order)?, fds))?;
        match answer {
            pid @ 1.. => Ok(Keeper { pid: Pid::from_raw(pid), is_over: false }),
            errno => tried("clone", Err(Errno::from_raw(-errno))),
        }
    }

    /// Sends an order and waits for the answer: a process id, or minus an errno.
    fn order(&self, order: &[u8], fds: Descriptors<BorrowedFd<'_>>) -> io::Result<i32> {
        let mut orders = &self.orders;
        let length = (order.len() as u64).to_ne_bytes();
        let rights = fds.map(|fd| fd.as_raw_fd());
        let rights = [ControlMessage::ScmRights(&rights)];
        let message = [IoSlice::new(&length)];
        let sent = sendmsg::<()>(orders.as_raw_fd(), &message, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
        orders.write_all(&length[sent..])?;
        orders.write_all(order)?;
        let mut answer = [0; size_of::<i32>()];
        orders.read_exact(&mut answer)?;
        Ok(i32::from_ne_bytes(answer))
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        let _ = self.orders.shutdown(Shutdown::Write);
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
        if !self.is_over {
            // A child of ours that nobody has waited for: its number is still its own.
            let _ = kill(self.pid, Signal::SIGKILL);
            self.wait();
        }
    }
}

/// The starter: starts keepers until nobody orders any more.
fn serve(mut orders: UnixStream, tier: Tier, caller: u32) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    close_others(tier, orders.as_raw_fd())?;
    if tier != Tier::None {
        filter::forbid_unlisted()?;
    }
    // Where execvpe(3) looks for a program is this process's own.
    // SAFETY: this process has one thread.
    unsafe { env::set_var("PATH", PATH) };
    loop {
        let mut length = [0; size_of::<u64>()];
        let Some((read, fds)) = receive(&orders, &mut length)? else { return Ok(()) };
        orders.read_exact(&mut length[read..])?;
        let mut order = vec![0; u64::from_ne_bytes(length) as usize];
        orders.read_exact(&mut order)?;
        let order: Order = serde_json::from_slice(&order)?;
        // strace is not the program's: only what it starts is to be in there.
        let cgroup = order.jail.cgroup.as_deref().filter(|_| order.strace.is_empty());
        // It is the caller's child, and not this one's.
        let answer = match cgroup::fork_into(cgroup, libc::CLONE_PARENT) {
            Ok(ForkResult::Child) => {
                let Err(error) = be_keeper(&order, &fds, caller);
                eprintln!("{error}");
                std::process::exit(2);
            }
            Ok(ForkResult::Parent { child }) => child.as_raw(),
            Err(error) => -error.raw_os_error().unwrap_or(libc::EIO),
        };
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
fn be_keeper(order: &Order, fds: &Descriptors<OwnedFd>, caller: u32) -> io::Result<Infallible> {
    let Order { jail, strace } = order;
    for (fd, number) in fds.iter().zip([0, 1, 2, jail.status]) {
        // SAFETY: two numbers. Nobody else in this process has such a high descriptor, and the first three are for this.
        tried("dup2", Errno::result(unsafe { libc::dup2(fd.as_raw_fd(), number) }))?;
    }
    tried("prctl", prctl::set_pdeathsig(Signal::SIGKILL))?;
    if parent_id() != caller {
        return Err(io::Error::other(
            "the keeper's parent is not the caller: that was gone before the kernel was told to watch it, or this kernel has no CLONE_PARENT",
        ));
    }
    let [tracer, options @ ..] = &strace[..] else {
        close_others(jail.tier, jail.status)?;
        keep(jail, None)?;
        std::process::exit(0);
    };
    // Where that is refused, it only takes longer.
    let _ = stay_on_this_processor();
    let mut command = Command::new(tracer);
    command.args(options).arg("--").arg(myself()?.get_program()).arg(KEEPER);
    let error = command.env_clear().env("PATH", PATH).env(JAIL, serde_json::to_string(jail)?).exec();
    tried(tracer, Err(error))
}
