//! Every format as its encoder writes it, cut, changed, and with something behind it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // a file too many in the temporary folder harms nobody
    }
}

fn file(name: &str, bytes: &[u8]) -> Temporary {
    let path = std::env::temp_dir().join(format!("wikigrove-stream-{name}-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("writes");
    Temporary(path)
}

fn pack(format: &str, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    match format {
        "bz2" => {
            let level = ::bzip2::Compression::fast();
            ::bzip2::read::BzEncoder::new(bytes, level).read_to_end(&mut packed).expect("packs");
        }
        "gz" => {
            let mut encoder = flate2::GzBuilder::new()
                .filename("a name")
                .comment("why")
                .extra(*b"extra")
                .write(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("packs");
            packed = encoder.finish().expect("packs");
        }
        "zst" => {
            let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 3).expect("packs");
            encoder.include_checksum(true).expect("packs");
            encoder.write_all(bytes).expect("packs");
            packed = encoder.finish().expect("packs");
        }
        "xz" => {
            let mut encoder =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).expect("packs");
            encoder.write_all(bytes).expect("packs");
            packed = encoder.finish().expect("packs");
        }
        "lzma" => {
            let options = lzma_rust2::LzmaOptions::with_preset(1);
            let mut encoder = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).expect("packs");
            encoder.write_all(bytes).expect("packs");
            packed = encoder.finish().expect("packs");
        }
        _ => packed = bytes.to_vec(),
    }
    packed
}

#[derive(Debug, Default)]
struct Read1 {
    bytes: Vec<u8>,
    starts: Vec<Start>,
    warnings: Vec<String>,
    error: Option<Error>,
    digests: Option<Digests>,
    streams: u64,
}

fn read_from(path: &Temporary, threads: usize, place: Place) -> Result<Read1, Error> {
    let digests = Some(vec![Algorithm::Md5, Algorithm::Sha1]);
    let mut reader = Reader::open(&path.0, &Options { threads, digests, place, window_bytes: 0 })?;
    let mut all = Read1::default();
    loop {
        let window = reader.next_window();
        all.bytes.extend_from_slice(&window.bytes);
        all.starts.extend(window.starts);
        all.warnings.extend(window.warnings.into_iter().map(|warning| warning.1));
        if window.is_last {
            (all.error, all.digests, all.streams) = (window.error, window.digests, window.progress.streams);
            return Ok(all);
        }
        reader.recycle(window.bytes);
    }
}

fn read(name: &str, bytes: &[u8], threads: usize) -> Result<Read1, Error> {
    read_from(&file(name, bytes), threads, Place::default())
}

fn text(lines: usize) -> Vec<u8> {
    (0..lines).flat_map(|line| format!("<line {line} {:x}>\n", line * line * 7919).into_bytes()).collect()
}

const FORMATS: [&str; 5] = ["bz2", "gz", "zst", "xz", "lzma"];

#[test]
fn every_format_gives_its_bytes_and_digests() {
    let content = text(120_000);
    for format in ["plain"].iter().chain(&FORMATS) {
        let packed = pack(format, &content);
        for threads in [1, 3] {
            let all = read(format, &packed, threads).expect(format);
            assert_eq!(all.error, None, "{format}");
            assert!(all.bytes == content, "{format} {threads}");
            assert!(all.warnings.is_empty(), "{format}: {:?}", all.warnings);
            assert_eq!(all.digests.expect(format).sha256, crate::digest::sha256(&[&packed]), "{format}");
        }
    }
}

#[test]
fn streams_follow_each_other_and_garbage_is_told_of() {
    let content = text(5_000);
    let (first, second) = content.split_at(content.len() / 3);
    for format in FORMATS.into_iter().filter(|format| *format != "lzma") {
        let between = match format {
            "xz" => vec![0; 8],
            "zst" => b"\x5a\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
            _ => pack(format, b""),
        };
        let packed = [pack(format, first), between, pack(format, second)].concat();
        let all = read(format, &packed, 2).expect(format);
        assert_eq!((all.error, all.warnings.len()), (None, 0), "{format}");
        assert!(all.bytes == content, "{format}");
        assert_eq!(all.streams, if format == "xz" { 2 } else { 3 }, "{format}");
    }
    for format in FORMATS {
        let garbage = [pack(format, &content), b"garbage".to_vec()].concat();
        let all = read(format, &garbage, 2).expect(format);
        assert_eq!((all.error, all.warnings.len()), (None, 1), "{format} {:?}", all.warnings);
        assert!(all.bytes == content && all.warnings[0].starts_with("ignored bytes"), "{format}");
        assert_eq!(all.digests.expect(format).sha256, crate::digest::sha256(&[&garbage]), "{format}");
        let zeros = [pack(format, &content), vec![0; 4096]].concat();
        let all = read(format, &zeros, 1).expect(format);
        assert_eq!((all.error, all.warnings.len()), (None, 0), "{format}");
    }
}

#[test]
fn a_cut_file_gives_what_comes_before_the_cut() {
    let content = text(100_000);
    for format in FORMATS {
        let packed = pack(format, &content);
        for cut in [packed.len() - 1, packed.len() - 5, packed.len() / 2, 20, 5] {
            if matches!(format, "lzma" | "xz") && cut == 5 {
                continue; // too short to be told from text
            }
            let all = match read(format, &packed[..cut], 1) {
                Ok(all) => all,
                Err(error) => panic!("{format} {cut}: {error}"),
            };
            assert!(content.starts_with(&all.bytes), "{format} {cut}");
            let error = all.error.expect(format);
            assert_eq!(error.kind, ErrorKind::Truncated, "{format} {cut}: {error}");
            assert_eq!(error.byte_offset, Some(all.bytes.len() as u64), "{format} {cut}");
            assert!(all.digests.is_none());
            if cut == packed.len() / 2 && format != "bz2" {
                assert!(all.bytes.len() > content.len() / 4, "{format}: {}", all.bytes.len());
            }
        }
    }
}

#[test]
fn many_empty_streams_are_quick() {
    for format in ["bz2", "gz", "zst", "xz"] {
        let packed = pack(format, b"").repeat(if cfg!(debug_assertions) { 20_000 } else { 300_000 });
        let start = Instant::now();
        let all = read(format, &packed, 2).expect(format);
        assert_eq!((all.error, all.bytes.len()), (None, 0), "{format}");
        assert!(start.elapsed() < Duration::from_secs(5), "{format}: {:?}", start.elapsed());
    }
}

#[test]
fn a_bomb_is_refused() {
    let zeros = vec![0; 100 << 20];
    for format in ["bz2", "zst"] {
        let error = read(format, &pack(format, &zeros), 2).expect(format).error.expect(format);
        assert_eq!(error.kind, ErrorKind::Limit, "{format}");
    }
}

#[test]
fn utf_16_becomes_utf_8_or_an_error() {
    let content = format!("<?xml?><a>{}</a>", "\u{e9}\u{20ac}\u{1f333} ".repeat(60_000));
    for (is_big, has_mark) in [(false, false), (false, true), (true, false), (true, true)] {
        let mark = has_mark.then_some(0xfeff);
        let units = mark.into_iter().chain(content.encode_utf16());
        let bytes: Vec<u8> =
            units.flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        for format in ["plain", "gz", "bz2"] {
            let path = file("utf16", &pack(format, &bytes));
            let all = read_from(&path, 2, Place::default()).expect("opens");
            assert_eq!(all.error, None);
            assert!(all.bytes == content.as_bytes());
            let place = Place { offset: 200_001, ..Place::default() };
            assert!(read_from(&path, 1, place).expect("opens").bytes == content.as_bytes()[200_001..]);
        }
        let odd = read("odd", &bytes[..bytes.len() - 1], 1).expect("opens").error.expect("odd");
        assert_eq!(odd.kind, ErrorKind::Truncated);
        let half = [bytes.as_slice(), if is_big { b"\xd8\x3c\0a" } else { b"\x3c\xd8a\0" }].concat();
        let half = read("half", &half, 1).expect("opens").error.expect("half a pair");
        assert_eq!((half.kind, half.byte_offset), (ErrorKind::Format, Some(content.len() as u64)));
    }
}

#[test]
fn what_is_no_archive_is_told_apart() {
    let magic = b"7z\xbc\xaf\x27\x1c";
    let kind = |bytes: &[u8]| read("archive", bytes, 1).map(|_| ()).expect_err("no archive").kind;
    assert_eq!(kind(magic), ErrorKind::Truncated);
    assert_eq!(kind(&[magic.as_slice(), &[7; 100]].concat()), ErrorKind::Format);
    let mut crc = flate2::Crc::new();
    crc.update(&[0; 20]);
    let empty = [magic.as_slice(), &[0, 4], &crc.sum().to_le_bytes(), &[0; 20]].concat();
    assert_eq!(kind(&empty), ErrorKind::Format);
    assert_eq!(kind(b"PK\x03\x04"), ErrorKind::Format);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Any place of any format gives the rest of the bytes.
    #[test]
    fn reading_from_a_place_gives_the_rest(share in 0usize..1000, threads in 1usize..3) {
        let content = text(40_000);
        for format in ["plain"].iter().chain(&FORMATS) {
            let offset = content.len() * share / 1000;
            let path = file("place", &pack(format, &content));
            let place = Place { offset: offset as u64, ..Place::default() };
            let all = read_from(&path, threads, place).expect(format);
            prop_assert_eq!(all.error, None);
            prop_assert!(all.bytes == content[offset..], "{} {}", format, offset);
            prop_assert!(all.digests.is_some());
        }
    }

    /// Every start is one, whichever block or stream it is, and the digests are still the whole file's.
    #[test]
    fn every_start_is_a_place(share in 0usize..1000) {
        let content = text(60_000);
        let packed: Vec<u8> = content.chunks(700_000).flat_map(|part| pack("bz2", part)).collect();
        let path = file("starts", &packed);
        let all = read_from(&path, 2, Place::default()).expect("opens");
        prop_assert!(all.starts.len() > 4 && all.starts.iter().any(|start| start.block_bit.is_some()));
        let start = all.starts[all.starts.len() * share / 1000];
        let block = start.block_bit.map(|bit| Block { bit, decompressed: start.offset - start.stream_start });
        let place = Place {
            stream_offset: start.stream_offset,
            stream_start: start.stream_start,
            block,
            offset: start.offset + 5,
            streams: start.streams - u64::from(block.is_none()),
        };
        let again = read_from(&path, 2, place).expect("opens");
        prop_assert!(again.bytes == content[usize::try_from(start.offset).expect("fits") + 5..]);
        prop_assert_eq!(again.streams, all.streams);
        prop_assert_eq!(again.digests, all.digests);
        prop_assert_eq!(again.starts.first(), Some(&start));
        prop_assert_eq!(again.starts.last(), all.starts.last());
    }

    /// A changed byte is met or harmless, and never a panic.
    #[test]
    fn changed_bytes_never_panic(place in 0usize..100_000, byte: u8) {
        let content = text(3_000);
        for format in FORMATS {
            let mut packed = pack(format, &content);
            let place = place % packed.len();
            packed[place] = byte;
            if let Ok(all) = read("changed", &packed, 1) {
                prop_assert!(all.bytes.len() <= content.len() * 2 + 1000);
                if format != "lzma" && all.error.is_none() && all.warnings.is_empty() && place > 6 {
                    prop_assert!(all.bytes == content, "{} {} {}", format, place, byte);
                }
            }
        }
    }
}
