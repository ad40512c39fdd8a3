//! The Arrow C data interface, in both directions: batches leave and enter as `PyCapsule`s, without a copy.

use std::ffi::CStr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray, make_array};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::errors::SchemaError;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// One Arrow record batch; `pyarrow.record_batch(batch)` takes it without a copy.
#[pyclass(frozen, module = "wikigrove._core")]
pub(super) struct Batch(pub(super) RecordBatch);

#[pymethods]
impl Batch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        drop(requested_schema); // a hint that the protocol allows to ignore
        let rows = StructArray::from(self.0.clone());
        let (array, schema) = to_ffi(&rows.to_data()).map_err(|error| SchemaError::new_err(error.to_string()))?;
        let schema = PyCapsule::new_with_value(py, schema, SCHEMA)?;
        let array = PyCapsule::new_with_value(py, array, ARRAY)?;
        PyTuple::new(py, [schema, array])
    }
}

/// Takes any object with `__arrow_c_array__` (a pyarrow array or record batch).
#[expect(unsafe_code, reason = "the Arrow C data interface is a pair of raw pointers")]
pub(super) fn import_array(object: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let capsules = object.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?;
    let schema = capsules.get_item(0)?.cast_into::<PyCapsule>()?;
    let array = capsules.get_item(1)?.cast_into::<PyCapsule>()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: the capsules carry the names that the Arrow PyCapsule interface reserves for these two structures, so the
    // pointers are valid for them while the capsules live, which is until the end of this function. `from_raw` moves the
    // array out and marks the original as released, as the interface asks of a consumer.
    let (array, schema) = unsafe { (FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
    // SAFETY: `array` was exported together with `schema` by one producer, which vouches for the layout; `from_ffi`
    // checks lengths and buffer counts against the type.
    let mut data = unsafe { from_ffi(array, schema) }.map_err(|error| SchemaError::new_err(error.to_string()))?;
    data.align_buffers();
    Ok(make_array(data))
}

/// Takes a pyarrow record batch.
pub(super) fn import_batch(object: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    let array = import_array(object)?;
    match array.as_any().downcast_ref::<StructArray>() {
        Some(rows) if rows.null_count() == 0 => Ok(RecordBatch::from(rows.clone())),
        _ => Err(SchemaError::new_err(format!("expected a record batch, got an array of: {}", array.data_type()))),
    }
}
