//! Settings from a TOML file, overlaid by environment variables, and checked.

use std::ffi::OsString;
use std::path::Path;

use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::check::{self, Setting};
use super::{Config, ConfigError};

/// Variables with this prefix override the file: `LIME_CORE__LOGIN__TTL_SECONDS=60` is `login.ttl_seconds`.
/// It ends in two underscores because Kubernetes sets variables that are named after services, such as
/// `LIME_CORE_PORT`.
const PREFIX: &str = "LIME_CORE__";

impl Config {
    /// Reads settings from a TOML file, if a path is given, overrides them by environment variables as
    /// [`std::env::vars_os`] returns them, and checks the result.
    ///
    /// # Errors
    ///
    /// [`ConfigError::File`] or [`ConfigError::Syntax`] if the file cannot be read or is not TOML,
    /// [`ConfigError::Field`] for a setting that is missing or unknown, [`ConfigError::Value`] for one of the
    /// wrong type, and the errors of [`Config::check`].
    pub fn load(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        if let Some(path) = path {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
            table = text.parse().map_err(|error: toml::de::Error| {
                let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
                let message = format!("line {line}: {}", error.message());
                ConfigError::Syntax { path: path.to_owned(), message }
            })?;
        }
        for (name, text) in variables {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let name = name.to_ascii_lowercase();
            let text = text.to_str().ok_or_else(|| ConfigError::Field {
                field: name.replace("__", "."),
                message: "the environment's value is not UTF-8".to_owned(),
            })?;
            overlay(&mut table, &name, text)?;
        }
        if !table.contains_key("issuer") {
            return Err(check::missing("issuer"));
        }
        let read = serde_path_to_error::deserialize::<_, Self>(table.clone());
        let config = read.map_err(|error| explained(&table, &error))?;
        config.check()?;
        Ok(config)
    }
}

/// An error of deserialization, in terms of what the setting must be rather than of our types.
fn explained(table: &Table, error: &serde_path_to_error::Error<toml::de::Error>) -> ConfigError {
    let path = error.path().to_string();
    let expected = match Setting::at(&path) {
        Some(setting) => Some(setting.expected()),
        None => check::is_section(&path).then(|| format!("a section, for example [{path}]")),
    };
    let written = value_at(table, error.path());
    if let (Some(expected), Some(value)) = (expected, written) {
        return ConfigError::value(path, &in_one_line(&value.to_string()), expected);
    }
    // The path of the whole is a dot.
    let field = if path == "." { "settings".to_owned() } else { path };
    ConfigError::Field { field, message: in_one_line(&error.inner().to_string()) }
}

/// The value that the file or the environment has at a path.
fn value_at<'a>(table: &'a Table, path: &serde_path_to_error::Path) -> Option<&'a Value> {
    let mut segments = path.iter();
    let Some(Segment::Map { key }) = segments.next() else { return None };
    let mut value = table.get(key)?;
    for segment in segments {
        let inner = match segment {
            Segment::Map { key } => value.get(key),
            Segment::Seq { index } => value.get(index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        value = inner?;
    }
    Some(value)
}

fn in_one_line(text: &str) -> String {
    text.trim_end().replace('\n', " ")
}

/// Sets one field from text: a TOML value where it is one, a string where it is not.
fn overlay(table: &mut Table, name: &str, text: &str) -> Result<(), ConfigError> {
    let (parents, field) =
        name.rsplit_once("__").map_or((None, name), |(parents, field)| (Some(parents), field));
    let mut table = table;
    for parent in parents.into_iter().flat_map(|parents| parents.split("__")) {
        let entry = table.entry(parent).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else {
            let message = format!(
                "environment variable {PREFIX}{} sets a part of it, but it has none",
                name.to_ascii_uppercase()
            );
            return Err(ConfigError::Field { field: parent.to_owned(), message });
        };
        table = inner;
    }
    let value = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    table.insert(field.to_owned(), value.unwrap_or_else(|| Value::String(text.to_owned())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use lime_proto::Origin;

    use super::*;
    use crate::config::Rate;

    const EXAMPLE: &str = include_str!("../../lime-core.example.toml");

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let name = file.path().display().to_string();
        Config::load(Some(file.path()), variables).map_err(|error| error.to_string().replace(&name, "FILE"))
    }

    #[test]
    fn the_example_holds_the_defaults() {
        let mut defaults = Config::new("https://lime.example.com".to_owned().try_into().unwrap());
        defaults.health_listen = Some("127.0.0.1:8081".parse().unwrap());
        defaults.store = Some("sqlite:/var/lib/lime-core/store.db".parse().unwrap());
        defaults.key_file = Some("/var/lib/lime-core/key.pem".into());
        defaults.keys_dir = Some("/var/lib/lime-core/keys".into());
        assert_eq!(load(EXAMPLE, &[]), Ok(defaults));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let issuer: Origin = "https://lime.example.com".to_owned().try_into().unwrap();
        let config = load("issuer = 'https://lime.example.com'", &[]).unwrap();
        assert!(config.limits.is_some());
        assert_eq!(config, Config::new(issuer));
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let config = load(
            "issuer = 'https://a.example'\n[login]\nttl_seconds = 60",
            &[
                ("LIME_CORE__ISSUER", "https://b.example"),
                ("LIME_CORE__LOGIN__TTL_SECONDS", "90"),
                ("LIME_CORE__TRUSTED_PROXIES", "['10.0.0.0/8']"),
                ("LIME_CORE__LIMITS__CREATE", "{ burst = 1, per_second = 2 }"),
                ("OTHER", "x"),
                ("LIME_CORE_PORT", "tcp://10.0.0.1:8080"),
            ],
        )
        .unwrap();
        assert_eq!((config.issuer.as_str(), config.login.ttl_seconds), ("https://b.example", 90));
        assert_eq!(config.trusted_proxies.len(), 1);
        assert_eq!(config.limits.unwrap().create, Rate { burst: 1, per_second: 2 });
    }

    #[test]
    fn an_address_alone_is_a_network_of_one() {
        let issuer = "issuer = 'https://a.example'\n";
        let config =
            load(&format!("{issuer}trusted_proxies = ['10.0.0.1', '2001:db8::1', '10.0.0.0/8']"), &[]);
        let networks = ["10.0.0.1/32", "2001:db8::1/128", "10.0.0.0/8"].map(|text| text.parse().unwrap());
        assert_eq!(config.unwrap().trusted_proxies, networks);
    }

    #[test]
    fn errors_name_the_field_and_the_limit() {
        let issuer = "issuer = 'https://a.example'\n";
        for (text, variables, message) in [
            ("", &[][..], "issuer: is missing, must be an origin: "),
            ("issuer", &[], "FILE: line 1: "),
            (&format!("{issuer}\n= 3"), &[], "FILE: line 3: "),
            (&format!("{issuer}colour = 3"), &[], "colour: unknown field `colour`"),
            (&format!("{issuer}[login]\ncolour = 3"), &[], "login.colour: unknown field `colour`"),
            (&format!("{issuer}login = 3"), &[], "login = 3: must be a section, for example [login]"),
            ("issuer = 'https://A.example/'", &[], "issuer = \"https://A.example/\": must be an origin: "),
            (
                &format!("{issuer}[login]\nttl_seconds = 'x'"),
                &[],
                "login.ttl_seconds = \"x\": must be a whole number of 30 to 900, for example 300",
            ),
            (&format!("{issuer}[login]\nttl_seconds = 29"), &[], "login.ttl_seconds = 29: must be a whole"),
            (&format!("{issuer}[login]\nttl_seconds = 901"), &[], "login.ttl_seconds = 901: must be a whole"),
            (
                &format!("{issuer}[login]\nttl_seconds = 60.5"),
                &[],
                "login.ttl_seconds = 60.5: must be a whole",
            ),
            (
                &format!("{issuer}[pow]\nbase = 257"),
                &[],
                "pow.base = 257: must be a whole number of 0 to 256",
            ),
            (&format!("{issuer}[pow]\nbase = 25"), &[], "pow.base = 25: must be at most pow.ceiling"),
            (
                &format!("{issuer}[pow]\nscheme = 'target'"),
                &[],
                "pow.scheme = \"target\": must be the scheme that Core speaks, for example \"lime-v1\"",
            ),
            (
                &format!("{issuer}trusted_proxies = ['10.0.0.1', '10.0.0.300', 'x']"),
                &[],
                "trusted_proxies[1] = \"10.0.0.300\": must be addresses or networks, for example [\"10.0.0.1\"",
            ),
            (
                &format!("{issuer}[limits]\ncreate = {{ burst = 1 }}"),
                &[],
                "limits.create = { burst = 1 }: must be two whole numbers of 1 or more, for example { burst",
            ),
            (
                issuer,
                &[("LIME_CORE__HTTP__BODY_BYTES", "1")],
                "http.body_bytes = 1: must be a whole number of 1024 to 1048576",
            ),
            (
                issuer,
                &[("LIME_CORE__LISTEN", "8080")],
                "listen = 8080: must be an address and a port, for example \"127.0.0.1:8080\"",
            ),
            (
                issuer,
                &[("LIME_CORE__ISSUER__X", "1")],
                "issuer: environment variable LIME_CORE__ISSUER__X sets a part",
            ),
            (
                issuer,
                &[("LIME_CORE__LIMITS__TOKEN", "{ burst = 0, per_second = 1 }")],
                "limits.token = { burst = 0, per_second = 1 }: must be two whole numbers of 1 or more",
            ),
        ] {
            let error = load(text, variables).unwrap_err();
            assert!(error.starts_with(message), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        for seconds in [30, 900] {
            assert!(load(&format!("{issuer}[login]\nttl_seconds = {seconds}"), &[]).is_ok());
        }
    }
}
