//! Settings from a TOML file, overlaid by environment variables, and checked.

use std::ffi::OsString;
use std::path::Path;

use toml::{Table, Value};

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
    /// [`ConfigError::Field`] for a setting that is missing, unknown or of the wrong type, and the errors of
    /// [`Config::check`].
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
        let config: Self = serde_path_to_error::deserialize(table).map_err(|error| ConfigError::Field {
            // The path of the whole is a dot.
            field: Some(error.path().to_string()).filter(|path| path != ".").unwrap_or("settings".to_owned()),
            message: error.inner().to_string().trim_end().replace('\n', " "),
        })?;
        config.check()?;
        Ok(config)
    }
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
        defaults.key_file = Some("/var/lib/lime-core/key.pem".into());
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
    fn errors_name_the_field_and_the_limit() {
        let issuer = "issuer = 'https://a.example'\n";
        for (text, variables, message) in [
            ("", &[][..], "settings: missing field `issuer`"),
            ("issuer", &[], "FILE: line 1: "),
            (&format!("{issuer}\n= 3"), &[], "FILE: line 3: "),
            (&format!("{issuer}colour = 3"), &[], "colour: unknown field `colour`"),
            (
                &format!("{issuer}[login]\nttl_seconds = 'x'"),
                &[],
                "login.ttl_seconds: invalid type: string \"x\"",
            ),
            (&format!("{issuer}[login]\nttl_seconds = 29"), &[], "login.ttl_seconds = 29: must be 30 to 900"),
            (
                &format!("{issuer}[login]\nttl_seconds = 901"),
                &[],
                "login.ttl_seconds = 901: must be 30 to 900",
            ),
            (&format!("{issuer}[pow]\nbase = 25"), &[], "pow.base = 25: must be 0 to 24"),
            (
                &format!("{issuer}[pow]\nscheme = 'target'"),
                &[],
                "pow.scheme = \"target\": must be \"lime-v1\"",
            ),
            (issuer, &[("LIME_CORE__HTTP__BODY_BYTES", "1")], "http.body_bytes = 1: must be 1024 to 1048576"),
            (
                issuer,
                &[("LIME_CORE__ISSUER__X", "1")],
                "issuer: environment variable LIME_CORE__ISSUER__X sets a part",
            ),
            (
                issuer,
                &[("LIME_CORE__LIMITS__TOKEN", "{ burst = 0, per_second = 1 }")],
                "limits.token = { burst = 0, per_second = 1 }: must be 1 or more",
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
