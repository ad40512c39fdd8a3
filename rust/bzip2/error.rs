//! Why decoding ended.

use std::fmt;
use std::io;

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input could not be read.
    Io(io::Error),
    /// The input ends inside a stream.
    Truncated,
    /// The input breaks the format, or a checksum differs.
    Corrupt(&'static str),
    /// A block takes more compressed bytes than any encoder can need.
    Limit,
}

/// Why decoding ended, and where.
#[derive(Debug)]
pub struct Error {
    pub kind: ErrorKind,
    /// Byte offset of the `BZh` of the stream.
    pub stream_offset: u64,
    /// Bit offset of the block or header that could not be decoded.
    pub bit_offset: u64,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::Io(error) => write!(formatter, "bzip2 input cannot be read ({error})")?,
            ErrorKind::Truncated => formatter.write_str("bzip2 input ends inside a stream")?,
            ErrorKind::Corrupt(what) => write!(formatter, "bzip2 data is damaged, {what}")?,
            ErrorKind::Limit => formatter.write_str("bzip2 block has an endless header")?,
        }
        write!(formatter, ", stream at byte {}, bit offset: {}", self.stream_offset, self.bit_offset)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// Why one block was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes at hand end before the block does.
    Short,
    Corrupt(&'static str),
}
