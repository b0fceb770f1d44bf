//! What every lecture program shares and no slide is about: errors as `perror` prints them, arguments and
//! default ports, a `sockaddr_in` as text, two loops, and the C library's calls that the libc crate lacks.
//! The C files have the same, under the same names, in `sockcommon.h`.

use std::ffi::{CStr, CString, OsString};
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use std::{env, fs, ptr};

use libc::{FILE, c_char, c_int, c_long, c_void, hostent, sockaddr_in, socklen_t, timespec};
use nix::errno::Errno;
use nix::sys::socket::SockaddrIn;
use nix::unistd::write;

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

/// Prints `what: ` and what the errno means on stderr, and goes on: perror(3).
pub fn perror(what: &str, errno: Errno) {
    say(format_args!("{what}: {}", strerror(errno)));
}

/// Prints one line on stderr, in one write. A closed stderr is no reason to end.
pub fn say(line: std::fmt::Arguments) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Runs a lecture program, prints its error, and gives its exit status: 0, 1, or 2 for wrong arguments.
pub fn run(program: fn() -> Result<(), Error>) -> ExitCode {
    let ended = match program() {
        Err(help @ Error::Help(_)) => writeln!(io::stdout(), "{help}").map_err(Error::from),
        ended => ended,
    };
    let Err(error) = ended.and_then(|()| Ok(io::stdout().flush()?)) else { return ExitCode::SUCCESS };
    if let Error::Call { what: "stdout fail", errno: Errno::EPIPE } = error {
        // Nobody reads the pipe: C ends by SIGPIPE. Rust's runtime has made this program ignore it.
        // SAFETY: the default action needs no handler.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        // SAFETY: raise takes any number of a signal.
        unsafe { libc::raise(libc::SIGPIPE) };
    }
    say(format_args!("{error}"));
    ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
}

/// Gives what to do about an error, as one more line; empty where perror says enough.
fn hint(what: &str, errno: Errno) -> &'static str {
    match (what, errno) {
        ("bind fail", Errno::EACCES) => {
            "\n이 포트에 bind하려면 권한(CAP_NET_BIND_SERVICE, 보통 root)이 필요합니다. 1024번 이상의 포트를 인자로 주거나 scripts/lab 안에서 실행하세요."
        }
        (_, Errno::EADDRINUSE) => {
            "\n다른 서버가 이 포트를 사용하고 있거나, TCP라면 방금 끝난 연결이 TIME_WAIT에 남아 있습니다. 1분쯤 기다리거나 다른 포트를 인자로 주세요."
        }
        (_, Errno::ECONNREFUSED) => {
            "\n그 포트에는 서버가 없습니다. 다른 터미널에서 먼저 서버를 실행하세요: cargo run -p tcp_echoserv (또는 udp_echoserv, daytimeserv)"
        }
        ("recv fail" | "recvfrom fail", Errno::EAGAIN) => {
            "\n5초 동안 응답이 없었습니다. IP 주소와 포트가 맞는지, 서버가 실행 중인지 확인하세요."
        }
        (_, Errno::EMSGSIZE) => {
            "\n데이터그램 하나에는 65507바이트까지만 담을 수 있습니다. 더 짧은 줄을 입력하세요."
        }
        _ => "",
    }
}

/// Gives what an errno means, in the C library's words: strerror(3).
#[must_use]
pub fn strerror(errno: Errno) -> String {
    // SAFETY: strerror takes any number.
    let text = unsafe { libc::strerror(errno as c_int) };
    // SAFETY: the text ends in NUL and stays until the next strerror; no other thread runs, and it is copied at once.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Gives what an `h_errno` means: hstrerror(3).
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
    /// `IP`, as it was typed; empty if none was given.
    pub ip: CString,
    /// `NAME`, a host's; empty if the program takes none.
    pub name: CString,
    /// `PORT` in host byte order, if one was given.
    pub port: Option<u16>,
    /// Was there a `-v`?
    pub verbose: bool,
    /// The usage line, for [`Error::Usage`].
    pub usage: &'static str,
}

/// Reads the command line as the usage line tells it: `tcp_echoserv [-v] [PORT=7]`. Words in brackets may be left out.
/// `Usage` for everything else, `Help` for `-h`.
pub fn parse_args(usage: &'static str) -> Result<Args, Error> {
    let mut args = Args { usage, ..Args::default() };
    let given: Vec<Vec<u8>> = env::args_os().skip(1).map(OsString::into_vec).collect();
    if given.iter().any(|arg| arg == b"-h" || arg == b"--help") {
        return Err(Error::Help(usage));
    }

    let mut words = usage.split(' ').skip(1).filter(|word| *word != "[-v]");
    for arg in given {
        if arg == b"-v" && usage.contains("[-v]") {
            args.verbose = true;
            continue;
        }
        let text = CString::new(arg).map_err(|_| Error::Usage(usage))?;
        match words.next().unwrap_or("").trim_start_matches('[') {
            "IP" if !text.is_empty() => args.ip = text,
            "NAME" if is_name(&text) => args.name = text,
            word if word.starts_with("PORT") => {
                args.port = Some(parse_port(&text).ok_or(Error::Usage(usage))?);
            }
            _ => return Err(Error::Usage(usage)),
        }
    }
    if words.next().is_some_and(|word| !word.starts_with('[')) {
        return Err(Error::Usage(usage));
    }
    Ok(args)
}

/// Says whether the text can be a host's name: letters, digits, hyphens and dots (RFC 952, RFC 1123), or the underscore
/// that many a `/etc/hosts` has.
fn is_name(text: &CStr) -> bool {
    let text = text.to_bytes();
    let may_be = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    !text.is_empty() && text[0] != b'-' && text.iter().all(may_be)
}

/// Gives the port that the text names, if it names one.
fn parse_port(text: &CStr) -> Option<u16> {
    let text = text.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok().filter(|port| *port != 0)
}

impl Args {
    /// Gives the port that was given. If none was, the well-known one in the practice network, or where the kernel lets
    /// everybody bind it (ip(7)); elsewhere 10000 more, to servers and clients of every user alike, so that they meet
    /// (slide 6).
    #[must_use]
    pub fn port_or_well_known(&self, well_known: u16) -> u16 {
        if let Some(port) = self.port {
            return port;
        }
        let mut first = 0; // that everybody may bind
        if env::var_os("PRACTICE_NETWORK").is_none() {
            let kernel = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
            first = kernel.ok().and_then(|first| first.trim().parse().ok()).unwrap_or(1024);
        }
        if well_known >= first {
            return well_known;
        }
        let port = 10_000 + well_known;
        say(format_args!(
            "{well_known}번 포트에 bind하려면 권한이 필요하므로(연결할 때는 필요 없음) 서버와 클라이언트 모두 {port}번을 사용합니다."
        ));
        port
    }
}

// ---- Input and output ----

/// Gives a socket address as people write it: `127.0.0.1:7`.
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

/// Reads one line from stdin into `buf`, with its newline, as fgets(3) does, but of any bytes and not ended by a NUL. Gives
/// its length; 0 at the end of input. An error if it is longer than `buf`.
pub fn get_line(buf: &mut [u8]) -> Result<usize, Error> {
    let mut n = 0;
    while !buf[..n].ends_with(b"\n") {
        // SAFETY: stdin is the C library's own, and only this thread uses it.
        let c = unsafe { libc::getchar() };
        if c == libc::EOF {
            break;
        }
        *buf.get_mut(n).ok_or_else(|| {
            Error::Own(format!("한 줄은 {n}바이트까지입니다(MAXLINE). 아무것도 보내지 않았습니다."))
        })? = c as u8;
        n += 1;
    }
    // SAFETY: as above.
    if unsafe { libc::ferror(stdin) } != 0 {
        return Err(Error::Call { what: "stdin fail", errno: Errno::last() });
    }
    Ok(n)
}

/// Prints `label`, a text of the C library as it is, byte for byte, and a newline, as `printf("%s%s\n", …)` does.
pub fn print_text(label: &str, text: &CStr) -> Result<(), Error> {
    Ok(io::stdout().write_all(&[label.as_bytes(), text.to_bytes(), b"\n"].concat())?)
}

/// Waits a tenth of a second: descriptors or memory have run out, and to ask again at once would only fill the screen.
pub fn rest() {
    let tenth = timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    // SAFETY: nanosleep only reads tenth, and NULL says that nobody asks how much of it is left.
    unsafe { libc::nanosleep(&raw const tenth, ptr::null_mut()) };
}

/// Gives the entries of a list as struct hostent has them, up to the NULL (slide 24).
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
    /// Makes an address from text: 1, or 0 if `src` is none. inet_pton(3), slide 21.
    pub fn inet_pton(af: c_int, src: *const c_char, dst: *mut c_void) -> c_int;
    /// Makes text from an address: `dst`, or NULL if `size` bytes are too few. inet_ntop(3), slide 21.
    pub fn inet_ntop(af: c_int, src: *const c_void, dst: *mut c_char, size: socklen_t) -> *const c_char;
    /// Looks a name up: a static `hostent`, or NULL and [`h_errno`]. gethostbyname(3), slide 23.
    pub fn gethostbyname(name: *const c_char) -> *mut hostent;
    /// Looks an address of `len` bytes up, as `gethostbyname` does. gethostbyaddr(3), slide 23.
    pub fn gethostbyaddr(addr: *const c_void, len: socklen_t, family: c_int) -> *mut hostent;
    /// Writes the time as 24 characters, a newline and a NUL into `buf`. ctime(3). Its `time_t` is a long on every system
    /// that these programs run on.
    pub fn ctime_r(time: *const c_long, buf: *mut c_char) -> *mut c_char;

    #[cfg_attr(not(target_os = "linux"), link_name = "__stdinp")]
    static stdin: *mut FILE;
    #[cfg_attr(target_os = "freebsd", link_name = "__h_errno")]
    #[cfg(not(target_os = "macos"))]
    fn __h_errno_location() -> *mut c_int;
    #[cfg(target_os = "macos")]
    #[link_name = "h_errno"]
    static H_ERRNO: c_int;
}

/// Gives why the last look-up of a host failed: gethostbyname(3).
#[must_use]
pub fn h_errno() -> c_int {
    #[cfg(not(target_os = "macos"))]
    // SAFETY: gives the place of this thread's h_errno, which is always there.
    let place = unsafe { __h_errno_location() };
    #[cfg(target_os = "macos")]
    let place = &raw const H_ERRNO;
    // SAFETY: place is that of an integer that only the resolver's calls write.
    unsafe { *place }
}
