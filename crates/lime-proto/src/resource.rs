//! Resources: the MCP servers that tokens of the standard lane are for, each named by its own URL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::{Domain, DomainError};

/// The URL of an MCP server, a resource of RFC 8707: an absolute `http` or `https` URI of RFC 3986 without
/// user or fragment, at a host that is a [`Domain`]. URL parsers of browsers read the same host and path in
/// it.
///
/// It keeps its spelling, since servers compare it with their own URL as a text.
///
/// # Examples
///
/// ```
/// use lime_proto::Resource;
///
/// let resource: Resource = "https://MCP.Example.com:8443/mcp".parse()?;
/// assert_eq!(resource.domain().as_str(), "mcp.example.com");
/// assert_eq!(resource.as_str(), "https://MCP.Example.com:8443/mcp");
/// assert!("https://mcp.example.com:8443".parse::<Resource>()?.covers(&resource));
/// # Ok::<(), lime_proto::ResourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Resource {
    text: String,
    domain: Domain,
    /// As browsers read it.
    url: Url,
}

/// Why a text is no [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// The text is longer than [`Resource::MAX_LENGTH`].
    #[error("resource must have at most {} characters", Resource::MAX_LENGTH)]
    Length,
    /// The text is not an absolute `http` or `https` URI of RFC 3986.
    #[error("resource must be an absolute http or https URI of RFC 3986")]
    Uri,
    /// A user stands before the host, as in `https://user@example.com`.
    #[error("resource must not include user information")]
    UserInfo,
    /// A fragment stands at the end, as in `https://example.com/#part`.
    #[error("resource must not have a fragment")]
    Fragment,
    /// The port is no number from 0 to 65535.
    #[error("resource must have a port from 0 to 65535, or none")]
    Port,
    /// The host is no [`Domain`].
    #[error("resource: {0}")]
    Domain(#[from] DomainError),
    /// URL parsers of browsers read another host or path, as in `https://example.com/a/../b`.
    #[error("resource must have its path without dot segments, and a host that URL parsers read alike")]
    Ambiguous,
}

impl Resource {
    /// How many characters a resource has at most.
    pub const MAX_LENGTH: usize = 2048;

    /// The resource as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain of the server, in its canonical spelling.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether it has a query, the part from a `?` on.
    pub fn has_query(&self) -> bool {
        self.url.query().is_some()
    }

    /// Whether `other` has the same scheme, host and port, and a path that is this one's or below it: `/mcp`
    /// covers `/mcp` and `/mcp/a`, but not `/mcpa`. A slash at the end of the path, and queries, make no
    /// difference.
    pub fn covers(&self, other: &Self) -> bool {
        let below = other.url.path().strip_prefix(self.url.path().trim_end_matches('/'));
        self.url.origin() == other.url.origin()
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for Resource {
    type Err = ResourceError;

    fn from_str(text: &str) -> Result<Self, ResourceError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(ResourceError::Length);
        }
        let (scheme, rest) = text.split_once("://").ok_or(ResourceError::Uri)?;
        if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
            return Err(ResourceError::Uri);
        }
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, part)| (rest, Some(part)));
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if !(is_uri(authority, "-._~!$&'()*+,;=:@[]") && is_uri(path, "-._~!$&'()*+,;=:@/?")) {
            return Err(ResourceError::Uri);
        }
        if fragment.is_some() {
            return Err(ResourceError::Fragment);
        }
        if authority.contains('@') {
            return Err(ResourceError::UserInfo);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_port =
            |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        if !port.is_none_or(is_port) {
            return Err(ResourceError::Port);
        }
        let domain = Domain::of_host(&host.to_ascii_lowercase())?;
        let url = Url::parse(text).map_err(|_| ResourceError::Ambiguous)?;
        let path = path.split('?').next().filter(|path| !path.is_empty()).unwrap_or("/");
        if url.host_str() != Some(domain.as_str()) || url.path() != path {
            return Err(ResourceError::Ambiguous);
        }
        Ok(Self { text: text.to_owned(), domain, url })
    }
}

/// Whether all of a text are letters, digits, `marks`, and `%` before two hexadecimal digits.
fn is_uri(text: &str, marks: &str) -> bool {
    let mut escapes = text.split('%');
    let is_plain =
        |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter));
    let is_escape = |part: &str| {
        part.split_at_checked(2).is_some_and(|(digits, rest)| {
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_plain(rest)
        })
    };
    escapes.next().is_some_and(is_plain) && escapes.all(is_escape)
}

impl TryFrom<String> for Resource {
    type Error = ResourceError;

    fn try_from(text: String) -> Result<Self, ResourceError> {
        text.parse()
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.text
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource(text: &str) -> Resource {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_resource_keeps_its_spelling() {
        for (text, domain) in [
            ("https://mcp.example.com", "mcp.example.com"),
            ("https://mcp.example.com/", "mcp.example.com"),
            ("HTTPS://MCP.Example.com:443/mcp", "mcp.example.com"),
            ("http://h.example:8080/a/b%2Fc;d=1,2/(x)'!*~", "h.example"),
            ("https://h.example?tenant=1", "h.example"),
            ("https://h.example/mcp/?a=b%26c/../d", "h.example"),
            ("https://h.example//a", "h.example"),
            ("https://xn--bcher-kva.example/mcp", "xn--bcher-kva.example"),
            ("https://intranet-host/mcp", "intranet-host"),
        ] {
            let resource = resource(text);
            assert_eq!((resource.as_str(), resource.domain().as_str()), (text, domain));
        }
    }

    #[test]
    fn what_is_refused() {
        use ResourceError::{Ambiguous, Domain, Fragment, Length, Port, Uri, UserInfo};
        let long = format!("https://h.example/{}", "a".repeat(Resource::MAX_LENGTH - 17));
        for (error, texts) in [
            (Length, &[&*long][..]),
            (
                Uri,
                &[
                    "",
                    "h.example",
                    "//h.example/mcp",
                    "/mcp",
                    "ftp://h.example",
                    "https:/h.example",
                    "https:h.example",
                    " https://h.example",
                    "https://h.example ",
                    "https://h.example/a b",
                    "https://h.example/\t",
                    "https://h.example\\@evil.example",
                    "https://h.example/<x>",
                    "https://h.example/%",
                    "https://h.example/%2",
                    "https://h.example/%zz",
                    "https://h.example/[a]",
                    "https://h.example/ü",
                    "https://bücher.example/",
                    "https://h.example/a^b",
                    "https://h.example/a|b",
                    "https://h.example/\"",
                    "https://h.example/\0",
                ],
            ),
            (
                Fragment,
                &["https://h.example/#", "https://h.example/mcp#part", "https://h.example#@evil.example"],
            ),
            (UserInfo, &["https://user@h.example/", "https://a:b@h.example/", "https://@h.example/"]),
            (
                Port,
                &[
                    "https://h.example:/",
                    "https://h.example:65536",
                    "https://h.example:8a/",
                    "https://h.example:+80/",
                ],
            ),
            (
                Domain(DomainError::HostName),
                &[
                    "https:///mcp",
                    "https://h.example:80:80/",
                    "https://h_x.example",
                    "https://h.example./",
                    "https://%68.example/",
                ],
            ),
            (
                Domain(DomainError::Address),
                &["https://127.0.0.1/", "https://0x7f.1/mcp", "https://2130706433"],
            ),
            (Domain(DomainError::Reserved), &["http://localhost:8080/mcp", "https://127.0.0.1.nip.io/"]),
            (
                Ambiguous,
                &[
                    "https://h.example/a/../b",
                    "https://h.example/./a",
                    "https://h.example/a/..",
                    "https://h.example/%2e%2E/b",
                    "https://h.example/a/.%2e",
                    // Ends in a number, so that browsers look for an address.
                    "https://h.0x7f/",
                    "https://h.example.1/",
                    // No Punycode.
                    "https://xn--a.example/",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(text.parse::<Resource>(), Err(error), "{text}");
            }
        }
        resource(&long[..Resource::MAX_LENGTH]);
    }

    #[test]
    fn what_lies_below_is_covered() {
        for (prefix, text, is_covered) in [
            ("https://h.example", "https://h.example", true),
            ("https://h.example", "https://h.example/", true),
            ("https://h.example/", "https://H.example:443/mcp?a=b", true),
            ("https://h.example/mcp", "https://h.example/mcp", true),
            ("https://h.example/mcp/", "https://h.example/mcp", true),
            ("https://h.example/mcp", "https://h.example/mcp/", true),
            ("https://h.example/mcp", "https://h.example/mcp/a", true),
            ("https://h.example/mcp", "https://h.example/mcp?a", true),
            ("https://h.example/mcp", "https://h.example/mcpa", false),
            ("https://h.example/mcp", "https://h.example/", false),
            ("https://h.example/mcp", "https://h.example/MCP", false),
            ("https://h.example/mcp", "https://h.example/mc%70", false),
            ("https://h.example/mcp", "http://h.example/mcp", false),
            ("https://h.example/mcp", "https://h.example:8443/mcp", false),
            ("https://h.example/mcp", "https://a.h.example/mcp", false),
        ] {
            assert_eq!(resource(prefix).covers(&resource(text)), is_covered, "{prefix} {text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What this takes, a parser of browsers takes, and reads the same host.
        #[test]
        fn no_two_readings(text in "https?://[a-z0-9.@:%\\[\\]\\\\/?#-]{1,24}") {
            if let Ok(resource) = text.parse::<Resource>() {
                let url = Url::parse(&text).unwrap();
                prop_assert_eq!(url.host_str(), Some(resource.domain().as_str()));
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
            }
        }
    }
}
