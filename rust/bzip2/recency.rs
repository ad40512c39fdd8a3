//! The first entries of a move-to-front list, in registers; the others stay in memory.

#![expect(clippy::inline_always, reason = "only what is inlined into a kernel is compiled for its features")]

/// All bytes in use, the latest first. The entries that a `Recency` holds are stale here until it is stored.
pub(super) type List = [u8; 256];

/// The first `ENTRIES` of a list.
pub(super) trait Recency: Copy {
    /// 16 to 64.
    const ENTRIES: usize;
    fn load(list: &List) -> Self;
    fn store(self, list: &mut List);
    /// Moves the entry `index`, below `ENTRIES`, to the front, and gives it.
    fn front(self, index: usize) -> (Self, u8);
}

/// Sixteen entries as one number, the first lowest.
#[derive(Clone, Copy)]
pub(super) struct Portable(u128);

impl Recency for Portable {
    const ENTRIES: usize = 16;

    #[inline(always)]
    fn load(list: &List) -> Self {
        Self(list.first_chunk().map_or(0, |first| u128::from_le_bytes(*first)))
    }

    #[inline(always)]
    fn store(self, list: &mut List) {
        if let Some(first) = list.first_chunk_mut() {
            *first = self.0.to_le_bytes();
        }
    }

    #[inline(always)]
    fn front(self, index: usize) -> (Self, u8) {
        let shift = (index * 8) as u32 & 127;
        let byte = (self.0 >> shift) as u8;
        let after = (u128::MAX << shift) << 8;
        let moved = (self.0 << 8) & !after | u128::from(byte);
        (Self(self.0 & after | moved), byte)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "byte shuffles: the compiler does not find them by itself")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_cvtsi128_si32, _mm_load_si128, _mm_loadu_si128, _mm_or_si128, _mm_shuffle_epi8, _mm_storeu_si128,
    };

    use super::{List, Recency};

    /// Entries 0 to 15 and 16 to 31. To be used only inside a function compiled for ssse3 or more.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m128i, __m128i);

    /// Where each byte of the new registers comes from, for one index; a byte above 127 gives zero.
    #[repr(align(64))]
    struct Moves {
        first_from_first: [u8; 16],
        first_from_second: [u8; 16],
        second_from_second: [u8; 16],
        second_from_first: [u8; 16],
    }

    const NOTHING: u8 = 0x80;

    static MOVES: [Moves; Avx2::ENTRIES] = moves();

    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn moves() -> [Moves; Avx2::ENTRIES] {
        const NONE: Moves = Moves {
            first_from_first: [NOTHING; 16],
            first_from_second: [NOTHING; 16],
            second_from_second: [NOTHING; 16],
            second_from_first: [NOTHING; 16],
        };
        let mut moves = [NONE; Avx2::ENTRIES];
        let mut index = 0;
        while index < Avx2::ENTRIES {
            let mut to = 0;
            while to < Avx2::ENTRIES {
                let from = if to == 0 {
                    index
                } else if to <= index {
                    to - 1
                } else {
                    to
                };
                let own = &mut moves[index];
                let row = match (to < 16, from < 16) {
                    (true, true) => &mut own.first_from_first,
                    (true, false) => &mut own.first_from_second,
                    (false, false) => &mut own.second_from_second,
                    (false, true) => &mut own.second_from_first,
                };
                row[to % 16] = (from % 16) as u8;
                to += 1;
            }
            index += 1;
        }
        moves
    }

    #[expect(clippy::cast_ptr_alignment, reason = "the instructions used ask for no alignment, or get it from `Moves`")]
    impl Recency for Avx2 {
        const ENTRIES: usize = 32;

        #[inline(always)]
        fn load(list: &List) -> Self {
            // SAFETY: the list is longer than the 32 bytes that are read, and `loadu` asks for no alignment.
            unsafe {
                let first = list.as_ptr().cast::<__m128i>();
                Self(_mm_loadu_si128(first), _mm_loadu_si128(first.add(1)))
            }
        }

        #[inline(always)]
        fn store(self, list: &mut List) {
            // SAFETY: the list is longer than the 32 bytes that are written, and `storeu` asks for no alignment.
            unsafe {
                let first = list.as_mut_ptr().cast::<__m128i>();
                _mm_storeu_si128(first, self.0);
                _mm_storeu_si128(first.add(1), self.1);
            }
        }

        #[inline(always)]
        #[expect(clippy::indexing_slicing, reason = "the index is cut to the table")]
        fn front(self, index: usize) -> (Self, u8) {
            let moves = &MOVES[index & (Self::ENTRIES - 1)];
            // SAFETY: each row holds sixteen bytes at a multiple of sixteen in `Moves`, which is aligned to 64. The
            // instructions exist: the only user of this type is `symbols_avx2`, which runs only where avx2 was detected.
            unsafe {
                let load = |row: &[u8; 16]| _mm_load_si128(row.as_ptr().cast());
                let first = _mm_or_si128(
                    _mm_shuffle_epi8(self.0, load(&moves.first_from_first)),
                    _mm_shuffle_epi8(self.1, load(&moves.first_from_second)),
                );
                let second = _mm_or_si128(
                    _mm_shuffle_epi8(self.1, load(&moves.second_from_second)),
                    _mm_shuffle_epi8(self.0, load(&moves.second_from_first)),
                );
                (Self(first, second), _mm_cvtsi128_si32(first) as u8)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves_like_a_vector<R: Recency>(front: impl Fn(R, usize) -> (R, u8)) {
        let mut list: List = std::array::from_fn(|at| (at as u8).wrapping_mul(167));
        let mut naive = list.to_vec();
        let mut recency = R::load(&list);
        for step in 0..20_000usize {
            let index = (step * step / 7 + step) % R::ENTRIES;
            let byte;
            (recency, byte) = front(recency, index);
            let moved = naive.remove(index);
            naive.insert(0, moved);
            assert_eq!(byte, moved);
        }
        recency.store(&mut list);
        assert_eq!(list.as_slice(), naive);
    }

    #[test]
    fn portable_moves_like_a_vector() {
        moves_like_a_vector::<Portable>(Portable::front);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn avx2_moves_like_a_vector() {
        #[target_feature(enable = "avx2")]
        fn front(list: Avx2, index: usize) -> (Avx2, u8) {
            list.front(index)
        }
        if is_x86_feature_detected!("avx2") {
            #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
            // SAFETY: avx2 was detected.
            moves_like_a_vector::<Avx2>(|list, index| unsafe { front(list, index) });
        }
    }
}
