//! Everything read from a file has a limit; these are their sizes.

/// One record, raw. The largest real ones have some 10 MiB.
pub(crate) const LINE_BYTES: usize = size(256 << 20, 6000);
/// Arrays and objects inside each other.
pub(crate) const DEPTH: u32 = 64;
/// Keys of one object whose fields are read; real ones have below 40.
pub(crate) const KEYS: usize = size(256, 32);
/// Text of one record, decoded. `MediaWiki`'s own limit, `$wgMaxArticleSize`, is 2 MiB; HTML is larger.
pub(crate) const TEXT_BYTES: usize = size(64 << 20, 1500);
/// `MediaWiki` keeps 255 bytes of a title, without the namespace.
pub(crate) const TITLE_BYTES: usize = size(1 << 10, 40);
/// User names, names of wikis, licences, moments.
pub(crate) const NAME_BYTES: usize = size(1 << 10, 40);
/// `MediaWiki` keeps 500 characters.
pub(crate) const COMMENT_BYTES: usize = size(64 << 10, 100);
/// Licences named by one record.
pub(crate) const LICENCES: usize = size(16, 3);
/// Different wikis and licences that are counted by name.
pub(crate) const NAMES: usize = size(4_096, 4);
/// Decoded bytes in which the head of an HTML page must end; real ones need 2 KiB.
pub(crate) const HEAD_BYTES: usize = size(64 << 10, 300);
/// Names and attributes of one member of an archive.
pub(crate) const PAX_BYTES: u64 = 64 << 10;
/// Members of one archive.
pub(crate) const MEMBERS: u64 = 1 << 20;
/// Pages remembered to find those that come twice: some 20 bytes each.
pub(crate) const PAGES: usize = size(1 << 27, 6);
/// Quarantine rows kept; more are only counted.
pub(crate) const QUARANTINE_ROWS: usize = size(100_000, 6);
/// Warnings kept; more are only counted.
pub(crate) const WARNINGS: usize = size(1_000, 4);

/// Fuzzers get smaller limits, so that inputs of some kilobytes cross them.
const fn size(product: usize, fuzzer: usize) -> usize {
    if cfg!(fuzzing) { fuzzer } else { product }
}
