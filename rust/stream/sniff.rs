//! What a file is packed with, by its first bytes, never by its name.

use super::error::{Error, ErrorKind};

/// The compressions that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Plain,
    Bzip2,
    Gzip,
    Zstd,
    Xz,
    Lzma,
    SevenZip,
}

impl Compression {
    /// The value of a summary's field `compression`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bzip2 => "bz2",
            Self::Gzip => "gz",
            Self::Zstd => "zst",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::SevenZip => "7z",
        }
    }
}

pub(super) const XZ_MAGIC: &[u8] = b"\xfd7zXZ\x00";
pub(super) const SEVEN_ZIP_MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// Formats that are recognised only to be named, with what to do about them.
const FOREIGN: [(&[u8], &str, &str); 4] = [
    (b"PK\x03\x04", "a zip archive", "extract it first: unzip"),
    (b"PK\x05\x06", "an empty zip archive", "nothing is in it"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "decompress it first: lz4 -d"),
    (b"LZIP", "an lzip file", "decompress it first: lzip -dk"),
];

/// Whether these bytes start a bzip2 stream: `BZh` and the block size.
pub(super) fn is_bzip2(head: &[u8]) -> bool {
    matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', ..])
}

/// Whether these bytes start a zstd frame, skippable ones included.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    matches!(head, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Whether these bytes are the header of an lzma file, which has no magic: usual properties, a dictionary of 2^n or
/// 2^n + 2^(n-1) bytes, and a length that is unknown or below 2^38, the same rule as in `xz`.
pub(super) fn is_lzma(head: &[u8]) -> bool {
    let [properties, d0, d1, d2, d3, s0, s1, s2, s3, s4, s5, s6, s7, ..] = *head else {
        return false;
    };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let length = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    let is_usual = dictionary == u32::MAX
        || dictionary.is_power_of_two()
        || dictionary >> 30 == 0 && {
            let half = dictionary & dictionary.wrapping_neg();
            dictionary == half | half << 1
        };
    properties < 9 * 5 * 5 && dictionary >= 4096 && is_usual && (length == u64::MAX || length < 1 << 38)
}

/// Finds the compression of a file that starts with `head`.
pub(super) fn compression(head: &[u8]) -> Result<Compression, Error> {
    for (magic, what, hint) in FOREIGN {
        if head.starts_with(magic) {
            let message = format!("a format that is not read, {what}; hint: {hint}");
            return Err(Error::new(ErrorKind::Format, message, 0));
        }
    }
    Ok(match head {
        head if is_bzip2(head) => Compression::Bzip2,
        [0x1f, 0x8b, ..] => Compression::Gzip,
        head if is_zstd(head) => Compression::Zstd,
        head if head.starts_with(XZ_MAGIC) => Compression::Xz,
        head if head.starts_with(SEVEN_ZIP_MAGIC) => Compression::SevenZip,
        head if is_lzma(head) => Compression::Lzma,
        _ => Compression::Plain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_taken_for_lzma() {
        for head in [
            &b"<mediawiki xmlns="[..],
            b"]\0\0",
            b"[{\"a\": 1}, {\"b\"}",
            b"\xef\xbb\xbf<?xml version",
            b"<\0m\0e\0d\0i\0a\0w\0i\0",
        ] {
            assert_eq!(compression(head), Ok(Compression::Plain), "{head:?}");
        }
        for dictionary in [1u32 << 16, 1 << 23, 3 << 22, u32::MAX] {
            let mut head = vec![0x5d];
            head.extend(dictionary.to_le_bytes());
            head.extend(u64::MAX.to_le_bytes());
            assert_eq!(compression(&head), Ok(Compression::Lzma), "{dictionary}");
        }
    }
}
