//! Whatever a file claims, no more memory than this is spent on it.

/// Decompressed bytes per compressed byte. Real dumps stay below 300, 45 MB of zeros make 50 bytes of bzip2.
pub(super) const EXPANSION_RATIO: u64 = 2_000;
/// The ratio is judged only beyond this many decompressed bytes.
pub(super) const EXPANSION_FLOOR: u64 = 64 << 20;
/// Decompressed bytes handed on at once: they should still lie in the level-2 cache when they are parsed.
pub(super) const WINDOW_BYTES: usize = size(256 << 10, 200);
/// The same where another thread takes them, so that the two seldom wait for each other.
pub(super) const AHEAD_BYTES: usize = size(1 << 20, 500);
/// Windows that wait to be taken from that thread.
pub(super) const AHEAD_WINDOWS: usize = 2;
/// Compressed bytes read at once.
pub(super) const INPUT_BYTES: usize = size(256 << 10, 150);
/// With so many bytes at once, a thread of its own hashes them.
pub(super) const HASHED_APART_BYTES: usize = size(64 << 10, 100);
/// Blocks that wait to be hashed by that thread.
pub(super) const HASHED_APART_WAITING: usize = 2;
/// Bytes of a gzip member's header, which may hold a file name and a comment.
pub(super) const GZIP_HEADER_BYTES: usize = size(64 << 10, 300);
/// The window of a zstd frame as a power of two: what `zstd --long` makes, and more than the reference tool takes unasked.
pub(super) const ZSTD_WINDOW_LOG: u32 = 27;
/// Memory of an xz, lzma or 7z decoder: a dictionary of 256 MiB, four times what `xz -9` and `7z -mx=9` ask for.
pub(super) const DICTIONARY_KIB: u32 = (256 << 10) + 1024;
/// The header of a 7z archive, packed and unpacked. That of an archive of one file has some hundred bytes.
pub(super) const ARCHIVE_HEADER_BYTES: u64 = 1 << 20;

/// Fuzzers get smaller limits and windows, so that inputs of some kilobytes cross them.
const fn size(product: usize, fuzzer: usize) -> usize {
    if cfg!(fuzzing) { fuzzer } else { product }
}
