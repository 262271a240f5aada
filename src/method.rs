//! How a search goes about a challenge, for people who ask.

use crate::kernel::Kernel;
use crate::plan::{Plan, Segment};

/// How a search tries the nonces that come first. Others may have another length, and suit another kernel or
/// layout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Method {
    /// The kernel.
    pub kernel: Kernel,
    /// Vectors that the kernel advances side by side, 1 to 3; it chooses as many as take the least time.
    pub streams: usize,
    /// How nonces are laid out in message blocks, in words for people.
    pub layout: String,
    /// Compressions that a nonce takes: 1, or a little more where chaining values are made for it.
    pub compressions_per_nonce: f64,
    /// What a nonce is expected to take on one thread, in nanoseconds: by measurement on a
    /// [`Solver`](crate::Solver), by the record of the CPU's kind in a [`Search`](crate::Search), which has no clock.
    pub nanoseconds_per_nonce: f64,
}

impl Method {
    /// Of a search with this plan.
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
