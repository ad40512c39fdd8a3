//! What the head of Parsoid's HTML says of the wikitext it was made from.
//!
//! `<html about=".../Special:Redirect/revision/{id}">` names the revision, `<meta property="mw:revisionSHA1" content="{hex}">`
//! the SHA-1 of its wikitext (Parsoid, "MediaWiki DOM spec"). Only what stands before `<body` counts: an article cannot
//! write there.

use memchr::memmem;

use super::limits::HEAD_BYTES;
use super::text::{Decoded, Raw};
use crate::digest::Sha1Bytes;

/// The checksum that a page states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum StatedSha1 {
    #[default]
    Absent,
    Unreadable,
    Is(Sha1Bytes),
}

/// What a head says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sha1: StatedSha1,
    pub(crate) revision_id: Option<i64>,
}

/// Reads the head of a page. `scratch` is overwritten.
pub(crate) fn read(html: &Raw<'_>, scratch: &mut Decoded) -> Head {
    const STEP_BYTES: usize = 512;
    const BODY: &[u8] = b"<body";
    scratch.clear();
    let mut at = 0;
    while at < html.inside.len() && scratch.len() < HEAD_BYTES {
        let searched = scratch.len().saturating_sub(BODY.len() - 1);
        let Ok(behind) = html.decode_into(at, scratch, STEP_BYTES) else {
            return Head::default();
        };
        at = behind;
        let fresh = scratch.as_bytes().get(searched..).unwrap_or_default();
        if let Some(place) = memmem::find(fresh, BODY) {
            scratch.truncate(searched + place);
            break;
        }
    }
    scratch.as_str().map(parse).unwrap_or_default()
}

fn parse(head: &str) -> Head {
    let sha1 = tag_with(head, "property=\"mw:revisionSHA1\"").and_then(|tag| attribute(tag, " content=\""));
    let about = tag_with(head, "<html").and_then(|tag| attribute(tag, " about=\""));
    let revision_id =
        about.and_then(|about| about.rsplit_once("Special:Redirect/revision/")).and_then(|(_, id)| id.parse().ok());
    Head {
        sha1: sha1.map_or(StatedSha1::Absent, |hex| from_hex(hex).map_or(StatedSha1::Unreadable, StatedSha1::Is)),
        revision_id,
    }
}

/// The tag that holds `mark`, from its `<` to before its `>`.
fn tag_with<'t>(head: &'t str, mark: &str) -> Option<&'t str> {
    let place = memmem::find(head.as_bytes(), mark.as_bytes())?;
    let start = head.get(..=place)?.rfind('<')?;
    let tag = head.get(start..)?;
    tag.get(..tag.find('>')?)
}

/// The value behind `start`, which is a name with its equals sign and quote.
fn attribute<'t>(tag: &'t str, start: &str) -> Option<&'t str> {
    let place = memmem::find(tag.as_bytes(), start.as_bytes())?;
    tag.get(place + start.len()..)?.split_once('"').map(|(value, _)| value)
}

fn from_hex(text: &str) -> Option<Sha1Bytes> {
    let mut digest = Sha1Bytes::default();
    if text.len() != digest.len() * 2 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |place: usize| pair.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(html: &str) -> Head {
        let inside = html.replace('"', "\\\"").replace('\n', "\\n"); // as it stands inside a JSON string
        read(&Raw { inside: &inside, has_escape: true }, &mut Decoded::default())
    }

    #[test]
    fn only_the_head_is_believed() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let page = format!(
            "<!DOCTYPE html>\n<html prefix=\"a\" about=\"https://x.example/wiki/Special:Redirect/revision/12\"><head>\
             <meta property=\"mw:revisionSHA1\" content=\"{hex}\"/></head><body>"
        );
        let found = head(&page);
        assert_eq!(found.revision_id, Some(12));
        assert!(matches!(found.sha1, StatedSha1::Is([0x01, 0x23, ..])), "{found:?}");
        assert_eq!(head(&page.replace("<head>", "<body>").replace("about", "other")), Head::default());
        assert_eq!(head(&page.replace(hex, "xyz")).sha1, StatedSha1::Unreadable);
        let late = page.replace("<head>", &format!("<head>{}", "<meta name=\"x\"/>".repeat(1000)));
        assert_eq!(head(&late), found);
    }
}
