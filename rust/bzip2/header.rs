//! What stands before the symbols of a block: checksum, origin, bytes in use, selectors and code lengths.

use super::bits::Bits;
use super::error::Fault;
use super::huffman::{ALPHABET, MAX_LENGTH};

/// Symbols that are decoded with one code before the next selector counts.
pub(super) const GROUP: usize = 50;
/// As many groups as a full block can have; selectors beyond them are read and ignored, as libbz2 does.
const MAX_SELECTORS: usize = 2 + 900_000 / GROUP;
const MAX_TREES: usize = 6;

/// The header of a block; kept by a worker for its allocations.
pub(super) struct Header {
    pub(super) checksum: u32,
    pub(super) is_randomised: bool,
    /// The row of the original text among the sorted rotations.
    pub(super) origin: u32,
    /// The bytes in use, ascending; as many as `used` says.
    pub(super) bytes: [u8; 256],
    pub(super) used: usize,
    pub(super) trees: usize,
    pub(super) selectors: Vec<u8>,
    pub(super) lengths: [[u8; ALPHABET]; MAX_TREES],
}

impl Header {
    pub(super) fn new() -> Self {
        Self {
            checksum: 0,
            is_randomised: false,
            origin: 0,
            bytes: [0; 256],
            used: 0,
            trees: 0,
            selectors: Vec::new(),
            lengths: [[0; ALPHABET]; MAX_TREES],
        }
    }

    /// Symbols of the alphabet: two run digits, all bytes in use but the first of the list, and the end of the block.
    pub(super) fn symbols(&self) -> usize {
        self.used + 2
    }

    /// Reads the header that follows the magic number.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), Fault> {
        self.checksum = bits.take(32) as u32;
        self.is_randomised = bits.take(1) == 1;
        self.origin = bits.take(24) as u32;
        self.read_bytes(bits)?;
        self.read_selectors(bits)?;
        let symbols = self.symbols();
        for lengths in self.lengths.iter_mut().take(self.trees) {
            read_lengths(bits, lengths.get_mut(..symbols).unwrap_or_default())?;
        }
        Ok(())
    }

    fn read_bytes(&mut self, bits: &mut Bits<'_>) -> Result<(), Fault> {
        self.used = 0;
        let rows = bits.take(16) as u16;
        for row in (0..16u8).filter(|row| rows << row & 0x8000 != 0) {
            let columns = bits.take(16) as u16;
            for column in (0..16u8).filter(|column| columns << column & 0x8000 != 0) {
                if let Some(place) = self.bytes.get_mut(self.used) {
                    *place = row << 4 | column;
                }
                self.used += 1;
            }
        }
        if self.used == 0 { Err(Fault::Corrupt("a block uses no byte")) } else { Ok(()) }
    }

    fn read_selectors(&mut self, bits: &mut Bits<'_>) -> Result<(), Fault> {
        self.trees = bits.take(3) as usize;
        if !(2..=MAX_TREES).contains(&self.trees) {
            return Err(Fault::Corrupt("a block has too few or too many codes"));
        }
        let count = bits.take(15);
        if count == 0 {
            return Err(Fault::Corrupt("a block has no selector"));
        }
        self.selectors.clear();
        let mut recent: [u8; MAX_TREES] = [0, 1, 2, 3, 4, 5];
        for _ in 0..count {
            bits.refill();
            let index = bits.peek().leading_ones() as usize;
            let Some(moved) = recent.get_mut(..=index).filter(|_| index < self.trees) else {
                return Err(Fault::Corrupt("a selector names no code"));
            };
            bits.skip(index as u32 + 1);
            moved.rotate_right(1);
            if self.selectors.len() < MAX_SELECTORS {
                self.selectors.extend(moved.first());
            }
        }
        Ok(())
    }
}

/// Each length is the one before it, changed by steps of one.
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<(), Fault> {
    let mut length = bits.take(5);
    for place in lengths {
        loop {
            if !(1..=u64::from(MAX_LENGTH)).contains(&length) {
                return Err(Fault::Corrupt("a code length is out of range"));
            }
            bits.refill();
            match bits.peek() >> 62 {
                2 => length += 1,
                3 => length -= 1,
                _ => break,
            }
            bits.skip(2);
        }
        bits.skip(1);
        *place = length as u8;
    }
    Ok(())
}
