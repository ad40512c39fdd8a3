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
/// One `<logitem>` element, raw. `MediaWiki` keeps 64 KiB of parameters.
pub(crate) const LOGITEM_BYTES: usize = 1 << 20;
/// Raw bytes of the log items that are handed over at once.
pub(crate) const LOGITEMS_BYTES: u64 = 8 << 20;
/// Slots of one revision, main included.
pub(crate) const SLOTS: usize = 64;
/// Quarantine rows kept; more are only counted.
pub(crate) const QUARANTINE_ROWS: usize = 100_000;
/// Warnings kept; more are only counted.
pub(crate) const WARNINGS: usize = 1_000;
/// Revisions of one page that are remembered to find duplicates: 16 bytes each.
pub(crate) const SEEN_REVISIONS: usize = 1 << 21;
/// Decompressed bytes per compressed byte. Real dumps stay below 100, 45 MB of zeros make 50 bytes of bzip2.
pub(crate) const EXPANSION_RATIO: u64 = 2_000;
/// The ratio is judged only beyond this many decompressed bytes.
pub(crate) const EXPANSION_FLOOR: u64 = 64 << 20;
/// Decompressed bytes handed to the parser at once: they should still lie in the level-2 cache when they are parsed.
pub(crate) const WINDOW_BYTES: usize = 256 << 10;
/// The same where a thread is started for each window, which costs some 50 microseconds.
pub(crate) const AHEAD_BYTES: usize = 2 << 20;
/// Compressed bytes read at once.
pub(crate) const INPUT_BYTES: usize = 256 << 10;
