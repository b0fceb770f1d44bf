use std::io;
use std::net::UdpSocket;

pub fn serve(socket: &UdpSocket) -> ! {
    let mut datagram = vec![0; usize::from(u16::MAX)];
    loop {
        if let Err(error) = echo(socket, &mut datagram) {
            eprintln!("{error}");
        }
    }
}

fn echo(socket: &UdpSocket, datagram: &mut [u8]) -> io::Result<()> {
    let (length, sender) = socket.recv_from(datagram)?;
    socket.send_to(&datagram[..length], sender)?;
    Ok(())
}
