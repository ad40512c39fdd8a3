//! Sixteen accumulators side by side, in the registers of each instruction set; all three do the same arithmetic.

#![expect(clippy::inline_always, reason = "only what is inlined into a function is compiled for its features")]

/// Accumulators of one pair of row and query: one AVX-512, two AVX2 or four NEON registers.
pub(super) const LANES: usize = 16;

/// Sixteen components in memory, at any address.
pub(super) type Block = [f32; LANES];

/// The operations of the score rule on sixteen lanes.
pub(super) trait Lanes: Copy {
    fn load(block: &Block) -> Self;
    fn unload(self) -> Block;
    /// `row * query + self` in every lane, rounded once.
    fn fused(self, row: Self, query: Self) -> Self;
}

/// What every target can run. Without fused multiply-add in hardware it is slow, and still right to the bit.
#[derive(Clone, Copy)]
pub(super) struct Portable(Block);

impl Lanes for Portable {
    #[inline(always)]
    fn load(block: &Block) -> Self {
        Self(*block)
    }

    #[inline(always)]
    fn unload(self) -> Block {
        self.0
    }

    #[inline(always)]
    fn fused(self, row: Self, query: Self) -> Self {
        let mut sums = self.0;
        for ((sum, row), query) in sums.iter_mut().zip(row.0).zip(query.0) {
            *sum = row.mul_add(query, *sum);
        }
        Self(sums)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions: the compiler does not keep arrays of sums in registers by itself")]
mod x86 {
    use std::arch::x86_64::{__m256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_storeu_ps};

    use super::{Block, LANES, Lanes};

    /// Lanes 0 to 7 and 8 to 15. To be used only inside a function compiled for avx2 and fma.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    impl Lanes for Avx2 {
        #[inline(always)]
        fn load(block: &Block) -> Self {
            let (low, high) = block.split_at(LANES / 2);
            // SAFETY: both halves hold eight floats, and `loadu` asks for no alignment. The instructions exist: the only
            // user of this type is `tiles_avx2`, which runs only where its features were detected.
            unsafe { Self(_mm256_loadu_ps(low.as_ptr()), _mm256_loadu_ps(high.as_ptr())) }
        }

        #[inline(always)]
        fn unload(self) -> Block {
            let mut block = [0.0; LANES];
            let (low, high) = block.split_at_mut(LANES / 2);
            // SAFETY: as in `load`, for eight floats each that are written.
            unsafe {
                _mm256_storeu_ps(low.as_mut_ptr(), self.0);
                _mm256_storeu_ps(high.as_mut_ptr(), self.1);
            }
            block
        }

        #[inline(always)]
        fn fused(self, row: Self, query: Self) -> Self {
            // SAFETY: values only; the instructions exist as argued in `load`.
            unsafe { Self(_mm256_fmadd_ps(row.0, query.0, self.0), _mm256_fmadd_ps(row.1, query.1, self.1)) }
        }
    }
}
