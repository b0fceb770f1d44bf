//! What the labs of the TCP clients have in common.

use std::net::SocketAddrV4;

use crate::bench::{Listener, Peer, Run};
use crate::lab::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The server's end of the connection that a client has to make to `wanted`; `cause` is why it may not.
pub(super) fn accept(run: &Run, listener: &Listener, wanted: SocketAddrV4, cause: Words) -> Verdict<Peer> {
    let failure = |got, cause| Failure {
        did: run.did(),
        expected: words!("{wanted}에 연결(TCP)", "a TCP connection to {wanted}"),
        got,
        cause,
    };
    let Some(server) = listener.accept(run)? else {
        return Err(run.explain(failure(words!("연결이 오지 않았어요", "no connection came"), cause)).into());
    };
    let to = server.local_addr()?;
    ensure(to == wanted, || {
        let cause = words!(
            "주소는 인자로 받은 것(argv[1])이어야 해요.",
            "The address is the one that the argument says (argv[1])."
        );
        failure(words!("{to}에 연결함", "a connection to {to}"), cause)
    })?;
    Ok(server)
}
