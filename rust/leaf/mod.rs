//! The leaf of the provenance tree: a fixed binary image of one revision (kind 1) or of one transformed record (kind 5).
//!
//! ```text
//! bulk → columns, commitment, model, leaves    output → columns, commitment, leaves    leaves → revision → error
//! ```
//! Every integer is big-endian. Decoding is strict, so one revision has exactly one leaf: `encode(decode(x)) == x` for
//! each accepted `x`. A leaf never holds text: it holds commitments to texts.

pub mod bulk;
pub mod columns;
pub mod commitment;
pub mod decode;
pub mod error;
pub mod leaves;
mod model;
pub mod output;
pub mod revision;

pub use error::{ColumnError, LeafError, LeafErrorKind};

use crate::digest::Sha256Bytes;

/// The first bytes of every leaf: `wgleaf` and a NUL.
pub const MAGIC: [u8; 7] = *b"wgleaf\0";
/// The version of the layouts in this module.
pub const VERSION: u8 = 1;
/// A commitment that was not made; the flags say why.
pub const NO_COMMITMENT: Sha256Bytes = [0; 32];

#[cfg(test)]
mod tests;
