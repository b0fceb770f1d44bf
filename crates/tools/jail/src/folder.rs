//! A folder of the caller's own.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Uid;

/// The empty file that says of a folder that it is one of [`own_folder`]'s, and nobody's who made it by hand.
const MARKER: &str = ".made-by-grade";

/// Makes a folder that nobody else looks into, empty but for a hidden file, which is somebody's as long as the lock is held.
/// Removes those of callers that were killed.
pub fn own_folder() -> io::Result<(tempfile::TempDir, Flock<File>)> {
    let Some(parent) = parent()? else {
        let folder = tempfile::tempdir()?;
        let lock = lock(folder.path(), FlockArg::LockExclusive)?;
        return Ok((folder, lock));
    };
    for entry in fs::read_dir(&parent)?.flatten() {
        let path = entry.path();
        if let Ok(_nobody) = lock(&path, FlockArg::LockExclusiveNonblock) {
            // Where it can't be removed, it is the next one's. One that was killed before it had a marker has nothing in it.
            let _ = if path.join(MARKER).exists() { fs::remove_dir_all(path) } else { fs::remove_dir(path) };
        }
    }
    loop {
        let folder = tempfile::tempdir_in(&parent)?;
        // Somebody may have found it before it was locked.
        if let Ok(lock) = lock(folder.path(), FlockArg::LockExclusive)
            && lock.metadata()?.nlink() > 0
        {
            File::create_new(folder.path().join(MARKER))?;
            return Ok((folder, lock));
        }
    }
}

/// The one folder where all of this user's are. None if somebody else has taken its name, or could put other things into it:
/// then nothing of what is there is touched.
fn parent() -> io::Result<Option<PathBuf>> {
    let me = Uid::effective().as_raw();
    let path = std::env::temp_dir().join(format!(".grade-at-work-{me}"));
    // To go through, for other users that a program is run as; not to look at, and the names in it are random.
    let mode = 0o711;
    match DirBuilder::new().mode(mode).create(&path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let data = fs::symlink_metadata(&path)?;
    if !data.is_dir() || data.uid() != me || data.mode() & 0o022 != 0 {
        return Ok(None);
    }
    // A umask may have made it less.
    fs::set_permissions(&path, Permissions::from_mode(mode))?;
    Ok(Some(path))
}

fn lock(path: &Path, how: FlockArg) -> io::Result<Flock<File>> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let folder = File::options().read(true).custom_flags(flags).open(path)?;
    Flock::lock(folder, how).map_err(|(_, errno)| io::Error::from(errno))
}
