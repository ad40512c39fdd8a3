//! What the plain text does not hold, counted by kind of element.

/// A kind of element that is left out. The order is that of the names, which is the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    Category,
    Comment,
    ExternalLinkUrl,
    File,
    Gallery,
    HtmlTag,
    IncludeOnly,
    Interlanguage,
    LanguageVariant,
    LinkTarget,
    MagicWord,
    Math,
    Media,
    Parameter,
    ParserFunction,
    /// What only framed a lost element, as in `Foo ({{IPA|…}})`.
    Punctuation,
    Reference,
    SyntaxHighlight,
    Table,
    Template,
    Unclosed,
}

impl Kind {
    /// Every kind, sorted by name.
    pub const ALL: [Kind; 21] = [
        Kind::Category,
        Kind::Comment,
        Kind::ExternalLinkUrl,
        Kind::File,
        Kind::Gallery,
        Kind::HtmlTag,
        Kind::IncludeOnly,
        Kind::Interlanguage,
        Kind::LanguageVariant,
        Kind::LinkTarget,
        Kind::MagicWord,
        Kind::Math,
        Kind::Media,
        Kind::Parameter,
        Kind::ParserFunction,
        Kind::Punctuation,
        Kind::Reference,
        Kind::SyntaxHighlight,
        Kind::Table,
        Kind::Template,
        Kind::Unclosed,
    ];

    /// The name in the loss report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Category => "category",
            Kind::Comment => "comment",
            Kind::ExternalLinkUrl => "external_link_url",
            Kind::File => "file",
            Kind::Gallery => "gallery",
            Kind::HtmlTag => "html_tag",
            Kind::IncludeOnly => "include_only",
            Kind::Interlanguage => "interlanguage",
            Kind::LanguageVariant => "language_variant",
            Kind::LinkTarget => "link_target",
            Kind::MagicWord => "magic_word",
            Kind::Math => "math",
            Kind::Media => "media",
            Kind::Parameter => "parameter",
            Kind::ParserFunction => "parser_function",
            Kind::Punctuation => "punctuation",
            Kind::Reference => "reference",
            Kind::SyntaxHighlight => "syntaxhighlight",
            Kind::Table => "table",
            Kind::Template => "template",
            Kind::Unclosed => "unclosed",
        }
    }
}

/// One line of a loss report: how many elements of a kind were left out, and how many bytes of wikitext they held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    pub kind: Kind,
    pub count: u32,
    pub bytes: u64,
}

/// The counters of one text. An element inside another one that is left out is not counted again, so the bytes of all
/// kinds together never exceed the text's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    counters: [(u32, u64); Kind::ALL.len()],
}

impl Losses {
    pub(super) fn add(&mut self, kind: Kind, bytes: usize) {
        self.add_many(kind, 1, bytes);
    }

    pub(super) fn add_many(&mut self, kind: Kind, elements: u32, bytes: usize) {
        if let Some((count, total)) = self.counters.get_mut(kind as usize) {
            *count = count.saturating_add(elements);
            *total = total.saturating_add(bytes as u64);
        }
    }

    /// The kinds that occurred, sorted by name.
    pub(super) fn report(&self) -> impl Iterator<Item = Loss> {
        let pairs = Kind::ALL.into_iter().zip(self.counters);
        pairs.filter(|&(_, (count, _))| count > 0).map(|(kind, (count, bytes))| Loss { kind, count, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_kinds_is_that_of_their_names() {
        assert!(Kind::ALL.is_sorted_by_key(|kind| kind.name()));
        assert!(Kind::ALL.iter().enumerate().all(|(place, &kind)| kind as usize == place));
    }

    #[test]
    fn counts_and_bytes_add_up() {
        let mut losses = Losses::default();
        losses.add(Kind::Template, 4);
        losses.add(Kind::Comment, 7);
        losses.add(Kind::Template, 6);
        let report: Vec<Loss> = losses.report().collect();
        assert_eq!(
            report,
            [Loss { kind: Kind::Comment, count: 1, bytes: 7 }, Loss { kind: Kind::Template, count: 2, bytes: 10 }]
        );
    }
}
