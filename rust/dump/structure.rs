//! The tags that make up a document: roots, pages, and where one ends and the next begins.

use super::attributes;
use super::error::shown;
use super::frame::Frame;
use super::header::Header;
use super::parser::{OpenPage, Parser, Purpose, Task};
use super::scan::{Element, Kind, Markup};

impl Parser {
    pub(crate) fn inside_page(&mut self, found: Markup) -> bool {
        match (found.element, found.kind) {
            (Element::Page, Kind::Close) => {
                self.consume(found.end);
                self.close_page();
            }
            (Element::Page | Element::MediaWiki, _) => {
                self.ledger.warn(self.buffer.offset(), "a page without end tag");
                self.close_page(); // what ended it is taken in the next step
            }
            (_, Kind::Close) => {
                self.ledger.warn(self.buffer.offset(), "an end tag without start tag");
                self.consume(found.end);
            }
            (Element::Revision, _) => self.begin(found, Purpose::Revision),
            (Element::Title | Element::Id | Element::Ns | Element::Redirect | Element::Restrictions, _) => {
                if self.page.as_ref().is_some_and(|page| page.has_revisions) {
                    self.ledger.warn(self.buffer.offset(), "ignored a page's field after its first revision");
                    self.begin(found, Purpose::Skip);
                } else {
                    self.begin(found, Purpose::HeaderField);
                }
            }
            _ => self.skip(found),
        }
        true
    }

    pub(crate) fn outside_page(&mut self, found: Markup) -> bool {
        let offset = self.buffer.offset();
        self.is_dump |= matches!(
            found.element,
            Element::MediaWiki | Element::SiteInfo | Element::Page | Element::LogItem | Element::Revision
        );
        match (found.element, found.kind) {
            (_, Kind::Close) => self.close_outer(found),
            (Element::MediaWiki, _) => self.open_root(found),
            (Element::SiteInfo, _) => self.begin(found, Purpose::SiteInfo),
            (Element::Page, kind) => {
                if self.open.is_empty() && self.ledger.counts.pages == 0 {
                    self.ledger.warn(offset, "pages without a root element");
                }
                self.open_page(found);
                if kind == Kind::Empty {
                    self.close_page();
                }
            }
            (Element::Revision, _) => self.begin(found, Purpose::Revision),
            (Element::Unknown, Kind::Open) if self.open.is_empty() => {
                let name = found.name(self.buffer.rest()).to_vec();
                self.ledger.warn(offset, format!("an unknown root element: {}", shown(&name)));
                self.open.push(name);
                self.consume(found.end);
            }
            _ => self.skip(found),
        }
        true
    }

    fn open_root(&mut self, found: Markup) {
        let offset = self.buffer.offset();
        let name = found.name(self.buffer.rest()).to_vec();
        if self.open.contains(&name) {
            self.ledger.warn(offset, "a document begins inside another one");
            self.open.retain(|open| *open != name);
        } else if self.had_end {
            self.ledger.warn(offset, "another document follows");
        }
        let tag = found.attributes(self.buffer.rest());
        let value = |wanted: &[u8]| attributes::value(tag, wanted).ok().flatten();
        self.root = (value(b"version"), value(b"xml:lang"));
        self.context.set_version(self.root.0.as_deref());
        if found.kind == Kind::Open {
            self.open.push(name);
        }
        self.consume(found.end);
    }

    fn close_outer(&mut self, found: Markup) {
        let name = found.name(self.buffer.rest()).to_vec();
        match self.open.iter().rposition(|open| *open == name) {
            Some(place) => {
                self.open.truncate(place);
                self.had_end |= self.open.is_empty();
            }
            None => self.ledger.warn(self.buffer.offset(), format!("an end tag without start tag: {}", shown(&name))),
        }
        self.consume(found.end);
    }

    fn open_page(&mut self, found: Markup) {
        let start = self.buffer.offset();
        self.ledger.counts.pages += 1;
        self.seen.clear();
        let mut trail = std::mem::take(&mut self.spare_trail);
        trail.clear();
        self.page = Some(OpenPage {
            start,
            place: self.buffer.locate(start),
            header: Header::default(),
            settled: None,
            has_revisions: false,
            warned_of_memory: false,
            trail: Some(trail),
        });
        self.consume(found.end);
    }

    /// Skips an element with all that is in it, and counts it; a log item is read.
    fn skip(&mut self, found: Markup) {
        if found.element == Element::LogItem {
            self.ledger.counts.logitems += 1;
            return self.begin(found, Purpose::LogItem);
        }
        match found.element {
            Element::Upload => self.ledger.counts.uploads += 1,
            Element::DiscussionThreading => {}
            _ => self.ledger.counts.unknown_elements += 1,
        }
        self.begin(found, Purpose::Skip);
    }

    fn begin(&mut self, found: Markup, purpose: Purpose) {
        let start = self.buffer.offset();
        let keeps = purpose != Purpose::Skip;
        let frame = Frame::new(self.buffer.rest(), found, keeps, std::mem::take(&mut self.spare));
        self.task = Some(Task { frame, purpose, start, digest: None });
    }
}
