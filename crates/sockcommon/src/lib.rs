//! What every lecture program shares and no slide is about: errors as `perror` prints them, arguments and
//! default ports, a `sockaddr_in` as text, two loops, and the C library's calls that the libc crate lacks.
//! The C files have the same, under the same names, in `sockcommon.h`.

use std::ffi::{CStr, CString, OsString};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use std::{env, mem};

use libc::{AF_INET, FILE, c_char, c_int, c_void, hostent, in_addr, sockaddr_in, socklen_t};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, bind, setsockopt, socket, sockopt,
};
use nix::unistd::{geteuid, write};

/// Bytes in a buffer for one line or one datagram; the largest datagram has 65,507 (slides 46-48).
pub const MAXLINE: usize = 65_536;

/// Seconds that a client waits for a datagram before it gives up.
pub const ANSWER_TIMEOUT: i64 = 5;

// ---- Errors ----

/// Why a lecture program ends early. Its text is what stderr shows, without the last newline.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call failed: what `perror(what)` prints, and where a student would be stuck, what to do.
    #[error("{what}: {}{}", strerror(*.errno), hint(what, *.errno))]
    Call {
        /// The program's own words, as on the slide: `bind fail`.
        what: &'static str,
        /// What went wrong: errno(3).
        errno: Errno,
    },
    /// A look-up of a host failed: what `herror(what)` prints (slides 25, 26).
    #[error("{what}: {}", hstrerror(*.h_errno))]
    Lookup {
        /// The program's own words, as on the slide: `gethostbyname fail`.
        what: &'static str,
        /// What went wrong: gethostbyname(3), never errno.
        h_errno: c_int,
    },
    /// The arguments are wrong. Exit status 2.
    #[error("usage: {0}")]
    Usage(&'static str),
    /// `-h` or `--help`: the usage line, on stdout. Exit status 0.
    #[error("usage: {0}")]
    Help(&'static str),
    /// What no call reports and the program itself has to say.
    #[error("{0}")]
    Own(String),
}

impl From<io::Error> for Error {
    /// The only `std::io` in a lecture program is its stdout.
    fn from(error: io::Error) -> Self {
        Error::Call { what: "stdout fail", errno: error.raw_os_error().map_or(Errno::EIO, Errno::from_raw) }
    }
}

/// `socket(…).or_fail("socket fail")?` is the C file's `if (… < 0) fail("socket fail");`.
pub trait OrFail<T> {
    /// Turns an errno into the error that `perror(what)` would print.
    fn or_fail(self, what: &'static str) -> Result<T, Error>;
}

impl<T> OrFail<T> for nix::Result<T> {
    fn or_fail(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|errno| Error::Call { what, errno })
    }
}

/// Prints `what: the last error` on stderr and goes on: perror(3).
pub fn perror(what: &str) {
    say(format_args!("{what}: {}", strerror(Errno::last())));
}

/// One line on stderr, in one write. A closed stderr is no reason to end.
pub fn say(line: std::fmt::Arguments) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// What `main` of every lecture program does: runs it, prints its error, gives its exit status (0, 1, or 2 for
/// wrong arguments).
pub fn run(program: fn() -> Result<(), Error>) -> ExitCode {
    // Rust starts with SIGPIPE ignored, C with its default. Here both are the same program.
    // SAFETY: no other thread runs yet, and the default action needs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };

    match program().and_then(|()| Ok(io::stdout().flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(help @ Error::Help(_)) => {
            let _ = writeln!(io::stdout(), "{help}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(format_args!("{error}"));
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}

/// What to do about an error, as one more line; empty where perror says enough.
fn hint(what: &str, errno: Errno) -> &'static str {
    match (what, errno) {
        ("bind fail", Errno::EACCES) => {
            "\n1023번 이하의 포트는 root만 쓸 수 있습니다. 1024번 이상의 포트를 인자로 주거나 scripts/lab 안에서 실행하세요."
        }
        (_, Errno::EADDRINUSE) => {
            "\n다른 서버가 이 포트를 쓰고 있거나, 방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요."
        }
        (_, Errno::ECONNREFUSED) => {
            "\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)"
        }
        ("recv fail" | "recvfrom fail", Errno::EAGAIN) => {
            "\n5초 동안 응답이 없었습니다. IP 주소와 포트를 확인하고, 서버가 실행 중인지 보세요."
        }
        (_, Errno::EMSGSIZE) => {
            "\n데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요."
        }
        _ => "",
    }
}

/// What an errno means, in the C library's words: strerror(3).
#[must_use]
pub fn strerror(errno: Errno) -> String {
    // SAFETY: strerror takes any number.
    let text = unsafe { libc::strerror(errno as c_int) };
    // SAFETY: the text ends in NUL and stays until this thread's next strerror; it is copied at once.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn hstrerror(h_errno: c_int) -> String {
    // SAFETY: hstrerror takes any number.
    let text = unsafe { libc::hstrerror(h_errno) };
    // SAFETY: the text is a constant that ends in NUL.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

// ---- Arguments ----

/// What the command line said.
#[derive(Debug, Default)]
pub struct Args {
    /// `IP`: an address that inet_pton(3) takes; empty if none was given.
    pub ip: CString,
    /// `NAME`: a host's name; empty if the program takes none.
    pub name: CString,
    /// `PORT` in host byte order, or the default; 0 if the program takes none.
    pub port: u16,
    /// Was there a `-v`?
    pub verbose: bool,
}

/// Reads the command line as the usage line tells it: `tcp_echoserv [-v] [PORT=7]`. Words in brackets may be left
/// out; 7 is then the port, or 10007 where this user may not bind 7. `Usage` for everything else, `Help` for `-h`.
pub fn parse_args(usage: &'static str) -> Result<Args, Error> {
    let mut args = Args::default();
    let given: Vec<Vec<u8>> = env::args_os().skip(1).map(OsString::into_vec).collect();
    if given.iter().any(|arg| arg == b"-h" || arg == b"--help") {
        return Err(Error::Help(usage));
    }

    let mut words = usage.split(' ').skip(1).filter(|word| *word != "[-v]").peekable();
    for arg in given {
        if arg == b"-v" && usage.contains("[-v]") {
            args.verbose = true;
            continue;
        }
        let text = CString::new(arg).map_err(|_| Error::Usage(usage))?;
        match words.next().unwrap_or("").trim_start_matches('[') {
            "IP" if is_ip(&text) => args.ip = text,
            "NAME" if is_name(&text) => args.name = text,
            word if word.starts_with("PORT") => args.port = port(&text).ok_or(Error::Usage(usage))?,
            _ => return Err(Error::Usage(usage)),
        }
    }

    match words.next() {
        Some(word) if word.starts_with("[PORT=") => {
            let well_known = word.trim_matches(|c: char| !c.is_ascii_digit());
            args.port = default_port(well_known.parse().map_err(|_| Error::Usage(usage))?);
            Ok(args)
        }
        Some(word) if !word.starts_with('[') => Err(Error::Usage(usage)),
        _ => Ok(args),
    }
}

fn is_ip(text: &CStr) -> bool {
    let mut addr = in_addr { s_addr: 0 };
    // SAFETY: text ends in NUL and addr has the four bytes that AF_INET writes.
    unsafe { inet_pton(AF_INET, text.as_ptr(), (&raw mut addr).cast()) == 1 }
}

/// Host names are printable ASCII and don't start with a hyphen (RFC 952, RFC 1123).
fn is_name(text: &CStr) -> bool {
    let text = text.to_bytes();
    !text.is_empty() && text[0] != b'-' && text.iter().all(u8::is_ascii_graphic)
}

fn port(text: &CStr) -> Option<u16> {
    let text = text.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok().filter(|port| *port != 0)
}

/// The well-known port, or 10000 more with a word on stderr where this user may not bind it (slide 6).
fn default_port(well_known: u16) -> u16 {
    if may_bind(well_known) {
        return well_known;
    }
    let port = 10_000 + well_known;
    say(format_args!("{well_known}번 포트는 root만 쓸 수 있으므로 {port}번을 씁니다."));
    port
}

/// Asks the kernel. An IPv6-only socket gets the same answer and takes the port from no IPv4 server.
fn may_bind(port: u16) -> bool {
    let Ok(s) = socket(AddressFamily::Inet6, SockType::Datagram, SockFlag::empty(), None) else {
        return geteuid().is_root();
    };
    // SAFETY: sockaddr_in6 is plain integers; all zeros is a valid value, the address `::`.
    let mut addr: libc::sockaddr_in6 = unsafe { mem::zeroed() };
    addr.sin6_family = libc::AF_INET6 as libc::sa_family_t;
    addr.sin6_port = libc::htons(port);
    setsockopt(&s, sockopt::Ipv6V6Only, &true).is_ok()
        && bind(s.as_raw_fd(), &SockaddrIn6::from(addr)) != Err(Errno::EACCES)
}

// ---- Input and output ----

/// A socket address as people write it: `127.0.0.1:7`.
#[must_use]
pub fn sock_ntop(addr: &sockaddr_in) -> String {
    SockaddrIn::from(*addr).to_string()
}

/// Writes all of `buf`: write(2) may take less than it is given. Gives `buf.len()`.
pub fn writen<Fd: AsFd>(fd: Fd, buf: &[u8]) -> nix::Result<usize> {
    let mut written = 0;
    while written < buf.len() {
        written += write(&fd, &buf[written..])?;
    }
    Ok(written)
}

/// Reads one line into `buf`, with a NUL after it: fgets(3). `false` at the end of input.
pub fn fgets(buf: &mut [u8]) -> Result<bool, Error> {
    // SAFETY: stdin is the C library's own and only this thread uses it.
    let input = unsafe { stdin };
    // SAFETY: fgets writes at most buf.len() bytes, its NUL included.
    let line = unsafe { libc::fgets(buf.as_mut_ptr().cast(), buf.len() as c_int, input) };
    // SAFETY: input is the C library's open stdin.
    if line.is_null() && unsafe { libc::ferror(input) } != 0 {
        return Err(Error::Call { what: "fgets fail", errno: Errno::last() });
    }
    Ok(!line.is_null())
}

/// Bytes in the line that `fgets` has just read: strlen(3). An error if the line is longer than `buf`
/// or has a NUL before its newline.
pub fn line_length(buf: &[u8]) -> Result<usize, Error> {
    // SAFETY: as in fgets.
    let input = unsafe { stdin };
    let n = buf.iter().position(|byte| *byte == 0).unwrap_or(buf.len());
    let whole = buf[..n].ends_with(b"\n")
        // SAFETY: input is the C library's open stdin.
        || unsafe { libc::feof(input) } != 0
        // SAFETY: as above.
        || (n + 1 == buf.len() && unsafe { libc::fgetc(input) } == libc::EOF);
    if whole {
        return Ok(n);
    }
    Err(Error::Own(format!(
        "fgets fail: 한 줄은 NUL 없이 {}바이트까지입니다(MAXLINE {}). 아무것도 보내지 않았습니다.",
        buf.len() - 1,
        buf.len()
    )))
}

/// The entries of a list as struct hostent has them, up to the NULL (slide 24).
///
/// # Safety
/// `list` ends in NULL, and stays until the iterator is done.
pub unsafe fn entries(list: *mut *mut c_char) -> impl Iterator<Item = *mut c_char> {
    // SAFETY: the caller's list ends in NULL, and take_while stops there.
    (0..).map(move |i| unsafe { list.wrapping_add(i).read() }).take_while(|entry| !entry.is_null())
}

// ---- What the libc crate lacks of the C library ----

/// Bytes in the longest IPv4 address as text, its NUL included: inet_ntop(3).
pub const INET_ADDRSTRLEN: usize = 16;

unsafe extern "C" {
    /// An address from text: 1, or 0 if `src` is none. inet_pton(3), slide 21.
    pub fn inet_pton(af: c_int, src: *const c_char, dst: *mut c_void) -> c_int;
    /// An address as text: `dst`, or NULL if `size` bytes are too few. inet_ntop(3), slide 21.
    pub fn inet_ntop(af: c_int, src: *const c_void, dst: *mut c_char, size: socklen_t) -> *const c_char;
    /// What is known of a name: a static `hostent`, or NULL and [`h_errno`]. gethostbyname(3), slide 23.
    pub fn gethostbyname(name: *const c_char) -> *mut hostent;
    /// What is known of an address of `len` bytes, as `gethostbyname`. gethostbyaddr(3), slide 23.
    pub fn gethostbyaddr(addr: *const c_void, len: socklen_t, family: c_int) -> *mut hostent;

    #[cfg_attr(target_os = "macos", link_name = "__stdinp")]
    static stdin: *mut FILE;
    #[cfg(target_os = "linux")]
    fn __h_errno_location() -> *mut c_int;
    #[cfg(not(target_os = "linux"))]
    #[link_name = "h_errno"]
    static H_ERRNO: c_int;
}

/// Why the last look-up of a host failed: gethostbyname(3).
#[must_use]
pub fn h_errno() -> c_int {
    #[cfg(target_os = "linux")]
    // SAFETY: gives the place of this thread's h_errno, which is always there.
    let place = unsafe { __h_errno_location() };
    #[cfg(not(target_os = "linux"))]
    let place = &raw const H_ERRNO;
    // SAFETY: place is that of an integer that only the resolver's calls write.
    unsafe { *place }
}
