//! Finds where an element ends, over as many windows as it takes, and remembers the markup inside it.
//!
//! An element that is not well-formed ends at its own end tag, or before the next tag that belongs to the dump's structure:
//! such tags never stand raw inside texts, so one damaged record does not swallow the next.

use super::error::{Fault, Reason, shown};
use super::limits::{DEPTH, REVISION_TOKENS};
use super::scan::{CDATA_END, Element, Found, Kind, Markup, markup_at};

/// What `Frame::advance` came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// More bytes are needed.
    More,
    /// The element ends before this place.
    Done(usize),
    /// A construct that ends the run: the place, and what it is.
    Refused(usize, Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Doctype,
    Tag,
    Depth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Content,
    /// Inside a CDATA section that started at this place.
    CData(usize),
    /// After a defect: only structural tags count.
    Damaged,
}

/// What one frame leaves to the next, so that it need not be allocated again.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    names: Vec<u8>,
    open_elements: Vec<(usize, Element)>,
    inside: Vec<Markup>,
}

/// An element on its way through the windows. All places are relative to the element's `<`.
pub(crate) struct Frame {
    element: Element,
    keeps: bool,
    position: usize,
    mode: Mode,
    names: Vec<u8>,
    /// For each open element: the end of its name, and what it is.
    open_elements: Vec<(usize, Element)>,
    leaf: bool,
    /// The markup inside, in document order, without the element's own tags.
    pub(crate) inside: Vec<Markup>,
    pub(crate) open: Markup,
    pub(crate) content_end: usize,
    pub(crate) fault: Option<Fault>,
    /// Where the markup stopped making sense.
    damaged_at: Option<usize>,
}

impl Frame {
    /// Starts at the open tag `open` of the element at `bytes[0]`. One that is not kept records nothing and its bytes may be
    /// dropped as it goes.
    pub(crate) fn new(bytes: &[u8], open: Markup, keeps: bool, spare: Spare) -> Self {
        let Spare { mut names, mut open_elements, mut inside } = spare;
        names.clear();
        open_elements.clear();
        inside.clear();
        let mut frame = Self {
            element: open.element,
            keeps,
            position: open.end,
            mode: Mode::Content,
            names,
            open_elements,
            leaf: open.element.is_leaf(),
            inside,
            open,
            content_end: open.end,
            fault: None,
            damaged_at: None,
        };
        if open.kind == Kind::Open {
            frame.push(open.name(bytes), open.element);
        }
        frame
    }

    pub(crate) fn into_spare(self) -> Spare {
        Spare { names: self.names, open_elements: self.open_elements, inside: self.inside }
    }

    pub(crate) fn keeps(&self) -> bool {
        self.keeps
    }

    /// Bytes that were searched.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Gives up keeping the element, because of `fault`.
    pub(crate) fn give_up(&mut self, fault: Fault) {
        self.keeps = false;
        self.inside = Vec::new();
        self.fault.get_or_insert(fault);
    }

    /// Takes the defect, with the place and the bytes that show it.
    pub(crate) fn take_fault(&mut self, element: &[u8]) -> Option<Fault> {
        let fault = self.fault.take()?;
        match self.damaged_at.filter(|_| self.keeps && fault.reason == Reason::NotWellFormed) {
            Some(place) => {
                let seen = shown(element.get(place..).unwrap_or_default());
                Some(Fault::new(fault.reason, format!("{} at byte {place} of the element: {seen}", fault.detail)))
            }
            None => Some(fault),
        }
    }

    /// Tells that the first `count` bytes were dropped.
    pub(crate) fn rebase(&mut self, count: usize) {
        self.position -= count;
        if let Mode::CData(start) = &mut self.mode {
            *start = start.saturating_sub(count);
        }
    }

    /// Goes on until the element ends or `bytes` do. `bytes` starts at the element's `<`, or what was rebased of it.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Step {
        if self.open_elements.is_empty() {
            return Step::Done(self.position);
        }
        loop {
            if let Mode::CData(start) = self.mode {
                if !self.close_cdata(bytes, start) {
                    return Step::More;
                }
                continue;
            }
            let rest = bytes.get(self.position..).unwrap_or_default();
            let Some(jump) = memchr::memchr(b'<', rest) else {
                self.position = bytes.len();
                return Step::More;
            };
            self.position += jump;
            let step = if self.mode == Mode::Damaged { self.resynchronise(bytes) } else { self.take(bytes) };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn close_cdata(&mut self, bytes: &[u8], start: usize) -> bool {
        let rest = bytes.get(self.position..).unwrap_or_default();
        let Some(place) = memchr::memmem::find(rest, CDATA_END) else {
            // The end mark itself may be cut by the window.
            self.position = self.position.max(bytes.len().saturating_sub(CDATA_END.len() - 1));
            return false;
        };
        self.position += place + CDATA_END.len();
        self.mode = Mode::Content;
        let (element, end) = (Element::Unknown, self.position);
        self.record(Markup { kind: Kind::CData, element, start, end, name_end: end });
        true
    }

    /// Takes the markup at `position`; `None` to go on.
    fn take(&mut self, bytes: &[u8]) -> Option<Step> {
        let place = self.position;
        if self.leaf && bytes.get(place + 1).is_some_and(|byte| !matches!(byte, b'/' | b'!' | b'?')) {
            return self.damage(place, "markup inside a text field");
        }
        if let Some(found) = self.own_end(bytes, place) {
            return self.close(found);
        }
        let found = match markup_at(bytes, place) {
            Found::Incomplete => return Some(Step::More),
            Found::TooLong if self.leaf => {
                return self.damage(place, "a comment or tag without end");
            }
            Found::TooLong => return Some(Step::Refused(place, Refusal::Tag)),
            Found::Markup(found) => found,
        };
        match found.kind {
            Kind::Doctype if self.leaf => {
                return self.damage(place, "a DOCTYPE inside a text field");
            }
            Kind::Doctype => return Some(Step::Refused(place, Refusal::Doctype)),
            Kind::Broken => return self.damage(place, "a < that starts no markup"),
            Kind::CData => {
                self.mode = Mode::CData(place);
                self.position = found.end;
                return None;
            }
            Kind::Open if found.element.is_structure() => {
                return self.damage(place, "an element that belongs outside");
            }
            Kind::Open if self.open_elements.len() >= DEPTH => {
                return Some(Step::Refused(place, Refusal::Depth));
            }
            Kind::Open => self.push(found.name(bytes), found.element),
            Kind::Close => {
                if self.top() != found.name(bytes) {
                    return self.damage(place, "the end tag of another element");
                }
                return self.close(found);
            }
            Kind::Empty | Kind::Comment | Kind::Instruction => {}
        }
        self.position = found.end;
        self.leaf |= found.kind == Kind::Open && found.element.is_leaf();
        self.record(found);
        None
    }

    /// The end tag of the innermost element, written in the usual way.
    fn own_end(&self, bytes: &[u8], place: usize) -> Option<Markup> {
        let name = self.top();
        let (_, element) = self.open_elements.last()?;
        let after = bytes.get(place..)?.strip_prefix(b"</")?.strip_prefix(name)?;
        let name_end = place + 2 + name.len();
        (after.first()? == &b'>').then_some(Markup {
            kind: Kind::Close,
            element: *element,
            start: place,
            end: name_end + 1,
            name_end,
        })
    }

    /// Takes the end tag of the innermost element.
    fn close(&mut self, found: Markup) -> Option<Step> {
        self.pop();
        if self.open_elements.is_empty() {
            self.content_end = found.start;
            return Some(Step::Done(found.end));
        }
        self.position = found.end;
        self.leaf = false;
        self.record(found);
        None
    }

    fn record(&mut self, found: Markup) {
        if self.keeps {
            self.inside.push(found);
            if self.inside.len() > REVISION_TOKENS {
                self.give_up(Fault::new(
                    Reason::FieldTooLarge,
                    format!("more pieces of markup than: {REVISION_TOKENS}"),
                ));
            }
        }
    }

    fn damage(&mut self, place: usize, detail: &str) -> Option<Step> {
        self.fault.get_or_insert(Fault::new(Reason::NotWellFormed, detail));
        self.damaged_at.get_or_insert(place);
        self.mode = Mode::Damaged;
        self.position = place;
        None
    }

    /// After a defect: ends at the element's own end tag or before a structural tag.
    fn resynchronise(&mut self, bytes: &[u8]) -> Option<Step> {
        let place = self.position;
        let is_candidate =
            |tail: &[u8]| tail.len() < 2 || tail.get(1).is_some_and(|byte| *byte == b'/' || byte.is_ascii_alphabetic());
        if !is_candidate(bytes.get(place..).unwrap_or_default()) {
            self.position = place + 1;
            return None;
        }
        match markup_at(bytes, place) {
            Found::Incomplete => Some(Step::More),
            Found::Markup(found) if found.kind == Kind::Close && found.element == self.element => {
                let is_own = found.element != Element::Unknown || found.name(bytes) == self.outer();
                self.position = found.end;
                is_own.then_some(Step::Done(found.end))
            }
            Found::Markup(found) if found.kind != Kind::Broken && found.element.is_structure() => {
                Some(Step::Done(place))
            }
            Found::Markup(_) | Found::TooLong => {
                self.position = place + 1;
                None
            }
        }
    }

    fn outer(&self) -> &[u8] {
        self.open_elements.first().and_then(|(end, _)| self.names.get(..*end)).unwrap_or_default()
    }

    fn top(&self) -> &[u8] {
        let start = self.open_elements.iter().rev().nth(1).map_or(0, |(end, _)| *end);
        self.names.get(start..).unwrap_or_default()
    }

    fn push(&mut self, name: &[u8], element: Element) {
        self.names.extend_from_slice(name);
        self.open_elements.push((self.names.len(), element));
    }

    fn pop(&mut self) {
        self.open_elements.pop();
        self.names.truncate(self.open_elements.last().map_or(0, |(end, _)| *end));
    }
}

#[cfg(test)]
mod tests {
    use super::super::children::children;
    use super::*;

    fn framed(text: &str, window: usize) -> (Step, Frame) {
        let bytes = text.as_bytes();
        let Found::Markup(open) = markup_at(bytes, 0) else { unreachable!("a test starts with a tag") };
        let mut frame = Frame::new(bytes, open, true, Spare::default());
        let mut length = open.end;
        loop {
            length = (length + window).min(bytes.len());
            let step = frame.advance(&bytes[..length]);
            if step != Step::More || length == bytes.len() {
                return (step, frame);
            }
        }
    }

    #[test]
    fn an_element_ends_at_its_end_tag_whatever_the_windows() {
        let text =
            "<revision><id>1</id><!-- </revision> --><text>a<![CDATA[</revision>]]]>b</text><minor/></revision>tail";
        for window in 1..text.len() {
            let (step, frame) = framed(text, window);
            assert_eq!(step, Step::Done(text.len() - 4));
            assert_eq!(frame.fault, None);
            let elements: Vec<_> = children(&frame.inside).map(|child| child.open.element).collect();
            assert_eq!(elements, [Element::Id, Element::Text, Element::Minor]);
        }
    }

    #[test]
    fn a_damaged_element_ends_before_the_next_one() {
        for (text, end) in [
            ("<revision><text>a <br> b</text></revision><revision>", 42),
            ("<revision><text>a<revision><id>", 17),
            ("<revision><text>a</revision></page>", 28),
            ("<revision><text>a</page>", 17),
            ("<revision><text>1 < 2</text></revision>x", 39),
            ("<revision></id></revision>x", 26),
        ] {
            for window in 1..text.len() {
                let (step, frame) = framed(text, window);
                assert_eq!(step, Step::Done(end), "{text}");
                assert_eq!(frame.fault.map(|fault| fault.reason), Some(Reason::NotWellFormed), "{text}");
            }
        }
    }

    #[test]
    fn depth_is_limited() {
        let text = format!("<revision>{}", "<a>".repeat(100));
        assert!(matches!(framed(&text, 7).0, Step::Refused(55, Refusal::Depth)), "{:?}", framed(&text, 7).0);
    }
}
