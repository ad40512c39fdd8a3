//! Kind 1: one revision as it stood in a dump.

use super::decode::Reader;
use super::model;
use super::{LeafError, LeafErrorKind, MAGIC, NO_COMMITMENT, VERSION};
use crate::digest::Sha256Bytes;

/// The kind byte of this layout.
pub const KIND: u8 = 1;
/// The time of a revision that states none.
pub const NO_TIME: i64 = i64::MIN;
/// Longest wiki id in bytes.
pub const MAX_WIKI_LENGTH: usize = 32;

const SHA1_STATUS_MASK: u16 = 0b111;
const SIZE_STATUS_SHIFT: u16 = 8;
const RESERVED_FLAGS: u16 = 0xfc00;

/// Flag: the text is hidden upstream.
pub const TEXT_HIDDEN: u16 = 1 << 3;
/// Flag: the comment is hidden upstream.
pub const COMMENT_HIDDEN: u16 = 1 << 4;
/// Flag: the user is hidden upstream.
pub const USER_HIDDEN: u16 = 1 << 5;
/// Flag: a minor edit.
pub const MINOR_EDIT: u16 = 1 << 6;
/// Flag: commitments under random salts; without it they are under the public salt.
pub const REDACTABLE: u16 = 1 << 7;

/// Where each position field lies; the content hash takes the leaf with these bytes zeroed.
const SOURCE_ID: std::ops::Range<usize> = 48..52;
const OFFSETS: std::ops::Range<usize> = 56..72;
const MEMBER: std::ops::Range<usize> = 72..74;
const FLAGS_OFFSET: usize = 10;
const TEXT_OFFSET: usize = 76;
const COMMENT_OFFSET: usize = 140;
const USER_OFFSET: usize = 172;

/// A revision; every u64 is below 2^63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevisionLeaf<'a> {
    pub content_model: u8,
    pub flags: u16,
    pub namespace: i32,
    pub page_id: u64,
    pub revision_id: u64,
    /// 0 = absent; -1 is kept when the dump says so.
    pub parent_id: i64,
    /// UTC seconds, or `NO_TIME`.
    pub unix_time: i64,
    pub source_id: u32,
    /// Bytes of the revision element.
    pub record_length: u32,
    pub stream_offset: u64,
    pub record_offset: u64,
    pub member: u16,
    pub licence_rule: u16,
    pub text: Sha256Bytes,
    pub title: Sha256Bytes,
    pub comment: Sha256Bytes,
    pub user: Sha256Bytes,
    pub wiki: &'a [u8],
    /// The encoded list of extensions, without its length.
    pub extensions: &'a [u8],
}

impl<'a> RevisionLeaf<'a> {
    /// Appends the leaf. `wiki` and `extensions` must keep their limits, as `decode` checks them.
    pub fn encode_into(&self, leaf: &mut Vec<u8>) {
        leaf.extend_from_slice(&MAGIC);
        leaf.extend_from_slice(&[VERSION, KIND, self.content_model]);
        leaf.extend_from_slice(&self.flags.to_be_bytes());
        leaf.extend_from_slice(&self.namespace.to_be_bytes());
        leaf.extend_from_slice(&self.page_id.to_be_bytes());
        leaf.extend_from_slice(&self.revision_id.to_be_bytes());
        leaf.extend_from_slice(&self.parent_id.to_be_bytes());
        leaf.extend_from_slice(&self.unix_time.to_be_bytes());
        leaf.extend_from_slice(&self.source_id.to_be_bytes());
        leaf.extend_from_slice(&self.record_length.to_be_bytes());
        leaf.extend_from_slice(&self.stream_offset.to_be_bytes());
        leaf.extend_from_slice(&self.record_offset.to_be_bytes());
        leaf.extend_from_slice(&self.member.to_be_bytes());
        leaf.extend_from_slice(&self.licence_rule.to_be_bytes());
        for commitment in [&self.text, &self.title, &self.comment, &self.user] {
            leaf.extend_from_slice(commitment);
        }
        leaf.push(u8::try_from(self.wiki.len()).unwrap_or(u8::MAX));
        leaf.extend_from_slice(self.wiki);
        leaf.extend_from_slice(&u16::try_from(self.extensions.len()).unwrap_or(u16::MAX).to_be_bytes());
        leaf.extend_from_slice(self.extensions);
    }

    /// Decodes strictly.
    ///
    /// # Errors
    /// If the bytes are no canonical leaf of kind 1.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let mut reader = Reader::start(bytes, KIND)?;
        let at_model = reader.fail(LeafErrorKind::ContentModel);
        let [content_model] = reader.array()?;
        if content_model != model::OTHER && model::name(content_model).is_none() {
            return Err(at_model);
        }
        let flags = u16::from_be_bytes(reader.array()?);
        if flags & RESERVED_FLAGS != 0 {
            return Err(LeafError { kind: LeafErrorKind::ReservedFlag, byte_offset: FLAGS_OFFSET });
        }
        let namespace = i32::from_be_bytes(reader.array()?);
        let (page_id, revision_id) = (reader.number()?, reader.number()?);
        let (parent_id, unix_time) = (i64::from_be_bytes(reader.array()?), i64::from_be_bytes(reader.array()?));
        let (source_id, record_length) = (u32::from_be_bytes(reader.array()?), u32::from_be_bytes(reader.array()?));
        let (stream_offset, record_offset) = (reader.number()?, reader.number()?);
        let (member, licence_rule) = (u16::from_be_bytes(reader.array()?), u16::from_be_bytes(reader.array()?));
        let (text, title) = (reader.array()?, reader.array()?);
        let (comment, user) = (reader.array()?, reader.array()?);
        let wiki = wiki(&mut reader)?;
        let extensions = extensions(&mut reader, content_model)?;
        reader.finish()?;
        let leaf = Self {
            content_model,
            flags,
            namespace,
            page_id,
            revision_id,
            parent_id,
            unix_time,
            source_id,
            record_length,
            stream_offset,
            record_offset,
            member,
            licence_rule,
            text,
            title,
            comment,
            user,
            wiki,
            extensions,
        };
        leaf.check_commitments()?;
        Ok(leaf)
    }

    /// `open` commits to no contributor and no comment, and nothing commits to a hidden field.
    fn check_commitments(&self) -> Result<(), LeafError> {
        let open = self.flags & REDACTABLE == 0;
        for (commitment, hidden, byte_offset) in [
            (self.text, self.flags & TEXT_HIDDEN != 0, TEXT_OFFSET),
            (self.comment, open || self.flags & COMMENT_HIDDEN != 0, COMMENT_OFFSET),
            (self.user, open || self.flags & USER_HIDDEN != 0, USER_OFFSET),
        ] {
            if hidden && commitment != NO_COMMITMENT {
                return Err(LeafError { kind: LeafErrorKind::ForbiddenCommitment, byte_offset });
            }
        }
        Ok(())
    }

    /// Code of the checksum status, 0 to 7.
    #[must_use]
    pub fn sha1_status(&self) -> u16 {
        self.flags & SHA1_STATUS_MASK
    }

    /// Code of the size status, 0 to 3.
    #[must_use]
    pub fn size_status(&self) -> u16 {
        (self.flags & !RESERVED_FLAGS) >> SIZE_STATUS_SHIFT
    }

    /// The content model as the dump names it, `None` if the dump states none.
    #[must_use]
    pub fn model_name(&self) -> Option<String> {
        let known = model::name(self.content_model);
        let name = known.map_or_else(|| other_name(self.extensions).unwrap_or_default(), str::as_bytes);
        if name.is_empty() { None } else { Some(String::from_utf8_lossy(name).into_owned()) }
    }
}

/// Joins the two statuses into flag bits; the codes must be at most 7 and 3.
pub(super) fn status_flags(sha1_status: u8, size_status: u8) -> u16 {
    u16::from(sha1_status) | u16::from(size_status) << SIZE_STATUS_SHIFT
}

/// Zeroes where the record lies in its source (`source_id`, both offsets, `member`; the length stays), so that the same
/// content in another packing has the same hash.
pub(super) fn clear_position(leaf: &mut [u8]) {
    for range in [SOURCE_ID, OFFSETS, MEMBER] {
        if let Some(field) = leaf.get_mut(range) {
            field.fill(0);
        }
    }
}

/// Whether the bytes may name a wiki: `[a-z0-9_]`, 1 to 32 of them.
pub(super) fn is_wiki(name: &[u8]) -> bool {
    (1..=MAX_WIKI_LENGTH).contains(&name.len()) && first_foreign_character(name).is_none()
}

fn first_foreign_character(name: &[u8]) -> Option<usize> {
    name.iter().position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn wiki<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], LeafError> {
    let at_length = reader.fail(LeafErrorKind::WikiLength);
    let [length] = reader.array()?;
    let start = reader.offset();
    if !(1..=MAX_WIKI_LENGTH).contains(&usize::from(length)) {
        return Err(at_length);
    }
    let name = reader.slice(usize::from(length))?;
    match first_foreign_character(name) {
        Some(place) => Err(LeafError { kind: LeafErrorKind::WikiCharacter, byte_offset: start + place }),
        None => Ok(name),
    }
}

/// Checks the list and returns its bytes: types ascend, lengths fit, and type 1 stands exactly with the model `OTHER`.
fn extensions<'a>(reader: &mut Reader<'a>, content_model: u8) -> Result<&'a [u8], LeafError> {
    let length = u16::from_be_bytes(reader.array()?);
    let start = reader.offset();
    let whole = reader.slice(usize::from(length))?;
    let mut entries = Reader::inside(whole);
    let mut last_kind = None;
    let mut named = false;
    while !entries.is_at_end() {
        let byte_offset = start + entries.offset();
        let wrong_length = |_| LeafError { kind: LeafErrorKind::ExtensionLength, byte_offset };
        let kind = u16::from_be_bytes(entries.array().map_err(wrong_length)?);
        if last_kind.is_some_and(|last| kind <= last) {
            return Err(LeafError { kind: LeafErrorKind::ExtensionOrder, byte_offset });
        }
        last_kind = Some(kind);
        let size = u16::from_be_bytes(entries.array().map_err(wrong_length)?);
        let data = entries.slice(usize::from(size)).map_err(wrong_length)?;
        if kind == model::NAME_EXTENSION {
            // A name with a code of its own would give one revision two leaves.
            if content_model != model::OTHER || model::code(data) != model::OTHER || std::str::from_utf8(data).is_err()
            {
                return Err(LeafError { kind: LeafErrorKind::ModelName, byte_offset });
            }
            named = true;
        }
    }
    if content_model == model::OTHER && !named {
        return Err(LeafError { kind: LeafErrorKind::ModelName, byte_offset: start });
    }
    Ok(whole)
}

/// The name of another model: extension 1 is the first if it is there, apart from a type 0.
fn other_name(list: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::inside(list);
    while !reader.is_at_end() {
        let kind = u16::from_be_bytes(reader.array().ok()?);
        let size = u16::from_be_bytes(reader.array().ok()?);
        let data = reader.slice(usize::from(size)).ok()?;
        if kind == model::NAME_EXTENSION {
            return Some(data);
        }
    }
    None
}
