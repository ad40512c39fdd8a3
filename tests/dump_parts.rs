//! Dumps in parts: whoever stops behind a part and goes on later reads what an uninterrupted reader reads.

#![expect(clippy::expect_used, reason = "a test that cannot write its files has failed")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wikigrove::dump::{DumpReader, ErrorKind, Options, SeekPoint, Value};
use wikigrove::page::{Page, Quarantined, RecordSink, Revision};
use wikigrove::stream::Algorithm;

#[derive(Default)]
struct Rows(Vec<String>, u64);

impl RecordSink for Rows {
    fn push(&mut self, page: &Page, revision: &Revision<'_>) {
        self.0.push(format!("{page:?} {revision:?}"));
        self.1 += revision.position.element_length.unsigned_abs();
    }

    fn taken_bytes(&self) -> u64 {
        self.1
    }
}

fn dump(pages: usize, has_tail: bool) -> Vec<u8> {
    let mut dump = String::from("<?xml version=\"1.0\"?>\n<mediawiki version=\"0.10\" xml:lang=\"x\"><siteinfo>");
    dump.push_str("<dbname>examplewiki</dbname><namespaces><namespace key=\"1\" case=\"c\">Talk</namespace>");
    dump.push_str("</namespaces></siteinfo><logitem><id>1</id></logitem>stray text");
    for number in 1..=pages {
        let text = format!("&lt;Example {number}&gt; ").repeat(number * 37 % 900);
        let _ = write!(dump, "<page><title>Talk:P{number}</title><id>{number}</id><revision><id>{number}</id>");
        let _ = writeln!(dump, "<text bytes=\"{}\">{text}</text></revision></page>", text.len());
        match number % 17 {
            3 => dump.push_str("<page><title>bad</title><revision><id>1</id><text>a < b</text></revision></page>"),
            5 => dump.push_str("<logitem><id>2</id></logitem><odd/>"),
            9 => dump.push_str("<page><title>open</title><id>9</id><revision><id>5</id></revision>"),
            _ => {}
        }
    }
    if has_tail {
        dump.push_str("<logitem><id>3</id></logitem></mediawiki><mediawiki><page><title>Talk:Z</title><id>7</id>");
        dump.push_str("<revision><id>8</id></revision></page>");
    }
    dump.push_str("</mediawiki>\n");
    dump.into_bytes()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast()).read_to_end(&mut packed).expect("packs");
    packed
}

fn pack(format: &str, bytes: &[u8]) -> Vec<u8> {
    match format {
        "bz2" => bzip2(bytes),
        "multistream" => bytes.chunks(150_000).flat_map(|part| [bzip2(part), bzip2(b"")].concat()).collect(),
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("packs");
            encoder.finish().expect("packs")
        }
        "xz" => {
            let mut encoder =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).expect("packs");
            encoder.write_all(bytes).expect("packs");
            encoder.finish().expect("packs")
        }
        "zst" => zstd::stream::encode_all(bytes, 1).expect("packs"),
        "utf16" => String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => bytes.to_vec(),
    }
}

struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // a file too many in the build folder harms nobody
    }
}

fn file(name: &str, bytes: &[u8]) -> Temporary {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parts-{name}-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("writes");
    Temporary(path)
}

#[derive(Debug, Default, PartialEq)]
struct Run {
    rows: Vec<String>,
    ends: Vec<usize>,
    states: Vec<Value>,
    quarantine: Vec<Quarantined>,
    points: Vec<SeekPoint>,
    summary: String,
}

fn open(path: &Path, threads: usize, part_bytes: u64, resume: Option<Value>) -> DumpReader {
    let digests = vec![Algorithm::Md5];
    let options = Options { threads, batch_bytes: 30_000, part_bytes, digests: Some(digests), resume };
    DumpReader::open_with(path, "examplewiki", options).expect("opens")
}

/// Reads a file; `is_cut` makes a new reader for every part.
fn run(path: &Path, threads: usize, part_bytes: u64, is_cut: bool) -> Run {
    let mut reader = open(path, threads, part_bytes, None);
    let mut all = Run::default();
    loop {
        loop {
            let mut rows = Rows::default();
            reader.read(&mut rows).expect("reads");
            if rows.0.is_empty() {
                break;
            }
            all.rows.extend(rows.0);
        }
        all.ends.push(all.rows.len());
        all.quarantine.extend_from_slice(reader.quarantined());
        all.points.extend_from_slice(reader.seek_points());
        let Some(state) = reader.next_part().expect("a part ended") else {
            all.summary = format!("{:?} {:?}", reader.summary(), reader.site_info());
            return all;
        };
        if is_cut {
            reader = open(path, threads, part_bytes, Some(state.clone()));
        }
        all.states.push(state);
    }
}

const FORMATS: [&str; 7] = ["plain", "bz2", "multistream", "gz", "xz", "zst", "utf16"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn resumed_parts_are_the_uninterrupted_ones(
        part_bytes in prop_oneof![1u64..60_000, 60_000u64..900_000],
        threads in 1usize..3,
        has_tail: bool,
    ) {
        let plain = dump(60, has_tail);
        let last_page = plain.windows(6).rposition(|bytes| bytes == b"<page>").unwrap() as u64;
        for format in FORMATS {
            let path = file(format, &pack(format, &plain));
            let whole = run(&path.0, 1, u64::MAX, false);
            let parts = run(&path.0, threads, part_bytes, false);
            let resumed = run(&path.0, threads, part_bytes, true);
            prop_assert!(parts.rows == whole.rows && parts.quarantine == whole.quarantine, "{}", format);
            prop_assert_eq!(&parts.points, &whole.points);
            prop_assert_eq!(&parts.summary, &whole.summary);
            prop_assert!(part_bytes >= last_page || parts.ends.len() > 1, "{}", format);
            prop_assert!(resumed.rows == parts.rows, "{}", format);
            prop_assert_eq!(resumed, parts, "{}", format);
        }
    }

    #[test]
    fn a_garbled_state_is_refused_and_a_forged_one_never_panics(choice in 0usize..40, number in any::<i64>()) {
        let path = file("forged", &pack("multistream", &dump(40, true)));
        let states = run(&path.0, 1, 100_000, false).states;
        let Some(Value::Map(entries)) = states.get(1) else { unreachable!("several parts") };
        let mut entries = entries.clone();
        let count = entries.len();
        if let Some((_, value)) = entries.get_mut(choice % count) {
            *value = if choice < count { Value::Number(number) } else { Value::Null };
        }
        let changed = Value::Map(entries);
        let result = DumpReader::open_with(
            &path.0, "examplewiki", Options { resume: Some(changed.clone()), ..Options::default() },
        );
        if &changed != states.get(1).expect("several parts") {
            prop_assert_eq!(result.err().map(|error| error.kind), Some(ErrorKind::Format));
        }
    }
}

#[test]
fn long_streams_have_seek_points() {
    let plain = dump(3_500, false);
    assert!(plain.len() > 24 << 20, "{}", plain.len());
    let path = file("long", &bzip2(&plain));
    let whole = run(&path.0, 2, u64::MAX, false);
    assert!(whole.points.len() >= 2, "{:?}", whole.points);
    for (before, after) in whole.points.iter().zip(whole.points.iter().skip(1)) {
        assert!(after.decompressed - before.decompressed >= 8 << 20);
    }
    let resumed = run(&path.0, 2, 5 << 20, true);
    assert_eq!(resumed.points, whole.points);
    assert!(resumed.rows == whole.rows);
}

#[test]
fn a_part_that_is_not_finished_gives_no_state() {
    let path = file("unfinished", &dump(20, false));
    let mut reader = open(&path.0, 1, 10_000, None);
    assert_eq!(reader.next_part().err().map(|error| error.kind), Some(ErrorKind::Format));
}
