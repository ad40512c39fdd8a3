//! Text after something that was left out: no double spaces, no brackets around nothing.

use super::bytes::slice;
use super::losses::Kind;
use super::scan::Scanner;

/// An opening bracket, its closing one.
const BRACKETS: [(&str, &str); 2] = [("(", ")"), ("（", "）")];
/// What may stand between an opening bracket and a lost element's neighbour.
const SEPARATORS: [&str; 8] = [" ", ",", ";", ":", "、", "，", "；", "："];

impl Scanner<'_> {
    /// Appends text as it stands, but closes the gap if something was left out just before it.
    #[inline]
    pub(super) fn push_text(&mut self, text: &[u8]) {
        if self.line.after_loss {
            self.push_after_loss(text);
        } else {
            self.out.extend_from_slice(text);
        }
    }

    fn push_after_loss(&mut self, mut text: &[u8]) {
        let line = slice(self.out, self.line.out_start, self.out.len());
        let bracket = BRACKETS.iter().find(|(opening, _)| line.ends_with(opening.as_bytes()));
        if let Some((opening, closing)) = bracket {
            let separators = separators(text);
            text = text.get(separators..).unwrap_or_default();
            if separators > 0 {
                self.losses.add(Kind::Punctuation, separators);
            }
            if let Some(rest) = text.strip_prefix(closing.as_bytes()) {
                self.out.truncate(self.out.len() - opening.len());
                self.trim_line();
                self.losses.add(Kind::Punctuation, opening.len() + closing.len());
                text = rest;
            }
        }
        if BRACKETS.iter().any(|(_, closing)| text.starts_with(closing.as_bytes())) {
            self.cut_separators(); // "(Berlin, {{IPA|…}})"
        }
        if matches!(self.line_end(), None | Some(b' ' | b'\t')) {
            if text.first() == Some(&b' ') {
                text = text.trim_ascii_start();
            } else if matches!(text.first(), Some(b',' | b'.')) {
                self.trim_line(); // "word {{note}}, more"
            }
        }
        if self.line_end() == Some(b',') && text.first() == Some(&b',') {
            text = slice(text, 1, text.len()); // "word, {{IPA|…}}, more"
            self.losses.add(Kind::Punctuation, 1);
        }
        if !text.is_empty() {
            self.line.after_loss = false;
            self.out.extend_from_slice(text);
        }
    }

    /// The last byte that the present line shows so far.
    pub(super) fn line_end(&self) -> Option<u8> {
        slice(self.out, self.line.out_start, self.out.len()).last().copied()
    }

    /// Takes separators away from the end of the line.
    fn cut_separators(&mut self) {
        let line = slice(self.out, self.line.out_start, self.out.len());
        let mut kept = line.len();
        while let Some(found) = SEPARATORS.iter().find(|one| slice(line, 0, kept).ends_with(one.as_bytes())) {
            kept -= found.len();
        }
        let cut = line.len() - kept;
        self.work(cut);
        if cut > 0 {
            self.out.truncate(self.out.len() - cut);
            self.losses.add(Kind::Punctuation, cut);
        }
    }
}

/// The length of the separators that `text` begins with.
fn separators(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(found) = SEPARATORS.iter().find(|one| slice(text, length, text.len()).starts_with(one.as_bytes())) {
        length += found.len();
    }
    length
}
