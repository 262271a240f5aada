//! A difficulty scheme of one's own: it is solved by the same kernels as the built-in ones.
//!
//! `cargo run --release --example custom_scheme`

use std::ops::RangeInclusive;

use lime_pow::scheme::{Scheme, Work};
use lime_pow::{Challenge, Screen, Solver, digest};

/// The digest must begin with given bytes, and servers read the nonce as a JavaScript number.
struct Vanity {
    message: Vec<u8>,
    wanted: [u8; 3],
}

impl Scheme for Vanity {
    fn name(&self) -> &str {
        "vanity"
    }

    fn prefix(&self) -> &[u8] {
        &self.message
    }

    fn nonces(&self) -> RangeInclusive<u64> {
        0..=(1 << 53) - 1
    }

    fn work(&self) -> Work {
        Work::Geometric { mean: 256f64.powi(3) }
    }

    // Optional, and what makes it fast: digests whose first word lies outside never leave the kernel.
    fn screen(&self) -> Screen {
        let [a, b, c] = self.wanted;
        Screen::new(u32::from_be_bytes([a, b, c, 0x00]), u32::from_be_bytes([a, b, c, 0xff]))
            .expect("0x00 is below 0xff")
    }

    fn accepts(&self, digest: &[u8; 32]) -> bool {
        digest.starts_with(&self.wanted)
    }
}

fn main() -> Result<(), lime_pow::Error> {
    let scheme = Vanity { message: b"hello, ".to_vec(), wanted: [0xc0, 0xff, 0xee] };
    let challenge = Challenge::from_scheme(scheme)?;
    let solution = Solver::global()?.solve(&challenge)?;
    assert!(digest(&challenge, solution.nonce).starts_with(&[0xc0, 0xff, 0xee]));
    println!("SHA-256(\"hello, {}\") begins with c0ffee", solution.nonce);
    println!("{:.1} MH/s with {}", solution.hashes_per_second() / 1e6, solution.kernel);
    Ok(())
}
