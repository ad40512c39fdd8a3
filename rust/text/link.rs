//! Square brackets: links to pages, to files, to categories and to other sites.

use super::bytes::{after_blanks, byte_at, follows, slice};
use super::losses::Kind;
use super::region::{Region, Shape};
use super::scan::Scanner;

/// What an external link may begin with. Source: `$wgUrlProtocols` in MediaWiki's default settings.
const PROTOCOLS: [&[u8]; 22] = [
    b"http://",
    b"https://",
    b"//",
    b"ftp://",
    b"ftps://",
    b"mailto:",
    b"news:",
    b"irc://",
    b"ircs://",
    b"git://",
    b"svn://",
    b"ssh://",
    b"sftp://",
    b"gopher://",
    b"tel:",
    b"sip:",
    b"sips:",
    b"sms:",
    b"xmpp:",
    b"magnet:",
    b"urn:",
    b"geo:",
];

impl Scanner<'_> {
    pub(super) fn opening_bracket(&mut self) {
        let start = self.position;
        match (byte_at(self.text, start + 1), byte_at(self.text, start + 2)) {
            (b'[', b'[') => self.literal(1), // the last two of a run are the link's
            (b'[', _) if self.begins_url(start + 2) => self.literal(1), // an external link in brackets
            (b'[', _) => self.open_link(start),
            _ => self.open_external_link(start),
        }
    }

    fn open_link(&mut self, start: usize) {
        let target_start = start + 2;
        let rest = self.text.get(target_start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'|' | b']' | b'[' | b'{' | b'}' | b'<' | b'\n'))
            .unwrap_or(rest.len());
        self.work(length);
        let target = slice(rest, 0, length);
        let target_end = target_start + length;
        let stop = byte_at(self.text, target_end);
        if let Some(kind) = self.namespaces.loss_of(target)
            && (kind != Kind::Interlanguage || matches!(stop, b'|' | b']'))
        {
            self.position = target_end;
            self.skip_region(Region::new(Shape::Brackets, kind, start));
            return;
        }
        // A leading colon makes a link of what would be a category or a file; it is not shown.
        let blanks = after_blanks(self.text, target_start);
        let shown_start = if byte_at(self.text, blanks) == b':' { after_blanks(self.text, blanks + 1) } else { blanks };
        match stop {
            b'|' if follows(self.text, target_end + 1, b"]]") => {
                self.push_text(pipe_trick(slice(self.text, shown_start, target_end)));
                self.losses.add(Kind::LinkTarget, target_end.saturating_sub(shown_start));
                self.line.touched = true;
                self.position = target_end + 3;
            }
            b'|' => {
                self.losses.add(Kind::LinkTarget, length);
                self.enter_link(target_end + 1);
            }
            b']' if byte_at(self.text, target_end + 1) == b']' => self.enter_link(shown_start.min(target_end)),
            b'{' | b'<' => {
                self.enter_link(shown_start.min(target_end));
                self.line.link_target = Some(self.out.len());
            }
            _ => {
                self.position = target_start;
                self.lose(Kind::Unclosed, start);
            }
        }
    }

    fn enter_link(&mut self, shown_start: usize) {
        self.links = self.links.saturating_add(1);
        self.line.touched = true;
        self.position = shown_start;
    }

    fn open_external_link(&mut self, start: usize) {
        let url_start = start + 1;
        let is_link = self.begins_url(url_start);
        let rest = self.text.get(url_start..).unwrap_or_default();
        let ends_url = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'[' | b']' | b'<' | b'>' | b'"');
        let length = if is_link { rest.iter().position(ends_url) } else { None };
        self.work(length.unwrap_or(if is_link { rest.len() } else { 0 }));
        let Some(length) = length.filter(|&length| byte_at(rest, length) != b'\n') else {
            self.literal(1);
            return;
        };
        self.position = after_blanks(self.text, url_start + length);
        if byte_at(self.text, self.position) == b']' {
            self.position += 1;
            self.lose(Kind::ExternalLinkUrl, start);
        } else {
            self.losses.add(Kind::ExternalLinkUrl, self.position - start);
            self.line.external_links += 1;
            self.line.touched = true;
        }
    }

    fn begins_url(&self, start: usize) -> bool {
        // Every protocol has its colon among the first eight bytes, and few targets have one there.
        let begin = slice(self.text, start, start + 8);
        if !begin.contains(&b':') && !begin.starts_with(b"//") {
            return false;
        }
        PROTOCOLS.iter().any(|protocol| slice(self.text, start, start + protocol.len()).eq_ignore_ascii_case(protocol))
    }

    pub(super) fn closing_bracket(&mut self) {
        let doubled = byte_at(self.text, self.position + 1) == b']';
        if doubled && self.links > 0 {
            self.links -= 1;
            self.line.link_target = None;
            self.line.touched = true;
            self.position += 2;
        } else if doubled && self.close_waiting_brackets() {
        } else if self.line.external_links > 0 {
            self.line.external_links -= 1;
            self.line.touched = true;
            self.position += 1;
        } else {
            self.literal(1);
        }
    }

    /// Gives up the links that are open at a blank line, a heading or the end; their text stays.
    pub(super) fn unclosed_links(&mut self) {
        if self.links > 0 {
            self.losses.add_many(Kind::Unclosed, self.links, 2 * self.links as usize);
            self.links = 0;
        }
    }
}

/// The label that `[[Help:Page (topic)|]]` stands for: without the namespace, the topic in brackets, or what follows a
/// comma.
fn pipe_trick(target: &[u8]) -> &[u8] {
    let after_namespace = match target.iter().position(|&byte| byte == b':') {
        Some(colon) if colon > 0 => slice(target, colon + 1, target.len()),
        _ => target,
    };
    let name = after_namespace.trim_ascii();
    let topic = name.ends_with(b")").then(|| memchr::memmem::rfind(name, b" (")).flatten();
    let end = topic.or_else(|| memchr::memmem::find(name, b", ")).unwrap_or(name.len());
    slice(name, 0, end)
}
