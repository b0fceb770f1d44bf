//! How a submission becomes a program: its compiler, or what else it is started with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use jail::{Ended, How, Place, Shared};
use labs::bench::Run;
use labs::verdict::{Failure, Verdict};
use labs::words;
use labs::words::Words;
use object::{Object as _, ObjectSymbol as _};
use serde::{Deserialize, Serialize};

use super::copy::{Entry, Room, copy_folder, open, too_large};
use super::kind::{Kind, pick, starts_as_program, undecided};

/// How much of what a compiler says is kept.
const MOST_SAID: usize = 64 << 10;

/// What building needs from outside.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kit {
    /// Bound into the submission's file system.
    pub shared: Shared,
    /// `sockcommon=/opt/kit/libsockcommon-….rlib`: what a single Rust file may use.
    pub externs: Vec<String>,
    /// The compilers of C and C++ that know [`PATTERN`], as they are in there too.
    pub filling: Vec<String>,
}

/// Fills variables that nobody has set. What is in them is then no luck of the stack's: an unchecked fgets at the end of input shows.
const PATTERN: &str = "-ftrivial-auto-var-init=pattern";

/// What gcc warned of until 14 and then took for an error: a submission that was made at home with an older one is built here, too.
const OLDER_C: [&str; 4] = [
    "-Wno-error=implicit-function-declaration",
    "-Wno-error=implicit-int",
    "-Wno-error=int-conversion",
    "-Wno-error=incompatible-pointer-types",
];

/// Where in `/work` it is added to what a Makefile calls.
const FILLING: &str = "filling";

/// Is that what this compiler knows (gcc from 12 on, clang)? With -### it says what it would do, and does nothing.
fn knows_pattern(compiler: &Path) -> bool {
    let nothing = Command::new(compiler).args([PATTERN, "-###", "-x", "c", "/dev/null"]).output();
    nothing.is_ok_and(|output| output.status.success())
}

/// Of these compilers those that are there and know [`PATTERN`]. Each is asked once.
fn filling(compilers: &[&'static str]) -> Vec<String> {
    static KNOWN: Mutex<BTreeMap<&str, Option<String>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let ask = |compiler| installed(compiler, "C", "gcc").ok().filter(|path| knows_pattern(Path::new(path)));
    compilers.iter().filter_map(|name| known.entry(name).or_insert_with(|| ask(name)).clone()).collect()
}

fn is_cpp(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending != "c")
}

/// What building a submission of this kind needs. Builds sockcommon for Rust files the first time.
pub fn kit(kind: &Kind) -> io::Result<Kit> {
    static RUST: OnceLock<Result<Kit, String>> = OnceLock::new();
    match kind {
        Kind::Rust(_) | Kind::Cargo => {
            let kit = RUST.get_or_init(|| rust_kit().map_err(|error| error.to_string()));
            kit.clone().map_err(io::Error::other)
        }
        Kind::C(files) => {
            let compilers: BTreeSet<_> =
                files.iter().map(|file| if is_cpp(file) { "c++" } else { "cc" }).collect();
            Ok(Kit { filling: filling(&Vec::from_iter(compilers)), ..Kit::default() })
        }
        Kind::Make => Ok(Kit { filling: filling(&["cc", "gcc", "c++", "g++"]), ..Kit::default() }),
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
    Ok(Kit { shared: Shared { folders }, externs, filling: Vec::new() })
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

/// Where compilers and interpreters are in there.
const PATH: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/go/bin", "/usr/lib/go/bin"];

/// Where a program is that submissions in a language need. An error that says what is missing on this machine.
fn installed(program: &str, language: &str, package: &str) -> io::Result<String> {
    let paths = PATH.iter().map(|folder| format!("{folder}/{program}"));
    paths.into_iter().find(|path| Path::new(path).exists()).ok_or_else(|| {
        io::Error::other(format!(
            "{program} is not installed on this machine, and a submission in {language} needs it (Debian: apt-get install {package})"
        ))
    })
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Files of the submission, as its compiler is told them.
fn sources<'a>(files: impl IntoIterator<Item = &'a String>) -> impl Iterator<Item = String> {
    files.into_iter().map(|file| format!("submission/{file}"))
}

/// Puts the copy in `folder` into the place, as `/work/submission`, and builds it there; beside it `/work/sockcommon`, as a
/// lecture program has it. Gives how it is started, as it is in there, and what the compilers said.
pub fn build(
    place: &Place,
    folder: &Path,
    kind: &Kind,
    kit: &Kit,
    lab: &str,
) -> (Verdict<Vec<String>>, String) {
    let (work, inside) = (place.work(), place.work_inside());
    let mut building = Building { place, kit, lab, work, inside, log: String::new() };
    let built = building.build(folder, kind).map_err(|fault| match in_utf16(&building.work) {
        Some(file) => fault.surely_because(words!(
            "UTF-16으로 저장된 파일이 있어요: {file}. UTF-8로 다시 저장하세요(메모장: 다른 이름으로 저장, 인코딩).",
            "{file} is saved in UTF-16. Save it anew in UTF-8 (Notepad: Save as, Encoding)."
        )),
        None => fault,
    });
    (built, building.log)
}

/// A file of the submission that says at its beginning that it is in UTF-16, which no compiler here reads.
fn in_utf16(work: &Path) -> Option<String> {
    let starts_so = |path: &Path| -> io::Result<bool> {
        let mut start = Vec::new();
        if let Entry::File(file) = open(None, path)? {
            file.take(2).read_to_end(&mut start)?;
        }
        Ok([b"\xFF\xFE", b"\xFE\xFF"].iter().any(|mark| start == *mark))
    };
    let files = fs::read_dir(work.join("submission")).ok()?.flatten();
    let names = files.filter(|file| starts_so(&file.path()).unwrap_or(false)).map(|file| file.file_name());
    // The order in which a folder is read is the file system's.
    Some(names.min()?.to_string_lossy().into_owned())
}

/// A submission that is being built.
struct Building<'a> {
    place: &'a Place,
    kit: &'a Kit,
    lab: &'a str,
    /// `/work`, as the grader sees it, and as it is in there.
    work: PathBuf,
    inside: String,
    /// What the compilers said so far.
    log: String,
}

impl Building<'_> {
    fn build(&mut self, folder: &Path, kind: &Kind) -> Verdict<Vec<String>> {
        let too_large = self.lay_out(folder, kind)?.then(Kind::too_large);
        let program = format!("{}/{}", self.inside, self.lab);
        match too_large.as_ref().unwrap_or(kind) {
            Kind::Nothing(ko, en) => {
                let got = Words { ko: ko.clone(), en: en.clone() };
                return Err(Failure { got, ..Failure::default() }.into());
            }
            Kind::Executable(file) => return Ok(vec![format!("{}/submission/{file}", self.inside)]),
            Kind::Python(file) => {
                let python = installed("python3", "Python", "python3")?;
                return Ok(vec![python, format!("{}/submission/{file}", self.inside)]);
            }
            Kind::Java(files) => return self.java(files),
            Kind::Make => {
                installed("make", "a folder with a Makefile", "make")?;
                self.run(strings(&["make", "-C", "submission"]))?;
                return self.made("submission");
            }
            Kind::Cargo => {
                let script = "mkdir -p $HOME/.cargo && ln -sf /opt/cargo/registry $HOME/.cargo/registry \
                    && cd submission && exec cargo build --offline --quiet --target-dir=../target";
                self.run(strings(&["sh", "-c", script]))?;
                return self.made("target/debug");
            }
            Kind::C(files) => self.c(files, &program)?,
            Kind::Rust(file) => self.rust(file, &program)?,
            Kind::Go(files) => self.go(files, &program)?,
        }
        Ok(vec![program])
    }

    /// Lays out all that it is built from. Says whether it is too large for that.
    fn lay_out(&self, folder: &Path, kind: &Kind) -> io::Result<bool> {
        let (copy, work) = (folder.join("submission"), &self.work);
        // The copy was complete, or else there is nothing to build.
        if !matches!(kind, Kind::Nothing(..))
            && let Entry::Folder(folder) = open(None, &copy)?
        {
            fs::create_dir(work.join("submission"))?;
            match copy_folder(folder, &copy, &work.join("submission"), &mut Room::new()) {
                // Its paths are longer here.
                Err(error) if too_large(&error) => return Ok(true),
                copied => copied?,
            }
        }
        let sockcommon = labkit::root().join("crates/sockcommon");
        fs::create_dir(work.join("sockcommon"))?;
        fs::copy(sockcommon.join("sockcommon.h"), work.join("sockcommon/sockcommon.h"))?;
        if *kind == Kind::Cargo {
            workspace_around(work)?;
        }
        if *kind == Kind::Make {
            self.fill_for_make()?;
        }
        self.place.give(work)?;
        Ok(false)
    }

    /// For a Makefile, which says itself how to compile: what stands before the compilers in `PATH`, so that they fill variables too.
    fn fill_for_make(&self) -> io::Result<()> {
        let folder = self.work.join(FILLING);
        fs::create_dir(&folder)?;
        for compiler in &self.kit.filling {
            let file = folder.join(Path::new(compiler).file_name().unwrap_or_default());
            fs::write(&file, format!("#!/bin/sh\nexec {compiler} {PATTERN} \"$@\"\n"))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    /// One file as it is; of several, each by itself, and those with a main that is not wanted are left out.
    fn c(&mut self, files: &[String], program: &str) -> Verdict {
        // As the book has students compile, without -O: what works at home works here.
        let flags = strings(&["-Wall", "-Wextra", "-pthread"]);
        let compiler = |cpp: bool| -> io::Result<Vec<String>> {
            let [compiler, standard, language, package] =
                if cpp { ["c++", "-std=gnu++17", "C++", "g++"] } else { ["cc", "-std=gnu11", "C", "gcc"] };
            let path = installed(compiler, language, package)?;
            let filling = strings(if self.kit.filling.contains(&path) { &[PATTERN] } else { &[] });
            let older = strings(if cpp { &[] } else { &OLDER_C });
            Ok([strings(&[compiler, standard]), flags.clone(), filling, older].concat())
        };
        let output = strings(&["-o", program]);
        let math = strings(&["-lm"]);
        if let [file] = files {
            let sources = sources([file]).collect();
            return self.run([compiler(is_cpp(file))?, output, sources, math].concat());
        }
        let (cpp, c): (Vec<&String>, Vec<&String>) = files.iter().partition(|file| is_cpp(file));
        for (files, cpp) in [(&c, false), (&cpp, true)] {
            if !files.is_empty() {
                let sources = sources(files.iter().copied()).collect();
                self.run([compiler(cpp)?, strings(&["-c"]), sources].concat())?;
            }
        }
        // A name that starts with - is no option.
        let object = |file: &String| Path::new(".").join(file).with_extension("o").display().to_string();
        let mut mains = Vec::new();
        for file in files {
            if has_main(&self.work.join(object(file)))? {
                mains.push(file.clone());
            }
        }
        let wanted = pick(&mains, self.lab);
        if wanted.is_none() && !mains.is_empty() {
            return Err(undecided(&mains, self.lab).into());
        }
        // Where none has a main, the linker says so.
        let parts = files.iter().filter(|file| !mains.contains(file) || Some(*file) == wanted);
        let objects = parts.map(object).collect();
        let linker = strings(&[if cpp.is_empty() { "cc" } else { "c++" }, "-pthread"]);
        self.run([linker, output, objects, math].concat())
    }

    /// As this workspace's edition; what is older and no longer allowed there, as the one before.
    fn rust(&mut self, file: &String, program: &str) -> Verdict {
        let libraries = self.kit.externs.iter().map(|library| format!("--extern={library}"));
        let options = strings(&["-Copt-level=1", "-Ldependency=/opt/kit/deps", "-o", program]);
        let rest: Vec<String> = options.into_iter().chain(libraries).chain(sources([file])).collect();
        let rustc = |edition: &str| [strings(&["/opt/rust/bin/rustc", edition]), rest.clone()].concat();
        let before = self.log.len();
        let Err(failure) = self.run(rustc("--edition=2024")) else { return Ok(()) };
        let said = self.log.split_off(before);
        self.run(rustc("--edition=2021")).map_err(|_| {
            self.log.truncate(before);
            self.log.push_str(&said);
            failure
        })
    }

    fn go(&mut self, files: &[String], program: &str) -> Verdict {
        installed("go", "Go", "golang-go")?;
        let mut go = strings(&["go", "build", "-o", program]);
        if self.work.join("submission/go.mod").exists() {
            go = strings(&["sh", "-c", &format!("cd submission && exec {}", go.join(" "))]);
        } else {
            go.extend(sources(files));
        }
        self.run(go)
    }

    /// The class with the main that is wanted is started.
    fn java(&mut self, files: &[String]) -> Verdict<Vec<String>> {
        installed("javac", "Java", "default-jdk-headless")?;
        let java = installed("java", "Java", "default-jdk-headless")?;
        let is_utf8 = |file: &String| {
            let text = fs::read(self.work.join("submission").join(file))?;
            Ok(std::str::from_utf8(&text).is_ok())
        };
        let utf8 = files.iter().map(is_utf8).collect::<io::Result<Vec<bool>>>()?;
        let encoding = if utf8.contains(&false) { "x-windows-949" } else { "UTF-8" };
        // No code of the submission's is run by the compiler.
        let javac = |files: &[String]| {
            let options = strings(&["javac", "-proc:none", "-encoding", encoding, "-d", "classes"]);
            let options = options.into_iter().chain(COMPILING_JAVA.map(String::from));
            options.chain(sources(files)).collect::<Vec<String>>()
        };
        if let Err(failure) = self.run(javac(files)) {
            let ([file], Some(name)) = (files, public_class(&self.log)) else { return Err(failure) };
            // A file that is called as its student is, and not as its class.
            let submission = self.work.join("submission");
            fs::rename(submission.join(file), submission.join(&name))?;
            self.log.clear();
            self.run(javac(&[name]))?;
        }
        let classes = self.work.join("classes");
        let mut mains = Vec::new();
        classes_with_main(&classes, &classes, &mut mains)?;
        mains.sort();
        let Some(main) = pick(&mains, self.lab) else {
            let none = Failure {
                expected: words!("main이 있는 클래스가 있어야 해요", "a class with a main"),
                got: words!(
                    "public static void main(String[])이 있는 클래스가 없어요",
                    "no class has a public static void main(String[])"
                ),
                ..Failure::default()
            };
            return Err(if mains.is_empty() { none } else { undecided(&mains, self.lab) }.into());
        };
        // In a file, so that what is said to have been run is short.
        let options = format!("{}\n-cp \"{}/classes\"\n", RUNNING_JAVA.join("\n"), self.inside);
        fs::write(self.work.join("java.options"), options)?;
        Ok(vec![java, format!("@{}/java.options", self.inside), main.replace('/', ".")])
    }

    /// The program in a folder of `work` that was made there.
    fn made(&self, folder: &str) -> Verdict<Vec<String>> {
        let mut names: Vec<String> = executables(&self.work, folder)?;
        names.sort();
        if let Some(name) = pick(&names, self.lab) {
            return Ok(vec![format!("{}/{folder}/{name}", self.inside)]);
        }
        let name = self.lab;
        let none = Failure {
            expected: words!("실행 파일이 만들어져야 해요: `{name}`", "an executable called `{name}`"),
            got: words!("실행 파일이 만들어지지 않았어요", "no executable was made"),
            ..Failure::default()
        };
        Err(if names.is_empty() { none } else { undecided(&names, name) }.into())
    }

    /// Runs a compiler in the place. What it says goes into the log.
    fn run(&mut self, command: Vec<String>) -> Verdict {
        let path = format!("{}/{FILLING}:/opt/rust/bin:{}", self.inside, PATH.join(":"));
        let cache = format!("{}/go-cache", self.inside);
        let env = [
            ("PATH", &path[..]),
            ("LC_ALL", "C.UTF-8"),
            ("CARGO_TERM_COLOR", "never"),
            ("GOCACHE", &cache),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
            ("CGO_ENABLED", "0"),
        ];
        let how = How {
            limits: self.place.allowed.building,
            building: true,
            env: env.map(|(name, value)| (name.into(), value.into())).into(),
            occupied: Vec::new(),
            without_stdin: false,
            strace: Vec::new(),
        };
        // Whoever reads it wants the compiler; what stands before it is the sandbox's.
        let line = match &command[..] {
            [sh, _, script] if sh == "sh" => script.rsplit("exec ").next().unwrap_or(script).to_string(),
            command => command.join(" "),
        };
        let (ended, said) = Run::start(self.place, command, how, None)?.finish_building()??;
        let said = first_of(said);
        self.log.push_str(&said);
        let how = match ended {
            Ended::Exited(0) => return Ok(()),
            Ended::NotStarted(errno) => {
                let why = io::Error::from_raw_os_error(errno);
                return Err(io::Error::other(format!("{line}: {why} (is it installed?)")).into());
            }
            Ended::Killed(signal) => format!("signal {signal}: "),
            Ended::Exited(_) => String::new(),
        };
        // The linker names the cause first, and only then says that there was an error.
        let cause = |line: &&str| {
            ["error", "multiple definition", "undefined reference"].iter().any(|word| line.contains(word))
        };
        let first = said.lines().find(cause).unwrap_or_default();
        let failure = Failure {
            did: words!("`{line}` 명령으로 컴파일", "compiled with `{line}`"),
            expected: words!("컴파일되어야 해요", "it compiles"),
            got: words!("{how}컴파일 오류가 났어요: {first}", "{how}it doesn't compile: {first}"),
            cause: words!(
                "첫 번째 오류부터 고치세요. 컴파일러의 메시지 전체는 아래에 있어요.",
                "Mend the first error first. All that the compiler said is below."
            ),
        };
        Err(failure.into())
    }
}

/// What keeps Java's own compiler within the limits.
const COMPILING_JAVA: [&str; 3] = ["-J-XX:+UseSerialGC", "-J-Xmx512m", "-J-XX:TieredStopAtLevel=1"];

/// And its programs: one thread that collects garbage, and soon, little memory, no files beside, and the soft limit of descriptors as it
/// is, which Java would raise.
const RUNNING_JAVA: [&str; 6] = [
    "-XX:+UseSerialGC",
    "-Xmx128m",
    "-Xmn4m",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:-MaxFDLimit",
];

/// What javac says that a file should be called, after the public class in it.
fn public_class(said: &str) -> Option<String> {
    let first = said.lines().next()?.split_once(" is public, should be declared in a file named ")?.1;
    let name = first.strip_suffix(".java")?;
    name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$').then(|| first.into())
}

/// Does an object file define `main`?
fn has_main(path: &Path) -> io::Result<bool> {
    let bytes = fs::read(path)?;
    let object = object::File::parse(&bytes[..]).map_err(io::Error::other)?;
    Ok(object.symbols().any(|symbol| symbol.is_definition() && symbol.name() == Ok("main")))
}

/// The classes in a folder that have a `main`, as paths from `root` on. In a class file names and types are texts with their
/// length: the Java Virtual Machine Specification, 4.4.7.
fn classes_with_main(root: &Path, folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
    let text = |text: &str| [&[1, 0, text.len() as u8], text.as_bytes()].concat();
    let (name, kind) = (text("main"), text("([Ljava/lang/String;)V"));
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            classes_with_main(root, &path, found)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        let class = path.strip_prefix(root).unwrap_or(&path).with_extension("").display().to_string();
        if !class.contains('$') && has(&name) && has(&kind) {
            found.push(class);
        }
    }
    Ok(())
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

/// The executables in a folder of `work`. Whoever built them is gone, but what they left may be anything: links are not followed,
/// neither to a folder nor to a file, and what can't be looked into has none.
fn executables(work: &Path, folder: &str) -> io::Result<Vec<String>> {
    let look = || -> io::Result<Vec<String>> {
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
            if data.is_file()
                && data.permissions().mode() & 0o111 != 0
                && starts_as_program(&entry.path())?
                && let Ok(name) = entry.file_name().into_string()
            {
                executables.push(name);
            }
        }
        Ok(executables)
    };
    match look() {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            Ok(Vec::new())
        }
        executables => executables,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_asked_what_it_knows() {
        let dir = tempfile::tempdir().unwrap();
        let compiler = |body: &str| {
            let path = dir.path().join("cc");
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        assert!(knows_pattern(&compiler("exit 0")));
        // As gcc 11 does.
        assert!(!knows_pattern(&compiler("echo 'cc: error: unrecognized command-line option' >&2; exit 1")));
        assert!(!knows_pattern(&dir.path().join("none")));
    }
}
