//! Settings and their defaults. `config/load.rs` reads them, `config/check.rs` has their limits.

mod check;
mod load;
mod store_location;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use lime_proto::{MCP_LIFE, Origin};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

pub use store_location::{NotAStore, StoreLocation};

/// All settings. `lime-core.example.toml` explains each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where to listen for questions after health alone. These are answered when `listen` has no place left.
    pub health_listen: Option<SocketAddr>,
    /// The origin that clients know Core by.
    pub issuer: Origin,
    /// Where principals, login requests and events are kept. A server that others use must have it set.
    pub store: Option<StoreLocation>,
    /// The file in which the signing key is kept. A server that others use must have this or `keys_dir` set;
    /// without both, the key is kept in memory only.
    pub key_file: Option<PathBuf>,
    /// The directory of signing keys that are rotated. The key of `key_file`, if that is set, is the
    /// first of them.
    pub keys_dir: Option<PathBuf>,
    /// Peers whose header is believed about the address of a client. In a file, an address alone is a network
    /// of one.
    #[serde(default, deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which trusted proxies say where a client is.
    #[serde(default)]
    pub forwarded_header: ForwardedHeader,
    /// Rotation of signing keys.
    #[serde(default)]
    pub keys: KeyTurns,
    /// Login requests.
    #[serde(default)]
    pub login: Login,
    /// The puzzle.
    #[serde(default)]
    pub pow: Pow,
    /// How long tokens for MCP servers are valid, in whole seconds. Only a program can set it, never a file.
    #[serde(skip, default = "default_mcp_life")]
    pub mcp_life: Duration,
    /// Rate limits. `None` switches them off, which only a program can do, never a file.
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

/// Rotation of signing keys.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyTurns {
    /// How long each key signs, two days or more; the next one is made in time. `None` leaves that to an
    /// operator; in a file that is `off`.
    #[serde(deserialize_with = "turn")]
    pub rotate_every: Option<Duration>,
}

/// Login requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// How long a login request waits for approval and delivery, in seconds: 30 to 900.
    pub ttl_seconds: u64,
    /// How many login requests of one site may be pending at once.
    pub pending_per_site: usize,
}

/// The puzzle, as `lime-pow calibrate --toml` writes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pow {
    /// The scheme of the puzzle; it must be `lime-v1`.
    pub scheme: String,
    /// Leading zero bits of every challenge.
    pub base: u32,
    /// The largest value that `base` may have.
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
    /// How many requests are allowed at once.
    pub burst: u32,
    /// How many more requests are allowed each second.
    pub per_second: u32,
}

/// Event streams.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    /// How many streams one site may have open in this process.
    pub streams_per_site: usize,
    /// Seconds between keepalives.
    pub keepalive_seconds: u64,
    /// Seconds after which a stream looks for new events even if the store has given no hint.
    pub poll_seconds: u64,
    /// Seconds that a step of a stream may take, most of which is waiting for the store or for a signature. A
    /// new stream is refused after that, and an open one tries again.
    pub store_seconds: u64,
}

/// Connections.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// How many connections may be open at once; others wait to be accepted.
    pub max_connections: usize,
    /// Origins of pages that may use the endpoints of sites and agents from a browser.
    pub cors_origins: Vec<Origin>,
    /// The size that a request's body may have at most, in bytes.
    pub body_bytes: usize,
    /// The size that a request's head may have at most, in bytes.
    pub head_bytes: usize,
    /// Seconds that a connection may be idle, before its first request and between two of them.
    pub idle_seconds: u64,
    /// Seconds within which the head of a request must have arrived, from its first byte on.
    pub head_seconds: u64,
    /// Seconds within which the body of a request must have arrived, from the end of its head on.
    pub body_seconds: u64,
    /// Seconds that Core may take to answer a request that has arrived; streams are exempt.
    pub answer_seconds: u64,
    /// Seconds that Core goes on serving after it was told to stop, so that balancers notice.
    pub notice_seconds: u64,
    /// Seconds after `notice_seconds` in which open requests are answered and streams send what has been
    /// approved.
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
    /// Milliseconds from which a request counts as slow, and is logged at the level `info`; streams are
    /// exempt.
    pub slow_millis: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// JSON, one object a line, for programs.
    Json,
    /// Plain text, for people.
    Text,
}

/// A header in which proxies say where a client is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses, each appended by the proxy that it called.
    #[default]
    XForwardedFor,
    /// `Forwarded` of RFC 7239, of which the parameter `for` is read.
    Forwarded,
}

impl ForwardedHeader {
    /// The name of the header, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
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
    /// A setting is missing or unknown.
    #[error("{field}: {message}")]
    Field {
        /// Which one.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// A setting has a value that it must not have.
    #[error("{field} = {value}: must be {expected}")]
    Value {
        /// Which one.
        field: String,
        /// The value that it has.
        value: String,
        /// What is allowed, with an example.
        expected: String,
    },
}

impl ConfigError {
    fn value(field: impl Into<String>, value: &impl ToString, expected: impl Into<String>) -> Self {
        Self::Value { field: field.into(), value: value.to_string(), expected: expected.into() }
    }
}

impl Config {
    /// The defaults for an issuer.
    pub fn new(issuer: Origin) -> Self {
        Self {
            listen: default_listen(),
            health_listen: None,
            issuer,
            store: None,
            key_file: None,
            keys_dir: None,
            keys: KeyTurns::default(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            login: Login::default(),
            pow: Pow::default(),
            mcp_life: MCP_LIFE,
            limits: default_limits(),
            events: Events::default(),
            http: Http::default(),
            log: Log::default(),
        }
    }

    /// How long a login request waits.
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(self.login.ttl_seconds)
    }
}

/// Networks, or addresses that stand for themselves alone.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    struct Network(IpNet);

    impl<'de> Deserialize<'de> for Network {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let alone = || text.parse::<IpAddr>().map(IpNet::from);
            text.parse().or_else(|_| alone()).map(Self).map_err(D::Error::custom)
        }
    }

    let networks = Vec::<Network>::deserialize(deserializer)?;
    Ok(networks.into_iter().map(|network| network.0).collect())
}

/// A time of two days or more, or `off`. A key is published for a day after its turn.
fn turn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    const LEAST: Duration = Duration::from_secs(2 * 24 * 3600);
    let text = String::deserialize(deserializer)?;
    if text == "off" {
        return Ok(None);
    }
    let turn = humantime::parse_duration(&text).map_err(D::Error::custom)?;
    if turn < LEAST { Err(D::Error::custom("too short")) } else { Ok(Some(turn)) }
}

/// Limits that are written are set; only a program can leave them out.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limits>, D::Error> {
    Limits::deserialize(deserializer).map(Some)
}

fn default_limits() -> Option<Limits> {
    Some(Limits::default())
}

fn default_mcp_life() -> Duration {
    MCP_LIFE
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
        Self { streams_per_site: 64, keepalive_seconds: 15, poll_seconds: 2, store_seconds: 10 }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            cors_origins: Vec::new(),
            body_bytes: 16 * 1024,
            head_bytes: 16 * 1024,
            idle_seconds: 75,
            head_seconds: 30,
            body_seconds: 10,
            answer_seconds: 10,
            notice_seconds: 2,
            drain_seconds: 6,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".to_owned(), slow_millis: 1000 }
    }
}
