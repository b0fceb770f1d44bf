//! tcp_echocli: the TCP echo client.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::printed::taken_for_format;
use super::tcp_client;
use crate::bench::{Bench, Listener, Peer, Run, Start, bytes, compare, ensure_refused, ensure_success};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The slide's port.
const ECHO: u16 = 7;

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
            points: 10,
            needs: &["build"],
            slide: "28-30",
            run: connects,
        },
        Check {
            id: "sends",
            title: ["입력한 줄을 그대로 보내요", "It sends the line as it was typed"],
            points: 15,
            needs: &["connects"],
            slide: "31, 34",
            run: sends,
        },
        Check {
            id: "prints",
            title: ["서버가 보낸 것을 출력해요", "It prints what the server sent"],
            points: 15,
            needs: &["sends"],
            slide: "31, 34",
            run: prints,
        },
        Check {
            id: "pieces",
            title: ["답이 여러 조각으로 와도", "An answer that comes in pieces"],
            points: 10,
            needs: &["prints"],
            slide: "31",
            run: pieces,
        },
        Check {
            id: "long",
            title: ["4096바이트인 줄", "A line of 4096 bytes"],
            points: 10,
            needs: &["prints"],
            slide: "31, 34",
            run: long,
        },
        Check {
            id: "bytes",
            title: ["한글과 %가 든 줄", "A line with Korean and %"],
            points: 5,
            needs: &["prints"],
            slide: "34",
            run: any_text,
        },
        Check {
            id: "last_line",
            title: ["줄바꿈 없이 끝나는 입력", "Input that ends without a newline"],
            points: 5,
            needs: &["sends"],
            slide: "34",
            run: last_line,
        },
        Check {
            id: "end_of_input",
            title: ["입력이 없으면 보내지 않고 끝나요", "Without input it sends nothing and ends"],
            points: 5,
            needs: &["connects"],
            slide: "34",
            run: end_of_input,
        },
        Check {
            id: "early_close",
            title: ["답이 모자란 채 서버가 닫으면", "A server that closes too early"],
            points: 10,
            needs: &["prints"],
            slide: "31, 32",
            run: early_close,
        },
        Check {
            id: "refused",
            title: ["서버가 없으면", "Where no server listens"],
            points: 5,
            needs: &["connects"],
            slide: "30",
            run: refused,
        },
        Check {
            id: "bad_address",
            title: ["올바르지 않은 주소, 인자 없음", "What is no address, and no argument at all"],
            points: 5,
            needs: &["connects"],
            slide: "21, 34",
            run: bad_address,
        },
        Check {
            id: "calls",
            title: ["슬라이드의 호출을 슬라이드의 순서로", "The slide's calls in the slide's order"],
            points: 3,
            needs: &["connects"],
            slide: "28",
            run: slide_calls,
        },
        Check {
            id: "close",
            title: ["소켓을 close로 닫아요", "It closes its socket"],
            points: 2,
            needs: &["prints"],
            slide: "32",
            run: close,
        },
    ],
};

/// A client that has connected to the tester's server, with the server's end of the connection.
struct Connected {
    run: Run,
    server: Peer,
    _listener: Listener,
}

/// Starts it with this as all of its input: typed at once, for those that ask before they connect.
fn start(bench: &mut Bench, input: &[u8], options: &Start) -> Verdict<Connected> {
    let ip = bench.server_address();
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, ECHO)?;
    let run = bench.start_with(&[&ip.to_string()], options)?;
    run.write(input);
    run.close_stdin();
    let wanted = SocketAddrV4::new(ip, ECHO);
    let cause = words!(
        "sin_family, sin_port = htons(7), sin_addr를 채웠는지, connect의 반환값이 0인지 보세요.",
        "Look at sin_family, sin_port = htons(7) and sin_addr, and whether connect returns 0."
    );
    let server = tcp_client::accept(&run, &listener, wanted, cause)?;
    Ok(Connected { run, server, _listener: listener })
}

fn connects(bench: &mut Bench) -> Verdict {
    let line = bench.line(20);
    start(bench, &line, &Start::default()).map(drop)
}

/// What the server got must be this.
fn same(run: &Run, did: Words, wanted: &[u8], got: &[u8], cause: Words) -> Verdict {
    compare(did, wanted, got).map_or(Ok(()), |failure| Err(Fault::from(run.explain(failure)).because(cause)))
}

/// Starts it and types a line, which the server must get.
fn start_and_send(bench: &mut Bench, line: &[u8]) -> Verdict<Connected> {
    let mut connected = start(bench, line, &Start::default())?;
    let got = connected.server.receive(&connected.run, line.len())?;
    let shown = bytes(line);
    let did = words!("키보드에서 {shown} 입력", "typed {shown}");
    let cause = words!(
        "읽은 줄을 줄바꿈까지 strlen(buf)바이트만큼 보내세요. 긴 줄은 buf에 다 들어가나요?",
        "Send the line that was read, newline included: strlen(buf) bytes. Is there room in buf for a long one?"
    );
    same(&connected.run, did, line, &got, cause)?;
    Ok(connected)
}

/// Another text of the same length: what the server answers.
fn answer_to(bench: &mut Bench, line: &[u8]) -> Vec<u8> {
    bench.line(line.len())
}

/// The client must have printed `answer`, and end well.
fn printed(did: Words, run: Run, answer: &[u8]) -> Verdict {
    let finished = run.finish()?;
    let text = answer.strip_suffix(b"\n").unwrap_or(answer);
    let found = finished.stdout.windows(text.len()).any(|window| window == text);
    ensure(found, || {
        let (answer, stdout) = (bytes(answer), bytes(&finished.stdout));
        Failure {
            did: did.clone(),
            expected: words!("받은 것을 출력: {answer}", "what it received on stdout: {answer}"),
            got: words!("stdout: {stdout}", "stdout: {stdout}"),
            cause: taken_for_format(text, &finished.stdout),
        }
    })?;
    ensure_success(did, &finished)
}

/// Types `line`, answers with `answer`, and wants that printed.
fn conversation(bench: &mut Bench, line: &[u8], answer: &[u8]) -> Verdict {
    let Connected { run, mut server, .. } = start_and_send(bench, line)?;
    server.send(&run, answer)?;
    let (n, shown) = (answer.len(), bytes(answer));
    printed(
        words!("서버가 {n}바이트로 답함: {shown}", "the server answered with {n} bytes: {shown}"),
        run,
        answer,
    )
}

fn sends(bench: &mut Bench) -> Verdict {
    let n = bench.rng.usize(10..60);
    let line = bench.line(n);
    let answer = answer_to(bench, &line);
    let Connected { run, mut server, .. } = start_and_send(bench, &line)?;
    server.send(&run, &answer)?;
    let (more, _) = server.receive_all(&run)?;
    let did = words!(
        "키보드에서 {n}바이트 한 줄을 입력하고, 그 줄 다음에 더 오는지 봄",
        "typed a line of {n} bytes, and looked for what comes after it"
    );
    let cause = words!(
        "줄보다 더 많이 보냈어요. 보낼 바이트 수는 sizeof(buf)가 아니라 strlen(buf)예요.",
        "It sent more than the line. How many bytes to send is strlen(buf), not sizeof(buf)."
    );
    same(&run, did, b"", &more, cause)
}

fn prints(bench: &mut Bench) -> Verdict {
    let n = bench.rng.usize(10..60);
    let line = bench.line(n);
    let answer = answer_to(bench, &line);
    conversation(bench, &line, &answer).map_err(|fault| {
        fault.because(words!(
            "출력할 것은 보낸 줄이 아니라 read가 버퍼에 넣은 n바이트예요. read는 끝에 '\\0'을 넣어 주지 않아요.",
            "Print not the line that was sent, but the n bytes that read has put into the buffer. read puts no '\\0' at their end."
        ))
    })
}

fn pieces(bench: &mut Bench) -> Verdict {
    let line = bench.line(30);
    let answer = answer_to(bench, &line);
    let Connected { run, mut server, .. } = start_and_send(bench, &line)?;
    for piece in answer.chunks(10) {
        server.send(&run, piece)?;
        // Each comes only when the one before has been read: no read can get two.
        server.taken(&run)?;
    }
    let did = words!(
        "서버가 10바이트씩 세 조각으로 답함, 앞 조각이 읽힌 다음에 다음 조각",
        "the server answered in three pieces of 10 bytes, each after the one before had been read"
    );
    printed(did, run, &answer).map_err(|fault| {
        fault.because(words!(
            "TCP는 바이트의 흐름이에요. 보낸 만큼 다 받을 때까지 read를 되풀이하세요.",
            "TCP is a stream of bytes: repeat read until as much has come as was sent."
        ))
    })
}

fn long(bench: &mut Bench) -> Verdict {
    let line = bench.line(4096);
    let answer = answer_to(bench, &line);
    conversation(bench, &line, &answer).map_err(|fault| fault.because(room_for_nul()))
}

/// fgets and a line of 4096 bytes.
pub(super) fn room_for_nul() -> Words {
    words!(
        "fgets(buf, 4096, stdin)은 4095바이트까지만 읽고 '\\0'을 넣어요. 4096바이트인 줄에는 4097바이트가 있어야 해요.",
        "fgets(buf, 4096, stdin) reads 4095 bytes at the most, and puts a '\\0' after them. A line of 4096 bytes takes 4097."
    )
}

fn any_text(bench: &mut Bench) -> Verdict {
    let tail = bench.rng.u32(..);
    let line = format!("소켓 90%% %x {tail:08x}\n");
    let answer = format!("응답 50%% %x {tail:08X}\n"); // as a format, it has no %s or %n, which may do anything
    conversation(bench, line.as_bytes(), answer.as_bytes())
}

fn last_line(bench: &mut Bench) -> Verdict {
    let mut line = bench.line(20);
    line.pop();
    // The answer has as many bytes, and no newline either.
    let mut answer = bench.line(20);
    answer.pop();
    let Connected { run, mut server, .. } = start(bench, &line, &Start::default())?;
    let got = server.receive(&run, line.len())?;
    let did = words!(
        "줄바꿈 없는 19바이트를 입력하고 입력을 끝냄(Ctrl-D)",
        "typed 19 bytes without a newline and ended the input (Ctrl-D)"
    );
    let cause = words!(
        "마지막 글자가 늘 줄바꿈이라고 믿지 마세요. 보낼 것은 fgets가 읽은 strlen(buf)바이트 그대로예요.",
        "Don't take the last character for a newline. What to send is what fgets has read: strlen(buf) bytes."
    );
    same(&run, did.clone(), &line, &got, cause)?;
    let Words { ko: did_ko, en: did_en } = did.clone();
    server.send(&run, &answer)?;
    run.close_stdin();
    ensure(run.until(|| Ok(run.over().then_some(())))?.is_some(), || {
        run.explain(Failure {
            did: words!("{did_ko}, 19바이트가 되돌아옴", "{did_en}; 19 bytes came back"),
            expected: words!("출력하고 끝나기", "it prints them and ends"),
            got: words!("더 오기를 기다려요", "it waits for more"),
            cause: words!(
                "에코가 줄바꿈으로 끝난다고 믿지 마세요. 보낸 만큼의 바이트가 올 때까지 read하세요.",
                "Don't wait for a newline at the echo's end: read until as many bytes have come as were sent."
            ),
        })
    })?;
    ensure_success(did, &run.finish()?)
}

fn end_of_input(bench: &mut Bench) -> Verdict {
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
        "fgets가 NULL을 돌려주면 buf에는 아무것도 없어요. 보내지 말고 끝내세요. 오류가 아니니 종료 상태는 0이에요.",
        "When fgets returns NULL there is nothing in buf: send nothing and end, with status 0, for that is no error."
    );
    same(&run, did.clone(), b"", &sent, cause.clone())?;
    let ended = run.finish().and_then(|finished| ensure_success(did, &finished));
    ended.map_err(|fault| fault.surely_because(cause))
}

fn early_close(bench: &mut Bench) -> Verdict {
    let line = bench.line(30);
    let Connected { run, mut server, .. } = start_and_send(bench, &line)?;
    server.send(&run, &line[..10])?;
    server.half_close()?;
    let did = words!(
        "서버가 30바이트 가운데 10바이트만 보내고 연결을 닫음",
        "the server sent 10 of the 30 bytes and closed the connection"
    );
    let finished = run.finish()?;
    let shown = finished.stdout.windows(10).any(|window| window == &line[..10]);
    ensure_refused(did, &finished).map_err(|fault| if shown && finished.stderr.is_empty() { fault.surely_because(words!(
            "read가 0을 돌려주면 더 올 데이터가 없어요. 그때까지 받은 바이트가 보낸 것보다 적으면 오류예요. 메시지를 출력하고 exit(1)로 끝내세요.",
            "When read returns 0 nothing more will come. If less has come than was sent, that is an error: print a message and exit(1)."
        )) } else { fault })
}

fn refused(bench: &mut Bench) -> Verdict {
    let ip = bench.server_address();
    let finished = bench.run(&[&ip.to_string()], b"hello\n")?;
    ensure_refused(words!("서버가 없는 {ip}로 실행", "started with {ip}, where no server listens"), &finished)
}

fn bad_address(bench: &mut Bench) -> Verdict {
    for args in [&["256.1.1.1"][..], &["1.2"], &["localhos:t"], &[]] {
        tcp_client::bad_address(bench, ECHO, args, b"hello\n")?;
    }
    Ok(())
}

/// The calls of one conversation.
fn traced(bench: &mut Bench) -> Verdict<Vec<Call>> {
    let line = bench.line(20);
    let answer = answer_to(bench, &line);
    let Connected { run, mut server, .. } = start(bench, &line, &Start { traced: true, ..Start::default() })?;
    server.receive(&run, line.len())?;
    server.send(&run, &answer)?;
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
    calls.extend(typed);
    calls.sort_by(|a, b| a.entered.total_cmp(&b.entered));
    let did = words!(
        "소켓과 키보드(디스크립터 0)의 시스템 콜을 봄(strace)",
        "watched the system calls about its socket and the keyboard, descriptor 0 (strace)"
    );
    calls::in_order(did, &calls, &["socket", "connect", "read", "write", "read"]).map_err(|fault| {
        fault.because(words!(
            "먼저 연결하고, 그다음 키보드에서 읽고, 보내고, 받아요.",
            "First connect, then read from the keyboard, send, and receive."
        ))
    })
}

fn close(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let about = socket_calls(&traced);
    let summary = calls::summary(&about);
    ensure(about.last().is_some_and(|call| call.name == "close"), || Failure {
        did: words!("시스템 콜을 봄(strace)", "watched its system calls (strace)"),
        expected: words!("소켓을 close로 닫기", "the socket is closed with close"),
        got: words!("{summary}", "{summary}"),
        cause: words!(
            "프로그램이 끝나면 커널이 닫아 주지만, 다 쓴 소켓을 닫는 것까지가 이 실습이에요.",
            "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
        ),
    })
}
