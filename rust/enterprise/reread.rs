//! One record again, from the position that was noted when it was first read.

use std::path::Path;

use super::article::Article;
use super::error::{ArticleError, ErrorKind};
use super::json::Cursor;
use super::limits::LINE_BYTES;
use super::record::{Scratch, identify, revision};
use crate::page::{Position, RecordSink};
use crate::stream::{self, Place};

/// Reads the record at `position` into `sink`. `wiki_id` is that of records that name none.
///
/// # Errors
/// When the file cannot be opened, or no readable record of the noted length lies there.
pub fn read_article(
    path: &Path,
    wiki_id: &str,
    position: Position,
    sink: &mut impl RecordSink,
) -> Result<(), ArticleError> {
    let place = |value: i64| {
        u64::try_from(value)
            .map_err(|_| ArticleError::new(ErrorKind::Format, format!("a position below 0: {value}"), 0))
    };
    let (offset, length) = (place(position.element_offset)?, place(position.element_length)?);
    let fail = |message: String| ArticleError::new(ErrorKind::Format, message, offset);
    if position.stream_offset != 0 || length > LINE_BYTES as u64 {
        return Err(fail("at this position lies no article".into()));
    }
    let (before, line) = bytes_at(path, offset, usize::try_from(length).unwrap_or(usize::MAX))?;
    let text = simdutf8::compat::from_utf8(&line).map_err(|error| fail(error.to_string()))?;
    let (mut article, mut cursor) = (Article::default(), Cursor::new(text, 0));
    let read = article.read(&mut cursor).and_then(|()| cursor.expect_end()).and_then(|()| identify(&article));
    let identity = read.map_err(|fault| fail(format!("the record cannot be read: {}", fault.detail)))?;
    // What stands before a record, in a text, a list or an archive: a piece of a record is none. Where it starts, one object
    // ends in one place only, and what follows it there may be damage.
    if before.is_some_and(|byte| !b"\r\n,[]} \t\0\xbf".contains(&byte)) {
        return Err(fail(format!("at this position lies no article of the noted length: {length}")));
    }
    let mut scratch = Scratch::default();
    let (mut row, _, check) = revision(&article, identity.revision_id, position, &mut scratch)
        .map_err(|fault| fail(format!("the record cannot be read: {}", fault.detail)))?;
    sink.enter_wiki(identity.wiki.as_deref().unwrap_or(wiki_id));
    match check {
        Some(check) => sink.push_unchecked(&identity.page, &mut row, &check),
        None => sink.push(&identity.page, &row),
    }
    Ok(())
}

/// Bytes of the decompressed file, behind the one before them.
fn bytes_at(path: &Path, offset: u64, length: usize) -> Result<(Option<u8>, Vec<u8>), ArticleError> {
    let before = usize::from(offset > 0);
    let place = Place { offset: offset - before as u64, ..Place::default() };
    let mut file = stream::Reader::open(path, &stream::Options { place, ..stream::Options::default() })?;
    let (mut found, wanted) = (Vec::new(), before + length);
    while found.len() < wanted {
        let window = file.next_window();
        found.extend_from_slice(&window.bytes);
        if found.len() < wanted {
            if let Some(error) = window.error {
                return Err(error);
            }
            if window.is_last {
                let end = window.progress.decompressed;
                return Err(ArticleError::new(ErrorKind::Truncated, "the file ends before the record does", end));
            }
        }
        file.recycle(window.bytes);
    }
    found.truncate(wanted);
    let line = found.split_off(before);
    Ok((found.pop(), line))
}
