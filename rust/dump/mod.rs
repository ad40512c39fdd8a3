//! `MediaWiki` export XML 0.3 to 0.11, packed in whatever `stream` unpacks, as records in dump order.
//!
//! ```text
//! reader → seek_points
//!        → resume (what is kept between parts) → state
//!        → parser → content
//!                 → structure (document, pages)
//!                 → elements → frame (where elements end) → scan
//!                                                  → logitem
//!                                                  → revision → slot, contributor, checksum → field → decode
//! record: one revision again, from its position
//! ```

mod attributes;
mod checksum;
mod children;
mod content;
mod context;
mod contributor;
mod decode;
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
mod resume;
mod revision;
mod scan;
mod seek_points;
mod seen;
mod siteinfo;
mod slot;
mod special;
mod state;
mod structure;
mod trail;

pub use error::{DumpError, ErrorKind};
pub use ledger::Counts;
pub use reader::{DumpReader, Options, Summary};
pub use record::read_record;
pub use seek_points::SeekPoint;
pub use siteinfo::{Namespace, SiteInfo};
pub use state::Value;
