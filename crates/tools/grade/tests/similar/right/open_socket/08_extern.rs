use std::ffi::{c_char, c_int, CStr};
use std::io::Error;

extern "C" {
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn socket(domain: c_int, ty: c_int, protocol: c_int) -> c_int;
    fn close(fd: c_int) -> c_int;
}

const AF_INET: c_int = 2;

fn check(what: &str, fd: c_int) -> c_int {
    if fd < 0 {
        eprintln!("{what}: {}", Error::last_os_error());
        std::process::exit(1);
    }
    println!("{what} descriptor = {fd}");
    fd
}

fn file(path: &CStr) -> c_int {
    unsafe { open(path.as_ptr(), 0) }
}

fn main() {
    let fds = [
        check("/etc/passwd's file", file(CStr::from_bytes_with_nul(b"/etc/passwd\0").unwrap())),
        check("stream socket", unsafe { socket(AF_INET, 1, 0) }),
        check("datagram socket", unsafe { socket(AF_INET, 2, 0) }),
        check("/etc/host's file", file(CStr::from_bytes_with_nul(b"/etc/hosts\0").unwrap())),
    ];
    for fd in fds {
        unsafe { close(fd) };
    }
}
