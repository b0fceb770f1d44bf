//! What is measured: each function does a bounded number of the same thing and gives one figure. Whatever a server does
//! not answer in time, or answers wrongly, is an error.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use labkit::Program;

/// A line's worth of bytes.
const MESSAGE: [u8; 64] = [b'x'; 64];
/// Datagrams under way at a time: few enough for any receive buffer.
const BURST: u32 = 8;

/// How a datagram is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Send {
    /// connect() once, then send().
    Connected,
    /// sendto() with the address each time.
    Unconnected,
}

/// Round trips of 64 bytes a second, over one connection.
pub(crate) fn round_trips(server: SocketAddrV4, patience: Duration, count: u32) -> io::Result<f64> {
    let mut stream = connect(server, patience)?;
    round_trip(&mut stream)?; // it serves now
    per_second(count, || (0..count).try_for_each(|_| round_trip(&mut stream)))
}

/// MiB a second that come back over one connection, sent in messages of 1 MiB.
pub(crate) fn throughput(server: SocketAddrV4, patience: Duration, mebibytes: u32) -> io::Result<f64> {
    let mut receiver = connect(server, patience)?;
    let mut sender = receiver.try_clone()?;
    round_trip(&mut receiver)?;
    let message: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    let mut echo = vec![0; message.len()];
    thread::scope(|scope| {
        let sent = scope.spawn(|| (0..mebibytes).try_for_each(|_| sender.write_all(&message)));
        let figure =
            per_second(mebibytes, || (0..mebibytes).try_for_each(|_| receiver.read_exact(&mut echo)));
        sent.join().map_err(|_| io::Error::other("the sender has panicked"))??;
        figure
    })
    .and_then(|figure| same(&echo, &message).map(|()| figure))
}

/// Connections a second, each for one round trip.
pub(crate) fn connections(server: SocketAddrV4, patience: Duration, count: u32) -> io::Result<f64> {
    round_trip(&mut connect(server, patience)?)?;
    per_second(count, || (0..count).try_for_each(|_| round_trip(&mut connect(server, patience)?)))
}

/// Datagrams of `size` bytes a second, echoed, in bursts.
pub(crate) fn datagrams(
    server: SocketAddrV4,
    patience: Duration,
    size: usize,
    bursts: u32,
    send: Send,
) -> io::Result<f64> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(patience))?;
    if send == Send::Connected {
        socket.connect(server)?;
    }
    let datagram = vec![b'x'; size];
    let mut echo = vec![0; size + 1];
    let mut burst = |datagrams: u32| {
        for _ in 0..datagrams {
            match send {
                Send::Connected => socket.send(&datagram)?,
                Send::Unconnected => socket.send_to(&datagram, server)?,
            };
        }
        for _ in 0..datagrams {
            let n = socket.recv(&mut echo)?;
            same(&echo[..n], &datagram)?;
        }
        Ok(())
    };
    burst(1)?; // it serves now
    per_second(bursts * BURST, || (0..bursts).try_for_each(|_| burst(BURST)))
}

/// Microseconds from the start of `ascii_ip 210.115.36.231` to its end.
pub(crate) fn startup(ascii_ip: &Program, count: u32) -> io::Result<f64> {
    let mut command = Command::new(&ascii_ip.path);
    // Cargo's would send the dynamic linker through more folders than a student's shell does.
    command.env_remove("LD_LIBRARY_PATH");
    command.arg("210.115.36.231").stdin(Stdio::null()).stdout(Stdio::null());
    let a_second = per_second(count, || {
        for _ in 0..count {
            if !command.status()?.success() {
                return Err(io::Error::other("ascii_ip has failed"));
            }
        }
        Ok(())
    })?;
    Ok(1e6 / a_second)
}

fn connect(server: SocketAddrV4, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&server.into(), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

fn round_trip(stream: &mut TcpStream) -> io::Result<()> {
    let mut echo = [0; MESSAGE.len()];
    stream.write_all(&MESSAGE)?;
    stream.read_exact(&mut echo)?;
    same(&echo, &MESSAGE)
}

fn same(echo: &[u8], sent: &[u8]) -> io::Result<()> {
    if echo == sent { Ok(()) } else { Err(io::Error::other("what came back is not what was sent")) }
}

/// How many a second, if `work` does `count`.
fn per_second(count: u32, work: impl FnOnce() -> io::Result<()>) -> io::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
