//! Files: written whole or not at all, and what stands in the way of it.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;

/// Writes a file whole or not at all: a temporary file beside it, fsync(2), rename(2).
/// Whatever stood there before stays if anything fails. Errors name the path and say what to do.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        let path = match fs::metadata(path) {
            Ok(file) if file.is_file() => path.canonicalize()?,
            Ok(_) => return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file")),
            Err(_) => path.to_path_buf(),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // As open(2) makes files: what the umask leaves of rw-rw-rw-.
        let mode = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().prefix(".grade-").permissions(mode).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| in_the_way(path, &error))
}

/// An error of a path with what to do about it.
pub(crate) fn in_the_way(path: &Path, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; free some space, or choose another place",
        ErrorKind::NotFound => "; is the folder there?",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; choose a place that you may write to"
        }
        ErrorKind::InvalidInput | ErrorKind::IsADirectory => "; name a file, new or to be replaced",
        _ => "",
    };
    io::Error::new(error.kind(), format!("{}: {error}{advice}", path.display()))
}

/// A name in one piece: macOS takes Korean and accents apart.
pub(crate) fn composed(name: &str) -> String {
    name.nfc().collect()
}
