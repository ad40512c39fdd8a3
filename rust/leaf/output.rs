//! Kind 5: one record of a data set, and the source leaf that it was made from.

use super::columns::Bytes;
use super::commitment::{Committer, Field, open_salt};
use super::decode::Reader;
use super::leaves::{Leaves, leaf_hashes};
use super::{ColumnError, LeafError, MAGIC, VERSION};
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

/// Encodes kept records of a data set: row `i` comes from source leaf `source_indices[i]`.
///
/// # Errors
/// If the columns differ in length, a text is null, or an index is negative.
pub fn encode_outputs(
    source_indices: &[i64],
    source_root: Sha256Bytes,
    transform: Sha256Bytes,
    texts: Bytes<'_>,
) -> Result<Leaves, ColumnError> {
    if source_indices.len() != texts.len() {
        return Err(ColumnError::column(
            "text",
            format!("{} texts for indices: {}", texts.len(), source_indices.len()),
        ));
    }
    let committer = open_committer();
    let mut leaves = Leaves::default();
    for (row, index) in source_indices.iter().enumerate() {
        let source_index = u64::try_from(*index)
            .map_err(|_| ColumnError::row("source_index", row, format!("does not fit the leaf: {index}")))?;
        let text = texts.get(row).ok_or_else(|| ColumnError::row("text", row, "must not be null"))?;
        let output = committer.commit_output(text);
        leaves.push(&OutputLeaf { verdict: 0, part: 0, source_index, source_root, transform, output }.encode());
    }
    leaves.hashes = leaf_hashes(leaves.slices(0));
    Ok(leaves)
}
