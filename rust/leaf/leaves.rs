//! Leaves of consecutive rows with their hashes, which are taken many at a time.

use super::revision::clear_position;
use crate::digest::{Sha256Bytes, sha256_each};

/// Leaves of consecutive rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaves {
    /// The leaves, one after the other.
    pub bytes: Vec<u8>,
    /// End of each leaf in `bytes`.
    pub ends: Vec<usize>,
    /// `SHA-256(00 ‖ leaf)` per row.
    pub hashes: Vec<Sha256Bytes>,
    /// The same over the leaf with its position fields zeroed.
    pub content_hashes: Vec<Sha256Bytes>,
}

impl Leaves {
    /// Adds one leaf, whose hashes are still to be taken.
    pub(super) fn push(&mut self, leaf: &[u8]) {
        self.bytes.extend_from_slice(leaf);
        self.ends.push(self.bytes.len());
    }

    /// Hashes the leaves that were pushed since the last call, with and without their positions.
    pub(super) fn hash(&mut self) {
        let mut inputs = Inputs::default();
        for leaf in self.slices(self.hashes.len()) {
            inputs.push(leaf);
            clear_position(inputs.push(leaf));
        }
        for pair in inputs.hashes().as_chunks::<2>().0 {
            let [hash, content_hash] = *pair;
            self.hashes.push(hash);
            self.content_hashes.push(content_hash);
        }
    }

    pub(super) fn append(&mut self, other: &Self) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| start + end));
        self.hashes.extend_from_slice(&other.hashes);
        self.content_hashes.extend_from_slice(&other.content_hashes);
    }

    pub(super) fn slices(&self, from: usize) -> impl Iterator<Item = &[u8]> {
        let mut start = from.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        self.ends.iter().skip(from).map(move |end| {
            let leaf = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            leaf
        })
    }
}

/// The hash of each leaf in the tree: `SHA-256(00 ‖ leaf)` (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hashes<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<Sha256Bytes> {
    let mut inputs = Inputs::default();
    for leaf in leaves {
        inputs.push(leaf);
    }
    inputs.hashes()
}

/// The same without their positions: equal for all packings of the same records.
#[must_use]
pub fn content_hashes<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<Sha256Bytes> {
    let mut inputs = Inputs::default();
    for leaf in leaves {
        clear_position(inputs.push(leaf));
    }
    inputs.hashes()
}

/// What leaf hashes are taken of: `00 ‖ leaf`, one after the other.
#[derive(Default)]
struct Inputs {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Inputs {
    /// Adds a leaf and gives the copy of it that will be hashed.
    fn push(&mut self, leaf: &[u8]) -> &mut [u8] {
        self.bytes.push(0);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(leaf);
        self.ends.push(self.bytes.len());
        self.bytes.get_mut(start..).unwrap_or_default()
    }

    fn hashes(&self) -> Vec<Sha256Bytes> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let inputs = starts.zip(&self.ends).map(|(start, end)| self.bytes.get(*start..*end).unwrap_or_default());
        sha256_each(&inputs.collect::<Vec<_>>())
    }
}
