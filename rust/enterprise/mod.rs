//! Wikimedia Enterprise data as records: snapshots and chunks (tar.gz of NDJSON), plain NDJSON, lists and single objects.
//!
//! ```text
//! reader → feed (bytes, decompressed ahead by a thread of its own) → inflate
//!        → lines (where records start and end) → archive (members of a tar)
//!        → article (JSON to fields) → object, json → text (strings)
//!        → record (fields to a row) → head (what the HTML says of the wikitext), moment
//!        → seen (pages that come twice)
//! reread: one record again, from its position
//! ```
//! A line that cannot be taken goes to quarantine with its place and digest, and the run goes on. A file that holds something
//! else than articles is refused.

mod archive;
mod article;
mod error;
mod feed;
mod head;
mod json;
mod ledger;
mod limits;
mod lines;
mod moment;
mod object;
mod reader;
mod record;
mod reread;
mod seen;
mod text;

pub use error::{ArticleError, ErrorKind};
pub use json::check;
pub use ledger::Counts;
pub use reader::{ArticleReader, Options, Summary};
pub use reread::read_article;
pub use seen::{Entry, superseded};
