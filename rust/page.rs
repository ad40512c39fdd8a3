//! The one record every dump parser yields: a page's header, one of its revisions, and where they lie.

use std::borrow::Cow;

use crate::digest::{Sha1Bytes, sha1};

/// What a page says about itself, before its revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub id: i64,
    pub namespace: i32,
    /// With spaces and with the namespace prefix.
    pub title: String,
    pub redirect_target: Option<String>,
}

/// Where a revision lies. `stream_offset` counts compressed bytes, the others decompressed ones within that stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    pub stream_offset: i64,
    pub element_offset: i64,
    pub element_length: i64,
    pub page_stream_offset: i64,
    pub page_offset: i64,
}

/// One revision with its main slot. Texts borrow from the read buffer wherever they hold no reference to decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision<'a> {
    pub id: i64,
    /// Microseconds since 1970 in UTC.
    pub timestamp: Option<i64>,
    /// -1 is kept: the exporter's word for "something went wrong".
    pub parent_id: Option<i64>,
    pub is_minor: bool,
    pub user: User<'a>,
    pub comment: Option<Cow<'a, str>>,
    pub comment_is_visible: bool,
    pub sha1: Option<Cow<'a, str>>,
    pub size: Option<i64>,
    pub content_is_visible: bool,
    pub main: Content<'a>,
    /// The slots other than main, by role in byte order.
    pub slots: Vec<Slot<'a>>,
    pub sha1_status: Sha1Status,
    pub sha1_reason: Option<Sha1Reason>,
    pub size_status: SizeStatus,
    pub position: Position,
}

/// Who made a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User<'a> {
    pub id: Option<i64>,
    pub text: Option<Cow<'a, str>>,
    pub is_visible: bool,
    pub kind: UserKind,
}

impl User<'_> {
    /// The same user, borrowed from nothing.
    #[must_use]
    pub fn into_owned(self) -> User<'static> {
        let text = self.text.map(|text| Cow::Owned(text.into_owned()));
        User { id: self.id, text, is_visible: self.is_visible, kind: self.kind }
    }
}

/// What one slot of a revision holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content<'a> {
    pub model: Option<Cow<'a, str>>,
    pub format: Option<Cow<'a, str>>,
    pub sha1: Option<Cow<'a, str>>,
    pub size: Option<i64>,
    pub origin: Option<i64>,
    pub state: TextState,
    pub body: Option<Cow<'a, str>>,
}

/// A slot other than main.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<'a> {
    pub role: Cow<'a, str>,
    pub content: Content<'a>,
}

/// The kinds of user names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    Registered,
    Temporary,
    Ip,
    /// Old system or import users: a name without an account.
    System,
    Hidden,
    Missing,
}

impl UserKind {
    /// The value of the column `user_kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Temporary => "temporary",
            Self::Ip => "ip",
            Self::System => "system",
            Self::Hidden => "hidden",
            Self::Missing => "missing",
        }
    }
}

/// Codes of the column `text_state`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum TextState {
    Present = 0,
    Empty = 1,
    Hidden = 2,
    #[default]
    Missing = 3,
}

/// Codes of the column `sha1_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Sha1Status {
    Absent = 0,
    Match = 1,
    MatchCrlf = 2,
    MatchMultislot = 3,
    Hidden = 4,
    TextMissing = 5,
    NotComparable = 6,
    Mismatch = 7,
}

/// Why a checksum may differ although nobody changed the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sha1Reason {
    Wikibase,
    SlotsNotExported,
    ExportDefect,
    Unknown,
}

impl Sha1Reason {
    /// The value of the column `sha1_reason`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wikibase => "wikibase",
            Self::SlotsNotExported => "slots_not_exported",
            Self::ExportDefect => "export_defect",
            Self::Unknown => "unknown",
        }
    }
}

/// Codes of the column `size_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SizeStatus {
    Absent = 0,
    Match = 1,
    Mismatch = 2,
    NotComparable = 3,
}

/// The one comparison that still decides a record's `sha1_status`: the hash of its main text against the stated one.
///
/// Readers leave it to the sink, which may hash many texts side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha1Check {
    /// The stated checksum.
    pub wanted: Sha1Bytes,
    /// The reason where the text is another one.
    pub otherwise: Sha1Reason,
    /// The stated length, where there is one to compare.
    pub size: Option<i64>,
}

impl Sha1Check {
    /// Judges the delivered text by its digest. The size's status is given where carriage returns change it.
    #[must_use]
    pub fn verdict(&self, text: &[u8], digest: &Sha1Bytes) -> (Sha1Status, Option<Sha1Reason>, Option<SizeStatus>) {
        if *digest == self.wanted {
            return (Sha1Status::Match, None, None);
        }
        // Very old revisions were stored with CRLF, and XML parsers do not deliver CR.
        let line_feeds = memchr::memchr_iter(b'\n', text).count();
        let mut restored = Vec::with_capacity(if line_feeds > 0 { text.len() + line_feeds } else { 0 });
        if line_feeds > 0 {
            for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
                restored.extend_from_slice(if index > 0 { b"\r\n" } else { b"" });
                restored.extend_from_slice(line);
            }
        }
        if line_feeds == 0 || sha1(&restored) != self.wanted {
            return (Sha1Status::Mismatch, Some(self.otherwise), None);
        }
        let size_status = self.size.map(|size| {
            let fits = [text.len(), restored.len()].iter().any(|length| i64::try_from(*length) == Ok(size));
            if fits { SizeStatus::Match } else { SizeStatus::Mismatch }
        });
        (Sha1Status::MatchCrlf, None, size_status)
    }
}

/// One item of a wiki's log: a move, a block, a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogItem {
    pub id: i64,
    /// Microseconds since 1970 in UTC.
    pub timestamp: Option<i64>,
    pub user: User<'static>,
    /// `None` where it is suppressed.
    pub comment: Option<String>,
    pub kind: Option<String>,
    pub action: Option<String>,
    /// Of the page that the item is about.
    pub title: Option<String>,
    pub params: Option<String>,
    /// Title and parameters are not suppressed.
    pub is_visible: bool,
    /// The page's place is the item's own.
    pub position: Position,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub position: Position,
    pub page_id: Option<i64>,
    pub revision_id: Option<i64>,
    pub reason: &'static str,
    pub detail: String,
    /// Of the element's raw bytes.
    pub sha256: [u8; 32],
}

/// What takes the records a reader yields, in dump order.
pub trait RecordSink {
    /// Says which wiki the records that follow are of, where one file holds those of several.
    fn enter_wiki(&mut self, _wiki_id: &str) {}
    /// Takes one record.
    fn push(&mut self, page: &Page, revision: &Revision<'_>);
    /// Takes one record whose checksum is still to be compared; its statuses are those of a mismatch.
    fn push_unchecked(&mut self, page: &Page, revision: &mut Revision<'_>, check: &Sha1Check) {
        let text = revision.main.body.as_deref().unwrap_or_default().as_bytes();
        let (status, reason, size_status) = check.verdict(text, &sha1(text));
        (revision.sha1_status, revision.sha1_reason) = (status, reason);
        revision.size_status = size_status.unwrap_or(revision.size_status);
        self.push(page, revision);
    }
    /// Raw bytes of the elements taken so far.
    fn taken_bytes(&self) -> u64;
}
