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
    Limit,
}

/// What went wrong, and behind how many decompressed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    /// Decompressed bytes before the place; none where the file could not even be opened.
    pub offset: Option<u64>,
    pub os_code: Option<i32>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, offset: u64) -> Self {
        Self { kind, message: message.into(), offset: Some(offset), os_code: None }
    }

    pub(crate) fn io(error: &std::io::Error) -> Self {
        Self { kind: ErrorKind::Io, message: error.to_string(), offset: None, os_code: error.raw_os_error() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        self.offset.map_or(Ok(()), |offset| write!(out, "; byte offset: {offset}"))
    }
}

impl std::error::Error for Error {}
