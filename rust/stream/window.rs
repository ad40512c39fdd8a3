//! Decompressed bytes, and what was met while they were made.

use super::digests::Digests;
use super::error::Error;

/// A place from which decompression can start again: the start of a bzip2 stream or of a block inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Decompressed bytes before it, in the file.
    pub offset: u64,
    /// Compressed bytes before its stream.
    pub stream_offset: u64,
    /// Decompressed bytes before its stream, in the file.
    pub stream_start: u64,
    /// Bits before the block's magic; none at the start of a stream.
    pub block_bit: Option<u64>,
    /// Streams met up to here, its own included.
    pub streams: u64,
}

/// How far a file was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Compressed bytes that were used up.
    pub consumed: u64,
    pub decompressed: u64,
    /// bzip2 or xz streams, gzip members, zstd frames; 0 for a plain file.
    pub streams: u64,
}

/// The next bytes of a file.
#[derive(Debug, Default)]
pub struct Window {
    pub bytes: Vec<u8>,
    /// In ascending order; of several at one offset only the last holds bytes.
    pub starts: Vec<Start>,
    /// Decompressed offset and message.
    pub warnings: Vec<(u64, String)>,
    /// Up to the end of this window.
    pub progress: Progress,
    /// The file is encoded in UTF-16; `bytes` are UTF-8.
    pub is_transcoded: bool,
    /// No bytes follow: the file ended cleanly, or with `error`.
    pub is_last: bool,
    pub error: Option<Error>,
    /// Of the whole file, in the last window of one that was read to its clean end.
    pub digests: Option<Digests>,
}
