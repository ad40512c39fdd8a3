//! Prefix codes: a table that resolves two symbols at a time, and a slow way for what does not fit it.

#![expect(clippy::inline_always, reason = "only what is inlined into a kernel is compiled for its features")]

/// Two run digits, 255 indices and the end of the block.
pub(super) const ALPHABET: usize = 258;
/// The longest code that decoders accept.
pub(super) const MAX_LENGTH: u32 = 20;
/// Bits looked up at a time: of 9 to 12 bits, 10 and 11 were the fastest, 12 crowds the first-level cache.
const TABLE_BITS: u32 = 11;
const TABLE: usize = 1 << TABLE_BITS;

/// What one lookup gives: at most two symbols and how many bits they take. Zero: take the slow way.
///
/// ```text
/// bits  0..6  length of both      6..10 length of the first
///      10..16 index of the first  16..18 weight of the first
///      18..24 index of the second 24..26 weight of the second    26 there is a second
/// ```
/// A run digit has index 0 and weight 1 or 2, another symbol its index and weight 1, a missing one index and weight 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair(u32);

impl Pair {
    const NONE: Self = Self(0);

    #[inline(always)]
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        self.0 & 63
    }

    #[inline(always)]
    pub(super) fn first_length(self) -> u32 {
        self.0 >> 6 & 15
    }

    #[inline(always)]
    pub(super) fn first(self) -> (usize, u32) {
        ((self.0 >> 10 & 63) as usize, self.0 >> 16 & 3)
    }

    #[inline(always)]
    pub(super) fn second(self) -> (usize, u32) {
        ((self.0 >> 18 & 63) as usize, self.0 >> 24 & 3)
    }

    /// One or two.
    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        1 + (self.0 >> 26)
    }
}

/// A symbol and its length in bits; length 0 stands for no symbol.
#[derive(Clone, Copy, Default)]
struct Single {
    symbol: u16,
    length: u8,
}

/// A code, ready to decode.
pub(super) struct Tree {
    pairs: Box<[Pair; TABLE]>,
    singles: Box<[Single; TABLE]>,
    /// Of each length: the first 20-bit prefix behind its codes. More than 2^20 where the lengths are over-full; libbz2
    /// accepts those, and the codes that do not fit are simply unreachable.
    bounds: [u32; MAX_LENGTH as usize + 1],
    /// Of each length: what to take off a code to get its place in `order`, modulo 2^32.
    bases: [u32; MAX_LENGTH as usize + 1],
    /// Symbols by length, then by number.
    order: [u16; ALPHABET],
}

impl Tree {
    pub(super) fn new() -> Self {
        Self {
            pairs: Box::new([Pair::NONE; TABLE]),
            singles: Box::new([Single::default(); TABLE]),
            bounds: [0; MAX_LENGTH as usize + 1],
            bases: [0; MAX_LENGTH as usize + 1],
            order: [0; ALPHABET],
        }
    }

    /// Makes the code of these lengths, all of them 1 to 20. Indices from `entries` on take the slow way.
    #[expect(clippy::indexing_slicing, reason = "lengths are at most 20 and symbols fewer than 258, by the header")]
    pub(super) fn build(&mut self, lengths: &[u8], entries: usize) {
        self.singles.fill(Single::default());
        let (mut code, mut place) = (0u32, 0u32);
        for length in 1..=MAX_LENGTH {
            self.bases[length as usize] = code.wrapping_sub(place);
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, own)| u32::from(**own) == length) {
                self.order[place as usize] = symbol as u16;
                if length <= TABLE_BITS {
                    let width = TABLE_BITS - length;
                    let range = (code as usize) << width..((code + 1) as usize) << width;
                    if let Some(singles) = self.singles.get_mut(range) {
                        singles.fill(Single { symbol: symbol as u16, length: length as u8 });
                    }
                }
                code += 1;
                place += 1;
            }
            self.bounds[length as usize] = code << (MAX_LENGTH - length);
            code <<= 1;
        }
        let last = lengths.len().saturating_sub(1);
        for prefix in 0..TABLE {
            self.pairs[prefix] = self.pair(prefix, last.min(entries + 1));
        }
    }

    /// The first two symbols of a prefix, of those below `end`.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "prefixes are cut to the table")]
    fn pair(&self, prefix: usize, end: usize) -> Pair {
        let first = self.singles[prefix];
        if first.length == 0 || usize::from(first.symbol) >= end {
            return Pair::NONE;
        }
        let second = self.singles[(prefix << first.length) & (TABLE - 1)];
        let both = u32::from(first.length + second.length);
        let alone = u32::from(first.length) * 65 | fields(first.symbol) << 10;
        if second.length == 0 || usize::from(second.symbol) >= end || both > TABLE_BITS {
            return Pair(alone);
        }
        Pair(both | u32::from(first.length) << 6 | fields(first.symbol) << 10 | fields(second.symbol) << 18 | 1 << 26)
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "eleven bits of 2^11 entries")]
    pub(super) fn lookup(&self, word: u64) -> Pair {
        self.pairs[(word >> (64 - TABLE_BITS)) as usize]
    }

    /// The next symbol and its length, by comparing with one length after the other. None: no code starts so.
    #[inline(never)]
    pub(super) fn slow(&self, word: u64) -> Option<(u16, u32)> {
        let prefix = (word >> (64 - MAX_LENGTH)) as u32;
        let (length, base) = (0..)
            .zip(&self.bases)
            .skip(1)
            .zip(self.bounds.iter().skip(1))
            .find_map(|((length, base), bound)| (prefix < *bound).then_some((length, *base)))?;
        let place = (prefix >> (MAX_LENGTH - length)).wrapping_sub(base);
        Some((*self.order.get(place as usize)?, length))
    }
}

/// Index and weight of a symbol, as a lookup gives them.
fn fields(symbol: u16) -> u32 {
    match symbol {
        0 => 1 << 6,
        1 => 2 << 6,
        other => u32::from(other - 1) | 1 << 6,
    }
}
