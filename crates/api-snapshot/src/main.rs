//! Prints the public API of `lime-pow`: `cargo run -p api-snapshot > docs/public-api.txt`.

use std::process::ExitCode;

use api_snapshot::Error;

/// The toolchain cannot tell; nothing is wrong with the API.
const UNKNOWN_FORMAT: u8 = 3;

fn main() -> ExitCode {
    match api_snapshot::listing() {
        Ok(listing) => {
            print!("{listing}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Error::Format { .. }) { UNKNOWN_FORMAT } else { 1 })
        }
    }
}
