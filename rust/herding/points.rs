//! A checked matrix of vectors, and squared distances between blocks of it.

use std::ops::Range;

use super::HerdingError;
use crate::topk;
use crate::topk::kernel::Kernel as Scores;

/// Squared lengths stay below it, so that |x|² + |y|² - 2xy is finite for every pair.
const LONGEST: f32 = f32::MAX / 8.0;

/// Rows whose scores are taken at once: 128 KiB of vectors of 1,024 components stay in the second cache.
const STRIP: usize = 32;

/// Vectors of one length whose values were checked.
pub struct Points<'a> {
    values: &'a [f32],
    dimensions: usize,
    squares: Vec<f64>,
}

/// Some of the vectors, one after another, with their squared lengths.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) values: &'a [f32],
    pub(super) squares: &'a [f64],
}

impl<'a> Points<'a> {
    /// Takes `values.len() / dimensions` vectors.
    ///
    /// # Errors
    /// There are no dimensions, the values are no whole number of vectors, or a value is not finite or too large.
    pub fn new(values: &'a [f32], dimensions: usize) -> Result<Self, HerdingError> {
        if dimensions == 0 || !values.len().is_multiple_of(dimensions) {
            return Err(HerdingError::Shape("vectors have at least one component each"));
        }
        let mut squares = Vec::with_capacity(values.len() / dimensions);
        for (row, vector) in values.chunks_exact(dimensions).enumerate() {
            let square = topk::dot(vector, vector);
            if square.is_nan() || square > LONGEST {
                let finite = vector.iter().all(|value| value.is_finite());
                return Err(if finite { HerdingError::TooLong { row } } else { HerdingError::NotFinite { row } });
            }
            squares.push(f64::from(square));
        }
        Ok(Self { values, dimensions, squares })
    }

    /// How many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.squares.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.squares.is_empty()
    }

    /// Components of each vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The vectors of a range of rows, which is cut to what there is.
    pub(super) fn block(&self, rows: Range<usize>) -> Block<'_> {
        let end = rows.end.min(self.len());
        let start = rows.start.min(end);
        Block {
            values: self.values.get(start * self.dimensions..end * self.dimensions).unwrap_or_default(),
            squares: self.squares.get(start..end).unwrap_or_default(),
        }
    }

    /// Copies of some vectors, one after another, and their squared lengths; rows that do not exist are left out.
    pub(super) fn gather(&self, rows: &[usize]) -> (Vec<f32>, Vec<f64>) {
        let mut gathered = (Vec::with_capacity(rows.len() * self.dimensions), Vec::with_capacity(rows.len()));
        for row in rows {
            let block = self.block(*row..row.saturating_add(1));
            gathered.0.extend_from_slice(block.values);
            gathered.1.extend_from_slice(block.squares);
        }
        gathered
    }
}

/// Hands `each` the squared distances from strips of `rows` to every query.
///
/// Its arguments are the strip's first row, the query and the distances, f64 each, of the strip's rows in their order.
/// Strips ascend, queries ascend within a strip, and a pair's distance has the same bits whichever side it is on.
pub(super) fn distances(
    rows: Block<'_>,
    queries: Block<'_>,
    dimensions: usize,
    mut each: impl FnMut(usize, usize, &mut [f64]),
) {
    let kernel = Scores::widest();
    let mut scores = vec![0.0; STRIP * queries.squares.len()];
    let mut squares = [0.0; STRIP];
    let strips = rows.values.chunks(STRIP * dimensions).zip(rows.squares.chunks(STRIP));
    for (strip, (values, lengths)) in strips.enumerate() {
        scores.truncate(lengths.len() * queries.squares.len()); // the last strip may be shorter
        kernel.scores(values, queries.values, dimensions, &mut scores);
        for (query, (scores, square)) in scores.chunks(lengths.len()).zip(queries.squares).enumerate() {
            for ((out, score), length) in squares.iter_mut().zip(scores).zip(lengths) {
                let distance = (square + length) - 2.0 * f64::from(*score);
                *out = if distance > 0.0 { distance } else { 0.0 }; // rounding can go below zero
            }
            if let Some(squares) = squares.get_mut(..lengths.len()) {
                each(strip * STRIP, query, squares);
            }
        }
    }
}
