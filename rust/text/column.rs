//! A column of wikitexts to columns of plain texts and losses.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Int32Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};

use super::losses::Loss;
use super::namespaces::Namespaces;
use super::scan::append_plain_text;

/// What one thread made of its rows.
#[derive(Default)]
struct Part {
    text: Vec<u8>,
    /// The length of each row's text.
    text_lengths: Vec<usize>,
    losses: Vec<Loss>,
    /// How many losses each row has.
    loss_counts: Vec<usize>,
}

/// Reads every text that is not null. Columns: `plain_text` (null where the input is) and `plain_text_losses` (a list per
/// row, sorted by kind). The number of threads changes the time and nothing else.
///
/// # Errors
///
/// Only if a list of the result outgrew Arrow's 32-bit offsets (about 100 million rows in one call).
pub fn plain_text_batch(
    texts: &LargeStringArray,
    namespaces: &Namespaces,
    threads: usize,
) -> Result<RecordBatch, ArrowError> {
    let ranges = ranges_of_equal_bytes(texts, threads);
    let mut parts: Vec<Part> = ranges.iter().map(|_| Part::default()).collect();
    std::thread::scope(|scope| {
        let mut work: Vec<_> = ranges.into_iter().zip(parts.iter_mut()).collect();
        let own = work.pop();
        for (rows, part) in work {
            scope.spawn(move || read_rows(texts, rows, namespaces, part));
        }
        if let Some((rows, part)) = own {
            read_rows(texts, rows, namespaces, part);
        }
    });
    batch(texts, parts)
}

/// Cuts the rows into at most `threads` ranges with about the same number of bytes each.
fn ranges_of_equal_bytes(texts: &LargeStringArray, threads: usize) -> Vec<Range<usize>> {
    let offsets = texts.value_offsets();
    let position = |row: usize| offsets.get(row).map_or(0, |&offset| u64::try_from(offset).unwrap_or(0));
    let (first, last) = (position(0), position(texts.len()));
    let parts = threads.clamp(1, texts.len().max(1));
    let mut start = 0;
    let mut ranges = Vec::with_capacity(parts);
    for part in 1..=parts {
        let share = u128::from(last - first) * part as u128 / parts as u128;
        let goal = first + u64::try_from(share).unwrap_or(0);
        let end = if part == parts {
            texts.len()
        } else {
            (start..texts.len()).find(|&row| position(row) >= goal).unwrap_or(texts.len())
        };
        ranges.push(start..end);
        start = end;
    }
    ranges
}

fn read_rows(texts: &LargeStringArray, rows: Range<usize>, namespaces: &Namespaces, part: &mut Part) {
    let offsets = texts.value_offsets();
    let bytes = match (offsets.get(rows.start), offsets.get(rows.end)) {
        (Some(first), Some(last)) => usize::try_from(last - first).unwrap_or(0),
        _ => 0,
    };
    // Plain text is never longer than its wikitext (and a line feed that goes again), so nothing more is allocated for it.
    part.text.reserve_exact(bytes + 1);
    for row in rows {
        let (text_length, loss_count) = (part.text.len(), part.losses.len());
        if texts.is_valid(row) {
            let losses = append_plain_text(texts.value(row), namespaces, &mut part.text);
            part.losses.extend(losses.report());
        }
        part.text_lengths.push(part.text.len() - text_length);
        part.loss_counts.push(part.losses.len() - loss_count);
    }
}

fn batch(texts: &LargeStringArray, parts: Vec<Part>) -> Result<RecordBatch, ArrowError> {
    let text_lengths = parts.iter().flat_map(|part| part.text_lengths.iter().copied());
    let text_offsets = OffsetBuffer::<i64>::from_lengths(text_lengths);
    let loss_counts = parts.iter().flat_map(|part| part.loss_counts.iter().copied());
    let loss_offsets = checked_offsets(loss_counts)?;
    let losses: Vec<Loss> = parts.iter().flat_map(|part| part.losses.iter().copied()).collect();
    let mut buffers = parts.into_iter().map(|part| part.text);
    let mut text = buffers.next().unwrap_or_default();
    for more in buffers {
        text.extend_from_slice(&more);
    }
    text.shrink_to_fit();
    let nulls: Option<NullBuffer> = texts.nulls().cloned();
    let plain = LargeStringArray::try_new(text_offsets, Buffer::from_vec(text), nulls)?;

    let kinds = StringArray::from_iter_values(losses.iter().map(|loss| loss.kind.name()));
    let counts: Int32Array =
        losses.iter().map(|loss| i32::try_from(loss.count).unwrap_or(i32::MAX)).collect::<Vec<_>>().into();
    let bytes: Int64Array =
        losses.iter().map(|loss| i64::try_from(loss.bytes).unwrap_or(i64::MAX)).collect::<Vec<_>>().into();
    let fields = Fields::from(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("count", DataType::Int32, false),
        Field::new("bytes", DataType::Int64, false),
    ]);
    let columns: Vec<ArrayRef> = vec![Arc::new(kinds), Arc::new(counts), Arc::new(bytes)];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
    let lists = ListArray::try_new(item, loss_offsets, Arc::new(rows), None)?;
    let schema = Schema::new(vec![
        Field::new("plain_text", DataType::LargeUtf8, true),
        Field::new("plain_text_losses", lists.data_type().clone(), false),
    ]);
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(plain), Arc::new(lists)])
}

fn checked_offsets(lengths: impl Iterator<Item = usize>) -> Result<OffsetBuffer<i32>, ArrowError> {
    let mut offsets = vec![0_i32];
    let mut total = 0_usize;
    for length in lengths {
        total += length;
        offsets.push(i32::try_from(total).map_err(|_| ArrowError::OffsetOverflowError(total))?);
    }
    Ok(OffsetBuffer::new(ScalarBuffer::from(offsets)))
}
