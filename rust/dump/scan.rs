//! Markup at a `<`: tags, comments, CDATA, instructions. Text holds no raw `<`, so a scan jumps from `<` to `<`.

use super::limits::TAG_BYTES;

/// The elements that mean something here, by local name; namespace prefixes do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Action,
    Comment,
    Content,
    Contributor,
    DiscussionThreading,
    Format,
    Id,
    Ip,
    LogItem,
    LogTitle,
    MediaWiki,
    Minor,
    Model,
    Namespace,
    Ns,
    Origin,
    Page,
    Params,
    ParentId,
    Redirect,
    Restrictions,
    Revision,
    Role,
    Sha1,
    SiteInfo,
    SiteInfoField,
    Text,
    Timestamp,
    Title,
    Type,
    Upload,
    Username,
    Unknown,
}

impl Element {
    fn named(local: &[u8]) -> Self {
        match local {
            b"action" => Self::Action,
            b"comment" => Self::Comment,
            b"content" => Self::Content,
            b"contributor" => Self::Contributor,
            b"discussionthreadinginfo" | b"DiscussionThreading" => Self::DiscussionThreading,
            b"format" => Self::Format,
            b"id" => Self::Id,
            b"ip" => Self::Ip,
            b"logitem" => Self::LogItem,
            b"logtitle" => Self::LogTitle,
            b"mediawiki" => Self::MediaWiki,
            b"minor" => Self::Minor,
            b"model" => Self::Model,
            b"namespace" => Self::Namespace,
            b"ns" => Self::Ns,
            b"origin" => Self::Origin,
            b"page" => Self::Page,
            b"params" => Self::Params,
            b"parentid" => Self::ParentId,
            b"redirect" => Self::Redirect,
            b"restrictions" => Self::Restrictions,
            b"revision" => Self::Revision,
            b"role" => Self::Role,
            b"sha1" => Self::Sha1,
            b"siteinfo" => Self::SiteInfo,
            b"sitename" | b"dbname" | b"base" | b"generator" | b"case" => Self::SiteInfoField,
            b"text" => Self::Text,
            b"timestamp" => Self::Timestamp,
            b"title" => Self::Title,
            b"type" => Self::Type,
            b"upload" => Self::Upload,
            b"username" => Self::Username,
            _ => Self::Unknown,
        }
    }

    /// Elements that hold text and nothing else: a tag inside them is a defect.
    pub(crate) fn is_leaf(self) -> bool {
        matches!(
            self,
            Self::Action
                | Self::Comment
                | Self::Format
                | Self::Id
                | Self::Ip
                | Self::LogTitle
                | Self::Minor
                | Self::Model
                | Self::Namespace
                | Self::Ns
                | Self::Origin
                | Self::ParentId
                | Self::Params
                | Self::Redirect
                | Self::Restrictions
                | Self::Role
                | Self::Sha1
                | Self::SiteInfoField
                | Self::Text
                | Self::Timestamp
                | Self::Title
                | Self::Type
                | Self::Username
        )
    }

    /// Elements whose tags show where a damaged record ends, wherever they stand.
    pub(crate) fn is_structure(self) -> bool {
        matches!(self, Self::MediaWiki | Self::Page | Self::Revision)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Open,
    /// `<minor/>`
    Empty,
    Close,
    Comment,
    /// As found: the opening `<![CDATA[` only. Inside a frame: the whole section.
    CData,
    Instruction,
    Doctype,
    /// A `<` that starts no markup.
    Broken,
}

/// One piece of markup: `start` is its `<`, `end` the byte after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Markup {
    pub(crate) kind: Kind,
    pub(crate) element: Element,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// End of the qualified name, which starts one byte after `<`, or two after `</`.
    pub(crate) name_end: usize,
}

impl Markup {
    /// The qualified name as written.
    pub(crate) fn name<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        let start = self.start + if self.kind == Kind::Close { 2 } else { 1 };
        buffer.get(start..self.name_end).unwrap_or_default()
    }

    /// The tag behind its name, where attributes are.
    pub(crate) fn attributes<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        let tail = if self.kind == Kind::Empty { 2 } else { 1 };
        buffer.get(self.name_end..self.end.saturating_sub(tail)).unwrap_or_default()
    }
}

/// What stands at a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Markup(Markup),
    /// The buffer ends inside the markup.
    Incomplete,
    /// The markup goes on beyond `TAG_BYTES`.
    TooLong,
}

pub(crate) const CDATA_START: &[u8] = b"<![CDATA[";
pub(crate) const CDATA_END: &[u8] = b"]]>";

/// Reads the markup at `start`, the place of a `<`.
pub(crate) fn markup_at(buffer: &[u8], start: usize) -> Found {
    let rest = buffer.get(start..).unwrap_or_default();
    match rest.get(1) {
        None => Found::Incomplete,
        Some(b'!') => declaration_at(rest, start),
        Some(b'?') => ended_by(rest, start, b"?>", Kind::Instruction),
        Some(b'/') => tag_at(rest, start, 2),
        Some(_) => tag_at(rest, start, 1),
    }
}

fn markup(kind: Kind, start: usize, length: usize) -> Found {
    let end = start + length;
    Found::Markup(Markup { kind, element: Element::Unknown, start, end, name_end: end })
}

fn declaration_at(rest: &[u8], start: usize) -> Found {
    const COMMENT_START: &[u8] = b"<!--";
    const DOCTYPE_START: &[u8] = b"<!DOCTYPE";
    if rest.starts_with(COMMENT_START) {
        return match ended_by(rest.get(4..).unwrap_or_default(), start + 4, b"-->", Kind::Comment) {
            Found::Markup(found) => Found::Markup(Markup { start, ..found }),
            other => other,
        };
    }
    if rest.starts_with(CDATA_START) {
        return markup(Kind::CData, start, CDATA_START.len());
    }
    let head = rest.get(..DOCTYPE_START.len()).unwrap_or(rest);
    if head.eq_ignore_ascii_case(DOCTYPE_START) {
        return markup(Kind::Doctype, start, DOCTYPE_START.len());
    }
    let may_become = |whole: &[u8]| whole.get(..head.len()).is_some_and(|part| part.eq_ignore_ascii_case(head));
    if may_become(COMMENT_START) || may_become(CDATA_START) || may_become(DOCTYPE_START) {
        return Found::Incomplete;
    }
    markup(Kind::Broken, start, 1)
}

fn ended_by(rest: &[u8], start: usize, end: &[u8], kind: Kind) -> Found {
    let searched = rest.get(..TAG_BYTES).unwrap_or(rest);
    match memchr::memmem::find(searched, end) {
        Some(place) => markup(kind, start, place + end.len()),
        None if searched.len() < TAG_BYTES => Found::Incomplete,
        None => Found::TooLong,
    }
}

const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

const fn is_name_byte(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
}

/// Set in the class of a byte that may stand in a name.
const NAME: u8 = 1;
/// Set in the class of a byte that matters behind a tag's name.
const DELIMITER: u8 = 2;

/// What a byte means inside a tag.
#[expect(clippy::indexing_slicing, reason = "a table of all bytes, filled by the compiler")]
fn class(byte: u8) -> u8 {
    static CLASSES: [u8; 256] = {
        let mut classes = [0; 256];
        let mut byte = 0u8;
        loop {
            let delimiter = if matches!(byte, b'<' | b'>' | b'"' | b'\'') { DELIMITER } else { 0 };
            classes[byte as usize] = if is_name_byte(byte) { NAME } else { delimiter };
            if byte == u8::MAX {
                break classes;
            }
            byte += 1;
        }
    };
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

fn tag_at(rest: &[u8], start: usize, name_start: usize) -> Found {
    let searched = rest.get(..TAG_BYTES).unwrap_or(rest);
    let unfinished = if searched.len() < TAG_BYTES { Found::Incomplete } else { Found::TooLong };
    let Some(first) = searched.get(name_start) else {
        return unfinished;
    };
    if !is_name_start(*first) {
        return markup(Kind::Broken, start, 1);
    }
    let name = searched.get(name_start..).unwrap_or_default();
    let Some(name_length) = name.iter().position(|byte| class(*byte) & NAME == 0) else {
        return unfinished;
    };
    let name_end = name_start + name_length;
    if searched.get(name_end).is_some_and(|byte| !matches!(byte, b'/' | b'>') && !byte.is_ascii_whitespace()) {
        return markup(Kind::Broken, start, 1);
    }
    let mut place = name_end;
    let mut quote = None;
    while let Some(jump) =
        searched.get(place..).and_then(|rest| rest.iter().position(|byte| class(*byte) & DELIMITER != 0))
    {
        place += jump;
        match (quote, searched.get(place)) {
            (_, Some(b'<')) => return markup(Kind::Broken, start, 1),
            (None, Some(b'>')) => return tag(searched, start, name_start, name_end, place),
            (None, mark) => quote = mark,
            (open, mark) if open == mark => quote = None,
            _ => {}
        }
        place += 1;
    }
    unfinished
}

/// A tag whose `>` is at `last`.
fn tag(rest: &[u8], start: usize, name_start: usize, name_end: usize, last: usize) -> Found {
    let name = rest.get(name_start..name_end).unwrap_or_default();
    let after = rest.get(name_end).copied().unwrap_or(b'>');
    let is_closing = name_start == 2;
    let behind = rest.get(name_end..last).unwrap_or_default();
    let is_empty = !is_closing && behind.last() == Some(&b'/');
    let well_placed = after.is_ascii_whitespace() || after == b'>' || (is_empty && name_end + 1 == last);
    if !well_placed || (is_closing && !behind.iter().all(u8::is_ascii_whitespace)) {
        return markup(Kind::Broken, start, 1);
    }
    let local = name.iter().rposition(|byte| *byte == b':').map_or(name, |colon| name.get(colon + 1..).unwrap_or(name));
    let kind = match (is_closing, is_empty) {
        (true, _) => Kind::Close,
        (false, true) => Kind::Empty,
        (false, false) => Kind::Open,
    };
    let element = Element::named(local);
    Found::Markup(Markup { kind, element, start, end: start + last + 1, name_end: start + name_end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Option<(Kind, Element, usize)> {
        match markup_at(text.as_bytes(), 0) {
            Found::Markup(found) => Some((found.kind, found.element, found.end)),
            Found::Incomplete | Found::TooLong => None,
        }
    }

    #[test]
    fn markup_is_told_apart() {
        assert_eq!(kind_of("<page>x"), Some((Kind::Open, Element::Page, 6)));
        assert_eq!(kind_of("<m:page a='>' b=\"/>\">x"), Some((Kind::Open, Element::Page, 21)));
        assert_eq!(kind_of("<minor />"), Some((Kind::Empty, Element::Minor, 9)));
        assert_eq!(kind_of("<minor/>"), Some((Kind::Empty, Element::Minor, 8)));
        assert_eq!(kind_of("</text >"), Some((Kind::Close, Element::Text, 8)));
        assert_eq!(kind_of("<!-- a -- > b -->"), Some((Kind::Comment, Element::Unknown, 17)));
        assert_eq!(kind_of("<!-->-->"), Some((Kind::Comment, Element::Unknown, 8)));
        assert_eq!(kind_of("<![CDATA[x"), Some((Kind::CData, Element::Unknown, 9)));
        assert_eq!(kind_of("<?xml version='1.0'?>"), Some((Kind::Instruction, Element::Unknown, 21)));
        assert_eq!(kind_of("<!doctype html"), Some((Kind::Doctype, Element::Unknown, 9)));
    }

    #[test]
    fn what_is_no_markup_is_broken() {
        for text in ["< page>", "<1>", "<page <", "<a\"b>", "<!ELEMENT", "</a b>", "<a b='<'>", "<page/ >x", "<E2%>"] {
            assert_eq!(kind_of(text).map(|found| found.0), Some(Kind::Broken), "{text}");
        }
    }

    #[test]
    fn every_cut_is_incomplete() {
        for whole in ["<page a=\"1\">", "</page>", "<!-- x -->", "<![CDATA[", "<?pi?>", "<!DOCTYPE"] {
            for length in 1..whole.len() {
                assert_eq!(markup_at(&whole.as_bytes()[..length], 0), Found::Incomplete, "{}", &whole[..length]);
            }
        }
    }

    #[test]
    fn long_markup_is_refused() {
        for start in ["<a ", "<!--", "<?a ", "<"] {
            let text = format!("{start}{}", "a".repeat(TAG_BYTES));
            assert_eq!(markup_at(text.as_bytes(), 0), Found::TooLong, "{start}");
        }
    }
}
