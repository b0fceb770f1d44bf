//! The scenes: who is in each, and what happens in which order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use labkit::{Program, Workspace, find_program};
use nix::sys::signal::Signal;

use crate::recording::{Recording, Role};
use crate::stage::{Player, Stage};

/// The two languages of the lecture programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// The C file.
    C,
    /// The Rust file.
    Rust,
}

/// One scene.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Its name: a program's, or what happens in it.
    pub name: &'static str,
    /// One line on it, in Korean and in English.
    pub about: [&'static str; 2],
    /// Who may be started in it.
    pub cast: Vec<Part>,
    /// What happens.
    pub acts: Vec<Act>,
}

/// A part in a scene: [`Player`] without its executable.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// `server`, `client 2`
    pub name: &'static str,
    /// On which side it stands.
    pub role: Role,
    /// The lecture program, or a C file in this crate's `scenes/`.
    pub program: &'static str,
    /// Its arguments.
    pub args: &'static [&'static str],
}

/// What happens next. A number is an index into [`Scene::cast`].
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// It is started, and stands before its first instruction.
    Start(usize),
    /// A line is typed into it.
    Type(usize, &'static str),
    /// It runs until it has returned from this call.
    Until(usize, &'static str),
    /// It runs as far as it comes, and nobody else.
    Alone(usize),
    /// All run until nobody can go on.
    Run,
    /// It gets a signal.
    Kill(usize, Signal),
    /// Nothing that comes reaches its listening socket any more, or it does again: so it is not a matter of time when that comes
    /// which a kernel sends again by its clock.
    Deaf(usize, bool),
}

const TO_LOOPBACK: &[&str] = &["127.0.0.1"];

/// All scenes: first those of the lecture programs, in the order of the slides, then those that say what happens.
#[must_use]
#[expect(clippy::too_many_lines, reason = "it is a list")]
pub fn all() -> Vec<Scene> {
    use Act::{Alone, Deaf, Kill, Run, Start, Type, Until};
    let server = |program, args| Part { name: "server", role: Role::Server, program, args };
    let client = |program| Part { name: "client", role: Role::Client, program, args: TO_LOOPBACK };
    let alone = |name, about, args| Scene {
        name,
        about,
        cast: vec![Part { name: "program", role: Role::Client, program: name, args }],
        acts: vec![Start(0), Run],
    };
    let conversation = vec![Start(0), Run, Start(1), Type(1, "abcdefg\n"), Run];
    let pair =
        |name, about, cast: [Part; 2]| Scene { name, about, cast: cast.into(), acts: conversation.clone() };

    let tcp = [server("tcp_echoserv", &[]), client("tcp_echocli")];
    let udp = [server("udp_echoserv", &[]), client("udp_echocli")];
    let daytime = [server("daytimeserv", &[]), client("mydaytime")];
    let second = Part { name: "client 2", ..tcp[1] };
    vec![
        alone(
            "open_socket",
            ["소켓과 파일이 한 표에서 번호를 받아요", "sockets and files get numbers from one table"],
            &[],
        ),
        alone(
            "getdtablesize",
            ["디스크립터를 몇 개까지 열 수 있는지 알아내요", "how many descriptors there can be"],
            &[],
        ),
        alone(
            "byte_order",
            ["바이트 순서는 시스템 콜 없이 바꿔요", "changing the byte order asks no kernel"],
            &[],
        ),
        alone(
            "ascii_ip",
            ["주소는 시스템 콜 없이 변환해요", "converting addresses asks no kernel"],
            &["210.115.36.231"],
        ),
        alone(
            "get_hostent",
            ["이름으로 주소를 찾으려고 파일을 읽어요", "files are read for a name"],
            &["localhost"],
        ),
        alone(
            "get_host_byaddr",
            ["주소로 이름을 찾으려고 파일을 읽어요", "files are read for an address"],
            TO_LOOPBACK,
        ),
        pair(
            "mydaytime",
            ["서버가 연결을 닫아서 응답의 끝을 알려요", "the answer ends because the server closes"],
            daytime,
        ),
        pair("tcp_echocli", ["TCP로 한 줄을 보내고 돌려받아요", "one line by TCP, and its echo"], tcp),
        pair(
            "port_number",
            ["커널이 소켓의 포트 번호를 정해요", "the kernel gives sockets their ports"],
            [tcp[0], client("port_number")],
        ),
        pair(
            "tcp_echoserv",
            ["TCP로 받은 한 줄을 돌려보내요", "one line that came by TCP is sent back"],
            tcp,
        ),
        pair("udp_echocli", ["UDP로 한 줄을 보내고 돌려받아요", "one line by UDP, and its echo"], udp),
        pair(
            "udp_echoserv",
            ["UDP로 받은 한 줄을 돌려보내요", "one line that came by UDP is sent back"],
            udp,
        ),
        pair(
            "connected_udp",
            ["ICMP 오류는 연결된 UDP 소켓에 전달돼요", "a connected UDP socket gets errors"],
            [udp[0], client("connected_udp")],
        ),
        pair(
            "daytimeserv",
            ["연결을 받으면 시각을 보내고 닫아요", "a client gets the time, and the server closes"],
            daytime,
        ),
        Scene {
            name: "second_client",
            about: ["두 번째 클라이언트가 기다려요", "a second client waits"],
            cast: vec![tcp[0], tcp[1], second],
            acts: vec![
                Start(0),
                Run,
                Start(1),
                Run,
                Start(2),
                Type(2, "second\n"),
                Run,
                Type(1, "first\n"),
                Run,
            ],
        },
        Scene {
            name: "half_close",
            about: ["클라이언트가 보내는 방향만 닫고 계속 읽어요", "the client ends sending and still reads"],
            cast: vec![tcp[0], Part { args: &["127.0.0.1", "7"], ..client("half_close") }],
            acts: conversation.clone(),
        },
        Scene {
            name: "time_wait",
            about: [
                "먼저 닫은 서버를 다시 실행하면 bind가 실패해요",
                "bind fails when a server that closed first is started again",
            ],
            cast: vec![daytime[0], daytime[1], Part { name: "server again", ..daytime[0] }],
            acts: vec![Start(0), Run, Start(1), Run, Kill(0, Signal::SIGTERM), Run, Start(2), Run],
        },
        Scene {
            name: "reset_then_write",
            about: [
                "리셋된 뒤의 첫 write는 ECONNRESET, 그다음은 SIGPIPE예요",
                "write after a reset: ECONNRESET, then SIGPIPE",
            ],
            cast: vec![
                server("reset_server", &["7"]),
                Part { args: &["127.0.0.1", "7"], ..client("three_writes") },
            ],
            acts: vec![Start(0), Run, Start(1), Alone(1), Run, Type(1, "\n"), Run],
        },
        Scene {
            name: "close_then_write",
            about: [
                "서버가 닫은 뒤의 첫 write는 성공하고, 그다음은 SIGPIPE예요",
                "write after the server's close: the first succeeds, then SIGPIPE",
            ],
            cast: vec![daytime[0], Part { args: &["127.0.0.1", "13"], ..client("three_writes") }],
            acts: vec![Start(0), Run, Start(1), Until(1, "connect"), Alone(0), Alone(1), Type(1, "\n"), Run],
        },
        Scene {
            name: "refused",
            about: [
                "연결 대기 소켓이 없는 포트에 연결해요",
                "a connection to a port where no socket listens",
            ],
            cast: vec![tcp[1]],
            acts: vec![Start(0), Run],
        },
        Scene {
            name: "udp_refused",
            about: [
                "ICMP 오류는 연결되지 않은 UDP 소켓에 전달되지 않아요",
                "an unconnected UDP socket gets no errors",
            ],
            cast: vec![udp[1]],
            acts: vec![Start(0), Type(0, "abcdefg\n"), Run],
        },
        Scene {
            name: "cut_datagram",
            about: ["버퍼보다 긴 데이터그램은 잘려요", "a datagram longer than the buffer is cut"],
            cast: vec![server("short_buffer", &["7"]), udp[1]],
            acts: conversation.clone(),
        },
        Scene {
            name: "measured_datagram",
            about: [
                "데이터그램을 꺼내기 전에 길이를 확인해요",
                "the length of a datagram, before it is taken",
            ],
            cast: vec![server("measured_datagram", &["7"]), udp[1]],
            acts: conversation.clone(),
        },
        Scene {
            name: "backlog_full",
            about: ["연결 대기 큐가 꽉 차면 커널이 SYN을 버려요", "a SYN is dropped when the queue is full"],
            cast: vec![server("never_accepts", &["7"]), tcp[1], second, Part { name: "client 3", ..tcp[1] }],
            acts: vec![
                Start(0),
                Alone(0),
                Start(1),
                Until(1, "connect"),
                Start(2),
                Until(2, "connect"),
                Start(3),
                Alone(3),
                Deaf(0, true),
                Type(0, "\n"),
                Alone(0),
                Deaf(0, false),
                Until(3, "connect"),
            ],
        },
    ]
}

/// The scene of that name.
#[must_use]
pub fn named(name: &str) -> Option<Scene> {
    all().into_iter().find(|scene| scene.name == name)
}

/// Plays a scene, its lecture programs in this language, and gives the recording. Those in Rust are built.
///
/// # Errors
/// A program can't be started, or the scene comes to no end.
pub fn record(workspace: &Workspace, scene: &Scene, language: Language) -> io::Result<Recording> {
    record_each(workspace, scene, |_| language)
}

/// As [`record`], each program in a language of its own.
///
/// # Errors
/// As [`record`].
pub fn record_each(
    workspace: &Workspace,
    scene: &Scene,
    language: impl Fn(&str) -> Language,
) -> io::Result<Recording> {
    let mut stage = Stage::new(scene.name, &workspace.root)?;
    let mut numbers = vec![None; scene.cast.len()];
    let number = |numbers: &[Option<usize>], part: usize| {
        numbers[part].ok_or_else(|| io::Error::other(format!("{}: not started", scene.cast[part].name)))
    };
    for act in &scene.acts {
        match *act {
            Act::Start(part) => {
                let Part { name, role, program, args } = scene.cast[part];
                let path = executable(workspace, program, language(program))?.path;
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                numbers[part] = Some(stage.start(&Player { name, role, path: &path, args: &args })?);
            }
            Act::Type(part, line) => stage.type_line(number(&numbers, part)?, line.as_bytes())?,
            Act::Until(part, call) => stage.run_until(number(&numbers, part)?, call)?,
            Act::Alone(part) => stage.run_alone(number(&numbers, part)?)?,
            Act::Run => stage.run()?,
            Act::Kill(part, signal) => stage.signal(number(&numbers, part)?, signal)?,
            Act::Deaf(part, deaf) => stage.deafen(number(&numbers, part)?, deaf)?,
        }
    }
    Ok(stage.finish())
}

/// A lecture program, or a C file of ours, with the lines of its calls.
///
/// # Errors
/// There is no compiler, or it has something to say about the file.
pub fn executable(workspace: &Workspace, program: &str, language: Language) -> io::Result<Program> {
    let ours = workspace.root.join("crates/tools/stepper/scenes").join(format!("{program}.c"));
    let theirs = workspace.root.join("crates").join(program).join(format!("{program}.c"));
    match language {
        _ if ours.exists() => workspace.c_with_lines(&ours),
        Language::C => workspace.c_with_lines(&theirs),
        Language::Rust => Ok(workspace.rust(program)),
    }
}

/// A program as typed, with its arguments: a lecture program, one of this machine's, or a file.
///
/// # Errors
/// There is none.
pub fn program(
    workspace: &Workspace,
    words: &[String],
    language: Language,
) -> io::Result<(PathBuf, Vec<String>)> {
    let Some((program, args)) = words.split_first() else {
        return Err(io::Error::other(
            "a program is missing: of --server, of --client, or before or after --",
        ));
    };
    let lecture = workspace.root.join("crates").join(program).join(program).with_extension("c").exists();
    let path = if program.contains('/') {
        let path = Path::new(program);
        fs::metadata(path).map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        path.canonicalize()?
    } else if lecture {
        executable(workspace, program, language)?.path
    } else {
        find_program(program).ok_or_else(|| {
            io::Error::other(format!(
                "there is no scene and no program {program}; a file of this folder is ./{program}"
            ))
        })?
    };
    Ok((path, args.to_vec()))
}

/// Records two programs of somebody's own, or one: the server runs until it waits, then the client, into which `typed` goes, a
/// line each time that it waits for one; then its input ends.
///
/// # Errors
/// A program can't be started or comes to no end.
pub fn record_own(
    workspace: &Workspace,
    server: Option<&[String]>,
    client: Option<&[String]>,
    typed: &[String],
    language: Language,
) -> io::Result<Recording> {
    let mut stage = Stage::new("own", &workspace.root)?;
    let sides = [("server", Role::Server, server), ("client", Role::Client, client)];
    let mut last = 0;
    for (name, role, words) in sides {
        let Some(words) = words else { continue };
        let (path, args) = program(workspace, words, language)?;
        last = stage.start(&Player { name, role, path: &path, args: &args })?;
        if role == Role::Server && client.is_some() {
            stage.run_to_serve()?;
        }
    }
    for line in typed {
        stage.run_to_type(last)?;
        stage.type_line(last, format!("{line}\n").as_bytes())?;
    }
    stage.run_to_type(last)?;
    stage.end_of_input(last);
    stage.run()?;
    Ok(stage.finish())
}
