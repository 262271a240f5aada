//! Asks a server on this machine for its health, for containers that have no other client in them.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use lime_core::Config;

use crate::failure::Failure;

/// How long the server may take to be connected to, and to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server that runs with these settings whether it lives, or whether it is ready. Every failure has
/// the exit code 1: containers' health checks know no other.
pub(crate) fn ask(config: Option<&Path>, ready: bool) -> Result<(), Failure> {
    let config = Config::load(config, std::env::vars_os()).map_err(Failure::of)?;
    let mut address = config.health_listen.unwrap_or(config.listen);
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let path = if ready { "/readyz" } else { "/healthz" };
    let answer = get(address, path).map_err(|error| Failure::of(format!("{address}: {error}")))?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => {
            let body = answer.rsplit("\r\n").next().unwrap_or_default().trim();
            Err(Failure::of(format!("{address}{path}: {body}")))
        }
    }
}

fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // Far more than the answer of any server of ours.
    socket.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
