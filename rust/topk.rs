//! Exact top-k by inner product: fixed score bits, a total order, no matrix of all scores.

mod best;
pub(crate) mod kernel;
mod lanes;

use std::fmt;

use best::Best;
use kernel::Kernel;

/// Rows scored at a time: 128 rows of 384 dimensions take 196 KB, which a second-level cache holds.
const PANEL_ROWS: usize = 128;
/// Queries scored against a panel at a time: a multiple of both tile widths, 18 KB at 384 dimensions.
const QUERY_BLOCK: usize = 12;

/// Vectors of one length, one after another.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    dimensions: usize,
}

impl<'a> Matrix<'a> {
    /// Reads `values` as vectors of `dimensions` components.
    ///
    /// # Errors
    /// `Shape` unless `dimensions` is at least one and divides the number of values.
    pub fn new(values: &'a [f32], dimensions: usize) -> Result<Self, TopKError> {
        if dimensions == 0 || !values.len().is_multiple_of(dimensions) {
            return Err(TopKError::Shape { values: values.len(), dimensions });
        }
        Ok(Self { values, dimensions })
    }

    fn count(self) -> usize {
        self.values.len() / self.dimensions
    }

    fn vectors(self) -> std::slice::ChunksExact<'a, f32> {
        self.values.chunks_exact(self.dimensions)
    }
}

/// Which of the two matrices a vector belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Row,
    Query,
}

/// Why a search was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TopKError {
    /// A vector holds NaN or infinity.
    NotFinite { side: Side, index: usize },
    /// The components of a vector are finite, its square or one of its scores is not.
    Overflow { side: Side, index: usize },
    /// The values do not make whole vectors of at least one component.
    Shape { values: usize, dimensions: usize },
    /// Rows and queries differ in length.
    Dimensions { rows: usize, queries: usize },
    /// More rows than 2^32 - 1, the largest number that fits beside a score in one sort key.
    TooManyRows { count: usize },
}

impl TopKError {
    /// The same refusal where the first of the vectors has the number `first`.
    #[must_use]
    pub fn moved(self, first: usize) -> Self {
        match self {
            Self::NotFinite { side, index } => Self::NotFinite { side, index: first.saturating_add(index) },
            Self::Overflow { side, index } => Self::Overflow { side, index: first.saturating_add(index) },
            other => other,
        }
    }
}

impl fmt::Display for TopKError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |side: &Side| match side {
            Side::Row => "row",
            Side::Query => "query",
        };
        match self {
            Self::NotFinite { side, index } => {
                write!(formatter, "{} with NaN or infinity: {index}", name(side))
            }
            Self::Overflow { side, index } => {
                write!(formatter, "{} too long for float32: {index}", name(side))
            }
            Self::Shape { values, dimensions } => {
                write!(formatter, "no whole vectors of at least one component: {values} values for {dimensions}")
            }
            Self::Dimensions { rows, queries } => {
                write!(formatter, "queries must have the dimensions of the rows, {rows}, not: {queries}")
            }
            Self::TooManyRows { count } => write!(formatter, "more than 2^32 - 1 rows: {count}"),
        }
    }
}

impl std::error::Error for TopKError {}

/// The best rows of each query, query after query, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// Rows per query: what was asked, or all rows where there are fewer.
    pub width: usize,
    /// Row numbers, `width` per query.
    pub indices: Vec<i64>,
    /// The scores of these rows; never `-0`.
    pub scores: Vec<f32>,
}

/// The inner product of two vectors under the score rule of `kernel.rs`; the longer one is cut.
#[must_use]
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let dimensions = left.len().min(right.len());
    let mut score = [0.0];
    if let (Some(left), Some(right)) = (left.get(..dimensions), right.get(..dimensions)) {
        Kernel::widest().scores(left, right, dimensions, &mut score);
    }
    let [score] = score;
    score
}

/// The inner product of every row with one query, into `out`: the same bits as [`dot`] on each pair.
///
/// `rows` holds `out.len()` vectors of `query.len()` components, one after another; where it is shorter, the rest of
/// `out` is left as it is. Nothing is checked: a row with a value that is not finite gets a score that is not finite.
pub fn scores(rows: &[f32], query: &[f32], out: &mut [f32]) {
    let rows = rows.get(..query.len() * out.len()).unwrap_or(rows);
    Kernel::widest().scores(rows, query, query.len(), out);
}

/// Refuses vectors that may not be searched.
///
/// # Errors
/// `NotFinite` or `Overflow`, for the first vector with NaN or infinity or whose square overflows.
pub fn check(vectors: Matrix<'_>, side: Side) -> Result<(), TopKError> {
    for (index, vector) in vectors.vectors().enumerate() {
        if !dot(vector, vector).is_finite() {
            return Err(refusal(vector, side, index));
        }
    }
    Ok(())
}

/// The `k` rows with the largest inner product for each query: score descending, then row ascending.
///
/// Neither `threads` nor the way queries are batched changes a bit of the answer. All queries are checked; a row is
/// refused when it has a score that is not finite, which is always so for a row with NaN or infinity (see [`check`] for
/// the rest). The smallest such row is named.
///
/// # Errors
/// See [`TopKError`].
pub fn top_k(rows: Matrix<'_>, queries: Matrix<'_>, k: usize, threads: usize) -> Result<Neighbours, TopKError> {
    top_k_with(Kernel::widest(), rows, queries, k, threads)
}

fn top_k_with(
    kernel: Kernel,
    rows: Matrix<'_>,
    queries: Matrix<'_>,
    k: usize,
    threads: usize,
) -> Result<Neighbours, TopKError> {
    let count = rows.count();
    if rows.dimensions != queries.dimensions {
        return Err(TopKError::Dimensions { rows: rows.dimensions, queries: queries.dimensions });
    }
    if u32::try_from(count).is_err() {
        return Err(TopKError::TooManyRows { count });
    }
    check(queries, Side::Query)?;
    let width = k.min(count);
    let mut found = Neighbours { width, indices: Vec::new(), scores: Vec::new() };
    if width == 0 {
        return Ok(found);
    }
    let part_rows = count.div_ceil(PANEL_ROWS).div_ceil(threads.max(1)) * PANEL_ROWS;
    let mut parts = rows.values.chunks(part_rows * rows.dimensions).zip((0..count).step_by(part_rows));
    let scan = |(part, first)| scan(kernel, part, first, queries, width);
    let mut best = std::thread::scope(|scope| {
        let here = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || scan(part))).collect();
        let mut best = here.map_or(Ok(Vec::new()), scan);
        for other in others {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // Parts are joined in order of their rows, so the first refusal names the smallest row.
            best = best.and_then(|best| Ok(merged(best, &other?)));
        }
        best
    })?;
    for (score, row) in best.drain(..).flat_map(Best::into_sorted) {
        found.indices.push(i64::from(row));
        found.scores.push(score);
    }
    Ok(found)
}

fn merged(mut best: Vec<Best>, other: &[Best]) -> Vec<Best> {
    for (best, other) in best.iter_mut().zip(other) {
        best.merge(other);
    }
    best
}

/// The best rows of one part, which starts at row `first`, for every query.
fn scan(kernel: Kernel, part: &[f32], first: usize, queries: Matrix<'_>, width: usize) -> Result<Vec<Best>, TopKError> {
    let dimensions = queries.dimensions;
    let mut best = vec![Best::new(width); queries.count()];
    let mut scratch = [0.0; PANEL_ROWS * QUERY_BLOCK];
    for (panel, first) in part.chunks(PANEL_ROWS * dimensions).zip((first..).step_by(PANEL_ROWS)) {
        let rows = panel.len() / dimensions;
        let first_row = u32::try_from(first).unwrap_or(u32::MAX); // the number of rows fits, see the caller
        for (block, best) in queries.values.chunks(QUERY_BLOCK * dimensions).zip(best.chunks_mut(QUERY_BLOCK)) {
            let scores = scratch.get_mut(..rows * best.len()).unwrap_or_default();
            kernel.scores(panel, block, dimensions, scores);
            if scores.iter().fold(false, |bad, score| bad | !score.is_finite()) {
                return Err(first_refusal(panel, first, queries));
            }
            for (best, scores) in best.iter_mut().zip(scores.chunks_exact(rows)) {
                best.see(first_row, scores);
            }
        }
    }
    Ok(best)
}

/// The refusal of the first row of a panel that has a score which is not finite, for whichever query.
#[cold]
fn first_refusal(panel: &[f32], first: usize, queries: Matrix<'_>) -> TopKError {
    let rows = panel.chunks_exact(queries.dimensions).zip(first..);
    let mut bad = rows.filter(|(row, _)| queries.vectors().any(|query| !dot(row, query).is_finite()));
    bad.next()
        .map_or(TopKError::Overflow { side: Side::Row, index: first }, |(row, index)| refusal(row, Side::Row, index))
}

fn refusal(vector: &[f32], side: Side, index: usize) -> TopKError {
    if vector.iter().all(|value| value.is_finite()) {
        TopKError::Overflow { side, index }
    } else {
        TopKError::NotFinite { side, index }
    }
}

#[cfg(test)]
#[path = "topk/tests.rs"]
mod tests;
