//! `rust/herding.rs` for Python. The matrices are read-only and C-contiguous; every result is a new array.
#![expect(clippy::needless_pass_by_value, reason = "pyo3 hands arguments over by value")]

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::errors::VectorError;
use crate::herding::{self, Exact, Features, HerdingError, Points};

type Vectors<'py> = PyReadonlyArray2<'py, f32>;
type Doubles<'py> = Bound<'py, PyArray1<f64>>;

/// The values of a matrix, row by row, and their number in a row.
fn points<'a>(matrix: &'a Vectors<'_>) -> PyResult<(&'a [f32], usize)> {
    let values = matrix.as_slice().map_err(|_| VectorError::new_err("the matrix is not C-contiguous"))?;
    Ok((values, matrix.shape().get(1).copied().unwrap_or_default()))
}

fn table<T>(rows: usize, columns: usize, values: Vec<T>) -> Result<Array2<T>, HerdingError> {
    Array2::from_shape_vec((rows, columns), values).map_err(|_| HerdingError::Shape("rows times columns"))
}

#[pyfunction]
pub(super) fn check_vectors(py: Python<'_>, matrix: Vectors<'_>) -> PyResult<()> {
    let (values, dimensions) = points(&matrix)?;
    py.detach(|| Points::new(values, dimensions))?;
    Ok(())
}

#[pyfunction]
#[pyo3(signature = (rows, columns, bandwidth, *, threads = 1))]
pub(super) fn kernel_similarity<'py>(
    py: Python<'py>,
    rows: Vectors<'_>,
    columns: Vectors<'_>,
    bandwidth: f64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (left, right) = (points(&rows)?, points(&columns)?);
    let values = py.detach(|| {
        let (left, right) = (Points::new(left.0, left.1)?, Points::new(right.0, right.1)?);
        table(left.len(), right.len(), herding::similarity(&left, &right, bandwidth, threads)?)
    })?;
    Ok(values.into_pyarray(py))
}

#[pyfunction]
#[pyo3(signature = (matrix, *, threads = 1))]
pub(super) fn pair_distances<'py>(py: Python<'py>, matrix: Vectors<'_>, threads: usize) -> PyResult<Doubles<'py>> {
    let (values, dimensions) = points(&matrix)?;
    let distances = py.detach(|| herding::pair_distances(&Points::new(values, dimensions)?, threads))?;
    Ok(distances.into_pyarray(py))
}

#[pyfunction]
#[pyo3(signature = (matrix, bandwidth, *, threads = 1))]
pub(super) fn pair_means<'py>(
    py: Python<'py>,
    matrix: Vectors<'_>,
    bandwidth: f64,
    threads: usize,
) -> PyResult<(Doubles<'py>, Doubles<'py>)> {
    let (values, dimensions) = points(&matrix)?;
    let means = py.detach(|| herding::pair_means(&Points::new(values, dimensions)?, bandwidth, threads))?;
    Ok((means.kernel.into_pyarray(py), means.distance.into_pyarray(py)))
}

#[pyfunction]
#[pyo3(signature = (rows, population, bandwidth, *, threads = 1))]
pub(super) fn cross_means<'py>(
    py: Python<'py>,
    rows: Vectors<'_>,
    population: Vectors<'_>,
    bandwidth: f64,
    threads: usize,
) -> PyResult<(Doubles<'py>, Doubles<'py>, Doubles<'py>)> {
    let (left, right) = (points(&rows)?, points(&population)?);
    let found = py.detach(|| {
        let (left, right) = (Points::new(left.0, left.1)?, Points::new(right.0, right.1)?);
        herding::cross_means(&left, &right, bandwidth, threads)
    })?;
    let (kernel, distance) = (found.means.kernel.into_pyarray(py), found.means.distance.into_pyarray(py));
    Ok((kernel, distance, found.nearest.into_pyarray(py)))
}

#[pyfunction]
#[pyo3(signature = (matrix, radii, angles, phases, bandwidth, *, threads = 1))]
pub(super) fn random_features<'py>(
    py: Python<'py>,
    matrix: Vectors<'_>,
    radii: PyReadonlyArray1<'_, f64>,
    angles: PyReadonlyArray1<'_, f64>,
    phases: PyReadonlyArray1<'_, f64>,
    bandwidth: f64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let ((values, dimensions), phases) = (points(&matrix)?, phases.as_slice()?);
    let (radii, angles) = (radii.as_slice()?, angles.as_slice()?);
    let features = py.detach(|| {
        let (points, normal) = (Points::new(values, dimensions)?, herding::frequencies(radii, angles, bandwidth)?);
        table(points.len(), phases.len(), herding::random_features(&points, &normal, phases, threads)?)
    })?;
    Ok(features.into_pyarray(py))
}

#[pyfunction]
#[pyo3(signature = (features, *, threads = 1))]
pub(super) fn feature_means<'py>(py: Python<'py>, features: Vectors<'_>, threads: usize) -> PyResult<Doubles<'py>> {
    let (values, width) = points(&features)?;
    Ok(py.detach(|| herding::feature_means(values, width, threads))?.into_pyarray(py))
}

#[pyfunction]
#[pyo3(signature = (matrix, means, strata, quotas, bandwidth, *, start = Vec::new(), sweeps = 3, threads = 1))]
#[expect(clippy::too_many_arguments, reason = "an instance has that many parts")]
pub(super) fn herd<'py>(
    py: Python<'py>,
    matrix: Vectors<'_>,
    means: PyReadonlyArray1<'_, f64>,
    strata: PyReadonlyArray1<'_, u32>,
    quotas: Vec<usize>,
    bandwidth: f64,
    start: Vec<usize>,
    sweeps: usize,
    threads: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let ((values, dimensions), means, strata) = (points(&matrix)?, means.as_slice()?, strata.as_slice()?);
    let picks = py.detach(|| {
        let kernel = Exact::new(Points::new(values, dimensions)?, bandwidth)?;
        herding::herd(&kernel, means, strata, &quotas, &start, sweeps, threads)
    })?;
    Ok(numbers(py, &picks))
}

#[pyfunction]
#[pyo3(signature = (features, means, strata, quotas, *, sweeps = 3, threads = 1))]
pub(super) fn herd_features<'py>(
    py: Python<'py>,
    features: Vectors<'_>,
    means: PyReadonlyArray1<'_, f64>,
    strata: PyReadonlyArray1<'_, u32>,
    quotas: Vec<usize>,
    sweeps: usize,
    threads: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let ((values, width), means, strata) = (points(&features)?, means.as_slice()?, strata.as_slice()?);
    let picks =
        py.detach(|| herding::herd(&Features::new(values, width)?, means, strata, &quotas, &[], sweeps, threads))?;
    Ok(numbers(py, &picks))
}

/// Row numbers as they are counted in Python; a matrix has fewer rows than an `i64` can tell.
fn numbers<'py>(py: Python<'py>, rows: &[usize]) -> Bound<'py, PyArray1<i64>> {
    rows.iter().map(|row| i64::try_from(*row).unwrap_or(i64::MAX)).collect::<Vec<_>>().into_pyarray(py)
}
