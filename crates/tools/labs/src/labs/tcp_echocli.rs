//! tcp_echocli: the TCP echo client.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::{causes, tcp_client};
use crate::bench::{
    Bench, Finished, LONGEST_LINE, Peer, Run, Start, bytes, compare, ensure_refused, ensure_success, output,
};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The slide's port.
const ECHO: u16 = 7;

/// A line has fewer bytes than this where its length is not what a check is about: a student's buffer may be small.
const SHORT: usize = 30;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "tcp_echocli",
    usage: "tcp_echocli IP",
    slides: "15, 28-32, 34",
    statement: statement!("tcp_echocli"),
    checks: &[
        BUILD,
        Check {
            id: "connects",
            title: ["주어진 주소의 7번 포트에 연결해요", "It connects to port 7 of the given address"],
            points: 5,
            needs: &["build"],
            slide: "28-30",
            run: connects,
        },
        Check {
            id: "sends",
            title: ["입력한 줄을 그대로 보내요", "It sends the line as it was typed"],
            points: 5,
            needs: &["connects"],
            slide: "31, 34",
            run: sends,
        },
        Check {
            id: "prints",
            title: ["서버가 보낸 응답을 출력해요", "It prints what the server sent"],
            points: 25,
            needs: &["connects"],
            slide: "31, 34",
            run: prints,
        },
        Check {
            id: "pieces",
            title: ["응답이 여러 조각으로 와도 모두 출력해요", "An answer that comes in pieces"],
            points: 15,
            needs: &["connects"],
            slide: "31",
            run: pieces,
        },
        Check {
            id: "long",
            title: ["4096바이트인 줄도 보내고 받아요", "A line of 4096 bytes"],
            points: 10,
            needs: &["connects"],
            slide: "31, 34",
            run: long,
        },
        Check {
            id: "bytes",
            title: ["한글과 %가 든 줄도 보내고 받아요", "A line with Korean and %"],
            points: 5,
            needs: &["connects"],
            slide: "34",
            run: any_text,
        },
        Check {
            id: "last_line",
            title: ["입력이 줄바꿈 없이 끝나도 보내고 받아요", "Input that ends without a newline"],
            points: 5,
            needs: &["connects"],
            slide: "34",
            run: last_line,
        },
        Check {
            id: "end_of_input",
            title: [
                "종료 상태 0으로 끝나고, 입력이 없으면 보내지 않아요",
                "It ends with status 0; without input it sends nothing",
            ],
            points: 5,
            needs: &["connects"],
            slide: "34",
            run: end_of_input,
        },
        Check {
            id: "early_close",
            title: ["응답이 모자란 채 서버가 연결을 닫으면 오류로 끝나요", "A server that closes too early"],
            points: 5,
            needs: &["connects"],
            slide: "31, 32",
            run: early_close,
        },
        Check {
            id: "refused",
            title: ["서버가 없으면 오류로 끝나요", "Where no server listens"],
            points: 5,
            needs: &["build"],
            slide: "30",
            run: refused,
        },
        Check {
            id: "bad_address",
            title: [
                "주소가 올바르지 않거나 인자가 없으면 오류로 끝나요",
                "What is no address, and no argument at all",
            ],
            points: 5,
            needs: &["build"],
            slide: "21, 34",
            run: bad_address,
        },
        Check {
            id: "calls",
            title: [
                "슬라이드의 시스템 콜을 슬라이드의 순서로 불러요",
                "The slide's calls in the slide's order",
            ],
            points: 3,
            needs: &["connects"],
            slide: "28",
            run: slide_calls,
        },
        Check {
            id: "close",
            title: ["소켓을 close로 닫아요", "It closes its socket"],
            points: 2,
            needs: &["connects"],
            slide: "32",
            run: close,
        },
        Check {
            id: "search",
            title: ["그 밖에 서버가 무엇을 해도 올바르게 동작해요", "Whatever else its server may do"],
            points: 5,
            needs: &["prints"],
            slide: "31, 34",
            run: search::tcp_client::echo,
        },
    ],
};

/// A client that has connected to the tester's server, with the server's end of the connection.
struct Connected {
    run: Run,
    server: Peer,
}

/// Starts it with this as all of its input: typed at once, for those that ask before they connect.
fn start(bench: &mut Bench, input: &[u8], options: &Start) -> Verdict<Connected> {
    let ip = bench.server_address();
    let servers = tcp_client::servers(bench, ECHO)?;
    let run = bench.start_with(&[&ip.to_string()], options)?;
    run.write(input);
    run.close_stdin();
    let wanted = SocketAddrV4::new(ip, ECHO);
    let cause = words!(
        "sin_family, sin_port = htons(7), sin_addr를 채웠는지, connect의 반환값이 0인지 확인하세요.",
        "Look at sin_family, sin_port = htons(7) and sin_addr, and whether connect returns 0."
    );
    let server = tcp_client::accept(&run, &servers, wanted, cause)?;
    Ok(Connected { run, server })
}

fn connects(bench: &mut Bench) -> Verdict {
    let line = bench.line(20);
    start(bench, &line, &Start::default()).map(drop)
}

/// What the client sent, who may have been answered this meanwhile, must be `wanted`.
fn same(run: &Run, did: Words, wanted: &[u8], answer: &[u8], got: &[u8]) -> Verdict {
    compare(did, wanted, got).map_or(Ok(()), |failure| {
        let cause = causes::of_sent(wanted, answer, got).unwrap_or_default();
        Err(Fault::from(run.explain(failure)).because(cause))
    })
}

/// As [`same`], for what must begin with this: whether more was sent, another check looks. If that has failed, the newline may
/// be missing, too.
fn begins(bench: &Bench, run: &Run, line: &[u8], got: &[u8]) -> Verdict {
    let text = if bench.failed.contains(&"sends") { line.trim_ascii_end() } else { line };
    if got.starts_with(text) {
        return Ok(());
    }
    same(run, typed(line), line, b"", &got[..got.len().min(line.len())])
}

fn typed(line: &[u8]) -> Words {
    let shown = bytes(line);
    words!("키보드에서 {shown} 입력", "typed {shown}")
}

/// A client that has had its answer.
struct Answered {
    run: Run,
    server: Peer,
    /// All that it sent.
    sent: Vec<u8>,
    /// All that it was answered, in these pieces.
    pieces: Vec<Vec<u8>>,
}

/// So many bytes more than the line are echoed: more than is in a buffer.
const MOST: usize = 64 << 10;

/// Types a line and answers as an echo server does, with as many bytes as came, but other ones, so many in a piece. What comes
/// after the line is echoed as it is: that it should not have come is another check's matter.
fn converse(bench: &mut Bench, line: &[u8], size: usize, options: &Start) -> Verdict<Answered> {
    let Connected { run, mut server } = start(bench, line, options)?;
    let mut sent = server.receive(&run, line.len())?;
    if sent.is_empty() {
        same(&run, typed(line), line, b"", &sent)?;
    }
    let answer = answer_to(bench, line);
    let pieces: Vec<Vec<u8>> = answer[..sent.len()].chunks(size).map(<[u8]>::to_vec).collect();
    for piece in &pieces {
        server.send(&run, piece)?;
        // Each comes only when the one before has been read: no read can get two.
        server.taken(&run)?;
    }
    while sent.len() < line.len() + MOST {
        let more = server.receive(&run, 1)?;
        if more.is_empty() {
            break;
        }
        server.send(&run, &more)?;
        sent.extend(more);
    }
    Ok(Answered { run, server, sent, pieces })
}

/// Another text of the same length, with the same white space at its end and no more: what the server answers.
fn answer_to(bench: &mut Bench, line: &[u8]) -> Vec<u8> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let mut answer = match std::str::from_utf8(text) {
        Ok(text) if text.contains('%') => text.replace("소켓", "응답").replace("90", "50").into_bytes(),
        _ => bench.line(text.len() + 1)[..text.len()].to_vec(),
    };
    answer.extend_from_slice(&line[text.len()..]);
    answer
}

/// The client must have printed what it was answered.
fn printed(bench: &Bench, line: &[u8], pieces: &[Vec<u8>], finished: &Finished) -> Verdict {
    let answer = pieces.concat();
    let text = answer.strip_suffix(b"\n").unwrap_or(&answer);
    let verdict = ensure(causes::contains(&finished.stdout, text), || {
        let (n, s, shown) = (answer.len(), words::s(answer.len()), bytes(&answer));
        let did = match pieces.len() {
            0 | 1 => words!("서버가 {n}바이트로 응답함", "the server answered with {n} byte{s}"),
            m => words!(
                "서버가 {n}바이트를 {m}조각으로 나누어 응답함(앞 조각이 읽힌 뒤에 다음 조각을 보냄)",
                "the server answered with {n} bytes in {m} pieces, each after the one before had been read"
            ),
        };
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        Failure {
            did,
            expected: words!("받은 응답을 출력해야 해요: {shown}", "what it received on stdout: {shown}"),
            got: output(finished),
            cause: causes::of_printed(line, &pieces, &finished.stdout).unwrap_or_default(),
        }
    });
    verdict.map_err(|fault| fault.unless_failed(&bench.failed, "prints"))
}

/// Types `line`, and wants the answer printed.
fn conversation(bench: &mut Bench, line: &[u8]) -> Verdict {
    let Answered { run, sent, pieces, .. } = converse(bench, line, line.len(), &Start::default())?;
    begins(bench, &run, line, &sent)?;
    printed(bench, line, &pieces, &run.finish()?)
}

fn sends(bench: &mut Bench) -> Verdict {
    let n = SHORT / 2;
    let line = bench.line(n);
    let Answered { run, sent, pieces, .. } = converse(bench, &line, n, &Start::default())?;
    same(&run, typed(&line), &line, &pieces.concat(), &sent)
}

fn prints(bench: &mut Bench) -> Verdict {
    let n = SHORT / 2;
    let line = bench.line(n);
    let Answered { run, sent, pieces, .. } = converse(bench, &line, n, &Start::default())?;
    let finished = run.finish()?;
    printed(bench, &line, &pieces, &finished)?;
    // Whoever has sent more has had more to print.
    let twice = sent.len() == n && causes::twice(&finished.stdout, pieces.concat().trim_ascii_end());
    ensure(!twice, || {
        let shown = bytes(&pieces.concat());
        Failure {
            did: words!("서버가 {n}바이트로 응답함", "the server answered with {n} bytes"),
            expected: words!("한 번만 출력해야 해요: {shown}", "printed once: {shown}"),
            got: output(&finished),
            cause: causes::once(),
        }
    })
}

fn pieces(bench: &mut Bench) -> Verdict {
    let line = bench.line(27);
    let Answered { run, pieces, .. } = converse(bench, &line, 9, &Start::default())?;
    let finished = run.finish()?;
    printed(bench, &line, &pieces, &finished).map_err(|fault| match finished.exit_status() {
        // Of an answer in one piece it didn't.
        Some(status) if status != 0 => fault.because(words!(
            "read가 요청한 것보다 적게 읽어도 오류가 아니에요. 모자라면 다 받을 때까지 read를 반복하세요.",
            "It is no error that read returns less than was asked for: repeat read until all has come."
        )),
        _ => fault,
    })
}

fn long(bench: &mut Bench) -> Verdict {
    let line = bench.line(LONGEST_LINE);
    conversation(bench, &line)
}

fn any_text(bench: &mut Bench) -> Verdict {
    let tail = bench.rng.u32(..);
    // As a format, it has no %s or %n, which may do anything.
    let line = format!("소켓 90%% %x {tail:08x}\n");
    conversation(bench, line.as_bytes())
}

fn last_line(bench: &mut Bench) -> Verdict {
    let mut line = bench.line(20);
    line.pop();
    // The server stays: who waits for more has no end of the answer to see.
    let Answered { run, sent, server: _server, .. } = converse(bench, &line, line.len(), &Start::default())?;
    begins(bench, &run, &line, &sent)?;
    ensure(run.until(|| Ok(run.over().then_some(())))?.is_some(), || {
        run.explain(Failure {
            did: words!(
                "줄바꿈 없는 19바이트를 입력하고 입력을 끝냄(Ctrl-D), 19바이트가 되돌아옴",
                "typed 19 bytes without a newline and ended the input (Ctrl-D); 19 bytes came back"
            ),
            expected: words!("출력하고 끝나야 해요", "it prints them and ends"),
            got: words!("더 오기를 기다리고 있어요", "it waits for more"),
            cause: words!(
                "응답이 줄바꿈으로 끝난다고 가정하지 마세요. 보낸 만큼의 바이트를 받을 때까지 read하세요.",
                "Don't wait for a newline at the echo's end: read until as many bytes have come as were sent."
            ),
        })
    })?;
    run.finish().map(drop)
}

fn end_of_input(bench: &mut Bench) -> Verdict {
    let line = bench.line(20);
    let Answered { run, .. } = converse(bench, &line, line.len(), &Start::default())?;
    ensure_success(typed(&line), &run.finish()?)?;

    let ip = bench.server_address();
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, ECHO)?;
    let run = bench.start(&[&ip.to_string()])?;
    run.close_stdin();
    let sent = match listener.accept(&run)? {
        Some(mut server) => server.receive_all(&run)?.0,
        None => Vec::new(),
    };
    let did = words!("아무것도 입력하지 않고 입력을 끝냄(Ctrl-D)", "ended the input at once (Ctrl-D)");
    let cause = words!(
        "fgets가 NULL을 돌려주면 buf에 읽은 데이터가 없어요. 보내지 말고 끝내세요. 오류가 아니니 종료 상태는 0이에요.",
        "When fgets returns NULL there is nothing in buf: send nothing and end, with status 0, for that is no error."
    );
    same(&run, did.clone(), b"", b"", &sent).map_err(|fault| fault.surely_because(cause.clone()))?;
    let ended = run.finish().and_then(|finished| ensure_success(did, &finished));
    ended.map_err(|fault| fault.surely_because(cause))
}

fn early_close(bench: &mut Bench) -> Verdict {
    let line = bench.line(20);
    let Connected { run, mut server, .. } = start(bench, &line, &Start::default())?;
    server.receive(&run, line.len())?;
    let piece = &answer_to(bench, &line)[..10];
    server.send(&run, piece)?;
    server.half_close()?;
    let did = words!(
        "서버가 20바이트 가운데 10바이트만 보내고 연결을 닫음",
        "the server sent 10 of the 20 bytes and closed the connection"
    );
    let finished = run.finish()?;
    // Who has noticed says so, if only on stdout.
    let silent = finished.stderr.is_empty() && causes::contains(&finished.stdout, piece);
    ensure_refused(did, &finished).map_err(|fault| if silent { fault.surely_because(words!(
            "read가 0을 돌려주면 더 올 데이터가 없어요. 그때까지 받은 바이트가 보낸 것보다 적으면 오류예요. 메시지를 출력하고 exit(1)로 끝내세요.",
            "When read returns 0 nothing more will come. If less has come than was sent, that is an error: print a message and exit(1)."
        )) } else { fault })
}

fn refused(bench: &mut Bench) -> Verdict {
    tcp_client::tries(bench, b"hello\n")?;
    let ip = bench.server_address();
    let finished = bench.run(&[&ip.to_string()], b"hello\n")?;
    ensure_refused(
        words!("서버가 없는 {ip} 주소로 실행", "started with {ip}, where no server listens"),
        &finished,
    )
}

fn bad_address(bench: &mut Bench) -> Verdict {
    let almost = causes::almost(bench.loopback());
    let almost = almost.iter().map(String::as_str);
    for bad in ["256.1.1.1", "1.2", "localhos:t"].into_iter().chain(almost) {
        tcp_client::bad_address(bench, ECHO, &[bad], b"hello\n")?;
    }
    tcp_client::bad_address(bench, ECHO, &[], b"hello\n")
}

/// The calls of one conversation.
fn traced(bench: &mut Bench) -> Verdict<Vec<Call>> {
    let line = bench.line(20);
    let traced = Start { traced: true, ..Start::default() };
    // Who waits for the rest of an answer only for a while is seen to do so.
    let size = if bench.failed.contains(&"pieces") { line.len() } else { line.len() / 2 };
    let Answered { run, server, .. } = converse(bench, &line, size, &traced)?;
    // Whoever waits for more than the answer sees that no more comes.
    server.half_close()?;
    Ok(run.finish()?.calls)
}

/// What is done with the socket that connects.
fn socket_calls(calls: &[Call]) -> Vec<&Call> {
    let connects = |about: &Vec<&Call>| about.iter().any(|call| calls::is(call, "connect"));
    let opened = (0..calls.len()).filter(|i| calls::opens(&calls[*i], "SOCK_STREAM"));
    opened.map(|i| calls::about_socket(calls, i)).find(connects).unwrap_or_default()
}

fn slide_calls(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let mut calls = socket_calls(&traced);
    // And what it reads from the keyboard, in its place among them.
    let keyboard =
        |call: &&Call| calls::fd(call) == Some(0) && calls::is(call, "read") && !calls.contains(call);
    let typed: Vec<&Call> = traced.iter().filter(keyboard).collect();
    calls.extend(typed.iter().copied());
    calls.sort_by(|a, b| a.entered.total_cmp(&b.entered));
    let did = words!(
        "strace로 소켓과 키보드(디스크립터 0)의 시스템 콜 확인",
        "watched the system calls about its socket and the keyboard, descriptor 0 (strace)"
    );
    let keyboard_first =
        calls.iter().take_while(|call| !calls::is(call, "connect")).any(|call| typed.contains(call));
    calls::in_order(did, &calls, &["socket", "connect", "read", "write", "read"]).map_err(|fault| {
        if !keyboard_first {
            return fault;
        }
        fault.because(words!(
            "연결하기 전에 키보드에서 읽었어요. 먼저 연결하고, 그다음에 키보드에서 읽고, 보내고, 받으세요.",
            "It read from the keyboard before it connected. First connect, then read from the keyboard, send, and receive."
        ))
    })
}

fn close(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let about = socket_calls(&traced);
    ensure(about.last().is_some_and(|call| call.name == "close"), || Failure {
        did: words!("strace로 시스템 콜 확인", "watched its system calls (strace)"),
        expected: words!("소켓을 close로 닫아야 해요", "the socket is closed with close"),
        got: calls::called(&about),
        cause: words!(
            "프로그램이 끝나면 커널이 닫지만, 다 사용한 소켓을 닫는 것도 이 과제에 들어 있어요.",
            "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
        ),
    })
}
