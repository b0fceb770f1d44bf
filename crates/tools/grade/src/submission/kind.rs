//! Which kind a submission is, and which of several programs in it is the lab's: names and endings decide.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use labs::verdict::Failure;
use labs::words;
use labs::words::Words;
use serde::{Deserialize, Serialize};

use super::copy::MOST;
use crate::files::composed;

/// The kinds of submissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// C and C++ files: compiled one by one, and linked with the one that has the main that is wanted.
    C(Vec<String>),
    /// One Rust file.
    Rust(String),
    /// One Python file.
    Python(String),
    /// Java files, compiled together.
    Java(Vec<String>),
    /// Go files of one package.
    Go(Vec<String>),
    /// A folder with a Makefile.
    Make,
    /// A folder with a Cargo.toml.
    Cargo,
    /// A script with a first line `#!`, or a binary.
    Executable(String),
    /// Nothing that can be graded, and why: Korean, English.
    Nothing(String, String),
}

impl Kind {
    /// Nothing, because it is more than may be.
    pub(super) fn too_large() -> Self {
        let (files, megabytes) = (MOST.files, MOST.bytes >> 20);
        Kind::nothing(words!(
            "제출물이 너무 커요(파일 {files}개, {megabytes} MiB까지)",
            "the submission is too large (at most {files} files and {megabytes} MiB)"
        ))
    }

    pub(super) fn nothing(why: Words) -> Self {
        Kind::Nothing(why.ko, why.en)
    }
}

/// What the folder `copy` has in it, of a lab of this name.
pub(super) fn kind(copy: &Path, lab: &str) -> io::Result<Kind> {
    let (mut names, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(copy)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        match entry.file_name().into_string() {
            Ok(name) if name.starts_with('.') => {}
            Ok(name) if kind.is_file() => names.push(name),
            Ok(name) if kind.is_dir() => folders.push(format!("{name}/")),
            _ => {}
        }
    }
    names.sort();
    folders.sort();
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    if has(&["Makefile", "makefile", "GNUmakefile"]) {
        return Ok(Kind::Make);
    }
    if has(&["Cargo.toml"]) {
        return Ok(Kind::Cargo);
    }
    for name in &mut names {
        small_ending(copy, name)?;
    }
    let with = |endings: &[&str]| -> Vec<String> {
        let ending = |name: &&String| {
            Path::new(name).extension().is_some_and(|e| endings.iter().any(|ending| e == *ending))
        };
        names.iter().filter(ending).cloned().collect()
    };
    for (endings, kind) in [
        (&["c", "cpp", "cc", "cxx"][..], Kind::C as fn(_) -> _),
        (&["java"], Kind::Java),
        (&["go"], Kind::Go),
    ] {
        let files = with(endings);
        if !files.is_empty() {
            return Ok(kind(files));
        }
    }
    for (ending, kind) in [("rs", Kind::Rust as fn(_) -> _), ("py", Kind::Python)] {
        let files = with(&[ending]);
        if let Some(file) = pick(&files, lab) {
            return Ok(kind(file.clone()));
        }
        if !files.is_empty() {
            let Failure { got, cause, .. } = undecided(&files, lab);
            return Ok(Kind::Nothing(
                format!("{}. {}", got.ko, cause.ko),
                format!("{}. {}", got.en, cause.en),
            ));
        }
    }
    let mut executables = Vec::new();
    for name in &names {
        if starts_as_program(&copy.join(name))? {
            executables.push(name.clone());
        }
    }
    if let Some(name) = pick(&executables, lab) {
        fs::set_permissions(copy.join(name), Permissions::from_mode(0o755))?;
        return Ok(Kind::Executable(name.clone()));
    }
    names.append(&mut folders);
    let list = if names.is_empty() { "-".to_string() } else { names.join(", ") };
    Ok(Kind::nothing(words!(
        "채점할 수 있는 것이 없어요. 있는 파일: {list}. C(.c), C++(.cpp, .cc), Rust(.rs), Python(.py), Java(.java), Go(.go) 파일, 그런 파일이나 Makefile이나 Cargo.toml이 있는 폴더, 첫 줄이 #!인 스크립트, 실행 파일 가운데 하나를 그대로, 또는 .zip이나 .tar.gz로 묶어서 내세요.",
        "there is nothing that can be graded. Files: {list}. Hand in a file in C (.c), C++ (.cpp, .cc), Rust (.rs), Python (.py), Java (.java) or Go (.go), a folder with such files, a Makefile or a Cargo.toml, a script with a first line #!, or a binary: as it is, or in a .zip or .tar.gz."
    )))
}

/// Renames `ECHO.C`, which for Windows is `echo.c` and for compilers C++ or nothing.
fn small_ending(copy: &Path, name: &mut String) -> io::Result<()> {
    let path = Path::new(&*name);
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if ["c", "cpp", "cc", "cxx", "java", "go", "rs", "py"].contains(&ending.as_str()) {
        let small = path.with_extension(ending);
        if !copy.join(&small).exists() {
            fs::rename(copy.join(path), copy.join(&small))?;
            *name = small.to_string_lossy().into_owned();
        }
    }
    Ok(())
}

/// Does the kernel take it as a program: `#!`, or ELF?
pub(super) fn starts_as_program(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start.starts_with(b"#!") || start == b"\x7fELF")
}

/// What a program is, as its name and a lab's say it.
const ROLES: [[&str; 2]; 2] = [["serv", "서버"], ["cli", "클라이언트"]];

/// And what it speaks.
const PROTOCOLS: [&str; 2] = ["tcp", "udp"];

/// Finds the lab's among several programs: the only one; the one of the lab's name; or the only one whose name says that it is a
/// server, or a client, as the lab's does, and says of no other protocol.
pub(super) fn pick<'a>(names: &'a [String], lab: &str) -> Option<&'a String> {
    // TcpEchoServ.java is of that name, too.
    let plain = |name: &str| composed(name).to_lowercase().replace(['_', '-'], "");
    let stem = |name: &str| plain(&Path::new(name).file_stem().unwrap_or_default().to_string_lossy());
    let role = |name: &str| ROLES.iter().position(|role| role.iter().any(|word| name.contains(word)));
    let fits = |name: &&String| {
        let name = stem(name);
        role(lab).is_some()
            && role(&name) == role(lab)
            && PROTOCOLS.iter().all(|protocol| lab.contains(protocol) || !name.contains(protocol))
    };
    let says_so = |name: &&String| PROTOCOLS.iter().any(|protocol| stem(name).contains(protocol));
    let only = |mut names: Vec<&'a String>| if names.len() == 1 { names.pop() } else { None };
    let fitting: Vec<&String> = names.iter().filter(fits).collect();
    only(names.iter().collect())
        .or_else(|| names.iter().find(|name| stem(name) == plain(lab)))
        .or_else(|| only(fitting.clone()))
        .or_else(|| only(fitting.into_iter().filter(says_so).collect()))
}

/// The failure of a submission with several programs, of which none is the lab's by its name.
pub(super) fn undecided(names: &[String], lab: &str) -> Failure {
    let names = names.join(", ");
    Failure {
        expected: words!("`{lab}` 프로그램이 하나여야 해요", "`{lab}`: one program"),
        got: words!("프로그램이 여럿이에요: {names}", "there are several programs: {names}"),
        cause: words!(
            "이름이 `{lab}`인 프로그램을 채점해요. 없으면 이름에 serv(서버 과제)나 cli(클라이언트 과제)가 들어 있는 프로그램이 하나뿐이어야 해요.",
            "The one called `{lab}` is graded; if there is none, the only one with serv (a server's lab) or cli (a client's) in its name."
        ),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization as _;

    #[test]
    fn a_name_says_which_program_is_the_labs() {
        let picked = |names: &[&str], lab: &str| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            pick(&names, lab).cloned().unwrap_or_default()
        };
        assert_eq!(picked(&["main.c"], "tcp_echoserv"), "main.c");
        assert_eq!(picked(&["tcp_echocli.c", "tcp_echoserv.c"], "tcp_echoserv"), "tcp_echoserv.c");
        assert_eq!(picked(&["client.c", "server.c"], "tcp_echoserv"), "server.c");
        assert_eq!(picked(&["Client.java", "Server.java"], "udp_echocli"), "Client.java");
        assert_eq!(picked(&["서버.py", "클라이언트.py"], "udp_echocli"), "클라이언트.py");
        // As macOS writes them.
        let apart = ["서버.c", "클라이언트.c"].map(|name| name.nfd().collect::<String>());
        assert_eq!(picked(&apart.each_ref().map(String::as_str), "tcp_echoserv"), apart[0]);
        assert_eq!(picked(&["Server", "pkg/TcpEchoServ"], "tcp_echoserv"), "pkg/TcpEchoServ");
        assert_eq!(picked(&["server.c", "tcp_echoserv.c"], "tcp_echoserv"), "tcp_echoserv.c");
        assert_eq!(picked(&["tcp_server.c", "udp_server.c"], "udp_echoserv"), "udp_server.c");
        assert_eq!(picked(&["server.c", "udp_server.c", "client.c"], "tcp_echoserv"), "server.c");
        assert_eq!(picked(&["my_server.c", "my_tcp_server.c"], "tcp_echoserv"), "my_tcp_server.c");
        // Nobody knows.
        for (names, lab) in [
            (["a.c", "b.c"], "tcp_echoserv"),
            (["server1.c", "server2.c"], "tcp_echoserv"),
            (["client.c", "main.c"], "tcp_echoserv"),
            (["client.c", "server.c"], "byte_order"),
        ] {
            assert_eq!(picked(&names, lab), "", "{names:?}");
        }
    }
}
