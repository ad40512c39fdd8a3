//! One file, decompressed window by window in the thread that asks.

use std::path::Path;

use super::bzip2::Bzip2;
use super::codec::{Codec, Event, Framed};
use super::digests::Hashers;
use super::error::{Error, ErrorKind};
use super::gzip::Gzip;
use super::header_7z;
use super::input::{Disk, Input};
use super::limits::{EXPANSION_FLOOR, EXPANSION_RATIO};
use super::lzma::Lzma;
use super::seven_zip::SevenZip;
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
}

/// An open file.
pub(super) struct Source {
    disk: Disk,
    decoder: Decoder,
    compression: Compression,
    /// The first bytes of the file.
    head: Vec<u8>,
    progress: Progress,
    stream_start: u64,
    warnings: Vec<(u64, String)>,
    /// Up to here the file is hashed before anything is read.
    unread: u64,
    is_finished: bool,
}

impl Source {
    /// Opens a file at a place; without `hashers` it is not hashed.
    pub(super) fn open(path: &Path, place: Place, hashers: Option<Hashers>) -> Result<Self, Error> {
        let disk = Disk::open(path, hashers).map_err(|error| Error::io(&error))?;
        let mut input = Input::new(disk.clone(), 0, None);
        input.fill().map_err(|error| Error::io(&error))?;
        let compression = sniff::compression(input.rest())?;
        let head = input.rest().iter().take(4).copied().collect();
        let is_within = place.stream_offset > 0 || place.block.is_some();
        if is_within {
            let message = format!("no bzip2 stream starts at the compressed offset: {}", place.stream_offset);
            let error = Err(Error::new(ErrorKind::Format, message, place.stream_start));
            if compression != Compression::Bzip2 {
                return error;
            }
            input = Input::new(disk.clone(), place.stream_offset, None);
            input.fill().map_err(|error| Error::io(&error))?;
            if !sniff::is_bzip2(input.rest()) {
                return error;
            }
        }
        let mut source = Self {
            decoder: Decoder::Plain(Input::new(disk.clone(), 0, None)),
            disk,
            compression,
            head,
            progress: Progress {
                consumed: place.stream_offset,
                decompressed: place.stream_start,
                streams: place.streams,
            },
            stream_start: place.stream_start,
            warnings: Vec::new(),
            unread: place.stream_offset,
            is_finished: false,
        };
        source.decoder = source.decoder(input)?;
        Ok(source)
    }

    fn decoder(&mut self, input: Input) -> Result<Decoder, Error> {
        let codec: Box<dyn Codec> = match self.compression {
            Compression::Plain => return Ok(Decoder::Plain(input)),
            Compression::Bzip2 => Box::new(Bzip2::default()),
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
                let codec = SevenZip::new(&entry)?;
                let end = entry.offset + entry.packed;
                let input = Input::new(self.disk.clone(), entry.offset, Some(end));
                return Ok(Decoder::Framed(Framed::new("7z", Box::new(codec), input)));
            }
        };
        Ok(Decoder::Framed(Framed::new(self.name(), codec, input)))
    }

    fn name(&self) -> &'static str {
        match self.compression {
            Compression::Bzip2 => "bzip2",
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

    /// Decompresses up to `size` more bytes, over what `bytes` held. An error comes with the bytes before it.
    pub(super) fn read_window(&mut self, mut bytes: Vec<u8>, size: usize) -> Window {
        bytes.resize(size, 0);
        let mut window = Window::default();
        let mut made = 0;
        let mut result = self.disk.hash_up_to(std::mem::take(&mut self.unread)).map_err(|error| Error::io(&error));
        while made < size && !self.is_finished && result.is_ok() {
            match self.advance(&mut window, bytes.get_mut(made..).unwrap_or_default()) {
                Ok(count) => made += count,
                Err(error) => result = Err(error),
            }
        }
        bytes.truncate(made);
        window.bytes = bytes;
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

    /// Ends a file that was read to its clean end.
    fn finish(&mut self, window: &mut Window) -> Result<(), Error> {
        window.digests = self.disk.finish().map_err(|error| Error::io(&error))?;
        self.progress.consumed = self.disk.length().map_err(|error| Error::io(&error))?;
        Ok(())
    }

    /// One step on; gives the bytes that were made.
    fn advance(&mut self, window: &mut Window, output: &mut [u8]) -> Result<usize, Error> {
        let framed = match &mut self.decoder {
            Decoder::Plain(input) => {
                let count = input.read_into(output).map_err(|error| Error::io(&error))?;
                self.progress.decompressed += count as u64;
                self.progress.consumed = input.offset();
                self.is_finished = input.at_end() && input.rest().is_empty();
                return Ok(count);
            }
            Decoder::Framed(framed) => framed,
        };
        let event = framed.advance(output, self.progress.decompressed)?;
        self.progress.consumed = framed.input.offset();
        let name = framed.name;
        match event {
            Event::Bytes(count) => {
                self.progress.decompressed += count as u64;
                self.judge_ratio()?;
                Ok(count)
            }
            Event::Stream(stream_offset) => {
                self.progress.streams += 1;
                if self.compression == Compression::Bzip2 {
                    self.stream_start = self.progress.decompressed;
                    window.note(Start {
                        offset: self.stream_start,
                        stream_offset,
                        stream_start: self.stream_start,
                        block_bit: None,
                        streams: self.progress.streams,
                    });
                }
                Ok(0)
            }
            Event::End => {
                self.is_finished = true;
                Ok(0)
            }
            Event::Garbage(offset) => {
                let message = format!("ignored bytes after the last {name} stream; compressed offset: {offset}");
                self.warnings.push((self.progress.decompressed, message));
                self.is_finished = true;
                Ok(0)
            }
        }
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
