//! What the labs of the echo servers have in common.

use labkit::Transport;

use crate::bench::{Bench, Row, Run, ensure_refused, waiting};
use crate::verdict::{Failure, Fault, Verdict, ensure};
use crate::words;
use crate::words::Words;

/// Arguments that are no port, and the ports that atoi and 16 or 32 bits make of them: 0 is any, `free` is nobody's, and every user
/// may have it: a server that has no right to a well-known one would end with an error without having read to the end.
fn no_ports(free: u16) -> [(String, u16); 5] {
    let more = |than: u64| (than + u64::from(free)).to_string();
    [
        (more(1 << 16), free),
        (format!("{free}x"), free),
        ("65536".into(), 0),
        (more(1 << 32), free),
        ("-1".into(), 65_535),
    ]
}

/// A port may be as high as 65535.
fn waits_at_a_high_port(bench: &mut Bench) -> Verdict {
    let high = bench.high_port()?;
    let run = bench.start(&[&high.to_string()])?;
    let waits = run.waits_at(&[Transport::Tcp, Transport::Udp], high)?;
    ensure(waits, || {
        run.explain(Failure {
            did: run.did(),
            expected: words!("포트 {high}에서 기다려야 해요", "it waits at port {high}"),
            got: words!("그 포트에서 기다리지 않아요", "it doesn't wait there"),
            cause: words!(
                "번호가 더 작은 포트에서는 기다렸어요. 포트 번호는 1부터 65535까지예요.",
                "It did wait at a port with a smaller number. A port is 1 to 65535."
            ),
        })
    })
}

/// What a port is; with an argument that is none the server must end with an error.
pub(super) fn bad_port(bench: &mut Bench) -> Verdict {
    waits_at_a_high_port(bench)?;
    let free = bench.free_port()?;
    for (bad, mistaken) in no_ports(free) {
        let did = words!("포트 번호가 아닌 인자(`{bad}`)로 실행", "started with `{bad}`, which is no port");
        // By somebody else.
        let others = [waiting(Transport::Tcp)?, waiting(Transport::Udp)?].concat();
        let taken = others.iter().any(|row| row.local.port() == mistaken);
        let run = bench.start(&[&bad])?;
        let waits = !taken && run.waits_at(&[Transport::Tcp, Transport::Udp], mistaken)?;
        ensure(!waits, || Failure {
            did: did.clone(),
            expected: words!("0이 아닌 종료 상태로 끝나야 해요", "it exits with a status that is not 0"),
            got: words!("포트 {mistaken}에서 기다리고 있어요", "it waits at port {mistaken}"),
            cause: words!(
                "atoi로는 오류를 알 수 없고, htons는 16비트만 남겨요. strtol로 끝까지 변환하고 값이 1부터 65535까지인지 확인하세요.",
                "atoi reports no error, and htons keeps only 16 bits. Read to the end with strtol, and look whether it is 1 to 65535."
            ),
        })?;
        ensure_refused(did, &run.finish()?)?;
    }
    Ok(())
}

/// Says nothing of a server that doesn't echo, unless what came is among what it sends: it does more than it should.
pub(super) fn serves_somehow(bench: &mut Bench, answers: fn(&mut Bench) -> Verdict<bool>) -> Verdict {
    if !bench.failed.contains(&"echoes") {
        return Ok(());
    }
    match bench.once("answers", answers) {
        Ok(answers) if *answers => Ok(()),
        Err(fault @ Fault::Grader(_)) => Err(fault),
        _ => Err(Fault::Unsaid("echoes")),
    }
}

/// All values that a byte may have, in shuffled pieces of 65 bytes, few enough for one read. In the middle of each is a NUL, and
/// bytes that are none stand before it and after it. Before and after 255, which a char takes for EOF, there are others, too.
pub(super) fn every_byte(bench: &mut Bench) -> Vec<Vec<u8>> {
    let mut every: Vec<u8> = (1..=255).collect();
    bench.rng.shuffle(&mut every);
    if let Some(at) = every.iter().position(|byte| *byte == 255) {
        every.swap(at, 16);
    }
    let with_nul = |piece: &[u8]| [&piece[..32], &[0], &piece[32..]].concat();
    every.chunks(64).map(with_nul).collect()
}

/// The failure of a server that has an argument that can't be bound, and that went on: if it hangs, it waits at another port or none.
pub(super) fn went_on(fault: Fault) -> Fault {
    fault.surely_because(words!(
        "bind가 -1을 돌려주면 perror로 알리고 exit(1)로 끝내세요. 확인하지 않으면 아무것도 오지 않을 소켓에서 기다리게 돼요.",
        "When bind returns -1, say so with perror and exit(1): who goes on waits at a socket where nothing will come."
    ))
}

/// A cause that is one if the server has ended by itself where it should have gone on.
pub(super) fn if_exited(run: &Run, cause: Words) -> Words {
    if run.exited() { cause } else { Words::default() }
}

/// Why what came back is not what was sent, if its bytes tell.
pub(super) fn of_echo(sent: &[u8], got: &[u8]) -> Words {
    let alike = sent.iter().zip(got).take_while(|(a, b)| a == b).count();
    let next = got.get(alike..alike + MARK);
    let later =
        alike > 0 && next.is_some_and(|next| sent[alike..].windows(MARK).any(|window| window == next));
    if sent.get(alike) == Some(&0) && alike == got.len() && alike > 0 {
        words!(
            "NUL 앞에서 멈추었어요. strlen과 %s는 NUL을 문자열의 끝으로 봐요. 바이트 수는 read(recvfrom)의 반환값이에요.",
            "It stopped at the NUL, which strlen and %s take for the text's end. How many bytes there are is what read (recvfrom) returned."
        )
    } else if sent.get(alike) == Some(&255) && alike == got.len() && (1..sent.len() - 1).contains(&alike) {
        words!(
            "255(0xFF) 앞에서 멈추었어요. 255는 char로는 -1이고, EOF도 -1이에요. getc(fgetc)의 반환값은 int에 저장하세요.",
            "It stopped at 255 (0xFF), which is -1 as a char, and so is EOF. Keep what getc (fgetc) returns in an int."
        )
    } else if got.len() > sent.len() && alike == sent.len() {
        words!(
            "받은 것보다 더 많이 보냈어요. 보낼 바이트 수는 sizeof(buf)나 MAXLINE이 아니라 read(recvfrom)의 반환값이에요.",
            "It sent more than what came. How many bytes to write is what read (recvfrom) returned, not sizeof(buf) or MAXLINE."
        )
    } else if got.len() > sent.len() && got.ends_with(sent) {
        words!(
            "클라이언트가 보낸 데이터 앞에 다른 데이터를 보냈어요. 에코 서버는 받은 데이터만 돌려보내요.",
            "Before what the client sent came something else. An echo server sends back what comes, and nothing of its own."
        )
    } else if later {
        part_missing()
    } else {
        Words::default()
    }
}

/// Why bytes that the server has read don't come back, be it the last ones or some before: which ones depends on when there
/// was room for more.
pub(super) fn part_missing() -> Words {
    words!(
        "서버가 읽은 데이터의 일부가 돌아오지 않았어요. write는 요청한 만큼 보내지 못할 수 있어요. 반환값만큼 건너뛰고 나머지를 다시 write하고, 다 보내기 전에 버퍼를 덮어쓰지 마세요.",
        "Part of what it has read doesn't come back. write may take less than it is given: go on from what it returned until all is written, and don't fill the buffer again before that."
    )
}

/// So many bytes that are alike are no chance.
const MARK: usize = 12;

/// Why nothing comes to another address of this machine, if the socket at this port has an address of its own.
pub(super) fn of_address(rows: &[Row], port: u16) -> Words {
    match rows.iter().find(|row| row.local.port() == port).map(|row| *row.local.ip()) {
        Some(ip) if !ip.is_unspecified() => words!(
            "서버의 소켓이 {ip}에만 bind되어 있어요. s_addr에 htonl(INADDR_ANY)를 넣으면 이 컴퓨터의 모든 IP 주소로 오는 것을 받아요.",
            "Its socket is bound to {ip} alone. With htonl(INADDR_ANY) in s_addr, what comes to any address of this machine is taken."
        ),
        _ => Words::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_tells_why() {
        let says = |sent: &str, got: &str, words: &str| {
            let cause = of_echo(sent.as_bytes(), got.as_bytes()).en;
            assert!(if words.is_empty() { cause.is_empty() } else { cause.contains(words) }, "{cause}");
        };
        says("abc\0def", "abc", "at the NUL");
        says("abc", "abc\0\0", "more than what came");
        assert!(of_echo(b"ab\xFFcd", b"ab").en.contains("EOF"));
        assert!(of_echo(b"ab\xFF", b"ab").en.is_empty(), "one byte short");
        says("abc", "hello\nabc", "something else");
        says("abcdefghijklmnopqrstuvwxyz", "abijklmnopqrstuvwxyz", "Part of what it has read");
        says("\0abc", "", "");
        says("abcdef", "abc", "");
        says("abcdef", "abcxyz", "");
        says("abc\0def", "abc\0d", "");
    }
}
