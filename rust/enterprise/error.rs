//! What can end the reading of a file, and what sends one record into quarantine.

pub(crate) use crate::stream::shown;
pub use crate::stream::{Error as ArticleError, ErrorKind};

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
