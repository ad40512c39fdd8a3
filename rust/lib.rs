//! wikigrove's core: Wikimedia dumps in, checked and sealed Arrow batches out.
//!
//! ```text
//! bindings → all below
//! dump, enterprise → page, digest, stream    stream → bzip2    batch → page, digest    page, leaf, merkle → digest
//! herding → topk    text, topk, digest, embed, bzip2 → nothing
//! ```
//! Nothing here reads the clock, the environment or global state, prints, or names Python (only `bindings` does).

pub mod batch;
pub mod bzip2;
pub mod digest;
pub mod dump;
pub mod embed;
pub mod enterprise;
pub mod herding;
pub mod leaf;
pub mod merkle;
pub mod page;
pub mod stream;
pub mod text;
pub mod topk;

#[cfg(feature = "python")]
mod bindings;
