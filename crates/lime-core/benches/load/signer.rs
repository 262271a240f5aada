//! What one core can sign, to which everything else is compared.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

/// Signs as the server does, on one thread.
pub(crate) struct Signer(RsaKeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).expect("the system makes keys"))
    }

    pub(crate) fn per_second(&self, window: Duration) -> f64 {
        // As long as header and claims of a passport.
        let message = [b'.'; 500];
        let mut signature = vec![0; self.0.public_modulus_len()];
        let (begun, mut count) = (Instant::now(), 0.0);
        loop {
            let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature);
            signed.expect("the key is good");
            count += 1.0;
            if begun.elapsed() >= window {
                return count / begun.elapsed().as_secs_f64();
            }
        }
    }
}
