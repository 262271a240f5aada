//! What people and programs read: [`text`] and [`json`]. Nothing here measures or decides.

pub(crate) mod json;
pub(crate) mod text;

use std::fmt::Display;
use std::io::Write;

use crate::failure::Failure;

/// Prints one line or one block of lines on standard output.
pub(crate) fn print(text: &dyn Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::output)
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
