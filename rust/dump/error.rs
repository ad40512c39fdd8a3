//! What can end the reading of a dump, and what sends one record into quarantine.

use std::fmt;

use crate::stream;
pub use crate::stream::ErrorKind;
pub(crate) use crate::stream::shown;

/// Why a dump could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpError {
    pub kind: ErrorKind,
    pub message: String,
    /// Decompressed bytes before the place.
    pub byte_offset: Option<u64>,
    pub page_id: Option<i64>,
    pub os_code: Option<i32>,
}

impl DumpError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, byte_offset: u64) -> Self {
        Self { kind, message: message.into(), byte_offset: Some(byte_offset), page_id: None, os_code: None }
    }

    pub(crate) fn on_page(mut self, page_id: Option<i64>) -> Self {
        self.page_id = self.page_id.or(page_id);
        self
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        if let Some(offset) = self.byte_offset {
            write!(out, "; byte offset: {offset}")?;
        }
        self.page_id.map_or(Ok(()), |page| write!(out, "; page: {page}"))
    }
}

impl std::error::Error for DumpError {}

impl From<stream::Error> for DumpError {
    fn from(error: stream::Error) -> Self {
        let stream::Error { kind, message, byte_offset, os_code } = error;
        Self { kind, message, byte_offset, page_id: None, os_code }
    }
}

/// Why a record cannot be taken; the codes of the quarantine table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    MissingField,
    MissingRole,
    DuplicateField,
    DuplicateConflict,
    BadNumber,
    BadTimestamp,
    BadUtf8,
    BadChar,
    BadEntity,
    TextTooLarge,
    FieldTooLarge,
    NotWellFormed,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::MissingField => "missing_field",
            Self::MissingRole => "missing_role",
            Self::DuplicateField => "duplicate_field",
            Self::DuplicateConflict => "duplicate_conflict",
            Self::BadNumber => "bad_number",
            Self::BadTimestamp => "bad_timestamp",
            Self::BadUtf8 => "bad_utf8",
            Self::BadChar => "bad_char",
            Self::BadEntity => "bad_entity",
            Self::TextTooLarge => "text_too_large",
            Self::FieldTooLarge => "field_too_large",
            Self::NotWellFormed => "not_well_formed",
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
