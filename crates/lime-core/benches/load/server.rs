//! The server under load: `lime-core dev` as a process of its own, its tokens, and what the system says of
//! its memory and time.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Running until it is dropped.
pub(crate) struct Server {
    process: Child,
    /// Held open: the server prints into it.
    _stdout: BufReader<ChildStdout>,
    pub address: SocketAddr,
    pub sites: Vec<String>,
    pub agents: Vec<Agent>,
}

/// An agent with its credentials.
pub(crate) struct Agent {
    pub id: String,
    pub token: String,
}

impl Server {
    /// Returns once it accepts connections.
    pub(crate) fn start(store: &str, difficulty: u32, sites: usize, agents: usize) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let environment = directory.path().join("environment");
        let mut process = Command::new(env!("CARGO_BIN_EXE_lime-core"))
            .args(["dev", "--port", "0", "--store", store, "--difficulty", &difficulty.to_string()])
            .args(["--sites", &sites.to_string(), "--agents", &agents.to_string()])
            .args([OsStr::new("--env-file"), environment.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        // It prints when the file is written, and connections are accepted.
        stdout.read_line(&mut String::new())?;
        let mut server = Self {
            process,
            _stdout: stdout,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            sites: Vec::new(),
            agents: Vec::new(),
        };
        let mut id = String::new();
        for line in fs::read_to_string(environment)?.lines() {
            match line.split_once('=') {
                Some(("LIME_BASE_URL", url)) => {
                    let address = url.strip_prefix("http://").and_then(|address| address.parse().ok());
                    server.address = address.ok_or_else(|| io::Error::other(format!("no address: {url}")))?;
                }
                Some((key, token)) if key.starts_with("LIME_SITE_TOKEN") => {
                    server.sites.push(token.to_owned());
                }
                // Each stands before its token.
                Some((key, text)) if key.starts_with("LIME_AGENT_ID") => text.clone_into(&mut id),
                Some((key, token)) if key.starts_with("LIME_AGENT_TOKEN") => {
                    server.agents.push(Agent { id: std::mem::take(&mut id), token: token.to_owned() });
                }
                _ => {}
            }
        }
        Ok(server)
    }

    /// Resident memory in KiB; `None` where the system has no such file.
    pub(crate) fn resident_kib(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Processor time used until now, in seconds; counted in ticks of 10 ms.
pub(crate) struct ProcessorTimes([f64; 4]);

/// Of proc(5), on every architecture that Rust knows.
const TICKS_A_SECOND: f64 = 100.0;

impl ProcessorTimes {
    /// `None` where the system has no such files.
    pub(crate) fn read(server: &Server) -> Option<Self> {
        let machine = fs::read_to_string("/proc/stat").ok()?;
        let machine = machine.lines().next()?.strip_prefix("cpu")?;
        let ticks: Vec<f64> =
            machine.split_whitespace().filter_map(|ticks| ticks.parse().ok()).take(8).collect();
        let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks[..] else { return None };
        let busy = user + nice + system + irq + softirq + steal;
        let (server, driver) = (process_ticks(&server.process.id().to_string())?, process_ticks("self")?);
        Some(Self([server, driver, busy, busy + idle + iowait].map(|ticks| ticks / TICKS_A_SECOND)))
    }

    /// Seconds since `before`: of the server, of this process, of all processes, and of all cores, idle or
    /// not.
    pub(crate) fn since(&self, before: &Self) -> [f64; 4] {
        std::array::from_fn(|index| self.0[index] - before.0[index])
    }
}

fn process_ticks(process: &str) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The 3rd field begins after the name in parentheses; utime and stime are the 14th and the 15th.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some(ticks()? + ticks()?)
}
