use std::collections::BTreeMap;

use arrow_array::{ArrayRef, LargeStringArray, StringArray};
use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use super::arrow::import_array;
use super::errors::VectorError;
use crate::embed;

/// The texts of an Arrow array, without a copy.
fn strings(array: &ArrayRef) -> PyResult<Vec<Option<&str>>> {
    let array = array.as_any();
    if let Some(texts) = array.downcast_ref::<LargeStringArray>() {
        Ok(texts.iter().collect())
    } else if let Some(texts) = array.downcast_ref::<StringArray>() {
        Ok(texts.iter().collect())
    } else {
        Err(VectorError::new_err("expected an Arrow array of large_string or string"))
    }
}

/// Takes an array of one dimension as it lies in memory.
fn column<'py, T: Element>(object: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, T>> {
    let message = || format!("expected a contiguous array of one dimension and type: {}", std::any::type_name::<T>());
    let array = object.extract::<PyReadonlyArray1<'py, T>>().map_err(|_| VectorError::new_err(message()))?;
    if array.as_slice().is_ok() { Ok(array) } else { Err(VectorError::new_err(message())) }
}

#[pyfunction]
#[pyo3(signature = (texts, *, dimensions = 1024, inverse_document_frequencies = None, threads = 1))]
pub(super) fn hash_embed<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyAny>,
    dimensions: usize,
    inverse_document_frequencies: Option<&Bound<'py, PyAny>>,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let texts = import_array(texts)?;
    let strings = strings(&texts)?;
    let table = inverse_document_frequencies.map(column::<u16>).transpose()?;
    let table = table.as_ref().map(PyReadonlyArray1::as_slice).transpose()?;
    let vectors = py.detach(|| embed::embed(&strings, dimensions, table, threads))?;
    PyArray1::from_vec(py, vectors).reshape([strings.len(), dimensions])
}

#[pyfunction]
#[pyo3(signature = (texts, *, threads = 1))]
pub(super) fn document_frequencies<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyAny>,
    threads: usize,
) -> PyResult<Bound<'py, PyArray1<u32>>> {
    let texts = import_array(texts)?;
    let strings = strings(&texts)?;
    Ok(PyArray1::from_vec(py, py.detach(|| embed::document_frequencies(&strings, threads))?))
}

#[pyfunction]
pub(super) fn fit_table<'py>(
    py: Python<'py>,
    frequencies: &Bound<'py, PyAny>,
    documents: u32,
) -> PyResult<Bound<'py, PyArray1<u16>>> {
    let frequencies = column::<u32>(frequencies)?;
    let values = frequencies.as_slice()?;
    Ok(PyArray1::from_vec(py, py.detach(|| embed::fit_table(values, documents))?))
}

#[pyfunction]
pub(super) fn hash_embed_unicode() -> BTreeMap<&'static str, String> {
    embed::unicode_versions().into()
}
