//! What users and pipes hand over: files and arguments as text, within limits and with their names in errors.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lime_pow::scheme::decode;
use serde_json::Value;

use crate::failure::Failure;
use crate::nesting;

/// More than any scheme's challenge takes.
const MAX_BYTES: usize = 262_144;

/// Where input comes from, as errors name it.
#[derive(Clone, Debug)]
pub(crate) struct Source(String);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Source {
    pub(crate) fn argument(name: &str) -> Self {
        Self(name.to_owned())
    }

    fn file(path: &Path) -> Self {
        Self(if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() })
    }

    /// The failure of input that is wrong in itself.
    pub(crate) fn refuses(&self, why: impl fmt::Display) -> Failure {
        Failure::Usage(format!("{self}: {why}"))
    }

    /// Checks that a text has the size and, if it is JSON, the depth that a file may have.
    pub(crate) fn check(&self, text: &str) -> Result<(), Failure> {
        if text.len() > MAX_BYTES {
            return Err(self.refuses(format_args!("more than {MAX_BYTES} bytes")));
        }
        match text.trim_start().starts_with(['{', '[']) {
            true => nesting::check(text).map_err(|why| self.refuses(why)),
            false => Ok(()),
        }
    }
}

/// Reads a file, or standard input for `-`: UTF-8, or UTF-16 with a byte order mark.
pub(crate) fn read(path: &Path) -> Result<(Source, String), Failure> {
    let source = Source::file(path);
    let failed = |error| Failure::Io { what: source.to_string(), error };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    // One byte more, to tell that it is too much.
    let mut bytes = Vec::new();
    input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(source.refuses(format_args!("more than {MAX_BYTES} bytes")));
    }
    let text = decode(&bytes).map_err(|error| source.refuses(error))?;
    source.check(&text)?;
    Ok((source, text))
}

/// The nonces in what `solve --json` prints.
pub(crate) fn nonces(source: &Source, text: &str) -> Result<Vec<String>, Failure> {
    let solution: Value = serde_json::from_str(text)
        .map_err(|error| source.refuses(format_args!("not valid JSON: {error}")))?;
    let text = |nonce: &Value| nonce.as_str().map(str::to_owned);
    let nonces = match (&solution["nonce"], &solution["nonces"]) {
        (Value::String(nonce), Value::Null) => Some(vec![nonce.clone()]),
        (Value::Null, Value::Array(nonces)) => nonces.iter().map(text).collect(),
        _ => None,
    };
    let nonces = nonces.filter(|nonces| !nonces.is_empty());
    nonces.ok_or_else(|| source.refuses("JSON without nonce or nonces, which `solve --json` prints"))
}
