//! Salted commitments to the fields of a record: `HMAC-SHA256(field salt, label ‖ digest input)`.
//!
//! Each field has a salt of its own, derived from the salt of the record, so that one field can be opened or erased
//! without the others. The profile `open` uses one public salt: it hides nothing, and every stranger can recompute it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::digest::{Sha1Bytes, Sha256Bytes, sha1_each, sha256, sha256_each};

/// The salt of a record, and of a field.
pub type Salt = [u8; 16];
type HmacSha256 = Hmac<Sha256>;

/// A field that can be committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Text,
    Title,
    Comment,
    User,
    Output,
}

impl Field {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Text => b"text",
            Self::Title => b"title",
            Self::Comment => b"comment",
            Self::User => b"user",
            Self::Output => b"output",
        }
    }
}

/// The public record salt of the profile `open`.
#[must_use]
pub fn open_salt() -> Salt {
    first_half(&sha256(&[b"wikigrove/v1/open-salt"]))
}

/// The salt of one field of a record.
#[must_use]
pub fn field_salt(record_salt: &Salt, field: Field) -> Salt {
    let mut state = keyed(record_salt);
    state.update(b"wikigrove/v1/salt/");
    state.update(field.label());
    first_half(&state.finalize().into_bytes().into())
}

/// Commits to many values of one field under one record salt: key and label are hashed once.
#[derive(Clone)]
pub struct Committer(HmacSha256);

impl Committer {
    #[must_use]
    pub fn new(record_salt: &Salt, field: Field) -> Self {
        let mut state = keyed(&field_salt(record_salt, field));
        state.update(b"wikigrove/v1/commit/");
        state.update(field.label());
        state.update(&[0]);
        Self(state)
    }

    #[must_use]
    pub fn commit(&self, parts: &[&[u8]]) -> Sha256Bytes {
        let mut state = self.0.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }

    /// Commits to a text that is the only slot: what `push_slot` would append, without a buffer.
    #[must_use]
    pub fn commit_text(&self, text: &TextDigest) -> Sha256Bytes {
        self.commit(&[b"\x01\x04main", &text.sha256, &text.sha1, &text.length])
    }

    /// Commits to a transformed text: `sha256(text) ‖ u64 length`.
    #[must_use]
    pub fn commit_output(&self, text: &[u8]) -> Sha256Bytes {
        self.commit(&[&sha256(&[text]), &length(text)])
    }
}

/// What stands for a text in the digest input of its commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextDigest {
    sha256: Sha256Bytes,
    sha1: Sha1Bytes,
    length: [u8; 8],
}

impl TextDigest {
    /// Digests each text, in order; together they take half the time.
    #[must_use]
    pub fn of_each(texts: &[&[u8]]) -> Vec<Self> {
        let digests = sha256_each(texts).into_iter().zip(sha1_each(texts));
        digests.zip(texts).map(|((sha256, sha1), text)| Self { sha256, sha1, length: length(text) }).collect()
    }
}

/// Appends one slot to the digest input of a text: `u8 len ‖ role ‖ sha256 ‖ sha1 ‖ u64 length`.
///
/// The caller has checked that the role is at most 255 bytes long.
pub(super) fn push_slot(input: &mut Vec<u8>, role: &[u8], text: &TextDigest) {
    input.push(u8::try_from(role.len()).unwrap_or(u8::MAX));
    input.extend_from_slice(role);
    input.extend_from_slice(&text.sha256);
    input.extend_from_slice(&text.sha1);
    input.extend_from_slice(&text.length);
}

fn length(text: &[u8]) -> [u8; 8] {
    u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes() // usize has at most 64 bits
}

/// HMAC pads a short key with zeros to one block (RFC 2104), so the padded key is the same key.
fn keyed(salt: &Salt) -> HmacSha256 {
    let mut block = [0; 64];
    for (place, byte) in block.iter_mut().zip(salt) {
        *place = *byte;
    }
    HmacSha256::new(&block.into())
}

fn first_half(digest: &Sha256Bytes) -> Salt {
    let mut salt = [0; 16];
    for (place, byte) in salt.iter_mut().zip(digest) {
        *place = *byte;
    }
    salt
}
