//! Articles that come twice in one file: the highest revision of a page is kept.
//!
//! While a file is read once, only the past is known: a revision that is not newer is dropped and counted, a newer one comes
//! too late and goes to quarantine. Whoever wants the newest reads the file once for its `Entry`s and once for its records.

use std::collections::HashMap;

use super::limits::PAGES;

/// One readable record of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Number of the record's wiki among those of the file.
    pub wiki: u32,
    pub page_id: i64,
    pub revision_id: i64,
    pub offset: u64,
}

/// Offsets, ascending, of the records that give way to another of the same page: one of a higher revision, or an earlier one
/// of the same revision.
#[must_use]
pub fn superseded(mut entries: Vec<Entry>) -> Vec<u64> {
    entries
        .sort_unstable_by_key(|entry| (entry.wiki, entry.page_id, std::cmp::Reverse(entry.revision_id), entry.offset));
    let pairs = entries.iter().zip(entries.iter().skip(1));
    let mut offsets: Vec<u64> = pairs
        .filter(|(kept, next)| (kept.wiki, kept.page_id) == (next.wiki, next.page_id))
        .map(|(_, next)| next.offset)
        .collect();
    offsets.sort_unstable();
    offsets
}

/// What is known of a page when one of its records is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    First,
    /// Met before in this revision or a newer one.
    NotNewer,
    /// Met before in an older revision, which was given out.
    Newer,
    /// Too many pages to remember; this one was not compared.
    Unremembered,
}

/// How records that come twice are told.
#[derive(Debug)]
pub(crate) enum Seen {
    /// By what came before.
    Past(HashMap<(u32, i64), i64>),
    /// By offset, as `superseded` gave them.
    Known(Vec<u64>),
    /// Not at all.
    Nothing,
}

impl Seen {
    pub(crate) fn note(&mut self, entry: Entry) -> Sighting {
        match self {
            Self::Known(offsets) if offsets.binary_search(&entry.offset).is_ok() => Sighting::NotNewer,
            Self::Known(_) | Self::Nothing => Sighting::First,
            Self::Past(pages) => {
                let key = (entry.wiki, entry.page_id);
                match pages.get(&key) {
                    Some(known) if *known >= entry.revision_id => Sighting::NotNewer,
                    Some(_) => Sighting::Newer,
                    None if pages.len() >= PAGES => Sighting::Unremembered,
                    None => {
                        pages.insert(key, entry.revision_id);
                        Sighting::First
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_record_of_each_page_is_left(ids in proptest::collection::vec((0u32..2, 1i64..6, 1i64..4), 0..40)) {
            let entries: Vec<Entry> = ids.iter().zip(0..)
                .map(|((wiki, page_id, revision_id), offset)| Entry { wiki: *wiki, page_id: *page_id, revision_id: *revision_id, offset })
                .collect();
            let dropped = superseded(entries.clone());
            for entry in &entries {
                let same = || entries.iter().filter(|other| (other.wiki, other.page_id) == (entry.wiki, entry.page_id));
                let best = same().map(|other| other.revision_id).max().unwrap();
                let kept = same().find(|other| other.revision_id == best).unwrap();
                prop_assert_eq!(dropped.contains(&entry.offset), entry != kept);
            }
        }
    }
}
