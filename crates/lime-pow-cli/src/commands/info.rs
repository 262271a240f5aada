//! `lime-pow info`.

use lime_pow::{Challenge, Difficulty, Host, Solver};
use serde::Serialize;

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let info = Info::detect()?;
    if args.json { report::print(&json::info(&info)?) } else { report::print(&text::info(&info)?) }
}

/// Core's own 22 characters, 128 bits as hexadecimal digits, a UUID, 256 bits in base64url and as hexadecimal
/// digits.
const USUAL_LENGTHS: [usize; 5] = [22, 32, 36, 43, 64];

/// How nonces of a challenge are tried first.
#[derive(Debug, Serialize)]
pub(crate) struct Method {
    pub challenge_len: usize,
    pub kernel: &'static str,
    pub streams: usize,
    pub layout: String,
    pub nanoseconds_per_nonce: f64,
}

impl Method {
    fn of(challenge_len: usize, solver: &Solver) -> Result<Self, Failure> {
        let challenge = Challenge::lime_v1(&"a".repeat(challenge_len), Difficulty::bits(20)?)?;
        let method = solver.method(&challenge)?;
        Ok(Self {
            challenge_len,
            kernel: method.kernel.name(),
            streams: method.streams,
            layout: method.layout,
            nanoseconds_per_nonce: method.nanoseconds_per_nonce,
        })
    }
}

/// What there is to know before the first hash.
#[derive(Debug)]
pub(crate) struct Info {
    pub host: Host,
    /// A pool with the default settings.
    pub solver: Solver,
}

impl Info {
    pub(crate) fn detect() -> Result<Self, Failure> {
        Ok(Self { host: Host::detect(), solver: Solver::new()? })
    }

    /// Whether the default pool pins its workers, and why.
    pub(crate) fn pinning(&self) -> String {
        let (pinned, threads) = (self.solver.pinned(), self.solver.threads());
        match pinned {
            0 if threads == self.host.cores => "auto: off, the system refused".to_owned(),
            0 => format!("auto: off, {threads} workers do not fill {} cores", self.host.cores),
            _ if pinned == threads => format!("auto: on, {threads} workers fill {threads} cores"),
            _ => format!("auto: {pinned} of {threads} workers, the system refused the others"),
        }
    }

    /// The cores of the affinity mask, such as `0-3, 8`.
    pub(crate) fn affinity(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for id in Host::core_ids() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == id => *last = id,
                _ => ranges.push((id, id)),
            }
        }
        let range =
            |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
        ranges.into_iter().map(range).collect::<Vec<_>>().join(", ")
    }

    /// For the usual lengths of challenges, how a search begins.
    pub(crate) fn methods(&self) -> Result<Vec<Method>, Failure> {
        USUAL_LENGTHS.into_iter().map(|challenge_len| Method::of(challenge_len, &self.solver)).collect()
    }

    /// The CPU quota, as far as it limits the number of workers.
    pub(crate) fn quota(&self) -> Option<usize> {
        (self.host.parallelism < self.host.cores).then_some(self.host.parallelism)
    }

    /// Where the choice of a kernel comes from.
    pub(crate) fn why_chosen(&self) -> String {
        let record = match Host::microarchitecture() {
            Some(core) => format!("the record of {core}"),
            None => "typical costs".to_owned(),
        };
        format!("for each length, by {record} and a measurement at the start")
    }
}
