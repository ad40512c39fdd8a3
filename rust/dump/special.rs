//! Finds the bytes of a text at which decoding has to look: `&`, `>`, CR and other controls, and 0xef, which starts the
//! characters U+FFFE and U+FFFF.

/// Bytes looked at together.
const BLOCK_BYTES: usize = 64;

fn is_special(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n') || matches!(byte, b'&' | b'>' | 0xef)
}

/// The places of special bytes, in ascending order.
pub(super) struct Specials<'t> {
    blocks: std::slice::Iter<'t, [u8; BLOCK_BYTES]>,
    rest: &'t [u8],
    /// Place of the block behind the current one.
    next: usize,
    /// The special bytes of the current block that were not given yet, one bit each.
    found: u64,
    #[cfg(target_arch = "x86_64")]
    has_avx2: bool,
}

impl<'t> Specials<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        let (blocks, rest) = text.as_chunks();
        Self {
            blocks: blocks.iter(),
            rest,
            next: 0,
            found: 0,
            #[cfg(target_arch = "x86_64")]
            has_avx2: is_x86_feature_detected!("avx2"),
        }
    }

    /// Goes to the next block that holds a special byte; `false` at the end.
    fn find(&mut self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if self.has_avx2 {
            #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
            // SAFETY: `has_avx2` tells that the feature was detected.
            let blocks = unsafe { wide::first(&mut self.blocks) };
            self.next += blocks.0 * BLOCK_BYTES;
            self.found = blocks.1;
        }
        while self.found == 0 {
            let Some(block) = self.blocks.next() else {
                break;
            };
            self.found = bits(block);
            self.next += BLOCK_BYTES;
        }
        if self.found == 0 && !self.rest.is_empty() {
            self.found = bits(self.rest);
            self.next += BLOCK_BYTES;
            self.rest = &[];
        }
        self.found != 0
    }
}

/// The special bytes among at most 64, one bit each.
fn bits(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is_special(*byte)))
}

impl Iterator for Specials<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.found == 0 && !self.find() {
            return None;
        }
        let place = self.next - BLOCK_BYTES + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(place)
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
        _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    use super::BLOCK_BYTES;

    /// How many blocks were taken, and the special bytes of the last one.
    #[target_feature(enable = "avx2")]
    pub(super) fn first(blocks: &mut std::slice::Iter<'_, [u8; BLOCK_BYTES]>) -> (usize, u64) {
        // A byte is special where its two halves have a bit in common: controls but TAB and LF, controls from 16 on, `&`,
        // `>`, 0xef.
        let low = _mm256_setr_epi8(
            3, 3, 3, 3, 3, 3, 7, 3, 3, 2, 2, 3, 3, 3, 11, 19, 3, 3, 3, 3, 3, 3, 7, 3, 3, 2, 2, 3, 3, 3, 11, 19,
        );
        let high = _mm256_setr_epi8(
            1, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 1, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0,
        );
        let mut count = 0;
        for block in blocks {
            count += 1;
            let (halves, _) = block.as_chunks::<32>();
            let bits = halves.iter().rev().fold(0u64, |bits, half| {
                #[expect(unsafe_code, clippy::cast_ptr_alignment, reason = "a load of 32 bytes that need no alignment")]
                // SAFETY: `half` is 32 readable bytes, and the load asks for no alignment.
                let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast::<__m256i>()) };
                let nibble = _mm256_set1_epi8(15);
                let lower = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
                let upper = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
                let plain = _mm256_cmpeq_epi8(_mm256_and_si256(lower, upper), _mm256_setzero_si256());
                bits << 32 | u64::from(!_mm256_movemask_epi8(plain).cast_unsigned())
            });
            if bits != 0 {
                return (count, bits);
            }
        }
        (count, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_by_all_ways() {
        for length in [1, 63, 64, 65, 200] {
            for byte in 0..=255 {
                for place in [0, 31, 32, length - 1].into_iter().filter(|place| *place < length) {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let want: Vec<usize> = if is_special(byte) { vec![place] } else { Vec::new() };
                    assert_eq!(Specials::of(&text).collect::<Vec<_>>(), want, "{byte} at {place} of {length}");
                }
            }
        }
        let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let want: Vec<usize> = (0..1000).filter(|place| is_special(all[*place])).collect();
        assert_eq!(Specials::of(&all).collect::<Vec<_>>(), want);
    }
}
