//! What the programs really do, each thing once for both languages and for as long as the book is served.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{fs, io, thread};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use labkit::{PATIENCE, Running, Workspace};
use mirror::{PROGRAMS, own, report, scenes};
use serde::Deserialize;
use stepper::recording::Recording;
use stepper::scenes::{Language, Scene};
use stepper::{ladder, normal};
use tempfile::NamedTempFile;

use crate::play::{Act, Screen, Script};

/// Something that a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// The calls of a program.
    Calls(&'static str),
    /// A scene of the stepper.
    Scene(&'static str),
    /// A program with a mistake, and its partner.
    Run(Run),
    /// A transcript.
    Transcript(Script),
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The program's own calls, one text each.
    Calls(Vec<String>),
    /// A scene recorded in C and in Rust.
    Scene(Box<[Recording; 2]>),
    /// A run recorded.
    Run(Box<Recording>),
    /// What each terminal shows.
    Transcript(Vec<Screen>),
}

/// A lecture program into which somebody has put a mistake, and its partner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// `no_htons`
    pub name: String,
    /// The lecture program; its C file is the one that is changed.
    pub program: String,
    /// What stands there, once, and what somebody has written instead.
    pub edits: Vec<[String; 2]>,
    /// The server with its arguments.
    pub server: String,
    /// The client with its arguments.
    pub client: String,
    /// The lines that are typed into the client.
    #[serde(default)]
    pub typed: Vec<String>,
}

/// Runs the programs and remembers what came of it.
pub struct Real {
    workspace: Workspace,
    player: PathBuf,
    seen: Mutex<HashMap<Wanted, Result<Seen, String>>>,
}

/// The program's name as mirror has it.
pub fn program(name: &str) -> Result<&'static str> {
    let known = PROGRAMS.into_iter().find(|program| *program == name);
    known.with_context(|| format!("there is no program `{name}`; there are {}", PROGRAMS.join(", ")))
}

/// A scene of the stepper.
pub fn scene(name: &str) -> Result<Scene> {
    let scene = stepper::scenes::named(name);
    scene.with_context(|| format!("there is no scene `{name}`; `stepper scenes` lists them"))
}

impl Real {
    /// Builds the programs of `workspace`. `player` is the executable of labnotes, which plays the transcripts.
    pub fn new(workspace: Workspace, player: PathBuf) -> Result<Self> {
        for tool in ["strace", "cc", "unshare", "ip", "bash"] {
            if let Some(missing) = labkit::missing_program(tool) {
                bail!("{missing}; scripts/setup installs it");
            }
        }
        give_back_what_is_freed();
        workspace.build()?;
        // Each practice network has its own process ids, so that in two of them a compiler's file could have the same name.
        for program in PROGRAMS {
            workspace.c(program)?;
        }
        Ok(Real { workspace, player, seen: Mutex::new(HashMap::new()) })
    }

    /// An error with what scripts/lab says if this machine refuses practice networks, in which nearly everything is shown.
    pub fn try_lab(&self) -> Result<()> {
        let mut lab = Command::new(self.workspace.root.join("scripts/lab"));
        let output = Running::start(lab.arg("--try"))?.finish()?;
        ensure!(output.code == Some(0), "{}", output.stderr_text().trim_start_matches("lab: ").trim_end());
        Ok(())
    }

    /// Does all of it, a few at a time: most of it waits.
    pub fn prepare(&self, wanted: &[Wanted]) {
        let mut left: Vec<&Wanted> = Vec::new();
        for want in wanted {
            if !left.contains(&want) && !self.seen().contains_key(want) {
                left.push(want);
            }
        }
        // What may wait some seconds for an answer that never comes begins first; it is taken from the end.
        left.sort_by_key(|want| match want {
            Wanted::Scene(_) => 3,
            Wanted::Transcript(script) if script.acts.iter().any(|(_, act)| *act == Act::Wait) => 2,
            Wanted::Run(_) => 1,
            _ => 0,
        });
        let left = Mutex::new(left);
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    while let Some(want) = left.lock().ok().and_then(|mut left| left.pop()) {
                        let seen = self.look(want).map_err(|error| format!("{error:#}"));
                        self.seen().insert(want.clone(), seen);
                    }
                });
            }
        });
    }

    /// What came of it.
    pub fn get(&self, want: &Wanted) -> Result<Seen> {
        if !self.seen().contains_key(want) {
            self.prepare(std::slice::from_ref(want));
        }
        let seen = self.seen().get(want).cloned();
        seen.context("not prepared")?.map_err(|error| anyhow!(error))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<Wanted, Result<Seen, String>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, want: &Wanted) -> Result<Seen> {
        match want {
            Wanted::Calls(name) => self.calls(name).context(format!("calls of {name}")),
            Wanted::Scene(name) => self.scene(name).context(format!("scene {name}")),
            Wanted::Run(run) => self.run(run).context(format!("run {}", run.name)),
            Wanted::Transcript(script) => self.transcript(script),
        }
    }

    fn calls(&self, name: &'static str) -> Result<Seen> {
        let calls = self.in_lab(false, &["watch", name], b"")?;
        Ok(Seen::Calls(serde_json::from_slice(&calls)?))
    }

    fn scene(&self, name: &str) -> Result<Seen> {
        let scene = scene(name)?;
        let record = |language| stepper::scenes::record(&self.workspace, &scene, language);
        let (c, rust) = thread::scope(|scope| {
            let c = scope.spawn(|| record(Language::C));
            let rust = record(Language::Rust);
            (c.join(), rust)
        });
        let both = [c.map_err(|_| anyhow!("the recording of C has panicked"))??, rust?];
        if let Some(difference) = normal::difference(&both[0].mirrored()?, &both[1].mirrored()?).1 {
            bail!("C and Rust differ: {difference}");
        }
        Ok(Seen::Scene(Box::new(both)))
    }

    fn run(&self, run: &Run) -> Result<Seen> {
        let changed = self.changed(run)?;
        let words = |line: &str| -> Vec<String> {
            let word = |word: &str| if word == run.program { changed.clone() } else { word.to_string() };
            line.split(' ').map(word).collect()
        };
        let (server, client) = (words(&run.server), words(&run.client));
        ensure!(server[0] == changed || client[0] == changed, "{} does not take part", run.program);
        let recording = stepper::scenes::record_own(
            &self.workspace,
            Some(&server),
            Some(&client),
            &run.typed,
            Language::C,
        )?;
        Ok(Seen::Run(Box::new(recording)))
    }

    /// The executable of a run's changed program.
    fn changed(&self, run: &Run) -> Result<String> {
        let crates = self.workspace.root.canonicalize()?.join("crates");
        let file = crates.join(&run.program).join(format!("{}.c", run.program));
        let mut text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for [what, instead] in &run.edits {
            let times = text.matches(what.as_str()).count();
            ensure!(times == 1, "`{what}` stands {times} times in {}", file.display());
            text = text.replace(what, instead);
        }
        text = text.replace("\"../sockcommon/", &format!("\"{}/sockcommon/", crates.display()));
        let folder = self.workspace.target.join("mistakes");
        let source = folder.join(format!("{}.c", run.name));
        if fs::read_to_string(&source).ok().as_ref() != Some(&text) {
            fs::create_dir_all(&folder)?;
            let unfinished = NamedTempFile::new_in(&folder)?;
            fs::write(&unfinished, &text)?;
            unfinished.persist(&source)?;
        }
        Ok(self.workspace.c_with_lines(&source)?.path.display().to_string())
    }

    fn transcript(&self, script: &Script) -> Result<Seen> {
        let screens = self.in_lab(script.servers, &["play"], &serde_json::to_vec(script)?);
        let screens: Vec<Screen> = serde_json::from_slice(&screens.context("transcript")?)?;
        let typed: BTreeSet<&str> = script.acts.iter().map(|(terminal, _)| terminal.as_str()).collect();
        ensure!(screens.len() == typed.len(), "transcript: {} terminals", screens.len());
        Ok(Seen::Transcript(screens))
    }

    /// What labnotes prints in a practice network of its own, run with these arguments and this input.
    fn in_lab(&self, servers: bool, arguments: &[&str], stdin: &[u8]) -> Result<Vec<u8>> {
        let mut lab = Command::new(self.workspace.root.join("scripts/lab"));
        if !servers {
            lab.arg("--no-servers");
        }
        lab.arg(&self.player).args(arguments);
        lab.env("CARGO_TARGET_DIR", &self.workspace.target);
        lab.env("SUDO_USER", "nobody"); // the programs have just been built, and scripts/lab need not look again
        let mut running = Running::start(&mut lab)?;
        running.write(stdin);
        let output = running.finish_within(PATIENCE)?;
        ensure!(output.code == Some(0), "{}", output.stderr_text().trim());
        Ok(output.stdout)
    }
}

/// Makes the C library give large memory back to the kernel as soon as it is freed: mallopt(3). Each of the hundreds of programs
/// that are started begins as a copy of all that this process has.
fn give_back_what_is_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a parameter of this library's, and the value that it begins with; from now on it stays.
    unsafe {
        nix::libc::mallopt(nix::libc::M_MMAP_THRESHOLD, 128 << 10)
    };
}

/// `labnotes watch`: the calls of a program's normal scene as JSON on stdout, after proof that C and Rust make the same. In
/// the practice network, so that the resolver's files are everywhere the same.
pub fn watch(name: &str) -> Result<()> {
    let workspace = Workspace::here()?;
    let mut scenes = scenes::of(program(name)?);
    // Of an address there is nothing to look up.
    let scene = scenes.iter().position(|scene| scene.name == "localhost").unwrap_or(0);
    let scene = scenes.swap_remove(scene);
    let (c, rust) = report::twins(&workspace, &scene)?;
    if let Some(difference) = report::difference(&scene, &c, &rust) {
        bail!("C and Rust don't make the same calls: {difference}");
    }
    let calls: Vec<String> = own::calls(&rust.trace.calls).into_iter().map(ladder::short).collect();
    Ok(serde_json::to_writer(io::stdout(), &calls)?)
}
