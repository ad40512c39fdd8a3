//! Whether texts are the ones that the dump's checksums and sizes speak of.
//!
//! `slot_sha1 = base36(sha1(text))`; several slots are folded in the byte order of their roles:
//! `sum = base36(sha1(sum + next))` (`MediaWiki`, `RevisionSlots::computeSha1`).

use super::context::Context;
use super::decode::LineEnds;
use super::slot::{ParsedSlot, StatedSize, Text};
use crate::digest::{Sha1Bytes, base36, parse_base36, sha1};
use crate::page::{Sha1Check, Sha1Reason, Sha1Status, SizeStatus, TextState};

/// The comparison that is left where a lone text with one stated checksum was delivered as it was written.
pub(crate) fn check(
    slots: &[&ParsedSlot<'_>],
    revision_sha1: Option<&str>,
    context: &Context,
    namespace: i32,
) -> Option<Sha1Check> {
    let [slot] = slots else { return None };
    let text = slot.text.get().filter(|text| slot.state == TextState::Present && !text.has_carriage_return)?;
    let written = match (stated(slot), revision_sha1) {
        (Some(own), Some(whole)) if own != whole => return None,
        (own, whole) => own.or(whole)?,
    };
    let wanted = parse_base36(written.as_bytes())?;
    let size = match text.size {
        StatedSize::Bytes(size) if size != -1 => Some(size),
        _ => None,
    };
    Some(Sha1Check { wanted, otherwise: reason(slots, context, namespace), size })
}

/// Judges the checksums of a revision whose slots are sorted by role.
pub(crate) fn sha1_status(
    slots: &[&ParsedSlot<'_>],
    revision_sha1: Option<&str>,
    context: &Context,
    namespace: i32,
) -> (Sha1Status, Option<Sha1Reason>) {
    if slots.iter().any(|slot| slot.state == TextState::Hidden) {
        return (Sha1Status::Hidden, None);
    }
    let mut missing = slots.iter().filter(|slot| slot.state == TextState::Missing).peekable();
    if missing.peek().is_some() {
        let is_stub = missing.any(|slot| slot.text.get().is_some_and(|text| text.is_stub));
        return (if is_stub { Sha1Status::NotComparable } else { Sha1Status::TextMissing }, None);
    }
    if revision_sha1.is_none() && slots.iter().all(|slot| stated(slot).is_none()) {
        return (Sha1Status::Absent, None);
    }
    let verdict = match slots {
        [slot] => one_slot(slot, revision_sha1),
        _ => several_slots(slots, revision_sha1),
    };
    match verdict {
        Verdict::Is(status) => (status, None),
        Verdict::SlotsLeftOut => (Sha1Status::NotComparable, Some(Sha1Reason::SlotsNotExported)),
        Verdict::Differs => (Sha1Status::Mismatch, Some(reason(slots, context, namespace))),
    }
}

enum Verdict {
    Is(Sha1Status),
    /// The text is the one its own checksum names, but the revision's sum covers more.
    SlotsLeftOut,
    Differs,
}

fn stated<'s>(slot: &'s ParsedSlot<'_>) -> Option<&'s str> {
    slot.text.get()?.sha1.as_deref()
}

fn one_slot(slot: &ParsedSlot<'_>, revision_sha1: Option<&str>) -> Verdict {
    let Some(text) = slot.text.get() else {
        return Verdict::Differs;
    };
    let delivered = sha1(text.body.as_bytes());
    let own = stated(slot).map(|sha1| matched(sha1, text, &delivered));
    let whole = revision_sha1
        .map(|sha1| if stated(slot) == Some(sha1) { own.flatten() } else { matched(sha1, text, &delivered) });
    match (own, whole) {
        (None | Some(Some(_)), None | Some(Some(_))) => {
            let is_delivered = [own, whole].iter().flatten().all(|found| *found == Some(Variant::Delivered));
            Verdict::Is(if is_delivered { Sha1Status::Match } else { Sha1Status::MatchCrlf })
        }
        (Some(Some(_)), Some(None)) if revision_sha1.is_some_and(|sha1| parse_base36(sha1.as_bytes()).is_some()) => {
            Verdict::SlotsLeftOut
        }
        _ => Verdict::Differs,
    }
}

fn several_slots(slots: &[&ParsedSlot<'_>], revision_sha1: Option<&str>) -> Verdict {
    let mut sum: Option<[u8; 31]> = None;
    let mut has_crlf = false;
    for slot in slots {
        let Some(text) = slot.text.get() else {
            return Verdict::Differs;
        };
        let mut digest = sha1(text.body.as_bytes());
        if let Some(written) = stated(slot) {
            let Some(variant) = matched(written, text, &digest) else {
                return Verdict::Differs;
            };
            has_crlf |= variant == Variant::WithCarriageReturns;
            digest = parse_base36(written.as_bytes()).unwrap_or(digest);
        }
        let next = base36(&digest);
        sum = Some(sum.map_or(next, |sum| base36(&sha1(&[sum, next].concat()))));
    }
    match revision_sha1 {
        None if has_crlf => Verdict::Is(Sha1Status::MatchCrlf),
        None => Verdict::Is(Sha1Status::Match),
        Some(written) if sum.is_some_and(|sum| sum == written.as_bytes()) => Verdict::Is(Sha1Status::MatchMultislot),
        Some(_) => Verdict::Differs,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    Delivered,
    /// Very old revisions were stored with CRLF, and XML parsers do not deliver CR.
    WithCarriageReturns,
}

/// Finds the form of the text that a checksum was taken of.
fn matched(written: &str, text: &Text<'_>, delivered: &Sha1Bytes) -> Option<Variant> {
    let wanted = parse_base36(written.as_bytes())?;
    if wanted == *delivered {
        return Some(Variant::Delivered);
    }
    let kept = || text.raw.decode(LineEnds::Kept).ok().is_some_and(|kept| sha1(kept.as_bytes()) == wanted);
    let restored = || text.body.contains('\n') && sha1(text.body.replace('\n', "\r\n").as_bytes()) == wanted;
    ((text.has_carriage_return && kept()) || restored()).then_some(Variant::WithCarriageReturns)
}

/// Judges the `bytes` attributes of a revision's slots.
pub(crate) fn size_status(slots: &[&ParsedSlot<'_>], status: Sha1Status) -> SizeStatus {
    let mut is_stated = false;
    let mut differs = false;
    for slot in slots {
        let (Some(text), Some(body)) = (slot.text.get(), slot.body()) else {
            return SizeStatus::NotComparable;
        };
        match text.size {
            StatedSize::Absent => {}
            StatedSize::Bytes(-1) => return SizeStatus::NotComparable,
            StatedSize::Bytes(size) => {
                is_stated = true;
                let is = |length: usize| i64::try_from(length) == Ok(size);
                let with_returns = || {
                    let restored = body.len() + memchr::memchr_iter(b'\n', body.as_bytes()).count();
                    is(restored) || text.raw.decode(LineEnds::Kept).is_ok_and(|kept| is(kept.len()))
                };
                let fits = is(body.len()) || (status == Sha1Status::MatchCrlf && with_returns());
                differs |= !fits;
            }
            StatedSize::Unreadable => (is_stated, differs) = (true, true),
        }
    }
    match (is_stated, differs) {
        (false, _) => SizeStatus::Absent,
        (true, false) => SizeStatus::Match,
        (true, true) => SizeStatus::Mismatch,
    }
}

/// Known honest causes of a mismatch.
fn reason(slots: &[&ParsedSlot<'_>], context: &Context, namespace: i32) -> Sha1Reason {
    let is_wikibase = |slot: &&ParsedSlot<'_>| {
        let model = slot.model.get().and_then(Option::as_deref);
        model.is_some_and(|model| model.starts_with("wikibase-"))
    };
    if slots.iter().any(is_wikibase) {
        Sha1Reason::Wikibase // re-serialised when exported
    } else if slots.len() == 1 && context.drops_slots && context.is_commons && namespace == FILE_NAMESPACE {
        Sha1Reason::SlotsNotExported // the sum covers the mediainfo slot, which this schema cannot hold
    } else if context.is_file_export {
        Sha1Reason::ExportDefect // earlier writers lost vertical bars at the start of lines (T407649)
    } else {
        Sha1Reason::Unknown
    }
}

/// `MediaWiki`'s `NS_FILE`.
const FILE_NAMESPACE: i32 = 6;
