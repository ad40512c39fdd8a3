//! Character references of HTML: names and numbers.

use super::bytes::byte_at;
use super::entity_names::NAMES;

/// The longest reference that is looked at: `&CounterClockwiseContourIntegral;` fits.
const LONGEST: usize = 34;

/// What a reference stands for: one character, or two for some names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Character(char),
    Named(&'static str),
}

/// Decodes the reference that starts at `start` (an ampersand): what it stands for and the position after the semicolon.
///
/// A reference to a control character, a surrogate or no character at all is not decoded, as in a browser's source view.
pub(super) fn decode(text: &[u8], start: usize) -> Option<(Decoded, usize)> {
    let window = text.get(start + 1..text.len().min(start + LONGEST))?;
    let length = window.iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'#')?;
    if byte_at(window, length) != b';' {
        return None;
    }
    let body = std::str::from_utf8(window.get(..length)?).ok()?;
    let decoded = match body.strip_prefix('#') {
        Some(number) => {
            let character = char::from_u32(numeric(number)?)?;
            Decoded::Character(character).filter_control()?
        }
        None => Decoded::Named(named(body)?),
    };
    Some((decoded, start + 1 + length + 1))
}

impl Decoded {
    /// Appends the characters. With `as_layout`, no-break spaces and line feeds become ordinary spaces.
    pub(super) fn with<R>(self, as_layout: bool, use_bytes: impl FnOnce(&[u8]) -> R) -> R {
        let mut buffer = [0; 4];
        let shown = match self {
            Decoded::Character(character) => &*character.encode_utf8(&mut buffer),
            Decoded::Named(characters) => characters,
        };
        use_bytes(if as_layout && matches!(shown, "\u{A0}" | "\n") { b" " } else { shown.as_bytes() })
    }

    fn filter_control(self) -> Option<Self> {
        let is_control = matches!(self, Decoded::Character(character) if character.is_control());
        let is_blank = matches!(self, Decoded::Character('\n' | '\t'));
        (is_blank || !is_control).then_some(self)
    }
}

fn numeric(number: &str) -> Option<u32> {
    match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}

fn named(name: &str) -> Option<&'static str> {
    let place = NAMES.binary_search_by_key(&name, |&(known, _)| known).ok()?;
    NAMES.get(place).map(|&(_, characters)| characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_decode() {
        assert!(NAMES.is_sorted_by(|left, right| left.0 < right.0));
        assert!(NAMES.iter().all(|(name, characters)| characters.len() <= name.len() + 2));
        assert!(NAMES.iter().all(|(name, _)| name.len() + 2 < LONGEST));
        assert_eq!(decode(b"&amp;x", 0), Some((Decoded::Named("&"), 5)));
        assert_eq!(decode("&Eacute;".as_bytes(), 0), Some((Decoded::Named("É"), 8)));
        assert_eq!(decode(b"&#x1F600;", 0), Some((Decoded::Character('\u{1F600}'), 9)));
        assert_eq!(decode(b"&#8212;", 0), Some((Decoded::Character('\u{2014}'), 7)));
    }

    #[test]
    fn what_is_no_character_stays() {
        for broken in
            ["&", "&;", "&#;", "&#x;", "&amp", "&nosuch;", "&#xD800;", "&#0;", "&#1114112;", "&#99999999999;", "&a b;"]
        {
            assert_eq!(decode(broken.as_bytes(), 0), None, "{broken}");
        }
    }
}
