//! Everything read from a dump has a limit; these are their sizes.

/// Text of one slot, decoded. `MediaWiki`'s own limit, `$wgMaxArticleSize`, is 2 MiB.
pub(crate) const TEXT_BYTES: usize = size(64 << 20, 1500);
/// One `<revision>` element, raw: a text at its limit in which every eighth character is escaped, and its slots.
pub(crate) const REVISION_BYTES: usize = size(128 << 20, 3000);
/// Tags, comments and CDATA sections in one `<revision>`.
pub(crate) const REVISION_TOKENS: usize = size(1 << 16, 80);
/// One tag, comment or processing instruction, and one element of a page's header.
pub(crate) const TAG_BYTES: usize = size(64 << 10, 300);
/// Elements inside each other.
pub(crate) const DEPTH: usize = 16;
/// `MediaWiki` keeps 255 bytes of a title, without the namespace.
pub(crate) const TITLE_BYTES: usize = size(1 << 10, 40);
/// User names, roles, models, formats.
pub(crate) const NAME_BYTES: usize = size(1 << 10, 40);
/// `MediaWiki` keeps 500 characters.
pub(crate) const COMMENT_BYTES: usize = size(64 << 10, 100);
pub(crate) const SITEINFO_BYTES: usize = size(1 << 20, 2000);
/// One `<logitem>` element, raw. `MediaWiki` keeps 64 KiB of parameters.
pub(crate) const LOGITEM_BYTES: usize = 1 << 20;
/// Raw bytes of the log items that are handed over at once.
pub(crate) const LOGITEMS_BYTES: u64 = 8 << 20;
/// Slots of one revision, main included.
pub(crate) const SLOTS: usize = size(64, 4);
/// Quarantine rows kept; more are only counted.
pub(crate) const QUARANTINE_ROWS: usize = size(100_000, 6);
/// Warnings kept; more are only counted.
pub(crate) const WARNINGS: usize = size(1_000, 4);
/// Revisions of one page that are remembered to find duplicates: 16 bytes each.
pub(crate) const SEEN_REVISIONS: usize = size(1 << 21, 4);

/// Fuzzers get smaller limits and windows, so that inputs of some kilobytes cross them.
const fn size(product: usize, fuzzer: usize) -> usize {
    if cfg!(fuzzing) { fuzzer } else { product }
}
