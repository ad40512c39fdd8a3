//! The tree and its proofs: hashes as concatenated bytes, each 32 of them one hash.

#![expect(clippy::needless_pass_by_value, reason = "pyo3 hands over lists by value")]

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::merkle::frontier::{self as subtrees, Subtree};
use crate::merkle::tiles::{TileBuilder, Tiles};
use crate::merkle::tree::{self, Levels, hash, hashes};
use crate::merkle::{Hash, MerkleError, proof};

type Path<'py> = Vec<Bound<'py, PyBytes>>;

/// A tree under construction: takes leaf hashes in bulk, keeps 32 bytes of 256 leaves.
#[pyclass(frozen, module = "wikigrove._core")]
pub(super) struct Tree(Mutex<TileBuilder>);

#[pymethods]
impl Tree {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(TileBuilder::default()))
    }

    fn append(&self, py: Python<'_>, leaf_hashes: &[u8]) -> PyResult<()> {
        let leaves = hashes(leaf_hashes)?;
        py.detach(|| self.with(|builder| leaves.iter().for_each(|leaf| builder.push(*leaf))));
        Ok(())
    }

    #[getter]
    fn size(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.with(|builder| builder.size()))
    }

    #[getter]
    fn root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.with(|builder| builder.root())))
    }

    fn tiles<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.with(|builder| builder.pack())))
    }
}

impl Tree {
    fn with<T>(&self, work: impl FnOnce(&mut TileBuilder) -> T) -> T {
        // A builder is whole between two leaves, so one that a panic left behind is still a tree.
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[pyfunction]
pub(super) fn merkle_root<'py>(py: Python<'py>, leaf_hashes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let leaves = hashes(leaf_hashes)?;
    Ok(PyBytes::new(py, &py.detach(|| tree::root(leaves))))
}

#[pyfunction]
pub(super) fn frontier<'py>(
    py: Python<'py>,
    leaf_hashes: &[u8],
    offset: u64,
) -> PyResult<Vec<(u32, u64, Bound<'py, PyBytes>)>> {
    let leaves = hashes(leaf_hashes)?;
    let found = py.detach(|| subtrees::frontier(leaves, offset));
    Ok(found.subtrees().iter().map(|tree| (tree.level, tree.index, PyBytes::new(py, &tree.hash))).collect())
}

#[pyfunction]
pub(super) fn combine_frontiers(
    py: Python<'_>,
    frontiers: Vec<Vec<(u32, u64, PyBackedBytes)>>,
) -> PyResult<(u64, Bound<'_, PyBytes>)> {
    let subtree = |(level, index, bytes): &(u32, u64, PyBackedBytes)| {
        hash(bytes).map(|hash| Subtree { level: *level, index: *index, hash })
    };
    let all = frontiers.iter().flatten().map(subtree).collect::<Result<Vec<_>, MerkleError>>()?;
    let (size, root) = subtrees::combine(all)?;
    Ok((size, PyBytes::new(py, &root)))
}

#[pyfunction]
pub(super) fn inclusion_path<'py>(py: Python<'py>, leaf_hashes: &[u8], index: u64) -> PyResult<Path<'py>> {
    let leaves = hashes(leaf_hashes)?;
    Ok(to_path(py, &py.detach(|| proof::inclusion_path(&Levels::new(leaves), index))?))
}

#[pyfunction]
pub(super) fn inclusion_paths<'py>(py: Python<'py>, leaf_hashes: &[u8], indices: Vec<u64>) -> PyResult<Vec<Path<'py>>> {
    let leaves = hashes(leaf_hashes)?;
    let paths = py.detach(|| {
        let levels = Levels::new(leaves);
        indices.into_iter().map(|index| proof::inclusion_path(&levels, index)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(paths.iter().map(|path| to_path(py, path)).collect())
}

#[pyfunction]
pub(super) fn consistency_path<'py>(py: Python<'py>, leaf_hashes: &[u8], first: u64) -> PyResult<Path<'py>> {
    let leaves = hashes(leaf_hashes)?;
    Ok(to_path(py, &py.detach(|| proof::consistency_path(&Levels::new(leaves), first))?))
}

#[pyfunction]
pub(super) fn verify_inclusion(
    leaf_hash: &[u8],
    index: u64,
    size: u64,
    path: Vec<PyBackedBytes>,
    root: &[u8],
) -> PyResult<()> {
    Ok(proof::verify_inclusion(&hash(leaf_hash)?, index, size, &from_path(&path)?, &hash(root)?)?)
}

#[pyfunction]
pub(super) fn verify_consistency(
    first: u64,
    second: u64,
    path: Vec<PyBackedBytes>,
    first_root: &[u8],
    second_root: &[u8],
) -> PyResult<()> {
    Ok(proof::verify_consistency(first, second, &from_path(&path)?, &hash(first_root)?, &hash(second_root)?)?)
}

#[pyfunction]
pub(super) fn tile_root<'py>(
    py: Python<'py>,
    pack: &[u8],
    windows: Vec<(u64, PyBackedBytes)>,
) -> PyResult<(u64, Bound<'py, PyBytes>)> {
    let tiles = Tiles::open(pack, from_windows(&windows)?)?;
    Ok((tiles.size(), PyBytes::new(py, &py.detach(|| tiles.root())?)))
}

#[pyfunction]
pub(super) fn tile_paths<'py>(
    py: Python<'py>,
    pack: &[u8],
    windows: Vec<(u64, PyBackedBytes)>,
    indices: Vec<u64>,
) -> PyResult<Vec<Path<'py>>> {
    let tiles = Tiles::open(pack, from_windows(&windows)?)?;
    let path = |index| tiles.inclusion_path(index);
    let paths = py.detach(|| indices.into_iter().map(path).collect::<Result<Vec<_>, _>>())?;
    Ok(paths.iter().map(|path| to_path(py, path)).collect())
}

fn to_path<'py>(py: Python<'py>, path: &[Hash]) -> Path<'py> {
    path.iter().map(|hash| PyBytes::new(py, hash)).collect()
}

fn from_path(path: &[PyBackedBytes]) -> Result<Vec<Hash>, MerkleError> {
    path.iter().map(|bytes| hash(bytes)).collect()
}

fn from_windows(windows: &[(u64, PyBackedBytes)]) -> Result<Vec<(u64, &[Hash])>, MerkleError> {
    windows.iter().map(|(start, bytes)| hashes(bytes).map(|hashes| (*start, hashes))).collect()
}
