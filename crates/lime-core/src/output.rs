//! What the command prints for people.

use std::io::{self, Write};

/// Prints a line. Errors are ignored: Core also serves when nobody reads its output.
pub(crate) fn say(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints a line beside what others read.
pub(crate) fn note(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
