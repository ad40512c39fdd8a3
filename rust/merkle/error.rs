//! Why a proof does not hold.

use std::fmt;

/// A proof or a request for one that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MerkleError {
    /// A hash, leaf hash or root of another length than 32 bytes.
    HashLength { bytes: usize },
    /// A size of 2^63 or more.
    SizeTooLarge { size: u64 },
    /// An index that the tree does not hold.
    IndexOutOfRange { index: u64, size: u64 },
    /// The older tree is larger than the newer one.
    SizesDescend { first: u64, second: u64 },
    /// Nothing follows from an empty older tree.
    EmptyTree,
    /// A path of another length than index and size ask for.
    PathLength { hashes: usize },
    /// The path leads to another root.
    RootMismatch,
    /// The path leads to another root of the older tree.
    FirstRootMismatch,
    /// Frontiers that leave a gap or overlap.
    FrontierGap { index: u64 },
    /// Tiles of another tree size, or with bytes missing or left over.
    TileLength { bytes: usize },
    /// A leaf hash that is needed was not given.
    LeafMissing { index: u64 },
}

impl fmt::Display for MerkleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashLength { bytes } => {
                write!(formatter, "hashes are not a multiple of 32 bytes: {bytes}")
            }
            Self::SizeTooLarge { size } => write!(formatter, "tree size is 2^63 or more: {size}"),
            Self::IndexOutOfRange { index, size } => {
                write!(formatter, "tree of {size} leaves has no leaf: {index}")
            }
            Self::SizesDescend { first, second } => {
                write!(formatter, "tree of {second} leaves is no later tree of: {first}")
            }
            Self::EmptyTree => write!(formatter, "nothing follows from an empty tree"),
            Self::PathLength { hashes } => {
                write!(formatter, "path has a wrong number of hashes: {hashes}")
            }
            Self::RootMismatch => write!(formatter, "path leads to another root"),
            Self::FirstRootMismatch => {
                write!(formatter, "path leads to another root of the older tree")
            }
            Self::FrontierGap { index } => {
                write!(formatter, "frontiers do not join at leaf: {index}")
            }
            Self::TileLength { bytes } => {
                write!(formatter, "tiles have a wrong number of bytes: {bytes}")
            }
            Self::LeafMissing { index } => write!(formatter, "leaf hash was not given: {index}"),
        }
    }
}

impl std::error::Error for MerkleError {}
