//! mydaytime: the client of a daytime server (RFC 867).

use std::net::SocketAddrV4;

use labkit::trace::Call;

use super::{causes, tcp_client};
use crate::bench::{
    Bench, Finished, Peer, Run, Start, bytes, compare, ensure_refused, ensure_success, output,
};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The slide's port.
const DAYTIME: u16 = 13;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "mydaytime",
    usage: "mydaytime IP",
    slides: "15, 28-33",
    statement: statement!("mydaytime"),
    checks: &[
        BUILD,
        Check {
            id: "connects",
            title: ["주어진 주소의 13번 포트에 연결해요", "It connects to port 13 of the given address"],
            points: 10,
            needs: &["build"],
            slide: "28-30, 33",
            run: connects,
        },
        Check {
            id: "prints",
            title: ["받은 응답을 출력해요", "It prints what it got"],
            points: 25,
            needs: &["connects"],
            slide: "31, 33",
            run: prints,
        },
        Check {
            id: "pieces",
            title: ["응답이 여러 조각으로 와도 모두 출력해요", "An answer that comes in pieces"],
            points: 10,
            needs: &["connects"],
            slide: "31",
            run: pieces,
        },
        Check {
            id: "long",
            title: ["응답이 버퍼보다 길어도 모두 출력해요", "An answer longer than any buffer"],
            points: 5,
            needs: &["pieces"],
            slide: "31",
            run: long,
        },
        Check {
            id: "until_close",
            title: [
                "줄 끝까지가 아니라 서버가 연결을 닫을 때까지 읽어요",
                "Until the server closes, not to the end of the line",
            ],
            points: 5,
            needs: &["pieces"],
            slide: "31, 32",
            run: until_close,
        },
        Check {
            id: "percent",
            title: ["응답에 %가 있어도 그대로 출력해요", "An answer with % in it"],
            points: 10,
            needs: &["connects"],
            slide: "33",
            run: percent,
        },
        Check {
            id: "empty",
            title: [
                "응답이 비어 있어도 종료 상태 0으로 끝나요",
                "It ends with status 0, after an answer of 0 bytes too",
            ],
            points: 5,
            needs: &["connects"],
            slide: "31",
            run: empty,
        },
        Check {
            id: "refused",
            title: ["서버가 없으면 오류로 끝나요", "Where no server listens"],
            points: 10,
            needs: &["build"],
            slide: "30",
            run: refused,
        },
        Check {
            id: "reset",
            title: [
                "응답을 받다가 연결이 강제로 끊기면(reset) 오류로 끝나요",
                "A connection that is reset while it reads",
            ],
            points: 5,
            needs: &["connects"],
            slide: "31",
            run: reset,
        },
        Check {
            id: "bad_address",
            title: ["올바르지 않은 주소이면 오류로 끝나요", "What is no address"],
            points: 3,
            needs: &["build"],
            slide: "21, 33",
            run: bad_address,
        },
        Check {
            id: "no_argument",
            title: ["인자가 없으면 오류로 끝나요", "Without an argument"],
            points: 2,
            needs: &["build"],
            slide: "33",
            run: no_argument,
        },
        Check {
            id: "close",
            title: ["소켓을 close로 닫아요", "It closes its socket"],
            points: 5,
            needs: &["connects"],
            slide: "32",
            run: close,
        },
        Check {
            id: "search",
            title: ["그 밖에 서버가 무엇을 해도 올바르게 동작해요", "Whatever else its server may do"],
            points: 5,
            needs: &["prints"],
            slide: "31, 33",
            run: search::tcp_client::daytime,
        },
    ],
};

/// A client that has connected to the tester's server, with the server's end of the connection.
struct Connected {
    run: Run,
    server: Peer,
}

fn start(bench: &mut Bench, options: &Start) -> Verdict<Connected> {
    let wanted = SocketAddrV4::new(bench.server_address(), DAYTIME);
    let servers = tcp_client::servers(bench, DAYTIME)?;
    let run = bench.start_with(&[&wanted.ip().to_string()], options)?;
    let cause = words!(
        "socket의 종류가 SOCK_STREAM인지, sin_port가 htons(13)인지, sin_addr가 인자로 받은 주소인지, connect의 반환값이 0인지 확인하세요.",
        "Look whether the socket is a SOCK_STREAM, sin_port htons(13), sin_addr the argument, and whether connect returns 0."
    );
    let server = tcp_client::accept(&run, &servers, wanted, cause)?;
    Ok(Connected { run, server })
}

fn connects(bench: &mut Bench) -> Verdict {
    start(bench, &Start::default()).map(drop)
}

/// Answers with these pieces, each sent when the one before has been read, so that no read can get two, and closes.
fn answer(bench: &mut Bench, pieces: &[&[u8]], options: &Start) -> Verdict<Finished> {
    let Connected { run, mut server } = start(bench, options)?;
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 {
            server.taken(&run)?;
        }
        server.send(&run, piece)?;
    }
    server.half_close()?;
    run.finish()
}

/// The answer, which came in these pieces, must have been printed as it came, and once; whatever else there may be.
fn printed(bench: &Bench, did: Words, finished: &Finished, pieces: &[&[u8]]) -> Verdict {
    let answer = pieces.concat();
    let text = answer.trim_ascii_end();
    if causes::contains(&finished.stdout, text) {
        return printed_once(bench, did, finished, text);
    }
    // From where the answer begins, if it does.
    let from = causes::find(&finished.stdout, &text[..text.len().min(3)]).unwrap_or(0);
    let did = Words {
        ko: did.ko + " (끝의 줄바꿈은 비교하지 않음)",
        en: did.en + " (but for the end of the line)",
    };
    let failure = compare(did, text, finished.stdout[from..].trim_ascii_end()).unwrap_or_default();
    let cause = causes::of_printed(b"", pieces, &finished.stdout).unwrap_or_default();
    Err(Fault::from(failure).because(cause).unless_failed(&bench.failed, "prints"))
}

fn printed_once(bench: &Bench, did: Words, finished: &Finished, text: &[u8]) -> Verdict {
    let known = bench.failed.contains(&"prints");
    ensure(known || !causes::twice(&finished.stdout, text), || {
        let shown = bytes(text);
        Failure {
            did,
            expected: words!("한 번만 출력해야 해요: {shown}", "printed once: {shown}"),
            got: output(finished),
            cause: causes::once(),
        }
    })
}

/// `Mon Feb  5 11:00:21 2007`: two blanks, as ctime(3) has them until the tenth.
fn date(bench: &mut Bench) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let rng = &mut bench.rng;
    let (day, month, date) = (DAYS[rng.usize(..7)], MONTHS[rng.usize(..12)], rng.u8(1..=9));
    let (hour, minute, second) = (rng.u8(..24), rng.u8(..60), rng.u8(..60));
    let year = rng.u16(1970..2038);
    format!("{day} {month} {date:2} {hour:02}:{minute:02}:{second:02} {year}")
}

fn prints(bench: &mut Bench) -> Verdict {
    let date = date(bench) + "\r\n";
    let finished = answer(bench, &[date.as_bytes()], &Start::default())?;
    let shown = bytes(date.as_bytes());
    printed(
        bench,
        words!("서버의 응답: {shown}", "the server's answer: {shown}"),
        &finished,
        &[date.as_bytes()],
    )
}

fn pieces(bench: &mut Bench) -> Verdict {
    let date = date(bench) + "\r\n";
    let (first, rest) = date.as_bytes().split_at(5);
    let (second, third) = rest.split_at(8);
    let pieces = [first, second, third];
    let finished = answer(bench, &pieces, &Start::default())?;
    let did = words!(
        "서버가 세 조각으로 나누어 응답함(앞 조각이 읽힌 뒤에 다음 조각을 보냄)",
        "the server answered in three pieces, each sent when the one before had been read"
    );
    printed(bench, did, &finished, &pieces)
}

fn long(bench: &mut Bench) -> Verdict {
    // No round number: a read that fills its buffer is not always the last but one.
    let all = bench.line(210_003);
    let pieces: Vec<&[u8]> = all.chunks(70_001).collect();
    let finished = answer(bench, &pieces, &Start::default())?;
    let n = all.len();
    let did = words!("서버가 {n}바이트로 응답함", "the server answered with {n} bytes");
    // How large a piece a read gets is not known here.
    printed(bench, did, &finished, &[&all])
}

fn until_close(bench: &mut Bench) -> Verdict {
    // Two empty lines are between them.
    let lines = [date(bench) + "\r\n", "\r\n".into(), "\n".into(), date(bench) + "\r\n"];
    let pieces = lines.each_ref().map(String::as_bytes);
    let finished = answer(bench, &pieces, &Start::default())?;
    let [first, .., second] = pieces.map(|line| causes::find(&finished.stdout, line.trim_ascii_end()));
    let did = words!(
        "서버가 한 줄, 빈 줄 둘, 또 한 줄을 차례로 보냄",
        "the server answered with a line, two empty ones and another line, one after the other"
    );
    ensure(first.is_some() && second.is_some(), || {
        let expected = bytes(lines.concat().as_bytes());
        Failure {
            did: did.clone(),
            expected: words!("두 줄을 모두 출력해야 해요: {expected}", "both lines printed: {expected}"),
            got: output(&finished),
            cause: if first.is_some() {
                words!(
                    "첫 줄 다음을 출력하지 않았어요. 응답은 줄이 끝날 때가 아니라 연결이 끝날 때 끝나요. read가 0을 돌려줄 때까지 읽으세요.",
                    "What comes after the first line is not printed. The answer ends not with a line but with the connection: read on until read returns 0."
                )
            } else {
                Words::default()
            },
        }
    })?;
    let [first, .., second] = pieces.map(<[u8]>::trim_ascii_end);
    printed_once(bench, did.clone(), &finished, first)?;
    printed_once(bench, did, &finished, second)
}

fn percent(bench: &mut Bench) -> Verdict {
    let date = date(bench);
    let line = format!("5%% %x {}\r\n", &date[..19]); // as a format, it has no %s or %n, which may do anything
    let shown = bytes(line.as_bytes());
    let did = words!("서버의 응답: {shown}", "the server's answer: {shown}");
    let finished = answer(bench, &[line.as_bytes()], &Start::default())?;
    printed(bench, did, &finished, &[line.as_bytes()])
}

fn empty(bench: &mut Bench) -> Verdict {
    let date = date(bench);
    let finished = answer(bench, &[date.as_bytes()], &Start::default())?;
    let shown = bytes(date.as_bytes());
    ensure_success(words!("서버의 응답: {shown}", "the server's answer: {shown}"), &finished)?;
    let finished = answer(bench, &[], &Start::default())?;
    let did = words!("서버가 아무것도 보내지 않고 연결을 닫음", "the server closed without an answer");
    ensure_success(did, &finished).map_err(|fault| {
        fault.surely_because(words!(
            "응답이 비어 있어도 오류가 아니에요. read가 0을 돌려주면 응답이 끝난 것이고, -1을 돌려주면 오류예요.",
            "An empty answer is no error. When read returns 0, that is the end of the answer; -1 is an error."
        ))
    })
}

fn refused(bench: &mut Bench) -> Verdict {
    tcp_client::tries(bench, b"")?;
    let ip = bench.server_address();
    let finished = bench.run(&[&ip.to_string()], b"")?;
    ensure_refused(
        words!("서버가 없는 {ip} 주소로 실행", "started with {ip}, where no server listens"),
        &finished,
    )
}

fn reset(bench: &mut Bench) -> Verdict {
    let Connected { run, mut server } = start(bench, &Start::default())?;
    // Who is known to read once reads nothing else.
    let piece = if bench.failed.contains(&"pieces") { String::new() } else { date(bench)[..10].into() };
    server.send(&run, piece.as_bytes())?;
    server.taken(&run)?;
    server.reset()?;
    let n = piece.len();
    let did = words!(
        "서버가 {n}바이트를 보낸 뒤 연결을 강제로 끊음(reset)",
        "the server sent {n} bytes and then reset the connection"
    );
    let finished = run.finish()?;
    let silent = finished.stderr.is_empty() && finished.stdout.trim_ascii_end() == piece.as_bytes();
    ensure_refused(did, &finished).map_err(|fault| if silent { fault.surely_because(words!(
            "read가 0을 돌려주면 응답이 끝난 것이니 그때까지 읽으세요. -1은 오류라서 응답이 다 오지 않았을 수 있어요. 메시지를 출력하고 exit(1)로 끝내세요.",
            "Read on until read returns 0: that is the end of the answer. -1 is an error, and the answer may lack its end: print a message and exit(1)."
        )) } else { fault })
}

fn bad_address(bench: &mut Bench) -> Verdict {
    // In 8 bits it is 127, and that is this machine.
    let high = 127 + 256 * bench.rng.u16(1..=3);
    let almost = causes::almost(bench.loopback());
    let bad = almost.into_iter().chain([format!("{high}.0.0.1"), "daytime".into()]);
    for bad in bad {
        tcp_client::bad_address(bench, DAYTIME, &[&bad], b"")?;
    }
    Ok(())
}

fn no_argument(bench: &mut Bench) -> Verdict {
    tcp_client::bad_address(bench, DAYTIME, &[], b"")
}

/// The socket that connects, and what is done with it.
fn socket_calls(calls: &[Call]) -> Vec<&Call> {
    let opened = (0..calls.len()).filter(|i| calls::opens(&calls[*i], "SOCK_STREAM"));
    opened
        .map(|i| calls::about_socket(calls, i))
        .find(|about| about.iter().any(|call| calls::is(call, "connect")))
        .unwrap_or_default()
}

fn close(bench: &mut Bench) -> Verdict {
    let date = date(bench);
    let traced = Start { traced: true, ..Start::default() };
    // Who waits for the rest of an answer only for a while is seen to do so.
    let (first, rest) = date.as_bytes().split_at(date.len() / 2);
    let whole = bench.failed.contains(&"pieces");
    let pieces: &[&[u8]] = if whole { &[date.as_bytes()] } else { &[first, rest] };
    let finished = answer(bench, pieces, &traced)?;
    let about = socket_calls(&finished.calls);
    ensure(about.last().is_some_and(|call| call.name == "close"), || Failure {
        did: words!("strace로 소켓의 시스템 콜 확인", "watched the system calls about its socket (strace)"),
        expected: words!("소켓을 close로 닫아야 해요", "the socket is closed with close"),
        got: calls::called(&about),
        cause: words!(
            "프로그램이 끝나면 커널이 닫지만, 다 사용한 소켓을 닫는 것도 이 과제에 들어 있어요.",
            "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
        ),
    })
}
