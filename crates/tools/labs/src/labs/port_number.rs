//! port_number: which ports the system gives a client.

use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::ops::RangeInclusive;

use labkit::trace::Call;

use super::printed::{after, has_several, labelled, one_value, says, too_much};
use crate::bench::{Bench, Finished, Start, ensure_refused, ensure_success, output};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The slide's port.
const ECHO: u16 = 7;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "port_number",
    usage: "port_number",
    slides: "16, 35",
    statement: statement!("port_number"),
    checks: &[
        BUILD,
        Check {
            id: "ends",
            title: ["출력하고 종료 상태 0으로 끝나요", "It prints and exits with status 0"],
            points: 5,
            needs: &["build"],
            slide: "35",
            run: ends,
        },
        Check {
            id: "stream_port",
            title: ["스트림 소켓의 포트 번호를 출력해요", "The stream socket's port"],
            points: 25,
            needs: &["build"],
            slide: "35",
            run: stream_port,
        },
        Check {
            id: "dgram_port",
            title: ["데이터그램 소켓의 포트 번호를 출력해요", "The datagram socket's port"],
            points: 25,
            needs: &["build"],
            slide: "35",
            run: dgram_port,
        },
        Check {
            id: "lines",
            title: ["슬라이드와 같은 줄을 출력해요", "The lines are the slide's"],
            points: 10,
            needs: &["build"],
            slide: "35",
            run: lines,
        },
        Check {
            id: "refused",
            title: ["TCP 서버에 연결할 수 없으면 오류로 끝나요", "If it can't connect to the TCP server"],
            points: 10,
            needs: &["ends"],
            slide: "30, 35",
            run: refused,
        },
        Check {
            id: "order",
            title: [
                "connect 다음에, sendto 다음에 getsockname을 불러요",
                "It asks getsockname after connect, and after sendto",
            ],
            points: 15,
            needs: &["build"],
            slide: "35",
            run: order,
        },
        Check {
            id: "close",
            title: ["두 소켓을 close로 닫아요", "It closes both sockets"],
            points: 10,
            needs: &["build"],
            slide: "32",
            run: close,
        },
    ],
};

/// A socket of the submission's: the calls about it, from socket to close.
type Socket = Vec<Call>;

/// What the submission did and said.
#[derive(Debug)]
struct Traced {
    finished: Finished,
    stream: Socket,
    dgram: Socket,
}

/// Ports whose low byte is negative in a signed char, and such where it isn't. None has the same byte twice, which is right in both
/// orders: the first byte is 128.
const PORTS: [RangeInclusive<u16>; 2] = [0x8081..=0x80FF, 0x8000..=0x807F];

/// So often it is tried, at most.
const TRIES: usize = 64;

/// Runs it, with the echo servers there: at ports like those of each range.
fn traced(bench: &mut Bench) -> Verdict<[Traced; 2]> {
    let [negative, positive] = &PORTS;
    Ok([traced_at(bench, negative)?, traced_at(bench, positive)?])
}

/// Runs it at ports of this range; where that can't be had, until both its ports have such a low byte, and another high one. If the
/// system has chosen the same number for both sockets, nobody can tell whose port it printed: then once more.
fn traced_at(bench: &Bench, ports: &RangeInclusive<u16>) -> Verdict<Traced> {
    let told = bench.place.system_chooses_from(ports).is_ok();
    let fits = |port: u16| ports.contains(&(0x8000 | port & 0xFF)) && port.swap_bytes() != port;
    let mut tries = 0;
    loop {
        let mut echo = bench.echo(Ipv4Addr::LOCALHOST, ECHO)?;
        if !told {
            come_near(fits)?;
        }
        let run = bench.start_with(&[], &Start { traced: true, ..Start::default() })?;
        echo.serve(&run)?;
        let finished = run.finish()?;
        let stream = socket(&finished.calls, "SOCK_STREAM", |call| calls::is(call, "connect"));
        let dgram = socket(&finished.calls, "SOCK_DGRAM", |call| calls::is(call, "write"));
        tries += 1;
        let both = [&stream, &dgram].map(port);
        let chosen = !stream.iter().chain(&dgram).any(binds_to_port);
        let same = chosen && both[0].is_some() && both[0] == both[1];
        if tries == TRIES || !same && (told || both.into_iter().flatten().all(fits)) {
            return Ok(Traced { finished, stream, dgram });
        }
    }
}

/// Connects to the echo server until the port fits: the next connection's is a little above it.
fn come_near(fits: impl Fn(u16) -> bool) -> Verdict {
    for _ in 0..TRIES {
        if fits(TcpStream::connect((Ipv4Addr::LOCALHOST, ECHO))?.local_addr()?.port()) {
            break;
        }
    }
    Ok(())
}

/// The socket of this kind that is used like this; if there is none, the one that is asked for its port.
fn socket(calls: &[Call], kind: &str, used: fn(&Call) -> bool) -> Socket {
    let opened = (0..calls.len()).filter(|i| calls::opens(&calls[*i], kind));
    let all: Vec<Socket> =
        opened.map(|i| calls::about_socket(calls, i).into_iter().cloned().collect()).collect();
    let used = all.iter().find(|socket| socket.iter().any(used));
    used.or(all.iter().find(|socket| port(socket).is_some())).or(all.last()).cloned().unwrap_or_default()
}

/// The port that getsockname gave last, unless that was 0: there was none yet.
fn port(socket: &Socket) -> Option<u16> {
    let asked = socket.iter().rfind(|call| calls::is(call, "getsockname"))?;
    // {sa_family=AF_INET, sin_port=htons(58895), sin_addr=inet_addr("127.0.0.1")}
    let (_, port) = asked.args.get(1)?.split_once("port=htons(")?;
    port.split_once(')')?.0.parse().ok().filter(|port| *port != 0)
}

fn did() -> Words {
    words!(
        "127.0.0.1의 7번 포트에서 에코 서버를 실행하고 `port_number` 실행",
        "ran `port_number`, with echo servers at port 7 of 127.0.0.1"
    )
}

/// Its input stays open: it has nothing to read.
fn ends(bench: &mut Bench) -> Verdict {
    let mut echo = bench.echo(Ipv4Addr::LOCALHOST, ECHO)?;
    let run = bench.start(&[])?;
    echo.serve(&run)?;
    ensure_success(did(), &run.finish_unread()?)
}

fn stream_port(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    traced.iter().try_for_each(|traced| prints_port(&traced.finished, &traced.stream, STREAM))
}

fn dgram_port(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    traced.iter().try_for_each(|traced| prints_port(&traced.finished, &traced.dgram, DGRAM))
}

const STREAM: &str = "스트림 소켓 포트번호 =";
const DGRAM: &str = "데이터그램 소켓 포트번호 =";

/// Prints what getsockname gave. Behind which label is another check's matter, but not if it has both byte orders, or both
/// sockets' ports.
fn prints_port(finished: &Finished, socket: &Socket, label: &str) -> Verdict {
    let Some(port) = port(socket) else { return Err(no_port(socket).into()) };
    let (text, swapped) = (finished.text(), port.swap_bytes());
    // Its bytes added up, and put together, with the sign of the low one.
    let low = port.to_be_bytes()[1].cast_signed();
    let signed = [port.wrapping_sub(256), i16::from(low).cast_unsigned()];
    let both_orders = after(&text, label).is_empty() && says(&text, [swapped.to_string().as_str()]);
    let several = says(&text, [port.to_string().as_str()])
        && (has_several(&text, &[STREAM, DGRAM], label) || both_orders);
    ensure(says(&text, [port.to_string().as_str()]) && !several, || Failure {
        did: did(),
        expected: words!(
            "getsockname으로 알아낸 포트 번호를 출력해야 해요: {port}",
            "the port that getsockname told: {port}"
        ),
        got: output(finished),
        cause: if let Some(too_much) = too_much(&text) {
            too_much
        } else if several {
            one_value()
        } else if says(&text, [swapped.to_string().as_str()]) {
            words!(
                "포트 번호의 두 바이트가 뒤바뀐 수예요. sin_port는 네트워크 바이트 순서이니 ntohs로 바꾸어 출력하세요.",
                "That is the port with its two bytes swapped. sin_port is in network order: print ntohs of it."
            )
        } else if says(&text, [port.cast_signed().to_string().as_str()]) {
            words!(
                "포트 번호는 65535까지라서 부호 있는 short(%hd)에는 들어가지 않아요. int에 담아 %d로 출력하세요.",
                "Ports go up to 65535: a signed short (%hd) has no room for them. Keep it in an int, and print it with %d."
            )
        } else if low.is_negative() && signed.iter().any(|number| says(&text, [number.to_string().as_str()]))
        {
            words!(
                "포트 번호의 하위 바이트를 부호 있는 char로 읽으면 음수가 되어 이런 수가 나와요. unsigned char로 읽거나 ntohs(sin_port)를 출력하세요.",
                "That is what the port becomes if its low byte is read as a char and is negative: char has a sign. Read it as an unsigned char, or print ntohs(sin_port)."
            )
        } else if says(&text, [ECHO.to_string().as_str()]) {
            words!(
                "{ECHO}번은 서버의 포트예요. getsockname이 채운 구조체의 sin_port를 출력하세요.",
                "{ECHO} is the server's port. Print the sin_port of the structure that getsockname has filled."
            )
        } else {
            Words::default()
        },
    })
}

/// The failure of a socket whose port was never asked for, or asked for too early.
fn no_port(socket: &Socket) -> Failure {
    let all: Vec<&Call> = socket.iter().collect();
    let summary = calls::summary(&all);
    let got = if all.is_empty() {
        words!("그런 소켓을 열지 않았어요", "there is no such socket")
    } else {
        words!(
            "이 소켓으로 부른 시스템 콜로는 포트 번호를 얻지 못했어요: {summary}",
            "the calls about this socket are {summary}. They gave no port"
        )
    };
    let cause = why_no_port(&all).unwrap_or_default();
    let expected =
        words!("getsockname으로 이 소켓의 포트 번호를 알아내야 해요", "getsockname gives this socket's port");
    Failure { did: did(), expected, got, cause }
}

/// What the calls about a socket that has no port tell.
fn why_no_port(all: &[&Call]) -> Option<Words> {
    let at = |name: &str| all.iter().position(|call| calls::is(call, name));
    let failed = |name| all.iter().find(|call| call.name == name && !calls::is(call, name));
    if let Some(text) = failed("connect").map(|call| call.text()) {
        return Some(words!(
            "연결하지 못했어요: {text}\n서버의 IP 주소는 127.0.0.1, 포트는 htons(7)이에요.",
            "The connection failed: {text}\nThe server's address is 127.0.0.1, its port htons(7)."
        ));
    }
    if all.iter().any(|call| is_unspec(call)) {
        return Some(unspec());
    }
    if let Some(text) = failed("getsockname").map(|call| call.text()) {
        return Some(words!(
            "getsockname이 실패했어요: {text}\nlen에 sizeof(cliaddr)를 미리 넣고(음수이면 EINVAL), 반환값이 -1인지 확인하세요.",
            "getsockname failed: {text}\nPut sizeof(cliaddr) into len before (a negative len is EINVAL), and look whether it returns -1."
        ));
    }
    let used = at("connect").or(at("write"))?;
    let Some(asked) = at("getsockname") else {
        return Some(if at("getpeername").is_some() {
            words!(
                "getpeername으로는 상대방의 포트 번호를 얻어요. 자신의 포트 번호는 getsockname으로 얻으세요.",
                "getpeername tells the other end's port. getsockname tells one's own."
            )
        } else {
            words!(
                "이 소켓으로는 getsockname을 부르지 않았어요. 첫 번째 인자로 어느 소켓을 주었는지 확인하세요.",
                "getsockname was not called with this socket. Look which socket its first argument is."
            )
        });
    };
    if asked < used {
        return Some(words!(
            "connect(sendto) 전에는 포트 번호가 0이에요. getsockname은 그다음에 부르세요.",
            "Before connect (sendto) the port is 0. Call getsockname after it."
        ));
    }
    let room =
        all[asked].args.get(2)?.trim_start_matches('[').split([' ', ']']).next()?.parse::<usize>().ok()?;
    (room < size_of::<libc::sockaddr_in>()).then(|| {
        words!(
            "getsockname을 부르기 전에 len의 값이 이것이었어요: {room}. len에 sizeof(cliaddr)를 미리 넣어야 커널이 그만큼 채워요.",
            "Before getsockname len was {room}. Put sizeof(cliaddr) into it: so much is filled in."
        )
    })
}

/// A connect to no address, which undoes a connection, if there is one: connect(2).
fn is_unspec(call: &Call) -> bool {
    call.name == "connect" && call.args.get(1).is_some_and(|to| to.contains("AF_UNSPEC"))
}

/// Does it ask for a port of its own choice? Port 0 leaves the choice to the system: ip(7).
fn binds_to_port(call: &Call) -> bool {
    let to = || call.args.get(1).and_then(|to| calls::address(to));
    call.name == "bind" && to().is_some_and(|to| to.port() != 0)
}

fn unspec() -> Words {
    words!(
        "connect에 준 구조체의 sin_family가 0(AF_UNSPEC)이에요. 그러면 connect는 어디에도 연결하지 않고 성공해요. 서버의 주소를 채운 servaddr를 주세요.",
        "The structure that connect was given has 0 (AF_UNSPEC) in sin_family: then connect succeeds and connects to nothing. Give it servaddr, which has the server's address."
    )
}

fn lines(bench: &mut Bench) -> Verdict {
    let [traced, _] = &*bench.once("traced", traced)?;
    let printed = |socket| port(socket).map_or_else(|| "…".into(), |port| port.to_string());
    let (stream, dgram) = (printed(&traced.stream), printed(&traced.dgram));
    let lines: [(&str, &str); 2] = [(STREAM, &stream), (DGRAM, &dgram)];
    labelled(&did(), &traced.finished, &lines)
}

fn refused(bench: &mut Bench) -> Verdict {
    // Who is its own server always has one: its connect must be made to fail. That of all others does so by itself, and of a
    // non-blocking one only SO_ERROR tells: connect(2).
    let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, ECHO);
    let asks_there = |call: &Call| {
        calls::is(call, "connect") && call.args.get(1).and_then(|to| calls::address(to)) == Some(at)
    };
    let (inject, did) = if bench.once("traced", traced)?[0].stream.iter().any(asks_there) {
        (Vec::new(), words!("서버 없이 실행", "ran it without a server"))
    } else {
        (
            vec!["connect:error=ECONNREFUSED".to_string()],
            words!(
                "서버 없이 실행(connect가 ECONNREFUSED로 실패함)",
                "ran it without a server: connect failed with ECONNREFUSED"
            ),
        )
    };
    let finished = bench.start_with(&[], &Start { inject, traced: true, ..Start::default() })?.finish()?;
    // This one would not have failed without a server.
    if let Some(call) = finished.calls.iter().find(|call| is_unspec(call)) {
        let text = call.text();
        let expected = words!("서버의 주소에 connect해야 해요", "connect to the server's address");
        return Err(Failure {
            did,
            expected,
            got: words!("이 시스템 콜을 불렀어요: {text}", "{text}"),
            cause: unspec(),
        }
        .into());
    }
    ensure_refused(did.clone(), &finished)?;
    let silent = finished.stdout.trim_ascii().is_empty() && finished.stderr.is_empty();
    ensure(!silent, || Failure {
        did,
        expected: words!("무엇이 실패했는지 한 줄로 알려야 해요", "a line that says what has failed"),
        got: output(&finished),
        cause: words!(
            "사용자에게는 종료 상태가 보이지 않아요. 끝내기 전에 perror로 무엇이 실패했는지 출력하세요.",
            "A user doesn't see the exit status. Say what has failed, with perror, before the program ends."
        ),
    })
}

fn order(bench: &mut Bench) -> Verdict {
    let [traced, _] = &*bench.once("traced", traced)?;
    let did = || words!("strace로 두 소켓의 시스템 콜 확인", "watched the calls about both sockets (strace)");
    // The server is where the stream socket has connected to. Another address is no use, nor is none: AF_UNSPEC.
    let addressed = |call: &Call| call.args.iter().find(|argument| argument.contains("sa_family=")).cloned();
    let server = traced.stream.iter().find(|call| calls::is(call, "connect")).and_then(addressed);
    let server = server.and_then(|to| calls::address(&to));
    let elsewhere = |call: &Call| {
        (calls::is(call, "connect") || calls::is(call, "write"))
            && addressed(call).is_some_and(|to| server.is_none() || calls::address(&to) != server)
    };
    for (socket, names) in [
        (&traced.stream, ["socket", "connect", "getsockname"]),
        (&traced.dgram, ["socket", "sendto", "getsockname"]),
    ] {
        if let Some(call) = socket.iter().find(|call| binds_to_port(call)) {
            let text = call.text();
            return Err(Failure {
                did: did(),
                expected: words!("시스템이 포트 번호를 정해야 해요", "a port that the system chooses"),
                got: words!("이 시스템 콜을 불렀어요: {text}", "{text}"),
                cause: words!(
                    "클라이언트의 포트 번호는 connect나 첫 sendto 때 시스템이 정해요. bind로 정하면 그 포트를 다른 프로그램이 사용하고 있을 때 실패해요.",
                    "The system chooses a client's port, at connect or the first sendto. A port that bind names may be another program's: then bind fails."
                ),
            }
            .into());
        }
        let to_server: Vec<&Call> = socket.iter().filter(|call| !elsewhere(call)).collect();
        calls::in_order(did(), &to_server, &names).map_err(|fault| {
            match socket.iter().find(|call| elsewhere(call)) {
                Some(call) if is_unspec(call) => fault.because(unspec()),
                Some(call) => {
                    let text = call.text();
                    fault.because(words!(
                        "두 소켓 모두 같은 서버에 보내야 해요. 이 호출의 주소는 달라요: {text}",
                        "Both sockets go to the same server. This call has another address: {text}"
                    ))
                }
                None => fault,
            }
        })?;
    }
    Ok(())
}

fn close(bench: &mut Bench) -> Verdict {
    let [traced, _] = &*bench.once("traced", traced)?;
    for socket in [&traced.stream, &traced.dgram] {
        let all: Vec<&Call> = socket.iter().collect();
        ensure(all.last().is_some_and(|call| call.name == "close"), || Failure {
            did: words!("strace로 소켓의 시스템 콜 확인", "watched the calls about the socket (strace)"),
            expected: words!("소켓을 close로 닫아야 해요", "the socket is closed with close"),
            got: calls::called(&all),
            // Who ended early has another mistake.
            cause: if traced.finished.exit_status() == Some(0) {
                words!(
                    "프로그램이 끝나면 커널이 닫지만, 다 사용한 소켓을 닫는 것도 이 과제에 들어 있어요.",
                    "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
                )
            } else {
                Words::default()
            },
        })?;
    }
    Ok(())
}
