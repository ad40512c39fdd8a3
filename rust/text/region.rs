//! Elements that are skipped, and how far they reach.

use super::braces::{Braces, kind_of_braces};
use super::bytes::{after_blanks, byte_at, follows, run_length};
use super::losses::Kind;
use super::scan::Scanner;
use super::tags::Role;

/// What delimits an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{{ … }}`, `{{{ … }}}`
    Braces,
    /// `{| … |}` at the beginnings of lines
    Table,
    /// `[[ … ]]`
    Brackets,
    /// `<table> … </table>`
    HtmlTable,
}

/// An element that is being skipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub(super) shape: Shape,
    pub(super) kind: Kind,
    pub(super) start: usize,
    /// How many elements of this shape are open; braces count their own.
    pub(super) depth: u32,
    /// Single brackets that are open inside `[[ … ]]`.
    singles: u32,
    braces: Braces,
}

impl Region {
    pub(super) fn new(shape: Shape, kind: Kind, start: usize) -> Self {
        Region { shape, kind, start, depth: 1, singles: 0, braces: Braces::default() }
    }

    fn stops_at(shape: Shape, byte: u8) -> bool {
        match byte {
            b'\n' | b'<' => true,
            b'{' | b'}' => matches!(shape, Shape::Braces | Shape::Table),
            b'[' | b']' => shape == Shape::Brackets,
            _ => false,
        }
    }

    /// Reads the run of brackets at `position`: its length as far as it belongs to the element, and whether that ends.
    pub(super) fn read(&mut self, text: &[u8], position: usize) -> (usize, bool) {
        let byte = byte_at(text, position);
        let run = run_length(text, position, byte);
        match byte {
            b'{' => self.braces.open(run),
            b'}' => {
                let used = self.braces.close(run);
                if self.shape == Shape::Braces && self.braces.is_empty() {
                    return (used, true);
                }
            }
            b'[' => {
                self.depth = self.depth.saturating_add(u32::try_from(run / 2).unwrap_or(u32::MAX));
                self.singles = self.singles.saturating_add(u32::from(run % 2 == 1));
            }
            _ => return self.close_brackets(run),
        }
        (run, false)
    }

    /// A single bracket that is open takes the odd one of a run, as in `[[File:a.jpg|see [http://example.org b]]]`.
    pub(super) fn close_brackets(&mut self, run: usize) -> (usize, bool) {
        let single = usize::from(run % 2 == 1 && self.singles > 0);
        self.singles -= u32::from(single == 1);
        let pairs = (run - single) / 2;
        let needed = usize::try_from(self.depth).unwrap_or(usize::MAX);
        if pairs >= needed {
            return (single + 2 * needed, true);
        }
        self.depth = self.depth.saturating_sub(u32::try_from(pairs).unwrap_or(u32::MAX));
        (run, false)
    }
}

enum Progress {
    On,
    Closed,
    ParagraphEnds,
}

impl Scanner<'_> {
    /// Two or more braces, the beginning of a table, or text.
    pub(super) fn opening_brace(&mut self) {
        let start = self.position;
        let run = run_length(self.text, start, b'{');
        if run >= 2 {
            let kind = kind_of_braces(self.text, start, run);
            self.skip_region(Region::new(Shape::Braces, kind, start));
        } else if self.opens_variant() {
        } else if byte_at(self.text, start + 1) == b'|' && self.out.len() == self.line.out_start && self.links == 0 {
            self.position = start + 2;
            self.skip_region(Region::new(Shape::Table, Kind::Table, start));
        } else {
            self.literal(1);
        }
    }

    /// Skips an element whose opening brackets end at the present position (braces: begin there).
    pub(super) fn skip_region(&mut self, mut region: Region) {
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let length = rest.iter().position(|&byte| Region::stops_at(region.shape, byte));
            self.work(length.unwrap_or(rest.len()) + 1);
            let Some(length) = length else {
                self.position = self.text.len();
                self.lose(Kind::Unclosed, region.start);
                return;
            };
            self.position += length;
            let progress = match byte_at(self.text, self.position) {
                b'\n' => self.skip_line_feed(&mut region),
                b'<' => self.skip_angle_bracket(&mut region),
                _ => {
                    let (length, closed) = region.read(self.text, self.position);
                    self.work(length);
                    self.position += length;
                    if closed { Progress::Closed } else { Progress::On }
                }
            };
            match progress {
                Progress::On => {}
                Progress::Closed => {
                    self.lose(region.kind, region.start);
                    return;
                }
                Progress::ParagraphEnds => {
                    self.wait_for_end(region);
                    return;
                }
            }
        }
    }

    fn skip_line_feed(&mut self, region: &mut Region) -> Progress {
        if region.shape == Shape::Table {
            let first = after_blanks(self.text, self.position + 1);
            self.work(first - self.position);
            if follows(self.text, first, b"{|") {
                region.depth = region.depth.saturating_add(1);
                self.position = first + 2;
                return Progress::On;
            }
            // `|}}` ends a template's argument and the template, if one is open.
            let ends_template = byte_at(self.text, first + 2) == b'}' && !region.braces.is_empty();
            if follows(self.text, first, b"|}") && !ends_template {
                region.depth -= 1;
                self.position = first + 2;
                return if region.depth == 0 { Progress::Closed } else { Progress::On };
            }
        }
        if self.paragraph_ends() {
            return Progress::ParagraphEnds;
        }
        self.position += 1;
        Progress::On
    }

    /// Steps over comments and over what tags keep from being markup; counts HTML tables.
    fn skip_angle_bracket(&mut self, region: &mut Region) -> Progress {
        let start = self.position;
        self.position += 1;
        if follows(self.text, start, b"<!--") {
            if let Some(end) = self.comment_end(start) {
                self.position = end;
            }
            return Progress::On;
        }
        self.position = start;
        let tag = self.read_tag();
        self.position = tag.map_or(start + 1, |tag| tag.end);
        match tag.map(|tag| (tag.role, tag.closing, tag.self_closing, tag.end)) {
            Some((Role::Drop(_, body) | Role::Verbatim(body), false, false, end)) => {
                if let Some((_, end)) = self.body_end(end, body) {
                    self.position = end;
                }
            }
            Some((Role::Table, closing, false, _)) if region.shape == Shape::HtmlTable => {
                if !closing {
                    region.depth = region.depth.saturating_add(1);
                } else if region.depth > 1 {
                    region.depth -= 1;
                } else {
                    return Progress::Closed;
                }
            }
            _ => {}
        }
        Progress::On
    }
}
