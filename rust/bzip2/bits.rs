//! Bits from bytes, most significant first.

#![expect(clippy::inline_always, reason = "only what is inlined into a kernel is compiled for its features")]

/// The most bits that can be asked for after one `refill`.
pub(super) const REFILL_BITS: u32 = 56;

/// A place in bytes. Behind the end there are zeros; whoever reads compares `position` with the end.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to load.
    next: usize,
    /// The coming bits, left-justified.
    word: u64,
    /// How many bits of `word` count; further ones may be there already and are right.
    have: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], bit: usize) -> Self {
        let mut bits = Self { bytes, next: bit / 8, word: 0, have: 0 };
        bits.refill();
        bits.skip((bit % 8) as u32);
        bits
    }

    /// Bits from the start of the bytes.
    pub(super) fn position(&self) -> usize {
        self.next * 8 - self.have as usize
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let word = match self.bytes.get(self.next..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => self.last_word(),
        };
        self.word |= word >> self.have;
        self.next += ((63 - self.have) >> 3) as usize;
        self.have |= REFILL_BITS;
    }

    #[cold]
    fn last_word(&self) -> u64 {
        let mut chunk = [0; 8];
        for (target, byte) in chunk.iter_mut().zip(self.bytes.get(self.next..).unwrap_or_default()) {
            *target = *byte;
        }
        u64::from_be_bytes(chunk)
    }

    /// The coming bits, left-justified.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.word
    }

    /// Goes on by at most the bits that are available, and fewer than 64.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.word <<= count & 63;
        self.have -= count;
    }

    /// The next 1 to 48 bits as a number.
    pub(super) fn take(&mut self, count: u32) -> u64 {
        self.refill();
        let value = self.word >> (64 - count);
        self.skip(count);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn takes_what_a_loop_over_single_bits_takes(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            start in 0usize..16,
            counts in proptest::collection::vec(1u32..=48, 0..20),
        ) {
            let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| u64::from(byte >> (7 - at % 8) & 1));
            let mut bits = Bits::new(&bytes, start);
            let mut at = start;
            for count in counts {
                let expected = (at..at + count as usize).fold(0, |value, at| value << 1 | bit(at));
                prop_assert_eq!(bits.take(count), expected);
                at += count as usize;
                prop_assert_eq!(bits.position(), at);
            }
        }
    }
}
