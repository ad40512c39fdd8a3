//! Wikimedia Enterprise data for Python: one call gives one batch.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrow::Batch;
use super::dump::{algorithm, digest_entries, hex};
use super::errors::{article_error, schema_error};
use crate::batch::{RevisionColumns, log_batch, quarantine_batch, seek_point_batch};
use crate::enterprise::{self, Options, Summary};
use crate::page::Position;

/// Reads one file of articles, batch by batch. Threads may share it; each batch goes to one of them.
#[pyclass(frozen, module = "wikigrove._core")]
pub(super) struct ArticleReader {
    reader: Mutex<enterprise::ArticleReader>,
    path: PathBuf,
    wiki_id: String,
    source_id: i32,
    batch_bytes: u64,
}

impl ArticleReader {
    fn lock(&self) -> MutexGuard<'_, enterprise::ArticleReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl ArticleReader {
    #[new]
    #[pyo3(signature = (path, *, wiki_id, source_id=0, threads=1, batch_bytes=8_388_608, digests=vec![], superseded=None, line_bytes=268_435_456))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "options by name, which arrive owned"
    )]
    fn new(
        path: PathBuf,
        wiki_id: String,
        source_id: i32,
        threads: usize,
        batch_bytes: u64,
        digests: Vec<String>,
        superseded: Option<Vec<u64>>,
        line_bytes: usize,
    ) -> PyResult<Self> {
        let options = Options { threads, batch_bytes, superseded, line_bytes, ..options(&wiki_id, &digests)? };
        let reader = enterprise::ArticleReader::open(&path, options)
            .map_err(|error| article_error(error, &path.display().to_string()))?;
        Ok(Self { reader: Mutex::new(reader), path, wiki_id, source_id, batch_bytes })
    }

    fn next_batch(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let mut columns = RevisionColumns::new(&self.wiki_id, self.source_id, self.batch_bytes);
        py.detach(|| self.lock().read(&mut columns))
            .map_err(|error| article_error(error, &self.path.display().to_string()))?;
        if columns.rows() == 0 {
            return Ok(None);
        }
        columns.finish().map(|batch| Some(Batch(batch))).map_err(|error| schema_error(&error))
    }

    /// A file of articles is one part.
    #[expect(clippy::unused_self, reason = "the method that every reader has")]
    fn next_part(&self) -> Option<Bound<'_, PyDict>> {
        None
    }

    fn quarantine(&self, py: Python<'_>) -> PyResult<Batch> {
        let batch = py.detach(|| quarantine_batch(self.lock().quarantined(), self.source_id));
        batch.map(Batch).map_err(|error| schema_error(&error))
    }

    /// None: places in compressed articles are not noted.
    #[expect(clippy::unused_self, reason = "the method that every reader has")]
    fn seek_points(&self) -> PyResult<Batch> {
        seek_point_batch(std::iter::empty(), 0).map(Batch).map_err(|error| schema_error(&error))
    }

    /// None: articles hold no log.
    #[expect(clippy::unused_self, reason = "the method that every reader has")]
    fn log_items(&self) -> PyResult<Batch> {
        log_batch(&[], "", 0).map(Batch).map_err(|error| schema_error(&error))
    }

    /// None: articles have no header.
    #[expect(clippy::unused_self, reason = "the method that every reader has")]
    fn siteinfo(&self) -> Option<Bound<'_, PyDict>> {
        None
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let summary = py.detach(|| self.lock().summary());
        entries(py, summary)
    }
}

/// Looks through a whole file for records that give way to others of their pages: their offsets, and the summary.
#[pyfunction]
#[pyo3(signature = (path, *, wiki_id, threads=1, digests=vec![]))]
#[expect(clippy::needless_pass_by_value, reason = "arguments arrive owned")]
pub(super) fn find_superseded<'py>(
    py: Python<'py>,
    path: PathBuf,
    wiki_id: &str,
    threads: usize,
    digests: Vec<String>,
) -> PyResult<(Vec<u64>, Bound<'py, PyDict>)> {
    let options = Options { threads, ..options(wiki_id, &digests)? };
    let (found, summary) = py
        .detach(|| {
            let mut reader = enterprise::ArticleReader::open(&path, options)?;
            Ok((enterprise::superseded(reader.entries()?), reader.summary()))
        })
        .map_err(|error| article_error(error, &path.display().to_string()))?;
    Ok((found, entries(py, summary)?))
}

/// Reads one article again, from the position noted when its file was read.
#[pyfunction]
#[pyo3(signature = (path, *, wiki_id, source_id, element_offset, element_length))]
#[expect(clippy::needless_pass_by_value, reason = "arguments arrive owned")]
pub(super) fn read_article(
    py: Python<'_>,
    path: PathBuf,
    wiki_id: &str,
    source_id: i32,
    element_offset: i64,
    element_length: i64,
) -> PyResult<Batch> {
    let position = Position { element_offset, element_length, page_offset: element_offset, ..Position::default() };
    let mut columns = RevisionColumns::new(wiki_id, source_id, 0);
    py.detach(|| enterprise::read_article(&path, wiki_id, position, &mut columns))
        .map_err(|error| article_error(error, &path.display().to_string()))?;
    columns.finish().map(Batch).map_err(|error| schema_error(&error))
}

fn options(wiki_id: &str, digests: &[String]) -> PyResult<Options> {
    let digests = digests.iter().map(|name| algorithm(name)).collect::<PyResult<_>>()?;
    Ok(Options { wiki_id: wiki_id.to_owned(), digests, ..Options::default() })
}

fn entries(py: Python<'_>, summary: Summary) -> PyResult<Bound<'_, PyDict>> {
    let (entries, counts) = (PyDict::new(py), summary.counts);
    for (name, value) in [
        ("pages", counts.records),
        ("revisions", counts.records),
        ("quarantined", counts.quarantined),
        ("duplicates", counts.duplicates),
        ("uploads", 0),
        ("logitems", 0),
        ("unknown_elements", 0),
        ("unknown_models", 0),
        ("unknown_parents", 0),
        ("unstated_wikis", counts.unstated_wikis),
        ("unstated_namespaces", counts.unstated_namespaces),
        ("other_revisions", counts.other_revisions),
        ("unremembered", counts.unremembered),
        ("warning_count", counts.warnings),
        ("bytes_read", summary.bytes_read),
        ("bytes_decompressed", summary.bytes_decompressed),
        ("streams", 0),
        ("members", summary.members),
        ("skipped_members", summary.skipped_members),
    ] {
        entries.set_item(name, value)?;
    }
    entries.set_item("wikis", counts.wikis)?;
    entries.set_item("licences", counts.licences)?;
    entries.set_item("warnings", summary.warnings)?;
    entries.set_item("compression", summary.compression)?;
    entries.set_item("container", summary.container)?;
    entries.set_item("sha256", summary.digests.as_ref().map(|digests| hex(&digests.sha256)))?;
    let digests = summary.digests.map_or_else(|| Ok(PyDict::new(py)), |digests| digest_entries(py, &digests))?;
    entries.set_item("digests", digests)?;
    Ok(entries)
}
