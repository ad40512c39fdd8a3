//! One record again, from the position that was noted when it was first read.

use std::path::Path;

use super::buffer::{Buffer, signed};
use super::context::Context;
use super::decompress::Source;
use super::error::{DumpError, ErrorKind};
use super::limits::{SITEINFO_BYTES, TAG_BYTES, WINDOW_BYTES};
use super::parser::Parser;
use super::scan::{Element, Found, Kind, markup_at};
use super::siteinfo::Namespace;
use crate::page::{Page, Position, RecordSink, Revision};

/// Windows while a header is looked for: small, because little is needed.
const HEADER_WINDOW_BYTES: usize = 64 << 10;

/// Reads the revision at `position` into `sink`. `namespaces` serve pages that state none; without any, those of the file's
/// header are used.
///
/// # Errors
/// When the file cannot be opened, no page starts at the page's position, or no whole and readable revision of the given
/// length at the revision's.
pub fn read_record(
    path: &Path,
    wiki_id: &str,
    position: Position,
    namespaces: &[Namespace],
    sink: &mut impl RecordSink,
) -> Result<(), DumpError> {
    let mut context = document_context(path, wiki_id)?;
    if !namespaces.is_empty() {
        context.namespaces = namespaces.to_vec();
    }
    let mut page = Cursor::open(path, wiki_id, &context, position.page_stream_offset, position.page_offset)?;
    page.expect(Element::Page)?;
    page.read_header()?;
    let is_ahead = position.page_stream_offset == position.stream_offset
        && signed(page.parser.buffer.offset()) <= position.element_offset;
    let mut revision = if is_ahead && page.source.streams() > 0 {
        page
    } else {
        let open_page = page.parser.page.take();
        let mut revision = Cursor::open(path, wiki_id, &context, position.stream_offset, 0)?;
        revision.parser.page = open_page;
        revision
    };
    revision.skip_to(position.element_offset)?;
    revision.expect(Element::Revision)?;
    revision.read_revision(position, sink)
}

/// What the head of the file says about its wiki and exporter.
fn document_context(path: &Path, wiki_id: &str) -> Result<Context, DumpError> {
    let mut source = Source::reopen(path, 0)?;
    let mut parser = Parser::new(wiki_id, Buffer::default());
    let mut nothing = Nothing;
    while parser.site.is_none() && parser.page.is_none() && parser.buffer.end() <= SITEINFO_BYTES as u64 {
        let mut window = source.read_window(Vec::new(), HEADER_WINDOW_BYTES);
        let is_last = window.is_last;
        parser.append(&mut window);
        while parser.site.is_none() && parser.page.is_none() && parser.step(&mut nothing)? {}
        if is_last {
            break;
        }
    }
    Ok(parser.context)
}

/// A parser in the midst of a file.
struct Cursor {
    source: Source,
    parser: Parser,
    is_last: bool,
}

impl Cursor {
    fn open(path: &Path, wiki_id: &str, context: &Context, stream_offset: i64, offset: i64) -> Result<Self, DumpError> {
        let unsigned = |value: i64| {
            u64::try_from(value)
                .map_err(|_| DumpError::new(ErrorKind::Format, format!("a position below 0: {value}"), 0))
        };
        let (stream_offset, offset) = (unsigned(stream_offset)?, unsigned(offset)?);
        let mut source = Source::reopen(path, stream_offset)?;
        let start = if source.seek_plain(offset)? { offset } else { 0 };
        let mut parser = Parser::new(wiki_id, Buffer::starting_at(start));
        parser.resume(context.clone());
        let mut cursor = Self { source, parser, is_last: false };
        cursor.skip_to(signed(offset))?;
        Ok(cursor)
    }

    fn fail(&self, kind: ErrorKind, message: impl Into<String>) -> DumpError {
        DumpError::new(kind, message, self.parser.buffer.offset())
    }

    /// Appends the next window.
    fn grow(&mut self, size: usize) -> Result<(), DumpError> {
        if self.is_last {
            return Err(self.fail(ErrorKind::Truncated, "the file ends before the record does"));
        }
        let mut window = self.source.read_window(Vec::new(), size);
        self.is_last = window.is_last;
        match window.error.take() {
            Some(error) if window.bytes.is_empty() => return Err(error),
            _ => self.parser.append(&mut window),
        }
        Ok(())
    }

    /// Moves forward to a place within the stream.
    fn skip_to(&mut self, offset: i64) -> Result<(), DumpError> {
        loop {
            let here = signed(self.parser.buffer.offset());
            let wanted = usize::try_from(offset - here)
                .map_err(|_| self.fail(ErrorKind::Format, "a position that lies back"))?;
            let present = self.parser.buffer.rest().len();
            self.parser.buffer.consume(wanted.min(present));
            if wanted <= present {
                return Ok(());
            }
            if self.parser.buffer.offset() == 0 && self.source.seek_plain(offset.unsigned_abs())? {
                self.parser.buffer = Buffer::starting_at(offset.unsigned_abs());
                return Ok(());
            }
            self.grow(WINDOW_BYTES)?;
        }
    }

    /// Checks that the asked element starts here.
    fn expect(&mut self, element: Element) -> Result<(), DumpError> {
        loop {
            let rest = self.parser.buffer.rest();
            let found = if rest.is_empty() { Found::Incomplete } else { markup_at(rest, 0) };
            match found {
                Found::Incomplete if rest.len() <= TAG_BYTES => self.grow(HEADER_WINDOW_BYTES)?,
                Found::Markup(found)
                    if rest.starts_with(b"<") && found.element == element && found.kind == Kind::Open =>
                {
                    return Ok(());
                }
                _ => {
                    let what = if element == Element::Page { "<page>" } else { "<revision>" };
                    return Err(self.fail(ErrorKind::Format, format!("at this position of the dump starts no: {what}")));
                }
            }
        }
    }

    /// Reads from `<page>` to before the first revision.
    fn read_header(&mut self) -> Result<(), DumpError> {
        let mut nothing = Nothing;
        loop {
            let rest = self.parser.buffer.rest().trim_ascii_start();
            let found =
                if rest.is_empty() || !self.parser.is_between() { Found::Incomplete } else { markup_at(rest, 0) };
            if matches!(found, Found::Markup(found) if found.element == Element::Revision) {
                return Ok(());
            }
            if !self.parser.step(&mut nothing)? {
                self.grow(HEADER_WINDOW_BYTES)?;
            }
            if self.parser.page.is_none() {
                return Err(self.fail(ErrorKind::Format, "the page ends before its first revision"));
            }
        }
    }

    /// Reads the revision that starts here.
    fn read_revision(&mut self, position: Position, sink: &mut impl RecordSink) -> Result<(), DumpError> {
        let start = self.parser.buffer.offset();
        let mut taken = Positioned { position, is_taken: false, sink };
        loop {
            if !self.parser.step(&mut taken)? {
                self.grow(HEADER_WINDOW_BYTES)?;
            } else if taken.is_taken {
                return Ok(());
            } else if self.parser.is_between() {
                let length = self.parser.buffer.offset() - start;
                let message = self.parser.ledger.quarantine.last().map_or_else(
                    || {
                        format!(
                            "a revision of another length than noted, noted {}, found: {length}",
                            position.element_length
                        )
                    },
                    |row| format!("the revision cannot be read, {}: {}", row.reason, row.detail),
                );
                return Err(DumpError::new(ErrorKind::Format, message, start));
            }
        }
    }
}

/// Passes one revision of the noted length on, with its position in the file.
struct Positioned<'s, S> {
    position: Position,
    is_taken: bool,
    sink: &'s mut S,
}

impl<S: RecordSink> RecordSink for Positioned<'_, S> {
    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        if revision.position.element_length == self.position.element_length {
            let mut revision = revision.clone();
            revision.position = self.position;
            self.sink.push(page, &revision);
            self.is_taken = true;
        }
    }

    fn taken_bytes(&self) -> u64 {
        0
    }
}

/// Takes nothing: for the way to the record.
struct Nothing;

impl RecordSink for Nothing {
    fn push(&mut self, _: &Page, _: &Revision<'_>) {}

    fn taken_bytes(&self) -> u64 {
        0
    }
}
