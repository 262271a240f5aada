//! Domains of MCP servers: host names in one spelling, none of them an address or a name that only means
//! something locally. Nothing is looked up: the answer depends on the text alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The domain of an MCP server: a host name by RFC 1123 in lower case, neither an IP address nor a reserved
/// name such as `localhost`.
///
/// # Examples
///
/// ```
/// use lime_proto::Domain;
///
/// let domain: Domain = " https://MCP.Example.com/mcp ".parse()?;
/// assert_eq!(domain.as_str(), "mcp.example.com");
/// assert!("mcp.example.com:8443".parse::<Domain>().is_err());
/// assert_eq!(Domain::of_target("mcp.example.com:8443")?, domain);
/// # Ok::<(), lime_proto::DomainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// Why a text is no [`Domain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DomainError {
    /// Nothing is left without scheme, path and white space.
    #[error("domain is empty")]
    Empty,
    /// A user stands before the host, as in `user@example.com`.
    #[error("domain must not include user information")]
    UserInfo,
    /// A port follows the host, as in `example.com:443`.
    #[error("domain must not include a port")]
    Port,
    /// The host is an IP address, in whatever spelling.
    #[error("domain must not be an IP address")]
    Address,
    /// What follows the `:` after the host is not a number.
    #[error("domain must not have a port that is no number")]
    BadPort,
    /// The domain is valid, but not in its canonical spelling, in which domains are compared.
    #[error("domain must be in lower case, without scheme, path or white space")]
    NotCanonical,
    /// The text is not a host name by RFC 1123.
    #[error(
        "domain must be a host name of at most 253 characters, its labels of 1 to 63 letters, digits and inner hyphens"
    )]
    HostName,
    /// The name only means something locally, or resolves to this machine or to any address that is written
    /// into it.
    #[error("domain must not be a reserved name")]
    Reserved,
}

/// Reserved names. Names below them are not reserved.
const RESERVED: [&str; 4] = ["metadata", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];

/// Names that are reserved with all names below them: those that only mean something locally, and those that
/// resolve to this machine or to any address that is written into them.
const RESERVED_BELOW: [&str; 18] = [
    "localhost",
    "localdomain",
    "home.arpa",
    "local",
    "internal",
    "intranet",
    "corp",
    "home",
    "lan",
    "nip.io",
    "sslip.io",
    "xip.io",
    "traefik.me",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "rbndr.us",
    "backname.io",
];

impl Domain {
    /// The domain of an MCP server from its URL or host as agents name it, with or without a port.
    ///
    /// # Errors
    ///
    /// As for [`Domain::from_str`], but a port of digits is cut off, and anything else after a `:` is a
    /// [`DomainError::BadPort`].
    pub fn of_target(target: &str) -> Result<Self, DomainError> {
        let host = host(target)?;
        match host.split_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self::of_host(host)
            }
            Some(_) => Err(DomainError::BadPort),
            None => Self::of_host(&host),
        }
    }

    /// The domain as text, in its canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of a host in lower case.
    pub(crate) fn of_host(host: &str) -> Result<Self, DomainError> {
        let below = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        if is_address(host) {
            Err(DomainError::Address)
        } else if !is_host_name(host) {
            Err(DomainError::HostName)
        } else if RESERVED.contains(&host) || RESERVED_BELOW.iter().any(|name| host == *name || below(name)) {
            Err(DomainError::Reserved)
        } else {
            Ok(Self(host.to_owned()))
        }
    }
}

/// Whether some resolver takes the text for an IPv4 address, such as 127.1, 2130706433, 0x7f000001 or
/// 0177.0.0.1.
fn is_address(host: &str) -> bool {
    host.split('.').all(|label| {
        // URL parsers of browsers read a bare 0x as 0.
        match label.strip_prefix("0x") {
            Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
        }
    })
}

/// Whether a text is a host name by RFC 1123 in lower case, and no address in any spelling.
pub fn is_host_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    host.len() <= 253 && host.split('.').all(is_label) && !is_address(host)
}

/// What is left of a URL or host without scheme and path, in lower case.
fn host(text: &str) -> Result<String, DomainError> {
    let text = text.trim();
    let scheme = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            .then(|| &text[scheme.len()..])
    };
    let rest = scheme("https://").or_else(|| scheme("http://")).unwrap_or(text);
    let host = rest.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
    if host.is_empty() {
        Err(DomainError::Empty)
    } else if host.contains('@') {
        Err(DomainError::UserInfo)
    } else if host.starts_with('[') && host.contains(']') {
        Err(DomainError::Address)
    } else {
        Ok(host)
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let host = host(text)?;
        if host.contains(':') { Err(DomainError::Port) } else { Self::of_host(&host) }
    }
}

/// Parses as [`FromStr`] does, but refuses every other spelling than the canonical one: domains in tokens are
/// compared as texts.
impl TryFrom<String> for Domain {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        let domain: Self = text.parse()?;
        if domain.0 == text { Ok(domain) } else { Err(DomainError::NotCanonical) }
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<String, DomainError> {
        text.parse::<Domain>().map(String::from)
    }

    #[test]
    fn one_spelling() {
        for (text, domain) in [
            ("example.com", "example.com"),
            (" HTTP://Example.COM/a/b?c ", "example.com"),
            ("hTTps://xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("intranet-host", "intranet-host"),
            ("1.2.3.4.example", "1.2.3.4.example"),
            ("0x7f.example", "0x7f.example"),
            ("mylocal", "mylocal"),
            ("notnip.io", "notnip.io"),
            ("arpa", "arpa"),
            ("nothome.arpa", "nothome.arpa"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(domain), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        use DomainError::{Address, Empty, HostName, Port, Reserved, UserInfo};
        let (label, long) = ("a".repeat(64), [&*"a".repeat(63); 4].join("."));
        for (error, texts) in [
            (Empty, &["", "  ", "https://", "/path", "http:///x"][..]),
            (UserInfo, &["user@example.com", "https://a:b@example.com/"]),
            (Port, &["example.com:443", "https://example.com:8443/mcp", "::1", "1.2.3.4:80"]),
            (
                Address,
                &[
                    "127.0.0.1",
                    "127.1",
                    "2130706433",
                    "0x7f000001",
                    "0177.0.0.1",
                    "0X7F.1",
                    "0x",
                    "127.0x.1",
                    "[::1]",
                    "http://[::1]:80/",
                ],
            ),
            (
                HostName,
                &[
                    "-a.com",
                    "a-.com",
                    "a..b",
                    "example.com.",
                    "a_b.com",
                    "bücher.example",
                    "a b.com",
                    &label,
                    &long,
                    "a?b",
                    "a#b",
                ],
            ),
            (
                Reserved,
                &[
                    "localhost",
                    "a.localhost",
                    "printer.local",
                    "x.internal",
                    "metadata.google.internal",
                    "a.intranet",
                    "a.corp",
                    "a.home",
                    "a.lan",
                    "metadata",
                    "kubernetes",
                    "kubernetes.default",
                    "kubernetes.default.svc",
                    "nip.io",
                    "127.0.0.1.nip.io",
                    "sslip.io",
                    "a.xip.io",
                    "traefik.me",
                    "x.localtest.me",
                    "lvh.me",
                    "LOCALHOST",
                    "localdomain",
                    "host.localdomain",
                    "home.arpa",
                    "printer.home.arpa",
                    "internal",
                    "intranet",
                    "local",
                    "corp",
                    "home",
                    "lan",
                    "vcap.me",
                    "x.vcap.me",
                    "7f000001.c0a80001.rbndr.us",
                    "rbndr.us",
                    "127-0-0-1.backname.io",
                    "backname.io",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(parse(text), Err(error), "{text}");
            }
        }
        assert!(parse(&long[..253]).is_ok());
    }

    #[test]
    fn agents_may_name_a_port() {
        let of = |text| Domain::of_target(text).map(String::from);
        assert_eq!(of("https://H.com:8443/mcp").as_deref(), Ok("h.com"));
        assert_eq!(of("h.com").as_deref(), Ok("h.com"));
        assert_eq!(of("h.com:"), Err(DomainError::BadPort));
        assert_eq!(of("h.com:8a"), Err(DomainError::BadPort));
        assert_eq!(of("127.0.0.1:80"), Err(DomainError::Address));
    }

    #[test]
    fn tokens_have_the_one_spelling() {
        let read = |text: &str| Domain::try_from(text.to_owned()).map(String::from);
        assert_eq!(read("h.com").as_deref(), Ok("h.com"));
        for text in ["H.com", "https://h.com", "h.com/", " h.com"] {
            assert_eq!(read(text), Err(DomainError::NotCanonical), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_accepted_stays_as_it_is(text in "(https?://)?[a-zA-Z0-9.@:/-]{0,40}") {
            if let Ok(domain) = parse(&text) {
                prop_assert_eq!(parse(&domain), Ok(domain));
            }
        }
    }
}
