//! Dumps through the public door of the core: the example's rows, every packing, every window, and giants.

#![expect(clippy::expect_used, reason = "a test that cannot write its files has failed")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wikigrove::dump::{DumpError, DumpReader, ErrorKind, read_record};
use wikigrove::page::{Page, Position, RecordSink, Revision};

/// Records as text, without and with their positions.
#[derive(Default)]
struct Rows {
    texts: Vec<String>,
    positions: Vec<Position>,
    bytes: u64,
}

impl RecordSink for Rows {
    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        let mut plain = revision.clone();
        plain.position = Position::default();
        self.texts.push(format!("{page:?} {plain:?} {}", revision.position.element_length));
        self.positions.push(revision.position);
        self.bytes += revision.position.element_length.unsigned_abs();
    }

    fn taken_bytes(&self) -> u64 {
        self.bytes
    }
}

/// Reads a whole file, batch by batch.
fn read(path: &Path, threads: usize, batch_bytes: u64) -> (Rows, Result<(), DumpError>, DumpReader) {
    let mut reader = DumpReader::open(path, "examplewiki", threads, batch_bytes).expect("opens");
    let mut all = Rows::default();
    loop {
        let mut batch = Rows::default();
        let outcome = reader.read(&mut batch);
        if outcome.is_err() || batch.texts.is_empty() {
            return (all, outcome, reader);
        }
        all.texts.extend(batch.texts);
        all.positions.extend(batch.positions);
    }
}

/// A file that goes when it is no longer needed.
struct Temporary(PathBuf);

impl std::ops::Deref for Temporary {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // a file too many in the build folder harms nobody
    }
}

fn file(name: &str, bytes: &[u8]) -> Temporary {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("writes");
    Temporary(path)
}

fn example() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dumps/example.xml");
    std::fs::read(path).expect("the example is there")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::best()).read_to_end(&mut packed).expect("packs");
    packed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packs");
    encoder.finish().expect("packs")
}

/// Compares each record with the next row written down.
struct Compare<'w>(&'w [serde_json::Value], u64);
impl RecordSink for Compare<'_> {
    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        let (row, rest) = self.0.split_first().expect("no more rows than written down");
        self.0 = rest;
        self.1 += 1;
        assert_eq!(row["page_id"], page.id);
        assert_eq!(row["page_namespace_id"], page.namespace);
        assert_eq!(row["page_title"], page.title.as_str());
        assert_eq!(row["page_redirect_target"].as_str(), page.redirect_target.as_deref());
        assert_eq!(row["revision_id"], revision.id);
        assert_eq!(row["revision_parent_id"].as_i64(), revision.parent_id);
        assert_eq!(row["user_id"].as_i64(), revision.user.id);
        assert_eq!(row["user_kind"], revision.user.kind.as_str());
        assert_eq!(row["user_text"].as_str(), revision.user.text.as_deref());
        assert_eq!(row["revision_comment"].as_str(), revision.comment.as_deref());
        assert_eq!(row["text"].as_str(), revision.main.body.as_deref());
        assert_eq!(row["text_state"], revision.main.state as u8);
        assert_eq!(row["sha1_status"], revision.sha1_status as u8);
        assert_eq!(row["size_status"], revision.size_status as u8);
        assert_eq!(row["slots"].as_array().map(Vec::len), Some(revision.slots.len()));
    }
    fn taken_bytes(&self) -> u64 {
        self.1
    }
}

#[test]
fn the_example_is_read_as_written_down() {
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dumps/example.json");
    let want: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("reads")).expect("parses");
    let path = file("golden", &example());
    let mut reader = DumpReader::open(&path, "examplewiki", 1, u64::MAX).expect("opens");
    let mut compare = Compare(want.as_array().expect("a list"), 0);
    reader.read(&mut compare).expect("reads");
    assert!(compare.0.is_empty(), "no fewer rows than written down");
}

#[test]
fn records_are_found_again_in_every_packing() {
    let plain = example();
    let pieces: Vec<u8> = plain.chunks(500).flat_map(|piece| [bzip2(piece), bzip2(b"")].concat()).collect();
    for (name, bytes) in [("plain", plain.clone()), ("bz2", bzip2(&plain)), ("pieces", pieces), ("gz", gzip(&plain))] {
        let path = file(name, &bytes);
        let (all, outcome, reader) = read(&path, 2, 1);
        assert_eq!(outcome, Ok(()), "{name}");
        let sha256 = reader.summary().digests.map(|digests| digests.sha256);
        assert_eq!(sha256, Some(wikigrove::digest::sha256(&[&bytes])), "{name}");
        for (row, position) in all.texts.iter().zip(&all.positions) {
            let mut again = Rows::default();
            read_record(&path, "examplewiki", *position, &[], &[], &mut again).expect("reads");
            assert_eq!((&again.texts, &again.positions), (&vec![row.clone()], &vec![*position]), "{name}");
        }
    }
}

#[test]
fn records_behind_an_odd_header_are_found_again() {
    for odd in ["x", "</revision>", "x</revision>y"] {
        let page =
            format!("<page><title>A</title><id>1</id>{odd}<redirect title=\"B\"/>{odd}<revision><id>1</id></revision>");
        let path = file("odd-header", format!("<mediawiki>{page}</page></mediawiki>").as_bytes());
        let (all, outcome, _) = read(&path, 1, 1);
        assert_eq!((outcome, all.texts.len()), (Ok(()), 1), "{odd}");
        assert!(all.texts[0].contains("redirect_target: Some"), "{odd}");
        let mut again = Rows::default();
        read_record(&path, "examplewiki", all.positions[0], &[], &[], &mut again).expect("reads");
        assert_eq!(again.texts, all.texts, "{odd}");
    }
}

/// A dump of many pages, larger than several windows.
fn large(pages: usize, text_bytes: usize) -> Vec<u8> {
    let mut dump = String::from("<mediawiki><siteinfo><dbname>examplewiki</dbname></siteinfo>");
    for number in 1..=pages {
        let text = format!("&lt;Example {number}&gt; ").repeat(text_bytes * (number % 5) / 20);
        let _ = write!(dump, "<page><title>P{number}</title><ns>0</ns><id>{number}</id><revision><id>{number}</id>");
        let _ = writeln!(dump, "<text bytes=\"{}\">{text}</text></revision></page>", text.len());
        if number % 97 == 0 {
            dump.push_str("<page><title>bad</title><revision><id>1</id><text>a < b</text></revision></page>");
        }
    }
    dump.push_str("</mediawiki>");
    dump.into_bytes()
}

#[test]
fn windows_threads_and_batches_change_nothing() {
    let plain = large(400, 20_000);
    assert!(plain.len() > 4 << 20, "several windows");
    let path = file("large", &plain);
    let (want, outcome, reader) = read(&path, 1, 1 << 20);
    assert_eq!((outcome, want.texts.len()), (Ok(()), 400));
    let quarantined = reader.quarantined().to_vec();
    assert_eq!(quarantined.len(), 4);
    for (name, bytes) in [("large", plain.clone()), ("large-gz", gzip(&plain)), ("large-bz2", bzip2(&plain))] {
        let path = file(name, &bytes);
        for (threads, batch_bytes) in [(1, 1), (2, 100_000), (4, u64::MAX)] {
            let (all, outcome, reader) = read(&path, threads, batch_bytes);
            assert_eq!(outcome, Ok(()));
            assert!(all.texts == want.texts, "{name} {threads} {batch_bytes}");
            assert_eq!(reader.quarantined(), quarantined, "{name} {threads} {batch_bytes}");
            assert_eq!(all.positions, want.positions, "one stream, so the same places");
        }
    }
}

#[test]
fn a_giant_revision_is_set_aside_and_the_next_one_read() {
    let around = |giant: &[u8]| {
        let start = b"<mediawiki><page><title>A</title><id>1</id><revision><id>1</id></revision>";
        let end = b"<revision><id>3</id></revision></page></mediawiki>";
        [start.as_slice(), giant, end].concat()
    };
    for (text, wrap) in [(70 << 20, ("", "")), (140 << 20, ("", "")), (140 << 20, ("<![CDATA[", "]]>"))] {
        let giant = [
            b"<revision><id>2</id><text>".as_slice(),
            wrap.0.as_bytes(),
            &vec![b'x'; text],
            wrap.1.as_bytes(),
            b"</text></revision>",
        ]
        .concat();
        let (all, outcome, reader) = read(&file("giant", &around(&giant)), 1, 1 << 20);
        assert_eq!((outcome, all.texts.len()), (Ok(()), 2));
        let row = reader.quarantined().first().expect("set aside");
        assert_eq!((row.reason, row.sha256), ("text_too_large", wikigrove::digest::sha256(&[&giant])));
        assert_eq!(usize::try_from(row.position.element_length), Ok(giant.len()));
    }
}

#[test]
fn a_giant_element_nobody_knows_takes_no_memory_and_is_skipped() {
    let odd = format!("<odd>{}</odd>", "<x>y</x>".repeat(4 << 20));
    let dump = format!(
        "<mediawiki>{odd}<page><title>A</title><id>1</id>{odd}<revision><id>1</id></revision></page></mediawiki>"
    );
    let (all, outcome, reader) = read(&file("odd", dump.as_bytes()), 2, 1);
    assert_eq!((outcome, all.texts.len(), reader.summary().counts.unknown_elements), (Ok(()), 1, 2));
}

#[test]
fn a_reader_that_failed_keeps_failing() {
    let path = file("cut", &example()[..3000]);
    let (all, outcome, mut reader) = read(&path, 2, 1);
    let error = outcome.expect_err("cut");
    assert!(!all.texts.is_empty());
    assert_eq!((error.kind, error.byte_offset), (ErrorKind::Truncated, Some(3000)));
    assert_eq!(reader.read(&mut Rows::default()), Err(error));
    assert_eq!(reader.summary().digests, None);
}

#[test]
fn a_missing_file_is_an_error_of_the_system() {
    let error = DumpReader::open(Path::new("/nowhere/at/all"), "w", 1, 1).err().expect("no such file");
    assert_eq!((error.kind, error.os_code), (ErrorKind::Io, Some(2)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Changed bytes may lose records or end the run, but neither panic nor change what lies before them.
    #[test]
    fn damage_never_panics(
        changes in proptest::collection::vec((0usize..5_800, prop_oneof![any::<u8>(), Just(b'<'), Just(b'>'), Just(b'&')]), 1..4),
        packing in 0..3u8,
    ) {
        let plain = example();
        let mut bytes = match packing { 0 => plain.clone(), 1 => bzip2(&plain), _ => gzip(&plain) };
        for (place, byte) in &changes {
            let place = place % bytes.len();
            bytes[place] = *byte;
        }
        let path = file("damaged", &bytes);
        if let Ok(mut reader) = DumpReader::open(&path, "examplewiki", 1, 1) {
            let mut rows = Rows::default();
            for _ in 0..20 {
                let mut batch = Rows::default();
                if reader.read(&mut batch).is_err() { break; }
                rows.texts.extend(batch.texts);
            }
            prop_assert!(rows.texts.len() <= 20);
            if packing == 0 {
                let first = changes.iter().map(|(place, _)| place % bytes.len()).min().unwrap_or(0);
                let whole = plain[..first].windows(11).filter(|window| window == b"</revision>").count();
                let (want, ..) = read(&file("whole", &plain), 1, 1);
                prop_assert_eq!(&rows.texts[..whole.min(rows.texts.len())], &want.texts[..whole.min(rows.texts.len())]);
                prop_assert!(rows.texts.len() >= whole);
            }
        }
    }
}
