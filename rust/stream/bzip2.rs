//! bzip2: any number of streams, whose blocks are the windows. It brings its own threads.

use super::error::{Error, ErrorKind};
use super::input::Input;
use super::sniff;
use super::source::Block;
use crate::bzip2::{self, Piece};

const HEADER_BYTES: usize = 4;

pub(super) struct Bzip2 {
    reader: bzip2::Reader<Input>,
    /// Offset in the file of what the reader takes for its start.
    base: u64,
    /// The same for what it counts as used up.
    first: u64,
    /// Streams counted that began before reading did.
    before: u64,
}

impl Bzip2 {
    /// Reads from a stream on, which starts where `input` does; from a block of it, if one is given. None if none starts.
    pub(super) fn open(
        mut input: Input,
        block: Option<Block>,
        threads: usize,
        reopen: impl FnOnce(u64) -> Input,
    ) -> std::io::Result<Option<Self>> {
        if input.rest().is_empty() {
            input.fill()?;
        }
        let stream_offset = input.offset();
        let Some(&[_, _, _, digit]) = input.rest().get(..HEADER_BYTES).filter(|head| sniff::is_bzip2(head)) else {
            return Ok(None);
        };
        let Some(block) = block else {
            let reader = bzip2::Reader::new(input, threads);
            return Ok(Some(Self { reader, base: stream_offset, first: stream_offset, before: 0 }));
        };
        let first = block.bit / 8;
        let place = bzip2::Place { stream_offset, block_bit: block.bit, level: digit - b'0' };
        let reader = bzip2::Reader::at_block(reopen(first), threads, place);
        Ok(Some(Self { reader, base: 0, first, before: 1 }))
    }

    /// The next block, with offsets in the file; none at the end.
    pub(super) fn next_piece(&mut self, decompressed: u64) -> Result<Option<Piece>, Error> {
        let piece = self.reader.next_piece().map_err(|error| self.error(error, decompressed))?;
        Ok(piece.map(|mut piece| {
            piece.stream_offset += self.base;
            piece.block_bit += self.base * 8;
            piece
        }))
    }

    /// Compressed bytes of the file up to the end of the last piece.
    pub(super) fn consumed(&self) -> u64 {
        self.first + self.reader.bytes_consumed()
    }

    /// Streams met since reading began, without the one inside which it began.
    pub(super) fn streams(&self) -> u64 {
        self.reader.streams() - self.before
    }

    /// Offset in the file of what follows the last stream and is none.
    pub(super) fn trailing(&self) -> Option<u64> {
        self.reader.trailing().map(|offset| offset + self.base)
    }

    pub(super) fn recycle(&mut self, bytes: Vec<u8>) {
        self.reader.recycle(bytes);
    }

    fn error(&self, error: bzip2::Error, decompressed: u64) -> Error {
        let place = error.bit_offset / 8 + self.base;
        match error.kind {
            bzip2::ErrorKind::Io(error) => Error::io(&error),
            bzip2::ErrorKind::Truncated => {
                let message = format!("the file ends inside a bzip2 stream; compressed offset: {place}");
                Error::new(ErrorKind::Truncated, message, decompressed)
            }
            bzip2::ErrorKind::Limit => {
                let message = format!("a bzip2 block with an endless header; compressed offset: {place}");
                Error::new(ErrorKind::Limit, message, decompressed)
            }
            bzip2::ErrorKind::Corrupt(what) => {
                let message = format!("damaged bzip2 stream, {what}; compressed offset: {place}");
                Error::new(ErrorKind::Format, message, decompressed)
            }
        }
    }
}
