//! What the labs of the TCP clients have in common.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::bench::{Bench, Listener, Peer, Run, ensure_refused};
use crate::verdict::{Failure, Verdict, ensure};
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

/// What is no address, or no argument at all: the client must end with an error, and connect to nothing.
pub(super) fn bad_address(bench: &mut Bench, port: u16, args: &[&str], input: &[u8]) -> Verdict {
    // Whoever doesn't look connects to 0.0.0.0, and that is this machine (ip(7)).
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, port)?;
    let run = bench.start(args)?;
    run.write(input);
    run.close_stdin();
    let connected = listener.accept(&run)?.is_some();
    ensure(!connected, || Failure {
        did: run.did(),
        expected: words!(
            "연결하지 않고 0이 아닌 종료 상태로 끝나기",
            "it connects to nothing, and exits with a status that is not 0"
        ),
        got: words!("이 컴퓨터의 {port}번 포트에 연결했어요", "it connected to port {port} of this machine"),
        cause: unchecked(args),
    })?;
    ensure_refused(run.did(), &run.finish()?)
}

/// Why a client went on with these arguments, and to this machine.
pub(super) fn unchecked(args: &[&str]) -> Words {
    if args.is_empty() {
        return words!(
            "argv[1]을 쓰기 전에 argc가 2인지 보세요. 인자가 없으면 argv[1]은 NULL이에요.",
            "Before you use argv[1], look whether argc is 2: without an argument it is NULL."
        );
    }
    words!(
        "inet_pton은 올바른 주소일 때에만 1을 돌려줘요. 0이면 sin_addr는 0.0.0.0 그대로이고, 그것은 이 컴퓨터예요.",
        "inet_pton returns 1 for an address only. When it returns 0, sin_addr is still 0.0.0.0, and that is this machine."
    )
}
