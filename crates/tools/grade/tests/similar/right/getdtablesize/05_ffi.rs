use std::io::{self, Write};
use std::process::ExitCode;

#[repr(C)]
#[derive(Default)]
struct RLimit {
    cur: u64,
    max: u64,
}

const RLIMIT_NOFILE: i32 = 7;

extern "C" {
    fn getrlimit(resource: i32, rlim: *mut RLimit) -> i32;
}

fn main() -> ExitCode {
    let mut r = RLimit::default();
    if unsafe { getrlimit(RLIMIT_NOFILE, &mut r) } != 0 {
        eprintln!("getrlimit: {}", io::Error::last_os_error());
        return ExitCode::FAILURE;
    }
    let _ = r.max;
    match writeln!(io::stdout(), "getdtablesize() = {}", r.cur) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
