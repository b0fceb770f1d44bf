//! Any program, shut in. What hostile ones try is tested where they are graded: grade's tests/hostile.rs and bombs.rs.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::Permissions;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::{env, fs};

use jail::{Ended, How, Limits, Place, Shared, Tier, best_tier, dispatch, limit_files, own_folder, possible};
use labkit::{run_trials, trial};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// The part of this program that enters a place, and runs there what its arguments say.
const CALLER: &str = "__caller";

/// The part that has a folder of its own until its input ends.
const AT_WORK: &str = "__at_work";

/// The part that limits another user's process.
const LIMITING: &str = "__limiting";

/// The part that ends what it has started under strace.
const ENDING: &str = "__ending";

/// The part that tries tier reduced out.
const TRYING_OUT: &str = "__trying_out";

/// Somebody else.
const NOBODY: u32 = 65534;

/// Runs a command of sh(1) in a place of its own, with the best tier that can be had. What it printed, and how it ended.
fn run(command: &str) -> (String, Ended) {
    let (printed, ended, _) = run_as(command, "running");
    (printed, ended)
}

/// The same, and what the kernel counted: nothing where it does not.
fn run_as(command: &str, how: &str) -> (String, Ended, Option<Counted>) {
    run_by(Command::new(env::current_exe().unwrap()), command, how)
}

/// The same, by a caller that is started so.
fn run_by(mut caller: Command, command: &str, how: &str) -> (String, Ended, Option<Counted>) {
    let folder = tempfile::tempdir().unwrap();
    let output =
        caller.args([CALLER, how, command]).arg(folder.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (said, counted) = said.rsplit_once('\n').unwrap_or_else(|| panic!("{output:?}"));
    let (printed, ended) = said.rsplit_once('\n').unwrap();
    (printed.to_string(), serde_json::from_str(ended).unwrap(), serde_json::from_str(counted).unwrap())
}

/// What the kernel said of a run's cgroup.
#[derive(Debug, Serialize, Deserialize)]
struct Counted {
    /// Microseconds of processor time.
    worked: u64,
    out_of_memory: Option<bool>,
    /// Is it still there?
    is_left: bool,
}

fn be_the_caller() -> io::Result<()> {
    let told: Vec<String> = env::args().skip(2).collect();
    let [how, command, folder] = &told[..] else { panic!("{told:?}") };
    nix::sys::prctl::set_timerslack(1)?; // as a judge does
    let tier = if how == "in tier none" { Tier::None } else { best_tier() };
    let place = Place::enter(tier, Path::new(folder), Ipv4Addr::new(198, 51, 100, 1), &Shared::default())?;
    let how = How {
        limits: LIMITS,
        building: how == "building",
        env: Vec::new(),
        occupied: Vec::new(),
        without_stdin: false,
        strace: Vec::new(),
    };
    let argv = ["sh", "-c", command].map(String::from);
    let argv = if command.is_empty() { &["/nowhere".to_string()][..] } else { &argv };
    let (mut status, writer) = io::pipe()?;
    let (mut output, theirs) = io::pipe()?;
    let (null, stderr) = (fs::File::open("/dev/null")?, io::stderr());
    let fds = [null.as_fd(), theirs.as_fd(), stderr.as_fd(), writer.as_fd()];
    let mut started = place.start(argv, &how, fds)?;
    drop((writer, theirs));
    let mut printed = Vec::new();
    output.read_to_end(&mut printed)?;
    started.keeper.wait();
    let status = io::read_to_string(&mut status)?;
    let group = started.cgroup;
    let worked = group.as_ref().map(|group| (group.worked().as_micros() as u64, group.out_of_memory()));
    jail::wait_for_the_left();
    let counted = group.zip(worked).map(|(group, (worked, out_of_memory))| {
        let is_left = group.folder().exists();
        Counted { worked, out_of_memory, is_left }
    });
    println!("{}\n{}", String::from_utf8_lossy(&printed), status.lines().nth(2).unwrap_or_default());
    print!("{}", serde_json::to_string(&counted)?);
    Ok(())
}

/// Runs something under strace, and ends it.
fn be_ending() -> io::Result<()> {
    let folder = env::args().nth(2).unwrap_or_default();
    let address = Ipv4Addr::new(198, 51, 100, 1);
    let place = Place::enter(best_tier(), Path::new(&folder), address, &Shared::default())?;
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null"].map(String::from).into();
    let how = How {
        limits: LIMITS,
        building: false,
        env: Vec::new(),
        occupied: Vec::new(),
        without_stdin: false,
        strace,
    };
    let (status, writer) = io::pipe()?;
    let (null, stdout, stderr) = (fs::File::open("/dev/null")?, io::stdout(), io::stderr());
    let fds = [null.as_fd(), stdout.as_fd(), stderr.as_fd(), writer.as_fd()];
    let mut strace = place.start(&["sleep", "1000"].map(String::from), &how, fds)?.keeper;
    drop(writer);
    let lines: Vec<String> = BufReader::new(status).lines().take(2).collect::<io::Result<_>>()?;
    strace.end();
    jail::leave(lines[0].split(' ').map(|pid| Pid::from_raw(pid.parse().unwrap())));
    jail::wait_for_the_left();
    drop(place);
    println!("{:?}", waitpid(None, Some(WaitPidFlag::WNOHANG)));
    Ok(())
}

fn nobody_is_left_of_what_is_ended_under_strace() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env::current_exe().unwrap()).arg(ENDING).arg(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Err(ECHILD)\n", "{output:?}");
}

/// Not in the caller's `PATH`.
fn programs_are_looked_for_where_the_system_has_them() {
    let mut caller = Command::new(env::current_exe().unwrap());
    caller.env("PATH", "/nowhere");
    assert_eq!(run_by(caller, "echo $PATH", "running").1, Ended::Exited(0));
}

fn its_end_is_told() {
    assert_eq!(run("echo abc; exit 3"), ("abc\n".into(), Ended::Exited(3)));
    assert_eq!(run("kill -9 $$").1, Ended::Killed(libc::SIGKILL));
    assert_eq!(run("").1, Ended::NotStarted(libc::ENOENT));
}

fn what_it_starts_ends_with_it() {
    let mark = format!("{}", 100_000_000 + std::process::id());
    assert_eq!(run(&format!("sleep {mark} >/dev/null & exit 0")).1, Ended::Exited(0));
    let there = fs::read_dir("/proc").unwrap().flatten();
    let lines = there.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    let left: Vec<String> = lines.filter(|line| line.starts_with("sleep") && line.contains(&mark)).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn only_what_is_built_writes_to_its_folder() {
    let (printed, ended, _) = run_as("echo abc >x && cat x", "building");
    assert_eq!((&printed[..], ended), ("abc\n", Ended::Exited(0)));
    assert_ne!(run("echo abc >x").1, Ended::Exited(0));
}

fn it_sleeps_as_exactly_as_at_home() {
    assert_eq!(run("cat /proc/self/timerslack_ns").0, "50000\n");
}

fn be_at_work() -> io::Result<()> {
    let (folder, _lock) = own_folder()?;
    println!("{}", folder.path().display());
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

/// Somebody at work, with `temporary` as the folder for temporary files, and the folder that it has.
fn at_work(temporary: &Path) -> (Child, PathBuf) {
    let mut child = Command::new(env::current_exe().unwrap())
        .arg(AT_WORK)
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut path = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut path).unwrap();
    (child, path.trim_end().into())
}

/// It ends by itself, and nothing is left of its folder.
fn done((mut child, folder): (Child, PathBuf)) {
    assert!(folder.is_dir());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success() && !folder.exists());
}

fn what_somebody_made_by_hand_stays() {
    let temporary = tempfile::tempdir().unwrap();
    let (first, folder) = at_work(temporary.path());
    let parent = folder.parent().unwrap().to_path_buf();
    let by_hand = [
        temporary.path().join("grade-subs"),
        temporary.path().join("grade-results/results"),
        parent.join("grade-2026-spring"),
    ];
    for folder in &by_hand {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("kim"), "a year's work").unwrap();
    }
    done((first, folder));
    done(at_work(temporary.path()));
    for folder in by_hand {
        assert!(folder.join("kim").is_file(), "{} was deleted", folder.display());
    }
}

fn what_one_that_was_killed_has_left_is_removed() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut killed, left) = at_work(temporary.path());
    fs::write(left.join("submission"), "").unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(left.is_dir());
    let still_at_work = at_work(temporary.path());
    assert!(!left.exists());
    done(at_work(temporary.path()));
    done(still_at_work);
}

/// Where the folder for the folders has to be there is somebody's who could put other things in it, or a link.
fn a_folder_that_others_can_change_is_not_worked_in() {
    let temporary = tempfile::tempdir().unwrap();
    let (child, folder) = at_work(temporary.path());
    let parent = folder.parent().unwrap().to_path_buf();
    done((child, folder));
    // As one that was killed has left it.
    let (mut killed, left) = at_work(temporary.path());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let beside = |child: (Child, PathBuf)| {
        assert!(child.1.parent() != Some(&parent) && child.1.starts_with(temporary.path()), "{child:?}");
        done(child);
        assert!(left.is_dir());
    };
    fs::set_permissions(&parent, Permissions::from_mode(0o777)).unwrap();
    beside(at_work(temporary.path()));
    fs::set_permissions(&parent, Permissions::from_mode(0o700)).unwrap();
    // Only root can make it another's.
    if chown(&parent, Some(65_534), None).is_ok() {
        beside(at_work(temporary.path()));
        chown(&parent, Some(0), None).unwrap();
    }
    let elsewhere = temporary.path().join("elsewhere");
    fs::rename(&parent, &elsewhere).unwrap();
    symlink(&elsewhere, &parent).unwrap();
    beside(at_work(temporary.path()));
}

/// Little memory and few processes, of which a shell needs still less.
const LIMITS: Limits = Limits { memory: 64 << 20, processes: 40, ..Limits::RUN };

/// In children that nobody waits for: of those, only the kernel itself knows. Nothing of that is left.
fn the_kernel_counts_their_processor_time() {
    let burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
    let (_, ended, counted) = run_as(&format!("trap '' CHLD; ({burn}) & wait; exit 0"), "running");
    let counted = counted.unwrap();
    assert_eq!((ended, counted.is_left), (Ended::Exited(0), false));
    assert!(counted.worked > 50_000 && counted.out_of_memory != Some(true), "{counted:?}");
}

/// Many processes take what each of them may, each a little later.
fn the_kernel_ends_who_takes_too_much_memory() {
    let take = "(dd if=/dev/zero of=/dev/null bs=60M count=50 2>/dev/null || kill -9 $$) & ";
    let (_, ended, counted) = run_as(&format!("{} wait", take.repeat(12)), "running");
    assert_eq!(
        counted.as_ref().and_then(|counted| counted.out_of_memory),
        Some(true),
        "{ended:?} {counted:?}"
    );
}

/// In tier none too, where no rlimit does. They only have to be there, until the run is ended.
fn the_kernel_counts_their_processes() {
    let (printed, ..) = run_as("for i in $(seq 80); do sleep 1000 & done; echo all", "in tier none");
    assert!(!printed.contains("all"), "{printed}");
}

/// What a user's own systemd starts has a cgroup where the user may make others.
fn by_systemd() -> Command {
    let mut systemd = Command::new("systemd-run");
    systemd.args(["--user", "--scope", "--quiet", "--"]);
    systemd
}

fn the_kernel_counts_for_whoever_has_a_systemd() {
    let mut caller = by_systemd();
    caller.arg(env::current_exe().unwrap());
    let (_, ended, counted) = run_by(caller, "exit 3", "running");
    let counted = counted.unwrap();
    assert_eq!((ended, counted.out_of_memory, counted.is_left), (Ended::Exited(3), Some(false), false));
}

/// Why there is none, or none that may count memory.
fn no_systemd() -> Option<String> {
    let counts = "grep -qw memory /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.controllers";
    let counts = format!("{counts} || {{ echo it may count no memory >&2; exit 1; }}");
    match by_systemd().args(["sh", "-c", &counts]).output() {
        Err(error) => Some(format!("systemd-run: {error}")),
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")),
    }
}

fn no_strace() -> Option<String> {
    labkit::find_program("strace").is_none().then(|| "strace is not installed".into())
}

/// Why the kernel doesn't count for this user: all of it, or memory and processes.
fn no_cgroup(memory: bool) -> Option<String> {
    let (_, _, counted) = run_as("exit 0", "running");
    match counted {
        None => Some("this user may make no cgroups of version 2 here".into()),
        Some(Counted { out_of_memory: None, .. }) if memory => {
            Some("the cgroups that this user may make here count no memory".into())
        }
        Some(_) => None,
    }
}

/// Limits what a process of another user may have, and says what it has then.
fn be_limiting() -> io::Result<()> {
    let mut other = Command::new("cat").stdin(Stdio::piped()).uid(NOBODY).gid(NOBODY).spawn()?;
    let pid = other.id();
    let limited = limit_files(pid.cast_signed(), Some(NOBODY), (7, 9));
    print!("{limited:?} {}", fs::read_to_string(format!("/proc/{pid}/limits"))?);
    drop(other.stdin.take());
    other.wait().map(drop)
}

/// Root has it on a machine of its own, and not in a container.
fn a_limit_needs_no_capability() {
    let output = Command::new("setpriv")
        .arg("--bounding-set=-sys_resource")
        .arg(env::current_exe().unwrap())
        .arg(LIMITING)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let files = said.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let numbers: Vec<&str> = files.split_whitespace().skip(3).take(2).collect();
    assert!(said.starts_with("Ok(") && numbers == ["7", "9"], "{output:?}");
}

fn etc() -> [Option<Vec<u8>>; 4] {
    ["hosts", "services", "host.conf", "nsswitch.conf"]
        .map(|name| fs::read(Path::new("/etc").join(name)).ok())
}

fn be_trying_out() -> io::Result<()> {
    let before = etc();
    possible(Tier::Reduced)?;
    print!("{}", if etc() == before { "the same" } else { "replaced" });
    Ok(())
}

/// What `/etc` is after tier reduced was tried out, by this program or what starts it; or why that can't be. Not this machine's own
/// `/etc`: others may be at work with that now.
fn tried_out(started_by: &[&str]) -> Result<String, String> {
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    let script = "cp -a /etc \"$0\" && mount --bind \"$0/etc\" /etc && mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/grade && exec \"$@\"";
    let mut alone = Command::new("unshare");
    alone.args(["--mount", "--propagation=private", "--pid", "--fork", "--mount-proc", "sh", "-c", script]);
    let output = alone.arg(copy.path()).args(started_by).arg(env::current_exe().unwrap()).arg(TRYING_OUT);
    let output = output.output().map_err(|error| format!("unshare: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("tier reduced can't be tried out: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

fn who_may_not_look_into_others_has_no_tier_reduced() {
    let refused = tried_out(&["setpriv", "--bounding-set=-sys_ptrace"]).unwrap_err();
    assert!(refused.contains("--cap-add SYS_PTRACE"), "{refused}");
}

/// The lock has a number of its own, below theirs or above.
fn a_caller_may_have_many_descriptors() {
    let many = "for fd in {3..260}; do eval \"exec $fd</dev/null\"; done; exec \"$0\" \"$@\"";
    tried_out(&["bash", "-c", many]).unwrap();
}

fn main() -> ExitCode {
    // This program is the keeper as well.
    let parts: [(&str, jail::Part); 5] = [
        (CALLER, be_the_caller),
        (AT_WORK, be_at_work),
        (LIMITING, be_limiting),
        (ENDING, be_ending),
        (TRYING_OUT, be_trying_out),
    ];
    if let Some(code) = dispatch(&parts) {
        return code.into();
    }
    let no_root = (!nix::unistd::Uid::effective().is_root()).then(|| "this needs root".to_string());
    let tried_out = tried_out(&[]);
    let missing = || (best_tier() == Tier::None).then(|| "there is no sandbox here".to_string());
    run_trials(vec![
        trial("its_end_is_told", missing(), its_end_is_told),
        trial(
            "programs_are_looked_for_where_the_system_has_them",
            missing(),
            programs_are_looked_for_where_the_system_has_them,
        ),
        trial("it_sleeps_as_exactly_as_at_home", missing(), it_sleeps_as_exactly_as_at_home),
        trial("what_it_starts_ends_with_it", missing(), what_it_starts_ends_with_it),
        trial(
            "nobody_is_left_of_what_is_ended_under_strace",
            missing().or_else(no_strace),
            nobody_is_left_of_what_is_ended_under_strace,
        ),
        trial("only_what_is_built_writes_to_its_folder", missing(), only_what_is_built_writes_to_its_folder),
        trial("what_somebody_made_by_hand_stays", None, what_somebody_made_by_hand_stays),
        trial(
            "what_one_that_was_killed_has_left_is_removed",
            None,
            what_one_that_was_killed_has_left_is_removed,
        ),
        trial(
            "a_folder_that_others_can_change_is_not_worked_in",
            None,
            a_folder_that_others_can_change_is_not_worked_in,
        ),
        trial(
            "the_kernel_counts_their_processor_time",
            no_cgroup(false),
            the_kernel_counts_their_processor_time,
        ),
        trial(
            "the_kernel_ends_who_takes_too_much_memory",
            no_cgroup(true),
            the_kernel_ends_who_takes_too_much_memory,
        ),
        trial("the_kernel_counts_their_processes", no_cgroup(true), the_kernel_counts_their_processes),
        trial(
            "the_kernel_counts_for_whoever_has_a_systemd",
            missing().or_else(no_systemd),
            the_kernel_counts_for_whoever_has_a_systemd,
        ),
        trial("a_limit_needs_no_capability", no_root, a_limit_needs_no_capability),
        trial(
            "who_may_not_look_into_others_has_no_tier_reduced",
            tried_out.clone().err(),
            who_may_not_look_into_others_has_no_tier_reduced,
        ),
        trial(
            "a_caller_may_have_many_descriptors",
            tried_out.clone().err(),
            a_caller_may_have_many_descriptors,
        ),
        trial("who_tries_out_tier_reduced_leaves_etc_as_it_was", tried_out.clone().err(), move || {
            assert_eq!(tried_out.unwrap(), "the same");
        }),
    ])
}
