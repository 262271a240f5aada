//! `lime-pow info`.

use lime_pow::{Challenge, Difficulty, Host, Kernel, Search, Solver};
use serde::Serialize;

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let info = Info::detect()?;
    if args.json { report::print(&json::info(&info)?) } else { report::print(&text::info(&info)?) }
}

/// Core's own 22 characters, 128 bits as hexadecimal digits, a UUID, 256 bits in base64url and as hexadecimal digits.
const USUAL_LENGTHS: [usize; 5] = [22, 32, 36, 43, 64];

/// How nonces of a challenge are laid out.
#[derive(Debug, Serialize)]
pub(crate) struct Layout {
    pub challenge_len: usize,
    pub layout: String,
}

impl Layout {
    fn of(challenge_len: usize, kernel: Kernel) -> Result<Self, Failure> {
        let challenge = Challenge::lime_v1(&"a".repeat(challenge_len), Difficulty::bits(20)?)?;
        let layout = Search::builder(&challenge).kernel(kernel).build()?.layout();
        Ok(Self { challenge_len, layout })
    }
}

/// What there is to know before the first hash.
#[derive(Debug)]
pub(crate) struct Info {
    pub host: Host,
    pub chosen: Kernel,
    /// A pool with the default settings.
    pub solver: Solver,
}

impl Info {
    pub(crate) fn detect() -> Result<Self, Failure> {
        Ok(Self { host: Host::detect(), chosen: Kernel::detect(), solver: Solver::new()? })
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

    /// For the usual lengths of challenges, the layout that the chosen kernel begins with.
    pub(crate) fn layouts(&self) -> Result<Vec<Layout>, Failure> {
        USUAL_LENGTHS.into_iter().map(|challenge_len| Layout::of(challenge_len, self.chosen)).collect()
    }

    /// The CPU quota, as far as it limits the number of workers.
    pub(crate) fn quota(&self) -> Option<usize> {
        (self.host.parallelism < self.host.cores).then_some(self.host.parallelism)
    }

    pub(crate) fn why_chosen(&self) -> String {
        let survey = Kernel::survey();
        let chosen = survey.iter().position(|row| row.name == self.chosen.name());
        let (faster, rest) = survey.split_at(chosen.expect("the chosen kernel is one of them"));
        let why = format!("the fastest that runs here, needs {}", rest[0].needs);
        faster.iter().fold(why, |why, row| format!("{why}; not {}, which needs {}", row.name, row.needs))
    }
}
