//! What the jobs of one solver share: its workers, what it knows of the machine, and the schedules made so
//! far.

use std::sync::Arc;

use crate::challenge::Challenge;
use crate::error::Error;
use crate::plan::{Plan, Scope};
use crate::pool::Pool;
use crate::schedules::ScheduleCache;
use crate::tune::Tuning;

#[derive(Debug)]
pub(crate) struct Engine {
    pub pool: Pool,
    pub tuning: Tuning,
    pub schedules: Arc<ScheduleCache>,
    /// Jobs with a time limit are refused when their probability to end in time is below this.
    pub min_chance: f64,
}

impl Engine {
    /// The plan of a search for a solution of `challenge` among the nonces of `scope`.
    pub(crate) fn plan(&self, challenge: &Challenge, scope: Scope) -> Result<Plan, Error> {
        Plan::new(challenge, scope, &self.tuning, &self.schedules)
    }
}
