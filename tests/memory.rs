//! A million solves leave no memory behind. This test has a process of its own, because resident memory is
//! that of the whole process.
#![cfg(target_os = "linux")]

mod common;

use common::challenge;
use lime_pow::{CancelToken, Solver};

/// Resident memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_is_flat_over_a_million_solves() {
    let solver = Solver::builder().threads(2).build().unwrap();
    // One long-lived token for all of them, as a service would have for its shutdown.
    let token = CancelToken::new();
    let solve = |numbers: std::ops::Range<u64>| {
        for number in numbers {
            solver.job(&challenge(number, 1)).cancel_token(&token).run().unwrap();
        }
    };
    solve(0..50_000);
    let before = resident();
    solve(50_000..1_000_000);
    let after = resident();
    assert!(after <= before + 1024, "{before} KiB before, {after} KiB after");
    assert_eq!(solver.stats().solved, 1_000_000);
}
