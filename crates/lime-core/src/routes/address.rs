//! Where a client is: its peer's address, or what a trusted proxy says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

use crate::limits::Network;

/// The address of the other end of the connection: an extension of each request, see [`app`](crate::app).
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The client's network. Without [`Peer`], as in tests, it is this machine, and no header is believed.
pub(super) fn network(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> Network {
    match extensions.get::<Peer>() {
        Some(peer) => client(peer.0.ip(), headers, trusted).into(),
        None => IpAddr::from(Ipv4Addr::LOCALHOST).into(),
    }
}

/// Follows `X-Forwarded-For` from its end: each trusted proxy has appended the address that called it. What
/// stands before the first address that is not trusted may have been written by anybody.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted =
        |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let mut client = peer;
    let values = headers.get_all("x-forwarded-for").iter().rev();
    // Hop by hop: what a client has written before them does not spoil those that proxies have appended.
    let hops = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        let Some(address) = is_trusted(client).then(|| address(hop)).flatten() else { break };
        client = address;
    }
    client
}

/// The address that a hop consists of, if it is one.
fn address(hop: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(hop.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let of = |peer: &str, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            client(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        assert_eq!(of("192.0.2.1", &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(of("10.0.0.1", &["1.1.1.1", "198.51.100.9, 10.0.0.2"]), "198.51.100.9");
        assert_eq!(of("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        // What a client sends before the proxy's own hop, in the same field or in one of its own.
        assert_eq!(of("10.0.0.1", &["\u{e9}, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(of("10.0.0.1", &["\u{e9}", "198.51.100.9"]), "198.51.100.9");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, \u{e9}, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(of("fd00::1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(of("::ffff:10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
    }
}
