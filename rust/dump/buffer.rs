//! The decompressed bytes that are not parsed yet, and where in the file they come from.

use std::collections::VecDeque;

use super::decompress::Window;

/// A buffer that grew for one giant revision is given back above this size.
const KEPT_BYTES: usize = 16 << 20;

/// Unparsed bytes. Offsets count decompressed bytes from where reading began.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    head: usize,
    base: u64,
    /// (decompressed offset, compressed offset) of the bzip2 streams that may still be asked for.
    streams: VecDeque<(u64, u64)>,
}

impl Buffer {
    /// Starts behind `offset` bytes that are not read.
    pub(crate) fn starting_at(offset: u64) -> Self {
        Self { base: offset, ..Self::default() }
    }

    pub(crate) fn append(&mut self, window: &Window) {
        self.bytes.drain(..self.head);
        self.base += self.head as u64;
        self.head = 0;
        if self.bytes.capacity() > KEPT_BYTES && self.bytes.len() < KEPT_BYTES / 4 {
            self.bytes.shrink_to(KEPT_BYTES);
        }
        self.bytes.extend_from_slice(&window.bytes);
        for start in &window.streams {
            if self.streams.back().is_some_and(|last| last.0 == start.0) {
                self.streams.pop_back(); // an empty stream
            }
            self.streams.push_back(*start);
        }
    }

    /// The unparsed bytes.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }

    /// Offset of the first unparsed byte.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.head as u64
    }

    /// Offset behind the last byte that was read.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Takes `count` bytes off and returns them.
    pub(crate) fn consume(&mut self, count: usize) -> &[u8] {
        let start = self.head;
        self.head = (start + count).min(self.bytes.len());
        let offset = self.offset();
        while self.streams.get(1).is_some_and(|next| next.0 <= offset) {
            self.streams.pop_front();
        }
        self.bytes.get(start..self.head).unwrap_or_default()
    }

    /// Compressed offset of the stream that holds the byte at `offset`, and the byte's offset within that stream.
    pub(crate) fn locate(&self, offset: u64) -> (i64, i64) {
        let stream = self.streams.iter().rev().find(|stream| stream.0 <= offset);
        let (start, stream_offset) = stream.copied().unwrap_or((0, 0));
        (signed(stream_offset), signed(offset - start))
    }
}

/// Offsets as the columns hold them; no file has 2^63 bytes.
pub(crate) fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_stream() {
        let mut buffer = Buffer::default();
        buffer.append(&Window { bytes: vec![0; 10], streams: vec![(0, 0), (4, 50)], ..Window::default() });
        buffer.append(&Window { bytes: vec![0; 10], streams: vec![(10, 70), (10, 84), (15, 90)], ..Window::default() });
        for (offset, want) in [(0, (0, 0)), (3, (0, 3)), (4, (50, 0)), (9, (50, 5)), (10, (84, 0)), (19, (90, 4))] {
            assert_eq!(buffer.locate(offset), want, "{offset}");
        }
        assert_eq!(buffer.consume(12).len(), 12);
        assert_eq!((buffer.offset(), buffer.end(), buffer.rest().len()), (12, 20, 8));
        assert_eq!(buffer.locate(12), (84, 2));
    }
}
