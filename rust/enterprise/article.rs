//! One article's JSON object: the fields that become columns. Everything else is checked and passed over.

use std::borrow::Cow;

use super::error::{Fault, Reason};
use super::json::Cursor;
use super::limits::{COMMENT_BYTES, LICENCES, NAME_BYTES, TITLE_BYTES};
use super::text::Raw;

/// What a record says, as far as it was read. False, 0, "" and null are left out by the writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Article<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) id: Option<i64>,
    /// An `identifier` that is a text: what has one is no article.
    pub(crate) id_is_text: bool,
    /// `type`, as in the keys of event messages.
    pub(crate) has_type: bool,
    pub(crate) modified: Option<Cow<'a, str>>,
    pub(crate) namespace: Option<i64>,
    pub(crate) wiki: Option<Cow<'a, str>>,
    pub(crate) parent_id: Option<i64>,
    pub(crate) has_version: bool,
    pub(crate) version: Version<'a>,
    pub(crate) wikitext: Option<Raw<'a>>,
    pub(crate) html: Option<Raw<'a>>,
    pub(crate) visibility: Visibility,
    pub(crate) licences: Vec<Cow<'a, str>>,
    pub(crate) event: Option<Cow<'a, str>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Version<'a> {
    pub(crate) id: Option<i64>,
    pub(crate) comment: Option<Cow<'a, str>>,
    pub(crate) is_minor: bool,
    pub(crate) size: Option<i64>,
    pub(crate) editor: Option<Editor<'a>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Editor<'a> {
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) is_anonymous: bool,
}

/// What is shown; `None` where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visibility {
    pub(crate) text: Option<bool>,
    pub(crate) editor: Option<bool>,
    pub(crate) comment: Option<bool>,
}

impl<'a> Article<'a> {
    /// Reads an object. After a fault, what was read before it stays.
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        if cursor.peek() != Some(b'{') {
            return Err(match cursor.skip() {
                Ok(()) => Fault::new(Reason::BadJson, "no object"),
                Err(fault) => fault,
            });
        }
        cursor.object(|cursor, name| self.field(cursor, name)).map(|_| ())
    }

    fn field(&mut self, cursor: &mut Cursor<'a>, name: &str) -> Result<(), Fault> {
        match name {
            "name" => self.name = cursor.name(name, TITLE_BYTES)?,
            "identifier" if cursor.peek() == Some(b'"') => {
                self.id_is_text = true;
                cursor.skip()?;
            }
            "identifier" => self.id = cursor.integer("identifier")?,
            "type" => {
                self.has_type = true;
                cursor.skip()?;
            }
            "date_modified" => self.modified = cursor.name(name, NAME_BYTES)?,
            "namespace" if cursor.peek() == Some(b'{') => self.namespace = identifier(cursor, "namespace.identifier")?,
            "is_part_of" if cursor.peek() == Some(b'{') => {
                cursor.object(|cursor, name| match name {
                    "identifier" => cursor.name("is_part_of", NAME_BYTES).map(|wiki| self.wiki = wiki),
                    _ => cursor.skip(),
                })?;
            }
            "previous_version" => self.parent_id = identifier(cursor, "previous_version.identifier")?,
            "version" if cursor.peek() == Some(b'"') => cursor.skip()?, // a digest, as in the lists of snapshots
            "version" => self.has_version = self.version.read(cursor)?,
            "article_body" => {
                cursor.object(|cursor, name| match name {
                    "wikitext" => cursor.text().map(|text| self.wikitext = text),
                    "html" => cursor.text().map(|text| self.html = text),
                    _ => cursor.skip(),
                })?;
            }
            "visibility" => {
                let visibility = &mut self.visibility;
                cursor.object(|cursor, name| match name {
                    "text" => cursor.flag().map(|flag| visibility.text = flag),
                    "editor" => cursor.flag().map(|flag| visibility.editor = flag),
                    "comment" => cursor.flag().map(|flag| visibility.comment = flag),
                    _ => cursor.skip(),
                })?;
            }
            "license" => cursor.array(|cursor| self.licence(cursor))?,
            "event" => {
                cursor.object(|cursor, name| match name {
                    "type" => cursor.name("event.type", NAME_BYTES).map(|event| self.event = event),
                    _ => cursor.skip(),
                })?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    }

    fn licence(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let mut found = None;
        cursor.object(|cursor, name| match name {
            "identifier" => cursor.name("license.identifier", NAME_BYTES).map(|name| found = name),
            _ => cursor.skip(),
        })?;
        if self.licences.len() >= LICENCES {
            return Err(Fault::new(
                Reason::FieldTooLarge,
                format!("licences of one record reach the limit: {LICENCES}"),
            ));
        }
        self.licences.extend(found);
        Ok(())
    }
}

impl<'a> Version<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<bool, Fault> {
        cursor.object(|cursor, name| {
            match name {
                "identifier" => self.id = cursor.integer("version.identifier")?,
                "comment" => self.comment = cursor.name("comment", COMMENT_BYTES)?,
                "is_minor_edit" => self.is_minor = cursor.flag()?.unwrap_or_default(),
                "size" if cursor.peek() == Some(b'{') => self.size = size(cursor)?,
                "editor" => {
                    let mut editor = Editor::default();
                    self.editor = editor.read(cursor)?.then_some(editor);
                }
                _ => cursor.skip()?,
            }
            Ok(())
        })
    }
}

impl<'a> Editor<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<bool, Fault> {
        cursor.object(|cursor, name| {
            match name {
                "identifier" => self.id = cursor.integer("editor.identifier")?,
                "name" => self.name = cursor.name("editor.name", NAME_BYTES)?,
                "is_anonymous" => self.is_anonymous = cursor.flag()?.unwrap_or_default(),
                _ => cursor.skip()?,
            }
            Ok(())
        })
    }
}

/// Reads the `identifier` of an object that has hardly more.
fn identifier(cursor: &mut Cursor<'_>, label: &str) -> Result<Option<i64>, Fault> {
    let mut found = None;
    cursor.object(|cursor, name| match name {
        "identifier" => cursor.integer(label).map(|id| found = id),
        _ => cursor.skip(),
    })?;
    Ok(found)
}

/// Reads a size in bytes; another unit is none that is known.
fn size(cursor: &mut Cursor<'_>) -> Result<Option<i64>, Fault> {
    let (mut value, mut is_bytes) = (None, true);
    cursor.object(|cursor, name| match name {
        "value" => match cursor.peek() {
            Some(b'-' | b'0'..=b'9') => cursor.number().map(|written| value = written.parse().ok()),
            _ => cursor.skip(),
        },
        "unit_text" => {
            cursor.name("size.unit_text", NAME_BYTES).map(|unit| is_bytes = unit.is_none_or(|unit| unit == "B"))
        }
        _ => cursor.skip(),
    })?;
    Ok(value.filter(|_| is_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Article<'_>, Result<(), Fault>) {
        let mut article = Article::default();
        let result = article.read(&mut Cursor::new(text, 0));
        (article, result)
    }

    #[test]
    fn fields_are_found_by_their_decoded_names() {
        let (article, result) = read(
            r#"{"n\u0061me":"A_\"b\"","identifier":5000000000,"version":{"identifier":7,"size":{"value":3,"unit_text":"B"},
            "editor":{"name":"192.0.2.1","is_anonymous":true},"is_minor_edit":null},"namespace":{"identifier":0},
            "article_body":{"wikitext":"x","html":null},"visibility":{"text":false,"editor":true,"comment":true},
            "license":[{"identifier":"CC-BY-SA-4.0"}],"other":{"name":"no"},"is_part_of":{"identifier":"enwiki"}}"#,
        );
        assert_eq!(result, Ok(()));
        assert_eq!((article.name.as_deref(), article.id), (Some("A_\"b\""), Some(5_000_000_000)));
        assert_eq!((article.version.id, article.version.size, article.version.is_minor), (Some(7), Some(3), false));
        assert_eq!(article.version.editor.map(|editor| (editor.id, editor.is_anonymous)), Some((None, true)));
        assert_eq!((article.namespace, article.visibility.text), (Some(0), Some(false)));
        assert_eq!((article.wikitext.map(|raw| raw.inside), article.html), (Some("x"), None));
        assert_eq!((article.licences, article.wiki.as_deref()), (vec!["CC-BY-SA-4.0".into()], Some("enwiki")));
    }

    #[test]
    fn defects_are_named() {
        for (text, reason) in [
            (r#"{"name":"a","na\u006de":"b"}"#, Reason::BadJson),
            (r#"{"version":{"identifier":1,"identifier":2}}"#, Reason::BadJson),
            (r#"{"identifier":1.5}"#, Reason::BadNumber),
            (r#"{"identifier":9223372036854775808}"#, Reason::BadNumber),
            (r#"{"version":{"identifier":"7"}}"#, Reason::BadNumber),
            (r#"{"name":5}"#, Reason::BadJson),
            (r#"{"name":"\u0000"}"#, Reason::BadChar),
            (r#"{"other":"\ud800"}"#, Reason::BadChar),
            (r#"{"other":[1,]}"#, Reason::BadJson),
            (r#"{"name":"a""#, Reason::Unfinished),
            (r#"["a"]"#, Reason::BadJson),
        ] {
            assert_eq!(read(text).1.map_err(|fault| fault.reason), Err(reason), "{text}");
        }
        let many: Vec<String> = (0..300).map(|key| format!("\"k{key}\":0")).collect();
        assert!(read(&format!("{{{}}}", many.join(","))).1.is_err_and(|fault| fault.detail.contains("256")));
    }
}
