//! udp_echocli: the UDP echo client.

use super::udp_client::{
    bad_address, closed, conversation, empty_reply, ends_well, long, prints, reaches, reply_length, sends,
    start, traced, two_replies, watched,
};
use crate::bench::{Bench, Start, bytes, ensure_success};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "udp_echocli",
    usage: "udp_echocli IP",
    slides: "45-47",
    statement: statement!("udp_echocli"),
    checks: &[
        BUILD,
        Check {
            id: "reaches",
            title: [
                "주어진 주소의 7번 포트로 데이터그램을 보내요",
                "It sends a datagram to port 7 of the given address",
            ],
            points: 5,
            needs: &["build"],
            slide: "46, 47",
            run: reaches,
        },
        Check {
            id: "sends",
            title: ["입력한 줄을 데이터그램 하나로 보내요", "It sends the line as one datagram"],
            points: 10,
            needs: &["reaches"],
            slide: "46, 47",
            run: sends,
        },
        Check {
            id: "prints",
            title: ["받은 데이터그램을 출력해요", "It prints the datagram that came"],
            points: 20,
            needs: &["reaches"],
            slide: "46, 47",
            run: prints,
        },
        Check {
            id: "reply_length",
            title: [
                "보낸 줄과 길이가 다른 응답도 출력해요",
                "An answer that is shorter, or longer, than the line",
            ],
            points: 15,
            needs: &["prints"],
            slide: "46, 47",
            run: reply_length,
        },
        Check {
            id: "bytes",
            title: ["한글, %, NUL이 든 응답도 출력해요", "An answer with Korean, % and NUL"],
            points: 5,
            needs: &["prints"],
            slide: "46",
            run: any_bytes,
        },
        Check {
            id: "empty_reply",
            title: [
                "응답이 빈 데이터그램이어도, 응답 뒤에 하나가 더 와도 올바르게 출력해요",
                "An answer that is an empty datagram, and one with another behind it",
            ],
            points: 5,
            needs: &["prints"],
            slide: "46",
            run: |bench| empty_reply(bench).and_then(|()| two_replies(bench)),
        },
        Check {
            id: "long",
            title: ["4096바이트인 줄과 응답도 보내고 받아요", "A line and an answer of 4096 bytes"],
            points: 10,
            needs: &["prints"],
            slide: "46, 47",
            run: long,
        },
        Check {
            id: "last_line",
            title: [
                "빈 줄도, 줄바꿈 없이 끝나는 입력도 보내요",
                "An empty line, and input that ends without a newline",
            ],
            points: 5,
            needs: &["reaches"],
            slide: "47",
            run: last_line,
        },
        Check {
            id: "end_of_input",
            title: [
                "종료 상태 0으로 끝나고, 입력이 없으면 보내지 않아요",
                "It ends with status 0; without input it sends nothing",
            ],
            points: 5,
            needs: &["reaches"],
            slide: "47",
            run: end_of_input,
        },
        Check {
            id: "bad_address",
            title: [
                "주소가 올바르지 않거나 보낼 수 없거나 인자가 없으면 오류로 끝나요",
                "What is no address, one that nothing can be sent to, and no argument at all",
            ],
            points: 5,
            needs: &["build"],
            slide: "21, 34",
            run: bad_address,
        },
        Check {
            id: "calls",
            title: ["연결 없이 sendto와 recvfrom을 사용해요", "sendto and recvfrom, without a connection"],
            points: 5,
            needs: &["reaches"],
            slide: "45-47",
            run: slide_calls,
        },
        Check {
            id: "close",
            title: ["소켓을 close로 닫아요", "It closes its socket"],
            points: 5,
            needs: &["reaches"],
            slide: "32, 45",
            run: close,
        },
        Check {
            id: "search",
            title: ["그 밖에 서버가 무엇을 해도 올바르게 동작해요", "Whatever else its server may do"],
            points: 5,
            needs: &["prints"],
            slide: "46, 47",
            run: search::udp_client::unconnected,
        },
    ],
};

fn any_bytes(bench: &mut Bench) -> Verdict {
    let tail = bench.rng.u32(..);
    let line = format!("소켓 90%% %x {tail:08x}\n");
    let text = format!("응답 50%% %x {tail:08X}\n"); // as a format, it has no %s or %n, which may do anything
    let with_nul = format!("앞 \0 뒤 {tail:08X}\n");
    conversation(bench, line.as_bytes(), text.as_bytes())?;
    conversation(bench, line.as_bytes(), with_nul.as_bytes())
}

fn last_line(bench: &mut Bench) -> Verdict {
    // A line of nothing but its end is one, too.
    start(bench, b"\n", &Start::default())?.receive().map_err(|fault| {
        fault.after(&words!("키보드에서 빈 줄 \"\\n\" 입력", "typed an empty line, \"\\n\"")).surely_because(words!(
            "빈 줄도 한 줄이에요. 건너뛰거나 직접 응답을 만들지 말고, 다른 줄처럼 서버에 보내세요.",
            "An empty line is a line. Don't leave it out, or answer it yourself: send it to the server like any other."
        ))
    })?;
    let mut line = bench.line(20);
    line.pop();
    let client = start(bench, &line, &Start::default())?;
    client.run.close_stdin();
    client.sends(bench, &line).map(drop).map_err(|fault| {
        fault.after(&words!("줄바꿈 없이 입력을 끝냄(Ctrl-D)", "ended the input without a newline (Ctrl-D)"))
    })
}

fn end_of_input(bench: &mut Bench) -> Verdict {
    ends_well(bench)?;
    let client = start(bench, b"", &Start::default())?;
    client.run.close_stdin();
    let did = words!("아무것도 입력하지 않고 입력을 끝냄(Ctrl-D)", "ended the input at once (Ctrl-D)");
    if let Some((sent, _)) = client.server.receive(&client.run)? {
        let shown = bytes(&sent);
        return Err(Failure {
            did,
            expected: words!("보내지 않고 끝나야 해요", "it sends nothing and ends"),
            got: words!("데이터그램을 보냈어요: {shown}", "it sent a datagram: {shown}"),
            cause: words!(
                "fgets가 NULL을 돌려주면 buf에 읽은 데이터가 없어요. 보내지 말고 끝내세요.",
                "When fgets returns NULL there is nothing in buf: send nothing and end."
            ),
        }
        .into());
    }
    ensure_success(did, &client.run.finish()?)
}

fn slide_calls(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let socket = traced.socket(|call| calls::is(call, "write"));
    let to_server = |call: &&&labkit::trace::Call| {
        calls::is(call, "write") && call.args.iter().any(|arg| calls::address(arg) == Some(traced.at))
    };
    ensure(socket.iter().any(|call| to_server(&call)), || Failure {
        did: watched(),
        expected: words!("sendto에 주소를 주어 보내야 해요", "sendto, which is given the address"),
        got: calls::called(&socket),
        cause: words!(
            "connect하고 send해도 데이터그램은 전송되지만, 다음 과제(connected_udp)에서 사용하는 방법이에요. 여기서는 연결 없이 sendto와 recvfrom을 사용하세요.",
            "connect and send work as well: that is the next lab, connected_udp. Here, try sendto and recvfrom, without a connection."
        ),
    })?;
    calls::in_order(watched(), &socket, &["socket", "sendto", "recvfrom"])
}

fn close(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    closed(&traced.socket(|call| calls::is(call, "write")))
}
