//! Prefix codes to tokens: Huffman codes, run digits and the move-to-front list, in one branch-free loop.

#![expect(clippy::inline_always, reason = "only what is inlined into a kernel is compiled for its features")]

use super::bits::Bits;
use super::error::Fault;
use super::header::{GROUP, Header};
use super::huffman::Tree;
use super::recency::{List, Recency};

/// The largest block, 900 000 bytes, is smaller; every token but the last group's is at least one byte of it.
pub(super) const TABLE_ROWS: usize = 1 << 20;
/// Bytes of the largest block, before the outer run lengths are undone.
pub(super) const BLOCK_BYTES: usize = 900_000;

/// A block as bytes with their repetitions: `count << 8 | byte`.
pub(super) struct Tokens {
    list: Box<[u32; TABLE_ROWS]>,
    used: usize,
    /// How often each byte occurs.
    pub(super) counts: [u32; 256],
    /// Bytes of the block.
    pub(super) total: usize,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { list: table(), used: 0, counts: [0; 256], total: 0 }
    }

    pub(super) fn list(&self) -> &[u32] {
        self.list.get(..self.used).unwrap_or_default()
    }
}

/// A table of zeros that takes memory only where it is used.
pub(super) fn table() -> Box<[u32; TABLE_ROWS]> {
    match vec![0; TABLE_ROWS].into_boxed_slice().try_into() {
        Ok(table) => table,
        Err(_) => unreachable!("the vector was made with this length"),
    }
}

/// The state that every symbol changes; it lives in registers.
struct Writer<'a, R> {
    recency: R,
    list: &'a mut [u32; TABLE_ROWS],
    counts: &'a mut [u32; 256],
    used: usize,
    total: u64,
    /// The place of the next run digit; 0 after any other symbol.
    place: u32,
}

impl<R: Recency> Writer<'_, R> {
    /// Takes a symbol by its index and weight, run digit or not, without a branch.
    ///
    /// A run may be longer than any block: the total grows past the block and is checked after the group.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "cut to the table, and bytes fewer than 256")]
    fn put(&mut self, (index, weight): (usize, u32)) {
        let byte;
        (self.recency, byte) = self.recency.front(index);
        let run = ((index as u32).wrapping_sub(1) as i32 >> 31) as u32 & 31;
        let count = u64::from(weight) << (self.place & run);
        self.list[self.used & (TABLE_ROWS - 1)] = u32::from(byte) | (count as u32) << 8;
        self.used += usize::from(weight != 0);
        self.counts[usize::from(byte)] = self.counts[usize::from(byte)].wrapping_add(count as u32);
        self.total += count;
        self.place = (self.place + weight.div_ceil(2)) & run;
    }
}

/// Decodes the symbols of a block. `end` is the bit at which the bytes at hand end.
///
/// Gives the bit behind the last symbol. Whatever is wrong behind `end` is `Short`.
#[inline(always)]
pub(super) fn decode<R: Recency>(
    mut bits: Bits<'_>,
    end: usize,
    header: &Header,
    trees: &[Tree],
    tokens: &mut Tokens,
) -> Result<usize, Fault> {
    let end_symbol = header.used + 1;
    let mut list: List = header.bytes;
    tokens.counts.fill(0);
    let mut writer = Writer {
        recency: R::load(&list),
        list: &mut tokens.list,
        counts: &mut tokens.counts,
        used: 0,
        total: 0,
        place: 0,
    };
    for selector in &header.selectors {
        let Some(tree) = trees.get(usize::from(*selector)) else {
            return Err(Fault::Corrupt("a selector names no code"));
        };
        let mut left = GROUP as u32;
        while left > 0 {
            bits.refill();
            let mut pair = tree.lookup(bits.peek());
            if left >= 2 && !pair.is_none() {
                bits.skip(pair.length());
                writer.put(pair.first());
                writer.put(pair.second());
                left -= pair.count();
                if left < 2 {
                    continue;
                }
                pair = tree.lookup(bits.peek());
                if !pair.is_none() {
                    bits.skip(pair.length());
                    writer.put(pair.first());
                    writer.put(pair.second());
                    left -= pair.count();
                    continue;
                }
                bits.refill();
            }
            left -= 1;
            if !pair.is_none() {
                bits.skip(pair.first_length());
                writer.put(pair.first());
                continue;
            }
            let Some((symbol, length)) = tree.slow(bits.peek()) else {
                return Err(ended(&bits, end, "no code starts so"));
            };
            bits.skip(length);
            let symbol = usize::from(symbol);
            if symbol == end_symbol {
                if bits.position() > end {
                    return Err(Fault::Short);
                }
                tokens.used = writer.used;
                tokens.total = usize::try_from(writer.total).unwrap_or(usize::MAX);
                return if tokens.total > BLOCK_BYTES { Err(TOO_LONG) } else { Ok(bits.position()) };
            }
            if symbol < 2 {
                writer.put((0, symbol as u32 + 1));
            } else if symbol <= R::ENTRIES {
                writer.put((symbol - 1, 1));
            } else {
                writer.recency = far_front(writer.recency, &mut list, symbol - 1);
                writer.place = 0;
                writer.put((0, 1));
                writer.place = 0;
            }
        }
        if bits.position() > end {
            return Err(Fault::Short);
        }
        if writer.total > BLOCK_BYTES as u64 {
            return Err(TOO_LONG);
        }
    }
    Err(Fault::Corrupt("a block has too few selectors"))
}

const TOO_LONG: Fault = Fault::Corrupt("a block is too long");

fn ended(bits: &Bits<'_>, end: usize, what: &'static str) -> Fault {
    if bits.position() > end { Fault::Short } else { Fault::Corrupt(what) }
}

/// Moves an entry to the front that may lie in memory.
#[inline(always)]
fn far_front<R: Recency>(recency: R, list: &mut List, index: usize) -> R {
    recency.store(list);
    if let Some(moved) = list.get_mut(..=index) {
        moved.rotate_right(1);
    }
    R::load(list)
}
