//! A folder of the caller's own.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

/// How the names of [`own_folder`]s begin.
const FOLDERS: &str = "grade-";

/// Makes an empty folder that nobody else looks into, which is somebody's as long as the lock is held. Removes those of
/// callers that were killed.
pub fn own_folder() -> io::Result<(tempfile::TempDir, Flock<File>)> {
    let lock = |path: &Path, how| {
        let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
        let folder = File::options().read(true).custom_flags(flags).open(path)?;
        Flock::lock(folder, how).map_err(|(_, errno)| io::Error::from(errno))
    };
    let me = nix::unistd::Uid::effective().as_raw();
    for entry in fs::read_dir(std::env::temp_dir())?.flatten() {
        if entry.file_name().as_bytes().starts_with(FOLDERS.as_bytes())
            && entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == me)
            && let Ok(_nobody) = lock(&entry.path(), FlockArg::LockExclusiveNonblock)
        {
            // Where it can't be removed, it is the next one's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    loop {
        let folder = tempfile::Builder::new().prefix(FOLDERS).tempdir()?;
        // Somebody may have found it before it was locked.
        if let Ok(lock) = lock(folder.path(), FlockArg::LockExclusive)
            && lock.metadata()?.nlink() > 0
        {
            return Ok((folder, lock));
        }
    }
}
