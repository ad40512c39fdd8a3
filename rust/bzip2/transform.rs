//! The inverse Burrows-Wheeler transform, by many walkers at once.
//!
//! The text is read by following successors from row to row: a chain of loads, each of which waits for the one before
//! it. But the successors are a permutation, so any set of rows cuts its cycle into segments that can be walked apart
//! and put in order afterwards. Two dozen walkers take as many segments at a time, and the cache answers them together.
//!
//! For damaged input, too, the successors are a permutation, because the table is built from counts of the very
//! bytes: every walk ends.

use super::symbols::{TABLE_ROWS, Tokens, table};

/// More walkers make it ever faster up to about 16; 24 were 4 % faster still where the table exceeds the second-level cache.
const WALKERS: usize = 24;
/// Into how many segments a block is cut at most, and about how many rows of it.
const SEGMENTS: usize = 2048;
/// Bytes of one walker: more than a block, and no multiple of a page.
const STRIDE: usize = 904_288;
/// Rows written at a time; shorter runs than this are by far the most.
const WRITTEN: usize = 8;
/// Set in the entries of rows at which segments start; they name the segment instead of a row.
const START: u32 = 1 << 8;
const ROW_SHIFT: u32 = 12;

/// What a walker has walked: so many bytes, from a place of its own, up to the start of another segment.
#[derive(Clone, Copy, Default)]
struct Segment {
    walker: usize,
    from: usize,
    length: usize,
    next: usize,
}

/// The tables of the transform; kept by a worker for their allocations.
pub(super) struct Transform {
    /// `successor << 12 | byte` of every row.
    rows: Box<[u32; TABLE_ROWS]>,
    /// The bytes of each walker, `STRIDE` after `STRIDE`.
    walked: Vec<u8>,
    segments: Vec<Segment>,
    /// What the entries of the first rows were.
    firsts: Vec<u32>,
}

impl Transform {
    pub(super) fn new() -> Self {
        Self { rows: table(), walked: vec![0; WALKERS * STRIDE], segments: Vec::new(), firsts: Vec::new() }
    }

    /// Appends the text whose last column the tokens are, and whose own row is `origin`, below their total.
    pub(super) fn undo(&mut self, tokens: &Tokens, origin: usize, text: &mut Vec<u8>) {
        self.build(tokens);
        let starts = Starts::new(tokens.total, origin);
        self.walk(&starts);
        self.stitch(tokens.total, text);
    }

    /// Sorts the last column: the row at which a byte comes to lie is the one that precedes the byte's own row.
    ///
    /// Rows are written eight at a time, also for one: the others belong to later occurrences of the same byte. Only at
    /// the end of the rows of a byte they would not, and there they are written one by one.
    #[expect(clippy::indexing_slicing, reason = "bytes fewer than 256, rows cut to the table")]
    fn build(&mut self, tokens: &Tokens) {
        let mut places = [(0, 0); 256];
        let mut sum = 0;
        for (place, count) in places.iter_mut().zip(tokens.counts) {
            *place = (sum, sum + count);
            sum += count;
        }
        let mut row = 0u32;
        for token in tokens.list() {
            let (byte, count) = (token & 0xff, token >> 8);
            let (place, end) = &mut places[byte as usize];
            let mut entry = row << ROW_SHIFT | byte;
            let (from, to) = (*place as usize, (*place + count) as usize);
            *place += count;
            row += count;
            if from + WRITTEN <= *end as usize && count as usize <= WRITTEN {
                if let Some(run) = self.rows.get_mut(from..).and_then(|rows| rows.first_chunk_mut::<WRITTEN>()) {
                    *run = std::array::from_fn(|at| entry.wrapping_add((at as u32) << ROW_SHIFT));
                }
                continue;
            }
            for target in self.rows.get_mut(from..to).unwrap_or_default() {
                *target = entry;
                entry = entry.wrapping_add(1 << ROW_SHIFT);
            }
        }
        // a walker without a segment stays here
        self.rows[row as usize & (TABLE_ROWS - 1)] = row << ROW_SHIFT;
    }

    /// Walks all segments.
    #[expect(
        clippy::indexing_slicing,
        reason = "walkers have constant places, rows have 20 bits, steps are below the stride"
    )]
    fn walk(&mut self, starts: &Starts) {
        let rows = &mut self.rows;
        self.firsts.clear();
        for segment in 0..starts.count {
            let entry = &mut rows[starts.row(segment) & (TABLE_ROWS - 1)];
            self.firsts.push(*entry);
            *entry = (segment as u32) << ROW_SHIFT | START;
        }
        self.segments.clear();
        self.segments.resize(starts.count, Segment::default());
        let Some(walked) = self.walked.as_chunks_mut::<STRIDE>().0.first_chunk_mut::<WALKERS>() else { return };
        let idle = (starts.rows as u32) << ROW_SHIFT;
        let mut entries = [idle; WALKERS]; // those of the last step
        let mut walking = [None; WALKERS]; // (segment, step of its first byte)
        let mut firsts = self.firsts.iter().enumerate();
        let mut live = 0;
        for ((walker, (segment, first)), place) in entries.iter_mut().zip(firsts.by_ref()).zip(&mut walking) {
            *walker = *first;
            *place = Some((segment, 0));
            live += 1;
        }
        for (walked, entry) in walked.iter_mut().zip(entries) {
            walked[0] = entry as u8;
        }
        let mut step = 1;
        while live > 0 && step < STRIDE {
            let mut any = 0;
            for walker in 0..WALKERS {
                let entry = rows[(entries[walker] >> ROW_SHIFT) as usize];
                entries[walker] = entry;
                walked[walker][step] = entry as u8;
                any |= entry;
            }
            if any & START != 0 {
                for walker in 0..WALKERS {
                    if entries[walker] & START == 0 {
                        continue;
                    }
                    if let Some((segment, from)) = walking[walker].take() {
                        let next = (entries[walker] >> ROW_SHIFT) as usize;
                        self.segments[segment] = Segment { walker, from, length: step - from, next };
                    }
                    entries[walker] = idle;
                    if let Some((segment, first)) = firsts.next() {
                        walking[walker] = Some((segment, step));
                        entries[walker] = *first;
                    } else {
                        live -= 1;
                    }
                    walked[walker][step] = entries[walker] as u8;
                }
            }
            step += 1;
        }
    }

    /// Puts the segments in order. Where the cycle closes early, the text is periodic, and the way goes round again.
    fn stitch(&self, total: usize, text: &mut Vec<u8>) {
        text.reserve(total);
        let (mut left, mut at) = (total, 0);
        while left > 0 {
            let Some(segment) = self.segments.get(at) else { return };
            let length = segment.length.min(left);
            let from = segment.walker * STRIDE + segment.from;
            let Some(bytes) = self.walked.get(from..from + length).filter(|bytes| !bytes.is_empty()) else { return };
            text.extend_from_slice(bytes);
            left -= length;
            at = segment.next;
        }
    }
}

/// The rows at which segments start: the origin, then every row that is a multiple of a distance.
struct Starts {
    rows: usize,
    origin: usize,
    distance: usize,
    count: usize,
}

impl Starts {
    fn new(rows: usize, origin: usize) -> Self {
        let distance = (rows / SEGMENTS).max(16);
        Self { rows, origin, distance, count: rows.div_ceil(distance) + usize::from(!origin.is_multiple_of(distance)) }
    }

    /// The row of a segment. An origin that is a multiple stands first and is left out among the multiples.
    fn row(&self, segment: usize) -> usize {
        let Some(multiple) = segment.checked_sub(1) else { return self.origin };
        let skips = self.origin.is_multiple_of(self.distance) && multiple >= self.origin / self.distance;
        (multiple + usize::from(skips)) * self.distance
    }
}
