//! Files that appear under their name whole or not at all: written beside it under another name, synchronised
//! with the disk, and renamed.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

use std::fs;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only its owner, who may also write it: mode 0600.
    Owner,
    /// Whoever the process's umask permits: mode 0666 without the bits that the umask clears. A file that is
    /// replaced keeps its mode.
    Umask,
}

/// Writes `content` to `path`, in place of a file that is there. Where `path` is a symbolic link, the file
/// that it leads to is replaced.
///
/// # Errors
///
/// The error of the system. In that case nothing has changed, and no part of the new file is left.
pub fn replace(path: &Path, content: &[u8], access: Access) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = beside(&target, content, access)?;
    file.persist(&target)?;
    Ok(())
}

/// Writes `content` to `path` unless there is a file already, which is no error: of several processes that do
/// this at once, the file of one of them stays.
///
/// # Errors
///
/// The error of the system.
pub fn create(path: &Path, content: &[u8], access: Access) -> io::Result<()> {
    match beside(path, content, access)?.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// Checks that [`create`] could write to `path`, without leaving anything there.
///
/// # Errors
///
/// The error of the system.
pub fn check(path: &Path) -> io::Result<()> {
    tempfile::tempfile_in(directory_of(path)).map(drop)
}

/// Gives a file to the owner and group of its directory, if this process may: a server that runs as somebody
/// else is to use what an operator has made as root. For all others the file is theirs already.
pub fn leave_to_owner(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        if let Ok(directory) = fs::metadata(directory_of(path)) {
            let _ = chown(path, Some(directory.uid()), Some(directory.gid()));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A complete file in the directory of `path`, which is removed when it is dropped.
fn beside(path: &Path, content: &[u8], access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if access == Access::Umask {
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory_of(path))?;
    file.write_all(content)?;
    #[cfg(unix)]
    if access == Access::Umask
        && let Ok(replaced) = fs::metadata(path)
    {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn modes_are_those_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let [private, shared, plain] = ["private", "shared", "plain"].map(|name| directory.path().join(name));
        replace(&private, b"a", Access::Owner).unwrap();
        replace(&shared, b"a", Access::Umask).unwrap();
        fs::write(&plain, b"a").unwrap();
        assert_eq!((mode(&private), mode(&shared)), (0o600, mode(&plain)));
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&shared, b"b", Access::Umask).unwrap();
        assert_eq!((mode(&shared), fs::read(&shared).unwrap()), (0o640, b"b".to_vec()));
    }

    #[test]
    fn a_link_stays_and_its_file_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new", Access::Umask).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn what_is_there_stays_where_a_file_is_created() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        check(&path).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        create(&path, b"first", Access::Owner).unwrap();
        create(&path, b"second", Access::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let occupied = directory.path().join("directory");
        fs::create_dir(&occupied).unwrap();
        assert!(replace(&occupied, b"a", Access::Umask).is_err());
        assert!(replace(&directory.path().join("none/file"), b"a", Access::Umask).is_err());
        assert!(check(&directory.path().join("none/file")).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
