//! What a trace says: the calls of a slide, however a language spells them.

use labkit::trace::Call;

use crate::lab::{Failure, Verdict};
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

/// Is it a call of this family that succeeded?
#[must_use]
pub fn is(call: &Call, name: &str) -> bool {
    family(&call.name) == name && call.value().is_some_and(|value| value >= 0)
}

/// `socket(AF_INET, SOCK_STREAM…)` and `socket(AF_INET, SOCK_DGRAM…)` that succeeded; IPv6 sockets are such too.
#[must_use]
pub fn opens(call: &Call, kind: &str) -> bool {
    is(call, "socket")
        && call.args.first().is_some_and(|domain| domain.starts_with("AF_INET"))
        && call.args.get(1).is_some_and(|argument| argument.split('|').any(|word| word == kind))
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

/// Are these calls among the others, in this order? Each is a family's name; those between don't matter.
pub fn in_order(did: Words, calls: &[&Call], names: &[&str]) -> Verdict {
    let mut rest = calls.iter();
    for name in names {
        if !rest.any(|call| is(call, name)) {
            let wanted = names.join(", ");
            let seen = summary(calls);
            let failure = Failure {
                did,
                expected: words!(
                    "이 차례로 부르기: {wanted} ({name}을(를) 이 자리에서 찾지 못했어요)",
                    "calls in this order: {wanted} ({name} is missing in its place)"
                ),
                got: words!("{seen}", "{seen}"),
                cause: Words::default(),
            };
            return Err(failure.into());
        }
    }
    Ok(())
}

/// The calls' names, repetitions counted: `socket, connect, read ×3, close`.
#[must_use]
pub fn summary(calls: &[&Call]) -> String {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for call in calls {
        match names.last_mut() {
            Some((name, n)) if *name == call.name => *n += 1,
            _ => names.push((&call.name, 1)),
        }
    }
    let names: Vec<String> = names
        .iter()
        .map(|(name, n)| if *n > 1 { format!("{name} ×{n}") } else { (*name).to_string() })
        .collect();
    names.join(", ")
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
