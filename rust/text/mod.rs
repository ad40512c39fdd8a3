//! Wikitext to plain text: one forward pass, with a counted report of what was left out.
//!
//! Templates are not expanded. Left out: templates, parameters, parser functions, tables, references, galleries, files,
//! categories, interlanguage links, comments, magic words, formulas, listings. Kept: link and heading text, list
//! text without its markers, bold and italic text without its apostrophes, what `<nowiki>` and `<pre>` hold.
//!
//! **How it stays linear.** The scanner never goes back. An element that is left out is skipped by counters until it
//! closes. If a blank line or a heading comes first, nobody can know yet whether it will close: the scanner notes how
//! long the output is and reads on as if it never closed. When it does close, the output is cut back to the note; when
//! the text ends first, what was read stays, and only the part before the blank line is lost (kind `unclosed`). At most
//! `MAX_WAITING` elements wait so; one more is given up at its blank line.

mod after_loss;
mod braces;
mod bytes;
mod column;
mod entities;
mod entity_names;
mod languages;
mod line;
mod link;
mod local_names;
mod losses;
mod markup;
mod namespaces;
mod quotes;
mod region;
mod scan;
mod tags;
mod variant;
mod waiting;
mod words;

#[cfg(test)]
mod tests;

pub use column::plain_text_batch;
pub use losses::{Kind, Loss};
pub use namespaces::Namespaces;

/// The plain text of a page and what it leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainText {
    pub text: String,
    /// Sorted by the kind's name, one line per kind that occurred.
    pub losses: Vec<Loss>,
}

/// Reads one page of wikitext.
#[must_use]
pub fn plain_text(wikitext: &str, namespaces: &Namespaces) -> PlainText {
    let mut out = Vec::with_capacity(wikitext.len());
    let losses = scan::append_plain_text(wikitext, namespaces, &mut out).report().collect();
    PlainText { text: String::from_utf8_lossy(&out).into_owned(), losses }
}
