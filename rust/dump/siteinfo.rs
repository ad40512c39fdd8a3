//! The header of a dump: which wiki it is and what its namespaces are called.

use super::attributes;
use super::children::{Child, children};
use super::decode::{LineEnds, RawText};
use super::error::{Fault, Reason};
use super::scan::{Element, Markup};

/// One namespace of a wiki.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    pub key: i32,
    /// `first-letter` or `case-sensitive`, where stated.
    pub case: Option<String>,
    /// Empty for the namespace of articles.
    pub name: String,
}

/// What `<siteinfo>` and the root's attributes say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteInfo {
    pub sitename: Option<String>,
    pub dbname: Option<String>,
    pub base: Option<String>,
    pub generator: Option<String>,
    pub case: Option<String>,
    pub namespaces: Vec<Namespace>,
    /// The root's `version`, for instance 0.11.
    pub schema_version: Option<String>,
    /// The root's `xml:lang`.
    pub language: Option<String>,
}

/// Reads the children of `<siteinfo>`. The second value tells whether a bare `&` was accepted: File Export writes the site's
/// strings unescaped.
pub(crate) fn parse(bytes: &[u8], inside: &[Markup]) -> Result<(SiteInfo, bool), Fault> {
    let mut site = SiteInfo::default();
    let mut has_bare = false;
    for child in children(inside) {
        let name = child.open.name(bytes);
        match child.open.element {
            Element::SiteInfoField => {
                let text = text(bytes, &child, &mut has_bare)?;
                let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
                match local {
                    b"sitename" => site.sitename = Some(text),
                    b"dbname" => site.dbname = Some(text),
                    b"base" => site.base = Some(text),
                    b"generator" => site.generator = Some(text),
                    _ => site.case = Some(text),
                }
            }
            Element::Unknown if name.ends_with(b"namespaces") => {
                for entry in children(child.inside).filter(|entry| entry.open.element == Element::Namespace) {
                    site.namespaces.extend(namespace(bytes, &entry, &mut has_bare)?);
                }
            }
            _ => {}
        }
    }
    Ok((site, has_bare))
}

/// A namespace; one without a readable key is left out, because nothing could refer to it.
fn namespace(bytes: &[u8], entry: &Child<'_>, has_bare: &mut bool) -> Result<Option<Namespace>, Fault> {
    let tag = entry.open.attributes(bytes);
    let key = attributes::value(tag, b"key")?.and_then(|key| key.trim().parse().ok());
    let (case, name) = (attributes::value(tag, b"case")?, text(bytes, entry, has_bare)?);
    Ok(key.map(|key| Namespace { key, case, name }))
}

fn text(bytes: &[u8], child: &Child<'_>, has_bare: &mut bool) -> Result<String, Fault> {
    let raw = bytes.get(child.content_start..child.content_end).unwrap_or_default();
    let exact = RawText { bytes: raw, start: child.content_start, markup: child.inside };
    match exact.decode(LineEnds::Normalised) {
        Err(fault) if fault.reason == Reason::BadEntity && child.inside.is_empty() => {
            *has_bare = true;
            let escaped = escape_bare(raw);
            let text = RawText { bytes: &escaped, start: 0, markup: &[] };
            Ok(text.decode(LineEnds::Normalised)?.trim().to_owned())
        }
        other => Ok(other?.trim().to_owned()),
    }
}

/// Escapes every `&` that starts no reference.
fn escape_bare(raw: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(raw.len() + 16);
    for (index, part) in raw.split(|byte| *byte == b'&').enumerate() {
        if index > 0 {
            let mut reference = vec![b'&'];
            let end = part.iter().position(|byte| *byte == b';');
            reference.extend(end.and_then(|end| part.get(..=end)).unwrap_or_default());
            let whole = RawText { bytes: &reference, start: 0, markup: &[] };
            escaped.extend_from_slice(if whole.decode(LineEnds::Kept).is_ok() { b"&" } else { b"&amp;" });
        }
        escaped.extend_from_slice(part);
    }
    escaped
}

/// The namespace that a title's prefix names: `MediaWiki` compares prefixes without regard to case, `_` being a space.
pub(crate) fn namespace_of(title: &str, namespaces: &[Namespace]) -> i32 {
    let Some((prefix, _)) = title.split_once(':') else {
        return 0;
    };
    let folded = |name: &str| name.replace('_', " ").trim().to_lowercase();
    let prefix = folded(prefix);
    let found = namespaces.iter().find(|namespace| !namespace.name.is_empty() && folded(&namespace.name) == prefix);
    found.map_or(0, |namespace| namespace.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_found_by_its_prefix() {
        let named = |key, name: &str| Namespace { key, case: None, name: name.into() };
        let namespaces = [named(0, ""), named(1, "Talk"), named(3, "User talk"), named(14, "Kategória")];
        for (title, want) in [
            ("Talk:A", 1),
            ("talk:A", 1),
            ("User_talk:A:B", 3),
            ("kATEGÓRIA:A", 14),
            ("Accessible: Computing", 0),
            ("Plain", 0),
            (":A", 0),
        ] {
            assert_eq!(namespace_of(title, &namespaces), want, "{title}");
        }
        assert_eq!(namespace_of("Talk:A", &[]), 0);
    }

    #[test]
    fn only_bare_ampersands_are_escaped() {
        assert_eq!(escape_bare(b"a & b &amp; c &x; d&"), b"a &amp; b &amp; c &amp;x; d&amp;");
    }
}
