//! The one table from core errors to Python exceptions, which are written in `wikigrove/errors.py`.

pyo3::import_exception!(wikigrove.errors, SchemaError);
pyo3::import_exception!(wikigrove.errors, SelectionError);
pyo3::import_exception!(wikigrove.errors, VectorError);

// ---- dump
pyo3::import_exception!(wikigrove.errors, DumpFormatError);
pyo3::import_exception!(wikigrove.errors, TruncatedInputError);
pyo3::import_exception!(wikigrove.errors, UnsafeInputError);
pyo3::import_exception!(wikigrove.errors, LimitExceededError);

/// What ended the reading of the dump at `source`.
pub(super) fn dump_error(error: crate::dump::DumpError, source: &str) -> pyo3::PyErr {
    use crate::dump::ErrorKind;
    let arguments = (error.message, error.byte_offset, error.page_id, source.to_owned());
    match error.kind {
        ErrorKind::Io => pyo3::exceptions::PyOSError::new_err((error.os_code, arguments.0, source.to_owned())),
        ErrorKind::Truncated => TruncatedInputError::new_err(arguments),
        ErrorKind::Unsafe => UnsafeInputError::new_err(arguments),
        ErrorKind::Limit => LimitExceededError::new_err(arguments),
        _ => DumpFormatError::new_err(arguments),
    }
}

/// What ended the reading of the articles in `source`.
pub(super) fn article_error(error: crate::enterprise::ArticleError, source: &str) -> pyo3::PyErr {
    dump_error(error.into(), source)
}

/// Columns that do not fit the schema.
pub(super) fn schema_error(error: &arrow_schema::ArrowError) -> pyo3::PyErr {
    SchemaError::new_err(error.to_string())
}

// ---- leaf and merkle
pyo3::import_exception!(wikigrove.errors, InclusionError);
pyo3::import_exception!(wikigrove.errors, LeafFormatError);

impl From<crate::leaf::LeafError> for pyo3::PyErr {
    fn from(error: crate::leaf::LeafError) -> Self {
        LeafFormatError::new_err(error.to_string())
    }
}

impl From<crate::leaf::ColumnError> for pyo3::PyErr {
    fn from(error: crate::leaf::ColumnError) -> Self {
        SchemaError::new_err(error.to_string())
    }
}

impl From<crate::merkle::MerkleError> for pyo3::PyErr {
    fn from(error: crate::merkle::MerkleError) -> Self {
        InclusionError::new_err(error.to_string())
    }
}

// ---- vectors: embed, topk, herding

impl From<crate::embed::EmbedError> for pyo3::PyErr {
    fn from(error: crate::embed::EmbedError) -> Self {
        VectorError::new_err(error.to_string())
    }
}

impl From<crate::topk::TopKError> for pyo3::PyErr {
    fn from(error: crate::topk::TopKError) -> Self {
        VectorError::new_err(error.to_string())
    }
}

impl From<crate::herding::HerdingError> for pyo3::PyErr {
    fn from(error: crate::herding::HerdingError) -> Self {
        use crate::herding::HerdingError as E;
        match error {
            E::Shape(_) | E::NotFinite { .. } | E::TooLong { .. } => VectorError::new_err(error.to_string()),
            E::Worker => pyo3::exceptions::PyRuntimeError::new_err(error.to_string()),
            _ => SelectionError::new_err(error.to_string()),
        }
    }
}
