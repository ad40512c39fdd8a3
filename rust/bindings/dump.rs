//! Dumps for Python: one call gives one batch.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrow::Batch;
use super::errors::{dump_error, schema_error};
use super::plain::{to_python, to_value};
use crate::batch::{RevisionColumns, log_batch, quarantine_batch, seek_point_batch};
use crate::dump::{self, Namespace};
use crate::page::Position;
use crate::stream::{Algorithm, Block, Digests};

/// Reads one dump file, batch by batch. Threads may share it; each batch goes to one of them.
#[pyclass(frozen, module = "wikigrove._core")]
pub(super) struct DumpReader {
    reader: Mutex<dump::DumpReader>,
    path: PathBuf,
    wiki_id: String,
    source_id: i32,
    batch_bytes: u64,
}

impl DumpReader {
    fn lock(&self) -> MutexGuard<'_, dump::DumpReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn source(&self) -> String {
        self.path.display().to_string()
    }
}

#[pymethods]
impl DumpReader {
    #[new]
    #[pyo3(signature = (path, *, wiki_id, source_id=0, threads=1, batch_bytes=8_388_608, part_bytes=268_435_456, resume=None, digests=Some(Vec::new())))]
    #[expect(clippy::too_many_arguments, reason = "each by its name")]
    fn new(
        path: PathBuf,
        wiki_id: String,
        source_id: i32,
        threads: usize,
        batch_bytes: u64,
        part_bytes: u64,
        resume: Option<&Bound<'_, PyAny>>,
        digests: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let resume = resume.map(to_value).transpose()?;
        let digests =
            digests.map(|names| names.iter().map(|name| algorithm(name)).collect::<PyResult<_>>()).transpose()?;
        let options = dump::Options { threads, batch_bytes, part_bytes, digests, resume };
        let reader = dump::DumpReader::open_with(&path, &wiki_id, options)
            .map_err(|error| dump_error(error, &path.display().to_string()))?;
        Ok(Self { reader: Mutex::new(reader), path, wiki_id, source_id, batch_bytes })
    }

    fn next_batch(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let mut columns = RevisionColumns::new(&self.wiki_id, self.source_id, self.batch_bytes);
        let read = || {
            let mut reader = self.lock();
            reader.read(&mut columns).map(|()| reader.is_part_done())
        };
        let is_part_done = py.detach(read).map_err(|error| dump_error(error, &self.source()))?;
        if columns.rows() == 0 && is_part_done {
            return Ok(None);
        }
        columns.finish().map(|batch| Some(Batch(batch))).map_err(|error| schema_error(&error))
    }

    fn quarantine(&self, py: Python<'_>) -> PyResult<Batch> {
        let batch = py.detach(|| quarantine_batch(self.lock().quarantined(), self.source_id));
        batch.map(Batch).map_err(|error| schema_error(&error))
    }

    fn next_part<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let state = py.detach(|| self.lock().next_part()).map_err(|error| dump_error(error, &self.source()))?;
        state.map(|state| to_python(py, &state)).transpose()
    }

    fn seek_points(&self, py: Python<'_>) -> PyResult<Batch> {
        let batch = py.detach(|| {
            let mut reader = self.lock();
            let rows = reader.seek_points().iter();
            seek_point_batch(rows.map(|row| [row.stream_offset, row.block_bit, row.decompressed]), self.source_id)
        });
        batch.map(Batch).map_err(|error| schema_error(&error))
    }

    fn log_items(&self, py: Python<'_>) -> PyResult<Batch> {
        let batch = py.detach(|| log_batch(self.lock().log_items(), &self.wiki_id, self.source_id));
        batch.map(Batch).map_err(|error| schema_error(&error))
    }

    fn siteinfo<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(site) = py.detach(|| self.lock().site_info().cloned()) else {
            return Ok(None);
        };
        let namespaces: Vec<_> = site.namespaces.into_iter().map(|entry| (entry.key, entry.case, entry.name)).collect();
        let entries = PyDict::new(py);
        for (name, value) in [
            ("sitename", site.sitename),
            ("dbname", site.dbname),
            ("base", site.base),
            ("generator", site.generator),
            ("case", site.case),
            ("schema_version", site.schema_version),
            ("language", site.language),
        ] {
            entries.set_item(name, value)?;
        }
        entries.set_item("namespaces", namespaces)?;
        Ok(Some(entries))
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let summary = py.detach(|| self.lock().summary());
        let entries = PyDict::new(py);
        for (name, value) in [
            ("pages", summary.counts.pages),
            ("revisions", summary.counts.revisions),
            ("quarantined", summary.counts.quarantined),
            ("duplicates", summary.counts.duplicates),
            ("uploads", summary.counts.uploads),
            ("logitems", summary.counts.logitems),
            ("unknown_elements", summary.counts.unknown_elements),
            ("unknown_models", summary.counts.unknown_models),
            ("unknown_parents", summary.counts.unknown_parents),
            ("warning_count", summary.counts.warnings),
            ("bytes_read", summary.bytes_read),
            ("bytes_decompressed", summary.bytes_decompressed),
            ("streams", summary.streams),
        ] {
            entries.set_item(name, value)?;
        }
        entries.set_item("warnings", summary.warnings)?;
        entries.set_item("compression", summary.compression)?;
        entries.set_item("sha256", summary.digests.as_ref().map(|digests| hex(&digests.sha256)))?;
        entries.set_item("digests", summary.digests.map(|digests| digest_entries(py, &digests)).transpose()?)?;
        Ok(entries)
    }
}

pub(super) fn algorithm(name: &str) -> PyResult<Algorithm> {
    let unknown = || pyo3::exceptions::PyValueError::new_err(format!("not one of md5, sha1: {name}"));
    Algorithm::named(name).ok_or_else(unknown)
}

pub(super) fn digest_entries<'py>(py: Python<'py>, digests: &Digests) -> PyResult<Bound<'py, PyDict>> {
    let entries = PyDict::new(py);
    entries.set_item("sha256", hex(&digests.sha256))?;
    if let Some(md5) = &digests.md5 {
        entries.set_item("md5", hex(md5))?;
    }
    if let Some(sha1) = &digests.sha1 {
        entries.set_item("sha1", hex(sha1))?;
    }
    Ok(entries)
}

pub(super) fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
        text
    })
}

/// Reads one revision again, from the position noted when its dump was read.
#[pyfunction]
#[pyo3(signature = (path, *, wiki_id, source_id, stream_offset, page_stream_offset, page_offset, element_offset, element_length, namespaces, seek=Vec::new()))]
#[expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    reason = "the columns that name a position, each by its name; arguments arrive owned"
)]
pub(super) fn read_record(
    py: Python<'_>,
    path: PathBuf,
    wiki_id: &str,
    source_id: i32,
    stream_offset: i64,
    page_stream_offset: i64,
    page_offset: i64,
    element_offset: i64,
    element_length: i64,
    namespaces: Vec<(i32, String)>,
    seek: Vec<(u64, u64)>,
) -> PyResult<Batch> {
    let position = Position { stream_offset, element_offset, element_length, page_stream_offset, page_offset };
    let namespaces: Vec<_> = namespaces.into_iter().map(|(key, name)| Namespace { key, case: None, name }).collect();
    let seek: Vec<_> = seek.into_iter().map(|(bit, decompressed)| Block { bit, decompressed }).collect();
    let mut columns = RevisionColumns::new(wiki_id, source_id, 0);
    let path: &Path = &path;
    py.detach(|| dump::read_record(path, wiki_id, position, &namespaces, &seek, &mut columns))
        .map_err(|error| dump_error(error, &path.display().to_string()))?;
    columns.finish().map(Batch).map_err(|error| schema_error(&error))
}
