//! Wikitext to plain text.

use arrow_array::{Array, LargeStringArray};
use pyo3::prelude::*;

use super::arrow::{Batch, import_array};
use super::errors::SchemaError;
use crate::text::{Namespaces, plain_text_batch};

#[pyfunction]
#[pyo3(signature = (texts, *, namespaces, threads=1))]
#[expect(clippy::needless_pass_by_value, reason = "an argument from Python")]
pub(super) fn plain_text(
    py: Python<'_>,
    texts: &Bound<'_, PyAny>,
    namespaces: Vec<(i64, String)>,
    threads: usize,
) -> PyResult<Batch> {
    let column = import_array(texts)?;
    let Some(texts) = column.as_any().downcast_ref::<LargeStringArray>() else {
        return Err(SchemaError::new_err(format!("expected an array of large_string, got: {}", column.data_type())));
    };
    let names = Namespaces::new(namespaces.iter().map(|(number, name)| (*number, name.as_str())));
    let batch = py.detach(|| plain_text_batch(texts, &names, threads));
    batch.map(Batch).map_err(|error| SchemaError::new_err(error.to_string()))
}
