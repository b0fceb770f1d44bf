//! Which program: a binary, or a lecture program's C file, compiled here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs, io, process, thread};

use crate::{Output, Running, Server, Transport};

/// Something that can be started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
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

    /// The lecture program `name` from its Rust file, built with `$CARGO` (else `cargo`) if it isn't yet, as scripts/lab
    /// does. For what stands outside the program's own crate, where `CARGO_BIN_EXE_…` is unknown.
    pub fn rust(name: &str) -> io::Result<Self> {
        static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let folder = BUILT.get_or_init(|| build_all().map_err(|error| error.to_string()));
        Ok(Program { path: folder.as_ref().map_err(|error| io::Error::other(error.as_str()))?.join(name) })
    }

    /// The lecture program `name` from `crates/name/name.c`, compiled with `$CC` (else `cc`) if it isn't yet. An error
    /// if there is no compiler, or if it has anything to say about the file.
    pub fn c(name: &str) -> io::Result<Self> {
        let source = root().join("crates").join(name).join(format!("{name}.c"));
        let header = root().join("crates/sockcommon/sockcommon.h");
        let folder = env::current_exe()?.with_file_name("c");
        let path = folder.join(name);
        let newest = fs::metadata(&source)?.modified()?.max(fs::metadata(&header)?.modified()?);
        if fs::metadata(&path).and_then(|built| built.modified()).is_ok_and(|built| built > newest) {
            return Ok(Program { path });
        }

        // Several tests may compile it at once: each for itself, and the last rename wins.
        fs::create_dir_all(&folder)?;
        let own = folder.join(format!("{name}.{}.{:?}", process::id(), thread::current().id()));
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let cc = Command::new(&compiler)
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-o"])
            .args([&own, &source])
            .output()
            .map_err(|error| {
                io::Error::other(format!("{}: {error} (install a C compiler)", compiler.display()))
            })?;
        if !cc.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&cc.stderr)));
        }
        fs::rename(&own, &path)?;
        Ok(Program { path })
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

/// Builds the lecture programs; gives their folder.
fn build_all() -> io::Result<PathBuf> {
    let here = env::current_exe()?;
    let target = here.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let target = target
        .ok_or_else(|| io::Error::other(format!("{}: in no target folder of cargo's", here.display())))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = Command::new(&cargo)
        .args(["build", "--quiet", "--profile=lab", "--target-dir"])
        .arg(target)
        .current_dir(root())
        .output()
        .map_err(|error| io::Error::other(format!("{}: {error} (is cargo on PATH?)", cargo.display())))?;
    if !build.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&build.stderr)));
    }
    Ok(target.join("lab"))
}
