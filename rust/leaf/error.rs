//! What is wrong with a leaf, or with the columns that a leaf is made from, and where.

use std::fmt;

/// Bytes that are no canonical leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafError {
    pub kind: LeafErrorKind,
    /// Start of the field that is wrong; for the magic, the first byte that differs.
    pub byte_offset: usize,
}

/// The rule that a leaf breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafErrorKind {
    Magic,
    Version,
    Kind,
    ContentModel,
    ReservedFlag,
    NumberTooLarge,
    ForbiddenCommitment,
    WikiLength,
    WikiCharacter,
    ExtensionOrder,
    ExtensionLength,
    ModelName,
    Truncated,
    TrailingBytes,
}

impl LeafErrorKind {
    fn message(self) -> &'static str {
        match self {
            Self::Magic => "wrong magic",
            Self::Version => "unknown version",
            Self::Kind => "kind does not belong here",
            Self::ContentModel => "unknown content model code",
            Self::ReservedFlag => "reserved flag bit is set",
            Self::NumberTooLarge => "number is 2^63 or more",
            Self::ForbiddenCommitment => "commitment that profile or flags forbid",
            Self::WikiLength => "wiki id is not 1 to 32 bytes long",
            Self::WikiCharacter => "wiki id holds a character outside [a-z0-9_]",
            Self::ExtensionOrder => "extension types do not ascend strictly",
            Self::ExtensionLength => "extension does not end where its length says",
            Self::ModelName => "model name does not fit the content model code",
            Self::Truncated => "leaf ends too early",
            Self::TrailingBytes => "bytes follow the leaf",
        }
    }
}

impl fmt::Display for LeafError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; byte offset: {}", self.kind.message(), self.byte_offset)
    }
}

impl std::error::Error for LeafError {}

/// Columns that no leaf can be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnError {
    pub column: &'static str,
    /// The row in the batch, or `None` if the column as a whole is wrong.
    pub row: Option<usize>,
    pub message: String,
}

impl ColumnError {
    pub(super) fn column(column: &'static str, message: impl Into<String>) -> Self {
        Self { column, row: None, message: message.into() }
    }

    pub(super) fn row(column: &'static str, row: usize, message: impl Into<String>) -> Self {
        Self { column, row: Some(row), message: message.into() }
    }
}

impl fmt::Display for ColumnError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(formatter, "column {}, row {row}: {}", self.column, self.message),
            None => write!(formatter, "column {}: {}", self.column, self.message),
        }
    }
}

impl std::error::Error for ColumnError {}
