use std::io::{ErrorKind, Read, Result, Write};
use std::net::TcpStream;

/// Echoes until the client closes; returns how many bytes.
pub fn echo(mut stream: TcpStream) -> Result<u64> {
    let mut buf = vec![0; 32 * 1024];
    let mut total = 0;
    loop {
        match stream.read(&mut buf) {
            Ok(0) => return Ok(total),
            Ok(n) => {
                stream.write_all(&buf[..n])?;
                total += n as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
