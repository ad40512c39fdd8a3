//! One block, from compressed bits to checked bytes.

use super::bits::Bits;
use super::crc::checksum;
use super::error::Fault;
use super::header::Header;
use super::huffman::Tree;
use super::kernel::Target;
use super::randomised;
use super::run_length;
use super::symbols::Tokens;
use super::transform::Transform;

/// Bits of the number with which a block starts.
pub(super) const MAGIC_BITS: u32 = 48;

/// What is known of a decoded block besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The bit behind the block, from the start of the bytes.
    pub(super) end: usize,
    /// Bytes before the outer run lengths are undone, which the level limits.
    pub(super) size: usize,
    pub(super) checksum: u32,
}

/// The tables of a worker: about 12 MB on text, 35 MB where the segments of a block are very uneven.
pub(super) struct Workspace {
    target: Target,
    header: Header,
    trees: [Tree; 6],
    tokens: Tokens,
    transform: Transform,
    block: Vec<u8>,
}

impl Workspace {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            header: Header::new(),
            trees: std::array::from_fn(|_| Tree::new()),
            tokens: Tokens::new(),
            transform: Transform::new(),
            block: Vec::new(),
        }
    }

    /// Decodes the block whose magic number starts at the bit `start`, into `text`, which is cleared.
    ///
    /// # Errors
    /// `Short` if the bytes end first; a longer piece of the input may then be right.
    pub(super) fn decode(&mut self, bytes: &[u8], start: usize, text: &mut Vec<u8>) -> Result<Decoded, Fault> {
        let end = bytes.len() * 8;
        text.clear();
        let mut bits = Bits::new(bytes, start);
        bits.refill();
        bits.skip(MAGIC_BITS);
        let read = self.header.read(&mut bits);
        if bits.position() > end {
            return Err(Fault::Short);
        }
        read?;
        let (header, entries) = (&self.header, self.target.entries());
        for (tree, lengths) in self.trees.iter_mut().zip(&header.lengths).take(header.trees) {
            tree.build(lengths.get(..header.symbols()).unwrap_or_default(), entries);
        }
        let trees = self.trees.get(..header.trees).unwrap_or_default();
        let end = self.target.symbols(bits, end, header, trees, &mut self.tokens)?;
        let (origin, size) = (header.origin as usize, self.tokens.total);
        if origin >= size {
            return Err(Fault::Corrupt("the origin of a block lies outside it"));
        }
        self.block.clear();
        self.transform.undo(&self.tokens, origin, &mut self.block);
        if header.is_randomised {
            randomised::undo(&mut self.block);
        }
        run_length::undo(&self.block, text)?;
        let checksum = checksum(text, self.target);
        if checksum != header.checksum {
            return Err(Fault::Corrupt("the checksum of a block differs"));
        }
        Ok(Decoded { end, size, checksum })
    }
}
