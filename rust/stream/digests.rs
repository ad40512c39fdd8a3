//! Digests over the bytes of a file: SHA-256 always, others where a publisher's list of sums asks for them.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Digests that may be asked for beyond SHA-256. They compare a file with a published sum; they prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
}

impl Algorithm {
    /// The algorithm of that name, if it is known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "md5" => Some(Self::Md5),
            "sha1" => Some(Self::Sha1),
            _ => None,
        }
    }
}

/// Finished digests of a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    pub sha256: [u8; 32],
    pub md5: Option<[u8; 16]>,
    pub sha1: Option<[u8; 20]>,
}

/// Digests in the making.
#[derive(Clone)]
pub(super) struct Hashers {
    sha256: Sha256,
    md5: Option<Md5>,
    sha1: Option<Sha1>,
}

impl Hashers {
    pub(super) fn new(algorithms: &[Algorithm]) -> Self {
        Self {
            sha256: Sha256::new(),
            md5: algorithms.contains(&Algorithm::Md5).then(Md5::new),
            sha1: algorithms.contains(&Algorithm::Sha1).then(Sha1::new),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
    }

    pub(super) fn finish(self) -> Digests {
        Digests {
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|md5| md5.finalize().into()),
            sha1: self.sha1.map(|sha1| sha1.finalize().into()),
        }
    }
}
