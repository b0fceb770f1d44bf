//! Copies of what was handed in: what lies there, and nothing that a link leads to.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::Mode;

use crate::unpack::Most;

/// What a submission may have, an archive as it is when it is unpacked.
pub(crate) const MOST: Most = Most { files: 2000, bytes: 64 << 20, depth: 40 };

/// Copies a file or folder as it was handed in; a link as a link.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entry = if fs::symlink_metadata(from).map_err(|error| named(from, &error))?.is_symlink() {
        Entry::Link(fs::read_link(from)?.into())
    } else {
        open(None, from).map_err(|error| named(from, &error))?
    };
    copy_entry(entry, from, to, &mut Room::new()).map_err(|error| named(from, &error))
}

/// An error of a path.
pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Is it more than may be copied, or in folders so deep, with names so long, that it has no path?
pub(super) fn too_large(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidFilename)
}

/// What may still be copied, and the links that were.
pub(super) struct Room {
    files: usize,
    bytes: u64,
    depth: usize,
    pub(super) links: Vec<PathBuf>,
}

impl Room {
    pub(super) fn new() -> Self {
        Room { files: MOST.files, bytes: MOST.bytes, depth: MOST.depth, links: Vec::new() }
    }
}

/// Something in a folder, opened: whoever puts something else in its place now comes too late.
pub(super) enum Entry {
    File(File),
    Folder(Dir),
    /// A symbolic link, and where it leads.
    Link(OsString),
    /// A pipe, a socket, a device.
    Other,
}

/// Opens what is called `path`, in a folder or in the current one, following no link at its end.
pub(super) fn open(folder: Option<&Dir>, path: &Path) -> io::Result<Entry> {
    // Opening a pipe or a device that way waits for nobody.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let opened = match folder {
        Some(folder) => openat(folder, path, flags, Mode::empty()),
        None => nix::fcntl::open(path, flags, Mode::empty()),
    };
    let file = match (opened, folder) {
        (Ok(fd), _) => File::from(fd),
        (Err(Errno::ELOOP), Some(folder)) => return Ok(Entry::Link(readlinkat(folder, path)?)),
        // A socket, or a device without a driver.
        (Err(Errno::ENXIO | Errno::ENODEV), _) => return Ok(Entry::Other),
        (Err(errno), _) => return Err(errno.into()),
    };
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_dir() {
        Entry::Folder(Dir::from_fd(file.into())?)
    } else if kind.is_file() {
        Entry::File(file)
    } else {
        Entry::Other
    })
}

/// All that is in a folder, which is at `from`, into the folder `to`.
pub(super) fn copy_folder(mut folder: Dir, from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    let names: Result<Vec<OsString>, Errno> = folder
        .iter()
        .map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()))
        .take(MOST.files + 3) // with . and .. that is more than there may be
        .collect();
    let names = names?;
    let cargo = names.iter().any(|name| name == "Cargo.toml");
    for name in names.into_iter().filter(|name| is_copied(name, cargo)) {
        let path = from.join(&name);
        let entry = open(Some(&folder), Path::new(&name)).map_err(|error| named(&path, &error))?;
        copy_entry(entry, &path, &to.join(&name), room)?;
    }
    Ok(())
}

/// Is an entry of a folder, in which there is a Cargo.toml or not, a part of the submission? What cargo leaves behind is built anew.
pub(crate) fn is_copied(name: &OsStr, cargo: bool) -> bool {
    ![".", "..", ".git"].iter().any(|skipped| name == *skipped) && (name != "target" || !cargo)
}

/// A file, a folder, or a link as a link, which was at `from`; pipes and devices are left out.
pub(super) fn copy_entry(entry: Entry, from: &Path, to: &Path, room: &mut Room) -> io::Result<()> {
    let named = |error: io::Error| named(from, &error);
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "too large");
    room.files = room.files.checked_sub(1).ok_or_else(too_large)?;
    match entry {
        Entry::Link(target) => {
            room.links.push(to.to_path_buf());
            symlink(target, to)
        }
        Entry::Folder(folder) => {
            room.depth = room.depth.checked_sub(1).ok_or_else(too_large)?;
            fs::create_dir(to)?;
            copy_folder(folder, from, to, room)?;
            room.depth += 1;
            Ok(())
        }
        Entry::File(file) => {
            let executable = file.metadata().map_err(named)?.permissions().mode() & 0o111 != 0;
            // However long it says it is: it may grow.
            let copied =
                io::copy(&mut file.take(room.bytes + 1), &mut File::create_new(to)?).map_err(named)?;
            room.bytes = room.bytes.checked_sub(copied).ok_or_else(too_large)?;
            fs::set_permissions(to, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
        }
        Entry::Other => Ok(()),
    }
}
