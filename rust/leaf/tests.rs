use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder, StructBuilder, UInt8Builder};
use arrow_array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt8Array,
};
use arrow_schema::{DataType, Field as ArrowField, Fields};
use proptest::prelude::*;
use serde_json::Value;

use super::bulk::encode_batch;
use super::columns::Bytes;
use super::commitment::{Committer, Field, TextDigest, field_salt, open_salt, push_slot};
use super::leaves::leaf_hashes;
use super::output::{OutputLeaf, encode_outputs};
use super::revision::RevisionLeaf;
use super::{LeafErrorKind, decode};

fn read(name: &str) -> Value {
    let path = format!("{}/tests/data/leaf/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|place| u8::from_str_radix(&text[place..place + 2], 16).unwrap()).collect()
}

/// A row to encode; the fields that stay the same in every test are filled in by `batch`.
#[derive(Clone, Debug)]
struct Row {
    wiki: String,
    revision_id: i64,
    parent_id: Option<i64>,
    unix_time: Option<i64>,
    model: Option<String>,
    statuses: (u8, u8),
    is_minor: bool,
    visible: (bool, bool),
    element: (i64, i64),
    slots: Vec<(String, String)>,
}

fn batch(rows: &[Row]) -> RecordBatch {
    let fields = Fields::from(vec![
        ArrowField::new("role", DataType::Utf8, false),
        ArrowField::new("content_size", DataType::Int64, true),
        ArrowField::new("text_state", DataType::UInt8, false),
        ArrowField::new("content_body", DataType::Utf8, true),
    ]);
    let mut slots = ListBuilder::new(StructBuilder::from_fields(fields, 0));
    for row in rows {
        for (role, text) in row.slots.iter().filter(|(role, _)| role != "main") {
            let slot = slots.values();
            slot.field_builder::<StringBuilder>(0).unwrap().append_value(role);
            slot.field_builder::<Int64Builder>(1).unwrap().append_null();
            slot.field_builder::<UInt8Builder>(2).unwrap().append_value(u8::from(text.is_empty()));
            slot.field_builder::<StringBuilder>(3).unwrap().append_value(text);
            slot.append(true);
        }
        slots.append(true);
    }
    let slots: ListArray = slots.finish();
    let main = |row: &Row| row.slots.iter().find(|(role, _)| role == "main").map(|(_, text)| text.clone());
    let state = |row: &Row| main(row).map_or(2, |text| u8::from(text.is_empty()));
    let constant = |value: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![value; rows.len()])) };
    let small = |value: i32| -> ArrayRef { Arc::new(Int32Array::from(vec![value; rows.len()])) };
    let int64 = |pick: fn(&Row) -> Option<i64>| -> ArrayRef { Arc::new(rows.iter().map(pick).collect::<Int64Array>()) };
    let boolean = |pick: fn(&Row) -> bool| -> ArrayRef {
        Arc::new(BooleanArray::from(rows.iter().map(pick).collect::<Vec<_>>()))
    };
    let uint8 = |pick: fn(&Row) -> u8| -> ArrayRef { Arc::new(UInt8Array::from_iter_values(rows.iter().map(pick))) };
    let times = rows.iter().map(|row| row.unix_time.map(|time| time * 1_000_000));
    RecordBatch::try_from_iter_with_nullable([
        (
            "wiki_id",
            Arc::new(rows.iter().map(|row| Some(row.wiki.clone())).collect::<StringArray>()) as ArrayRef,
            false,
        ),
        ("page_id", constant(12), false),
        ("page_namespace_id", small(0), false),
        ("page_title", Arc::new(StringArray::from(vec!["Example page"; rows.len()])), false),
        ("revision_id", int64(|row| Some(row.revision_id)), false),
        ("revision_parent_id", int64(|row| row.parent_id), true),
        ("revision_dt", Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC")), true),
        ("revision_is_minor_edit", boolean(|row| row.is_minor), true),
        ("user_is_visible", boolean(|row| row.visible.1), false),
        ("revision_comment_is_visible", boolean(|_| true), false),
        ("revision_content_is_visible", boolean(|row| row.visible.0), false),
        ("content_model", Arc::new(rows.iter().map(|row| row.model.clone()).collect::<StringArray>()), true),
        ("slots", Arc::new(slots), false),
        ("text_state", Arc::new(UInt8Array::from_iter_values(rows.iter().map(state))), false),
        ("sha1_status", uint8(|row| row.statuses.0), false),
        ("size_status", uint8(|row| row.statuses.1), false),
        ("source_id", small(0), false),
        ("stream_offset", constant(620), false),
        ("element_offset", int64(|row| Some(row.element.0)), false),
        ("element_length", int64(|row| Some(row.element.1)), false),
        ("licence_rule", small(1), false),
        ("text", Arc::new(rows.iter().map(main).collect::<LargeStringArray>()), true),
    ])
    .unwrap()
}

fn golden_row(vector: &Value) -> Row {
    let number = |name: &str| vector[name].as_i64().unwrap();
    let code = |name: &str| u8::try_from(number(name)).unwrap();
    let truth = |name: &str| vector[name].as_bool().unwrap();
    let slots = vector["slots"].as_object().unwrap().iter();
    Row {
        wiki: vector["wiki_id"].as_str().unwrap().into(),
        revision_id: number("revision_id"),
        parent_id: Some(number("revision_parent_id")).filter(|parent| *parent != 0),
        unix_time: Some(number("unix_time")),
        model: Some(vector["content_model"].as_str().unwrap().into()),
        statuses: (code("sha1_status"), code("size_status")),
        is_minor: truth("is_minor"),
        visible: (truth("text_is_visible"), truth("user_is_visible")),
        element: (number("element_offset"), number("element_length")),
        slots: slots.map(|(role, text)| (role.clone(), text.as_str().unwrap().into())).collect(),
    }
}

#[test]
fn columns_give_the_golden_leaves() {
    let golden = read("golden");
    let vectors = golden["revisions"].as_array().unwrap();
    let rows: Vec<_> = vectors.iter().map(golden_row).collect();
    let leaves = encode_batch(&batch(&rows), 1).unwrap();
    let mut start = 0;
    for (place, vector) in vectors.iter().enumerate() {
        let leaf = &leaves.bytes[start..leaves.ends[place]];
        start = leaves.ends[place];
        assert_eq!(leaf, unhex(&vector["leaf"]), "leaf {place}");
        assert_eq!(leaves.hashes[place].to_vec(), unhex(&vector["leaf_hash"]), "leaf hash {place}");
        assert_eq!(leaves.content_hashes[place].to_vec(), unhex(&vector["content_hash"]), "content hash {place}");
        let decoded = RevisionLeaf::decode(leaf).unwrap();
        assert_eq!(u64::from(decoded.flags), vector["flags"].as_u64().unwrap());
        assert_eq!(decoded.model_name().as_deref(), Some("wikitext"));
        if let Some(commitment) = vector.get("text_commitment") {
            assert_eq!(decoded.text.to_vec(), unhex(commitment));
        }
    }
    assert_eq!(crate::merkle::tree::root(&leaves.hashes).to_vec(), unhex(&golden["root"]));
    assert_eq!(crate::merkle::tree::root(&leaves.hashes[..2]).to_vec(), unhex(&golden["node_0_1"]));
}

#[test]
fn salts_and_commitments_are_the_golden_ones() {
    let golden = read("golden");
    assert_eq!(open_salt().to_vec(), unhex(&golden["open_salt"]));
    assert_eq!(field_salt(&open_salt(), Field::Text).to_vec(), unhex(&golden["field_salts"]["text"]));
    assert_eq!(field_salt(&open_salt(), Field::Title).to_vec(), unhex(&golden["field_salts"]["title"]));
    let mut digest_input = vec![1];
    push_slot(&mut digest_input, b"main", &TextDigest::of_each(&[b"Hello"])[0]);
    assert_eq!(digest_input, unhex(&golden["text_digest_input_0"]));
}

#[test]
fn redactable_leaf_is_the_golden_one() {
    let golden = read("golden");
    let vector = &golden["redactable"];
    let salt = unhex(&vector["record_salt"]).try_into().unwrap();
    let commit = |field, input: &[u8]| Committer::new(&salt, field).commit(&[input]);
    let open = unhex(&golden["revisions"][0]["leaf"]);
    let leaf = RevisionLeaf {
        flags: 0x181,
        text: commit(Field::Text, &unhex(&golden["text_digest_input_0"])),
        title: commit(Field::Title, b"Example page"),
        comment: commit(Field::Comment, vector["comment"].as_str().unwrap().as_bytes()),
        user: commit(Field::User, &unhex(&vector["user_digest_input"])),
        ..RevisionLeaf::decode(&open).unwrap()
    };
    assert_eq!(leaf.text.to_vec(), unhex(&vector["text_commitment"]));
    assert_eq!(leaf.user.to_vec(), unhex(&vector["user_commitment"]));
    let mut bytes = Vec::new();
    leaf.encode_into(&mut bytes);
    assert_eq!(bytes, unhex(&vector["leaf"]));
    assert_eq!(leaf_hashes([&bytes[..]])[0].to_vec(), unhex(&vector["leaf_hash"]));
}

#[test]
fn transformed_record_is_the_golden_one() {
    let vector = &read("golden")["output"];
    let (root, transform) = (unhex(&vector["source_root"]), unhex(&vector["transform"]));
    let texts = LargeStringArray::from(vec![vector["text"].as_str().unwrap()]);
    let (root, transform) = (root.try_into().unwrap(), transform.try_into().unwrap());
    let leaves = encode_outputs(&[0], root, transform, Bytes::of(&texts).unwrap()).unwrap();
    assert_eq!(leaves.bytes, unhex(&vector["leaf"]));
    assert_eq!(leaves.hashes[0].to_vec(), unhex(&vector["leaf_hash"]));
    let decoded = OutputLeaf::decode(&leaves.bytes).unwrap();
    assert_eq!(decoded.encode().to_vec(), leaves.bytes);
    assert!(encode_outputs(&[-1], root, transform, Bytes::of(&texts).unwrap()).is_err(), "negative index");
    assert!(encode_outputs(&[0, 1], root, transform, Bytes::of(&texts).unwrap()).is_err(), "two indices, one text");
}

#[test]
fn hashes_of_other_kinds_agree() {
    for vector in read("golden")["other_kinds"].as_array().unwrap() {
        assert_eq!(leaf_hashes([&unhex(&vector["leaf"])[..]])[0].to_vec(), unhex(&vector["leaf_hash"]));
    }
}

#[test]
fn forgeries_are_refused_and_odd_leaves_are_not() {
    let vectors = read("forgeries");
    for vector in vectors["accepted"].as_array().unwrap() {
        let bytes = unhex(&vector["leaf"]);
        let mut again = Vec::new();
        RevisionLeaf::decode(&bytes).unwrap().encode_into(&mut again);
        assert_eq!(again, bytes, "{}", vector["name"]);
    }
    for vector in vectors["forged"].as_array().unwrap() {
        let bytes = unhex(&vector["leaf"]);
        let error = match decode::kind(&bytes) {
            Some(5) => OutputLeaf::decode(&bytes).unwrap_err(),
            _ => RevisionLeaf::decode(&bytes).unwrap_err(),
        };
        assert_eq!(format!("{:?}", error.kind), vector["want_error"].as_str().unwrap(), "{}", vector["name"]);
        assert_eq!(error.byte_offset as u64, vector["byte_offset"].as_u64().unwrap(), "{}", vector["name"]);
    }
}

#[test]
fn every_prefix_ends_in_an_error() {
    let golden = read("golden");
    for (leaf, kind) in [(unhex(&golden["revisions"][0]["leaf"]), 1), (unhex(&golden["output"]["leaf"]), 5)] {
        for length in 0..leaf.len() {
            let error = if kind == 5 {
                OutputLeaf::decode(&leaf[..length]).unwrap_err()
            } else {
                RevisionLeaf::decode(&leaf[..length]).unwrap_err()
            };
            assert_eq!(error.kind, LeafErrorKind::Truncated, "{length}");
            assert!(error.byte_offset <= length);
        }
    }
}

fn plain_row() -> Row {
    golden_row(&read("golden")["revisions"][0])
}

/// The column that a change spoils.
type Change = (&'static str, fn(&mut Row));

#[test]
fn rows_without_a_place_in_a_leaf_are_named() {
    let good = plain_row();
    let changes: [Change; 9] = [
        ("wiki_id", |row| row.wiki = "Enwiki".into()),
        ("wiki_id", |row| row.wiki = String::new()),
        ("revision_id", |row| row.revision_id = -1),
        ("element_offset", |row| row.element.0 = -1),
        ("element_length", |row| row.element.1 = 1 << 32),
        ("sha1_status", |row| row.statuses.0 = 8),
        ("sha1_status", |row| row.statuses.1 = 4),
        ("text", |row| row.visible.0 = false),
        ("slots", |row| row.slots.extend([("a".into(), "x".into()), ("a".into(), "y".into())])),
    ];
    for (column, change) in changes {
        let mut bad = good.clone();
        change(&mut bad);
        let error = encode_batch(&batch(&[good.clone(), good.clone(), bad]), 1).unwrap_err();
        assert_eq!((error.column, error.row), (column, Some(2)), "{error}");
    }
    let whole = batch(&[good]);
    for name in ["page_id", "slots", "text"] {
        let kept: Vec<_> =
            (0..whole.num_columns()).filter(|place| whole.schema().field(*place).name() != name).collect();
        let error = encode_batch(&whole.project(&kept).unwrap(), 1).unwrap_err();
        assert_eq!((error.column, error.row), (name, None));
    }
}

#[test]
fn empty_text_has_a_commitment_and_slots_are_sorted() {
    let empty = Row { slots: vec![("main".into(), String::new())], ..plain_row() };
    let one_way = Row {
        slots: vec![("zzz".into(), "1".into()), ("main".into(), "2".into()), ("aa".into(), String::new())],
        ..plain_row()
    };
    let mut other_way = one_way.clone();
    other_way.slots.reverse();
    let leaves = encode_batch(&batch(&[empty, one_way, other_way]), 1).unwrap();
    assert_ne!(RevisionLeaf::decode(&leaves.bytes[..213]).unwrap().text, [0; 32]);
    assert_eq!(leaves.hashes[1], leaves.hashes[2]);
    assert_ne!(leaves.hashes[0], leaves.hashes[1]);
}

fn any_row() -> impl Strategy<Value = Row> {
    let slots = proptest::collection::btree_map("[a-z]{1,8}", ".{0,40}", 0..3);
    let model = proptest::option::of(proptest::sample::select(vec!["wikitext", "json", "GadgetDefinition", "é"]));
    (
        ("[a-z0-9_]{1,32}", 0..i64::MAX, proptest::option::of(-1..i64::MAX), proptest::option::of(0..4_000_000_000i64)),
        (model, 0u8..8, 0u8..4, any::<bool>(), any::<bool>()),
        (0..i64::MAX, 0..=i64::from(u32::MAX), slots, proptest::option::of(".{0,100}")),
    )
        .prop_map(|((wiki, revision_id, parent_id, unix_time), (model, sha1, size, is_minor, user), rest)| {
            let (offset, length, slots, main) = rest;
            let visible = (main.is_some(), user);
            let others = slots.into_iter().filter(|(role, _)| main.is_some() && role != "main");
            Row {
                wiki,
                revision_id,
                parent_id,
                unix_time,
                model: model.map(String::from),
                statuses: (sha1, size),
                is_minor,
                visible,
                element: (offset, length),
                slots: others.chain(main.clone().map(|text| ("main".into(), text))).collect(),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bulk_encoding_round_trips_and_ignores_threads(rows in proptest::collection::vec(any_row(), 1..4)) {
        let many: Vec<_> = rows.iter().cycle().take(3000).cloned().collect();
        let whole = batch(&many);
        let leaves = encode_batch(&whole, 1).unwrap();
        prop_assert_eq!(&encode_batch(&whole, 3).unwrap(), &leaves);
        prop_assert_eq!(encode_batch(&whole.slice(1, 2), 1).unwrap().hashes, leaves.hashes[1..3].to_vec());
        let mut start = 0;
        for ((row, end), hash) in rows.iter().zip(&leaves.ends).zip(&leaves.hashes) {
            let leaf = &leaves.bytes[start..*end];
            start = *end;
            prop_assert_eq!(hash, &crate::digest::sha256(&[&[0], leaf]));
            let decoded = RevisionLeaf::decode(leaf).unwrap();
            prop_assert_eq!(decoded.wiki, row.wiki.as_bytes());
            prop_assert_eq!(decoded.revision_id, u64::try_from(row.revision_id).unwrap());
            prop_assert_eq!(decoded.model_name(), row.model.clone());
            prop_assert_eq!((decoded.sha1_status(), decoded.size_status()), (row.statuses.0.into(), row.statuses.1.into()));
            let mut again = Vec::new();
            decoded.encode_into(&mut again);
            prop_assert_eq!(&again, leaf);
        }
    }

    #[test]
    fn decoding_random_bytes_never_panics(change in 0usize..213, byte: u8, cut in 0usize..220) {
        let mut leaf = unhex(&read("golden")["revisions"][0]["leaf"]);
        leaf[change] = byte;
        leaf.truncate(cut);
        if let Ok(decoded) = RevisionLeaf::decode(&leaf) {
            let mut again = Vec::new();
            decoded.encode_into(&mut again);
            prop_assert_eq!(again, leaf);
        }
    }
}
