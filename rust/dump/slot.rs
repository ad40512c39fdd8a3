//! One slot of a revision: the main one inline, others in `<content>`.

use std::borrow::Cow;

use super::attributes::{self, Once};
use super::children::{Child, children};
use super::decode::{self, LineEnds, RawText};
use super::error::{Fault, Reason};
use super::field;
use super::limits::{NAME_BYTES, TEXT_BYTES};
use super::scan::Element;
use crate::digest::{Sha1Bytes, parse_base36};
use crate::page::TextState;

/// SHA-1 of the empty text.
pub(crate) const SHA1_OF_NOTHING: Sha1Bytes = [
    0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07,
    0x09,
];

/// What `bytes=` states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatedSize {
    Absent,
    Bytes(i64),
    Unreadable,
}

/// A `<text>` with its attributes.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    pub(crate) raw: RawText<'a>,
    pub(crate) body: Cow<'a, str>,
    /// The raw text holds a CR that the delivered text does not.
    pub(crate) has_carriage_return: bool,
    pub(crate) size: StatedSize,
    pub(crate) sha1: Option<Cow<'a, str>>,
    pub(crate) is_hidden: bool,
    /// The text lies elsewhere; stubs say where.
    pub(crate) is_stub: bool,
}

/// A slot as read, before it is known whether an empty text is empty or lost.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParsedSlot<'a> {
    pub(crate) role: Once<Cow<'a, str>>,
    pub(crate) model: Once<Option<Cow<'a, str>>>,
    pub(crate) format: Once<Option<Cow<'a, str>>>,
    pub(crate) origin: Once<Option<i64>>,
    pub(crate) text: Once<Text<'a>>,
    pub(crate) state: TextState,
}

impl<'a> ParsedSlot<'a> {
    /// Takes a child element that belongs to a slot; `false` for any other.
    pub(crate) fn take(
        &mut self,
        bytes: &'a [u8],
        child: &Child<'a>,
        scratch: &mut Option<&'a mut String>,
    ) -> Result<bool, Fault> {
        match child.open.element {
            Element::Model => self.model.set(field::word(bytes, child, NAME_BYTES)?, "model")?,
            Element::Format => self.format.set(field::word(bytes, child, NAME_BYTES)?, "format")?,
            Element::Origin => self.origin.set(field::number(bytes, child)?, "origin")?,
            Element::Text => self.text.set(text(bytes, child, scratch)?, "text")?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Settles the text's state. `revision_sha1` is the revision's checksum where this is its only slot.
    pub(crate) fn settle(&mut self, revision_sha1: Option<&str>) {
        self.state = match self.text.get() {
            None => TextState::Missing,
            Some(text) if text.is_hidden => TextState::Hidden,
            Some(text) if !text.body.is_empty() => TextState::Present,
            Some(text) if text.is_stub => TextState::Missing,
            Some(text) => {
                // Only the checksum tells empty from lost: exporters print bytes="0" for unknown sizes too.
                let stated = text.sha1.as_deref().or(revision_sha1).and_then(|sha1| parse_base36(sha1.as_bytes()));
                let is_empty =
                    stated.map_or(!matches!(text.size, StatedSize::Bytes(1..)), |sha1| sha1 == SHA1_OF_NOTHING);
                if is_empty { TextState::Empty } else { TextState::Missing }
            }
        };
    }

    /// The delivered text, where there is one.
    pub(crate) fn body(&self) -> Option<&str> {
        let text = self.text.get()?;
        matches!(self.state, TextState::Present | TextState::Empty).then_some(&*text.body)
    }

    /// What the slot is sorted by.
    pub(crate) fn role_name(&self) -> &str {
        self.role.get().map_or("main", |role| role)
    }
}

/// Reads a `<content>` and counts the elements in it that mean nothing here.
pub(crate) fn content<'a>(bytes: &'a [u8], child: &Child<'a>, unknown: &mut u64) -> Result<ParsedSlot<'a>, Fault> {
    let mut slot = ParsedSlot::default();
    for part in children(child.inside) {
        if part.open.element == Element::Role {
            let role = field::word(bytes, &part, NAME_BYTES)?.ok_or_else(missing_role)?;
            slot.role.set(role, "role")?;
        } else if !slot.take(bytes, &part, &mut None)? {
            *unknown += u64::from(part.open.element != Element::Id); // known, and of no use
        }
    }
    if slot.role.get().is_none() {
        return Err(missing_role());
    }
    Ok(slot)
}

fn missing_role() -> Fault {
    Fault::new(Reason::MissingRole, "a slot without role")
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Reads a `<text>`; what must be decoded goes to `scratch`, where there is one.
fn text<'a>(bytes: &'a [u8], child: &Child<'a>, scratch: &mut Option<&'a mut String>) -> Result<Text<'a>, Fault> {
    let (mut size, mut sha1, mut deleted, mut place, mut stub_id) =
        (Once::default(), Once::default(), Once::default(), Once::default(), Once::default());
    attributes::each(child.open.attributes(bytes), |name, value| match name {
        b"bytes" => size.set(value, "text@bytes"),
        b"sha1" => sha1.set(value, "text@sha1"),
        b"deleted" => deleted.set((), "text@deleted"),
        b"location" => place.set((), "text@location"),
        b"id" => stub_id.set((), "text@id"),
        _ => Ok(()),
    })?;
    let size = match size.take().map(decode::attribute).transpose()?.as_deref().map(str::trim) {
        None => StatedSize::Absent,
        Some(digits) => field::parse_number(digits).map_or(StatedSize::Unreadable, StatedSize::Bytes),
    };
    let sha1 = sha1.take().map(decode::attribute).transpose()?.map(trimmed);
    let raw = field::raw(bytes, child);
    let is_hidden = deleted.get().is_some();
    let (body, has_carriage_return) = if is_hidden {
        (Cow::Borrowed(""), false)
    } else if let Some(decoded) =
        scratch.take_if(|_| raw.markup.is_empty()).and_then(|scratch| raw.decode_into(scratch))
    {
        decoded
    } else {
        (raw.decode(LineEnds::Normalised)?, raw.has_carriage_return())
    };
    if body.len() > TEXT_BYTES {
        return Err(Fault::new(
            Reason::TextTooLarge,
            format!("bytes of a text above the limit of {TEXT_BYTES}: {}", body.len()),
        ));
    }
    let is_stub = place.get().is_some() || stub_id.get().is_some();
    Ok(Text { raw, body, has_carriage_return, size, sha1: sha1.filter(|sha1| !sha1.is_empty()), is_hidden, is_stub })
}
