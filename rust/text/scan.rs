//! The scanner: its state, the main loop over bytes that could be markup, and the end of the text.

use super::bytes::{byte_at, run_length, slice};
use super::entities;
use super::line::{Line, Row};
use super::losses::{Kind, Losses};
use super::namespaces::Namespaces;
use super::variant::Variants;
use super::waiting::Frame;

/// The bytes at which ordinary text may end.
const MARKUP: [bool; 256] = {
    let mut markup = [false; 256];
    let bytes = b"\n&'<[]{}_|";
    let mut place = 0;
    while place < bytes.len() {
        #[expect(clippy::indexing_slicing, reason = "a constant, checked when compiled")]
        {
            markup[bytes[place] as usize] = true;
        }
        place += 1;
    }
    markup
};

/// Everything the pass knows. Besides the output its size is bounded: `MAX_WAITING` frames at most.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) position: usize,
    pub(super) out: &'a mut Vec<u8>,
    /// Where this text's output begins; what lies before belongs to other texts.
    pub(super) base: usize,
    pub(super) namespaces: &'a Namespaces,
    pub(super) losses: Losses,
    pub(super) line: Line,
    pub(super) row: Option<Row>,
    /// How many `[[` wait for their `]]`.
    pub(super) links: u32,
    /// Elements that passed a blank line or a heading before they closed; outermost first.
    pub(super) frames: Vec<Frame>,
    pub(super) variants: Variants,
    /// Language variants that open before this position may never close.
    pub(super) unclosed_variants_before: usize,
    /// How many `<tvar|name>` wait for their `</>`.
    pub(super) translation_variables: u32,
    /// Bit n: no closing tag of body n lies ahead, so nobody searches for one again.
    pub(super) absent_bodies: u32,
    pub(super) comment_end_absent: bool,
    /// No `<ref>` that opens before this position is closed.
    pub(super) unclosed_references_before: usize,
    #[cfg(test)]
    pub(super) steps: u64,
}

/// Appends the plain text of `wikitext` to `out` and returns what it leaves out.
pub(super) fn append_plain_text(wikitext: &str, namespaces: &Namespaces, out: &mut Vec<u8>) -> Losses {
    let mut scanner = Scanner::new(wikitext.as_bytes(), namespaces, out);
    scanner.run();
    scanner.losses
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], namespaces: &'a Namespaces, out: &'a mut Vec<u8>) -> Self {
        let base = out.len();
        Scanner {
            text,
            position: 0,
            out,
            base,
            namespaces,
            losses: Losses::default(),
            line: Line::starting_at(base),
            row: None,
            links: 0,
            frames: Vec::new(),
            variants: Variants::default(),
            unclosed_variants_before: 0,
            translation_variables: 0,
            absent_bodies: 0,
            comment_end_absent: false,
            unclosed_references_before: 0,
            #[cfg(test)]
            steps: 0,
        }
    }

    pub(super) fn run(&mut self) {
        self.redirect_word();
        self.begin_line();
        loop {
            let limit = self.variants.content_end().unwrap_or(self.text.len());
            if self.position >= limit {
                if !self.leave_variant() {
                    break;
                }
                continue;
            }
            let rest = slice(self.text, self.position, limit);
            let length = rest.iter().position(|&byte| is_markup(byte)).unwrap_or(rest.len());
            self.work(length + 1);
            if length > 0 {
                self.push_text(rest.get(..length).unwrap_or_default());
                self.position += length;
            } else {
                self.markup(byte_at(rest, 0));
            }
        }
        self.finish();
    }

    fn markup(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_of_line(),
            b'&' => self.entity(),
            b'\'' => self.apostrophes(),
            b'<' => self.angle_bracket(),
            b'[' => self.opening_bracket(),
            b']' => self.closing_bracket(),
            b'{' => self.opening_brace(),
            b'}' => self.closing_brace(),
            b'_' => self.underscore(),
            b'|' => self.bar(),
            _ => self.literal(1),
        }
    }

    /// Keeps the next `length` bytes as text; they must be whole characters.
    pub(super) fn literal(&mut self, length: usize) {
        let text = slice(self.text, self.position, self.position + length);
        self.push_text(text);
        self.position += length;
    }

    /// Counts the bytes from `start` to the present position as lost, and remembers that something is missing here.
    pub(super) fn lose(&mut self, kind: Kind, start: usize) {
        self.losses.add(kind, self.position.saturating_sub(start));
        self.line.touched = true;
        self.line.after_loss = true;
    }

    fn entity(&mut self) {
        match entities::decode(self.text, self.position) {
            Some((decoded, end)) => {
                // A no-break space is layout; tokenisers and readers want the ordinary one.
                decoded.with(true, |bytes| self.push_text(bytes));
                self.position = end;
            }
            None => self.literal(1),
        }
    }

    /// `__TOC__` and its like, in any language.
    fn underscore(&mut self) {
        let start = self.position;
        if let Some(end) = super::markup::magic_word_end(self.text, start) {
            self.position = end;
            self.lose(Kind::MagicWord, start);
        } else {
            let run = run_length(self.text, start, b'_');
            self.work(run);
            self.literal(run);
        }
    }

    fn finish(&mut self) {
        self.close_line();
        for place in 0..self.frames.len() {
            if let Some(frame) = self.frames.get(place) {
                self.losses.add(Kind::Unclosed, frame.given_up_bytes());
            }
        }
        self.unclosed_links();
        let kept = slice(self.out, self.base, self.out.len());
        let blanks = kept.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.out.truncate(self.out.len() - blanks);
    }

    /// Counts work for the tests that hold the scanner to a linear number of steps.
    #[cfg(test)]
    pub(super) fn work(&mut self, steps: usize) {
        self.steps += steps as u64;
    }

    #[cfg(not(test))]
    #[inline]
    #[expect(clippy::unused_self, reason = "only the tests count")]
    pub(super) fn work(&self, _steps: usize) {}
}

fn is_markup(byte: u8) -> bool {
    MARKUP.get(usize::from(byte)).copied().unwrap_or(false)
}
