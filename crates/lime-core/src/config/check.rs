//! What settings may be: their limits, what somebody is told who has written something else, and what is
//! allowed and yet likely a mistake.

use std::net::SocketAddr;

use ipnet::IpNet;
use lime_pow::Difficulty;
use lime_proto::login::MAX_TTL;

use super::{Config, ConfigError, Limits, StoreLocation};

/// A setting by its path, what it must be, and an example in TOML.
pub(super) struct Setting {
    path: &'static str,
    must_be: MustBe,
    example: &'static str,
}

enum MustBe {
    /// A whole number of this range.
    Whole { least: u64, most: u64, value: fn(&Config) -> u64 },
    /// What these words say.
    Described(&'static str),
}

const fn whole(
    path: &'static str,
    (least, most): (u64, u64),
    example: &'static str,
    value: fn(&Config) -> u64,
) -> Setting {
    Setting { path, must_be: MustBe::Whole { least, most, value }, example }
}

const fn text(path: &'static str, description: &'static str, example: &'static str) -> Setting {
    Setting { path, must_be: MustBe::Described(description), example }
}

const ADDRESS: &str = "an address and a port";
const RATE: &str = "two whole numbers of 1 or more";

const SETTINGS: &[Setting] = &[
    text("listen", ADDRESS, "\"127.0.0.1:8080\""),
    text("health_listen", ADDRESS, "\"127.0.0.1:8081\""),
    text(
        "issuer",
        "an origin: a host name or address in lower case, no default port, path or slash",
        "\"https://lime.example.com\"",
    ),
    text(
        "store",
        "sqlite: and a path, or memory: for what may be lost",
        "\"sqlite:/var/lib/lime-core/store.db\" or \"memory:\"",
    ),
    text("key_file", "a path", "\"/var/lib/lime-core/key.pem\""),
    text("keys_dir", "a path", "\"/var/lib/lime-core/keys\""),
    text("keys.rotate_every", "a time of two days or more, or off", "\"90d\" or \"off\""),
    text("trusted_proxies", "addresses or networks", "[\"10.0.0.1\", \"192.168.0.0/16\"]"),
    text("forwarded_header", "\"x-forwarded-for\" or \"forwarded\"", "\"x-forwarded-for\""),
    whole("login.ttl_seconds", (30, MAX_TTL.as_secs()), "300", |config| config.login.ttl_seconds),
    whole("login.pending_per_site", (1, 1_000_000), "10000", |config| config.login.pending_per_site as u64),
    text("pow.scheme", "the scheme that Core speaks", "\"lime-v1\""),
    whole("pow.base", (0, Difficulty::MAX_BITS as u64), "15", |config| config.pow.base.into()),
    whole("pow.ceiling", (0, Difficulty::MAX_BITS as u64), "24", |config| config.pow.ceiling.into()),
    text("limits.create", RATE, "{ burst = 200, per_second = 50 }"),
    text("limits.approve", RATE, "{ burst = 200, per_second = 50 }"),
    text("limits.token", RATE, "{ burst = 200, per_second = 50 }"),
    text("limits.address", RATE, "{ burst = 500, per_second = 100 }"),
    whole("events.streams_per_site", (1, 100_000), "64", |config| config.events.streams_per_site as u64),
    whole("events.keepalive_seconds", (1, 300), "15", |config| config.events.keepalive_seconds),
    whole("events.poll_seconds", (1, 60), "2", |config| config.events.poll_seconds),
    whole("events.store_seconds", (1, 300), "10", |config| config.events.store_seconds),
    whole("http.max_connections", (1, 1_000_000), "10000", |config| config.http.max_connections as u64),
    text("http.cors_origins", "origins", "[\"https://agents.example.com\"]"),
    whole("http.body_bytes", (1024, 1 << 20), "16384", |config| config.http.body_bytes as u64),
    whole("http.head_bytes", (8192, 1 << 20), "16384", |config| config.http.head_bytes as u64),
    whole("http.idle_seconds", (1, 86_400), "75", |config| config.http.idle_seconds),
    whole("http.head_seconds", (1, 300), "30", |config| config.http.head_seconds),
    whole("http.body_seconds", (1, 300), "10", |config| config.http.body_seconds),
    whole("http.answer_seconds", (1, 300), "10", |config| config.http.answer_seconds),
    whole("http.notice_seconds", (0, 300), "2", |config| config.http.notice_seconds),
    whole("http.drain_seconds", (0, 300), "6", |config| config.http.drain_seconds),
    text("log.format", "\"json\" or \"text\"", "\"json\""),
    whole("log.slow_millis", (1, 300_000), "1000", |config| config.log.slow_millis),
    text("log.filter", "a level, or levels by module", "\"info\" or \"warn,lime_core=debug\""),
];

impl Setting {
    /// The setting that a path belongs to: its own, or one inside it, such as `trusted_proxies[0]`.
    pub(super) fn at(path: &str) -> Option<&'static Self> {
        let is_inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        SETTINGS.iter().find(|setting| path.strip_prefix(setting.path).is_some_and(is_inside))
    }

    /// What the setting must be, with an example.
    pub(super) fn expected(&self) -> String {
        let what = match self.must_be {
            MustBe::Whole { least, most, .. } => format!("a whole number of {least} to {most}"),
            MustBe::Described(what) => what.to_owned(),
        };
        format!("{what}, for example {}", self.example)
    }
}

/// What the setting at a path must be, with an example. Empty for a path that no setting has.
pub(super) fn expected(path: &str) -> String {
    Setting::at(path).map(Setting::expected).unwrap_or_default()
}

/// The error for a setting that must be there.
pub(super) fn missing(field: &str) -> ConfigError {
    let message = format!("is missing, must be {}", expected(field));
    ConfigError::Field { field: field.to_owned(), message }
}

/// Whether a path is a section's, in which settings are.
pub(super) fn is_section(path: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

impl Config {
    /// Checks that every setting is within its limits.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] for the first setting that is not.
    pub fn check(&self) -> Result<(), ConfigError> {
        for network in &self.trusted_proxies {
            if !can_match(network) {
                let expected =
                    "addresses that a peer can have, those of IPv4 as such, for example 10.0.0.0/8";
                return Err(ConfigError::value("trusted_proxies", network, expected));
            }
        }
        if self.pow.scheme != "lime-v1" {
            let value = format!("{:?}", self.pow.scheme);
            return Err(ConfigError::value("pow.scheme", &value, expected("pow.scheme")));
        }
        for setting in SETTINGS {
            if let MustBe::Whole { least, most, value } = setting.must_be
                && !(least..=most).contains(&value(self))
            {
                return Err(ConfigError::value(setting.path, &value(self), setting.expected()));
            }
        }
        if self.pow.base > self.pow.ceiling {
            let ceiling = self.pow.ceiling;
            let expected = format!("at most pow.ceiling, which is {ceiling}, for example 15");
            return Err(ConfigError::value("pow.base", &self.pow.base, expected));
        }
        if let Some(health) = self.health_listen.filter(|health| overlaps(*health, self.listen)) {
            let expected =
                format!("another port than that of listen, {}, for example \"127.0.0.1:8081\"", self.listen);
            return Err(ConfigError::value("health_listen", &format!("\"{health}\""), expected));
        }
        self.limits.as_ref().map_or(Ok(()), check_rates)
    }

    /// Checks what a server needs that others use: a store and a key that outlive it, where they are to, and
    /// TLS, unless its host is loopback.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Field`] for a store or a key file that is not set, [`ConfigError::Value`] for an issuer
    /// that is neither https nor loopback.
    pub fn check_public(&self) -> Result<(), ConfigError> {
        let has_key = self.key_file.is_some() || self.keys_dir.is_some();
        for (field, is_set) in [("store", self.store.is_some()), ("key_file", has_key)] {
            if !is_set {
                return Err(missing(field));
            }
        }
        if self.issuer.is_https() || self.issuer.is_loopback() {
            return Ok(());
        }
        let value = format!("{:?}", self.issuer.as_str());
        Err(ConfigError::value(
            "issuer",
            &value,
            "https, unless its host is loopback, for example \"https://lime.example.com\"",
        ))
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
                "trusted_proxies trusts everybody: whoever sends its header chooses which address is limited"
                    .to_owned(),
            );
        }
        if self.listen.ip().is_unspecified() {
            warnings.push(format!(
                "listen = {} takes plain HTTP on all addresses: let only a proxy that ends TLS reach it",
                self.listen
            ));
        }
        if self.events.keepalive_seconds >= 60 {
            warnings.push(format!(
                "events.keepalive_seconds = {}: nginx and AWS cut streams that are silent for 60 s",
                self.events.keepalive_seconds
            ));
        }
        if self.store == Some(StoreLocation::Memory) {
            warnings.push("store = memory: all but the signing key is lost when the process ends".to_owned());
        }
        warnings
    }
}

/// Whether two addresses cannot both be listened on.
fn overlaps(one: SocketAddr, other: SocketAddr) -> bool {
    let is_all = |address: SocketAddr| address.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (one.ip() == other.ip() || is_all(one) || is_all(other))
}

fn check_rates(limits: &Limits) -> Result<(), ConfigError> {
    for (path, rate) in [
        ("limits.create", limits.create),
        ("limits.approve", limits.approve),
        ("limits.token", limits.token),
        ("limits.address", limits.address),
    ] {
        if rate.burst == 0 || rate.per_second == 0 {
            let value = format!("{{ burst = {}, per_second = {} }}", rate.burst, rate.per_second);
            return Err(ConfigError::value(path, &value, expected(path)));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use lime_proto::Origin;

    use super::*;

    fn config(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::new("https://lime.example".to_owned().try_into().unwrap());
        config.key_file = Some("key.pem".into());
        config.store = Some(StoreLocation::Sqlite("store.db".into()));
        config.trusted_proxies = vec!["10.0.0.1/32".parse().unwrap()];
        change(&mut config);
        config
    }

    const EXAMPLE: &str = include_str!("../../lime-core.example.toml");

    /// The paths of all settings of a file, with rates as one.
    fn paths(prefix: &str, table: &toml::Table) -> Vec<String> {
        let inside = |(key, value): (&String, &toml::Value)| {
            let path = format!("{prefix}{key}");
            let is_rate = |table: &toml::Table| table.contains_key("burst");
            match value {
                toml::Value::Table(inner) if !is_rate(inner) => paths(&format!("{path}."), inner),
                _ => vec![path],
            }
        };
        table.iter().flat_map(inside).collect()
    }

    #[test]
    fn every_setting_says_what_it_must_be() {
        let mut in_file = paths("", &EXAMPLE.parse().unwrap());
        let mut in_table: Vec<_> = SETTINGS.iter().map(|setting| setting.path.to_owned()).collect();
        in_file.sort();
        in_table.sort();
        assert_eq!(in_file, in_table);

        let load = |path: &str, value: &str| {
            let variable = format!("LIME_CORE__{}", path.to_uppercase().replace('.', "__"));
            let issuer = ("LIME_CORE__ISSUER".into(), "https://lime.example".into());
            Config::load(None, [issuer, (variable.into(), value.into())])
        };
        for setting in SETTINGS {
            // The examples of a message are values that are taken.
            for example in setting.example.split(" or ") {
                let loaded = load(setting.path, example);
                assert!(loaded.is_ok(), "{} = {example}: {loaded:?}", setting.path);
            }
            let wrong = match setting.path {
                // Any text is a path, and nearly any a filter, which only the command reads.
                "key_file" | "keys_dir" | "log.filter" => "7",
                _ => "wrong",
            };
            let error = load(setting.path, wrong).unwrap_err().to_string();
            let value = if wrong == "7" { "7".to_owned() } else { format!("\"{wrong}\"") };
            assert_eq!(error, format!("{} = {value}: must be {}", setting.path, setting.expected()));
        }
    }

    #[test]
    fn numbers_are_held_to_their_limits() {
        for setting in SETTINGS {
            let MustBe::Whole { least, most, value } = setting.must_be else { continue };
            let load = |number: i128| {
                let variable = format!("LIME_CORE__{}", setting.path.to_uppercase().replace('.', "__"));
                let variables = [
                    ("LIME_CORE__ISSUER".into(), "https://lime.example".into()),
                    // Lets the other one be anything.
                    ("LIME_CORE__POW__CEILING".into(), "256".into()),
                    ("LIME_CORE__POW__BASE".into(), "0".into()),
                    (variable.into(), number.to_string().into()),
                ];
                Config::load(None, variables)
            };
            let (least, most) = (i128::from(least), i128::from(most));
            for number in [least, most] {
                assert_eq!(i128::from(value(&load(number).unwrap())), number, "{}", setting.path);
            }
            for number in [least - 1, most + 1] {
                let error = load(number).unwrap_err().to_string();
                assert!(error.starts_with(&format!("{} = {number}: must be", setting.path)), "{error}");
            }
        }
    }

    #[test]
    fn two_listeners_need_two_addresses() {
        for (listen, health, is_right) in [
            ("127.0.0.1:8080", "127.0.0.1:8081", true),
            ("127.0.0.1:8080", "127.0.0.2:8080", true),
            ("127.0.0.1:0", "127.0.0.1:0", true),
            ("127.0.0.1:8080", "127.0.0.1:8080", false),
            ("0.0.0.0:8080", "127.0.0.1:8080", false),
            ("127.0.0.1:8080", "[::]:8080", false),
        ] {
            let change = |config: &mut Config| {
                config.listen = listen.parse().unwrap();
                config.health_listen = Some(health.parse().unwrap());
            };
            assert_eq!(config(change).check().is_ok(), is_right, "{listen} {health}");
        }
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
            (&|config| config.events.keepalive_seconds = 60, "events.keepalive_seconds = 60"),
            (&|config| config.store = Some(StoreLocation::Memory), "store = memory:"),
        ] {
            let warnings = config(change).warnings();
            assert!(warnings.len() == 1 && warnings[0].starts_with(begin), "{warnings:?}");
        }
    }

    #[test]
    fn what_others_use_is_kept() {
        for (change, field) in [
            (&(|config: &mut Config| config.store = None) as &dyn Fn(&mut Config), "store"),
            (&|config| config.key_file = None, "key_file"),
        ] {
            let error = config(change).check_public().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{field}: is missing, must be ")), "{error}");
        }
    }

    #[test]
    fn others_must_be_served_by_https() {
        let public = |text: &str| {
            let issuer = Origin::try_from(text.to_owned()).unwrap();
            config(|config| config.issuer = issuer).check_public().is_ok()
        };
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
