use super::*;
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

/// The vectors that the Python tests read too.
fn golden() -> Value {
    serde_json::from_str(include_str!("../../tests/data/embed/hash_v1.json")).unwrap()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn digest(vector: &[f32]) -> String {
    hex(Sha256::digest(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()))
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn striped_table() -> Vec<u16> {
    (0..TABLE_SIZE).map(|place| u16::try_from(1024 + place % 977).unwrap()).collect()
}

#[test]
fn texts_have_the_published_vectors() {
    let golden = golden();
    let striped = striped_table();
    for case in golden["texts"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (text, dimensions) = (case["text"].as_str().unwrap(), number(&case["dimensions"]));
        let table = (case["table"] == "striped").then_some(striped.as_slice());
        let vector = embed(&[Some(text)], dimensions, table, 1).unwrap();
        assert_eq!(digest(&vector), case["sha256"].as_str().unwrap(), "{name}");
        assert_eq!(vector.iter().filter(|value| **value != 0.0).count(), number(&case["nonzero"]), "{name}");
        let mut features = Features::default();
        assert_eq!(features.read(text).map(|(_, count)| count).sum::<usize>(), number(&case["features"]), "{name}");
    }
}

#[test]
fn hashes_and_weights_are_the_published_ones() {
    let golden = golden();
    for (feature, hash) in golden["hashes"].as_object().unwrap() {
        assert_eq!(format!("{:016x}", xxh3_64(feature.as_bytes())), hash.as_str().unwrap());
    }
    for (frequency, weight) in golden["term_weights"].as_object().unwrap() {
        assert_eq!(term_weight(frequency.parse().unwrap()), weight.as_i64().unwrap(), "{frequency}");
    }
}

#[test]
fn fitting_gives_the_published_table_however_the_texts_are_cut() {
    let golden = golden();
    let texts: Vec<Option<&str>> = golden["fit"]["texts"].as_array().unwrap().iter().map(Value::as_str).collect();
    let whole = document_frequencies(&texts, 1).unwrap();
    assert_eq!(whole.iter().filter(|count| **count > 0).count(), number(&golden["fit"]["places"]));
    for threads in [2, 3, 50] {
        assert_eq!(document_frequencies(&texts, threads).unwrap(), whole);
    }
    let (first, rest) = texts.split_at(1);
    let parts = [document_frequencies(rest, 1).unwrap(), document_frequencies(first, 1).unwrap()];
    let sum: Vec<u32> = parts[0].iter().zip(&parts[1]).map(|(left, right)| left + right).collect();
    assert_eq!(sum, whole);
    let table = fit_table(&whole, 3).unwrap();
    let bytes: Vec<u8> = table.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    assert_eq!(hex(Sha256::digest(&bytes)), golden["fit"]["table_sha256"].as_str().unwrap());
}

#[test]
fn a_table_never_overflows() {
    let mut frequencies = vec![0; TABLE_SIZE];
    frequencies[1] = u32::MAX;
    let table = fit_table(&frequencies, u32::MAX).unwrap();
    assert_eq!(table[..2], [23737, 1024]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn neither_threads_nor_neighbours_change_a_bit(
        texts in proptest::collection::vec(proptest::option::of("([a-d]{0,4}[ é漢\u{301}.]?){0,12}"), 0..9),
        threads in 1usize..12,
    ) {
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let together = embed(&texts, 40, None, threads).unwrap();
        let apart: Vec<f32> = texts.iter().flat_map(|text| embed(&[*text], 40, None, 1).unwrap()).collect();
        prop_assert_eq!(digest(&together), digest(&apart));
    }
}

#[test]
fn refusals_name_the_row() {
    assert_eq!(embed(&[], 0, None, 1), Err(EmbedError::Dimensions { dimensions: 0 }));
    assert_eq!(embed(&[], 1 << 17, None, 1), Err(EmbedError::Dimensions { dimensions: 1 << 17 }));
    assert_eq!(embed(&[], 8, Some(&[1]), 1), Err(EmbedError::Table { entries: 1 }));
    assert_eq!(fit_table(&[1], 1), Err(EmbedError::Table { entries: 1 }));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    let refused = EmbedError::Text { row: 2, bytes: MAX_TEXT_BYTES + 1 };
    assert_eq!(embed(&[None, Some(&long[1..]), Some(&long)], 1, None, 3), Err(refused));
    assert_eq!(document_frequencies(&[None, None, Some(&long)], 3), Err(refused));
    assert_eq!(refused.to_string(), "text longer than 67108864 bytes at row 2: 67108865");
}
