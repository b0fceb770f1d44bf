//! The submission's peers. No call of theirs blocks; what they wait for, they wait for with [`Run::until`].

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};

use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, setsockopt, socket, sockopt};

use super::run::{Patience, Run};
use super::tables::tcp_connection;
use crate::verdict::{Failure, Verdict};
use crate::words;
use crate::words::Words;

/// The most that is taken from a submission that doesn't stop sending.
const ENOUGH: usize = 64 << 20;

/// As many bytes as a segment has where nobody knows better: RFC 9293, 3.7.1.
const SEGMENT: u32 = 536;

/// For so many bytes that nobody has read there is room at the other end: tcp_rmem, tcp(7), has 128 KiB to begin with.
const PIECE: usize = 16 << 10;

/// A connection with a submission.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    /// The submission's end: once the connection is broken, the kernel no longer says which it was.
    there: SocketAddrV4,
}

/// Bytes that are sent and come back.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// All of them.
    pub bytes: &'a [u8],
    /// So many have been sent.
    pub sent: usize,
    /// What has come back.
    pub came: Vec<u8>,
}

impl<'a> Exchange<'a> {
    /// One that has not begun.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Exchange { bytes, sent: 0, came: Vec::with_capacity(bytes.len()) }
    }
}

/// How a connection stands after the submission's last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The submission closed it: FIN.
    Closed,
    /// It is broken: RST.
    Reset,
    /// It is still open, and nothing comes.
    Silent,
    /// It doesn't stop.
    Endless,
}

impl End {
    /// How it is said to a student.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            End::Closed => words!("연결이 닫혔어요(FIN)", "the connection is closed (FIN)"),
            End::Reset => words!("연결이 강제로 끊겼어요(RST)", "the connection is broken (RST)"),
            End::Silent => {
                words!(
                    "연결은 열려 있는데 아무것도 오지 않았어요",
                    "the connection stays open, and nothing comes"
                )
            }
            End::Endless => words!("데이터가 끝없이 왔어요", "it doesn't stop sending"),
        }
    }
}

/// The tester's listening socket.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(super) fn bind(addr: SocketAddrV4) -> io::Result<Self> {
        let listener = TcpListener::bind(addr)
            .map_err(|error| io::Error::new(error.kind(), format!("{addr}: {error}")))?;
        listener.set_nonblocking(true)?;
        Ok(Listener { listener })
    }

    /// The next connection; none if there will be none.
    pub fn accept(&self, run: &Run) -> io::Result<Option<Peer>> {
        run.until(|| match self.listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            accepted => {
                let (stream, there) = accepted?;
                Peer::new(stream, v4(there)?).map(Some)
            }
        })
    }

    /// Has any connection come that nobody took? Takes it, if so.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.listener.accept().is_ok()
    }
}

impl Peer {
    fn new(stream: TcpStream, there: SocketAddrV4) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Peer { stream, there })
    }

    /// Connects to a submission that listens. Fails if that can't be done.
    pub fn connect(run: &Run, addr: SocketAddrV4) -> Verdict<Self> {
        Self::connect_with(run, addr, None)
    }

    /// As [`Peer::connect`], with room for only about `bytes` bytes that the tester has not read yet: what a slow reader is
    /// to its sender (SO_RCVBUF, socket(7)). The segments are small as well (TCP_MAXSEG, tcp(7)): on loopback they may have
    /// 64 KiB, and the kernel gives a sender room for ten of them and more, where a write is seldom short.
    pub fn connect_narrow(run: &Run, addr: SocketAddrV4, bytes: usize) -> Verdict<Self> {
        Self::connect_with(run, addr, Some(bytes))
    }

    fn connect_with(run: &Run, addr: SocketAddrV4, room: Option<usize>) -> Verdict<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let s = socket(AddressFamily::Inet, SockType::Stream, flags, None).map_err(io::Error::from)?;
        if let Some(bytes) = room {
            setsockopt(&s, sockopt::RcvBuf, &bytes).map_err(io::Error::from)?;
            setsockopt(&s, sockopt::TcpMaxSeg, &SEGMENT).map_err(io::Error::from)?;
        }
        // Asked again, connect says how it goes: connect(2). On one machine it takes no time, unless too many wait already.
        let ask = || match connect(s.as_raw_fd(), &SockaddrIn::from(addr)) {
            Err(Errno::EINPROGRESS | Errno::EALREADY) => Ok(None),
            Ok(()) | Err(Errno::EISCONN) => Ok(Some(Ok(()))),
            Err(errno) => Ok(Some(Err(errno))),
        };
        // Of one that has ended meanwhile, no second look has been taken.
        let connected =
            run.until(ask).and_then(|connected| if connected.is_none() { ask() } else { Ok(connected) })?;
        let errno = match connected {
            Some(Ok(())) => return Ok(Self::new(TcpStream::from(s), addr)?),
            Some(Err(errno)) => errno,
            None => Errno::ETIMEDOUT,
        };
        let error = io::Error::from(errno);
        Err(run
            .explain(Failure {
                did: words!("{addr}에 TCP로 연결", "connected to {addr} (TCP)"),
                expected: words!("연결되어야 해요", "a connection"),
                got: words!("연결할 수 없었어요: {error}", "it could not be made: {error}"),
                cause: Words::default(),
            })
            .into())
    }

    /// The tester's own end.
    pub fn local_addr(&self) -> io::Result<SocketAddrV4> {
        v4(self.stream.local_addr()?)
    }

    /// Sends as much as the submission will ever take; gives how much that was.
    pub fn send(&mut self, run: &Run, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        let patience = &mut run.patience();
        while sent < bytes.len() {
            match run.until_within(patience, || would_block(self.stream.write(&bytes[sent..]))) {
                Ok(Some(n)) if n > 0 => sent += n,
                Ok(_) => break,
                Err(error) if is_broken(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// The next bytes, at most `n`, until that many have come or no more will.
    pub fn receive(&mut self, run: &Run, n: usize) -> io::Result<Vec<u8>> {
        Ok(self.receive_up_to(run, &mut run.patience(), n)?.0)
    }

    /// As [`Peer::receive`], but gives up as soon as the submission is seen asleep.
    pub fn receive_until_asleep(&mut self, run: &Run, n: usize) -> io::Result<Vec<u8>> {
        Ok(self.receive_up_to(run, &mut run.patience_of_a_nap(), n)?.0)
    }

    /// All bytes until the submission closes the connection, and how that ended.
    pub fn receive_all(&mut self, run: &Run) -> io::Result<(Vec<u8>, End)> {
        self.receive_up_to(run, &mut run.patience(), ENOUGH)
    }

    fn receive_up_to(&mut self, run: &Run, patience: &mut Patience, n: usize) -> io::Result<(Vec<u8>, End)> {
        let mut received = Vec::new();
        let mut buf = vec![0; 64 << 10];
        while received.len() < n {
            let room = buf.len().min(n - received.len());
            match run.until_within(patience, || would_block(self.stream.read(&mut buf[..room]))) {
                Ok(Some(0)) => return Ok((received, End::Closed)),
                Ok(Some(n)) => received.extend_from_slice(&buf[..n]),
                Ok(None) if patience.dozed() => break,
                Ok(None) => return Ok((received, End::Silent)),
                Err(error) if is_broken(&error) => return Ok((received, End::Reset)),
                Err(error) => return Err(error),
            }
        }
        Ok((received, End::Endless))
    }

    /// Sends all and receives as many bytes at the same time, so that neither waits for the other. Gives what came.
    pub fn exchange(&mut self, run: &Run, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut exchange = Exchange::of(bytes);
        self.go_on(run, &mut run.patience(), &mut exchange)?;
        Ok(exchange.came)
    }

    /// As [`Peer::exchange`], but reads only when the submission takes no more.
    pub fn exchange_late(&mut self, run: &Run, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let sent = self.send_unread(run, bytes)?;
        let mut exchange = Exchange { sent, ..Exchange::of(bytes) };
        self.go_on(run, &mut run.patience(), &mut exchange)?;
        Ok(exchange.came)
    }

    /// Sends until the submission, since nobody reads what it sends, reads no more either; gives how many bytes that were. All
    /// of them have reached it, read or not, and so will a FIN.
    pub fn send_unread(&mut self, run: &Run, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        let mut rests = false;
        let patience = &mut run.patience();
        while sent < bytes.len() {
            let piece = &bytes[sent..bytes.len().min(sent + PIECE)];
            let step = run.until_within(patience, || {
                if self.is_unread()? { Ok(Some(0)) } else { would_block((&self.stream).write(piece)) }
            });
            match step {
                Ok(Some(0)) if rests => break,
                // One that works may still come to it.
                Ok(Some(0)) => rests = run.rests()?,
                Ok(Some(n)) => (sent, rests) = (sent + n, false),
                Ok(None) => break,
                Err(error) if is_broken(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// Goes on with an exchange until all has come back, or no more will.
    pub fn go_on(&mut self, run: &Run, patience: &mut Patience, exchange: &mut Exchange) -> io::Result<()> {
        let Exchange { bytes, sent, came } = exchange;
        let mut buf = vec![0; 64 << 10];
        while came.len() < bytes.len() {
            let step = run.until_within(patience, || {
                let mut moved = false;
                if *sent < bytes.len()
                    && let Some(n) = would_block(self.stream.write(&bytes[*sent..]))?
                {
                    *sent += n;
                    moved |= n > 0;
                }
                let room = buf.len().min(bytes.len() - came.len());
                match would_block(self.stream.read(&mut buf[..room]))? {
                    Some(0) => Ok(Some(false)),
                    Some(n) => {
                        came.extend_from_slice(&buf[..n]);
                        Ok(Some(true))
                    }
                    None => Ok(moved.then_some(true)),
                }
            });
            match step {
                Ok(Some(true)) => {}
                Ok(_) => break,
                Err(error) if is_broken(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Closes the sending side: FIN (shutdown(2)).
    pub fn half_close(&self) -> io::Result<()> {
        match self.stream.shutdown(Shutdown::Write) {
            Err(error) if error.kind() != ErrorKind::NotConnected => Err(error),
            _ => Ok(()),
        }
    }

    /// Closes the connection with a reset: what was not sent yet is thrown away (SO_LINGER 0, socket(7)).
    pub fn reset(self) -> io::Result<()> {
        setsockopt(&self.stream, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
        drop(self);
        Ok(())
    }

    /// Is there anything that was not read yet?
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.stream.peek(&mut [0]).is_ok_and(|n| n > 0)
    }

    /// Has the submission closed or broken the connection, with all read that came before?
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.stream.peek(&mut [0]) {
            Ok(n) => n == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }

    /// Is there anything that was sent to the submission, and that it has not read?
    pub fn is_unread(&self) -> io::Result<bool> {
        let row = tcp_connection(self.there, self.local_addr()?)?;
        Ok(row.is_some_and(|row| row.unread > 0))
    }

    /// Waits until the submission has read all that was sent to it; false if it never will.
    pub fn taken(&self, run: &Run) -> io::Result<bool> {
        // A connection that the submission has broken has no other end.
        let (Ok(here), there) = (self.local_addr(), self.there) else { return Ok(false) };
        let taken = run.until(|| {
            let unsent = tcp_connection(here, there)?.is_some_and(|row| row.unsent > 0);
            let unread = tcp_connection(there, here)?.is_some_and(|row| row.unread > 0);
            Ok((!unsent && !unread).then_some(()))
        })?;
        Ok(taken.is_some())
    }
}

/// The tester's datagram socket.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
}

impl Datagrams {
    pub(super) fn bind(addr: SocketAddrV4) -> io::Result<Self> {
        let socket = UdpSocket::bind(addr)
            .map_err(|error| io::Error::new(error.kind(), format!("{addr}: {error}")))?;
        socket.set_nonblocking(true)?;
        Ok(Datagrams { socket })
    }

    /// Where it is.
    pub fn local_addr(&self) -> io::Result<SocketAddrV4> {
        v4(self.socket.local_addr()?)
    }

    /// Sends one datagram. That nobody is there is no error of the tester's.
    pub fn send_to(&self, bytes: &[u8], addr: SocketAddrV4) -> io::Result<()> {
        match self.socket.send_to(bytes, addr) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                self.socket.send_to(bytes, addr).map(drop)
            }
            sent => sent.map(drop),
        }
    }

    /// The next datagram and its sender; none if none will come.
    pub fn receive(&self, run: &Run) -> io::Result<Option<(Vec<u8>, SocketAddrV4)>> {
        let mut buf = vec![0; 65536];
        run.until(|| match self.socket.recv_from(&mut buf) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            // The answer to something sent before: nobody is there.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(None),
            received => {
                let (n, from) = received?;
                Ok(Some((buf[..n].to_vec(), v4(from)?)))
            }
        })
    }

    /// Has anything come that nobody took?
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.socket.peek_from(&mut [0; 1]).is_ok()
    }
}

fn would_block<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        result => result.map(Some),
    }
}

fn is_broken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

fn v4(addr: SocketAddr) -> io::Result<SocketAddrV4> {
    match addr {
        SocketAddr::V4(addr) => Ok(addr),
        SocketAddr::V6(addr) => Err(io::Error::other(format!("{addr} is no IPv4 address"))),
    }
}
