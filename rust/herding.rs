//! Which rows stand for all rows: kernel means, kernel herding under quotas, and swaps.
//!
//! The kernel is K(x, y) = exp(-|x - y|² / bandwidth). Rows come sorted by record id, so "the smaller row" is "the
//! smaller id". Inner products follow the score rule of `topk`, the elementary functions are our own (`elementary`),
//! and every sum runs in one fixed order, so that no result depends on the thread count or on the platform's library.
//!
//! ```text
//! greedy → kernel → points, features    means → points    features → elementary    points → elementary
//! ```

mod elementary;
mod features;
mod greedy;
mod kernel;
mod means;
mod parallel;
mod points;

use std::fmt;

pub use features::{feature_means, frequencies, random_features};
pub use greedy::herd;
pub use kernel::{Exact, Features, Kernel};
pub use means::{CrossMeans, PairMeans, cross_means, pair_distances, pair_means, similarity};
pub use points::Points;

/// Why a selection cannot be computed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HerdingError {
    /// Lengths that do not fit together.
    Shape(&'static str),
    /// A vector holds a value that is not finite.
    NotFinite { row: usize },
    /// The squared length of a vector does not fit the arithmetic.
    TooLong { row: usize },
    /// The bandwidth is not a positive number.
    Bandwidth(f64),
    /// A row names a stratum that has no quota.
    Stratum { row: usize },
    /// A stratum has fewer rows than its quota asks for.
    Quota { stratum: usize },
    /// A row to start from that does not exist, comes twice or exceeds its quota.
    Start { row: usize },
    /// A worker thread ended early.
    Worker,
}

impl fmt::Display for HerdingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(what) => write!(out, "lengths that do not fit: {what}"),
            Self::NotFinite { row } => write!(out, "a vector holds a value that is not finite, in row: {row}"),
            Self::TooLong { row } => write!(out, "a vector is too long for 32-bit arithmetic, in row: {row}"),
            Self::Bandwidth(value) => write!(out, "the bandwidth is not a positive number: {value}"),
            Self::Stratum { row } => write!(out, "a row names a stratum that has no quota, in row: {row}"),
            Self::Quota { stratum } => write!(out, "a stratum has fewer rows than its quota, in stratum: {stratum}"),
            Self::Start { row } => write!(out, "a row to start from comes twice or exceeds its quota, row: {row}"),
            Self::Worker => write!(out, "a worker thread ended early"),
        }
    }
}

impl std::error::Error for HerdingError {}

/// Refuses a bandwidth that no kernel can have.
fn checked_bandwidth(bandwidth: f64) -> Result<f64, HerdingError> {
    if bandwidth.is_finite() && bandwidth > 0.0 { Ok(bandwidth) } else { Err(HerdingError::Bandwidth(bandwidth)) }
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::unreadable_literal,
    reason = "test data is small, and golden numbers read best as they are printed"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Seven points of the plane, by hand.
    const PLANE: [f32; 14] = [0., 0., 1., 0., 0., 2., 3., 1., 5., 5., 6., 4., 2., 6.];

    fn plane() -> Points<'static> {
        Points::new(&PLANE, 2).unwrap()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// MMD² of some rows against all, from the full kernel matrix.
    fn discrepancy(rows: &[usize], matrix: &[f64], means: &[f64]) -> f64 {
        let (count, budget) = (means.len(), rows.len() as f64);
        let inside: f64 = rows.iter().flat_map(|i| rows.iter().map(move |j| matrix[i * count + j])).sum();
        inside / (budget * budget) - 2.0 / budget * rows.iter().map(|i| means[*i]).sum::<f64>() + mean(means)
    }

    #[test]
    fn seven_points_of_the_plane() {
        let mut distances = pair_distances(&plane(), 1).unwrap();
        assert_eq!(&distances[..7], &[1., 4., 10., 50., 52., 40., 5.]);
        distances.sort_by(f64::total_cmp);
        assert_eq!((distances.len(), distances[10]), (21, 20.0));
        let means = pair_means(&plane(), 20.0, 1).unwrap().kernel;
        let expected = [0.524026, 0.560505, 0.555709, 0.576978, 0.467536, 0.431090, 0.415342];
        assert!(means.iter().zip(expected).all(|(mean, expected)| (mean - expected).abs() < 5e-7), "{means:?}");
        assert!((mean(&means) - 0.504455).abs() < 5e-7);
        let matrix = similarity(&plane(), &plane(), 20.0, 1).unwrap();
        for (rows, expected) in [([3, 4, 0], 0.0268719432), ([1, 2, 4], 0.0242261221), ([4, 5, 6], 0.3794204452)] {
            assert!((discrepancy(&rows, &matrix, &means) - expected).abs() < 5e-11);
        }
        let kernel = Exact::new(plane(), 20.0).unwrap();
        for sweeps in [0, 3] {
            assert_eq!(herd(&kernel, &means, &[0; 7], &[3], &[], sweeps, 1).unwrap(), [3, 4, 0]);
        }
        assert_eq!(herd(&kernel, &means, &[0; 7], &[7], &[], 3, 1).unwrap().len(), 7);
        assert_eq!(herd(&kernel, &means, &[0; 7], &[3], &[3, 4], 0, 1).unwrap(), [3, 4, 0]);
        // From the worst subset swaps reach the best one: {1, 2, 4}.
        let mut swapped = herd(&kernel, &means, &[0; 7], &[3], &[4, 5, 6], 3, 1).unwrap();
        swapped.sort_unstable();
        assert_eq!(swapped, [1, 2, 4]);
        for start in [&[7][..], &[2, 2], &[0, 1, 2, 3]] {
            let row = *start.last().unwrap();
            assert_eq!(herd(&kernel, &means, &[0; 7], &[3], start, 0, 1), Err(HerdingError::Start { row }));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(Points::new(&[0.0, f32::NAN], 1).err(), Some(HerdingError::NotFinite { row: 1 }));
        assert_eq!(Points::new(&[0.0, 0.0, f32::INFINITY, 0.0], 2).err(), Some(HerdingError::NotFinite { row: 1 }));
        assert_eq!(Points::new(&[1e38, 0.0], 1).err(), Some(HerdingError::TooLong { row: 0 }));
        assert!(matches!(Points::new(&[0.0; 3], 2).err(), Some(HerdingError::Shape(_))));
        assert_eq!(pair_means(&plane(), 0.0, 1), Err(HerdingError::Bandwidth(0.0)));
        let kernel = Exact::new(plane(), 20.0).unwrap();
        assert_eq!(herd(&kernel, &[0.0; 7], &[0; 7], &[8], &[], 0, 1), Err(HerdingError::Quota { stratum: 0 }));
        assert_eq!(herd(&kernel, &[0.0; 7], &[1; 7], &[1], &[], 0, 1), Err(HerdingError::Stratum { row: 0 }));
        assert!(matches!(herd(&kernel, &[0.0; 6], &[0; 7], &[1], &[], 0, 1), Err(HerdingError::Shape(_))));
        assert!(matches!(herd(&kernel, &[f64::NAN; 7], &[0; 7], &[1], &[], 0, 1), Err(HerdingError::Shape(_))));
    }

    /// The definitions, by the standard library.
    fn naive(vectors: &[Vec<f32>], bandwidth: f64) -> Vec<f64> {
        let square = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        vectors.iter().flat_map(|a| vectors.iter().map(move |b| (-square(a, b) / bandwidth).exp())).collect()
    }

    /// Herding and swaps from the formulas, every sum anew.
    fn naive_herd(matrix: &[f64], means: &[f64], strata: &[u32], quotas: &[usize], sweeps: usize) -> Vec<usize> {
        let count = means.len();
        let budget = quotas.iter().sum::<usize>();
        let mut picks: Vec<usize> = Vec::new();
        let inside = |row: usize, picks: &[usize]| picks.iter().map(|pick| matrix[row * count + pick]).sum::<f64>();
        let taken = |stratum: u32, picks: &[usize]| picks.iter().filter(|pick| strata[**pick] == stratum).count();
        while picks.len() < budget {
            let eligible =
                |row: &usize| !picks.contains(row) && taken(strata[*row], &picks) < quotas[strata[*row] as usize];
            let score = |row: usize| means[row] - inside(row, &picks) / (picks.len() + 1) as f64;
            let best = (0..count).filter(eligible).map(|row| (row, score(row)));
            picks.push(best.reduce(|a, b| if b.1 > a.1 + 1e-9 { b } else { a }).unwrap().0);
        }
        for _ in 0..sweeps {
            for place in 0..budget {
                let pick = picks[place];
                let mut rest = picks.clone();
                rest.remove(place);
                let share = |row: usize| {
                    (2.0 * inside(row, &rest) + 1.0) / (budget * budget) as f64 - 2.0 * means[row] / budget as f64
                };
                let open = (0..count).filter(|row| strata[*row] == strata[pick] && !rest.contains(row));
                let best = open.map(|row| (row, share(row)));
                picks[place] = best.reduce(|a, b| if b.1 < a.1 - 1e-9 { b } else { a }).unwrap().0;
            }
        }
        picks
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn everything_follows_its_definition(
            seed in proptest::collection::vec(-1.0_f32..1.0, 3 * 5..60 * 5),
            strata_count in 1_u32..4,
            share in 1_usize..4,
            threads in 1_usize..4,
        ) {
            let vectors: Vec<Vec<f32>> = seed.chunks_exact(5).map(<[f32]>::to_vec).collect();
            let (values, count) = (vectors.concat(), vectors.len());
            let points = Points::new(&values, 5).unwrap();
            let expected = naive(&vectors, 1.5);
            let matrix = similarity(&points, &points, 1.5, threads).unwrap();
            prop_assert!(matrix.iter().zip(&expected).all(|(got, want)| (got - want).abs() < 2e-6));
            let means = pair_means(&points, 1.5, threads).unwrap();
            for (row, got) in means.kernel.iter().enumerate() {
                prop_assert!((got - mean(&matrix[row * count..(row + 1) * count])).abs() < 1e-12);
            }
            prop_assert_eq!(&cross_means(&points, &points, 1.5, threads).unwrap().means, &means);
            let strata: Vec<u32> = (0..count).map(|row| row as u32 * 7 % strata_count).collect();
            let quotas: Vec<usize> = (0..strata_count)
                .map(|stratum| strata.iter().filter(|other| **other == stratum).count().div_ceil(1 + share))
                .collect();
            let kernel = Exact::new(points, 1.5).unwrap();
            for sweeps in [0, 1, 3] {
                let picks = herd(&kernel, &means.kernel, &strata, &quotas, &[], sweeps, threads).unwrap();
                prop_assert_eq!(picks, naive_herd(&matrix, &means.kernel, &strata, &quotas, sweeps));
            }
        }
    }

    #[test]
    fn blocks_and_threads_change_no_bit() {
        let values: Vec<f32> = (0..700 * 9).map(|index| (index as f32 * 0.731).sin()).collect();
        let points = Points::new(&values, 9).unwrap();
        let (one, three) = (pair_means(&points, 4.0, 1).unwrap(), pair_means(&points, 4.0, 3).unwrap());
        assert_eq!(one, three);
        let cross = cross_means(&points, &points, 4.0, 2).unwrap();
        assert_eq!(cross.means, one);
        assert!(cross.nearest.iter().all(|distance| *distance == 0.0));
        let some = Points::new(&values[9 * 300..9 * 310], 9).unwrap();
        assert_eq!(cross_means(&some, &points, 4.0, 1).unwrap().means.kernel, one.kernel[300..310]);
        assert_eq!(pair_distances(&points, 1).unwrap(), pair_distances(&points, 3).unwrap());
    }

    #[test]
    fn random_features_approach_the_kernel() {
        let values: Vec<f32> = (0..40 * 6).map(|index| (index as f32 * 1.37).sin()).collect();
        let points = Points::new(&values, 6).unwrap();
        // A hash of a counter in the place of a generator: the test needs no crate for it.
        let uniform = |lane: u64, count: u64| -> Vec<f64> {
            let hash = |index: u64| xxhash_rust::xxh3::xxh3_64_with_seed(&index.to_le_bytes(), lane);
            (0..count).map(|index| (hash(index) >> 11) as f64 / (1_u64 << 53) as f64).collect()
        };
        let (radii, angles, phases) = (uniform(1, 16_384 * 6), uniform(2, 16_384 * 6), uniform(3, 16_384));
        let normal = frequencies(&radii, &angles, 6.0).unwrap();
        let variance = normal.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / normal.len() as f64;
        assert!((variance - 2.0 / 6.0).abs() < 5e-3, "{variance}");
        let features = random_features(&points, &normal, &phases, 2).unwrap();
        assert_eq!(features, random_features(&points, &normal, &phases, 1).unwrap());
        let kernel = Features::new(&features, phases.len()).unwrap();
        let mut approximate = vec![0.0; 40 * 40];
        kernel.values(&kernel.queries(&(0..40).collect::<Vec<_>>()), 0..40, &mut approximate);
        let exact = similarity(&points, &points, 6.0, 1).unwrap();
        let worst = approximate.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 0.05, "{worst}");
        let means = feature_means(&features, phases.len(), 2).unwrap();
        for (row, got) in means.iter().enumerate() {
            assert!((got - mean(&approximate[row * 40..(row + 1) * 40])).abs() < 1e-6);
        }
    }
}
