//! What the labs of the echo servers have in common.

use std::io;

use crate::bench::{Bench, ensure_refused, tcp_listening, udp_bound};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;

/// Arguments that are no port, and the ports that atoi and 16 bits make of them.
const NO_PORTS: [(&str, u16); 2] = [("70000", 4464), ("7x", 7)];

/// Arguments that are no port: the server must end with an error.
pub(super) fn bad_port(bench: &mut Bench) -> Verdict {
    for (bad, mistaken) in NO_PORTS {
        let did = words!("포트 번호가 아닌 `{bad}`로 실행", "started with `{bad}`, which is no port");
        let taken = || -> io::Result<bool> {
            let mut all = tcp_listening()?.into_iter().chain(udp_bound()?);
            Ok(all.any(|row| row.local.port() == mistaken))
        };
        // By somebody else, where the network is not the submission's own.
        let before = taken()?;
        let run = bench.start(&[bad])?;
        let waits = !before && run.until(|| Ok(taken()?.then_some(())))?.is_some();
        ensure(!waits, || Failure {
            did: did.clone(),
            expected: words!("0이 아닌 종료 상태로 끝나기", "it exits with a status that is not 0"),
            got: words!("포트 {mistaken}에서 기다려요", "it waits at port {mistaken}"),
            cause: words!(
                "atoi는 오류를 알려 주지 않고, htons는 16비트만 남겨요. strtol로 끝까지 읽고 1부터 65535까지인지 확인하세요.",
                "atoi reports no error, and htons keeps only 16 bits. Read to the end with strtol, and look whether it is 1 to 65535."
            ),
        })?;
        ensure_refused(did, &run.finish()?)?;
    }
    Ok(())
}
