//! tcp_echocli: the TCP echo client.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::{BUILD, statement};
use crate::bench::{
    Bench, Finished, Listener, Peer, Run, Start, bytes, compare, ensure_refused, ensure_success,
};
use crate::calls;
use crate::lab::{Check, Failure, Lab, Verdict, ensure};
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
            needs: &["connects"],
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

fn start(bench: &mut Bench, options: &Start) -> Verdict<Connected> {
    let ip = bench.server_address();
    let listener = bench.listen(Ipv4Addr::UNSPECIFIED, ECHO)?;
    let run = bench.start_with(&[&ip.to_string()], options)?;
    let wanted = SocketAddrV4::new(ip, ECHO);
    let failure = |got: Words, cause: Words| Failure {
        did: run.did(),
        expected: words!("{wanted}에 연결(TCP)", "a TCP connection to {wanted}"),
        got,
        cause,
    };
    let Some(server) = listener.accept(&run)? else {
        // Where does it try to go instead? A connection that is refused leaves no trace; one that is swapped does.
        let cause = words!(
            "sin_family, sin_port = htons(7), sin_addr를 채웠는지, connect의 반환값이 0인지 보세요.",
            "Look at sin_family, sin_port = htons(7) and sin_addr, and whether connect returns 0."
        );
        let failure = failure(words!("연결이 오지 않았어요", "no connection came"), cause);
        return Err(run.explain(failure).into());
    };
    let to = server.local_addr()?;
    ensure(to == wanted, || {
        let cause = words!(
            "주소는 인자로 받은 것(argv[1])이어야 해요.",
            "The address is the one that the argument says (argv[1])."
        );
        failure(words!("{to}에 연결함", "a connection to {to}"), cause)
    })?;
    Ok(Connected { run, server, _listener: listener })
}

fn connects(bench: &mut Bench) -> Verdict {
    start(bench, &Start::default()).map(drop)
}

/// Types a line; the server must get it.
fn typed(connected: &mut Connected, line: &[u8]) -> Verdict {
    connected.run.write(line);
    let shown = bytes(line);
    let did = words!("키보드에서 {shown} 입력", "typed {shown}");
    let got = connected.server.receive(&connected.run, line.len())?;
    compare(did, line, &got).map_or(Ok(()), |failure| {
        let cause = words!(
            "읽은 줄을 줄바꿈까지 strlen(buf)바이트만큼 보내세요. sizeof(buf)를 보내면 쓰레기도 함께 가요.",
            "Send the line that was read, newline included: strlen(buf) bytes. sizeof(buf) sends rubbish as well."
        );
        Err(connected.run.explain(Failure { cause, ..failure }).into())
    })
}

/// Another text of the same length: what the server answers.
fn answer_to(bench: &mut Bench, line: &[u8]) -> Vec<u8> {
    bench.line(line.len())
}

/// The client must have printed `answer`, and end well.
fn printed(did: Words, connected: Connected, answer: &[u8]) -> Verdict<Finished> {
    let finished = connected.run.finish()?;
    let text = answer.strip_suffix(b"\n").unwrap_or(answer);
    let found = finished.stdout.windows(text.len().max(1)).any(|window| window == text);
    ensure(found, || {
        let (answer, stdout) = (bytes(answer), bytes(&finished.stdout));
        Failure {
            did: did.clone(),
            expected: words!("받은 것을 출력: {answer}", "what it received on stdout: {answer}"),
            got: words!("stdout: {stdout}", "stdout: {stdout}"),
            cause: words!(
                "출력할 것은 보낸 버퍼가 아니라 read가 채운 버퍼의 n바이트예요. read는 끝에 '\\0'을 넣어 주지 않아요.",
                "Print the n bytes that read has put into the buffer, not what was sent. read puts no '\\0' at their end."
            ),
        }
    })?;
    ensure_success(did, &finished)?;
    Ok(finished)
}

fn sends(bench: &mut Bench) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    let n = bench.rng.usize(10..60);
    let line = bench.line(n);
    typed(&mut connected, &line)?;
    // Not a byte more.
    let answer = answer_to(bench, &line);
    connected.server.send(&connected.run, &answer)?;
    let (more, _) = connected.server.receive_all(&connected.run)?;
    let did = words!("키보드에서 {n}바이트 한 줄 입력", "typed a line of {n} bytes");
    compare(did, b"", &more).map_or(Ok(()), |failure| {
        let cause = words!(
            "줄보다 더 많이 보냈어요. 보낼 바이트 수는 strlen(buf)예요.",
            "It sent more than the line. How many bytes to send is strlen(buf)."
        );
        Err(Failure { cause, ..failure }.into())
    })
}

/// Types `line`, answers with `answer`, and wants that printed.
fn conversation(bench: &mut Bench, line: &[u8], answer: &[u8]) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    typed(&mut connected, line)?;
    connected.server.send(&connected.run, answer)?;
    let n = answer.len();
    let did = words!("서버가 {n}바이트로 답함", "the server answered with {n} bytes");
    printed(did, connected, answer).map(drop)
}

fn prints(bench: &mut Bench) -> Verdict {
    let n = bench.rng.usize(10..60);
    let line = bench.line(n);
    let answer = answer_to(bench, &line);
    conversation(bench, &line, &answer)
}

fn pieces(bench: &mut Bench) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    let line = bench.line(30);
    let answer = answer_to(bench, &line);
    typed(&mut connected, &line)?;
    for piece in answer.chunks(10) {
        connected.server.send(&connected.run, piece)?;
        // Each comes only when the one before has been read: no read can get two.
        connected.server.taken(&connected.run)?;
    }
    let did = words!("서버가 10바이트씩 세 조각으로 답함", "the server answered in three pieces of 10 bytes");
    printed(did, connected, &answer).map(drop).map_err(|fault| {
        fault.because(words!(
            "TCP는 바이트의 흐름이에요. 보낸 만큼 다 받을 때까지 read를 되풀이하세요.",
            "TCP is a stream of bytes: repeat read until as much has come as was sent."
        ))
    })
}

fn long(bench: &mut Bench) -> Verdict {
    let line = bench.line(4096);
    let answer = answer_to(bench, &line);
    conversation(bench, &line, &answer)
}

fn any_text(bench: &mut Bench) -> Verdict {
    let tail = bench.rng.u32(..);
    let line = format!("소켓 %s%d%n 100% {tail:08x}\n");
    let answer = format!("응답 %n%x%s 50%% {tail:08X}\n");
    conversation(bench, line.as_bytes(), answer.as_bytes())
}

fn last_line(bench: &mut Bench) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    let mut line = bench.line(20);
    line.pop();
    connected.run.write(&line);
    connected.run.close_stdin();
    let got = connected.server.receive(&connected.run, line.len())?;
    let did = words!(
        "줄바꿈 없는 19바이트를 입력하고 입력을 끝냄(Ctrl-D)",
        "typed 19 bytes without a newline and ended the input (Ctrl-D)"
    );
    if let Some(failure) = compare(did, &line, &got) {
        return Err(connected.run.explain(failure).into());
    }
    let answer = answer_to(bench, &line);
    connected.server.send(&connected.run, &answer)?;
    let did =
        words!("줄바꿈 없는 19바이트에 19바이트로 답함", "answered 19 bytes without a newline with 19 bytes");
    printed(did, connected, &answer).map(drop)
}

fn end_of_input(bench: &mut Bench) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    connected.run.close_stdin();
    let (sent, _) = connected.server.receive_all(&connected.run)?;
    let did = words!("아무것도 입력하지 않고 입력을 끝냄(Ctrl-D)", "ended the input at once (Ctrl-D)");
    if let Some(failure) = compare(did.clone(), b"", &sent) {
        let cause = words!(
            "fgets가 NULL을 돌려주면 buf에는 아무것도 없어요. 보내지 말고 끝내세요.",
            "When fgets returns NULL there is nothing in buf: send nothing and end."
        );
        return Err(Failure { cause, ..failure }.into());
    }
    ensure_success(did, &connected.run.finish()?)
}

fn early_close(bench: &mut Bench) -> Verdict {
    let mut connected = start(bench, &Start::default())?;
    let line = bench.line(30);
    typed(&mut connected, &line)?;
    connected.server.send(&connected.run, &line[..10])?;
    connected.server.half_close()?;
    let did = words!(
        "서버가 30바이트 가운데 10바이트만 보내고 연결을 닫음",
        "the server sent 10 of the 30 bytes and closed the connection"
    );
    let finished = connected.run.finish()?;
    ensure_refused(did, &finished).map_err(|fault| {
        fault.because(words!(
            "read가 0을 돌려주면 더 올 것이 없어요. 모자라면 오류예요.",
            "When read returns 0 nothing more will come; if something is missing, that is an error."
        ))
    })
}

fn refused(bench: &mut Bench) -> Verdict {
    let ip = bench.server_address();
    let finished = bench.run(&[&ip.to_string()], b"hello\n")?;
    ensure_refused(words!("서버가 없는 {ip}로 실행", "started with {ip}, where no server listens"), &finished)
}

fn bad_address(bench: &mut Bench) -> Verdict {
    let _listener = bench.listen(Ipv4Addr::UNSPECIFIED, ECHO)?;
    for bad in ["256.1.1.1", "1.2", "localhos:t"] {
        let finished = bench.run(&[bad], b"hello\n")?;
        ensure_refused(
            words!("올바르지 않은 주소 `{bad}`로 실행", "started with `{bad}`, which is no address"),
            &finished,
        )?;
    }
    let finished = bench.run(&[], b"hello\n")?;
    ensure_refused(words!("인자 없이 실행", "started without an argument"), &finished)
}

/// The calls of one conversation.
fn traced(bench: &mut Bench) -> Verdict<Vec<Call>> {
    let mut connected = start(bench, &Start { traced: true, ..Start::default() })?;
    let line = bench.line(20);
    let answer = answer_to(bench, &line);
    connected.run.write(&line);
    connected.server.receive(&connected.run, line.len())?;
    connected.server.send(&connected.run, &answer)?;
    Ok(connected.run.finish()?.calls)
}

/// The socket that connects to port 7, and what is done with it.
fn socket_calls(calls: &[Call]) -> Vec<&Call> {
    let is_ours = |about: &Vec<&Call>| about.iter().any(|call| calls::is(call, "connect"));
    let opened = (0..calls.len()).filter(|i| calls::opens(&calls[*i], "SOCK_STREAM"));
    opened.map(|i| calls::about(calls, i)).find(is_ours).unwrap_or_default()
}

fn slide_calls(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let did = words!("시스템 콜을 봄(strace)", "watched its system calls (strace)");
    calls::in_order(did, &socket_calls(&traced), &["socket", "connect", "write", "read"])
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
