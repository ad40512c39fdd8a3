//! Properties for any text, and the number of steps, which no clock can blur: linear for every hostile input.

use proptest::prelude::*;

use super::namespaces::Namespaces;
use super::scan::Scanner;
use super::{PlainText, plain_text};

/// The most steps that a byte of input may cost on the average, whatever the input.
const STEPS_PER_BYTE: u64 = 16;

/// What the scanner reacts to, with a little text in between.
const TOKENS: &[&str] = &[
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{",
    "}",
    "[[",
    "]]",
    "[",
    "]",
    "[[File:a|",
    "[[Category:",
    "[[a|",
    "|",
    "||",
    "\n",
    "\n\n",
    "\n==",
    "==\n",
    "\n{|",
    "\n|}",
    "\n|-",
    "\n| ",
    "\n!",
    "<ref>",
    "</ref>",
    "<ref name=a/>",
    "<ref",
    "<references>",
    "<!--",
    "-->",
    "<nowiki>",
    "</nowiki>",
    "<pre>",
    "</pre>",
    "<math>",
    "</math>",
    "<table>",
    "</table>",
    "<div",
    "<br>",
    "<td>",
    ">",
    "/>",
    "''",
    "'''",
    "''''",
    "'''''",
    "'",
    "-{",
    "}-",
    "-{zh:",
    ";zh-cn:",
    "H|",
    "__TOC__",
    "__",
    "&amp;",
    "&",
    "[http://a",
    " ",
    "  ",
    "(",
    ")",
    ",",
    "*",
    "#",
    ":",
    ";",
    "----",
    "=",
    "a",
    "bc",
    "é",
    "中",
    "（",
    "）",
    "\u{200e}",
    "\0",
];

fn read_counting(wikitext: &str) -> (PlainText, u64) {
    let namespaces = Namespaces::default();
    let mut out = Vec::new();
    let mut scanner = Scanner::new(wikitext.as_bytes(), &namespaces, &mut out);
    scanner.run();
    let (losses, steps) = (scanner.losses.report().collect(), scanner.steps);
    (PlainText { text: String::from_utf8(out).unwrap(), losses }, steps)
}

fn check(wikitext: &str) {
    let (got, steps) = read_counting(wikitext);
    assert!(got.text.len() <= wikitext.len(), "longer than the input: {wikitext:?}");
    let lost: u64 = got.losses.iter().map(|loss| loss.bytes).sum();
    assert!(lost <= wikitext.len() as u64, "{lost} bytes lost of {}: {wikitext:?}", wikitext.len());
    assert!(got.losses.iter().all(|loss| loss.count > 0));
    assert!(!got.text.contains("\u{FFFD}") || wikitext.contains('\u{FFFD}'));
    assert_eq!(got.text.trim_ascii_end(), got.text);
    assert!(steps <= STEPS_PER_BYTE * (wikitext.len() as u64 + 16), "{steps} steps: {wikitext:?}");
    assert_eq!(got, plain_text(wikitext, &Namespaces::default()));
}

fn markup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(TOKENS), 0..60).prop_map(|tokens| tokens.concat())
}

#[test]
fn an_apostrophe_never_splits_a_character() {
    check("[[''''</ref>''</ref></ref>|[[</ref>é");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_text_is_read(wikitext in any::<String>()) {
        check(&wikitext);
    }

    #[test]
    fn any_markup_is_read(wikitext in markup()) {
        check(&wikitext);
    }

    /// The same few tokens again and again: where an unbounded search would show.
    #[test]
    fn repeated_markup_costs_linear_steps(tokens in prop::collection::vec(prop::sample::select(TOKENS), 1..6), times in 1_usize..400) {
        check(&tokens.concat().repeat(times));
    }

    /// What closes is dropped as a whole, whatever paragraphs it holds.
    #[test]
    fn a_closed_template_leaves_its_surroundings(inside in "[a-z =|*'\n]{0,80}") {
        let (got, _) = read_counting(&format!("before {{{{{inside}}}}} after"));
        prop_assert_eq!(got.text, "before after");
        prop_assert_eq!(got.losses.len(), 1);
        prop_assert_eq!(got.losses[0].bytes, inside.len() as u64 + 4);
    }

    /// An unclosed construct never swallows what follows the blank line.
    #[test]
    fn an_unclosed_construct_ends_with_its_paragraph(
        opening in prop::sample::select(&["{{", "{{{", "[[File:", "<ref>", "{|", "<!--", "<math>", "<table>", "<gallery>"][..]),
        inside in "[a-z ]{0,20}",
        after in "[a-z]{1,20}",
    ) {
        let (got, _) = read_counting(&format!("{opening}{inside}\n\n{after}\n== H ==\nend"));
        prop_assert_eq!(got.text, format!("{after}\nH\nend"));
        prop_assert_eq!(got.losses[0].kind.name(), "unclosed");
    }
}

#[test]
fn hostile_input_costs_linear_steps() {
    let openings = [
        "{{",
        "[[",
        "<ref",
        "<ref>",
        "{|",
        "\n{|",
        "''",
        "<!--",
        "{{{",
        "-{",
        "<div",
        "<div>",
        "[[File:",
        "[[a|",
        "{{a|",
        "-{zh:",
        "<ref>\n\n",
        "{{\n\n",
        "\n{|\n\n",
        "[[File:a\n\n",
        "<table>",
        "<table>\n\n",
        "<math>",
        "<nowiki>",
        "[http://",
        "__",
        "__A",
        "&",
        "&amp",
        "=\n",
        "==a--> -->",
        "\n=<!--",
        "'''a''b\n",
        "'",
        "_",
        "[",
        "]",
        "}",
        "}}",
        "|",
        "\n|",
        "\n|}",
        "<",
        "<!-",
        "  ",
        " \n",
        "(",
        "({{a}}, ",
        "{{a}} ",
        "<br>",
        "<td>",
        "{{<ref>",
        "{{<!--",
        "{{a\n\n}}",
        "-{{{",
        "x-{\n",
        "{{\n\n<table>\n\n",
        "[[{{",
        "[[<",
        "[[a\n",
        "{{<ref>\n\n<ref>",
        "<ref>a<ref/>",
        "\n=",
        "\n!",
        "\n*",
        "{",
        "<ref name=\"",
        "</ref>",
        "</",
        "<b <",
    ];
    for opening in openings {
        for closing in ["", "}}", "]]", "</ref>", "-->", "|}", "}-", "\n\n", ">"] {
            let mut before = None;
            for size in [1_usize, 2, 4, 8] {
                let wikitext = opening.repeat(size * 20_000 / opening.len()) + &closing.repeat(size * 100);
                let (_, steps) = read_counting(&wikitext);
                assert!(
                    steps <= STEPS_PER_BYTE * wikitext.len() as u64,
                    "{opening:?} {closing:?} x {size}: {steps} steps"
                );
                if let Some(before) = before.replace(steps) {
                    assert!(
                        2 * steps <= 5 * before + 2_000,
                        "{opening:?} {closing:?} x {size}: {before} then {steps} steps"
                    );
                }
            }
        }
    }
}

#[test]
fn a_million_levels_are_read() {
    for (opening, closing) in
        [("{{a|", "}}"), ("[[a|", "]]"), ("[[File:a|", "]]"), ("\n{|", "\n|}"), ("<table>", "</table>"), ("{{{", "}}}")]
    {
        let nested = opening.repeat(1_000_000) + "x" + &closing.repeat(1_000_000) + "\n\nend";
        let (got, steps) = read_counting(&nested);
        assert!(got.text.ends_with("end"), "{opening}");
        assert!(steps <= STEPS_PER_BYTE * nested.len() as u64, "{opening}: {steps}");
    }
}

#[test]
fn more_waiting_elements_than_are_kept_still_end_with_their_paragraphs() {
    let wikitext = "{{a\n\nb\n\n".repeat(100);
    let (got, _) = read_counting(&wikitext);
    assert_eq!(got.text, vec!["b"; 100].join("\n\n"));
    assert_eq!(got.losses.len(), 1);
    assert_eq!((got.losses[0].kind.name(), got.losses[0].count, got.losses[0].bytes), ("unclosed", 100, 300));
}
