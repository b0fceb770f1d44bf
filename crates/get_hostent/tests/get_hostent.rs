//! What needs a resolver of our own is tested in the practice network: labkit's tests/lab.rs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::twins;

#[test]
fn an_address_is_its_own_name() {
    for program in twins(env!("CARGO_BIN_EXE_get_hostent")).unwrap() {
        let output = program.run(["127.0.0.1"], b"").unwrap();
        let expected = "호스트 이름 : 127.0.0.1\n\
                        호스트 주소타입 번호 : 2\n\
                        호스트 주소의 길이 : 4\n\
                        IP주소(1번째) : 127.0.0.1\n";
        assert_eq!(output.stdout_text(), expected);
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}
