//! The part of the input that is still needed.

use std::io::{self, Read};

/// The least that is read at a time: what is kept is moved to the front before, so it should be less than this.
const GULP: usize = 4 << 20;

/// An input, read in order; bytes are forgotten only when told so. Offsets count from the start of the file.
pub(super) struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// Bytes at the front that were forgotten.
    forgotten: usize,
    /// Offset of the first byte that is kept.
    start: u64,
    at_end: bool,
    error: Option<io::Error>,
}

impl<R: Read> Window<R> {
    pub(super) fn new(input: R, start: u64) -> Self {
        Self { input, bytes: Vec::new(), forgotten: 0, start, at_end: false, error: None }
    }

    /// Makes at least `count` bytes from `offset` on available, unless the input ends.
    pub(super) fn fill(&mut self, offset: u64, count: usize) {
        let missing = (offset + count as u64).saturating_sub(self.end()) as usize;
        if missing == 0 || self.at_end {
            return;
        }
        self.bytes.drain(..self.forgotten);
        self.forgotten = 0;
        let asked = missing.max(GULP);
        self.bytes.reserve(asked);
        match self.input.by_ref().take(asked as u64).read_to_end(&mut self.bytes) {
            Ok(read) => self.at_end = read < asked,
            Err(error) => {
                self.at_end = true;
                self.error = Some(error);
            }
        }
    }

    /// The bytes at hand from an offset on.
    pub(super) fn from(&self, offset: u64) -> &[u8] {
        let at = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.get(self.forgotten.saturating_add(at)..).unwrap_or_default()
    }

    /// The offset of the first byte at hand.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The offset behind the bytes at hand.
    pub(super) fn end(&self) -> u64 {
        self.start + (self.bytes.len() - self.forgotten) as u64
    }

    /// Whether no byte follows those at hand.
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Why the input ended, if it was not its end.
    pub(super) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// The same, to be handed on.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Says that the bytes before an offset are not needed any more.
    pub(super) fn forget(&mut self, offset: u64) {
        let end = offset.min(self.end());
        self.forgotten += end.saturating_sub(self.start) as usize;
        self.start = self.start.max(end);
    }
}
