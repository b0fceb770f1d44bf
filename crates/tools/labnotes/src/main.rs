//! `labnotes`: builds the book beside the slides.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs, path, thread};

use anyhow::Result;
use clap::{Parser, Subcommand};
use labkit::Workspace;
use labnotes::book::Notes;
use labnotes::pdf;
use labnotes::play;
use labnotes::real::{self, Real};
use labnotes::serve::{LOOK, Serving, sources};
use labs::words::Lang;

/// The book beside the slides, in Korean and English, from lab-notes/ and from what the programs really do
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Build both languages
    Build {
        /// Where to (default: the target folder's `book`)
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Only this page, to look at it while writing
        #[arg(long, value_name = "PAGE")]
        only: Vec<String>,
        /// Print each language as one PDF too, with chromium
        #[arg(long)]
        pdf: bool,
    },
    /// Build, open in the browser, and build again whenever something changes
    Serve {
        /// The port on 127.0.0.1 (default: the system's choice)
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Don't open a browser
        #[arg(long)]
        quiet: bool,
        /// Only this page
        #[arg(long, value_name = "PAGE")]
        only: Vec<String>,
    },
    /// Print which page and which program each slide has
    Map,
    /// Write README's picture again: lab-notes/tcp_echoserv.svg
    Picture,
    /// Say that English pages follow their Korean pages as they are now
    Bless {
        /// The pages that have been translated
        #[arg(required = true)]
        pages: Vec<String>,
    },
    /// Play a transcript; runs in the practice network
    #[command(hide = true)]
    Play,
    /// Watch a program's system calls; runs in the practice network
    #[command(hide = true)]
    Watch { program: String },
}

fn main() -> ExitCode {
    without_cargos_libraries();
    match run(Cli::parse().what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("labnotes: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run(what: What) -> Result<()> {
    let root = labkit::root().canonicalize()?;
    match what {
        What::Build { out, only, pdf } => {
            let out = path::absolute(out.map_or_else(default_out, Ok)?)?;
            let began = Instant::now();
            eprintln!("{BUILDING}");
            build(&root, &real()?, &out, &only)?;
            let page = out.join(format!("{}.html", only.first().map_or("index", String::as_str)));
            let seconds = began.elapsed().as_secs_f64();
            println!("Built in {seconds:.1} s. Open it in a browser: {}", page.display());
            for language in Lang::ALL.into_iter().filter(|_| pdf) {
                println!("{}", pdf::print(&out, language)?.display());
            }
        }
        What::Serve { port, quiet, only } => serve(&root, port, quiet, &only)?,
        What::Map => print!("{}", Notes::read(&root)?.map()),
        What::Picture => fs::write(root.join("lab-notes/tcp_echoserv.svg"), Notes::picture(&*real()?)?)?,
        What::Bless { pages } => {
            for page in Notes::read(&root)?.bless(&pages)? {
                println!("{page}");
            }
        }
        What::Play => play::main()?,
        What::Watch { program } => real::watch(&program)?,
    }
    Ok(())
}

/// Takes cargo's own folders out of LD_LIBRARY_PATH, into which `cargo run` puts them: each of the thousands of programs that are
/// started from here would look for its libraries there first, as in a student's shell none does. None if there is nothing to do.
fn without_cargos_libraries() -> Option<()> {
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    let own = [cargo.parent()?.parent()?, &Workspace::here().ok()?.target];
    let left = without(&env::var_os("LD_LIBRARY_PATH")?, own);
    // SAFETY: the first thing that this process does; there is no other thread yet, which could read it.
    unsafe { env::set_var("LD_LIBRARY_PATH", left) };
    Some(())
}

/// A list of folders without those in either of two.
fn without(list: &OsStr, folders: [&Path; 2]) -> OsString {
    let left = env::split_paths(list).filter(|path| !folders.iter().any(|folder| path.starts_with(folder)));
    env::join_paths(left).unwrap_or_else(|_| list.to_os_string())
}

const BUILDING: &str = "Building the book: every program in it is run, which takes some seconds.";

fn default_out() -> Result<PathBuf> {
    Ok(Workspace::here()?.target.join("book"))
}

fn real() -> Result<Arc<Real>> {
    Ok(Arc::new(Real::new(Workspace::here()?, env::current_exe()?)?))
}

fn build(root: &Path, real: &Arc<Real>, out: &Path, only: &[String]) -> Result<()> {
    Arc::new(Notes::read(root)?).build(real, out, only)
}

fn serve(root: &Path, port: u16, quiet: bool, only: &[String]) -> Result<()> {
    let out = default_out()?;
    let mut known = sources(root);
    eprintln!("{BUILDING}");
    let mut runs = real()?;
    build(root, &runs, &out, only)?;
    let serving = Serving::start(&out, port, true)?;
    let url = format!("http://{}/", serving.address);
    println!("The book: {url}  (stop with Ctrl-C)");
    if !quiet {
        thread::spawn(move || {
            if !open(&url) {
                println!(
                    "No browser could be opened here: type the address into one (on WSL into one of Windows)."
                );
            }
        });
    }
    loop {
        // The pace of looking; whether a file has changed is seen in the files.
        thread::sleep(LOOK);
        let now = sources(root);
        if now == known {
            continue;
        }
        // Pages alone leave the runs as they are.
        let in_notes = |path: &&PathBuf| path.starts_with(root.join("lab-notes"));
        if known.iter().filter(|(path, _)| !in_notes(path)).ne(now.iter().filter(|(path, _)| !in_notes(path)))
        {
            match real() {
                Ok(again) => runs = again,
                Err(error) => eprintln!("labnotes: {error:#}"),
            }
        }
        known = now;
        match build(root, &runs, &out, only) {
            Ok(()) => {
                serving.changed();
                println!("built again");
            }
            Err(error) => eprintln!("labnotes: {error:#}"),
        }
    }
}

/// Opens a browser, and returns when that is done; whether it could. What it has to say otherwise is of no interest.
fn open(url: &str) -> bool {
    let open = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened =
        Command::new(open).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    opened.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_libraries_stay() {
        let list = "/home/stu/labs/target/debug/deps:/opt/gcc/lib:/home/stu/.rustup/stable/lib";
        let cargos = [Path::new("/home/stu/.rustup/stable"), Path::new("/home/stu/labs/target")];
        assert_eq!(without(OsStr::new(list), cargos), "/opt/gcc/lib");
    }
}
