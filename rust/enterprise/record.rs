//! A record's fields as one row: what is missing, what is hidden, and whether the text is the one that the HTML was made of.

use std::borrow::Cow;
use std::net::IpAddr;

use super::article::{Article, Editor};
use super::error::{Fault, Reason, shown};
use super::head::{self, StatedSha1};
use super::limits::TEXT_BYTES;
use super::moment::microseconds;
use super::text::{Decoded, Raw};
use crate::digest::base36;
use crate::page::{
    Content, Page, Position, Revision, Sha1Check, Sha1Reason, Sha1Status, SizeStatus, TextState, User, UserKind,
};

/// Texts while they are looked at, reused from record to record.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    text: Decoded,
    head: Decoded,
}

/// What was odd about a record that was taken nevertheless.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    pub(crate) is_wiki_unstated: bool,
    /// Structured contents leave the namespace out; they exist for namespace 0 only.
    pub(crate) is_namespace_unstated: bool,
    /// The HTML was made of another revision.
    pub(crate) is_other_revision: bool,
}

/// What names a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) wiki: Option<String>,
    pub(crate) page: Page,
    pub(crate) revision_id: i64,
}

/// Checks what no record can be without.
pub(crate) fn identify(article: &Article<'_>) -> Result<Identity, Fault> {
    let missing = |what: &str| Fault::new(Reason::MissingField, format!("no {what}"));
    if article.event.as_deref() == Some("delete") {
        return Err(Fault::new(Reason::DeleteEvent, "tells that a page was deleted"));
    }
    if article.id_is_text {
        return Err(missing("page id, the identifier is a text"));
    }
    let positive = |id: i64, what: &str| {
        if id > 0 { Ok(id) } else { Err(Fault::new(Reason::BadNumber, format!("{what}: {id}"))) }
    };
    let id = positive(article.id.ok_or_else(|| missing("page id (identifier)"))?, "identifier")?;
    let revision_id =
        positive(article.version.id.ok_or_else(|| missing("revision id (version.identifier)"))?, "version.identifier")?;
    let name = article.name.as_deref().filter(|name| !name.is_empty()).ok_or_else(|| missing("title (name)"))?;
    let namespace = i32::try_from(article.namespace.unwrap_or_default())
        .map_err(|_| Fault::new(Reason::BadNumber, format!("namespace.identifier: {:?}", article.namespace)))?;
    if let Some(wiki) = &article.wiki {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=32).contains(&wiki.len()) || !wiki.bytes().all(is_name) {
            let detail = format!("is_part_of.identifier is no database name: {}", shown(wiki.as_bytes()));
            return Err(Fault::new(Reason::BadName, detail));
        }
    }
    // Event messages write names with underscores, articles with spaces.
    let page = Page { id, namespace, title: name.replace('_', " "), redirect_target: None };
    Ok(Identity { wiki: article.wiki.as_deref().map(str::to_owned), page, revision_id })
}

/// Makes the row of a record, and the check that is left where it states a sum of its text.
pub(crate) fn revision<'a>(
    article: &'a Article<'_>,
    revision_id: i64,
    position: Position,
    scratch: &'a mut Scratch,
) -> Result<(Revision<'a>, Notes, Option<Sha1Check>), Fault> {
    let visibility = article.visibility;
    let is_text_visible = visibility.text.unwrap_or(true);
    let is_comment_visible = visibility.comment.unwrap_or(true);
    let Scratch { text, head } = scratch;
    let head = article.html.as_ref().map(|html| head::read(html, head)).unwrap_or_default();
    let (source, is_wikitext) = match (article.wikitext, article.html) {
        (Some(wikitext), _) => (Some(wikitext), true),
        (None, html) => (html, false),
    };
    let body = match source.filter(|_| is_text_visible) {
        Some(source) => Some(decoded(source, text)?),
        None => None,
    };
    let state = match body {
        _ if !is_text_visible => TextState::Hidden,
        None => TextState::Missing,
        Some("") => TextState::Empty,
        Some(_) => TextState::Present,
    };
    let is_other_revision = head.revision_id.is_some_and(|id| id != revision_id);
    let size = article.version.size.filter(|size| *size >= 0);
    let size_status = match (body, size) {
        (Some(_), _) if !is_wikitext => SizeStatus::NotComparable,
        (Some(_), None) => SizeStatus::Absent,
        (Some(body), Some(size)) if i64::try_from(body.len()) == Ok(size) => SizeStatus::Match,
        (Some(_), Some(_)) => SizeStatus::Mismatch,
        (None, _) => SizeStatus::NotComparable,
    };
    let mut check = None;
    let sha1_status = match (body, head.sha1) {
        (None, _) if !is_text_visible => Sha1Status::Hidden,
        (None, _) => Sha1Status::TextMissing,
        (_, StatedSha1::Absent) => Sha1Status::Absent,
        _ if !is_wikitext => Sha1Status::NotComparable, // the sum is that of the wikitext
        (_, StatedSha1::Is(wanted)) if !is_other_revision => {
            check = Some(Sha1Check { wanted, otherwise: Sha1Reason::Unknown, size });
            Sha1Status::Mismatch // as long as it is not compared
        }
        _ => Sha1Status::Mismatch,
    };
    let stated = match head.sha1 {
        StatedSha1::Is(digest) if is_text_visible => Some(base36(&digest)),
        _ => None,
    };
    let (model, format) = match body {
        None => (None, None),
        Some(_) if is_wikitext => (Some("wikitext"), Some("text/x-wiki")),
        Some(_) => (None, Some("text/html")),
    };
    let notes = Notes {
        is_wiki_unstated: article.wiki.is_none(),
        is_namespace_unstated: article.namespace.is_none(),
        is_other_revision,
    };
    let revision = Revision {
        id: revision_id,
        timestamp: timestamp(article)?,
        parent_id: article.parent_id.filter(|id| *id != 0),
        is_minor: article.version.is_minor,
        user: user(article.version.editor.as_ref(), visibility.editor.unwrap_or(true)),
        comment: article.version.comment.as_deref().filter(|_| is_comment_visible).map(Cow::Borrowed),
        comment_is_visible: is_comment_visible,
        sha1: stated.map(|digits| Cow::Owned(digits.iter().map(|digit| char::from(*digit)).collect())),
        size,
        content_is_visible: is_text_visible,
        main: Content {
            model: model.map(Cow::Borrowed),
            format: format.map(Cow::Borrowed),
            state,
            body: body.map(Cow::Borrowed),
            ..Content::default()
        },
        slots: Vec::new(),
        sha1_status,
        sha1_reason: (sha1_status == Sha1Status::Mismatch).then_some(Sha1Reason::Unknown),
        size_status,
        position,
    };
    Ok((revision, notes, check))
}

/// The text; borrowed from the line when there is nothing to decode.
fn decoded<'a>(source: Raw<'a>, text: &'a mut Decoded) -> Result<&'a str, Fault> {
    let decoded = if source.has_escape {
        text.clear();
        source.decode_into(0, text, TEXT_BYTES + 1)?;
        text.as_str()?
    } else {
        source.inside
    };
    if decoded.len() > TEXT_BYTES {
        return Err(Fault::new(Reason::TextTooLarge, format!("bytes of text exceed the limit: {TEXT_BYTES}")));
    }
    Ok(decoded)
}

/// Go's zero time stands for none.
fn timestamp(article: &Article<'_>) -> Result<Option<i64>, Fault> {
    const NO_TIME: &str = "0001-01-01T00:00:00Z";
    let Some(written) = article.modified.as_deref().filter(|written| !written.is_empty() && *written != NO_TIME) else {
        return Ok(None);
    };
    let bad = || Fault::new(Reason::BadTimestamp, format!("date_modified: {}", shown(written.as_bytes())));
    microseconds(written).map(Some).ok_or_else(bad)
}

fn user<'a>(editor: Option<&'a Editor<'_>>, is_visible: bool) -> User<'a> {
    if !is_visible {
        return User { id: None, text: None, is_visible, kind: UserKind::Hidden };
    }
    let id = editor.and_then(|editor| editor.id).filter(|id| *id > 0);
    let name = editor.and_then(|editor| editor.name.as_deref()).filter(|name| !name.is_empty());
    let is_anonymous = editor.is_some_and(|editor| editor.is_anonymous);
    let (id, kind) = match (name, id) {
        (None, id) => (id, UserKind::Missing),
        (Some(name), id) if is_temporary(name) => (id, UserKind::Temporary),
        // `is_anonymous` is left out when it is false, and some writers leave it out always.
        (Some(name), None) if is_anonymous || name.parse::<IpAddr>().is_ok() => (None, UserKind::Ip),
        (Some(_), Some(id)) if is_anonymous => (Some(id), UserKind::System),
        (Some(_), Some(id)) => (Some(id), UserKind::Registered),
        (Some(_), None) => (None, UserKind::System),
    };
    User { id, text: name.map(Cow::Borrowed), is_visible, kind }
}

/// Names of temporary accounts start with `~2` and three digits; nobody else may have them.
fn is_temporary(name: &str) -> bool {
    matches!(name.as_bytes(), [b'~', b'2', a, b, c, b'-', ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::json::Cursor;
    use super::*;

    fn row(json: &str) -> Result<(Identity, String), Fault> {
        let mut article = Article::default();
        article.read(&mut Cursor::new(json, 0))?;
        let identity = identify(&article)?;
        let mut scratch = Scratch::default();
        let position = Position::default();
        let (mut revision, notes, check) = revision(&article, identity.revision_id, position, &mut scratch)?;
        if let Some(check) = check {
            let text = revision.main.body.as_deref().unwrap_or_default().as_bytes();
            revision.sha1_status = check.verdict(text, &crate::digest::sha1(text)).0;
        }
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            revision.main.state,
            revision.sha1_status,
            revision.size_status,
            revision.user.kind,
            revision.user.text.as_deref().unwrap_or("-"),
            revision.main.body.as_deref().unwrap_or("-"),
            notes.is_namespace_unstated,
        );
        Ok((identity, shown))
    }

    /// Fields between `"name"` and the end.
    fn with(fields: &str) -> String {
        format!(r#"{{"name":"Moss_Garden","identifier":3,"version":{{"identifier":9,"size":{{"value":4}}}}{fields}}}"#)
    }

    #[test]
    fn states_follow_what_is_stated() {
        let html = |about: &str, sha1: &str| {
            format!(
                r#""html":"\u003chtml about=\"/Special:Redirect/revision/{about}\"\u003e\u003cmeta property=\"mw:revisionSHA1\" content=\"{sha1}\"/\u003e\u003cbody\u003e""#
            )
        };
        let moss = "8be9a8ac90f3dcac29b4f68a4bb4b4b7bd6d0ec3"; // any 40 digits
        let sum = "0de4b80a5f67aec20b0514043ca79a43d085b59f"; // of "moss"
        for (fields, want) in [
            (String::new(), "Missing TextMissing NotComparable Missing \"-\" \"-\" true"),
            (
                r#","namespace":{"identifier":0},"abstract":"x""#.into(),
                "Missing TextMissing NotComparable Missing \"-\" \"-\" false",
            ),
            (r#","article_body":{"wikitext":"moss"}"#.into(), "Present Absent Match Missing \"-\" \"moss\" true"),
            (r#","article_body":{"wikitext":""}"#.into(), "Empty Absent Mismatch Missing \"-\" \"\" true"),
            (
                format!(r#","article_body":{{{},"wikitext":"moss"}}"#, html("9", sum)),
                "Present Match Match Missing \"-\" \"moss\" true",
            ),
            (
                format!(r#","article_body":{{{},"wikitext":"moss"}}"#, html("9", moss)),
                "Present Mismatch Match Missing \"-\" \"moss\" true",
            ),
            (
                format!(r#","article_body":{{{},"wikitext":"moss"}}"#, html("8", sum)),
                "Present Mismatch Match Missing \"-\" \"moss\" true",
            ),
            (
                r#","article_body":{"wikitext":"moss"},"visibility":{"text":false,"editor":false,"comment":false}"#
                    .into(),
                "Hidden Hidden NotComparable Hidden \"-\" \"-\" true",
            ),
        ] {
            let (identity, shown) = row(&with(&fields)).unwrap();
            assert_eq!(shown, want, "{fields}");
            assert_eq!((identity.page.title.as_str(), identity.page.id, identity.revision_id), ("Moss Garden", 3, 9));
        }
        let (_, only_html) = row(&with(&format!(r#","article_body":{{{}}}"#, html("9", sum)))).unwrap();
        assert!(only_html.starts_with("Present NotComparable NotComparable"), "{only_html}");
    }

    #[test]
    fn users_are_told_apart() {
        for (editor, want) in [
            (r#"{"identifier":5,"name":"Example User 1"}"#, "Registered \"Example User 1\""),
            (r#"{"name":"192.0.2.1","is_anonymous":true}"#, "Ip \"192.0.2.1\""),
            (r#"{"name":"2001:db8::1"}"#, "Ip \"2001:db8::1\""),
            (r#"{"identifier":6,"name":"~2026-00001-01","is_anonymous":true}"#, "Temporary \"~2026-00001-01\""),
            (r#"{"name":"Old import"}"#, "System \"Old import\""),
            ("{}", "Missing \"-\""),
            ("null", "Missing \"-\""),
        ] {
            let json = format!(r#"{{"name":"A","identifier":1,"version":{{"identifier":2,"editor":{editor}}}}}"#);
            assert!(row(&json).unwrap().1.contains(want), "{editor}");
        }
    }

    #[test]
    fn records_without_their_names_are_refused() {
        for (json, reason) in [
            (r#"{"name":"A","version":{"identifier":2}}"#, Reason::MissingField),
            (r#"{"name":"A","identifier":1}"#, Reason::MissingField),
            (r#"{"identifier":1,"version":{"identifier":2}}"#, Reason::MissingField),
            (r#"{"name":"A","identifier":-1,"version":{"identifier":2}}"#, Reason::BadNumber),
            (r#"{"name":"A","identifier":"x","version":{"identifier":2}}"#, Reason::MissingField),
            (
                r#"{"name":"A","identifier":1,"version":{"identifier":2},"is_part_of":{"identifier":"A/B"}}"#,
                Reason::BadName,
            ),
            (r#"{"name":"A","identifier":1,"version":{"identifier":2},"date_modified":"today"}"#, Reason::BadTimestamp),
            (
                r#"{"name":"A","identifier":1,"version":{"identifier":2},"event":{"type":"delete"}}"#,
                Reason::DeleteEvent,
            ),
        ] {
            assert_eq!(row(json).map_err(|fault| fault.reason), Err(reason), "{json}");
        }
    }
}
