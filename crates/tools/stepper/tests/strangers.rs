//! Programs that nobody of us has written: each is recorded as it is, or refused with a clear word, and nothing stays behind.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "laws/check.rs"]
pub mod check;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, io};

use labkit::{Running, Workspace, missing_network, missing_program, run_trials, trial, until};
use nix::sys::signal::Signal;
use stepper::normal;
use stepper::recording::{Recording, Step};
use stepper::scenes::{self, Language};
use tempfile::TempDir;

fn main() {
    let missing = missing_program("cc").or_else(missing_network);
    let mut trials: Vec<_> = STRANGERS
        .iter()
        .map(|stranger| trial(stranger.name, missing.clone(), move || is_recorded(stranger)))
        .collect();
    let mut with = |tool: Option<&str>, name: &str, test: fn()| {
        trials.push(trial(name, missing.clone().or_else(|| missing_program(tool?)), test));
    };
    with(None, "a_write_waits_where_there_is_no_room_and_not_before", writes);
    with(None, "one_that_works_for_ever_is_refused", works_for_ever);
    with(None, "one_that_makes_calls_for_ever_is_refused", calls_for_ever);
    with(None, "one_that_makes_more_and_more_processes_is_refused", more_and_more);
    with(None, "one_that_nobody_may_follow_is_refused", untraced);
    with(None, "calls_that_return_at_once_do_not_wait", at_once);
    with(None, "one_that_makes_calls_of_another_processor_is_refused", foreign);
    with(None, "one_that_is_not_there_or_cannot_be_started_is_refused", not_there);
    with(None, "one_without_debug_information_is_recorded", no_debug_information);
    with(None, "a_path_with_spaces_and_hangul", hangul);
    with(None, "two_files_of_one_name_are_two", two_files);
    with(None, "lines_are_typed_when_they_are_waited_for", typed_lines);
    with(None, "a_line_longer_than_a_pipe", long_line);
    with(None, "what_nobody_reads_may_be_typed", nobody_reads);
    with(None, "nothing_stays_behind", nothing_stays);
    with(None, "nothing_stays_behind_when_the_recorder_is_killed", nothing_stays_when_killed);
    with(
        Some("strace"),
        "nor_when_it_is_killed_before_it_follows_the_server",
        nothing_stays_when_killed_at_once,
    );
    with(Some("python3"), "a_script_of_python_with_threads", python);
    run_trials(trials)
}

/// One of the programs in `tests/strangers`.
struct Stranger {
    name: &'static str,
    server: &'static str,
    client: &'static str,
    /// Steps that are there, one after the other, as [`line`] writes them.
    steps: &'static [&'static str],
}

/// The client has its answer.
const ANSWER: &str = r#"client: recvfrom(3, "hello\n", 6, MSG_WAITALL, NULL, NULL) = 6"#;

const STRANGERS: &[Stranger] = &[
    Stranger {
        name: "threads_of_which_the_first_ends_before_the_others",
        server: "processes threads",
        client: "client",
        steps: &[
            "server's thread 2: accept(3) waits",
            ANSWER,
            "server's thread 2: exit_group(3)",
            "server's thread: exit_group(3)",
            "server: exit(3)",
        ],
    },
    Stranger {
        name: "a_thread_that_becomes_another_program",
        server: "processes exec_of_a_thread",
        client: "client",
        steps: &["server: exit_group(0), prints another", "client: exit_group(1)"],
    },
    Stranger {
        name: "a_child_that_becomes_another_program",
        server: "processes child_that_becomes_another",
        client: "client silent",
        steps: &[
            "server: wait4(-1) waits",
            "server's child: dup2(4, 1) = 1",
            r#"server's child: execve("/bin/echo", ["echo", "another"]"#,
            r#"server's child: write(1, "another\n", 8) = 8"#,
            "server's child: exit_group(0)",
        ],
    },
    Stranger {
        name: "signals_without_a_name",
        server: "processes nameless_signals",
        client: "client",
        steps: &["server: rt_sigaction(SIGRT_3", "server: accept(3) waits", ANSWER],
    },
    Stranger {
        name: "one_that_runs_shells_before_it_has_a_socket",
        server: "processes shell",
        client: "client",
        steps: &["server: accept(3) waits, prints from a pipe", ANSWER],
    },
    Stranger {
        name: "a_thread_that_crashes",
        server: "processes crashing_thread",
        client: "client",
        steps: &["server's thread 2: killed(SIGSEGV)", "server: killed(SIGSEGV)"],
    },
    Stranger {
        name: "one_that_crashes",
        server: "processes crashes",
        client: "client",
        steps: &["server: killed(SIGABRT), prints so far", "client: exit_group(0)"],
    },
    Stranger {
        name: "one_that_is_stopped_stands_still_until_it_may_go_on",
        server: "processes stops",
        client: "client silent",
        steps: &[
            "server: wait4(pid) waits",
            "server's child: stopped(SIGSTOP) waits",
            "server: wait4(pid, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], WSTOPPED, NULL) = pid",
            "server: kill(pid, SIGCONT) = 0",
            r#"server's child: write(4, "went on\n", 8) = 8"#,
        ],
    },
    Stranger {
        name: "one_that_goes_into_the_background_by_another_name",
        server: "processes background",
        client: "client",
        steps: &["server: exit_group(0)", "server's child: exit_group(0)", ANSWER],
    },
    Stranger {
        name: "one_that_waits_with_a_time_limit_again_and_again",
        server: "waits time_limit",
        client: "client",
        steps: &[
            ANSWER,
            "client: exit_group(0)",
            "server: poll([{fd=3, events=POLLIN}, {fd=-1}], 2, 50) = 0 (Timeout)",
            "server: poll([{fd=3, events=POLLIN}, {fd=-1}], 2, 50) = 0 (Timeout)",
            "server: poll([{fd=3, events=POLLIN}, {fd=-1}], 2, 50) waits",
        ],
    },
    Stranger {
        name: "one_that_asks_again_and_again_lets_others_go_first",
        server: "waits asks_again_and_again",
        client: "client",
        steps: &[
            "server: accept(3, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)",
            "client: read(0) waits",
            "server: accept(3, NULL, NULL) = 4",
            ANSWER,
        ],
    },
    Stranger {
        name: "one_that_asks_and_sleeps",
        server: "waits asks_and_sleeps",
        client: "client",
        steps: &["server: accept(3, NULL, NULL) = 4", ANSWER],
    },
    Stranger {
        name: "one_that_only_sleeps",
        server: "waits only_sleeps",
        client: "client",
        steps: &["server: clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=1000000}, NULL) = 0"],
    },
    Stranger {
        name: "a_sleep_that_a_signal_interrupts_is_one_sleep",
        server: "waits interrupted_sleep",
        client: "client silent",
        steps: &[
            "server: clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=300000000}) waits",
            "server's child: exit_group(0)",
            "server: clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=300000000}, NULL) = 0",
            r#"server: write(4, "slept\n", 6) = 6"#,
        ],
    },
    Stranger {
        name: "a_timer_that_is_read",
        server: "waits timer",
        client: "client",
        steps: &[r#"server: read(4, "\1\0\0\0\0\0\0\0", 8) = 8"#, ANSWER],
    },
    Stranger {
        name: "a_time_limit_of_a_socket",
        server: "waits time_limit_of_a_socket",
        client: "client",
        steps: &[
            "server: recvfrom(4) waits",
            r#"server: recvfrom(4, "hello\n", 10, MSG_WAITALL, NULL, NULL) = 6"#,
            ANSWER,
        ],
    },
    Stranger {
        name: "an_alarm_goes_off_once",
        server: "waits alarm_clock",
        client: "client silent",
        steps: &[
            "server: ppoll([{fd=4, events=POLLIN}], 1, NULL, [], 8) waits",
            "server: ppoll([{fd=4, events=POLLIN}], 1, NULL, [], 8) waits, prints ppoll: Interrupted system call",
        ],
    },
    Stranger {
        name: "a_connection_instead_of_the_terminal",
        server: "descriptors instead_of_the_terminal",
        client: "client",
        steps: &[r#"server: write(1, "hello\n", 6) = 6"#, ANSWER],
    },
    Stranger {
        name: "sockets_of_families_that_have_no_answers",
        server: "descriptors other_families",
        client: "client",
        steps: &["server: socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)", ANSWER],
    },
];

fn is_recorded(stranger: &Stranger) {
    let play = || recorded(Some(stranger.server), Some(stranger.client), &["hello"]).unwrap();
    let recording = play();
    let lines: Vec<String> = recording.steps.iter().map(|step| line(&recording, step)).collect();
    let mut rest = lines.iter();
    for step in stranger.steps {
        assert!(rest.any(|line| line.starts_with(step)), "{step} does not come in\n{}", shown(&lines));
    }
    assert_eq!(check::check(&recording), [""; 0], "{}", shown(&lines));
    // Those in waits.c wait for a time: what comes before it is over, the machine says. And while a thread becomes another program,
    // the kernel ends the others by itself: with which of them a step still finds the descriptors, nobody can hold.
    if !stranger.server.starts_with("waits") && !stranger.server.ends_with("exec_of_a_thread") {
        let (one, other) = (recording.normal().unwrap(), play().normal().unwrap());
        assert_eq!(normal::difference(&one, &other).1, None, "the second time");
    }
    assert_eq!(left(), [""; 0]);
}

fn shown(lines: &[String]) -> String {
    lines.iter().map(|line| line.chars().take(150).collect::<String>() + "\n").collect()
}

/// `server: accept(3) waits, prints …`
fn line(recording: &Recording, step: &Step) -> String {
    let mut text = step.text();
    if ["wait4", "kill"].contains(&step.call.as_str()) {
        let pid = |word: &str| word.chars().all(|c| c.is_ascii_digit()) && word.len() > 1;
        text = text.split_inclusive(|c: char| !c.is_ascii_digit()).fold(String::new(), |text, part| {
            let number = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            text + &if pid(number) { part.replace(number, "pid") } else { part.into() }
        });
    }
    let waits = if step.waits() { " waits" } else { "" };
    let prints = if step.printed.is_empty() { String::new() } else { format!(", prints {}", step.printed) };
    format!("{}: {text}{waits}{prints}", recording.processes[step.process].name)
}

fn writes() {
    let recording =
        recorded(Some("descriptors writes_until_it_waits"), Some("client deaf"), &["hello"]).unwrap();
    let writes: Vec<&Step> = recording.steps.iter().filter(|step| step.call == "write").collect();
    let [first @ .., waits, returns] = &writes[..] else { panic!("{writes:?}") };
    assert!(
        first.len() > 1 && first.iter().all(|step| !step.blocked && step.result.as_deref() == Some("10000"))
    );
    assert!(waits.waits() && returns.blocked); // the client has ended
    // poll(2) speaks of room only below two thirds of the buffer, which is twice what setsockopt says: socket(7).
    let queue = waits.state.sockets.iter().map(|socket| socket.send_queue).max();
    assert!(queue > Some(150_000), "{queue:?}");
    assert_eq!(check::check(&recording), [""; 0]);
}

fn works_for_ever() {
    refused(
        "waits works",
        "server has worked for 3 seconds without a call that can be shown: it is in a loop",
    );
}

fn calls_for_ever() {
    refused("waits calls", "server makes call after call, and none that can be shown: it is in a loop");
    refused("waits prints", "server prints and prints: it is in a loop");
}

fn more_and_more() {
    refused("processes more_and_more", "server makes more than 64 processes and threads");
}

fn untraced() {
    refused("processes untraced", "server makes a process that nobody may follow: CLONE_UNTRACED");
}

fn at_once() {
    let recording = recorded(None, Some("at_once"), &[]).unwrap();
    let waits: Vec<_> = recording.steps.iter().filter(|step| step.blocked).map(Step::text).collect();
    assert_eq!(waits, [""; 0]);
    let printed: String = recording.steps.iter().map(|step| step.printed.as_str()).collect();
    assert_eq!(
        printed,
        "accept: Socket operation on non-socket\nrecv: Socket operation on non-socket\n0 0\n\
         read: Bad file descriptor\nrecv: Invalid argument\nrecv: Resource temporarily unavailable\n\
         poll: Invalid argument\nnanosleep: Invalid argument\n"
    );
    assert_eq!(check::check(&recording), [""; 0]);
}

fn foreign() {
    if cfg!(target_arch = "x86_64") {
        refused("descriptors foreign", "server is a program for another processor");
    }
}

fn not_there() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let script = script.to_str().unwrap();
    refused("/no/such/program", "/no/such/program: No such file or directory");
    refused("no_such_program", "there is no scene and no program no_such_program");
    refused(script, &format!("{script}: Permission denied"));
    fs::set_permissions(script, Permissions::from_mode(0o755)).unwrap();
    refused(script, &format!("{script}: No such file or directory"));
    refused("/", "/: Permission denied");
}

/// The server is refused so, and nothing of it stays.
fn refused(server: &str, word: &str) {
    let error = recorded(Some(server), Some("client"), &["hello"]).unwrap_err().to_string();
    assert!(error.starts_with(word), "{error}");
    assert_eq!(left(), [""; 0]);
}

fn no_debug_information() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("processes");
    compile(&source("processes"), &plain, &["-O2", "-s"]);
    let recording =
        recorded(Some(&format!("{} threads", plain.display())), Some("client"), &["hello"]).unwrap();
    assert!(recording.steps.iter().any(|step| line(&recording, step).starts_with(ANSWER)));
    let server: Vec<&Step> = recording
        .steps
        .iter()
        .filter(|step| recording.processes[step.process].name.starts_with("server"))
        .collect();
    assert!(server.iter().any(|step| step.call == "accept" && step.result.as_deref() == Some("4")));
    assert!(server.iter().all(|step| step.source.is_none()));
}

fn hangul() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("에코 서버");
    fs::copy(program("processes"), &path).unwrap();
    let recording =
        recorded(Some(&format!("'{}' background", path.display())), Some("client"), &["안녕"]).unwrap();
    assert_eq!(recording.processes[0].program, "에코 서버 background");
    assert!(recording.steps.iter().any(|step| step.printed == "안녕\n"));
}

/// Two programs have a main.c each: each step has its line in its own.
fn two_files() {
    let folder = tempfile::tempdir().unwrap();
    let parts = ["processes", "client"].map(|name| {
        let part = folder.path().join(name);
        fs::create_dir(&part).unwrap();
        fs::copy(source("net.h").with_file_name("net.h"), part.join("net.h")).unwrap();
        fs::copy(source(name), part.join("main.c")).unwrap();
        compile(&part.join("main.c"), &part.join("main"), &["-g"]);
        part.join("main").display().to_string()
    });
    let recording = recorded(Some(&format!("{} background", parts[0])), Some(&parts[1]), &["hello"]).unwrap();
    for (call, name) in [("accept", "server"), ("connect", "client")] {
        let step = recording.steps.iter().find(|step| step.call == call).unwrap();
        assert!(recording.processes[step.process].name.starts_with(name));
        let source = step.source.as_ref().unwrap();
        let text = recording.files[&source.file].lines().nth(source.line - 1).unwrap();
        assert!(text.contains(&format!("{call}(")), "{}: {text}", source.file);
    }
}

fn typed_lines() {
    let recording = recorded(Some("processes background"), Some("client"), &["one", "two"]).unwrap();
    let read: Vec<&str> = recording
        .steps
        .iter()
        .filter(|step| step.call == "read" && step.args[0] == "0")
        .filter(|step| step.result.is_some())
        .map(|step| step.args[1].as_str())
        .collect();
    assert_eq!(read, [r#""one\n""#, r#""two\n""#, r#""""#]);
}

fn long_line() {
    let line = "x".repeat(70_000);
    let recording = recorded(Some("processes background"), Some("client"), &[&line]).unwrap();
    let printed: String = recording.steps.iter().map(|step| step.printed.as_str()).collect();
    assert!(printed == line + "\n", "{} bytes", printed.len());
}

fn nobody_reads() {
    let recording = recorded(None, Some("client"), &["one", "two"]).unwrap();
    assert_eq!(
        line(&recording, recording.steps.last().unwrap()),
        "client: exit_group(1), prints connect: Connection refused\n"
    );
}

/// A shell starts it, which asks at first who root is.
fn python() {
    let script = source("threads").with_extension("py");
    let server = format!("bash -c 'echo ~root; exec python3 {}'", script.display());
    let recording = recorded(Some(&server), Some("client"), &["hello"]).unwrap();
    let lines: Vec<String> = recording.steps.iter().map(|step| line(&recording, step)).collect();
    assert!(
        lines[0].starts_with("server: socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3"),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line == r#"server's thread: sendto(4, "hello\n", 6, 0, NULL, 0) = 6"#),
        "{lines:#?}"
    );
    assert_eq!(check::check(&recording), [""; 0]);
}

/// Records two programs, or one: a name is one of `tests/strangers`.
fn recorded(server: Option<&str>, client: Option<&str>, typed: &[&str]) -> io::Result<Recording> {
    let workspace = Workspace::here()?;
    let words = |line: &str| {
        let mut words = shell_words::split(line).unwrap();
        if PROGRAMS.contains(&words[0].as_str()) {
            words[0] = program(&words[0]).display().to_string();
        }
        words
    };
    let (server, client) = (server.map(words), client.map(words));
    let typed: Vec<String> = typed.iter().map(ToString::to_string).collect();
    scenes::record_own(&workspace, server.as_deref(), client.as_deref(), &typed, Language::C)
}

/// What is in `tests/strangers`.
const PROGRAMS: [&str; 5] = ["client", "processes", "waits", "descriptors", "at_once"];

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strangers").join(name).with_extension("c")
}

/// The executable of one of `tests/strangers`; all are compiled the first time.
fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<TempDir> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for name in PROGRAMS {
            compile(&source(name), &folder.path().join(format!("strange_{name}")), &["-O0", "-g"]);
        }
        folder
    });
    built.path().join(format!("strange_{name}"))
}

fn compile(source: &Path, program: &Path, options: &[&str]) {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut cc = Command::new(compiler);
    cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread"]).args(options);
    assert!(cc.arg("-o").arg(program).arg(source).status().unwrap().success());
}

/// The processes that this thread still traces.
fn left() -> Vec<String> {
    let line_of_ours = format!("TracerPid:\t{}", nix::unistd::gettid());
    let traced = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line == line_of_ours)
    };
    processes().filter(traced).map(|pid| pid.to_string()).collect()
}

fn processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The processes that run an executable of this folder, traced or not.
fn running(folder: &Path) -> Vec<i32> {
    let of = |pid: &i32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.starts_with(folder));
    processes().filter(of).collect()
}

fn nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("server");
    fs::copy(program("processes"), &server).unwrap();
    for way in ["background", "threads", "stops", "more_and_more"] {
        let _ = recorded(Some(&format!("{} {way}", server.display())), Some("client"), &["hello"]);
        assert_eq!(running(folder.path()), [0; 0], "{way}");
    }
}

fn nothing_stays_when_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("server");
    fs::copy(program("waits"), &server).unwrap();
    let mut stepper = Command::new(env!("CARGO_BIN_EXE_stepper"));
    stepper.args(["record", "--server", &format!("{} works", server.display())]);
    let stepper = Running::start(&mut stepper).unwrap();
    until("the server runs", || Ok((!running(folder.path()).is_empty()).then_some(()))).unwrap();
    let all = labkit::doings::descendants(stepper.pid());
    assert!(all.len() > 1, "{all:?}: the server, and who holds its network");
    stepper.signal(Signal::SIGKILL).unwrap();
    stepper.finish().unwrap();
    // Who was an init's child may be a zombie for as long as that one likes.
    let lives =
        |pid: &i32| labkit::doings::status(*pid, *pid).is_some_and(|status| !status.state.starts_with('Z'));
    until("all have ended", || Ok((!all.iter().any(lives)).then_some(()))).unwrap();
}

fn nothing_stays_when_killed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("server");
    fs::copy(program("waits"), &server).unwrap();
    // Its own first call of ptrace is about a server that stands before its first instruction.
    let mut stepper = Command::new("strace");
    stepper.args(["-e", "trace=ptrace", "-e", "inject=ptrace:signal=SIGKILL:when=1"]);
    stepper.args([
        env!("CARGO_BIN_EXE_stepper"),
        "record",
        "--server",
        &format!("{} works", server.display()),
    ]);
    let output = Running::start(&mut stepper).unwrap().finish().unwrap();
    let calls = output.stderr_text();
    assert!(calls.contains("PTRACE_SETOPTIONS") && output.signal == Some(Signal::SIGKILL as i32), "{calls}");
    until("the server's end", || Ok(running(folder.path()).is_empty().then_some(()))).unwrap();
}
