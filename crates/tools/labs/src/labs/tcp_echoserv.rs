//! tcp_echoserv: the TCP echo server.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::Transport;
use labkit::trace::Call;

use super::{causes, servers};
use crate::bench::{Bench, End, Peer, Run, Start, bytes, compare, ensure_refused, waiting};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The backlog on the slide.
const BACKLOG: i32 = 5;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "tcp_echoserv",
    usage: "tcp_echoserv PORT",
    slides: "15, 36-44",
    statement: statement!("tcp_echoserv"),
    checks: &[
        BUILD,
        Check {
            id: "listens",
            title: ["인자로 받은 포트에서 연결을 기다려요", "It waits at the port that it was given"],
            points: 10,
            needs: &["build"],
            slide: "37-41",
            run: listens,
        },
        Check {
            id: "any_address",
            title: [
                "이 컴퓨터의 어느 IP 주소로 와도 받아요",
                "It takes what comes to any address of this machine",
            ],
            points: 5,
            needs: &["listens"],
            slide: "39",
            run: any_address,
        },
        Check {
            id: "echoes",
            title: ["받은 데이터를 그대로 돌려보내요", "It sends back what came"],
            points: 20,
            needs: &["listens"],
            slide: "44",
            run: echoes,
        },
        Check {
            id: "bytes",
            title: ["0부터 255까지 어떤 바이트든 돌려보내요", "Bytes of any value, 0 to 255"],
            points: 10,
            needs: &["echoes"],
            slide: "31, 44",
            run: all_bytes,
        },
        Check {
            id: "pieces",
            title: ["한 바이트씩 와도 모두 돌려보내요", "One byte at a time"],
            points: 5,
            needs: &["echoes"],
            slide: "31",
            run: pieces,
        },
        Check {
            id: "long",
            title: [
                "많이 와도, 상대방이 천천히 읽어도 모두 돌려보내요",
                "Much of it, and a peer that reads slowly",
            ],
            points: 5,
            needs: &["pieces"],
            slide: "31, 44",
            run: long,
        },
        Check {
            id: "half_close",
            title: [
                "상대방이 보내는 방향만 닫아도(half-close) 모두 돌려보내요",
                "A client that closes only its sending side",
            ],
            points: 8,
            needs: &["listens"],
            slide: "32",
            run: half_close,
        },
        Check {
            id: "next_client",
            title: [
                "한 클라이언트가 끝나면 다음 클라이언트를 처리해요",
                "When one client has gone, the next one",
            ],
            points: 5,
            needs: &["listens"],
            slide: "36, 42, 44",
            run: next_client,
        },
        Check {
            id: "reset",
            title: ["연결이 강제로 끊겨도(reset) 서버는 계속 실행돼요", "A reset doesn't end the server"],
            points: 5,
            needs: &["next_client"],
            slide: "44",
            run: reset,
        },
        Check {
            id: "sigpipe",
            title: [
                "클라이언트가 응답을 읽지 않고 연결을 끊어도 서버는 종료되지 않아요",
                "A client that leaves without reading doesn't kill it",
            ],
            points: 5,
            needs: &["next_client"],
            slide: "44",
            run: sigpipe,
        },
        Check {
            id: "accept_fails",
            title: ["accept가 한 번 실패해도 계속 실행돼요", "One failing accept doesn't end it"],
            points: 5,
            needs: &["next_client"],
            slide: "11, 42",
            run: accept_fails,
        },
        Check {
            id: "port_in_use",
            title: ["이미 사용 중인 포트이면 오류로 끝나요", "A port that is in use"],
            points: 3,
            needs: &["listens"],
            slide: "39",
            run: port_in_use,
        },
        Check {
            id: "bad_port",
            title: ["1부터 65535까지만 포트 번호로 받아요", "A port is 1 to 65535, and nothing else"],
            points: 2,
            needs: &["listens"],
            slide: "44",
            run: servers::bad_port,
        },
        Check {
            id: "backlog",
            title: [
                "연결 대기 큐의 크기를 정하는 backlog가 5 이상이에요",
                "A backlog of at least 5, which sets the size of the accept queue",
            ],
            points: 2,
            needs: &["listens"],
            slide: "41",
            run: backlog,
        },
        Check {
            id: "close",
            title: ["클라이언트마다 연결이 끝나면 소켓을 닫아요", "It closes each client's socket"],
            points: 5,
            needs: &["next_client"],
            slide: "32, 44",
            run: close,
        },
        Check {
            id: "search",
            title: [
                "그 밖에 클라이언트가 어떤 순서로 무엇을 해도 올바르게 동작해요",
                "Whatever else clients may do, in whatever order",
            ],
            points: 5,
            needs: &["next_client", "pieces"],
            slide: "44",
            run: search::tcp_server::search,
        },
    ],
};

fn listens(bench: &mut Bench) -> Verdict {
    bench.serve_tcp(&Start::default()).map(drop)
}

/// A running server, and where on loopback it is.
fn serve(bench: &mut Bench) -> Verdict<(Run, SocketAddrV4)> {
    let (run, port) = bench.serve_tcp(&Start::default())?;
    Ok((run, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)))
}

/// As [`serve`], for what is seen of a server that sends back more than what came as well.
fn serve_somehow(bench: &mut Bench) -> Verdict<(Run, SocketAddrV4)> {
    servers::serves_somehow(bench, |bench| {
        let (run, addr) = serve(bench)?;
        let line = bench.line(29);
        let mut client = Peer::connect(&run, addr)?;
        comes_somehow(&run, &mut client, &line)
    })?;
    serve(bench)
}

/// Before what was sent may come something else, but no more than this.
const GREETING: usize = 200;

/// Sends `sent`: does it come back, be it behind a greeting?
fn comes_somehow(run: &Run, client: &mut Peer, sent: &[u8]) -> Verdict<bool> {
    let mut got = client.exchange(run, sent)?;
    while !causes::contains(&got, sent) {
        let more = client.receive(run, 1)?;
        if more.is_empty() || got.len() > sent.len() + GREETING {
            return Ok(false);
        }
        got.extend(more);
    }
    Ok(true)
}

/// Sends `sent` and wants it back; from a server that is known to send back more, among that.
fn is_served(bench: &Bench, run: &Run, client: &mut Peer, sent: &[u8]) -> Verdict {
    if !bench.failed.contains(&"echoes") {
        return wants_back(run, client, sent);
    }
    let comes = comes_somehow(run, client, sent)?;
    ensure(comes, || {
        let (n, shown) = (sent.len(), bytes(sent));
        run.explain(Failure {
            did: words!("{n}바이트를 보냄: {shown}", "sent {n} bytes: {shown}"),
            expected: words!("받은 데이터에 그 {n}바이트가 있어야 해요", "these {n} bytes among what comes"),
            got: words!("그 데이터를 받지 못했어요", "they did not come"),
            cause: Words::default(),
        })
    })
}

/// Connects to `addr`, sends `bytes` and wants them back.
fn echo(run: &Run, addr: SocketAddrV4, bytes: &[u8]) -> Verdict {
    let mut client = Peer::connect(run, addr)?;
    wants_back(run, &mut client, bytes)
}

/// Sends `sent` and wants it back.
fn wants_back(run: &Run, client: &mut Peer, sent: &[u8]) -> Verdict {
    let got = client.exchange(run, sent)?;
    came_back(run, client, sent, &got)
}

/// What has come is what was sent.
fn came_back(run: &Run, client: &Peer, sent: &[u8], got: &[u8]) -> Verdict {
    let (n, s, shown) = (sent.len(), words::s(sent.len()), bytes(sent));
    let did = words!("{n}바이트를 보냄: {shown}", "sent {n} byte{s}: {shown}");
    compare(did, sent, got).map_or(Ok(()), |failure| {
        let fault = Fault::from(run.explain(failure)).because(servers::of_echo(sent, got));
        let (begun, all_read) = (!got.is_empty() && sent.starts_with(got), !client.is_unread()?);
        if !begun || !all_read || client.is_over() || run.over() {
            return Err(fault);
        }
        Err(fault.because(servers::part_missing()))
    })
}

fn any_address(bench: &mut Bench) -> Verdict {
    let (run, port) = bench.serve_tcp(&Start::default())?;
    let mut clients = Vec::new();
    for ip in [bench.loopback(), bench.place.address] {
        let rows = waiting(Transport::Tcp)?;
        // It is the connection that counts, not what comes back over it.
        let client = Peer::connect(&run, SocketAddrV4::new(ip, port))
            .map_err(|fault| fault.because(servers::of_address(&rows, port)))?;
        clients.push(client);
    }
    Ok(())
}

fn echoes(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let n = 29;
    let line = bench.line(n);
    let mut client = Peer::connect(&run, addr)?;
    let mut got = client.exchange(&run, &line)?;
    let unread = client.is_unread()?;
    let came = got.len();
    // And not a byte more.
    client.half_close()?;
    got.extend(client.receive_all(&run)?.0);
    let did = words!(
        "{n}바이트를 보내 돌려받고, 그다음에 더 오는지 확인",
        "sent {n} bytes, had them back, and looked for what comes after them"
    );
    let late = compare(did.clone(), &line, &line[..came.min(n)]).filter(|_| got == line);
    let Some(failure) = late.or_else(|| compare(did, &line, &got)) else { return Ok(()) };
    let cause = if got == line {
        words!(
            "클라이언트가 연결을 닫은 다음에야 돌려보냈어요. 버퍼가 다 차거나 입력이 끝나기를 기다리지 말고, read로 받은 n바이트를 곧바로 write하세요.",
            "It sent them back only when the client had closed. Don't wait for a full buffer or the end: at once write the n bytes that read returned."
        )
    } else if unread && got.is_empty() {
        words!(
            "클라이언트가 보낸 바이트를 서버가 읽지 않았어요. listen_sock이 아니라 accept가 돌려준 소켓에서 read하세요.",
            "Nobody has read what was sent. Read from the socket that accept gave, not from listen_sock."
        )
    } else {
        servers::of_echo(&line, &got)
    };
    Err(Fault::from(run.explain(failure)).because(cause))
}

fn all_bytes(bench: &mut Bench) -> Verdict {
    for piece in servers::every_byte(bench) {
        // A server for each: that one serves another client, or reads a second time, is what others look at.
        let (run, addr) = serve(bench)?;
        echo(&run, addr, &piece)?;
    }
    Ok(())
}

fn pieces(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let mut client = Peer::connect(&run, addr)?;
    let mut line = bench.line(30);
    // Some take 0 for false: it stands in the middle, and nowhere before.
    line[..15].iter_mut().filter(|byte| **byte == b'0').for_each(|byte| *byte = b'1');
    line[15] = b'0';
    for (before, byte) in line.into_iter().enumerate() {
        wants_back(&run, &mut client, &[byte]).map_err(|fault| {
            if before != 1 || !client.is_over() {
                return fault;
            }
            fault.because(words!(
                "한 바이트를 돌려보낸 뒤 연결을 닫았어요. 한 번 read하고 끝내지 말고, 클라이언트가 연결을 닫아 read가 0을 돌려줄 때까지 read와 write를 반복하세요.",
                "It closed the connection with one byte sent back. One read is not all: repeat read and write until read returns 0, because the client has closed."
            ))
        })?;
    }
    Ok(())
}

fn long(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    // To a client with little room the server's write can't always write all.
    let mut client = Peer::connect_narrow(&run, addr, 4096)?;
    for sent in [127, 128, 1023, 1024, 1025, 4096].map(|n| bench.line(n)) {
        wants_back(&run, &mut client, &sent)?;
    }
    // Of more, who reads at once gets as much as there was room for at that moment.
    let sent = bench.line(65_507);
    let got = client.exchange_late(&run, &sent)?;
    came_back(&run, &client, &sent, &got)?;
    // A server's kernel has more room for somebody who has read much: this one has read nothing yet.
    let (run, addr) = serve(bench)?;
    let mut client = Peer::connect_narrow(&run, addr, 4096)?;
    let sent = bench.line(65_521).repeat(8); // 512 KiB
    let got = client.exchange_late(&run, &sent)?;
    came_back(&run, &client, &sent, &got)
}

fn half_close(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve_somehow(bench)?;
    let last = bench.line(60);
    let mut client = Peer::connect(&run, addr)?;
    // When the server reads, all has come: the bytes and the end.
    run.while_stopped(|| {
        client.send(&run, &last)?;
        client.half_close()
    })?;
    let got = client.receive(&run, last.len())?;
    let did = words!(
        "60바이트를 보내고 곧바로 보내는 방향을 닫음(shutdown)",
        "sent 60 bytes and closed the sending side at once (shutdown)"
    );
    let over = client.is_over();
    // What goes back is another check's matter.
    if bench.failed.contains(&"echoes") && got.len() == last.len() {
        return Ok(());
    }
    compare(did, &last, &got).map_or(Ok(()), |failure| {
        let fault = Fault::from(run.explain(failure));
        if !over || got.len() >= last.len() {
            return Err(fault);
        }
        Err(fault.because(words!(
            "클라이언트는 보내는 방향만 닫았어요. 그 전에 온 데이터는 아직 소켓의 수신 버퍼에 있으니 read가 0을 돌려줄 때까지 읽고 돌려보내세요.",
            "The client has closed its sending side only. What came before is still in the socket: read and echo until read returns 0."
        )))
    })
}

fn next_client(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve_somehow(bench)?;
    for i in 1..=20 {
        let line = bench.line(30);
        let mut client = Peer::connect(&run, addr).map_err(|fault| next_one(&run, None, i, fault))?;
        is_served(bench, &run, &mut client, &line)
            .map_err(|fault| next_one(&run, Some(&client), i, fault))?;
    }
    // One that comes while another is served: it waits, or not; what it sent is not lost.
    let (first_line, second_line) = (bench.line(30), bench.line(40));
    let mut first = Peer::connect(&run, addr)?;
    is_served(bench, &run, &mut first, &first_line)?;
    let mut second = Peer::connect(&run, addr)?;
    second.send(&run, &second_line)?;
    drop(first);
    let got = second.receive(&run, second_line.len())?;
    let did = words!(
        "첫 번째 클라이언트가 연결된 동안 두 번째 클라이언트가 연결해 40바이트를 보내고, 첫 번째가 닫음",
        "while a first client was there a second one connected and sent 40 bytes; then the first closed"
    );
    if bench.failed.contains(&"echoes") && !got.is_empty() {
        return Ok(());
    }
    compare(did, &second_line, &got).map_or(Ok(()), |failure| Err(run.explain(failure).into()))
}

/// A client after the first that was not served: the server has ended, or has not come to it.
fn next_one(run: &Run, client: Option<&Peer>, number: u32, fault: Fault) -> Fault {
    let unread = client.is_some_and(|client| client.is_unread().unwrap_or(false));
    let cause = if run.exited() {
        words!(
            "클라이언트 하나가 끝났을 때 서버도 끝났어요. accept는 while (1) 안에 있어야 해요. exit나 return을 부르면 서버 전체가 끝나니, 그 소켓만 close하고 다시 accept하세요.",
            "With a client the server ended, too. accept belongs into while (1), and exit or return ends the server: close that client's socket and accept again."
        )
    } else if unread && !run.over() {
        words!(
            "서버는 실행 중인데 이 클라이언트가 보낸 데이터를 읽지 않았어요. read가 0을 돌려주면 안쪽 반복문을 끝내고 다시 accept하세요.",
            "The server is there and doesn't read what this client sent. When read returns 0, leave the inner loop and accept again."
        )
    } else {
        Words::default()
    };
    fault.after(&words!("{number}번째 클라이언트", "client number {number}")).because(cause)
}

/// After something bad, the server still serves.
fn goes_on(bench: &mut Bench, run: &Run, addr: SocketAddrV4, after: &Words) -> Verdict {
    // A thread or a child that ends the server has its turn first.
    run.settle()?;
    let line = bench.line(30);
    let served = Peer::connect(run, addr).and_then(|mut client| is_served(bench, run, &mut client, &line));
    served.map_err(|fault| fault.after(after))
}

fn reset(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let line = bench.line(30);
    let ended = |fault: Fault| fault.because(servers::if_exited(&run, only_that_client()));
    let mut client = Peer::connect(&run, addr)?;
    is_served(bench, &run, &mut client, &line)?;
    client.reset()?;
    let after = words!("클라이언트가 연결을 강제로 끊음(reset)", "a client reset its connection");
    goes_on(bench, &run, addr, &after).map_err(ended)?;
    // The first read of another one fails, not a later one.
    Peer::connect(&run, addr)?.reset()?;
    let after = words!(
        "클라이언트가 아무것도 보내지 않고 연결을 강제로 끊음(reset)",
        "a client reset its connection and had sent nothing"
    );
    goes_on(bench, &run, addr, &after).map_err(ended)
}

/// A server that ends because a call about a client failed.
fn only_that_client() -> Words {
    words!(
        "클라이언트 하나에 대한 호출(read, write, getpeername)이 실패해도 그 연결만 끝난 거예요. 그 소켓을 close하고 다음 accept로 넘어가세요. exit하지 마세요.",
        "When a call about one client fails (read, write, getpeername), only that client is done: close its socket and go on to the next accept. Don't exit."
    )
}

fn sigpipe(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let line = bench.line(30);
    let mut client = Peer::connect(&run, addr)?;
    // When the server reads first, the line is there, and the connection is broken: write is EPIPE (tcp(7), a reset after a FIN).
    run.while_stopped(|| {
        client.send(&run, &line)?;
        client.half_close()?;
        client.reset()
    })?;
    let after = words!(
        "클라이언트가 한 줄을 보내고 응답을 읽지 않은 채 연결을 끊음",
        "a client sent a line and left without reading the answer"
    );
    goes_on(bench, &run, addr, &after)
        .map_err(|fault| fault.because(servers::if_exited(&run, only_that_client())))
}

fn accept_fails(bench: &mut Bench) -> Verdict {
    // Not the first: a server that ends with it would be gone before anybody has seen it wait.
    let fails = "accept,accept4:error=EMFILE:when=2".to_string();
    // The rest that it may take before it tries again takes no time.
    let rest = "nanosleep,clock_nanosleep:retval=0:when=1..3".to_string();
    let inject = vec![fails, rest];
    let (run, port) = bench.serve_tcp(&Start { inject, ..Start::default() })?;
    let addr = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let line = bench.line(30);
    is_served(bench, &run, &mut Peer::connect(&run, addr)?, &line)?;
    let after = words!("그다음 accept가 EMFILE로 실패함", "the accept after that failed with EMFILE");
    let first = goes_on(bench, &run, addr, &after);
    // Some libraries make room by dropping those who wait: the next ones are served.
    if first.is_ok() || (!run.over() && goes_on(bench, &run, addr, &after).is_ok()) {
        return Ok(());
    }
    first.map_err(|fault| {
        fault.because(servers::if_exited(&run, words!(
            "디스크립터 부족은 일시적이에요. accept가 실패하면 perror로 알리고, 0.1초쯤 쉬었다가(nanosleep) 다시 accept하세요. 쉬지 않으면 그동안 같은 메시지가 계속 출력돼요.",
            "A lack of descriptors passes. When accept fails, say so with perror, rest for 0.1 s (nanosleep) and accept again: without the rest there is a flood of messages meanwhile."
        )))
    })
}

fn port_in_use(bench: &mut Bench) -> Verdict {
    let port = bench.free_port()?;
    let _taken = bench.listen(Ipv4Addr::UNSPECIFIED, port)?;
    let finished = bench.run(&[&port.to_string()], b"").map_err(servers::went_on)?;
    let did = words!(
        "다른 서버가 기다리고 있는 {port}번 포트로 실행",
        "started it with port {port}, where another server waits"
    );
    ensure_refused(did, &finished)
}

/// What a server does until it waits.
fn traced(bench: &mut Bench) -> Verdict<Vec<Call>> {
    let (run, _) = bench.serve_tcp(&Start { traced: true, ..Start::default() })?;
    // That it listens is seen before the call has been taken down.
    run.settle()?;
    Ok(run.stop()?.calls)
}

/// What the kernel takes without its sign: -1 is as many as there may be.
fn backlog(bench: &mut Bench) -> Verdict {
    let traced = traced(bench)?;
    let shares = |call: &Call| call.name == "setsockopt" && call.args.iter().any(|arg| arg == "SO_REUSEADDR");
    if traced.iter().any(shares) {
        bench.note(words!(
            "SO_REUSEADDR: 서버를 다시 시작할 때 TIME_WAIT 때문에 bind가 실패하지 않아요. 슬라이드에는 없지만 대부분의 실제 서버는 이렇게 해요.",
            "SO_REUSEADDR: a restart doesn't stumble over TIME_WAIT. Not on the slide, but most real servers do it."
        ));
    }
    let listen = traced.iter().find(|call| calls::is(call, "listen"));
    let backlog = listen.and_then(|call| call.args.get(1)?.parse::<i32>().ok()).unwrap_or(BACKLOG);
    ensure(backlog.cast_unsigned() >= BACKLOG.cast_unsigned(), || Failure {
        did: words!("strace로 listen의 backlog 확인", "looked at listen's backlog (strace)"),
        expected: words!(
            "listen(listen_sock, {BACKLOG})이거나 backlog가 더 커야 해요",
            "listen(listen_sock, {BACKLOG}), or more"
        ),
        got: words!("이렇게 불렀어요: listen(listen_sock, {backlog})", "listen(listen_sock, {backlog})"),
        cause: words!(
            "listen의 두 번째 인자(backlog)는 accept를 기다리는 연결이 들어가는 연결 대기 큐(accept queue)의 크기를 정해요.",
            "listen's second argument, the backlog, sets how many connections may wait in the queue for accept."
        ),
    })
}

fn close(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let line = bench.line(20);
    let cause = words!(
        "accept가 돌려준 소켓을 close하지 않으면 클라이언트마다 디스크립터가 하나씩 누수되어(leak) 결국 EMFILE로 실패해요. fork했다면 부모 프로세스에서도 닫아야 해요.",
        "Without close of the socket that accept gave, each client leaks a descriptor, until EMFILE. After fork the parent closes it too."
    );
    let broken = words!(
        "close가 FIN이 아니라 RST를 보냈어요. SO_LINGER를 0초로 설정하면 그래요. 그러면 아직 도착하지 않은 데이터도 버려져요.",
        "close sent RST and not FIN, as it does with SO_LINGER at 0 s: what has not arrived yet is lost, too."
    );
    let mut clients = Vec::new();
    // A runtime may open something of its own for the first client.
    let mut after_first = 0;
    for i in 1..=5 {
        let mut client = Peer::connect(&run, addr)?;
        is_served(bench, &run, &mut client, &line)?;
        client.half_close()?;
        let (_, end) = client.receive_all(&run)?;
        clients.push(client);
        let got = end.words();
        ensure(end == End::Closed, || {
            run.explain(Failure {
                did: words!("{i}번째 클라이언트가 연결을 닫음", "client number {i} closed its connection"),
                expected: words!(
                    "서버도 그 소켓을 닫아야 해요(FIN)",
                    "the server closes that socket too (FIN)"
                ),
                got,
                cause: if end == End::Reset { broken.clone() } else { cause.clone() },
            })
        })?;
        if i == 1 {
            run.settle()?;
            after_first = run.descriptors();
        }
    }
    // The FIN comes with close, when the descriptor is gone; or with shutdown, which leaves it. A child may be about to end.
    let fewer = || Ok((run.descriptors() < after_first + 4).then_some(()));
    ensure(run.until_asleep(fewer)?.is_some(), || {
        let open = run.descriptors();
        let more = open.saturating_sub(after_first);
        run.explain(Failure {
            did: words!("클라이언트 넷이 더 연결했다가 닫음", "four more clients came and went"),
            expected: words!("디스크립터가 늘지 않아야 해요", "as many descriptors are open as before"),
            got: words!(
                "디스크립터 {open}개가 열려 있었어요({more}개 늘었어요)",
                "{open} descriptors are open, {more} more"
            ),
            cause,
        })
    })?;
    let still = waiting(Transport::Tcp)?.iter().any(|row| row.local.port() == addr.port());
    ensure(still, || Failure {
        did: words!("클라이언트 다섯이 연결했다가 닫음", "five clients came and went"),
        expected: words!("연결 대기 소켓(listen_sock)은 열려 있어야 해요", "the listening socket stays open"),
        got: words!("연결 대기 소켓이 닫혔어요", "the listening socket is closed"),
        cause: words!(
            "클라이언트가 끝나면 accept가 돌려준 소켓을 닫으세요. listen_sock은 닫지 마세요.",
            "What is done with is the socket that accept gave. Don't close listen_sock."
        ),
    })
}
