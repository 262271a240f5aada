//! Why the command ends without success, and its exit code.

use std::fmt;
use std::io::Write;

/// One line about what is wrong, and an exit code: 2 for settings, 1 for everything else.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    pub(crate) fn of(what: impl fmt::Display) -> Self {
        Self { message: what.to_string(), code: 1 }
    }

    pub(crate) fn settings(what: impl fmt::Display) -> Self {
        Self { message: what.to_string(), code: 2 }
    }

    /// Tells of it on standard error, and ends the process.
    pub(crate) fn exit(&self) -> ! {
        let _ = writeln!(std::io::stderr(), "error: {self}");
        std::process::exit(self.code.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
