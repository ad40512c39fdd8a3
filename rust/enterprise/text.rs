//! What JSON strings say.

use std::borrow::Cow;

use super::error::{Fault, Reason};

/// The inside of a string, checked but not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    pub(crate) inside: &'a str,
    pub(crate) has_escape: bool,
}

pub(crate) fn unfinished() -> Fault {
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
pub(crate) fn plain_escape(rest: &[u8]) -> Option<usize> {
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

/// Reads the escape at `at`: its character, and the place behind it.
pub(crate) fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), Fault> {
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
fn ascii_escape(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at + 1..)? {
        [b'n', ..] => Some((b'\n', at + 2)),
        [byte @ (b'"' | b'\\' | b'/'), ..] => Some((*byte, at + 2)),
        [b'u', b'0', b'0', c, d, ..] => {
            let (high, low) = (hex(*c), hex(*d));
            (matches!(high, 2..8) && low < 16).then(|| (high << 4 | low, at + 6))
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

/// Text on its way out of a string. Its memory is kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// Longer than the text.
    bytes: Vec<u8>,
    length: usize,
}

impl Decoded {
    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> Result<&str, Fault> {
        simdutf8::basic::from_utf8(self.as_bytes()).map_err(|_| Fault::new(Reason::BadUtf8, "invalid UTF-8"))
    }

    fn push(&mut self, byte: u8) {
        self.bytes.get_mut(self.length).into_iter().for_each(|place| *place = byte);
        self.length += 1;
    }

    fn push_character(&mut self, character: char) {
        let mut encoded = [0; 4];
        character.encode_utf8(&mut encoded).bytes().for_each(|byte| self.push(byte));
    }

    /// Makes room for `count` more bytes, and for whole words.
    fn reserve(&mut self, count: usize) {
        let wanted = self.length.saturating_add(count).saturating_add(2 * WORD);
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
    }
}

const WORD: usize = size_of::<u64>();

/// Bytes before the first backslash in a word; a word's length if there is none.
fn before_slash(word: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero = word ^ (ONES * u64::from(b'\\'));
    let found = zero.wrapping_sub(ONES) & !zero & ONES << 7; // the lowest bit is right, those above it may be wrong
    (found.trailing_zeros() / 8) as usize
}

impl<'a> Raw<'a> {
    /// What the string says; borrowed when there is nothing to decode.
    pub(crate) fn decode(&self) -> Result<Cow<'a, str>, Fault> {
        if !self.has_escape {
            return Ok(Cow::Borrowed(self.inside));
        }
        let mut text = Decoded::default();
        self.decode_into(0, &mut text, usize::MAX)?;
        text.as_str().map(|text| Cow::Owned(text.to_owned()))
    }

    /// Appends what the string says from a place on, and stops soon behind `most` bytes: gives the place where.
    ///
    /// Control characters other than tab and line ends are refused: `MediaWiki` stores none.
    pub(crate) fn decode_into(&self, from: usize, text: &mut Decoded, most: usize) -> Result<usize, Fault> {
        let bytes = self.inside.as_bytes();
        let stop = text.length.saturating_add(most);
        text.reserve(most.min(bytes.len() - from.min(bytes.len()))); // no escape is shorter than its character
        let mut at = from;
        while text.length < stop || !self.inside.is_char_boundary(at) {
            // behind the stop only the rest of a character is wanted
            let word = bytes.get(at..).and_then(<[u8]>::first_chunk::<WORD>).filter(|_| text.length < stop);
            let room = text.bytes.get_mut(text.length..).and_then(<[u8]>::first_chunk_mut::<WORD>);
            if let (Some(word), Some(room)) = (word, room) {
                *room = *word;
                let count = before_slash(u64::from_le_bytes(*word));
                (at, text.length) = (at + count, text.length + count);
                if count == WORD {
                    continue;
                }
            } else {
                match bytes.get(at) {
                    None => break,
                    Some(b'\\') => {}
                    Some(byte) => {
                        text.push(*byte);
                        at += 1;
                        continue;
                    }
                }
            }
            // What writers escape is mostly markup and quotes, so one byte comes of it.
            if let Some((byte, behind)) = ascii_escape(bytes, at) {
                text.push(byte);
                at = behind;
                continue;
            }
            let (character, behind) = escape(bytes, at)?;
            if matches!(character, '\0'..' ') && !matches!(character, '\t' | '\n' | '\r') {
                return Err(Fault::new(Reason::BadChar, format!("control character U+{:04X}", u32::from(character))));
            }
            text.push_character(character);
            at = behind;
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::end_of;
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
        let text = format!("a{}", "¡".repeat(100)); // no word of it ends with a character
        let mut part = Decoded::default();
        assert_eq!(raw(&text).unwrap().decode_into(0, &mut part, 10), Ok(17));
        assert_eq!(part.as_str(), Ok(&text[..17]));
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
            let (mut parts, mut at) = (Decoded::default(), 0);
            while at < inside.len() {
                let before = parts.len();
                at = raw(inside).unwrap().decode_into(at, &mut parts, 10).unwrap();
                prop_assert!(text.starts_with(parts.as_str().unwrap()));
                prop_assert!(at == inside.len() || (10..=20).contains(&(parts.len() - before)));
            }
            prop_assert_eq!(parts.as_str(), Ok(text.as_str()));
        }
    }
}
