//! Arbitrary bytes through the reader of articles, twice, and through its JSON checker beside `serde_json`.
//!
//! The last two bytes choose batch sizes, threads and packing.
//! Holds: no panic; rows, counts, quarantine and error agree; neither batch sizes, threads nor packing change a row; every
//! position names the bytes it says; a record is found again at its position; what the checker takes is JSON.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wikigrove::batch::quarantine_batch;
use wikigrove::digest::sha256;
use wikigrove::enterprise::{
    ArticleError, ArticleReader, ErrorKind, Options, Summary, check, read_article, superseded,
};
use wikigrove::page::{Position, Quarantined};
use wikigrove_fuzz::rows::{Row, Rows, WIKI};
use wikigrove_fuzz::scratch::{gzip, scratch};

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    rows: Vec<Row>,
    error: Option<ArticleError>,
    quarantine: Vec<Quarantined>,
    summary: Summary,
}

fn options(threads: usize, batch_bytes: u64) -> Options {
    Options { wiki_id: WIKI.into(), threads, batch_bytes, ..Options::default() }
}

fn read(path: &Path, size: u64, options: Options, with_columns: bool) -> Result<Outcome, ArticleError> {
    let mut reader = ArticleReader::open(path, options)?;
    let mut rows = Vec::new();
    let error = loop {
        let mut batch = Rows::new(with_columns);
        let outcome = reader.read(&mut batch);
        let batch = batch.finish();
        let is_empty = batch.is_empty();
        rows.extend(batch);
        match outcome {
            Err(error) => {
                assert!(is_empty, "rows come before their error");
                let again = reader.read(&mut Rows::default());
                assert_eq!(again.as_ref(), Err(&error), "a reader that failed keeps failing");
                break Some(error);
            }
            Ok(()) if is_empty => break None,
            Ok(()) => {}
        }
    };
    let quarantine = reader.quarantined().to_vec();
    assert_eq!(quarantine_batch(&quarantine, 0).expect("follows the schema").num_rows(), quarantine.len());
    let mut summary = reader.summary();
    assert!(summary.bytes_read <= size);
    assert_eq!(summary.counts.records, rows.len() as u64);
    assert_eq!(summary.counts.wikis.values().sum::<u64>() <= rows.len() as u64, true);
    assert!(quarantine.len() as u64 <= summary.counts.quarantined);
    assert!(summary.warnings.len() as u64 <= summary.counts.warnings);
    if let Some(error) = &error {
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "one line: {error}");
        assert!(error.byte_offset.is_none_or(|offset| offset <= summary.bytes_decompressed), "{error} {summary:?}");
        assert_ne!(error.kind, ErrorKind::Io, "{error}");
        // How far the file was read ahead of the error depends on the windows.
        (summary.bytes_read, summary.bytes_decompressed) = (0, 0);
    } else {
        assert!(summary.digests.is_some() && summary.bytes_read == size, "{summary:?}");
    }
    Ok(Outcome { rows, error, quarantine, summary })
}

/// What must hold of positions in the file's decompressed bytes.
fn check_places(outcome: &Outcome, bytes: &[u8]) {
    let at = |position: Position| {
        let start = usize::try_from(position.element_offset).expect("not negative");
        let length = usize::try_from(position.element_length).expect("not negative");
        bytes.get(start..start + length).unwrap_or_else(|| panic!("outside of the file: {position:?}"))
    };
    let mut end = 0;
    for row in &outcome.rows {
        assert!(row.position.element_offset >= end, "records overlap: {row:?}");
        end = row.position.element_offset + row.position.element_length;
        let record = at(row.position).trim_ascii();
        assert!(record.starts_with(b"{") && record.ends_with(b"}"), "{row:?}");
        assert_eq!(check(record), Ok(()), "a row is made of JSON only");
    }
    for row in &outcome.quarantine {
        assert_eq!(sha256(&[at(row.position)]), row.sha256, "{row:?}");
    }
}

/// The checker takes nothing that `serde_json` refuses, and refuses nothing else but depth and lone surrogates.
fn compare_checkers(line: &[u8]) {
    let ours = check(line);
    let theirs: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(line);
    if ours.is_ok() {
        assert!(theirs.is_ok(), "ours takes what serde_json refuses, {:?}", theirs.map(|_| ()));
    } else if theirs.is_ok() && std::str::from_utf8(line).is_ok() {
        let opens = line.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        let surrogates = line.windows(3).any(|window| window[0] == b'u' && window[1].eq_ignore_ascii_case(&b'd'));
        assert!(opens > 60 || surrogates, "ours refuses what serde_json takes: {ours:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let (bytes, control) = match data {
        [bytes @ .., low, high] => (bytes, u16::from_le_bytes([*low, *high])),
        _ => (data, 0),
    };
    for line in bytes.split(|byte| *byte == b'\n').take(8) {
        compare_checkers(line);
    }
    let threads = if control & 0xf == 9 { 2 } else { 1 };
    let batch_bytes = u64::from(control >> 4 & 0x7f) * 32;
    let (path, size) = (scratch(bytes), bytes.len() as u64);
    let first = read(&path, size, options(1, u64::MAX), false);
    let second = read(&path, size, options(threads, batch_bytes), control >> 8 & 7 == 3);
    assert_eq!(first, second, "threads {threads}, batches of {batch_bytes} bytes");
    let Ok(outcome) = first else { return };
    let is_plain = outcome.summary.compression == "plain";
    if is_plain {
        check_places(&outcome, bytes);
    }
    for row in outcome.rows.first().into_iter().chain(outcome.rows.last()) {
        let mut again = Rows::default();
        read_article(&path, WIKI, row.position, &mut again).expect("a record is found again");
        assert_eq!(again.rows, [row.clone()]);
    }
    // Looked through first, no page comes twice and no record is a conflict.
    if control >> 12 == 3 && outcome.error.is_none() {
        let entries = ArticleReader::open(&path, options(1, 1)).and_then(|mut reader| reader.entries());
        let entries = entries.expect("what was read is listed");
        assert!(entries.is_sorted_by_key(|entry| entry.offset));
        let gives_way = superseded(entries.clone());
        assert!(gives_way.is_sorted() && gives_way.len() <= entries.len());
        let clean = Options { superseded: Some(gives_way.clone()), ..options(threads, batch_bytes) };
        let clean = read(&path, size, clean, false).expect("opens again");
        assert_eq!(clean.error, None);
        assert_eq!(clean.rows.len() + gives_way.len(), entries.len());
        assert!(clean.quarantine.iter().all(|row| row.reason != "duplicate_conflict"));
    }
    if is_plain && control >> 12 == 5 && size > 0 {
        let packed = gzip(bytes);
        let again = read(&scratch(&packed), packed.len() as u64, options(threads, batch_bytes), false);
        let again = again.expect("what opens plain opens packed");
        assert_eq!((&outcome.rows, &outcome.quarantine), (&again.rows, &again.quarantine), "packing changes no row");
        assert_eq!((&outcome.error, &outcome.summary.counts), (&again.error, &again.summary.counts));
    }
});
