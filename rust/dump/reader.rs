//! A dump file as batches of records in dump order, part by part.
//!
//! With two threads or more the next windows are decompressed while the current one is parsed. Those threads end with the
//! reader, and what is read does not depend on them.

use std::path::{Path, PathBuf};

use super::error::DumpError;
use super::ledger::Counts;
use super::parser::{Parser, Progress};
use super::seek_points::{SeekPoint, SeekPoints};
use super::siteinfo::SiteInfo;
use super::state::{Value, refused};
use crate::page::{LogItem, Quarantined, RecordSink};
use crate::stream::Buffer;
use crate::stream::{self, Algorithm, Block, Digests, Place};

/// Most raw bytes in one batch: the string columns of a batch count with 31 bits.
const BATCH_BYTES: u64 = 1 << 30;
/// Names what wrote a resume state, so that another layout is refused.
const STATE_FORMAT: &str = "wikigrove.resume/1";

/// How a dump is read.
#[derive(Debug, Clone)]
pub struct Options {
    pub threads: usize,
    /// Raw bytes of the elements of one batch.
    pub batch_bytes: u64,
    /// Decompressed bytes after which the next page's end ends a part.
    pub part_bytes: u64,
    /// Digests of the file beyond SHA-256; with none the file is not hashed.
    pub digests: Option<Vec<Algorithm>>,
    /// Where an earlier reader of the same file stopped.
    pub resume: Option<Value>,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 1, batch_bytes: 8 << 20, part_bytes: u64::MAX, digests: Some(Vec::new()), resume: None }
    }
}

/// Reads one dump file from its first to its last record.
pub struct DumpReader {
    stream: stream::Reader,
    parser: Parser,
    points: SeekPoints,
    wiki_id: String,
    path: PathBuf,
    batch_bytes: u64,
    part_bytes: u64,
    digests: Option<Digests>,
    is_done: bool,
    is_part_done: bool,
    failure: Option<DumpError>,
}

/// What is known of a file and of what was read of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub counts: Counts,
    /// Compressed bytes consumed.
    pub bytes_read: u64,
    pub bytes_decompressed: u64,
    pub warnings: Vec<(u64, String)>,
    /// Of the whole file, once its end was reached.
    pub digests: Option<Digests>,
    pub compression: &'static str,
    pub streams: u64,
}

impl DumpReader {
    /// Opens a dump that is read in one part.
    ///
    /// # Errors
    /// When the file cannot be opened or its first bytes are those of a format that is not read.
    pub fn open(path: &Path, wiki_id: &str, threads: usize, batch_bytes: u64) -> Result<Self, DumpError> {
        Self::open_with(path, wiki_id, Options { threads, batch_bytes, ..Options::default() })
    }

    /// Opens a dump.
    ///
    /// # Errors
    /// As `open`; and when the state to resume from is damaged or another file's.
    pub fn open_with(path: &Path, wiki_id: &str, options: Options) -> Result<Self, DumpError> {
        let place = options.resume.as_ref().map(|state| place(state, path, wiki_id)).transpose()?.unwrap_or_default();
        let stream = stream::Reader::open(
            path,
            &stream::Options { threads: options.threads, digests: options.digests, place, window_bytes: 0 },
        )?;
        let mut parser = Parser::new(wiki_id, Buffer::starting_at(place.offset));
        let mut points = SeekPoints::default();
        if let Some(state) = &options.resume {
            if state.to_text("compression")?.as_deref() != Some(stream.compression().as_str()) {
                return Err(refused("the file is packed in another way"));
            }
            parser.restore(state.get("parser")?)?;
            points = SeekPoints::resumed(state.to_number("seek_anchor")?, place.offset);
        }
        let part_bytes = options.part_bytes.max(1);
        parser.part_end = place.offset.saturating_add(part_bytes);
        Ok(Self {
            stream,
            parser,
            points,
            wiki_id: wiki_id.to_owned(),
            path: path.to_owned(),
            batch_bytes: options.batch_bytes.clamp(1, BATCH_BYTES),
            part_bytes,
            digests: None,
            is_done: false,
            is_part_done: false,
            failure: None,
        })
    }

    /// Fills `sink` with the next records; it stays empty at the end of a part, and where many log items come first. The log
    /// items of the previous call are forgotten.
    ///
    /// # Errors
    /// When the dump cannot be read on. All whole records before that place were given out by then; a reader that failed
    /// keeps failing.
    pub fn read(&mut self, sink: &mut (impl RecordSink + Send)) -> Result<(), DumpError> {
        self.parser.ledger.forget_log_items();
        while !self.is_done && !self.is_part_done {
            if let Some(failure) = &self.failure {
                return if sink.taken_bytes() > 0 { Ok(()) } else { Err(failure.clone()) };
            }
            match self.parser.run(sink, self.batch_bytes) {
                Ok(Progress::Full) => return Ok(()),
                Ok(Progress::NeedMore) => self.take_window(),
                Ok(Progress::PartEnd) => self.is_part_done = true,
                Ok(Progress::Finished) => self.is_done = true,
                Err(error) => self.failure = Some(error),
            }
        }
        Ok(())
    }

    fn take_window(&mut self) {
        if let Some(spare) = self.parser.buffer.take_spare() {
            self.stream.recycle(spare);
        }
        let mut window = self.stream.next_window();
        self.points.note(&window.starts);
        self.digests = window.digests.take();
        self.parser.append(&mut window);
    }

    /// Begins the next part, once `read` left its sink empty: gives the state from which another reader would go on, or
    /// none if the file is finished.
    ///
    /// # Errors
    /// When the part is not finished, or the file cannot be looked at.
    pub fn next_part(&mut self) -> Result<Option<Value>, DumpError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.is_done {
            return Ok(None);
        }
        let offset = self.parser.buffer.offset();
        if !self.is_part_done {
            let message = "the part is not finished; hint: call next_batch() until it returns None";
            return Err(DumpError::new(super::error::ErrorKind::Format, message, offset));
        }
        let anchor = self.points.next_part(offset);
        let start = self.parser.buffer.start_of(offset);
        let block = start.and_then(|start| start.block_bit.map(|bit| (bit, start.offset - start.stream_start)));
        let optional = |number: Option<u64>| number.map_or(Value::Null, Value::number);
        let state = Value::map([
            ("format", Value::Text(STATE_FORMAT.into())),
            ("wiki_id", Value::Text(self.wiki_id.clone())),
            ("file_bytes", Value::number(length(&self.path)?)),
            ("compression", Value::Text(self.stream.compression().as_str().into())),
            ("offset", Value::number(offset)),
            ("stream_offset", Value::number(start.map_or(0, |start| start.stream_offset))),
            ("stream_start", Value::number(start.map_or(0, |start| start.stream_start))),
            ("block_bit", optional(block.map(|block| block.0))),
            ("block_decompressed", optional(block.map(|block| block.1))),
            ("streams", Value::number(start.map_or(0, |start| start.streams - u64::from(block.is_none())))),
            ("seek_anchor", Value::number(anchor)),
            ("parser", self.parser.snapshot()),
        ]);
        self.parser.ledger.quarantine.clear();
        self.parser.part_end = offset.saturating_add(self.part_bytes);
        self.is_part_done = false;
        Ok(Some(state.sealed()))
    }

    /// The header of the first document, once it was read.
    #[must_use]
    pub fn site_info(&self) -> Option<&SiteInfo> {
        self.parser.site.as_ref()
    }

    /// Whether the end of the part was reached, or of the file.
    #[must_use]
    pub fn is_part_done(&self) -> bool {
        self.is_done || self.is_part_done
    }

    /// The log items met by the last call of `read`.
    #[must_use]
    pub fn log_items(&self) -> &[LogItem] {
        &self.parser.ledger.log_items
    }

    /// The records of this part that could not be read.
    #[must_use]
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.parser.ledger.quarantine
    }

    /// The seek points of this part so far.
    pub fn seek_points(&mut self) -> &[SeekPoint] {
        self.points.settle(self.parser.buffer.offset());
        self.points.points()
    }

    /// What was read so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let progress = self.stream.progress();
        Summary {
            counts: self.parser.ledger.counts.clone(),
            bytes_read: progress.consumed,
            bytes_decompressed: progress.decompressed,
            warnings: self.parser.ledger.warnings.clone(),
            digests: self.digests.clone().filter(|_| self.is_done),
            compression: self.stream.compression().as_str(),
            streams: progress.streams,
        }
    }
}

fn length(path: &Path) -> Result<u64, DumpError> {
    let metadata = std::fs::metadata(path).map_err(|error| stream::Error::io(&error))?;
    Ok(metadata.len())
}

/// Where a state says that reading goes on.
fn place(state: &Value, path: &Path, wiki_id: &str) -> Result<Place, DumpError> {
    state.check_seal()?;
    if state.to_text("format")?.as_deref() != Some(STATE_FORMAT) {
        return Err(refused("another format"));
    }
    if state.to_text("wiki_id")?.as_deref() != Some(wiki_id) {
        return Err(refused("another wiki"));
    }
    if state.to_number("file_bytes")? != length(path)? {
        return Err(refused("the file has another length"));
    }
    let block = match (state.get("block_bit")?, state.get("block_decompressed")?) {
        (Value::Null, Value::Null) => None,
        _ => Some(Block { bit: state.to_number("block_bit")?, decompressed: state.to_number("block_decompressed")? }),
    };
    let place = Place {
        stream_offset: state.to_number("stream_offset")?,
        stream_start: state.to_number("stream_start")?,
        block,
        offset: state.to_number("offset")?,
        streams: state.to_number("streams")?,
    };
    let start = place.stream_start.saturating_add(block.map_or(0, |block| block.decompressed));
    if start > place.offset || block.is_some_and(|block| block.bit / 8 < place.stream_offset) {
        return Err(refused("a place before its stream"));
    }
    Ok(place)
}
