//! The decompressed bytes that are not parsed yet, and where in the file they come from.
//!
//! A window is taken over as it is. Only what lies across two windows is copied: the unparsed rest of one, and of the next
//! as little as makes the element whole.

use std::collections::VecDeque;

use super::window::{Start, Window};

/// A buffer that grew for one giant revision is given back above this size.
const KEPT_BYTES: usize = 16 << 20;
/// How much of the next window is copied behind the rest of the last at first; later twice as much each time.
const BRIDGE_BYTES: usize = 16 << 10;

/// Unparsed bytes. Offsets count decompressed bytes of the file, or from wherever reading began.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    head: usize,
    base: u64,
    /// The window of which `bytes` shows a part, and how many bytes stand before that part.
    next: Option<(Vec<u8>, usize)>,
    /// Memory of a window that was parsed, and of what bridged two of them.
    spare: Option<Vec<u8>>,
    bridge: Vec<u8>,
    /// The places to start from that may still be asked for.
    starts: VecDeque<Start>,
}

impl Buffer {
    /// Starts behind `offset` bytes that are not read.
    pub(crate) fn starting_at(offset: u64) -> Self {
        Self { base: offset, ..Self::default() }
    }

    /// Takes the next window over, once `reveal` has nothing more.
    pub(crate) fn append(&mut self, window: &mut Window) {
        while self.reveal() {}
        for start in window.starts.drain(..) {
            if self.starts.back().is_some_and(|last| last.offset == start.offset) {
                self.starts.pop_back(); // an empty stream
            }
            self.starts.push_back(start);
        }
        let bytes = std::mem::take(&mut window.bytes);
        if self.rest().is_empty() {
            self.base = self.offset();
            self.head = 0;
            let parsed = std::mem::replace(&mut self.bytes, bytes);
            self.give_back(parsed);
            return;
        }
        if self.rest().len() < self.bytes.len() / 2 {
            // A window goes back in its whole length, to be written over.
            let mut bridge = std::mem::take(&mut self.bridge);
            bridge.clear();
            bridge.extend_from_slice(self.rest());
            let parsed = std::mem::replace(&mut self.bytes, bridge);
            self.give_back(parsed);
        } else {
            self.bytes.drain(..self.head);
        }
        self.base += self.head as u64;
        self.head = 0;
        let carried = self.bytes.len();
        self.next = Some((bytes, carried));
        self.bridge(BRIDGE_BYTES);
    }

    /// Shows more of what was appended; `false` when all of it is in sight.
    pub(crate) fn reveal(&mut self) -> bool {
        let Some((window, carried)) = &mut self.next else {
            return false;
        };
        let (shown, carried) = (self.bytes.len() - *carried, *carried);
        if self.head < carried {
            return self.bridge(shown.max(BRIDGE_BYTES));
        }
        let window = std::mem::take(window);
        let has_more = window.len() > shown;
        self.next = None;
        self.head -= carried;
        self.base += carried as u64;
        let bridge = std::mem::replace(&mut self.bytes, window);
        if bridge.capacity() <= KEPT_BYTES {
            self.bridge = bridge;
        }
        has_more
    }

    fn bridge(&mut self, count: usize) -> bool {
        let Some((window, carried)) = &mut self.next else {
            return false;
        };
        let hidden = window.get(self.bytes.len() - *carried..).unwrap_or_default();
        let part = hidden.get(..count).unwrap_or(hidden);
        self.bytes.extend_from_slice(part);
        if part.len() == hidden.len() {
            let window = std::mem::take(window);
            self.next = None;
            self.give_back(window);
        }
        true
    }

    fn give_back(&mut self, bytes: Vec<u8>) {
        if bytes.capacity() <= KEPT_BYTES && !bytes.is_empty() {
            self.spare = Some(bytes);
        }
    }

    /// Memory to decompress the next window into.
    pub(crate) fn take_spare(&mut self) -> Option<Vec<u8>> {
        self.spare.take()
    }

    /// The unparsed bytes that are in sight.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.head..).unwrap_or_default()
    }

    /// Whether all that was appended is in sight.
    pub(crate) fn shows_all(&self) -> bool {
        self.next.is_none()
    }

    /// Bytes in sight, parsed or not, from their offset on.
    pub(crate) fn at(&self, offset: u64, length: usize) -> &[u8] {
        let start = usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.bytes.get(start..).and_then(|bytes| bytes.get(..length)).unwrap_or_default()
    }

    /// Offset of the first unparsed byte.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.head as u64
    }

    /// Offset behind the last byte that was read.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.next.as_ref().map_or(self.bytes.len(), |(window, carried)| window.len() + carried) as u64
    }

    /// Takes `count` bytes off and returns them.
    pub(crate) fn consume(&mut self, count: usize) -> &[u8] {
        let start = self.head;
        self.head = (start + count).min(self.bytes.len());
        let offset = self.offset();
        while self.starts.get(1).is_some_and(|next| next.offset <= offset) {
            self.starts.pop_front();
        }
        self.bytes.get(start..self.head).unwrap_or_default()
    }

    /// Compressed offset of the stream that holds the byte at `offset`, and the byte's offset within that stream.
    pub(crate) fn locate(&self, offset: u64) -> (i64, i64) {
        let (stream_offset, start) =
            self.start_of(offset).map_or((0, 0), |start| (start.stream_offset, start.stream_start));
        (signed(stream_offset), signed(offset - start))
    }

    /// The last place to start from that is not behind `offset`.
    pub(crate) fn start_of(&self, offset: u64) -> Option<Start> {
        let before = self.starts.partition_point(|start| start.offset <= offset);
        before.checked_sub(1).and_then(|last| self.starts.get(last)).copied()
    }
}

/// Offsets as the columns hold them; no file has 2^63 bytes.
pub(crate) fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(offset: u64, stream_offset: u64) -> Start {
        Start { offset, stream_offset, stream_start: offset, block_bit: None, streams: 1 }
    }

    #[test]
    fn places_are_told_by_stream() {
        let mut buffer = Buffer::default();
        buffer.append(&mut Window {
            bytes: vec![0; 10],
            starts: vec![stream(0, 0), stream(4, 50)],
            ..Window::default()
        });
        let starts = vec![stream(10, 70), stream(10, 84), stream(15, 90)];
        buffer.append(&mut Window { bytes: vec![0; 10], starts, ..Window::default() });
        for (offset, want) in [(0, (0, 0)), (3, (0, 3)), (4, (50, 0)), (9, (50, 5)), (10, (84, 0)), (19, (90, 4))] {
            assert_eq!(buffer.locate(offset), want, "{offset}");
        }
        assert_eq!(buffer.consume(12).len(), 12);
        assert_eq!((buffer.offset(), buffer.end(), buffer.rest().len()), (12, 20, 8));
        assert_eq!(buffer.locate(12), (84, 2));
    }

    proptest! {
        /// Whatever the windows and whatever is taken when, the bytes come out once and in order.
        #[test]
        fn no_byte_is_lost(
            windows in proptest::collection::vec(0usize..60_000, 1..8),
            steps in proptest::collection::vec(1usize..40_000, 1..200),
        ) {
            let total: usize = windows.iter().sum();
            let all: Vec<u8> = (0..total).map(|index| u8::try_from(index % 251).unwrap_or_default()).collect();
            let (mut buffer, mut taken, mut given) = (Buffer::default(), Vec::new(), 0);
            let mut windows = windows.into_iter();
            for step in steps.into_iter().cycle() {
                if step <= buffer.rest().len() {
                    taken.extend_from_slice(buffer.consume(step));
                } else if !buffer.reveal() {
                    let Some(length) = windows.next() else { break };
                    let bytes = all.get(given..given + length).unwrap_or_default().to_vec();
                    given += length;
                    buffer.append(&mut Window { bytes, ..Window::default() });
                }
                prop_assert_eq!(buffer.offset(), taken.len() as u64);
                prop_assert_eq!(buffer.end(), given as u64);
            }
            let rest = buffer.rest().len();
            taken.extend_from_slice(buffer.consume(rest));
            prop_assert!(taken == all);
        }
    }
}
