//! Hostile submissions: each ends within its limits, gets no points, reads and writes nothing that isn't its own, leaves
//! nothing behind, and a neighbour who is graded at the same time keeps full marks.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use grade::judge::{Options, dispatch, grade};
use grade::report::{CheckResult, Report, Status};
use grade::submission::Kind;
use jail::{Allowed, Limits, Tier, best_tier};
use labkit::doings::{descendants, status};
use labkit::{Workspace, missing_program, root, until};
use labs::words::Lang;
use libtest_mimic::{Arguments, Trial};
use nix::dir::Dir;
use nix::fcntl::{OFlag, renameat};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, mkdirat};
use procfs::process::{Process, all_processes};

/// What nobody may ever see; spelled so that this program's own text doesn't have it.
const SECRET: &str = concat!("SEC", "RET-94158-not-yours");

/// What is allowed to the hostile ones: less than others, so that they come to their end sooner. The good neighbour has what all
/// have.
const LITTLE: Allowed = Allowed {
    building: Limits { cpu: 4, memory: 1 << 30, processes: 64, disk: 48 << 20, ..Limits::BUILD },
    running: Limits {
        cpu: 1,
        memory: 64 << 20,
        processes: 16,
        output: 64 << 10,
        sockets: 200,
        trace: 1 << 20,
        asleep: 25,
        dozing: 100,
        ..Limits::RUN
    },
    in_all: 300,
};

/// Those that take all that they can get, of processors, processes or memory: nothing runs beside them but their neighbour.
const BOMBS: [&str; 13] = [
    "mappings",
    "full_sockets",
    "full_pairs",
    "fork_bomb",
    "short_lives",
    "fork_chain",
    "threads",
    "cpu",
    "memory_bomb",
    "memory_of_many",
    "page_tables",
    "fork_bomb_while_building",
    "reduced_bombs",
];

/// What was tried, and what came of it.
static TABLE: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// A class with one hostile submission and one good one, an instructor with a key, a folder for results.
struct Class {
    folder: tempfile::TempDir,
    /// The lab of the good submission.
    neighbour: &'static str,
    /// The name of the hostile submission's processes.
    mark: String,
}

impl Class {
    fn new() -> Self {
        Class::beside("getdtablesize")
    }

    /// Beside a bomb the neighbour is one that takes long; beside others, which are beside each other as well, a short one will do.
    /// In tier reduced nobody is beside anybody.
    fn of(name: &str) -> Self {
        let beside = best_tier() == Tier::Full && BOMBS.contains(&name);
        if beside { Class::beside("tcp_echoserv") } else { Class::new() }
    }

    fn beside(neighbour: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // As a shared folder would be: who may go through it may read it.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let class = Class { folder, neighbour, mark: format!("h{:09}", fastrand::u32(..1_000_000_000)) };
        for (name, text) in [
            ("class/neighbour.c", format!("/* {SECRET} */\n{}", good(neighbour))),
            ("instructor/key.txt", format!("{SECRET}\n")),
            ("results/evil.json", format!("{{\"note\": \"{SECRET}\"}}\n")),
        ] {
            let path = class.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        class
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `hostile.h` includes.
    fn mark_h(&self) -> String {
        let lines = ["class", "instructor", "results"]
            .map(|name| format!("#define {} \"{}\"\n", name.to_uppercase(), self.path(name).display()));
        format!("#define MARK \"{}\"\n{}", self.mark, lines.concat())
    }

    /// Hands in these files, and the header that all share.
    fn hand_in(&self, files: &[(&str, &str)]) -> PathBuf {
        let evil = self.path("class/evil");
        fs::create_dir_all(&evil).unwrap();
        fs::write(evil.join("hostile.h"), read("hostile.h")).unwrap();
        fs::write(evil.join("mark.h"), self.mark_h()).unwrap();
        for (name, text) in files {
            let path = evil.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        evil
    }

    /// Grades the hostile submission, and the neighbour at the same time. No secret comes out, nothing is left, nothing else
    /// has changed, and the neighbour has full marks.
    fn grade(&self, lab: &str) -> Report {
        let before = self.everything();
        let report = thread::scope(|scope| {
            let neighbour = || graded(self.neighbour, &self.path("class/neighbour.c"), Allowed::USUAL);
            let neighbour = scope.spawn(neighbour);
            let report = graded(lab, &self.path("class/evil"), LITTLE);
            nothing_is_left(&self.mark);
            let neighbour = neighbour.join().unwrap();
            assert_eq!(neighbour.score, Some(100), "the neighbour: {neighbour}");
            report
        });
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains(SECRET), "a secret came out: {report}");
        assert_eq!(before, self.everything(), "files have changed");
        report
    }

    /// All files, and what is in them.
    fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    all.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        all
    }
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn good(lab: &str) -> String {
    fs::read_to_string(root().join(format!("crates/tools/grade/tests/submissions/{lab}/plain.c"))).unwrap()
}

fn graded(lab: &str, path: &Path, allowed: Allowed) -> Report {
    grade(labs::find(lab).unwrap(), path, &options(allowed))
}

fn options(allowed: Allowed) -> Options {
    Options { seed: fastrand::u64(..1 << 32), tier: best_tier(), lang: Lang::En, allowed, only: None }
}

/// The processes whose name begins so.
fn left(mark: &str) -> Vec<i32> {
    let named = |process: &Process| process.stat().is_ok_and(|stat| stat.comm.starts_with(mark));
    let all = all_processes().unwrap().flatten();
    all.filter(|process| named(process) && process.is_alive()).map(|process| process.pid).collect()
}

/// Nobody has this name, or all who do are dying: they are waited for, however long that takes a machine that has much to do.
fn nothing_is_left(mark: &str) {
    loop {
        let left = left(mark);
        let lives: Vec<&i32> = left.iter().filter(|pid| !dying(**pid)).collect();
        assert!(lives.is_empty(), "processes are left: {lives:?}");
        if left.is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(1)); // leaves the processor to them
    }
}

/// Has it been sent SIGKILL, or begun to end? A process that is gone has, too. proc(5); PF_EXITING is the kernel's.
fn dying(pid: i32) -> bool {
    const PF_EXITING: u32 = 4;
    let kill = status(pid, pid).is_none_or(|of| (of.sigpnd | of.shdpnd) & 1 << (libc::SIGKILL - 1) != 0);
    let stat = Process::new(pid).and_then(|process| process.stat());
    kill || stat.ok().is_none_or(|stat| stat.flags & PF_EXITING != 0)
}

/// All that is said of the checks that failed.
fn said(report: &Report) -> String {
    report.checks.iter().flat_map(|check| [&check.message, " ", &check.hint, "\n"]).collect()
}

/// The first line of what came in the check that failed first: for the table.
fn stopped_by(report: &Report) -> String {
    let failed = report.checks.iter().find(|check| check.status != Status::Passed);
    let lines: Vec<&str> = failed.map(|check| check.message.lines().collect()).unwrap_or_default();
    // What came comes last; if the program was stopped, that is the last of it.
    lines.last().unwrap_or(&"").trim_start_matches("Came: ").chars().take(100).collect()
}

fn note(name: &str, stopped_by: String) {
    TABLE.lock().unwrap().insert(name.to_string(), stopped_by);
}

/// A hostile C file: at most so many points, and in what is said this text.
fn attack(name: &str, lab: &str, most: u32, says: &str) {
    let class = Class::of(name);
    class.hand_in(&[("main.c", &read(&format!("{name}.c")))]);
    let report = class.grade(lab);
    assert_eq!(report.error, "", "{report}");
    assert!(report.score.is_some_and(|score| score <= most), "points: {report}");
    assert!(said(&report).contains(says), "{says:?} was not said: {report}");
    note(name, stopped_by(&report));
}

fn server(name: &'static str, says: &'static str) -> Trial {
    attacking(name, "tcp_echoserv", 2, says)
}

/// One that listens; and more it doesn't.
fn listener(name: &'static str, says: &'static str) -> Trial {
    attacking(name, "tcp_echoserv", 20, says)
}

fn client(name: &'static str, says: &'static str) -> Trial {
    attacking(name, "tcp_echocli", 20, says)
}

fn attacking(name: &'static str, lab: &'static str, most: u32, says: &'static str) -> Trial {
    trial(name, None, move || attack(name, lab, most, says))
}

/// A test that is ignored where something is missing, and where there is no sandbox: nothing would stop it.
fn trial(name: &'static str, missing: Option<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    let no_sandbox = || (best_tier() == Tier::None).then(|| "there is no sandbox here".into());
    labkit::trial(name, missing.or_else(no_sandbox), test)
}

/// What a build says is kept: an attack while building says what it got there.
fn attack_building(name: &str, files: &[(&str, &str)], says: &str) {
    let class = Class::of(name);
    let text = |text: &str| text.replace("@INSTRUCTOR@", &class.path("instructor").display().to_string());
    let files: Vec<(&str, String)> = files.iter().map(|(name, file)| (*name, text(file))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    class.hand_in(&files);
    let report = class.grade("tcp_echoserv");
    assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{report}");
    assert!(report.build_log.contains(says), "{says:?} was not said: {report}{}", report.build_log);
    let line = report.build_log.lines().find(|line| line.contains(says)).unwrap_or_default();
    note(name, line.chars().take(100).collect());
}

fn walls_while_building() {
    let makefile = "all:\n\tcc -o walls walls.c && BUILDING=1 ./walls\n";
    attack_building(
        "walls_while_building",
        &[("Makefile", makefile), ("walls.c", &read("walls.c"))],
        "tried all, open:.",
    );
}

fn thief_while_building() {
    let makefile =
        "all:\n\tcat @INSTRUCTOR@/key.txt; cp -r @INSTRUCTOR@ . ; cc -o thief thief.c && ./thief\n";
    attack_building(
        "thief_while_building",
        &[("Makefile", makefile), ("thief.c", &read("thief.c"))],
        "CANARY .",
    );
}

fn include() {
    let c = "#include \"@INSTRUCTOR@/key.txt\"\nint main(void) { return 0; }\n";
    attack_building("include", &[("main.c", c)], "key.txt: No such file");
}

fn fork_bomb_while_building() {
    let makefile = "all:\n\tcc -o bomb bomb.c && ./bomb 1\n";
    let class = Class::of("fork_bomb_while_building");
    class.hand_in(&[("Makefile", makefile), ("bomb.c", &read("fork_bomb.c"))]);
    let report = class.grade("tcp_echoserv");
    assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{report}");
    note("fork_bomb_while_building", stopped_by(&report));
}

/// `build.rs` and the macros that read files.
fn build_rs() {
    let build = r#"fn main() {
    println!("cargo:warning=got {:?}", std::fs::read_to_string("@INSTRUCTOR@/key.txt"));
    println!("cargo:warning=env {:?}", std::env::var("SECRET_ENV"));
    std::process::exit(1);
}"#;
    let files = [
        ("Cargo.toml", "[package]\nname = \"tcp_echoserv\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("build.rs", build),
        (
            "src/main.rs",
            "const KEY: &str = include_str!(\"@INSTRUCTOR@/key.txt\");\nfn main() { println!(\"{KEY}\") }\n",
        ),
    ];
    attack_building("build_rs", &files, "No such file");
}

/// Our own program, which gets full marks, is nowhere to be had: not by a link, not by any path that a compiler, make or cargo takes.
fn reference() {
    let ours = root().join("crates/tcp_echoserv");
    let (c, rust) = (ours.join("tcp_echoserv.c"), ours.join("src/main.rs"));
    let (c, rust, folder) = (c.display(), rust.display(), ours.display());
    // `/work/submission` is how deep it is in there.
    let up = format!("../..{}", ours.display());
    let package = "[package]\nname = \"tcp_echoserv\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let makefile = |line: &str| ("Makefile", format!("tcp_echoserv:\n\t{line}\n"));
    let cargo = |more: String| ("Cargo.toml", format!("{package}{more}\n"));
    let main = |text: String| ("src/main.rs", text);
    let ways: Vec<Vec<(&str, String)>> = vec![
        vec![("main.c", format!("#include \"{c}\"\n"))],
        vec![("main.c", format!("#include \"{up}/tcp_echoserv.c\"\n"))],
        vec![("main.c", "#include \"link/tcp_echoserv.c\"\n".into())],
        vec![("main.rs", format!("include!(\"{rust}\");\n"))],
        vec![("main.rs", format!("#[path = \"{rust}\"] mod ours;\nfn main() {{ ours::main(); }}\n"))],
        vec![("main.rs", "#[path = \"link/src/main.rs\"] mod ours;\nfn main() { ours::main(); }\n".into())],
        vec![makefile(&format!("cc -o $@ {c}"))],
        vec![makefile(&format!("cc -o $@ {up}/tcp_echoserv.c"))],
        vec![makefile("cc -o $@ link/tcp_echoserv.c")],
        vec![makefile(&format!("cp {}/debug/tcp_echoserv .", Workspace::here().unwrap().target.display()))],
        vec![makefile(&format!("ln -s {folder} f; cc -o $@ f/tcp_echoserv.c"))],
        vec![cargo(format!("[[bin]]\nname = \"tcp_echoserv\"\npath = \"{rust}\""))],
        vec![cargo("[[bin]]\nname = \"tcp_echoserv\"\npath = \"link/src/main.rs\"".into())],
        vec![cargo(String::new()), main(format!("include!(\"{rust}\");\n"))],
        vec![
            cargo(format!("[dependencies]\nours = {{ package = \"tcp_echoserv\", path = \"{folder}\" }}")),
            main("fn main() {}\n".into()),
        ],
    ];
    for way in ways {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in &way {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        symlink(&ours, dir.path().join("link")).unwrap();
        let report = graded("tcp_echoserv", dir.path(), Allowed::USUAL);
        // Where Rust itself is closed to other users, nobody has marks for Rust in tier reduced.
        if report.error.contains("is closed to others") && report.tier == Tier::Reduced {
            continue;
        }
        assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{way:?}: {report}");
        assert_eq!(report.checks[0].status, Status::Failed, "{way:?}: {report}");
        assert!(report.notes.iter().any(|note| note.starts_with("link: ")), "{way:?}: {report}");
    }
    note("reference", "our own program is nowhere in there".into());
}

/// Opens whatever lock it finds in what all submissions are built with: who has it open can hold it (flock(2)), and the next
/// grader would wait for it.
fn locks() {
    let build = r#"fn main() {
    let (mut open, mut seen) = (Vec::new(), 0);
    let mut folders = vec!["/opt/kit".into()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).into_iter().flatten().flatten() {
            seen += 1;
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.display().to_string().ends_with("lock") && std::fs::File::open(&path).is_ok() {
                open.push(path);
            }
        }
    }
    println!("cargo:warning=open {open:?}, anything seen: {}", seen > 0);
    std::process::exit(1);
}"#;
    let files = [
        ("Cargo.toml", "[package]\nname = \"tcp_echoserv\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("build.rs", build),
        ("src/main.rs", "fn main() {}\n"),
    ];
    attack_building("locks", &files, "open [], anything seen: true");
}

/// What is built may be a link: the judge doesn't follow it.
fn built_links() {
    let class = Class::new();
    let to = class.path("instructor").display().to_string();
    // A program there, which would be the only one.
    fs::copy("/bin/true", class.path("instructor/tcp_echoserv")).unwrap();
    for makefile in [
        format!("all:\n\tcd .. && mv submission s && ln -s {to} submission\n"),
        format!("all:\n\tln -s {to}/tcp_echoserv tcp_echoserv\n"),
        "all:\n\tmkfifo tcp_echoserv && chmod 755 tcp_echoserv\n".to_string(),
        "all:\n\tcd .. && mv submission s && ln -s submission submission\n".to_string(),
        // Where nobody can look what is there.
        format!("all:\n\tcd .. && mv submission s && ln -s /{} submission\n", "x".repeat(300)),
        "all:\n\tcd .. && mv submission s && ln -s /root/x/y submission\n".to_string(),
        // In tier reduced it may do that too.
        format!("all:\n\tcd ../.. && mv work w && ln -s /{} work; true\n", "x".repeat(300)),
    ] {
        class.hand_in(&[("Makefile", &makefile)]);
        let report = class.grade("tcp_echoserv");
        assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{makefile}: {report}");
        assert!(said(&report).contains("no executable was made"), "{makefile}: {report}");
    }
    note("built_links", "a link is not followed out of /work".into());
}

/// Links in what is handed in, pipes, folders in folders, a large file, a file that can't be read.
fn handed_in() {
    let class = Class::new();
    let evil = class.hand_in(&[("main.c", &read("thief.c"))]);
    symlink(class.path("instructor/key.txt"), evil.join("key.txt")).unwrap();
    symlink("../../instructor", evil.join("up")).unwrap();
    symlink(class.path("class/neighbour.c"), evil.join("other.c")).unwrap();
    nix::unistd::mkfifo(&evil.join("pipe.c"), Mode::S_IRWXU).unwrap();
    let report = class.grade("tcp_echoserv");
    assert!(said(&report).contains("CANARY"), "{report}");

    let mut deep = evil.clone();
    for _ in 0..60 {
        deep.push("d");
    }
    fs::create_dir_all(deep).unwrap();
    let report = class.grade("tcp_echoserv");
    assert!(said(&report).contains("too large"), "{report}");
    fs::remove_dir_all(evil.join("d")).unwrap();

    // Folders whose path is too long for the system, and those that still can be copied, but not to where they are built.
    let mut deep = Dir::open(&evil, OFlag::O_DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..19 {
        let name = "d".repeat(200);
        mkdirat(&deep, name.as_str(), Mode::S_IRWXU).unwrap();
        deep = Dir::openat(&deep, name.as_str(), OFlag::O_DIRECTORY, Mode::empty()).unwrap();
    }
    let last = |length| "e".repeat(length);
    mkdirat(&deep, last(255).as_str(), Mode::S_IRWXU).unwrap();
    let report = graded("tcp_echoserv", &evil, LITTLE);
    assert!(said(&report).contains("too large"), "{report}");
    let fits = (1..255).rev().find(|length| {
        renameat(&deep, last(length + 1).as_str(), &deep, last(*length).as_str()).unwrap();
        let staged = grade::submission::stage(&evil, "tcp_echoserv").unwrap();
        !matches!(staged.kind, Kind::Nothing(..))
    });
    assert!(fits.is_some());
    let report = graded("tcp_echoserv", &evil, LITTLE);
    assert!(said(&report).contains("too large"), "{report}");
    fs::remove_dir_all(evil.join("d".repeat(200))).unwrap();

    fs::File::create(evil.join("large")).unwrap().set_len(1 << 40).unwrap();
    let report = graded("tcp_echoserv", &evil, LITTLE);
    assert!(said(&report).contains("too large"), "{report}");
    fs::remove_file(evil.join("large")).unwrap();

    note("handed_in", "links stay links; pipes are left out; sizes are bounded".into());
}

/// While it is copied, a file becomes a link to the key, and a file again.
fn swapped() {
    let class = Class::new();
    let evil = class.hand_in(&[("Makefile", "all:\n\tcat key.txt; exit 1\n")]);
    let key = class.path("instructor/key.txt");
    let over = std::sync::atomic::AtomicBool::new(false);
    let mut followed = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                let new = class.path("class/new");
                fs::write(&new, "mine\n").unwrap();
                fs::rename(&new, evil.join("key.txt")).unwrap();
                symlink(&key, &new).unwrap();
                fs::rename(&new, evil.join("key.txt")).unwrap();
            }
        });
        for _ in 0..300 {
            // That it has changed meanwhile may be an error.
            let Ok(staged) = grade::submission::stage(&evil, "tcp_echoserv") else { continue };
            let copy = staged.folder.path().join("submission/key.txt");
            if fs::symlink_metadata(&copy).is_ok_and(|data| data.is_file()) {
                followed += usize::from(fs::read_to_string(&copy).unwrap().contains(SECRET));
            }
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(followed, 0, "a link was followed");
    note("swapped", "what was opened is what is copied".into());
}

/// It serves well, but its trace has no end: it loses the checks that look at its calls.
fn trace_flood() {
    let class = Class::new();
    class.hand_in(&[("main.c", &read("trace_flood.c"))]);
    let report = class.grade("tcp_echoserv");
    assert!(report.score.is_some_and(|score| score < 100), "{report}");
    assert!(said(&report).contains("system calls don't end"), "{report}");
    note("trace_flood", "its system calls don't end".into());
}

/// Each check waits for it in vain, but all of them together only for so long.
fn all_its_time() {
    let class = Class::new();
    let evil = class.hand_in(&[("main.c", &read("never_reads.c"))]);
    let report = graded("tcp_echoserv", &evil, Allowed { in_all: LITTLE.running.asleep / 2, ..LITTLE });
    let untried = |check: &&CheckResult| check.message.contains("took all of its time");
    let untried: Vec<&str> = report.checks.iter().filter(untried).map(|check| check.id.as_str()).collect();
    assert_eq!(untried, ["half_close", "next_client", "port_in_use", "bad_port", "backlog"], "{report}");
    note("all_its_time", "what is left is not tried".into());
}

/// A right one that is too slow for one check loses that, is told why, and is tried on with less patience.
fn crawl() {
    let class = Class::new();
    let evil = class.hand_in(&[("main.c", &read("crawl.c"))]);
    // It never sleeps long enough to count as stuck. 30 reads of 100 ms are more than half a second, however busy the machine.
    let running = Limits { asleep: 1000, dozing: 25, ..LITTLE.running };
    let report = graded("tcp_echoserv", &evil, Allowed { running, ..LITTLE });
    let check = |id: &str| report.checks.iter().find(|check| check.id == id).unwrap();
    assert!(check("pieces").message.contains("was waited for no longer"), "{report}");
    assert!(check("pieces").hint.contains("a long sleep"), "{report}");
    assert_eq!(check("port_in_use").status, Status::Passed, "{report}");
    assert!(!said(&report).contains("took all of its time"), "{report}");
    note("crawl", "loses the checks that it is too slow for".into());
}

/// What it loses is the echo, which never stops.
fn endless_echo() {
    let class = Class::new();
    class.hand_in(&[("main.c", &read("endless_echo.c"))]);
    let report = class.grade("tcp_echoserv");
    let echoes = report.checks.iter().find(|check| check.id == "echoes").unwrap();
    assert_eq!(echoes.status, Status::Failed, "{report}");
    assert_eq!(report.error, "", "{report}");
    note("endless_echo", stopped_by(&report));
}

/// A neighbour's judge has no more memory than this at any time.
const MOST_MEMORY: u64 = 300 << 10;

/// Much comes out of it, by stdout and by socket; the judge keeps none of it.
fn judge_memory() {
    let class = Class::new();
    for name in ["endless_reply", "output_flood"] {
        class.hand_in(&[("main.c", &read(&format!("{name}.c")))]);
        let mut child = subprocess(&class, "tcp_echoserv").spawn().unwrap();
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            for pid in descendants(child.id().cast_signed()) {
                most = most.max(status(pid, pid).and_then(|status| status.vmhwm).unwrap_or(0));
            }
            thread::sleep(Duration::from_millis(5)); // samples; the kernel keeps the most it ever was
        }
        assert!((1..MOST_MEMORY).contains(&most), "{name}: {most} KiB");
    }
    note("judge_memory", "what is kept of it has a limit".into());
}

/// This program, which grades the hostile submission of a class and says nothing.
fn subprocess(class: &Class, lab: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("__grade").arg(lab).arg(class.path("class/evil")).stdin(Stdio::null());
    command.stdout(Stdio::null());
    command
}

/// The grader itself is killed, with everything at work: nothing of the submission is left. Sooner, later, while building,
/// while traced.
fn killed_grader() {
    let class = Class::new();
    // With which process at work, and traced?
    for (name, at_work, traced) in [
        ("sleeper", "cc1", false),
        ("daemon", &class.mark, false),
        ("sleeper", &class.mark, false),
        ("fork_bomb", &class.mark, false),
        ("trace_flood", &class.mark, true),
    ] {
        class.hand_in(&[("main.c", &read(&format!("{name}.c")))]);
        let mut grader = subprocess(&class, "tcp_echoserv").spawn().unwrap();
        until(name, || {
            let at_work = |pid: &i32| {
                status(*pid, *pid)
                    .is_some_and(|of| of.name.starts_with(at_work) && (of.tracerpid != 0 || !traced))
            };
            let there = descendants(grader.id().cast_signed()).iter().any(at_work);
            Ok((there || grader.try_wait()?.is_some()).then_some(()))
        })
        .unwrap();
        let all = descendants(grader.id().cast_signed());
        grader.kill().unwrap();
        grader.wait().unwrap();
        let still = || left(&class.mark).into_iter().chain(all.iter().copied()).filter(|pid| alive(*pid));
        let ended = until("the end of them all", || Ok(still().next().is_none().then_some(())));
        let left = || still().filter_map(|pid| Some(status(pid, pid)?.name)).collect::<Vec<String>>();
        ended.unwrap_or_else(|error| panic!("{name}, killed at {at_work}: {error}: {:?}", left()));
    }
    // What it was killed over in the folder for temporary files, the next one removes.
    class.hand_in(&[("main.c", &read("sleeper.c"))]);
    class.grade("tcp_echoserv");
    note("killed_grader", "SIGKILL goes down from parent to child".into());
}

fn alive(pid: i32) -> bool {
    Process::new(pid).is_ok_and(|process| process.is_alive())
}

/// A tier that can't be had here. Root without namespaces has no tier full, and nobody but root has tier reduced.
fn tier_to_refuse() -> Option<Tier> {
    match best_tier() {
        Tier::Full if nix::unistd::Uid::effective().is_root() => None,
        Tier::Full => Some(Tier::Reduced),
        _ => Some(Tier::Full),
    }
}

/// A tier that can't be had is an error, never another tier.
fn refused_tier() {
    let tier = tier_to_refuse().unwrap();
    let options = Options { seed: 1, tier, lang: Lang::En, allowed: Allowed::USUAL, only: None };
    let class = Class::new();
    let evil = class.hand_in(&[("main.c", &good("tcp_echoserv"))]);
    let report = grade(labs::find("tcp_echoserv").unwrap(), &evil, &options);
    assert!(!report.error.is_empty() && report.score.is_none() && report.exit_status() == 2, "{report}");
    assert_eq!(report.tier, tier);
}

/// What is said comes through: without this, the thief's silence would prove nothing.
fn canary() {
    let class = Class::new();
    class.hand_in(&[("main.c", &read("thief.c").replace("CANARY", "CANARY-SINGS"))]);
    assert!(said(&class.grade("tcp_echoserv")).contains("CANARY-SINGS"));
}

fn trials(bombs: bool) -> Vec<Trial> {
    let mut trials = vec![
        server("fork_bomb", ""),
        server("fork_chain", ""),
        server("short_lives", "s of processor time"),
        server("memory_bomb", ""),
        server("memory_of_many", "MiB of memory"),
        server("hidden_memory", "hidden: 0 MiB."),
        server("page_tables", "MiB of memory"),
        server("mappings", "MiB of memory"),
        listener("full_sockets", "MiB of memory"),
        server("full_pairs", "MiB of memory"),
        server("sockets", "sockets"),
        server("keeps_stdout", "the program has ended (exit status 1)"),
        server("output_flood", ""),
        server("sleeper", ""),
        server("daemon", ""),
        server("kills", ""),
        server("disk", " few files."),
        server("cpu", ""),
        server("threads", ""),
        server("crash", "SIGABRT"),
        listener("endless_reply", ""),
        listener("drip", ""),
        listener("never_reads", ""),
        server("fake_report", ""),
        server("thief", "CANARY ."),
        server("walls", "tried all, open:."),
        server("old_calls", "SIGSYS"),
        server("file_locks", "more than 1000 locks"),
        client("client_endless", ""),
        client("client_drip", ""),
        client("client_resets", ""),
    ];
    let others: [(&str, fn()); 24] = [
        ("etc", etc),
        ("disk_while_building", disk_while_building),
        ("disk_unlinked", disk_unlinked),
        ("canary", canary),
        ("walls_while_building", walls_while_building),
        ("thief_while_building", thief_while_building),
        ("include", include),
        ("fork_bomb_while_building", fork_bomb_while_building),
        ("build_rs", build_rs),
        ("reference", reference),
        ("locks", locks),
        ("built_links", built_links),
        ("handed_in", handed_in),
        ("swapped", swapped),
        ("trace_flood", trace_flood),
        ("all_its_time", all_its_time),
        ("crawl", crawl),
        ("endless_echo", endless_echo),
        ("judge_memory", judge_memory),
        ("killed_grader", killed_grader),
        ("refused_tier", refused_tier),
        ("reduced", || reduced(false)),
        ("reduced_bombs", || reduced(true)),
        ("java", java),
    ];
    trials.extend(others.into_iter().map(|(name, test)| {
        let missing = match name {
            "reduced" | "reduced_bombs" => no_reduced(),
            "refused_tier" if tier_to_refuse().is_none() => Some("here every tier can be had".into()),
            "java" if best_tier() == Tier::Full => Some("it is tried in tests/forms.rs".into()),
            "java" => ["java", "javac"].into_iter().find_map(missing_program),
            "build_rs" | "reference" | "locks" => missing_program("cargo"),
            _ => None,
        };
        trial(name, missing, test)
    }));
    // The longest ones begin first.
    trials.sort_by_key(|trial| !["client_drip", "reduced", "client_endless"].contains(&trial.name()));
    match std::env::var(ONLY) {
        Ok(only) => trials.retain(|trial| only.split(',').any(|name| name == trial.name())),
        Err(_) => trials.retain(|trial| BOMBS.contains(&trial.name()) == bombs),
    }
    trials
}

/// What tier reduced has to stand. There nobody connects with himself, to fill that.
const REDUCED: &[&str] = &[
    "canary",
    "walls",
    "thief",
    "thief_while_building",
    "reference",
    "fake_report",
    "fork_bomb",
    "memory_of_many",
    "daemon",
    "kills",
    "disk",
    "disk_while_building",
    "disk_unlinked",
    "built_links",
    "refused_tier",
    "etc",
    "file_locks",
    "sockets",
    "full_pairs",
    "mappings",
    "page_tables",
    "hidden_memory",
    "short_lives",
    "keeps_stdout",
    "java",
];

/// The variable with the trials that a run is for, if not all.
const ONLY: &str = "HOSTILE_TRIALS";

/// A place like a container's: root, but no namespaces to be had; with an `/etc`, `/var/lib` and `/tmp` of its own.
const CONTAINER: &str = r#"
set -e
mount -t tmpfs none /var/lib
mkdir /var/lib/etc
cp -a /etc/. /var/lib/etc
mount --bind /var/lib/etc /etc
mount -t tmpfs -o mode=1777 none "$TMPDIR"
ip link set lo up
echo 0 > /proc/sys/user/max_user_namespaces
exec setpriv --bounding-set=-sys_admin "$0" "$@"
"#;

/// Runs this program in a container, for these trials.
fn in_container(trials: &str) -> std::io::Result<Output> {
    let unshared = "read go; exec unshare --mount --mount-proc --net --pid --fork --kill-child sh -c \"$@\"";
    let mut child = Command::new("unshare")
        .args(["--user", "sh", "-c", unshared, "sh", CONTAINER])
        .arg(std::env::current_exe()?)
        // One after the other: they share /etc.
        .arg("--test-threads=1")
        .env(ONLY, trials)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Only a process outside may map many users.
    let proc = PathBuf::from(format!("/proc/{}", child.id()));
    until("its user namespace", || {
        let own = fs::read_link("/proc/self/ns/user")?;
        Ok((fs::read_link(proc.join("ns/user"))? != own).then_some(()))
    })?;
    for map in ["uid_map", "gid_map"] {
        fs::write(proc.join(map), "0 0 65536")?;
    }
    child.stdin.take().unwrap().write_all(b"\n")?;
    child.wait_with_output()
}

/// Why tier reduced can't be tried here.
fn no_reduced() -> Option<String> {
    if std::env::var_os(ONLY).is_some() {
        return Some("it is being tried".into());
    }
    if !nix::unistd::Uid::effective().is_root() {
        return Some("only root can make a container with several users".into());
    }
    match in_container("none") {
        Err(error) => Some(format!("no container: {error}")),
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            Some(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("no container").to_string())
        }
    }
}

/// The same attacks again where there is only tier reduced: the bombs, or the others.
fn reduced(bombs: bool) {
    let these: Vec<&str> = REDUCED.iter().copied().filter(|name| BOMBS.contains(name) == bombs).collect();
    let output = in_container(&these.join(",")).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("tier reduced"), "{text}");
    note(if bombs { "reduced_bombs" } else { "reduced" }, format!("{} of these again", these.len()));
}

/// `/etc` is the system's again after a run, and after one that was killed and another; meanwhile it was the grader's.
fn etc() {
    let files = || {
        ["hosts", "services", "host.conf", "nsswitch.conf"]
            .map(|name| fs::read(Path::new("/etc").join(name)).ok())
    };
    let before = files();
    let class = Class::new();
    class.hand_in(&[("main.c", &read("sleeper.c"))]);
    let mut grader = subprocess(&class, "tcp_echoserv").spawn().unwrap();
    if best_tier() == Tier::Reduced {
        until("another /etc", || Ok((files() != before).then_some(()))).unwrap();
    }
    assert_eq!(files() == before, best_tier() != Tier::Reduced, "/etc while a submission is graded");
    grader.kill().unwrap();
    grader.wait().unwrap();
    class.grade("tcp_echoserv");
    assert_eq!(files(), before, "/etc has changed");
}

/// Fills the disk while it is built.
fn disk_while_building() {
    let class = Class::new();
    let makefile = "all:\n\tcc -o disk disk.c && ./disk 1\n";
    class.hand_in(&[("Makefile", makefile), ("disk.c", &read("disk.c"))]);
    let report = class.grade("tcp_echoserv");
    assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{report}");
    if report.tier == Tier::Reduced {
        assert!(said(&report).contains("to the disk"), "{report}");
    } else {
        assert!(report.build_log.contains(" few files."), "{report}");
    }
    note("disk_while_building", stopped_by(&report));
}

/// As [`disk_while_building`], in files that are in no folder any more: kept open by a thread alone, mapped, or on their way over a
/// socket.
fn disk_unlinked() {
    let class = Class::new();
    for (how, says) in
        [("open", "to the disk"), ("mapped", "to the disk"), ("sent", "it sent descriptors over a socket")]
    {
        let makefile = format!("all:\n\tcc -o disk disk.c && ./disk 1 {how}\n");
        class.hand_in(&[("Makefile", &makefile), ("disk.c", &read("disk_unlinked.c"))]);
        let report = class.grade("tcp_echoserv");
        assert_eq!((report.error.as_str(), report.score), ("", Some(0)), "{how}: {report}");
        if report.tier == Tier::Reduced {
            assert!(said(&report).contains(says), "{how}: {report}");
        } else {
            assert!(report.build_log.contains("disk: full"), "{how}: {report}");
        }
        note(&format!("disk_unlinked, {how}"), stopped_by(&report));
    }
}

/// Where another user sees all of the system, a JVM finds what it needs.
fn java() {
    let text = fs::read_to_string(root().join("crates/tools/grade/tests/forms/MyDaytime.java")).unwrap();
    let class = Class::new();
    let path = class.path("class/MyDaytime.java");
    fs::write(&path, text).unwrap();
    let options = Options { only: Some("until_close".into()), ..options(Allowed::USUAL) };
    let report = grade(labs::find("mydaytime").unwrap(), &path, &options);
    assert_eq!(report.checks.last().map(|check| check.status), Some(Status::Passed), "{report}");
}

/// This program as a grader: `__grade LAB PATH`.
fn be_the_grader(lab: &str, path: &str) -> ExitCode {
    let report = graded(lab, path.as_ref(), LITTLE);
    report.exit_status().into()
}

/// What `main` of a file does that is for the bombs, or for all others, of which most wait for their limit: four at a time.
pub(crate) fn main(bombs: bool) -> ExitCode {
    if let Some(code) = dispatch() {
        return code.into();
    }
    let args: Vec<String> = std::env::args().collect();
    if let [_, part, lab, path] = &args[..]
        && part == "__grade"
    {
        return be_the_grader(lab, path);
    }
    // Rights that only some users have, and that root may give itself: an error means that there are none to take away.
    for right in [Resource::RLIMIT_RTPRIO, Resource::RLIMIT_NICE] {
        let _ = setrlimit(right, 5, 5);
    }
    // Secrets of the grader's own: in its environment, and in a descriptor that it doesn't know of.
    let mut open = tempfile::tempfile().unwrap();
    writeln!(open, "{SECRET}").unwrap();
    // SAFETY: a number; the copy is left open for whoever is started.
    assert!(unsafe { libc::dup(open.as_raw_fd()) } > 2);
    if std::env::var_os("SECRET_ENV").is_none() {
        let temp = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(&args[1..])
            .env("SECRET_ENV", SECRET)
            .env("TMPDIR", temp.path())
            .status()
            .unwrap();
        let inside = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        // The graders' one folder stays, empty.
        let left: Vec<PathBuf> = inside(temp.path())
            .flat_map(|path| if path.is_dir() { inside(&path).collect() } else { vec![path] })
            .collect();
        println!("left in the folder for temporary files: {left:?}");
        return if status.success() && left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(if bombs { 1 } else { 4 }));
    let list = arguments.list;
    if !list && bombs {
        let (building, running) = (LITTLE.building, LITTLE.running);
        println!("The bombs, one at a time: so high goes the load of this machine.");
        for (when, limits) in [("run", running), ("built", building)] {
            let Limits { processes, cpu, .. } = limits;
            println!(
                "While one is {when}: up to {processes} busy processes, for {cpu} s of processor time each."
            );
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials(bombs));
    if !list {
        println!("tier {}", best_tier().name());
        for (attack, stopped_by) in &*TABLE.lock().unwrap() {
            println!("{attack:26} {stopped_by}");
        }
    }
    conclusion.exit_code()
}
