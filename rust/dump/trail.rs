//! The bytes of a page's header, in case they have to be named by their digest: nearly never, so they are not hashed at once.

use sha2::{Digest, Sha256};

/// Headers are mostly far shorter; what is longer is hashed as it comes.
const KEPT_BYTES: usize = 16 << 10;

/// Bytes that may be asked for their SHA-256.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    kept: Vec<u8>,
    hashed: Option<Sha256>,
}

impl Trail {
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.hashed = None;
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if self.hashed.is_none() && self.kept.len() + bytes.len() <= KEPT_BYTES {
            self.kept.extend_from_slice(bytes);
            return;
        }
        self.hashed.get_or_insert_with(|| Sha256::new_with_prefix(&self.kept)).update(bytes);
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.hashed.clone().unwrap_or_else(|| Sha256::new_with_prefix(&self.kept)).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * KEPT_BYTES).collect();
        for piece in [1000, KEPT_BYTES, KEPT_BYTES + 1, 3 * KEPT_BYTES] {
            for length in [0, 1000, KEPT_BYTES, KEPT_BYTES + 1, 3 * KEPT_BYTES] {
                let mut trail = Trail::default();
                bytes[..length].chunks(piece).for_each(|part| trail.extend(part));
                assert_eq!(trail.sha256(), <[u8; 32]>::from(Sha256::digest(&bytes[..length])), "{length} by {piece}");
            }
        }
    }
}
