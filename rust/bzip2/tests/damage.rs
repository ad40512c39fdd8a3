//! Input that is cut, changed, followed by something else, or made to mislead.

use super::super::block::Workspace;
use super::super::crc::checksum;
use super::super::kernel::Target;
use super::*;

const MAGIC: u64 = 0x3141_5926_5359;

#[test]
fn every_truncation_gives_the_whole_blocks_and_says_so() {
    let first = compress(&prose(11, 230_000), 1);
    let data = [first.as_slice(), &compress(b"second stream", 9)].concat();
    let whole = read(&data, 1, Kernel::widest());
    let ends: Vec<u64> = whole.pieces.iter().skip(1).map(|piece| piece.block_bit).collect();
    let lengths = (0..40).chain((40..data.len()).step_by(97)).chain(first.len() - 30..data.len());
    for length in lengths.filter(|length| *length != first.len()) {
        for threads in [1, 2] {
            let outcome = read(&data[..length], threads, Kernel::widest());
            assert!(matches!(outcome.kind(), Some(ErrorKind::Truncated)), "{length}: {:?}", outcome.error);
            // a block is whole if the next one starts inside what is left; those at the end of a stream a little earlier
            let at_least = ends.iter().filter(|bit| **bit <= length as u64 * 8).count();
            assert!((at_least..=at_least + 1).contains(&outcome.pieces.len()), "{length}");
            assert!(outcome.pieces[..] == whole.pieces[..outcome.pieces.len()]);
        }
    }
    assert_eq!(read(&first, 2, Kernel::widest()).shown_error(), None);
}

#[test]
fn what_follows_the_last_stream_is_told_and_no_error() {
    let data = compress(b"text", 9);
    for garbage in [&b"x"[..], b"\0\0\0\0", b"BZ0", b"BZh0 and more", &vec![0xFF; 3_000_000]] {
        let outcome = read_all_ways(&[&data, garbage].concat());
        assert_eq!(outcome.shown_error(), None);
        assert_eq!((outcome.bytes().as_slice(), outcome.trailing), (&b"text"[..], Some(data.len() as u64)));
        assert_eq!(outcome.consumed, data.len() as u64);
    }
}

#[test]
fn what_is_no_stream_is_refused() {
    for data in [&b"x"[..], b"BZh0", b"BZhx", b"\x1f\x8b\x08\0", b"BZh9 no block"] {
        assert!(matches!(read_all_ways(data).kind(), Some(ErrorKind::Corrupt(_))), "{data:?}");
    }
    for data in [&b""[..], b"B", b"BZh", b"BZh9", b"BZh91AY"] {
        assert!(matches!(read_all_ways(data).kind(), Some(ErrorKind::Truncated)), "{data:?}");
    }
}

/// The same verdict as libbz2, and the same bytes where it accepts.
fn assert_judged_alike(data: &[u8], threads: usize, kernel: Kernel) {
    let outcome = read(data, threads, kernel);
    match oracle(data) {
        Ok(expected) => {
            assert_eq!(outcome.shown_error(), None);
            assert!(outcome.bytes() == expected);
        }
        Err(error) => assert!(outcome.error.is_some(), "libbz2 refuses this: {error}"),
    }
}

#[test]
fn flipped_bits_everywhere_are_judged_as_by_libbz2() {
    let texts = [prose(12, 3000), noise(13).take(700).collect(), vec![7; 5000], b"ab".repeat(400), b"x".to_vec()];
    for text in texts {
        let data = compress(&text, 1);
        let bits = data.len() * 8;
        for bit in (32..bits).step_by(bits.div_ceil(300)) {
            let mut damaged = data.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            for kernel in Kernel::runnable() {
                assert_judged_alike(&damaged, 1 + bit % 2, kernel);
            }
        }
    }
}

/// Damage that no checksum catches: those of the only block and of its stream are made right again, as far as it decodes.
#[test]
fn damaged_blocks_with_right_checksums_are_judged_as_by_libbz2() {
    let data = compress(&prose(14, 2000), 1);
    let mut workspace = Workspace::new(Target::Portable);
    let (mut text, mut accepted) = (Vec::new(), 0);
    for (round, place) in noise(15).zip(noise(16)).take(600).enumerate() {
        let mut damaged = data.clone();
        let at = 14 + (usize::from(place.0) << 8 | usize::from(place.1)) % (data.len() - 14);
        damaged[at] = damaged[at].wrapping_add(1 + (round % 255) as u8);
        let _ = workspace.decode(&damaged, 32, &mut text); // it refuses the checksum once the text is there
        let checksum = u64::from(checksum(&text, Target::Portable));
        put(&mut damaged, 80, checksum, 32);
        if let Ok(block) = workspace.decode(&damaged, 32, &mut text) {
            put(&mut damaged, block.end + 48, checksum, 32);
        }
        for kernel in Kernel::runnable() {
            assert_judged_alike(&damaged, 1 + round % 2, kernel);
        }
        accepted += usize::from(oracle(&damaged).is_ok());
    }
    assert!(accepted > 300, "texts of damaged blocks that were compared: {accepted}");
}

/// Sets bits, most significant first, as far as the bytes reach.
fn put(bytes: &mut [u8], start: usize, value: u64, count: usize) {
    for (bit, at) in (start..).zip((0..count).rev()) {
        if let Some(byte) = bytes.get_mut(bit / 8) {
            let mask = 0x80 >> (bit % 8);
            *byte = if value >> at & 1 == 1 { *byte | mask } else { *byte & !mask };
        }
    }
}

/// Bits, most significant first.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn put(&mut self, value: u64, count: u32) -> &mut Self {
        self.0.extend((0..count).rev().map(|at| value >> at & 1 == 1));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().zip(0..).fold(0, |byte, (bit, at)| byte | u8::from(*bit) << (7 - at));
        self.0.chunks(8).map(byte).collect()
    }
}

/// A block that holds a chosen number of magic numbers among its ignored selectors and still is a right one.
///
/// Selectors beyond the 18 002 that a block can use are read and ignored, so their bits are free as long as no run of
/// ones reaches the number of codes. The magic number has at most two ones in a row, and six codes are declared.
fn block_with_false_starts(count: usize) -> Writer {
    let mut bits = Writer::default();
    bits.put(MAGIC, 48);
    bits.put(u64::from(checksum(b"a", Target::Portable)), 32);
    bits.put(0, 1).put(0, 24); // not randomised, the origin is row 0
    bits.put(1 << 9, 16).put(1 << 14, 16); // 'a' = 0x61 is in use
    bits.put(6, 3);
    let zeros = 48 - MAGIC.count_ones() as usize; // each ends a selector
    bits.put((18_003 + zeros * count + 1) as u64, 15).put(0, 32);
    bits.0.resize(bits.0.len() + 18_003 - 32, false);
    for _ in 0..count {
        bits.put(MAGIC, 48);
    }
    bits.put(0, 1); // the number ends in a one, whose selector ends here
    for _ in 0..6 {
        bits.put(2, 5).put(0, 3); // RUNA 00, RUNB 01, end 10
    }
    bits.put(0b00, 2).put(0b10, 2);
    bits
}

#[test]
fn false_starts_inside_a_block_are_merged_back() {
    let checksum = u64::from(checksum(b"a", Target::Portable));
    for count in [1, 2, 100, 400] {
        let mut stream = Writer::default();
        stream.put(0x425A_6839, 32);
        stream.0.extend(block_with_false_starts(count).0);
        stream.put(0x1772_4538_5090, 48).put(checksum, 32);
        let data = [stream.bytes(), compress(&prose(18, 250_000), 1)].concat();
        let outcome = read_all_ways(&data);
        assert_eq!(outcome.shown_error(), None);
        assert!(outcome.bytes() == [b"a".to_vec(), prose(18, 250_000)].concat());
        assert!(oracle(&data).is_ok(), "libbz2 reads it too");
    }
}

#[test]
fn a_flood_of_false_starts_is_read_in_linear_time() {
    let magic = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    let data = [compress(b"text", 9), b"BZh9".to_vec(), magic.repeat(2_000_000)].concat();
    for threads in [1, 2] {
        let outcome = read(&data, threads, Kernel::widest());
        assert_eq!(outcome.bytes(), b"text");
        assert!(matches!(outcome.kind(), Some(ErrorKind::Corrupt(_))));
    }
}

/// An input that fails after some bytes.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn an_input_that_fails_is_told_after_the_whole_blocks() {
    let data = compress(&prose(17, 350_000), 1);
    let whole = read(&data, 1, Kernel::widest());
    for threads in [1, 2] {
        for (length, blocks) in [(3, 0), (data.len() - 20, whole.pieces.len() - 1), (data.len(), whole.pieces.len())] {
            let outcome = run(Reader::new(Failing(&data[..length]), threads));
            assert!(matches!(outcome.kind(), Some(ErrorKind::Io(_))), "{:?}", outcome.error);
            assert!(outcome.pieces[..] == whole.pieces[..blocks]);
        }
    }
}
