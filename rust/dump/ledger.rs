//! What a run counts and what it warns of.

use super::error::Fault;
use super::limits::{QUARANTINE_ROWS, WARNINGS};
use super::revision::Notes;
use crate::page::{LogItem, Position, Quarantined};

/// Counters of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub pages: u64,
    pub revisions: u64,
    pub quarantined: u64,
    pub duplicates: u64,
    pub uploads: u64,
    pub logitems: u64,
    pub unknown_elements: u64,
    pub unknown_models: u64,
    pub unknown_parents: u64,
    pub warnings: u64,
}

/// Counters, warnings and quarantine, each bounded.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) counts: Counts,
    pub(crate) warnings: Vec<(u64, String)>,
    pub(crate) quarantine: Vec<Quarantined>,
    /// Log items that were not handed over yet, and their raw bytes.
    pub(crate) log_items: Vec<LogItem>,
    pub(crate) log_bytes: u64,
}

impl Ledger {
    pub(crate) fn warn(&mut self, byte_offset: u64, message: impl Into<String>) {
        self.counts.warnings += 1;
        if self.warnings.len() < WARNINGS {
            self.warnings.push((byte_offset, message.into()));
        }
    }

    pub(crate) fn forget_log_items(&mut self) {
        self.log_items.clear();
        self.log_bytes = 0;
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

    pub(crate) fn note(&mut self, notes: Notes) {
        self.counts.unknown_elements += notes.unknown_elements;
        self.counts.unknown_models += notes.unknown_models;
        self.counts.unknown_parents += notes.unknown_parents;
    }
}
