//! One record again, from the position that was noted when it was first read.

use std::path::Path;

use super::article::Article;
use super::error::{ArticleError, ErrorKind};
use super::feed::{Source, Window};
use super::json::Cursor;
use super::limits::{LINE_BYTES, WINDOW_BYTES};
use super::record::{Scratch, identify, revision};
use crate::page::{Position, RecordSink};

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
    let text = std::str::from_utf8(&line).map_err(|error| fail(error.to_string()))?;
    let (mut article, mut cursor) = (Article::default(), Cursor::new(text, 0));
    let read = article.read(&mut cursor).and_then(|()| cursor.expect_end()).and_then(|()| identify(&article));
    let identity = read.map_err(|fault| fail(format!("the record cannot be read: {}", fault.detail)))?;
    // What stands before a record, in a text, a list or an archive: a piece of a record is none. Where it starts, one object
    // ends in one place only, and what follows it there may be damage.
    if before.is_some_and(|byte| !b"\r\n,[]} \t\0\xbf".contains(&byte)) {
        return Err(fail(format!("at this position lies no article of the noted length: {length}")));
    }
    let mut scratch = Scratch::default();
    let (row, _) = revision(&article, identity.revision_id, position, &mut scratch, true)
        .map_err(|fault| fail(format!("the record cannot be read: {}", fault.detail)))?;
    sink.enter_wiki(identity.wiki.as_deref().unwrap_or(wiki_id));
    sink.push(&identity.page, &row);
    Ok(())
}

/// Bytes of the decompressed file, behind the one before them.
fn bytes_at(path: &Path, offset: u64, length: usize) -> Result<(Option<u8>, Vec<u8>), ArticleError> {
    let mut source = Source::open(path, WINDOW_BYTES)?;
    let (mut window, mut found, mut end) = (Window::default(), Vec::new(), 0);
    let first = offset.saturating_sub(1);
    let before_count = usize::from(offset > 0);
    let wanted = before_count + length;
    loop {
        source.fill(&mut window);
        let from = usize::try_from(first.saturating_sub(end)).unwrap_or(usize::MAX).min(window.bytes.len());
        let fresh = window.bytes.get(from..).unwrap_or_default();
        found.extend_from_slice(fresh.get(..wanted - found.len()).unwrap_or(fresh));
        end += window.bytes.len() as u64;
        if found.len() == wanted {
            let before = found.first().copied().filter(|_| before_count > 0);
            found.drain(..before_count);
            return Ok((before, found));
        }
        if let Some(error) = window.error.take() {
            return Err(error);
        }
        if window.is_last {
            return Err(ArticleError::new(ErrorKind::Truncated, "the file ends before the record does", end));
        }
    }
}
