use std::ffi::{c_char, c_int};

#[repr(C)]
struct Servent {
    s_name: *mut c_char,
    s_aliases: *mut *mut c_char,
    s_port: c_int,
    s_proto: *mut c_char,
}

extern "C" {
    fn getservbyname(name: *const c_char, proto: *const c_char) -> *const Servent;
}

fn udp_port(name: &std::ffi::CStr) -> Option<u16> {
    // SAFETY: one thread only, the result is copied at once
    unsafe { getservbyname(name.as_ptr(), c"udp".as_ptr()).as_ref().map(|s| s.s_port as u16) }
}

fn main() {
    match udp_port(c"echo") {
        Some(net) => {
            println!("UDP 에코 포트번호(네트워크 순서) : {}", net);
            println!("UDP 에코 포트번호(호스트 순서) : {}", u16::from_be(net));
        }
        None => {
            println!("서비스 정보를 얻을 수 없음");
            std::process::exit(1);
        }
    }
}
