//! What can end the reading of a file, and what sends one record into quarantine.

use std::fmt;

use crate::stream;

/// The kinds of failure that end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused; `ArticleError::os_code` says why.
    Io,
    Format,
    Truncated,
    Unsafe,
    Limit,
}

/// Why a file could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleError {
    pub kind: ErrorKind,
    pub message: String,
    /// Decompressed bytes before the place.
    pub byte_offset: Option<u64>,
    pub os_code: Option<i32>,
}

impl ArticleError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, byte_offset: u64) -> Self {
        Self { kind, message: message.into(), byte_offset: Some(byte_offset), os_code: None }
    }
}

impl fmt::Display for ArticleError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        self.byte_offset.map_or(Ok(()), |offset| write!(out, "; byte offset: {offset}"))
    }
}

impl std::error::Error for ArticleError {}

impl From<stream::Error> for ArticleError {
    fn from(error: stream::Error) -> Self {
        let kind = match error.kind {
            stream::ErrorKind::Io => ErrorKind::Io,
            stream::ErrorKind::Truncated => ErrorKind::Truncated,
            stream::ErrorKind::Limit => ErrorKind::Limit,
            stream::ErrorKind::Format => ErrorKind::Format,
        };
        Self { kind, message: error.message, byte_offset: error.offset, os_code: error.os_code }
    }
}

/// Why a record cannot be taken; the codes of the quarantine table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    BadJson,
    /// The input ends inside a value. A line never gets further than `bad_json`.
    Unfinished,
    BadUtf8,
    BadChar,
    BadNumber,
    BadTimestamp,
    BadName,
    MissingField,
    TextTooLarge,
    FieldTooLarge,
    LineTooLong,
    DuplicateConflict,
    DeleteEvent,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadJson | Self::Unfinished => "bad_json",
            Self::BadUtf8 => "bad_utf8",
            Self::BadChar => "bad_char",
            Self::BadNumber => "bad_number",
            Self::BadTimestamp => "bad_timestamp",
            Self::BadName => "bad_name",
            Self::MissingField => "missing_field",
            Self::TextTooLarge => "text_too_large",
            Self::FieldTooLarge => "field_too_large",
            Self::LineTooLong => "line_too_long",
            Self::DuplicateConflict => "duplicate_conflict",
            Self::DeleteEvent => "delete_event",
        }
    }
}

/// One record's defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Bytes of a file inside a message: short, printable, without surprises for terminals.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 40;
    let cut = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(cut).chars().flat_map(char::escape_debug).collect();
    if cut.len() < bytes.len() { format!("{text}...") } else { text }
}
