//! Language variants: `-{zh-hans:计算机;zh-hant:電腦}-` shows one text of several.

use super::bytes::{after_blanks, byte_at, follows, slice};
use super::losses::Kind;
use super::scan::Scanner;

/// Languages that MediaWiki writes in more than one script (`LanguageConverter` and its subclasses).
const LANGUAGES: &str = " zh sr sh kk tg uz iu ku shi crh gan ban mni wuu zgh tly ";

/// The text that is being shown out of `-{ … }-`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub(super) content_end: usize,
    /// Where the text after `}-` begins.
    after: usize,
}

impl Scanner<'_> {
    /// Enters the variant whose brace is at the present position; false when none begins there.
    ///
    /// Chemical names hold such brackets too (`5-{[4-methyl]sulfonyl}-2-…`): after a Latin letter or a digit they are
    /// text, unless a language code follows.
    pub(super) fn opens_variant(&mut self) -> bool {
        let (start, content_start) = (self.position.saturating_sub(1), self.position + 1);
        if self.position == 0 || byte_at(self.text, start) != b'-' || self.variant.is_some() {
            return false;
        }
        if self.out.len() == self.line.out_start || self.out.last() != Some(&b'-') {
            return false;
        }
        let Some(content_end) = self.variant_end(content_start) else {
            return false;
        };
        let content = slice(self.text, content_start, content_end);
        let flags = flags_length(content);
        let first = content_start + flags;
        let coded = code_length(slice(self.text, first, content_end));
        let in_word = start > 0 && byte_at(self.text, start - 1).is_ascii_alphanumeric();
        if in_word && coded.is_none() && flags == 0 {
            return false;
        }
        self.out.pop();
        let after = content_end + 2;
        if slice(content, 0, flags).iter().any(|flag| matches!(flag, b'H' | b'T' | b'-' | b'N')) {
            self.position = after;
            self.lose(Kind::LanguageVariant, start);
            return true;
        }
        let shown_start = after_blanks(self.text, first + coded.unwrap_or(0)).min(content_end);
        let shown = slice(self.text, shown_start, content_end);
        let shown_length = if coded.is_some() { first_alternative(shown) } else { shown.len() };
        self.work(content.len());
        self.losses.add(Kind::LanguageVariant, shown_start - start); // the rest is counted on leaving
        self.line.touched = true;
        self.position = shown_start;
        self.variant = Some(Variant { content_end: shown_start + shown_length, after });
        true
    }

    /// Goes on after a variant that is read to its end; false when none is open.
    pub(super) fn leave_variant(&mut self) -> bool {
        let Some(variant) = self.variant.take() else {
            return false;
        };
        let unread = variant.after.saturating_sub(self.position.max(variant.content_end));
        self.losses.add_many(Kind::LanguageVariant, 0, unread);
        self.position = self.position.max(variant.after);
        true
    }

    /// The position of the `}-` that ends a variant: before the next `-{` and within the paragraph.
    fn variant_end(&mut self, content_start: usize) -> Option<usize> {
        let rest = self.text.get(content_start..)?;
        let mut template_braces = 0_usize;
        let mut before = 0;
        for (place, &byte) in rest.iter().enumerate() {
            self.work(1);
            let next = byte_at(rest, place + 1);
            match byte {
                b'{' if before == b'{' || next == b'{' => template_braces += 1,
                b'{' if before == b'-' => return None,
                b'}' if template_braces > 0 && (before == b'}' || next == b'}') => template_braces -= 1,
                b'}' if next == b'-' => return Some(content_start + place),
                b'\n' if next == b'\n' => return None,
                _ => {}
            }
            before = byte;
        }
        None
    }
}

/// The length of the flags before a bar, with the bar: `H|`, `zh-hans|`.
fn flags_length(content: &[u8]) -> usize {
    let flag = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b';' | b'-' | b' ');
    let length = content.iter().take(32).take_while(|byte| flag(byte)).count();
    if byte_at(content, length) == b'|' { length + 1 } else { 0 }
}

/// The length of a language code with its colon, if one stands at the beginning: `zh-hans:`.
fn code_length(content: &[u8]) -> Option<usize> {
    let start = after_blanks(content, 0);
    let letters = |from: usize| {
        slice(content, from, content.len()).iter().take(16).take_while(|byte| byte.is_ascii_lowercase()).count()
    };
    let language_end = start + letters(start);
    let language = std::str::from_utf8(slice(content, start, language_end)).ok()?;
    if language.is_empty() || !LANGUAGES.split(' ').any(|known| known == language) {
        return None;
    }
    let mut end = language_end;
    while byte_at(content, end) == b'-' {
        end += 1 + letters(end + 1);
    }
    let colon = after_blanks(content, end);
    follows(content, colon, b":").then_some(colon + 1)
}

/// The length of the text before the next `;` that a language code (or nothing) follows.
fn first_alternative(shown: &[u8]) -> usize {
    let ends_at = |place: &usize| {
        let rest = slice(shown, place + 1, shown.len());
        code_length(rest).is_some() || rest.trim_ascii().is_empty()
    };
    memchr::memchr_iter(b';', shown).find(ends_at).unwrap_or(shown.len())
}
