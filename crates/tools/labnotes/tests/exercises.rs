//! The exercises of the book: what their answers and hints say is what happens. The programs are changed as an exercise
//! asks for and run in the practice network. What its page shows as an answer is in `exercises/`: a program (`.c`), or what
//! changes in one of the book's (`.diff`).
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use grade::judge::{Options, dispatch, grade};
use grade::report::Status;
use grade::submission::{Kind, kit};
use jail::{Allowed, best_tier};
use labkit::{PATIENCE, Running, Workspace, missing_program, root, run_waiting_trials, trial};
use labnotes::book::Notes;
use labnotes::pages::Piece;
use labs::words::Lang;
use stepper::scenes::{self, Language};
use stepper::wire::crossings;
use tempfile::TempDir;

macro_rules! named {
    ($($test:ident),+ $(,)?) => { &[$((stringify!($test), $test)),+] };
}

/// By page and number. Those that wait for seconds come first.
const TRIED: &[(&str, fn())] = named! {
    daytimeserv_3, udp_echoserv_2, mydaytime_3, connected_udp_1, connected_udp_2, udp_echocli_1, udp_echocli_3, datagrams_2,
    sockets_1, sockets_2,
    ports_1, ports_2, ports_3,
    addresses_1, addresses_2, addresses_3, addresses_4,
    procedure_1, procedure_2, procedure_3,
    tcp_client_1, tcp_client_2,
    environment_1, environment_2,
    c_to_rust_1, c_to_rust_2,
    open_socket_1, open_socket_2, open_socket_3,
    getdtablesize_1, getdtablesize_2, getdtablesize_3,
    byte_order_1, byte_order_2,
    ascii_ip_1, ascii_ip_2, ascii_ip_3, ascii_ip_4,
    get_hostent_1, get_hostent_2, get_hostent_3,
    get_host_byaddr_1, get_host_byaddr_2, get_host_byaddr_3,
    mydaytime_1, mydaytime_2, mydaytime_4,
    tcp_echocli_1, tcp_echocli_2, tcp_echocli_3, tcp_echocli_4,
    port_number_1, port_number_2, port_number_3,
    tcp_echoserv_1, tcp_echoserv_2, tcp_echoserv_3,
    daytimeserv_1, daytimeserv_2, daytimeserv_4,
    connection_1, connection_2, connection_3,
    udp_echocli_2,
    udp_echoserv_1, udp_echoserv_3,
    connected_udp_3,
    datagrams_1,
};

fn main() -> ExitCode {
    // This program is the grader's judge as well.
    if let Some(code) = dispatch() {
        return code.into();
    }
    let missing = common::missing_lab().or_else(|| missing_program("git"));
    let own = |name| match name {
        "daytimeserv_1" => missing_program("script"),
        "mydaytime_4" => missing_program("python3"),
        _ => None,
    };
    let tried = TRIED.iter().map(|(name, test)| trial(name, missing.clone().or_else(|| own(*name)), *test));
    let mut trials: Vec<_> = tried.collect();
    trials.push(trial("every_exercise_is_tried", None, every_exercise));
    trials.push(trial("every_exercise_has_an_answer", None, every_answer));
    trials.push(trial("starters_compile_as_their_page_says", missing, starters));
    run_waiting_trials(trials)
}

fn every_exercise() {
    let notes = Notes::read(&root().canonicalize().unwrap()).unwrap();
    let mut exercises = BTreeSet::new();
    for page in &notes.pages[0] {
        let ids = page.headings().into_iter().filter_map(|heading| heading.id);
        let numbers = ids.filter_map(|id| Some(id.strip_prefix("exercise-")?.to_string()));
        exercises.extend(numbers.map(|number| format!("{}_{number}", page.name)));
    }
    let tried: BTreeSet<String> = TRIED.iter().map(|(name, _)| (*name).to_string()).collect();
    let only_in_one: Vec<_> = tried.symmetric_difference(&exercises).collect();
    assert!(only_in_one.is_empty(), "not tried, or not in the book: {only_in_one:?}");
}

/// Folded on its page, in both languages; and each answer of `exercises/` stands on a page.
fn every_answer() {
    let notes = Notes::read(&root().canonicalize().unwrap()).unwrap();
    let mut without = Vec::new();
    for (pages, answer) in notes.pages.iter().zip(["답", "Answer"]) {
        for page in pages {
            for exercise in page.text.split("\n### ").filter(|section| section.contains("{#exercise-")) {
                if !exercise.contains(&format!("<summary>{answer}</summary>")) {
                    without.push(format!("{}: {}", page.file(), exercise.lines().next().unwrap()));
                }
            }
        }
        for file in fs::read_dir(root().join("crates/tools/labnotes/tests/exercises")).unwrap() {
            let path = file.unwrap().path();
            let shown = format!("{{{{#answer {}}}}}", path.file_stem().unwrap().display());
            let is_diff = path.extension().is_some_and(|extension| extension == "diff");
            if is_diff && !pages.iter().any(|page| page.text.contains(&shown)) {
                without.push(format!("no page has {shown}"));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

/// The commands of the page on exercises that begin a lab, as they stand there.
fn starters() {
    let root = root().canonicalize().unwrap();
    let notes = Notes::read(&root).unwrap();
    let page = notes.pages[0].iter().find(|page| page.name == "exercises").unwrap();
    let commands = page.pieces().unwrap().into_iter().filter_map(|piece| match piece {
        Piece::Fence { lines, .. } if lines[0].starts_with("scripts/new-lab ") => Some(lines.join("\n")),
        _ => None,
    });
    let commands: Vec<String> = commands.collect();
    assert_eq!(commands.len(), 2, "one in C and one in Rust");
    let bench = book();
    symlink(root.join("scripts"), bench.folder().join("scripts")).unwrap();
    let script = format!(
        "unset CARGO_TARGET_DIR
        {}
        ./my_mydaytime/mydaytime 211.221.225.175 2>&1 || echo $?
        ./my_echoserv/target/debug/tcp_echoserv 7 2>&1 || echo $?",
        commands.join("\n").replace("cargo build", "cargo build --quiet --offline")
    );
    let printed = String::from_utf8(bench.prints(&script)).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(matches!(lines[..], [.., says, "1", also, "1"] if !says.is_empty() && says == also), "{printed}");
}

// ---- The bench: changed programs, and a practice network to run them in ----

/// A folder in which `./NAME` is a program. The book's own are on PATH.
struct Bench(TempDir);

/// What stands in a file, exactly once, and what stands there instead.
type Edits<'a> = &'a [[&'a str; 2]];

/// Only the book's own programs.
fn book() -> Bench {
    let bench = Bench(tempfile::tempdir().unwrap());
    fs::create_dir_all(bench.folder()).unwrap();
    fs::create_dir(bench.0.path().join("crates")).unwrap();
    let sockcommon = root().canonicalize().unwrap().join("crates/sockcommon");
    symlink(sockcommon, bench.0.path().join("crates/sockcommon")).unwrap();
    bench
}

/// A program of the book's as an answer changes it, `exercises/NAME.diff`: its name, and its text.
fn answer(name: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = root().canonicalize().unwrap();
    let diff = root.join(format!("crates/tools/labnotes/tests/exercises/{name}.diff"));
    let first = fs::read_to_string(&diff).unwrap();
    let file = first.lines().next().unwrap().strip_prefix("--- a/").unwrap();
    let copy = folder.path().join(file);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(root.join(file), &copy).unwrap();
    // As a student would.
    let git = Command::new("git").arg("apply").arg(&diff).current_dir(&folder).output().unwrap();
    assert!(git.status.success(), "{name}: {}", String::from_utf8_lossy(&git.stderr));
    let program = copy.file_stem().unwrap().to_string_lossy().into_owned();
    (program, fs::read_to_string(copy).unwrap())
}

/// A program of the book's, changed as an exercise's answer says.
fn answered(name: &str) -> Bench {
    book().answered(name)
}

/// A program of the book's from its C file, with edits.
fn changed(program: &str, edits: Edits) -> Bench {
    book().changed(program, edits)
}

/// One that an exercise has written, from `exercises/`.
fn written(name: &str) -> Bench {
    book().compiled(name, &edited(&format!("tools/labnotes/tests/exercises/{name}.c"), &[]))
}

fn edited(file: &str, edits: Edits) -> String {
    let mut text = fs::read_to_string(root().join("crates").join(file)).unwrap();
    for [what, instead] in edits {
        assert_eq!(text.matches(what).count(), 1, "{what:?} in {file}");
        text = text.replace(what, instead);
    }
    text
}

impl Bench {
    fn folder(&self) -> PathBuf {
        self.0.path().join("c")
    }

    fn changed(self, program: &str, edits: Edits) -> Self {
        let text = edited(&format!("{program}/{program}.c"), edits);
        self.compiled(program, &text)
    }

    fn answered(self, name: &str) -> Self {
        let (program, text) = answer(name);
        self.compiled(&program, &text)
    }

    /// The compiler has to have nothing to say.
    fn compiled(self, name: &str, text: &str) -> Self {
        let file = self.0.path().join(format!("crates/{name}/{name}.c"));
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let workspace = Workspace { root: self.0.path().into(), target: self.0.path().into() };
        workspace.c(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        self
    }

    /// What commands print, in a practice network with its servers. `listens t PORT` waits for a TCP server, `listens u PORT` for one of
    /// UDP; `ends [FILTER]` shows both addresses of the connections. `look` is the pace of looking: it leaves the processor
    /// to what is looked at.
    fn prints(&self, commands: &str) -> Vec<u8> {
        let script = r#"
            look() { sleep 0.02; }
            listens() { until ss -Hln"$1" "sport = :$2" | grep -q .; do look; done; }
            ends() { ss -Htn state established "$@" | awk '{ print $3, $4 }' | sort; }
            "#;
        let mut lab = Command::new(root().canonicalize().unwrap().join("scripts/lab"));
        lab.args(["sh", "-ec", &format!("{script}{commands}")]).current_dir(self.folder());
        // The network of `missing_lab` has built the programs, and whoever comes by sudo does not.
        lab.env("CARGO_TARGET_DIR", Workspace::here().unwrap().target).env("SUDO_USER", "nobody");
        let output = Running::start(&mut lab).unwrap().finish_within(PATIENCE);
        let output = output.unwrap_or_else(|error| panic!("{commands}\n{error}"));
        let (stdout, stderr) = (output.stdout_text(), output.stderr_text());
        assert_eq!(output.code, Some(0), "{commands}\n{stdout}\n{stderr}");
        output.stdout
    }

    #[track_caller]
    fn shows(&self, commands: &str, expected: &str) {
        let printed = self.prints(commands);
        assert_eq!(String::from_utf8_lossy(&printed), expected, "{commands}");
    }
}

/// Compiles a program's Rust file with edits to `to`. Gives whether that succeeds, and what the compiler says.
fn rustc(program: &str, edits: Edits, to: &Path) -> (bool, String) {
    let main = to.with_extension("rs");
    fs::write(&main, edited(&format!("{program}/src/main.rs"), edits)).unwrap();
    // What single Rust files are graded with.
    let libraries = Workspace::here().unwrap().target.join("kit/observed");
    let externs = kit(&Kind::Rust(String::new())).unwrap().externs;
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--color=never", "-o"]).args([to, &main]);
    rustc.arg("-L").arg(format!("dependency={}", libraries.join("deps").display()));
    for library in externs {
        rustc.arg("--extern").arg(library.replace("/opt/kit", &libraries.display().to_string()));
    }
    let output = rustc.output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// The checks of its lab that a changed program fails.
fn fails(program: &str, edits: Edits) -> Vec<String> {
    text_fails(program, &edited(&format!("{program}/{program}.c"), edits))
}

fn text_fails(program: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{program}.c"));
    fs::write(&file, text).unwrap();
    let options = Options { seed: 1, tier: best_tier(), lang: Lang::En, allowed: Allowed::USUAL, only: None };
    let report = grade(labs::find(program).unwrap(), &file, &options);
    assert_eq!(report.error, "");
    let failed = report.checks.into_iter().filter(|check| check.status != Status::Passed);
    failed.map(|check| check.id).collect()
}

const BIND: &str = r#"    if (bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("bind fail");
"#;

// ---- Foundations ----

fn sockets_1() {
    // The server's ends, and those of the client the other way round.
    let script = r"mkfifo keys && exec 3<>keys
        tcp_echocli 127.0.0.1 <keys >/dev/null &
        until [ $(ends | wc -l) = 2 ]; do look; done
        ends 'sport = :7' | awk '{ print $1, $2 }' >server
        ends 'dport = :7' | awk '{ print $2, $1 }' | cmp - server
        ends | wc -l";
    book().shows(script, "2\n");
}

fn sockets_2() {
    let script = r"mkfifo keys && exec 3<>keys
        for client in 1 2; do tcp_echocli 127.0.0.1 <keys >/dev/null & done
        until [ $(ends | wc -l) = 4 ]; do look; done
        for field in 1 2 3 4; do ends 'sport = :7' | tr ' ' : | cut -d: -f$field | sort -u | wc -l; done";
    book().shows(script, "1\n1\n1\n2\n");
}

fn ports_1() {
    let script = r"getent services domain/tcp domain/udp 443/tcp | awk '{ print $1, $2 }'";
    book().shows(script, "domain 53/tcp\ndomain 53/udp\nhttps 443/tcp\n");
}

fn ports_2() {
    let script = r"tcp_echoserv 5000 & listens t 5000
        for server in tcp_echoserv daytimeserv; do $server 5000 2>&1 | head -n1; done
        udp_echoserv 5000 & listens u 5000";
    let in_use = "bind fail: Address already in use\n";
    book().shows(script, &[in_use, in_use].concat());
}

fn ports_3() {
    let script = r"without='setpriv --bounding-set=-net_bind_service'
        $without tcp_echoserv 1023 2>&1 | head -n1
        $without tcp_echoserv 1024 & listens t 1024
        cat /proc/sys/net/ipv4/ip_unprivileged_port_start";
    book().shows(script, "bind fail: Permission denied\n1024\n");
}

fn addresses_1() {
    written("addresses_3")
        .shows("./addresses_3 127.0.0.1 7", "02 00 00 07 7F 00 00 01 00 00 00 00 00 00 00 00\n");
    changed(
        "tcp_echoserv",
        &[["htons(port_or_well_known(args.port, 7))", "port_or_well_known(args.port, 7)"]],
    )
    .shows("./tcp_echoserv 7 & listens t 1792", "");
}

fn addresses_2() {
    written("addresses_3").shows("./addresses_3 192.0.2.10 8080 | cut -c1-23", "02 00 1F 90 C0 00 02 0A\n");
}

fn addresses_3() {
    // Other numbers, which say of each byte where it stands: 258 is 01 02 in network byte order.
    written("addresses_3")
        .shows("./addresses_3 1.2.3.4 258 | cut -c7-", "01 02 01 02 03 04 00 00 00 00 00 00 00 00\n");
}

fn addresses_4() {
    let seen = |size, script, shows| {
        changed("tcp_echoserv", &[[BIND, &BIND.replace("sizeof(servaddr)", size)]]).shows(script, shows);
    };
    seen("15", "./tcp_echoserv 5000 2>&1 || echo $?", "bind fail: Invalid argument\n1\n");
    seen("17", "./tcp_echoserv 5000 & listens t 5000", "");
}

fn procedure_1() {
    let script = r"strace -qq -o calls -e trace=socket,bind,listen,accept,accept4 tcp_echoserv 5000 & listens t 5000
        for client in 1 2; do echo | tcp_echocli 127.0.0.1 5000 >/dev/null; done
        until [ $(grep -c ^accept calls) = 3 ]; do look; done
        cut -d'(' -f1 calls";
    book().shows(script, "socket\nbind\nlisten\naccept\naccept\naccept\n");
}

/// A server at a port that nobody knows.
const UNKNOWN: &str = r#"./tcp_echoserv 5000 2>says &
    until [ -s says ]; do look; done
    cat says
    port=$(ss -Hltn 'sport ge :1024 and sport != :5000' | awk '{ sub(/.*:/, q, $4); print $4 }')
    echo abcdefg | tcp_echocli 127.0.0.1 "$port""#;

fn procedure_2() {
    changed("tcp_echoserv", &[[BIND, ""]])
        .shows(UNKNOWN, "0.0.0.0:5000에서 연결을 기다립니다.\n입력 : 수신 : abcdefg\n");
}

fn procedure_3() {
    let listen = "    if (listen(listen_sock, 5) < 0)\n        fail(\"listen fail\");\n";
    let script = r"./tcp_echoserv 5000 2>says &
        until [ $(grep -c ^accept says) -ge 2 ]; do look; done
        sed -n 2,3p says
        tcp_echocli 127.0.0.1 5000 2>&1 | head -n1";
    let accept = "accept fail: Invalid argument\n";
    changed("tcp_echoserv", &[[listen, ""]])
        .shows(script, &[accept, accept, "connect fail: Connection refused\n"].concat());
}

fn tcp_client_1() {
    let script = r#"mkfifo keys && exec 3<>keys
        tcp_echocli 127.0.0.1 <keys >/dev/null &
        until [ $(ends | wc -l) = 2 ]; do look; done
        port=$(ends 'dport = :7' | sed 's/127.0.0.1:\([0-9]*\) .*/\1/')
        ends | sed "s/:$port/:PORT/" | sort"#;
    book().shows(script, "127.0.0.1:7 127.0.0.1:PORT\n127.0.0.1:PORT 127.0.0.1:7\n");
}

fn tcp_client_2() {
    // Both ends have bytes that they have received, and bytes that they could not send; nothing moves any more.
    let script = r#"./tcp_client_2 127.0.0.1 7 >sent &
        full() { ss -Htn state established | awk '$1 && $2 { n++ } END { exit n != 2 }'; }
        until full && was=$(ss -Htn; cat sent) && [ "$was" = "$(ss -Htn; cat sent)" ]; do look; done
        ss -Htn | wc -l"#;
    written("tcp_client_2").shows(script, "2\n");
}

fn environment_1() {
    for (header, call) in [
        ("sys/socket.h", "getsockname(0, 0, 0)"),
        ("sys/socket.h", "setsockopt(0, 0, 0, 0, 0)"),
        ("poll.h", "poll(0, 0, 0)"),
    ] {
        let program = |header| format!("#include <{header}>\nint main(void) {{ return {call}; }}");
        let bench = book().compiled("with", &program(header));
        let without = std::panic::catch_unwind(|| bench.compiled("without", &program("stddef.h")));
        let said = *without.err().unwrap().downcast::<String>().unwrap();
        assert!(said.contains("implicit"), "{said}");
    }
}

fn environment_2() {
    let script = r"for before in '' 'setpriv --bounding-set=-net_bind_service'; do
            $before strace -qq -e trace=bind -o calls tcp_echoserv 7 2>&1 | head -n1
            grep -o '= -1 [A-Z]*' calls
        done";
    book().shows(
        script,
        "bind fail: Address already in use\n= -1 EADDRINUSE\nbind fail: Permission denied\n= -1 EACCES\n",
    );
}

fn c_to_rust_1() {
    let end = "        fail(\"close fail\");\n    return flush_stdout();";
    let late =
        "        fail(\"close fail\");\n    if (write(s, \"late\", 4) < 0)\n        fail(\"write fail\");";
    changed("tcp_echocli", &[[end, late]])
        .shows("echo | ./tcp_echocli 127.0.0.1 2>&1 >/dev/null || :", "write fail: Bad file descriptor\n");
    let another = late.replace("    if", "    open(\"another\", O_WRONLY | O_CREAT, 0600);\n    if");
    changed("tcp_echocli", &[[end, &another]])
        .shows("echo | ./tcp_echocli 127.0.0.1 >/dev/null; cat another", "late");

    let end = "close(s).or_fail(\"close fail\")?;";
    let late = "close(s).or_fail(\"close fail\")?;\n    writen(&s, b\"late\").or_fail(\"write fail\")?;";
    let bench = book();
    let (compiles, said) = rustc("tcp_echocli", &[[end, late]], &bench.folder().join("tcp_echocli"));
    assert!(!compiles && said.contains("borrow of moved value: `s`"), "{said}");
}

fn c_to_rust_2() {
    let unlooked = "    bind(listen_sock, (struct sockaddr *)&servaddr, sizeof(servaddr));\n";
    changed("tcp_echoserv", &[[BIND, unlooked]]).shows(
        &format!("tcp_echoserv 5000 & listens t 5000\n{UNKNOWN}"),
        "0.0.0.0:5000에서 연결을 기다립니다.\n입력 : 수신 : abcdefg\n",
    );
    let bind = "bind(listen_sock.as_raw_fd(), &SockaddrIn::from(servaddr))";
    let looked = format!("{bind}.or_fail(\"bind fail\")?;");
    let bench = book();
    let to = bench.folder().join("tcp_echoserv");
    let (compiles, said) = rustc("tcp_echoserv", &[[&looked, &format!("{bind};")]], &to);
    assert!(compiles && said.contains("warning: unused `Result` that must be used"), "{said}");

    // What a C compiler says if it is asked to look after what calls return.
    let calls = r#"#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    bind(0, 0, 0);
    listen(0, 5);
    read(0, 0, 0);
    write(0, "", 0);
}
"#;
    let file = bench.folder().join("calls.c");
    fs::write(&file, calls).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-c", "-o", "/dev/null"]).arg(&file);
    let output = cc.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    if cfg!(target_env = "gnu") {
        assert_eq!(said.matches("[-Wunused-result]").count(), 2, "{said}");
        assert!(said.contains("read(0") && said.contains("write(0") && !said.contains("bind(0"), "{said}");
    }
}

// ---- Addresses and names ----

fn open_socket_1() {
    let close = ["    // 4. socket", "    close(fd1);\n    // 4. socket"];
    changed("open_socket", &[close, ["close(fd1) < 0 || ", ""]])
        .shows("./open_socket | sed 's/.*= //'", "3\n4\n3\n5\n");
}

fn open_socket_2() {
    let seen = |protocol: &str, script, shows: &str| {
        let raw = format!("SOCK_RAW, {protocol}");
        changed("open_socket", &[["SOCK_DGRAM, 0", &raw]]).shows(script, shows);
    };
    seen("0", "./open_socket 2>&1 >/dev/null || :", "socket fail: Protocol not supported\n");
    seen(
        "IPPROTO_ICMP",
        "./open_socket >/dev/null; setpriv --bounding-set=-net_raw ./open_socket 2>&1 >/dev/null || :",
        "socket fail: Operation not permitted\n",
    );
}

fn open_socket_3() {
    answered("open_socket_3")
        .shows("./open_socket | tail -n2", "dup = 7, getsockname = 0\nafter close: getsockname = -1\n");
}

fn getdtablesize_1() {
    written("getdtablesize_1")
        .shows("ulimit -Sn 64; ./getdtablesize_1 2>&1 || :", "61\nsocket fail: Too many open files\n");
}

fn getdtablesize_2() {
    let script = r"(ulimit -Sn 64; ulimit -Hn 4096; ./getdtablesize_2 2>&1 | head -n1)
        (ulimit -n 64; ./getdtablesize_2 2>&1 | head -n1)";
    written("getdtablesize_2").shows(script, "4093\n61\n");
}

fn getdtablesize_3() {
    written("getdtablesize_3")
        .shows("./getdtablesize_3 | tail -n4", "6 closed: -1\n5 closed: -1\n4 closed: 4\n3 closed: 3\n");
}

fn byte_order_1() {
    written("byte_order_1").shows("./byte_order_1 13 8080", "3328\n36895\n");
}

fn byte_order_2() {
    written("byte_order_2").shows("./byte_order_2 && echo always", "always\n");
}

fn ascii_ip_1() {
    let script = "for ip in 1.2.3.4 10.0.0.0; do ascii_ip $ip | sed -n 's/^inet_pton.*= //p'; done";
    book().shows(script, "0x4030201\n0xA\n");
}

fn ascii_ip_2() {
    let printf = "0x%X\\n\", args.ip, inaddr.s_addr";
    changed("ascii_ip", &[[printf, "0x%X\\n\", args.ip, ntohl(inaddr.s_addr)"]])
        .shows("./ascii_ip 210.115.36.231 | sed -n 's/^inet_pton.*= //p'", "0xD27324E7\n");
}

fn ascii_ip_3() {
    let script = r"for ip in 210.115.36.231 255.255.255.255; do
            ./ascii_ip $ip 2>says | sed -n 's/^inet_ntop.*= //p'
            cat says
        done";
    changed("ascii_ip", &[["char buf[INET_ADDRSTRLEN]", "char buf[15]"]])
        .shows(script, "210.115.36.231\ninet_ntop fail: No space left on device\n");
}

fn ascii_ip_4() {
    let zeros = "00 ".repeat(15);
    written("ascii_ip_4").shows("./ascii_ip_4 ::1", &format!("{zeros}01\n::1\n"));
}

fn get_hostent_1() {
    let address = r#"        struct in_addr in;
        memcpy(&in.s_addr, hp->h_addr_list[i], sizeof(in.s_addr));
        char buf[INET_ADDRSTRLEN];
        if (inet_ntop(AF_INET, &in, buf, sizeof(buf)) == NULL)
            fail("inet_ntop fail");
"#;
    let bench = changed("get_hostent", &[[address, ""], ["i + 1, buf)", "i + 1, hp->h_addr_list[i])"]]);
    let printed = |name: &str| {
        let line = bench.prints(&format!("./get_hostent {name} | grep -a 번째 | head -n1"));
        line.strip_prefix("IP주소(1번째) : ".as_bytes()).unwrap().to_vec()
    };
    assert_eq!(printed("www.kangwon.ac.kr"), b"\xC0\n");
    // What stands behind the four bytes is nobody's business.
    assert!(printed("yahoo.co.kr").starts_with(&[211, 32, 119, 151]));
}

fn get_hostent_2() {
    written("get_hostent_2").shows(
        "./get_hostent_2 www.kangwon.ac.kr yahoo.co.kr",
        "yahoo.co.kr, yahoo.co.kr\none pointer\nwww.kangwon.ac.kr, yahoo.co.kr\n",
    );
}

fn get_hostent_3() {
    let script = r"printf '%s several\n' 192.0.2.10 127.0.0.1 >>/etc/hosts
        for name in localhost several; do echo $name | ./tcp_echocli $name 2>&1; done
        echo none | ./tcp_echocli nobody.invalid 2>&1 | cut -d: -f1
        echo none | ./tcp_echocli www.kangwon.ac.kr 2>/dev/null || echo $?";
    answered("get_hostent_3").shows(
        script,
        "입력 : 수신 : localhost\n192.0.2.10:7: Network is unreachable\n입력 : 수신 : several\n\
         gethostbyname fail\n1\n",
    );
}

fn get_host_byaddr_1() {
    changed("get_host_byaddr", &[["(char *)&in.s_addr", "args.ip"]])
        .shows("echo 49.50.55.46 seen >>/etc/hosts; ./get_host_byaddr 127.0.0.1", "호스트 이름 : seen\n");
}

fn get_host_byaddr_2() {
    answered("get_host_byaddr_2").shows(
        "./get_host_byaddr 192.0.2.10",
        "호스트 이름 : www.kangwon.ac.kr\n호스트 별명(1 번째) : kangwon\n",
    );
}

fn get_host_byaddr_3() {
    // The name of 192.0.2.99 has another address, the only one that is looked at.
    let script = r"printf 'multi off\n' >/etc/host.conf
        printf '%s liar\n' 192.0.2.1 192.0.2.99 >>/etc/hosts
        get_host_byaddr 192.0.2.99
        ./get_host_byaddr 211.32.119.151
        ./get_host_byaddr 192.0.2.99 2>&1 || echo $?";
    answered("get_host_byaddr_3").shows(
        script,
        "호스트 이름 : liar\n호스트 이름 : yahoo.co.kr\n이름과 주소가 서로 맞지 않습니다: liar\n1\n",
    );
}

// ---- TCP ----

fn mydaytime_1() {
    let script = r"strace -qq -e trace=read -o calls ./mydaytime 211.221.225.175 | wc -c
        grep -c ', 4) *= ' calls
        head -n1 calls | grep -o ELF";
    changed("mydaytime", &[["sizeof(buf))) > 0", "4)) > 0"]]).shows(script, "26\n8\nELF\n");
}

fn mydaytime_2() {
    let once = [
        "while ((n = read(s, buf, sizeof(buf))) > 0 && fwrite(buf, n, 1, stdout) == 1)\n        ;",
        "if ((n = read(s, buf, sizeof(buf))) > 0)\n        fwrite(buf, n, 1, stdout);",
    ];
    changed("mydaytime", &[once]).shows("./mydaytime 211.221.225.175 | wc -c", "26\n");
    assert_eq!(fails("mydaytime", &[once]), ["pieces", "long", "until_close"]);
}

fn mydaytime_3() {
    let bench = answered("mydaytime_3");
    let start = Instant::now();
    bench
        .shows("./mydaytime 127.0.0.1 7 2>&1 || echo $?", "read fail: Resource temporarily unavailable\n1\n");
    assert!(start.elapsed() >= Duration::from_secs(5));
}

fn mydaytime_4() {
    let script = r"python3 -m http.server 8000 >/dev/null 2>&1 & listens t 8000
        ./mydaytime 127.0.0.1 8000 | head -n1";
    answered("mydaytime_4").shows(script, "HTTP/1.0 200 OK\r\n");
}

fn tcp_echocli_1() {
    answered("tcp_echocli_1").shows("echo abcdefg | ./tcp_echocli 127.0.0.1", "입력 : 수신 : abcdefg\n");
    let (program, text) = answer("tcp_echocli_1");
    assert!(text_fails(&program, &text).contains(&"pieces".into()));
}

fn tcp_echocli_2() {
    let script = r"tcp_echoserv -v 5000 >addresses & listens t 5000
        printf '%s\n' one two three | ./tcp_echocli 127.0.0.1 5000
        wc -l <addresses";
    answered("tcp_echocli_2")
        .shows(script, "입력 : 수신 : one\n입력 : 수신 : two\n입력 : 수신 : three\n입력 : 1\n");
}

fn tcp_echocli_3() {
    let script = r"mkfifo keys && exec 3<>keys
        echo abcdefg | ./tcp_echocli 127.0.0.1
        tcp_echoserv -v 5000 >accepted & listens t 5000
        server=$!
        ./tcp_echocli 127.0.0.1 5000 <keys 2>&1 & client=$!
        until [ -s accepted ]; do look; done
        kill $server
        wait $client || echo $?";
    answered("tcp_echocli_3").shows(script, "입력 : 수신 : abcdefg\n입력 : 서버가 연결을 닫았습니다.\n1\n");
}

fn tcp_echocli_4() {
    // In write, both of them, with something in all four buffers, and nothing moves any more. The other client gets its line.
    let script = r#"head -c 65000 /dev/zero | tr '\0' x >line
        for buffers in rmem wmem; do echo 4096 4096 4096 >/proc/sys/net/ipv4/tcp_$buffers; done
        strace -qq -o server -e trace=read,write tcp_echoserv 5000 & listens t 5000
        strace -qq -o client -e trace=read,write sh -c 'echo $$ >pid; exec tcp_echocli 127.0.0.1 5000' <line >/dev/null &
        in_write() { tail -n1 $1 | grep -q '^write([34], "x*"\.\.\., [0-9]*$'; }
        full() { ss -Htn state established | awk '$1 && $2 { n++ } END { exit n != 2 }'; }
        until in_write server && in_write client && full && was=$(ss -Htn) && [ "$was" = "$(ss -Htn)" ]; do look; done
        kill $(cat pid)
        ./tcp_echocli_4 127.0.0.1 5000 <line | cmp - line && echo back"#;
    written("tcp_echocli_4").shows(script, "back\n");
}

fn port_number_1() {
    let show = r"static void show(int s)
{
    struct sockaddr_in addr;
    socklen_t addrlen = sizeof(addr);
    getsockname(s, (struct sockaddr *)&addr, &addrlen);
    puts(sock_ntop(&addr));
}

int main(";
    let edits = [
        ["int main(", show],
        ["    if (connect(stream_sock", "    show(stream_sock);\n    if (connect(stream_sock"],
        ["    // 5.", "    show(stream_sock);\n    // 5."],
        ["    if (sendto(dgram_sock", "    show(dgram_sock);\n    if (sendto(dgram_sock"],
        ["    // 7.", "    show(dgram_sock);\n    // 7."],
    ];
    let script = r"./port_number 127.0.0.1 | grep -v = | sed 's/[1-9][0-9]*$/PORT/'";
    changed("port_number", &edits).shows(script, "0.0.0.0:0\n127.0.0.1:PORT\n0.0.0.0:0\n0.0.0.0:PORT\n");
}

fn port_number_2() {
    let bench = answered("port_number_2");
    let first = "스트림 소켓 포트번호 = 40000\n";
    // On a machine that is busy, the server may send its FIN again before the ACK has come. The answer to that one's ACK is an RST,
    // which would end TIME_WAIT: RFC 1337.
    bench.shows(
        "echo 1 >/proc/sys/net/ipv4/tcp_rfc1337
        for time in 1 2; do ./port_number 127.0.0.1 2>&1 | head -n1; done",
        &[first, "bind fail: Address already in use\n"].concat(),
    );
    bench.shows("for time in 1 2; do ./port_number | head -n1; done", &[first, first].concat());
}

fn port_number_3() {
    let again = r#"    servaddr.sin_port = htons(13);
    if (sendto(dgram_sock, "", 0, 0, (struct sockaddr *)&servaddr, sizeof(servaddr)) < 0)
        fail("sendto fail");
    if (getsockname(dgram_sock, (struct sockaddr *)&cliaddr, &addrlen) < 0)
        fail("getsockname fail");
    printf("데이터그램 소켓 포트번호 = %d\n", ntohs(cliaddr.sin_port));
    // 8. close"#;
    let script = "./port_number 127.0.0.1 | tail -n2 | uniq | wc -l";
    changed("port_number", &[["    // 8. close", again]]).shows(script, "1\n");
}

fn tcp_echoserv_1() {
    let script = r"mkfifo keys && exec 3<>keys
        ./tcp_echoserv 5000 & listens t 5000
        connected() { until [ $(ends 'dport = :5000' | wc -l) = $1 ]; do look; done; }
        queued() { until [ $(ss -Hltn 'sport = :5000' | awk '{ print $2 }') = $1 ]; do look; done; }
        for n in 1 2 3; do
            tcp_echocli 127.0.0.1 5000 <keys >/dev/null & pids=$pids\ $!
            connected $n
            queued $((n - 1))
        done
        tcp_echocli 127.0.0.1 5000 <keys >/dev/null &
        until [ $(ss -Htn state syn-sent | wc -l) = 1 ]; do look; done
        ends 'dport = :5000' | wc -l
        # The fourth comes in when the first has gone.
        kill ${pids% * *}
        until [ $(ss -Htn state syn-sent | wc -l) = 0 ]; do look; done
        connected 3";
    changed("tcp_echoserv", &[["listen(listen_sock, 5)", "listen(listen_sock, 1)"]]).shows(script, "3\n");
}

fn tcp_echoserv_2() {
    let shut = "    shutdown(s, SHUT_WR);\n    // 8. read";
    // It waits for the server's close, which comes only after the server's read has given 0.
    let end = r#"    char end;
    if (read(s, &end, 1) != 0)
        fail("read fail");
    // 9. printf"#;
    let script = r"strace -qq -e trace=read -o calls tcp_echoserv 5000 & listens t 5000
        head -c 60000 /dev/zero | tr '\0' x >line
        ./tcp_echocli 127.0.0.1 5000 <line >back
        printf '입력 : 수신 : ' | cat - line | cmp - back
        grep -c '^read(4, .* = 0$' calls";
    changed("tcp_echocli", &[["    // 8. read", shut], ["    // 9. printf", end]]).shows(script, "1\n");
}

/// The server with a process for each client.
fn forking(fork: &str, on_sigchld: &str) -> Bench {
    let handler = "static void fetch(int number)
{
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int main(";
    let close = "            perror(\"close fail\");\n";
    let edits = [
        ["#include <strings.h>", "#include <strings.h>\n#include <sys/wait.h>"],
        ["int main(", if on_sigchld == "fetch" { handler } else { "int main(" }],
        ["    // 7. accept", &format!("    signal(SIGCHLD, {on_sigchld});\n    // 7. accept")],
        ["        // 8. read", &format!("{fork}        close(listen_sock);\n        // 8. read")],
        [close, &format!("{close}        exit(0);\n")],
    ];
    changed("tcp_echoserv", &edits)
}

const FORK: &str = r#"        pid_t pid = fork();
        if (pid < 0)
            perror("fork fail");
        if (pid != 0) {
            close(accp_sock);
            continue;
        }
"#;

/// Which takes -1 for the child.
const TRUSTING_FORK: &str = r"        if (fork() > 0) {
            close(accp_sock);
            continue;
        }
";

fn tcp_echoserv_3() {
    // The second client doesn't wait for the first, and its connection ends with it: the parent has closed it too. When the
    // parent has gone, nobody listens: the first client's child has closed that socket.
    let script = r#"./tcp_echoserv 5000 & listens t 5000
        parent=$!
        mkfifo keys && exec 3<>keys
        tcp_echocli 127.0.0.1 5000 <keys >first & first=$!
        until [ $(ends 'sport = :5000' | wc -l) = 1 ]; do look; done
        echo second | tcp_echocli 127.0.0.1 5000
        until [ $(ss -Htn 'sport = :5000' | wc -l) = 1 ]; do look; done
        kill $parent
        until [ -z "$(ss -Hltn 'sport = :5000')" ]; do look; done
        echo late | tcp_echocli 127.0.0.1 5000 2>&1 | head -n1
        echo first >keys
        wait $first
        cat first"#;
    forking(FORK, "SIG_IGN")
        .shows(script, "입력 : 수신 : second\nconnect fail: Connection refused\n입력 : 수신 : first\n");

    // Zombies that are left of three clients.
    let zombies = r"./tcp_echoserv 5000 & listens t 5000
        server=$!
        for client in 1 2 3; do echo $client | tcp_echocli 127.0.0.1 5000 >/dev/null; done
        children() { grep -ls ^PPid:.$server$ /proc/[0-9]*/status; }
        zombies() { children | xargs -r grep -ls ^State:.Z; }
        until [ $(children | wc -l) = $(zombies | wc -l) ]; do look; done
        zombies | wc -l";
    for (on_sigchld, left) in [("SIG_DFL", "3\n"), ("SIG_IGN", "0\n"), ("fetch", "0\n")] {
        forking(FORK, on_sigchld).shows(zombies, left);
    }

    // The next client, after a fork that has failed.
    let refused = r"strace -qq -o calls -e inject=clone,?clone3,?fork:error=EAGAIN:when=1 ./tcp_echoserv 5000 2>says &
        listens t 5000
        echo first | tcp_echocli 127.0.0.1 5000 >/dev/null 2>&1 || :
        echo next | tcp_echocli 127.0.0.1 5000 2>&1 | head -n1
        sed -n 2p says";
    forking(FORK, "SIG_IGN")
        .shows(refused, "입력 : 수신 : next\nfork fail: Resource temporarily unavailable\n");
    forking(TRUSTING_FORK, "SIG_IGN").shows(refused, "connect fail: Connection refused\n");
}

fn daytimeserv_1() {
    let close = "        if (close(accp_sock) < 0)\n            perror(\"close fail\");\n";
    // The server waits for the next client, and has closed nothing: so the client's read waits for ever.
    let script = r"strace -qq -e trace=accept,close -o server ./daytimeserv 5000 & listens t 5000
        script -qfc 'strace -qq -e trace=read -o client ./mydaytime 127.0.0.1 5000' /dev/null >screen </dev/null &
        until grep -q '= 26$' client && tail -n1 client | grep -q '^read(3, $'; do look; done
        until tail -n1 server | grep -q '^accept(3, $'; do look; done
        until grep -q ':[0-9][0-9] 20[0-9][0-9].*$' screen; do look; done
        grep -c '^close(4)' server || ends | wc -l";
    changed("daytimeserv", &[[close, ""]]).changed("mydaytime", &[]).shows(script, "0\n2\n");

    let close = r#"        if let Err(errno) = close(accp_sock) {
            perror("close fail", errno);
        }
"#;
    let bench = book();
    let to = bench.folder().join("daytimeserv");
    let (compiles, said) = rustc("daytimeserv", &[[close, ""]], &to);
    assert!(compiles, "{said}");
    bench.shows("./daytimeserv 5000 & listens t 5000; mydaytime 127.0.0.1 5000 | wc -c", "26\n");
}

fn daytimeserv_2() {
    // Beside another one it fails. When that has ended, the book's server fails as well, as its page says; the changed one
    // starts again. But not behind the book's, whose connections lack the option.
    let script = r"serve() {
            $1 $2 & listens t $2
            mydaytime 127.0.0.1 $2 >/dev/null
            ./daytimeserv $2 2>&1 | head -n1
            kill $! && wait $! || :
        }
        serve ./daytimeserv 5000
        daytimeserv 5000 2>&1 | head -n1
        serve ./daytimeserv 5000
        serve daytimeserv 5001
        ./daytimeserv 5001 2>&1 | head -n1";
    let in_use = "bind fail: Address already in use\n";
    answered("daytimeserv_2").shows(script, &in_use.repeat(5));
}

fn daytimeserv_3() {
    let send = "    writen(s, \"hello\", 5);\n    // 5. read";
    let script = r#"./daytimeserv 5000 2>server & listens t 5000
        for time in 1 2 3 4 5 6 7 8 9 10; do ./mydaytime 127.0.0.1 5000; done >answers
        wc -c <answers
        # The book's own server resets the connection.
        while ./mydaytime 211.221.225.175 >/dev/null 2>says; do :; done
        cat says
        # A client that keeps its connection open, and one that never stops sending: the next one waits for seconds, not for ever.
        mkfifo keys && exec 3<>keys
        connected() { bash -c "exec 4<>/dev/tcp/127.0.0.1/5000; exec $1" <keys 2>/dev/null; }
        connected cat &
        until [ $(ss -Htn state close-wait | wc -l) = 1 ]; do look; done
        connected 'yes >&4' &
        until [ $(ends 'dport = :5000' | wc -l) = 1 ]; do look; done
        mydaytime 127.0.0.1 5000 | wc -c"#;
    answered("daytimeserv_3")
        .changed("mydaytime", &[["    // 5. read", send]])
        .shows(script, "260\nread fail: Connection reset by peer\n26\n");
}

fn daytimeserv_4() {
    let script = r"./udp_echoserv 5000 & listens u 5000
        echo any | udp_echocli 127.0.0.1 5000 | grep -c '수신 : ... ... .. ..:..:.. 20..'";
    answered("daytimeserv_4").shows(script, "1\n");
}

fn connection_1() {
    let words = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
    let (server, client) = (words("tcp_echoserv 5000"), words("tcp_echocli 127.0.0.1 5000"));
    let (workspace, line) = (Workspace::here().unwrap(), "x".repeat(99));
    let recording =
        scenes::record_own(&workspace, Some(&server), Some(&client), &[line], Language::C).unwrap();
    let steps = 0..recording.steps.len();
    let crossed: Vec<_> = steps.flat_map(|step| crossings(&recording, step)).collect();
    let fin = crossed.iter().find(|one| one.to_server && one.segment.flags.contains("FIN")).unwrap();
    assert_eq!(fin.seq, 101);
    assert_eq!(crossed.iter().filter(|one| !one.to_server).filter_map(|one| one.ack).max(), Some(102));
}

fn connection_2() {
    // As in port_number_2, nothing may end TIME_WAIT.
    let script = r#"echo 1 >/proc/sys/net/ipv4/tcp_rfc1337
        waiting() { ss -Htan state time-wait $1; }
        echo abc | tcp_echocli 127.0.0.1 >/dev/null
        mydaytime 211.221.225.175 >/dev/null
        until [ $(waiting | wc -l) = 2 ]; do look; done
        for end in 'sport = :7' 'dport = :7' 'sport = :13' 'dport = :13'; do waiting "$end" | wc -l; done"#;
    book().shows(script, "0\n1\n1\n0\n");
}

fn connection_3() {
    let script = r"cd /proc/sys/net/ipv4
        awk '{ print int(($2 - $1 + 1) / 60) }' ip_local_port_range
        echo 50000 50001 >ip_local_port_range
        echo 1 >tcp_rfc1337
        echo 0 >tcp_tw_reuse
        for time in 1 2 3; do echo abc | tcp_echocli 127.0.0.1 2>&1 | head -n1; done";
    let echo = "입력 : 수신 : abc\n";
    book().shows(script, &["470\n", echo, echo, "connect fail: Cannot assign requested address\n"].concat());
}

// ---- UDP ----

const GIVES_UP: &str = "recvfrom fail: Resource temporarily unavailable\n";

fn udp_echocli_1() {
    let recvfrom = "recvfrom(s, buf, MAXLINE, 0,";
    let printed = "    fwrite(buf, 1, nbyte, stdout);";
    let again = r#"    fwrite(buf, 1, nbyte, stdout);
    flush_stdout();
    if (recvfrom(s, buf, 4, 0, NULL, NULL) < 0)
        fail("recvfrom fail");"#;
    changed("udp_echocli", &[[recvfrom, "recvfrom(s, buf, 4, 0,"], [printed, again]]).shows(
        "echo abcdefg | ./udp_echocli 127.0.0.1 2>says || head -n1 says",
        &["입력 : 수신 : abcd", GIVES_UP].concat(),
    );
}

fn udp_echocli_2() {
    // The book's own client takes the false one.
    let script = r"for client in udp_echocli ./udp_echocli; do
            ./false_server 5000 & listens u 5000
            echo abc | $client 127.0.0.1 5000
            wait
        done
        echo abcdefg | ./udp_echocli 127.0.0.1";
    let server = edited("tools/labnotes/tests/exercises/false_server.c", &[]);
    answered("udp_echocli_2")
        .compiled("false_server", &server)
        .shows(script, "입력 : 수신 : false\n입력 : 수신 : abc\n입력 : 수신 : abcdefg\n");
}

fn udp_echocli_3() {
    let bench = answered("udp_echocli_3");
    let start = Instant::now();
    let script =
        "echo abc | strace -qq -e trace=sendto -o calls ./udp_echocli 127.0.0.1 5000 2>/dev/null || echo $?
        grep -c ^sendto calls";
    bench.shows(script, "입력 : 1\n3\n");
    assert!(start.elapsed() >= Duration::from_secs(3));
}

fn udp_echoserv_1() {
    let edit = ["if (nbyte < 0)", "if (nbyte <= 0)"];
    assert_eq!(fails("udp_echoserv", &[edit]), ["empty"]);
    changed("udp_echoserv", &[edit])
        .shows("./udp_echoserv 5000 & listens u 5000; echo | udp_echocli 127.0.0.1 5000", "입력 : 수신 : \n");
}

fn udp_echoserv_2() {
    let asleep = |seconds: u32, script: &str, shows: &str| {
        let sleep = format!("    sleep({seconds});\n    // 6. recvfrom");
        changed("udp_echoserv", &[["    // 6. recvfrom", &sleep]]).shows(script, shows);
    };
    let soon = "./udp_echoserv 5000 & listens u 5000; echo abc | udp_echocli 127.0.0.1 5000";
    let late = r"strace -qq -e trace=sendto -o calls ./udp_echoserv 5000 & listens u 5000
        echo abc | udp_echocli 127.0.0.1 5000 2>&1 | head -n1
        [ ! -s calls ]
        until grep -q ' = 4$' calls; do look; done
        cut -c1-8 calls";
    thread::scope(|scope| {
        scope.spawn(|| asleep(3, soon, "입력 : 수신 : abc\n"));
        asleep(10, late, &["입력 : ", GIVES_UP, "sendto(3\n"].concat());
    });
}

fn udp_echoserv_3() {
    let several = [
        ["    // 5. get_line", "    while (1) {\n    // 5. get_line"],
        ["        return 0; // the end of input", "        break;"],
        ["    // 9. close", "    }\n    // 9. close"],
    ];
    let script = r"./udp_echoserv 5000 & listens u 5000
        for client in udp_echocli udp_echocli ./udp_echocli; do
            printf 'a\nb\n' | $client 127.0.0.1 5000 | grep -o '[0-9]: .*'
        done";
    answered("udp_echoserv_3").changed("udp_echocli", &several).shows(script, "1: a\n1: a\n1: a\n2: b\n");
}

fn connected_udp_1() {
    let printed = "    printf(\"   send() : 성공, recv()";
    let again = format!("    puts(strerror(errno));\n    nbyte = recv(s, buf, MAXLINE, 0);\n{printed}");
    changed("connected_udp", &[[printed, &again]]).shows(
        "./connected_udp 127.0.0.1 </dev/null | sed -n 2,3p",
        "Connection refused\n   send() : 성공, recv() : Resource temporarily unavailable\n",
    );
}

fn connected_udp_2() {
    let recv = "    ssize_t nbyte = recv(s, buf, MAXLINE, 0);\n";
    let again = "    if (send(s, \"\", 0, 0) < 0)\n        puts(strerror(errno));\n    ssize_t nbyte = recv(s, buf, MAXLINE, 0);\n";
    // What was sent counts in OutDatagrams, the fourth number of the line.
    let script = r"sent() { awk '/^Udp: [0-9]/ { print $5 }' /proc/self/net/snmp; }
        before=$(sent)
        ./connected_udp 127.0.0.1 </dev/null | sed -n 2,3p
        echo $(($(sent) - before))";
    changed("connected_udp", &[[recv, again]]).shows(
        script,
        "Connection refused\n   send() : 성공, recv() : Resource temporarily unavailable\n1\n",
    );
}

fn connected_udp_3() {
    let script = r"ip route add 198.51.100.0/24 dev lo src 211.221.225.175
        ip route get 198.51.100.1 | grep -o 'src [0-9.]*'
        strace -qq -e trace=sendto,sendmsg,write -o calls ./connected_udp_3 198.51.100.1
        grep -c send calls || ./connected_udp_3 127.0.0.1";
    written("connected_udp_3").shows(script, "src 211.221.225.175\n211.221.225.175\n0\n127.0.0.1\n");
}

fn datagrams_1() {
    let script = r#"ip link set lo mtu 1500
        head -c 3000 /dev/zero | tr '\0' x | udp_echocli 127.0.0.1 >/dev/null
        nstat -asz IpFragCreates | awk '$1 == "IpFragCreates" { print $2 }'"#;
    book().shows(script, "6\n");
}

fn datagrams_2() {
    let script = r"./udp_echoserv 5000 & listens u 5000
        echo abc | strace -qq -e trace=recvfrom -o calls udp_echocli 127.0.0.2 5000
        grep -o '127.0.0.[0-9]' calls
        echo abc | udp_echocli 127.0.0.1 5000 2>says || head -n1 says";
    let edit = ["htonl(INADDR_ANY)", "htonl(INADDR_LOOPBACK + 1)"];
    let expected = ["입력 : 수신 : abc\n127.0.0.2\n입력 : ", GIVES_UP].concat();
    changed("udp_echoserv", &[edit]).shows(script, &expected);
}
