//! A program's own calls, in a form in which two runs compare.

use std::collections::HashMap;
use std::sync::LazyLock;

use labkit::trace::Call;
use regex::{Captures, Regex};

/// What may differ between the C program and the Rust program, and why. Everything else must be the same.
pub const MAY_DIFFER: [(&str, &str); 8] = [
    ("the start", "before main: the loader, and Rust's runtime (stack guard, SIGPIPE)"),
    ("memory", "brk, mmap and their like: how much memory a runtime asks for at once is its own affair"),
    ("the runtime's end", "sigaltstack, exit_group: how a process takes its leave"),
    (
        "buffering of stdout",
        "C writes to a pipe when its buffer is full or it ends, Rust line by line: the bytes are compared",
    ),
    ("pieces of stderr", "one line may be one write or several: the bytes are compared"),
    ("perror's copy of stderr", "glibc's perror writes to a dup of descriptor 2, and closes it"),
    ("close at an early end", "where C calls exit, Rust's OwnedFd closes first"),
    (
        "the end by SIGPIPE",
        "where it is ignored, as in Rust's runtime, the program ends itself by it: signal, raise",
    ),
];

/// Calls of the runtimes, not of the programs.
const RUNTIME: [&str; 17] = [
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "exit_group",
    "exit",
    "sigaltstack",
    "futex",
    "getrandom",
    "rt_sigprocmask",
    "gettid",
    "getpid",
    "tgkill",
    "set_robust_list",
    "rt_sigreturn",
];

/// The calls that the program makes itself: from main on, without the runtime's and without stdout and stderr.
#[must_use]
pub fn calls(all: &[Call]) -> Vec<&Call> {
    let mut copy = None; // perror's copy of stderr, while there is one
    let mut own = Vec::new();
    for call in &all[start(all)..] {
        let number = call.descriptor().map(|descriptor| i64::from(descriptor.number));
        if call.name == "dup" && number == Some(2) {
            copy = call.value();
        } else if copy.is_some() && number == copy {
            copy = copy.filter(|_| call.name != "close");
        } else if !RUNTIME.contains(&call.name.as_str()) && !is_output(call) && !ends_by_sigpipe(call) {
            own.push(call);
        }
    }
    own
}

/// Where main begins. The loader's last call unmaps its cache; the last thing that Rust's runtime does after that is to
/// guard its stack, with handlers of SIGSEGV and SIGBUS, which none of our programs has.
#[must_use]
pub fn start(all: &[Call]) -> usize {
    let guard =
        |call: &Call| call.name == "rt_sigaction" && matches!(call.args[0].as_str(), "SIGSEGV" | "SIGBUS");
    let cache = |call: &Call| call.name == "munmap";
    all.iter().rposition(guard).or_else(|| all.iter().position(cache)).map_or(0, |at| at + 1)
}

/// `signal(SIGPIPE, SIG_DFL)`, before the `raise` with which a program ends whose stdout nobody reads.
fn ends_by_sigpipe(call: &Call) -> bool {
    call.name == "rt_sigaction" && call.args[0] == "SIGPIPE" && call.args[1].contains("SIG_DFL")
}

/// Anything with stdout or stderr: the bytes are compared, not the calls.
fn is_output(call: &Call) -> bool {
    matches!(call.name.as_str(), "write" | "writev" | "newfstatat" | "fstat" | "ioctl" | "statx")
        && call.descriptor().is_some_and(|descriptor| descriptor.number == 1 || descriptor.number == 2)
}

/// Gives what differs from run to run a name: ports, inodes, pointers, times.
pub struct Names {
    ports: HashMap<String, String>,
    patterns: &'static Patterns,
}

struct Patterns {
    named: [(Regex, &'static str); 6],
    port: Regex,
}

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        let named = [
            // An inode, or the addresses of both ends: strace no longer finds them when the peer has reset. The calls
            // that give a socket its addresses have them as arguments.
            (Regex::new(r"<([\w-]+):\[[^\]]*\]>")?, "<$1>"),
            (Regex::new(r#"sa_data=".*?""#)?, "sa_data"), // of AF_UNSPEC: the kernel doesn't look at it
            (Regex::new(r"\b0x[0-9a-f]{5,}")?, "pointer"),
            (Regex::new(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}")?, "time"),
            (Regex::new(r"/proc/\d+/")?, "/proc/pid/"),
            (Regex::new(r"AT_FDCWD<[^>]*>")?, "AT_FDCWD"),
        ];
        Ok(Patterns { named, port: Regex::new(r"(htons\(|\d\.\d+\.\d+\.\d+:|= )(\d+)")? })
    }
}

impl Names {
    /// With a name for the port of the program that this one talks to.
    ///
    /// # Errors
    /// None: the patterns are constants.
    pub fn new(peer: Option<u16>) -> Result<Self, regex::Error> {
        // There are a thousand runs, and to compile the patterns takes longer than to look for them.
        static PATTERNS: LazyLock<Result<Patterns, regex::Error>> = LazyLock::new(Patterns::new);
        let patterns = PATTERNS.as_ref().map_err(Clone::clone)?;
        let ports = peer.map(|peer| (peer.to_string(), "PEER".to_string())).into_iter().collect();
        Ok(Names { ports, patterns })
    }

    /// A call as text.
    pub fn call(&mut self, call: &Call) -> String {
        let args = match call.name.as_str() {
            // The old action is what the runtime has set up, or the shell.
            "rt_sigaction" => call.args[..2].to_vec(),
            // What is in it is the kernel's to say, and it hasn't.
            _ if call.result == "?" => call.args[..1].to_vec(),
            _ => call.args.clone(),
        };
        let call = Call { args, ..call.clone() };
        // A port is one where it stands in an address; a result is never one.
        let (text, result) = (format!("{}({})", call.name, call.args.join(", ")), call.result);
        format!("{} = {}", self.text(&text, false), self.text(&result, false))
    }

    /// Any text. A number after `= ` is a port only if a call has shown it as one.
    pub fn output(&mut self, bytes: &[u8]) -> String {
        self.text(&String::from_utf8_lossy(bytes), true)
    }

    fn text(&mut self, text: &str, output: bool) -> String {
        let mut text = text.to_string();
        for (pattern, name) in &self.patterns.named {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        let ports = &mut self.ports;
        let name = |found: &Captures| {
            let (before, port) = (&found[1], &found[2]);
            let well_known = port.parse::<u16>().is_ok_and(|port| port < 1024);
            if before == "= " || well_known {
                let known = ports.get(port).filter(|_| output);
                return format!("{before}{}", known.map_or(port, String::as_str));
            }
            let next = format!("PORT{}", ports.len());
            format!("{before}{}", ports.entry(port.to_string()).or_insert(next))
        };
        self.patterns.port.replace_all(&text, name).into_owned()
    }
}
