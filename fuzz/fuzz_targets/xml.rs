//! Arbitrary bytes through `DumpReader`, twice.
//!
//! The last two bytes choose batch sizes, threads and packing, so that files of any origin are seeds as they are.
//! Holds: no panic; rows, counts, quarantine and error agree with each other; neither batch sizes, threads nor packings
//! change a row; every position names the element it says; a record is found again at its position.
#![no_main]

use std::io::Read;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wikigrove::batch::quarantine_batch;
use wikigrove::digest::sha256;
use wikigrove::dump::{DumpError, DumpReader, ErrorKind, Options, Summary, read_record};
use wikigrove::page::{Position, Quarantined};
use wikigrove_fuzz::rows::{Row, Rows, WIKI};
use wikigrove_fuzz::scratch::{gzip, scratch};

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    rows: Vec<Row>,
    error: Option<DumpError>,
    quarantine: Vec<Quarantined>,
    summary: Summary,
    site: Option<String>,
}

fn read(path: &Path, size: u64, threads: usize, batch_bytes: u64, with_columns: bool) -> Result<Outcome, DumpError> {
    let mut reader = DumpReader::open(path, WIKI, threads, batch_bytes)?;
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
    let mut summary = reader.summary();
    let (read, decompressed) = (summary.bytes_read, summary.bytes_decompressed);
    assert!(read <= size, "{read} bytes read of {size}");
    if let Some(error) = &error {
        // Offsets are those in UTF-8, and what was UTF-16 may have grown by half.
        assert!(error.byte_offset.is_none_or(|offset| offset <= decompressed / 2 * 3 + 3), "{error} {summary:?}");
        // How far the file was read ahead of the error depends on the windows.
        (summary.bytes_read, summary.bytes_decompressed, summary.streams) = (0, 0, 0);
    }
    assert_eq!(quarantine_batch(&quarantine, 0).expect("follows the schema").num_rows(), quarantine.len());
    Ok(Outcome { rows, error, quarantine, summary, site: reader.site_info().map(|s| format!("{s:?}")) })
}

/// Reads in parts, each by a reader of its own that goes on from the state the one before it left.
fn check_parts(path: &Path, whole: &Outcome, batch_bytes: u64, part_bytes: u64) {
    let (mut rows, mut quarantine, mut resume) = (Vec::new(), Vec::new(), None);
    for part in 0.. {
        assert!(part <= whole.summary.counts.pages + 1, "every part ends behind a page");
        let options = Options { batch_bytes, part_bytes, resume, ..Options::default() };
        let mut reader =
            DumpReader::open_with(path, WIKI, options).expect("a reader goes on where another one stopped");
        let error = loop {
            let mut batch = Rows::default();
            let outcome = reader.read(&mut batch);
            let batch = batch.finish();
            let is_empty = batch.is_empty();
            rows.extend(batch);
            if outcome.is_err() || is_empty {
                break outcome.err();
            }
        };
        quarantine.extend(reader.quarantined().iter().cloned());
        let state = if error.is_some() { None } else { reader.next_part().expect("the part is finished") };
        if state.is_none() {
            let summary = reader.summary();
            assert_eq!(error, whole.error, "parts change no error");
            assert_eq!(rows, whole.rows, "parts change no row");
            assert_eq!(summary.counts, whole.summary.counts, "parts change no count");
            assert_eq!(summary.warnings, whole.summary.warnings, "parts change no warning");
            assert_eq!(summary.digests, whole.summary.digests, "parts change no digest");
            assert_eq!(reader.site_info().map(|site| format!("{site:?}")), whole.site);
            if whole.quarantine.len() as u64 == whole.summary.counts.quarantined {
                assert_eq!(quarantine, whole.quarantine, "parts change no quarantine");
            }
            return;
        }
        resume = state;
    }
}

/// What must hold of one reading of `decompressed`, a file of `size` bytes.
fn check(outcome: &Outcome, decompressed: Option<&[u8]>, size: u64) {
    let summary = &outcome.summary;
    assert_eq!(summary.counts.revisions, outcome.rows.len() as u64);
    assert!(outcome.quarantine.len() as u64 <= summary.counts.quarantined);
    assert!(summary.warnings.len() as u64 <= summary.counts.warnings);
    if let Some(error) = &outcome.error {
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "one line: {error}");
        assert_ne!(error.kind, ErrorKind::Io, "{error}");
    } else {
        assert!(summary.digests.is_some() && summary.bytes_read == size, "{summary:?}");
    }
    let mut end = 0;
    let mut previous_stream = 0;
    for row in &outcome.rows {
        let Position { stream_offset, element_offset, element_length, page_stream_offset, page_offset } = row.position;
        assert!(page_stream_offset >= 0 && page_offset >= 0 && element_length > 0);
        assert!((page_stream_offset, page_offset) < (stream_offset, element_offset), "{row:?}");
        assert!(stream_offset > previous_stream || element_offset >= end, "records overlap: {row:?}");
        (previous_stream, end) = (stream_offset, element_offset + element_length);
    }
    let Some(bytes) = decompressed else { return };
    let at = |offset: i64, length: i64| {
        let start = usize::try_from(offset).expect("not negative");
        let length = usize::try_from(length).expect("not negative");
        bytes.get(start..start + length).unwrap_or_else(|| panic!("{offset} + {length} is outside of the file"))
    };
    for row in &outcome.rows {
        let element = at(row.position.element_offset, row.position.element_length);
        assert!(element.starts_with(b"<revision") && element.ends_with(b">"), "{row:?}");
        assert!(at(row.position.page_offset, 5) == b"<page", "{row:?}");
    }
    for row in &outcome.quarantine {
        let element = at(row.position.element_offset, row.position.element_length);
        assert_eq!(sha256(&[element]), row.sha256, "{row:?}");
    }
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast()).read_to_end(&mut packed).expect("packs");
    packed
}

fn has_one_header(bytes: &[u8]) -> bool {
    let places = |tag: &[u8]| -> Vec<usize> {
        bytes.windows(tag.len()).enumerate().filter(|(_, window)| *window == tag).map(|(place, _)| place).collect()
    };
    let (roots, headers, pages) = (places(b"<mediawiki"), places(b"<siteinfo"), places(b"<page"));
    let is_first = roots.iter().chain(&headers).all(|place| pages.iter().all(|page| place < page));
    // A record alone is read with what the first bytes say, as many as a header may have.
    let is_near = places(b"</siteinfo").iter().all(|end| *end < 1_500);
    roots.len() <= 1 && headers.len() <= 1 && is_first && is_near
}

fuzz_target!(|data: &[u8]| {
    let (bytes, control) = match data {
        [bytes @ .., low, high] => (bytes, u16::from_le_bytes([*low, *high])),
        _ => (data, 0),
    };
    let threads = if control & 0xf == 9 { 2 } else { 1 };
    let batch_bytes = u64::from(control >> 4 & 0x7f) * 16;
    let with_columns = control >> 8 & 7 == 3;
    let (path, size) = (scratch(bytes), bytes.len() as u64);
    let (first, second) =
        (read(&path, size, 1, u64::MAX, false), read(&path, size, threads, batch_bytes, with_columns));
    assert_eq!(first, second, "threads {threads}, batches of {batch_bytes} bytes");
    let Ok(outcome) = first else { return };
    // Positions in what was UTF-16 count bytes of UTF-8.
    let is_utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..]);
    let is_plain = outcome.summary.compression == "plain" && !is_utf16;
    check(&outcome, is_plain.then_some(bytes), size);
    // Documents in a row may have different headers, and a record alone is read with the first one.
    let has_one_header = is_plain && has_one_header(bytes);
    for row in outcome.rows.first().into_iter().chain(outcome.rows.last()).filter(|_| has_one_header) {
        let mut again = Rows::default();
        read_record(&path, WIKI, row.position, &[], &[], &mut again).expect("a record is found again");
        assert_eq!(again.rows, [row.clone()]);
    }
    if control >> 12 & 3 == 2 {
        check_parts(&path, &outcome, batch_bytes, u64::from(control >> 4 & 0xff) * 8 + 1);
    }
    if !is_plain || control >> 12 != 5 {
        return;
    }
    let piece = usize::from(control & 0xff) * 8 + 1;
    let packed = match control & 0x100 {
        0 => gzip(bytes),
        _ => bytes.chunks(piece.max(bytes.len() / 8)).flat_map(bzip2).collect(),
    };
    if packed.is_empty() {
        return;
    }
    let path = scratch(&packed);
    let again = read(&path, packed.len() as u64, threads, batch_bytes, false).expect("what opens plain opens packed");
    check(&again, None, packed.len() as u64);
    check_parts(&path, &again, batch_bytes, u64::from(control >> 4 & 0xff) * 8 + 1);
    let hashes = |outcome: &Outcome| outcome.rows.iter().map(|row| row.hash).collect::<Vec<_>>();
    assert_eq!(hashes(&outcome), hashes(&again), "packing changes no row");
    assert_eq!(outcome.error, again.error, "packing changes no error");
    assert_eq!(outcome.summary.counts, again.summary.counts);
    for row in again.rows.last().into_iter().filter(|_| has_one_header) {
        let mut found = Rows::default();
        read_record(&path, WIKI, row.position, &[], &[], &mut found).expect("a record is found again");
        assert_eq!(found.rows, [row.clone()]);
    }
});
