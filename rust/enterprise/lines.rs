//! Where records start and end: lines of a text or of an archive's members, elements of a list, or one object.

use sha2::{Digest, Sha256};

use super::archive::{Archive, BLOCK_BYTES, Next};
use super::elements::{self, Element};
use super::error::{ArticleError, ErrorKind, Fault, Reason};
use super::limits::LINE_BYTES;
use super::opening::{self, Opening};
use crate::stream::{Buffer, Window};

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cut {
    NeedMore,
    /// A record: `Lines::bytes` holds it until the next is asked for.
    Record {
        offset: u64,
        length: usize,
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

/// The unread bytes, and where among records they are.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Buffer,
    /// Unread bytes that are known to hold no line end.
    searched: usize,
    has_all: bool,
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
            buffer: Buffer::default(),
            searched: 0,
            has_all: false,
            phase: Phase::Start,
            archive: None,
            is_document: false,
            warnings: Vec::new(),
            longest: longest.min(LINE_BYTES),
        }
    }

    /// Takes the bytes of a window over; `is_last` tells that the file ended with them, and cleanly.
    pub(crate) fn append(&mut self, window: &mut Window, is_last: bool) {
        self.buffer.append(window);
        self.has_all = is_last;
    }

    /// Memory to decompress the next window into.
    pub(crate) fn take_spare(&mut self) -> Option<Vec<u8>> {
        self.buffer.take_spare()
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

    /// The bytes of a record that was just found.
    pub(crate) fn bytes(&self, offset: u64, length: usize) -> &[u8] {
        self.buffer.at(offset, length)
    }

    fn rest(&self) -> &[u8] {
        self.buffer.rest()
    }

    fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    /// Whether nothing follows `rest`.
    fn is_last(&self) -> bool {
        self.has_all && self.buffer.shows_all()
    }

    fn consume(&mut self, count: usize) {
        self.buffer.consume(count);
        self.searched = 0;
    }

    fn fail<T>(&self, kind: ErrorKind, message: impl Into<String>) -> Result<T, ArticleError> {
        Err(ArticleError::new(kind, message, self.offset()))
    }

    /// Finds the next record.
    pub(crate) fn next(&mut self) -> Result<Cut, ArticleError> {
        loop {
            let cut = self.advance()?;
            if cut != Cut::NeedMore || !self.buffer.reveal() {
                return Ok(cut);
            }
        }
    }

    /// The same among the bytes in sight.
    fn advance(&mut self) -> Result<Cut, ArticleError> {
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
                            let offset = self.offset() + range.start as u64;
                            Cut::Record { offset, length: range.len(), is_cut_off: false }
                        }
                        Some(Err((_, fault))) if fault.reason == Reason::Unfinished => {
                            return self.fail(ErrorKind::Truncated, "the file ends inside a record");
                        }
                        Some(Err((range, fault))) => self.bad(self.offset() + range.start as u64, range.len(), fault),
                    });
                }
                Phase::AfterArchive => {
                    if self.rest().iter().any(|byte| *byte != 0) {
                        self.warnings.push((self.offset(), "ignored bytes after the end of the archive".into()));
                    }
                    self.consume(self.rest().len());
                    return Ok(if self.is_last() { Cut::End } else { Cut::NeedMore });
                }
            };
            if !is_done {
                if !self.is_last() {
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

    fn bad(&self, offset: u64, length: usize, fault: Fault) -> Cut {
        let bytes = self.bytes(offset, length);
        Cut::Bad { offset, length: bytes.len() as u64, sha256: Sha256::digest(bytes).into(), fault }
    }

    /// Finds out what the content is, by its first bytes.
    fn start(&mut self) -> Result<bool, ArticleError> {
        let offset = self.offset();
        let look = opening::look(self.rest(), offset, self.searched, self.is_last(), self.longest);
        let (opening, searched) = look.map_err(|message| ArticleError::new(ErrorKind::Format, message, offset))?;
        self.searched = searched;
        self.phase = match opening {
            Opening::Unsure => return Ok(false),
            Opening::Archive => {
                self.archive = Some(Archive::default());
                Phase::Header { zeros: 0 }
            }
            Opening::Mark(bytes) => {
                self.consume(bytes);
                return Ok(true);
            }
            Opening::Lines => Phase::Lines { left: u64::MAX, padding: 0 },
            Opening::Document => {
                self.is_document = true;
                Phase::Document
            }
        };
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
            let is_whole = present as u64 == left || (left == u64::MAX && self.is_last());
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
                    if self.is_last() {
                        // A member that ends with the file is cut off; its last line is not given out.
                        self.phase = Phase::Skip { left: left.saturating_add(padding) };
                        return None;
                    }
                    return Some(Cut::NeedMore);
                }
            };
            let offset = self.offset();
            self.consume(taken);
            if left != u64::MAX {
                left -= taken as u64;
            }
            self.phase = Phase::Lines { left, padding };
            let line = self.bytes(offset, end);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() > self.longest {
                let fault = Fault::new(Reason::LineTooLong, format!("bytes of the line: {}", line.len()));
                return Some(self.bad(offset, line.len(), fault));
            }
            if !line.iter().all(u8::is_ascii_whitespace) {
                let is_cut_off = found.is_none() && left == u64::MAX;
                return Some(Cut::Record { offset, length: line.len(), is_cut_off });
            }
        }
    }

    /// Passes over a line that is too long, and hashes it.
    fn too_long(&mut self) -> Option<Cut> {
        let (longest, is_last) = (self.longest, self.is_last());
        let Phase::TooLong { offset, length, hasher, left, padding } = &mut self.phase else {
            return None;
        };
        let rest = self.buffer.rest();
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
        let is_over = end.is_some() || *left == 0 || (*left == u64::MAX && is_last);
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
        if !self.is_last() {
            return Ok(false);
        }
        let found = elements::find(self.rest());
        if found.len() > elements::MOST {
            return self.fail(ErrorKind::Limit, format!("elements of a list reach the limit: {}", elements::MOST));
        }
        self.phase = Phase::Elements(found.into_iter());
        Ok(true)
    }
}
