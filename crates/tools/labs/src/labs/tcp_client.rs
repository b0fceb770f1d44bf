//! What the labs of the TCP clients have in common.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::causes::of_odd_number;
use crate::bench::{Bench, Listener, Peer, Run, Start, ensure_refused};
use crate::calls;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The tester's server, and one where a client comes whose port is not in network order.
pub(super) struct Servers {
    listener: Listener,
    swapped: Option<Listener>,
}

/// Listens at this port.
pub(super) fn servers(bench: &Bench, port: u16) -> Verdict<Servers> {
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, port)?;
    // Where somebody else has that port, less is known of why no client came.
    Ok(Servers { listener, swapped: bench.listen(Ipv4Addr::UNSPECIFIED, port.swap_bytes()).ok() })
}

/// The server's end of the connection that a client has to make to `wanted`; `cause` is why it may not.
pub(super) fn accept(run: &Run, servers: &Servers, wanted: SocketAddrV4, cause: Words) -> Verdict<Peer> {
    let failure = |got, cause| Failure {
        did: run.did(),
        expected: words!("{wanted}에 TCP로 연결해야 해요", "a TCP connection to {wanted}"),
        got,
        cause,
    };
    let Some(server) = servers.listener.accept(run)? else {
        let cause = if servers.swapped.as_ref().is_some_and(Listener::has_more) {
            let (port, swapped) = (wanted.port(), wanted.port().swap_bytes());
            words!(
                "{swapped}번 포트에 연결했어요. {port}의 두 바이트가 뒤바뀐 수예요. sin_port에는 htons({port})의 값을 넣으세요.",
                "It connected to port {swapped}, which is {port} with its two bytes swapped. sin_port takes htons({port})."
            )
        } else {
            cause
        };
        return Err(run.explain(failure(words!("연결이 오지 않았어요", "no connection came"), cause)).into());
    };
    let to = server.local_addr()?;
    ensure(to == wanted, || {
        let cause = words!(
            "주소는 인자로 받은 값(argv[1])이어야 해요.",
            "The address is the one that the argument says (argv[1])."
        );
        failure(words!("{to}에 연결했어요", "a connection to {to}"), cause)
    })?;
    Ok(server)
}

/// Says nothing of a client that doesn't connect to its server, unless it tries to, if only at another port: without a server,
/// `connect` to that address fails. Who ends with an error whatever is asked has not said that there is one.
pub(super) fn tries(bench: &mut Bench, input: &'static [u8]) -> Verdict {
    if !bench.failed.contains(&"connects") {
        return Ok(());
    }
    let tries = bench.once("tries", |bench| {
        let ip = bench.server_address();
        let run = bench.start_with(&[&ip.to_string()], &Start { traced: true, ..Start::default() })?;
        run.write(input);
        let to = |call: &Call| calls::address(call.args.get(1)?).map(|to| *to.ip());
        Ok(run
            .finish()?
            .calls
            .iter()
            .any(|call| call.name == "connect" && call.errno().is_some() && to(call) == Some(ip)))
    });
    match tries {
        Ok(tries) if *tries => Ok(()),
        Err(fault @ Fault::Grader(_)) => Err(fault),
        _ => Err(Fault::Unsaid("connects")),
    }
}

/// What is no address, or no argument at all: the client must end with an error, and connect to nothing.
pub(super) fn bad_address(bench: &mut Bench, port: u16, args: &[&str], input: &'static [u8]) -> Verdict {
    tries(bench, input)?;
    let port = if bench.failed.contains(&"connects") { port.swap_bytes() } else { port };
    // Whoever doesn't look connects to 0.0.0.0, and that is this machine (ip(7)).
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, port)?;
    // Without an argument there is no address at all: a client of its own choice may try any.
    let run = bench.start_with(args, &Start { traced: args.is_empty(), ..Start::default() })?;
    run.write(input);
    run.close_stdin();
    if let Some(peer) = listener.accept(&run)? {
        let to = *peer.local_addr()?.ip();
        return Err(Failure {
            did: run.did(),
            expected: words!(
                "연결하지 않고 0이 아닌 종료 상태로 끝나야 해요",
                "it connects to nothing, and exits with a status that is not 0"
            ),
            got: words!("{to}의 {port}번 포트에 연결했어요", "it connected to port {port} of {to}"),
            cause: unchecked(args, to),
        }
        .into());
    }
    let did = run.did();
    let finished = run.finish()?;
    asks_nobody(&did, &finished.calls)?;
    ensure_refused(did, &finished)
}

/// A client without an argument asks no server: one that it knows by itself would be asked here, too.
pub(super) fn asks_nobody(did: &Words, calls: &[Call]) -> Verdict {
    let asks = |call: &&Call| {
        matches!(&*call.name, "connect" | "sendto" | "sendmsg" | "sendmmsg")
            && call.args.iter().any(|argument| calls::address(argument).is_some())
    };
    match calls.iter().find(asks) {
        None => Ok(()),
        Some(call) => {
            let text = call.text();
            Err(Failure {
                did: did.clone(),
                expected: words!(
                    "어느 서버에도 연결하거나 보내지 않고 0이 아닌 종료 상태로 끝나야 해요",
                    "it asks no server, and exits with a status that is not 0"
                ),
                got: words!("이 시스템 콜을 불렀어요: {text}", "{text}"),
                cause: words!(
                    "인자가 없는데 다른 주소를 사용했어요. argc가 2가 아니면 사용법을 출력하고 exit(1)로 끝내세요.",
                    "Without an argument it used another address. When argc is not 2, print the usage and exit(1)."
                ),
            }
            .into())
        }
    }
}

/// Why a client went on with these arguments, and to this address of this machine.
pub(super) fn unchecked(args: &[&str], to: Ipv4Addr) -> Words {
    if args.is_empty() {
        return words!(
            "argv[1]을 사용하기 전에 argc가 2인지 확인하세요. 인자가 없으면 argv[1]은 NULL이에요.",
            "Before you use argv[1], look whether argc is 2: without an argument it is NULL."
        );
    }
    if args[0].replace('_', "").contains(&to.to_string()) {
        return of_odd_number(args[0]).unwrap_or_else(|| words!(
            "sscanf와 atoi는 수 뒤에 남은 문자를 확인하지 않아요. inet_pton의 반환값이 1인지 확인하세요.",
            "sscanf and atoi don't see what is left behind a number. Use inet_pton, and look whether it returns 1."
        ));
    }
    words!(
        "inet_pton은 올바른 주소일 때에만 1을 돌려줘요. 0이면 sin_addr는 0.0.0.0 그대로이고, 그 주소는 이 컴퓨터를 가리켜요.",
        "inet_pton returns 1 for an address only. When it returns 0, sin_addr is still 0.0.0.0, and that is this machine."
    )
}
