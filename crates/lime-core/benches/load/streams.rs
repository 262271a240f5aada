//! Open event streams, and what they cost the server while nothing happens.

use std::io;
use std::time::{Duration, Instant};

use lime_proto::Frame;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::DIFFICULTY;
use crate::http::{Connection, Events, Kind, Request};
use crate::server::{ProcessorTimes, Server};

/// How many streams each site has open: fewer than the 64 that it may have.
const STREAMS_PER_SITE: usize = 50;

/// How long to wait for a keepalive: longer than the 15 s between two of them.
const KEEPALIVE_LIMIT: Duration = Duration::from_secs(20);

pub(crate) async fn run(store: &str, count: usize, is_brief: bool) -> io::Result<()> {
    let server = Server::start(store, DIFFICULTY, count.div_ceil(STREAMS_PER_SITE), 1)?;
    // What the first stream alone brings into memory belongs to the server.
    drop(open(&server, &server.sites[0]).await?);
    let resident_before = server.resident_kib();
    let begun = Instant::now();
    let mut streams = Vec::new();
    for number in 0..count {
        let mut events = open(&server, &server.sites[number / STREAMS_PER_SITE]).await?;
        expect_keepalive(&mut events).await?;
        streams.push(events);
    }
    let opened = begun.elapsed();
    let resident_after = server.resident_kib();
    println!("{count} streams: each open and with its keepalive after {:.2} s", opened.as_secs_f64());
    match resident_before.zip(resident_after) {
        Some((before, after)) => println!(
            "  memory of the server, KiB a stream {:>20.1}   (VmRSS {before:.0} KiB, then {after:.0} KiB)",
            (after - before) / count as f64
        ),
        None => println!("  memory of the server: not measured, there is no /proc"),
    }
    if is_brief {
        return Ok(());
    }
    let (begun, before) = (Instant::now(), ProcessorTimes::read(&server));
    let mut waiting = JoinSet::new();
    for mut events in streams {
        waiting.spawn(async move { expect_keepalive(&mut events).await.map(|()| events) });
    }
    let mut still_open = Vec::new();
    while let Some(finished) = waiting.join_next().await {
        still_open.push(finished.map_err(io::Error::other)??);
    }
    println!(
        "  {} are open and have the second keepalive {:.1} s later",
        still_open.len(),
        begun.elapsed().as_secs_f64()
    );
    if let Some((before, after)) = before.zip(ProcessorTimes::read(&server)) {
        let [server, ..] = after.since(&before);
        let share = 100.0 * server / begun.elapsed().as_secs_f64();
        println!("  processor time of the server meanwhile, % of a core {share:>3.1}");
    }
    Ok(())
}

pub(crate) async fn open(server: &Server, token: &str) -> io::Result<Events> {
    let path = "/api/v1/modules/agent-login/events";
    let request =
        Request { method: "GET", path, token: Some(("X-Site-Token", token)), body: "", kind: Kind::Json };
    Connection::open(server.address).await?.events(&request).await
}

async fn expect_keepalive(events: &mut Events) -> io::Result<()> {
    let frame = timeout(KEEPALIVE_LIMIT, events.next()).await;
    match frame.map_err(|_| io::Error::other(format!("no keepalive within {KEEPALIVE_LIMIT:?}")))?? {
        Some(Frame::Keepalive) => Ok(()),
        Some(frame) => Err(io::Error::other(format!("no keepalive but {frame:?}"))),
        None => Err(io::Error::other("a stream has ended")),
    }
}

/// Raises the limit on open files. Must be called before a server is started, since it inherits the limit.
#[cfg(unix)]
pub(crate) fn raise_open_files(needed: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < needed) {
        let limit = maximum.unwrap_or_default();
        return Err(io::Error::other(format!(
            "needs {needed} open files, the hard limit is {limit} (ulimit -Hn)"
        )));
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}

#[cfg(not(unix))]
pub(crate) fn raise_open_files(_needed: u64) -> io::Result<()> {
    Ok(())
}
