//! A program's own calls.

use labkit::trace::Call;

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

/// A call of the runtimes, or how a process takes its leave.
fn is_runtime(call: &Call) -> bool {
    stepper::choice::is_runtime(&call.name) || matches!(call.name.as_str(), "exit_group" | "exit")
}

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
        } else if !is_runtime(call) && !is_output(call) && !ends_by_sigpipe(call) {
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
