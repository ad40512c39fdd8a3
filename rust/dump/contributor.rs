//! `<contributor>`: who made a revision, as far as the dump tells.

use super::attributes::{self, Once};
use super::children::{Child, children};
use super::error::Fault;
use super::field;
use super::limits::NAME_BYTES;
use super::scan::Element;
use crate::page::{User, UserKind};

/// A revision without `<contributor>`.
pub(crate) const MISSING: User<'static> = User { id: None, text: None, is_visible: true, kind: UserKind::Missing };

/// Reads a `<contributor>` and counts the elements in it that mean nothing here.
pub(crate) fn parse<'a>(bytes: &'a [u8], child: &Child<'a>, unknown: &mut u64) -> Result<User<'a>, Fault> {
    if attributes::value(child.open.attributes(bytes), b"deleted")?.is_some() {
        return Ok(User { id: None, text: None, is_visible: false, kind: UserKind::Hidden });
    }
    let (mut id, mut name, mut address) = (Once::default(), Once::default(), Once::default());
    for part in children(child.inside) {
        let label = "contributor";
        match part.open.element {
            Element::Id => id.set(field::number(bytes, &part)?, label)?,
            Element::Username => name.set(field::word(bytes, &part, NAME_BYTES)?, label)?,
            Element::Ip => address.set(field::word(bytes, &part, NAME_BYTES)?, label)?,
            _ => *unknown += 1,
        }
    }
    let (id, text, kind) = match (address.flat(), name.take(), id.flat()) {
        (Some(address), _, _) => (None, Some(address), UserKind::Ip),
        (None, Some(Some(name)), Some(id)) if id > 0 => {
            let kind = if is_temporary(&name) { UserKind::Temporary } else { UserKind::Registered };
            (Some(id), Some(name), kind)
        }
        // Id 0: old system or import users. No id: an unattached name.
        (None, Some(Some(name)), id) => (id, Some(name), UserKind::System),
        (None, Some(None), Some(0)) => (Some(0), Some("".into()), UserKind::System),
        (None, _, id) => (id.filter(|id| *id != 0), None, UserKind::Missing),
    };
    Ok(User { id, text, is_visible: true, kind })
}

/// Names of temporary accounts start with `~2` and three digits, for instance `~2026-12345-67`; nobody else may have them.
fn is_temporary(name: &str) -> bool {
    matches!(name.as_bytes(), [b'~', b'2', a, b, c, b'-', ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_accounts_are_known_by_their_names() {
        for (name, want) in
            [("~2026-00001-01", true), ("~2026-1", true), ("~1999-1", false), ("2026-1", false), ("~20261", false)]
        {
            assert_eq!(is_temporary(name), want, "{name}");
        }
    }
}
