//! Language variants: `-{zh-hans:计算机;zh-hant:電腦}-` shows one text of several.

use super::bytes::{after_blanks, byte_at, follows, slice};
use super::losses::Kind;
use super::scan::Scanner;

/// Languages that MediaWiki writes in more than one script (`LanguageConverter` and its subclasses).
const LANGUAGES: &str = " zh sr sh kk tg uz iu ku shi crh gan ban mni wuu zgh tly ";

/// Variants inside variants; `LanguageConverter` goes no deeper than ten, and pages hardly ever deeper than two.
const DEEPEST: usize = 4;

/// Flags and codes before a bar are shorter: all variants of Chinese together have half as many bytes.
const LONGEST_FLAGS: usize = 128;

/// The text that is being shown out of `-{ … }-`.
#[derive(Clone, Copy, Debug, Default)]
struct Variant {
    content_end: usize,
    /// Where the text after `}-` begins.
    after: usize,
}

/// The variants that are open, outermost first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variants {
    open: [Variant; DEEPEST],
    depth: usize,
}

impl Variants {
    /// Where the innermost one's text ends.
    pub(super) fn content_end(&self) -> Option<usize> {
        let innermost = self.depth.checked_sub(1)?;
        self.open.get(innermost).map(|variant| variant.content_end)
    }

    fn is_full(&self) -> bool {
        self.depth >= DEEPEST
    }

    fn push(&mut self, variant: Variant) {
        if let Some(place) = self.open.get_mut(self.depth) {
            *place = variant;
            self.depth += 1;
        }
    }

    fn pop(&mut self) -> Option<Variant> {
        self.depth = self.depth.checked_sub(1)?;
        self.open.get(self.depth).copied()
    }
}

impl Scanner<'_> {
    /// Enters the variant whose brace is at the present position; false when none begins there.
    ///
    /// Chemical names hold such brackets too (`5-{[4-methyl]sulfonyl}-2-…`): after a Latin letter or a digit they are
    /// text, unless a language code follows.
    pub(super) fn opens_variant(&mut self) -> bool {
        let (start, content_start) = (self.position.saturating_sub(1), self.position + 1);
        if self.position == 0 || byte_at(self.text, start) != b'-' || self.variants.is_full() {
            return false;
        }
        if self.out.len() == self.line.out_start || self.out.last() != Some(&b'-') {
            return false;
        }
        let begin = slice(self.text, content_start, content_start + LONGEST_FLAGS);
        let flags = flags_length(begin);
        let is_marked = flags > 0 || code_length(begin).is_some() || begin.starts_with(b"}-");
        if !is_marked && start > 0 && byte_at(self.text, start - 1).is_ascii_alphanumeric() {
            return false;
        }
        let Some(content_end) = self.variant_end(content_start) else {
            return false;
        };
        let content = slice(self.text, content_start, content_end);
        let flags = flags.min(content.len());
        // A rule for one direction, `巨集=>zh-cn:宏`, shows what stands behind its arrow.
        let arrow = memchr::memmem::find(content, b"=>").map(|place| place + 2).filter(|&place| place > flags);
        let arrow = arrow.filter(|&place| code_length(slice(content, place, content.len())).is_some());
        let first = content_start + arrow.unwrap_or(flags);
        let coded = code_length(slice(self.text, first, content_end));
        self.out.pop();
        let after = content_end + 2;
        let is_hidden = |flag: &[u8]| matches!(flag.trim_ascii(), b"H" | b"T" | b"-" | b"N");
        if slice(content, 0, flags.saturating_sub(1)).split(|&byte| byte == b';').any(is_hidden) {
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
        self.variants.push(Variant { content_end: shown_start + shown_length, after });
        true
    }

    /// Goes on after a variant that is read to its end; false when none is open.
    pub(super) fn leave_variant(&mut self) -> bool {
        let Some(variant) = self.variants.pop() else {
            return false;
        };
        let unread = variant.after.saturating_sub(self.position.max(variant.content_end));
        self.losses.add_many(Kind::LanguageVariant, 0, unread);
        self.position = self.position.max(variant.after);
        true
    }

    /// The position of the `}-` that ends a variant, within the paragraph and past the variants inside. Where a variant
    /// before was never closed, one that opens before that paragraph's end must close before the next one opens, so that no
    /// text is looked at again and again.
    fn variant_end(&mut self, content_start: usize) -> Option<usize> {
        let nests = content_start > self.unclosed_variants_before;
        let rest = self.text.get(content_start..)?;
        let (mut template_braces, mut inner, mut before) = (0_usize, 0_usize, 0);
        let mut looked_at = 0;
        let mut found = None;
        for (place, &byte) in rest.iter().enumerate() {
            looked_at = place + 1;
            let next = byte_at(rest, place + 1);
            match byte {
                b'{' if before == b'{' || next == b'{' => template_braces += 1,
                b'{' if before == b'-' && nests => inner += 1,
                b'{' if before == b'-' => break,
                b'}' if template_braces > 0 && (before == b'}' || next == b'}') => template_braces -= 1,
                b'}' if next == b'-' && inner > 0 => inner -= 1,
                b'}' if next == b'-' => {
                    found = Some(content_start + place);
                    break;
                }
                b'\n' if next == b'\n' => break,
                _ => {}
            }
            before = byte;
        }
        self.work(looked_at);
        if found.is_none() && nests {
            self.unclosed_variants_before = content_start + looked_at;
        }
        found
    }
}

/// The length of the flags before a bar, with the bar: `H|`, `zh-hans|`.
fn flags_length(content: &[u8]) -> usize {
    let flag = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b';' | b'-' | b' ');
    let length = content.iter().take_while(|byte| flag(byte)).count();
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

/// The length of the text before the next `;` that a language code (or nothing) follows, outside of inner variants.
fn first_alternative(shown: &[u8]) -> usize {
    let (mut inner, mut before) = (0_usize, 0);
    for (place, &byte) in shown.iter().enumerate() {
        match byte {
            b'{' if before == b'-' => inner += 1,
            b'}' if byte_at(shown, place + 1) == b'-' => inner = inner.saturating_sub(1),
            b';' if inner == 0 => {
                let rest = slice(shown, place + 1, shown.len());
                if code_length(rest).is_some() || rest.trim_ascii().is_empty() {
                    return place;
                }
            }
            _ => {}
        }
        before = byte;
    }
    shown.len()
}
