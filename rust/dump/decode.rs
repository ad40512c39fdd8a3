//! Raw bytes of text and attributes to what an XML 1.0 parser delivers, or the reason why not.
//!
//! Only the five named references and numeric ones exist. Characters outside the production `Char` of XML 1.0 are refused;
//! nothing is ever replaced.

use std::borrow::Cow;

use super::error::{Fault, Reason, shown};
use super::scan::{CDATA_END, CDATA_START, Kind, Markup};
use super::special::Specials;

/// What becomes of CR and CRLF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// Both become LF, as XML 1.0 section 2.11 says.
    Normalised,
    /// Both stay, as they were before the exporter wrote them.
    Kept,
}

/// The content of a text element: its raw bytes and the comments, instructions and CDATA sections among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawText<'a> {
    pub(crate) bytes: &'a [u8],
    /// Place of `bytes[0]`, in the same count as the places of `markup`.
    pub(crate) start: usize,
    pub(crate) markup: &'a [Markup],
}

impl<'a> RawText<'a> {
    /// Whether the raw text holds a CR that the delivered text does not.
    pub(crate) fn has_carriage_return(&self) -> bool {
        memchr::memchr(b'\r', self.bytes).is_some()
    }

    /// Decodes the text in one pass, into `scratch` where anything must be decoded, and tells whether it held a CR. `None` where
    /// the text holds a defect, which `decode` then names.
    pub(crate) fn decode_into(&self, scratch: &'a mut String) -> Option<(Cow<'a, str>, bool)> {
        const KEPT_BYTES: usize = 16 << 20;
        let text = utf8(self.bytes)?;
        scratch.clear();
        if scratch.capacity() > KEPT_BYTES {
            scratch.shrink_to(KEPT_BYTES);
        }
        let (mut from, mut has_carriage_return) = (0, false);
        for place in Specials::of(self.bytes) {
            if place < from {
                continue; // inside a reference
            }
            let rest = self.bytes.get(place..).unwrap_or_default();
            let (character, length) = match rest {
                [b'&', b'l', b't', b';', ..] => ("<", 4),
                [b'&', b'g', b't', b';', ..] => (">", 4),
                [b'&', b'a', b'm', b'p', b';', ..] => ("&", 5),
                [b'&', b'q', b'u', b'o', b't', b';', ..] => ("\"", 6),
                [b'&', ..] => {
                    scratch.push_str(text.get(from..place)?);
                    let tail = reference(text.get(place..)?, scratch).ok()?;
                    from = text.len() - tail.len();
                    continue;
                }
                [b'\r', b'\n', ..] => ("\n", 2),
                [b'\r', ..] => ("\n", 1),
                [b'>', ..] if !self.bytes.get(..place)?.ends_with(b"]]") => continue,
                [0xef, second, third, ..] if !matches!([*second, *third], [0xbf, 0xbe | 0xbf]) => continue,
                _ => return None,
            };
            has_carriage_return |= rest.first() == Some(&b'\r');
            scratch.push_str(text.get(from..place)?);
            scratch.push_str(character);
            from = place + length;
        }
        if from == 0 {
            return Some((Cow::Borrowed(text), has_carriage_return));
        }
        scratch.push_str(text.get(from..)?);
        Some((Cow::Borrowed(scratch), has_carriage_return))
    }

    /// Decodes the text; borrowed when there is nothing to decode.
    pub(crate) fn decode(&self, line_ends: LineEnds) -> Result<Cow<'a, str>, Fault> {
        if self.markup.is_empty() {
            return short(self.bytes).map_or_else(|| characters(self.bytes, line_ends), |text| Ok(Cow::Borrowed(text)));
        }
        let mut text = String::with_capacity(self.bytes.len());
        let mut from = 0;
        for found in self.markup {
            let (start, end) = (found.start - self.start, found.end - self.start);
            text.push_str(&characters(self.bytes.get(from..start).unwrap_or_default(), line_ends)?);
            if found.kind == Kind::CData {
                let section = start + CDATA_START.len()..end - CDATA_END.len();
                text.push_str(&literal(self.bytes.get(section).unwrap_or_default(), line_ends)?);
            }
            from = end;
        }
        text.push_str(&characters(self.bytes.get(from..).unwrap_or_default(), line_ends)?);
        Ok(Cow::Owned(text))
    }
}

fn utf8(raw: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(raw).ok()
}

/// A short text in which nothing is special: the values of most fields.
fn short(raw: &[u8]) -> Option<&str> {
    const SHORT_BYTES: usize = 64;
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'%' | b'\''..=b'=' | b'?'..=b'~');
    if raw.len() > SHORT_BYTES || !raw.iter().fold(true, |all, byte| all & is_plain(byte)) {
        return None;
    }
    std::str::from_utf8(raw).ok()
}

/// Decodes character data without markup.
pub(crate) fn characters(raw: &[u8], line_ends: LineEnds) -> Result<Cow<'_, str>, Fault> {
    let text = checked(raw)?;
    // Writers escape `>`, so a raw one is rare and this search is one jump.
    if memchr::memchr_iter(b'>', raw).any(|place| raw.get(..=place).is_some_and(|head| head.ends_with(CDATA_END))) {
        return Err(Fault::new(Reason::NotWellFormed, "]]> in text"));
    }
    let Some(first) = next_special(raw, line_ends) else {
        return Ok(Cow::Borrowed(text));
    };
    let mut decoded = String::with_capacity(text.len());
    let (head, mut rest) = split(text, first);
    decoded.push_str(head);
    while let Some(special) = rest.chars().next() {
        rest = if special == '&' { reference(rest, &mut decoded)? } else { line_end(rest, &mut decoded) };
        let next = next_special(rest.as_bytes(), line_ends).unwrap_or(rest.len());
        let (plain, tail) = split(rest, next);
        decoded.push_str(plain);
        rest = tail;
    }
    Ok(Cow::Owned(decoded))
}

/// Decodes the value of an attribute, where line ends and tabs become spaces (XML 1.0 section 3.3.3).
pub(crate) fn attribute(raw: &[u8]) -> Result<Cow<'_, str>, Fault> {
    if let Some(text) = short(raw) {
        return Ok(Cow::Borrowed(text));
    }
    let spaced: Vec<u8> =
        raw.iter().map(|byte| if matches!(byte, b'\t' | b'\n' | b'\r') { b' ' } else { *byte }).collect();
    Ok(Cow::Owned(characters(&spaced, LineEnds::Kept)?.into_owned()))
}

/// The content of a CDATA section.
fn literal(raw: &[u8], line_ends: LineEnds) -> Result<Cow<'_, str>, Fault> {
    let text = checked(raw)?;
    if line_ends == LineEnds::Kept || memchr::memchr(b'\r', raw).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    Ok(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")))
}

fn next_special(raw: &[u8], line_ends: LineEnds) -> Option<usize> {
    match line_ends {
        LineEnds::Normalised => memchr::memchr2(b'&', b'\r', raw),
        LineEnds::Kept => memchr::memchr(b'&', raw),
    }
}

fn split(text: &str, place: usize) -> (&str, &str) {
    text.split_at_checked(place).unwrap_or((text, ""))
}

fn line_end<'t>(rest: &'t str, decoded: &mut String) -> &'t str {
    decoded.push('\n');
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\r')).unwrap_or("")
}

/// The longest numeric reference has eight digits; leading zeros are allowed, but not without end.
const REFERENCE_BYTES: usize = 32;

/// Decodes the reference at the start of `rest` and returns what follows it.
fn reference<'t>(rest: &'t str, decoded: &mut String) -> Result<&'t str, Fault> {
    for (name, character) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"'), ("&apos;", '\'')] {
        if let Some(tail) = rest.strip_prefix(name) {
            decoded.push(character);
            return Ok(tail);
        }
    }
    let window = rest.as_bytes().get(..REFERENCE_BYTES).unwrap_or(rest.as_bytes());
    let bad = || Fault::new(Reason::BadEntity, format!("no such reference: {}", shown(window)));
    let end = memchr::memchr(b';', window).ok_or_else(bad)?;
    let (whole, tail) = split(rest, end + 1);
    let digits = whole.strip_prefix("&#").and_then(|digits| digits.strip_suffix(';')).ok_or_else(bad)?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(bad());
    }
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|found| is_allowed(*found));
    let Some(character) = character else {
        return Err(Fault::new(
            Reason::BadChar,
            format!("reference to a forbidden character: {}", shown(whole.as_bytes())),
        ));
    };
    decoded.push(character);
    Ok(tail)
}

/// XML 1.0, production 2 (`Char`).
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Checks that bytes are UTF-8 and hold only allowed characters.
fn checked(raw: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(raw).map_err(|error| {
        let place = error.valid_up_to();
        Fault::new(Reason::BadUtf8, format!("invalid UTF-8 after bytes of the field: {place}"))
    })?;
    // A sum over blocks instead of a search: it compiles to vector instructions.
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let has_control = raw.chunks(256).any(|block| block.iter().fold(false, |found, byte| found | is_control(byte)));
    let is_noncharacter = |place: usize| matches!(raw.get(place + 1..place + 3), Some([0xbf, 0xbe | 0xbf]));
    if has_control || (!raw.is_ascii() && memchr::memchr_iter(0xef, raw).any(is_noncharacter)) {
        let place = text.char_indices().find(|(_, character)| !is_allowed(*character)).map_or(0, |(place, _)| place);
        return Err(Fault::new(Reason::BadChar, format!("forbidden character after bytes of the field: {place}")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(raw: &str) -> Result<String, Reason> {
        characters(raw.as_bytes(), LineEnds::Normalised).map(Cow::into_owned).map_err(|fault| fault.reason)
    }

    #[test]
    fn references_are_the_five_and_the_numeric_ones() {
        assert_eq!(
            decoded("a &lt;b&gt; &amp;amp; &quot;&apos; &#228;&#xE4;&#x1F600;&#0065;").as_deref(),
            Ok("a <b> &amp; \"' ää😀A")
        );
        for bad in ["&", "& ", "&nbsp;", "&#;", "&#x;", "&#xg;", "&#-1;", "&#+1;", "&lt", "&amp", "&LT;", "&#X41;"] {
            assert_eq!(decoded(bad), Err(Reason::BadEntity), "{bad}");
        }
        for bad in ["&#0;", "&#xD800;", "&#x110000;", "&#11;", "&#xFFFE;", "&#99999999999;"] {
            assert_eq!(decoded(bad), Err(Reason::BadChar), "{bad}");
        }
    }

    #[test]
    fn line_ends_are_normalised_but_not_references_to_them() {
        assert_eq!(decoded("a\r\nb\rc\r\r\nd&#13;\n&#13;&#10;\r").as_deref(), Ok("a\nb\nc\n\nd\r\n\r\n\n"));
        let kept = characters(b"a\r\nb&amp;\r", LineEnds::Kept).map(Cow::into_owned);
        assert_eq!(kept, Ok("a\r\nb&\r".to_owned()));
        assert_eq!(attribute(b"a\tb\nc&#9;&quot;").as_deref(), Ok("a b c\t\""));
    }

    #[test]
    fn forbidden_bytes_are_named() {
        for (raw, reason) in [
            (&b"a\x00"[..], Reason::BadChar),
            (b"a\x1f", Reason::BadChar),
            (b"\xef\xbf\xbe", Reason::BadChar),
            (b"\xef\xbf\xbf", Reason::BadChar),
            (b"\xed\xa0\x80", Reason::BadUtf8),
            (b"\xc3", Reason::BadUtf8),
            (b"\xc0\x80", Reason::BadUtf8),
            (b"a]]>b", Reason::NotWellFormed),
        ] {
            let found = characters(raw, LineEnds::Normalised).map_err(|fault| fault.reason);
            assert_eq!(found, Err(reason), "{raw:?}");
        }
        assert_eq!(decoded("\u{fffd}\u{7f}\u{85}").as_deref(), Ok("\u{fffd}\u{7f}\u{85}"));
    }

    fn in_one_pass(raw: &[u8]) -> Option<(String, bool)> {
        let mut scratch = "left over".to_owned();
        let text = RawText { bytes: raw, start: 0, markup: &[] };
        text.decode_into(&mut scratch).map(|(text, has_carriage_return)| (text.into_owned(), has_carriage_return))
    }

    /// One character at a time, without a fast path.
    fn naive(raw: &str) -> Option<String> {
        let mut decoded = String::new();
        let mut characters = raw.chars().peekable();
        if raw.contains("]]>") {
            return None;
        }
        while let Some(character) = characters.next() {
            match character {
                '\r' => {
                    characters.next_if_eq(&'\n');
                    decoded.push('\n');
                }
                '&' => {
                    let name: String = characters.by_ref().take_while(|next| *next != ';').collect();
                    decoded.push(match name.as_str() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "#65" | "#x41" => 'A',
                        _ => return None,
                    });
                }
                '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => return None,
                other => decoded.push(other),
            }
        }
        Some(decoded)
    }

    proptest! {
        #[test]
        fn decoding_agrees_with_the_naive_twin(
            parts in proptest::collection::vec(
                prop_oneof![
                    "[a-z ]{0,40}", Just("\r".into()), Just("\n".into()), Just("&lt;".into()), Just("&#65;".into()),
                    Just("&#x41;".into()), Just("&amp;".into()), Just("\u{1}".into()), Just("&bad;".into()),
                    Just("]]>".into()), Just("\u{ffff}".into()), Just("😀é\u{fffd}".into()),
                ],
                0..12,
            )
        ) {
            let raw: String = parts.concat();
            prop_assert_eq!(decoded(&raw).ok(), naive(&raw));
            prop_assert_eq!(in_one_pass(raw.as_bytes()), naive(&raw).map(|text| (text, raw.contains('\r'))));
        }

        #[test]
        fn one_pass_over_any_bytes_agrees_with_the_passes_it_replaces(raw in proptest::collection::vec(any::<u8>(), 0..99)) {
            let want = characters(&raw, LineEnds::Normalised).ok().map(Cow::into_owned);
            prop_assert_eq!(in_one_pass(&raw).map(|found| found.0), want);
        }
    }
}
