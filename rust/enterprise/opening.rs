//! What the content of a file is, by its first bytes.

use super::archive::{BLOCK_BYTES, is_start};
use super::error::{Reason, shown};
use super::json::Cursor;

/// So many bytes are looked at before anything is judged.
const NEEDED_BYTES: usize = 64 << 10;
/// Blanks behind the first line in which its end is looked for.
const BLANKS: usize = 64 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(crate) const UTF16: &str = "encoded in UTF-16, JSON is UTF-8; hint: convert it first: iconv -f UTF-16 -t UTF-8";

/// What the first bytes are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// More must be seen.
    Unsure,
    Archive,
    /// A mark of so many bytes, which is no content.
    Mark(usize),
    /// One record a line.
    Lines,
    /// A list, or objects over several lines.
    Document,
}

/// Looks at the first unread bytes, and tells how many of them were searched for a line end in vain; or why the file is
/// refused. `longest` is the most bytes of one record.
pub(crate) fn look(
    head: &[u8],
    offset: u64,
    searched: usize,
    is_last: bool,
    longest: usize,
) -> Result<(Opening, usize), String> {
    if head.len() < NEEDED_BYTES && !is_last {
        return Ok((Opening::Unsure, 0));
    }
    if head.first_chunk::<BLOCK_BYTES>().is_some_and(is_start) {
        return Ok((Opening::Archive, 0));
    }
    if offset == 0 && head.starts_with(BYTE_ORDER_MARK) {
        return Ok((Opening::Mark(BYTE_ORDER_MARK.len()), 0));
    }
    if matches!(head, [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..]) {
        return Err(UTF16.into());
    }
    let Some(place) = head.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Err(if is_last { "the file holds nothing" } else { "the file starts with too many blanks" }.into());
    };
    let text = head.get(place..).unwrap_or_default();
    let unsearched = head.get(searched.max(place)..).unwrap_or_default();
    let has_line_end = memchr::memchr(b'\n', unsearched).is_some();
    if text.starts_with(b"{") && !has_line_end && !is_last && head.len() <= longest {
        return Ok((Opening::Unsure, head.len())); // the next windows do not search all of a giant line again
    }
    let opening = match text {
        [b'[', ..] => Opening::Document,
        [b'{', ..] => match starts_document(text, is_last) {
            None if head.len() <= longest => Opening::Unsure,
            Some(true) => Opening::Document,
            _ => Opening::Lines,
        },
        _ => {
            let what = match text {
                [b'<', ..] => "XML or HTML",
                [b'-', b'-', ..] | [b'/', b'*', ..] => "an SQL dump",
                _ => "something else",
            };
            return Err(format!("not JSON but {what}, it starts with: {}", shown(text.get(..16).unwrap_or(text))));
        }
    };
    Ok((opening, 0))
}

/// Whether a text whose first byte is `{` is one object over several lines; `None` if more must be seen.
fn starts_document(text: &[u8], is_last: bool) -> Option<bool> {
    let Some(end) = memchr::memchr(b'\n', text) else {
        return is_last.then_some(false);
    };
    let (first, rest) = text.split_at_checked(end)?;
    let Ok(first) = simdutf8::basic::from_utf8(first) else {
        return Some(false);
    };
    if !Cursor::new(first, 0).skip().is_err_and(|fault| fault.reason == Reason::Unfinished) {
        return Some(false);
    }
    let near = rest.get(..BLANKS).unwrap_or(rest);
    match near.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(next) => Some(*next != b'{'),
        None => (is_last || near.len() == BLANKS).then_some(false),
    }
}
