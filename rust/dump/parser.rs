//! The document: what stands between the records, and which element comes next.
//!
//! Bytes come in windows; `run` goes on until records are enough or bytes run out. One element at a time is framed
//! (`frame.rs`) and, once whole, understood (`elements.rs`). Only the current window and one revision are in memory.

use sha2::Sha256;

use super::attributes;
use super::content;
use super::context::Context;
use super::error::{DumpError, ErrorKind, Fault, Reason, shown};
use super::frame::{Frame, Spare};
use super::header::Header;
use super::ledger::Ledger;
use super::limits::{LOGITEMS_BYTES, TAG_BYTES};
use super::scan::{CDATA_END, Found, Kind, Markup, markup_at};
use super::seen::Seen;
use super::siteinfo::SiteInfo;
use super::trail::Trail;
use crate::page::{Page, RecordSink};
use crate::stream::Buffer;
use crate::stream::Window;

/// Why `run` came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The sink has enough, or log items do.
    Full,
    NeedMore,
    /// A page ended behind the place where the part may.
    PartEnd,
    Finished,
}

/// What a framed element is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Revision,
    LogItem,
    HeaderField,
    SiteInfo,
    Skip,
}

/// An element that is being framed.
pub(crate) struct Task {
    pub(crate) frame: Frame,
    pub(crate) purpose: Purpose,
    /// Offset of its `<`.
    pub(crate) start: u64,
    /// Of the bytes dropped so far, when it became too large to keep.
    pub(crate) digest: Option<Sha256>,
}

/// A page whose end tag was not met yet.
pub(crate) struct OpenPage {
    pub(crate) start: u64,
    pub(crate) place: (i64, i64),
    pub(crate) header: Header,
    /// The header, settled when the first revision starts.
    pub(crate) settled: Option<Result<Page, Fault>>,
    pub(crate) has_revisions: bool,
    pub(crate) warned_of_memory: bool,
    /// The page's bytes up to its first revision.
    pub(crate) trail: Option<Trail>,
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts about the document, not states")]
pub(crate) struct Parser {
    pub(crate) context: Context,
    pub(crate) buffer: Buffer,
    pub(crate) ledger: Ledger,
    pub(crate) site: Option<SiteInfo>,
    pub(crate) page: Option<OpenPage>,
    pub(crate) seen: Seen,
    pub(crate) spare: Spare,
    pub(crate) spare_trail: Trail,
    /// Where the text of one revision is decoded.
    pub(crate) scratch: String,
    /// `version` and `xml:lang` of the root.
    pub(crate) root: (Option<String>, Option<String>),
    pub(crate) task: Option<Task>,
    /// Qualified names of the root and, where something unknown wraps it, of that.
    pub(crate) open: Vec<Vec<u8>>,
    is_in_text: bool,
    has_started: bool,
    pub(crate) is_dump: bool,
    pub(crate) had_end: bool,
    is_last: bool,
    failure: Option<DumpError>,
    /// The first page that ends here or behind ends the part.
    pub(crate) part_end: u64,
    is_behind_page: bool,
    is_transcoded: bool,
}

impl Parser {
    pub(crate) fn new(wiki_id: &str, buffer: Buffer) -> Self {
        Self {
            context: Context::new(wiki_id),
            buffer,
            ledger: Ledger::default(),
            site: None,
            page: None,
            seen: Seen::default(),
            spare: Spare::default(),
            spare_trail: Trail::default(),
            scratch: String::new(),
            root: (None, None),
            task: None,
            open: Vec::new(),
            is_in_text: false,
            has_started: false,
            is_dump: false,
            had_end: false,
            is_last: false,
            failure: None,
            part_end: u64::MAX,
            is_behind_page: false,
            is_transcoded: false,
        }
    }

    /// Starts in the midst of a document, where a page or revision begins.
    pub(crate) fn resume(&mut self, context: Context) {
        self.context = context;
        (self.has_started, self.is_dump) = (true, true);
    }

    pub(crate) fn append(&mut self, window: &mut Window) {
        self.buffer.append(window);
        self.is_last |= window.is_last;
        self.failure = self.failure.take().or(window.error.take().map(DumpError::from));
        self.is_transcoded |= window.is_transcoded;
        for (offset, message) in window.warnings.drain(..) {
            self.ledger.warn(offset, message);
        }
    }

    pub(crate) fn page_id(&self) -> Option<i64> {
        self.page.as_ref().and_then(|page| page.header.page_id())
    }

    /// Whether no element is being framed.
    pub(crate) fn is_between(&self) -> bool {
        self.task.is_none()
    }

    /// Parses until `sink` holds `target` bytes or more are needed.
    pub(crate) fn run(&mut self, sink: &mut impl RecordSink, target: u64) -> Result<Progress, DumpError> {
        loop {
            if self.is_behind_page && self.buffer.offset() >= self.part_end {
                return Ok(Progress::PartEnd);
            }
            if sink.taken_bytes() >= target || self.ledger.log_bytes >= LOGITEMS_BYTES {
                return Ok(Progress::Full);
            }
            let was_in_page = self.page.is_some();
            let went_on = self.step(sink).map_err(|error| error.on_page(self.page_id()))?;
            self.is_behind_page = was_in_page && self.page.is_none();
            if !went_on && !self.buffer.reveal() {
                return if self.is_last { self.finish().map(|()| Progress::Finished) } else { Ok(Progress::NeedMore) };
            }
        }
    }

    /// Takes one step; `false` when more bytes are needed.
    pub(crate) fn step(&mut self, sink: &mut impl RecordSink) -> Result<bool, DumpError> {
        if !self.has_started {
            return self.start();
        }
        match self.task.take() {
            Some(task) => {
                self.task = self.advance(task, sink)?;
                Ok(self.task.is_none())
            }
            None => self.next_markup(),
        }
    }

    fn start(&mut self) -> Result<bool, DumpError> {
        const HEAD_BYTES: usize = 64;
        let rest = self.buffer.rest();
        if rest.is_empty() || rest.len() < HEAD_BYTES && (!self.is_last || self.failure.is_some()) {
            return Ok(false);
        }
        let mark = content::content_start(rest)?;
        let blanks = rest.iter().skip(mark).take_while(|byte| byte.is_ascii_whitespace()).count();
        self.has_started = mark + blanks < rest.len();
        self.buffer.consume(mark + blanks);
        Ok(self.has_started)
    }

    /// Goes to the next `<` and takes what starts there.
    fn next_markup(&mut self) -> Result<bool, DumpError> {
        let rest = self.buffer.rest();
        let length = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        let between = rest.get(..length).unwrap_or_default();
        if let Some(place) = between.iter().position(|byte| !byte.is_ascii_whitespace()).filter(|_| !self.is_in_text) {
            self.ledger.warn(self.buffer.offset() + place as u64, "ignored text between elements");
            self.is_in_text = true; // it may go on in the next window
        }
        self.consume(length);
        let rest = self.buffer.rest();
        if rest.is_empty() {
            return Ok(false);
        }
        self.is_in_text = false;
        match markup_at(rest, 0) {
            Found::Incomplete => Ok(false),
            Found::TooLong => Err(self.refused("bytes of one tag or comment", TAG_BYTES)),
            Found::Markup(found) => match found.kind {
                Kind::Doctype => Err(self.unsafe_doctype(0)),
                Kind::CData => self.stray_cdata(),
                Kind::Comment => {
                    let inside = rest.get(found.start + 4..found.end.saturating_sub(3)).unwrap_or_default();
                    if memchr::memmem::find(inside, b"--").is_some() {
                        self.ledger.warn(self.buffer.offset(), "a comment with -- inside, which XML forbids");
                    }
                    self.consume(found.end);
                    Ok(true)
                }
                Kind::Instruction => self.instruction(found),
                Kind::Broken => {
                    self.broken();
                    Ok(true)
                }
                Kind::Open | Kind::Empty | Kind::Close if self.page.is_some() => Ok(self.inside_page(found)),
                Kind::Open | Kind::Empty | Kind::Close => Ok(self.outside_page(found)),
            },
        }
    }

    pub(crate) fn refused(&self, what: &str, limit: usize) -> DumpError {
        DumpError::new(ErrorKind::Limit, format!("{what} above the limit of: {limit}"), self.buffer.offset())
    }

    pub(crate) fn unsafe_doctype(&self, place: usize) -> DumpError {
        let message = "a DOCTYPE, which dumps never have; hint: this may be an attack, do not trust the file";
        DumpError::new(ErrorKind::Unsafe, message, self.buffer.offset() + place as u64)
    }

    /// Takes bytes off, past the digest of the page's header.
    pub(crate) fn consume(&mut self, count: usize) {
        let bytes = self.buffer.consume(count);
        if let Some(trail) = self.page.as_mut().and_then(|page| page.trail.as_mut()) {
            trail.extend(bytes);
        }
    }

    fn stray_cdata(&mut self) -> Result<bool, DumpError> {
        let rest = self.buffer.rest();
        let searched = rest.get(..TAG_BYTES).unwrap_or(rest);
        match memchr::memmem::find(searched, CDATA_END) {
            Some(place) => {
                self.ledger.warn(self.buffer.offset(), "ignored a CDATA section between elements");
                self.consume(place + CDATA_END.len());
                Ok(true)
            }
            None if searched.len() < TAG_BYTES => Ok(false),
            None => Err(self.refused("bytes of a CDATA section between elements", TAG_BYTES)),
        }
    }

    fn instruction(&mut self, found: Markup) -> Result<bool, DumpError> {
        let rest = self.buffer.rest();
        let declaration = rest.get(..found.end).unwrap_or_default();
        if let Some(inside) = declaration.strip_prefix(b"<?xml").and_then(|inside| inside.strip_suffix(b"?>")) {
            let encoding = attributes::value(inside, b"encoding").ok().flatten().unwrap_or_default();
            let is_known = match encoding.to_ascii_lowercase().as_str() {
                "" | "utf-8" | "utf8" | "us-ascii" | "ascii" => true,
                "utf-16" | "utf-16le" | "utf-16be" | "utf16" => self.is_transcoded,
                _ => false,
            };
            if !is_known {
                let message = format!("dumps are UTF-8, this file says: {}", shown(encoding.as_bytes()));
                return Err(DumpError::new(ErrorKind::Format, message, self.buffer.offset()));
            }
        }
        self.consume(found.end);
        Ok(true)
    }

    fn broken(&mut self) {
        let message = "a < that starts no markup";
        match self.page.as_mut().filter(|page| !page.has_revisions) {
            Some(page) => {
                _ = page.header.fault.get_or_insert(Fault::new(Reason::NotWellFormed, message));
            }
            None => self.ledger.warn(self.buffer.offset(), message),
        }
        self.consume(1);
    }

    /// Judges how the file ends.
    fn finish(&mut self) -> Result<(), DumpError> {
        let (page_id, end) = (self.page_id(), self.buffer.end());
        if let Some(failure) = self.failure.take() {
            return Err(failure.on_page(page_id));
        }
        let error = |kind, message: String| Err(DumpError::new(kind, message, end).on_page(page_id));
        let inside = |what: &str, start: u64| format!("the file ends inside {what} that starts at byte: {start}");
        if let Some(task) = &self.task {
            return error(ErrorKind::Truncated, inside("an element", task.start));
        }
        if let Some(page) = &self.page {
            return error(ErrorKind::Truncated, inside("a page", page.start));
        }
        if !self.has_started {
            return error(ErrorKind::Format, "an empty file, not a dump".into());
        }
        if !self.buffer.rest().is_empty() {
            return error(ErrorKind::Truncated, inside("a tag or comment", self.buffer.offset()));
        }
        if !self.is_dump {
            let first = self.open.first().map_or("none".into(), |name| shown(name));
            let message =
                format!("not a MediaWiki XML dump: no <mediawiki>, <siteinfo> or <page>, unclosed elements: {first}");
            return error(ErrorKind::Format, message);
        }
        if let Some(root) = self.open.first() {
            return error(ErrorKind::Truncated, format!("the file ends without an end tag of: {}", shown(root)));
        }
        Ok(())
    }
}
