#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::{Program, twins};

#[test]
fn echoes_a_line() {
    for server in [Program::c("tcp_echoserv").unwrap()] {
        let server = server.serve(&[]).unwrap();
        for client in twins(env!("CARGO_BIN_EXE_tcp_echocli")).unwrap() {
            let output = client.run(["127.0.0.1", &server.port.to_string()], b"abcdefg\n").unwrap();
            assert_eq!(output.stdout_text(), "입력 : 수신 : abcdefg\n");
            assert_eq!(output.code, Some(0));
        }
    }
}
