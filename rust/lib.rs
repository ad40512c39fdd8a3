//! wikigrove's core: Wikimedia dumps in, checked and sealed Arrow batches out.
//!
//! ```text
//! bindings → all below
//! dump → page, digest    batch → page, digest    page → digest    leaf → digest    merkle → digest    herding → topk
//! text, topk, digest, embed → nothing
//! ```
//! Nothing here reads the clock, the environment or global state, prints, or names Python (only `bindings` does).

pub mod batch;
pub mod digest;
pub mod dump;
pub mod embed;
pub mod herding;
pub mod leaf;
pub mod merkle;
pub mod page;
pub mod text;
pub mod topk;

#[cfg(feature = "python")]
mod bindings;
