//! connected_udp: the UDP echo client whose socket is connected.

use labkit::trace::Call;
use nix::errno::Errno;

use super::causes;
use super::udp_client::{
    Traced, bad_address, closed, empty_reply, ends_well, long, printed, prints, reply_length, sends, start,
    traced, tries, watched,
};
use crate::bench::{Bench, Start, bytes, ensure_refused, output};
use crate::calls;
use crate::lab::{BUILD, Check, Lab, statement};
use crate::search;
use crate::verdict::{Failure, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// The lab.
pub(super) static LAB: Lab = Lab {
    name: "connected_udp",
    usage: "connected_udp IP",
    slides: "49",
    statement: statement!("connected_udp"),
    checks: &[
        BUILD,
        Check {
            id: "connects",
            title: [
                "데이터그램 소켓을 주어진 주소의 7번 포트에 연결해요",
                "It connects a datagram socket to port 7 of the given address",
            ],
            points: 10,
            needs: &["build"],
            slide: "49",
            run: connects,
        },
        Check {
            id: "sends",
            title: ["입력한 줄을 데이터그램 하나로 보내요", "It sends the line as one datagram"],
            points: 5,
            needs: &["connects"],
            slide: "46, 49",
            run: sends,
        },
        Check {
            id: "no_address",
            title: ["연결한 소켓에 주소 없이 보내요", "It sends on the connected socket, without an address"],
            points: 5,
            needs: &["connects"],
            slide: "49",
            run: no_address,
        },
        Check {
            id: "prints",
            title: ["받은 데이터그램을 출력해요", "It prints the datagram that came"],
            points: 15,
            needs: &["connects"],
            slide: "46, 49",
            run: prints,
        },
        Check {
            id: "reply_length",
            title: [
                "응답이 보낸 줄과 길이가 다르거나 비었거나 4096바이트여도 출력해요",
                "Answers of other lengths than the line's: none at all, 4096 bytes",
            ],
            points: 20,
            needs: &["prints"],
            slide: "46, 49",
            run: |bench| reply_length(bench).and_then(|()| empty_reply(bench)).and_then(|()| long(bench)),
        },
        Check {
            id: "stranger",
            title: [
                "통신 상대가 아닌 다른 소켓이 보낸 데이터그램은 받지 않아요",
                "A datagram from somebody else",
            ],
            points: 20,
            needs: &["prints"],
            slide: "49",
            run: stranger,
        },
        Check {
            id: "refused",
            title: ["그 포트를 사용하는 소켓이 없으면 오류로 끝나요", "Where nobody listens"],
            points: 8,
            needs: &["build"],
            slide: "49",
            run: refused,
        },
        Check {
            id: "dissolves",
            title: ["AF_UNSPEC으로 연결을 해제해요", "It undoes the connection with AF_UNSPEC"],
            points: 7,
            needs: &["connects"],
            slide: "49",
            run: dissolves,
        },
        Check {
            id: "bad_address",
            title: [
                "주소가 올바르지 않거나 보낼 수 없거나 인자가 없으면 오류로 끝나요",
                "What is no address, one that nothing can be sent to, and no argument at all",
            ],
            points: 3,
            needs: &["build"],
            slide: "21, 34",
            run: bad_address,
        },
        Check {
            id: "close",
            title: [
                "소켓을 close로 닫고 종료 상태 0으로 끝나요",
                "It closes its socket, and ends with status 0",
            ],
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
            slide: "49",
            run: search::udp_client::connected,
        },
    ],
};

impl Traced {
    /// Does this call connect to the server?
    fn connects(&self, call: &Call) -> bool {
        calls::is(call, "connect") && call.args.get(1).is_some_and(|to| calls::address(to) == Some(self.at))
    }

    /// The calls about the socket that connects to the server; empty if none does.
    fn connected(&self) -> Vec<&Call> {
        self.socket(|call| self.connects(call))
    }
}

fn connects(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let (at, swapped) = (traced.at, traced.at.port().swap_bytes());
    if !traced.connected().is_empty() {
        return Ok(());
    }
    // Then what did it do instead?
    let about = traced.socket(|_| true);
    let mut connects = about.iter().rev().filter(|call| calls::is(call, "connect"));
    let to = connects.find_map(|call| calls::address(call.args.get(1)?));
    let got = match to {
        Some(to) => words!("{to}에 connect했어요", "connect to {to}"),
        None if about.is_empty() => {
            words!("데이터그램 소켓을 열지 않았어요", "it opened no datagram socket")
        }
        None => {
            let summary = calls::summary(&about);
            words!(
                "데이터그램 소켓으로 이 시스템 콜들을 불렀어요: {summary}",
                "calls about its datagram socket: {summary}"
            )
        }
    };
    let cause = if to.is_some_and(|to| to.port() == swapped) {
        words!(
            "{swapped}번은 7의 두 바이트가 뒤바뀐 수예요. sin_port에는 htons(7)을 넣으세요.",
            "{swapped} is 7 with its two bytes swapped. sin_port takes htons(7)."
        )
    } else {
        words!(
            "socket(PF_INET, SOCK_DGRAM, 0)으로 연 소켓을, sin_port가 htons(7)이고 sin_addr가 인자로 받은 값인 주소에 connect하세요. UDP의 connect는 아무것도 보내지 않아요. 커널이 통신 상대의 주소를 기록할 뿐이에요.",
            "connect the socket that socket(PF_INET, SOCK_DGRAM, 0) gave to the address with htons(7) in sin_port and the argument in sin_addr. UDP's connect sends nothing: the kernel only takes down who the peer is."
        )
    };
    let did = watched();
    let expected = words!(
        "데이터그램 소켓(SOCK_DGRAM)을 {at}에 connect해야 해요",
        "connect of a datagram socket (SOCK_DGRAM) to {at}"
    );
    let shown = output(&traced.finished);
    let got = Words { ko: format!("{}\n{}", got.ko, shown.ko), en: format!("{}\n{}", got.en, shown.en) };
    Err(Failure { did, expected, got, cause }.into())
}

fn no_address(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let all = traced.connected();
    let sends: Vec<&&Call> = all.iter().filter(|call| calls::is(call, "write")).collect();
    let addressed = sends.iter().find(|call| call.args.iter().any(|arg| calls::address(arg).is_some()));
    let (summary, addressed) = (calls::summary(&all), addressed.map(|call| call.text()));
    ensure(!sends.is_empty() && addressed.is_none(), || {
        let got = addressed.unwrap_or(summary);
        Failure {
            did: watched(),
            expected: words!(
                "connect한 소켓에 주소 없이 send(write)해야 해요",
                "send (write) on the connected socket, without an address"
            ),
            got: words!("이 시스템 콜을 불렀어요: {got}", "{got}"),
            cause: words!(
                "connect한 소켓에는 통신 상대의 주소가 정해져 있어요. 그다음에는 send(s, buf, n, 0)과 recv(s, buf, MAXLINE, 0)으로 충분해요.",
                "A socket that is connected knows its peer: from then on send(s, buf, n, 0) and recv(s, buf, MAXLINE, 0) are enough."
            ),
        }
    })
}

fn stranger(bench: &mut Bench) -> Verdict {
    let (line, answer, other) = (bench.line(20), bench.line(20), bench.line(20));
    let client = start(bench, &line, &Start::default())?;
    let (_, from) = client.receive()?;
    // The same address as the server's, another port.
    let stranger = bench.datagrams(*client.at.ip(), 0)?;
    stranger.send_to(&other, from)?;
    // If it takes that, it does so before the server answers.
    client.run.until_asleep(|| Ok(client.run.over().then_some(())))?;
    let shown = bytes(&other);
    let when = words!("다른 포트에서 먼저 {shown} 보냄", "sent {shown} from another port first");
    let answered = client.ends(&answer, from)?;
    ensure(!causes::contains(&answered.finished.stdout, other.trim_ascii_end()), || Failure {
        did: answered.did.clone(),
        expected: words!("다른 포트에서 온 데이터그램은 출력하지 않아야 해요", "it is not printed"),
        got: output(&answered.finished),
        cause: words!(
            "커널은 데이터그램이 도착할 때 연결되어 있는 소켓에서만 다른 곳에서 온 데이터그램을 걸러 내요. recv 전에 connect하고, AF_UNSPEC은 그 뒤에 connect했는지 확인하세요.",
            "The kernel looks after a socket only while it is connected: connect before recv, and AF_UNSPEC not before it either."
        ),
    })
    .and_then(|()| printed(&answered, &line, &answer))
    .map_err(|fault| fault.after(&when))?;
    ensure_kept_out(&*bench.once("traced", traced)?)
}

/// Fails if it waited for its user with a port that bind had given it, and no peer yet: whatever anybody sent there in the meantime
/// it would take for the answer.
fn ensure_kept_out(traced: &Traced) -> Verdict {
    let all = traced.connected();
    let began = |call: &Call| call.entered;
    let bound = all.iter().find(|call| calls::is(call, "bind")).map(|call| began(call));
    let connected = all.iter().find(|call| traced.connects(call)).map(|call| began(call));
    let between = |call: &&Call| {
        bound.is_some_and(|bound| bound < began(call))
            && connected.zip(call.seconds).is_some_and(|(connected, took)| began(call) + took < connected)
    };
    let reads =
        |call: &&Call| calls::is(call, "read") && calls::fd(call) == Some(0) && call.value() != Some(0);
    let Some(read) = traced.finished.calls.iter().filter(between).find(reads) else { return Ok(()) };
    let text = read.text();
    Err(Failure {
        did: watched(),
        expected: words!("connect한 뒤에 키보드에서 읽어야 해요", "connect, and then the keyboard"),
        got: words!("bind와 connect 사이에 키보드에서 읽었어요: {text}", "between bind and connect: {text}"),
        cause: words!(
            "bind한 소켓에는 포트가 있어서, connect하기 전에는 어느 소켓이 보낸 데이터그램이든 수신 큐(receive queue)에 들어가고 나중에 recv가 그 데이터그램을 돌려줘요. 키보드에서 읽기 전에 connect하세요.",
            "A socket that is bound has a port: until connect, whatever anybody sends there is queued, and recv gives it later. Connect before you read."
        ),
    }
    .into())
}

fn refused(bench: &mut Bench) -> Verdict {
    tries(bench)?;
    let ip = bench.server_address();
    let did = words!(
        "UDP 7번 포트에 서버가 없는 {ip} 주소로 실행하고 한 줄 입력",
        "ran it with {ip}, where nobody has port 7, and typed a line"
    );
    let finished = bench.run(&[&ip.to_string()], b"hello\n").map_err(|fault| {
        fault.surely_because(words!(
            "그 포트를 사용하는 소켓이 없다는 ICMP 메시지는 연결된 소켓에만 오류로 전달돼요. 보내기 전에 connect했으면 recv가 ECONNREFUSED로 실패해요.",
            "ICMP says that nobody is there, and only a connected socket is told: after connect, before it sends, recv fails with ECONNREFUSED."
        ))
    })?;
    ensure_refused(did.clone(), &finished)?;
    // Only a program that says which error it was can be wrong about it: strerror(3); all of errno(3).
    let said = finished.text() + &finished.errors();
    let mut others =
        (1..=Errno::EHWPOISON as i32).map(|errno| Errno::from_raw(errno).desc()).chain(["Success"]);
    let other = others.find(|other| said.contains(other));
    ensure(other.is_none() || said.to_lowercase().contains("refused"), || Failure {
        did,
        expected: words!(
            "recv의 오류(ECONNREFUSED, Connection refused)를 출력해야 해요",
            "it prints the error of recv (ECONNREFUSED, Connection refused)"
        ),
        got: output(&finished),
        cause: words!(
            "오류 번호는 반환값 -1이 아니라 errno에 있고, 다음 호출이 errno를 바꿀 수 있어요. 호출이 실패하면 바로 perror를 부르거나 strerror에 errno를 넘기세요.",
            "The error of a call that failed is in errno, not in the -1, and the next call may change it: call perror at once, or give errno to strerror."
        ),
    })
}

fn dissolves(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    let connects = traced.connected().into_iter().filter(|call| call.name == "connect");
    let after: Vec<&Call> = connects.skip_while(|call| !traced.connects(call)).skip(1).collect();
    let to: Vec<&str> = after.iter().filter_map(|call| call.args.get(1).map(String::as_str)).collect();
    let unspec = |call: &&&Call| {
        calls::is(call, "connect") && call.args.get(1).is_some_and(|to| to.contains("AF_UNSPEC"))
    };
    ensure(after.iter().any(|call| unspec(&call)), || {
        let to = to.join(", ");
        Failure {
            did: watched(),
            expected: words!(
                "그 소켓을 sa_family가 AF_UNSPEC인 주소에 connect해야 해요",
                "connect of that socket to an address whose sa_family is AF_UNSPEC"
            ),
            got: if to.is_empty() {
                words!("두 번째 connect가 없었어요", "there was no second connect")
            } else {
                words!("이 주소에 connect했어요: {to}", "connect to {to}")
            },
            cause: words!(
                "servaddr.sin_family = AF_UNSPEC으로 바꾸고 같은 소켓으로 connect를 다시 부르세요.",
                "Set servaddr.sin_family = AF_UNSPEC and call connect again, with the same socket."
            ),
        }
    })
}

fn close(bench: &mut Bench) -> Verdict {
    let traced = bench.once("traced", traced)?;
    closed(&traced.connected())?;
    ends_well(bench)
}
