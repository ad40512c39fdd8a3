//! Tags in angle brackets: which ones wikitext knows, and what becomes of their content.

use super::bytes::{byte_at, slice};
use super::losses::Kind;

/// What a tag does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The element is left out with its content; the number is its place in [`BODIES`].
    Drop(Kind, u8),
    /// The content is kept as it stands, without markup.
    Verbatim(u8),
    /// A line break.
    Break,
    /// The tag is left out; its content stands on lines of its own.
    Block,
    /// The tag is left out; a space stands in its place.
    Cell,
    /// The tag is left out.
    Inline,
    /// `<table>`: left out up to its own closing tag, with tables inside.
    Table,
}

/// One tag as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    pub(super) role: Role,
    pub(super) closing: bool,
    pub(super) self_closing: bool,
    /// Where the text after the tag's `>` begins.
    pub(super) end: usize,
}

/// The names of elements whose end is searched for; the place in this list is the number in [`Role`].
pub(super) const BODIES: [&str; 25] = [
    "ref",
    "references",
    "gallery",
    "math",
    "chem",
    "ce",
    "syntaxhighlight",
    "source",
    "score",
    "timeline",
    "hiero",
    "graph",
    "mapframe",
    "maplink",
    "templatedata",
    "imagemap",
    "inputbox",
    "includeonly",
    "style",
    "nowiki",
    "pre",
    "dynamicpagelist",
    "categorytree",
    "charinsert",
    "indicator",
];

/// The place of `<ref>` in [`BODIES`].
pub(super) const REFERENCE: u8 = 0;

const LONGEST_NAME: usize = 16;

/// Reads the tag whose `<` is at `start`. `None` when no known tag stands there: then the `<` is text.
///
/// A tag ends at its first `>` (as in MediaWiki's preprocessor) and holds neither `<` nor a blank line, so that what is
/// looked at in vain never overlaps with what the next tag looks at. `looked_at` says how many bytes that were.
pub(super) fn read(text: &[u8], start: usize, looked_at: &mut usize) -> Option<Tag> {
    let closing = byte_at(text, start + 1) == b'/';
    let name_start = start + 1 + usize::from(closing);
    let candidate = slice(text, name_start, name_start + LONGEST_NAME + 1);
    let length = candidate.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if length == 0 || length > LONGEST_NAME {
        return None;
    }
    let mut name = [0_u8; LONGEST_NAME];
    for (lower, byte) in name.iter_mut().zip(candidate.iter().take(length)) {
        *lower = byte.to_ascii_lowercase();
    }
    let role = role_of(name.get(..length)?)?;
    let attributes = name_start + length;
    if !matches!(byte_at(text, attributes), b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r') {
        return None;
    }
    let rest = text.get(attributes..)?;
    let found = memchr::memchr2(b'>', b'<', rest);
    *looked_at = found.unwrap_or(rest.len());
    let stop = found?;
    let header = rest.get(..stop)?;
    if byte_at(rest, stop) != b'>' || memchr::memmem::find(header, b"\n\n").is_some() {
        return None;
    }
    let self_closing = !closing && header.last() == Some(&b'/');
    Some(Tag { role, closing, self_closing, end: attributes + stop + 1 })
}

/// The position of the next `</name`, from `start` on, without case.
pub(super) fn find_closing(text: &[u8], start: usize, body: u8) -> Option<usize> {
    let name = BODIES.get(usize::from(body))?.as_bytes();
    let rest = text.get(start..)?;
    memchr::memmem::find_iter(rest, b"</").map(|place| start + place).find(|&place| is_named(text, place + 2, name))
}

/// True when the tag name at `position` is `name`, without case.
pub(super) fn is_named(text: &[u8], position: usize, name: &[u8]) -> bool {
    slice(text, position, position + name.len()).eq_ignore_ascii_case(name)
        && !byte_at(text, position + name.len()).is_ascii_alphanumeric()
}

fn role_of(name: &[u8]) -> Option<Role> {
    let role = match name {
        b"ref" => Role::Drop(Kind::Reference, REFERENCE),
        b"references" => Role::Drop(Kind::Reference, 1),
        b"gallery" => Role::Drop(Kind::Gallery, 2),
        b"math" => Role::Drop(Kind::Math, 3),
        b"chem" => Role::Drop(Kind::Math, 4),
        b"ce" => Role::Drop(Kind::Math, 5),
        b"syntaxhighlight" => Role::Drop(Kind::SyntaxHighlight, 6),
        b"source" => Role::Drop(Kind::SyntaxHighlight, 7),
        b"score" => Role::Drop(Kind::Media, 8),
        b"timeline" => Role::Drop(Kind::Media, 9),
        b"hiero" => Role::Drop(Kind::Media, 10),
        b"graph" => Role::Drop(Kind::Media, 11),
        b"mapframe" => Role::Drop(Kind::Media, 12),
        b"maplink" => Role::Drop(Kind::Media, 13),
        b"templatedata" => Role::Drop(Kind::HtmlTag, 14),
        b"imagemap" => Role::Drop(Kind::File, 15),
        b"inputbox" => Role::Drop(Kind::HtmlTag, 16),
        b"includeonly" => Role::Drop(Kind::IncludeOnly, 17),
        b"style" => Role::Drop(Kind::HtmlTag, 18),
        b"nowiki" => Role::Verbatim(19),
        b"pre" => Role::Verbatim(20),
        b"dynamicpagelist" => Role::Drop(Kind::HtmlTag, 21),
        b"categorytree" => Role::Drop(Kind::HtmlTag, 22),
        b"charinsert" => Role::Drop(Kind::HtmlTag, 23),
        b"indicator" => Role::Drop(Kind::HtmlTag, 24),
        b"br" => Role::Break,
        b"table" => Role::Table,
        b"td" | b"th" => Role::Cell,
        b"p" | b"div" | b"center" | b"blockquote" | b"li" | b"ul" | b"ol" | b"dl" | b"dt" | b"dd" | b"tr"
        | b"caption" | b"thead" | b"tbody" | b"tfoot" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"hr"
        | b"poem" | b"header" | b"footer" | b"article" | b"aside" | b"figure" | b"figcaption" => Role::Block,
        b"a" | b"abbr" | b"b" | b"bdi" | b"bdo" | b"big" | b"cite" | b"code" | b"col" | b"colgroup" | b"data"
        | b"del" | b"dfn" | b"em" | b"font" | b"i" | b"img" | b"ins" | b"kbd" | b"link" | b"mark" | b"meta" | b"q"
        | b"rb" | b"rbc" | b"rp" | b"rt" | b"rtc" | b"ruby" | b"s" | b"samp" | b"section" | b"small" | b"span"
        | b"strike" | b"strong" | b"sub" | b"sup" | b"time" | b"tt" | b"u" | b"var" | b"wbr" | b"noinclude"
        | b"onlyinclude" | b"templatestyles" | b"languages" | b"translate" | b"tvar" | b"langconvert" | b"phonos"
        | b"pages" | b"pagelist" | b"pagequality" | b"index" | b"listing" | b"nobr" => Role::Inline,
        _ => return None,
    };
    Some(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_and_roles_agree() {
        for (place, name) in BODIES.iter().enumerate() {
            match role_of(name.as_bytes()) {
                Some(Role::Drop(_, body) | Role::Verbatim(body)) => {
                    assert_eq!(usize::from(body), place, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn known_tags_are_read_and_others_are_text() {
        let tag = read(b"<REF name=\"a\" />x", 0, &mut 0).unwrap();
        assert!(tag.self_closing && !tag.closing && tag.end == 16 && tag.role == Role::Drop(Kind::Reference, 0));
        assert!(read(b"</div >", 0, &mut 0).unwrap().closing);
        for text in ["<", "< b>", "<5 and >", "<john@example.org>", "<b", "<b <i>", "<b\n\n>", "<breakfast>", "<br.>"] {
            assert!(read(text.as_bytes(), 0, &mut 0).is_none(), "{text}");
        }
    }
}
