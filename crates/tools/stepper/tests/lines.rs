//! The line of source of each system call, in programs as compilers make them: the line has the text of that call.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::ControlFlow::{self, Break, Continue};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fmt, io};

use labkit::{Program, Running, free_port, root, run_trials, trial, trial_with};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use stepper::lines::Lines;
use syscalls::Sysno;
use tempfile::TempDir;

fn main() {
    run_trials(vec![
        trial("c_echo_server", None, c_echo_server),
        trial("c_echo_client", None, c_echo_client),
        trial("c_and_rust_make_each_call_in_the_same_step", None, same_steps),
        trial("what_inlining_loops_macros_and_many_lines_do", None, shapes),
        trial("a_function_that_has_left_no_frame_has_none", None, jump),
        trial("which_of_two_equal_branches_is_not_known", None, merged),
        trial("threads", None, threads),
        trial("a_child_of_fork_and_of_vfork", None, children),
        trial("a_signal_handler", None, signal_handler),
        trial("a_callback_of_the_library", None, callback),
        trial("the_call_is_the_last_instruction_of_its_line", None, own_instruction),
        trial("exec_is_another_text", None, exec),
        trial("a_deleted_executable_still_has_its_lines", None, deleted),
        trial("stripped_has_none", None, stripped),
        trial("a_source_newer_than_the_executable_has_none", None, newer_source),
        trial("a_source_that_is_edited_meanwhile_has_none", None, edited_source),
        trial("a_helper_that_is_newer_than_the_executable_has_none", None, edited_helper),
        trial("a_relative_name_has_none", None, relative),
        trial("an_inlined_function_of_a_library", None, inlined_library),
        trial("a_source_that_is_gone_has_none", None, gone_source),
        trial("half_a_debug_information_is_none_or_right", None, half),
        trial("a_binary_of_the_system_has_none", None, system),
        trial_with(&["python3"], "a_script_has_none", script),
        trial("a_process_that_is_gone_has_none", None, no_process),
        trial("what_it_costs", None, costs),
    ])
}

// ---- A tracer, as small as can be ----

/// A call that a process has entered: who, which, and from where.
#[derive(Clone)]
struct Call {
    pid: Pid,
    name: Sysno,
    place: Option<(PathBuf, usize)>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.pid, self.name, self.line())
    }
}

impl Call {
    /// The text of its line; empty if it has none.
    fn line(&self) -> String {
        let Some((file, line)) = &self.place else { return String::new() };
        fs::read_to_string(file).unwrap().lines().nth(line - 1).unwrap().trim().to_owned()
    }

    /// The number of the last comment `// 5. bind: …` above its line.
    fn step(&self) -> Option<u8> {
        let (file, line) = self.place.as_ref()?;
        let text = fs::read_to_string(file).unwrap();
        let above: Vec<&str> = text.lines().take(*line).collect();
        above.iter().rev().find_map(|line| line.trim().strip_prefix("// ")?.split_once(". ")?.0.parse().ok())
    }
}

struct Tracee(Child);

impl Drop for Tracee {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The place with its line, where that is sure.
fn place(lines: &mut Lines, pid: Pid) -> Option<(PathBuf, usize)> {
    let (file, line) = lines.place(pid)?;
    Some((file, line?))
}

/// Runs a program and tells each call that it, or a child or thread of it, enters, until it ends or `each` breaks. Where a
/// call is entered and where it is left must be the same place.
fn trace(
    lines: &mut Lines,
    command: &mut Command,
    mut each: impl FnMut(&mut Lines, &Call) -> ControlFlow<()>,
) {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: ptrace(PTRACE_TRACEME) is a system call and nothing else.
    unsafe { command.pre_exec(|| ptrace::traceme().map_err(io::Error::from)) };
    let tracee = Tracee(command.spawn().unwrap());
    let first = Pid::from_raw(tracee.0.id() as i32);
    assert!(matches!(waitpid(first, None).unwrap(), WaitStatus::Stopped(..)));
    let follow = Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK;
    let good = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL | Options::PTRACE_O_TRACEEXEC;
    ptrace::setoptions(first, follow | good).unwrap();
    ptrace::syscall(first, None).unwrap();

    let mut entered: HashMap<Pid, Call> = HashMap::new();
    loop {
        // Its own alone: other tests trace in other threads.
        let (pid, signal) = match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
            Ok(WaitStatus::PtraceSyscall(pid)) => {
                let info = ptrace::syscall_info(pid).unwrap();
                if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
                    // SAFETY: entry is what the kernel has filled in, as op says.
                    let number = unsafe { info.u.entry.nr };
                    let name = Sysno::new(number as usize).unwrap();
                    let call = Call { pid, name, place: self::place(lines, pid) };
                    if each(lines, &call).is_break() {
                        return;
                    }
                    entered.insert(pid, call);
                } else if let Some(Call { name, place, .. }) = entered.remove(&pid) {
                    let makes_another = [Sysno::execve, Sysno::rt_sigreturn].contains(&name);
                    assert!(
                        makes_another || place == self::place(lines, pid),
                        "{name} is left elsewhere: {place:?}"
                    );
                }
                (pid, None)
            }
            Ok(WaitStatus::PtraceEvent(pid, ..) | WaitStatus::Stopped(pid, Signal::SIGSTOP)) => (pid, None),
            Ok(WaitStatus::Stopped(pid, signal)) => (pid, Some(signal)),
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..)) if pid == first => return,
            Ok(_) => continue,
            Err(errno) => {
                assert_eq!(errno, Errno::ECHILD);
                return;
            }
        };
        let stuck = ptrace::syscall(pid, signal).is_err_and(|errno| errno != Errno::ESRCH);
        assert!(!stuck, "{pid} cannot go on");
    }
}

/// All calls of a program that ends by itself.
fn calls(command: &mut Command) -> Vec<Call> {
    let mut calls = Vec::new();
    trace(&mut Lines::new(), command, |_, call| {
        calls.push(call.clone());
        Continue(())
    });
    calls
}

// ---- Programs ----

/// What compilers make of the same file.
const WAYS: [&[&str]; 10] = [
    &["-O0", "-g"],
    &["-O2", "-g", NO, MERGE],
    &["-O3", "-g", NO, MERGE, "-fomit-frame-pointer"],
    &["-O2", "-g", NO, MERGE, "-fno-omit-frame-pointer", "-fcf-protection=full"],
    &["-O2", "-g", NO, MERGE, "-static"],
    &["-O2", "-g", NO, MERGE, "-static-pie"],
    &["-O2", "-g", NO, MERGE, "-no-pie"],
    &["-O2", "-gdwarf-4", NO, MERGE],
    &["-O2", "-g", NO, MERGE, "-flto"],
    &["-O2", "-g", NO, MERGE, "-Wl,-z,noseparate-code", "-ffunction-sections", "-Wl,--gc-sections"],
];
/// Two equal calls stay two.
const NO: &str = "-fno-crossjumping";
const MERGE: &str = "-fno-tree-tail-merge";

fn compile(source: &Path, to: &Path, flags: &[&str]) {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let cc = Command::new(compiler)
        .args(["-std=gnu11", "-pthread"])
        .args(flags)
        .arg("-o")
        .args([to, source])
        .output()
        .unwrap();
    assert!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
}

/// A lecture program's C file.
fn lecture(name: &str) -> PathBuf {
    root().join(format!("crates/{name}/{name}.c")).canonicalize().unwrap()
}

/// A folder with `program.c` and the executable that `cc flags` makes of it.
fn build(text: &str, flags: &[&str]) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().canonicalize().unwrap().join("program.c");
    fs::write(&source, text).unwrap();
    let program = folder.path().join("program");
    compile(&source, &program, flags);
    (folder, source, program)
}

/// Runs the program in every way.
fn assert_marks(text: &str, expected: &[&str]) {
    for flags in WAYS {
        let (_folder, source, program) = build(text, flags);
        assert_marked(&source, &calls(&mut Command::new(program)), expected, flags);
    }
}

/// In the program's text, lines whose calls are worth a test end in `// <- socket`. A call that some line says it makes is at
/// such a line or at none, and those that are at one are the `expected` ones, in this order.
fn assert_marked(source: &Path, calls: &[Call], expected: &[&str], context: &[&str]) {
    fn marks(line: &str) -> impl Iterator<Item = &str> {
        line.split_once("// <- ").map(|(_, marks)| marks.split(' ')).into_iter().flatten()
    }
    let text = fs::read_to_string(source).unwrap();
    let mut seen = Vec::new();
    for call in calls.iter().filter(|call| call.place.is_some()) {
        assert_eq!(call.place.as_ref().unwrap().0, source, "{context:?}");
        let (name, line) = (call.name.name(), call.line());
        if marks(&line).any(|mark| mark == name) {
            seen.push(name);
        } else {
            assert!(!text.lines().flat_map(marks).any(|mark| mark == name), "{call:?}, {context:?}");
        }
    }
    assert_eq!(seen, expected, "{context:?}: {calls:#?}");
}

/// Those of `calls` that have one of the texts on their line, as `call text`.
fn assert_texts(calls: &[Call], expected: &[(Sysno, &str)], context: &[&str]) {
    let mut of_interest = calls.iter().filter(|call| expected.iter().any(|(name, _)| *name == call.name));
    for (name, text) in expected {
        let call = of_interest.find(|call| call.name == *name && call.line().contains(text));
        assert!(call.is_some(), "no {name} at {text:?}, {context:?}: {calls:#?}");
    }
}

// ---- The lecture programs ----

fn c_echo_server() {
    let expected = [
        (Sysno::socket, "int listen_sock = socket("),
        (Sysno::bind, "if (bind("),
        (Sysno::listen, "if (listen("),
        (Sysno::accept, "= accept("),
        (Sysno::read, "(n = read("),
        (Sysno::write, "if (writen("), // not sockcommon.h's write
        (Sysno::read, "(n = read("),
        (Sysno::close, "if (close("),
        (Sysno::accept, "= accept("),
    ];
    for flags in WAYS.into_iter().chain([&["-O2", "-g"][..]]) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tcp_echoserv");
        compile(&lecture("tcp_echoserv"), &program, flags);
        let calls = serve(&mut Command::new(program));
        assert_texts(&calls, &expected, flags);
        let files = calls.iter().filter_map(|call| Some(call.place.clone()?.0));
        assert!(files.into_iter().all(|file| file == lecture("tcp_echoserv")));
    }
}

/// The calls of an echo server, from its start to its second accept, with one client that sends one line.
fn serve(command: &mut Command) -> Vec<Call> {
    let port = free_port().unwrap();
    let client = Program::c("tcp_echocli").unwrap();
    let mut running: Option<Running> = None;
    let mut calls = Vec::new();
    trace(&mut Lines::new(), command.arg(port.to_string()), |_, call| {
        calls.push(call.clone());
        if ![Sysno::accept, Sysno::accept4].contains(&call.name) {
            return Continue(());
        }
        if running.is_some() {
            return Break(());
        }
        let mut client = client.start(["127.0.0.1", &port.to_string()]).unwrap();
        client.write(b"abcdefg\n");
        client.close_stdin();
        running = Some(client);
        Continue(())
    });
    calls
}

fn c_echo_client() {
    let expected = [
        (Sysno::socket, "int s = socket("),
        (Sysno::connect, "if (connect("),
        (Sysno::write, "flush_stdout();"),
        (Sysno::read, "get_line("), // not sockcommon.h's getchar
        (Sysno::write, "if (writen("),
        (Sysno::read, "(r = read("),
        (Sysno::close, "if (close("),
        (Sysno::write, "return flush_stdout();"),
    ];
    for flags in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tcp_echocli");
        compile(&lecture("tcp_echocli"), &program, flags);
        assert_texts(&ask(&mut Command::new(program)), &expected, flags);
    }
}

/// The calls of an echo client that sends one line.
fn ask(command: &mut Command) -> Vec<Call> {
    let server = Program::c("tcp_echoserv").unwrap().serve(&[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let line = folder.path().join("line");
    fs::write(&line, "abcdefg\n").unwrap();
    calls(command.args(["127.0.0.1", &server.port.to_string()]).stdin(File::open(line).unwrap()))
}

/// The numbers of the steps are the same in both languages, so they are a second opinion about every line.
fn same_steps() {
    type Run = fn(&mut Command) -> Vec<Call>;
    let runs: [(&str, Run); 4] =
        [("tcp_echoserv", serve), ("tcp_echocli", ask), ("open_socket", calls), ("byte_order", calls)];
    let network = [
        Sysno::socket,
        Sysno::bind,
        Sysno::listen,
        Sysno::connect,
        Sysno::accept,
        Sysno::sendto,
        Sysno::recvfrom,
        Sysno::close,
        Sysno::getpeername,
        Sysno::setsockopt,
    ];
    for (name, run) in runs {
        let steps = |calls: &[Call]| -> Vec<(Sysno, u8)> {
            let of_interest = calls.iter().filter(|call| network.contains(&call.name));
            of_interest.filter_map(|call| Some((call.name, call.step()?))).collect()
        };
        let folder = tempfile::tempdir().unwrap();
        let c = folder.path().join(name);
        compile(&lecture(name), &c, &["-O2", "-g", NO, MERGE]);
        let [c, rust] = [c, Program::rust(name).unwrap().path].map(|program| run(&mut Command::new(program)));
        let main = root().join(format!("crates/{name}/src/main.rs")).canonicalize().unwrap();
        let places = rust.iter().filter_map(|call| call.place.as_ref());
        assert!(places.into_iter().all(|(file, _)| *file == main), "{rust:#?}");
        assert_eq!(steps(&c), steps(&rust), "{name}");
        let calls = steps(&c).len();
        assert!(calls >= if name == "byte_order" { 0 } else { 3 }, "{name}: {calls}");
    }
}

// ---- What compilers and programs do ----

const INCLUDES: &str = "#define _GNU_SOURCE\n#include <netinet/in.h>\n#include <pthread.h>\n#include <sched.h>\n#include <signal.h>\n\
    #include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/socket.h>\n#include <sys/syscall.h>\n\
    #include <sys/wait.h>\n#include <unistd.h>\n";

fn shapes() {
    let text = r"
        #define OPEN(kind) \
            socket(AF_INET, kind, 0)
        static inline __attribute__((always_inline)) int inlined(int s)
        {
            struct sockaddr_in addr = {.sin_family = AF_INET};
            return bind(s, (struct sockaddr *)&addr, sizeof(addr)) + 1; // <- bind
        }
        static __attribute__((noinline)) int called(int s, int backlog)
        {
            volatile int failed = listen(s, backlog); // <- listen
            return failed;
        }
        static int deep(int n, int s)
        {
            volatile char room[1000];
            room[n] = 1;
            if (n == 0)
                return shutdown(s, SHUT_RD) + room[n]; // <- shutdown
            return deep(n - 1, s) + room[n];
        }
        int main(void)
        {
            int s = OPEN(SOCK_STREAM); // <- socket
            if (inlined(s) != 1)
                return 1;
            for (int i = 0; i < 3; i++)
                called(s, i);
            deep(100, s);
            struct sockaddr_in addr;
            socklen_t len = sizeof(addr);
            if (getsockname(s, // <- getsockname
                    (struct sockaddr *)&addr,
                    &len) < 0)
                return 1;
            return close(s) < 0 ? 1 : 0; // <- close
        }
    ";
    let expected = ["socket", "bind", "listen", "listen", "listen", "shutdown", "getsockname", "close"];
    assert_marks(&format!("{INCLUDES}{text}"), &expected);
}

/// Optimised, the function makes the call by a jump: it has no frame, and the line of its caller is not the one.
fn jump() {
    let text = r"
        static __attribute__((noinline)) int called(int s, int backlog)
        {
            return listen(s, backlog); // <- listen
        }
        int main(void)
        {
            int s = socket(AF_INET, SOCK_STREAM, 0); // <- socket
            if (called(s, 1) < 0 || called(s, 2) < 0)
                return 1;
            return close(s) < 0 ? 1 : 0; // <- close
        }
    ";
    for (flags, expected) in
        [(["-O0", "-g"], &["socket", "listen", "listen", "close"][..]), (["-O2", "-g"], &["socket", "close"])]
    {
        let (_folder, source, program) = build(&format!("{INCLUDES}{text}"), &flags);
        assert_marked(&source, &calls(&mut Command::new(program)), expected, &flags);
    }
}

/// Optimised, two equal ends of branches are one, which has the line of either.
fn merged() {
    let text = r#"
        #include <err.h>
        int main(void)
        {
            if (close(0) < 0)
                errx(1, "fail");
            if (close(99) < 0)
                errx(1, "fail"); // <- exit_group
            return 0;
        }
    "#;
    for flags in [&["-O0", "-g"][..], &["-O1", "-g"], &["-O2", "-g"], &["-O2", "-g", NO, MERGE]] {
        let (_folder, source, program) = build(&format!("{INCLUDES}{text}"), flags);
        let mut calls = calls(Command::new(program).stdin(Stdio::null()));
        calls.retain(|call| call.name == Sysno::exit_group);
        let expected = if flags == ["-O2", "-g"] { vec![] } else { vec!["exit_group"] };
        assert_marked(&source, &calls, &expected, flags);
    }
}

fn threads() {
    let text = r"
        static void *work(void *arg)
        {
            int s = socket(AF_INET, SOCK_DGRAM, 0); // <- socket
            shutdown(s, SHUT_RD); // <- shutdown
            close(s); // <- close
            return arg;
        }
        int main(void)
        {
            for (int i = 0; i < 3; i++) {
                pthread_t thread;
                if (pthread_create(&thread, NULL, work, NULL) != 0) // <- clone3 clone mmap mprotect munmap
                    return 1;
                pthread_join(thread, NULL);
            }
            return 0;
        }
    ";
    for flags in WAYS {
        let (_folder, source, program) = build(&format!("{INCLUDES}{text}"), flags);
        let mut calls = calls(&mut Command::new(program));
        let main = calls[0].pid;
        let created = calls.iter().filter(|call| call.pid == main && call.line().contains("pthread_create("));
        assert!(created.count() >= 3, "{flags:?} {calls:#?}");
        calls.retain(|call| call.pid != main);
        let expected = ["socket", "shutdown", "close"].repeat(3);
        assert_marked(&source, &calls, &expected, flags);
    }
}

fn children() {
    let text = r"
        int main(void)
        {
            pid_t child = fork();
            if (child == 0) {
                int s = socket(AF_INET, SOCK_STREAM, 0); // <- socket
                _exit(s < 0);
            }
            waitpid(child, NULL, 0);
            child = vfork(); // <- vfork
            if (child == 0) {
                shutdown(0, SHUT_RD); // <- shutdown
                _exit(0);
            }
            waitpid(child, NULL, 0);
            return 0;
        }
    ";
    assert_marks(&format!("{INCLUDES}{text}"), &["socket", "vfork", "shutdown"]);
}

fn signal_handler() {
    let text = r"
        static void handler(int signal)
        {
            if (shutdown(signal, SHUT_RD) == 0) // <- shutdown
                abort();
        }
        int main(void)
        {
            struct sigaction action = {.sa_handler = handler};
            sigaction(SIGUSR1, &action, NULL); // <- rt_sigaction
            raise(SIGUSR1);
            int s = socket(AF_INET, SOCK_STREAM, 0); // <- socket
            return s < 0;
        }
    ";
    assert_marks(&format!("{INCLUDES}{text}"), &["rt_sigaction", "shutdown", "socket"]);
}

fn callback() {
    let text = r"
        static int compare(const void *a, const void *b)
        {
            shutdown(0, SHUT_RD); // <- shutdown
            return *(const int *)a - *(const int *)b;
        }
        static volatile int failed;
        static void at_exit(void)
        {
            if (close(99) < 0) // <- close
                failed = 1;
        }
        int main(void)
        {
            int numbers[] = {2, 1};
            atexit(at_exit);
            qsort(numbers, 2, sizeof(numbers[0]), compare);
            return 0;
        }
    ";
    assert_marks(&format!("{INCLUDES}{text}"), &["shutdown", "close"]);
}

/// The program enters the kernel itself, and what comes next is another line.
fn own_instruction() {
    let enter = if cfg!(target_arch = "x86_64") { "syscall" } else { "svc 0" };
    let registers = if cfg!(target_arch = "x86_64") {
        "register long number __asm__(\"rax\") = SYS_shutdown; register long a __asm__(\"rdi\") = 0; register long b __asm__(\"rsi\") = 0;"
    } else {
        "register long number __asm__(\"x8\") = SYS_shutdown; register long a __asm__(\"x0\") = 0; register long b __asm__(\"x1\") = 0;"
    };
    let text = format!(
        "{INCLUDES}int main(void)\n{{\n{registers}\n__asm__ volatile(\"{enter}\" : \"+r\"(number), \"+r\"(a) : \"r\"(b) : \"rcx\", \"r11\", \"memory\"); // <- shutdown\n\
         __asm__ volatile(\"nop\");\nreturn 0;\n}}\n"
    );
    let text = if cfg!(target_arch = "x86_64") { text } else { text.replace("\"rcx\", \"r11\", ", "") };
    assert_marks(&text, &["shutdown"]);
}

const ONE: &str = "int main(void)\n{\n    return socket(AF_INET, SOCK_STREAM, 0) < 0; // <- socket\n}\n";

fn one() -> String {
    format!("{INCLUDES}{ONE}")
}

fn exec() {
    let (_folder, source, program) = build(&one(), &["-O2", "-g"]);
    let first = format!(
        "{INCLUDES}int main(void)\n{{\n    close(99); // <- close\n    execl(\"{}\", \"program\", NULL); // <- execve\n    return 1;\n}}\n",
        program.display()
    );
    let (_first, first_source, first) = build(&first, &["-O2", "-g"]);
    let calls = calls(&mut Command::new(first));
    let of = |file: &Path| -> Vec<Call> {
        let of_file = calls.iter().filter(|call| call.place.as_ref().is_some_and(|place| place.0 == file));
        of_file.cloned().collect()
    };
    assert_marked(&first_source, &of(&first_source), &["close", "execve"], &[]);
    assert_marked(&source, &of(&source), &["socket"], &[]);
}

fn deleted() {
    let text = format!(
        "{INCLUDES}int main(int argc, char *argv[])\n{{\n    (void)argc;\n    unlink(argv[0]); // <- unlink\n    \
         return socket(AF_INET, SOCK_STREAM, 0) < 0; // <- socket\n}}\n"
    );
    assert_marks(&text, &["unlink", "socket"]);
}

/// A program with its lines or without: has it any, and how many of its calls?
fn found(program: &mut Command) -> (bool, usize) {
    let mut places = 0;
    let mut has_lines = false;
    trace(&mut Lines::new(), program, |lines, call| {
        places += usize::from(call.place.is_some());
        has_lines = lines.has_lines(call.pid);
        Continue(())
    });
    (has_lines, places)
}

fn stripped() {
    for flags in [&["-O2"][..], &["-O2", "-g", "-s"], &["-O2", "-s", "-static"]] {
        let (_folder, _, program) = build(&one(), flags);
        assert_eq!(found(&mut Command::new(program)), (false, 0), "{flags:?}");
    }
    let (_folder, _, program) = build(&one(), &["-O2", "-g"]);
    assert_eq!(found(&mut Command::new(program)), (true, 1));
}

/// So much newer than its program a source is made: a time in a file, for which nobody waits.
const NEWER: Duration = Duration::from_secs(1);

fn newer_source() {
    let (_folder, source, program) = build(&one(), &["-O2", "-g"]);
    let built = fs::metadata(&program).unwrap().modified().unwrap();
    File::options().append(true).open(&source).unwrap().set_modified(built + NEWER).unwrap();
    assert_eq!(found(&mut Command::new(&program)), (false, 0));
    File::options().append(true).open(&source).unwrap().set_modified(built).unwrap();
    assert_eq!(found(&mut Command::new(&program)), (true, 1));
}

fn edited_source() {
    let text = "int main(void)\n{\n    close(98);\n    return close(99) < 0;\n}\n";
    let (_folder, source, program) = build(&format!("{INCLUDES}{text}"), &["-O0", "-g"]);
    let built = fs::metadata(&program).unwrap().modified().unwrap();
    let mut lines = Lines::new();
    let mut places = Vec::new();
    trace(&mut lines, &mut Command::new(program), |lines, call| {
        if call.place.is_some() {
            let file = File::options().append(true).open(&source).unwrap();
            places.push(call.line());
            file.set_modified(built + NEWER).unwrap();
            assert_eq!(lines.place(call.pid), None);
            file.set_modified(built).unwrap();
        }
        Continue(())
    });
    assert_eq!(places, ["close(98);", "return close(99) < 0;"]);
}

fn gone_source() {
    let (_folder, source, program) = build(&one(), &["-O2", "-g"]);
    fs::remove_file(&source).unwrap();
    assert_eq!(found(&mut Command::new(&program)), (false, 0));
    let built = fs::metadata(&program).unwrap().modified().unwrap();
    fs::create_dir(&source).unwrap();
    File::open(&source).unwrap().set_modified(built).unwrap();
    assert_eq!(found(&mut Command::new(&program)), (false, 0));
}

/// A name that is relative to nobody knows what.
fn relative() {
    let (_folder, source, program) = build(&one(), &["-O2", "-g"]);
    let here = env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    let folder = source.parent().unwrap();
    let away = up.join(folder.strip_prefix("/").unwrap());
    let maps = [(folder, away.as_path()), (&here, Path::new("."))];
    let maps = maps.map(|(from, to)| format!("-fdebug-prefix-map={}={}", from.display(), to.display()));
    assert!(away.join("program.c").exists());
    compile(&source, &program, &["-O2", "-g", &maps[0], &maps[1]]);
    assert_eq!(found(&mut Command::new(program)), (false, 0));
}

/// A library's function is inlined. Where it is said in what, it is that line; else it is unknown, and not the caller's.
fn inlined_library() {
    let text = r#"
        #include "sockcommon/down.h"
        static __attribute__((noinline)) int work(int s)
        {
            volatile int failed = down(s); // <- shutdown
            return failed;
        }
        int main(void)
        {
            int (*volatile some)(int) = work;
            return some(0) == 0;
        }
    "#;
    for (flags, expected) in [(["-O2", "-g"], &["shutdown"][..]), (["-O2", "-gsplit-dwarf"], &[])] {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().canonicalize().unwrap().join("program.c");
        fs::create_dir(folder.path().join("sockcommon")).unwrap();
        let down = "static inline int down(int s)\n{\n    return shutdown(s, SHUT_RD);\n}\n";
        fs::write(folder.path().join("sockcommon/down.h"), down).unwrap();
        fs::write(&source, format!("{INCLUDES}{text}")).unwrap();
        let program = folder.path().join("program");
        compile(&source, &program, &flags);
        assert_marked(&source, &calls(&mut Command::new(program)), expected, &flags);
    }
}

/// The function that makes the call is in a file that has been edited. That its caller's has not does not help.
fn edited_helper() {
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("helper.c");
    let source = folder.path().canonicalize().unwrap().join("program.c");
    let program = folder.path().join("program");
    fs::write(
        &helper,
        "#include <sys/socket.h>\nint helper(void)\n{\n    return shutdown(0, SHUT_RD) - 1;\n}\n",
    )
    .unwrap();
    fs::write(&source, "int helper(void);\nint main(void)\n{\n    return helper() == 0;\n}\n").unwrap();
    compile(&source, &program, &["-O0", "-g", helper.to_str().unwrap()]);
    assert_eq!(found(&mut Command::new(&program)), (true, 1));
    let built = fs::metadata(&program).unwrap().modified().unwrap();
    File::options().append(true).open(&helper).unwrap().set_modified(built + NEWER).unwrap();
    assert_eq!(found(&mut Command::new(&program)), (false, 0));
}

/// Little debug information, elsewhere, compressed, without unwind tables: there may be no line, but never another.
fn half() {
    let ways: [&[&str]; 6] = [
        &["-O2", "-g1"],
        &["-O2", "-g", "-gz"],
        &["-O2", "-gsplit-dwarf"],
        &["-O2", "-g", "-fno-asynchronous-unwind-tables"],
        &["-O2", "-g", "-fno-asynchronous-unwind-tables", "-static"],
        &["-O2", "-g", "-Wl,--no-eh-frame-hdr"],
    ];
    for flags in ways {
        let (_folder, source, program) = build(&one(), flags);
        let mut calls = calls(&mut Command::new(program));
        calls.retain(|call| call.place.is_some());
        let expected: &[&str] = if calls.is_empty() { &[] } else { &["socket"] };
        assert_marked(&source, &calls, expected, flags);
    }
}

fn system() {
    assert_eq!(found(Command::new("sh").args(["-c", "echo abc"])), (false, 0));
}

fn script() {
    let script = "import socket\nsocket.socket().close()\n";
    assert_eq!(found(Command::new("python3").args(["-c", script])), (false, 0));
}

fn no_process() {
    let mut child = Command::new("sh").args(["-c", "exit"]).spawn().unwrap();
    let pid = Pid::from_raw(child.id() as i32);
    let mut lines = Lines::new();
    assert_eq!(lines.place(pid), None); // not traced
    child.wait().unwrap();
    assert_eq!((lines.place(pid), lines.has_lines(pid)), (None, false));
}

/// Prints what it takes; nothing depends on it.
fn costs() {
    let server = Program::c("tcp_echoserv").unwrap().serve(&[]).unwrap();
    for (name, args) in
        [("tcp_echocli", vec!["127.0.0.1".to_owned(), server.port.to_string()]), ("open_socket", vec![])]
    {
        let mut lines = Lines::new();
        let mut fresh = Lines::new();
        let mut times = Vec::new();
        let program = Program::rust(name).unwrap();
        trace(&mut lines, Command::new(program.path).args(args).stdin(Stdio::null()), |_, call| {
            let start = Instant::now();
            fresh.place(call.pid);
            times.push(start.elapsed());
            Continue(())
        });
        let total: Duration = times.iter().sum();
        times.sort();
        println!(
            "{name}: {} calls in {total:?}, the median {:?}, the slowest {:?}",
            times.len(),
            times[times.len() / 2],
            times.iter().rev().take(3).collect::<Vec<_>>()
        );
    }
}
