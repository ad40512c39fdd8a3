//! The header of a `<page>`: what stands before its first revision.

use std::borrow::Cow;

use super::attributes::{self, Once};
use super::children::Child;
use super::context::Context;
use super::error::{Fault, Reason};
use super::field;
use super::limits::TITLE_BYTES;
use super::scan::Element;
use super::siteinfo::namespace_of;
use crate::page::Page;

/// A header on its way in.
#[derive(Debug, Default)]
pub(crate) struct Header {
    id: Once<Option<i64>>,
    namespace: Once<Option<i64>>,
    title: Once<Option<String>>,
    redirect: Once<Option<String>>,
    /// The first defect; it sends the page's revisions into quarantine.
    pub(crate) fault: Option<Fault>,
    pub(crate) has_underscores: bool,
    /// A field was given twice with one value, as some tools that cut dumps into pieces write.
    pub(crate) has_repetition: bool,
}

impl Header {
    /// Takes one element of the header.
    pub(crate) fn take(&mut self, bytes: &[u8], child: &Child<'_>, context: &Context) {
        match self.try_take(bytes, child, context) {
            Ok(is_repetition) => self.has_repetition |= is_repetition,
            Err(fault) => _ = self.fault.get_or_insert(fault),
        }
    }

    fn try_take(&mut self, bytes: &[u8], child: &Child<'_>, context: &Context) -> Result<bool, Fault> {
        match child.open.element {
            Element::Id => self.id.set_or_same(field::id(bytes, child)?, "page id"),
            Element::Ns => self.namespace.set_or_same(field::number(bytes, child)?, "ns"),
            Element::Title => {
                let title = field::word(bytes, child, TITLE_BYTES)?.map(|title| self.spaced(title, context));
                self.title.set_or_same(title, "title")
            }
            Element::Redirect => {
                let target = attributes::value(child.open.attributes(bytes), b"title")?;
                let target =
                    target.map(|target| self.spaced(target.into(), context)).filter(|target| !target.is_empty());
                self.redirect.set_or_same(target, "redirect")
            }
            _ => Ok(false),
        }
    }

    /// File Export wrote titles with underscores until October 2025 (T407902).
    fn spaced(&mut self, title: Cow<'_, str>, context: &Context) -> String {
        if context.is_file_export && title.contains('_') {
            self.has_underscores = true;
            return title.replace('_', " ");
        }
        title.into_owned()
    }

    pub(crate) fn page_id(&self) -> Option<i64> {
        self.id.clone().flat()
    }

    /// The finished page, or why there is none.
    pub(crate) fn finish(&self, context: &Context) -> Result<Page, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let missing = |what: &str| Fault::new(Reason::MissingField, format!("no page {what}"));
        let id = self.id.clone().flat().ok_or_else(|| missing("id"))?;
        let title = self.title.clone().flat().ok_or_else(|| missing("title"))?;
        let namespace = match self.namespace.clone().flat() {
            Some(key) => i32::try_from(key).map_err(|_| Fault::new(Reason::BadNumber, format!("ns: {key}")))?,
            None => namespace_of(&title, &context.namespaces),
        };
        Ok(Page { id, namespace, title, redirect_target: self.redirect.clone().flat() })
    }
}
