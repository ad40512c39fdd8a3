//! A file of articles as batches of records in file order.

use std::path::Path;

use super::article::Article;
use super::error::{ArticleError, ErrorKind, Reason};
use super::intake::Intake;
use super::ledger::{Counts, Ledger};
use super::limits::LINE_BYTES;
use super::lines::{Cut, Lines};
use super::listing::Listing;
use super::opening::UTF16;
use super::record::Scratch;
use super::seen::{Entry, Seen};
use crate::digest::sha256;
use crate::page::{Position, Quarantined, RecordSink};
use crate::stream::{self, Algorithm, Digests};

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
    /// Digests of the file beside its SHA-256.
    pub digests: Vec<Algorithm>,
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
            digests: Vec::new(),
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
    pub digests: Option<Digests>,
    pub compression: &'static str,
    /// `tar`, `ndjson`, `json`, or nothing while it is not known.
    pub container: Option<&'static str>,
    pub members: u64,
    pub skipped_members: u64,
}

/// Reads one file of articles from its first to its last record.
pub struct ArticleReader {
    file: stream::Reader,
    lines: Lines,
    ledger: Ledger,
    seen: Seen,
    wikis: Vec<String>,
    options: Options,
    scratch: Scratch,
    digests: Option<Digests>,
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
        let how = stream::Options {
            threads: options.threads,
            digests: Some(options.digests.clone()),
            ..stream::Options::default()
        };
        Ok(Self {
            file: stream::Reader::open(path, &how)?,
            lines: Lines::new(options.line_bytes),
            ledger: Ledger::default(),
            seen,
            wikis: Vec::new(),
            scratch: Scratch::default(),
            digests: None,
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
        let mut listing = Listing::default();
        while !self.is_done {
            self.read(&mut listing)?;
            listing.taken_bytes = 0;
        }
        Ok(listing.entries)
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
            Cut::Record { offset, length, is_cut_off } => {
                let Self { lines, ledger, seen, wikis, scratch, options, has_met_record, .. } = self;
                let line = lines.bytes(offset, length);
                let position = position(offset, length as u64);
                let mut article = Article::default();
                let wiki_id = &options.wiki_id;
                let mut intake = Intake { ledger, seen, wikis, scratch, wiki_id, position, article: &mut article };
                let result = intake.take(line, sink);
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
                    ledger.quarantine(position, ids, fault, sha256(&[line]));
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
        if let Some(spare) = self.lines.take_spare() {
            self.file.recycle(spare);
        }
        let mut window = self.file.next_window();
        self.digests = window.digests.take();
        for (offset, message) in window.warnings.drain(..) {
            self.ledger.warn(offset, message);
        }
        if window.is_transcoded {
            return Err(ArticleError::new(ErrorKind::Format, UTF16, 0));
        }
        self.pending = window.error.take();
        let is_last = window.is_last && self.pending.is_none();
        self.lines.append(&mut window, is_last);
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
        let progress = self.file.progress();
        Summary {
            counts: self.ledger.counts.clone(),
            bytes_read: progress.consumed,
            bytes_decompressed: progress.decompressed,
            warnings: self.ledger.warnings.clone(),
            digests: self.digests.clone().filter(|_| self.is_done && self.failure.is_none()),
            compression: self.file.compression().as_str(),
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
