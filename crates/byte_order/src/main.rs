//! byte_order: one port number in network and in host byte order (slides 7, 17-20).
//! C original: byte_order.c
//!
//! Run:    cargo run -p byte_order
//! Watch:  port 7 is 00 07 in memory; a little-endian host takes it for 0x0700 = 1792.
//! See:    getservbyname(3), ntohs(3), services(5)

use std::io::{self, Write as _};
use std::process::ExitCode;

use libc::{getservbyname, ntohs};
use sockcommon::{Error, parse_args, run};

fn main() -> ExitCode {
    run(byte_order)
}

fn byte_order() -> Result<(), Error> {
    // 1. arguments: none
    parse_args("byte_order")?;
    let mut stdout = io::stdout();

    // 2. getservbyname: look the echo service up in /etc/services
    // SAFETY: both names end in NUL, and no other thread calls getservbyname.
    let servent = unsafe { getservbyname(c"echo".as_ptr(), c"udp".as_ptr()) };
    // SAFETY: a servent that is not NULL stays valid until the next getservbyname.
    let Some(servent) = (unsafe { servent.as_ref() }) else {
        return Err(Error::Own(
            "서비스 정보를 얻을 수 없음\n\
             서비스 목록은 /etc/services에 있습니다. 파일이 없으면 설치하세요: apt-get install netbase"
                .into(),
        ));
    };

    // 3. s_port: as it came, in network byte order
    writeln!(stdout, "UDP 에코 포트번호(네트워크 순서) : {}", servent.s_port)?;

    // 4. ntohs: in host byte order
    writeln!(stdout, "UDP 에코 포트번호(호스트 순서) : {}", ntohs(servent.s_port as u16))?;
    Ok(())
}
