//! Unpacks an archive that somebody handed in (`.zip`, `.tar`, `.tar.gz`): into one folder, never outside it, and no more than it may be.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read, Seek as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use encoding_rs::EUC_KR;
use flate2::read::MultiGzDecoder;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use tar::EntryType;
use zip::ZipArchive;

use crate::files::composed;

/// The ends of an archive's name.
pub const ENDINGS: [&str; 4] = [".zip", ".tar.gz", ".tgz", ".tar"];

/// What an archive may have in it.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Files, folders and links.
    pub files: usize,
    /// Bytes in all of them, as they are when they are unpacked.
    pub bytes: u64,
    /// Folders in folders.
    pub depth: usize,
}

/// Is this an archive's name? What is in it decides which kind it is.
#[must_use]
pub fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Unpacks an archive into a folder, which is empty. Gives the names of what is left out, because it would be outside the folder or
/// leads out of it. What macOS adds on its own is left out without a word.
///
/// An error is of the kind `FileTooLarge` or `InvalidFilename` if there is more in it than may be, and `InvalidData` if it is no such
/// archive, broken, or has a password; any other is this machine's. What was unpacked until then stays.
pub fn unpack(archive: &Path, into: &Path, most: &Most) -> io::Result<Vec<String>> {
    let mut unpacking = Unpacking {
        into,
        depth: most.depth,
        files: most.files,
        bytes: most.bytes,
        links: Vec::new(),
        left_out: Vec::new(),
    };
    let mut archive = File::open(archive)?;
    let mut start = Vec::new();
    archive.by_ref().take(2).read_to_end(&mut start)?;
    archive.rewind()?;
    let unpacked = match &start[..] {
        b"PK" => unpacking.zip(archive),
        [0x1F, 0x8B] => unpacking.tar(MultiGzDecoder::new(archive), most),
        // Nothing says at its beginning that it is one.
        _ => unpacking.tar(archive, most).map_err(|error| {
            let none = unpacking.files == most.files && error.raw_os_error().is_none();
            if none { io::Error::other("it is no .zip, .tar or .tar.gz") } else { error }
        }),
    };
    unpacked.map_err(whose)?;
    unpacking.link()
}

/// What the kernel says is the machine's fault, unless two things in an archive have the same name. All else is the archive's.
fn whose(error: io::Error) -> io::Error {
    let clash =
        matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::IsADirectory | ErrorKind::NotADirectory);
    if (error.raw_os_error().is_some() && !clash) || error.kind() == ErrorKind::FileTooLarge {
        return error;
    }
    io::Error::new(ErrorKind::InvalidData, error)
}

fn too_large() -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, "too large")
}

/// An entry of an archive, beside its name.
enum Entry<'a> {
    Folder,
    /// A file, and whether it is executable.
    File(&'a mut dyn Read, bool),
    /// A symbolic link, and where it leads.
    Link(Vec<u8>),
    /// Another name of a file that came before.
    Same(Vec<u8>),
}

/// An archive that is being unpacked: how much more there may be, and what is for the end.
struct Unpacking<'a> {
    into: &'a Path,
    depth: usize,
    files: usize,
    bytes: u64,
    /// Symbolic links, and where they lead. As long as anything else is unpacked there are none, so that it goes where its name says.
    links: Vec<(PathBuf, OsString)>,
    left_out: Vec<String>,
}

impl Unpacking<'_> {
    fn zip(&mut self, archive: File) -> io::Result<()> {
        let mut archive = ZipArchive::new(archive)?;
        for i in 0..archive.len() {
            let mut file = archive.by_index(i)?;
            // Older programs on Windows write a\b.c.
            let name: Vec<u8> =
                file.name_raw().iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
            if name.ends_with(b"/") {
                self.add(&name, Entry::Folder)?;
            } else if file.is_symlink() {
                let mut target = Vec::new();
                file.take(libc::PATH_MAX as u64).read_to_end(&mut target)?;
                self.add(&name, Entry::Link(target))?;
            } else {
                let executable = file.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
                self.add(&name, Entry::File(&mut file, executable))?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, archive: impl Read, most: &Most) -> io::Result<()> {
        // What is not unpacked has to be read all the same.
        let room = 2 * most.bytes + 4096 * most.files as u64;
        let mut archive = tar::Archive::new(archive.take(room));
        let unpacked = self.entries(&mut archive);
        if archive.into_inner().limit() == 0 { Err(too_large()) } else { unpacked }
    }

    fn entries(&mut self, archive: &mut tar::Archive<impl Read>) -> io::Result<()> {
        for entry in archive.entries()? {
            let mut entry = entry?;
            let name = entry.path_bytes().into_owned();
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            let executable = entry.header().mode()? & 0o111 != 0;
            match entry.header().entry_type() {
                EntryType::Directory => self.add(&name, Entry::Folder)?,
                EntryType::Symlink => self.add(&name, Entry::Link(target))?,
                EntryType::Link => self.add(&name, Entry::Same(target))?,
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    self.add(&name, Entry::File(&mut entry, executable))?;
                }
                // Pipes and devices, and what is said of the archive itself.
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &[u8], entry: Entry) -> io::Result<()> {
        let name = decoded(name);
        let Some(path) = inside(&name) else {
            self.left_out.push(name.display().to_string());
            return Ok(());
        };
        if path.iter().any(is_of_macos) {
            return Ok(());
        }
        self.files = self.files.checked_sub(1).ok_or_else(too_large)?;
        if path.components().count() > self.depth {
            return Err(too_large());
        }
        let to = self.into.join(&path);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        match entry {
            Entry::Folder => fs::create_dir_all(&to)?,
            Entry::File(file, executable) => {
                // However long it says it is.
                let copied = io::copy(&mut file.take(self.bytes + 1), &mut File::create(&to)?)?;
                self.bytes = self.bytes.checked_sub(copied).ok_or_else(too_large)?;
                fs::set_permissions(&to, Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
            }
            Entry::Link(target) => self.links.push((to, decoded(&target))),
            Entry::Same(target) => {
                let linked =
                    inside(&decoded(&target)).map(|target| fs::hard_link(self.into.join(target), to));
                if !matches!(linked, Some(Ok(()))) {
                    self.left_out.push(name.display().to_string());
                }
            }
        }
        Ok(())
    }

    /// Makes the links, all else being there, and removes those that lead out.
    fn link(mut self) -> io::Result<Vec<String>> {
        let mut made = Vec::new();
        for (link, target) in self.links {
            match symlink(target, &link) {
                Ok(()) => made.push(link),
                // Something else has its name.
                Err(_) => self.left_out.push(name_in(self.into, &link)),
            }
        }
        self.left_out.extend(cut_links(self.into, &made)?);
        Ok(self.left_out)
    }
}

/// A name as text, in one piece: UTF-8, or else the EUC-KR (CP949) of Korean Windows, which says nowhere that it is. What is neither
/// stays as it is.
fn decoded(name: &[u8]) -> OsString {
    let text = match std::str::from_utf8(name) {
        Ok(name) => Some(name.into()),
        Err(_) => EUC_KR.decode_without_bom_handling_and_without_replacement(name),
    };
    text.map_or_else(|| OsString::from_vec(name.to_vec()), |text| composed(&text).into())
}

/// A name as a path from a folder on; none if it goes up anywhere, or starts at the root.
fn inside(name: &OsStr) -> Option<PathBuf> {
    let parts = Path::new(name).components().filter(|part| *part != Component::CurDir);
    parts.map(|part| matches!(part, Component::Normal(_)).then_some(part)).collect()
}

/// What macOS keeps of a folder and of the files in it, and its archiver puts beside them.
fn is_of_macos(name: &OsStr) -> bool {
    name == "__MACOSX" || name == ".DS_Store" || name.as_bytes().starts_with(b"._")
}

fn name_in(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

/// Removes those of the `links` in a folder that lead out of it, by way of others too, and gives their names: openat2(2).
pub(crate) fn cut_links(folder: &Path, links: &[PathBuf]) -> io::Result<Vec<String>> {
    let inside = File::open(folder)?;
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(ResolveFlag::RESOLVE_BENEATH);
    let mut cut = Vec::new();
    for path in links {
        let link = path.strip_prefix(folder).unwrap_or(path);
        let opened = loop {
            match openat2(&inside, link, how) {
                // Something on this machine was renamed or mounted just then: nobody knows.
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                opened => break opened,
            }
        };
        match opened {
            // One that leads nowhere leads not out of it.
            Ok(_) | Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {}
            Err(_) => cut.push(path),
        }
    }
    // Only now: until here they were looked at as they were handed in.
    cut.iter().try_for_each(fs::remove_file)?;
    Ok(cut.into_iter().map(|path| name_in(folder, path)).collect())
}
