//! A file of articles as batches of records in file order.

use std::path::Path;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::article::Article;
use super::error::{ArticleError, ErrorKind, Fault, Reason};
use super::feed::Feed;
use super::json::Cursor;
use super::ledger::{Counts, Ledger};
use super::limits::{LINE_BYTES, NAMES};
use super::lines::{Cut, Lines};
use super::record::{Scratch, identify, revision};
use super::seen::{Entry, Seen, Sighting};
use crate::page::{Page, Position, Quarantined, RecordSink, Revision};

/// Most raw bytes in one batch: the string columns of a batch count with 31 bits.
const BATCH_BYTES: u64 = 1 << 30;

/// How a file is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Wiki of records that name none.
    pub wiki_id: String,
    /// Two or more decompress ahead of parsing; what is read does not depend on it.
    pub threads: usize,
    /// Raw bytes of records per batch.
    pub batch_bytes: u64,
    /// Take the MD5 and the SHA-1 of the file beside its SHA-256.
    pub with_md5: bool,
    pub with_sha1: bool,
    /// Offsets, ascending, of the records that give way to others of their pages, as `superseded` tells them. Without them
    /// records are compared with those before them.
    pub superseded: Option<Vec<u64>>,
    /// Most bytes of one record.
    pub line_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wiki_id: String::new(),
            threads: 1,
            batch_bytes: 8 << 20,
            with_md5: false,
            with_sha1: false,
            superseded: None,
            line_bytes: LINE_BYTES,
        }
    }
}

/// What is known of a file and of what was read of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub counts: Counts,
    /// Compressed bytes read.
    pub bytes_read: u64,
    pub bytes_decompressed: u64,
    pub warnings: Vec<(u64, String)>,
    /// Of the whole file, once its end was reached.
    pub sha256: Option<Vec<u8>>,
    pub md5: Option<Vec<u8>>,
    pub sha1: Option<Vec<u8>>,
    pub compression: &'static str,
    /// `tar`, `ndjson`, `json`, or nothing while it is not known.
    pub container: Option<&'static str>,
    pub members: u64,
    pub skipped_members: u64,
}

/// Reads one file of articles from its first to its last record.
pub struct ArticleReader {
    feed: Feed,
    lines: Lines,
    ledger: Ledger,
    seen: Seen,
    wikis: Vec<String>,
    options: Options,
    scratch: Scratch,
    sha256: Sha256,
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    bytes_read: u64,
    bytes_decompressed: u64,
    /// What ended the file, to be told once all records before it were given out.
    pending: Option<ArticleError>,
    has_met_record: bool,
    is_done: bool,
    failure: Option<ArticleError>,
}

impl ArticleReader {
    /// Opens a file.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(path: &Path, options: Options) -> Result<Self, ArticleError> {
        let seen = options.superseded.clone().map_or_else(|| Seen::Past(std::collections::HashMap::new()), Seen::Known);
        Ok(Self {
            feed: Feed::open(path, options.threads)?,
            lines: Lines::new(options.line_bytes),
            ledger: Ledger::default(),
            seen,
            wikis: Vec::new(),
            scratch: Scratch::default(),
            sha256: Sha256::new(),
            md5: options.with_md5.then(Md5::new),
            sha1: options.with_sha1.then(Sha1::new),
            bytes_read: 0,
            bytes_decompressed: 0,
            pending: None,
            has_met_record: false,
            is_done: false,
            failure: None,
            options,
        })
    }

    /// Fills `sink` with the next records; it stays empty at the clean end.
    ///
    /// # Errors
    /// When the file cannot be read on, or holds something else than articles. All whole records before that place were given
    /// out by then; a reader that failed keeps failing.
    pub fn read(&mut self, sink: &mut impl RecordSink) -> Result<(), ArticleError> {
        let batch_bytes = self.options.batch_bytes.clamp(1, BATCH_BYTES);
        while !self.is_done && sink.taken_bytes() < batch_bytes {
            if let Some(failure) = &self.failure {
                return if sink.taken_bytes() > 0 { Ok(()) } else { Err(failure.clone()) };
            }
            if let Err(error) = self.step(sink) {
                self.failure = Some(error);
            }
        }
        // The last step may both end the file and judge it.
        match &self.failure {
            Some(failure) if sink.taken_bytes() == 0 => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Lists the readable records of the whole file, without looking for those that come twice.
    ///
    /// # Errors
    /// As `read`.
    pub fn entries(&mut self) -> Result<Vec<Entry>, ArticleError> {
        self.seen = Seen::Nothing;
        let mut listed = Listed::default();
        while !self.is_done {
            self.read(&mut listed)?;
            listed.taken_bytes = 0;
        }
        Ok(listed.entries)
    }

    fn step(&mut self, sink: &mut impl RecordSink) -> Result<(), ArticleError> {
        let cut = self.lines.next()?;
        for (offset, message) in self.lines.warnings.drain(..) {
            self.ledger.warn(offset, message);
        }
        match cut {
            Cut::NeedMore => return self.take_window(),
            Cut::End => {
                self.judge_whole()?;
                self.is_done = true;
                return Ok(());
            }
            Cut::Bad { offset, length, sha256, fault } => {
                self.has_met_record = true;
                self.ledger.quarantine(position(offset, length), (None, None), fault, sha256);
            }
            Cut::Record { offset, range, is_cut_off } => {
                let Self { lines, ledger, seen, wikis, scratch, options, has_met_record, .. } = self;
                let line = lines.bytes(range);
                let position = position(offset, line.len() as u64);
                let mut article = Article::default();
                let mut record = Record { ledger, seen, wikis, scratch, options, position, article: &mut article };
                let result = record.take(line, sink);
                let ids = (article.id, article.version.id);
                if let Err(fault) = result {
                    if is_cut_off && fault.reason == Reason::Unfinished {
                        return Err(ArticleError::new(ErrorKind::Truncated, "the file ends inside a record", offset));
                    }
                    if !*has_met_record && article.id_is_text {
                        return Err(ArticleError::new(ErrorKind::Format, what_it_is(&article), offset));
                    }
                    if fault.reason == Reason::MissingField && ledger.first_missing.is_none() {
                        ledger.first_missing = Some((offset, fault.detail.clone()));
                    }
                    ledger.quarantine(position, ids, fault, Sha256::digest(line).into());
                }
                *has_met_record = true;
            }
        }
        Ok(())
    }

    fn take_window(&mut self) -> Result<(), ArticleError> {
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        let mut window = self.feed.next();
        self.sha256.update(&window.compressed);
        if let Some(md5) = &mut self.md5 {
            md5.update(&window.compressed);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(&window.compressed);
        }
        self.bytes_read += window.compressed.len() as u64;
        self.bytes_decompressed += window.bytes.len() as u64;
        for (offset, message) in window.warnings.drain(..) {
            self.ledger.warn(offset, message);
        }
        self.pending = window.error.take();
        self.lines.append(&window.bytes, window.is_last && self.pending.is_none());
        self.feed.recycle(window);
        Ok(())
    }

    /// A file in which every record lacked what makes it an article is none of articles.
    fn judge_whole(&self) -> Result<(), ArticleError> {
        match &self.ledger.first_missing {
            Some((offset, detail)) if self.ledger.counts.records == 0 => {
                let message = format!("no record of the file is an article, the first one has {detail}");
                Err(ArticleError::new(ErrorKind::Format, message, *offset))
            }
            _ => Ok(()),
        }
    }

    /// The records that could not be taken so far.
    #[must_use]
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.ledger.quarantine
    }

    /// What was read so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let is_whole = self.is_done && self.failure.is_none();
        Summary {
            counts: self.ledger.counts.clone(),
            bytes_read: self.bytes_read,
            bytes_decompressed: self.bytes_decompressed,
            warnings: self.ledger.warnings.clone(),
            sha256: is_whole.then(|| self.sha256.clone().finalize().to_vec()),
            md5: self.md5.clone().filter(|_| is_whole).map(|md5| md5.finalize().to_vec()),
            sha1: self.sha1.clone().filter(|_| is_whole).map(|sha1| sha1.finalize().to_vec()),
            compression: self.feed.compression().as_str(),
            container: self.lines.container(),
            members: self.lines.archive.as_ref().map_or(0, |archive| archive.members),
            skipped_members: self.lines.archive.as_ref().map_or(0, |archive| archive.skipped),
        }
    }
}

fn position(offset: u64, length: u64) -> Position {
    let [offset, length] = [offset, length].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    Position { element_offset: offset, element_length: length, page_offset: offset, ..Position::default() }
}

/// What a record is whose identifier is a text.
fn what_it_is(article: &Article<'_>) -> &'static str {
    if article.has_type {
        "not articles but event messages, whose keys and values stand on lines by turns"
    } else {
        "not articles but a list of snapshots, chunks, batches, projects, languages or codes"
    }
}

/// One record and what it is judged by.
struct Record<'r, 'a> {
    ledger: &'r mut Ledger,
    seen: &'r mut Seen,
    wikis: &'r mut Vec<String>,
    scratch: &'r mut Scratch,
    options: &'r Options,
    position: Position,
    article: &'r mut Article<'a>,
}

impl<'a> Record<'_, 'a> {
    fn take(&mut self, line: &'a [u8], sink: &mut impl RecordSink) -> Result<(), Fault> {
        let text = std::str::from_utf8(line).map_err(|error| {
            Fault::new(Reason::BadUtf8, format!("invalid UTF-8 after bytes: {}", error.valid_up_to()))
        })?;
        let mut cursor = Cursor::new(text, 0);
        self.article.read(&mut cursor)?;
        cursor.expect_end()?;
        let identity = identify(self.article)?;
        let wiki = identity.wiki.as_deref().unwrap_or(&self.options.wiki_id);
        let checks_sums = !matches!(self.seen, Seen::Nothing);
        let (row, notes) = revision(self.article, identity.revision_id, self.position, self.scratch, checks_sums)?;
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
        sink.push(&identity.page, &row);
        self.ledger.take(offset, wiki, &self.article.licences, notes);
        Ok(())
    }
}

/// The number of a wiki among those of the file.
fn number_of(wikis: &mut Vec<String>, wiki: &str) -> Result<u32, Fault> {
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

/// The names of records, without their content.
#[derive(Default)]
struct Listed {
    entries: Vec<Entry>,
    wikis: Vec<String>,
    wiki: u32,
    taken_bytes: u64,
}

impl RecordSink for Listed {
    fn enter_wiki(&mut self, wiki_id: &str) {
        self.wiki = number_of(&mut self.wikis, wiki_id).unwrap_or(u32::MAX);
    }

    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        let position = revision.position;
        self.taken_bytes += position.element_length.unsigned_abs();
        let offset = position.element_offset.unsigned_abs();
        self.entries.push(Entry { wiki: self.wiki, page_id: page.id, revision_id: revision.id, offset });
    }

    fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }
}
