//! Where a JSON string ends. Escaped HTML has an escape every forty bytes, so that they are judged by the block and not one
//! by one: which bytes are escaped follows by arithmetic on masks (G. Langdale, D. Lemire, "Parsing gigabytes of JSON per
//! second"). Whatever is not plain in a block is left to the slow way, which also knows what is wrong.

use super::error::{Fault, Reason};
use super::text::{escape, plain_escape, unfinished};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;
const WORD: usize = size_of::<u64>();
/// Bytes judged together.
const BLOCK: usize = 64;
/// Bytes that are looked at in the slow way before blocks are, since most strings are short.
const SHORT: usize = 16;

/// Sets the high bit of the first byte that is a quote, a backslash or a control character; bytes behind it may be wrong.
fn specials(word: u64) -> u64 {
    let all = |byte: u8| ONES * u64::from(byte);
    let (quote, slash) = (word ^ all(b'"'), word ^ all(b'\\'));
    let zero_in = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let control = word.wrapping_sub(all(b' ')) & !word;
    (zero_in(quote) | zero_in(slash) | control) & HIGHS
}

/// Place of the next special byte at or behind `from`; the length if there is none.
#[inline]
fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<WORD>) {
        let found = specials(u64::from_le_bytes(*block));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += WORD;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).unwrap_or(rest.len())
}

/// Finds the end of the string whose inside starts at `from`: the place of its closing quote, and whether it has escapes.
pub(crate) fn end_of(bytes: &[u8], from: usize) -> Result<(usize, bool), Fault> {
    let (mut at, mut has_escape, mut slow_until) = (from, false, from.saturating_add(SHORT));
    loop {
        if at >= slow_until {
            let (end, has_met_escape) = blocks::pass(bytes, at);
            has_escape |= has_met_escape;
            at = end;
            slow_until = at.saturating_add(2 * BLOCK);
        }
        at = next_special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at, has_escape)),
            Some(b'\\') => {
                has_escape = true;
                at = match plain_escape(bytes.get(at..).unwrap_or_default()) {
                    Some(length) => at + length,
                    None => escape(bytes, at)?.1,
                };
            }
            Some(byte) => {
                let detail = format!("unescaped control character {byte:#04x} in a string after bytes: {at}");
                return Err(Fault::new(Reason::BadJson, detail));
            }
            None => return Err(unfinished()),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod blocks {
    pub(super) fn pass(_: &[u8], from: usize) -> (usize, bool) {
        (from, false)
    }
}

#[cfg(target_arch = "x86_64")]
mod blocks {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_srli_epi16,
    };

    use super::BLOCK;

    /// Passes over blocks of a string, from a place that is not inside an escape: gives such a place at or before its closing
    /// quote, and whether an escape lies before it.
    pub(super) fn pass(bytes: &[u8], from: usize) -> (usize, bool) {
        if !is_x86_feature_detected!("avx2") {
            return (from, false);
        }
        let (blocks, _) = bytes.get(from..).unwrap_or_default().as_chunks::<BLOCK>();
        #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
        // SAFETY: avx2 was detected just now.
        let (length, has_escape) = unsafe { pass_avx2(blocks) };
        (from + length, has_escape)
    }

    /// What the bytes of a block are, one bit each.
    struct Masks {
        quote: u64,
        slash: u64,
        control: u64,
    }

    /// The same, of what may stand in an escape.
    struct Escapable {
        /// `bfnrtu"/` and the backslash.
        name: u64,
        hex: u64,
        u: u64,
        /// In either case.
        d: u64,
    }

    #[target_feature(enable = "avx2")]
    fn pass_avx2(blocks: &[[u8; BLOCK]]) -> (usize, bool) {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        // Whether the first byte of the block is escaped, and the `u` of escapes in the block before.
        let (mut carried, mut last_u, mut has_escape, mut start) = (0u64, 0u64, false, 0);
        for block in blocks {
            let halves = load(block);
            let Masks { quote, slash, control } = masks(halves);
            if slash | carried | last_u >> 60 == 0 {
                last_u = 0;
                if quote | control != 0 {
                    return (start + (quote | control).trailing_zeros() as usize, has_escape);
                }
                start += BLOCK;
                continue;
            }
            let (before, u_before) = (carried, last_u);
            // Backslashes that start an escape stand at the first, third... place of a run of them.
            let open = slash & !carried;
            let follows = open << 1 | carried;
            let (sums, overflow) = (open & !EVEN & !follows).overflowing_add(open);
            carried = u64::from(overflow);
            let escaped = (EVEN ^ sums << 1) & follows;
            let end = quote & !escaped;
            let up_to_end = end ^ end.wrapping_sub(1); // all bytes where there is no end
            let Escapable { name, hex, u, d } = escapable(halves);
            last_u = escaped & u;
            let behind = |count: u32| last_u << count | u_before >> (64 - count);
            let digits = behind(1) | behind(2) | behind(3) | behind(4);
            let odd = control | escaped & !name | digits & !hex | behind(1) & d;
            if odd & up_to_end != 0 {
                // Back to the start of the escape that reaches into the block.
                let back = match u_before >> 60 {
                    0 => usize::from(before == 1),
                    _ => u_before.leading_zeros() as usize + 2,
                };
                return (start - back, has_escape);
            }
            has_escape |= slash & up_to_end != 0;
            if end != 0 {
                return (start + end.trailing_zeros() as usize, has_escape);
            }
            start += BLOCK;
        }
        let back = if carried == 1 {
            1
        } else if last_u >> 60 == 0 {
            0
        } else {
            last_u.leading_zeros() as usize + 2
        };
        (start - back, has_escape)
    }

    #[target_feature(enable = "avx2")]
    fn load(block: &[u8; BLOCK]) -> [__m256i; 2] {
        let (halves, _) = block.as_chunks::<32>();
        let [low, high] = halves else { return [_mm256_setzero_si256(); 2] };
        [low, high].map(|half| {
            #[expect(unsafe_code, clippy::cast_ptr_alignment, reason = "a load of 32 bytes that need no alignment")]
            // SAFETY: `half` is 32 readable bytes, and the load asks for no alignment.
            unsafe {
                _mm256_loadu_si256(half.as_ptr().cast::<__m256i>())
            }
        })
    }

    #[target_feature(enable = "avx2")]
    fn bits(halves: [__m256i; 2]) -> u64 {
        let [low, high] = halves.map(|half| u64::from(_mm256_movemask_epi8(half).cast_unsigned()));
        high << 32 | low
    }

    #[target_feature(enable = "avx2")]
    fn equal(halves: [__m256i; 2], byte: u8) -> u64 {
        bits(halves.map(|half| _mm256_cmpeq_epi8(half, _mm256_set1_epi8(byte.cast_signed()))))
    }

    #[target_feature(enable = "avx2")]
    fn masks(halves: [__m256i; 2]) -> Masks {
        const LAST_CONTROL: u8 = 0x1f;
        let above = halves.map(|half| _mm256_max_epu8(half, _mm256_set1_epi8(LAST_CONTROL.cast_signed())));
        Masks { quote: equal(halves, b'"'), slash: equal(halves, b'\\'), control: equal(above, LAST_CONTROL) }
    }

    #[target_feature(enable = "avx2")]
    fn escapable(halves: [__m256i; 2]) -> Escapable {
        // A byte is of a class where its two halves have the bit in common: 1 and 2 are digits and the letters A to F in
        // either case; 4 to 32 the names of escapes in rows 2, 5, 6 and 7 of ASCII.
        let low = _mm256_setr_epi8(
            1, 3, 55, 3, 35, 35, 19, 1, 1, 1, 0, 0, 8, 0, 16, 4, 1, 3, 55, 3, 35, 35, 19, 1, 1, 1, 0, 0, 8, 0, 16, 4,
        );
        let high = _mm256_setr_epi8(
            0, 0, 4, 1, 2, 8, 18, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 8, 18, 32, 0, 0, 0, 0, 0, 0, 0, 0,
        );
        let nibble = _mm256_set1_epi8(15);
        let classes = halves.map(|half| {
            let lower = _mm256_shuffle_epi8(low, _mm256_and_si256(half, nibble));
            let upper = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(half), nibble));
            _mm256_and_si256(lower, upper)
        });
        let of = |class: i8| !equal(classes.map(|half| _mm256_and_si256(half, _mm256_set1_epi8(class))), 0);
        let lower_case = halves.map(|half| _mm256_or_si256(half, _mm256_set1_epi8(0x20)));
        Escapable { name: of(4 + 8 + 16 + 32), hex: of(1 + 2), u: equal(halves, b'u'), d: equal(lower_case, b'd') }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, byte by byte.
    fn slowly(bytes: &[u8]) -> Result<(usize, bool), Fault> {
        let (mut at, mut has_escape) = (0, false);
        loop {
            match bytes.get(at) {
                Some(b'"') => return Ok((at, has_escape)),
                Some(b'\\') => (at, has_escape) = (escape(bytes, at)?.1, true),
                Some(byte @ ..b' ') => {
                    let detail = format!("unescaped control character {byte:#04x} in a string after bytes: {at}");
                    return Err(Fault::new(Reason::BadJson, detail));
                }
                Some(_) => at += 1,
                None => return Err(unfinished()),
            }
        }
    }

    #[test]
    fn every_byte_is_judged_alike_in_every_place_of_an_escape() {
        let filling = "x".repeat(200);
        for before in 0..140 {
            for escape in ["\\", "\\u", "\\u0", "\\u00", "\\u00e", "\\ud83d", "\\ud83d\\", "\\ud83d\\ude0", "\\\\"] {
                let head = [&filling.as_bytes()[..before], escape.as_bytes()].concat();
                for byte in (0..=255).filter(|_| before % 13 < 2 || before > 70) {
                    let text = [&head[..], &[byte], &filling.as_bytes()[..100], b"\" and more"].concat();
                    assert_eq!(end_of(&text, 0), slowly(&text), "{before} {escape} {byte:#x}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn blocks_agree_with_single_bytes(
            parts in proptest::collection::vec(prop_oneof![
                20 => "[a-z ]{0,40}",
                4 => Just("\\u003c".to_owned()),
                4 => Just("\\\"".to_owned()),
                4 => Just("\\n".to_owned()),
                4 => "\\\\{2}",
                2 => Just("\\u00D9\\ud83d\\uDE00\\uD7ff".to_owned()),
                1 => "[\\\\u\"d0-9]{1,3}",
                1 => any::<String>(),
            ], 0..60)
        ) {
            let text = parts.concat();
            prop_assert_eq!(end_of(text.as_bytes(), 0), slowly(text.as_bytes()));
        }
    }
}
