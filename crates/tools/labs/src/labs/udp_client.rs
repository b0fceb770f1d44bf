//! What both UDP clients are tried with: the tester is the echo server.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::printed::taken_for_format;
use super::tcp_client::unchecked;
use crate::bench::{
    Bench, Datagrams, Finished, Run, Start, bytes, compare, ensure_refused, ensure_success, output,
};
use crate::calls;
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The slide's port.
const ECHO: u16 = 7;

/// A client that was started, and its server.
pub(super) struct Client {
    pub(super) run: Run,
    pub(super) server: Datagrams,
    /// Where the server is.
    pub(super) at: SocketAddrV4,
    /// Where a datagram goes whose port is not in network order.
    swapped: Datagrams,
}

/// Starts it with this on its stdin.
pub(super) fn start(bench: &mut Bench, input: &[u8], options: &Start) -> Verdict<Client> {
    let at = SocketAddrV4::new(bench.server_address(), ECHO);
    let server = bench.datagrams(*at.ip(), ECHO)?;
    let swapped = bench.datagrams(Ipv4Addr::UNSPECIFIED, ECHO.swap_bytes())?;
    let run = bench.start_with(&[&at.ip().to_string()], options)?;
    run.write(input);
    Ok(Client { run, server, at, swapped })
}

impl Client {
    /// It must send this line, in one datagram. Gives where that comes from.
    pub(super) fn sends(&self, line: &[u8]) -> Verdict<SocketAddrV4> {
        let (started, shown, at) = (self.run.did(), bytes(line), self.at);
        let (ko, en) = (started.ko, started.en);
        let did = words!("{ko}, 키보드에서 {shown} 입력", "{en}, typed {shown}");
        let Some((got, from)) = self.server.receive(&self.run)? else {
            let failure = Failure {
                did,
                expected: words!("{at}로 가는 UDP 데이터그램", "a UDP datagram to {at}"),
                got: words!("데이터그램이 오지 않았어요", "no datagram came"),
                cause: Words::default(),
            };
            return Err(Fault::from(self.run.explain(failure)).because(self.misled()));
        };
        compare(did, line, &got).map_or(Ok(from), |failure| {
            Err(Fault::from(self.run.explain(failure)).because(words!(
                "읽은 줄을 줄바꿈까지 strlen(buf)바이트만큼 한 번에 보내세요. sizeof(buf)를 보내면 쓰레기도 함께 가고, buf가 작으면 긴 줄이 잘려요.",
                "Send the line that was read, newline included, at once: strlen(buf) bytes. sizeof(buf) sends rubbish as well; a small buf cuts a long line."
            )))
        })
    }

    /// Why no datagram came.
    fn misled(&self) -> Words {
        if self.swapped.has_more() {
            return words!(
                "1792번 포트로 보냈어요. 7의 두 바이트를 뒤바꾼 수예요. sin_port에는 htons(7)을 넣으세요.",
                "It sent to port 1792, which is 7 with its two bytes swapped. sin_port takes htons(7)."
            );
        }
        words!(
            "socket은 SOCK_DGRAM인지(SOCK_STREAM은 TCP예요), 주소에 sin_family와 sin_port = htons(7)과 인자로 받은 sin_addr가 들어 있는지, 호출마다 반환값은 무엇인지 보세요.",
            "Look whether socket has SOCK_DGRAM (SOCK_STREAM is TCP), the address has sin_family, sin_port = htons(7) and the argument in sin_addr, and what each call returns."
        )
    }

    /// The server answers; the client must print that, and end well. `line` is what it has sent.
    pub(super) fn prints(self, line: &[u8], answer: &[u8], to: SocketAddrV4) -> Verdict<Finished> {
        let (did, finished) = self.ends(answer, to)?;
        printed(did, &finished, line, answer)?;
        Ok(finished)
    }

    /// The server answers; the client must end well.
    fn ends(self, answer: &[u8], to: SocketAddrV4) -> Verdict<(Words, Finished)> {
        self.server.send_to(answer, to)?;
        let (n, shown) = (answer.len(), bytes(answer));
        let did = words!("서버가 {n}바이트로 답함: {shown}", "the server answered with {n} bytes: {shown}");
        let finished = self.run.finish()?;
        ensure_success(did.clone(), &finished)?;
        Ok((did, finished))
    }
}

/// The client that sent `line` must have printed the answer and no more.
fn printed(did: Words, finished: &Finished, line: &[u8], answer: &[u8]) -> Verdict {
    let shown = bytes(answer);
    let failure = |cause: Words| Failure {
        did,
        expected: words!("수신 : {shown}", "수신 : {shown}"),
        got: output(finished),
        cause,
    };
    let text = answer.strip_suffix(b"\n").unwrap_or(answer);
    if !contains(&finished.stdout, text) {
        return Err(failure(taken_for_format(text, &finished.stdout)).into());
    }
    ensure(!shows_rest(finished, line, answer), || {
        failure(words!(
            "답 뒤에 보낸 줄의 나머지가 남아 있어요. recvfrom(recv)은 끝에 '\\0'을 넣어 주지 않으니, 받은 n바이트만 출력하세요: buf[n] = '\\0' 또는 fwrite.",
            "After the answer stands the rest of the line that was sent. recvfrom (recv) puts no '\\0' at the end: print the n bytes that came, with buf[n] = '\\0' or fwrite."
        ))
    })
}

/// So many bytes may stand behind an answer: a prompt, a word of farewell.
const FAREWELL: usize = 200;

/// Behind the answer must not stand what else is in the buffer, nor the answer once more.
fn nothing_more(finished: &Finished, answer: &[u8]) -> Verdict {
    let at = finished.stdout.windows(answer.len()).position(|window| window == answer).unwrap_or(0);
    let behind = finished.stdout.get(at + answer.len()..).unwrap_or_default();
    let n = answer.len();
    let failure = |cause: Words| Failure {
        did: words!("서버가 {n}바이트로 답함", "the server answered with {n} bytes"),
        expected: words!("그 {n}바이트만 한 번 출력하기", "these {n} bytes printed once, and no more"),
        got: output(finished),
        cause,
    };
    ensure(!contains(behind, answer), || {
        failure(words!("받은 것은 한 번만 출력하세요.", "Print what has come once."))
    })?;
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    ensure(behind.len() <= FAREWELL && behind.iter().all(is_text), || {
        let more = behind.len();
        failure(words!(
            "답 뒤에 버퍼의 나머지 {more}바이트도 출력했어요. 버퍼 전체가 아니라 recvfrom(recv)이 돌려준 n바이트만 출력하세요.",
            "Behind the answer stand {more} bytes more of the buffer: print not all of it, but the n bytes that recvfrom (recv) returned."
        ))
    })
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted)
}

/// Does it print what stood in the buffer before, as well? Behind the answer; of an empty answer, behind its label.
fn shows_rest(finished: &Finished, line: &[u8], answer: &[u8]) -> bool {
    let rest = line.get(answer.len()..).unwrap_or_default().trim_ascii_end();
    if rest.is_empty() {
        return false;
    }
    if !answer.is_empty() {
        return contains(&finished.stdout, &[answer, rest].concat());
    }
    let text = finished.text();
    let after = text.rsplit_once("수신").map_or("", |(_, after)| after);
    after.trim_start_matches([' ', ':']).as_bytes().starts_with(rest)
}

/// Types `line`, answers with `answer`, and wants that printed.
pub(super) fn conversation(bench: &mut Bench, line: &[u8], answer: &[u8]) -> Verdict {
    let client = start(bench, line, &Start::default())?;
    let from = client.sends(line)?;
    client.prints(line, answer, from).map(drop)
}

/// One datagram, the line, and no other.
pub(super) fn sends(bench: &mut Bench) -> Verdict {
    let n = bench.rng.usize(10..60);
    let (line, answer) = (bench.line(n), bench.line(n));
    let client = start(bench, &line, &Start::default())?;
    let from = client.sends(&line)?;
    client.server.send_to(&answer, from)?;
    let Some((more, _)) = client.server.receive(&client.run)? else { return Ok(()) };
    let (did, shown) = (client.run.did(), bytes(&more));
    Err(Failure {
        did,
        expected: words!("데이터그램 하나", "one datagram"),
        got: words!("그 뒤에 하나 더: {shown}", "after it another one: {shown}"),
        cause: words!("한 줄은 sendto(send) 한 번이에요.", "A line is one sendto (send)."),
    }
    .into())
}

/// An answer as long as the line.
pub(super) fn prints(bench: &mut Bench) -> Verdict {
    let n = bench.rng.usize(10..60);
    let (line, answer) = (bench.line(n), bench.line(n));
    conversation(bench, &line, &answer).map_err(|fault| {
        fault.because(words!(
            "출력할 것은 보낸 줄이 아니라 recvfrom(recv)이 버퍼에 넣은 n바이트예요.",
            "Print not the line that was sent, but the n bytes that recvfrom (recv) has put into the buffer."
        ))
    })
}

/// Answers that are shorter and longer than the line.
pub(super) fn reply_length(bench: &mut Bench) -> Verdict {
    for n in [10, 300] {
        let (line, mut answer) = (bench.line(40), bench.line(n));
        // Without a newline: whatever is printed behind it stands right behind it.
        answer.pop();
        let client = start(bench, &line, &Start::default())?;
        let from = client.sends(&line)?;
        client.prints(&line, &answer, from).and_then(|finished| nothing_more(&finished, &answer)).map_err(|fault| {
            fault.because(words!(
                "답의 길이는 보낸 길이와 상관없어요. 버퍼 전체(sizeof(buf))만큼 받을 수 있게 하고, 돌려받은 n바이트를 모두 출력하세요.",
                "An answer's length has nothing to do with the line's. Receive with room for the whole buffer (sizeof(buf)), and print all of the n bytes that were returned."
            ))
        })?;
    }
    Ok(())
}

/// An answer of 0 bytes.
pub(super) fn empty_reply(bench: &mut Bench) -> Verdict {
    let line = bench.line(40);
    let client = start(bench, &line, &Start::default())?;
    let from = client.sends(&line)?;
    let (did, finished) = client.ends(b"", from).map_err(|fault| {
        fault.surely_because(words!(
            "UDP에는 0바이트짜리 데이터그램이 있어요. recvfrom(recv)이 돌려준 0은 끝도 오류도 아니에요. 오류는 -1이에요.",
            "There are datagrams of 0 bytes in UDP. When recvfrom (recv) returns 0, that is no end and no error; -1 is."
        ))
    })?;
    printed(did, &finished, &line, b"")
}

/// A line and an answer of 4096 bytes.
pub(super) fn long(bench: &mut Bench) -> Verdict {
    let (line, answer) = (bench.line(4096), bench.line(4096));
    conversation(bench, &line, &answer).map_err(|fault| {
        fault.because(words!(
            "fgets(buf, 4096, stdin)은 4095바이트까지만 읽고 '\\0'을 넣어요. 4096바이트인 줄에는 4097바이트가 있어야 해요. 버퍼보다 긴 데이터그램의 나머지는 버려져요.",
            "fgets(buf, 4096, stdin) reads 4095 bytes at the most, and puts a '\\0' after them: a line of 4096 bytes takes 4097. What of a datagram has no room in the buffer is thrown away."
        ))
    })
}

/// Arguments that are no address, and none.
pub(super) fn bad_address(bench: &mut Bench) -> Verdict {
    let server = bench.datagrams(Ipv4Addr::UNSPECIFIED, ECHO)?;
    for args in [&["256.1.1.1"][..], &["1.2"], &["localhos:t"], &[]] {
        let run = bench.start(args)?;
        run.write(b"hello\n");
        run.until(|| Ok((run.over() || server.has_more()).then_some(())))?;
        ensure(!server.has_more(), || Failure {
            did: run.did(),
            expected: words!(
                "보내지 않고 0이 아닌 종료 상태로 끝나기",
                "it sends nothing, and exits with a status that is not 0"
            ),
            got: words!(
                "이 컴퓨터의 7번 포트로 데이터그램을 보냈어요",
                "it sent a datagram to port 7 of this machine"
            ),
            cause: unchecked(args),
        })?;
        ensure_refused(run.did(), &run.finish()?)?;
    }
    Ok(())
}

/// What a client did in a whole conversation.
pub(super) struct Traced {
    pub(super) finished: Finished,
    /// Where its server was.
    pub(super) at: SocketAddrV4,
}

/// Looks at the calls of a conversation, however that goes.
pub(super) fn traced(bench: &mut Bench) -> Verdict<Traced> {
    let (line, answer) = (bench.line(20), bench.line(20));
    let client = start(bench, &line, &Start { traced: true, ..Start::default() })?;
    if let Some((_, from)) = client.server.receive(&client.run)? {
        client.server.send_to(&answer, from)?;
    }
    // Some ask for lines until there is none.
    client.run.close_stdin();
    client.run.until(|| Ok(client.run.over().then_some(())))?;
    Ok(Traced { finished: client.run.stop()?, at: client.at })
}

impl Traced {
    /// The calls about the datagram socket that is used like this.
    pub(super) fn socket(&self, used: impl Fn(&Call) -> bool) -> Vec<&Call> {
        let all = &self.finished.calls;
        let opened = (0..all.len()).filter(|i| calls::opens(&all[*i], "SOCK_DGRAM"));
        opened
            .map(|i| calls::about_socket(all, i))
            .find(|about| about.iter().any(|call| used(call)))
            .unwrap_or_default()
    }
}

/// What was done to know its calls.
pub(super) fn watched() -> Words {
    words!("시스템 콜을 봄(strace)", "watched its system calls (strace)")
}

/// The last call about this socket must be close.
pub(super) fn closed(about: &[&Call]) -> Verdict {
    let summary = calls::summary(about);
    ensure(about.last().is_some_and(|call| call.name == "close"), || Failure {
        did: watched(),
        expected: words!("소켓을 close로 닫기", "the socket is closed with close"),
        got: words!("{summary}", "{summary}"),
        cause: words!(
            "프로그램이 끝나면 커널이 닫아 주지만, 다 쓴 소켓을 닫는 것까지가 이 실습이에요.",
            "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
        ),
    })
}
