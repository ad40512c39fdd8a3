//! What the decompressed bytes are, by the first of them.

use super::error::{DumpError, ErrorKind};

/// Checks how the decompressed content starts and returns the length of its byte order mark.
///
/// `head` is the whole content if that is shorter than a few dozen bytes.
pub(crate) fn content_start(head: &[u8]) -> Result<usize, DumpError> {
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = head.get(mark..).unwrap_or_default();
    let Some(place) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Ok(mark); // only blanks so far: an empty file is found at its end
    };
    let first = text.get(place..).unwrap_or_default();
    if first.starts_with(b"<") {
        return Ok(mark);
    }
    let what = match first {
        [b'{' | b'[', ..] => "JSON",
        [b'-', b'-', ..] | [b'/', b'*', ..] => "an SQL dump",
        [b'B', b'Z', b'h', ..]
        | [0x1f, 0x8b, ..]
        | [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [0xfd, b'7', b'z', b'X', b'Z', ..] => "compressed twice",
        [b'0'..=b'9', ..] => "text that starts with a number, perhaps a multistream index",
        _ => "something else",
    };
    let start = super::error::shown(first.get(..16).unwrap_or(first));
    let message = format!("not a MediaWiki XML dump but {what}, it starts with: {start}");
    Err(DumpError::new(ErrorKind::Format, message, (mark + place) as u64))
}
