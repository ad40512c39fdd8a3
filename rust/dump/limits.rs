//! Everything read from a dump has a limit; these are their sizes.

/// Text of one slot, decoded. `MediaWiki`'s own limit, `$wgMaxArticleSize`, is 2 MiB.
pub(crate) const TEXT_BYTES: usize = 64 << 20;
/// One `<revision>` element, raw: a text at its limit in which every eighth character is escaped, and its slots.
pub(crate) const REVISION_BYTES: usize = 128 << 20;
/// Tags, comments and CDATA sections in one `<revision>`.
pub(crate) const REVISION_TOKENS: usize = 1 << 16;
/// One tag, comment or processing instruction, and one element of a page's header.
pub(crate) const TAG_BYTES: usize = 64 << 10;
/// Elements inside each other.
pub(crate) const DEPTH: usize = 16;
/// `MediaWiki` keeps 255 bytes of a title, without the namespace.
pub(crate) const TITLE_BYTES: usize = 1 << 10;
/// User names, roles, models, formats.
pub(crate) const NAME_BYTES: usize = 1 << 10;
/// `MediaWiki` keeps 500 characters.
pub(crate) const COMMENT_BYTES: usize = 64 << 10;
pub(crate) const SITEINFO_BYTES: usize = 1 << 20;
/// Slots of one revision, main included.
pub(crate) const SLOTS: usize = 64;
/// Quarantine rows kept; more are only counted.
pub(crate) const QUARANTINE_ROWS: usize = 100_000;
/// Warnings kept; more are only counted.
pub(crate) const WARNINGS: usize = 1_000;
/// Revisions of one page that are remembered to find duplicates: 16 bytes each.
pub(crate) const SEEN_REVISIONS: usize = 1 << 21;
