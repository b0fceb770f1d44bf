use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::process::exit;

extern "C" {
    fn inet_pton(af: c_int, src: *const c_char, dst: *mut c_void) -> c_int;
    fn inet_ntop(af: c_int, src: *const c_void, dst: *mut c_char, size: u32) -> *const c_char;
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() < 2 {
        eprintln!("no address given");
        exit(1);
    }
    let c = CString::new(args[1].as_str()).unwrap();
    let mut addr: u32 = 0;
    let mut buf = [0u8; 16];
    unsafe {
        if inet_pton(2, c.as_ptr(), &mut addr as *mut u32 as *mut c_void) != 1 {
            eprintln!("inet_pton: bad address {:?}", args[1]);
            exit(1);
        }
        println!("inet_pton({}) = 0x{:X}", args[1], addr);
        if inet_ntop(2, &addr as *const u32 as *const c_void, buf.as_mut_ptr() as *mut c_char, 16).is_null() {
            eprintln!("inet_ntop failed");
            exit(1);
        }
        println!("inet_ntop(0x{:X}) = {}", addr, CStr::from_ptr(buf.as_ptr() as *const c_char).to_str().unwrap());
    }
}
