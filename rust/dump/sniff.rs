//! What a file is, by its first bytes, never by its name.

use super::error::{DumpError, ErrorKind};

/// The compressions this reader understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Plain,
    Bzip2,
    Gzip,
}

impl Compression {
    /// The value of the summary's field `compression`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bzip2 => "bz2",
            Self::Gzip => "gz",
        }
    }
}

/// Formats that are recognised only to be named, with what to do about them.
const FOREIGN: [(&[u8], &str, &str); 6] = [
    (b"\xfd7zXZ\x00", "an xz file", "decompress it first: xz -dk"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "extract it first: 7z x"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "decompress it first: zstd -dk"),
    (b"PK\x03\x04", "a zip archive", "extract it first: unzip"),
    (b"\x5d\x00\x00", "an lzma file", "decompress it first: unlzma -k"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "decompress it first: lz4 -d"),
];

/// Whether these bytes start a bzip2 stream: `BZh` and the block size.
pub(crate) fn is_bzip2(head: &[u8]) -> bool {
    matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', ..])
}

/// Whether these bytes start a gzip member.
pub(crate) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b")
}

/// Finds the compression of a file that starts with `head`.
pub(crate) fn compression(head: &[u8]) -> Result<Compression, DumpError> {
    if is_bzip2(head) {
        return Ok(Compression::Bzip2);
    }
    if is_gzip(head) {
        return Ok(Compression::Gzip);
    }
    for (magic, what, hint) in FOREIGN {
        if head.starts_with(magic) {
            return Err(DumpError::new(
                ErrorKind::Format,
                format!("not a plain, bz2 or gz dump but {what}; hint: {hint}"),
                0,
            ));
        }
    }
    Ok(Compression::Plain)
}

/// Checks how the decompressed content starts and returns the length of its byte order mark.
///
/// `head` is the whole content if that is shorter than a few dozen bytes.
pub(crate) fn content_start(head: &[u8]) -> Result<usize, DumpError> {
    let utf16 = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..]);
    if utf16 {
        let message = "encoded in UTF-16, dumps are UTF-8; hint: convert it first: iconv -f UTF-16 -t UTF-8";
        return Err(DumpError::new(ErrorKind::Format, message, 0));
    }
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = head.get(mark..).unwrap_or_default();
    let Some(place) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Ok(mark); // only blanks so far: an empty file is found at its end
    };
    let first = text.get(place..).unwrap_or_default();
    if first.starts_with(b"<") {
        return Ok(mark);
    }
    let what = match first {
        [b'{' | b'[', ..] => "JSON",
        [b'-', b'-', ..] | [b'/', b'*', ..] => "an SQL dump",
        [b'B', b'Z', b'h', ..] => "compressed twice",
        [b'0'..=b'9', ..] => "text that starts with a number, perhaps a multistream index",
        _ => "something else",
    };
    let start = super::error::shown(first.get(..16).unwrap_or(first));
    let message = format!("not a MediaWiki XML dump but {what}, it starts with: {start}");
    Err(DumpError::new(ErrorKind::Format, message, (mark + place) as u64))
}
