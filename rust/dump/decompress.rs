//! A dump file as windows of decompressed bytes, with the place of every bzip2 stream.
//!
//! The compressed bytes are hashed as they are read, from the very descriptor that is parsed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bzip2::{Decompress as Bunzip, Status as BunzipStatus};
use flate2::{Decompress as Gunzip, FlushDecompress, Status as GunzipStatus};
use sha2::{Digest, Sha256};

use super::error::{DumpError, ErrorKind};
use super::limits::{EXPANSION_FLOOR, EXPANSION_RATIO, INPUT_BYTES};
use super::sniff::{self, Compression};

/// zlib's largest window, which every gzip file may use.
const GZIP_WINDOW_BITS: u8 = 15;

/// Decompressed bytes and what was met while they were made.
#[derive(Default)]
pub(crate) struct Window {
    pub(crate) bytes: Vec<u8>,
    /// (decompressed offset, compressed offset) of each bzip2 stream that starts in this window.
    pub(crate) streams: Vec<(u64, u64)>,
    pub(crate) warnings: Vec<(u64, String)>,
    /// No bytes follow: the file ended cleanly, or with `error`.
    pub(crate) is_last: bool,
    pub(crate) error: Option<DumpError>,
}

enum Decoder {
    Plain,
    Bzip2(Option<Bunzip>),
    Gzip(Option<Gunzip>),
}

/// An open dump file.
pub(crate) struct Source {
    file: File,
    decoder: Decoder,
    compression: Compression,
    input: Vec<u8>,
    used: usize,
    at_end_of_file: bool,
    hasher: Option<Sha256>,
    /// Compressed offset of the first byte of `input`.
    input_offset: u64,
    start_offset: u64,
    decompressed: u64,
    streams: u64,
    is_finished: bool,
}

impl Source {
    /// Opens a whole file; its bytes are hashed.
    pub(crate) fn open(path: &Path) -> Result<Self, DumpError> {
        Self::open_at(path, 0, Some(Sha256::new()))
    }

    /// Opens a file at a compressed offset, where a stream must start.
    pub(crate) fn reopen(path: &Path, stream_offset: u64) -> Result<Self, DumpError> {
        let source = Self::open_at(path, stream_offset, None)?;
        if stream_offset > 0 && source.compression != Compression::Bzip2 {
            let message = format!("no bzip2 stream starts at the compressed offset: {stream_offset}");
            return Err(DumpError::new(ErrorKind::Format, message, 0));
        }
        Ok(source)
    }

    fn open_at(path: &Path, offset: u64, hasher: Option<Sha256>) -> Result<Self, DumpError> {
        let mut file = File::open(path).map_err(|error| DumpError::io(&error))?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|error| DumpError::io(&error))?;
        }
        let mut source = Self {
            file,
            decoder: Decoder::Plain,
            compression: Compression::Plain,
            input: Vec::with_capacity(INPUT_BYTES),
            used: 0,
            at_end_of_file: false,
            hasher,
            input_offset: offset,
            start_offset: offset,
            decompressed: 0,
            streams: 0,
            is_finished: false,
        };
        source.fill_input()?;
        source.compression = sniff::compression(&source.input)?;
        source.decoder = match source.compression {
            Compression::Plain => Decoder::Plain,
            Compression::Bzip2 => Decoder::Bzip2(None),
            Compression::Gzip => Decoder::Gzip(None),
        };
        Ok(source)
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Compressed bytes consumed so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.input_offset - self.start_offset + self.used as u64
    }

    pub(crate) fn bytes_decompressed(&self) -> u64 {
        self.decompressed
    }

    /// bzip2 streams or gzip members met so far; 0 for a plain file.
    pub(crate) fn streams(&self) -> u64 {
        self.streams
    }

    /// Digest of the whole file once its end was reached.
    pub(crate) fn sha256(&self) -> Option<[u8; 32]> {
        let hasher = self.hasher.as_ref().filter(|_| self.is_finished && self.at_end_of_file)?;
        Some(hasher.clone().finalize().into())
    }

    /// Moves a plain file forward without reading; only right after opening.
    pub(crate) fn seek_plain(&mut self, offset: u64) -> Result<bool, DumpError> {
        if self.compression != Compression::Plain || self.decompressed > 0 || self.hasher.is_some() {
            return Ok(false);
        }
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| DumpError::io(&error))?;
        self.input.clear();
        self.used = 0;
        self.at_end_of_file = false;
        self.input_offset = offset;
        self.decompressed = offset;
        Ok(true)
    }

    /// Decompresses up to `size` more bytes. An error comes with the bytes before it.
    pub(crate) fn read_window(&mut self, mut bytes: Vec<u8>, size: usize) -> Window {
        bytes.clear();
        bytes.reserve(size);
        let mut window = Window { bytes, ..Window::default() };
        while window.bytes.len() < size && !self.is_finished {
            if let Err(error) = self.advance(&mut window, size) {
                window.error = Some(error);
                self.is_finished = true;
                self.hasher = None;
            }
        }
        window.is_last = self.is_finished;
        window
    }

    fn advance(&mut self, window: &mut Window, size: usize) -> Result<(), DumpError> {
        let is_plain = matches!(self.decoder, Decoder::Plain);
        if self.used == self.input.len() && !self.at_end_of_file && !is_plain {
            self.fill_input()?;
        }
        match self.decoder {
            Decoder::Plain => self.pass(window, size),
            Decoder::Bzip2(None) => self.next_stream(window, sniff::is_bzip2, 4, "bzip2"),
            Decoder::Gzip(None) => self.next_stream(window, sniff::is_gzip, 2, "gzip"),
            Decoder::Bzip2(Some(_)) | Decoder::Gzip(Some(_)) => self.decompress(window, size),
        }
    }

    /// Hands plain bytes on: first those that were read to tell the format, then straight from the file.
    fn pass(&mut self, window: &mut Window, size: usize) -> Result<(), DumpError> {
        let before = window.bytes.len();
        let input = self.input.get(self.used..).unwrap_or_default();
        let taken = input.get(..size - before).unwrap_or(input);
        window.bytes.extend_from_slice(taken);
        self.used += taken.len();
        if self.used == self.input.len() && !self.at_end_of_file {
            let (start, wanted) = (window.bytes.len(), size - window.bytes.len());
            let result = Read::by_ref(&mut self.file).take(wanted as u64).read_to_end(&mut window.bytes);
            let count = result.map_err(|error| DumpError::io(&error))?;
            self.input_offset += count as u64;
            self.at_end_of_file = count < wanted;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(window.bytes.get(start..).unwrap_or_default());
            }
        }
        self.decompressed += (window.bytes.len() - before) as u64;
        self.is_finished = self.at_end_of_file && self.used == self.input.len();
        Ok(())
    }

    /// Between two streams: starts the next one, or ends the file.
    fn next_stream(
        &mut self,
        window: &mut Window,
        is_start: fn(&[u8]) -> bool,
        magic_bytes: usize,
        format: &str,
    ) -> Result<(), DumpError> {
        while self.input.len() - self.used < magic_bytes && !self.at_end_of_file {
            self.fill_input()?;
        }
        let rest = self.input.get(self.used..).unwrap_or_default();
        let offset = self.bytes_read();
        if is_start(rest) {
            self.streams += 1;
            let start = (self.decompressed, offset + self.start_offset);
            match &mut self.decoder {
                Decoder::Bzip2(decoder) => {
                    // Empty streams may follow each other for long: only the last one of a place holds bytes.
                    if window.streams.last().is_some_and(|last| last.0 == start.0) {
                        window.streams.pop();
                    }
                    window.streams.push(start);
                    *decoder = Some(Bunzip::new(false));
                }
                Decoder::Gzip(decoder) => *decoder = Some(Gunzip::new_gzip(GZIP_WINDOW_BITS)),
                Decoder::Plain => {}
            }
            return Ok(());
        }
        if !rest.is_empty() && rest.len() < magic_bytes && b"BZh".starts_with(rest) | b"\x1f".starts_with(rest) {
            let message = format!("the file ends inside the header of a {format} stream; compressed offset: {offset}");
            return Err(DumpError::new(ErrorKind::Truncated, message, self.decompressed));
        }
        if rest.iter().any(|byte| *byte != 0) {
            let message = format!("ignored bytes after the last {format} stream; compressed offset: {offset}");
            window.warnings.push((self.decompressed, message));
        }
        while !self.at_end_of_file {
            self.used = self.input.len();
            self.fill_input()?; // what follows is hashed too
        }
        self.used = self.input.len();
        self.is_finished = true;
        Ok(())
    }

    fn decompress(&mut self, window: &mut Window, size: usize) -> Result<(), DumpError> {
        let input = self.input.get(self.used..).unwrap_or_default();
        let before = window.bytes.len();
        window.bytes.reserve_exact(size - before);
        let (consumed, has_ended) = match &mut self.decoder {
            Decoder::Bzip2(Some(decoder)) => {
                let start = decoder.total_in();
                let status = decoder.decompress_vec(input, &mut window.bytes);
                (
                    decoder.total_in() - start,
                    status.map_or(None, |status| match status {
                        BunzipStatus::MemNeeded => None,
                        status => Some(status == BunzipStatus::StreamEnd),
                    }),
                )
            }
            Decoder::Gzip(Some(decoder)) => {
                let start = decoder.total_in();
                let status = decoder.decompress_vec(input, &mut window.bytes, FlushDecompress::None);
                (decoder.total_in() - start, status.map_or(None, |status| Some(status == GunzipStatus::StreamEnd)))
            }
            _ => (0, None),
        };
        let had_input = !input.is_empty();
        let produced = window.bytes.len() - before;
        self.used += usize::try_from(consumed).unwrap_or(usize::MAX).min(input.len());
        self.decompressed += produced as u64;
        let place = self.bytes_read() + self.start_offset;
        let name = self.compression.as_str();
        match has_ended {
            None => {
                let message = format!("damaged {name} stream; compressed offset: {place}");
                return Err(DumpError::new(ErrorKind::Format, message, self.decompressed));
            }
            Some(true) => match &mut self.decoder {
                Decoder::Bzip2(decoder) => *decoder = None,
                Decoder::Gzip(decoder) => *decoder = None,
                Decoder::Plain => {}
            },
            Some(false) if consumed == 0 && produced == 0 => {
                // A decoder that neither takes nor gives would be called for ever (RUSTSEC-2023-0004).
                if had_input {
                    let message = format!("the {name} decoder makes no progress; compressed offset: {place}");
                    return Err(DumpError::new(ErrorKind::Format, message, self.decompressed));
                }
                if self.at_end_of_file {
                    let message = format!("the file ends inside a {name} stream; compressed offset: {place}");
                    return Err(DumpError::new(ErrorKind::Truncated, message, self.decompressed));
                }
            }
            Some(false) => {}
        }
        let read = self.bytes_read();
        if self.decompressed > EXPANSION_FLOOR && self.decompressed / read.max(1) >= EXPANSION_RATIO {
            let message = format!("decompressed bytes per compressed byte reach the limit: {EXPANSION_RATIO}");
            return Err(DumpError::new(ErrorKind::Limit, message, self.decompressed));
        }
        Ok(())
    }

    /// Reads and hashes one more block behind the unused input.
    fn fill_input(&mut self) -> Result<(), DumpError> {
        self.input.drain(..self.used);
        self.input_offset += self.used as u64;
        self.used = 0;
        let before = self.input.len();
        let wanted = INPUT_BYTES.saturating_sub(before).max(1) as u64;
        let result = Read::by_ref(&mut self.file).take(wanted).read_to_end(&mut self.input);
        let count = result.map_err(|error| DumpError::io(&error))?;
        self.at_end_of_file = (count as u64) < wanted;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(self.input.get(before..).unwrap_or_default());
        }
        Ok(())
    }
}
