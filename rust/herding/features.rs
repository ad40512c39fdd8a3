//! Random Fourier features of the kernel: z(x) = √(2/D)·cos(Wx + b), so that z(x)·z(y) ≈ K(x, y).
//!
//! Rahimi and Recht 2007, "Random features for large-scale kernel machines": W is normal with variance 2 / bandwidth,
//! b uniform over a turn.

use std::f64::consts::TAU;

use super::elementary::{cos, ln};
use super::kernel::Features;
use super::parallel::{in_order, over_chunks};
use super::points::Points;
use super::{HerdingError, checked_bandwidth};
use crate::topk::kernel::Kernel as Scores;

/// Points, and frequencies, that are multiplied at once.
const BLOCK: usize = 32;

/// Rows whose features are added before blocks are.
const SUM_BLOCK: usize = 4096;

/// Normal frequencies from two uniform numbers in [0, 1) each (Box and Muller 1958).
///
/// # Errors
/// The bandwidth is not a positive number, or the two lists differ in length.
pub fn frequencies(radii: &[f64], angles: &[f64], bandwidth: f64) -> Result<Vec<f32>, HerdingError> {
    let variance = 2.0 / checked_bandwidth(bandwidth)?;
    if radii.len() != angles.len() {
        return Err(HerdingError::Shape("a normal number takes two uniform ones"));
    }
    let normal = |radius: f64, angle: f64| (-2.0 * ln(1.0 - radius)).sqrt() * cos(TAU * angle);
    #[expect(clippy::cast_possible_truncation, reason = "frequencies are 32-bit on purpose")]
    Ok(radii.iter().zip(angles).map(|(radius, angle)| (variance.sqrt() * normal(*radius, *angle)) as f32).collect())
}

/// The features of each point, one row of `phases.len()` a point. Phases are in turns, [0, 1).
///
/// # Errors
/// There is no phase, or not one frequency for each phase and dimension.
pub fn random_features(
    points: &Points<'_>,
    frequencies: &[f32],
    phases: &[f64],
    threads: usize,
) -> Result<Vec<f32>, HerdingError> {
    let (width, dimensions) = (phases.len(), points.dimensions());
    if width == 0 || frequencies.len() != width * dimensions {
        return Err(HerdingError::Shape("each feature has a phase and one frequency a dimension"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand features")]
    let scale = (2.0 / width as f64).sqrt();
    let kernel = Scores::widest();
    let mut features = vec![0.0; points.len() * width];
    over_chunks(&mut features, BLOCK * width, threads, |first, out| {
        let first = first / width;
        let queries = points.block(first..first + out.len() / width);
        let mut scores = vec![0.0; BLOCK * queries.squares.len()];
        let groups = frequencies.chunks(BLOCK * dimensions).zip(phases.chunks(BLOCK)).enumerate();
        for (group, (frequencies, phases)) in groups {
            scores.truncate(phases.len() * queries.squares.len()); // the last group may be shorter
            kernel.scores(frequencies, queries.values, dimensions, &mut scores);
            for (row, scores) in out.chunks_mut(width).zip(scores.chunks(phases.len())) {
                for ((place, score), phase) in row.iter_mut().skip(group * BLOCK).zip(scores).zip(phases) {
                    #[expect(clippy::cast_possible_truncation, reason = "features are 32-bit on purpose")]
                    let feature = (scale * cos(f64::from(*score) + TAU * phase)) as f32;
                    *place = feature;
                }
            }
        }
    })?;
    Ok(features)
}

/// The approximate mean of K from each row to all rows: z·z̄.
///
/// # Errors
/// There is no feature, or the values are no whole number of rows.
pub fn feature_means(values: &[f32], width: usize, threads: usize) -> Result<Vec<f64>, HerdingError> {
    Features::new(values, width)?;
    let blocks: Vec<&[f32]> = values.chunks(SUM_BLOCK * width).collect();
    let sums = in_order(blocks.len(), threads, |index| {
        let mut sums = vec![0.0_f64; width];
        for row in blocks.get(index).copied().unwrap_or_default().chunks_exact(width) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
        sums
    })?;
    let mut mean = vec![0.0_f64; width];
    for sums in sums {
        for (total, sum) in mean.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a matrix in memory has far fewer than 2^52 rows")]
    let count = (values.len() / width) as f64;
    let mean: Vec<f64> = mean.into_iter().map(|sum| sum / count).collect();
    let mut means = vec![0.0; values.len() / width];
    over_chunks(&mut means, SUM_BLOCK, threads, |first, out| {
        let rows = values.get(first * width..).unwrap_or_default().chunks_exact(width);
        for (place, row) in out.iter_mut().zip(rows) {
            *place = wide_dot(row, &mean);
        }
    })?;
    Ok(means)
}

/// An inner product in 64 bits, in eight sums that are added in order at the end.
fn wide_dot(row: &[f32], mean: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 8];
    for (row, mean) in row.chunks(8).zip(mean.chunks(8)) {
        for ((sum, value), mean) in sums.iter_mut().zip(row).zip(mean) {
            *sum += f64::from(*value) * mean;
        }
    }
    sums.iter().sum()
}
