//! What a trace says: the calls of a slide, however a language spells them.

use std::net::SocketAddrV4;
use std::time::Duration;

use labkit::trace::{Call, descriptor};

use crate::verdict::{Failure, Verdict};
use crate::words;
use crate::words::Words;

/// The slide's name of a call: the same for all that do the same.
#[must_use]
pub fn family(name: &str) -> &str {
    match name {
        "recv" | "recvfrom" | "recvmsg" | "recvmmsg" | "readv" | "read" => "read",
        "send" | "sendto" | "sendmsg" | "sendmmsg" | "writev" | "write" | "sendfile" | "splice" => "write",
        "accept" | "accept4" => "accept",
        "open" | "openat" => "open",
        other => other,
    }
}

/// Is it a call of this family that succeeded? A connect of a non-blocking socket goes on by itself: EINPROGRESS.
#[must_use]
pub fn is(call: &Call, name: &str) -> bool {
    let goes_on = name == "connect" && call.errno() == Some("EINPROGRESS");
    family(&call.name) == name && (call.value().is_some_and(|value| value >= 0) || goes_on)
}

/// `socket(AF_INET, SOCK_STREAM…)` and `socket(AF_INET, SOCK_DGRAM…)` that succeeded; IPv6 sockets are such too.
#[must_use]
pub fn opens(call: &Call, kind: &str) -> bool {
    is(call, "socket")
        && call.args.first().is_some_and(|domain| domain.starts_with("AF_INET"))
        && call.args.get(1).is_some_and(|argument| argument.split('|').any(|word| word == kind))
}

/// Programs of the machine that do a lab's work for whoever calls them.
const READY_MADE: [&str; 16] = [
    "busybox",
    "curl",
    "dig",
    "getent",
    "host",
    "inetd",
    "nc",
    "nc.openbsd",
    "nc.traditional",
    "ncat",
    "netcat",
    "nslookup",
    "socat",
    "telnet",
    "wget",
    "xinetd",
];

/// Those of [`READY_MADE`] that were started in these calls.
pub(crate) fn ready_made(calls: &[Call]) -> impl Iterator<Item = String> {
    calls.iter().filter(|call| is(call, "execve")).filter_map(|call| {
        let path = String::from_utf8(call.bytes(0)?).ok()?;
        let name = path.rsplit('/').next()?;
        READY_MADE.contains(&name).then(|| name.to_string())
    })
}

/// Does it ask for the right to send to everybody?
pub(crate) fn asks_for_broadcast(call: &Call) -> bool {
    is(call, "setsockopt") && call.args.get(2).is_some_and(|option| option == "SO_BROADCAST")
}

/// The number of the descriptor that it is about: its first argument.
#[must_use]
pub fn fd(call: &Call) -> Option<i64> {
    call.descriptor().map(|descriptor| i64::from(descriptor.number))
}

/// The number of the descriptor that it gave: `4<TCP:[…]>`.
#[must_use]
pub fn given(call: &Call) -> Option<i64> {
    call.value()
}

/// The address in an argument: `{sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}`, or as IPv6 says it.
#[must_use]
pub fn address(argument: &str) -> Option<SocketAddrV4> {
    let (port, rest) = argument.split_once("port=htons(")?.1.split_once(')')?;
    let ip = rest.split('"').nth(1)?;
    Some(SocketAddrV4::new(ip.trim_start_matches("::ffff:").parse().ok()?, port.parse().ok()?))
}

/// Are these calls among the others, in this order? Each stands for its family; those between don't matter. What another process
/// does meanwhile is in no order with them: who reads may have begun to wait before somebody writes.
pub fn in_order(did: Words, calls: &[&Call], names: &[&str]) -> Verdict {
    let mut rest = calls.iter();
    let mut last = None;
    for name in names {
        let fits = |call: &&&Call| is(call, family(name));
        let anothers = |call: &&&Call| last.is_some_and(|last| last != call.pid) && fits(call);
        let next = rest.find(fits).or_else(|| calls.iter().find(anothers));
        last = next.map(|call| call.pid);
        if last.is_none() {
            let wanted = names.join(", ");
            let failure = Failure {
                did,
                expected: words!(
                    "시스템 콜을 이 순서로 불러야 해요: {wanted} ({name} 호출이 제자리에 없어요)",
                    "calls in this order: {wanted} ({name} is missing in its place)"
                ),
                got: called(calls),
                cause: Words::default(),
            };
            return Err(failure.into());
        }
    }
    Ok(())
}

/// The calls' names, repetitions counted, and what failed: `socket, connect, read ×3, close`, `socket, connect (ECONNREFUSED)`.
#[must_use]
pub fn summary(calls: &[&Call]) -> String {
    let mut names: Vec<(String, usize)> = Vec::new();
    for call in calls {
        let this = match call.errno() {
            Some(errno) => format!("{} ({errno})", call.name),
            None => call.name.clone(),
        };
        match names.last_mut() {
            Some((name, n)) if *name == this => *n += 1,
            _ => names.push((this, 1)),
        }
    }
    let names: Vec<String> =
        names.into_iter().map(|(name, n)| if n > 1 { format!("{name} ×{n}") } else { name }).collect();
    names.join(", ")
}

/// The same, as what came of a check.
#[must_use]
pub fn called(calls: &[&Call]) -> Words {
    match summary(calls).as_str() {
        "" => words!("부른 시스템 콜이 없어요", "no calls"),
        names => words!("이 시스템 콜들을 불렀어요: {names}", "{names}"),
    }
}

/// How long a program waits for its peer at the most, if it has set itself a time: the longest of `SO_RCVTIMEO`, `poll`, `select`,
/// `epoll_wait`, `alarm` and the like. Whoever waits for ever is not among them.
#[must_use]
pub fn longest_wait(calls: &[Call]) -> Option<Duration> {
    calls.iter().filter_map(wait).filter(|wait| !wait.is_zero()).max()
}

fn wait(call: &Call) -> Option<Duration> {
    let milliseconds = |i: usize| call.args.get(i)?.parse().ok().map(Duration::from_millis);
    match call.name.as_str() {
        "poll" => milliseconds(2),
        "epoll_wait" | "epoll_pwait" => milliseconds(3),
        "alarm" => call.args.first()?.parse().ok().map(Duration::from_secs),
        "setsockopt" if call.args.get(2).is_some_and(|name| name.contains("TIMEO")) => {
            // strace may show it as the bytes that it is.
            call.bytes(3).map_or_else(|| timeval(call.args.get(3)?), |bytes| raw_timeval(&bytes))
        }
        "select" | "pselect6" => timeval(call.args.get(4)?),
        "ppoll" => timeval(call.args.get(2)?),
        "epoll_pwait2" => timeval(call.args.get(3)?),
        // The first time that it rings.
        "setitimer" => timeval(call.args.get(1)?.split_once("it_value=")?.1),
        _ => None,
    }
}

/// struct timeval of 64 bits, timeval(3type): seconds and microseconds.
fn raw_timeval(bytes: &[u8]) -> Option<Duration> {
    let number = |at: usize| Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    Some(Duration::from_secs(number(0)?) + Duration::from_micros(number(8)?))
}

/// `{tv_sec=2, tv_usec=500000}`, `{tv_sec=0, tv_nsec=100}`
fn timeval(text: &str) -> Option<Duration> {
    let number = |name: &str| {
        let digits = text.split_once(name)?.1.split(|c: char| !c.is_ascii_digit()).next();
        digits?.parse::<u64>().ok()
    };
    let fraction =
        number("tv_usec=").map(Duration::from_micros).or(number("tv_nsec=").map(Duration::from_nanos));
    Some(Duration::from_secs(number("tv_sec=")?) + fraction?)
}

/// The calls about a descriptor while it is the one that `calls[opened]` gave: from that call until it is closed.
#[must_use]
pub fn about(calls: &[Call], opened: usize) -> Vec<&Call> {
    let Some(number) = calls.get(opened).and_then(given) else { return Vec::new() };
    let mut about = vec![&calls[opened]];
    for call in &calls[opened + 1..] {
        if fd(call) == Some(number) {
            about.push(call);
            if call.name == "close" {
                break;
            }
        }
    }
    about
}

/// The calls about the socket that `calls[opened]` gave, by whatever number and in whatever process: dup(2), fork(2). strace
/// names a socket by its inode and, while it is connected, by its two ends; its number tells that both are the same.
#[must_use]
pub fn about_socket(calls: &[Call], opened: usize) -> Vec<&Call> {
    let Some(socket) = calls.get(opened).and_then(|call| descriptor(&call.result)) else { return Vec::new() };
    let kind = socket.what.split_inclusive(':').next().unwrap_or_default().to_string();
    let mut names = vec![socket.what];
    let mut closed = false;
    let mut about = vec![&calls[opened]];
    for call in &calls[opened + 1..] {
        let Some(this) = call.descriptor() else { continue };
        let by_number = !closed && this.number == socket.number && this.what.starts_with(&kind);
        if by_number || names.contains(&this.what) {
            closed |= by_number && call.name == "close";
            names.push(this.what);
            about.push(call);
        }
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(pid: i32, name: &str, args: &[&str], result: &str) -> Call {
        Call {
            pid,
            entered: 0.0,
            seconds: Some(0.0),
            name: name.into(),
            args: args.iter().map(ToString::to_string).collect(),
            result: result.into(),
        }
    }

    #[test]
    fn a_socket_stays_the_same_through_dup_and_fork() {
        let ends = "TCP:[127.0.0.1:40000->127.0.0.9:7]";
        let calls = [
            call(1, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_TCP"], "4<TCP:[1234]>"),
            call(1, "connect", &["4<TCP:[1234]>", "{…}", "16"], "0"),
            call(1, "dup2", &[&format!("4<{ends}>"), "3"], &format!("3<{ends}>")),
            call(1, "close", &[&format!("4<{ends}>")], "0"),
            call(1, "openat", &["AT_FDCWD", "\"/etc/hosts\"", "O_RDONLY"], "4</etc/hosts>"),
            call(1, "read", &["4</etc/hosts>", "\"\"", "4096"], "0"),
            call(1, "write", &[&format!("3<{ends}>"), "\"abc\\n\"", "4"], "4"),
            call(2, "read", &[&format!("0<{ends}>"), "\"ABC\\n\"", "4"], "4"),
            call(1, "socket", &["AF_INET", "SOCK_STREAM", "IPPROTO_TCP"], "4<TCP:[5678]>"),
            call(1, "close", &["4<TCP:[5678]>"], "0"),
            call(1, "close", &[&format!("3<{ends}>")], "0"),
        ];
        let about = about_socket(&calls, 0);
        assert_eq!(summary(&about), "socket, connect, dup2, close, write, read, close");
    }

    #[test]
    fn what_two_processes_do_is_in_no_order() {
        let reads = call(2, "recvfrom", &["3<TCP:[1]>", "\"abc\"", "3"], "3");
        let writes = |pid| call(pid, "sendto", &["3<TCP:[1]>", "\"abc\"", "3"], "3");
        let order = |pid| in_order(Words::default(), &[&reads, &writes(pid)], &["write", "read"]);
        assert!(order(1).is_ok());
        assert!(order(2).is_err());
    }

    #[test]
    fn how_long_a_program_waits_is_in_its_calls() {
        let calls = [
            call(
                1,
                "setsockopt",
                &["4<TCP:[1]>", "SOL_SOCKET", "SO_RCVTIMEO_OLD", "{tv_sec=2, tv_usec=500000}", "16"],
                "0",
            ),
            call(1, "poll", &["[{fd=4<TCP:[1]>, events=POLLIN}]", "1", "1500"], "1"),
            call(1, "epoll_wait", &["5<anon_inode:[eventpoll]>", "[]", "8", "-1"], "0"),
            call(
                1,
                "setitimer",
                &[
                    "ITIMER_REAL",
                    "{it_interval={tv_sec=9, tv_usec=0}, it_value={tv_sec=1, tv_usec=0}}",
                    "NULL",
                ],
                "0",
            ),
            call(1, "select", &["5", "[4]", "NULL", "NULL", "NULL"], "1"),
        ];
        assert_eq!(longest_wait(&calls), Some(Duration::from_millis(2500)));
        let raw = "\"\\2\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"";
        let raw = call(1, "setsockopt", &["4<TCP:[1]>", "SOL_SOCKET", "SO_RCVTIMEO_OLD", raw, "16"], "0");
        assert_eq!(longest_wait(&[raw]), Some(Duration::from_secs(2)));
        assert_eq!(longest_wait(&calls[2..3]), None, "for ever");
        assert_eq!(longest_wait(&calls[3..]), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_connect_that_goes_on_by_itself_has_succeeded() {
        let connect = |result| call(1, "connect", &["3<TCP:[1]>", "{…}", "16"], result);
        assert!(is(&connect("-1 EINPROGRESS (Operation now in progress)"), "connect"));
        assert!(!is(&connect("-1 ECONNREFUSED (Connection refused)"), "connect"));
    }
}
