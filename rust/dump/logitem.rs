//! `<logitem>`: one item of a wiki's log, parsed by element name in whatever order.

use std::borrow::Cow;

use super::attributes::{self, Once};
use super::children::{Child, children};
use super::contributor;
use super::error::{Fault, Reason};
use super::field;
use super::limits::{COMMENT_BYTES, LOGITEM_BYTES, NAME_BYTES, TITLE_BYTES};
use super::revision::comment;
use super::scan::{Element, Markup};
use crate::page::{LogItem, Position};

/// Parses the markup inside a `<logitem>` and counts the elements in it that mean nothing here.
pub(crate) fn parse(bytes: &[u8], inside: &[Markup], unknown: &mut u64) -> Result<LogItem, Fault> {
    let (mut id, mut timestamp, mut user, mut words) =
        (Once::default(), Once::default(), Once::default(), Once::default());
    let (mut kind, mut action, mut title, mut params) =
        (Once::default(), Once::default(), Once::default(), Once::default());
    let mut is_visible = true;
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    for child in children(inside) {
        match child.open.element {
            Element::Id => id.set(field::id(bytes, &child)?, "id")?,
            Element::Timestamp => timestamp.set(field::timestamp(bytes, &child)?, "timestamp")?,
            Element::Contributor => user.set(contributor::parse(bytes, &child, unknown)?, "contributor")?,
            Element::Comment => words.set(owned(comment(bytes, &child, COMMENT_BYTES)?), "comment")?,
            Element::Type => kind.set(owned(field::word(bytes, &child, NAME_BYTES)?), "type")?,
            Element::Action => action.set(owned(field::word(bytes, &child, NAME_BYTES)?), "action")?,
            Element::LogTitle => title.set(owned(field::word(bytes, &child, TITLE_BYTES)?), "logtitle")?,
            Element::Params => params.set(parameters(bytes, &child)?, "params")?,
            Element::Text => is_visible &= !is_hidden(bytes, &child)?,
            _ => *unknown += 1,
        }
    }
    Ok(LogItem {
        id: id.flat().ok_or_else(|| Fault::new(Reason::MissingField, "no id of a log item"))?,
        timestamp: timestamp.flat(),
        user: user.take().unwrap_or(contributor::MISSING).into_owned(),
        comment: words.take().unwrap_or_else(|| Some(String::new())),
        kind: kind.flat(),
        action: action.flat(),
        title: title.flat().filter(|_| is_visible),
        params: params.take().filter(|_| is_visible),
        is_visible,
        position: Position::default(),
    })
}

fn parameters(bytes: &[u8], child: &Child<'_>) -> Result<String, Fault> {
    field::text(bytes, child, LOGITEM_BYTES).map(Cow::into_owned)
}

fn is_hidden(bytes: &[u8], child: &Child<'_>) -> Result<bool, Fault> {
    Ok(attributes::value(child.open.attributes(bytes), b"deleted")?.is_some())
}
