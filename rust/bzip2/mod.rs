//! bzip2 data to bytes, block by block, on as many threads as the caller allows.
//!
//! A block is decoded in five steps: its prefix codes give move-to-front indices and run digits, these give *tokens*
//! (a byte and how often), the tokens give a table of successors, two dozen walkers at once undo the Burrows-Wheeler
//! transform in that table, and the outer run lengths are undone into the piece that is handed out.
//! It gives the bytes that libbz2 gives, checks every checksum, and knows nothing but bytes.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "bit fields are cut to their widths, and places lie in tables of at most 2^20 rows or windows of some megabytes"
)]

mod bits;
mod block;
mod chain;
mod crc;
mod error;
mod header;
mod huffman;
mod kernel;
mod randomised;
mod reader;
mod recency;
mod run_length;
mod scan;
mod symbols;
#[cfg(test)]
mod tests;
mod transform;
mod window;
mod workers;

pub use error::{Error, ErrorKind};
pub use kernel::Kernel;
pub use reader::{Piece, Place, Reader};
