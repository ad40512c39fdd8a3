//! A sink for records that can be compared.

use std::fmt::{self, Write as _};
use std::hash::Hasher;

use wikigrove::batch::RevisionColumns;
use wikigrove::page::{Page, Position, RecordSink, Revision};

/// Wiki of records that name none.
pub const WIKI: &str = "examplewiki";

/// A record by the hash of all it says, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub hash: u64,
    pub position: Position,
}

struct Hashed(std::hash::DefaultHasher);

impl fmt::Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Takes records as hashes and, where asked to (it costs more than the parsing), as the product does: as columns.
#[derive(Default)]
pub struct Rows {
    pub rows: Vec<Row>,
    taken_bytes: u64,
    wiki: String,
    columns: Option<RevisionColumns>,
}

impl Rows {
    #[must_use]
    pub fn new(with_columns: bool) -> Self {
        Self { columns: with_columns.then(|| RevisionColumns::new(WIKI, 0, 1)), ..Self::default() }
    }

    /// # Panics
    /// When the columns do not follow the schema.
    #[must_use]
    pub fn finish(self) -> Vec<Row> {
        if let Some(columns) = self.columns {
            assert_eq!(columns.taken_bytes(), self.taken_bytes);
            let batch = columns.finish().expect("the batch follows the schema");
            assert_eq!(batch.num_rows(), self.rows.len());
        }
        self.rows
    }
}

impl RecordSink for Rows {
    fn enter_wiki(&mut self, wiki_id: &str) {
        if let Some(columns) = &mut self.columns {
            columns.enter_wiki(wiki_id);
        }
        wiki_id.clone_into(&mut self.wiki);
    }

    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        if let Some(columns) = &mut self.columns {
            columns.push(page, revision);
        }
        self.taken_bytes += revision.position.element_length.unsigned_abs();
        let mut plain = revision.clone();
        plain.position = Position::default();
        let mut hashed = Hashed(std::hash::DefaultHasher::new());
        write!(hashed, "{}{page:?}{plain:?}", self.wiki).expect("hashing never fails");
        self.rows.push(Row { hash: hashed.0.finish(), position: revision.position });
    }

    fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }
}
