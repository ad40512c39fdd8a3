//! One byte for the content model of the main slot.

/// The code of a model without an own code: its name stands in extension 1.
pub(super) const OTHER: u8 = 255;
/// The extension type that holds the name of another model.
pub(super) const NAME_EXTENSION: u16 = 1;

/// Names by code; code 0 means that the dump does not state a model.
const NAMES: [&str; 13] = [
    "",
    "wikitext",
    "Scribunto",
    "css",
    "sanitized-css",
    "javascript",
    "json",
    "text",
    "flow-board",
    "wikibase-item",
    "wikibase-property",
    "wikibase-lexeme",
    "wikibase-mediainfo",
];

/// The code of a model name; the empty name counts as not stated.
pub(super) fn code(name: &[u8]) -> u8 {
    let place = NAMES.iter().position(|known| known.as_bytes() == name);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(OTHER)
}

/// The name behind a code, `None` for an unknown code and for `OTHER`.
pub(super) fn name(code: u8) -> Option<&'static str> {
    NAMES.get(usize::from(code)).copied()
}
