//! The checksum of blocks: CRC-32 with the polynomial 0x04C11DB7, most significant bit first.

use super::kernel::Target;

const POLYNOMIAL: u32 = 0x04C1_1DB7;
const SLICES: usize = 16;

/// `TABLES[k][b]`: what byte `b` adds when `k` more bytes follow it in the step.
static TABLES: [[u32; 256]; SLICES] = tables();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn tables() -> [[u32; 256]; SLICES] {
    let mut tables = [[0; 256]; SLICES];
    let mut byte = 0;
    while byte < 256 {
        let mut value = (byte as u32) << 24;
        let mut slice = 0;
        while slice < SLICES {
            let mut bit = 0;
            while bit < 8 {
                value = if value >> 31 == 1 { value << 1 ^ POLYNOMIAL } else { value << 1 };
                bit += 1;
            }
            tables[slice][byte] = value;
            slice += 1;
        }
        byte += 1;
    }
    tables
}

/// The checksum of a block, and what it adds to that of the stream.
pub(super) fn checksum(bytes: &[u8], target: Target) -> u32 {
    let state = u32::MAX;
    !match target {
        Target::Portable => by_slices(state, bytes),
        #[cfg(target_arch = "x86_64")]
        Target::Avx2 => x86::by_folding(state, bytes),
    }
}

/// The checksum of a stream after one more block.
pub(super) fn combined(stream: u32, block: u32) -> u32 {
    stream.rotate_left(1) ^ block
}

#[expect(clippy::indexing_slicing, reason = "slices are fewer than the tables, and bytes fewer than 256")]
fn by_slices(mut state: u32, bytes: &[u8]) -> u32 {
    let (chunks, tail) = bytes.as_chunks::<SLICES>();
    for chunk in chunks {
        let mut chunk = *chunk;
        for (byte, own) in chunk.iter_mut().zip(state.to_be_bytes()) {
            *byte ^= own;
        }
        state = 0;
        for (place, byte) in chunk.iter().enumerate() {
            state ^= TABLES[SLICES - 1 - place][usize::from(*byte)];
        }
    }
    for byte in tail {
        state = state << 8 ^ TABLES[0][(state >> 24) as usize ^ usize::from(*byte)];
    }
    state
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_clmulepi64_si128, _mm_loadu_si128, _mm_set_epi8, _mm_set_epi64x, _mm_set1_epi32,
        _mm_setzero_si128, _mm_shuffle_epi8, _mm_slli_si128, _mm_srli_si128, _mm_storeu_si128, _mm_xor_si128,
    };

    use super::{POLYNOMIAL, by_slices};

    /// Fewer bytes than this are left to the tables.
    const LEAST: usize = 256;

    /// `x^degree` modulo the polynomial.
    const fn power(degree: u32) -> i64 {
        let (mut value, mut at) = (1u32, 0);
        while at < degree {
            value = if value >> 31 == 1 { value << 1 ^ POLYNOMIAL } else { value << 1 };
            at += 1;
        }
        value as i64
    }

    pub(super) fn by_folding(state: u32, bytes: &[u8]) -> u32 {
        if bytes.len() < LEAST {
            return by_slices(state, bytes);
        }
        let (chunks, tail) = bytes.as_chunks::<16>();
        #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
        // SAFETY: the only caller holds `Target::Avx2`, made only where ssse3 (below avx2) and pclmulqdq were detected.
        let last = unsafe { fold(state, chunks) };
        by_slices(by_slices(0, &last), tail)
    }

    /// Sixteen bytes with the checksum, from state 0, of all the chunks from `state`: four sums run side by side, each
    /// multiplied by `x^512` before the next chunk is added, and are then added up at distances of `x^128`.
    #[target_feature(enable = "sse2,ssse3,pclmulqdq")]
    fn fold(state: u32, chunks: &[[u8; 16]]) -> [u8; 16] {
        let far = _mm_set_epi64x(const { power(576) }, const { power(512) });
        let near = _mm_set_epi64x(const { power(192) }, const { power(128) });
        let zero = _mm_setzero_si128();
        let (groups, rest) = chunks.as_chunks::<4>();
        let mut sums = [zero; 4];
        // the state belongs to the four highest bytes of the first chunk
        sums[0] = _mm_slli_si128::<12>(_mm_srli_si128::<12>(_mm_set1_epi32(state.cast_signed())));
        let mut is_first = true;
        for group in groups {
            for (sum, chunk) in sums.iter_mut().zip(group) {
                let moved = if is_first { *sum } else { times(*sum, far) };
                *sum = _mm_xor_si128(moved, load(chunk));
            }
            is_first = false;
        }
        let [mut sum, others @ ..] = sums;
        for other in others {
            sum = _mm_xor_si128(times(sum, near), other);
        }
        for chunk in rest {
            sum = _mm_xor_si128(times(sum, near), load(chunk));
        }
        let mut last = [0; 16];
        #[expect(unsafe_code, reason = "stores sixteen bytes from a register")]
        // SAFETY: `last` holds sixteen bytes, and `storeu` asks for no alignment.
        unsafe {
            _mm_storeu_si128(last.as_mut_ptr().cast(), sum);
        }
        last.reverse();
        last
    }

    /// Both halves times their powers.
    #[target_feature(enable = "sse2,pclmulqdq")]
    fn times(sum: __m128i, powers: __m128i) -> __m128i {
        _mm_xor_si128(_mm_clmulepi64_si128::<0x11>(sum, powers), _mm_clmulepi64_si128::<0x00>(sum, powers))
    }

    /// A chunk with its first byte in the highest place.
    #[target_feature(enable = "sse2,ssse3")]
    fn load(chunk: &[u8; 16]) -> __m128i {
        #[expect(unsafe_code, reason = "loads sixteen bytes into a register")]
        // SAFETY: `chunk` holds sixteen bytes, and `loadu` asks for no alignment.
        let loaded = unsafe { _mm_loadu_si128(chunk.as_ptr().cast()) };
        _mm_shuffle_epi8(loaded, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_bits(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |state, byte| {
            (0..8).fold(state ^ u32::from(*byte) << 24, |state, _| {
                if state >> 31 == 1 { state << 1 ^ POLYNOMIAL } else { state << 1 }
            })
        })
    }

    #[test]
    fn check_value_of_the_catalogue_of_checksums() {
        assert_eq!(checksum(b"123456789", Target::Portable), 0xFC89_1918); // CRC-32/BZIP2
    }

    proptest! {
        #[test]
        fn all_kernels_agree_with_a_loop_over_bits(bytes in proptest::collection::vec(any::<u8>(), 0..900)) {
            for target in Target::runnable() {
                prop_assert_eq!(checksum(&bytes, target), by_bits(&bytes));
            }
        }
    }
}
