//! The compression functions of SHA-1 and SHA-256 over several lanes, by the processor's SHA instructions.

#![expect(
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    reason = "indices are constants of unrolled rounds and lanes of arrays; FIPS 180-4 names the words a to h"
)]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_setzero_si128,
    _mm_sha1msg1_epu32, _mm_sha1msg2_epu32, _mm_sha1nexte_epu32, _mm_sha1rnds4_epu32, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_xor_si128,
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

    #[expect(clippy::unused_self, reason = "the proof that the features are there")]
    /// Takes blocks into the states of SHA-256; as many of each lane as the shortest has.
    pub(super) fn sha256<const LANES: usize>(self, states: &mut [[u32; 8]; LANES], blocks: [&[Block]; LANES]) {
        #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
        // SAFETY: a `Sha` is made only where the features of the function were detected.
        unsafe {
            sha256(states, blocks);
        }
    }
}

/// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
const SHA256_ROUNDS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

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

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn sha256<const LANES: usize>(states: &mut [[u32; 8]; LANES], blocks: [&[Block]; LANES]) {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let four = |a: u32, b: u32, c: u32, d: u32| {
        _mm_set_epi32(a.cast_signed(), b.cast_signed(), c.cast_signed(), d.cast_signed())
    };
    let mut abef = [_mm_setzero_si128(); LANES];
    let mut cdgh = abef;
    for lane in 0..LANES {
        let [a, b, c, d, e, f, g, h] = states[lane];
        abef[lane] = four(a, b, e, f);
        cdgh[lane] = four(c, d, g, h);
    }
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    for index in 0..count {
        let start = (abef, cdgh);
        let mut message = [[_mm_setzero_si128(); 4]; LANES];
        for lane in 0..LANES {
            for part in 0..4 {
                message[lane][part] = words(&blocks[lane][index], part, order);
            }
        }
        // Sixteen groups of four rounds, two rounds at a time.
        macro_rules! groups {
            ($($group:literal)*) => {$(
                let [k0, k1, k2, k3] = SHA256_ROUNDS[$group];
                let constants = four(k3, k2, k1, k0);
                for lane in 0..LANES {
                    let m = &mut message[lane];
                    if $group >= 4 {
                        let last = m[($group + 3) % 4];
                        let mixed = _mm_sha256msg1_epu32(m[$group % 4], m[($group + 1) % 4]);
                        let sum = _mm_add_epi32(mixed, _mm_alignr_epi8::<4>(last, m[($group + 2) % 4]));
                        m[$group % 4] = _mm_sha256msg2_epu32(sum, last);
                    }
                    let sum = _mm_add_epi32(m[$group % 4], constants);
                    cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
                    abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(sum));
                }
            )*};
        }
        groups!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        for lane in 0..LANES {
            abef[lane] = _mm_add_epi32(abef[lane], start.0[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], start.1[lane]);
        }
    }
    for lane in 0..LANES {
        let part = |value: i32| value.cast_unsigned();
        states[lane] = [
            part(_mm_extract_epi32::<3>(abef[lane])),
            part(_mm_extract_epi32::<2>(abef[lane])),
            part(_mm_extract_epi32::<3>(cdgh[lane])),
            part(_mm_extract_epi32::<2>(cdgh[lane])),
            part(_mm_extract_epi32::<1>(abef[lane])),
            part(_mm_extract_epi32::<0>(abef[lane])),
            part(_mm_extract_epi32::<1>(cdgh[lane])),
            part(_mm_extract_epi32::<0>(cdgh[lane])),
        ];
    }
}
