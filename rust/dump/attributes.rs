//! The attributes of one tag.

use std::borrow::Cow;

use super::decode;
use super::error::{Fault, Reason, shown};

/// Calls `take(local name, raw value)` for each attribute between a tag's name and its end.
///
/// A prefix is taken off, except for `xml:`. Declarations of namespaces are skipped.
pub(crate) fn each<'a>(
    mut rest: &'a [u8],
    mut take: impl FnMut(&'a [u8], &'a [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        let before = rest;
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(());
        }
        let bad = || Fault::new(Reason::NotWellFormed, format!("attributes that cannot be read: {}", shown(before)));
        if rest.len() == before.len() {
            return Err(bad()); // attributes are parted by blanks
        }
        let equals = memchr::memchr(b'=', rest).ok_or_else(bad)?;
        let name = rest.get(..equals).unwrap_or_default().trim_ascii_end();
        let value = rest.get(equals + 1..).unwrap_or_default().trim_ascii_start();
        let (quote, value) = value.split_first().ok_or_else(bad)?;
        if name.is_empty() || name.iter().any(u8::is_ascii_whitespace) || !matches!(quote, b'"' | b'\'') {
            return Err(bad());
        }
        let end = memchr::memchr(*quote, value).ok_or_else(bad)?;
        let (value, tail) = value.split_at_checked(end).ok_or_else(bad)?;
        rest = tail.get(1..).unwrap_or_default();
        if name.starts_with(b"xml:") {
            take(name, value)?;
        } else if !name.starts_with(b"xmlns") {
            let local =
                name.iter().rposition(|byte| *byte == b':').and_then(|colon| name.get(colon + 1..)).unwrap_or(name);
            take(local, value)?;
        }
    }
}

/// A value that an element may state once.
#[derive(Debug, Clone)]
pub(crate) struct Once<T>(Option<T>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Once<T> {
    pub(crate) fn set(&mut self, value: T, name: &str) -> Result<(), Fault> {
        if self.0.replace(value).is_some() {
            return Err(Fault::new(Reason::DuplicateField, format!("stated twice: {name}")));
        }
        Ok(())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub(crate) fn take(self) -> Option<T> {
        self.0
    }
}

impl<T: PartialEq> Once<T> {
    /// Takes the same value again, and tells so.
    pub(crate) fn set_or_same(&mut self, value: T, name: &str) -> Result<bool, Fault> {
        if self.0.as_ref() == Some(&value) {
            return Ok(true);
        }
        self.set(value, name).map(|()| false)
    }
}

impl<T> Once<Option<T>> {
    /// The value, where it was stated and is not empty.
    pub(crate) fn flat(self) -> Option<T> {
        self.0.flatten()
    }
}

/// The decoded value of one attribute.
pub(crate) fn value(attributes: &[u8], wanted: &[u8]) -> Result<Option<String>, Fault> {
    let mut found = Once::default();
    each(attributes, |name, raw| if name == wanted { found.set(raw, &shown(wanted)) } else { Ok(()) })?;
    Ok(found.take().map(decode::attribute).transpose()?.map(Cow::into_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_local_name() {
        let tag = b" bytes=\"5\" m:sha1 = 'a&amp;b'\n xml:space=\"preserve\" xmlns:m='x'";
        assert_eq!(value(tag, b"sha1"), Ok(Some("a&b".into())));
        assert_eq!(value(tag, b"space"), Ok(None));
        assert_eq!(value(tag, b"xml:space"), Ok(Some("preserve".into())));
        assert_eq!(value(tag, b"m"), Ok(None));
        assert_eq!(value(b"", b"sha1"), Ok(None));
    }

    #[test]
    fn defects_are_told() {
        for (tag, reason) in [
            (&b" a"[..], Reason::NotWellFormed),
            (b" a=1", Reason::NotWellFormed),
            (b" a='1", Reason::NotWellFormed),
            (b" a='1'b='2'", Reason::NotWellFormed),
            (b" b a='1'", Reason::NotWellFormed),
            (b" a='1' a='2'", Reason::DuplicateField),
            (b" a='&x;'", Reason::BadEntity),
        ] {
            assert_eq!(value(tag, b"a").map_err(|fault| fault.reason), Err(reason), "{tag:?}");
        }
    }
}
