//! Means of kernel values and of distances over all pairs, without a matrix of pairs.
//!
//! A mean over a population adds the pairs of each block of `BLOCK` population rows in ascending order, and then the
//! blocks in ascending order. Both forms below follow this rule, so a row's mean has the same bits in both.

use super::elementary::exp;
use super::parallel::{in_order, over_chunks};
use super::points::{Block, Points, distances};
use super::{HerdingError, checked_bandwidth};

/// Rows of a population whose pairs are added before blocks are.
const BLOCK: usize = 256;

/// Rows of the other side that are held at once in `cross_means`.
const CHUNK: usize = 2048;

/// Sums, or means, of kernel values and distances, one a row.
#[derive(Clone, Debug, PartialEq)]
pub struct PairMeans {
    /// Of K.
    pub kernel: Vec<f64>,
    /// Of the distance (not squared).
    pub distance: Vec<f64>,
}

/// Means of some rows over a population, and how near the population is to them.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossMeans {
    /// One a row.
    pub means: PairMeans,
    /// The distance of each population row to the nearest of the rows.
    pub nearest: Vec<f64>,
}

impl PairMeans {
    fn zeros(count: usize) -> Self {
        Self { kernel: vec![0.0; count], distance: vec![0.0; count] }
    }

    fn add(&mut self, first: usize, part: &Self) {
        for (sums, part) in [(&mut self.kernel, &part.kernel), (&mut self.distance, &part.distance)] {
            for (sum, value) in sums.iter_mut().skip(first).zip(part) {
                *sum += value;
            }
        }
    }

    fn divide(&mut self, count: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a matrix in memory has far fewer than 2^52 rows")]
        let count = count as f64;
        for sum in self.kernel.iter_mut().chain(&mut self.distance) {
            *sum /= count;
        }
    }
}

/// The mean of K and of the distance from each point to all points, itself included.
///
/// # Errors
/// The bandwidth is not a positive number.
pub fn pair_means(points: &Points<'_>, bandwidth: f64, threads: usize) -> Result<PairMeans, HerdingError> {
    let bandwidth = checked_bandwidth(bandwidth)?;
    let blocks = points.len().div_ceil(BLOCK);
    let block = |index: usize| points.block(index * BLOCK..(index + 1) * BLOCK);
    let mut totals = PairMeans::zeros(points.len());
    // Every pair of blocks is computed once and counts for both sides. Adding by (left, right) gives each block the
    // blocks below it first (as the right side), then itself, then those above: ascending.
    let work = |left: usize| {
        let pair = |right| pair_sums(block(left), block(right), points.dimensions(), bandwidth);
        (left..blocks).map(pair).collect::<Vec<_>>()
    };
    // A few rows of blocks at a time bound what waits to be added.
    for first in (0..blocks).step_by(8 * threads.max(1)) {
        let count = (8 * threads.max(1)).min(blocks - first);
        for (offset, pairs) in in_order(count, threads, |offset| work(first + offset))?.into_iter().enumerate() {
            let left = first + offset;
            for (right, (left_sums, right_sums)) in (left..).zip(&pairs) {
                totals.add(left * BLOCK, left_sums);
                if right > left {
                    totals.add(right * BLOCK, right_sums);
                }
            }
        }
    }
    totals.divide(points.len());
    Ok(totals)
}

/// The sums over all pairs of two blocks, for the rows of the left and for those of the right.
fn pair_sums(left: Block<'_>, right: Block<'_>, dimensions: usize, bandwidth: f64) -> (PairMeans, PairMeans) {
    let mut sums = (PairMeans::zeros(left.squares.len()), PairMeans::zeros(right.squares.len()));
    let scale = -1.0 / bandwidth;
    distances(left, right, dimensions, |first, query, squares| {
        let left_sums = sums.0.kernel.iter_mut().zip(&mut sums.0.distance).skip(first);
        let (Some(kernel), Some(distance)) = (sums.1.kernel.get_mut(query), sums.1.distance.get_mut(query)) else {
            return;
        };
        for (square, (left_kernel, left_distance)) in squares.iter().zip(left_sums) {
            let (value, length) = (exp(square * scale), square.sqrt());
            *left_kernel += value;
            *left_distance += length;
            *kernel += value;
            *distance += length;
        }
    });
    sums
}

/// The means from each of `rows` to the whole population, and from each of the population to the nearest of `rows`.
///
/// # Errors
/// The bandwidth is not a positive number, or the vectors differ in length.
pub fn cross_means(
    rows: &Points<'_>,
    population: &Points<'_>,
    bandwidth: f64,
    threads: usize,
) -> Result<CrossMeans, HerdingError> {
    let bandwidth = checked_bandwidth(bandwidth)?;
    if rows.dimensions() != population.dimensions() {
        return Err(HerdingError::Shape("both sides have vectors of one length"));
    }
    let mut means = PairMeans::zeros(rows.len());
    let mut nearest = vec![f64::INFINITY; population.len()];
    for first in (0..rows.len()).step_by(CHUNK) {
        let chunk = rows.block(first..first + CHUNK);
        let parts = in_order(population.len().div_ceil(BLOCK), threads, |index| {
            let block = population.block(index * BLOCK..(index + 1) * BLOCK);
            cross_sums(chunk, block, rows.dimensions(), bandwidth)
        })?;
        for ((sums, part), nearest) in parts.iter().zip(nearest.chunks_mut(BLOCK)) {
            means.add(first, sums);
            for (near, square) in nearest.iter_mut().zip(part) {
                *near = near.min(*square);
            }
        }
    }
    means.divide(population.len());
    for square in &mut nearest {
        *square = square.sqrt();
    }
    Ok(CrossMeans { means, nearest })
}

/// The sums of the chunk's rows over a block of the population, and the block's least squared distances to the chunk.
fn cross_sums(chunk: Block<'_>, block: Block<'_>, dimensions: usize, bandwidth: f64) -> (PairMeans, Vec<f64>) {
    let mut sums = PairMeans::zeros(chunk.squares.len());
    let mut nearest = vec![f64::INFINITY; block.squares.len()];
    let scale = -1.0 / bandwidth;
    distances(chunk, block, dimensions, |first, query, squares| {
        let places = sums.kernel.iter_mut().zip(&mut sums.distance).skip(first);
        let Some(near) = nearest.get_mut(query) else { return };
        for (square, (kernel, distance)) in squares.iter().zip(places) {
            *kernel += exp(square * scale);
            *distance += square.sqrt();
            *near = near.min(*square);
        }
    });
    (sums, nearest)
}

/// K between every row and every column, row by row.
///
/// # Errors
/// The bandwidth is not a positive number, or the vectors differ in length.
pub fn similarity(
    rows: &Points<'_>,
    columns: &Points<'_>,
    bandwidth: f64,
    threads: usize,
) -> Result<Vec<f64>, HerdingError> {
    let scale = -1.0 / checked_bandwidth(bandwidth)?;
    if rows.dimensions() != columns.dimensions() {
        return Err(HerdingError::Shape("both sides have vectors of one length"));
    }
    let width = columns.len();
    let mut values = vec![0.0; rows.len() * width];
    over_chunks(&mut values, BLOCK * width, threads, |first, out| {
        let first = first / width.max(1);
        let queries = rows.block(first..first + out.len() / width.max(1));
        distances(columns.block(0..width), queries, rows.dimensions(), |column, query, squares| {
            for (place, square) in out.iter_mut().skip(query * width + column).zip(squares) {
                *place = exp(*square * scale);
            }
        });
    })?;
    Ok(values)
}

/// The squared distances of all pairs i < j, by i and then by j.
///
/// # Errors
/// A worker thread ended early.
pub fn pair_distances(points: &Points<'_>, threads: usize) -> Result<Vec<f64>, HerdingError> {
    let parts = in_order(points.len().div_ceil(BLOCK), threads, |index| {
        let (first, count) = (index * BLOCK, points.len() - index * BLOCK);
        let queries = points.block(first..first + BLOCK);
        let mut rows = vec![Vec::with_capacity(count); queries.squares.len()];
        distances(points.block(first..points.len()), queries, points.dimensions(), |start, query, squares| {
            if let Some(row) = rows.get_mut(query) {
                row.extend(squares.iter().skip((query + 1).saturating_sub(start)));
            }
        });
        rows
    })?;
    Ok(parts.into_iter().flatten().flatten().collect())
}
