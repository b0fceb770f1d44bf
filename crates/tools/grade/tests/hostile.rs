//! Hostile submissions that others may run beside.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "hostile/suite.rs"]
mod suite;

fn main() -> std::process::ExitCode {
    suite::main(false)
}
