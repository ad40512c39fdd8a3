//! Apostrophes: italic, bold, and the rule that turns one bold mark of a line into an apostrophe.

use super::bytes::{run_length, slice};
use super::scan::Scanner;

/// The marks of one line. When both italic and bold marks are odd in number, MediaWiki (`Parser::doQuotes`) reads one
/// bold mark as an apostrophe and an italic mark, as in `L'''amour''`: the first one after a single letter, else the
/// first one after another word, else the first one after a space.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quotes {
    bold: u32,
    italic: u32,
    after_letter: Option<usize>,
    after_word: Option<usize>,
    after_space: Option<usize>,
}

impl Scanner<'_> {
    pub(super) fn apostrophes(&mut self) {
        let length = run_length(self.text, self.position, b'\'');
        self.work(length);
        let shown = match length {
            1 | 4 => 1,
            2 | 3 | 5 => 0,
            _ => length - 5,
        };
        self.push_text(slice(self.text, self.position, self.position + shown));
        self.position += length;
        if length == 1 {
            return;
        }
        self.line.touched = true;
        if matches!(length, 3 | 4) {
            self.note_bold();
        }
        self.line.quotes.bold += u32::from(length >= 3);
        self.line.quotes.italic += u32::from(length == 2 || length >= 5);
    }

    fn note_bold(&mut self) {
        let line = slice(self.out, self.line.out_start, self.out.len());
        let mut before = line.iter().rev();
        let (last, second_last) = (before.next(), before.next());
        let quotes = &mut self.line.quotes;
        let place = if last == Some(&b' ') {
            &mut quotes.after_space
        } else if second_last == Some(&b' ') {
            &mut quotes.after_letter
        } else {
            &mut quotes.after_word
        };
        place.get_or_insert(self.out.len());
    }

    /// Ends the line's marks; inserts the apostrophe that an odd pair leaves.
    pub(super) fn balance_quotes(&mut self) {
        let quotes = self.line.quotes;
        if quotes.bold.is_multiple_of(2) || quotes.italic.is_multiple_of(2) {
            return;
        }
        let place = quotes.after_letter.or(quotes.after_word).or(quotes.after_space);
        if let Some(place) = place {
            // what stood there may have been taken back since, and the place may lie inside another character
            let mut place = place.max(self.line.out_start).min(self.out.len());
            while self.out.get(place).is_some_and(|byte| byte & 0xc0 == 0x80) {
                place -= 1;
            }
            self.work(self.out.len() - place);
            self.out.insert(place, b'\'');
        }
    }
}
