//! What one varying message word leaves constant in its block: the schedule words that do not depend on it,
//! and the rounds before it. Kernels compute that once a row, in scalar code, and the rest for every nonce.

use super::sha256::{K, round, small_sigma0, small_sigma1};

/// Which schedule words depend on message word `W`.
pub(super) struct Varies<const W: usize>;

impl<const W: usize> Varies<W> {
    pub(super) const TABLE: [bool; 64] = {
        let mut table = [false; 64];
        table[W] = true;
        let mut t = 16;
        while t < 64 {
            table[t] = table[t - 2] || table[t - 7] || table[t - 15] || table[t - 16];
            t += 1;
        }
        table
    };

    /// Whether a word of schedule quad `q`, 0 to 15, depends on it.
    #[allow(dead_code, reason = "not every architecture has instructions for quads")]
    pub(super) const fn quad(q: usize) -> bool {
        let table = &Self::TABLE;
        table[4 * q] || table[4 * q + 1] || table[4 * q + 2] || table[4 * q + 3]
    }

    /// Whether all four terms of schedule word `t` depend on it.
    pub(super) const fn all_terms_vary(t: usize) -> bool {
        let table = &Self::TABLE;
        t >= 16 && table[t - 2] && table[t - 7] && table[t - 15] && table[t - 16]
    }
}

/// Per round: K + W where the schedule word is constant; where it varies, the sum of its constant terms.
#[inline]
pub(super) fn constants<const W: usize>(block: &[u32; 16]) -> [u32; 64] {
    let mut words = [0u32; 64];
    words[..16].copy_from_slice(block);
    // Unrolled, so that the table is looked up at compile time: most late words have no constant term.
    macro_rules! schedule {
        ($($t:literal)*) => {$({
            const { assert!($t >= 16) };
            let mut sum = 0u32;
            if const { !Varies::<W>::TABLE[$t - 2] } {
                sum = sum.wrapping_add(small_sigma1(words[$t - 2]));
            }
            if const { !Varies::<W>::TABLE[$t - 7] } {
                sum = sum.wrapping_add(words[$t - 7]);
            }
            if const { !Varies::<W>::TABLE[$t - 15] } {
                sum = sum.wrapping_add(small_sigma0(words[$t - 15]));
            }
            if const { !Varies::<W>::TABLE[$t - 16] } {
                sum = sum.wrapping_add(words[$t - 16]);
            }
            words[$t] = sum;
        })*};
    }
    schedule!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    schedule!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    schedule!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
    std::array::from_fn(|t| if Varies::<W>::TABLE[t] { words[t] } else { words[t].wrapping_add(K[t]) })
}

/// The states after the first rounds of a block. For the next row, the rounds before the first word in which
/// its block differs are not computed again.
pub(super) struct FirstRounds {
    block: [u32; 16],
    /// `after[t]`: the state after `t` rounds of `block`.
    after: [[u32; 8]; 16],
    /// How many elements of `after` are known, 1 or more.
    known: usize,
}

impl FirstRounds {
    pub(super) fn new(state: [u32; 8]) -> Self {
        Self { block: [0; 16], after: [state; 16], known: 1 }
    }

    /// The state after the first `rounds` rounds of `block`, 0 to 15.
    #[inline]
    pub(super) fn of(&mut self, block: &[u32; 16], rounds: usize) -> [u32; 8] {
        let same = self.block.iter().zip(block).take_while(|(old, new)| old == new).count();
        for t in same.min(self.known - 1)..rounds {
            let mut state = self.after[t];
            round(&mut state, K[t].wrapping_add(block[t]));
            self.after[t + 1] = state;
        }
        self.block = *block;
        self.known = rounds + 1;
        self.after[rounds]
    }
}

/// Calls `$function::<W>($argument, …)` with `$word`, one of those listed, as the constant `W`; or, where
/// another argument in angle brackets is given, `$function::<first, W>`.
macro_rules! for_word {
    ([$($w:literal)*], $word:expr, $function:ident $(::<$first:tt>)?, $($argument:expr),*) => {
        for_word!(@ $word, $function, [$($first,)?], ($($argument),*), $($w)*)
    };
    (@ $word:expr, $function:ident, $first:tt, $arguments:tt, $($w:literal)*) => {
        match $word {
            $($w => for_word!(@call $function, $first, $w, $arguments),)*
            word => unreachable!("no scan varies word {word}"),
        }
    };
    (@call $function:ident, [$($first:tt,)?], $w:literal, ($($argument:expr),*)) => {
        $function::<$($first,)? $w>($($argument),*)
    };
}
pub(super) use for_word;

/// Whether a word is one of those listed.
macro_rules! is_listed {
    ([$($w:literal)*], $word:expr) => {
        [$($w),*].contains(&$word)
    };
}
pub(super) use is_listed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_rounds_follow_the_blocks() {
        let state = std::array::from_fn(|i| i as u32 * 0x1234_5678);
        let mut first = FirstRounds::new(state);
        let mut block = [0; 16];
        for (step, changed) in [0, 12, 3, 15, 14, 1, 1, 9].into_iter().enumerate() {
            block[changed] += 1 + step as u32;
            for rounds in [13, 2, 15, 0, 7] {
                let mut expected = state;
                (0..rounds).for_each(|t| round(&mut expected, K[t].wrapping_add(block[t])));
                assert_eq!(first.of(&block, rounds), expected, "{rounds} rounds, step {step}");
            }
        }
    }
}
