//! Counts hashes in linear time, also where somebody chose them.

/// Places of the table: four times the features of a text of 300 words, in 192 KB.
const PLACES: usize = 1 << 14;
/// Places that a hash may try.
const TRIES: usize = 32;

/// How often each hash occurs. The hashes serve as their own table places; those that find no place among a few tries,
/// because the text is long or made to collide, are set aside and sorted. A place is never given up while counting, so a
/// hash that was set aside once always is, and no hash is counted at both.
pub(super) struct Counter {
    /// Hash and count; a count of zero is an empty place.
    places: Vec<(u64, u32)>,
    occupied: Vec<usize>,
    aside: Vec<u64>,
}

impl Default for Counter {
    fn default() -> Self {
        Self { places: vec![(0, 0); PLACES], occupied: Vec::new(), aside: Vec::new() }
    }
}

impl Counter {
    #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "reduced to the size of the table")]
    pub(super) fn add(&mut self, hash: u64) {
        for offset in 0..TRIES {
            let index = (hash as usize).wrapping_add(offset) % PLACES;
            let (there, count) = &mut self.places[index];
            if *count == 0 {
                (*there, *count) = (hash, 1);
                self.occupied.push(index);
                return;
            }
            if *there == hash {
                *count += 1;
                return;
            }
        }
        self.aside.push(hash);
    }

    pub(super) fn clear(&mut self) {
        for index in self.occupied.drain(..) {
            if let Some((_, count)) = self.places.get_mut(index) {
                *count = 0;
            }
        }
        self.aside.clear();
    }

    /// Every hash once, with its count, in any order.
    pub(super) fn counts(&mut self) -> impl Iterator<Item = (u64, usize)> {
        self.aside.sort_unstable();
        let placed = self.occupied.iter().filter_map(|index| self.places.get(*index));
        let aside = self.aside.chunk_by(|left, right| left == right);
        placed
            .map(|(hash, count)| (*hash, *count as usize))
            .chain(aside.filter_map(|run| Some((*run.first()?, run.len()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn counting_agrees_with_a_map_for_hashes_that_collide(
            texts in proptest::collection::vec(
                proptest::collection::vec((0u64..60, 0u64..3).prop_map(|(high, low)| high << 40 | low), 0..400), 1..4,
            ),
        ) {
            let mut counter = Counter::default();
            for hashes in texts {
                counter.clear();
                let mut want = BTreeMap::new();
                for hash in hashes {
                    counter.add(hash);
                    *want.entry(hash).or_insert(0) += 1;
                }
                let found: Vec<(u64, usize)> = counter.counts().collect();
                prop_assert_eq!(found.len(), want.len());
                prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), want);
            }
        }
    }

    #[test]
    fn more_hashes_than_places_are_all_counted() {
        let mut counter = Counter::default();
        for hash in (0..40_000u64).chain(0..40_000) {
            counter.add(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        assert!(counter.counts().all(|(_, count)| count == 2));
        assert_eq!(counter.counts().count(), 40_000);
    }
}
