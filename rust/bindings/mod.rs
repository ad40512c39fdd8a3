//! The door to Python: extract, detach, convert. No algorithm lives here.

mod arrow;
mod errors;

use pyo3::pymodule;

#[pymodule(module = "wikigrove")]
mod _core {
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::arrow::Batch;

    // ---- dump

    // ---- text

    // ---- leaf

    // ---- merkle

    // ---- embed

    // ---- topk

    // ---- herding
}
