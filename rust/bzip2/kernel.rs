//! Which compiled copy of the decoder runs; all copies give the same bytes.

use super::bits::Bits;
use super::error::Fault;
use super::header::Header;
use super::huffman::Tree;
use super::recency::{Portable, Recency};
use super::symbols::{self, Tokens};

/// A compiled copy of the decoder that this machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(pub(super) Target);

/// Made only by `Target::runnable`, so that a copy is chosen only where its features were detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Target {
    /// Every copy that this machine can run, the fastest last.
    pub(super) fn runnable() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("pclmulqdq")
        {
            return vec![Self::Portable, Self::Avx2];
        }
        vec![Self::Portable]
    }

    /// How many entries of the move-to-front list this copy handles without memory.
    pub(super) fn entries(self) -> usize {
        match self {
            Self::Portable => Portable::ENTRIES,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => super::recency::Avx2::ENTRIES,
        }
    }

    /// The symbols of a block as tokens; the bit behind its last symbol.
    pub(super) fn symbols(
        self,
        bits: Bits<'_>,
        end: usize,
        header: &Header,
        trees: &[Tree],
        tokens: &mut Tokens,
    ) -> Result<usize, Fault> {
        match self {
            Self::Portable => symbols::decode::<Portable>(bits, end, header, trees, tokens),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
                // SAFETY: `Avx2` is made only in `runnable`, where avx2, bmi1 and bmi2 were detected.
                unsafe {
                    symbols_avx2(bits, end, header, trees, tokens)
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn symbols_avx2(
    bits: Bits<'_>,
    end: usize,
    header: &Header,
    trees: &[Tree],
    tokens: &mut Tokens,
) -> Result<usize, Fault> {
    symbols::decode::<super::recency::Avx2>(bits, end, header, trees, tokens)
}

impl Kernel {
    /// The fastest copy that this machine can run.
    #[must_use]
    pub fn widest() -> Self {
        Self(Target::runnable().pop().unwrap_or(Target::Portable))
    }

    /// Every copy that this machine can run, the portable one first.
    #[must_use]
    pub fn runnable() -> Vec<Self> {
        Target::runnable().into_iter().map(Self).collect()
    }

    /// `portable` or `avx2`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Target::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Target::Avx2 => "avx2",
        }
    }
}
