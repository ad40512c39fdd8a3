//! Where herding takes its kernel values from: the vectors themselves, or random features of them.

use std::ops::Range;

use super::elementary::exp;
use super::points::{Block, Points, distances};
use super::{HerdingError, checked_bandwidth};
use crate::topk::kernel::Kernel as Scores;

/// Kernel values between rows, computed when they are asked for.
pub trait Kernel: Sync {
    /// Rows copied out, in the form that `values` wants.
    type Queries: Sync;

    /// How many rows there are.
    fn count(&self) -> usize;

    /// Copies rows out.
    fn queries(&self, rows: &[usize]) -> Self::Queries;

    /// Writes the kernel values of each query with each of the columns, query by query.
    fn values(&self, queries: &Self::Queries, columns: Range<usize>, out: &mut [f64]);
}

/// K(x, y) = exp(-|x - y|² / bandwidth).
pub struct Exact<'a> {
    points: Points<'a>,
    scale: f64,
}

impl<'a> Exact<'a> {
    /// Takes the vectors of all rows.
    ///
    /// # Errors
    /// The bandwidth is not a positive number.
    pub fn new(points: Points<'a>, bandwidth: f64) -> Result<Self, HerdingError> {
        Ok(Self { points, scale: -1.0 / checked_bandwidth(bandwidth)? })
    }
}

impl Kernel for Exact<'_> {
    type Queries = (Vec<f32>, Vec<f64>);

    fn count(&self) -> usize {
        self.points.len()
    }

    fn queries(&self, rows: &[usize]) -> Self::Queries {
        self.points.gather(rows)
    }

    fn values(&self, (values, squares): &Self::Queries, columns: Range<usize>, out: &mut [f64]) {
        let (width, queries) = (columns.len(), Block { values, squares });
        distances(self.points.block(columns), queries, self.points.dimensions(), |column, query, squares| {
            for (place, square) in out.iter_mut().skip(query * width + column).zip(squares) {
                *place = exp(*square * self.scale);
            }
        });
    }
}

/// K(x, y) ≈ z(x)·z(y), over rows of random features.
pub struct Features<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Features<'a> {
    /// Takes `values.len() / width` rows of features.
    ///
    /// # Errors
    /// There is no feature, or the values are no whole number of rows.
    pub fn new(values: &'a [f32], width: usize) -> Result<Self, HerdingError> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(HerdingError::Shape("rows have at least one feature each"));
        }
        Ok(Self { values, width })
    }

    fn rows(&self, rows: Range<usize>) -> &'a [f32] {
        self.values.get(rows.start * self.width..rows.end * self.width).unwrap_or_default()
    }
}

impl Kernel for Features<'_> {
    type Queries = Vec<f32>;

    fn count(&self) -> usize {
        self.values.len() / self.width
    }

    fn queries(&self, rows: &[usize]) -> Self::Queries {
        rows.iter().flat_map(|row| self.rows(*row..row + 1)).copied().collect()
    }

    fn values(&self, queries: &Self::Queries, columns: Range<usize>, out: &mut [f64]) {
        let mut scores = vec![0.0; out.len()];
        Scores::widest().scores(self.rows(columns), queries, self.width, &mut scores);
        for (place, score) in out.iter_mut().zip(scores) {
            *place = f64::from(score);
        }
    }
}
