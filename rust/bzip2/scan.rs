//! Places at which a block may start: its magic number, at any bit.
//!
//! Wherever the number stands, four pairs of whole bytes lie inside it one byte apart. So a look at every fourth pair is
//! enough, in a set of 65 536 bits; of random pairs one in two thousand is in it, and the bits around are compared.

use std::collections::VecDeque;
use std::io::Read;

use super::window::Window;

/// The digits of pi, in binary-coded decimals.
pub(super) const BLOCK_MAGIC: u64 = 0x3141_5926_5359;
pub(super) const MAGIC_BITS: usize = 48;
/// Compressed bytes that suffice for any block of a sane encoder: 900 000 symbols of 20 bits, 32 767 selectors, codes.
pub(super) const BLOCK_EXTENT: usize = 2_400_000;
/// Bytes searched at a time.
const STEP: usize = 256 << 10;

static PAIRS: [u64; 1024] = pairs();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn pairs() -> [u64; 1024] {
    let mut pairs = [0; 1024];
    let mut offset = 0; // of the pair in the number
    while offset <= MAGIC_BITS - 16 {
        let pair = (BLOCK_MAGIC >> (MAGIC_BITS - 16 - offset) & 0xffff) as usize;
        pairs[pair / 64] |= 1 << (pair % 64);
        offset += 1;
    }
    pairs
}

/// Calls `found` with the bit of every magic number that lies inside the bytes, in order, some twice.
fn search(bytes: &[u8], mut found: impl FnMut(usize)) {
    for (group, quad) in bytes.chunks(4).enumerate() {
        let &[high, low, ..] = quad else { return };
        let pair = u16::from_be_bytes([high, low]);
        if PAIRS.get(usize::from(pair / 64)).is_some_and(|set| set >> (pair % 64) & 1 == 1) {
            for first in (group * 4).saturating_sub(4)..=group * 4 {
                compare(bytes, first, &mut found);
            }
        }
    }
}

/// Looks for the number at the eight bits of one byte.
fn compare(bytes: &[u8], first: usize, found: &mut impl FnMut(usize)) {
    let rest = bytes.get(first..).unwrap_or_default();
    let mut word = [0; 8];
    for (target, byte) in word.iter_mut().zip(rest) {
        *target = *byte;
    }
    let word = u64::from_be_bytes(word);
    for bit in 0..8 {
        if word << bit >> (64 - MAGIC_BITS) == BLOCK_MAGIC && bit + MAGIC_BITS <= rest.len() * 8 {
            found(first * 8 + bit);
        }
    }
}

/// The candidates of an input, in order, each with the byte before which its block ends if both are real.
#[derive(Default)]
pub(super) struct Candidates {
    /// Bits.
    found: VecDeque<u64>,
    last: Option<u64>,
    /// The byte up to which all numbers were found.
    searched: u64,
}

impl Candidates {
    /// The next candidate at or behind the bit `position`; none if there is none within `reach` bytes.
    pub(super) fn next<R: Read>(&mut self, window: &mut Window<R>, position: u64, reach: usize) -> Option<(u64, u64)> {
        self.searched = self.searched.max(position / 8);
        while self.found.front().is_some_and(|bit| *bit < position) {
            self.found.pop_front();
        }
        loop {
            let first = self.found.front().copied();
            let extent = first.map(|bit| bit / 8 + BLOCK_EXTENT as u64);
            if let Some(limit) = extent {
                let next = self.found.get(1).map(|next| next.div_ceil(8));
                let is_searched = self.searched >= limit || (window.at_end() && self.searched >= window.end());
                if next.is_some() || is_searched {
                    self.found.pop_front();
                    return first.zip(Some(next.unwrap_or(limit).min(limit)));
                }
            } else if self.searched >= position / 8 + reach as u64 {
                return None;
            }
            if !self.search_on(window) {
                return None;
            }
        }
    }

    /// Searches some more bytes; false at the end of the input.
    fn search_on<R: Read>(&mut self, window: &mut Window<R>) -> bool {
        window.fill(self.searched, STEP);
        if self.searched >= window.end() {
            return self.found.front().is_some();
        }
        // a number that ended behind the last search starts at most six bytes before its end
        let from = self.searched.saturating_sub(6).max(window.start());
        let bytes = window.from(from);
        let bytes = bytes.get(..STEP).unwrap_or(bytes);
        search(bytes, |bit| {
            let bit = from * 8 + bit as u64;
            if self.last.is_none_or(|last| bit > last) {
                self.found.push_back(bit);
                self.last = Some(bit);
            }
        });
        self.searched = from + bytes.len() as u64;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8]) -> Vec<u64> {
        let bit = |at: usize| u64::from(bytes[at / 8] >> (7 - at % 8) & 1);
        let number = |at: usize| (at..at + MAGIC_BITS).fold(0, |value, at| value << 1 | bit(at));
        let last = (bytes.len() * 8 + 1).saturating_sub(MAGIC_BITS);
        (0..last).filter(|at| number(*at) == BLOCK_MAGIC).map(|at| at as u64).collect()
    }

    proptest! {
        #[test]
        fn finds_every_number_at_every_bit(
            parts in proptest::collection::vec((proptest::collection::vec(any::<bool>(), 0..40), any::<bool>()), 0..12),
        ) {
            let mut bits = Vec::new();
            for (noise, is_magic) in parts {
                bits.extend(noise);
                if is_magic {
                    bits.extend((0..MAGIC_BITS).rev().map(|at| BLOCK_MAGIC >> at & 1 == 1));
                }
            }
            let byte = |bits: &[bool]| bits.iter().zip(0..).fold(0, |byte, (bit, at)| byte | u8::from(*bit) << (7 - at));
            let bytes: Vec<u8> = bits.chunks(8).map(byte).collect();
            let mut found: Vec<u64> = Vec::new();
            search(&bytes, |bit| found.push(bit as u64));
            found.dedup();
            prop_assert_eq!(&found, &naive(&bytes));
        }
    }

    #[test]
    fn candidates_at_the_borders_of_a_search_are_found_once() {
        let magic = &BLOCK_MAGIC.to_be_bytes()[2..];
        for before in STEP - 8..STEP + 3 {
            let bytes = [&vec![0; before], magic, &[0; 9], magic].concat();
            let mut window = Window::new(bytes.as_slice(), 0);
            let mut candidates = Candidates::default();
            let mut starts = Vec::new();
            while let Some((start, _)) = candidates.next(&mut window, 0, 1 << 20) {
                starts.push(start as usize / 8);
            }
            assert_eq!(starts, [before, before + 15]);
        }
    }
}
