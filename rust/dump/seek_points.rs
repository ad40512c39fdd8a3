//! Places inside long bzip2 streams from which reading can start: hints that save decompressing, never evidence.

use std::collections::VecDeque;

use crate::stream::Start;
use crate::stream::signed;

/// Decompressed bytes between two seek points.
const SPACING: u64 = 8 << 20;

/// A block that does not start its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeekPoint {
    /// Compressed offset of the stream.
    pub stream_offset: i64,
    /// Bits of the file before the block's magic.
    pub block_bit: i64,
    /// Decompressed bytes of the stream before the block.
    pub decompressed: i64,
}

/// Chooses seek points among the starts of blocks.
#[derive(Debug, Default)]
pub(crate) struct SeekPoints {
    /// Starts that were met and may still belong to the next part.
    coming: VecDeque<Start>,
    points: Vec<SeekPoint>,
    /// Offset of the last seek point or start of a stream.
    anchor: u64,
    /// Starts before this offset belong to an earlier part.
    from: u64,
}

impl SeekPoints {
    pub(crate) fn resumed(anchor: u64, from: u64) -> Self {
        Self { anchor, from, ..Self::default() }
    }

    pub(crate) fn note(&mut self, starts: &[Start]) {
        self.coming.extend(starts.iter().filter(|start| start.offset >= self.from));
    }

    /// Judges the starts before `offset`.
    pub(crate) fn settle(&mut self, offset: u64) {
        while let Some(start) = self.coming.front().copied().filter(|start| start.offset < offset) {
            self.coming.pop_front();
            match start.block_bit {
                None => self.anchor = start.offset,
                Some(bit) if start.offset - self.anchor.min(start.offset) >= SPACING => {
                    self.anchor = start.offset;
                    self.points.push(SeekPoint {
                        stream_offset: signed(start.stream_offset),
                        block_bit: signed(bit),
                        decompressed: signed(start.offset - start.stream_start),
                    });
                }
                Some(_) => {}
            }
        }
    }

    /// The points settled since the part began.
    pub(crate) fn points(&self) -> &[SeekPoint] {
        &self.points
    }

    /// Ends the part at `offset` and gives the anchor that the next one needs.
    pub(crate) fn next_part(&mut self, offset: u64) -> u64 {
        self.settle(offset);
        self.points.clear();
        self.anchor
    }
}
