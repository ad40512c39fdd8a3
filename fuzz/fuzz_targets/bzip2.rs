//! Arbitrary bytes through our bzip2 decoder, beside the `bzip2` crate as oracle.
//!
//! The last byte chooses: as they are, with repaired check sums, or packed first; and the number of threads.
//! Holds: both give the same bytes, or both refuse; on refusal ours gave a prefix of what the oracle gave; every piece
//! says rightly where it lies, and decoding that starts there gives it again.
#![no_main]

use std::io::Read;

use bzip2::{Decompress, Status};
use libfuzzer_sys::fuzz_target;
use wikigrove::bzip2::{Piece, Place, Reader};
use wikigrove_fuzz::repair::repair;

const MOST_BYTES: usize = 64 << 20;

#[derive(Debug, Default)]
struct Outcome {
    bytes: Vec<u8>,
    /// Offset of what follows the last stream.
    trailing: Option<u64>,
    streams: u64,
    refused: Option<String>,
}

fn is_start(rest: &[u8]) -> bool {
    matches!(rest, [b'B', b'Z', b'h', b'1'..=b'9', ..])
}

/// Stream by stream through the oracle.
fn oracle(packed: &[u8]) -> Outcome {
    let mut read = Outcome::default();
    let mut rest = packed;
    while is_start(rest) {
        read.streams += 1;
        let mut decoder = Decompress::new(false);
        loop {
            if read.bytes.len() > MOST_BYTES {
                read.refused = Some("too much".into());
                return read;
            }
            read.bytes.reserve(64 << 10);
            let (taken, given) = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress_vec(rest, &mut read.bytes);
            let (taken, given) = (decoder.total_in() - taken, decoder.total_out() - given);
            rest = &rest[usize::try_from(taken).expect("fits")..];
            match status {
                Ok(Status::StreamEnd) => break,
                Ok(_) if taken == 0 && given == 0 => {
                    read.refused = Some("truncated".into());
                    return read;
                }
                Ok(_) => {}
                Err(error) => {
                    read.refused = Some(error.to_string());
                    return read;
                }
            }
        }
    }
    if !rest.is_empty() {
        read.trailing = Some((packed.len() - rest.len()) as u64);
    }
    read
}

fn ours(packed: &[u8], threads: usize) -> (Outcome, Vec<Piece>) {
    let (mut outcome, mut pieces) = (Outcome::default(), Vec::new());
    let mut reader = Reader::new(packed, threads);
    loop {
        match reader.next_piece() {
            Ok(Some(piece)) => {
                assert!(!piece.bytes.is_empty());
                outcome.bytes.extend_from_slice(&piece.bytes);
                pieces.push(piece);
            }
            Ok(None) => {
                outcome.trailing = reader.trailing();
                break;
            }
            Err(error) => {
                assert!(error.bit_offset <= 8 * packed.len() as u64, "{error}");
                outcome.refused = Some(error.to_string());
                break;
            }
        }
        assert!(reader.bytes_consumed() <= packed.len() as u64);
    }
    outcome.streams = reader.streams();
    (outcome, pieces)
}

/// The number at a bit offset.
fn number_at(bytes: &[u8], bit: u64, bits: u64) -> u64 {
    (bit..bit + bits).fold(0, |number, place| {
        let byte = bytes[usize::try_from(place / 8).expect("fits")];
        number << 1 | u64::from(byte >> (7 - place % 8) & 1)
    })
}

fn check_pieces(packed: &[u8], pieces: &[Piece]) {
    for (before, piece) in std::iter::once(None).chain(pieces.iter().map(Some)).zip(pieces) {
        let start = usize::try_from(piece.stream_offset).expect("fits");
        assert!(is_start(&packed[start..]), "a stream starts where the piece says");
        assert_eq!(number_at(packed, piece.block_bit, 48), 0x3141_5926_5359, "a block starts where the piece says");
        assert_eq!(piece.starts_stream, before.is_none_or(|before| before.stream_offset < piece.stream_offset));
        assert!(before.is_none_or(|before| before.block_bit < piece.block_bit));
    }
    let Some(last) = pieces.last() else { return };
    let level = packed[usize::try_from(last.stream_offset).expect("fits") + 3] - b'0';
    let place = Place { stream_offset: last.stream_offset, block_bit: last.block_bit, level };
    let from = usize::try_from(last.block_bit / 8).expect("fits");
    let again = Reader::at_block(&packed[from..], 1, place).next_piece().expect("what was decoded is decoded again");
    assert_eq!(
        again.as_ref().map(|piece| (piece.stream_offset, piece.block_bit)),
        Some((last.stream_offset, last.block_bit))
    );
    assert!(again.is_some_and(|piece| piece.bytes == last.bytes), "decoding from a block on gives the block again");
}

fn pack(bytes: &[u8], level: u8) -> Vec<u8> {
    let pieces = bytes.chunks((bytes.len() / usize::from(level % 3 + 1)).max(1));
    let mut packed = Vec::new();
    for piece in pieces {
        let level = bzip2::Compression::new(u32::from(level % 9) + 1);
        bzip2::read::BzEncoder::new(piece, level).read_to_end(&mut packed).expect("packs");
    }
    packed
}

fuzz_target!(|data: &[u8]| {
    let Some((control, bytes)) = data.split_last() else { return };
    let mut packed = match control % 8 {
        0 | 1 => bytes.to_vec(),
        2 => pack(bytes, control / 8),
        _ => {
            let mut packed = bytes.to_vec();
            repair(&mut packed);
            packed
        }
    };
    if !is_start(&packed) {
        return; // whoever calls the decoder has looked at the first bytes
    }
    if *control < 0xe0 {
        packed[3] = b'1'; // small blocks are as good, and ten times as fast
    }
    let want = oracle(&packed);
    if want.bytes.len() > MOST_BYTES {
        return;
    }
    let threads = if control % 32 == 5 { 3 } else { 1 };
    let (got, pieces) = ours(&packed, threads);
    assert_eq!(got.refused.is_some(), want.refused.is_some(), "ours {:?}, the oracle {:?}", got.refused, want.refused);
    if got.refused.is_some() {
        assert!(want.bytes.starts_with(&got.bytes), "{} bytes before the refusal", got.bytes.len());
    } else {
        assert!(got.bytes == want.bytes, "{} bytes, the oracle {}", got.bytes.len(), want.bytes.len());
        assert_eq!((got.streams, got.trailing), (want.streams, want.trailing));
    }
    if control % 4 == 3 {
        check_pieces(&packed, &pieces);
    }
});
