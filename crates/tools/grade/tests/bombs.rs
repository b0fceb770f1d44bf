//! Hostile submissions that take all that they can get: nothing else is tested beside them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "hostile/suite.rs"]
mod suite;

fn main() -> std::process::ExitCode {
    suite::main(true)
}
