//! The order of things in the input: headers, blocks, ends of streams, and what may follow.

use std::io::Read;

use super::crc::combined;
use super::error::ErrorKind;
use super::scan::{BLOCK_MAGIC, MAGIC_BITS};
use super::window::Window;

/// The digits of the square root of pi.
const END_MAGIC: u64 = 0x1772_4538_5090;
const CHECKSUM_BITS: usize = 32;
const HEADER: &[u8] = b"BZh";
/// Bytes of the header with its level.
const HEADER_BYTES: usize = 4;

/// Where decoding stands, after the last block that was accepted.
pub(super) struct Chain {
    /// The bit at which the next thing starts.
    pub(super) position: u64,
    pub(super) stream_offset: u64,
    pub(super) starts_stream: bool,
    pub(super) streams: u64,
    pub(super) trailing: Option<u64>,
    /// 1 to 9.
    level: u64,
    is_in_stream: bool,
    /// The checksum of the stream up to here; none if its first blocks were not seen.
    checksum: Option<u32>,
}

/// What stands at the position.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Met {
    Block,
    Nothing,
}

impl Chain {
    /// Before the first stream.
    pub(super) fn new() -> Self {
        Self {
            position: 0,
            stream_offset: 0,
            starts_stream: false,
            streams: 0,
            trailing: None,
            level: 0,
            is_in_stream: false,
            checksum: None,
        }
    }

    /// Before a block inside a stream.
    pub(super) fn at_block(stream_offset: u64, block_bit: u64, level: u8) -> Self {
        let level = u64::from(level);
        Self { position: block_bit, stream_offset, streams: 1, level, is_in_stream: true, ..Self::new() }
    }

    /// Goes on to the next block, over any number of ends and headers.
    pub(super) fn advance<R: Read>(&mut self, window: &mut Window<R>) -> Result<Met, ErrorKind> {
        loop {
            if !self.is_in_stream {
                if !self.enter(window)? {
                    return Ok(Met::Nothing);
                }
            } else if self.read(window, MAGIC_BITS, 0)? == BLOCK_MAGIC {
                return Ok(Met::Block);
            } else {
                self.leave(window)?;
            }
        }
    }

    /// Takes a decoded block as the next one.
    pub(super) fn accept(&mut self, end: u64, size: usize, checksum: u32) -> Result<(), ErrorKind> {
        if size as u64 > self.level * 100_000 {
            return Err(ErrorKind::Corrupt("a block is longer than the level of its stream allows"));
        }
        self.position = end;
        self.starts_stream = false;
        self.checksum = self.checksum.map(|stream| combined(stream, checksum));
        Ok(())
    }

    /// Reads the header of a stream; false if none follows.
    fn enter<R: Read>(&mut self, window: &mut Window<R>) -> Result<bool, ErrorKind> {
        let offset = self.position / 8;
        window.fill(offset, HEADER_BYTES);
        let header = window.from(offset);
        let header = header.get(..HEADER_BYTES).unwrap_or(header);
        let is_first = self.streams == 0;
        match header.split_at_checked(HEADER.len()) {
            Some((HEADER, [level @ b'1'..=b'9'])) => self.level = u64::from(level - b'0'),
            _ if HEADER.starts_with(header) || header == HEADER => {
                let is_clean = header.is_empty() && !is_first && window.error().is_none();
                self.stream_offset = if is_clean { self.stream_offset } else { offset };
                return if is_clean { Ok(false) } else { Err(ErrorKind::Truncated) };
            }
            _ if is_first => return Err(ErrorKind::Corrupt("no stream starts here")),
            _ => {
                self.trailing = Some(offset);
                return Ok(false);
            }
        }
        self.position += HEADER_BYTES as u64 * 8;
        self.stream_offset = offset;
        self.starts_stream = true;
        self.streams += 1;
        self.is_in_stream = true;
        self.checksum = Some(0);
        Ok(true)
    }

    /// Reads the end of a stream, and goes on to a whole byte.
    fn leave<R: Read>(&mut self, window: &mut Window<R>) -> Result<(), ErrorKind> {
        if self.read(window, MAGIC_BITS, 0)? != END_MAGIC {
            return Err(ErrorKind::Corrupt("neither a block nor the end of the stream follows"));
        }
        let stored = self.read(window, CHECKSUM_BITS, MAGIC_BITS)?;
        if self.checksum.is_some_and(|own| u64::from(own) != stored) {
            return Err(ErrorKind::Corrupt("the checksum of the stream differs"));
        }
        self.position = (self.position + (MAGIC_BITS + CHECKSUM_BITS) as u64).next_multiple_of(8);
        self.is_in_stream = false;
        window.forget(self.position / 8);
        Ok(())
    }

    /// The `count` bits that start `ahead` bits after the position.
    fn read<R: Read>(&self, window: &mut Window<R>, count: usize, ahead: usize) -> Result<u64, ErrorKind> {
        let bit = self.position + ahead as u64;
        let (offset, shift) = (bit / 8, (bit % 8) as usize);
        window.fill(offset, (shift + count).div_ceil(8));
        let bytes = window.from(offset);
        let mut word = [0; 8];
        for (target, byte) in word.iter_mut().zip(bytes) {
            *target = *byte;
        }
        let is_whole = shift + count <= bytes.len() * 8;
        is_whole.then(|| u64::from_be_bytes(word) << shift >> (64 - count)).ok_or(ErrorKind::Truncated)
    }
}
