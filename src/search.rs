//! [`Search`], which runs in steps on the calling thread, for programs with a thread, a loop and a clock of
//! their own.

use std::ops::RangeBounds;
use std::sync::Arc;

use crate::challenge::Challenge;
use crate::error::Error;
use crate::found::Found;
use crate::kernel::{Form, Kernel};
use crate::method::Method;
use crate::plan::{Order, Plan, Scope};
use crate::scanner::{Pick, Scanner};
use crate::schedules::ScheduleCache;
use crate::tune::Tuning;

/// A search in steps, on the calling thread: no pool and no clock.
///
/// # Examples
///
/// ```
/// use lime_pow::{Challenge, Difficulty, Search, Step};
///
/// let challenge = Challenge::lime_v1("test-challenge-0001", Difficulty::bits(15)?)?;
/// let mut search = Search::new(&challenge)?;
/// let found = loop {
///     match search.step(10_000) {
///         Step::Found(found) => break found,
///         Step::Exhausted => panic!("all 2^64 nonces tried"),
///         Step::More => {} // somebody else's turn
///     }
/// };
/// assert!(lime_pow::verify(&challenge, found.nonce));
/// # Ok::<(), lime_pow::Error>(())
/// ```
#[derive(Debug)]
pub struct Search {
    plan: Plan,
    scanner: Scanner,
    /// Position to go on from; `None` when all are done.
    next: Option<u64>,
    hashes: u64,
}

/// The result of [`Search::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Step {
    /// A solution. The next step continues after it.
    Found(Found),
    /// Every nonce of the range has been tried.
    Exhausted,
    /// No solution yet, and nonces are left: the next step goes on with them.
    More,
}

impl Search {
    /// A search through all nonces of the scheme, in any order, with the kernels that are recorded as the
    /// fastest on CPUs of this kind.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when the scheme has no nonces.
    pub fn new(challenge: &Challenge) -> Result<Self, Error> {
        Self::builder(challenge).build()
    }

    /// A search with other settings.
    pub fn builder(challenge: &Challenge) -> SearchBuilder {
        SearchBuilder { challenge: challenge.clone(), scope: Scope::default(), forms: Vec::new() }
    }

    /// Tries at most `max_hashes` nonces. Calls of some ten thousand or more run at the kernel's full speed.
    pub fn step(&mut self, max_hashes: u64) -> Step {
        let Some(from) = self.next else { return Step::Exhausted };
        if max_hashes == 0 {
            return Step::More;
        }
        let to = from.saturating_add(max_hashes - 1).min(self.plan.last);
        let scanned = self.scanner.scan(&self.plan, from..=to, Pick::Smallest);
        self.hashes += scanned.hashes;
        let done = scanned.found.map_or(to, |(_, position)| position);
        self.next = (done < self.plan.last).then(|| done + 1);
        match (scanned.found, self.next) {
            (Some((found, _)), _) => Step::Found(found),
            (None, Some(_)) => Step::More,
            (None, None) => Step::Exhausted,
        }
    }

    /// Nonces tried so far.
    pub fn hashes(&self) -> u64 {
        self.hashes
    }

    /// How this search tries its first nonces.
    pub fn method(&self) -> Method {
        Method::of(&self.plan)
    }
}

/// Settings of a [`Search`].
#[derive(Clone, Debug)]
pub struct SearchBuilder {
    challenge: Challenge,
    scope: Scope,
    /// The forms that may be used; if there are none, all that this CPU can run.
    forms: Vec<Form>,
}

impl SearchBuilder {
    /// Which solution to look for; [`Order::Any`] unless set.
    pub fn order(mut self, order: Order) -> Self {
        self.scope.order = order;
        self
    }

    /// The nonces to try, such as `7..`, or `..=9_007_199_254_740_991` for a server that reads no larger
    /// ones; all of the scheme's unless set. Nonces that the scheme does not allow are left out.
    pub fn nonces(mut self, nonces: impl RangeBounds<u64>) -> Self {
        self.scope = self.scope.over(nonces);
        self
    }

    /// The kernel to use. Unless set, it is for each length of nonces the one that is recorded as the fastest
    /// on CPUs of this kind.
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.forms = kernel.forms().collect();
        self
    }

    /// The forms of kernels to use, for tests of each: one for each kind of scan at least.
    #[doc(hidden)]
    pub fn forms(mut self, forms: &[Form]) -> Self {
        self.forms = forms.to_vec();
        self
    }

    /// Prepares the search. No nonce is tried before [`Search::step`].
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRange`] when no nonce is left to try.
    pub fn build(self) -> Result<Search, Error> {
        let tuning = Tuning::recorded(self.forms);
        let plan = Plan::new(&self.challenge, self.scope, &tuning, &Arc::new(ScheduleCache::default()))?;
        Ok(Search { plan, scanner: Scanner::default(), next: Some(0), hashes: 0 })
    }
}
