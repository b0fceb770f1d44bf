#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use labkit::{Program, twins};

#[test]
fn prints_what_ulimit_says() {
    for program in twins(env!("CARGO_BIN_EXE_getdtablesize")).unwrap() {
        for limit in [7, 64, 256] {
            let script = format!("ulimit -n {limit}; exec {}", program.path.display());
            let output = Program::at("sh").run(["-c", &script], b"").unwrap();
            assert_eq!(output.stdout_text(), format!("getdtablesize() = {limit}\n"));
            assert_eq!((output.stderr_text().as_str(), output.code), ("", Some(0)));
        }
    }
}
