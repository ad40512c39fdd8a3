//! Records as Arrow columns, with the names, types and order of `wikigrove.schema.DUMP_COLUMNS`.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, FixedSizeBinaryBuilder, Int32Builder, Int64Builder, LargeStringBuilder, StringBuilder, UInt8Builder,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, UInt8Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, Field, Fields, Schema};

use crate::digest::sha1_each;
use crate::page::{LogItem, Page, Quarantined, RecordSink, Revision, Sha1Check, Sha1Reason};

/// Texts that wait to be hashed together: enough to fill every lane, few enough to lie in the level-2 cache.
const UNCHECKED_BYTES: usize = 256 << 10;

/// Collects revisions as columns.
pub struct RevisionColumns {
    wiki_id: String,
    source_id: i32,
    rows: usize,
    taken_bytes: u64,
    wiki_ids: StringBuilder,
    page_ids: Int64Builder,
    namespaces: Int32Builder,
    titles: StringBuilder,
    redirects: StringBuilder,
    revision_ids: Int64Builder,
    timestamps: Int64Builder,
    parents: Int64Builder,
    minors: BooleanBuilder,
    user_ids: Int64Builder,
    user_texts: StringBuilder,
    users_visible: BooleanBuilder,
    user_kinds: StringBuilder,
    comments: StringBuilder,
    comments_visible: BooleanBuilder,
    sha1s: StringBuilder,
    sizes: Int64Builder,
    contents_visible: BooleanBuilder,
    models: StringBuilder,
    formats: StringBuilder,
    content_sha1s: StringBuilder,
    origins: Int64Builder,
    slots: SlotColumns,
    text_states: UInt8Builder,
    sha1_statuses: Vec<u8>,
    sha1_reasons: Vec<Option<Sha1Reason>>,
    size_statuses: Vec<u8>,
    /// Rows whose checksum is still to be compared, and the bytes of their texts.
    unchecked: Vec<(usize, Sha1Check)>,
    unchecked_bytes: usize,
    source_ids: Int32Builder,
    stream_offsets: Int64Builder,
    element_offsets: Int64Builder,
    element_lengths: Int64Builder,
    page_stream_offsets: Int64Builder,
    page_offsets: Int64Builder,
    texts: LargeStringBuilder,
}

#[derive(Default)]
struct SlotColumns {
    lengths: Vec<usize>,
    roles: StringBuilder,
    models: StringBuilder,
    formats: StringBuilder,
    sha1s: StringBuilder,
    sizes: Int64Builder,
    origins: Int64Builder,
    states: UInt8Builder,
    bodies: StringBuilder,
}

impl RevisionColumns {
    /// Starts an empty batch of one source file, with room for `batch_bytes` of text or what is reasonable.
    #[must_use]
    pub fn new(wiki_id: &str, source_id: i32, batch_bytes: u64) -> Self {
        const MOST_BYTES: u64 = 16 << 20;
        const TEXTS: usize = 256;
        let text_bytes = usize::try_from(batch_bytes.min(MOST_BYTES)).unwrap_or(0);
        Self {
            wiki_id: wiki_id.to_owned(),
            source_id,
            rows: 0,
            taken_bytes: 0,
            wiki_ids: StringBuilder::new(),
            page_ids: Int64Builder::new(),
            namespaces: Int32Builder::new(),
            titles: StringBuilder::new(),
            redirects: StringBuilder::new(),
            revision_ids: Int64Builder::new(),
            timestamps: Int64Builder::new(),
            parents: Int64Builder::new(),
            minors: BooleanBuilder::new(),
            user_ids: Int64Builder::new(),
            user_texts: StringBuilder::new(),
            users_visible: BooleanBuilder::new(),
            user_kinds: StringBuilder::new(),
            comments: StringBuilder::new(),
            comments_visible: BooleanBuilder::new(),
            sha1s: StringBuilder::new(),
            sizes: Int64Builder::new(),
            contents_visible: BooleanBuilder::new(),
            models: StringBuilder::new(),
            formats: StringBuilder::new(),
            content_sha1s: StringBuilder::new(),
            origins: Int64Builder::new(),
            slots: SlotColumns::default(),
            text_states: UInt8Builder::new(),
            sha1_statuses: Vec::new(),
            sha1_reasons: Vec::new(),
            size_statuses: Vec::new(),
            unchecked: Vec::new(),
            unchecked_bytes: 0,
            source_ids: Int32Builder::new(),
            stream_offsets: Int64Builder::new(),
            element_offsets: Int64Builder::new(),
            element_lengths: Int64Builder::new(),
            page_stream_offsets: Int64Builder::new(),
            page_offsets: Int64Builder::new(),
            texts: LargeStringBuilder::with_capacity(TEXTS, text_bytes),
        }
    }

    /// Records taken so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Compares the checksums that were left.
    fn check(&mut self) {
        let (bytes, offsets) = (self.texts.values_slice(), self.texts.offsets_slice());
        let place = |row: usize| offsets.get(row).and_then(|offset| usize::try_from(*offset).ok());
        let text = |row: usize| bytes.get(place(row)?..place(row + 1)?);
        let texts: Vec<&[u8]> = self.unchecked.iter().map(|(row, _)| text(*row).unwrap_or_default()).collect();
        for (((row, check), text), digest) in self.unchecked.iter().zip(&texts).zip(sha1_each(&texts)) {
            let (status, reason, size_status) = check.verdict(text, &digest);
            self.sha1_statuses.get_mut(*row).into_iter().for_each(|entry| *entry = status as u8);
            self.sha1_reasons.get_mut(*row).into_iter().for_each(|entry| *entry = reason);
            self.size_statuses
                .get_mut(*row)
                .into_iter()
                .zip(size_status)
                .for_each(|(entry, status)| *entry = status as u8);
        }
        self.unchecked.clear();
        self.unchecked_bytes = 0;
    }

    /// Ends the batch.
    ///
    /// # Errors
    /// When a column does not follow the schema, which would be a defect of this module.
    pub fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        self.check();
        let mut sha1_reasons = StringBuilder::new();
        self.sha1_reasons.iter().for_each(|reason| sha1_reasons.append_option(reason.map(Sha1Reason::as_str)));
        let timestamps: TimestampMicrosecondArray = self.timestamps.finish().reinterpret_cast();
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("wiki_id", Arc::new(self.wiki_ids.finish()), false),
            ("page_id", Arc::new(self.page_ids.finish()), false),
            ("page_namespace_id", Arc::new(self.namespaces.finish()), false),
            ("page_title", Arc::new(self.titles.finish()), false),
            ("page_redirect_target", Arc::new(self.redirects.finish()), true),
            ("revision_id", Arc::new(self.revision_ids.finish()), false),
            ("revision_dt", Arc::new(timestamps.with_timezone("UTC")), true),
            ("revision_parent_id", Arc::new(self.parents.finish()), true),
            ("revision_is_minor_edit", Arc::new(self.minors.finish()), true),
            ("user_id", Arc::new(self.user_ids.finish()), true),
            ("user_text", Arc::new(self.user_texts.finish()), true),
            ("user_is_visible", Arc::new(self.users_visible.finish()), false),
            ("user_kind", Arc::new(self.user_kinds.finish()), false),
            ("revision_comment", Arc::new(self.comments.finish()), true),
            ("revision_comment_is_visible", Arc::new(self.comments_visible.finish()), false),
            ("revision_sha1", Arc::new(self.sha1s.finish()), true),
            ("revision_size", Arc::new(self.sizes.finish()), true),
            ("revision_content_is_visible", Arc::new(self.contents_visible.finish()), false),
            ("content_model", Arc::new(self.models.finish()), true),
            ("content_format", Arc::new(self.formats.finish()), true),
            ("content_sha1", Arc::new(self.content_sha1s.finish()), true),
            ("origin_rev_id", Arc::new(self.origins.finish()), true),
            ("slots", Arc::new(self.slots.finish()?), false),
            ("text_state", Arc::new(self.text_states.finish()), false),
            ("sha1_status", Arc::new(UInt8Array::from(self.sha1_statuses)), false),
            ("sha1_reason", Arc::new(sha1_reasons.finish()), true),
            ("size_status", Arc::new(UInt8Array::from(self.size_statuses)), false),
            ("source_id", Arc::new(self.source_ids.finish()), false),
            ("stream_offset", Arc::new(self.stream_offsets.finish()), false),
            ("element_offset", Arc::new(self.element_offsets.finish()), false),
            ("element_length", Arc::new(self.element_lengths.finish()), false),
            ("page_stream_offset", Arc::new(self.page_stream_offsets.finish()), false),
            ("page_offset", Arc::new(self.page_offsets.finish()), false),
            ("text", Arc::new(self.texts.finish()), true),
        ];
        batch_of(columns)
    }
}

impl RecordSink for RevisionColumns {
    fn enter_wiki(&mut self, wiki_id: &str) {
        if self.wiki_id != wiki_id {
            wiki_id.clone_into(&mut self.wiki_id);
        }
    }

    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        self.rows += 1;
        self.taken_bytes += revision.position.element_length.unsigned_abs();
        self.wiki_ids.append_value(&self.wiki_id);
        self.page_ids.append_value(page.id);
        self.namespaces.append_value(page.namespace);
        self.titles.append_value(&page.title);
        self.redirects.append_option(page.redirect_target.as_deref());
        self.revision_ids.append_value(revision.id);
        self.timestamps.append_option(revision.timestamp);
        self.parents.append_option(revision.parent_id);
        self.minors.append_value(revision.is_minor);
        self.user_ids.append_option(revision.user.id);
        self.user_texts.append_option(revision.user.text.as_deref());
        self.users_visible.append_value(revision.user.is_visible);
        self.user_kinds.append_value(revision.user.kind.as_str());
        self.comments.append_option(revision.comment.as_deref());
        self.comments_visible.append_value(revision.comment_is_visible);
        self.sha1s.append_option(revision.sha1.as_deref());
        self.sizes.append_option(revision.size);
        self.contents_visible.append_value(revision.content_is_visible);
        self.models.append_option(revision.main.model.as_deref());
        self.formats.append_option(revision.main.format.as_deref());
        self.content_sha1s.append_option(revision.main.sha1.as_deref());
        self.origins.append_option(revision.main.origin);
        self.slots.push(revision);
        self.text_states.append_value(revision.main.state as u8);
        self.sha1_statuses.push(revision.sha1_status as u8);
        self.sha1_reasons.push(revision.sha1_reason);
        self.size_statuses.push(revision.size_status as u8);
        self.source_ids.append_value(self.source_id);
        self.stream_offsets.append_value(revision.position.stream_offset);
        self.element_offsets.append_value(revision.position.element_offset);
        self.element_lengths.append_value(revision.position.element_length);
        self.page_stream_offsets.append_value(revision.position.page_stream_offset);
        self.page_offsets.append_value(revision.position.page_offset);
        self.texts.append_option(revision.main.body.as_deref());
    }

    fn push_unchecked(&mut self, page: &Page, revision: &mut Revision<'_>, check: &Sha1Check) {
        self.unchecked.push((self.rows, *check));
        self.unchecked_bytes += revision.main.body.as_deref().map_or(0, str::len);
        self.push(page, revision);
        if self.unchecked_bytes >= UNCHECKED_BYTES {
            self.check();
        }
    }

    fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }
}

impl SlotColumns {
    fn push(&mut self, revision: &Revision<'_>) {
        for slot in &revision.slots {
            self.roles.append_value(&slot.role);
            self.models.append_option(slot.content.model.as_deref());
            self.formats.append_option(slot.content.format.as_deref());
            self.sha1s.append_option(slot.content.sha1.as_deref());
            self.sizes.append_option(slot.content.size);
            self.origins.append_option(slot.content.origin);
            self.states.append_value(slot.content.state as u8);
            self.bodies.append_option(slot.content.body.as_deref());
        }
        self.lengths.push(revision.slots.len());
    }

    fn finish(&mut self) -> Result<ListArray, ArrowError> {
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("role", Arc::new(self.roles.finish()), false),
            ("content_model", Arc::new(self.models.finish()), true),
            ("content_format", Arc::new(self.formats.finish()), true),
            ("content_sha1", Arc::new(self.sha1s.finish()), true),
            ("content_size", Arc::new(self.sizes.finish()), true),
            ("origin_rev_id", Arc::new(self.origins.finish()), true),
            ("text_state", Arc::new(self.states.finish()), false),
            ("content_body", Arc::new(self.bodies.finish()), true),
        ];
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(named).unzip();
        let slots = StructArray::try_new(Fields::from(fields), arrays, None)?;
        let item = Arc::new(Field::new("item", slots.data_type().clone(), false));
        ListArray::try_new(item, OffsetBuffer::from_lengths(self.lengths.iter().copied()), Arc::new(slots), None)
    }
}

fn named((name, array, is_nullable): (&str, ArrayRef, bool)) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), is_nullable), array)
}

fn batch_of(columns: Vec<(&str, ArrayRef, bool)>) -> Result<RecordBatch, ArrowError> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(named).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

/// Quarantine rows of one source file, with the names, types and order of `wikigrove.schema.QUARANTINE`.
///
/// # Errors
/// When a column does not follow the schema, which would be a defect of this module.
pub fn quarantine_batch(rows: &[Quarantined], source_id: i32) -> Result<RecordBatch, ArrowError> {
    const SHA256_BYTES: i32 = 32;
    let (mut digests, mut reasons, mut details) =
        (FixedSizeBinaryBuilder::new(SHA256_BYTES), StringBuilder::new(), StringBuilder::new());
    for row in rows {
        digests.append_value(row.sha256)?;
        reasons.append_value(row.reason);
        details.append_value(&row.detail);
    }
    let integers = |value: fn(&Quarantined) -> Option<i64>| -> ArrayRef {
        let mut column = Int64Builder::with_capacity(rows.len());
        for row in rows {
            column.append_option(value(row));
        }
        Arc::new(column.finish())
    };
    let mut source_ids = Int32Builder::with_capacity(rows.len());
    source_ids.append_value_n(source_id, rows.len());
    batch_of(vec![
        ("source_id", Arc::new(source_ids.finish()), false),
        ("stream_offset", integers(|row| Some(row.position.stream_offset)), false),
        ("element_offset", integers(|row| Some(row.position.element_offset)), false),
        ("element_length", integers(|row| Some(row.position.element_length)), false),
        ("page_id", integers(|row| row.page_id), true),
        ("revision_id", integers(|row| row.revision_id), true),
        ("reason", Arc::new(reasons.finish()), false),
        ("detail", Arc::new(details.finish()), false),
        ("sha256", Arc::new(digests.finish()), false),
    ])
}

/// Seek points of one source file: stream offset, block bit and decompressed bytes of each.
///
/// # Errors
/// When a column does not follow the schema, which would be a defect of this module.
pub fn seek_point_batch(rows: impl Iterator<Item = [i64; 3]>, source_id: i32) -> Result<RecordBatch, ArrowError> {
    let mut source_ids = Int32Builder::new();
    let (mut streams, mut bits, mut decompressed) = (Int64Builder::new(), Int64Builder::new(), Int64Builder::new());
    for [stream, bit, bytes] in rows {
        source_ids.append_value(source_id);
        streams.append_value(stream);
        bits.append_value(bit);
        decompressed.append_value(bytes);
    }
    batch_of(vec![
        ("source_id", Arc::new(source_ids.finish()), false),
        ("stream_offset", Arc::new(streams.finish()), false),
        ("block_bit", Arc::new(bits.finish()), false),
        ("decompressed", Arc::new(decompressed.finish()), false),
    ])
}

/// Log items of one source file, with the names, types and order of `wikigrove.schema.LOG_ITEM`.
///
/// # Errors
/// When a column does not follow the schema, which would be a defect of this module.
pub fn log_batch(rows: &[LogItem], wiki_id: &str, source_id: i32) -> Result<RecordBatch, ArrowError> {
    let integers = |value: fn(&LogItem) -> Option<i64>| rows.iter().map(value).collect::<Int64Array>();
    let texts =
        |value: fn(&LogItem) -> Option<&str>| -> ArrayRef { Arc::new(rows.iter().map(value).collect::<StringArray>()) };
    let flags = |value: fn(&LogItem) -> bool| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(value(row))).collect::<BooleanArray>())
    };
    let timestamps: TimestampMicrosecondArray = integers(|row| row.timestamp).reinterpret_cast();
    batch_of(vec![
        ("wiki_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|_| wiki_id))), false),
        ("log_id", Arc::new(integers(|row| Some(row.id))), false),
        ("log_dt", Arc::new(timestamps.with_timezone("UTC")), true),
        ("user_id", Arc::new(integers(|row| row.user.id)), true),
        ("user_text", texts(|row| row.user.text.as_deref()), true),
        ("user_is_visible", flags(|row| row.user.is_visible), false),
        ("user_kind", texts(|row| Some(row.user.kind.as_str())), false),
        ("log_comment", texts(|row| row.comment.as_deref()), true),
        ("log_comment_is_visible", flags(|row| row.comment.is_some()), false),
        ("log_type", texts(|row| row.kind.as_deref()), true),
        ("log_action", texts(|row| row.action.as_deref()), true),
        ("log_title", texts(|row| row.title.as_deref()), true),
        ("log_params", texts(|row| row.params.as_deref()), true),
        ("log_is_visible", flags(|row| row.is_visible), false),
        ("source_id", Arc::new(Int32Array::from_value(source_id, rows.len())), false),
        ("stream_offset", Arc::new(integers(|row| Some(row.position.stream_offset))), false),
        ("element_offset", Arc::new(integers(|row| Some(row.position.element_offset))), false),
        ("element_length", Arc::new(integers(|row| Some(row.position.element_length))), false),
    ])
}
