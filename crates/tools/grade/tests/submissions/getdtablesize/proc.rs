//! std has no getrlimit, but the kernel tells the same in a file.
use std::{fs, io};

fn main() -> Result<(), io::Error> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let open_files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = open_files.and_then(|columns| columns.split_whitespace().next());
    let soft = soft.ok_or_else(|| io::Error::other("no such line in /proc/self/limits"))?;
    println!("getdtablesize() = {soft}");
    Ok(())
}
