//! Whose a key file must be, so that nobody else can read it or put another one in its place; and the errors
//! for which there is no key.

#[cfg(unix)]
use std::fs;
use std::io;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

/// Why a key cannot be used, made or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The schedule of a key directory, or a key in it, is not what it must be.
    #[error("{path}: {error}")]
    Schedule {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// There is no such key, or it has ended.
    #[error("there is no key {kid}")]
    Unknown {
        /// The thumbprint that was named.
        kid: String,
    },
    /// The key is there already, or was.
    #[error("key {kid} is there already, or was")]
    Known {
        /// The thumbprint of the key.
        kid: String,
    },
    /// The system could not make a key.
    #[error("the system made no RSA key")]
    Generate,
    /// The file cannot be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The file does not hold an RSA private key as required, or holds one that is too weak.
    #[error(
        "key file {path}: must hold an RSA private key of 2048 bits or more with a public exponent of 65537 or more, PKCS#8 in PEM"
    )]
    Content {
        /// Which file.
        path: PathBuf,
    },
    /// The path leads to a directory, a pipe or a device instead of a file.
    #[error("key file {path}: must be a regular file")]
    Kind {
        /// Which file.
        path: PathBuf,
    },
    /// The mode of a directory lets others put another file in place of the key file.
    #[error(
        "key file {path}: mode {mode:04o} of {directory} lets others replace it, must not be writable by others unless it is sticky"
    )]
    Directory {
        /// Which file.
        path: PathBuf,
        /// The directory that it, or a link to it, is in.
        directory: PathBuf,
        /// The directory's permissions.
        mode: u32,
    },
    /// The owner of the file is neither root nor the user that runs this, and may have kept a copy of the
    /// key.
    #[error("key file {path}: user {owner} owns it, must be the user that runs this or root")]
    Owner {
        /// Which file.
        path: PathBuf,
        /// The numeric identifier of the user who owns it.
        owner: u32,
    },
    /// Others may read the file.
    #[error(
        "key file {path}: mode {mode:04o} lets others read it, must be 0600, or at most 0640 where root owns it"
    )]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A group to which this process does not belong may read the file.
    #[error("key file {path}: mode {mode:04o} lets group {group} read it, which this process is not in")]
    Group {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// The numeric identifier of the group.
        group: u32,
    },
}

/// Whom this process runs as.
#[cfg(unix)]
pub(crate) struct Process {
    user: u32,
    groups: Vec<u32>,
}

#[cfg(unix)]
impl Process {
    pub(crate) fn this() -> io::Result<Self> {
        use rustix::process::{getegid, geteuid, getgroups};
        let groups = getgroups()?.into_iter().chain([getegid()]);
        Ok(Self { user: geteuid().as_raw(), groups: groups.map(|group| group.as_raw()).collect() })
    }
}

/// Checks that nobody can read the file but its owner, who is the user of this process or root. Where root
/// owns it, a group that this process is in may read it, too: that is how a pod that does not run as root
/// gets its secrets (`fsGroup`), and what PostgreSQL takes.
#[cfg(unix)]
pub(crate) fn check_readers(
    path: &Path,
    mode: u32,
    owner: u32,
    group: u32,
    process: &Process,
) -> Result<(), KeyError> {
    const BEYOND_OWNER: u32 = 0o077;
    const GROUP_READS: u32 = 0o040;
    let path = path.to_owned();
    if owner != 0 && owner != process.user {
        return Err(KeyError::Owner { path, owner });
    }
    match mode & BEYOND_OWNER {
        0 => Ok(()),
        GROUP_READS if owner == 0 && process.groups.contains(&group) => Ok(()),
        GROUP_READS if owner == 0 => Err(KeyError::Group { path, mode, group }),
        _ => Err(KeyError::Mode { path, mode }),
    }
}

/// Checks the modes of the directories of this file and of every link on the way to it: whoever may write a
/// directory may put another file in its place. Directories that everybody may write are accepted if they are
/// sticky, since in those only the owner of a file may replace it. Kubernetes mounts secrets as links in such
/// a directory.
#[cfg(unix)]
pub(crate) fn check_directories(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::MetadataExt;

    /// As the system has it, more or less.
    const MOST_LINKS: usize = 40;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let file = |source| KeyError::File { path: path.to_owned(), source };
    let check = |directory: &Path| {
        let mode = fs::metadata(directory).map_err(file)?.mode() & 0o7777;
        if mode & OTHERS_WRITE == 0 || mode & STICKY != 0 {
            return Ok(());
        }
        Err(KeyError::Directory { path: path.to_owned(), directory: directory.to_owned(), mode })
    };
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        // Links among the directories themselves are resolved here.
        let directory = fs::canonicalize(directory_of(&place)).map_err(file)?;
        check(&directory)?;
        match fs::read_link(&place) {
            Ok(target) => place = directory.join(target),
            Err(_) => return Ok(()),
        }
    }
    Err(file(io::Error::from(io::ErrorKind::InvalidInput)))
}

#[cfg(unix)]
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_this_process_may_read_what_root_owns() {
        let process = Process { user: 1000, groups: vec![3000, 2000] };
        let told = |mode, owner, group| {
            let checked = check_readers(Path::new("key.pem"), mode, owner, group, &process);
            checked.map_or_else(|error| error.to_string(), |()| "taken".to_owned())
        };
        for (mode, owner, group, words) in [
            // As Kubernetes mounts a secret, with `fsGroup` 2000 and with a mode of its own.
            (0o440, 0, 2000, "taken"),
            (0o640, 0, 2000, "taken"),
            (0o040, 0, 3000, "taken"),
            (0o600, 0, 0, "taken"),
            (0o600, 1000, 1000, "taken"),
            (0o400, 1000, 0, "taken"),
            (0o640, 0, 0, "lets group 0 read it, which this process is not in"),
            (0o440, 0, 1999, "lets group 1999 read it"),
            // Others, and a group that writes.
            (0o444, 0, 2000, "lets others read it"),
            (0o660, 0, 2000, "lets others read it"),
            (0o644, 0, 2000, "lets others read it"),
            // The user's own file has no reason for it.
            (0o640, 1000, 2000, "lets others read it"),
            (0o600, 1001, 2000, "user 1001 owns it"),
            (0o640, 1001, 2000, "user 1001 owns it"),
        ] {
            assert!(told(mode, owner, group).contains(words), "{mode:o} {owner} {group}");
        }
    }
}
