//! One record again, from the position that was noted when it was first read.

use std::path::Path;

use super::context::Context;
use super::error::{DumpError, ErrorKind};
use super::limits::{SITEINFO_BYTES, TAG_BYTES};
use super::parser::Parser;
use super::scan::{Element, Found, Kind, Markup, markup_at};
use super::siteinfo::Namespace;
use crate::page::{Page, Position, RecordSink, Revision};
use crate::stream::{self, Block, Compression, Place};
use crate::stream::{Buffer, signed};

/// Windows while a record is looked for: small, because little is needed.
const SMALL_WINDOW_BYTES: usize = 64 << 10;

/// Reads the revision at `position` into `sink`. `namespaces` serve pages that state none; without any, those of the file's
/// header are used. `seek` may name blocks of the revision's stream from which decompression can start.
///
/// # Errors
/// When the file cannot be opened, no page starts at the page's position, or no whole and readable revision of the given
/// length at the revision's.
pub fn read_record(
    path: &Path,
    wiki_id: &str,
    position: Position,
    namespaces: &[Namespace],
    seek: &[Block],
    sink: &mut impl RecordSink,
) -> Result<(), DumpError> {
    let mut context = document_context(path, wiki_id)?;
    if !namespaces.is_empty() {
        context.namespaces = namespaces.to_vec();
    }
    let is_one_stream = position.page_stream_offset == position.stream_offset;
    let page_seek = if is_one_stream { seek } else { &[] };
    let mut page =
        Cursor::open(path, wiki_id, &context, (position.page_stream_offset, position.page_offset), page_seek)?;
    page.expect(Element::Page)?;
    page.read_header()?;
    let here = page.parser.buffer.end();
    let wanted = position.element_offset;
    let is_ahead = is_one_stream && signed(page.parser.buffer.offset()) <= wanted;
    let has_shortcut = seek.iter().any(|block| block.decompressed > here && signed(block.decompressed) <= wanted);
    let mut revision = if is_ahead && !has_shortcut && page.stream.compression() != Compression::Plain {
        page.skip_to(wanted)?;
        page
    } else {
        let open_page = page.parser.page.take();
        let mut revision = Cursor::open(path, wiki_id, &context, (position.stream_offset, wanted), seek)?;
        revision.parser.page = open_page;
        revision
    };
    revision.expect(Element::Revision)?;
    revision.read_revision(position, sink)
}

/// What the head of the file says about its wiki and exporter.
fn document_context(path: &Path, wiki_id: &str) -> Result<Context, DumpError> {
    let mut stream = open(path, Place::default())?;
    let mut parser = Parser::new(wiki_id, Buffer::default());
    let mut nothing = Nothing;
    while parser.site.is_none() && parser.page.is_none() && parser.buffer.end() <= SITEINFO_BYTES as u64 {
        let mut window = stream.next_window();
        let is_last = window.is_last;
        parser.append(&mut window);
        while parser.site.is_none() && parser.page.is_none() {
            if !parser.step(&mut nothing)? && !parser.buffer.reveal() {
                break;
            }
        }
        if is_last {
            break;
        }
    }
    Ok(parser.context)
}

fn open(path: &Path, place: Place) -> Result<stream::Reader, DumpError> {
    let options = stream::Options { threads: 1, digests: None, place, window_bytes: SMALL_WINDOW_BYTES };
    Ok(stream::Reader::open(path, &options)?)
}

/// A parser in the midst of a file.
struct Cursor {
    stream: stream::Reader,
    parser: Parser,
    is_last: bool,
}

impl Cursor {
    /// Opens the file at an offset within a stream, from the last block of `seek` that is not behind it.
    fn open(
        path: &Path,
        wiki_id: &str,
        context: &Context,
        (stream_offset, offset): (i64, i64),
        seek: &[Block],
    ) -> Result<Self, DumpError> {
        let unsigned = |value: i64| {
            u64::try_from(value)
                .map_err(|_| DumpError::new(ErrorKind::Format, format!("a position below 0: {value}"), 0))
        };
        let (stream_offset, offset) = (unsigned(stream_offset)?, unsigned(offset)?);
        let usable = seek.iter().filter(|block| block.decompressed <= offset && block.bit / 8 >= stream_offset);
        let block = usable.max_by_key(|block| block.decompressed).copied();
        let stream = open(path, Place { stream_offset, stream_start: 0, block, offset, streams: 0 })?;
        let mut parser = Parser::new(wiki_id, Buffer::starting_at(offset));
        parser.resume(context.clone());
        Ok(Self { stream, parser, is_last: false })
    }

    fn fail(&self, kind: ErrorKind, message: impl Into<String>) -> DumpError {
        DumpError::new(kind, message, self.parser.buffer.offset())
    }

    /// Brings more bytes in sight.
    fn grow(&mut self) -> Result<(), DumpError> {
        if self.parser.buffer.reveal() {
            return Ok(());
        }
        if self.is_last {
            return Err(self.fail(ErrorKind::Truncated, "the file ends before the record does"));
        }
        let mut window = self.stream.next_window();
        self.is_last = window.is_last;
        match window.error.take() {
            Some(error) if window.bytes.is_empty() => return Err(error.into()),
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
            self.grow()?;
        }
    }

    /// Checks that the asked element starts here.
    fn expect(&mut self, element: Element) -> Result<(), DumpError> {
        loop {
            let rest = self.parser.buffer.rest();
            let found = if rest.is_empty() { Found::Incomplete } else { markup_at(rest, 0) };
            match found {
                Found::Incomplete if rest.len() <= TAG_BYTES => self.grow()?,
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
            let rest = self.parser.buffer.rest();
            let text = memchr::memchr(b'<', rest).unwrap_or(rest.len()); // text between elements, which `step` warns of
            let rest = rest.get(text..).unwrap_or_default();
            let found =
                if rest.is_empty() || !self.parser.is_between() { Found::Incomplete } else { markup_at(rest, 0) };
            let is_start = |found: Markup| found.element == Element::Revision && found.kind != Kind::Close;
            if matches!(found, Found::Markup(found) if is_start(found)) {
                return Ok(());
            }
            if !self.parser.step(&mut nothing)? {
                self.grow()?;
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
                self.grow()?;
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
