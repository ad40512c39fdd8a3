//! Angle brackets (comments, tags) and words between underscores.

use super::bytes::{after_blanks, byte_at, follows, slice};
use super::entities;
use super::losses::Kind;
use super::region::{Region, Shape};
use super::scan::Scanner;
use super::tags::{self, BODIES, REFERENCE, Role, Tag};
use super::words;

/// Longer words between underscores are text.
const LONGEST_MAGIC_WORD: usize = 80;

/// The end of the magic word (`__NOTOC__`) that starts at `start`.
pub(super) fn magic_word_end(text: &[u8], start: usize) -> Option<usize> {
    let word_start = start + 2;
    if !follows(text, start, b"__") || byte_at(text, word_start) == b'_' {
        return None;
    }
    let window = slice(text, word_start, word_start + LONGEST_MAGIC_WORD);
    let length = memchr::memmem::find(window, b"__").filter(|&length| length >= 2)?;
    let word = std::str::from_utf8(window.get(..length)?).ok()?;
    words::is_switch(word).then_some(word_start + length + 2)
}

impl Scanner<'_> {
    pub(super) fn angle_bracket(&mut self) {
        let start = self.position;
        if follows(self.text, start, b"<!--") {
            match self.comment_end(start) {
                Some(end) => {
                    self.position = end;
                    self.lose(Kind::Comment, start);
                }
                None => self.lose_paragraph(start),
            }
        } else if let Some(tag) = self.read_tag() {
            self.tag(tag, start);
        } else if !self.translation_variable() {
            self.literal(1);
        }
    }

    /// `<tvar|name>text</>`, as pages that are translated had it; false when it is none.
    fn translation_variable(&mut self) -> bool {
        const OPENING: &[u8] = b"<tvar|";
        const LONGEST: usize = 100;
        let window = slice(self.text, self.position, self.position + LONGEST);
        if follows(window, 0, b"</>") && self.translation_variables > 0 {
            self.translation_variables -= 1;
            self.lose_tag(self.position + 3);
            return true;
        }
        let end = memchr::memchr2(b'>', b'\n', window).filter(|&end| byte_at(window, end) == b'>');
        let Some(end) = end.filter(|_| slice(window, 0, OPENING.len()).eq_ignore_ascii_case(OPENING)) else {
            return false;
        };
        self.translation_variables += 1;
        self.lose_tag(self.position + end + 1);
        true
    }

    pub(super) fn read_tag(&mut self) -> Option<Tag> {
        let mut looked_at = 0;
        let tag = tags::read(self.text, self.position, &mut looked_at);
        self.work(looked_at);
        tag
    }

    fn tag(&mut self, tag: Tag, start: usize) {
        match tag.role {
            Role::Drop(kind, _) if tag.self_closing => {
                self.position = tag.end;
                self.lose(kind, start);
            }
            Role::Drop(kind, body) if !tag.closing => match self.body_end(tag.end, body) {
                Some((_, end)) => {
                    self.position = end;
                    self.lose(kind, start);
                }
                None => self.lose_paragraph(start),
            },
            Role::Verbatim(body) if !tag.closing && !tag.self_closing => self.verbatim(tag, start, body),
            Role::Table if tag.closing && self.close_waiting_html_table(tag.end) => {}
            Role::Table if !tag.closing && !tag.self_closing => {
                self.position = tag.end;
                self.skip_region(Region::new(Shape::HtmlTable, Kind::Table, start));
            }
            role => {
                self.lose_tag(tag.end);
                match role {
                    Role::Break | Role::Block | Role::Table => self.break_line(),
                    Role::Cell if !matches!(self.line_end(), None | Some(b' ')) => self.push_text(b" "),
                    _ => {}
                }
            }
        }
    }

    fn lose_tag(&mut self, end: usize) {
        self.losses.add(Kind::HtmlTag, end.saturating_sub(self.position));
        self.line.touched = true;
        self.position = end;
    }

    /// Keeps the content of `<nowiki>` or `<pre>`. Character references are read, as MediaWiki reads them there.
    fn verbatim(&mut self, tag: Tag, start: usize, body: u8) {
        self.position = start;
        self.lose_tag(tag.end);
        let Some((content_end, end)) = self.body_end(tag.end, body) else {
            return;
        };
        let is_block = BODIES.get(usize::from(body)) == Some(&"pre");
        if is_block {
            self.break_line();
            self.line.after_loss = false;
        }
        while self.position < content_end {
            let rest = slice(self.text, self.position, content_end);
            let length = memchr::memchr(b'&', rest).unwrap_or(rest.len());
            self.push_text(rest.get(..length).unwrap_or_default());
            self.position += length;
            if self.position < content_end {
                match entities::decode(self.text, self.position) {
                    Some((decoded, end)) if end <= content_end => {
                        decoded.with(false, |bytes| self.push_text(bytes));
                        self.position = end;
                    }
                    _ => self.literal(1),
                }
            }
        }
        self.work(content_end - tag.end);
        self.lose_tag(end);
        if self.row.is_none() {
            let line = slice(self.out, self.line.out_start, self.out.len());
            if let Some(newline) = memchr::memrchr(b'\n', line) {
                self.line.out_start += newline + 1;
            }
        }
        if is_block {
            self.break_line();
        }
    }

    /// Where the comment at `start` ends, if it does.
    pub(super) fn comment_end(&mut self, start: usize) -> Option<usize> {
        if self.comment_end_absent {
            return None;
        }
        let rest = self.text.get(start + 4..).unwrap_or_default();
        let found = memchr::memmem::find(rest, b"-->");
        self.work(found.unwrap_or(rest.len()));
        self.comment_end_absent = found.is_none();
        found.map(|place| start + 4 + place + 3)
    }

    /// Where the content of an element ends, and where the text after its closing tag begins.
    pub(super) fn body_end(&mut self, content_start: usize, body: u8) -> Option<(usize, usize)> {
        let absent = 1_u32 << body;
        if self.absent_bodies & absent != 0 {
            return None;
        }
        let closing = if body == REFERENCE {
            self.reference_end(content_start)?
        } else {
            tags::find_closing(self.text, content_start, body)
        };
        self.work(closing.unwrap_or(self.text.len()).saturating_sub(content_start));
        let Some(closing) = closing else {
            self.absent_bodies |= absent;
            return None;
        };
        let name_end = closing + 2 + BODIES.get(usize::from(body)).map_or(0, |name| name.len());
        let rest = self.text.get(name_end..).unwrap_or_default();
        let bracket = name_end + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.work(bracket - name_end);
        Some((closing, bracket + usize::from(byte_at(self.text, bracket) == b'>')))
    }

    /// The closing tag of a reference. An inner `None`: there is none ahead. An outer one: a blank line and then another
    /// reference come first, so this one was never closed.
    #[expect(clippy::option_option, reason = "two ways of not being there, which the caller tells apart")]
    fn reference_end(&mut self, content_start: usize) -> Option<Option<usize>> {
        if content_start <= self.unclosed_references_before {
            return None;
        }
        let (mut position, mut paragraph_ended) = (content_start, false);
        loop {
            let rest = self.text.get(position..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'<', rest) else {
                return Some(None);
            };
            let place = position + length;
            let before = rest.get(..length).unwrap_or_default();
            paragraph_ended = paragraph_ended || memchr::memmem::find(before, b"\n\n").is_some();
            if byte_at(self.text, place + 1) == b'/' && tags::is_named(self.text, place + 2, b"ref") {
                return Some(Some(place));
            }
            position = place + 1;
            if paragraph_ended && tags::is_named(self.text, position, b"ref") {
                let opens = tags::read(self.text, place, &mut 0).is_some_and(|tag| !tag.self_closing);
                if opens {
                    self.work(place - content_start);
                    self.unclosed_references_before = place;
                    return None;
                }
            }
        }
    }

    /// Leaves out an element that never closes: up to the next blank line or heading.
    fn lose_paragraph(&mut self, start: usize) {
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.work(length + 1);
            self.position += length;
            if length == rest.len() || self.paragraph_ends() {
                break;
            }
            self.position += 1;
        }
        self.lose(Kind::Unclosed, start);
    }

    /// True when the line feed at the present position is followed by a blank line or by a heading.
    pub(super) fn paragraph_ends(&mut self) -> bool {
        let next = self.position + 1;
        let first = after_blanks(self.text, next);
        self.work(first - next);
        byte_at(self.text, first) == b'\n' || follows(self.text, next, b"==")
    }
}
