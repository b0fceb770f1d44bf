//! What slide 11 says of the number of sockets that one process may open.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};

use labkit::{Program, twins};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, sendto, socket};

/// What `program` prints on stdout and stderr when it is started from a shell after `commands`. The limit of a shell
/// is its own: the tests, which run at the same time, keep theirs.
fn after(commands: &str, program: &Program) -> (String, String) {
    let script = format!("exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; {commands} exec \"$0\"");
    let output = Program::at("sh").run(["-c", &script, program.path.to_str().unwrap()], b"").unwrap();
    (output.stdout_text(), output.stderr_text())
}

#[test]
fn f6_getdtablesize_is_the_soft_limit_that_ulimit_shows() {
    for program in twins(env!("CARGO_BIN_EXE_getdtablesize")).unwrap() {
        assert_eq!(after("ulimit -S -n 64;", &program).0, "getdtablesize() = 64\n");
        assert_eq!(after("ulimit -S -n 63; ulimit -S -n 65;", &program).0, "getdtablesize() = 65\n");

        let (stdout, _) = after("ulimit -S -n;", &program);
        let (ulimit, printed) = stdout.split_once('\n').unwrap();
        assert_eq!(printed, format!("getdtablesize() = {ulimit}\n"));
    }
}

/// The limit counts descriptors of every kind: 0, 1, 2, files and sockets.
#[test]
fn f6_the_socket_that_would_pass_the_limit_fails_with_emfile() {
    let open_socket = Program::c("open_socket").unwrap();
    let steps = ["/etc/passwd's", "stream socket", "datagram socket", "/etc/host's"];
    for (limit, what) in [(4, "socket fail"), (5, "socket fail"), (6, "open fail")] {
        let (stdout, stderr) = after(&format!("ulimit -S -n {limit};"), &open_socket);
        let opened: Vec<&str> = stdout.lines().collect();
        assert_eq!(opened.len(), limit - 3, "{stdout}");
        assert!(opened.iter().zip(steps).all(|(line, step)| line.starts_with(step)), "{stdout}");
        assert_eq!(stderr, format!("{what}: Too many open files\n")); // EMFILE
    }
    assert_eq!(after("ulimit -S -n 7;", &open_socket).1, "");
}

/// Slide 11: `FD_SETSIZE` from `<sys/types.h>`. It is a constant of the C library, whatever the limit.
#[test]
fn f6_fd_setsize_stays_1024() {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let source = "#include <sys/types.h>\n_Static_assert(FD_SETSIZE == 1024, \"\");\n";
    let output = Program::at(compiler).run(["-fsyntax-only", "-xc", "-"], source.as_bytes()).unwrap();
    assert_eq!(output.stderr_text(), "");
    assert_eq!(libc::FD_SETSIZE, 1024);
}

/// It bounds only what select(2) can watch; poll(2) watches any descriptor.
#[test]
fn f6_fd_setsize_does_not_bound_the_number_of_sockets() {
    let above = i32::try_from(libc::FD_SETSIZE).unwrap() + 1;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    // A process may raise its own limit as far as the hard one. The test that asks for the limit has its own process.
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(2048).min(hard), hard).unwrap();

    let s = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), None).unwrap();
    bind(s.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    // SAFETY: F_DUPFD_CLOEXEC touches no memory.
    let high = unsafe { libc::fcntl(s.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above) };
    assert!(high >= above, "{}: the hard limit is {hard}", nix::errno::Errno::last());
    // SAFETY: fcntl has just opened this descriptor, so nobody else owns it.
    let high = unsafe { OwnedFd::from_raw_fd(high) };

    let addr: SockaddrIn = getsockname(high.as_raw_fd()).unwrap();
    sendto(s.as_raw_fd(), b"abc", &addr, nix::sys::socket::MsgFlags::empty()).unwrap();
    let mut watched = [PollFd::new(high.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut watched, PollTimeout::from(60_000_u16)), Ok(1));
}
