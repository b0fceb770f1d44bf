//! What the programs do when a call fails that worked before: every call of every program, once with every errno that
//! its man page lists as passing or as a want of resources. A server reports it and goes on with the next client, a
//! client reports it and ends with 1; C and Rust alike.

use std::io;

use labkit::trace::Call;
use labkit::{Program, Workspace};

use crate::own;
use crate::scenes::{self, Client, Scene, With};
use crate::stage::{Played, play};

/// What [`play`] ends a server with that has served all its clients.
const SIGTERM: i32 = libc::SIGTERM;

/// The errnos of a call that pass, or that say that something has run out. What is left out is a mistake of the caller's
/// (EBADF, EINVAL, …) or the answer itself (ECONNREFUSED).
const ERRNOS: [(&str, &[&str]); 12] = [
    ("openat", &["EINTR", "EMFILE", "ENFILE", "ENOMEM"]), // open(2)
    ("socket", &["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]), // socket(2)
    ("bind", &["EADDRINUSE", "ENOMEM"]),                  // bind(2); EADDRINUSE: no ephemeral port is left
    ("listen", &["EADDRINUSE"]),                          // listen(2): no ephemeral port is left
    // accept(2): the last eight are those of the new connection, "treat them like EAGAIN by retrying"
    (
        "accept",
        &[
            "EAGAIN",
            "EINTR",
            "ECONNABORTED",
            "EMFILE",
            "ENFILE",
            "ENOBUFS",
            "ENOMEM",
            "ENETDOWN",
            "EPROTO",
            "ENOPROTOOPT",
            "EHOSTDOWN",
            "ENONET",
            "EHOSTUNREACH",
            "EOPNOTSUPP",
            "ENETUNREACH",
        ],
    ),
    ("connect", &["EAGAIN", "EADDRNOTAVAIL", "EINTR", "ETIMEDOUT", "ENETUNREACH"]), // connect(2)
    ("read", &["EAGAIN", "EINTR", "EIO"]),                                          // read(2)
    ("write", &["EAGAIN", "EINTR", "EIO"]),                                         // write(2)
    ("recvfrom", &["EAGAIN", "EINTR", "ENOMEM"]),                                   // recv(2)
    ("sendto", &["EAGAIN", "EINTR", "ENOBUFS", "ENOMEM"]),                          // send(2)
    ("close", &["EINTR", "EIO", "ENOSPC", "EDQUOT"]),                               // close(2)
    ("getsockname", &["ENOBUFS"]),                                                  // getsockname(2)
];

/// One call that failed once.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The program.
    pub program: &'static str,
    /// `accept(3<TCP:[…]>, …)`, as it was when it worked.
    pub call: String,
    /// What it failed with.
    pub errno: &'static str,
    /// What the program did, if C and Rust did the same: its stderr and its end.
    pub did: String,
    /// What is wrong with that; none if nothing is.
    pub wrong: Option<String>,
}

/// The scene in which a program's calls fail. Its clients don't depend on the call that fails: they ask again, and wait
/// for no close.
#[must_use]
pub fn scene(program: &'static str) -> Option<Scene> {
    let normal = scenes::of(program).swap_remove(0);
    let clients = || With::Clients(vec![Client::Again(b"abcdefg\n"), Client::Again(b"last\n")]);
    match program {
        // Their calls are the C library's, which asks further servers when a file can't be read: not here.
        "byte_order" | "get_hostent" | "get_host_byaddr" => None,
        "tcp_echoserv" | "udp_echoserv" | "daytimeserv" => {
            Some(Scene { with: clients(), args: vec![], ..normal })
        }
        _ => Some(normal),
    }
}

/// A call that is to fail.
#[derive(Clone, Debug)]
pub struct Plan {
    program: &'static str,
    /// The call, as it was when it worked.
    pub call: Call,
    errno: &'static str,
    /// Which call of this name it is, from 1: in C, in Rust.
    at: (usize, usize),
}

impl Plan {
    /// For a call that could not be tried: a red row, and the others' rows stand.
    #[must_use]
    pub fn not_tried(&self, error: &io::Error) -> Fault {
        let (program, call, errno) = (self.program, text(&self.call), self.errno);
        Fault { program, call, errno, did: String::new(), wrong: Some(error.to_string()) }
    }
}

/// Every call of one program with every errno; none if the program has no scene for it.
///
/// # Errors
/// As [`play`].
pub fn plans(workspace: &Workspace, program: &'static str) -> io::Result<Vec<Plan>> {
    let Some(scene) = scene(program) else { return Ok(Vec::new()) };
    let (c, rust) = (workspace.c(program)?, workspace.rust(program));
    let (in_c, in_rust) = (play(workspace, &c, &scene, &[])?, play(workspace, &rust, &scene, &[])?);
    let errnos = |call: &Call| {
        ERRNOS.iter().find(|(name, _)| *name == call.name).map_or(&[][..], |(_, errnos)| errnos)
    };
    let mut plans = Vec::new();
    for ((call, in_c), (_, in_rust)) in sites(&in_c).into_iter().zip(sites(&in_rust)) {
        for errno in errnos(&call) {
            plans.push(Plan { program, call: call.clone(), errno, at: (in_c, in_rust) });
        }
    }
    Ok(plans)
}

/// Lets a call fail, in C and in Rust.
///
/// # Errors
/// As [`play`].
pub fn fail(workspace: &Workspace, plan: &Plan) -> io::Result<Fault> {
    let Plan { program, call, errno, at } = plan;
    let Some(scene) = scene(program) else { return Err(io::Error::other(format!("{program}: no scene"))) };
    let inject = |at| vec![format!("{}:error={errno}:when={at}", call.name)];
    let in_c = with_fault(workspace, &workspace.c(program)?, &scene, &inject(at.0))?;
    let in_rust = with_fault(workspace, &workspace.rust(program), &scene, &inject(at.1))?;

    let did = did(&in_c);
    let wrong = match self::did(&in_rust) {
        same if same == did => wrong(&scene, plan, &in_c),
        other => Some(format!("Rust: {other}")),
    };
    Ok(Fault { program, call: text(call), errno, did, wrong })
}

/// A server whose set-up fails never serves: it is run as a program that ends.
fn with_fault(
    workspace: &Workspace,
    program: &Program,
    scene: &Scene,
    inject: &[String],
) -> io::Result<Played> {
    let sets_up = ["socket:", "bind:", "listen:"].iter().any(|name| inject[0].starts_with(name));
    if matches!(scene.with, With::Clients(_)) && sets_up {
        let scene = Scene { with: With::NoClients, ..scene.clone() };
        return play(workspace, program, &scene, inject);
    }
    play(workspace, program, scene, inject)
}

/// The program's own calls, one for each place in it, with how many calls of that name there are up to it: strace counts
/// from the loader's first.
fn sites(played: &Played) -> Vec<(Call, usize)> {
    let mut sites: Vec<(Call, usize)> = Vec::new();
    let all = &played.trace.calls;
    for call in own::calls(all) {
        if is_the_librarys(call, played) {
            continue;
        }
        let known = sites.iter().any(|(other, _)| other.name == call.name && kind(other) == kind(call));
        if !known && call.result != "?" {
            let at =
                all.iter().filter(|other| other.name == call.name && other.entered <= call.entered).count();
            sites.push((call.clone(), at));
        }
    }
    sites
}

/// Reading /etc/services or the time zone is the C library's doing. Only open_socket opens files itself, by name.
fn is_the_librarys(call: &Call, played: &Played) -> bool {
    let file = |text: &String| text.contains("</") && !text.contains("AT_FDCWD");
    let opens_files = played.trace.output.stdout_text().contains("file descriptor");
    (call.name == "openat" || call.args.first().is_some_and(file)) && !opens_files
}

/// Which of a program's calls of one name this is: with a file, a listening, a connected, a datagram socket; to an address of
/// AF_INET or of AF_UNSPEC.
fn kind(call: &Call) -> String {
    let first = call.args.first().map_or("", String::as_str);
    let what = first.split_once('<').map_or(first, |(_, what)| what);
    let family = call.args.iter().find_map(|arg| arg.strip_prefix("{sa_family=")?.split(',').next());
    what.replace(|c: char| c.is_ascii_digit(), "") + family.unwrap_or("")
}

/// `accept(listening TCP)`, `read(connected TCP)`, `socket(AF_INET, SOCK_STREAM)`
fn text(call: &Call) -> String {
    let what = call.descriptor().map(|descriptor| descriptor.what).unwrap_or_default();
    let on = match what.split_once(":[") {
        Some((kind, addresses)) if addresses.contains("->") => format!("connected {kind}"),
        Some(("pipe", _)) => "stdin".into(),
        Some((kind, _)) => kind.to_string(),
        None if what.is_empty() => {
            call.args.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        None => what,
    };
    format!("{}({on})", call.name)
}

fn did(played: &Played) -> String {
    if let Some(hangs) = &played.hangs {
        return hangs.clone();
    }
    let behaviour = &played.behaviour;
    let part =
        |what: &str| behaviour.iter().find(|(part, _)| *part == what).map_or("", |(_, text)| text.as_str());
    let said = part("stderr").lines().filter(|line| line.contains("fail: ")).collect::<Vec<_>>().join(" / ");
    let end = match (played.trace.output.code, played.trace.output.signal) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(SIGTERM)) => "goes on".into(),
        (None, signal) => format!("killed by signal {signal:?}"),
    };
    let rests = if played.calls.iter().any(|call| call.contains("nanosleep(")) { ", rests" } else { "" };
    format!("{}{rests}; {end}", if said.is_empty() { "says nothing" } else { &said })
}

/// A server goes on, unless its set-up failed; everybody reports, but who only asks again after EINTR; nobody hangs.
fn wrong(scene: &Scene, plan: &Plan, played: &Played) -> Option<String> {
    if played.hangs.is_some() {
        return Some("it hangs".into());
    }
    let output = &played.trace.output;
    let served = matches!(scene.with, With::Clients(_)) && output.signal == Some(SIGTERM);
    let calls = own::calls(&played.trace.calls);
    let asked_again = calls.windows(2).any(|calls| {
        calls[0].errno() == Some("EINTR")
            && calls[0].name == calls[1].name
            && calls[0].args[0] == calls[1].args[0]
    });
    if plan.errno == "EINTR" && asked_again && output.code == Some(0) {
        return None;
    }
    if !output.stderr_text().contains("fail: ") {
        return Some("it is not reported".into());
    }
    (!served && output.code != Some(1)).then(|| "it neither goes on nor ends with 1".into())
}
