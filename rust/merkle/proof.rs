//! Inclusion and consistency: paths out of a tree, and their strict verification (RFC 9162 section 2.1).

use super::tree::Levels;
use super::{Hash, MAX_PATH_LENGTH, MerkleError, empty_root, node_hash};

/// The path from a leaf to the root, siblings from below.
///
/// # Errors
/// If the tree does not hold the index.
pub fn inclusion_path(levels: &Levels<'_>, index: u64) -> Result<Vec<Hash>, MerkleError> {
    let size = levels.size();
    if index >= size {
        return Err(MerkleError::IndexOutOfRange { index, size });
    }
    let mut path = Vec::new();
    let mut height = 0;
    while let Some(level) = levels.level(height).filter(|level| level.len() > 1) {
        let sibling = usize::try_from((index >> height) ^ 1).ok().and_then(|place| level.get(place));
        path.extend(sibling.copied());
        height += 1;
    }
    Ok(path)
}

/// The proof that the first `first` leaves are the tree of that size (RFC 6962 section 2.1.2).
///
/// # Errors
/// If `first` is 0 or larger than the tree.
pub fn consistency_path(levels: &Levels<'_>, first: u64) -> Result<Vec<Hash>, MerkleError> {
    let second = levels.size();
    if first > second {
        return Err(MerkleError::SizesDescend { first, second });
    }
    if first == 0 {
        return Err(MerkleError::EmptyTree);
    }
    let mut path = Vec::new();
    // From the smallest perfect subtree at the right edge of the old tree upwards. While the old edge is the left child
    // of its level it stays inside the old tree, and the climb can begin at the lowest level where it is not.
    let mut height = first.trailing_zeros() as usize;
    let mut node = (first - 1) >> height;
    if !(first.is_power_of_two() || first == second) {
        path.extend(levels.node(height, node));
    }
    if first == second {
        return Ok(path);
    }
    while let Some(level) = levels.level(height).filter(|level| level.len() > 1) {
        // A left sibling belongs to both trees, a right sibling only to the newer one.
        let sibling = usize::try_from(node ^ 1).ok().and_then(|place| level.get(place));
        path.extend(sibling.copied());
        node >>= 1;
        height += 1;
    }
    Ok(path)
}

/// Checks that a path leads from a leaf hash to the root (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// If it does not, or if any number is out of range.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), MerkleError> {
    check_size(size)?;
    if index >= size {
        return Err(MerkleError::IndexOutOfRange { index, size });
    }
    let wrong_length = MerkleError::PathLength { hashes: path.len() };
    if path.len() > MAX_PATH_LENGTH {
        return Err(wrong_length);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(MerkleError::RootMismatch) }
}

/// Checks that the older tree is the beginning of the newer one (RFC 9162 section 2.1.4.2).
///
/// Two trees of size 0 agree if both roots are the empty root; from size 0 to a larger size nothing follows.
///
/// # Errors
/// If the proof does not hold, or if any number is out of range.
pub fn verify_consistency(
    first: u64,
    second: u64,
    path: &[Hash],
    first_root: &Hash,
    second_root: &Hash,
) -> Result<(), MerkleError> {
    check_size(second)?;
    if first > second {
        return Err(MerkleError::SizesDescend { first, second });
    }
    let wrong_length = MerkleError::PathLength { hashes: path.len() };
    if first == second {
        let is_empty_root = first != 0 || *first_root == empty_root();
        return match (path, first_root == second_root && is_empty_root) {
            ([], true) => Ok(()),
            ([], false) => Err(MerkleError::RootMismatch),
            _ => Err(wrong_length),
        };
    }
    if first == 0 {
        return Err(MerkleError::EmptyTree);
    }
    if path.is_empty() || path.len() > MAX_PATH_LENGTH + 1 {
        return Err(wrong_length);
    }
    let mut rest = path.iter();
    // The proof leaves out the old root where it is a node of the new tree.
    let start = if first.is_power_of_two() { Some(first_root) } else { rest.next() };
    let shift = (first - 1).trailing_ones();
    let (mut node, mut last) = ((first - 1) >> shift, (second - 1) >> shift);
    let (mut old, mut new) = (*start.ok_or(wrong_length)?, *start.ok_or(wrong_length)?);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old != *first_root {
        return Err(MerkleError::FirstRootMismatch);
    }
    if new == *second_root { Ok(()) } else { Err(MerkleError::RootMismatch) }
}

fn check_size(size: u64) -> Result<(), MerkleError> {
    if i64::try_from(size).is_ok() { Ok(()) } else { Err(MerkleError::SizeTooLarge { size }) }
}
