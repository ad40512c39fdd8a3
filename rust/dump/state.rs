//! A resume state as plain values, which any language can keep as JSON, and the strict way back.

use super::error::{DumpError, ErrorKind};
use crate::digest::sha256;

/// A plain value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Value>),
    /// In the order of its names where it is made; found by name where it is read.
    Map(Vec<(String, Value)>),
}

/// What a state that cannot be used is refused with.
pub(crate) fn refused(what: &str) -> DumpError {
    DumpError::new(ErrorKind::Format, format!("not a resume state of this reader: {what}"), 0)
}

impl Value {
    pub(crate) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Offsets and counts; no file has 2^62 bytes.
    pub(crate) fn number(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub(crate) fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_owned()))
    }

    pub(crate) fn get(&self, wanted: &str) -> Result<&Self, DumpError> {
        let Self::Map(entries) = self else { return Err(refused(wanted)) };
        entries.iter().find(|(name, _)| name == wanted).map(|(_, value)| value).ok_or_else(|| refused(wanted))
    }

    pub(crate) fn to_number(&self, name: &str) -> Result<u64, DumpError> {
        const LARGEST: u64 = 1 << 62;
        match self.get(name)? {
            Self::Number(number) => u64::try_from(*number).ok().filter(|number| *number <= LARGEST),
            _ => None,
        }
        .ok_or_else(|| refused(name))
    }

    pub(crate) fn to_bool(&self, name: &str) -> Result<bool, DumpError> {
        if let Self::Bool(value) = self.get(name)? { Ok(*value) } else { Err(refused(name)) }
    }

    pub(crate) fn to_text(&self, name: &str) -> Result<Option<String>, DumpError> {
        match self.get(name)? {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text.clone())),
            _ => Err(refused(name)),
        }
    }

    pub(crate) fn to_list(&self, name: &str) -> Result<&[Self], DumpError> {
        if let Self::List(values) = self.get(name)? { Ok(values) } else { Err(refused(name)) }
    }

    /// Adds a checksum of all that is in this map.
    pub(crate) fn sealed(self) -> Self {
        let seal = self.seal();
        let Self::Map(mut entries) = self else { return self };
        entries.push((SEAL.to_owned(), Self::Text(seal)));
        Self::Map(entries)
    }

    /// Checks the checksum. It finds accidents; whoever means harm can make one too, and gets no further than a dump could.
    pub(crate) fn check_seal(&self) -> Result<(), DumpError> {
        let Self::Map(entries) = self else { return Err(refused("no map")) };
        let unsealed = Self::Map(entries.iter().filter(|(name, _)| name != SEAL).cloned().collect());
        if self.to_text(SEAL)?.as_ref() == Some(&unsealed.seal()) {
            Ok(())
        } else {
            Err(refused("its checksum is wrong"))
        }
    }

    fn seal(&self) -> String {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        let digest = sha256(&[&bytes]);
        let start = digest.first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(start))
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        let length = |count: usize| (count as u64).to_le_bytes();
        match self {
            Self::Null => bytes.push(b'n'),
            Self::Bool(value) => bytes.extend([b'b', u8::from(*value)]),
            Self::Number(number) => {
                bytes.push(b'i');
                bytes.extend(number.to_le_bytes());
            }
            Self::Text(text) => {
                bytes.push(b't');
                bytes.extend(length(text.len()));
                bytes.extend(text.as_bytes());
            }
            Self::List(values) => {
                bytes.push(b'l');
                bytes.extend(length(values.len()));
                for value in values {
                    value.encode(bytes);
                }
            }
            Self::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by(|left, right| left.0.cmp(&right.0));
                bytes.push(b'm');
                bytes.extend(length(sorted.len()));
                for (name, value) in sorted {
                    bytes.extend(length(name.len()));
                    bytes.extend(name.as_bytes());
                    value.encode(bytes);
                }
            }
        }
    }
}

const SEAL: &str = "check";
