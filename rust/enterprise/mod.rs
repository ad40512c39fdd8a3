//! Wikimedia Enterprise data as records: snapshots and chunks (tar.gz of NDJSON), plain NDJSON, lists and single objects.
//!
//! ```text
//! reader → lines (where records start and end) → opening (what the file is) → archive (members of a tar) | elements
//!        → intake → article (JSON to fields) → object, json → scan (where strings end), text
//!                 → record (fields to a row) → head (what the HTML says of the wikitext), moment
//!                 → seen (pages that come twice) → listing
//! reread: one record again, from its position
//! ```
//! A line that cannot be taken goes to quarantine with its place and digest, and the run goes on. A file that holds something
//! else than articles is refused.

mod archive;
mod article;
mod elements;
mod error;
mod head;
mod intake;
mod json;
mod ledger;
mod limits;
mod lines;
mod listing;
mod moment;
mod object;
mod opening;
mod reader;
mod record;
mod reread;
mod scan;
mod seen;
mod text;

pub use error::{ArticleError, ErrorKind};
pub use json::check;
pub use ledger::Counts;
pub use reader::{ArticleReader, Options, Summary};
pub use reread::read_article;
pub use seen::{Entry, superseded};
