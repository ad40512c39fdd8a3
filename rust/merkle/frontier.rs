//! Frontiers: the aligned perfect subtrees of a run of leaves. They join to the same root however the run was cut.

use super::{Hash, MerkleError, empty_root, node_hash};

/// A perfect subtree: `2^level` leaves from `index · 2^level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    pub level: u32,
    pub index: u64,
    pub hash: Hash,
}

impl Subtree {
    fn start(&self) -> Option<u64> {
        self.index.checked_mul(1u64.checked_shl(self.level)?)
    }

    fn end(&self) -> Option<u64> {
        self.start()?.checked_add(1u64.checked_shl(self.level)?)
    }
}

/// Subtrees from some leaf on, each as large as alignment allows, joined as leaves come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    start: u64,
    next: u64,
    stack: Vec<Subtree>,
}

impl Frontier {
    /// An empty run that begins at a leaf.
    #[must_use]
    pub fn at(start: u64) -> Self {
        Self { start, next: start, stack: Vec::new() }
    }

    /// The next leaf index.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    #[must_use]
    pub fn subtrees(&self) -> &[Subtree] {
        &self.stack
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, hash: Hash) {
        self.join(Subtree { level: 0, index: self.next, hash });
    }

    /// Appends a subtree that begins where this run ends.
    ///
    /// # Errors
    /// If it begins elsewhere, or ends past 2^63 leaves.
    pub fn append(&mut self, subtree: Subtree) -> Result<(), MerkleError> {
        let gap = MerkleError::FrontierGap { index: self.next };
        let end = subtree.end().filter(|end| i64::try_from(*end).is_ok()).ok_or(gap)?;
        if subtree.start() != Some(self.next) {
            return Err(gap);
        }
        self.join(subtree);
        self.next = end;
        Ok(())
    }

    fn join(&mut self, mut subtree: Subtree) {
        self.next = self.next.saturating_add(1 << subtree.level.min(62));
        while let Some(left) = self.stack.last() {
            // An odd index is a right child; its sibling may lie before the start of the run.
            if left.level != subtree.level || subtree.index & 1 == 0 {
                break;
            }
            let hash = node_hash(&left.hash, &subtree.hash);
            subtree = Subtree { level: subtree.level + 1, index: subtree.index >> 1, hash };
            self.stack.pop();
        }
        self.stack.push(subtree);
    }

    /// The root, for a run that begins at leaf 0: the subtrees folded from the right.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut right_to_left = self.stack.iter().rev().map(|subtree| subtree.hash);
        let Some(last) = right_to_left.next() else {
            return empty_root();
        };
        right_to_left.fold(last, |right, left| node_hash(&left, &right))
    }
}

/// The frontier of leaves whose first has the global index `offset`.
#[must_use]
pub fn frontier(leaves: &[Hash], offset: u64) -> Frontier {
    let mut frontier = Frontier::at(offset);
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier
}

/// Joins frontiers in order into the whole tree: its size and root.
///
/// # Errors
/// If the subtrees do not lie gapless from leaf 0 on.
pub fn combine(subtrees: impl IntoIterator<Item = Subtree>) -> Result<(u64, Hash), MerkleError> {
    let mut whole = Frontier::default();
    for subtree in subtrees {
        whole.append(subtree)?;
    }
    Ok((whole.next(), whole.root()))
}
