//! A file as windows of decompressed bytes, whatever it is packed with; nothing here knows what the bytes mean.
//!
//! ```text
//! reader → ahead (a thread, where that pays) → source → input (the file, hashed as it is read) → hashing → digests
//!        → utf16                                      → sniff (what it is packed with)
//!                                                     → plain | codec ← bzip2, gzip, zstd, xz, lzma, seven_zip
//! buffer: the windows as one run of bytes, for whoever parses them
//! ```

mod ahead;
mod buffer;
mod bzip2;
mod codec;
mod digests;
mod error;
mod gzip;
mod hashing;
mod header_7z;
mod input;
mod limits;
mod lzma;
mod reader;
mod seven_zip;
mod sniff;
mod source;
mod utf16;
mod window;
mod xz;
mod zstd;

#[cfg(test)]
mod tests;

pub(crate) use buffer::{Buffer, signed};
pub use digests::{Algorithm, Digests};
pub(crate) use error::shown;
pub use error::{Error, ErrorKind};
pub use reader::{Options, Reader};
pub use sniff::Compression;
pub use source::{Block, Place};
pub use window::{Progress, Start, Window};
