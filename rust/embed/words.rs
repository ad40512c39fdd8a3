//! Text to words: one fold for every script, no language detection.

use std::ops::RangeInclusive;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Code points of a word at most; longer runs (scripts without spaces, for the most part) are cut.
pub(super) const MAX_WORD_LENGTH: usize = 40;

const ASCII: RangeInclusive<u8> = 0..=0x7f;

/// Writes NFKC of the text, then each code point's own lower case (no rule for final sigma), into `folded`.
///
/// Every ASCII character starts afresh under NFKC: it never composes with what is before it. So the text is cut there,
/// and only the pieces with other characters, each with the ASCII character that a mark may follow, are normalised.
pub(super) fn fold(text: &str, folded: &mut String) {
    folded.clear();
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| !ASCII.contains(&byte)).unwrap_or(rest.len());
        let plain = if ascii == rest.len() { ascii } else { ascii.saturating_sub(1) };
        let other = rest.bytes().skip(ascii).position(|byte| ASCII.contains(&byte));
        let (head, tail) = rest.split_at(plain);
        let (piece, after) = tail.split_at(other.map_or(tail.len(), |length| ascii - plain + length));
        let start = folded.len();
        folded.push_str(head);
        if let Some(head) = folded.get_mut(start..) {
            head.make_ascii_lowercase();
        }
        if is_nfkc_quick(piece.chars()) == IsNormalized::Yes {
            folded.extend(piece.chars().flat_map(char::to_lowercase));
        } else {
            folded.extend(piece.nfkc().flat_map(char::to_lowercase));
        }
        rest = after;
    }
}

/// Whether a folded character belongs to a word: Alphabetic, M* and N* do.
///
/// Alphabetic beyond letters, marks and numbers is four ranges of circled and squared letters, which are symbols by
/// category. So one table of categories decides, and not also that of the compiler's version of Unicode.
pub(super) fn is_word_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    let letter_like = matches!(
        character,
        '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f149}' | '\u{1f150}'..='\u{1f169}' | '\u{1f170}'..='\u{1f189}'
    );
    letter_like
        || matches!(
            character.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Number
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_properties::GeneralCategory;

    proptest! {
        #[test]
        fn folding_piece_by_piece_is_folding_the_whole(
            text in proptest::collection::vec(
                prop_oneof![3 => "[ -~]{0,3}", 1 => any::<char>().prop_map(String::from), 2 => "[\u{300}-\u{340}\u{1100}-\u{11ff}\
                    가-각ẛİΣﬁ①Ⅳｶﾞ\u{3099}\u{9be}\u{9c7}]{0,4}"], 0..30,
            ).prop_map(|parts| parts.concat())
        ) {
            let mut folded = String::new();
            fold(&text, &mut folded);
            prop_assert_eq!(folded, text.nfkc().flat_map(char::to_lowercase).collect::<String>());
        }
    }

    /// The standard library's table is older than that of the categories, so only one direction can be exact.
    #[test]
    fn alphabetic_and_numeric_characters_are_word_characters() {
        for character in '\0'..=char::MAX {
            let unassigned = character.general_category() == GeneralCategory::Unassigned;
            assert!(!character.is_alphanumeric() || is_word_character(character), "{character:?} left out");
            assert!(!unassigned || !is_word_character(character), "{character:?} is unassigned");
            if character.general_category_group() == GeneralCategoryGroup::Symbol && is_word_character(character) {
                assert!(character.is_alphabetic(), "{character:?} is a symbol");
            }
        }
    }
}
