//! What solving costs somebody who wants many solutions, and whether a server keeps up with him.

use std::time::Duration;

use crate::reference::Reference;
use crate::seconds::saturating_seconds;

/// What an attacker pays for solutions.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttackCost {
    /// Solutions per second.
    pub solves_per_second: f64,
    /// Time to find a million solutions.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "seconds_per_million", serialize_with = "crate::seconds::serialize_seconds")
    )]
    pub time_per_million: Duration,
    /// Price of a million in the currency of the price per hour; `None` where that is not known.
    pub cost_per_million: Option<f64>,
    /// The attacker's hash rate as a multiple of an honest agent's.
    pub times_honest: f64,
}

impl AttackCost {
    /// What puzzles that take `mean_hashes` hashes on average cost `attacker`. `honest` is the rate of an
    /// honest agent in hashes per second, and `price_per_hour` the price of an hour of the attacker's
    /// hardware. `None` where that hardware cannot hash this puzzle.
    pub fn of(
        attacker: &Reference,
        mean_hashes: f64,
        honest: f64,
        price_per_hour: Option<f64>,
    ) -> Option<Self> {
        let rate = attacker.hashes_per_second?;
        let seconds_per_million = 1e6 * mean_hashes / rate;
        Some(Self {
            solves_per_second: rate / mean_hashes,
            time_per_million: saturating_seconds(seconds_per_million),
            cost_per_million: price_per_hour.map(|price| price * seconds_per_million / 3600.0),
            times_honest: rate / honest,
        })
    }
}

/// How many solutions a server can verify.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Server {
    /// Nonces that one core verifies per second.
    pub verifications_per_second: f64,
    /// Cores that verify.
    pub cores: usize,
    /// Nonces of a solution: as many as the puzzle has sub-puzzles.
    pub nonces_per_solution: usize,
}

impl Server {
    /// A server each of whose cores verifies this many nonces per second.
    pub fn new(verifications_per_second: f64, cores: usize, nonces_per_solution: usize) -> Self {
        Self { verifications_per_second, cores, nonces_per_solution }
    }

    /// Solutions per second that all cores together can verify. A server that accepts at most this many
    /// submissions per second, right or wrong, from all clients together cannot be overloaded by them.
    pub fn capacity(&self) -> f64 {
        self.verifications_per_second * self.cores as f64 / self.nonces_per_solution as f64
    }

    /// Whether an attacker of this rate solves faster than the server verifies.
    pub fn is_outrun_by(&self, hashes_per_second: f64, mean_hashes: f64) -> bool {
        hashes_per_second / mean_hashes > self.capacity()
    }

    /// The mean work of a puzzle, in bits, from which on an attacker of this rate no longer solves faster
    /// than the server verifies; at least 0.
    pub fn balance_bits(&self, hashes_per_second: f64) -> f64 {
        (hashes_per_second / self.capacity()).log2().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ATTACKERS;

    #[test]
    fn a_fast_card_at_the_default() {
        let card = ATTACKERS.iter().find(|attacker| attacker.name == "rtx4090").unwrap();
        let cost = AttackCost::of(card, 32768.0, 0.48e6, Some(0.5)).unwrap();
        // 21.98 GH/s over 2^15: 1.5 µs a solve.
        assert!((1e6 / cost.solves_per_second - 1.491).abs() < 1e-3, "{cost:?}");
        assert!((cost.time_per_million.as_secs_f64() - 1.491).abs() < 1e-3);
        assert!((cost.cost_per_million.unwrap() - 0.5 * 1.4908 / 3600.0).abs() < 1e-6);
        assert!((cost.times_honest - 45_791.7).abs() < 0.1);
        let miner = ATTACKERS.iter().find(|attacker| attacker.name == "antminer-s21").unwrap();
        assert_eq!(AttackCost::of(miner, 32768.0, 0.48e6, None), None);
        assert!(miner.not_applicable.is_some());
    }

    #[test]
    fn balance_of_solving_and_verifying() {
        // A bundle of 50 takes 50 verifications.
        assert_eq!(Server::new(5e6, 2, 50).capacity(), 2e5);
        let server = Server::new(5e6, 2, 1);
        assert_eq!(server.capacity(), 1e7);
        assert!(server.is_outrun_by(2.1e10, 2048.0) && !server.is_outrun_by(2e10, 2048.0));
        assert_eq!(server.balance_bits(1e7 * 1024.0), 10.0);
        assert_eq!(server.balance_bits(1.0), 0.0);
    }
}
