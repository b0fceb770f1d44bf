//! udp_echoserv: the UDP echo server.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::Transport;
use labkit::trace::Call;

use super::{causes, servers};
use crate::bench::{Bench, Datagrams, Run, Start, bytes, compare, ensure_refused, udp_connected, waiting};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "udp_echoserv",
    usage: "udp_echoserv PORT",
    slides: "45, 46, 48",
    statement: statement!("udp_echoserv"),
    checks: &[
        BUILD,
        Check {
            id: "bound",
            title: [
                "인자로 받은 UDP 포트에서 데이터그램을 기다려요",
                "It waits at the UDP port that it was given",
            ],
            points: 10,
            needs: &["build"],
            slide: "39, 45, 48",
            run: bound,
        },
        Check {
            id: "echoes",
            title: ["받은 데이터그램을 하나씩 돌려보내요", "It sends back each datagram that comes"],
            points: 20,
            needs: &["bound"],
            slide: "46, 48",
            run: echoes,
        },
        Check {
            id: "any_address",
            title: [
                "이 컴퓨터의 어느 IP 주소로 와도 받아요",
                "It takes what comes to any address of this machine",
            ],
            points: 5,
            needs: &["bound"],
            slide: "39",
            run: any_address,
        },
        Check {
            id: "senders",
            title: ["발신자가 여럿이면 각 발신자의 주소로 돌려보내요", "Several senders: to each its own"],
            points: 10,
            needs: &["bound"],
            slide: "45, 46",
            run: senders,
        },
        Check {
            id: "empty",
            title: ["빈 데이터그램도 돌려보내요", "An empty datagram is a datagram"],
            points: 10,
            needs: &["bound"],
            slide: "46",
            run: empty,
        },
        Check {
            id: "bytes",
            title: ["0부터 255까지 어떤 바이트든 돌려보내요", "Bytes of any value, 0 to 255"],
            points: 10,
            needs: &["echoes"],
            slide: "46, 48",
            run: all_bytes,
        },
        Check {
            id: "sizes",
            title: [
                "1바이트부터 65507바이트까지 경계를 지켜 돌려보내요",
                "1 to 65507 bytes, boundaries kept",
            ],
            points: 10,
            needs: &["echoes"],
            slide: "46, 48",
            run: sizes,
        },
        Check {
            id: "peer_gone",
            title: ["발신자의 소켓이 닫혀도 계속 실행돼요", "A sender that has gone doesn't end it"],
            points: 5,
            needs: &["senders"],
            slide: "45, 49",
            run: peer_gone,
        },
        Check {
            id: "port_in_use",
            title: ["이미 사용 중인 포트이면 오류로 끝나요", "A port that is in use"],
            points: 5,
            needs: &["bound"],
            slide: "39",
            run: port_in_use,
        },
        Check {
            id: "bad_port",
            title: ["1부터 65535까지만 포트 번호로 받아요", "A port is 1 to 65535, and nothing else"],
            points: 2,
            needs: &["bound"],
            slide: "44",
            run: servers::bad_port,
        },
        Check {
            id: "calls",
            title: [
                "슬라이드의 시스템 콜을 슬라이드의 순서로 불러요",
                "The slide's calls in the slide's order",
            ],
            points: 5,
            needs: &["bound"],
            slide: "45, 48",
            run: slide_calls,
        },
        Check {
            id: "steady",
            title: ["디스크립터의 수가 늘지 않아요", "Its descriptors don't grow in number"],
            points: 3,
            needs: &["bound"],
            slide: "10, 11",
            run: steady,
        },
        Check {
            id: "search",
            title: [
                "그 밖에 발신자가 어떤 순서로 무엇을 해도 올바르게 동작해요",
                "Whatever else senders may do, in whatever order",
            ],
            points: 5,
            needs: &["echoes"],
            slide: "45, 46",
            run: search::udp_server::search,
        },
    ],
};

fn bound(bench: &mut Bench) -> Verdict {
    bench.serve_udp(&Start::default()).map(drop)
}

/// A running server, and where on loopback it is.
fn serve(bench: &mut Bench) -> Verdict<(Run, SocketAddrV4)> {
    let (run, port) = bench.serve_udp(&Start::default())?;
    Ok((run, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)))
}

/// A sender: a socket that belongs to no address and goes to every one.
fn sender(bench: &Bench) -> Verdict<Datagrams> {
    Ok(bench.datagrams(Ipv4Addr::UNSPECIFIED, 0)?)
}

/// For what is seen of a server that sends back more than what came as well.
fn serves_somehow(bench: &mut Bench) -> Verdict {
    servers::serves_somehow(bench, |bench| {
        let (run, addr) = serve(bench)?;
        let sender = sender(bench)?;
        for _ in 0..2 {
            let line = bench.line(29);
            sender.send_to(&line, addr)?;
            if sender.receive(&run)?.is_none_or(|(got, _)| !causes::contains(&got, &line)) {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Sends a datagram and wants it back, from the port that it went to; from one that is known to send back more, among
/// that.
fn echo(bench: &Bench, run: &Run, sender: &Datagrams, to: SocketAddrV4, sent: &[u8]) -> Verdict {
    sender.send_to(sent, to)?;
    let (n, s, shown) = (sent.len(), words::s(sent.len()), bytes(sent));
    let did = words!(
        "{n}바이트 데이터그램을 {to}에 보냄: {shown}",
        "sent a datagram of {n} byte{s} to {to}: {shown}"
    );
    let Some((got, from)) = sender.receive(run)? else {
        let failure = Failure {
            did,
            expected: words!("같은 데이터그램이 돌아와야 해요", "the same datagram comes back"),
            got: words!("아무것도 오지 않았어요", "nothing came"),
            ..Failure::default()
        };
        return Err(run.explain(failure).into());
    };
    ensure(from.port() == to.port(), || Failure {
        did: did.clone(),
        expected: words!("{to}에서 응답해야 해요", "an answer from {to}"),
        got: words!("{from}에서 응답했어요", "an answer from {from}"),
        cause: words!(
            "데이터그램을 받은 소켓으로 sendto하세요.",
            "sendto with the socket that has received."
        ),
    })?;
    if bench.failed.contains(&"echoes") && causes::contains(&got, sent) {
        return Ok(());
    }
    compare(did, sent, &got).map_or(Ok(()), |failure| {
        Err(Fault::from(run.explain(failure))
            .because(servers::of_echo(sent, &got))
            .because(of_datagram(sent, &got)))
    })
}

/// Why only the beginning of a datagram comes back.
fn of_datagram(sent: &[u8], got: &[u8]) -> Words {
    if got.is_empty() || got.len() >= sent.len() || !sent.starts_with(got) {
        return Words::default();
    }
    words!(
        "앞부분만 돌아왔어요. 데이터그램이 버퍼보다 길면 나머지는 버려져요. 가장 긴 데이터그램은 65507바이트(65535 - IP 헤더 20 - UDP 헤더 8)예요.",
        "Only its beginning came back. What of a datagram has no room in the buffer is thrown away. The longest has 65507 bytes: 65535, less 20 for IP's header and 8 for UDP's."
    )
}

fn echoes(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let sender = sender(bench)?;
    for (i, n) in [(1, 10), (2, 20), (3, 29)] {
        let line = bench.line(n);
        let echoed = echo(bench, &run, &sender, addr, &line).map_err(|fault| {
            let ended = words!(
                "데이터그램 하나를 받고 끝났어요. recvfrom과 sendto는 while (1) 안에 있어야 해요.",
                "It has ended after a datagram. recvfrom and sendto belong into while (1)."
            );
            let fault = fault.after(&words!("{i}번째 데이터그램", "datagram number {i}"));
            if i > 1 { fault.because(servers::if_exited(&run, ended)) } else { fault }
        });
        if let Err(fault) = echoed {
            return Err(if i == 1 && !run.over() { fault.because(of_sendto(bench)?) } else { fault });
        }
    }
    Ok(())
}

/// Why the first datagram is not answered, if the calls tell: a sendto that fails.
fn of_sendto(bench: &mut Bench) -> Verdict<Words> {
    let (run, port) = bench.serve_udp(&Start { traced: true, ..Start::default() })?;
    sender(bench)?.send_to(b"hello\n", SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    run.settle()?;
    let all = run.stop()?.calls;
    let failed = all.iter().find(|call| call.name == "sendto" && call.errno().is_some());
    Ok(failed.map_or_else(Words::default, |call| {
        let text = call.text();
        words!(
            "sendto가 실패했어요: `{text}`. recvfrom이 채운 cliaddr로 보내세요. recvfrom을 부르기 전에 매번 addrlen에 sizeof(cliaddr)를 넣어야 해요.",
            "sendto failed: `{text}`. Send to the cliaddr that recvfrom filled in. Before each recvfrom, addrlen has to be sizeof(cliaddr)."
        )
    }))
}

fn any_address(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    for ip in [bench.loopback(), bench.place.address] {
        let (run, port) = bench.serve_udp(&Start::default())?;
        let line = bench.line(20);
        let rows = waiting(Transport::Udp)?;
        echo(bench, &run, &sender(bench)?, SocketAddrV4::new(ip, port), &line)
            .map_err(|fault| fault.because(servers::of_address(&rows, port)))?;
    }
    Ok(())
}

fn senders(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    let (run, addr) = serve(bench)?;
    // Two of them are at addresses of their own, and at the same port: the whole of cliaddr counts.
    let (ip, port) = (bench.loopback(), bench.free_port()?);
    let senders = [sender(bench)?, bench.datagrams(Ipv4Addr::LOCALHOST, port)?, bench.datagrams(ip, port)?];
    for _ in 0..3 {
        for (i, sender) in (1..).zip(&senders) {
            let line = bench.line(30);
            let connected = udp_connected()?.iter().any(|row| row.local.port() == addr.port());
            echo(bench, &run, sender, addr, &line).map_err(|fault| {
                let fault = fault.after(&words!("세 발신자 가운데 {i}번째", "number {i} of three senders"));
                let elsewhere = senders.iter().any(Datagrams::has_more);
                fault.because(if connected {
                    words!(
                        "소켓을 connect해서 그 통신 상대의 데이터그램만 받고 있어요. connect하지 말고, 이번 recvfrom이 채운 cliaddr로 sendto하세요.",
                        "Its socket is connected and takes from that peer alone. Don't connect: sendto the cliaddr that this recvfrom filled in."
                    )
                } else if elsewhere {
                    words!(
                        "응답이 다른 발신자로 갔어요. 항상 이번 recvfrom이 채운 cliaddr로 보내세요.",
                        "The answer went to somebody else. Always send to the cliaddr that this recvfrom filled in."
                    )
                } else {
                    Words::default()
                })
            })?;
        }
    }
    Ok(())
}

fn empty(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    let (run, addr) = serve(bench)?;
    let sender = sender(bench)?;
    let line = bench.line(30);
    for sent in [&line[..], b"", b"", &line] {
        echo(bench, &run, &sender, addr, sent).map_err(|fault| {
            if !sent.is_empty() {
                return fault;
            }
            fault.because(words!(
                "UDP에는 연결의 끝이 없어요. recvfrom이 0을 돌려주면 빈 데이터그램을 받은 것이니 그것도 돌려보내세요. 오류이면 -1을 돌려줘요.",
                "UDP has no end: when recvfrom returns 0, that is an empty datagram, and it goes back as well. An error is -1."
            ))
        })?;
    }
    Ok(())
}

fn all_bytes(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let sender = sender(bench)?;
    servers::every_byte(bench).iter().try_for_each(|piece| echo(bench, &run, &sender, addr, piece))
}

fn sizes(bench: &mut Bench) -> Verdict {
    let (run, addr) = serve(bench)?;
    let sender = sender(bench)?;
    for n in [1, 127, 128, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 65_506, 65_507] {
        let sent = bench.line(n);
        echo(bench, &run, &sender, addr, &sent)?;
    }
    several_wait(bench, &run, &sender, addr)
}

/// Several datagrams before any answer is taken. In which order they come back is not UDP's to say.
fn several_wait(bench: &mut Bench, run: &Run, sender: &Datagrams, addr: SocketAddrV4) -> Verdict {
    let sent: Vec<Vec<u8>> = [30, 700, 3, 1500, 200].map(|n| bench.line(n)).into();
    for datagram in &sent {
        sender.send_to(datagram, addr)?;
    }
    let mut got = Vec::new();
    while got.len() < sent.len()
        && let Some((datagram, _)) = sender.receive(run)?
    {
        got.push(datagram);
    }
    let lengths = |all: &[Vec<u8>]| all.iter().map(Vec::len).collect::<Vec<_>>();
    let (wanted, came) = (lengths(&sent), lengths(&got));
    ensure(sent.iter().all(|datagram| got.contains(datagram)), || {
        run.explain(Failure {
            did: words!(
                "데이터그램 다섯 개를 이어서 보냄: {wanted:?}바이트",
                "sent five datagrams one right after the other: {wanted:?} bytes"
            ),
            expected: words!(
                "같은 다섯 개가 따로따로 돌아와야 해요",
                "the same five come back, each by itself"
            ),
            got: words!("이 데이터그램들이 왔어요: {came:?}바이트", "{came:?} bytes"),
            cause: words!(
                "recvfrom 한 번에 데이터그램 하나를 받고, 그때마다 sendto를 한 번 부르세요.",
                "One recvfrom is one datagram, and for each there is one sendto."
            ),
        })
    })
}

fn peer_gone(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    let (run, addr) = serve(bench)?;
    let (gone, stays, line) = (sender(bench)?, sender(bench)?, bench.line(30));
    // When the server reads on, the datagram is there, and nobody to take its answer: ICMP says so.
    run.while_stopped(|| {
        gone.send_to(&line, addr)?;
        drop(gone);
        Ok(())
    })?;
    run.settle()?;
    for _ in 0..3 {
        echo(bench, &run, &stays, addr, &line).map_err(|fault| {
            let when = words!(
                "앞의 발신자가 응답을 받기 전에 소켓을 닫음",
                "a sender before had closed its socket without waiting for the answer"
            );
            fault.after(&when).because(servers::if_exited(&run, words!(
                "발신자의 소켓이 닫히는 것은 서버의 오류가 아니에요. recvfrom이나 sendto가 실패해도 메시지만 출력하고 계속 실행하세요.",
                "That a sender goes is not the server's fault. When recvfrom or sendto fails, say so and go on."
            )))
        })?;
    }
    Ok(())
}

fn port_in_use(bench: &mut Bench) -> Verdict {
    let port = bench.free_port()?;
    let _taken = bench.datagrams(Ipv4Addr::UNSPECIFIED, port)?;
    let did = words!(
        "다른 서버가 사용하고 있는 UDP {port}번 포트로 실행",
        "started it with UDP port {port}, which another server has"
    );
    let finished = bench.run(&[&port.to_string()], b"").map_err(servers::went_on)?;
    ensure_refused(did, &finished)
}

fn slide_calls(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    let (run, port) = bench.serve_udp(&Start { traced: true, ..Start::default() })?;
    let (sender, line) = (sender(bench)?, bench.line(20));
    for _ in 0..3 {
        echo(bench, &run, &sender, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port), &line)?;
    }
    let all = run.stop()?.calls;
    let did = words!("strace로 서버의 시스템 콜 확인", "watched the server's system calls (strace)");
    let opened = (0..all.len()).filter(|i| calls::opens(&all[*i], "SOCK_DGRAM"));
    let bound = |about: &Vec<&Call>| about.iter().any(|call| calls::is(call, "bind"));
    let socket = opened.map(|i| calls::about_socket(&all, i)).find(bound).unwrap_or_default();
    calls::in_order(did.clone(), &socket, &["socket", "bind", "recvfrom", "sendto"])?;
    let tcp = socket.iter().find(|call| ["listen", "accept", "accept4"].contains(&call.name.as_str()));
    tcp.map_or(Ok(()), |call| {
        let text = call.text();
        Err(Failure {
            did,
            expected: words!("socket, bind, recvfrom, sendto만 불러야 해요", "socket, bind, recvfrom, sendto and no more"),
            got: words!("이 시스템 콜을 불렀어요: {text}", "{text}"),
            cause: words!(
                "데이터그램 소켓에는 기다릴 연결이 없어서 listen과 accept가 EOPNOTSUPP로 실패해요. 두 호출을 지우세요.",
                "A datagram socket has no connections to wait for: listen and accept fail with EOPNOTSUPP. Leave them out."
            ),
        }
        .into())
    })
}

fn steady(bench: &mut Bench) -> Verdict {
    serves_somehow(bench)?;
    let (run, addr) = serve(bench)?;
    let sender = sender(bench)?;
    let echo_some = |bench: &mut Bench| {
        let line = bench.line(30);
        (0..20).try_for_each(|_| echo(bench, &run, &sender, addr, &line))
    };
    echo_some(bench)?;
    run.settle()?;
    let before = run.descriptors();
    echo_some(bench)?;
    // Those of a process that is about to end are about to be closed.
    let steady = run.until_asleep(|| Ok((run.descriptors() <= before).then_some(())))?;
    ensure(steady.is_some(), || {
        let after = run.descriptors();
        Failure {
            did: words!("데이터그램 40개를 보냄", "sent 40 datagrams"),
            expected: words!(
                "열린 디스크립터의 수가 20개를 보낸 뒤와 같아야 해요: {before}",
                "as many open descriptors as after the first 20: {before}"
            ),
            got: words!("40개를 보낸 뒤에 늘었어요: {after}", "after all 40: {after}"),
            cause: words!(
                "데이터그램마다 연 파일이나 소켓을 닫지 않으면 곧 EMFILE로 실패해요. UDP 서버는 소켓 하나로 충분해요.",
                "What is opened for each datagram and not closed soon ends in EMFILE. One socket is enough for a UDP server."
            ),
        }
    })
}
