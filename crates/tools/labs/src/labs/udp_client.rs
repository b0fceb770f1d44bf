//! What both UDP clients are tried with: the tester is the echo server.

use std::net::{Ipv4Addr, SocketAddrV4};

use labkit::trace::Call;

use super::causes;
use super::tcp_client::{asks_nobody, unchecked};
use crate::bench::{
    Bench, Datagrams, Finished, LONGEST_LINE, Run, Start, bytes, compare, ensure_refused, ensure_success,
    output,
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
    /// It must send something, in a datagram: what that should be, [`sends`] looks. Gives it, and where it comes from.
    pub(super) fn receive(&self) -> Verdict<(Vec<u8>, SocketAddrV4)> {
        if let Some(datagram) = self.server.receive(&self.run)? {
            return Ok(datagram);
        }
        let at = self.at;
        let failure = Failure {
            did: self.run.did(),
            expected: words!("{at}에 UDP 데이터그램을 보내야 해요", "a UDP datagram to {at}"),
            got: words!("데이터그램이 오지 않았어요", "no datagram came"),
            cause: Words::default(),
        };
        Err(Fault::from(self.run.explain(failure)).because(self.misled()))
    }

    /// It must send this line, in one datagram. Whether more comes behind it, another check looks; if that has failed, the newline
    /// may be missing, too. Gives where it comes from.
    pub(super) fn sends(&self, bench: &Bench, line: &[u8]) -> Verdict<SocketAddrV4> {
        let (got, from) = self.receive()?;
        let text = if bench.failed.contains(&"sends") { line.trim_ascii_end() } else { line };
        if got.starts_with(text) { Ok(from) } else { self.same(line, b"", &got).map(|()| from) }
    }

    /// What it sent, having been answered this meanwhile, must be `line`.
    fn same(&self, line: &[u8], answer: &[u8], got: &[u8]) -> Verdict {
        compare(typed(line), line, got).map_or(Ok(()), |failure| {
            let cause = causes::of_sent(line, answer, got).unwrap_or_default();
            Err(Fault::from(self.run.explain(failure)).because(cause))
        })
    }

    /// Why no datagram came.
    fn misled(&self) -> Words {
        if self.swapped.has_more() {
            return words!(
                "1792번 포트로 보냈어요. 7의 두 바이트가 뒤바뀐 수예요. sin_port에는 htons(7)을 넣으세요.",
                "It sent to port 1792, which is 7 with its two bytes swapped. sin_port takes htons(7)."
            );
        }
        words!(
            "socket의 종류가 SOCK_DGRAM인지(SOCK_STREAM은 TCP예요), 주소 구조체에 sin_family, sin_port = htons(7), 인자로 받은 sin_addr가 들어 있는지, 각 호출의 반환값은 무엇인지 확인하세요.",
            "Look whether socket has SOCK_DGRAM (SOCK_STREAM is TCP), the address has sin_family, sin_port = htons(7) and the argument in sin_addr, and what each call returns."
        )
    }

    /// The server answers; the client must print that, and end. `line` is what it has sent.
    pub(super) fn prints(self, line: &[u8], answer: &[u8], to: SocketAddrV4) -> Verdict<Answered> {
        let answered = self.ends(answer, to)?;
        printed(&answered, line, answer)?;
        Ok(answered)
    }

    /// The server answers, and the client must end.
    pub(super) fn ends(self, answer: &[u8], to: SocketAddrV4) -> Verdict<Answered> {
        self.server.send_to(answer, to)?;
        let more = self.echo()?;
        let (n, s, shown) = (answer.len(), words::s(answer.len()), bytes(answer));
        let did =
            words!("서버가 {n}바이트로 응답함: {shown}", "the server answered with {n} byte{s}: {shown}");
        Ok(Answered { did, more, finished: self.run.finish()? })
    }

    /// Ends the input and echoes what else comes: that it should not have come is another check's matter. Gives it.
    fn echo(&self) -> Verdict<Vec<Vec<u8>>> {
        self.run.close_stdin();
        let mut more = Vec::new();
        while more.len() < MOST
            && let Some((datagram, from)) = self.server.receive(&self.run)?
        {
            self.server.send_to(&datagram, from)?;
            more.push(datagram);
        }
        Ok(more)
    }
}

/// A client that has had its answer, and has ended.
pub(super) struct Answered {
    pub(super) did: Words,
    pub(super) finished: Finished,
    /// What else it sent.
    more: Vec<Vec<u8>>,
}

/// So many datagrams after the first are echoed.
const MOST: usize = 100;

fn typed(line: &[u8]) -> Words {
    let shown = bytes(line);
    words!("키보드에서 {shown} 입력", "typed {shown}")
}

/// The client that sent `line` must have printed the answer and no more.
pub(super) fn printed(answered: &Answered, line: &[u8], answer: &[u8]) -> Verdict {
    let (Answered { did, finished, .. }, shown) = (answered, bytes(answer));
    let failure = |cause: Words| Failure {
        did: did.clone(),
        expected: words!("이것을 출력해야 해요: 수신 : {shown}", "수신 : {shown}"),
        got: output(finished),
        cause,
    };
    let text = answer.strip_suffix(b"\n").unwrap_or(answer);
    if !causes::contains(&finished.stdout, text) {
        let cause = causes::of_printed(line, &[answer], &finished.stdout).unwrap_or_default();
        return Err(failure(cause).into());
    }
    // Whoever has sent more has had more to print.
    ensure(!answered.more.is_empty() || !shows_rest(finished, line, answer), || {
        failure(words!(
            "응답 뒤에 보낸 줄의 나머지가 남아 있어요. recvfrom(recv)은 끝에 '\\0'을 넣지 않으니, buf[n] = '\\0'을 먼저 넣거나 fwrite를 사용해서 받은 n바이트만 출력하세요.",
            "After the answer stands the rest of the line that was sent. recvfrom (recv) puts no '\\0' at the end: print the n bytes that came, with buf[n] = '\\0' or fwrite."
        ))
    })
}

/// So many bytes may stand behind an answer: a prompt, a word of farewell.
const FAREWELL: usize = 200;

/// Behind the answer must not stand what else is in the buffer, nor the answer once more.
fn nothing_more(Answered { finished, more, .. }: &Answered, answer: &[u8]) -> Verdict {
    if !more.is_empty() {
        return Ok(());
    }
    let at = finished.stdout.windows(answer.len()).position(|window| window == answer).unwrap_or(0);
    let behind = finished.stdout.get(at + answer.len()..).unwrap_or_default();
    let (n, s) = (answer.len(), words::s(answer.len()));
    let failure = |cause: Words| Failure {
        did: words!("서버가 {n}바이트로 응답함", "the server answered with {n} byte{s}"),
        expected: words!("그 응답만 한 번 출력해야 해요", "the answer printed once, and no more"),
        got: output(finished),
        cause,
    };
    ensure(!causes::contains(behind, answer), || failure(causes::once()))?;
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    ensure(behind.len() <= FAREWELL && behind.iter().all(is_text), || {
        let more = behind.len();
        failure(words!(
            "응답 뒤에 버퍼의 나머지 {more}바이트도 출력했어요. 버퍼 전체가 아니라 recvfrom(recv)으로 받은 n바이트만 출력하세요.",
            "Behind the answer stand {more} bytes more of the buffer: print not all of it, but the n bytes that recvfrom (recv) returned."
        ))
    })
}

/// Does it print what stood in the buffer before, as well? Behind the answer; of an empty answer, behind its label.
fn shows_rest(finished: &Finished, line: &[u8], answer: &[u8]) -> bool {
    let rest = line.get(answer.len()..).unwrap_or_default().trim_ascii_end();
    if rest.is_empty() {
        return false;
    }
    if !answer.is_empty() {
        return causes::contains(&finished.stdout, &[answer, rest].concat());
    }
    let text = finished.text();
    let after = text.rsplit_once("수신").map_or("", |(_, after)| after);
    after.trim_start_matches([' ', ':']).as_bytes().starts_with(rest)
}

/// Types `line`, answers with `answer`, and wants that printed.
pub(super) fn conversation(bench: &mut Bench, line: &[u8], answer: &[u8]) -> Verdict {
    let client = start(bench, line, &Start::default())?;
    let from = client.sends(bench, line)?;
    client.prints(line, answer, from).map(drop)
}

/// A datagram comes to the server.
pub(super) fn reaches(bench: &mut Bench) -> Verdict {
    let line = bench.line(20);
    start(bench, &line, &Start::default())?.receive().map(drop)
}

/// A line has fewer bytes than this where its length is not what a check is about: a student's buffer may be small.
const SHORT: usize = 30;

/// One datagram, the line, and no other.
pub(super) fn sends(bench: &mut Bench) -> Verdict {
    let n = SHORT / 2;
    let (line, answer) = (bench.line(n), bench.line(n));
    let client = start(bench, &line, &Start::default())?;
    let (got, from) = client.receive()?;
    client.same(&line, b"", &got)?;
    let Answered { did, more, .. } = client.ends(&answer, from)?;
    let Some(more) = more.first() else { return Ok(()) };
    let shown = bytes(more);
    let cause = causes::again(&line, &answer, &[&line, &more[..]].concat());
    Err(Failure {
        did,
        expected: words!("데이터그램 하나만 보내야 해요", "one datagram"),
        got: words!("그 뒤에 하나 더 보냈어요: {shown}", "after it another one: {shown}"),
        cause: cause.unwrap_or_else(|| {
            words!("한 줄은 sendto(send) 한 번으로 보내요.", "A line is one sendto (send).")
        }),
    }
    .into())
}

/// An answer as long as the line.
pub(super) fn prints(bench: &mut Bench) -> Verdict {
    let n = SHORT / 2;
    let (line, answer) = (bench.line(n), bench.line(n));
    let client = start(bench, &line, &Start::default())?;
    let (_, from) = client.receive()?;
    client.prints(&line, &answer, from).map(drop)
}

/// Answers that are shorter and longer than the line.
pub(super) fn reply_length(bench: &mut Bench) -> Verdict {
    for n in [6, SHORT - 1] {
        let (line, mut answer) = (bench.line(15), bench.line(n));
        // Without a newline: whatever is printed behind it stands right behind it.
        answer.pop();
        let client = start(bench, &line, &Start::default())?;
        let (_, from) = client.receive()?;
        client.prints(&line, &answer, from).and_then(|answered| nothing_more(&answered, &answer))?;
    }
    Ok(())
}

/// An answer of 0 bytes: the client must print nothing, and end as ever.
pub(super) fn empty_reply(bench: &mut Bench) -> Verdict {
    let usual = bench.once("usual", usual)?;
    let line = bench.line(25);
    let client = start(bench, &line, &Start::default())?;
    let (_, from) = client.receive()?;
    let answered = client.ends(b"", from)?;
    if answered.finished.exit_status() != usual.finished.exit_status() {
        ensure_success(answered.did.clone(), &answered.finished).map_err(|fault| {
            fault.surely_because(words!(
                "UDP에는 0바이트짜리 데이터그램이 있어요. recvfrom(recv)이 돌려준 0은 끝도 오류도 아니에요. 오류이면 -1을 돌려줘요.",
                "There are datagrams of 0 bytes in UDP. When recvfrom (recv) returns 0, that is no end and no error; -1 is."
            ))
        })?;
    }
    printed(&answered, &line, b"")
}

/// Two answers come one right after the other: the client must print the first, and not the second.
pub(super) fn two_replies(bench: &mut Bench) -> Verdict {
    let (line, first, second) = (bench.line(20), bench.line(20), bench.line(20));
    let client = start(bench, &line, &Start::default())?;
    let (_, from) = client.receive()?;
    client.server.send_to(&first, from)?;
    let Answered { finished, more, .. } = client.ends(&second, from)?;
    let prints = |answer: &[u8]| causes::contains(&finished.stdout, answer.trim_ascii_end());
    // Whoever has sent more has had more to print.
    ensure(!more.is_empty() || (prints(&first) && !prints(&second)), || {
        let [first, second] = [&first, &second].map(|answer| bytes(answer));
        Failure {
            did: words!(
                "서버가 {first}라고 응답하고 바로 뒤에 {second}도 보냄",
                "the server answered with {first}, and with {second} right after it"
            ),
            expected: words!("이것만 출력해야 해요: 수신 : {first}", "수신 : {first}"),
            got: output(&finished),
            cause: words!(
                "응답은 처음 온 데이터그램 하나예요. recvfrom은 한 번만 부르세요.",
                "The answer is one datagram, the first that comes. Call recvfrom once."
            ),
        }
    })
}

/// A longest line and an answer as long.
pub(super) fn long(bench: &mut Bench) -> Verdict {
    let (line, answer) = (bench.line(LONGEST_LINE), bench.line(LONGEST_LINE));
    conversation(bench, &line, &answer)
}

/// A usual conversation.
fn usual(bench: &mut Bench) -> Verdict<Answered> {
    let (line, answer) = (bench.line(20), bench.line(20));
    let client = start(bench, &line, &Start::default())?;
    let (_, from) = client.receive()?;
    client.ends(&answer, from)
}

/// After a usual conversation it must end with status 0.
pub(super) fn ends_well(bench: &mut Bench) -> Verdict {
    let usual = bench.once("usual", usual)?;
    ensure_success(usual.did.clone(), &usual.finished)
}

/// Says nothing of a client that doesn't send to its server, unless it sends to another port: who ends with an error whatever is
/// asked has not said that there is one.
pub(super) fn tries(bench: &mut Bench) -> Verdict {
    let Some(check) = ["reaches", "connects"].into_iter().find(|check| bench.failed.contains(check)) else {
        return Ok(());
    };
    let tries = bench.once("tries", |bench| {
        let client = start(bench, b"hello\n", &Start::default())?;
        Ok(client.swapped.receive(&client.run)?.is_some())
    });
    match tries {
        Ok(tries) if *tries => Ok(()),
        Err(fault @ Fault::Grader(_)) => Err(fault),
        _ => Err(Fault::Unsaid(check)),
    }
}

/// Arguments that are no address, one to which nothing can be sent, and none: the kernel sends nothing to everybody without being
/// asked twice (EACCES, ip(7)); whoever has asked twice isn't given that one.
pub(super) fn bad_address(bench: &mut Bench) -> Verdict {
    tries(bench)?;
    let broadcasts = broadcasts(bench)?;
    let (ip, works) = (bench.loopback(), !bench.failed.iter().any(|id| ["reaches", "connects"].contains(id)));
    let port = if works { ECHO } else { ECHO.swap_bytes() };
    // What is taken for 0.0.0.0 goes to the first.
    let servers = [
        (Ipv4Addr::LOCALHOST, bench.datagrams(Ipv4Addr::LOCALHOST, port)?),
        (ip, bench.datagrams(ip, port)?),
    ];
    let asked = || servers.iter().find(|(_, server)| server.has_more()).map(|(ip, _)| *ip);
    let mut bad = ["256.1.1.1", "1.2", "localhos:t"].map(String::from).to_vec();
    if !broadcasts {
        bad.push(EVERYBODY.into());
    }
    bad.extend(causes::almost(ip));
    for args in bad.iter().map(|bad| vec![bad.as_str()]).chain([Vec::new()]) {
        let run = bench.start_with(&args, &Start { traced: args.is_empty(), ..Start::default() })?;
        run.write(b"hello\n");
        run.until(|| Ok((run.over() || asked().is_some()).then_some(())))?;
        if let Some(to) = asked() {
            return Err(Failure {
                did: run.did(),
                expected: words!(
                    "보내지 않고 0이 아닌 종료 상태로 끝나야 해요",
                    "it sends nothing, and exits with a status that is not 0"
                ),
                got: words!(
                    "{to}의 {port}번 포트로 데이터그램을 보냈어요",
                    "it sent a datagram to port {port} of {to}"
                ),
                cause: unchecked(&args, to),
            }
            .into());
        }
        let did = run.did();
        let finished = run.finish().map_err(|fault| {
            if args != [EVERYBODY] {
                return fault;
            }
            fault.surely_because(words!(
                "이 주소로는 보낼 수 없어서 sendto(connect)가 -1을 돌려줘요(EACCES). 보내지 못한 데이터그램에는 응답이 오지 않으니 반환값을 확인하세요.",
                "Nothing can be sent there: sendto (connect) returns -1 (EACCES). What was never sent has no answer, so look at what it returns."
            ))
        })?;
        asks_nobody(&did, &finished.calls)?;
        ensure_refused(did, &finished)?;
    }
    Ok(())
}

const EVERYBODY: &str = "255.255.255.255";

/// Has it asked for the right to send there? A whole conversation shows it, however that goes.
fn broadcasts(bench: &mut Bench) -> Verdict<bool> {
    match bench.once("traced", traced) {
        Err(fault @ Fault::Grader(_)) => Err(fault),
        _ => Ok(bench.traced.borrow().broadcasts),
    }
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
    client.echo()?;
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
    words!("strace로 시스템 콜 확인", "watched its system calls (strace)")
}

/// The last call about this socket must be close.
pub(super) fn closed(about: &[&Call]) -> Verdict {
    ensure(about.last().is_some_and(|call| call.name == "close"), || Failure {
        did: watched(),
        expected: words!("소켓을 close로 닫아야 해요", "the socket is closed with close"),
        got: calls::called(about),
        cause: words!(
            "프로그램이 끝나면 커널이 닫지만, 다 사용한 소켓을 닫는 것도 이 과제에 들어 있어요.",
            "The kernel closes it at the end of the program, but closing what is no longer needed is part of this lab."
        ),
    })
}
