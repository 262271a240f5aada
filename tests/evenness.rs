//! No kernel falls far behind itself for the length of a challenge: a layout may cost more than another, not
//! ten times as much.

use std::time::{Duration, Instant};

use lime_pow::{Challenge, Difficulty, Kernel, Search, Step};

/// The time that a kernel takes for a number of nonces of a challenge that they do not solve; the best of a
/// few, since the system may suspend us.
fn time(kernel: Kernel, challenge_len: usize) -> Duration {
    const NONCES: u64 = 60_000;
    let hopeless = Difficulty::bits(200).unwrap();
    let challenge = Challenge::lime_v1(&"e".repeat(challenge_len), hopeless).unwrap();
    let mut search = Search::builder(&challenge).kernel(kernel).build().unwrap();
    // Makes the tables.
    assert_eq!(search.step(NONCES), Step::More);
    let round = |_| {
        let begun = Instant::now();
        assert_eq!(search.step(NONCES), Step::More);
        begun.elapsed()
    };
    (0..5).map(round).min().expect("five rounds")
}

#[test]
fn no_challenge_length_is_a_trap() {
    for kernel in Kernel::available() {
        let usual = time(kernel, 22);
        for challenge_len in (0..=130).step_by(5) {
            let taken = time(kernel, challenge_len);
            let name = kernel.name();
            assert!(taken < 10 * usual, "{name}: {taken:?} at {challenge_len} characters, {usual:?} at 22");
        }
    }
}
