#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::twins;

#[test]
fn prints_port_7_in_both_orders() {
    let expected = format!(
        "UDP 에코 포트번호(네트워크 순서) : {}\nUDP 에코 포트번호(호스트 순서) : 7\n",
        if cfg!(target_endian = "little") { 1792 } else { 7 }
    );
    for program in twins(env!("CARGO_BIN_EXE_byte_order")).unwrap() {
        let output = program.run([""; 0], b"").unwrap();
        assert_eq!(output.stdout_text(), expected, "{}", output.stderr_text());
        assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
    }
}
