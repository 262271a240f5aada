//! Origins of Core and of sites, in their one spelling: whoever compares texts must get the same.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::domain::is_host_name;

/// An origin such as `https://host` or `http://host:8080`: http or https, in lower case, without the default
/// port, a path or a final slash, as RFC 6454, section 6.2 writes it.
///
/// # Examples
///
/// ```
/// use lime_proto::Origin;
///
/// let origin = Origin::try_from("https://shop.example:8443".to_owned())?;
/// assert!(origin.is_https() && !origin.is_loopback());
/// assert!(Origin::try_from("https://shop.example/".to_owned()).is_err());
/// # Ok::<(), lime_proto::NotAnOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text that is no [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin such as \"https://lime.example.com\": a host name or address in lower case, no default port, path or slash"
)]
pub struct NotAnOrigin(String);

impl Origin {
    /// The origin of a server on this machine.
    pub fn loopback(port: u16) -> Self {
        Self(format!("http://127.0.0.1:{port}"))
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether its host is this machine: `localhost`, or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let Some((_, authority)) = self.0.split_once("://") else { return false };
        let (host, _) = host_and_port(authority);
        host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

/// An authority without user: its host, and its port where it has one.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether a text is a host name, or an address as it is printed.
fn is_host(text: &str) -> bool {
    let v6 = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    is_host_name(text)
        || text.parse().is_ok_and(|address: Ipv4Addr| address.to_string() == text)
        || v6().is_some_and(|address: Ipv6Addr| format!("[{address}]") == text)
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let default = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return false,
    };
    let (host, port) = host_and_port(authority);
    let is_port = |text: &str| {
        text.parse().is_ok_and(|port: u16| port != 0 && port != default && port.to_string() == text)
    };
    is_host(host) && port.is_none_or(is_port)
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        if is_origin(&text) { Ok(Self(text)) } else { Err(NotAnOrigin(text)) }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_one_spelling() {
        let origin = |text: &str| Origin::try_from(text.to_owned());
        for text in [
            "https://lime.example",
            "https://lime.example:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "https://[2001:db8::1]",
            "http://localhost",
        ] {
            assert_eq!(origin(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "lime.example",
            "https://",
            "https://Lime.example",
            "HTTPS://lime.example",
            "https://lime.example/",
            "https://lime.example/api",
            "https://lime.example:443",
            "http://lime.example:80",
            "https://a@lime.example",
            "https://lime.example?x",
            "ftp://lime.example",
            "https://lime.example:",
            "https://lime.example:0",
            "https://lime.example:08443",
            "https://lime.example:+8443",
            "https://lime.example:65536",
            "https://lime.example:1:2",
            "https://lime.example.",
            "https://a!b",
            "https://-",
            "https://[zz]",
            "https://[::1",
            "http://[0:0:0:0:0:0:0:1]:1",
            "http://127.1",
            "http://0177.0.0.1",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_this_machine() {
        for (text, is_loopback) in [
            ("http://localhost", true),
            ("http://127.9.0.1:1", true),
            ("http://[::1]", true),
            ("http://[::1]:1", true),
            ("https://lime.example", false),
            ("http://127.0.0.1.nip.io", false),
            ("http://[2001:db8::1]", false),
        ] {
            assert_eq!(Origin::try_from(text.to_owned()).unwrap().is_loopback(), is_loopback, "{text}");
        }
    }
}
