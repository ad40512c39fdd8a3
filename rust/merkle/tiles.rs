//! Tiles of levels >= 1 in one pack, and paths out of them.
//!
//! Tile level L holds the hashes of the full subtrees of 256^L leaves, 256 hashes or 8,192 bytes a tile (C2SP
//! tlog-tiles). Level 0 is not stored: its hashes are recomputed from the leaf table. The pack is the magic, the tree size
//! and the levels from 1 on, so its length follows from the size.

use super::frontier::Frontier;
use super::tree::{hashes, parents};
use super::{Hash, MerkleError, empty_root, node_hash};

/// The first bytes of a pack; the last one is the version.
pub const MAGIC: [u8; 8] = *b"wgtiles\x01";
/// Hashes in a tile, and leaves below one hash of tile level 1.
pub const WIDTH: u64 = 256;
const WIDTH_BITS: u32 = 8;
const HEADER_LENGTH: usize = 16;

/// Takes leaf hashes in order and keeps 32 bytes of 256 leaves: what the pack needs, and the root.
#[derive(Clone, Debug, Default)]
pub struct TileBuilder {
    whole: Frontier,
    /// By tile level, from level 1 on.
    levels: Vec<Vec<Hash>>,
    /// By tile level, from level 0 on: the hashes of the tile that is not full yet.
    open: Vec<Vec<Hash>>,
}

impl TileBuilder {
    pub fn push(&mut self, leaf: Hash) {
        self.whole.push(leaf);
        let (mut level, mut hash) = (0, leaf);
        loop {
            if self.open.len() <= level {
                self.open.push(Vec::new());
            }
            let Some(tile) = self.open.get_mut(level) else {
                return;
            };
            tile.push(hash);
            if tile.len() < 1 << WIDTH_BITS {
                return;
            }
            hash = perfect_root(std::mem::take(tile));
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(full) = self.levels.get_mut(level) {
                full.push(hash);
            }
            level += 1;
        }
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        self.whole.next()
    }

    #[must_use]
    pub fn root(&self) -> Hash {
        self.whole.root()
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut pack = [MAGIC, self.size().to_be_bytes()].concat();
        for level in &self.levels {
            pack.extend_from_slice(level.as_flattened());
        }
        pack
    }
}

/// A pack, with the leaf hashes that a path or root needs beside it.
pub struct Tiles<'a> {
    size: u64,
    levels: Vec<&'a [Hash]>,
    windows: Vec<(u64, &'a [Hash])>,
}

impl<'a> Tiles<'a> {
    /// Opens a pack. A window is the index of its first leaf, and leaf hashes.
    ///
    /// # Errors
    /// If the pack has another magic or another length than its size asks for.
    pub fn open(pack: &'a [u8], mut windows: Vec<(u64, &'a [Hash])>) -> Result<Self, MerkleError> {
        windows.sort_unstable_by_key(|(start, _)| *start);
        let wrong = MerkleError::TileLength { bytes: pack.len() };
        let (header, mut rest) = pack.split_at_checked(HEADER_LENGTH).ok_or(wrong)?;
        let (magic, size) = header.split_at_checked(MAGIC.len()).ok_or(wrong)?;
        if magic != MAGIC {
            return Err(wrong);
        }
        let size = u64::from_be_bytes(size.try_into().map_err(|_| wrong)?);
        if i64::try_from(size).is_err() {
            return Err(MerkleError::SizeTooLarge { size });
        }
        let mut levels = Vec::new();
        let mut count = size >> WIDTH_BITS;
        while count > 0 {
            let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(32)).ok_or(wrong)?;
            let (level, left) = rest.split_at_checked(bytes).ok_or(wrong)?;
            levels.push(hashes(level)?);
            rest = left;
            count >>= WIDTH_BITS;
        }
        if rest.is_empty() { Ok(Self { size, levels, windows }) } else { Err(wrong) }
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the whole tree; needs the leaf hashes of the last, partial level-0 tile as a window.
    ///
    /// # Errors
    /// If such a leaf hash was not given.
    pub fn root(&self) -> Result<Hash, MerkleError> {
        if self.size == 0 { Ok(empty_root()) } else { self.subtree(0, self.size) }
    }

    /// The path of a leaf; needs as windows the level-0 tile of the leaf and the last, partial one.
    ///
    /// # Errors
    /// If the tree does not hold the index, or a leaf hash was not given.
    pub fn inclusion_path(&self, index: u64) -> Result<Vec<Hash>, MerkleError> {
        if index >= self.size {
            return Err(MerkleError::IndexOutOfRange { index, size: self.size });
        }
        let (mut low, mut high) = (0, self.size);
        let mut path = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.subtree(middle, high)?);
                high = middle;
            } else {
                path.push(self.subtree(low, middle)?);
                low = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The hash over the leaves `low..high`, which RFC 6962 splits off somewhere.
    fn subtree(&self, low: u64, high: u64) -> Result<Hash, MerkleError> {
        let count = high - low;
        if !count.is_power_of_two() {
            let middle = low + split(count);
            return Ok(node_hash(&self.subtree(low, middle)?, &self.subtree(middle, high)?));
        }
        // The hashes of the highest tile level that is not above this subtree.
        let tile_level = count.trailing_zeros() / WIDTH_BITS;
        let shift = tile_level * WIDTH_BITS;
        (low >> shift..high >> shift)
            .map(|place| self.hash(tile_level, place))
            .collect::<Result<_, _>>()
            .map(perfect_root)
    }

    fn hash(&self, tile_level: u32, place: u64) -> Result<Hash, MerkleError> {
        let missing = MerkleError::LeafMissing { index: place };
        if let Some(level) = tile_level.checked_sub(1) {
            let level = self.levels.get(level as usize).ok_or(missing)?;
            return usize::try_from(place).ok().and_then(|place| level.get(place)).copied().ok_or(missing);
        }
        let after = self.windows.partition_point(|(start, _)| *start <= place);
        let window = after.checked_sub(1).and_then(|last| self.windows.get(last));
        let (start, window) = window.ok_or(missing)?;
        usize::try_from(place - start).ok().and_then(|within| window.get(within)).copied().ok_or(missing)
    }
}

/// The root over 2^k hashes.
fn perfect_root(mut level: Vec<Hash>) -> Hash {
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or_else(empty_root)
}

/// The largest power of two below a count of at least two.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}
