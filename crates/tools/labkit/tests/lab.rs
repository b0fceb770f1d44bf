//! scripts/lab: every command on the slides works in it as typed, it shuts the world out, and it leaves nothing behind.
//! Ports 7 and 13 are fixed here because they are those of a practice network.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use labkit::{Output, Program, Running, missing_program, root, run_trials, trial, until};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::geteuid;
use procfs::process::{Process, Stat, all_processes};

fn main() {
    // Whoever runs this in the background may have it ignore them, and so every network.
    for ignored in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGTERM] {
        // SAFETY: the default action needs no handler.
        unsafe { signal(ignored, SigHandler::SigDfl) }.unwrap();
    }
    let missing = missing_namespaces();
    if missing.is_none() {
        // The first network builds the lecture programs; the others find them.
        let _ = lab(["true"]).env_remove("SUDO_USER").stdin(Stdio::null()).output();
    }
    let lab = |name, test: fn()| trial(name, missing.clone(), test);
    let terminal =
        |name, test: fn()| trial(name, missing.clone().or_else(|| missing_program("script")), test);
    run_trials(vec![
        lab("commands_on_the_slides_print_what_the_slides_show", commands_print_what_the_slides_show),
        trial(
            "the_echo_programs_make_the_slides_calls_and_no_others",
            missing.clone().or_else(|| missing_program("strace")),
            the_slides_calls_and_no_others,
        ),
        lab("mydaytime_prints_one_line_as_ctime_does", mydaytime_prints_one_line),
        lab("port_number_prints_two_ports", port_number_prints_two_ports),
        lab("getdtablesize_is_the_limit", getdtablesize_is_the_limit),
        lab("f12_a_host_can_have_several_addresses_and_aliases", f12_several_addresses_and_aliases),
        lab("a_name_is_printed_byte_for_byte", a_name_is_printed_byte_for_byte),
        lab("without_the_echo_service_byte_order_says_where_services_are", byte_order_without_echo),
        lab("a_machine_whose_services_lack_echo_gets_it", services_without_echo_are_completed),
        lab("a_machine_without_services_is_told_so", a_machine_without_services_is_told_so),
        lab("input_output_and_arguments_pass_through", input_output_and_arguments_pass_through),
        lab("the_exit_status_passes_through", the_exit_status_passes_through),
        lab("the_environment_passes_through_but_for_the_resolvers", environment_passes_through),
        lab("the_folder_stays", the_folder_stays),
        lab("help_and_wrong_options", help_and_wrong_options),
        lab("without_servers_ports_7_and_13_may_be_bound", ports_may_be_bound),
        lab("nothing_outside_is_reachable", nothing_outside_is_reachable),
        lab("two_labs_do_not_see_each_other", two_labs_do_not_see_each_other),
        lab("a_lab_in_a_lab_works", a_lab_in_a_lab_works),
        lab("a_second_terminal_joins_the_network_that_was_opened_last", a_second_terminal_joins_the_last),
        lab("the_command_of_a_second_terminal_ends_with_it", the_command_of_a_second_terminal_ends_with_it),
        lab("a_second_terminal_says_why_there_is_none", a_second_terminal_says_why_there_is_none),
        lab("what_only_looks_like_a_network_is_not_joined", what_only_looks_like_a_network_is_not_joined),
        lab("the_name_service_cache_of_the_machine_is_not_asked", name_service_cache_is_not_asked),
        trial("no_name_server_is_known", missing.clone().or_else(no_resolv_conf), no_name_server_is_known),
        lab("ps_shows_the_labs_processes_alone", ps_shows_the_labs_processes_alone),
        lab("all_it_started_ends_with_its_command", all_ends_with_the_command),
        lab("all_it_started_ends_when_it_is_killed", all_ends_when_it_is_killed),
        lab("all_it_started_ends_when_it_is_told_to", all_ends_when_it_is_told_to),
        lab("process_1_ends_if_it_comes_too_late_to_be_watched", process_1_ends_if_it_comes_too_late),
        lab("no_file_and_no_mount_remains", no_file_and_no_mount_remains),
        lab("a_refusal_says_which_setting_and_what_to_do", a_refusal_says_which_setting),
        lab("apparmors_refusal_is_recognised", apparmors_refusal_is_recognised),
        lab("a_missing_program_is_named_with_its_package", a_missing_program_is_named),
        lab("another_system_than_linux_is_told_so", another_system_is_told_so),
        lab("without_cargo_the_programs_must_be_there", programs_must_be_there),
        lab("a_server_that_does_not_come_up_is_named", a_server_that_does_not_come_up_is_named),
        terminal("a_shell_in_a_terminal", a_shell_in_a_terminal),
        terminal("a_shell_without_servers_says_so", a_shell_without_servers_says_so),
        terminal("a_second_terminal_is_a_shell_too", a_second_terminal_is_a_shell_too),
        lab("a_shell_reads_commands_from_a_file_too", a_shell_reads_commands_from_a_file_too),
        terminal("a_terminals_ctrl_c_is_the_commands", a_terminals_ctrl_c_is_the_commands),
        terminal("ctrl_c_before_the_command_has_started_ends_the_lab", ctrl_c_before_the_command),
    ]);
}

/// What isn't there can't be covered.
fn no_resolv_conf() -> Option<String> {
    (!Path::new("/etc/resolv.conf").exists()).then(|| "no /etc/resolv.conf".into())
}

/// Asks the kernel and not scripts/lab, which might be what is broken.
fn missing_namespaces() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("no namespaces: not Linux".into());
    }
    if let Some(missing) = ["unshare", "nsenter", "setpriv", "ip"].into_iter().find_map(missing_program) {
        return Some(missing);
    }
    let enter = |namespaces: &[&str]| {
        Command::new("unshare")
            .args(["--fork", "--net", "--mount", "--pid"])
            .args(namespaces)
            .args(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && mount -t tmpfs lab /tmp"])
            .output()
            .unwrap()
    };
    if geteuid().is_root() && enter(&[]).status.success() {
        return None;
    }
    let output = enter(&["--user", "--map-root-user"]);
    let reason = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| format!("no namespaces: {}", reason.trim_end()))
}

// ---- How a test uses a practice network ----

fn script() -> PathBuf {
    root().canonicalize().unwrap().join("scripts/lab")
}

/// Cargo's target folder, of which this test is `debug/deps/lab-…`.
fn target() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(3).unwrap().into()
}

fn lab<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(script());
    // The first network has built, and whoever comes by sudo does not.
    command.args(args).env("CARGO_TARGET_DIR", target()).env("SUDO_USER", "nobody");
    command
}

/// A lab in which a shell script runs first, as that network's root, with scripts/lab in $LAB.
fn sh(script_: &str) -> Command {
    let mut command = lab(["--no-servers", "sh", "-ec", script_]);
    command.env("LAB", script());
    command
}

fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let mut running = Running::start(command).unwrap();
    running.write(stdin);
    running.finish().unwrap()
}

#[track_caller]
fn assert_output(output: &Output, stdout: &str, stderr: &str, code: i32) {
    assert_eq!((&*output.stdout_text(), &*output.stderr_text(), output.code), (stdout, stderr, Some(code)));
}

/// A lecture program by its name, as a student types it, and its C twin.
fn twins(name: &str) -> [PathBuf; 2] {
    [name.into(), Program::c(name).unwrap().path]
}

fn text_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn executable(folder: &Path, name: &str, text: &str) {
    let path = text_file(folder, name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

// ---- The slides ----

/// Command line, stdin, stdout, stderr, exit status.
const COMMANDS: &[(&str, &str, &str, &str, i32)] = &[
    (
        "open_socket",
        "",
        "/etc/passwd's file descriptor = 3\n\
         stream socket descriptor = 4\n\
         datagram socket descriptor = 5\n\
         /etc/host's file descriptor = 6\n",
        "",
        0,
    ),
    (
        "byte_order",
        "",
        if cfg!(target_endian = "little") {
            "UDP 에코 포트번호(네트워크 순서) : 1792\nUDP 에코 포트번호(호스트 순서) : 7\n"
        } else {
            "UDP 에코 포트번호(네트워크 순서) : 7\nUDP 에코 포트번호(호스트 순서) : 7\n"
        },
        "",
        0,
    ),
    (
        "ascii_ip 210.115.36.231",
        "",
        if cfg!(target_endian = "little") {
            "* 입력한 dotted decimal IP 주소 : 210.115.36.231\n\n\
             inet_pton(210.115.36.231) = 0xE72473D2\n\
             inet_ntop(0xE72473D2) = 210.115.36.231\n"
        } else {
            "* 입력한 dotted decimal IP 주소 : 210.115.36.231\n\n\
             inet_pton(210.115.36.231) = 0xD27324E7\n\
             inet_ntop(0xD27324E7) = 210.115.36.231\n"
        },
        "",
        0,
    ),
    (
        "get_hostent www.kangwon.ac.kr",
        "",
        "호스트 이름 : www.kangwon.ac.kr\n\
         호스트 주소타입 번호 : 2\n\
         호스트 주소의 길이 : 4\n\
         IP주소(1번째) : 192.0.2.10\n\
         호스트 별명(1 번째) : kangwon\n",
        "",
        0,
    ),
    ("get_hostent nosuch.example", "", "", "gethostbyname fail: Unknown host\n", 1),
    ("get_host_byaddr 211.32.119.151", "", "호스트 이름 : yahoo.co.kr\n", "", 0),
    ("get_host_byaddr 192.0.2.99", "", "", "Error at gethostbyaddr(): Unknown host\n", 1),
    ("tcp_echocli 127.0.0.1", "abcdefg\n", "입력 : 수신 : abcdefg\n", "", 0),
    ("udp_echocli 127.0.0.1", "abcdefg\n", "입력 : 수신 : abcdefg\n", "", 0),
    (
        "connected_udp 127.0.0.1",
        "abcdefg\n",
        "1. connect(127.0.0.1:1) : 성공. 이 포트에는 서버가 없습니다.\n   \
         send() : 성공, recv() : Connection refused\n\
         2. connect(127.0.0.1:7) : 성공. 통신 상대가 바뀌었습니다.\n\
         3. send()와 recv()에는 주소가 필요 없습니다.\n\
         입력 : 수신 : abcdefg\n\
         4. connect(AF_UNSPEC) : 성공. getpeername() : Transport endpoint is not connected\n",
        "",
        0,
    ),
];

fn commands_print_what_the_slides_show() {
    for (line, stdin, stdout, stderr, code) in COMMANDS {
        let mut words = line.split(' ').map(OsStr::new);
        let name = words.next().unwrap().to_str().unwrap();
        for program in twins(name) {
            let output = run(lab([program]).args(words.clone()), stdin.as_bytes());
            assert_output(&output, stdout, stderr, *code);
        }
    }
}

/// The calls that strace has written to `file`: from main on, without those of stdio and memory.
fn own_calls(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let calls: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('(')).collect();
    // Before main the loader unmaps its cache; Rust's runtime guards its stack last, with a handler of SIGBUS.
    let guard = calls.iter().rposition(|(call, args)| *call == "rt_sigaction" && args.starts_with("SIGBUS"));
    let start = guard.or_else(|| calls.iter().position(|(call, _)| *call == "munmap")).unwrap();
    let memory = ["brk", "mmap", "munmap", "mremap", "getrandom", "sigaltstack", "exit_group"];
    let stdio = |args: &str| ["0", "1", "2"].contains(&args.split([',', ')']).next().unwrap());
    let own = calls[start + 1..].iter().filter(|(call, args)| !memory.contains(call) && !stdio(args));
    own.map(|(call, _)| (*call).to_string()).collect()
}

fn the_slides_calls_and_no_others() {
    for (server, client) in twins("tcp_echoserv").into_iter().zip(twins("tcp_echocli")) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "strace -o serv {} 2>/dev/null & strace=$!
            until grep -q ': 00000000:0007 00000000:0000 0A ' /proc/net/tcp; do kill -0 $strace; done
            echo abcdefg | strace -o cli {} 127.0.0.1
            until [ \"$(grep -c ^accept serv)\" = 2 ]; do kill -0 $strace; done",
            server.display(),
            client.display()
        );
        assert_output(&run(sh(&script).current_dir(&folder), b""), "입력 : 수신 : abcdefg\n", "", 0);
        let cli = ["rt_sigaction", "socket", "connect", "write", "read", "close"];
        let serv = [
            "rt_sigaction",
            "socket",
            "bind",
            "listen",
            "accept",
            "read",
            "write",
            "read",
            "close",
            "accept",
        ];
        assert_eq!(own_calls(&folder.path().join("cli")), cli, "{}", client.display());
        assert_eq!(own_calls(&folder.path().join("serv")), serv, "{}", server.display());
    }
}

fn mydaytime_prints_one_line() {
    for program in twins("mydaytime") {
        let output = run(lab([program]).arg("211.221.225.175"), b"");
        let stdout = output.stdout_text();
        assert_output(&output, &stdout, "", 0);
        // Mon Feb 26 11:00:21 2007
        let line = stdout.strip_suffix("\r\n").unwrap();
        let date =
            Command::new("date").env("LC_ALL", "C").args(["-d", line, "+%a %b %e %T %Y"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&date.stdout), format!("{line}\n"));
    }
}

fn port_number_prints_two_ports() {
    for (program, args) in twins("port_number")
        .into_iter()
        .flat_map(|program| [&[] as &[&str], &["127.0.0.1"]].map(|args| (program.clone(), args)))
    {
        let output = run(lab([program]).args(args), b"");
        let stdout = output.stdout_text();
        assert_output(&output, &stdout, "", 0);
        let (stream, dgram) = stdout.trim_end().split_once('\n').unwrap();
        for (line, socket) in [(stream, "스트림 소켓 포트번호 = "), (dgram, "데이터그램 소켓 포트번호 = ")]
        {
            let port: u16 = line.strip_prefix(socket).unwrap().parse().unwrap();
            assert!(port >= 1024, "{line}");
        }
    }
}

fn getdtablesize_is_the_limit() {
    for program in twins("getdtablesize") {
        let output = run(sh("ulimit -n 77; \"$PROGRAM\"").env("PROGRAM", program), b"");
        assert_output(&output, "getdtablesize() = 77\n", "", 0);
    }
}

fn f12_several_addresses_and_aliases() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = text_file(
        folder.path(),
        "hosts",
        "192.0.2.1 many.example one.example two.example\n192.0.2.2 many.example three.example\n",
    );
    for program in twins("get_hostent") {
        let mut command = sh("mount --bind \"$HOSTS\" /etc/hosts; \"$PROGRAM\" many.example");
        assert_output(
            &run(command.env("HOSTS", &hosts).env("PROGRAM", program), b""),
            "호스트 이름 : many.example\n\
             호스트 주소타입 번호 : 2\n\
             호스트 주소의 길이 : 4\n\
             IP주소(1번째) : 192.0.2.1\n\
             IP주소(2번째) : 192.0.2.2\n\
             호스트 별명(1 번째) : one.example\n\
             호스트 별명(2 번째) : two.example\n\
             호스트 별명(3 번째) : three.example\n",
            "",
            0,
        );
    }
}

const NO_ECHO: &str = "서비스 정보를 얻을 수 없음\n\
     서비스 목록은 /etc/services에 있습니다. 파일이 없으면 설치하세요: apt-get install netbase\n";

fn a_name_is_printed_byte_for_byte() {
    for (byaddr, hostent) in twins("get_host_byaddr").into_iter().zip(twins("get_hostent")) {
        let script = format!(
            "printf '192.0.2.3 caf\\351 coffee.example\\n192.0.2.4 tea.example th\\351\\n' >>/etc/hosts
            {} 192.0.2.3
            {hostent} coffee.example | head -n1
            {hostent} tea.example | tail -n1",
            byaddr.display(),
            hostent = hostent.display()
        );
        // A Latin-1 é, which is no UTF-8.
        let stdout = ["호스트 이름 : caf", "호스트 이름 : caf", "호스트 별명(1 번째) : th"]
            .map(|text| [text.as_bytes(), b"\xe9\n"].concat());
        let output = run(&mut sh(&script), b"");
        assert_eq!(output.stdout, stdout.concat(), "{output:?}");
    }
}

fn byte_order_without_echo() {
    for program in twins("byte_order") {
        let mut command = sh("mount --bind /dev/null /etc/services; \"$PROGRAM\"");
        assert_output(&run(command.env("PROGRAM", program), b""), "", NO_ECHO, 1);
    }
}

fn services_without_echo_are_completed() {
    let folder = tempfile::tempdir().unwrap();
    let services = text_file(folder.path(), "services", "ssh 22/tcp\n");
    let mut command = sh("mount --bind \"$SERVICES\" /etc/services
                          \"$LAB\" byte_order | tail -n 1
                          \"$LAB\" getent -s files services ssh");
    let output = run(command.env("SERVICES", services), b"");
    assert_output(&output, "UDP 에코 포트번호(호스트 순서) : 7\nssh                   22/tcp\n", "", 0);
}

fn a_machine_without_services_is_told_so() {
    let mut command = sh("mount -t tmpfs test /etc
                          touch /etc/hosts /etc/nsswitch.conf /etc/host.conf
                          \"$LAB\" byte_order");
    let told = "lab: there is no /etc/services, so what needs it fails (Debian: netbase, base-files).\n";
    assert_output(&run(&mut command, b""), "", &format!("{told}{NO_ECHO}"), 1);
}

// ---- A command in a practice network ----

fn input_output_and_arguments_pass_through() {
    let bytes: Vec<u8> = (0..1 << 20).map(|i: u32| (i * 7 + (i >> 8)) as u8).collect();
    let output = run(&mut lab(["cat"]), &bytes);
    assert!(output.stdout == bytes, "{} bytes came back of {}", output.stdout.len(), bytes.len());
    assert_eq!((&*output.stderr_text(), output.code), ("", Some(0)));

    let output = run(&mut lab(["--", "printf", "%s|", "a b", "", "*", "--help", "$HOME"]), b"");
    assert_output(&output, "a b||*|--help|$HOME|", "", 0);
    let output = run(&mut lab(["sh", "-c", "echo out; echo err >&2"]), b"");
    assert_output(&output, "out\n", "err\n", 0);
}

fn the_exit_status_passes_through() {
    for code in [0, 1, 2, 130, 255] {
        assert_output(&run(&mut lab(["sh", "-c", &format!("exit {code}")]), b""), "", "", code);
    }
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL, Signal::SIGSEGV] {
        let output = run(&mut lab(["sh", "-c", &format!("ulimit -c 0; kill -{} $$", signal as i32)]), b"");
        assert_eq!(output.code, Some(128 + signal as i32), "{}", output.stderr_text());
    }
    let output = run(&mut lab(["no_such_program"]), b"");
    assert_eq!(output.code, Some(127));
    assert!(output.stderr_text().contains("no_such_program"), "{}", output.stderr_text());
}

fn environment_passes_through() {
    let variables = ["HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF", "RESOLV_MULTI", "KEPT"];
    let output = run(lab(["env"]).envs(variables.map(|name| (name, "x"))), b"");
    let stdout = output.stdout_text();
    let kept: Vec<&str> = stdout.lines().filter_map(|line| line.strip_suffix("=x")).collect();
    assert_eq!(kept, ["KEPT"]);
}

fn the_folder_stays() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(lab(["pwd"]).current_dir(&folder), b"");
    assert_output(&output, &format!("{}\n", folder.path().canonicalize().unwrap().display()), "", 0);
}

fn help_and_wrong_options() {
    for help in ["-h", "--help"] {
        let output = run(&mut lab([help]), b"");
        assert!(output.stdout_text().starts_with("usage: scripts/lab [--no-servers | --join] [COMMAND"));
        assert_eq!((&*output.stderr_text(), output.code), ("", Some(0)));
    }
    for wrong in [&["--servers", "true"][..], &["--no-servers", "--join"], &["--join", "--try"]] {
        let output = run(&mut lab(wrong), b"");
        assert!(output.stderr_text().starts_with("usage: "));
        assert_eq!((&*output.stdout_text(), output.code), ("", Some(2)));
    }
}

// ---- A network of its own ----

fn ports_may_be_bound() {
    for (name, port) in [("tcp_echoserv", 7), ("udp_echoserv", 7), ("daytimeserv", 13)] {
        for program in twins(name) {
            let server = Running::start(lab(["--no-servers"]).arg(program)).unwrap();
            let stderr = server.wait_stderr("\n").unwrap();
            assert!(stderr.contains(&format!("0.0.0.0:{port}에서")), "{stderr}");
        }
        // With the network's own server there it is taken.
        let output = run(&mut lab([name]), b"");
        assert!(output.stderr_text().starts_with("bind fail: Address already in use\n"));
        assert_eq!(output.code, Some(1));
    }
    let output = run(&mut lab(["--no-servers", "tcp_echocli", "127.0.0.1"]), b"");
    assert!(
        output.stderr_text().starts_with("connect fail: Connection refused\n"),
        "{}",
        output.stderr_text()
    );
}

fn nothing_outside_is_reachable() {
    let output = run(&mut lab(["tcp_echocli", "192.0.2.1"]), b"");
    assert_output(&output, "", "connect fail: Network is unreachable\n", 1);
    let output = run(&mut lab(["udp_echocli", "192.0.2.1"]), b"abcdefg\n");
    assert_output(&output, "입력 : ", "sendto fail: Network is unreachable\n", 1);

    // Loopback is not the machine's either.
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port().to_string();
    let output = run(&mut lab(["tcp_echocli", "127.0.0.1", &port]), b"");
    assert!(
        output.stderr_text().starts_with("connect fail: Connection refused\n"),
        "{}",
        output.stderr_text()
    );
}

fn two_labs_do_not_see_each_other() {
    let server = || {
        let server = Running::start(&mut lab(["--no-servers", "tcp_echoserv"])).unwrap();
        server.wait_stderr("0.0.0.0:7에서 연결을 기다립니다.\n").unwrap();
        server
    };
    let _servers = [server(), server()];
    let output = run(&mut lab(["--no-servers", "tcp_echocli", "127.0.0.1"]), b"");
    assert!(
        output.stderr_text().starts_with("connect fail: Connection refused\n"),
        "{}",
        output.stderr_text()
    );
}

fn a_lab_in_a_lab_works() {
    let output = run(&mut sh("\"$LAB\" tcp_echocli 127.0.0.1"), b"abcdefg\n");
    assert_output(&output, "입력 : 수신 : abcdefg\n", "", 0);
    // It has names of its own, whatever has become of the other one's.
    let output = run(&mut sh("echo > /etc/hosts; \"$LAB\" grep -c kangwon /etc/hosts"), b"");
    assert_output(&output, "1\n", "", 0);
}

/// Opens networks with an address and an echo server each, and waits until that is there; `joined` tells which one is joined. In a
/// network around them: outside, other tests open networks, too.
const NETWORKS: &str = r#"mkfifo up end
    network() {
        "$LAB" --no-servers sh -c "ip address add $1 dev lo; tcp_echoserv & cat" <end 2>up 3>&- 4<&- 5>&- &
        exec 3>end 4<up
        while read line <&4; do case $line in *7에서*) return ;; esac; echo "$line" >&2; done
        exit 1
    }
    joined() { "$LAB" --join ip -oneline -family inet address show dev lo | grep -o '192.0.2.[0-9]*'; }
"#;

fn a_second_terminal_joins_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sh(&format!(
        r#"{NETWORKS}
        network 192.0.2.1/32
        pwd
        "$LAB" --join pwd
        echo abcdefg | "$LAB" --join tcp_echocli 127.0.0.1
        "$LAB" --join get_host_byaddr 211.32.119.151
        "$LAB" --join sh -c 'exit 5' || echo $?
        joined
        exec 5>&3 6<&4 # the first network's, which reads on
        network 192.0.2.2/32
        joined
        exec 3>&- 5>&-
        wait"#
    ));
    let folder = folder.path().canonicalize().unwrap();
    let output = run(command.current_dir(&folder), b"");
    let told = format!(
        "{0}\n{0}\n입력 : 수신 : abcdefg\n호스트 이름 : yahoo.co.kr\n5\n192.0.2.1\n192.0.2.2\n",
        folder.display()
    );
    assert_output(&output, &told, "", 0);
}

/// However it is told to end.
fn the_command_of_a_second_terminal_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sh(&format!(
        r#"{NETWORKS}
        network 192.0.2.1/32
        for signal in TERM INT HUP KILL; do
            mkfifo $signal
            "$LAB" --join sh -c 'trap "" HUP; echo ready; exec sleep 1000' >$signal 2>/dev/null &
            joined=$!
            exec 7<$signal
            read line <&7
            kill -$signal $joined
            cat <&7 # its output ends when nobody has it any more
            echo $signal $line
        done
        exec 3>&-
        wait"#
    ));
    let output = run(command.current_dir(&folder), b"");
    assert_eq!(output.stdout_text(), "TERM ready\nINT ready\nHUP ready\nKILL ready\n", "{output:?}");
}

fn a_second_terminal_says_why_there_is_none() {
    let said = |command: &str| run(&mut sh(command), b"").stderr_text();
    assert_eq!(
        said("unset PRACTICE_NETWORK; exec \"$LAB\" --join echo reached"),
        "lab: no practice network of yours is open. Open one in another terminal first: scripts/lab\n\
         lab: One that was opened with sudo is joined with sudo: sudo scripts/lab --join\n"
    );
    assert_eq!(
        said("exec \"$LAB\" --join echo reached"),
        "lab: this terminal is in a practice network already. Type scripts/lab --join in another terminal.\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = format!("{NETWORKS} network 192.0.2.1/32; CARGO_TARGET_DIR=/none \"$LAB\" --join pwd");
    let said = run(sh(&elsewhere).current_dir(&folder), b"").stderr_text();
    assert!(said.contains("there is no /none/observed/"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let gone =
        format!("{NETWORKS} network 192.0.2.1/32; mkdir gone; cd gone; rmdir ../gone; \"$LAB\" --join pwd");
    let said = run(sh(&gone).current_dir(&folder), b"").stderr_text();
    assert!(said.contains("is not there in that network") && said.ends_with("first: cd\n"), "{said}");
}

/// What looks like a network's parent is not joined in somebody else's pid namespace, a container's, nor where it has this network
/// itself.
fn what_only_looks_like_a_network_is_not_joined() {
    for namespaces in ["--pid --net", "--mount"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = sh(&format!(
            r#"unset PRACTICE_NETWORK
            mkfifo up end
            unshare {namespaces} --fork sh -c 'echo up >up; read line' --lab-parent --lab-init / '' <end &
            exec 3>end
            read line <up
            "$LAB" --join echo reached || echo $?"#
        ));
        let output = run(command.current_dir(&folder), b"");
        assert!(output.stderr_text().contains("no practice network of yours is open"), "{output:?}");
        assert_eq!(output.stdout_text(), "1\n");
    }
}

fn name_service_cache_is_not_asked() {
    let mut command = sh("mount -t tmpfs test /run
                          mkdir /run/nscd
                          touch /run/nscd/socket
                          \"$LAB\" ls -A /run/nscd");
    assert_output(&run(&mut command, b""), "", "", 0);
}

fn no_name_server_is_known() {
    let output = run(&mut lab(["--no-servers", "cat", "/etc/resolv.conf"]), b"");
    assert_output(&output, "# The practice network is offline.\n", "", 0);
}

fn ps_shows_the_labs_processes_alone() {
    let output = run(&mut lab(["--no-servers", "sh", "-c", "echo /proc/[0-9]*; echo $$"]), b"");
    let stdout = output.stdout_text();
    let own = stdout.lines().last().unwrap();
    assert_output(&output, &format!("/proc/1 /proc/{own}\n{own}\n"), "", 0);
}

// ---- Its end ----

/// All that `pid` has started, and what those have started, and so on.
fn started_by(pid: i32) -> Vec<Stat> {
    let all: Vec<Stat> = all_processes().unwrap().filter_map(|process| process.ok()?.stat().ok()).collect();
    let mut family = vec![pid];
    let mut next = 0;
    while next < family.len() {
        let parent = family[next];
        family.extend(all.iter().filter(|process| process.ppid == parent).map(|child| child.pid));
        next += 1;
    }
    all.into_iter().filter(|process| family[1..].contains(&process.pid)).collect()
}

fn wait_until_ended(processes: &[Stat]) {
    until("the end of all that the network has started", || {
        // A later process with that pid has another start.
        let ended = |was: &Stat| {
            let is = Process::new(was.pid).and_then(|process| process.stat()).ok();
            is.is_none_or(|is| is.starttime != was.starttime || matches!(is.state, 'Z' | 'X'))
        };
        Ok(processes.iter().all(ended).then_some(()))
    })
    .unwrap();
}

fn busy_lab() -> (Running, Vec<Stat>) {
    let detached = "setsid sleep 1000 </dev/null >/dev/null 2>&1 &";
    let mut command = lab(["sh", "-c", &format!("{detached} echo ready; cat")]);
    let lab = Running::start(&mut command).unwrap();
    lab.wait_stdout("ready\n").unwrap();
    let processes = started_by(lab.pid());
    assert!(processes.len() >= 6, "init, three servers, sh, sleep; but {} processes", processes.len());
    (lab, processes)
}

fn all_ends_with_the_command() {
    let (mut lab, processes) = busy_lab();
    lab.close_stdin();
    until("its end", || Ok(lab.ended()?.then_some(()))).unwrap();
    wait_until_ended(&processes);
    assert_output(&lab.finish().unwrap(), "ready\n", "", 0);
}

fn all_ends_when_it_is_killed() {
    let (lab, processes) = busy_lab();
    lab.signal(Signal::SIGKILL).unwrap();
    wait_until_ended(&processes);
}

fn all_ends_when_it_is_told_to() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let (mut lab, processes) = busy_lab();
        lab.signal(signal).unwrap();
        until("its end", || Ok(lab.ended()?.then_some(()))).unwrap();
        wait_until_ended(&processes);
        let output = lab.finish().unwrap();
        assert_eq!((output.signal, output.code), (Some(signal as i32), None));
        assert_eq!(output.stderr_text(), "");
    }
}

/// Between the start of process 1 and its word to the kernel its parent may have died: then it sees another parent.
fn process_1_ends_if_it_comes_too_late() {
    let output = run(&mut sh("\"$LAB\" --lab-init 1000000000 /nowhere '' echo reached"), b"");
    assert_output(&output, "", "", 1);
}

fn no_file_and_no_mount_remains() {
    // /tmp is empty in the outer network; the programs are elsewhere, wherever they were.
    let mut command = sh("mount -t tmpfs test /mnt
                          mkdir /mnt/root /mnt/target
                          mount --bind \"$ROOT\" /mnt/root
                          mount --bind \"$CARGO_TARGET_DIR\" /mnt/target
                          mount -t tmpfs test /tmp
                          export TMPDIR=/tmp CARGO_TARGET_DIR=/mnt/target
                          cat /proc/self/mounts >/mnt/before
                          /mnt/root/scripts/lab tcp_echocli 127.0.0.1
                          /mnt/root/scripts/lab sh -c 'kill -KILL $$' 2>/dev/null || echo $?
                          echo 'echo a shell' | /mnt/root/scripts/lab
                          cat /proc/self/mounts >/mnt/after
                          diff /mnt/before /mnt/after
                          find /tmp -mindepth 1");
    let output = run(command.env("ROOT", root()), b"abcdefg\n");
    assert_output(&output, "입력 : 수신 : abcdefg\n137\na shell\n", "", 0);
}

// ---- Where it can't work ----

fn a_refusal_says_which_setting() {
    for kind in ["user", "net", "mnt", "pid"] {
        // A user that is not root, in a user namespace where the setting is 0.
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-ec"]);
        command.arg("echo 0 >/proc/sys/user/max_${KIND}_namespaces; exec \"$LAB\" tcp_echocli 127.0.0.1");
        command.env("KIND", kind).env("LAB", script()).env("CARGO_TARGET_DIR", target());
        let output = run(command.env("SUDO_USER", "nobody"), b"abcdefg\n");
        assert_output(
            &output,
            "",
            &format!(
                "lab: this machine refuses a practice network: unshare: unshare failed: No space left on device
     user.max_{kind}_namespaces is 0. To allow it until the next boot:
         sudo sysctl user.max_{kind}_namespaces=10000
     Root needs no user namespace: cargo build --profile=observed && sudo scripts/lab
     In a container, start the container with --privileged.\n"
            ),
            1,
        );
    }
}

/// AppArmor lets the namespaces be entered and then forbids what is done there.
fn apparmors_refusal_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = "RTNETLINK answers: Operation not permitted";
    executable(folder.path(), "ip", &format!("#!/bin/sh\necho {refusal} >&2\nexit 2\n"));
    let mut command = sh("mount -t tmpfs test /proc/sys/kernel
                          echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns
                          echo 0 >/proc/sys/kernel/unprivileged_userns_clone
                          PATH=$FOLDER:$PATH \"$LAB\" true");
    assert_output(
        &run(command.env("FOLDER", folder.path()), b""),
        "",
        &format!(
            "lab: this machine refuses a practice network: {refusal}
     kernel.apparmor_restrict_unprivileged_userns is 1. To allow it until the next boot:
         sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
     kernel.unprivileged_userns_clone is 0. To allow it until the next boot:
         sudo sysctl kernel.unprivileged_userns_clone=1
     In a container, start the container with --privileged.\n"
        ),
        1,
    );
}

fn a_missing_program_is_named() {
    for (others, program, package) in [
        ("", "ip", "iproute2"),
        ("ip", "unshare", "util-linux"),
        ("ip unshare", "nsenter", "util-linux"),
        ("ip unshare nsenter", "setpriv", "util-linux"),
    ] {
        let mut command = sh("mount -t tmpfs test /mnt
                              for program in bash uname $OTHERS; do cp \"$(command -v $program)\" /mnt; done
                              for folder in /usr/sbin /sbin; do mount -t tmpfs test $folder; done
                              PATH=/mnt
                              bash \"$LAB\" true");
        let output = run(command.env("OTHERS", others), b"");
        assert_output(
            &output,
            "",
            &format!("lab: {program} is missing: install the package {package}.\n"),
            1,
        );
    }
}

fn another_system_is_told_so() {
    // What bash was built for; it leaves the variable as it is if there is one.
    let output = run(lab(["true"]).env("OSTYPE", "darwin24"), b"");
    assert_output(
        &output,
        "",
        "lab: needs Linux and its namespaces; in a virtual machine, for instance.\n",
        1,
    );
}

fn programs_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(lab(["true"]).env("CARGO_TARGET_DIR", folder.path()), b"");
    let first = folder.path().join("observed/ascii_ip");
    let stderr =
        format!("lab: there is no {}: run `cargo build --profile=observed` first.\n", first.display());
    assert_output(&output, "", &stderr, 1);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "it has built");
}

fn a_server_that_does_not_come_up_is_named() {
    for server in ["tcp_echoserv", "udp_echoserv", "daytimeserv"] {
        let folder = tempfile::tempdir().unwrap();
        let programs = folder.path().join("observed");
        fs::create_dir(&programs).unwrap();
        for program in fs::read_dir(root().join("crates")).unwrap() {
            let name = program.unwrap().file_name();
            let real = target().join("observed").join(&name);
            symlink(if name == server { Path::new("/bin/true") } else { &real }, programs.join(name))
                .unwrap();
        }
        let command = |args: &[&str]| run(lab(args).env("CARGO_TARGET_DIR", folder.path()), b"");
        let stderr =
            format!("lab: {server} does not come up. See what it says: scripts/lab --no-servers {server}\n");
        assert_output(&command(&["echo", "not reached"]), "", &stderr, 1);
        assert_output(&command(&["--no-servers", "echo", "reached"]), "reached\n", "", 0);
    }
}

// ---- A shell ----

/// script(1) gives a practice network a terminal. A home with no .bashrc but ours, so cargo has to be left out.
fn in_terminal(home: &Path, command: &str) -> Running {
    let bashrc = "alias greet='echo from the .bashrc'
                  PS1='not so '
                  PROMPT_COMMAND='PS1=\"nor so \"'
                  PATH=/usr/bin:/bin\n";
    text_file(home, ".bashrc", bashrc);
    let mut script_ = Command::new("script");
    script_.args(["--quiet", "--return", "--command", command, "/dev/null"]);
    script_.env("LAB", script()).env("CARGO_TARGET_DIR", target()).env("SUDO_USER", "nobody");
    script_.env("HOME", home).env("SHELL", "/bin/sh").env("TERM", "dumb");
    Running::start(&mut script_).unwrap()
}

const PROMPT: &str = "(lab) $ ";

/// A line to the echo server and back, and a command that Ctrl-C ends. The terminal shows what is typed, too, so quotes keep
/// that apart from what is printed.
fn use_the_shell(shell: &mut Running) {
    shell.write(b"tcp_echocli 127.0.0.1\n");
    shell.wait_stdout("입력 : ").unwrap();
    shell.write(b"abcdefg\n");
    shell.wait_stdout("수신 : abcdefg").unwrap();
    shell.write(b"sh -c 'echo run''ning; exec sleep 1000'\n");
    shell.wait_stdout("running").unwrap();
    shell.write(b"\x03"); // Ctrl-C
    shell.write(b"echo sta''tus=$?\n");
    shell.wait_stdout("status=130").unwrap();
}

fn a_shell_in_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = in_terminal(home.path(), "\"$LAB\"");
    let banner = shell.wait_stdout(PROMPT).unwrap();
    for told in ["실습 네트워크입니다.", "127.0.0.1", "211.221.225.175", "www.kangwon.ac.kr", "exit"]
    {
        assert!(banner.contains(told), "{told} in {banner}");
    }

    use_the_shell(&mut shell);

    shell.write(b"sh -c 'echo sleep''ing; exec sleep 1000'\n");
    shell.wait_stdout("sleeping").unwrap();
    shell.write(b"\x1a"); // Ctrl-Z
    shell.wait_stdout("Stopped").unwrap();
    shell.write(b"kill %1; greet\n");
    shell.wait_stdout("from the .bashrc").unwrap();

    shell.write(b"open_socket\n");
    shell.wait_stdout("/etc/passwd's file descriptor = 3").unwrap();
    shell.write(b"exit 5\n");
    let output = shell.finish().unwrap();
    assert_eq!(output.code, Some(5), "{}", output.stdout_text());
    assert!(!output.stdout_text().contains(" so "), "the prompt is .bashrc's: {}", output.stdout_text());
}

fn a_shell_without_servers_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut shell = in_terminal(home.path(), "\"$LAB\" --no-servers");
    let banner = shell.wait_stdout(PROMPT).unwrap();
    assert!(banner.contains("tcp_echoserv -v &"), "{banner}");
    shell.write(b"tcp_echoserv &\n");
    shell.wait_stdout("0.0.0.0:7").unwrap();
    shell.write(b"exit\n");
    assert_eq!(shell.finish().unwrap().code, Some(0));
}

fn a_second_terminal_is_a_shell_too() {
    let home = tempfile::tempdir().unwrap();
    // The network that is joined is in one around it, and waits for a line.
    let first = "\"$LAB\" --no-servers sh -c 'tcp_echoserv & read line' <~/end &";
    text_file(home.path(), "first", &format!("mkfifo ~/end\n{first}\nexec 3>~/end bash --norc\n"));
    let mut shell = in_terminal(home.path(), "exec \"$LAB\" --no-servers sh ~/first");
    shell.wait_stdout("0.0.0.0:7").unwrap();

    shell.write(b"\"$LAB\" --join; echo sec''ond=$?\n");
    let banner = shell.wait_stdout(PROMPT).unwrap();
    assert!(banner.contains("tcp_echoserv -v &"), "{banner}");
    use_the_shell(&mut shell);
    shell.write(b"greet\n");
    shell.wait_stdout("from the .bashrc").unwrap();
    shell.write(b"exit 5\n");
    shell.wait_stdout("second=5").unwrap();

    // One command has its own idea of Ctrl-C.
    let trap = "\"$LAB\" --join sh -c 'trap \"echo cau''ght; read line; exit 9\" INT; echo rea''dy; sleep 1000 & wait'";
    shell.write(format!("{trap}; echo sta''tus=$?\n").as_bytes());
    shell.wait_stdout("ready").unwrap();
    shell.write(b"\x03");
    shell.wait_stdout("caught").unwrap();
    shell.write(b"\n");
    shell.wait_stdout("status=9").unwrap();

    // The network ends while a line is edited, and leaves the terminal as it was.
    let join = b"stty -g >~/before; \"$LAB\" --join; stty -g >~/after; cmp ~/before ~/after && echo sa''me\n";
    shell.write(join);
    shell.write(b"echo joi''ned\n");
    shell.wait_stdout("joined\r\n(lab) $ ").unwrap();
    fs::write(home.path().join("end"), "\n").unwrap();
    shell.wait_stdout("same").unwrap();
    shell.write(b"exit\n");
    let output = shell.finish().unwrap();
    assert_eq!(output.code, Some(0), "{}", output.stdout_text());
}

fn a_shell_reads_commands_from_a_file_too() {
    let output = run(&mut lab::<&str>([]), b"get_host_byaddr 211.32.119.151\nexit 3\n");
    assert_output(&output, "호스트 이름 : yahoo.co.kr\n", "", 3);
}

/// gdb, a Python prompt: what has its own idea of Ctrl-C keeps it.
fn a_terminals_ctrl_c_is_the_commands() {
    let home = tempfile::tempdir().unwrap();
    // It waits for a line before it ends: a terminal may lose what is printed just before its last process ends.
    let trap =
        "exec \"$LAB\" sh -c 'trap \"echo caught; read line; exit 9\" INT; echo ready; sleep 1000 & wait'";
    let mut command = in_terminal(home.path(), trap);
    command.wait_stdout("ready").unwrap();
    command.write(b"\x03");
    command.wait_stdout("caught").unwrap();
    command.write(b"\n");
    assert_eq!(command.finish().unwrap().code, Some(9));

    let mut command = in_terminal(home.path(), "exec \"$LAB\" sh -c 'echo ready; exec sleep 1000'");
    command.wait_stdout("ready").unwrap();
    command.write(b"\x03");
    assert_eq!(until("its end", || Ok(command.ended()?.then_some(()))).ok(), Some(()));
    assert_eq!(command.finish().unwrap().code, Some(130));
}

fn ctrl_c_before_the_command() {
    let home = tempfile::tempdir().unwrap();
    // Holds the network up while it sets up its addresses, and is not what Ctrl-C ends.
    executable(home.path(), "ip", "#!/bin/sh\n[ $1 = link ] && exit\ntrap '' INT\necho waits\nread line\n");
    let mut command = in_terminal(home.path(), "PATH=$HOME:$PATH exec \"$LAB\" echo reached");
    command.wait_stdout("waits").unwrap();
    command.write(b"\x03");
    command.wait_stdout("^C").unwrap();
    command.write(b"\n");
    let output = command.finish().unwrap();
    assert_eq!(output.code, Some(130), "{}", output.stdout_text());
    assert!(!output.stdout_text().contains("reached"), "{}", output.stdout_text());
}
