//! RFC 8259, strictly: a cursor over one value, which checks also what it passes over.

use super::error::{Fault, Reason, shown};
use super::limits::DEPTH;
use super::scan::end_of;
use super::text::Raw;

/// A place in a JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    pub(crate) depth: u32,
}

/// Checks that bytes are one JSON text (RFC 8259) of no more than 64 levels.
///
/// # Errors
/// What is wrong with them.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let text = simdutf8::compat::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut cursor = Cursor::new(text, 0);
    cursor.skip().and_then(|()| cursor.expect_end()).map_err(|fault| fault.detail)
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at, depth: 0 }
    }

    /// Bytes before the place.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(crate) fn fail(&self, what: &str) -> Fault {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Fault::new(Reason::Unfinished, format!("the record ends early; {what}"));
        }
        let rest = rest.get(..16).unwrap_or(rest);
        Fault::new(Reason::BadJson, format!("{what}, after bytes {}: {}", self.at, shown(rest)))
    }

    pub(crate) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes().get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.bytes().get(self.at).copied()
    }

    /// Steps over a byte if it is the next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(crate) fn expect_end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fail("something follows the value")),
        }
    }

    pub(crate) fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::new(Reason::BadJson, format!("arrays and objects lie deeper than: {DEPTH}")));
        }
        Ok(())
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Raw<'a>, Fault> {
        if !self.take(b'"') {
            return Err(self.fail("no string"));
        }
        let start = self.at;
        let (end, has_escape) = end_of(self.bytes(), start)?;
        self.at = end + 1;
        Ok(Raw { inside: self.text.get(start..end).unwrap_or_default(), has_escape })
    }

    /// Reads a number as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Fault> {
        self.skip_blanks();
        let start = self.at;
        let next = |cursor: &Self| cursor.bytes().get(cursor.at).copied();
        let digits = |cursor: &mut Self| {
            let from = cursor.at;
            while next(cursor).is_some_and(|byte| byte.is_ascii_digit()) {
                cursor.at += 1;
            }
            if cursor.at == from { Err(cursor.fail("no digit")) } else { Ok(()) }
        };
        self.at += usize::from(next(self) == Some(b'-'));
        if next(self) == Some(b'0') {
            self.at += 1;
        } else {
            digits(self)?;
        }
        if next(self) == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(next(self), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(next(self), Some(b'+' | b'-')));
            digits(self)?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Reads one of the three names.
    pub(crate) fn word(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) {
            self.at = self.text.len();
        }
        Err(self.fail("no value"))
    }

    /// Passes over a value, whatever it is, and checks all of it.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        let bottom = self.depth;
        let mut is_object: u64 = 0; // one bit a level, the innermost lowest: at most 64 levels
        loop {
            match self.peek() {
                Some(b'"') => _ = self.string()?,
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    self.enter()?;
                    is_object = is_object << 1 | u64::from(open == b'{');
                    if open == b'{' && self.peek() != Some(b'}') {
                        self.key()?;
                        continue;
                    }
                    if open == b'[' && self.peek() != Some(b']') {
                        continue;
                    }
                }
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                Some(b'-' | b'0'..=b'9') => _ = self.number()?,
                _ => return Err(self.fail("no value")),
            }
            loop {
                if self.depth == bottom {
                    return Ok(());
                }
                let has_names = is_object & 1 == 1;
                if self.take(b',') {
                    if has_names {
                        self.key()?;
                    }
                    break;
                }
                if !self.take(if has_names { b'}' } else { b']' }) {
                    return Err(self.fail("neither a comma nor the end"));
                }
                is_object >>= 1;
                self.depth -= 1;
            }
        }
    }

    /// Reads the name of a member and the colon behind it.
    pub(crate) fn key(&mut self) -> Result<Raw<'a>, Fault> {
        let key = self.string()?;
        if self.take(b':') { Ok(key) } else { Err(self.fail("no colon behind a name")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_values_are_json() {
        for good in ["0", "-0.5e+3", "[]", "{}", " [1,{\"a\":[null,true,false]},\"\"] \r\n", "\"\\u0000\""] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in ["", "01", "-", "1.", "1e", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1}", "nul", "truer", "[1] 2", "+1"] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(check(deep(64).as_bytes()), Ok(()));
        assert!(check(deep(65).as_bytes()).is_err());
    }

    #[test]
    fn a_cut_value_is_unfinished_and_not_wrong() {
        let whole = r#"{"a":[1.5e3,"x\u00e4\ud83d\ude00",null,true],"b":{}}"#;
        for cut in 0..whole.len() {
            let fault = Cursor::new(&whole[..cut], 0).skip().unwrap_err();
            assert_eq!(fault.reason, Reason::Unfinished, "{cut}: {}", fault.detail);
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_accepted(value in value(), is_pretty: bool) {
            let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(check(text.as_bytes()), Ok(()));
        }

        #[test]
        fn judgements_agree_with_serde(text in r#"[\[\]{},:"\\u0-9a-fntrels\. \-+E]{0,14}"#) {
            let wanted = serde_json::from_str::<serde_json::Value>(&text);
            let is_range = wanted.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert!(is_range || check(text.as_bytes()).is_ok() == wanted.is_ok(), "{}", text);
        }
    }
}
