use std::ffi::{c_char, c_int, c_void, CStr};
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
    fn gethostbyaddr(addr: *const c_void, len: u32, kind: c_int) -> *const Hostent;
}

fn official(addr: Ipv4Addr) -> Option<String> {
    let o = addr.octets();
    unsafe {
        let h = gethostbyaddr(o.as_ptr().cast(), 4, 2).as_ref()?;
        Some(CStr::from_ptr(h.h_name).to_string_lossy().into_owned())
    }
}

fn run() -> Result<(), String> {
    let ip = std::env::args().nth(1).ok_or("usage: get_host_byaddr IP")?;
    let addr = ip.parse().map_err(|e| format!("{ip}: {e}"))?;
    let name = official(addr).ok_or_else(|| format!("{ip} has no name"))?;
    println!("호스트 이름 : {name}");
    Ok(())
}

fn main() {
    if let Err(e) = run() {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
