//! A description for people of how a search tries nonces.

use crate::kernel::Kernel;
use crate::plan::{Plan, Segment};

/// How a search tries its first nonces. Later ones may have another length, for which it chooses another
/// kernel or layout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Method {
    /// The kernel that tries the nonces.
    pub kernel: Kernel,
    /// How many vectors, or chains of SHA-2 instructions, the kernel advances side by side, 1 to 4: as
    /// many as take the least time.
    pub streams: usize,
    /// How nonces are laid out in message blocks, in words for people.
    pub layout: String,
    /// Compressions that a nonce takes: 1, or a little more where chaining values are made for it.
    pub compressions_per_nonce: f64,
    /// The expected time per nonce on one thread, in nanoseconds. A [`Search`](crate::Search), which has no
    /// clock, takes what is recorded for CPUs of this kind. A [`Solver`](crate::Solver) scales that by what
    /// it has measured on this machine.
    pub nanoseconds_per_nonce: f64,
}

impl Method {
    /// The method of a search with this plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let Segment { form, layout, cost, .. } = &plan.segments()[0];
        Self {
            kernel: form.kernel(),
            streams: form.streams(),
            layout: layout.to_string(),
            compressions_per_nonce: layout.compressions(),
            nanoseconds_per_nonce: cost.0,
        }
    }
}
