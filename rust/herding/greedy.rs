//! Kernel herding under quotas, then swaps inside the strata.
//!
//! Herding (Welling 2009; Chen, Welling and Smola 2010, arXiv 1203.3472) takes in step t the eligible row with the
//! greatest `μ_i - (1/(t+1)) Σ_{j chosen} K_ij`. A swap sweep then replaces each pick in turn by the row of its stratum,
//! itself included, with the least `(2 Σ_{j rest} K_ij + 1)/B² - 2μ_i/B`, its share of the squared discrepancy; it can
//! only fall. Ties go to the smaller row.

use super::HerdingError;
use super::kernel::Kernel;
use super::parallel::{in_order, over_chunks};

/// Columns whose kernel values are computed at once.
const CHUNK: usize = 2048;

/// Picks whose kernel rows are computed at once in a sweep: what bounds its memory to so many numbers a row.
const GROUP: usize = 16;

/// Chooses `quotas[s]` rows of each stratum s and returns them in the order of their places.
///
/// `means` holds μ, `strata` the stratum, one a row. Rows in `start` are taken first, in their order. Sweeps end early
/// when one changes nothing.
///
/// # Errors
/// Lengths differ, a row names no stratum, a quota exceeds its stratum, the start has a row twice, one that does not
/// exist or more than a quota, or a worker thread ended early.
pub fn herd<K: Kernel>(
    kernel: &K,
    means: &[f64],
    strata: &[u32],
    quotas: &[usize],
    start: &[usize],
    sweeps: usize,
    threads: usize,
) -> Result<Vec<usize>, HerdingError> {
    let members = members(kernel.count(), means, strata, quotas)?;
    let mut state =
        State { kernel, means, strata, threads, sums: vec![0.0; means.len()], chosen: vec![false; means.len()] };
    let mut left = quotas.to_vec();
    let mut picks = Vec::with_capacity(quotas.iter().sum());
    for pick in start {
        state.take(*pick, &mut left, &mut picks)?;
    }
    while left.iter().any(|count| *count > 0) {
        let pick = state.greatest(&left, picks.len()).ok_or(HerdingError::Shape("means are finite"))?;
        state.take(pick, &mut left, &mut picks)?;
    }
    for _ in 0..sweeps {
        if !state.sweep(&mut picks, &members)? {
            break;
        }
    }
    Ok(picks)
}

/// The rows of each stratum, ascending, once everything was checked.
fn members(count: usize, means: &[f64], strata: &[u32], quotas: &[usize]) -> Result<Vec<Vec<usize>>, HerdingError> {
    if means.len() != count || strata.len() != count {
        return Err(HerdingError::Shape("each row has one mean and one stratum"));
    }
    let mut members = vec![Vec::new(); quotas.len()];
    for (row, stratum) in strata.iter().enumerate() {
        let place = usize::try_from(*stratum).ok().and_then(|stratum| members.get_mut(stratum));
        place.ok_or(HerdingError::Stratum { row })?.push(row);
    }
    match members.iter().zip(quotas).position(|(members, quota)| members.len() < *quota) {
        Some(stratum) => Err(HerdingError::Quota { stratum }),
        None => Ok(members),
    }
}

struct State<'a, K> {
    kernel: &'a K,
    means: &'a [f64],
    strata: &'a [u32],
    threads: usize,
    /// `Σ_{j chosen} K_ij` for each row i.
    sums: Vec<f64>,
    chosen: Vec<bool>,
}

impl<K: Kernel> State<'_, K> {
    fn stratum(&self, row: usize) -> Option<usize> {
        self.strata.get(row).and_then(|stratum| usize::try_from(*stratum).ok())
    }

    fn choose(&mut self, row: usize, chosen: bool) {
        if let Some(place) = self.chosen.get_mut(row) {
            *place = chosen;
        }
    }

    /// Takes an eligible row.
    fn take(&mut self, pick: usize, left: &mut [usize], picks: &mut Vec<usize>) -> Result<(), HerdingError> {
        let count = self.stratum(pick).and_then(|stratum| left.get_mut(stratum)).filter(|count| **count > 0);
        match (self.chosen.get_mut(pick), count) {
            (Some(chosen), Some(count)) if !*chosen => {
                *chosen = true;
                *count -= 1;
            }
            _ => return Err(HerdingError::Start { row: pick }),
        }
        picks.push(pick);
        self.add(pick)
    }

    /// The eligible row of the greatest herding score after `steps` picks.
    fn greatest(&self, left: &[usize], steps: usize) -> Option<usize> {
        let weight = float(steps + 1);
        let mut best: Option<(usize, f64)> = None;
        for (row, ((mean, sum), chosen)) in self.means.iter().zip(&self.sums).zip(&self.chosen).enumerate() {
            if *chosen || self.stratum(row).and_then(|stratum| left.get(stratum)).is_none_or(|count| *count == 0) {
                continue;
            }
            let score = mean - sum / weight;
            if best.map_or(score > f64::NEG_INFINITY, |(_, best)| score > best) {
                best = Some((row, score));
            }
        }
        best.map(|(row, _)| row)
    }

    /// Adds the kernel row of a new pick to the sums.
    fn add(&mut self, pick: usize) -> Result<(), HerdingError> {
        let (kernel, query) = (self.kernel, self.kernel.queries(&[pick]));
        over_chunks(&mut self.sums, CHUNK, self.threads, |first, sums| {
            let mut values = vec![0.0; sums.len()];
            kernel.values(&query, first..first + sums.len(), &mut values);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        })
    }

    /// Puts the kernel row of `new` in the place of that of `old`, which the caller has.
    fn exchange(&mut self, old: &[f64], new: usize) -> Result<(), HerdingError> {
        for (sum, value) in self.sums.iter_mut().zip(old) {
            *sum -= value;
        }
        self.add(new)
    }

    /// Replaces each pick in turn by the best row of its stratum; tells whether any pick changed.
    fn sweep(&mut self, picks: &mut [usize], members: &[Vec<usize>]) -> Result<bool, HerdingError> {
        let (budget, count) = (float(picks.len()), self.means.len());
        let mut changed = false;
        for group in picks.chunks_mut(GROUP) {
            // A pick's kernel row depends on that pick only, so swaps earlier in the group do not make it stale.
            let rows = self.rows(group)?;
            for (pick, own) in group.iter_mut().zip(rows.chunks(count)) {
                let candidates = self.stratum(*pick).and_then(|stratum| members.get(stratum));
                let best = candidates.and_then(|candidates| self.least(*pick, own, candidates, budget));
                if let Some(best) = best.filter(|best| best != pick) {
                    self.choose(*pick, false);
                    self.choose(best, true);
                    self.exchange(own, best)?;
                    *pick = best;
                    changed = true;
                }
            }
        }
        Ok(changed)
    }

    /// The row, among a pick and what is not chosen, with the least share of the discrepancy once the pick is out.
    fn least(&self, pick: usize, own: &[f64], candidates: &[usize], budget: f64) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for row in candidates {
            if self.chosen.get(*row).is_none_or(|chosen| *chosen) && *row != pick {
                continue;
            }
            let (sum, own, mean) = (self.sums.get(*row)?, own.get(*row)?, self.means.get(*row)?);
            let share = (2.0 * (sum - own) + 1.0) / (budget * budget) - 2.0 * mean / budget;
            if best.is_none_or(|(_, best)| share < best) {
                best = Some((*row, share));
            }
        }
        best.map(|(row, _)| row)
    }

    /// The kernel rows of some picks, one after another.
    fn rows(&self, picks: &[usize]) -> Result<Vec<f64>, HerdingError> {
        let count = self.means.len();
        let (kernel, queries) = (self.kernel, self.kernel.queries(picks));
        let parts = in_order(count.div_ceil(CHUNK), self.threads, |index| {
            let columns = index * CHUNK..((index + 1) * CHUNK).min(count);
            let mut values = vec![0.0; picks.len() * columns.len()];
            kernel.values(&queries, columns, &mut values);
            values
        })?;
        let mut rows = Vec::with_capacity(picks.len() * count);
        for pick in 0..picks.len() {
            for part in &parts {
                let width = part.len() / picks.len();
                rows.extend_from_slice(part.get(pick * width..(pick + 1) * width).unwrap_or_default());
            }
        }
        Ok(rows)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows in memory stay far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}
