//! Settings: a TOML file, overlaid by environment variables, checked before anything starts.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use lime_pow::Difficulty;
use lime_proto::login::MAX_TTL;
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use crate::issuer::Issuer;

/// All settings. `lime-core.example.toml` explains each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The origin that clients know Core by.
    pub issuer: Issuer,
    /// Where the signing key is kept; in memory alone unless set.
    pub key_file: Option<PathBuf>,
    /// Peers whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Login requests.
    #[serde(default)]
    pub login: Login,
    /// The puzzle.
    #[serde(default)]
    pub pow: Pow,
    /// Rates that are allowed; `None` only where a program says so, never in a file.
    #[serde(default = "default_limits", deserialize_with = "some")]
    pub limits: Option<Limits>,
    /// Event streams.
    #[serde(default)]
    pub events: Events,
    /// Connections.
    #[serde(default)]
    pub http: Http,
    /// Logs.
    #[serde(default)]
    pub log: Log,
}

/// Login requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// How long one waits, 30 to 900.
    pub ttl_seconds: u64,
    /// How many of one site may wait at once.
    pub pending_per_site: usize,
}

/// The puzzle, as `lime-pow calibrate --toml` writes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pow {
    /// `lime-v1`.
    pub scheme: String,
    /// Leading zero bits of every challenge.
    pub base: u32,
    /// What `base` must not exceed.
    pub ceiling: u32,
}

/// Rates that are allowed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Login requests created, for each site.
    pub create: Rate,
    /// Approvals, for each agent.
    pub approve: Rate,
    /// MCP tokens, for each agent.
    pub token: Rate,
    /// Challenges read, and requests that show an agent's token, each for an address.
    pub address: Rate,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many a second from there on.
    pub per_second: u32,
}

/// Event streams.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    /// Open streams of one site, in this process.
    pub streams_per_site: usize,
    /// Seconds between keepalives.
    pub keepalive_seconds: u64,
    /// Seconds after which a stream looks for events that nobody told it of.
    pub poll_seconds: u64,
}

/// Connections.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Seconds that a client has to send a request's head, the wait for the request included.
    pub head_seconds: u64,
    /// Seconds that a request may take; streams are exempt.
    pub request_seconds: u64,
    /// Seconds that open requests have to end when Core is told to stop.
    pub drain_seconds: u64,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing`'s filters.
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For programs.
    Json,
    /// For people.
    Text,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: {message}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A setting is missing, unknown or of the wrong type.
    #[error("{field}: {message}")]
    Field {
        /// Which one.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// A setting is out of range.
    #[error("{field} = {value}: must be {limit}")]
    Range {
        /// Which one.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        limit: String,
    },
}

/// Variables with this prefix overlay the file: `LIME_CORE__LOGIN__TTL_SECONDS=60` is `login.ttl_seconds`. Kubernetes gives
/// programs variables named for services, such as `LIME_CORE_PORT`: hardly any has two underscores.
const PREFIX: &str = "LIME_CORE__";

impl Config {
    /// The defaults for an issuer.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            listen: default_listen(),
            issuer,
            key_file: None,
            trusted_proxies: Vec::new(),
            login: Login::default(),
            pow: Pow::default(),
            limits: default_limits(),
            events: Events::default(),
            http: Http::default(),
            log: Log::default(),
        }
    }

    /// Reads a file, if there is one to be read, and overlays it with variables such as
    /// [`std::env::vars_os`] gives them.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which names the file or the field.
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

    /// Whether every setting is within its limits.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Range`].
    pub fn check(&self) -> Result<(), ConfigError> {
        within("login.ttl_seconds", self.login.ttl_seconds, 30, MAX_TTL.as_secs())?;
        within("login.pending_per_site", self.login.pending_per_site as u64, 1, 1_000_000)?;
        if self.pow.scheme != "lime-v1" {
            let value = format!("{:?}", self.pow.scheme);
            return Err(ConfigError::Range { field: "pow.scheme", value, limit: "\"lime-v1\"".to_owned() });
        }
        within("pow.ceiling", self.pow.ceiling.into(), 0, Difficulty::MAX_BITS.into())?;
        within("pow.base", self.pow.base.into(), 0, self.pow.ceiling.into())?;
        if let Some(limits) = &self.limits {
            for (field, rate) in [
                ("limits.create", limits.create),
                ("limits.approve", limits.approve),
                ("limits.token", limits.token),
                ("limits.address", limits.address),
            ] {
                if rate.burst == 0 || rate.per_second == 0 {
                    let value = format!("{{ burst = {}, per_second = {} }}", rate.burst, rate.per_second);
                    return Err(ConfigError::Range { field, value, limit: "1 or more each".to_owned() });
                }
            }
        }
        within("events.streams_per_site", self.events.streams_per_site as u64, 1, 100_000)?;
        within("events.keepalive_seconds", self.events.keepalive_seconds, 1, 300)?;
        within("events.poll_seconds", self.events.poll_seconds, 1, 60)?;
        within("http.max_connections", self.http.max_connections as u64, 1, 1_000_000)?;
        within("http.body_bytes", self.http.body_bytes as u64, 1024, 1 << 20)?;
        within("http.head_bytes", self.http.head_bytes as u64, 8192, 1 << 20)?;
        within("http.head_seconds", self.http.head_seconds, 1, 300)?;
        within("http.request_seconds", self.http.request_seconds, 1, 300)?;
        within("http.drain_seconds", self.http.drain_seconds, 0, 300)
    }

    /// Whether the issuer is fit for others than this machine.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Range`] for an issuer that is neither https nor loopback.
    pub fn check_public(&self) -> Result<(), ConfigError> {
        if self.issuer.is_https() || self.issuer.is_loopback() {
            return Ok(());
        }
        let limit = "https, unless its host is loopback".to_owned();
        Err(ConfigError::Range { field: "issuer", value: format!("{:?}", self.issuer.as_str()), limit })
    }

    /// What is allowed and yet likely a mistake, for people.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.issuer.is_https() && self.trusted_proxies.is_empty() {
            warnings.push(
                "trusted_proxies is empty: behind a proxy all clients then share one address, and its limit"
                    .to_owned(),
            );
        }
        if self.key_file.is_none() {
            warnings.push("key_file is not set: the signing key is lost when the process ends".to_owned());
        }
        warnings
    }

    /// How long a login request waits.
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(self.login.ttl_seconds)
    }
}

fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Range { field, value: value.to_string(), limit: format!("{least} to {most}") })
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

/// Limits that are written are set; only a program can leave them out.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limits>, D::Error> {
    Limits::deserialize(deserializer).map(Some)
}

fn default_limits() -> Option<Limits> {
    Some(Limits::default())
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

impl Default for Login {
    fn default() -> Self {
        Self { ttl_seconds: 300, pending_per_site: 10_000 }
    }
}

impl Default for Pow {
    fn default() -> Self {
        Self { scheme: "lime-v1".to_owned(), base: 15, ceiling: 24 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let principal = Rate { burst: 200, per_second: 50 };
        Self {
            create: principal,
            approve: principal,
            token: principal,
            address: Rate { burst: 500, per_second: 100 },
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self { streams_per_site: 64, keepalive_seconds: 15, poll_seconds: 2 }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            body_bytes: 16 * 1024,
            head_bytes: 16 * 1024,
            head_seconds: 30,
            request_seconds: 10,
            drain_seconds: 10,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../lime-core.example.toml");

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
        let issuer: Issuer = "https://lime.example.com".to_owned().try_into().unwrap();
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

    #[test]
    fn others_must_be_served_by_https() {
        let issuer = |text: &str| Issuer::try_from(text.to_owned());
        let public = |text| Config::new(issuer(text).unwrap()).check_public().is_ok();
        for (text, is_public) in [
            ("https://lime.example", true),
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("http://lime.example", false),
            ("http://127.0.0.1.nip.io", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(public(text), is_public, "{text}");
        }
    }
}
