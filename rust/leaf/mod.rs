//! The leaf of the provenance tree: a fixed binary image of one revision (kind 1) or of one transformed record (kind 5).
//!
//! ```text
//! columns → revision, commitment, model    bulk → columns, output    revision, output → error
//! ```
//! Every integer is big-endian. Decoding is strict, so one revision has exactly one leaf: `encode(decode(x)) == x` for
//! each accepted `x`. A leaf never holds text: it holds commitments to texts.

pub mod bulk;
pub mod columns;
pub mod commitment;
pub mod decode;
pub mod error;
mod model;
pub mod output;
pub mod revision;

pub use error::{ColumnError, LeafError, LeafErrorKind};

use crate::digest::{Sha256Bytes, sha256};

/// The first bytes of every leaf: `wgleaf` and a NUL.
pub const MAGIC: [u8; 7] = *b"wgleaf\0";
/// The version of the layouts in this module.
pub const VERSION: u8 = 1;
/// A commitment that was not made; the flags say why.
pub const NO_COMMITMENT: Sha256Bytes = [0; 32];

/// The hash of a leaf in the tree: `SHA-256(00 ‖ leaf)` (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Sha256Bytes {
    sha256(&[&[0], leaf])
}

#[cfg(test)]
mod tests;
