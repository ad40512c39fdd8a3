//! Hashes: SHA-256 is evidence, SHA-1 in base 36 is MediaWiki's checksum, XXH3 makes keys (never evidence).

#[cfg(target_arch = "x86_64")]
mod kernel;
mod lanes;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Characters of a base-36 SHA-1: the least number of digits that holds 160 bits.
pub const SHA1_BASE36_LENGTH: usize = 31;

/// The 20 bytes of a SHA-1.
pub type Sha1Bytes = [u8; 20];
/// The 32 bytes of a SHA-256.
pub type Sha256Bytes = [u8; 32];

/// SHA-256 of the concatenated parts.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Sha256Bytes {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SHA-1 of one text, as MediaWiki takes it over UTF-8 bytes.
#[must_use]
pub fn sha1(text: &[u8]) -> Sha1Bytes {
    Sha1::digest(text).into()
}

/// SHA-1 of each text, in order: several at once, where the processor can.
#[must_use]
pub fn sha1_each(texts: &[&[u8]]) -> Vec<Sha1Bytes> {
    lanes::sha1_each(texts)
}

/// SHA-256 of each text, in order: several at once, where the processor can.
#[must_use]
pub fn sha256_each(texts: &[&[u8]]) -> Vec<Sha256Bytes> {
    lanes::sha256_each(texts)
}

/// Lower-case base 36, left-padded with zeros to 31 characters, as in `<sha1>`.
#[must_use]
pub fn base36(digest: &Sha1Bytes) -> [u8; SHA1_BASE36_LENGTH] {
    let mut words = [0u32; 5];
    for (word, bytes) in words.iter_mut().zip(digest.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte));
    }
    let mut text = [b'0'; SHA1_BASE36_LENGTH];
    for place in text.iter_mut().rev() {
        let mut remainder = 0u64;
        for word in &mut words {
            let value = (remainder << 32) | u64::from(*word);
            *word = u32::try_from(value / 36).unwrap_or(u32::MAX); // value / 36 < 2^32 because remainder < 36
            remainder = value % 36;
        }
        let digit = u8::try_from(remainder).unwrap_or(0); // < 36
        *place = if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) };
    }
    text
}

/// The 20 bytes of a base-36 SHA-1; `None` unless it is 31 characters of `[0-9a-z]` below 2^160.
#[must_use]
pub fn parse_base36(text: &[u8]) -> Option<Sha1Bytes> {
    if text.len() != SHA1_BASE36_LENGTH {
        return None;
    }
    let mut words = [0u32; 5];
    for character in text {
        let digit = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'z' => character - b'a' + 10,
            _ => return None,
        };
        let mut carry = u64::from(digit);
        for word in words.iter_mut().rev() {
            let value = u64::from(*word) * 36 + carry;
            *word = u32::try_from(value & 0xffff_ffff).unwrap_or(u32::MAX); // masked
            carry = value >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base36_agrees_with_known_texts() {
        for (text, want) in [
            ("", "phoiac9h4m842xq45sp7s6u21eteeq1"),
            ("Hello", "syvtbocopvw4f81bf07ocly0sl8ybqo"),
            ("This is a slot", "p2w9gtded1hduym7e0wokxbezokvq8c"),
            ("{}", "mbqvfsr1gawa9eid5wppvmaes442iwf"),
            ("351", "00mmwx4pzph8ahzp90ksgtu43zcpkik"),
        ] {
            assert_eq!(base36(&sha1(text.as_bytes())), want.as_bytes(), "{text:?}");
        }
        assert_eq!(&base36(&[0xff; 20]), b"twj4yidkw7a8pn4g709kzmfoaol3x8f");
        assert_eq!(parse_base36(b"twj4yidkw7a8pn4g709kzmfoaol3x8g"), None, "2^160 does not fit");
        assert_eq!(parse_base36(b"TWJ4yidkw7a8pn4g709kzmfoaol3x8f"), None, "upper case");
        assert_eq!(parse_base36(b"phoiac"), None, "too short");
    }

    #[test]
    fn texts_hashed_together_agree_with_each_alone() {
        let bytes: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        let texts: Vec<&[u8]> = (0..=200).chain([1000, 5003, 20_000, 64, 64]).map(|length| &bytes[..length]).collect();
        for count in [0, 1, 2, 3, 4, 5, 7, 8, texts.len()] {
            let some = &texts[texts.len() - count..];
            assert_eq!(sha1_each(some), some.iter().map(|text| sha1(text)).collect::<Vec<_>>(), "{count}");
            assert_eq!(sha256_each(some), some.iter().map(|text| sha256(&[text])).collect::<Vec<_>>(), "{count}");
        }
    }

    proptest! {
        #[test]
        fn any_texts_hashed_together_agree_with_each_alone(
            texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..40)
        ) {
            let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(sha1_each(&texts), texts.iter().map(|text| sha1(text)).collect::<Vec<_>>());
            prop_assert_eq!(sha256_each(&texts), texts.iter().map(|text| sha256(&[text])).collect::<Vec<_>>());
        }

        #[test]
        fn base36_round_trips(digest: [u8; 20]) {
            prop_assert_eq!(parse_base36(&base36(&digest)), Some(digest));
        }
    }
}
