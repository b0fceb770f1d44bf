//! What every program makes of its command line (programs' rules, README "The rules"): wrong arguments get one usage
//! line on stderr and exit status 2, `-h` and `--help` the same line on stdout and 0. Rust and C alike.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use labkit::peers::{MESSAGES_UNREAD, READER_GONE, READER_GONE_SIGPIPE_IGNORED, redirected};
use labkit::{Output, Program, Running};

/// Every program's usage line.
const USAGE: [&str; 14] = [
    "open_socket",
    "getdtablesize",
    "byte_order",
    "ascii_ip IP",
    "get_hostent NAME",
    "get_host_byaddr IP",
    "mydaytime IP [PORT=13]",
    "tcp_echocli IP [PORT=7]",
    "port_number [IP [PORT=7]]",
    "tcp_echoserv [-v] [PORT=7]",
    "udp_echocli IP [PORT=7]",
    "udp_echoserv [-v] [PORT=7]",
    "connected_udp IP [PORT=7]",
    "daytimeserv [PORT=13]",
];

/// What nobody may give as an address, a name or a port.
const NEVER: [&[u8]; 10] =
    [b"", b" ", b"-", b"-x", b"--", b"--verbose", b"\xff", b"127.0.0.1\xff", b"\xed\x95\x9c", b"a b"];
const NO_IP: [&[u8]; 9] = [
    b"1.2",
    b"256.1.1.1",
    b"::1",
    b"1.2.3",
    b"1.2.3.4.5",
    b"0x7f.0.0.1",
    b" 127.0.0.1",
    b"127.0.0.1 ",
    b"localhost",
];
const NO_PORT: [&[u8]; 11] = [
    b"0",
    b"70000",
    b"65536",
    b"7x",
    b"x7",
    b"+7",
    b"-7",
    b" 7",
    b"7 ",
    b"7.0",
    b"99999999999999999999999999",
];

fn both(name: &str) -> [Program; 2] {
    [Program::rust(name).unwrap(), Program::c(name).unwrap()]
}

fn name(usage: &str) -> &str {
    usage.split(' ').next().unwrap()
}

fn run(program: &Program, args: &[&[u8]]) -> Output {
    program.run(args.iter().map(|arg| OsString::from_vec(arg.to_vec())), b"").unwrap()
}

fn assert_refused(usage: &str, args: &[&[u8]]) {
    for program in both(name(usage)) {
        let output = run(&program, args);
        let what = format!("{} {args:?}", program.path.display());
        assert_eq!(output.stderr_text(), format!("usage: {usage}\n"), "{what}");
        assert_eq!(output.stdout, b"", "{what}");
        assert_eq!(output.code, Some(2), "{what}");
    }
}

#[test]
fn help_is_the_usage_line_on_stdout() {
    for usage in USAGE {
        for program in both(name(usage)) {
            for args in
                [&[b"-h".as_slice()][..], &[b"--help"], &[b"1.2", b"-h"], &[b"a", b"b", b"c", b"--help"]]
            {
                let output = run(&program, args);
                assert_eq!(output.stdout_text(), format!("usage: {usage}\n"), "{program:?}");
                assert_eq!((output.stderr, output.code), (vec![], Some(0)), "{program:?}");
            }
        }
    }
}

#[test]
fn a_missing_argument_is_refused() {
    for usage in USAGE.iter().filter(|usage| usage.contains(" IP") || usage.contains(" NAME")) {
        assert_refused(usage, &[]);
    }
}

#[test]
fn a_wrong_argument_is_refused() {
    for usage in USAGE {
        let wrong: Vec<&[u8]> = match usage.split(['[', ' ']).filter(|word| !word.is_empty()).nth(1) {
            None => vec![b"1", b"127.0.0.1", b"-v"],
            Some("IP") => [&NO_IP[..], &[b"7"], &[b"-v"]].concat(),
            Some("NAME") => vec![b"-v", b"www.\xea\xb0\x95\xec\x9b\x90.kr", b"\x7f", b"tab\there"],
            Some(_) => [&NO_PORT[..], &[b"127.0.0.1"]].concat(),
        };
        for wrong in NEVER.iter().chain(&wrong) {
            assert_refused(usage, &[wrong]);
        }
    }
}

#[test]
fn a_wrong_port_after_an_address_is_refused() {
    for usage in USAGE.iter().filter(|usage| usage.contains("IP [PORT")) {
        for wrong in NEVER.iter().chain(&NO_PORT) {
            assert_refused(usage, &[b"127.0.0.1", wrong]);
        }
    }
}

#[test]
fn too_many_arguments_are_refused() {
    for usage in USAGE {
        let right: &[&[u8]] = match usage.split_once(' ').map_or("", |(_, words)| words) {
            "" => &[],
            "IP" => &[b"127.0.0.1"],
            "NAME" => &[b"localhost"],
            words if words.contains("IP") => &[b"127.0.0.1", b"9"],
            _ => &[b"9"],
        };
        assert_refused(usage, &[right, &[b"9"]].concat());
    }
}

#[test]
fn random_bytes_are_refused_and_never_a_panic() {
    // Random but the same in every run: a failure can be run again. xorshift64.
    let mut state = 0x2007_0226_1100_21C3_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for usage in USAGE {
        for _ in 0..20 {
            let args: Vec<Vec<u8>> = (0..random() % 4)
                .map(|_| (0..random() % 40).map(|_| (random() % 255 + 1) as u8).collect())
                .collect();
            // A high byte in each makes it wrong everywhere: no name, no address, no port.
            let args: Vec<Vec<u8>> = args.into_iter().map(|arg| [arg, vec![0x80]].concat()).collect();
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            if !args.is_empty() {
                assert_refused(usage, &args);
            }
        }
    }
}

/// What a program does, in Rust and in C, when its help goes where the redirection says. It is sockcommon's doing, and
/// mirror sees to it that C and Rust of all programs do the same.
fn help(redirection: &str, mut check: impl FnMut(&Program, Output)) {
    for program in both("open_socket") {
        let help = Running::start(redirected(&program, redirection).arg("-h")).unwrap();
        check(&program, help.finish().unwrap());
    }
}

#[test]
#[cfg(target_os = "linux")] // /dev/full is Linux's
fn a_usage_line_that_has_no_room_is_an_error() {
    help(">/dev/full", |program, output| {
        let seen = (output.code, output.stderr_text());
        assert_eq!(seen, (Some(1), "stdout fail: No space left on device\n".into()), "{program:?}");
    });
}

#[test]
fn a_usage_line_for_a_stdout_that_takes_no_bytes_is_no_error() {
    for stdout in [">&-", "1</dev/null"] {
        help(stdout, |program, output| {
            assert_eq!((output.code, output.stderr_text()), (Some(0), String::new()), "{program:?} {stdout}");
        });
    }
}

#[test]
fn a_usage_line_that_nobody_reads_ends_it_as_sigpipe_does() {
    for redirection in [READER_GONE, READER_GONE_SIGPIPE_IGNORED] {
        help(redirection, |program, output| {
            let seen = (output.signal, output.stderr_text());
            assert_eq!(seen, (Some(libc::SIGPIPE), String::new()), "{program:?} {redirection}");
        });
    }
}

#[test]
fn a_usage_line_on_a_stderr_that_nobody_reads_ends_c_by_sigpipe_and_not_rust() {
    let [rust, c] = both("ascii_ip").map(|program| {
        let mut command = redirected(&program, MESSAGES_UNREAD);
        Running::start(command.arg("1.2")).unwrap().finish().unwrap()
    });
    assert_eq!((rust.code, rust.signal), (Some(2), None));
    assert_eq!((c.code, c.signal), (None, Some(libc::SIGPIPE)));
}

#[test]
fn a_closed_stderr_is_no_panic() {
    // In C the socket of a client would be its stderr.
    for usage in USAGE {
        let rust = Program::rust(name(usage)).unwrap();
        let refused = Running::start(redirected(&rust, "2>&-").arg("--no-such")).unwrap();
        assert_eq!(refused.finish().unwrap().code, Some(2), "{rust:?}");
    }
}
