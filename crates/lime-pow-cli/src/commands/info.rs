//! `lime-pow info`.

use lime_pow::{Host, Kernel, Solver};

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let info = Info { host: Host::detect(), chosen: Kernel::detect(), solver: Solver::new()? };
    if args.json { report::print(&json::info(&info)) } else { report::print(&text::info(&info)) }
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

    /// The CPU quota, as far as it limits the number of workers.
    pub(crate) fn quota(&self) -> Option<usize> {
        (self.host.parallelism < self.host.cores).then_some(self.host.parallelism)
    }

    pub(crate) fn why_chosen(&self) -> &'static str {
        if self.chosen.name() == Kernel::survey()[0].name {
            "the fastest there is"
        } else {
            "the fastest that runs here"
        }
    }
}
