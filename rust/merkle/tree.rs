//! All levels of a tree at once, and hashes as one run of bytes.

use super::{Hash, MerkleError, empty_root, node_hash};

/// Splits concatenated hashes.
///
/// # Errors
/// If the length is not a multiple of 32.
pub fn hashes(bytes: &[u8]) -> Result<&[Hash], MerkleError> {
    match bytes.as_chunks() {
        (hashes, []) => Ok(hashes),
        _ => Err(MerkleError::HashLength { bytes: bytes.len() }),
    }
}

/// Takes one hash.
///
/// # Errors
/// If there are not exactly 32 bytes.
pub fn hash(bytes: &[u8]) -> Result<Hash, MerkleError> {
    bytes.try_into().map_err(|_| MerkleError::HashLength { bytes: bytes.len() })
}

/// The levels of a tree, leaf hashes first. Entry i of level h covers the leaves `i·2^h .. min((i+1)·2^h, size)`; a last
/// entry without sibling is handed up unchanged, which is exactly the split of RFC 6962.
#[derive(Clone, Debug)]
pub struct Levels<'a> {
    leaves: &'a [Hash],
    above: Vec<Vec<Hash>>,
}

impl<'a> Levels<'a> {
    #[must_use]
    pub fn new(leaves: &'a [Hash]) -> Self {
        let mut above: Vec<Vec<Hash>> = Vec::new();
        let mut last = leaves;
        while last.len() > 1 {
            above.push(parents(last));
            last = above.last().map_or(&[], Vec::as_slice);
        }
        Self { leaves, above }
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.leaves.len()).unwrap_or(u64::MAX) // usize has at most 64 bits
    }

    #[must_use]
    pub fn root(&self) -> Hash {
        let top = self.above.last().map_or(self.leaves, Vec::as_slice);
        top.first().copied().unwrap_or_else(empty_root)
    }

    pub(super) fn level(&self, height: usize) -> Option<&[Hash]> {
        match height.checked_sub(1) {
            None => Some(self.leaves),
            Some(place) => self.above.get(place).map(Vec::as_slice),
        }
    }

    pub(super) fn node(&self, height: usize, index: u64) -> Option<Hash> {
        self.level(height)?.get(usize::try_from(index).ok()?).copied()
    }
}

/// The next level: pairs hashed, a lonely last entry handed up.
pub(super) fn parents(level: &[Hash]) -> Vec<Hash> {
    let (pairs, lonely) = level.as_chunks::<2>();
    pairs.iter().map(|[left, right]| node_hash(left, right)).chain(lonely.iter().copied()).collect()
}

/// The root over leaf hashes, in O(log n) memory beside them.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = super::frontier::Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}
