use std::os::raw::c_int;

extern "C" {
    fn getdtablesize() -> c_int;
}

/// How many descriptors this process may have.
pub fn of_descriptors() -> c_int {
    // SAFETY: takes nothing and gives a number (getdtablesize(3)).
    unsafe { getdtablesize() }
}
