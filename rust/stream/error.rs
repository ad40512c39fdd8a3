//! Why the bytes of a file end before the file does.

use std::fmt;

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused; `Error::os_code` says why.
    Io,
    /// The bytes are not what their format says, or the format is not read here.
    Format,
    /// The file ends too early.
    Truncated,
    /// The file holds what nobody should open: a DOCTYPE, links in an archive.
    Unsafe,
    Limit,
}

/// What went wrong, and behind how many decompressed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    /// Decompressed bytes before the place; none where the file could not even be opened.
    pub byte_offset: Option<u64>,
    pub os_code: Option<i32>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, byte_offset: u64) -> Self {
        Self { kind, message: message.into(), byte_offset: Some(byte_offset), os_code: None }
    }

    pub(crate) fn io(error: &std::io::Error) -> Self {
        Self { kind: ErrorKind::Io, message: error.to_string(), byte_offset: None, os_code: error.raw_os_error() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        self.byte_offset.map_or(Ok(()), |offset| write!(out, "; byte offset: {offset}"))
    }
}

impl std::error::Error for Error {}

/// Bytes of a file inside a message: short, printable, without surprises for terminals.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 40;
    let cut = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(cut).chars().flat_map(char::escape_debug).collect();
    if cut.len() < bytes.len() { format!("{text}...") } else { text }
}
