// libc through extern "C": std's UdpSocket would bind before it sends
use std::io;
use std::process::exit;

#[repr(C)]
#[derive(Clone, Copy)]
struct SockAddrIn {
    family: u16,
    port: u16,
    addr: u32,
    zero: [u8; 8],
}

extern "C" {
    fn socket(domain: i32, ty: i32, proto: i32) -> i32;
    fn connect(fd: i32, addr: *const SockAddrIn, len: u32) -> i32;
    fn sendto(fd: i32, buf: *const u8, n: usize, flags: i32, addr: *const SockAddrIn, len: u32) -> isize;
    fn getsockname(fd: i32, addr: *mut SockAddrIn, len: *mut u32) -> i32;
    fn close(fd: i32) -> i32;
}

const AF_INET: i32 = 2;
const LEN: u32 = 16;

fn check(rc: i64, what: &str) -> i64 {
    if rc < 0 {
        eprintln!("{}: {}", what, io::Error::last_os_error());
        exit(1);
    }
    rc
}

fn port(fd: i32) -> u16 {
    let mut me = SockAddrIn { family: 0, port: 0, addr: 0, zero: [0; 8] };
    let mut len = LEN;
    check(unsafe { getsockname(fd, &mut me, &mut len) } as i64, "getsockname");
    u16::from_be(me.port)
}

fn main() {
    let server = SockAddrIn {
        family: AF_INET as u16,
        port: 7u16.to_be(),
        addr: 0x7f000001u32.to_be(),
        zero: [0; 8],
    };
    unsafe {
        let t = check(socket(AF_INET, 1, 0) as i64, "socket") as i32;
        check(connect(t, &server, LEN) as i64, "connect");
        println!("스트림 소켓 포트번호 = {}", port(t));
        let u = check(socket(AF_INET, 2, 0) as i64, "socket") as i32;
        let msg = b"hi";
        check(sendto(u, msg.as_ptr(), msg.len(), 0, &server, LEN) as i64, "sendto");
        println!("데이터그램 소켓 포트번호 = {}", port(u));
        check(close(t) as i64, "close");
        check(close(u) as i64, "close");
    }
}
