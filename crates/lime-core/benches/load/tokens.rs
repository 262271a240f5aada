//! Tokens for MCP servers a second, in LIME's own lane and in the standard one by turns.

use std::io;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lime_proto::TokenResponse;
use tokio::task::JoinSet;

use crate::http::{Connection, Kind, Request};
use crate::server::{Agent, Server};
use crate::signer::Signer;
use crate::{Arguments, DIFFICULTY, Samples};

const PATH: &str = "/api/v1/modules/oauth/token";

pub(crate) async fn run(arguments: &Arguments) -> io::Result<()> {
    let window = Duration::from_millis(arguments.millis);
    let server = Server::start(&arguments.store, DIFFICULTY, 1, usize::from(arguments.workers))?;
    let signer = Signer::new();
    let mut signatures = Samples::default();
    let lanes = [("LIME's own lane", Kind::Json), ("the standard lane", Kind::Form)];
    let mut series = lanes.map(|(name, kind)| (name, kind, Samples::default()));
    // The first one pays for threads, memory and caches.
    round(&server, Kind::Json, window / 2).await?;
    for _ in 0..arguments.rounds {
        for (_, kind, per_second) in &mut series {
            per_second.0.push(round(&server, *kind, window).await?);
            signatures.0.push(signer.per_second(window / 8));
        }
    }
    let most = signatures.quantile(1.0);
    let ratios = series[1].2.0.iter().zip(&series[0].2.0).map(|(standard, own)| standard / own);
    let ratios = Samples(ratios.collect());
    for (name, _, per_second) in series {
        let share = Samples(per_second.0.iter().map(|tokens| 100.0 * tokens / most).collect());
        per_second.report(&format!("MCP tokens/s, {} at once, {name}", arguments.workers), 0);
        share.report("  of the most that one core signed, %", 0);
    }
    ratios.report("  of the first lane, pair by pair", 2);
    Ok(())
}

/// Tokens a second, while each agent asks again and again.
async fn round(server: &Server, kind: Kind, window: Duration) -> io::Result<f64> {
    let mut running = JoinSet::new();
    let end = Instant::now() + window;
    for agent in &server.agents {
        let connection = Connection::open(server.address).await?;
        running.spawn(ask_until(connection, credentials(agent, kind), kind, end));
    }
    let mut count = 0;
    while let Some(finished) = running.join_next().await {
        count += finished.map_err(io::Error::other)??;
    }
    Ok(f64::from(count) / window.as_secs_f64())
}

fn credentials(Agent { id, token }: &Agent, kind: Kind) -> (&'static str, String) {
    match kind {
        Kind::Json => ("X-Agent-Token", token.clone()),
        Kind::Form => ("Authorization", format!("Basic {}", STANDARD.encode(format!("{id}:{token}")))),
    }
}

async fn ask_until(
    mut connection: Connection,
    (name, value): (&'static str, String),
    kind: Kind,
    end: Instant,
) -> io::Result<u32> {
    let body = match kind {
        Kind::Json => r#"{"domain":"mcp.example.com"}"#,
        Kind::Form => "grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example.com%2Fmcp",
    };
    let request = Request { method: "POST", path: PATH, token: Some((name, &value)), body, kind };
    for count in 0.. {
        let _: TokenResponse = connection.fetch(&request).await?;
        if Instant::now() > end {
            return Ok(count);
        }
    }
    unreachable!("nobody asks so often")
}
