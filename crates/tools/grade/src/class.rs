//! A whole class: what a platform has handed out, or a folder in which each entry is one submission.
//!
//! Each result is written as soon as it is known, so a run that was killed goes on where it was. Kept is a result of the
//! same lab, the same bytes, the same grader, tier and language (and seed, if one is asked for) in which there are marks.

use std::any::Any;
use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use jail::Tier;
use labs::lab::Lab;
use labs::words::Lang;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::changes::Change;
use crate::files::{in_the_way, write_whole};
use crate::gather::{Submission, gather};
use crate::pages;
use crate::report::Report;
use crate::results::{Class, Entry, file_stem, files, hex};
use crate::roster::Roster;
use crate::similar::{self, Prints};
use crate::told::{marks, visible};

/// How a class is graded.
#[derive(Clone, Debug)]
pub struct ClassOptions {
    /// How many submissions at a time.
    pub jobs: NonZeroUsize,
    /// Grade everything again.
    pub fresh: bool,
    /// The class's seed; none: a new one, and results with another are kept.
    pub seed: Option<u64>,
    /// How submissions are shut in.
    pub tier: Tier,
    /// The language of the reports.
    pub lang: Lang,
    /// Only this part of the class; the others are graded elsewhere.
    pub shard: Option<Shard>,
    /// Who is in the class.
    pub roster: Option<Roster>,
    /// More code that everybody was given, beside the starters and the slides' program: what is in it makes nobody similar.
    pub given: Option<PathBuf>,
}

/// A part of a class: the `number`th of `of`, from 1 on. A student's part follows from the name alone, so that who hands in
/// late moves nobody else to another machine, where all would be graded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Is this student in it?
    #[must_use]
    pub fn has(self, student: &str) -> bool {
        first_word(Sha256::digest(student).as_slice()) % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number, of }),
            _ => Err("a part of the class is a number from 1 on and how many there are, as 3/8".into()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// In a folder of results: which parts of a class they are, a line each. There is no such file where it is a whole class.
const PARTS: &str = "parts.txt";

/// The parts of a class that are in a folder of results.
#[must_use]
pub fn parts(out: &Path) -> BTreeSet<Shard> {
    let text = fs::read_to_string(out.join(PARTS)).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Which parts are missing beside those that are there: `part 2 of 4`.
#[must_use]
pub fn missing_parts(there: &BTreeSet<Shard>) -> Vec<String> {
    let divisions: BTreeSet<u32> = there.iter().map(|part| part.of).collect();
    let missing = divisions.into_iter().filter_map(|of| {
        let missing = (1..=of).filter(|number| !there.contains(&Shard { number: *number, of }));
        let missing: Vec<String> = missing.map(|number| number.to_string()).collect();
        let parts = if missing.len() == 1 { "part" } else { "parts" };
        (!missing.is_empty()).then(|| format!("{parts} {} of {of}", missing.join(", ")))
    });
    missing.collect()
}

/// Writes down that this part is there, or the whole class.
fn note_part(out: &Path, part: Option<Shard>) -> io::Result<()> {
    let file = out.join(PARTS);
    let Some(part) = part else {
        return match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(in_the_way(&file, &error)),
            _ => Ok(()),
        };
    };
    let mut parts = parts(out);
    parts.insert(part);
    let lines: Vec<String> = parts.iter().map(ToString::to_string).collect();
    write_whole(&file, lines.join("\n").as_bytes())
}

/// Grades one submission, with a seed.
pub type Grade<'a> = &'a (dyn Fn(&Path, u64) -> Report + Sync);

/// How it went.
#[derive(Debug)]
pub struct Summary {
    /// The class's seed.
    pub seed: u64,
    /// How many results of an earlier run were kept.
    pub kept: usize,
    /// All results.
    pub class: Class,
    /// What has changed since the last report there.
    pub changes: Vec<Change>,
    /// Who has none, and why: two submissions whose files are one, for the file system.
    pub missing: Vec<String>,
}

/// The seed of one student: the first four bytes of SHA-256 of the class's seed in decimal, a zero byte and the name.
#[must_use]
pub fn student_seed(class_seed: u64, student: &str) -> u64 {
    first_word(Sha256::digest(format!("{class_seed}\0{student}")).as_slice()).into()
}

fn first_word(digest: &[u8]) -> u32 {
    digest.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default()
}

/// Grades the class in `dir`, and writes `out/results/NAME.json`, `out/class.csv`, `out/class.html`, `out/students/`
/// and `out/similar.csv`; results of before whose submissions are gone go to `out/withdrawn/`. What an instructor must know before it begins is `said`.
///
/// What cannot be graded is recorded, and the next one is graded. A result that cannot be written (a full disk) ends the
/// run with an error that says how many are missing; those written stay, and the next run goes on from them.
pub fn class(
    lab: &Lab,
    dir: &Path,
    out: &Path,
    options: &ClassOptions,
    said: &dyn Fn(&str),
    grade: Grade,
) -> io::Result<Summary> {
    let wanted = |student: &str| options.shard.is_none_or(|shard| shard.has(student));
    let gathered = gather(dir, &wanted)?;
    for line in &gathered.said {
        said(line);
    }
    let submissions = &gathered.submissions;
    refuse_inside(dir, out)?;
    let results = out.join("results");
    fs::create_dir_all(&results).map_err(|error| in_the_way(&results, &error))?;
    let _lock = lock(out)?;
    if !options.fresh {
        refuse_another_lab(lab, out)?;
    }
    has_room(&results)?;
    let mut given = similar::given_to_all(lab.name)?;
    if let Some(more) = &options.given {
        given.append(&mut similar::fingerprints(more).map_err(|error| in_the_way(more, &error))?.hashes());
    }

    let seed = options.seed.unwrap_or_else(|| fastrand::u32(..).into());
    let run = Run { lab, options, seed, given, grade, kept: AtomicUsize::new(0) };
    let file = |submission: &Submission| results.join(file_stem(&submission.student) + ".json");
    run.all(submissions, &file)?;

    let files: Vec<PathBuf> = submissions.iter().map(file).collect();
    let aside = out.join("withdrawn");
    let gone = put_aside(&files, out, &aside, &wanted)?;
    if !gone.is_empty() {
        said(&format!("no longer handed in: {}; kept in {}", gone.join(", "), aside.display()));
    }
    note_part(out, options.shard)?;
    let (class, _) = Class::read(&files, &mut |_| ())?;
    let mut class = Class { lab: lab.name.into(), ..class };
    if let Some(roster) = &options.roster {
        class.call(roster);
    }
    let there: BTreeSet<&str> = class.rows.iter().map(|row| row.student.as_str()).collect();
    let missing = submissions
        .iter()
        .zip(&files)
        .filter(|(submission, _)| !there.contains(submission.student.as_str()))
        .map(|(submission, file)| {
            format!("{}: no result of its own in {}", submission.student, file.display())
        })
        .collect();
    let changes = pages::write(&class, out, options.lang)?;
    Ok(Summary { seed, kept: run.kept.into_inner(), class, changes, missing })
}

/// Puts the results aside whose submissions are no longer there, of those students whom `wanted` wants: no report shall give marks for
/// them. Gives whose they are.
fn put_aside(
    there: &[PathBuf],
    out: &Path,
    aside: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<String>> {
    let mut gone = Vec::new();
    for file in files(out)? {
        if !there.contains(&file)
            && let Ok(Entry { student, .. }) = Entry::read(&file)
            && wanted(&student)
        {
            let kept = aside.join(file.file_name().unwrap_or_default());
            let put = fs::create_dir_all(aside).and_then(|()| fs::rename(file, kept));
            put.map_err(|error| in_the_way(aside, &error))?;
            gone.push(student);
        }
    }
    Ok(gone)
}

/// Refuses results inside the class's folder, where they would be taken for a submission.
fn refuse_inside(dir: &Path, out: &Path) -> io::Result<()> {
    let there = std::path::absolute(out)?;
    let there = there.ancestors().find_map(|folder| folder.canonicalize().ok());
    match (dir.canonicalize(), there) {
        (Ok(inner), Some(there)) if there.starts_with(&inner) => Err(io::Error::other(format!(
            "{}: inside {}, where it would be taken for a submission; choose another place",
            out.display(),
            dir.display()
        ))),
        _ => Ok(()),
    }
}

/// Refuses to write over the results of another lab.
fn refuse_another_lab(lab: &Lab, out: &Path) -> io::Result<()> {
    let there = files(out)?.iter().find_map(|file| Entry::read(file).ok()).map(|entry| entry.report.lab);
    match there {
        Some(there) if there != lab.name => Err(io::Error::other(format!(
            "{}: results of {there} are there; choose another place, or write over them with --fresh",
            out.display()
        ))),
        _ => Ok(()),
    }
}

/// Keeps every other run out of the results: they would mix, and so would their seeds.
fn lock(out: &Path) -> io::Result<Flock<File>> {
    let path = out.join(".grade-lock");
    let file = File::create(&path).map_err(|error| in_the_way(&path, &error))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        Errno::EWOULDBLOCK => io::Error::other(format!(
            "{}: another run is at work there; wait for its end, or choose another place",
            out.display()
        )),
        errno => in_the_way(&path, &errno.into()),
    })
}

/// Tries to write to the folder: a full disk is better known before an hour's work.
fn has_room(folder: &Path) -> io::Result<()> {
    let try_it = || {
        let mut file = tempfile::Builder::new().prefix(".grade-").tempfile_in(folder)?;
        file.write_all(&[0; 1 << 16])?;
        file.as_file().sync_all()
    };
    try_it().map_err(|error| in_the_way(folder, &error))
}

struct Run<'a> {
    lab: &'a Lab,
    options: &'a ClassOptions,
    seed: u64,
    given: BTreeSet<u32>,
    grade: Grade<'a>,
    kept: AtomicUsize,
}

impl Run<'_> {
    /// Grades all of them, a few at a time. The first result that cannot be written ends it.
    fn all(
        &self,
        submissions: &[Submission],
        file: &(dyn Fn(&Submission) -> PathBuf + Sync),
    ) -> io::Result<()> {
        let (all, done) = (submissions.len(), AtomicUsize::new(0));
        let bar = bar(all as u64);
        let jobs = ThreadPoolBuilder::new().num_threads(self.options.jobs.get()).build();
        let graded = jobs.map_err(io::Error::other)?.install(|| {
            submissions.par_iter().try_for_each(|submission| {
                bar.set_message(visible(&submission.student));
                self.one(submission, &file(submission))?;
                done.fetch_add(1, Ordering::Relaxed);
                bar.inc(1);
                Ok(())
            })
        });
        bar.finish_and_clear();
        graded.map_err(|error: io::Error| {
            let missing = all - done.into_inner();
            let said = format!(
                "{error}\nstopped: {missing} of {all} submissions have no result yet; the others' are kept, \
                 and the same command goes on from there"
            );
            io::Error::new(error.kind(), said)
        })
    }

    /// Grades one, unless its result is there. An error is a result that cannot be written.
    fn one(&self, submission: &Submission, file: &Path) -> io::Result<()> {
        let Submission { student, who, path } = submission.clone();
        let seed = student_seed(self.seed, &student);
        let path = path.and_then(|path| {
            let link = fs::symlink_metadata(&path).is_ok_and(|entry| entry.is_symlink());
            let why = self.options.lang.of(
                "심볼릭 링크예요. 링크는 따라가지 않으니 파일이나 폴더 자체를 넣으세요",
                "a symbolic link, which is not followed: put the file or folder itself there",
            );
            if link { Err(why.into()) } else { Ok(path) }
        });
        let digest = path.as_ref().ok().and_then(|path| digest(path));
        let mut prints: Prints =
            path.as_ref().map(|path| similar::fingerprints(path).unwrap_or_default()).unwrap_or_default();
        prints.forget(|hash| self.given.contains(&hash));
        if let (Ok(path), Some(digest)) = (&path, &digest)
            && let Ok(entry) = Entry::read(file)
            && !self.options.fresh
            && self.is_of(&entry, &student, path, digest, seed)
        {
            self.kept.fetch_add(1, Ordering::Relaxed);
            // Another `given`, or another way to the same submission, needs no other marks.
            return if entry.prints == prints && entry.who == who {
                Ok(())
            } else {
                Entry { who, prints, ..entry }.write(file)
            };
        }
        let report = match path {
            Err(why) => self.not_graded(&student, seed, why),
            Ok(path) => {
                catch_unwind(AssertUnwindSafe(|| (self.grade)(&path, seed))).unwrap_or_else(|panic| {
                    let why =
                        self.options.lang.of("채점기가 비정상 종료되었어요", "the grader itself crashed");
                    self.not_graded(&student, seed, format!("{why}: {}", panic_said(panic.as_ref())))
                })
            }
        };
        let (digest, grader) = (digest.unwrap_or_default(), GRADER.clone());
        Entry { student, who, digest, grader, report, prints }.write(file)
    }

    fn is_of(&self, entry: &Entry, student: &str, path: &Path, digest: &str, seed: u64) -> bool {
        let report = &entry.report;
        entry.student == student
            && entry.digest == digest
            // The name says in which language it is.
            && path.file_name().is_some_and(|name| *name.to_string_lossy() == *report.submission)
            && GRADER.is_some()
            && entry.grader == *GRADER
            && report.lab == self.lab.name
            && report.tier == self.options.tier
            && report.lang == self.options.lang
            && (self.options.seed.is_none() || report.seed == seed)
            && marks(report).is_ok()
    }

    fn not_graded(&self, student: &str, seed: u64, error: String) -> Report {
        let ClassOptions { tier, lang, .. } = *self.options;
        Report { error, ..Report::new(self.lab, student.into(), seed, tier, lang) }
    }
}

fn panic_said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// Makes the progress bar, on stderr, and only on a terminal.
fn bar(submissions: u64) -> ProgressBar {
    let bar = ProgressBar::new(submissions);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30.green/dim} {pos}/{len} {elapsed} (~{eta}) {wide_msg}")
    {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar
}

/// Which grader this is: the digest of the program that runs, with all its labs. None where it can't be read.
static GRADER: LazyLock<Option<String>> = LazyLock::new(|| digest(&env::current_exe().ok()?));

/// More than this, in bytes, is not read only to know whether it has changed.
const LARGEST: u64 = 256 << 20;

/// A submission's bytes in one number: names, kinds, modes, contents; links by what they say. None where that cannot be
/// known (unreadable, or too large): such a submission is graded each time.
fn digest(submission: &Path) -> Option<String> {
    let mut digest = Sha256::new();
    let mut room = LARGEST;
    let mut rest = vec![submission.to_path_buf()];
    while let Some(path) = rest.pop() {
        let name = path.strip_prefix(submission).ok()?;
        let file = fs::symlink_metadata(&path).ok()?;
        // Each field ends where its length says, so no two trees look alike.
        digest.update((name.as_os_str().len() as u64).to_le_bytes());
        digest.update(name.as_os_str().as_bytes());
        digest.update(file.mode().to_le_bytes());
        if file.is_dir() {
            let children: io::Result<BTreeSet<PathBuf>> =
                fs::read_dir(&path).ok()?.map(|e| Ok(e?.path())).collect();
            let children = children.ok()?;
            digest.update((children.len() as u64).to_le_bytes());
            rest.extend(children);
        } else if file.is_symlink() {
            let target = fs::read_link(&path).ok()?;
            digest.update((target.as_os_str().len() as u64).to_le_bytes());
            digest.update(target.as_os_str().as_bytes());
        } else if file.is_file() {
            room = room.checked_sub(file.len())?;
            digest.update(file.len().to_le_bytes());
            let mut contents = BufReader::new(File::open(&path).ok()?.take(file.len()));
            let mut left = file.len();
            while left > 0 {
                let bytes = contents.fill_buf().ok().filter(|bytes| !bytes.is_empty())?;
                digest.update(bytes);
                let length = bytes.len();
                left -= length as u64;
                contents.consume(length);
            }
        }
    }
    Some(hex(&digest.finalize()))
}
