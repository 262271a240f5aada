//! Prints the public API of `lime-pow` with all features, one line for each item, as rustdoc sees it:
//! `cargo run -p api-snapshot > docs/public-api.txt`. Items that are hidden from the documentation are not
//! part of it.
//!
//! The exit code is 3 where the toolchain's rustdoc writes another JSON than this program reads, and 1 for
//! all other failures.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The version of rustdoc's JSON that the pinned `public-api` reads. Rust 1.95 writes it, 1.97 does still.
const FORMAT: u32 = 57;

/// Implementations that nobody asks for, and that come and go with compilers.
const OF_THE_COMPILER: [&str; 3] = ["Freeze", "StructuralPartialEq", "UnsafeUnpin"];

/// Why there is no listing.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// Another toolchain, or another `public-api`, would do.
    #[error("this toolchain's rustdoc writes JSON of version {found}, and public-api reads version {FORMAT}")]
    Format {
        /// What the toolchain writes.
        found: u32,
    },
    /// The library does not build, or rustdoc takes other arguments.
    #[error("cargo rustdoc: {0}")]
    Rustdoc(String),
    /// A file that should be there is not.
    #[error("{}: {source}", path.display())]
    File {
        /// The path of the file or program.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is no JSON of any version.
    #[error("rustdoc's JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is of the version it claims, and yet not readable.
    #[error("public-api: {0}")]
    Api(#[from] public_api::Error),
}

fn main() -> ExitCode {
    match listing() {
        Ok(listing) => {
            print!("{listing}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Error::Format { .. }) { 3 } else { 1 })
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: PathBuf) -> Result<String, Error> {
    std::fs::read_to_string(&path).map_err(|source| Error::File { path, source })
}

/// The listing of the sources as they are; builds them for rustdoc, in a target folder apart from the usual
/// one, which takes about 20 s the first time.
fn listing() -> Result<String, Error> {
    let json = rustdoc()?;
    let api = public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    let lines = api.items().map(|item| format!("{item}\n"));
    let of_the_compiler =
        |line: &str| OF_THE_COMPILER.iter().any(|name| line.contains(&format!("core::marker::{name} for ")));
    Ok(lines.filter(|line| !of_the_compiler(line)).collect())
}

/// Lets rustdoc write its JSON, and looks at the version of it.
fn rustdoc() -> Result<PathBuf, Error> {
    let target = root().join("target/api");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        // JSON is not stable; the versions are checked instead.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["rustdoc", "--quiet", "--package", "lime-pow", "--lib", "--all-features", "--target-dir"])
        .arg(&target)
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        .output()
        .map_err(|source| Error::File { path: "cargo".into(), source })?;
    if !output.status.success() {
        return Err(Error::Rustdoc(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }

    #[derive(serde::Deserialize)]
    struct Version {
        format_version: u32,
    }
    let path = target.join("doc/lime_pow.json");
    let Version { format_version: found } = serde_json::from_str(&read(path.clone())?)?;
    if found == FORMAT { Ok(path) } else { Err(Error::Format { found }) }
}
