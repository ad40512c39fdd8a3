//! The names of a file's records, without their content.

use super::intake::number_of;
use super::seen::Entry;
use crate::page::{Page, RecordSink, Revision, Sha1Check};

#[derive(Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    wikis: Vec<String>,
    wiki: u32,
    /// To be set back when it is full.
    pub(crate) taken_bytes: u64,
}

impl RecordSink for Listing {
    fn enter_wiki(&mut self, wiki_id: &str) {
        self.wiki = number_of(&mut self.wikis, wiki_id).unwrap_or(u32::MAX);
    }

    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        let position = revision.position;
        self.taken_bytes += position.element_length.unsigned_abs();
        let offset = position.element_offset.unsigned_abs();
        self.entries.push(Entry { wiki: self.wiki, page_id: page.id, revision_id: revision.id, offset });
    }

    /// Checksums are compared when the records are read.
    fn push_unchecked(&mut self, page: &Page, revision: &mut Revision<'_>, _: &Sha1Check) {
        self.push(page, revision);
    }

    fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }
}
