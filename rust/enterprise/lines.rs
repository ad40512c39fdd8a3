//! Where records start and end: lines of a text or of an archive's members, elements of a list, or one object.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::archive::{Archive, BLOCK_BYTES, Next, is_start};
use super::error::{ArticleError, ErrorKind, Fault, Reason, shown};
use super::json::Cursor;
use super::limits::LINE_BYTES;

/// Elements of one list; answers of the service have ten.
const ELEMENTS: usize = 1 << 20;
/// Blanks behind the first line in which its end is looked for.
const BLANKS: usize = 64 << 10;
/// A buffer that grew for one giant record is given back above this size.
const KEPT_BYTES: usize = 16 << 20;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cut {
    NeedMore,
    /// A record: its offset, and its place in `Lines::bytes`.
    Record {
        offset: u64,
        range: Range<usize>,
        is_cut_off: bool,
    },
    /// A record, or what follows it, that cannot be taken.
    Bad {
        offset: u64,
        length: u64,
        sha256: [u8; 32],
        fault: Fault,
    },
    End,
}

#[derive(Debug)]
enum Phase {
    Start,
    Header { zeros: u8 },
    Extension { kind: u8, bytes: u64 },
    Lines { left: u64, padding: u64 },
    Skip { left: u64 },
    Document,
    Elements(std::vec::IntoIter<Element>),
    TooLong { offset: u64, length: u64, hasher: Box<Sha256>, left: u64, padding: u64 },
    AfterArchive,
}

type Element = Result<Range<usize>, (Range<usize>, Fault)>;

/// The unread bytes, and where among records they are.
#[derive(Debug)]
pub(crate) struct Lines {
    bytes: Vec<u8>,
    head: usize,
    base: u64,
    /// Unread bytes that are known to hold no line end.
    searched: usize,
    is_last: bool,
    phase: Phase,
    pub(crate) archive: Option<Archive>,
    is_document: bool,
    pub(crate) warnings: Vec<(u64, String)>,
    longest: usize,
}

impl Lines {
    /// `longest` is the most bytes of one record.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            bytes: Vec::new(),
            head: 0,
            base: 0,
            searched: 0,
            is_last: false,
            phase: Phase::Start,
            archive: None,
            is_document: false,
            warnings: Vec::new(),
            longest: longest.min(LINE_BYTES),
        }
    }

    pub(crate) fn append(&mut self, bytes: &[u8], is_last: bool) {
        self.bytes.drain(..self.head);
        self.base += self.head as u64;
        self.head = 0;
        if self.bytes.capacity() > KEPT_BYTES && self.bytes.len() < KEPT_BYTES / 4 {
            self.bytes.shrink_to(KEPT_BYTES);
        }
        self.bytes.extend_from_slice(bytes);
        self.is_last = is_last;
    }

    pub(crate) fn offset(&self) -> u64 {
        self.base + self.head as u64
    }

    /// What holds the records; nothing while it is not known.
    pub(crate) fn container(&self) -> Option<&'static str> {
        match self.phase {
            Phase::Start => None,
            _ if self.archive.is_some() => Some("tar"),
            _ if self.is_document => Some("json"),
            _ => Some("ndjson"),
        }
    }

    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }

    fn consume(&mut self, count: usize) {
        self.head += count;
        self.searched = 0;
    }

    fn fail<T>(&self, kind: ErrorKind, message: impl Into<String>) -> Result<T, ArticleError> {
        Err(ArticleError::new(kind, message, self.offset()))
    }

    /// Finds the next record.
    pub(crate) fn next(&mut self) -> Result<Cut, ArticleError> {
        loop {
            let is_done = match &mut self.phase {
                Phase::Start => self.start()?,
                Phase::Header { .. } => self.header()?,
                Phase::Extension { .. } => self.extension()?,
                Phase::Skip { .. } => self.skip(),
                Phase::Lines { left, padding } => {
                    let (left, padding) = (*left, *padding);
                    match self.line(left, padding) {
                        Some(cut) => return Ok(cut),
                        None => true,
                    }
                }
                Phase::TooLong { .. } => match self.too_long() {
                    Some(cut) => return Ok(cut),
                    None => false,
                },
                Phase::Document => self.document()?,
                Phase::Elements(elements) => {
                    return Ok(match elements.next() {
                        None => Cut::End,
                        Some(Ok(range)) => {
                            Cut::Record { offset: self.base + range.start as u64, range, is_cut_off: false }
                        }
                        Some(Err((_, fault))) if fault.reason == Reason::Unfinished => {
                            return self.fail(ErrorKind::Truncated, "the file ends inside a record");
                        }
                        Some(Err((range, fault))) => self.bad(range, fault),
                    });
                }
                Phase::AfterArchive => {
                    if self.rest().iter().any(|byte| *byte != 0) {
                        self.warnings.push((self.offset(), "ignored bytes after the end of the archive".into()));
                    }
                    self.consume(self.rest().len());
                    return Ok(if self.is_last { Cut::End } else { Cut::NeedMore });
                }
            };
            if !is_done {
                if !self.is_last {
                    return Ok(Cut::NeedMore);
                }
                if self.is_finished() {
                    return Ok(Cut::End);
                }
                return self.fail(ErrorKind::Truncated, "the file ends inside its archive");
            }
        }
    }

    fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Lines { left: u64::MAX, .. }) && self.rest().is_empty()
    }

    fn bad(&self, range: Range<usize>, fault: Fault) -> Cut {
        let bytes = self.bytes(range.clone());
        let sha256 = Sha256::digest(bytes).into();
        Cut::Bad { offset: self.base + range.start as u64, length: bytes.len() as u64, sha256, fault }
    }

    /// Finds out what the content is, by its first bytes.
    fn start(&mut self) -> Result<bool, ArticleError> {
        const NEEDED_BYTES: usize = 64 << 10;
        if self.rest().len() < NEEDED_BYTES && !self.is_last {
            return Ok(false);
        }
        if self.rest().first_chunk::<BLOCK_BYTES>().is_some_and(is_start) {
            self.archive = Some(Archive::default());
            self.phase = Phase::Header { zeros: 0 };
            return Ok(true);
        }
        if self.offset() == 0 && self.rest().starts_with(b"\xef\xbb\xbf") {
            self.consume(3);
        }
        let rest = self.rest();
        if matches!(rest, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..]) {
            return self.fail(
                ErrorKind::Format,
                "encoded in UTF-16, JSON is UTF-8; hint: convert it first: iconv -f UTF-16 -t UTF-8",
            );
        }
        let Some(place) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            let what = if self.is_last { "the file holds nothing" } else { "the file starts with too many blanks" };
            return self.fail(ErrorKind::Format, what);
        };
        let text = rest.get(place..).unwrap_or_default();
        let unsearched = rest.get(self.searched.max(place)..).unwrap_or_default();
        let has_line_end = memchr::memchr(b'\n', unsearched).is_some();
        if text.starts_with(b"{") && !has_line_end && !self.is_last && rest.len() <= self.longest {
            self.searched = rest.len(); // the next windows do not search all of a giant line again
            return Ok(false);
        }
        self.searched = 0;
        let rest = self.rest();
        let text = rest.get(place..).unwrap_or_default();
        match text {
            [b'[', ..] => self.phase = Phase::Document,
            [b'{', ..] => match starts_document(text, self.is_last) {
                None if rest.len() <= self.longest => return Ok(false),
                Some(true) => self.phase = Phase::Document,
                _ => self.phase = Phase::Lines { left: u64::MAX, padding: 0 },
            },
            _ => {
                let what = match text {
                    [b'<', ..] => "XML or HTML",
                    [b'-', b'-', ..] | [b'/', b'*', ..] => "an SQL dump",
                    _ => "something else",
                };
                let message = format!("not JSON but {what}, it starts with: {}", shown(text.get(..16).unwrap_or(text)));
                return self.fail(ErrorKind::Format, message);
            }
        }
        self.is_document = matches!(self.phase, Phase::Document);
        Ok(true)
    }

    fn header(&mut self) -> Result<bool, ArticleError> {
        let Some(block) = self.rest().first_chunk::<BLOCK_BYTES>().copied() else {
            return Ok(false);
        };
        let offset = self.offset();
        let next = self.archive.get_or_insert_default().header(&block, offset)?;
        self.consume(BLOCK_BYTES);
        let padding = |bytes: u64| bytes.next_multiple_of(BLOCK_BYTES as u64) - bytes;
        self.phase = match next {
            Next::Zeros if matches!(self.phase, Phase::Header { zeros: 1 }) => Phase::AfterArchive,
            Next::Zeros => Phase::Header { zeros: 1 },
            _ if matches!(self.phase, Phase::Header { zeros: 1 }) => {
                return Err(ArticleError::new(ErrorKind::Unsafe, "the archive goes on behind its end mark", offset));
            }
            Next::Extension { bytes, kind } => Phase::Extension { bytes, kind },
            Next::Lines { bytes } => Phase::Lines { left: bytes, padding: padding(bytes) },
            Next::Other { bytes } => Phase::Skip { left: bytes + padding(bytes) },
        };
        Ok(true)
    }

    fn extension(&mut self) -> Result<bool, ArticleError> {
        let Phase::Extension { kind, bytes } = self.phase else {
            return Ok(true);
        };
        let whole = usize::try_from(bytes.next_multiple_of(BLOCK_BYTES as u64)).unwrap_or(usize::MAX);
        let (offset, count) = (self.offset(), usize::try_from(bytes).unwrap_or(usize::MAX));
        if self.rest().len() < whole {
            return Ok(false);
        }
        let content = self.rest().get(..count).unwrap_or_default().to_vec();
        self.archive.get_or_insert_default().extend(kind, &content, offset)?;
        self.consume(whole);
        self.phase = Phase::Header { zeros: 0 };
        Ok(true)
    }

    fn skip(&mut self) -> bool {
        let Phase::Skip { left } = self.phase else {
            return true;
        };
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(self.rest().len());
        self.consume(count);
        let left = left - count as u64;
        self.phase = if left == 0 { Phase::Header { zeros: 0 } } else { Phase::Skip { left } };
        left == 0
    }

    /// Cuts the next line off; `None` at the end of a member.
    fn line(&mut self, mut left: u64, padding: u64) -> Option<Cut> {
        loop {
            let present = usize::try_from(left).unwrap_or(usize::MAX).min(self.rest().len());
            let is_whole = present as u64 == left || (left == u64::MAX && self.is_last);
            let fresh = self.rest().get(self.searched..present).unwrap_or_default();
            let found = memchr::memchr(b'\n', fresh).map(|place| self.searched + place);
            let (end, taken) = match found {
                Some(end) => (end, end + 1),
                None if is_whole && present == 0 && left != u64::MAX => {
                    self.phase = Phase::Skip { left: padding };
                    return None;
                }
                None if is_whole && present == 0 => return Some(Cut::End),
                None if is_whole => (present, present),
                None if present > self.longest => {
                    let offset = self.offset();
                    self.phase = Phase::TooLong { offset, length: 0, hasher: Box::default(), left, padding };
                    return None;
                }
                None => {
                    self.searched = present;
                    if self.is_last {
                        // A member that ends with the file is cut off; its last line is not given out.
                        self.phase = Phase::Skip { left: left.saturating_add(padding) };
                        return None;
                    }
                    return Some(Cut::NeedMore);
                }
            };
            let (start, offset) = (self.head, self.offset());
            self.consume(taken);
            if left != u64::MAX {
                left -= taken as u64;
            }
            self.phase = Phase::Lines { left, padding };
            let line = self.bytes(start..start + end);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() > self.longest {
                let fault = Fault::new(Reason::LineTooLong, format!("bytes of the line: {}", line.len()));
                return Some(self.bad(start..start + line.len(), fault));
            }
            if !line.iter().all(u8::is_ascii_whitespace) {
                let range = start..start + line.len();
                return Some(Cut::Record { offset, range, is_cut_off: found.is_none() && left == u64::MAX });
            }
        }
    }

    /// Passes over a line that is too long, and hashes it.
    fn too_long(&mut self) -> Option<Cut> {
        let longest = self.longest;
        let Phase::TooLong { offset, length, hasher, left, padding } = &mut self.phase else {
            return None;
        };
        let rest = self.bytes.get(self.head..).unwrap_or_default();
        let present = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
        let part = rest.get(..present).unwrap_or_default();
        let end = memchr::memchr(b'\n', part);
        let line = part.get(..end.unwrap_or(present)).unwrap_or_default();
        hasher.update(line);
        *length += line.len() as u64;
        let taken = end.map_or(present, |end| end + 1);
        if *left != u64::MAX {
            *left -= taken as u64;
        }
        let is_over = end.is_some() || *left == 0 || (*left == u64::MAX && self.is_last);
        let cut = is_over.then(|| Cut::Bad {
            offset: *offset,
            length: *length,
            sha256: hasher.clone().finalize().into(),
            fault: Fault::new(Reason::LineTooLong, format!("bytes of the line, more than {longest}: {length}")),
        });
        let after = Phase::Lines { left: *left, padding: *padding };
        self.consume(taken);
        if is_over {
            self.phase = after;
        }
        cut
    }

    /// Waits for a whole document, and finds its elements.
    fn document(&mut self) -> Result<bool, ArticleError> {
        if self.rest().len() > self.longest {
            return self.fail(ErrorKind::Limit, format!("bytes of a JSON document exceed the limit: {}", self.longest));
        }
        if !self.is_last {
            return Ok(false);
        }
        let whole = self.head..self.bytes.len();
        let elements = match std::str::from_utf8(self.rest()) {
            Ok(text) => elements(text, self.head),
            Err(error) => {
                let detail = format!("invalid UTF-8 after bytes: {}", error.valid_up_to());
                vec![Err((whole, Fault::new(Reason::BadUtf8, detail)))]
            }
        };
        if elements.len() > ELEMENTS {
            return self.fail(ErrorKind::Limit, format!("elements of a list reach the limit: {ELEMENTS}"));
        }
        self.phase = Phase::Elements(elements.into_iter());
        Ok(true)
    }
}

/// Whether a text whose first byte is `{` is one object over several lines; `None` if more must be seen.
fn starts_document(text: &[u8], is_last: bool) -> Option<bool> {
    let Some(end) = memchr::memchr(b'\n', text) else {
        return is_last.then_some(false);
    };
    let (first, rest) = text.split_at_checked(end)?;
    let Ok(first) = std::str::from_utf8(first) else {
        return Some(false);
    };
    if !Cursor::new(first, 0).skip().is_err_and(|fault| fault.reason == Reason::Unfinished) {
        return Some(false);
    }
    let near = rest.get(..BLANKS).unwrap_or(rest);
    match near.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(next) => Some(*next != b'{'),
        None => (is_last || near.len() == BLANKS).then_some(false),
    }
}

/// The values of a document: those of a list, or those that follow each other. `start` is added to their places.
fn elements(text: &str, start: usize) -> Vec<Element> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text, 0);
    let is_list = cursor.take(b'[');
    if is_list && cursor.take(b']') {
        return rest_of(text, &mut cursor, start, found);
    }
    loop {
        cursor.skip_blanks();
        let place = cursor.place();
        let after = cursor.skip().and_then(|()| {
            found.push(Ok(start + place..start + cursor.place()));
            match cursor.peek() {
                Some(b',') if is_list => Ok(cursor.take(b',')),
                Some(b']') if is_list => Ok(!cursor.take(b']')),
                None if !is_list => Ok(false),
                Some(b'{') if !is_list => Ok(true),
                _ => Err(cursor.fail(if is_list { "neither a comma nor the end" } else { "no object" })),
            }
        });
        match after {
            Ok(true) if found.len() <= ELEMENTS => {}
            Ok(_) => return rest_of(text, &mut cursor, start, found),
            Err(fault) => {
                let from =
                    if found.last().is_some_and(|last| last.as_ref().is_ok_and(|range| range.start == start + place)) {
                        cursor.place()
                    } else {
                        place
                    };
                found.push(Err((start + from..start + text.len(), fault)));
                return found;
            }
        }
    }
}

fn rest_of(text: &str, cursor: &mut Cursor<'_>, start: usize, mut found: Vec<Element>) -> Vec<Element> {
    if found.len() <= ELEMENTS
        && let Err(fault) = cursor.expect_end()
    {
        found.push(Err((start + cursor.place()..start + text.len(), fault)));
    }
    found
}
