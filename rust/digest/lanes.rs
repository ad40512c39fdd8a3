//! Many texts hashed side by side.
//!
//! The processor's SHA instructions wait for each other within one text, so one text leaves most of their throughput
//! unused. Here each lane holds another text; a lane that comes to its end takes the next one, longest first, so that
//! lanes end together. Where the instructions are missing, the crates `sha1` and `sha2` do the same work.

#![cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "no kernel for this machine yet"))]

use super::{Sha1Bytes, Sha256Bytes};

/// Bytes that SHA-1 and SHA-256 take at once.
pub(super) type Block = [u8; 64];

/// A text on its way through a lane: whole blocks first, then what padding makes of the rest.
struct Lane<'t> {
    text: usize,
    body: &'t [Block],
    tail: [Block; 2],
    tail_blocks: usize,
    in_tail: bool,
    done: usize,
}

impl<'t> Lane<'t> {
    fn new(text: usize, bytes: &'t [u8]) -> Self {
        let (body, rest) = bytes.as_chunks();
        let mut padded = [0; 128];
        let tail_blocks = if rest.len() < 56 { 1 } else { 2 };
        if let Some((head, behind)) = padded.split_at_mut_checked(rest.len()) {
            head.copy_from_slice(rest);
            behind.first_mut().into_iter().for_each(|byte| *byte = 0x80);
        }
        let bits = (bytes.len() as u64 * 8).to_be_bytes();
        padded.iter_mut().skip(tail_blocks * 64 - 8).zip(bits).for_each(|(byte, bits)| *byte = bits);
        let mut tail = [[0; 64]; 2];
        tail.iter_mut().zip(padded.as_chunks().0).for_each(|(block, padded)| *block = *padded);
        Self { text, body, tail, tail_blocks, in_tail: body.is_empty(), done: 0 }
    }

    /// The blocks that lie together and were not hashed yet.
    fn rest(&self) -> &[Block] {
        let blocks = if self.in_tail { self.tail.get(..self.tail_blocks).unwrap_or_default() } else { self.body };
        blocks.get(self.done..).unwrap_or_default()
    }

    /// Notes that `count` blocks were hashed; `true` at the end of the text.
    fn advance(&mut self, count: usize) -> bool {
        self.done += count;
        if !self.rest().is_empty() {
            return false;
        }
        let has_ended = self.in_tail;
        (self.in_tail, self.done) = (true, 0);
        has_ended
    }
}

/// Hashes each text from `start`, in order; `wide` takes as many blocks of each lane as the shortest has, `narrow` those of one lane.
fn hash_each<const WORDS: usize, const LANES: usize, const BYTES: usize>(
    texts: &[&[u8]],
    start: [u32; WORDS],
    mut wide: impl FnMut(&mut [[u32; WORDS]; LANES], [&[Block]; LANES]),
    mut narrow: impl FnMut(&mut [u32; WORDS], &[Block]),
) -> Vec<[u8; BYTES]> {
    let mut digests = vec![[0; BYTES]; texts.len()];
    let mut take = |text: usize, state: [u32; WORDS]| {
        let digest = digests.get_mut(text).map(|digest| digest.as_chunks_mut().0);
        digest.into_iter().flatten().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    };
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|text| std::cmp::Reverse(texts.get(*text).map_or(0, |bytes| bytes.len() / 64)));
    let mut waiting = order.into_iter().filter_map(|text| Some(Lane::new(text, texts.get(text)?)));
    let mut states = [start; LANES];
    let mut lanes: Vec<Lane<'_>> = waiting.by_ref().take(LANES).collect();
    while lanes.len() == LANES {
        let mut blocks = [&[] as &[Block]; LANES];
        blocks.iter_mut().zip(&lanes).for_each(|(blocks, lane)| *blocks = lane.rest());
        let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
        wide(&mut states, blocks.map(|blocks| blocks.get(..count).unwrap_or_default()));
        let mut is_full = true;
        for (lane, state) in lanes.iter_mut().zip(&mut states) {
            if lane.advance(count) {
                take(lane.text, std::mem::replace(state, start));
                if let Some(next) = waiting.next() {
                    *lane = next;
                } else {
                    (lane.text, is_full) = (usize::MAX, false);
                }
            }
        }
        if !is_full {
            break;
        }
    }
    for (mut lane, mut state) in lanes.into_iter().zip(states).filter(|(lane, _)| lane.text != usize::MAX) {
        loop {
            let count = lane.rest().len();
            narrow(&mut state, lane.rest());
            if lane.advance(count) {
                break;
            }
        }
        take(lane.text, state);
    }
    digests
}

const SHA1_START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// SHA-1 of each text, in order.
pub(super) fn sha1_each(texts: &[&[u8]]) -> Vec<Sha1Bytes> {
    #[cfg(target_arch = "x86_64")]
    if let Some(kernel) = super::kernel::Sha::detected() {
        return hash_each::<5, 4, 20>(
            texts,
            SHA1_START,
            |states, blocks| kernel.sha1(states, blocks),
            |state, blocks| kernel.sha1(std::array::from_mut(state), [blocks]),
        );
    }
    texts.iter().map(|text| super::sha1(text)).collect()
}

/// The first 32 bits of the fractions of the square roots of the first 8 primes (FIPS 180-4, 5.3.3).
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of each text, in order.
pub(super) fn sha256_each(texts: &[&[u8]]) -> Vec<Sha256Bytes> {
    #[cfg(target_arch = "x86_64")]
    if let Some(kernel) = super::kernel::Sha::detected() {
        return hash_each::<8, 2, 32>(
            texts,
            SHA256_START,
            |states, blocks| kernel.sha256(states, blocks),
            |state, blocks| kernel.sha256(std::array::from_mut(state), [blocks]),
        );
    }
    texts.iter().map(|text| super::sha256(&[text])).collect()
}
