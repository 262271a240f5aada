//! What leaves the process: standard output, standard error, and files, which appear whole or not at all.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use whole_file::Access;

use crate::failure::Failure;

/// Prints one line or one block of lines on standard output.
pub(crate) fn print(text: &dyn Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::output)
}

/// Writes a text, and a newline after it, to a file: whole or not at all. `-` is standard output.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print(&text);
    }
    let failed = |error| Failure::Io { what: path.display().to_string(), error };
    let text = format!("{text}\n");
    // Devices and pipes are written to, and not replaced.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text).map_err(failed);
    }
    whole_file::replace(path, text.as_bytes(), Access::Umask).map_err(failed)
}

/// Whether a file could be written here, as far as that can be told beforehand.
pub(crate) fn check_place(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let failed = |error| Failure::Io { what: path.display().to_string(), error };
    if let Some(folder) = folder {
        fs::metadata(folder).map_err(failed)?;
    }
    match path.is_dir() {
        true => Err(failed(io::ErrorKind::IsADirectory.into())),
        false => Ok(()),
    }
}

/// Prints one line on standard error. Nobody may be there to read it, and that is no reason to fail.
pub(crate) fn tell(text: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
