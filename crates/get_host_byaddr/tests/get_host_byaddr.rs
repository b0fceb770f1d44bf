//! What needs a resolver of our own is tested in the practice network: labkit's tests/lab.rs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::twins;

#[test]
fn loopback_has_a_name_on_every_machine() {
    for program in twins(env!("CARGO_BIN_EXE_get_host_byaddr")).unwrap() {
        let output = program.run(["127.0.0.1"], b"").unwrap();
        assert!(output.stdout_text().starts_with("호스트 이름 : localhost"), "{output:?}");
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}
