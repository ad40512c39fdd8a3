//! Leaves in bulk: columns in, leaves and hashes out.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BinaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt8Array,
    UInt16Array,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{Field, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::arrow::{Batch, import_array, import_batch};
use super::errors::SchemaError;
use crate::digest::Sha256Bytes;
use crate::leaf::bulk::encode_batch;
use crate::leaf::columns::Bytes;
use crate::leaf::leaves::{Leaves, content_hashes, leaf_hashes};
use crate::leaf::output::{self, OutputLeaf, encode_outputs, open_committer};
use crate::leaf::revision::{self, NO_TIME, RevisionLeaf};
use crate::leaf::{LeafError, decode};
use crate::merkle::tree::hash;

#[pyfunction]
#[pyo3(signature = (batch, *, threads=1))]
pub(super) fn encode_leaves(py: Python<'_>, batch: &Bound<'_, PyAny>, threads: usize) -> PyResult<Batch> {
    let batch = import_batch(batch)?;
    let leaves = py.detach(|| encode_batch(&batch, threads))?;
    let content = hash_column("content_hash", &leaves.content_hashes)?;
    let [leaf, hash] = leaf_columns(leaves)?;
    to_batch(vec![leaf, hash, content])
}

#[pyfunction]
pub(super) fn encode_output_leaves(
    py: Python<'_>,
    source_index: &Bound<'_, PyAny>,
    source_root: &[u8],
    transform: &[u8],
    texts: &Bound<'_, PyAny>,
) -> PyResult<Batch> {
    let (indices, texts) = (import_array(source_index)?, import_array(texts)?);
    let (root, transform) = (hash(source_root)?, hash(transform)?);
    let indices = indices.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong_type("int64"))?;
    let texts = bytes(&texts)?;
    to_batch(leaf_columns(py.detach(|| encode_outputs(indices.values(), root, transform, texts))?)?.into())
}

#[pyfunction]
pub(super) fn output_commitment(py: Python<'_>, texts: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let texts = import_array(texts)?;
    let texts = bytes(&texts)?;
    let hashes = py.detach(|| {
        let committer = open_committer();
        each(texts).map(|text| committer.commit_output(text.unwrap_or_default())).collect::<Vec<_>>()
    });
    to_batch(vec![hash_column("output_commitment", &hashes)?])
}

#[pyfunction]
pub(super) fn hash_leaves(py: Python<'_>, leaves: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let leaves = import_array(leaves)?;
    let leaves = bytes(&leaves)?;
    let values = || each(leaves).map(Option::unwrap_or_default);
    let (hashes, contents) = py.detach(|| (leaf_hashes(values()), content_hashes(values())));
    to_batch(vec![hash_column("leaf_hash", &hashes)?, hash_column("content_hash", &contents)?])
}

#[pyfunction]
pub(super) fn decode_leaves(py: Python<'_>, leaves: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let leaves = import_array(leaves)?;
    let leaves = bytes(&leaves)?;
    let (good, errors) = py.detach(|| split(leaves, RevisionLeaf::decode));
    let signed = |number: u64| i64::try_from(number).ok(); // decoding refuses 2^63 and more
    let time = |leaf: &RevisionLeaf<'_>| Some(leaf.unix_time).filter(|time| *time != NO_TIME);
    let wikis = good.iter().map(|leaf| leaf.as_ref().map(|leaf| String::from_utf8_lossy(leaf.wiki)));
    to_batch(vec![
        ("wiki_id", Arc::new(wikis.collect::<StringArray>())),
        ("page_id", int64(&good, |leaf| signed(leaf.page_id))),
        (
            "page_namespace_id",
            Arc::new(good.iter().map(|leaf| leaf.map(|leaf| leaf.namespace)).collect::<Int32Array>()),
        ),
        ("revision_id", int64(&good, |leaf| signed(leaf.revision_id))),
        ("unix_time", int64(&good, time)),
        ("source_id", int64(&good, |leaf| Some(i64::from(leaf.source_id)))),
        ("licence_rule", Arc::new(good.iter().map(|leaf| leaf.map(|leaf| leaf.licence_rule)).collect::<UInt16Array>())),
        ("error", Arc::new(errors)),
    ])
}

#[pyfunction]
pub(super) fn decode_output_leaves(py: Python<'_>, leaves: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let leaves = import_array(leaves)?;
    let leaves = bytes(&leaves)?;
    let (good, errors) = py.detach(|| split(leaves, OutputLeaf::decode));
    let hashes = |pick: fn(&OutputLeaf) -> Sha256Bytes| {
        good.iter().map(|leaf| leaf.as_ref().map_or([0; 32], pick)).collect::<Vec<_>>()
    };
    to_batch(vec![
        ("verdict", Arc::new(good.iter().map(|leaf| leaf.map(|leaf| leaf.verdict)).collect::<UInt8Array>())),
        ("part", Arc::new(good.iter().map(|leaf| leaf.map(|leaf| leaf.part)).collect::<UInt16Array>())),
        ("source_index", int64(&good, |leaf| i64::try_from(leaf.source_index).ok())),
        hash_column("source_root", &hashes(|leaf| leaf.source_root))?,
        hash_column("transform", &hashes(|leaf| leaf.transform))?,
        hash_column("output", &hashes(|leaf| leaf.output))?,
        ("error", Arc::new(errors)),
    ])
}

#[pyfunction]
pub(super) fn decode_leaf<'py>(py: Python<'py>, leaf: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    if decode::kind(leaf) == Some(output::KIND) {
        let leaf = OutputLeaf::decode(leaf)?;
        fields.set_item("kind", output::KIND)?;
        fields.set_item("verdict", leaf.verdict)?;
        fields.set_item("part", leaf.part)?;
        fields.set_item("source_index", leaf.source_index)?;
        set_hashes(
            &fields,
            &[("source_root", leaf.source_root), ("transform", leaf.transform), ("output", leaf.output)],
        )?;
        return Ok(fields);
    }
    let leaf = RevisionLeaf::decode(leaf)?;
    fields.set_item("kind", revision::KIND)?;
    fields.set_item("wiki_id", String::from_utf8_lossy(leaf.wiki))?;
    fields.set_item("content_model", leaf.model_name())?;
    fields.set_item("page_namespace_id", leaf.namespace)?;
    fields.set_item("page_id", leaf.page_id)?;
    fields.set_item("revision_id", leaf.revision_id)?;
    fields.set_item("revision_parent_id", leaf.parent_id)?;
    fields.set_item("unix_time", Some(leaf.unix_time).filter(|time| *time != NO_TIME))?;
    fields.set_item("source_id", leaf.source_id)?;
    fields.set_item("stream_offset", leaf.stream_offset)?;
    fields.set_item("record_offset", leaf.record_offset)?;
    fields.set_item("record_length", leaf.record_length)?;
    fields.set_item("member", leaf.member)?;
    fields.set_item("licence_rule", leaf.licence_rule)?;
    fields.set_item("profile", if leaf.flags & revision::REDACTABLE == 0 { "open" } else { "redactable" })?;
    fields.set_item("sha1_status", leaf.sha1_status())?;
    fields.set_item("size_status", leaf.size_status())?;
    fields.set_item("text_is_hidden", leaf.flags & revision::TEXT_HIDDEN != 0)?;
    fields.set_item("comment_is_hidden", leaf.flags & revision::COMMENT_HIDDEN != 0)?;
    fields.set_item("user_is_hidden", leaf.flags & revision::USER_HIDDEN != 0)?;
    fields.set_item("is_minor_edit", leaf.flags & revision::MINOR_EDIT != 0)?;
    fields.set_item("extensions", PyBytes::new(py, leaf.extensions))?;
    set_hashes(&fields, &[("text", leaf.text), ("title", leaf.title), ("comment", leaf.comment), ("user", leaf.user)])?;
    Ok(fields)
}

type Column = (&'static str, ArrayRef);

fn to_batch(columns: Vec<Column>) -> PyResult<Batch> {
    let nullable = |(name, array): &Column| Field::new(*name, array.data_type().clone(), array.null_count() > 0);
    let schema = Schema::new(columns.iter().map(nullable).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).map(Batch).map_err(|error| SchemaError::new_err(error.to_string()))
}

fn leaf_columns(leaves: Leaves) -> PyResult<[Column; 2]> {
    let too_large =
        |_| SchemaError::new_err(format!("leaves of one batch pass 2 GiB, use fewer rows: {}", leaves.ends.len()));
    let ends = std::iter::once(Ok(0)).chain(leaves.ends.iter().map(|end| i32::try_from(*end)));
    let offsets = OffsetBuffer::new(ends.collect::<Result<ScalarBuffer<i32>, _>>().map_err(too_large)?);
    let hashes = hash_column("leaf_hash", &leaves.hashes)?;
    let leaf = BinaryArray::try_new(offsets, Buffer::from_vec(leaves.bytes), None);
    Ok([("leaf", Arc::new(leaf.map_err(|error| SchemaError::new_err(error.to_string()))?)), hashes])
}

fn hash_column(name: &'static str, hashes: &[Sha256Bytes]) -> PyResult<Column> {
    let array = FixedSizeBinaryArray::try_new(32, Buffer::from_slice_ref(hashes.as_flattened()), None);
    Ok((name, Arc::new(array.map_err(|error| SchemaError::new_err(error.to_string()))?)))
}

fn bytes(array: &ArrayRef) -> PyResult<Bytes<'_>> {
    Bytes::of(array.as_ref()).ok_or_else(|| wrong_type("string or binary"))
}

fn wrong_type(wanted: &str) -> PyErr {
    SchemaError::new_err(format!("expected an array of type: {wanted}"))
}

fn each(values: Bytes<'_>) -> impl Iterator<Item = Option<&[u8]>> {
    (0..values.len()).map(move |row| values.get(row))
}

/// Decodes each leaf, and says in words what is wrong where it fails.
fn split<'a, T>(leaves: Bytes<'a>, decode: impl Fn(&'a [u8]) -> Result<T, LeafError>) -> (Vec<Option<T>>, StringArray) {
    let results: Vec<_> = each(leaves).map(|leaf| decode(leaf.unwrap_or_default())).collect();
    let errors = results.iter().map(|result| result.as_ref().err().map(ToString::to_string)).collect();
    (results.into_iter().map(Result::ok).collect(), errors)
}

fn int64<T>(leaves: &[Option<T>], pick: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(leaves.iter().map(|leaf| leaf.as_ref().and_then(&pick)).collect::<Int64Array>())
}

fn set_hashes(fields: &Bound<'_, PyDict>, hashes: &[(&str, Sha256Bytes)]) -> PyResult<()> {
    for (name, hash) in hashes {
        fields.set_item(name, PyBytes::new(fields.py(), hash))?;
    }
    Ok(())
}
