//! Where a client is: its peer's address, or what trusted proxies say.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

use crate::assembly::Core;
use crate::config::{Config, ForwardedHeader};
use crate::limits::Network;
use crate::tally::Event;

/// The address of the other end of the connection: an extension of each request, see [`app`](crate::app).
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The client's network. Without [`Peer`], as in tests, it is this machine, and no header is believed.
pub(super) fn network(core: &Core, extensions: &Extensions, headers: &HeaderMap) -> Network {
    let Some(peer) = extensions.get::<Peer>() else { return IpAddr::from(Ipv4Addr::LOCALHOST).into() };
    let client = client(peer.0.ip(), headers, &core.config);
    if !client.is_read {
        core.tally.count(Event::UnreadableHop);
    }
    client.address.into()
}

/// Whether a request comes from a trusted proxy.
pub(super) fn is_from_proxy(core: &Core, extensions: &Extensions) -> bool {
    extensions.get::<Peer>().is_some_and(|peer| is_trusted(peer.0.ip(), &core.config.trusted_proxies))
}

/// Where a client is, as far as it is known.
struct Client {
    address: IpAddr,
    /// Whether every hop that counts is an address.
    is_read: bool,
}

/// Follows the header that counts from its end: each trusted proxy has appended the address that called it.
/// What stands before the first address that is not trusted may have been written by anybody, and is ignored.
/// If a trusted proxy has written something else than an address, such as `unknown`, the result is the
/// address of that proxy.
fn client(peer: IpAddr, headers: &HeaderMap, config: &Config) -> Client {
    let address = |hop| match config.forwarded_header {
        ForwardedHeader::XForwardedFor => node(hop),
        ForwardedHeader::Forwarded => forwarded_for(hop),
    };
    let values = headers.get_all(config.forwarded_header.as_str()).iter().rev();
    // A list may have empty elements, RFC 9110, section 5.6.1; some proxies end theirs with a comma.
    let hops = values.flat_map(|value| split_from_end(value.as_bytes(), b','));
    let mut hops = hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty());
    let mut client = Client { address: peer, is_read: true };
    while is_trusted(client.address, &config.trusted_proxies)
        && let Some(hop) = hops.next()
    {
        match address(hop) {
            Some(address) => client.address = address,
            None => return Client { is_read: false, ..client },
        }
    }
    client
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The parts of a text, the last one first, separated by `separator` where it is not inside quotes. Quotes
/// are followed from the end, too: what a proxy has appended is well-formed, whatever quote a client has left
/// open before it.
fn split_from_end(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut is_quoted = false;
        let is_end = |(index, byte): (usize, &u8)| {
            let escapes = || text[..index].iter().rev().take_while(|byte| **byte == b'\\').count();
            is_quoted ^= *byte == b'"' && escapes() % 2 == 0;
            *byte == separator && !is_quoted
        };
        let end = text.iter().enumerate().rev().map(is_end).position(|is_end| is_end);
        let start = end.map_or(0, |from_end| text.len() - from_end);
        rest = end.map(|_| &text[..start - 1]);
        Some(&text[start..])
    })
}

/// The address in the parameter `for` of an element of `Forwarded`, RFC 7239, section 4.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let pairs = split_from_end(element, b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        Some((pair[..at].trim_ascii(), pair[at + 1..].trim_ascii()))
    });
    let mut values = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(b"for")).map(|(_, value)| value);
    let value = values.next()?;
    // Each parameter may come once only.
    if values.next().is_some() {
        return None;
    }
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    node(unquoted.unwrap_or(value))
}

/// The address in one of the spellings that proxies have for it: `192.0.2.1`, `192.0.2.1:4711`,
/// `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:4711`.
fn node(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    text.parse().ok().or_else(in_brackets).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// The client that a peer and its fields lead to.
    fn of(header: ForwardedHeader, peer: &str, fields: &[(&'static str, &str)]) -> String {
        let mut config = Config::new("https://lime.example".to_owned().try_into().unwrap());
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        config.forwarded_header = header;
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        client(peer.parse().unwrap(), &headers, &config).address.to_string()
    }

    fn list(peer: &str, values: &[&str]) -> String {
        let fields: Vec<_> = values.iter().map(|value| ("x-forwarded-for", *value)).collect();
        of(ForwardedHeader::XForwardedFor, peer, &fields)
    }

    fn forwarded(values: &[&str]) -> String {
        let fields: Vec<_> = values.iter().map(|value| ("forwarded", *value)).collect();
        of(ForwardedHeader::Forwarded, "10.0.0.1", &fields)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(list("192.0.2.1", &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(list("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(list("10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(list("10.0.0.1", &["1.1.1.1, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(list("10.0.0.1", &["1.1.1.1", "198.51.100.9, 10.0.0.2"]), "198.51.100.9");
        assert_eq!(list("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(list("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        // What a client sends before the proxy's own hop, in the same field or in one of its own.
        assert_eq!(list("10.0.0.1", &["\u{e9}, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(list("10.0.0.1", &["\u{e9}", "198.51.100.9"]), "198.51.100.9");
        assert_eq!(list("10.0.0.1", &["1.1.1.1, \u{e9}, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(list("fd00::1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(list("::ffff:10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
    }

    /// Azure Application Gateway and IIS write a port, others brackets, or a comma at the end.
    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (written, read) in [
            ("198.51.100.9:4711", "198.51.100.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("198.51.100.9,", "198.51.100.9"),
            ("198.51.100.9 , ,", "198.51.100.9"),
            ("1.1.1.1:1, 198.51.100.9:2, 10.0.0.7:3", "198.51.100.9"),
            ("1.1.1.1, [fd00::2]:3", "1.1.1.1"),
            ("\"1.1.1.1, 198.51.100.9", "198.51.100.9"),
            // What is no address.
            ("unknown", "10.0.0.1"),
            ("198.51.100.9:", "10.0.0.1"),
            ("198.51.100.9:70000", "10.0.0.1"),
            ("[198.51.100.9]", "10.0.0.1"),
            ("[2001:db8::1", "10.0.0.1"),
            ("198.51.100.009", "10.0.0.1"),
        ] {
            assert_eq!(list("10.0.0.1", &[written]), read, "{written}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_has_it() {
        for (written, read) in [
            // From the standard's sections 4 and 6.
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43"),
            ("for=unknown", "10.0.0.1"),
            ("for=_hidden, for=10.0.0.3", "10.0.0.3"),
            ("for=192.0.2.43, for=\"_gazonk\"", "10.0.0.1"),
            // Commas, semicolons and escaped quotes in a quoted text.
            ("for=192.0.2.43;host=\"a,b;c\\\"d\"", "192.0.2.43"),
            (" FOR = 192.0.2.43 ; proto=https ,", "192.0.2.43"),
            // A quote that a client has left open does not swallow what a proxy has appended.
            ("for=\"1.1.1.1, for=\"[2001:db8::1]:1\"", "2001:db8::1"),
            ("for=\"1.1.1.1, for=192.0.2.43", "192.0.2.43"),
            // No address, and two of them.
            ("proto=https", "10.0.0.1"),
            ("for", "10.0.0.1"),
            ("for=1.1.1.1;for=192.0.2.43", "10.0.0.1"),
            ("192.0.2.43", "10.0.0.1"),
        ] {
            assert_eq!(forwarded(&[written]), read, "{written}");
        }
        assert_eq!(forwarded(&["for=192.0.2.43", "for=10.0.0.2"]), "192.0.2.43");
    }

    /// A proxy passes the header that it does not write on as a client has sent it.
    #[test]
    fn one_header_counts_alone() {
        let fields = [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=2.2.2.2")];
        assert_eq!(of(ForwardedHeader::XForwardedFor, "10.0.0.1", &fields), "1.1.1.1");
        assert_eq!(of(ForwardedHeader::Forwarded, "10.0.0.1", &fields), "2.2.2.2");
        assert_eq!(of(ForwardedHeader::Forwarded, "10.0.0.1", &fields[..1]), "10.0.0.1");
    }

    #[test]
    fn a_long_header_costs_little() {
        // As long as a head may be: what is looked at is each byte, not each against all others.
        for part in ["\\", "\\\"", ",", ",\"", "\""] {
            let long = part.repeat((1 << 20) / part.len());
            assert_eq!(list("10.0.0.1", &[&long]), "10.0.0.1");
            assert_eq!(forwarded(&[&long]), "10.0.0.1");
        }
    }
}
