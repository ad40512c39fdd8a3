//! JSON strings: where they end, and what they say.
//!
//! Bytes are looked at eight at a time: quotes, backslashes and control characters are told apart from the rest by
//! arithmetic on whole words, since escaped HTML holds one of them every sixteen bytes or so.

use std::borrow::Cow;

use super::error::{Fault, Reason};

/// The inside of a string, checked but not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    pub(crate) inside: &'a str,
    pub(crate) has_escape: bool,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;
const WORD: usize = size_of::<u64>();

/// Sets the high bit of the first byte that is a quote, a backslash or a control character; bytes behind it may be wrong.
fn specials(word: u64) -> u64 {
    let all = |byte: u8| ONES * u64::from(byte);
    let (quote, slash) = (word ^ all(b'"'), word ^ all(b'\\'));
    let zero_in = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let control = word.wrapping_sub(all(b' ')) & !word;
    (zero_in(quote) | zero_in(slash) | control) & HIGHS
}

/// Place of the next special byte at or behind `from`; the length if there is none.
#[inline]
fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<WORD>) {
        let found = specials(u64::from_le_bytes(*block));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += WORD;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).unwrap_or(rest.len())
}

fn unfinished() -> Fault {
    Fault::new(Reason::Unfinished, "the record ends inside a string")
}

/// Values of hexadecimal digits; `NO_DIGIT` for what is none.
const HEX: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let (mut value, lower, upper) = (0u8, b"0123456789abcdef", b"0123456789ABCDEF");
    while value < 16 {
        #[expect(clippy::indexing_slicing, reason = "constant indices, checked when this is compiled")]
        {
            values[lower[value as usize] as usize] = value;
            values[upper[value as usize] as usize] = value;
        }
        value += 1;
    }
    values
};
const NO_DIGIT: u8 = 0xff;

fn hex(digit: u8) -> u8 {
    HEX.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT)
}

/// Length of a plain escape at the start of `rest`: neither wrong, nor half of a pair.
#[inline]
fn plain_escape(rest: &[u8]) -> Option<usize> {
    match rest {
        [_, b'u', a, b, c, d, ..] => {
            let digits = hex(*a) | hex(*b) | hex(*c) | hex(*d);
            let is_surrogate = hex(*a) == 0xd && hex(*b) >= 8;
            (digits < 16 && !is_surrogate).then_some(6)
        }
        [_, b'"' | b'\\' | b'n' | b'/' | b't' | b'r' | b'b' | b'f', ..] => Some(2),
        _ => None,
    }
}

/// Finds the end of the string whose inside starts at `from`: the place of its closing quote, and whether it has escapes.
pub(crate) fn end_of(bytes: &[u8], from: usize) -> Result<(usize, bool), Fault> {
    let (mut at, mut has_escape) = (from, false);
    loop {
        at = next_special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at, has_escape)),
            Some(b'\\') => {
                has_escape = true;
                at = match plain_escape(bytes.get(at..).unwrap_or_default()) {
                    Some(length) => at + length,
                    None => escape(bytes, at)?.1,
                };
            }
            Some(byte) => {
                let detail = format!("unescaped control character {byte:#04x} in a string after bytes: {at}");
                return Err(Fault::new(Reason::BadJson, detail));
            }
            None => return Err(unfinished()),
        }
    }
}

/// Reads the escape at `at`: its character, and the place behind it.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let simple = match bytes.get(at + 1) {
        Some(b'u') => return unicode(bytes, at),
        Some(b'n') => '\n',
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(_) => return Err(Fault::new(Reason::BadJson, format!("no such escape, after bytes: {at}"))),
        None => return Err(unfinished()),
    };
    Ok((simple, at + 2))
}

/// An escape of one printable ASCII character or line end.
#[inline]
fn ascii_escape(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    match bytes.get(at + 1..)? {
        [b'n', ..] => Some(('\n', at + 2)),
        [byte @ (b'"' | b'\\' | b'/'), ..] => Some((char::from(*byte), at + 2)),
        [b'u', b'0', b'0', c, d, ..] => {
            let (high, low) = (hex(*c), hex(*d));
            (matches!(high, 2..8) && low < 16).then(|| (char::from(high << 4 | low), at + 6))
        }
        _ => None,
    }
}

fn unicode(bytes: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let unit = code_unit(bytes, at)?;
    if let Some(character) = char::from_u32(unit) {
        return Ok((character, at + 6));
    }
    let lone = || Fault::new(Reason::BadChar, format!("lone surrogate after bytes: {at}"));
    let rest = bytes.get(at + 6..).unwrap_or_default();
    if unit >= 0xdc00 || !rest.starts_with(b"\\u") {
        return Err(if unit < 0xdc00 && b"\\u".starts_with(rest) { unfinished() } else { lone() });
    }
    let low = code_unit(bytes, at + 6)?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or_else(lone)?;
    let character = char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low).ok_or_else(lone)?;
    Ok((character, at + 12))
}

fn code_unit(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let Some(digits) = bytes.get(at + 2..).and_then(<[u8]>::first_chunk::<4>) else {
        return Err(unfinished());
    };
    let mut unit = 0;
    for digit in digits {
        if hex(*digit) == NO_DIGIT {
            return Err(Fault::new(Reason::BadJson, format!("no four digits after \\u, after bytes: {at}")));
        }
        unit = unit << 4 | u32::from(hex(*digit));
    }
    Ok(unit)
}

impl<'a> Raw<'a> {
    /// What the string says; borrowed when there is nothing to decode.
    pub(crate) fn decode(&self) -> Result<Cow<'a, str>, Fault> {
        if !self.has_escape {
            return Ok(Cow::Borrowed(self.inside));
        }
        let mut text = String::with_capacity(self.inside.len());
        self.decode_into(&mut text, usize::MAX)?;
        Ok(Cow::Owned(text))
    }

    /// Appends what the string says, and stops soon after `most` bytes.
    ///
    /// Control characters other than tab and line ends are refused: `MediaWiki` stores none.
    pub(crate) fn decode_into(&self, text: &mut String, most: usize) -> Result<(), Fault> {
        let bytes = self.inside.as_bytes();
        let mut from = 0;
        loop {
            let at = next_special(bytes, from).min(from.saturating_add(most));
            if at == bytes.len() || bytes.get(at) != Some(&b'\\') || text.len() >= most {
                let at = (from..=at).rev().find(|at| self.inside.is_char_boundary(*at)).unwrap_or(from);
                text.push_str(self.inside.get(from..at).unwrap_or_default());
                return Ok(());
            }
            text.push_str(self.inside.get(from..at).unwrap_or_default());
            // What writers escape is mostly markup and quotes, so one byte comes of it.
            if let Some((byte, behind)) = ascii_escape(bytes, at) {
                text.push(byte);
                from = behind;
                continue;
            }
            let (character, behind) = escape(bytes, at)?;
            if matches!(character, '\0'..' ') && !matches!(character, '\t' | '\n' | '\r') {
                return Err(Fault::new(Reason::BadChar, format!("control character U+{:04X}", u32::from(character))));
            }
            text.push(character);
            from = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(inside: &str) -> Result<Raw<'_>, Reason> {
        let whole = format!("{inside}\"");
        let (end, has_escape) = end_of(whole.as_bytes(), 0).map_err(|fault| fault.reason)?;
        assert_eq!(end, inside.len());
        Ok(Raw { inside, has_escape })
    }

    fn decoded(inside: &str) -> Result<String, Reason> {
        raw(inside)?.decode().map(Cow::into_owned).map_err(|fault| fault.reason)
    }

    #[test]
    fn escapes_are_those_of_json() {
        assert_eq!(decoded(r#"a\"\\\/\n\t\r\u003cb\u00e4\ud83d\ude00ä"#).as_deref(), Ok("a\"\\/\n\t\r<bä😀ä"));
        for (bad, reason) in [
            (r"\x", Reason::BadJson),
            (r"\u12g4", Reason::BadJson),
            (r"\ud800 and more", Reason::BadChar),
            (r"\udc00\udc00", Reason::BadChar),
            (r"\ud800\u0041", Reason::BadChar),
            ("a\u{1}", Reason::BadJson),
            ("\n", Reason::BadJson),
        ] {
            assert_eq!(raw(bad), Err(reason), "{bad}");
        }
        assert_eq!(decoded(r"\u0000"), Err(Reason::BadChar));
        assert_eq!(decoded(r"\b"), Err(Reason::BadChar));
    }

    proptest! {
        #[test]
        fn strings_agree_with_serde(text in proptest::collection::vec(prop_oneof![
            any::<char>(), Just('"'), Just('\\'), Just('\n'), prop::char::range('a', 'f')], 0..80)
        ) {
            let text: String = text.into_iter().filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r')).collect();
            let written = serde_json::to_string(&text).unwrap();
            let inside = &written[1..written.len() - 1];
            prop_assert_eq!(decoded(inside), Ok(text.clone()));
            let mut head = String::new();
            raw(inside).unwrap().decode_into(&mut head, 10).unwrap();
            prop_assert!(text.starts_with(&head) && (head.len() >= 7 || head == text));
        }
    }
}
