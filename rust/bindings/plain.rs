//! Plain values as Python's, and back: what JSON can hold.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList};

use crate::dump::Value;

/// No state of a reader nests deeper.
const DEPTH: usize = 16;

pub(super) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => number.into_pyobject(py)?.into_any(),
        Value::Text(text) => text.into_pyobject(py)?.into_any(),
        Value::List(values) => {
            let values = values.iter().map(|value| to_python(py, value)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, values)?.into_any()
        }
        Value::Map(entries) => {
            let map = PyDict::new(py);
            for (name, value) in entries {
                map.set_item(name, to_python(py, value)?)?;
            }
            map.into_any()
        }
    })
}

pub(super) fn to_value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    nested(object, 0)
}

fn nested(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > DEPTH {
        return Err(PyTypeError::new_err("a resume state nests too deeply"));
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if let Ok(map) = object.cast::<PyDict>() {
        let entries = map.iter().map(|(name, value)| Ok((name.extract()?, nested(&value, depth + 1)?)));
        return entries.collect::<PyResult<_>>().map(Value::Map);
    }
    if let Ok(values) = object.cast::<PyList>() {
        return values.iter().map(|value| nested(&value, depth + 1)).collect::<PyResult<_>>().map(Value::List);
    }
    if let Ok(text) = object.extract() {
        return Ok(Value::Text(text));
    }
    let refused = || PyTypeError::new_err("a resume state holds only what JSON can hold, and no fractions");
    object.extract().map(Value::Number).map_err(|_| refused())
}
