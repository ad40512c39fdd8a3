//! The values of a document: those of a list, or those that follow each other.

use std::ops::Range;

use super::error::{Fault, Reason};
use super::json::Cursor;

/// Elements of one list; answers of the service have ten.
pub(crate) const MOST: usize = 1 << 20;

/// The place of a value, or what is wrong from a place on.
pub(crate) type Element = Result<Range<usize>, (Range<usize>, Fault)>;

/// Finds the values of a document; one more than `MOST` at most.
pub(crate) fn find(document: &[u8]) -> Vec<Element> {
    let text = match simdutf8::compat::from_utf8(document) {
        Ok(text) => text,
        Err(error) => {
            let detail = format!("invalid UTF-8 after bytes: {}", error.valid_up_to());
            return vec![Err((0..document.len(), Fault::new(Reason::BadUtf8, detail)))];
        }
    };
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text, 0);
    let is_list = cursor.take(b'[');
    let mut is_over = is_list && cursor.take(b']');
    while !is_over && found.len() <= MOST {
        cursor.skip_blanks();
        let (place, before) = (cursor.place(), found.len());
        let after = cursor.skip().and_then(|()| {
            found.push(Ok(place..cursor.place()));
            match cursor.peek() {
                Some(b',') if is_list => Ok(!cursor.take(b',')),
                Some(b']') if is_list => Ok(cursor.take(b']')),
                None if !is_list => Ok(true),
                Some(b'{') if !is_list => Ok(false),
                _ => Err(cursor.fail(if is_list { "neither a comma nor the end" } else { "no object" })),
            }
        });
        match after {
            Ok(is_end) => is_over = is_end,
            Err(fault) => {
                let from = if found.len() > before { cursor.place() } else { place };
                found.push(Err((from..text.len(), fault)));
                return found;
            }
        }
    }
    if found.len() <= MOST
        && let Err(fault) = cursor.expect_end()
    {
        found.push(Err((cursor.place()..text.len(), fault)));
    }
    found
}
