//! A dump file as batches of records in dump order.
//!
//! With two threads or more the next window is decompressed while the current one is parsed. The thread lives inside one call,
//! so between two calls there is none, and what is read does not depend on it.

use std::path::Path;

use super::buffer::Buffer;
use super::decompress::{Source, Window};
use super::error::DumpError;
use super::ledger::Counts;
use super::limits::{AHEAD_BYTES, WINDOW_BYTES};
use super::parser::{Parser, Progress};
use super::siteinfo::SiteInfo;
use crate::page::{LogItem, Quarantined, RecordSink};

/// Most raw bytes in one batch: the string columns of a batch count with 31 bits.
const BATCH_BYTES: u64 = 1 << 30;

/// Reads one dump file from its first to its last record.
pub struct DumpReader {
    source: Source,
    parser: Parser,
    ahead: Option<Window>,
    spare: Vec<u8>,
    threads: usize,
    batch_bytes: u64,
    is_done: bool,
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
    pub sha256: Option<[u8; 32]>,
    pub compression: &'static str,
    pub streams: u64,
}

impl DumpReader {
    /// Opens a dump.
    ///
    /// # Errors
    /// When the file cannot be opened or its first bytes are those of a format that is not read.
    pub fn open(path: &Path, wiki_id: &str, threads: usize, batch_bytes: u64) -> Result<Self, DumpError> {
        Ok(Self {
            source: Source::open(path)?,
            parser: Parser::new(wiki_id, Buffer::default()),
            ahead: None,
            spare: Vec::new(),
            threads,
            batch_bytes: batch_bytes.clamp(1, BATCH_BYTES),
            is_done: false,
            failure: None,
        })
    }

    /// Fills `sink` with the next records; it stays empty at the clean end, and where many log items come first. The log items
    /// of the previous call are forgotten.
    ///
    /// # Errors
    /// When the dump cannot be read on. All whole records before that place were given out by then; a reader that failed
    /// keeps failing.
    pub fn read(&mut self, sink: &mut (impl RecordSink + Send)) -> Result<(), DumpError> {
        self.parser.ledger.forget_log_items();
        while !self.is_done {
            if let Some(failure) = &self.failure {
                return if sink.taken_bytes() > 0 { Ok(()) } else { Err(failure.clone()) };
            }
            match self.parse_window(sink) {
                Ok(Progress::Full) => return Ok(()),
                Ok(Progress::NeedMore) => self.take_window(),
                Ok(Progress::Finished) => self.is_done = true,
                Err(error) => self.failure = Some(error),
            }
        }
        Ok(())
    }

    /// Parses what is there, and decompresses the next window meanwhile.
    fn parse_window(&mut self, sink: &mut (impl RecordSink + Send)) -> Result<Progress, DumpError> {
        let Self { source, parser, ahead, spare, threads, batch_bytes, .. } = self;
        if *threads < 2 || ahead.is_some() || source.is_finished() {
            return parser.run(sink, *batch_bytes);
        }
        std::thread::scope(|scope| {
            let bytes = std::mem::take(spare);
            let reading = scope.spawn(|| source.read_window(bytes, AHEAD_BYTES));
            let progress = parser.run(sink, *batch_bytes);
            match reading.join() {
                Ok(window) => *ahead = Some(window),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            progress
        })
    }

    fn take_window(&mut self) {
        let mut window = match self.ahead.take() {
            Some(window) => window,
            None => self.source.read_window(std::mem::take(&mut self.spare), WINDOW_BYTES),
        };
        self.parser.append(&mut window);
        self.spare = window.bytes;
    }

    /// The header of the first document, once it was read.
    #[must_use]
    pub fn site_info(&self) -> Option<&SiteInfo> {
        self.parser.site.as_ref()
    }

    /// Whether the clean end of the file was reached.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// The log items met by the last call of `read`.
    #[must_use]
    pub fn log_items(&self) -> &[LogItem] {
        &self.parser.ledger.log_items
    }

    /// The records that could not be read so far.
    #[must_use]
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.parser.ledger.quarantine
    }

    /// What was read so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            counts: self.parser.ledger.counts.clone(),
            bytes_read: self.source.bytes_read(),
            bytes_decompressed: self.source.bytes_decompressed(),
            warnings: self.parser.ledger.warnings.clone(),
            sha256: self.source.sha256().filter(|_| self.is_done),
            compression: self.source.compression().as_str(),
            streams: self.source.streams(),
        }
    }
}
