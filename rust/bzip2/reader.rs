//! The pieces of an input, in order.
//!
//! With one thread every block is decoded where the one before it ended. With more, the places at which blocks may
//! start are searched ahead of that and decoded on suspicion, each up to the next such place. A block counts only if
//! it starts exactly where the block before it ended: a number that only looks like a start costs time, never truth.
//! All suspicions together read every compressed byte once, so a flood of false starts costs no more than real ones.

use std::collections::VecDeque;
use std::io::Read;

use super::block::{Decoded, Workspace};
use super::chain::{Chain, Met};
use super::error::{Error, ErrorKind, Fault};
use super::kernel::Kernel;
use super::scan::{BLOCK_EXTENT, Candidates};
use super::window::Window;
use super::workers::{Job, Workers};

/// Jobs beyond one per thread: decoded pieces wait here while the caller works.
const AHEAD: usize = 2;
/// More compressed bytes than this are never given to one block: its code lengths could go up and down for ever.
const EXTENT_LIMIT: usize = 64 << 20;
/// Larger buffers are not kept for reuse.
const SPARE_BYTES: usize = 8 << 20;

/// One decoded block.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Byte offset of the `BZh` of its stream.
    pub stream_offset: u64,
    /// Bit offset of the magic number of the block.
    pub block_bit: u64,
    /// Whether it is the first block of its stream.
    pub starts_stream: bool,
    /// The decoded bytes, at least one and at most about 46 MB; see `Reader::recycle`.
    pub bytes: Vec<u8>,
}

/// A block inside a stream, as a piece named it. Offsets count from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub stream_offset: u64,
    pub block_bit: u64,
    /// 1 to 9: the digit after the `BZh` of the stream.
    pub level: u8,
}

/// Reads bzip2 data, any number of streams, as pieces. Its threads end before it does.
pub struct Reader<R> {
    window: Window<R>,
    chain: Chain,
    kernel: Kernel,
    threads: usize,
    workers: Option<Workers>,
    candidates: Candidates,
    /// The starts of the jobs that were handed over and not taken back, ascending.
    handed: VecDeque<u64>,
    /// What decodes on the calling thread.
    workspace: Option<Workspace>,
    spares: Vec<Vec<u8>>,
    first_byte: u64,
    is_finished: bool,
}

impl<R: Read + Send> Reader<R> {
    /// Reads an input that starts with a stream. With one thread (or none) the calling thread does all the work.
    pub fn new(input: R, threads: usize) -> Self {
        Self::start(Window::new(input, 0), Chain::new(), threads)
    }

    /// Reads an input that starts with the byte that holds the first bit of a block: byte `block_bit / 8` of the file.
    ///
    /// Positions are given as if the file had been read from its start. The checksum of the first stream is not
    /// compared, because its first blocks are missing; those of the blocks are.
    pub fn at_block(input: R, threads: usize, place: Place) -> Self {
        let window = Window::new(input, place.block_bit / 8);
        Self::start(window, Chain::at_block(place.stream_offset, place.block_bit, place.level), threads)
    }

    fn start(window: Window<R>, chain: Chain, threads: usize) -> Self {
        Self {
            first_byte: window.start(),
            window,
            chain,
            kernel: Kernel::widest(),
            threads,
            workers: None,
            candidates: Candidates::default(),
            handed: VecDeque::new(),
            workspace: None,
            spares: Vec::new(),
            is_finished: false,
        }
    }

    /// The same reader with another kernel; the bytes are the same.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// The next piece; none at the clean end, and after an error.
    ///
    /// # Errors
    /// What is wrong, after all pieces before it were given.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, Error> {
        if self.is_finished {
            return Ok(None);
        }
        let piece = self.advance();
        if !matches!(piece, Ok(Some(_))) {
            self.is_finished = true;
            self.workers = None;
            self.workspace = None;
        }
        piece.map_err(|kind| {
            let kind = match (kind, self.window.take_error()) {
                (ErrorKind::Truncated, Some(error)) => ErrorKind::Io(error),
                (kind, _) => kind,
            };
            Error { kind, stream_offset: self.chain.stream_offset, bit_offset: self.chain.position }
        })
    }

    /// Takes the bytes of a piece back, to be filled again.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        if self.spares.len() < self.threads + AHEAD && bytes.capacity() <= SPARE_BYTES {
            self.spares.push(bytes);
        }
    }

    /// Streams met so far, empty ones too.
    pub fn streams(&self) -> u64 {
        self.chain.streams
    }

    /// Compressed bytes before the first thing that was not yet decoded.
    pub fn bytes_consumed(&self) -> u64 {
        self.chain.position / 8 - self.first_byte
    }

    /// At the end: the offset of bytes that follow the last stream and are none. They are worth a warning.
    pub fn trailing(&self) -> Option<u64> {
        self.chain.trailing
    }

    fn advance(&mut self) -> Result<Option<Piece>, ErrorKind> {
        if self.chain.advance(&mut self.window)? == Met::Nothing {
            return Ok(None);
        }
        let block_bit = self.chain.position;
        let guessed = if self.threads > 1 { self.take_guess(block_bit)? } else { None };
        let (bytes, decoded) = match guessed {
            Some(guessed) => guessed,
            None => self.decode_here(block_bit)?,
        };
        let starts_stream = self.chain.starts_stream;
        self.chain.accept(block_bit / 8 * 8 + decoded.end as u64, decoded.size, decoded.checksum)?;
        self.window.forget(self.chain.position / 8);
        Ok(Some(Piece { stream_offset: self.chain.stream_offset, block_bit, starts_stream, bytes }))
    }

    /// The block that starts at a bit, if it was decoded on suspicion, and to its end.
    fn take_guess(&mut self, bit: u64) -> Result<Option<(Vec<u8>, Decoded)>, ErrorKind> {
        while self.handed.front().is_some_and(|start| *start < bit) {
            self.handed.pop_front();
        }
        if let Some(workers) = &self.workers {
            workers.give_up_before(bit);
        }
        self.hand_over(bit)?;
        if self.handed.front() != Some(&bit) {
            return Ok(None);
        }
        self.handed.pop_front();
        let Some(done) = self.workers.as_ref().and_then(|workers| workers.wait(bit)) else { return Ok(None) };
        match done.result {
            Ok(decoded) => Ok(Some((done.job.text, decoded))),
            Err(Fault::Corrupt(what)) => Err(ErrorKind::Corrupt(what)),
            Err(Fault::Short) => Ok(None), // a false start lies inside it
        }
    }

    /// Keeps the threads busy with what comes at or behind a bit.
    fn hand_over(&mut self, bit: u64) -> Result<(), ErrorKind> {
        let jobs = self.threads + AHEAD;
        while self.handed.len() < jobs {
            let Some((start, end)) = self.candidates.next(&mut self.window, bit, (jobs + 1) * BLOCK_EXTENT) else {
                return Ok(());
            };
            let bytes = self.window.from(start / 8);
            let bytes = bytes.get(..(end - start / 8) as usize).unwrap_or(bytes).to_vec();
            let job = Job { start, bytes, text: self.spares.pop().unwrap_or_default() };
            let workers = self.workers.get_or_insert_with(|| Workers::new(self.threads, self.kernel.0));
            workers.submit(job).map_err(ErrorKind::Io)?;
            self.handed.push_back(start);
        }
        Ok(())
    }

    /// Decodes the block that starts at a bit on the calling thread, with as many bytes as it needs.
    fn decode_here(&mut self, bit: u64) -> Result<(Vec<u8>, Decoded), ErrorKind> {
        let workspace = self.workspace.get_or_insert_with(|| Workspace::new(self.kernel.0));
        let mut text = self.spares.pop().unwrap_or_default();
        let mut extent = BLOCK_EXTENT;
        loop {
            self.window.fill(bit / 8, extent);
            match workspace.decode(self.window.from(bit / 8), (bit % 8) as usize, &mut text) {
                Ok(decoded) => return Ok((text, decoded)),
                Err(Fault::Corrupt(what)) => return Err(ErrorKind::Corrupt(what)),
                Err(Fault::Short) if self.window.at_end() => return Err(ErrorKind::Truncated),
                Err(Fault::Short) if extent >= EXTENT_LIMIT => return Err(ErrorKind::Limit),
                Err(Fault::Short) => extent *= 4,
            }
        }
    }
}
