//! The one table from core errors to Python exceptions, which are written in `wikigrove/errors.py`.

pyo3::import_exception!(wikigrove.errors, SchemaError);

// ---- dump

// ---- leaf and merkle

// ---- vectors: embed, topk, herding
