//! `MediaWiki` export XML 0.3 to 0.11, plain, bzip2 or gzip, as records in dump order.
//!
//! ```text
//! reader → decompress (bytes, streams)  → sniff
//!        → parser → structure (document, pages)
//!                 → elements → frame (where elements end) → scan
//!                                                  → logitem
//!                                                  → revision → slot, contributor, checksum → field → decode
//! record: one revision again, from its position
//! ```

mod attributes;
mod buffer;
mod checksum;
mod children;
mod context;
mod contributor;
mod decode;
mod decompress;
mod elements;
mod error;
mod field;
mod frame;
mod header;
mod ledger;
mod limits;
mod logitem;
mod parser;
mod reader;
mod record;
mod revision;
mod scan;
mod seen;
mod siteinfo;
mod slot;
mod sniff;
mod special;
mod structure;
mod trail;

pub use error::{DumpError, ErrorKind};
pub use ledger::Counts;
pub use reader::{DumpReader, Summary};
pub use record::read_record;
pub use siteinfo::{Namespace, SiteInfo};
