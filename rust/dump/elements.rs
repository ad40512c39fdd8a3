//! What becomes of an element once it is whole: a record, a page's field, the site's header, or nothing.

use sha2::Digest;
use xxhash_rust::xxh3::xxh3_64;

use super::children::{Child, children};
use super::error::{DumpError, ErrorKind, Fault, Reason};
use super::field;
use super::frame::{Refusal, Step};
use super::limits::{DEPTH, LOGITEM_BYTES, REVISION_BYTES, SEEN_REVISIONS, SITEINFO_BYTES, TAG_BYTES};
use super::logitem;
use super::parser::{OpenPage, Parser, Purpose, Task};
use super::revision::{self, Notes};
use super::scan::{Element, Markup};
use super::seen::Sighting;
use super::siteinfo;
use crate::digest::sha256;
use crate::page::{LogItem, Position, RecordSink};
use crate::stream::signed;

impl Parser {
    /// Frames an element further; gives the task back while bytes are missing.
    pub(crate) fn advance(&mut self, mut task: Task, sink: &mut impl RecordSink) -> Result<Option<Task>, DumpError> {
        match task.frame.advance(self.buffer.rest()) {
            Step::Done(end) => {
                self.complete(task, end, sink)?;
                Ok(None)
            }
            Step::More => {
                self.bound(&mut task)?;
                Ok(Some(task))
            }
            Step::Refused(place, Refusal::Doctype) => Err(self.unsafe_doctype(place)),
            Step::Refused(place, refusal) => {
                self.consume(place);
                Err(match refusal {
                    Refusal::Depth => self.refused("elements inside each other", DEPTH),
                    _ => self.refused("bytes of one tag or comment", TAG_BYTES),
                })
            }
        }
    }

    /// Keeps an unfinished element within its limit; what is not kept is dropped at once.
    fn bound(&mut self, task: &mut Task) -> Result<(), DumpError> {
        let done = task.frame.position();
        if task.frame.keeps() && done > limit(task.purpose) {
            if task.purpose == Purpose::SiteInfo {
                return Err(self.refused("bytes of <siteinfo>", SITEINFO_BYTES));
            }
            task.frame.give_up(too_large(task.purpose));
        }
        if !task.frame.keeps() {
            if matches!(task.purpose, Purpose::Revision | Purpose::LogItem) {
                task.digest.get_or_insert_default().update(self.buffer.rest().get(..done).unwrap_or_default());
            }
            self.consume(done);
            task.frame.rebase(done);
        }
        Ok(())
    }

    fn complete(&mut self, mut task: Task, end: usize, sink: &mut impl RecordSink) -> Result<(), DumpError> {
        let length = self.buffer.offset() + end as u64 - task.start;
        if length > limit(task.purpose) as u64 {
            task.frame.fault = Some(too_large(task.purpose)); // whatever else is wrong with it
        }
        match task.purpose {
            Purpose::Skip => {
                if let Some(fault) = &task.frame.fault {
                    self.ledger
                        .warn(task.start, format!("a skipped element that is not well-formed: {}", fault.detail));
                }
            }
            Purpose::SiteInfo => self.take_site(&task, end)?,
            Purpose::HeaderField => self.take_field(&mut task),
            Purpose::LogItem => self.take_log_item(&mut task, end, length),
            Purpose::Revision => self.take_revision(&mut task, end, length, sink),
        }
        self.consume(end);
        self.spare = task.frame.into_spare();
        Ok(())
    }

    fn take_site(&mut self, task: &Task, end: usize) -> Result<(), DumpError> {
        if end > SITEINFO_BYTES {
            return Err(self.refused("bytes of <siteinfo>", SITEINFO_BYTES));
        }
        let parsed = match &task.frame.fault {
            Some(fault) => Err(fault.clone()),
            None => siteinfo::parse(self.buffer.rest(), &task.frame.inside),
        };
        let (mut site, has_bare) = parsed.map_err(|fault| {
            let message = format!("<siteinfo> cannot be read: {}", fault.detail);
            DumpError::new(ErrorKind::Format, message, task.start)
        })?;
        if has_bare {
            self.ledger.warn(task.start, "<siteinfo> holds an & that starts no reference");
        }
        self.context.set_site(&site);
        (site.schema_version, site.language) = self.root.clone();
        if let Some(first) = self.site.as_ref().filter(|first| first.dbname != site.dbname) {
            let name = |dbname: &Option<String>| dbname.clone().unwrap_or_default();
            let message =
                format!("<siteinfo> of another wiki, first {}, now: {}", name(&first.dbname), name(&site.dbname));
            self.ledger.warn(task.start, message);
        }
        self.site.get_or_insert(site);
        Ok(())
    }

    fn take_field(&mut self, task: &mut Task) {
        let Some(page) = &mut self.page else { return };
        if let Some(fault) = task.frame.fault.take() {
            page.header.fault.get_or_insert(fault);
            return;
        }
        let (open, inside, content_end) = (task.frame.open, task.frame.inside.as_slice(), task.frame.content_end);
        let child = Child { open, inside, content_start: open.end, content_end };
        let (had_underscores, had_repetition) = (page.header.has_underscores, page.header.has_repetition);
        page.header.take(self.buffer.rest(), &child, &self.context);
        if page.header.has_underscores && !had_underscores {
            self.ledger.warn(task.start, "underscores in a title became spaces (T407902)");
        }
        if page.header.has_repetition && !had_repetition {
            self.ledger.warn(task.start, "a page's field is given twice, with the same value");
        }
    }

    fn take_revision(&mut self, task: &mut Task, end: usize, length: u64, sink: &mut impl RecordSink) {
        let Self { buffer, ledger, page, context, seen, scratch, spare_trail, .. } = self;
        let bytes = buffer.rest().get(..end).unwrap_or_default();
        let (stream_offset, element_offset) = buffer.locate(task.start);
        let (page_stream_offset, page_offset) =
            page.as_ref().map_or((stream_offset, element_offset), |page| page.place);
        let element_length = signed(length);
        let position = Position { stream_offset, element_offset, element_length, page_stream_offset, page_offset };

        let mut page_id = None;
        let fault = 'fault: {
            let Some(page) = page else {
                break 'fault Fault::new(Reason::MissingField, "a revision outside a page");
            };
            page.has_revisions = true;
            *spare_trail = page.trail.take().unwrap_or_else(|| std::mem::take(spare_trail));
            page_id = page.header.page_id();
            let settled = page.settled.get_or_insert_with(|| page.header.finish(context));
            if let Some(fault) = task.frame.take_fault(bytes) {
                break 'fault fault;
            }
            let header = match settled {
                Ok(header) => header,
                Err(fault) => break 'fault fault.clone(),
            };
            let mut notes = Notes::default();
            let parsed = revision::parse(bytes, &task.frame.inside, context, header.namespace, &mut notes, scratch);
            ledger.note(notes);
            let (mut revision, check) = match parsed {
                Ok(parsed) => parsed,
                Err(fault) => break 'fault fault,
            };
            match seen.note(revision.id, xxh3_64(bytes)) {
                Sighting::Again => {
                    ledger.counts.duplicates += 1;
                    return;
                }
                Sighting::Conflict => {
                    break 'fault Fault::new(
                        Reason::DuplicateConflict,
                        "the revision was given before, with other bytes",
                    );
                }
                Sighting::Unremembered if !page.warned_of_memory => {
                    page.warned_of_memory = true;
                    let message =
                        format!("duplicates are not searched beyond this many revisions of a page: {SEEN_REVISIONS}");
                    ledger.warn(task.start, message);
                }
                Sighting::First | Sighting::Unremembered => {}
            }
            revision.position = position;
            ledger.counts.revisions += 1;
            match check {
                Some(check) => sink.push_unchecked(header, &mut revision, &check),
                None => sink.push(header, &revision),
            }
            return;
        };
        let digest = match task.digest.take() {
            Some(digest) => digest.chain_update(bytes).finalize().into(),
            None => sha256(&[bytes]),
        };
        // Above the limit the id may be gone by now or not, depending on the windows.
        let is_kept = length <= REVISION_BYTES as u64;
        let revision_id = if is_kept { revision_id(bytes, &task.frame.inside) } else { None };
        ledger.quarantine(position, (page_id, revision_id), fault, digest);
    }

    fn take_log_item(&mut self, task: &mut Task, end: usize, length: u64) {
        let Self { buffer, ledger, .. } = self;
        let bytes = buffer.rest().get(..end).unwrap_or_default();
        let (stream_offset, element_offset) = buffer.locate(task.start);
        let element_length = signed(length);
        let (page_stream_offset, page_offset) = (stream_offset, element_offset);
        let position = Position { stream_offset, element_offset, element_length, page_stream_offset, page_offset };
        let parsed = match task.frame.take_fault(bytes) {
            Some(fault) => Err(fault),
            None => logitem::parse(bytes, &task.frame.inside, &mut ledger.counts.unknown_elements),
        };
        match parsed {
            Ok(item) => {
                ledger.log_bytes += length;
                ledger.log_items.push(LogItem { position, ..item });
            }
            Err(fault) => {
                let digest = match task.digest.take() {
                    Some(digest) => digest.chain_update(bytes).finalize().into(),
                    None => sha256(&[bytes]),
                };
                ledger.quarantine(position, (None, None), fault, digest);
            }
        }
    }

    /// Ends the open page. One without revisions and without a readable header is quarantined itself.
    pub(crate) fn close_page(&mut self) {
        let Some(page) = self.page.take() else { return };
        let OpenPage { start, place, header, trail: Some(trail), .. } = page else {
            return;
        };
        if let Err(fault) = header.finish(&self.context) {
            let element_length = signed(self.buffer.offset() - start);
            let (stream_offset, element_offset) = place;
            let (page_stream_offset, page_offset) = place;
            let position = Position { stream_offset, element_offset, element_length, page_stream_offset, page_offset };
            self.ledger.quarantine(position, (header.page_id(), None), fault, trail.sha256());
        }
        self.spare_trail = trail;
    }
}

fn limit(purpose: Purpose) -> usize {
    match purpose {
        Purpose::Revision => REVISION_BYTES,
        Purpose::LogItem => LOGITEM_BYTES,
        Purpose::HeaderField => TAG_BYTES,
        Purpose::SiteInfo => SITEINFO_BYTES,
        Purpose::Skip => usize::MAX,
    }
}

fn too_large(purpose: Purpose) -> Fault {
    match purpose {
        Purpose::Revision => {
            Fault::new(Reason::TextTooLarge, format!("bytes of a revision above the limit of: {REVISION_BYTES}"))
        }
        Purpose::LogItem => {
            Fault::new(Reason::FieldTooLarge, format!("bytes of a log item above the limit of: {LOGITEM_BYTES}"))
        }
        _ => Fault::new(Reason::FieldTooLarge, format!("bytes of a page's field above the limit of: {TAG_BYTES}")),
    }
}

/// The id of a revision that is otherwise unreadable, if it can be told.
fn revision_id(bytes: &[u8], inside: &[Markup]) -> Option<i64> {
    let child = children(inside).find(|child| child.open.element == Element::Id)?;
    field::id(bytes, &child).ok().flatten()
}
