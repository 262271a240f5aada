//! Logins, from their creation to the frame on the site's stream, beside what one core can sign in the same
//! minute.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lime_proto::{Approved, Challenge, Frame, Id, LoginRequestCreated};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::disk::Disk;
use crate::http::{Connection, Kind, Request};
use crate::server::{ProcessorTimes, Server};
use crate::signer::Signer;
use crate::{Arguments, DIFFICULTY, Samples, puzzle, solve, streams};

/// Logins of one kind, round by round.
#[derive(Default)]
struct Series {
    workers: usize,
    sites: usize,
    per_second: Samples,
    p50_millis: Samples,
    p99_millis: Samples,
    server_micros: Samples,
    driver_micros: Samples,
    /// Processor time that all other processes took, which tells how far the other figures can be trusted.
    others: Samples,
}

impl Series {
    fn new(workers: usize, sites: usize) -> Self {
        Self { workers, sites, ..Self::default() }
    }

    /// `signatures` is what one core makes of them in a second.
    fn report(self, signatures: f64) {
        let share = Samples(self.per_second.0.iter().map(|logins| 100.0 * logins / signatures).collect());
        self.per_second.report(&format!("logins/s, {} at once, sites: {}", self.workers, self.sites), 0);
        share.report("  of the most that one core signed, %", 0);
        self.p50_millis.report("  one login, p50, ms", 2);
        self.p99_millis.report("  one login, p99, ms", 2);
        self.server_micros.report("  processor time of the server, µs a login", 0);
        self.driver_micros.report("  processor time of the driver, µs a login", 0);
        self.others.report("  processor time of others, % of all cores", 0);
    }
}

pub(crate) async fn run(arguments: &Arguments) -> io::Result<()> {
    let workers = usize::from(arguments.workers);
    let window = Duration::from_millis(arguments.millis);
    let server = Server::start(&arguments.store, DIFFICULTY, workers, workers)?;
    let mut sites = Vec::new();
    for token in &server.sites {
        sites.push(Site::open(&server, token).await?);
    }
    let signer = Signer::new();
    let mut series = [Series::new(workers, workers), Series::new(workers, 1), Series::new(1, 1)];
    // The first one pays for threads, memory and caches.
    round(&server, &sites, &mut Series::new(workers, workers), window / 2).await?;
    let mut signatures = Samples(vec![signer.per_second(window / 8)]);
    let (disk, mut syncs) = (Disk::of(&arguments.store), Samples::default());
    for _ in 0..arguments.rounds {
        for series in &mut series {
            round(&server, &sites, series, window).await?;
            signatures.0.push(signer.per_second(window / 8));
            if let Some(disk) = &disk {
                disk.sync(&mut syncs)?;
            }
        }
    }
    // Others on the machine only ever make it less; the most is nearest to what a core can do.
    let most = signatures.quantile(1.0);
    signatures.report("signatures/s of one core, RSA-2048", 0);
    series.into_iter().for_each(|series| series.report(most));
    if disk.is_some() {
        let p99 = syncs.quantile(0.99);
        syncs.report("fdatasync of 16 KiB on the store's disk, ms", 2);
        println!("{:<44} {p99:>10.2}", "  p99, ms");
    }
    Ok(())
}

/// All workers log in again and again until the window is over; what is under way then does not count, unless
/// it is a worker's first.
async fn round(server: &Server, sites: &[Site], series: &mut Series, window: Duration) -> io::Result<()> {
    let mut workers = Vec::new();
    for number in 0..series.workers {
        workers.push(Worker::new(server, &sites[number % series.sites], &server.agents[number].token).await?);
    }
    let before = ProcessorTimes::read(server);
    let end = Instant::now() + window;
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(worker.run_until(end));
    }
    let mut latencies = Samples::default();
    while let Some(finished) = running.join_next().await {
        latencies.0.extend(finished.map_err(io::Error::other)??);
    }
    let logins = latencies.0.len() as f64;
    series.per_second.0.push(logins / window.as_secs_f64());
    series.p50_millis.0.push(latencies.quantile(0.5) * 1e3);
    series.p99_millis.0.push(latencies.quantile(0.99) * 1e3);
    if let Some((before, after)) = before.zip(ProcessorTimes::read(server)) {
        let [server, driver, machine, all] = after.since(&before);
        series.server_micros.0.push(server * 1e6 / logins);
        series.driver_micros.0.push(driver * 1e6 / logins);
        series.others.0.push(100.0 * (machine - server - driver).max(0.0) / all);
    }
    Ok(())
}

/// A site with its stream open.
#[derive(Clone)]
struct Site {
    token: String,
    /// Who waits for which frame.
    waiting: Arc<Mutex<HashMap<Id, oneshot::Sender<()>>>>,
}

impl Site {
    async fn open(server: &Server, token: &str) -> io::Result<Self> {
        let site = Self { token: token.to_owned(), waiting: Arc::default() };
        let mut events = streams::open(server, token).await?;
        let waiting = Arc::clone(&site.waiting);
        tokio::spawn(async move {
            // Whoever waits learns of the end by its sender.
            while let Ok(Some(frame)) = events.next().await {
                if let Frame::Approved { login_request_id, .. } = frame {
                    let waits = waiting.lock().expect("nobody panics with it").remove(&login_request_id);
                    waits.map(|sender| sender.send(()));
                }
            }
            waiting.lock().expect("nobody panics with it").clear();
        });
        Ok(site)
    }

    fn frame_of(&self, request: Id) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("nobody panics with it").insert(request, sender);
        receiver
    }
}

/// A site's and an agent's end of one login at a time.
struct Worker {
    site: Site,
    agent: String,
    to_site: Connection,
    to_agent: Connection,
}

impl Worker {
    async fn new(server: &Server, site: &Site, agent: &str) -> io::Result<Self> {
        Ok(Self {
            site: site.clone(),
            agent: agent.to_owned(),
            to_site: Connection::open(server.address).await?,
            to_agent: Connection::open(server.address).await?,
        })
    }

    /// How long each login took, in seconds; of one at least.
    async fn run_until(mut self, end: Instant) -> io::Result<Vec<f64>> {
        let mut latencies = Vec::new();
        loop {
            let begun = Instant::now();
            self.log_in().await?;
            let now = Instant::now();
            if now > end && !latencies.is_empty() {
                return Ok(latencies);
            }
            latencies.push((now - begun).as_secs_f64());
        }
    }

    async fn log_in(&mut self) -> io::Result<()> {
        let path = "/api/v1/modules/agent-login/requests";
        let token = Some(("X-Site-Token", &*self.site.token));
        let create = Request { method: "POST", path, token, body: "{}", kind: Kind::Json };
        let created: LoginRequestCreated = self.to_site.call(&create).await?;
        let id = created.login_request_id;
        let frame = self.site.frame_of(id);

        let path = format!("/api/v1/auth/requests/{id}");
        let read = Request { method: "GET", path: &path, token: None, body: "", kind: Kind::Json };
        let challenge: Challenge = self.to_agent.call(&read).await?;
        let nonce = solve(&puzzle(&challenge.pow_challenge, challenge.pow_difficulty));

        let path = format!("/api/v1/modules/agent-login/requests/{id}/approve");
        let token = Some(("X-Agent-Token", &*self.agent));
        let body = format!(r#"{{"pow_nonce":"{nonce}"}}"#);
        let approve = Request { method: "POST", path: &path, token, body: &body, kind: Kind::Json };
        let _: Approved = self.to_agent.call(&approve).await?;
        frame.await.map_err(|_| io::Error::other("the site's stream has ended"))
    }
}
