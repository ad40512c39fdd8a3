use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::errors::VectorError;
use crate::topk::{Matrix, Side, check, top_k as find_top_k};

type Found<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);

/// Takes a float32 matrix as it lies in memory; what would have to be copied is refused.
fn matrix<'py>(object: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray2<'py, f32>> {
    match object.extract::<PyReadonlyArray2<'py, f32>>() {
        Ok(array) if array.is_c_contiguous() && array.is_aligned() => Ok(array),
        _ => {
            let kind = object.get_type().name()?;
            let part = |name| object.getattr(name).map_or_else(|_| String::from("-"), |value| value.to_string());
            Err(VectorError::new_err(format!(
                "expected a float32 matrix, C-contiguous and aligned, got: {kind}, dtype {}, shape {}",
                part("dtype"),
                part("shape"),
            )))
        }
    }
}

fn vectors<'a>(array: &'a PyReadonlyArray2<'_, f32>) -> PyResult<Matrix<'a>> {
    Ok(Matrix::new(array.as_slice()?, array.as_array().ncols())?)
}

#[pyfunction]
#[pyo3(signature = (rows, queries, k, *, threads = 1))]
pub(super) fn top_k<'py>(
    py: Python<'py>,
    rows: &Bound<'py, PyAny>,
    queries: &Bound<'py, PyAny>,
    k: usize,
    threads: usize,
) -> PyResult<Found<'py>> {
    let (row_array, query_array) = (matrix(rows)?, matrix(queries)?);
    let (rows, queries) = (vectors(&row_array)?, vectors(&query_array)?);
    let found = py.detach(|| find_top_k(rows, queries, k, threads))?;
    let shape = [query_array.as_array().nrows(), found.width];
    let indices = PyArray1::from_vec(py, found.indices).reshape(shape)?;
    Ok((indices, PyArray1::from_vec(py, found.scores).reshape(shape)?))
}

#[pyfunction]
#[pyo3(signature = (rows, *, first_row = 0))]
pub(super) fn check_rows(py: Python<'_>, rows: &Bound<'_, PyAny>, first_row: usize) -> PyResult<()> {
    let array = matrix(rows)?;
    let rows = vectors(&array)?;
    Ok(py.detach(|| check(rows, Side::Row)).map_err(|error| error.moved(first_row))?)
}
