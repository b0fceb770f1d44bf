//! getdtablesize: how many descriptors, and so sockets, one process may have (slide 11).
//! C original: getdtablesize.c
//!
//! Run:    cargo run -p getdtablesize
//! Watch:  the number is that of `ulimit -n`; after `ulimit -n 64` it is 64.
//! See:    getdtablesize(3), getrlimit(2)

use std::io::{self, Write as _};
use std::process::ExitCode;

use libc::getdtablesize;
use sockcommon::{Error, parse_args, run};

fn main() -> ExitCode {
    run(print_limit)
}

fn print_limit() -> Result<(), Error> {
    // 1. arguments: none
    parse_args("getdtablesize")?;

    // 2. getdtablesize: the limit of this process
    // SAFETY: takes nothing and gives a number.
    let limit = unsafe { getdtablesize() };
    writeln!(io::stdout(), "getdtablesize() = {limit}")?;
    Ok(())
}
