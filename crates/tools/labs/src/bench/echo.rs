//! The echo servers of the slides' machines.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddrV4, TcpListener, TcpStream, UdpSocket};

use super::run::Run;

/// Echo servers of the tester's, TCP and UDP, at the same address.
#[derive(Debug)]
pub struct Echo {
    listener: TcpListener,
    clients: Vec<TcpStream>,
    socket: UdpSocket,
}

impl Echo {
    pub(super) fn bind(addr: SocketAddrV4) -> io::Result<Self> {
        let said = |error: io::Error| io::Error::new(error.kind(), format!("{addr}: {error}"));
        let listener = TcpListener::bind(addr).map_err(said)?;
        let socket = UdpSocket::bind(addr).map_err(said)?;
        listener.set_nonblocking(true)?;
        socket.set_nonblocking(true)?;
        Ok(Echo { listener, clients: Vec::new(), socket })
    }

    /// Serves a submission until that has ended, or waits for something that won't come.
    pub fn serve(&mut self, run: &Run) -> io::Result<()> {
        let served = run.until(|| {
            self.step();
            Ok(run.over().then_some(()))
        });
        served.map(drop)
    }

    /// Echoes what is there. A connection that breaks is no error of the tester's; a client that sends much and reads nothing
    /// is left.
    fn step(&mut self) {
        let mut buf = [0; 65536];
        if let Ok((client, _)) = self.listener.accept()
            && client.set_nonblocking(true).is_ok()
        {
            self.clients.push(client);
        }
        self.clients.retain_mut(|client| match client.read(&mut buf) {
            Err(error) => error.kind() == ErrorKind::WouldBlock,
            Ok(n) => n > 0 && client.write_all(&buf[..n]).is_ok(),
        });
        if let Ok((n, from)) = self.socket.recv_from(&mut buf) {
            let _ = self.socket.send_to(&buf[..n], from);
        }
    }
}
