use std::io::{Read, Write};

use ::bzip2::Compression;
use ::bzip2::read::{BzDecoder, MultiBzDecoder};
use ::bzip2::write::BzEncoder;
use proptest::prelude::*;

use super::*;

mod damage;
mod files;

/// What a reader gives: its pieces, its error, and what it says at the end.
#[derive(Debug)]
struct Outcome {
    pieces: Vec<Piece>,
    error: Option<Error>,
    streams: u64,
    consumed: u64,
    trailing: Option<u64>,
}

impl Outcome {
    fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|piece| piece.bytes.clone()).collect()
    }

    fn kind(&self) -> Option<&ErrorKind> {
        self.error.as_ref().map(|error| &error.kind)
    }

    fn shown_error(&self) -> Option<String> {
        self.error.as_ref().map(ToString::to_string)
    }
}

fn run<R: Read + Send>(mut reader: Reader<R>) -> Outcome {
    let mut pieces = Vec::new();
    let error = loop {
        match reader.next_piece() {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(matches!(reader.next_piece(), Ok(None)), "a reader that ended stays so");
    let (streams, consumed, trailing) = (reader.streams(), reader.bytes_consumed(), reader.trailing());
    Outcome { pieces, error, streams, consumed, trailing }
}

fn read(data: &[u8], threads: usize, kernel: Kernel) -> Outcome {
    run(Reader::new(data, threads).with_kernel(kernel))
}

/// Reads with every kernel and with 1, 2 and 4 threads, and gives the outcome on which all agree.
fn read_all_ways(data: &[u8]) -> Outcome {
    let expected = read(data, 1, Kernel::runnable()[0]);
    for kernel in Kernel::runnable() {
        for threads in [1, 2, 4] {
            let outcome = read(data, threads, kernel);
            assert!(outcome.pieces == expected.pieces, "other pieces: {kernel:?}, {threads} threads");
            assert_eq!(outcome.shown_error(), expected.shown_error());
            assert_eq!(
                (outcome.streams, outcome.consumed, outcome.trailing),
                (expected.streams, expected.consumed, expected.trailing)
            );
        }
    }
    expected
}

fn compress(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The whole text by libbz2, of one stream.
fn oracle(data: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    BzDecoder::new(data).read_to_end(&mut text).map(|_| text)
}

fn assert_round_trip(text: &[u8], level: u32) {
    let data = compress(text, level);
    let outcome = read_all_ways(&data);
    assert_eq!(outcome.shown_error(), None);
    assert!(outcome.bytes() == text, "other bytes: {} of level {level}", text.len());
    assert_eq!((outcome.streams, outcome.consumed, outcome.trailing), (1, data.len() as u64, None));
}

/// Bytes without a pattern (`SplitMix64`).
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    (1u64..).map(move |at| {
        let mut value = seed.wrapping_add(at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (value >> 56) as u8
    })
}

/// Words in a skewed order, as text has them.
fn prose(seed: u64, length: usize) -> Vec<u8> {
    const WORDS: [&str; 12] =
        ["the ", "of ", "and ", "[[", "]]", "== ", " ==\n", "water ", "river ", "1987", "a", "größe "];
    let picks = noise(seed).zip(noise(!seed)).map(|(left, right)| usize::from(left.min(right)) % WORDS.len());
    let mut text: Vec<u8> = picks.flat_map(|pick| WORDS[pick].bytes()).take(length).collect();
    text.truncate(length);
    text
}

/// Runs, periods, words and noise, one after another.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (any::<u8>(), prop_oneof![0usize..9, 250usize..270, 0usize..3000]).prop_map(|(byte, count)| vec![byte; count]),
        (proptest::collection::vec(any::<u8>(), 1..9), 0usize..300).prop_map(|(period, count)| period.repeat(count)),
        (any::<u64>(), 0usize..3000).prop_map(|(seed, length)| prose(seed, length)),
        (any::<u64>(), 0usize..2000).prop_map(|(seed, length)| noise(seed).take(length).collect()),
        proptest::collection::vec(0u8..3, 0..500),
    ];
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_text_comes_back(text in texts(), level in 1u32..=9) {
        assert_round_trip(&text, level);
    }

    #[test]
    fn streams_one_after_another_are_read_as_one_text(texts in proptest::collection::vec((texts(), 1u32..=9), 0..5)) {
        let streams: Vec<Vec<u8>> = texts.iter().map(|(text, level)| compress(text, *level)).collect();
        let data = [b"BZh1\x17\x72\x45\x38\x50\x90\0\0\0\0".to_vec(), streams.concat()].concat();
        let outcome = read_all_ways(&data);
        let expected: Vec<u8> = texts.iter().flat_map(|(text, _)| text.clone()).collect();
        prop_assert!(outcome.error.is_none() && outcome.bytes() == expected);
        prop_assert_eq!(outcome.streams, 1 + texts.len() as u64);
        let mut offset = 14;
        let starts: Vec<u64> = std::iter::zip(&streams, &texts)
            .filter_map(|(stream, (text, _))| {
                offset += stream.len() as u64;
                (!text.is_empty()).then_some(offset - stream.len() as u64)
            })
            .collect();
        let found: Vec<u64> =
            outcome.pieces.iter().filter(|piece| piece.starts_stream).map(|piece| piece.stream_offset).collect();
        prop_assert_eq!(found, starts);
    }
}

#[test]
fn borders_of_the_run_lengths() {
    for count in [1, 2, 3, 4, 5, 6, 7, 8, 254, 255, 256, 258, 259, 260, 261, 262, 263, 264, 517, 518, 519, 1036] {
        assert_round_trip(&vec![b'x'; count], 9);
        assert_round_trip(&[&vec![b'x'; count], &b"y"[..], &vec![b'x'; count]].concat(), 1);
    }
}

#[test]
fn tiny_texts_and_all_origins() {
    for length in [0, 1, 2, 3, 7, 15, 16, 17, 33] {
        for shift in (0..length.max(1)).step_by(1 + length / 9) {
            let mut text: Vec<u8> = (b'a'..).take(length).collect();
            text.rotate_left(shift);
            assert_round_trip(&text, 9); // all rotations differ: every row is once the origin
        }
    }
}

#[test]
fn many_blocks_of_every_kind() {
    for level in [1, 3] {
        assert_round_trip(&prose(1, 1_000_000), level);
        assert_round_trip(&noise(2).take(300_000).collect::<Vec<u8>>(), level);
    }
    assert_round_trip(&vec![0; 60_000_000], 9);
    assert_round_trip(&b"abc".repeat(700_000), 9);
    assert_round_trip(&b"0123456789abcdef".repeat(60_000), 9);
    assert_round_trip(&prose(3, 2_000_000), 9);
}

#[test]
fn a_quarter_of_a_million_empty_streams() {
    let empty = compress(b"", 9);
    let data = [empty.repeat(250_000), compress(b"text", 5), empty.repeat(50_000)].concat();
    for threads in [1, 2] {
        let outcome = read(&data, threads, Kernel::widest());
        assert_eq!((outcome.bytes().as_slice(), outcome.streams), (&b"text"[..], 300_001));
        assert_eq!(outcome.pieces[0].stream_offset, 250_000 * empty.len() as u64);
        assert_eq!(outcome.shown_error(), None);
    }
}

#[test]
fn a_reader_starts_at_any_block() {
    let data = [compress(&prose(4, 50_000), 9), compress(&prose(5, 450_000), 1), compress(b"last", 9)].concat();
    let whole = read(&data, 1, Kernel::widest());
    assert!(whole.pieces.len() > 5);
    for (at, piece) in whole.pieces.iter().enumerate() {
        let place = Place {
            stream_offset: piece.stream_offset,
            block_bit: piece.block_bit,
            level: data[piece.stream_offset as usize + 3] - b'0',
        };
        for threads in [1, 3] {
            let from = &data[piece.block_bit as usize / 8..];
            let outcome = run(Reader::at_block(from, threads, place));
            assert_eq!(outcome.shown_error(), None);
            assert_eq!(outcome.pieces.len(), whole.pieces.len() - at);
            for (own, expected) in outcome.pieces.iter().zip(&whole.pieces[at..]) {
                assert!(own.bytes == expected.bytes);
                assert_eq!((own.stream_offset, own.block_bit), (expected.stream_offset, expected.block_bit));
            }
        }
    }
}

#[test]
fn readers_can_be_dropped_at_any_time() {
    let data = compress(&prose(6, 3_000_000), 1);
    for taken in [0, 1, 2, 7] {
        let mut reader = Reader::new(data.as_slice(), 3);
        for _ in 0..taken {
            let piece = reader.next_piece().unwrap().unwrap();
            reader.recycle(piece.bytes);
        }
    }
}
