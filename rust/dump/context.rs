//! What the document's header means for the records below it.

use super::siteinfo::{Namespace, SiteInfo};

/// Facts about the wiki and the exporter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) is_commons: bool,
    /// Written by the `MediaWiki` Content File Export.
    pub(crate) is_file_export: bool,
    /// Schema 0.10 and older have no place for slots other than main.
    pub(crate) drops_slots: bool,
}

impl Context {
    pub(crate) fn new(wiki_id: &str) -> Self {
        Self { is_commons: wiki_id == "commonswiki", ..Self::default() }
    }

    /// Takes the `version` of the root.
    pub(crate) fn set_version(&mut self, version: Option<&str>) {
        let minor = version.and_then(|version| version.strip_prefix("0.")).and_then(|minor| minor.parse::<u32>().ok());
        self.drops_slots = minor.is_some_and(|minor| minor <= 10);
    }

    pub(crate) fn set_site(&mut self, site: &SiteInfo) {
        let generator = site.generator.as_deref().unwrap_or_default();
        self.is_file_export = generator.starts_with("MediaWiki Content File Export");
        self.namespaces.clone_from(&site.namespaces);
    }
}
