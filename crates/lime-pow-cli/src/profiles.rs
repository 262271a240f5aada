//! Profiles of devices by name or as files, and the files' format, which is JSON.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use lime_pow_calibrate::{Profile, ProfileError, ProfileFile, reference};
use serde::Deserialize;

use crate::args::THIS_HOST;
use crate::failure::Failure;
use crate::nesting;
use crate::output;

/// More than a profile of as many devices as there may be.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Median absolute deviation over median, above which a rate is said to be noisy.
pub(crate) const NOISY: f64 = 0.05;

/// Median absolute deviation over median, above which a rate is refused unless `--force` is given.
pub(crate) const TOO_NOISY: f64 = 0.2;

/// A profile, and how far the measurements that it rests on spread: median absolute deviation over median,
/// the largest.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub profile: Profile,
    pub spread: f64,
}

/// A published profile, or one from a file.
pub(crate) fn load(name: &str) -> Result<Measured, Failure> {
    if name == THIS_HOST {
        return Err(Failure::Usage(format!(
            "{THIS_HOST} has no profile until `lime-pow probe` has written one"
        )));
    }
    if let Some(device) = reference::DEVICES.iter().find(|device| device.name == name) {
        let rate = device.hashes_per_second.expect("devices of honest agents have rates");
        let source = format!("{}, {}", device.source, device.date);
        let profile = Profile::single(name, rate, source).expect("published rates are in range");
        return Ok(Measured { profile, spread: 0.0 });
    }
    let failed = |error| {
        let known = reference::DEVICES.map(|device| device.name).join(", ");
        Failure::Io { what: format!("profile {name:?} (no file, and none of {THIS_HOST}, {known})"), error }
    };
    let mut text = String::new();
    let file = File::open(name).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::Io { what: name.to_owned(), error })?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Failure::Usage(format!("{name}: more than {MAX_FILE_BYTES} bytes")));
    }
    parse(&text).map_err(|why| Failure::Usage(format!("{name}: {why}")))
}

fn parse(text: &str) -> Result<Measured, String> {
    nesting::check(text)?;
    // The schema decides what else to expect.
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let Head { schema } = read(text)?;
    if schema != ProfileFile::SCHEMA {
        return Err(ProfileError::Schema(schema.chars().take(32).collect()).to_string());
    }
    let file: ProfileFile = read(text)?;
    let spread = file.spread;
    let profile = file.profile().map_err(|error| error.to_string())?;
    Ok(Measured { profile, spread })
}

/// Errors begin with the path of the field.
fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, String> {
    let parsed = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text));
    parsed.map_err(|error| match error.path().to_string().as_str() {
        "." | "?" => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })
}

/// Writes a profile to a file, whole or not at all, or to standard output.
pub(crate) fn save(measured: &Measured, output: &Path) -> Result<(), Failure> {
    let made = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let made_by = concat!("lime-pow ", env!("CARGO_PKG_VERSION")).to_owned();
    let file = ProfileFile::new(&measured.profile, measured.spread, made, made_by);
    let text = serde_json::to_string_pretty(&file).expect("a profile is plain data");
    output::write(output, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"schema":"lime-pow/profile/1","name":"a","made":"2026-11-24T00:00:00Z","made_by":"x",
        "spread":0.01,"devices":[{"name":"d","hashes_per_second":1e6,"weight":1,"source":"s"}]}"#;

    #[test]
    fn a_corrupted_profile_is_refused_by_the_name_of_its_field() {
        assert_eq!(parse(GOOD).unwrap().profile.slowest(), 1e6);
        for (from, to, why) in [
            ("profile/1", "profile/2", "schema: \"lime-pow/profile/2\" is not \"lime-pow/profile/1\", which"),
            (
                "\"hashes_per_second\":1e6",
                "\"hashes_per_second\":\"fast\"",
                "devices[0].hashes_per_second: invalid type",
            ),
            (
                "\"hashes_per_second\":1e6",
                "\"hashes_per_second\":-1",
                "devices[0].hashes_per_second: -1: must be",
            ),
            ("\"hashes_per_second\":1e6,", "", "devices[0]: missing field `hashes_per_second`"),
            ("\"weight\":1", "\"weight\":0.5", "weights sum to 0.5, not to 1"),
            ("\"spread\":0.01", "\"spread\":-1", "spread: -1: must be 0 to 10"),
            ("\"spread\":0.01", "\"spread\":null", "spread: invalid type: null"),
            ("\"made_by\"", "\"maid_by\"", "maid_by: unknown field `maid_by`"),
            (
                "\"source\":\"s\"",
                "\"source\":\"s\",\"cores\":4",
                "devices[0].cores: unknown field `cores`, expected one of",
            ),
            ("\"schema\":\"lime-pow/profile/1\",", "", "missing field `schema`"),
            ("\"schema\":\"lime-pow/profile/1\"", "\"schema\":1", "schema: invalid type: integer"),
            ("\"name\":\"a\"", "\"name\":\"a\\u001b[31m\"", "name: must have 1 to 100 characters"),
            ("}]}", "}]", "EOF while parsing"),
        ] {
            assert_ne!(GOOD.replace(from, to), GOOD);
            let error = parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
