//! Reads leaf fields one after the other and says at which byte a rule is broken.

use super::{LeafError, LeafErrorKind, MAGIC, VERSION};

/// A place in a leaf.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Starts after magic, version and kind, which must be the wanted ones.
    pub(super) fn start(bytes: &'a [u8], kind: u8) -> Result<Self, LeafError> {
        let mut reader = Self { bytes, offset: 0 };
        let magic: [u8; 7] = reader.array()?;
        if let Some(place) = magic.iter().zip(MAGIC).position(|(found, wanted)| *found != wanted) {
            return Err(LeafError { kind: LeafErrorKind::Magic, byte_offset: place });
        }
        if reader.array()? != [VERSION] {
            return Err(LeafError { kind: LeafErrorKind::Version, byte_offset: 7 });
        }
        if reader.array()? != [kind] {
            return Err(LeafError { kind: LeafErrorKind::Kind, byte_offset: 8 });
        }
        Ok(reader)
    }

    /// Starts in the middle, for a field that holds fields.
    pub(super) fn inside(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    pub(super) fn fail(&self, kind: LeafErrorKind) -> LeafError {
        LeafError { kind, byte_offset: self.offset }
    }

    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], LeafError> {
        let end = self.offset.saturating_add(length);
        let taken = self.bytes.get(self.offset..end).ok_or_else(|| self.fail(LeafErrorKind::Truncated))?;
        self.offset = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], LeafError> {
        let at = self.fail(LeafErrorKind::Truncated);
        self.slice(N)?.try_into().map_err(|_| at)
    }

    /// A u64 below 2^63, so that it fits the signed columns of Arrow.
    pub(super) fn number(&mut self) -> Result<u64, LeafError> {
        let at = self.fail(LeafErrorKind::NumberTooLarge);
        let value = u64::from_be_bytes(self.array()?);
        if i64::try_from(value).is_ok() { Ok(value) } else { Err(at) }
    }

    pub(super) fn finish(&self) -> Result<(), LeafError> {
        if self.is_at_end() { Ok(()) } else { Err(self.fail(LeafErrorKind::TrailingBytes)) }
    }
}

/// The kind of a leaf, before it is decoded; `None` for bytes too short to have one.
#[must_use]
pub fn kind(leaf: &[u8]) -> Option<u8> {
    leaf.get(8).copied()
}
