//! The revisions of the open page, to find one that is given twice.

use std::collections::HashMap;

use super::limits::SEEN_REVISIONS;

/// What is known of a revision id in this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    First,
    /// The same id with the same bytes.
    Again,
    /// The same id with other bytes.
    Conflict,
    /// Too many revisions to remember; this one was not compared.
    Unremembered,
}

/// Ids and keys of the revisions met so far. Ids mostly ascend, so nearly all lie in one sorted list.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    ascending: Vec<(i64, u64)>,
    others: HashMap<i64, u64>,
}

impl Seen {
    pub(crate) fn clear(&mut self) {
        self.ascending.clear();
        self.others.clear();
    }

    /// Notes a revision; `key` stands for its bytes.
    pub(crate) fn note(&mut self, id: i64, key: u64) -> Sighting {
        let is_next = self.ascending.last().is_none_or(|(last, _)| *last < id);
        if !is_next {
            let place = self.ascending.binary_search_by_key(&id, |(seen, _)| *seen).ok();
            let known = place.and_then(|place| self.ascending.get(place)).map(|(_, key)| *key);
            if let Some(known) = known.or_else(|| self.others.get(&id).copied()) {
                return if known == key { Sighting::Again } else { Sighting::Conflict };
            }
        }
        if self.ascending.len() + self.others.len() >= SEEN_REVISIONS {
            return Sighting::Unremembered;
        }
        if is_next {
            self.ascending.push((id, key));
        } else {
            self.others.insert(id, key);
        }
        Sighting::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sightings_agree_with_a_plain_map(notes in proptest::collection::vec((1i64..20, 0u64..2), 0..60)) {
            let (mut seen, mut map) = (Seen::default(), HashMap::new());
            for (id, key) in notes {
                let want = match map.get(&id) {
                    None => Sighting::First,
                    Some(known) if *known == key => Sighting::Again,
                    Some(_) => Sighting::Conflict,
                };
                map.entry(id).or_insert(key);
                prop_assert_eq!(seen.note(id, key), want);
            }
        }
    }
}
