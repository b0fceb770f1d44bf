//! What was handed in: which kind it is, a copy of it that is the grader's, and how it becomes a program.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use jail::{Ended, How, Place, Shared, own_folder};
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{Flock, OFlag, openat, readlinkat};
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};

use labs::bench::Run;
use labs::verdict::{Failure, Verdict};
use labs::words;
use labs::words::Words;

use crate::unpack::cut_links;

/// What a submission may have: files, and bytes in all of them.
const MOST_FILES: usize = 2000;
pub(crate) const MOST_BYTES: u64 = 64 << 20;

/// Folders in folders.
const DEEPEST: usize = 40;

/// How much of what a compiler says is kept.
const MOST_SAID: usize = 64 << 10;

/// The kinds of submissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// One C file, or a folder with C files: they are compiled together.
    C(Vec<String>),
    /// One Rust file.
    Rust(String),
    /// A folder with a Makefile.
    Make,
    /// A folder with a Cargo.toml.
    Cargo,
    /// A script with a first line `#!`, or a binary.
    Executable(String),
    /// Nothing that can be graded, and why: Korean, English.
    Nothing(String, String),
}

/// A copy of a submission, to be built and run by a judge.
#[derive(Debug)]
pub struct Staged {
    /// Its name, without the folders above it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Links that are not in the copy, because they lead out of it.
    pub cut: Vec<String>,
    /// The folder for the judge's use, with the copy in `submission/`. Gone when this is.
    pub folder: tempfile::TempDir,
    /// Says that the folder is somebody's.
    _lock: Flock<File>,
}

/// Finds the submission `path` in the folder that was handed in. An error if a link on the way leads out of that.
pub fn part_of(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| named(path, &error));
    let (whole, part) = (real(folder)?, real(path)?);
    if part.starts_with(whole) {
        return Ok(part);
    }
    Err(named(path, &io::Error::other(format!("not in {}, but {}", folder.display(), part.display()))))
}

/// Copies what is at `path`, a submission for a lab of this name: what lies there, and nothing that a link leads to from there.
/// Links within it stay links. An error if it can't be read, or is a link itself.
pub fn stage(path: &Path, lab: &str) -> io::Result<Staged> {
    let named = |error: io::Error| named(path, &error);
    let (folder, lock) = own_folder()?;
    let copy = folder.path().join("submission");
    // As components, a path has no slash at its end, which would follow a link.
    if fs::symlink_metadata(path.components().as_path()).map_err(named)?.is_symlink() {
        let why = "a symbolic link, which is not followed: hand in the file or folder itself";
        return Err(named(io::Error::other(why)));
    }
    let path = fs::canonicalize(path).map_err(named)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::create_dir(&copy)?;
    let mut room = Room::new();
    let copied = match open(None, &path).map_err(named)? {
        Entry::Folder(folder) => copy_folder(folder, &path, &copy, &mut room),
        entry => copy_entry(entry, &path, &copy.join(&name), &mut room),
    };
    let cut = if copied.is_ok() { cut_links(&copy, &room.links)? } else { Vec::new() };
    let kind = match copied {
        Err(error) if too_large(&error) => Kind::too_large(),
        copied => {
            copied?;
            kind(&copy, lab)?
        }
    };
    Ok(Staged { name, kind, cut, folder, _lock: lock })
}

/// An error of a path.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

impl Kind {
    fn too_large() -> Self {
        Kind::Nothing(
            format!("제출물이 너무 커요(파일 {MOST_FILES}개, {} MiB까지)", MOST_BYTES >> 20),
            format!("the submission is too large (at most {MOST_FILES} files and {} MiB)", MOST_BYTES >> 20),
        )
    }
}

/// Is it more than may be copied, or in folders so deep, with names so long, that it has no path?
fn too_large(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidFilename)
}

/// What may still be copied, and the links that were.
struct Room {
    files: usize,
    bytes: u64,
    depth: usize,
    links: Vec<PathBuf>,
}

impl Room {
    fn new() -> Self {
        Room { files: MOST_FILES, bytes: MOST_BYTES, depth: DEEPEST, links: Vec::new() }
    }
}

/// Something in a folder, opened: whoever puts something else in its place now comes too late.
enum Entry {
    File(File),
    Folder(Dir),
    /// A symbolic link, and where it leads.
    Link(OsString),
    /// A pipe, a socket, a device.
    Other,
}

/// Opens what is called `path`, in a folder or in the current one, following no link at its end.
fn open(folder: Option<&Dir>, path: &Path) -> io::Result<Entry> {
    // Opening a pipe or a device that way waits for nobody.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let opened = match folder {
        Some(folder) => openat(folder, path, flags, Mode::empty()),
        None => nix::fcntl::open(path, flags, Mode::empty()),
    };
    let file = match (opened, folder) {
        (Ok(fd), _) => File::from(fd),
        (Err(Errno::ELOOP), Some(folder)) => return Ok(Entry::Link(readlinkat(folder, path)?)),
        // A socket, or a device without a driver.
        (Err(Errno::ENXIO | Errno::ENODEV), _) => return Ok(Entry::Other),
        (Err(errno), _) => return Err(errno.into()),
    };
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_dir() {
        Entry::Folder(Dir::from_fd(file.into())?)
    } else if kind.is_file() {
        Entry::File(file)
    } else {
        Entry::Other
    })
}

/// All that is in a folder, which is at `from`, into the folder `to`.
fn copy_folder(mut folder: Dir, from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    let names: Result<Vec<OsString>, Errno> = folder
        .iter()
        .map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()))
        .take(MOST_FILES + 3) // with . and .. that is more than there may be
        .collect();
    let names = names?;
    let cargo = names.iter().any(|name| name == "Cargo.toml");
    for name in names.into_iter().filter(|name| is_copied(name, cargo)) {
        let path = from.join(&name);
        let entry = open(Some(&folder), Path::new(&name)).map_err(|error| named(&path, &error))?;
        copy_entry(entry, &path, &to.join(&name), room)?;
    }
    Ok(())
}

/// Is an entry of a folder, in which there is a Cargo.toml or not, a part of the submission? What cargo leaves behind is built anew.
pub(crate) fn is_copied(name: &OsStr, cargo: bool) -> bool {
    ![".", "..", ".git"].iter().any(|skipped| name == *skipped) && (name != "target" || !cargo)
}

/// A file, a folder, or a link as a link, which was at `from`; pipes and devices are left out.
fn copy_entry(entry: Entry, from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    let named = |error: io::Error| named(from, &error);
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "too large");
    room.files = room.files.checked_sub(1).ok_or_else(too_large)?;
    match entry {
        Entry::Link(target) => {
            room.links.push(to.to_path_buf());
            symlink(target, to)
        }
        Entry::Folder(folder) => {
            room.depth = room.depth.checked_sub(1).ok_or_else(too_large)?;
            fs::create_dir(to)?;
            copy_folder(folder, from, to, room)?;
            room.depth += 1;
            Ok(())
        }
        Entry::File(file) => {
            let executable = file.metadata().map_err(named)?.permissions().mode() & 0o111 != 0;
            // However long it says it is: it may grow.
            let copied =
                io::copy(&mut file.take(room.bytes + 1), &mut File::create_new(to)?).map_err(named)?;
            room.bytes = room.bytes.checked_sub(copied).ok_or_else(too_large)?;
            fs::set_permissions(to, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
        }
        Entry::Other => Ok(()),
    }
}

/// What the folder `copy` has in it, of a lab of this name.
fn kind(copy: &Path, lab: &str) -> io::Result<Kind> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(copy)? {
        let entry = entry?;
        if entry.file_type()?.is_file()
            && let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    let ending = |ending: &str| -> Vec<String> {
        names
            .iter()
            .filter(|name| Path::new(name).extension().is_some_and(|e| e == ending))
            .cloned()
            .collect()
    };
    if names.iter().any(|name| ["Makefile", "makefile", "GNUmakefile"].contains(&name.as_str())) {
        return Ok(Kind::Make);
    }
    if names.iter().any(|name| name == "Cargo.toml") {
        return Ok(Kind::Cargo);
    }
    let (c, rust) = (ending("c"), ending("rs"));
    if !c.is_empty() {
        return Ok(Kind::C(c));
    }
    if let [file] = &rust[..] {
        return Ok(Kind::Rust(file.clone()));
    }
    let mut executables = Vec::new();
    for name in &names {
        if starts_as_program(&copy.join(name))? {
            executables.push(name.clone());
        }
    }
    let same_name =
        executables.iter().find(|file| Path::new(file).file_stem().is_some_and(|stem| stem == lab));
    if let (Some(name), _) | (None, [name]) = (same_name, &executables[..]) {
        fs::set_permissions(copy.join(name), fs::Permissions::from_mode(0o755))?;
        return Ok(Kind::Executable(name.clone()));
    }
    let list = if names.is_empty() { "-".to_string() } else { names.join(", ") };
    Ok(Kind::Nothing(
        format!(
            "채점할 수 있는 것이 없어요. 있는 파일: {list}. C 파일, Rust 파일 하나, Makefile이나 Cargo.toml이 있는 폴더, 첫 줄이 #!인 스크립트, 실행 파일 가운데 하나를 내세요."
        ),
        format!(
            "there is nothing that can be graded. Files: {list}. Hand in C files, one Rust file, a folder with a Makefile or a Cargo.toml, a script with a first line #!, or a binary."
        ),
    ))
}

/// Does the kernel take it as a program: `#!`, or ELF?
fn starts_as_program(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    fs::File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start.starts_with(b"#!") || start == b"\x7fELF")
}

// ---- Building ----

/// What building needs from outside.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kit {
    /// Bound into the submission's file system.
    pub shared: Shared,
    /// `sockcommon=/opt/kit/libsockcommon-….rlib`: what a single Rust file may use.
    pub externs: Vec<String>,
}

/// What building a submission of this kind needs. Builds sockcommon for Rust files the first time.
pub fn kit(kind: &Kind) -> io::Result<Kit> {
    static RUST: OnceLock<Result<Kit, String>> = OnceLock::new();
    match kind {
        Kind::Rust(_) | Kind::Cargo => {
            let kit = RUST.get_or_init(|| rust_kit().map_err(|error| error.to_string()));
            kit.clone().map_err(io::Error::other)
        }
        _ => Ok(Kit::default()),
    }
}

fn rust_kit() -> io::Result<Kit> {
    let sysroot = said(Command::new("rustc").args(["--print", "sysroot"]))?;
    let workspace = labkit::Workspace::here()?;
    // A folder of its own: only what a submission may use, and no program of ours.
    let kit = workspace.target.join("kit");
    let built = said(
        Command::new("cargo")
            .args([
                "build",
                "--quiet",
                "--locked",
                "--profile=observed",
                "-p",
                "sockcommon",
                "--message-format=json",
            ])
            .arg("--target-dir")
            .arg(&kit)
            .current_dir(&workspace.root),
    )?;
    let mut externs = Vec::new();
    // Not what is above it: cargo's lock, which any submission that sees it could hold.
    let deps = kit.join("observed/deps");
    for line in built.lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let name = message["target"]["name"].as_str().unwrap_or_default();
        let mut files =
            message["filenames"].as_array().into_iter().flatten().filter_map(|file| file.as_str());
        // Each library is there beside its metadata; one of ours is also above, without the digest in its name.
        let metadata = files.find_map(|file| Path::new(file).strip_prefix(&deps).ok());
        if ["sockcommon", "libc", "nix", "thiserror"].contains(&name)
            && let Some(metadata) = metadata
        {
            let library = metadata.with_extension("rlib");
            externs.push(format!("{name}=/opt/kit/deps/{}", library.display()));
        }
    }
    let mut folders =
        vec![(PathBuf::from(sysroot.trim()), "/opt/rust".to_string()), (deps, "/opt/kit/deps".to_string())];
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    if let Some(registry) = cargo_home.map(|home| home.join("registry")).filter(|registry| registry.is_dir())
    {
        folders.push((registry, "/opt/cargo/registry".to_string()));
    }
    Ok(Kit { shared: Shared { folders }, externs })
}

/// What a command prints; an error with its stderr if it fails.
pub(crate) fn said(command: &mut Command) -> io::Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// A program that can be started, and what the compiler said on the way.
#[derive(Debug)]
pub struct Built {
    /// How it is started, as it is in there.
    pub program: Vec<String>,
    /// What the compiler said.
    pub log: String,
}

/// Puts the copy in `folder` into the place, as `/work/submission`, and builds it there; beside it `/work/sockcommon`, as a
/// lecture program has it. The second value is what the compiler said, if it failed.
pub fn build(
    place: &Place,
    folder: &Path,
    kind: &Kind,
    kit: &Kit,
    name: &str,
) -> Verdict<Result<Built, (Failure, String)>> {
    let work = place.work();
    let mut room = Room::new();
    let copy = folder.join("submission");
    let mut kind = kind.clone();
    // The copy was complete, or else there is nothing to build.
    if !matches!(kind, Kind::Nothing(..))
        && let Entry::Folder(folder) = open(None, &copy)?
    {
        fs::create_dir(work.join("submission"))?;
        match copy_folder(folder, &copy, &work.join("submission"), &mut room) {
            // Its paths are longer here.
            Err(error) if too_large(&error) => kind = Kind::too_large(),
            copied => copied?,
        }
    }
    let sockcommon = labkit::root().join("crates/sockcommon");
    fs::create_dir(work.join("sockcommon"))?;
    fs::copy(sockcommon.join("sockcommon.h"), work.join("sockcommon/sockcommon.h"))?;
    let inside = place.work_inside();
    let program = format!("{inside}/{name}");
    let command = match &kind {
        Kind::Nothing(ko, en) => {
            let got = Words { ko: ko.clone(), en: en.clone() };
            return Ok(Err((Failure { got, ..Failure::default() }, String::new())));
        }
        Kind::Executable(file) => {
            return Ok(Ok(Built {
                program: vec![format!("{inside}/submission/{file}")],
                log: String::new(),
            }));
        }
        Kind::Cargo => {
            workspace_around(&work)?;
            compile(&kind, kit, &program)
        }
        _ => compile(&kind, kit, &program),
    };
    place.give(&work)?;
    let log = match run_compiler(place, command)? {
        Ok(log) => log,
        Err(failed) => return Ok(Err(failed)),
    };
    let found = match kind {
        Kind::Make => find_program(&work, "submission", name)?,
        Kind::Cargo => find_program(&work, "target/debug", name)?,
        _ => Some(work.join(name)),
    };
    let Some(found) = found else {
        let failure = Failure {
            expected: words!("`{name}`이라는 실행 파일", "an executable called `{name}`"),
            got: words!("실행 파일이 생기지 않았어요", "no executable was made"),
            ..Failure::default()
        };
        return Ok(Err((failure, log)));
    };
    let found = found.strip_prefix(&work).unwrap_or(&found).display().to_string();
    Ok(Ok(Built { program: vec![format!("{inside}/{found}")], log }))
}

/// The command that makes `program` out of `submission/`.
fn compile(kind: &Kind, kit: &Kit, program: &str) -> Vec<String> {
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(ToString::to_string).collect() };
    match kind {
        Kind::C(files) => {
            let mut cc = words(&["cc", "-std=gnu11", "-Wall", "-Wextra", "-O2", "-pthread", "-o", program]);
            cc.extend(files.iter().map(|file| format!("submission/{file}")));
            cc.push("-lm".into());
            cc
        }
        Kind::Rust(file) => {
            let rustc = [
                "/opt/rust/bin/rustc",
                "--edition=2024",
                "-Copt-level=1",
                "-Ldependency=/opt/kit/deps",
                "-o",
                program,
            ];
            let mut rustc = words(&rustc);
            rustc.extend(kit.externs.iter().map(|library| format!("--extern={library}")));
            rustc.push(format!("submission/{file}"));
            rustc
        }
        Kind::Cargo => {
            let script = "mkdir -p $HOME/.cargo && ln -sf /opt/cargo/registry $HOME/.cargo/registry \
                && cd submission && exec cargo build --offline --quiet --target-dir=../target";
            words(&["sh", "-c", script])
        }
        _ => words(&["make", "-C", "submission"]),
    }
}

/// Runs it in the place. Gives what it said; if it failed, that too.
fn run_compiler(place: &Place, command: Vec<String>) -> Verdict<Result<String, (Failure, String)>> {
    let env = [
        ("PATH", "/opt/rust/bin:/usr/local/bin:/usr/bin:/bin"),
        ("LC_ALL", "C.UTF-8"),
        ("CARGO_TERM_COLOR", "never"),
    ];
    let how = How {
        limits: place.allowed.building,
        building: true,
        env: env.map(|(name, value)| (name.into(), value.into())).into(),
        occupied: Vec::new(),
        strace: Vec::new(),
    };
    // Whoever reads it wants the compiler; what stands before it is the sandbox's.
    let line = match &command[..] {
        [sh, _, script] if sh == "sh" => script.rsplit("exec ").next().unwrap_or(script).to_string(),
        command => command.join(" "),
    };
    let built = Run::start(place, command, how, None)?.finish_building()?;
    let (ended, said) = match built.map(|(ended, said)| (ended, first_of(said))) {
        Ok((Ended::Exited(0), said)) => return Ok(Ok(said)),
        Ok((Ended::NotStarted(errno), _)) => {
            let why = io::Error::from_raw_os_error(errno);
            return Err(io::Error::other(format!("{line}: {why} (is it installed?)")).into());
        }
        Ok(failed) => failed,
        Err(stopped) => return Ok(Err((stopped, String::new()))),
    };
    let how = match ended {
        Ended::Killed(signal) => format!("signal {signal}: "),
        _ => String::new(),
    };
    // The linker names the cause first, and only then says that there was an error.
    let cause = |line: &&str| {
        ["error", "multiple definition", "undefined reference"].iter().any(|word| line.contains(word))
    };
    let first = said.lines().find(cause).unwrap_or_default();
    let failure = Failure {
        did: words!("`{line}`로 컴파일", "compiled with `{line}`"),
        expected: words!("컴파일되기", "it compiles"),
        got: words!("{how}컴파일 오류: {first}", "{how}it doesn't compile: {first}"),
        cause: words!(
            "맨 처음 오류부터 고치세요. 컴파일러의 말 전체는 아래에 있어요.",
            "Mend the first error first. All that the compiler said is below."
        ),
    };
    Ok(Err((failure, said)))
}

/// The first [`MOST_SAID`] bytes.
fn first_of(mut said: String) -> String {
    if said.len() > MOST_SAID {
        let end = (0..=MOST_SAID).rev().find(|end| said.is_char_boundary(*end)).unwrap_or(0);
        said.truncate(end);
        said.push('…');
    }
    said
}

/// The executable `name` in a folder of `work`, or the only executable there is. Whoever built it is gone, but what they left
/// may be anything: links are not followed, neither to a folder nor to a file, and what can't be looked into has none.
fn find_program(work: &Path, folder: &str, name: &str) -> io::Result<Option<PathBuf>> {
    let mut executables = match executables(work, folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(None);
        }
        executables => executables?,
    };
    let named = executables.iter().position(|path| path.file_name().is_some_and(|file| file == name));
    Ok(match (named, executables.len()) {
        (Some(i), _) => Some(executables.swap_remove(i)),
        (None, 1) => executables.pop(),
        _ => None,
    })
}

fn executables(work: &Path, folder: &str) -> io::Result<Vec<PathBuf>> {
    let inside = work.join(folder);
    let theirs: Vec<&Path> = inside.ancestors().take_while(|path| path.starts_with(work)).collect();
    for path in theirs.iter().rev() {
        if !fs::symlink_metadata(path)?.is_dir() {
            return Ok(Vec::new());
        }
    }
    let mut executables = Vec::new();
    for entry in fs::read_dir(inside)? {
        let entry = entry?;
        let data = entry.metadata()?;
        if data.is_file() && data.permissions().mode() & 0o111 != 0 && starts_as_program(&entry.path())? {
            executables.push(entry.path());
        }
    }
    Ok(executables)
}

/// Its beginning; what is the same for all members comes from the real one.
const WORKSPACE: &str = r#"[workspace]
resolver = "3"
members = ["submission", "sockcommon", "tools/labkit"]

[profile.dev]
debug = false
opt-level = 1

[workspace.package]"#;

/// The workspace that a lecture program's Cargo.toml expects above it, and sockcommon beside it.
fn workspace_around(work: &Path) -> io::Result<()> {
    let root = labkit::root();
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    // Its shared versions and lints, with these members alone.
    let shared = manifest.split_once("[workspace.package]").map_or("", |(_, shared)| shared);
    let shared = shared.split_once("[profile.").map_or(shared, |(shared, _)| shared);
    let shared = shared.replace("path = \"crates/", "path = \"");
    fs::write(work.join("Cargo.toml"), format!("{WORKSPACE}{shared}"))?;
    fs::copy(root.join("Cargo.lock"), work.join("Cargo.lock"))?;
    let sockcommon = root.join("crates/sockcommon");
    fs::copy(sockcommon.join("Cargo.toml"), work.join("sockcommon/Cargo.toml"))?;
    fs::create_dir(work.join("sockcommon/src"))?;
    fs::copy(sockcommon.join("src/lib.rs"), work.join("sockcommon/src/lib.rs"))?;
    // Only a lecture program's tests need labkit; that there is one is enough.
    let name = "[package]\nname = \"labkit\"\nversion.workspace = true\nedition.workspace = true\n";
    let labkit = work.join("tools/labkit");
    fs::create_dir_all(labkit.join("src"))?;
    fs::write(labkit.join("Cargo.toml"), name)?;
    fs::write(labkit.join("src/lib.rs"), "")
}
