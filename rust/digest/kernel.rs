//! The compression functions of SHA-1 and SHA-256 over several lanes, by the processor's SHA instructions.

#![expect(
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    reason = "indices are constants of unrolled rounds and lanes of arrays; FIPS 180-4 names the words a to e"
)]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_setzero_si128, _mm_sha1msg1_epu32,
    _mm_sha1msg2_epu32, _mm_sha1nexte_epu32, _mm_sha1rnds4_epu32, _mm_shuffle_epi8, _mm_xor_si128,
};

use super::lanes::Block;

/// Proof that this machine has the SHA instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sha(());

impl Sha {
    /// `None` where they are missing.
    pub(super) fn detected() -> Option<Self> {
        let found =
            is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1");
        found.then_some(Self(()))
    }

    #[expect(clippy::unused_self, reason = "the proof that the features are there")]
    /// Takes blocks into the states of SHA-1; as many of each lane as the shortest has.
    pub(super) fn sha1<const LANES: usize>(self, states: &mut [[u32; 5]; LANES], blocks: [&[Block]; LANES]) {
        #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
        // SAFETY: a `Sha` is made only where the features of the function were detected.
        unsafe {
            sha1(states, blocks);
        }
    }
}

/// Four words of a block, in the order of the text.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn words(block: &Block, part: usize, order: __m128i) -> __m128i {
    let half = |from: usize| i64::from_le_bytes(std::array::from_fn(|index| block[from + index]));
    _mm_shuffle_epi8(_mm_set_epi64x(half(16 * part + 8), half(16 * part)), order)
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn sha1<const LANES: usize>(states: &mut [[u32; 5]; LANES], blocks: [&[Block]; LANES]) {
    let order = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    let word = |value: u32| value.cast_signed();
    let mut abcd = [_mm_setzero_si128(); LANES];
    let mut e = abcd;
    for lane in 0..LANES {
        let [a, b, c, d, last] = states[lane];
        abcd[lane] = _mm_set_epi32(word(a), word(b), word(c), word(d));
        e[lane] = _mm_set_epi32(word(last), 0, 0, 0);
    }
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    for index in 0..count {
        let start = (abcd, e);
        let mut message = [[_mm_setzero_si128(); 4]; LANES];
        for lane in 0..LANES {
            for part in 0..4 {
                message[lane][part] = words(&blocks[lane][index], part, order);
            }
        }
        // Twenty groups of four rounds; `e` is what was `abcd` a group before, until `nexte` makes it of it.
        macro_rules! groups {
            ($kind:literal: $($group:literal)*) => {$(
                for lane in 0..LANES {
                    let m = &mut message[lane];
                    if $group >= 4 {
                        let mixed = _mm_xor_si128(_mm_sha1msg1_epu32(m[$group % 4], m[($group + 1) % 4]), m[($group + 2) % 4]);
                        m[$group % 4] = _mm_sha1msg2_epu32(mixed, m[($group + 3) % 4]);
                    }
                    let sum = if $group == 0 { _mm_add_epi32(e[lane], m[0]) } else { _mm_sha1nexte_epu32(e[lane], m[$group % 4]) };
                    e[lane] = abcd[lane];
                    abcd[lane] = _mm_sha1rnds4_epu32::<$kind>(abcd[lane], sum);
                }
            )*};
        }
        groups!(0: 0 1 2 3 4);
        groups!(1: 5 6 7 8 9);
        groups!(2: 10 11 12 13 14);
        groups!(3: 15 16 17 18 19);
        for lane in 0..LANES {
            abcd[lane] = _mm_add_epi32(abcd[lane], start.0[lane]);
            e[lane] = _mm_sha1nexte_epu32(e[lane], start.1[lane]);
        }
    }
    for lane in 0..LANES {
        let part = |value: i32| value.cast_unsigned();
        states[lane] = [
            part(_mm_extract_epi32::<3>(abcd[lane])),
            part(_mm_extract_epi32::<2>(abcd[lane])),
            part(_mm_extract_epi32::<1>(abcd[lane])),
            part(_mm_extract_epi32::<0>(abcd[lane])),
            part(_mm_extract_epi32::<3>(e[lane])),
        ];
    }
}
