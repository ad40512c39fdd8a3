//! Kind 5: one record of a data set, and the source leaf that it was made from.

use super::commitment::{Committer, Field, open_salt};
use super::decode::Reader;
use super::{LeafError, MAGIC, VERSION};
use crate::digest::Sha256Bytes;

/// The kind byte of this layout.
pub const KIND: u8 = 5;
/// Bytes of a leaf of this kind.
pub const SIZE: usize = 116;

/// A transformed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLeaf {
    /// 0 kept, else the reason why the record was dropped.
    pub verdict: u8,
    /// Which part of the source record, if one record gives several.
    pub part: u16,
    /// Position of the source leaf in its tree; below 2^63.
    pub source_index: u64,
    pub source_root: Sha256Bytes,
    /// Digest of the description of the transform.
    pub transform: Sha256Bytes,
    pub output: Sha256Bytes,
}

impl OutputLeaf {
    #[must_use]
    pub fn encode(&self) -> [u8; SIZE] {
        let mut leaf = [0; SIZE];
        let fields: [&[u8]; 7] = [
            &MAGIC,
            &[VERSION, KIND, self.verdict],
            &self.part.to_be_bytes(),
            &self.source_index.to_be_bytes(),
            &self.source_root,
            &self.transform,
            &self.output,
        ];
        for (place, byte) in leaf.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        leaf
    }

    /// Decodes strictly.
    ///
    /// # Errors
    /// If the bytes are no canonical leaf of kind 5.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let mut reader = Reader::start(bytes, KIND)?;
        let [verdict] = reader.array()?;
        let part = u16::from_be_bytes(reader.array()?);
        let source_index = reader.number()?;
        let leaf = Self {
            verdict,
            part,
            source_index,
            source_root: reader.array()?,
            transform: reader.array()?,
            output: reader.array()?,
        };
        reader.finish()?;
        Ok(leaf)
    }
}

/// Commits to output texts under the public salt.
#[must_use]
pub fn open_committer() -> Committer {
    Committer::new(&open_salt(), Field::Output)
}
