//! What the labs of the echo servers have in common.

use crate::bench::{Bench, ensure_refused};
use crate::lab::Verdict;
use crate::words;

/// Arguments that are no port.
pub(super) fn bad_port(bench: &mut Bench) -> Verdict {
    for bad in ["70000", "7x"] {
        let did = words!("포트 번호가 아닌 `{bad}`로 실행", "started with `{bad}`, which is no port");
        bench.run(&[bad], b"").and_then(|finished| ensure_refused(did, &finished)).map_err(|fault| {
            fault.surely_because(words!(
                "atoi는 잘못을 알려 주지 않아요. strtol로 끝까지 읽고 1부터 65535까지인지 확인하세요.",
                "atoi tells no mistake. Read to the end with strtol, and look whether it is 1 to 65535."
            ))
        })?;
    }
    Ok(())
}
