//! Settings: their defaults and limits. `config/load.rs` reads them.

mod load;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use lime_pow::Difficulty;
use lime_proto::Origin;
use lime_proto::login::MAX_TTL;
use serde::{Deserialize, Deserializer};

/// All settings. `lime-core.example.toml` explains each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The origin that clients know Core by.
    pub issuer: Origin,
    /// The file in which the signing key is kept. If this is not set, the key is kept in memory only.
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
}

/// Connections.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// How many connections may be open at once; others wait to be accepted.
    pub max_connections: usize,
    /// The size that a request's body may have at most, in bytes.
    pub body_bytes: usize,
    /// The size that a request's head may have at most, in bytes.
    pub head_bytes: usize,
    /// Seconds within which the head of a request must have arrived. Idle time before the request counts too.
    pub head_seconds: u64,
    /// Seconds that a request may take; streams are exempt.
    pub request_seconds: u64,
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
        /// The value that it has.
        value: String,
        /// The values that are allowed.
        limit: String,
    },
}

impl Config {
    /// The defaults for an issuer.
    pub fn new(issuer: Origin) -> Self {
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

    /// Checks that every setting is within its limits.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Range`] for the first setting that is not.
    pub fn check(&self) -> Result<(), ConfigError> {
        for network in &self.trusted_proxies {
            if !can_match(network) {
                let limit = "addresses that a peer can have, those of IPv4 as such, for example 10.0.0.0/8"
                    .to_owned();
                return Err(ConfigError::Range {
                    field: "trusted_proxies",
                    value: network.to_string(),
                    limit,
                });
            }
        }
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
        within("http.notice_seconds", self.http.notice_seconds, 0, 300)?;
        within("http.drain_seconds", self.http.drain_seconds, 0, 300)
    }

    /// Checks that no other machine would use Core without TLS: the issuer must be https, unless its host is
    /// loopback.
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
        if IpNet::aggregate(&self.trusted_proxies).iter().any(|network| network.prefix_len() == 0) {
            warnings.push(
                "trusted_proxies trusts everybody: whoever sends X-Forwarded-For chooses which address is limited".to_owned(),
            );
        }
        if self.listen.ip().is_unspecified() {
            warnings.push(format!(
                "listen = {} takes plain HTTP on all addresses: let only a proxy that ends TLS reach it",
                self.listen
            ));
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

/// Whether the address of a peer can be in a network. A peer's IPv4 address is compared as such even if the
/// socket has it mapped to IPv6, so networks of mapped addresses never match. Nor do networks of multicast
/// addresses only, or of the unspecified address only.
fn can_match(network: &IpNet) -> bool {
    let (first, last) = (network.network(), network.broadcast());
    let is_mapped = matches!(network, IpNet::V6(network) if network.prefix_len() >= 96 && network.addr().to_ipv4_mapped().is_some());
    let is_multicast = first.is_multicast() && last.is_multicast();
    let is_unspecified = first == last && first.is_unspecified();
    !is_mapped && !is_multicast && !is_unspecified
}

fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Range { field, value: value.to_string(), limit: format!("{least} to {most}") })
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
            notice_seconds: 2,
            drain_seconds: 6,
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

    fn config(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::new("https://lime.example".to_owned().try_into().unwrap());
        config.key_file = Some("key.pem".into());
        config.trusted_proxies = vec!["10.0.0.1/32".parse().unwrap()];
        change(&mut config);
        config
    }

    #[test]
    fn networks_that_can_never_match_are_refused() {
        for (network, is_right) in [
            ("10.0.0.0/8", true),
            ("0.0.0.0/0", true),
            ("::/0", true),
            ("fd00::/8", true),
            ("::ffff:0:0/95", true),
            ("::ffff:0:0/96", false),
            ("::ffff:0:0/104", false),
            ("::ffff:10.0.0.1/128", false),
            ("224.0.0.0/4", false),
            ("239.1.2.3/32", false),
            ("ff00::/8", false),
            ("0.0.0.0/32", false),
            ("::/128", false),
        ] {
            let network: IpNet = network.parse().unwrap();
            let checked = config(|config| config.trusted_proxies.push(network)).check();
            assert_eq!(checked.is_ok(), is_right, "{network}");
            if let Err(error) = checked {
                assert!(error.to_string().starts_with(&format!("trusted_proxies = {network}: must be ")));
            }
        }
    }

    #[test]
    fn what_is_likely_a_mistake_is_warned_of() {
        let networks = |config: &mut Config, texts: &[&str]| {
            config.trusted_proxies = texts.iter().map(|text| text.parse().unwrap()).collect();
        };
        assert_eq!(config(|_| {}).warnings(), [""; 0]);
        for (change, begin) in [
            (
                &(|config: &mut Config| networks(config, &["0.0.0.0/0"])) as &dyn Fn(&mut Config),
                "trusted_proxies trusts",
            ),
            (&|config| networks(config, &["::/1", "8000::/1"]), "trusted_proxies trusts"),
            (&|config| networks(config, &[]), "trusted_proxies is empty"),
            (
                &|config| config.listen = "0.0.0.0:8080".parse().unwrap(),
                "listen = 0.0.0.0:8080 takes plain HTTP",
            ),
            (&|config| config.listen = "[::]:8080".parse().unwrap(), "listen = [::]:8080 takes plain HTTP"),
            (&|config| config.key_file = None, "key_file is not set"),
        ] {
            let warnings = config(change).warnings();
            assert!(warnings.len() == 1 && warnings[0].starts_with(begin), "{warnings:?}");
        }
    }

    #[test]
    fn others_must_be_served_by_https() {
        let issuer = |text: &str| Origin::try_from(text.to_owned());
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
