//! Which program: a binary, or a lecture program's C file, compiled here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs, io, process, thread};

use crate::running::{Output, Running, Server, while_none_starts};
use crate::sockets::Transport;

/// Something that can be started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Finds the folders of the crates of the workspace at `root`: of the lecture programs, of sockcommon, of the tools.
pub fn crate_folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for group in ["crates", "crates/tools"] {
        for entry in fs::read_dir(root.join(group))? {
            let folder = entry?.path();
            if folder.join("Cargo.toml").exists() {
                folders.push(folder);
            }
        }
    }
    Ok(folders)
}

/// A lecture program's Rust binary, `env!("CARGO_BIN_EXE_…")`, and the same program from its C file.
pub fn twins(rust: &str) -> io::Result<[Program; 2]> {
    let rust = Program::at(rust);
    let c = Program::c(&rust.name())?;
    Ok([rust, c])
}

impl Program {
    /// The executable at `path`, or on PATH if it is a bare name.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Program { path: path.into() }
    }

    /// The lecture program `name` from its Rust file, in this workspace. For what stands outside the program's own crate,
    /// where `CARGO_BIN_EXE_…` is unknown. Builds them all the first time.
    pub fn rust(name: &str) -> io::Result<Self> {
        static BUILT: OnceLock<Result<Workspace, String>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            let workspace = Workspace::here().map_err(|error| error.to_string())?;
            workspace.build().map_err(|error| error.to_string())?;
            Ok(workspace)
        });
        Ok(built.as_ref().map_err(|error| io::Error::other(error.as_str()))?.rust(name))
    }

    /// The lecture program `name` from its C file, in this workspace: [`Workspace::c`].
    pub fn c(name: &str) -> io::Result<Self> {
        Workspace::here()?.c(name)
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Starts it, with pipes for stdin, stdout and stderr.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> io::Result<Running> {
        Running::start(Command::new(&self.path).args(args))
    }

    /// Runs it to its end with `stdin` as its input.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        stdin: &[u8],
    ) -> io::Result<Output> {
        let mut running = self.start(args)?;
        running.write(stdin);
        running.finish()
    }

    /// Starts a server on a port that is free, given as its last argument after `options`, and waits until the kernel
    /// says that it listens. The transport is that of its name: `udp_…` or else TCP.
    pub fn serve(&self, options: &[&str]) -> io::Result<Server> {
        let transport = if self.name().starts_with("udp_") { Transport::Udp } else { Transport::Tcp };
        Server::start(transport, |port| {
            let mut command = Command::new(&self.path);
            command.args(options).arg(port.to_string());
            command
        })
    }
}

/// A workspace with lecture programs: this one, or a copy of it.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder with `crates/` in it.
    pub root: PathBuf,
    /// Where what is built goes.
    pub target: PathBuf,
}

impl Workspace {
    /// This one, with the target folder that the running program is in.
    pub fn here() -> io::Result<Self> {
        let program = env::current_exe()?;
        let target = target_of(&program).ok_or_else(|| {
            io::Error::other(format!("{}: in no target folder of cargo's", program.display()))
        })?;
        Ok(Workspace { root: root(), target: target.to_path_buf() })
    }

    /// The one at `root`, with its own target folder.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Workspace { root: root.to_path_buf(), target: root.join("target") }
    }

    /// Builds the Rust programs with `$CARGO` (else `cargo`), as scripts/lab does. An error with cargo's words if it
    /// can't.
    pub fn build(&self) -> io::Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(&cargo);
        build.args(["build", "--quiet", "--profile=observed", "--target-dir"]).arg(&self.target);
        let build = output(build.current_dir(&self.root))
            .map_err(|error| io::Error::other(format!("{}: {error} (is cargo on PATH?)", cargo.display())))?;
        if build.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&build.stderr)))
    }

    /// The program `name` from its Rust file, as [`Workspace::build`] has left it.
    #[must_use]
    pub fn rust(&self, name: &str) -> Program {
        Program { path: self.target.join("observed").join(name) }
    }

    /// The program `name` from `crates/name/name.c`, compiled with `$CC` (else `cc`) if it isn't yet. An error if there is
    /// no compiler, or if it has anything to say about the file.
    pub fn c(&self, name: &str) -> io::Result<Program> {
        self.compiled(&self.root.join("crates").join(name).join(format!("{name}.c")), "c", &["-O2"])
    }

    /// As [`Workspace::c`], from any C file of the workspace, so that each call can be found in it: with its lines, and with none
    /// that the compiler has moved.
    pub fn c_with_lines(&self, source: &Path) -> io::Result<Program> {
        self.compiled(source, "c-lines", &["-O0", "-g"])
    }

    fn compiled(&self, source: &Path, folder: &str, options: &[&str]) -> io::Result<Program> {
        let header = self.root.join("crates/sockcommon/sockcommon.h");
        let folder = self.target.join(folder);
        let path = folder.join(source.file_stem().unwrap_or_default());
        let modified = |path: &Path| {
            let modified = fs::metadata(path).and_then(|file| file.modified());
            modified.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        };
        let newest = modified(source)?.max(modified(&header)?);
        if modified(&path).is_ok_and(|built| built > newest) {
            return Ok(Program { path });
        }

        // Several tests may compile it at once: each for itself, and the last rename wins.
        fs::create_dir_all(&folder)?;
        let own = path.with_extension(format!("{}.{:?}", process::id(), thread::current().id()));
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut cc = Command::new(&compiler);
        cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror"]).args(options).arg("-o").arg(&own).arg(source);
        let cc = output(&mut cc).map_err(|error| {
            io::Error::other(format!("{}: {error} (install a C compiler)", compiler.display()))
        })?;
        if !cc.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&cc.stderr)));
        }
        fs::rename(&own, &path)?;
        Ok(Program { path })
    }
}

/// Runs a command to its end, without input.
fn output(command: &mut Command) -> io::Result<process::Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    while_none_starts(|| command.spawn())?.wait_with_output()
}

/// The target folder that `program` is in. Cargo marks with CACHEDIR.TAG only one that it made itself; what it knows of
/// rustc is in each.
fn target_of(program: &Path) -> Option<&Path> {
    let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
    program.ancestors().find(|folder| marks.iter().any(|mark| folder.join(mark).exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_folder_that_was_there_before_cargo_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().to_path_buf();
        fs::create_dir_all(target.join("debug/deps")).unwrap();
        fs::write(target.join(".rustc_info.json"), "{}").unwrap();
        let found = target_of(&target.join("debug/deps/facts")).map(Path::to_path_buf);
        assert_eq!(found, Some(target));
    }
}
