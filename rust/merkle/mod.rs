//! The Merkle tree of RFC 6962 and RFC 9162 with SHA-256.
//!
//! A leaf hash is `SHA-256(00 ‖ leaf)`, a node `SHA-256(01 ‖ left ‖ right)`, and a tree over n leaves splits at the
//! largest power of two below n. The root of no leaves is `SHA-256("")`.

pub mod error;
pub mod frontier;
pub mod proof;
pub mod tiles;
pub mod tree;

pub use error::MerkleError;

use crate::digest::{Sha256Bytes, sha256};

/// One hash of the tree.
pub type Hash = Sha256Bytes;

/// A tree of 2^63 leaves or more does not exist, so no path is longer than this.
pub const MAX_PATH_LENGTH: usize = 63;

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One buffer, so that the hash takes one update instead of three.
    let mut input = [1; 65];
    let (left_half, right_half) = input.split_at_mut(33);
    for (place, byte) in left_half.iter_mut().skip(1).zip(left) {
        *place = *byte;
    }
    right_half.copy_from_slice(right);
    sha256(&[&input])
}

#[cfg(test)]
mod tests;
