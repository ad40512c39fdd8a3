//! Objects whose fields are read: each name once, and each value of its kind or null.

use std::borrow::Cow;

use super::error::{Fault, Reason, shown};
use super::json::Cursor;
use super::limits::KEYS;
use super::text::Raw;

/// Names met in one object. A filter of 64 bits spares nearly all comparisons.
#[derive(Default)]
struct Names<'a> {
    filter: u64,
    met: Vec<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    fn note(&mut self, name: Cow<'a, str>) -> Result<(), Fault> {
        let bytes = name.as_bytes();
        let ends =
            bytes.first().zip(bytes.last()).map_or(0, |(first, last)| usize::from(*first) * 7 + usize::from(*last));
        let bit = 1u64 << ((ends + bytes.len()) % 64);
        if self.filter & bit != 0 && self.met.contains(&name) {
            return Err(Fault::new(Reason::BadJson, format!("a name comes twice in one object: {}", shown(bytes))));
        }
        if self.met.len() >= KEYS {
            return Err(Fault::new(Reason::BadJson, format!("names in one object reach the limit: {KEYS}")));
        }
        self.filter |= bit;
        self.met.push(name);
        Ok(())
    }
}

impl<'a> Cursor<'a> {
    /// Passes over `null`.
    fn take_null(&mut self) -> Result<bool, Fault> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.word("null").map(|()| true)
    }

    /// Reads an object or null; `take` gets each name and must read its value. Says whether there was an object.
    pub(crate) fn object(&mut self, mut take: impl FnMut(&mut Self, &str) -> Result<(), Fault>) -> Result<bool, Fault> {
        if self.take_null()? {
            return Ok(false);
        }
        if !self.take(b'{') {
            return Err(self.fail("no object"));
        }
        self.enter()?;
        let mut names = Names::default();
        let mut is_empty = self.take(b'}');
        while !is_empty {
            let name = self.key()?.decode()?;
            names.note(name.clone())?;
            take(self, &name)?;
            is_empty = self.take(b'}');
            if !is_empty && !self.take(b',') {
                return Err(self.fail("neither a comma nor the end"));
            }
        }
        self.depth -= 1;
        Ok(true)
    }

    /// Reads an array or null; `take` must read each value.
    pub(crate) fn array(&mut self, mut take: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.take_null()? {
            return Ok(());
        }
        if !self.take(b'[') {
            return Err(self.fail("no array"));
        }
        self.enter()?;
        let mut is_empty = self.take(b']');
        while !is_empty {
            take(self)?;
            is_empty = self.take(b']');
            if !is_empty && !self.take(b',') {
                return Err(self.fail("neither a comma nor the end"));
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string or null.
    pub(crate) fn text(&mut self) -> Result<Option<Raw<'a>>, Fault> {
        if self.take_null()? { Ok(None) } else { self.string().map(Some) }
    }

    /// Reads a short string or null.
    pub(crate) fn name(&mut self, label: &str, most: usize) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(raw) = self.text()? else {
            return Ok(None);
        };
        let decoded = raw.decode()?;
        if decoded.len() > most {
            return Err(Fault::new(Reason::FieldTooLarge, format!("bytes of {label}: {}", decoded.len())));
        }
        Ok(Some(decoded))
    }

    /// Reads true, false or null.
    pub(crate) fn flag(&mut self) -> Result<Option<bool>, Fault> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| Some(true)),
            Some(b'f') => self.word("false").map(|()| Some(false)),
            _ if self.take_null()? => Ok(None),
            _ => Err(self.fail("neither true nor false")),
        }
    }

    /// Reads an integer or null.
    pub(crate) fn integer(&mut self, label: &str) -> Result<Option<i64>, Fault> {
        if self.take_null()? {
            return Ok(None);
        }
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9') | None) {
            return Err(Fault::new(Reason::BadNumber, format!("no number: {label}")));
        }
        let written = self.number()?;
        let bad = |_| Fault::new(Reason::BadNumber, format!("{label}: {}", shown(written.as_bytes())));
        written.parse().map(Some).map_err(bad)
    }
}
