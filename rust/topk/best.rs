//! The best few of many scores, under a total order: score descending, then row ascending.

/// Score and row as one number that is larger for what comes first.
///
/// The scores are finite and never `-0`, so their bits order as integers once negative ones are flipped.
fn key(score: f32, row: u32) -> u64 {
    let bits = score.to_bits();
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    u64::from(ordered) << 32 | u64::from(!row)
}

/// The score and row of a key.
#[expect(clippy::cast_possible_truncation, reason = "the two halves of the number")]
fn unkey(key: u64) -> (f32, u32) {
    let ordered = (key >> 32) as u32;
    let bits = if ordered >> 31 == 0 { !ordered } else { ordered & !(1 << 31) };
    (f32::from_bits(bits), !(key as u32))
}

/// Keeps at least the `count` best keys seen, in a buffer that is cut back whenever it is full.
#[derive(Clone, Debug)]
pub(super) struct Best {
    count: usize,
    keys: Vec<u64>,
    /// The `count`-th best key once so many were seen: nothing at or below it can still matter.
    threshold: u64,
    /// The score of the threshold, for a comparison without making the key.
    floor: f32,
}

/// Room beside the kept keys, so that small counts do not cut back at every insertion.
const MIN_SLACK: usize = 32;

impl Best {
    /// Nothing seen yet; `count` is at least one.
    pub(super) fn new(count: usize) -> Self {
        Self { count, keys: Vec::new(), threshold: 0, floor: f32::NEG_INFINITY }
    }

    /// Sees the scores of the rows from `first` on.
    pub(super) fn see(&mut self, first: u32, scores: &[f32]) {
        for (row, score) in (first..).zip(scores) {
            if *score >= self.floor {
                let key = key(*score, row);
                if key > self.threshold {
                    self.keys.push(key);
                    if self.keys.len() >= self.count + self.count.max(MIN_SLACK) {
                        self.cut();
                    }
                }
            }
        }
    }

    /// Takes over what another has kept.
    pub(super) fn merge(&mut self, other: &Self) {
        self.keys.extend_from_slice(&other.keys);
        self.cut();
    }

    /// Score and row of the best, in order.
    pub(super) fn into_sorted(mut self) -> impl Iterator<Item = (f32, u32)> {
        self.cut();
        self.keys.sort_unstable_by(|left, right| right.cmp(left));
        self.keys.into_iter().map(unkey)
    }

    fn cut(&mut self) {
        if self.keys.len() >= self.count && self.count > 0 {
            let (_, last, _) = self.keys.select_nth_unstable_by(self.count - 1, |left, right| right.cmp(left));
            self.threshold = *last;
            self.floor = unkey(*last).0;
            self.keys.truncate(self.count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_holds_its_parts(score in proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL, row: u32) {
            prop_assert_eq!(unkey(key(score, row)), (score, row));
        }

        #[test]
        fn the_best_are_a_sorted_prefix(
            scores in proptest::collection::vec((-4i8..4).prop_map(f32::from), 0..300),
            count in 1usize..60,
            cut in 0usize..300,
        ) {
            let mut want: Vec<(f32, u32)> = scores.iter().copied().zip(0..).collect();
            want.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
            want.truncate(count);
            let cut = cut.min(scores.len());
            let (mut left, mut right) = (Best::new(count), Best::new(count));
            left.see(0, &scores[..cut]);
            right.see(u32::try_from(cut).unwrap(), &scores[cut..]);
            right.merge(&left);
            prop_assert_eq!(right.into_sorted().collect::<Vec<_>>(), want);
        }
    }
}
