//! Links what is tested at a fixed address.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    // The keeper is this program again, some twenty thousand times in the tests, and without optimisation the loader has 60,000
    // addresses to put right each time: that is a third of what such a start takes.
    if is("PROFILE", "debug") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg=-no-pie");
    }
}
