// The standard library has no gethostbyname, so that the C library's is declared here.
use std::env;
use std::ffi::{CStr, CString, c_char, c_int};
use std::net::Ipv4Addr;
use std::process::ExitCode;

#[repr(C)]
struct Hostent {
    name: *const c_char,
    aliases: *const *const c_char,
    addrtype: c_int,
    length: c_int,
    addr_list: *const *const c_char,
}

unsafe extern "C" {
    fn gethostbyname(name: *const c_char) -> *const Hostent;
}

unsafe fn until_null(mut list: *const *const c_char) -> Vec<*const c_char> {
    let mut all = Vec::new();
    unsafe {
        while !(*list).is_null() {
            all.push(*list);
            list = list.add(1);
        }
    }
    all
}

fn text(c: *const c_char) -> String {
    unsafe { CStr::from_ptr(c) }.to_string_lossy().into_owned()
}

fn main() -> ExitCode {
    let Some(name) = env::args().nth(1).and_then(|name| CString::new(name).ok()) else {
        eprintln!("usage: get_hostent NAME");
        return ExitCode::from(2);
    };
    let Some(host) = (unsafe { gethostbyname(name.as_ptr()).as_ref() }) else {
        eprintln!("{} 호스트를 찾을 수 없습니다.", name.to_string_lossy());
        return ExitCode::FAILURE;
    };
    println!("호스트 이름 : {}", text(host.name));
    println!("호스트 주소타입 번호 : {}", host.addrtype);
    println!("호스트 주소의 길이 : {}", host.length);
    for (i, addr) in unsafe { until_null(host.addr_list) }.into_iter().enumerate() {
        let octets = unsafe { addr.cast::<[u8; 4]>().read() };
        println!("IP주소({}번째) : {}", i + 1, Ipv4Addr::from(octets));
    }
    for (i, alias) in unsafe { until_null(host.aliases) }.into_iter().enumerate() {
        println!("호스트 별명({} 번째) : {}", i + 1, text(alias));
    }
    ExitCode::SUCCESS
}
