//! x86 SHA extensions: several nonces advance together, because `sha256rnds2` has a latency of four cycles
//! and a single chain of rounds would wait for itself. Registers hold the state as the instructions want it:
//! (F, E, B, A) and (H, G, D, C), lowest lane first. AVX is for its three-operand forms: fewer moves.

use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_cvtsi32_si128, _mm_extract_epi32, _mm_min_epu32,
    _mm_set1_epi32, _mm_setr_epi32, _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32,
    _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
};

use super::scan::{Candidates, OneWord, Scan, Screen};
use super::sha256::{K, round};

/// Proof that this CPU has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShaNi(());

impl ShaNi {
    pub(super) fn detect() -> Result<Self, &'static str> {
        match (is_x86_feature_detected!("sha"), is_x86_feature_detected!("avx")) {
            (true, true) => Ok(Self(())),
            (false, _) => Err("this CPU has no SHA extensions"),
            (_, false) => Err("this CPU, or its operating system, has no AVX"),
        }
    }
}

/// How many nonces advance together.
const CHAINS: usize = 4;

pub(super) fn scan(
    _proof: ShaNi,
    scan: &Scan<'_>,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    #[expect(unsafe_code, reason = "calls into code compiled for the SHA extensions")]
    // SAFETY: the proof exists only because detection saw SHA and AVX on this CPU.
    unsafe {
        enter(scan, screen, from, out)
    }
}

#[target_feature(enable = "sha,avx")]
fn enter(scan: &Scan<'_>, screen: Screen, from: usize, out: &mut Candidates) -> usize {
    match scan {
        Scan::OneWord(one) => match one.word / 4 {
            0 => one_word::<0>(one, screen, from, out),
            1 => one_word::<1>(one, screen, from, out),
            2 => one_word::<2>(one, screen, from, out),
            _ => one_word::<3>(one, screen, from, out),
        },
        Scan::Blocks { state, blocks, per_nonce } => {
            whole_blocks(state, blocks, *per_nonce, screen, from, out)
        }
    }
}

/// The state and message of the nonces that advance together.
struct Chains {
    abef: [__m128i; CHAINS],
    cdgh: [__m128i; CHAINS],
    /// The last four schedule quads, as a ring.
    message: [[__m128i; 4]; CHAINS],
}

impl Chains {
    /// Quads of rounds `FIRST` to 15. Of the message words before quad `FIRST`, the ring must hold what
    /// `sha256msg1` makes of them, see [`one_word`].
    #[inline]
    #[target_feature(enable = "sha,avx")]
    fn rounds<const FIRST: usize>(&mut self) {
        let Self { abef, cdgh, message } = self;
        macro_rules! quads {
            ($($q:literal)*) => {$(
                if $q >= FIRST {
                    let k = quad(&K, $q);
                    for chain in 0..CHAINS {
                        let ring = &mut message[chain];
                        let now = ring[$q % 4];
                        let kw = _mm_add_epi32(now, k);
                        cdgh[chain] = _mm_sha256rnds2_epu32(cdgh[chain], abef[chain], kw);
                        if $q >= 3 && $q < 15 {
                            let w_minus_7 = _mm_alignr_epi8::<4>(now, ring[($q + 3) % 4]);
                            let sum = _mm_add_epi32(ring[($q + 1) % 4], w_minus_7);
                            ring[($q + 1) % 4] = _mm_sha256msg2_epu32(sum, now);
                        }
                        let kw = _mm_shuffle_epi32::<0x0e>(kw);
                        abef[chain] = _mm_sha256rnds2_epu32(abef[chain], cdgh[chain], kw);
                        if $q >= 1 && $q < 13 {
                            ring[($q + 3) % 4] = _mm_sha256msg1_epu32(ring[($q + 3) % 4], now);
                        }
                    }
                }
            )*};
        }
        quads!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }

    /// Records the chains whose first word passes. One branch for all of them: a hit is rare.
    #[inline]
    #[target_feature(enable = "sha,avx")]
    fn report(&self, addend: u32, width: u32, index: usize, len: usize, out: &mut Candidates) {
        let addends = _mm_set1_epi32(addend.cast_signed());
        let sums = self.abef.map(|abef| _mm_add_epi32(abef, addends));
        let least = sums[1..].iter().fold(sums[0], |least, &sum| _mm_min_epu32(least, sum));
        if lane_a(least) <= width {
            for (chain, &sum) in sums.iter().enumerate() {
                if lane_a(sum) <= width && index + chain < len {
                    out.push(index + chain);
                }
            }
        }
    }
}

#[target_feature(enable = "sha,avx")]
fn one_word<const FIRST: usize>(
    scan: &OneWord<'_>,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    debug_assert_eq!(scan.word / 4, FIRST);
    let mut state = scan.state;
    for (word, k) in scan.block[..4 * FIRST].iter().zip(K) {
        round(&mut state, word.wrapping_add(k));
    }
    let (abef, cdgh) = pack(&state);
    let mut message: [__m128i; 4] = std::array::from_fn(|q| quad(&scan.block, q));
    for q in 1..FIRST {
        message[q - 1] = _mm_sha256msg1_epu32(message[q - 1], message[q]);
    }
    let place = lane_selector(scan.word % 4);
    let (addend, width) = screen.one_compare(scan.state[0]);

    let len = scan.words.len();
    let mut index = from;
    while index < len {
        if !out.has_room() {
            return index;
        }
        let words: [u32; CHAINS] = match scan.words[index..].first_chunk() {
            Some(words) => *words,
            None => std::array::from_fn(|chain| scan.words[(index + chain).min(len - 1)]),
        };
        let mut chains = Chains { abef: [abef; CHAINS], cdgh: [cdgh; CHAINS], message: [message; CHAINS] };
        for (ring, word) in chains.message.iter_mut().zip(words) {
            let varying = _mm_shuffle_epi8(_mm_cvtsi32_si128(word.cast_signed()), place);
            ring[FIRST] = _mm_add_epi32(ring[FIRST], varying);
        }
        chains.rounds::<FIRST>();
        chains.report(addend, width, index, len, out);
        index += CHAINS;
    }
    len
}

#[target_feature(enable = "sha,avx")]
fn whole_blocks(
    state: &[u32; 8],
    blocks: &[[u32; 16]],
    per_nonce: usize,
    screen: Screen,
    from: usize,
    out: &mut Candidates,
) -> usize {
    let (abef, cdgh) = pack(state);
    // The chaining value is added after each block, the last one included.
    let (addend, width) = screen.one_compare(0);
    let len = blocks.len() / per_nonce;
    let mut index = from;
    while index < len {
        if !out.has_room() {
            return index;
        }
        let mut chains = Chains {
            abef: [abef; CHAINS],
            cdgh: [cdgh; CHAINS],
            message: [[_mm_setzero_si128(); 4]; CHAINS],
        };
        for block in 0..per_nonce {
            for (chain, ring) in chains.message.iter_mut().enumerate() {
                let words = &blocks[(index + chain).min(len - 1) * per_nonce + block];
                *ring = std::array::from_fn(|q| quad(words, q));
            }
            let feed = (chains.abef, chains.cdgh);
            chains.rounds::<0>();
            for chain in 0..CHAINS {
                chains.abef[chain] = _mm_add_epi32(chains.abef[chain], feed.0[chain]);
                chains.cdgh[chain] = _mm_add_epi32(chains.cdgh[chain], feed.1[chain]);
            }
        }
        chains.report(addend, width, index, len, out);
        index += CHAINS;
    }
    len
}

#[inline]
#[target_feature(enable = "avx")]
fn lane_a(abef: __m128i) -> u32 {
    _mm_extract_epi32::<3>(abef).cast_unsigned()
}

/// Words 4q to 4q + 3.
#[inline]
#[target_feature(enable = "avx")]
fn quad<const N: usize>(words: &[u32; N], q: usize) -> __m128i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| words[4 * q + i].cast_signed());
    _mm_setr_epi32(a, b, c, d)
}

#[target_feature(enable = "avx")]
fn pack(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> (__m128i, __m128i) {
    (quad(&[f, e, b, a], 0), quad(&[h, g, d, c], 0))
}

/// A byte shuffle that moves lane 0 to `lane` and clears the others.
#[target_feature(enable = "avx")]
fn lane_selector(lane: usize) -> __m128i {
    let mut selector = [u32::MAX; 4];
    selector[lane] = 0x0302_0100;
    quad(&selector, 0)
}
