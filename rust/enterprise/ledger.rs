//! What a run counts and what it warns of.

use std::collections::BTreeMap;

use super::error::Fault;
use super::limits::{NAMES, QUARANTINE_ROWS, WARNINGS};
use super::record::Notes;
use crate::page::{Position, Quarantined};

/// Counters of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows given out.
    pub records: u64,
    pub quarantined: u64,
    /// Records that gave way to another one of their page.
    pub duplicates: u64,
    pub warnings: u64,
    /// Rows whose record names no wiki; they have the one that the caller gave.
    pub unstated_wikis: u64,
    /// Rows whose record names no namespace; they have 0.
    pub unstated_namespaces: u64,
    /// Rows whose HTML was made of another revision.
    pub other_revisions: u64,
    /// Pages that were not looked for among those before, because there are too many.
    pub unremembered: u64,
    /// Rows by wiki.
    pub wikis: BTreeMap<String, u64>,
    /// Rows by the licence that the record names; it is a constant of the service and decides nothing.
    pub licences: BTreeMap<String, u64>,
}

/// Counters, warnings and quarantine, each bounded.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) counts: Counts,
    pub(crate) warnings: Vec<(u64, String)>,
    pub(crate) quarantine: Vec<Quarantined>,
    /// The first record that lacked something, while no record was taken.
    pub(crate) first_missing: Option<(u64, String)>,
}

impl Ledger {
    pub(crate) fn warn(&mut self, byte_offset: u64, message: impl Into<String>) {
        self.counts.warnings += 1;
        if self.warnings.len() < WARNINGS {
            self.warnings.push((byte_offset, message.into()));
        }
    }

    pub(crate) fn quarantine(
        &mut self,
        position: Position,
        (page_id, revision_id): (Option<i64>, Option<i64>),
        fault: Fault,
        sha256: [u8; 32],
    ) {
        self.counts.quarantined += 1;
        if self.quarantine.len() < QUARANTINE_ROWS {
            let (reason, detail) = (fault.reason.as_str(), fault.detail);
            self.quarantine.push(Quarantined { position, page_id, revision_id, reason, detail, sha256 });
        }
    }

    /// Counts a row; the first of a kind that deserves it is warned of.
    pub(crate) fn take(&mut self, offset: u64, wiki: &str, licences: &[std::borrow::Cow<'_, str>], notes: Notes) {
        self.counts.records += 1;
        count(&mut self.counts.wikis, wiki);
        for licence in licences {
            count(&mut self.counts.licences, licence);
        }
        let counts = &mut self.counts;
        for (is_so, counter, message) in [
            (notes.is_wiki_unstated, &mut counts.unstated_wikis, "a record names no wiki, the given one was taken"),
            (notes.is_namespace_unstated, &mut counts.unstated_namespaces, "a record names no namespace, 0 was taken"),
            (notes.is_other_revision, &mut counts.other_revisions, "the HTML of a record was made of another revision"),
        ] {
            *counter += u64::from(is_so);
            if is_so && *counter == 1 {
                counts.warnings += 1;
                if self.warnings.len() < WARNINGS {
                    self.warnings.push((offset, format!("{message}; further ones are only counted")));
                }
            }
        }
    }
}

fn count(counters: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(counter) = counters.get_mut(name) {
        *counter += 1;
    } else if counters.len() < NAMES {
        counters.insert(name.to_owned(), 1);
    }
}
