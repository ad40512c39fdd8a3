//! The columns of a record that its leaf is made from, checked row by row.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    GenericBinaryType, GenericStringType, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type,
};
use arrow_array::{
    Array, BooleanArray, GenericByteArray, Int32Array, Int64Array, OffsetSizeTrait, RecordBatch, StructArray,
    TimestampMicrosecondArray, UInt8Array,
};

use super::ColumnError;

/// Byte strings of any of the four Arrow layouts.
///
/// Values are taken as bytes: a column from a damaged file may hold invalid UTF-8, and hashing needs none.
#[derive(Clone, Copy)]
pub enum Bytes<'a> {
    String(&'a GenericByteArray<GenericStringType<i32>>),
    LargeString(&'a GenericByteArray<GenericStringType<i64>>),
    Binary(&'a GenericByteArray<GenericBinaryType<i32>>),
    LargeBinary(&'a GenericByteArray<GenericBinaryType<i64>>),
}

impl<'a> Bytes<'a> {
    /// Takes a string or binary array; `None` for another type.
    #[must_use]
    pub fn of(array: &'a dyn Array) -> Option<Self> {
        let small = array.as_string_opt::<i32>().map(Self::String);
        let large = || array.as_string_opt::<i64>().map(Self::LargeString);
        let binary = || array.as_binary_opt::<i32>().map(Self::Binary);
        small.or_else(large).or_else(binary).or_else(|| array.as_binary_opt::<i64>().map(Self::LargeBinary))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::String(array) => array.len(),
            Self::LargeString(array) => array.len(),
            Self::Binary(array) => array.len(),
            Self::LargeBinary(array) => array.len(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row, `None` for null.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::String(array) => bytes_at(array.is_null(row), array.value_offsets(), array.value_data(), row),
            Self::LargeString(array) => bytes_at(array.is_null(row), array.value_offsets(), array.value_data(), row),
            Self::Binary(array) => bytes_at(array.is_null(row), array.value_offsets(), array.value_data(), row),
            Self::LargeBinary(array) => bytes_at(array.is_null(row), array.value_offsets(), array.value_data(), row),
        }
    }
}

fn bytes_at<'a, O: OffsetSizeTrait>(is_null: bool, offsets: &'a [O], data: &'a [u8], row: usize) -> Option<&'a [u8]> {
    if is_null {
        return None;
    }
    let (start, end) = (offsets.get(row)?, offsets.get(row.checked_add(1)?)?);
    data.get(start.to_usize()?..end.to_usize()?)
}

/// The slots other than main: for each row a range of `roles`, `states` and `bodies`.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a> {
    offsets: &'a [i32],
    pub(super) roles: Bytes<'a>,
    pub(super) states: &'a UInt8Array,
    pub(super) bodies: Bytes<'a>,
}

impl<'a> Slots<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, ColumnError> {
        let wrong = || ColumnError::column("slots", "expected a list of slot structs");
        let list = column(batch, "slots")?.as_list_opt::<i32>().ok_or_else(wrong)?;
        let items: &StructArray = list.values().as_struct_opt().ok_or_else(wrong)?;
        let field = |name| items.column_by_name(name).ok_or_else(wrong);
        Ok(Self {
            offsets: list.value_offsets(),
            roles: Bytes::of(field("role")?.as_ref()).ok_or_else(wrong)?,
            states: field("text_state")?.as_primitive_opt::<UInt8Type>().ok_or_else(wrong)?,
            bodies: Bytes::of(field("content_body")?.as_ref()).ok_or_else(wrong)?,
        })
    }

    pub(super) fn of_row(&self, row: usize) -> std::ops::Range<usize> {
        let bound =
            |place: usize| self.offsets.get(place).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0);
        bound(row)..bound(row.saturating_add(1))
    }
}

/// Every column that a leaf needs.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) rows: usize,
    pub(super) wiki: Bytes<'a>,
    pub(super) title: Bytes<'a>,
    pub(super) content_model: Bytes<'a>,
    pub(super) text: Bytes<'a>,
    pub(super) slots: Slots<'a>,
    pub(super) page_id: &'a Int64Array,
    pub(super) namespace: &'a Int32Array,
    pub(super) revision_id: &'a Int64Array,
    pub(super) parent_id: &'a Int64Array,
    pub(super) time: &'a TimestampMicrosecondArray,
    pub(super) is_minor: &'a BooleanArray,
    pub(super) user_is_visible: &'a BooleanArray,
    pub(super) comment_is_visible: &'a BooleanArray,
    pub(super) content_is_visible: &'a BooleanArray,
    pub(super) text_state: &'a UInt8Array,
    pub(super) sha1_status: &'a UInt8Array,
    pub(super) size_status: &'a UInt8Array,
    pub(super) source_id: &'a Int32Array,
    pub(super) stream_offset: &'a Int64Array,
    pub(super) element_offset: &'a Int64Array,
    pub(super) element_length: &'a Int64Array,
    pub(super) licence_rule: &'a Int32Array,
}

impl<'a> Columns<'a> {
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self, ColumnError> {
        Ok(Self {
            rows: batch.num_rows(),
            wiki: strings(batch, "wiki_id")?,
            title: strings(batch, "page_title")?,
            content_model: strings(batch, "content_model")?,
            text: strings(batch, "text")?,
            slots: Slots::of(batch)?,
            page_id: int64(batch, "page_id")?,
            namespace: int32(batch, "page_namespace_id")?,
            revision_id: int64(batch, "revision_id")?,
            parent_id: int64(batch, "revision_parent_id")?,
            time: typed(column(batch, "revision_dt")?.as_primitive_opt::<TimestampMicrosecondType>(), "revision_dt")?,
            is_minor: boolean(batch, "revision_is_minor_edit")?,
            user_is_visible: boolean(batch, "user_is_visible")?,
            comment_is_visible: boolean(batch, "revision_comment_is_visible")?,
            content_is_visible: boolean(batch, "revision_content_is_visible")?,
            text_state: uint8(batch, "text_state")?,
            sha1_status: uint8(batch, "sha1_status")?,
            size_status: uint8(batch, "size_status")?,
            source_id: int32(batch, "source_id")?,
            stream_offset: int64(batch, "stream_offset")?,
            element_offset: int64(batch, "element_offset")?,
            element_length: int64(batch, "element_length")?,
            licence_rule: int32(batch, "licence_rule")?,
        })
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a dyn Array, ColumnError> {
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| ColumnError::column(name, "missing"))
}

fn typed<'a, T>(array: Option<&'a T>, name: &'static str) -> Result<&'a T, ColumnError> {
    array.ok_or_else(|| ColumnError::column(name, "wrong type"))
}

fn strings<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<Bytes<'a>, ColumnError> {
    Bytes::of(column(batch, name)?).ok_or_else(|| ColumnError::column(name, "expected strings"))
}

fn int64<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int64Array, ColumnError> {
    typed(column(batch, name)?.as_primitive_opt::<Int64Type>(), name)
}

fn int32<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int32Array, ColumnError> {
    typed(column(batch, name)?.as_primitive_opt::<Int32Type>(), name)
}

fn uint8<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a UInt8Array, ColumnError> {
    typed(column(batch, name)?.as_primitive_opt::<UInt8Type>(), name)
}

fn boolean<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a BooleanArray, ColumnError> {
    typed(column(batch, name)?.as_boolean_opt(), name)
}
