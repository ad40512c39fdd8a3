//! A line as a record: read, judged, compared with those before it, and given out.

use super::article::Article;
use super::error::{Fault, Reason};
use super::json::Cursor;
use super::ledger::Ledger;
use super::limits::NAMES;
use super::record::{Scratch, identify, revision};
use super::seen::{Entry, Seen, Sighting};
use crate::page::{Position, RecordSink};

/// One record and what it is judged by.
pub(crate) struct Intake<'r, 'a> {
    pub(crate) ledger: &'r mut Ledger,
    pub(crate) seen: &'r mut Seen,
    pub(crate) wikis: &'r mut Vec<String>,
    pub(crate) scratch: &'r mut Scratch,
    pub(crate) wiki_id: &'r str,
    pub(crate) position: Position,
    pub(crate) article: &'r mut Article<'a>,
}

impl<'a> Intake<'_, 'a> {
    /// Reads it, and gives it out unless it is one that came before.
    pub(crate) fn take(&mut self, line: &'a [u8], sink: &mut impl RecordSink) -> Result<(), Fault> {
        let text = simdutf8::compat::from_utf8(line).map_err(|error| {
            Fault::new(Reason::BadUtf8, format!("invalid UTF-8 after bytes: {}", error.valid_up_to()))
        })?;
        let mut cursor = Cursor::new(text, 0);
        self.article.read(&mut cursor)?;
        cursor.expect_end()?;
        let identity = identify(self.article)?;
        let wiki = identity.wiki.as_deref().unwrap_or(self.wiki_id);
        let (mut row, notes, check) = revision(self.article, identity.revision_id, self.position, self.scratch)?;
        let offset = self.position.element_offset.unsigned_abs();
        let entry = Entry {
            wiki: number_of(self.wikis, wiki)?,
            page_id: identity.page.id,
            revision_id: identity.revision_id,
            offset,
        };
        match self.seen.note(entry) {
            Sighting::First => {}
            Sighting::Unremembered => self.ledger.counts.unremembered += 1,
            Sighting::NotNewer => {
                self.ledger.counts.duplicates += 1;
                return Ok(());
            }
            Sighting::Newer => {
                let detail = "a newer revision of a page that was given out already; hint: look for duplicates first";
                return Err(Fault::new(Reason::DuplicateConflict, detail));
            }
        }
        sink.enter_wiki(wiki);
        match check {
            Some(check) => sink.push_unchecked(&identity.page, &mut row, &check),
            None => sink.push(&identity.page, &row),
        }
        self.ledger.take(offset, wiki, &self.article.licences, notes);
        Ok(())
    }
}

/// The number of a wiki among those of the file.
pub(crate) fn number_of(wikis: &mut Vec<String>, wiki: &str) -> Result<u32, Fault> {
    let place = match wikis.iter().position(|known| known == wiki) {
        Some(place) => place,
        None if wikis.len() < NAMES => {
            wikis.push(wiki.to_owned());
            wikis.len() - 1
        }
        None => return Err(Fault::new(Reason::BadName, format!("wikis in one file reach the limit: {NAMES}"))),
    };
    Ok(u32::try_from(place).unwrap_or(u32::MAX)) // below NAMES
}
