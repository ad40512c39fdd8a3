//! Encodes whole batches: one leaf, its hash and its position-free hash per row.

use std::ops::Range;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, BooleanArray, PrimitiveArray, RecordBatch};

use super::columns::{Bytes, Columns};
use super::commitment::{Committer, Field, TextDigest, open_salt, push_slot};
use super::leaves::Leaves;
use super::revision::{self, NO_TIME, RevisionLeaf, is_wiki, status_flags};
use super::{ColumnError, NO_COMMITMENT, model};
use crate::digest::Sha256Bytes;

const MAIN: &[u8] = b"main";
/// Code of `text_state` for an empty text; smaller is present, larger is hidden or missing.
const TEXT_EMPTY: u8 = 1;
const MICROSECONDS: i64 = 1_000_000;
/// A thread costs some 50 microseconds: less work than this stays on the calling thread.
const ROWS_WORTH_A_THREAD: usize = 512;
/// Texts hashed at a time, so that the lanes of the hash are full; a short text counts as `ROW_BYTES` more.
const HASHED_BYTES: usize = 512 << 10;
const ROW_BYTES: usize = 256;

/// Encodes the rows of a batch under the profile `open`; `threads` changes nothing but the time.
///
/// # Errors
/// If a column is missing or of another type, or a value has no place in a leaf; the first such row is named.
pub fn encode_batch(batch: &RecordBatch, threads: usize) -> Result<Leaves, ColumnError> {
    let columns = Columns::of(batch)?;
    let workers = threads.min(columns.rows / ROWS_WORTH_A_THREAD).max(1);
    let share = columns.rows.div_ceil(workers).max(1);
    let parts = run(workers, |worker| {
        let start = worker.saturating_mul(share).min(columns.rows);
        encode_rows(&columns, start..start.saturating_add(share).min(columns.rows))
    });
    let mut leaves = Leaves::default();
    for part in parts {
        if leaves.ends.is_empty() {
            leaves = part?;
        } else {
            leaves.append(&part?);
        }
    }
    Ok(leaves)
}

/// Runs the work of each worker and returns the results in order.
fn run<T: Send>(workers: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        let first = work(0);
        let joined = others.into_iter().map(|other| match other.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(first).chain(joined).collect()
    })
}

fn encode_rows(columns: &Columns<'_>, rows: Range<usize>) -> Result<Leaves, ColumnError> {
    let encoder = Encoder::new();
    let mut leaves = Leaves::default();
    let mut leaf = Vec::new();
    let text = |row: usize| columns.text.get(row).unwrap_or_default();
    let mut left = rows;
    while !left.is_empty() {
        let mut bytes = 0;
        let texts: Vec<&[u8]> = left
            .clone()
            .map(text)
            .take_while(|text| {
                let is_room = bytes < HASHED_BYTES;
                bytes += text.len() + ROW_BYTES;
                is_room
            })
            .collect();
        for digest in TextDigest::of_each(&texts) {
            let Some(row) = left.next() else { break };
            leaf.clear();
            encoder.encode_row(columns, row, &digest, &mut leaf)?;
            leaves.push(&leaf);
        }
        leaves.hash();
    }
    Ok(leaves)
}

/// Commitments under the public salt, with their key states cached.
struct Encoder {
    text: Committer,
    title: Committer,
}

impl Encoder {
    fn new() -> Self {
        let salt = open_salt();
        Self { text: Committer::new(&salt, Field::Text), title: Committer::new(&salt, Field::Title) }
    }

    fn encode_row(
        &self,
        columns: &Columns<'_>,
        row: usize,
        main: &TextDigest,
        leaf: &mut Vec<u8>,
    ) -> Result<(), ColumnError> {
        let wiki = required(columns.wiki, row, "wiki_id")?;
        if !is_wiki(wiki) {
            return Err(ColumnError::row("wiki_id", row, "expected 1 to 32 characters of [a-z0-9_]"));
        }
        let model_name = columns.content_model.get(row).unwrap_or_default();
        let content_model = model::code(model_name);
        let extensions = if content_model == model::OTHER { name_extension(model_name, row)? } else { Vec::new() };
        let parent_id = columns.parent_id;
        RevisionLeaf {
            content_model,
            flags: flags(columns, row)?,
            namespace: value(columns.namespace, row, "page_namespace_id")?,
            page_id: number(value(columns.page_id, row, "page_id")?, row, "page_id")?,
            revision_id: number(value(columns.revision_id, row, "revision_id")?, row, "revision_id")?,
            parent_id: if parent_id.is_null(row) { 0 } else { value(parent_id, row, "revision_parent_id")? },
            unix_time: seconds(columns, row)?,
            source_id: number(value(columns.source_id, row, "source_id")?, row, "source_id")?,
            record_length: number(value(columns.element_length, row, "element_length")?, row, "element_length")?,
            stream_offset: number(value(columns.stream_offset, row, "stream_offset")?, row, "stream_offset")?,
            record_offset: number(value(columns.element_offset, row, "element_offset")?, row, "element_offset")?,
            member: 0,
            licence_rule: number(value(columns.licence_rule, row, "licence_rule")?, row, "licence_rule")?,
            text: self.text_commitment(columns, row, main)?,
            title: self.title.commit(&[required(columns.title, row, "page_title")?]),
            comment: NO_COMMITMENT,
            user: NO_COMMITMENT,
            wiki,
            extensions: &extensions,
        }
        .encode_into(leaf);
        Ok(())
    }

    /// Commits to every slot that has a text, the digests taken from the texts themselves; nothing is committed if the
    /// main text is hidden or missing.
    fn text_commitment(
        &self,
        columns: &Columns<'_>,
        row: usize,
        main: &TextDigest,
    ) -> Result<Sha256Bytes, ColumnError> {
        let has_text = value(columns.text_state, row, "text_state")? <= TEXT_EMPTY;
        if columns.text.get(row).is_some() != has_text {
            return Err(ColumnError::row("text", row, "text and text_state contradict each other"));
        }
        if !has_text {
            return Ok(NO_COMMITMENT);
        }
        if !flag(columns.content_is_visible, row, "revision_content_is_visible")? {
            return Err(ColumnError::row("text", row, "hidden content must not be stored"));
        }
        let (roles, texts): (Vec<_>, Vec<_>) = other_slots(columns, row)?.into_iter().unzip();
        if roles.is_empty() {
            return Ok(self.text.commit_text(main));
        }
        let mut slots: Vec<(&[u8], TextDigest)> = roles.into_iter().zip(TextDigest::of_each(&texts)).collect();
        slots.push((MAIN, *main));
        slots.sort_unstable_by_key(|(role, _)| *role);
        if slots.windows(2).any(|pair| matches!(pair, [(first, _), (second, _)] if first == second)) {
            return Err(ColumnError::row("slots", row, "a role occurs twice"));
        }
        let count = u8::try_from(slots.len()).map_err(|_| ColumnError::row("slots", row, "more than 255 slots"))?;
        let mut input = vec![count];
        for (role, text) in &slots {
            push_slot(&mut input, role, text);
        }
        Ok(self.text.commit(&[&input]))
    }
}

/// Role and text.
type SlotText<'a> = (&'a [u8], &'a [u8]);

/// Role and text of the slots beside main that have a text. An entry for main may stand in the list without a body.
fn other_slots<'a>(columns: &Columns<'a>, row: usize) -> Result<Vec<SlotText<'a>>, ColumnError> {
    let slots = columns.slots;
    let mut found = Vec::new();
    for place in slots.of_row(row) {
        let role = slots.roles.get(place).unwrap_or_default();
        if !(1..=255).contains(&role.len()) {
            return Err(ColumnError::row("slots", row, "a role is not 1 to 255 bytes long"));
        }
        let has_text = slots.states.values().get(place).is_some_and(|state| *state <= TEXT_EMPTY);
        match (slots.bodies.get(place), has_text) {
            (Some(text), true) if role != MAIN => found.push((role, text)),
            (None, false) => {}
            (None, true) if role == MAIN => {}
            _ => {
                return Err(ColumnError::row("slots", row, "a body contradicts the state of its slot"));
            }
        }
    }
    Ok(found)
}

fn flags(columns: &Columns<'_>, row: usize) -> Result<u16, ColumnError> {
    let sha1_status = value(columns.sha1_status, row, "sha1_status")?;
    let size_status = value(columns.size_status, row, "size_status")?;
    if sha1_status > 7 || size_status > 3 {
        return Err(ColumnError::row("sha1_status", row, "unknown status code"));
    }
    let is_minor = !columns.is_minor.is_null(row) && columns.is_minor.value(row);
    let mut flags = status_flags(sha1_status, size_status);
    for (is_set, bit) in [
        (!flag(columns.content_is_visible, row, "revision_content_is_visible")?, revision::TEXT_HIDDEN),
        (!flag(columns.comment_is_visible, row, "revision_comment_is_visible")?, revision::COMMENT_HIDDEN),
        (!flag(columns.user_is_visible, row, "user_is_visible")?, revision::USER_HIDDEN),
        (is_minor, revision::MINOR_EDIT),
    ] {
        flags |= if is_set { bit } else { 0 };
    }
    Ok(flags)
}

fn seconds(columns: &Columns<'_>, row: usize) -> Result<i64, ColumnError> {
    if columns.time.is_null(row) {
        return Ok(NO_TIME);
    }
    let microseconds = value(columns.time, row, "revision_dt")?;
    if microseconds.rem_euclid(MICROSECONDS) == 0 {
        Ok(microseconds.div_euclid(MICROSECONDS))
    } else {
        Err(ColumnError::row("revision_dt", row, format!("not a whole second: {microseconds} us")))
    }
}

fn name_extension(name: &[u8], row: usize) -> Result<Vec<u8>, ColumnError> {
    // Four bytes of type and length have to fit beside the name in the list of at most 65,535 bytes.
    let length = u16::try_from(name.len()).ok().filter(|length| *length <= u16::MAX - 4);
    let length = length.ok_or_else(|| ColumnError::row("content_model", row, "name is too long"))?;
    if std::str::from_utf8(name).is_err() {
        return Err(ColumnError::row("content_model", row, "name is not UTF-8"));
    }
    Ok([&model::NAME_EXTENSION.to_be_bytes(), &length.to_be_bytes(), name].concat())
}

fn value<T: ArrowPrimitiveType>(
    column: &PrimitiveArray<T>,
    row: usize,
    name: &'static str,
) -> Result<T::Native, ColumnError> {
    let value = if column.is_null(row) { None } else { column.values().get(row) };
    value.copied().ok_or_else(|| ColumnError::row(name, row, "must not be null"))
}

fn flag(column: &BooleanArray, row: usize, name: &'static str) -> Result<bool, ColumnError> {
    if column.is_null(row) { Err(ColumnError::row(name, row, "must not be null")) } else { Ok(column.value(row)) }
}

fn required<'a>(column: Bytes<'a>, row: usize, name: &'static str) -> Result<&'a [u8], ColumnError> {
    column.get(row).ok_or_else(|| ColumnError::row(name, row, "must not be null"))
}

fn number<From: Copy + std::fmt::Display, To: TryFrom<From>>(
    value: From,
    row: usize,
    name: &'static str,
) -> Result<To, ColumnError> {
    To::try_from(value).map_err(|_| ColumnError::row(name, row, format!("does not fit the leaf: {value}")))
}
