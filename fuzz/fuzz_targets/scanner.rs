//! Arbitrary wikitext through the plain-text scanner.
//!
//! Holds: no panic; the text is valid UTF-8 and no longer than the wikitext; losses are sorted, counted, and together no
//! larger than the wikitext; a second run, another thread and a column of rows give the same.
#![no_main]

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, LargeStringArray};
use libfuzzer_sys::fuzz_target;
use wikigrove::text::{Namespaces, plain_text, plain_text_batch};

fuzz_target!(|data: &[u8]| {
    let wikitext = String::from_utf8_lossy(data);
    let local = [(-2, "Медиа"), (6, "Fichier"), (14, "Kategorie"), (14, "a b")];
    let namespaces = Namespaces::new(local.into_iter().take(data.len() % 5));
    let plain = plain_text(&wikitext, &namespaces);
    assert_eq!(plain, plain_text(&wikitext, &namespaces), "a second run gives the same");
    assert!(plain.text.len() <= wikitext.len(), "{} bytes of text from {}", plain.text.len(), wikitext.len());
    assert!(plain.losses.is_sorted_by(|a, b| a.kind.name() < b.kind.name()), "{:?}", plain.losses);
    assert!(plain.losses.iter().all(|loss| loss.count > 0 && u64::from(loss.count) <= wikitext.len() as u64));
    let lost: u64 = plain.losses.iter().map(|loss| loss.bytes).sum();
    assert!(lost <= wikitext.len() as u64, "{lost} bytes lost of {}: {:?}", wikitext.len(), plain.losses);

    // The column checks that the text is UTF-8; rows before and after must not matter.
    let half = wikitext.floor_char_boundary(wikitext.len() / 2);
    let rows = [Some(&wikitext[..half]), Some(&*wikitext), None, Some(&wikitext[half..]), Some(&*wikitext)];
    let column = LargeStringArray::from(rows.to_vec());
    let threads = if data.len() % 61 == 0 { 3 } else { 1 };
    let batch = plain_text_batch(&column, &namespaces, threads).expect("the batch is valid");
    let texts = batch.column(0).as_string::<i64>();
    let losses = batch.column(1).as_list::<i32>();
    assert!(texts.is_null(2) && losses.value(2).is_empty());
    for row in [1, 4] {
        assert_eq!(texts.value(row), plain.text, "row {row}");
        let list = losses.value(row);
        let list = list.as_struct();
        let kinds = list.column(0).as_string::<i32>();
        let counts = list.column(1).as_primitive::<Int32Type>();
        let bytes = list.column(2).as_primitive::<Int64Type>();
        assert_eq!(list.len(), plain.losses.len());
        for (place, loss) in plain.losses.iter().enumerate() {
            assert_eq!(kinds.value(place), loss.kind.name());
            assert_eq!(i64::from(counts.value(place)), i64::from(loss.count));
            assert_eq!(u64::try_from(bytes.value(place)), Ok(loss.bytes));
        }
    }
});
