//! Elements that wait for their end: a paragraph ended before they did.
//!
//! What follows is read as text, and taken back when the element does close.

use super::bytes::run_length;
use super::line::Line;
use super::losses::{Kind, Losses};
use super::region::{Region, Shape};
use super::scan::Scanner;
use super::variant::Variants;

/// How many elements may pass a blank line and still hope for their end, one inside the other. MediaWiki itself expands
/// templates to a depth of 100 at most; a page that needs more than a few is broken.
pub(super) const MAX_WAITING: usize = 32;

/// An element that a paragraph ended in. What follows is read as text, and taken back when the element does close.
pub(super) struct Frame {
    region: Region,
    resumed_at: usize,
    out_length: usize,
    space: bool,
    line: Line,
    losses: Losses,
    links: u32,
    variants: Variants,
}

impl Frame {
    /// What is lost if the element never closes.
    pub(super) fn given_up_bytes(&self) -> usize {
        self.resumed_at.saturating_sub(self.region.start)
    }
}

impl Scanner<'_> {
    /// Two or more braces end what waits for them; else they are text.
    pub(super) fn closing_brace(&mut self) {
        let run = run_length(self.text, self.position, b'}');
        self.work(run);
        match self.waiting(Shape::Braces).filter(|_| run >= 2) {
            Some(place) => {
                let closed = self.frames.get_mut(place).map(|frame| frame.region.read(self.text, self.position));
                self.after_waiting(place, closed);
            }
            None => self.literal(run),
        }
    }

    /// Reads on as if the element had ended at this paragraph, but remembers how to take that back.
    pub(super) fn wait_for_end(&mut self, region: Region) {
        if self.frames.len() >= MAX_WAITING {
            self.lose(Kind::Unclosed, region.start);
            return;
        }
        self.end_row(region.start);
        let space = self.trim_line() > 0;
        self.frames.push(Frame {
            region,
            resumed_at: self.position,
            out_length: self.out.len(),
            space,
            line: self.line,
            losses: self.losses,
            links: self.links,
            variants: self.variants,
        });
        if self.out.len() > self.line.out_start {
            self.out.push(b'\n');
        }
        self.line = Line::starting_at(self.out.len());
        self.line.touched = true;
        self.links = 0;
    }

    /// The innermost element of this shape that waits for its end.
    pub(super) fn waiting(&self, shape: Shape) -> Option<usize> {
        self.frames.iter().rposition(|frame| frame.region.shape == shape)
    }

    /// `]]` where a file's caption went on after a blank line; false when none waits.
    pub(super) fn close_waiting_brackets(&mut self) -> bool {
        let Some(place) = self.waiting(Shape::Brackets) else {
            return false;
        };
        let closed = self.frames.get_mut(place).map(|frame| frame.region.close_brackets(2));
        self.after_waiting(place, closed);
        true
    }

    /// `|}` at the beginning of a line; false when no table waits for it.
    pub(super) fn close_waiting_table(&mut self) -> bool {
        self.close_one_of(Shape::Table, self.position + 2)
    }

    /// `</table>`; false when no table waits for it.
    pub(super) fn close_waiting_html_table(&mut self, end: usize) -> bool {
        self.close_one_of(Shape::HtmlTable, end)
    }

    fn close_one_of(&mut self, shape: Shape, end: usize) -> bool {
        let Some(place) = self.waiting(shape) else {
            return false;
        };
        let closed = self.frames.get_mut(place).map(|frame| {
            frame.region.depth -= 1;
            (end - self.position, frame.region.depth == 0)
        });
        self.after_waiting(place, closed);
        true
    }

    fn after_waiting(&mut self, place: usize, closed: Option<(usize, bool)>) {
        let Some((length, closed)) = closed else {
            return;
        };
        self.position += length;
        self.line.touched = true;
        if !closed {
            return;
        }
        let Some(frame) = self.frames.drain(place..).next() else {
            return;
        };
        self.out.truncate(frame.out_length);
        if frame.space {
            self.out.push(b' ');
        }
        self.row = None;
        self.line = frame.line;
        self.line.link_target = self.line.link_target.map(|mark| mark.min(self.out.len())); // blanks before it are gone
        self.losses = frame.losses;
        self.links = frame.links;
        self.variants = frame.variants;
        self.lose(frame.region.kind, frame.region.start);
    }
}
