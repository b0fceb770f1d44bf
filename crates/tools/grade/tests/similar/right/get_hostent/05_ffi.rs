use std::ffi::{c_char, c_int, CStr, CString};
use std::net::Ipv4Addr;

#[repr(C)]
struct Hostent {
    h_name: *const c_char,
    h_aliases: *const *const c_char,
    h_addrtype: c_int,
    h_length: c_int,
    h_addr_list: *const *const c_char,
}

extern "C" {
    fn gethostbyname(name: *const c_char) -> *const Hostent;
}

unsafe fn list(mut p: *const *const c_char) -> Vec<*const c_char> {
    let mut v = Vec::new();
    while !(*p).is_null() {
        v.push(*p);
        p = p.add(1);
    }
    v
}

fn main() {
    let Some(name) = std::env::args().nth(1) else {
        eprintln!("usage: get_hostent NAME");
        std::process::exit(1);
    };
    let c = CString::new(name.clone()).expect("NUL in name");
    unsafe {
        let h = gethostbyname(c.as_ptr());
        if h.is_null() {
            eprintln!("{name}: unknown host");
            std::process::exit(1);
        }
        let h = &*h;
        println!("호스트 이름 : {}", CStr::from_ptr(h.h_name).to_string_lossy());
        println!("호스트 주소타입 번호 : {}", h.h_addrtype);
        println!("호스트 주소의 길이 : {}", h.h_length);
        for (i, a) in list(h.h_addr_list).iter().enumerate() {
            let b: [u8; 4] = *(*a as *const [u8; 4]);
            println!("IP주소({}번째) : {}", i + 1, Ipv4Addr::from(b));
        }
        for (i, a) in list(h.h_aliases).iter().enumerate() {
            println!("호스트 별명({} 번째) : {}", i + 1, CStr::from_ptr(*a).to_string_lossy());
        }
    }
}
