//! What was handed in: which kind it is, a copy of it that is the grader's, and how it becomes a program.

mod build;
mod copy;
mod kind;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jail::own_folder;
use labs::words;
use nix::fcntl::Flock;

use crate::unpack::{cut_links, is_archive, unpack};
use copy::{Entry, Room, copy_entry, copy_folder, named, open, too_large};
use kind::kind;

pub(crate) use build::said;
pub use build::{Kit, build, kit};
pub(crate) use copy::{MOST, copy, is_copied};
pub use kind::Kind;

/// A copy of a submission, to be built and run by a judge.
#[derive(Debug)]
pub struct Staged {
    /// Its name, without the folders above it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Links, and names in an archive, that are not in the copy, because they lead out of it.
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
    let mut cut = if copied.is_ok() { cut_links(&copy, &room.links)? } else { Vec::new() };
    let kind = match copied.and_then(|()| unpack_in(&copy, &mut cut)) {
        Err(error) if too_large(&error) => Kind::too_large(),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Kind::nothing(words!(
            "압축을 풀 수 없어요: {error}. 암호 없이 .zip이나 .tar.gz로 다시 묶으세요.",
            "it can't be unpacked: {error}. Pack it anew as .zip or .tar.gz, without a password."
        )),
        unpacked => {
            unpacked?;
            kind(&copy, lab)?
        }
    };
    Ok(Staged { name, kind, cut, folder, _lock: lock })
}

/// Unpacks what was packed for the way: an archive alone in the folder `copy`, and a folder alone, in as many folders as there are.
/// What is hidden, macOS's own, or a document is not looked at, and does not go with it.
fn unpack_in(copy: &Path, cut: &mut Vec<String>) -> io::Result<()> {
    let inner = copy.with_file_name("inner");
    let mut packed = true;
    while let Some(only) = only_entry(copy)? {
        if only.file_type()?.is_dir() {
            fs::rename(only.path(), &inner)?;
        } else if packed && only.file_type()?.is_file() && is_archive(&only.file_name().to_string_lossy()) {
            packed = false;
            fs::create_dir(&inner)?;
            cut.extend(unpack(&only.path(), &inner, &MOST)?);
        } else {
            break;
        }
        fs::remove_dir_all(copy)?;
        fs::rename(&inner, copy)?;
    }
    Ok(())
}

/// What is handed in beside a program, for people.
const DOCUMENTS: [&str; 11] = ["pdf", "hwp", "hwpx", "doc", "docx", "odt", "md", "txt", "png", "jpg", "jpeg"];

fn is_document(name: &str) -> bool {
    let ending = Path::new(name).extension().unwrap_or_default();
    DOCUMENTS.iter().any(|document| ending.eq_ignore_ascii_case(document))
}

/// What is in a folder, if it is one thing.
fn only_entry(folder: &Path) -> io::Result<Option<fs::DirEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let document = is_document(&name.to_string_lossy()) && entry.file_type()?.is_file();
        if name != "__MACOSX" && !name.to_string_lossy().starts_with('.') && !document {
            entries.push(entry);
        }
    }
    Ok(if entries.len() == 1 { entries.pop() } else { None })
}
