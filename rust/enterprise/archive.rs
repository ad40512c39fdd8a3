//! Headers of a tar archive (POSIX.1-2024 `pax`, and GNU's long names), read strictly.
//!
//! Nothing is ever extracted: names are labels in messages. But a reader that believes other sizes than the tool that checked
//! the archive sees other members (CVE-2025-62518), so whatever is said twice must be said alike, and what is neither a
//! regular file nor a folder is refused.

use super::error::{ArticleError, ErrorKind, shown};
use super::limits::{MEMBERS, PAX_BYTES};

pub(crate) const BLOCK_BYTES: usize = 512;

/// What follows a header block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: one of the two zero blocks of the end.
    Zeros,
    /// Names and attributes of the next member, to be given to `Archive::extend`.
    Extension { bytes: u64, kind: u8 },
    /// A member whose lines are read.
    Lines { bytes: u64 },
    /// A member that is passed over.
    Other { bytes: u64 },
}

/// An archive on its way in.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    pub(crate) members: u64,
    pub(crate) skipped: u64,
    long_name: Option<String>,
    path: Option<String>,
    size: Option<u64>,
}

/// Whether a block is a tar header, or the end of an empty archive.
pub(crate) fn is_start(block: &[u8; BLOCK_BYTES]) -> bool {
    is_zero(block) || (field(block, 257, 5) == b"ustar" && has_its_sum(block))
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn field(block: &[u8; BLOCK_BYTES], start: usize, length: usize) -> &[u8] {
    block.get(start..start + length).unwrap_or_default()
}

/// The sum is taken with the field of the sum itself as blanks.
fn has_its_sum(block: &[u8; BLOCK_BYTES]) -> bool {
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = field(block, 148, 8).iter().map(|byte| u64::from(*byte)).sum();
    octal(field(block, 148, 8)) == Some(sum - own + 8 * u64::from(b' '))
}

fn octal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    let text = text.trim_matches(|end| matches!(end, ' ' | '\0'));
    if text.is_empty() || !text.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        return None;
    }
    u64::from_str_radix(text, 8).ok()
}

/// A size in octal digits, or in base 256 as GNU tar writes large ones.
fn size_of_member(digits: &[u8]) -> Option<u64> {
    match digits {
        [0x80, rest @ ..] => {
            let (zeros, number) = rest.split_last_chunk::<8>()?;
            is_zero(zeros).then(|| u64::from_be_bytes(*number)).filter(|size| *size <= i64::MAX.unsigned_abs())
        }
        _ => octal(digits),
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

impl Archive {
    /// Reads a header block; `offset` is its place.
    pub(crate) fn header(&mut self, block: &[u8; BLOCK_BYTES], offset: u64) -> Result<Next, ArticleError> {
        if is_zero(block) {
            if self.long_name.is_some() || self.path.is_some() || self.size.is_some() {
                return Err(refusal("attributes without a member that they speak of", b"", offset));
            }
            return Ok(Next::Zeros);
        }
        if field(block, 257, 5) != b"ustar" || !has_its_sum(block) {
            return Err(ArticleError::new(ErrorKind::Format, "damaged header of an archive", offset));
        }
        let kind = block.get(156).copied().unwrap_or_default();
        let mut name = until_zero(field(block, 0, 100)).to_vec();
        let prefix = until_zero(field(block, 345, 155));
        if !prefix.is_empty() && field(block, 257, 6) == b"ustar\0" {
            name = [prefix, b"/", &name].concat();
        }
        let Some(stated) = size_of_member(field(block, 124, 12)) else {
            return Err(refusal("a member without a readable size", &name, offset));
        };
        if matches!(kind, b'L' | b'x' | b'g') {
            if stated > PAX_BYTES {
                return Err(ArticleError::new(
                    ErrorKind::Limit,
                    format!("bytes of a member's attributes exceed the limit {PAX_BYTES}: {stated}"),
                    offset,
                ));
            }
            return Ok(Next::Extension { bytes: stated, kind });
        }
        self.members += 1;
        if self.members > MEMBERS {
            return Err(ArticleError::new(ErrorKind::Limit, format!("members reach the limit: {MEMBERS}"), offset));
        }
        let (path, long_name) = (self.path.take(), self.long_name.take());
        if path.is_some() && long_name.is_some() && path != long_name {
            return Err(refusal("a member with two names", &name, offset));
        }
        let name = path.or(long_name).map_or(name, String::into_bytes);
        let bytes = match self.size.take() {
            // Eleven octal digits hold 8 GiB; what is larger has its size in the attributes only.
            Some(size) if size != stated && (stated != 0 || size < 1 << 33) => {
                return Err(refusal(&format!("a member of two sizes, {stated} and {size}"), &name, offset));
            }
            Some(size) => size,
            None => stated,
        };
        self.judge(kind, &name, bytes, offset)
    }

    fn judge(&mut self, kind: u8, name: &[u8], bytes: u64, offset: u64) -> Result<Next, ArticleError> {
        let text = std::str::from_utf8(name).map_err(|_| refusal("a member whose name is no UTF-8", name, offset))?;
        if text.starts_with('/') || text.split('/').any(|part| part == "..") || text.contains(['\0', '\\']) {
            return Err(refusal("a member whose name leads out of the archive", name, offset));
        }
        match kind {
            b'0' | 0 if !text.ends_with('/') => {
                if text.ends_with(".ndjson") {
                    return Ok(Next::Lines { bytes });
                }
                self.skipped += 1;
                Ok(Next::Other { bytes })
            }
            b'5' | b'0' | 0 if bytes == 0 => {
                self.skipped += 1;
                Ok(Next::Other { bytes })
            }
            b'5' | b'0' | 0 => Err(refusal("a folder that holds bytes", name, offset)),
            b'1' | b'2' | b'K' => Err(refusal("a member that is a link", name, offset)),
            b'3' | b'4' | b'6' => Err(refusal("a member that is a device or pipe", name, offset)),
            b'S' => Err(refusal("a sparse member", name, offset)),
            _ => Err(refusal(&format!("a member of unknown kind {}", shown(&[kind])), name, offset)),
        }
    }

    /// Takes the bytes of an extension; `offset` is their place.
    pub(crate) fn extend(&mut self, kind: u8, bytes: &[u8], offset: u64) -> Result<(), ArticleError> {
        if kind == b'L' {
            let name = String::from_utf8(until_zero(bytes).to_vec())
                .map_err(|error| refusal("a member whose name is no UTF-8", error.as_bytes(), offset))?;
            if self.long_name.replace(name).is_some() {
                return Err(refusal("a member with two long names", bytes, offset));
            }
            return Ok(());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (key, value, behind) =
                attribute(rest).ok_or_else(|| refusal("unreadable attributes of a member", rest, offset))?;
            rest = behind;
            let is_repeated = match key {
                b"path" | b"size" if kind == b'g' => true, // would name every member alike
                b"path" => {
                    let path = String::from_utf8(value.to_vec())
                        .map_err(|_| refusal("a member whose name is no UTF-8", value, offset))?;
                    self.path.replace(path).is_some()
                }
                b"size" => {
                    let size =
                        std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                    let size = size.and_then(|text| text.parse().ok()).filter(|size| *size <= i64::MAX.unsigned_abs());
                    let size = size.ok_or_else(|| refusal("a member without a readable size", value, offset))?;
                    self.size.replace(size).is_some()
                }
                _ if key.starts_with(b"GNU.sparse.") => return Err(refusal("a sparse member", key, offset)),
                _ => false,
            };
            if is_repeated {
                return Err(refusal("attributes that say a thing twice or of all members", key, offset));
            }
        }
        Ok(())
    }
}

/// Splits `"{length} {key}={value}\n"` off.
fn attribute(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let digits =
        std::str::from_utf8(bytes.get(..blank)?).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (record, behind) = bytes.split_at_checked(digits.parse().ok()?)?;
    let pair = record.get(blank + 1..)?.strip_suffix(b"\n")?;
    let sign = pair.iter().position(|byte| *byte == b'=')?;
    Some((pair.get(..sign)?, pair.get(sign + 1..)?, behind))
}

fn refusal(what: &str, name: &[u8], offset: u64) -> ArticleError {
    ArticleError::new(ErrorKind::Unsafe, format!("the archive holds {what}: {}", shown(name)), offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &str, kind: u8, size: &str) -> [u8; BLOCK_BYTES] {
        let mut block = [0; BLOCK_BYTES];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..124 + size.len()].copy_from_slice(size.as_bytes());
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    fn judged(name: &str, kind: u8, size: &str) -> Result<Next, ErrorKind> {
        Archive::default().header(&block(name, kind, size), 0).map_err(|error| error.kind)
    }

    #[test]
    fn only_regular_members_inside_pass() {
        assert_eq!(judged("enwiki_namespace_0_0.ndjson", b'0', "00000000012"), Ok(Next::Lines { bytes: 10 }));
        assert_eq!(judged("./a/b.ndjson", 0, "00000000000"), Ok(Next::Lines { bytes: 0 }));
        assert_eq!(judged("README", b'0', "00000000001"), Ok(Next::Other { bytes: 1 }));
        assert_eq!(judged("folder/", b'5', "00000000000"), Ok(Next::Other { bytes: 0 }));
        for (name, kind, size) in [
            ("../a.ndjson", b'0', "00000000001"),
            ("a/../../b.ndjson", b'0', "00000000001"),
            ("/etc/passwd", b'0', "00000000001"),
            ("a\\b.ndjson", b'0', "00000000001"),
            ("a.ndjson", b'1', "00000000000"),
            ("a.ndjson", b'2', "00000000000"),
            ("a.ndjson", b'3', "00000000000"),
            ("a.ndjson", b'6', "00000000000"),
            ("a.ndjson", b'S', "00000000000"),
            ("a.ndjson", b'?', "00000000000"),
            ("a.ndjson", b'0', "-0000000001"),
            ("a.ndjson", b'0', "9"),
            ("folder/", b'5', "00000000001"),
        ] {
            assert_eq!(judged(name, kind, size), Err(ErrorKind::Unsafe), "{name} {kind} {size}");
        }
        let mut damaged = block("a.ndjson", b'0', "00000000001");
        damaged[0] = b'b';
        assert_eq!(Archive::default().header(&damaged, 0).map_err(|error| error.kind), Err(ErrorKind::Format));
    }

    #[test]
    fn what_is_said_twice_must_be_said_alike() {
        let header = |attributes: &[u8], size: &str| {
            let mut archive = Archive::default();
            archive.extend(b'x', attributes, 0).and_then(|()| archive.header(&block("a.ndjson", b'0', size), 0))
        };
        assert_eq!(header(b"9 size=5\n", "00000000005"), Ok(Next::Lines { bytes: 5 }));
        assert_eq!(header(b"20 size=17179869184\n", "00000000000"), Ok(Next::Lines { bytes: 1 << 34 }));
        assert_eq!(header(b"19 path=b/c.ndjson\n", "00000000000"), Ok(Next::Lines { bytes: 0 }));
        for (attributes, size) in [
            (&b"9 size=5\n"[..], "00000000006"),
            (b"9 size=5\n", "00000000000"),
            (b"9 size=5\n9 size=5\n", "00000000005"),
            (b"9 size=-\n", "00000000005"),
            (b"8 size=5\n", "00000000005"),
            (b"99 size=5\n", "00000000005"),
            (b"20 path=../c.ndjson\n", "00000000000"),
            (b"22 GNU.sparse.major=1\n", "00000000000"),
        ] {
            assert!(header(attributes, size).is_err_and(|error| error.kind == ErrorKind::Unsafe), "{attributes:?}");
        }
        assert!(Archive::default().extend(b'g', b"9 size=5\n", 0).is_err());
    }
}
