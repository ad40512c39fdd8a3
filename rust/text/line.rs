//! Lines: what a line's first characters mean, and how a line ends in the output.

use super::bytes::{after_blanks, byte_at, follows, run_length, slice};
use super::losses::{Kind, Losses};
use super::quotes::Quotes;
use super::region::Shape;
use super::scan::Scanner;
use super::words;

/// The state that lasts for one line of output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The length of the output where the line begins.
    pub(super) out_start: usize,
    /// Markup stood on the line: if nothing else did, the line vanishes instead of standing as a blank one.
    pub(super) touched: bool,
    /// The last thing read was left out.
    pub(super) after_loss: bool,
    /// Where the equals signs at the line's beginning (with the blanks after them) begin and end in the text. They are
    /// a heading's if the line ends with such a sign, which nobody knows before its end.
    heading: Option<(usize, usize)>,
    /// How many `[http…` wait for their `]`.
    pub(super) external_links: u32,
    /// Where the target of an open link began in the output, when it holds markup of its own.
    pub(super) link_target: Option<usize>,
    pub(super) quotes: Quotes,
}

impl Line {
    pub(super) fn starting_at(out_start: usize) -> Self {
        Line {
            out_start,
            touched: false,
            after_loss: false,
            heading: None,
            external_links: 0,
            link_target: None,
            quotes: Quotes::default(),
        }
    }
}

/// A table row outside a table that closed: `| cell || cell`. It is left out when its line ends.
pub(super) struct Row {
    start: usize,
    /// The losses before the row, which counts as one loss with all it holds.
    losses: Losses,
    links: u32,
}

impl Scanner<'_> {
    /// `#REDIRECT` at the beginning of the page, in any language, when the caller did not set the page aside.
    pub(super) fn redirect_word(&mut self) {
        const LONGEST: usize = 64;
        let start = after_blanks(self.text, 0);
        let sign = ["#", "＃"].into_iter().find(|sign| follows(self.text, start, sign.as_bytes()));
        let Some(word_start) = sign.map(|sign| start + sign.len()) else {
            return;
        };
        let rest = slice(self.text, word_start, word_start + LONGEST);
        let length = rest.iter().position(|byte| matches!(byte, b' ' | b':' | b'[' | b'\t' | b'\r' | b'\n'));
        let word = std::str::from_utf8(slice(rest, 0, length.unwrap_or(0))).unwrap_or_default();
        if words::is_redirect(&word.to_lowercase()) {
            let end = word_start + word.len();
            self.position = after_blanks(self.text, end + usize::from(byte_at(self.text, end) == b':'));
            self.lose(Kind::MagicWord, 0);
        }
    }

    /// Reads what only the beginning of a line can mean; the position is a line's first byte.
    pub(super) fn begin_line(&mut self) {
        let first = after_blanks(self.text, self.position);
        self.work(first - self.position);
        match byte_at(self.text, first) {
            b'\n' => self.unclosed_links(), // a blank line
            b'=' if first == self.position => {
                self.unclosed_links();
                let level = run_length(self.text, first, b'=').min(6);
                self.position = after_blanks(self.text, first + level);
                self.work(self.position - first);
                self.line.heading = Some((first, self.position));
                self.line.touched = true;
            }
            b'-' if follows(self.text, self.position, b"----") => {
                self.line.touched = true;
                self.position += run_length(self.text, self.position, b'-');
            }
            b'*' | b'#' | b':' | b';' if first == self.position => {
                let rest = self.text.get(first..).unwrap_or_default();
                let markers = rest.iter().take_while(|byte| matches!(byte, b'*' | b'#' | b':' | b';')).count();
                self.work(markers);
                self.line.touched = true;
                self.position = after_blanks(self.text, first + markers);
            }
            b'!' if self.waiting(Shape::Table).is_some() => self.begin_row(first),
            // One space marks preformatted text; more of them are its indentation, which nothing needs at a bar.
            b'{' | b'|' | b'}' => self.position = first,
            _ if byte_at(self.text, self.position) == b' ' => self.position += 1,
            _ => {}
        }
    }

    /// A bar: the end of a link target, the beginning of a table row, or text.
    pub(super) fn bar(&mut self) {
        if let Some(mark) = self.line.link_target.take() {
            self.out.truncate(mark.max(self.line.out_start));
            self.position += 1;
        } else if self.links == 0 && self.row.is_none() && self.out.len() == self.line.out_start {
            // `|}}` ends a template rather than the table around it.
            let ends_template = byte_at(self.text, self.position + 2) == b'}'
                && self.waiting(Shape::Braces) > self.waiting(Shape::Table);
            if byte_at(self.text, self.position + 1) == b'}' && !ends_template && self.close_waiting_table() {
                return;
            }
            self.begin_row(self.position);
        } else {
            self.literal(1);
        }
    }

    fn begin_row(&mut self, start: usize) {
        self.row = Some(Row { start, losses: self.losses, links: self.links });
        self.line.touched = true;
        self.position = start + 1;
    }

    /// Leaves out the row that the present line is, as far as it goes.
    pub(super) fn end_row(&mut self, end: usize) {
        if let Some(row) = self.row.take() {
            self.out.truncate(self.line.out_start);
            self.line.quotes = Quotes::default();
            self.line.link_target = None;
            self.losses = row.losses;
            self.links = self.links.min(row.links);
            self.losses.add(Kind::Table, end.saturating_sub(row.start));
        }
    }

    pub(super) fn end_of_line(&mut self) {
        self.close_line();
        self.position += 1;
        self.line = Line::starting_at(self.out.len());
        self.begin_line();
    }

    /// Brings the output's last line into its final form and ends it, unless it vanishes.
    pub(super) fn close_line(&mut self) {
        self.end_row(self.position);
        self.balance_quotes();
        self.trim_line();
        if let Some((start, end)) = self.line.heading {
            self.end_heading(start, end);
        }
        let is_blank = !self.line.touched && self.out.len() > self.base && !self.out.ends_with(b"\n\n");
        if self.out.len() > self.line.out_start || is_blank {
            self.out.push(b'\n');
        }
    }

    /// Takes the blanks at the output's end away, within the line; the number of them is returned.
    pub(super) fn trim_line(&mut self) -> usize {
        let line = slice(self.out, self.line.out_start, self.out.len());
        let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        self.work(blanks);
        self.out.truncate(self.out.len() - blanks);
        blanks
    }

    /// Takes the closing equals signs away; puts back the opening ones that these do not match.
    fn end_heading(&mut self, start: usize, end: usize) {
        let line = slice(self.out, self.line.out_start, self.out.len());
        let closing = line.iter().rev().take(6).take_while(|&&byte| byte == b'=').count();
        let opening = run_length(self.text, start, b'=').min(6);
        let level = closing.min(opening);
        self.out.truncate(self.out.len() - level);
        if level < opening {
            let signs = slice(self.text, start + level, end);
            self.work(self.out.len() - self.line.out_start + signs.len());
            self.out.extend_from_slice(signs);
            if let Some(line) = self.out.get_mut(self.line.out_start..) {
                line.rotate_right(signs.len());
            }
        }
        self.trim_line();
    }

    /// A line break within a line of wikitext: `<br>`, or a tag that stands on a line of its own.
    pub(super) fn break_line(&mut self) {
        if self.row.is_none() && self.out.len() > self.line.out_start {
            self.balance_quotes();
            self.trim_line();
            if self.out.len() > self.line.out_start {
                self.out.push(b'\n');
            }
            self.line.out_start = self.out.len();
            self.line.quotes = Quotes::default();
            self.line.link_target = None;
        }
        self.line.after_loss = true;
    }
}
