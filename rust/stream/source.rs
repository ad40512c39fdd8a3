//! One file, decompressed window by window in the thread that asks.

use std::path::Path;

use super::bzip2::Bzip2;
use super::codec::{Codec, Event, Framed, only_zeros};
use super::error::{Error, ErrorKind};
use super::gzip::Gzip;
use super::hashing::Hashing;
use super::header_7z;
use super::input::{Disk, Input};
use super::limits::{EXPANSION_FLOOR, EXPANSION_RATIO};
use super::lzma::Lzma;
use super::seven_zip::{self, Check, SevenZip};
use super::sniff::{self, Compression};
use super::window::{Progress, Start, Window};
use super::xz::Xz;
use super::zstd::Zstd;

/// A block inside a bzip2 stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Bits of the file before its magic.
    pub bit: u64,
    /// Decompressed bytes of the stream before it.
    pub decompressed: u64,
}

/// Where to start. The default is the start of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Compressed offset of the stream.
    pub stream_offset: u64,
    /// What the offset of its first decompressed byte is called.
    pub stream_start: u64,
    pub block: Option<Block>,
    /// The first byte that is wanted; counted as `stream_start` is.
    pub offset: u64,
    /// Streams before this one.
    pub streams: u64,
}

enum Decoder {
    Plain(Input),
    Framed(Framed),
    Bzip2(Bzip2),
    /// bzip2 inside a 7z archive.
    Packed(Bzip2, Check),
}

/// An open file.
pub(super) struct Source {
    disk: Disk,
    decoder: Decoder,
    compression: Compression,
    /// The first bytes of the file.
    head: Vec<u8>,
    progress: Progress,
    /// The stream that is read, and the same at the start.
    stream_start: u64,
    place: Place,
    warnings: Vec<(u64, String)>,
    /// Up to here the file is hashed before anything is read.
    unread: u64,
    is_finished: bool,
}

impl Source {
    /// Opens a file at a place; without `hashing` it is not hashed.
    pub(super) fn open(path: &Path, place: Place, hashing: Option<Hashing>, threads: usize) -> Result<Self, Error> {
        let disk = Disk::open(path, hashing).map_err(|error| Error::io(&error))?;
        let mut input = Input::new(disk.clone(), 0, None);
        input.fill().map_err(|error| Error::io(&error))?;
        let compression = sniff::compression(input.rest())?;
        let head = input.rest().iter().take(4).copied().collect();
        if place.stream_offset > 0 || place.block.is_some() {
            if compression != Compression::Bzip2 {
                return Err(no_stream(place));
            }
            input = Input::new(disk.clone(), place.stream_offset, None);
        }
        let mut source = Self {
            decoder: Decoder::Plain(Input::new(disk.clone(), 0, None)),
            disk,
            compression,
            head,
            progress: Progress {
                consumed: place.stream_offset,
                decompressed: place.stream_start + place.block.map_or(0, |block| block.decompressed),
                streams: place.streams,
            },
            stream_start: place.stream_start,
            place,
            warnings: Vec::new(),
            unread: place.block.map_or(place.stream_offset, |block| block.bit / 8),
            is_finished: false,
        };
        source.decoder = source.decoder(input, threads)?;
        Ok(source)
    }

    fn decoder(&mut self, input: Input, threads: usize) -> Result<Decoder, Error> {
        let codec: Box<dyn Codec> = match self.compression {
            Compression::Plain => return Ok(Decoder::Plain(input)),
            Compression::Bzip2 => return self.bzip2(input, self.place.block, threads).map(Decoder::Bzip2),
            Compression::Gzip => Box::new(Gzip::new()),
            Compression::Zstd => Box::new(Zstd::new().map_err(|error| Error::io(&error))?),
            Compression::Xz => Box::new(Xz::default()),
            Compression::Lzma => Box::new(Lzma::default()),
            Compression::SevenZip => {
                let entry = header_7z::first_entry(&self.disk)?;
                if entry.has_others {
                    self.warnings.push((0, "only the first file of the 7z archive is read".into()));
                }
                if entry.end < self.disk.length().map_err(|error| Error::io(&error))? {
                    let message = format!("ignored bytes after the 7z archive; compressed offset: {}", entry.end);
                    self.warnings.push((0, message));
                }
                let input = Input::new(self.disk.clone(), entry.offset, Some(entry.offset + entry.packed));
                if seven_zip::is_bzip2(&entry) {
                    self.progress.streams = 1;
                    return Ok(Decoder::Packed(self.bzip2(input, None, threads)?, Check::new(&entry)));
                }
                let codec = SevenZip::new(&entry)?;
                return Ok(Decoder::Framed(Framed::new("7z", Box::new(codec), input)));
            }
        };
        Ok(Decoder::Framed(Framed::new(self.name(), codec, input)))
    }

    fn bzip2(&self, input: Input, block: Option<Block>, threads: usize) -> Result<Bzip2, Error> {
        let reopen = |offset| Input::new(self.disk.clone(), offset, None);
        let opened = Bzip2::open(input, block, threads, reopen).map_err(|error| Error::io(&error))?;
        opened.ok_or_else(|| no_stream(self.place))
    }

    /// Whether the decoder has threads of its own.
    pub(super) fn has_threads(&self) -> bool {
        matches!(self.decoder, Decoder::Bzip2(_) | Decoder::Packed(..))
    }

    fn name(&self) -> &'static str {
        match self.compression {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            other => other.as_str(),
        }
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// Moves a plain file forward without reading; only right after opening.
    pub(super) fn seek_plain(&mut self, offset: u64) {
        if let Decoder::Plain(input) = &mut self.decoder {
            *input = Input::new(self.disk.clone(), offset, None);
            self.unread = offset;
            self.progress.decompressed = offset;
            self.progress.consumed = offset;
        }
    }

    /// Decompresses some `size` more bytes, over what `bytes` held. An error comes with the bytes before it.
    pub(super) fn read_window(&mut self, bytes: Vec<u8>, size: usize) -> Window {
        let mut window = Window { bytes, ..Window::default() };
        let hashed = self.disk.hash_up_to(std::mem::take(&mut self.unread)).map_err(|error| Error::io(&error));
        let mut result = hashed.and_then(|()| {
            if self.has_threads() { self.take_block(&mut window) } else { self.fill(&mut window, size) }
        });
        window.warnings.append(&mut self.warnings);
        if self.is_finished && result.is_ok() {
            result = self.finish(&mut window);
        }
        window.error = result.err();
        self.is_finished |= window.error.is_some();
        window.is_last = self.is_finished;
        window.progress = self.progress;
        window
    }

    fn fill(&mut self, window: &mut Window, size: usize) -> Result<(), Error> {
        window.bytes.resize(size, 0);
        let (mut made, mut result) = (0, Ok(()));
        while made < size && !self.is_finished && result.is_ok() {
            match self.advance(window.bytes.get_mut(made..).unwrap_or_default()) {
                Ok(count) => made += count,
                Err(error) => result = Err(error),
            }
        }
        window.bytes.truncate(made);
        result
    }

    /// Takes one block of a bzip2 stream as it is.
    fn take_block(&mut self, window: &mut Window) -> Result<(), Error> {
        let (reader, check) = match &mut self.decoder {
            Decoder::Bzip2(reader) => (reader, None),
            Decoder::Packed(reader, check) => (reader, Some(check)),
            _ => return Ok(()),
        };
        reader.recycle(std::mem::take(&mut window.bytes));
        let offset = self.progress.decompressed;
        let piece = reader.next_piece(offset);
        self.progress.consumed = reader.consumed();
        let Some(mut piece) = piece? else {
            self.is_finished = true;
            return self.end_of_blocks();
        };
        if let Some(check) = check {
            piece.bytes.truncate(check.own(piece.bytes.len()));
            let ended = check.take(&piece.bytes);
            self.is_finished = ended.map_err(|damage| damage.at("7z", self.progress.consumed, offset))?;
        } else {
            self.progress.streams = self.place.streams + reader.streams();
            if piece.starts_stream {
                self.stream_start = offset;
            }
            window.starts.push(Start {
                offset,
                stream_offset: piece.stream_offset,
                stream_start: self.stream_start,
                block_bit: (!piece.starts_stream).then_some(piece.block_bit),
                streams: self.progress.streams,
            });
        }
        self.progress.decompressed += piece.bytes.len() as u64;
        window.bytes = piece.bytes;
        self.judge_ratio()
    }

    fn end_of_blocks(&mut self) -> Result<(), Error> {
        match &self.decoder {
            Decoder::Packed(..) => Err(Check::too_short().at("7z", self.progress.consumed, self.progress.decompressed)),
            Decoder::Bzip2(reader) => {
                self.progress.streams = self.place.streams + reader.streams();
                if let Some(offset) = reader.trailing()
                    && !only_zeros(&mut Input::new(self.disk.clone(), offset, None))?
                {
                    self.warn_of_garbage("bzip2", offset);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn warn_of_garbage(&mut self, name: &str, offset: u64) {
        let message = format!("ignored bytes after the last {name} stream; compressed offset: {offset}");
        self.warnings.push((self.progress.decompressed, message));
    }

    /// Ends a file that was read to its clean end.
    fn finish(&mut self, window: &mut Window) -> Result<(), Error> {
        window.digests = self.disk.finish().map_err(|error| Error::io(&error))?;
        self.progress.consumed = self.disk.length().map_err(|error| Error::io(&error))?;
        Ok(())
    }

    /// One step on; gives the bytes that were made.
    fn advance(&mut self, output: &mut [u8]) -> Result<usize, Error> {
        let framed = match &mut self.decoder {
            Decoder::Framed(framed) => framed,
            Decoder::Plain(input) => {
                let count = input.read_into(output).map_err(|error| Error::io(&error))?;
                self.progress.decompressed += count as u64;
                self.progress.consumed = input.offset();
                self.is_finished = input.at_end() && input.rest().is_empty();
                return Ok(count);
            }
            Decoder::Bzip2(_) | Decoder::Packed(..) => return Ok(0),
        };
        let event = framed.advance(output, self.progress.decompressed)?;
        self.progress.consumed = framed.input.offset();
        let name = framed.name;
        match event {
            Event::Bytes(count) => {
                self.progress.decompressed += count as u64;
                self.judge_ratio()?;
                return Ok(count);
            }
            Event::Stream => self.progress.streams += 1,
            Event::End => self.is_finished = true,
            Event::Garbage(offset) => {
                self.warn_of_garbage(name, offset);
                self.is_finished = true;
            }
        }
        Ok(0)
    }

    fn judge_ratio(&self) -> Result<(), Error> {
        let Progress { consumed, decompressed, .. } = self.progress;
        if decompressed > EXPANSION_FLOOR && decompressed / consumed.max(1) >= EXPANSION_RATIO {
            let message = format!("decompressed bytes per compressed byte reach the limit: {EXPANSION_RATIO}");
            return Err(Error::new(ErrorKind::Limit, message, decompressed));
        }
        Ok(())
    }
}

fn no_stream(place: Place) -> Error {
    let message = format!("no bzip2 stream starts at the compressed offset: {}", place.stream_offset);
    Error::new(ErrorKind::Format, message, place.stream_start)
}
