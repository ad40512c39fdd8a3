//! `<revision>`: one record, parsed by element name in whatever order.

use std::borrow::Cow;

use super::attributes::{self, Once};
use super::checksum;
use super::children::{Child, children};
use super::context::Context;
use super::contributor;
use super::error::{Fault, Reason};
use super::field;
use super::limits::{COMMENT_BYTES, NAME_BYTES, SLOTS};
use super::scan::{Element, Markup};
use super::slot::{self, ParsedSlot, StatedSize};
use crate::page::{Content, Position, Revision, Sha1Check, Sha1Status, Slot, TextState, User};

/// Things of a revision that are counted.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the names of the summary")]
pub(crate) struct Notes {
    pub(crate) unknown_elements: u64,
    /// `error-no-model` or `error-no-format`.
    pub(crate) unknown_models: u64,
    /// parentid -1.
    pub(crate) unknown_parents: u64,
}

#[derive(Default)]
struct Fields<'a> {
    id: Once<Option<i64>>,
    parent: Once<Option<i64>>,
    timestamp: Once<Option<i64>>,
    user: Once<User<'a>>,
    comment: Once<Option<Cow<'a, str>>>,
    sha1: Once<Option<Cow<'a, str>>>,
    is_minor: bool,
    main: ParsedSlot<'a>,
    others: Vec<ParsedSlot<'a>>,
}

/// Parses the markup inside a `<revision>`; a main text that must be decoded goes to `scratch`. The checksum may be left to be
/// compared.
pub(crate) fn parse<'a>(
    bytes: &'a [u8],
    inside: &'a [Markup],
    context: &Context,
    namespace: i32,
    notes: &mut Notes,
    scratch: &'a mut String,
) -> Result<(Revision<'a>, Option<Sha1Check>), Fault> {
    let mut fields = Fields::default();
    let mut scratch = Some(scratch);
    for child in children(inside) {
        fields.take(bytes, &child, notes, &mut scratch)?;
    }
    let id = fields.id.flat().ok_or_else(|| Fault::new(Reason::MissingField, "no revision id"))?;
    let mut main = fields.main;
    let mut others = fields.others;
    if others.len() >= SLOTS {
        return Err(Fault::new(
            Reason::FieldTooLarge,
            format!("slots above the limit of {SLOTS}: {}", others.len() + 1),
        ));
    }
    others.sort_by(|left, right| left.role_name().as_bytes().cmp(right.role_name().as_bytes()));
    let repeated = others.windows(2).any(|pair| matches!(pair, [left, right] if left.role_name() == right.role_name()));
    if repeated || others.iter().any(|slot| slot.role_name() == "main") {
        return Err(Fault::new(Reason::DuplicateField, "a role given twice"));
    }
    let sha1 = fields.sha1.flat();
    main.settle(sha1.as_deref().filter(|_| others.is_empty()));
    for slot in &mut others {
        slot.settle(None);
    }

    let (lone, mut several) = ([&main], Vec::new());
    let slots: &[&ParsedSlot<'_>] = if others.is_empty() {
        &lone
    } else {
        several.extend(&others);
        let place = several.partition_point(|slot| slot.role_name().as_bytes() < b"main".as_slice());
        several.insert(place, &main);
        &several
    };
    let check = checksum::check(slots, sha1.as_deref(), context, namespace);
    let (sha1_status, sha1_reason) = match &check {
        Some(check) => (Sha1Status::Mismatch, Some(check.otherwise)),
        None => checksum::sha1_status(slots, sha1.as_deref(), context, namespace),
    };
    let size_status = checksum::size_status(slots, sha1_status);
    let size = slots.iter().map(|slot| stated_size(slot)).try_fold(0i64, |sum, size| sum.checked_add(size?));
    let any_hidden = slots.iter().any(|slot| slot.state == TextState::Hidden);

    let parent_id = fields.parent.flat().filter(|parent| *parent != 0);
    notes.unknown_parents += u64::from(parent_id == Some(-1));
    let comment = fields.comment.take().unwrap_or(Some(Cow::Borrowed("")));
    let content_is_visible = main.state != TextState::Hidden;
    let revision = Revision {
        id,
        timestamp: fields.timestamp.flat(),
        parent_id,
        is_minor: fields.is_minor,
        user: fields.user.take().unwrap_or(contributor::MISSING),
        comment_is_visible: comment.is_some(),
        comment,
        // Short hidden texts could be guessed from a checksum, also from the sum over all slots.
        sha1: sha1.filter(|_| !any_hidden),
        size,
        content_is_visible,
        main: content(main, notes),
        slots: others.into_iter().map(|slot| finished(slot, notes)).collect(),
        sha1_status,
        sha1_reason,
        size_status,
        position: Position::default(),
    };
    Ok((revision, check))
}

impl<'a> Fields<'a> {
    fn take(
        &mut self,
        bytes: &'a [u8],
        child: &Child<'a>,
        notes: &mut Notes,
        scratch: &mut Option<&'a mut String>,
    ) -> Result<(), Fault> {
        match child.open.element {
            Element::Id => self.id.set(field::id(bytes, child)?, "id"),
            Element::ParentId => self.parent.set(field::number(bytes, child)?, "parentid"),
            Element::Timestamp => self.timestamp.set(field::timestamp(bytes, child)?, "timestamp"),
            Element::Contributor => {
                self.user.set(contributor::parse(bytes, child, &mut notes.unknown_elements)?, "contributor")
            }
            Element::Comment => self.comment.set(comment(bytes, child, COMMENT_BYTES)?, "comment"),
            Element::Sha1 => self.sha1.set(field::word(bytes, child, NAME_BYTES)?, "sha1"),
            Element::Minor => {
                self.is_minor = true;
                Ok(())
            }
            Element::Content => {
                self.others.push(slot::content(bytes, child, &mut notes.unknown_elements)?);
                Ok(())
            }
            Element::DiscussionThreading => Ok(()),
            _ => {
                notes.unknown_elements += u64::from(!self.main.take(bytes, child, scratch)?);
                Ok(())
            }
        }
    }
}

/// A comment; `None` when it is suppressed. One that is absent or empty is the empty text.
pub(crate) fn comment<'a>(bytes: &'a [u8], child: &Child<'a>, limit: usize) -> Result<Option<Cow<'a, str>>, Fault> {
    if attributes::value(child.open.attributes(bytes), b"deleted")?.is_some() {
        return Ok(None);
    }
    field::text(bytes, child, limit).map(Some)
}

fn stated_size(slot: &ParsedSlot<'_>) -> Option<i64> {
    match slot.text.get()?.size {
        StatedSize::Bytes(size) if size >= 0 => Some(size),
        _ => None,
    }
}

fn finished<'a>(slot: ParsedSlot<'a>, notes: &mut Notes) -> Slot<'a> {
    Slot { role: slot.role.clone().take().unwrap_or_default(), content: content(slot, notes) }
}

fn content<'a>(slot: ParsedSlot<'a>, notes: &mut Notes) -> Content<'a> {
    let size = stated_size(&slot);
    let is_readable = matches!(slot.state, TextState::Present | TextState::Empty);
    let is_hidden = slot.state == TextState::Hidden;
    let default_model = match slot.role.get().map(|role| &**role) {
        None => Some(Cow::Borrowed("wikitext")),
        Some("mediainfo") => Some(Cow::Borrowed("wikibase-mediainfo")),
        Some(_) => None,
    };
    let mut known = |name: Cow<'a, str>, marker: &str| {
        let has_failed = name == marker;
        notes.unknown_models += u64::from(has_failed);
        Some(name).filter(|_| !has_failed)
    };
    let model = match slot.model.flat() {
        Some(name) => known(name, "error-no-model"),
        None => default_model,
    };
    let format = slot.format.flat().and_then(|name| known(name, "error-no-format"));
    let (body, sha1) = slot.text.take().map(|text| (text.body, text.sha1)).unzip();
    Content {
        model,
        format,
        sha1: sha1.flatten().filter(|_| !is_hidden),
        size,
        origin: slot.origin.flat(),
        state: slot.state,
        body: body.filter(|_| is_readable),
    }
}
