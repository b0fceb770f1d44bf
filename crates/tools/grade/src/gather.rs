//! Puts what each student of a class has handed in where it can be graded as one.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jail::own_folder;
use nix::fcntl::Flock;
use tempfile::TempDir;

use crate::files::in_the_way;
use crate::handed_in::{self, File, HandedIn, Platform, Student, Who, counts};
use crate::results::{file_stem, student_name};
use crate::submission;
use crate::unpack::{Most, unpack};

/// One student's submission.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose, as text: unlike every other's.
    pub student: String,
    /// What the platform has said of the student.
    pub who: Who,
    /// The file or folder to be graded; or why there is none.
    pub path: Result<PathBuf, String>,
}

/// A class, ready to be graded.
#[derive(Debug)]
pub struct Gathered {
    /// In the order of the students.
    pub submissions: Vec<Submission>,
    /// What an instructor must know: who named the entries, how many students there are.
    pub said: Vec<String>,
    /// Where files were put together. Gone when this is; after a kill, at the next start.
    _folder: (TempDir, Flock<fs::File>),
}

/// What the archive of a class may have in it: a thousand students with the most that each may hand in have less.
const MOST: Most = Most { files: 1_000_000, bytes: 16 << 30, depth: 50 };

/// Finds the students in a folder or an archive, and gathers the files of those whom `wanted` wants.
pub fn gather(class: &Path, wanted: &dyn Fn(&str) -> bool) -> io::Result<Gathered> {
    let shown = class.display();
    let (folder, lock) = own_folder()?;
    let (class, entries, left_out) = opened(class, &folder.path().join("class"))?;
    let class = &class;
    if entries.is_empty() {
        return Err(io::Error::other(format!("{shown}: no submissions in it; each entry would be one")));
    }
    let HandedIn { platform, students, notes } = handed_in::recognise(&entries);
    let found = students.len();
    let named = match platform {
        Some(platform) => format!("named by {}", platform.name()),
        None => "each a student's".into(),
    };
    let left_out = left_out.iter().map(|name| format!("{name}: left out, it would be outside the class"));
    let first = format!("{shown}: {} entries, {named}; students: {found}", entries.len());
    let mut submissions = Vec::new();
    let copies = folder.path().join("students");
    fs::create_dir(&copies)?;
    for one in students {
        let student = student_name(&one.key);
        if wanted(&student) {
            let path = together(class, &one, &copies.join(file_stem(&student)));
            submissions.push(Submission {
                student,
                who: one.who,
                path: path.map_err(|error| error.to_string()),
            });
        }
    }
    Ok(Gathered {
        submissions,
        said: [first].into_iter().chain(left_out).chain(notes).collect(),
        _folder: (folder, lock),
    })
}

/// The folder with the class and its entries, an archive unpacked `into` a folder; and what had no place there. Many archives
/// have one folder with all in it.
fn opened(class: &Path, into: &Path) -> io::Result<(PathBuf, Vec<OsString>, Vec<String>)> {
    let is_file = fs::metadata(class).map_err(|error| in_the_way(class, &error))?.is_file();
    if !is_file {
        return Ok((class.to_path_buf(), entries(class)?, Vec::new()));
    }
    fs::create_dir(into)?;
    let left_out = unpack(class, into, &MOST).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{}: not a folder, and can't be unpacked: {error}", class.display()),
        )
    })?;
    let (mut folder, mut all) = (into.to_path_buf(), entries(into)?);
    while let [only] = &all[..]
        && folder.join(only).symlink_metadata()?.is_dir()
        && handed_in::recognise(&all).platform.is_none()
    {
        folder.push(only);
        all = entries(&folder)?;
    }
    Ok((folder, all, left_out))
}

/// The names of a folder's entries, in their order.
fn entries(folder: &Path) -> io::Result<Vec<OsString>> {
    let at = |error: io::Error| in_the_way(folder, &error);
    let names = fs::read_dir(folder).map_err(at)?.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<OsString>>>().map_err(at)?;
    names.retain(|name| counts(name));
    names.sort();
    Ok(names)
}

/// One student's files as a submission: a file or folder as it lies there, or copies in the folder `to`.
fn together(class: &Path, student: &Student, to: &Path) -> io::Result<PathBuf> {
    if let [File { entry, own: None }] = &student.files[..] {
        let path = class.join(entry);
        // Moodle's own folder, around what was handed in.
        let around = student.who.platform == Some(Platform::Moodle) && path.symlink_metadata()?.is_dir();
        let inside = if around { entries(&path)? } else { Vec::new() };
        return Ok(if let [only] = &inside[..] { path.join(only) } else { path });
    }
    fs::create_dir(to)?;
    let mut copies = Vec::new();
    for File { entry, own } in &student.files {
        let own = to.join(own.as_ref().map_or(entry.as_os_str(), OsStr::new));
        // Two of one name: the second keeps the platform's.
        let copy = if own.symlink_metadata().is_ok() { to.join(entry) } else { own };
        submission::copy(&class.join(entry), &copy)?;
        copies.push(copy);
    }
    Ok(if let [only] = &copies[..] { only.clone() } else { to.to_path_buf() })
}
