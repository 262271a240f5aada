//! What people and programs read: text, JSON, pages, snippets. Nothing here measures or decides.

pub(crate) mod calibration;
pub(crate) mod html;
pub(crate) mod json;
mod plots;
pub(crate) mod snippet;
pub(crate) mod text;

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Prints one line or one block of lines on standard output.
pub(crate) fn print(text: &dyn Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::output)
}

/// Writes a text, and a newline behind it, to a file: whole or not at all. `-` is standard output.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print(&text);
    }
    let failed = |error| Failure::Io { what: path.display().to_string(), error };
    let text = format!("{text}\n");
    // Devices and pipes are written to; a file appears under its name once it is complete.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text).map_err(failed);
    }
    let mut unfinished = OsString::from(path);
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let written = write_new(Path::new(&unfinished), &text).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        failed(error)
    })
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

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Prints one line on standard error. Nobody may be there to read it, and that is no reason to fail.
pub(crate) fn tell(text: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The CPU's name, where the system tells.
pub(crate) fn cpu() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
