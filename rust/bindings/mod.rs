//! The door to Python: extract, detach, convert. No algorithm lives here.

mod arrow;
mod dump;
mod embed;
mod enterprise;
mod errors;
mod herding;
mod leaf;
mod merkle;
mod plain;
mod text;
mod topk;

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
    #[pymodule_export]
    use super::dump::{DumpReader, read_record};

    // ---- enterprise
    #[pymodule_export]
    use super::enterprise::{ArticleReader, find_superseded, read_article};

    // ---- text
    #[pymodule_export]
    use super::text::plain_text;

    // ---- leaf
    #[pymodule_export]
    use super::leaf::{
        decode_leaf, decode_leaves, decode_output_leaves, encode_leaves, encode_output_leaves, hash_leaves,
        output_commitment,
    };

    // ---- merkle
    #[pymodule_export]
    use super::merkle::{
        Tree, combine_frontiers, consistency_path, frontier, inclusion_path, inclusion_paths, merkle_root, tile_paths,
        tile_root, verify_consistency, verify_inclusion,
    };

    // ---- embed
    #[pymodule_export]
    use super::embed::{document_frequencies, fit_table, hash_embed, hash_embed_unicode};

    // ---- topk
    #[pymodule_export]
    use super::topk::{check_rows, top_k};

    // ---- herding
    #[pymodule_export]
    use super::herding::{
        check_vectors, cross_means, feature_means, herd, herd_features, kernel_similarity, pair_distances, pair_means,
        random_features,
    };
}
