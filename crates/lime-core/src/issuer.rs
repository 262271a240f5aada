//! The origin that a Core is known by, in its one spelling: whoever compares texts must get the same.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use lime_proto::is_host_name;
use serde::Deserialize;

/// An origin: `https://host` or with a port, in lower case, without the default port, path or slash.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Issuer(String);

impl Issuer {
    /// The issuer of a server on this machine.
    pub fn loopback(port: u16) -> Self {
        Self(format!("http://127.0.0.1:{port}"))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }
}

impl TryFrom<String> for Issuer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fault = || {
            format!(
                "{text:?} is no origin such as \"https://lime.example.com\": a host name or address in lower case, no default port, path or slash"
            )
        };
        let url: axum::http::Uri = text.parse().map_err(|_| fault())?;
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err(fault());
        };
        let default = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(fault()),
        };
        let port = url.port_u16();
        let spelled = match port {
            Some(port) => format!("{scheme}://{}:{port}", authority.host()),
            None => format!("{scheme}://{}", authority.host()),
        };
        let one_spelling = spelled == text && port != Some(default) && port != Some(0);
        if one_spelling && is_host(authority.host()) { Ok(Self(text)) } else { Err(fault()) }
    }
}

/// Whether a text is a host name, or an address as it is printed.
fn is_host(text: &str) -> bool {
    let v6 = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    is_host_name(text)
        || text.parse().is_ok_and(|address: Ipv4Addr| address.to_string() == text)
        || v6().is_some_and(|address: Ipv6Addr| format!("[{address}]") == text)
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_have_one_spelling() {
        let issuer = |text: &str| Issuer::try_from(text.to_owned());
        for text in [
            "https://lime.example",
            "https://lime.example:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert_eq!(issuer(text).unwrap().as_str(), text);
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
            "https://lime.example:0",
            "https://lime.example:08443",
            "https://lime.example.",
            "https://a!b",
            "https://-",
            "https://[zz]",
            "http://[0:0:0:0:0:0:0:1]:1",
            "http://127.1",
            "http://0177.0.0.1",
        ] {
            assert!(issuer(text).is_err(), "{text}");
        }
    }
}
