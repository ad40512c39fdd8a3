//! The score rule, written once and compiled for each instruction set that is worth a copy.
//!
//! Sixteen accumulators run along the dimensions, lane `l` taking the components `j` with `j mod 16 = l` in ascending
//! order by fused multiply-add; a short tail reads as zeros. The lanes are then added in a fixed tree (8, 4, 2, 1), and
//! `-0` becomes `+0`. One pair of row and query never shares or splits an accumulator, so neither tile nor batch nor
//! thread count nor instruction set can change a bit of a score.

#![expect(clippy::inline_always, reason = "only what is inlined into a function is compiled for its features")]

#[cfg(target_arch = "x86_64")]
use super::lanes::Avx2;
use super::lanes::{Block, LANES, Lanes, Portable};

/// A compiled copy of the kernel that this machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kernel(Target);

/// Private, so that a `Kernel` exists only for features that were detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Kernel {
    /// The widest copy that this machine can run.
    pub(crate) fn widest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self(Target::Avx2);
            }
        }
        Self(Target::Portable)
    }

    /// Every copy that this machine can run, the portable one first.
    #[cfg(test)]
    pub(crate) fn runnable() -> Vec<Self> {
        let mut kernels = vec![Self(Target::Portable), Self::widest()];
        kernels.dedup();
        kernels
    }

    /// Scores every row against every query: the score of row `r` and query `q` goes to `out[q * n + r]`, `n` being the
    /// number of rows. All three slices hold whole vectors of `dimensions` components; what is left over is ignored.
    pub(crate) fn scores(self, rows: &[f32], queries: &[f32], dimensions: usize, out: &mut [f32]) {
        if dimensions == 0 {
            out.fill(0.0); // the empty sum
            return;
        }
        match self.0 {
            Target::Portable => tiles::<Portable, 1, 1>(rows, queries, dimensions, out),
            #[cfg(target_arch = "x86_64")]
            Target::Avx2 => {
                #[expect(unsafe_code, reason = "a function compiled for more features than its caller")]
                // SAFETY: `Target` is private to this file and `Avx2` is made only where avx2 and fma were detected.
                unsafe {
                    tiles_avx2(rows, queries, dimensions, out);
                }
            }
        }
    }
}

/// Two rows by three queries fill twelve of the sixteen AVX2 registers. A lone query is bound by memory: one stream of
/// rows was the fastest of 1, 2, 4, 6 and 7.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn tiles_avx2(rows: &[f32], queries: &[f32], dimensions: usize, out: &mut [f32]) {
    if queries.len() < 2 * dimensions {
        tiles::<Avx2, 1, 1>(rows, queries, dimensions, out);
    } else {
        tiles::<Avx2, 2, 3>(rows, queries, dimensions, out);
    }
}

/// Walks `R` x `Q` tiles over all pairs, and single rows or queries over the remainders.
#[inline(always)]
fn tiles<L: Lanes, const R: usize, const Q: usize>(rows: &[f32], queries: &[f32], dimensions: usize, out: &mut [f32]) {
    let count = rows.len() / dimensions;
    let mut groups = rows.chunks_exact(R * dimensions);
    let mut first = 0;
    for group in groups.by_ref() {
        tile_queries::<L, R, Q>(&split(group, dimensions), first, queries, dimensions, count, out);
        first += R;
    }
    for row in groups.remainder().chunks_exact(dimensions) {
        tile_queries::<L, 1, Q>(&split(row, dimensions), first, queries, dimensions, count, out);
        first += 1;
    }
}

/// `R` of `count` rows, from row `first` on, against all queries.
#[inline(always)]
fn tile_queries<L: Lanes, const R: usize, const Q: usize>(
    rows: &[Vector<'_>; R],
    first: usize,
    queries: &[f32],
    dimensions: usize,
    count: usize,
    out: &mut [f32],
) {
    let mut groups = queries.chunks_exact(Q * dimensions);
    let mut runs = out.chunks_exact_mut(Q * count);
    for (group, runs) in groups.by_ref().zip(runs.by_ref()) {
        store(&tile::<L, R, Q>(rows, &split(group, dimensions)), first, count, runs);
    }
    let rest = groups.remainder().chunks_exact(dimensions);
    for (query, run) in rest.zip(runs.into_remainder().chunks_exact_mut(count)) {
        store(&tile::<L, R, 1>(rows, &split(query, dimensions)), first, count, run);
    }
}

/// Puts the scores of rows `first..first + R` into the `Q` runs of `count` scores that `out` holds.
#[inline(always)]
fn store<const R: usize, const Q: usize>(scores: &[[f32; R]; Q], first: usize, count: usize, out: &mut [f32]) {
    for (scores, run) in scores.iter().zip(out.chunks_exact_mut(count)) {
        for (place, score) in run.iter_mut().skip(first).zip(scores) {
            *place = *score;
        }
    }
}

/// A vector as whole blocks and a tail of fewer than sixteen components.
type Vector<'a> = (&'a [Block], &'a [f32]);

/// Cuts a run of `N` vectors.
#[inline(always)]
fn split<const N: usize>(run: &[f32], dimensions: usize) -> [Vector<'_>; N] {
    let mut vectors = run.chunks_exact(dimensions);
    std::array::from_fn(|_| vectors.next().unwrap_or_default().as_chunks::<LANES>())
}

/// Scores `R` rows against `Q` queries; all of one length.
///
/// Plain loops, because a closure would not be compiled for the caller's features and would spill the sums to memory.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "constant bounds, and blocks cut to one length")]
fn tile<L: Lanes, const R: usize, const Q: usize>(rows: &[Vector<'_>; R], queries: &[Vector<'_>; Q]) -> [[f32; R]; Q] {
    let blocks = queries[0].0.len();
    let mut row_blocks: [&[Block]; R] = [&[]; R];
    for r in 0..R {
        row_blocks[r] = &rows[r].0[..blocks];
    }
    let mut query_blocks: [&[Block]; Q] = [&[]; Q];
    for q in 0..Q {
        query_blocks[q] = &queries[q].0[..blocks];
    }
    let zero = L::load(&[0.0; LANES]);
    let mut sums = [[zero; R]; Q];
    for block in 0..blocks {
        let mut row = [zero; R];
        for r in 0..R {
            row[r] = L::load(&row_blocks[r][block]);
        }
        for q in 0..Q {
            let query = L::load(&query_blocks[q][block]);
            for r in 0..R {
                sums[q][r] = sums[q][r].fused(row[r], query);
            }
        }
    }
    let mut scores = [[0.0; R]; Q];
    for q in 0..Q {
        for r in 0..R {
            let (row, query) = (rows[r].1, queries[q].1);
            let sum = if query.is_empty() {
                sums[q][r]
            } else {
                sums[q][r].fused(L::load(&padded(row)), L::load(&padded(query)))
            };
            scores[q][r] = reduce(&sum.unload());
        }
    }
    scores
}

/// A tail as a block that ends in zeros.
#[inline(always)]
fn padded(tail: &[f32]) -> Block {
    let mut block = [0.0; LANES];
    for (lane, value) in block.iter_mut().zip(tail) {
        *lane = *value;
    }
    block
}

/// The tree 8, 4, 2, 1, and `-0` becomes `+0`.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "constant places in arrays of constant length")]
fn reduce(lanes: &Block) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|lane| lanes[lane] + lanes[lane + 8]);
    let four: [f32; 4] = std::array::from_fn(|lane| eight[lane] + eight[lane + 4]);
    let two = [four[0] + four[2], four[1] + four[3]];
    two[0] + two[1] + 0.0
}
